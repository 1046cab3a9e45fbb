//! A fleet that is being listened to: the runtime for network and decoding, the sources, the store's task.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};

use super::fleet::Fleet;
use super::publish::{Outlook, publish};
use crate::blueprint::Blueprint;
use crate::fleet::aws::log_query::{LogQuery, QueryNews};
use crate::fleet::{ClusterId, Interest, ObjectRef, Problem, ProblemKind};
use crate::gateway::logs::{LogEvent, LogSpec};
use crate::planes::{self, DERIVED};
use crate::snapshot::{Snapshot, Store};
use crate::sources::{Interests, Supervisor};

/// Deltas that may wait for the store. A source beyond that waits, and so does its API server.
const DELTAS: usize = 256;
/// Batches of log lines that may wait for the screen.
const LOG_BATCHES: usize = 8;
/// News of a query that may wait for the screen.
const QUERY_NEWS: usize = 4;
/// How long the end of the program waits for AWS to hear that a query is not wanted any more: it would go on to cost.
const STOPPING: Duration = Duration::from_secs(1);
/// How long tasks may take to let go at the end.
const PATIENCE: Duration = Duration::from_millis(200);

/// A fleet that is being listened to. Dropping it ends every connection.
#[derive(Debug)]
pub struct Live {
    fleet: Arc<Fleet>,
    supervisor: Arc<Supervisor>,
    interests: watch::Sender<Interests>,
    outlook: watch::Sender<Outlook>,
    runtime: Option<Runtime>,
    queries: Mutex<Vec<Asked>>,
}

/// A query of logs that was asked: whoever tells the screen of it, and whoever stops it when that one is gone.
#[derive(Debug)]
struct Asked {
    telling: AbortHandle,
    asking: JoinHandle<()>,
}

impl Live {
    /// Starts to listen, to nothing yet. `deliver` is called with every new picture, on a worker of the runtime.
    pub fn start(fleet: Fleet, deliver: impl FnMut(Arc<Snapshot>) + Send + 'static) -> Result<Self, Problem> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("network")
            .enable_all()
            .build()
            .map_err(|error| {
                Problem::new(ProblemKind::Bug, format!("starting the network threads: {error}"))
            })?;
        let (deltas, received) = mpsc::channel(DELTAS);
        let (interests, wanted) = watch::channel(Interests::default());
        let store = Store::new(fleet.clusters.iter().map(|member| member.id.clone())).deriving(DERIVED);
        fleet.place_states(&fleet.blueprints);
        let blueprints = fleet.blueprints.clone().into();
        let (outlook, looked) = watch::channel(Outlook { blueprints, ..Outlook::default() });
        runtime.spawn(publish(store, received, looked, deliver));
        let members = fleet
            .clusters
            .iter()
            .map(|member| (member.id.clone(), member.target.clone(), member.settings.clone()))
            .collect();
        let homes = fleet.clusters.iter().map(|member| (member.id.clone(), member.home.clone())).collect();
        let (clock, pace) = (Arc::clone(&fleet.clock), fleet.listening.clone());
        let supervisor = Supervisor::start(runtime.handle(), members, homes, deltas, wanted, clock, pace);
        if let Some(world) = &fleet.world
            && world.simulator.clock().is_running()
            && let Some(life) = world.take_life()
        {
            runtime.spawn(life.run());
        }
        Ok(Self {
            fleet: Arc::new(fleet),
            supervisor: Arc::new(supervisor),
            interests,
            outlook,
            runtime: Some(runtime),
            queries: Mutex::default(),
        })
    }

    /// What is being listened to.
    pub fn fleet(&self) -> &Arc<Fleet> {
        &self.fleet
    }

    /// Says what somebody wants to see from now on.
    pub fn want(&self, interests: BTreeSet<Interest>) {
        let read = planes::inputs_of(&interests, &self.fleet.ids());
        self.outlook.send_if_modified(|outlook| {
            let differs = *outlook.interests != interests;
            if differs {
                outlook.interests = Arc::new(interests);
            }
            differs
        });
        self.interests.send_if_modified(|wanted| {
            let differs = **wanted != read;
            if differs {
                *wanted = Arc::new(read);
            }
            differs
        });
    }

    /// Says what the clusters are meant to contain from now on.
    pub fn judge_by(&self, blueprints: Arc<[Arc<Blueprint>]>) {
        self.fleet.place_states(&blueprints);
        self.outlook.send_modify(|outlook| outlook.blueprints = blueprints);
    }

    /// Tries a lost connection again now.
    pub fn reconnect(&self, cluster: &ClusterId) {
        self.supervisor.reconnect(cluster);
    }

    /// How much is under way: greetings, lists, fetches, and clusters that have not acted upon the newest interests.
    pub fn in_flight(&self) -> usize {
        self.supervisor.in_flight()
    }

    /// Reads one whole object, and hands it to `done` on a worker. Dropping the task's handle does not stop it;
    /// aborting it does.
    pub fn fetch(
        &self,
        object: ObjectRef,
        done: impl FnOnce(ObjectRef, Result<Arc<serde_json::Value>, Problem>) + Send + 'static,
    ) -> Option<AbortHandle> {
        let supervisor = Arc::clone(&self.supervisor);
        let task = self.runtime.as_ref()?.spawn(async move {
            let result = supervisor.fetch(object.clone()).await;
            done(object, result.map(Arc::new));
        });
        Some(task.abort_handle())
    }

    /// Reads logs, and hands every batch to `each` on a worker; `each` may wait, and then the log does too, and says
    /// whether it wants more. Aborting the task closes the streams.
    pub fn log(
        &self,
        spec: LogSpec,
        mut each: impl FnMut(LogEvent) -> bool + Send + 'static,
    ) -> Option<AbortHandle> {
        let supervisor = Arc::clone(&self.supervisor);
        let task = self.runtime.as_ref()?.spawn(async move {
            let (events, mut received) = mpsc::channel(LOG_BATCHES);
            let _open = supervisor.open_log(spec, events);
            while let Some(event) = received.recv().await {
                if !tokio::task::block_in_place(|| each(event)) {
                    break;
                }
            }
        });
        Some(task.abort_handle())
    }

    /// Runs a query of logs, and hands what becomes of it to `each` on a worker; `each` may wait, and says whether it
    /// wants more. Aborting the task stops the query.
    pub fn query(
        &self,
        cluster: &ClusterId,
        query: LogQuery,
        mut each: impl FnMut(QueryNews) -> bool + Send + 'static,
    ) -> Option<AbortHandle> {
        let runtime = self.runtime.as_ref()?;
        let (news, mut received) = mpsc::channel(QUERY_NEWS);
        let asking = self.supervisor.query(cluster, query, news);
        let telling = runtime.spawn(async move {
            while let Some(news) = received.recv().await {
                if !tokio::task::block_in_place(|| each(news)) {
                    break;
                }
            }
        });
        let telling = telling.abort_handle();
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        queries.retain(|asked| !asked.asking.is_finished());
        queries.push(Asked { telling: telling.clone(), asking });
        Some(telling)
    }

    /// Stops the queries that still run, as far as that can be done in time.
    fn stop_queries(&self, runtime: &Runtime) {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        queries.retain(|asked| !asked.asking.is_finished());
        for asked in queries.iter() {
            asked.telling.abort();
        }
        let asking: Vec<JoinHandle<()>> = queries.drain(..).map(|asked| asked.asking).collect();
        if !asking.is_empty() {
            // Either they have ended, or there is no more time.
            let _ = runtime
                .block_on(async { tokio::time::timeout(STOPPING, futures::future::join_all(asking)).await });
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            self.stop_queries(&runtime);
            runtime.shutdown_timeout(PATIENCE);
        }
    }
}
