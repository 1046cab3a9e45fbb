//! A map by namespace and name, for joins between tables.

use std::collections::HashMap;
use std::sync::Arc;

/// Values by namespace and name. Found without making a key, and cheap to clone: what is published shares every
/// namespace that does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByName<V>(HashMap<Arc<str>, Arc<HashMap<Arc<str>, V>>>);

impl<V> Default for ByName<V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<V: Clone> ByName<V> {
    /// The value of an object; cluster-scoped objects have the namespace `""`.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&V> {
        self.0.get(namespace)?.get(name)
    }

    /// All values of a namespace with their names, in no order.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = (&str, &V)> {
        self.0.get(namespace).into_iter().flat_map(|names| names.iter().map(|(name, value)| (&**name, value)))
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.values().map(|names| names.len()).sum()
    }

    /// True without values.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Changes a value, which begins as the default; it is forgotten when `change` returns false.
    pub fn change(&mut self, namespace: &Arc<str>, name: &Arc<str>, change: impl FnOnce(&mut V) -> bool)
    where
        V: Default,
    {
        let names = Arc::make_mut(self.0.entry(Arc::clone(namespace)).or_default());
        if !change(names.entry(Arc::clone(name)).or_default()) {
            names.remove(name);
        }
        if names.is_empty() {
            self.0.remove(namespace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_leaves_nothing_behind() {
        let (namespace, name): (Arc<str>, Arc<str>) = ("web".into(), "api".into());
        let mut map = ByName::<u32>::default();
        map.change(&namespace, &name, |value| {
            *value += 2;
            true
        });
        assert_eq!(map.get("web", "api"), Some(&2));
        assert_eq!(map.get("web", "other"), None);
        assert_eq!(map.in_namespace("web").count(), 1);
        map.change(&namespace, &name, |_| false);
        assert_eq!(map, ByName::default());
        assert!(map.is_empty());
    }
}
