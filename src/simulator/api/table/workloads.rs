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

/// `cpu: 66%/70%` for each metric, two at most.
fn metrics(it: &Value) -> String {
    let (specs, current) = (list(it, "/spec/metrics"), list(it, "/status/currentMetrics"));
    if specs.is_empty() {
        return "<none>".to_owned();
    }
    let shown: Vec<String> =
        specs.iter().enumerate().map(|(index, spec)| metric(spec, current.get(index))).collect();
    match shown.get(..2) {
        Some(first) if shown.len() > 2 => format!("{} + {} more...", first.join(", "), shown.len() - 2),
        _ => shown.join(", "),
    }
}

fn metric(spec: &Value, current: Option<&Value>) -> String {
    let (source, named) = match text(spec, "/type") {
        "Resource" => ("resource", true),
        "ContainerResource" => ("containerResource", true),
        "Pods" => ("pods", false),
        "Object" => ("object", false),
        "External" => ("external", false),
        _ => return "<unknown type>".to_owned(),
    };
    let now = |field: &str| match current.and_then(|it| it.pointer(&format!("/{source}/current/{field}"))) {
        Some(Value::Number(percent)) => format!("{percent}%"),
        Some(Value::String(quantity)) => quantity.clone(),
        _ => "<unknown>".to_owned(),
    };
    let target = |field: &str| spec.pointer(&format!("/{source}/target/{field}"));
    let quantity = |field: &str| target(field).and_then(Value::as_str).unwrap_or("0").to_owned();
    let averaged = target("averageValue").is_some();
    let name = text(spec, &format!("/{source}/name"));
    match (named, averaged) {
        (true, true) => format!("{name}: {}/{}", now("averageValue"), quantity("averageValue")),
        (true, false) => {
            let wanted =
                target("averageUtilization").map_or("<auto>".to_owned(), |percent| format!("{percent}%"));
            format!("{name}: {}/{wanted}", now("averageUtilization"))
        }
        (false, _) if source == "pods" => format!("{}/{}", now("averageValue"), quantity("averageValue")),
        (false, true) => format!("{}/{} (avg)", now("averageValue"), quantity("averageValue")),
        (false, false) => format!("{}/{}", now("value"), quantity("value")),
    }
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
