//! Sections and lines, and how they become a document of a given width.

use super::related::Target;
use crate::fleet::{ObjectRef, Verdict};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::widgets::bar::Bar;
use crate::ui::widgets::document::{Document, FoldKey};

/// A titled part of a summary. It folds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Its title, in capitals; none for what stands at the top.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Folded until somebody opens it.
    pub is_folded: bool,
}

/// One line of a section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// How deep it is below the title.
    pub depth: u16,
    /// How what it says is; draws a glyph.
    pub verdict: Option<Verdict>,
    /// What it says; the first cell is the label.
    pub cells: Vec<Cell>,
    /// Its cells line up with those of the lines around it that are rows too.
    pub is_row: bool,
    /// Where it leads.
    pub leads_to: Option<Target>,
    /// A bar between the label and the value.
    pub bar: Option<Bar>,
    /// The object that it stands for: a row of pods, of related objects.
    pub object: Option<ObjectRef>,
}

/// A text with a meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The text, as it came.
    pub text: String,
    /// Its meaning.
    pub role: Role,
}

impl Cell {
    /// A text with a meaning.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self { text: text.into(), role }
    }

    /// Plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Role::Text)
    }

    /// What may be overlooked.
    pub fn dim(text: impl Into<String>) -> Self {
        Self::new(text, Role::Dim)
    }
}

impl Section {
    /// An empty section.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    /// Folded until somebody opens it.
    #[must_use]
    pub fn folded(mut self) -> Self {
        self.is_folded = true;
        self
    }

    /// A label with its value; nothing when the value is empty.
    pub fn field(&mut self, label: &str, value: impl Into<String>) -> &mut Self {
        self.field_as(label, value, Role::Text)
    }

    /// A label with a value that means something; nothing when the value is empty.
    pub fn field_as(&mut self, label: &str, value: impl Into<String>, role: Role) -> &mut Self {
        let value = value.into();
        if !value.is_empty() {
            self.lines.push(Line::field(label, Cell::new(value, role)));
        }
        self
    }

    /// A row of a table within the section; the first one is its header when its cells say so.
    pub fn row(&mut self, cells: Vec<Cell>) -> &mut Line {
        self.push(Line { cells, is_row: true, ..Line::default() })
    }

    /// The header of a table.
    pub fn header(&mut self, titles: &[&str]) -> &mut Line {
        self.row(titles.iter().map(|title| Cell::new(*title, Role::Header)).collect())
    }

    /// Any line.
    pub fn push(&mut self, line: Line) -> &mut Line {
        self.lines.push(line);
        let last = self.lines.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "a line was pushed just now")]
        &mut self.lines[last]
    }
}

impl Line {
    /// A label with its value.
    pub fn field(label: &str, value: Cell) -> Self {
        Self { cells: vec![Cell::dim(label), value], ..Self::default() }
    }

    /// A line that stands alone, as the title of those that are deeper.
    pub fn alone(cells: Vec<Cell>) -> Self {
        Self { cells, ..Self::default() }
    }

    /// The same, deeper.
    #[must_use]
    pub fn at_depth(mut self, depth: u16) -> Self {
        self.depth = depth;
        self
    }

    /// Leads to another object.
    pub fn leading_to(&mut self, target: Option<Target>) -> &mut Self {
        self.leads_to = target;
        self
    }

    /// Says how it is.
    pub fn judged(&mut self, verdict: Verdict) -> &mut Self {
        self.verdict = Some(verdict);
        self
    }

    fn is_field(&self) -> bool {
        !self.is_row
            && self.cells.len() == 2
            && self.cells.first().is_some_and(|label| label.role == Role::Dim)
    }
}

/// Labels are padded to this at most; a longer one pushes its value to the right.
const LABEL: u16 = 18;
/// A cell of a table may take half of a line, but not less and not more than this; the last one what is left.
const CELL: std::ops::RangeInclusive<u16> = 24..=64;
/// A text that has less room than this beside other cells goes on below them.
const COMFORTABLE: u16 = 36;
/// How many cells a bar takes.
const BAR: u16 = 20;
/// How far a line is moved to the right for each depth.
const INDENT: u16 = 2;

/// How a summary is drawn.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    /// How many cells a line may take.
    pub width: u16,
    /// Finds the object that a target means.
    pub resolve: &'a dyn Fn(&Target) -> Option<ObjectRef>,
}

/// The glyph and the meaning of a verdict.
pub fn glyph(verdict: Verdict, ascii: bool) -> (&'static str, Role) {
    match (verdict, ascii) {
        (Verdict::Ok, false) => ("●", Role::Good),
        (Verdict::Ok, true) => ("o", Role::Good),
        (Verdict::Progressing, false) => ("◌", Role::Progressing),
        (Verdict::Progressing, true) => (".", Role::Progressing),
        (Verdict::Warning, false) => ("▲", Role::Warning),
        (Verdict::Warning, true) => ("!", Role::Warning),
        (Verdict::Critical, false) => ("✖", Role::Critical),
        (Verdict::Critical, true) => ("X", Role::Critical),
        (Verdict::Unknown, false) => ("○", Role::Unknown),
        (Verdict::Unknown, true) => ("?", Role::Unknown),
    }
}

/// Sections as lines that fold; a section's key is its title.
pub fn document(sections: &[Section], layout: Layout<'_>) -> Document {
    let mut document = Document::default();
    let mut was_folded = false;
    for section in sections {
        let mut base = 0;
        if !section.title.is_empty() {
            // What is folded at first is a list of titles.
            let goes_on = document.is_empty() || (section.is_folded && was_folded);
            if !goes_on {
                document.begin(0);
            }
            was_folded = section.is_folded;
            document.begin(0);
            document.folds_as(section_key(&section.title));
            document.push(&section.title, Role::Header);
            base = 1;
        }
        let mut at = 0;
        while let Some(line) = section.lines.get(at) {
            // Rows that follow each other at one depth share their columns.
            let same = |other: &&Line| other.is_row == line.is_row && other.depth == line.depth;
            let rest = section.lines.get(at..).unwrap_or_default();
            let count = if line.is_row { rest.iter().take_while(same).count() } else { 1 };
            let group = rest.get(..count).unwrap_or_default();
            let most = (layout.width / 2).clamp(*CELL.start(), *CELL.end());
            let columns = if line.is_row { columns(group, most) } else { Vec::new() };
            let glyphs = group.iter().any(|line| line.verdict.is_some());
            let place = Place { base, columns: &columns, glyphs };
            for (nth, line) in group.iter().enumerate() {
                let key =
                    section_key(&section.title).child(at + nth).child(line.cells.first().map(|c| &c.text));
                put(&mut document, line, place, key, layout);
            }
            at += count.max(1);
        }
    }
    document.finished()
}

/// The key under which a section folds.
pub fn section_key(title: &str) -> FoldKey {
    // `EVENTS 3 warnings` is the same section as `EVENTS 4 warnings`.
    FoldKey::default().child(title.split("  ").next().unwrap_or(title))
}

fn columns(rows: &[Line], most: u16) -> Vec<u16> {
    let mut widths: Vec<u16> = Vec::new();
    for row in rows {
        let last = row.cells.len().saturating_sub(1);
        for (at, cell) in row.cells.iter().enumerate() {
            let wide = if at == last { 0 } else { text::width(&text::escape(&cell.text)).min(most) };
            match widths.get_mut(at) {
                Some(width) => *width = (*width).max(wide),
                None => widths.push(wide),
            }
        }
    }
    widths
}

/// Where a line stands among those around it.
#[derive(Clone, Copy)]
struct Place<'a> {
    base: u16,
    columns: &'a [u16],
    /// One of them has a glyph, so that all leave room for it.
    glyphs: bool,
}

fn put(document: &mut Document, line: &Line, place: Place<'_>, key: FoldKey, layout: Layout<'_>) {
    let Place { base, columns, glyphs } = place;
    let depth = base + line.depth;
    let indent = INDENT * depth;
    document.begin(depth);
    document.folds_as(key);
    if let Some(object) = &line.object {
        document.stands_for(object.clone());
    } else if let Some(object) = line.leads_to.as_ref().and_then(layout.resolve) {
        document.leads_to(object);
    }
    document.blanks(usize::from(indent));
    let mut start = indent;
    if let Some(verdict) = line.verdict {
        let (glyph, role) = glyph(verdict, false);
        document.push(glyph, role);
        document.push(" ", Role::Text);
        start += 2;
    } else if glyphs {
        document.blanks(2);
        start += 2;
    }
    if line.is_field() {
        if let [label, value] = line.cells.as_slice() {
            document.push(&label.text, label.role);
            start = indent.saturating_add(LABEL);
            document.pad_to(start);
            for (piece, role) in line.bar.into_iter().flat_map(|bar| bar.pieces(BAR, false)) {
                document.push(&piece, role);
            }
            if line.bar.is_some() {
                start = start.saturating_add(BAR + 2);
                document.pad_to(start);
            }
            put_wrapped(document, value, depth, start, start, layout);
        }
        return;
    }
    let last = line.cells.len().saturating_sub(1);
    let mut at = start;
    for (nth, cell) in line.cells.iter().enumerate() {
        if nth == last {
            put_wrapped(document, cell, depth, at, at.min(indent.saturating_add(LABEL)), layout);
            break;
        }
        let width = columns.get(nth).copied().unwrap_or(u16::MAX).min(*CELL.end());
        let shown = text::escape(&cell.text);
        document.push(&text::cut(&shown, width, false), cell.role);
        at = if columns.is_empty() {
            at.saturating_add(text::width(&shown).min(width))
        } else {
            at.saturating_add(width)
        };
        at = at.saturating_add(2);
        document.pad_to(at);
    }
}

/// Puts a text from `start` on, and what does not fit onto lines of its own from `hanging` on.
fn put_wrapped(
    document: &mut Document,
    cell: &Cell,
    depth: u16,
    start: u16,
    hanging: u16,
    layout: Layout<'_>,
) {
    document.value_begins();
    let shown = text::escape(&cell.text);
    let room = layout.width.saturating_sub(start);
    if text::width(&shown) <= room {
        document.push(&shown, cell.role);
        return;
    }
    document.copies(&cell.text);
    let (first, hanging) = if room >= COMFORTABLE { (room, start) } else { (room.max(8), hanging) };
    let line = text::wrap(&shown, first).into_iter().next().unwrap_or_default();
    document.push(&line, cell.role);
    let rest = shown.strip_prefix(line.as_str()).unwrap_or_default().trim_start();
    let lines = if rest.is_empty() {
        Vec::new()
    } else {
        text::wrap(rest, layout.width.saturating_sub(hanging).max(8))
    };
    for line in lines {
        document.begin(depth);
        document.blanks(usize::from(hanging));
        document.push(&line, cell.role);
        document.copies(&cell.text);
    }
}
