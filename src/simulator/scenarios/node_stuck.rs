//! Every node of production is of an older template, and each is held by something else.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::{Key, Selection, Store};
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "node-stuck",
    description: "drifted nodes of production are held by a pod, a disruption budget and a pool budget",
    unfolds: SignedDuration::from_mins(10),
    namespace: None,
    apply,
};

/// The node that only the budget of its pool holds.
const FREE: &str = "ip-10-1-13-60.ec2.internal";

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    let store = cluster.store().clone();
    store.edit(&Key::namespaced("pods", "monitoring", "prometheus-kps-0"), |pod| {
        field::annotate(pod, "karpenter.sh/do-not-disrupt", "true");
        Ok(())
    })?;
    for node in ["ip-10-1-11-40.ec2.internal", "ip-10-1-12-40.ec2.internal"] {
        let Some(budget) = budget_of(&store, node)? else { continue };
        store.edit(&budget, |budget| {
            field::put(budget, "spec.maxUnavailable", json!(0));
            Ok(())
        })?;
    }
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

/// A budget of pods that run on a node, but not on the one that only its pool holds.
fn budget_of(store: &Store, node: &str) -> Result<Option<Key>, Status> {
    let on = |node: &str| -> Result<Vec<Value>, Status> {
        let own = Selection::parse("", &format!("spec.nodeName={node}"))?;
        Ok(store.list("pods", None, &own).iter().map(|pod| pod.value()).collect())
    };
    let (here, elsewhere) = (on(node)?, on(FREE)?);
    let covers = |budget: &Value, pods: &[Value]| {
        pods.iter().any(|pod| {
            field::namespace(pod) == field::namespace(budget)
                && field::selects(field::at(budget, "spec.selector"), pod)
        })
    };
    let budgets = store.list("poddisruptionbudgets.policy", None, &Selection::all());
    let fitting = budgets.iter().find(|budget| {
        let budget = budget.value();
        covers(&budget, &here) && !covers(&budget, &elsewhere)
    });
    Ok(fitting.map(|budget| budget.key.clone()))
}
