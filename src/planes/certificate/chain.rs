//! Where an issuance is: the requests, orders and challenges of a certificate, by who owns whom.

use std::collections::HashMap;

use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::certificates::challenge::Challenge;
use crate::fleet::certificates::order::{AcmeState, Order};
use crate::fleet::certificates::request::CertificateRequest;
use crate::fleet::condition::Status;
use crate::fleet::kind::{CERTIFICATE_REQUESTS, CHALLENGES, ORDERS};
use crate::fleet::{ResourceType, Row, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;

/// A step of an issuance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The object's kind.
    pub resource: ResourceType,
    /// Its name.
    pub name: Box<str>,
    /// How it stands.
    pub verdict: Verdict,
    /// The same in words.
    pub words: String,
    /// True when nothing is to be done any more.
    pub is_done: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// All issuances of a cluster, by who owns whom.
#[derive(Debug, Default)]
pub struct Chains<'a> {
    requests: HashMap<Key<'a>, Vec<&'a CertificateRequest>>,
    orders: HashMap<Key<'a>, Vec<&'a Order>>,
    challenges: HashMap<Key<'a>, Vec<&'a Challenge>>,
}

type Key<'a> = (&'a str, &'a str);

impl<'a> Chains<'a> {
    /// Of a cluster.
    pub fn of(cluster: &'a ClusterSnapshot) -> Self {
        let mut chains = Self::default();
        let requests = cluster.table::<CertificateRequest>(&CERTIFICATE_REQUESTS);
        for (_, request) in requests.iter().flat_map(|table| table.iter()) {
            let owner = request.certificate.as_deref().or_else(|| owner_of(request.meta.owner.as_ref()));
            if let Some(owner) = owner {
                let key = (request.namespace().unwrap_or_default(), owner);
                chains.requests.entry(key).or_default().push(request);
            }
        }
        let orders = cluster.table::<Order>(&ORDERS);
        for (_, order) in orders.iter().flat_map(|table| table.iter()) {
            if let Some(owner) = owner_of(order.meta.owner.as_ref()) {
                let key = (order.namespace().unwrap_or_default(), owner);
                chains.orders.entry(key).or_default().push(order);
            }
        }
        let challenges = cluster.table::<Challenge>(&CHALLENGES);
        for (_, challenge) in challenges.iter().flat_map(|table| table.iter()) {
            if let Some(owner) = owner_of(challenge.meta.owner.as_ref()) {
                let key = (challenge.namespace().unwrap_or_default(), owner);
                chains.challenges.entry(key).or_default().push(challenge);
            }
        }
        chains
    }

    /// The steps of a certificate's latest issuance, from the request on; none where nothing of it is left or can be
    /// read.
    pub fn steps(&self, certificate: &Certificate) -> Vec<Step> {
        let namespace = certificate.namespace().unwrap_or_default();
        let requests = self.requests.get(&(namespace, certificate.name()));
        // Two requests of one revision: the younger one is the attempt that counts.
        let latest =
            requests.into_iter().flatten().max_by_key(|request| (request.revision, request.meta.created));
        let Some(request) = latest else { return Vec::new() };
        let mut steps = vec![of_request(request)];
        let mut orders = self.orders.get(&(namespace, request.name())).cloned().unwrap_or_default();
        orders.sort_by_key(|order| (order.meta.created, order.name()));
        for order in orders {
            steps.push(of_order(order));
            let challenges = self.challenges.get(&(namespace, order.name()));
            let mut challenges = challenges.cloned().unwrap_or_default();
            challenges.sort_by_key(|challenge| challenge.name());
            steps.extend(challenges.into_iter().map(of_challenge));
        }
        steps
    }
}

/// The step where an issuance hangs, which is the last one that is not done; `None` when all are.
pub fn hangs(steps: &[Step]) -> Option<&Step> {
    let open = || steps.iter().filter(|step| !step.is_done);
    let worst = open().map(|step| step.verdict).max()?;
    // The deepest knows why, unless a step above it has failed.
    open().rfind(|step| step.verdict == worst || worst < Verdict::Warning)
}

fn owner_of(owner: Option<&crate::fleet::meta::Owner>) -> Option<&str> {
    owner.map(|owner| &*owner.name)
}

fn of_request(request: &CertificateRequest) -> Step {
    let conditions = &request.conditions;
    let (verdict, words, is_done) = if let Some(denied) = conditions.get("Denied").filter(|c| c.is_true()) {
        (Verdict::Critical, said("denied", &denied.message), false)
    } else if let Some(invalid) = conditions.get("InvalidRequest").filter(|c| c.is_true()) {
        (Verdict::Critical, said("invalid", &invalid.message), false)
    } else {
        match conditions.get("Ready").map(|ready| (&ready.status, ready)) {
            Some((Status::True, _)) => (Verdict::Ok, "issued".to_owned(), true),
            Some((Status::False, ready)) => match &*ready.reason {
                "Failed" => (Verdict::Critical, said("failed", &ready.message), false),
                "Denied" => (Verdict::Critical, said("denied", &ready.message), false),
                _ => (Verdict::Progressing, said("waits", &ready.message), false),
            },
            _ if !conditions.is_true("Approved") => {
                (Verdict::Progressing, "waits for its approval".to_owned(), false)
            }
            _ => (Verdict::Progressing, "waits for the issuer".to_owned(), false),
        }
    };
    step(CERTIFICATE_REQUESTS, request.name(), request.meta.created, verdict, words, is_done)
}

fn of_order(order: &Order) -> Step {
    let names = order.authorizations.iter().map(|authorization| &*authorization.identifier);
    let waits = || format!("waits for the proof of {}", names.clone().collect::<Vec<_>>().join(", "));
    let (verdict, words, is_done) = match &order.state {
        AcmeState::Valid => (Verdict::Ok, "valid".to_owned(), true),
        AcmeState::Ready => (Verdict::Progressing, "proved, waits for the certificate".to_owned(), false),
        AcmeState::Processing => (Verdict::Progressing, "the server looks at it".to_owned(), false),
        AcmeState::Pending if order.authorizations.is_empty() => {
            (Verdict::Progressing, said("pending", &order.reason), false)
        }
        AcmeState::Pending => (Verdict::Progressing, waits(), false),
        AcmeState::Invalid | AcmeState::Expired | AcmeState::Errored => {
            (Verdict::Critical, said(order.state.as_str(), &order.reason), false)
        }
        AcmeState::Other(word) if word.is_empty() => {
            (Verdict::Progressing, said("waits for the server", &order.reason), false)
        }
        AcmeState::Other(word) => (Verdict::Unknown, format!("state {word} is not known here"), false),
    };
    step(ORDERS, order.name(), order.meta.created, verdict, words, is_done)
}

fn of_challenge(challenge: &Challenge) -> Step {
    let what = format!("{} for {}", challenge.kind, challenge.dns_name);
    let (verdict, words, is_done) = match &challenge.state {
        AcmeState::Valid => (Verdict::Ok, format!("{what}: proved"), true),
        AcmeState::Invalid | AcmeState::Expired | AcmeState::Errored => {
            (Verdict::Critical, said(&format!("{what}: {}", challenge.state), &challenge.reason), false)
        }
        AcmeState::Other(word) if !word.is_empty() => {
            (Verdict::Unknown, format!("{what}: state {word} is not known here"), false)
        }
        _ if !challenge.reason.is_empty() => (Verdict::Warning, said(&what, &challenge.reason), false),
        _ if challenge.is_presented => {
            (Verdict::Progressing, format!("{what}: waits for the server's look"), false)
        }
        _ if challenge.is_processing => (Verdict::Progressing, format!("{what}: being presented"), false),
        _ => (Verdict::Progressing, format!("{what}: waits for its turn"), false),
    };
    step(CHALLENGES, challenge.name(), challenge.meta.created, verdict, words, is_done)
}

fn step(
    resource: ResourceType,
    name: &str,
    created: Timestamp,
    verdict: Verdict,
    words: String,
    is_done: bool,
) -> Step {
    Step { resource, name: name.into(), verdict, words, is_done, created }
}

fn said(what: &str, why: &str) -> String {
    if why.is_empty() { what.to_owned() } else { format!("{what}: {why}") }
}
