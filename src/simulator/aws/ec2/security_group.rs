//! Security groups: between the world, the load balancer, the nodes and the control plane.

use serde_json::{Value, json};

use super::{Kind, own_tags, owner};
use crate::simulator::aws::land::Land;

pub(super) const KIND: Kind = Kind {
    ids: "GroupId",
    id: "groupId",
    set: "securityGroupInfo",
    missing: "InvalidGroup.NotFound",
    filters: &[
        ("group-id", "groupId"),
        ("group-name", "groupName"),
        ("ip-permission.group-id", "ipPermissions.item.groups.item.groupId"),
        ("owner-id", "ownerId"),
        ("vpc-id", "vpcId"),
    ],
};

/// Who may come in: from another group, or from a network.
enum From<'a> {
    Group(&'a str),
    Network(&'a str),
}

/// The groups of a cluster.
pub(super) fn groups(land: &Land) -> Vec<Value> {
    let name = land.cluster.name;
    let owned = format!("kubernetes.io/cluster/{name}");
    let edge = format!("k8s-ingressnginx-edge-{}", land.cluster.environment);
    let permission = |ports: (i64, i64), from: From<'_>| {
        let (groups, ranges) = match from {
            From::Group(other) => (
                json!({"item": [{"userId": owner(), "groupId": land.cluster.resource("sg", other)}]}),
                json!(""),
            ),
            From::Network(network) => (json!(""), json!({"item": [{"cidrIp": network}]})),
        };
        json!({"ipProtocol": "tcp", "fromPort": ports.0, "toPort": ports.1, "groups": groups, "ipRanges": ranges, "ipv6Ranges": "", "prefixListIds": ""})
    };
    let group = |id: &str,
                 called: &str,
                 description: &str,
                 permissions: Vec<Value>,
                 more: &[(&str, &str)]| {
        let id = land.cluster.resource("sg", id);
        let anywhere = json!({"ipProtocol": "-1", "groups": "", "ipRanges": {"item": [{"cidrIp": "0.0.0.0/0"}]}, "ipv6Ranges": "", "prefixListIds": ""});
        json!({
            "ownerId": owner(), "groupId": id, "groupName": called, "groupDescription": description, "vpcId": land.cluster.vpc(),
            "securityGroupArn": land.arn("ec2", &format!("security-group/{id}")), "ipPermissions": {"item": permissions},
            "ipPermissionsEgress": {"item": [anywhere]}, "tagSet": own_tags(land, called, more),
        })
    };
    vec![
        group(
            "cluster",
            &format!("eks-cluster-sg-{name}-{}", land.digits("eks-cluster-sg", 8)),
            "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, as well as any \
             managed workloads.",
            vec![permission((443, 443), From::Group("node")), permission((443, 443), From::Group("bastion"))],
            &[(&owned, "owned"), ("aws:eks:cluster-name", name)],
        ),
        group(
            "node",
            &format!("{name}-node"),
            "EKS worker nodes",
            vec![
                permission((30080, 30080), From::Group("alb")),
                permission((30443, 30443), From::Group("alb")),
                permission((0, 65535), From::Group("node")),
                permission((1025, 65535), From::Group("cluster")),
                permission((443, 443), From::Group("cluster")),
            ],
            &[(&owned, "owned"), ("karpenter.sh/discovery", name)],
        ),
        group(
            "alb",
            &edge,
            "[k8s] Managed SecurityGroup for LoadBalancer",
            vec![
                permission((80, 80), From::Network("0.0.0.0/0")),
                permission((443, 443), From::Network("0.0.0.0/0")),
            ],
            &[("elbv2.k8s.aws/cluster", name), ("ingress.k8s.aws/stack", "ingress-nginx/edge")],
        ),
        group(
            "bastion",
            &format!("{name}-bastion"),
            "Bastion",
            vec![permission((22, 22), From::Network("198.51.100.0/24"))],
            &[],
        ),
    ]
}
