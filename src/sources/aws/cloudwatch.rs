//! What CloudWatch says of an account and of a cluster.

use super::{Reading, Site};
use crate::fleet::aws::alarm::Alarm;
use crate::fleet::aws::metric::{CLUSTER_GAUGES, Series};
use crate::gateway::Failure;
use crate::gateway::aws::cloudwatch::{self, Wanted};
use crate::gateway::aws::surroundings;

/// The alarms of the account.
pub(super) struct Alarms;

impl Reading for Alarms {
    type Row = Alarm;

    async fn read(site: Site) -> Result<Vec<Alarm>, Failure> {
        cloudwatch::alarms(&site.account).await
    }
}

/// Metrics of the cluster itself.
pub(super) struct ClusterMetrics;

impl Reading for ClusterMetrics {
    type Row = Series;

    async fn read(site: Site) -> Result<Vec<Series>, Failure> {
        let own = || vec![("ClusterName", site.eks.to_string())];
        let wanted: Vec<Wanted> = CLUSTER_GAUGES
            .iter()
            .map(|gauge| Wanted { gauge, of: String::new(), dimensions: own() })
            .collect();
        cloudwatch::series(&site.account, &wanted).await
    }
}

/// Metrics of what stands around it.
pub(super) struct TrafficMetrics;

impl Reading for TrafficMetrics {
    type Row = Series;

    async fn read(site: Site) -> Result<Vec<Series>, Failure> {
        let wanted = surroundings::wanted(&site.account, &site.eks).await?;
        cloudwatch::series(&site.account, &wanted).await
    }
}
