//! Deployments: one ReplicaSet for each template, rolled from the old to the new within surge and unavailability.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::{RoundsUp, later, share};
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::chance::template_hash;
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;

/// The Deployment controller.
pub(super) struct Deployment;

const COMPONENT: &str = "deployment-controller";
const REVISION: &str = "deployment.kubernetes.io/revision";

impl Controller for Deployment {
    fn resource(&self) -> &'static str {
        "deployments.apps"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if changed.is("replicasets.apps") {
            changed.controller("Deployment", self.resource())
        } else {
            Vec::new()
        }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let deployment = round.lister.get(key)?;
        if !field::at(&deployment, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        let sets = round.controlled("replicasets.apps", &deployment, &Selection::all());
        let hash = template_hash(field::at(&deployment, "spec.template"));
        let name = format!("{}-{hash}", field::name(&deployment));
        if field::is_true(&deployment, "spec.paused") {
            return put_status(key, &deployment, &sets, &name, round);
        }
        let Some(new) = sets.iter().find(|set| field::name(set) == name).cloned() else {
            return create_set(key, &deployment, &sets, &hash, round);
        };
        let revision = adopt_revision(key, &deployment, &new, &sets, round)?;
        roll(&deployment, &new, &sets, round)?;
        clean_up(&deployment, &new, &sets, round)?;
        let sets = round.controlled("replicasets.apps", &deployment, &Selection::all());
        let mut deployment = Value::clone(&deployment);
        field::annotate(&mut deployment, REVISION, revision.to_string());
        put_status(key, &deployment, &sets, &name, round)
    }
}

fn revision_of(set: &Value) -> i64 {
    field::annotation(set, REVISION).parse().unwrap_or_default()
}

fn surge(deployment: &Value) -> i64 {
    share(
        field::at(deployment, "spec.strategy.rollingUpdate.maxSurge"),
        field::number(deployment, "spec.replicas"),
        RoundsUp::Yes,
    )
}

fn unavailable(deployment: &Value) -> i64 {
    let allowed = share(
        field::at(deployment, "spec.strategy.rollingUpdate.maxUnavailable"),
        field::number(deployment, "spec.replicas"),
        RoundsUp::No,
    );
    if allowed == 0 && surge(deployment) == 0 { 1 } else { allowed }
}

/// Makes the ReplicaSet of a new template, with as many replicas as may be at once.
fn create_set(
    key: &Key,
    deployment: &Value,
    sets: &[Arc<Value>],
    hash: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let revision = sets.iter().map(|set| revision_of(set)).max().unwrap_or_default() + 1;
    let wanted = field::number(deployment, "spec.replicas");
    let present: i64 = sets.iter().map(|set| field::number(set, "spec.replicas")).sum();
    let is_recreated = field::text(deployment, "spec.strategy.type") == "Recreate";
    let first =
        if is_recreated && present > 0 { 0 } else { (wanted + surge(deployment) - present).clamp(0, wanted) };
    let mut template = field::at(deployment, "spec.template").clone();
    field::set_label(&mut template, "pod-template-hash", hash);
    let mut selector = field::at(deployment, "spec.selector").clone();
    if let Some(labels) = selector.get_mut("matchLabels").and_then(Value::as_object_mut) {
        labels.insert("pod-template-hash".to_owned(), json!(hash));
    }
    let name = format!("{}-{hash}", field::name(deployment));
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": name, "namespace": field::namespace(deployment), "labels": field::at(&template, "metadata.labels"), "annotations": field::at(deployment, "metadata.annotations"),
            "ownerReferences": [controller_reference(deployment)],
        },
        "spec": {"replicas": first, "selector": selector, "template": template}, "status": {"replicas": 0},
    });
    annotate_size(&mut set, deployment);
    field::annotate(&mut set, REVISION, revision.to_string());
    round.store.create(&set)?;
    round.store.edit(key, |object| {
        field::annotate(object, REVISION, revision.to_string());
        Ok(())
    })?;
    if first > 0 {
        round.note(
            deployment,
            COMPONENT,
            "ScalingReplicaSet",
            format!("Scaled up replica set {name} from 0 to {first}"),
        );
    }
    Ok(())
}

fn annotate_size(set: &mut Value, deployment: &Value) {
    let wanted = field::number(deployment, "spec.replicas");
    field::annotate(set, "deployment.kubernetes.io/desired-replicas", wanted.to_string());
    field::annotate(set, "deployment.kubernetes.io/max-replicas", (wanted + surge(deployment)).to_string());
}

/// A template that was there before, as after a rollback, becomes the newest revision again.
fn adopt_revision(
    key: &Key,
    deployment: &Value,
    new: &Value,
    sets: &[Arc<Value>],
    round: &Round<'_>,
) -> Result<i64, Status> {
    let highest = sets
        .iter()
        .filter(|set| field::uid(set) != field::uid(new))
        .map(|set| revision_of(set))
        .max()
        .unwrap_or_default();
    let revision = if revision_of(new) > highest { revision_of(new) } else { highest + 1 };
    if revision != revision_of(new) {
        round.store.edit(&round.store.key_of(new)?, |set| {
            field::annotate(set, REVISION, revision.to_string());
            Ok(())
        })?;
    }
    if field::annotation(deployment, REVISION) != revision.to_string() {
        round.store.edit(key, |object| {
            field::annotate(object, REVISION, revision.to_string());
            Ok(())
        })?;
    }
    Ok(revision)
}

/// Moves replicas from the old sets to the new one, as far as surge and availability allow.
fn roll(deployment: &Value, new: &Value, sets: &[Arc<Value>], round: &mut Round<'_>) -> Result<(), Status> {
    let wanted = field::number(deployment, "spec.replicas");
    let mut old: Vec<&Value> = sets
        .iter()
        .map(Arc::as_ref)
        .filter(|set| field::uid(set) != field::uid(new) && field::number(set, "spec.replicas") > 0)
        .collect();
    old.sort_by_key(|set| revision_of(set));
    let own = field::number(new, "spec.replicas");
    if old.is_empty() {
        return scale(deployment, new, wanted, round);
    }
    if field::text(deployment, "spec.strategy.type") == "Recreate" {
        for set in &old {
            scale(deployment, set, 0, round)?;
        }
        let gone = sets
            .iter()
            .filter(|set| field::uid(set) != field::uid(new))
            .all(|set| field::number(set, "status.replicas") == 0);
        return if gone { scale(deployment, new, wanted, round) } else { Ok(()) };
    }
    let total: i64 = sets.iter().map(|set| field::number(set, "spec.replicas")).sum();
    let room = wanted + surge(deployment) - total;
    if own > wanted {
        scale(deployment, new, wanted, round)?;
    } else if room > 0 && own < wanted {
        scale(deployment, new, (own + room).min(wanted), round)?;
    }
    let least = wanted - unavailable(deployment);
    let new_unavailable = own - field::number(new, "status.availableReplicas");
    let mut removable = total - least - new_unavailable;
    // Replicas that do not serve go first: they cost no availability.
    for set in &old {
        let (replicas, available) =
            (field::number(set, "spec.replicas"), field::number(set, "status.availableReplicas"));
        let broken = (replicas - available).min(removable).max(0);
        if broken > 0
            && field::number(set, "status.observedGeneration") >= field::number(set, "metadata.generation")
        {
            scale(deployment, set, replicas - broken, round)?;
            return Ok(());
        }
    }
    let available: i64 = sets.iter().map(|set| field::number(set, "status.availableReplicas")).sum();
    removable = removable.min(available - least);
    for set in old {
        if removable <= 0 {
            break;
        }
        let replicas = field::number(set, "spec.replicas");
        let down = replicas.min(removable);
        scale(deployment, set, replicas - down, round)?;
        removable -= down;
    }
    Ok(())
}

fn scale(deployment: &Value, set: &Value, to: i64, round: &mut Round<'_>) -> Result<(), Status> {
    let from = field::number(set, "spec.replicas");
    let key = round.store.key_of(set)?;
    round.store.edit(&key, |set| {
        field::put(set, "spec.replicas", json!(to));
        annotate_size(set, deployment);
        Ok(())
    })?;
    if from != to {
        let direction = if to > from { "up" } else { "down" };
        round.note(
            deployment,
            COMPONENT,
            "ScalingReplicaSet",
            format!("Scaled {direction} replica set {} from {from} to {to}", field::name(set)),
        );
    }
    Ok(())
}

/// Removes the oldest empty sets beyond the history limit.
fn clean_up(deployment: &Value, new: &Value, sets: &[Arc<Value>], round: &Round<'_>) -> Result<(), Status> {
    let limit = usize::try_from(field::at(deployment, "spec.revisionHistoryLimit").as_i64().unwrap_or(10))
        .unwrap_or_default();
    let mut empty: Vec<&Value> = sets
        .iter()
        .map(Arc::as_ref)
        .filter(|set| {
            field::uid(set) != field::uid(new)
                && field::number(set, "spec.replicas") == 0
                && field::number(set, "status.replicas") == 0
        })
        .collect();
    empty.sort_by_key(|set| revision_of(set));
    for set in empty.iter().take(empty.len().saturating_sub(limit)) {
        round.delete(&round.store.key_of(set)?)?;
    }
    Ok(())
}

fn put_status(
    key: &Key,
    deployment: &Value,
    sets: &[Arc<Value>],
    new_name: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let sum = |part: &str| sets.iter().map(|set| field::number(set, part)).sum::<i64>();
    let updated = sets
        .iter()
        .find(|set| field::name(set) == new_name)
        .map(|set| field::number(set, "status.replicas"))
        .unwrap_or_default();
    let new_available = sets
        .iter()
        .find(|set| field::name(set) == new_name)
        .map(|set| field::number(set, "status.availableReplicas"))
        .unwrap_or_default();
    let (replicas, ready, available) =
        (sum("status.replicas"), sum("status.readyReplicas"), sum("status.availableReplicas"));
    let wanted = field::number(deployment, "spec.replicas");
    let mut status = json!({"observedGeneration": field::number(deployment, "metadata.generation")});
    let missing = (wanted - available).max(0);
    for (part, count) in [
        ("replicas", replicas),
        ("updatedReplicas", updated),
        ("readyReplicas", ready),
        ("availableReplicas", available),
        ("unavailableReplicas", missing),
    ] {
        if count > 0 {
            field::put(&mut status, part, json!(count));
        }
    }
    field::put(&mut status, "terminatingReplicas", json!(sum("status.terminatingReplicas")));
    let mut next = json!({"status": status});
    field::put(&mut next, "status.conditions", json!(field::list(deployment, "status.conditions")));
    let is_available = available >= wanted - unavailable(deployment);
    let (reason, message) = if is_available {
        ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    set_condition(&mut next, "Available", is_available, reason, message.to_owned(), round);
    let is_complete = updated == wanted && replicas == wanted && available == wanted;
    progress(
        &mut next,
        deployment,
        new_name,
        Progress { is_complete, updated, available: new_available, replicas },
        round,
    );
    let failure = sets.iter().find(|set| field::name(set) == new_name);
    let failure = failure.map(|set| field::condition(set, "ReplicaFailure")).filter(|own| !own.is_null());
    match failure {
        Some(failure) => {
            let message = field::text(failure, "message").to_owned();
            set_condition(&mut next, "ReplicaFailure", true, field::text(failure, "reason"), message, round);
        }
        None => {
            let rest: Vec<Value> = field::list(&next, "status.conditions")
                .iter()
                .filter(|own| field::text(own, "type") != "ReplicaFailure")
                .cloned()
                .collect();
            field::put(&mut next, "status.conditions", json!(rest));
        }
    }
    round.put_status(key, field::at(&next, "status"))
}

struct Progress {
    is_complete: bool,
    updated: i64,
    available: i64,
    replicas: i64,
}

/// The `Progressing` condition: complete, under way, or stuck since its deadline.
fn progress(next: &mut Value, deployment: &Value, set: &str, state: Progress, round: &mut Round<'_>) {
    let old = field::condition(deployment, "Progressing").clone();
    if state.is_complete {
        if field::text(&old, "reason") != "NewReplicaSetAvailable"
            || !field::text(&old, "message").contains(set)
        {
            set_condition(
                next,
                "Progressing",
                true,
                "NewReplicaSetAvailable",
                format!("ReplicaSet \"{set}\" has successfully progressed."),
                round,
            );
        }
        return;
    }
    let before = |part: &str| field::number(deployment, &format!("status.{part}"));
    let has_moved = state.updated > before("updatedReplicas")
        || state.available > before("availableReplicas")
        || state.replicas < before("replicas")
        || field::number(deployment, "status.observedGeneration")
            != field::number(deployment, "metadata.generation");
    let message = format!("ReplicaSet \"{set}\" is progressing.");
    let is_new = !field::text(&old, "message").contains(set);
    if has_moved || is_new || field::text(&old, "reason") == "NewReplicaSetAvailable" {
        set_condition(next, "Progressing", true, "ReplicaSetUpdated", message, round);
    } else if field::text(&old, "reason") == "ReplicaSetUpdated" {
        let since = field::time(&old, "lastUpdateTime").unwrap_or(round.now);
        let deadline =
            later(since, field::at(deployment, "spec.progressDeadlineSeconds").as_i64().unwrap_or(600));
        if round.now >= deadline {
            set_condition(
                next,
                "Progressing",
                false,
                "ProgressDeadlineExceeded",
                format!("ReplicaSet \"{set}\" has timed out progressing."),
                round,
            );
            return;
        }
    }
    if let Some(since) = field::time(field::condition(next, "Progressing"), "lastUpdateTime")
        && field::condition_is_true(next, "Progressing")
    {
        round.wake_at(later(
            since,
            field::at(deployment, "spec.progressDeadlineSeconds").as_i64().unwrap_or(600),
        ));
    }
}

fn set_condition(
    object: &mut Value,
    kind: &str,
    is_true: bool,
    reason: &str,
    message: String,
    round: &Round<'_>,
) {
    let status = if is_true { "True" } else { "False" };
    let old = field::condition(object, kind);
    if field::text(old, "status") == status
        && field::text(old, "reason") == reason
        && field::text(old, "message") == message
        && reason != "ReplicaSetUpdated"
    {
        return;
    }
    let stamp = round.stamp();
    field::set_condition(
        object,
        json!({"type": kind, "status": status, "lastUpdateTime": stamp, "lastTransitionTime": stamp, "reason": reason, "message": message}),
    );
}
