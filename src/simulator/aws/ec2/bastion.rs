//! The hosts through which people reach the private subnets: one for each VPC, made by hand and by Terraform.

use crate::simulator::aws::land::Land;
use crate::simulator::world::chance::Chance;
use crate::simulator::world::cluster::Cluster;

/// Its public address, which DNS names `bastion-ENVIRONMENT`.
pub(crate) fn public_address(cluster: &Cluster) -> String {
    format!("203.0.113.{}", 10 + u16::from(cluster.octet) * 10)
}

/// The public address of the NAT gateway.
pub(super) fn nat_address(cluster: &Cluster) -> String {
    format!("203.0.113.{}", 100 + u16::from(cluster.octet) * 10)
}

/// Its address in the first public subnet.
pub(super) fn private_address(cluster: &Cluster) -> String {
    format!("10.{}.1.10", cluster.octet)
}

/// Its instance id.
pub(super) fn id(land: &Land) -> String {
    land.cluster.resource("i", "bastion")
}

/// The allocation of an elastic address.
pub(super) fn allocation(land: &Land, what: &str) -> String {
    format!("eipalloc-{}", Chance::of(&format!("{}/{what}", land.cluster.name)).hex(17))
}
