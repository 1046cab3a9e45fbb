//! Production refuses every connection.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "unreachable",
    description: "the API server of production refuses connections",
    unfolds: SignedDuration::ZERO,
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    if let Some(cluster) = demo.cluster("myapp-prod") {
        cluster.store().faults().refuse_connections();
    }
    Ok(())
}
