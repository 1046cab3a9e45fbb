//! Where a hostname leads: the ingresses and services that answer to it in every cluster, and each hop behind them down
//! to the node pool, with a verdict.
//!
//! A path is asked for once, as a plain function over the clusters that are looked at. What cannot be read is a hop of
//! its own, and *unknown*. [`front`] is the part of it that the table of ingresses shows of every Ingress.

pub mod front;
mod ground;
mod names;
pub mod reach;
mod shelf;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::Arc;

pub(super) use ground::{Ground, port_of};
pub(super) use shelf::Shelf;

pub use front::{Front, INGRESS_FRONTS};
pub use names::{Named, hostnames};
pub use shelf::Seen;
pub use walk::follow;

use crate::fleet::kind::{
    CERTIFICATES, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, NODE_CLAIMS,
    NODE_POOLS, NODES, PODS, SECRETS, SERVICES, TARGET_GROUP_BINDINGS,
};
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Verdict};
use crate::snapshot::ClusterSnapshot;

/// The kinds without which a path cannot be followed.
pub static NEEDS: [ResourceType; 5] = [INGRESSES, SERVICES, ENDPOINT_SLICES, PODS, NODES];
/// The kinds that let it say more.
pub static HELPS: [ResourceType; 8] = [
    INGRESS_CLASSES,
    DEPLOYMENTS,
    DAEMON_SETS,
    SECRETS,
    CERTIFICATES,
    NODE_CLAIMS,
    NODE_POOLS,
    TARGET_GROUP_BINDINGS,
];

/// The kinds without which hostnames are not known.
pub static NAMES_NEED: [ResourceType; 2] = [INGRESSES, SERVICES];
/// The kinds that say how their ingresses are.
pub static NAMES_HELP: [ResourceType; 6] =
    [ENDPOINT_SLICES, INGRESS_CLASSES, DEPLOYMENTS, DAEMON_SETS, SECRETS, CERTIFICATES];

/// Where a hostname leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// The hostname, in small letters and without what else an address has.
    pub hostname: String,
    /// From the name to the machines, in the order in which a request meets them.
    pub hops: Vec<Hop>,
    /// What could not be read, so that the path may be longer or another one.
    pub unknown: Vec<Unread>,
}

/// One thing that a request meets, or that something on its way stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What it is.
    pub stage: Stage,
    /// What it stands under: 0 for what a request meets one after the other, 1 for the pods of a service, 2 for their
    /// nodes, and so on.
    pub depth: u16,
    /// The cluster that it is in, or that says so.
    pub cluster: ClusterId,
    /// Its namespace; `None` for what has none.
    pub namespace: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// How it is.
    pub verdict: Verdict,
    /// What is to be said of it; where it is not ok, why.
    pub statement: String,
}

/// What could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// In which cluster.
    pub cluster: ClusterId,
    /// The plural name of the kind.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// What a hop is. The first three are of AWS: nothing of them is read yet, and their place is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// A record of Route 53.
    Record,
    /// A load balancer, with its listeners and their certificates.
    LoadBalancer,
    /// A target group of a load balancer.
    TargetGroup,
    /// What fills a target group.
    Binding,
    /// An Ingress.
    Ingress,
    /// A Service.
    Service,
    /// The addresses of a service.
    Endpoints,
    /// A pod.
    Pod,
    /// A node.
    Node,
    /// What Karpenter launched it by.
    NodeClaim,
    /// The pool that it belongs to.
    NodePool,
}

impl Stage {
    /// The kind of object, as JSON says it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Record => "RecordSet",
            Self::LoadBalancer => "LoadBalancer",
            Self::TargetGroup => "TargetGroup",
            Self::Binding => "TargetGroupBinding",
            Self::Ingress => "Ingress",
            Self::Service => "Service",
            Self::Endpoints => "EndpointSlice",
            Self::Pod => "Pod",
            Self::Node => "Node",
            Self::NodeClaim => "NodeClaim",
            Self::NodePool => "NodePool",
        }
    }

    /// What people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::LoadBalancer => "load balancer",
            Self::TargetGroup => "target group",
            Self::Binding => "target binding",
            Self::Ingress => "Ingress",
            Self::Service => "Service",
            Self::Endpoints => "endpoints",
            Self::Pod => "pod",
            Self::Node => "node",
            Self::NodeClaim => "node claim",
            Self::NodePool => "node pool",
        }
    }

    /// Its kind where an API server has it.
    pub fn resource(self) -> Option<ResourceType> {
        Some(match self {
            Self::Record | Self::LoadBalancer | Self::TargetGroup => return None,
            Self::Binding => TARGET_GROUP_BINDINGS,
            Self::Ingress => INGRESSES,
            Self::Service => SERVICES,
            Self::Endpoints => ENDPOINT_SLICES,
            Self::Pod => PODS,
            Self::Node => NODES,
            Self::NodeClaim => NODE_CLAIMS,
            Self::NodePool => NODE_POOLS,
        })
    }
}

impl Hop {
    /// The object, where an API server has it.
    pub fn object(&self) -> Option<ObjectRef> {
        Some(ObjectRef {
            cluster: self.cluster.clone(),
            resource: self.stage.resource()?,
            namespace: self.namespace.clone(),
            name: self.name.as_ref().into(),
        })
    }
}

impl Path {
    /// The first hop that is broken; when none is, the first that wants a look.
    pub fn broken(&self) -> Option<usize> {
        let first = |verdict| self.hops.iter().position(|hop| hop.verdict == verdict);
        first(Verdict::Critical).or_else(|| first(Verdict::Warning))
    }

    /// True when nothing that could be read answers to the name.
    pub fn leads_nowhere(&self) -> bool {
        self.hops.is_empty()
    }
}

/// Which of these kinds cannot be read in a cluster, and why.
pub fn unread(cluster: &ClusterSnapshot, kinds: &[ResourceType]) -> Vec<Unread> {
    let why = |kind: &ResourceType| {
        let why = shelf::unread(cluster, kind)?;
        Some(Unread { cluster: cluster.id.clone(), what: kind.plural.to_string(), why })
    };
    kinds.iter().filter_map(why).collect()
}

/// A hostname as a person may paste it: `https://API.cosner.cloud:443/v2?x` is `api.cosner.cloud`.
pub fn hostname(typed: &str) -> String {
    let rest = typed.trim();
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or_default();
    let rest = rest.split_once(':').map_or(rest, |(host, _)| host);
    rest.trim_end_matches('.').to_lowercase()
}
