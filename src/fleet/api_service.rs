//! APIServices: which server answers for an API group (`apiregistration.k8s.io/v1`).

use std::sync::Arc;

use super::condition::{ConditionWire, Conditions};
use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::service::{ServiceRef, ServiceRefWire};
use super::wire::{Flag, List, Object, Text, wire_structs};

/// An APIService.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiService {
    /// `metadata`
    pub meta: Meta,
    /// `spec.group`; empty for the core group.
    pub group: Arc<str>,
    /// `spec.version`
    pub version: Arc<str>,
    /// `spec.service`: who answers; `None` where the API server does so itself.
    pub service: Option<ServiceRef>,
    /// `spec.insecureSkipTLSVerify`: the answering server's certificate is not looked at.
    pub skips_tls: bool,
    /// `status.conditions`: `Available` with reasons such as `MissingEndpoints` and `FailedDiscoveryCheck`.
    pub conditions: Conditions,
}

wire_structs! {
    /// An APIService as it is read.
    pub struct ApiServiceWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        group: Text<'a>,
        version: Text<'a>,
        service: Object<ServiceRefWire<'a>>,
        #[serde(rename = "insecureSkipTLSVerify")]
        insecure_skip_tls_verify: Flag,
    }
    struct StatusWire<'a> {
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(ApiService);

impl Packed for ApiService {
    packed_from!(ApiServiceWire);

    fn pack(wire: ApiServiceWire<'_>, shared: &mut Interner) -> Self {
        let spec = wire.spec.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            group: shared.get(&spec.group),
            version: shared.get(&spec.version),
            service: spec.service.get().map(|service| ServiceRef::pack(service, shared)),
            skips_tls: spec.insecure_skip_tls_verify.is_true(),
            conditions: Conditions::pack(&wire.status.or_default().conditions, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_service_is_read() {
        let json = r#"{"metadata":{"name":"v1beta1.metrics.k8s.io"},"spec":{"group":"metrics.k8s.io","version":"v1beta1",
            "insecureSkipTLSVerify":true,"service":{"name":"metrics-server","namespace":"kube-system","port":16525}},
            "status":{"conditions":[{"type":"Available","status":"False","reason":"MissingEndpoints","message":"no endpoints"}]}}"#;
        let service = ApiService::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!(
            (&*service.group, &*service.version, service.skips_tls),
            ("metrics.k8s.io", "v1beta1", true)
        );
        assert_eq!(service.service.map(|service| service.port), Some(16_525));
        assert_eq!(&*service.conditions.get("Available").unwrap().reason, "MissingEndpoints");
        let local =
            r#"{"metadata":{"name":"v1.apps"},"spec":{"group":"apps","version":"v1","service":null}}"#;
        let local = ApiService::pack(serde_json::from_str(local).unwrap(), &mut Interner::default());
        assert_eq!(local.service, None);
    }
}
