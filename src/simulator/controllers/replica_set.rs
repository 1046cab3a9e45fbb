//! ReplicaSets: as many pods as wanted, no more.

use std::cmp::Reverse;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::pod::{self, Birth};
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The ReplicaSet controller.
pub(super) struct ReplicaSet;

const COMPONENT: &str = "replicaset-controller";

impl Controller for ReplicaSet {
    fn resource(&self) -> &'static str {
        "replicasets.apps"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if changed.is("pods") { changed.controller("ReplicaSet", self.resource()) } else { Vec::new() }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let set = round.lister.get(key)?;
        let selection = Selection::by_selector_object(field::at(&set, "spec.selector"));
        let all = round.controlled("pods", &set, &selection);
        let (going, mut active): (Vec<Arc<Value>>, Vec<Arc<Value>>) =
            all.into_iter().filter(|pod| !pod::is_finished(pod)).partition(|pod| pod::is_terminating(pod));
        let wanted = field::number(&set, "spec.replicas");
        let have = i64::try_from(active.len()).unwrap_or_default();
        let mut failure = None;
        if field::at(&set, "metadata.deletionTimestamp").is_null() {
            for _ in have..wanted {
                match create_pod(&set, round) {
                    Ok(pod) => active.push(Arc::new(pod)),
                    Err(status) => {
                        failure = Some(round.bear_refusal(&set, COMPONENT, "Error creating", status)?);
                        break;
                    }
                }
            }
            // Pods that serve least and have served shortest go first.
            active.sort_by_key(|pod| {
                (
                    !field::text(pod, "spec.nodeName").is_empty(),
                    field::text(pod, "status.phase") == "Running",
                    pod::is_ready(pod),
                    Reverse(field::text(pod, "metadata.creationTimestamp").to_owned()),
                )
            });
            for pod in active.iter().take(usize::try_from(have - wanted).unwrap_or_default()) {
                round.delete(&round.store.key_of(pod)?)?;
                round.note(&set, COMPONENT, "SuccessfulDelete", format!("Deleted pod: {}", field::name(pod)));
            }
            if have > wanted {
                active.drain(..usize::try_from(have - wanted).unwrap_or_default().min(active.len()));
            }
        }
        let mut status = status(&set, &active, going.len());
        if let Some(message) = failure {
            // The first refusal stays what is told, as long as there are any.
            let condition = match field::condition(&set, "ReplicaFailure") {
                Value::Null => {
                    json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message, "lastTransitionTime": round.stamp()})
                }
                first => first.clone(),
            };
            field::put(&mut status, "conditions", json!([condition]));
        }
        round.put_status(key, &status)
    }
}

fn create_pod(set: &Value, round: &mut Round<'_>) -> Result<Value, Status> {
    let prefix = format!("{}-", field::name(set));
    let name = format!("{prefix}{}", round.chance.suffix());
    let mut pod = pod::from_template(Birth {
        owner: set,
        template: field::at(set, "spec.template"),
        name: &name,
        generate_name: &prefix,
    });
    let made = round.create_pod(&mut pod)?;
    round.note(set, COMPONENT, "SuccessfulCreate", format!("Created pod: {name}"));
    Ok(made)
}

fn status(set: &Value, active: &[Arc<Value>], going: usize) -> Value {
    let ready = active.iter().filter(|pod| pod::is_ready(pod)).count();
    let mut status = json!({"replicas": active.len(), "observedGeneration": field::number(set, "metadata.generation"), "terminatingReplicas": going});
    for (part, count) in
        [("fullyLabeledReplicas", active.len()), ("readyReplicas", ready), ("availableReplicas", ready)]
    {
        if count > 0 {
            field::put(&mut status, part, json!(count));
        }
    }
    status
}
