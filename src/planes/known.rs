//! What a plane knows of each object of a kind, found by the object's name: rows of a derived table that other tables
//! look into.
//!
//! A view stays a table of the objects themselves, with their YAML, details and marks, and its columns look here for
//! what only other tables know.

use std::fmt;
use std::sync::Arc;

use crate::fleet::by_name::ByName;
use crate::fleet::{ResourceType, Row};
use crate::snapshot::ClusterSnapshot;

/// What is known of one object, as a row under the object's name.
#[derive(Clone, Debug)]
pub struct Known<V> {
    namespace: Option<Arc<str>>,
    name: Arc<str>,
    value: Arc<V>,
}

impl<V> Known<V> {
    /// What is known of an object; one of the whole cluster has no namespace.
    pub fn new(namespace: Option<&str>, name: &str, value: V) -> Self {
        Self { namespace: namespace.map(Into::into), name: name.into(), value: Arc::new(value) }
    }

    /// The same, of an object that has a row.
    pub fn of(object: &impl Row, value: V) -> Self {
        Self::new(object.namespace(), object.name(), value)
    }

    /// What is known.
    pub fn value(&self) -> &V {
        &self.value
    }

    /// The same, for another row that keeps it.
    pub fn shared(&self) -> Arc<V> {
        Arc::clone(&self.value)
    }
}

impl<V: PartialEq + fmt::Debug + Send + Sync + 'static> Row for Known<V> {
    type Tally = Index<V>;

    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self.value == other.value
    }
    fn add_to(&self, index: &mut Index<V>) {
        index.put(self.namespace(), self.name(), &self.value);
    }
    fn take_from(&self, index: &mut Index<V>) {
        index.take(self.namespace(), self.name(), &self.value);
    }
}

/// What a table tells of each of its rows, by namespace and name. Cheap to clone.
#[derive(Debug)]
pub struct Index<V>(ByName<Option<Arc<V>>>);

impl<V> Default for Index<V> {
    fn default() -> Self {
        Self(ByName::default())
    }
}

impl<V> Clone for Index<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Index<V> {
    /// What is known of an object.
    pub fn get(&self, namespace: Option<&str>, name: &str) -> Option<&V> {
        self.0.get(namespace.unwrap_or_default(), name)?.as_deref()
    }

    /// Puts a row's value in the place of what was there.
    pub(super) fn put(&mut self, namespace: Option<&str>, name: &str, value: &Arc<V>) {
        self.0.change(&namespace.unwrap_or_default().into(), &name.into(), |known| {
            *known = Some(Arc::clone(value));
            true
        });
    }

    /// Takes a row's value out. A row that was replaced is taken out after the new one was put in: then the new one stays.
    pub(super) fn take(&mut self, namespace: Option<&str>, name: &str, value: &Arc<V>) {
        self.0.change(&namespace.unwrap_or_default().into(), &name.into(), |known| {
            known.as_ref().is_some_and(|known| !Arc::ptr_eq(known, value))
        });
    }
}

/// What a derived table of a cluster knows of an object; `None` where nobody asked for the table, or it is still coming.
pub fn look<'a, V: PartialEq + fmt::Debug + Send + Sync + 'static>(
    cluster: &'a ClusterSnapshot,
    table: &ResourceType,
    namespace: Option<&str>,
    name: &str,
) -> Option<&'a V> {
    cluster.table::<Known<V>>(table)?.tally().get(namespace, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_replaced_leaves_the_new_one() {
        let mut index = Index::default();
        let (old, new) = (Known::new(None, "a", 1), Known::new(None, "a", 2));
        old.add_to(&mut index);
        new.add_to(&mut index);
        old.take_from(&mut index);
        assert_eq!(index.get(None, "a"), Some(&2));
        new.take_from(&mut index);
        assert_eq!(index.get(None, "a"), None);
    }

    #[test]
    fn objects_of_one_name_in_two_namespaces_are_two() {
        let mut index = Index::default();
        Known::new(Some("staging"), "api", 1).add_to(&mut index);
        Known::new(Some("production"), "api", 2).add_to(&mut index);
        assert_eq!(index.get(Some("staging"), "api"), Some(&1));
        assert_eq!((index.get(Some("production"), "api"), index.get(None, "api")), (Some(&2), None));
    }
}
