//! Which tables of AWS are read, by what somebody looks at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use super::poll::{Audience, Poll};
use super::{AWS_SOURCES, AwsSource, Home, Scope, Site, StateCell};
use crate::fleet::aws::kind::is_aws;
use crate::fleet::{ClusterId, Interest, Problem, ProblemKind, ResourceType};
use crate::gateway::aws::{AccountSettings, no_account};
use crate::snapshot::delta::Change;
use crate::snapshot::{Delta, Freshness, RowChange};
use crate::sources::Interests;
use crate::sources::pace::Pace;
use crate::sources::work::Work;

/// What the task works with.
pub(in crate::sources) struct Keeper {
    /// Where each cluster is at home; `None` where nobody knows.
    pub(in crate::sources) homes: BTreeMap<ClusterId, Option<Home>>,
    pub(in crate::sources) deltas: mpsc::Sender<Delta>,
    pub(in crate::sources) interests: watch::Receiver<Interests>,
    /// Which interests were last acted upon.
    pub(in crate::sources) acted: Arc<ArcSwap<BTreeSet<Interest>>>,
    /// Clusters whose tables are to be read anew now.
    pub(in crate::sources) again: mpsc::Receiver<ClusterId>,
    pub(in crate::sources) pace: Arc<Pace>,
    pub(in crate::sources) work: Work,
}

/// One task: a table of an account, or of a cluster.
type Key = (ResourceType, AccountSettings, Arc<str>);

struct Running {
    audience: watch::Sender<Audience>,
    again: Arc<Notify>,
    task: tokio::task::Id,
}

/// Starts what is wanted and tells the rest that nobody looks any more, until nobody can want anything.
pub(in crate::sources) async fn keep(mut keeper: Keeper) {
    let mut running: BTreeMap<Key, Running> = BTreeMap::new();
    let mut tasks: JoinSet<Key> = JoinSet::new();
    // Interests without an account, which were told so.
    let mut homeless: BTreeSet<Interest> = BTreeSet::new();
    loop {
        let interests = Arc::clone(&keeper.interests.borrow_and_update());
        if keeper.follow(&interests, &mut running, &mut tasks, &mut homeless).await.is_err() {
            return;
        }
        keeper.acted.store(interests);
        loop {
            tokio::select! {
                biased;
                changed = keeper.interests.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
                Some(cluster) = keeper.again.recv() => {
                    for one in running.values() {
                        if one.audience.borrow().clusters.contains(&cluster) {
                            one.again.notify_one();
                        }
                    }
                }
                Some(ended) = tasks.join_next_with_id(), if !tasks.is_empty() => {
                    let id = match &ended {
                        Ok((id, _)) => *id,
                        Err(error) => error.id(),
                    };
                    running.retain(|_, one| one.task != id);
                    // Somebody may have come back in the moment in which it ended.
                    break;
                }
            }
        }
    }
}

impl Keeper {
    async fn follow(
        &self,
        interests: &BTreeSet<Interest>,
        running: &mut BTreeMap<Key, Running>,
        tasks: &mut JoinSet<Key>,
        homeless: &mut BTreeSet<Interest>,
    ) -> Result<(), ()> {
        let mut wanted: BTreeMap<Key, (&'static AwsSource, Site, BTreeSet<ClusterId>)> = BTreeMap::new();
        let mut nowhere: BTreeSet<Interest> = BTreeSet::new();
        for interest in interests.iter().filter(|interest| is_aws(&interest.resource)) {
            let source = AWS_SOURCES.iter().find(|source| source.resource == interest.resource);
            let home = self.homes.get(&interest.cluster).and_then(Option::as_ref);
            let site = source.zip(home).and_then(|(source, home)| Some((source, site(source, home)?)));
            let Some((source, site)) = site else {
                nowhere.insert(interest.clone());
                continue;
            };
            let key = (source.resource.clone(), site.account.settings().clone(), Arc::clone(&site.eks));
            wanted
                .entry(key)
                .or_insert_with(|| (source, site, BTreeSet::new()))
                .2
                .insert(interest.cluster.clone());
        }
        for (key, one) in running.iter() {
            if !wanted.contains_key(key) {
                one.audience.send_if_modified(|audience| !std::mem::take(&mut audience.clusters).is_empty());
            }
        }
        for (key, (source, site, clusters)) in wanted {
            match running.get(&key) {
                Some(one) => {
                    one.audience.send_if_modified(|audience| {
                        let is_new = audience.clusters != clusters;
                        if !clusters.is_subset(&audience.clusters) {
                            audience.waits = Arc::new(Mutex::new(Some(self.work.begin())));
                        }
                        audience.clusters = clusters;
                        is_new
                    });
                }
                None => {
                    let started = self.start(source, site, clusters, tasks, key.clone());
                    running.insert(key, started);
                }
            }
        }
        for interest in nowhere.difference(homeless) {
            let problem = self.nowhere(&interest.cluster);
            // No row ever: any type of rows will do.
            let changes: Vec<RowChange<crate::fleet::aws::caller::Caller>> =
                vec![RowChange::Freshness(Freshness::Unavailable { problem })];
            self.send(interest, Change::Table(interest.resource.clone(), Box::new(changes))).await?;
        }
        for interest in homeless.difference(&nowhere) {
            self.send(interest, Change::Forgotten(interest.resource.clone())).await?;
        }
        *homeless = nowhere;
        Ok(())
    }

    fn start(
        &self,
        source: &'static AwsSource,
        site: Site,
        clusters: BTreeSet<ClusterId>,
        tasks: &mut JoinSet<Key>,
        key: Key,
    ) -> Running {
        let waits = Arc::new(Mutex::new(Some(self.work.begin())));
        let (audience, looked) = watch::channel(Audience { clusters, waits });
        let again = Arc::new(Notify::new());
        let poll = Poll {
            site,
            resource: source.resource.clone(),
            every: source.every,
            audience: looked,
            again: Arc::clone(&again),
            deltas: self.deltas.clone(),
            pace: Arc::clone(&self.pace),
        };
        let life = (source.begin)(poll);
        let task = tasks.spawn(async move {
            life.await;
            key
        });
        Running { audience, again, task: task.id() }
    }

    fn nowhere(&self, cluster: &ClusterId) -> Problem {
        match self.homes.get(cluster) {
            Some(Some(_)) => Problem::new(
                ProblemKind::Unset,
                format!("EKS does not know {cluster}: it is no EKS cluster, or has another name there"),
            ),
            _ => no_account(cluster.name()),
        }
    }

    async fn send(&self, interest: &Interest, change: Change) -> Result<(), ()> {
        let delta = Delta { cluster: interest.cluster.clone(), epoch: None, change };
        self.deltas.send(delta).await.map_err(|_| ())
    }
}

fn site(source: &AwsSource, home: &Home) -> Option<Site> {
    let (eks, state) = match source.scope {
        Scope::Account => (Arc::from(""), StateCell::default()),
        Scope::Cluster => (Arc::clone(home.eks.as_ref()?), Arc::clone(&home.state)),
    };
    Some(Site { account: home.account.clone(), eks, state })
}
