//! The controllers of a simulated cluster: what makes its objects move.
//!
//! Each controller is a file with a unit struct and a line in [`CONTROLLERS`]. It names the objects a change concerns
//! and brings one of them a step nearer to what is wanted; all it knows is in the store, so that it can be asked again
//! at any time. [`Controllers`] runs them one after the other on the fleet's clock: the same history gives the same world.

mod acme;
mod affinity;
mod api_service;
pub mod argo;
mod certificate;
mod certificate_request;
mod claim_protection;
mod cluster_autoscaler;
pub mod conduct;
mod cron_job;
mod daemon_set;
mod deployment;
mod disruption;
mod disruption_budget;
mod endpoints;
pub mod event;
mod event_expiry;
pub mod external_secret;
mod garbage;
mod horizontal_autoscaler;
mod job;
mod karpenter;
mod kubelet;
mod leader;
mod lister;
mod namespace;
mod node_lifecycle;
mod node_pool;
pub mod placement;
pub mod pod;
mod provisioning;
mod push_secret;
mod replica_set;
pub mod resource_quota;
mod round;
mod schedule;
mod scheduler;
pub mod secret_mount;
mod secret_store;
pub mod slice;
mod stateful_set;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::conduct::Conducts;
use crate::simulator::store::{Change, ChangeKind, Key, Notice, Selection, Store, Subscription};
use crate::simulator::world::chance::Chance;
use crate::simulator::world::field;

pub use self::lister::Lister;
pub use self::round::Round;

/// Brings objects of one kind nearer to what is wanted.
pub trait Controller: Sync {
    /// The kind's resource, like `deployments.apps`.
    fn resource(&self) -> &'static str;

    /// The objects of that resource that a change of another resource may move. The controller's own objects need no
    /// mention.
    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key>;

    /// Whether its objects carry a time that shows that somebody is at work. On a clock that is advanced by hand such
    /// objects are looked at once more when it stands still, so that nobody seems dead who only was not asked.
    fn renews(&self) -> bool {
        false
    }

    /// Brings one object a step nearer to what is wanted.
    ///
    /// # Errors
    /// When the store refuses a write; the object is tried again soon.
    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status>;
}

/// Every controller, in the order in which they are asked about the same change.
pub const CONTROLLERS: &[&dyn Controller] = &[
    &acme::Challenge,
    &acme::Order,
    &api_service::ApiService,
    &argo::Application,
    &argo::ApplicationSet,
    &certificate::Certificate,
    &certificate_request::CertificateRequest,
    &claim_protection::ClaimProtection,
    &cluster_autoscaler::ClusterAutoscaler,
    &cron_job::CronJob,
    &daemon_set::DaemonSet,
    &deployment::Deployment,
    &disruption::Disruption,
    &disruption_budget::DisruptionBudget,
    &endpoints::Endpoints,
    &event_expiry::EventExpiry,
    &external_secret::ExternalSecret,
    &garbage::Garbage,
    &horizontal_autoscaler::HorizontalAutoscaler,
    &job::Job,
    &karpenter::Karpenter,
    &kubelet::Kubelet,
    &leader::Leader,
    &namespace::Namespace,
    &node_lifecycle::NodeLifecycle,
    &node_pool::NodePool,
    &provisioning::Provisioning,
    &push_secret::PushSecret,
    &replica_set::ReplicaSet,
    &resource_quota::ResourceQuota,
    &scheduler::Scheduler,
    &secret_mount::SecretMount,
    &secret_store::SecretStore("clustersecretstores.external-secrets.io"),
    &secret_store::SecretStore("secretstores.external-secrets.io"),
    &stateful_set::StatefulSet,
];

/// A change as controllers see it: parsed once for all of them.
#[derive(Debug)]
pub struct Changed {
    /// Whose.
    pub key: Key,
    /// What happened.
    pub kind: ChangeKind,
    /// The newest version.
    pub object: Arc<Value>,
}

impl Changed {
    fn of(change: &Change, lister: &Lister) -> Self {
        Self { key: change.object.key.clone(), kind: change.kind, object: lister.read(&change.object) }
    }

    /// Whether the changed object is of a resource.
    pub fn is(&self, resource: &str) -> bool {
        &*self.key.resource == resource
    }

    /// The object's controller, when it is of a kind, as the key of a resource.
    pub fn controller(&self, kind: &str, resource: &str) -> Vec<Key> {
        match field::controller_of(&self.object) {
            Some((own, name, _)) if own == kind => {
                vec![Key::namespaced(resource, field::namespace(&self.object), name)]
            }
            _ => Vec::new(),
        }
    }
}

/// The controllers of one cluster, at work.
#[derive(Debug)]
pub struct Controllers {
    store: Store,
    lister: Lister,
    conducts: Conducts,
    changes: Subscription,
    queue: VecDeque<(usize, Key)>,
    queued: BTreeSet<(usize, Key)>,
    timers: BTreeSet<(Timestamp, usize, Key)>,
    armed: HashMap<(usize, Key), Timestamp>,
    said: HashMap<String, Key>,
    chance: Chance,
    /// Objects that a controller could not bring further, with the store's words: for tests and the curious.
    refused: VecDeque<(Key, Status)>,
}

/// Seconds after which an object is tried again that the store refused.
const RETRY: i64 = 15;

/// Refusals kept.
const KEPT_REFUSALS: usize = 64;

/// Steps without a change of time after which controllers are taken to chase each other.
const STEP_LIMIT: usize = 200_000;

impl Controllers {
    /// The controllers of a store, with everything in it to look at.
    pub fn new(store: &Store, seed: u64) -> Self {
        let mut controllers = Self {
            store: store.clone(),
            lister: Lister::new(store),
            conducts: Conducts::default(),
            changes: store.subscribe(),
            queue: VecDeque::new(),
            queued: BTreeSet::new(),
            timers: BTreeSet::new(),
            armed: HashMap::new(),
            said: HashMap::new(),
            chance: Chance::new(seed ^ Chance::of(store.cluster()).number()),
            refused: VecDeque::new(),
        };
        controllers.look_at_everything();
        controllers
    }

    /// How the cluster's containers and nodes behave when they do not behave well.
    pub fn conducts(&self) -> &Conducts {
        &self.conducts
    }

    /// The store they work on.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the store refused lately.
    pub fn refused(&self) -> impl Iterator<Item = &(Key, Status)> {
        self.refused.iter()
    }

    /// Does everything that is to be done at the clock's present. Answers when there will be more.
    pub fn work(&mut self) -> Option<Timestamp> {
        for _ in 0..STEP_LIMIT {
            self.take_changes();
            self.take_timers();
            let Some(item) = self.queue.pop_front() else { break };
            self.queued.remove(&item);
            self.reconcile(item);
        }
        self.timers.first().map(|(at, _, _)| *at)
    }

    /// Looks at everything again: for whoever changed how things behave, which the store does not tell.
    pub fn reconsider(&mut self) {
        self.look_at_everything();
    }

    /// Adds a revision to what is committed for an application, and tells Argo CD as a webhook of the repository does.
    ///
    /// # Errors
    /// When there is no such application.
    pub fn push(
        &self,
        application: &str,
        revision: &str,
        change: impl FnOnce(&mut Vec<Value>),
    ) -> Result<(), Status> {
        self.store.git().change(application, revision, change);
        let key = Key::namespaced("applications.argoproj.io", argo::NAMESPACE, application);
        self.store.edit(&key, |application| {
            field::annotate(application, "argocd.argoproj.io/refresh", "normal");
            Ok(())
        })?;
        Ok(())
    }

    /// Looks at everything that shows by a time that somebody is at work: for whoever has moved the clock by hand.
    pub fn renew(&mut self) {
        for (index, controller) in
            CONTROLLERS.iter().enumerate().filter(|(_, controller)| controller.renews())
        {
            for key in self.lister.keys(controller.resource(), None, &Selection::all()) {
                self.enqueue(index, key);
            }
        }
        self.work();
    }

    /// Acts on the cluster as a component of it: with its naming, its clock and its events.
    pub fn as_component<T>(&mut self, act: impl FnOnce(&mut Round<'_>) -> T) -> T {
        act(&mut Round::new(&self.store, &self.lister, &self.conducts, &mut self.chance, &mut self.said))
    }

    /// Waits until the store has news, and takes them.
    pub async fn next_change(&mut self) {
        let notice = self.changes.next().await;
        self.take(notice);
    }

    fn reconcile(&mut self, (index, key): (usize, Key)) {
        let Some(controller) = CONTROLLERS.get(index) else { return };
        let mut round =
            Round::new(&self.store, &self.lister, &self.conducts, &mut self.chance, &mut self.said);
        let outcome = controller.reconcile(&key, &mut round);
        let failed = outcome.as_ref().is_err_and(|status| status.code != 404);
        let wake = round.wake().or_else(|| failed.then(|| round::later(self.store.clock().now(), RETRY)));
        if let Some(old) = self.armed.remove(&(index, key.clone())) {
            self.timers.remove(&(old, index, key.clone()));
        }
        if let Some(at) = wake {
            self.armed.insert((index, key.clone()), at);
            self.timers.insert((at, index, key.clone()));
        }
        // What is gone in the meantime needs nothing more.
        if let Err(status) = outcome
            && status.code != 404
        {
            self.refused.push_back((key, status));
            if self.refused.len() > KEPT_REFUSALS {
                self.refused.pop_front();
            }
        }
    }

    fn take_changes(&mut self) {
        while let Some(notice) = self.changes.try_next() {
            self.take(notice);
        }
    }

    fn take(&mut self, notice: Notice) {
        let Notice::Change(change) = notice else {
            self.look_at_everything();
            return;
        };
        // Nothing hangs on events but their own expiry, which a timer brings.
        if &*change.object.key.resource == "events"
            || &*change.object.key.resource == "leases.coordination.k8s.io"
        {
            return;
        }
        let changed = Changed::of(&change, &self.lister);
        for (index, controller) in CONTROLLERS.iter().enumerate() {
            if changed.is(controller.resource()) {
                self.enqueue(index, changed.key.clone());
            }
            for key in controller.concerned(&changed, &self.lister) {
                self.enqueue(index, key);
            }
        }
    }

    fn take_timers(&mut self) {
        let now = self.store.clock().now();
        while let Some((at, index, key)) = self.timers.first().cloned() {
            if at > now {
                break;
            }
            self.timers.remove(&(at, index, key.clone()));
            self.armed.remove(&(index, key.clone()));
            self.enqueue(index, key);
        }
    }

    fn enqueue(&mut self, index: usize, key: Key) {
        if self.queued.insert((index, key.clone())) {
            self.queue.push_back((index, key));
        }
    }

    fn look_at_everything(&mut self) {
        for (index, controller) in CONTROLLERS.iter().enumerate() {
            for object in self.store.list(controller.resource(), None, &Selection::all()) {
                self.enqueue(index, object.key.clone());
            }
        }
    }
}

/// Advances a fixed clock by a span, stopping at every instant at which some controller has something to do.
pub fn advance<'a>(clusters: impl IntoIterator<Item = &'a mut Controllers>, by: SignedDuration) {
    let mut clusters: Vec<&mut Controllers> = clusters.into_iter().collect();
    let Some(clock) = clusters.first().map(|first| first.store.clock().clone()) else { return };
    let until = clock.now().checked_add(by).unwrap_or(Timestamp::MAX);
    loop {
        let next = clusters.iter_mut().filter_map(|cluster| cluster.work()).min().unwrap_or(until).min(until);
        let now = clock.now();
        if now >= until {
            break;
        }
        clock.advance(
            std::time::Duration::try_from(next.duration_since(now))
                .unwrap_or_default()
                .max(std::time::Duration::from_millis(1)),
        );
    }
    for cluster in clusters {
        cluster.work();
        cluster.renew();
    }
}
