//! Instances: the machines behind the nodes, and the bastion.

use serde_json::{Value, json};

use super::{Kind, bastion, chosen, limit, own_tags, owner, tag_set};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, ZONES};
use crate::simulator::aws::machine::{self, Machine};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

const KIND: Kind = Kind {
    ids: "InstanceId",
    id: "instanceId",
    set: "reservationSet",
    missing: "InvalidInstanceID.NotFound",
    filters: &[
        ("availability-zone", "placement.availabilityZone"),
        ("image-id", "imageId"),
        ("instance-id", "instanceId"),
        ("instance-lifecycle", "instanceLifecycle"),
        ("instance-state-name", "instanceState.name"),
        ("instance-type", "instanceType"),
        ("instance.group-id", "groupSet.item.groupId"),
        ("network-interface.addresses.private-ip-address", "privateIpAddress"),
        ("private-dns-name", "privateDnsName"),
        ("private-ip-address", "privateIpAddress"),
        ("subnet-id", "subnetId"),
        ("vpc-id", "vpcId"),
    ],
};
pub(super) const STATUS: Kind = Kind {
    ids: "InstanceId",
    id: "instanceId",
    set: "instanceStatusSet",
    missing: "InvalidInstanceID.NotFound",
    filters: &[
        ("availability-zone", "availabilityZone"),
        ("instance-state-name", "instanceState.name"),
        ("instance-status.status", "instanceStatus.status"),
        ("system-status.status", "systemStatus.status"),
    ],
};

/// `DescribeInstances`: each instance in the reservation it came with.
pub(super) fn describe(call: &Call<'_>, instances: Vec<Value>) -> Result<Value, Failure> {
    let page = call.page(chosen(call, &KIND, instances)?, limit(call), call.text("NextToken"))?;
    let reservations: Vec<Value> = page
        .items
        .into_iter()
        .map(|instance| {
            let id = hex_of(&format!("reservation/{}", field::text(&instance, "instanceId")), 17);
            json!({
                "reservationId": format!("r-{id}"), "ownerId": owner(), "groupSet": "", "instancesSet": {"item": [instance]},
            })
        })
        .collect();
    Ok(json!({KIND.set: {"item": reservations}, "nextToken": page.next}))
}

/// The instances of a cluster's VPC.
pub(super) fn instances(land: &Land) -> Vec<Value> {
    let mut all: Vec<Value> =
        machine::machines(land).iter().map(|machine| of_machine(land, machine)).collect();
    all.push(bastion(land));
    all
}

fn groups(land: &Land, names: &[&str]) -> Value {
    let groups: Vec<Value> = names
        .iter()
        .map(|name| json!({"groupId": land.cluster.resource("sg", name), "groupName": format!("{}-{name}", land.cluster.name)}))
        .collect();
    json!({"item": groups})
}

fn running() -> Value {
    json!({"code": 16, "name": "running"})
}

/// A machine that has not become a node yet has only been asked for.
fn state(machine: &Machine) -> Value {
    if machine.node.is_empty() { json!({"code": 0, "name": "pending"}) } else { running() }
}

fn of_machine(land: &Land, machine: &Machine) -> Value {
    let cluster = land.cluster;
    let zone = ZONES.get(machine.zone).map(|(zone, _)| *zone);
    let owned = format!("kubernetes.io/cluster/{}", cluster.name);
    let tags = if machine.pool.is_empty() {
        let scaling = format!("k8s.io/cluster-autoscaler/{}", cluster.name);
        let group = super::launch_template::scaling_group(land);
        tag_set([
            ("Name", format!("{}-system", cluster.name).as_str()),
            ("eks:cluster-name", cluster.name),
            ("eks:nodegroup-name", machine.group.as_str()),
            ("aws:autoscaling:groupName", group.as_str()),
            ("k8s.io/cluster-autoscaler/enabled", "true"),
            (scaling.as_str(), "owned"),
            (owned.as_str(), "owned"),
        ])
    } else {
        tag_set([
            ("Name", machine.node.as_str()),
            ("eks:eks-cluster-name", cluster.name),
            ("karpenter.sh/nodepool", machine.pool.as_str()),
            ("karpenter.sh/nodeclaim", machine.claim.as_str()),
            ("karpenter.k8s.aws/ec2nodeclass", "default"),
            ("karpenter.sh/discovery", cluster.name),
            (owned.as_str(), "owned"),
        ])
    };
    let name = format!("{}.ec2.internal", format!("ip-{}", machine.address).replace('.', "-"));
    let profile = format!("{}_{}", cluster.name, hex_of(cluster.name, 20));
    let interface = json!({
        "networkInterfaceId": cluster.resource("eni", &machine.id), "subnetId": land.subnet(11, machine.zone), "vpcId": cluster.vpc(),
        "privateIpAddress": machine.address, "status": "in-use", "groupSet": groups(land, &["node", "cluster"]),
    });
    json!({
        "instanceId": machine.id, "imageId": machine.image, "instanceState": state(machine), "privateDnsName": name, "dnsName": "",
        "reason": "", "amiLaunchIndex": 0, "instanceType": machine.instance_type, "launchTime": field::stamp(machine.launched),
        "placement": {"availabilityZone": zone, "groupName": "", "tenancy": "default"}, "monitoring": {"state": "disabled"},
        "subnetId": land.subnet(11, machine.zone), "vpcId": cluster.vpc(), "privateIpAddress": machine.address,
        "sourceDestCheck": true, "groupSet": groups(land, &["node", "cluster"]), "architecture": "x86_64",
        "rootDeviceType": "ebs", "rootDeviceName": "/dev/xvda", "virtualizationType": "hvm", "ebsOptimized": true,
        "instanceLifecycle": machine.is_spot.then_some("spot"),
        "spotInstanceRequestId": machine.is_spot.then(|| format!("sir-{}", hex_of(&machine.id, 8))),
        "iamInstanceProfile": {"arn": format!("arn:aws:iam::{}:instance-profile/{profile}", owner())},
        "networkInterfaceSet": {"item": [interface]}, "metadataOptions": {"state": "applied", "httpTokens": "required", "httpPutResponseHopLimit": 1, "httpEndpoint": "enabled"},
        "tagSet": tags,
    })
}

fn bastion(land: &Land) -> Value {
    let cluster = land.cluster;
    let address = bastion::private_address(cluster);
    let name = format!("{}.ec2.internal", format!("ip-{address}").replace('.', "-"));
    let public = bastion::public_address(cluster);
    json!({
        "instanceId": bastion::id(land), "imageId": cluster.resource("ami", "al2023"), "instanceState": running(),
        "privateDnsName": name, "dnsName": format!("ec2-{}.compute-1.amazonaws.com", public.replace('.', "-")), "reason": "",
        "amiLaunchIndex": 0, "instanceType": "t3.micro", "launchTime": field::stamp(land.installed()),
        "placement": {"availabilityZone": "us-east-1a", "groupName": "", "tenancy": "default"},
        "monitoring": {"state": "disabled"}, "subnetId": land.subnet(1, 0), "vpcId": cluster.vpc(),
        "privateIpAddress": address, "ipAddress": public, "sourceDestCheck": true, "groupSet": groups(land, &["bastion"]),
        "architecture": "x86_64", "rootDeviceType": "ebs", "rootDeviceName": "/dev/xvda", "virtualizationType": "hvm",
        "tagSet": own_tags(land, &format!("{}-bastion", cluster.name), &[("Role", "bastion")]),
    })
}

/// What the status checks say: a machine whose kubelet has gone silent is not reached.
pub(super) fn statuses(land: &Land) -> Vec<Value> {
    let status = |id: &str, zone: Option<&str>, since: Option<String>| {
        let check = match &since {
            Some(since) => {
                json!({"status": "impaired", "details": {"item": [{"name": "reachability", "status": "failed", "impairedSince": since}]}})
            }
            None => {
                json!({"status": "ok", "details": {"item": [{"name": "reachability", "status": "passed"}]}})
            }
        };
        let fine =
            json!({"status": "ok", "details": {"item": [{"name": "reachability", "status": "passed"}]}});
        json!({
            "instanceId": id, "availabilityZone": zone, "instanceState": running(), "instanceStatus": check,
            "systemStatus": fine, "attachedEbsStatus": fine,
        })
    };
    let mut all: Vec<Value> = machine::machines(land)
        .iter()
        .map(|machine| {
            let zone = ZONES.get(machine.zone).map(|(zone, _)| *zone);
            status(&machine.id, zone, machine.silent_since.map(field::stamp))
        })
        .collect();
    all.push(status(&bastion::id(land), Some("us-east-1a"), None));
    all
}
