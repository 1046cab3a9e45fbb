//! Nodes.

use std::sync::Arc;

use serde::Deserialize;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::quantity;
use super::row::{Packed, Row};
use super::time::Timestamp;
use super::wire::{Flag, List, Object, Pairs, Text};

/// A node. The kubelet's heartbeats are not kept: they change every few minutes and say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `metadata`
    pub meta: Meta,
    /// `status.conditions` without their heartbeats.
    pub conditions: Box<[Condition]>,
    /// `spec.taints`
    pub taints: Box<[Taint]>,
    /// `spec.unschedulable`: cordoned.
    pub is_cordoned: bool,
    /// `status.capacity`: what the machine has.
    pub capacity: NodeResources,
    /// `status.allocatable`: what pods may have of it.
    pub allocatable: NodeResources,
    /// The rest of `status.allocatable`, as far as there is any: devices such as `nvidia.com/gpu`, huge pages, storage.
    pub extended: Box<[(Arc<str>, u64)]>,
    /// `status.nodeInfo.kubeletVersion`
    pub kubelet_version: Arc<str>,
    /// `status.nodeInfo.osImage`
    pub os_image: Arc<str>,
    /// `status.nodeInfo.kernelVersion`
    pub kernel: Arc<str>,
    /// `status.nodeInfo.containerRuntimeVersion`
    pub runtime: Arc<str>,
    /// `status.nodeInfo.architecture`
    pub architecture: Arc<str>,
    /// The first address of type `InternalIP`; empty when there is none.
    pub internal_ip: Box<str>,
    /// The first address of type `ExternalIP`; empty when there is none.
    pub external_ip: Box<str>,
    /// `spec.providerID`, for example `aws:///us-east-1a/i-0c31…`; empty when there is none.
    pub provider_id: Box<str>,
    /// The annotation `karpenter.sh/do-not-disrupt`: Karpenter may not replace it by its own choice while it is `true`.
    pub do_not_disrupt: Option<Arc<str>>,
}

/// A condition of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `type`, for example `Ready`.
    pub kind: Arc<str>,
    /// Whether it is true; `None` when the control plane does not know (`Unknown`).
    pub is_true: Option<bool>,
    /// `reason`
    pub reason: Arc<str>,
    /// `message`
    pub message: Arc<str>,
    /// `lastTransitionTime`
    pub since: Timestamp,
}

/// A taint: keeps pods away that do not tolerate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taint {
    /// `key`
    pub key: Arc<str>,
    /// `value`, often empty.
    pub value: Arc<str>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Arc<str>,
}

/// What a node has to give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeResources {
    /// Thousandths of a core.
    pub cpu: u64,
    /// Bytes.
    pub memory: u64,
    /// Pods.
    pub pods: u64,
}

/// A node as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a, Annotations<'a>>>,
    #[serde(borrow)]
    spec: Object<SpecWire<'a>>,
    #[serde(borrow)]
    status: Object<StatusWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Annotations<'a> {
    #[serde(borrow, rename = "karpenter.sh/do-not-disrupt")]
    do_not_disrupt: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpecWire<'a> {
    #[serde(borrow)]
    taints: List<TaintWire<'a>>,
    unschedulable: Flag,
    #[serde(borrow, rename = "providerID")]
    provider_id: Text<'a>,
}

/// A taint as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TaintWire<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(borrow)]
    effect: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusWire<'a> {
    #[serde(borrow)]
    addresses: List<AddressWire<'a>>,
    #[serde(borrow)]
    allocatable: Pairs<'a>,
    #[serde(borrow)]
    capacity: Object<ResourcesWire<'a>>,
    #[serde(borrow)]
    conditions: List<ConditionWire<'a>>,
    #[serde(borrow)]
    node_info: Object<InfoWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AddressWire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    address: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResourcesWire<'a> {
    #[serde(borrow)]
    cpu: Text<'a>,
    #[serde(borrow)]
    memory: Text<'a>,
    #[serde(borrow)]
    pods: Text<'a>,
}

/// `metav1.Condition` and its older siblings, as they are read.
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

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct InfoWire<'a> {
    #[serde(borrow)]
    architecture: Text<'a>,
    #[serde(borrow)]
    container_runtime_version: Text<'a>,
    #[serde(borrow)]
    kernel_version: Text<'a>,
    #[serde(borrow)]
    kubelet_version: Text<'a>,
    #[serde(borrow)]
    os_image: Text<'a>,
}

impl Node {
    /// How much pods may have of a resource that is neither CPU nor memory.
    pub fn extended(&self, resource: &str) -> u64 {
        self.extended.iter().find(|(known, _)| **known == *resource).map_or(0, |(_, amount)| *amount)
    }

    /// A condition by its type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| &*condition.kind == kind)
    }

    /// Whether the kubelet says that it is ready; `None` when it has not said anything lately, or never.
    pub fn is_ready(&self) -> Option<bool> {
        self.condition("Ready")?.is_true
    }

    /// STATUS as `kubectl get nodes` prints it: `Ready`, `NotReady,SchedulingDisabled`, `Unknown`.
    pub fn status(&self) -> &'static str {
        let is_ready = self.condition("Ready").map(|ready| ready.is_true == Some(true));
        match (is_ready, self.is_cordoned) {
            (Some(true), false) => "Ready",
            (Some(true), true) => "Ready,SchedulingDisabled",
            (Some(false), false) => "NotReady",
            (Some(false), true) => "NotReady,SchedulingDisabled",
            (None, false) => "Unknown",
            (None, true) => "Unknown,SchedulingDisabled",
        }
    }

    /// The zone, for example `us-east-1a`.
    pub fn zone(&self) -> Option<&str> {
        self.first_label(&["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"])
    }

    /// The instance type, for example `m6i.xlarge`.
    pub fn instance_type(&self) -> Option<&str> {
        self.first_label(&["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"])
    }

    /// How it is paid: `spot`, `on-demand`, `reserved`. Karpenter writes it small, EKS node groups `ON_DEMAND`.
    pub fn capacity_type(&self) -> Option<&str> {
        Some(match self.first_label(&["karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType"])? {
            "ON_DEMAND" => "on-demand",
            "SPOT" => "spot",
            "CAPACITY_BLOCK" => "capacity-block",
            other => other,
        })
    }

    /// The Karpenter node pool or the EKS node group it belongs to.
    pub fn pool(&self) -> Option<&str> {
        self.first_label(&[
            "karpenter.sh/nodepool",
            "eks.amazonaws.com/nodegroup",
            "alpha.eksctl.io/nodegroup-name",
            "karpenter.sh/provisioner-name",
        ])
    }

    /// Its roles by label (`node-role.kubernetes.io/…`), sorted, as kubectl finds them.
    pub fn roles(&self) -> Vec<&str> {
        let mut roles: Vec<&str> = self
            .meta
            .labels
            .iter()
            .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                Some(role) => Some(role),
                None if &**key == "kubernetes.io/role" => Some(&**value),
                None => None,
            })
            .filter(|role| !role.is_empty())
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The kubelet's minor version: 36 of `v1.36.3-eks-0a1b2c3`.
    pub fn minor(&self) -> Option<u32> {
        minor_version(&self.kubelet_version)
    }

    fn first_label(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.meta.label(key)).filter(|value| !value.is_empty())
    }
}

/// The host part of a node's name where the rest is the domain that AWS gives to every instance (`ec2.internal`,
/// `REGION.compute.internal`); any other name as it is.
pub fn host(name: &str) -> &str {
    match name.split_once('.') {
        Some((host, domain)) if domain == "ec2.internal" || domain.ends_with(".compute.internal") => host,
        _ => name,
    }
}

/// The minor version of a Kubernetes version: 36 of `v1.36.3-eks-0a1b2c3`, of `1.36` and of `v1.36+`.
pub fn minor_version(version: &str) -> Option<u32> {
    let minor = version.trim_start_matches('v').split('.').nth(1)?;
    let end = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
    minor.get(..end)?.parse().ok()
}

/// Running totals over all nodes of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeTally {
    /// All nodes.
    pub nodes: u32,
    /// Those that are ready.
    pub ready: u32,
    /// Those that are cordoned.
    pub cordoned: u32,
    /// What pods may have of all of them: thousandths of a core.
    pub cpu: u64,
    /// What pods may have of all of them: bytes of memory.
    pub memory: u64,
}

impl Row for Node {
    type Tally = NodeTally;
    row_with_meta!(@identity meta);
    fn add_to(&self, tally: &mut NodeTally) {
        tally.nodes += 1;
        tally.ready += u32::from(self.is_ready() == Some(true));
        tally.cordoned += u32::from(self.is_cordoned);
        tally.cpu = tally.cpu.saturating_add(self.allocatable.cpu);
        tally.memory = tally.memory.saturating_add(self.allocatable.memory);
    }
    fn take_from(&self, tally: &mut NodeTally) {
        tally.nodes = tally.nodes.saturating_sub(1);
        tally.ready = tally.ready.saturating_sub(u32::from(self.is_ready() == Some(true)));
        tally.cordoned = tally.cordoned.saturating_sub(u32::from(self.is_cordoned));
        tally.cpu = tally.cpu.saturating_sub(self.allocatable.cpu);
        tally.memory = tally.memory.saturating_sub(self.allocatable.memory);
    }
}

impl Packed for Node {
    type Wire<'a> = NodeWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w NodeWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: NodeWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let info = status.node_info.or_default();
        let address = |kind: &str| {
            let found = status.addresses.iter().find(|address| &*address.kind == kind);
            found.map_or("", |found| &*found.address).into()
        };
        Self {
            meta: Meta::pack(&meta, shared),
            conditions: status.conditions.iter().map(|c| Condition::pack(c, shared)).collect(),
            taints: Taint::pack_all(&spec.taints, shared),
            is_cordoned: spec.unschedulable.is_true(),
            capacity: status.capacity.0.as_ref().map(resources).unwrap_or_default(),
            allocatable: NodeResources {
                cpu: status.allocatable.get("cpu").and_then(quantity::cpu_millis).unwrap_or(0),
                memory: status.allocatable.get("memory").and_then(quantity::whole).unwrap_or(0),
                pods: status.allocatable.get("pods").and_then(quantity::whole).unwrap_or(0),
            },
            extended: extended(&status.allocatable, shared),
            kubelet_version: shared.get(&info.kubelet_version),
            os_image: shared.get(&info.os_image),
            kernel: shared.get(&info.kernel_version),
            runtime: shared.get(&info.container_runtime_version),
            architecture: shared.get(&info.architecture),
            internal_ip: address("InternalIP"),
            external_ip: address("ExternalIP"),
            provider_id: (*spec.provider_id).into(),
            do_not_disrupt: meta.annotations.get().and_then(|a| shared.known(&a.do_not_disrupt)),
        }
    }
}

impl Taint {
    pub(super) fn pack_all(wire: &List<TaintWire<'_>>, interner: &mut Interner) -> Box<[Self]> {
        let pack = |taint: &TaintWire<'_>| Self {
            key: interner.get(&taint.key),
            value: interner.get(&taint.value),
            effect: interner.get(&taint.effect),
        };
        wire.iter().map(pack).collect()
    }
}

impl Condition {
    pub(super) fn pack(wire: &ConditionWire<'_>, interner: &mut Interner) -> Self {
        Self {
            kind: interner.get(&wire.kind),
            is_true: match &*wire.status {
                "True" => Some(true),
                "False" => Some(false),
                _ => None,
            },
            reason: interner.get(&wire.reason),
            message: interner.get(super::container_status::shortened(&wire.message)),
            since: wire.last_transition_time.instant(),
        }
    }
}

fn resources(wire: &ResourcesWire<'_>) -> NodeResources {
    NodeResources {
        cpu: quantity::cpu_millis(&wire.cpu).unwrap_or(0),
        memory: quantity::whole(&wire.memory).unwrap_or(0),
        pods: quantity::whole(&wire.pods).unwrap_or(0),
    }
}

fn extended(allocatable: &Pairs<'_>, interner: &mut Interner) -> Box<[(Arc<str>, u64)]> {
    let others = allocatable.0.iter().filter(|(name, _)| !matches!(&**name, "cpu" | "memory" | "pods"));
    let amounts = others.map(|(name, amount)| (interner.get(name), quantity::whole(amount).unwrap_or(0)));
    amounts.filter(|(_, amount)| *amount > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node {
        Node::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    const RECORDED: &str = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"ip-10-1-12-40.ec2.internal",
        "uid":"81d94398-e5f2-42bd-8421-79efd17bcc26","resourceVersion":"2528","creationTimestamp":"2026-11-21T12:36:30Z",
        "labels":{"karpenter.sh/capacity-type":"spot","karpenter.sh/nodepool":"spot","node-role.kubernetes.io/worker":"",
        "node-role.kubernetes.io/":"","kubernetes.io/role":"edge","node.kubernetes.io/instance-type":"m6i.xlarge",
        "topology.kubernetes.io/zone":"us-east-1b"}},
        "spec":{"providerID":"aws:///us-east-1b/i-3d07b149a0c64e1b4","unschedulable":true,
        "taints":[{"effect":"NoSchedule","key":"node.kubernetes.io/unschedulable","timeAdded":"2026-11-21T12:40:00Z"}]},
        "status":{"addresses":[{"address":"10.1.12.40","type":"InternalIP"},{"address":"x","type":"Hostname"}],
        "allocatable":{"cpu":"3920m","memory":"14699Mi","pods":"110"},"capacity":{"cpu":"4","memory":"15722Mi","pods":"110"},
        "conditions":[{"lastHeartbeatTime":"2026-11-21T12:41:36Z","lastTransitionTime":"2026-11-21T12:36:31Z",
        "message":"kubelet is posting ready status","reason":"KubeletReady","status":"True","type":"Ready"},
        {"status":"False","type":"MemoryPressure"},{"status":"Unknown","type":"DiskPressure"}],
        "nodeInfo":{"architecture":"amd64","kubeletVersion":"v1.36.3-eks-0a1b2c3","osImage":"Amazon Linux 2023"}}}"#;

    #[test]
    fn only_the_domain_that_every_instance_has_is_left_out_of_a_name() {
        assert_eq!(host("ip-10-0-11-40.ec2.internal"), "ip-10-0-11-40");
        assert_eq!(host("ip-10-0-11-40.eu-west-1.compute.internal"), "ip-10-0-11-40");
        for whole in ["i-0c31f2", "node-1.example.org", "ec2.internal", "", "a.compute.internal"] {
            assert_eq!(host(whole), whole);
        }
    }

    #[test]
    fn a_node_that_karpenter_must_leave_alone_says_so() {
        assert_eq!(node(RECORDED).do_not_disrupt, None);
        let json = r#"{"metadata":{"annotations":{"karpenter.sh/do-not-disrupt":"true","other":"x"}}}"#;
        assert_eq!(node(json).do_not_disrupt.as_deref(), Some("true"));
    }

    #[test]
    fn a_recorded_node_is_read() {
        let node = node(RECORDED);
        assert_eq!(node.status(), "Ready,SchedulingDisabled");
        assert_eq!(node.zone(), Some("us-east-1b"));
        assert_eq!(node.instance_type(), Some("m6i.xlarge"));
        assert_eq!(node.capacity_type(), Some("spot"));
        assert_eq!(node.pool(), Some("spot"));
        assert_eq!(node.roles(), ["edge", "worker"]);
        assert_eq!(node.minor(), Some(36));
        assert_eq!(node.allocatable, NodeResources { cpu: 3920, memory: 14_699 << 20, pods: 110 });
        assert_eq!(&*node.internal_ip, "10.1.12.40");
        assert_eq!(&*node.external_ip, "");
        assert_eq!(node.condition("DiskPressure").unwrap().is_true, None);
        assert_eq!(node.taints.len(), 1);
    }

    #[test]
    fn a_heartbeat_changes_nothing() {
        let later = RECORDED.replace("12:41:36", "12:46:36").replace("\"2528\"", "\"2700\"");
        assert!(node(RECORDED).same_as(&node(&later)));
        assert!(!node(RECORDED).same_as(&node(&RECORDED.replace("\"True\"", "\"Unknown\""))));
    }

    #[test]
    fn a_node_without_anything_has_no_known_status() {
        for json in
            ["{}", r#"{"metadata":null,"spec":null,"status":null}"#, r#"{"status":{"conditions":null}}"#]
        {
            assert_eq!(node(json).status(), "Unknown");
            assert_eq!(node(json).is_ready(), None);
        }
        assert_eq!(
            node(r#"{"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}"#).status(),
            "NotReady"
        );
    }

    #[test]
    fn devices_of_a_node_are_kept_as_far_as_it_has_some() {
        let json = r#"{"status":{"allocatable":{"cpu":"4","nvidia.com/gpu":"4","hugepages-2Mi":"0","ephemeral-storage":"1Ki","odd":"x"}}}"#;
        let node = node(json);
        assert_eq!((node.extended("nvidia.com/gpu"), node.extended("ephemeral-storage")), (4, 1024));
        assert_eq!((node.extended.len(), node.extended("hugepages-2Mi"), node.allocatable.cpu), (2, 0, 4000));
    }

    #[test]
    fn totals_return_to_nothing() {
        let (mut tally, node) = (NodeTally::default(), node(RECORDED));
        node.add_to(&mut tally);
        assert_eq!((tally.nodes, tally.ready, tally.cordoned, tally.cpu), (1, 1, 1, 3920));
        node.take_from(&mut tally);
        assert_eq!(tally, NodeTally::default());
    }

    #[test]
    fn minor_versions_are_found_in_any_spelling() {
        for (version, minor) in [
            ("v1.36.3-eks-0a1b2c3", Some(36)),
            ("1.33", Some(33)),
            ("v1.30+", Some(30)),
            ("", None),
            ("v1", None),
        ] {
            assert_eq!(minor_version(version), minor, "{version}");
        }
    }
}
