//! PodDisruptionBudgets: how many pods may be away at the moment.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::{RoundsUp, share};
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The disruption controller.
pub(super) struct DisruptionBudget;

impl Controller for DisruptionBudget {
    fn resource(&self) -> &'static str {
        "poddisruptionbudgets.policy"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if !changed.is("pods") {
            return Vec::new();
        }
        let budgets =
            lister.entries(self.resource(), Some(field::namespace(&changed.object)), &Selection::all());
        budgets
            .into_iter()
            .filter(|(_, budget)| field::selects(field::at(budget, "spec.selector"), &changed.object))
            .map(|(key, _)| key)
            .collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let budget = round.lister.get(key)?;
        let selection = Selection::by_selector_object(field::at(&budget, "spec.selector"));
        let pods: Vec<Arc<Value>> = round
            .lister
            .list("pods", Some(field::namespace(&budget)), &selection)
            .into_iter()
            .filter(|pod| !pod::is_finished(pod))
            .collect();
        let count = |healthy: usize| i64::try_from(healthy).unwrap_or_default();
        let expected = expected(&pods, round).unwrap_or_else(|| count(pods.len()));
        let healthy =
            count(pods.iter().filter(|pod| pod::is_ready(pod) && !pod::is_terminating(pod)).count());
        let desired = match field::at(&budget, "spec.maxUnavailable") {
            Value::Null => share(field::at(&budget, "spec.minAvailable"), expected, RoundsUp::Yes),
            tolerated => (expected - share(tolerated, expected, RoundsUp::Yes)).max(0),
        };
        let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
        let generation = field::number(&budget, "metadata.generation");
        let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
        let mut next = Value::clone(&budget);
        field::set_condition(
            &mut next,
            json!({
                "type": "DisruptionAllowed", "status": if allowed > 0 { "True" } else { "False" }, "observedGeneration": generation, "lastTransitionTime": round.stamp(), "reason": reason, "message": "",
            }),
        );
        let conditions = field::at(&next, "status.conditions").clone();
        round.put_status(key, &json!({
            "observedGeneration": generation, "disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected, "conditions": conditions,
        }))
    }
}

/// How many pods their controllers want in all; `None` where nobody says.
fn expected(pods: &[Arc<Value>], round: &Round<'_>) -> Option<i64> {
    let mut wanted = std::collections::BTreeMap::new();
    for pod in pods {
        let (kind, name, uid) = field::controller_of(pod)?;
        let resource = if kind == "ReplicaSet" { "replicasets.apps" } else { "statefulsets.apps" };
        let owner = round.lister.get(&Key::namespaced(resource, field::namespace(pod), name)).ok()?;
        let (uid, replicas) = match field::controller_of(&owner) {
            Some(("Deployment", name, uid)) => {
                let deployment = round
                    .lister
                    .get(&Key::namespaced("deployments.apps", field::namespace(pod), name))
                    .ok()?;
                (uid.to_owned(), field::number(&deployment, "spec.replicas"))
            }
            _ => (uid.to_owned(), field::number(&owner, "spec.replicas")),
        };
        wanted.insert(uid, replicas);
    }
    Some(wanted.values().sum())
}
