//! What a container is doing, and how its last run ended.

use std::sync::Arc;

use super::intern::Interner;
use super::time::Timestamp;
use super::wire::{Flag, Number, Object, Text};
use serde::Deserialize;

/// Longest message that is kept. The kubelet's own limit for a termination message is 4 KiB; what says why is in front.
const MESSAGE_BYTES: usize = 600;

/// `v1.ContainerStatus` as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatusWire<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    pub(super) ready: Flag,
    pub(super) started: Flag,
    pub(super) restart_count: Number,
    #[serde(borrow)]
    pub(super) state: Object<StateWire<'a>>,
    #[serde(borrow)]
    pub(super) last_state: Object<StateWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StateWire<'a> {
    #[serde(borrow)]
    pub(super) waiting: Object<WaitingWire<'a>>,
    #[serde(borrow)]
    pub(super) running: Object<RunningWire<'a>>,
    #[serde(borrow)]
    pub(super) terminated: Object<TerminatedWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WaitingWire<'a> {
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RunningWire<'a> {
    #[serde(borrow)]
    pub(super) started_at: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TerminatedWire<'a> {
    pub(super) exit_code: Number,
    pub(super) signal: Number,
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) finished_at: Text<'a>,
}

impl ContainerStatusWire<'_> {
    pub(super) fn waiting(&self) -> Option<&WaitingWire<'_>> {
        self.state.0.as_ref()?.waiting.0.as_ref()
    }

    pub(super) fn running(&self) -> Option<&RunningWire<'_>> {
        self.state.0.as_ref()?.running.0.as_ref()
    }

    pub(super) fn terminated(&self) -> Option<&TerminatedWire<'_>> {
        self.state.0.as_ref()?.terminated.0.as_ref()
    }

    pub(super) fn last_terminated(&self) -> Option<&TerminatedWire<'_>> {
        self.last_state.0.as_ref()?.terminated.0.as_ref()
    }

    /// True for a container of which there is nothing to say: it runs, is ready, and never ended before.
    pub(super) fn is_plain(&self) -> bool {
        self.ready.is_true()
            && self.running().is_some()
            && self.restart_count.count() == 0
            && self.last_terminated().is_none()
    }
}

/// What a container is doing, kept for those that do not plainly run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerStatus {
    /// The container's name.
    pub name: Arc<str>,
    /// What it is doing.
    pub state: ContainerState,
    /// Passes its readiness probe.
    pub ready: bool,
    /// How often the kubelet started it again.
    pub restarts: u32,
    /// How its run before this one ended.
    pub last_run: Option<Box<Termination>>,
}

/// `v1.ContainerState`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ContainerState {
    /// The kubelet has not said.
    #[default]
    Unknown,
    /// It waits for something.
    Waiting {
        /// One word, for example `CrashLoopBackOff`; may be empty.
        reason: Arc<str>,
        /// The kubelet's or the runtime's words; may be empty.
        message: Arc<str>,
    },
    /// It runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It ended.
    Terminated(Box<Termination>),
}

/// How a run of a container ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Termination {
    /// One word, for example `OOMKilled`, `Error`, `Completed`; may be empty.
    pub reason: Arc<str>,
    /// What the container left in its termination message file, or the runtime's words; may be empty.
    pub message: Arc<str>,
    /// The exit code; 128 + the signal when a signal ended it.
    pub exit_code: i32,
    /// The signal, when the runtime tells; else 0.
    pub signal: i32,
    /// When.
    pub at: Timestamp,
}

impl ContainerStatus {
    pub(super) fn pack(wire: &ContainerStatusWire<'_>, interner: &mut Interner) -> Self {
        let terminated = |wire: &TerminatedWire<'_>, interner: &mut Interner| {
            Box::new(Termination {
                reason: interner.get(&wire.reason),
                message: interner.get(shortened(&wire.message)),
                exit_code: wire.exit_code.int(),
                signal: wire.signal.int(),
                at: wire.finished_at.instant(),
            })
        };
        // The API allows one of the three at most; the order matters only for objects that break that rule, and is
        // kubectl's.
        let state = if let Some(waiting) = wire.waiting() {
            ContainerState::Waiting {
                reason: interner.get(&waiting.reason),
                // `back-off 5m0s restarting failed container=api pod=…` would be another text for each pod.
                message: interner.get(shortened(waiting.message.split(" pod=").next().unwrap_or_default())),
            }
        } else if let Some(ended) = wire.terminated() {
            ContainerState::Terminated(terminated(ended, interner))
        } else if let Some(running) = wire.running() {
            ContainerState::Running { since: running.started_at.instant() }
        } else {
            ContainerState::Unknown
        };
        Self {
            name: interner.get(&wire.name),
            state,
            ready: wire.ready.is_true(),
            restarts: wire.restart_count.count(),
            last_run: wire.last_terminated().map(|ended| terminated(ended, interner)),
        }
    }
}

impl Termination {
    /// How it ended in words: `OOMKilled`, `exit 137`, `exit 137 OOMKilled`, `signal 9`. `Error` and `Completed` say no
    /// more than the exit code does.
    pub fn words(&self) -> String {
        let reason = match &*self.reason {
            "Error" | "Completed" => "",
            reason => reason,
        };
        let code = match (self.signal, self.exit_code) {
            (0, code) => format!("exit {code}"),
            (signal, _) => format!("signal {signal}"),
        };
        match (reason.is_empty(), self.exit_code == 0 && self.signal == 0) {
            (true, _) => code,
            (false, true) => reason.to_owned(),
            (false, false) => format!("{code} {reason}"),
        }
    }
}

/// The start of a message, trimmed, cut at a character.
pub(super) fn shortened(message: &str) -> &str {
    let message = message.trim();
    let end = message.floor_char_boundary(MESSAGE_BYTES);
    message.get(..end).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_words() {
        let ended = |reason: &str, exit_code, signal| {
            Termination { reason: reason.into(), message: "".into(), exit_code, signal, at: Timestamp::NEVER }
                .words()
        };
        assert_eq!(ended("OOMKilled", 137, 0), "exit 137 OOMKilled");
        assert_eq!(ended("Error", 1, 0), "exit 1");
        assert_eq!(ended("", 0, 9), "signal 9");
        assert_eq!(ended("Completed", 0, 0), "exit 0");
        assert_eq!(ended("ContainerStatusUnknown", 0, 0), "ContainerStatusUnknown");
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        let long = "ü".repeat(1000);
        assert_eq!(shortened(&long).len(), MESSAGE_BYTES);
        assert_eq!(shortened("  x \n"), "x");
    }
}
