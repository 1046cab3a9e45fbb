//! Ingresses.

use std::sync::Arc;

use serde::Deserialize;

use super::external_dns::{DnsWishes, TrafficAnnotations};
use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::Packed;
use super::service::LoadBalancerWire;
use super::wire::{List, Number, Object, Text, Texts};

/// An ingress.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// `metadata`
    pub meta: Meta,
    /// `spec.ingressClassName`, or the annotation that came before it; `None` means the cluster's default class.
    pub class: Option<Arc<str>>,
    /// `spec.rules`, in their order.
    pub rules: Box<[Rule]>,
    /// Where requests go that no rule takes.
    pub default_backend: Option<Backend>,
    /// `spec.tls`
    pub tls: Box<[Tls]>,
    /// Addresses of its load balancer: host names or IPs, sorted.
    pub load_balancer: Box<[Box<str>]>,
    /// What annotations tell external-dns.
    pub dns: Option<Box<DnsWishes>>,
}

/// One path of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The host name; empty for any.
    pub host: Arc<str>,
    /// The path; empty for any.
    pub path: Arc<str>,
    /// Where its requests go.
    pub backend: Option<Backend>,
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A service of the same namespace.
    Service {
        /// Its name.
        name: Arc<str>,
        /// The port's number, or its name.
        port: Arc<str>,
    },
    /// Something else that the ingress controller knows.
    Resource {
        /// Its kind.
        kind: Arc<str>,
        /// Its name.
        name: Arc<str>,
    },
}

/// A certificate and the hosts that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The hosts; none means all.
    pub hosts: Box<[Arc<str>]>,
    /// The Secret with the certificate; empty when the controller finds one by itself.
    pub secret: Arc<str>,
}

/// An ingress as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct IngressWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a, TrafficAnnotations<'a>>>,
    #[serde(borrow)]
    spec: Object<SpecWire<'a>>,
    #[serde(borrow)]
    status: Object<StatusWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SpecWire<'a> {
    #[serde(borrow)]
    ingress_class_name: Text<'a>,
    #[serde(borrow)]
    default_backend: Object<BackendWire<'a>>,
    #[serde(borrow)]
    rules: List<RuleWire<'a>>,
    #[serde(borrow)]
    tls: List<TlsWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RuleWire<'a> {
    #[serde(borrow)]
    host: Text<'a>,
    #[serde(borrow)]
    http: Object<HttpWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HttpWire<'a> {
    #[serde(borrow)]
    paths: List<PathWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PathWire<'a> {
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    backend: Object<BackendWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BackendWire<'a> {
    #[serde(borrow)]
    service: Object<ServiceBackendWire<'a>>,
    #[serde(borrow)]
    resource: Object<ResourceBackendWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServiceBackendWire<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    port: Object<BackendPortWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BackendPortWire<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    number: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResourceBackendWire<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TlsWire<'a> {
    #[serde(borrow)]
    hosts: Texts<'a>,
    #[serde(borrow)]
    secret_name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusWire<'a> {
    #[serde(borrow)]
    load_balancer: Object<LoadBalancerWire<'a>>,
}

impl Ingress {
    /// Its hosts in the order of the rules, each once; `*` for a rule for any host.
    pub fn hosts(&self) -> Vec<&str> {
        let mut hosts: Vec<&str> = Vec::new();
        for rule in &self.rules {
            let host = if rule.host.is_empty() { "*" } else { &*rule.host };
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Where its requests go, in the order of the rules, each once.
    pub fn backends(&self) -> Vec<&Backend> {
        let mut backends: Vec<&Backend> = Vec::new();
        for backend in self.rules.iter().filter_map(|rule| rule.backend.as_ref()).chain(&self.default_backend)
        {
            if !backends.contains(&backend) {
                backends.push(backend);
            }
        }
        backends
    }

    /// True when some certificate is for the host.
    pub fn has_tls(&self, host: &str) -> bool {
        let covers = |pattern: &str| match pattern.strip_prefix("*.") {
            Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest == domain),
            None => pattern == host,
        };
        self.tls.iter().any(|tls| tls.hosts.is_empty() || tls.hosts.iter().any(|pattern| covers(pattern)))
    }
}

impl std::fmt::Display for Backend {
    /// `api:80`, or `Bucket/static`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service { name, port } if port.is_empty() => f.write_str(name),
            Self::Service { name, port } => write!(f, "{name}:{port}"),
            Self::Resource { kind, name } => write!(f, "{kind}/{name}"),
        }
    }
}

row_with_meta!(Ingress);

impl Packed for Ingress {
    type Wire<'a> = IngressWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w IngressWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: IngressWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec, status) =
            (wire.metadata.or_default(), wire.spec.or_default(), wire.status.or_default());
        let annotation =
            meta.annotations.0.as_ref().and_then(|annotations| annotations.ingress_class.known());
        let mut rules = Vec::new();
        for rule in spec.rules.iter() {
            let host = shared.get(&rule.host);
            let paths = rule.http.0.as_ref().map_or(&[][..], |http| &http.paths);
            rules.extend(paths.iter().map(|path| Rule {
                host: Arc::clone(&host),
                path: shared.get(&path.path),
                backend: backend(&path.backend, shared),
            }));
            if paths.is_empty() {
                rules.push(Rule { host, path: shared.get(""), backend: None });
            }
        }
        Self {
            meta: Meta::pack(&meta, shared),
            class: spec.ingress_class_name.known().or(annotation).map(|class| shared.get(class)),
            rules: rules.into(),
            default_backend: backend(&spec.default_backend, shared),
            tls: spec
                .tls
                .iter()
                .map(|tls| Tls {
                    hosts: tls.hosts.0.iter().map(|host| shared.get(host)).collect(),
                    secret: shared.get(&tls.secret_name),
                })
                .collect(),
            load_balancer: status
                .load_balancer
                .0
                .as_ref()
                .map(LoadBalancerWire::addresses)
                .unwrap_or_default(),
            dns: meta.annotations.0.as_ref().and_then(|annotations| annotations.pack(shared)),
        }
    }
}

fn backend(wire: &Object<BackendWire<'_>>, interner: &mut Interner) -> Option<Backend> {
    let wire = wire.0.as_ref()?;
    if let Some(service) = &wire.service.0 {
        let port = service.port.0.as_ref().map(|port| match port.number.0 {
            Some(number) => number.to_string(),
            None => port.name.to_string(),
        });
        return Some(Backend::Service {
            name: interner.get(&service.name),
            port: interner.get(&port.unwrap_or_default()),
        });
    }
    let resource = wire.resource.0.as_ref()?;
    Some(Backend::Resource { kind: interner.get(&resource.kind), name: interner.get(&resource.name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ingress(json: &str) -> Ingress {
        Ingress::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_ingress_is_read() {
        let ingress = ingress(
            r#"{"metadata":{"name":"api","namespace":"production","annotations":{"x":"y"}},"spec":{"ingressClassName":"nginx",
            "rules":[{"host":"api.cosner.cloud","http":{"paths":[
              {"backend":{"service":{"name":"api","port":{"number":80}}},"path":"/","pathType":"Prefix"},
              {"backend":{"service":{"name":"api","port":{"number":80}}},"path":"/v2"},
              {"backend":{"resource":{"kind":"Bucket","name":"static"}},"path":"/s"}]}},{"host":"b.dev.cosner.cloud"},{}],
            "tls":[{"hosts":["api.cosner.cloud","*.dev.cosner.cloud"],"secretName":"api-tls"}]},
            "status":{"loadBalancer":{"ingress":[{"hostname":"k8s.elb.amazonaws.com"}]}}}"#,
        );
        assert_eq!(ingress.class.as_deref(), Some("nginx"));
        assert_eq!(ingress.hosts(), ["api.cosner.cloud", "b.dev.cosner.cloud", "*"]);
        let backends: Vec<String> = ingress.backends().iter().map(ToString::to_string).collect();
        assert_eq!(backends, ["api:80", "Bucket/static"]);
        assert!(ingress.has_tls("api.cosner.cloud") && ingress.has_tls("b.dev.cosner.cloud"));
        assert!(!ingress.has_tls("a.b.dev.cosner.cloud") && !ingress.has_tls("cosner.cloud"));
    }

    #[test]
    fn the_older_class_annotation_counts() {
        let old = ingress(r#"{"metadata":{"annotations":{"kubernetes.io/ingress.class":"alb"}}}"#);
        assert_eq!(old.class.as_deref(), Some("alb"));
        assert_eq!(ingress(r#"{"spec":{"rules":null,"tls":null}}"#).class, None);
    }
}
