//! The storage of one simulated cluster: what etcd and the API server's registry are to a real one.
//!
//! Everything is synchronous and nothing is ever awaited under the lock. Objects are immutable versions
//! ([`Object`]); every change gets the next resource version and goes into one bounded log, from which watches and
//! controllers read at their own pace. Whoever is too slow for the log is told so and lists again.
//!
//! The wire is [`api`](super::api)'s business; rules that hold for every writer — generations, finalizers,
//! graceful deletion, no-op writes that change nothing — live here.

mod deletion;
mod generation;
mod identity;
pub mod kind;
mod log;
pub mod logs;
pub mod object;
mod page;
pub mod selector;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use self::deletion::{DeleteOptions, Deleted, Propagation};
use self::deletion::{
    check_preconditions, finalizers_after, grace_of, is_released, is_unfinished_namespace, mark_deleted,
};
use self::generation::wanted_state_differs;
use self::identity::{mix, suffix, uid};
pub use self::kind::{KindSpec, PrinterColumn};
pub use self::log::{Change, ChangeKind, Notice, Subscription};
pub use self::logs::{Line, Logs};
pub use self::object::{Key, Object};
pub(crate) use self::page::{PageOf, TooOld};
pub use self::selector::Selection;
use crate::simulator::api::faults::Faults;
use crate::simulator::api::requests::Requests;
use crate::simulator::api::status::Status;
use crate::simulator::api::users::Users;
use crate::simulator::clock::SimClock;
use crate::simulator::git::Git;

/// Changes kept for watches that come back, like the watch cache of a real API server.
const KEPT_CHANGES: usize = 10_000;

/// The storage of one cluster. Clones share it.
#[derive(Clone, Debug)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cluster: String,
    clock: SimClock,
    faults: Faults,
    users: Users,
    logs: Logs,
    git: Git,
    requests: Requests,
    inner: Mutex<Inner>,
    /// The latest resource version, for those who wait for changes.
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    version: u64,
    uids: u64,
    kinds: Vec<Arc<KindSpec>>,
    objects: HashMap<Arc<str>, BTreeMap<Arc<str>, Arc<Object>>>,
    log: VecDeque<Arc<Change>>,
    /// Per resource, the version of the newest change that is no longer in the log.
    forgotten: HashMap<Arc<str>, u64>,
    compacted: u64,
}

/// Objects of one kind as they were at one resource version.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The cluster's resource version when the list was taken.
    pub resource_version: u64,
    /// The objects in the order of their paths.
    pub objects: Vec<Arc<Object>>,
}

impl Store {
    /// An empty cluster that knows the built-in kinds.
    pub fn new(cluster: impl Into<String>, clock: SimClock) -> Self {
        let inner = Inner {
            // A cluster that has been running for a while has versions of five digits or more.
            version: 10_000,
            uids: 0,
            kinds: super::api::kinds::built_in().into_iter().map(Arc::new).collect(),
            objects: HashMap::new(),
            log: VecDeque::new(),
            forgotten: HashMap::new(),
            compacted: 0,
        };
        let changed = watch::Sender::new(inner.version);
        Self(Arc::new(Shared {
            cluster: cluster.into(),
            clock,
            faults: Faults::default(),
            users: Users::default(),
            logs: Logs::default(),
            git: Git::default(),
            requests: Requests::default(),
            inner: Mutex::new(inner),
            changed,
        }))
    }

    /// The name of the cluster.
    pub fn cluster(&self) -> &str {
        &self.0.cluster
    }

    /// The clock of the fleet.
    pub fn clock(&self) -> &SimClock {
        &self.0.clock
    }

    /// What may go wrong between clients and this cluster.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Who may ask, and by which token.
    pub fn users(&self) -> &Users {
        &self.0.users
    }

    /// What the cluster's containers print.
    pub fn logs(&self) -> &Logs {
        &self.0.logs
    }

    /// What is committed for the cluster's Argo CD applications.
    pub fn git(&self) -> &Git {
        &self.0.git
    }

    /// What was asked of the cluster's API.
    pub fn requests(&self) -> &Requests {
        &self.0.requests
    }

    /// Serves another kind, or another form of a known one. CustomResourceDefinitions do this by themselves when they
    /// are created.
    pub fn register(&self, spec: KindSpec) {
        let mut inner = self.inner();
        inner.kinds.retain(|known| {
            !(known.group == spec.group && known.version == spec.version && known.plural == spec.plural)
        });
        inner.kinds.push(Arc::new(spec));
    }

    /// Every served kind, in the order of registration.
    pub fn kinds(&self) -> Vec<Arc<KindSpec>> {
        self.inner().kinds.clone()
    }

    /// The kind of a resource like `pods` or `deployments.apps`.
    pub fn kind(&self, resource: &str) -> Option<Arc<KindSpec>> {
        self.inner().kinds.iter().find(|kind| kind.is_resource(resource)).cloned()
    }

    /// The kind of a document with this `apiVersion` and `kind`.
    pub fn kind_of(&self, api_version: &str, kind: &str) -> Option<Arc<KindSpec>> {
        self.inner()
            .kinds
            .iter()
            .find(|known| known.kind == kind && known.has_api_version(api_version))
            .cloned()
    }

    /// The key of a document, whether or not the object exists.
    ///
    /// # Errors
    /// 400 when the document has no known kind, or lacks a name or a namespace that it needs.
    pub fn key_of(&self, document: &Value) -> Result<Key, Status> {
        let spec = self.spec_of(document)?;
        key(&spec, document)
    }

    fn spec_of(&self, document: &Value) -> Result<Arc<KindSpec>, Status> {
        let (api_version, kind) = (text(document, "/apiVersion"), text(document, "/kind"));
        let unknown = || {
            let message = format!("no kind \"{kind}\" is registered for version \"{api_version}\"");
            Status::bad_request(message)
        };
        self.kind_of(api_version, kind).ok_or_else(unknown)
    }

    /// Stores a new object. What is missing in its metadata (uid, times, generation, a generated name) is filled in;
    /// what is there is kept, so that a world can be founded with objects of any age.
    ///
    /// # Errors
    /// `AlreadyExists`, a missing namespace (404), an unknown kind or a missing name (400).
    pub fn create(&self, document: &Value) -> Result<Value, Status> {
        Ok(self.put_new(document.clone(), DryRun::No)?.value())
    }

    /// The same for a document that is not needed afterwards; the quick way to found a large world.
    ///
    /// # Errors
    /// As [`Store::create`].
    pub fn install(&self, document: Value) -> Result<Arc<Object>, Status> {
        self.put_new(document, DryRun::No)
    }

    pub(crate) fn put_new(&self, mut document: Value, dry_run: DryRun) -> Result<Arc<Object>, Status> {
        let spec = self.spec_of(&document)?;
        let mut inner = self.inner();
        inner.complete_metadata(&self.0, &spec, &mut document);
        let key = key(&spec, &document)?;
        if inner.get(&key).is_some() {
            return Err(Status::already_exists(&key.resource, &key.name));
        }
        if let Some(namespace) = &key.namespace {
            let home = inner.get(&Key::cluster("namespaces", namespace));
            let home = home.ok_or_else(|| Status::not_found("namespaces", namespace))?;
            if home.field("status.phase") == Some("Terminating") {
                let message = format!(
                    "{} \"{}\" is forbidden: unable to create new content in namespace {namespace} because it is \
                     being terminated",
                    key.resource, key.name
                );
                return Err(Status::about(403, "Forbidden", &key.resource, &key.name, message));
            }
        }
        let object = inner.version_of(key, &spec, &mut document, dry_run);
        if dry_run == DryRun::No {
            inner.record(ChangeKind::Added, Arc::clone(&object), None);
            inner.define(&document);
            self.announce(inner);
        }
        Ok(object)
    }

    /// The object, parsed.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get(&self, key: &Key) -> Result<Value, Status> {
        Ok(self.object(key)?.value())
    }

    /// The object as it is stored.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn object(&self, key: &Key) -> Result<Arc<Object>, Status> {
        self.inner().get(key).ok_or_else(|| Status::not_found(&key.resource, &key.name))
    }

    /// The selected objects of a resource like `pods` or `deployments.apps`, in one namespace or in all.
    pub fn list(&self, resource: &str, namespace: Option<&str>, selection: &Selection) -> Vec<Arc<Object>> {
        self.listing(resource, namespace, selection).objects
    }

    /// The same, with the resource version it was true at.
    pub fn listing(&self, resource: &str, namespace: Option<&str>, selection: &Selection) -> Listing {
        let all = PageOf { resource, namespace, selection, at: None, after: None, limit: usize::MAX };
        match self.page(all) {
            Ok(page) => Listing { resource_version: page.resource_version, objects: page.objects },
            // What is now is never too old.
            Err(TooOld { current }) => Listing { resource_version: current, objects: Vec::new() },
        }
    }

    /// Changes an object by `change`, which may run again when somebody else was faster. Counts a generation when
    /// anything but metadata and status changed; stores nothing when nothing did; removes the object when it waits for
    /// deletion and this took its last finalizer away.
    ///
    /// # Errors
    /// `NotFound`, or what `change` refuses with.
    pub fn edit(
        &self,
        key: &Key,
        mut change: impl FnMut(&mut Value) -> Result<(), Status>,
    ) -> Result<Value, Status> {
        loop {
            let before = self.object(key)?;
            let old = before.value();
            let mut document = old.clone();
            change(&mut document)?;
            if let Some(object) = self.put(&before, &old, document, DryRun::No)? {
                return Ok(object.value());
            }
        }
    }

    /// Replaces an object. A `metadata.resourceVersion` in the document must be the current one.
    ///
    /// # Errors
    /// `NotFound`, `Conflict`, an unknown kind or a missing name (400).
    pub fn replace(&self, document: &Value) -> Result<Value, Status> {
        let key = self.key_of(document)?;
        let wanted = text(document, "/metadata/resourceVersion").to_owned();
        self.edit(&key, |current| {
            check_version(&key, &wanted, current)?;
            *current = keep_identity(document.clone(), current);
            Ok(())
        })
    }

    /// Merges `status` (a JSON merge patch) into the object's status.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn patch_status(&self, key: &Key, status: &Value) -> Result<Value, Status> {
        self.edit(key, |document| {
            json_patch::merge(document, &json!({ "status": status }));
            Ok(())
        })
    }

    /// Stores `document` as the version after `before`, which reads `old`. `None` when `before` is no longer the current
    /// one.
    pub(crate) fn put(
        &self,
        before: &Arc<Object>,
        old: &Value,
        mut document: Value,
        dry_run: DryRun,
    ) -> Result<Option<Arc<Object>>, Status> {
        let spec = self.kind(&before.key.resource);
        let spec = spec.ok_or_else(|| Status::not_found(&before.key.resource, &before.key.name))?;
        if document == *old {
            return Ok(Some(Arc::clone(before)));
        }
        if spec.counts_generations && wanted_state_differs(&spec, old, &document) {
            let generation = old.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
            set(&mut document, "metadata", "generation", json!(generation + 1));
        }
        let mut inner = self.inner();
        if inner.get(&before.key).is_none_or(|current| current.resource_version != before.resource_version) {
            return Ok(None);
        }
        let object = inner.version_of(before.key.clone(), &spec, &mut document, dry_run);
        if dry_run == DryRun::No {
            let change = if is_released(&document) { ChangeKind::Deleted } else { ChangeKind::Modified };
            inner.undefine(old);
            if change == ChangeKind::Modified {
                inner.define(&document);
            }
            inner.record(change, Arc::clone(&object), Some(Arc::clone(before)));
            self.announce(inner);
        }
        Ok(Some(object))
    }

    /// Deletes an object, or starts its deletion where a grace period or finalizers hold it.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` when a precondition does not hold.
    pub fn delete(&self, key: &Key, options: &DeleteOptions) -> Result<Deleted, Status> {
        loop {
            let before = self.object(key)?;
            let spec = self.kind(&key.resource).ok_or_else(|| Status::not_found(&key.resource, &key.name))?;
            check_preconditions(&before, &spec, options)?;
            let old = before.value();
            let mut document = old.clone();
            let grace = grace_of(&before, &document, options);
            let finalizers = finalizers_after(&document, options.propagation);
            let held = !finalizers.is_empty() || is_unfinished_namespace(&before, &document);
            if held || grace > 0 {
                mark_deleted(&mut document, self.0.clock.now(), grace, finalizers);
                let dry_run = if options.dry_run { DryRun::Yes } else { DryRun::No };
                if let Some(object) = self.put(&before, &old, document, dry_run)? {
                    return Ok(Deleted::Waiting(object));
                }
                continue;
            }
            let mut inner = self.inner();
            if inner.get(key).is_none_or(|current| current.resource_version != before.resource_version) {
                continue;
            }
            if options.dry_run {
                return Ok(Deleted::Gone(before));
            }
            let last = inner.version_of(key.clone(), &spec, &mut document, DryRun::No);
            inner.undefine(&document);
            inner.record(ChangeKind::Deleted, Arc::clone(&last), Some(before));
            self.announce(inner);
            return Ok(Deleted::Gone(last));
        }
    }

    /// The cluster's latest resource version.
    pub fn resource_version(&self) -> u64 {
        self.inner().version
    }

    /// How many objects of a resource there are.
    pub fn count(&self, resource: &str) -> usize {
        self.inner().objects.get(resource).map_or(0, BTreeMap::len)
    }

    /// Every change from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription::new(self.clone(), self.resource_version())
    }

    /// Forgets all history, so that every earlier resource version has expired.
    pub fn compact(&self) {
        let mut inner = self.inner();
        inner.log.clear();
        inner.compacted = inner.version;
        self.announce(inner);
    }

    /// Tells the latest resource version whenever it grows.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self, inner: MutexGuard<'_, Inner>) {
        let version = inner.version;
        drop(inner);
        self.0.changed.send_replace(version);
    }
}

/// Whether a write is only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRun {
    Yes,
    No,
}

impl Inner {
    fn get(&self, key: &Key) -> Option<Arc<Object>> {
        self.objects.get(&key.resource)?.get(key.path().as_str()).cloned()
    }

    /// Makes `document` the next version of its object.
    fn version_of(
        &mut self,
        key: Key,
        spec: &KindSpec,
        document: &mut Value,
        dry_run: DryRun,
    ) -> Arc<Object> {
        let version = if dry_run == DryRun::Yes { self.version } else { self.version + 1 };
        if dry_run == DryRun::No {
            self.version = version;
            set(document, "metadata", "resourceVersion", version.to_string().into());
        }
        let head = format!("\"kind\":\"{}\",\"apiVersion\":\"{}\",", spec.kind, spec.api_version());
        Arc::new(Object::new(key, version, head.into(), document))
    }

    /// Serves the kinds that a CustomResourceDefinition defines; nothing for other documents.
    fn define(&mut self, document: &Value) {
        let kinds = super::api::kinds::of_definition(document).unwrap_or_default();
        self.kinds.extend(kinds.into_iter().map(Arc::new));
    }

    /// Ends serving the kinds that a CustomResourceDefinition defined.
    fn undefine(&mut self, document: &Value) {
        if let Some(kinds) = super::api::kinds::of_definition(document) {
            let resources: Vec<String> = kinds.iter().map(KindSpec::resource).collect();
            self.kinds.retain(|known| !known.custom || !resources.contains(&known.resource()));
        }
    }

    fn record(&mut self, kind: ChangeKind, object: Arc<Object>, previous: Option<Arc<Object>>) {
        let objects = self.objects.entry(Arc::clone(&object.key.resource)).or_default();
        let path = object.key.path();
        match kind {
            ChangeKind::Added | ChangeKind::Modified => objects.insert(path.into(), Arc::clone(&object)),
            ChangeKind::Deleted => objects.remove(path.as_str()),
        };
        self.log.push_back(Arc::new(Change { kind, object, previous }));
        while self.log.len() > KEPT_CHANGES {
            if let Some(change) = self.log.pop_front() {
                self.forgotten
                    .insert(Arc::clone(&change.object.key.resource), change.object.resource_version);
            }
        }
    }

    fn complete_metadata(&mut self, shared: &Shared, spec: &KindSpec, document: &mut Value) {
        let missing = |document: &Value, field: &str| {
            document.pointer(&format!("/metadata/{field}")).is_none_or(|it| it.is_null() || it == "")
        };
        if missing(document, "name") && !missing(document, "generateName") {
            self.uids += 1;
            let name = format!(
                "{}{}",
                text(document, "/metadata/generateName"),
                suffix(mix(&shared.cluster, self.uids))
            );
            set(document, "metadata", "name", name.into());
        }
        if missing(document, "uid") {
            self.uids += 1;
            set(document, "metadata", "uid", uid(&shared.cluster, self.uids).into());
        }
        if missing(document, "creationTimestamp") {
            set(document, "metadata", "creationTimestamp", seconds(shared.clock.now()).into());
        }
        if spec.counts_generations && missing(document, "generation") {
            set(document, "metadata", "generation", json!(1));
        }
    }
}

/// An instant as `metav1.Time` writes it: whole seconds.
pub fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn key(spec: &KindSpec, document: &Value) -> Result<Key, Status> {
    let name = text(document, "/metadata/name");
    if name.is_empty() {
        let cause = (
            "metadata.name",
            "FieldValueRequired",
            "Required value: name or generateName is required".to_owned(),
        );
        return Err(Status::invalid(&spec.kind, &spec.group, name, &[cause]));
    }
    let namespace = text(document, "/metadata/namespace");
    match (spec.namespaced, namespace) {
        (true, "") => Err(Status::bad_request("an empty namespace may not be set during creation")),
        (true, namespace) => Ok(Key::namespaced(&spec.resource(), namespace, name)),
        (false, _) => Ok(Key::cluster(&spec.resource(), name)),
    }
}

pub(crate) fn check_version(key: &Key, wanted: &str, current: &Value) -> Result<(), Status> {
    if wanted.is_empty() || wanted == text(current, "/metadata/resourceVersion") {
        return Ok(());
    }
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    Err(Status::conflict(&key.resource, &key.name, why))
}

/// `document` with the identity that no writer can change.
pub(crate) fn keep_identity(mut document: Value, current: &Value) -> Value {
    const FIXED: [&str; 7] = [
        "uid",
        "creationTimestamp",
        "generation",
        "resourceVersion",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
    ];
    for field in FIXED {
        match current.pointer(&format!("/metadata/{field}")) {
            Some(value) => set(&mut document, "metadata", field, value.clone()),
            None => {
                if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.shift_remove(field);
                }
            }
        }
    }
    document
}

pub(crate) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// Sets `parent.field`, making the parent where it is missing.
pub(crate) fn set(document: &mut Value, parent: &str, field: &str, value: Value) {
    let Some(document) = document.as_object_mut() else { return };
    let parent = document.entry(parent).or_insert_with(|| json!({}));
    if !parent.is_object() {
        *parent = json!({});
    }
    if let Some(parent) = parent.as_object_mut() {
        parent.insert(field.to_owned(), value);
    }
}

#[cfg(test)]
mod tests;
