//! Whoever asks is `developer`, who may see the namespace `staging` and nothing else.

use jiff::SignedDuration;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::api::users::User;
use crate::simulator::demo::Demo;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "narrow-rights",
    description: "you are a developer who may see the namespace staging only",
    unfolds: SignedDuration::ZERO,
    namespace: Some("staging"),
    apply,
};

fn apply(demo: &mut Demo) -> Result<(), Status> {
    for cluster in demo.clusters() {
        cluster.store().users().without_token(User::new("developer", &[]));
    }
    Ok(())
}
