//! Rows of one kind of one cluster, in a persistent table.
//!
//! Rows sit in numbered slots, slots in chunks of 256. A published table shares every chunk that did not change
//! with the one before it, and remembers which slots the last publications touched. A reader that kept the version it
//! has seen therefore learns of 50 changes in 100,000 rows by looking at 50 slots.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::AnyTable;
use super::freshness::{Extent, Freshness};
use crate::fleet::Row;

/// Rows to a chunk: small enough that copying the pointers of one is nothing, large enough that 100,000 rows are 400
/// chunks.
const CHUNK: usize = 256;
/// Publications a table remembers. A reader that is further behind reads everything anew.
const REMEMBERED: usize = 64;

/// Where a row sits in its table. Stays the same while the object lives; used again after it is gone.
pub type Slot = u32;

type Chunk<R> = Vec<Option<Arc<R>>>;

/// An immutable, published table.
pub struct Table<R: Row> {
    chunks: Vec<Arc<Chunk<R>>>,
    len: usize,
    version: u64,
    journal: Arc<VecDeque<Publication>>,
    freshness: Freshness,
    extent: Extent,
    tally: Arc<R::Tally>,
}

#[derive(Clone, Debug)]
struct Publication {
    version: u64,
    slots: Arc<[Slot]>,
}

/// What changed in a table since a version.
#[derive(Debug, PartialEq, Eq)]
pub enum Changes {
    /// These slots were filled, changed or emptied; sorted, each once.
    Slots(Vec<Slot>),
    /// Too much, or too long ago: read everything.
    Everything,
}

impl<R: Row> Default for Table<R> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
            version: 0,
            journal: Arc::default(),
            freshness: Freshness::NotWatched,
            extent: Extent::Everything,
            tally: Arc::default(),
        }
    }
}

impl<R: Row> Clone for Table<R> {
    fn clone(&self) -> Self {
        Self {
            chunks: self.chunks.clone(),
            len: self.len,
            version: self.version,
            journal: Arc::clone(&self.journal),
            freshness: self.freshness.clone(),
            extent: self.extent.clone(),
            tally: Arc::clone(&self.tally),
        }
    }
}

impl<R: Row> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("len", &self.len)
            .field("version", &self.version)
            .field("freshness", &self.freshness)
            .finish_non_exhaustive()
    }
}

impl<R: Row> Table<R> {
    /// The row in a slot, if it is filled.
    pub fn get(&self, slot: Slot) -> Option<&Arc<R>> {
        let slot = slot as usize;
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)?.as_ref()
    }

    /// All rows with their slots.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Arc<R>)> {
        self.chunks.iter().enumerate().flat_map(|(at, chunk)| {
            chunk
                .iter()
                .enumerate()
                .filter_map(move |(offset, row)| Some(((at * CHUNK + offset) as Slot, row.as_ref()?)))
        })
    }

    /// One more than the highest slot in use.
    pub fn slots(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    /// Looks a row up by name. Walks the table: for one look-up on a key press, not for a loop.
    pub fn find(&self, namespace: Option<&str>, name: &str) -> Option<(Slot, &Arc<R>)> {
        self.iter().find(|(_, row)| row.name() == name && row.namespace() == namespace)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Grows with every change of a row or of the freshness.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How fresh the rows are.
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// Which part of the kind the rows are.
    pub fn extent(&self) -> &Extent {
        &self.extent
    }

    /// The running totals.
    pub fn tally(&self) -> &R::Tally {
        &self.tally
    }

    /// The slots that changed since `version`. Version 0 is the empty table.
    pub fn changes_since(&self, version: u64) -> Changes {
        if version == self.version {
            return Changes::Slots(Vec::new());
        }
        let remembered = self.journal.front().is_some_and(|oldest| version + 1 >= oldest.version);
        if version > self.version || !remembered {
            return Changes::Everything;
        }
        let newer = || self.journal.iter().filter(|publication| publication.version > version);
        if newer().map(|publication| publication.slots.len()).sum::<usize>() > self.slots() / 2 {
            return Changes::Everything;
        }
        let mut slots: Vec<Slot> =
            newer().flat_map(|publication| publication.slots.iter().copied()).collect();
        slots.sort_unstable();
        slots.dedup();
        Changes::Slots(slots)
    }
}

impl<R: Row> AnyTable for Table<R> {
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn freshness(&self) -> &Freshness {
        &self.freshness
    }
    fn extent(&self) -> &Extent {
        &self.extent
    }
    fn len(&self) -> usize {
        self.len
    }
    fn version(&self) -> u64 {
        self.version
    }
}

/// The one place where a table changes.
#[derive(Debug)]
pub(super) struct TableWriter<R: Row> {
    table: Table<R>,
    hasher: DefaultHashBuilder,
    index: HashTable<Slot>,
    free: Vec<Slot>,
    touched: Vec<Slot>,
    /// While a list runs: the slots it has named so far, one bit each. What it did not name is swept at its end.
    named: Option<Vec<u64>>,
    dirty: bool,
}

impl<R: Row> Default for TableWriter<R> {
    fn default() -> Self {
        Self {
            table: Table::default(),
            hasher: DefaultHashBuilder::default(),
            index: HashTable::new(),
            free: Vec::new(),
            touched: Vec::new(),
            named: None,
            dirty: true,
        }
    }
}

impl<R: Row> TableWriter<R> {
    fn hash(&self, namespace: Option<&str>, name: &str) -> u64 {
        self.hasher.hash_one((namespace, name))
    }

    fn slot_of(&self, namespace: Option<&str>, name: &str) -> Option<Slot> {
        let hash = self.hash(namespace, name);
        self.index
            .find(hash, |slot| {
                self.table.get(*slot).is_some_and(|row| row.name() == name && row.namespace() == namespace)
            })
            .copied()
    }

    /// Begins a complete list: rows that it does not name are gone when it ends.
    pub(super) fn begin_list(&mut self) {
        self.named = Some(Vec::new());
    }

    /// Fills or changes a row.
    pub(super) fn upsert(&mut self, row: R) {
        let slot = match self.slot_of(row.namespace(), row.name()) {
            Some(slot) => {
                self.name(slot);
                let same =
                    self.table.get(slot).is_some_and(|old| old.uid() == row.uid() && old.same_as(&row));
                if same {
                    return;
                }
                slot
            }
            None => {
                let slot = self.free.pop().unwrap_or_else(|| self.table.slots() as Slot);
                let hash = self.hash(row.namespace(), row.name());
                let (hasher, table) = (&self.hasher, &self.table);
                self.index.insert_unique(hash, slot, |slot| {
                    table.get(*slot).map_or(0, |row| hasher.hash_one((row.namespace(), row.name())))
                });
                self.name(slot);
                slot
            }
        };
        self.put(slot, Some(Arc::new(row)));
    }

    /// Empties a row's slot.
    pub(super) fn remove(&mut self, namespace: Option<&str>, name: &str) {
        let hash = self.hash(namespace, name);
        let table = &self.table;
        let found = self.index.find_entry(hash, |slot| {
            table.get(*slot).is_some_and(|row| row.name() == name && row.namespace() == namespace)
        });
        if let Ok(entry) = found {
            let (slot, _) = entry.remove();
            self.put(slot, None);
            self.free.push(slot);
        }
    }

    /// Ends a complete list.
    pub(super) fn end_list(&mut self) {
        let Some(named) = self.named.take() else { return };
        let is_named =
            |slot: Slot| named.get(slot as usize / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0);
        let gone: Vec<(Option<String>, String)> = self
            .table
            .iter()
            .filter(|(slot, _)| !is_named(*slot))
            .map(|(_, row)| (row.namespace().map(str::to_owned), row.name().to_owned()))
            .collect();
        for (namespace, name) in gone {
            self.remove(namespace.as_deref(), &name);
        }
    }

    /// Says how fresh the rows are now.
    pub(super) fn set_freshness(&mut self, freshness: Freshness) {
        if self.table.freshness != freshness {
            self.table.freshness = freshness;
            self.dirty = true;
        }
    }

    /// Says which part of the kind the rows are now.
    pub(super) fn set_extent(&mut self, extent: Extent) {
        if self.table.extent != extent {
            self.table.extent = extent;
            self.dirty = true;
        }
    }

    /// The table as it is now, or `None` when nothing changed since the last publication.
    pub(super) fn publish(&mut self) -> Option<Table<R>> {
        if !self.dirty && self.touched.is_empty() {
            return None;
        }
        self.dirty = false;
        self.table.version += 1;
        let mut slots = std::mem::take(&mut self.touched);
        slots.sort_unstable();
        slots.dedup();
        let journal = Arc::make_mut(&mut self.table.journal);
        journal.push_back(Publication { version: self.table.version, slots: slots.into() });
        if journal.len() > REMEMBERED {
            journal.pop_front();
        }
        Some(self.table.clone())
    }

    fn name(&mut self, slot: Slot) {
        if let Some(named) = &mut self.named {
            let word = slot as usize / 64;
            if named.len() <= word {
                named.resize(word + 1, 0);
            }
            if let Some(word) = named.get_mut(word) {
                *word |= 1 << (slot % 64);
            }
        }
    }

    fn put(&mut self, slot: Slot, row: Option<Arc<R>>) {
        let at = slot as usize;
        if at / CHUNK >= self.table.chunks.len() {
            self.table.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        let tally = Arc::make_mut(&mut self.table.tally);
        if let Some(row) = &row {
            row.add_to(tally);
            self.table.len += 1;
        }
        let Some(chunk) = self.table.chunks.get_mut(at / CHUNK).map(Arc::make_mut) else { return };
        if chunk.len() <= at % CHUNK {
            chunk.push(row);
        } else if let Some(cell) = chunk.get_mut(at % CHUNK)
            && let Some(old) = std::mem::replace(cell, row)
        {
            old.take_from(tally);
            self.table.len -= 1;
        }
        self.touched.push(slot);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A row that is nothing but a name and a number.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct Plain {
        pub(crate) name: String,
        pub(crate) number: u32,
    }

    impl Row for Plain {
        type Tally = i64;
        fn namespace(&self) -> Option<&str> {
            None
        }
        fn name(&self) -> &str {
            &self.name
        }
        fn same_as(&self, other: &Self) -> bool {
            self == other
        }
        fn add_to(&self, tally: &mut i64) {
            *tally += i64::from(self.number);
        }
        fn take_from(&self, tally: &mut i64) {
            *tally -= i64::from(self.number);
        }
    }

    #[derive(Clone, Debug)]
    enum Op {
        Upsert(u8, u32),
        Remove(u8),
        Relist(Vec<u8>),
        Publish,
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            8 => (0..40u8, 0..5u32).prop_map(|(n, v)| Op::Upsert(n, v)),
            3 => (0..40u8).prop_map(Op::Remove),
            1 => proptest::collection::vec(0..40u8, 0..40).prop_map(Op::Relist),
            3 => Just(Op::Publish),
        ]
    }

    fn row(n: u8, number: u32) -> Plain {
        Plain { name: format!("row-{n}"), number }
    }

    proptest! {
        /// Whatever happens, the table equals a plain map, and a reader that follows the changes equals the table.
        #[test]
        fn a_table_equals_a_plain_map_and_so_does_a_follower(ops in proptest::collection::vec(op(), 0..200)) {
            let mut writer = TableWriter::<Plain>::default();
            let mut plain: BTreeMap<String, u32> = BTreeMap::new();
            let (mut seen, mut follower) = (0, BTreeMap::<Slot, Plain>::new());
            for op in ops.into_iter().chain([Op::Publish]) {
                match op {
                    Op::Upsert(n, v) => {
                        writer.upsert(row(n, v));
                        plain.insert(row(n, v).name, v);
                    }
                    Op::Remove(n) => {
                        writer.remove(None, &row(n, 0).name);
                        plain.remove(&row(n, 0).name);
                    }
                    Op::Relist(names) => {
                        writer.begin_list();
                        plain.clear();
                        for n in names {
                            writer.upsert(row(n, 7));
                            plain.insert(row(n, 7).name, 7);
                        }
                        writer.end_list();
                    }
                    Op::Publish => {
                        let Some(table) = writer.publish() else { continue };
                        let rows: BTreeMap<String, u32> =
                            table.iter().map(|(_, r)| (r.name.clone(), r.number)).collect();
                        prop_assert_eq!(&rows, &plain);
                        prop_assert_eq!(table.len(), plain.len());
                        prop_assert_eq!(*table.tally(), plain.values().map(|v| i64::from(*v)).sum::<i64>());
                        match table.changes_since(seen) {
                            Changes::Everything => {
                                follower = table.iter().map(|(s, r)| (s, Plain::clone(r))).collect();
                            }
                            Changes::Slots(slots) => for slot in slots {
                                match table.get(slot) {
                                    Some(row) => follower.insert(slot, Plain::clone(row)),
                                    None => follower.remove(&slot),
                                };
                            },
                        }
                        seen = table.version();
                        let followed: BTreeMap<String, u32> =
                            follower.values().map(|r| (r.name.clone(), r.number)).collect();
                        prop_assert_eq!(&followed, &plain);
                    }
                }
            }
        }
    }

    #[test]
    fn an_update_that_shows_nothing_new_publishes_nothing() {
        let mut writer = TableWriter::<Plain>::default();
        writer.upsert(row(1, 1));
        assert!(writer.publish().is_some());
        writer.upsert(row(1, 1));
        assert!(writer.publish().is_none());
    }

    #[test]
    fn unchanged_chunks_are_shared_between_publications() {
        let mut writer = TableWriter::<Plain>::default();
        for n in 0..1000 {
            writer.upsert(Plain { name: format!("{n}"), number: n });
        }
        let before = writer.publish().unwrap();
        writer.upsert(Plain { name: "999".into(), number: 0 });
        let after = writer.publish().unwrap();
        assert_eq!(after.changes_since(before.version()), Changes::Slots(vec![999]));
        let shared = before.chunks.iter().zip(&after.chunks).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!(shared, before.chunks.len() - 1);
    }
}
