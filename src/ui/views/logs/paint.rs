//! A log's own top line, its lines, its prompt, and what stands there while there are none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Logs;
use super::prompt::Purpose;
use super::streams::Since;
use crate::fleet::quantity::human_bytes;
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::Look;
use crate::ui::widgets::log_ring::Keep;

impl Logs {
    pub(super) fn paint(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        let line = |y: u16| Rect::new(area.left(), y, area.width, 1);
        self.render_status(line(area.top()), buffer, look);
        let bottom = (area.top() + 1 + u16::try_from(self.height).unwrap_or(u16::MAX)).min(area.bottom());
        let mut y = area.top() + 1;
        if self.rows.is_empty() {
            let (words, role) = self.picture();
            for words in
                words.lines().flat_map(|words| text::wrap(&text::escape(words), area.width.saturating_sub(2)))
            {
                if y < bottom {
                    text::put(buffer, area, area.left() + 1, y, &words, look.style.of(role));
                    y += 1;
                }
            }
        }
        // What had no room is told where it is missing.
        let lost = self.lost_note();
        let is_at_top =
            self.ring.keep() == Keep::Newest && self.top.1 == 0 && self.ring.nth(0) == Some(self.top.0);
        let mut rows = self.rows.as_slice();
        if let Some(lost) = lost.as_ref().filter(|_| is_at_top && y < bottom) {
            text::put(buffer, area, area.left(), y, &format!("· {lost}"), look.style.of(Role::LogNote));
            y += 1;
            let room = usize::from(bottom.saturating_sub(y));
            rows = rows.get(rows.len().saturating_sub(room).min(usize::from(self.follows))..).unwrap_or(rows);
        }
        for row in rows {
            if y >= bottom {
                break;
            }
            row.render(line(y), buffer, look, row.number == self.cursor && !self.follows);
            y += 1;
        }
        if let Some(lost) =
            lost.filter(|_| self.ring.keep() == Keep::Oldest && self.follows && y > area.top() + 1)
        {
            let y = y.min(bottom.saturating_sub(1));
            let words = text::fit(&format!("· {lost}"), area.width, text::Align::Left, look.ascii);
            text::put(buffer, area, area.left(), y, &words, look.style.of(Role::LogNote));
        }
        if self.has_prompt() && area.height > 1 {
            self.render_prompt(line(area.bottom() - 1), buffer, look);
        }
        if let Some(picker) = &self.picker {
            picker.render(area, buffer, look);
        }
    }

    fn kind(&self) -> &'static str {
        if self.is_group() { "log group" } else { "pod" }
    }

    fn lost_note(&self) -> Option<String> {
        let lost = self.ring.lost();
        let lines = text::thousands(lost.lines);
        let bytes = human_bytes(lost.bytes);
        (lost.lines > 0).then(|| match self.ring.keep() {
            Keep::Newest => format!("{lines} older lines ({bytes}) were dropped to make room"),
            Keep::Oldest => format!("{lines} newer lines ({bytes}) had no room and are left out"),
        })
    }

    fn render_status(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let chosen = self.chosen();
        let names = match chosen.as_slice() {
            [] => String::new(),
            [one] => one.name.clone(),
            all if all.len() == self.containers.len() && !self.is_group() => {
                format!("all {} containers", all.len())
            }
            some => some.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(" + "),
        };
        let (state, role) = match () {
            () if !self.streams.is_live() && !self.streams.has_ended_ones() => ("opening", Role::Progressing),
            () if !self.streams.is_live() => ("ended", Role::Stale),
            () if self.follows && self.reading.since != Since::Head => ("following", Role::Good),
            () if self.follows => ("at the end", Role::Dim),
            () => ("paused", Role::Warning),
        };
        let mut parts = vec![(names, Role::Strong), (state.to_owned(), role)];
        if self.reading.previous {
            parts.push(("previous run".to_owned(), Role::Warning));
        }
        parts.push((self.reading.since.words(self.reading.tail), Role::Dim));
        if let Some(pattern) = self.streams.pattern() {
            parts.push((format!("only {pattern}"), Role::Match));
        }
        let (all, shown) = self.ring.counts();
        let all_lines = text::thousands(all as u64);
        let lines = if self.ring.filter().is_some() {
            format!("{} of {all_lines} lines", text::thousands(shown as u64))
        } else {
            format!("{all_lines} lines")
        };
        parts.push((lines, Role::Dim));
        if self.ring.lost().lines > 0 {
            parts.push((format!("{} dropped", text::thousands(self.ring.lost().lines)), Role::Warning));
        }
        if self.pod.is_gone() {
            parts.push((format!("the {} is gone", self.kind()), Role::Stale));
        }
        let mut x = area.left().saturating_add(1);
        for (part, role) in parts.into_iter().filter(|(part, _)| !part.is_empty()) {
            x = text::put(buffer, area, x, area.top(), &text::escape(&part), look.style.of(role));
            x = x.saturating_add(2);
        }
    }

    fn render_prompt(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let (label, shown) = match (&self.typing, self.ring.filter(), &self.search) {
            (Some((Purpose::Filter, line)), ..) => ("filter ", line.text()),
            (Some((Purpose::Search, line)), ..) => ("search ", line.text()),
            (Some((Purpose::Pattern, line)), ..) => ("send only ", line.text()),
            (None, _, Some(search)) => ("search ", search.typed()),
            (None, Some(filter), None) => ("filter ", filter.typed()),
            (None, None, None) => ("", ""),
        };
        let mut x = text::put(buffer, area, area.left() + 1, area.top(), label, look.style.of(Role::Key));
        x = match &self.typing {
            Some((_, line)) => line.paint(area, x, area.top(), buffer, look),
            None => text::put(buffer, area, x, area.top(), &text::escape(shown), look.style.of(Role::Input)),
        };
        if let Some((Purpose::Pattern, line)) = &self.typing
            && line.text().is_empty()
        {
            let examples = "ERROR   \"two words\"   ?this ?that   -not   { $.level = \"error\" }";
            text::put(buffer, area, x.saturating_add(2), area.top(), examples, look.style.of(Role::Ghost));
        }
        let complaint = self.complaint.as_deref().unwrap_or_default();
        let style = look.style.of(Role::Warning);
        text::put(buffer, area, x.saturating_add(2), area.top(), &text::escape(complaint), style);
    }

    /// What stands where lines would be, when there is none.
    fn picture(&self) -> (String, Role) {
        if let Some(problem) = self.pod.problem() {
            let mut words = problem.to_string();
            for hint in problem.hints() {
                words.push_str("\n→ ");
                words.push_str(hint);
            }
            return (words, Role::Critical);
        }
        if self.pod.value().is_none() {
            return (format!("reading the {}", self.kind()), Role::Progressing);
        }
        if self.containers.is_empty() {
            return ("this pod has no containers".to_owned(), Role::Dim);
        }
        match self.ring.counts() {
            (0, _) if self.streams.is_live() => ("no lines yet".to_owned(), Role::Dim),
            (0, _) => ("no lines".to_owned(), Role::Dim),
            _ => ("no line passes the filter".to_owned(), Role::Dim),
        }
    }
}
