//! What may go wrong in the fleet, on request: one file for each trouble.
//!
//! To add one: a file beside the others with a `SCENARIO`, and its line in [`SCENARIOS`].

mod addon_degraded;
mod alarm_composite;
mod alarm_firing;
mod alb_unhealthy;
mod argo_drift;
mod aws_denied;
mod aws_expired;
mod crashloop;
mod dns_drift;
mod hostile_text;
mod imagepull;
mod issuer_broken;
mod narrow_rights;
mod node_notready;
mod node_stuck;
mod old_apis;
mod oom;
mod pending;
mod pool_limit;
mod quota_full;
mod state_locked;
mod store_denied;
mod stuck_termination;
mod subnet_full;
mod two_autoscalers;
mod two_installations;
mod unreachable;
mod volume_full;
mod webhook_down;

use jiff::SignedDuration;

use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;

/// A trouble.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it shows, in one line.
    pub description: &'static str,
    /// How long it takes until it shows fully. Whoever holds the clock advances it by this.
    pub unfolds: SignedDuration,
    /// The namespace that the user's kubeconfig prefers.
    pub namespace: Option<&'static str>,
    pub(crate) apply: fn(&mut Demo) -> Result<(), Status>,
}

/// Every scenario, in the order of the names.
pub const SCENARIOS: &[&Scenario] = &[
    &addon_degraded::SCENARIO,
    &alarm_composite::SCENARIO,
    &alarm_firing::SCENARIO,
    &alb_unhealthy::SCENARIO,
    &argo_drift::SCENARIO,
    &aws_denied::SCENARIO,
    &aws_expired::SCENARIO,
    &crashloop::SCENARIO,
    &dns_drift::SCENARIO,
    &hostile_text::SCENARIO,
    &imagepull::SCENARIO,
    &issuer_broken::SCENARIO,
    &narrow_rights::SCENARIO,
    &node_notready::SCENARIO,
    &node_stuck::SCENARIO,
    &old_apis::SCENARIO,
    &oom::SCENARIO,
    &pending::SCENARIO,
    &pool_limit::SCENARIO,
    &quota_full::SCENARIO,
    &state_locked::SCENARIO,
    &store_denied::SCENARIO,
    &stuck_termination::SCENARIO,
    &subnet_full::SCENARIO,
    &two_autoscalers::SCENARIO,
    &two_installations::SCENARIO,
    &unreachable::SCENARIO,
    &volume_full::SCENARIO,
    &webhook_down::SCENARIO,
];

/// Names and descriptions of all scenarios.
pub fn list() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCENARIOS.iter().map(|scenario| (scenario.name, scenario.description))
}

/// The scenario of a name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name).copied()
}

#[cfg(test)]
mod tests;
