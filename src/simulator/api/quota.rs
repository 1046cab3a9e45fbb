//! Quotas at the door: a pod that asks for more than its namespace has left is refused (the admission plug-in
//! `ResourceQuota`).

use serde_json::Value;

use super::status::Status;
use crate::simulator::controllers::resource_quota::used;
use crate::simulator::store::{Selection, Store};
use crate::simulator::world::field;

/// Lets a new pod through, or refuses it in the API server's words.
///
/// # Errors
/// 403 when a quota of its namespace would be exceeded.
pub(crate) fn admit(store: &Store, pod: &Value) -> Result<(), Status> {
    let namespace = Some(field::namespace(pod));
    let quotas = store.list("resourcequotas", namespace, &Selection::all());
    if quotas.is_empty() {
        return Ok(());
    }
    let pods: Vec<Value> =
        store.list("pods", namespace, &Selection::all()).iter().map(|pod| pod.value()).collect();
    let pods: Vec<&Value> = pods.iter().collect();
    for quota in quotas {
        let quota = quota.value();
        let hard = field::at(&quota, "spec.hard");
        // What else is counted is not what a pod asks for.
        let (have, asked) = (used(hard, &pods, |_| 0), used(hard, &[pod], |_| 0));
        let exceeded: Vec<&str> = hard
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, limit)| {
                let of = |amounts: &Value| amount(name, amounts.get(name));
                of(&asked) > 0 && of(&have) + of(&asked) > amount(name, Some(limit))
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if !exceeded.is_empty() {
            return Err(refusal(&quota, pod, &exceeded, [&asked, &have, hard]));
        }
    }
    Ok(())
}

fn amount(name: &str, quantity: Option<&Value>) -> i64 {
    let quantity = quantity.and_then(Value::as_str).unwrap_or_default();
    match name {
        _ if name.ends_with("cpu") => field::millicores(quantity),
        _ if name.ends_with("memory") => field::bytes(quantity),
        _ => quantity.parse().unwrap_or_default(),
    }
}

fn refusal(quota: &Value, pod: &Value, exceeded: &[&str], [asked, have, hard]: [&Value; 3]) -> Status {
    let mut names = exceeded.to_vec();
    names.sort_unstable();
    let list = |amounts: &Value| {
        let parts = names.iter().map(|name| {
            let amount = amounts.get(*name).and_then(Value::as_str).unwrap_or_default();
            format!("{name}={amount}")
        });
        parts.collect::<Vec<_>>().join(",")
    };
    let name = field::name(pod);
    let message = format!(
        "pods \"{name}\" is forbidden: exceeded quota: {}, requested: {}, used: {}, limited: {}",
        field::name(quota),
        list(asked),
        list(have),
        list(hard)
    );
    Status::about(403, "Forbidden", "pods", name, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::clock::SimClock;

    fn pod(name: &str, cpu: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "web"},
            "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}, "status": {"phase": "Running"}})
    }

    #[test]
    fn a_pod_that_asks_for_more_than_is_left_is_refused_in_the_api_server_s_words() {
        let store = Store::new("test", SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        store.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}})).unwrap();
        assert!(admit(&store, &pod("a", "100")).is_ok(), "no quota");
        store
            .create(&json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "compute", "namespace": "web"},
                "spec": {"hard": {"requests.cpu": "1", "pods": "2", "limits.memory": "1Gi", "count/secrets": "0"}}}))
            .unwrap();
        store.create(&pod("a", "700m")).unwrap();
        assert!(admit(&store, &pod("b", "300m")).is_ok(), "what is left may be used up");
        let refused = admit(&store, &pod("b", "400m")).unwrap_err();
        assert_eq!((refused.code, refused.reason), (403, "Forbidden"));
        assert_eq!(
            refused.message,
            "pods \"b\" is forbidden: exceeded quota: compute, requested: requests.cpu=400m, used: requests.cpu=700m, limited: requests.cpu=1"
        );
        store.create(&pod("b", "100m")).unwrap();
        let refused = admit(&store, &pod("c", "300m")).unwrap_err().message;
        assert!(
            refused.ends_with("requested: pods=1,requests.cpu=300m, used: pods=2,requests.cpu=800m, limited: pods=2,requests.cpu=1"),
            "{refused}"
        );
        assert!(admit(&store, &json!({"metadata": {"name": "d", "namespace": "other"}})).is_ok());
    }
}
