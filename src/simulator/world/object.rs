//! Objects as the API server stores them: metadata first, with the ids and times of an object that has lived.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::simulator::world::cluster::Cluster;
use crate::simulator::world::field;
use crate::simulator::world::managed::managed_fields;

/// Where and when an object is built: the cluster, and the instant that ages count back from.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The cluster the objects belong to.
    pub cluster: &'static Cluster,
    /// The world's present.
    pub now: Timestamp,
}

impl Site {
    /// The instant some minutes ago.
    pub fn minutes_ago(&self, minutes: i64) -> Timestamp {
        self.now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(self.now)
    }

    /// The instant some minutes ago, printed.
    pub fn stamp(&self, minutes: i64) -> String {
        field::stamp(self.minutes_ago(minutes))
    }

    /// Begins an object.
    pub fn object(&self, api_version: &str, kind: &str, name: &str) -> Object {
        Object {
            site: *self,
            value: json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}),
            born: self.minutes_ago(PLATFORM_AGE),
            writer: "helm",
            generation: 0,
        }
    }
}

/// Age of what nobody gave an age, in minutes: the day the platform was installed, five weeks ago.
pub const PLATFORM_AGE: i64 = 34 * 24 * 60 + 95;

/// An object that is being written down.
#[derive(Clone, Debug)]
pub struct Object {
    site: Site,
    value: Value,
    born: Timestamp,
    writer: &'static str,
    generation: i64,
}

impl Object {
    /// Puts it into a namespace.
    pub fn namespace(self, namespace: &str) -> Self {
        self.with("metadata.namespace", json!(namespace))
    }

    /// Adds a label.
    pub fn label(mut self, key: &str, value: &str) -> Self {
        field::set_label(&mut self.value, key, value);
        self
    }

    /// Adds labels.
    pub fn labels(mut self, labels: &Value) -> Self {
        for (key, value) in labels.as_object().into_iter().flatten() {
            field::set_label(&mut self.value, key, value.clone());
        }
        self
    }

    /// Adds an annotation.
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        field::annotate(&mut self.value, key, value);
        self
    }

    /// Adds annotations.
    pub fn annotations(mut self, annotations: &Value) -> Self {
        for (key, value) in annotations.as_object().into_iter().flatten() {
            field::annotate(&mut self.value, key, value.clone());
        }
        self
    }

    /// Marks it as controlled by another object.
    pub fn controlled_by(mut self, owner: &Value) -> Self {
        field::push(&mut self.value, "metadata.ownerReferences", controller_reference(owner));
        self
    }

    /// Marks it as owned, but not controlled, by another object.
    pub fn owned_by(mut self, owner: &Value, blocks_deletion: BlocksOwnerDeletion) -> Self {
        let mut reference = json!({"apiVersion": field::text(owner, "apiVersion"), "kind": field::kind(owner), "name": field::name(owner), "uid": field::uid(owner)});
        if blocks_deletion == BlocksOwnerDeletion::Yes {
            field::put(&mut reference, "blockOwnerDeletion", json!(true));
        }
        field::push(&mut self.value, "metadata.ownerReferences", reference);
        self
    }

    /// Sets when it was created.
    pub fn born(mut self, at: Timestamp) -> Self {
        self.born = at;
        self
    }

    /// Sets how many minutes ago it was created.
    pub fn minutes_old(self, minutes: i64) -> Self {
        let at = self.site.minutes_ago(minutes);
        self.born(at)
    }

    /// Sets who wrote it, as its managed fields say.
    pub fn written_by(mut self, writer: &'static str) -> Self {
        self.writer = writer;
        self
    }

    /// Sets the generation; kinds without a spec have none, the others begin at one.
    pub fn generation(mut self, generation: i64) -> Self {
        self.generation = generation;
        self
    }

    /// Sets the spec, which gives the object a generation.
    pub fn spec(mut self, spec: Value) -> Self {
        self.generation = self.generation.max(1);
        self.with("spec", spec)
    }

    /// Sets the status.
    pub fn status(self, status: Value) -> Self {
        self.with("status", status)
    }

    /// Sets any field by its dotted path.
    pub fn with(mut self, path: &str, value: Value) -> Self {
        field::put(&mut self.value, path, value);
        self
    }

    /// The finished object.
    pub fn build(mut self) -> Value {
        let fields = managed_fields(&self.value, self.writer, self.born);
        let (kind, namespace, name) = (
            field::kind(&self.value).to_owned(),
            field::namespace(&self.value).to_owned(),
            field::name(&self.value).to_owned(),
        );
        field::put(&mut self.value, "metadata.uid", json!(self.site.cluster.uid(&kind, &namespace, &name)));
        field::put(&mut self.value, "metadata.creationTimestamp", json!(field::stamp(self.born)));
        if self.generation > 0 && !UNVERSIONED.contains(&kind.as_str()) {
            field::put(&mut self.value, "metadata.generation", json!(self.generation));
        }
        field::put(&mut self.value, "metadata.managedFields", fields);
        self.value
    }
}

/// Kinds whose objects carry no generation although they have a spec.
const UNVERSIONED: &[&str] = &[
    "Namespace",
    "Node",
    "Service",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "LimitRange",
    "Lease",
    "HorizontalPodAutoscaler",
    "CSINode",
    "CSIDriver",
    "APIService",
];

/// Whether an owner's foreground deletion waits for this object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlocksOwnerDeletion {
    /// It waits.
    Yes,
    /// It does not.
    No,
}

/// The owner reference of a controller.
pub fn controller_reference(owner: &Value) -> Value {
    json!({
        "apiVersion": field::text(owner, "apiVersion"), "kind": field::kind(owner), "name": field::name(owner), "uid": field::uid(owner),
        "controller": true, "blockOwnerDeletion": true,
    })
}

/// A map of strings as JSON.
pub fn pairs(pairs: &[(&str, &str)]) -> Value {
    Value::Object(pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect::<Map<_, _>>())
}
