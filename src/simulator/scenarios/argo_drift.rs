//! Somebody changed production by hand, and a commit holds an object that the cluster does not know.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Key;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "argo-drift",
    description: "production differs from Git by hand, and a platform application fails to sync",
    unfolds: SignedDuration::from_mins(6),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    cluster.store().edit(&Key::namespaced("deployments.apps", "production", "worker"), |deployment| {
        let mut template = field::at(deployment, "spec.template").clone();
        for container in field::list_mut(&mut template, "spec.containers") {
            for variable in field::list_mut(container, "env") {
                if field::text(variable, "name") == "LOG_LEVEL" {
                    field::put(variable, "value", json!("debug"));
                }
            }
        }
        field::put(deployment, "spec.template", template);
        Ok(())
    })?;
    cluster.push("platform-monitoring", &hex_of("service monitors", 40), |manifests| {
        manifests.push(json!({
            "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "web", "namespace": "monitoring"},
            "spec": {"selector": {"matchLabels": {"app.kubernetes.io/name": "web"}}, "endpoints": [{"port": "http"}]},
        }));
    })
}
