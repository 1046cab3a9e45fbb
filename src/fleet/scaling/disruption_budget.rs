//! PodDisruptionBudgets (`policy/v1`): how many pods may be evicted at once.

use std::sync::Arc;

use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::selector::{LabelSelector, SelectorWire};
use crate::fleet::wire::{List, Number, Object, Text, wire_structs};

/// A PodDisruptionBudget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisruptionBudget {
    /// `metadata`
    pub meta: Meta,
    /// `spec.selector`: which pods of its namespace; `None` for none, an empty one for all.
    pub selector: Option<LabelSelector>,
    /// `spec.minAvailable`: a number or a percentage.
    pub min_available: Option<Arc<str>>,
    /// `spec.maxUnavailable`: a number or a percentage.
    pub max_unavailable: Option<Arc<str>>,
    /// `spec.unhealthyPodEvictionPolicy`: `AlwaysAllow`, or `IfHealthyBudget`, which is meant where it is empty: then
    /// pods that do not become ready keep nodes from being drained.
    pub unhealthy_policy: Arc<str>,
    /// `status.currentHealthy`
    pub healthy: u32,
    /// `status.desiredHealthy`
    pub desired_healthy: u32,
    /// `status.expectedPods`: 0 means that the selector takes no pod of a controller.
    pub expected: u32,
    /// `status.disruptionsAllowed`
    pub allowed: u32,
    /// `status.conditions`: `DisruptionAllowed` with the reasons `SufficientPods`, `InsufficientPods`, `SyncFailed`.
    pub conditions: Conditions,
    /// False while the controller has not yet looked at the latest change of the spec: then its numbers are old.
    pub is_observed: bool,
}

wire_structs! {
    /// A budget as it is read.
    pub struct DisruptionBudgetWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        selector: Object<SelectorWire<'a>>,
        min_available: Text<'a>,
        max_unavailable: Text<'a>,
        unhealthy_pod_eviction_policy: Text<'a>,
    }
    struct StatusWire<'a> {
        current_healthy: Number,
        desired_healthy: Number,
        expected_pods: Number,
        disruptions_allowed: Number,
        conditions: List<ConditionWire<'a>>,
        observed_generation: Number,
    }
}

row_with_meta!(DisruptionBudget);

impl Packed for DisruptionBudget {
    packed_from!(DisruptionBudgetWire);

    fn pack(wire: DisruptionBudgetWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            selector: LabelSelector::pack_some(&spec.selector, shared),
            min_available: shared.known(&spec.min_available),
            max_unavailable: shared.known(&spec.max_unavailable),
            unhealthy_policy: shared.get(&spec.unhealthy_pod_eviction_policy),
            healthy: status.current_healthy.count(),
            desired_healthy: status.desired_healthy.count(),
            expected: status.expected_pods.count(),
            allowed: status.disruptions_allowed.count(),
            conditions: Conditions::pack(&status.conditions, shared),
            is_observed: status.observed_generation.0.unwrap_or(0) >= meta.generation.0.unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_budget_is_read() {
        let pack = |json: &str| {
            DisruptionBudget::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
        };
        let budget = pack(
            r#"{"metadata":{"name":"api","namespace":"production","generation":1},"spec":{"maxUnavailable":0,"selector":{"matchLabels":{"app":"api"}}},
            "status":{"conditions":[{"type":"DisruptionAllowed","status":"False","reason":"InsufficientPods"}],"currentHealthy":2,"desiredHealthy":3,
            "disruptionsAllowed":0,"expectedPods":3,"observedGeneration":1}}"#,
        );
        assert_eq!((budget.max_unavailable.as_deref(), budget.min_available.as_deref()), (Some("0"), None));
        assert_eq!((budget.healthy, budget.desired_healthy, budget.expected, budget.allowed), (2, 3, 3, 0));
        assert!(budget.selector.unwrap().matches([("app", "api")]) && budget.is_observed);
        let percent = pack(
            r#"{"metadata":{"generation":2},"spec":{"minAvailable":"50%"},"status":{"observedGeneration":1}}"#,
        );
        assert_eq!(percent.min_available.as_deref(), Some("50%"));
        assert!(percent.selector.is_none() && !percent.is_observed);
    }
}
