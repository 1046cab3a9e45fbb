//! Services.

use std::sync::Arc;

use serde::Deserialize;

use super::external_dns::{DnsWishes, TrafficAnnotations};
use super::intern::Interner;
use super::meta::{self, Labels, Meta, MetaWire, row_with_meta};
use super::row::Packed;
use super::wire::{List, Number, Object, Pairs, Text, Texts, wire_structs};

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// `metadata`
    pub meta: Meta,
    /// `spec.type`
    pub kind: ServiceType,
    /// The first of `spec.clusterIPs`; `None` when it is headless (kubectl's `None`), or has none yet.
    pub cluster_ip: Box<str>,
    /// The name that an `ExternalName` service stands for; empty for others.
    pub external_name: Box<str>,
    /// `spec.externalIPs`
    pub external_ips: Box<[Box<str>]>,
    /// Addresses of its load balancer: host names or IPs, sorted.
    pub load_balancer: Box<[Box<str>]>,
    /// `spec.ports`
    pub ports: Box<[Port]>,
    /// `spec.selector`; empty when somebody else maintains its endpoints.
    pub selector: Labels,
    /// `spec.loadBalancerClass`; empty where the default controller is meant.
    pub load_balancer_class: Arc<str>,
    /// What annotations tell external-dns.
    pub dns: Option<Box<DnsWishes>>,
}

/// `spec.type`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceType {
    /// Reachable inside the cluster.
    ClusterIp,
    /// On a port of every node too.
    NodePort,
    /// Behind a load balancer of the cloud too.
    LoadBalancer,
    /// Another name for something outside.
    ExternalName,
    /// A type that is newer than this program.
    Other(Arc<str>),
}

/// A port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// `name`; empty for a single port.
    pub name: Arc<str>,
    /// `port`
    pub port: u32,
    /// `targetPort`: a number or the name of a container port.
    pub target: Arc<str>,
    /// `nodePort`; 0 where there is none.
    pub node_port: u32,
    /// `protocol`
    pub protocol: Arc<str>,
}

/// A service of the API server's own clients: webhooks, extension API servers, conversions of custom resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceRef {
    /// `namespace`
    pub namespace: Arc<str>,
    /// `name`
    pub name: Arc<str>,
    /// `port`; 443 where it is not said.
    pub port: u32,
}

wire_structs! {
    /// A reference to a service as it is read.
    pub(super) struct ServiceRefWire<'a> {
        namespace: Text<'a>,
        name: Text<'a>,
        port: Number,
    }
}

impl ServiceRef {
    pub(super) fn pack(wire: &ServiceRefWire<'_>, interner: &mut Interner) -> Self {
        Self {
            namespace: interner.get(&wire.namespace),
            name: interner.get(&wire.name),
            port: wire.port.count_or(443),
        }
    }
}

/// A service as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServiceWire<'a> {
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
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, rename = "clusterIP")]
    cluster_ip: Text<'a>,
    #[serde(borrow, rename = "clusterIPs")]
    cluster_ips: Texts<'a>,
    #[serde(borrow)]
    external_name: Text<'a>,
    #[serde(borrow, rename = "externalIPs")]
    external_ips: Texts<'a>,
    #[serde(borrow)]
    ports: List<PortWire<'a>>,
    #[serde(borrow)]
    selector: Pairs<'a>,
    #[serde(borrow)]
    load_balancer_class: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PortWire<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    port: Number,
    #[serde(borrow)]
    target_port: Text<'a>,
    node_port: Number,
    #[serde(borrow)]
    protocol: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusWire<'a> {
    #[serde(borrow)]
    load_balancer: Object<LoadBalancerWire<'a>>,
}

/// `status.loadBalancer`, the same for services and ingresses.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LoadBalancerWire<'a> {
    #[serde(borrow)]
    ingress: List<LoadBalancerIngressWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LoadBalancerIngressWire<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
    #[serde(borrow)]
    hostname: Text<'a>,
}

impl LoadBalancerWire<'_> {
    /// Its addresses, sorted and each once.
    pub(super) fn addresses(&self) -> Box<[Box<str>]> {
        let mut addresses: Vec<Box<str>> = self
            .ingress
            .iter()
            .filter_map(|ingress| ingress.ip.known().or(ingress.hostname.known()))
            .map(Into::into)
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.into()
    }
}

impl ServiceType {
    /// The word of manifests and screens.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ClusterIp => "ClusterIP",
            Self::NodePort => "NodePort",
            Self::LoadBalancer => "LoadBalancer",
            Self::ExternalName => "ExternalName",
            Self::Other(other) => other,
        }
    }
}

impl Service {
    /// EXTERNAL-IP of `kubectl get services`, without its width limit; `None` where there is nothing to say.
    pub fn external(&self) -> Option<String> {
        let externals = self.external_ips.iter();
        let addresses: Vec<&str> = match &self.kind {
            ServiceType::ExternalName => vec![&self.external_name],
            ServiceType::LoadBalancer => self.load_balancer.iter().chain(externals).map(|a| &**a).collect(),
            ServiceType::ClusterIp | ServiceType::NodePort | ServiceType::Other(_) => {
                externals.map(|a| &**a).collect()
            }
        };
        (!addresses.is_empty()).then(|| addresses.join(","))
    }

    /// The names that external-dns makes for it.
    pub fn hostnames(&self) -> &[Arc<str>] {
        self.dns.as_ref().map_or(&[], |dns| &dns.hostnames)
    }

    /// True for a load balancer that the cloud has not made yet.
    pub fn is_pending(&self) -> bool {
        self.kind == ServiceType::LoadBalancer && self.load_balancer.is_empty()
    }

    /// PORT(S) of `kubectl get services`: `80/TCP,443:30443/TCP`.
    pub fn ports_text(&self) -> String {
        let ports = self.ports.iter().map(|port| match port.node_port {
            0 => format!("{}/{}", port.port, port.protocol),
            node_port => format!("{}:{node_port}/{}", port.port, port.protocol),
        });
        ports.collect::<Vec<_>>().join(",")
    }
}

row_with_meta!(Service);

impl Packed for Service {
    type Wire<'a> = ServiceWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w ServiceWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: ServiceWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec, status) =
            (wire.metadata.or_default(), wire.spec.or_default(), wire.status.or_default());
        let cluster_ip = spec.cluster_ips.0.first().unwrap_or(&spec.cluster_ip);
        Self {
            meta: Meta::pack(&meta, shared),
            kind: match &*spec.kind {
                "" | "ClusterIP" => ServiceType::ClusterIp,
                "NodePort" => ServiceType::NodePort,
                "LoadBalancer" => ServiceType::LoadBalancer,
                "ExternalName" => ServiceType::ExternalName,
                other => ServiceType::Other(shared.get(other)),
            },
            cluster_ip: (**cluster_ip).into(),
            external_name: (*spec.external_name).into(),
            external_ips: spec.external_ips.0.iter().map(|ip| (**ip).into()).collect(),
            load_balancer: status
                .load_balancer
                .0
                .as_ref()
                .map(LoadBalancerWire::addresses)
                .unwrap_or_default(),
            ports: spec
                .ports
                .iter()
                .map(|port| Port {
                    name: shared.get(&port.name),
                    port: port.port.count(),
                    target: shared.get(&port.target_port),
                    node_port: port.node_port.count(),
                    protocol: shared.get(port.protocol.known().unwrap_or("TCP")),
                })
                .collect(),
            selector: meta::pairs(&spec.selector, shared),
            load_balancer_class: shared.get(&spec.load_balancer_class),
            dns: meta.annotations.0.as_ref().and_then(|annotations| annotations.pack(shared)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(json: &str) -> Service {
        Service::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn ports_and_addresses_read_as_in_kubectl() {
        let node_port = service(
            r#"{"spec":{"type":"NodePort","clusterIP":"172.20.0.10","clusterIPs":["172.20.0.10"],"selector":{"app":"x"},
            "ports":[{"name":"http","port":80,"nodePort":30080,"targetPort":"http","protocol":"TCP"},{"port":53,"targetPort":53,"protocol":"UDP"}]}}"#,
        );
        assert_eq!(node_port.ports_text(), "80:30080/TCP,53/UDP");
        assert_eq!(node_port.external(), None);
        assert_eq!(node_port.ports.get(1).map(|port| &*port.target), Some("53"));
        let balanced = service(
            r#"{"spec":{"type":"LoadBalancer","externalIPs":["1.2.3.4"]},
            "status":{"loadBalancer":{"ingress":[{"hostname":"b.elb"},{"hostname":"a.elb"},{"ip":"9.9.9.9","hostname":"x"}]}}}"#,
        );
        assert_eq!(balanced.external().as_deref(), Some("9.9.9.9,a.elb,b.elb,1.2.3.4"));
        assert!(service(r#"{"spec":{"type":"LoadBalancer"},"status":{"loadBalancer":{}}}"#).is_pending());
        assert_eq!(
            service(r#"{"spec":{"type":"ExternalName","externalName":"db.example"}}"#).external().as_deref(),
            Some("db.example")
        );
    }

    #[test]
    fn a_service_without_spec_is_a_cluster_ip_without_ports() {
        let bare = service(r#"{"metadata":{"name":"x"},"spec":null}"#);
        assert_eq!((bare.kind.as_str(), bare.ports_text().as_str()), ("ClusterIP", ""));
        assert_eq!(service(r#"{"spec":{"type":"Mesh"}}"#).kind.as_str(), "Mesh");
    }
}
