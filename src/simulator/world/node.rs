//! Nodes, with everything EKS, Karpenter and the kubelet write on them, and what stands beside each: lease and CSI node.

use serde_json::{Value, json};

use crate::simulator::world::chance::hex_of;
use crate::simulator::world::cluster::{Cluster, Instance, KUBELET, Machine, REGION, zone_of};
use crate::simulator::world::field;
use crate::simulator::world::object::{BlocksOwnerDeletion, Site};

/// A node of the reference fleet, ready since it joined.
pub fn at_rest(site: &Site, machine: &Machine) -> Value {
    let name = site.cluster.node_name(machine.subnet, machine.host);
    let minutes = machine.days * 24 * 60 + 37;
    let address = format!("10.{}.{}.{}", site.cluster.octet, machine.subnet, machine.host);
    let instance_id = instance_id(site.cluster, &name);
    let (zone, _) = zone_of(machine.subnet);
    let drivers = if site.cluster.is_prod() {
        json!({"ebs.csi.aws.com": instance_id, "efs.csi.aws.com": instance_id})
    } else {
        json!({"ebs.csi.aws.com": instance_id})
    };
    let object = site
        .object("v1", "Node", &name)
        .labels(&labels(site.cluster, machine))
        .annotation("alpha.kubernetes.io/provided-node-ip", &address)
        .annotation("csi.volume.kubernetes.io/nodeid", &drivers.to_string())
        .annotation("node.alpha.kubernetes.io/ttl", "0")
        .annotation("volumes.kubernetes.io/controller-managed-attach-detach", "true")
        .minutes_old(minutes)
        .written_by("kubelet");
    let mut spec = json!({"providerID": format!("aws:///{zone}/{instance_id}")});
    if machine.pool.is_none() {
        field::put(
            &mut spec,
            "taints",
            json!([{"key": "CriticalAddonsOnly", "value": "true", "effect": "NoSchedule"}]),
        );
    }
    object
        .spec(spec)
        .status(status(&name, &address, machine.instance, &site.stamp(minutes - 1), &site.stamp(2)))
        .build()
}

/// EC2 instance id of a node.
pub fn instance_id(cluster: &Cluster, node: &str) -> String {
    cluster.resource("i", node)
}

/// Name of the NodeClaim a Karpenter node came from.
pub fn claim_name(pool: &str, node: &str) -> String {
    format!("{pool}-{}", hex_of(&format!("{node}/claim"), 5))
}

/// The labels of a node.
pub fn labels(cluster: &Cluster, machine: &Machine) -> Value {
    let name = cluster.node_name(machine.subnet, machine.host);
    let (zone, zone_id) = zone_of(machine.subnet);
    let instance = machine.instance;
    let mut labels = json!({
        "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/instance-type": instance.name, "beta.kubernetes.io/os": "linux",
        "failure-domain.beta.kubernetes.io/region": REGION, "failure-domain.beta.kubernetes.io/zone": zone,
        "k8s.io/cloud-provider-aws": hex_of(cluster.name, 32),
        "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": instance.name, "topology.ebs.csi.aws.com/zone": zone, "topology.k8s.aws/zone-id": zone_id,
        "topology.kubernetes.io/region": REGION, "topology.kubernetes.io/zone": zone,
    });
    let family = instance.family();
    let own = match machine.pool {
        Some(pool) => json!({
            "karpenter.k8s.aws/ec2nodeclass": "default", "karpenter.k8s.aws/instance-category": family.get(..1), "karpenter.k8s.aws/instance-cpu": instance.cpus.to_string(),
            "karpenter.k8s.aws/instance-family": family, "karpenter.k8s.aws/instance-generation": family.get(1..2), "karpenter.k8s.aws/instance-hypervisor": "nitro",
            "karpenter.k8s.aws/instance-memory": instance.nominal_memory.to_string(), "karpenter.k8s.aws/instance-size": instance.size(),
            "karpenter.sh/capacity-type": machine.capacity, "karpenter.sh/initialized": "true", "karpenter.sh/nodepool": pool, "karpenter.sh/registered": "true",
        }),
        None => json!({
            "eks.amazonaws.com/capacityType": machine.capacity, "eks.amazonaws.com/nodegroup": "system", "eks.amazonaws.com/nodegroup-image": format!("ami-{}", hex_of("eks-ami", 17)),
            "eks.amazonaws.com/sourceLaunchTemplateId": cluster.resource("lt", "system"), "eks.amazonaws.com/sourceLaunchTemplateVersion": "1", "role": "system",
        }),
    };
    if let (Value::Object(all), Value::Object(own)) = (&mut labels, own) {
        all.extend(own);
    }
    labels
}

/// What a machine has, or what pods may ask of it.
pub fn capacity(instance: Instance, allocatable: Allocatable) -> Value {
    let (cpu, memory, disk) = match allocatable {
        Allocatable::Yes => {
            (format!("{}m", instance.allocatable_cpu), instance.allocatable_memory, "18242267924")
        }
        Allocatable::No => (instance.cpus.to_string(), instance.memory, "20893676Ki"),
    };
    json!({"cpu": cpu, "ephemeral-storage": disk, "hugepages-1Gi": "0", "hugepages-2Mi": "0", "memory": format!("{}Ki", memory * 1024), "pods": "110"})
}

/// Which of the two figures is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocatable {
    /// What is left for pods.
    Yes,
    /// All of it.
    No,
}

/// The status of a ready node.
pub fn status(name: &str, address: &str, instance: Instance, since: &str, heartbeat: &str) -> Value {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "lastHeartbeatTime": heartbeat, "lastTransitionTime": since, "reason": reason, "message": message});
    let id = |what: &str, digits| hex_of(&format!("{name}/{what}"), digits);
    json!({
        "capacity": capacity(instance, Allocatable::No),
        "allocatable": capacity(instance, Allocatable::Yes),
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ],
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "InternalDNS", "address": name}, {"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "machineID": id("machine", 32), "systemUUID": format!("ec2{}-{}-{}-{}-{}", id("uuid", 5), id("u1", 4), id("u2", 4), id("u3", 4), id("u4", 12)),
            "bootID": format!("{}-{}-4{}-8{}-{}", id("boot", 8), id("b1", 4), id("b2", 3), id("b3", 3), id("b4", 12)),
            "kernelVersion": "6.12.46-66.121.amzn2023.x86_64", "osImage": "Amazon Linux 2023.9.20260930", "containerRuntimeVersion": "containerd://2.1.4",
            "kubeletVersion": KUBELET, "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64",
        },
    })
}

/// The internal address of a node.
pub fn internal_address(node: &Value) -> String {
    field::list(node, "status.addresses")
        .iter()
        .find(|address| field::text(address, "type") == "InternalIP")
        .map(|address| field::text(address, "address").to_owned())
        .unwrap_or_default()
}

/// The lease the kubelet renews every ten seconds.
pub fn lease(site: &Site, node: &Value) -> Value {
    let renewed = site.now.checked_sub(jiff::SignedDuration::from_secs(4)).unwrap_or(site.now);
    site.object("coordination.k8s.io/v1", "Lease", field::name(node))
        .namespace("kube-node-lease")
        .owned_by(node, BlocksOwnerDeletion::No)
        .born(field::time(node, "metadata.creationTimestamp").unwrap_or(site.now))
        .written_by("kubelet")
        .spec(json!({"holderIdentity": field::name(node), "leaseDurationSeconds": 40, "renewTime": field::micro_stamp(renewed)}))
        .build()
}

/// What the CSI drivers registered on a node.
pub fn csi_node(site: &Site, node: &Value) -> Value {
    let id = instance_id(site.cluster, field::name(node));
    let mut drivers = vec![
        json!({"name": "ebs.csi.aws.com", "nodeID": id, "topologyKeys": ["kubernetes.io/os", "topology.ebs.csi.aws.com/zone", "topology.kubernetes.io/zone"], "allocatable": {"count": 25}}),
    ];
    if site.cluster.is_prod() {
        drivers.push(json!({"name": "efs.csi.aws.com", "nodeID": id, "topologyKeys": null}));
    }
    drivers
        .push(json!({"name": "secrets-store.csi.k8s.io", "nodeID": field::name(node), "topologyKeys": null}));
    site.object("storage.k8s.io/v1", "CSINode", field::name(node))
        .owned_by(node, BlocksOwnerDeletion::No)
        .born(field::time(node, "metadata.creationTimestamp").unwrap_or(site.now))
        .written_by("kubelet")
        .spec(json!({"drivers": drivers}))
        .build()
}
