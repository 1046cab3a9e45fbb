//! Node lifecycle: the kubelets' heartbeats, and what the control plane does when one falls silent.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::placement::tolerates;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The node lifecycle controller, together with the heartbeats it watches.
pub(super) struct NodeLifecycle;

const COMPONENT: &str = "node-controller";
/// Seconds without a heartbeat after which a node counts as lost.
const GRACE: i64 = 50;
/// Seconds between two renewals of a lease, while time passes by itself.
const RENEWAL: i64 = 10;
/// Seconds between two renewals on a clock that is advanced by hand: every step of it costs time.
const SLOW_RENEWAL: i64 = 300;
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

impl Controller for NodeLifecycle {
    fn resource(&self) -> &'static str {
        "nodes"
    }

    fn concerned(&self, _: &Changed, _: &Lister) -> Vec<Key> {
        Vec::new()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let node = round.lister.get(key)?;
        mark_cordoned(key, &node, round)?;
        if round.conducts.is_lost(&key.name) {
            return lose(key, &node, round);
        }
        if field::condition(&node, "Ready").is_null() {
            // Karpenter's node is still booting.
            return Ok(());
        }
        if is_unreachable(&node) {
            return recover(key, &node, round);
        }
        renew_lease(&node, round)?;
        heartbeat(key, &node, round)?;
        round.wake_after(if round.store.clock().is_running() { RENEWAL } else { SLOW_RENEWAL });
        Ok(())
    }
}

fn is_unreachable(node: &Value) -> bool {
    field::list(node, "spec.taints").iter().any(|taint| field::text(taint, "key") == UNREACHABLE)
}

/// A cordoned node carries the taint that says so.
fn mark_cordoned(key: &Key, node: &Value, round: &Round<'_>) -> Result<(), Status> {
    let is_cordoned = field::is_true(node, "spec.unschedulable");
    let is_tainted =
        field::list(node, "spec.taints").iter().any(|taint| field::text(taint, "key") == UNSCHEDULABLE);
    if is_cordoned == is_tainted {
        return Ok(());
    }
    let stamp = round.stamp();
    round.store.edit(key, |node| {
        remove_taint(node, UNSCHEDULABLE);
        if is_cordoned {
            field::push(
                node,
                "spec.taints",
                json!({"key": UNSCHEDULABLE, "effect": "NoSchedule", "timeAdded": stamp}),
            );
        }
        Ok(())
    })?;
    Ok(())
}

fn remove_taint(node: &mut Value, key: &str) {
    let kept: Vec<Value> = field::list(node, "spec.taints")
        .iter()
        .filter(|taint| field::text(taint, "key") != key)
        .cloned()
        .collect();
    if kept.is_empty() {
        field::drop_at(node, "spec.taints");
    } else {
        field::put(node, "spec.taints", Value::Array(kept));
    }
}

fn lease_key(node: &Value) -> Key {
    Key::namespaced("leases.coordination.k8s.io", "kube-node-lease", field::name(node))
}

fn renew_lease(node: &Value, round: &Round<'_>) -> Result<(), Status> {
    let now = field::micro_stamp(round.now);
    let renewed = round.store.edit(&lease_key(node), |lease| {
        field::put(lease, "spec.renewTime", json!(now));
        Ok(())
    });
    if renewed.is_err() {
        round.store.create(&json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": field::name(node), "namespace": "kube-node-lease", "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": field::name(node), "uid": field::uid(node)}]},
            "spec": {"holderIdentity": field::name(node), "leaseDurationSeconds": 40, "renewTime": now},
        }))?;
    }
    Ok(())
}

/// The kubelet posts its whole status every five minutes even when nothing changed.
fn heartbeat(key: &Key, node: &Value, round: &Round<'_>) -> Result<(), Status> {
    let last = field::time(field::condition(node, "Ready"), "lastHeartbeatTime");
    if last.is_some_and(|last| round.now.duration_since(last) < SignedDuration::from_mins(5)) {
        return Ok(());
    }
    let stamp = round.stamp();
    round.store.edit(key, |node| {
        for condition in field::list_mut(node, "status.conditions") {
            field::put(condition, "lastHeartbeatTime", json!(stamp));
        }
        Ok(())
    })?;
    Ok(())
}

/// A silent node becomes unknown, is tainted, and loses the pods that do not tolerate it for longer.
fn lose(key: &Key, node: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let heard = round
        .lister
        .get(&lease_key(node))
        .ok()
        .and_then(|lease| field::time(&lease, "spec.renewTime"))
        .unwrap_or(round.now);
    let due = later(heard, GRACE);
    if round.now < due {
        round.wake_at(due);
        return Ok(());
    }
    if !is_unreachable(node) {
        let stamp = round.stamp();
        round.store.edit(key, |node| {
            for kind in ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] {
                let mut condition = field::condition(node, kind).clone();
                for (part, value) in [
                    ("status", "Unknown"),
                    ("reason", "NodeStatusUnknown"),
                    ("message", "Kubelet stopped posting node status."),
                    ("lastTransitionTime", stamp.as_str()),
                ] {
                    field::put(&mut condition, part, json!(value));
                }
                field::set_condition(node, condition);
            }
            for effect in ["NoSchedule", "NoExecute"] {
                field::push(
                    node,
                    "spec.taints",
                    json!({"key": UNREACHABLE, "effect": effect, "timeAdded": stamp}),
                );
            }
            Ok(())
        })?;
        round.note(
            node,
            COMPONENT,
            "NodeNotReady",
            format!("Node {} status is now: NodeNotReady", field::name(node)),
        );
    }
    evict(node, round)
}

fn evict(node: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let node = round.lister.get(&Key::cluster("nodes", field::name(node)))?;
    let since = field::list(&node, "spec.taints")
        .iter()
        .find(|taint| field::text(taint, "key") == UNREACHABLE && field::text(taint, "effect") == "NoExecute")
        .and_then(|taint| field::time(taint, "timeAdded"))
        .unwrap_or(round.now);
    let Ok(own) = Selection::parse("", &format!("spec.nodeName={}", field::name(&node))) else {
        return Ok(());
    };
    for (pod_key, pod) in round.lister.entries("pods", None, &own) {
        if pod::is_terminating(&pod) || pod::is_finished(&pod) {
            continue;
        }
        if pod::is_ready(&pod) {
            let stamp = round.stamp();
            round.store.edit(&pod_key, |pod| {
                field::set_condition(pod, json!({"type": "Ready", "status": "False", "lastProbeTime": null, "lastTransitionTime": stamp}));
                Ok(())
            })?;
            round.warn(&pod, COMPONENT, "NodeNotReady", "Node is not ready".to_owned());
        }
        let Some(seconds) = tolerated_for(&pod) else { continue };
        let due = later(since, seconds);
        if round.now >= due {
            round.note(
                &pod,
                "taint-eviction-controller",
                "TaintManagerEviction",
                format!("Marking for deletion Pod {}/{}", field::namespace(&pod), field::name(&pod)),
            );
            round.delete(&pod_key)?;
        } else {
            round.wake_at(due);
        }
    }
    Ok(())
}

/// Seconds a pod stays on an unreachable node; `None` for ever.
fn tolerated_for(pod: &Value) -> Option<i64> {
    if !tolerates(pod, UNREACHABLE, "", "NoExecute") {
        return Some(0);
    }
    let own = field::list(pod, "spec.tolerations")
        .iter()
        .filter(|toleration| matches!(field::text(toleration, "key"), "" | UNREACHABLE));
    own.map(|toleration| field::at(toleration, "tolerationSeconds").as_i64())
        .try_fold(0, |longest, seconds| seconds.map(|seconds| longest.max(seconds)))
}

fn recover(key: &Key, node: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    renew_lease(node, round)?;
    let stamp = round.stamp();
    round.store.edit(key, |node| {
        remove_taint(node, UNREACHABLE);
        for (kind, status, reason, message) in [
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ] {
            field::set_condition(node, json!({"type": kind, "status": status, "lastHeartbeatTime": stamp, "lastTransitionTime": stamp, "reason": reason, "message": message}));
        }
        Ok(())
    })?;
    round.note(node, "kubelet", "NodeReady", format!("Node {} status is now: NodeReady", field::name(node)));
    let Ok(own) = Selection::parse("", &format!("spec.nodeName={}", field::name(node))) else {
        return Ok(());
    };
    for key in round.lister.keys("pods", None, &own) {
        let now = round.now;
        round.store.edit(&key, |pod| {
            if !pod::is_finished(pod) {
                pod::conditions(pod, now);
            }
            Ok(())
        })?;
    }
    Ok(())
}
