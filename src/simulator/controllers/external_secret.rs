//! ExternalSecrets: a Secret that is written anew from its store at each interval, on request, and when it is gone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;

/// The controller of ExternalSecrets.
pub(super) struct ExternalSecret;

const COMPONENT: &str = "external-secrets";
/// Seconds until a sync that failed is tried again.
const RETRY: i64 = 300;

impl Controller for ExternalSecret {
    fn resource(&self) -> &'static str {
        "externalsecrets.external-secrets.io"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if changed.is("secrets") {
            return changed.controller("ExternalSecret", self.resource());
        }
        let is_store = changed.is("clustersecretstores.external-secrets.io")
            || changed.is("secretstores.external-secrets.io");
        if !is_store {
            return Vec::new();
        }
        let all = lister.entries(self.resource(), None, &Selection::all()).into_iter();
        all.filter(|(_, secret)| field::text(secret, "spec.secretStoreRef.name") == &*changed.key.name)
            .map(|(key, _)| key)
            .collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let secret = round.lister.get(key)?;
        if !field::at(&secret, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        let interval = seconds(field::text(&secret, "spec.refreshInterval")).unwrap_or(3600);
        let due = field::time(&secret, "status.refreshTime").map(|last| later(last, interval));
        let target = target(&secret);
        let is_wanted = field::text(&secret, "status.syncedResourceVersion") != synced_version(&secret)
            || !field::condition_is_true(&secret, "Ready")
            || round.lister.get(&target).is_err();
        let is_due = interval > 0 && due.is_none_or(|due| due <= round.now);
        let store = store_fault(&secret, round);
        if !is_wanted && !is_due {
            if let Some(due) = due.filter(|_| interval > 0) {
                round.wake_at(due);
            }
            return Ok(());
        }
        match store {
            Some(why) => fail(key, &secret, &why, round),
            None => {
                write(&secret, &target, round)?;
                let stamp = round.stamp();
                round.store.edit(key, |secret| {
                    let version = synced_version(secret);
                    field::set_condition(secret, json!({"type": "Ready", "status": "True", "lastTransitionTime": stamp, "reason": "SecretSynced", "message": "secret synced"}));
                    field::put(secret, "status.binding", json!({"name": target.name.as_ref()}));
                    field::put(secret, "status.refreshTime", json!(stamp));
                    field::put(secret, "status.syncedResourceVersion", json!(version));
                    Ok(())
                })?;
                round.note(&secret, COMPONENT, "Updated", "secret updated".to_owned());
                if interval > 0 {
                    round.wake_after(interval);
                }
                Ok(())
            }
        }
    }
}

/// What the status calls the state that was synced: generation, and a hash of what else may ask for another sync.
pub fn synced_version(secret: &Value) -> String {
    let generation = field::number(secret, "metadata.generation").max(1);
    let metadata = (field::at(secret, "metadata.annotations"), field::at(secret, "metadata.labels"));
    format!("{generation}-{}", hex_of(&format!("{}{}", metadata.0, metadata.1), 32))
}

fn target(secret: &Value) -> Key {
    let name = match field::text(secret, "spec.target.name") {
        "" => field::name(secret),
        name => name,
    };
    Key::namespaced("secrets", field::namespace(secret), name)
}

/// Why the store of an ExternalSecret gives nothing; `None` when it does.
fn store_fault(secret: &Value, round: &Round<'_>) -> Option<String> {
    let (kind, name) =
        (field::text(secret, "spec.secretStoreRef.kind"), field::text(secret, "spec.secretStoreRef.name"));
    let key = if kind == "ClusterSecretStore" {
        Key::cluster("clustersecretstores.external-secrets.io", name)
    } else {
        Key::namespaced("secretstores.external-secrets.io", field::namespace(secret), name)
    };
    let first = field::list(secret, "spec.data")
        .first()
        .map_or(&Value::Null, |data| field::at(data, "remoteRef.key"));
    let why = match round.lister.get(&key) {
        Err(_) => format!("could not get {kind} \"{name}\", {kind}.external-secrets.io \"{name}\" not found"),
        Ok(store) if !field::condition_is_true(&store, "Ready") => format!("{kind} \"{name}\" is not ready"),
        Ok(_) => return None,
    };
    Some(format!("error processing spec.data[0] (key: {}), err: {why}", first.as_str().unwrap_or_default()))
}

fn fail(key: &Key, secret: &Value, why: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let stamp = round.stamp();
    round.store.edit(key, |secret| {
        field::set_condition(secret, json!({"type": "Ready", "status": "False", "lastTransitionTime": stamp, "reason": "SecretSyncedError", "message": "could not get secret data from provider"}));
        Ok(())
    })?;
    round.warn(secret, COMPONENT, "UpdateFailed", why.to_owned());
    round.wake_after(RETRY);
    Ok(())
}

/// Writes the Secret where it is missing or lacks a key. The values are made up: nobody's secret is in the simulator.
fn write(secret: &Value, target: &Key, round: &Round<'_>) -> Result<(), Status> {
    let namespace = field::namespace(secret);
    let data = data(secret);
    let made = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {
            "name": target.name.as_ref(), "namespace": namespace, "labels": {"reconcile.external-secrets.io/managed": "true"},
            "annotations": {"reconcile.external-secrets.io/data-hash": hex_of(&format!("{namespace}/data"), 56)}, "ownerReferences": [controller_reference(secret)],
        },
        "type": "Opaque", "data": data,
    });
    match round.store.create(&made) {
        Err(status) if status.reason == "AlreadyExists" => {
            round.store.edit(target, |present| {
                field::put(present, "data", data.clone());
                Ok(())
            })?;
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

/// The data of the Secret that an ExternalSecret asks for.
pub fn data(secret: &Value) -> Value {
    let namespace = field::namespace(secret);
    let keys = field::list(secret, "spec.data").iter().map(|data| field::text(data, "secretKey"));
    let data: Map<String, Value> = keys
        .map(|key| (key.to_owned(), json!(STANDARD.encode(hex_of(&format!("{namespace}/{key}"), 17)))))
        .collect();
    Value::Object(data)
}

/// Seconds of a duration as Go prints it: `1h0m0s`, `90s`.
pub(super) fn seconds(duration: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut digits = String::new();
    for letter in duration.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        let unit = match letter {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    digits.is_empty().then_some(total).filter(|_| !duration.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::controllers::tests::{fleet, messages, pass};
    use crate::simulator::world::cluster::DEV;

    const STORE: &str = "clustersecretstores.external-secrets.io";

    fn key() -> Key {
        Key::namespaced("externalsecrets.external-secrets.io", "staging", "app-secrets")
    }

    #[test]
    fn a_secret_is_refreshed_at_its_interval_and_not_before() {
        let mut fleet = fleet(&DEV);
        let refreshed = |fleet: &crate::simulator::controllers::Controllers| {
            field::text(&fleet.store().get(&key()).unwrap(), "status.refreshTime").to_owned()
        };
        let first = refreshed(&fleet);
        pass(&mut fleet, 50 * 60);
        assert_eq!(refreshed(&fleet), first);
        pass(&mut fleet, 5 * 60);
        assert!(refreshed(&fleet) > first);
    }

    #[test]
    fn a_secret_that_somebody_deletes_is_written_again() {
        let mut fleet = fleet(&DEV);
        let target = Key::namespaced("secrets", "staging", "app-secrets");
        let before = fleet.store().get(&target).unwrap();
        fleet.store().delete(&target, &crate::simulator::store::DeleteOptions::default()).unwrap();
        pass(&mut fleet, 2);
        let after = fleet.store().get(&target).unwrap();
        assert_eq!(before["data"], after["data"]);
        assert_ne!(field::uid(&before), field::uid(&after));
    }

    #[test]
    fn a_changed_annotation_asks_for_a_sync_at_once() {
        let mut fleet = fleet(&DEV);
        fleet
            .store()
            .edit(&key(), |secret| {
                field::annotate(secret, "force-sync", "1");
                Ok(())
            })
            .unwrap();
        pass(&mut fleet, 1);
        assert_eq!(
            field::text(&fleet.store().get(&key()).unwrap(), "status.refreshTime"),
            "2026-11-21T10:42:07Z"
        );
    }

    #[test]
    fn a_store_without_its_identity_fails_every_secret_and_comes_back_with_it() {
        let mut fleet = fleet(&DEV);
        fleet.conducts().lose_identity("external-secrets", "external-secrets");
        fleet.reconsider();
        pass(&mut fleet, 3600);
        let store = fleet.store().get(&Key::cluster(STORE, "aws-secrets-manager")).unwrap();
        assert_eq!(field::text(field::condition(&store, "Ready"), "reason"), "InvalidProviderConfig");
        let ready = |fleet: &crate::simulator::controllers::Controllers| {
            field::text(field::condition(&fleet.store().get(&key()).unwrap(), "Ready"), "reason").to_owned()
        };
        assert_eq!(ready(&fleet), "SecretSyncedError");
        let said = messages(&fleet, "staging", "UpdateFailed");
        assert!(
            said[0].ends_with("err: ClusterSecretStore \"aws-secrets-manager\" is not ready"),
            "{said:?}"
        );
        fleet.conducts().find_identity("external-secrets", "external-secrets");
        fleet.reconsider();
        pass(&mut fleet, 400);
        assert_eq!(ready(&fleet), "SecretSynced");
    }

    #[test]
    fn durations_of_go_are_read_and_others_refused() {
        assert_eq!(
            [seconds("1h0m0s"), seconds("720h"), seconds("90s")],
            [Some(3600), Some(2_592_000), Some(90)]
        );
        assert_eq!([seconds(""), seconds("1"), seconds("Never"), seconds("h")], [None; 4]);
    }
}
