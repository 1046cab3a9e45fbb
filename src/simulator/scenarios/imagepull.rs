//! Staging is being rolled to a version whose image was never pushed.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::world::chance::hex_of;
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
    cluster.push("myapp-staging", &hex_of("web 1.8.3", 40), |manifests| {
        let web =
            manifests.iter_mut().find(|own| field::kind(own) == "Deployment" && field::name(own) == "web");
        let Some(web) = web else { return };
        let mut template = field::at(web, "spec.template").clone();
        field::set_label(&mut template, "app.kubernetes.io/version", "1.8.3");
        for container in field::list_mut(&mut template, "spec.containers") {
            field::put(container, "image", json!(app_image("web", "1.8.3")));
        }
        field::put(web, "spec.template", template);
        field::set_label(web, "app.kubernetes.io/version", "1.8.3");
    })
}
