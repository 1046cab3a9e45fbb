//! Certificates: when a new one is to be issued, the request for it, and the Secret that it ends in.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::external_secret::seconds;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;
use crate::simulator::world::platform::pem;

/// The controllers of certificates: trigger, keys, requests, issuing and readiness.
pub(super) struct Certificate;

const REQUESTS: &str = "certificaterequests.cert-manager.io";
const TRIGGER: &str = "cert-manager-certificates-trigger";
const ISSUING: &str = "cert-manager-certificates-issuing";
/// Seconds of a certificate's life when nobody says: ninety days.
const LIFE: i64 = 90 * 24 * 3600;

impl Controller for Certificate {
    fn resource(&self) -> &'static str {
        "certificates.cert-manager.io"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if changed.is(REQUESTS) {
            return changed.controller("Certificate", self.resource());
        }
        if !changed.is("secrets") {
            return Vec::new();
        }
        let all = lister.entries(self.resource(), Some(field::namespace(&changed.object)), &Selection::all());
        let of_secret =
            |certificate: &Value| field::text(certificate, "spec.secretName") == &*changed.key.name;
        all.into_iter().filter(|(_, certificate)| of_secret(certificate)).map(|(key, _)| key).collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let certificate = round.lister.get(key)?;
        if !field::at(&certificate, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        mark_expired(key, &certificate, round)?;
        if field::condition_is_true(&certificate, "Issuing") {
            return issue(key, &certificate, round);
        }
        match reason_to_issue(&certificate, round) {
            Some((reason, message)) => begin(key, &certificate, reason, message, round),
            None => {
                for at in ["status.renewalTime", "status.notAfter"] {
                    if let Some(at) = field::time(&certificate, at).filter(|at| *at > round.now) {
                        round.wake_at(at);
                    }
                }
                Ok(())
            }
        }
    }
}

/// Why a certificate is to be issued now; `None` while it is good, or while a failure is backed off from.
fn reason_to_issue(certificate: &Value, round: &mut Round<'_>) -> Option<(&'static str, String)> {
    if let Some(failed) = field::time(certificate, "status.lastFailureTime") {
        // An hour after the first failure, twice as long after each further one, at most 32 hours.
        let attempts = field::number(certificate, "status.failedIssuanceAttempts").clamp(1, 6);
        let again = later(failed, 3600 << (attempts - 1));
        if again > round.now {
            round.wake_at(again);
            return None;
        }
    }
    let secret = Key::namespaced(
        "secrets",
        field::namespace(certificate),
        field::text(certificate, "spec.secretName"),
    );
    if round.lister.get(&secret).is_err() {
        return Some(("DoesNotExist", "Issuing certificate as Secret does not exist".to_owned()));
    }
    let renewal = field::time(certificate, "status.renewalTime")?;
    (renewal <= round.now).then(|| {
        let at = renewal.strftime("%Y-%m-%d %H:%M:%S +0000 UTC");
        ("Renewing", format!("Renewing certificate as renewal was scheduled at {at}"))
    })
}

fn mark_expired(key: &Key, certificate: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let Some(end) = field::time(certificate, "status.notAfter").filter(|end| *end <= round.now) else {
        return Ok(());
    };
    let (stamp, generation) = (round.stamp(), field::number(certificate, "metadata.generation"));
    let message = format!("Certificate expired on {}", end.strftime("%a, %d %b %Y %H:%M:%S UTC"));
    round.store.edit(key, |certificate| {
        field::set_condition(certificate, json!({"type": "Ready", "status": "False", "lastTransitionTime": stamp, "reason": "Expired", "message": message, "observedGeneration": generation}));
        Ok(())
    })?;
    Ok(())
}

fn begin(
    key: &Key,
    certificate: &Value,
    reason: &str,
    message: String,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let (stamp, generation) = (round.stamp(), field::number(certificate, "metadata.generation"));
    round.store.edit(key, |certificate| {
        field::set_condition(certificate, json!({"type": "Issuing", "status": "True", "lastTransitionTime": stamp, "reason": reason, "message": message, "observedGeneration": generation}));
        Ok(())
    })?;
    round.note(certificate, TRIGGER, "Issuing", message.clone());
    Ok(())
}

/// Requests the next revision, and takes what the request brought.
fn issue(key: &Key, certificate: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let revision = field::number(certificate, "status.revision") + 1;
    let name = format!("{}-{revision}", field::name(certificate));
    let request_key = Key::namespaced(REQUESTS, field::namespace(certificate), &name);
    match round.lister.get(&request_key) {
        Err(_) => request(key, certificate, revision, &name, round),
        Ok(request) => {
            let ready = field::condition(&request, "Ready");
            match field::text(ready, "reason") {
                "Issued" => complete(key, certificate, &request, revision, round),
                "Failed" | "Denied" => {
                    let message = field::text(ready, "message").to_owned();
                    give_up(key, certificate, &request_key, &message, round)
                }
                _ => Ok(()),
            }
        }
    }
}

fn request(
    key: &Key,
    certificate: &Value,
    revision: i64,
    name: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let temporary = format!("{}-{}", field::name(certificate), round.chance.suffix());
    let secret = field::text(certificate, "spec.secretName");
    round.store.edit(key, |certificate| {
        field::put(certificate, "status.nextPrivateKeySecretName", json!(temporary));
        Ok(())
    })?;
    round.note(
        certificate,
        "cert-manager-certificates-key-manager",
        "Generated",
        format!("Stored new private key in temporary Secret resource \"{temporary}\""),
    );
    use base64::Engine as _;
    let block = pem("CERTIFICATE REQUEST", &format!("{}/{revision}/{secret}", field::uid(certificate)), 6);
    round.store.create(&json!({
        "apiVersion": "cert-manager.io/v1", "kind": "CertificateRequest",
        "metadata": {
            "name": name, "namespace": field::namespace(certificate), "labels": field::at(certificate, "metadata.labels"),
            "annotations": {
                "cert-manager.io/certificate-name": field::name(certificate), "cert-manager.io/certificate-revision": revision.to_string(), "cert-manager.io/private-key-secret-name": temporary,
            },
            "ownerReferences": [controller_reference(certificate)],
        },
        "spec": {
            "duration": field::at(certificate, "spec.duration"), "issuerRef": field::at(certificate, "spec.issuerRef"),
            "request": base64::engine::general_purpose::STANDARD.encode(block), "usages": ["digital signature", "key encipherment"], "username": "system:serviceaccount:cert-manager:cert-manager",
        },
    }))?;
    round.note(
        certificate,
        "cert-manager-certificates-request-manager",
        "Requested",
        format!("Created new CertificateRequest resource \"{name}\""),
    );
    Ok(())
}

fn complete(
    key: &Key,
    certificate: &Value,
    request: &Value,
    revision: i64,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    store_secret(certificate, request, revision, round)?;
    let life = seconds(field::text(certificate, "spec.duration")).unwrap_or(LIFE);
    let before = seconds(field::text(certificate, "spec.renewBefore")).unwrap_or(life / 3);
    let from = round.now;
    let at = |seconds: i64| from.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    let (stamp, generation) = (round.stamp(), field::number(certificate, "metadata.generation"));
    round.store.edit(key, |certificate| {
        let kept: Vec<Value> = field::list(certificate, "status.conditions")
            .iter()
            .filter(|condition| field::text(condition, "type") != "Issuing")
            .cloned()
            .collect();
        field::put(certificate, "status.conditions", Value::Array(kept));
        field::set_condition(certificate, json!({"type": "Ready", "status": "True", "lastTransitionTime": stamp, "reason": "Ready", "message": "Certificate is up to date and has not expired", "observedGeneration": generation}));
        for gone in ["nextPrivateKeySecretName", "lastFailureTime", "failedIssuanceAttempts"] {
            field::drop_at(certificate, &format!("status.{gone}"));
        }
        field::put(certificate, "status.notBefore", json!(stamp));
        field::put(certificate, "status.notAfter", json!(field::stamp(at(life))));
        field::put(certificate, "status.renewalTime", json!(field::stamp(at(life - before))));
        field::put(certificate, "status.revision", json!(revision));
        Ok(())
    })?;
    round.note(certificate, ISSUING, "Issuing", "The certificate has been successfully issued".to_owned());
    Ok(())
}

fn store_secret(
    certificate: &Value,
    request: &Value,
    revision: i64,
    round: &Round<'_>,
) -> Result<(), Status> {
    use base64::Engine as _;
    let (namespace, name) =
        (field::namespace(certificate), field::text(certificate, "spec.secretName").to_owned());
    let block = pem("EC PRIVATE KEY", &format!("{namespace}/{name}/key/{revision}"), 3);
    let data = json!({
        "tls.crt": field::at(request, "status.certificate"), "tls.key": base64::engine::general_purpose::STANDARD.encode(block),
    });
    let key = Key::namespaced("secrets", namespace, &name);
    let renewed = round.store.edit(&key, |secret| {
        field::put(secret, "data", data.clone());
        Ok(())
    });
    if renewed.is_ok() {
        return Ok(());
    }
    let names: Vec<&str> =
        field::list(certificate, "spec.dnsNames").iter().filter_map(Value::as_str).collect();
    round.store.create(&json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": data,
        "metadata": {"name": name, "namespace": namespace, "labels": {"controller.cert-manager.io/fao": "true"}, "annotations": {
            "cert-manager.io/alt-names": names.join(","), "cert-manager.io/certificate-name": field::name(certificate),
            "cert-manager.io/common-name": names.first(), "cert-manager.io/issuer-group": field::at(certificate, "spec.issuerRef.group"),
            "cert-manager.io/issuer-kind": field::at(certificate, "spec.issuerRef.kind"), "cert-manager.io/issuer-name": field::at(certificate, "spec.issuerRef.name"),
        }},
    }))?;
    Ok(())
}

/// A request that failed ends the attempt: the next one comes after a pause.
fn give_up(
    key: &Key,
    certificate: &Value,
    request: &Key,
    why: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let stamp = round.stamp();
    let generation = field::number(certificate, "metadata.generation");
    let message = format!("The certificate request has failed to complete and will be retried: {why}");
    round.store.edit(key, |certificate| {
        let attempts = field::number(certificate, "status.failedIssuanceAttempts") + 1;
        field::set_condition(certificate, json!({"type": "Issuing", "status": "False", "lastTransitionTime": stamp, "reason": "Failed", "message": message, "observedGeneration": generation}));
        field::put(certificate, "status.failedIssuanceAttempts", json!(attempts));
        field::put(certificate, "status.lastFailureTime", json!(stamp));
        Ok(())
    })?;
    round.warn(certificate, ISSUING, "Failed", message.clone());
    round.delete(request)
}
