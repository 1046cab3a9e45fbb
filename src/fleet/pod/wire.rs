//! The fields of a pod that are read (`core/v1` `Pod`).

use serde::Deserialize;

use super::aws::EnvironmentWire;
use crate::fleet::container_status::ContainerStatusWire;
use crate::fleet::meta::MetaWire;
use crate::fleet::wire::{List, Number, Object, Text, Unread, wire_structs};

/// A pod as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodWire<'a> {
    #[serde(borrow)]
    pub(super) metadata: Object<MetaWire<'a, AnnotationsWire<'a>>>,
    #[serde(borrow)]
    pub(super) spec: Object<SpecWire<'a>>,
    #[serde(borrow)]
    pub(super) status: Object<StatusWire<'a>>,
}

wire_structs! {
    pub(super) struct AnnotationsWire<'a> {
        #[serde(rename = "karpenter.sh/do-not-disrupt")]
        pub(super) do_not_disrupt: Text<'a>,
    }
    pub(super) struct VolumeWire<'a> {
        pub(super) name: Text<'a>,
        pub(super) persistent_volume_claim: Object<ClaimWire<'a>>,
        pub(super) ephemeral: Object<EphemeralWire>,
        pub(super) projected: Object<ProjectedWire<'a>>,
    }
    pub(super) struct ClaimWire<'a> {
        pub(super) claim_name: Text<'a>,
    }
    pub(super) struct EphemeralWire {}
    pub(super) struct ProjectedWire<'a> {
        pub(super) sources: List<ProjectedSourceWire<'a>>,
    }
    pub(super) struct ProjectedSourceWire<'a> {
        pub(super) service_account_token: Object<TokenWire<'a>>,
    }
    pub(super) struct TokenWire<'a> {
        pub(super) audience: Text<'a>,
    }
}

/// The parts that say where a pod may go are only read when it has no node yet, but for the pods that it keeps away.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SpecWire<'a> {
    #[serde(borrow)]
    pub(super) node_name: Text<'a>,
    #[serde(borrow)]
    pub(super) service_account_name: Text<'a>,
    #[serde(borrow)]
    pub(super) priority_class_name: Text<'a>,
    #[serde(borrow)]
    pub(super) containers: List<ContainerWire<'a>>,
    #[serde(borrow)]
    pub(super) init_containers: List<ContainerWire<'a>>,
    #[serde(borrow)]
    pub(super) ephemeral_containers: List<ContainerWire<'a>>,
    #[serde(borrow)]
    pub(super) overhead: Object<QuantitiesWire<'a>>,
    #[serde(borrow)]
    pub(super) resources: Object<ResourcesWire<'a>>,
    #[serde(borrow)]
    pub(super) readiness_gates: List<ReadinessGateWire<'a>>,
    #[serde(borrow)]
    pub(super) scheduling_gates: List<SchedulingGateWire<'a>>,
    #[serde(borrow)]
    pub(super) volumes: List<VolumeWire<'a>>,
    #[serde(borrow)]
    pub(super) node_selector: Option<Unread<'a>>,
    #[serde(borrow)]
    pub(super) affinity: Option<Unread<'a>>,
    #[serde(borrow)]
    pub(super) tolerations: Option<Unread<'a>>,
    #[serde(borrow)]
    pub(super) topology_spread_constraints: Option<Unread<'a>>,
    pub(super) priority: Number,
    #[serde(borrow)]
    pub(super) scheduler_name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContainerWire<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) image: Text<'a>,
    #[serde(borrow)]
    pub(super) restart_policy: Text<'a>,
    #[serde(borrow)]
    pub(super) resources: Object<ResourcesWire<'a>>,
    #[serde(borrow)]
    pub(super) env: EnvironmentWire<'a>,
}

impl ContainerWire<'_> {
    /// An init container that keeps running: a sidecar (KEP-753).
    pub(super) fn is_sidecar(&self) -> bool {
        &*self.restart_policy == "Always"
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResourcesWire<'a> {
    #[serde(borrow)]
    pub(super) requests: Object<QuantitiesWire<'a>>,
    #[serde(borrow)]
    pub(super) limits: Object<QuantitiesWire<'a>>,
}

#[derive(Debug, Default)]
pub(super) struct QuantitiesWire<'a> {
    pub(super) cpu: Text<'a>,
    pub(super) memory: Text<'a>,
    /// Everything else by its name.
    pub(super) others: Vec<(Text<'a>, Text<'a>)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ReadinessGateWire<'a> {
    #[serde(borrow)]
    pub(super) condition_type: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SchedulingGateWire<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StatusWire<'a> {
    #[serde(borrow)]
    pub(super) phase: Text<'a>,
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) nominated_node_name: Text<'a>,
    #[serde(borrow, rename = "podIP")]
    pub(super) pod_ip: Text<'a>,
    #[serde(borrow, rename = "podIPs")]
    pub(super) pod_ips: List<PodIpWire<'a>>,
    #[serde(borrow)]
    pub(super) qos_class: Text<'a>,
    #[serde(borrow)]
    pub(super) start_time: Text<'a>,
    #[serde(borrow)]
    pub(super) conditions: List<ConditionWire<'a>>,
    #[serde(borrow)]
    pub(super) container_statuses: List<ContainerStatusWire<'a>>,
    #[serde(borrow)]
    pub(super) init_container_statuses: List<ContainerStatusWire<'a>>,
    #[serde(borrow)]
    pub(super) ephemeral_container_statuses: List<ContainerStatusWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodIpWire<'a> {
    #[serde(borrow)]
    pub(super) ip: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConditionWire<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) last_transition_time: Text<'a>,
}

impl StatusWire<'_> {
    /// The first condition of a type; a later one of the same type does not count, as in kubectl.
    pub(super) fn condition(&self, kind: &str) -> Option<&ConditionWire<'_>> {
        self.conditions.iter().find(|condition| &*condition.kind == kind)
    }

    pub(super) fn is_true(&self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|condition| &*condition.status == "True")
    }
}
