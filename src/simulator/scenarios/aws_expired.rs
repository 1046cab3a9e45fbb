//! Whoever asks AWS has credentials that have expired.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::aws::faults::Harm;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "aws-expired",
    description: "your credentials for AWS have expired",
    unfolds: SignedDuration::ZERO,
    namespace: None,
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    demo.aws().faults().harm("", "", None, Harm::Expired);
    Ok(())
}
