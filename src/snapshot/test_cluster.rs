//! A cluster made of JSON, for tests.

use std::sync::Arc;

use serde_json::Value as Json;

use super::delta::Change;
use super::{ClusterSnapshot, Delta, Derived, Extent, Freshness, Link, RowChange, ServerInfo, Store};
use crate::blueprint::Blueprint;
use crate::fleet::{
    ClusterId, EnvironmentName, Epoch, Interest, Packed, Problem, ProblemKind, ResourceType, Row, Timestamp,
};

/// The moment of all tests.
pub(crate) const NOW: &str = "2026-11-21T13:00:00Z";

/// A cluster at [`NOW`].
pub(crate) struct TestCluster {
    store: Store,
    id: ClusterId,
    picture: Arc<ClusterSnapshot>,
}

impl TestCluster {
    /// A cluster of Kubernetes 1.36 of which nothing was read.
    pub(crate) fn new() -> Self {
        let id = ClusterId::new(EnvironmentName::new("prod"), "myapp-prod");
        let picture = Arc::new(ClusterSnapshot::unknown(id.clone()));
        let link =
            Link::Up(ServerInfo { version: "v1.36.3-eks-0a1b2c3".to_owned(), ..ServerInfo::default() });
        let mut cluster = Self { store: Store::new([id.clone()]), id, picture };
        cluster.apply(Change::Link(link));
        cluster
    }

    /// With a complete, live table of these objects.
    pub(crate) fn with<R: Packed>(mut self, resource: &ResourceType, objects: &[Json]) -> Self {
        let mut shared = R::Shared::default();
        let mut changes = vec![RowChange::ListBegan];
        for object in objects {
            let json = object.to_string();
            changes.push(RowChange::Upserted(R::pack(serde_json::from_str(&json).unwrap(), &mut shared)));
        }
        changes.extend([RowChange::ListEnded, RowChange::Freshness(Freshness::Live)]);
        self.apply(Change::Table(resource.clone(), Box::new(changes)));
        self
    }

    /// With a complete table of these rows, as what is read again and again is.
    pub(crate) fn with_rows<R: Row>(mut self, resource: &ResourceType, rows: Vec<R>) -> Self {
        let mut changes = vec![RowChange::ListBegan];
        changes.extend(rows.into_iter().map(RowChange::Upserted));
        let as_of = Timestamp::parse(NOW);
        changes.extend([RowChange::ListEnded, RowChange::Freshness(Freshness::Polled { as_of, every: 60 })]);
        self.apply(Change::Table(resource.clone(), Box::new(changes)));
        self
    }

    /// The same of rows that are kept.
    pub(crate) fn polled<R: Row + Clone>(self, resource: &ResourceType, rows: &[R]) -> Self {
        self.with_rows(resource, rows.to_vec())
    }

    /// With a table that is in this condition, without rows.
    pub(crate) fn with_freshness<R: Row>(mut self, resource: &ResourceType, freshness: Freshness) -> Self {
        let changes: Vec<RowChange<R>> = vec![RowChange::Freshness(freshness)];
        self.apply(Change::Table(resource.clone(), Box::new(changes)));
        self
    }

    /// With this part of a kind alone, as it was read where the rest is refused.
    pub(crate) fn narrowed<R: Row>(mut self, resource: &ResourceType, namespaces: &[&str]) -> Self {
        let names = namespaces.iter().map(|name| Arc::from(*name)).collect();
        let refused = Problem::new(ProblemKind::Forbidden, format!("forbidden: list {resource}"));
        let changes: Vec<RowChange<R>> = vec![RowChange::Extent(Extent::Namespaces { names, refused })];
        self.apply(Change::Table(resource.clone(), Box::new(changes)));
        self
    }

    fn apply(&mut self, change: Change) {
        self.store.apply(Delta { cluster: self.id.clone(), epoch: Some(Epoch::default()), change });
        self.picture = Arc::clone(&self.store.publish().clusters[0]);
    }

    /// The cluster as views see it.
    pub(crate) fn picture(&self) -> Arc<ClusterSnapshot> {
        Arc::clone(&self.picture)
    }

    /// With another state of its connection.
    pub(crate) fn with_link(mut self, link: Link) -> Self {
        self.apply(Change::Link(link));
        self
    }

    /// Meant to contain this.
    pub(crate) fn meant(mut self, wanted: Blueprint) -> Self {
        self.store.want(&self.id, Some(Arc::new(wanted)));
        self.picture = Arc::clone(&self.store.publish().clusters[0]);
        self
    }

    /// While somebody looks at one of these derived tables.
    pub(crate) fn looking(mut self, derived: &'static [Derived], resource: &ResourceType) -> Self {
        let interest = Interest { cluster: self.id.clone(), resource: resource.clone() };
        self.store = self.store.deriving(derived);
        self.store.look_at(&[interest].into());
        self.picture = Arc::clone(&self.store.publish().clusters[0]);
        self
    }
}
