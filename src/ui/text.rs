//! Text on its way to the screen: escaped, measured in terminal cells, cut and padded.
//!
//! Everything that came from outside passes through [`escape`] before it is drawn: no control character, no escape
//! sequence, no direction override and no invisible character reaches the terminal.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Combining marks that one base character may carry: enough for every living script's everyday text, too few to paint
/// over the neighbours.
const MARKS: u32 = 3;

/// Which side the padding goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text starts at the left edge.
    Left,
    /// Text ends at the right edge: numbers.
    Right,
}

/// Makes a text safe to draw. Control characters become their pictures (`␛`, `␊`), characters that reorder or hide
/// text become `�`, and combining marks are bounded. Borrows when there is nothing to do, which is nearly always.
pub fn escape(text: &str) -> Cow<'_, str> {
    // Kubernetes names are ASCII: one pass over the bytes decides almost every call.
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    let mut keep = |c: char| {
        if c.width() == Some(0) && !is_hidden(c) && !c.is_control() {
            marks += 1;
            marks <= MARKS
        } else {
            marks = 0;
            true
        }
    };
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !keep(c) {
            continue;
        }
        match c {
            '\u{7f}' => safe.push('␡'),
            c if (c as u32) < 0x20 => safe.push(char::from_u32(0x2400 + c as u32).unwrap_or('�')),
            // A variation selector only asks for another drawing of the character before it; terminals disagree about
            // the width of the result, so it goes.
            '\u{fe00}'..='\u{fe0f}' => {}
            c if c.is_control() || is_hidden(c) => safe.push('�'),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Characters that are invisible or change the order of others: direction marks and overrides, zero-width spaces and
/// joiners, line separators, tags, interlinear annotations.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// True when a character could command a terminal, hide, or reorder its neighbours: what [`escape`] lets nothing of
/// through.
pub fn is_hostile(c: char) -> bool {
    c.is_control() || is_hidden(c)
}

/// How many terminal cells an escaped text takes.
pub fn width(text: &str) -> u16 {
    if text.is_ascii() {
        return u16::try_from(text.len()).unwrap_or(u16::MAX);
    }
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// An escaped text cut to `max` cells. What was cut ends in `…`, or in `~` where only ASCII is wanted.
pub fn cut(text: &str, max: u16, ascii: bool) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    let head = head(text, max - 1);
    Cow::Owned(format!("{head}{}", if ascii { '~' } else { '…' }))
}

/// An escaped text cut in its middle, where both ends tell things apart: `web-7d9…x2xk`.
pub fn cut_middle(text: &str, max: u16, ascii: bool) -> Cow<'_, str> {
    cut_keeping(text, max, max.saturating_sub(1) / 2, ascii)
}

/// An escaped text cut so that `tail` cells of its end stay: `payments-api-7c…x2x9k`.
pub fn cut_keeping(text: &str, max: u16, tail: u16, ascii: bool) -> Cow<'_, str> {
    if width(text) <= max || max < 5 {
        return cut(text, max, ascii);
    }
    let left = head(text, max - 1 - tail.min(max - 2));
    let room = max - 1 - width(left);
    let mut tail_at = text.len();
    let mut taken = 0;
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        taken += width(grapheme);
        if taken > room {
            break;
        }
        tail_at = at;
    }
    Cow::Owned(format!("{left}{}{}", if ascii { '~' } else { '…' }, text.get(tail_at..).unwrap_or_default()))
}

/// The longest beginning of an escaped text that fits into `max` cells.
pub fn head(text: &str, max: u16) -> &str {
    if text.is_ascii() {
        return text.get(..usize::from(max)).unwrap_or(text);
    }
    let mut taken = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        taken += width(grapheme);
        if taken > max {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

/// Cut or padded to exactly `cells`.
pub fn fit(text: &str, cells: u16, align: Align, ascii: bool) -> String {
    let text = cut(text, cells, ascii);
    let pad = " ".repeat(usize::from(cells.saturating_sub(width(&text))));
    match align {
        Align::Left => format!("{text}{pad}"),
        Align::Right => format!("{pad}{text}"),
    }
}

/// Draws an escaped text at `(x, y)` within `area`, and returns the column after it. What does not fit is cut without
/// a mark; see [`cut`].
pub fn put(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buffer.area);
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return x.min(area.right());
    }
    let room = usize::from(area.right() - x);
    buffer.set_stringn(x, y, text, room, style).0
}

/// Splits an escaped text into lines of at most `cells`, at spaces where there are any.
pub fn wrap(text: &str, cells: u16) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word;
        let needed = width(&line) + u16::from(!line.is_empty()) + width(word);
        if needed > cells && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while width(word) > cells {
            let part = head(word, cells);
            let part = if part.is_empty() { word } else { part };
            lines.push(part.to_owned());
            word = word.get(part.len()..).unwrap_or_default();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A count with separators: `100,000`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_newlines_and_overrides_are_shown_and_not_obeyed() {
        assert_eq!(escape("a\u{1b}[31mred"), "a␛[31mred");
        assert_eq!(escape("one\ntwo\r\t\0"), "one␊two␍␉␀");
        assert_eq!(escape("evil\u{202e}gpj.exe"), "evil�gpj.exe");
        assert_eq!(escape("a\u{200b}b\u{9b}31m"), "a�b�31m");
        assert!(matches!(escape("plain-name-0"), Cow::Borrowed(_)));
    }

    #[test]
    fn combining_marks_are_bounded_and_ordinary_ones_stay() {
        assert_eq!(escape("e\u{301}"), "e\u{301}");
        let zalgo: String = std::iter::once('a').chain(std::iter::repeat_n('\u{300}', 500)).collect();
        assert_eq!(escape(&zalgo).chars().count(), 1 + MARKS as usize);
    }

    #[test]
    fn cutting_counts_cells_and_not_characters() {
        assert_eq!(cut("日本語のポッド", 5, false), "日本…");
        assert_eq!(cut("abcdef", 4, true), "abc~");
        assert_eq!(cut("abc", 3, false), "abc");
        assert_eq!(cut("abc", 0, false), "");
        assert_eq!(cut_middle("web-7d9c5b8f6-x2xk9", 9, false), "web-…2xk9");
        assert_eq!(cut_keeping("payments-api-7cd5d8f6-x2x9k", 21, 5, false), "payments-api-7c…x2x9k");
        assert_eq!(fit("日", 3, Align::Right, false), " 日");
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(100_000), "100,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }

    #[test]
    fn long_words_are_broken_and_short_ones_are_not() {
        assert_eq!(wrap("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 4), [""]);
    }

    proptest! {
        #[test]
        fn whatever_comes_in_nothing_dangerous_comes_out(
            text in any::<String>(),
            cells in 0..40u16,
            tail in 0..50u16,
        ) {
            let safe = escape(&text);
            prop_assert!(!safe.chars().any(|c| c.is_control() || is_hidden(c)));
            prop_assert!(width(&cut(&safe, cells, false)) <= cells);
            prop_assert!(width(&cut_middle(&safe, cells, false)) <= cells);
            prop_assert!(width(&cut_keeping(&safe, cells, tail, false)) <= cells);
            prop_assert_eq!(width(&fit(&safe, cells, Align::Left, false)), cells);
            let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
            put(&mut buffer, Rect::new(0, 0, 20, 1), 3, 0, &safe, Style::default());
        }
    }
}
