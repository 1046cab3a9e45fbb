//! Who keeps records: the external-dns of each cluster, and the names that its ingresses and services want.

use std::collections::HashMap;

use super::registry::Affix;
use crate::fleet::external_dns::Arguments;
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::{DEPLOYMENTS, INGRESSES, SERVICES};
use crate::fleet::service::{Service, ServiceType};
use crate::fleet::workload::Workload;
use crate::fleet::{ResourceType, Row, Timestamp};
use crate::planes::path::{Seen, Shelf};
use crate::snapshot::ClusterSnapshot;

/// Something of a cluster that wants a name.
#[derive(Clone, Debug)]
pub(super) struct Wish<'a> {
    pub(super) kind: &'static str,
    pub(super) resource: ResourceType,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    /// Where the name shall lead; nothing while it has no address.
    pub(super) targets: Vec<String>,
    pub(super) ttl: Option<u32>,
    pub(super) created: Timestamp,
}

impl Wish<'_> {
    /// `Ingress production/api`
    pub(super) fn words(&self) -> String {
        format!("{} {}/{}", self.resource.kind, self.namespace, self.name)
    }
}

/// An external-dns that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeper<'a> {
    pub(super) arguments: &'a Arguments,
    pub(super) workload: &'a Workload,
}

/// A cluster, as far as names are concerned.
#[derive(Debug)]
pub(super) struct Steward<'a> {
    pub(super) cluster: &'a ClusterSnapshot,
    pub(super) at: usize,
    pub(super) keepers: Vec<Keeper<'a>>,
    /// False when an external-dns may run that nobody could see.
    pub(super) is_known: bool,
    wishes: HashMap<String, Vec<Wish<'a>>>,
    ingresses: Shelf<'a, Ingress>,
    services: Shelf<'a, Service>,
}

fn lower(addresses: &[Box<str>]) -> Vec<String> {
    addresses.iter().map(|address| address.to_lowercase()).collect()
}

impl<'a> Steward<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot, at: usize) -> Self {
        let workloads = Shelf::<Workload>::of(cluster, &DEPLOYMENTS);
        let mut keepers: Vec<Keeper<'a>> = workloads
            .iter()
            .filter(|workload| workload.wanted > 0)
            .filter_map(|workload| Some(Keeper { arguments: workload.external_dns.as_deref()?, workload }))
            .collect();
        keepers.sort_by_key(|keeper| (keeper.workload.namespace(), keeper.workload.name()));
        let ingresses = Shelf::<Ingress>::of(cluster, &INGRESSES);
        let services = Shelf::<Service>::of(cluster, &SERVICES);
        let mut steward = Self {
            cluster,
            at,
            keepers,
            is_known: workloads.knows(""),
            wishes: HashMap::new(),
            ingresses,
            services,
        };
        let mut all: Vec<(String, Wish<'a>)> = Vec::new();
        for ingress in steward.ingresses.iter() {
            all.extend(steward.wishes_of_ingress(ingress));
        }
        for service in steward.services.iter() {
            all.extend(steward.wishes_of_service(service));
        }
        all.sort_by(|a, b| {
            (&a.0, a.1.kind, a.1.namespace, a.1.name).cmp(&(&b.0, b.1.kind, b.1.namespace, b.1.name))
        });
        for (host, wish) in all {
            steward.wishes.entry(host).or_default().push(wish);
        }
        steward
    }

    fn wishes_of_ingress(&self, ingress: &'a Ingress) -> Vec<(String, Wish<'a>)> {
        let dns = ingress.dns.as_deref();
        if dns.is_some_and(|dns| dns.is_ignored) || !ingress.meta.deleted.is_never() {
            return Vec::new();
        }
        let fits = |keeper: &Keeper<'_>| {
            keeper.arguments.classes.is_empty()
                || keeper.arguments.classes.iter().any(|class| Some(&**class) == ingress.class.as_deref())
        };
        if !self.keepers.is_empty() && !self.keepers.iter().any(fits) {
            return Vec::new();
        }
        let rules = ingress.rules.iter().map(|rule| &*rule.host).filter(|host| !host.is_empty());
        let noted = dns.into_iter().flat_map(|dns| dns.hostnames.iter()).map(AsRef::as_ref);
        let mut hosts: Vec<String> =
            rules.chain(noted).map(|host: &str| host.trim_end_matches('.').to_lowercase()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let wish = Wish {
            kind: "ingress",
            resource: INGRESSES,
            namespace: ingress.namespace().unwrap_or_default(),
            name: ingress.name(),
            targets: match dns.filter(|dns| !dns.targets.is_empty()) {
                Some(dns) => dns.targets.iter().map(ToString::to_string).collect(),
                None => lower(&ingress.load_balancer),
            },
            ttl: dns.and_then(|dns| dns.ttl),
            created: ingress.meta.created,
        };
        hosts.into_iter().map(|host| (host, wish.clone())).collect()
    }

    fn wishes_of_service(&self, service: &'a Service) -> Vec<(String, Wish<'a>)> {
        let Some(dns) = service.dns.as_deref().filter(|dns| !dns.is_ignored) else { return Vec::new() };
        if !service.meta.deleted.is_never() {
            return Vec::new();
        }
        let wish = Wish {
            kind: "service",
            resource: SERVICES,
            namespace: service.namespace().unwrap_or_default(),
            name: service.name(),
            targets: match (dns.targets.is_empty(), &service.kind) {
                (false, _) => dns.targets.iter().map(ToString::to_string).collect(),
                (true, ServiceType::ExternalName) => vec![service.external_name.to_lowercase()],
                // Of others it makes addresses of nodes or pods, which are not compared.
                (true, _) => lower(&service.load_balancer),
            },
            ttl: dns.ttl,
            created: service.meta.created,
        };
        dns.hostnames.iter().map(|host| (host.to_string(), wish.clone())).collect()
    }

    /// What wants a name, by those kinds that an external-dns of the cluster makes records for.
    pub(super) fn wishes(&self, host: &str) -> impl Iterator<Item = &Wish<'a>> {
        self.wishes.get(host).into_iter().flatten().filter(|wish| self.makes(wish.kind))
    }

    /// Every name that is wanted.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.wishes.keys().map(String::as_str)
    }

    fn makes(&self, kind: &str) -> bool {
        self.keepers
            .iter()
            .any(|keeper| keeper.arguments.sources.is_empty() || keeper.arguments.has_source(kind))
    }

    /// The external-dns that keeps a name of a zone.
    pub(super) fn keeper(&self, name: &str, zone: &str, is_private: bool) -> Option<Keeper<'a>> {
        self.keepers.iter().find(|keeper| keeper.arguments.keeps(name, zone, is_private)).copied()
    }

    /// The external-dns that signs with this owner.
    pub(super) fn signs(&self, owner: &str) -> Option<Keeper<'a>> {
        self.keepers.iter().find(|keeper| *keeper.arguments.owner == *owner).copied()
    }

    /// The object that a text names; `None` for kinds that are not read.
    pub(super) fn source(&self, kind: &str, namespace: &str, name: &str) -> Option<(ResourceType, Seen<()>)> {
        fn there<T>(seen: Seen<T>) -> Seen<()> {
            match seen {
                Seen::Found(_) => Seen::Found(()),
                Seen::Absent => Seen::Absent,
                Seen::Unknown => Seen::Unknown,
            }
        }
        match kind {
            "ingress" => Some((INGRESSES, there(self.ingresses.get(namespace, name)))),
            "service" => Some((SERVICES, there(self.services.get(namespace, name)))),
            _ => None,
        }
    }

    /// True when all that wants names could be read.
    pub(super) fn knows_all(&self) -> bool {
        self.ingresses.knows("") && self.services.knows("")
    }

    /// Ingresses and services that carry a tag of a load balancer.
    pub(super) fn stack(&self, kind: &str, stack: &str) -> Seen<()> {
        let Some((namespace, name)) = stack.split_once('/') else { return Seen::Unknown };
        let kind = kind.to_lowercase();
        self.source(&kind, namespace, name).map_or(Seen::Unknown, |(_, seen)| seen)
    }
}

/// How names of texts are made in these clusters: plainly, and with each prefix and suffix that is in use.
pub(super) fn affixes(stewards: &[Steward<'_>]) -> Vec<Affix> {
    let mut all = vec![Affix::default()];
    for keeper in stewards.iter().flat_map(|steward| &steward.keepers) {
        let affix = Affix::of(keeper.arguments);
        if !all.contains(&affix) {
            all.push(affix);
        }
    }
    all
}
