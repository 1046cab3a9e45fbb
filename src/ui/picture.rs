//! A frame as text, as text with colours, or as a vector graphic: for docs, tickets and tests.
//!
//! The same buffer gives the same bytes. What cells hold was escaped when it was drawn; here it is escaped once more for
//! the format that it goes into.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::role::Role;
use super::text;
use super::theme::Theme;
use super::theme::colour::{self, Rgb};
use super::view::Styles;

/// Characters alone: one line for each row, without blanks at its end.
pub fn as_text(buffer: &Buffer) -> String {
    let mut picture = String::new();
    for row in rows(buffer) {
        let line: String = row.iter().map(|run| run.text.as_str()).collect();
        picture.push_str(line.trim_end());
        picture.push('\n');
    }
    picture
}

/// Characters with the sequences of ECMA-48 for their colours; every line ends plain.
pub fn as_ansi(buffer: &Buffer) -> String {
    let mut picture = String::new();
    for mut row in rows(buffer) {
        trim_blank_end(&mut row);
        for run in &row {
            if run.look == Look::default() {
                picture.push_str(&run.text);
            } else {
                write(&mut picture, format_args!("\x1b[{}m{}\x1b[0m", run.look.codes(), run.text));
            }
        }
        picture.push('\n');
    }
    picture
}

/// What a vector graphic draws on, where cells name no colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Red, green and blue of text.
    pub ink: (u8, u8, u8),
    /// Red, green and blue of the ground.
    pub ground: (u8, u8, u8),
}

impl Paper {
    /// Light text on a dark ground.
    pub const DARK: Self = Self { ink: (0xd8, 0xde, 0xe9), ground: (0x16, 0x19, 0x21) };
    /// Dark text on a light ground.
    pub const LIGHT: Self = Self { ink: (0x24, 0x29, 0x2f), ground: (0xff, 0xff, 0xff) };

    /// What a theme asks for: its own colours of plain text, else paper that suits it.
    pub fn of(theme: &Theme) -> Self {
        let plain = theme.of(Role::Text);
        let paper = if theme.is_light { Self::LIGHT } else { Self::DARK };
        Self {
            ink: plain.fg.and_then(rgb).unwrap_or(paper.ink),
            ground: plain.bg.and_then(rgb).unwrap_or(paper.ground),
        }
    }
}

/// A cell of the vector graphic, in its units; text is 15 units high, of which a monospaced letter takes 0.6 in width.
const CELL: (u32, u32) = (9, 19);
/// From the top of a cell down to the base line of its text.
const BASE: u32 = 14;
/// Between the frame and the edge.
const MARGIN: u32 = 12;
const FONTS: &str = "ui-monospace,'Cascadia Mono','JetBrains Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/// A vector graphic. Every run of text is held to the cell grid, whatever font is found in the end.
pub fn as_svg(buffer: &Buffer, paper: Paper, title: &str) -> String {
    let (columns, lines) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, lines * CELL.1 + 2 * MARGIN);
    let mut svg = String::new();
    write(
        &mut svg,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONTS}\" font-size=\"15\">\n\
             <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n",
            escaped(title),
            hex(paper.ground)
        ),
    );
    for (y, row) in (0u32..).zip(rows(buffer)) {
        add_grounds(&row, y, paper, &mut svg);
        for run in &row {
            run.add_text(y, paper, &mut svg);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// How cells look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// Neighbouring cells of one row that look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    /// The first column.
    x: u32,
    /// Columns.
    width: u32,
    text: String,
    look: Look,
}

/// The rows of a buffer as runs. A wide character takes the place of the cells it covers.
fn rows(buffer: &Buffer) -> Vec<Vec<Run>> {
    let area = buffer.area;
    let row = |y: u16| {
        let mut runs: Vec<Run> = Vec::new();
        let mut covered = 0;
        for (x, cell) in (0u32..).zip((area.left()..area.right()).filter_map(|x| buffer.cell((x, y)))) {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            let width = u32::from(text::width(cell.symbol())).clamp(1, u32::from(area.width) - x);
            covered = width - 1;
            add_cell(&mut runs, cell, x, width);
        }
        runs
    };
    (area.top()..area.bottom()).map(row).collect()
}

fn add_cell(runs: &mut Vec<Run>, cell: &Cell, x: u32, width: u32) {
    let look = Look { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
    let symbol = if look.modifier.contains(Modifier::HIDDEN) { " " } else { cell.symbol() };
    match runs.last_mut() {
        Some(run) if run.look == look => {
            run.text.push_str(symbol);
            run.width += width;
        }
        _ => runs.push(Run { x, width, text: symbol.to_owned(), look }),
    }
}

/// Takes blanks without a look of their own from the end of a row.
fn trim_blank_end(row: &mut Vec<Run>) {
    if let Some(last) = row.last_mut()
        && last.look == Look::default()
    {
        last.text.truncate(last.text.trim_end_matches(' ').len());
        if last.text.is_empty() {
            row.pop();
        }
    }
}

impl Look {
    /// The parameters of *select graphic rendition*.
    fn codes(self) -> String {
        let mut codes: Vec<String> = Vec::new();
        let modifiers = [
            (Modifier::BOLD, "1"),
            (Modifier::DIM, "2"),
            (Modifier::ITALIC, "3"),
            (Modifier::UNDERLINED, "4"),
            (Modifier::REVERSED, "7"),
            (Modifier::CROSSED_OUT, "9"),
        ];
        codes.extend(
            modifiers.iter().filter(|(m, _)| self.modifier.contains(*m)).map(|(_, code)| (*code).to_owned()),
        );
        codes.extend(colour_code(self.fg, 30));
        codes.extend(colour_code(self.bg, 40));
        codes.join(";")
    }

    fn has(self, modifier: Modifier) -> bool {
        self.modifier.contains(modifier)
    }

    fn ink(self, paper: Paper) -> (u8, u8, u8) {
        let (ink, ground) = self.unreversed(paper);
        let (ink, ground) = if self.has(Modifier::REVERSED) { (ground, ink) } else { (ink, ground) };
        if !self.has(Modifier::DIM) {
            return ink;
        }
        let half = |a: u8, b: u8| u8::midpoint(a, b);
        (half(ink.0, ground.0), half(ink.1, ground.1), half(ink.2, ground.2))
    }

    fn ground(self, paper: Paper) -> (u8, u8, u8) {
        let (ink, ground) = self.unreversed(paper);
        if self.has(Modifier::REVERSED) { ink } else { ground }
    }

    fn unreversed(self, paper: Paper) -> ((u8, u8, u8), (u8, u8, u8)) {
        (rgb(self.fg).unwrap_or(paper.ink), rgb(self.bg).unwrap_or(paper.ground))
    }
}

/// `base` is 30 for text and 40 for the ground.
fn colour_code(colour: Color, base: u8) -> Option<String> {
    let sixteen = |index: u8| if index < 8 { base + index } else { base + 60 + index - 8 };
    match colour {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some(format!("{};2;{r};{g};{b}", base + 8)),
        Color::Indexed(index) => Some(format!("{};5;{index}", base + 8)),
        named => colour::index_of(named).map(|index| sixteen(index).to_string()),
    }
}

/// What a terminal with xterm's palette shows; nothing for the terminal's own colour.
fn rgb(colour: Color) -> Option<(u8, u8, u8)> {
    colour::shown(colour).map(|Rgb(r, g, b)| (r, g, b))
}

/// The grounds of a row that differ from the paper; neighbours of one colour are one rectangle.
fn add_grounds(row: &[Run], y: u32, paper: Paper, svg: &mut String) {
    for same in row.chunk_by(|a, b| a.look.ground(paper) == b.look.ground(paper)) {
        let Some(first) = same.first().filter(|run| run.look.ground(paper) != paper.ground) else { continue };
        let (x, y) = (MARGIN + first.x * CELL.0, MARGIN + y * CELL.1);
        let width = same.iter().map(|run| run.width).sum::<u32>() * CELL.0;
        let (height, fill) = (CELL.1, hex(first.look.ground(paper)));
        write(
            svg,
            format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>\n"
            ),
        );
    }
}

impl Run {
    fn add_text(&self, y: u32, paper: Paper, svg: &mut String) {
        let mut style = String::new();
        if self.look.has(Modifier::BOLD) {
            style.push_str(" font-weight=\"bold\"");
        }
        if self.look.has(Modifier::ITALIC) {
            style.push_str(" font-style=\"italic\"");
        }
        let lines = match (self.look.has(Modifier::UNDERLINED), self.look.has(Modifier::CROSSED_OUT)) {
            (true, true) => " text-decoration=\"underline line-through\"",
            (true, false) => " text-decoration=\"underline\"",
            (false, true) => " text-decoration=\"line-through\"",
            (false, false) => "",
        };
        style.push_str(lines);
        let fill = hex(self.look.ink(paper));
        for (column, width, words) in self.pieces(!lines.is_empty()) {
            let (x, y) = (MARGIN + column * CELL.0, MARGIN + y * CELL.1 + BASE);
            let length = width * CELL.0;
            write(
                svg,
                format_args!(
                    "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" \
                     xml:space=\"preserve\" fill=\"{fill}\"{style}>{}</text>\n",
                    escaped(words)
                ),
            );
        }
    }

    /// Column, width and text of what is drawn together. Words of ASCII keep the grid by themselves, and so does one
    /// character repeated (rules, bars); all else may come from fonts with widths of their own and is placed alone.
    fn pieces(&self, with_blanks: bool) -> Vec<(u32, u32, &str)> {
        use unicode_segmentation::UnicodeSegmentation as _;
        let mut pieces: Vec<(u32, u32, &str)> = Vec::new();
        // Where the last piece begins and the symbol it ends with, while more can be added to it.
        let mut open: Option<(usize, &str)> = None;
        let mut column = self.x;
        for (at, symbol) in self.text.grapheme_indices(true) {
            let width = u32::from(text::width(symbol)).max(1);
            if symbol == " " && !with_blanks {
                open = None;
                column += width;
                continue;
            }
            let begin = open
                .filter(|(_, last)| *last == symbol || last.is_ascii() && symbol.is_ascii())
                .map_or(at, |(begin, _)| begin);
            match (self.text.get(begin..at + symbol.len()), pieces.last_mut()) {
                (Some(longer), Some(piece)) if begin < at => *piece = (piece.0, piece.1 + width, longer),
                _ => pieces.push((column, width, symbol)),
            }
            open = Some((begin, symbol));
            column += width;
        }
        pieces
    }
}

fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Text for XML. What XML 1.0 cannot hold at all is shown as a replacement.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Writing to a text cannot fail.
fn write(to: &mut String, what: std::fmt::Arguments<'_>) {
    let _infallible = to.write_fmt(what);
}

#[cfg(test)]
#[path = "picture/tests.rs"]
mod tests;
