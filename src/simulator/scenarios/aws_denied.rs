//! Whoever asks AWS may not see its names and not its alarms.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::aws::faults::Harm;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "aws-denied",
    description: "you may not read Route 53 and CloudWatch",
    unfolds: SignedDuration::ZERO,
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    for service in ["route53", "monitoring"] {
        demo.aws().faults().harm(service, "", None, Harm::Denied);
    }
    Ok(())
}
