//! What a pod without a node asks of one: read only for those, and dropped when the pod is bound. Why it has none is told
//! by [`super::Scheduling`].

use std::sync::Arc;

use serde::Deserialize;

use super::wire::SpecWire;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{self, Labels};
use crate::fleet::selector::{Expression, ExpressionWire, LabelSelector, SelectorWire};
use crate::fleet::wire::{List, Number, Object, Pairs, Text, Texts, Unread, wire_structs};

/// What a pod asks of a node. CPU and memory are in [`super::Pod::requests`], the priority class in
/// [`super::Pod::priority_class`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// `spec.nodeSelector`: labels that the node must have.
    pub node_selector: Labels,
    /// `spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`: the node must meet one of these; none
    /// means that every node does.
    pub node_terms: Box<[NodeTerm]>,
    /// `spec.tolerations`
    pub tolerations: Box<[Toleration]>,
    /// `spec.topologySpreadConstraints`
    pub spread: Box<[Spread]>,
    /// `spec.affinity.podAffinity` and `podAntiAffinity`
    pub pod_terms: Box<[PodTerm]>,
    /// The claims of its volumes, those that are made for it included.
    pub claims: Box<[Arc<str>]>,
    /// `spec.priority`; `None` until admission sets it.
    pub priority: Option<i32>,
    /// `spec.schedulerName`; `default-scheduler` for nearly all.
    pub scheduler: Arc<str>,
}

/// What a node must be, all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTerm {
    /// `matchExpressions`: about labels of the node.
    pub labels: Box<[Expression]>,
    /// `matchFields`: about `metadata.name`, as DaemonSets write it.
    pub fields: Box<[Expression]>,
}

/// A taint that the pod puts up with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toleration {
    /// `key`; empty for every key.
    pub key: Arc<str>,
    /// `operator`: `Exists`, or `Equal`, which is meant where it is not said.
    pub operator: Arc<str>,
    /// `value`
    pub value: Arc<str>,
    /// `effect`; empty for every effect.
    pub effect: Arc<str>,
}

/// How its kind is spread over the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// `topologyKey`: the node label whose values are evened out.
    pub topology_key: Arc<str>,
    /// `maxSkew`
    pub max_skew: u32,
    /// `whenUnsatisfiable`: `DoNotSchedule` or `ScheduleAnyway`.
    pub when_unsatisfiable: Arc<str>,
    /// `labelSelector`: which pods are counted; `None` for none.
    pub selector: Option<LabelSelector>,
    /// `matchLabelKeys`: labels that the counted pods have in common with this one.
    pub same_labels: Box<[Arc<str>]>,
    /// `minDomains`: while there are fewer places than this, the least is none; 0 where it is not said.
    pub min_domains: u32,
    /// `nodeAffinityPolicy: Ignore`: nodes that the pod does not select are counted too.
    pub ignores_affinity: bool,
    /// `nodeTaintsPolicy: Honor`: nodes whose taints the pod does not tolerate are not counted.
    pub honors_taints: bool,
}

/// Other pods that it wants to be near, or far from. `matchLabelKeys` and `mismatchLabelKeys` are not here: the API server
/// writes what they mean into the selector when the pod is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodTerm {
    /// It wants to be far from them (`podAntiAffinity`).
    pub is_anti: bool,
    /// It must; else it would rather.
    pub is_required: bool,
    /// `topologyKey`: what being near means.
    pub topology_key: Arc<str>,
    /// `labelSelector`: which pods; `None` for none.
    pub selector: Option<LabelSelector>,
    /// `namespaces`: where they are; the pod's own when there are none and no `namespace_selector`.
    pub namespaces: Box<[Arc<str>]>,
    /// `namespaceSelector`: where they are besides, by the labels of namespaces; an empty one means everywhere.
    pub namespace_selector: Option<LabelSelector>,
}

wire_structs! {
    struct AffinityWire<'a> {
        node_affinity: Object<NodeAffinityWire<'a>>,
        pod_affinity: Object<PodAffinityWire<'a>>,
        pod_anti_affinity: Object<PodAffinityWire<'a>>,
    }
    struct NodeAffinityWire<'a> {
        #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
        required: Object<NodeSelectorWire<'a>>,
    }
    struct NodeSelectorWire<'a> {
        node_selector_terms: List<NodeTermWire<'a>>,
    }
    struct NodeTermWire<'a> {
        match_expressions: List<ExpressionWire<'a>>,
        match_fields: List<ExpressionWire<'a>>,
    }
    struct PodAffinityWire<'a> {
        #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution")]
        required: List<PodTermWire<'a>>,
        #[serde(rename = "preferredDuringSchedulingIgnoredDuringExecution")]
        preferred: List<WeightedTermWire<'a>>,
    }
    struct WeightedTermWire<'a> {
        pod_affinity_term: Object<PodTermWire<'a>>,
    }
    struct PodTermWire<'a> {
        topology_key: Text<'a>,
        label_selector: Object<SelectorWire<'a>>,
        namespaces: Texts<'a>,
        namespace_selector: Object<SelectorWire<'a>>,
    }
    struct TolerationWire<'a> {
        key: Text<'a>,
        operator: Text<'a>,
        value: Text<'a>,
        effect: Text<'a>,
    }
    struct SpreadWire<'a> {
        topology_key: Text<'a>,
        max_skew: Number,
        when_unsatisfiable: Text<'a>,
        label_selector: Object<SelectorWire<'a>>,
        match_label_keys: Texts<'a>,
        min_domains: Number,
        node_affinity_policy: Text<'a>,
        node_taints_policy: Text<'a>,
    }
}

impl Toleration {
    /// Whether it puts up with a taint (`Toleration.ToleratesTaint` of Kubernetes).
    pub fn tolerates(&self, key: &str, value: &str, effect: &str) -> bool {
        let is_effect = self.effect.is_empty() || *self.effect == *effect;
        let is_key = self.key.is_empty() || *self.key == *key;
        is_effect
            && is_key
            && match &*self.operator {
                "" | "Equal" => !self.key.is_empty() && *self.value == *value,
                "Exists" => true,
                _ => false,
            }
    }
}

impl NodeTerm {
    /// Whether a node meets it. A term that asks for nothing is met by no node, as in the scheduler.
    pub fn admits<'l>(&self, name: &str, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        let is_field = |field: &Expression| &*field.key == "metadata.name" && field.admits(Some(name));
        !(self.labels.is_empty() && self.fields.is_empty())
            && self.labels.iter().all(|wanted| wanted.admits(label(&wanted.key)))
            && self.fields.iter().all(is_field)
    }
}

impl Placement {
    /// What a pod asks of a node; `pod` is its name.
    pub(super) fn pack(spec: &SpecWire<'_>, pod: &str, interner: &mut Interner) -> Self {
        let affinity = read::<Object<AffinityWire<'_>>>(spec.affinity.as_ref()).or_default();
        let node = affinity.node_affinity.or_default().required.or_default();
        let selector: Pairs<'_> = read(spec.node_selector.as_ref());
        let tolerations: List<TolerationWire<'_>> = read(spec.tolerations.as_ref());
        let spread: List<SpreadWire<'_>> = read(spec.topology_spread_constraints.as_ref());
        let mut pod_terms = Vec::new();
        for (is_anti, terms) in [(false, &affinity.pod_affinity), (true, &affinity.pod_anti_affinity)] {
            let Some(terms) = terms.get() else { continue };
            let required = terms.required.iter().map(|term| (true, term));
            let preferred =
                terms.preferred.iter().filter_map(|term| Some((false, term.pod_affinity_term.get()?)));
            let of = |(is_required, term)| PodTerm::pack(term, is_anti, is_required, interner);
            pod_terms.extend(required.chain(preferred).map(of));
        }
        Self {
            node_selector: meta::pairs(&selector, interner),
            node_terms: node
                .node_selector_terms
                .iter()
                .map(|term| NodeTerm {
                    labels: term.match_expressions.iter().map(|e| Expression::pack(e, interner)).collect(),
                    fields: term.match_fields.iter().map(|e| Expression::pack(e, interner)).collect(),
                })
                .collect(),
            tolerations: tolerations
                .iter()
                .map(|toleration| Toleration {
                    key: interner.get(&toleration.key),
                    operator: interner.get(&toleration.operator),
                    value: interner.get(&toleration.value),
                    effect: interner.get(&toleration.effect),
                })
                .collect(),
            spread: spread
                .iter()
                .map(|spread| Spread {
                    topology_key: interner.get(&spread.topology_key),
                    max_skew: spread.max_skew.count(),
                    when_unsatisfiable: interner.get(&spread.when_unsatisfiable),
                    selector: LabelSelector::pack_some(&spread.label_selector, interner),
                    same_labels: interner.all(&spread.match_label_keys),
                    min_domains: spread.min_domains.count(),
                    ignores_affinity: &*spread.node_affinity_policy == "Ignore",
                    honors_taints: &*spread.node_taints_policy == "Honor",
                })
                .collect(),
            pod_terms: pod_terms.into(),
            claims: claims(spec, pod, interner),
            priority: spec.priority.0.and_then(|priority| i32::try_from(priority).ok()),
            scheduler: interner.get(&spec.scheduler_name),
        }
    }
}

impl PodTerm {
    fn pack(term: &PodTermWire<'_>, is_anti: bool, is_required: bool, interner: &mut Interner) -> Self {
        Self {
            is_anti,
            is_required,
            topology_key: interner.get(&term.topology_key),
            selector: LabelSelector::pack_some(&term.label_selector, interner),
            namespaces: interner.all(&term.namespaces),
            namespace_selector: LabelSelector::pack_some(&term.namespace_selector, interner),
        }
    }
}

/// The pods that a pod must be far from, kept of pods that have a node too: the scheduler lets no pod come beside it that
/// it must be far from (`satisfyExistingPodsAntiAffinity` of kube-scheduler 1.36). Few pods say this.
pub(super) fn keeps_away(spec: &SpecWire<'_>, interner: &mut Interner) -> Box<[PodTerm]> {
    // Affinity to nodes is common, and is not worth reading here.
    let Some(unread) = spec.affinity.as_ref().filter(|unread| unread.json().contains("podAntiAffinity"))
    else {
        return Box::default();
    };
    let affinity = read::<Object<AffinityWire<'_>>>(Some(unread)).or_default();
    let terms = affinity.pod_anti_affinity.or_default().required;
    terms.iter().map(|term| PodTerm::pack(term, true, true, interner)).collect()
}

/// Reads a part that was put off; what is not there, or is no such thing, is empty.
fn read<'a, T: Default + Deserialize<'a>>(unread: Option<&'a Unread<'_>>) -> T {
    unread.and_then(|unread| serde_json::from_str(unread.json()).ok()).unwrap_or_default()
}

/// The claims of its volumes. Those of ephemeral volumes are made for the pod and named after it and the volume.
fn claims(spec: &SpecWire<'_>, pod: &str, interner: &mut Interner) -> Box<[Arc<str>]> {
    let mut claims = Vec::new();
    for volume in spec.volumes.iter() {
        if let Some(claim) = volume.persistent_volume_claim.get().and_then(|claim| claim.claim_name.known()) {
            claims.push(interner.get(claim));
        } else if volume.ephemeral.get().is_some() {
            claims.push(interner.get(&format!("{pod}-{}", &*volume.name)));
        }
    }
    claims.into()
}
