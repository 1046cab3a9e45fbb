//! The account of the issuer was deactivated, and a certificate should have been renewed two days ago.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Key;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "issuer-broken",
    description: "the issuer of production has no valid account, and a certificate is past its renewal",
    unfolds: SignedDuration::from_mins(3),
    namespace: None,
    apply,
};

const DAY: i64 = 24 * 60 * 60;

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    let store = cluster.store().clone();
    let now = store.clock().now();
    let at = |days: i64| {
        let at = now.checked_add(SignedDuration::from_secs(days * DAY)).unwrap_or(now);
        json!(field::stamp(at))
    };
    let why = "Failed to verify ACME account: 403 urn:ietf:params:acme:error:unauthorized: Account is not valid, has status \"deactivated\"";
    let issuer = store.edit(&Key::cluster("clusterissuers.cert-manager.io", "letsencrypt-prod"), |issuer| {
        field::set_condition(issuer, json!({"type": "Ready", "status": "False", "lastTransitionTime": at(-3), "reason": "ErrVerifyACMEAccount", "message": why, "observedGeneration": 1}));
        Ok(())
    })?;
    cluster.as_component(|round| {
        round.warn(&issuer, "cert-manager-clusterissuers", "ErrVerifyACMEAccount", why.to_owned());
    });
    store.edit(&Key::namespaced("certificates.cert-manager.io", "production", "api-tls"), |certificate| {
        for (part, days) in [("notBefore", -62), ("renewalTime", -2), ("notAfter", 28)] {
            field::put(certificate, &format!("status.{part}"), at(days));
        }
        Ok(())
    })?;
    Ok(())
}
