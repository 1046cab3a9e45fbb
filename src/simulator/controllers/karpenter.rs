//! Karpenter: turns claims into nodes, and empties the node of a claim that is being deleted.
//!
//! Which claims there are is decided elsewhere: [`provisioning`](super::provisioning) makes them for pods that fit
//! nowhere, [`disruption`](super::disruption) takes them away.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::garbage::remove_finalizer;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::chance::Chance;
use crate::simulator::world::cluster::{CLUSTERS, Cluster, INSTANCES, Instance, M5_XLARGE, Machine};
use crate::simulator::world::object::Site;
use crate::simulator::world::{field, karpenter, node};

/// Karpenter.
pub(super) struct Karpenter;

pub(super) const COMPONENT: &str = "karpenter";
pub(super) const DISRUPTED: &str = "karpenter.sh/disrupted";
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
            return Ok(());
        }
        let born = field::time(&claim, "metadata.creationTimestamp").unwrap_or(round.now);
        advance(key, born, round)
    }
}

pub(super) fn cluster_of(round: &Round<'_>) -> Option<&'static Cluster> {
    CLUSTERS.iter().find(|cluster| cluster.name == round.store.cluster()).copied()
}

pub(super) fn instance_of(claim: &Value) -> Instance {
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

/// What a new claim is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The subnet, which names the zone.
    pub(super) subnet: u8,
    /// The type of machine.
    pub(super) instance: Instance,
    /// CPU (milli-units) and memory (bytes) of the pods it is for.
    pub(super) requests: (i64, i64),
    /// How many pods those are.
    pub(super) pods: usize,
}

/// A new claim of a pool that nobody has looked at yet.
pub(super) fn new_claim(cluster: &'static Cluster, pool: &Value, wanted: Wanted, suffix: &str) -> Value {
    let api_version = field::text(pool, "apiVersion");
    let capacity = capacity_of(pool);
    let name = format!("{}-{suffix}", field::name(pool));
    let machine = Machine {
        subnet: wanted.subnet,
        host: 0,
        instance: wanted.instance,
        pool: cluster.pools.iter().find(|name| **name == field::name(pool)).copied(),
        capacity,
        days: 0,
    };
    let mut labels = karpenter::claim_labels(cluster, &machine);
    if let Some(labels) = labels.as_object_mut() {
        for later in ["karpenter.sh/registered", "karpenter.sh/initialized"] {
            labels.shift_remove(later);
        }
    }
    let mut spec = karpenter::claim_spec(field::name(pool), capacity, wanted.instance);
    field::put(
        &mut spec,
        "resources.requests",
        json!({
            "cpu": field::cpu_quantity(wanted.requests.0), "memory": field::memory_quantity(wanted.requests.1), "pods": wanted.pods.to_string(),
        }),
    );
    let class = field::text(pool, "spec.template.spec.nodeClassRef.name");
    let waiting = |kind: &str| json!({"type": kind, "status": "Unknown", "reason": "AwaitingReconciliation", "message": "object is awaiting reconciliation", "observedGeneration": 1});
    json!({
        "apiVersion": api_version, "kind": "NodeClaim",
        "metadata": {
            "name": name, "labels": labels, "finalizers": [FINALIZER],
            "annotations": {
                "compatibility.karpenter.sh/class": class, "karpenter.sh/nodepool-hash": field::annotation(pool, "karpenter.sh/nodepool-hash"), "karpenter.sh/nodepool-hash-version": "v3",
            },
            "ownerReferences": [{"apiVersion": api_version, "kind": "NodePool", "name": field::name(pool), "uid": field::uid(pool), "blockOwnerDeletion": true}],
        },
        "spec": spec,
        "status": {"conditions": [waiting("Initialized"), waiting("Launched"), waiting("Ready"), waiting("Registered")]},
    })
}

/// `on-demand` where a pool asks for it, `spot` otherwise.
pub(super) fn capacity_of(pool: &Value) -> &'static str {
    let requirements = field::list(pool, "spec.template.spec.requirements");
    let types = requirements.iter().find(|own| field::text(own, "key") == "karpenter.sh/capacity-type");
    let is_spot = types.is_none_or(|own| field::list(own, "values").iter().any(|value| value == "spot"));
    if is_spot { "spot" } else { "on-demand" }
}

/// Brings a young claim from launched over registered to ready, each at its time.
fn advance(key: &Key, born: Timestamp, round: &mut Round<'_>) -> Result<(), Status> {
    let passed = round.now.duration_since(born).as_secs();
    for (kind, seconds) in
        [("Launched", LAUNCH), ("Registered", REGISTRATION), ("Initialized", READINESS), ("Ready", READINESS)]
    {
        let claim = round.lister.get(key)?;
        if field::condition_is_true(&claim, kind) {
            continue;
        }
        if passed < seconds {
            round.wake_at(later(born, seconds));
            return Ok(());
        }
        match kind {
            "Launched" if !launch(key, &claim, round)? => return Ok(()),
            "Registered" => register(key, &claim, round)?,
            "Initialized" => become_ready(field::text(&claim, "status.nodeName"), round)?,
            _ => {}
        }
        let stamp = round.stamp();
        round.store.edit(key, |claim| {
            field::set_condition(claim, json!({"type": kind, "status": "True", "lastTransitionTime": stamp, "reason": kind, "message": "", "observedGeneration": 1}));
            match kind {
                "Registered" => field::set_label(claim, "karpenter.sh/registered", "true"),
                "Initialized" => {
                    field::set_label(claim, "karpenter.sh/initialized", "true");
                    field::put(claim, "status.lastPodEventTime", json!(stamp));
                }
                _ => {}
            }
            Ok(())
        })?;
        let message =
            format!("Status condition transitioned, Type: {kind}, Status: Unknown -> True, Reason: {kind}");
        round.note(&claim, COMPONENT, kind, message);
    }
    Ok(())
}

/// Starts an instance of the node class; answers whether there is one. A class that is not ready starts none.
fn launch(key: &Key, claim: &Value, round: &mut Round<'_>) -> Result<bool, Status> {
    let Some(cluster) = cluster_of(round) else { return Ok(false) };
    let class = field::text(claim, "spec.nodeClassRef.name");
    let class = round.lister.get(&Key::cluster("ec2nodeclasses.karpenter.k8s.aws", class));
    let Some(class) = class.ok().filter(|class| field::condition_is_true(class, "Ready")) else {
        let stamp = round.stamp();
        round.store.edit(key, |claim| {
            field::set_condition(claim, json!({"type": "Launched", "status": "Unknown", "lastTransitionTime": stamp, "reason": "NodeClassNotReady", "message": "nodeclass not ready", "observedGeneration": 1}));
            Ok(())
        })?;
        round.warn(
            claim,
            COMPONENT,
            "NodeClassNotReady",
            format!("NodeClaim {} event: Nodeclass is not ready", field::name(claim)),
        );
        round.wake_after(LAUNCH * 5);
        return Ok(false);
    };
    let status = karpenter::claim_status(cluster, field::uid(claim), subnet_of(claim), instance_of(claim));
    round.store.edit(key, |claim| {
        for (part, value) in status.as_object().into_iter().flatten() {
            if part != "nodeName" {
                field::put(claim, &format!("status.{part}"), value.clone());
            }
        }
        let hash = karpenter::hash(field::at(&class, "spec"));
        field::annotate(claim, "karpenter.k8s.aws/ec2nodeclass-hash", hash);
        field::annotate(claim, "karpenter.k8s.aws/ec2nodeclass-hash-version", "v4");
        Ok(())
    })?;
    Ok(true)
}

/// A free address in the subnet of a claim, always the same one as long as it is free.
fn host_of(cluster: &Cluster, claim: &Value, round: &Round<'_>) -> u8 {
    let first = Chance::of(field::uid(claim)).between(70, 240);
    let hosts =
        (0..170).map(|step| 70 + (first - 70 + step) % 170).filter_map(|host| u8::try_from(host).ok());
    let is_free = |host: &u8| {
        let name = cluster.node_name(subnet_of(claim), *host);
        round.lister.get(&Key::cluster("nodes", &name)).is_err()
    };
    hosts.into_iter().find(is_free).unwrap_or(99)
}

/// The instance has joined as a node that is not ready yet.
fn register(key: &Key, claim: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let Some(cluster) = cluster_of(round) else { return Ok(()) };
    let subnet = subnet_of(claim);
    let host = host_of(cluster, claim, round);
    let name = cluster.node_name(subnet, host);
    let name = name.as_str();
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
            "name": name, "labels": labels, "annotations": {"karpenter.sh/nodepool-hash": field::annotation(claim, "karpenter.sh/nodepool-hash"), "karpenter.k8s.aws/ec2nodeclass-hash": field::annotation(claim, "karpenter.k8s.aws/ec2nodeclass-hash"), "alpha.kubernetes.io/provided-node-ip": address, "node.alpha.kubernetes.io/ttl": "0", "volumes.kubernetes.io/controller-managed-attach-detach": "true"},
            "finalizers": [FINALIZER],
            "ownerReferences": [{"apiVersion": "karpenter.sh/v1", "kind": "NodeClaim", "name": field::name(claim), "uid": field::uid(claim), "blockOwnerDeletion": true}],
        },
        "spec": {"providerID": field::text(claim, "status.providerID"), "taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]}, "status": status,
    }))?;
    round.store.edit(key, |claim| {
        field::put(claim, "status.nodeName", json!(name));
        Ok(())
    })?;
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
        // Without grace the store lets the claim go with its last finalizer.
        return remove_finalizer(key, FINALIZER, round);
    };
    if !field::list(&node, "spec.taints").iter().any(|taint| field::text(taint, "key") == DISRUPTED) {
        round.store.edit(&node_key, |node| {
            field::push(node, "spec.taints", json!({"key": DISRUPTED, "effect": "NoSchedule"}));
            Ok(())
        })?;
        let reason = disruption_of(claim);
        round.note(&node, COMPONENT, "DisruptionTerminating", format!("Disrupting Node: {reason}/Delete"));
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
            let message = format!("Evicted pod: {}", disruption_of(claim));
            round.note(&pod, COMPONENT, "Evicted", message);
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
    remove_finalizer(key, FINALIZER, round)
}

/// Why a claim goes: what it was disrupted for, or that somebody deleted it.
fn disruption_of(claim: &Value) -> &str {
    match field::text(field::condition(claim, "DisruptionReason"), "reason") {
        "" => "Forceful Termination",
        reason => reason,
    }
}

pub(super) fn budget_allows(pod: &Value, round: &Round<'_>) -> bool {
    let budgets =
        round.lister.list("poddisruptionbudgets.policy", Some(field::namespace(pod)), &Selection::all());
    budgets
        .iter()
        .filter(|budget| field::selects(field::at(budget, "spec.selector"), pod))
        .all(|budget| field::number(budget, "status.disruptionsAllowed") > 0)
}

/// How many nodes a pool has, and what they amount to.
pub(super) fn amount(pool: &str, round: &Round<'_>) -> (usize, Value) {
    let claims = round.lister.list("nodeclaims.karpenter.sh", None, &Selection::all());
    let own: Vec<Instance> = claims
        .iter()
        .filter(|claim| {
            field::label(claim, "karpenter.sh/nodepool") == pool
                && field::condition_is_true(claim, "Registered")
        })
        .map(|claim| instance_of(claim))
        .collect();
    let nodes = own.len();
    let resources = json!({
        "cpu": own.iter().map(|instance| instance.cpus).sum::<i64>().to_string(), "ephemeral-storage": format!("{}Gi", 50 * nodes),
        "memory": format!("{}Ki", own.iter().map(|instance| instance.memory).sum::<i64>() * 1024), "nodes": nodes.to_string(), "pods": (110 * nodes).to_string(),
    });
    (nodes, resources)
}
