//! What a person wants to know of an object, from its JSON, in sections.
//!
//! To add a kind: a file with a `fn(&Value, Timestamp) -> Vec<Section>`, and a line in `DESCRIBERS`. Every part of an
//! object may be missing or of another type than expected; then that part says nothing. Values of secrets and of
//! environment variables are never shown, only their names.

mod autoscaler;
mod config;
mod generic;
mod ingress;
mod karpenter;
mod limits;
mod namespace;
mod node;
mod pod;
mod read;
pub mod related;
mod rights;
mod section;
mod service;
mod storage;
mod traffic;
mod workload;

use serde_json::Value;

pub use self::related::{Relation, Target};
pub use self::section::{Cell, Layout, Line, Section, document, glyph, section_key};
use crate::fleet::Timestamp;

/// Makes the sections of a kind.
pub type Describe = fn(&Value, Timestamp) -> Vec<Section>;

/// The kinds that have a summary of their own, by group and kind. All others are described by what every object has.
const DESCRIBERS: &[(&str, &str, Describe)] = &[
    ("", "ConfigMap", config::config_map),
    ("", "LimitRange", limits::limit_range),
    ("", "Namespace", namespace::describe),
    ("", "Node", node::describe),
    ("", "PersistentVolume", storage::volume),
    ("", "PersistentVolumeClaim", storage::claim),
    ("", "Pod", pod::describe),
    ("", "ResourceQuota", limits::quota),
    ("", "Secret", config::secret),
    ("", "Service", service::describe),
    ("", "ServiceAccount", rights::account),
    ("apps", "DaemonSet", workload::describe),
    ("apps", "Deployment", workload::describe),
    ("apps", "ReplicaSet", workload::describe),
    ("apps", "StatefulSet", workload::describe),
    ("autoscaling", "HorizontalPodAutoscaler", autoscaler::describe),
    ("autoscaling.k8s.io", "VerticalPodAutoscaler", autoscaler::vertical),
    ("batch", "CronJob", workload::cron_job),
    ("batch", "Job", workload::job),
    ("eks.amazonaws.com", "NodeClass", karpenter::node_class),
    ("karpenter.k8s.aws", "EC2NodeClass", karpenter::node_class),
    ("karpenter.sh", "NodeClaim", karpenter::node_claim),
    ("karpenter.sh", "NodePool", karpenter::node_pool),
    ("discovery.k8s.io", "EndpointSlice", traffic::endpoint_slice),
    ("elbv2.k8s.aws", "TargetGroupBinding", traffic::target_group_binding),
    ("networking.k8s.io", "Ingress", ingress::describe),
    ("networking.k8s.io", "NetworkPolicy", traffic::network_policy),
    ("rbac.authorization.k8s.io", "ClusterRole", rights::role),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", rights::binding),
    ("rbac.authorization.k8s.io", "Role", rights::role),
    ("rbac.authorization.k8s.io", "RoleBinding", rights::binding),
    ("policy", "PodDisruptionBudget", autoscaler::budget),
    ("storage.k8s.io", "StorageClass", storage::class),
];

/// The sections of an object's kind.
pub fn describe(group: &str, kind: &str, object: &Value, now: Timestamp) -> Vec<Section> {
    let describe = DESCRIBERS
        .iter()
        .find(|(known_group, known_kind, _)| *known_group == group && *known_kind == kind)
        .map_or(generic::describe as Describe, |(_, _, describe)| *describe);
    let mut sections = describe(object, now);
    sections.retain(|section| !section.lines.is_empty());
    sections
}

/// Labels, annotations and the rest of the metadata, which every kind has; folded at first.
pub fn metadata(object: &Value, now: Timestamp) -> Vec<Section> {
    let mut sections = generic::metadata(object, now);
    sections.retain(|section| !section.lines.is_empty());
    sections
}

#[cfg(test)]
mod tests;
