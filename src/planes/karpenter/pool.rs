//! The pools of a cluster with what became of them: the class they launch with, their claims by phase, their nodes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::budget::Nodes;
use super::claim::{Phase, phase};
use super::class::{self, ClassState};
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::{NODE_CLAIMS, NODE_POOLS, NODES};
use crate::fleet::node::Node;
use crate::fleet::{Row, Timestamp, Uid};
use crate::planes::known::Index;
use crate::planes::reading::{is_known, is_offered, readable, rows};
use crate::planes::topology::network::Network;
use crate::snapshot::{ClusterSnapshot, Conclusion};

/// A pool with what became of it, or one that is wanted and not there.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Its name.
    pub name: Box<str>,
    /// What it says, and its nodes.
    pub facts: Arc<PoolFacts>,
    /// The class that it launches with.
    pub class: ClassState,
    /// Its claims; `None` when claims cannot be read.
    pub claims: Option<Claims>,
    /// The API server serves it as `v1beta1` at most: Karpenter is older than 1.0.
    pub is_beta: bool,
}

/// The claims of a pool, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// All of them.
    pub all: u32,
    /// How many wait for their instance, how many for it to join, how many for it to be of use.
    pub launching: Waiting,
    /// They have an instance that has not joined as a node yet.
    pub registering: Waiting,
    /// Their node has joined and is not of use yet.
    pub initializing: Waiting,
    /// Their node takes pods.
    pub ready: u32,
    /// They are being deleted.
    pub leaving: u32,
    /// They are not what pool and class ask for any more.
    pub drifted: u32,
    /// They may be consolidated, for all that Karpenter knows of their pods.
    pub consolidatable: u32,
}

/// Claims that wait in one phase of their life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub claims: u32,
    /// Since when the first of them does.
    pub since: Timestamp,
    /// What Karpenter says about that one: the condition's message, else its reason; empty when it says nothing.
    pub why: Arc<str>,
}

impl Claims {
    fn add(&mut self, claim: &NodeClaim) {
        self.all += 1;
        self.drifted += u32::from(claim.conditions.is_true("Drifted"));
        self.consolidatable += u32::from(claim.conditions.is_true("Consolidatable"));
        let waiting = match phase(claim) {
            Phase::Leaving => {
                self.leaving += 1;
                return;
            }
            Phase::Ready => {
                self.ready += 1;
                return;
            }
            Phase::Launching => (&mut self.launching, "Launched"),
            Phase::Registering => (&mut self.registering, "Registered"),
            Phase::Initializing => (&mut self.initializing, "Initialized"),
        };
        let (waiting, condition) = waiting;
        waiting.claims += 1;
        if waiting.claims == 1 || claim.meta.created < waiting.since {
            waiting.since = claim.meta.created;
            waiting.why = super::claim::said(claim, condition);
        }
    }
}

/// Concludes the pools of a cluster.
#[derive(Debug, Default)]
pub struct Pools;

impl Conclusion for Pools {
    type Row = Pool;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Pool> {
        let claims = readable::<NodeClaim>(cluster, &NODE_CLAIMS);
        let mut counted = claims.as_deref().map(count_claims);
        if let Some((counted, claims)) = counted.as_mut().zip(claims.as_deref()) {
            name_full_subnets(cluster, claims, counted);
        }
        let nodes = readable::<Node>(cluster, &NODES);
        let nodes = nodes.as_deref().zip(claims.as_deref()).map(|(nodes, claims)| count_nodes(nodes, claims));
        let classes = class::states(cluster);
        let is_beta = super::is_beta(cluster, &NODE_POOLS);
        let mut pools: Vec<Pool> = rows::<NodePool>(cluster, &NODE_POOLS)
            .map(|pool| Pool {
                name: pool.name().into(),
                class: classes.of(&pool.template.node_class),
                claims: counted.as_ref().map(|all| all.get(pool.name()).cloned().unwrap_or_default()),
                facts: Arc::new(PoolFacts {
                    pool: Some(Arc::clone(pool)),
                    nodes: nodes.as_ref().map(|all| all.get(pool.name()).copied().unwrap_or_default()),
                }),
                is_beta,
            })
            .collect();
        // What is still coming, or may not be read, may be there.
        let is_certain = is_known(cluster, &NODE_POOLS, None) || !is_offered(cluster, &NODE_POOLS);
        for wanted in cluster.wanted.iter().flat_map(|wanted| &wanted.node_pools).filter(|_| is_certain) {
            if !pools.iter().any(|row| *row.name == *wanted.name) {
                pools.push(Pool {
                    name: (*wanted.name).into(),
                    facts: Arc::default(),
                    class: ClassState::Unread,
                    claims: None,
                    is_beta,
                });
            }
        }
        pools
    }
}

fn count_claims<'a>(claims: &[&'a NodeClaim]) -> HashMap<&'a str, Claims> {
    let mut counted: HashMap<&str, Claims> = HashMap::new();
    for &claim in claims {
        if let Some(pool) = claim.pool() {
            counted.entry(pool).or_default().add(claim);
        }
    }
    counted
}

/// Tells pools whose claims get no instance of the subnets that have no addresses for them.
fn name_full_subnets(cluster: &ClusterSnapshot, claims: &[&NodeClaim], counted: &mut HashMap<&str, Claims>) {
    // The network is looked at only when something waits.
    if counted.values().all(|claims| claims.launching.claims == 0) {
        return;
    }
    for own in Network::of(cluster).subnets().iter().filter(|own| !own.waiting.is_empty()) {
        let pools: BTreeSet<&str> = claims
            .iter()
            .filter(|claim| own.waiting.iter().any(|name| **name == *claim.name()))
            .filter_map(|claim| claim.pool())
            .collect();
        let left = own.subnet.free.unwrap_or(0);
        for pool in pools {
            if let Some(claims) = counted.get_mut(pool) {
                let says = &claims.launching.why;
                let says = if says.is_empty() { String::new() } else { format!(": {says}") };
                let full = format!("subnet {} has {left} addresses left{says}", own.subnet.called());
                claims.launching.why = full.into();
            }
        }
    }
}

/// The initialized nodes of each pool, and those that go already or are not ready
/// (`BuildDisruptionBudgetMapping` of Karpenter).
fn count_nodes<'a>(nodes: &[&'a Node], claims: &[&'a NodeClaim]) -> HashMap<&'a str, Nodes> {
    let leaving: std::collections::HashSet<&str> = claims
        .iter()
        .filter(|claim| !claim.meta.deleted.is_never())
        .filter_map(|claim| claim.node.as_deref())
        .collect();
    let mut counted: HashMap<&str, Nodes> = HashMap::new();
    for &node in nodes {
        let Some(pool) = node.meta.label("karpenter.sh/nodepool") else { continue };
        if node.meta.label("karpenter.sh/initialized") != Some("true") {
            continue;
        }
        let of_pool = counted.entry(pool).or_default();
        of_pool.all += 1;
        let goes =
            !node.meta.deleted.is_never() || leaving.contains(node.name()) || super::is_disrupted(node);
        of_pool.busy += u32::from(goes || node.is_ready() != Some(true));
    }
    counted
}

impl Pool {
    /// What it says; `None` when the blueprint wants it and the cluster has none.
    pub fn pool(&self) -> Option<&NodePool> {
        self.facts.pool.as_deref()
    }

    /// Its nodes, as budgets count them; `None` when claims or nodes cannot be read.
    pub fn nodes(&self) -> Option<Nodes> {
        self.facts.nodes
    }
}

impl Row for Pool {
    type Tally = Index<PoolFacts>;

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn uid(&self) -> Uid {
        self.pool().map_or_else(Uid::default, Row::uid)
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(self.pool().into_iter().flat_map(|pool| pool.meta.labels()))
    }
    fn same_as(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.facts, &other.facts) || self.facts == other.facts)
            && self.class == other.class
            && self.claims == other.claims
            && self.is_beta == other.is_beta
    }
    fn add_to(&self, tally: &mut Index<PoolFacts>) {
        tally.put(None, &self.name, &self.facts);
    }
    fn take_from(&self, tally: &mut Index<PoolFacts>) {
        tally.take(None, &self.name, &self.facts);
    }
}

/// What others want to know of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolFacts {
    /// What it says; `None` when the blueprint wants it and the cluster has none.
    pub pool: Option<Arc<NodePool>>,
    /// Its nodes, as budgets count them; `None` when claims or nodes cannot be read.
    pub nodes: Option<Nodes>,
}
