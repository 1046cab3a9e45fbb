//! What was asked of the account, kept so that tests can count it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// Requests kept; older ones are forgotten.
const KEPT: usize = 10_000;

/// One request and how it was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The service by its endpoint's name, like `eks`; empty when it is none of ours.
    pub service: String,
    /// The operation, like `ListClusters`; empty when it was not understood.
    pub operation: String,
    /// Its parameters under the names of the service's model.
    pub parameters: Value,
    /// The region it was signed for.
    pub region: String,
    /// The access key it was signed with; empty when it was not signed.
    pub access_key: String,
    /// The `User-Agent`.
    pub user_agent: String,
    /// The status code of the answer; `None` for a request that was never answered.
    pub status: Option<u16>,
}

/// The latest requests. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Requests(Arc<Mutex<VecDeque<Recorded>>>);

impl Requests {
    /// The latest requests, oldest first.
    pub fn all(&self) -> Vec<Recorded> {
        self.kept().iter().cloned().collect()
    }

    /// How many of the latest requests were for an operation of a service.
    pub fn count(&self, service: &str, operation: &str) -> usize {
        self.kept()
            .iter()
            .filter(|request| request.service == service && request.operation == operation)
            .count()
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

    fn kept(&self) -> MutexGuard<'_, VecDeque<Recorded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
