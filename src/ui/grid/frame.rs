//! What the next frame shows: the visible rows as text, and the whole reason of the selected one where its column has no
//! room for it.

use ratatui::layout::Size;

use super::layout::{Candidate, FrameColumn, LEAD, Seen, choose_tails, lay_out};
use super::notes::{Empty, Note};
use super::order::SortBy;
use super::{Grid, cell};
use crate::fleet::{Timestamp, Verdict};
use crate::ui::fresh::Picture;
use crate::ui::join;
use crate::ui::listing::{Listing, RowContext, Width};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::value::Value;
use crate::ui::view::World;
use crate::ui::widgets::bar::Bar;

/// The columns that name the object that rows tell of.
const NAMING: [&str; 3] = ["cluster", "namespace", "object"];
/// Lines of a reason at most, and the height from which on there is room for any.
const REASON: (usize, u16) = (3, 10);

/// What was clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The header of a sortable column.
    Header(usize),
    /// A row, counted from the first of all.
    Row(usize),
}

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) columns: Vec<FrameColumn>,
    pub(super) rows: Vec<FrameRow>,
    pub(super) notes: Vec<Note>,
    pub(super) empty: Option<Empty>,
    pub(super) top: usize,
    /// Why the selected row is not well, as lines, where the column has no room for all of it.
    pub(super) reason: Vec<String>,
    wake: Option<Timestamp>,
    size: Option<Size>,
    /// True while a table that it shows was on its way.
    is_filling: bool,
}

/// A row on the screen.
#[derive(Debug)]
pub(super) struct FrameRow {
    pub(super) verdict: Verdict,
    pub(super) is_marked: bool,
    pub(super) is_selected: bool,
    pub(super) is_stale: bool,
    pub(super) cells: Vec<FrameCell>,
}

/// A cell on the screen.
#[derive(Debug)]
pub(super) struct FrameCell {
    pub(super) text: String,
    pub(super) role: Role,
    pub(super) bar: Option<Bar>,
    /// Where the filter matched, in bytes.
    pub(super) hit: Option<(usize, usize)>,
}

impl Frame {
    /// What the columns on screen sort by, from left to right.
    pub(super) fn sortable(&self) -> Vec<SortBy> {
        self.columns.iter().map(|column| column.by).collect()
    }

    fn hit(&self, x: u16, y: u16, len: usize) -> Option<Hit> {
        if y == 0 {
            let column = self.columns.iter().rposition(|column| x + 1 >= column.x)?;
            return Some(Hit::Header(column));
        }
        let below = usize::from(y).checked_sub(1 + self.notes.len())?;
        Some(self.top + below).filter(|row| below < self.rows.len() && *row < len).map(Hit::Row)
    }
}

impl<L: Listing> Grid<L> {
    /// Builds what the next frame shows.
    pub fn build(&mut self, size: Size, world: &World<'_>, ascii: bool) {
        let is_filling = self.is_filling();
        // What stood there while a table came says nothing about what it is now that it is there.
        if self.frame.size != Some(size) || (self.frame.is_filling && !is_filling) {
            self.widths.forget();
        }
        self.go_on_filtering();
        let several = world.snapshot.clusters.iter().filter(|c| world.scope.includes(&c.id)).count() > 1;
        let pictures = self.pictures();
        let mut notes = self.notes(&pictures, several, ascii);
        let empty = self.is_empty().then(|| self.empty(&pictures, world, several, ascii));
        if self.is_empty() && (!several || self.is_one_problem(&pictures)) {
            notes.clear();
        }
        notes.truncate(usize::from(size.height / 3).max(1));
        let is_stale = pictures.iter().any(|(_, picture)| matches!(picture, Picture::Stale(..)));
        let head = 1 + notes.len();
        self.fill(size, head, several, ascii);
        let room = if size.height < REASON.1 { 0 } else { self.frame.reason.len() };
        if room > usize::from(self.widths.reason) {
            // The room stays while one looks at these rows, so that they do not jump with every step.
            self.widths.reason = u16::try_from(room).unwrap_or(0);
            self.fill(size, head, several, ascii);
        }
        if is_stale {
            let minute = Timestamp::from_seconds((self.now.seconds() / 60 + 1) * 60);
            self.frame.wake = earlier(self.frame.wake, Some(minute));
        }
        self.frame.notes = notes;
        self.frame.empty = empty;
        self.frame.size = Some(size);
        self.frame.is_filling = is_filling;
    }

    /// Fills the rows that fit below the lines at the top.
    fn fill(&mut self, size: Size, head: usize, several: bool, ascii: bool) {
        let taken = head + usize::from(self.widths.reason);
        self.cursor.page = usize::from(size.height).saturating_sub(taken).max(1);
        self.scroll_into_view();
        let (mut candidates, rows, wake) = self.visible_rows(several, ascii);
        self.choose_widths(&mut candidates, &rows);
        let mut columns = lay_out(candidates, size.width, self.sort.by);
        choose_tails(&mut columns, &rows, ascii);
        let reason = reason(&columns, &rows, size.width, ascii);
        let top = self.cursor.top;
        self.frame = Frame { columns, rows, top, reason, wake, ..Frame::default() };
    }

    /// When an age on the screen reads differently. Ages above two minutes are told by the minute: a quiet fleet does
    /// not wake anybody more often. A moment that is past: at once, there are more rows to look at.
    pub fn next_wake(&self) -> Option<Timestamp> {
        if self.has_more_to_filter() {
            return Some(Timestamp::from_seconds(self.now.seconds() - 1));
        }
        self.frame.wake
    }

    /// What is at a cell of the screen, counted from the grid's corner.
    pub fn hit(&self, x: u16, y: u16) -> Option<Hit> {
        self.frame.hit(x, y, self.len())
    }

    /// Sorts by the column that stands at this place on the screen.
    pub fn sort_by_header(&mut self, at: usize) {
        if let Some(column) = self.frame.columns.get(at) {
            self.toggle_sort(column.by);
        }
    }

    fn visible_rows(&self, several: bool, ascii: bool) -> (Vec<Candidate>, Vec<FrameRow>, Option<Timestamp>) {
        let columns: Vec<usize> =
            (0..self.listing.columns().len()).filter(|at| self.is_chosen(*at)).collect();
        let mut candidates: Vec<Candidate> = Vec::with_capacity(columns.len() + 2);
        let mut candidate = |by, id: &str, title: &str, width, drop| {
            let (min, max, grows) = match width {
                Width::Fit { min, max } => (min, max, false),
                Width::Grow { min } => (min, u16::MAX, true),
            };
            let seen = self.widths.seen.get(id).copied().unwrap_or_default();
            candidates.push(Candidate {
                by,
                id: id.to_owned(),
                title: title.to_owned(),
                min: min.max(text::width(title)).min(max),
                natural: seen.width,
                drop,
                grows,
                seen,
                width: max,
            });
        };
        if several {
            candidate(SortBy::Cluster, "cluster", "CLUSTER", Width::Fit { min: 7, max: 24 }, 1);
        }
        for at in &columns {
            if let Some(column) = self.listing.columns().get(*at) {
                candidate(SortBy::Column(*at), &column.id, &column.title, column.width, column.drop);
            }
        }
        candidate(SortBy::Why, "why", "WHY", Width::Grow { min: 3 }, 1);

        let reach = self.reach();
        let mut wake: Option<Timestamp> = None;
        let marked: Vec<&crate::fleet::ObjectRef> = self.marks.iter().collect();
        let mut rows = Vec::with_capacity(self.cursor.page);
        let mut named = None;
        let range = self.visible().iter().enumerate().skip(self.cursor.top).take(self.cursor.page);
        for (number, entry) in range {
            let (Some(row), Some(context)) = (reach.row(entry), reach.context(entry.source)) else {
                continue;
            };
            let folded = self.folds.sum(entry);
            let context = &RowContext { folded, ..*context };
            let judged = self.listing.verdict(row, context);
            // What stands together is named once.
            let object = folded.map(|folded| (entry.source, folded.about)).filter(|_| self.is_by_object());
            let is_named = object.is_some() && std::mem::replace(&mut named, object) == object;
            let mut cells = Vec::with_capacity(candidates.len());
            for candidate in &mut candidates {
                let column = match candidate.by {
                    SortBy::Column(at) => self.listing.columns().get(at),
                    _ => None,
                };
                let found = match candidate.by {
                    SortBy::Cluster => {
                        let name = reach.sources.get(usize::from(entry.source)).map(|s| s.cluster.name());
                        Value::maybe(name).as_role(Role::Text)
                    }
                    SortBy::Column(_) => match column {
                        Some(column) => column.of(row, context),
                        None => Value::Nothing.into(),
                    },
                    _ => Value::text(judged.why.as_ref()).as_role(join::role(judged.verdict)),
                };
                let mut text = String::new();
                cell::write(&found.value, self.now, ascii, &mut text);
                if let Some(short) = column.and_then(|column| column.short).filter(|_| !self.is_wide) {
                    let part = short(&text);
                    if part.len() < text.len() {
                        text = part.to_owned();
                    }
                }
                let is_absent = matches!(found.value, Value::Nothing);
                let seen = &mut candidate.seen;
                seen.align = seen.align.or_else(|| cell::align(&found.value));
                seen.says |= !is_absent;
                seen.has_bars |= found.bar.is_some();
                wake = earlier(
                    wake,
                    cell::changes_at(&found.value, self.now).map(|at| self.told_at(at, &found.value)),
                );
                let hit = self.query.as_ref().filter(|_| !is_absent).and_then(|query| query.hit(&text));
                let role = if is_absent { Role::Dim } else { found.role };
                if is_named && NAMING.contains(&candidate.id.as_str()) {
                    text.clear();
                }
                cells.push(FrameCell { text, role, bar: found.bar, hit });
            }
            rows.push(FrameRow {
                verdict: judged.verdict,
                is_marked: !marked.is_empty() && marked.iter().any(|object| reach.is(entry, object)),
                is_selected: number == self.cursor.row,
                is_stale: reach.table(entry.source).is_some_and(|table| {
                    matches!(table.freshness(), crate::snapshot::Freshness::Stale { .. })
                }),
                cells,
            });
        }
        for (at, candidate) in candidates.iter_mut().enumerate() {
            let widest =
                rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| text::width(&cell.text)).max();
            let max = candidate.width;
            // A sorted header carries an arrow.
            let header = text::width(&candidate.title) + u16::from(candidate.by == self.sort.by);
            let content = candidate.natural.max(header).max(widest.unwrap_or(0));
            candidate.natural = content.min(max).max(candidate.min);
            // Why something is not well is not given up for anything.
            if candidate.by == SortBy::Why && candidate.seen.says {
                candidate.drop = 0;
            }
        }
        // A column that says nothing, for example usage without metrics, is noise, unless somebody asked for it.
        let is_noise = |candidate: &Candidate| {
            let is_own = matches!(candidate.by, SortBy::Column(_)) && candidate.by != self.sort.by;
            is_own && !candidate.seen.says && candidate.drop > 0 && !self.chosen.contains_key(&candidate.id)
        };
        if !rows.is_empty() {
            let keeps: Vec<bool> = candidates.iter().map(|candidate| !is_noise(candidate)).collect();
            retain(&mut candidates, &keeps);
            rows.iter_mut().for_each(|row| retain(&mut row.cells, &keeps));
        }
        (candidates, rows, wake)
    }

    /// Ages above two minutes change on the screen when the minute does, all together.
    fn told_at(&self, at: Timestamp, value: &Value<'_>) -> Timestamp {
        let young = matches!(value, Value::Age(since) if since.seconds_before(self.now) < 120);
        if young {
            return at;
        }
        Timestamp::from_seconds((at.seconds() + 59) / 60 * 60)
    }

    fn choose_widths(&mut self, candidates: &mut [Candidate], rows: &[FrameRow]) {
        if rows.is_empty() {
            return;
        }
        for candidate in candidates {
            let seen = Seen { width: candidate.natural, ..candidate.seen };
            self.widths.seen.insert(candidate.id.clone(), seen);
        }
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn retain<T>(list: &mut Vec<T>, keeps: &[bool]) {
    let mut keeps = keeps.iter();
    list.retain(|_| keeps.next().copied().unwrap_or(true));
}

/// The whole reason of the selected row, where the screen cannot show it in the row.
fn reason(columns: &[FrameColumn], rows: &[FrameRow], width: u16, ascii: bool) -> Vec<String> {
    let Some(column) = columns.iter().find(|column| column.by == SortBy::Why) else { return Vec::new() };
    let selected = rows.iter().find(|row| row.is_selected);
    let Some(cell) = selected.and_then(|row| row.cells.get(column.cell)) else { return Vec::new() };
    if text::width(&cell.text) <= column.width {
        return Vec::new();
    }
    let room = width.saturating_sub(LEAD + 1);
    let mut lines = text::wrap(&cell.text, room);
    if lines.len() > REASON.0 {
        let rest = lines.split_off(REASON.0 - 1).join(" ");
        lines.push(text::cut(&rest, room, ascii).into_owned());
    }
    lines
}
