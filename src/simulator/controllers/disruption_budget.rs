//! PodDisruptionBudgets: how many pods may be away at the moment.

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::{RoundsUp, share};
use crate::simulator::controllers::{Changed, Controller, Round, pod};
use crate::simulator::store::{Key, Selection, Store};
use crate::simulator::world::field;

/// The disruption controller.
pub struct DisruptionBudget;

impl Controller for DisruptionBudget {
    fn resource(&self) -> &'static str {
        "poddisruptionbudgets.policy"
    }

    fn concerned(&self, changed: &Changed, store: &Store) -> Vec<Key> {
        if !changed.is("pods") {
            return Vec::new();
        }
        let budgets = store.list(self.resource(), Some(field::namespace(&changed.object)), &Selection::all());
        budgets.iter().filter(|budget| field::selects(field::at(&budget.value(), "spec.selector"), &changed.object)).map(|budget| budget.key.clone()).collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let budget = round.store.get(key)?;
        let selection = Selection::by_selector_object(field::at(&budget, "spec.selector"));
        let pods: Vec<Value> = round.store.list("pods", Some(field::namespace(&budget)), &selection).iter().map(|pod| pod.value()).filter(|pod| !pod::is_finished(pod)).collect();
        let count = |healthy: usize| i64::try_from(healthy).unwrap_or_default();
        let expected = expected(&pods, round).unwrap_or_else(|| count(pods.len()));
        let healthy = count(pods.iter().filter(|pod| pod::is_ready(pod) && !pod::is_terminating(pod)).count());
        let desired = match field::at(&budget, "spec.maxUnavailable") {
            Value::Null => share(field::at(&budget, "spec.minAvailable"), expected, RoundsUp::Yes),
            tolerated => (expected - share(tolerated, expected, RoundsUp::Yes)).max(0),
        };
        let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
        let generation = field::number(&budget, "metadata.generation");
        let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
        let mut next = budget.clone();
        field::set_condition(&mut next, json!({
            "type": "DisruptionAllowed", "status": if allowed > 0 { "True" } else { "False" }, "observedGeneration": generation, "lastTransitionTime": round.stamp(), "reason": reason, "message": "",
        }));
        let conditions = field::at(&next, "status.conditions").clone();
        round.put_status(key, &json!({
            "observedGeneration": generation, "disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected, "conditions": conditions,
        }))
    }
}

/// How many pods their controllers want in all; `None` where nobody says.
fn expected(pods: &[Value], round: &Round<'_>) -> Option<i64> {
    let mut wanted = std::collections::BTreeMap::new();
    for pod in pods {
        let (kind, name, uid) = field::controller_of(pod)?;
        let resource = if kind == "ReplicaSet" { "replicasets.apps" } else { "statefulsets.apps" };
        let owner = round.store.get(&Key::namespaced(resource, field::namespace(pod), name)).ok()?;
        let (uid, replicas) = match field::controller_of(&owner) {
            Some(("Deployment", name, uid)) => (uid.to_owned(), field::number(&round.store.get(&Key::namespaced("deployments.apps", field::namespace(pod), name)).ok()?, "spec.replicas")),
            _ => (uid.to_owned(), field::number(&owner, "spec.replicas")),
        };
        wanted.insert(uid, replicas);
    }
    Some(wanted.values().sum())
}
