//! PushSecrets: a Secret that is written into its stores at each interval, and when it changes.

use serde_json::{Value, json};

use super::external_secret::{seconds, synced_version};
use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The controller of PushSecrets.
pub(super) struct PushSecret;

const COMPONENT: &str = "pushsecret";
/// Seconds until a push that failed is tried again.
const RETRY: i64 = 300;

impl Controller for PushSecret {
    fn resource(&self) -> &'static str {
        "pushsecrets.external-secrets.io"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        let is_store = changed.is("clustersecretstores.external-secrets.io")
            || changed.is("secretstores.external-secrets.io");
        if !changed.is("secrets") && !is_store {
            return Vec::new();
        }
        let names = |push: &Value| match is_store {
            true => stores(push).any(|store| field::text(store, "name") == &*changed.key.name),
            false => {
                changed.key.namespace.as_deref() == Some(field::namespace(push))
                    && field::text(push, "spec.selector.secret.name") == &*changed.key.name
            }
        };
        let all = lister.entries(self.resource(), None, &Selection::all()).into_iter();
        all.filter(|(_, push)| names(push)).map(|(key, _)| key).collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let push = round.lister.get(key)?;
        if !field::at(&push, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        let interval = seconds(field::text(&push, "spec.refreshInterval")).unwrap_or(3600);
        let due = field::time(&push, "status.refreshTime").map(|last| later(last, interval));
        let name = field::text(&push, "spec.selector.secret.name");
        let secret = round.lister.get(&Key::namespaced("secrets", field::namespace(&push), name)).ok();
        let version = pushed_version(&push, secret.as_deref());
        let fault = match secret {
            None => Some(format!("could not get source secret: secrets \"{name}\" not found")),
            Some(_) => store_fault(&push, round),
        };
        let told = field::condition(&push, "Ready");
        if fault.as_deref().is_some_and(|why| field::text(told, "message") == why) {
            round.wake_after(RETRY);
            return Ok(());
        }
        let is_known = fault.is_none()
            && field::text(&push, "status.syncedResourceVersion") == version
            && field::condition_is_true(&push, "Ready");
        if is_known && let Some(due) = due.filter(|due| interval <= 0 || *due > round.now) {
            if interval > 0 {
                round.wake_at(due);
            }
            return Ok(());
        }
        let stamp = round.stamp();
        let (status, reason, message) = match &fault {
            None => ("True", "Synced", "PushSecret synced successfully"),
            Some(why) => ("False", "Errored", why.as_str()),
        };
        let edited = round.store.edit(key, |push| {
            field::set_condition(push, json!({"type": "Ready", "status": status, "lastTransitionTime": stamp, "reason": reason, "message": message}));
            if fault.is_none() {
                let pushed = pushed(push);
                field::put(push, "status.refreshTime", json!(stamp));
                field::put(push, "status.syncedResourceVersion", json!(version));
                field::put(push, "status.syncedPushSecrets", pushed);
            }
            Ok(())
        })?;
        match &fault {
            None => round.note(&edited, COMPONENT, reason, message.to_owned()),
            Some(why) => round.warn(&edited, COMPONENT, reason, why.clone()),
        }
        round.wake_after(if fault.is_some() || interval <= 0 { RETRY } else { interval });
        Ok(())
    }
}

fn stores(push: &Value) -> impl Iterator<Item = &Value> {
    field::list(push, "spec.secretStoreRefs").iter()
}

/// What was pushed: the state of the PushSecret, and of its Secret.
fn pushed_version(push: &Value, secret: Option<&Value>) -> String {
    let of = secret.map_or("", |secret| field::text(secret, "metadata.resourceVersion"));
    format!("{}/{of}", synced_version(push))
}

/// What is where now: for each store the names that were written.
fn pushed(push: &Value) -> Value {
    let mut all = json!({});
    for store in stores(push) {
        let kind = match field::text(store, "kind") {
            "" => "SecretStore",
            kind => kind,
        };
        let mut written = json!({});
        for data in field::list(push, "spec.data") {
            let remote = field::text(data, "match.remoteRef.remoteKey");
            if let Some(map) = written.as_object_mut() {
                map.insert(remote.to_owned(), data.clone());
            }
        }
        if let Some(map) = all.as_object_mut() {
            map.insert(format!("{kind}/{}", field::text(store, "name")), written);
        }
    }
    all
}

/// Why one of its stores takes nothing; `None` when all do.
fn store_fault(push: &Value, round: &Round<'_>) -> Option<String> {
    stores(push).find_map(|store| {
        let name = field::text(store, "name");
        let key = match field::text(store, "kind") {
            "ClusterSecretStore" => Key::cluster("clustersecretstores.external-secrets.io", name),
            _ => Key::namespaced("secretstores.external-secrets.io", field::namespace(push), name),
        };
        match round.lister.get(&key) {
            Err(_) => Some(format!("set secret failed: could not get store \"{name}\": not found")),
            Ok(store) if !field::condition_is_true(&store, "Ready") => {
                Some(format!("set secret failed: could not write remote ref to target secretstore {name}: store is not ready"))
            }
            Ok(_) => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::controllers::Controllers;
    use crate::simulator::controllers::tests::{fleet, messages, pass};
    use crate::simulator::world::cluster::DEV;

    fn key() -> Key {
        Key::namespaced("pushsecrets.external-secrets.io", "staging", "share")
    }

    fn ready(fleet: &Controllers) -> (String, String) {
        let push = fleet.store().get(&key()).unwrap();
        let condition = field::condition(&push, "Ready");
        (field::text(condition, "status").to_owned(), field::text(condition, "reason").to_owned())
    }

    fn share(fleet: &Controllers, secret: &str) {
        let push = json!({"apiVersion": "external-secrets.io/v1alpha1", "kind": "PushSecret",
            "metadata": {"name": "share", "namespace": "staging"},
            "spec": {"refreshInterval": "10m", "secretStoreRefs": [{"kind": "ClusterSecretStore", "name": "aws-secrets-manager"}],
                "selector": {"secret": {"name": secret}},
                "data": [{"match": {"secretKey": "url", "remoteRef": {"remoteKey": "staging/shared"}}}]}});
        fleet.store().create(&push).unwrap();
    }

    #[test]
    fn a_secret_is_pushed_at_once_and_again_at_each_interval() {
        let mut fleet = fleet(&DEV);
        share(&fleet, "app-secrets");
        pass(&mut fleet, 5);
        assert_eq!(ready(&fleet), ("True".to_owned(), "Synced".to_owned()));
        let refreshed = |fleet: &Controllers| {
            field::text(&fleet.store().get(&key()).unwrap(), "status.refreshTime").to_owned()
        };
        let first = refreshed(&fleet);
        let push = fleet.store().get(&key()).unwrap();
        let written = &push["status"]["syncedPushSecrets"]["ClusterSecretStore/aws-secrets-manager"];
        assert!(written["staging/shared"].is_object(), "{push}");
        pass(&mut fleet, 300);
        assert_eq!(refreshed(&fleet), first);
        pass(&mut fleet, 400);
        assert!(refreshed(&fleet) > first);
    }

    #[test]
    fn what_is_not_there_cannot_be_pushed_and_a_store_without_identity_takes_nothing() {
        let mut fleet = fleet(&DEV);
        share(&fleet, "no-such-secret");
        pass(&mut fleet, 5);
        assert_eq!(ready(&fleet), ("False".to_owned(), "Errored".to_owned()));
        assert!(messages(&fleet, "staging", "Errored")[0].contains("secrets \"no-such-secret\" not found"));
        fleet
            .store()
            .edit(&key(), |push| {
                field::put(push, "spec.selector.secret.name", json!("app-secrets"));
                Ok(())
            })
            .unwrap();
        pass(&mut fleet, 5);
        assert_eq!(ready(&fleet).1, "Synced");
        fleet.conducts().lose_identity("external-secrets", "external-secrets");
        fleet.reconsider();
        pass(&mut fleet, 700);
        assert_eq!(ready(&fleet).1, "Errored");
    }
}
