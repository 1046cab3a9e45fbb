//! Components: what a platform consists of, found by what it is, wherever and however often it is installed.
//!
//! [`catalogue`] says what can be recognised, [`recognise()`] what a workload is, [`state`] what is known of one component
//! in one cluster, [`managed`] what EKS says of it, and [`verdict`] how it is. A component that the blueprint wants and nobody runs has a row too.

pub mod catalogue;
mod conclude;
pub mod managed;
#[cfg(test)]
mod managed_tests;
mod recognise;
pub mod state;
mod surroundings;
#[cfg(test)]
mod tests;
pub mod verdict;

pub use catalogue::{CATALOGUE, Known, Part, Runs};
pub use conclude::Components;
pub use managed::Managed;
pub use recognise::recognise;
pub use state::{Component, PartState};

use crate::fleet::ResourceType;
use crate::fleet::kind::{
    API_SERVICES, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, LEASES, MUTATING_WEBHOOKS, NODES, PODS,
    SERVICE_ACCOUNTS, SERVICES, STATEFUL_SETS, VALIDATING_WEBHOOKS,
};
use crate::snapshot::{Derived, derived};

/// Components, as a derived kind.
pub const COMPONENTS: ResourceType = derived::namespaced("components", "Component");

static NEEDS: [ResourceType; 3] = [DEPLOYMENTS, DAEMON_SETS, STATEFUL_SETS];
static HELPS: [ResourceType; 9] = [
    PODS,
    NODES,
    SERVICES,
    ENDPOINT_SLICES,
    SERVICE_ACCOUNTS,
    LEASES,
    API_SERVICES,
    VALIDATING_WEBHOOKS,
    MUTATING_WEBHOOKS,
];

/// The table of components.
pub const TABLE: Derived = Derived::new::<Components>(COMPONENTS, &NEEDS, &HELPS).adding(&managed::ADDS);

/// The ids that a blueprint may name.
pub fn ids() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|known| known.id)
}
