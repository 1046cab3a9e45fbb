//! What the account keeps for itself: everything that no cluster's objects tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cloudwatch::alarm::Alarm;
use super::cloudwatch::alarm::composite::Composite;
use super::cloudwatch::surge::Surge;
use super::dynamodb::Lock;
use super::ecr::image::Image;
use super::eks::update::Update;
use super::elb::classic::ClassicBalancer;
use super::logs::running::Running;
use super::route53::zone::Zone;
use super::secretsmanager::secret::Secret;

/// The account's own objects. Scenarios and tests change them through [`Aws::edit`](super::Aws::edit).
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Route 53's hosted zones.
    pub zones: Vec<Zone>,
    /// EKS clusters beside the fleet's, by name: nothing is known of them but that they are there.
    pub strangers: Vec<String>,
    /// Regions that the account has enabled beside those that every account has.
    pub enabled_regions: BTreeSet<String>,
    /// What EKS has done to the clusters, or is doing.
    pub updates: Vec<Update>,
    /// CloudWatch's alarms.
    pub alarms: Vec<Alarm>,
    /// Its alarms over alarms.
    pub composites: Vec<Composite>,
    /// What drives metrics up.
    pub surges: Vec<Surge>,
    /// Queries of Logs Insights that somebody has started.
    pub queries: Vec<Running>,
    /// Secrets Manager's secrets.
    pub secrets: Vec<Secret>,
    /// ECR's images.
    pub images: Vec<Image>,
    /// Classic load balancers.
    pub classic_balancers: Vec<ClassicBalancer>,
    /// Who holds locks of Terraform's states.
    pub locks: Vec<Lock>,
    /// Trust policies of roles that are not as the fleet has them, by the role's name.
    pub trusts: BTreeMap<String, Value>,
    /// Messages that wait in the interruption queue of production.
    pub waiting_interruptions: u32,
    /// Addresses that something else takes from a subnet, by the subnet's id.
    pub taken_addresses: BTreeMap<String, i64>,
}
