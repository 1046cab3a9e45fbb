//! A day's worth of events, nearly all of them normal.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::simulator::controllers::event::{Remark, event};
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;

/// Events the API server still keeps are at most this many minutes old: a day, as its `--event-ttl` was raised to.
pub const KEPT_MINUTES: i64 = 24 * 60;

/// Adds what the components of a quiet cluster have said in the day that events are kept.
pub fn install(inventory: &mut Inventory) {
    let mut events = Vec::new();
    for object in inventory.objects() {
        match field::kind(object) {
            "Pod" => pod_life(inventory, object, &mut events),
            "CronJob" => cron(inventory, object, &mut events),
            "Deployment" | "ReplicaSet" => rollout(inventory, object, &mut events),
            "HorizontalPodAutoscaler" => autoscaling(inventory, object, &mut events),
            "ExternalSecret" => series(
                inventory,
                object,
                ("Updated", "secret updated", "external-secrets"),
                7,
                34,
                &mut events,
            ),
            "NodePool" => series(
                inventory,
                object,
                (
                    "Ready",
                    "Status condition transitioned, Type: Ready, Status: Unknown -> True, Reason: Ready",
                    "karpenter",
                ),
                52,
                1,
                &mut events,
            ),
            "NodeClaim" => series(
                inventory,
                object,
                ("DisruptionBlocked", "Node is nominated for a pending pod", "karpenter"),
                41,
                3,
                &mut events,
            ),
            "Node" => series(
                inventory,
                object,
                (
                    "RegisteredNode",
                    &format!("Node {0} event: Registered Node {0} in Controller", field::name(object)),
                    "node-controller",
                ),
                47,
                1,
                &mut events,
            ),
            "Ingress" => series(
                inventory,
                object,
                ("Sync", "Scheduled for sync", "nginx-ingress-controller"),
                23,
                5,
                &mut events,
            ),
            "Application" if field::name(object).starts_with("myapp-") => {
                let message = "Partial update: Updated sync status: Synced -> OutOfSync -> Synced";
                series(
                    inventory,
                    object,
                    ("ResourceUpdated", message, "argocd-application-controller"),
                    18,
                    1,
                    &mut events,
                );
            }
            _ => {}
        }
    }
    for event in events {
        inventory.keep(event);
    }
}

fn series(
    inventory: &Inventory,
    about: &Value,
    (reason, message, component): (&str, &str, &str),
    minutes: i64,
    count: i64,
    into: &mut Vec<Value>,
) {
    let site = inventory.site();
    let remark = Remark { about, kind: "Normal", reason, message: message.to_owned(), component, host: "" };
    into.push(complete(
        inventory,
        event(&remark, site.minutes_ago(minutes + count * 10), site.minutes_ago(minutes), count),
    ));
}

/// What was said when a young pod started; and now and then a probe that failed once.
fn pod_life(inventory: &Inventory, pod: &Value, into: &mut Vec<Value>) {
    let Some(born) = field::time(pod, "metadata.creationTimestamp") else { return };
    let site = inventory.site();
    let node = field::text(pod, "spec.nodeName");
    if site.now.duration_since(born).as_mins() <= KEPT_MINUTES {
        for (seconds, remark) in start_remarks(pod, node) {
            let at = later(born, seconds);
            into.push(complete(inventory, event(&remark, at, at, 1)));
        }
    }
    if field::name(pod).starts_with("prometheus-kps-0") {
        let message = "Readiness probe failed: Get \"http://10.0.11.70:9090/-/ready\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned();
        let remark = Remark {
            about: pod,
            kind: "Warning",
            reason: "Unhealthy",
            message,
            component: "kubelet",
            host: node,
        };
        into.push(complete(inventory, event(&remark, site.minutes_ago(58), site.minutes_ago(57), 2)));
    }
}

/// The remarks of scheduler and kubelet on a pod that starts without trouble, with seconds since its birth.
pub fn start_remarks<'a>(pod: &'a Value, node: &'a str) -> Vec<(i64, Remark<'a>)> {
    let kubelet = |reason: &'a str, message: String| Remark {
        about: pod,
        kind: "Normal",
        reason,
        message,
        component: "kubelet",
        host: node,
    };
    let assigned = format!("Successfully assigned {}/{} to {node}", field::namespace(pod), field::name(pod));
    let mut out = vec![(
        0,
        Remark {
            about: pod,
            kind: "Normal",
            reason: "Scheduled",
            message: assigned,
            component: "default-scheduler",
            host: "",
        },
    )];
    for container in field::list(pod, "spec.containers") {
        let image = field::text(container, "image");
        out.push((
            1,
            kubelet(
                "Pulled",
                format!(
                    "Container image \"{image}\" already present on machine and can be accessed by the pod"
                ),
            ),
        ));
        out.push((2, kubelet("Created", "Container created".to_owned())));
        out.push((3, kubelet("Started", "Container started".to_owned())));
    }
    out
}

/// What was said at each of the last day's hours.
fn cron(inventory: &Inventory, cron: &Value, into: &mut Vec<Value>) {
    let Some(last) = field::time(cron, "status.lastScheduleTime") else { return };
    for hour in 0..24 {
        let start = later(last, -3600 * hour);
        let name = format!("{}-{}", field::name(cron), start.as_second().div_euclid(60));
        let finished = format!("Saw completed job: {name}, condition: Complete");
        let mut said =
            vec![(0, "SuccessfulCreate", format!("Created job {name}")), (41, "SawCompletedJob", finished)];
        if hour >= 3 {
            said.push((42, "SuccessfulDelete", format!("Deleted job {}", expired(cron, start))));
        }
        for (seconds, reason, message) in said {
            let at = later(start, seconds);
            let remark = Remark {
                about: cron,
                kind: "Normal",
                reason,
                message,
                component: "cronjob-controller",
                host: "",
            };
            into.push(complete(inventory, event(&remark, at, at, 1)));
        }
    }
}

/// The Job that had to go when another one finished: the history keeps three.
fn expired(cron: &Value, start: Timestamp) -> String {
    format!("{}-{}", field::name(cron), later(start, -3 * 3600).as_second().div_euclid(60))
}

/// What was said when a workload was rolled within the last day.
fn rollout(inventory: &Inventory, object: &Value, into: &mut Vec<Value>) {
    let site = inventory.site();
    if field::kind(object) == "Deployment" {
        let Some(done) = field::time(field::condition(object, "Progressing"), "lastUpdateTime") else {
            return;
        };
        let replicas = field::number(object, "spec.replicas");
        if site.now.duration_since(done).as_mins() > KEPT_MINUTES {
            return;
        }
        let condition = field::text(field::condition(object, "Progressing"), "message");
        let set = condition.split('"').nth(1).unwrap_or_default();
        for step in 1..=replicas {
            let at = later(done, 8 * (step - replicas) - 20);
            let message = format!("Scaled up replica set {set} from {} to {step}", step - 1);
            let component = "deployment-controller";
            let remark = Remark {
                about: object,
                kind: "Normal",
                reason: "ScalingReplicaSet",
                message,
                component,
                host: "",
            };
            into.push(complete(inventory, event(&remark, at, at, 1)));
        }
        return;
    }
    let born = field::time(object, "metadata.creationTimestamp").unwrap_or(site.now);
    if field::number(object, "spec.replicas") == 0 || site.now.duration_since(born).as_mins() > KEPT_MINUTES {
        return;
    }
    let own = inventory
        .of_kind("Pod")
        .filter(|pod| field::controller_of(pod).is_some_and(|(_, _, uid)| uid == field::uid(object)));
    for pod in own {
        let at = field::time(pod, "metadata.creationTimestamp").unwrap_or(born);
        let message = format!("Created pod: {}", field::name(pod));
        let component = "replicaset-controller";
        let remark = Remark {
            about: object,
            kind: "Normal",
            reason: "SuccessfulCreate",
            message,
            component,
            host: "",
        };
        into.push(complete(inventory, event(&remark, at, at, 1)));
    }
}

/// Up in the morning, down in the evening, and back to where the day found it.
fn autoscaling(inventory: &Inventory, object: &Value, into: &mut Vec<Value>) {
    let site = inventory.site();
    let now = field::number(object, "status.currentReplicas");
    for (minutes, size, why) in [
        (1120, now - 1, "All metrics below target"),
        (310, now + 1, "cpu resource utilization (percentage of request) above target"),
        (95, now, "All metrics below target"),
    ] {
        let message = format!("New size: {size}; reason: {why}");
        let component = "horizontal-pod-autoscaler";
        let remark = Remark {
            about: object,
            kind: "Normal",
            reason: "SuccessfulRescale",
            message,
            component,
            host: "",
        };
        let at = site.minutes_ago(minutes);
        into.push(complete(inventory, event(&remark, at, at, 1)));
    }
}

fn complete(inventory: &Inventory, mut event: Value) -> Value {
    let uid = inventory.site().cluster.uid("Event", field::namespace(&event), field::name(&event));
    field::put(&mut event, "metadata.uid", json!(uid));
    event
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}
