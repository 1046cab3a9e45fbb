//! Log groups of CloudWatch Logs (`DescribeLogGroups`, `DescribeLogStreams`).

use super::aws_row;
use crate::fleet::Timestamp;

/// A log group that carries a cluster's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogGroup {
    /// `logGroupName`: `/aws/eks/myapp-prod/cluster`.
    pub name: Box<str>,
    /// `storedBytes`: compressed, as it is charged.
    pub bytes: u64,
    /// `retentionInDays`; `None`: what is in it is kept for ever.
    pub retention_days: Option<u32>,
    /// `logGroupClass`: `STANDARD`, `INFREQUENT_ACCESS`, `DELIVERY`.
    pub class: Box<str>,
    /// `creationTime`
    pub created: Timestamp,
    /// `lastEventTimestamp` of the stream that was written to last; it may be an hour behind. *Never* for a group
    /// without a line, and where streams may not be listed.
    pub last_event: Timestamp,
    /// True when its streams could not be listed: then nobody knows when it was last written to.
    pub is_last_event_unknown: bool,
}

aws_row!(LogGroup, name);
