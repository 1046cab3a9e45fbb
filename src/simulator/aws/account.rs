//! What the account keeps for itself: everything that no cluster's objects tell.

use std::collections::BTreeMap;

use super::eks::update::Update;
use super::route53::zone::Zone;

/// The account's own objects. Scenarios and tests change them through [`Aws::edit`](super::Aws::edit).
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Route 53's hosted zones.
    pub zones: Vec<Zone>,
    /// EKS clusters beside the fleet's, by name: nothing is known of them but that they are there.
    pub strangers: Vec<String>,
    /// What EKS has done to the clusters, or is doing.
    pub updates: Vec<Update>,
    /// Addresses that something else takes from a subnet, by the subnet's id.
    pub taken_addresses: BTreeMap<String, i64>,
}
