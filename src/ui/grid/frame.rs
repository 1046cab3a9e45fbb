//! What the next frame shows: the visible rows as text, the columns that fit, and a line for each cluster that cannot
//! show all it has.

use std::collections::BTreeMap;

use ratatui::layout::Size;

use super::order::SortBy;
use super::{Grid, cell};
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::ui::fresh::Picture;
use crate::ui::join;
use crate::ui::listing::{Listing, RowContext, Width};
use crate::ui::role::Role;
use crate::ui::text::{self, Align, escape, thousands};
use crate::ui::value::Value;
use crate::ui::view::World;
use crate::ui::widgets::bar::Bar;

/// In front of every row: the cursor or mark, the verdict's glyph, and a blank.
pub(super) const LEAD: u16 = 3;
/// Between two columns.
pub(super) const GAP: u16 = 2;
/// A bar, where there is room for bars at all.
pub(super) const BAR: u16 = 8;
/// The columns that name the object that rows tell of.
const NAMING: [&str; 3] = ["cluster", "namespace", "object"];
/// From this width on.
const WIDE_ENOUGH: u16 = 120;
/// For bars, columns may go that go this early.
const LESS_THAN_BARS: u8 = 4;

/// What was clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// The header of a sortable column.
    Header(usize),
    /// A row, counted from the first of all.
    Row(usize),
}

#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) columns: Vec<FrameColumn>,
    pub(super) rows: Vec<FrameRow>,
    pub(super) notes: Vec<Note>,
    pub(super) empty: Option<Empty>,
    pub(super) top: usize,
    wake: Option<Timestamp>,
    size: Option<Size>,
}

#[derive(Debug)]
pub(super) struct FrameColumn {
    pub(super) by: SortBy,
    pub(super) title: String,
    pub(super) is_sorted: bool,
    pub(super) align: Align,
    pub(super) x: u16,
    pub(super) width: u16,
    /// Names are cut in their middle: both ends tell them apart.
    pub(super) cuts_middle: bool,
    /// True when its cells' bars are drawn.
    pub(super) has_bars: bool,
    /// Which cell of a row.
    pub(super) cell: usize,
}

#[derive(Debug)]
pub(super) struct FrameRow {
    pub(super) verdict: Verdict,
    pub(super) is_marked: bool,
    pub(super) is_selected: bool,
    pub(super) is_stale: bool,
    pub(super) cells: Vec<FrameCell>,
}

#[derive(Debug)]
pub(super) struct FrameCell {
    pub(super) text: String,
    pub(super) role: Role,
    pub(super) bar: Option<Bar>,
    /// Where the filter matched, in bytes.
    pub(super) hit: Option<(usize, usize)>,
}

/// A cluster that cannot show all it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) glyph: &'static str,
    pub(super) role: Role,
    pub(super) cluster: String,
    pub(super) text: String,
}

/// Why there are no rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Empty {
    pub(super) glyph: &'static str,
    pub(super) role: Role,
    pub(super) title: String,
    pub(super) hints: Vec<String>,
}

/// Widths and alignments seen so far. Columns only grow while one looks at them, so that nothing jumps.
#[derive(Debug, Default)]
pub(super) struct Widths {
    seen: BTreeMap<String, Seen>,
}

/// What a column has shown so far.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    width: u16,
    align: Option<Align>,
    says: bool,
    has_bars: bool,
}

impl Widths {
    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }
}

/// A column that would be shown if there were room.
struct Candidate {
    by: SortBy,
    id: String,
    title: String,
    min: u16,
    /// As wide as its content, within its bounds.
    natural: u16,
    drop: u8,
    grows: bool,
    /// What it has shown; `says` is false while that was nothing at all.
    seen: Seen,
    width: u16,
}

impl Candidate {
    /// True for a name, which is told apart by both its ends.
    fn is_name(&self) -> bool {
        matches!(self.id.as_str(), "name" | "node" | "object")
    }

    /// What it can live with in a line of so many cells before others are dropped for it.
    fn modest(&self, room: u16) -> u16 {
        let share = |percent: u32| u16::try_from(u32::from(room) * percent / 100).unwrap_or(u16::MAX);
        let enough = match self {
            _ if self.grows => share(19).max(16),
            _ if self.is_name() => share(32).max(28),
            _ if self.natural > 20 => self.natural * 2 / 3,
            _ => self.natural,
        };
        self.min.max(enough).min(self.natural)
    }

    /// As wide as its content, with or without bars.
    fn whole(&self, bars: bool) -> u16 {
        self.natural + if bars && self.seen.has_bars { BAR + 1 } else { 0 }
    }
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
        if self.frame.size != Some(size) {
            self.widths.forget();
        }
        self.go_on_filtering();
        let several = world.snapshot.clusters.iter().filter(|c| world.scope.includes(&c.id)).count() > 1;
        let pictures = self.pictures();
        let mut notes = self.notes(&pictures, several, ascii);
        let empty = self.is_empty().then(|| self.empty(&pictures, world, several, ascii));
        if self.is_empty() && !several {
            notes.clear();
        }
        notes.truncate(usize::from(size.height / 3).max(1));
        self.cursor.page = usize::from(size.height).saturating_sub(1 + notes.len()).max(1);
        self.scroll_into_view();
        let top = self.cursor.top;
        let (mut candidates, rows, mut wake) = self.visible_rows(several, ascii);
        if pictures.iter().any(|(_, picture)| matches!(picture, Picture::Stale(..))) {
            wake = earlier(wake, Some(Timestamp::from_seconds((self.now.seconds() / 60 + 1) * 60)));
        }
        self.choose_widths(&mut candidates, &rows);
        let columns = lay_out(candidates, size.width, self.sort.by);
        self.frame = Frame { columns, rows, notes, empty, top, wake, size: Some(size) };
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

    /// How many are shown, and of how many.
    pub fn count(&self) -> String {
        let all = thousands(self.order.len() as u64);
        let loading = self.pictures().iter().any(|(_, picture)| matches!(picture, Picture::Loading(_)));
        let more = if loading || self.is_filter_partial() { "…" } else { "" };
        match self.query {
            Some(_) => format!("{} of {all}{more}", thousands(self.shown.len() as u64)),
            None if self.listing.folds() && self.len() < self.order.len() => {
                format!("{all}{more} in {} rows", thousands(self.len() as u64))
            }
            None => format!("{all}{more}"),
        }
    }

    /// How each source is, by its number.
    pub(in crate::ui) fn pictures(&self) -> Vec<(usize, Picture)> {
        let pictures =
            self.sources.iter().enumerate().filter_map(|(at, source)| {
                Some((at, Picture::of(source.picture.as_deref()?, &source.resource)))
            });
        pictures.collect()
    }

    /// What the rows are called.
    fn noun(&self) -> String {
        match self.listing.resources() {
            [one] => one.plural.to_string(),
            _ => self.listing.about().name.to_owned(),
        }
    }

    fn notes(&self, pictures: &[(usize, Picture)], several: bool, ascii: bool) -> Vec<Note> {
        let mut grouped: Vec<(String, &Picture, Vec<String>)> = Vec::new();
        for (at, picture) in pictures {
            let Some(source) = self.sources.get(*at) else { continue };
            let is_quiet =
                matches!(picture, Picture::Live) || matches!(picture, Picture::Loading(_)) && !several;
            if is_quiet {
                continue;
            }
            let (cluster, plural) = (source.cluster.name(), source.resource.plural.to_string());
            let like = grouped.iter_mut().find(|(name, other, _)| {
                name == cluster
                    && other.word() == picture.word()
                    && other.problem().map(|p| p.kind()) == picture.problem().map(|p| p.kind())
            });
            match like {
                Some((.., plurals)) => plurals.push(plural),
                None => grouped.push((cluster.to_owned(), picture, vec![plural])),
            }
        }
        let resources = self.listing.resources().len();
        let note = |(cluster, picture, plurals): (String, &Picture, Vec<String>)| {
            let what = if plurals.len() == resources { self.noun() } else { plurals.join(", ") };
            let problem = |p: &crate::fleet::Problem| match p.hints().first() {
                Some(hint) => format!("{} ({hint})", p.message()),
                None => p.message().to_owned(),
            };
            let said = match picture {
                Picture::Loading(Some(expected)) => {
                    format!("loading {what}, {} to come", thousands(*expected))
                }
                Picture::Loading(None) => format!("loading {what}"),
                Picture::Live => what,
                Picture::Polled(every) => format!("{what} cannot be watched: read again every {every} s"),
                Picture::Stale(as_of, p) => {
                    let age = human_duration(as_of.seconds_before(self.now));
                    format!("{what} as of {age} ago: {}", problem(p))
                }
                Picture::Forbidden(p) => format!("{what} forbidden: {}", once(&problem(p))),
                Picture::Unavailable(p) => format!("{what} unavailable: {}", problem(p)),
            };
            Note {
                glyph: picture.glyph(ascii),
                role: picture.role(),
                cluster: escape(&cluster).into_owned(),
                text: escape(&said).into_owned(),
            }
        };
        grouped.into_iter().map(note).collect()
    }

    fn empty(&self, pictures: &[(usize, Picture)], world: &World<'_>, several: bool, ascii: bool) -> Empty {
        let noun = self.noun();
        let is_good = |picture: &Picture| matches!(picture, Picture::Live | Picture::Polled(_));
        // The picture to show is the one that explains the most: something loading may still bring rows, a complete
        // table that is empty is the truth, and only when neither is there the problem is all there is to say.
        let loading = pictures.iter().find(|(_, p)| matches!(p, Picture::Loading(_)));
        let problem = pictures.iter().find(|(_, p)| p.problem().is_some());
        let any_good = pictures.iter().any(|(_, p)| is_good(p));
        let made = |glyph, role, title: String, hints: Vec<String>| Empty {
            glyph,
            role,
            title: escape(&title).into_owned(),
            hints: hints.iter().map(|hint| escape(hint).into_owned()).collect(),
        };
        if let Some((_, picture)) = loading {
            let title = match picture {
                Picture::Loading(Some(expected)) => format!("loading {} {noun}…", thousands(*expected)),
                _ => format!("loading {noun}…"),
            };
            return made(picture.glyph(ascii), picture.role(), title, Vec::new());
        }
        if self.is_filter_partial() {
            return made(cell::nothing(ascii), Role::Dim, format!("looking through the {noun}…"), Vec::new());
        }
        if pictures.is_empty() {
            return made(cell::nothing(ascii), Role::Dim, "no cluster to look at".to_owned(), Vec::new());
        }
        if let (Some((at, picture)), false) = (problem, any_good && several) {
            let cluster = self.sources.get(*at).map_or("", |source| source.cluster.name());
            let said = picture.problem();
            let message = said.map(|p| p.message().to_owned()).unwrap_or_default();
            let hints = said.map(|p| p.hints().to_vec()).unwrap_or_default();
            let title = format!("{noun} of {cluster} {}: {}", picture.word(), once(&message));
            return made(picture.glyph(ascii), picture.role(), title, hints);
        }
        let place = match &world.scope.namespace {
            Some(namespace) if self.listing.resources().iter().any(|r| r.namespaced) => {
                format!(" in namespace {namespace}")
            }
            _ => String::new(),
        };
        let mut hints = Vec::new();
        if self.query.is_some() {
            hints.push(format!("the filter {} hides {}", self.typed, thousands(self.order.len() as u64)));
        }
        let title = format!("no {noun}{place}");
        made(cell::nothing(ascii), Role::Dim, title, hints)
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
                    let whole = short(&text).len();
                    text.truncate(whole);
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

/// What is forbidden says so by itself; the picture has said it already.
fn once(message: &str) -> &str {
    message.strip_prefix("forbidden: ").unwrap_or(message)
}

/// Drops what does not fit, gives the rest its width, and what is left to the columns that grow.
fn lay_out(candidates: Vec<Candidate>, width: u16, sorted: SortBy) -> Vec<FrameColumn> {
    let mut kept: Vec<(usize, Candidate)> = candidates.into_iter().enumerate().collect();
    let room = width.saturating_sub(LEAD);
    let needed = |kept: &[&Candidate], bars: bool| -> u32 {
        let cells = |c: &&Candidate| u32::from(c.modest(room) + c.whole(bars) - c.whole(false));
        let gaps = u32::from(GAP) * (kept.len().saturating_sub(1)) as u32;
        kept.iter().map(cells).sum::<u32>() + gaps
    };
    let has_bars = width >= WIDE_ENOUGH && kept.iter().any(|(_, c)| c.seen.has_bars) && {
        let matter: Vec<&Candidate> =
            kept.iter().map(|(_, c)| c).filter(|c| c.drop < LESS_THAN_BARS).collect();
        needed(&matter, true) <= u32::from(room)
    };
    while needed(&kept.iter().map(|(_, c)| c).collect::<Vec<_>>(), has_bars) > u32::from(room) {
        let droppable = kept.iter().enumerate().filter(|(_, (_, c))| c.drop > 0);
        let Some((at, _)) = droppable.max_by_key(|(at, (_, c))| (c.drop, *at)) else { break };
        kept.remove(at);
    }
    let gaps = GAP * u16::try_from(kept.len().saturating_sub(1)).unwrap_or(0);
    let mut left = room.saturating_sub(gaps);
    for (_, candidate) in &mut kept {
        let bar = candidate.whole(has_bars) - candidate.whole(false);
        candidate.width = (candidate.modest(room) + bar).min(left);
        left -= candidate.width;
    }
    // First everybody as wide as its content, what is fixed before what grows; then the last that grows takes all.
    for grows in [false, true] {
        for (_, candidate) in kept.iter_mut().filter(|(_, c)| c.grows == grows) {
            let more = candidate.whole(has_bars).saturating_sub(candidate.width).min(left);
            candidate.width += more;
            left -= more;
        }
    }
    if let Some((_, last)) = kept.iter_mut().rev().find(|(_, c)| c.grows) {
        last.width += left;
    }
    let mut x = LEAD;
    let mut columns = Vec::with_capacity(kept.len());
    for (cell, candidate) in kept {
        if candidate.width == 0 {
            continue;
        }
        columns.push(FrameColumn {
            by: candidate.by,
            is_sorted: candidate.by == sorted,
            cuts_middle: candidate.is_name(),
            has_bars: has_bars && candidate.seen.has_bars,
            align: candidate.seen.align.unwrap_or(Align::Left),
            title: candidate.title,
            x,
            width: candidate.width,
            cell,
        });
        x = x.saturating_add(candidate.width + GAP);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, natural: u16, drop: u8, grows: bool) -> Candidate {
        Candidate {
            by: SortBy::Place,
            id: id.to_owned(),
            title: id.to_owned(),
            min: 4,
            natural,
            drop,
            grows,
            seen: Seen { align: Some(Align::Left), says: true, ..Seen::default() },
            width: 0,
        }
    }

    fn laid_out(width: u16) -> Vec<(String, u16)> {
        let candidates = vec![
            candidate("name", 30, 0, true),
            candidate("ready", 5, 1, false),
            candidate("ip", 12, 5, false),
            candidate("node", 15, 3, false),
            candidate("why", 20, 1, true),
        ];
        lay_out(candidates, width, SortBy::Place).into_iter().map(|c| (c.title, c.width)).collect()
    }

    #[test]
    fn what_matters_least_is_dropped_first_and_the_rest_fills_the_line() {
        let titles = |width| laid_out(width).into_iter().map(|(title, _)| title).collect::<Vec<_>>();
        assert_eq!(titles(120), ["name", "ready", "ip", "node", "why"]);
        assert_eq!(titles(70), ["name", "ready", "node", "why"]);
        assert_eq!(titles(50), ["name", "ready", "why"]);
        assert_eq!(titles(20), ["name"]);
        for width in 0..300 {
            let columns = laid_out(width);
            let used: u16 = columns.iter().map(|(_, width)| width).sum();
            let gaps = GAP * u16::try_from(columns.len().saturating_sub(1)).unwrap();
            assert!(used + gaps + LEAD <= width.max(LEAD), "{width}: {columns:?}");
        }
        let whole: u16 = laid_out(200).iter().map(|(_, width)| width).sum();
        assert_eq!(whole + 4 * GAP + LEAD, 200);
    }
}
