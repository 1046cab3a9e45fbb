//! CronJobs: a Job at each time of a schedule, and a short history of old ones.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::applications::job;
use crate::simulator::world::chance::Chance;
use crate::simulator::world::field;

/// The CronJob controller.
pub(super) struct CronJob;

const COMPONENT: &str = "cronjob-controller";

impl Controller for CronJob {
    fn resource(&self) -> &'static str {
        "cronjobs.batch"
    }

    fn concerned(&self, changed: &Changed, _: &Lister) -> Vec<Key> {
        if changed.is("jobs.batch") { changed.controller("CronJob", self.resource()) } else { Vec::new() }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let cron = round.lister.get(key)?;
        if !field::at(&cron, "metadata.deletionTimestamp").is_null() {
            return Ok(());
        }
        let Some(period) = period(field::text(&cron, "spec.schedule")) else {
            let message = format!("unparseable schedule: \"{}\"", field::text(&cron, "spec.schedule"));
            round.warn(&cron, COMPONENT, "UnparseableSchedule", message);
            return Ok(());
        };
        let mut jobs = round.controlled("jobs.batch", &cron, &Selection::all());
        let last = field::time(&cron, "status.lastScheduleTime")
            .or_else(|| field::time(&cron, "metadata.creationTimestamp"))
            .unwrap_or(round.now);
        let due =
            Timestamp::from_second(round.now.as_second().div_euclid(period) * period).unwrap_or(round.now);
        let deadline = field::at(&cron, "spec.startingDeadlineSeconds").as_i64().unwrap_or(i64::MAX);
        let is_late = round.now.duration_since(due).as_secs() > deadline;
        let is_blocked =
            field::text(&cron, "spec.concurrencyPolicy") == "Forbid" && jobs.iter().any(|job| !is_over(job));
        let mut scheduled = field::text(&cron, "status.lastScheduleTime").to_owned();
        if due > last && !is_late && !is_blocked && !field::is_true(&cron, "spec.suspend") {
            let uid = Chance::of(&format!("{}/{due}", field::uid(&cron))).uuid();
            let made = round.store.create(&job(&cron, due, &uid))?;
            round.note(&cron, COMPONENT, "SuccessfulCreate", format!("Created job {}", field::name(&made)));
            scheduled = field::stamp(due);
            jobs.push(Arc::new(made));
        }
        for old in expired(&cron, &jobs) {
            round.delete(&round.store.key_of(old)?)?;
            round.note(&cron, COMPONENT, "SuccessfulDelete", format!("Deleted job {}", field::name(old)));
        }
        let done: Vec<&Value> =
            jobs.iter().map(Arc::as_ref).filter(|job| field::condition_is_true(job, "Complete")).collect();
        let mut status = json!({});
        let active: Vec<Value> = jobs.iter().filter(|job| !is_over(job)).map(|job| json!({"kind": "Job", "namespace": field::namespace(job), "name": field::name(job), "uid": field::uid(job), "apiVersion": "batch/v1"})).collect();
        if !active.is_empty() {
            field::put(&mut status, "active", Value::Array(active));
        }
        if !scheduled.is_empty() {
            field::put(&mut status, "lastScheduleTime", json!(scheduled));
        }
        if let Some(latest) = done.iter().map(|job| field::text(job, "status.completionTime")).max() {
            field::put(&mut status, "lastSuccessfulTime", json!(latest));
        }
        round.put_status(key, &status)?;
        if let Ok(next) = Timestamp::from_second((round.now.as_second().div_euclid(period) + 1) * period) {
            round.wake_at(next);
        }
        Ok(())
    }
}

fn is_over(job: &Value) -> bool {
    field::condition_is_true(job, "Complete") || field::condition_is_true(job, "Failed")
}

/// Jobs beyond what the history keeps, successful and failed counted apart.
fn expired<'a>(cron: &Value, jobs: &'a [Arc<Value>]) -> Vec<&'a Value> {
    let mut out = Vec::new();
    for (kind, limit, default) in
        [("Complete", "successfulJobsHistoryLimit", 3), ("Failed", "failedJobsHistoryLimit", 1)]
    {
        let mut over: Vec<&Value> =
            jobs.iter().map(Arc::as_ref).filter(|job| field::condition_is_true(job, kind)).collect();
        over.sort_by_key(|job| field::text(job, "metadata.creationTimestamp").to_owned());
        let kept =
            usize::try_from(field::at(cron, "spec").get(limit).and_then(Value::as_i64).unwrap_or(default))
                .unwrap_or_default();
        out.extend(over.iter().take(over.len().saturating_sub(kept)).copied());
    }
    out
}

/// Seconds between two times of a schedule. The regular ones are understood: hourly, every so many minutes, daily.
fn period(schedule: &str) -> Option<i64> {
    match schedule.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["0", "*", "*", "*", "*"] => Some(3600),
        ["0", "0", "*", "*", "*"] => Some(86_400),
        ["*", "*", "*", "*", "*"] => Some(60),
        [minutes, "*", "*", "*", "*"] => minutes
            .strip_prefix("*/")?
            .parse()
            .ok()
            .filter(|minutes| (1..60).contains(minutes))
            .map(|minutes: i64| minutes * 60),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_schedules_have_a_period_and_others_are_refused() {
        assert_eq!(
            [period("0 * * * *"), period("*/5 * * * *"), period("0 0 * * *")],
            [Some(3600), Some(300), Some(86_400)]
        );
        assert_eq!([period("nonsense"), period("*/0 * * * *"), period("")], [None, None, None]);
    }
}
