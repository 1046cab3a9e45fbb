//! Lists as they were at an earlier version, in pieces, and the changes after one.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::{Change, Inner, Object, Selection, Store};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageOf<'a> {
    /// A resource like `pods` or `deployments.apps`.
    pub(crate) resource: &'a str,
    pub(crate) namespace: Option<&'a str>,
    pub(crate) selection: &'a Selection,
    /// The resource version at which the list must be true; `None` for now.
    pub(crate) at: Option<u64>,
    /// Objects up to and with this path were seen already.
    pub(crate) after: Option<&'a str>,
    /// How many objects at most.
    pub(crate) limit: usize,
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) resource_version: u64,
    pub(crate) objects: Vec<Arc<Object>>,
    /// How many objects of the range follow, selected or not.
    pub(crate) remaining: usize,
}

/// The wanted version is older than the kept history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooOld {
    pub(crate) current: u64,
}

impl Store {
    /// A part of a list as it is, or as it was at an earlier version.
    pub(crate) fn page(&self, of: PageOf<'_>) -> Result<Page, TooOld> {
        let inner = self.inner();
        let resource_version = of.at.unwrap_or(inner.version);
        if resource_version < inner.forgotten(of.resource) {
            return Err(TooOld { current: inner.version });
        }
        // All of a namespace stands together; '0' is the character after '/'.
        let (first, end) = match of.namespace {
            Some(name) => (format!("{name}/"), Some(format!("{name}0"))),
            None => (String::new(), None),
        };
        let first = match of.after {
            Some(after) if after >= first.as_str() => Bound::Excluded(after),
            _ => Bound::Included(first.as_str()),
        };
        let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let in_range = |path: &str| {
            (match first {
                Bound::Excluded(first) => path > first,
                Bound::Included(first) => path >= first,
                Bound::Unbounded => true,
            }) && !matches!(end, Bound::Excluded(end) if path >= end)
        };
        let now =
            inner.objects.get(of.resource).into_iter().flat_map(|all| all.range::<str, _>((first, end)));
        let earlier = inner.differing_at(of.resource, resource_version);
        let mut objects = Vec::new();
        let mut remaining = 0;
        let mut take = |object: &Arc<Object>| {
            if objects.len() >= of.limit {
                remaining += 1;
            } else if of.selection.matches(object) {
                objects.push(Arc::clone(object));
            }
        };
        if earlier.is_empty() {
            now.for_each(|(_, object)| take(object));
        } else {
            let mut then: BTreeMap<&str, &Arc<Object>> =
                now.map(|(path, object)| (&**path, object)).collect();
            for (path, object) in &earlier {
                match object {
                    Some(object) if in_range(path) => then.insert(path, object),
                    _ => then.remove(path.as_str()),
                };
            }
            then.values().for_each(|object| take(object));
        }
        Ok(Page { resource_version, objects, remaining })
    }

    /// The changes of a resource after a version, and the version they lead to.
    pub(crate) fn changes_after(
        &self,
        resource: &str,
        version: u64,
    ) -> Result<(Vec<Arc<Change>>, u64), TooOld> {
        let inner = self.inner();
        if version < inner.forgotten(resource) {
            return Err(TooOld { current: inner.version });
        }
        let from = inner.log.partition_point(|change| change.object.resource_version <= version);
        let changes = inner.log.range(from..).filter(|change| *change.object.key.resource == *resource);
        Ok((changes.cloned().collect(), inner.version.max(version)))
    }
}

impl Inner {
    /// The newest version of a resource whose change is no longer known.
    pub(super) fn forgotten(&self, resource: &str) -> u64 {
        self.forgotten.get(resource).copied().unwrap_or_default().max(self.compacted)
    }

    /// What stood at the paths that have changed since a version.
    fn differing_at(&self, resource: &str, version: u64) -> BTreeMap<String, Option<Arc<Object>>> {
        let from = self.log.partition_point(|change| change.object.resource_version <= version);
        let changes = self.log.range(from..).filter(|change| *change.object.key.resource == *resource);
        // The oldest change of a path knows what stood there before.
        changes.rev().map(|change| (change.object.key.path(), change.previous.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;
    use crate::simulator::store::{DeleteOptions, Key};
    use serde_json::{Value, json};

    fn map(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}})
    }

    fn store() -> Store {
        let store = Store::new("c", SimClock::fixed("2026-11-21T10:00:00Z").unwrap());
        store.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})).unwrap();
        for name in ["a", "b", "c", "d"] {
            store.create(&map(name)).unwrap();
        }
        store
    }

    fn names(store: &Store, at: Option<u64>, after: Option<&str>, limit: usize) -> (Vec<String>, usize) {
        let all = Selection::all();
        let of = PageOf { resource: "configmaps", namespace: Some("a"), selection: &all, at, after, limit };
        let page = store.page(of).unwrap();
        (page.objects.iter().map(|object| object.key.name.to_string()).collect(), page.remaining)
    }

    #[test]
    fn a_list_in_pieces_shows_one_moment_whatever_happens_meanwhile() {
        let store = store();
        let at = store.resource_version();
        assert_eq!(names(&store, Some(at), None, 2), (vec!["a".to_owned(), "b".to_owned()], 2));
        store.delete(&Key::namespaced("configmaps", "a", "c"), &DeleteOptions::default()).unwrap();
        store.create(&map("bb")).unwrap();
        store
            .edit(&Key::namespaced("configmaps", "a", "d"), |map| {
                map["data"] = json!({"x": "y"});
                Ok(())
            })
            .unwrap();
        assert_eq!(names(&store, Some(at), Some("a/b"), 2), (vec!["c".to_owned(), "d".to_owned()], 0));
        assert_eq!(names(&store, None, Some("a/b"), 9).0, ["bb", "d"]);
    }

    #[test]
    fn a_compacted_version_is_too_old() {
        let store = store();
        let at = store.resource_version();
        store.create(&map("e")).unwrap();
        store.compact();
        let all = Selection::all();
        let of = PageOf {
            resource: "configmaps",
            namespace: None,
            selection: &all,
            at: Some(at),
            after: None,
            limit: 9,
        };
        assert!(store.page(of).is_err());
        assert!(store.changes_after("configmaps", at).is_err());
        assert_eq!(store.changes_after("configmaps", store.resource_version()).unwrap().0.len(), 0);
    }
}
