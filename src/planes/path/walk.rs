//! Follows a hostname through the clusters.

use std::collections::HashMap;
use std::sync::Arc;

use super::ground::{Ground, port_of, port_words};
use super::shelf::{Seen, Shelf, is_complete, unread};
use super::{HELPS, Hop, NEEDS, Path, Stage, Unread, hostname};
use crate::fleet::ingress::{Backend, Ingress, Rule};
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::{INGRESSES, NODE_CLAIMS, NODE_POOLS, NODES, PODS, TARGET_GROUP_BINDINGS};
use crate::fleet::node::Node;
use crate::fleet::pod::{Phase, Pod};
use crate::fleet::service::{Service, ServiceType};
use crate::fleet::target_group_binding::TargetGroupBinding;
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Timestamp, Verdict};
use crate::planes::path::front::{ClassState, Resolved};
use crate::planes::reading::is_offered;
use crate::snapshot::{ClusterSnapshot, Table};

/// What is said of a hop that only AWS knows.
const NOT_READ: &str = "AWS is not read yet";
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
    let mut path = Path { hostname, ..Path::default() };
    for ((cluster, ground, ingresses), ways) in grounds.iter().zip(ways) {
        let ways: Vec<Way<'_>> =
            ways.into_iter().filter(|(fit, _)| Some(*fit) == best).map(|(_, way)| way).collect();
        let kinds: Vec<&ResourceType> = match ways.is_empty() {
            true => NEEDS.iter().take(2).collect(),
            false => NEEDS.iter().chain(&HELPS).collect(),
        };
        path.unknown.extend(kinds.into_iter().filter_map(|kind| {
            let why = unread(cluster, kind)?;
            Some(Unread { cluster: cluster.id.clone(), what: kind.plural.to_string(), why })
        }));
        if ways.is_empty() {
            continue;
        }
        let is_first = path.hops.is_empty();
        let floor = Floor::of(cluster);
        let mut walk =
            Walk { cluster, ground, ingresses, floor, now, hops: &mut path.hops, seen: Vec::new() };
        if is_first {
            walk.hop(Stage::Record, 0, None, &path.hostname, Verdict::Unknown, NOT_READ.to_owned());
        }
        for way in ways {
            match way {
                Way::Ingress(ingress, rules) => walk.through(ingress, &rules),
                Way::Service(service) => walk.balanced(service),
            }
        }
    }
    path
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
        if let Some(fit) = service.hostnames.iter().filter_map(|name| fit(name, hostname)).min() {
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

/// What pods stand on.
struct Floor<'a> {
    pods: Option<&'a Table<Pod>>,
    nodes: Shelf<'a, Node>,
    claims: HashMap<&'a str, &'a NodeClaim>,
    pools: Shelf<'a, NodePool>,
    bindings: Vec<&'a TargetGroupBinding>,
}

impl<'a> Floor<'a> {
    fn of(cluster: &'a ClusterSnapshot) -> Self {
        let claims = Shelf::<NodeClaim>::of(cluster, &NODE_CLAIMS);
        let mut bindings: Vec<&TargetGroupBinding> =
            Shelf::of(cluster, &TARGET_GROUP_BINDINGS).iter().collect();
        bindings.sort_by_key(|binding| (binding.namespace(), binding.name()));
        Self {
            pods: cluster.table(&PODS),
            nodes: Shelf::of(cluster, &NODES),
            claims: claims.iter().filter_map(|claim| Some((claim.node.as_deref()?, claim))).collect(),
            pools: Shelf::of(cluster, &NODE_POOLS),
            bindings,
        }
    }
}

/// One cluster while a name is followed through it.
struct Walk<'a, 'w> {
    cluster: &'a ClusterSnapshot,
    ground: &'w Ground<'a>,
    ingresses: &'w Shelf<'a, Ingress>,
    floor: Floor<'a>,
    now: Timestamp,
    hops: &'w mut Vec<Hop>,
    /// Services that were followed already: two ingresses may stand behind one front.
    seen: Vec<(&'a str, &'a str)>,
}

impl<'a> Walk<'a, '_> {
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
            let is_told =
                self.hops.iter().any(|hop| hop.stage == Stage::LoadBalancer && *hop.name == **address);
            if !is_told {
                self.hop(Stage::LoadBalancer, 0, None, address, Verdict::Unknown, NOT_READ.to_owned());
            }
        }
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
            let said = format!("{kind} targets; their health: {NOT_READ}");
            let (verdict, statement) = match wrong {
                Some(condition) => {
                    (Verdict::Critical, format!("{}: {}", condition.reason, condition.message))
                }
                None if !binding.is_observed => {
                    (Verdict::Progressing, "its controller has not yet seen the last change".to_owned())
                }
                None => (Verdict::Unknown, said),
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

    /// The pods that a service selects, those in trouble first.
    fn pods_of(&self, service: &Service) -> Seen<Vec<&'a Pod>> {
        let Some(table) = self.floor.pods else { return Seen::Unknown };
        if service.selector.is_empty() {
            return Seen::Absent;
        }
        let selects = |pod: &Pod| {
            pod.namespace() == service.namespace()
                && pod.phase() != Phase::Succeeded
                && service.selector.iter().all(|(key, value)| pod.label(key) == Some(value))
        };
        let mut pods: Vec<&Pod> =
            table.iter().map(|(_, pod)| pod.as_ref()).filter(|pod| selects(pod)).collect();
        if pods.is_empty() && !is_complete(table, service.namespace()) {
            return Seen::Unknown;
        }
        pods.sort_by_cached_key(|pod| (std::cmp::Reverse(pod.judge(self.now).0), pod.name().to_owned()));
        Seen::Found(pods)
    }

    fn pods(&mut self, pods: &Seen<Vec<&'a Pod>>) {
        let Seen::Found(pods) = pods else { return };
        for pod in pods {
            let (verdict, why) = pod.judge(self.now);
            let (ready, all) = pod.ready();
            let statement = match why.is_empty() {
                true => format!("{ready}/{all} ready"),
                false => why.into_owned(),
            };
            self.hop(Stage::Pod, 1, pod.namespace(), pod.name(), verdict, statement);
            if let Some(name) = pod.node() {
                self.node(name);
            }
        }
    }

    fn node(&mut self, name: &str) {
        let node = match self.floor.nodes.get("", name) {
            Seen::Found(node) => node,
            Seen::Absent => {
                let statement = "is gone: the pod will follow".to_owned();
                return self.hop(Stage::Node, 2, None, name, Verdict::Critical, statement);
            }
            Seen::Unknown => {
                return self.hop(Stage::Node, 2, None, name, Verdict::Unknown, "cannot be read".to_owned());
            }
        };
        let words = [node.zone(), node.instance_type(), node.capacity_type()];
        let said: Vec<&str> = words.into_iter().flatten().collect();
        let said = said.join(" ");
        let (verdict, statement) = match (node.is_ready(), node.condition("Ready")) {
            (Some(true), _) if node.is_cordoned => (Verdict::Ok, format!("{said}, cordoned")),
            (Some(true), _) => (Verdict::Ok, said),
            (_, Some(ready)) => {
                let age = human_duration(ready.since.age_at(self.now));
                (Verdict::Critical, format!("NotReady for {age}: {}", ready.message))
            }
            (_, None) => (Verdict::Unknown, "says nothing of itself".to_owned()),
        };
        self.hop(Stage::Node, 2, None, name, verdict, statement);
        let claim = self.floor.claims.get(name).copied();
        if let Some(claim) = claim {
            let ready = claim.conditions.get("Ready");
            let (verdict, statement) = match ready {
                _ if !claim.meta.deleted.is_never() => {
                    let age = human_duration(claim.meta.deleted.age_at(self.now));
                    (Verdict::Progressing, format!("being ended since {age}"))
                }
                Some(ready) if !ready.is_true() => {
                    (Verdict::Warning, format!("not ready: {} {}", ready.reason, ready.message))
                }
                _ => (Verdict::Ok, claim.provider_id.rsplit('/').next().unwrap_or_default().to_owned()),
            };
            self.hop(Stage::NodeClaim, 3, None, claim.name(), verdict, statement.trim_end().to_owned());
        }
        if let Some(pool) = claim.and_then(NodeClaim::pool)
            && is_offered(self.cluster, &NODE_POOLS)
        {
            let (verdict, statement) = match self.floor.pools.get("", pool) {
                Seen::Absent => (Verdict::Warning, "is gone: its nodes will follow".to_owned()),
                Seen::Unknown => (Verdict::Unknown, "cannot be read".to_owned()),
                Seen::Found(pool) => match pool.conditions.get("Ready") {
                    Some(ready) if !ready.is_true() => {
                        (Verdict::Warning, format!("not ready: {} {}", ready.reason, ready.message))
                    }
                    _ => (Verdict::Ok, "ready".to_owned()),
                },
            };
            self.hop(Stage::NodePool, 4, None, pool, verdict, statement);
        }
    }
}
