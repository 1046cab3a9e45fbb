//! What containers print: a bounded tail for each, readable while it grows.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

/// Lines kept for each container; a kubelet keeps 10 MiB.
const KEPT_LINES: usize = 20_000;

/// The output of every container of a cluster. Clones share it.
#[derive(Clone, Debug)]
pub struct Logs(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    containers: Mutex<HashMap<Place, Output>>,
    grown: watch::Sender<u64>,
}

/// Whose output: namespace, pod and container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Place(Box<str>, Box<str>, Box<str>);

#[derive(Debug, Default)]
struct Output {
    lines: VecDeque<Line>,
    /// Number of the first kept line.
    first: u64,
    previous: Option<Vec<Line>>,
    /// How often the container was started anew.
    runs: u64,
}

/// One printed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was printed.
    pub at: Timestamp,
    /// What was printed, without the line break.
    pub text: Arc<str>,
}

/// A place in a container's output, to read on from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    run: u64,
    line: u64,
}

impl Default for Logs {
    fn default() -> Self {
        Self(Arc::new(Shared { containers: Mutex::default(), grown: watch::Sender::new(0) }))
    }
}

impl Logs {
    /// A container prints a line.
    pub fn append(&self, namespace: &str, pod: &str, container: &str, line: Line) {
        let mut containers = self.containers();
        let output = containers.entry(Place(namespace.into(), pod.into(), container.into())).or_default();
        output.lines.push_back(line);
        if output.lines.len() > KEPT_LINES {
            output.lines.pop_front();
            output.first += 1;
        }
        drop(containers);
        self.0.grown.send_modify(|grown| *grown += 1);
    }

    /// A container starts anew: what it printed becomes the output of its previous run.
    pub fn restart(&self, namespace: &str, pod: &str, container: &str) {
        let mut containers = self.containers();
        let output = containers.entry(Place(namespace.into(), pod.into(), container.into())).or_default();
        output.previous = Some(output.lines.drain(..).collect());
        output.first = 0;
        output.runs += 1;
        drop(containers);
        self.0.grown.send_modify(|grown| *grown += 1);
    }

    /// A pod is gone, and its output with it.
    pub fn forget(&self, namespace: &str, pod: &str) {
        self.containers().retain(|place, _| !(&*place.0 == namespace && &*place.1 == pod));
        self.0.grown.send_modify(|grown| *grown += 1);
    }

    /// The lines of the previous run; `None` when there was none.
    pub fn previous(&self, namespace: &str, pod: &str, container: &str) -> Option<Vec<Line>> {
        let place = Place(namespace.into(), pod.into(), container.into());
        self.containers().get(&place)?.previous.clone()
    }

    /// The kept lines after a position, and the position after them. `None` when the container was restarted or is
    /// gone since the position was taken, so that a follower must stop.
    pub fn after(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        position: Option<Position>,
    ) -> Option<(Vec<Line>, Position)> {
        let place = Place(namespace.into(), pod.into(), container.into());
        let containers = self.containers();
        let Some(output) = containers.get(&place) else {
            return position
                .is_none_or(|at| at == Position::default())
                .then(|| (Vec::new(), Position::default()));
        };
        let from = position.unwrap_or(Position { run: output.runs, line: 0 });
        if from.run != output.runs {
            return None;
        }
        let skip = usize::try_from(from.line.saturating_sub(output.first)).unwrap_or(usize::MAX);
        let lines: Vec<Line> = output.lines.iter().skip(skip).cloned().collect();
        let end = output.first + u64::try_from(output.lines.len()).unwrap_or_default();
        Some((lines, Position { run: output.runs, line: end }))
    }

    /// Tells whenever any container has printed something.
    pub fn grown(&self) -> watch::Receiver<u64> {
        self.0.grown.subscribe()
    }

    fn containers(&self) -> MutexGuard<'_, HashMap<Place, Output>> {
        self.0.containers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line { at: "2026-11-21T10:42:07Z".parse().unwrap(), text: text.into() }
    }

    #[test]
    fn a_reader_goes_on_where_it_stopped() {
        let logs = Logs::default();
        logs.append("a", "web-1", "web", line("one"));
        let (first, position) = logs.after("a", "web-1", "web", None).unwrap();
        logs.append("a", "web-1", "web", line("two"));
        let (second, _) = logs.after("a", "web-1", "web", Some(position)).unwrap();
        assert_eq!((first, second), (vec![line("one")], vec![line("two")]));
    }

    #[test]
    fn a_restart_ends_the_reading_and_keeps_the_previous_run() {
        let logs = Logs::default();
        logs.append("a", "web-1", "web", line("one"));
        let (_, position) = logs.after("a", "web-1", "web", None).unwrap();
        logs.restart("a", "web-1", "web");
        assert_eq!(logs.after("a", "web-1", "web", Some(position)), None);
        assert_eq!(logs.previous("a", "web-1", "web"), Some(vec![line("one")]));
    }

    #[test]
    fn only_a_bounded_tail_is_kept() {
        let logs = Logs::default();
        for number in 0..KEPT_LINES + 5 {
            logs.append("a", "web-1", "web", line(&number.to_string()));
        }
        let (lines, _) = logs.after("a", "web-1", "web", None).unwrap();
        assert_eq!((lines.len(), &*lines[0].text), (KEPT_LINES, "5"));
    }
}
