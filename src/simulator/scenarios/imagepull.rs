//! Staging is being rolled to a version whose image was never pushed.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Key;
use crate::simulator::world::cluster::app_image;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "imagepull",
    description: "the rollout of web 1.8.3 to staging is stuck: no such image",
    unfolds: SignedDuration::from_mins(12),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    cluster.store().edit(&Key::namespaced("deployments.apps", "staging", "web"), |deployment| {
        let mut template = field::at(deployment, "spec.template").clone();
        field::set_label(&mut template, "app.kubernetes.io/version", "1.8.3");
        for container in field::list_mut(&mut template, "spec.containers") {
            field::put(container, "image", json!(app_image("web", "1.8.3")));
        }
        field::put(deployment, "spec.template", template);
        field::set_label(deployment, "app.kubernetes.io/version", "1.8.3");
        Ok(())
    })?;
    Ok(())
}
