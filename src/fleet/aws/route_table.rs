//! Route tables (EC2 `DescribeRouteTables`).

use std::sync::Arc;

use super::aws_row;
use super::tag::Tags;

/// A route table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// `routeTableId`
    pub id: Box<str>,
    /// `vpcId`
    pub vpc: Arc<str>,
    /// True for the table of the subnets that have no own one (`associationSet[].main`).
    pub is_main: bool,
    /// `associationSet[].subnetId`
    pub subnets: Box<[Arc<str>]>,
    /// `routeSet[]`
    pub routes: Box<[Route]>,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(RouteTable, id, tags);

/// Where packets to a network go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// `destinationCidrBlock`, `destinationIpv6CidrBlock` or `destinationPrefixListId`.
    pub destination: Box<str>,
    /// The gateway, NAT gateway, transit gateway, peering, interface or instance; `local` for the network itself.
    pub target: Arc<str>,
    /// `state`: `active`, or `blackhole` when its target is gone.
    pub state: Box<str>,
}

impl RouteTable {
    /// The route to everywhere.
    pub fn way_out(&self) -> Option<&Route> {
        self.routes.iter().find(|route| &*route.destination == "0.0.0.0/0")
    }
}
