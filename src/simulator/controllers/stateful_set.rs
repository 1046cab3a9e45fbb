//! StatefulSets: members with an ordinal, a volume each, replaced from the last to the first.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::pod::{self, Birth};
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::chance::{Chance, template_hash};
use crate::simulator::world::field;
use crate::simulator::world::inventory::set_member_identity;
use crate::simulator::world::object::controller_reference;

/// The StatefulSet controller.
pub(super) struct StatefulSet;

const COMPONENT: &str = "statefulset-controller";

impl Controller for StatefulSet {
    fn resource(&self) -> &'static str {
        "statefulsets.apps"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if changed.is("pods") { changed.controller("StatefulSet", self.resource()) } else { Vec::new() }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let set = round.lister.get(key)?;
        if !field::at(&set, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        let name = field::name(&set).to_owned();
        let update = format!("{name}-{}", template_hash(field::at(&set, "spec.template")));
        record_revision(&set, &update, round)?;
        let members =
            round.controlled("pods", &set, &Selection::by_selector_object(field::at(&set, "spec.selector")));
        let wanted = field::number(&set, "spec.replicas");
        let is_ordered = field::text(&set, "spec.podManagementPolicy") != "Parallel";
        let member = |index: i64| members.iter().find(|pod| field::name(pod) == format!("{name}-{index}"));
        for index in 0..wanted {
            match member(index) {
                None => create_member(&set, index, &update, round)?,
                Some(pod) if is_ordered && !pod::is_ready(pod) => break,
                Some(_) => continue,
            }
            if is_ordered {
                break;
            }
        }
        let mut surplus: Vec<(i64, &Value)> = members
            .iter()
            .map(Arc::as_ref)
            .filter_map(|pod| Some((ordinal(pod)?, pod)))
            .filter(|(index, pod)| *index >= wanted && !pod::is_terminating(pod))
            .collect();
        surplus.sort_by_key(|(index, _)| -index);
        for (_, pod) in surplus {
            remove(&set, pod, round)?;
            if is_ordered {
                break;
            }
        }
        replace_outdated(&set, &members, &update, round)?;
        put_status(key, &set, &update, round)
    }
}

fn ordinal(pod: &Value) -> Option<i64> {
    field::name(pod).rsplit_once('-')?.1.parse().ok()
}

fn record_revision(set: &Value, name: &str, round: &Round<'_>) -> Result<(), Status> {
    if round.store.object(&Key::namespaced("controllerrevisions.apps", field::namespace(set), name)).is_ok() {
        return Ok(());
    }
    let known = round.controlled("controllerrevisions.apps", set, &Selection::all());
    let revision =
        known.iter().map(|revision| field::number(revision, "revision")).max().unwrap_or_default() + 1;
    let mut template = field::at(set, "spec.template").clone();
    field::put(&mut template, "$patch", json!("replace"));
    round.store.create(&json!({
        "apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {"name": name, "namespace": field::namespace(set), "labels": field::at(&template, "metadata.labels"), "ownerReferences": [controller_reference(set)]},
        "data": {"spec": {"template": template}}, "revision": revision,
    }))?;
    Ok(())
}

fn create_member(set: &Value, index: i64, revision: &str, round: &mut Round<'_>) -> Result<(), Status> {
    let name = format!("{}-{index}", field::name(set));
    let mut pod = pod::from_template(Birth {
        owner: set,
        template: field::at(set, "spec.template"),
        name: &name,
        generate_name: &format!("{}-", field::name(set)),
    });
    set_member_identity(&mut pod, set, revision, index);
    for template in field::list(set, "spec.volumeClaimTemplates") {
        claim(set, template, &name, round)?;
    }
    match round.create_pod(&mut pod) {
        Err(status) if status.reason == "AlreadyExists" => return Ok(()),
        Err(status) => {
            let what = format!("create Pod {name} in StatefulSet {} failed error", field::name(set));
            round.bear_refusal(set, COMPONENT, &what, status)?;
            return Ok(());
        }
        Ok(_) => {}
    }
    round.note(
        set,
        COMPONENT,
        "SuccessfulCreate",
        format!("create Pod {name} in StatefulSet {} successful", field::name(set)),
    );
    Ok(())
}

/// The claim of a member, bound at once: the volume is there from an earlier life or made by the driver.
fn claim(set: &Value, template: &Value, pod: &str, round: &Round<'_>) -> Result<(), Status> {
    let name = format!("{}-{pod}", field::name(template));
    let capacity = field::at(template, "spec.resources.requests");
    let volume = format!("pvc-{}", Chance::of(&format!("{}/{name}", field::uid(set))).uuid());
    let mut spec = field::at(template, "spec").clone();
    field::put(&mut spec, "volumeName", json!(volume));
    let made = round.store.create(&json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": name, "namespace": field::namespace(set), "labels": field::at(set, "spec.selector.matchLabels"), "finalizers": ["kubernetes.io/pvc-protection"],
            "annotations": {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes", "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"},
        },
        "spec": spec, "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": capacity},
    }));
    match made {
        Err(status) if status.reason == "AlreadyExists" => Ok(()),
        Err(status) => Err(status),
        Ok(made) => {
            round.store.create(&json!({
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume, "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}, "finalizers": ["kubernetes.io/pv-protection"]},
                "spec": {
                    "capacity": capacity, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete", "storageClassName": field::at(template, "spec.storageClassName"), "volumeMode": "Filesystem",
                    "claimRef": {"kind": "PersistentVolumeClaim", "namespace": field::namespace(set), "name": name, "uid": field::uid(&made), "apiVersion": "v1"},
                    "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": format!("vol-{}", Chance::of(&volume).hex(17))},
                },
                "status": {"phase": "Bound"},
            }))?;
            Ok(())
        }
    }
}

fn remove(set: &Value, pod: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    round.delete(&round.store.key_of(pod)?)?;
    round.note(
        set,
        COMPONENT,
        "SuccessfulDelete",
        format!("delete Pod {} in StatefulSet {} successful", field::name(pod), field::name(set)),
    );
    Ok(())
}

/// Replaces the last member whose template is old, once all others are ready.
fn replace_outdated(
    set: &Value,
    members: &[Arc<Value>],
    update: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let wanted = field::number(set, "spec.replicas");
    if field::text(set, "spec.updateStrategy.type") == "OnDelete"
        || i64::try_from(members.len()).unwrap_or_default() < wanted
    {
        return Ok(());
    }
    let partition = field::number(set, "spec.updateStrategy.rollingUpdate.partition");
    let mut ordered: Vec<(i64, &Value)> = members
        .iter()
        .map(Arc::as_ref)
        .filter_map(|pod| Some((ordinal(pod)?, pod)))
        .filter(|(index, _)| *index >= partition)
        .collect();
    ordered.sort_by_key(|(index, _)| -index);
    for (_, pod) in ordered {
        if field::label(pod, "controller-revision-hash") != update {
            return if pod::is_terminating(pod) { Ok(()) } else { remove(set, pod, round) };
        }
        if !pod::is_ready(pod) {
            return Ok(());
        }
    }
    Ok(())
}

fn put_status(key: &Key, set: &Value, update: &str, round: &Round<'_>) -> Result<(), Status> {
    let members =
        round.controlled("pods", set, &Selection::by_selector_object(field::at(set, "spec.selector")));
    let ready = members.iter().filter(|pod| pod::is_ready(pod) && !pod::is_terminating(pod)).count();
    let updated =
        members.iter().filter(|pod| field::label(pod, "controller-revision-hash") == update).count();
    let is_done = updated == members.len()
        && ready == members.len()
        && i64::try_from(members.len()).is_ok_and(|count| count == field::number(set, "spec.replicas"));
    let current = field::text(set, "status.currentRevision");
    let current = if is_done || current.is_empty() { update } else { current };
    let on_current =
        members.iter().filter(|pod| field::label(pod, "controller-revision-hash") == current).count();
    let mut status =
        json!({"observedGeneration": field::number(set, "metadata.generation"), "replicas": members.len()});
    for (part, count) in
        [("readyReplicas", ready), ("currentReplicas", on_current), ("updatedReplicas", updated)]
    {
        if count > 0 {
            field::put(&mut status, part, json!(count));
        }
    }
    field::put(&mut status, "currentRevision", json!(current));
    field::put(&mut status, "updateRevision", json!(update));
    field::put(&mut status, "collisionCount", json!(0));
    field::put(&mut status, "availableReplicas", json!(ready));
    round.put_status(key, &status)
}
