//! Filtering. A longer filter looks only at what passed the shorter one, and what passed the shorter one is kept while
//! the filter is typed, so that taking a character back costs nothing.

use super::follow::Touched;
use super::order::Entry;
use super::query::Query;
use super::texts::{RowProbe, TextColumns, Texts};
use super::{Grid, Reach};
use crate::fleet::Timestamp;
use crate::ui::listing::Listing;

/// Rows that are kept of shorter filters, all together: 32 bytes each.
const MOST_KEPT: usize = 400_000;
/// Seconds after which what rows say has to be read again: reasons tell how long something has been so.
const TEXTS_LAST: i64 = 60;

/// What is kept while a filter is typed.
#[derive(Debug, Default)]
pub(super) struct Typing {
    texts: Texts,
    read_at: Timestamp,
    /// Versions of the tables that rows look at.
    joined: u64,
    shorter: Vec<Shorter>,
}

/// What passed a shorter filter.
#[derive(Debug)]
struct Shorter {
    typed: String,
    filtered_at: Timestamp,
    shown: Vec<Entry>,
}

impl Typing {
    /// Rows moved: what passed is not what would pass now.
    pub(super) fn forget_shorter(&mut self) {
        self.shorter.clear();
    }

    /// Rows, or what is shown of them, are others.
    pub(super) fn forget(&mut self) {
        self.shorter.clear();
        self.texts.forget();
    }

    /// These rows changed.
    pub(super) fn forget_touched(&mut self, touched: &[Touched]) {
        self.shorter.clear();
        for (source, touched) in touched.iter().enumerate() {
            match touched {
                Touched::Nothing => {}
                Touched::Slots(slots) => self.texts.forget_rows(source, slots),
                Touched::All => return self.texts.forget(),
            }
        }
    }

    /// What passed this filter, if that is known; filters that it did not grow from are forgotten.
    fn back_to(&mut self, typed: &str) -> Option<Shorter> {
        while self.shorter.last().is_some_and(|shorter| !typed.starts_with(&shorter.typed)) {
            self.shorter.pop();
        }
        self.shorter.pop_if(|shorter| shorter.typed == typed)
    }

    fn keep(&mut self, shorter: Shorter) {
        self.shorter.push(shorter);
        while self.shorter.iter().map(|shorter| shorter.shown.len()).sum::<usize>() > MOST_KEPT {
            self.shorter.remove(0);
        }
    }
}

/// Decides about one row after the other.
pub(super) struct Sieve<'a, L: Listing> {
    pub(super) reach: &'a Reach<'a, L>,
    pub(super) query: &'a mut Query,
    pub(super) columns: &'a TextColumns,
    /// Keeps the texts of rows while a filter is typed.
    pub(super) texts: Option<&'a mut Texts>,
    pub(super) scratch: String,
}

impl<L: Listing> Sieve<'_, L> {
    pub(super) fn passes(&mut self, entry: &Entry) -> bool {
        let reach = self.reach;
        let (Some(row), Some(context)) = (reach.row(entry), reach.context(entry.source)) else { return false };
        let cluster = reach.sources.get(usize::from(entry.source)).map_or("", |source| source.cluster.name());
        let probe = RowProbe { listing: reach.listing, row, context, cluster, columns: self.columns };
        let text = match &mut self.texts {
            _ if !self.query.reads_text() => "",
            Some(texts) => texts.of(entry, |text| probe.write_text(text)),
            None => {
                self.scratch.clear();
                probe.write_text(&mut self.scratch);
                &self.scratch
            }
        };
        self.query.matches(text, &probe)
    }
}

impl<L: Listing> Grid<L> {
    /// A filter is typed from now on: what makes that quick is kept.
    pub fn open_filter(&mut self) {
        self.typing = Some(Typing::default());
    }

    /// The filter is typed no longer.
    pub fn close_filter(&mut self) {
        self.typing = None;
    }

    /// Shows only what matches. A filter that makes no sense changes nothing and says why.
    pub fn set_filter(&mut self, typed: &str) -> Result<(), String> {
        let ids: Vec<&str> = self.listing.columns().iter().map(|column| column.id.as_ref()).collect();
        let ids = [ids.as_slice(), &["verdict", "why"]].concat();
        let query = Query::parse(typed, &ids)?;
        let before = std::mem::replace(&mut self.typed, typed.to_owned());
        // Other rows, other widths: what was hidden or is hidden now takes no room.
        self.widths.forget();
        let narrows = match (&query, &self.query) {
            (Some(new), Some(old)) => new.narrows(old),
            _ => false,
        };
        let was_filtered = self.query.is_some();
        self.query = query;
        if self.is_away {
            self.is_outdated = true;
            return Ok(());
        }
        if let Some(known) = self.typing.as_mut().and_then(|typing| typing.back_to(typed)) {
            self.shown = known.shown;
            self.filtered_at = known.filtered_at;
        } else {
            let shown = std::mem::take(&mut self.shown);
            let filtered_at = self.filtered_at;
            self.shown = self.sift(narrows.then_some(shown.as_slice()));
            self.filtered_at = self.now;
            if was_filtered
                && typed.starts_with(&before)
                && let Some(typing) = &mut self.typing
            {
                typing.keep(Shorter { typed: before, filtered_at, shown });
            }
        }
        self.fold();
        self.relocate();
        Ok(())
    }

    /// Makes the filtered rows anew, of all rows.
    pub(super) fn refilter(&mut self) {
        self.filtered_at = self.now;
        self.typing.iter_mut().for_each(Typing::forget_shorter);
        self.shown = self.sift(None);
    }

    /// The rows that pass, of these or of all.
    fn sift(&mut self, of: Option<&[Entry]>) -> Vec<Entry> {
        let Some(mut query) = self.query.take() else { return Vec::new() };
        let mut typing = self.typing.take();
        let reach = self.reach();
        let columns = TextColumns::of(&reach, &self.order, &self.shown_columns());
        if let Some(typing) = &mut typing {
            let joined = self.joined_versions();
            let is_old = typing.read_at.seconds_before(self.now) >= TEXTS_LAST;
            if is_old || typing.joined != joined || self.text_columns.as_ref() != Some(&columns) {
                typing.texts.forget();
                (typing.joined, typing.read_at) = (joined, self.now);
            }
        }
        let mut sieve = Sieve {
            reach: &reach,
            query: &mut query,
            columns: &columns,
            texts: typing.as_mut().map(|typing| &mut typing.texts),
            scratch: String::new(),
        };
        let shown = of.unwrap_or(&self.order).iter().filter(|entry| sieve.passes(entry)).copied().collect();
        self.query = Some(query);
        self.typing = typing;
        self.text_columns = Some(columns);
        shown
    }

    /// Takes out of fresh rows those that do not pass.
    pub(super) fn sift_fresh(&mut self, fresh: &mut Vec<Entry>) {
        let Some(mut query) = self.query.take() else { return };
        let known = self.text_columns.take();
        let reach = self.reach();
        let columns =
            known.unwrap_or_else(|| TextColumns::of(&reach, &self.order, &self.shown_columns()));
        let mut sieve = Sieve {
            reach: &reach,
            query: &mut query,
            columns: &columns,
            texts: None,
            scratch: String::new(),
        };
        fresh.retain(|entry| sieve.passes(entry));
        self.query = Some(query);
        self.text_columns = Some(columns);
    }

    /// Other columns are shown: a filter of words looks at others.
    pub(super) fn forget_columns(&mut self) {
        self.widths.forget();
        self.text_columns = None;
        self.typing.iter_mut().for_each(Typing::forget);
    }
}
