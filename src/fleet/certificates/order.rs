//! Orders: what an ACME server is asked for.

use std::sync::Arc;

use super::{IssuerRef, IssuerRefWire};
use crate::fleet::condition::bounded;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{Flag, List, Object, Text, Texts, wire_structs};
use crate::fleet::word::open_words;

/// An Order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// `metadata`; its owner is the CertificateRequest.
    pub meta: Meta,
    /// `spec.issuerRef`
    pub issuer: IssuerRef,
    /// `spec.dnsNames`
    pub dns_names: Box<[Arc<str>]>,
    /// `status.state`; empty until the server answered.
    pub state: AcmeState,
    /// `status.reason`, of at most 1 KiB.
    pub reason: Arc<str>,
    /// `status.failureTime`
    pub failed: Timestamp,
    /// `status.authorizations`: what must be proved.
    pub authorizations: Box<[Authorization]>,
}

open_words! {
    /// How an order or a challenge stands (RFC 8555), with `errored` for what went wrong on this side.
    pub enum AcmeState {
        /// Done.
        Valid = "valid",
        /// Proved; the certificate can be had.
        Ready = "ready",
        /// Something is still to be proved.
        Pending = "pending",
        /// The server looks at it.
        Processing = "processing",
        /// The server refused it, for good.
        Invalid = "invalid",
        /// Too late.
        Expired = "expired",
        /// cert-manager gave up, for good.
        Errored = "errored",
    }
}

/// What must be proved for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// `identifier`: the domain.
    pub identifier: Arc<str>,
    /// `wildcard`
    pub is_wildcard: bool,
    /// `initialState`: how it stood when the order was made.
    pub initial_state: AcmeState,
}

wire_structs! {
    /// An Order as it is read.
    pub struct OrderWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        issuer_ref: Object<IssuerRefWire<'a>>,
        dns_names: Texts<'a>,
    }
    struct StatusWire<'a> {
        state: Text<'a>,
        reason: Text<'a>,
        failure_time: Text<'a>,
        authorizations: List<AuthorizationWire<'a>>,
    }
    struct AuthorizationWire<'a> {
        identifier: Text<'a>,
        wildcard: Flag,
        initial_state: Text<'a>,
    }
}

row_with_meta!(Order);

impl Packed for Order {
    packed_from!(OrderWire);

    fn pack(wire: OrderWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            issuer: IssuerRef::pack(&spec.issuer_ref, shared),
            dns_names: shared.all(&spec.dns_names),
            state: AcmeState::read(&status.state, shared),
            reason: shared.get(&bounded(&status.reason)),
            failed: status.failure_time.instant(),
            authorizations: status
                .authorizations
                .iter()
                .map(|wire| Authorization {
                    identifier: shared.get(&wire.identifier),
                    is_wildcard: wire.wildcard.is_true(),
                    initial_state: AcmeState::read(&wire.initial_state, shared),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_failed_says_why_and_keeps_no_tokens() {
        let json = r#"{"metadata":{"name":"api-tls-1-42","ownerReferences":[{"kind":"CertificateRequest","name":"api-tls-1"}]},
            "spec":{"dnsNames":["api.cosner.cloud"],"issuerRef":{"name":"letsencrypt"},"request":"LS0t"},
            "status":{"state":"invalid","reason":"authorization failed","failureTime":"2026-11-21T00:00:00Z","finalizeURL":"https://acme/f",
            "authorizations":[{"identifier":"api.cosner.cloud","initialState":"pending","url":"https://acme/a","wildcard":true,
            "challenges":[{"token":"geheim","type":"dns-01","url":"https://acme/c"}]}]}}"#;
        let order = Order::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!((order.state.clone(), &*order.reason), (AcmeState::Invalid, "authorization failed"));
        let authorization = &order.authorizations[0];
        assert!(authorization.is_wildcard && authorization.initial_state == AcmeState::Pending);
        assert!(!format!("{order:?}").contains("geheim"));
        let new = Order::pack(serde_json::from_str("{}").unwrap(), &mut Interner::default());
        assert_eq!(new.state.as_str(), "");
    }
}
