//! Queues of interruption messages.

use super::{Reading, Site};
use crate::fleet::aws::queue::Queue;
use crate::gateway::Failure;
use crate::gateway::aws::sqs;

/// The queue that is called like the cluster, as Karpenter's getting-started template names it.
pub(super) struct Queues;

impl Reading for Queues {
    type Row = Queue;

    async fn read(site: Site) -> Result<Vec<Queue>, Failure> {
        Ok(sqs::queue(&site.account, &site.eks).await?.into_iter().collect())
    }
}
