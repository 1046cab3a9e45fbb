//! Whether a pod is as it should be, and why not, in words.

use std::borrow::Cow;

use super::refusal::Refusals;
use super::{Conditions, ContainerRole, Phase, Pod, words};
use crate::fleet::container_status::{ContainerState, ContainerStatus, Termination};
use crate::fleet::time::{Timestamp, human_duration};
use crate::fleet::verdict::Verdict;

/// A new pod may look for a node this long before it is worth a look: node autoscalers need about a minute.
const SCHEDULING_PATIENCE: i64 = 2 * 60;
/// A pod that found no node for so long will not find one by itself.
const SCHEDULING_LIMIT: i64 = 10 * 60;
/// Pulling images, mounting volumes and init containers may take this long.
const STARTING_PATIENCE: i64 = 5 * 60;
/// Probes may need this long after the containers run.
const READY_PATIENCE: i64 = 60;
/// A bad end of a container stays worth a look for so long, although it runs again.
const RESTART_MEMORY: i64 = 10 * 60;
/// The kubelet needs a moment after the grace period to clean up.
const TERMINATION_SLACK: i64 = 30;

/// How a pod is, without regard to for how long: what can be summed up without a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Serves, or did its work.
    Ok,
    /// On its way: being scheduled, starting, not ready yet, terminating.
    Changing,
    /// Something keeps it from serving.
    Failing,
}

type Judged<'a> = (Verdict, Cow<'a, str>);

impl Pod {
    /// How it is, without regard to for how long.
    pub fn standing(&self) -> Standing {
        if self.phase == Phase::Succeeded {
            Standing::Ok
        } else if !self.deleted.is_never() && self.status() == "Terminating" {
            Standing::Changing
        } else if self.phase == Phase::Failed
            || self.reason() == Some("NodeLost")
            || self.failing().is_some()
            || self.scheduling().is_some_and(|scheduling| &*scheduling.reason == "Unschedulable")
        {
            Standing::Failing
        } else if self.phase == Phase::Running && self.conditions.has(Conditions::READY) {
            Standing::Ok
        } else {
            Standing::Changing
        }
    }

    /// What keeps it from serving, in words that are the same for all pods of a workload; `None` when nothing does.
    pub(super) fn trouble(&self) -> Option<String> {
        match self.standing() {
            Standing::Ok => None,
            Standing::Changing => (self.status() == "Running").then(|| "not ready".to_owned()),
            Standing::Failing => Some(match (self.failing(), self.scheduling()) {
                (Some((_, words)), _) => words,
                (None, Some(scheduling)) => Refusals::parse(&scheduling.message).words(),
                (None, None) => self.ended_badly(),
            }),
        }
    }

    /// Whether it is as it should be at this moment, and why not.
    pub fn judge(&self, now: Timestamp) -> Judged<'_> {
        if self.phase == Phase::Succeeded {
            return (Verdict::Ok, Cow::Borrowed(""));
        }
        if !self.deleted.is_never() && matches!(self.status(), "Terminating" | "Unknown") {
            return self.judge_deletion(now);
        }
        if self.phase == Phase::Failed {
            // A controller makes another one; what is left only wants to be read and removed.
            let verdict = if self.owner().is_some() { Verdict::Warning } else { Verdict::Critical };
            return (verdict, Cow::Owned(self.ended_badly()));
        }
        if self.reason() == Some("NodeLost") {
            return (Verdict::Critical, Cow::Owned(self.node_lost()));
        }
        if let Some((verdict, words)) = self.failing() {
            return (verdict, Cow::Owned(words));
        }
        if self.node.is_none() {
            return self.judge_scheduling(now);
        }
        if self.phase == Phase::Running && self.conditions.has(Conditions::READY) {
            return self.judge_restarts(now);
        }
        self.judge_start(now)
    }

    fn judge_deletion(&self, now: Timestamp) -> Judged<'_> {
        if self.reason() == Some("NodeLost") {
            return (Verdict::Critical, Cow::Owned(self.node_lost()));
        }
        let over = self.deleted.seconds_before(now);
        if over <= TERMINATION_SLACK {
            return (Verdict::Progressing, Cow::Borrowed("terminating"));
        }
        if let [first, more @ ..] = self.finalizers() {
            let held = match more.len() {
                0 => format!("{first} was"),
                more => format!("{first} and {more} more were"),
            };
            let words =
                format!("still terminating after {}: finalizer {held} not taken away", human_duration(over));
            return (Verdict::Warning, Cow::Owned(words));
        }
        let grace = human_duration(i64::from(self.grace_seconds()));
        let words = format!("still terminating {} after its grace period of {grace}", human_duration(over));
        (Verdict::Warning, Cow::Owned(words))
    }

    fn judge_scheduling(&self, now: Timestamp) -> Judged<'_> {
        let Some(scheduling) = self.scheduling() else {
            let waiting = self.created.age_at(now);
            return if waiting > SCHEDULING_PATIENCE {
                let words = format!("no scheduler has looked at it for {}", human_duration(waiting));
                (Verdict::Warning, Cow::Owned(words))
            } else {
                (Verdict::Progressing, Cow::Borrowed("waits for a node"))
            };
        };
        if &*scheduling.reason == "SchedulingGated" {
            return (Verdict::Progressing, Cow::Owned(format!("held back by {}", scheduling.message)));
        }
        let waiting = scheduling.since.known().unwrap_or(self.created).age_at(now);
        let verdict = match waiting {
            w if w > SCHEDULING_LIMIT => Verdict::Critical,
            w if w > SCHEDULING_PATIENCE => Verdict::Warning,
            _ => Verdict::Progressing,
        };
        let words = Refusals::parse(&scheduling.message).words();
        if words.is_empty() {
            return (verdict, Cow::Borrowed("no node fits"));
        }
        (verdict, Cow::Owned(words))
    }

    fn judge_start(&self, now: Timestamp) -> Judged<'_> {
        if self.phase == Phase::Running && self.ready == self.total {
            let waiting = self.ready_changed.known().unwrap_or(self.created).age_at(now);
            let verdict = if waiting > READY_PATIENCE { Verdict::Warning } else { Verdict::Progressing };
            let gate = self.readiness_gates().and_then(|gates| gates.unmet.as_deref());
            return match gate {
                Some(gate) => (verdict, Cow::Owned(format!("waits for readiness gate {gate}"))),
                None => (verdict, Cow::Borrowed("containers are ready, the pod is not")),
            };
        }
        if self.phase == Phase::Running {
            let waiting = self.ready_changed.known().unwrap_or(self.created).age_at(now);
            let who = self.unusual_containers().iter().find(|container| !container.ready);
            let who = who.map_or("", |container| &*container.name);
            let words = match (who, human_duration(waiting)) {
                ("", waited) => format!("not ready for {waited}"),
                (who, waited) => format!("{who}: not ready for {waited}"),
            };
            return if waiting > READY_PATIENCE {
                (Verdict::Warning, Cow::Owned(words))
            } else {
                (Verdict::Progressing, Cow::Borrowed("not ready yet"))
            };
        }
        let waiting = self.started.known().unwrap_or(self.created).age_at(now);
        if waiting > STARTING_PATIENCE {
            let words = format!("{} for {}", self.status(), human_duration(waiting));
            return (Verdict::Warning, Cow::Owned(words));
        }
        (Verdict::Progressing, Cow::Borrowed("starting"))
    }

    fn judge_restarts(&self, now: Timestamp) -> Judged<'_> {
        let Some((container, ended)) = self.last_run() else { return (Verdict::Ok, Cow::Borrowed("")) };
        let ago = ended.at.seconds_before(now);
        if ended.at.is_never() || ago > RESTART_MEMORY || (ended.exit_code == 0 && ended.signal == 0) {
            return (Verdict::Ok, Cow::Borrowed(""));
        }
        let words = format!("{}: restarted {} ago, {}", container.name, human_duration(ago), ended.words());
        (Verdict::Warning, Cow::Owned(words))
    }

    /// What a container's state says against it, whatever the time. Main containers and sidecars come before init
    /// containers only when these are done, so the first that fails is the one that matters.
    fn failing(&self) -> Option<(Verdict, String)> {
        self.unusual_containers()
            .iter()
            .filter_map(|container| {
                let (verdict, words) = self.container_failure(container)?;
                let role = self.template.containers.iter().find(|c| c.name == container.name).map(|c| c.role);
                match role {
                    Some(ContainerRole::Ephemeral) => None,
                    Some(ContainerRole::Init) => Some((verdict, format!("init {}: {words}", container.name))),
                    _ => Some((verdict, format!("{}: {words}", container.name))),
                }
            })
            .reduce(|worst, next| if next.0 > worst.0 { next } else { worst })
    }

    fn container_failure(&self, container: &ContainerStatus) -> Option<(Verdict, String)> {
        match &container.state {
            ContainerState::Waiting { reason, message } => match &**reason {
                "" | "ContainerCreating" | "PodInitializing" => None,
                "CrashLoopBackOff" => Some((
                    Verdict::Critical,
                    crash_loop(message, container.restarts, container.last_run.as_deref()),
                )),
                "ImagePullBackOff"
                | "ErrImagePull"
                | "RegistryUnavailable"
                | "ErrImageNeverPull"
                | "InvalidImageName"
                | "ImageInspectError"
                | "SignatureValidationFailed" => {
                    let image = self.template.containers.iter().find(|c| c.name == container.name);
                    let image = image.map_or("", |c| &*c.image);
                    let words = match &**reason {
                        "InvalidImageName" => format!("{image} is no image name"),
                        "ErrImageNeverPull" => format!("{image} is not on the node and may not be pulled"),
                        "SignatureValidationFailed" => format!("the signature of {image} is not valid"),
                        _ => words::pull(message, image),
                    };
                    Some((Verdict::Critical, format!("{reason}, {words}")))
                }
                _ => {
                    let words = words::first_line(message);
                    let words =
                        if words.is_empty() { reason.to_string() } else { format!("{reason}, {words}") };
                    Some((Verdict::Critical, words))
                }
            },
            ContainerState::Terminated(ended) if ended.exit_code != 0 || ended.signal != 0 => {
                Some((Verdict::Warning, format!("ended with {}", ended.words())))
            }
            ContainerState::Terminated(_) | ContainerState::Running { .. } | ContainerState::Unknown => None,
        }
    }

    fn node_lost(&self) -> String {
        match self.node() {
            Some(node) => format!("node {node} stopped answering"),
            None => "its node stopped answering".to_owned(),
        }
    }

    fn ended_badly(&self) -> String {
        let message = self.message().map(words::first_line).unwrap_or_default();
        match (self.reason(), message, self.failing()) {
            (Some("NodeLost"), _, _) => self.node_lost(),
            (Some(reason), "", _) => reason.to_owned(),
            (Some(reason), message, _) => format!("{reason}: {message}"),
            (None, _, Some((_, words))) => words,
            (None, "", None) => self.status().to_owned(),
            (None, message, None) => message.to_owned(),
        }
    }
}

/// `back-off 5m after 12 restarts, last exit 137 OOMKilled`
fn crash_loop(message: &str, restarts: u32, last: Option<&Termination>) -> String {
    let mut words = match words::back_off(message) {
        Some(wait) => format!("back-off {wait}"),
        None => "back-off".to_owned(),
    };
    if restarts > 0 {
        let plural = if restarts == 1 { "" } else { "s" };
        words.push_str(&format!(" after {restarts} restart{plural}"));
    }
    if let Some(last) = last {
        words.push_str(&format!(", last {}", last.words()));
        // What the process left in its termination message file is the best lead there is.
        if let Some(line) = last.message.lines().map(str::trim).find(|line| !line.is_empty()) {
            words.push_str(&format!(": {line}"));
        }
    }
    words
}
