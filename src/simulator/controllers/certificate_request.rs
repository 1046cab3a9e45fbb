//! CertificateRequests: approved, handed to the issuer, and answered with a certificate or with what is in the way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;
use crate::simulator::world::platform::{order_name, pem};

/// The approver and the issuers.
pub(super) struct CertificateRequest;

const APPROVER: &str = "cert-manager-certificaterequests-approver";
const ORDERS: &str = "orders.acme.cert-manager.io";

impl Controller for CertificateRequest {
    fn resource(&self) -> &'static str {
        "certificaterequests.cert-manager.io"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if changed.is(ORDERS) {
            return changed.controller("CertificateRequest", self.resource());
        }
        let is_issuer = changed.is("clusterissuers.cert-manager.io") || changed.is("issuers.cert-manager.io");
        if !is_issuer {
            return Vec::new();
        }
        let all = lister.entries(self.resource(), None, &Selection::all()).into_iter();
        all.filter(|(_, request)| {
            field::text(request, "spec.issuerRef.name") == &*changed.key.name && !is_settled(request)
        })
        .map(|(key, _)| key)
        .collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let request = round.lister.get(key)?;
        if is_settled(&request) {
            return Ok(());
        }
        if !field::condition_is_true(&request, "Approved") {
            return approve(key, &request, round);
        }
        let (kind, name) =
            (field::text(&request, "spec.issuerRef.kind"), field::text(&request, "spec.issuerRef.name"));
        let issuer = match kind {
            "ClusterIssuer" => Key::cluster("clusterissuers.cert-manager.io", name),
            _ => Key::namespaced("issuers.cert-manager.io", field::namespace(&request), name),
        };
        let Ok(issuer) = round.lister.get(&issuer) else {
            let message = format!(
                "Referenced \"{kind}\" not found: {}.cert-manager.io \"{name}\" not found",
                kind.to_lowercase()
            );
            return wait(key, &request, "IssuerNotFound", &message, round);
        };
        if !field::condition_is_true(&issuer, "Ready") {
            let message = "Referenced issuer does not have a Ready status condition";
            return wait(key, &request, "IssuerNotReady", message, round);
        }
        if field::at(&issuer, "spec.acme").is_null() {
            return issued(key, &request, &issuer, round);
        }
        order(key, &request, &issuer, round)
    }
}

fn is_settled(request: &Value) -> bool {
    matches!(field::text(field::condition(request, "Ready"), "reason"), "Issued" | "Failed" | "Denied")
}

/// Who speaks about requests to an issuer: its kind of issuer has a controller of its own.
fn component(issuer: &Value) -> &'static str {
    match () {
        () if !field::at(issuer, "spec.acme").is_null() => "cert-manager-certificaterequests-issuer-acme",
        () if !field::at(issuer, "spec.selfSigned").is_null() => {
            "cert-manager-certificaterequests-issuer-selfsigned"
        }
        () => "cert-manager-certificaterequests-issuer-ca",
    }
}

fn set(
    key: &Key,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    round: &Round<'_>,
) -> Result<Value, Status> {
    let stamp = round.stamp();
    round.store.edit(key, |request| {
        field::set_condition(request, json!({"type": kind, "status": status, "lastTransitionTime": stamp, "reason": reason, "message": message}));
        Ok(())
    })
}

fn approve(key: &Key, request: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let message = "Certificate request has been approved by cert-manager.io";
    set(key, "Approved", "True", "cert-manager.io", message, round)?;
    round.note(request, APPROVER, "cert-manager.io", message.to_owned());
    Ok(())
}

fn wait(
    key: &Key,
    request: &Value,
    reason: &str,
    message: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    if field::text(field::condition(request, "Ready"), "message") == message {
        return Ok(());
    }
    set(key, "Ready", "False", "Pending", message, round)?;
    round.note(request, "cert-manager-certificaterequests-issuer-acme", reason, message.to_owned());
    Ok(())
}

fn issued(key: &Key, request: &Value, issuer: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let chain = STANDARD.encode(pem("CERTIFICATE", field::text(request, "spec.request"), 12));
    finish(key, request, &chain, component(issuer), round)
}

fn finish(
    key: &Key,
    request: &Value,
    chain: &str,
    component: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let message = "Certificate fetched from issuer successfully";
    let stamp = round.stamp();
    round.store.edit(key, |request| {
        field::put(request, "status.certificate", json!(chain));
        field::set_condition(request, json!({"type": "Ready", "status": "True", "lastTransitionTime": stamp, "reason": "Issued", "message": message}));
        Ok(())
    })?;
    round.note(request, component, "CertificateIssued", message.to_owned());
    Ok(())
}

fn order(key: &Key, request: &Value, issuer: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let (namespace, name) = (field::namespace(request), order_name(request));
    let Ok(order) = round.lister.get(&Key::namespaced(ORDERS, namespace, &name)) else {
        let certificate = Key::namespaced(
            "certificates.cert-manager.io",
            namespace,
            field::annotation(request, "cert-manager.io/certificate-name"),
        );
        let hosts =
            round.lister.get(&certificate).map_or(json!([]), |own| field::at(&own, "spec.dnsNames").clone());
        round.store.create(&json!({
            "apiVersion": "acme.cert-manager.io/v1", "kind": "Order",
            "metadata": {
                "name": name, "namespace": namespace, "labels": field::at(request, "metadata.labels"), "annotations": field::at(request, "metadata.annotations"),
                "ownerReferences": [controller_reference(request)],
            },
            "spec": {"dnsNames": hosts, "issuerRef": field::at(request, "spec.issuerRef"), "request": field::at(request, "spec.request")},
        }))?;
        round.note(
            request,
            component(issuer),
            "OrderCreated",
            format!("Created Order resource {namespace}/{name}"),
        );
        return Ok(());
    };
    let state = field::text(&order, "status.state");
    match state {
        "valid" => finish(key, request, field::text(&order, "status.certificate"), component(issuer), round),
        "invalid" | "errored" | "expired" => {
            let message = format!(
                "Failed to wait for order resource \"{name}\" to become ready: order is in \"{state}\" state: {}",
                field::text(&order, "status.reason")
            );
            let stamp = round.stamp();
            round.store.edit(key, |request| {
                field::set_condition(request, json!({"type": "Ready", "status": "False", "lastTransitionTime": stamp, "reason": "Failed", "message": message}));
                field::put(request, "status.failureTime", json!(stamp));
                Ok(())
            })?;
            round.warn(request, component(issuer), "OrderFailed", message.clone());
            Ok(())
        }
        _ => {
            let message =
                format!("Waiting on certificate issuance from order {namespace}/{name}: \"{state}\"");
            if field::text(field::condition(request, "Ready"), "message") != message {
                set(key, "Ready", "False", "Pending", &message, round)?;
                round.note(request, component(issuer), "OrderPending", message);
            }
            Ok(())
        }
    }
}
