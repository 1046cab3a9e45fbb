//! What EC2 has in the account: read once for all clusters of an account and region.

use super::{Reading, Site};
use crate::fleet::aws::ebs_volume::EbsVolume;
use crate::fleet::aws::endpoint::Endpoint;
use crate::fleet::aws::gateway::Gateway;
use crate::fleet::aws::instance::Instance;
use crate::fleet::aws::route_table::RouteTable;
use crate::fleet::aws::security_group::SecurityGroup;
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::aws::vpc::Vpc;
use crate::gateway::Failure;
use crate::gateway::aws::ec2;

macro_rules! readings {
    ($($(#[$about:meta])* $reading:ident: $row:ident by $read:ident;)*) => {
        $(
            $(#[$about])*
            pub(super) struct $reading;

            impl Reading for $reading {
                type Row = $row;

                async fn read(site: Site) -> Result<Vec<$row>, Failure> {
                    ec2::$read(&site.account).await
                }
            }
        )*
    };
}

readings! {
    /// Networks.
    Vpcs: Vpc by vpcs;
    /// Subnets with their free addresses.
    Subnets: Subnet by subnets;
    /// Route tables.
    RouteTables: RouteTable by route_tables;
    /// Internet and NAT gateways.
    Gateways: Gateway by gateways;
    /// VPC endpoints.
    Endpoints: Endpoint by endpoints;
    /// Security groups.
    SecurityGroups: SecurityGroup by security_groups;
    /// Instances with their status checks.
    Instances: Instance by instances;
    /// Volumes.
    Volumes: EbsVolume by volumes;
}
