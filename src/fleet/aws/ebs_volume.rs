//! EBS volumes (EC2 `DescribeVolumes`).

use std::sync::Arc;

use super::aws_row;
use super::tag::{Tags, tag};
use crate::fleet::Timestamp;

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EbsVolume {
    /// `volumeId`
    pub id: Box<str>,
    /// `status`: `creating`, `available`, `in-use`, `deleting`, `deleted`, `error`.
    pub state: Box<str>,
    /// `size`, in GiB.
    pub gib: u64,
    /// `volumeType`: `gp3`, `gp2`, `io1`, `io2`, `st1`, `sc1`, `standard`.
    pub kind: Arc<str>,
    /// `iops`; 0 where it was not said.
    pub iops: u64,
    /// `throughput`, in MiB/s; 0 where it was not said.
    pub throughput: u64,
    /// `availabilityZone`
    pub zone: Arc<str>,
    /// `encrypted`
    pub is_encrypted: bool,
    /// `attachmentSet[].instanceId`
    pub instances: Box<[Arc<str>]>,
    /// `createTime`
    pub created: Timestamp,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(EbsVolume, id, tags);

impl EbsVolume {
    /// A tag that is not empty.
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag(&self.tags, key)
    }
}
