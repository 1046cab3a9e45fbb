//! Certificates.

use std::sync::Arc;

use super::{IssuerRef, IssuerRefWire};
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::delay::Delay;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Number, Object, Text, Texts, wire_structs};

/// A certificate that cert-manager keeps valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// `metadata`; its owner is the Ingress or Gateway that it was made for, if any.
    pub meta: Meta,
    /// `spec.secretName`: where it is kept.
    pub secret: Arc<str>,
    /// `spec.issuerRef`
    pub issuer: IssuerRef,
    /// `spec.commonName`; empty for most.
    pub common_name: Arc<str>,
    /// `spec.dnsNames`
    pub dns_names: Box<[Arc<str>]>,
    /// `spec.duration`: how long each one is valid; 90 days where it is not said.
    pub duration: Option<Delay>,
    /// `spec.renewBefore`
    pub renew_before: Option<Delay>,
    /// `status.notBefore`
    pub not_before: Timestamp,
    /// `status.notAfter`: when it expires.
    pub not_after: Timestamp,
    /// `status.renewalTime`: when cert-manager will renew it.
    pub renewal: Timestamp,
    /// `status.revision`: how many were issued.
    pub revision: u32,
    /// `status.lastFailureTime`; *never* unless the last attempt failed.
    pub last_failure: Timestamp,
    /// `status.failedIssuanceAttempts`: failures since the last success.
    pub failed_attempts: u32,
    /// `status.nextPrivateKeySecretName`: an issuance is under way.
    pub next_key_secret: Option<Arc<str>>,
    /// `status.conditions`: `Ready`, `Issuing`.
    pub conditions: Conditions,
    /// `metadata.generation`, which conditions speak of.
    pub generation: u32,
}

wire_structs! {
    /// A Certificate as it is read.
    pub struct CertificateWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        secret_name: Text<'a>,
        issuer_ref: Object<IssuerRefWire<'a>>,
        common_name: Text<'a>,
        dns_names: Texts<'a>,
        duration: Text<'a>,
        renew_before: Text<'a>,
    }
    struct StatusWire<'a> {
        not_before: Text<'a>,
        not_after: Text<'a>,
        renewal_time: Text<'a>,
        revision: Number,
        last_failure_time: Text<'a>,
        failed_issuance_attempts: Number,
        next_private_key_secret_name: Text<'a>,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(Certificate);

impl Packed for Certificate {
    packed_from!(CertificateWire);

    fn pack(wire: CertificateWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            secret: shared.get(&spec.secret_name),
            issuer: IssuerRef::pack(&spec.issuer_ref, shared),
            common_name: shared.get(&spec.common_name),
            dns_names: shared.all(&spec.dns_names),
            duration: Delay::read(&spec.duration, shared),
            renew_before: Delay::read(&spec.renew_before, shared),
            not_before: status.not_before.instant(),
            not_after: status.not_after.instant(),
            renewal: status.renewal_time.instant(),
            revision: status.revision.count(),
            last_failure: status.last_failure_time.instant(),
            failed_attempts: status.failed_issuance_attempts.count(),
            next_key_secret: shared.known(&status.next_private_key_secret_name),
            conditions: Conditions::pack(&status.conditions, shared),
            generation: meta.generation.count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(json: &str) -> Certificate {
        Certificate::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_certificate_is_read() {
        let certificate = certificate(
            r#"{"metadata":{"name":"argocd-server-tls","namespace":"argocd","generation":1,"ownerReferences":[{"kind":"Ingress","name":"argocd"}]},
            "spec":{"dnsNames":["argocd.cosner.cloud"],"duration":"2160h0m0s","issuerRef":{"kind":"ClusterIssuer","name":"letsencrypt-prod"},
            "renewBefore":"720h0m0s","secretName":"argocd-server-tls"},
            "status":{"conditions":[{"type":"Ready","status":"True","reason":"Ready","observedGeneration":1},{"type":"Issuing","status":"True"}],
            "notAfter":"2027-01-30T12:36:19Z","notBefore":"2026-11-01T12:36:19Z","renewalTime":"2026-12-31T12:36:19Z","revision":1,
            "failedIssuanceAttempts":3,"lastFailureTime":"2026-11-20T00:00:00Z","nextPrivateKeySecretName":"argocd-server-tls-x"}}"#,
        );
        assert_eq!(
            (&*certificate.secret, &*certificate.dns_names[0]),
            ("argocd-server-tls", "argocd.cosner.cloud")
        );
        assert_eq!(
            (&*certificate.issuer.kind, &*certificate.issuer.name),
            ("ClusterIssuer", "letsencrypt-prod")
        );
        assert_eq!(certificate.renew_before, Some(Delay::Seconds(720 * 3600)));
        assert_eq!(certificate.not_after.rfc3339(), "2027-01-30T12:36:19Z");
        assert_eq!(certificate.renewal.rfc3339(), "2026-12-31T12:36:19Z");
        assert_eq!((certificate.revision, certificate.failed_attempts, certificate.generation), (1, 3, 1));
        assert!(certificate.conditions.is_true("Issuing") && certificate.next_key_secret.is_some());
    }

    #[test]
    fn a_certificate_that_was_never_issued_has_no_end() {
        let certificate = certificate(r#"{"spec":{"issuerRef":{"name":"ca"}},"status":{"notAfter":null}}"#);
        assert!(
            certificate.not_after.is_never()
                && certificate.renewal.is_never()
                && certificate.conditions.is_empty()
        );
        assert_eq!(&*certificate.issuer.kind, "Issuer");
    }
}
