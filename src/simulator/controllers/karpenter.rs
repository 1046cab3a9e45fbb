//! Karpenter: turns claims into nodes, and empties the node of a claim that is being deleted.
//!
//! It makes no claims of its own: which nodes there are is decided by whoever writes claims.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::garbage::remove_finalizer;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::cluster::{CLUSTERS, Cluster, INSTANCES, Instance, M5_XLARGE, Machine};
use crate::simulator::world::object::Site;
use crate::simulator::world::{field, karpenter, node};

/// Karpenter.
pub struct Karpenter;

const COMPONENT: &str = "karpenter";
const DISRUPTED: &str = "karpenter.sh/disrupted";
const FINALIZER: &str = "karpenter.sh/termination";
/// Seconds from a claim to a running instance, from there to a node, and from there to a ready one.
const LAUNCH: i64 = 4;
const REGISTRATION: i64 = 31;
const READINESS: i64 = 47;

impl Controller for Karpenter {
    fn resource(&self) -> &'static str {
        "nodeclaims.karpenter.sh"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        // A claim that waits for its node to be empty is looked at when a pod goes.
        let may_empty = changed.is("pods") && changed.kind == crate::simulator::store::ChangeKind::Deleted;
        if !may_empty {
            return Vec::new();
        }
        let claims = lister.entries(self.resource(), None, &Selection::all());
        claims
            .into_iter()
            .filter(|(_, claim)| !field::at(claim, "metadata.deletionTimestamp").is_null())
            .map(|(key, _)| key)
            .collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let claim = round.lister.get(key)?;
        if !field::at(&claim, "metadata.deletionTimestamp").is_null() {
            return terminate(key, &claim, round);
        }
        if field::condition_is_true(&claim, "Ready") {
            return count_nodes(round);
        }
        let born = field::time(&claim, "metadata.creationTimestamp").unwrap_or(round.now);
        advance(key, &claim, born, round)
    }
}

fn cluster_of(round: &Round<'_>) -> Option<&'static Cluster> {
    CLUSTERS.iter().find(|cluster| cluster.name == round.store.cluster()).copied()
}

fn instance_of(claim: &Value) -> Instance {
    let wanted = field::label(claim, "node.kubernetes.io/instance-type");
    INSTANCES.into_iter().find(|instance| instance.name == wanted).unwrap_or(M5_XLARGE)
}

fn subnet_of(claim: &Value) -> u8 {
    match field::label(claim, "topology.kubernetes.io/zone") {
        "us-east-1a" => 11,
        "us-east-1b" => 12,
        _ => 13,
    }
}

/// A new claim for a node of a pool, like another one. `host` is the last octet of its address.
pub fn new_claim(cluster: &'static Cluster, like: &Value, pool: &Value, host: u8) -> Value {
    let machine = Machine {
        subnet: subnet_of(like),
        host,
        instance: instance_of(like),
        pool: cluster.pools.iter().find(|name| **name == field::name(pool)).copied(),
        capacity: "spot",
        days: 0,
    };
    let node = cluster.node_name(machine.subnet, machine.host);
    let capacity = field::label(like, "karpenter.sh/capacity-type");
    let mut labels = field::at(like, "metadata.labels").clone();
    if let Some(labels) = labels.as_object_mut() {
        labels.shift_remove("karpenter.sh/registered");
        labels.shift_remove("karpenter.sh/initialized");
    }
    json!({
        "apiVersion": "karpenter.sh/v1", "kind": "NodeClaim",
        "metadata": {
            "name": node::claim_name(field::name(pool), &node), "labels": labels, "annotations": field::at(like, "metadata.annotations"), "finalizers": [FINALIZER],
            "ownerReferences": [{"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "name": field::name(pool), "uid": field::uid(pool), "blockOwnerDeletion": true}],
        },
        "spec": karpenter::claim_spec(field::name(pool), capacity, machine.instance),
        "status": karpenter::claim_status(cluster, &node, machine.subnet, machine.instance),
    })
}

/// Brings a young claim from launched over registered to ready, each at its time.
fn advance(key: &Key, claim: &Value, born: Timestamp, round: &mut Round<'_>) -> Result<(), Status> {
    let passed = round.now.duration_since(born).as_secs();
    let name = field::text(claim, "status.nodeName").to_owned();
    for (kind, seconds) in
        [("Launched", LAUNCH), ("Registered", REGISTRATION), ("Initialized", READINESS), ("Ready", READINESS)]
    {
        if field::condition_is_true(claim, kind) {
            continue;
        }
        if passed < seconds {
            round.wake_at(later(born, seconds));
            return Ok(());
        }
        match kind {
            "Registered" => register(claim, &name, round)?,
            "Initialized" => become_ready(&name, round)?,
            _ => {}
        }
        let stamp = round.stamp();
        round.store.edit(key, |claim| {
            field::set_condition(claim, json!({"type": kind, "status": "True", "lastTransitionTime": stamp, "reason": kind, "message": "", "observedGeneration": 1}));
            match kind {
                "Registered" => field::set_label(claim, "karpenter.sh/registered", "true"),
                "Initialized" => field::set_label(claim, "karpenter.sh/initialized", "true"),
                _ => {}
            }
            Ok(())
        })?;
        let message =
            format!("Status condition transitioned, Type: {kind}, Status: Unknown -> True, Reason: {kind}");
        round.note(claim, COMPONENT, kind, message);
    }
    Ok(())
}

/// The instance has joined as a node that is not ready yet.
fn register(claim: &Value, name: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let Some(cluster) = cluster_of(round) else { return Ok(()) };
    let subnet = subnet_of(claim);
    let host = name
        .rsplit_once('-')
        .and_then(|(_, rest)| rest.split_once('.'))
        .and_then(|(host, _)| host.parse().ok())
        .unwrap_or(99);
    let pool =
        cluster.pools.iter().find(|pool| **pool == field::label(claim, "karpenter.sh/nodepool")).copied();
    let capacity =
        if field::label(claim, "karpenter.sh/capacity-type") == "on-demand" { "on-demand" } else { "spot" };
    let machine = Machine { subnet, host, instance: instance_of(claim), pool, capacity, days: 0 };
    let address = format!("10.{}.{subnet}.{host}", cluster.octet);
    let stamp = round.stamp();
    let mut status = node::status(name, &address, machine.instance, &stamp, &stamp);
    for condition in field::list_mut(&mut status, "conditions") {
        if field::text(condition, "type") == "Ready" {
            for (part, value) in [
                ("status", "False"),
                ("reason", "KubeletNotReady"),
                (
                    "message",
                    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
                ),
            ] {
                field::put(condition, part, json!(value));
            }
        }
    }
    let mut labels = node::labels(cluster, &machine);
    if let Some(labels) = labels.as_object_mut() {
        labels.shift_remove("karpenter.sh/initialized");
    }
    let made = round.store.create(&json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {
            "name": name, "labels": labels, "annotations": {"alpha.kubernetes.io/provided-node-ip": address, "node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true"},
            "finalizers": [FINALIZER],
            "ownerReferences": [{"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim", "name": field::name(claim), "uid": field::uid(claim), "blockOwnerDeletion": true}],
        },
        "spec": {"providerID": field::text(claim, "status.providerID"), "taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}, "status": status,
    }))?;
    // A name can come back before the collector has taken what belonged to the node before.
    match round.store.create(&node::csi_node(&Site { cluster, now: round.now }, &made)) {
        Err(status) if status.reason != "AlreadyExists" => return Err(status),
        _ => {}
    }
    round.note(
        &made,
        "node-controller",
        "RegisteredNode",
        format!("Node {name} event: Registered Node {name} in Controller"),
    );
    Ok(())
}

fn become_ready(name: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let stamp = round.stamp();
    let node = round.store.edit(&Key::cluster("nodes", name), |node| {
        field::set_condition(node, json!({"type": "Ready", "status": "True", "lastHeartbeatTime": stamp, "lastTransitionTime": stamp, "reason": "KubeletReady", "message": "kubelet is posting ready status"}));
        field::set_label(node, "karpenter.sh/initialized", "true");
        field::drop_at(node, "spec.taints");
        Ok(())
    })?;
    round.say(&crate::simulator::controllers::event::Remark {
        about: &node,
        kind: "Normal",
        reason: "NodeReady",
        message: format!("Node {name} status is now: NodeReady"),
        component: "kubelet",
        host: name,
    });
    Ok(())
}

/// Taints the node, evicts what runs on it, and lets node and claim go when it is empty.
fn terminate(key: &Key, claim: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let name = field::text(claim, "status.nodeName").to_owned();
    let node_key = Key::cluster("nodes", &name);
    let Ok(node) = round.lister.get(&node_key) else {
        remove_finalizer(key, FINALIZER, round)?;
        // Without grace the store lets the claim go with its last finalizer.
        return count_nodes(round);
    };
    if !field::list(&node, "spec.taints").iter().any(|taint| field::text(taint, "key") == DISRUPTED) {
        round.store.edit(&node_key, |node| {
            field::push(node, "spec.taints", json!({"key": DISRUPTED, "effect": "NoSchedule"}));
            Ok(())
        })?;
        round.note(&node, COMPONENT, "DisruptionTerminating", "Disrupting Node: Drifted/Delete".to_owned());
    }
    let Ok(own) = Selection::parse("", &format!("spec.nodeName={name}")) else { return Ok(()) };
    let mut left = 0;
    for (pod_key, pod) in round.lister.entries("pods", None, &own) {
        if field::controller_of(&pod).is_some_and(|(kind, _, _)| kind == "DaemonSet")
            || pod::is_finished(&pod)
        {
            continue;
        }
        left += 1;
        if !pod::is_terminating(&pod) && budget_allows(&pod, round) {
            round.note(&pod, COMPONENT, "Evicted", "Evicted pod: Drifted".to_owned());
            round.delete(&pod_key)?;
            // One at a time for each budget: the next one when this pod has been replaced.
            break;
        }
    }
    if left > 0 {
        round.wake_after(3);
        return Ok(());
    }
    for object in round.store.list("pods", None, &own) {
        round.store.delete(
            &object.key,
            &crate::simulator::store::DeleteOptions { grace_seconds: Some(0), ..Default::default() },
        )?;
    }
    round.note(
        &node,
        "node-controller",
        "RemovingNode",
        format!("Node {name} event: Removing Node {name} from Controller"),
    );
    round.delete(&node_key)?;
    remove_finalizer(&node_key, FINALIZER, round)
        .or_else(|status| if status.code == 404 { Ok(()) } else { Err(status) })?;
    remove_finalizer(key, FINALIZER, round)?;
    count_nodes(round)
}

fn budget_allows(pod: &Value, round: &Round<'_>) -> bool {
    let budgets =
        round.lister.list("poddisruptionbudgets.policy", Some(field::namespace(pod)), &Selection::all());
    budgets
        .iter()
        .filter(|budget| field::selects(field::at(budget, "spec.selector"), pod))
        .all(|budget| field::number(budget, "status.disruptionsAllowed") > 0)
}

/// Each pool says how many nodes it has and what they amount to.
fn count_nodes(round: &Round<'_>) -> Result<(), Status> {
    let claims = round.lister.list("nodeclaims.karpenter.sh", None, &Selection::all());
    for pool in round.store.list("nodepools.karpenter.sh", None, &Selection::all()) {
        let own: Vec<Instance> = claims
            .iter()
            .filter(|claim| {
                field::label(claim, "karpenter.sh/nodepool") == &*pool.key.name
                    && field::condition_is_true(claim, "Registered")
            })
            .map(|claim| instance_of(claim))
            .collect();
        round.store.edit(&pool.key, |pool| {
            let nodes = own.len();
            field::put(pool, "status.nodes", json!(nodes));
            field::put(pool, "status.resources", json!({
                "cpu": own.iter().map(|instance| instance.cpus).sum::<i64>().to_string(), "ephemeral-storage": format!("{}Gi", 50 * nodes),
                "memory": format!("{}Ki", own.iter().map(|instance| instance.memory).sum::<i64>() * 1024), "nodes": nodes.to_string(), "pods": (110 * nodes).to_string(),
            }));
            Ok(())
        })?;
    }
    Ok(())
}
