//! What is typed below a log: a filter of the lines that are here, a search in them, and what CloudWatch Logs is asked to
//! sift by before it sends any.

use super::Logs;
use crate::ui::widgets::ansi;
use crate::ui::widgets::log_ring::EntryKind;
use crate::ui::widgets::pattern::Pattern;

/// What a line is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Only the lines that match are shown.
    Filter,
    /// The next line that matches is gone to.
    Search,
    /// Only the lines that match are sent.
    Pattern,
}

impl Logs {
    pub(super) fn go_to_match(&mut self, forward: bool) {
        let Some(search) = &self.search else { return };
        let count = self.ring.counts().1;
        if count == 0 {
            return;
        }
        let from = if self.follows { count - 1 } else { self.cursor_place() };
        let matches = |place: &usize| {
            let entry = self.ring.nth(*place).and_then(|number| self.ring.get(number));
            entry.is_some_and(|e| e.kind == EntryKind::Line && search.accepts(&ansi::strip(&e.text)))
        };
        let found = if forward {
            (from + 1..count).chain(0..=from).find(matches)
        } else {
            (0..from).rev().chain((from..count).rev()).find(matches)
        };
        match found {
            Some(place) => {
                self.complaint = None;
                self.go_to_place(place);
            }
            None => self.complaint = Some("not found".to_owned()),
        }
    }

    pub(super) fn typed(&mut self) {
        let Some((purpose, line)) = &self.typing else { return };
        // Lines are sent for by it: that waits until it is whole.
        if *purpose == Purpose::Pattern {
            return;
        }
        match Pattern::parse(line.text()) {
            Ok(pattern) => {
                self.complaint = None;
                match purpose {
                    Purpose::Filter => self.ring.set_filter(pattern),
                    Purpose::Search => self.search = pattern,
                    Purpose::Pattern => {}
                }
            }
            Err(complaint) => self.complaint = Some(complaint),
        }
    }

    pub(super) fn forget(&mut self, purpose: Purpose) {
        self.complaint = None;
        match purpose {
            Purpose::Filter => self.ring.set_filter(None),
            Purpose::Search => self.search = None,
            // What was in force before it was typed at stays so.
            Purpose::Pattern => {}
        }
    }

    /// What was typed is meant.
    pub(super) fn accepted(&mut self) {
        match self.typing.take() {
            // From the newest backwards: what was looked for in a log happened before.
            Some((Purpose::Search, _)) => self.go_to_match(!self.follows),
            Some((Purpose::Pattern, line))
                if line.text().trim() != self.streams.pattern().unwrap_or_default() =>
            {
                self.sift_by(line.text());
            }
            Some((Purpose::Filter | Purpose::Pattern, _)) | None => {}
        }
    }

    /// Has only lines sent that match a filter pattern; all of them when it is empty.
    pub(super) fn sift_by(&mut self, pattern: &str) {
        self.streams.set_pattern(pattern);
        self.reopen_all();
    }

    pub(super) fn has_prompt(&self) -> bool {
        self.typing.is_some() || self.search.is_some() || self.ring.filter().is_some()
    }
}
