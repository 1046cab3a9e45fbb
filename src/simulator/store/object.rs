//! A stored object: its JSON as bytes, and beside it only what finding it needs.
//!
//! Bytes are a twelfth of a parsed document in memory and are what most answers are made of, so a world of
//! 100,000 pods fits and is listed quickly. Parsing is for those who change or print an object.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

/// Names an object of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The resource with its group, like `pods` or `deployments.apps`.
    pub resource: Arc<str>,
    /// The namespace; `None` for cluster-scoped objects.
    pub namespace: Option<Arc<str>>,
    /// The name.
    pub name: Arc<str>,
}

impl Key {
    /// The name of an object in a namespace.
    pub fn namespaced(resource: &str, namespace: &str, name: &str) -> Self {
        Self { resource: resource.into(), namespace: Some(namespace.into()), name: name.into() }
    }

    /// The name of a cluster-scoped object.
    pub fn cluster(resource: &str, name: &str) -> Self {
        Self { resource: resource.into(), namespace: None, name: name.into() }
    }

    /// Where the object stands among its kind. The order is etcd's, which compares whole paths.
    pub(crate) fn path(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.to_string(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource, self.path())
    }
}

/// One version of one object. Never changes; a change makes another one.
#[derive(Clone, Debug)]
pub struct Object {
    /// Which object this is.
    pub key: Key,
    /// `metadata.uid`.
    pub uid: Arc<str>,
    /// `metadata.resourceVersion`.
    pub resource_version: u64,
    /// `metadata.labels`.
    pub labels: Box<[(Box<str>, Box<str>)]>,
    /// The values field selectors may ask for beside name and namespace.
    pub fields: Box<[(&'static str, Box<str>)]>,
    /// The document without `kind` and `apiVersion`, as items of built-in lists are.
    json: Bytes,
    head: Arc<str>,
}

impl Object {
    pub(super) fn new(key: Key, resource_version: u64, head: Arc<str>, value: &mut Value) -> Self {
        let uid = super::text(value, "/metadata/uid").into();
        let labels = value.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
        let labels =
            labels.map(|(name, value)| (name.as_str().into(), value.as_str().unwrap_or_default().into()));
        let labels = labels.collect();
        let fields = super::selector::indexed_fields(&key.resource, value);
        let kept = value
            .as_object_mut()
            .map(|fields| [fields.shift_remove_entry("kind"), fields.shift_remove_entry("apiVersion")]);
        // `Display` is compiled within serde_json, which is optimised even in debug builds.
        let json = value.to_string().into();
        if let Some(fields) = value.as_object_mut() {
            fields.extend(kept.into_iter().flatten().flatten());
        }
        Self { key, uid, resource_version, labels, fields, json, head }
    }

    /// The document without `kind` and `apiVersion`.
    pub fn body(&self) -> &Bytes {
        &self.json
    }

    /// The same object under another resource version.
    pub(crate) fn at_version(&self, version: u64) -> Self {
        let mut value = self.value();
        super::set(&mut value, "metadata", "resourceVersion", version.to_string().into());
        Self::new(self.key.clone(), version, Arc::clone(&self.head), &mut value)
    }

    /// The whole document.
    pub fn value(&self) -> Value {
        // As above: parsing from text is compiled within serde_json.
        let document = self.document();
        std::str::from_utf8(&document).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// The whole document as bytes.
    pub fn document(&self) -> Vec<u8> {
        let mut document = Vec::with_capacity(self.json.len() + self.head.len() + 1);
        self.write_document(&mut document);
        document
    }

    /// Appends the whole document to `to`.
    pub(crate) fn write_document(&self, to: &mut Vec<u8>) {
        to.push(b'{');
        to.extend_from_slice(self.head.as_bytes());
        to.extend_from_slice(self.json.get(1..).unwrap_or_default());
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    /// The value of a field that selectors may ask for; `None` where the kind has no such field.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "metadata.name" => Some(&self.key.name),
            "metadata.namespace" => Some(self.key.namespace.as_deref().unwrap_or_default()),
            _ => self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value),
        }
    }
}
