//! The ways out of a virtual network: internet gateways (EC2 `DescribeInternetGateways`) and NAT gateways
//! (`DescribeNatGateways`).

use std::sync::Arc;

use super::aws_row;
use super::tag::{Tags, tag};
use crate::fleet::Timestamp;

/// Which way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum GatewayKind {
    /// For what has public addresses.
    #[default]
    Internet,
    /// For what has none.
    Nat,
}

/// An internet gateway or a NAT gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gateway {
    /// `internetGatewayId`, `natGatewayId`
    pub id: Box<str>,
    /// Which way out.
    pub kind: GatewayKind,
    /// `vpcId`, or `attachmentSet[].vpcId`; empty when it is attached to none.
    pub vpc: Arc<str>,
    /// `state`: `available`; of NAT gateways also `pending`, `failed`, `deleting`, `deleted`.
    pub state: Box<str>,
    /// `failureMessage` of a NAT gateway; empty without.
    pub failure: Box<str>,
    /// `subnetId` of a NAT gateway; empty for an internet gateway.
    pub subnet: Arc<str>,
    /// `connectivityType` of a NAT gateway: `public`, `private`.
    pub connectivity: Box<str>,
    /// `natGatewayAddressSet[].publicIp`
    pub addresses: Box<[Box<str>]>,
    /// `createTime` of a NAT gateway.
    pub created: Timestamp,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(Gateway, id, tags);

impl Gateway {
    /// The tag `Name`; the id without one.
    pub fn called(&self) -> &str {
        tag(&self.tags, "Name").unwrap_or(&self.id)
    }
}
