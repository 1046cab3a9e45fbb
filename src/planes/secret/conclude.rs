//! Sources of Secrets are concluded from the objects of three operators, the stores, the Secrets' metadata and the
//! workloads.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::state::{Consumers, Origin, SecretSource, StoreState, Stored, Target};
use super::stored::StoredIn;
use crate::fleet::aws::kind::STORED_SECRETS;
use crate::fleet::condition::Status;
use crate::fleet::kind::{
    CLUSTER_SECRET_STORES, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, EXTERNAL_SECRETS, PUSH_SECRETS,
    SEALED_SECRETS, SECRET_MOUNTS, SECRET_PROVIDER_CLASSES, SECRET_STORES, SECRETS, STATEFUL_SETS,
};
use crate::fleet::meta::Meta;
use crate::fleet::secrets::external_secret::{ExternalSecret, RefreshPolicy, StoreRef};
use crate::fleet::secrets::pod_status::MountStatus;
use crate::fleet::secrets::provider_class::SecretProviderClass;
use crate::fleet::secrets::push_secret::PushSecret;
use crate::fleet::secrets::sealed_secret::SealedSecret;
use crate::fleet::secrets::secret_store::SecretStore;
use crate::fleet::workload::Workload;
use crate::fleet::{ResourceType, Row};
use crate::planes::certificate::facts::Secrets;
use crate::planes::reading::{is_known, rows};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, Freshness, derived};

/// Sources of Secrets, as a derived kind.
pub const SECRET_SOURCES: ResourceType = derived::namespaced("secretsources", "SecretSource");

static HELPS: [ResourceType; 12] = [
    EXTERNAL_SECRETS,
    PUSH_SECRETS,
    SEALED_SECRETS,
    SECRET_PROVIDER_CLASSES,
    SECRET_MOUNTS,
    SECRET_STORES,
    CLUSTER_SECRET_STORES,
    SECRETS,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
];

static ADDS: [ResourceType; 1] = [STORED_SECRETS];

/// The table of sources of Secrets. Hardly a cluster has all three operators, so none of their kinds is needed.
pub const TABLE: Derived = Derived::new::<Sources>(SECRET_SOURCES, &[], &HELPS).adding(&ADDS);

static WORKLOADS: [ResourceType; 4] = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS];

/// Concludes the sources of Secrets.
#[derive(Debug, Default)]
pub struct Sources;

impl Conclusion for Sources {
    type Row = SecretSource;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<SecretSource> {
        let around = Around::of(cluster);
        let mut sources = Vec::new();
        sources.extend(rows::<ExternalSecret>(cluster, &EXTERNAL_SECRETS).map(|row| around.external(row)));
        sources.extend(rows::<SealedSecret>(cluster, &SEALED_SECRETS).map(|row| around.sealed(row)));
        let classes = rows::<SecretProviderClass>(cluster, &SECRET_PROVIDER_CLASSES);
        sources.extend(classes.map(|row| around.mounted(row)));
        sources.extend(rows::<PushSecret>(cluster, &PUSH_SECRETS).map(|row| around.pushed(row)));
        let kinds = [EXTERNAL_SECRETS, PUSH_SECRETS, SEALED_SECRETS, SECRET_PROVIDER_CLASSES];
        sources.extend(kinds.into_iter().filter_map(|kind| unreadable(cluster, kind)));
        name_apart(&mut sources);
        sources
    }
}

/// A row that says that objects of a kind may not be read: without it they would seem not to be there.
fn unreadable(cluster: &ClusterSnapshot, resource: ResourceType) -> Option<SecretSource> {
    let Freshness::Forbidden { problem } = cluster.freshness(&resource) else { return None };
    Some(SecretSource {
        name: format!("all {}", resource.plural).into(),
        meta: Meta::default(),
        origin: Origin::Unreadable(problem.to_string().into()),
        provider: Arc::default(),
        remote: Box::default(),
        targets: Box::default(),
        consumers: Consumers::Unknown,
        stored: Stored::Unknown,
        resource,
    })
}

/// Two kinds may use one name in one namespace; then each says its kind.
fn name_apart(rows: &mut [SecretSource]) {
    let mut seen: HashMap<(Option<Arc<str>>, Box<str>), u32> = HashMap::new();
    for row in &*rows {
        *seen.entry((row.meta.namespace.clone(), row.name.clone())).or_default() += 1;
    }
    for row in rows {
        if seen.get(&(row.meta.namespace.clone(), row.name.clone())).is_some_and(|count| *count > 1) {
            row.name = format!("{} ({})", row.name, row.resource.kind).into();
        }
    }
}

type Key<'a> = (&'a str, &'a str);

struct Around<'a> {
    cluster: &'a ClusterSnapshot,
    secrets: Secrets<'a>,
    stores: HashMap<Key<'a>, &'a SecretStore>,
    uses: HashMap<Key<'a>, BTreeSet<(&'static str, &'a str)>>,
    mounts: HashMap<Key<'a>, Vec<&'a MountStatus>>,
    stored: StoredIn<'a>,
    old_version: Option<Arc<str>>,
}

impl<'a> Around<'a> {
    fn of(cluster: &'a ClusterSnapshot) -> Self {
        let stores = rows::<SecretStore>(cluster, &SECRET_STORES)
            .chain(rows::<SecretStore>(cluster, &CLUSTER_SECRET_STORES));
        let mut uses: HashMap<Key<'a>, BTreeSet<(&'static str, &'a str)>> = HashMap::new();
        for workload in WORKLOADS.iter().flat_map(|kind| rows::<Workload>(cluster, kind)) {
            for secret in &workload.secrets {
                let key = (workload.namespace().unwrap_or_default(), &**secret);
                uses.entry(key).or_default().insert((workload.work.kind(), workload.name()));
            }
        }
        let mut mounts: HashMap<Key<'a>, Vec<&'a MountStatus>> = HashMap::new();
        for mount in rows::<MountStatus>(cluster, &SECRET_MOUNTS) {
            mounts.entry((mount.namespace().unwrap_or_default(), &mount.class)).or_default().push(mount);
        }
        Self {
            cluster,
            secrets: Secrets::of(cluster),
            stores: stores
                .map(|row| ((row.namespace().unwrap_or_default(), row.name()), row.as_ref()))
                .collect(),
            uses,
            mounts,
            stored: StoredIn::of(cluster),
            old_version: old_version(cluster),
        }
    }

    fn external(&self, row: &ExternalSecret) -> SecretSource {
        let namespace = row.namespace().unwrap_or_default();
        let (state, store) = self.store(&row.store, namespace);
        let is_once = row.refresh_policy == RefreshPolicy::CreatedOnce;
        let every = row.refresh_interval.as_ref().and_then(crate::fleet::delay::Delay::seconds);
        let remote: BTreeSet<&Arc<str>> =
            row.data.iter().map(|value| &value.key).chain(&*row.data_from).collect();
        SecretSource {
            name: row.name().into(),
            resource: EXTERNAL_SECRETS,
            meta: row.meta.clone(),
            origin: Origin::External {
                store: row.store.clone(),
                state,
                refreshed: row.refreshed,
                every: every.filter(|every| *every > 0 && !is_once),
                policy: row.refresh_policy.clone(),
                ready: row.conditions.get("Ready").cloned(),
                leaves_target: matches!(&*row.creation_policy, "None" | "Merge"),
                old_version: self.old_version.clone(),
            },
            provider: store.map(|store| Arc::clone(&store.provider)).unwrap_or_default(),
            remote: remote.into_iter().cloned().collect(),
            targets: self.targets(namespace, [&row.target]),
            consumers: self.consumers(namespace, [&row.target]),
            stored: store.map(|store| self.stored.of_secret(store, row)).unwrap_or_default(),
        }
    }

    fn pushed(&self, row: &PushSecret) -> SecretSource {
        let namespace = row.namespace().unwrap_or_default();
        let stores: Vec<_> = row.stores.iter().map(|named| (named, self.store(named, namespace))).collect();
        let provider = stores.iter().find_map(|(_, (_, store))| *store);
        let every = row.refresh_interval.as_ref().and_then(crate::fleet::delay::Delay::seconds);
        SecretSource {
            name: row.name().into(),
            resource: PUSH_SECRETS,
            meta: row.meta.clone(),
            origin: Origin::Pushed {
                refreshed: row.refreshed,
                every: every.filter(|every| *every > 0),
                ready: row.conditions.get("Ready").cloned(),
                stores: stores.iter().map(|(named, (state, _))| ((*named).clone(), state.clone())).collect(),
            },
            provider: provider.map(|store| Arc::clone(&store.provider)).unwrap_or_default(),
            remote: row.remote.clone(),
            targets: self.targets(namespace, &row.secret),
            consumers: self.consumers(namespace, &row.secret),
            stored: Stored::Unknown,
        }
    }

    fn sealed(&self, row: &SealedSecret) -> SecretSource {
        let namespace = row.namespace().unwrap_or_default();
        SecretSource {
            name: row.name().into(),
            resource: SEALED_SECRETS,
            meta: row.meta.clone(),
            origin: Origin::Sealed {
                synced: row.conditions.get("Synced").cloned(),
                is_observed: row.is_observed,
            },
            provider: Arc::default(),
            remote: row.keys.clone(),
            targets: self.targets(namespace, [&row.secret]),
            consumers: self.consumers(namespace, [&row.secret]),
            stored: Stored::Unknown,
        }
    }

    fn mounted(&self, row: &SecretProviderClass) -> SecretSource {
        let namespace = row.namespace().unwrap_or_default();
        let mounts = self.mounts.get(&(namespace, row.name())).map_or(&[][..], Vec::as_slice);
        let count = |mounts: usize| u32::try_from(mounts).unwrap_or(u32::MAX);
        let waits = mounts.iter().filter(|mount| !mount.is_mounted).map(|mount| &mount.pod).min();
        let pods: BTreeSet<Arc<str>> =
            mounts.iter().map(|mount| format!("Pod {}", mount.pod).into()).collect();
        SecretSource {
            name: row.name().into(),
            resource: SECRET_PROVIDER_CLASSES,
            meta: row.meta.clone(),
            origin: Origin::Mounted {
                mounted: count(mounts.iter().filter(|mount| mount.is_mounted).count()),
                wanted: count(mounts.len()),
                waits: waits.cloned(),
            },
            provider: Arc::clone(&row.provider),
            remote: row.objects.clone(),
            targets: self.targets(namespace, &*row.secrets),
            consumers: match is_known(self.cluster, &SECRET_MOUNTS, Some(namespace)) {
                true => Consumers::Known(pods.into_iter().collect()),
                false => Consumers::Unknown,
            },
            stored: Stored::Unknown,
        }
    }

    fn store(&self, of: &StoreRef, namespace: &str) -> (StoreState, Option<&'a SecretStore>) {
        let (namespace, kind) = match &*of.kind {
            "ClusterSecretStore" => (None, CLUSTER_SECRET_STORES),
            _ => (Some(namespace), SECRET_STORES),
        };
        let Some(store) = self.stores.get(&(namespace.unwrap_or_default(), &*of.name)) else {
            let is_missing = is_known(self.cluster, &kind, namespace) && !of.name.is_empty();
            return (if is_missing { StoreState::Missing } else { StoreState::Unknown }, None);
        };
        let state = match store.conditions.get("Ready") {
            Some(ready) if ready.status == Status::True => StoreState::Valid,
            Some(ready) if ready.status == Status::False => StoreState::Broken(Arc::clone(&ready.message)),
            Some(_) | None => StoreState::Unknown,
        };
        (state, Some(store))
    }

    fn targets<'t>(&self, namespace: &str, names: impl IntoIterator<Item = &'t Arc<str>>) -> Box<[Target]> {
        let target = |name: &Arc<str>| Target {
            name: Arc::clone(name),
            presence: self.secrets.presence(namespace, name),
        };
        names.into_iter().map(target).collect()
    }

    fn consumers<'t>(&self, namespace: &str, names: impl IntoIterator<Item = &'t Arc<str>>) -> Consumers {
        if !WORKLOADS.iter().all(|kind| is_known(self.cluster, kind, Some(namespace))) {
            return Consumers::Unknown;
        }
        let found = names.into_iter().filter_map(|name| self.uses.get(&(namespace, &**name))).flatten();
        let words: BTreeSet<Arc<str>> = found.map(|(kind, name)| format!("{kind} {name}").into()).collect();
        Consumers::Known(words.into_iter().collect())
    }
}

/// The version of External Secrets that is offered, when it is one from before `v1` (0.16 and older).
fn old_version(cluster: &ClusterSnapshot) -> Option<Arc<str>> {
    let offered = cluster.catalog.kinds.iter().find(|entry| entry.resource == EXTERNAL_SECRETS)?;
    let version = &*offered.resource.version;
    version.contains("beta").then(|| version.into())
}
