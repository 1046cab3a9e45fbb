//! Issuers and ClusterIssuers: who signs certificates. One row for both.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Keys, List, Object, Text, Texts, wire_structs};

/// An Issuer or a ClusterIssuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// `metadata`
    pub meta: Meta,
    /// What it is, by the key of its spec: `acme`, `ca`, `selfSigned`, `vault`, `venafi`; empty when it says nothing.
    pub kind: Arc<str>,
    /// `spec.acme`
    pub acme: Option<Box<Acme>>,
    /// `spec.ca.secretName`: where a CA has its key.
    pub ca_secret: Option<Arc<str>>,
    /// `status.conditions`: `Ready`.
    pub conditions: Conditions,
}

/// An account at an ACME server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acme {
    /// `server`: its directory. Let's Encrypt's staging directory issues what no browser trusts.
    pub server: Arc<str>,
    /// `email`: who is told of trouble.
    pub email: Arc<str>,
    /// `solvers`: how domains are proved to be ours.
    pub solvers: Box<[Solver]>,
}

/// How domains are proved to be ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Solver {
    /// `dns01` or `http01`.
    pub challenge: Arc<str>,
    /// With what: `route53`, `cloudflare` …, `ingress`, `gatewayHTTPRoute`.
    pub with: Arc<str>,
    /// `selector.dnsZones`: for which zones; empty for all.
    pub zones: Box<[Arc<str>]>,
    /// `selector.dnsNames`: for which names; empty for all.
    pub names: Box<[Arc<str>]>,
}

wire_structs! {
    /// An issuer as it is read.
    pub struct IssuerWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Option<&'a RawValue>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        acme: Object<AcmeWire<'a>>,
        ca: Object<CaWire<'a>>,
    }
    struct AcmeWire<'a> {
        server: Text<'a>,
        email: Text<'a>,
        solvers: List<SolverWire<'a>>,
    }
    struct CaWire<'a> {
        secret_name: Text<'a>,
    }
    struct SolverWire<'a> {
        dns01: Option<Keys<'a>>,
        http01: Option<Keys<'a>>,
        selector: Object<SelectorWire<'a>>,
    }
    struct SelectorWire<'a> {
        dns_zones: Texts<'a>,
        dns_names: Texts<'a>,
    }
    struct StatusWire<'a> {
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(Issuer);

impl Packed for Issuer {
    packed_from!(IssuerWire);

    fn pack(wire: IssuerWire<'_>, shared: &mut Interner) -> Self {
        let text = wire.spec.map_or("null", RawValue::get);
        let kinds: Keys<'_> = serde_json::from_str(text).unwrap_or_default();
        let spec: Object<SpecWire<'_>> = serde_json::from_str(text).unwrap_or_default();
        let spec = spec.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            kind: kinds.0.first().map_or_else(Arc::default, |kind| shared.get(kind)),
            acme: spec.acme.get().map(|acme| {
                Box::new(Acme {
                    server: shared.get(&acme.server),
                    email: shared.get(&acme.email),
                    solvers: acme.solvers.iter().map(|solver| Solver::pack(solver, shared)).collect(),
                })
            }),
            ca_secret: spec.ca.get().and_then(|ca| shared.known(&ca.secret_name)),
            conditions: Conditions::pack(&wire.status.or_default().conditions, shared),
        }
    }
}

impl Solver {
    fn pack(wire: &SolverWire<'_>, interner: &mut Interner) -> Self {
        let (challenge, with) = match (&wire.dns01, &wire.http01) {
            (Some(with), _) => ("dns01", with),
            (None, Some(with)) => ("http01", with),
            (None, None) => return Self::default(),
        };
        // Beside the provider there may be a setting.
        let with = with.0.iter().find(|key| &***key != "cnameStrategy");
        let selector = wire.selector.get();
        Self {
            challenge: interner.get(challenge),
            with: with.map_or_else(Arc::default, |with| interner.get(with)),
            zones: selector.map(|selector| interner.all(&selector.dns_zones)).unwrap_or_default(),
            names: selector.map(|selector| interner.all(&selector.dns_names)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(json: &str) -> Issuer {
        Issuer::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_issuer_is_read() {
        let issuer = issuer(
            r#"{"kind":"ClusterIssuer","metadata":{"name":"letsencrypt-prod"},"spec":{"acme":{"email":"platform@cosner.cloud",
            "privateKeySecretRef":{"name":"letsencrypt-prod"},"server":"https://acme-v02.api.letsencrypt.org/directory",
            "solvers":[{"dns01":{"cnameStrategy":"Follow","route53":{"region":"us-east-1"}},"selector":{"dnsZones":["cosner.cloud"]}},
            {"http01":{"ingress":{"class":"nginx"}}},{}]}},
            "status":{"conditions":[{"type":"Ready","status":"True","reason":"ACMEAccountRegistered"}]}}"#,
        );
        let acme = issuer.acme.unwrap();
        assert_eq!((&*issuer.kind, &*acme.email), ("acme", "platform@cosner.cloud"));
        let solvers: Vec<(&str, &str, usize)> = acme
            .solvers
            .iter()
            .map(|solver| (&*solver.challenge, &*solver.with, solver.zones.len()))
            .collect();
        assert_eq!(solvers, [("dns01", "route53", 1), ("http01", "ingress", 0), ("", "", 0)]);
        assert!(issuer.conditions.is_true("Ready"));
    }

    #[test]
    fn other_kinds_are_named_by_what_their_spec_has() {
        let ca = issuer(r#"{"spec":{"ca":{"secretName":"ca-key"}}}"#);
        assert_eq!((&*ca.kind, ca.ca_secret.as_deref()), ("ca", Some("ca-key")));
        assert_eq!(&*issuer(r#"{"spec":{"somethingNew":{}}}"#).kind, "somethingNew");
        for nothing in [r#"{"spec":null}"#, r#"{"spec":[1]}"#, r#"{"spec":"x"}"#, "{}"] {
            assert_eq!(&*issuer(nothing).kind, "", "{nothing}");
        }
    }
}
