//! Karpenter's provisioner: claims for pods that fit on no node, from the pool that may make one, or why none may.

use std::sync::Arc;

use serde_json::{Value, json};

use super::karpenter::{COMPONENT, Wanted, capacity_of, cluster_of, instance_of, new_claim};
use super::scheduler::volume_zones;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::placement::{Placement, requests, tolerates};
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::cluster::{Cluster, INSTANCES, Instance, zone_of};
use crate::simulator::world::node::{Allocatable, capacity};
use crate::simulator::world::{field, karpenter};

/// The provisioner. It looks at all waiting pods at once, under the key of the first pool.
pub(super) struct Provisioning;

const POOLS: &str = "nodepools.karpenter.sh";
const CLAIMS: &str = "nodeclaims.karpenter.sh";
/// Seconds that the provisioner waits for more pods: `BATCH_IDLE_DURATION`, rounded up.
const BATCH: i64 = 2;
/// Seconds until a pod that no pool can help is looked at again.
const RETRY: i64 = 300;

impl Controller for Provisioning {
    fn resource(&self) -> &'static str {
        POOLS
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        let is_waiting = changed.is("pods")
            && field::text(field::condition(&changed.object, "PodScheduled"), "reason") == "Unschedulable";
        let is_own = changed.is(POOLS) || changed.is("ec2nodeclasses.karpenter.k8s.aws");
        if is_waiting || is_own { first(lister).into_iter().collect() } else { Vec::new() }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        if first(round.lister).as_ref() != Some(key) {
            return Ok(());
        }
        let waiting = waiting(round);
        let Some(newest) = waiting.iter().filter_map(|pod| refused_at(pod)).max() else { return Ok(()) };
        if later(newest, BATCH) > round.now {
            round.wake_at(later(newest, BATCH));
            return Ok(());
        }
        round.wake_after(RETRY);
        Plan::new(round).provide(&waiting, round)
    }
}

fn first(lister: &Lister) -> Option<Key> {
    lister.keys(POOLS, None, &Selection::all()).into_iter().min_by(|one, other| one.name.cmp(&other.name))
}

fn refused_at(pod: &Value) -> Option<jiff::Timestamp> {
    field::time(field::condition(pod, "PodScheduled"), "lastTransitionTime")
}

/// Pods that the scheduler has refused and that nodes of Karpenter may help.
fn waiting(round: &Round<'_>) -> Vec<Arc<Value>> {
    let Ok(unplaced) = Selection::parse("", "spec.nodeName=") else { return Vec::new() };
    let pods = round.lister.list("pods", None, &unplaced).into_iter();
    pods.filter(|pod| {
        field::text(field::condition(pod, "PodScheduled"), "reason") == "Unschedulable"
            && !pod::is_terminating(pod)
            && !pod::is_finished(pod)
            && field::controller_of(pod).is_none_or(|(kind, _, _)| kind != "DaemonSet")
    })
    .collect()
}

/// Nodes that are on their way, and those that are being thought of.
struct Plan {
    cluster: Option<&'static Cluster>,
    pools: Vec<Arc<Value>>,
    /// CPUs that each pool has or is about to have, by its name.
    used: Vec<(String, i64)>,
    overhead: (i64, i64),
    placed: Vec<Value>,
    namespaces: Vec<Arc<Value>>,
    nodes: Vec<Virtual>,
}

/// A node that is not there yet.
struct Virtual {
    node: Value,
    pool: Option<Arc<Value>>,
    instance: Instance,
    subnet: u8,
    pods: Vec<Value>,
}

impl Plan {
    fn new(round: &Round<'_>) -> Self {
        let mut pools = round.lister.list(POOLS, None, &Selection::all());
        pools.sort_by_key(|pool| (-field::number(pool, "spec.weight"), field::name(pool).to_owned()));
        let claims = round.lister.list(CLAIMS, None, &Selection::all());
        let used = pools
            .iter()
            .map(|pool| {
                let own = claims
                    .iter()
                    .filter(|claim| field::label(claim, "karpenter.sh/nodepool") == field::name(pool));
                (field::name(pool).to_owned(), own.map(|claim| instance_of(claim).cpus).sum())
            })
            .collect();
        let coming = claims.iter().filter(|claim| {
            !field::condition_is_true(claim, "Initialized")
                && field::at(claim, "metadata.deletionTimestamp").is_null()
        });
        let nodes = coming
            .map(|claim| {
                let instance = instance_of(claim);
                Virtual {
                    node: virtual_node(
                        field::name(claim),
                        field::at(claim, "metadata.labels").clone(),
                        instance,
                        &json!([]),
                    ),
                    pool: None,
                    instance,
                    subnet: 0,
                    pods: Vec::new(),
                }
            })
            .collect();
        let placed = round
            .lister
            .list("pods", None, &Selection::all())
            .iter()
            .filter(|pod| !pod::is_finished(pod))
            .map(|pod| Value::clone(pod))
            .collect();
        let namespaces = round.lister.list("namespaces", None, &Selection::all());
        Self { cluster: cluster_of(round), pools, used, overhead: overhead(round), placed, namespaces, nodes }
    }

    /// Finds a place for each pod, makes the claims that this takes, and tells the pods.
    fn provide(mut self, waiting: &[Arc<Value>], round: &mut Round<'_>) -> Result<(), Status> {
        let mut nominated = Vec::new();
        for pod in waiting {
            let zones = volume_zones(pod, round);
            match self.place(pod, &zones) {
                Ok(index) => nominated.push((Arc::clone(pod), index)),
                Err(why) => {
                    round.warn(pod, COMPONENT, "FailedScheduling", format!("Failed to schedule pod, {why}"));
                }
            }
        }
        let mut names = Vec::new();
        for own in &self.nodes {
            let Some((cluster, pool)) = self.cluster.zip(own.pool.as_ref()) else {
                names.push(field::name(&own.node).to_owned());
                continue;
            };
            let (cpu, memory) =
                own.pods.iter().map(requests).fold(self.overhead, |sum, one| (sum.0 + one.0, sum.1 + one.1));
            let wanted = Wanted {
                subnet: own.subnet,
                instance: own.instance,
                requests: (cpu, memory),
                pods: own.pods.len(),
            };
            let suffix = round.chance.suffix();
            let made = round.store.create(&new_claim(cluster, pool, wanted, &suffix))?;
            names.push(field::name(&made).to_owned());
        }
        for (pod, index) in nominated {
            let name = names.get(index).map(String::as_str).unwrap_or_default();
            round.note(&pod, COMPONENT, "Nominated", format!("Pod should schedule on: nodeclaim/{name}"));
        }
        Ok(())
    }

    fn place(&mut self, pod: &Value, zones: &[String]) -> Result<usize, String> {
        for index in 0..self.nodes.len() {
            if self.fits(pod, index, zones) {
                self.keep(pod, index);
                return Ok(index);
            }
        }
        let pools = self.pools.clone();
        let mut reasons = Vec::new();
        for pool in &pools {
            if !field::condition_is_true(pool, "Ready")
                || !field::at(pool, "metadata.deletionTimestamp").is_null()
            {
                continue;
            }
            match self.think_of_node(pod, pool, zones) {
                Ok(index) => return Ok(index),
                Err(why) => reasons.push(why),
            }
        }
        if reasons.is_empty() {
            let unready = pools.iter().map(|pool| field::name(pool)).collect::<Vec<_>>().join(", ");
            return Err(format!("no ready nodepools found (not ready: {unready})"));
        }
        Err(reasons.join("; "))
    }

    fn keep(&mut self, pod: &Value, index: usize) {
        let Some(own) = self.nodes.get_mut(index) else { return };
        let mut pod = pod.clone();
        field::put(&mut pod, "spec.nodeName", json!(field::name(&own.node)));
        own.pods.push(pod);
    }

    /// Whether a node of the plan takes one more pod.
    fn fits(&self, pod: &Value, index: usize, zones: &[String]) -> bool {
        let Some(own) = self.nodes.get(index) else { return false };
        let mut only = Placement::new([&own.node]);
        for planned in &own.pods {
            only.occupy(planned);
        }
        only.bind_to_zones(zones.to_vec());
        // A node that pods must not share is planned for one of them.
        only.heed_others(pod, &own.pods, &self.namespaces);
        only.choose(pod).is_ok()
    }

    /// Adds a node of a pool to the plan that takes a pod.
    fn think_of_node(&mut self, pod: &Value, pool: &Arc<Value>, zones: &[String]) -> Result<usize, String> {
        let name = field::name(pool);
        let untolerated = field::list(pool, "spec.template.spec.taints").iter().find(|taint| {
            !tolerates(
                pod,
                field::text(taint, "key"),
                field::text(taint, "value"),
                field::text(taint, "effect"),
            )
        });
        if let Some(taint) = untolerated {
            return Err(format!(
                "incompatible with nodepool \"{name}\", did not tolerate taint (taint={}={}:{})",
                field::text(taint, "key"),
                field::text(taint, "value"),
                field::text(taint, "effect")
            ));
        }
        let Some(cluster) = self.cluster else { return Err("no instance types".to_owned()) };
        let mut fitting = Vec::new();
        let (mut is_wanted, mut has_room) = (false, false);
        for instance in instances(pool) {
            for subnet in self.subnets(pod) {
                let labels = labels(cluster, pool, instance, subnet);
                let taints = field::at(pool, "spec.template.spec.taints").clone();
                let node =
                    virtual_node(&format!("{name}-{subnet}-{}", self.nodes.len()), labels, instance, &taints);
                is_wanted |= crate::simulator::controllers::placement::wants(pod, &node);
                let mut alone = Placement::new([&node]);
                alone.bind_to_zones(zones.to_vec());
                alone.occupy(&self.reserve(&node));
                if alone.choose(pod).is_ok() {
                    has_room = true;
                    fitting.push((node, instance, subnet));
                }
            }
        }
        if !is_wanted {
            return Err(format!(
                "incompatible with nodepool \"{name}\", incompatible requirements, {}",
                requirement(pod)
            ));
        }
        if !has_room {
            let (cpu, memory) = requests(pod);
            return Err(format!(
                "incompatible with nodepool \"{name}\", no instance type satisfied resources {{\"cpu\":\"{}\",\"memory\":\"{}\",\"pods\":\"1\"}}",
                field::cpu_quantity(cpu),
                field::memory_quantity(memory)
            ));
        }
        let limit = field::at(pool, "spec.limits.cpu").as_str().map(field::millicores);
        let used = self.used.iter_mut().find(|(own, _)| own == name);
        let Some((_, used)) = used else { return Err(String::new()) };
        let affordable = fitting
            .into_iter()
            .find(|(_, instance, _)| limit.is_none_or(|limit| (*used + instance.cpus) * 1000 <= limit));
        let Some((node, instance, subnet)) = affordable else {
            return Err(format!("all available instance types exceed limits for nodepool: \"{name}\""));
        };
        *used += instance.cpus;
        let reserved = self.reserve(&node);
        self.nodes.push(Virtual {
            node,
            pool: Some(Arc::clone(pool)),
            instance,
            subnet,
            pods: vec![reserved],
        });
        let index = self.nodes.len() - 1;
        self.keep(pod, index);
        Ok(index)
    }

    /// What the DaemonSets will take of a node, as if it were one pod.
    fn reserve(&self, node: &Value) -> Value {
        let (cpu, memory) = self.overhead;
        json!({"metadata": {"name": "daemons", "namespace": ""}, "spec": {"nodeName": field::name(node), "containers": [
            {"resources": {"requests": {"cpu": field::cpu_quantity(cpu), "memory": field::memory_quantity(memory)}}}]}})
    }

    /// The zones, those first that have the fewest pods which the pod wants to be spread from.
    fn subnets(&self, pod: &Value) -> Vec<u8> {
        let planned: Vec<&Value> = self.nodes.iter().flat_map(|own| &own.pods).collect();
        let zone_of_pod = |other: &Value| {
            let node =
                self.nodes.iter().find(|own| field::name(&own.node) == field::text(other, "spec.nodeName"));
            node.map_or_else(
                || field::label(other, ZONE).to_owned(),
                |own| field::label(&own.node, ZONE).to_owned(),
            )
        };
        let load = |subnet: u8| {
            let (zone, _) = zone_of(subnet);
            let constraints = field::list(pod, "spec.topologySpreadConstraints");
            let others = || self.placed.iter().chain(planned.iter().copied());
            let met = constraints.iter().map(|constraint| {
                others()
                    .filter(|other| {
                        field::namespace(other) == field::namespace(pod)
                            && zone_of_pod(other) == zone
                            && field::selects(field::at(constraint, "labelSelector"), other)
                    })
                    .count()
            });
            (met.sum::<usize>(), self.nodes.iter().filter(|own| own.subnet == subnet).count())
        };
        let mut subnets = vec![11, 12, 13];
        subnets.sort_by_key(|subnet| load(*subnet));
        subnets
    }
}

const ZONE: &str = "topology.kubernetes.io/zone";

/// The first requirement of a pod that has to do with nodes, in Karpenter's words.
fn requirement(pod: &Value) -> String {
    let selector = field::at(pod, "spec.nodeSelector").as_object().into_iter().flatten().next();
    match selector {
        Some((key, value)) => format!(
            "key {key}, {key} In [{}] not in the nodepool's requirements",
            value.as_str().unwrap_or_default()
        ),
        None => "node affinity does not match the nodepool's requirements".to_owned(),
    }
}

/// The machines that a pool may start, the smallest first.
fn instances(pool: &Value) -> Vec<Instance> {
    let requirements = field::list(pool, "spec.template.spec.requirements");
    let mut fitting: Vec<Instance> = INSTANCES
        .into_iter()
        .filter(|instance| {
            let labels = json!({
                "karpenter.k8s.aws/instance-family": instance.family(), "karpenter.k8s.aws/instance-cpu": instance.cpus.to_string(), "node.kubernetes.io/instance-type": instance.name,
                "karpenter.k8s.aws/instance-size": instance.size(), "karpenter.k8s.aws/instance-category": instance.family().get(..1),
            });
            requirements.iter().filter(|own| labels.get(field::text(own, "key")).is_some()).all(|own| field::meets(&labels, own))
        })
        .collect();
    fitting.sort_by_key(|instance| (instance.cpus, instance.memory));
    fitting
}

fn labels(cluster: &'static Cluster, pool: &Value, instance: Instance, subnet: u8) -> Value {
    let machine = crate::simulator::world::cluster::Machine {
        subnet,
        host: 0,
        instance,
        pool: cluster.pools.iter().find(|name| **name == field::name(pool)).copied(),
        capacity: capacity_of(pool),
        days: 0,
    };
    let mut labels = karpenter::claim_labels(cluster, &machine);
    let own = field::at(pool, "spec.template.metadata.labels").as_object();
    for (key, value) in own.into_iter().flatten() {
        if let Some(labels) = labels.as_object_mut() {
            labels.insert(key.clone(), value.clone());
        }
    }
    labels
}

fn virtual_node(name: &str, mut labels: Value, instance: Instance, taints: &Value) -> Value {
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("kubernetes.io/hostname".to_owned(), json!(name));
    }
    json!({"metadata": {"name": name, "labels": labels}, "spec": {"taints": taints}, "status": {"allocatable": capacity(instance, Allocatable::Yes)}})
}

/// What the DaemonSets that run everywhere ask of each node.
fn overhead(round: &Round<'_>) -> (i64, i64) {
    let sets = round.lister.list("daemonsets.apps", None, &Selection::all());
    sets.iter()
        .map(|set| requests(field::at(set, "spec.template")))
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}
