//! The single writer. It applies deltas, drops those of replaced connections, and publishes what changed.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::delta::{Change, Delta};
use super::derived::{Derived, Standing};
use super::table::TableWriter;
use super::{AnyTable, ClusterSnapshot, Directory, Snapshot};
use crate::blueprint::Blueprint;
use crate::fleet::{ClusterId, Interest, ResourceType, Row};

/// The writer of a table whose row type is not known here.
pub trait AnyWriter: Any + Send + fmt::Debug {
    /// The table as it is now, or `None` when nothing changed since the last publication.
    fn publish(&mut self) -> Option<Arc<dyn AnyTable>>;
}

impl<R: Row> AnyWriter for TableWriter<R> {
    fn publish(&mut self) -> Option<Arc<dyn AnyTable>> {
        TableWriter::publish(self).map(|table| Arc::new(table) as Arc<dyn AnyTable>)
    }
}

/// Applies deltas and publishes snapshots.
#[derive(Debug)]
pub struct Store {
    clusters: Vec<Cluster>,
    published: Arc<Snapshot>,
    dropped: u64,
    derived: &'static [Derived],
}

#[derive(Debug)]
struct Cluster {
    picture: Arc<ClusterSnapshot>,
    standing: BTreeMap<ResourceType, (&'static Derived, Standing)>,
    writers: BTreeMap<ResourceType, Option<Box<dyn AnyWriter>>>,
    changed: bool,
}

impl Store {
    /// A store of clusters of which nothing is known yet, in the order in which they are shown.
    pub fn new(clusters: impl IntoIterator<Item = ClusterId>) -> Self {
        let ids: Vec<ClusterId> = clusters.into_iter().collect();
        let directory = Arc::new(Directory::of(&ids));
        let clusters: Vec<Cluster> = ids
            .into_iter()
            .map(|id| Cluster {
                picture: Arc::new(ClusterSnapshot {
                    directory: Arc::clone(&directory),
                    ..ClusterSnapshot::unknown(id)
                }),
                standing: BTreeMap::new(),
                writers: BTreeMap::new(),
                changed: false,
            })
            .collect();
        let published = Snapshot {
            version: 0,
            clusters: clusters.iter().map(|cluster| Arc::clone(&cluster.picture)).collect(),
        };
        Self { clusters, published: Arc::new(published), dropped: 0, derived: &[] }
    }

    /// With tables that it concludes itself, as soon as somebody is interested.
    #[must_use]
    pub fn deriving(mut self, derived: &'static [Derived]) -> Self {
        self.derived = derived;
        self
    }

    /// The clusters, in the order in which they are shown.
    pub fn clusters(&self) -> Vec<ClusterId> {
        self.clusters.iter().map(|cluster| cluster.picture.id.clone()).collect()
    }

    /// Says what a cluster is meant to contain from now on.
    pub fn want(&mut self, cluster: &ClusterId, wanted: Option<Arc<Blueprint>>) {
        if let Some(cluster) = self.clusters.iter_mut().find(|c| &c.picture.id == cluster)
            && cluster.picture.wanted != wanted
        {
            cluster.edit(|p| p.wanted = wanted);
        }
    }

    /// Says in what somebody is interested from now on. Only derived tables are looked for in it: all others come and go
    /// by what the sources say.
    pub fn look_at(&mut self, interests: &BTreeSet<Interest>) {
        for cluster in &mut self.clusters {
            let is_wanted = |resource: &ResourceType| {
                interests
                    .contains(&Interest { cluster: cluster.picture.id.clone(), resource: resource.clone() })
            };
            let wanted: Vec<&'static Derived> =
                self.derived.iter().filter(|derived| is_wanted(&derived.resource)).collect();
            let gone: Vec<ResourceType> = cluster
                .standing
                .keys()
                .filter(|resource| !wanted.iter().any(|derived| derived.resource == **resource))
                .cloned()
                .collect();
            for resource in gone {
                cluster.standing.remove(&resource);
                cluster.forget(&resource);
            }
            for derived in wanted {
                cluster
                    .standing
                    .entry(derived.resource.clone())
                    .or_insert_with(|| (derived, derived.start()));
            }
        }
    }

    /// Applies one delta. Deltas of a replaced connection, or of a cluster that is not known, are counted and dropped.
    pub fn apply(&mut self, delta: Delta) {
        let Some(cluster) = self.clusters.iter_mut().find(|c| c.picture.id == delta.cluster) else {
            self.dropped += 1;
            return;
        };
        let current = cluster.picture.epoch;
        match delta.change {
            Change::Connection(servers) if delta.epoch >= Some(current) => {
                cluster.edit(|p| p.epoch = delta.epoch.unwrap_or(current));
                self.reached_at(&delta.cluster, servers);
            }
            _ if delta.epoch.is_some_and(|epoch| epoch != current) => self.dropped += 1,
            Change::Connection(_) => {}
            Change::Link(link) => {
                if cluster.picture.link != link {
                    cluster.edit(|p| p.link = link);
                }
            }
            Change::Catalog(catalog) => cluster.edit(|p| p.catalog = catalog),
            Change::Table(resource, change) => {
                change.apply(cluster.writers.entry(resource).or_default());
            }
            Change::Forgotten(resource) => cluster.forget(&resource),
        }
    }

    /// Every cluster is told, for any of them may name this one.
    fn reached_at(&mut self, cluster: &ClusterId, servers: Vec<Arc<str>>) {
        let Some(first) = self.clusters.first() else { return };
        if let Some(directory) = first.picture.directory.with(cluster, servers).map(Arc::new) {
            for cluster in &mut self.clusters {
                cluster.edit(|p| p.directory = Arc::clone(&directory));
            }
        }
    }

    /// The picture as it is now. The same `Arc` as before when nothing changed.
    pub fn publish(&mut self) -> Arc<Snapshot> {
        self.clusters.iter_mut().for_each(Cluster::take_up);
        let all: Vec<Arc<ClusterSnapshot>> =
            self.clusters.iter().map(|cluster| Arc::clone(&cluster.picture)).collect();
        for cluster in &mut self.clusters {
            if !cluster.standing.is_empty() {
                for (resource, (derived, standing)) in &mut cluster.standing {
                    let writer = cluster.writers.entry(resource.clone()).or_default();
                    standing.follow(derived, &cluster.picture, &all, writer);
                }
            }
        }
        // Nobody else holds the pictures while they are changed.
        drop(all);
        for cluster in &mut self.clusters {
            if !cluster.standing.is_empty() {
                cluster.take_up();
            }
        }
        if self.clusters.iter().any(|cluster| cluster.changed) {
            for cluster in &mut self.clusters {
                cluster.changed = false;
            }
            self.published = Arc::new(Snapshot {
                version: self.published.version + 1,
                clusters: self.clusters.iter().map(|cluster| Arc::clone(&cluster.picture)).collect(),
            });
        }
        Arc::clone(&self.published)
    }

    /// How many deltas came too late, from connections that had been replaced.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl Cluster {
    /// Takes what the writers have into the picture.
    fn take_up(&mut self) {
        let fresh: Vec<(ResourceType, Arc<dyn AnyTable>)> = self
            .writers
            .iter_mut()
            .filter_map(|(resource, writer)| Some((resource.clone(), writer.as_mut()?.publish()?)))
            .collect();
        if !fresh.is_empty() {
            self.edit(|p| p.tables.extend(fresh));
        }
    }

    fn forget(&mut self, resource: &ResourceType) {
        self.writers.remove(resource);
        self.edit(|p| {
            p.tables.remove(resource);
        });
    }

    fn edit(&mut self, edit: impl FnOnce(&mut ClusterSnapshot)) {
        edit(Arc::make_mut(&mut self.picture));
        self.changed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::Plain;
    use super::*;
    use crate::fleet::kind::NODES;
    use crate::fleet::{EnvironmentName, Epoch};
    use crate::snapshot::{Freshness, RowChange};

    fn cluster() -> ClusterId {
        ClusterId::new(EnvironmentName::new("dev"), "myapp-dev")
    }

    fn upsert(epoch: Epoch, number: u32) -> Delta {
        let row = Plain { name: "a".into(), number };
        Delta::rows(&cluster(), epoch, &NODES, vec![RowChange::Upserted(row)])
    }

    #[test]
    fn what_a_replaced_connection_still_says_is_dropped() {
        let mut store = Store::new([cluster()]);
        let old = Epoch::default();
        store.apply(upsert(old, 1));
        store.apply(Delta {
            cluster: cluster(),
            epoch: Some(old.next()),
            change: Change::Connection(Vec::new()),
        });
        store.apply(upsert(old, 2));
        let snapshot = store.publish();
        let table = snapshot.clusters[0].table::<Plain>(&NODES).unwrap();
        assert_eq!(table.find(None, "a").unwrap().1.number, 1);
        assert_eq!(store.dropped(), 1);
        store.apply(upsert(old.next(), 3));
        let snapshot = store.publish();
        let table = snapshot.clusters[0].table::<Plain>(&NODES).unwrap();
        assert_eq!(table.find(None, "a").unwrap().1.number, 3);
    }

    #[test]
    fn every_cluster_knows_where_the_others_are_reached_and_follows_when_one_moves() {
        let prod = ClusterId::new(EnvironmentName::new("prod"), "myapp-prod");
        let mut store = Store::new([cluster(), prod.clone()]);
        let mut epoch = Epoch::default();
        let mut found = |server: &str, asked: &str| {
            epoch = epoch.next();
            let change = Change::Connection(vec![server.into()]);
            store.apply(Delta { cluster: prod.clone(), epoch: Some(epoch), change });
            store.publish().clusters[0].directory.at(asked).cloned()
        };
        assert_eq!(found("https://abc.example.com", "https://abc.example.com"), Some(prod.clone()));
        assert_eq!(found("https://def.example.com", "https://abc.example.com"), None);
        assert_eq!(found("https://def.example.com", "https://def.example.com"), Some(prod.clone()));
    }

    #[test]
    fn nothing_changed_is_the_same_picture() {
        let mut store = Store::new([cluster()]);
        store.apply(upsert(Epoch::default(), 1));
        let first = store.publish();
        assert!(Arc::ptr_eq(&first, &store.publish()));
        store.apply(upsert(Epoch::default(), 1));
        assert!(Arc::ptr_eq(&first, &store.publish()));
    }

    #[test]
    fn a_forgotten_kind_is_not_watched_again() {
        let mut store = Store::new([cluster()]);
        store.apply(upsert(Epoch::default(), 1));
        store.publish();
        store.apply(Delta {
            cluster: cluster(),
            epoch: Some(Epoch::default()),
            change: Change::Forgotten(NODES),
        });
        assert_eq!(store.publish().clusters[0].freshness(&NODES), Freshness::NotWatched);
    }
}
