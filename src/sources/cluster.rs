//! One cluster: finds out whether its API server answers, keeps one table task for each kind of interest, and replaces
//! the connection when it is told to or when its credentials are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::kinds::{self, Reason};
use super::link::{LinkState, LinkWatch};
use super::pace::{Backoff, Pace};
use super::rights::Rights;
use super::table::{Feed, Memory};
use super::work::{Busy, Work};
use super::{Interests, Source};
use crate::fleet::aws::kind::is_aws;
use crate::fleet::{Interest, Problem, ResourceType};
use crate::gateway::{Cause, Connection, Failure};
use crate::snapshot::delta::Change;
use crate::snapshot::{Catalog, Delta, Link, ServerInfo};

/// What a cluster's task works with.
pub(super) struct Cluster {
    pub(super) connection: Connection,
    /// The same for those who fetch and read logs.
    pub(super) shared: Arc<ArcSwap<Connection>>,
    pub(super) deltas: mpsc::Sender<Delta>,
    pub(super) interests: watch::Receiver<Interests>,
    /// Which interests were last acted upon.
    pub(super) acted: Arc<ArcSwap<BTreeSet<Interest>>>,
    /// What the server offers, for those who fetch.
    pub(super) catalog: Arc<ArcSwap<Catalog>>,
    pub(super) reconnect: mpsc::Receiver<()>,
    pub(super) sources: &'static [Source],
    pub(super) pace: Arc<Pace>,
    pub(super) work: Work,
}

/// What the cluster's own requests find out.
enum Found {
    Greeted(Result<ServerInfo, Failure>),
    Known(Result<ServerInfo, Failure>),
    Catalog(Result<Catalog, Failure>),
}

/// A table task that is running.
struct Running {
    wanted: watch::Sender<bool>,
    /// The kind as it is read.
    served: watch::Sender<ResourceType>,
    /// Whether the server offers it; `None` until that was found out.
    offered: Option<bool>,
    task: tokio::task::Id,
    memory: Arc<Memory>,
}

/// The task of one cluster. Ends when nobody takes deltas any more.
pub(super) async fn run(cluster: Cluster) {
    let mut keeper = Keeper::new(cluster);
    // Closed: the store is gone, and so is the reason for all of this.
    let _ = keeper.keep().await;
}

struct Closed;

/// How often the catalog is read after a definition changed, while it says nothing new.
const LOOKS: u32 = 3;

/// The catalog is to be read again.
struct Look {
    at: Instant,
    /// This often at most.
    tries: u32,
}

impl Look {
    /// Soon, and as often as the reason is worth.
    fn again(before: Option<Self>, reason: Reason, pace: &Pace) -> Self {
        let tries = if reason == Reason::Changed { LOOKS } else { 1 };
        match before {
            Some(before) => Self { at: before.at, tries: before.tries.max(tries) },
            None => Self { at: Instant::now() + pace.kinds_settle, tries },
        }
    }

    /// Once more, later each time, unless there were news.
    fn next(self, is_news: bool, pace: &Pace) -> Option<Self> {
        let tries = self.tries.checked_sub(1).filter(|tries| *tries > 0 && !is_news)?;
        Some(Self { at: Instant::now() + pace.kinds_settle * 5 * (LOOKS - tries), tries })
    }
}

/// Ends a task with whatever it was for.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Keeper {
    cluster: Cluster,
    link: watch::Sender<LinkState>,
    lost: (mpsc::Sender<()>, mpsc::Receiver<()>),
    rights: Arc<Rights>,
    tables: JoinSet<ResourceType>,
    running: BTreeMap<ResourceType, Running>,
    backoff: Backoff,
    /// Told last, so that nothing is told twice.
    told: Option<Link>,
    catalog: Option<Arc<Catalog>>,
    /// Follows what the server offers, while it answers.
    follower: Option<AbortOnDrop>,
    kinds: (mpsc::Sender<Reason>, mpsc::Receiver<Reason>),
    /// When the catalog was last asked for.
    discovered: Option<Instant>,
    /// While something is on its way of which nobody knows yet how it ends.
    busy: Option<Busy>,
}

impl Keeper {
    fn new(cluster: Cluster) -> Self {
        Self {
            link: watch::Sender::new(LinkState::default()),
            lost: mpsc::channel(1),
            rights: Arc::new(Rights::new(cluster.connection.clone())),
            tables: JoinSet::new(),
            running: BTreeMap::new(),
            backoff: Backoff::new(&cluster.pace),
            told: None,
            catalog: None,
            follower: None,
            kinds: mpsc::channel(1),
            discovered: None,
            busy: None,
            cluster,
        }
    }

    async fn keep(&mut self) -> Result<(), Closed> {
        self.busy = Some(self.cluster.work.begin());
        self.tell_connection().await?;
        self.tell_link(Link::Connecting).await?;
        let mut greeting: Option<BoxFuture<'static, Found>> = Some(self.greet());
        let mut asking: Option<BoxFuture<'static, Found>> = None;
        let mut discovering: Option<BoxFuture<'static, Found>> = None;
        let mut again: Option<Instant> = None;
        // To come, and under way.
        let (mut look, mut looking): (Option<Look>, Option<Look>) = (None, None);
        self.follow_interests();
        loop {
            let found = tokio::select! {
                biased;
                changed = self.cluster.interests.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    self.follow_interests();
                    // Kinds come and go. Somebody opening a view is the moment to look, and costs nothing while all is quiet.
                    let old = self.discovered.is_some_and(|at| at.elapsed() > self.cluster.pace.catalog);
                    if old && discovering.is_none() && self.link.borrow().up {
                        self.busy.get_or_insert_with(|| self.cluster.work.begin());
                        discovering = Some(self.discover());
                    }
                    continue;
                }
                asked = self.cluster.reconnect.recv() => {
                    if asked.is_none() {
                        return Ok(());
                    }
                    self.busy = Some(self.cluster.work.begin());
                    self.replace(None).await?;
                    self.tell_link(Link::Connecting).await?;
                    (greeting, asking, discovering, again) = (Some(self.greet()), None, None, None);
                    (look, looking) = (None, None);
                    continue;
                }
                ended = self.tables.join_next_with_id(), if !self.tables.is_empty() => {
                    self.ended(ended);
                    continue;
                }
                _ = self.lost.1.recv() => {
                    if greeting.is_none() && again.is_none() {
                        let (connection, patience) = (self.cluster.connection.clone(), self.cluster.pace.probe);
                        let probe = async move { Found::Greeted(connection.greet_within(patience).await) };
                        greeting = Some(probe.boxed());
                    }
                    continue;
                }
                Some(reason) = self.kinds.1.recv() => {
                    look = Some(Look::again(look, reason, &self.cluster.pace));
                    continue;
                }
                () = until(look.as_ref().filter(|_| discovering.is_none()).map(|look| look.at)) => {
                    discovering = Some(self.discover());
                    looking = look.take();
                    continue;
                }
                () = self.cluster.deltas.closed() => return Err(Closed),
                () = until(again) => {
                    again = None;
                    greeting = Some(self.greet());
                    continue;
                }
                found = pending(&mut greeting) => found,
                found = pending(&mut asking) => found,
                found = pending(&mut discovering) => found,
            };
            match found {
                Found::Greeted(Ok(mut info)) => {
                    greeting = None;
                    self.backoff.reset();
                    if let Some(Link::Up(known)) = &self.told {
                        info.user.clone_from(&known.user);
                    }
                    let first = !self.link.borrow().up;
                    self.up(info.clone()).await?;
                    if first {
                        let connection = self.cluster.connection.clone();
                        asking = Some(async move { Found::Known(connection.who_am_i(info).await) }.boxed());
                        let placed = self.follow_kinds();
                        let connection = self.cluster.connection.clone();
                        // Ready when it is told, and when there is nobody to tell it.
                        let ready = async move { drop(placed.await) };
                        let first = async move { Found::Catalog(connection.discover_after(ready).await) };
                        discovering = Some(first.boxed());
                    }
                }
                Found::Greeted(Err(failure)) => {
                    greeting = None;
                    let wait = self.backoff.next().max(failure.retry_after().unwrap_or_default());
                    if matches!(failure.cause, Cause::Unauthorized | Cause::Refused) {
                        // The next try begins anew: the kubeconfig may have been rewritten, a login done.
                        self.replace(Some(failure.problem.clone())).await?;
                    }
                    self.down(failure.problem).await?;
                    again = Some(Instant::now() + wait);
                }
                Found::Known(result) => {
                    asking = None;
                    match result {
                        Ok(info) => self.tell_link(Link::Up(info)).await?,
                        Err(failure) => self.doubt(failure.cause),
                    }
                }
                Found::Catalog(result) => {
                    discovering = None;
                    self.discovered = Some(Instant::now());
                    let is_news = match result {
                        Ok(catalog)
                            if !self.catalog.as_ref().is_some_and(|old| kinds::same(old, &catalog)) =>
                        {
                            let catalog = Arc::new(catalog);
                            self.offer(&catalog);
                            self.catalog = Some(Arc::clone(&catalog));
                            self.cluster.catalog.store(Arc::clone(&catalog));
                            self.tell(Change::Catalog(catalog)).await?;
                            true
                        }
                        Ok(_) => false,
                        Err(failure) => {
                            self.doubt(failure.cause);
                            false
                        }
                    };
                    // What was defined is not always offered at once.
                    let next = looking.take().and_then(|look| look.next(is_news, &self.cluster.pace));
                    look = look.or(next);
                }
            }
            if greeting.is_none() && asking.is_none() && discovering.is_none() {
                self.busy = None;
            }
        }
    }

    /// A request of our own got no answer: look whether anything does.
    fn doubt(&self, cause: Cause) {
        if cause == Cause::Lost || cause == Cause::Unauthorized {
            // Full means that somebody reported already.
            let _ = self.lost.0.try_send(());
        }
    }

    fn greet(&self) -> BoxFuture<'static, Found> {
        let connection = self.cluster.connection.clone();
        async move { Found::Greeted(connection.greet().await) }.boxed()
    }

    fn discover(&self) -> BoxFuture<'static, Found> {
        let connection = self.cluster.connection.clone();
        async move { Found::Catalog(connection.discover().await) }.boxed()
    }

    async fn up(&mut self, info: ServerInfo) -> Result<(), Closed> {
        self.tell_link(Link::Up(info)).await?;
        self.link.send_modify(|state| {
            state.generation += 1;
            state.up = true;
            state.problem = None;
        });
        Ok(())
    }

    async fn down(&mut self, problem: Problem) -> Result<(), Closed> {
        self.follower = None;
        self.link.send_modify(|state| {
            state.up = false;
            state.problem = Some(problem.clone());
        });
        self.tell_link(Link::Down(problem)).await
    }

    /// Puts another connection in the place of this one. The tables begin anew on it; their rows stay until the new
    /// lists end.
    async fn replace(&mut self, problem: Option<Problem>) -> Result<(), Closed> {
        self.tables.shutdown().await;
        let before = std::mem::take(&mut self.running);
        self.cluster.connection = self.cluster.connection.replaced();
        self.cluster.shared.store(Arc::new(self.cluster.connection.clone()));
        self.rights = Arc::new(Rights::new(self.cluster.connection.clone()));
        self.link.send_modify(|state| {
            state.up = false;
            state.problem = problem;
        });
        self.told = None;
        self.catalog = None;
        self.follower = None;
        self.tell_connection().await?;
        for (resource, running) in before {
            if *running.wanted.borrow() {
                self.start(resource, running.memory);
            } else {
                // It was on its way to be forgotten.
                self.tell(Change::Forgotten(resource)).await?;
            }
        }
        self.follow_interests();
        Ok(())
    }

    /// Starts what is wanted and was not, and tells the others that nobody looks any more.
    fn follow_interests(&mut self) {
        let interests = Arc::clone(&self.cluster.interests.borrow_and_update());
        let id = self.cluster.connection.cluster();
        let wanted: BTreeSet<ResourceType> = interests
            .iter()
            .filter(|interest| interest.cluster == *id && !is_aws(&interest.resource))
            .map(|interest| interest.resource.clone())
            .collect();
        for (resource, running) in &self.running {
            let is_wanted = wanted.contains(resource);
            running.wanted.send_if_modified(|now| std::mem::replace(now, is_wanted) != is_wanted);
        }
        for resource in wanted {
            if !self.running.contains_key(&resource) {
                self.start(resource, Arc::default());
            }
        }
        self.cluster.acted.store(interests);
    }

    /// Ready when no change is missed any more.
    fn follow_kinds(&mut self) -> oneshot::Receiver<()> {
        let (placing, placed) = oneshot::channel();
        let (connection, pace) = (self.cluster.connection.clone(), Arc::clone(&self.cluster.pace));
        let changed = self.kinds.0.clone();
        let task = tokio::spawn(async move { kinds::follow(connection, &pace, changed, placing).await });
        self.follower = Some(AbortOnDrop(task.abort_handle()));
        placed
    }

    /// Tells the tables whose kind is offered in another way than before.
    fn offer(&mut self, catalog: &Catalog) {
        for (resource, running) in &mut self.running {
            let offered = kinds::served(catalog, resource);
            let before = running.offered.replace(offered.is_some());
            let is_other = before.is_some_and(|before| before != offered.is_some());
            let newer = offered.filter(|offered| {
                kinds::is_custom(offered) && offered.version != running.served.borrow().version
            });
            if is_other || newer.is_some() {
                let served = newer.unwrap_or_else(|| running.served.borrow().clone());
                running.served.send_replace(served);
            }
        }
    }

    fn start(&mut self, resource: ResourceType, memory: Arc<Memory>) {
        let found = self.catalog.as_ref().map(|catalog| kinds::served(catalog, &resource));
        let offered = found.as_ref().map(Option::is_some);
        let served = match found.flatten() {
            Some(found) if kinds::is_custom(&found) => found,
            _ => resource.clone(),
        };
        let served = watch::Sender::new(served);
        let source = self.cluster.sources.iter().find(|source| source.resource == resource);
        let (upkeep, begin) = match source {
            Some(source) => (source.upkeep, source.begin),
            None => (super::Upkeep::Watched, super::ANY_KIND),
        };
        let wanted = watch::Sender::new(true);
        let feed = Feed {
            connection: self.cluster.connection.clone(),
            resource: served.borrow().clone(),
            upkeep,
            deltas: self.cluster.deltas.clone(),
            wanted: wanted.subscribe(),
            served: served.subscribe(),
            link: LinkWatch::new(self.link.subscribe(), self.lost.0.clone()),
            rights: Arc::clone(&self.rights),
            pace: Arc::clone(&self.cluster.pace),
            work: self.cluster.work.clone(),
            memory: Arc::clone(&memory),
        };
        let life = begin(feed);
        let key = resource.clone();
        let handle = self.tables.spawn(async move {
            life.await;
            key
        });
        self.running.insert(resource, Running { wanted, served, offered, task: handle.id(), memory });
    }

    /// A table was forgotten, or its task died. If somebody wants it after all, it begins anew.
    fn ended(&mut self, ended: Option<Result<(tokio::task::Id, ResourceType), tokio::task::JoinError>>) {
        let task = match ended {
            Some(Ok((task, _))) => task,
            Some(Err(error)) => error.id(),
            None => return,
        };
        self.running.retain(|_, running| running.task != task);
        self.follow_interests();
    }

    async fn tell_connection(&self) -> Result<(), Closed> {
        self.tell(Change::Connection(self.cluster.connection.servers().await)).await
    }

    async fn tell_link(&mut self, link: Link) -> Result<(), Closed> {
        if self.told.as_ref() == Some(&link) {
            return Ok(());
        }
        self.told = Some(link.clone());
        self.tell(Change::Link(link)).await
    }

    async fn tell(&self, change: Change) -> Result<(), Closed> {
        let connection = &self.cluster.connection;
        let delta = Delta { cluster: connection.cluster().clone(), epoch: Some(connection.epoch()), change };
        self.cluster.deltas.send(delta).await.map_err(|_| Closed)
    }
}

async fn pending(slot: &mut Option<BoxFuture<'static, Found>>) -> Found {
    match slot {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
