//! A pod of staging is deleted but held by a finalizer whose controller was removed long ago.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::{DeleteOptions, Selection};
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "stuck-termination",
    description: "a deleted pod of staging is held by a finalizer nobody removes",
    unfolds: SignedDuration::from_mins(6),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    let workers = Selection::by_labels("app.kubernetes.io/name=worker")?;
    if let Some(pod) = cluster.store().list("pods", Some("staging"), &workers).first() {
        cluster.store().edit(&pod.key, |pod| {
            field::put(pod, "metadata.finalizers", json!(["tracing.cosner.cloud/flush"]));
            Ok(())
        })?;
        cluster.store().delete(&pod.key, &DeleteOptions::default())?;
    }
    Ok(())
}
