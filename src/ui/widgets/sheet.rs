//! A screen of small tables: lines of which some can be chosen. Their columns fit the room there is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::input::{Mouse, MouseAction};
use crate::ui::role::Role;
use crate::ui::text::{self, Align};
use crate::ui::view::Look;

/// The commands that move the cursor of a sheet.
pub const COMMANDS: &[&str] =
    &["up", "down", "page-up", "page-down", "half-page-up", "half-page-down", "top", "bottom"];

/// A text and what it means.
pub type Part = (String, Role);

/// A line of a sheet.
#[derive(Clone, Debug)]
pub struct SheetLine<T> {
    /// What it says, from left to right.
    pub parts: Vec<Part>,
    /// What choosing it means.
    pub target: Option<T>,
}

impl<T> SheetLine<T> {
    /// A line that cannot be chosen.
    pub fn of(parts: Vec<Part>) -> Self {
        Self { parts, target: None }
    }

    /// An empty line.
    pub fn blank() -> Self {
        Self::of(Vec::new())
    }

    /// The title of what follows.
    pub fn title(title: &str) -> Self {
        Self::of(vec![(format!("   {title}"), Role::Header)])
    }
}

/// The head of a column.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Its title, in capitals.
    pub title: &'static str,
    /// The side its cells are aligned to.
    pub align: Align,
    /// The most cells it takes.
    pub most: u16,
    /// What is left out first where there is no room: the highest number; 0 stays.
    pub drop: u8,
}

impl Head {
    /// A column of words.
    pub const fn words(title: &'static str, most: u16, drop: u8) -> Self {
        Self { title, align: Align::Left, most, drop }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str, most: u16, drop: u8) -> Self {
        Self { title, align: Align::Right, most, drop }
    }
}

/// No column is made narrower than this for the last one.
const SHORT: u16 = 24;

/// A row: one text for each head, and what choosing it means. The first head has no title: it is the glyph's.
pub type Row<T> = (Vec<Part>, Option<T>);

/// The lines of a table, its header first; empty without rows. The last column takes what is left.
pub fn table<T>(heads: &[Head], rows: Vec<Row<T>>, width: u16) -> Vec<SheetLine<T>> {
    if rows.is_empty() {
        return Vec::new();
    }
    let last = heads.len().saturating_sub(1);
    let wanted = |at: usize, head: &Head| {
        let widest =
            rows.iter().filter_map(|(cells, _)| cells.get(at)).map(|(cell, _)| text::width(cell)).max();
        widest.unwrap_or(0).max(text::width(head.title)).min(head.most)
    };
    let mut widths: Vec<Option<u16>> =
        heads.iter().enumerate().map(|(at, head)| Some(wanted(at, head))).collect();
    // Three cells for the first glyph, two between columns, and something to read in the last one.
    let room = |widths: &[Option<u16>]| {
        let taken: u16 = widths
            .iter()
            .take(last)
            .flatten()
            .map(|width| width.saturating_add(2))
            .fold(0, u16::saturating_add);
        width.saturating_sub(taken.saturating_add(1))
    };
    let least = widths.last().copied().flatten().unwrap_or(0).min((width / 3).max(24));
    while room(&widths) < least {
        let droppable = heads
            .iter()
            .enumerate()
            .take(last)
            .filter(|(at, head)| head.drop > 0 && widths.get(*at).is_some_and(Option::is_some));
        let Some((at, _)) = droppable.max_by_key(|(_, head)| head.drop) else { break };
        if let Some(width) = widths.get_mut(at) {
            *width = None;
        }
    }
    // Then the widest column of words gives way; its cells are cut in the middle, as both ends tell names apart.
    let lacking = least.saturating_sub(room(&widths));
    let widest = widths.iter_mut().take(last).flatten().max_by_key(|width| **width);
    if let Some(width) = widest.filter(|width| **width > SHORT) {
        *width = width.saturating_sub(lacking).max(SHORT);
    }
    let rest = room(&widths);
    if let Some(width) = widths.last_mut() {
        *width = Some(rest);
    }
    let line = |cells: &[Part]| -> Vec<Part> {
        let mut parts = vec![(" ".to_owned(), Role::Text)];
        for (at, ((cell, role), head)) in cells.iter().zip(heads).enumerate() {
            let Some(Some(width)) = widths.get(at) else { continue };
            if at == last {
                parts.push((text::cut(cell, *width, false).into_owned(), *role));
            } else {
                let cell = text::cut_middle(cell, *width, false);
                parts.push((text::fit(&cell, *width, head.align, false), *role));
                parts.push(("  ".to_owned(), Role::Text));
            }
        }
        parts
    };
    let header: Vec<Part> = heads.iter().map(|head| (head.title.to_owned(), Role::Header)).collect();
    let mut lines = vec![SheetLine::of(line(&header))];
    lines.extend(rows.iter().map(|(cells, _)| SheetLine::of(line(cells))));
    for (line, (_, target)) in lines.iter_mut().skip(1).zip(rows) {
        line.target = target;
    }
    lines
}

/// Lines with a cursor among those that can be chosen. The cursor stays on what it means, not on its line.
#[derive(Debug)]
pub struct Sheet<T> {
    lines: Vec<SheetLine<T>>,
    cursor: Option<T>,
    at: usize,
    top: usize,
    height: usize,
}

impl<T> Default for Sheet<T> {
    fn default() -> Self {
        Self { lines: Vec::new(), cursor: None, at: 0, top: 0, height: 0 }
    }
}

impl<T: Clone + PartialEq> Sheet<T> {
    /// Shows other lines.
    pub fn set(&mut self, lines: Vec<SheetLine<T>>) {
        self.lines = lines;
        let same = |line: &SheetLine<T>| line.target.is_some() && line.target == self.cursor;
        match self.lines.iter().position(same) {
            Some(at) => self.at = at,
            None => {
                // What was chosen is gone: the one that took its place, or the nearest before.
                let from = self.at.min(self.lines.len());
                let chooses = |at: &usize| self.lines.get(*at).is_some_and(|line| line.target.is_some());
                let next = (from..self.lines.len()).find(chooses);
                self.at = next.or_else(|| (0..from).rev().find(chooses)).unwrap_or(0);
            }
        }
    }

    /// What is chosen.
    pub fn current(&self) -> Option<&T> {
        self.lines.get(self.at)?.target.as_ref()
    }

    /// Runs one of [`COMMANDS`]; false when it is none of them.
    pub fn command(&mut self, id: &str) -> bool {
        let page = self.height.saturating_sub(2).max(1) as isize;
        match id {
            "up" => self.step(-1),
            "down" => self.step(1),
            "page-up" => self.step(-page),
            "page-down" => self.step(page),
            "half-page-up" => self.step(-(page / 2).max(1)),
            "half-page-down" => self.step((page / 2).max(1)),
            "top" => self.step(isize::MIN),
            "bottom" => self.step(isize::MAX),
            _ => return false,
        }
        true
    }

    /// Moves over so many lines that can be chosen.
    pub fn step(&mut self, by: isize) {
        let stops: Vec<usize> = (0..self.lines.len())
            .filter(|at| self.lines.get(*at).is_some_and(|l| l.target.is_some()))
            .collect();
        let here = stops.partition_point(|stop| *stop < self.at);
        let there = here.saturating_add_signed(by).min(stops.len().saturating_sub(1));
        self.at = stops.get(there).copied().unwrap_or(0);
        self.cursor = self.current().cloned();
        if there == 0 {
            // What stands above the first line that can be chosen is read again.
            self.top = 0;
        }
    }

    /// Chooses a line, if it can be chosen.
    pub fn go_to(&mut self, line: usize) {
        if self.lines.get(line).is_some_and(|line| line.target.is_some()) {
            self.at = line;
            self.cursor = self.current().cloned();
        }
    }

    /// Chooses the line on this row of the screen; false when it cannot be chosen.
    pub fn click(&mut self, row: u16) -> bool {
        let at = self.top + usize::from(row);
        if self.lines.get(at).is_none_or(|line| line.target.is_none()) {
            return false;
        }
        self.at = at;
        self.cursor = self.current().cloned();
        true
    }

    /// Follows the mouse; true when the line under it is to be opened.
    pub fn mouse(&mut self, mouse: Mouse) -> bool {
        match mouse.action {
            MouseAction::WheelUp => self.step(-1),
            MouseAction::WheelDown => self.step(1),
            MouseAction::Click | MouseAction::RightClick => {
                self.click(mouse.row);
            }
            MouseAction::DoubleClick => return self.click(mouse.row),
        }
        false
    }

    /// Fits what is shown to the room there is.
    pub fn prepare(&mut self, height: u16) {
        self.height = usize::from(height);
        self.cursor = self.current().cloned();
        self.top = self.top.min(self.lines.len().saturating_sub(self.height));
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top + self.height {
            self.top = (self.at + 1).saturating_sub(self.height);
        }
    }

    /// Draws the lines.
    pub fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        for ((at, line), y) in self.lines.iter().enumerate().skip(self.top).zip(area.top()..area.bottom()) {
            let row = Rect::new(area.left(), y, area.width, 1);
            let is_chosen = line.target.is_some() && at == self.at;
            let selection = look.style.of(Role::Selection);
            if is_chosen {
                buffer.set_style(row, selection);
            }
            let mut x = row.left();
            for (part, role) in &line.parts {
                let style = look.style.of(*role);
                // A badge keeps its ground: its words are made to be read on that.
                let is_badge =
                    matches!(role, Role::BadgeDevelopment | Role::BadgeStaging | Role::BadgeProduction);
                let style = if is_chosen && !is_badge { style.patch(selection) } else { style };
                x = text::put(buffer, row, x, y, &super::pager::glyphs(part, look.ascii), style);
            }
            // Seen without colour too. The first cell of a line that can be chosen is empty for this.
            if is_chosen {
                let cursor = if look.ascii { ">" } else { "▸" };
                text::put(buffer, row, row.left(), y, cursor, look.style.of(Role::Mark).patch(selection));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lines: &[SheetLine<u8>]) -> Vec<String> {
        let joined =
            |line: &SheetLine<u8>| line.parts.iter().map(|(part, _)| part.as_str()).collect::<String>();
        lines.iter().map(|line| joined(line).trim_end().to_owned()).collect()
    }

    const HEADS: [Head; 4] = [
        Head::words("", 1, 0),
        Head::words("NAME", 20, 0),
        Head::number("PODS", 9, 1),
        Head::words("WHY", 99, 0),
    ];

    fn rows() -> Vec<Row<u8>> {
        let row = |name: &str, pods: &str, why: &str, target| {
            let cells = ["o", name, pods, why].map(|cell| (cell.to_owned(), Role::Text)).to_vec();
            (cells, Some(target))
        };
        vec![row("web", "3/3", "", 1), row("api-server", "10/12", "ImagePullBackOff", 2)]
    }

    #[test]
    fn columns_fit_and_the_least_important_goes_first() {
        assert_eq!(
            words(&table(&HEADS, rows(), 60)),
            [
                "    NAME         PODS  WHY",
                " o  web           3/3",
                " o  api-server  10/12  ImagePullBackOff",
            ]
        );
        assert_eq!(words(&table(&HEADS, rows(), 34))[2], " o  api-server  ImagePullBackOff");
        assert_eq!(words(&table(&HEADS, rows(), 5)).len(), 3);
        assert!(table::<u8>(&HEADS, Vec::new(), 60).is_empty());
    }

    #[test]
    fn the_cursor_follows_what_it_means() {
        let mut sheet = Sheet::default();
        let mut lines = vec![SheetLine::title("X")];
        lines.extend(table(&HEADS, rows(), 60));
        sheet.set(lines);
        sheet.prepare(3);
        assert_eq!(sheet.current(), Some(&1));
        sheet.command("down");
        sheet.command("down");
        assert_eq!(sheet.current(), Some(&2));
        let mut reversed = rows();
        reversed.reverse();
        sheet.set(table(&HEADS, reversed, 60));
        sheet.prepare(3);
        assert_eq!(sheet.current(), Some(&2));
        sheet.set(table(&HEADS, rows().into_iter().take(1).collect(), 60));
        assert_eq!(sheet.current(), Some(&1));
        sheet.set(Vec::new());
        sheet.prepare(0);
        assert_eq!(sheet.current(), None);
        for id in COMMANDS {
            sheet.command(id);
        }
    }
}
