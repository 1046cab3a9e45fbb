//! The palette: one line that reaches every view, kind, cluster, namespace, object and command.
//!
//! Enter runs what is typed when that is a line, a name or the beginning of one name alone, and the row that the user
//! went to; Tab takes the completion; nothing happens by surprise.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::overlay::{Ask, Overlay, panel};
use crate::ui::fuzzy::Fuzzy;
use crate::ui::input::{Key, KeyCode, Mouse, MouseAction};
use crate::ui::line::{Line, Typed};
use crate::ui::role::Role;
use crate::ui::text::{cut, escape, put, width};
use crate::ui::view::Look;

/// Lines of the list on screen.
const SHOWN: u16 = 12;

/// What a thing in the palette is; in this order where they match equally well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    View,
    Kind,
    Cluster,
    Namespace,
    Command,
    Object,
}

impl Sort {
    fn word(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Kind => "kind",
            Self::Cluster => "cluster",
            Self::Namespace => "namespace",
            Self::Command => "command",
            Self::Object => "object",
        }
    }
}

/// One thing that the palette reaches.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) sort: Sort,
    /// What is typed to reach it.
    pub(super) label: String,
    /// Other names that it is found by.
    pub(super) aliases: Vec<String>,
    pub(super) detail: String,
    pub(super) ask: Ask,
}

impl Item {
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.label.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

fn begins_with(name: &str, typed: &str) -> bool {
    let (mut name, mut typed) =
        (name.chars().flat_map(char::to_lowercase), typed.chars().flat_map(char::to_lowercase));
    typed.all(|letter| name.next() == Some(letter))
}

pub(super) struct Palette {
    items: Vec<Item>,
    /// Names that may follow a view: namespaces and `@clusters`.
    places: Vec<String>,
    line: Line,
    /// Items by number, or lines made of the first word and a place.
    matching: Vec<Match>,
    row: usize,
    /// The user moved in the list: Enter means what is selected.
    has_moved: bool,
    history: Vec<String>,
    /// How far back in the history, from 1 on.
    recalled: usize,
    /// Why Enter did nothing.
    refused: Option<String>,
}

#[derive(Clone, Debug)]
enum Match {
    Item(usize),
    Line(String),
}

impl Palette {
    pub(super) fn new(items: Vec<Item>, places: Vec<String>, history: &[String], typed: &str) -> Self {
        let mut palette = Self {
            items,
            places,
            line: Line::new(typed),
            matching: Vec::new(),
            row: 0,
            has_moved: false,
            history: history.to_vec(),
            recalled: 0,
            refused: None,
        };
        palette.narrow();
        palette
    }

    fn narrow(&mut self) {
        self.row = 0;
        self.refused = None;
        self.has_moved = false;
        let typed = self.line.text().trim_start();
        if let Some((first, rest)) = typed.split_once(' ')
            && !first.is_empty()
        {
            self.matching = self.places_after(first, rest);
            return;
        }
        let mut fuzzy = Fuzzy::new(typed);
        let mut scored: Vec<(u8, Reverse<u32>, Sort, usize)> = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let names = || std::iter::once(&item.label).chain(&item.aliases);
            // What was typed in full comes first, then what begins with it: `po` is pods, whatever else has p and o.
            let exactness = match typed {
                "" => 2,
                _ if names().any(|name| name.eq_ignore_ascii_case(typed)) => 0,
                _ if item.sort != Sort::Object && item.label.starts_with(typed) => 1,
                _ => 2,
            };
            let score = names().filter_map(|name| fuzzy.score(name)).max();
            if let Some(score) = score.or((exactness < 2).then_some(0)) {
                scored.push((exactness, Reverse(score), item.sort, at));
            }
        }
        scored.sort_unstable();
        self.matching = scored.into_iter().map(|(.., at)| Match::Item(at)).take(200).collect();
    }

    /// `pods st` → `pods staging`.
    fn places_after(&self, first: &str, rest: &str) -> Vec<Match> {
        let (before, last) = rest.rsplit_once(' ').map_or(("", rest), |(before, last)| (before, last));
        let mut fuzzy = Fuzzy::new(last);
        let mut scored: Vec<(Reverse<u32>, &String)> =
            self.places.iter().filter_map(|place| Some((Reverse(fuzzy.score(place)?), place))).collect();
        scored.sort_by_key(|(score, _)| *score);
        let space = if before.is_empty() { "" } else { " " };
        let line = |place: &String| Match::Line(format!("{first} {before}{space}{place}"));
        scored.into_iter().take(50).map(|(_, place)| line(place)).collect()
    }

    fn label<'p>(&'p self, matched: &'p Match) -> &'p str {
        match matched {
            Match::Item(at) => self.items.get(*at).map_or("", |item| &item.label),
            Match::Line(line) => line,
        }
    }

    /// What Tab would put behind what is typed.
    fn ghost(&self) -> Option<&str> {
        let typed = self.line.text();
        let matched = self.matching.get(self.row).filter(|_| !typed.is_empty() && self.line.is_at_end())?;
        let is_object =
            matches!(matched, Match::Item(at) if self.items.get(*at).is_some_and(|i| i.sort == Sort::Object));
        self.label(matched).strip_prefix(typed).filter(|rest| !rest.is_empty() && !is_object)
    }

    fn accept_ghost(&mut self) {
        if let Some(matched) = self.matching.get(self.row) {
            let label = self.label(matched).to_owned();
            self.line.set(&label);
            self.narrow();
        }
    }

    fn moved(&mut self, step: isize) {
        self.refused = None;
        self.has_moved = true;
        self.row = self.row.saturating_add_signed(step).min(self.matching.len().saturating_sub(1));
    }

    fn recall(&mut self, step: isize) {
        self.recalled = self.recalled.saturating_add_signed(step).min(self.history.len());
        let line = self.history.len().checked_sub(self.recalled).and_then(|at| self.history.get(at));
        let line = line.cloned().unwrap_or_default();
        self.line.set(&line);
        self.narrow();
    }

    /// What Enter means: the row that the user went to, else what is typed. A word is a name, the beginning of one name
    /// alone, or unknown; what only looks like it is never run unasked.
    fn run(&mut self) -> Ask {
        let typed = self.line.text().trim().to_owned();
        if self.has_moved {
            return match self.matching.get(self.row) {
                Some(Match::Item(at)) => self.items.get(*at).map_or(Ask::Close, |item| item.ask.clone()),
                Some(Match::Line(line)) => Ask::Line(line.clone()),
                None => Ask::Close,
            };
        }
        if typed.is_empty() {
            return Ask::Close;
        }
        let is_named = |item: &Item| {
            item.sort != Sort::Object && item.names().any(|name| name.eq_ignore_ascii_case(&typed))
        };
        if typed.contains(' ') || self.items.iter().any(is_named) {
            return Ask::Line(typed);
        }
        let begins = |item: &&Item| item.names().any(|name| begins_with(name, &typed));
        let mut begun: Vec<&Item> = self.items.iter().filter(begins).collect();
        // An object is looked for where nothing else begins so.
        if begun.iter().any(|item| item.sort != Sort::Object) {
            begun.retain(|item| item.sort != Sort::Object);
        }
        let mut labels: Vec<&str> = Vec::new();
        for item in &begun {
            if !labels.contains(&item.label.as_str()) {
                labels.push(&item.label);
            }
        }
        match (begun.first(), labels.as_slice()) {
            (Some(only), [_]) => only.ask.clone(),
            (None, _) => Ask::Line(typed),
            (Some(_), labels) => {
                let some: Vec<&str> = labels.iter().take(3).copied().collect();
                let more = if labels.len() > some.len() { ", …" } else { "" };
                self.refused = Some(format!("may be {}{more}: choose one", some.join(", ")));
                Ask::Nothing
            }
        }
    }

    fn area(&self, area: Rect) -> Rect {
        let lines = u16::try_from(self.matching.len()).unwrap_or(SHOWN).clamp(1, SHOWN);
        let height = (lines + 2).min(area.height);
        Rect { y: area.bottom() - height, height, ..area }
    }

    fn top(&self, rows: usize) -> usize {
        (self.row + 1).saturating_sub(rows.max(1))
    }
}

impl Overlay for Palette {
    fn key(&mut self, key: Key) -> Ask {
        match (key.code, key.ctrl) {
            (KeyCode::Esc, _) => return Ask::Close,
            (KeyCode::Backspace, false) if self.line.text().is_empty() => return Ask::Close,
            (KeyCode::Enter, _) => return self.run(),
            (KeyCode::Tab, _) if !key.shift => self.accept_ghost(),
            (KeyCode::Right, _) if self.line.is_at_end() => self.accept_ghost(),
            // With nothing typed, up recalls what was run before.
            (KeyCode::Up, false) if self.line.text().is_empty() || self.recalled > 0 => self.recall(1),
            (KeyCode::Down, false) if self.recalled > 0 => self.recall(-1),
            (KeyCode::Up, _) | (KeyCode::Char('p'), true) | (KeyCode::Tab, _) => self.moved(-1),
            (KeyCode::Down, _) | (KeyCode::Char('n'), true) => self.moved(1),
            (KeyCode::PageUp, _) => self.moved(-10),
            (KeyCode::PageDown, _) => self.moved(10),
            _ => {
                if self.line.key(key) == Typed::Changed {
                    self.recalled = 0;
                    self.narrow();
                }
            }
        }
        Ask::Nothing
    }

    fn paste(&mut self, text: &str) {
        self.line.insert(text);
        self.narrow();
    }

    fn wants_namespaces(&self) -> bool {
        true
    }

    fn meet(&mut self, namespaces: &[String]) {
        let is_known = |name: &String| self.places.contains(name);
        let fresh: Vec<String> = namespaces.iter().filter(|name| !is_known(name)).cloned().collect();
        if fresh.is_empty() {
            return;
        }
        let items = fresh.iter().map(|name| Item {
            sort: Sort::Namespace,
            label: name.clone(),
            aliases: Vec::new(),
            detail: "show only this namespace".to_owned(),
            ask: Ask::Namespace(Some(name.clone())),
        });
        self.items.extend(items);
        self.places.extend(fresh);
        if !self.has_moved {
            self.narrow();
        }
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect) -> Ask {
        match mouse.action {
            MouseAction::WheelUp => self.moved(-1),
            MouseAction::WheelDown => self.moved(1),
            MouseAction::Click | MouseAction::DoubleClick => {
                let panel = self.area(area);
                let Some(below) = mouse.row.checked_sub(panel.y + 1) else { return Ask::Close };
                let rows = usize::from(panel.height.saturating_sub(2));
                let at = self.top(rows) + usize::from(below);
                if usize::from(below) < rows && at < self.matching.len() {
                    self.row = at;
                    self.has_moved = true;
                    return self.run();
                }
            }
            MouseAction::RightClick => {}
        }
        Ask::Nothing
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let hint = "Tab completes   Enter runs   Esc";
        let body = panel(self.area(area), "go to", hint, buffer, look);
        let Some(line_y) = body.bottom().checked_sub(1).filter(|_| !body.is_empty()) else { return };
        let rows = usize::from(body.height.saturating_sub(1));
        let top = self.top(rows);
        let mut fuzzy = Fuzzy::new(self.line.text().rsplit(' ').next().unwrap_or_default());
        for (y, (at, matched)) in (body.y..line_y).zip(self.matching.iter().enumerate().skip(top).take(rows))
        {
            let label = escape(self.label(matched)).into_owned();
            let (sort, detail) = match matched {
                Match::Item(item) => {
                    let item = self.items.get(*item);
                    (item.map_or("", |i| i.sort.word()), item.map_or("", |i| i.detail.as_str()))
                }
                Match::Line(_) => ("", ""),
            };
            let role = if matches!(matched, Match::Item(i) if self.items.get(*i).is_some_and(|i| i.sort == Sort::Object))
            {
                Role::Overlay
            } else {
                Role::Strong
            };
            let room = (body.width / 2).max(16).min(body.width.saturating_sub(3));
            let name = cut(&label, room, look.ascii);
            let style = look.style.of(role);
            put(buffer, body, body.x + 3, y, &name, style);
            if name.len() == label.len() {
                let hits = fuzzy.positions(&label);
                for (at, (place, grapheme)) in label.char_indices().enumerate() {
                    let is_hit = u32::try_from(at).is_ok_and(|at| hits.binary_search(&at).is_ok());
                    if is_hit {
                        let x = body.x + 3 + width(label.get(..place).unwrap_or_default());
                        let style = style.patch(look.style.of(Role::Match));
                        put(buffer, body, x, y, grapheme.encode_utf8(&mut [0; 4]), style);
                    }
                }
            }
            let x = (body.x + 3 + width(&name) + 2).max(body.x + 34);
            let said = format!("{sort:<10} {}", escape(detail));
            put(
                buffer,
                body,
                x,
                y,
                &cut(&said, body.right().saturating_sub(x), look.ascii),
                look.style.of(Role::Dim),
            );
            if at == self.row {
                put(
                    buffer,
                    body,
                    body.x + 1,
                    y,
                    if look.ascii { ">" } else { "▸" },
                    look.style.of(Role::Key),
                );
                buffer.set_style(Rect { y, height: 1, ..body }, look.style.of(Role::Selection));
            }
        }
        let x = put(buffer, body, body.x + 1, line_y, ":", look.style.of(Role::Key));
        let end = self.line.paint(body, x, line_y, buffer, look);
        if let Some(ghost) = self.ghost().filter(|_| self.refused.is_none()) {
            // The first letter of the completion is under the cursor.
            put(buffer, body, end.saturating_sub(1), line_y, &escape(ghost), look.style.of(Role::Ghost));
            if let Some(cell) = buffer.cell_mut((end.saturating_sub(1), line_y)) {
                cell.set_style(look.style.of(Role::Input).add_modifier(ratatui::style::Modifier::REVERSED));
            }
        }
        if let Some(refused) = &self.refused {
            let room = body.right().saturating_sub(end + 2);
            put(
                buffer,
                body,
                end + 2,
                line_y,
                &cut(&escape(refused), room, look.ascii),
                look.style.of(Role::Warning),
            );
        }
        if self.matching.is_empty() {
            put(buffer, body, body.x + 3, body.y, "nothing has that name", look.style.of(Role::Dim));
        }
    }
}
