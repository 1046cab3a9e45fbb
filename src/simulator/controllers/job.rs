//! Jobs: pods until enough of them have succeeded, or too many have failed.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::pod::{self, Birth};
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::applications::completed;
use crate::simulator::world::field;

/// The Job controller.
pub(super) struct Job;

const COMPONENT: &str = "job-controller";

impl Controller for Job {
    fn resource(&self) -> &'static str {
        "jobs.batch"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if changed.is("pods") { changed.controller("Job", self.resource()) } else { Vec::new() }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let job = round.lister.get(key)?;
        let is_over = ["Complete", "Failed"].iter().any(|kind| field::condition_is_true(&job, kind));
        if is_over
            || field::is_true(&job, "spec.suspend")
            || !field::at(&job, "metadata.deletionTimestamp").is_null()
        {
            return Ok(());
        }
        let pods =
            round.controlled("pods", &job, &Selection::by_selector_object(field::at(&job, "spec.selector")));
        let phase =
            |wanted: &str| pods.iter().filter(|pod| field::text(pod, "status.phase") == wanted).count();
        let (succeeded, failed) = (phase("Succeeded"), phase("Failed"));
        let wanted = usize::try_from(field::at(&job, "spec.completions").as_i64().unwrap_or(1)).unwrap_or(1);
        if succeeded >= wanted {
            let now = round.now;
            round.store.edit(key, |job| {
                *job = completed(job.clone(), now);
                Ok(())
            })?;
            round.note(&job, COMPONENT, "Completed", "Job completed".to_owned());
            return Ok(());
        }
        if i64::try_from(failed).unwrap_or_default()
            > field::at(&job, "spec.backoffLimit").as_i64().unwrap_or(6)
        {
            return fail(key, &job, failed, round);
        }
        let mut active: Vec<&Value> = pods
            .iter()
            .map(Arc::as_ref)
            .filter(|pod| !pod::is_finished(pod) && !pod::is_terminating(pod))
            .collect();
        let parallel =
            usize::try_from(field::at(&job, "spec.parallelism").as_i64().unwrap_or(1)).unwrap_or(1);
        let missing = parallel.min(wanted - succeeded).saturating_sub(active.len());
        let mut made = Vec::new();
        for _ in 0..missing {
            match create_pod(&job, round) {
                Ok(pod) => made.push(pod),
                Err(status) => {
                    round.bear_refusal(&job, COMPONENT, "Error creating", status)?;
                    break;
                }
            }
        }
        active.extend(&made);
        let ready = active.iter().filter(|pod| pod::is_ready(pod)).count();
        let started = field::text(&job, "status.startTime");
        let started = if started.is_empty() { round.stamp() } else { started.to_owned() };
        let mut status = json!({"startTime": started, "active": active.len(), "terminating": 0, "uncountedTerminatedPods": {}, "ready": ready});
        for (part, count) in [("succeeded", succeeded), ("failed", failed)] {
            if count > 0 {
                field::put(&mut status, part, json!(count));
            }
        }
        round.put_status(key, &status)
    }
}

fn create_pod(job: &Value, round: &mut Round<'_>) -> Result<Value, Status> {
    let prefix = format!("{}-", field::name(job));
    let name = format!("{prefix}{}", round.chance.suffix());
    let mut pod = pod::from_template(Birth {
        owner: job,
        template: field::at(job, "spec.template"),
        name: &name,
        generate_name: &prefix,
    });
    let made = round.create_pod(&mut pod)?;
    round.note(job, COMPONENT, "SuccessfulCreate", format!("Created pod: {name}"));
    Ok(made)
}

fn fail(key: &Key, job: &Value, failed: usize, round: &mut Round<'_>) -> Result<(), Status> {
    let stamp = round.stamp();
    let message = "Job has reached the specified backoff limit";
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": stamp, "lastTransitionTime": stamp, "reason": "BackoffLimitExceeded", "message": message});
    let status = json!({
        "conditions": [condition("FailureTarget"), condition("Failed")], "startTime": field::at(job, "status.startTime"), "failed": failed, "terminating": 0, "uncountedTerminatedPods": {}, "ready": 0,
    });
    round.warn(job, COMPONENT, "BackoffLimitExceeded", message.to_owned());
    round.put_status(key, &status)
}
