//! Reading some tables of one cluster once, without a screen.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::fleet::Fleet;
use super::live::Live;
use crate::fleet::{ClusterId, Interest, Problem, ResourceType};
use crate::snapshot::{ClusterSnapshot, Link, Snapshot};

/// Reads these tables until each is complete or known not to be had. A cluster that cannot be reached is a problem; so is
/// one that does not answer in time.
pub fn survey(
    fleet: Fleet,
    cluster: &ClusterId,
    tables: &[ResourceType],
    patience: Duration,
) -> Result<Arc<ClusterSnapshot>, Problem> {
    let newest: Arc<(Mutex<Arc<Snapshot>>, Condvar)> = Arc::default();
    let delivered = Arc::clone(&newest);
    let live = Live::start(fleet, move |snapshot| {
        *delivered.0.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
        delivered.1.notify_one();
    })?;
    let interest =
        |resource: &ResourceType| Interest { cluster: cluster.clone(), resource: resource.clone() };
    live.want(tables.iter().map(interest).collect::<BTreeSet<_>>());
    let deadline = Instant::now() + patience;
    let (lock, changed) = &*newest;
    let mut snapshot = lock.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(picture) = snapshot.cluster(cluster) {
            if let Link::Down(problem) = &picture.link {
                return Err(problem.clone());
            }
            if tables.iter().all(|table| picture.freshness(table).is_settled()) {
                return Ok(Arc::clone(picture));
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let message = format!("{} did not answer in {} s", cluster.name(), patience.as_secs());
            return Err(Problem::new(crate::fleet::ProblemKind::Unreachable, message));
        }
        let waited = changed.wait_timeout(snapshot, left);
        snapshot = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}
