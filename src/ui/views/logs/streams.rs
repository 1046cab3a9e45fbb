//! Which streams are open for a log, and when one has to be opened again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::containers::Container;
use crate::fleet::{ObjectRef, Problem, ProblemKind, Timestamp};
use crate::ui::message::{Effect, LogId, LogRequest};

/// How far back a log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// The last lines, as many as the settings say.
    Tail,
    /// From the beginning, as much as there is room for.
    Head,
    /// So many seconds.
    Seconds(u32),
}

impl Since {
    /// The words of the log's own top line.
    pub(super) fn words(self, tail: u32) -> String {
        match self {
            Self::Tail => format!("last {tail} lines"),
            Self::Head => "from the beginning".to_owned(),
            Self::Seconds(seconds) if seconds >= 3600 => format!("last {} h", seconds / 3600),
            Self::Seconds(seconds) => format!("last {} min", seconds / 60),
        }
    }
}

/// What is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// How far back.
    pub(super) since: Since,
    /// The run before the last restart.
    pub(super) previous: bool,
    /// How many lines *tail* means.
    pub(super) tail: u32,
}

/// The streams of one pod.
#[derive(Debug)]
pub(super) struct Streams {
    pod: ObjectRef,
    /// The numbers of this view's logs begin here, so that two views of one pod do not mix them up.
    base: u64,
    opened: u64,
    open: Vec<Stream>,
    wanted: Vec<Effect>,
    failures: u32,
    retry_at: Option<Timestamp>,
    /// What CloudWatch Logs sifts the lines of a group by.
    pattern: Option<Arc<str>>,
}

#[derive(Debug)]
struct Stream {
    id: LogId,
    container: String,
    run: (String, u64),
    has_ended: bool,
    /// It was opened again after it broke, and repeats a second.
    resumes: bool,
    /// What was asked for is not taken: asking again would not help.
    is_refused: bool,
}

impl Streams {
    /// No streams yet.
    pub(super) fn new(pod: ObjectRef, now: Timestamp) -> Self {
        let mut hasher = DefaultHasher::new();
        (&pod, now).hash(&mut hasher);
        let base = hasher.finish();
        let (open, wanted) = (Vec::new(), Vec::new());
        Self { pod, base, opened: 0, open, wanted, failures: 0, retry_at: None, pattern: None }
    }

    /// What CloudWatch Logs sifts the lines of a group by.
    pub(super) fn pattern(&self) -> Option<&str> {
        self.pattern.as_deref()
    }

    /// From the next opening on only lines that match this filter pattern.
    pub(super) fn set_pattern(&mut self, pattern: &str) {
        self.pattern = Some(pattern.trim()).filter(|pattern| !pattern.is_empty()).map(Into::into);
    }

    /// Opens these containers, and closes what was open before.
    pub(super) fn open(&mut self, containers: &[&Container], reading: Reading) {
        self.close();
        if containers.is_empty() {
            return;
        }
        let id = self.next_id();
        self.failures = 0;
        self.retry_at = None;
        self.open.extend(containers.iter().map(|container| Stream {
            id,
            container: container.name.clone(),
            run: container.run.clone(),
            has_ended: false,
            resumes: false,
            is_refused: false,
        }));
        self.wanted.push(Effect::OpenLog(LogRequest {
            id,
            pod: self.pod.clone(),
            containers: containers.iter().map(|container| container.name.clone()).collect(),
            follow: !reading.previous && reading.since != Since::Head,
            previous: reading.previous,
            since_seconds: match reading.since {
                Since::Seconds(seconds) if !reading.previous => Some(seconds),
                _ => None,
            },
            tail: (reading.since == Since::Tail).then_some(reading.tail),
            pattern: self.pattern.clone(),
        }));
    }

    /// Closes all, for good.
    pub(super) fn close(&mut self) {
        self.pause();
        self.open.clear();
    }

    /// Closes all for now: they are opened again like streams that broke.
    pub(super) fn pause(&mut self) {
        let mut ids = Vec::new();
        for stream in self.open.iter_mut().filter(|stream| !stream.has_ended) {
            stream.has_ended = true;
            ids.push(stream.id);
        }
        ids.dedup();
        self.wanted.extend(ids.into_iter().map(Effect::CloseLog));
        self.retry_at = None;
    }

    /// What is to be opened and closed.
    pub(super) fn asks(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.wanted)
    }

    /// True when lines with this number belong here.
    pub(super) fn has(&self, id: LogId) -> bool {
        self.open.iter().any(|stream| stream.id == id && !stream.has_ended)
    }

    /// True when the log was opened again after it broke: what was written in the second of its last line comes again.
    pub(super) fn resumes(&self, id: LogId) -> bool {
        self.open.iter().any(|stream| stream.id == id && stream.resumes)
    }

    /// Lines arrived: the connection is good.
    pub(super) fn delivered(&mut self) {
        self.failures = 0;
    }

    /// A container's stream ended.
    pub(super) fn ended(&mut self, id: LogId, container: &str, result: &Result<(), Problem>) {
        let is_user = result.as_ref().is_err_and(|problem| problem.kind() == ProblemKind::User);
        let is_refused = is_user && self.pattern.is_some();
        for stream in self.open.iter_mut().filter(|s| s.id == id && s.container == container) {
            stream.has_ended = true;
            stream.is_refused = is_refused;
        }
    }

    /// True while any stream is open.
    pub(super) fn is_live(&self) -> bool {
        self.open.iter().any(|stream| !stream.has_ended)
    }

    /// True when a stream ended that might go on.
    pub(super) fn has_ended_ones(&self) -> bool {
        self.open.iter().any(|stream| stream.has_ended)
    }

    /// Opens streams again whose container runs: from its beginning after a restart, from the last line when only the
    /// stream broke. Returns what to note.
    pub(super) fn reopen(
        &mut self,
        containers: &[Container],
        now: Timestamp,
        last_line: impl Fn(&str) -> Option<Timestamp>,
    ) -> Vec<Reopened> {
        let mut notes = Vec::new();
        let is_too_soon = self.retry_at.is_some_and(|at| at > now);
        let mut broken = false;
        for at in 0..self.open.len() {
            let Some(stream) = self.open.get(at).filter(|stream| stream.has_ended && !stream.is_refused)
            else {
                continue;
            };
            let Some(container) = containers.iter().find(|c| c.name == stream.container) else { continue };
            let is_restart = container.run != stream.run;
            if !container.is_running || (!is_restart && is_too_soon) {
                continue;
            }
            broken |= !is_restart;
            let id = self.next_id();
            let since = last_line(&container.name).filter(|_| !is_restart);
            self.wanted.push(Effect::OpenLog(LogRequest {
                id,
                pod: self.pod.clone(),
                containers: vec![container.name.clone()],
                follow: true,
                previous: false,
                since_seconds: since.and_then(|at| u32::try_from(at.seconds_before(now) + 1).ok()),
                tail: None,
                pattern: self.pattern.clone(),
            }));
            notes.push(Reopened {
                container: container.name.as_str().into(),
                restarts: is_restart.then_some(container.run.1),
            });
            if let Some(stream) = self.open.get_mut(at) {
                *stream = Stream {
                    id,
                    container: container.name.clone(),
                    run: container.run.clone(),
                    has_ended: false,
                    resumes: !is_restart,
                    is_refused: false,
                };
            }
        }
        if broken {
            // 1, 2, 4 … 64 seconds between attempts while nothing is delivered.
            self.retry_at = Some(Timestamp::from_seconds(now.seconds() + (1 << self.failures.min(6))));
            self.failures += 1;
        }
        notes
    }

    /// When a broken stream may be tried again.
    pub(super) fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at.filter(|_| self.has_ended_ones())
    }

    fn next_id(&mut self) -> LogId {
        self.opened += 1;
        LogId(self.base.wrapping_add(self.opened))
    }
}

/// A stream that was opened again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reopened {
    /// Whose.
    pub(super) container: Arc<str>,
    /// How often the container was started again, when that is why; `None` when only the stream broke.
    pub(super) restarts: Option<u64>,
}

/// Why a stream ended, in the words of a note.
pub(super) fn end_note(container: &str, result: &Result<(), Problem>) -> String {
    match result {
        Ok(()) => format!("{container}: the log ends here"),
        Err(problem) => format!("{container}: {problem}"),
    }
}
