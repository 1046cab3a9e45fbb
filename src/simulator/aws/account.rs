//! What the account keeps for itself: everything that no cluster's objects tell.

use std::collections::BTreeMap;

use super::cloudwatch::alarm::Alarm;
use super::cloudwatch::surge::Surge;
use super::eks::update::Update;
use super::logs::running::Running;
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
    /// CloudWatch's alarms.
    pub alarms: Vec<Alarm>,
    /// What drives metrics up.
    pub surges: Vec<Surge>,
    /// Queries of Logs Insights that somebody has started.
    pub queries: Vec<Running>,
    /// Addresses that something else takes from a subnet, by the subnet's id.
    pub taken_addresses: BTreeMap<String, i64>,
}
