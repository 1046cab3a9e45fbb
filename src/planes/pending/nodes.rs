//! Which nodes a pod fails at, and by what: the scheduler's filters, as far as rows tell.

use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// Nodes that nothing speaks against that rows tell of; the scheduler knows more: other pods, ports, volumes.
    pub open: u32,
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
    pub placement: &'a Placement,
    /// The zones that its volumes are in; none when it may go anywhere.
    pub zones: &'a [Arc<str>],
}

/// Holds a pod against every node. `pods` is what runs on them; without it room is not judged.
pub(super) fn against(asks: Asks<'_>, nodes: &[&Node], pods: Option<&PodTally>) -> Against {
    let mut against = Against { nodes: u32::try_from(nodes.len()).unwrap_or(u32::MAX), ..Against::default() };
    let mut failing: BTreeMap<Obstacle, (u32, Vec<&str>)> = BTreeMap::new();
    for node in nodes {
        let mut note = |why: Obstacle| {
            let entry = failing.entry(why).or_default();
            entry.0 += 1;
            let at = entry.1.partition_point(|known| *known < node.name());
            if at < NAMED {
                entry.1.insert(at, node.name());
                entry.1.truncate(NAMED);
            }
        };
        if let Some(why) = refuses(asks, node) {
            note(why);
            continue;
        }
        let Some(pods) = pods else {
            against.open += 1;
            continue;
        };
        let held = pods.node(node.name());
        let room = Room {
            node: node.name().into(),
            cpu: node.allocatable.cpu.saturating_sub(held.requests.cpu),
            memory: node.allocatable.memory.saturating_sub(held.requests.memory),
        };
        let lacks = [
            (u64::from(held.pods) + 1 > node.allocatable.pods, Obstacle::TooManyPods),
            (asks.requests.cpu > room.cpu, Obstacle::Insufficient("cpu".to_owned())),
            (asks.requests.memory > room.memory, Obstacle::Insufficient("memory".to_owned())),
        ];
        if lacks.iter().all(|(lacks, _)| !lacks) {
            if zone_refuses(asks, node) {
                note(Obstacle::VolumeZone);
            } else {
                against.open += 1;
            }
            continue;
        }
        for (lacks, why) in lacks {
            if lacks {
                note(why);
            }
        }
        if against.roomiest.as_ref().is_none_or(|best| best.cpu < room.cpu) {
            against.roomiest = Some(room);
        }
    }
    let mut obstacles: Vec<Failing> = failing
        .into_iter()
        .map(|(why, (nodes, named))| Failing {
            why,
            nodes,
            named: named.into_iter().map(Arc::from).collect(),
        })
        .collect();
    obstacles.sort_by_key(|failing| std::cmp::Reverse(failing.nodes));
    against.obstacles = obstacles;
    against
}

/// Why a node takes no such pod, however empty it is. The filters are asked in the scheduler's order.
fn refuses(asks: Asks<'_>, node: &Node) -> Option<Obstacle> {
    let tolerates = |key: &str, value: &str, effect: &str| {
        asks.placement.tolerations.iter().any(|toleration| toleration.tolerates(key, value, effect))
    };
    if node.is_cordoned && !tolerates("node.kubernetes.io/unschedulable", "", "NoSchedule") {
        return Some(Obstacle::Cordoned);
    }
    let taint = node.taints.iter().find(|taint| {
        matches!(&*taint.effect, "NoSchedule" | "NoExecute")
            && !tolerates(&taint.key, &taint.value, &taint.effect)
    });
    if let Some(taint) = taint {
        return Some(Obstacle::Taint(Some(taint.key.to_string())));
    }
    let label = |key: &str| node.label(key);
    let is_selected = asks.placement.node_selector.iter().all(|(key, wanted)| label(key) == Some(&**wanted));
    let terms = &asks.placement.node_terms;
    let is_admitted = terms.is_empty() || terms.iter().any(|term| term.admits(node.name(), label));
    (!is_selected || !is_admitted).then_some(Obstacle::NodeAffinity)
}

fn zone_refuses(asks: Asks<'_>, node: &Node) -> bool {
    !asks.zones.is_empty()
        && node.zone().is_none_or(|zone| !asks.zones.iter().any(|allowed| **allowed == *zone))
}
