//! What a plane knows of each object of a kind, found by name: a derived table of a single row.
//!
//! A view stays a table of the objects themselves, with their YAML, details and marks, and its columns look here for
//! what only other tables know.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::fleet::{ResourceType, Row, Uid};
use crate::snapshot::ClusterSnapshot;

/// Facts by namespace and name.
#[derive(Clone, Debug, PartialEq)]
pub struct Index<V>(HashMap<Arc<str>, HashMap<Arc<str>, V>>);

impl<V> Default for Index<V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<V> Index<V> {
    /// Notes what is known of an object. Objects of the whole cluster have no namespace.
    pub fn note(&mut self, namespace: Option<&str>, name: &str, value: V) {
        let namespace = namespace.unwrap_or_default();
        match self.0.get_mut(namespace) {
            Some(names) => {
                names.insert(name.into(), value);
            }
            None => {
                self.0.insert(namespace.into(), HashMap::from([(name.into(), value)]));
            }
        }
    }

    /// What is known of an object.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&V> {
        self.0.get(namespace.unwrap_or_default())?.get(name)
    }

    /// The same, begun when nothing is known yet.
    pub fn entry(&mut self, namespace: Option<&str>, name: &str) -> &mut V
    where
        V: Default,
    {
        self.0.entry(namespace.unwrap_or_default().into()).or_default().entry(name.into()).or_default()
    }
}

impl<V: PartialEq + fmt::Debug + Send + Sync + 'static> Row for Index<V> {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        "all"
    }
    fn uid(&self) -> Uid {
        Uid::default()
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(std::iter::empty())
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// What an index of a cluster knows of an object; `None` where nobody asked for the index, or it is still coming.
pub fn look<'a, V: PartialEq + fmt::Debug + Send + Sync + 'static>(
    cluster: &'a ClusterSnapshot,
    index: &ResourceType,
    namespace: Option<&str>,
    name: &str,
) -> Option<&'a V> {
    let (_, all) = cluster.table::<Index<V>>(index)?.iter().next()?;
    all.get(namespace, name)
}
