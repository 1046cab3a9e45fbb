//! The one source of time of a simulated fleet: it either stands still until it is advanced, or runs.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock shared by every cluster of a simulator. Clones show the same time.
#[derive(Clone, Debug)]
pub struct SimClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// The time shown when `since` was taken; for a fixed clock the time shown.
    base: Timestamp,
    /// When a running clock started; `None` for a fixed one.
    since: Option<Instant>,
    /// Who waits for which instant, on a fixed clock. Kept sorted by instant, then by order of arrival.
    waiting: Vec<Waiting>,
    next_id: u64,
}

#[derive(Debug)]
struct Waiting {
    at: Timestamp,
    id: u64,
    waker: Option<Waker>,
}

impl State {
    fn now(&self) -> Timestamp {
        let passed = self.since.map(|since| since.elapsed()).unwrap_or_default();
        later(self.base, passed)
    }
}

impl SimClock {
    /// A clock that stands at `at` (RFC 3339) until it is advanced.
    ///
    /// # Errors
    /// When `at` is not an RFC 3339 timestamp.
    pub fn fixed(at: &str) -> Result<Self, jiff::Error> {
        Ok(Self::standing(at.parse()?))
    }

    /// A clock that stands at `at` until it is advanced.
    pub fn standing(at: Timestamp) -> Self {
        Self::from_state(at, None)
    }

    /// A clock that shows `start` now and runs from there with the real passage of time.
    pub fn running(start: Timestamp) -> Self {
        Self::from_state(start, Some(Instant::now()))
    }

    /// Lets a clock that stands run from where it stands. Nobody may be waiting for it yet.
    pub fn run(&self) {
        self.state().since.get_or_insert_with(Instant::now);
    }

    fn from_state(base: Timestamp, since: Option<Instant>) -> Self {
        Self(Arc::new(Mutex::new(State { base, since, waiting: Vec::new(), next_id: 0 })))
    }

    /// The time shown.
    pub fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// Whether time passes by itself.
    pub fn is_running(&self) -> bool {
        self.state().since.is_some()
    }

    /// Moves the clock forward and wakes everyone whose instant has come. On a fixed clock, who needs every step to be
    /// seen at its own instant goes from [`SimClock::next_wake`] to the next one instead of jumping.
    pub fn advance(&self, by: Duration) {
        let mut state = self.state();
        state.base = later(state.base, by);
        let now = state.now();
        let due = state.waiting.partition_point(|waiting| waiting.at <= now);
        let due: Vec<Waiting> = state.waiting.drain(..due).collect();
        drop(state);
        for waker in due.into_iter().filter_map(|waiting| waiting.waker) {
            waker.wake();
        }
    }

    /// The earliest instant somebody waits for on a fixed clock.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.state().waiting.first().map(|waiting| waiting.at)
    }

    /// Resolves when the clock has reached `at`: by [`SimClock::advance`] on a fixed clock, by itself on a running one.
    pub fn wake_at(&self, at: Timestamp) -> Wake {
        let mut state = self.state();
        let now = state.now();
        let how = if state.since.is_some() {
            let left = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            How::Running(Box::pin(tokio::time::sleep(left)))
        } else if at <= now {
            How::Done
        } else {
            let id = state.next_id;
            state.next_id += 1;
            let place = state.waiting.partition_point(|waiting| waiting.at <= at);
            state.waiting.insert(place, Waiting { at, id, waker: None });
            How::Fixed(id)
        };
        drop(state);
        Wake { clock: self.clone(), how }
    }

    /// Resolves when `after` has passed on this clock.
    pub fn wake_after(&self, after: Duration) -> Wake {
        let at = later(self.now(), after);
        self.wake_at(at)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instant somebody waits for. Dropping it stops the waiting.
#[derive(Debug)]
pub struct Wake {
    clock: SimClock,
    how: How,
}

#[derive(Debug)]
enum How {
    Done,
    Fixed(u64),
    Running(Pin<Box<tokio::time::Sleep>>),
}

impl Future for Wake {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        match &mut this.how {
            How::Done => Poll::Ready(()),
            How::Running(sleep) => sleep.as_mut().poll(context),
            How::Fixed(id) => {
                let mut state = this.clock.state();
                match state.waiting.iter_mut().find(|waiting| waiting.id == *id) {
                    // Whoever is no longer in the list has been drained by `advance`: its instant has come.
                    None => Poll::Ready(()),
                    Some(waiting) => {
                        waiting.waker = Some(context.waker().clone());
                        Poll::Pending
                    }
                }
            }
        }
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if let How::Fixed(id) = self.how {
            self.clock.state().waiting.retain(|waiting| waiting.id != id);
        }
    }
}

/// `at` plus `by`, staying at the last representable instant instead of overflowing.
fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Context;

    fn poll(wake: &mut Wake) -> Poll<()> {
        Pin::new(wake).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_fixed_clock_moves_only_when_advanced() {
        let clock = SimClock::fixed("2026-11-21T10:42:07Z").unwrap();
        assert_eq!(clock.now().to_string(), "2026-11-21T10:42:07Z");
        clock.clone().advance(Duration::from_secs(3));
        assert_eq!(clock.now().to_string(), "2026-11-21T10:42:10Z");
    }

    #[test]
    fn a_time_that_is_no_time_is_an_error() {
        assert!(SimClock::fixed("yesterday").is_err());
    }

    #[test]
    fn wakes_come_in_the_order_of_their_instants() {
        let clock = SimClock::fixed("2026-11-21T10:00:00Z").unwrap();
        let mut late = clock.wake_after(Duration::from_secs(20));
        let mut soon = clock.wake_after(Duration::from_secs(5));
        assert_eq!(clock.next_wake().unwrap().to_string(), "2026-11-21T10:00:05Z");
        assert!(poll(&mut soon).is_pending() && poll(&mut late).is_pending());
        clock.advance(Duration::from_secs(5));
        assert!(poll(&mut soon).is_ready() && poll(&mut late).is_pending());
        drop(late);
        assert_eq!(clock.next_wake(), None);
    }

    #[tokio::test]
    async fn a_running_clock_runs() {
        let clock = SimClock::running("2026-11-21T10:00:00Z".parse().unwrap());
        clock.wake_after(Duration::from_millis(1)).await;
        assert!(clock.now() >= "2026-11-21T10:00:00.001Z".parse().unwrap());
    }
}
