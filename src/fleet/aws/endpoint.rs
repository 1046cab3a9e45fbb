//! VPC endpoints (EC2 `DescribeVpcEndpoints`).

use std::sync::Arc;

use super::aws_row;
use super::tag::{Tags, tag};

/// A way to a service that does not lead through the internet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// `vpcEndpointId`
    pub id: Box<str>,
    /// `serviceName`: `com.amazonaws.us-east-1.s3`.
    pub service: Box<str>,
    /// `vpcEndpointType`: `Gateway`, `Interface`, `GatewayLoadBalancer`, …
    pub kind: Box<str>,
    /// `state`: `available`, `pending`, `pendingAcceptance`, `failed`, `rejected`, …
    pub state: Box<str>,
    /// `vpcId`
    pub vpc: Arc<str>,
    /// `subnetIdSet`: where an interface endpoint is; it is paid for each.
    pub subnets: Box<[Arc<str>]>,
    /// `routeTableIdSet`: which route tables a gateway endpoint is in.
    pub route_tables: Box<[Arc<str>]>,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(Endpoint, id, tags);

impl Endpoint {
    /// The tag `Name`; the id without one.
    pub fn called(&self) -> &str {
        tag(&self.tags, "Name").unwrap_or(&self.id)
    }

    /// The last part of the service's name: `s3`, `ecr.dkr`.
    pub fn short(&self) -> &str {
        let mut parts = self.service.splitn(4, '.');
        parts.nth(3).unwrap_or(&self.service)
    }
}
