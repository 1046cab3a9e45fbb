//! The screens, one file each.

pub mod events;
pub mod ingress;
pub mod namespaces;
pub mod nodes;
pub mod pods;
pub mod services;
pub mod workloads;
