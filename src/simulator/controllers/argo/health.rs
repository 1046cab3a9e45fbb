//! Health of objects as Argo CD judges it (gitops-engine `pkg/health`, argo-cd `resource_customizations`).

use serde_json::Value;

use crate::simulator::world::field;

/// Health, and what is said about it.
pub type Health = (&'static str, String);

/// Best first, as applications are judged by their worst object.
const ORDER: [&str; 6] = ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"];

/// The worse of two healths.
pub fn worse(one: &'static str, other: &'static str) -> &'static str {
    let rank = |health: &str| ORDER.iter().position(|known| *known == health).unwrap_or(ORDER.len());
    if rank(other) > rank(one) { other } else { one }
}

/// The health of an object; `None` for kinds that have none.
pub fn of(object: &Value) -> Option<Health> {
    let judged = match field::kind(object) {
        "Deployment" => deployment(object),
        "StatefulSet" => stateful_set(object),
        "DaemonSet" => daemon_set(object),
        "Job" => job(object),
        "CronJob" => healthy(),
        "Service" | "Ingress" => load_balancer(object),
        "PersistentVolumeClaim" => claim(object),
        "HorizontalPodAutoscaler" => autoscaler(object),
        "APIService" => by_condition(object, "Available"),
        "Certificate" => certificate(object),
        "ExternalSecret" | "SecretStore" | "ClusterSecretStore" | "Issuer" | "ClusterIssuer" => {
            by_condition(object, "Ready")
        }
        "SealedSecret" => by_condition(object, "Synced"),
        _ => return None,
    };
    if !field::at(object, "metadata.deletionTimestamp").is_null() {
        return Some(("Progressing", "Pending deletion".to_owned()));
    }
    Some(judged)
}

fn healthy() -> Health {
    ("Healthy", String::new())
}

fn progressing(message: impl Into<String>) -> Health {
    ("Progressing", message.into())
}

fn is_behind(object: &Value) -> bool {
    field::number(object, "metadata.generation") > field::number(object, "status.observedGeneration")
}

fn deployment(object: &Value) -> Health {
    let count = |part: &str| field::number(object, &format!("status.{part}"));
    let name = field::name(object);
    let wanted = field::at(object, "spec.replicas").as_i64().unwrap_or(1);
    let (replicas, updated, available) =
        (count("replicas"), count("updatedReplicas"), count("availableReplicas"));
    if field::is_true(object, "spec.paused") {
        return ("Suspended", "Deployment is paused".to_owned());
    }
    if is_behind(object) {
        return progressing(
            "Waiting for rollout to finish: observed deployment generation less than desired generation",
        );
    }
    if field::text(field::condition(object, "Progressing"), "reason") == "ProgressDeadlineExceeded" {
        return ("Degraded", format!("Deployment \"{name}\" exceeded its progress deadline"));
    }
    if updated < wanted {
        return progressing(format!(
            "Waiting for rollout to finish: {updated} out of {wanted} new replicas have been updated..."
        ));
    }
    if replicas > updated {
        return progressing(format!(
            "Waiting for rollout to finish: {} old replicas are pending termination...",
            replicas - updated
        ));
    }
    if available < updated {
        return progressing(format!(
            "Waiting for rollout to finish: {available} of {updated} updated replicas are available..."
        ));
    }
    healthy()
}

fn stateful_set(object: &Value) -> Health {
    let wanted = field::at(object, "spec.replicas").as_i64().unwrap_or(1);
    let ready = field::number(object, "status.readyReplicas");
    if field::number(object, "status.observedGeneration") == 0 || is_behind(object) {
        return progressing("Waiting for statefulset spec update to be observed...");
    }
    if ready < wanted {
        return progressing(format!("Waiting for {} pods to be ready...", wanted - ready));
    }
    let (current, update) =
        (field::text(object, "status.currentRevision"), field::text(object, "status.updateRevision"));
    if current != update && field::text(object, "spec.updateStrategy.type") != "OnDelete" {
        let updated = field::number(object, "status.updatedReplicas");
        return progressing(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        ));
    }
    healthy()
}

fn daemon_set(object: &Value) -> Health {
    let count = |part: &str| field::number(object, &format!("status.{part}"));
    let (wanted, updated) = (count("desiredNumberScheduled"), count("updatedNumberScheduled"));
    if is_behind(object) {
        return progressing(
            "Waiting for rollout to finish: observed daemon set generation less than desired generation",
        );
    }
    if field::text(object, "spec.updateStrategy.type") == "OnDelete" {
        return healthy();
    }
    let name = field::name(object);
    if updated < wanted {
        return progressing(format!(
            "Waiting for daemon set \"{name}\" rollout to finish: {updated} out of {wanted} new pods have been updated..."
        ));
    }
    let available = count("numberAvailable");
    if available < wanted {
        return progressing(format!(
            "Waiting for daemon set \"{name}\" rollout to finish: {available} of {wanted} updated pods are available..."
        ));
    }
    healthy()
}

fn job(object: &Value) -> Health {
    for (kind, health) in [("Failed", "Degraded"), ("Suspended", "Suspended"), ("Complete", "Healthy")] {
        if field::condition_is_true(object, kind) {
            return (health, field::text(field::condition(object, kind), "message").to_owned());
        }
    }
    progressing("")
}

fn load_balancer(object: &Value) -> Health {
    let is_awaited = field::kind(object) == "Ingress" || field::text(object, "spec.type") == "LoadBalancer";
    if is_awaited && field::list(object, "status.loadBalancer.ingress").is_empty() {
        return progressing("");
    }
    healthy()
}

fn claim(object: &Value) -> Health {
    match field::text(object, "status.phase") {
        "Bound" => healthy(),
        "Lost" => ("Degraded", String::new()),
        "Pending" => progressing(""),
        _ => ("Unknown", String::new()),
    }
}

fn autoscaler(object: &Value) -> Health {
    const FAULTS: [&str; 8] = [
        "FailedGetScale",
        "FailedUpdateScale",
        "FailedGetResourceMetric",
        "FailedGetObjectMetric",
        "FailedGetPodsMetric",
        "FailedGetExternalMetric",
        "FailedComputeMetricsReplicas",
        "InvalidSelector",
    ];
    for condition in field::list(object, "status.conditions") {
        if FAULTS.contains(&field::text(condition, "reason")) {
            return ("Degraded", field::text(condition, "message").to_owned());
        }
    }
    let works = ["AbleToScale", "ScalingLimited"].iter().any(|kind| field::condition_is_true(object, kind));
    if works { healthy() } else { progressing("Waiting to Autoscale") }
}

fn by_condition(object: &Value, kind: &str) -> Health {
    let condition = field::condition(object, kind);
    let message = field::text(condition, "message").to_owned();
    match field::text(condition, "status") {
        "True" => ("Healthy", message),
        "False" => ("Degraded", message),
        _ => progressing(message),
    }
}

fn certificate(object: &Value) -> Health {
    let issuing = field::condition(object, "Issuing");
    if field::text(issuing, "status") == "True" {
        return progressing(field::text(issuing, "message"));
    }
    by_condition(object, "Ready")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_worst_object_speaks_for_the_application() {
        assert_eq!(worse("Healthy", "Progressing"), "Progressing");
        assert_eq!(worse("Degraded", "Missing"), "Degraded");
    }

    #[test]
    fn a_deployment_past_its_deadline_is_degraded_and_one_on_its_way_progresses() {
        let mut object = json!({"kind": "Deployment", "metadata": {"name": "web", "generation": 2}, "spec": {"replicas": 2},
            "status": {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}});
        assert_eq!(of(&object).unwrap().0, "Progressing");
        object["status"]["conditions"] =
            json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]);
        assert_eq!(of(&object).unwrap().0, "Degraded");
        object["metadata"]["deletionTimestamp"] = json!("2026-11-21T10:42:07Z");
        assert_eq!(of(&object).unwrap().0, "Progressing");
    }

    #[test]
    fn a_certificate_that_is_being_issued_progresses_whatever_else_it_says() {
        let object = json!({"kind": "Certificate", "metadata": {"name": "c"}, "status": {"conditions": [
            {"type": "Ready", "status": "False", "message": "expired"}, {"type": "Issuing", "status": "True", "message": "Renewing"}]}});
        assert_eq!(of(&object), Some(("Progressing", "Renewing".to_owned())));
        assert_eq!(of(&json!({"kind": "ConfigMap"})), None);
    }
}
