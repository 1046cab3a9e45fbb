//! Follows a hostname through the clusters.

mod floor;

use std::sync::Arc;

use self::floor::Floor;

use super::ground::{Ground, port_of, port_words};
use super::outside::{self, Outside};
use super::shelf::{Seen, Shelf, unread};
use super::{HELPS, Hop, NEEDS, Path, Stage, Unread, hostname};
use crate::fleet::aws::kind::is_aws;
use crate::fleet::ingress::{Backend, Ingress, Rule};
use crate::fleet::kind::INGRESSES;
use crate::fleet::pod::Pod;
use crate::fleet::service::{Service, ServiceType};
use crate::fleet::target_group_binding::TargetGroupBinding;
use crate::fleet::{ResourceType, Row, Timestamp, Verdict};
use crate::planes::path::front::{ClassState, Resolved};
use crate::snapshot::ClusterSnapshot;

/// A service that stands for another one is followed so often.
const ALIASES: u8 = 4;

/// How well a name of a rule fits a hostname, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Exact,
    Wildcard,
    Any,
}

/// How a cluster answers to a hostname.
enum Way<'a> {
    Ingress(&'a Ingress, Vec<(Arc<str>, &'a Backend)>),
    Service(&'a Service),
}

/// Where a hostname leads in these clusters.
pub fn follow(clusters: &[&ClusterSnapshot], typed: &str, now: Timestamp) -> Path {
    let hostname = hostname(typed);
    let grounds: Vec<(&ClusterSnapshot, Ground<'_>, Shelf<'_, Ingress>)> = clusters
        .iter()
        .map(|cluster| (*cluster, Ground::of(cluster), Shelf::of(cluster, &INGRESSES)))
        .collect();
    let ways: Vec<Vec<(Fit, Way<'_>)>> =
        grounds.iter().map(|(_, ground, ingresses)| ways(ground, ingresses, &hostname)).collect();
    let best = ways.iter().flatten().map(|(fit, _)| *fit).min();
    let outside = Outside::of(clusters);
    let mut path = Path { hostname, ..Path::default() };
    let mut is_told = false;
    for ((cluster, ground, ingresses), ways) in grounds.iter().zip(&ways) {
        let ways: Vec<&Way<'_>> =
            ways.iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, way)| way).collect();
        let kinds: Vec<&ResourceType> = match ways.is_empty() {
            true => NEEDS.iter().take(2).collect(),
            false => NEEDS.iter().chain(&HELPS).filter(|kind| !is_aws(kind)).collect(),
        };
        path.unknown.extend(kinds.into_iter().filter_map(|kind| {
            let why = unread(cluster, kind)?;
            Some(Unread { cluster: cluster.id.clone(), what: kind.plural.to_string(), why })
        }));
        if ways.is_empty() {
            continue;
        }
        path.unknown.extend(outside::unread(cluster));
        let addresses: Vec<String> = ways.iter().flat_map(|way| way.addresses()).collect();
        let mut walk = Walk::new(cluster, ground, ingresses, now, &path.hostname, &outside, &mut path.hops);
        if !std::mem::replace(&mut is_told, true) {
            walk.approach(&addresses);
        }
        for way in ways {
            match way {
                Way::Ingress(ingress, rules) => walk.through(ingress, rules),
                Way::Service(service) => walk.balanced(service),
            }
        }
    }
    if !is_told {
        path.without_ways(&grounds, &outside, now);
    }
    path
}

type Grounds<'a> = [(&'a ClusterSnapshot, Ground<'a>, Shelf<'a, Ingress>)];

impl Path {
    /// A name that nothing in the clusters answers to, but that a record may lead to them.
    fn without_ways(&mut self, grounds: &Grounds<'_>, outside: &Outside<'_>, now: Timestamp) {
        let Some((first, _, _)) = grounds.first() else { return };
        let mut approach = outside.approach(&self.hostname, &first.id);
        if !approach.is_found {
            self.unknown.extend(grounds.iter().flat_map(|(cluster, _, _)| outside::unread(cluster)));
            return;
        }
        let behind = outside.cluster_behind(&approach.leads_to);
        let Some((cluster, ground, ingresses)) = behind.or(approach.home).and_then(|at| grounds.get(at))
        else {
            return;
        };
        self.unknown.extend(outside::unread(cluster));
        approach.hops.iter_mut().for_each(|hop| hop.cluster = cluster.id.clone());
        self.hops.append(&mut approach.hops);
        let hosts = std::mem::take(&mut approach.leads_to);
        let mut walk = Walk::new(cluster, ground, ingresses, now, &self.hostname, outside, &mut self.hops);
        for host in hosts.iter().filter(|host| !is_address(host)) {
            walk.load_balancer(host);
        }
        if behind.is_some() && ingresses.knows("") && ground.services.knows("") {
            let words = "no Ingress and no Service answers to it".to_owned();
            let name = self.hostname.clone();
            walk.hop(Stage::Ingress, 0, None, &name, Verdict::Critical, words);
        }
    }
}

impl Way<'_> {
    /// Where it says that it is, in small letters.
    fn addresses(&self) -> Vec<String> {
        let addresses = match self {
            Self::Ingress(ingress, _) => &ingress.load_balancer,
            Self::Service(service) => &service.load_balancer,
        };
        addresses.iter().map(|address| address.to_lowercase()).collect()
    }
}

/// True for an IP address.
fn is_address(host: &str) -> bool {
    host.contains(':') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn ways<'a>(ground: &Ground<'a>, ingresses: &Shelf<'a, Ingress>, hostname: &str) -> Vec<(Fit, Way<'a>)> {
    let mut found: Vec<(Fit, Way<'a>)> = Vec::new();
    let mut all: Vec<&'a Ingress> = ingresses.iter().collect();
    all.sort_by_key(|ingress| (ingress.namespace(), ingress.name()));
    for ingress in all {
        let best = ingress.rules.iter().filter_map(|rule| fit(&rule.host, hostname)).min();
        let best = best.or_else(|| ingress.default_backend.is_some().then_some(Fit::Any));
        let Some(best) = best else { continue };
        // What takes every name in front of another controller is a hop on the way to that one's names.
        if best == Fit::Any && fronts_a_controller(ground, ingress) {
            continue;
        }
        let rules = ingress.rules.iter().filter(|rule| fit(&rule.host, hostname) == Some(best));
        let mut backends: Vec<(Arc<str>, &Backend)> = rules.filter_map(Rule::destination).collect();
        if backends.is_empty() {
            let default = ingress.default_backend.iter();
            backends.extend(default.map(|backend| (Arc::from("everything else"), backend)));
        }
        found.push((best, Way::Ingress(ingress, backends)));
    }
    let mut services: Vec<&'a Service> = ground.services.iter().collect();
    services.sort_by_key(|service| (service.namespace(), service.name()));
    for service in services {
        if let Some(fit) = service.hostnames().iter().filter_map(|name| fit(name, hostname)).min() {
            found.push((fit, Way::Service(service)));
        }
    }
    found
}

impl Rule {
    fn destination(&self) -> Option<(Arc<str>, &Backend)> {
        Some((Arc::clone(&self.path), self.backend.as_ref()?))
    }
}

fn fit(pattern: &str, hostname: &str) -> Option<Fit> {
    if pattern.is_empty() {
        return Some(Fit::Any);
    }
    match pattern.strip_prefix("*.") {
        Some(domain) => {
            let (label, rest) = hostname.split_once('.')?;
            (!label.is_empty() && rest.eq_ignore_ascii_case(domain)).then_some(Fit::Wildcard)
        }
        None => pattern.trim_end_matches('.').eq_ignore_ascii_case(hostname).then_some(Fit::Exact),
    }
}

fn fronts_a_controller(ground: &Ground<'_>, ingress: &Ingress) -> bool {
    let namespace = ingress.namespace().unwrap_or_default();
    ingress.backends().into_iter().any(|backend| {
        let Backend::Service { name, .. } = backend else { return false };
        let service = ground.services.get(namespace, name).found();
        service.is_some_and(|service| ground.controller_behind(service).is_some())
    })
}

/// One cluster while a name is followed through it.
struct Walk<'a, 'w> {
    cluster: &'a ClusterSnapshot,
    ground: &'w Ground<'a>,
    ingresses: &'w Shelf<'a, Ingress>,
    floor: Floor<'a>,
    now: Timestamp,
    hostname: &'w str,
    outside: &'w Outside<'a>,
    hops: &'w mut Vec<Hop>,
    /// Names of load balancers that were told already.
    hosts: Vec<String>,
    /// Target groups that were told already, by their ARNs.
    groups: Vec<Arc<str>>,
    /// Services that were followed already: two ingresses may stand behind one front.
    seen: Vec<(&'a str, &'a str)>,
}

impl<'a, 'w> Walk<'a, 'w> {
    fn new(
        cluster: &'a ClusterSnapshot,
        ground: &'w Ground<'a>,
        ingresses: &'w Shelf<'a, Ingress>,
        now: Timestamp,
        hostname: &'w str,
        outside: &'w Outside<'a>,
        hops: &'w mut Vec<Hop>,
    ) -> Self {
        let floor = Floor::of(cluster);
        let (hosts, groups, seen) = (Vec::new(), Vec::new(), Vec::new());
        Self { cluster, ground, ingresses, floor, now, hostname, outside, hops, hosts, groups, seen }
    }

    /// The records, and the load balancers that they lead to; `addresses` is where the cluster says that it is.
    fn approach(&mut self, addresses: &[String]) {
        let approach = self.outside.approach(self.hostname, &self.cluster.id);
        let is_right = |host: &String| addresses.iter().any(|address| address.trim_end_matches('.') == host);
        let mut hops = approach.hops;
        let is_elsewhere = approach.is_found
            && !addresses.is_empty()
            && !approach.leads_to.is_empty()
            // What is none of our load balancers may stand in front of one: a content network.
            && approach.leads_to.iter().all(|host| is_address(host) || self.outside.balancers.find(host).is_some())
            && !approach.leads_to.iter().any(is_right);
        if is_elsewhere && let Some(last) = hops.last_mut().filter(|hop| hop.verdict == Verdict::Ok) {
            last.verdict = Verdict::Critical;
            last.statement =
                format!("leads elsewhere: it is at {}  ({})", addresses.join(", "), last.statement);
        }
        self.hops.append(&mut hops);
        for host in approach.leads_to.iter().filter(|host| !is_address(host)) {
            self.load_balancer(host);
        }
    }

    fn hop(
        &mut self,
        stage: Stage,
        depth: u16,
        namespace: Option<&str>,
        name: &str,
        verdict: Verdict,
        statement: String,
    ) {
        self.hops.push(Hop {
            stage,
            depth,
            cluster: self.cluster.id.clone(),
            namespace: namespace.map(Arc::from),
            name: name.into(),
            verdict,
            statement,
            leads: None,
        });
    }

    /// Through an Ingress: what stands in front of its controller, itself, and where its rules lead.
    fn through(&mut self, ingress: &'a Ingress, rules: &[(Arc<str>, &'a Backend)]) {
        let (_, controller) = self.ground.class(ingress);
        let namespace = ingress.namespace().unwrap_or_default();
        let fronts: Vec<&'a Service> = match controller {
            Some(controller) => {
                let mut fronts: Vec<&Service> = self
                    .ground
                    .services
                    .iter()
                    .filter(|service| {
                        let behind = self.ground.controller_behind(service);
                        behind.is_some_and(|behind| std::ptr::eq(behind.workload, controller.workload))
                            && matches!(service.kind, ServiceType::LoadBalancer | ServiceType::NodePort)
                    })
                    .collect();
                fronts.sort_by_key(|service| service.name());
                fronts
            }
            None => Vec::new(),
        };
        if fronts.is_empty() {
            self.load_balancers(&ingress.load_balancer);
            self.bindings_of_ingress(ingress);
        }
        for front in fronts {
            self.front(front);
        }
        let front = self.ground.front(ingress);
        let (verdict, why) = front.judge_entrance(ingress, self.now);
        let to: Vec<String> = rules.iter().map(|(path, backend)| format!("{path} → {backend}")).collect();
        let served = match &front.class {
            ClassState::Served { controller, .. } => format!(" ({controller})"),
            _ => String::new(),
        };
        let class =
            ingress.class.as_deref().map_or("the default class".to_owned(), |class| format!("class {class}"));
        let said = format!("{class}{served}  {}", to.join(", "));
        let statement = if why.is_empty() { said } else { format!("{why}  ({said})") };
        self.hop(Stage::Ingress, 0, Some(namespace), ingress.name(), verdict, statement);
        if rules.is_empty() {
            let statement = "has no backend for this name".to_owned();
            self.hop(Stage::Service, 0, Some(namespace), "?", Verdict::Critical, statement);
        }
        let mut told: Vec<&Backend> = Vec::new();
        for (_, backend) in rules {
            if !told.contains(backend) {
                told.push(backend);
                self.backend(namespace, backend, ALIASES);
            }
        }
    }

    /// A service of type LoadBalancer that external-dns makes a name for.
    fn balanced(&mut self, service: &'a Service) {
        self.load_balancers(&service.load_balancer);
        self.bindings_of_service(service);
        self.service(service, None, ALIASES);
    }

    /// What stands in front of a controller: the ingresses of other controllers, or load balancers.
    fn front(&mut self, service: &'a Service) {
        let key = (service.namespace().unwrap_or_default(), service.name());
        if self.seen.contains(&key) {
            return;
        }
        self.seen.push(key);
        let leads_here = |ingress: &&Ingress| {
            ingress.namespace() == service.namespace()
                && ingress.backends().into_iter().any(
                    |backend| matches!(backend, Backend::Service { name, .. } if **name == *service.name()),
                )
        };
        let mut edges: Vec<&Ingress> = self.ingresses.iter().filter(leads_here).collect();
        edges.sort_by_key(|ingress| ingress.name());
        let mut port = None;
        for edge in &edges {
            self.load_balancers(&edge.load_balancer);
            self.bindings_of_service(service);
            let (verdict, why) = self.ground.front(edge).judge_entrance(edge, self.now);
            let class = edge.class.as_deref().unwrap_or("by default");
            let said = format!("class {class}  every name → {}", service.name());
            let statement = if why.is_empty() { said } else { format!("{why}  ({said})") };
            self.hop(Stage::Ingress, 0, edge.namespace(), edge.name(), verdict, statement);
            port = port.or(edge.backends().into_iter().find_map(|backend| match backend {
                Backend::Service { name, port } if **name == *service.name() => Some(Arc::clone(port)),
                _ => None,
            }));
        }
        if edges.is_empty() {
            self.load_balancers(&service.load_balancer);
            self.bindings_of_service(service);
        }
        self.service(service, port.as_deref(), ALIASES);
    }

    fn load_balancers(&mut self, addresses: &[Box<str>]) {
        for address in addresses {
            self.load_balancer(&address.to_lowercase());
        }
    }

    /// A load balancer with what is behind it, once.
    fn load_balancer(&mut self, host: &str) {
        if self.hosts.iter().any(|known| known == host) {
            return;
        }
        self.hosts.push(host.to_owned());
        let hops =
            self.outside.load_balancer(host, self.hostname, &self.cluster.id, self.now, &mut self.groups);
        self.hops.extend(hops);
    }

    fn bindings_of_service(&mut self, service: &Service) {
        let of = |binding: &&&TargetGroupBinding| {
            binding.namespace() == service.namespace() && *binding.service == *service.name()
        };
        let bindings: Vec<&TargetGroupBinding> = self.floor.bindings.iter().filter(of).copied().collect();
        self.bindings(&bindings);
    }

    fn bindings_of_ingress(&mut self, ingress: &Ingress) {
        let of = |binding: &&&TargetGroupBinding| {
            binding.meta.label("ingress.k8s.aws/stack-namespace") == ingress.namespace()
                && binding.meta.label("ingress.k8s.aws/stack-name") == Some(ingress.name())
        };
        let bindings: Vec<&TargetGroupBinding> = self.floor.bindings.iter().filter(of).copied().collect();
        self.bindings(&bindings);
    }

    fn bindings(&mut self, bindings: &[&TargetGroupBinding]) {
        for binding in bindings {
            let is_told =
                self.hops.iter().any(|hop| hop.stage == Stage::Binding && *hop.name == *binding.name());
            if is_told {
                continue;
            }
            let wrong = binding.conditions.iter().find(|condition| !condition.is_true());
            let kind = if binding.target_type.is_empty() { "instance" } else { &*binding.target_type };
            let arn = &*binding.target_group_arn;
            let group = self.outside.balancers.group(arn);
            if let Some(group) = group {
                self.outside.group(group, &self.cluster.id, self.hops, &mut self.groups);
            }
            let said = format!("{kind} targets of service {}:{}", binding.service, binding.port);
            let (verdict, statement) = match wrong {
                Some(condition) => {
                    (Verdict::Critical, format!("{}: {}", condition.reason, condition.message))
                }
                None if !binding.is_observed => {
                    (Verdict::Progressing, "its controller has not yet seen the last change".to_owned())
                }
                None if group.is_some() => (Verdict::Ok, said),
                None if self.outside.balancers.knows_groups && !arn.is_empty() => {
                    (Verdict::Critical, format!("its target group does not exist  ({said})"))
                }
                None => (Verdict::Unknown, format!("{said}; their health {}", outside::NOT_READ)),
            };
            self.hop(Stage::Binding, 0, binding.namespace(), binding.name(), verdict, statement);
        }
    }

    fn backend(&mut self, namespace: &str, backend: &Backend, aliases: u8) {
        let Backend::Service { name, port } = backend else {
            let statement = "no Service: only its controller knows where it leads".to_owned();
            self.hop(Stage::Service, 0, Some(namespace), &backend.to_string(), Verdict::Unknown, statement);
            return;
        };
        match self.ground.services.get(namespace, name) {
            Seen::Found(service) => self.service(service, Some(port), aliases),
            _ if &**port == "use-annotation" => {
                let statement = "the load balancer answers itself".to_owned();
                self.hop(Stage::Service, 0, Some(namespace), name, Verdict::Ok, statement);
            }
            Seen::Absent => {
                self.hop(
                    Stage::Service,
                    0,
                    Some(namespace),
                    name,
                    Verdict::Critical,
                    "does not exist".to_owned(),
                );
            }
            Seen::Unknown => {
                self.hop(
                    Stage::Service,
                    0,
                    Some(namespace),
                    name,
                    Verdict::Unknown,
                    "cannot be read".to_owned(),
                );
            }
        }
    }

    fn service(&mut self, service: &'a Service, port: Option<&str>, aliases: u8) {
        let namespace = service.namespace().unwrap_or_default();
        if service.kind == ServiceType::ExternalName {
            return self.alias(service, aliases);
        }
        let wanted = port.and_then(|port| port_of(service, port));
        let kind = service.kind.as_str();
        if let (Some(asked), None, false) = (port, wanted, service.ports.is_empty()) {
            let has: Vec<String> = service.ports.iter().map(port_words).collect();
            let statement = format!("has no port {asked}; it has {}", has.join(", "));
            return self.hop(
                Stage::Service,
                0,
                Some(namespace),
                service.name(),
                Verdict::Critical,
                statement,
            );
        }
        let ports = match wanted {
            Some(port) if port.node_port > 0 => {
                format!("{kind} {}  port {} → {}", port.node_port, port_words(port), port.target)
            }
            Some(port) => format!("{kind}  port {} → {}", port_words(port), port.target),
            None => format!("{kind}  {}", service.ports_text()),
        };
        let (verdict, statement) = match service.is_pending() {
            true => (Verdict::Warning, format!("waits for its load balancer  ({ports})")),
            false => (Verdict::Ok, ports),
        };
        self.hop(Stage::Service, 0, Some(namespace), service.name(), verdict, statement);
        let resolved = self.ground.endpoints(namespace, service, wanted);
        let pods = self.pods_of(service);
        self.endpoints(service, &resolved, &pods);
        self.pods(&pods);
    }

    fn alias(&mut self, service: &'a Service, aliases: u8) {
        let name = &*service.external_name;
        let inside = name.trim_end_matches('.').trim_end_matches(".cluster.local");
        let target = inside.strip_suffix(".svc").and_then(|inside| inside.split_once('.'));
        let statement = format!("stands for {name}");
        match target {
            Some((to, namespace)) if aliases > 0 => {
                self.hop(Stage::Service, 0, service.namespace(), service.name(), Verdict::Ok, statement);
                let port = service.ports.first().map(|port| port.port.to_string()).unwrap_or_default();
                match self.ground.services.get(namespace, to) {
                    Seen::Found(next) => {
                        self.service(next, Some(&*port).filter(|port| !port.is_empty()), aliases - 1);
                    }
                    _ => {
                        let backend = Backend::Service { name: to.into(), port: port.into() };
                        self.backend(namespace, &backend, aliases - 1);
                    }
                }
            }
            Some(_) => {
                let statement = format!("stands for {name}: services that stand for each other");
                self.hop(
                    Stage::Service,
                    0,
                    service.namespace(),
                    service.name(),
                    Verdict::Critical,
                    statement,
                );
            }
            None => {
                let statement = format!("{statement}, outside of the cluster: not looked at");
                self.hop(Stage::Service, 0, service.namespace(), service.name(), Verdict::Unknown, statement);
            }
        }
    }

    fn endpoints(&mut self, service: &Service, resolved: &Resolved, pods: &Seen<Vec<&'a Pod>>) {
        let namespace = service.namespace().unwrap_or_default();
        let slices = self.ground.slices_of(namespace, service.name());
        let name = slices.first().map_or(service.name(), |slice| slice.name()).to_owned();
        let (verdict, statement) = match resolved {
            Resolved::Endpoints { total: 0, on_other_ports, .. } if *on_other_ports > 0 => {
                (Verdict::Critical, format!("none: the {on_other_ports} pods behind it have no such port"))
            }
            Resolved::Endpoints { total: 0, .. } => {
                let labels: Vec<String> =
                    service.selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
                let why = match pods {
                    _ if service.selector.is_empty() => {
                        ": it selects no pods, and nobody else adds any".to_owned()
                    }
                    Seen::Found(pods) if pods.is_empty() => format!(": no pod has {}", labels.join(",")),
                    Seen::Found(pods) => format!(": {} pods match and none has an address", pods.len()),
                    Seen::Absent | Seen::Unknown => String::new(),
                };
                (Verdict::Critical, format!("none{why}"))
            }
            Resolved::Endpoints { ready: 0, total, .. } => {
                (Verdict::Critical, format!("none of {total} ready"))
            }
            Resolved::Endpoints { ready, total, .. } if ready < total => {
                (Verdict::Warning, format!("{ready} of {total} ready"))
            }
            Resolved::Endpoints { ready, total, .. } => (Verdict::Ok, format!("{ready} of {total} ready")),
            _ => (Verdict::Unknown, "cannot be read".to_owned()),
        };
        self.hop(Stage::Endpoints, 1, Some(namespace), &name, verdict, statement);
    }
}
