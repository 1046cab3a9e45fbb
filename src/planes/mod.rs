//! What the rows of a cluster mean together: components, why a node stays, why a pod waits, where a hostname leads.
//!
//! Pure functions over one cluster's tables and its blueprint. What a table view shows of them is a [`Derived`] table,
//! concluded by the store when what it rests on has changed; what is asked for once is a plain function.
//!
//! To add a derived table: its file with a [`crate::snapshot::Conclusion`], and one line in [`DERIVED`].

pub mod alarm;
pub mod argo;
pub mod autoscaler;
pub mod certificate;
pub mod component;
pub mod cost;
pub mod dns;
pub mod draft;
pub mod image;
pub mod karpenter;
pub mod known;
pub mod log_query;
pub mod machine_image;
pub mod missing_namespace;
pub mod namespace;
mod opinion;
pub mod path;
pub mod pending;
pub mod policy;
pub mod reading;
pub mod rights;
pub mod secret;
pub mod storage;
pub mod terraform;
#[cfg(test)]
mod test_cluster;
pub mod topology;
pub mod upgrade;

use std::collections::BTreeSet;

use crate::fleet::{ClusterId, Interest, ResourceType};
use crate::snapshot::Derived;

/// Every derived table, by plural name.
pub static DERIVED: &[Derived] = &[
    alarm::KNOWN,
    alarm::TABLE,
    argo::MISSING,
    argo::SETS,
    argo::TABLE,
    certificate::TABLE,
    component::TABLE,
    cost::TABLE,
    dns::TABLE,
    dns::load_balancer::TABLE,
    dns::zone::TABLE,
    image::TABLE,
    karpenter::CLASS_TABLE,
    karpenter::HOLD_TABLE,
    karpenter::POOL_TABLE,
    missing_namespace::TABLE,
    namespace::TABLE,
    path::front::TABLE,
    path::reach::REACHES,
    pending::TABLE,
    rights::account::TABLE,
    rights::entry::TABLE,
    secret::STORES,
    secret::TABLE,
    storage::TABLE,
    topology::network::machine::TABLE,
    topology::network::subnet::TABLE,
];

/// What has to be read for what somebody wants to see: the tables that derived ones rest on in their place, in all of
/// these clusters where they span them.
pub fn inputs_of(interests: &BTreeSet<Interest>, all: &[ClusterId]) -> BTreeSet<Interest> {
    let mut read = BTreeSet::new();
    for interest in interests {
        match DERIVED.iter().find(|derived| derived.resource == interest.resource) {
            Some(derived) => {
                let own = std::slice::from_ref(&interest.cluster);
                for cluster in if derived.spans { all } else { own } {
                    let input = |resource: &ResourceType| Interest {
                        cluster: cluster.clone(),
                        resource: resource.clone(),
                    };
                    read.extend(derived.inputs().map(input));
                }
            }
            None => {
                read.insert(interest.clone());
            }
        }
    }
    read
}
