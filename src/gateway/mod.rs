//! Talking to Kubernetes and to AWS: kubeconfigs, connections, credentials, and what can go wrong with them.
//!
//! A [`Connection`] is one way into one cluster. Everything that leaves the process goes through
//! one place, where [`guard`] refuses what is not a read, credentials are added, and an answer or its
//! absence becomes a [`Failure`] whose [`Problem`](crate::fleet::Problem) a person can act on. Nothing outside this
//! family names `kube`. Start with [`connection`], then [`failure`].

pub mod access;
pub mod aws;
pub mod body;
pub mod connection;
pub mod credentials;
pub mod discovery;
pub mod failure;
pub mod fetch;
pub mod guard;
pub mod kubeconfig;
pub mod logs;
pub mod protobuf;
pub mod transport;

#[cfg(test)]
pub(crate) mod fake;

pub use connection::{Connection, ConnectionSettings, Request, Target};
pub use failure::{Cause, Failure, Intent};
