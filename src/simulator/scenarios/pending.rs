//! For a sale somebody raised quota, autoscaler and replicas of the api, and the limits of the node pools are what they have.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Key;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "pending",
    description: "the api of production is scaled beyond what its nodes can hold",
    unfolds: SignedDuration::from_mins(2),
    namespace: None,
    apply,
};

/// More than fit on four nodes of four CPUs.
const REPLICAS: i64 = 64;

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    let store = cluster.store().clone();
    store.edit(&Key::namespaced("resourcequotas", "production", "compute"), |quota| {
        for part in ["spec.hard", "status.hard"] {
            let mut hard = field::at(quota, part).clone();
            if let Some(map) = hard.as_object_mut() {
                for (key, value) in [
                    ("requests.cpu", "40"),
                    ("requests.memory", "80Gi"),
                    ("limits.memory", "80Gi"),
                    ("pods", "120"),
                ] {
                    map.insert(key.to_owned(), json!(value));
                }
            }
            field::put(quota, part, hard);
        }
        Ok(())
    })?;
    for (pool, cpu) in [("spot", "12"), ("on-demand", "4")] {
        store.edit(&Key::cluster("nodepools.karpenter.sh", pool), |pool| {
            field::put(pool, "spec.limits.cpu", json!(cpu));
            Ok(())
        })?;
    }
    store.edit(
        &Key::namespaced("horizontalpodautoscalers.autoscaling", "production", "api"),
        |autoscaler| {
            field::put(autoscaler, "spec.minReplicas", json!(REPLICAS));
            field::put(autoscaler, "spec.maxReplicas", json!(REPLICAS));
            Ok(())
        },
    )?;
    store.edit(&Key::namespaced("deployments.apps", "production", "api"), |deployment| {
        field::put(deployment, "spec.replicas", json!(REPLICAS));
        Ok(())
    })?;
    Ok(())
}
