//! A fleet that does not exist: the Kubernetes API of two clusters, in process.
