use super::*;
use crate::simulator::controllers::Controllers;
use crate::simulator::controllers::tests::{fleet, messages, pass};
use crate::simulator::store::DeleteOptions;
use crate::simulator::world::cluster::PROD;

fn key() -> Key {
    Key::namespaced("certificates.cert-manager.io", "production", "web-tls")
}

fn certificate(fleet: &Controllers) -> Value {
    fleet.store().get(&key()).unwrap()
}

fn ask_for_renewal(fleet: &Controllers) {
    fleet
        .store()
        .edit(&key(), |certificate| {
            field::set_condition(certificate, json!({"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": "Certificate re-issuance manually triggered", "lastTransitionTime": "2026-11-21T10:42:07Z", "observedGeneration": 1}));
            Ok(())
        })
        .unwrap();
}

fn names(fleet: &Controllers, resource: &str) -> Vec<String> {
    let own = fleet.store().list(resource, Some("production"), &Selection::all());
    own.iter().map(|object| object.key.name.to_string()).filter(|name| name.starts_with("web-tls")).collect()
}

#[test]
fn a_renewal_goes_through_request_order_and_challenges_to_a_new_secret() {
    let mut fleet = fleet(&PROD);
    let secret = Key::namespaced("secrets", "production", "web-tls");
    let before = fleet.store().get(&secret).unwrap();
    ask_for_renewal(&fleet);
    pass(&mut fleet, 20);
    let challenges =
        fleet.store().list("challenges.acme.cert-manager.io", Some("production"), &Selection::all());
    assert_eq!(challenges.len(), 2, "one for each hostname");
    assert!(field::is_true(&challenges[0].value(), "status.presented"));
    assert!(field::condition_is_true(&certificate(&fleet), "Issuing"));
    assert!(field::condition_is_true(&certificate(&fleet), "Ready"), "the old one is still good");
    pass(&mut fleet, 120);
    let renewed = certificate(&fleet);
    assert_eq!(field::number(&renewed, "status.revision"), 2);
    assert!(field::condition(&renewed, "Issuing").is_null());
    assert!(field::text(&renewed, "status.notAfter") > "2027-02-19");
    assert_ne!(fleet.store().get(&secret).unwrap()["data"], before["data"]);
    assert_eq!(names(&fleet, "certificaterequests.cert-manager.io"), ["web-tls-1", "web-tls-2"]);
    assert_eq!(names(&fleet, "orders.acme.cert-manager.io").len(), 2);
    assert_eq!(names(&fleet, "challenges.acme.cert-manager.io"), Vec::<String>::new());
    assert_eq!(fleet.refused().count(), 0);
}

#[test]
fn a_certificate_renews_by_itself_when_its_time_has_come() {
    let mut fleet = fleet(&PROD);
    fleet
        .store()
        .edit(&key(), |certificate| {
            field::put(certificate, "status.renewalTime", json!("2026-11-21T10:43:00Z"));
            Ok(())
        })
        .unwrap();
    pass(&mut fleet, 50);
    assert!(field::condition(&certificate(&fleet), "Issuing").is_null());
    pass(&mut fleet, 10);
    assert_eq!(field::text(field::condition(&certificate(&fleet), "Issuing"), "reason"), "Renewing");
    assert_eq!(
        messages(&fleet, "production", "Issuing"),
        ["Renewing certificate as renewal was scheduled at 2026-11-21 10:43:00 +0000 UTC"]
    );
    pass(&mut fleet, 120);
    assert_eq!(field::number(&certificate(&fleet), "status.revision"), 2);
}

#[test]
fn a_secret_that_is_gone_is_issued_again() {
    let mut fleet = fleet(&PROD);
    let secret = Key::namespaced("secrets", "production", "web-tls");
    fleet.store().delete(&secret, &DeleteOptions::default()).unwrap();
    pass(&mut fleet, 150);
    assert!(fleet.store().get(&secret).is_ok());
    assert_eq!(field::number(&certificate(&fleet), "status.revision"), 2);
}

#[test]
fn an_issuer_that_is_not_ready_keeps_the_request_waiting_and_says_so() {
    let mut fleet = fleet(&PROD);
    let issuer = Key::cluster("clusterissuers.cert-manager.io", "letsencrypt-prod");
    let set = |fleet: &Controllers, status: &str| {
        fleet
            .store()
            .edit(&issuer, |issuer| {
                field::set_condition(issuer, json!({"type": "Ready", "status": status, "reason": "x", "message": "", "lastTransitionTime": ""}));
                Ok(())
            })
            .unwrap()
    };
    set(&fleet, "False");
    ask_for_renewal(&fleet);
    pass(&mut fleet, 3600);
    let request = Key::namespaced("certificaterequests.cert-manager.io", "production", "web-tls-2");
    let ready = fleet.store().get(&request).unwrap();
    let ready = field::condition(&ready, "Ready");
    assert_eq!(
        (field::text(ready, "reason"), field::text(ready, "message")),
        ("Pending", "Referenced issuer does not have a Ready status condition")
    );
    set(&fleet, "True");
    pass(&mut fleet, 120);
    assert_eq!(field::number(&certificate(&fleet), "status.revision"), 2);
}

#[test]
fn a_controller_without_its_identity_cannot_present_the_challenge() {
    let mut fleet = fleet(&PROD);
    fleet.conducts().lose_identity("cert-manager", "cert-manager");
    ask_for_renewal(&fleet);
    pass(&mut fleet, 300);
    let said = messages(&fleet, "production", "PresentError");
    assert!(said[0].starts_with("Error presenting challenge: failed to determine Route 53 hosted zone ID"));
    assert_eq!(field::number(&certificate(&fleet), "status.revision"), 1);
}
