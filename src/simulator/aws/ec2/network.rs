//! VPCs and the ways out of them: route tables, gateways, endpoints.

use serde_json::{Value, json};

use super::{Kind, bastion, own_tags, owner};
use crate::simulator::aws::land::{Land, SUBNETS, ZONES};
use crate::simulator::world::cluster::REGION;
use crate::simulator::world::field;

pub(super) const VPC: Kind = Kind {
    ids: "VpcId",
    id: "vpcId",
    set: "vpcSet",
    missing: "InvalidVpcID.NotFound",
    filters: &[
        ("cidr", "cidrBlock"),
        ("cidr-block-association.cidr-block", "cidrBlockAssociationSet.item.cidrBlock"),
        ("is-default", "isDefault"),
        ("owner-id", "ownerId"),
        ("state", "state"),
        ("vpc-id", "vpcId"),
    ],
};
pub(super) const ROUTE_TABLE: Kind = Kind {
    ids: "RouteTableId",
    id: "routeTableId",
    set: "routeTableSet",
    missing: "InvalidRouteTableID.NotFound",
    filters: &[
        ("association.main", "associationSet.item.main"),
        ("association.subnet-id", "associationSet.item.subnetId"),
        ("route.gateway-id", "routeSet.item.gatewayId"),
        ("route.nat-gateway-id", "routeSet.item.natGatewayId"),
        ("route-table-id", "routeTableId"),
        ("vpc-id", "vpcId"),
    ],
};
pub(super) const NAT_GATEWAY: Kind = Kind {
    ids: "NatGatewayId",
    id: "natGatewayId",
    set: "natGatewaySet",
    missing: "NatGatewayNotFound",
    filters: &[
        ("nat-gateway-id", "natGatewayId"),
        ("state", "state"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
};
pub(super) const INTERNET_GATEWAY: Kind = Kind {
    ids: "InternetGatewayId",
    id: "internetGatewayId",
    set: "internetGatewaySet",
    missing: "InvalidInternetGatewayID.NotFound",
    filters: &[
        ("attachment.state", "attachmentSet.item.state"),
        ("attachment.vpc-id", "attachmentSet.item.vpcId"),
        ("internet-gateway-id", "internetGatewayId"),
    ],
};
pub(super) const ENDPOINT: Kind = Kind {
    ids: "VpcEndpointId",
    id: "vpcEndpointId",
    set: "vpcEndpointSet",
    missing: "InvalidVpcEndpointId.NotFound",
    filters: &[
        ("service-name", "serviceName"),
        ("vpc-endpoint-id", "vpcEndpointId"),
        ("vpc-endpoint-state", "state"),
        ("vpc-endpoint-type", "vpcEndpointType"),
        ("vpc-id", "vpcId"),
    ],
};

/// The VPC of a cluster.
pub(super) fn vpcs(land: &Land) -> Vec<Value> {
    let name = land.cluster.name;
    let network = format!("10.{}.0.0/16", land.cluster.octet);
    let association = json!({
        "associationId": land.cluster.resource("vpc-cidr-assoc", "vpc"), "cidrBlock": network,
        "cidrBlockState": {"state": "associated"},
    });
    vec![json!({
        "vpcId": land.cluster.vpc(), "ownerId": owner(), "state": "available", "cidrBlock": network,
        "cidrBlockAssociationSet": {"item": [association]}, "dhcpOptionsId": land.cluster.resource("dopt", "vpc"),
        "instanceTenancy": "default", "isDefault": false,
        "tagSet": own_tags(land, &format!("{name}-vpc"), &[(&format!("kubernetes.io/cluster/{name}"), "shared")]),
    })]
}

fn internet_gateway(land: &Land) -> String {
    land.cluster.resource("igw", "igw")
}

fn nat_gateway(land: &Land) -> String {
    land.cluster.resource("nat", "nat")
}

fn route_table(land: &Land, role: &str) -> String {
    land.cluster.resource("rtb", role)
}

fn endpoint(land: &Land) -> String {
    land.cluster.resource("vpce", "s3")
}

/// One route table for each role of subnet, and the main one that nothing uses.
pub(super) fn route_tables(land: &Land) -> Vec<Value> {
    let network = format!("10.{}.0.0/16", land.cluster.octet);
    let local = || json!({"destinationCidrBlock": network, "gatewayId": "local", "state": "active", "origin": "CreateRouteTable"});
    let table = |role: &str, associations: Vec<Value>, routes: Vec<Value>| {
        json!({
            "routeTableId": route_table(land, role), "vpcId": land.cluster.vpc(), "ownerId": owner(),
            "routeSet": {"item": routes}, "associationSet": {"item": associations}, "propagatingVgwSet": "",
            "tagSet": own_tags(land, &format!("{}-{role}", land.cluster.name), &[]),
        })
    };
    let mut all = Vec::new();
    for (role, first) in SUBNETS {
        let associations = (0..ZONES.len())
            .map(|at| {
                let subnet = land.subnet(first, at);
                json!({
                    "routeTableAssociationId": land.cluster.resource("rtbassoc", &subnet), "routeTableId": route_table(land, role),
                    "subnetId": subnet, "main": false, "associationState": {"state": "associated"},
                })
            })
            .collect();
        let out = |key: &str, id: String| json!({"destinationCidrBlock": "0.0.0.0/0", key: id, "state": "active", "origin": "CreateRoute"});
        let storage = || json!({"destinationPrefixListId": "pl-63a5400a", "gatewayId": endpoint(land), "state": "active", "origin": "CreateRoute"});
        let mut routes = vec![local()];
        match role {
            "public" => routes.push(out("gatewayId", internet_gateway(land))),
            "private" => routes.extend([out("natGatewayId", nat_gateway(land)), storage()]),
            _ => {}
        }
        all.push(table(role, associations, routes));
    }
    let main = json!({
        "routeTableAssociationId": land.cluster.resource("rtbassoc", "main"), "routeTableId": route_table(land, "main"), "main": true,
        "associationState": {"state": "associated"},
    });
    all.push(table("main", vec![main], vec![local()]));
    all
}

/// The one NAT gateway of a VPC, in its first public subnet.
pub(super) fn nat_gateways(land: &Land) -> Vec<Value> {
    let address = json!({
        "allocationId": bastion::allocation(land, "nat"), "networkInterfaceId": land.cluster.resource("eni", "nat"),
        "privateIp": format!("10.{}.1.20", land.cluster.octet), "publicIp": bastion::nat_address(land.cluster), "isPrimary": true,
        "status": "succeeded",
    });
    vec![json!({
        "natGatewayId": nat_gateway(land), "subnetId": land.subnet(1, 0), "vpcId": land.cluster.vpc(), "state": "available",
        "createTime": field::stamp(land.installed()), "connectivityType": "public",
        "natGatewayAddressSet": {"item": [address]}, "tagSet": own_tags(land, &format!("{}-nat", land.cluster.name), &[]),
    })]
}

/// The internet gateway of a VPC.
pub(super) fn internet_gateways(land: &Land) -> Vec<Value> {
    let attachment = json!({"vpcId": land.cluster.vpc(), "state": "available"});
    vec![json!({
        "internetGatewayId": internet_gateway(land), "ownerId": owner(), "attachmentSet": {"item": [attachment]},
        "tagSet": own_tags(land, &format!("{}-igw", land.cluster.name), &[]),
    })]
}

/// The gateway endpoint by which the private subnets reach S3.
pub(super) fn endpoints(land: &Land) -> Vec<Value> {
    vec![json!({
        "vpcEndpointId": endpoint(land), "vpcEndpointType": "Gateway", "vpcId": land.cluster.vpc(),
        "serviceName": format!("com.amazonaws.{REGION}.s3"), "state": "available",
        "routeTableIdSet": {"item": [route_table(land, "private")]}, "subnetIdSet": "", "groupSet": "",
        "privateDnsEnabled": false, "requesterManaged": false, "creationTimestamp": field::stamp(land.installed()),
        "ownerId": owner(), "tagSet": own_tags(land, &format!("{}-s3", land.cluster.name), &[]),
    })]
}
