//! Certificates at every step of their issuance.

use serde_json::{Value, json};

use super::*;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::certificates::challenge::Challenge;
use crate::fleet::certificates::issuer::Issuer;
use crate::fleet::certificates::order::Order;
use crate::fleet::certificates::request::CertificateRequest;
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::{
    CERTIFICATE_REQUESTS, CERTIFICATES, CHALLENGES, CLUSTER_ISSUERS, INGRESSES, ISSUERS, ORDERS, SECRETS,
};
use crate::fleet::secrets::secret_meta::SecretMeta;
use crate::fleet::{Timestamp, Verdict};
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn certificate(ready: &str, renewal: &str, not_after: &str) -> Value {
    json!({"metadata": {"name": "api-tls", "namespace": "production", "creationTimestamp": "2026-11-01T10:00:00Z"},
        "spec": {"secretName": "api-tls", "dnsNames": ["api.cosner.cloud"], "issuerRef": {"kind": "ClusterIssuer", "name": "letsencrypt"}},
        "status": {"conditions": [{"type": "Ready", "status": ready, "reason": "R", "message": "not yet"}],
            "notBefore": "2026-09-20T12:00:00Z", "notAfter": not_after, "renewalTime": renewal}})
}

fn good() -> Value {
    certificate("True", "2026-12-20T12:00:00Z", "2027-01-20T12:00:00Z")
}

fn issuer(status: &str) -> Value {
    json!({"metadata": {"name": "letsencrypt"}, "spec": {"acme": {}},
        "status": {"conditions": [{"type": "Ready", "status": status, "message": "account deactivated"}]}})
}

fn meta(kind: &str, owner: &str, name: &str) -> Value {
    json!({"name": name, "namespace": "production", "creationTimestamp": "2026-11-21T12:00:00Z",
        "ownerReferences": [{"kind": kind, "name": owner, "controller": true}]})
}

struct World {
    certificate: Value,
    issuers: Vec<Value>,
    secrets: Vec<Value>,
    chain: [Vec<Value>; 3],
}

impl World {
    fn with(certificate: Value) -> Self {
        let secret = json!({"metadata": {"name": "api-tls", "namespace": "production"}});
        Self { certificate, issuers: vec![issuer("True")], secrets: vec![secret], chain: Default::default() }
    }

    fn cluster(&self) -> TestCluster {
        let ingress = json!({"metadata": {"name": "api", "namespace": "production"},
            "spec": {"tls": [{"hosts": ["api.cosner.cloud"], "secretName": "api-tls"}]}});
        let [requests, orders, challenges] = &self.chain;
        TestCluster::new()
            .with::<Certificate>(&CERTIFICATES, std::slice::from_ref(&self.certificate))
            .with::<Issuer>(&CLUSTER_ISSUERS, &self.issuers)
            .with::<Issuer>(&ISSUERS, &[])
            .with::<SecretMeta>(&SECRETS, &self.secrets)
            .with::<Ingress>(&INGRESSES, &[ingress])
            .with::<CertificateRequest>(&CERTIFICATE_REQUESTS, requests)
            .with::<Order>(&ORDERS, orders)
            .with::<Challenge>(&CHALLENGES, challenges)
            .looking_at(&CERTIFICATE_FACTS)
    }

    fn judged(&self) -> (Verdict, String) {
        let picture = self.cluster().picture();
        let (_, row) = picture.table::<Certificate>(&CERTIFICATES).unwrap().iter().next().unwrap();
        verdict::of(row, of(&picture, row), Timestamp::parse(NOW))
    }
}

#[test]
fn a_valid_certificate_says_nothing_and_knows_who_uses_it() {
    let world = World::with(good());
    assert_eq!(world.judged(), (Verdict::Ok, String::new()));
    let picture = world.cluster().picture();
    let (_, row) = picture.table::<Certificate>(&CERTIFICATES).unwrap().iter().next().unwrap();
    let facts = of(&picture, row).unwrap();
    assert_eq!(
        (&facts.issuer, facts.secret, &*facts.ingresses[0]),
        (&IssuerState::Ready, Presence::Present, "api")
    );
}

#[test]
fn an_issuance_that_hangs_names_the_deepest_step_and_its_reason() {
    let mut certificate = certificate("False", "", "");
    certificate["status"]["notBefore"] = Value::Null;
    let mut world = World::with(certificate);
    let pending = json!([{"type": "Approved", "status": "True"}, {"type": "Ready", "status": "False", "reason": "Pending", "message": "waiting on order"}]);
    world.chain = [
        vec![
            json!({"metadata": meta("Certificate", "api-tls", "api-tls-2"), "status": {"conditions": pending}}),
            json!({"metadata": meta("Certificate", "other", "other-1"), "status": {"conditions": [{"type": "Denied", "status": "True"}]}}),
        ],
        vec![json!({"metadata": meta("CertificateRequest", "api-tls-2", "api-tls-2-1"),
            "status": {"state": "pending", "authorizations": [{"identifier": "api.cosner.cloud"}]}})],
        vec![
            json!({"metadata": meta("Order", "api-tls-2-1", "api-tls-2-1-9"), "spec": {"type": "DNS-01", "dnsName": "api.cosner.cloud"},
            "status": {"state": "pending", "presented": true, "reason": "NS record not found"}}),
        ],
    ];
    assert_eq!(
        world.judged(),
        (
            Verdict::Critical,
            "not issued for 20d: Challenge api-tls-2-1-9: DNS-01 for api.cosner.cloud: NS record not found"
                .to_owned()
        )
    );
    world.chain[2][0]["status"] = json!({"state": "quantum"});
    assert!(world.judged().1.contains("state quantum is not known here"), "{}", world.judged().1);
    world.chain[2].clear();
    world.chain[1][0]["status"] = json!({"state": "invalid", "reason": "429 rate limited"});
    assert_eq!(world.judged().1, "not issued for 20d: Order api-tls-2-1: invalid: 429 rate limited");
}

#[test]
fn expiry_warns_two_weeks_ahead_but_not_for_those_that_live_shortly() {
    let late = World::with(certificate("True", "2026-11-10T12:00:00Z", "2026-11-30T13:00:00Z"));
    assert_eq!(late.judged(), (Verdict::Warning, "expires in 9d".to_owned()));
    let soon = World::with(certificate("True", "2026-11-10T12:00:00Z", "2026-11-23T13:00:00Z"));
    assert_eq!(soon.judged(), (Verdict::Critical, "expires in 2d".to_owned()));
    let short = World::with(certificate("True", "2026-11-22T12:00:00Z", "2026-11-23T13:00:00Z"));
    assert_eq!(short.judged(), (Verdict::Ok, String::new()));
    let over = World::with(certificate("True", "2026-11-10T12:00:00Z", "2026-11-20T13:00:00Z"));
    assert_eq!(over.judged(), (Verdict::Critical, "expired 24h ago".to_owned()));
}

#[test]
fn a_renewal_that_is_late_tells_whether_the_issuer_is_the_cause() {
    let mut world = World::with(certificate("True", "2026-11-19T13:00:00Z", "2026-12-19T12:00:00Z"));
    assert_eq!(world.judged(), (Verdict::Warning, "its renewal is 2d late".to_owned()));
    world.issuers = vec![issuer("False")];
    assert_eq!(
        world.judged(),
        (
            Verdict::Warning,
            "its renewal is 2d late: ClusterIssuer letsencrypt is not ready: account deactivated".to_owned()
        )
    );
    world.certificate = good();
    assert_eq!(
        world.judged().1,
        "cannot be renewed: ClusterIssuer letsencrypt is not ready: account deactivated"
    );
    world.issuers.clear();
    assert_eq!(world.judged().1, "cannot be renewed: ClusterIssuer letsencrypt does not exist");
}

#[test]
fn a_failed_attempt_says_when_the_next_one_comes() {
    let mut failed = good();
    failed["status"]["failedIssuanceAttempts"] = json!(2);
    failed["status"]["lastFailureTime"] = json!("2026-11-21T12:00:00Z");
    assert_eq!(
        World::with(failed).judged(),
        (Verdict::Warning, "its renewal failed 60m ago: failed 2 times, next attempt in 60m".to_owned())
    );
}

#[test]
fn a_secret_that_is_gone_is_an_outage_and_one_that_cannot_be_looked_for_is_not() {
    let mut world = World::with(good());
    world.secrets.clear();
    assert_eq!(world.judged(), (Verdict::Critical, "its secret api-tls is not there".to_owned()));
    let blind =
        TestCluster::new().with::<Certificate>(&CERTIFICATES, &[good()]).looking_at(&CERTIFICATE_FACTS);
    let picture = blind.picture();
    let (_, row) = picture.table::<Certificate>(&CERTIFICATES).unwrap().iter().next().unwrap();
    assert_eq!(of(&picture, row).unwrap().secret, Presence::Unknown);
    assert_eq!(verdict::of(row, of(&picture, row), Timestamp::parse(NOW)), (Verdict::Ok, String::new()));
}

#[test]
fn what_nobody_looked_at_and_words_that_are_not_known_are_never_fine() {
    let mut silent = good();
    silent["status"] = Value::Null;
    assert_eq!(
        World::with(silent).judged(),
        (Verdict::Warning, "no status: does cert-manager run?".to_owned())
    );
    let odd = World::with(certificate("Perhaps", "2026-12-20T12:00:00Z", "2027-01-20T12:00:00Z"));
    assert_eq!(odd.judged(), (Verdict::Unknown, "Ready is Perhaps, which is not known here".to_owned()));
}
