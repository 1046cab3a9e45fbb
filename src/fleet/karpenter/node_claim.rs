//! NodeClaims: what Karpenter launched, from the call to EC2 to the end of the instance.

use std::sync::Arc;

use super::{NodeClassRef, NodeClassRefWire, Requirement, RequirementWire};
use crate::fleet::amounts::Amounts;
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::delay::Delay;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Object, Pairs, Text, wire_structs};

/// A NodeClaim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeClaim {
    /// `metadata`; its owner is the NodePool.
    pub meta: Meta,
    /// `spec.nodeClassRef`
    pub node_class: NodeClassRef,
    /// `spec.requirements`
    pub requirements: Box<[Requirement]>,
    /// `spec.resources.requests`: what the pods need that it was launched for.
    pub requests: Amounts,
    /// `spec.expireAfter`
    pub expire_after: Option<Delay>,
    /// `spec.terminationGracePeriod`
    pub termination_grace_period: Option<Delay>,
    /// `status.nodeName`; `None` until the node registers.
    pub node: Option<Arc<str>>,
    /// `status.providerID`, for example `aws:///us-east-1a/i-0c31…`; empty until it is launched.
    pub provider_id: Box<str>,
    /// `status.imageID`
    pub image: Option<Arc<str>>,
    /// `status.capacity`
    pub capacity: Amounts,
    /// `status.allocatable`
    pub allocatable: Amounts,
    /// `status.conditions`: `Launched`, `Registered`, `Initialized`, `Ready`, `Consolidatable`, `Drifted`, `Drained` …
    pub conditions: Conditions,
    /// `status.lastPodEventTime`: when a pod last came or went.
    pub last_pod_event: Timestamp,
    /// The annotation `karpenter.sh/nodepool-hash`: the pool's template that it was made from.
    pub pool_hash: Option<Arc<str>>,
    /// The annotation `karpenter.k8s.aws/ec2nodeclass-hash`: the node class that it was made from.
    pub class_hash: Option<Arc<str>>,
    /// The annotation `karpenter.sh/do-not-disrupt`.
    pub do_not_disrupt: Option<Arc<str>>,
    /// The annotation `karpenter.sh/nodeclaim-termination-timestamp`: when it ends by force.
    pub forced_end: Timestamp,
}

wire_structs! {
    /// A NodeClaim as it is read.
    pub struct NodeClaimWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "karpenter.sh/nodepool-hash")]
        pool_hash: Text<'a>,
        #[serde(rename = "karpenter.k8s.aws/ec2nodeclass-hash")]
        class_hash: Text<'a>,
        #[serde(rename = "eks.amazonaws.com/nodeclass-hash")]
        auto_mode_class_hash: Text<'a>,
        #[serde(rename = "karpenter.sh/do-not-disrupt")]
        do_not_disrupt: Text<'a>,
        #[serde(rename = "karpenter.sh/nodeclaim-termination-timestamp")]
        forced_end: Text<'a>,
    }
    struct SpecWire<'a> {
        node_class_ref: Object<NodeClassRefWire<'a>>,
        requirements: List<RequirementWire<'a>>,
        resources: Object<ResourcesWire<'a>>,
        expire_after: Text<'a>,
        termination_grace_period: Text<'a>,
    }
    struct ResourcesWire<'a> {
        requests: Pairs<'a>,
    }
    struct StatusWire<'a> {
        node_name: Text<'a>,
        #[serde(rename = "providerID")]
        provider_id: Text<'a>,
        #[serde(rename = "imageID")]
        image_id: Text<'a>,
        capacity: Pairs<'a>,
        allocatable: Pairs<'a>,
        conditions: List<ConditionWire<'a>>,
        last_pod_event_time: Text<'a>,
    }
}

impl NodeClaim {
    /// The NodePool that it belongs to.
    pub fn pool(&self) -> Option<&str> {
        self.label("karpenter.sh/nodepool")
    }

    /// The instance type, for example `m6i.xlarge`; `None` until it is launched.
    pub fn instance_type(&self) -> Option<&str> {
        self.label("node.kubernetes.io/instance-type")
    }

    /// The zone, for example `us-east-1a`; `None` until it is launched.
    pub fn zone(&self) -> Option<&str> {
        self.label("topology.kubernetes.io/zone")
    }

    /// How it is paid: `spot`, `on-demand`, `reserved`; `None` until it is launched.
    pub fn capacity_type(&self) -> Option<&str> {
        self.label("karpenter.sh/capacity-type")
    }

    fn label(&self, key: &str) -> Option<&str> {
        self.meta.label(key).filter(|value| !value.is_empty())
    }
}

row_with_meta!(NodeClaim);

impl Packed for NodeClaim {
    packed_from!(NodeClaimWire);

    fn pack(wire: NodeClaimWire<'_>, shared: &mut Interner) -> Self {
        let (mut meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let annotations = std::mem::take(&mut meta.annotations).or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            node_class: NodeClassRef::pack(&spec.node_class_ref, shared),
            requirements: Requirement::pack_all(&spec.requirements, shared),
            requests: Amounts::pack(&spec.resources.or_default().requests, shared),
            expire_after: Delay::read(&spec.expire_after, shared),
            termination_grace_period: Delay::read(&spec.termination_grace_period, shared),
            node: shared.known(&status.node_name),
            provider_id: (*status.provider_id).into(),
            image: shared.known(&status.image_id),
            capacity: Amounts::pack(&status.capacity, shared),
            allocatable: Amounts::pack(&status.allocatable, shared),
            conditions: Conditions::pack(&status.conditions, shared),
            last_pod_event: status.last_pod_event_time.instant(),
            pool_hash: shared.known(&annotations.pool_hash),
            class_hash: shared
                .known(&annotations.class_hash)
                .or_else(|| shared.known(&annotations.auto_mode_class_hash)),
            do_not_disrupt: shared.known(&annotations.do_not_disrupt),
            forced_end: annotations.forced_end.instant(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::condition::Status;

    fn claim(json: &str) -> NodeClaim {
        NodeClaim::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_claim_is_read() {
        let claim = claim(
            r#"{"metadata":{"name":"on-demand-82c9e","annotations":{"karpenter.sh/nodepool-hash":"77","karpenter.sh/do-not-disrupt":"true",
            "karpenter.k8s.aws/ec2nodeclass-hash":"88","karpenter.sh/nodeclaim-termination-timestamp":"2026-11-22T00:00:00Z"},
            "labels":{"karpenter.sh/capacity-type":"on-demand","karpenter.sh/nodepool":"on-demand",
            "node.kubernetes.io/instance-type":"m6i.xlarge","topology.kubernetes.io/zone":"us-east-1c"},
            "ownerReferences":[{"kind":"NodePool","name":"on-demand"}]},
            "spec":{"expireAfter":"720h","nodeClassRef":{"group":"karpenter.k8s.aws","kind":"EC2NodeClass","name":"default"},
            "requirements":[{"key":"karpenter.sh/nodepool","operator":"In","values":["on-demand"]}],
            "resources":{"requests":{"cpu":"1850m","memory":"3Gi","pods":"14"}}},
            "status":{"allocatable":{"cpu":"3920m"},"capacity":{"cpu":"4"},"imageID":"ami-03c3","lastPodEventTime":"2026-11-21T12:16:19Z",
            "nodeName":"ip-10-1-13-60.ec2.internal","providerID":"aws:///us-east-1c/i-bc78",
            "conditions":[{"type":"Launched","status":"True","lastTransitionTime":"2026-11-21T02:36:19Z"},{"type":"Drained","status":"Unknown","reason":"Draining"}]}}"#,
        );
        assert_eq!((claim.pool(), claim.instance_type()), (Some("on-demand"), Some("m6i.xlarge")));
        assert_eq!((claim.zone(), claim.capacity_type()), (Some("us-east-1c"), Some("on-demand")));
        assert_eq!(claim.node.as_deref(), Some("ip-10-1-13-60.ec2.internal"));
        assert_eq!((claim.requests.get("cpu"), claim.allocatable.get("cpu")), (Some(1850), Some(3920)));
        assert_eq!(
            (&*claim.provider_id, claim.image.as_deref()),
            ("aws:///us-east-1c/i-bc78", Some("ami-03c3"))
        );
        assert_eq!(claim.last_pod_event.rfc3339(), "2026-11-21T12:16:19Z");
        assert_eq!((claim.pool_hash.as_deref(), claim.class_hash.as_deref()), (Some("77"), Some("88")));
        assert_eq!(claim.do_not_disrupt.as_deref(), Some("true"));
        assert_eq!(claim.forced_end.rfc3339(), "2026-11-22T00:00:00Z");
        assert_eq!(claim.conditions.get("Drained").unwrap().status, Status::Unknown);
    }

    #[test]
    fn a_claim_that_nothing_was_launched_for_has_neither_node_nor_instance() {
        let claim =
            claim(r#"{"metadata":{"name":"spot-1"},"spec":{"resources":null},"status":{"conditions":null}}"#);
        assert_eq!((claim.node, claim.image, &*claim.provider_id), (None, None, ""));
        assert!(claim.conditions.is_empty() && claim.requests.is_empty() && claim.forced_end.is_never());
    }
}
