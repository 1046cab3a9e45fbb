//! The only on-demand node of production falls silent.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "node-notready",
    description: "a node of production stops answering, and its pods are moved",
    unfolds: SignedDuration::from_mins(8),
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-prod") else { return Ok(()) };
    cluster.work();
    cluster.conducts().lose_node("ip-10-1-13-60.ec2.internal");
    cluster.reconsider();
    Ok(())
}
