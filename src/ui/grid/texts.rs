//! What a filter of words reads of a row: one text in small letters. While a filter is typed the texts are kept, so that
//! the next character costs a search in them and not every column of every row again.

use super::order::Entry;
use super::query::Probe;
use super::{Reach, cell};
use crate::fleet::{Row, Timestamp};
use crate::snapshot::Slot;
use crate::ui::listing::{Listing, RowContext};
use crate::ui::value::Value;

/// Stands between the parts of a text; nobody types it.
pub(super) const SEPARATOR: char = '\u{1f}';
/// Rows that are asked what a column says: words or numbers.
const ASKED: usize = 64;
/// Bytes of texts that are not used any more, before all are made anew.
const MOST_WASTED: usize = 4 << 20;

/// The columns that a text filter looks at, besides name and namespace.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TextColumns {
    words: Vec<usize>,
    /// Those that say nothing but numbers. Making them costs look-ups in other tables.
    numbers: Vec<usize>,
}

impl TextColumns {
    /// Sorts the shown columns by what they say in some of the rows.
    pub(super) fn of<L: Listing>(reach: &Reach<'_, L>, rows: &[Entry], shown: &[usize]) -> Self {
        let mut columns = Self::default();
        for at in shown {
            let Some(column) = reach.listing.columns().get(*at) else { continue };
            // Name and namespace are looked at first and always.
            if matches!(column.id.as_ref(), "name" | "namespace") {
                continue;
            }
            let (mut words, mut numbers, mut times) = (false, false, false);
            for entry in rows.iter().step_by((rows.len() / ASKED).max(1)) {
                let (Some(row), Some(context)) = (reach.row(entry), reach.context(entry.source)) else {
                    continue;
                };
                match column.of(row, context).value {
                    Value::Nothing
                    | Value::Unknown
                    | Value::Verdict(_)
                    | Value::Flag(_)
                    | Value::Series(_) => {}
                    Value::Age(_) => times = true,
                    Value::Text(_) | Value::Instant(_) => words = true,
                    _ => numbers = true,
                }
            }
            match (words, numbers, times) {
                (false, true, _) => columns.numbers.push(*at),
                // Ages would come and go.
                (false, false, true) => {}
                _ => columns.words.push(*at),
            }
        }
        columns
    }
}

/// The texts of rows, as long as a filter is typed: about 150 bytes each.
#[derive(Debug, Default)]
pub(super) struct Texts {
    sources: Vec<Kept>,
}

/// The texts of one source's rows.
#[derive(Debug, Default)]
struct Kept {
    /// Where the text of each slot begins and how long it is; no text is empty.
    places: Vec<(u32, u32)>,
    all: String,
    wasted: usize,
}

impl Texts {
    /// A row's text; written when it is not there yet.
    pub(super) fn of(&mut self, entry: &Entry, write: impl FnOnce(&mut String)) -> &str {
        let source = usize::from(entry.source);
        if self.sources.len() <= source {
            self.sources.resize_with(source + 1, Kept::default);
        }
        self.sources.get_mut(source).map_or("", |kept| kept.of(entry.slot, write))
    }

    /// True when a row's text is there.
    pub(super) fn has(&self, entry: &Entry) -> bool {
        let kept = self.sources.get(usize::from(entry.source));
        let place = kept.and_then(|kept| kept.places.get(entry.slot as usize));
        place.is_some_and(|(_, length)| *length > 0)
    }

    /// These rows say something else now.
    pub(super) fn forget_rows(&mut self, source: usize, slots: &[Slot]) {
        let Some(kept) = self.sources.get_mut(source) else { return };
        for slot in slots {
            if let Some(place) = kept.places.get_mut(*slot as usize) {
                kept.wasted += place.1 as usize;
                *place = (0, 0);
            }
        }
        if kept.wasted > MOST_WASTED {
            *kept = Kept::default();
        }
    }

    /// All rows may say something else now.
    pub(super) fn forget(&mut self) {
        self.sources.clear();
    }
}

impl Kept {
    fn of(&mut self, slot: Slot, write: impl FnOnce(&mut String)) -> &str {
        let slot = slot as usize;
        let known = self.places.get(slot).copied().filter(|(_, length)| *length > 0);
        let (start, length) = match known {
            Some((start, length)) => (start as usize, length as usize),
            None => {
                if self.places.len() <= slot {
                    self.places.resize(slot + 1, (0, 0));
                }
                let start = self.all.len();
                write(&mut self.all);
                let length = self.all.len() - start;
                if let (Ok(start), Ok(length), Some(place)) =
                    (u32::try_from(start), u32::try_from(length), self.places.get_mut(slot))
                {
                    *place = (start, length);
                }
                (start, length)
            }
        };
        self.all.get(start..start + length).unwrap_or_default()
    }
}

/// A row as a filter sees it.
pub(super) struct RowProbe<'a, 'r, L: Listing> {
    pub(super) listing: &'a L,
    pub(super) row: &'r L::Row,
    pub(super) context: &'r RowContext<'r>,
    pub(super) cluster: &'a str,
    pub(super) columns: &'a TextColumns,
}

impl<L: Listing> RowProbe<'_, '_, L> {
    /// Adds the row's text, in small letters: name, namespace, cluster, what its columns say, and why it is not well.
    pub(super) fn write_text(&self, out: &mut String) {
        let start = out.len();
        out.push_str(self.row.name());
        let mut add = |part: &str| {
            out.push(SEPARATOR);
            out.push_str(part);
        };
        self.row.namespace().into_iter().for_each(&mut add);
        add(self.cluster);
        let columns = self.listing.columns();
        let mut scratch = String::new();
        for column in self.columns.words.iter().filter_map(|at| columns.get(*at)) {
            match column.of(self.row, self.context).value {
                Value::Nothing
                | Value::Unknown
                | Value::Age(_)
                | Value::Verdict(_)
                | Value::Flag(_)
                | Value::Series(_) => {}
                Value::Text(text) => add(&text),
                value => {
                    scratch.clear();
                    cell::write(&value, self.context.now, false, &mut scratch);
                    add(&scratch);
                }
            }
        }
        match self.listing.verdict(self.row, self.context).why.as_ref() {
            "" => {}
            why => add(why),
        }
        if out.get(start..).is_some_and(str::is_ascii) {
            out.get_mut(start..).into_iter().for_each(str::make_ascii_lowercase);
        } else {
            let small = out.get(start..).unwrap_or_default().to_lowercase();
            out.truncate(start);
            out.push_str(&small);
        }
    }
}

impl<L: Listing> Probe for RowProbe<'_, '_, L> {
    fn any_number(&self, test: &mut dyn FnMut(&str) -> bool) -> bool {
        let columns = self.listing.columns();
        let mut scratch = String::new();
        self.columns.numbers.iter().filter_map(|at| columns.get(*at)).any(|column| {
            match column.of(self.row, self.context).value {
                Value::Nothing
                | Value::Unknown
                | Value::Age(_)
                | Value::Verdict(_)
                | Value::Flag(_)
                | Value::Series(_) => false,
                value => {
                    scratch.clear();
                    cell::write(&value, self.context.now, false, &mut scratch);
                    test(&scratch)
                }
            }
        })
    }

    fn value(&self, column: usize) -> Value<'_> {
        match self.listing.columns().get(column) {
            Some(column) => column.of(self.row, self.context).value,
            None if column == self.listing.columns().len() => {
                Value::Verdict(self.listing.verdict(self.row, self.context).verdict)
            }
            None => Value::text(self.listing.verdict(self.row, self.context).why),
        }
    }

    fn label(&self, key: &str) -> Option<&str> {
        self.row.label(key)
    }

    fn now(&self) -> Timestamp {
        self.context.now
    }
}
