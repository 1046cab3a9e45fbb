//! The watch, from where the list ended.

use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use super::{BATCH, Stop, Table, Upkeep};
use crate::gateway::body::Lines;
use crate::gateway::failure::{Peer, error_event};
use crate::gateway::{Cause, Failure, Intent, Request};
use crate::snapshot::{Freshness, RowChange};
use crate::sources::decode::{Decode, Event};
use crate::sources::pace::staggered;

/// An event is one object; etcd takes no more than 1.5 MB, an aggregated API may.
const LONGEST_EVENT: usize = 64 << 20;
/// A watch that ends sooner was refused rather than served.
const SHORT: Duration = Duration::from_secs(1);

/// What a watch did last. Each scope has one of these under way at a time.
enum Step {
    Opened(usize, Result<Lines, Failure>),
    Came(usize, Open, Vec<Vec<u8>>, Result<bool, Failure>),
    /// Nothing came for longer than a watch may be silent.
    Silent(usize),
}

/// A watch that is open.
struct Open {
    lines: Lines,
    since: Instant,
    dead_at: Instant,
}

/// What a table does after its watches said something.
enum Next {
    GoOn,
    /// The server forgot the place.
    List,
    /// This scope's watch must be opened again.
    Reopen,
}

impl<D: Decode> Table<D> {
    /// Follows all scopes. Returns when the kind must be listed again.
    pub(super) async fn follow(&mut self) -> Result<(), Stop> {
        let peer = self.feed.connection.peer().await;
        let mut steps = FuturesUnordered::new();
        for at in 0..self.scopes.len() {
            steps.push(self.open(at, Duration::ZERO));
        }
        let mut waiting = self.scopes.len();
        let mut due: Option<Instant> = None;
        loop {
            let step = tokio::select! {
                biased;
                problem = self.feed.link.down() => {
                    // The watch may look alive for a minute yet; what it shows is not known to be true any more.
                    return Err(Failure { cause: Cause::Lost, problem }.into());
                }
                step = steps.next() => step,
                () = until(due) => {
                    due = None;
                    self.flush().await?;
                    continue;
                }
            };
            match step {
                None => return Ok(()),
                Some(Step::Opened(at, Ok(lines))) => {
                    waiting = waiting.saturating_sub(1);
                    if waiting == 0 {
                        self.settle(Freshness::Live).await?;
                    }
                    let patience = self.feed.pace.watch + self.feed.pace.watch_grace;
                    let (since, dead_at) = (Instant::now(), Instant::now() + patience);
                    steps.push(come(at, Open { lines, since, dead_at }));
                }
                Some(Step::Opened(_, Err(failure))) => match failure.cause {
                    Cause::Gone => return self.forgotten(failure).await,
                    Cause::Forbidden | Cause::NotOffered => {
                        self.upkeep = Upkeep::Polled(self.feed.pace.poll);
                        return Ok(());
                    }
                    _ => return Err(failure.into()),
                },
                Some(Step::Silent(at)) => {
                    self.feed.link.doubt();
                    waiting += 1;
                    steps.push(self.open(at, Duration::ZERO));
                }
                Some(Step::Came(at, open, lines, result)) => {
                    self.heard();
                    let since = open.since;
                    let mut next = self.take_in(at, &lines, &peer)?;
                    if let (Next::GoOn, Ok(false) | Err(_)) = (&next, &result) {
                        next = Next::Reopen;
                    }
                    match next {
                        Next::GoOn => steps.push(come(at, open)),
                        Next::List => {
                            let problem =
                                "the server does not remember where the watch was; reading all again";
                            let failure = Failure {
                                cause: Cause::Gone,
                                problem: crate::fleet::Problem::new(
                                    crate::fleet::ProblemKind::Malformed,
                                    problem,
                                ),
                            };
                            return self.forgotten(failure).await;
                        }
                        Next::Reopen => {
                            // Ending is what watches do; only one that cannot be opened again is a loss.
                            let wait = if since.elapsed() < SHORT {
                                self.backoff.next()
                            } else {
                                self.backoff.reset();
                                Duration::ZERO
                            };
                            waiting += 1;
                            steps.push(self.open(at, wait));
                        }
                    }
                    if self.out.len() >= BATCH || due.is_some_and(|due| Instant::now() >= due) {
                        due = None;
                        self.flush().await?;
                    } else if !self.out.is_empty() && due.is_none() {
                        due = Some(self.sent + self.feed.pace.together);
                    }
                }
            }
        }
    }

    /// 410: what was missed can only be had by listing. The rows are not current until then.
    async fn forgotten(&mut self, failure: Failure) -> Result<(), Stop> {
        self.list_again();
        self.set_freshness(Freshness::Stale { as_of: self.as_of, problem: failure.problem });
        self.flush().await
    }

    fn take_in(&mut self, at: usize, lines: &[Vec<u8>], peer: &Peer) -> Result<Next, Stop> {
        for line in lines {
            let revision = match self.decoder.event(line, self.as_of) {
                Ok(Event::Upserted { row, revision }) => {
                    self.out.push(RowChange::Upserted(row));
                    revision
                }
                Ok(Event::Removed { row, revision }) => {
                    self.out.push(Self::removed(&row));
                    revision
                }
                Ok(Event::Bookmark { revision }) => revision,
                Ok(Event::Unknown) => continue,
                Ok(Event::Error(answer)) => {
                    let namespace = self.scopes.get(at).and_then(|scope| scope.namespace.as_deref());
                    let failure =
                        error_event(peer, &Intent::on("watch", &self.feed.resource, namespace), &answer);
                    return match failure.cause {
                        Cause::Gone => Ok(Next::List),
                        _ => Err(failure.into()),
                    };
                }
                Err(error) if error.is_data() => {
                    tracing::warn!(resource = %self.feed.resource, column = error.column(), "an event that cannot be read was left out");
                    continue;
                }
                // A line that was cut: the watch ended in the middle of it.
                Err(_) => return Ok(Next::Reopen),
            };
            if let (false, Some(scope)) = (revision.is_empty(), self.scopes.get_mut(at)) {
                scope.revision = Some(revision);
            }
        }
        Ok(Next::GoOn)
    }

    fn open(&self, at: usize, wait: Duration) -> BoxFuture<'static, Step> {
        let scope = self.scopes.get(at);
        let namespace = scope.and_then(|scope| scope.namespace.as_deref());
        let revision = scope.and_then(|scope| scope.revision.as_deref()).unwrap_or_default();
        let resource = &self.feed.resource;
        let seconds = staggered(self.feed.pace.watch).as_secs().max(1);
        let request =
            Request::get(resource.collection_path(namespace), Intent::on("watch", resource, namespace))
                .query("watch", "1")
                .query("allowWatchBookmarks", "true")
                .query("resourceVersion", revision)
                .query("timeoutSeconds", &seconds.to_string());
        let request = D::ask(request, resource);
        let connection = self.feed.connection.clone();
        Box::pin(async move {
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            Step::Opened(at, connection.lines(request, LONGEST_EVENT).await)
        })
    }
}

/// Waits for more of an open watch. Silence past the time the server was to end it is a dead connection.
fn come(at: usize, mut open: Open) -> BoxFuture<'static, Step> {
    Box::pin(async move {
        let mut lines = Vec::new();
        let more =
            tokio::time::timeout_at(open.dead_at, open.lines.more(|line| lines.push(line.to_vec()))).await;
        match more {
            Ok(more) => Step::Came(at, open, lines, more),
            Err(_) => Step::Silent(at),
        }
    })
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
