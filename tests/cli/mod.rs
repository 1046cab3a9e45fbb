//! The command line as a shell sees it: words in, bytes and an exit code out.

mod aws;
mod credentials;
mod files;
mod get;
mod kubeconfig;
mod pictures;
mod refusals;
