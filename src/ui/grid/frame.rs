//! What the next frame shows: the visible rows as text, the columns that fit, and a line for each cluster that cannot
//! show all it has.

use std::collections::BTreeMap;

use ratatui::layout::Size;

use super::order::SortBy;
use super::{Grid, cell};
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::ui::fresh::Picture;
use crate::ui::listing::{Listing, Width};
use crate::ui::role::Role;
use crate::ui::text::{self, Align, escape, thousands};
use crate::ui::value::Value;
use crate::ui::view::World;

/// In front of every row: the cursor or mark, the verdict's glyph, and a blank.
pub(super) const LEAD: u16 = 3;
/// Between two columns.
pub(super) const GAP: u16 = 2;
/// The name of a node is this long: `ip-10-0-11-40.ec2.internal`.
const NAME: u16 = 26;
/// What says why may be cut, but not below this while other columns could go.
const SENTENCE: u16 = 20;

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
    seen: BTreeMap<String, (u16, Option<Align>)>,
}

impl Widths {
    /// True when the column's cells on screen were numbers.
    pub(super) fn shows_numbers(&self, id: &str) -> bool {
        matches!(self.seen.get(id), Some((_, Some(Align::Right))))
    }

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
    /// `None` while it has shown nothing at all.
    align: Option<Align>,
    width: u16,
}

impl Candidate {
    /// What it can live with before others are dropped for it: a name as a whole unless it is long, and of a sentence
    /// its beginning.
    fn modest(&self) -> u16 {
        let enough = if self.grows { SENTENCE } else { NAME.max(self.natural * 2 / 3) };
        self.min.max(enough).min(self.natural)
    }

    /// What it can live with before those are dropped that say which object it is, and why it is as it is.
    fn tight(&self) -> u16 {
        let enough = if self.grows { 0 } else { NAME };
        self.min.max(enough).min(self.natural)
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
    /// not wake anybody more often.
    pub fn next_wake(&self) -> Option<Timestamp> {
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
        let more = if loading { "…" } else { "" };
        match self.query {
            Some(_) => format!("{} of {all}{more}", thousands(self.shown.len() as u64)),
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
        let columns = self.shown_columns();
        let mut candidates: Vec<Candidate> = Vec::with_capacity(columns.len() + 2);
        let mut candidate = |by, id: &str, title: &str, width, drop| {
            let (min, max, grows) = match width {
                Width::Fit { min, max } => (min, max, false),
                Width::Grow { min } => (min, u16::MAX, true),
            };
            let seen = self.widths.seen.get(id);
            candidates.push(Candidate {
                by,
                id: id.to_owned(),
                title: title.to_owned(),
                min: min.max(text::width(title)).min(max),
                natural: seen.map_or(0, |(width, _)| *width),
                drop,
                grows,
                align: seen.and_then(|(_, align)| *align),
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
        candidate(SortBy::Why, "why", "WHY", Width::Grow { min: 10 }, 1);

        let reach = self.reach();
        let mut aligns: Vec<Option<Align>> = vec![None; candidates.len()];
        let mut wake: Option<Timestamp> = None;
        let marked: Vec<&crate::fleet::ObjectRef> = self.marks.iter().collect();
        let mut rows = Vec::with_capacity(self.cursor.page);
        let range = self.visible().iter().enumerate().skip(self.cursor.top).take(self.cursor.page);
        for (number, entry) in range {
            let (Some(row), Some(context)) = (reach.row(entry), reach.context(entry.source)) else {
                continue;
            };
            let judged = self.listing.verdict(row, context);
            let mut cells = Vec::with_capacity(candidates.len());
            for (candidate, seen) in candidates.iter().zip(&mut aligns) {
                let found = match candidate.by {
                    SortBy::Cluster => {
                        let name = reach.sources.get(usize::from(entry.source)).map(|s| s.cluster.name());
                        Value::maybe(name).as_role(Role::Text)
                    }
                    SortBy::Column(at) => match self.listing.columns().get(at) {
                        Some(column) => column.of(row, context),
                        None => Value::Nothing.into(),
                    },
                    _ => Value::text(judged.why.as_ref()).as_role(cell::verdict_role(judged.verdict)),
                };
                let mut text = String::new();
                cell::write(&found.value, self.now, ascii, &mut text);
                let is_absent = matches!(found.value, Value::Nothing);
                *seen = seen.or_else(|| cell::align(&found.value));
                wake = earlier(
                    wake,
                    cell::changes_at(&found.value, self.now).map(|at| self.told_at(at, &found.value)),
                );
                let hit = self.query.as_ref().filter(|_| !is_absent).and_then(|query| query.hit(&text));
                let role = if is_absent { Role::Dim } else { found.role };
                cells.push(FrameCell { text, role, hit });
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
            candidate.align = aligns.get(at).copied().flatten().or(candidate.align);
            // A column that says nothing, for example usage without metrics, makes room before all others.
            if !rows.is_empty()
                && candidate.align.is_none()
                && candidate.drop > 0
                && candidate.by != SortBy::Why
            {
                candidate.drop = u8::MAX;
            }
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
            self.widths.seen.insert(candidate.id.clone(), (candidate.natural, candidate.align));
        }
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// What is forbidden says so by itself; the picture has said it already.
fn once(message: &str) -> &str {
    message.strip_prefix("forbidden: ").unwrap_or(message)
}

/// Drops what does not fit, gives the rest its width, and what is left to the columns that grow.
fn lay_out(candidates: Vec<Candidate>, width: u16, sorted: SortBy) -> Vec<FrameColumn> {
    let mut kept: Vec<(usize, Candidate)> = candidates.into_iter().enumerate().collect();
    let room = width.saturating_sub(LEAD);
    let needed = |kept: &[(usize, Candidate)], cells: fn(&Candidate) -> u16| -> u32 {
        let cells: u32 = kept.iter().map(|(_, candidate)| u32::from(cells(candidate))).sum();
        cells + u32::from(GAP) * (kept.len().saturating_sub(1)) as u32
    };
    let mut drop_above = |least: u8, cells: fn(&Candidate) -> u16| {
        while needed(&kept, cells) > u32::from(room) {
            let droppable = kept.iter().enumerate().filter(|(_, (_, c))| c.drop > least);
            let Some((at, _)) = droppable.max_by_key(|(at, (_, c))| (c.drop, *at)) else { break };
            kept.remove(at);
        }
    };
    drop_above(1, Candidate::modest);
    drop_above(0, Candidate::tight);
    let gaps = GAP * u16::try_from(kept.len().saturating_sub(1)).unwrap_or(0);
    let mut left = room.saturating_sub(gaps);
    for (_, candidate) in &mut kept {
        candidate.width = candidate.tight().min(left);
        left -= candidate.width;
    }
    for (_, candidate) in &mut kept {
        let more = candidate.modest().saturating_sub(candidate.width).min(left);
        candidate.width += more;
        left -= more;
    }
    // First everybody as wide as its content, what is fixed before what grows; then the last that grows takes all.
    for grows in [false, true] {
        for (_, candidate) in kept.iter_mut().filter(|(_, c)| c.grows == grows) {
            let more = candidate.natural.saturating_sub(candidate.width).min(left);
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
            cuts_middle: candidate.id == "name" || candidate.id == "node",
            align: candidate.align.unwrap_or(Align::Left),
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
            align: Some(Align::Left),
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
        assert_eq!(titles(55), ["name", "ready", "why"]);
        assert_eq!(titles(20), ["name", "ready", "why"]);
        assert_eq!(titles(10), ["name"]);
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
