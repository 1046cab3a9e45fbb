//! EC2 instances (EC2 `DescribeInstances`, with `DescribeInstanceStatus`).

use std::sync::Arc;

use super::aws_row;
use super::tag::{Tags, tag};
use crate::fleet::Timestamp;

/// An instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// `instanceId`
    pub id: Box<str>,
    /// `instanceState.name`: `pending`, `running`, `shutting-down`, `terminated`, `stopping`, `stopped`.
    pub state: Box<str>,
    /// `stateReason.message`: why it is no longer running; empty while it is.
    pub reason: Box<str>,
    /// `instanceType`
    pub kind: Arc<str>,
    /// `architecture`: `x86_64`, `arm64`.
    pub architecture: Arc<str>,
    /// `instanceLifecycle`: `spot`, `scheduled`, `capacity-block`; empty for on demand.
    pub lifecycle: Arc<str>,
    /// `imageId`
    pub image: Arc<str>,
    /// `placement.availabilityZone`
    pub zone: Arc<str>,
    /// `vpcId`
    pub vpc: Arc<str>,
    /// `subnetId`
    pub subnet: Arc<str>,
    /// `privateIpAddress`
    pub address: Box<str>,
    /// `ipAddress`: the public one; empty without.
    pub public_address: Box<str>,
    /// `privateDnsName`, which is the node's name in most clusters.
    pub dns_name: Box<str>,
    /// `groupSet[].groupId`: its security groups.
    pub groups: Box<[Arc<str>]>,
    /// `iamInstanceProfile.arn`; empty without.
    pub profile: Arc<str>,
    /// `metadataOptions.httpTokens`: `required` when the metadata service takes tokens only (IMDSv2).
    pub metadata_tokens: Arc<str>,
    /// `launchTime`
    pub launched: Timestamp,
    /// What the status checks say; `None` for what is not running, or not checked yet.
    pub checks: Option<Checks>,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(Instance, id, tags);

/// What the status checks of an instance say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// `systemStatus.status`: the host. `ok`, `impaired`, `initializing`, `insufficient-data`, `not-applicable`.
    pub system: Box<str>,
    /// `instanceStatus.status`: the instance itself.
    pub instance: Box<str>,
    /// `attachedEbsStatus.status`: its volumes; empty where it is not checked.
    pub volumes: Box<str>,
    /// Since when the first of them is impaired (`details[].impairedSince`).
    pub since: Timestamp,
    /// `eventsSet[]`: what AWS is going to do to it.
    pub events: Box<[Event]>,
}

/// Something that AWS is going to do to an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `code`: `instance-retirement`, `system-reboot`, `instance-stop`, …
    pub code: Box<str>,
    /// `description`; it begins with `[Completed]` or `[Canceled]` when it is over.
    pub description: Box<str>,
    /// `notBefore`
    pub not_before: Timestamp,
}

impl Event {
    /// True while it is still to come.
    pub fn is_ahead(&self) -> bool {
        !self.description.starts_with("[Completed]") && !self.description.starts_with("[Canceled]")
    }
}

impl Instance {
    /// The tag `Name`; the id without one.
    pub fn called(&self) -> &str {
        tag(&self.tags, "Name").unwrap_or(&self.id)
    }

    /// A tag that is not empty.
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag(&self.tags, key)
    }

    /// How it is paid, in the words of Karpenter: `spot`, `on-demand`, or what AWS says.
    pub fn capacity(&self) -> &str {
        if self.lifecycle.is_empty() { "on-demand" } else { &self.lifecycle }
    }

    /// True while there is something that costs: it runs, or is about to.
    pub fn is_running(&self) -> bool {
        matches!(&*self.state, "running" | "pending")
    }
}
