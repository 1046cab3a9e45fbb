//! Argo CD: compares what is committed with what runs, and brings the one to the other when it is asked or may.

mod application;
mod application_set;
pub mod comparison;
pub mod health;
mod operation;
mod window;

#[cfg(test)]
mod tests;

pub(super) use self::application::Application;
pub(super) use self::application_set::ApplicationSet;

/// Where Argo CD and its objects live.
pub(crate) const NAMESPACE: &str = "argocd";

/// The name that events carry.
const COMPONENT: &str = "argocd-application-controller";
