//! The life of one table of AWS: read, tell everybody who wants it, wait, read again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;

use super::{Reading, Site};
use crate::fleet::{ClusterId, ProblemKind, ResourceType, Timestamp};
use crate::gateway::{Cause, Failure};
use crate::snapshot::delta::Change;
use crate::snapshot::{Delta, Freshness, RowChange};
use crate::sources::pace::{Backoff, Pace, staggered};
use crate::sources::work::Busy;

/// Rows in one delta at most: the store is never busy with one for long.
const BATCH: usize = 500;
/// The longest wait after a failure that may pass by itself.
const RETRY: Duration = Duration::from_secs(60);
/// Credentials are looked for again this often: somebody may sign in any moment, and looking costs nothing.
const LOGIN: Duration = Duration::from_secs(15);

/// Who wants the table.
#[derive(Clone, Debug, Default)]
pub(super) struct Audience {
    pub(super) clusters: BTreeSet<ClusterId>,
    /// Held until the newest of them was told something.
    pub(super) waits: Arc<Mutex<Option<Busy>>>,
}

/// What a table works with.
#[derive(Clone, Debug)]
pub(in crate::sources) struct Poll {
    pub(super) site: Site,
    pub(super) resource: ResourceType,
    pub(super) every: Duration,
    pub(super) audience: watch::Receiver<Audience>,
    /// Read again now, with credentials obtained anew.
    pub(super) again: Arc<Notify>,
    pub(super) deltas: mpsc::Sender<Delta>,
    pub(super) pace: Arc<Pace>,
}

/// Ends when nobody wanted the table for a while, or nobody takes deltas any more.
pub(super) fn start<R: Reading>(poll: Poll) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut life = Life::<R>::new(poll);
        // Closed: the store is gone, and so is the reason for all of this.
        let _ = life.live().await;
    })
}

struct Closed;

struct Life<R: Reading> {
    poll: Poll,
    /// The rows of the last answer.
    rows: Option<Arc<[R::Row]>>,
    as_of: Timestamp,
    freshness: Freshness,
    /// Who knows this freshness, and since when nobody wants to know it any more.
    told: BTreeMap<ClusterId, Option<Instant>>,
    /// Released when those who came have been told something that stands.
    waits: Vec<Arc<Mutex<Option<Busy>>>>,
    backoff: Backoff,
}

impl<R: Reading> Life<R> {
    fn new(poll: Poll) -> Self {
        let since = poll.site.account.now();
        Self {
            backoff: Backoff::new(&Pace { retry_most: RETRY, ..Pace::clone(&poll.pace) }),
            rows: None,
            as_of: Timestamp::NEVER,
            freshness: Freshness::Loading { since, expected: None },
            told: BTreeMap::new(),
            waits: Vec::new(),
            poll,
        }
    }

    async fn live(&mut self) -> Result<(), Closed> {
        loop {
            self.follow().await?;
            if self.told.is_empty() {
                return Ok(());
            }
            let site = self.poll.site.clone();
            let reading = async move {
                site.account.check().await?;
                R::read(site).await
            };
            let result = {
                let mut reading = std::pin::pin!(reading);
                loop {
                    tokio::select! {
                        biased;
                        result = &mut reading => break result,
                        followed = self.wait(None) => {
                            followed?;
                            if self.told.is_empty() {
                                return Ok(());
                            }
                        }
                    }
                }
            };
            // Whoever came in the last moment is told too: the wait above may have been cut short.
            self.follow().await?;
            let wait = self.take_in(result).await?;
            self.release();
            let until = Instant::now() + wait;
            while self.wait(Some(until)).await? {
                if self.told.is_empty() {
                    return Ok(());
                }
                // Whoever came meanwhile has what is there.
                self.release();
            }
        }
    }

    /// Waits until somebody comes or goes, or until it is time to read; false when it is.
    async fn wait(&mut self, until: Option<Instant>) -> Result<bool, Closed> {
        let linger = self.poll.pace.linger;
        let gone = self.told.values().flatten().min().map(|since| *since + linger);
        let (again, deltas) = (Arc::clone(&self.poll.again), self.poll.deltas.clone());
        let more = tokio::select! {
            biased;
            () = deltas.closed() => return Err(Closed),
            changed = self.poll.audience.changed() => {
                changed.map_err(|_| Closed)?;
                true
            }
            () = at(gone) => true,
            () = again.notified(), if until.is_some() => {
                self.poll.site.account.renew().await;
                self.backoff.reset();
                false
            }
            () = at(until) => false,
        };
        self.follow().await?;
        Ok(more)
    }

    /// Tells those who came, and forgets for those who went.
    async fn follow(&mut self) -> Result<(), Closed> {
        let Audience { clusters: wanted, waits } = self.poll.audience.borrow_and_update().clone();
        self.waits.push(waits);
        for (cluster, gone) in &mut self.told {
            *gone = if wanted.contains(cluster) { None } else { gone.or_else(|| Some(Instant::now())) };
        }
        let linger = self.poll.pace.linger;
        let left = |gone: &Option<Instant>| gone.is_some_and(|since| since.elapsed() >= linger);
        let gone: Vec<ClusterId> =
            self.told.iter().filter(|(_, gone)| left(gone)).map(|(cluster, _)| cluster.clone()).collect();
        for cluster in gone {
            self.told.remove(&cluster);
            self.send(&cluster, Change::Forgotten(self.poll.resource.clone())).await?;
        }
        for cluster in wanted {
            if !self.told.contains_key(&cluster) {
                self.told.insert(cluster.clone(), None);
                self.tell(&cluster, true).await?;
            }
        }
        Ok(())
    }

    /// Nobody waits any more.
    fn release(&mut self) {
        for waits in self.waits.drain(..) {
            drop(waits.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// Takes in what was read, and says how long to wait now.
    async fn take_in(&mut self, result: Result<Vec<R::Row>, Failure>) -> Result<Duration, Closed> {
        let account = &self.poll.site.account;
        let every = self.poll.every;
        match result {
            Ok(rows) => {
                self.backoff.reset();
                self.rows = Some(rows.into());
                self.as_of = account.now();
                let seconds = u32::try_from(every.as_secs()).unwrap_or(u32::MAX);
                self.freshness = Freshness::Polled { as_of: self.as_of, every: seconds };
                self.tell_all(true).await?;
                Ok(staggered(every))
            }
            Err(failure) => {
                let wait = match failure.cause {
                    Cause::Forbidden | Cause::Missing | Cause::NotOffered | Cause::Refused => {
                        self.poll.pace.refused
                    }
                    Cause::Unauthorized => {
                        account.renew().await;
                        LOGIN
                    }
                    Cause::Busy(after) => after.max(self.backoff.next()).max(every),
                    Cause::NotAcceptable | Cause::Gone | Cause::Server | Cause::Lost | Cause::Malformed => {
                        self.backoff.next()
                    }
                };
                let problem = failure.problem;
                // What is gone or may not be seen any more is not shown as if it were there.
                let is_over = matches!(failure.cause, Cause::Forbidden | Cause::Missing);
                if is_over {
                    self.rows = None;
                }
                self.freshness = match &self.rows {
                    Some(_) => Freshness::Stale { as_of: self.as_of, problem },
                    None if problem.kind() == ProblemKind::Forbidden => Freshness::Forbidden { problem },
                    None => Freshness::Unavailable { problem },
                };
                self.tell_all(is_over).await?;
                Ok(wait)
            }
        }
    }

    async fn tell_all(&self, with_rows: bool) -> Result<(), Closed> {
        for cluster in self.told.keys() {
            self.tell(cluster, with_rows).await?;
        }
        Ok(())
    }

    async fn tell(&self, cluster: &ClusterId, with_rows: bool) -> Result<(), Closed> {
        let mut changes: Vec<RowChange<R::Row>> = Vec::new();
        if with_rows && !matches!(self.freshness, Freshness::Loading { .. }) {
            changes.push(RowChange::ListBegan);
            for row in self.rows.iter().flat_map(|rows| rows.iter()) {
                changes.push(RowChange::Upserted(row.clone()));
                if changes.len() >= BATCH {
                    self.send_rows(cluster, std::mem::take(&mut changes)).await?;
                }
            }
            changes.push(RowChange::ListEnded);
        }
        changes.push(RowChange::Freshness(self.freshness.clone()));
        self.send_rows(cluster, changes).await
    }

    async fn send_rows(&self, cluster: &ClusterId, changes: Vec<RowChange<R::Row>>) -> Result<(), Closed> {
        self.send(cluster, Change::Table(self.poll.resource.clone(), Box::new(changes))).await
    }

    async fn send(&self, cluster: &ClusterId, change: Change) -> Result<(), Closed> {
        let delta = Delta { cluster: cluster.clone(), epoch: None, change };
        self.poll.deltas.send(delta).await.map_err(|_| Closed)
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
