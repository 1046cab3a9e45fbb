//! Namespaces: what every new one gets, and emptying one that is being deleted.

use serde_json::json;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The namespace controller, with the service account controller's part of it.
pub(super) struct Namespace;

impl Controller for Namespace {
    fn resource(&self) -> &'static str {
        "namespaces"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        let namespace = field::namespace(&changed.object);
        let is_gone = changed.kind == crate::simulator::store::ChangeKind::Deleted;
        if is_gone && !namespace.is_empty() {
            vec![Key::cluster("namespaces", namespace)]
        } else {
            Vec::new()
        }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let namespace = round.lister.get(key)?;
        if field::at(&namespace, "metadata.deletionTimestamp").is_null() {
            return furnish(key, round);
        }
        let mut left = 0;
        for kind in round.store.kinds().iter().filter(|kind| kind.namespaced) {
            for (own, object) in round.lister.entries(&kind.resource(), Some(&key.name), &Selection::all()) {
                left += 1;
                if field::at(&object, "metadata.deletionTimestamp").is_null() {
                    round.delete(&own)?;
                }
            }
        }
        if left > 0 {
            round.wake_after(5);
            return Ok(());
        }
        round.store.edit(key, |namespace| {
            field::put(namespace, "spec.finalizers", json!([]));
            // Nothing holds it any longer: the store lets go of what has no grace left.
            field::put(namespace, "metadata.deletionGracePeriodSeconds", json!(0));
            Ok(())
        })?;
        Ok(())
    }
}

fn furnish(key: &Key, round: &Round<'_>) -> Result<(), Status> {
    let account = Key::namespaced("serviceaccounts", &key.name, "default");
    if round.store.object(&account).is_err() {
        round.store.create(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": &*key.name}}))?;
    }
    round.store.edit(key, |namespace| {
        field::set_label(namespace, "kubernetes.io/metadata.name", &*key.name);
        if field::list(namespace, "spec.finalizers").is_empty() {
            field::put(namespace, "spec.finalizers", json!(["kubernetes"]));
        }
        field::put(namespace, "status.phase", json!("Active"));
        Ok(())
    })?;
    Ok(())
}
