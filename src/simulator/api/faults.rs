//! What may go wrong between a client and a simulated cluster, on request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// The faults injected into one cluster. Clones share them; all can be changed at any time.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Grows whenever all open watches are to end.
    dropped: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    latency: Duration,
    storms: Vec<Storm>,
    skew: jiff::SignedDuration,
    unauthorized: bool,
    refusing: bool,
}

/// Requests that go wrong.
#[derive(Clone, Debug)]
pub struct Storm {
    /// Only requests whose path starts with this.
    pub path: String,
    /// How many requests; `None` until cleared.
    pub left: Option<u32>,
    /// What happens to them.
    pub harm: Harm,
}

/// What happens to a request that goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Harm {
    /// It is answered with this status code, and perhaps a `Retry-After` in seconds.
    Answer {
        /// The HTTP status code.
        code: u16,
        /// Seconds in `Retry-After`.
        retry_after: Option<u32>,
    },
    /// It is answered with a web page, as a proxy or a captive portal does.
    WebPage,
    /// Its answer ends in the middle.
    CutShort,
    /// It is never answered.
    NeverAnswered,
}

impl Default for Faults {
    fn default() -> Self {
        Self(Arc::new(Shared { state: Mutex::default(), dropped: watch::Sender::new(0) }))
    }
}

impl Faults {
    /// Every answer comes this much later.
    pub fn latency(&self, by: Duration) {
        self.state().latency = by;
    }

    /// Lets requests go wrong.
    pub fn storm(&self, storm: Storm) {
        self.state().storms.push(storm);
    }

    /// Lets the next `count` requests under `path` go wrong; all of them when `count` is `None`.
    pub fn harm(&self, path: &str, count: impl Into<Option<u32>>, harm: Harm) {
        self.storm(Storm { path: path.to_owned(), left: count.into(), harm });
    }

    /// The `Date` header of every answer is off by this much.
    pub fn skew(&self, by: jiff::SignedDuration) {
        self.state().skew = by;
    }

    /// Nobody's credentials are accepted, until cleared.
    pub fn refuse_credentials(&self) {
        self.state().unauthorized = true;
    }

    /// Connections are refused, until cleared.
    pub fn refuse_connections(&self) {
        self.state().refusing = true;
        self.drop_watches();
    }

    /// Ends every open watch and log stream, as a load balancer does that is replaced.
    pub fn drop_watches(&self) {
        self.0.dropped.send_modify(|count| *count += 1);
    }

    /// Ends all faults.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    pub(super) fn answer_delay(&self) -> Duration {
        self.state().latency
    }

    pub(super) fn date_skew(&self) -> jiff::SignedDuration {
        self.state().skew
    }

    pub(super) fn credentials_refused(&self) -> bool {
        self.state().unauthorized
    }

    pub(super) fn connections_refused(&self) -> bool {
        self.state().refusing
    }

    /// What happens to this request, counting it.
    pub(super) fn strike(&self, path: &str) -> Option<Harm> {
        let mut state = self.state();
        let at = state.storms.iter().position(|storm| path.starts_with(&storm.path))?;
        let storm = state.storms.get_mut(at)?;
        let harm = storm.harm.clone();
        if let Some(left) = &mut storm.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                state.storms.remove(at);
            }
        }
        Some(harm)
    }

    /// Changes when open watches are to end.
    pub(super) fn dropped(&self) -> watch::Receiver<u64> {
        self.0.dropped.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_passes_after_its_count_and_hits_only_its_path() {
        let faults = Faults::default();
        let harm = Harm::Answer { code: 503, retry_after: Some(1) };
        faults.harm("/api/v1/pods", 2, harm.clone());
        assert_eq!(faults.strike("/api/v1/nodes"), None);
        assert_eq!(faults.strike("/api/v1/pods"), Some(harm.clone()));
        assert_eq!(faults.strike("/api/v1/pods"), Some(harm));
        assert_eq!(faults.strike("/api/v1/pods"), None);
    }

    #[test]
    fn a_storm_without_count_lasts_until_it_is_cleared() {
        let faults = Faults::default();
        faults.harm("/", None, Harm::WebPage);
        assert!((0..10).all(|_| faults.strike("/api") == Some(Harm::WebPage)));
        faults.clear();
        assert_eq!(faults.strike("/api"), None);
    }
}
