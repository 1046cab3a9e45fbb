//! Namespaces.

use std::sync::Arc;

use serde::Deserialize;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::node::{Condition, ConditionWire};
use super::row::Packed;
use super::wire::{List, Object, Text};

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// `metadata`
    pub meta: Meta,
    /// `status.phase`: `Active` or `Terminating`; empty when it is not known.
    pub phase: Arc<str>,
    /// What keeps a terminating namespace from going; empty for others.
    pub conditions: Box<[Condition]>,
}

/// How strict Pod Security is with the pods of a namespace, in one of its three modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PodSecurityMode {
    /// Refuses pods.
    Enforce,
    /// Writes them into the audit log.
    Audit,
    /// Tells who makes them.
    Warn,
}

/// A namespace as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NamespaceWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a>>,
    #[serde(borrow)]
    status: Object<StatusWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusWire<'a> {
    #[serde(borrow)]
    phase: Text<'a>,
    #[serde(borrow)]
    conditions: List<ConditionWire<'a>>,
}

impl Namespace {
    /// A namespace of which only the name is known: the user may work in it, but not read it.
    pub fn known(name: &str) -> Self {
        Self {
            meta: Meta { name: name.into(), ..Meta::default() },
            phase: "".into(),
            conditions: Box::default(),
        }
    }

    /// True when only the name is known, so that nothing can be said of the rest.
    pub fn is_known_by_name_only(&self) -> bool {
        self.phase.is_empty()
    }

    /// The Pod Security level by label: `privileged`, `baseline`, `restricted`; `None` where the cluster's default
    /// holds.
    pub fn pod_security(&self, mode: PodSecurityMode) -> Option<&str> {
        self.meta.label(match mode {
            PodSecurityMode::Enforce => "pod-security.kubernetes.io/enforce",
            PodSecurityMode::Audit => "pod-security.kubernetes.io/audit",
            PodSecurityMode::Warn => "pod-security.kubernetes.io/warn",
        })
    }

    /// True while it is being deleted.
    pub fn is_terminating(&self) -> bool {
        !self.meta.deleted.is_never() || &*self.phase == "Terminating"
    }

    /// What keeps it from going, in the namespace controller's words.
    pub fn held_by(&self) -> Option<&str> {
        let first = |kinds: &[&str]| {
            let is_wanted = |c: &&Condition| c.is_true == Some(true) && kinds.contains(&&*c.kind);
            self.conditions.iter().find(is_wanted).map(|condition| &*condition.message)
        };
        first(&[
            "NamespaceDeletionDiscoveryFailure",
            "NamespaceDeletionGroupVersionParsingFailure",
            "NamespaceDeletionContentFailure",
        ])
        .or_else(|| first(&["NamespaceFinalizersRemaining"]))
        .or_else(|| first(&["NamespaceContentRemaining"]))
    }
}

row_with_meta!(Namespace);

impl Packed for Namespace {
    type Wire<'a> = NamespaceWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w NamespaceWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: NamespaceWire<'_>, shared: &mut Interner) -> Self {
        let status = wire.status.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            phase: shared.get(&status.phase),
            conditions: status.conditions.iter().map(|c| Condition::pack(c, shared)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuck_namespace_says_what_holds_it() {
        let json = r#"{"metadata":{"name":"old","deletionTimestamp":"2026-11-21T12:00:00Z",
            "labels":{"pod-security.kubernetes.io/enforce":"baseline"}},"status":{"phase":"Terminating","conditions":[
            {"type":"NamespaceContentRemaining","status":"True","message":"Some resources are remaining: certificates has 1 instances"},
            {"type":"NamespaceFinalizersRemaining","status":"True","message":"Some content has finalizers remaining: x in 1 instances"},
            {"type":"NamespaceDeletionContentFailure","status":"False","message":"All content deleted"}]}}"#;
        let namespace = Namespace::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert!(namespace.is_terminating());
        assert_eq!(namespace.held_by(), Some("Some content has finalizers remaining: x in 1 instances"));
        assert_eq!(namespace.pod_security(PodSecurityMode::Enforce), Some("baseline"));
        assert_eq!(namespace.pod_security(PodSecurityMode::Warn), None);
    }

    #[test]
    fn a_name_alone_makes_a_row() {
        assert!(!Namespace::known("web").is_terminating());
        assert_eq!(Namespace::known("web").held_by(), None);
    }
}
