//! What each Ingress of a cluster rests on, as a table that views join by namespace and name: whether somebody serves its
//! class, whether its certificates are there, and whether anything answers behind it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::ground::Ground;
use super::shelf::Shelf;
use crate::fleet::ingress::{Backend, Ingress};
use crate::fleet::kind::{
    CERTIFICATES, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES,
};
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Timestamp, Verdict};
use crate::planes::known::Known;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// What ingresses rest on, as a derived kind.
pub const INGRESS_FRONTS: ResourceType = derived::namespaced("ingressfronts", "IngressFront");

static NEEDS: [ResourceType; 1] = [INGRESSES];
static HELPS: [ResourceType; 7] =
    [INGRESS_CLASSES, SERVICES, ENDPOINT_SLICES, SECRETS, CERTIFICATES, DEPLOYMENTS, DAEMON_SETS];

/// The table of what ingresses rest on.
pub const TABLE: Derived = Derived::new::<Fronts>(INGRESS_FRONTS, &NEEDS, &HELPS);

/// An ingress controller may need this long to make a load balancer.
const ADDRESS_PATIENCE: i64 = 5 * 60;
/// A certificate that lasts no longer than this should have been renewed: cert-manager does so 30 days before its end.
const EXPIRY_WARNING: i64 = 14 * 24 * 3600;

/// What an Ingress rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Front {
    /// Who serves it.
    pub class: ClassState,
    /// Its certificates that are kept in Secrets.
    pub tls: Box<[TlsState]>,
    /// Where its requests go.
    pub backends: Box<[BackendState]>,
    /// Other ingresses of its class for one of its hosts.
    pub also: Box<[AlsoIn]>,
}

/// Who serves the class of an Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassState {
    /// A controller that runs in this cluster.
    Served {
        /// Which, by its id among the components.
        controller: &'static str,
        /// How many of its replicas are ready.
        ready: u32,
        /// How many there should be.
        wanted: u32,
    },
    /// A controller that should run in this cluster, and does not.
    NotRunning(&'static str),
    /// A controller that this program does not know, by its name in the class.
    Elsewhere(Arc<str>),
    /// The class that it names does not exist.
    Missing,
    /// It names no class, and no class is the default.
    NoDefault,
    /// Nobody could look.
    Unknown,
}

/// A certificate of an Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsState {
    /// The Secret that it is kept in.
    pub secret: Arc<str>,
    /// The hosts that it is for; none means all.
    pub hosts: Box<[Arc<str>]>,
    /// Whether the Secret is there; `None` when Secrets cannot be read.
    pub is_there: Option<bool>,
    /// The Certificate that keeps it valid, where cert-manager does.
    pub certificate: Option<Arc<str>>,
    /// When it expires; *never* when nobody says.
    pub expires: Timestamp,
}

/// A backend of an Ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendState {
    /// As the Ingress spells it.
    pub backend: Backend,
    /// Where it leads.
    pub resolved: Resolved,
}

/// Where a backend leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// To a service with addresses.
    Endpoints {
        /// How many are ready.
        ready: u32,
        /// How many there are.
        total: u32,
        /// How many there are whatever their port: more than `total` when pods lack the port that is asked for.
        on_other_ports: u32,
    },
    /// To a name outside.
    Outside(Arc<str>),
    /// The service does not exist.
    NoService,
    /// The service does not have the port; it has these.
    NoPort(Arc<str>),
    /// To an action of the load balancer itself.
    Action,
    /// To something that is no service.
    Resource,
    /// Nobody could look.
    Unknown,
}

/// Another Ingress for the same host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlsoIn {
    /// The host; empty for any.
    pub host: Arc<str>,
    /// `namespace/name` of the other one.
    pub ingress: Arc<str>,
    /// A path that both have, so that only one of them is asked.
    pub path: Option<Arc<str>>,
}

impl Resolved {
    /// How it is, and why it is not ok, as said of the service `name`.
    pub fn judge(&self, name: &str) -> (Verdict, String) {
        match self {
            Self::Endpoints { total: 0, on_other_ports, .. } if *on_other_ports > 0 => {
                (Verdict::Critical, format!("service {name}: no pod behind it has the port"))
            }
            Self::Endpoints { total: 0, .. } => {
                (Verdict::Critical, format!("service {name} has no endpoints"))
            }
            Self::Endpoints { ready: 0, total, .. } => {
                (Verdict::Critical, format!("service {name}: none of {total} endpoints is ready"))
            }
            // What does not answer is left out; requests still succeed. The pod says why.
            Self::Endpoints { .. } | Self::Action | Self::Outside(_) | Self::Resource => {
                (Verdict::Ok, String::new())
            }
            Self::NoService => (Verdict::Critical, format!("service {name} does not exist")),
            Self::NoPort(has) => {
                (Verdict::Critical, format!("service {name} has no such port; it has {has}"))
            }
            Self::Unknown => (Verdict::Unknown, format!("service {name} cannot be read")),
        }
    }
}

impl BackendState {
    /// How it is, and why it is not ok.
    pub fn judge(&self) -> (Verdict, String) {
        let name = match &self.backend {
            Backend::Service { name, .. } | Backend::Resource { name, .. } => name,
        };
        let (verdict, why) = self.resolved.judge(name);
        match (&self.resolved, &self.backend) {
            (Resolved::NoPort(has), Backend::Service { port, .. }) => {
                (verdict, format!("service {name} has no port {port}; it has {has}"))
            }
            _ => (verdict, why),
        }
    }
}

impl TlsState {
    /// How it is at this moment, and why it is not ok.
    pub fn judge(&self, now: Timestamp) -> (Verdict, String) {
        let left = now.seconds_before(self.expires);
        let secret = &self.secret;
        if !self.expires.is_never() && left <= 0 {
            return (
                Verdict::Critical,
                format!("its certificate in {secret} expired {} ago", human_duration(-left)),
            );
        }
        match (self.is_there, &self.certificate) {
            (Some(false), Some(certificate)) => (
                Verdict::Critical,
                format!("secret {secret} is missing: certificate {certificate} was not issued"),
            ),
            (Some(false), None) => (Verdict::Critical, format!("its TLS secret {secret} does not exist")),
            _ if !self.expires.is_never() && left < EXPIRY_WARNING => {
                (Verdict::Warning, format!("its certificate expires in {}", human_duration(left)))
            }
            _ => (Verdict::Ok, String::new()),
        }
    }
}

impl ClassState {
    /// How it is, and why it is not ok; `class` is the one that the Ingress names.
    pub fn judge(&self, class: Option<&str>) -> (Verdict, String) {
        let class = class.unwrap_or("by default");
        match self {
            Self::Served { controller, ready: 0, wanted } if *wanted > 0 => {
                (Verdict::Critical, format!("{controller}, which serves it, has no ready pod"))
            }
            Self::Served { controller, wanted: 0, .. } => {
                (Verdict::Critical, format!("{controller}, which serves it, is scaled to zero"))
            }
            Self::Served { .. } | Self::Elsewhere(_) => (Verdict::Ok, String::new()),
            Self::NotRunning(controller) => {
                (Verdict::Critical, format!("nobody serves class {class}: {controller} does not run here"))
            }
            Self::Missing => (Verdict::Critical, format!("nobody serves it: class {class} does not exist")),
            Self::NoDefault => {
                (Verdict::Critical, "nobody serves it: it names no class and none is the default".to_owned())
            }
            Self::Unknown => (Verdict::Unknown, "who serves its class cannot be read".to_owned()),
        }
    }
}

impl fmt::Display for ClassState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Served { controller, .. } | Self::NotRunning(controller) => f.write_str(controller),
            Self::Elsewhere(controller) => f.write_str(controller),
            Self::Missing | Self::NoDefault => f.write_str("nobody"),
            Self::Unknown => f.write_str("?"),
        }
    }
}

impl Front {
    /// What is wrong before a request has reached a backend: class, controller, certificates, address.
    pub fn judge_entrance(&self, ingress: &Ingress, now: Timestamp) -> (Verdict, String) {
        if !ingress.meta.deleted.is_never() {
            return (Verdict::Progressing, "being deleted".to_owned());
        }
        let mut worst = self.class.judge(ingress.class.as_deref());
        let mut also = |judged: (Verdict, String)| {
            if judged.0 > worst.0 {
                worst = judged;
            }
        };
        for tls in &self.tls {
            also(tls.judge(now));
        }
        for other in &self.also {
            if let Some(path) = &other.path {
                let host = if other.host.is_empty() { "*" } else { &*other.host };
                also((Verdict::Warning, format!("{host}{path} is also in {}", other.ingress)));
            }
        }
        if ingress.load_balancer.is_empty() {
            let age = ingress.meta.created.age_at(now);
            also(match age > ADDRESS_PATIENCE {
                true => (Verdict::Warning, format!("has had no address for {}", human_duration(age))),
                false => (Verdict::Progressing, "waits for its address".to_owned()),
            });
        }
        worst
    }

    /// How the Ingress is at this moment, and why it is not ok.
    pub fn judge(&self, ingress: &Ingress, now: Timestamp) -> (Verdict, String) {
        let entrance = self.judge_entrance(ingress, now);
        if entrance.0 == Verdict::Progressing {
            return entrance;
        }
        let backends = self.backends.iter().map(BackendState::judge);
        // Of equals the first is said: nobody serving comes before nobody answering.
        backends.fold(entrance, |worst, next| if next.0 > worst.0 { next } else { worst })
    }
}

/// Concludes what ingresses rest on.
#[derive(Debug, Default)]
pub struct Fronts;

impl Conclusion for Fronts {
    type Row = Known<Front>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Known<Front>> {
        let ground = Ground::of(cluster);
        let ingresses = Shelf::<Ingress>::of(cluster, &INGRESSES);
        let mut all: Vec<&Ingress> = ingresses.iter().collect();
        all.sort_by_key(|ingress| (ingress.namespace(), ingress.name()));
        let mut by_host: HashMap<(Option<&str>, &str), Vec<&Ingress>> = HashMap::new();
        for ingress in &all {
            for rule in ingress.rules.iter().filter(|rule| !rule.host.is_empty()) {
                let sharing = by_host.entry((ingress.class.as_deref(), &rule.host)).or_default();
                if !sharing.iter().any(|known| std::ptr::eq(*known, *ingress)) {
                    sharing.push(ingress);
                }
            }
        }
        all.iter()
            .map(|ingress| {
                let mut also = Vec::new();
                let class = ingress.class.as_deref();
                for host in ingress.hosts() {
                    let sharing = by_host.get(&(class, host)).into_iter().flatten();
                    for other in sharing.filter(|other| !std::ptr::eq(**other, *ingress)) {
                        also.push(AlsoIn {
                            host: host.into(),
                            ingress: format!("{}/{}", other.namespace().unwrap_or_default(), other.name())
                                .into(),
                            path: shared_path(ingress, other, host),
                        });
                    }
                }
                Known::of(*ingress, Front { also: also.into(), ..ground.front(ingress) })
            })
            .collect()
    }
}

fn shared_path(one: &Ingress, other: &Ingress, host: &str) -> Option<Arc<str>> {
    let paths = |ingress: &Ingress| -> Vec<Arc<str>> {
        let rules = ingress.rules.iter().filter(|rule| *rule.host == *host && rule.backend.is_some());
        rules.map(|rule| Arc::clone(&rule.path)).collect()
    };
    let theirs = paths(other);
    paths(one).into_iter().find(|path| theirs.contains(path))
}
