//! A table as something to look things up in, with an honest answer where it cannot be read.

use std::collections::HashMap;

use crate::fleet::{ProblemKind, ResourceType, Row};
use crate::planes::reading::is_offered;
use crate::snapshot::{ClusterSnapshot, Extent, Freshness, Link, Table};

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is there.
    Found(T),
    /// The table is complete enough to say that it is not there.
    Absent,
    /// Nobody could look.
    Unknown,
}

impl<T> Seen<T> {
    /// What was found, if anything.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }
}

/// A table by namespace and name.
#[derive(Debug)]
pub(in crate::planes) struct Shelf<'a, R: Row> {
    rows: HashMap<(&'a str, &'a str), &'a R>,
    table: Option<&'a Table<R>>,
    is_offered: bool,
}

impl<'a, R: Row> Shelf<'a, R> {
    pub(in crate::planes) fn of(cluster: &'a ClusterSnapshot, resource: &ResourceType) -> Self {
        let table = cluster.table::<R>(resource);
        let rows = table.iter().flat_map(|table| table.iter());
        let rows =
            rows.map(|(_, row)| ((row.namespace().unwrap_or_default(), row.name()), row.as_ref())).collect();
        Self { rows, table, is_offered: is_offered(cluster, resource) }
    }

    /// All rows, in no order.
    pub(in crate::planes) fn iter(&self) -> impl Iterator<Item = &'a R> {
        self.rows.values().copied()
    }

    /// One row; namespace `""` for cluster-scoped kinds.
    pub(in crate::planes) fn get(&self, namespace: &str, name: &str) -> Seen<&'a R> {
        match self.rows.get(&(namespace, name)) {
            Some(row) => Seen::Found(row),
            None if self.knows(namespace) => Seen::Absent,
            None => Seen::Unknown,
        }
    }

    /// The same without its rows, for kinds that have too many to sort them by name.
    pub(in crate::planes) fn covers<'c>(
        cluster: &'c ClusterSnapshot,
        resource: &ResourceType,
    ) -> impl Fn(&str) -> bool + use<'c, R> {
        let table = cluster.table::<R>(resource);
        move |namespace| table.is_some_and(|table| is_complete(table, Some(namespace)))
    }

    /// True when what is not on it does not exist in this namespace.
    pub(in crate::planes) fn knows(&self, namespace: &str) -> bool {
        let namespace = (!namespace.is_empty()).then_some(namespace);
        !self.is_offered || self.table.is_some_and(|table| is_complete(table, namespace))
    }
}

/// True when a table lacks nothing of a namespace; of all of them when it is `None`.
pub(super) fn is_complete<R: Row>(table: &Table<R>, namespace: Option<&str>) -> bool {
    table.freshness().is_read()
        && (namespace.is_none() && *table.extent() == Extent::Everything || table.extent().covers(namespace))
}

/// Why a kind cannot be read as a whole; `None` when it can, or when there is no such kind.
pub(super) fn unread(cluster: &ClusterSnapshot, resource: &ResourceType) -> Option<String> {
    if let Link::Down(problem) = &cluster.link
        && cluster.any_table(resource).is_none_or(|table| table.is_empty())
    {
        return Some(format!("unavailable: {}", problem.message()));
    }
    match cluster.freshness(resource) {
        Freshness::Live | Freshness::Polled { .. } => match cluster.extent(resource) {
            Extent::Everything => None,
            Extent::Namespaces { refused, .. } => Some(refused.message().to_owned()),
        },
        Freshness::Stale { problem, .. } => Some(format!("stale: {}", problem.message())),
        Freshness::Unavailable { problem } if problem.kind() == ProblemKind::NotFound => None,
        Freshness::Forbidden { problem } | Freshness::Unavailable { problem } => {
            Some(problem.message().to_owned())
        }
        Freshness::NotWatched | Freshness::Loading { .. } => Some("not complete yet".to_owned()),
    }
}
