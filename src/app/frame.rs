//! When to draw. Pure arithmetic on instants: a key draws at once, data at most thirty times a second, and when
//! nothing is armed the loop sleeps for ever.

use std::time::{Duration, Instant};

/// Data alone draws no more often than this.
const DATA_INTERVAL: Duration = Duration::from_millis(33);

/// Decides when the next frame is due.
#[derive(Debug, Default)]
pub struct FrameScheduler {
    due: Option<Instant>,
    drawn: Option<Instant>,
    wake: Option<Instant>,
}

impl FrameScheduler {
    /// Somebody pressed a key or resized the window: draw now.
    pub fn input(&mut self, now: Instant) {
        self.due = Some(now);
    }

    /// Something visible changed: draw at the next tick, at once after a quiet spell.
    pub fn data(&mut self, now: Instant) {
        let at = self.drawn.map_or(now, |drawn| (drawn + DATA_INTERVAL).max(now));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// True when a frame should be drawn now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now) || self.wake.is_some_and(|wake| wake <= now)
    }

    /// A frame was drawn; `wake` is when what it shows goes out of date by itself.
    pub fn drawn(&mut self, now: Instant, wake: Option<Instant>) {
        self.due = None;
        self.drawn = Some(now);
        self.wake = wake;
    }

    /// How long the loop may sleep; `None` is for ever.
    pub fn deadline(&self) -> Option<Instant> {
        match (self.due, self.wake) {
            (Some(due), Some(wake)) => Some(due.min(wake)),
            (due, wake) => due.or(wake),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_draws_at_once_and_data_waits_for_its_tick() {
        let start = Instant::now();
        let mut frames = FrameScheduler::default();
        assert_eq!(frames.deadline(), None);
        frames.data(start);
        assert!(frames.is_due(start), "the first frame does not wait");
        frames.drawn(start, None);
        let soon = start + Duration::from_millis(1);
        frames.data(soon);
        assert!(!frames.is_due(soon));
        assert_eq!(frames.deadline(), Some(start + DATA_INTERVAL));
        frames.input(soon);
        assert!(frames.is_due(soon));
    }

    #[test]
    fn nothing_armed_sleeps_for_ever_and_a_wake_is_kept() {
        let start = Instant::now();
        let mut frames = FrameScheduler::default();
        frames.data(start);
        let later = start + Duration::from_secs(9);
        frames.drawn(start, Some(later));
        assert_eq!(frames.deadline(), Some(later));
        assert!(!frames.is_due(start));
        assert!(frames.is_due(later));
        frames.drawn(later, None);
        assert_eq!(frames.deadline(), None);
    }
}
