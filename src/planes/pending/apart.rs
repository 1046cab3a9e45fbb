//! What pods that run ask of one that waits: required anti-affinity holds both ways (`satisfyExistingPodsAntiAffinity` of
//! kube-scheduler 1.36), so a place that has such a pod takes none that it must be far from.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::others::{Rule, told};
use super::scope::{Namespaces, takes};
use crate::fleet::Row;
use crate::fleet::node::Node;
use crate::fleet::pod::{Obstacle, Pod, PodTerm};

/// So many workloads are named; what keeps a pod off most places comes first.
const NAMED: usize = 3;

/// Pods of one workload that run and must be far from others.
#[derive(Debug)]
pub(super) struct Keeper<'a> {
    namespace: &'a str,
    workload: &'a str,
    terms: &'a [PodTerm],
    nodes: Vec<&'a Node>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Keepers<'a> {
    all: Vec<Keeper<'a>>,
    known: HashMap<(&'a str, &'a str, &'a [PodTerm]), usize>,
}

impl<'a> Keepers<'a> {
    /// Notes a pod that runs on a node.
    pub(super) fn note(&mut self, pod: &'a Pod, node: &'a Node) {
        let terms = pod.keeps_away();
        if terms.is_empty() {
            return;
        }
        let namespace = pod.namespace().unwrap_or_default();
        let workload = pod.workload().map_or_else(|| pod.name(), |owner| &*owner.name);
        let at = *self.known.entry((namespace, workload, terms)).or_insert_with(|| {
            self.all.push(Keeper { namespace, workload, terms, nodes: Vec::new() });
            self.all.len() - 1
        });
        if let Some(keeper) = self.all.get_mut(at) {
            keeper.nodes.push(node);
        }
    }

    /// Which terms of which workloads are about a pod, as a key: pods with the same are kept from the same places.
    pub(super) fn of(&self, pod: &Pod, namespaces: &Namespaces<'_>) -> Vec<(usize, usize)> {
        let namespace = pod.namespace().unwrap_or_default();
        let terms = self.all.iter().enumerate().flat_map(|(at, keeper)| {
            keeper.terms.iter().enumerate().map(move |(number, term)| ((at, number), keeper, term))
        });
        let about = terms.filter(|(_, keeper, term)| {
            takes(term, pod) && namespaces.means(term, keeper.namespace, namespace) != Some(false)
        });
        about.map(|(key, _, _)| key).collect()
    }
}

/// The places that pods which run keep one pod away from.
#[derive(Debug, Default)]
pub(super) struct Apart<'a> {
    all: Vec<Kept<'a>>,
}

/// One workload that keeps it away.
#[derive(Debug)]
struct Kept<'a> {
    namespace: &'a str,
    workload: &'a str,
    topology_key: &'a str,
    /// `None` when labels of namespaces decide it that cannot be read.
    places: Option<BTreeMap<&'a str, u32>>,
    /// It says no more than the pod's own rule does.
    is_mutual: bool,
}

impl<'a> Apart<'a> {
    pub(super) fn of(pod: &'a Pod, keepers: &Keepers<'a>, namespaces: &Namespaces<'_>) -> Self {
        let own = pod.namespace().unwrap_or_default();
        let mut all: Vec<Kept<'a>> = Vec::new();
        for (at, number) in keepers.of(pod, namespaces) {
            let Some(keeper) = keepers.all.get(at) else { continue };
            let Some(term) = keeper.terms.get(number) else { continue };
            let is_known = namespaces.means(term, keeper.namespace, own).is_some();
            let places = is_known.then(|| {
                let mut places: BTreeMap<&str, u32> = BTreeMap::new();
                for place in keeper.nodes.iter().filter_map(|node| node.label(&term.topology_key)) {
                    *places.entry(place).or_default() += 1;
                }
                places
            });
            all.push(Kept {
                namespace: keeper.namespace,
                workload: keeper.workload,
                topology_key: &term.topology_key,
                places,
                is_mutual: keeper.namespace == own && pod.keeps_away().contains(term),
            });
        }
        all.sort_by_key(|kept| {
            (Reverse(kept.places.as_ref().map_or(0, BTreeMap::len)), kept.namespace, kept.workload)
        });
        Self { all }
    }

    /// True when a pod is in the same place as a node that must be far from this one.
    pub(super) fn refuses(&self, node: &Node) -> bool {
        self.all.iter().any(|kept| {
            let place = node.label(kept.topology_key);
            kept.places.as_ref().zip(place).is_some_and(|(places, place)| places.contains_key(place))
        })
    }

    /// Who keeps it from where.
    pub(super) fn words(&self) -> impl Iterator<Item = Rule> {
        let said: Vec<&Kept<'_>> = self
            .all
            .iter()
            .filter(|kept| !kept.is_mutual && kept.places.as_ref().is_none_or(|places| !places.is_empty()))
            .collect();
        let more = said.len().saturating_sub(NAMED);
        let named: Vec<String> = said.iter().take(NAMED).map(|kept| kept.words()).collect();
        let rest = (more > 0).then(|| format!("pods of {more} more workloads ask for the like"));
        named.into_iter().chain(rest).map(|words| Rule { why: Obstacle::OthersAntiAffinity, words })
    }
}

impl Kept<'_> {
    fn words(&self) -> String {
        let who = format!("pods of {}/{}", self.namespace, self.workload);
        let beside = match self.topology_key {
            "kubernetes.io/hostname" => "on one node".to_owned(),
            key => format!("in one {}", super::others::short(key)),
        };
        match &self.places {
            Some(places) => format!("{who} ask not to be {beside} with it: {}", told(places)),
            None => format!(
                "{who} ask not to be {beside} with pods of certain namespaces, whose labels cannot be read"
            ),
        }
    }
}
