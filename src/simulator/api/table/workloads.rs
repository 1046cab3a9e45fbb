//! Workloads and what scales or protects them, printed as `kubectl get` shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::read::{
    age, cell, claim, condition, containers, human, int, labels, list, or_none, selector, since, text,
};

pub(super) fn deployment(it: &Value, now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(it.pointer("/spec/template"));
    vec![
        text(it, "/metadata/name").into(),
        format!("{}/{}", int(it, "/status/readyReplicas"), int(it, "/spec/replicas")).into(),
        cell(it, "/status/updatedReplicas"),
        cell(it, "/status/availableReplicas"),
        age(it, now),
        names,
        images,
        selector(it.pointer("/spec/selector")).into(),
    ]
}

pub(super) fn replica_set(it: &Value, now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(it.pointer("/spec/template"));
    vec![
        text(it, "/metadata/name").into(),
        cell(it, "/spec/replicas"),
        cell(it, "/status/replicas"),
        cell(it, "/status/readyReplicas"),
        age(it, now),
        names,
        images,
        selector(it.pointer("/spec/selector")).into(),
    ]
}

pub(super) fn replication_controller(it: &Value, now: Timestamp) -> Vec<Value> {
    let mut cells = replica_set(it, now);
    cells.pop();
    cells.push(labels(it.pointer("/spec/selector")).into());
    cells
}

pub(super) fn stateful_set(it: &Value, now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(it.pointer("/spec/template"));
    vec![
        text(it, "/metadata/name").into(),
        format!("{}/{}", int(it, "/status/readyReplicas"), int(it, "/spec/replicas")).into(),
        age(it, now),
        names,
        images,
    ]
}

pub(super) fn daemon_set(it: &Value, now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(it.pointer("/spec/template"));
    vec![
        text(it, "/metadata/name").into(),
        cell(it, "/status/desiredNumberScheduled"),
        cell(it, "/status/currentNumberScheduled"),
        cell(it, "/status/numberReady"),
        cell(it, "/status/updatedNumberScheduled"),
        cell(it, "/status/numberAvailable"),
        labels(it.pointer("/spec/template/spec/nodeSelector")).into(),
        age(it, now),
        names,
        images,
        selector(it.pointer("/spec/selector")).into(),
    ]
}

pub(super) fn controller_revision(it: &Value, now: Timestamp) -> Vec<Value> {
    let owner = list(it, "/metadata/ownerReferences").iter().find(|owner| claim(owner, "/controller"));
    let owner = owner.map_or("<none>".to_owned(), |owner| {
        let group = text(owner, "/apiVersion").rsplit_once('/').map(|(group, _)| format!(".{group}"));
        format!(
            "{}{}/{}",
            text(owner, "/kind").to_lowercase(),
            group.unwrap_or_default(),
            text(owner, "/name")
        )
    });
    vec![text(it, "/metadata/name").into(), owner.into(), cell(it, "/revision"), age(it, now)]
}

pub(super) fn job(it: &Value, now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(it.pointer("/spec/template"));
    let is_true = |kind| condition(it, kind).is_some_and(|condition| text(condition, "/status") == "True");
    let deleted = it.pointer("/metadata/deletionTimestamp").is_some();
    let status = if is_true("Complete") {
        "Complete"
    } else if is_true("Failed") {
        "Failed"
    } else if deleted {
        "Terminating"
    } else if is_true("Suspended") {
        "Suspended"
    } else if is_true("FailureTarget") {
        "FailureTarget"
    } else if is_true("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    };
    let succeeded = int(it, "/status/succeeded");
    let completions =
        match (it.pointer("/spec/completions").and_then(Value::as_i64), int(it, "/spec/parallelism")) {
            (Some(wanted), _) => format!("{succeeded}/{wanted}"),
            (None, parallelism @ 2..) => format!("{succeeded}/1 of {parallelism}"),
            (None, _) => format!("{succeeded}/1"),
        };
    let instant = |path| text(it, path).parse::<Timestamp>().ok();
    let duration = match (instant("/status/startTime"), instant("/status/completionTime")) {
        (None, _) => String::new(),
        (Some(start), end) => human(end.unwrap_or(now).duration_since(start).as_secs()),
    };
    vec![
        text(it, "/metadata/name").into(),
        status.into(),
        completions.into(),
        duration.into(),
        age(it, now),
        names,
        images,
        selector(it.pointer("/spec/selector")).into(),
    ]
}

pub(super) fn cron_job(it: &Value, now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(it.pointer("/spec/jobTemplate/spec/template"));
    let last = match text(it, "/status/lastScheduleTime") {
        "" => "<none>".to_owned(),
        at => since(at, now),
    };
    let suspended = if claim(it, "/spec/suspend") { "True" } else { "False" };
    vec![
        text(it, "/metadata/name").into(),
        text(it, "/spec/schedule").into(),
        or_none(text(it, "/spec/timeZone")).into(),
        suspended.into(),
        list(it, "/status/active").len().into(),
        last.into(),
        age(it, now),
        names,
        images,
        selector(it.pointer("/spec/jobTemplate/spec/selector")).into(),
    ]
}

pub(super) fn autoscaler(it: &Value, now: Timestamp) -> Vec<Value> {
    let reference =
        format!("{}/{}", text(it, "/spec/scaleTargetRef/kind"), text(it, "/spec/scaleTargetRef/name"));
    let least = it
        .pointer("/spec/minReplicas")
        .and_then(Value::as_i64)
        .map_or("<unset>".to_owned(), |it| it.to_string());
    vec![
        text(it, "/metadata/name").into(),
        reference.into(),
        metrics(it).into(),
        least.into(),
        cell(it, "/spec/maxReplicas"),
        cell(it, "/status/currentReplicas"),
        age(it, now),
    ]
}

/// `cpu: 66%/70%` for each metric, three at most.
fn metrics(it: &Value) -> String {
    let (specs, current) = (list(it, "/spec/metrics"), list(it, "/status/currentMetrics"));
    if specs.is_empty() {
        return "<none>".to_owned();
    }
    let quantity = |value: Option<&Value>, path: &str| match value.and_then(|value| value.pointer(path)) {
        Some(Value::Number(percent)) => format!("{percent}%"),
        Some(Value::String(text)) if !text.is_empty() => text.clone(),
        _ => "<unknown>".to_owned(),
    };
    let metric = |(index, spec): (usize, &Value)| {
        let source = match text(spec, "/type") {
            "ContainerResource" => "containerResource",
            "Pods" => "pods",
            "Object" => "object",
            "External" => "external",
            _ => "resource",
        };
        let now = current.get(index);
        let field = |what: &str, field: &str| format!("/{source}/{what}/{field}");
        let name = text(spec, &format!("/{source}/name"));
        let label = if name.is_empty() { String::new() } else { format!("{name}: ") };
        if spec.pointer(&field("target", "averageUtilization")).is_some() {
            let (is, target) = (
                quantity(now, &field("current", "averageUtilization")),
                quantity(Some(spec), &field("target", "averageUtilization")),
            );
            return format!("{label}{is}/{target}");
        }
        let average = spec.pointer(&field("target", "averageValue")).is_some();
        let which = if average { "averageValue" } else { "value" };
        let suffix = if average && matches!(source, "external" | "object") { " (avg)" } else { "" };
        format!(
            "{label}{}/{}{suffix}",
            quantity(now, &field("current", which)),
            quantity(Some(spec), &field("target", which))
        )
    };
    let mut shown: Vec<String> = specs.iter().enumerate().map(metric).collect();
    let more = shown.len().saturating_sub(2);
    if shown.len() > 3 {
        shown.truncate(2);
        return format!("{} + {more} more...", shown.join(", "));
    }
    shown.join(", ")
}

pub(super) fn disruption_budget(it: &Value, now: Timestamp) -> Vec<Value> {
    let bound = |path: &str| match it.pointer(path) {
        Some(Value::String(text)) => json!(text),
        Some(Value::Number(number)) => json!(number.to_string()),
        _ => json!("N/A"),
    };
    vec![
        text(it, "/metadata/name").into(),
        bound("/spec/minAvailable"),
        bound("/spec/maxUnavailable"),
        cell(it, "/status/disruptionsAllowed"),
        age(it, now),
    ]
}

pub(super) fn pod_template(it: &Value, _now: Timestamp) -> Vec<Value> {
    let (names, images) = containers(it.pointer("/template"));
    vec![
        text(it, "/metadata/name").into(),
        names,
        images,
        labels(it.pointer("/template/metadata/labels")).into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T11:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_deployment_without_status_prints_zeroes() {
        let it = json!({"metadata": {"name": "web", "creationTimestamp": "2026-11-21T10:59:00Z"}, "spec": {"replicas": 3,
            "selector": {"matchLabels": {"app": "web"}}, "template": {"spec": {"containers": [{"name": "a", "image": "a:1"}, {"name": "b", "image": "b:1"}]}}}});
        assert_eq!(
            deployment(&it, now()),
            [
                json!("web"),
                json!("0/3"),
                json!(0),
                json!(0),
                json!("60s"),
                json!("a,b"),
                json!("a:1,b:1"),
                json!("app=web")
            ]
        );
    }

    #[test]
    fn a_job_tells_its_state_and_how_long_it_took() {
        let it = json!({"metadata": {"name": "report", "creationTimestamp": "2026-11-21T10:00:00Z"}, "spec": {"completions": 1, "parallelism": 1},
            "status": {"succeeded": 1, "startTime": "2026-11-21T10:00:00Z", "completionTime": "2026-11-21T10:00:42Z",
            "conditions": [{"type": "Complete", "status": "True"}]}});
        assert_eq!(job(&it, now())[..4], [json!("report"), json!("Complete"), json!("1/1"), json!("42s")]);
    }

    #[test]
    fn an_autoscaler_without_measurements_says_unknown() {
        let it = json!({"metadata": {"name": "web"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 6,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]}});
        assert_eq!(autoscaler(&it, now())[2], json!("cpu: <unknown>/70%"));
    }
}
