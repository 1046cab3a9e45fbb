//! How far a workload's rollout is, what holds it up, and whether that is worth a look.

use std::borrow::Cow;

use super::{CronJob, Job, Work, Workload};
use crate::fleet::row::Row;
use crate::fleet::schedule::Schedule;
use crate::fleet::time::{Timestamp, human_duration};
use crate::fleet::verdict::Verdict;
use crate::fleet::zone::Zone;

/// A workload may be without a single ready pod for so long while it starts.
const START_PATIENCE: i64 = 2 * 60;
/// A pod that is missing for longer than this is missed.
const MISSING_PATIENCE: i64 = 60;
/// The controller makes a job within seconds of its time; the cron controller works its list through once a minute at
/// the latest.
const SCHEDULE_SLACK: i64 = 3 * 60;

/// How far a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rollout {
    /// Nothing to roll out.
    Done,
    /// On its way.
    Moving,
    /// Paused, or suspended.
    Paused,
    /// Held up.
    Stuck,
}

impl Workload {
    /// How far its rollout is, in words: `done`, `2 of 3 updated`, `stuck for 6m of 10m`, `paused`.
    pub fn rollout(&self, now: Timestamp) -> (Rollout, Cow<'static, str>) {
        match &self.work {
            Work::Job(job) => self.job_progress(job),
            Work::CronJob(cron) if self.is_paused => {
                let words = if cron.active > 0 { "suspended, still running" } else { "suspended" };
                (Rollout::Paused, words.into())
            }
            Work::CronJob(cron) if cron.active > 0 => {
                (Rollout::Moving, format!("{} running", cron.active).into())
            }
            Work::CronJob(_) => (Rollout::Done, "waiting".into()),
            Work::ReplicaSet if self.wanted == 0 && self.current == 0 => {
                (Rollout::Done, "scaled to 0".into())
            }
            Work::Deployment { progress_deadline } => self.deployment_progress(*progress_deadline, now),
            Work::StatefulSet { partition } => self.stateful_set_progress(*partition),
            Work::DaemonSet { .. } | Work::ReplicaSet => self.plain_progress(self.wanted),
        }
    }

    fn deployment_progress(&self, deadline: u32, now: Timestamp) -> (Rollout, Cow<'static, str>) {
        let progress = self.plain_progress(self.wanted);
        if self.is_paused {
            return (
                Rollout::Paused,
                if progress.0 == Rollout::Done {
                    "paused".into()
                } else {
                    format!("paused, {}", progress.1).into()
                },
            );
        }
        let Some(progressing) = self.condition("Progressing") else { return progress };
        if !progressing.is_true && &*progressing.reason == "ProgressDeadlineExceeded" {
            let waited = i64::from(deadline) + progressing.since.age_at(now).max(0);
            return (Rollout::Stuck, format!("stuck for {}", human_duration(waited)).into());
        }
        // The condition moves with every step; once it stands still for a while, say for how much of the deadline.
        let idle = progressing.updated.known().unwrap_or(progressing.since).age_at(now);
        if progress.0 == Rollout::Moving
            && &*progressing.reason != "NewReplicaSetAvailable"
            && idle > START_PATIENCE
        {
            let words =
                format!("stuck for {} of {}", human_duration(idle), human_duration(i64::from(deadline)));
            return (Rollout::Stuck, words.into());
        }
        progress
    }

    fn stateful_set_progress(&self, partition: u32) -> (Rollout, Cow<'static, str>) {
        if &*self.strategy == "OnDelete" {
            return self.plain_progress(0);
        }
        self.plain_progress(self.wanted.saturating_sub(partition))
    }

    /// `kubectl rollout status`, without the sentences.
    fn plain_progress(&self, to_update: u32) -> (Rollout, Cow<'static, str>) {
        let wanted = self.wanted;
        let words = if !self.is_observed {
            "change not seen yet".into()
        } else if self.updated < to_update {
            format!("{} of {to_update} updated", self.updated).into()
        } else if matches!(self.work, Work::Deployment { .. }) && self.current > self.updated {
            format!("{} old to go", self.current - self.updated).into()
        } else if wanted == 0 && self.current == 0 {
            return (Rollout::Done, "scaled to 0".into());
        } else if self.current > wanted {
            format!("{} too many", self.current - wanted).into()
        } else if self.available < wanted {
            format!("{} of {wanted} available", self.available).into()
        } else {
            return (Rollout::Done, "done".into());
        };
        (Rollout::Moving, words)
    }

    fn job_progress(&self, job: &Job) -> (Rollout, Cow<'static, str>) {
        let is_true = |kind: &str| self.condition(kind).is_some_and(|condition| condition.is_true);
        if is_true("Complete") {
            (Rollout::Done, "complete".into())
        } else if is_true("Failed") {
            (Rollout::Stuck, "failed".into())
        } else if !self.meta.deleted.is_never() {
            (Rollout::Moving, "terminating".into())
        } else if is_true("Suspended") || self.is_paused {
            (Rollout::Paused, "suspended".into())
        } else if job.failed > 0 {
            (Rollout::Moving, format!("running, {} failed", job.failed).into())
        } else if job.active > 0 {
            (Rollout::Moving, "running".into())
        } else {
            (Rollout::Moving, "waiting".into())
        }
    }

    /// Whether it is as it should be, and why not. `trouble` is what keeps its pods from serving, worst first, where
    /// the pods are known ([`PodTally::trouble`](crate::fleet::pod::PodTally::trouble)).
    pub fn judge(&self, trouble: &[(&str, u32)], now: Timestamp) -> (Verdict, String) {
        if !self.meta.deleted.is_never() {
            return (Verdict::Progressing, "being deleted".to_owned());
        }
        match &self.work {
            Work::Job(job) => self.judge_job(job, trouble),
            Work::CronJob(cron) => self.judge_cron_job(cron, now),
            Work::Deployment { .. }
            | Work::StatefulSet { .. }
            | Work::DaemonSet { .. }
            | Work::ReplicaSet => self.judge_replicas(trouble, now),
        }
    }

    fn judge_replicas(&self, trouble: &[(&str, u32)], now: Timestamp) -> (Verdict, String) {
        let (rollout, progress) = self.rollout(now);
        let is_down = self.ready == 0 && self.wanted > 0;
        let old_enough = self.meta.created.age_at(now) > START_PATIENCE;
        if let Some(words) = self.creation_failure() {
            return (if is_down { Verdict::Critical } else { Verdict::Warning }, words);
        }
        if rollout == Rollout::Stuck {
            let why = trouble_words(trouble).unwrap_or_else(|| self.missing());
            let overdue = self.condition("Progressing").is_some_and(|progressing| !progressing.is_true);
            let verdict = if is_down || overdue { Verdict::Critical } else { Verdict::Warning };
            return (verdict, format!("rollout {progress}: {why}"));
        }
        if let Work::DaemonSet { misscheduled } = self.work
            && misscheduled > 0
            && self.ready >= self.wanted
        {
            return (Verdict::Warning, format!("runs on {misscheduled} nodes where it should not"));
        }
        if self.ready >= self.wanted {
            return match rollout {
                Rollout::Moving => (Verdict::Progressing, progress.into_owned()),
                Rollout::Paused if progress != "paused" => (Verdict::Warning, progress.into_owned()),
                Rollout::Done | Rollout::Paused | Rollout::Stuck => (Verdict::Ok, String::new()),
            };
        }
        if let Some(words) = trouble_words(trouble).filter(|words| words != "not ready") {
            let verdict = if is_down && old_enough { Verdict::Critical } else { Verdict::Warning };
            return (verdict, words);
        }
        let unavailable_for = match self.condition("Available") {
            Some(available) if !available.is_true => available.since.age_at(now),
            // Enough are available, or this kind does not say: nothing tells how long one has been missing.
            _ if old_enough && rollout != Rollout::Moving => MISSING_PATIENCE + 1,
            _ => 0,
        };
        let words = self.missing();
        if is_down && unavailable_for > START_PATIENCE {
            (Verdict::Critical, format!("{words} for {}", human_duration(unavailable_for)))
        } else if unavailable_for > MISSING_PATIENCE {
            (Verdict::Warning, words)
        } else {
            (Verdict::Progressing, words)
        }
    }

    fn missing(&self) -> String {
        match self.ready {
            0 => format!("none of {} ready", self.wanted),
            ready => format!("{ready} of {} ready", self.wanted),
        }
    }

    /// Why its controller cannot make pods: a quota, a policy, a webhook.
    fn creation_failure(&self) -> Option<String> {
        let failure = self.condition("ReplicaFailure").filter(|condition| condition.is_true)?;
        let message = &*failure.message;
        // `pods "api-7d9c-x2x" is forbidden: exceeded quota: compute, requested: …`
        let why = message.split_once(" is forbidden: ").map_or(message, |(_, why)| why);
        let why = why.lines().next().unwrap_or("").trim();
        Some(if why.is_empty() { failure.reason.to_string() } else { format!("cannot make pods: {why}") })
    }

    fn judge_job(&self, job: &Job, trouble: &[(&str, u32)]) -> (Verdict, String) {
        if let Some(failed) = self.condition("Failed").filter(|failed| failed.is_true) {
            let pods = if job.failed == 1 { "pod" } else { "pods" };
            let mut words = match &*failed.reason {
                "BackoffLimitExceeded" => {
                    format!("failed: {} {pods} failed, the limit is {}", job.failed, job.backoff_limit)
                }
                "DeadlineExceeded" => "failed: ran longer than its deadline".to_owned(),
                "" => "failed".to_owned(),
                reason => format!("failed: {reason}"),
            };
            if let Some(trouble) = trouble_words(trouble) {
                words.push_str(&format!(" ({trouble})"));
            }
            // The next run of a CronJob may do better; nobody repeats a Job of its own.
            let is_repeated = self.meta.owner.as_ref().is_some_and(|owner| &*owner.kind == "CronJob");
            return (if is_repeated { Verdict::Warning } else { Verdict::Critical }, words);
        }
        let (rollout, progress) = self.job_progress(job);
        match rollout {
            Rollout::Done => (Verdict::Ok, String::new()),
            Rollout::Paused => (Verdict::Ok, progress.into_owned()),
            Rollout::Moving | Rollout::Stuck => {
                match trouble_words(trouble).filter(|words| words != "not ready") {
                    Some(words) => (Verdict::Warning, words),
                    None if job.failed > 0 => (
                        Verdict::Warning,
                        format!("{} of {} attempts failed", job.failed, job.backoff_limit.saturating_add(1)),
                    ),
                    None => (Verdict::Progressing, String::new()),
                }
            }
        }
    }

    fn judge_cron_job(&self, cron: &CronJob, now: Timestamp) -> (Verdict, String) {
        if self.is_paused {
            return (Verdict::Ok, "suspended".to_owned());
        }
        if let Err(problem) = Schedule::parse(&cron.schedule) {
            return (Verdict::Critical, format!("schedule {:?}: {problem}", &*cron.schedule));
        }
        if cron.zone().is_none() {
            return (Verdict::Unknown, format!("there is no time zone {}", cron.time_zone));
        }
        if cron.active > 0 {
            return (Verdict::Ok, String::new());
        }
        let since = cron.last_scheduled.known().unwrap_or(self.meta.created);
        match cron.next_after(since) {
            Some(due) if due.age_at(now) > SCHEDULE_SLACK => {
                let late = human_duration(due.age_at(now));
                (Verdict::Warning, format!("missed its run {late} ago"))
            }
            _ => (Verdict::Ok, String::new()),
        }
    }

    /// When a CronJob runs next; `None` for other kinds, when it is suspended, and when its schedule or its time zone
    /// cannot be read.
    pub fn next_run(&self, now: Timestamp) -> Option<Timestamp> {
        self.cron_job().filter(|_| !self.is_paused)?.next_after(now)
    }

    /// What identifies it among the owners of pods: namespace, kind, name.
    pub fn key(&self) -> (&str, &'static str, &str) {
        (self.namespace().unwrap_or(""), self.work.kind(), self.name())
    }
}

impl CronJob {
    /// When its schedule comes round next; `None` when that or its time zone cannot be read. Without a zone it is that of
    /// the controller manager, which is UTC on EKS.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        let zone = self.zone()?;
        let next = Schedule::parse(&self.schedule).ok()?.next(zone.wall(after))?;
        Some(zone.instant(next))
    }

    /// Its time zone; `None` for one that nobody knows.
    pub fn zone(&self) -> Option<Zone> {
        Zone::named(&self.time_zone)
    }
}

/// `2 pods: api: ImagePullBackOff, tag 1.8.3 not found`
fn trouble_words(trouble: &[(&str, u32)]) -> Option<String> {
    // Pods that are merely not ready yet say less than any that fail.
    let (words, pods) =
        trouble.iter().find(|(words, _)| *words != "not ready").or_else(|| trouble.first())?;
    Some(match pods {
        _ if *words == "not ready" => (*words).to_owned(),
        1 => (*words).to_owned(),
        pods => format!("{pods} pods: {words}"),
    })
}
