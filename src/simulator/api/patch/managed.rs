//! `metadata.managedFields`: who said which field last.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::paths::{self, Path};
use crate::simulator::api::table::read::{list, text};

/// Who writes, and how.
#[derive(Clone, Debug)]
pub(in crate::simulator::api) struct Manager<'a> {
    pub(in crate::simulator::api) name: &'a str,
    /// `Apply` or `Update`.
    pub(in crate::simulator::api) operation: &'a str,
    pub(in crate::simulator::api) api_version: String,
    pub(in crate::simulator::api) subresource: &'a str,
    /// When, in RFC 3339.
    pub(in crate::simulator::api) at: &'a str,
}

/// One entry of `managedFields`.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) operation: String,
    pub(super) api_version: String,
    pub(super) subresource: String,
    pub(super) at: String,
    pub(super) fields: BTreeSet<Path>,
}

impl Entry {
    pub(super) fn new(manager: &Manager<'_>, fields: BTreeSet<Path>) -> Self {
        Self {
            name: manager.name.to_owned(),
            operation: manager.operation.to_owned(),
            api_version: manager.api_version.clone(),
            subresource: manager.subresource.to_owned(),
            at: manager.at.to_owned(),
            fields,
        }
    }

    pub(super) fn is_of(&self, manager: &Manager<'_>) -> bool {
        self.name == manager.name
            && self.operation == manager.operation
            && self.subresource == manager.subresource
    }

    fn to_json(&self) -> Value {
        let mut entry = json!({"manager": self.name, "operation": self.operation, "apiVersion": self.api_version,
            "time": self.at, "fieldsType": "FieldsV1", "fieldsV1": paths::tree(&self.fields)});
        if let Some(entry) = entry.as_object_mut().filter(|_| !self.subresource.is_empty()) {
            entry.insert("subresource".to_owned(), self.subresource.as_str().into());
        }
        entry
    }
}

/// The entries of a document.
pub(super) fn entries(document: &Value) -> Vec<Entry> {
    let entries = list(document, "/metadata/managedFields").iter();
    entries
        .map(|entry| Entry {
            name: text(entry, "/manager").to_owned(),
            operation: text(entry, "/operation").to_owned(),
            api_version: text(entry, "/apiVersion").to_owned(),
            subresource: text(entry, "/subresource").to_owned(),
            at: text(entry, "/time").to_owned(),
            fields: entry.get("fieldsV1").map(paths::from_tree).unwrap_or_default().into_iter().collect(),
        })
        .collect()
}

/// Writes the entries that still hold fields into a document; none leave no list behind.
pub(super) fn write(document: &mut Value, entries: &[Entry]) {
    let entries: Vec<Value> =
        entries.iter().filter(|entry| !entry.fields.is_empty()).map(Entry::to_json).collect();
    if let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) {
        if entries.is_empty() {
            metadata.shift_remove("managedFields");
        } else {
            metadata.insert("managedFields".to_owned(), entries.into());
        }
    }
}

/// Notes that `manager` changed `before` (nothing, for a new object) into `document` by an update.
pub(in crate::simulator::api) fn updated(
    before: Option<&Value>,
    document: &mut Value,
    manager: &Manager<'_>,
) {
    let now: BTreeSet<Path> = paths::of(document).into_iter().collect();
    let nothing = Value::Null;
    let before_value = before.unwrap_or(&nothing);
    let differs = |path: &Path| paths::value_at(before_value, path) != paths::value_at(document, path);
    let known: BTreeSet<Path> = paths::of(before_value).into_iter().collect();
    // An element of a list is new when it was not there; its content is told by its fields.
    let is_element = |path: &Path| path.last().is_some_and(|step| step.starts_with("k:"));
    let changed: BTreeSet<Path> = now
        .iter()
        .filter(|path| if is_element(path) { !known.contains(*path) } else { differs(path) })
        .cloned()
        .collect();
    let mut entries = before.map(entries).unwrap_or_default();
    if changed.is_empty() && known.is_subset(&now) {
        write(document, &entries);
        return;
    }
    for entry in &mut entries {
        entry.fields.retain(|path| now.contains(path) && (entry_keeps(path, &changed)));
    }
    match entries.iter_mut().find(|entry| entry.is_of(manager)) {
        Some(entry) => {
            entry.fields.extend(changed);
            manager.at.clone_into(&mut entry.at);
        }
        None => entries.push(Entry::new(manager, changed)),
    }
    write(document, &entries);
}

fn entry_keeps(path: &Path, changed: &BTreeSet<Path>) -> bool {
    !changed.contains(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(name: &'static str) -> Manager<'static> {
        Manager {
            name,
            operation: "Update",
            api_version: "v1".to_owned(),
            subresource: "",
            at: "2026-11-21T10:00:00Z",
        }
    }

    #[test]
    fn a_field_belongs_to_who_changed_it_last() {
        let mut first = json!({"metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}});
        updated(None, &mut first, &manager("ann"));
        let mut second = first.clone();
        second["data"]["b"] = json!("3");
        updated(Some(&first), &mut second, &manager("bob"));
        let owners: Vec<(String, Value)> = list(&second, "/metadata/managedFields")
            .iter()
            .map(|it| (text(it, "/manager").to_owned(), it["fieldsV1"].clone()))
            .collect();
        assert_eq!(
            owners,
            [
                ("ann".to_owned(), json!({"f:data": {"f:a": {}}})),
                ("bob".to_owned(), json!({"f:data": {"f:b": {}}}))
            ]
        );
    }

    #[test]
    fn a_removed_field_belongs_to_nobody() {
        let mut first = json!({"metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}});
        updated(None, &mut first, &manager("ann"));
        let mut second = first.clone();
        second["data"] = json!({"a": "1"});
        updated(Some(&first), &mut second, &manager("bob"));
        assert_eq!(second["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {"f:a": {}}}));
        assert_eq!(list(&second, "/metadata/managedFields").len(), 1);
    }
}
