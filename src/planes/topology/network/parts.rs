//! The parts of a network that are neither subnet nor node: ways out, rules between nodes, control plane and load
//! balancers, the bastion, endpoints. Each says in a line what it is, and whether it is as it should be.

use core::net::IpAddr;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::machine::{Machine, Purpose, is_bastion, purpose};
use super::subnet::ClusterSubnet;
use super::{Network, rows, unread};
use crate::blueprint::WantedNat;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::endpoint::Endpoint;
use crate::fleet::aws::gateway::{Gateway, GatewayKind};
use crate::fleet::aws::kind::{
    CALLERS, ENDPOINTS, GATEWAYS, INSTANCES, LOAD_BALANCERS, ROUTE_TABLES, SECURITY_GROUPS, SUBNETS,
    TARGET_GROUPS, VPCS,
};
use crate::fleet::aws::security_group::SecurityGroup;
use crate::fleet::aws::vpc::Vpc;
use crate::fleet::{ResourceType, Timestamp, Verdict};
use crate::planes::opinion::Opinion;
use crate::planes::policy::cidr;

/// Where the API server listens, and admission webhooks mostly.
const HTTPS: i32 = 443;
/// Where the kubelet listens: logs, exec and metrics go there.
const KUBELET: i32 = 10250;

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// The account that it belongs to.
    Account,
    /// The virtual network.
    Vpc,
    /// A subnet.
    Subnet,
    /// A load balancer.
    LoadBalancer,
    /// The way out of public subnets.
    InternetGateway,
    /// The way out of private subnets.
    NatGateway,
    /// What may go from one part to another.
    Rule,
    /// The way in for people.
    Bastion,
    /// A way to a service of AWS.
    Endpoint,
    /// What could not be read.
    Unread,
}

impl Thing {
    /// One word, as it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Vpc => "vpc",
            Self::Subnet => "subnet",
            Self::LoadBalancer => "load-balancer",
            Self::InternetGateway => "internet-gateway",
            Self::NatGateway => "nat-gateway",
            Self::Rule => "rule",
            Self::Bastion => "bastion",
            Self::Endpoint => "endpoint",
            Self::Unread => "unread",
        }
    }
}

/// A part of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub thing: Thing,
    /// What it is called.
    pub name: Arc<str>,
    /// What there is to say of it when all is well.
    pub words: String,
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok; empty when it is.
    pub why: String,
}

impl Part {
    pub(super) fn new(
        thing: Thing,
        name: &str,
        words: impl Into<String>,
        judged: impl Into<(Verdict, String)>,
    ) -> Self {
        let (verdict, why) = judged.into();
        Self { thing, name: Arc::from(name), words: words.into(), verdict, why }
    }
}

/// The tables that parts are read from, each with what it is called where it could not be read.
pub const TABLES: [(ResourceType, &str); 10] = [
    (CALLERS, "account"),
    (VPCS, "network"),
    (SUBNETS, "subnets"),
    (ROUTE_TABLES, "route tables"),
    (GATEWAYS, "gateways"),
    (LOAD_BALANCERS, "load balancers"),
    (TARGET_GROUPS, "target groups"),
    (SECURITY_GROUPS, "security groups"),
    (INSTANCES, "instances"),
    (ENDPOINTS, "endpoints"),
];

impl Network<'_> {
    /// All parts but the subnets, which are in their zones. `None` where nobody asked for any.
    pub fn parts(&self, subnets: &[ClusterSubnet], now: Timestamp) -> Option<Vec<Part>> {
        if TABLES.iter().all(|(table, _)| self.cluster.any_table(table).is_none()) {
            return None;
        }
        let mut parts = Vec::new();
        parts.extend(rows::<Caller>(self.cluster, &CALLERS).map(|caller| {
            Part::new(
                Thing::Account,
                &caller.account,
                format!("{}  as {}", caller.region, caller.arn),
                (Verdict::Ok, String::new()),
            )
        }));
        parts.extend(self.own::<Vpc>(&VPCS, |vpc| &vpc.id).map(|vpc| vpc_part(vpc)));
        self.gateways(subnets, &mut parts);
        self.balancer_parts(&mut parts);
        self.rules(&mut parts);
        self.balancer_rules(subnets, &mut parts);
        self.bastions(now, &mut parts);
        parts.extend(self.own::<Endpoint>(&ENDPOINTS, |endpoint| &endpoint.vpc).map(|own| endpoint(own)));
        parts.extend(self.unread());
        Some(parts)
    }

    /// What could not be read: one line for each reason.
    fn unread(&self) -> Vec<Part> {
        let mut reasons: Vec<(Verdict, String, Vec<&str>)> = Vec::new();
        for (table, name) in &TABLES {
            let Some((verdict, why)) = unread(self.cluster, table) else { continue };
            match reasons.iter_mut().find(|(_, known, _)| *known == why) {
                Some((_, _, names)) => names.push(name),
                None => reasons.push((verdict, why, vec![name])),
            }
        }
        let part = |(verdict, why, names): (Verdict, String, Vec<&str>)| {
            // Without an account nothing at all can be read, and one word says so.
            let name = if names.len() == TABLES.len() { "AWS".to_owned() } else { names.join(", ") };
            Part::new(Thing::Unread, &name, "", (verdict, why))
        };
        reasons.into_iter().map(part).collect()
    }

    fn gateways(&self, subnets: &[ClusterSubnet], parts: &mut Vec<Part>) {
        let mut all: Vec<&Arc<Gateway>> = self
            .own::<Gateway>(&GATEWAYS, |gateway| &gateway.vpc)
            .filter(|own| &*own.state != "deleted")
            .collect();
        all.sort_by(|a, b| (a.kind, a.called()).cmp(&(b.kind, b.called())));
        let zone_of = |gateway: &Gateway| {
            let own = subnets.iter().find(|own| *own.subnet.id == *gateway.subnet);
            own.map(|own| Arc::clone(&own.subnet.zone))
        };
        let works =
            |gateway: &&&Arc<Gateway>| gateway.kind == GatewayKind::Nat && &*gateway.state == "available";
        let served: BTreeSet<Arc<str>> =
            all.iter().filter(works).filter_map(|gateway| zone_of(gateway)).collect();
        let zones = Network::private_zones(subnets);
        let wanted = self.cluster.wanted.as_ref().and_then(|blueprint| blueprint.nat_gateways);
        let nat_count = all.iter().filter(works).count();
        for gateway in &all {
            let mut opinion = Opinion::default();
            match &*gateway.state {
                "available" | "attached" => {}
                "pending" | "attaching" => opinion.say(Verdict::Progressing, "is being made"),
                "failed" => opinion.say(Verdict::Critical, format!("failed: {}", gateway.failure)),
                state => opinion.say(Verdict::Critical, format!("is {state}")),
            }
            if gateway.kind == GatewayKind::Internet {
                parts.push(Part::new(Thing::InternetGateway, gateway.called(), "internet gateway", opinion));
                continue;
            }
            let zone = zone_of(gateway).unwrap_or_default();
            let mut words = format!("NAT gateway  {zone}  {}", gateway.addresses.join(", "));
            let without: Vec<&str> =
                zones.iter().filter(|zone| !served.contains(*zone)).map(AsRef::as_ref).collect();
            if served.len() == 1 && zones.len() > 1 {
                words.push_str(&format!("  one for {} zones", zones.len()));
            }
            if wanted == Some(WantedNat::EachZone) && !without.is_empty() {
                let why = format!("one in each zone is wanted: {} has none", without.join(", "));
                opinion.say(Verdict::Warning, why);
            }
            if wanted == Some(WantedNat::One) && nat_count > 1 {
                opinion.say(Verdict::Warning, format!("one of {nat_count}, and one is wanted"));
            }
            parts.push(Part::new(Thing::NatGateway, gateway.called(), words.trim_end(), opinion));
        }
    }

    /// Whether nodes and control plane may talk to each other.
    fn rules(&self, parts: &mut Vec<Part>) {
        let groups: Vec<&Arc<SecurityGroup>> =
            self.own::<SecurityGroup>(&SECURITY_GROUPS, |group| &group.vpc).collect();
        let of_nodes: BTreeSet<&str> = self
            .instances
            .values()
            .filter(|instance| self.nodes.contains_key(&*instance.id))
            .flat_map(|instance| instance.groups.iter().map(AsRef::as_ref))
            .collect();
        let of_plane = self.eks.map(|eks| &*eks.security_group).filter(|group| !group.is_empty());
        if groups.is_empty() || of_nodes.is_empty() {
            return;
        }
        let find = |ids: &[&str]| -> Vec<&SecurityGroup> {
            groups.iter().filter(|group| ids.contains(&&*group.id)).map(|group| group.as_ref()).collect()
        };
        let nodes: Vec<&str> = of_nodes.into_iter().collect();
        let addresses: Vec<IpAddr> = self
            .instances
            .values()
            .filter(|instance| self.nodes.contains_key(&*instance.id))
            .filter_map(|instance| instance.address.parse().ok())
            .collect();
        let may = |from: &[&str], to: &[&SecurityGroup], port: i32, from_addresses: &[IpAddr]| {
            to.iter().any(|group| {
                group.lets_groups_in(port, from)
                    || group.ingress.iter().filter(|rule| rule.takes_tcp(port)).any(|rule| {
                        let has = |address: &IpAddr| {
                            rule.networks.iter().any(|network| cidr::contains(network, *address))
                        };
                        !from_addresses.is_empty() && from_addresses.iter().all(has)
                    })
            })
        };
        if let Some(plane) = of_plane {
            let targets = find(&[plane]);
            if !targets.is_empty() {
                let is_open = may(&nodes, &targets, HTTPS, &addresses);
                parts.push(rule(
                    "nodes to control plane",
                    HTTPS,
                    is_open,
                    "no node can reach the API server",
                ));
            }
            let targets = find(&nodes);
            // The control plane's interfaces have addresses of subnets; a rule by network is for those too.
            let is_open = may(&[plane], &targets, KUBELET, &addresses);
            let why = "logs, exec and metrics do not reach the kubelets";
            parts.push(rule("control plane to nodes", KUBELET, is_open, why));
        }
    }

    fn bastions(&self, now: Timestamp, parts: &mut Vec<Part>) {
        for instance in self.machines().into_iter().filter(|instance| is_bastion(instance)) {
            let purpose = purpose(self, self.cluster, instance);
            if let Purpose::Bastion { is_open } = &purpose {
                let from = match is_open {
                    Some(true) => "  SSH from everywhere",
                    Some(false) => "  SSH from some networks",
                    None => "",
                };
                let words = format!("bastion  {}  {}{from}", instance.state, instance.public_address);
                let machine = Machine { instance: Arc::clone(instance), purpose, vintage: None };
                parts.push(Part::new(Thing::Bastion, instance.called(), words, machine.judged(now)));
            }
        }
    }
}

fn vpc_part(vpc: &Vpc) -> Part {
    let judged = match &*vpc.state {
        "available" | "" => (Verdict::Ok, String::new()),
        state => (Verdict::Progressing, format!("is {state}")),
    };
    Part::new(Thing::Vpc, vpc.called(), format!("{}  {}", vpc.id, vpc.cidrs.join(", ")), judged)
}

fn endpoint(endpoint: &Endpoint) -> Part {
    let judged = match &*endpoint.state.to_ascii_lowercase() {
        "available" | "" => (Verdict::Ok, String::new()),
        "pending" | "deleting" => (Verdict::Progressing, format!("is {}", endpoint.state)),
        "pendingacceptance" => (Verdict::Warning, "nobody has accepted it yet".to_owned()),
        _ => (Verdict::Critical, format!("is {}", endpoint.state)),
    };
    let words = format!("{} endpoint  {}", endpoint.kind.to_ascii_lowercase(), endpoint.short());
    Part::new(Thing::Endpoint, endpoint.called(), words, judged)
}

fn rule(name: &str, port: i32, is_open: bool, why: &str) -> Part {
    let (words, judged) = match is_open {
        true => (format!("{port} open"), (Verdict::Ok, String::new())),
        false => {
            let why = format!("{port} is closed by the security groups: {why}");
            (format!("{port} closed"), (Verdict::Critical, why))
        }
    };
    Part::new(Thing::Rule, name, words, judged)
}
