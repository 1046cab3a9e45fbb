//! The load balancers in front of a cluster: whether requests come through them to the nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::parts::{Part, Thing};
use super::subnet::ClusterSubnet;
use super::{Network, rows};
use crate::fleet::aws::kind::{LOAD_BALANCERS, SECURITY_GROUPS};
use crate::fleet::aws::load_balancer::{LoadBalancer, stack_of};
use crate::fleet::aws::security_group::SecurityGroup;
use crate::fleet::{Row, Verdict};
use crate::planes::dns::balancers::Balancers;
use crate::planes::dns::load_balancer;
use crate::planes::policy::cidr;

impl<'a> Network<'a> {
    /// The load balancers of the network, those left out that say they are for another cluster.
    fn balancers(&self) -> Vec<&'a Arc<LoadBalancer>> {
        let is_ours = |balancer: &LoadBalancer| match (self.eks, balancer.cluster()) {
            (Some(eks), Some(name)) => *eks.name == *name,
            // Without EKS nobody knows what it calls this cluster.
            (None, _) | (_, None) => true,
        };
        let mut all: Vec<_> = self
            .own::<LoadBalancer>(&LOAD_BALANCERS, |balancer| &balancer.vpc)
            .filter(|balancer| is_ours(balancer))
            .collect();
        all.sort_by(|a, b| (&a.name, &a.arn).cmp(&(&b.name, &b.arn)));
        all
    }

    /// Each load balancer, with what is behind it.
    pub(super) fn balancer_parts(&self, parts: &mut Vec<Part>) {
        let own = self.balancers();
        if own.is_empty() {
            return;
        }
        let known = Balancers::of(&[self.cluster]);
        parts.extend(own.into_iter().map(|balancer| {
            let judged = load_balancer::judge_with_targets(balancer, &known);
            Part::new(Thing::LoadBalancer, balancer.name(), words(balancer, &known), judged)
        }));
    }

    /// Whether the security groups of nodes let load balancers in where these send requests. Says nothing of targets
    /// that are addresses of pods, and where a group could not be read.
    pub(super) fn balancer_rules(&self, subnets: &[ClusterSubnet], parts: &mut Vec<Part>) {
        let groups: BTreeMap<&str, &SecurityGroup> = rows::<SecurityGroup>(self.cluster, &SECURITY_GROUPS)
            .map(|group| (&*group.id, group.as_ref()))
            .collect();
        let own = self.balancers();
        if own.is_empty() || groups.is_empty() {
            return;
        }
        let known = Balancers::of(&[self.cluster]);
        for balancer in own.into_iter().filter(|balancer| !balancer.security_groups.is_empty()) {
            let from: Vec<&str> = balancer.security_groups.iter().map(AsRef::as_ref).collect();
            let networks: Vec<&str> = subnets
                .iter()
                .filter(|own| balancer.subnets.iter().any(|id| **id == *own.subnet.id))
                .map(|own| &*own.subnet.cidr)
                .collect();
            let (mut open, mut closed) = (BTreeSet::new(), BTreeSet::new());
            for target in known.targets(balancer) {
                let Some(instance) = self.instances.get(&*target.id) else { continue };
                let of: Vec<_> = instance.groups.iter().map(|id| groups.get(&**id)).collect();
                let Some(of) = of.into_iter().collect::<Option<Vec<_>>>() else { continue };
                let port = i32::from(target.port);
                let is_open = of.iter().any(|group| {
                    group.lets_groups_in(port, &from) || lets_networks_in(group, port, &networks)
                });
                if is_open {
                    open.insert(port)
                } else {
                    closed.insert(port)
                };
            }
            let list =
                |ports: &BTreeSet<i32>| ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let name = format!("{} to nodes", balancer.name);
            let (words, judged) = match (open.is_empty(), closed.is_empty()) {
                (true, true) => continue,
                (false, true) => (format!("{} open", list(&open)), (Verdict::Ok, String::new())),
                (_, false) => {
                    let why = "requests do not reach the nodes";
                    let why = format!("{} is closed by the security groups: {why}", list(&closed));
                    (format!("{} closed", list(&closed)), (Verdict::Critical, why))
                }
            };
            parts.push(Part::new(Thing::Rule, &name, words, judged));
        }
    }
}

/// True when rules by network let in all that has an address of these networks.
fn lets_networks_in(group: &SecurityGroup, port: i32, networks: &[&str]) -> bool {
    let is_in = |network: &&str| {
        let rules = group.ingress.iter().filter(|rule| rule.takes_tcp(port));
        rules.flat_map(|rule| rule.networks.iter()).any(|block| cidr::holds(block, network))
    };
    !networks.is_empty() && networks.iter().all(is_in)
}

/// `application  internet-facing  active  3/3 targets  for Ingress ingress-nginx/edge  us-east-1a, us-east-1b`
fn words(balancer: &LoadBalancer, known: &Balancers<'_>) -> String {
    let targets = known.health(balancer).map(|health| format!("{}/{} targets", health.healthy, health.all));
    let source = stack_of(&balancer.tags).map(|(kind, stack)| format!("for {kind} {stack}"));
    let words = [
        Some(balancer.kind.to_string()),
        Some(balancer.scheme.to_string()),
        Some(balancer.state.to_string()),
        targets,
        source,
        Some(balancer.zones.join(", ")),
    ];
    let said: Vec<String> = words.into_iter().flatten().filter(|word| !word.is_empty()).collect();
    said.join("  ")
}
