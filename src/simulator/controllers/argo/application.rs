//! Applications: their state is compared with what is committed, told in the status, and mended where that is allowed.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{COMPONENT, NAMESPACE, comparison, health, operation, window};
use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::git;
use crate::simulator::store::Key;
use crate::simulator::world::field;

/// The application controller.
pub(crate) struct Application;

const REFRESH: &str = "argocd.argoproj.io/refresh";
/// Seconds between two comparisons when nothing changed: `timeout.reconciliation` of the fleet.
const PERIOD: i64 = 60;
/// Seconds between two comparisons on a clock that is advanced by hand: every step of it costs time.
const SLOW_PERIOD: i64 = 600;
/// Seconds until what was changed by hand is healed.
const HEALING: i64 = 5;

impl Controller for Application {
    fn resource(&self) -> &'static str {
        "applications.argoproj.io"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        // ReplicaSets repeat the annotations of their Deployments.
        if field::controller_of(&changed.object).is_some() {
            return Vec::new();
        }
        git::application_of(&changed.object)
            .map(|name| Key::namespaced(self.resource(), NAMESPACE, name))
            .into_iter()
            .collect()
    }

    fn renews(&self) -> bool {
        true
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let application = round.lister.get(key)?;
        let is_left_alone = field::annotation(&application, "argocd.argoproj.io/skip-reconcile") == "true"
            || !field::at(&application, "metadata.deletionTimestamp").is_null();
        if is_left_alone {
            return Ok(());
        }
        let compared = compare(&application, round);
        let application = write(key, &application, &compared, round)?;
        let is_running = !field::at(&application, "operation").is_null()
            || field::text(&application, "status.operationState.phase") == "Running";
        if is_running {
            return operation::proceed(key, &application, round);
        }
        mend(key, &application, &compared, round)
    }
}

/// What the controller found.
struct Compared {
    sync: &'static str,
    revision: String,
    resources: Vec<Value>,
    health: &'static str,
    error: Option<String>,
}

/// Compares everything that is committed with what runs.
fn compare(application: &Value, round: &Round<'_>) -> Compared {
    let name = field::name(application);
    let Some(commit) = round.store.git().head(name) else {
        let path = field::text(application, "spec.source.path");
        let error = format!(
            "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = {path}: app path does not exist"
        );
        return Compared {
            sync: "Unknown",
            revision: String::new(),
            resources: field::list(application, "status.resources").to_vec(),
            health: "Unknown",
            error: Some(error),
        };
    };
    let mut resources: Vec<Value> = commit
        .manifests
        .iter()
        .map(|manifest| comparison::resource(manifest, live(manifest, round).as_deref()))
        .collect();
    for known in field::list(application, "status.resources") {
        if resources.iter().any(|row| comparison::is_same(row, known)) {
            continue;
        }
        let mut manifest = json!({"apiVersion": api_version(known), "kind": field::text(known, "kind"), "metadata": {"name": field::text(known, "name")}});
        if let Some(namespace) = known.get("namespace") {
            field::put(&mut manifest, "metadata.namespace", namespace.clone());
        }
        let own = live(&manifest, round).filter(|own| git::application_of(own) == Some(name));
        resources.extend(own.map(|own| comparison::superfluous(&own)));
    }
    let is_synced = resources.iter().all(|row| field::text(row, "status") == "Synced");
    let judged = resources.iter().filter_map(|row| row.get("health")).map(|own| field::text(own, "status"));
    let worst = judged.fold("Healthy", |worst, own| {
        const KNOWN: [&str; 5] = ["Suspended", "Progressing", "Missing", "Degraded", "Unknown"];
        KNOWN.into_iter().find(|known| *known == own).map_or(worst, |own| health::worse(worst, own))
    });
    Compared {
        sync: if is_synced { "Synced" } else { "OutOfSync" },
        revision: commit.revision,
        resources,
        health: worst,
        error: None,
    }
}

pub(super) fn api_version(row: &Value) -> String {
    match field::text(row, "group") {
        "" => field::text(row, "version").to_owned(),
        group => format!("{group}/{}", field::text(row, "version")),
    }
}

/// The object that a manifest stands for, where it runs.
pub(super) fn live(manifest: &Value, round: &Round<'_>) -> Option<Arc<Value>> {
    round.lister.get(&round.store.key_of(manifest).ok()?).ok()
}

/// Writes what was found, when it differs or is due, and takes the request for a refresh away.
fn write(key: &Key, application: &Value, found: &Compared, round: &mut Round<'_>) -> Result<Value, Status> {
    let period = if round.store.clock().is_running() { PERIOD } else { SLOW_PERIOD };
    let due = field::time(application, "status.reconciledAt").map(|last| later(last, period));
    let wanted = !field::annotation(application, REFRESH).is_empty();
    let (sync, own_health) =
        (field::text(application, "status.sync.status"), field::text(application, "status.health.status"));
    let is_told = sync == found.sync
        && own_health == found.health
        && field::text(application, "status.sync.revision") == found.revision
        && field::list(application, "status.resources") == found.resources.as_slice();
    if is_told && !wanted && due.is_some_and(|due| due > round.now) {
        if let Some(due) = due {
            round.wake_at(due);
        }
        return Ok(application.clone());
    }
    round.wake_after(period);
    let stamp = round.stamp();
    let written = round.store.edit(key, |application| {
        if let Some(annotations) = application.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.shift_remove(REFRESH);
        }
        field::put(application, "status.sync.status", json!(found.sync));
        field::put(application, "status.sync.revision", json!(found.revision));
        field::put(application, "status.sync.comparedTo", json!({"destination": field::at(application, "spec.destination"), "source": field::at(application, "spec.source")}));
        if field::text(application, "status.health.status") != found.health {
            field::put(application, "status.health", json!({"lastTransitionTime": stamp, "status": found.health}));
        }
        field::put(application, "status.resources", json!(found.resources));
        field::put(application, "status.reconciledAt", json!(stamp));
        let images = images(&found.resources, round);
        field::put(application, "status.summary", json!({"images": images}));
        set_condition(application, "ComparisonError", found.error.as_deref(), &stamp);
        Ok(())
    })?;
    for (what, old, new) in [("sync", sync, found.sync), ("health", own_health, found.health)]
        .map(|(what, old, new)| (what, old.to_owned(), new))
    {
        if old != new {
            let message = format!("Updated {what} status: {old} -> {new}");
            round.note(&written, COMPONENT, "ResourceUpdated", message);
        }
    }
    Ok(written)
}

/// The images of everything that the application runs, in order.
fn images(resources: &[Value], round: &Round<'_>) -> Vec<String> {
    let workloads = resources.iter().filter(|row| field::text(row, "kind") != "Pod");
    let mut images: Vec<String> = workloads
        .filter_map(|row| {
            live(
                &json!({"apiVersion": api_version(row), "kind": row.get("kind"), "metadata": {"name": row.get("name"), "namespace": row.get("namespace")}}),
                round,
            )
        })
        .flat_map(|own| {
            let containers = field::list(&own, "spec.template.spec.containers").iter();
            containers.map(|container| field::text(container, "image").to_owned()).collect::<Vec<_>>()
        })
        .collect();
    images.sort_unstable();
    images.dedup();
    images
}

/// Conditions of an application are there or not: they have no status.
pub(super) fn set_condition(application: &mut Value, kind: &str, message: Option<&str>, stamp: &str) {
    let known = field::list(application, "status.conditions");
    let present = known.iter().find(|condition| field::text(condition, "type") == kind);
    if present.map(|condition| field::text(condition, "message")) == message {
        return;
    }
    let mut kept: Vec<Value> =
        known.iter().filter(|condition| field::text(condition, "type") != kind).cloned().collect();
    kept.extend(
        message.map(|message| json!({"type": kind, "message": message, "lastTransitionTime": stamp})),
    );
    if kept.is_empty() {
        field::drop_at(application, "status.conditions");
    } else {
        field::put(application, "status.conditions", Value::Array(kept));
    }
}

/// Starts a sync by itself where the application is automated and its project lets it.
fn mend(key: &Key, application: &Value, found: &Compared, round: &mut Round<'_>) -> Result<(), Status> {
    let automated = field::at(application, "spec.syncPolicy.automated");
    let is_on = automated.is_object() && automated.get("enabled") != Some(&json!(false));
    let stamp = round.stamp();
    if !is_on || found.sync != "OutOfSync" {
        if found.sync == "Synced" && !field::list(application, "status.conditions").is_empty() {
            round.store.edit(key, |application| {
                set_condition(application, "SyncError", None, &stamp);
                Ok(())
            })?;
        }
        return Ok(());
    }
    let prunes = field::is_true(automated, "prune");
    let only_prunes = |row: &&Value| {
        field::text(row, "status") == "OutOfSync" && (prunes || !field::is_true(row, "requiresPruning"))
    };
    let differing: Vec<&Value> = found.resources.iter().filter(only_prunes).collect();
    let project =
        Key::namespaced("appprojects.argoproj.io", NAMESPACE, field::text(application, "spec.project"));
    let project = round.lister.get(&project).map(|project| Value::clone(&project)).unwrap_or_default();
    if differing.is_empty() || !window::can_sync(&project, application, round.now, false) {
        return Ok(());
    }
    let state = field::at(application, "status.operationState");
    let is_tried = field::text(state, "syncResult.revision") == found.revision;
    let mut sync = json!({"revision": found.revision, "prune": prunes, "syncOptions": field::at(application, "spec.syncPolicy.syncOptions")});
    if is_tried {
        if matches!(field::text(state, "phase"), "Failed" | "Error") {
            let message =
                format!("Failed last sync attempt to {}: {}", found.revision, field::text(state, "message"));
            round.store.edit(key, |application| {
                set_condition(application, "SyncError", Some(&message), &stamp);
                Ok(())
            })?;
            return Ok(());
        }
        if !field::is_true(automated, "selfHeal") {
            return Ok(());
        }
        let healed = field::time(state, "finishedAt").unwrap_or(round.now);
        let due = healed.checked_add(SignedDuration::from_secs(HEALING)).unwrap_or(healed);
        if due > round.now {
            round.wake_at(due);
            return Ok(());
        }
        let rows: Vec<Value> = differing
            .iter()
            .map(|row| json!({"group": field::text(row, "group"), "kind": row.get("kind"), "name": row.get("name"), "namespace": row.get("namespace")}))
            .collect();
        let attempts = field::number(state, "operation.sync.autoHealAttemptsCount") + 1;
        field::put(&mut sync, "resources", Value::Array(rows));
        field::put(&mut sync, "autoHealAttemptsCount", json!(attempts));
    }
    let order = json!({"initiatedBy": {"automated": true}, "retry": {"limit": 5}, "sync": sync});
    let started = round.store.edit(key, |application| {
        field::put(application, "operation", order.clone());
        Ok(())
    })?;
    let message = format!("Initiated automated sync to '{}'", found.revision);
    round.note(&started, COMPONENT, "OperationStarted", message);
    Ok(())
}
