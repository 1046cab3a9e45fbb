//! Orders and Challenges of ACME: a proof for each hostname, and a certificate when all are given.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;
use crate::simulator::world::platform::{order_status, pem};

/// The controller of Orders.
pub(super) struct Order;

/// The controller of Challenges.
pub(super) struct Challenge;

const CHALLENGES: &str = "challenges.acme.cert-manager.io";
const COMPONENT: &str = "cert-manager-orders";
const CHALLENGER: &str = "cert-manager-challenges";
/// Seconds from a challenge to its record in DNS, and from there until everybody sees it.
const PRESENTED: i64 = 2;
const PROPAGATED: i64 = 64;
/// Seconds until a record that could not be written is tried again.
const RETRY: i64 = 60;

impl Controller for Order {
    fn resource(&self) -> &'static str {
        "orders.acme.cert-manager.io"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if changed.is(CHALLENGES) { changed.controller("Order", self.resource()) } else { Vec::new() }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let order = round.lister.get(key)?;
        let hosts: Vec<&str> =
            field::list(&order, "spec.dnsNames").iter().filter_map(Value::as_str).collect();
        match field::text(&order, "status.state") {
            "" => {
                let status = order_status(field::name(&order), &hosts, "pending", None);
                round.put_status(key, &status)
            }
            "pending" => prove(key, &order, &hosts, round),
            _ => Ok(()),
        }
    }
}

/// Makes the challenges, and finishes the order when all of them are valid.
fn prove(key: &Key, order: &Value, hosts: &[&str], round: &mut Round<'_>) -> Result<(), Status> {
    let own = round.controlled(CHALLENGES, order, &Selection::all());
    for (index, authorization) in field::list(order, "status.authorizations").iter().enumerate() {
        let host = field::text(authorization, "identifier");
        if own.iter().any(|challenge| field::text(challenge, "spec.dnsName") == host) {
            continue;
        }
        let name =
            format!("{}-{}", field::name(order), 1_000_000_007_usize.wrapping_mul(index + 3) % 4_000_000_000);
        let challenge = field::list(authorization, "challenges").first().cloned().unwrap_or_default();
        round.store.create(&json!({
            "apiVersion": "acme.cert-manager.io/v1", "kind": "Challenge",
            "metadata": {"name": name, "namespace": field::namespace(order), "finalizers": ["acme.cert-manager.io/finalizer"], "ownerReferences": [controller_reference(order)]},
            "spec": {
                "authorizationURL": field::at(authorization, "url"), "dnsName": host, "issuerRef": field::at(order, "spec.issuerRef"), "key": field::at(&challenge, "token"),
                "solver": {"dns01": {"route53": {"region": "us-east-1"}}, "selector": {"dnsZones": ["cosner.cloud"]}}, "token": field::at(&challenge, "token"),
                "type": "DNS-01", "url": field::at(&challenge, "url"), "wildcard": false,
            },
        }))?;
        let message = format!("Created Challenge resource \"{name}\" for domain \"{host}\"");
        round.note(order, COMPONENT, "Created", message);
    }
    let is_proven = |host: &&str| {
        own.iter().any(|challenge| {
            field::text(challenge, "spec.dnsName") == *host
                && field::text(challenge, "status.state") == "valid"
        })
    };
    if !hosts.iter().all(is_proven) {
        return Ok(());
    }
    let chain = STANDARD.encode(pem("CERTIFICATE", field::text(order, "spec.request"), 12));
    round.put_status(key, &order_status(field::name(order), hosts, "valid", Some(&chain)))?;
    round.note(order, COMPONENT, "Complete", "Order completed successfully".to_owned());
    for challenge in own {
        round.delete(&round.store.key_of(&challenge)?)?;
    }
    Ok(())
}

impl Controller for Challenge {
    fn resource(&self) -> &'static str {
        CHALLENGES
    }

    fn concerned(&self, _: &Changed, _: &Lister) -> Vec<Key> {
        Vec::new()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let challenge = round.lister.get(key)?;
        if !field::at(&challenge, "metadata.deletionTimestamp").is_null() {
            // The record is taken out of the zone before the challenge goes.
            return super::garbage::remove_finalizer(key, "acme.cert-manager.io/finalizer", round);
        }
        let born = field::time(&challenge, "metadata.creationTimestamp").unwrap_or(round.now);
        let presented = later(born, PRESENTED);
        if field::text(&challenge, "status.state") == "valid" {
            return Ok(());
        }
        if !field::is_true(&challenge, "status.processing") {
            round.put_status(key, &json!({"presented": false, "processing": true, "state": "pending"}))?;
            round.note(&challenge, CHALLENGER, "Started", "Challenge scheduled for processing".to_owned());
        }
        if round.now < presented {
            round.wake_at(presented);
            return Ok(());
        }
        if !field::is_true(&challenge, "status.presented") {
            return present(key, &challenge, round);
        }
        let proven = later(born, PROPAGATED);
        if round.now < proven {
            round.wake_at(proven);
            return Ok(());
        }
        let host = field::text(&challenge, "spec.dnsName");
        round.put_status(key, &json!({"presented": true, "processing": false, "reason": "Successfully authorized domain", "state": "valid"}))?;
        let message = format!("Domain \"{host}\" verified with \"DNS-01\" validation");
        round.note(&challenge, CHALLENGER, "DomainVerified", message);
        Ok(())
    }
}

/// Writes the record that proves the ownership of the name, where the controller may write to the zone.
fn present(key: &Key, challenge: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let host = field::text(challenge, "spec.dnsName");
    if round.conducts.lacks_identity("cert-manager", "cert-manager") {
        let why = "failed to determine Route 53 hosted zone ID: operation error Route 53: ListHostedZonesByName, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, canceled, context deadline exceeded";
        round.put_status(
            key,
            &json!({"presented": false, "processing": true, "reason": why, "state": "pending"}),
        )?;
        round.warn(challenge, CHALLENGER, "PresentError", format!("Error presenting challenge: {why}"));
        round.wake_after(RETRY);
        return Ok(());
    }
    let why =
        format!("Waiting for DNS-01 challenge propagation: DNS record for \"{host}\" not yet propagated");
    round.put_status(
        key,
        &json!({"presented": true, "processing": true, "reason": why, "state": "pending"}),
    )?;
    round.note(
        challenge,
        CHALLENGER,
        "Presented",
        "Presented challenge using DNS-01 challenge mechanism".to_owned(),
    );
    round.wake_after(PROPAGATED);
    Ok(())
}
