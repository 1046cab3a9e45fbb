//! Listening to AWS, which has no watches: what somebody looks at is read again and again, at rates that many cockpits
//! on one account can keep.
//!
//! There is one task for each table of each account, or of each cluster where the table is about one; its answer goes to
//! every cluster that wants it. It reads while somebody looks, lingers briefly, and waits longer when it is refused.
//! The Kubernetes side knows nothing of it: a cluster that is down keeps its AWS tables, and the other way round.
//!
//! To add a table: its row in `fleet/aws`, its reading in `gateway/aws`, and one line in [`AWS_SOURCES`].

mod eks;
mod keeper;
mod poll;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::fleet::aws::kind;
use crate::fleet::{ResourceType, Row};
use crate::gateway::Failure;
use crate::gateway::aws::Account;
use crate::gateway::aws::operations::{self as op, Operation};

pub(super) use keeper::{Keeper, keep};
use poll::Poll;

/// Where a cluster is at home in AWS.
#[derive(Clone, Debug)]
pub struct Home {
    /// The way into its account and region. Clusters with equal settings have the same one.
    pub account: Account,
    /// What EKS calls the cluster; `None` for a cluster that EKS does not know.
    pub eks: Option<Arc<str>>,
}

/// What is read from.
#[derive(Clone, Debug)]
pub struct Site {
    /// The account and region.
    pub account: Account,
    /// What EKS calls the cluster; empty for what is read once for the account.
    pub eks: Arc<str>,
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
    polled::<eks::Addons>(kind::ADDONS, Scope::Cluster, 60, &[op::EKS_ADDONS, op::EKS_ADDON]),
    polled::<eks::Callers>(kind::CALLERS, Scope::Account, 300, &[op::STS_CALLER]),
    polled::<eks::Clusters>(kind::EKS_CLUSTERS, Scope::Cluster, 60, &[op::EKS_CLUSTER]),
];
