//! The other built-in kinds, printed as `kubectl get` shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::read::{age, cell, claim, human, int, list, or_none, since, text};

pub(super) fn config_map(it: &Value, now: Timestamp) -> Vec<Value> {
    let count = |path: &str| it.pointer(path).and_then(Value::as_object).map_or(0, serde_json::Map::len);
    vec![text(it, "/metadata/name").into(), json!(count("/data") + count("/binaryData")), age(it, now)]
}

pub(super) fn secret(it: &Value, now: Timestamp) -> Vec<Value> {
    let count = it.get("data").and_then(Value::as_object).map_or(0, serde_json::Map::len);
    vec![text(it, "/metadata/name").into(), text(it, "/type").into(), json!(count), age(it, now)]
}

pub(super) fn namespace(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), text(it, "/status/phase").into(), age(it, now)]
}

pub(super) fn name_and_age(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), age(it, now)]
}

pub(super) fn name_and_creation(it: &Value, _now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), text(it, "/metadata/creationTimestamp").into()]
}

pub(super) fn lease(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), text(it, "/spec/holderIdentity").into(), age(it, now)]
}

pub(super) fn event(it: &Value, now: Timestamp) -> Vec<Value> {
    let last_of_series = text(it, "/series/lastObservedTime");
    let (first, last) = (text(it, "/firstTimestamp"), text(it, "/lastTimestamp"));
    let observed = text(it, "/eventTime");
    let first_seen = if first.is_empty() { observed } else { first };
    let last_seen =
        [last_of_series, last, first_seen].into_iter().find(|at| !at.is_empty()).unwrap_or_default();
    let count = match (int(it, "/series/count"), int(it, "/count")) {
        (0, 0) => 1,
        (0, count) => count,
        (count, _) => count,
    };
    let object = it.get("involvedObject").cloned().unwrap_or_default();
    let name = text(&object, "/name");
    let kind = text(&object, "/kind").to_lowercase();
    let object_cell = if name.is_empty() { kind } else { format!("{kind}/{name}") };
    vec![
        since(last_seen, now).into(),
        text(it, "/type").into(),
        text(it, "/reason").into(),
        object_cell.into(),
        text(&object, "/fieldPath").into(),
        source(it).into(),
        text(it, "/message").trim().into(),
        since(first_seen, now).into(),
        count.into(),
        text(it, "/metadata/name").into(),
    ]
}

fn source(event: &Value) -> String {
    let component = match text(event, "/source/component") {
        "" => text(event, "/reportingComponent"),
        component => component,
    };
    let host = match text(event, "/source/host") {
        "" => text(event, "/reportingInstance"),
        host => host,
    };
    if host.is_empty() { component.to_owned() } else { format!("{component}, {host}") }
}

pub(super) fn resource_quota(it: &Value, now: Timestamp) -> Vec<Value> {
    let hard = it.pointer("/status/hard").and_then(Value::as_object).into_iter().flatten();
    let used =
        |name: &str| it.pointer("/status/used").and_then(|used| used.get(name)).and_then(Value::as_str);
    let mut pairs: Vec<(bool, String)> = hard
        .map(|(name, hard)| {
            let text = format!("{name}: {}/{}", used(name).unwrap_or("0"), hard.as_str().unwrap_or_default());
            (name.starts_with("limits"), text)
        })
        .collect();
    pairs.sort();
    let column = |limits: bool| {
        let chosen = pairs.iter().filter(|(is_limit, _)| *is_limit == limits).map(|(_, text)| text.as_str());
        chosen.collect::<Vec<_>>().join(", ")
    };
    vec![text(it, "/metadata/name").into(), column(false).into(), column(true).into(), age(it, now)]
}

pub(super) fn binding(it: &Value, now: Timestamp) -> Vec<Value> {
    let of = |kind: &str| {
        let subjects = list(it, "/subjects").iter().filter(|subject| text(subject, "/kind") == kind);
        let names = subjects.map(|subject| match text(subject, "/namespace") {
            "" => text(subject, "/name").to_owned(),
            namespace => format!("{namespace}/{}", text(subject, "/name")),
        });
        names.collect::<Vec<_>>().join(", ")
    };
    vec![
        text(it, "/metadata/name").into(),
        format!("{}/{}", text(it, "/roleRef/kind"), text(it, "/roleRef/name")).into(),
        age(it, now),
        of("User").into(),
        of("Group").into(),
        of("ServiceAccount").into(),
    ]
}

pub(super) fn priority_class(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        text(it, "/metadata/name").into(),
        cell(it, "/value"),
        claim(it, "/globalDefault").into(),
        age(it, now),
        text(it, "/preemptionPolicy").into(),
    ]
}

pub(super) fn runtime_class(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), text(it, "/handler").into(), age(it, now)]
}

pub(super) fn resource_claim(it: &Value, now: Timestamp) -> Vec<Value> {
    let mut states = Vec::new();
    if it.pointer("/metadata/deletionTimestamp").is_some() {
        states.push("deleted");
    }
    if it.pointer("/status/allocation").is_none() {
        states.push("pending");
    } else {
        states.push("allocated");
        if !list(it, "/status/reservedFor").is_empty() {
            states.push("reserved");
        }
    }
    vec![text(it, "/metadata/name").into(), states.join(",").into(), age(it, now)]
}

pub(super) fn resource_slice(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![
        text(it, "/metadata/name").into(),
        match text(it, "/spec/nodeName") {
            "" => "<unset>".into(),
            node => node.into(),
        },
        text(it, "/spec/driver").into(),
        text(it, "/spec/pool/name").into(),
        age(it, now),
    ]
}

pub(super) fn webhooks(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), json!(list(it, "/webhooks").len()), age(it, now)]
}

pub(super) fn admission_policy(it: &Value, now: Timestamp) -> Vec<Value> {
    let rules = list(it, "/spec/validations").len() + list(it, "/spec/mutations").len();
    let kind = match it.pointer("/spec/paramKind").filter(|it| !it.is_null()) {
        None => "<unset>".to_owned(),
        Some(kind) => format!("{}/{}", text(kind, "/apiVersion"), text(kind, "/kind")),
    };
    vec![text(it, "/metadata/name").into(), json!(rules), kind.into(), age(it, now)]
}

pub(super) fn admission_policy_binding(it: &Value, now: Timestamp) -> Vec<Value> {
    let reference = match it.pointer("/spec/paramRef").filter(|it| !it.is_null()) {
        None => "<unset>".to_owned(),
        Some(reference) => match (text(reference, "/namespace"), text(reference, "/name")) {
            (_, "") => "*".to_owned(),
            ("", name) => name.to_owned(),
            (namespace, name) => format!("{namespace}/{name}"),
        },
    };
    vec![
        text(it, "/metadata/name").into(),
        text(it, "/spec/policyName").into(),
        reference.into(),
        age(it, now),
    ]
}

pub(super) fn signing_request(it: &Value, now: Timestamp) -> Vec<Value> {
    let has = |kind| super::read::condition(it, kind).is_some();
    let mut state = if has("Denied") {
        "Denied"
    } else if has("Approved") {
        "Approved"
    } else {
        "Pending"
    }
    .to_owned();
    if has("Failed") {
        state.push_str(",Failed");
    }
    if !text(it, "/status/certificate").is_empty() {
        state.push_str(",Issued");
    }
    let duration = match int(it, "/spec/expirationSeconds") {
        0 => "<none>".to_owned(),
        seconds => human(seconds),
    };
    vec![
        text(it, "/metadata/name").into(),
        age(it, now),
        or_none(text(it, "/spec/signerName")).into(),
        text(it, "/spec/username").into(),
        duration.into(),
        state.into(),
    ]
}

pub(super) fn flow_schema(it: &Value, now: Timestamp) -> Vec<Value> {
    let dangling = super::read::condition(it, "Dangling").map_or("?", |condition| text(condition, "/status"));
    vec![
        text(it, "/metadata/name").into(),
        text(it, "/spec/priorityLevelConfiguration/name").into(),
        cell(it, "/spec/matchingPrecedence"),
        or_none(text(it, "/spec/distinguisherMethod/type")).into(),
        age(it, now),
        dangling.into(),
    ]
}

pub(super) fn priority_level(it: &Value, now: Timestamp) -> Vec<Value> {
    let limited = |path: &str| it.pointer(path).cloned().unwrap_or_else(|| "<none>".into());
    let queuing = "/spec/limited/limitResponse/queuing";
    vec![
        text(it, "/metadata/name").into(),
        text(it, "/spec/type").into(),
        limited("/spec/limited/nominalConcurrencyShares"),
        limited(&format!("{queuing}/queues")),
        limited(&format!("{queuing}/handSize")),
        limited(&format!("{queuing}/queueLengthLimit")),
        age(it, now),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_the_new_kind_is_as_old_as_its_series() {
        let it = json!({"metadata": {"name": "e"}, "eventTime": "2026-11-21T10:00:00.000000Z", "type": "Warning", "reason": "FailedScheduling",
            "involvedObject": {"kind": "Pod", "name": "web-1"}, "message": " no room\n", "reportingComponent": "default-scheduler",
            "reportingInstance": "vm", "series": {"count": 4, "lastObservedTime": "2026-11-21T10:59:00.000000Z"}});
        let cells = event(&it, "2026-11-21T11:00:00Z".parse().unwrap());
        let expected = [
            json!("60s"),
            json!("Warning"),
            json!("FailedScheduling"),
            json!("pod/web-1"),
            json!(""),
            json!("default-scheduler, vm"),
            json!("no room"),
            json!("60m"),
            json!(4),
            json!("e"),
        ];
        assert_eq!(cells, expected);
    }

    #[test]
    fn a_quota_separates_requests_from_limits() {
        let it = json!({"metadata": {"name": "compute"}, "status": {"hard": {"requests.cpu": "12", "limits.memory": "32Gi", "pods": "60"},
            "used": {"pods": "11", "requests.cpu": "2050m"}}});
        let cells = resource_quota(&it, "2026-11-21T11:00:00Z".parse().unwrap());
        assert_eq!(
            cells[1..3],
            [json!("pods: 11/60, requests.cpu: 2050m/12"), json!("limits.memory: 0/32Gi")]
        );
    }
}
