//! What a derived table tells of each of its rows, by name: for other tables that look one up beside each of theirs.

use std::collections::HashMap;
use std::sync::Arc;

/// Values by the names of rows that are cluster-wide. Cheap to clone.
#[derive(Debug)]
pub struct Named<V>(HashMap<Arc<str>, Arc<V>>);

impl<V> Default for Named<V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<V> Clone for Named<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V> Named<V> {
    /// The value of a row.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// Puts a row's value in the place of what was there.
    pub(super) fn put(&mut self, name: &str, value: &Arc<V>) {
        self.0.insert(name.into(), Arc::clone(value));
    }

    /// Takes a row's value out. A row that was replaced is taken out after the new one was put in: then the new one stays.
    pub(super) fn take(&mut self, name: &str, value: &Arc<V>) {
        if self.0.get(name).is_some_and(|known| Arc::ptr_eq(known, value)) {
            self.0.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_replaced_leaves_the_new_one() {
        let mut named = Named::default();
        let (old, new) = (Arc::new(1), Arc::new(2));
        named.put("a", &old);
        named.put("a", &new);
        named.take("a", &old);
        assert_eq!(named.get("a"), Some(&2));
        named.take("a", &new);
        assert_eq!(named.get("a"), None);
    }
}
