//! Every node of production is of an older template, and each is held by something else.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Key;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "node-stuck",
    description: "drifted nodes of production are held by a pod, a disruption budget and a pool budget",
    unfolds: SignedDuration::from_mins(10),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    let store = cluster.store().clone();
    store.edit(&Key::namespaced("pods", "monitoring", "prometheus-kps-0"), |pod| {
        field::annotate(pod, "karpenter.sh/do-not-disrupt", "true");
        Ok(())
    })?;
    store.edit(&Key::namespaced("poddisruptionbudgets.policy", "production", "cache"), |budget| {
        field::put(budget, "spec.maxUnavailable", json!(0));
        Ok(())
    })?;
    // The budget is counted before anybody asks for it.
    cluster.work();
    store.edit(&Key::cluster("nodepools.karpenter.sh", "on-demand"), |pool| {
        field::put(
            pool,
            "spec.disruption.budgets",
            json!([{"nodes": "10%"}, {"nodes": "0", "schedule": "0 0 * * *", "duration": "24h"}]),
        );
        Ok(())
    })?;
    for pool in ["spot", "on-demand"] {
        store.edit(&Key::cluster("nodepools.karpenter.sh", pool), |pool| {
            field::put(pool, "spec.template.metadata.labels.team", json!("platform"));
            Ok(())
        })?;
    }
    Ok(())
}
