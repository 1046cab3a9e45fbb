//! From the bytes of a terminal to keys, mouse and pasted text. Pure: time is passed in.
//!
//! Covers what xterm, its heirs, tmux, screen, rxvt and the Linux console send, and the two newer encodings of
//! modified keys (`CSI u`, `modifyOtherKeys`) in case somebody left them on. Sequences that mean nothing here are
//! swallowed whole, so that they never turn into commands.

use std::time::{Duration, Instant};

use super::capability::Background;
use super::input::InputEvent;
use crate::ui::input::{Key, KeyCode, Mouse, MouseAction};

/// How long a lone escape may be the beginning of a sequence: they are sent in one piece, but ssh may cut them.
pub const ESCAPE_TIMEOUT: Duration = Duration::from_millis(20);
/// The second click of a double click comes within this.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);
/// A paste is cut here; nobody pastes more into a filter.
const LARGEST_PASTE: usize = 1 << 20;
/// No sequence of interest is longer; what is gets swallowed.
const LONGEST_SEQUENCE: usize = 256;

const ESC: u8 = 0x1b;

/// Turns bytes into events. Keeps what is not complete yet.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    paste: Option<Vec<u8>>,
    last_click: Option<(Instant, u16, u16)>,
}

/// What a beginning of the pending bytes is.
enum Step {
    /// So many bytes are this event.
    Event(usize, Option<InputEvent>),
    /// So many bytes begin a paste.
    PasteBegins(usize),
    /// More bytes are needed.
    Incomplete,
}

impl Decoder {
    /// Takes bytes that arrived now.
    pub fn feed(&mut self, bytes: &[u8], now: Instant, events: &mut Vec<InputEvent>) {
        self.pending.extend_from_slice(bytes);
        loop {
            if self.paste.is_some() {
                if !self.take_paste(events) {
                    return;
                }
                continue;
            }
            match step(&self.pending) {
                Step::Event(length, event) => {
                    self.pending.drain(..length.clamp(1, self.pending.len()));
                    events.extend(event.map(|event| self.with_double_clicks(event, now)));
                }
                Step::PasteBegins(length) => {
                    self.pending.drain(..length.min(self.pending.len()));
                    self.paste = Some(Vec::new());
                }
                Step::Incomplete if self.pending.len() > LONGEST_SEQUENCE => {
                    self.pending.clear();
                }
                Step::Incomplete => return,
            }
        }
    }

    /// True when an escape waits for its sequence; [`Decoder::give_up`] is due after [`ESCAPE_TIMEOUT`].
    pub fn is_waiting(&self) -> bool {
        self.paste.is_none() && !self.pending.is_empty()
    }

    /// Nothing followed: what waits is what it looks like.
    pub fn give_up(&mut self, events: &mut Vec<InputEvent>) {
        if !self.is_waiting() {
            return;
        }
        let pending = std::mem::take(&mut self.pending);
        let key = match pending.as_slice() {
            [ESC] => Some(Key::plain(KeyCode::Esc)),
            [ESC, byte @ (b'[' | b'O' | b']')] => Some(Key { alt: true, ..Key::char(char::from(*byte)) }),
            _ => None,
        };
        events.extend(key.map(InputEvent::Key));
    }

    /// Moves pasted bytes over; true when the paste has ended.
    fn take_paste(&mut self, events: &mut Vec<InputEvent>) -> bool {
        const END: &[u8] = b"\x1b[201~";
        let Some(paste) = &mut self.paste else { return true };
        let end = self.pending.windows(END.len()).position(|window| window == END);
        // Without an end the last bytes may be the beginning of it.
        let take = end.unwrap_or_else(|| (self.pending.len() + 1).saturating_sub(END.len()));
        let room = LARGEST_PASTE.saturating_sub(paste.len());
        paste.extend(self.pending.drain(..take).take(room));
        if end.is_none() {
            return false;
        }
        self.pending.drain(..END.len());
        let text = String::from_utf8_lossy(&std::mem::take(paste)).replace("\r\n", "\n").replace('\r', "\n");
        self.paste = None;
        events.push(InputEvent::Paste(text));
        true
    }

    fn with_double_clicks(&mut self, event: InputEvent, now: Instant) -> InputEvent {
        let InputEvent::Mouse(mouse) = event else { return event };
        if mouse.action != MouseAction::Click {
            self.last_click = None;
            return event;
        }
        let again = self.last_click.take().is_some_and(|(at, column, row)| {
            (column, row) == (mouse.column, mouse.row) && now.saturating_duration_since(at) <= DOUBLE_CLICK
        });
        if again {
            return InputEvent::Mouse(Mouse { action: MouseAction::DoubleClick, ..mouse });
        }
        self.last_click = Some((now, mouse.column, mouse.row));
        event
    }
}

/// Looks at the beginning of what is pending.
fn step(bytes: &[u8]) -> Step {
    match bytes {
        [] | [ESC] => Step::Incomplete,
        [ESC, ESC, ..] => Step::Event(1, Some(InputEvent::Key(Key::plain(KeyCode::Esc)))),
        [ESC, b'[', b'[', rest @ ..] => linux_console(rest),
        [ESC, b'[', rest @ ..] => control_sequence(rest),
        [ESC, b'O', rest @ ..] => single_shift(rest),
        [ESC, b']', rest @ ..] => system_command(rest),
        [ESC, rest @ ..] => match character(rest) {
            Step::Event(length, Some(InputEvent::Key(key))) => {
                Step::Event(length + 1, Some(InputEvent::Key(Key { alt: true, ..key })))
            }
            Step::Event(length, event) => Step::Event(length + 1, event),
            other => other,
        },
        bytes => character(bytes),
    }
}

/// A control character or a character in UTF-8.
fn character(bytes: &[u8]) -> Step {
    let key = |key| Step::Event(1, Some(InputEvent::Key(key)));
    let Some(&first) = bytes.first() else { return Step::Incomplete };
    match first {
        b'\r' => key(Key::plain(KeyCode::Enter)),
        b'\t' => key(Key::plain(KeyCode::Tab)),
        // Some terminals send one for Backspace, some the other.
        0x7f | 0x08 => key(Key::plain(KeyCode::Backspace)),
        0 => key(Key::ctrl(' ')),
        byte @ 0x01..=0x1a => key(Key::ctrl(char::from(byte + b'a' - 1))),
        byte @ 0x1c..=0x1f => key(Key::ctrl(char::from(byte + b'4' - 0x1c))),
        byte @ 0x20..=0x7e => key(Key::char(char::from(byte))),
        byte => {
            let length = match byte {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                // Not UTF-8.
                _ => return Step::Event(1, None),
            };
            match bytes.get(..length) {
                Some(encoded) => match std::str::from_utf8(encoded).ok().and_then(|text| text.chars().next())
                {
                    Some(c) if !c.is_control() => Step::Event(length, Some(InputEvent::Key(Key::char(c)))),
                    Some(_) => Step::Event(length, None),
                    None => Step::Event(1, None),
                },
                None if bytes.iter().skip(1).all(|byte| byte & 0xc0 == 0x80) => Step::Incomplete,
                None => Step::Event(1, None),
            }
        }
    }
}

/// `ESC [ [ A` to `E`: F1 to F5 of the Linux console.
fn linux_console(rest: &[u8]) -> Step {
    match rest.first() {
        None => Step::Incomplete,
        Some(byte @ b'A'..=b'E') => plain(4, KeyCode::F(byte - b'A' + 1)),
        Some(_) => Step::Event(4, None),
    }
}

/// `ESC O x`: cursor and keypad keys in application mode.
fn single_shift(rest: &[u8]) -> Step {
    let Some(&byte) = rest.first() else { return Step::Incomplete };
    match byte {
        b'M' => plain(3, KeyCode::Enter),
        b'P'..=b'S' => plain(3, KeyCode::F(byte - b'P' + 1)),
        // The digits and signs of the keypad.
        b'j'..=b'y' => Step::Event(3, Some(InputEvent::Key(Key::char(char::from(byte - 0x40))))),
        byte => match cursor_key(byte) {
            Some(code) => plain(3, code),
            // Escape or Alt with O, and then something else.
            None => Step::Event(2, Some(InputEvent::Key(Key { alt: true, ..Key::char('O') }))),
        },
    }
}

fn plain(length: usize, code: KeyCode) -> Step {
    Step::Event(length, Some(InputEvent::Key(Key::plain(code))))
}

fn cursor_key(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        _ => return None,
    })
}

/// `ESC ] … BEL` or `ESC ] … ESC \`: an answer about the terminal.
fn system_command(rest: &[u8]) -> Step {
    for (index, &byte) in rest.iter().enumerate() {
        let ended = match byte {
            0x07 | 0x9c => index + 1,
            ESC if rest.get(index + 1) == Some(&b'\\') => index + 2,
            ESC if rest.get(index + 1).is_none() => return Step::Incomplete,
            ESC => return Step::Event(2 + index, None),
            _ => continue,
        };
        let text = rest.get(..index).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
        let background = text.strip_prefix("11;").and_then(Background::by_colour);
        return Step::Event(2 + ended, background.map(InputEvent::Background));
    }
    Step::Incomplete
}

/// `ESC [ parameters intermediates final`
fn control_sequence(rest: &[u8]) -> Step {
    // Mouse reports of terminals that know nothing newer: three raw bytes follow.
    if let [b'M', raw @ ..] = rest {
        return if raw.len() < 3 { Step::Incomplete } else { Step::Event(6, None) };
    }
    let Some(end) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return Step::Incomplete;
    };
    let (Some(parameters), Some(&last)) = (rest.get(..end), rest.get(end)) else { return Step::Incomplete };
    let length = 2 + end + 1;
    if !(0x40..=0x7e).contains(&last) {
        // Broken off: what broke it begins something new.
        return Step::Event(length - 1, None);
    }
    if let Some(report) = parameters.strip_prefix(b"<") {
        return Step::Event(length, mouse(report, last).map(InputEvent::Mouse));
    }
    if !parameters.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')) {
        return Step::Event(length, None);
    }
    let numbers = numbers(parameters);
    let number = |index: usize| numbers.get(index).copied().flatten();
    if last == b'~' && number(0) == Some(200) {
        return Step::PasteBegins(length);
    }
    Step::Event(length, key(last, number(0), number(1), number(2)).map(InputEvent::Key))
}

/// The parameters between semicolons; of those with parts (`a:b`) the first.
fn numbers(parameters: &[u8]) -> Vec<Option<u32>> {
    let number =
        |text: &[u8]| std::str::from_utf8(text.split(|byte| *byte == b':').next()?).ok()?.parse().ok();
    parameters.split(|byte| *byte == b';').map(number).collect()
}

fn key(last: u8, first: Option<u32>, second: Option<u32>, third: Option<u32>) -> Option<Key> {
    match last {
        b'Z' => Some(Key { shift: true, ..Key::plain(KeyCode::Tab) }),
        b'P'..=b'S' => Some(modified(KeyCode::F(last - b'P' + 1), second)),
        b'u' => coded(first?, second),
        // modifyOtherKeys: 27 ; modifiers ; code ~
        b'~' if first == Some(27) => coded(third?, second),
        b'~' => {
            let code = match first? {
                1 | 7 => KeyCode::Home,
                2 => KeyCode::Insert,
                3 => KeyCode::Delete,
                4 | 8 => KeyCode::End,
                5 => KeyCode::PageUp,
                6 => KeyCode::PageDown,
                number @ 11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
                number @ 17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
                number @ 23..=26 => KeyCode::F(u8::try_from(number - 12).ok()?),
                number @ 28..=29 => KeyCode::F(u8::try_from(number - 13).ok()?),
                number @ 31..=34 => KeyCode::F(u8::try_from(number - 14).ok()?),
                _ => return None,
            };
            Some(modified(code, second))
        }
        last => Some(modified(cursor_key(last)?, second)),
    }
}

/// A key by its Unicode code point.
fn coded(code: u32, modifiers: Option<u32>) -> Option<Key> {
    let code = match code {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        code => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    };
    Some(modified(code, modifiers))
}

/// Modifiers are sent as one more than their bits: shift 1, alt 2, control 4.
fn modified(code: KeyCode, modifiers: Option<u32>) -> Key {
    let bits = modifiers.unwrap_or(1).saturating_sub(1);
    let (shift, alt, ctrl) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
    match code {
        // A letter carries its case; what Shift makes of other characters is for the terminal to know.
        KeyCode::Char(c) => {
            let c = if shift && !ctrl { c.to_ascii_uppercase() } else { c };
            Key { code: KeyCode::Char(c), ctrl, alt, shift: false }
        }
        code => Key { code, ctrl, alt, shift },
    }
}

/// `ESC [ < button ; column ; row M`; a lower-case `m` is a release.
fn mouse(report: &[u8], last: u8) -> Option<Mouse> {
    const MOTION: u32 = 32;
    let [Some(button), Some(column), Some(row)] = numbers(report)[..] else { return None };
    if last != b'M' || button & MOTION != 0 {
        return None;
    }
    let without_modifiers = button & !(4 | 8 | 16);
    let action = match without_modifiers {
        0 => MouseAction::Click,
        2 => MouseAction::RightClick,
        64 => MouseAction::WheelUp,
        65 => MouseAction::WheelDown,
        _ => return None,
    };
    let cell = |number: u32| u16::try_from(number.checked_sub(1)?).ok();
    Some(Mouse { column: cell(column)?, row: cell(row)?, action })
}

#[cfg(test)]
#[path = "decode/tests.rs"]
mod tests;
