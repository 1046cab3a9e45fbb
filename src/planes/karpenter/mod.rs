//! Karpenter: pools with what became of them ([`pool`]), the classes they launch with ([`class`]), the life of a claim
//! ([`claim`]), how many nodes may be replaced now ([`budget`]), and why a node is still here ([`hold`]).

pub mod budget;
pub mod claim;
pub mod class;
pub mod hold;
pub mod pool;
#[cfg(test)]
mod tests;
pub mod verdict;

pub use class::{Class, ClassState};
pub use hold::Hold;
pub use pool::Pool;

use crate::fleet::ResourceType;
use crate::fleet::aws::kind::{EKS_CLUSTERS, INSTANCES, SUBNETS};
use crate::fleet::kind::{
    AUTO_NODE_CLASSES, DISRUPTION_BUDGETS, EC2_NODE_CLASSES, EVENTS, NODE_CLAIMS, NODE_POOLS, NODES, PODS,
};
use crate::fleet::node::Node;
use crate::snapshot::{ClusterSnapshot, Derived, derived};

/// Pools with what became of them, as a derived kind.
pub const POOLS: ResourceType = derived::cluster_wide("pools", "Pool");
/// Node classes with who uses them, as a derived kind.
pub const CLASSES: ResourceType = derived::cluster_wide("classes", "Class");
/// What keeps nodes from being replaced, as a derived kind; one for each claim, under its name.
pub const HOLDS: ResourceType = derived::cluster_wide("holds", "Hold");

static POOLS_NEED: [ResourceType; 1] = [NODE_POOLS];
static POOLS_HELP: [ResourceType; 4] = [NODE_CLAIMS, NODES, EC2_NODE_CLASSES, AUTO_NODE_CLASSES];
/// A claim that gets no instance may meet a subnet without addresses.
static POOLS_ADD: [ResourceType; 3] = [EKS_CLUSTERS, INSTANCES, SUBNETS];
static CLASSES_HELP: [ResourceType; 2] = [EC2_NODE_CLASSES, AUTO_NODE_CLASSES];
static HOLDS_NEED: [ResourceType; 1] = [NODE_CLAIMS];
static HOLDS_HELP: [ResourceType; 4] = [NODES, PODS, DISRUPTION_BUDGETS, EVENTS];

/// The table of pools.
pub const POOL_TABLE: Derived =
    Derived::new::<pool::Pools>(POOLS, &POOLS_NEED, &POOLS_HELP).adding(&POOLS_ADD);
/// The table of node classes. Pools say which there should be, in Auto Mode and outside of it.
pub const CLASS_TABLE: Derived = Derived::new::<class::Classes>(CLASSES, &POOLS_NEED, &CLASSES_HELP);
/// The table of what keeps nodes.
pub const HOLD_TABLE: Derived = Derived::new::<hold::Holds>(HOLDS, &HOLDS_NEED, &HOLDS_HELP);

/// True when the API server serves a kind in a beta version only.
fn is_beta(cluster: &ClusterSnapshot, resource: &ResourceType) -> bool {
    let served = cluster.catalog.kinds.iter().find(|entry| entry.resource.is_same_kind(resource));
    served.is_some_and(|entry| entry.resource.version.contains("beta"))
}

/// True when Karpenter has begun to empty a node; `karpenter.sh/disruption` is the taint of `v1beta1`.
pub fn is_disrupted(node: &Node) -> bool {
    node.taints
        .iter()
        .any(|taint| matches!(&*taint.key, "karpenter.sh/disrupted" | "karpenter.sh/disruption"))
}
