//! What every object carries: `metadata`, as it is read and as a row keeps it.

use std::sync::Arc;

use serde::Deserialize;

use super::identity::Uid;
use super::intern::Interner;
use super::time::Timestamp;
use super::wire::{Flag, List, Number, Object, Pairs, Text, Texts};

/// `metadata` as it is read. `A` declares the annotations that are wanted: most are long and none is read by default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "A: Default + Deserialize<'de>"))]
pub struct MetaWire<'a, A = NoAnnotations> {
    /// `name`
    #[serde(borrow)]
    pub name: Text<'a>,
    /// `namespace`, empty for cluster-scoped kinds.
    #[serde(borrow)]
    pub namespace: Text<'a>,
    /// `uid`
    #[serde(borrow)]
    pub uid: Text<'a>,
    /// `resourceVersion`
    #[serde(borrow)]
    pub resource_version: Text<'a>,
    /// `creationTimestamp`
    #[serde(borrow)]
    pub creation_timestamp: Text<'a>,
    /// `deletionTimestamp`: when the object may be gone at the earliest, the grace period included.
    #[serde(borrow)]
    pub deletion_timestamp: Text<'a>,
    /// `deletionGracePeriodSeconds`
    pub deletion_grace_period_seconds: Number,
    /// `finalizers`: the object stays, although it was deleted, until each of them was taken away.
    #[serde(borrow)]
    pub finalizers: Texts<'a>,
    /// `generation`: counts the changes of the spec.
    pub generation: Number,
    /// `labels`
    #[serde(borrow)]
    pub labels: Pairs<'a>,
    /// `ownerReferences`
    #[serde(borrow)]
    pub owner_references: List<OwnerWire<'a>>,
    /// `annotations`, as far as they are wanted.
    pub annotations: Object<A>,
}

/// Reads no annotation.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NoAnnotations {}

/// One of `metadata.ownerReferences`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerWire<'a> {
    /// `kind`
    #[serde(borrow)]
    pub kind: Text<'a>,
    /// `name`
    #[serde(borrow)]
    pub name: Text<'a>,
    /// `controller`: true for the one owner that manages the object.
    pub controller: Flag,
}

impl<A> MetaWire<'_, A> {
    /// The owner that manages the object; the first one when none claims to.
    pub fn owner(&self) -> Option<&OwnerWire<'_>> {
        let owners = &self.owner_references;
        owners.iter().find(|owner| owner.controller.is_true()).or_else(|| owners.first())
    }
}

/// Labels, each key and value shared with all other rows of the table.
pub type Labels = Box<[(Arc<str>, Arc<str>)]>;

/// Who made the object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Kind as in manifests, for example `ReplicaSet`.
    pub kind: Arc<str>,
    /// Its name; it lives in the same namespace, or in none.
    pub name: Arc<str>,
}

/// `metadata` as a row keeps it. Equal when a view would show it alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// `name`
    pub name: Box<str>,
    /// `namespace`, `None` for cluster-scoped kinds.
    pub namespace: Option<Arc<str>>,
    /// `uid`
    pub uid: Uid,
    /// `labels`, in the order of the server, which sorts them.
    pub labels: Labels,
    /// `creationTimestamp`
    pub created: Timestamp,
    /// `deletionTimestamp`; *never* unless the object is being deleted.
    pub deleted: Timestamp,
    /// The owner that manages it.
    pub owner: Option<Owner>,
}

impl Meta {
    /// Keeps what was read.
    pub fn pack<A>(wire: &MetaWire<'_, A>, interner: &mut Interner) -> Self {
        Self {
            name: (*wire.name).into(),
            namespace: wire.namespace.known().map(|namespace| interner.get(namespace)),
            uid: Uid::parse(&wire.uid),
            labels: pairs(&wire.labels, interner),
            created: wire.creation_timestamp.instant(),
            deleted: wire.deletion_timestamp.instant(),
            owner: wire
                .owner()
                .map(|owner| Owner { kind: interner.get(&owner.kind), name: interner.get(&owner.name) }),
        }
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| &**known == key).map(|(_, value)| &**value)
    }

    /// The labels as a row gives them out.
    pub fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(self.labels.iter().map(|(key, value)| (&**key, &**value)))
    }
}

/// Keeps a map of texts with shared keys and values.
pub fn pairs(wire: &Pairs<'_>, interner: &mut Interner) -> Labels {
    wire.0.iter().map(|(key, value)| (interner.get(key), interner.get(value))).collect()
}

/// Implements [`Row`](super::row::Row) for rows that keep a `meta: Meta` and whose equality is what a view shows; parts of
/// it for rows with totals, rows that are alike in another way, and rows that keep another row, which has the `meta`.
macro_rules! row_with_meta {
    ($row:ty) => {
        impl $crate::fleet::Row for $row {
            type Tally = ();
            $crate::fleet::meta::row_with_meta!(@identity meta);
            fn add_to(&self, (): &mut ()) {}
            fn take_from(&self, (): &mut ()) {}
        }
    };
    (@identity $($meta:ident).+) => {
        $crate::fleet::meta::row_with_meta!(@metadata $($meta).+);
        fn same_as(&self, other: &Self) -> bool {
            self == other
        }
    };
    (@metadata $($meta:ident).+) => {
        fn name(&self) -> &str {
            &self.$($meta).+.name
        }
        $crate::fleet::meta::row_with_meta!(@nameless $($meta).+);
    };
    (@nameless $($meta:ident).+) => {
        fn namespace(&self) -> Option<&str> {
            self.$($meta).+.namespace.as_deref()
        }
        fn uid(&self) -> $crate::fleet::Uid {
            self.$($meta).+.uid
        }
        fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
            self.$($meta).+.labels()
        }
        fn label(&self, key: &str) -> Option<&str> {
            self.$($meta).+.label(key)
        }
    };
}
pub(crate) use row_with_meta;
