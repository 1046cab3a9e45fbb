//! A list to choose from, narrowed by what is typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::overlay::{Ask, Overlay, panel};
use crate::fleet::ClusterId;
use crate::ui::fuzzy::Fuzzy;
use crate::ui::input::{Key, KeyCode, Mouse, MouseAction};
use crate::ui::line::{Line, Typed};
use crate::ui::role::Role;
use crate::ui::text::{cut, escape, put, width};
use crate::ui::view::Look;

/// One line of the list.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) detail: String,
    pub(super) ask: Ask,
    /// For lists where several can be chosen.
    pub(super) cluster: Option<(ClusterId, bool)>,
}

pub(super) struct Chooser {
    title: &'static str,
    choices: Vec<Choice>,
    /// Those that match what was typed, the best first.
    matching: Vec<usize>,
    row: usize,
    line: Line,
    /// Asks again whenever the cursor moves, so that the choice can be seen before it is made.
    previews: bool,
    /// What Esc brings back when choices were previewed.
    on_close: Ask,
    /// Its choices are the namespaces.
    is_of_namespaces: bool,
}

impl Chooser {
    pub(super) fn new(title: &'static str, choices: Vec<Choice>) -> Self {
        let matching = (0..choices.len()).collect();
        let line = Line::default();
        Self {
            title,
            choices,
            matching,
            row: 0,
            line,
            previews: false,
            on_close: Ask::Close,
            is_of_namespaces: false,
        }
    }

    /// The namespaces, and all of them.
    pub(super) fn namespaces(names: &[String]) -> Self {
        let mut chooser = Self::new("namespace", Vec::new());
        chooser.is_of_namespaces = true;
        chooser.meet(names);
        chooser
    }

    /// Shows each choice while the cursor is on it; `before` is asked for when it is given up.
    pub(super) fn previewing(mut self, current: usize, before: Ask) -> Self {
        self.previews = true;
        self.row = current;
        self.on_close = before;
        self
    }

    fn current(&self) -> Option<&Choice> {
        self.choices.get(*self.matching.get(self.row)?)
    }

    fn narrow(&mut self) {
        let mut fuzzy = Fuzzy::new(self.line.text());
        let mut scored: Vec<(u32, usize)> = self
            .choices
            .iter()
            .enumerate()
            .filter_map(|(at, choice)| Some((fuzzy.score(&choice.label)?, at)))
            .collect();
        // Stable: what matches equally well keeps its order.
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.matching = scored.into_iter().map(|(_, at)| at).collect();
        self.row = 0;
    }

    fn moved(&mut self, step: isize) -> Ask {
        let last = self.matching.len().saturating_sub(1);
        self.row = self.row.saturating_add_signed(step).min(last);
        match self.current() {
            Some(choice) if self.previews => choice.ask.clone(),
            _ => Ask::Nothing,
        }
    }

    fn accept(&self) -> Ask {
        let several: Vec<ClusterId> = self
            .choices
            .iter()
            .filter_map(|c| c.cluster.clone().filter(|(_, on)| *on))
            .map(|(id, _)| id)
            .collect();
        if !several.is_empty() {
            return Ask::Clusters(several);
        }
        match self.current() {
            Some(_) if self.previews => Ask::Close,
            Some(choice) => choice.ask.clone(),
            None => Ask::Nothing,
        }
    }

    fn rows(&self, area: Rect) -> Rect {
        let lines = u16::try_from(self.choices.len()).unwrap_or(u16::MAX).saturating_add(2);
        let height = lines.min(area.height.saturating_sub(2)).max(area.height.min(4));
        Rect { y: area.bottom() - height, height, ..area }
    }

    fn top(&self, rows: usize) -> usize {
        (self.row + 1).saturating_sub(rows.max(1))
    }
}

impl Overlay for Chooser {
    fn key(&mut self, key: Key) -> Ask {
        match (key.code, key.ctrl) {
            (KeyCode::Esc, _) => self.on_close.clone(),
            (KeyCode::Enter, _) => self.accept(),
            (KeyCode::Up, _) | (KeyCode::Char('p'), true) => self.moved(-1),
            (KeyCode::Down | KeyCode::Tab, _) | (KeyCode::Char('n'), true) => self.moved(1),
            (KeyCode::PageUp, _) => self.moved(-10),
            (KeyCode::PageDown, _) => self.moved(10),
            (KeyCode::Char(' '), false) => {
                let at = self.matching.get(self.row).copied();
                let choice = at.and_then(|at| self.choices.get_mut(at));
                if let Some((_, on)) = choice.and_then(|choice| choice.cluster.as_mut()) {
                    *on = !*on;
                }
                Ask::Nothing
            }
            _ => {
                if self.line.key(key) == Typed::Changed {
                    self.narrow();
                    return self.moved(0);
                }
                Ask::Nothing
            }
        }
    }

    fn paste(&mut self, text: &str) {
        self.line.insert(text);
        self.narrow();
    }

    fn wants_namespaces(&self) -> bool {
        self.is_of_namespaces
    }

    fn meet(&mut self, namespaces: &[String]) {
        if !self.is_of_namespaces || self.choices.len() == namespaces.len() + 1 {
            return;
        }
        let choice = |label: &str, namespace: Option<String>| Choice {
            label: label.to_owned(),
            detail: String::new(),
            ask: Ask::Namespace(namespace),
            cluster: None,
        };
        let held = self.current().map(|choice| choice.label.clone());
        let names = namespaces.iter().map(|name| choice(name, Some(name.clone())));
        self.choices = std::iter::once(choice("all", None)).chain(names).collect();
        self.narrow();
        let at = self.matching.iter().position(|at| self.choices.get(*at).map(|c| &c.label) == held.as_ref());
        self.row = at.unwrap_or(0);
    }

    fn mouse(&mut self, mouse: Mouse, area: Rect) -> Ask {
        match mouse.action {
            MouseAction::WheelUp => self.moved(-1),
            MouseAction::WheelDown => self.moved(1),
            MouseAction::Click | MouseAction::DoubleClick => {
                let body = self.rows(area);
                let Some(below) = mouse.row.checked_sub(body.y + 2) else { return self.on_close.clone() };
                let rows = usize::from(body.height.saturating_sub(2));
                let at = self.top(rows) + usize::from(below);
                if mouse.column < body.x || mouse.column >= body.right() || at >= self.matching.len() {
                    return self.on_close.clone();
                }
                self.row = at;
                self.accept()
            }
            MouseAction::RightClick => Ask::Nothing,
        }
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let several = self.choices.iter().any(|choice| choice.cluster.is_some());
        let hint = if several { "Space several   Enter   Esc" } else { "Enter   Esc" };
        let body = panel(self.rows(area), self.title, hint, buffer, look);
        if body.is_empty() {
            return;
        }
        let x = put(buffer, body, body.x + 1, body.y, "> ", look.style.of(Role::Key));
        self.line.paint(body, x, body.y, buffer, look);
        let rows = usize::from(body.height.saturating_sub(1));
        let top = self.top(rows);
        let widest = self.choices.iter().map(|choice| width(&escape(&choice.label))).max().unwrap_or(0);
        for (y, (at, choice)) in (body.y + 1..).zip(
            self.matching
                .iter()
                .enumerate()
                .skip(top)
                .take(rows)
                .filter_map(|(at, choice)| Some((at, self.choices.get(*choice)?))),
        ) {
            let mark = match &choice.cluster {
                Some((_, true)) => "[x] ",
                Some((_, false)) => "[ ] ",
                None => "",
            };
            let label = format!("{mark}{}", escape(&choice.label));
            let label = cut(&label, body.width.saturating_sub(2), look.ascii);
            put(buffer, body, body.x + 1, y, &label, look.style.of(Role::Overlay));
            let x = body.x + 3 + widest + width(mark);
            let detail = escape(&choice.detail);
            put(
                buffer,
                body,
                x,
                y,
                &cut(&detail, body.right().saturating_sub(x), look.ascii),
                look.style.of(Role::Dim),
            );
            if at == self.row {
                buffer.set_style(Rect { y, height: 1, ..body }, look.style.of(Role::Selection));
            }
        }
        if self.matching.is_empty() {
            put(buffer, body, body.x + 1, body.y + 1, "nothing matches", look.style.of(Role::Dim));
        }
    }
}
