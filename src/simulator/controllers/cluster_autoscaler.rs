//! Cluster Autoscaler, where somebody runs it: it enlarges a node group for pods that the scheduler has refused, says so,
//! and writes its status as releases from 1.30 on do. Its group is played by nobody: the node does not come.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// Cluster Autoscaler.
pub(super) struct ClusterAutoscaler;

const COMPONENT: &str = "cluster-autoscaler";
const NAMESPACE: &str = "kube-system";
/// Seconds between two looks (`--scan-interval`).
const SCAN: i64 = 10;
/// The argument that names its group: `--nodes=MIN:MAX:NAME`.
const NODES: &str = "--nodes=";

impl Controller for ClusterAutoscaler {
    fn resource(&self) -> &'static str {
        "deployments.apps"
    }

    fn concerned(&self, _: &Changed, _: &Lister) -> Vec<Key> {
        Vec::new()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        if &*key.name != COMPONENT || key.namespace.as_deref() != Some(NAMESPACE) {
            return Ok(());
        }
        let own = round.lister.get(key)?;
        if field::number(&own, "status.availableReplicas") == 0 {
            return Ok(());
        }
        let Some(group) = Group::of(&own) else { return Ok(()) };
        round.wake_after(SCAN);
        let waiting = waiting(round);
        for pod in &waiting {
            let message = format!(
                "pod triggered scale-up: [{{{} {}->{} (max: {})}}]",
                group.name,
                group.least,
                group.least + 1,
                group.most
            );
            if !is_told(pod, round) {
                round.note(pod, COMPONENT, "TriggeredScaleUp", message);
            }
        }
        write(&group, !waiting.is_empty(), round)
    }
}

/// The node group that it may enlarge.
struct Group {
    name: String,
    least: i64,
    most: i64,
}

impl Group {
    fn of(own: &Value) -> Option<Self> {
        let containers = field::list(own, "spec.template.spec.containers").iter();
        let mut arguments = containers.flat_map(|container| {
            field::list(container, "args").iter().chain(field::list(container, "command"))
        });
        let nodes = arguments.find_map(|argument| argument.as_str()?.strip_prefix(NODES))?;
        let mut parts = nodes.splitn(3, ':');
        Some(Self {
            least: parts.next()?.parse().ok()?,
            most: parts.next()?.parse().ok()?,
            name: parts.next()?.to_owned(),
        })
    }
}

/// Pods that the scheduler has refused.
fn waiting(round: &Round<'_>) -> Vec<Arc<Value>> {
    let Ok(unplaced) = Selection::parse("", "spec.nodeName=") else { return Vec::new() };
    let pods = round.lister.list("pods", None, &unplaced).into_iter();
    pods.filter(|pod| {
        field::text(field::condition(pod, "PodScheduled"), "reason") == "Unschedulable"
            && !pod::is_terminating(pod)
            && !pod::is_finished(pod)
    })
    .collect()
}

fn is_told(pod: &Value, round: &Round<'_>) -> bool {
    let events = round.lister.list("events", Some(field::namespace(pod)), &Selection::all());
    events.iter().any(|event| {
        field::text(event, "reason") == "TriggeredScaleUp"
            && field::text(event, "involvedObject.uid") == field::uid(pod)
    })
}

/// Writes the status as 1.30 and later do (`clusterstate/api/types.go`).
fn write(group: &Group, is_needed: bool, round: &Round<'_>) -> Result<(), Status> {
    let stamp = round.stamp();
    let nodes = round.lister.list("nodes", None, &Selection::all());
    let ready = nodes.iter().filter(|node| field::condition_is_true(node, "Ready")).count();
    let total = nodes.len();
    let target = group.least + i64::from(is_needed);
    let up = if is_needed { "InProgress" } else { "NoActivity" };
    let status = format!(
        "time: {stamp}\nautoscalerStatus: Running\nclusterWide:\n  health:\n    status: Healthy\n    nodeCounts:\n      registered:\n        \
         total: {total}\n        ready: {ready}\n        notStarted: 0\n      longUnregistered: 0\n      unregistered: 0\n    lastProbeTime: \
         \"{stamp}\"\n  scaleUp:\n    status: {up}\n    lastProbeTime: \"{stamp}\"\n  scaleDown:\n    status: NoCandidates\n    \
         lastProbeTime: \"{stamp}\"\nnodeGroups:\n- name: {name}\n  health:\n    status: Healthy\n    nodeCounts:\n      registered:\n        \
         total: {least}\n        ready: {least}\n        notStarted: 0\n      longUnregistered: 0\n      unregistered: 0\n    \
         cloudProviderTarget: {target}\n    minSize: {least}\n    maxSize: {most}\n    lastProbeTime: \"{stamp}\"\n  scaleUp:\n    status: \
         {up}\n    lastProbeTime: \"{stamp}\"\n  scaleDown:\n    status: NoCandidates\n    lastProbeTime: \"{stamp}\"\n",
        name = group.name,
        least = group.least,
        most = group.most,
    );
    let key = Key::namespaced("configmaps", NAMESPACE, "cluster-autoscaler-status");
    let made = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"status": status},
        "metadata": {"name": &*key.name, "namespace": NAMESPACE, "annotations": {"cluster-autoscaler.kubernetes.io/last-updated": stamp}}});
    match round.store.create(&made) {
        Err(refused) if refused.reason == "AlreadyExists" => {
            round.store.edit(&key, |present| {
                field::put(present, "data.status", json!(status));
                field::annotate(present, "cluster-autoscaler.kubernetes.io/last-updated", stamp.as_str());
                Ok(())
            })?;
            Ok(())
        }
        other => other.map(|_| ()),
    }
}
