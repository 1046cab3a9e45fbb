//! Colours that a program wrote into its log.
//!
//! Only *select graphic rendition* (`ESC [ … m`) means something here, and it becomes a style, never bytes. All other
//! sequences are left out whole; other control characters become their pictures.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::style::{Color, Modifier, Style};

use crate::ui::text;

/// Tabs stop every so many cells.
const TAB: u16 = 8;

/// A line that is safe to draw, with the styles that the program asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Painted {
    /// What it says, escaped.
    pub text: String,
    /// Which bytes of the text look different from plain, in order.
    pub runs: Vec<(Range<usize>, Style)>,
}

/// Interprets a line.
pub fn paint(line: &str) -> Painted {
    let mut painted = Painted::default();
    let mut style = Style::new();
    let mut column = 0;
    pieces(line, |piece| match piece {
        Piece::Text(text) => {
            let start = painted.text.len();
            push_safe(&mut painted.text, &mut column, text);
            if style != Style::new() && painted.text.len() > start {
                painted.runs.push((start..painted.text.len(), style));
            }
        }
        Piece::Rendition(parameters) => style = rendition(style, parameters),
    });
    painted
}

/// The words of a line without its sequences, for filters and for files. Borrows when there is none.
pub fn strip(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    pieces(line, |piece| {
        if let Piece::Text(text) = piece {
            plain.push_str(text);
        }
    });
    Cow::Owned(plain)
}

/// `column` is where the next character goes; kept along so that a line of tabs is not measured again for each.
fn push_safe(out: &mut String, column: &mut u16, text: &str) {
    for (at, part) in text.split('\t').enumerate() {
        if at > 0 {
            let cells = TAB - *column % TAB;
            out.extend(std::iter::repeat_n(' ', usize::from(cells)));
            *column = column.saturating_add(cells);
        }
        let part = text::escape(part);
        *column = column.saturating_add(text::width(&part));
        out.push_str(&part);
    }
}

enum Piece<'l> {
    Text(&'l str),
    Rendition(&'l str),
}

fn pieces<'l>(line: &'l str, mut each: impl FnMut(Piece<'l>)) {
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        let (text, sequence) = rest.split_at(at);
        if !text.is_empty() {
            each(Piece::Text(text));
        }
        let body = sequence.get(1..).unwrap_or_default();
        rest = match body.bytes().next() {
            Some(b'[') => {
                let body = body.get(1..).unwrap_or_default();
                // ECMA-48: parameters and intermediates are 0x20–0x3f, the final byte is 0x40–0x7e.
                let end = body.find(|c: char| !('\u{20}'..='\u{3f}').contains(&c)).unwrap_or(body.len());
                let (parameters, after) = body.split_at(end);
                match after.bytes().next() {
                    Some(b'm') => {
                        each(Piece::Rendition(parameters));
                        after.get(1..).unwrap_or_default()
                    }
                    Some(0x40..=0x7e) => after.get(1..).unwrap_or_default(),
                    _ => after,
                }
            }
            // Strings for the terminal (titles, clipboards, links, device control) end with BEL or ESC \.
            Some(b']' | b'P' | b'X' | b'^' | b'_') => {
                let end = body.find(['\u{7}', '\u{1b}', '\u{9c}']).unwrap_or(body.len());
                let after = body.get(end..).unwrap_or_default();
                match after.strip_prefix("\u{1b}\\") {
                    Some(after) => after,
                    None if after.starts_with('\u{1b}') => after,
                    None => after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
                }
            }
            // ESC with intermediates (character sets), or one byte more.
            Some(0x20..=0x2f) => {
                let after = body.trim_start_matches(|c: char| ('\u{20}'..='\u{2f}').contains(&c));
                skip_final(after)
            }
            Some(0x30..=0x7e) => skip_final(body),
            _ => body,
        };
    }
    if !rest.is_empty() {
        each(Piece::Text(rest));
    }
}

fn skip_final(text: &str) -> &str {
    match text.bytes().next() {
        Some(0x30..=0x7e) => text.get(1..).unwrap_or_default(),
        _ => text,
    }
}

fn rendition(mut style: Style, parameters: &str) -> Style {
    if parameters.contains(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':')) {
        return style;
    }
    let mut codes = parameters.split([';', ':']).map(|code| code.parse::<u16>().unwrap_or(0));
    while let Some(code) = codes.next() {
        style = match code {
            0 => Style::new(),
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            9 => style.add_modifier(Modifier::CROSSED_OUT),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            23 => style.remove_modifier(Modifier::ITALIC),
            24 => style.remove_modifier(Modifier::UNDERLINED),
            27 => style.remove_modifier(Modifier::REVERSED),
            29 => style.remove_modifier(Modifier::CROSSED_OUT),
            30..=37 => style.fg(basic(code - 30)),
            38 => colour(&mut codes).map_or(style, |c| style.fg(c)),
            39 => Style { fg: None, ..style },
            40..=47 => style.bg(basic(code - 40)),
            48 => colour(&mut codes).map_or(style, |c| style.bg(c)),
            49 => Style { bg: None, ..style },
            90..=97 => style.fg(basic(code - 90 + 8)),
            100..=107 => style.bg(basic(code - 100 + 8)),
            // Blinking and concealment are left out: a log may not hide words or flicker.
            _ => style,
        };
    }
    style
}

fn colour(codes: &mut impl Iterator<Item = u16>) -> Option<Color> {
    let byte = |code: Option<u16>| code.and_then(|code| u8::try_from(code).ok());
    match codes.next()? {
        5 => byte(codes.next()).map(Color::Indexed),
        2 => Some(Color::Rgb(byte(codes.next())?, byte(codes.next())?, byte(codes.next())?)),
        _ => None,
    }
}

/// The sixteen colours by name, so that the terminal's own palette decides.
fn basic(index: u16) -> Color {
    match index {
        0 => Color::Black,
        1 => Color::Red,
        2 => Color::Green,
        3 => Color::Yellow,
        4 => Color::Blue,
        5 => Color::Magenta,
        6 => Color::Cyan,
        7 => Color::Gray,
        8 => Color::DarkGray,
        9 => Color::LightRed,
        10 => Color::LightGreen,
        11 => Color::LightYellow,
        12 => Color::LightBlue,
        13 => Color::LightMagenta,
        14 => Color::LightCyan,
        _ => Color::White,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_become_styles() {
        let painted = paint("\u{1b}[1;31mERROR\u{1b}[0m disk \u{1b}[38;5;208mfull\u{1b}[39m!");
        assert_eq!(painted.text, "ERROR disk full!");
        assert_eq!(painted.runs[0], (0..5, Style::new().fg(Color::Red).add_modifier(Modifier::BOLD)));
        assert_eq!(painted.runs[1], (11..15, Style::new().fg(Color::Indexed(208))));
        assert_eq!(painted.runs.len(), 2);
        assert_eq!(paint("\u{1b}[38;2;1;2;3mx").runs[0].1.fg, Some(Color::Rgb(1, 2, 3)));
    }

    #[test]
    fn everything_else_is_left_out_whole() {
        assert_eq!(paint("a\u{1b}[2Jb\u{1b}[1;1Hc").text, "abc");
        assert_eq!(paint("a\u{1b}]0;title\u{7}b").text, "ab");
        assert_eq!(paint("a\u{1b}]52;c;cGF5\u{1b}\\b").text, "ab");
        assert_eq!(paint("a\u{1b}(Bb\u{1b}cc").text, "abc");
        assert_eq!(paint("cut\u{1b}").text, "cut");
        assert_eq!(paint("cut\u{1b}[31").text, "cut");
        assert_eq!(paint("bell\u{7} and\r").text, "bell␇ and␍");
        assert_eq!(paint("\u{1b}[?25lx").runs, []);
    }

    #[test]
    fn tabs_line_up() {
        assert_eq!(paint("a\tb").text, "a       b");
        assert_eq!(paint("12345678\tb").text, "12345678        b");
    }

    #[test]
    fn a_plain_line_is_not_copied() {
        assert!(matches!(strip("GET / 200"), Cow::Borrowed(_)));
        assert_eq!(strip("\u{1b}[32mok\u{1b}[0m"), "ok");
    }

    proptest! {
        #[test]
        fn no_control_character_survives(line in "[\u{0}-\u{9f}äm\\[\\]0-9;]{0,60}") {
            let painted = paint(&line);
            prop_assert!(!painted.text.chars().any(char::is_control), "{:?}", painted.text);
            for (range, _) in painted.runs {
                prop_assert!(painted.text.get(range).is_some());
            }
        }
    }
}
