//! How full volumes are, read from kubelets through the API server (`get nodes/proxy`), only while somebody looks.
//!
//! Such a request is dear: a kubelet tells all it knows of its pods, some 100 kB. Only nodes that have a volume attached
//! are asked, few at a time, and of each answer nothing is kept but the volumes of claims.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use serde::Deserialize;

use super::pace::{Backoff, staggered};
use super::table::{Feed, unwanted};
use super::work::Busy;
use crate::fleet::kind::{NODES, VOLUME_ATTACHMENTS};
use crate::fleet::storage::usage::VolumeUsage;
use crate::fleet::{Problem, ProblemKind, Timestamp};
use crate::gateway::connection::inflated_badly;
use crate::gateway::{Cause, Failure, Intent, Request};
use crate::snapshot::delta::Change;
use crate::snapshot::{Delta, Freshness, RowChange};

/// Kubelets that are asked at a time.
const AT_A_TIME: usize = 4;
/// A node that is lost answers never; the others need not wait for it longer than this.
const PATIENCE: Duration = Duration::from_secs(10);
/// Attachments on a page.
const PAGE: &str = "500";
/// Rows in one delta at most.
const BATCH: usize = 500;

/// The life of the table, until nobody wants it any more.
pub(super) fn start(feed: Feed) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut life = Life::new(feed);
        loop {
            let unwanted = unwanted(life.feed.wanted.clone(), life.feed.pace.linger);
            tokio::select! {
                biased;
                () = unwanted => {}
                // Closed: the store is gone, and so is the reason for all of this.
                Closed = life.live() => return,
            }
            life.busy = None;
            if life.tell(Freshness::NotWatched).await.is_err() {
                return;
            }
            let forget_after = life.feed.pace.forget_after;
            if tokio::time::timeout(forget_after, life.feed.wanted.wait_for(|wanted| *wanted)).await.is_err()
            {
                // Closed means that nobody keeps rows any more.
                let _ = life.send(Change::Forgotten(life.feed.resource.clone())).await;
                return;
            }
            life.busy = Some(life.feed.work.begin());
        }
    })
}

struct Closed;

struct Life {
    feed: Feed,
    /// The rows were complete once.
    complete: bool,
    /// When they were read.
    as_of: Timestamp,
    backoff: Backoff,
    busy: Option<Busy>,
}

impl Life {
    fn new(feed: Feed) -> Self {
        let as_of = Timestamp::from_seconds(feed.memory.complete_at.load(Ordering::Relaxed));
        Self {
            complete: !as_of.is_never(),
            as_of,
            backoff: Backoff::new(&feed.pace),
            busy: Some(feed.work.begin()),
            feed,
        }
    }

    async fn live(&mut self) -> Closed {
        loop {
            if self.round().await.is_err() {
                return Closed;
            }
        }
    }

    /// Reads once, tells what came of it, and waits until it is time again.
    async fn round(&mut self) -> Result<(), Closed> {
        let generation = self.link_up().await?;
        if !self.complete {
            let since = self.feed.connection.now();
            self.tell(Freshness::Loading { since, expected: None }).await?;
        }
        let wait = match self.read().await {
            Ok(rows) => {
                self.backoff.reset();
                self.complete = true;
                self.as_of = self.feed.connection.now();
                self.feed.memory.complete_at.store(self.as_of.seconds(), Ordering::Relaxed);
                let pause = self.feed.pace.volumes;
                let every = u32::try_from(pause.as_secs()).unwrap_or(u32::MAX).max(1);
                self.tell_rows(rows, Freshness::Polled { as_of: self.as_of, every }).await?;
                staggered(pause)
            }
            Err(failure) => self.recover(failure, generation).await?,
        };
        self.busy = None;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Tells what went wrong, and says how long to wait.
    async fn recover(&mut self, failure: Failure, generation: u64) -> Result<Duration, Closed> {
        let Failure { cause, problem } = failure;
        let wait = self.backoff.next();
        if matches!(cause, Cause::Lost | Cause::Unauthorized) {
            self.feed.link.report(generation);
        }
        let is_over = matches!(
            cause,
            Cause::Forbidden | Cause::Missing | Cause::NotOffered | Cause::NotAcceptable | Cause::Refused
        );
        if !is_over {
            self.trouble(problem).await?;
            return Ok(match cause {
                Cause::Busy(after) => after.max(wait).max(self.feed.pace.volumes),
                _ => wait.max(self.feed.pace.retry_most),
            });
        }
        // What may not be seen any more is not shown as if it were known.
        self.complete = false;
        let freshness = match cause {
            Cause::Forbidden => Freshness::Forbidden { problem },
            _ => Freshness::Unavailable { problem },
        };
        self.tell_rows(Vec::new(), freshness).await?;
        Ok(self.feed.pace.refused)
    }

    async fn trouble(&mut self, problem: Problem) -> Result<(), Closed> {
        self.tell(match self.complete {
            true => Freshness::Stale { as_of: self.as_of, problem },
            false if problem.kind() == ProblemKind::Forbidden => Freshness::Forbidden { problem },
            false => Freshness::Unavailable { problem },
        })
        .await
    }

    /// Waits until the API server was found to answer.
    async fn link_up(&mut self) -> Result<u64, Closed> {
        loop {
            let state = self.feed.link.state();
            if state.up {
                return Ok(state.generation);
            }
            if let Some(problem) = state.problem {
                self.busy = None;
                self.trouble(problem).await?;
            }
            self.feed.link.changed().await;
        }
    }

    /// What all kubelets say that can be reached.
    async fn read(&self) -> Result<Vec<VolumeUsage>, Failure> {
        let nodes = self.nodes().await?;
        let mut found: BTreeMap<(Arc<str>, Arc<str>), VolumeUsage> = BTreeMap::new();
        let (mut answered, mut failed) = (nodes.is_empty(), None);
        let mut nodes = nodes.into_iter();
        // One alone at first: where it is refused, the others are not asked.
        let first: Vec<String> = nodes.next().into_iter().collect();
        for nodes in [first, nodes.collect()] {
            let asked = nodes.into_iter().map(|node| self.ask(node));
            let mut answers = futures::stream::iter(asked).buffer_unordered(AT_A_TIME);
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(volumes) => {
                        answered = true;
                        for volume in volumes {
                            let claim = (Arc::clone(&volume.namespace), Arc::clone(&volume.claim));
                            let known = found.entry(claim).or_default();
                            // Where several nodes mount it, the last word counts.
                            if known.at <= volume.at {
                                *known = volume;
                            }
                        }
                    }
                    Err(failure) if is_for_all(&failure.cause) => return Err(failure),
                    // A node that does not answer has no say; the others have.
                    Err(failure) => failed = Some(failure),
                }
            }
        }
        match failed {
            Some(failure) if !answered => Err(failure),
            _ => Ok(found.into_values().collect()),
        }
    }

    /// What one kubelet says.
    async fn ask(&self, node: String) -> Result<Vec<VolumeUsage>, Failure> {
        let intent =
            Intent { verb: "get", resource: Some(NODES), subresource: Some("proxy"), namespace: None };
        let path = format!("{}/proxy/stats/summary", NODES.object_path(None, &node));
        let request = Request::get(path, intent).gzipped().within(PATIENCE);
        let answer = self.feed.connection.read(request).await?;
        let mut buffer = Vec::new();
        let what = format!("the summary of {node}");
        let plain = answer.plain(&mut buffer).map_err(|error| inflated_badly(&what, &error))?;
        VolumeUsage::in_summary(plain, &node).map_err(|error| Failure::malformed(&what, &error))
    }

    /// The nodes that have a volume attached.
    async fn nodes(&self) -> Result<BTreeSet<String>, Failure> {
        let mut nodes = BTreeSet::new();
        let mut next = String::new();
        loop {
            let path = VOLUME_ATTACHMENTS.collection_path(None);
            let request = Request::get(path, Intent::on("list", &VOLUME_ATTACHMENTS, None));
            let request = request.query("limit", PAGE).gzipped();
            let request = if next.is_empty() { request } else { request.query("continue", &next) };
            let page: Attachments = self.feed.connection.json(request).await?;
            let attached = page.items.into_iter().filter(|item| item.status.attached);
            nodes.extend(attached.map(|item| item.spec.node_name).filter(|node| !node.is_empty()));
            next = page.metadata.next.unwrap_or_default();
            if next.is_empty() {
                return Ok(nodes);
            }
        }
    }

    async fn tell_rows(&self, rows: Vec<VolumeUsage>, freshness: Freshness) -> Result<(), Closed> {
        let mut changes = vec![RowChange::ListBegan];
        for row in rows {
            changes.push(RowChange::Upserted(row));
            if changes.len() >= BATCH {
                self.send_changes(std::mem::take(&mut changes)).await?;
            }
        }
        changes.extend([RowChange::ListEnded, RowChange::Freshness(freshness)]);
        self.send_changes(changes).await
    }

    async fn tell(&self, freshness: Freshness) -> Result<(), Closed> {
        self.send_changes(vec![RowChange::Freshness(freshness)]).await
    }

    async fn send_changes(&self, changes: Vec<RowChange<VolumeUsage>>) -> Result<(), Closed> {
        self.send(Change::Table(self.feed.resource.clone(), Box::new(changes))).await
    }

    async fn send(&self, change: Change) -> Result<(), Closed> {
        let connection = &self.feed.connection;
        let delta = Delta { cluster: connection.cluster().clone(), epoch: Some(connection.epoch()), change };
        self.feed.deltas.send(delta).await.map_err(|_| Closed)
    }
}

/// True for refusals that every other node would answer with too.
fn is_for_all(cause: &Cause) -> bool {
    match cause {
        Cause::Forbidden | Cause::Unauthorized | Cause::NotOffered | Cause::Refused | Cause::Busy(_) => true,
        Cause::Missing
        | Cause::NotAcceptable
        | Cause::Gone
        | Cause::Server
        | Cause::Lost
        | Cause::Malformed => false,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attachments {
    metadata: Page,
    items: Vec<Attachment>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Page {
    #[serde(rename = "continue")]
    next: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attachment {
    spec: AttachmentSpec,
    status: AttachmentStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AttachmentSpec {
    node_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AttachmentStatus {
    attached: bool,
}
