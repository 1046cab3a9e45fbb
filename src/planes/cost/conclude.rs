//! Costs are concluded from nodes and what pods request of them, and from what AWS has around the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::prices::{self, PriceList};
use super::{Cost, Part};
use crate::fleet::Row;
use crate::fleet::aws::ebs_volume::EbsVolume;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::endpoint::Endpoint;
use crate::fleet::aws::gateway::{Gateway, GatewayKind};
use crate::fleet::aws::kind::{EBS_VOLUMES, EKS_CLUSTERS, ENDPOINTS, GATEWAYS};
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::{INGRESSES, NODES, PODS, SERVICES};
use crate::fleet::node::{Node, minor_version};
use crate::fleet::pod::{Pod, Resources};
use crate::fleet::service::Service;
use crate::planes::topology::network::{Network, rows, unread};
use crate::snapshot::{ClusterSnapshot, Conclusion, Link};

/// Concludes what a cluster costs.
#[derive(Debug, Default)]
pub struct Costs;

impl Conclusion for Costs {
    type Row = Cost;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Cost> {
        let Some(region) = region(cluster) else { return Vec::new() };
        let Some(list) = prices::of(&region) else {
            let note = format!("no price list is shipped for {region}");
            return vec![Cost { note: note.into(), without_price: 1, ..cost(Part::Total, "total", 0, None) }];
        };
        let mut sheet = Sheet { list, rows: BTreeMap::new() };
        sheet.control_plane(cluster);
        sheet.nodes(cluster);
        let network = Network::of(cluster);
        sheet.machines(&network);
        sheet.volumes(&network, cluster);
        sheet.ways(&network);
        sheet.balancers(cluster);
        sheet.finish(cluster)
    }
}

/// Where a cluster is: as its nodes say, or EKS.
fn region(cluster: &ClusterSnapshot) -> Option<String> {
    let nodes = rows::<Node>(cluster, &NODES);
    let said = nodes.filter_map(|node| node.meta.label("topology.kubernetes.io/region")).min();
    let arn = || {
        let eks = rows::<EksCluster>(cluster, &EKS_CLUSTERS).next()?;
        eks.arn.split(':').nth(3).map(str::to_owned)
    };
    said.map(str::to_owned).or_else(arn).filter(|region| !region.is_empty())
}

fn cost(part: Part, name: &str, count: u32, monthly: Option<u64>) -> Cost {
    let key = match part {
        Part::Total => name.to_owned(),
        part => format!("{} {name}", part.as_str()),
    };
    Cost {
        part,
        what: name.into(),
        key: key.into(),
        count,
        monthly,
        without_price: if monthly.is_none() { count } else { 0 },
        ..Cost::default()
    }
}

struct Sheet {
    list: &'static PriceList,
    rows: BTreeMap<(Part, String), Cost>,
}

/// What a node costs, and what of it is requested by whom.
struct Priced {
    monthly: u64,
    of: Resources,
}

impl Sheet {
    fn add(&mut self, part: Part, name: &str, count: u32, monthly: Option<u64>) -> &mut Cost {
        let row = self
            .rows
            .entry((part, name.to_owned()))
            .or_insert_with(|| Cost { monthly: Some(0), ..cost(part, name, 0, Some(0)) });
        row.count += count;
        match monthly {
            Some(cents) => row.monthly = row.monthly.map(|sum| sum + cents),
            None => row.without_price += count,
        }
        row
    }

    fn control_plane(&mut self, cluster: &ClusterSnapshot) {
        let eks = rows::<EksCluster>(cluster, &EKS_CLUSTERS).next();
        // A server of EKS says so in its version: v1.36.3-eks-0a1b2c3.
        let server = match &cluster.link {
            Link::Up(server) if server.version.contains("-eks-") => minor_version(&server.version),
            _ => None,
        };
        let version = match eks {
            Some(eks) => eks.version.to_string(),
            None => match server {
                Some(minor) => format!("1.{minor}"),
                None => return,
            },
        };
        let (plane, more) = (self.list.hour.control_plane, self.list.hour.extended_support);
        let (monthly, more) = (self.list.monthly(plane), self.list.monthly(more));
        let later = self.list.extended_from(&version).map(|from| (from, more));
        let row = self.add(Part::ControlPlane, &format!("Kubernetes {version}"), 1, Some(monthly));
        row.later = later;
    }

    fn nodes(&mut self, cluster: &ClusterSnapshot) {
        let mut priced: BTreeMap<&str, Priced> = BTreeMap::new();
        for node in rows::<Node>(cluster, &NODES) {
            let capacity = node.capacity_type().unwrap_or("on-demand");
            let kind = node.instance_type();
            let monthly = kind.and_then(|kind| self.list.instance(kind, capacity == "spot"));
            let name = format!("{} {capacity}", kind.unwrap_or("?"));
            let row = self.add(Part::Nodes, &name, 1, monthly);
            if capacity == "spot" {
                row.note = "spot prices change: a guess".into();
            }
            self.add(Part::Pool, node.pool().unwrap_or("no pool or node group"), 1, monthly);
            let of = Resources { cpu: node.allocatable.cpu, memory: node.allocatable.memory };
            priced.insert(node.name(), Priced { monthly: monthly.unwrap_or(0), of });
        }
        self.namespaces(cluster, &priced);
    }

    /// Each node's price by what is requested of it: half by CPU, half by memory. The rest is nobody's.
    fn namespaces(&mut self, cluster: &ClusterSnapshot, nodes: &BTreeMap<&str, Priced>) {
        if unread(cluster, &PODS).is_some() || !cluster.extent(&PODS).covers(None) {
            return;
        }
        let mut shares: BTreeMap<&str, (u32, f64)> = BTreeMap::new();
        let mut taken = 0.0;
        for pod in rows::<Pod>(cluster, &PODS).filter(|pod| pod.holds_resources()) {
            let Some(node) = pod.node().and_then(|node| nodes.get(node)) else { continue };
            let requests = pod.requests();
            let part = |asked: u64, of: u64| if of == 0 { 0.0 } else { asked as f64 / of as f64 };
            let share = (part(requests.cpu, node.of.cpu) + part(requests.memory, node.of.memory)) / 2.0;
            let cents = share * node.monthly as f64;
            let own = shares.entry(pod.namespace().unwrap_or_default()).or_default();
            own.0 += 1;
            own.1 += cents;
            taken += cents;
        }
        for (namespace, (pods, cents)) in shares {
            self.add(Part::Namespace, namespace, pods, Some(cents.round() as u64));
        }
        let all: u64 = nodes.values().map(|node| node.monthly).sum();
        let idle = (all as f64 - taken).max(0.0).round() as u64;
        let row = self.add(Part::Namespace, "(requested by nobody)", 0, Some(idle));
        row.note = "what nodes have beyond all requests".into();
    }

    fn machines(&mut self, network: &Network<'_>) {
        for instance in network.machines() {
            if network.node(instance).is_none() && instance.is_running() {
                let name = format!("{} {}", instance.called(), instance.kind);
                let monthly = self.list.instance(&instance.kind, instance.capacity() == "spot");
                self.add(Part::Machines, &name, 1, monthly);
            }
        }
        let public = network.machines().into_iter().filter(|one| !one.public_address.is_empty()).count();
        self.addresses(public);
    }

    fn addresses(&mut self, count: usize) {
        let price = self.list.monthly(self.list.hour.public_address);
        if let Some(count) = u32::try_from(count).ok().filter(|count| *count > 0) {
            self.add(Part::Network, "public addresses", count, Some(price * u64::from(count)));
        }
    }

    /// Those of the cluster's machines, and those that its storage driver made.
    fn volumes(&mut self, network: &Network<'_>, cluster: &ClusterSnapshot) {
        let machines: BTreeSet<&str> = network.machines().into_iter().map(|machine| &*machine.id).collect();
        let name = rows::<EksCluster>(cluster, &EKS_CLUSTERS).next().map(|eks| eks.name.clone());
        let owned = name.map(|name| format!("kubernetes.io/cluster/{name}"));
        for volume in rows::<EbsVolume>(cluster, &EBS_VOLUMES) {
            let is_own = owned.as_deref().is_some_and(|tag| volume.tag(tag).is_some())
                || volume.instances.iter().any(|id| machines.contains(&**id));
            if is_own {
                let monthly = self.list.volume(&volume.kind, volume.gib, volume.iops, volume.throughput);
                let row = self.add(Part::Volumes, &volume.kind, 1, monthly);
                if volume.instances.is_empty() {
                    let loose = row.note.split(' ').next().and_then(|n| n.parse::<u32>().ok()).unwrap_or(0);
                    row.note = format!("{} attached to nothing", loose + 1).into();
                }
            }
        }
    }

    fn ways(&mut self, network: &Network<'_>) {
        let gateways: Vec<&Arc<Gateway>> =
            network.own::<Gateway>(&GATEWAYS, |gateway| &gateway.vpc).collect();
        for gateway in gateways.into_iter().filter(|gateway| gateway.kind == GatewayKind::Nat) {
            if matches!(&*gateway.state, "available" | "pending") {
                let price = self.list.monthly(self.list.hour.nat_gateway);
                self.add(Part::Network, "NAT gateways", 1, Some(price));
                self.addresses(gateway.addresses.len());
            }
        }
        let endpoints: Vec<&Arc<Endpoint>> =
            network.own::<Endpoint>(&ENDPOINTS, |endpoint| &endpoint.vpc).collect();
        for endpoint in endpoints.into_iter().filter(|own| own.kind.eq_ignore_ascii_case("interface")) {
            let zones = u32::try_from(endpoint.subnets.len()).unwrap_or(u32::MAX);
            let price = self.list.monthly(self.list.hour.interface_endpoint) * u64::from(zones);
            self.add(Part::Network, "interface endpoints", 1, Some(price));
        }
    }

    /// Load balancers as Kubernetes knows them: each name of one in a status is one.
    fn balancers(&mut self, cluster: &ClusterSnapshot) {
        let is_ours = |name: &&str| name.contains(".elb.") && name.contains(".amazonaws.com");
        let services: BTreeSet<&str> = rows::<Service>(cluster, &SERVICES)
            .flat_map(|service| service.load_balancer.iter().map(AsRef::as_ref))
            .filter(is_ours)
            .collect();
        let ingresses: BTreeSet<&str> = rows::<Ingress>(cluster, &INGRESSES)
            .flat_map(|ingress| ingress.load_balancer.iter().map(AsRef::as_ref))
            .filter(is_ours)
            // Behind an ingress controller, ingresses carry the name of its service's load balancer.
            .filter(|name| !services.contains(name))
            .collect();
        let counts = [
            (services.len(), "network load balancers", self.list.hour.network_load_balancer),
            (ingresses.len(), "application load balancers", self.list.hour.application_load_balancer),
        ];
        for (count, name, an_hour) in counts {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            if count > 0 {
                let price = self.list.monthly(an_hour);
                self.add(Part::Network, name, count, Some(price * u64::from(count)));
            }
        }
    }

    fn finish(self, cluster: &ClusterSnapshot) -> Vec<Cost> {
        let mut total = cost(Part::Total, "total", 0, Some(0));
        for row in self.rows.values().filter(|row| row.part.counts()) {
            total.count += row.count;
            total.monthly = total.monthly.zip(row.monthly).map(|(sum, cents)| sum + cents);
            total.without_price += row.without_price;
            total.later = total.later.or(row.later);
        }
        let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.cost_a_month);
        total.estimate = wanted.map(|dollars| u64::from(dollars) * 100);
        let missing: BTreeSet<&str> = [(GATEWAYS, "the network"), (EBS_VOLUMES, "volumes")]
            .iter()
            .filter(|(kind, _)| unread(cluster, kind).is_some())
            .map(|(_, words)| *words)
            .collect();
        let missing: Vec<&str> = missing.into_iter().collect();
        total.note = match missing.is_empty() {
            true => self.list.words().into(),
            false => format!("{} not read; {}", missing.join(" and "), self.list.words()).into(),
        };
        let mut rows: Vec<Cost> = self.rows.into_values().collect();
        for row in &mut rows {
            if row.without_price > 0 && row.monthly == Some(0) {
                row.monthly = None;
            }
        }
        rows.push(total);
        rows
    }
}
