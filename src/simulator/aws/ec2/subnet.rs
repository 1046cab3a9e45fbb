//! Subnets, with the addresses that are left in each.

use serde_json::{Value, json};

use super::{Kind, own_tags, owner};
use crate::simulator::aws::account::Account;
use crate::simulator::aws::land::{Land, SUBNETS, ZONES, cidr};
use crate::simulator::aws::machine;
use crate::simulator::controllers::pod;
use crate::simulator::world::field;

pub(super) const KIND: Kind = Kind {
    ids: "SubnetId",
    id: "subnetId",
    set: "subnetSet",
    missing: "InvalidSubnetID.NotFound",
    filters: &[
        ("availability-zone", "availabilityZone"),
        ("availabilityZone", "availabilityZone"),
        ("availability-zone-id", "availabilityZoneId"),
        ("available-ip-address-count", "availableIpAddressCount"),
        ("cidr-block", "cidrBlock"),
        ("owner-id", "ownerId"),
        ("state", "state"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
};

/// Addresses of a /24 that can be used: AWS keeps five of each subnet.
const USABLE: i64 = 251;
/// Addresses in a prefix that the network plugin takes for a node.
const PREFIX: i64 = 16;

/// The nine subnets of a cluster's VPC.
pub(super) fn subnets(land: &Land, account: &Account) -> Vec<Value> {
    let name = land.cluster.name;
    let shared = format!("kubernetes.io/cluster/{name}");
    let mut all = Vec::new();
    for (role, first) in SUBNETS {
        for (at, (zone, zone_id)) in ZONES.iter().enumerate() {
            let id = land.subnet(first, at);
            let more: &[(&str, &str)] = match role {
                "public" => &[("kubernetes.io/role/elb", "1"), (&shared, "shared")],
                "private" => &[
                    ("kubernetes.io/role/internal-elb", "1"),
                    ("karpenter.sh/discovery", name),
                    (&shared, "shared"),
                ],
                _ => &[],
            };
            let letter = zone.chars().last().unwrap_or('a');
            all.push(json!({
                "subnetId": id, "subnetArn": land.arn("ec2", &format!("subnet/{id}")), "state": "available",
                "vpcId": land.cluster.vpc(), "cidrBlock": cidr(land.cluster, usize::from(first) + at),
                "availableIpAddressCount": free(land, account, role, at, &id), "availabilityZone": zone,
                "availabilityZoneId": zone_id, "defaultForAz": false, "mapPublicIpOnLaunch": role == "public",
                "assignIpv6AddressOnCreation": false, "ownerId": owner(),
                "tagSet": own_tags(land, &format!("{name}-{role}-{letter}"), more),
            }));
        }
    }
    all
}

/// The addresses that are left in a subnet.
pub(crate) fn free(land: &Land, account: &Account, role: &str, zone: usize, id: &str) -> i64 {
    let first = i64::from(zone == 0);
    let taken = match role {
        // The load balancer keeps room to grow; NAT gateway and bastion live in the first zone.
        "public" => 2 + 2 * first,
        // Two network interfaces of the control plane, in two zones.
        "private" => nodes_and_pods(land, zone) + i64::from(zone < 2),
        _ => i64::from(land.cluster.is_prod() && zone < 2),
    };
    let strange = account.taken_addresses.get(id).copied().unwrap_or_default();
    (USABLE - taken - strange).max(0)
}

/// What the machines of a zone take: their own address, the prefixes that their pods need, and one prefix kept warm.
fn nodes_and_pods(land: &Land, zone: usize) -> i64 {
    let pods = land.all("pods");
    machine::machines(land)
        .iter()
        .filter(|machine| machine.zone == zone)
        .map(|machine| {
            let own = pods.iter().filter(|pod| {
                field::text(pod, "spec.nodeName") == machine.node
                    && !machine.node.is_empty()
                    && !field::is_true(pod, "spec.hostNetwork")
                    && !pod::is_finished(pod)
            });
            let count = i64::try_from(own.count()).unwrap_or_default();
            1 + PREFIX * (1 + (count + PREFIX - 1) / PREFIX)
        })
        .sum()
}
