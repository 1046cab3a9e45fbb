//! NodePools: what Karpenter may launch, how much of it, and when it may replace it.

use std::sync::Arc;

use super::{NodeClassRef, NodeClassRefWire, Requirement, RequirementWire};
use crate::fleet::amounts::Amounts;
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::delay::Delay;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{self, Labels, Meta, MetaWire, row_with_meta};
use crate::fleet::node::{Taint, TaintWire};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{List, Number, Object, Pairs, Text, Texts, wire_structs};
use crate::fleet::word::open_words;

/// A NodePool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePool {
    /// `metadata`
    pub meta: Meta,
    /// `spec.weight`: pools with more weight are tried first; 0 where it is not said.
    pub weight: u32,
    /// `spec.replicas`: a static pool of so many nodes.
    pub replicas: Option<u32>,
    /// `spec.limits`: with so much of a resource nothing more is launched. `nodes` counts nodes.
    pub limits: Amounts,
    /// `spec.disruption`
    pub disruption: Disruption,
    /// `spec.template`
    pub template: NodeTemplate,
    /// `status.resources`: what its nodes have now, `nodes` among it.
    pub resources: Amounts,
    /// `status.nodes`; older releases only say it in `resources`.
    pub nodes: Option<u32>,
    /// `status.conditions`: `Ready`, `ValidationSucceeded`, `NodeClassReady`, `NodeRegistrationHealthy`.
    pub conditions: Conditions,
    /// The annotation `karpenter.sh/nodepool-hash`: claims with another hash have drifted.
    pub hash: Option<Arc<str>>,
}

/// When Karpenter may replace nodes by its own choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disruption {
    /// `consolidationPolicy`
    pub policy: ConsolidationPolicy,
    /// `consolidateAfter`: how long a node must have been quiet.
    pub consolidate_after: Option<Delay>,
    /// `budgets`: the least of those that hold now is what may be disrupted.
    pub budgets: Box<[Budget]>,
}

open_words! {
    /// `spec.disruption.consolidationPolicy`
    pub enum ConsolidationPolicy {
        /// Only nodes without pods.
        WhenEmpty = "WhenEmpty",
        /// Nodes whose pods fit elsewhere or on a cheaper node too.
        WhenEmptyOrUnderutilized = "WhenEmptyOrUnderutilized",
        /// Weighs savings against disruption (1.14).
        Balanced = "Balanced",
        /// The word of `v1beta1` for `WhenEmptyOrUnderutilized`; `v1` refuses it.
        WhenUnderutilized = "WhenUnderutilized",
    }
}

/// How many nodes may be disrupted at once, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// `nodes`: a number, or a percentage that rounds up: `10%`, `5`, `0`.
    pub nodes: Arc<str>,
    /// `reasons`: `Underutilized`, `Empty`, `Drifted`; none means all.
    pub reasons: Box<[Arc<str>]>,
    /// `schedule`: when it begins to hold, in UTC; `None` means that it always holds.
    pub schedule: Option<Arc<str>>,
    /// `duration`: for how long it holds; only beside a schedule.
    pub duration: Option<Delay>,
}

/// What its nodes are like: `spec.template`. Changing it makes all of them drift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTemplate {
    /// `metadata.labels`: the labels that the nodes get.
    pub labels: Labels,
    /// `spec.requirements`
    pub requirements: Box<[Requirement]>,
    /// `spec.taints`
    pub taints: Box<[Taint]>,
    /// `spec.startupTaints`: somebody else takes them away before the node counts as initialized.
    pub startup_taints: Box<[Taint]>,
    /// `spec.nodeClassRef`
    pub node_class: NodeClassRef,
    /// `spec.expireAfter`: the age at which a node is replaced, budgets or not. `v1beta1` had it under `disruption`.
    pub expire_after: Option<Delay>,
    /// `spec.terminationGracePeriod`: after it a drain goes on past disruption budgets.
    pub termination_grace_period: Option<Delay>,
    /// A leftover of `v1beta1`: the kubelet's settings are in the node class now.
    pub has_kubelet: bool,
}

wire_structs! {
    /// A NodePool as it is read.
    pub struct NodePoolWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "karpenter.sh/nodepool-hash")]
        hash: Text<'a>,
    }
    struct SpecWire<'a> {
        weight: Number,
        replicas: Number,
        limits: Pairs<'a>,
        disruption: Object<DisruptionWire<'a>>,
        template: Object<TemplateWire<'a>>,
    }
    struct DisruptionWire<'a> {
        consolidation_policy: Text<'a>,
        consolidate_after: Text<'a>,
        expire_after: Text<'a>,
        budgets: List<BudgetWire<'a>>,
    }
    struct BudgetWire<'a> {
        nodes: Text<'a>,
        reasons: Texts<'a>,
        schedule: Text<'a>,
        duration: Text<'a>,
    }
    struct TemplateWire<'a> {
        metadata: Object<TemplateMetaWire<'a>>,
        spec: Object<TemplateSpecWire<'a>>,
    }
    struct TemplateMetaWire<'a> {
        labels: Pairs<'a>,
    }
    struct TemplateSpecWire<'a> {
        requirements: List<RequirementWire<'a>>,
        taints: List<TaintWire<'a>>,
        startup_taints: List<TaintWire<'a>>,
        node_class_ref: Object<NodeClassRefWire<'a>>,
        expire_after: Text<'a>,
        termination_grace_period: Text<'a>,
        kubelet: Object<KubeletWire>,
    }
    struct KubeletWire {}
    struct StatusWire<'a> {
        resources: Pairs<'a>,
        nodes: Number,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(NodePool);

impl Packed for NodePool {
    packed_from!(NodePoolWire);

    fn pack(wire: NodePoolWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let disruption = spec.disruption.or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            weight: spec.weight.count(),
            replicas: spec.replicas.0.map(|_| spec.replicas.count()),
            limits: Amounts::pack(&spec.limits, shared),
            template: template(spec.template.or_default(), &disruption.expire_after, shared),
            disruption: Disruption {
                policy: ConsolidationPolicy::read(&disruption.consolidation_policy, shared),
                consolidate_after: Delay::read(&disruption.consolidate_after, shared),
                budgets: disruption.budgets.iter().map(|budget| Budget::pack(budget, shared)).collect(),
            },
            resources: Amounts::pack(&status.resources, shared),
            nodes: status.nodes.0.map(|_| status.nodes.count()),
            conditions: Conditions::pack(&status.conditions, shared),
            hash: meta.annotations.get().and_then(|annotations| shared.known(&annotations.hash)),
        }
    }
}

impl Budget {
    fn pack(wire: &BudgetWire<'_>, interner: &mut Interner) -> Self {
        Self {
            nodes: interner.get(&wire.nodes),
            reasons: interner.all(&wire.reasons),
            schedule: interner.known(&wire.schedule),
            duration: Delay::read(&wire.duration, interner),
        }
    }
}

fn template(wire: TemplateWire<'_>, older_expiry: &Text<'_>, interner: &mut Interner) -> NodeTemplate {
    let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
    NodeTemplate {
        labels: meta::pairs(&meta.labels, interner),
        requirements: Requirement::pack_all(&spec.requirements, interner),
        taints: Taint::pack_all(&spec.taints, interner),
        startup_taints: Taint::pack_all(&spec.startup_taints, interner),
        node_class: NodeClassRef::pack(&spec.node_class_ref, interner),
        expire_after: Delay::read(&spec.expire_after, interner)
            .or_else(|| Delay::read(older_expiry, interner)),
        termination_grace_period: Delay::read(&spec.termination_grace_period, interner),
        has_kubelet: spec.kubelet.get().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::requirement;
    use super::*;

    fn pool(json: &str) -> NodePool {
        NodePool::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_pool_is_read() {
        let pool = pool(
            r#"{"metadata":{"name":"spot","annotations":{"karpenter.sh/nodepool-hash":"123"}},"spec":{"weight":10,
            "limits":{"cpu":"20","nodes":"5"},"disruption":{"consolidationPolicy":"WhenEmptyOrUnderutilized","consolidateAfter":"1m",
            "budgets":[{"nodes":"10%"},{"nodes":"0","schedule":"0 7 * * mon-fri","duration":"10h","reasons":["Drifted"]}]},
            "template":{"metadata":{"labels":{"environment":"prod"}},"spec":{"expireAfter":"Never","terminationGracePeriod":"24h",
            "nodeClassRef":{"group":"karpenter.k8s.aws","kind":"EC2NodeClass","name":"default"},
            "taints":[{"key":"spot","effect":"NoSchedule"}],"startupTaints":[{"key":"cilium","value":"x","effect":"NoExecute"}],
            "requirements":[{"key":"karpenter.sh/capacity-type","operator":"In","values":["spot"]},
            {"key":"node.kubernetes.io/instance-type","operator":"Exists","minValues":3}]}}},
            "status":{"nodes":2,"resources":{"cpu":"8","memory":"16099328Ki","nodes":"2"},
            "conditions":[{"type":"Ready","status":"True","reason":"Ready","message":""}]}}"#,
        );
        assert_eq!((pool.weight, pool.replicas, pool.nodes), (10, None, Some(2)));
        assert_eq!((pool.limits.get("cpu"), pool.limits.get("nodes")), (Some(20_000), Some(5)));
        assert_eq!(pool.resources.get("cpu"), Some(8000));
        assert_eq!(pool.disruption.policy, ConsolidationPolicy::WhenEmptyOrUnderutilized);
        assert_eq!(pool.disruption.consolidate_after, Some(Delay::Seconds(60)));
        let frozen = &pool.disruption.budgets[1];
        assert_eq!((&*frozen.nodes, frozen.schedule.as_deref()), ("0", Some("0 7 * * mon-fri")));
        assert_eq!((&*frozen.reasons[0], &frozen.duration), ("Drifted", &Some(Delay::Seconds(36_000))));
        assert_eq!(pool.template.expire_after, Some(Delay::Never));
        assert_eq!(pool.template.termination_grace_period, Some(Delay::Seconds(86_400)));
        assert_eq!(
            (&*pool.template.node_class.kind, &*pool.template.node_class.name),
            ("EC2NodeClass", "default")
        );
        assert_eq!(pool.template.startup_taints[0].key, "cilium".into());
        assert_eq!(
            requirement(&pool.template.requirements, "node.kubernetes.io/instance-type").unwrap().min_values,
            3
        );
        assert!(pool.conditions.is_true("Ready") && !pool.template.has_kubelet);
        assert_eq!(pool.hash.as_deref(), Some("123"));
    }

    #[test]
    fn the_shape_of_v1beta1_is_understood() {
        let pool = pool(
            r#"{"metadata":{"name":"old"},"spec":{"disruption":{"consolidationPolicy":"WhenUnderutilized","expireAfter":"720h"},
            "template":{"spec":{"nodeClassRef":{"apiVersion":"karpenter.k8s.aws/v1beta1","name":"default"},"kubelet":{"maxPods":20}}}}}"#,
        );
        assert_eq!(pool.disruption.policy, ConsolidationPolicy::WhenUnderutilized);
        assert_eq!(pool.template.expire_after, Some(Delay::Seconds(2_592_000)));
        assert_eq!(&*pool.template.node_class.group, "karpenter.k8s.aws");
        assert!(pool.template.has_kubelet);
    }

    #[test]
    fn what_a_newer_release_says_is_kept() {
        let pool = pool(
            r#"{"spec":{"replicas":3,"disruption":{"consolidationPolicy":"WhenBored","budgets":"x"},"limits":[]}}"#,
        );
        assert_eq!((pool.disruption.policy.as_str(), pool.replicas), ("WhenBored", Some(3)));
        assert!(pool.disruption.budgets.is_empty() && pool.limits.is_empty());
    }
}
