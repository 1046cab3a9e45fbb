//! Elastic addresses: those of the NAT gateway and of the bastion.

use serde_json::{Value, json};

use super::{Kind, bastion, own_tags, owner};
use crate::simulator::aws::land::Land;
use crate::simulator::world::cluster::REGION;

pub(super) const KIND: Kind = Kind {
    ids: "AllocationId",
    id: "allocationId",
    set: "addressesSet",
    missing: "InvalidAllocationID.NotFound",
    filters: &[
        ("allocation-id", "allocationId"),
        ("association-id", "associationId"),
        ("domain", "domain"),
        ("instance-id", "instanceId"),
        ("network-interface-id", "networkInterfaceId"),
        ("private-ip-address", "privateIpAddress"),
        ("public-ip", "publicIp"),
    ],
};

/// The addresses of a cluster's VPC.
pub(super) fn addresses(land: &Land) -> Vec<Value> {
    let cluster = land.cluster;
    let address = |what: &str, public: String, private: String, instance: Option<String>| {
        json!({
            "publicIp": public, "allocationId": bastion::allocation(land, what), "domain": "vpc",
            "associationId": cluster.resource("eipassoc", what), "instanceId": instance,
            "networkInterfaceId": cluster.resource("eni", what), "networkInterfaceOwnerId": owner(),
            "privateIpAddress": private, "publicIpv4Pool": "amazon", "networkBorderGroup": REGION,
            "tagSet": own_tags(land, &format!("{}-{what}", cluster.name), &[]),
        })
    };
    vec![
        address("nat", bastion::nat_address(cluster), format!("10.{}.1.20", cluster.octet), None),
        address(
            "bastion",
            bastion::public_address(cluster),
            bastion::private_address(cluster),
            Some(bastion::id(land)),
        ),
    ]
}
