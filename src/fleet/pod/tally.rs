//! Running totals over all pods of a cluster, which other views join with at no cost.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use hashbrown::Equivalent;

use super::verdict::Standing;
use super::{Phase, Pod, Resources};

/// How many pods there are, and how they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodCounts {
    /// All.
    pub pods: u32,
    /// Those that serve, or did their work.
    pub ok: u32,
    /// Those that something keeps from it. The rest is on its way.
    pub failing: u32,
}

/// How many pods hold on to how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Pods that have not ended.
    pub pods: u32,
    /// What they request.
    pub requests: Resources,
}

/// Running totals over all pods of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodTally {
    total: PodCounts,
    namespaces: HashMap<Arc<str>, PodCounts>,
    nodes: HashMap<Arc<str>, Use>,
    extended: HashMap<Arc<str>, BTreeMap<Arc<str>, u64>>,
    trouble: hashbrown::HashMap<WorkloadKey, BTreeMap<Arc<str>, u32>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct WorkloadKey {
    namespace: Arc<str>,
    kind: Arc<str>,
    name: Arc<str>,
}

/// The same by reference. The fields are hashed in the same order.
#[derive(Hash)]
struct WorkloadName<'a> {
    namespace: &'a str,
    kind: &'a str,
    name: &'a str,
}

impl Equivalent<WorkloadKey> for WorkloadName<'_> {
    fn equivalent(&self, key: &WorkloadKey) -> bool {
        *self.namespace == *key.namespace && *self.kind == *key.kind && *self.name == *key.name
    }
}

impl PodTally {
    /// All pods.
    pub fn total(&self) -> PodCounts {
        self.total
    }

    /// The pods of a namespace.
    pub fn namespace(&self, name: &str) -> PodCounts {
        self.namespaces.get(name).copied().unwrap_or_default()
    }

    /// What the pods on a node that have not ended hold on to.
    pub fn node(&self, name: &str) -> Use {
        self.nodes.get(name).copied().unwrap_or_default()
    }

    /// How much of a resource that is neither CPU nor memory the pods on a node hold on to.
    pub fn extended(&self, node: &str, resource: &str) -> u64 {
        self.extended.get(node).and_then(|held| held.get(resource)).copied().unwrap_or_default()
    }

    /// What keeps pods of a workload from serving, and how many each, most frequent first. `kind` and `name` are those
    /// of [`Pod::workload`].
    pub fn trouble(&self, namespace: &str, kind: &str, name: &str) -> Vec<(&str, u32)> {
        let Some(reasons) = self.trouble.get(&WorkloadName { namespace, kind, name }) else {
            return Vec::new();
        };
        let mut reasons: Vec<(&str, u32)> = reasons.iter().map(|(words, pods)| (&**words, *pods)).collect();
        reasons.sort_by_key(|(_, pods)| std::cmp::Reverse(*pods));
        reasons
    }

    pub(super) fn add(&mut self, pod: &Pod) {
        let standing = pod.standing();
        for counts in
            [&mut self.total, self.namespaces.entry(Arc::clone(&pod.template.namespace)).or_default()]
        {
            counts.pods += 1;
            counts.ok += u32::from(standing == Standing::Ok);
            counts.failing += u32::from(standing == Standing::Failing);
        }
        if let Some(node) = pod.node.as_ref().filter(|_| pod.holds_resources()) {
            let held = self.nodes.entry(Arc::clone(node)).or_default();
            held.pods += 1;
            held.requests = held.requests.plus(pod.requests());
            for (resource, amount) in pod.extended_requests() {
                let held = self.extended.entry(Arc::clone(node)).or_default();
                let held = held.entry(Arc::clone(resource)).or_default();
                *held = held.saturating_add(*amount);
            }
        }
        if let Some((key, words)) = pod.workload_trouble() {
            *self.trouble.entry(key).or_default().entry(words).or_default() += 1;
        }
    }

    pub(super) fn take(&mut self, pod: &Pod) {
        let standing = pod.standing();
        let less = |counts: &mut PodCounts| {
            counts.pods = counts.pods.saturating_sub(1);
            counts.ok = counts.ok.saturating_sub(u32::from(standing == Standing::Ok));
            counts.failing = counts.failing.saturating_sub(u32::from(standing == Standing::Failing));
        };
        less(&mut self.total);
        take_one(&mut self.namespaces, &pod.template.namespace, |counts| {
            less(counts);
            counts.pods == 0
        });
        if let Some(node) = pod.node.as_ref().filter(|_| pod.holds_resources()) {
            take_one(&mut self.nodes, node, |held| {
                held.pods = held.pods.saturating_sub(1);
                held.requests = held.requests.minus(pod.requests());
                held.pods == 0
            });
            for (resource, amount) in pod.extended_requests() {
                take_one(&mut self.extended, node, |held| {
                    if let Some(left) = held.get_mut(resource) {
                        *left = left.saturating_sub(*amount);
                    }
                    held.retain(|_, left| *left > 0);
                    held.is_empty()
                });
            }
        }
        if let Some((key, words)) = pod.workload_trouble()
            && let Some(reasons) = self.trouble.get_mut(&key)
        {
            if let Some(pods) = reasons.get_mut(&words) {
                *pods = pods.saturating_sub(1);
                if *pods == 0 {
                    reasons.remove(&words);
                }
            }
            if reasons.is_empty() {
                self.trouble.remove(&key);
            }
        }
    }
}

/// Takes from an entry, and forgets it once `take` says that nothing is left.
fn take_one<V>(map: &mut HashMap<Arc<str>, V>, key: &Arc<str>, take: impl FnOnce(&mut V) -> bool) {
    if map.get_mut(key).is_some_and(take) {
        map.remove(key);
    }
}

impl Pod {
    /// False once all its containers ended: then its requests are free again.
    pub fn holds_resources(&self) -> bool {
        !matches!(self.phase, Phase::Succeeded | Phase::Failed)
    }

    fn workload_trouble(&self) -> Option<(WorkloadKey, Arc<str>)> {
        let workload = self.workload()?;
        let words = self.trouble()?;
        let key = WorkloadKey {
            namespace: Arc::clone(&self.template.namespace),
            kind: Arc::clone(&workload.kind),
            name: Arc::clone(&workload.name),
        };
        Some((key, words.into()))
    }
}
