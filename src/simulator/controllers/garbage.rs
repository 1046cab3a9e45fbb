//! The garbage collector: what is owned by something that is gone, goes too; owners wait for it where they were asked to.

use std::sync::Arc;

use serde_json::Value;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The garbage collector. It is asked about owned objects, by their own keys.
pub(super) struct Garbage;

/// Resources whose objects are owned by others.
const OWNED: [&str; 14] = [
    "pods",
    "replicasets.apps",
    "controllerrevisions.apps",
    "jobs.batch",
    "endpointslices.discovery.k8s.io",
    "leases.coordination.k8s.io",
    "csinodes.storage.k8s.io",
    "secrets",
    "certificaterequests.cert-manager.io",
    "orders.acme.cert-manager.io",
    "challenges.acme.cert-manager.io",
    "nodeclaims.karpenter.sh",
    "nodes",
    "applications.argoproj.io",
];

/// Resources whose objects own nothing, and change often.
const CHILDLESS: [&str; 5] = [
    "pods",
    "events",
    "endpointslices.discovery.k8s.io",
    "leases.coordination.k8s.io",
    "controllerrevisions.apps",
];

/// The finalizers of an owner that waits.
const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

impl Controller for Garbage {
    fn resource(&self) -> &'static str {
        "replicasets.apps"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        // A key of the changed object: whether it is gone or waits is seen when it is looked at.
        let is_going = !field::at(&changed.object, "metadata.deletionTimestamp").is_null()
            || changed.kind == crate::simulator::store::ChangeKind::Deleted;
        if is_going && !CHILDLESS.contains(&&*changed.key.resource) {
            return vec![changed.key.clone()];
        }
        // An owner that waits for its dependants is looked at again when one of them goes.
        let owners = field::list(&changed.object, "metadata.ownerReferences").iter().filter(|_| is_going);
        owners.filter_map(|owner| owner_key(owner, &changed.object)).collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        match round.lister.get(key) {
            Err(_) => collect_orphans_of(key, round),
            Ok(owner) if field::at(&owner, "metadata.deletionTimestamp").is_null() => Ok(()),
            Ok(owner) => release(key, &owner, round),
        }
    }
}

fn owner_key(owner: &Value, owned: &Value) -> Option<Key> {
    let resource = match field::kind(owner) {
        "ReplicaSet" => "replicasets.apps",
        "Deployment" => "deployments.apps",
        "StatefulSet" => "statefulsets.apps",
        "DaemonSet" => "daemonsets.apps",
        "Job" => "jobs.batch",
        "CronJob" => "cronjobs.batch",
        _ => return None,
    };
    Some(Key::namespaced(resource, field::namespace(owned), field::text(owner, "name")))
}

/// Objects that name an owner of this kind and name, whatever its unique id.
fn dependants(key: &Key, round: &Round<'_>) -> Vec<(Key, Arc<Value>)> {
    let kind = round.store.kind(&key.resource).map(|kind| kind.kind.clone()).unwrap_or_default();
    let mut out = Vec::new();
    for resource in OWNED {
        let namespace = key.namespace.as_deref();
        for (own, value) in round.lister.entries(resource, namespace, &Selection::all()) {
            let is_owned = field::list(&value, "metadata.ownerReferences")
                .iter()
                .any(|owner| field::kind(owner) == kind && field::text(owner, "name") == &*key.name);
            if is_owned {
                out.push((own, value));
            }
        }
    }
    out
}

fn collect_orphans_of(key: &Key, round: &Round<'_>) -> Result<(), Status> {
    for (dependant, value) in dependants(key, round) {
        // Another owner may still live.
        let others = field::list(&value, "metadata.ownerReferences")
            .iter()
            .filter(|owner| field::text(owner, "name") != &*key.name)
            .count();
        if others == 0 {
            round.delete(&dependant)?;
        }
    }
    Ok(())
}

/// Lets an owner go that waits for its dependants, once they are gone or disowned.
fn release(key: &Key, owner: &Value, round: &Round<'_>) -> Result<(), Status> {
    let waits = |finalizer: &str| {
        field::list(owner, "metadata.finalizers").iter().any(|own| own.as_str() == Some(finalizer))
    };
    if waits(ORPHAN) {
        for (dependant, _) in dependants(key, round) {
            round.store.edit(&dependant, |object| {
                let kept: Vec<Value> = field::list(object, "metadata.ownerReferences")
                    .iter()
                    .filter(|reference| field::text(reference, "uid") != field::uid(owner))
                    .cloned()
                    .collect();
                field::put(object, "metadata.ownerReferences", Value::Array(kept));
                Ok(())
            })?;
        }
        return remove_finalizer(key, ORPHAN, round);
    }
    if !waits(FOREGROUND) {
        return Ok(());
    }
    let left = dependants(key, round);
    for (dependant, value) in &left {
        if field::at(value, "metadata.deletionTimestamp").is_null() {
            round.delete(dependant)?;
        }
    }
    if dependants(key, round).is_empty() { remove_finalizer(key, FOREGROUND, round) } else { Ok(()) }
}

/// Takes a finalizer from an object.
pub(super) fn remove_finalizer(key: &Key, finalizer: &str, round: &Round<'_>) -> Result<(), Status> {
    round.store.edit(key, |object| {
        let kept: Vec<Value> = field::list(object, "metadata.finalizers")
            .iter()
            .filter(|own| own.as_str() != Some(finalizer))
            .cloned()
            .collect();
        field::put(object, "metadata.finalizers", Value::Array(kept));
        Ok(())
    })?;
    Ok(())
}
