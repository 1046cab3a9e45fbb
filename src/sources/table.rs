//! One kind of one cluster: listed once, then watched, for as long as somebody looks at it.
//!
//! The life of a table: wait for the link, list page by page, watch from where the list ended. A watch that ends goes
//! on where it stopped; only a server that forgot that place (410) is listed again, and then rows are swept when the new
//! list is complete. What goes wrong becomes the table's freshness; its rows stay.

mod follow;
mod list;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::decode::Decode;
use super::link::LinkWatch;
use super::pace::{Backoff, Pace};
use super::rights::Rights;
use super::work::{Busy, Work};
use crate::fleet::{Problem, ProblemKind, ResourceType, Row, Timestamp};
use crate::gateway::body::Form;
use crate::gateway::{Cause, Connection, Failure};
use crate::snapshot::delta::Change;
use crate::snapshot::{Delta, Freshness, RowChange};

/// Rows in one delta at most: the store is never busy with one for long.
const BATCH: usize = 500;

/// How a kind is kept current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// Listed once, then watched.
    Watched,
    /// Listed again and again, every so often: a kind that cannot be watched.
    Polled(Duration),
    /// Read again and again at [`super::Pace::usage`]: the metrics API; or at [`super::Pace::volumes`]: kubelets.
    Measured,
}

/// What a table works with.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    pub(super) connection: Connection,
    pub(super) resource: ResourceType,
    pub(super) upkeep: Upkeep,
    pub(super) deltas: mpsc::Sender<Delta>,
    pub(super) wanted: watch::Receiver<bool>,
    /// The kind as the server offers it; told when that is another version, when it vanished and when it appeared.
    pub(super) served: watch::Receiver<ResourceType>,
    pub(super) link: LinkWatch,
    pub(super) rights: Arc<Rights>,
    pub(super) pace: Arc<Pace>,
    pub(super) work: Work,
    pub(super) memory: Arc<Memory>,
}

/// What outlives a table's task when the connection is replaced under it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// When its rows were last known to be complete, in seconds since 1970; 0 when they never were.
    pub(super) complete_at: AtomicI64,
}

/// Why a step of a table's life ended early.
#[derive(Debug)]
enum Stop {
    /// Something went wrong; the table lives on.
    Failed(Failure),
    /// Nobody takes deltas any more.
    Closed,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A part of the table that is listed and watched by itself: everything, or one namespace.
#[derive(Clone, Debug)]
struct Scope {
    namespace: Option<Arc<str>>,
    /// Where its watch goes on; `None` before it was listed.
    revision: Option<String>,
}

struct Table<D: Decode> {
    feed: Feed,
    decoder: D,
    /// Pages are inflated into it; empty between lists.
    buffer: Vec<u8>,
    /// What lists are asked for: protobuf where the kind can be read so, until an answer made no sense.
    form: Form,
    upkeep: Upkeep,
    scopes: Vec<Scope>,
    /// Changes that were not sent yet.
    out: Vec<RowChange<D::Row>>,
    sent: Instant,
    freshness: Freshness,
    /// How reading the kind in all namespaces was refused, while it is read in some.
    refused: Option<Problem>,
    /// The rows were complete once.
    complete: bool,
    /// When the server last said something about them.
    as_of: Timestamp,
    backoff: Backoff,
    busy: Option<Busy>,
}

/// The life of a table, until nobody wants it any more.
pub(super) fn start<D: Decode>(feed: Feed) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut table = Table::<D>::new(feed);
        loop {
            let unwanted = unwanted(table.feed.wanted.clone(), table.feed.pace.linger);
            tokio::select! {
                biased;
                () = unwanted => {}
                () = table.live() => return,
            }
            table.set_freshness(Freshness::NotWatched);
            table.busy = None;
            if table.flush().await.is_err() {
                return;
            }
            let forget_after = table.feed.pace.forget_after;
            if tokio::time::timeout(forget_after, table.feed.wanted.wait_for(|wanted| *wanted)).await.is_err()
            {
                let delta = table.delta(Change::Forgotten(table.feed.resource.clone()));
                // Closed means that nobody keeps rows any more.
                let _ = table.feed.deltas.send(delta).await;
                return;
            }
        }
    })
}

/// Waits until nobody wanted the table for `linger`.
pub(super) async fn unwanted(mut wanted: watch::Receiver<bool>, linger: Duration) {
    loop {
        if wanted.wait_for(|wanted| !*wanted).await.is_err() {
            return;
        }
        if tokio::time::timeout(linger, wanted.wait_for(|wanted| *wanted)).await.is_err() {
            return;
        }
    }
}

impl<D: Decode> Table<D> {
    fn new(feed: Feed) -> Self {
        let backoff = Backoff::new(&feed.pace);
        let busy = Some(feed.work.begin());
        let as_of = Timestamp::from_seconds(feed.memory.complete_at.load(Ordering::Relaxed));
        Self {
            upkeep: feed.upkeep,
            feed,
            decoder: D::default(),
            buffer: Vec::new(),
            form: Form::Protobuf,
            scopes: vec![Scope { namespace: None, revision: None }],
            out: Vec::new(),
            sent: Instant::now(),
            freshness: Freshness::NotWatched,
            refused: None,
            complete: !as_of.is_never(),
            as_of,
            backoff,
            busy,
        }
    }

    /// Lists and watches for ever; ends only when nobody takes deltas any more. A kind that the server offers in
    /// another way begins anew.
    async fn live(&mut self) {
        loop {
            let mut served = self.feed.served.clone();
            tokio::select! {
                biased;
                changed = served.changed() => {
                    if changed.is_err() {
                        // The cluster's task ended and takes this one with it.
                        std::future::pending::<()>().await;
                    }
                    self.feed.resource = self.feed.served.borrow_and_update().clone();
                    self.upkeep = self.feed.upkeep;
                    self.scopes = vec![Scope { namespace: None, revision: None }];
                    self.refused = None;
                    self.backoff.reset();
                }
                () = self.live_as_offered() => return,
            }
        }
    }

    async fn live_as_offered(&mut self) {
        loop {
            let generation = match self.link_up(0).await {
                Ok(generation) => generation,
                Err(_) => return,
            };
            let result = match self.step().await {
                Ok(()) => Ok(()),
                Err(Stop::Closed) => return,
                Err(Stop::Failed(failure)) => self.recover(failure, generation).await,
            };
            if result.is_err() {
                return;
            }
        }
    }

    async fn step(&mut self) -> Result<(), Stop> {
        if self.scopes.iter().any(|scope| scope.revision.is_none()) {
            if self.busy.is_none() {
                self.busy = Some(self.feed.work.begin());
            }
            self.list().await?;
        }
        let unversioned = self.scopes.iter().any(|scope| scope.revision.as_deref() == Some(""));
        match self.upkeep {
            Upkeep::Watched if !unversioned => self.follow().await,
            Upkeep::Watched => self.pause(self.feed.pace.poll).await,
            Upkeep::Polled(every) => self.pause(every).await,
            Upkeep::Measured => self.pause(self.feed.pace.usage).await,
        }
    }

    /// Complete, and read again after a while.
    async fn pause(&mut self, every: Duration) -> Result<(), Stop> {
        let seconds = u32::try_from(every.as_secs()).unwrap_or(u32::MAX).max(1);
        self.settle(Freshness::Polled { as_of: self.as_of, every: seconds }).await?;
        tokio::time::sleep(every).await;
        self.list_again();
        Ok(())
    }

    /// What was listed is no place to go on from.
    fn list_again(&mut self) {
        for scope in &mut self.scopes {
            scope.revision = None;
        }
    }

    /// Tells what went wrong and waits until trying again makes sense.
    async fn recover(&mut self, failure: Failure, generation: u64) -> Result<(), Stop> {
        let wait = self.backoff.next();
        let refused = self.feed.pace.refused;
        match failure.cause {
            Cause::Lost | Cause::Unauthorized => {
                self.feed.link.report(generation);
                self.trouble(&failure.problem).await?;
                let began = Instant::now();
                self.link_up(generation).await?;
                tokio::time::sleep(wait.saturating_sub(began.elapsed())).await;
            }
            Cause::Forbidden => {
                self.settle(Freshness::Forbidden { problem: failure.problem }).await?;
                tokio::time::sleep(refused).await;
                self.scopes = vec![Scope { namespace: None, revision: None }];
            }
            Cause::Missing => {
                // The kind is gone, and its objects with it.
                self.out.extend([RowChange::ListBegan, RowChange::ListEnded]);
                // What vanished is made anew at times; what was never there, such as usage without a metrics server, is
                // not worth a request every half minute.
                let wait = if std::mem::take(&mut self.complete) { self.feed.pace.poll } else { refused };
                self.settle(Freshness::Unavailable { problem: failure.problem }).await?;
                tokio::time::sleep(wait).await;
                self.list_again();
            }
            Cause::NotOffered | Cause::NotAcceptable | Cause::Refused => {
                self.settle(Freshness::Unavailable { problem: failure.problem }).await?;
                tokio::time::sleep(refused).await;
                self.list_again();
            }
            Cause::Busy(after) => {
                self.trouble(&failure.problem).await?;
                tokio::time::sleep(after.max(wait)).await;
            }
            Cause::Server | Cause::Malformed | Cause::Gone => {
                self.trouble(&failure.problem).await?;
                tokio::time::sleep(wait).await;
            }
        }
        Ok(())
    }

    /// Waits until the server was found to answer after `generation`, telling meanwhile why it does not.
    async fn link_up(&mut self, generation: u64) -> Result<u64, Stop> {
        loop {
            let state = self.feed.link.state();
            if state.up && state.generation > generation {
                return Ok(state.generation);
            }
            match state.problem {
                Some(problem) if !state.up => self.trouble(&problem).await?,
                None if self.freshness == Freshness::NotWatched => {
                    let since = self.feed.connection.now();
                    let problem = || Problem::new(ProblemKind::Unreachable, "connecting again");
                    self.set_freshness(match self.complete {
                        true => Freshness::Stale { as_of: self.as_of, problem: problem() },
                        false => Freshness::Loading { since, expected: None },
                    });
                    self.flush().await?;
                }
                _ => {}
            }
            self.feed.link.changed().await;
        }
    }

    /// The rows, if there are any, are not current any more.
    async fn trouble(&mut self, problem: &Problem) -> Result<(), Stop> {
        let problem = problem.clone();
        let freshness = if self.complete {
            Freshness::Stale { as_of: self.as_of, problem }
        } else if problem.kind() == ProblemKind::Forbidden {
            Freshness::Forbidden { problem }
        } else {
            Freshness::Unavailable { problem }
        };
        self.settle(freshness).await
    }

    /// The server said something: as of now, all that is known is true.
    fn heard(&mut self) {
        self.as_of = self.feed.connection.now();
        if self.complete {
            self.feed.memory.complete_at.store(self.as_of.seconds(), Ordering::Relaxed);
        }
    }

    /// Nothing more will come for now.
    async fn settle(&mut self, freshness: Freshness) -> Result<(), Stop> {
        self.set_freshness(freshness);
        self.flush().await?;
        self.busy = None;
        Ok(())
    }

    fn set_freshness(&mut self, freshness: Freshness) {
        if self.freshness != freshness {
            self.freshness = freshness.clone();
            self.out.push(RowChange::Freshness(freshness));
        }
    }

    fn delta(&self, change: Change) -> Delta {
        let connection = &self.feed.connection;
        Delta { cluster: connection.cluster().clone(), epoch: Some(connection.epoch()), change }
    }

    /// Sends what there is. Nothing is lost when this is cancelled while the store is busy.
    async fn flush(&mut self) -> Result<(), Stop> {
        while !self.out.is_empty() {
            let deltas = self.feed.deltas.clone();
            let permit = deltas.reserve().await.map_err(|_| Stop::Closed)?;
            let rest = self.out.split_off(self.out.len().min(BATCH));
            let batch = std::mem::replace(&mut self.out, rest);
            let connection = &self.feed.connection;
            permit.send(Delta::rows(connection.cluster(), connection.epoch(), &self.feed.resource, batch));
            self.sent = Instant::now();
        }
        Ok(())
    }

    fn removed(row: &D::Row) -> RowChange<D::Row> {
        RowChange::Removed { namespace: row.namespace().map(Arc::from), name: row.name().into() }
    }
}
