//! What AWS has around a cluster: its virtual network, subnets, gateways, security groups, and the machines behind its
//! nodes. Everything here is known as far as it was read; nothing waits for it.
//!
//! Tables of AWS hold what is there in the account. What belongs to a cluster is what is in its virtual network: the one
//! that EKS names, else the one that its nodes' machines are in.

mod balancers;
pub mod machine;
pub mod parts;
mod pools;
pub mod subnet;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::instance::Instance;
use crate::fleet::aws::kind::{ADDONS, EKS_CLUSTERS, INSTANCES, ROUTE_TABLES, SUBNETS};
use crate::fleet::aws::route_table::RouteTable;
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::kind::{AUTO_NODE_CLASSES, EC2_NODE_CLASSES, NODE_CLAIMS, NODES};
use crate::fleet::node::Node;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::karpenter::claim::{self, Phase, phase};
use crate::snapshot::{ClusterSnapshot, Freshness};
use subnet::{ClusterSubnet, SubnetRole};

/// Addresses of a /28, which is what the network plugin takes for a node at a time with prefix delegation.
pub const PREFIX: u32 = 16;

/// What AWS has around a cluster.
#[derive(Debug)]
pub struct Network<'a> {
    cluster: &'a ClusterSnapshot,
    /// The id of the cluster's virtual network; `None` while it is not known.
    pub vpc: Option<Arc<str>>,
    eks: Option<&'a EksCluster>,
    instances: HashMap<&'a str, &'a Arc<Instance>>,
    /// Nodes by their instance.
    nodes: HashMap<&'a str, &'a Node>,
}

/// The rows of a table, whatever its freshness.
pub(in crate::planes) fn rows<'a, R: Row>(
    cluster: &'a ClusterSnapshot,
    resource: &ResourceType,
) -> impl Iterator<Item = &'a Arc<R>> + use<'a, R> {
    cluster.table::<R>(resource).into_iter().flat_map(|table| table.iter().map(|(_, row)| row))
}

/// Why nothing is known of a kind: it is on its way, or could not be read.
pub fn unread(cluster: &ClusterSnapshot, resource: &ResourceType) -> Option<(Verdict, String)> {
    match cluster.freshness(resource) {
        Freshness::NotWatched => Some((Verdict::Unknown, "not read".to_owned())),
        Freshness::Loading { .. } => Some((Verdict::Progressing, "loading".to_owned())),
        Freshness::Forbidden { problem } => Some((Verdict::Unknown, problem.message().to_owned())),
        Freshness::Unavailable { problem } => {
            Some((Verdict::Unknown, format!("not read: {}", problem.message())))
        }
        Freshness::Live | Freshness::Polled { .. } | Freshness::Stale { .. } => None,
    }
}

/// The instance of a node: `i-0c31…` of `aws:///us-east-1a/i-0c31…`.
pub fn instance_id(provider_id: &str) -> Option<&str> {
    let id = provider_id.strip_prefix("aws://")?.rsplit('/').next()?;
    id.starts_with("i-").then_some(id)
}

impl<'a> Network<'a> {
    /// As far as it was read.
    pub fn of(cluster: &'a ClusterSnapshot) -> Self {
        let eks = rows::<EksCluster>(cluster, &EKS_CLUSTERS).next().map(AsRef::as_ref);
        let instances: HashMap<&str, &Arc<Instance>> =
            rows::<Instance>(cluster, &INSTANCES).map(|instance| (&*instance.id, instance)).collect();
        let nodes: HashMap<&str, &Node> = rows::<Node>(cluster, &NODES)
            .filter_map(|node| Some((instance_id(&node.provider_id)?, node.as_ref())))
            .collect();
        let is_in_use =
            |subnet: &&Arc<Subnet>| eks.is_some_and(|eks| eks.subnets.iter().any(|id| **id == *subnet.id));
        let of_subnets =
            || rows::<Subnet>(cluster, &SUBNETS).filter(is_in_use).map(|subnet| &subnet.vpc).min();
        let named = || eks.map(|eks| &eks.vpc).filter(|vpc| !vpc.is_empty());
        let of_nodes = || {
            let machines = nodes.keys().filter_map(|id| instances.get(id));
            machines.map(|instance| &instance.vpc).filter(|vpc| !vpc.is_empty()).min()
        };
        // What is seen comes before what is said of it.
        let vpc = of_nodes().or_else(of_subnets).or_else(named).cloned();
        Self { cluster, vpc, eks, instances, nodes }
    }

    /// What of these belongs to the cluster's network.
    pub(in crate::planes) fn own<R: Row>(
        &self,
        resource: &ResourceType,
        vpc_of: impl Fn(&R) -> &str,
    ) -> impl Iterator<Item = &'a Arc<R>> {
        let vpc = self.vpc.clone();
        rows::<R>(self.cluster, resource)
            .filter(move |row| vpc.as_deref().is_some_and(|vpc| vpc_of(row) == vpc))
    }

    /// The machine behind a node.
    pub fn instance(&self, node: &Node) -> Option<&'a Arc<Instance>> {
        self.instances.get(instance_id(&node.provider_id)?).copied()
    }

    /// The node that a machine is; `None` for one that is none.
    pub fn node(&self, instance: &Instance) -> Option<&'a Node> {
        self.nodes.get(&*instance.id).copied()
    }

    /// True when some node's machine is known: then these machines are the cluster's, and one that is not there is gone.
    pub fn knows_machines(&self) -> bool {
        self.cluster.freshness(&INSTANCES).is_current()
            && self.nodes.keys().any(|id| self.instances.contains_key(id))
    }

    /// The machines in the cluster's network.
    pub fn machines(&self) -> Vec<&'a Arc<Instance>> {
        self.own::<Instance>(&INSTANCES, |instance| &instance.vpc).collect()
    }

    /// True when the network plugin gives nodes whole prefixes, as far as EKS knows how it is set.
    pub fn gives_prefixes(&self) -> bool {
        rows::<Addon>(self.cluster, &ADDONS).filter(|addon| &*addon.name == "vpc-cni").any(|addon| {
            let words: String = addon
                .configuration
                .chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\''))
                .collect();
            words.contains("ENABLE_PREFIX_DELEGATION:true")
        })
    }

    /// The subnets of the cluster's network, by zone, role and name.
    pub fn subnets(&self) -> Vec<ClusterSubnet> {
        let tables: Vec<&Arc<RouteTable>> =
            self.own::<RouteTable>(&ROUTE_TABLES, |table| &table.vpc).collect();
        let for_nodes = self.subnets_for_nodes();
        let gives_prefixes = self.gives_prefixes();
        let mut machines: HashMap<&str, u32> = HashMap::new();
        for instance in self.machines().into_iter().filter(|instance| instance.is_running()) {
            *machines.entry(&instance.subnet).or_default() += 1;
        }
        let mut found: Vec<ClusterSubnet> = self
            .own::<Subnet>(&SUBNETS, |subnet| &subnet.vpc)
            .map(|subnet| {
                let mut own = ClusterSubnet::of(subnet, &tables);
                own.takes_nodes = for_nodes.contains(&*subnet.id);
                own.gives_prefixes = gives_prefixes && own.takes_nodes;
                own.machines = machines.get(&*subnet.id).copied().unwrap_or_default();
                own.is_of_control_plane =
                    self.eks.is_some_and(|eks| eks.subnets.iter().any(|id| **id == *subnet.id));
                own
            })
            .collect();
        subnet::compare_tags(&mut found);
        self.name_waiting(&mut found);
        found.sort_by(|a, b| {
            (&a.subnet.zone, a.role, a.subnet.called()).cmp(&(&b.subnet.zone, b.role, b.subnet.called()))
        });
        found
    }

    /// The subnets that machines are launched in: what node classes found, else where the nodes' machines are.
    fn subnets_for_nodes(&self) -> BTreeSet<&'a str> {
        let classes = [EC2_NODE_CLASSES, AUTO_NODE_CLASSES];
        let of_classes: BTreeSet<&str> = classes
            .iter()
            .flat_map(|kind| rows::<NodeClass>(self.cluster, kind))
            .flat_map(|class| class.subnets.iter().map(|subnet| &*subnet.id))
            .collect();
        let of_nodes = self.nodes.keys().filter_map(|id| self.instances.get(id));
        of_classes.into_iter().chain(of_nodes.map(|instance| &*instance.subnet)).collect()
    }

    /// Tells subnets of the claims that wait for their addresses.
    fn name_waiting(&self, subnets: &mut [ClusterSubnet]) {
        for waiting in rows::<NodeClaim>(self.cluster, &NODE_CLAIMS) {
            if phase(waiting) != Phase::Launching {
                continue;
            }
            let says = claim::said(waiting, "Launched");
            let zones: Option<Vec<&str>> = waiting
                .requirements
                .iter()
                .map(|requirement| &requirement.expression)
                .find(|expression| &*expression.key == "topology.kubernetes.io/zone")
                .map(|expression| expression.values.iter().map(AsRef::as_ref).collect());
            let is_meant = |own: &ClusterSubnet| {
                own.takes_nodes && zones.as_ref().is_none_or(|zones| zones.contains(&&*own.subnet.zone))
            };
            // EC2 names no subnet: those that have no room are what it means.
            let is_told =
                says.contains("InsufficientFreeAddresses") || says.contains("InsufficientCidrBlocks");
            let has_room = subnets.iter().any(|own| is_meant(own) && !own.is_short());
            if has_room && !is_told {
                continue;
            }
            for own in subnets.iter_mut().filter(|own| is_meant(own) && own.is_short()) {
                own.waiting.push(waiting.name().into());
            }
        }
    }

    /// The zones in which some subnet takes nodes, or holds private machines.
    pub(super) fn private_zones(subnets: &[ClusterSubnet]) -> BTreeSet<Arc<str>> {
        let private = subnets.iter().filter(|own| own.role == SubnetRole::Private);
        private.map(|own| Arc::clone(&own.subnet.zone)).collect()
    }

    /// Where a zone is: `us-east-1` of `us-east-1a`, and of `us-east-1-bos-1a` where its region is known.
    pub(super) fn region_of<'r>(zone: &str, regions: impl Iterator<Item = &'r Arc<str>>) -> Arc<str> {
        let known = regions.filter(|region| !region.is_empty() && zone.starts_with(&***region));
        known
            .max_by_key(|region| region.len())
            .cloned()
            .unwrap_or_else(|| Arc::from(zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase())))
    }
}
