//! One sync of an application: asked for, let through its windows, applied object by object, and remembered.

use serde_json::{Value, json};

use super::application::{api_version, live, set_condition};
use super::{COMPONENT, NAMESPACE, comparison, window};
use crate::simulator::api::admission::admit;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::external_secret::seconds;
use crate::simulator::controllers::{Round, round::later};
use crate::simulator::store::Key;
use crate::simulator::world::field;

/// Seconds that a sync takes from its start to its result.
const DURATION: i64 = 3;
/// Seconds between two looks at a window that blocks.
const WINDOW_PERIOD: i64 = 60;
/// Rows of the history that are kept: `revisionHistoryLimit`.
const HISTORY: usize = 10;

/// Brings the operation of an application a step further.
pub(super) fn proceed(key: &Key, application: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let state = field::at(application, "status.operationState");
    let order = field::at(application, "operation");
    match field::text(state, "phase") {
        "Terminating" => finish(key, application, "Failed", "Operation terminated", &[], round),
        "Running" if is_blocked(application, round) => {
            round.wake_after(WINDOW_PERIOD);
            Ok(())
        }
        "Running" if field::text(state, "message").starts_with("Sync operation blocked") => {
            start(key, application, &field::at(state, "operation").clone(), round)
        }
        "Running" if !field::at(state, "finishedAt").is_null() => {
            let again = later(field::time(state, "finishedAt").unwrap_or(round.now), pause(state));
            if again > round.now {
                round.wake_at(again);
                return Ok(());
            }
            execute(key, application, round)
        }
        "Running" => {
            let due = later(field::time(state, "startedAt").unwrap_or(round.now), DURATION);
            if due > round.now {
                round.wake_at(due);
                return Ok(());
            }
            execute(key, application, round)
        }
        _ => start(key, application, &order.clone(), round),
    }
}

/// Seconds until a sync that failed is tried again: five, then twice as long each time, at most three minutes.
fn pause(state: &Value) -> i64 {
    let backoff = field::at(state, "operation.retry.backoff");
    let first = seconds(field::text(backoff, "duration")).unwrap_or(5);
    let most = seconds(field::text(backoff, "maxDuration")).unwrap_or(180);
    let tries = field::number(state, "retryCount").clamp(1, 8);
    (first << (tries - 1)).min(most)
}

fn is_blocked(application: &Value, round: &Round<'_>) -> bool {
    let project =
        Key::namespaced("appprojects.argoproj.io", NAMESPACE, field::text(application, "spec.project"));
    let order = match field::at(application, "operation") {
        Value::Null => field::at(application, "status.operationState.operation"),
        order => order,
    };
    let is_manual = !field::is_true(order, "initiatedBy.automated");
    let project = round.lister.get(&project);
    project.is_ok_and(|project| !window::can_sync(&project, application, round.now, is_manual))
}

fn start(key: &Key, application: &Value, order: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let revision = wanted_revision(application, order, round);
    let source = field::at(order, "sync.source");
    let source = if source.is_null() { field::at(application, "spec.source") } else { source };
    let blocked = is_blocked(application, round);
    let message =
        if blocked { "Sync operation blocked by sync window" } else { "waiting for completion of sync" };
    let state = json!({
        "operation": order, "phase": "Running", "message": message, "startedAt": round.stamp(), "syncResult": {"revision": revision, "source": source},
    });
    let started = round.store.edit(key, |application| {
        field::put(application, "status.operationState", state.clone());
        Ok(())
    })?;
    let user = field::text(order, "initiatedBy.username");
    if !user.is_empty() && !blocked {
        let target = field::text(application, "spec.source.targetRevision");
        round.note(
            &started,
            COMPONENT,
            "OperationStarted",
            format!("{user} initiated sync to {target} ({revision})"),
        );
    }
    round.wake_after(if blocked { WINDOW_PERIOD } else { DURATION });
    Ok(())
}

fn wanted_revision(application: &Value, order: &Value, round: &Round<'_>) -> String {
    let asked = field::text(order, "sync.revision");
    let commit = round.store.git().at(field::name(application), asked);
    commit.map_or_else(|| asked.to_owned(), |commit| commit.revision)
}

/// Applies what the operation is about, and ends it.
fn execute(key: &Key, application: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let state = field::at(application, "status.operationState");
    let order = field::at(state, "operation");
    let revision = field::text(state, "syncResult.revision").to_owned();
    let Some(commit) = round.store.git().at(field::name(application), &revision) else {
        return finish(key, application, "Error", "ComparisonError: app path does not exist", &[], round);
    };
    let only = field::list(order, "sync.resources");
    let is_meant =
        |row: &Value| only.is_empty() || only.iter().any(|wanted| comparison::is_same(wanted, row));
    let is_tried = field::is_true(order, "sync.dryRun");
    let mut results = Vec::new();
    for manifest in commit.manifests.iter() {
        let row = comparison::identity(manifest);
        if is_meant(&row) {
            results.push(apply(row, manifest, is_tried, round));
        }
    }
    for known in field::list(application, "status.resources") {
        if field::is_true(known, "requiresPruning") && is_meant(known) {
            results.push(prune(known, field::is_true(order, "sync.prune") && !is_tried, round));
        }
    }
    let failed = results.iter().filter(|row| field::text(row, "status") == "SyncFailed").count();
    if failed == 0 {
        let message =
            if is_tried { "successfully synced (dry run)" } else { "successfully synced (all tasks run)" };
        return finish(key, application, "Succeeded", message, &results, round);
    }
    let why = results
        .iter()
        .find(|row| field::text(row, "status") == "SyncFailed")
        .map(|row| field::text(row, "message").to_owned())
        .unwrap_or_default();
    let message = format!("one or more objects failed to apply, reason: {why}");
    let (tries, limit) = (field::number(state, "retryCount"), field::number(order, "retry.limit"));
    if tries < limit {
        return retry(key, &message, tries + 1, &results, round);
    }
    let message = if limit > 0 { format!("{message} (retried {limit} times).") } else { message };
    finish(key, application, "Failed", &message, &results, round)
}

fn retry(key: &Key, why: &str, tries: i64, results: &[Value], round: &mut Round<'_>) -> Result<(), Status> {
    let stamp = round.stamp();
    let mut next = 0;
    round.store.edit(key, |application| {
        field::put(application, "status.operationState.retryCount", json!(tries));
        next = pause(field::at(application, "status.operationState"));
        let at = later(round.now, next).strftime("%-I:%M%p");
        field::put(
            application,
            "status.operationState.message",
            json!(format!("{why}. Retrying attempt #{tries} at {at}.")),
        );
        field::put(application, "status.operationState.finishedAt", json!(stamp));
        field::put(application, "status.operationState.syncResult.resources", json!(results));
        Ok(())
    })?;
    round.wake_after(next);
    Ok(())
}

/// Applies one manifest, and says what came of it.
fn apply(mut row: Value, manifest: &Value, is_tried: bool, round: &Round<'_>) -> Value {
    let outcome = match live(manifest, round) {
        _ if is_tried && round.store.key_of(manifest).is_ok() => Ok("dry run".to_owned()),
        Some(own) if comparison::fulfils(manifest, &own) => Ok("unchanged".to_owned()),
        Some(_) => admitted(manifest, "UPDATE", round)
            .and_then(|()| round.store.key_of(manifest))
            .and_then(|key| {
                round.store.edit(&key, |own| {
                    comparison::apply(manifest, own);
                    Ok(())
                })
            })
            .map(|_| "serverside-applied".to_owned()),
        None => admitted(manifest, "CREATE", round)
            .and_then(|()| round.store.create(manifest))
            .map(|_| "serverside-applied".to_owned()),
    };
    let group = field::text(manifest, "apiVersion")
        .split_once('/')
        .map_or(String::new(), |(group, _)| format!(".{group}"));
    let kind = field::kind(manifest);
    let (status, phase, message) = match outcome {
        Ok(how) => {
            ("Synced", "Succeeded", format!("{}{group}/{} {how}", kind.to_lowercase(), field::name(manifest)))
        }
        Err(status) if status.message.starts_with("no kind") => (
            "SyncFailed",
            "Failed",
            format!(
                "The Kubernetes API could not find {}/{kind} for requested resource {}/{}. Make sure the \"{kind}\" CRD is installed on the destination cluster.",
                field::text(manifest, "apiVersion"),
                field::namespace(manifest),
                field::name(manifest)
            ),
        ),
        Err(status) => ("SyncFailed", "Failed", status.message),
    };
    let images: Vec<&str> = field::list(manifest, "spec.template.spec.containers")
        .iter()
        .map(|own| field::text(own, "image"))
        .collect();
    for (part, value) in
        [("status", status), ("hookPhase", phase), ("syncPhase", "Sync"), ("message", message.as_str())]
    {
        field::put(&mut row, part, json!(value));
    }
    if !images.is_empty() {
        field::put(&mut row, "images", json!(images));
    }
    row
}

/// Asks the admission webhooks, as for any other client of the API server.
fn admitted(manifest: &Value, operation: &str, round: &Round<'_>) -> Result<(), Status> {
    match round.store.kind_of(field::text(manifest, "apiVersion"), field::kind(manifest)) {
        Some(kind) => admit(round.store, &kind, None, operation),
        None => Ok(()),
    }
}

/// Takes away an object that is no longer committed, where that is wanted.
fn prune(known: &Value, is_wanted: bool, round: &Round<'_>) -> Value {
    let mut row = json!({});
    for part in ["group", "kind", "namespace", "name", "version"] {
        if let Some(value) = known.get(part) {
            field::put(&mut row, part, value.clone());
        }
    }
    let object = json!({"apiVersion": api_version(known), "kind": known.get("kind"), "metadata": {"name": known.get("name"), "namespace": known.get("namespace")}});
    let gone = is_wanted && round.store.key_of(&object).and_then(|key| round.delete(&key)).is_ok();
    let (status, message) =
        if gone { ("Pruned", "pruned") } else { ("PruneSkipped", "ignored (requires pruning)") };
    for (part, value) in
        [("status", status), ("hookPhase", "Succeeded"), ("syncPhase", "Sync"), ("message", message)]
    {
        field::put(&mut row, part, json!(value));
    }
    row
}

/// Ends the operation, and remembers a full sync that succeeded.
fn finish(
    key: &Key,
    application: &Value,
    phase: &str,
    message: &str,
    results: &[Value],
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let state = field::at(application, "status.operationState");
    let order = field::at(state, "operation");
    let revision = field::text(state, "syncResult.revision");
    let is_remembered = phase == "Succeeded"
        && field::list(order, "sync.resources").is_empty()
        && !field::is_true(order, "sync.dryRun");
    let history = field::list(application, "status.history");
    let id = history.last().map_or(0, |last| field::number(last, "id") + 1);
    let entry = json!({
        "id": id, "revision": revision, "source": field::at(state, "syncResult.source"), "initiatedBy": field::at(order, "initiatedBy"),
        "deployStartedAt": field::at(state, "startedAt"), "deployedAt": round.stamp(),
    });
    let stamp = round.stamp();
    let ended = round.store.edit(key, |application| {
        if let Some(map) = application.as_object_mut() {
            map.shift_remove("operation");
        }
        field::put(application, "status.operationState.phase", json!(phase));
        field::put(application, "status.operationState.message", json!(message));
        field::put(application, "status.operationState.finishedAt", json!(stamp));
        if !results.is_empty() {
            field::put(application, "status.operationState.syncResult.resources", json!(results));
        }
        if is_remembered {
            let mut history = field::list(application, "status.history").to_vec();
            history.push(entry.clone());
            let from = history.len().saturating_sub(HISTORY);
            field::put(application, "status.history", Value::Array(history.split_off(from)));
        }
        let error = (phase == "Failed" && field::is_true(order, "initiatedBy.automated"))
            .then(|| format!("Failed last sync attempt to {revision}: {message}"));
        set_condition(application, "SyncError", error.as_deref(), &stamp);
        Ok(())
    })?;
    if phase == "Succeeded" {
        round.note(
            &ended,
            COMPONENT,
            "OperationCompleted",
            format!("Sync operation to {revision} succeeded"),
        );
    } else {
        round.warn(
            &ended,
            COMPONENT,
            "OperationCompleted",
            format!("Sync operation to {revision} failed: {message}"),
        );
    }
    Ok(())
}
