//! Where rows stand. An order is kept, not made: a change takes the changed rows out and puts them back where they
//! belong, so that 50 changes in 100,000 rows cost 50 searches and one pass over small numbers.

use std::cmp::Ordering;

use hashbrown::HashMap;

use super::Reach;
use crate::fleet::Row;
use crate::snapshot::Slot;
use crate::ui::listing::{Folded, Listing, RowContext};
use crate::ui::value::Value;

/// What rows are sorted by. Whatever it is, equal rows stand by namespace, name and cluster, so that the same object
/// of two clusters stands side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortBy {
    /// Namespace and name.
    Place,
    /// The cluster.
    Cluster,
    /// A column of the listing.
    Column(usize),
    /// How it is.
    Verdict,
    /// Why it is not ok.
    Why,
    /// By the object that it tells of; see [`fold`](super::fold).
    Told,
}

/// What rows are sorted by, and which way. Rows that have nothing to sort by come last both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) by: SortBy,
    pub(super) descending: bool,
}

/// A row's place: where to find it, and what it is sorted by. The key is what the row said when it was put here, so
/// that the order stays consistent while time and joined tables move on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// A number, or the first sixteen bytes of a text.
    key: u128,
    pub(super) slot: Slot,
    /// The namespace's number in [`Spaces`].
    space: u32,
    pub(super) source: u16,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Number,
    Text,
    Absent,
}

fn key_of(value: &Value<'_>) -> (Class, u128) {
    let number = |number: u128| (Class::Number, number);
    match value {
        Value::Nothing | Value::Unknown | Value::Share { of: 0, .. } | Value::Series(_) => (Class::Absent, 0),
        Value::Text(text) => (Class::Text, text_key(text)),
        Value::Count(n) | Value::Cpu(n) | Value::Bytes(n) => number(u128::from(*n)),
        Value::Ratio { have, want } => {
            number((u128::from(want.saturating_sub(*have)) << 64) | u128::from(*have))
        }
        Value::Age(at) | Value::Instant(at) if at.is_never() => (Class::Absent, 0),
        Value::Age(at) => number((u64::MAX - at.seconds().unsigned_abs()).into()),
        Value::Instant(at) => number(at.seconds().unsigned_abs().into()),
        Value::Duration(seconds) => number((i128::from(*seconds) + i128::from(i64::MAX) + 1).unsigned_abs()),
        Value::Share { used, of } => number((u128::from(*used) << 32) / u128::from(*of)),
        Value::Verdict(verdict) => number(*verdict as u128),
        Value::Flag(flag) => number(u128::from(*flag)),
        Value::Measured { number: is, .. } => {
            // Bits of floating-point numbers sort like the numbers once those below zero are turned around.
            let bits = is.to_bits();
            let is_negative = bits >> 63 == 1;
            number(u128::from(if is_negative { !bits } else { bits | (1 << 63) }))
        }
    }
}

/// The first sixteen bytes, as a number that sorts like the text.
fn text_key(text: &str) -> u128 {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u128::from_be_bytes(bytes)
}

/// Namespaces by number. Numbers are given in the order of appearance and never change; ranks follow the alphabet.
#[derive(Debug, Default)]
pub(super) struct Spaces {
    numbers: HashMap<Box<str>, u32>,
    ranks: Vec<u32>,
}

impl Spaces {
    /// The number of a namespace; 0 is *none*.
    pub(super) fn number(&mut self, namespace: Option<&str>) -> u32 {
        let Some(namespace) = namespace else { return 0 };
        if let Some(number) = self.numbers.get(namespace) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len() + 1).unwrap_or(u32::MAX);
        self.numbers.insert(namespace.into(), number);
        number
    }

    /// Ranks again after new namespaces appeared. The order among the old ones stays as it is.
    pub(super) fn rank(&mut self) {
        if self.ranks.len() == self.numbers.len() + 1 {
            return;
        }
        let mut names: Vec<(&str, u32)> = self.numbers.iter().map(|(name, n)| (name.as_ref(), *n)).collect();
        names.sort_unstable();
        self.ranks = vec![0; names.len() + 1];
        for (rank, (_, number)) in (1u32..).zip(names) {
            if let Some(slot) = self.ranks.get_mut(number as usize) {
                *slot = rank;
            }
        }
    }

    fn rank_of(&self, number: u32) -> u32 {
        self.ranks.get(number as usize).copied().unwrap_or(u32::MAX)
    }
}

impl<L: Listing> Reach<'_, L> {
    /// The entry of a row that is there.
    pub(super) fn entry(&self, source: u16, slot: Slot, space: u32, row: &L::Row, sort: Sort) -> Entry {
        let (class, key) = self.key(row, self.context(source), source, sort);
        Entry { key, slot, space, source, class }
    }

    fn key(&self, row: &L::Row, context: Option<&RowContext<'_>>, source: u16, sort: Sort) -> (Class, u128) {
        match (sort.by, context) {
            (SortBy::Told, _) => {
                let last = self.listing.telling(row).map(|telling| telling.last).unwrap_or_default();
                key_of(&Value::Age(last))
            }
            (SortBy::Place, _) => (Class::Text, text_key(row.name())),
            (SortBy::Cluster, _) => (Class::Number, u128::from(self.cluster_rank(source))),
            (_, None) => (Class::Absent, 0),
            (SortBy::Column(at), Some(context)) => self
                .listing
                .columns()
                .get(at)
                .map_or((Class::Absent, 0), |column| key_of(&column.of(row, context).value)),
            (SortBy::Verdict, Some(context)) => {
                (Class::Number, self.listing.verdict(row, context).verdict as u128)
            }
            (SortBy::Why, Some(context)) => key_of(&Value::text(self.listing.verdict(row, context).why)),
        }
    }

    /// The same row with the key of another sort order.
    pub(super) fn rekeyed(&self, entry: &Entry, sort: Sort) -> Entry {
        match self.row(entry) {
            Some(row) => self.entry(entry.source, entry.slot, entry.space, row, sort),
            None => *entry,
        }
    }

    /// The same row with the key of what it sums up.
    pub(super) fn rekeyed_as(&self, entry: &Entry, sort: Sort, folded: Option<Folded>) -> Entry {
        match (self.row(entry), self.context(entry.source)) {
            (Some(row), Some(context)) => {
                let context = RowContext { folded, ..*context };
                let key = self.key(row, Some(&context), entry.source, sort);
                Entry { class: key.0, key: key.1, ..*entry }
            }
            _ => *entry,
        }
    }

    pub(super) fn compare(&self, a: &Entry, b: &Entry, sort: Sort) -> Ordering {
        let way = |ordering: Ordering| if sort.descending { ordering.reverse() } else { ordering };
        let places = || self.spaces.rank_of(a.space).cmp(&self.spaces.rank_of(b.space));
        if sort.by == SortBy::Place {
            let by_place = way(places().then_with(|| a.key.cmp(&b.key)).then_with(|| self.names(a, b)));
            return by_place.then_with(|| a.source.cmp(&b.source));
        }
        let kind = (a.class == Class::Absent).cmp(&(b.class == Class::Absent));
        kind.then_with(|| {
            way(a.class.cmp(&b.class).then(a.key.cmp(&b.key)).then_with(|| self.texts(a, b, sort)))
        })
        .then_with(places)
        .then_with(|| self.names(a, b))
        .then_with(|| a.source.cmp(&b.source))
    }

    fn names(&self, a: &Entry, b: &Entry) -> Ordering {
        match (self.row(a), self.row(b)) {
            (Some(a), Some(b)) => a.name().cmp(b.name()),
            _ => Ordering::Equal,
        }
    }

    /// Texts whose first sixteen bytes are equal.
    fn texts(&self, a: &Entry, b: &Entry, sort: Sort) -> Ordering {
        // A zero at the end means that the text was shorter than its key: the keys have said everything.
        if a.class != Class::Text || a.key & 0xff == 0 {
            return Ordering::Equal;
        }
        self.sort_text(a, sort).cmp(&self.sort_text(b, sort))
    }

    fn sort_text(&self, entry: &Entry, sort: Sort) -> String {
        let (Some(row), Some(context)) = (self.row(entry), self.context(entry.source)) else {
            return String::new();
        };
        let value = match sort.by {
            SortBy::Column(at) => self.listing.columns().get(at).map(|c| c.of(row, context).value),
            SortBy::Why => Some(Value::text(self.listing.verdict(row, context).why)),
            _ => None,
        };
        match value {
            Some(Value::Text(text)) => text.into_owned(),
            _ => String::new(),
        }
    }
}

/// How two entries stand to each other. What sorts by it exists once and not once for each kind of row.
type Compare<'a> = &'a dyn Fn(&Entry, &Entry) -> Ordering;

/// Sorts entries. Stable, and quick on runs that are in order already, as rows with equal keys are.
pub(super) fn arrange(entries: &mut [Entry], compare: Compare<'_>) {
    entries.sort_by(|a, b| compare(a, b));
}

/// Puts sorted entries into a sorted order.
pub(super) fn merge(order: &mut Vec<Entry>, fresh: &[Entry], compare: Compare<'_>) {
    let Some(filler) = fresh.first() else { return };
    let mut end = order.len();
    let mut gap = fresh.len();
    order.resize(end + gap, *filler);
    // From the back: what is larger than the largest fresh entry moves up by as many places as there are fresh ones,
    // the fresh one goes in below it, and so on. Nothing moves twice.
    for entry in fresh.iter().rev() {
        let at = order.get(..end).map_or(0, |rest| rest.partition_point(|old| compare(old, entry).is_le()));
        order.copy_within(at..end, at + gap);
        gap -= 1;
        if let Some(place) = order.get_mut(at + gap) {
            *place = *entry;
        }
        end = at;
    }
}

/// A set of slots, one bit each.
#[derive(Debug, Default)]
pub(super) struct Slots(Vec<u64>);

impl Slots {
    pub(super) fn insert(&mut self, slot: Slot) {
        let word = slot as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (slot % 64);
        }
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(key: u128) -> Entry {
        Entry { key, slot: 0, space: 0, source: 0, class: Class::Number }
    }

    proptest! {
        #[test]
        fn merging_two_sorted_lists_is_sorting_both(
            mut old in proptest::collection::vec(0..100u128, 0..60),
            mut new in proptest::collection::vec(0..100u128, 0..60),
        ) {
            old.sort_unstable();
            new.sort_unstable();
            let mut order: Vec<Entry> = old.iter().copied().map(entry).collect();
            let fresh: Vec<Entry> = new.iter().copied().map(entry).collect();
            merge(&mut order, &fresh, &|a, b| a.key.cmp(&b.key));
            let mut all = [old, new].concat();
            all.sort_unstable();
            prop_assert_eq!(order.iter().map(|e| e.key).collect::<Vec<_>>(), all);
        }

        #[test]
        fn a_text_key_sorts_like_its_text(a in ".{0,20}", b in ".{0,20}") {
            prop_assert!(text_key(&a).cmp(&text_key(&b)).then(a.cmp(&b)) == a.cmp(&b) || a.contains('\0') || b.contains('\0'));
        }
    }
}
