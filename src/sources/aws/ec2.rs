//! What EC2 has in the account: read once for all clusters of an account and region.

use super::{Reading, Site};
use crate::fleet::aws::ebs_volume::EbsVolume;
use crate::fleet::aws::endpoint::Endpoint;
use crate::fleet::aws::gateway::Gateway;
use crate::fleet::aws::instance::Instance;
use crate::fleet::aws::launch_template::LaunchTemplate;
use crate::fleet::aws::machine_image::{MachineImage, NodeRelease};
use crate::fleet::aws::route_table::RouteTable;
use crate::fleet::aws::security_group::SecurityGroup;
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::aws::vpc::Vpc;
use crate::gateway::Failure;
use crate::gateway::aws::{ec2, machine_images};

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

/// Images that instances were launched from.
pub(super) struct MachineImages;

impl Reading for MachineImages {
    type Row = MachineImage;

    async fn read(site: Site) -> Result<Vec<MachineImage>, Failure> {
        machine_images::images(&site.account).await
    }
}

/// Launch templates.
pub(super) struct LaunchTemplates;

impl Reading for LaunchTemplates {
    type Row = LaunchTemplate;

    async fn read(site: Site) -> Result<Vec<LaunchTemplate>, Failure> {
        machine_images::launch_templates(&site.account).await
    }
}

/// Releases that AWS recommends for nodes.
pub(super) struct NodeReleases;

impl Reading for NodeReleases {
    type Row = NodeRelease;

    async fn read(site: Site) -> Result<Vec<NodeRelease>, Failure> {
        machine_images::recommended(&site.account, &site.eks).await
    }
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
