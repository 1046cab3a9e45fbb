//! The worker of production needs more memory than it may have, and is killed again and again.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::conduct::Conduct;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "oom",
    description: "the worker of production is killed for its memory",
    unfolds: SignedDuration::from_mins(5),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    cluster.conducts().set("production", "worker", Conduct::OutOfMemory { after: 18 });
    cluster.reconsider();
    Ok(())
}
