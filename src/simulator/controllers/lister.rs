//! Reading a store without parsing the same version of an object twice.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::simulator::api::status::Status;
use crate::simulator::store::{Key, Object, Selection, Store};

/// Parsed versions kept; a cluster of the fleet has a quarter of it.
const KEPT: usize = 8_192;

/// Reads objects of a store, and keeps what it has parsed until there is a newer version.
#[derive(Debug)]
pub struct Lister {
    store: Store,
    parsed: RefCell<HashMap<Key, (u64, Arc<Value>)>>,
}

impl Lister {
    /// A reader of a store that has read nothing yet.
    pub fn new(store: &Store) -> Self {
        Self { store: store.clone(), parsed: RefCell::default() }
    }

    /// The object of a key.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get(&self, key: &Key) -> Result<Arc<Value>, Status> {
        match self.store.object(key) {
            Ok(object) => Ok(self.read(&object)),
            Err(status) => {
                self.parsed.borrow_mut().remove(key);
                Err(status)
            }
        }
    }

    /// The selected objects of a resource, in one namespace or in all.
    pub fn list(&self, resource: &str, namespace: Option<&str>, selection: &Selection) -> Vec<Arc<Value>> {
        self.store.list(resource, namespace, selection).iter().map(|object| self.read(object)).collect()
    }

    /// The keys of the selected objects.
    pub fn keys(&self, resource: &str, namespace: Option<&str>, selection: &Selection) -> Vec<Key> {
        self.store.list(resource, namespace, selection).iter().map(|object| object.key.clone()).collect()
    }

    /// The selected objects with their keys.
    pub fn entries(
        &self,
        resource: &str,
        namespace: Option<&str>,
        selection: &Selection,
    ) -> Vec<(Key, Arc<Value>)> {
        self.store
            .list(resource, namespace, selection)
            .iter()
            .map(|object| (object.key.clone(), self.read(object)))
            .collect()
    }

    /// A stored version, parsed.
    pub fn read(&self, object: &Object) -> Arc<Value> {
        let mut parsed = self.parsed.borrow_mut();
        if let Some((version, value)) = parsed.get(&object.key)
            && *version == object.resource_version
        {
            return Arc::clone(value);
        }
        let value = Arc::new(object.value());
        if parsed.len() >= KEPT {
            parsed.clear();
        }
        parsed.insert(object.key.clone(), (object.resource_version, Arc::clone(&value)));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;
    use serde_json::json;

    #[test]
    fn a_version_is_parsed_once_and_a_newer_one_again() {
        let store = Store::new("a", SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        store.create(&json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})).unwrap();
        let lister = Lister::new(&store);
        let key = Key::cluster("nodes", "n");
        let first = lister.get(&key).unwrap();
        assert!(Arc::ptr_eq(&first, &lister.get(&key).unwrap()));
        store
            .edit(&key, |node| {
                node["spec"] = json!({"unschedulable": true});
                Ok(())
            })
            .unwrap();
        assert!(!Arc::ptr_eq(&first, &lister.get(&key).unwrap()));
        assert!(lister.get(&Key::cluster("nodes", "other")).is_err());
    }
}
