//! DaemonSets: one pod on every node that takes it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::placement::{tolerates, wants};
use crate::simulator::controllers::pod::{self, Birth};
use crate::simulator::controllers::round::{RoundsUp, share};
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::chance::template_hash;
use crate::simulator::world::field;

/// The DaemonSet controller.
pub(super) struct DaemonSet;

const COMPONENT: &str = "daemonset-controller";

impl Controller for DaemonSet {
    fn resource(&self) -> &'static str {
        "daemonsets.apps"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if changed.is("pods") {
            changed.controller("DaemonSet", self.resource())
        } else if changed.is("nodes") {
            lister.keys(self.resource(), None, &Selection::all())
        } else {
            Vec::new()
        }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let set = round.lister.get(key)?;
        if !field::at(&set, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        let hash = template_hash(field::at(&set, "spec.template"));
        let pods =
            round.controlled("pods", &set, &Selection::by_selector_object(field::at(&set, "spec.selector")));
        let nodes = round.lister.list("nodes", None, &Selection::all());
        let eligible: Vec<&Value> = nodes.iter().map(Arc::as_ref).filter(|node| takes(node, &set)).collect();
        for node in &eligible {
            if !pods.iter().any(|pod| target(pod) == field::name(node))
                && field::at(node, "metadata.deletionTimestamp").is_null()
            {
                create_pod(&set, field::name(node), &hash, round)?;
            }
        }
        for pod in pods.iter().filter(|pod| !pod::is_terminating(pod)) {
            if !eligible.iter().any(|node| field::name(node) == target(pod)) {
                remove(&set, pod, round)?;
            }
        }
        roll(&set, &pods, &hash, eligible.len(), round)?;
        round.put_status(key, &status(&set, &hash, &eligible, round))
    }
}

/// The node a pod of the set is for, whether or not it is there yet.
fn target(pod: &Value) -> &str {
    let placed = field::text(pod, "spec.nodeName");
    if !placed.is_empty() {
        return placed;
    }
    let terms = field::list(
        pod,
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
    );
    terms
        .iter()
        .flat_map(|term| field::list(term, "matchFields"))
        .flat_map(|wanted| field::list(wanted, "values"))
        .find_map(Value::as_str)
        .unwrap_or_default()
}

fn takes(node: &Value, set: &Value) -> bool {
    let template = field::at(set, "spec.template");
    wants(template, node)
        && field::list(node, "spec.taints").iter().all(|taint| {
            let (key, effect) = (field::text(taint, "key"), field::text(taint, "effect"));
            key.starts_with("node.kubernetes.io/")
                || tolerates(template, key, field::text(taint, "value"), effect)
        })
}

fn create_pod(set: &Value, node: &str, hash: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let prefix = format!("{}-", field::name(set));
    let name = format!("{prefix}{}", round.chance.suffix());
    let mut pod = pod::from_template(Birth {
        owner: set,
        template: field::at(set, "spec.template"),
        name: &name,
        generate_name: &prefix,
    });
    field::set_label(&mut pod, "controller-revision-hash", hash);
    field::set_label(
        &mut pod,
        "pod-template-generation",
        field::annotation(set, "deprecated.daemonset.template.generation"),
    );
    pod::pin_to_node(&mut pod, node);
    if let Err(status) = round.create_pod(&mut pod) {
        round.bear_refusal(set, COMPONENT, "Error creating", status)?;
        return Ok(());
    }
    round.note(set, COMPONENT, "SuccessfulCreate", format!("Created pod: {name}"));
    Ok(())
}

fn remove(set: &Value, pod: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    round.delete(&round.store.key_of(pod)?)?;
    round.note(set, COMPONENT, "SuccessfulDelete", format!("Deleted pod: {}", field::name(pod)));
    Ok(())
}

/// Replaces pods of an older template, as many at once as may be unavailable.
fn roll(
    set: &Value,
    pods: &[Arc<Value>],
    hash: &str,
    nodes: usize,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    if field::text(set, "spec.updateStrategy.type") == "OnDelete" {
        return Ok(());
    }
    let whole = i64::try_from(nodes).unwrap_or_default();
    let allowed =
        share(field::at(set, "spec.updateStrategy.rollingUpdate.maxUnavailable"), whole, RoundsUp::Yes)
            .max(1);
    let ready = pods.iter().filter(|pod| pod::is_ready(pod) && !pod::is_terminating(pod)).count();
    let mut room = allowed - (whole - i64::try_from(ready).unwrap_or_default());
    for pod in pods
        .iter()
        .filter(|pod| !pod::is_terminating(pod) && field::label(pod, "controller-revision-hash") != hash)
    {
        // A pod that does not serve anyway costs nothing.
        if pod::is_ready(pod) {
            if room <= 0 {
                continue;
            }
            room -= 1;
        }
        remove(set, pod, round)?;
    }
    Ok(())
}

fn status(set: &Value, hash: &str, eligible: &[&Value], round: &Round<'_>) -> Value {
    let pods = round.controlled("pods", set, &Selection::by_selector_object(field::at(set, "spec.selector")));
    let placed: Vec<&Value> = pods
        .iter()
        .map(Arc::as_ref)
        .filter(|pod| {
            !pod::is_terminating(pod) && eligible.iter().any(|node| field::name(node) == target(pod))
        })
        .collect();
    let ready = placed.iter().filter(|pod| pod::is_ready(pod)).count();
    let updated = placed.iter().filter(|pod| field::label(pod, "controller-revision-hash") == hash).count();
    let mut status = json!({
        "currentNumberScheduled": placed.len(), "numberMisscheduled": 0, "desiredNumberScheduled": eligible.len(), "numberReady": ready, "observedGeneration": field::number(set, "metadata.generation"),
    });
    for (part, count) in [
        ("updatedNumberScheduled", updated),
        ("numberAvailable", ready),
        ("numberUnavailable", eligible.len().saturating_sub(ready)),
    ] {
        if count > 0 {
            field::put(&mut status, part, json!(count));
        }
    }
    status
}
