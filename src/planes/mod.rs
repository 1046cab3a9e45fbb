//! What the rows of a cluster mean together: components, why a node stays, why a pod waits, where a hostname leads.
//!
//! Pure functions over one cluster's tables and its blueprint. What a table view shows of them is a [`Derived`] table,
//! concluded by the store when what it rests on has changed; what is asked for once is a plain function.
//!
//! To add a derived table: its file with a [`crate::snapshot::Conclusion`], and one line in [`DERIVED`].

pub mod component;
pub mod path;
pub mod policy;
pub mod rights;
#[cfg(test)]
mod test_cluster;

use std::collections::BTreeSet;

use crate::fleet::Interest;
use crate::snapshot::Derived;

/// Every derived table, by plural name.
pub static DERIVED: &[Derived] = &[component::TABLE, path::front::TABLE, rights::account::TABLE];

/// What has to be read for what somebody wants to see: the tables that derived ones rest on in their place.
pub fn inputs_of(interests: &BTreeSet<Interest>) -> BTreeSet<Interest> {
    let mut read = BTreeSet::new();
    for interest in interests {
        match DERIVED.iter().find(|derived| derived.resource == interest.resource) {
            Some(derived) => {
                let cluster = &interest.cluster;
                read.extend(
                    derived
                        .inputs()
                        .map(|input| Interest { cluster: cluster.clone(), resource: input.clone() }),
                );
            }
            None => {
                read.insert(interest.clone());
            }
        }
    }
    read
}
