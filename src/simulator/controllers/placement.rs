//! Which node a pod goes to, and, when it fits nowhere, why: the scheduler's decision as a pure function.

use std::collections::BTreeMap;

use serde_json::Value;

use super::affinity::Affinity;
use crate::simulator::world::field;

/// What of a node is given away, kept while many pods are placed.
#[derive(Clone, Debug, Default)]
pub struct Occupied {
    cpu: i64,
    memory: i64,
    pods: i64,
}

/// The nodes of a cluster and what runs on them.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    nodes: BTreeMap<String, (Value, Occupied)>,
    /// Pods per (namespace, selector as text) and zone: what spreading looks at.
    spread: BTreeMap<(String, String), BTreeMap<String, i64>>,
    /// Spread constraints met so far, so that pods are counted for the right ones.
    constraints: Vec<(String, String, Value)>,
    /// Zones the volumes of the pod at hand are in; none when it may go anywhere.
    zones: Vec<String>,
    /// What other pods mean for the pod at hand.
    affinity: Affinity,
}

impl Placement {
    /// The nodes, empty.
    pub fn new<'a>(nodes: impl IntoIterator<Item = &'a Value>) -> Self {
        let nodes = nodes
            .into_iter()
            .map(|node| (field::name(node).to_owned(), (node.clone(), Occupied::default())))
            .collect();
        Self { nodes, ..Self::default() }
    }

    /// Counts a pod that has a node.
    pub fn occupy(&mut self, pod: &Value) {
        let (cpu, memory) = requests(pod);
        let name = field::text(pod, "spec.nodeName");
        let Some((node, occupied)) = self.nodes.get_mut(name) else { return };
        occupied.cpu += cpu;
        occupied.memory += memory;
        occupied.pods += 1;
        let zone = field::label(node, ZONE).to_owned();
        for (namespace, key, selector) in &self.constraints {
            if namespace == field::namespace(pod) && field::selects(selector, pod) {
                *self
                    .spread
                    .entry((namespace.clone(), key.clone()))
                    .or_default()
                    .entry(zone.clone())
                    .or_default() += 1;
            }
        }
    }

    /// Makes the spread constraints of a pod count from now on, over the pods already placed.
    pub fn watch_spread<'a>(&mut self, pod: &Value, placed: impl IntoIterator<Item = &'a Value>) {
        let mut fresh = Vec::new();
        for constraint in field::list(pod, "spec.topologySpreadConstraints") {
            let selector = field::at(constraint, "labelSelector");
            let known = (field::namespace(pod).to_owned(), selector.to_string());
            if !self.constraints.iter().any(|(namespace, key, _)| (namespace, key) == (&known.0, &known.1)) {
                self.constraints.push((known.0.clone(), known.1.clone(), selector.clone()));
                fresh.push((known, selector.clone()));
            }
        }
        if fresh.is_empty() {
            return;
        }
        for other in placed {
            let Some((node, _)) = self.nodes.get(field::text(other, "spec.nodeName")) else { continue };
            for (known, selector) in &fresh {
                if known.0 == field::namespace(other) && field::selects(selector, other) {
                    *self
                        .spread
                        .entry(known.clone())
                        .or_default()
                        .entry(field::label(node, ZONE).to_owned())
                        .or_default() += 1;
                }
            }
        }
    }

    /// Says in which zones the volumes of the pod at hand are: only there it can use them.
    pub fn bind_to_zones(&mut self, zones: Vec<String>) {
        self.zones = zones;
    }

    /// Makes what the pod at hand and the pods already placed ask of each other count.
    pub fn heed_others<'a>(
        &mut self,
        pod: &Value,
        placed: impl IntoIterator<Item = &'a Value>,
        namespaces: &[impl AsRef<Value>],
    ) {
        let nodes = self.nodes.iter().map(|(name, (node, _))| (name.as_str(), node)).collect();
        self.affinity = Affinity::of(pod, &nodes, placed, namespaces);
    }

    /// The node for a pod, or the scheduler's message why there is none.
    ///
    /// # Errors
    /// When no node fits; the text is the scheduler's own, with the count of nodes per reason.
    pub fn choose(&self, pod: &Value) -> Result<String, String> {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let mut best: Option<((i64, i64, i64), &str)> = None;
        for (name, (node, occupied)) in &self.nodes {
            match self.obstacle(pod, node, occupied) {
                Some(obstacles) => {
                    for reason in obstacles {
                        *reasons.entry(reason).or_default() += 1;
                    }
                }
                None => {
                    let zone_load = self.zone_load(pod, field::label(node, ZONE));
                    let cpu = field::millicores(field::text(node, "status.allocatable.cpu")).max(1);
                    let score = (zone_load, occupied.cpu * 1000 / cpu, occupied.pods);
                    if best.as_ref().is_none_or(|(least, _)| score < *least) {
                        best = Some((score, name));
                    }
                }
            }
        }
        best.map(|(_, name)| name.to_owned()).ok_or_else(|| message(self.nodes.len(), &reasons))
    }

    fn zone_load(&self, pod: &Value, zone: &str) -> i64 {
        field::list(pod, "spec.topologySpreadConstraints")
            .iter()
            .map(|constraint| self.count(pod, constraint).get(zone).copied().unwrap_or_default())
            .sum()
    }

    fn count(&self, pod: &Value, constraint: &Value) -> BTreeMap<String, i64> {
        let key = (field::namespace(pod).to_owned(), field::at(constraint, "labelSelector").to_string());
        self.spread.get(&key).cloned().unwrap_or_default()
    }

    /// Why a pod may not go to a node. The filters are asked in the scheduler's order and the first that refuses speaks.
    fn obstacle(&self, pod: &Value, node: &Value, occupied: &Occupied) -> Option<Vec<String>> {
        if field::is_true(node, "spec.unschedulable")
            && !tolerates(pod, "node.kubernetes.io/unschedulable", "", "NoSchedule")
        {
            return Some(vec!["node(s) were unschedulable".to_owned()]);
        }
        if untolerated(pod, node).is_some() {
            return Some(vec!["node(s) had untolerated taint(s)".to_owned()]);
        }
        if !wants(pod, node) {
            return Some(vec!["node(s) didn't match Pod's node affinity/selector".to_owned()]);
        }
        let (cpu, memory) = requests(pod);
        let allocatable = |resource: &str| {
            field::at(node, "status.allocatable").get(resource).and_then(Value::as_str).unwrap_or_default()
        };
        let mut lacking = Vec::new();
        if occupied.pods + 1 > allocatable("pods").parse().unwrap_or(110) {
            lacking.push("Too many pods".to_owned());
        }
        if cpu > 0 && occupied.cpu + cpu > field::millicores(allocatable("cpu")) {
            lacking.push("Insufficient cpu".to_owned());
        }
        if memory > 0 && occupied.memory + memory > field::bytes(allocatable("memory")) {
            lacking.push("Insufficient memory".to_owned());
        }
        if !lacking.is_empty() {
            return Some(lacking);
        }
        if !self.zones.is_empty() && !self.zones.iter().any(|zone| zone == field::label(node, ZONE)) {
            return Some(vec!["node(s) didn't match PersistentVolume's node affinity".to_owned()]);
        }
        if self.skews(pod, node) {
            return Some(vec!["node(s) didn't match pod topology spread constraints".to_owned()]);
        }
        self.affinity.obstacle(node).map(|obstacle| vec![obstacle.to_owned()])
    }

    fn skews(&self, pod: &Value, node: &Value) -> bool {
        let zones: Vec<String> = self
            .nodes
            .values()
            .filter(|(node, _)| wants(pod, node) && untolerated(pod, node).is_none())
            .map(|(node, _)| field::label(node, ZONE).to_owned())
            .collect();
        field::list(pod, "spec.topologySpreadConstraints")
            .iter()
            .filter(|constraint| field::text(constraint, "whenUnsatisfiable") == "DoNotSchedule")
            .any(|constraint| {
                let count = self.count(pod, constraint);
                let of = |zone: &str| count.get(zone).copied().unwrap_or_default();
                let least = zones.iter().map(|zone| of(zone)).min().unwrap_or_default();
                of(field::label(node, ZONE)) + 1 - least > field::number(constraint, "maxSkew").max(1)
            })
    }
}

const ZONE: &str = "topology.kubernetes.io/zone";

/// The message of `FailedScheduling`: nodes per reason, sorted, and what preemption would do.
fn message(nodes: usize, reasons: &BTreeMap<String, usize>) -> String {
    if nodes == 0 {
        return "no nodes available to schedule pods".to_owned();
    }
    let mut parts: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.sort();
    // Removing pods helps against lack of room and against skew, never against taints and affinity.
    let unresolvable = [
        "unschedulable",
        "taint(s)",
        "affinity/selector",
        "PersistentVolume's node affinity",
        "pod affinity rules",
    ];
    let hopeless: usize = reasons
        .iter()
        .filter(|(reason, _)| unresolvable.iter().any(|end| reason.ends_with(end)))
        .map(|(_, count)| count)
        .sum();
    let victims = nodes.saturating_sub(hopeless);
    let mut preemption = Vec::new();
    if victims > 0 {
        preemption.push(format!("{victims} No preemption victims found for incoming pod"));
    }
    if hopeless > 0 {
        preemption.push(format!("{hopeless} Preemption is not helpful for scheduling"));
    }
    preemption.sort();
    format!(
        "0/{nodes} nodes are available: {}. preemption: 0/{nodes} nodes are available: {}.",
        parts.join(", "),
        preemption.join(", ")
    )
}

/// CPU (milli-units) and memory (bytes) a pod requests.
pub fn requests(pod: &Value) -> (i64, i64) {
    field::list(pod, "spec.containers").iter().fold((0, 0), |(cpu, memory), container| {
        (
            cpu + field::millicores(field::text(container, "resources.requests.cpu")),
            memory + field::bytes(field::text(container, "resources.requests.memory")),
        )
    })
}

fn untolerated<'a>(pod: &Value, node: &'a Value) -> Option<&'a Value> {
    field::list(node, "spec.taints").iter().find(|taint| {
        let effect = field::text(taint, "effect");
        effect != "PreferNoSchedule"
            && !tolerates(pod, field::text(taint, "key"), field::text(taint, "value"), effect)
    })
}

/// Whether a pod tolerates a taint.
pub fn tolerates(pod: &Value, key: &str, value: &str, effect: &str) -> bool {
    field::list(pod, "spec.tolerations").iter().any(|toleration| {
        let (own_key, own_effect) = (field::text(toleration, "key"), field::text(toleration, "effect"));
        let exists = field::text(toleration, "operator") == "Exists";
        (own_effect.is_empty() || own_effect == effect)
            && ((own_key.is_empty() && exists)
                || (own_key == key && (exists || field::text(toleration, "value") == value)))
    })
}

/// Whether a pod's node selector and required affinity accept a node.
pub fn wants(pod: &Value, node: &Value) -> bool {
    let labels = field::at(node, "metadata.labels");
    let selected =
        field::at(pod, "spec.nodeSelector").as_object().is_none_or(|wanted| field::contains(labels, wanted));
    let terms = field::list(
        pod,
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
    );
    selected
        && (terms.is_empty()
            || terms.iter().any(|term| {
                field::list(term, "matchExpressions")
                    .iter()
                    .all(|expression| field::meets(labels, expression))
                    && field::list(term, "matchFields").iter().all(|wanted| {
                        field::list(wanted, "values")
                            .iter()
                            .any(|value| value.as_str() == Some(field::name(node)))
                    })
            }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(name: &str, cpu: &str, taints: Value) -> Value {
        json!({"metadata": {"name": name, "labels": {ZONE: format!("zone-{name}")}}, "spec": {"taints": taints}, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
    }

    fn pod(cpu: &str) -> Value {
        json!({"metadata": {"name": "p", "namespace": "n", "labels": {"app": "web"}}, "spec": {"containers": [{"resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]}})
    }

    #[test]
    fn a_pod_goes_to_the_emptiest_node_that_takes_it() {
        let nodes = [
            node("a", "2", json!([])),
            node("b", "2", json!([])),
            node("c", "8", json!([{"key": "only", "value": "system", "effect": "NoSchedule"}])),
        ];
        let mut placement = Placement::new(&nodes);
        let mut first = pod("1");
        assert_eq!(placement.choose(&first).as_deref(), Ok("a"));
        field::put(&mut first, "spec.nodeName", json!("a"));
        placement.occupy(&first);
        assert_eq!(placement.choose(&pod("1")).as_deref(), Ok("b"));
    }

    #[test]
    fn the_refusal_counts_the_nodes_per_reason_in_the_schedulers_words() {
        let nodes = [
            node("a", "1", json!([])),
            node("b", "1", json!([])),
            node("c", "8", json!([{"key": "CriticalAddonsOnly", "value": "true", "effect": "NoSchedule"}])),
        ];
        let why = Placement::new(&nodes).choose(&pod("4")).unwrap_err();
        assert_eq!(
            why,
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. \
             preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."
        );
        assert_eq!(
            Placement::default().choose(&pod("1")).unwrap_err(),
            "no nodes available to schedule pods"
        );
    }

    #[test]
    fn a_pod_follows_its_volume_into_its_zone() {
        let nodes = [node("a", "1", json!([])), node("b", "8", json!([]))];
        let mut placement = Placement::new(&nodes);
        placement.bind_to_zones(vec!["zone-a".to_owned()]);
        assert_eq!(placement.choose(&pod("1")).as_deref(), Ok("a"));
        placement.bind_to_zones(vec!["zone-c".to_owned()]);
        let why = placement.choose(&pod("1")).unwrap_err();
        assert!(why.starts_with(
            "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. preemption: 0/2 nodes are \
             available: 2 Preemption is not helpful"
        ));
    }

    #[test]
    fn a_strict_spread_keeps_the_zones_level() {
        let nodes = [node("a", "8", json!([])), node("b", "2", json!([]))];
        let mut placement = Placement::new(&nodes);
        let mut wanted = pod("1");
        field::put(
            &mut wanted,
            "spec.topologySpreadConstraints",
            json!([{"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]),
        );
        placement.watch_spread(&wanted, []);
        for _ in 0..4 {
            let chosen = placement.choose(&wanted).unwrap();
            field::put(&mut wanted, "spec.nodeName", json!(chosen));
            placement.occupy(&wanted);
        }
        // Both zones hold two; zone b is full, and a third in zone a would skew by two only after that.
        assert_eq!(placement.choose(&wanted).as_deref(), Ok("a"));
        field::put(&mut wanted, "spec.nodeName", json!("a"));
        placement.occupy(&wanted);
        assert!(
            placement
                .choose(&wanted)
                .unwrap_err()
                .contains("1 node(s) didn't match pod topology spread constraints")
        );
    }
}
