//! What CloudWatch Logs keeps of a cluster.

use super::{Reading, Site};
use crate::fleet::aws::log_group::LogGroup;
use crate::gateway::Failure;
use crate::gateway::aws::logs;

/// The groups that carry its name.
pub(super) struct Groups;

impl Reading for Groups {
    type Row = LogGroup;

    async fn read(site: Site) -> Result<Vec<LogGroup>, Failure> {
        logs::groups(&site.account, &site.eks).await
    }
}
