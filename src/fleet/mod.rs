//! What is operated: identities, kinds, quantities, instants, problems and the packed rows of every kind.
//!
//! This family is the bottom of the crate. It imports nothing of ours, and it knows no clock, network, file or
//! terminal: a row is made from bytes by a pure function, and that function can be tested on recorded JSON alone.
//! Read [`identity`] first, then [`pod`] as the example of a packed row.

pub mod amounts;
pub mod api_service;
pub mod argo;
pub mod aws;
pub mod by_name;
pub mod certificates;
pub mod condition;
pub mod config_map;
pub mod container_status;
pub mod csi_driver;
pub mod custom_resource;
pub mod delay;
pub mod endpoint_slice;
pub mod environment;
pub mod event;
pub mod external_dns;
pub mod identity;
pub mod image;
pub mod ingress;
pub mod ingress_class;
pub mod interest;
pub mod intern;
pub mod karpenter;
pub mod kind;
pub mod lease;
pub mod limit_range;
pub mod meta;
pub mod namespace;
pub mod network_policy;
pub mod node;
pub mod pod;
pub mod pod_security;
pub mod printed;
pub mod priority_class;
pub mod problem;
pub mod quantity;
pub mod quota;
pub mod roles;
pub mod row;
pub mod scaling;
pub mod schedule;
pub mod secrets;
pub mod selector;
pub mod service;
pub mod service_account;
pub mod storage;
pub mod target_group_binding;
pub mod time;
pub mod usage;
pub mod verdict;
pub mod webhook;
pub mod wire;
pub mod word;
pub mod workload;
pub mod zone;

#[cfg(test)]
mod robustness;

pub use environment::{Environment, Guard, Tier};
pub use identity::{ClusterId, EnvironmentName, Epoch, ObjectRef, Uid};
pub use interest::Interest;
pub use kind::ResourceType;
pub use problem::{Problem, ProblemKind};
pub use row::{Packed, Row};
pub use time::Timestamp;
pub use verdict::Verdict;
