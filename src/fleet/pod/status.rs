//! The READY, STATUS and RESTARTS of `kubectl get pods`, which is what people trust.
//!
//! This follows `printPod` of Kubernetes 1.36 (`pkg/printers/internalversion/printers.go`) branch by branch, oddities
//! included: runbooks, alerts and fingers know these words.

use std::borrow::Cow;

use super::wire::{SpecWire, StatusWire};
use crate::fleet::container_status::{ContainerStatusWire, TerminatedWire};
use crate::fleet::time::Timestamp;

/// What kubectl prints of a pod.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Printed<'w> {
    /// STATUS
    pub(super) status: Cow<'w, str>,
    /// READY, the first number.
    pub(super) ready: usize,
    /// READY, the second number.
    pub(super) total: usize,
    /// RESTARTS
    pub(super) restarts: u64,
    /// RESTARTS, the instant in brackets.
    pub(super) last_restart: Timestamp,
}

#[derive(Default)]
struct Restarts {
    count: u64,
    last: Timestamp,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatusWire<'_>) {
        self.count += u64::from(container.restart_count.count());
        if let Some(ended) = container.last_terminated() {
            self.last = self.last.max(ended.finished_at.instant());
        }
    }
}

pub(super) fn print<'w>(spec: &SpecWire<'_>, status: &'w StatusWire<'_>, is_deleted: bool) -> Printed<'w> {
    let mut reason: Cow<'w, str> =
        Cow::Borrowed(if status.reason.is_empty() { &status.phase } else { &status.reason });
    if status.conditions.iter().any(|c| &*c.kind == "PodScheduled" && &*c.reason == "SchedulingGated") {
        reason = Cow::Borrowed("SchedulingGated");
    }

    let is_sidecar =
        |name: &str| spec.init_containers.iter().rfind(|c| &*c.name == name).is_some_and(|c| c.is_sidecar());
    let total = spec.containers.len() + spec.init_containers.iter().filter(|c| c.is_sidecar()).count();
    let mut ready = 0;
    let mut restarts = Restarts::default();
    let mut sidecar_restarts = Restarts::default();

    let mut initializing = false;
    for (at, container) in status.init_container_statuses.iter().enumerate() {
        let sidecar = is_sidecar(&container.name);
        restarts.add(container);
        if sidecar {
            sidecar_restarts.add(container);
        }
        match (container.terminated(), container.waiting()) {
            (Some(ended), _) if ended.exit_code.int() == 0 => continue,
            _ if sidecar && container.started.is_true() => {
                if container.ready.is_true() {
                    ready += 1;
                }
                continue;
            }
            (Some(ended), _) => reason = Cow::Owned(format!("Init:{}", ending(ended))),
            (None, Some(waiting)) if !waiting.reason.is_empty() && &*waiting.reason != "PodInitializing" => {
                reason = Cow::Owned(format!("Init:{}", &*waiting.reason));
            }
            (None, _) => reason = Cow::Owned(format!("Init:{at}/{}", spec.init_containers.len())),
        }
        initializing = true;
        break;
    }

    if !initializing || status.is_true("Initialized") {
        restarts = sidecar_restarts;
        let mut has_running = false;
        let mut failure: Option<Cow<'w, str>> = None;
        for container in status.container_statuses.iter().rev() {
            restarts.add(container);
            match (container.waiting(), container.terminated()) {
                (Some(waiting), _) if !waiting.reason.is_empty() => reason = Cow::Borrowed(&waiting.reason),
                (_, Some(ended)) => {
                    reason = ending(ended);
                    if ended.exit_code.int() != 0 {
                        failure = Some(reason.clone());
                    }
                }
                _ if container.ready.is_true() && container.running().is_some() => {
                    has_running = true;
                    ready += 1;
                }
                _ => {}
            }
        }
        if reason == "Completed" {
            if has_running && status.conditions.iter().any(|c| &*c.kind == "Ready" && &*c.status == "True") {
                reason = Cow::Borrowed("Running");
            } else if let Some(failure) = failure {
                reason = failure;
            } else if has_running {
                reason = Cow::Borrowed("NotReady");
            }
        }
    }

    if is_deleted {
        if &*status.reason == "NodeLost" {
            reason = Cow::Borrowed("Unknown");
        } else if !matches!(&*status.phase, "Succeeded" | "Failed") {
            reason = Cow::Borrowed("Terminating");
        }
    }
    Printed { status: reason, ready, total, restarts: restarts.count, last_restart: restarts.last }
}

fn ending<'w>(ended: &'w TerminatedWire<'_>) -> Cow<'w, str> {
    if !ended.reason.is_empty() {
        Cow::Borrowed(&ended.reason)
    } else if ended.signal.int() != 0 {
        Cow::Owned(format!("Signal:{}", ended.signal.int()))
    } else {
        Cow::Owned(format!("ExitCode:{}", ended.exit_code.int()))
    }
}
