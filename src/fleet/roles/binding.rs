//! RoleBindings and ClusterRoleBindings: who has a role. One row for both; a ClusterRoleBinding has no namespace.

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{List, Object, Text, wire_structs};

/// A RoleBinding or a ClusterRoleBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleBinding {
    /// `metadata`
    pub meta: Meta,
    /// `roleRef.kind`: `Role` or `ClusterRole`.
    pub role_kind: Arc<str>,
    /// `roleRef.name`
    pub role: Arc<str>,
    /// `subjects`
    pub subjects: Box<[Subject]>,
}

/// Who has a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// `kind`: `ServiceAccount`, `User`, `Group`.
    pub kind: Arc<str>,
    /// `namespace` of a service account; empty for others.
    pub namespace: Arc<str>,
    /// `name`
    pub name: Arc<str>,
}

wire_structs! {
    /// A binding as it is read.
    pub struct RoleBindingWire<'a> {
        metadata: Object<MetaWire<'a>>,
        role_ref: Object<RoleRefWire<'a>>,
        subjects: List<SubjectWire<'a>>,
    }
    struct RoleRefWire<'a> {
        kind: Text<'a>,
        name: Text<'a>,
    }
    struct SubjectWire<'a> {
        kind: Text<'a>,
        namespace: Text<'a>,
        name: Text<'a>,
    }
}

row_with_meta!(RoleBinding);

impl Packed for RoleBinding {
    packed_from!(RoleBindingWire);

    fn pack(wire: RoleBindingWire<'_>, shared: &mut Interner) -> Self {
        let role = wire.role_ref.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            role_kind: shared.get(&role.kind),
            role: shared.get(&role.name),
            subjects: wire
                .subjects
                .iter()
                .map(|subject| Subject {
                    kind: shared.get(&subject.kind),
                    namespace: shared.get(&subject.namespace),
                    name: shared.get(&subject.name),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_says_who_has_which_role() {
        let json = r#"{"metadata":{"name":"readers","namespace":"production"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"},
            "subjects":[{"kind":"Group","name":"platform"},{"kind":"ServiceAccount","name":"ci","namespace":"ci"},null]}"#;
        let binding = RoleBinding::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!((&*binding.role_kind, &*binding.role), ("ClusterRole", "view"));
        let subjects: Vec<(&str, &str, &str)> =
            binding.subjects.iter().map(|s| (&*s.kind, &*s.namespace, &*s.name)).collect();
        assert_eq!(subjects, [("Group", "", "platform"), ("ServiceAccount", "ci", "ci")]);
    }
}
