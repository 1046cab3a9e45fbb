//! Topology: a cluster as a tree of region, zones, node groups and pools, nodes and pods. What is wrong bubbles up with a
//! count and the worst reason, so that a folded branch hides nothing.
//!
//! Branches are light: a node knows the slots of its pods, and rows are looked up for what is on the screen.
//!
//! What AWS has around the cluster ([`network`]) stands beside it: subnets in their zones, everything else in a branch of
//! the network. The tree stands without it: where it could not be read, a line says so and judges nothing.

pub mod network;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use self::network::machine;
use self::network::parts::{Part, Thing};
use self::network::{Network, subnet::ClusterSubnet};
use crate::fleet::kind::{NODE_METRICS, NODES, PODS};
use crate::fleet::node::{Node, host};
use crate::fleet::pod::{Phase, Pod, Resources};
use crate::fleet::usage::NodeUsage;
use crate::fleet::{Row, Timestamp, Verdict};
use crate::snapshot::{ClusterSnapshot, Freshness, Slot};

/// What a branch stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The whole cluster.
    Cluster,
    /// A region of AWS.
    Region,
    /// An availability zone.
    Zone,
    /// A Karpenter node pool or an EKS node group, as far as it is in a zone.
    Pool,
    /// A node.
    Node,
    /// Pods that no node has.
    Waiting,
    /// The virtual network of the cluster, with what is in it beside subnets.
    Network,
    /// A part of that network.
    Thing(Thing),
}

/// How full something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// In use, by the metrics API; `None` where nobody measures it.
    pub used: Option<Resources>,
    /// What pods request.
    pub requested: Resources,
    /// What pods may have.
    pub of: Resources,
    /// Pods that have not ended.
    pub pods: u64,
    /// How many fit.
    pub pods_of: u64,
}

impl Load {
    fn add(&mut self, other: &Self) {
        self.used = match (self.used, other.used) {
            (Some(one), Some(two)) => Some(one.plus(two)),
            (one, two) => one.or(two),
        };
        self.requested = self.requested.plus(other.requested);
        self.of = self.of.plus(other.of);
        self.pods += other.pods;
        self.pods_of += other.pods_of;
    }

    /// How full it is by what is requested, in thousandths: the fullest of CPU, memory and pods.
    pub fn permille(&self) -> u64 {
        let share = |part: u64, of: u64| (part.saturating_mul(1000)).checked_div(of).unwrap_or(0);
        share(self.requested.cpu, self.of.cpu)
            .max(share(self.requested.memory, self.of.memory))
            .max(share(self.pods, self.pods_of))
    }
}

/// The worst that is known below a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worst {
    /// How bad.
    pub verdict: Verdict,
    /// What, and why.
    pub words: Box<str>,
}

/// A part of a cluster.
#[derive(Clone, Debug)]
pub struct Branch {
    /// What it stands for.
    pub level: Level,
    /// Its name; empty for what has no label of that kind.
    pub name: Arc<str>,
    /// What is below it.
    pub children: Vec<Branch>,
    /// The slot of a node's row.
    pub slot: Option<Slot>,
    /// The slots of its pods: of a node, and of those that wait for one.
    pub pods: Vec<Slot>,
    /// How full it is.
    pub load: Load,
    /// How many of its nodes are ready.
    pub ready: u32,
    /// Its nodes.
    pub nodes: u32,
    /// How a node itself is, without its pods.
    pub own: Verdict,
    /// How many nodes and pods of it are not as they should be.
    pub problems: u32,
    /// The worst of them, or what is merely on its way or unknown.
    pub worst: Option<Worst>,
    /// What there is to say of a part of the network when all is well with it, and what a pool is launched from.
    pub words: Box<str>,
}

impl Branch {
    fn new(level: Level, name: Arc<str>) -> Self {
        Self {
            level,
            name,
            children: Vec::new(),
            slot: None,
            pods: Vec::new(),
            load: Load::default(),
            ready: 0,
            nodes: 0,
            own: Verdict::Ok,
            problems: 0,
            worst: None,
            words: Box::default(),
        }
    }

    fn of_part(part: &Part) -> Self {
        let mut branch = Self::new(Level::Thing(part.thing), Arc::clone(&part.name));
        branch.words = part.words.as_str().into();
        branch.own = part.verdict;
        branch.tell(part.verdict, || format!("{}: {}", part.name, part.why));
        branch
    }

    fn of_subnet(own: &ClusterSubnet) -> Self {
        let (verdict, why) = own.judged();
        let name = Arc::from(own.subnet.called());
        Self::of_part(&Part { thing: Thing::Subnet, name, words: own.words(), verdict, why })
    }

    /// How it is, with all that is below it.
    pub fn verdict(&self) -> Verdict {
        self.worst.as_ref().map_or(Verdict::Ok, |worst| worst.verdict)
    }

    /// The branch that these steps lead to.
    pub fn at(&self, steps: &[u32]) -> Option<&Self> {
        match steps.split_first() {
            None => Some(self),
            Some((step, rest)) => self.children.get(*step as usize)?.at(rest),
        }
    }

    /// Everything that is true of one part of it.
    fn tell(&mut self, verdict: Verdict, words: impl FnOnce() -> String) {
        self.problems += u32::from(verdict >= Verdict::Warning);
        if verdict > self.verdict() {
            self.worst = Some(Worst { verdict, words: words().into() });
        }
    }

    /// Something more that is wrong with what may have been told of already: it counts once.
    fn tell_of_the_same(&mut self, verdict: Verdict, words: impl FnOnce() -> String) {
        let before = self.problems;
        self.tell(verdict, words);
        self.problems = self.problems.min(before.max(1));
    }

    fn sum_up(&mut self) {
        for child in &self.children {
            self.load.add(&child.load);
            self.ready += child.ready;
            self.nodes += child.nodes;
            self.problems += child.problems;
            if child.verdict() > self.worst.as_ref().map_or(Verdict::Ok, |worst| worst.verdict) {
                self.worst.clone_from(&child.worst);
            }
        }
    }
}

/// A cluster as a tree. What a node and a pod are like is for their listings to say: the verdict, and why in words.
pub fn tree<N, P>(
    cluster: &ClusterSnapshot,
    namespace: Option<&str>,
    now: Timestamp,
    of_node: N,
    of_pod: P,
) -> Branch
where
    N: Fn(&Node) -> (Verdict, String),
    P: Fn(&Pod) -> (Verdict, String),
{
    let network = Network::of(cluster);
    let mut nodes: Vec<(Place, Branch)> = nodes(cluster, &network, now, of_node);
    let mut waiting = Branch::new(Level::Waiting, Arc::from("without a node"));
    {
        let mut by_name: HashMap<Arc<str>, &mut Branch> =
            nodes.iter_mut().map(|(_, node)| (Arc::clone(&node.name), node)).collect();
        for (slot, pod) in cluster.table::<Pod>(&PODS).into_iter().flat_map(|table| table.iter()) {
            if namespace.is_some_and(|namespace| pod.namespace() != Some(namespace)) {
                continue;
            }
            let branch = match pod.node() {
                Some(node) => match by_name.get_mut(node) {
                    Some(branch) => &mut **branch,
                    // Its node is not there any more; the pod says so itself.
                    None => &mut waiting,
                },
                None if matches!(pod.phase(), Phase::Succeeded | Phase::Failed) => continue,
                None => &mut waiting,
            };
            branch.pods.push(slot);
            let (verdict, why) = of_pod(pod);
            branch.tell(verdict, || format!("{}: {why}", pod.name()));
        }
    }
    waiting.load.pods = waiting.pods.len() as u64;
    let mut regions: BTreeMap<Arc<str>, Zones> = BTreeMap::new();
    for (place, node) in nodes {
        let zones = regions.entry(place.region).or_default();
        zones.entry(place.zone).or_default().entry(place.pool).or_default().push(node);
    }
    let subnets = network.subnets();
    for own in &subnets {
        let region = Network::region_of(&own.subnet.zone, regions.keys());
        regions.entry(region).or_default().entry(Arc::clone(&own.subnet.zone)).or_default();
    }
    let mut root = Branch::new(Level::Cluster, Arc::from(cluster.id.name()));
    for (region, zones) in regions {
        let mut region = Branch::new(Level::Region, region);
        for (zone, pools) in zones {
            let mut zone = Branch::new(Level::Zone, zone);
            let in_zone = subnets.iter().filter(|own| own.subnet.zone == zone.name);
            zone.children.extend(in_zone.map(Branch::of_subnet));
            for (pool, mut nodes) in pools {
                let mut pool = Branch::new(Level::Pool, pool);
                nodes.sort_by(|a, b| (Reverse(a.own), &a.name).cmp(&(Reverse(b.own), &b.name)));
                pool.children = nodes;
                pool.sum_up();
                let table = cluster.table::<Node>(&NODES);
                let slots = pool.children.iter().filter_map(|node| node.slot);
                let rows = slots.filter_map(|slot| Some(table?.get(slot)?.as_ref()));
                pool.words = network.launched_from(&pool.name, rows, now).into();
                zone.children.push(pool);
            }
            zone.sum_up();
            region.children.push(zone);
        }
        region.sum_up();
        root.children.push(region);
    }
    let around = network_branch(&network, &subnets, now);
    // What AWS does not tell makes nothing of the cluster unknown.
    let counts = around.as_ref().is_some_and(|around| around.verdict() >= Verdict::Warning);
    let (counted, beside) = if counts { (around, None) } else { (None, around) };
    root.children.extend(counted);
    if !waiting.pods.is_empty() {
        root.children.push(waiting);
    }
    root.sum_up();
    root.children.extend(beside);
    // A tree of what was read so far is not yet what there is.
    for kind in [NODES, PODS] {
        match cluster.freshness(&kind) {
            Freshness::NotWatched | Freshness::Loading { .. } => {
                root.tell(Verdict::Progressing, || format!("loading {}", kind.plural));
            }
            Freshness::Forbidden { problem } | Freshness::Unavailable { problem } => {
                root.tell(Verdict::Unknown, || format!("{}: {}", kind.plural, problem.message()));
            }
            Freshness::Live | Freshness::Polled { .. } | Freshness::Stale { .. } => {}
        }
    }
    root
}

/// Pools with their nodes, by name; zones with their pools.
type Pools = BTreeMap<Arc<str>, Vec<Branch>>;
type Zones = BTreeMap<Arc<str>, Pools>;

struct Place {
    region: Arc<str>,
    zone: Arc<str>,
    pool: Arc<str>,
}

/// What is around the cluster; nothing where nobody asked for it.
fn network_branch(network: &Network<'_>, subnets: &[ClusterSubnet], now: Timestamp) -> Option<Branch> {
    let parts = network.parts(subnets, now)?;
    let mut branch = Branch::new(Level::Network, Arc::from("network"));
    branch.children = parts.iter().map(Branch::of_part).collect();
    let count = |thing: Thing| parts.iter().filter(|part| part.thing == thing).count();
    let several = |many: usize, what: &str| match many {
        0 => None,
        1 => Some(format!("1 {what}")),
        many => Some(format!("{many} {what}s")),
    };
    let vpc = parts.iter().find(|part| part.thing == Thing::Vpc).map(|part| part.words.clone());
    let says = [
        vpc,
        several(subnets.len(), "subnet"),
        several(count(Thing::NatGateway), "NAT gateway"),
        several(count(Thing::LoadBalancer), "load balancer"),
        several(count(Thing::Endpoint), "endpoint"),
    ];
    branch.words = says.into_iter().flatten().collect::<Vec<_>>().join("  ").into();
    branch.sum_up();
    Some(branch)
}

fn nodes(
    cluster: &ClusterSnapshot,
    network: &Network<'_>,
    now: Timestamp,
    of_node: impl Fn(&Node) -> (Verdict, String),
) -> Vec<(Place, Branch)> {
    let held = cluster.table::<Pod>(&PODS).map(|table| table.tally());
    let usage = cluster.table::<NodeUsage>(&NODE_METRICS).map(|table| table.tally());
    // One text for all the nodes of a zone.
    let mut names: HashMap<String, Arc<str>> = HashMap::new();
    let mut shared = |name: Option<&str>| {
        let name = name.unwrap_or_default();
        if let Some(known) = names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(name);
        names.insert(name.to_owned(), Arc::clone(&new));
        new
    };
    let mut found = Vec::new();
    for (slot, node) in cluster.table::<Node>(&NODES).into_iter().flat_map(|table| table.iter()) {
        let region = node.meta.label("topology.kubernetes.io/region");
        let place = Place { region: shared(region), zone: shared(node.zone()), pool: shared(node.pool()) };
        let mut branch = Branch::new(Level::Node, Arc::from(node.name()));
        let held = held.map(|held| held.node(node.name())).unwrap_or_default();
        branch.slot = Some(slot);
        branch.nodes = 1;
        branch.ready = u32::from(node.is_ready() == Some(true));
        branch.load = Load {
            used: usage.and_then(|usage| usage.node(node.name())),
            requested: held.requests,
            of: Resources { cpu: node.allocatable.cpu, memory: node.allocatable.memory },
            pods: held.pods.into(),
            pods_of: node.allocatable.pods,
        };
        let (verdict, why) = of_node(node);
        branch.own = verdict;
        branch.tell(verdict, || format!("{}: {why}", host(node.name())));
        let (behind, why) = machine::of_node(network, node, now);
        if behind >= Verdict::Warning {
            branch.tell_of_the_same(behind, || format!("{}: {why}", host(node.name())));
            branch.own = branch.own.max(behind);
        }
        found.push((place, branch));
    }
    found
}
