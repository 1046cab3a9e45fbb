//! All clusters together: started once, asked for single objects and logs, told to reconnect.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};

use super::aws::{self, Home};
use super::cluster::{self, Cluster};
use super::kinds;
use super::pace::Pace;
use super::work::Work;
use super::{Interests, SOURCES, Source};
use crate::fleet::aws::kind::is_aws;
use crate::fleet::aws::log_query::{LogQuery, QueryNews};
use crate::fleet::time::Clock;
use crate::fleet::{ClusterId, Epoch, Interest, ObjectRef, Problem, ProblemKind};
use crate::gateway;
use crate::gateway::logs::{self, LogEvent, LogSpec};
use crate::gateway::{Connection, ConnectionSettings, Target};
use crate::snapshot::{Catalog, Delta};

/// The way into each cluster.
type Ways = Vec<(ClusterId, Target, ConnectionSettings)>;
/// Where each is at home in AWS; `None` where nobody knows.
type Homes = BTreeMap<ClusterId, Option<Home>>;

/// Keeps the pictures of all clusters current, as far as somebody looks. Everything stops when it is dropped.
pub struct Supervisor {
    runtime: Handle,
    aws: Aws,
    clusters: BTreeMap<ClusterId, Member>,
    interests: watch::Receiver<Interests>,
    work: Work,
}

/// The task that reads AWS.
struct Aws {
    homes: BTreeMap<ClusterId, Option<Home>>,
    again: mpsc::Sender<ClusterId>,
    acted: Arc<ArcSwap<BTreeSet<Interest>>>,
    task: AbortHandle,
}

struct Member {
    connection: Arc<ArcSwap<Connection>>,
    catalog: Arc<ArcSwap<Catalog>>,
    reconnect: mpsc::Sender<()>,
    acted: Arc<ArcSwap<BTreeSet<Interest>>>,
    task: AbortHandle,
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("clusters", &self.clusters.keys()).finish_non_exhaustive()
    }
}

/// A log that is being read. Dropping it closes the streams.
#[derive(Debug)]
pub struct OpenLog(AbortHandle);

impl Drop for OpenLog {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Supervisor {
    /// Begins. Returns at once: every cluster is connected in a task of its own, and none waits for another. Ends when the
    /// interests' sender or the deltas' receiver is dropped, or the supervisor itself.
    pub fn start(
        runtime: &Handle,
        clusters: Ways,
        homes: Homes,
        deltas: mpsc::Sender<Delta>,
        interests: watch::Receiver<Interests>,
        clock: Clock,
        pace: Pace,
    ) -> Self {
        Self::start_with(runtime, (clusters, homes), deltas, interests, clock, (SOURCES, pace))
    }

    /// The same with other sources and another pace.
    pub(super) fn start_with(
        runtime: &Handle,
        (clusters, homes): (Ways, Homes),
        deltas: mpsc::Sender<Delta>,
        interests: watch::Receiver<Interests>,
        clock: Clock,
        (sources, pace): (&'static [Source], Pace),
    ) -> Self {
        let (work, pace) = (Work::default(), Arc::new(pace));
        let (again, asked) = mpsc::channel(16);
        let acted = Arc::new(ArcSwap::from_pointee(BTreeSet::new()));
        let keeper = aws::Keeper {
            homes: homes.clone(),
            deltas: deltas.clone(),
            interests: interests.clone(),
            acted: Arc::clone(&acted),
            again: asked,
            pace: Arc::clone(&pace),
            work: work.clone(),
        };
        let aws = Aws { homes, again, acted, task: runtime.spawn(aws::keep(keeper)).abort_handle() };
        let begin = |(id, target, settings): (ClusterId, Target, ConnectionSettings)| {
            let connection =
                Connection::new(id.clone(), Epoch::default(), target, settings, Arc::clone(&clock));
            let shared = Arc::new(ArcSwap::from_pointee(connection.clone()));
            let (reconnect, asked) = mpsc::channel(1);
            let catalog = Arc::<ArcSwap<Catalog>>::default();
            let acted = Arc::new(ArcSwap::from_pointee(BTreeSet::new()));
            let task = runtime.spawn(cluster::run(Cluster {
                connection,
                shared: Arc::clone(&shared),
                deltas: deltas.clone(),
                interests: interests.clone(),
                acted: Arc::clone(&acted),
                catalog: Arc::clone(&catalog),
                reconnect: asked,
                sources,
                pace: Arc::clone(&pace),
                work: work.clone(),
            }));
            (id, Member { connection: shared, catalog, reconnect, acted, task: task.abort_handle() })
        };
        let clusters = clusters.into_iter().map(begin).collect();
        Self { runtime: runtime.clone(), aws, clusters, interests, work }
    }

    /// Reads one object; of a Secret only the metadata. Of an object of AWS what its row does not say.
    pub fn fetch(
        &self,
        mut object: ObjectRef,
    ) -> impl Future<Output = Result<Value, Problem>> + Send + 'static {
        let connection = self.connection(&object.cluster);
        let busy = self.work.begin();
        let catalog = self.clusters.get(&object.cluster).map(|member| member.catalog.load_full());
        let served = catalog.as_ref().and_then(|catalog| kinds::served(catalog, &object.resource));
        if let Some(served) = served.filter(kinds::is_custom) {
            // It may have been seen in a version that is gone.
            object.resource = served.plain();
        }
        let home = is_aws(&object.resource).then(|| self.home(&object.cluster));
        async move {
            let _busy = busy;
            if let Some(home) = home {
                return aws::fetch(home?, &object).await;
            }
            connection?.fetch(&object).await.map_err(|failure| failure.problem)
        }
    }

    /// Reads logs into `events` until all streams end, or until what is returned is dropped.
    pub fn open_log(&self, spec: LogSpec, events: mpsc::Sender<LogEvent>) -> OpenLog {
        let connection = self.connection(&spec.pod.cluster);
        let home = is_aws(&spec.pod.resource).then(|| self.home(&spec.pod.cluster));
        let task = self.runtime.spawn(async move {
            let connection = match home {
                Some(Ok(home)) => return gateway::aws::logs::read(home.account, spec, events).await,
                Some(Err(problem)) => Err(problem),
                None => connection,
            };
            match connection {
                Ok(connection) => logs::read(connection, spec, events).await,
                Err(problem) => {
                    let ended = spec.containers.iter().map(|c| (c.as_str().into(), Err(problem.clone())));
                    // Nobody listens any more: there is nobody to tell either.
                    let _ = events.send(LogEvent { lines: Vec::new(), ended: ended.collect() }).await;
                }
            }
        });
        OpenLog(task.abort_handle())
    }

    /// Runs a query of logs, and tells `news` what becomes of it. It is stopped when the receiver is gone before its end:
    /// what is returned is the task that sees to that, and must be left to run.
    pub fn query(
        &self,
        cluster: &ClusterId,
        query: LogQuery,
        news: mpsc::Sender<QueryNews>,
    ) -> JoinHandle<()> {
        let home = self.home(cluster);
        self.runtime.spawn(async move {
            match home {
                Ok(home) => gateway::aws::insights::run(home.account, query, news).await,
                Err(problem) => {
                    let end = Some(Err(problem));
                    // Nobody listens any more: there is nobody to tell either.
                    let _ = news.send(QueryNews { end, ..QueryNews::default() }).await;
                }
            }
        })
    }

    /// Connects anew: the kubeconfig is read again, credentials are obtained anew, tables begin anew; and what is read from
    /// AWS is read again now.
    pub fn reconnect(&self, cluster: &ClusterId) {
        // Full means that it was asked for already.
        let _ = self.aws.again.try_send(cluster.clone());
        if let Some(member) = self.clusters.get(cluster) {
            // Full means that it was asked for already.
            let _ = member.reconnect.try_send(());
        }
    }

    /// How much is under way: greetings, lists, fetches, and clusters that have not acted upon the newest interests. Zero
    /// means that all that can be known is in the deltas.
    pub fn in_flight(&self) -> usize {
        let newest = Arc::clone(&self.interests.borrow());
        let behind = |member: &&Member| !Arc::ptr_eq(&member.acted.load(), &newest);
        let aws_behind = !Arc::ptr_eq(&self.aws.acted.load(), &newest);
        self.work.count() + self.clusters.values().filter(behind).count() + usize::from(aws_behind)
    }

    fn home(&self, cluster: &ClusterId) -> Result<Home, Problem> {
        let home = self.aws.homes.get(cluster).cloned().flatten();
        home.ok_or_else(|| gateway::aws::no_account(cluster.name()))
    }

    fn connection(&self, cluster: &ClusterId) -> Result<Connection, Problem> {
        match self.clusters.get(cluster) {
            Some(member) => Ok(Connection::clone(&member.connection.load())),
            None => Err(Problem::new(ProblemKind::User, format!("there is no cluster {cluster}"))),
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.aws.task.abort();
        for member in self.clusters.values() {
            member.task.abort();
        }
    }
}
