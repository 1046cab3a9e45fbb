//! The api and the worker of production grow until the on-demand pool has all that it may have.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Key;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "pool-limit",
    description: "the on-demand pool of production is at its limit and pods of api and worker wait",
    unfolds: SignedDuration::from_mins(5),
    namespace: None,
    apply,
};

/// CPUs that each pool may have: the spot pool what it has, the other one a node more.
const LIMITS: [(&str, &str); 2] = [("spot", "12"), ("on-demand", "8")];
/// More than fit then.
const REPLICAS: [(&str, i64); 2] = [("api", 40), ("worker", 30)];

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    let store = cluster.store().clone();
    for (pool, cpu) in LIMITS {
        store.edit(&Key::cluster("nodepools.karpenter.sh", pool), |pool| {
            field::put(pool, "spec.limits.cpu", json!(cpu));
            Ok(())
        })?;
    }
    store.edit(&Key::namespaced("resourcequotas", "production", "compute"), |quota| {
        let raised =
            [("requests.cpu", "40"), ("requests.memory", "80Gi"), ("limits.memory", "80Gi"), ("pods", "160")];
        let mut hard = field::at(quota, "spec.hard").clone();
        if let Some(map) = hard.as_object_mut() {
            map.extend(raised.map(|(resource, amount)| (resource.to_owned(), json!(amount))));
        }
        field::put(quota, "spec.hard", hard);
        Ok(())
    })?;
    for (name, replicas) in REPLICAS {
        let autoscaler = Key::namespaced("horizontalpodautoscalers.autoscaling", "production", name);
        // The worker has none.
        let _ = store.edit(&autoscaler, |autoscaler| {
            field::put(autoscaler, "spec.minReplicas", json!(replicas));
            field::put(autoscaler, "spec.maxReplicas", json!(replicas));
            Ok(())
        });
        store.edit(&Key::namespaced("deployments.apps", "production", name), |deployment| {
            field::put(deployment, "spec.replicas", json!(replicas));
            Ok(())
        })?;
    }
    Ok(())
}
