//! Why pods wait for a node: what the scheduler says, which nodes fail by what ([`nodes`]) and how other pods come into it
//! ([`others`], and `apart` for what those ask of this one), which pools of Karpenter could
//! make one and what excludes each ([`pools`]), where its volumes are ([`volumes`]), and what node autoscalers say
//! themselves ([`said`]).

mod apart;
mod conclude;
pub mod nodes;
pub mod others;
pub mod pools;
pub mod said;
mod scope;
#[cfg(test)]
mod tests;
pub mod verdict;
pub mod volumes;

use std::collections::HashMap;
use std::sync::Arc;

pub use conclude::Waits;

use self::nodes::Against;
use self::pools::{Barrier, PoolVerdict};
use crate::fleet::kind::{
    EC2_NODE_CLASSES, EVENTS, NAMESPACES, NODE_CLAIMS, NODE_POOLS, NODES, PODS, STORAGE_CLASSES,
    VOLUME_CLAIMS, VOLUMES,
};
use crate::fleet::pod::{Pod, Refusals};
use crate::fleet::{ResourceType, Row, Timestamp, Uid};
use crate::planes::karpenter::claim::Phase;
use crate::snapshot::{Derived, derived};

/// Pods that wait for a node, as a derived kind.
pub const PENDING: ResourceType = derived::namespaced("pending", "Waiting");

static NEEDS: [ResourceType; 1] = [PODS];
static HELPS: [ResourceType; 9] = [
    NODES,
    EVENTS,
    NAMESPACES,
    NODE_POOLS,
    NODE_CLAIMS,
    EC2_NODE_CLASSES,
    VOLUME_CLAIMS,
    VOLUMES,
    STORAGE_CLASSES,
];

/// The table of pods that wait for a node.
pub const TABLE: Derived = Derived::new::<Waits>(PENDING, &NEEDS, &HELPS);

/// A pod that waits for a node.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The pod.
    pub pod: Arc<Pod>,
    /// What its scheduler says.
    pub refusals: Refusals,
    /// What rows tell; shared by pods that ask for the same.
    pub held: Arc<Held>,
    /// What node autoscalers say about this pod.
    pub said: Said,
}

/// A pod held against nodes and pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Every node; `None` when nodes cannot be read, or not all pods.
    pub nodes: Option<Against>,
    /// Every pool, the heaviest first; `None` when pools cannot be read, or Karpenter is not here, or the pod is none
    /// that Karpenter makes nodes for.
    pub pools: Option<Vec<PoolVerdict>>,
    /// Its claims.
    pub claims: Vec<volumes::Claim>,
}

/// What node autoscalers say about a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What it was promised last, when nothing was refused since.
    pub promise: Option<Promise>,
    /// What Karpenter refused last, pool by pool.
    pub refused: Vec<said::PoolSaid>,
    /// When that was.
    pub refused_at: Timestamp,
    /// What Cluster Autoscaler said last.
    pub autoscaler: Option<Arc<str>>,
    /// Cluster Autoscaler enlarges a group for it, while Karpenter made it a promise: two nodes for one pod.
    pub is_wanted_twice: bool,
}

/// A node that is to come, or to become free, for a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// `nodeclaim` or `node`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// How far the claim has come; `None` when there is no such claim (any more).
    pub phase: Option<Phase>,
}

impl Waiting {
    /// Every pool with what excludes it: what rows tell, and beyond that what Karpenter said.
    pub fn pools(&self) -> Vec<PoolVerdict> {
        let mut pools = self.held.pools.clone().unwrap_or_default();
        for pool in pools.iter_mut().filter(|pool| pool.barriers.is_empty()) {
            let said = self.said.refused.iter().find(|said| said.pool.as_deref() == Some(&*pool.pool));
            pool.barriers.extend(said.map(|said| match &said.why {
                said::SaidWhy::Limit => Barrier::Limit { resource: Arc::default(), words: said.why.words() },
                said::SaidWhy::NodeLimit => {
                    Barrier::Limit { resource: "nodes".into(), words: said.why.words() }
                }
                _ => Barrier::Said(said.why.words()),
            }));
        }
        pools
    }

    /// The pools whose limit it waits for.
    pub fn limited_by(&self) -> impl Iterator<Item = Arc<str>> {
        let pools = self.pools().into_iter();
        pools
            .filter(|pool| pool.barriers.iter().any(|barrier| matches!(barrier, Barrier::Limit { .. })))
            .map(|pool| pool.pool)
    }
}

impl Row for Waiting {
    type Tally = WaitingTally;

    fn namespace(&self) -> Option<&str> {
        self.pod.namespace()
    }
    fn name(&self) -> &str {
        self.pod.name()
    }
    fn uid(&self) -> Uid {
        self.pod.uid()
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        self.pod.labels()
    }
    fn same_as(&self, other: &Self) -> bool {
        (Arc::ptr_eq(&self.pod, &other.pod) || self.pod.same_as(&other.pod))
            && self.refusals == other.refusals
            && (Arc::ptr_eq(&self.held, &other.held) || self.held == other.held)
            && self.said == other.said
    }
    fn add_to(&self, tally: &mut WaitingTally) {
        tally.pods += 1;
        tally.wanted_twice += u32::from(self.said.is_wanted_twice);
        for pool in self.limited_by() {
            *tally.limited.entry(pool).or_default() += 1;
        }
    }
    fn take_from(&self, tally: &mut WaitingTally) {
        tally.pods = tally.pods.saturating_sub(1);
        tally.wanted_twice = tally.wanted_twice.saturating_sub(u32::from(self.said.is_wanted_twice));
        for pool in self.limited_by() {
            if let Some(pods) = tally.limited.get_mut(&pool) {
                *pods = pods.saturating_sub(1);
                if *pods == 0 {
                    tally.limited.remove(&pool);
                }
            }
        }
    }
}

/// How many pods wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitingTally {
    /// All of them.
    pub pods: u32,
    /// Those that Karpenter and Cluster Autoscaler both make a node for.
    pub wanted_twice: u32,
    limited: HashMap<Arc<str>, u32>,
}

impl WaitingTally {
    /// How many wait for the limit of this pool.
    pub fn limited_by(&self, pool: &str) -> u32 {
        self.limited.get(pool).copied().unwrap_or_default()
    }
}
