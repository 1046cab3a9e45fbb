//! Challenges: how it is proved to an ACME server that a domain is ours. Tokens and keys are never kept.

use std::sync::Arc;

use super::order::AcmeState;
use super::{IssuerRef, IssuerRefWire};
use crate::fleet::condition::bounded;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, Object, Text, wire_structs};

/// A Challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// `metadata`; its owner is the Order.
    pub meta: Meta,
    /// `spec.issuerRef`
    pub issuer: IssuerRef,
    /// `spec.type`: `HTTP-01` or `DNS-01`.
    pub kind: Arc<str>,
    /// `spec.dnsName`
    pub dns_name: Arc<str>,
    /// `spec.wildcard`
    pub is_wildcard: bool,
    /// `status.state`; empty until the server answered.
    pub state: AcmeState,
    /// `status.reason`, of at most 1 KiB.
    pub reason: Arc<str>,
    /// `status.presented`: the proof is in place.
    pub is_presented: bool,
    /// `status.processing`: cert-manager works on it; others wait for their turn.
    pub is_processing: bool,
}

wire_structs! {
    /// A Challenge as it is read.
    pub struct ChallengeWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        issuer_ref: Object<IssuerRefWire<'a>>,
        #[serde(rename = "type")]
        kind: Text<'a>,
        dns_name: Text<'a>,
        wildcard: Flag,
    }
    struct StatusWire<'a> {
        state: Text<'a>,
        reason: Text<'a>,
        presented: Flag,
        processing: Flag,
    }
}

row_with_meta!(Challenge);

impl Packed for Challenge {
    packed_from!(ChallengeWire);

    fn pack(wire: ChallengeWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            issuer: IssuerRef::pack(&spec.issuer_ref, shared),
            kind: shared.get(&spec.kind),
            dns_name: shared.get(&spec.dns_name),
            is_wildcard: spec.wildcard.is_true(),
            state: AcmeState::read(&status.state, shared),
            reason: shared.get(&bounded(&status.reason)),
            is_presented: status.presented.is_true(),
            is_processing: status.processing.is_true(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_that_waits_says_why_and_keeps_neither_token_nor_key() {
        let json = r#"{"metadata":{"name":"api-tls-1-42-7"},"spec":{"type":"HTTP-01","dnsName":"api.cosner.cloud","wildcard":false,
            "token":"geheim","key":"geheim.too","issuerRef":{"kind":"ClusterIssuer","name":"letsencrypt"}},
            "status":{"state":"pending","presented":true,"processing":true,"reason":"Waiting for HTTP-01 challenge propagation: wrong status code '404'"}}"#;
        let challenge = Challenge::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!((&*challenge.kind, &*challenge.dns_name), ("HTTP-01", "api.cosner.cloud"));
        assert_eq!(challenge.state, AcmeState::Pending);
        assert!(challenge.is_presented && challenge.is_processing && challenge.reason.contains("404"));
        assert!(!format!("{challenge:?}").contains("geheim"));
    }
}
