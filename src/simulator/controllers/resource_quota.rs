//! ResourceQuotas: what the pods and claims of a namespace use of what it may.

use serde_json::{Map, Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The quota controller.
pub(super) struct ResourceQuota;

/// Resources whose objects count against a quota, beside pods.
const COUNTED: [&str; 4] = ["persistentvolumeclaims", "services", "secrets", "configmaps"];

impl Controller for ResourceQuota {
    fn resource(&self) -> &'static str {
        "resourcequotas"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        let counts = changed.is("pods") || COUNTED.iter().any(|resource| changed.is(resource));
        if !counts {
            return Vec::new();
        }
        lister.keys(self.resource(), Some(field::namespace(&changed.object)), &Selection::all())
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let quota = round.lister.get(key)?;
        let hard = field::at(&quota, "spec.hard");
        let namespace = key.namespace.as_deref();
        let pods = round.lister.list("pods", namespace, &Selection::all());
        let count = |resource: &str| round.store.list(resource, namespace, &Selection::all()).len();
        let used = used(hard, &pods.iter().map(AsRef::as_ref).collect::<Vec<_>>(), count);
        round.put_status(key, &json!({"hard": hard, "used": used}))
    }
}

/// What is used of each resource of `hard`. `count` says how many objects of a resource the namespace has.
pub fn used(hard: &Value, pods: &[&Value], count: impl Fn(&str) -> usize) -> Value {
    let mut used = Map::new();
    for name in hard.as_object().into_iter().flatten().map(|(name, _)| name) {
        let resource = name.strip_prefix("count/").unwrap_or(name);
        let value = match name.as_str() {
            "pods" | "count/pods" => living(pods).count().to_string(),
            "cpu" | "requests.cpu" => field::cpu_quantity(sum(pods, "requests", "cpu", field::millicores)),
            "limits.cpu" => field::cpu_quantity(sum(pods, "limits", "cpu", field::millicores)),
            "memory" | "requests.memory" => {
                field::memory_quantity(sum(pods, "requests", "memory", field::bytes))
            }
            "limits.memory" => field::memory_quantity(sum(pods, "limits", "memory", field::bytes)),
            _ if COUNTED.contains(&resource) => count(resource).to_string(),
            // What nobody here asks for, like devices or load balancers.
            _ => "0".to_owned(),
        };
        used.insert(name.clone(), json!(value));
    }
    Value::Object(used)
}

fn living<'a>(pods: &'a [&Value]) -> impl Iterator<Item = &'a Value> {
    pods.iter().copied().filter(|pod| !pod::is_finished(pod))
}

fn sum(pods: &[&Value], part: &str, resource: &str, read: fn(&str) -> i64) -> i64 {
    let containers = living(pods).flat_map(|pod| field::list(pod, "spec.containers"));
    containers.map(|container| read(field::text(container, &format!("resources.{part}.{resource}")))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_pods_use_nothing_and_sums_are_written_as_the_api_server_writes_them() {
        let pod = |phase: &str| json!({"status": {"phase": phase}, "spec": {"containers": [{"resources": {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}}]}});
        let (one, two, done) = (pod("Running"), pod("Pending"), pod("Succeeded"));
        let hard = json!({"pods": "9", "requests.cpu": "4", "requests.memory": "1Gi", "limits.memory": "9Gi", "persistentvolumeclaims": "3", "count/secrets": "5"});
        let used = used(&hard, &[&one, &two, &done], |resource| if resource == "secrets" { 4 } else { 2 });
        assert_eq!(
            used,
            json!({"pods": "2", "requests.cpu": "1", "requests.memory": "1Gi", "limits.memory": "2Gi", "persistentvolumeclaims": "2", "count/secrets": "4"})
        );
    }
}
