//! Which columns fit, and how wide each is.

use std::collections::{BTreeMap, BTreeSet};

use super::frame::FrameRow;
use super::order::SortBy;
use crate::ui::text::{self, Align};

/// In front of every row: the cursor or mark, the verdict's glyph, and a blank.
pub(super) const LEAD: u16 = 3;
/// Between two columns.
pub(super) const GAP: u16 = 2;
/// A bar, where there is room for bars at all.
pub(super) const BAR: u16 = 8;
/// Bars are drawn from this width on.
const WIDE_ENOUGH: u16 = 120;
/// For bars, columns may go that go this early.
const LESS_THAN_BARS: u8 = 4;
/// From this width on, what tells rows of the same name apart is not given up for anything.
const TELLS_APART: u16 = 60;

/// A column on the screen.
#[derive(Debug)]
pub(super) struct FrameColumn {
    pub(super) by: SortBy,
    pub(super) title: String,
    pub(super) is_sorted: bool,
    pub(super) align: Align,
    pub(super) x: u16,
    pub(super) width: u16,
    /// Names are cut in their middle, both ends tell them apart: how much of the end stays.
    pub(super) tail: Option<u16>,
    /// True when its cells' bars are drawn.
    pub(super) has_bars: bool,
    /// Which cell of a row.
    pub(super) cell: usize,
}

/// Widths and alignments seen so far. Columns only grow while one looks at them, so that nothing jumps.
#[derive(Debug, Default)]
pub(super) struct Widths {
    pub(super) seen: BTreeMap<String, Seen>,
    /// Lines below the rows for the reason of the selected one.
    pub(super) reason: u16,
}

/// What a column has shown so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) width: u16,
    pub(super) align: Option<Align>,
    pub(super) says: bool,
    pub(super) has_bars: bool,
}

impl Widths {
    pub(super) fn forget(&mut self) {
        self.seen.clear();
        self.reason = 0;
    }
}

/// A column that would be shown if there were room.
pub(super) struct Candidate {
    pub(super) by: SortBy,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) min: u16,
    /// As wide as its content, within its bounds.
    pub(super) natural: u16,
    pub(super) drop: u8,
    pub(super) grows: bool,
    /// What it has shown; `says` is false while that was nothing at all.
    pub(super) seen: Seen,
    pub(super) width: u16,
}

impl Candidate {
    /// True for a name, which is told apart by both its ends.
    fn is_name(&self) -> bool {
        matches!(self.id.as_str(), "name" | "node" | "object")
    }

    /// True for what tells rows of the same name apart. Where one cluster or one namespace is looked at, there is no such
    /// column.
    fn tells_apart(&self) -> bool {
        matches!(self.id.as_str(), "cluster" | "namespace")
    }

    /// What it can live with where even what has to stay does not fit.
    fn least(&self, room: u16) -> u16 {
        let least = match self {
            _ if self.grows => 12,
            _ if self.is_name() => 22,
            _ if self.natural > 12 => self.natural * 2 / 3,
            _ => self.natural,
        };
        self.min.max(least).min(self.modest(room))
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

/// Drops what does not fit, gives the rest its width, and what is left to the columns that grow.
pub(super) fn lay_out(candidates: Vec<Candidate>, width: u16, sorted: SortBy) -> Vec<FrameColumn> {
    let mut kept: Vec<(usize, Candidate)> = candidates.into_iter().enumerate().collect();
    let room = width.saturating_sub(LEAD);
    let needed = |kept: &[&Candidate], bars: bool| -> u32 {
        let cells = |c: &&Candidate| u32::from(c.modest(room) + c.whole(bars) - c.whole(false));
        let gaps = u32::from(GAP) * (kept.len().saturating_sub(1)) as u32;
        kept.iter().map(cells).sum::<u32>() + gaps
    };
    // A column of reasons that gives none is in the way of names.
    let whole =
        kept.iter().map(|(_, c)| u32::from(if c.is_name() { c.natural } else { c.modest(room) } + GAP));
    if whole.sum::<u32>() > u32::from(room + GAP) {
        kept.retain(|(_, c)| c.by != SortBy::Why || c.seen.says || sorted == SortBy::Why);
    }
    let has_bars = width >= WIDE_ENOUGH && kept.iter().any(|(_, c)| c.seen.has_bars) && {
        let matter: Vec<&Candidate> =
            kept.iter().map(|(_, c)| c).filter(|c| c.drop < LESS_THAN_BARS).collect();
        needed(&matter, true) <= u32::from(room)
    };
    while needed(&kept.iter().map(|(_, c)| c).collect::<Vec<_>>(), has_bars) > u32::from(room) {
        let droppable = kept
            .iter()
            .enumerate()
            .filter(|(_, (_, c))| c.drop > 0 && !(width >= TELLS_APART && c.tells_apart()));
        let Some((at, _)) = droppable.max_by_key(|(at, (_, c))| (c.drop, *at)) else { break };
        kept.remove(at);
    }
    let is_tight = needed(&kept.iter().map(|(_, c)| c).collect::<Vec<_>>(), has_bars) > u32::from(room);
    let gaps = GAP * u16::try_from(kept.len().saturating_sub(1)).unwrap_or(0);
    let mut left = room.saturating_sub(gaps);
    for (_, candidate) in &mut kept {
        let bar = candidate.whole(has_bars) - candidate.whole(false);
        let modest = if is_tight { candidate.least(room) } else { candidate.modest(room) };
        candidate.width = (modest + bar).min(left);
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
            tail: (candidate.is_name() || candidate.tells_apart()).then_some(candidate.width / 2),
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

/// How much of the end of names stays where they are cut: little, so that their beginning can be read, and more where
/// that would show two names alike.
pub(super) fn choose_tails(columns: &mut [FrameColumn], rows: &[FrameRow], ascii: bool) {
    for column in columns {
        let Some(half) = column.tail else { continue };
        let names = rows.iter().filter_map(|row| Some(row.cells.get(column.cell)?.text.as_str()));
        let cut: BTreeSet<&str> = names.filter(|name| text::width(name) > column.width).collect();
        let kept = [(column.width / 4).max(6).min(half), half, column.width * 2 / 3];
        let told_apart = |tail: &u16| {
            let shown = cut.iter().map(|name| text::cut_keeping(name, column.width, *tail, ascii));
            shown.collect::<BTreeSet<_>>().len()
        };
        // The first of those that tell the most apart.
        column.tail = kept.into_iter().rev().max_by_key(told_apart);
    }
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

    fn shown(candidates: Vec<Candidate>, width: u16) -> Vec<(String, u16)> {
        lay_out(candidates, width, SortBy::Place).into_iter().map(|c| (c.title, c.width)).collect()
    }

    /// Pods of two clusters and all namespaces.
    fn pods(why: bool) -> Vec<Candidate> {
        let mut candidates = vec![
            candidate("cluster", 10, 1, false),
            candidate("namespace", 12, 2, false),
            candidate("name", 41, 0, false),
            candidate("ready", 5, 1, false),
            candidate("status", 16, 0, false),
            candidate("why", 60, if why { 0 } else { 1 }, true),
        ];
        for candidate in &mut candidates {
            if candidate.id == "why" {
                candidate.by = SortBy::Why;
                candidate.seen.says = why;
                candidate.natural = if why { 60 } else { 3 };
            }
        }
        candidates
    }

    #[test]
    fn what_tells_rows_apart_stays_on_a_narrow_screen_and_a_reason_keeps_some_room() {
        let titles =
            |width| -> Vec<String> { shown(pods(true), width).into_iter().map(|(title, _)| title).collect() };
        assert_eq!(titles(80), ["cluster", "namespace", "name", "status", "why"]);
        assert_eq!(titles(50), ["name", "status", "why"]);
        let widths = shown(pods(true), 80);
        let used: u16 = widths.iter().map(|(_, width)| width + GAP).sum();
        assert!(LEAD + used - GAP <= 80, "{widths:?}");
        assert!(widths.iter().all(|(title, width)| title != "why" || *width >= 12), "{widths:?}");
    }

    #[test]
    fn reasons_that_say_nothing_make_room_for_names() {
        let of = |why| -> Vec<String> { shown(pods(why), 80).into_iter().map(|(t, _)| t).collect() };
        assert!(!of(false).contains(&"why".to_owned()));
        let wide: Vec<_> = shown(pods(false), 120).into_iter().map(|(title, _)| title).collect();
        assert!(wide.contains(&"why".to_owned()), "{wide:?}");
    }

    #[test]
    fn names_are_cut_so_that_no_two_look_alike() {
        let row = |name: &str| FrameRow {
            verdict: crate::fleet::Verdict::Ok,
            is_marked: false,
            is_selected: false,
            is_stale: false,
            cells: vec![super::super::frame::FrameCell {
                text: name.to_owned(),
                role: crate::ui::role::Role::Text,
                bar: None,
                hit: None,
            }],
        };
        let tail = |names: &[&str]| {
            let mut columns = lay_out(vec![candidate("name", 20, 0, false)], 23, SortBy::Place);
            let rows: Vec<FrameRow> = names.iter().map(|name| row(name)).collect();
            choose_tails(&mut columns, &rows, false);
            let tail = columns[0].tail.unwrap();
            names.iter().map(|name| text::cut_keeping(name, 20, tail, false).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(tail(&["payments-api-7cd5d8f6-x2x9k"]), ["payments-api-…-x2x9k"]);
        let alike = tail(&["payments-internal-east-main-0", "payments-internal-west-main-0"]);
        assert_ne!(alike[0], alike[1]);
    }
}
