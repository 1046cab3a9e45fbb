//! Roles and ClusterRoles: what may be done. One row for both; a ClusterRole has no namespace.

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{List, Object, Texts, wire_structs};

/// A Role or a ClusterRole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// `metadata`
    pub meta: Meta,
    /// `rules`: each allows something; nothing forbids.
    pub rules: Box<[RoleRule]>,
    /// `aggregationRule` is there: its rules are those of other ClusterRoles.
    pub is_aggregated: bool,
}

/// What may be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleRule {
    /// `verbs`; `*` for all.
    pub verbs: Box<[Arc<str>]>,
    /// `apiGroups`; an empty text for the core group, `*` for all.
    pub groups: Box<[Arc<str>]>,
    /// `resources`, with subresources as `pods/exec`; `*` for all.
    pub resources: Box<[Arc<str>]>,
    /// `resourceNames`: only with these; empty for all.
    pub names: Box<[Arc<str>]>,
    /// `nonResourceURLs`
    pub urls: Box<[Arc<str>]>,
}

wire_structs! {
    /// A role as it is read.
    pub struct RoleWire<'a> {
        metadata: Object<MetaWire<'a>>,
        rules: List<RuleWire<'a>>,
        aggregation_rule: Object<AggregationWire>,
    }
    struct RuleWire<'a> {
        verbs: Texts<'a>,
        api_groups: Texts<'a>,
        resources: Texts<'a>,
        resource_names: Texts<'a>,
        #[serde(rename = "nonResourceURLs")]
        non_resource_urls: Texts<'a>,
    }
    struct AggregationWire {}
}

row_with_meta!(Role);

impl Packed for Role {
    packed_from!(RoleWire);

    fn pack(wire: RoleWire<'_>, shared: &mut Interner) -> Self {
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            rules: wire
                .rules
                .iter()
                .map(|rule| RoleRule {
                    verbs: shared.all(&rule.verbs),
                    groups: shared.all(&rule.api_groups),
                    resources: shared.all(&rule.resources),
                    names: shared.all(&rule.resource_names),
                    urls: shared.all(&rule.non_resource_urls),
                })
                .collect(),
            is_aggregated: wire.aggregation_rule.get().is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let json = r#"{"metadata":{"name":"admin"},"aggregationRule":{"clusterRoleSelectors":[{}]},"rules":[{"apiGroups":["","apps"],
            "resources":["pods/exec"],"verbs":["create"],"resourceNames":["api"]},{"nonResourceURLs":["/metrics"],"verbs":["get"]}]}"#;
        let role = Role::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let [exec, metrics] = &*role.rules else { panic!("{role:?}") };
        assert_eq!((exec.groups.len(), &*exec.groups[0], &*exec.resources[0]), (2, "", "pods/exec"));
        assert_eq!((&*exec.names[0], &*metrics.urls[0], &*metrics.verbs[0]), ("api", "/metrics", "get"));
        assert!(role.is_aggregated);
        let empty = Role::pack(serde_json::from_str(r#"{"rules":null}"#).unwrap(), &mut Interner::default());
        assert!(empty.rules.is_empty() && !empty.is_aggregated);
    }
}
