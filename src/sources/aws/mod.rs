//! Listening to AWS, which has no watches: what somebody looks at is read again and again, at rates that many cockpits
//! on one account can keep.
//!
//! There is one task for each table of each account, or of each cluster where the table is about one; its answer goes to
//! every cluster that wants it. It reads while somebody looks, lingers briefly, and waits longer when it is refused.
//! The Kubernetes side knows nothing of it: a cluster that is down keeps its AWS tables, and the other way round.
//!
//! To add a table: its row in `fleet/aws`, its reading in `gateway/aws`, and one line in [`AWS_SOURCES`].

mod acm;
mod cloudwatch;
mod ec2;
mod ecr;
mod eks;
mod elb;
mod iam;
mod keeper;
mod logs;
mod poll;
mod route53;
mod secrets;
mod sqs;
mod terraform;
#[cfg(test)]
mod tests;
mod whole;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures::future::BoxFuture;

use crate::fleet::aws::kind;
use crate::fleet::aws::terraform_state::StatePlace;
use crate::fleet::{ResourceType, Row};
use crate::gateway::Failure;
use crate::gateway::aws::Account;
use crate::gateway::aws::operations::{self as op, Operation};

pub(super) use keeper::{Keeper, keep};
use poll::Poll;
pub(super) use whole::fetch;

/// Where a cluster is at home in AWS.
#[derive(Clone, Debug)]
pub struct Home {
    /// The way into its account and region. Clusters with equal settings have the same one.
    pub account: Account,
    /// What EKS calls the cluster; `None` for a cluster that EKS does not know.
    pub eks: Option<Arc<str>>,
    /// Where the state of Terraform is.
    pub state: StateCell,
}

/// Where the state of Terraform of a cluster is; nothing where nobody has said so. The blueprint names it, which may
/// change at any time.
pub type StateCell = Arc<ArcSwapOption<StatePlace>>;

/// What is read from.
#[derive(Clone, Debug)]
pub struct Site {
    /// The account and region.
    pub account: Account,
    /// What EKS calls the cluster; empty for what is read once for the account.
    pub eks: Arc<str>,
    /// Where the state of Terraform is; nothing for what is read once for the account.
    pub state: StateCell,
}

/// For whom one answer is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All clusters of an account and region.
    Account,
    /// One cluster.
    Cluster,
}

/// A table of AWS.
#[derive(Debug)]
pub struct AwsSource {
    /// The kind.
    pub resource: ResourceType,
    /// For whom one answer is enough.
    pub scope: Scope,
    /// How often it is read again.
    pub every: Duration,
    /// What is called for it: these permissions it needs.
    pub operations: &'static [Operation],
    begin: fn(Poll) -> BoxFuture<'static, ()>,
    look: fn(Site) -> BoxFuture<'static, Result<usize, Failure>>,
}

impl AwsSource {
    /// Reads it once, and says how many rows there are: whether that is allowed is what a caller learns.
    pub fn look(&self, site: Site) -> BoxFuture<'static, Result<usize, Failure>> {
        (self.look)(site)
    }
}

fn look<R: Reading>(site: Site) -> BoxFuture<'static, Result<usize, Failure>> {
    Box::pin(async move { R::read(site).await.map(|rows| rows.len()) })
}

/// How a table is read.
pub(super) trait Reading: 'static {
    /// Its rows.
    type Row: Row + Clone;

    /// All rows as they are now.
    fn read(site: Site) -> impl Future<Output = Result<Vec<Self::Row>, Failure>> + Send;
}

const fn polled<R: Reading>(
    resource: ResourceType,
    scope: Scope,
    seconds: u64,
    operations: &'static [Operation],
) -> AwsSource {
    AwsSource {
        resource,
        scope,
        every: Duration::from_secs(seconds),
        operations,
        begin: poll::start::<R>,
        look: look::<R>,
    }
}

/// Every table of AWS, sorted by its constant.
pub const AWS_SOURCES: &[AwsSource] = &[
    polled::<eks::AccessEntries>(
        kind::ACCESS_ENTRIES,
        Scope::Cluster,
        600,
        &[op::EKS_ACCESS_ENTRIES, op::EKS_ACCESS_ENTRY, op::EKS_ACCESS_POLICIES],
    ),
    polled::<eks::Addons>(
        kind::ADDONS,
        Scope::Cluster,
        60,
        &[op::EKS_ADDONS, op::EKS_ADDON, op::EKS_UPDATES, op::EKS_UPDATE],
    ),
    polled::<eks::OfferedAddons>(kind::ADDON_VERSIONS, Scope::Account, 3600, &[op::EKS_ADDON_VERSIONS]),
    polled::<cloudwatch::Alarms>(kind::ALARMS, Scope::Account, 60, &[op::CLOUDWATCH_ALARMS]),
    polled::<acm::Certificates>(
        kind::ACM_CERTIFICATES,
        Scope::Account,
        600,
        &[op::ACM_LIST_CERTIFICATES, op::ACM_DESCRIBE_CERTIFICATE],
    ),
    polled::<eks::Callers>(kind::CALLERS, Scope::Account, 300, &[op::STS_CALLER]),
    polled::<ec2::Volumes>(kind::EBS_VOLUMES, Scope::Account, 300, &[op::EC2_VOLUMES]),
    polled::<eks::Clusters>(kind::EKS_CLUSTERS, Scope::Cluster, 60, &[op::EKS_CLUSTER]),
    polled::<eks::Versions>(kind::EKS_VERSIONS, Scope::Account, 3600, &[op::EKS_CLUSTER_VERSIONS]),
    polled::<eks::Insights>(kind::INSIGHTS, Scope::Cluster, 600, &[op::EKS_INSIGHTS, op::EKS_INSIGHT]),
    polled::<eks::NodeGroups>(
        kind::NODE_GROUPS,
        Scope::Cluster,
        60,
        &[op::EKS_NODE_GROUPS, op::EKS_NODE_GROUP, op::EKS_UPDATES, op::EKS_UPDATE],
    ),
    polled::<iam::TokenProviders>(kind::OIDC_PROVIDERS, Scope::Account, 900, &[op::IAM_OIDC_PROVIDERS]),
    polled::<eks::PodIdentities>(
        kind::POD_IDENTITIES,
        Scope::Cluster,
        300,
        &[op::EKS_POD_IDENTITIES, op::EKS_POD_IDENTITY],
    ),
    polled::<iam::Roles>(kind::ROLES, Scope::Account, 900, &[op::IAM_ROLES]),
    polled::<eks::Updates>(kind::UPDATES, Scope::Cluster, 60, &[op::EKS_UPDATES, op::EKS_UPDATE]),
    polled::<ec2::Endpoints>(kind::ENDPOINTS, Scope::Account, 300, &[op::EC2_VPC_ENDPOINTS]),
    polled::<ec2::Gateways>(
        kind::GATEWAYS,
        Scope::Account,
        120,
        &[op::EC2_INTERNET_GATEWAYS, op::EC2_NAT_GATEWAYS],
    ),
    polled::<ecr::Images>(kind::IMAGES, Scope::Account, 300, &[op::ECR_IMAGES, op::ECR_REPOSITORIES]),
    polled::<ec2::Instances>(
        kind::INSTANCES,
        Scope::Account,
        60,
        &[op::EC2_INSTANCE_STATUS, op::EC2_INSTANCES],
    ),
    polled::<ec2::LaunchTemplates>(kind::LAUNCH_TEMPLATES, Scope::Account, 300, &[op::EC2_LAUNCH_TEMPLATES]),
    polled::<ec2::MachineImages>(
        kind::MACHINE_IMAGES,
        Scope::Account,
        900,
        &[op::EC2_IMAGES, op::EC2_INSTANCES],
    ),
    polled::<ec2::NodeReleases>(
        kind::NODE_RELEASES,
        Scope::Cluster,
        3600,
        &[op::EKS_CLUSTER, op::SSM_PUBLIC_PARAMETERS],
    ),
    polled::<sqs::Queues>(kind::QUEUES, Scope::Cluster, 60, &[op::SQS_ATTRIBUTES, op::SQS_URL]),
    polled::<ec2::RouteTables>(kind::ROUTE_TABLES, Scope::Account, 300, &[op::EC2_ROUTE_TABLES]),
    polled::<ec2::SecurityGroups>(kind::SECURITY_GROUPS, Scope::Account, 300, &[op::EC2_SECURITY_GROUPS]),
    polled::<secrets::StoredSecrets>(
        kind::STORED_SECRETS,
        Scope::Account,
        300,
        &[op::SECRETS_MANAGER_LIST, op::SSM_PARAMETERS],
    ),
    polled::<ec2::Subnets>(kind::SUBNETS, Scope::Account, 60, &[op::EC2_SUBNETS]),
    polled::<ec2::Vpcs>(kind::VPCS, Scope::Account, 300, &[op::EC2_VPCS]),
    polled::<logs::Groups>(kind::LOG_GROUPS, Scope::Cluster, 300, &[op::LOGS_GROUPS, op::LOGS_STREAMS]),
    polled::<cloudwatch::ClusterMetrics>(kind::METRICS, Scope::Cluster, 60, &[op::CLOUDWATCH_METRIC_DATA]),
    polled::<cloudwatch::TrafficMetrics>(
        kind::TRAFFIC_METRICS,
        Scope::Cluster,
        120,
        &[
            op::EKS_CLUSTER,
            op::EC2_INSTANCES,
            op::EC2_SUBNETS,
            op::ELB_TARGET_GROUPS,
            op::ELB_TAGS,
            op::EC2_NAT_GATEWAYS,
            op::CLOUDWATCH_METRIC_DATA,
        ],
    ),
    polled::<route53::HealthChecks>(
        kind::HEALTH_CHECKS,
        Scope::Account,
        120,
        &[op::ROUTE_53_HEALTH_CHECKS, op::ROUTE_53_HEALTH_CHECK_STATUS],
    ),
    polled::<elb::Listeners>(
        kind::LISTENERS,
        Scope::Account,
        120,
        &[
            op::ELB_LOAD_BALANCERS,
            op::ELB_TAGS,
            op::ELB_LISTENERS,
            op::ELB_LISTENER_CERTIFICATES,
            op::ELB_RULES,
        ],
    ),
    polled::<elb::LoadBalancers>(
        kind::LOAD_BALANCERS,
        Scope::Account,
        60,
        &[
            op::ELB_LOAD_BALANCERS,
            op::ELB_TAGS,
            op::CLASSIC_LOAD_BALANCERS,
            op::CLASSIC_TAGS,
            op::CLASSIC_HEALTH,
        ],
    ),
    polled::<route53::Records>(
        kind::RECORDS,
        Scope::Account,
        120,
        &[op::ROUTE_53_ZONES, op::ROUTE_53_RECORDS],
    ),
    polled::<elb::TargetGroups>(
        kind::TARGET_GROUPS,
        Scope::Account,
        30,
        &[op::ELB_TARGET_GROUPS, op::ELB_TAGS, op::ELB_TARGET_HEALTH],
    ),
    polled::<terraform::States>(
        kind::TERRAFORM_STATES,
        Scope::Cluster,
        300,
        &[op::S3_LIST, op::S3_VERSIONING, op::S3_ENCRYPTION, op::S3_LOCK, op::DYNAMODB_GET_ITEM],
    ),
    polled::<route53::Zones>(kind::ZONES, Scope::Account, 300, &[op::ROUTE_53_ZONES, op::ROUTE_53_ZONE]),
];
