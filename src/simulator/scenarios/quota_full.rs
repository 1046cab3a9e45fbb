//! Staging was given no more pods than it has, and its next release asks for more of the api.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::pod;
use crate::simulator::demo::Demo;
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "quota-full",
    description: "the quota of staging is used up and its api cannot grow",
    unfolds: SignedDuration::from_mins(3),
    namespace: None,
    apply,
};

/// Three more than it has.
const REPLICAS: i64 = 5;

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    let store = cluster.store();
    let pods = store.list("pods", Some("staging"), &Selection::all());
    let living = pods.iter().filter(|pod| !pod::is_finished(&pod.value())).count();
    store.edit(&Key::namespaced("resourcequotas", "staging", "compute"), |quota| {
        for part in ["spec.hard", "status.hard"] {
            field::put(quota, &format!("{part}.pods"), json!(living.to_string()));
        }
        Ok(())
    })?;
    cluster.push("myapp-staging", &hex_of("more of the api", 40), |manifests| {
        let api =
            manifests.iter_mut().find(|own| field::kind(own) == "Deployment" && field::name(own) == "api");
        if let Some(api) = api {
            field::put(api, "spec.replicas", json!(REPLICAS));
        }
    })
}
