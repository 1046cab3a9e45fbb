//! What may go wrong between a client and the account's services, on request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The faults injected into the account. Clones share them; all can be changed at any time.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    storms: Vec<Storm>,
    refusing: bool,
    skew: jiff::SignedDuration,
}

#[derive(Debug)]
struct Storm {
    service: String,
    operation: String,
    left: Option<u32>,
    harm: Harm,
}

/// What happens to a request that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// It is one too many: each service says so in its protocol's words.
    Throttled,
    /// The caller lacks the permission.
    Denied,
    /// The caller's temporary credentials have expired.
    Expired,
    /// The caller's clock is more than five minutes off, says the service.
    Skewed,
    /// The signature does not fit, says the service.
    WrongSignature,
    /// The service has an error of its own (500).
    Internal,
    /// The service is away for the moment (503).
    Unavailable,
    /// It is answered with a web page, as a proxy or a captive portal does.
    WebPage,
    /// Its answer ends in the middle.
    CutShort,
    /// A list has another page after every page, for ever.
    EndlessPages,
    /// It is never answered.
    NeverAnswered,
    /// Its connection is refused.
    Refused,
    /// It is answered this much later, by the fleet's clock.
    Slow(Duration),
}

impl Faults {
    /// Lets the next `count` requests for an operation go wrong, all of them when `count` is `None`. An empty service or
    /// operation means any; services go by the names of their endpoints, like `eks` and `monitoring`.
    pub fn harm(&self, service: &str, operation: &str, count: impl Into<Option<u32>>, harm: Harm) {
        let storm =
            Storm { service: service.to_owned(), operation: operation.to_owned(), left: count.into(), harm };
        self.state().storms.push(storm);
    }

    /// Every connection is refused, until cleared.
    pub fn refuse_connections(&self) {
        self.state().refusing = true;
    }

    /// The `Date` header of every answer is off by this much.
    pub fn skew(&self, by: jiff::SignedDuration) {
        self.state().skew = by;
    }

    /// Ends all faults.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    pub(super) fn connections_refused(&self) -> bool {
        self.state().refusing
    }

    pub(super) fn date_skew(&self) -> jiff::SignedDuration {
        self.state().skew
    }

    /// What happens to this request, counting it.
    pub(super) fn strike(&self, service: &str, operation: &str) -> Option<Harm> {
        let mut state = self.state();
        let at = state.storms.iter().position(|storm| {
            (storm.service.is_empty() || storm.service == service)
                && (storm.operation.is_empty() || storm.operation == operation)
        })?;
        let storm = state.storms.get_mut(at)?;
        let harm = storm.harm;
        if let Some(left) = &mut storm.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                state.storms.remove(at);
            }
        }
        Some(harm)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_hits_its_operation_only_and_passes_after_its_count() {
        let faults = Faults::default();
        faults.harm("eks", "ListAddons", 1, Harm::Throttled);
        assert_eq!(faults.strike("eks", "ListClusters"), None);
        assert_eq!(faults.strike("route53", "ListAddons"), None);
        assert_eq!(faults.strike("eks", "ListAddons"), Some(Harm::Throttled));
        assert_eq!(faults.strike("eks", "ListAddons"), None);
    }

    #[test]
    fn a_storm_over_everything_lasts_until_it_is_cleared() {
        let faults = Faults::default();
        faults.harm("", "", None, Harm::Expired);
        assert!((0..9).all(|_| faults.strike("sts", "GetCallerIdentity") == Some(Harm::Expired)));
        faults.clear();
        assert_eq!(faults.strike("sts", "GetCallerIdentity"), None);
    }
}
