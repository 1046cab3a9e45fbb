//! A listing: everything that makes a table view of one kind of row.

use std::borrow::Cow;
use std::sync::Arc;

use super::value::Cell;
use super::view::{Handled, Offer, ViewAbout, World};
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;

/// A table view over the packed rows of one or several resource types, in one cluster or all.
///
/// Implemented by unit structs in `views/`; `views::table` turns a listing into a `View`.
pub trait Listing: Send + Sync + 'static {
    /// The rows it shows.
    type Row: Row;

    /// Its name, aliases and help.
    fn about(&self) -> &'static ViewAbout;
    /// What it is called on screen; another name than [`Listing::about`]'s where one listing shows many kinds.
    fn name(&self) -> &str {
        self.about().name
    }
    /// The tables it shows, one under the other (all with rows of the same type).
    fn resources(&self) -> &[ResourceType];
    /// True for one of [`Listing::resources`] that only adds rows to the others: how fresh those are says it all.
    fn only_adds(&self, resource: &ResourceType) -> bool {
        let _ = resource;
        false
    }
    /// Further tables that its columns look at through [`RowContext::cluster`]. Optional ones: the view is complete
    /// without them.
    fn joins(&self) -> &[ResourceType] {
        &[]
    }
    /// What cannot be said while one of [`Listing::joins`] is refused or cannot be had: a note then names it once, with the
    /// reason. `None` for those of which empty columns say enough.
    fn misses(&self, join: &ResourceType) -> Option<&'static str> {
        let _ = join;
        None
    }
    /// Its columns from left to right. The verdict glyph, the cluster (with several) and the reason (*why*, last) are
    /// added by the view.
    fn columns(&self) -> &[Column<Self::Row>];
    /// Whether the row is as it should be, and why not.
    fn verdict<'a>(&self, row: &'a Self::Row, context: &RowContext<'a>) -> Judged<'a>;
    /// The object that a row of a concluded table stands for, in its cluster; the row itself when `None`.
    fn stands_for(&self, row: &Self::Row) -> Option<(ResourceType, Arc<str>)> {
        let _ = row;
        None
    }
    /// Another cluster that has the same row: where that one is shown too, this row is left out. Clusters of one account
    /// have its zones and load balancers in common.
    fn shown_by<'r>(&self, row: &'r Self::Row) -> Option<&'r ClusterId> {
        let _ = row;
        None
    }
    /// What a row tells of another object, for listings that fold.
    fn telling(&self, row: &Self::Row) -> Option<Telling> {
        let _ = row;
        None
    }
    /// True when rows that say the same of the same object are shown as one; every row then has a [`Telling`].
    fn folds(&self) -> bool {
        false
    }
    /// The commands that it has besides those of every table, for the rows that are marked, or else the one under the
    /// cursor.
    fn commands(&self, selected: &[ObjectRef]) -> Vec<Offer> {
        let _ = selected;
        Vec::new()
    }
    /// Runs one of its own commands on these rows.
    fn command(&self, id: &str, selected: &[ObjectRef], world: &World<'_>) -> Handled {
        let _ = (id, selected, world);
        Handled::Ignored
    }
    /// Which column sorts at first, and whether descending; by namespace and name when `None`.
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        None
    }
}

/// A verdict with its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged<'a> {
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok, in words; empty when there is nothing to say.
    pub why: Cow<'a, str>,
}

impl<'a> Judged<'a> {
    /// As it should be.
    pub fn ok() -> Self {
        Self::default()
    }

    /// Not as it should be.
    pub fn because(verdict: Verdict, why: impl Into<Cow<'a, str>>) -> Self {
        Self { verdict, why: why.into() }
    }
}

/// What a row tells of another object.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// The object, as a hash.
    pub about: u64,
    /// What is said, as a hash; rows that agree in both are shown as one.
    pub says: u64,
    /// How often it was said.
    pub count: u64,
    /// When it was first said.
    pub first: Timestamp,
    /// When it was last said.
    pub last: Timestamp,
    /// True when it is a warning.
    pub is_warning: bool,
}

/// What a row sums up that stands for all that say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The object, as a hash.
    pub about: u64,
    /// How often it was said in all.
    pub count: u64,
    /// When it was first said.
    pub first: Timestamp,
    /// When it was last said.
    pub last: Timestamp,
    /// True when it is a warning.
    pub is_warning: bool,
}

/// What a column may look at besides the row.
#[derive(Clone, Copy, Debug)]
pub struct RowContext<'a> {
    /// The present moment.
    pub now: Timestamp,
    /// The cluster the row is from, for joins with its other tables.
    pub cluster: &'a ClusterSnapshot,
    /// The resource type of the table the row is from.
    pub resource: &'a ResourceType,
    /// What the row sums up, where it stands for several.
    pub folded: Option<Folded>,
}

/// One column. Made by [`Column::new`] and refined by the methods after it, all of them `const`.
pub struct Column<R: 'static> {
    /// Its name in JSON, `--sort-by`, `-f` filters and the configuration: `kebab-case`.
    pub id: Cow<'static, str>,
    /// Its header, in capitals.
    pub title: Cow<'static, str>,
    /// One line for the help and the column chooser.
    pub help: Cow<'static, str>,
    /// How wide it wants to be.
    pub width: Width,
    /// What is dropped first when the terminal is narrow: the highest number goes first, 0 stays always.
    pub drop: u8,
    /// When it is shown.
    pub shown: Shown,
    /// Shift and this letter sort by it.
    pub sort: Option<char>,
    /// What a narrow screen shows of its texts; sorting, filters, JSON and wide mode have all of them.
    pub short: Option<fn(&str) -> &str>,
    /// The cell.
    pub cell: CellOf<R>,
}

/// How a cell is made from a row.
pub enum CellOf<R: 'static> {
    /// By a function.
    Field(for<'a> fn(&'a R, &RowContext<'a>) -> Cell<'a>),
    /// By a function that is told which of the row's own columns is meant (kinds that the API server prints).
    Printed(usize, for<'a> fn(usize, &'a R, &RowContext<'a>) -> Cell<'a>),
}

impl<R: 'static> Clone for CellOf<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: 'static> Copy for CellOf<R> {}

impl<R: 'static> Column<R> {
    /// A column that is always shown, fits its content up to 24 cells, and is dropped late.
    pub const fn new(
        id: &'static str,
        title: &'static str,
        help: &'static str,
        cell: for<'a> fn(&'a R, &RowContext<'a>) -> Cell<'a>,
    ) -> Self {
        Self {
            id: Cow::Borrowed(id),
            title: Cow::Borrowed(title),
            help: Cow::Borrowed(help),
            width: Width::Fit { min: 3, max: 24 },
            drop: 1,
            shown: Shown::Always,
            sort: None,
            short: None,
            cell: CellOf::Field(cell),
        }
    }

    /// As wide as its widest visible cell, within these bounds.
    #[must_use]
    pub const fn fit(mut self, min: u16, max: u16) -> Self {
        self.width = Width::Fit { min, max };
        self
    }

    /// Takes what is left, at least this.
    #[must_use]
    pub const fn grow(mut self, min: u16) -> Self {
        self.width = Width::Grow { min };
        self
    }

    /// Dropped before those with a lower number when the terminal is narrow; 0 stays always.
    #[must_use]
    pub const fn drop_at(mut self, drop: u8) -> Self {
        self.drop = drop;
        self
    }

    /// Only in wide mode, or when chosen.
    #[must_use]
    pub const fn wide(mut self) -> Self {
        self.shown = Shown::Wide;
        self
    }

    /// Shift and this letter sort by it.
    #[must_use]
    pub const fn sorts_by(mut self, letter: char) -> Self {
        self.sort = Some(letter);
        self
    }

    /// Shows this part of its texts, but for wide mode.
    #[must_use]
    pub const fn shortened(mut self, short: fn(&str) -> &str) -> Self {
        self.short = Some(short);
        self
    }

    /// The cell of a row.
    pub fn of<'a>(&self, row: &'a R, context: &RowContext<'a>) -> Cell<'a> {
        match self.cell {
            CellOf::Field(cell) => cell(row, context),
            CellOf::Printed(at, cell) => cell(at, row, context),
        }
    }
}

/// How wide a column wants to be, in terminal cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// As wide as its widest visible cell, within these bounds.
    Fit {
        /// At least.
        min: u16,
        /// At most.
        max: u16,
    },
    /// Takes what is left, at least this; shared by weight 1 with the others that grow.
    Grow {
        /// At least.
        min: u16,
    },
}

/// When a column is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Where there is room.
    Always,
    /// In wide mode, or when chosen.
    Wide,
}
