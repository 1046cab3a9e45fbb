//! What a deletion means: grace, finalizers, preconditions, and when an object is finally gone.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::kind::KindSpec;
use super::object::Object;
use super::{seconds, set, text};
use crate::simulator::api::status::Status;

/// How an object is to be deleted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteOptions {
    /// Seconds of grace; `None` takes the kind's own (30 s for a running pod, none for the rest).
    pub grace_seconds: Option<i64>,
    /// What happens to dependants.
    pub propagation: Propagation,
    /// The deletion is refused unless the object has this uid.
    pub uid: Option<String>,
    /// The deletion is refused unless the object has this resource version.
    pub resource_version: Option<String>,
    /// Answer as if, but keep everything as it is.
    pub dry_run: bool,
}

/// What happens to the dependants of a deleted object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Propagation {
    /// The garbage collector removes them afterwards.
    #[default]
    Background,
    /// They go first; the object waits with the finalizer `foregroundDeletion`.
    Foreground,
    /// They stay; the object waits with the finalizer `orphan` until they are disowned.
    Orphan,
}

/// What came of a deletion.
#[derive(Clone, Debug)]
pub enum Deleted {
    /// The object is gone; this was its last version.
    Gone(Arc<Object>),
    /// The object now waits for its grace period or its finalizers.
    Waiting(Arc<Object>),
}

pub(super) fn check_preconditions(
    object: &Object,
    kind: &KindSpec,
    options: &DeleteOptions,
) -> Result<(), Status> {
    let what =
        if kind.group.is_empty() { kind.kind.clone() } else { format!("{}.{}", kind.kind, kind.group) };
    let version = object.resource_version.to_string();
    let differs = |field: &str, wanted: &str, is: &str, happened: &str| {
        let why = format!(
            "the {field} in the precondition ({wanted}) does not match the {field} in record ({is}). The object might \
             have been {happened}"
        );
        Status::conflict(&what, &object.key.name, &why)
    };
    if let Some(uid) = options.uid.as_ref().filter(|uid| ***uid != *object.uid) {
        return Err(differs("UID", uid, &object.uid, "deleted and then recreated"));
    }
    if let Some(wanted) = options.resource_version.as_ref().filter(|wanted| **wanted != version) {
        return Err(differs("ResourceVersion", wanted, &version, "modified"));
    }
    Ok(())
}

/// Seconds until the object may go. Only a pod that sits on a node and has not ended is given time.
pub(super) fn grace_of(object: &Object, document: &Value, options: &DeleteOptions) -> i64 {
    let ended = matches!(text(document, "/status/phase"), "Succeeded" | "Failed");
    if &*object.key.resource != "pods" || ended || text(document, "/spec/nodeName").is_empty() {
        return 0;
    }
    let own = document.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(30);
    let asked = options.grace_seconds.unwrap_or(own).max(0);
    // A second deletion can only shorten what the first one granted.
    match document.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64) {
        Some(granted) => asked.min(granted),
        None => asked,
    }
}

pub(super) fn finalizers_after(document: &Value, propagation: Propagation) -> Vec<Value> {
    let finalizers = document.pointer("/metadata/finalizers").and_then(Value::as_array);
    let mut finalizers = finalizers.cloned().unwrap_or_default();
    let wait = match propagation {
        Propagation::Background => return finalizers,
        Propagation::Foreground => Value::from("foregroundDeletion"),
        Propagation::Orphan => Value::from("orphan"),
    };
    if !finalizers.contains(&wait) {
        finalizers.push(wait);
    }
    finalizers
}

pub(super) fn is_unfinished_namespace(object: &Object, document: &Value) -> bool {
    let finalizers = document.pointer("/spec/finalizers").and_then(Value::as_array);
    &*object.key.resource == "namespaces" && finalizers.is_some_and(|all| !all.is_empty())
}

pub(super) fn mark_deleted(document: &mut Value, now: Timestamp, grace: i64, finalizers: Vec<Value>) {
    let granted = document.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64);
    let begun = document.pointer("/metadata/deletionTimestamp").is_some();
    if !begun || granted.is_some_and(|granted| grace < granted) {
        let at = now.checked_add(jiff::SignedDuration::from_secs(grace)).unwrap_or(now);
        set(document, "metadata", "deletionTimestamp", seconds(at).into());
        // Namespaces go by their own finalizers and know no grace.
        if text(document, "/kind") != "Namespace" {
            set(document, "metadata", "deletionGracePeriodSeconds", grace.into());
        }
    }
    if !finalizers.is_empty() {
        set(document, "metadata", "finalizers", finalizers.into());
    }
    if document.get("kind").and_then(Value::as_str) == Some("Namespace") {
        set(document, "status", "phase", "Terminating".into());
    }
}

/// Whether an object that is being deleted has nothing left to wait for.
pub(super) fn is_released(document: &Value) -> bool {
    let empty = |path: &str| document.pointer(path).and_then(Value::as_array).is_none_or(Vec::is_empty);
    let kind = text(document, "/kind");
    let no_grace = document
        .pointer("/metadata/deletionGracePeriodSeconds")
        .and_then(Value::as_i64)
        .is_none_or(|grace| grace == 0);
    document.pointer("/metadata/deletionTimestamp").is_some()
        && no_grace
        && empty("/metadata/finalizers")
        && (kind != "Namespace" || empty("/spec/finalizers"))
}
