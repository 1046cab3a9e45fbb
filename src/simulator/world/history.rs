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

fn cron(inventory: &Inventory, cron: &Value, into: &mut Vec<Value>) {
    let Some(last) = field::time(cron, "status.lastScheduleTime") else { return };
    let name = format!("{}-{}", field::name(cron), last.as_second().div_euclid(60));
    for (seconds, reason, message) in [
        (0, "SuccessfulCreate", format!("Created job {name}")),
        (41, "SawCompletedJob", format!("Saw completed job: {name}, condition: Complete")),
    ] {
        let at = later(last, seconds);
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

fn complete(inventory: &Inventory, mut event: Value) -> Value {
    let uid = inventory.site().cluster.uid("Event", field::namespace(&event), field::name(&event));
    field::put(&mut event, "metadata.uid", json!(uid));
    event
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}
