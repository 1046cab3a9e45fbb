//! Talking to Kubernetes: connections, credentials, problems.
