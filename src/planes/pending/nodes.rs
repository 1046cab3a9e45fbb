//! Which nodes a pod fails at, and by what: the scheduler's filters, as far as rows tell.

use std::sync::Arc;

use super::others::{Rule, Rules};
use crate::fleet::Row;
use crate::fleet::node::Node;
use crate::fleet::pod::{Obstacle, Placement, PodTally, Resources};

/// So many nodes are named for each obstacle.
const NAMED: usize = 3;

/// A pod held against every node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Against {
    /// How many nodes there are.
    pub nodes: u32,
    /// What keeps the pod from how many of them, the most frequent first. A node that lacks several resources is in each.
    pub obstacles: Vec<Failing>,
    /// Nodes that nothing speaks against that rows tell of; the scheduler knows more: ports and volumes.
    pub open: u32,
    /// What it asks of other pods and they of it, and how those are placed.
    pub rules: Vec<Rule>,
    /// The node that lacks nothing but room and has the most CPU left, with what is left of it.
    pub roomiest: Option<Room>,
}

/// Nodes that a pod fails at for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// By what.
    pub why: Obstacle,
    /// How many.
    pub nodes: u32,
    /// The first of them by name.
    pub named: Vec<Arc<str>>,
}

/// What is left of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Which.
    pub node: Arc<str>,
    /// CPU that no pod requests, in millicores.
    pub cpu: u64,
    /// Memory that no pod requests, in bytes.
    pub memory: u64,
}

/// What a pod asks of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asks<'a> {
    pub requests: Resources,
    /// Devices and the like.
    pub extended: &'a [(Arc<str>, u64)],
    pub placement: &'a Placement,
    /// The zones that its volumes are in; none when it may go anywhere.
    pub zones: &'a [Arc<str>],
}

/// A node with what is left of it, so that it is looked up once and not for every pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) node: &'a Node,
    held: &'a PodTally,
    cpu: u64,
    memory: u64,
    pods: u64,
}

impl<'a> Candidate<'a> {
    /// A node; `pods` is what runs on all of them.
    pub(super) fn new(node: &'a Node, pods: &'a PodTally) -> Self {
        let held = pods.node(node.name());
        Self {
            node,
            held: pods,
            cpu: node.allocatable.cpu.saturating_sub(held.requests.cpu),
            memory: node.allocatable.memory.saturating_sub(held.requests.memory),
            pods: node.allocatable.pods.saturating_sub(held.pods.into()),
        }
    }

    fn lacks(&self, resource: &str, amount: u64) -> bool {
        let left =
            self.node.extended(resource).saturating_sub(self.held.extended(self.node.name(), resource));
        amount > left
    }
}

/// An obstacle without its words.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Found<'a> {
    Cordoned,
    Taint(&'a str),
    NodeAffinity,
    TooManyPods,
    Cpu,
    Memory,
    Extended(&'a str),
    VolumeZone,
    Spread,
    SpreadLabel,
    PodAffinity,
    PodAntiAffinity,
    OthersAntiAffinity,
}

impl Found<'_> {
    fn told(self) -> Obstacle {
        match self {
            Self::Cordoned => Obstacle::Cordoned,
            Self::Taint(key) => Obstacle::Taint(Some(key.to_owned())),
            Self::NodeAffinity => Obstacle::NodeAffinity,
            Self::TooManyPods => Obstacle::TooManyPods,
            Self::Cpu => Obstacle::Insufficient("cpu".to_owned()),
            Self::Memory => Obstacle::Insufficient("memory".to_owned()),
            Self::Extended(resource) => Obstacle::Insufficient(resource.to_owned()),
            Self::VolumeZone => Obstacle::VolumeZone,
            Self::Spread => Obstacle::Spread,
            Self::SpreadLabel => Obstacle::SpreadLabel,
            Self::PodAffinity => Obstacle::PodAffinity,
            Self::PodAntiAffinity => Obstacle::PodAntiAffinity,
            Self::OthersAntiAffinity => Obstacle::OthersAntiAffinity,
        }
    }
}

/// How many nodes an obstacle is at, and the first of them by name.
#[derive(Default)]
struct Count<'a> {
    nodes: u32,
    named: Vec<&'a str>,
}

impl<'a> Count<'a> {
    fn add(&mut self, name: &'a str) {
        self.nodes += 1;
        let at = self.named.partition_point(|known| *known < name);
        if at < NAMED {
            self.named.insert(at, name);
            self.named.truncate(NAMED);
        }
    }
}

/// Holds a pod against every node.
pub(super) fn against(asks: Asks<'_>, nodes: &[Candidate<'_>], rules: &Rules<'_>) -> Against {
    let mut against = Against { nodes: u32::try_from(nodes.len()).unwrap_or(u32::MAX), ..Against::default() };
    let mut counts: Vec<(Found<'_>, Count<'_>)> = Vec::new();
    let mut roomiest: Option<&Candidate<'_>> = None;
    for candidate in nodes {
        let node = candidate.node;
        let mut note = |found| match counts.iter_mut().find(|(known, _)| *known == found) {
            Some((_, count)) => count.add(node.name()),
            None => {
                let mut count = Count::default();
                count.add(node.name());
                counts.push((found, count));
            }
        };
        if let Some(found) = refuses(asks, node) {
            note(found);
            continue;
        }
        let lacks = [
            (candidate.pods == 0, Found::TooManyPods),
            (asks.requests.cpu > candidate.cpu, Found::Cpu),
            (asks.requests.memory > candidate.memory, Found::Memory),
        ];
        let devices = asks.extended.iter().filter(|(resource, amount)| candidate.lacks(resource, *amount));
        let devices = devices.map(|(resource, _)| Found::Extended(resource));
        let lacks: Vec<Found<'_>> =
            lacks.into_iter().filter(|(lacks, _)| *lacks).map(|(_, found)| found).chain(devices).collect();
        if !lacks.is_empty() {
            lacks.into_iter().for_each(note);
            if roomiest.is_none_or(|best| best.cpu < candidate.cpu) {
                roomiest = Some(candidate);
            }
        } else if zone_refuses(asks, node) {
            note(Found::VolumeZone);
        } else if let Some(found) = rules.refuse(node) {
            note(found);
        } else {
            against.open += 1;
        }
    }
    against.rules = rules.words();
    against.roomiest =
        roomiest.map(|best| Room { node: best.node.name().into(), cpu: best.cpu, memory: best.memory });
    against.obstacles = counts
        .into_iter()
        .map(|(found, count)| Failing {
            why: found.told(),
            nodes: count.nodes,
            named: count.named.into_iter().map(Arc::from).collect(),
        })
        .collect();
    // Tables keep no order; the same nodes are told alike.
    against.obstacles.sort_by(|a, b| b.nodes.cmp(&a.nodes).then_with(|| a.why.cmp(&b.why)));
    against
}

/// Why a node takes no such pod, however empty it is. The filters are asked in the scheduler's order.
fn refuses<'a>(asks: Asks<'_>, node: &'a Node) -> Option<Found<'a>> {
    if node.is_cordoned && !tolerates(asks, "node.kubernetes.io/unschedulable", "", "NoSchedule") {
        return Some(Found::Cordoned);
    }
    if let Some(taint) = untolerated(asks, node) {
        return Some(Found::Taint(taint));
    }
    (!is_selected(asks, node)).then_some(Found::NodeAffinity)
}

fn tolerates(asks: Asks<'_>, key: &str, value: &str, effect: &str) -> bool {
    asks.placement.tolerations.iter().any(|toleration| toleration.tolerates(key, value, effect))
}

/// The first taint of a node that keeps the pod away.
pub(super) fn untolerated<'a>(asks: Asks<'_>, node: &'a Node) -> Option<&'a str> {
    let taint = node.taints.iter().find(|taint| {
        matches!(&*taint.effect, "NoSchedule" | "NoExecute")
            && !tolerates(asks, &taint.key, &taint.value, &taint.effect)
    })?;
    Some(&taint.key)
}

/// Whether a node is what the pod's node selector and node affinity ask for.
pub(super) fn is_selected(asks: Asks<'_>, node: &Node) -> bool {
    let label = |key: &str| node.label(key);
    let terms = &asks.placement.node_terms;
    asks.placement.node_selector.iter().all(|(key, wanted)| label(key) == Some(&**wanted))
        && (terms.is_empty() || terms.iter().any(|term| term.admits(node.name(), label)))
}

fn zone_refuses(asks: Asks<'_>, node: &Node) -> bool {
    !asks.zones.is_empty()
        && node.zone().is_none_or(|zone| !asks.zones.iter().any(|allowed| **allowed == *zone))
}
