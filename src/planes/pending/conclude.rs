//! Pods without a node are held against nodes and pools; those that ask for the same are held once.

use std::collections::HashMap;
use std::sync::Arc;

use super::nodes::{self, Asks, Candidate};
use super::others::{self, Others, Rules};
use super::pools::{self, PoolVerdict};
use super::scope::Namespaces;
use super::volumes::{self, Storage};
use super::{Held, Promise, Said, Waiting, said};
use crate::fleet::Row;
use crate::fleet::event::Event;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::{EC2_NODE_CLASSES, EVENTS, NODE_CLAIMS, NODE_POOLS, NODES, PODS};
use crate::fleet::node::Node;
use crate::fleet::pod::{Pod, Refusals};
use crate::planes::karpenter::claim::{Phase, phase};
use crate::planes::reading::readable;
use crate::snapshot::{ClusterSnapshot, Conclusion, Table};

/// Pods that differ in what they ask for, beyond this number, are told in the scheduler's words alone: holding each
/// against a thousand nodes would take longer than a frame.
const DIFFERENT: usize = 200;

/// Concludes which pods wait for a node, and why.
#[derive(Debug, Default)]
pub struct Waits;

impl Conclusion for Waits {
    type Row = Waiting;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Waiting> {
        let Some(table) = cluster.table::<Pod>(&PODS) else { return Vec::new() };
        let waiting: Vec<&Arc<Pod>> = table
            .iter()
            .map(|(_, pod)| pod)
            .filter(|pod| pod.placement().is_some() && pod.deleted().is_never())
            .collect();
        if waiting.is_empty() {
            return Vec::new();
        }
        let events = events(cluster);
        let has_volumes = waiting.iter().any(|pod| pod.placement().is_some_and(|p| !p.claims.is_empty()));
        let has_rules = waiting.iter().any(|pod| pod.placement().is_some_and(others::has_rules));
        let world = World::of(cluster, table, Needs { has_volumes, has_rules });
        let claims: HashMap<&str, Phase> = readable::<NodeClaim>(cluster, &NODE_CLAIMS)
            .iter()
            .flatten()
            .map(|claim| (claim.name(), phase(claim)))
            .collect();
        let mut known: HashMap<Alike<'_>, Vec<(&Pod, Arc<Held>)>> = HashMap::new();
        let mut different = 0;
        let mut rows = Vec::with_capacity(waiting.len());
        for pod in waiting {
            let alike = known.entry(Alike::of(pod)).or_default();
            let same = alike.iter().find(|(other, _)| world.is_alike(other, pod));
            let held = match same {
                Some((_, held)) => Arc::clone(held),
                None => {
                    different += 1;
                    let held = if different > DIFFERENT { Held::default() } else { world.hold(pod) };
                    let held = Arc::new(held);
                    alike.push((pod, Arc::clone(&held)));
                    held
                }
            };
            let message = pod.scheduling().map_or("", |scheduling| &scheduling.message);
            let told = events.get(&(pod.namespace().unwrap_or_default(), pod.name()));
            rows.push(Waiting {
                pod: Arc::clone(pod),
                refusals: Refusals::parse(message),
                held,
                said: told.map(|told| told.said(&claims)).unwrap_or_default(),
            });
        }
        rows
    }
}

/// What pods of one workload have in common, as a key that is cheap.
#[derive(Hash, PartialEq, Eq)]
struct Alike<'a> {
    namespace: &'a str,
    owner: Option<(&'a str, &'a str)>,
    cpu: u64,
    memory: u64,
}

impl<'a> Alike<'a> {
    fn of(pod: &'a Pod) -> Self {
        Self {
            namespace: pod.namespace().unwrap_or_default(),
            owner: pod.workload().map(|owner| (&*owner.kind, &*owner.name)),
            cpu: pod.requests().cpu,
            memory: pod.requests().memory,
        }
    }
}

/// What is looked up only where a pod asks for it.
#[derive(Clone, Copy)]
struct Needs {
    has_volumes: bool,
    has_rules: bool,
}

/// What pods are held against.
struct World<'a> {
    nodes: Option<Vec<Candidate<'a>>>,
    others: Others<'a>,
    pools: Option<Vec<&'a NodePool>>,
    classes: HashMap<&'a str, &'a NodeClass>,
    storage: Storage<'a>,
}

impl<'a> World<'a> {
    fn of(cluster: &'a ClusterSnapshot, pods: &'a Table<Pod>, needs: Needs) -> Self {
        let mut pools = readable::<NodePool>(cluster, &NODE_POOLS);
        if let Some(pools) = &mut pools {
            // Karpenter tries the heaviest first.
            pools.sort_by(|a, b| b.weight.cmp(&a.weight).then_with(|| a.name().cmp(b.name())));
        }
        let classes = readable::<NodeClass>(cluster, &EC2_NODE_CLASSES);
        let classes = classes.iter().flatten().map(|class| (class.name(), *class)).collect();
        let storage = if needs.has_volumes { Storage::of(cluster) } else { Storage::default() };
        // With the pods of some namespaces alone every node would look emptier than it is.
        let is_whole = cluster.extent(&PODS).covers(None);
        let nodes = readable::<Node>(cluster, &NODES).filter(|_| is_whole);
        let tally = pods.tally();
        let nodes: Option<Vec<Candidate<'_>>> =
            nodes.map(|nodes| nodes.into_iter().map(|node| Candidate::new(node, tally)).collect());
        let others = match &nodes {
            Some(nodes) => Others::of(
                pods.iter().map(|(_, pod)| pod.as_ref()),
                nodes.iter().map(|candidate| candidate.node),
                Namespaces::of(cluster),
                needs.has_rules,
            ),
            None => Others::default(),
        };
        Self { nodes, others, pools, classes, storage }
    }

    /// Whether what holds for one pod holds for another of its workload.
    fn is_alike(&self, one: &Pod, other: &Pod) -> bool {
        let has_rules = one.placement().is_some_and(others::has_rules);
        one.placement() == other.placement()
            && one.extended_requests() == other.extended_requests()
            // Rules about others count the pod itself by its labels; others find it by them.
            && (one.labels().eq(other.labels()) || !has_rules && self.others.keep_alike(one, other))
    }

    fn hold(&self, pod: &Pod) -> Held {
        let Some(placement) = pod.placement() else { return Held::default() };
        let claims = self.storage.claims(pod);
        let zones = volumes::zones(&claims);
        let asks =
            Asks { requests: pod.requests(), extended: pod.extended_requests(), placement, zones: &zones };
        // Karpenter makes no nodes for pods that every node gets anyway.
        let is_of_nodes = pod.owner().is_some_and(|owner| &*owner.kind == "DaemonSet");
        let pools = self.pools.as_ref().filter(|pools| !is_of_nodes && !pools.is_empty()).map(|pools| {
            let held = pools.iter().map(|pool| {
                let named = &pool.template.node_class;
                let class =
                    self.classes.get(&*named.name).copied().filter(|_| &*named.kind == "EC2NodeClass");
                PoolVerdict { pool: pool.name().into(), barriers: pools::barriers(asks, pool, class) }
            });
            held.collect()
        });
        let nodes = self.nodes.as_ref().map(|nodes| {
            let all = nodes.iter().map(|candidate| candidate.node);
            nodes::against(asks, nodes, &Rules::of(asks, pod, &self.others, all))
        });
        Held { nodes, pools, claims }
    }
}

/// What was last said about a pod by those who make nodes.
#[derive(Default)]
struct Told<'a> {
    refused: Option<&'a Event>,
    promised: Option<&'a Event>,
    autoscaler: Option<&'a Event>,
}

fn events(cluster: &ClusterSnapshot) -> HashMap<(&str, &str), Told<'_>> {
    let mut told: HashMap<(&str, &str), Told<'_>> = HashMap::new();
    let table = cluster.table::<Event>(&EVENTS);
    for (_, event) in table.iter().flat_map(|table| table.iter()) {
        if &*event.about.kind != "Pod" {
            continue;
        }
        // The scheduler uses the word for its own refusals too; those are in the pod's condition.
        let is_karpenter = event.message.starts_with("Failed to schedule pod");
        let is_told = is_karpenter && &*event.reason == "FailedScheduling"
            || matches!(&*event.reason, "Nominated" | "NotTriggerScaleUp" | "TriggeredScaleUp");
        if !is_told {
            continue;
        }
        let told = told.entry((&event.about.namespace, &event.about.name)).or_default();
        let place = match &*event.reason {
            "FailedScheduling" => &mut told.refused,
            "Nominated" => &mut told.promised,
            _ => &mut told.autoscaler,
        };
        if place.is_none_or(|known| known.last_seen <= event.last_seen) {
            *place = Some(event);
        }
    }
    told
}

impl Told<'_> {
    fn said(&self, claims: &HashMap<&str, Phase>) -> Said {
        let refused_at = self.refused.map(|event| event.last_seen).unwrap_or_default();
        let promised = self.promised.filter(|event| event.last_seen >= refused_at);
        let promise = promised.and_then(|event| said::nominated(&event.message)).map(|(kind, name)| {
            Promise { kind: kind.into(), name: name.into(), phase: claims.get(name).copied() }
        });
        let refused = match (&promise, self.refused) {
            (None, Some(event)) => said::parse(&event.message),
            _ => Vec::new(),
        };
        let enlarges = self.autoscaler.is_some_and(|event| &*event.reason == "TriggeredScaleUp");
        Said {
            is_wanted_twice: enlarges
                && promise.as_ref().is_some_and(|promise| &*promise.kind == "nodeclaim"),
            promise,
            refused,
            refused_at,
            autoscaler: self.autoscaler.map(|event| Arc::clone(&event.message)),
        }
    }
}
