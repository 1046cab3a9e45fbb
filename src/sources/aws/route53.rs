//! Hosted zones, records and health checks of Route 53.

use super::{Reading, Site};
use crate::fleet::aws::health_check::HealthCheck;
use crate::fleet::aws::record::RecordSet;
use crate::fleet::aws::zone::HostedZone;
use crate::gateway::Failure;
use crate::gateway::aws::route53;

/// The hosted zones.
pub(super) struct Zones;

impl Reading for Zones {
    type Row = HostedZone;

    async fn read(site: Site) -> Result<Vec<HostedZone>, Failure> {
        route53::zones(&site.account).await
    }
}

/// Their records.
pub(super) struct Records;

impl Reading for Records {
    type Row = RecordSet;

    async fn read(site: Site) -> Result<Vec<RecordSet>, Failure> {
        route53::records(&site.account).await
    }
}

/// The health checks.
pub(super) struct HealthChecks;

impl Reading for HealthChecks {
    type Row = HealthCheck;

    async fn read(site: Site) -> Result<Vec<HealthCheck>, Failure> {
        route53::health_checks(&site.account).await
    }
}
