//! The same namespace elsewhere: where what runs here goes next, or where it came from.

use std::sync::Arc;

use crate::fleet::Row;
use crate::fleet::kind::NAMESPACES;
use crate::fleet::namespace::Namespace;
use crate::snapshot::{ClusterSnapshot, Snapshot};

/// The same namespace elsewhere.
#[derive(Clone, Debug)]
pub struct Counterpart<'a> {
    /// Its cluster; it may be the same one.
    pub cluster: &'a Arc<ClusterSnapshot>,
    /// Its name there.
    pub namespace: Arc<str>,
}

/// The namespace that runs the same in the next environment, as the blueprint says; else the one of the same name in
/// another cluster.
pub fn next<'a>(
    snapshot: &'a Snapshot,
    cluster: &ClusterSnapshot,
    namespace: &str,
) -> Option<Counterpart<'a>> {
    let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.namespace(namespace)?.next.as_ref());
    if let Some(next) = wanted {
        let is_there = |other: &&Arc<ClusterSnapshot>| other.id.environment().as_str() == &*next.environment;
        // From one namespace of a cluster to another of the same one: development to staging.
        let own = snapshot.cluster(&cluster.id).filter(is_there);
        let found = own.or_else(|| snapshot.clusters.iter().find(is_there))?;
        return Some(Counterpart { cluster: found, namespace: Arc::clone(&next.namespace) });
    }
    // Where the blueprint knows of it and names no next one, it is the last.
    let is_last = cluster.wanted.as_ref().is_some_and(|wanted| wanted.namespace(namespace).is_some());
    let others = snapshot.clusters.iter().filter(|other| other.id != cluster.id);
    let found = others.filter(|other| has(other, namespace)).find(|_| !is_last)?;
    Some(Counterpart { cluster: found, namespace: namespace.into() })
}

/// The next one, or for the last one the one before it.
pub fn compared<'a>(
    snapshot: &'a Snapshot,
    cluster: &ClusterSnapshot,
    namespace: &str,
) -> Option<Counterpart<'a>> {
    next(snapshot, cluster, namespace).or_else(|| {
        snapshot.clusters.iter().find_map(|other| {
            let leads_here = |wanted: &&crate::blueprint::WantedNamespace| {
                wanted.next.as_ref().is_some_and(|next| {
                    *next.namespace == *namespace && cluster.id.environment().as_str() == &*next.environment
                })
            };
            let before = other.wanted.as_ref()?.namespaces.iter().find(leads_here)?;
            Some(Counterpart { cluster: other, namespace: Arc::clone(&before.name) })
        })
    })
}

/// Whether a cluster is known to have a namespace of this name.
fn has(cluster: &ClusterSnapshot, namespace: &str) -> bool {
    let table = cluster.table::<Namespace>(&NAMESPACES);
    table.is_some_and(|table| table.iter().any(|(_, row)| row.name() == namespace))
}
