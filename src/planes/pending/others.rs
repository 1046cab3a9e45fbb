//! What a pod asks of the pods that run already: to be spread evenly, near some, far from others (the filters
//! `PodTopologySpread` and `InterPodAffinity` of kube-scheduler 1.36). What those pods ask of this one is in
//! `apart`.

use std::collections::{BTreeMap, HashMap};

use super::apart::{Apart, Keepers};
use super::nodes::{self, Asks, Found};
use super::scope::{self, Namespaces, is_by_label};
use crate::fleet::Row;
use crate::fleet::node::Node;
use crate::fleet::pod::{Obstacle, Phase, Placement, Pod, PodTerm, Spread};
use crate::fleet::selector::LabelSelector;

/// So many places are named for each rule.
const NAMED: usize = 4;

/// A rule of a pod about others, with what it comes upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What a node fails at where the rule is not met.
    pub why: Obstacle,
    /// The rule and how pods are placed now: `spread over zone within 1: us-east-1b 2, us-east-1a 0`.
    pub words: String,
}

/// True when a pod has a rule about others that must be met.
pub(super) fn has_rules(placement: &Placement) -> bool {
    placement.spread.iter().any(is_strict) || placement.pod_terms.iter().any(|term| term.is_required)
}

fn is_strict(spread: &Spread) -> bool {
    &*spread.when_unsatisfiable == "DoNotSchedule"
}

/// The pods that run.
#[derive(Debug, Default)]
pub(super) struct Others<'a> {
    /// By namespace; only where a pod that waits has rules about others.
    running: HashMap<&'a str, Vec<(&'a Pod, &'a Node)>>,
    keepers: Keepers<'a>,
    namespaces: Namespaces<'a>,
}

impl<'a> Others<'a> {
    /// Every pod that has one of these nodes and has not ended. Those that ask nothing of others only matter where a pod
    /// that waits has rules about them.
    pub(super) fn of(
        pods: impl Iterator<Item = &'a Pod>,
        nodes: impl Iterator<Item = &'a Node>,
        namespaces: Namespaces<'a>,
        has_rules: bool,
    ) -> Self {
        let nodes: HashMap<&str, &Node> = nodes.map(|node| (node.name(), node)).collect();
        let mut running: HashMap<&str, Vec<(&Pod, &Node)>> = HashMap::new();
        let mut keepers = Keepers::default();
        let has_ended = |pod: &Pod| matches!(pod.phase(), Phase::Succeeded | Phase::Failed);
        for pod in pods.filter(|pod| (has_rules || !pod.keeps_away().is_empty()) && !has_ended(pod)) {
            if let Some(node) = pod.node().and_then(|name| nodes.get(name)) {
                keepers.note(pod, node);
                if has_rules {
                    running.entry(pod.namespace().unwrap_or_default()).or_default().push((pod, node));
                }
            }
        }
        Self { running, keepers, namespaces }
    }

    /// True when the same pods must be far from both.
    pub(super) fn keep_alike(&self, one: &Pod, other: &Pod) -> bool {
        self.keepers.of(one, &self.namespaces) == self.keepers.of(other, &self.namespaces)
    }

    /// False when labels of namespaces decide whom a term means, and some cannot be read.
    fn knows(&self, term: &PodTerm, own: &str) -> bool {
        let mut places = self.running.keys().copied().chain([own]);
        !is_by_label(term) || places.all(|name| self.namespaces.means(term, own, name).is_some())
    }

    fn is_about(&self, term: &PodTerm, own: &str, pod: &Pod) -> bool {
        scope::takes(term, pod)
            && self.namespaces.means(term, own, pod.namespace().unwrap_or_default()) == Some(true)
    }

    fn of_namespace(&self, name: &str) -> &[(&'a Pod, &'a Node)] {
        self.running.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The rules of one pod, counted over the cluster.
#[derive(Debug, Default)]
pub(super) struct Rules<'a> {
    spread: Vec<Counted<'a, Spread>>,
    near: Vec<Counted<'a, PodTerm>>,
    far: Vec<Counted<'a, PodTerm>>,
    apart: Apart<'a>,
    /// Terms that ask for namespaces by labels which cannot be read.
    unread: Vec<&'a PodTerm>,
    /// No pod is there that it wants to be near, and it is such a pod itself.
    is_first: bool,
}

/// A rule with the number of pods that it is about in every place.
#[derive(Debug)]
struct Counted<'a, R> {
    rule: &'a R,
    places: BTreeMap<&'a str, u32>,
    /// Another such pod counts in the place that it goes to.
    counts_itself: bool,
}

impl<'a> Rules<'a> {
    /// Counts what the rules of a pod are about.
    pub(super) fn of(
        asks: Asks<'a>,
        pod: &'a Pod,
        others: &Others<'a>,
        nodes: impl Iterator<Item = &'a Node> + Clone,
    ) -> Self {
        let own = pod.namespace().unwrap_or_default();
        let strict: Vec<&Spread> = asks.placement.spread.iter().filter(|spread| is_strict(spread)).collect();
        let spread = strict.iter().map(|rule| {
            let mut places: BTreeMap<&str, u32> = BTreeMap::new();
            let counts = |node: &Node| {
                strict.iter().all(|other| node.label(&other.topology_key).is_some())
                    && (rule.ignores_affinity || nodes::is_selected(asks, node))
                    && (!rule.honors_taints || nodes::untolerated(asks, node).is_none())
            };
            for place in nodes.clone().filter(|node| counts(node)).filter_map(|n| n.label(&rule.topology_key))
            {
                places.entry(place).or_default();
            }
            let is_kin = |other: &Pod| {
                takes(rule.selector.as_ref(), other)
                    && rule.same_labels.iter().all(|key| other.label(key) == pod.label(key))
            };
            for (other, node) in others.of_namespace(own) {
                if other.deleted().is_never()
                    && counts(node)
                    && is_kin(other)
                    && let Some(count) =
                        node.label(&rule.topology_key).and_then(|place| places.get_mut(place))
                {
                    *count += 1;
                }
            }
            Counted { rule: *rule, places, counts_itself: is_kin(pod) }
        });
        let spread = spread.collect();
        let required = asks.placement.pod_terms.iter().filter(|term| term.is_required);
        let (known, unread): (Vec<&PodTerm>, Vec<&PodTerm>) =
            required.partition(|term| others.knows(term, own));
        let terms = |is_anti: bool| known.iter().copied().filter(move |term| term.is_anti == is_anti);
        let near: Vec<&PodTerm> = terms(false).collect();
        let is_near = |other: &Pod| near.iter().all(|term| others.is_about(term, own, other));
        let counted = |rule: &'a PodTerm, is_meant: &dyn Fn(&Pod) -> bool| {
            let mut places: BTreeMap<&str, u32> = BTreeMap::new();
            for (other, node) in others.meant_by(rule, own) {
                if let Some(place) = node.label(&rule.topology_key).filter(|_| is_meant(other)) {
                    *places.entry(place).or_default() += 1;
                }
            }
            Counted { rule, places, counts_itself: is_meant(pod) }
        };
        let far = terms(true).map(|term| counted(term, &|other| others.is_about(term, own, other))).collect();
        let near: Vec<Counted<'a, PodTerm>> = near.iter().map(|term| counted(term, &is_near)).collect();
        // The first of a group that wants to be together may go anywhere.
        let is_first = near.iter().all(|term| term.places.is_empty() && term.counts_itself);
        let apart = Apart::of(pod, &others.keepers, &others.namespaces);
        Self { spread, near, far, apart, unread, is_first }
    }

    /// What a node fails at, in the scheduler's order.
    pub(super) fn refuse(&self, node: &Node) -> Option<Found<'static>> {
        for counted in &self.spread {
            let Some(place) = node.label(&counted.rule.topology_key) else { return Some(Found::SpreadLabel) };
            let here = counted.places.get(place).copied().unwrap_or(0) + u32::from(counted.counts_itself);
            if here.saturating_sub(counted.least()) > counted.rule.max_skew {
                return Some(Found::Spread);
            }
        }
        let place = |counted: &Counted<'_, PodTerm>| {
            node.label(&counted.rule.topology_key).map(|place| counted.places.contains_key(place))
        };
        let mut is_near = true;
        for counted in &self.near {
            match place(counted) {
                None => return Some(Found::PodAffinity),
                Some(are_there) => is_near &= are_there,
            }
        }
        if !is_near && !self.is_first {
            return Some(Found::PodAffinity);
        }
        let is_far = self.far.iter().all(|counted| place(counted) != Some(true));
        if !is_far {
            return Some(Found::PodAntiAffinity);
        }
        self.apart.refuses(node).then_some(Found::OthersAntiAffinity)
    }

    /// The rules in words.
    pub(super) fn words(&self) -> Vec<Rule> {
        let spread = self.spread.iter().map(|counted| {
            let (key, skew) = (place_of(&counted.rule.topology_key), counted.rule.max_skew);
            let few = counted.rule.min_domains as usize > counted.places.len();
            let few = if few { format!(" of at least {}", counted.rule.min_domains) } else { String::new() };
            let words = format!("spread over {key}{few} within {skew}: {}", counted.told());
            Rule { why: Obstacle::Spread, words }
        });
        let near = self.near.iter().map(|counted| {
            let (who, key) = (who(counted.rule), place_of(&counted.rule.topology_key));
            let words = format!("in the same {key} as {who}: {}", counted.told());
            Rule { why: Obstacle::PodAffinity, words }
        });
        let far = self.far.iter().map(|counted| {
            let (who, key) = (who(counted.rule), place_of(&counted.rule.topology_key));
            let words = format!("in another {key} than {who}: {}", counted.told());
            Rule { why: Obstacle::PodAntiAffinity, words }
        });
        let unread = self.unread.iter().map(|term| {
            let (who, key) = (who(term), place_of(&term.topology_key));
            let (same, why) = match term.is_anti {
                true => ("another", Obstacle::PodAntiAffinity),
                false => ("the same", Obstacle::PodAffinity),
            };
            let words =
                format!("in {same} {key} as {who} of certain namespaces, whose labels cannot be read");
            Rule { why, words }
        });
        spread.chain(near).chain(far).chain(unread).chain(self.apart.words()).collect()
    }
}

impl Counted<'_, Spread> {
    fn least(&self) -> u32 {
        if self.rule.min_domains as usize > self.places.len() {
            return 0;
        }
        self.places.values().min().copied().unwrap_or(0)
    }
}

impl<R> Counted<'_, R> {
    fn told(&self) -> String {
        told(&self.places)
    }
}

/// Where how many are, the most first.
pub(super) fn told(places: &BTreeMap<&str, u32>) -> String {
    if places.is_empty() {
        return "there are none".to_owned();
    }
    let mut places: Vec<(&str, u32)> = places.iter().map(|(place, count)| (*place, *count)).collect();
    places.sort_by_key(|(place, count)| (std::cmp::Reverse(*count), *place));
    let named: Vec<String> =
        places.iter().take(NAMED).map(|(place, count)| format!("{place} {count}")).collect();
    match places.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl<'a> Others<'a> {
    /// The pods of the namespaces that a term means.
    fn meant_by<'s>(
        &'s self,
        term: &'s PodTerm,
        own: &'s str,
    ) -> Box<dyn Iterator<Item = &'s (&'a Pod, &'a Node)> + 's> {
        match &term.namespace_selector {
            Some(_) => {
                let is_meant = move |name: &str| self.namespaces.means(term, own, name) == Some(true);
                let meant = self.running.iter().filter(move |(name, _)| is_meant(name));
                Box::new(meant.flat_map(|(_, pods)| pods))
            }
            None if term.namespaces.is_empty() => Box::new(self.of_namespace(own).iter()),
            None => Box::new(term.namespaces.iter().flat_map(|name| self.of_namespace(name))),
        }
    }
}

fn takes(selector: Option<&LabelSelector>, pod: &Pod) -> bool {
    selector.is_some_and(|selector| selector.takes(|key| pod.label(key)))
}

/// `app=api` of a selector, as far as it fits into a line.
fn who(term: &PodTerm) -> String {
    let Some(selector) = &term.selector else { return "no pods".to_owned() };
    let mut parts: Vec<String> =
        selector.labels.iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
    parts.extend(selector.expressions.iter().map(|expression| {
        format!("{} {} {}", short(&expression.key), expression.operator.as_str(), expression.values.join(","))
            .trim()
            .to_owned()
    }));
    if parts.is_empty() { "any pod".to_owned() } else { parts.join(" ") }
}

/// What the values of a topology key are.
fn place_of(key: &str) -> &str {
    if key == "kubernetes.io/hostname" { "node" } else { short(key) }
}

/// The last part of a label, which is what people call it.
pub(super) fn short(label: &str) -> &str {
    label.rsplit('/').next().unwrap_or(label)
}
