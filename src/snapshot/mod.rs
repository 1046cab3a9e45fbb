//! One immutable picture of all clusters, and how it changes.
//!
//! Sources send [`delta`]s; the single [`store::Store`] applies them and publishes a [`Snapshot`]: a tree of `Arc`s of
//! which only what changed is new. Whoever holds a snapshot reads it without locks and without hurry. A [`table`] says
//! what changed since an earlier version, so that a view pays for the change and not for the table.

pub mod delta;
pub mod derived;
pub mod directory;
pub mod freshness;
pub mod store;
pub mod table;
#[cfg(test)]
pub(crate) mod test_cluster;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::blueprint::Blueprint;
use crate::fleet::kind::ResourceType;
use crate::fleet::{ClusterId, Epoch, Problem, Row};

pub use delta::{Delta, RowChange};
pub use derived::{Conclusion, Derived};
pub use directory::Directory;
pub use freshness::{Extent, Freshness};
pub use store::Store;
pub use table::{Changes, Slot, Table};

/// All clusters at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Grows with every published change.
    pub version: u64,
    /// The clusters in the order of the configuration.
    pub clusters: Vec<Arc<ClusterSnapshot>>,
}

impl Snapshot {
    /// Clusters of which nothing is known yet.
    pub fn of_unknown(clusters: &[ClusterId]) -> Self {
        let unknown = clusters.iter().map(|id| Arc::new(ClusterSnapshot::unknown(id.clone())));
        Self { version: 0, clusters: unknown.collect() }
    }

    /// One cluster's part.
    pub fn cluster(&self, id: &ClusterId) -> Option<&Arc<ClusterSnapshot>> {
        self.clusters.iter().find(|cluster| &cluster.id == id)
    }
}

/// One cluster at one moment.
#[derive(Clone, Debug)]
pub struct ClusterSnapshot {
    /// Which cluster.
    pub id: ClusterId,
    /// Which of its connections the picture comes from.
    pub epoch: Epoch,
    /// How the connection is.
    pub link: Link,
    /// What the API server offers, from discovery; empty until it was read.
    pub catalog: Arc<Catalog>,
    /// What the cluster is meant to contain; `None` when no blueprint is for its environment.
    pub wanted: Option<Arc<Blueprint>>,
    /// All clusters that are looked at, and where their API servers are: whoever is named in this cluster may be one.
    pub directory: Arc<Directory>,
    tables: BTreeMap<ResourceType, Arc<dyn AnyTable>>,
}

impl ClusterSnapshot {
    /// A cluster of which nothing is known yet.
    pub fn unknown(id: ClusterId) -> Self {
        Self {
            id,
            epoch: Epoch::default(),
            link: Link::Connecting,
            catalog: Arc::default(),
            wanted: None,
            directory: Arc::default(),
            tables: BTreeMap::new(),
        }
    }

    /// The rows of a kind, when something watches it and its rows are of this type.
    pub fn table<R: Row>(&self, resource: &ResourceType) -> Option<&Table<R>> {
        self.tables.get(resource)?.as_any().downcast_ref()
    }

    /// The same without the type of its rows: freshness and counts.
    pub fn any_table(&self, resource: &ResourceType) -> Option<&dyn AnyTable> {
        self.tables.get(resource).map(AsRef::as_ref)
    }

    /// Which part of a kind the rows are; everything when nobody asked for them.
    pub fn extent(&self, resource: &ResourceType) -> &Extent {
        self.any_table(resource).map_or(&Extent::Everything, |table| table.extent())
    }

    /// How fresh the rows of a kind are; *not watched* when nobody asked for them.
    pub fn freshness(&self, resource: &ResourceType) -> Freshness {
        self.any_table(resource).map_or(Freshness::NotWatched, |table| table.freshness().clone())
    }
}

/// A [`Table`] whose row type is not known here.
pub trait AnyTable: Any + Send + Sync + std::fmt::Debug {
    /// For downcasting.
    fn as_any(&self) -> &dyn Any;
    /// How fresh the rows are.
    fn freshness(&self) -> &Freshness;
    /// Which part of the kind they are.
    fn extent(&self) -> &Extent;
    /// How many rows there are.
    fn len(&self) -> usize;
    /// True without rows.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Grows with every change of a row or of the freshness.
    fn version(&self) -> u64;
}

/// How a cluster's connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nothing was answered yet.
    Connecting,
    /// The API server answers.
    Up(ServerInfo),
    /// It does not, or it does not let us in; retried with back-off.
    Down(Problem),
}

/// What the API server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// `gitVersion` of `/version`, for example `v1.36.3-eks-0a1b2c3`.
    pub version: String,
    /// How long the last small request took, in milliseconds.
    pub latency_ms: u32,
    /// Seconds the server's clock is ahead of ours (`Date` header); negative when behind.
    pub clock_skew: i64,
    /// Who the server says we are (`SelfSubjectReview`), when it tells.
    pub user: Option<String>,
}

/// The kinds an API server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Every listable kind in its preferred version, sorted by plural name.
    pub kinds: Vec<CatalogEntry>,
}

/// One kind of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// The kind.
    pub resource: ResourceType,
    /// Short names, for example `po`.
    pub short_names: Vec<String>,
    /// Singular name, for example `pod`.
    pub singular: String,
    /// Categories, for example `all`.
    pub categories: Vec<String>,
    /// The verbs the server serves, for example `list`, `watch`.
    pub verbs: Vec<String>,
}

impl Catalog {
    /// Finds a kind by what a user typed: plural, singular, kind, short name or `plural.group`, in any case. The core
    /// group and the built-in groups (without a dot in their name, or `*.k8s.io`) win over custom ones, as in kubectl.
    pub fn find(&self, word: &str) -> Option<&CatalogEntry> {
        let word = word.to_ascii_lowercase();
        let matches = |entry: &&CatalogEntry| {
            let r = &entry.resource;
            r.plural == word
                || entry.singular == word
                || r.kind.eq_ignore_ascii_case(&word)
                || entry.short_names.contains(&word)
                || word.strip_prefix(r.plural.as_ref()).and_then(|rest| rest.strip_prefix('.')).is_some_and(
                    |group| {
                        !group.is_empty() && (group == r.group || r.group.split('.').next() == Some(group))
                    },
                )
        };
        let rank = |entry: &&CatalogEntry| {
            let group = &entry.resource.group;
            (!group.is_empty(), group.contains('.') && !group.ends_with(".k8s.io"))
        };
        self.kinds.iter().filter(matches).min_by_key(rank)
    }
}
