//! Something else has taken the addresses of a private subnet of production.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::Selection;
use crate::simulator::world::cluster::PROD;
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "subnet-full",
    description: "the private subnet of production in us-east-1b has hardly an address left",
    unfolds: SignedDuration::from_mins(1),
    namespace: None,
    apply,
};

/// Addresses that are left.
const LEFT: i64 = 3;
const ZONE: &str = "us-east-1b";

fn apply(demo: &mut Demo) -> Result<(), Status> {
    demo.aws().leave_addresses(&PROD.resource("subnet", "12"), LEFT);
    let Some(cluster) = demo.cluster(PROD.name) else { return Ok(()) };
    let nodes = cluster.store().list("nodes", None, &Selection::all());
    for node in nodes.iter().map(|node| node.value()) {
        if field::label(&node, "topology.kubernetes.io/zone") == ZONE {
            let message = "Failed to assign a /28 prefix: InsufficientCidrBlocks: The specified subnet does not have enough free cidr \
                           blocks to satisfy the request.";
            cluster.as_component(|round| {
                round.warn(&node, "aws-node", "InsufficientCidrBlocks", message.to_owned());
            });
        }
    }
    Ok(())
}
