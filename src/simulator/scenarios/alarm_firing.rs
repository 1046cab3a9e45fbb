//! The machines of production are busy until an alarm says so.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::aws::cloudwatch::surge::Surge;
use crate::simulator::demo::Demo;
use crate::simulator::world::cluster::PROD;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "alarm-firing",
    description: "the nodes of production are at 93 % of their CPU, and the alarm for it fires",
    unfolds: SignedDuration::from_mins(8),
    namespace: None,
    apply,
};

/// Per cent.
const BUSY: f64 = 93.0;

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let since = demo.aws().clock().now();
    let surge = Surge {
        cluster: PROD.name.to_owned(),
        metric: "node_cpu_utilization".to_owned(),
        since,
        value: BUSY,
    };
    demo.aws().edit(|account| account.surges.push(surge));
    Ok(())
}
