//! What other tables know of each certificate.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::chain::{self, Chains, Step};
use crate::fleet::certificates::IssuerRef;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::certificates::issuer::Issuer;
use crate::fleet::condition::Status;
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::{
    CERTIFICATE_REQUESTS, CERTIFICATES, CHALLENGES, CLUSTER_ISSUERS, INGRESSES, ISSUERS, ORDERS, SECRETS,
};
use crate::fleet::secrets::secret_meta::SecretMeta;
use crate::fleet::{ResourceType, Row};
use crate::planes::known::{self, Known};
use crate::planes::reading::{is_known, rows};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// What is known of certificates, as a derived kind.
pub const CERTIFICATE_FACTS: ResourceType = derived::namespaced("certificatefacts", "CertificateFacts");

static NEEDS: [ResourceType; 1] = [CERTIFICATES];
static HELPS: [ResourceType; 7] =
    [CERTIFICATE_REQUESTS, CHALLENGES, CLUSTER_ISSUERS, INGRESSES, ISSUERS, ORDERS, SECRETS];

/// The table of what is known of certificates.
pub const TABLE: Derived = Derived::new::<Facts>(CERTIFICATE_FACTS, &NEEDS, &HELPS);

/// What other tables know of a certificate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CertificateFacts {
    /// Who signs it.
    pub issuer: IssuerState,
    /// Where its issuance hangs, while it does.
    pub hangs: Option<Step>,
    /// Whether its Secret is there.
    pub secret: Presence,
    /// The Ingresses that use its Secret, by name; sorted.
    pub ingresses: Box<[Arc<str>]>,
}

/// How the issuer of a certificate is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IssuerState {
    /// Issuers could not be read, or it is one of another controller.
    #[default]
    Unknown,
    /// It does not exist.
    Missing,
    /// It is ready.
    Ready,
    /// It is not, with its message.
    NotReady(Arc<str>),
}

/// Whether an object is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// Its kind could not be read.
    #[default]
    Unknown,
    /// It is not there.
    Missing,
    /// It is there.
    Present,
}

/// What is known of a certificate.
pub fn of<'a>(cluster: &'a ClusterSnapshot, certificate: &Certificate) -> Option<&'a CertificateFacts> {
    known::look(cluster, &CERTIFICATE_FACTS, certificate.namespace(), certificate.name())
}

/// Concludes what is known of certificates.
#[derive(Debug, Default)]
pub struct Facts;

impl Conclusion for Facts {
    type Row = Known<CertificateFacts>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Self::Row> {
        let issuers = Issuers::of(cluster);
        let secrets = Secrets::of(cluster);
        let chains = Chains::of(cluster);
        let mut uses: HashMap<(&str, &str), Vec<Arc<str>>> = HashMap::new();
        for ingress in rows::<Ingress>(cluster, &INGRESSES) {
            for tls in ingress.tls.iter().filter(|tls| !tls.secret.is_empty()) {
                let key = (ingress.namespace().unwrap_or_default(), &*tls.secret);
                uses.entry(key).or_default().push(ingress.name().into());
            }
        }
        let known = |certificate: &Arc<Certificate>| {
            let namespace = certificate.namespace().unwrap_or_default();
            let steps = chains.steps(certificate);
            let mut ingresses = uses.get(&(namespace, &*certificate.secret)).cloned().unwrap_or_default();
            ingresses.sort();
            ingresses.dedup();
            let facts = CertificateFacts {
                issuer: issuers.state(&certificate.issuer, namespace),
                hangs: chain::hangs(&steps).cloned(),
                secret: secrets.presence(namespace, &certificate.secret),
                ingresses: ingresses.into(),
            };
            Known::of(certificate.as_ref(), facts)
        };
        rows::<Certificate>(cluster, &CERTIFICATES).map(known).collect()
    }
}

struct Issuers<'a> {
    by_name: HashMap<(&'a str, &'a str), &'a Issuer>,
    cluster: &'a ClusterSnapshot,
}

impl<'a> Issuers<'a> {
    fn of(cluster: &'a ClusterSnapshot) -> Self {
        let issuers = rows::<Issuer>(cluster, &CLUSTER_ISSUERS).chain(rows(cluster, &ISSUERS));
        let named = |row: &'a Arc<Issuer>| ((row.namespace().unwrap_or_default(), row.name()), row.as_ref());
        Self { by_name: issuers.map(named).collect(), cluster }
    }

    fn state(&self, of: &IssuerRef, namespace: &str) -> IssuerState {
        if !matches!(&*of.group, "" | "cert-manager.io") {
            return IssuerState::Unknown;
        }
        let (namespace, kind) = match &*of.kind {
            "ClusterIssuer" => (None, CLUSTER_ISSUERS),
            _ => (Some(namespace), ISSUERS),
        };
        match self.by_name.get(&(namespace.unwrap_or_default(), &*of.name)) {
            Some(issuer) => match issuer.conditions.get("Ready") {
                Some(ready) if ready.status == Status::True => IssuerState::Ready,
                Some(ready) => IssuerState::NotReady(Arc::clone(&ready.message)),
                None => IssuerState::NotReady("it was not looked at yet".into()),
            },
            None if is_known(self.cluster, &kind, namespace) => IssuerState::Missing,
            None => IssuerState::Unknown,
        }
    }
}

/// The Secrets of a cluster by name, as far as they can be read.
#[derive(Debug)]
pub struct Secrets<'a> {
    names: HashSet<(&'a str, &'a str)>,
    cluster: &'a ClusterSnapshot,
}

impl<'a> Secrets<'a> {
    /// Of a cluster.
    pub fn of(cluster: &'a ClusterSnapshot) -> Self {
        let names = |row: &'a Arc<SecretMeta>| (row.namespace().unwrap_or_default(), row.name());
        Self { names: rows(cluster, &SECRETS).map(names).collect(), cluster }
    }

    /// Whether one is there.
    pub fn presence(&self, namespace: &str, name: &str) -> Presence {
        if self.names.contains(&(namespace, name)) {
            Presence::Present
        } else if is_known(self.cluster, &SECRETS, Some(namespace)) {
            Presence::Missing
        } else {
            Presence::Unknown
        }
    }
}
