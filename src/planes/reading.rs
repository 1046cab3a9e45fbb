//! What may be concluded from a table: from the rows that it has, and from those that it lacks.

use std::sync::Arc;

use crate::fleet::{ProblemKind, ResourceType, Row};
use crate::snapshot::{ClusterSnapshot, Freshness};

/// The rows of a table, as many as there are so far.
pub(super) fn rows<'a, R: Row>(
    cluster: &'a ClusterSnapshot,
    resource: &ResourceType,
) -> impl Iterator<Item = &'a Arc<R>> + use<'a, R> {
    cluster.table::<R>(resource).into_iter().flat_map(|table| table.iter()).map(|(_, row)| row)
}

/// The rows of a table, when they may be taken for all there are or nearly.
pub(super) fn readable<'a, R: Row>(
    cluster: &'a ClusterSnapshot,
    resource: &ResourceType,
) -> Option<Vec<&'a R>> {
    let table = cluster.table::<R>(resource)?;
    table.freshness().is_read().then(|| table.iter().map(|(_, row)| row.as_ref()).collect())
}

/// True when what a table does not have in a namespace is not there; in the whole cluster when it is `None`.
pub fn is_known(cluster: &ClusterSnapshot, resource: &ResourceType, namespace: Option<&str>) -> bool {
    cluster.freshness(resource).is_read() && cluster.extent(resource).covers(namespace)
}

/// False when the API server says that there is no such kind.
pub(super) fn is_offered(cluster: &ClusterSnapshot, resource: &ResourceType) -> bool {
    !matches!(cluster.freshness(resource),
        Freshness::Unavailable { problem } if problem.kind() == ProblemKind::NotFound)
}
