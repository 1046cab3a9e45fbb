//! The ingress controller of production answers its probes no more, so every target fails and visitors get 503.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::conduct::Conduct;
use crate::simulator::demo::Demo;
use crate::simulator::store::{DeleteOptions, Selection};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "alb-unhealthy",
    description: "all targets of production's load balancer fail their health checks",
    unfolds: SignedDuration::from_mins(9),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    cluster.conducts().set("ingress-nginx", "controller", Conduct::NeverReady);
    let store = cluster.store().clone();
    let controllers = Selection::by_labels("app.kubernetes.io/component=controller")?;
    for pod in store.list("pods", Some("ingress-nginx"), &controllers) {
        store.delete(&pod.key, &DeleteOptions::default())?;
    }
    Ok(())
}
