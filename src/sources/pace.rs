//! How often and how long: every wait of the sources in one place, so that tests can be quick without sleeping.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How often and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A table goes on this long after nobody looks any more: people walk back and forth between views.
    pub linger: Duration,
    /// After that its rows are kept this much longer, so that coming back shows them at once.
    pub forget_after: Duration,
    /// Changes within this time travel together. A lone one does not wait.
    pub together: Duration,
    /// How long the server is asked to keep a watch open. It ends it with a bookmark, and the next one goes on there.
    pub watch: Duration,
    /// A watch that is silent this much longer than that is dead: the connection is half-open.
    pub watch_grace: Duration,
    /// A server that answered before and is in doubt must answer a small request within this time.
    pub probe: Duration,
    /// The first wait after a failure; doubles up to [`Pace::retry_most`].
    pub retry_first: Duration,
    /// The longest wait after a failure.
    pub retry_most: Duration,
    /// A kind that may be listed but not watched is read again this often.
    pub poll: Duration,
    /// The metrics API is read this often; metrics-server measures every 15 s and has nothing newer than that.
    pub usage: Duration,
    /// Kubelets are asked this often how full volumes are; they measure that once a minute (`volumeStatsAggPeriod`).
    pub volumes: Duration,
    /// What was forbidden is asked for again this often.
    pub refused: Duration,
    /// What the server offers is read again this often where its custom kinds may not be watched.
    pub kinds: Duration,
    /// After a custom kind was defined, changed or removed, the server needs this long to offer what it says.
    pub kinds_settle: Duration,
    /// A catalog of kinds that is older is read again when somebody opens a view.
    pub catalog: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            linger: Duration::from_secs(10),
            forget_after: Duration::from_secs(50),
            together: Duration::from_millis(100),
            watch: Duration::from_secs(60),
            watch_grace: Duration::from_secs(5),
            probe: Duration::from_secs(10),
            retry_first: Duration::from_millis(500),
            retry_most: Duration::from_secs(15),
            poll: Duration::from_secs(30),
            usage: Duration::from_secs(20),
            volumes: Duration::from_secs(60),
            refused: Duration::from_secs(300),
            kinds: Duration::from_secs(300),
            kinds_settle: Duration::from_secs(1),
            catalog: Duration::from_secs(60),
        }
    }
}

/// Waits that double, with jitter, so that a hundred clients do not come back to a restarted server together.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    first: Duration,
    most: Duration,
    random: RandomState,
    turn: u64,
}

impl Backoff {
    pub(super) fn new(pace: &Pace) -> Self {
        Self {
            next: pace.retry_first,
            first: pace.retry_first,
            most: pace.retry_most,
            random: RandomState::new(),
            turn: 0,
        }
    }

    /// The next wait: between a half and the whole of the doubled one.
    pub(super) fn next(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.most);
        self.turn += 1;
        whole / 2 + fraction(whole / 2, self.random.hash_one(self.turn))
    }

    /// It worked: the next failure is a first one again.
    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// A part of `whole`, by a random number.
fn fraction(whole: Duration, random: u64) -> Duration {
    whole.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64)
}

/// A tenth shorter at random: watches that began together do not all end together.
pub(super) fn staggered(whole: Duration) -> Duration {
    whole - fraction(whole / 10, RandomState::new().hash_one(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_with_jitter_and_begin_again_after_a_success() {
        let pace = Pace::default();
        let mut backoff = Backoff::new(&pace);
        let mut whole = pace.retry_first;
        for _ in 0..10 {
            let wait = backoff.next();
            assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
            whole = (whole * 2).min(pace.retry_most);
        }
        backoff.reset();
        assert!(backoff.next() <= pace.retry_first);
    }

    #[test]
    fn staggering_takes_away_a_tenth_at_most() {
        for _ in 0..100 {
            let wait = staggered(Duration::from_secs(60));
            assert!(wait >= Duration::from_secs(54) && wait <= Duration::from_secs(60));
        }
    }
}
