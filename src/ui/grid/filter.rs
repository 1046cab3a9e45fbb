//! Filtering. A longer filter looks only at what passed the shorter one, and what passed the shorter one is kept while
//! the filter is typed, so that taking a character back costs nothing. Where there are too many rows to look at within
//! the answer to one key, the rest follows in the next frames, one slice each; the newest filter wins.

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

/// What a row costs whose text is known, times the rows of one slice: some two milliseconds.
pub(super) const SLICE: usize = 40_000;
/// Reading a row's text costs as much as so many looks at it.
const READING: usize = 8;

/// What is kept while a filter is typed.
#[derive(Debug, Default)]
pub(super) struct Typing {
    /// How many rows have been looked at, while there are more.
    looked_at: Option<(Among, usize)>,
    /// How many rows have been read ahead of the first character; all when `None`.
    read: Option<usize>,
    /// A slice belongs to a frame of its own: the frame that answers the key has had its share.
    is_answered: bool,
    texts: Texts,
    read_at: Timestamp,
    /// Versions of the tables that rows look at.
    joined: u64,
    shorter: Vec<Shorter>,
}

/// Which rows a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Among {
    /// All of them.
    All,
    /// Those that passed the last shorter filter.
    Shorter,
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

    /// Keeps what passed a filter, and the shortest ones no longer. False when it is too much for that.
    fn keep(&mut self, shorter: Shorter) -> bool {
        self.shorter.push(shorter);
        while self.shorter.iter().map(|shorter| shorter.shown.len()).sum::<usize>() > MOST_KEPT {
            self.shorter.remove(0);
        }
        !self.shorter.is_empty()
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
    /// What looking at a row costs.
    fn cost(&self, entry: &Entry) -> usize {
        let is_read = !self.query.reads_text() || self.texts.as_ref().is_none_or(|texts| texts.has(entry));
        self.query.weight() + if is_read { 0 } else { READING }
    }

    /// Reads a row ahead.
    fn read(&mut self, entry: &Entry) {
        let reach = self.reach;
        let (Some(row), Some(context)) = (reach.row(entry), reach.context(entry.source)) else { return };
        let cluster = reach.sources.get(usize::from(entry.source)).map_or("", |source| source.cluster.name());
        let probe = RowProbe { listing: reach.listing, row, context, cluster, columns: self.columns };
        if let Some(texts) = &mut self.texts {
            texts.of(entry, |text| probe.write_text(text));
        }
    }

    pub(super) fn passes(&mut self, entry: &Entry) -> bool {
        let reach = self.reach;
        let (Some(row), Some(context)) = (reach.row(entry), reach.context(entry.source)) else {
            return false;
        };
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
        self.close_filter();
        self.text_columns = None;
        // A slice of rows is read when the first character comes.
        let read = (self.order.len() > self.slice / READING).then_some(0);
        self.typing = Some(Typing { read, ..Typing::default() });
    }

    /// The filter is typed no longer.
    pub fn close_filter(&mut self) {
        if self.finish_filter() {
            self.fold();
            self.relocate();
        }
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
        let was_partial = self.typing.as_mut().is_some_and(|typing| {
            typing.is_answered = false;
            typing.looked_at.take().is_some()
        });
        let narrows = match (&query, &self.query) {
            (Some(new), Some(old)) => !was_partial && new.narrows(old),
            _ => false,
        };
        let was_whole = self.query.is_some() && !was_partial;
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
            let filtered_at = std::mem::replace(&mut self.filtered_at, self.now);
            match &mut self.typing {
                Some(typing) if was_whole && typed.starts_with(&before) => {
                    let is_kept = typing.keep(Shorter { typed: before, filtered_at, shown });
                    let among = if narrows && is_kept { Among::Shorter } else { Among::All };
                    self.sift_from(among, 0, self.slice);
                }
                _ if narrows => self.shown = self.sift(&shown, usize::MAX).0,
                Some(_) => self.sift_from(Among::All, 0, self.slice),
                None => self.sift_from(Among::All, 0, usize::MAX),
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
        self.shown.clear();
        self.sift_from(Among::All, 0, usize::MAX);
    }

    /// Looks at the next slice of rows, or reads it ahead.
    pub(super) fn go_on_filtering(&mut self) {
        let Some(typing) = &mut self.typing else { return };
        if !std::mem::replace(&mut typing.is_answered, true) {
            return;
        }
        if let Some((among, at)) = typing.looked_at {
            self.sift_from(among, at, self.slice);
            self.fold();
            self.relocate();
        } else if let Some(at) = typing.read {
            self.read_ahead(at);
        }
    }

    /// Looks at all rows that are left. True when there were any.
    pub(super) fn finish_filter(&mut self) -> bool {
        let rest = self.typing.as_ref().and_then(|typing| typing.looked_at);
        rest.into_iter().for_each(|(among, at)| self.sift_from(among, at, usize::MAX));
        rest.is_some()
    }

    /// True while rows that pass may be missing.
    pub(super) fn is_filter_partial(&self) -> bool {
        self.typing.as_ref().is_some_and(|typing| typing.looked_at.is_some())
    }

    /// True while there are more rows to look at, or to read before the first character comes.
    pub(super) fn has_more_to_filter(&self) -> bool {
        self.typing.as_ref().is_some_and(|typing| typing.looked_at.is_some() || typing.read.is_some())
    }

    /// Looks at the rows from this one on, as many as the cost allows.
    fn sift_from(&mut self, among: Among, from: usize, at_most: usize) {
        let kept = self.typing.as_mut().and_then(|typing| typing.shorter.last_mut());
        let rows = match (among, kept) {
            (Among::Shorter, Some(kept)) => std::mem::take(&mut kept.shown),
            _ => std::mem::take(&mut self.order),
        };
        let rest = rows.get(from..).unwrap_or_default();
        let (passed, looked_at) = self.sift(rest, at_most);
        let is_done = looked_at >= rest.len();
        self.shown.extend(passed);
        match &mut self.typing {
            Some(typing) => {
                typing.looked_at = (!is_done).then_some((among, from + looked_at));
                match (among, typing.shorter.last_mut()) {
                    (Among::Shorter, Some(kept)) => kept.shown = rows,
                    _ => self.order = rows,
                }
            }
            None => self.order = rows,
        }
    }

    /// Those of the rows that pass, and how many were looked at.
    fn sift(&mut self, rows: &[Entry], at_most: usize) -> (Vec<Entry>, usize) {
        let Some(mut query) = self.query.take() else { return (Vec::new(), rows.len()) };
        let columns = self.meet_columns(rows);
        let mut typing = self.typing.take();
        let reach = self.reach();
        let mut sieve = Sieve {
            reach: &reach,
            query: &mut query,
            columns: &columns,
            texts: typing.as_mut().map(|typing| &mut typing.texts),
            scratch: String::new(),
        };
        let (mut passed, mut looked_at, mut cost) = (Vec::new(), 0, 0);
        for entry in rows {
            if cost >= at_most {
                break;
            }
            cost += sieve.cost(entry);
            looked_at += 1;
            if sieve.passes(entry) {
                passed.push(*entry);
            }
        }
        self.query = Some(query);
        self.typing = typing;
        self.text_columns = Some(columns);
        (passed, looked_at)
    }

    /// Reads what rows say while nobody has typed anything yet.
    fn read_ahead(&mut self, from: usize) {
        let order = std::mem::take(&mut self.order);
        let columns = self.meet_columns(&order);
        let mut typing = self.typing.take();
        let slice = (self.slice / READING).max(1);
        let reach = self.reach();
        if let Some(typing) = &mut typing {
            let mut query = Query::default();
            let mut sieve = Sieve {
                reach: &reach,
                query: &mut query,
                columns: &columns,
                texts: Some(&mut typing.texts),
                scratch: String::new(),
            };
            order.iter().skip(from).take(slice).for_each(|entry| sieve.read(entry));
            typing.read = (from + slice < order.len()).then_some(from + slice);
        }
        self.typing = typing;
        self.text_columns = Some(columns);
        self.order = order;
    }

    /// The columns that a filter looks at. Texts that were read of others, or too long ago, are forgotten.
    fn meet_columns(&mut self, rows: &[Entry]) -> TextColumns {
        let known = self.text_columns.take();
        let joined = self.joined_versions();
        let (now, is_typed) = (self.now, self.typing.is_some());
        let columns = match known {
            // While rows are read slice by slice, the first slice decides.
            Some(known) if is_typed => known,
            _ => TextColumns::of(&self.reach(), rows, &self.shown_columns()),
        };
        if let Some(typing) = &mut self.typing
            && (typing.read_at.seconds_before(now) >= TEXTS_LAST || typing.joined != joined)
        {
            typing.texts.forget();
            (typing.joined, typing.read_at) = (joined, now);
        }
        columns
    }

    /// Takes out of fresh rows those that do not pass.
    pub(super) fn sift_fresh(&mut self, fresh: &mut Vec<Entry>) {
        let Some(mut query) = self.query.take() else { return };
        let known = self.text_columns.take();
        let reach = self.reach();
        let columns = known.unwrap_or_else(|| TextColumns::of(&reach, &self.order, &self.shown_columns()));
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
        self.finish_filter();
        self.widths.forget();
        self.text_columns = None;
        self.typing.iter_mut().for_each(Typing::forget);
    }
}
