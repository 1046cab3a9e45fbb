//! Karpenter's objects: the class of machine, the pools, and a claim behind each node it made.

use serde_json::{Value, json};

use crate::simulator::world::chance::hex_of;
use crate::simulator::world::cluster::{Cluster, Instance, Machine, zone_of};
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::node::{self, Allocatable};
use crate::simulator::world::object::{BlocksOwnerDeletion, Site};

/// Karpenter's hash of a template or class: claims carry it, and have drifted when it is another.
pub fn hash(of: &Value) -> String {
    hex_of(&sorted(of).to_string(), 19)
}

/// The same value with the keys of all maps in order, so that the order of writing makes no difference.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: std::collections::BTreeMap<&String, Value> =
                fields.iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(fields.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Adds class, pools and claims, and makes the claims own their nodes.
pub fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    let class = node_class(inventory);
    for pool in site.cluster.pools {
        let pool_object = inventory.keep(node_pool(&site, pool));
        for machine in site.cluster.machines.iter().filter(|machine| machine.pool == Some(*pool)) {
            let name = site.cluster.node_name(machine.subnet, machine.host);
            let minutes = machine.days * 24 * 60 + 38;
            let claim = inventory.keep(node_claim(&site, (&pool_object, &class), machine, &name, minutes));
            inventory.claim_node(&name, &claim);
        }
    }
}

fn conditions(site: &Site, kinds: &[&str], minutes: i64) -> Value {
    Value::Array(kinds.iter().map(|kind| json!({"type": kind, "status": "True", "lastTransitionTime": site.stamp(minutes), "reason": kind, "message": "", "observedGeneration": 1})).collect())
}

fn node_class(inventory: &mut Inventory) -> Value {
    let site = inventory.site();
    let cluster = site.cluster;
    let tagged = json!([{"tags": {"karpenter.sh/discovery": cluster.name}}]);
    let subnets: Vec<Value> = [11, 12, 13]
        .iter()
        .map(|subnet| {
            let (zone, id) = zone_of(*subnet);
            json!({"id": cluster.resource("subnet", &subnet.to_string()), "zone": zone, "zoneID": id})
        })
        .collect();
    inventory.keep(
        site.object("karpenter.k8s.aws/v1", "EC2NodeClass", "default")
            .written_by("terraform")
            .with("metadata.finalizers", json!(["karpenter.k8s.aws/termination"]))
            .spec(json!({
                "amiFamily": "AL2023", "amiSelectorTerms": [{"id": ami(cluster)}], "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"deleteOnTermination": true, "encrypted": true, "volumeSize": "50Gi", "volumeType": "gp3"}}],
                "kubelet": {"maxPods": 110}, "metadataOptions": {"httpEndpoint": "enabled", "httpProtocolIPv6": "disabled", "httpPutResponseHopLimit": 1, "httpTokens": "required"},
                "role": format!("{}-node", cluster.name), "securityGroupSelectorTerms": tagged, "subnetSelectorTerms": tagged, "tags": {"Environment": cluster.environment, "karpenter.sh/discovery": cluster.name},
            }))
            .status(json!({
                "amis": [{"id": ami(cluster), "name": "amazon-eks-node-al2023-x86_64-standard", "requirements": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}],
                "conditions": conditions(&site, &["AMIsReady", "SubnetsReady", "SecurityGroupsReady", "InstanceProfileReady", "ValidationSucceeded", "Ready"], 30 * 24 * 60),
                "instanceProfile": format!("{}_{}", cluster.name, hex_of(cluster.name, 20)), "securityGroups": [{"id": cluster.resource("sg", "node"), "name": format!("{}-node", cluster.name)}], "subnets": subnets,
            }))
            .build(),
    )
}

fn ami(cluster: &Cluster) -> String {
    cluster.resource("ami", "al2023")
}

fn node_pool(site: &Site, pool: &str) -> Value {
    let cluster = site.cluster;
    let families = cluster.pick(json!(["t3", "t3a", "t2"]), json!(["m5", "m6i", "c5"]));
    let machines: Vec<&Machine> =
        cluster.machines.iter().filter(|machine| machine.pool == Some(pool)).collect();
    let sum = |of: fn(&Machine) -> i64| machines.iter().map(|machine| of(machine)).sum::<i64>();
    let only = |key: &str, values: Value| json!({"key": key, "operator": "In", "values": values});
    let mut spec = json!({
        "disruption": {"budgets": [{"nodes": "10%"}], "consolidateAfter": "1m", "consolidationPolicy": "WhenEmptyOrUnderutilized"}, "limits": {"cpu": "20"},
        "template": {"metadata": {"labels": {"environment": cluster.environment}}, "spec": {
            "expireAfter": "720h", "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
            "requirements": [
                only("karpenter.k8s.aws/instance-family", families), only("karpenter.sh/capacity-type", json!([if pool == "on-demand" { "on-demand" } else { "spot" }])),
                only("kubernetes.io/arch", json!(["amd64"])), only("kubernetes.io/os", json!(["linux"])), only("karpenter.k8s.aws/instance-cpu", json!(["2", "4"])),
            ],
        }},
    });
    if cluster.is_prod() {
        field::put(&mut spec, "weight", json!(if pool == "spot" { 10 } else { 1 }));
    }
    let nodes = machines.len();
    site.object("karpenter.sh/v1", "NodePool", pool)
        .written_by("terraform")
        .annotation("karpenter.sh/nodepool-hash", &hash(field::at(&spec, "template")))
        .annotation("karpenter.sh/nodepool-hash-version", "v3")
        .spec(spec)
        .status(json!({
            "conditions": conditions(site, &["ValidationSucceeded", "NodeClassReady", "NodeRegistrationHealthy", "Ready"], 30 * 24 * 60), "nodes": nodes,
            "resources": {
                "cpu": sum(|machine| machine.instance.cpus).to_string(), "ephemeral-storage": format!("{}Gi", 50 * nodes), "memory": format!("{}Ki", sum(|machine| machine.instance.memory) * 1024),
                "nodes": nodes.to_string(), "pods": (110 * nodes).to_string(),
            },
        }))
        .build()
}

/// The claim of a node that joined some minutes ago.
pub fn node_claim(
    site: &Site,
    (pool, class): (&Value, &Value),
    machine: &Machine,
    name: &str,
    minutes: i64,
) -> Value {
    let mut claim = site
        .object("karpenter.sh/v1", "NodeClaim", &node::claim_name(field::name(pool), name))
        .labels(&claim_labels(site.cluster, machine))
        .annotation("karpenter.k8s.aws/ec2nodeclass-hash", &hash(field::at(class, "spec")))
        .annotation("karpenter.k8s.aws/ec2nodeclass-hash-version", "v4")
        .annotation("karpenter.sh/nodepool-hash", field::annotation(pool, "karpenter.sh/nodepool-hash"))
        .annotation("karpenter.sh/nodepool-hash-version", "v3")
        .with("metadata.finalizers", json!(["karpenter.sh/termination"]))
        .owned_by(pool, BlocksOwnerDeletion::Yes)
        .minutes_old(minutes)
        .written_by("karpenter")
        .spec(claim_spec(field::name(pool), machine.capacity, machine.instance))
        .build();
    field::put(&mut claim, "status", claim_status(site.cluster, name, machine.subnet, machine.instance));
    field::put(
        &mut claim,
        "status.conditions",
        conditions(site, &["Launched", "Registered", "Initialized", "Ready"], minutes - 1),
    );
    field::set_condition(
        &mut claim,
        json!({"type": "Consolidatable", "status": "True", "lastTransitionTime": site.stamp(19), "reason": "Consolidatable", "message": "", "observedGeneration": 1}),
    );
    field::put(&mut claim, "status.lastPodEventTime", json!(site.stamp(20)));
    claim
}

/// The labels of a node that its claim repeats.
pub fn claim_labels(cluster: &Cluster, machine: &Machine) -> Value {
    let prefixes = ["karpenter", "topology", "node.kubernetes", "kubernetes.io/arch", "kubernetes.io/os"];
    let mut labels = json!({"environment": cluster.environment});
    if let (Value::Object(own), Value::Object(all)) = (&mut labels, node::labels(cluster, machine)) {
        own.extend(all.into_iter().filter(|(key, _)| prefixes.iter().any(|prefix| key.starts_with(prefix))));
    }
    labels
}

/// What a claim asks for.
pub fn claim_spec(pool: &str, capacity: &str, instance: Instance) -> Value {
    let only = |key: &str, value: &str| json!({"key": key, "operator": "In", "values": [value]});
    json!({
        "expireAfter": "720h", "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
        "requirements": [only("karpenter.sh/nodepool", pool), only("karpenter.sh/capacity-type", capacity), only("karpenter.k8s.aws/instance-family", instance.family()), only("node.kubernetes.io/instance-type", instance.name)],
        "resources": {"requests": {"cpu": "1850m", "memory": "3Gi", "pods": "14"}},
    })
}

/// What a claim got, without conditions.
pub fn claim_status(cluster: &Cluster, node: &str, subnet: u8, instance: Instance) -> Value {
    let (zone, _) = zone_of(subnet);
    json!({
        "allocatable": node::capacity(instance, Allocatable::Yes), "capacity": node::capacity(instance, Allocatable::No), "imageID": ami(cluster), "nodeName": node,
        "providerID": format!("aws:///{zone}/{}", node::instance_id(cluster, node)),
    })
}
