//! The scheduler: gives pending pods a node, or says why it cannot.

use std::sync::Arc;

use serde_json::Value;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::event::Remark;
use crate::simulator::controllers::placement::Placement;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{ChangeKind, Key, Selection};
use crate::simulator::world::field;

/// The default scheduler.
pub(super) struct Scheduler;

/// Seconds until a pod that fits nowhere is tried again although nothing changed.
const RETRY: i64 = 300;

impl Controller for Scheduler {
    fn resource(&self) -> &'static str {
        "pods"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        let frees_room = (changed.is("pods") && changed.kind == ChangeKind::Deleted) || changed.is("nodes");
        if !frees_room {
            return Vec::new();
        }
        let Ok(unplaced) = Selection::parse("", "spec.nodeName=") else { return Vec::new() };
        lister.keys("pods", None, &unplaced)
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        if round.store.object(key)?.field("spec.nodeName").is_some_and(|node| !node.is_empty()) {
            return Ok(());
        }
        let pod = round.lister.get(key)?;
        if pod::is_terminating(&pod) || pod::is_finished(&pod) {
            return Ok(());
        }
        let nodes: Vec<_> = round.lister.list("nodes", None, &Selection::all()).into_iter().collect();
        let pods: Vec<_> = round
            .lister
            .list("pods", None, &Selection::all())
            .into_iter()
            .filter(|pod| !pod::is_finished(pod))
            .collect();
        let mut placement = Placement::new(nodes.iter().map(Arc::as_ref));
        for other in &pods {
            placement.occupy(other);
        }
        placement.watch_spread(&pod, pods.iter().map(Arc::as_ref));
        placement.bind_to_zones(volume_zones(&pod, round));
        let namespaces = round.lister.list("namespaces", None, &Selection::all());
        placement.heed_others(&pod, pods.iter().map(Arc::as_ref), &namespaces);
        let name = format!("{}/{}", field::namespace(&pod), field::name(&pod));
        match placement.choose(&pod) {
            Ok(node) => {
                let zone = nodes
                    .iter()
                    .find(|candidate| field::name(candidate) == node)
                    .map(|node| field::label(node, "topology.kubernetes.io/zone").to_owned())
                    .unwrap_or_default();
                let now = round.now;
                let placed = round.store.edit(key, |pod| {
                    pod::assign(pod, &node, now);
                    field::set_label(pod, "topology.kubernetes.io/region", "us-east-1");
                    field::set_label(pod, "topology.kubernetes.io/zone", zone.as_str());
                    Ok(())
                })?;
                round.say(&Remark {
                    about: &placed,
                    kind: "Normal",
                    reason: "Scheduled",
                    message: format!("Successfully assigned {name} to {node}"),
                    component: "default-scheduler",
                    host: "",
                });
            }
            Err(why) => {
                let known = field::text(field::condition(&pod, "PodScheduled"), "message").to_owned();
                let now = round.now;
                round.store.edit(key, |pod| {
                    pod::refuse(pod, &why, now);
                    Ok(())
                })?;
                if known != why {
                    round.say(&Remark {
                        about: &pod,
                        kind: "Warning",
                        reason: "FailedScheduling",
                        message: why,
                        component: "default-scheduler",
                        host: "",
                    });
                }
                round.wake_after(RETRY);
            }
        }
        Ok(())
    }
}

/// The zones of the volumes a pod's claims are bound to.
pub(super) fn volume_zones(pod: &Value, round: &Round<'_>) -> Vec<String> {
    let mut zones = Vec::new();
    for volume in field::list(pod, "spec.volumes") {
        let claim = field::text(volume, "persistentVolumeClaim.claimName");
        let claim = Key::namespaced("persistentvolumeclaims", field::namespace(pod), claim);
        let Ok(claim) = round.lister.get(&claim) else { continue };
        let volume = Key::cluster("persistentvolumes", field::text(&claim, "spec.volumeName"));
        let Ok(volume) = round.lister.get(&volume) else { continue };
        let terms = field::list(&volume, "spec.nodeAffinity.required.nodeSelectorTerms").iter();
        let values = terms
            .flat_map(|term| field::list(term, "matchExpressions"))
            .flat_map(|expression| field::list(expression, "values"));
        zones.extend(values.filter_map(Value::as_str).map(str::to_owned));
    }
    zones
}
