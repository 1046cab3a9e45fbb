//! The table engine behind every [`Listing`]: rows of several clusters' tables in one kept order, filtered, with a
//! cursor and marks that stay on their objects.
//!
//! It pays for what changed and for what is visible, never for the table: [`Grid::follow`] asks each table what
//! changed since the version it has seen and moves just those rows; the frame is built from the visible rows alone.

pub mod cell;
mod filter;
mod fold;
mod follow;
mod frame;
mod layout;
mod notes;
mod order;
mod output;
mod paint;
mod query;
mod selector;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use self::filter::Typing;
use self::fold::Folds;
use self::order::{Entry, Sort, SortBy, Spaces};
use self::query::Query;
use self::texts::TextColumns;
use super::listing::{Listing, RowContext};
use super::value::Value;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Timestamp};
use crate::snapshot::{ClusterSnapshot, Slot, Table};

use self::frame::Frame;
pub use self::frame::Hit;
use self::layout::Widths;

/// Shift and this letter sort by verdict, in every table whose columns do not want the letter.
pub const VERDICT_LETTER: char = 'V';

/// A table of one cluster that feeds the grid.
#[derive(Debug)]
struct Source<R> {
    cluster: ClusterId,
    /// Where the cluster stands among those shown; equal rows of several clusters stand in this order.
    cluster_rank: u16,
    resource: ResourceType,
    /// The picture the grid has followed to; `None` while another view covers it.
    picture: Option<Arc<ClusterSnapshot>>,
    seen: u64,
    /// Rows as they were at `seen`. An unchanged row of the same table is the same allocation; where none of these
    /// is, the table was dropped and made anew in between, and its journal says nothing about our rows.
    witnesses: Vec<(Slot, Arc<R>)>,
}

/// Rows in order, the cursor, marks, and what is shown of them.
pub struct Grid<L: Listing> {
    pub(super) listing: L,
    sources: Vec<Source<L::Row>>,
    spaces: Spaces,
    namespace: Option<Arc<str>>,
    sort: Sort,
    /// Every row in scope, in order.
    order: Vec<Entry>,
    /// Those of `order` that pass the filter; not kept without one.
    shown: Vec<Entry>,
    /// Those that are shown where rows fold.
    folds: Folds,
    query: Option<Query>,
    typed: String,
    /// While a filter is typed.
    typing: Option<Typing>,
    /// How much of a filter's work is done in one frame, in looks at a row.
    slice: usize,
    /// What the filter looks at, as found when it was last set.
    text_columns: Option<TextColumns>,
    filtered_at: Timestamp,
    joined: u64,
    /// Another view covers this one; its pictures are gone.
    is_away: bool,
    /// Sorted or filtered while away: everything is made anew on return.
    is_outdated: bool,
    now: Timestamp,
    cursor: Cursor,
    marks: BTreeSet<ObjectRef>,
    last_mark: Option<ObjectRef>,
    is_wide: bool,
    /// The order of columns that was asked for; the others come after, in their own order.
    arranged: Vec<String>,
    chosen: BTreeMap<String, bool>,
    widths: Widths,
    frame: Frame,
}

/// The selected row. It stays on its object, whatever is inserted above it or sorted around it.
#[derive(Debug, Default)]
struct Cursor {
    row: usize,
    /// The first visible row.
    top: usize,
    /// Rows that fit.
    page: usize,
    object: Option<ObjectRef>,
    at: Option<(u16, Slot)>,
    /// Until the user moves, the cursor stays on the first row while the table fills.
    has_moved: bool,
    /// An object to go to as soon as it is there.
    wanted: Option<ObjectRef>,
}

/// A source's table, and what its columns may look at besides the row.
type Within<'a, R> = (&'a Table<R>, RowContext<'a>);

/// The rows within reach: every source's table, resolved once for a pass over many rows.
struct Reach<'a, L: Listing> {
    listing: &'a L,
    tables: Vec<Option<Within<'a, L::Row>>>,
    sources: &'a [Source<L::Row>],
    spaces: &'a Spaces,
}

impl<'a, L: Listing> Reach<'a, L> {
    fn new(listing: &'a L, sources: &'a [Source<L::Row>], spaces: &'a Spaces, now: Timestamp) -> Self {
        let tables = sources
            .iter()
            .map(|source| {
                let cluster = source.picture.as_deref()?;
                let table = cluster.table::<L::Row>(&source.resource)?;
                Some((table, RowContext { now, cluster, resource: &source.resource, folded: None }))
            })
            .collect();
        Self { listing, tables, sources, spaces }
    }

    fn table(&self, source: u16) -> Option<&'a Table<L::Row>> {
        self.tables.get(usize::from(source))?.as_ref().map(|(table, _)| *table)
    }

    fn context(&self, source: u16) -> Option<&RowContext<'a>> {
        self.tables.get(usize::from(source))?.as_ref().map(|(_, context)| context)
    }

    fn row(&self, entry: &Entry) -> Option<&'a L::Row> {
        self.table(entry.source)?.get(entry.slot).map(AsRef::as_ref)
    }

    fn cluster_rank(&self, source: u16) -> u16 {
        self.sources.get(usize::from(source)).map_or(0, |source| source.cluster_rank)
    }

    fn object(&self, entry: &Entry) -> Option<ObjectRef> {
        let source = self.sources.get(usize::from(entry.source))?;
        let row = self.row(entry)?;
        let (resource, name) = match self.listing.stands_for(row) {
            Some(other) => other,
            None => (source.resource.plain(), row.name().into()),
        };
        Some(ObjectRef {
            cluster: source.cluster.clone(),
            resource,
            namespace: row.namespace().map(Arc::from),
            name: name.as_ref().into(),
        })
    }

    fn is(&self, entry: &Entry, object: &ObjectRef) -> bool {
        let Some(source) = self.sources.get(usize::from(entry.source)) else { return false };
        let Some(row) = self.row(entry).filter(|_| source.cluster == object.cluster) else { return false };
        row.namespace() == object.namespace.as_deref()
            && match self.listing.stands_for(row) {
                Some((resource, name)) => resource.is_same_kind(&object.resource) && *name == *object.name,
                None => source.resource.is_same_kind(&object.resource) && row.name() == &*object.name,
            }
    }
}

impl<L: Listing> Grid<L> {
    /// A grid that has seen nothing yet.
    pub fn new(listing: L) -> Self {
        let mut grid = Self {
            listing,
            sources: Vec::new(),
            spaces: Spaces::default(),
            namespace: None,
            sort: Sort { by: SortBy::Place, descending: false },
            order: Vec::new(),
            shown: Vec::new(),
            folds: Folds::default(),
            query: None,
            typed: String::new(),
            typing: None,
            slice: filter::SLICE,
            text_columns: None,
            filtered_at: Timestamp::NEVER,
            joined: 0,
            is_away: false,
            is_outdated: false,
            now: Timestamp::NEVER,
            cursor: Cursor::default(),
            marks: BTreeSet::new(),
            last_mark: None,
            is_wide: false,
            arranged: Vec::new(),
            chosen: BTreeMap::new(),
            widths: Widths::default(),
            frame: Frame::default(),
        };
        grid.sort = grid.default_sort();
        grid
    }

    fn default_sort(&self) -> Sort {
        let wanted = self.listing.default_sort();
        let found = wanted.and_then(|(id, descending)| Some(Sort { by: self.sort_named(id)?, descending }));
        found.unwrap_or(Sort { by: SortBy::Place, descending: false })
    }

    /// Changes the listing's columns, which some kinds only learn from their rows. Rows are sorted and filtered anew.
    pub(in crate::ui) fn take_up(&mut self, change: impl FnOnce(&mut L)) {
        let sorted = match self.sort.by {
            SortBy::Column(at) => self.listing.columns().get(at).map(|column| column.id.to_string()),
            _ => None,
        };
        change(&mut self.listing);
        self.forget_columns();
        if let Some(id) = sorted {
            let by = self.sort_named(&id);
            self.sort = by.map_or_else(|| self.default_sort(), |by| Sort { by, ..self.sort });
        }
        let typed = std::mem::take(&mut self.typed);
        self.query = None;
        // A column that the filter named may not be there any more; then nothing is hidden.
        let _was_understood = self.set_filter(&typed);
        self.is_outdated = true;
    }

    fn sort_named(&self, id: &str) -> Option<SortBy> {
        match id {
            "cluster" => Some(SortBy::Cluster),
            "verdict" => Some(SortBy::Verdict),
            "why" => Some(SortBy::Why),
            // No column, but what listings that fold may ask for.
            "told" => Some(SortBy::Told),
            id => self.listing.columns().iter().position(|column| column.id == id).map(SortBy::Column),
        }
    }

    fn visible(&self) -> &[Entry] {
        if self.listing.folds() { &self.folds.leaders } else { self.unfolded() }
    }

    /// Every row that passes the filter.
    fn unfolded(&self) -> &[Entry] {
        if self.query.is_some() { &self.shown } else { &self.order }
    }

    fn reach(&self) -> Reach<'_, L> {
        Reach::new(&self.listing, &self.sources, &self.spaces, self.now)
    }

    /// How many rows pass the filter.
    pub fn len(&self) -> usize {
        self.visible().len()
    }

    /// True when no row passes the filter.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The filter as it was typed.
    pub fn filter(&self) -> &str {
        &self.typed
    }

    /// Sorts by a column's id, or refuses with the ids there are.
    pub fn sort_by(&mut self, id: &str, descending: bool) -> Result<(), Vec<String>> {
        let Some(by) = self.sort_named(id) else {
            let columns = self.listing.columns().iter().map(|column| column.id.to_string());
            return Err(columns.chain(["cluster", "verdict", "why"].map(str::to_owned)).collect());
        };
        self.resort(Sort { by, descending });
        Ok(())
    }

    /// Sorts by the column that asks for this letter, or by verdict; again: the other way round. False without such a
    /// column.
    pub fn sort_by_letter(&mut self, letter: char) -> bool {
        let column = self.listing.columns().iter().position(|column| column.sort == Some(letter));
        let found =
            column.map(SortBy::Column).or_else(|| (letter == VERDICT_LETTER).then_some(SortBy::Verdict));
        found.into_iter().for_each(|by| self.toggle_sort(by));
        found.is_some()
    }

    /// The letters that sort, and what each sorts by.
    pub fn sort_letters(&self) -> Vec<(char, String)> {
        let columns = self.listing.columns().iter();
        let mut letters: Vec<(char, String)> =
            columns.filter_map(|column| Some((column.sort?, column.title.to_string()))).collect();
        if letters.iter().all(|(letter, _)| *letter != VERDICT_LETTER) {
            letters.push((VERDICT_LETTER, "verdict, worst first".to_owned()));
        }
        letters
    }

    fn toggle_sort(&mut self, by: SortBy) {
        let descending = if self.sort.by == by { !self.sort.descending } else { self.is_worst_first(by) };
        self.resort(Sort { by, descending });
    }

    /// Numbers are wanted largest first, ages youngest first, words in the order of the alphabet.
    fn is_worst_first(&self, by: SortBy) -> bool {
        let SortBy::Column(at) = by else { return by == SortBy::Verdict };
        let reach = self.reach();
        let first = self.visible().iter().take(200).find_map(|entry| {
            let (row, context) = (reach.row(entry)?, reach.context(entry.source)?);
            let value = self.listing.columns().get(at)?.of(row, context).value;
            match value {
                Value::Nothing | Value::Unknown => None,
                Value::Text(_) | Value::Age(_) | Value::Flag(_) => Some(false),
                _ => Some(true),
            }
        });
        first.unwrap_or(false)
    }

    /// Sorts the other way round.
    pub fn reverse(&mut self) {
        self.resort(Sort { descending: !self.sort.descending, ..self.sort });
    }

    /// Sorts by the next shown column to the right (1) or to the left (-1).
    pub fn sort_by_neighbour(&mut self, step: isize) {
        let shown = self.frame.sortable();
        if shown.is_empty() {
            return;
        }
        let at = shown.iter().position(|by| *by == self.sort.by);
        let next = match at {
            Some(at) => at.saturating_add_signed(step).min(shown.len() - 1),
            None => 0,
        };
        if let Some(by) = shown.get(next)
            && at != Some(next)
        {
            self.toggle_sort(*by);
        }
    }

    /// True when the columns of wide mode are shown.
    pub fn is_wide(&self) -> bool {
        self.is_wide
    }

    /// Shows the columns of wide mode, or hides them again.
    pub fn toggle_wide(&mut self) {
        self.is_wide = !self.is_wide;
        self.forget_columns();
    }

    /// The cursor's object.
    pub fn current(&self) -> Option<&ObjectRef> {
        self.cursor.object.as_ref()
    }

    /// What the cursor's row says in a column; `None` where it says nothing.
    pub fn current_text(&self, column: &str) -> Option<String> {
        let entry = self.visible().get(self.cursor.row)?;
        let reach = self.reach();
        let (row, context) = (reach.row(entry)?, reach.context(entry.source)?);
        let column = self.listing.columns().iter().find(|known| known.id == column)?;
        let context = &RowContext { folded: self.folds.sum(entry), ..*context };
        match column.of(row, context).value {
            Value::Nothing | Value::Unknown => None,
            Value::Text(text) => Some(text.into_owned()),
            value => {
                let mut text = String::new();
                cell::write(&value, self.now, false, &mut text);
                Some(text)
            }
        }
    }

    /// The marked objects, else the cursor's.
    pub fn selected(&self) -> Vec<ObjectRef> {
        if self.marks.is_empty() {
            self.cursor.object.iter().cloned().collect()
        } else {
            // A marked object may be gone by now.
            let names: BTreeSet<&str> = self.marks.iter().map(|mark| mark.name.as_ref()).collect();
            let reach = self.reach();
            let rows = self
                .order
                .iter()
                .filter(|entry| reach.row(entry).is_some_and(|row| names.contains(row.name())));
            let there: BTreeSet<ObjectRef> = rows.filter_map(|entry| reach.object(entry)).collect();
            self.marks.intersection(&there).cloned().collect()
        }
    }

    /// The first objects in the order shown.
    pub fn objects(&self, limit: usize) -> Vec<ObjectRef> {
        let reach = self.reach();
        self.visible().iter().take(limit).filter_map(|entry| reach.object(entry)).collect()
    }

    /// Moves the cursor by so many rows.
    pub fn step(&mut self, by: isize) {
        self.go_to(self.cursor.row.saturating_add_signed(by));
    }

    /// Moves the cursor by so many half pages.
    pub fn half_pages(&mut self, by: isize) {
        let half = isize::try_from((self.cursor.page / 2).max(1)).unwrap_or(1);
        self.step(by * half);
    }

    /// Moves the view by so many rows, and the cursor with it.
    pub fn scroll(&mut self, by: isize) {
        let last = self.len().saturating_sub(self.cursor.page);
        self.cursor.top = self.cursor.top.saturating_add_signed(by).min(last);
        self.step(by);
    }

    /// Puts the cursor on a row.
    pub fn go_to(&mut self, row: usize) {
        self.cursor.has_moved = true;
        self.cursor.wanted = None;
        self.cursor.row = row.min(self.len().saturating_sub(1));
        self.adopt();
        self.scroll_into_view();
    }

    /// Puts the cursor on an object as soon as it is there.
    pub fn select(&mut self, object: &ObjectRef) {
        self.cursor.wanted = Some(object.clone());
        self.relocate();
    }

    /// Marks the row under the cursor, or takes its mark away, and goes on to the next.
    pub fn mark(&mut self) {
        let Some(object) = self.cursor.object.clone() else { return };
        if !self.marks.remove(&object) {
            self.marks.insert(object.clone());
        }
        self.last_mark = Some(object);
        self.step(1);
    }

    /// Marks all rows from the last mark to the cursor.
    pub fn mark_range(&mut self) {
        let reach = self.reach();
        let start = self
            .last_mark
            .as_ref()
            .and_then(|last| self.visible().iter().position(|entry| reach.is(entry, last)));
        let start = start.unwrap_or(self.cursor.row);
        let (from, to) = (start.min(self.cursor.row), start.max(self.cursor.row));
        let range = self.visible().get(from..=to).unwrap_or_default();
        let marked: Vec<ObjectRef> = range.iter().filter_map(|entry| reach.object(entry)).collect();
        self.marks.extend(marked);
        self.last_mark.clone_from(&self.cursor.object);
    }

    /// Takes all marks away; false when there were none.
    pub fn clear_marks(&mut self) -> bool {
        self.last_mark = None;
        !std::mem::take(&mut self.marks).is_empty()
    }

    /// How many rows are marked.
    pub fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Lets go of the pictures: another view covers this one.
    pub fn leave(&mut self) {
        self.finish_filter();
        self.is_away = true;
        self.typing = None;
        for source in &mut self.sources {
            source.picture = None;
        }
    }

    /// The columns that can be shown: id, help, and whether each is.
    pub fn columns(&self) -> Vec<(String, String, bool)> {
        let listing = self.listing.columns().iter().enumerate();
        listing.map(|(at, c)| (c.id.to_string(), c.help.to_string(), self.is_chosen(at))).collect()
    }

    /// Shows these columns, in this order, and no others; a name that is no column's is passed over.
    pub fn arrange(&mut self, ids: &[String]) {
        for column in self.listing.columns() {
            self.chosen.insert(column.id.to_string(), ids.iter().any(|id| *id == column.id));
        }
        self.arranged = ids.to_vec();
        self.forget_columns();
    }

    /// The shown columns from left to right.
    fn shown_columns(&self) -> Vec<usize> {
        let columns = self.listing.columns();
        let mut shown: Vec<usize> = (0..columns.len()).filter(|at| self.is_chosen(*at)).collect();
        let place = |at: &usize| {
            let id = columns.get(*at).map(|column| column.id.as_ref());
            self.arranged.iter().position(|arranged| Some(arranged.as_str()) == id).unwrap_or(usize::MAX)
        };
        shown.sort_by_key(place);
        shown
    }

    /// Shows or hides a column.
    pub fn choose(&mut self, id: &str, shown: bool) {
        self.chosen.insert(id.to_owned(), shown);
        self.forget_columns();
    }

    fn is_chosen(&self, at: usize) -> bool {
        let Some(column) = self.listing.columns().get(at) else { return false };
        match self.chosen.get(column.id.as_ref()) {
            Some(chosen) => *chosen,
            // One namespace is looked at: the top line says which.
            None if column.id == "namespace" && self.namespace.is_some() => false,
            None => self.is_wide || column.shown == super::listing::Shown::Always,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
