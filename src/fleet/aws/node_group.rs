//! Node groups that EKS manages (`DescribeNodegroup`).

use std::sync::Arc;

use super::launch_template::UsedTemplate;
use super::update::Update;
use super::{Issue, aws_row};
use crate::fleet::Timestamp;

/// A managed node group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeGroup {
    /// `nodegroupName`
    pub name: Box<str>,
    /// `status`: `ACTIVE`, `UPDATING`, `DEGRADED`, …
    pub status: Box<str>,
    /// `version`: the minor of Kubernetes of its nodes; empty with an image of one's own.
    pub version: Box<str>,
    /// `releaseVersion`: of its image, `1.36.3-20261007`; the image's id with an image of one's own.
    pub release: Box<str>,
    /// `amiType`: `AL2023_x86_64_STANDARD`, `CUSTOM`.
    pub image_type: Box<str>,
    /// `capacityType`: `ON_DEMAND`, `SPOT`, `CAPACITY_BLOCK`.
    pub capacity: Box<str>,
    /// `instanceTypes`; empty where its launch template names the type.
    pub instance_types: Box<[Box<str>]>,
    /// `scalingConfig.minSize`
    pub least: u32,
    /// `scalingConfig.maxSize`
    pub most: u32,
    /// `scalingConfig.desiredSize`
    pub desired: u32,
    /// `launchTemplate`; `None` where EKS made one of its own.
    pub launch_template: Option<UsedTemplate>,
    /// `resources.autoScalingGroups[].name`
    pub scaling_groups: Box<[Box<str>]>,
    /// `subnets`
    pub subnets: Box<[Arc<str>]>,
    /// `taints[]` as Kubernetes writes them: `key=value:NoSchedule`.
    pub taints: Box<[Box<str>]>,
    /// `nodeRole`
    pub role: Box<str>,
    /// `health.issues[]`
    pub issues: Box<[Issue]>,
    /// What is being done to it, and what failed last; read only while its status says that there is something.
    pub updates: Box<[Update]>,
    /// `createdAt`
    pub created: Timestamp,
    /// `modifiedAt`
    pub modified: Timestamp,
}

aws_row!(NodeGroup, name);
