//! CertificateRequests: one attempt to have a certificate signed.

use std::sync::Arc;

use super::{IssuerRef, IssuerRefWire};
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Number, Object, Text, wire_structs};

/// A CertificateRequest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest {
    /// `metadata`; its owner is the Certificate.
    pub meta: Meta,
    /// `spec.issuerRef`
    pub issuer: IssuerRef,
    /// The annotation `cert-manager.io/certificate-name`
    pub certificate: Option<Arc<str>>,
    /// The annotation `cert-manager.io/certificate-revision`; 0 where it is not said.
    pub revision: u32,
    /// `status.failureTime`
    pub failed: Timestamp,
    /// `status.conditions`: `Approved`, `Denied`, `InvalidRequest`, and `Ready` with the reasons `Pending`, `Failed`,
    /// `Issued`, `Denied`.
    pub conditions: Conditions,
}

wire_structs! {
    /// A CertificateRequest as it is read.
    pub struct CertificateRequestWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "cert-manager.io/certificate-name")]
        certificate: Text<'a>,
        #[serde(rename = "cert-manager.io/certificate-revision")]
        revision: Number,
    }
    struct SpecWire<'a> {
        issuer_ref: Object<IssuerRefWire<'a>>,
    }
    struct StatusWire<'a> {
        failure_time: Text<'a>,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(CertificateRequest);

impl Packed for CertificateRequest {
    packed_from!(CertificateRequestWire);

    fn pack(wire: CertificateRequestWire<'_>, shared: &mut Interner) -> Self {
        let (mut meta, status) = (wire.metadata.or_default(), wire.status.or_default());
        let annotations = std::mem::take(&mut meta.annotations).or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            issuer: IssuerRef::pack(&wire.spec.or_default().issuer_ref, shared),
            certificate: shared.known(&annotations.certificate),
            revision: annotations.revision.count(),
            failed: status.failure_time.instant(),
            conditions: Conditions::pack(&status.conditions, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_request_is_read_without_what_it_signs() {
        let json = r#"{"metadata":{"name":"argocd-server-tls-1","namespace":"argocd","annotations":{"cert-manager.io/certificate-name":"argocd-server-tls",
            "cert-manager.io/certificate-revision":"2"},"ownerReferences":[{"kind":"Certificate","name":"argocd-server-tls","controller":true}]},
            "spec":{"issuerRef":{"group":"cert-manager.io","kind":"ClusterIssuer","name":"letsencrypt-prod"},"request":"LS0tUkVRVUVTVA=="},
            "status":{"certificate":"LS0tQ0VSVA==","failureTime":"2026-11-20T00:00:00Z",
            "conditions":[{"type":"Ready","status":"False","reason":"Failed","message":"order failed"}]}}"#;
        let request = CertificateRequest::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!((request.certificate.as_deref(), request.revision), (Some("argocd-server-tls"), 2));
        assert_eq!(request.failed.rfc3339(), "2026-11-20T00:00:00Z");
        assert_eq!(&*request.conditions.get("Ready").unwrap().reason, "Failed");
        assert_eq!(&*request.issuer.group, "cert-manager.io");
        assert!(!format!("{request:?}").contains("LS0t"));
    }
}
