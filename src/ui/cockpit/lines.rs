//! The top line answers "where am I, and may I break something"; the bottom line "what can I do here".

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::place::{Place, badge, badge_role};
use crate::fleet::{Guard, Timestamp};
use crate::ui::fresh::Picture;
use crate::ui::role::Role;
use crate::ui::text::{cut, cut_middle, escape, put, width};
use crate::ui::view::{Look, View};

/// A piece of a line. When there is no room, those with the highest number go first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    text: String,
    role: Role,
    goes: u8,
}

/// When the object's name has to go.
const SUBJECT: u8 = 4;

fn piece(text: impl Into<String>, role: Role, goes: u8) -> Piece {
    Piece { text: text.into(), role, goes }
}

/// Left, middle and right of the top line.
pub(super) struct TopLine {
    left: Vec<Piece>,
    right: Vec<Piece>,
}

impl TopLine {
    pub(super) fn new(place: &Place, view: &dyn View, read_only: bool, now: Timestamp, ascii: bool) -> Self {
        let mut left = vec![piece("pilothouse", Role::Brand, 8), piece(view.name(), Role::Crumb, 0)];
        if let Some(count) = view.count() {
            left.push(piece(count, Role::Text, 3));
        }
        if let Some(subject) = view.subject() {
            let arrow = if ascii { ">" } else { "›" };
            left.push(piece(format!("{arrow} {}", escape(&subject)), Role::Crumb, SUBJECT));
        }
        if let Some(filter) = view.filter() {
            left.push(piece(format!("/{}", escape(&filter)), Role::Match, 3));
        }
        let mut right = Vec::new();
        let clusters = place.in_sight(view);
        let environments = place.environments_of(&clusters);
        for (at, environment) in environments.iter().enumerate() {
            // The most careful one is last, and stays as long as there is a line.
            let goes = if at + 1 == environments.len() { 0 } else { 2 };
            right.push(piece(badge(environment), badge_role(environment.tier), goes));
        }
        match clusters.as_slice() {
            [] => right.push(piece("no cluster", Role::Dim, 4)),
            [one] => right.push(piece(escape(one.name()), Role::Strong, 1)),
            several => {
                let all = if several.len() == place.clusters.len() { "all " } else { "" };
                right.push(piece(format!("{all}{} clusters", several.len()), Role::Text, 5));
            }
        }
        match environments.as_slice() {
            _ if read_only => right.push(piece("read-only", Role::Text, 2)),
            [one] if one.guard == Guard::Open => right.push(piece(one.guard.as_str(), Role::Dim, 3)),
            [one] => right.push(piece(one.guard.as_str(), Role::Text, 2)),
            _ => {}
        }
        // An object is in a namespace of its own, whatever the tables are narrowed to.
        if let Some(namespace) = place.scope.namespace.as_ref().filter(|_| view.cluster().is_none()) {
            right.push(piece(format!("ns {}", escape(namespace)), Role::Strong, 3));
        }
        if let Some((word, role)) = freshness(view) {
            right.push(piece(word, role, 6));
        }
        let clock = now.rfc3339();
        if let Some(time) = clock.get(11..19) {
            right.push(piece(format!("{time} UTC"), Role::Dim, 7));
        }
        Self { left, right }
    }

    pub(super) fn paint(mut self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let needed = |pieces: &[Piece]| -> u16 {
            pieces.iter().map(|piece| width(&piece.text).saturating_add(2)).fold(0, u16::saturating_add)
        };
        loop {
            let over = needed(&self.left).saturating_add(needed(&self.right)).saturating_sub(area.width);
            let goes = self.left.iter().chain(&self.right).map(|piece| piece.goes).max();
            let Some(goes) = goes.filter(|goes| over > 0 && *goes > 1) else { break };
            // Both ends of a name tell it apart: shortened, it may stay where the rest is needed.
            if goes == SUBJECT
                && let Some(subject) = self.left.iter_mut().find(|piece| piece.goes == SUBJECT)
                && let Some(room) = width(&subject.text).checked_sub(over).filter(|room| *room >= 16)
            {
                subject.text = cut_middle(&subject.text, room, look.ascii).into_owned();
                break;
            }
            self.left.retain(|piece| piece.goes != goes);
            self.right.retain(|piece| piece.goes != goes);
        }
        let mut x = area.x + 1;
        for piece in &self.left {
            let room = area.right().saturating_sub(x);
            x = put(buffer, area, x, area.y, &cut(&piece.text, room, look.ascii), look.style.of(piece.role))
                + 2;
        }
        let mut x = (area.right().saturating_sub(needed(&self.right)) + 1).max(x);
        for piece in &self.right {
            let room = area.right().saturating_sub(x);
            x = put(buffer, area, x, area.y, &cut(&piece.text, room, look.ascii), look.style.of(piece.role))
                + 2;
        }
    }
}

/// How fresh what is on screen is, in a word.
fn freshness(view: &dyn View) -> Option<(String, Role)> {
    let pictures = view.pictures();
    let worst = pictures.iter().max_by_key(|picture| picture.gravity())?;
    let same = pictures.iter().all(|picture| picture.word() == worst.word());
    let partly = if same || matches!(worst, Picture::Loading(_)) { "" } else { "partly " };
    Some((format!("{partly}{}", worst.word()), worst.role()))
}

/// The rule under the top line: heavy where production is in sight, so that it can be told without colour.
pub(super) fn paint_rule(area: Rect, is_production: bool, buffer: &mut Buffer, look: &Look<'_>) {
    let (glyph, role) = match (is_production, look.ascii) {
        (true, false) => ("━", Role::Critical),
        (true, true) => ("=", Role::Critical),
        (false, false) => ("─", Role::Rule),
        (false, true) => ("-", Role::Rule),
    };
    put(buffer, area, area.x, area.y, &glyph.repeat(usize::from(area.width)), look.style.of(role));
}

/// A key and what it does.
pub(super) struct Hint {
    pub(super) key: String,
    pub(super) title: String,
}

/// As many hints as fit; the last ones, which work everywhere, are kept before the others.
pub(super) fn paint_hints(own: &[Hint], always: &[Hint], area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
    let cells = |hint: &Hint| width(&hint.key) + 1 + width(&hint.title) + 3;
    let kept: u16 = always.iter().map(cells).sum();
    let mut room = area.width.saturating_sub(kept + 1);
    let mut shown: Vec<&Hint> = Vec::new();
    for hint in own {
        let needed = cells(hint);
        if needed > room {
            break;
        }
        room -= needed;
        shown.push(hint);
    }
    let mut x = area.x + 1;
    for hint in shown.into_iter().chain(always) {
        if x + width(&hint.key) + width(&hint.title) >= area.right() {
            break;
        }
        x = put(buffer, area, x, area.y, &hint.key, look.style.of(Role::Key)) + 1;
        x = put(buffer, area, x, area.y, &hint.title, look.style.of(Role::KeyHelp)) + 3;
    }
}
