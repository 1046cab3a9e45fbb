//! Tables that are concluded from other tables, not read from a cluster: components, why a node stays, why a pod waits.
//!
//! To everybody else they are tables like any other: they have rows, a version, a journal and a freshness, they are
//! listed, filtered, exported and joined alike, and they exist only while somebody is interested. They are concluded
//! where the store publishes, off the input path, when a table that they rest on has changed.

use std::fmt;
use std::sync::Arc;

use super::ClusterSnapshot;
use super::delta::{RowChange, TableChange};
use super::freshness::{Extent, Freshness};
use super::store::AnyWriter;
use crate::fleet::{ResourceType, Row};

/// How the rows of a derived table are concluded. One value lives for each cluster, and may keep what it wants to use
/// again.
pub trait Conclusion: Default + Send + fmt::Debug + 'static {
    /// The rows it concludes.
    type Row: Row;

    /// All rows as they are now, also after another blueprint or another catalog of kinds. Tables that could not be read
    /// are for the rows to say; see [`Derived::needs`] for those without which nothing can be said.
    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Self::Row>;

    /// The same where the other clusters matter too: see [`Derived::spanning`].
    fn conclude_among(&mut self, cluster: &ClusterSnapshot, _all: &[Arc<ClusterSnapshot>]) -> Vec<Self::Row> {
        self.conclude(cluster)
    }
}

/// A derived table.
pub struct Derived {
    /// What it is called. Its group is [`GROUP`], so that no API server can offer the same.
    pub resource: ResourceType,
    /// The tables it rests on: it is as fresh as the worst of them.
    pub needs: &'static [ResourceType],
    /// Tables that let it say more. Without them it is complete.
    pub helps: &'static [ResourceType],
    /// Tables that add something when they are there and that nobody waits for: those of AWS in what is about the
    /// cluster.
    pub adds: &'static [ResourceType],
    /// It looks into all clusters: what one of them wants may be what another one has.
    pub spans: bool,
    begin: fn() -> Box<dyn Concluder>,
}

/// The group of derived kinds.
pub const GROUP: &str = "pilothouse";

/// A derived kind of objects that live in namespaces.
pub const fn namespaced(plural: &'static str, kind: &'static str) -> ResourceType {
    ResourceType::namespaced(GROUP, "v1", plural, kind)
}

/// A derived kind of the whole cluster.
pub const fn cluster_wide(plural: &'static str, kind: &'static str) -> ResourceType {
    ResourceType::cluster_wide(GROUP, "v1", plural, kind)
}

impl Derived {
    /// A table that is concluded by `C`.
    pub const fn new<C: Conclusion>(
        resource: ResourceType,
        needs: &'static [ResourceType],
        helps: &'static [ResourceType],
    ) -> Self {
        Self { resource, needs, helps, adds: &[], spans: false, begin: || Box::new(C::default()) }
    }

    /// With tables that add something when they are there.
    #[must_use]
    pub const fn adding(mut self, adds: &'static [ResourceType]) -> Self {
        self.adds = adds;
        self
    }

    /// Concluded from all clusters.
    #[must_use]
    pub const fn spanning(mut self) -> Self {
        self.spans = true;
        self
    }

    /// All tables it looks at.
    pub fn inputs(&self) -> impl Iterator<Item = &'static ResourceType> + use<> {
        self.needs.iter().chain(self.helps).chain(self.adds)
    }

    pub(super) fn start(&self) -> Standing {
        Standing { concluder: (self.begin)(), seen: None }
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Derived").field("resource", &self.resource).finish_non_exhaustive()
    }
}

trait Concluder: Send + fmt::Debug {
    fn conclude(
        &mut self,
        cluster: &ClusterSnapshot,
        all: &[Arc<ClusterSnapshot>],
        health: (Freshness, Extent),
        into: &mut Option<Box<dyn AnyWriter>>,
    );
}

impl<C: Conclusion> Concluder for C {
    fn conclude(
        &mut self,
        cluster: &ClusterSnapshot,
        all: &[Arc<ClusterSnapshot>],
        health: (Freshness, Extent),
        into: &mut Option<Box<dyn AnyWriter>>,
    ) {
        let mut changes = vec![RowChange::ListBegan];
        let rows = Conclusion::conclude_among(self, cluster, all);
        changes.extend(rows.into_iter().map(RowChange::Upserted));
        let (freshness, extent) = health;
        changes.extend([RowChange::ListEnded, RowChange::Extent(extent), RowChange::Freshness(freshness)]);
        Box::new(changes).apply(into);
    }
}

/// What a table was concluded from, so that it is concluded again only when that has changed.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    tables: Vec<Option<u64>>,
    wanted: usize,
    catalog: usize,
    directory: usize,
    epoch: crate::fleet::Epoch,
}

/// A derived table of one cluster while somebody is interested.
#[derive(Debug)]
pub(super) struct Standing {
    concluder: Box<dyn Concluder>,
    seen: Option<Seen>,
}

impl Standing {
    /// Concludes again when something it rests on has changed.
    pub(super) fn follow(
        &mut self,
        derived: &Derived,
        cluster: &ClusterSnapshot,
        all: &[Arc<ClusterSnapshot>],
        into: &mut Option<Box<dyn AnyWriter>>,
    ) {
        let versions = |of: &ClusterSnapshot| -> Vec<Option<u64>> {
            derived.inputs().map(|input| of.any_table(input).map(super::AnyTable::version)).collect()
        };
        let seen = Seen {
            tables: match derived.spans {
                true => all.iter().flat_map(|other| versions(other)).collect(),
                false => versions(cluster),
            },
            wanted: cluster.wanted.as_ref().map_or(0, |wanted| Arc::as_ptr(wanted) as usize),
            catalog: Arc::as_ptr(&cluster.catalog) as usize,
            directory: Arc::as_ptr(&cluster.directory) as usize,
            epoch: cluster.epoch,
        };
        if self.seen.as_ref() != Some(&seen) {
            let health = (freshness(derived, cluster), extent(derived, cluster));
            self.concluder.conclude(cluster, all, health, into);
            self.seen = Some(seen);
        }
    }
}

/// As fresh as the worst table it needs. While one that helps is still coming, it is coming too: what it will say is not
/// said yet; and where one that helps is old, what it said is.
fn freshness(derived: &Derived, cluster: &ClusterSnapshot) -> Freshness {
    let helping = derived.helps.iter().map(|help| cluster.freshness(help));
    let felt = helping.filter(|help| !help.is_settled() || matches!(help, Freshness::Stale { .. }));
    let gravity = |freshness: &Freshness| match freshness {
        Freshness::NotWatched | Freshness::Loading { .. } => 4,
        Freshness::Forbidden { .. } => 3,
        Freshness::Unavailable { .. } => 2,
        Freshness::Stale { .. } => 1,
        Freshness::Polled { .. } | Freshness::Live => 0,
    };
    derived.needs.iter().map(|need| cluster.freshness(need)).chain(felt).max_by_key(gravity).map_or(
        Freshness::Live,
        |worst| match worst {
            Freshness::NotWatched => {
                Freshness::Loading { since: crate::fleet::Timestamp::NEVER, expected: None }
            }
            Freshness::Loading { since, .. } => Freshness::Loading { since, expected: None },
            settled => settled,
        },
    )
}

/// As narrow as the narrowest table it needs.
fn extent(derived: &Derived, cluster: &ClusterSnapshot) -> Extent {
    let mut extents =
        derived.needs.iter().filter_map(|need| cluster.any_table(need)).map(super::AnyTable::extent);
    extents.find(|extent| **extent != Extent::Everything).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::Plain;
    use super::*;
    use crate::fleet::kind::{NODES, PODS};
    use crate::fleet::{ClusterId, EnvironmentName, Epoch, Interest, Problem, ProblemKind};
    use crate::snapshot::{Delta, Store};

    const SUMS: ResourceType = cluster_wide("sums", "Sum");
    static NEEDS: [ResourceType; 1] = [NODES];
    static HELPS: [ResourceType; 1] = [PODS];
    static DERIVED: &[Derived] = &[Derived::new::<Sum>(SUMS, &NEEDS, &HELPS)];

    #[derive(Debug, Default)]
    struct Sum {
        runs: u32,
    }

    impl Conclusion for Sum {
        type Row = Plain;
        fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Plain> {
            self.runs += 1;
            let sum =
                cluster.table::<Plain>(&NODES).iter().flat_map(|t| t.iter()).map(|(_, row)| row.number).sum();
            vec![Plain { name: "sum".into(), number: sum }, Plain { name: "runs".into(), number: self.runs }]
        }
    }

    struct Bench {
        store: Store,
        cluster: ClusterId,
    }

    impl Bench {
        fn new() -> Self {
            let cluster = ClusterId::new(EnvironmentName::new("dev"), "myapp-dev");
            Self { store: Store::new([cluster.clone()]).deriving(DERIVED), cluster }
        }
        fn look(&mut self, resource: Option<ResourceType>) {
            let interest = |resource| Interest { cluster: self.cluster.clone(), resource };
            self.store.look_at(&resource.map(interest).into_iter().collect());
        }
        fn rows(&mut self, resource: &ResourceType, changes: Vec<RowChange<Plain>>) {
            self.store.apply(Delta::rows(&self.cluster, Epoch::default(), resource, changes));
        }
        fn number(&mut self, name: &str) -> Option<u32> {
            let snapshot = self.store.publish();
            let table = snapshot.clusters[0].table::<Plain>(&SUMS)?;
            table.find(None, name).map(|(_, row)| row.number)
        }
        fn freshness(&mut self) -> Freshness {
            self.store.publish().clusters[0].freshness(&SUMS)
        }
    }

    fn node(name: &str, number: u32) -> RowChange<Plain> {
        RowChange::Upserted(Plain { name: name.into(), number })
    }

    #[test]
    fn it_exists_while_somebody_looks_and_follows_what_it_rests_on() {
        let mut bench = Bench::new();
        bench.rows(&NODES, vec![node("a", 1)]);
        assert_eq!(bench.number("sum"), None, "nobody looks");
        bench.look(Some(SUMS));
        assert_eq!(bench.number("sum"), Some(1));
        bench.rows(&NODES, vec![node("b", 2)]);
        assert_eq!((bench.number("sum"), bench.number("runs")), (Some(3), Some(2)));
        assert_eq!(bench.number("runs"), Some(2), "nothing changed, nothing concluded");
        bench.look(None);
        assert_eq!(bench.number("sum"), None);
        bench.look(Some(SUMS));
        assert_eq!((bench.number("sum"), bench.number("runs")), (Some(3), Some(1)));
    }

    #[test]
    fn it_is_as_fresh_as_the_worst_that_it_needs_and_waits_for_what_helps() {
        let mut bench = Bench::new();
        bench.look(Some(SUMS));
        assert!(matches!(bench.freshness(), Freshness::Loading { .. }), "nothing was read yet");
        bench.rows(&NODES, vec![RowChange::Freshness(Freshness::Live)]);
        assert!(matches!(bench.freshness(), Freshness::Loading { .. }), "what helps is still coming");
        let problem = Problem::new(ProblemKind::Forbidden, "list pods");
        bench.rows(&PODS, vec![RowChange::Freshness(Freshness::Forbidden { problem: problem.clone() })]);
        assert_eq!(bench.freshness(), Freshness::Live, "what helps may be refused");
        bench.rows(&NODES, vec![RowChange::Freshness(Freshness::Forbidden { problem: problem.clone() })]);
        assert_eq!(bench.freshness(), Freshness::Forbidden { problem });
    }

    #[test]
    fn a_new_blueprint_is_a_new_conclusion() {
        let mut bench = Bench::new();
        bench.look(Some(SUMS));
        assert_eq!(bench.number("runs"), Some(1));
        bench.store.want(&bench.cluster, Some(Arc::default()));
        assert_eq!(bench.number("runs"), Some(2));
        bench.store.want(&bench.cluster, Some(Arc::default()));
        assert_eq!(bench.number("runs"), Some(2), "the same is no new one");
    }
}
