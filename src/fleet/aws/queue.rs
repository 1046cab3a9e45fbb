//! Queues (SQS `GetQueueUrl`, `GetQueueAttributes`).

use super::aws_row;

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Its name: what Karpenter listens to is called like the cluster, or as its setting says.
    pub name: Box<str>,
    /// `ApproximateNumberOfMessages`: what nobody has taken yet; `None` where it was not said.
    pub waiting: Option<u64>,
    /// `ApproximateNumberOfMessagesNotVisible`: what somebody works on.
    pub in_flight: Option<u64>,
    /// `MessageRetentionPeriod`, in seconds.
    pub retention: Option<u64>,
}

aws_row!(Queue, name);
