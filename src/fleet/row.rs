//! What every row has in common, whatever its kind.

use std::fmt;

use serde::Deserialize;

use super::identity::Uid;

/// A packed row. It can be told apart, filtered and counted without knowing its kind.
pub trait Row: Send + Sync + fmt::Debug + 'static {
    /// Running totals over all rows of a table, kept up to date by the store; `()` when nothing is summed up.
    type Tally: Default + Clone + Send + Sync + fmt::Debug + 'static;

    /// `metadata.namespace`; `None` for cluster-scoped kinds.
    fn namespace(&self) -> Option<&str>;
    /// `metadata.name`.
    fn name(&self) -> &str;
    /// `metadata.uid`; the default for what is concluded, and is no object of an API server.
    fn uid(&self) -> Uid {
        Uid::default()
    }
    /// Labels, for `-l` filters, in any order; none for what is concluded.
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(std::iter::empty())
    }
    /// The value of one label; kinds with many rows find it without making the list.
    fn label(&self, key: &str) -> Option<&str> {
        self.labels().find(|(known, _)| *known == key).map(|(_, value)| value)
    }
    /// True when a view would show `self` and `other` alike; such an update changes nothing.
    fn same_as(&self, other: &Self) -> bool;
    /// Adds this row to the totals.
    fn add_to(&self, tally: &mut Self::Tally);
    /// Takes this row out of the totals again; the exact inverse of [`Row::add_to`].
    fn take_from(&self, tally: &mut Self::Tally);
}

/// A row that is packed straight from the JSON of a list or a watch, or from what is given out as JSON.
///
/// `Wire` declares only the fields that the row needs, borrows its texts, and takes `null` and absence for defaults
/// everywhere; everything else is skipped while parsing, `managedFields` above all.
pub trait Packed: Row + Sized {
    /// Nothing but `metadata` is asked for: the rest must not even travel.
    const METADATA_ONLY: bool = false;

    /// The fields that are read.
    type Wire<'a>: Deserialize<'a>;
    /// What rows of one table share: interned strings, templates. One per source, dropped with it.
    type Shared: Default + Send + fmt::Debug;

    /// `fieldSelector` of the lists and watches of this kind: leaves out at the API server what no screen wants.
    const FIELDS: Option<&'static str> = None;

    /// `metadata.resourceVersion`; empty when absent.
    fn revision<'w>(wire: &'w Self::Wire<'_>) -> &'w str;
    /// Packs what was read.
    fn pack(wire: Self::Wire<'_>, shared: &mut Self::Shared) -> Self;
}

/// The part of [`Packed`] that is the same for every row that interns its texts and is read from a wire type with a
/// `metadata`.
macro_rules! packed_from {
    ($wire:ident) => {
        type Wire<'a> = $wire<'a>;
        type Shared = $crate::fleet::intern::Interner;

        fn revision<'w>(wire: &'w $wire<'_>) -> &'w str {
            wire.metadata.get().map_or("", |meta| &meta.resource_version)
        }
    };
}
pub(crate) use packed_from;
