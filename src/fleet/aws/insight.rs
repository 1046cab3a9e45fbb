//! What EKS has looked at in a cluster (`ListInsights`, `DescribeInsight`).

use super::aws_row;
use crate::fleet::Timestamp;

/// One thing that EKS has looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insight {
    /// `id`
    pub id: Box<str>,
    /// `name`: `Kubelet version skew`.
    pub name: Box<str>,
    /// `category`: `UPGRADE_READINESS`, `MISCONFIGURATION`, `ROLLBACK_READINESS`.
    pub category: Box<str>,
    /// `kubernetesVersion`: the minor that it is about.
    pub version: Box<str>,
    /// `insightStatus.status`: `PASSING`, `WARNING`, `ERROR`, `UNKNOWN`.
    pub status: Box<str>,
    /// `insightStatus.reason`
    pub reason: Box<str>,
    /// `description`
    pub description: Box<str>,
    /// `recommendation`; read only where it does not pass.
    pub recommendation: Box<str>,
    /// `lastRefreshTime`: when EKS looked.
    pub refreshed: Timestamp,
    /// `lastTransitionTime`: since when it is so.
    pub since: Timestamp,
    /// `resources[]`; read only where it does not pass.
    pub resources: Box<[InsightResource]>,
    /// `categorySpecificSummary.deprecationDetails[]`; read only where it does not pass.
    pub deprecated: Box<[DeprecatedUse]>,
}

/// An object that does not pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsightResource {
    /// `kubernetesResourceUri`, or the `arn` of what is no object of Kubernetes.
    pub name: Box<str>,
    /// `insightStatus.status`
    pub status: Box<str>,
    /// `insightStatus.reason`
    pub reason: Box<str>,
}

/// An API that is used and will go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeprecatedUse {
    /// `usage`: the path that is used.
    pub usage: Box<str>,
    /// `replacedWith`
    pub replaced_with: Box<str>,
    /// `stopServingVersion`: the minor in which it is gone.
    pub gone_in: Box<str>,
    /// `clientStats[]`
    pub clients: Box<[ApiClient]>,
}

/// Who uses an API that will go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiClient {
    /// `userAgent`
    pub agent: Box<str>,
    /// `numberOfRequestsLast30Days`
    pub requests: u32,
    /// `lastRequestTime`
    pub last: Timestamp,
}

aws_row!(Insight, id);

impl Insight {
    /// True when EKS finds nothing wrong.
    pub fn passes(&self) -> bool {
        &*self.status == "PASSING"
    }
}
