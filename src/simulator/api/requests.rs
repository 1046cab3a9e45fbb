//! What was asked, kept so that tests can count it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Requests kept; older ones are forgotten.
const KEPT: usize = 10_000;

/// One request and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, undecoded; empty when there is none.
    pub query: String,
    /// The `User-Agent`.
    pub user_agent: String,
    /// The status code of the answer; `None` for a request that was never answered.
    pub status: Option<u16>,
}

/// The latest requests to one cluster. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Mutex<VecDeque<Recorded>>>);

impl Requests {
    /// The latest requests, oldest first.
    pub fn all(&self) -> Vec<Recorded> {
        self.kept().iter().cloned().collect()
    }

    /// How many of the latest requests are like this.
    pub fn count(&self, alike: impl Fn(&Recorded) -> bool) -> usize {
        self.kept().iter().filter(|request| alike(request)).count()
    }

    /// Forgets them, to count anew.
    pub fn clear(&self) {
        self.kept().clear();
    }

    pub(super) fn record(&self, request: Recorded) {
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(request);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, VecDeque<Recorded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
