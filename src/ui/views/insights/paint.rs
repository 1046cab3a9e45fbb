//! How far a query has come, its rows, and what stands there while there are none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::form::money;
use super::{Insights, State};
use crate::fleet::quantity::human_bytes;
use crate::fleet::time::human_duration;
use crate::planes::log_query;
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;

/// Lines above the first row: how far it has come, what was asked, the header.
pub(super) const ABOVE: usize = 3;

impl Insights {
    pub(super) fn has_prompt(&self) -> bool {
        self.typing.is_some() || self.rows.filter().is_some()
    }

    pub(super) fn paint(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        if let Some(form) = &self.form {
            form.paint(area, buffer, look);
            return;
        }
        let below = |lines: u16| Rect {
            y: area.y.saturating_add(lines).min(area.bottom()),
            height: area.height.saturating_sub(lines),
            ..area
        };
        self.paint_status(area, buffer, look);
        if let Some(pager) = &self.fields {
            pager.render(below(1), buffer, look);
            return;
        }
        let asked = text::escape(&self.question.text).into_owned();
        let asked = text::cut(&asked, area.width.saturating_sub(2), look.ascii);
        text::put(buffer, area, area.left() + 1, area.top() + 1, &asked, look.style.of(Role::Dim));
        let rest = below(2);
        let prompt = u16::from(self.has_prompt()).min(rest.height);
        let body = Rect { height: rest.height - prompt, ..rest };
        match self.picture() {
            Some(lines) => {
                let lines = lines.into_iter().flat_map(|(words, role)| {
                    let lines = text::wrap(&text::escape(&words), area.width.saturating_sub(2));
                    lines.into_iter().map(move |line| (line, role))
                });
                for ((line, role), y) in lines.zip(body.top()..body.bottom()) {
                    text::put(buffer, body, body.left() + 1, y, &line, look.style.of(role));
                }
            }
            None => self.rows.paint(body, buffer, look),
        }
        if prompt > 0 {
            self.paint_prompt(Rect { y: area.bottom() - 1, height: 1, ..area }, buffer, look);
        }
    }

    fn paint_status(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let Some(run) = &self.run else { return };
        let (state, role) = match &run.state {
            State::Starting => ("starting", Role::Progressing),
            State::Running => ("running", Role::Progressing),
            State::Complete => ("complete", Role::Good),
            State::Stopped => ("stopped", Role::Warning),
            State::Failed(_) => ("failed", Role::Critical),
        };
        let took = human_duration(run.started.age_at(run.ended.unwrap_or(look.now)));
        let progress = run.progress;
        let mut parts = vec![
            (state.to_owned(), role),
            (format!("last {}", self.question.range), Role::Strong),
            (format!("{} lines scanned", text::thousands(progress.records)), Role::Text),
            (human_bytes(progress.bytes), Role::Text),
            (format!("{} matched", text::thousands(progress.matched)), Role::Text),
            (took, Role::Dim),
        ];
        if let Some(list) = run.prices {
            // Behind the bytes that are paid for.
            parts.insert(4, (money(log_query::dollars(progress.bytes, list)), Role::Text));
        }
        if self.rows.left_out() > 0 {
            let lost = format!("{} rows had no room", text::thousands(self.rows.left_out()));
            parts.push((lost, Role::Warning));
        }
        if let State::Failed(problem) = &run.state
            && self.rows.counts().0 > 0
        {
            parts.push((text::escape(problem.message()).into_owned(), Role::Critical));
        }
        let mut x = area.left() + 1;
        for (part, role) in parts {
            x = text::put(buffer, area, x, area.top(), &part, look.style.of(role)).saturating_add(2);
        }
    }

    fn paint_prompt(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let x = text::put(buffer, area, area.left() + 1, area.top(), "filter ", look.style.of(Role::Key));
        let x = match (&self.typing, self.rows.filter()) {
            (Some(line), _) => line.paint(area, x, area.top(), buffer, look),
            (None, Some(filter)) => {
                let typed = text::escape(filter.typed());
                text::put(buffer, area, x, area.top(), &typed, look.style.of(Role::Input))
            }
            (None, None) => x,
        };
        let complaint = self.complaint.as_deref().unwrap_or_default();
        let style = look.style.of(Role::Warning);
        text::put(buffer, area, x.saturating_add(2), area.top(), &text::escape(complaint), style);
    }

    /// What stands where rows would be, when there is none.
    fn picture(&self) -> Option<Vec<(String, Role)>> {
        let run = self.run.as_ref()?;
        let plain = |words: &str, role| Some(vec![(words.to_owned(), role)]);
        match (&run.state, self.rows.counts()) {
            (State::Failed(problem), (0, _)) => {
                let mut lines = vec![(problem.message().to_owned(), Role::Critical)];
                lines.extend(problem.hints().iter().map(|hint| (format!("→ {hint}"), Role::Text)));
                Some(lines)
            }
            (State::Starting | State::Running, (0, _)) => {
                plain("what it finds is shown here; leaving stops it", Role::Dim)
            }
            (State::Stopped, (0, _)) => {
                plain("stopped before it found anything; what it has scanned is paid for", Role::Dim)
            }
            (State::Complete, (0, _)) => plain("no line of this range fits", Role::Dim),
            (_, (_, 0)) => plain("no row passes the filter", Role::Dim),
            _ => None,
        }
    }
}
