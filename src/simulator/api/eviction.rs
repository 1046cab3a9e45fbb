//! Evictions: a pod is deleted only when its disruption budget allows it.

use serde_json::{Value, json};

use super::Answer;
use super::patch::parsed;
use super::read::missing;
use super::status::Status;
use super::table::read::{condition, int, text};
use super::write::Write;
use crate::simulator::store::{DeleteOptions, Key, Selection, seconds, set};

const VIOLATES: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

/// POST of an `Eviction`.
pub(super) fn evict(write: &Write<'_>) -> Result<Answer, Status> {
    let body = parsed(&write.asked.body)?;
    let key = write.resource.key()?;
    let pod = write.store.object(&key).map_err(|_| missing(write.resource))?;
    let named = text(&body, "/metadata/name");
    if !named.is_empty() && *named != *pod.key.name {
        return Err(Status::bad_request("name in URL does not match name in Eviction object"));
    }
    let mut options = DeleteOptions {
        grace_seconds: body.pointer("/deleteOptions/gracePeriodSeconds").and_then(Value::as_i64),
        ..write.delete_options()?
    };
    options.uid = body.pointer("/deleteOptions/preconditions/uid").and_then(Value::as_str).map(str::to_owned);
    options.dry_run |= body.pointer("/deleteOptions/dryRun").is_some_and(|it| *it == json!(["All"]));
    let document = pod.value();
    if may_need_budget(&document) {
        let namespace = pod.key.namespace.as_deref();
        let budgets = write.store.list("poddisruptionbudgets.policy", namespace, &Selection::all());
        let guarding: Vec<(Key, Value)> = budgets
            .iter()
            .map(|budget| (budget.key.clone(), budget.value()))
            .filter(|(_, budget)| {
                budget
                    .pointer("/spec/selector")
                    .is_some_and(|it| Selection::by_selector_object(it).matches(&pod))
            })
            .collect();
        match guarding.as_slice() {
            [] => {}
            [(budget_key, budget)] => spend(write, &document, budget_key, budget, options.dry_run)?,
            _ => {
                let message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
                return Err(Status::new(500, "InternalError", message));
            }
        }
    }
    write.store.delete(&key, &options)?;
    let success =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok(Answer::value(201, &success))
}

/// A pod that has ended, never began or is already going disturbs nobody.
fn may_need_budget(pod: &Value) -> bool {
    !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed" | "Pending")
        && pod.pointer("/metadata/deletionTimestamp").is_none()
}

/// Takes one disruption from a budget, or refuses.
fn spend(write: &Write<'_>, pod: &Value, key: &Key, budget: &Value, dry_run: bool) -> Result<(), Status> {
    let ready = condition(pod, "Ready").is_some_and(|condition| text(condition, "/status") == "True");
    let (healthy, desired) = (int(budget, "/status/currentHealthy"), int(budget, "/status/desiredHealthy"));
    let always = text(budget, "/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow";
    if !ready && (always || (healthy >= desired && desired > 0)) {
        return Ok(());
    }
    let name = text(budget, "/metadata/name");
    if int(budget, "/status/observedGeneration") < int(budget, "/metadata/generation") {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(refusal(&cause).retry_after(10));
    }
    let allowed = int(budget, "/status/disruptionsAllowed");
    if allowed <= 0 {
        let cause = if healthy <= desired {
            format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
        } else {
            format!("The disruption budget {name} does not allow evicting pods currently")
        };
        return Err(refusal(&cause));
    }
    if dry_run {
        return Ok(());
    }
    let at = seconds(write.store.clock().now());
    write.store.edit(key, |budget| {
        // Another eviction may have taken it in between.
        let allowed = int(budget, "/status/disruptionsAllowed");
        if allowed <= 0 {
            let cause = format!(
                "The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
            );
            return Err(refusal(&cause));
        }
        set(budget, "status", "disruptionsAllowed", (allowed - 1).into());
        if let Some(status) = budget.get_mut("status") {
            set(status, "disruptedPods", text(pod, "/metadata/name"), at.as_str().into());
        }
        Ok(())
    })?;
    Ok(())
}

fn refusal(cause: &str) -> Status {
    let mut status = Status::new(429, "TooManyRequests", VIOLATES);
    *status.details = json!({"causes": [{"reason": "DisruptionBudget", "message": cause}]});
    status
}
