//! The logs of a pod's containers: one, some or all merged, followed, filtered and searched.
//!
//! Lines are kept in a ring that is bounded by bytes; what it drops is counted on the screen. While the reader is away
//! from the end, the screen stands still and lines still arrive.

pub mod containers;
mod paint;
mod picker;
mod prompt;
mod screen;
mod streams;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use serde_json::Value;

use self::containers::{ALL_STREAMS, Container, containers_of, first_choice};
use self::picker::{Picked, Picker};
use self::prompt::Purpose;
use self::screen::{Layout, Lines, Row, Top};
use self::streams::{Reading, Since, Streams, end_note};
use super::detail::subject::Subject;
use super::insights::Insights;
use crate::fleet::aws::kind::LOG_GROUPS;
use crate::fleet::{ClusterId, Interest, ObjectRef, Problem, Timestamp};
use crate::ui::input::{Key, Mouse, MouseAction};
use crate::ui::line::{Line, Prompted};
use crate::ui::message::{Effect, LogBatch, LogId};
use crate::ui::preferences::LogPreferences;
use crate::ui::text;
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::ansi;
use crate::ui::widgets::log_ring::{EntryKind, Keep, LogRing};
use crate::ui::widgets::pattern::Pattern;

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "logs",
    aliases: &[],
    help: "the logs of a pod's containers, or of a log group, followed, filtered, searched",
};

/// The commands of this view.
pub const COMMANDS: &[&str] = &[
    "log-follow",
    "log-filter",
    "log-pattern",
    "search",
    "search-next",
    "search-previous",
    "log-containers",
    "log-all-containers",
    "log-next-container",
    "log-previous-run",
    "log-times",
    "wrap",
    "log-pretty",
    "log-mark",
    "log-clear",
    "copy-line",
    "save",
    "log-tail",
    "log-head",
    "insights",
    "log-1m",
    "log-5m",
    "log-15m",
    "log-30m",
    "log-1h",
    "up",
    "down",
    "left",
    "right",
    "page-up",
    "page-down",
    "half-page-up",
    "half-page-down",
    "top",
    "bottom",
];

/// A log that was left keeps this part of its lines.
const LEFT_SHARE: usize = 8;
/// Cells for the name of a stream in front of a line.
const STREAM: u16 = 20;

/// The logs of one pod, or of one log group.
#[derive(Debug)]
pub struct Logs {
    pod: Subject,
    preferences: LogPreferences,
    reading: Reading,
    containers: Vec<Container>,
    chosen: Vec<bool>,
    /// True once the pod was read after the last end of a stream: what it says of its containers is news.
    is_fresh: bool,
    streams: Streams,
    ring: LogRing,
    lines: Lines,
    follows: bool,
    /// The number of the entry under the cursor, and of the one at the top with its rows above the screen.
    cursor: u64,
    top: (u64, usize),
    search: Option<Pattern>,
    typing: Option<(Purpose, Line)>,
    complaint: Option<String>,
    picker: Option<Picker>,
    rows: Vec<Row>,
    height: usize,
    now: Timestamp,
}

impl Logs {
    /// The logs of a pod, or of the run before its last restart; or those of a log group.
    pub fn open(pod: &ObjectRef, previous: bool, preferences: LogPreferences, now: Timestamp) -> Self {
        Self {
            pod: Subject::new(pod.clone()),
            preferences,
            reading: Reading { since: Since::Tail, previous, tail: preferences.tail },
            containers: Vec::new(),
            chosen: Vec::new(),
            is_fresh: false,
            streams: Streams::new(pod.clone(), now),
            ring: LogRing::new(preferences.bytes, Keep::Newest),
            lines: Lines { times: preferences.times, wraps: preferences.wraps, ..Lines::default() },
            follows: true,
            cursor: 0,
            top: (0, 0),
            search: None,
            typing: None,
            complaint: None,
            picker: None,
            rows: Vec::new(),
            height: 0,
            now,
        }
    }

    /// True for a log group of CloudWatch, whose streams stand where a pod's containers do.
    fn is_group(&self) -> bool {
        self.pod.object.resource == LOG_GROUPS
    }

    fn chosen(&self) -> Vec<&Container> {
        self.containers.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen).map(|(c, _)| c).collect()
    }

    /// Reads from the start again: other containers, another range.
    fn reopen_all(&mut self) {
        let keep = if self.reading.since == Since::Head { Keep::Oldest } else { Keep::Newest };
        let filter = self.ring.filter().cloned();
        self.ring = LogRing::new(self.preferences.bytes, keep);
        self.ring.set_filter(filter);
        self.follows = keep == Keep::Newest;
        (self.cursor, self.top) = (0, (0, 0));
        let reading = self.reading;
        let chosen: Vec<Container> = self.chosen().into_iter().cloned().collect();
        self.lines.sources = match chosen.as_slice() {
            [] => 0,
            // A group's lines say which of its streams they are from.
            [one] if one.name == ALL_STREAMS => STREAM,
            [_] => 0,
            several => several.iter().map(|c| text::width(&c.name)).max().unwrap_or(0).min(16),
        };
        self.streams.open(&chosen.iter().collect::<Vec<_>>(), reading);
    }

    fn read_since(&mut self, since: Since) {
        self.reading.since = since;
        self.reopen_all();
    }

    fn choose(&mut self, chosen: Vec<bool>) {
        if chosen.contains(&true) {
            self.chosen = chosen;
            self.reopen_all();
        }
    }

    fn choose_next(&mut self) {
        let count = self.containers.len();
        let now = self.chosen.iter().position(|chosen| *chosen).unwrap_or(0);
        let several = self.chosen.iter().filter(|chosen| **chosen).count() > 1;
        let next = if several { 0 } else { (now + 1) % count.max(1) };
        self.choose((0..count).map(|at| at == next).collect());
    }

    fn cursor_place(&self) -> usize {
        self.ring.place_of(self.cursor).min(self.ring.counts().1.saturating_sub(1))
    }

    fn go_to_place(&mut self, place: usize) {
        let last = self.ring.counts().1.saturating_sub(1);
        if self.follows {
            // What is on the screen stays there when the reader leaves the end.
            self.follows = false;
            self.top = self.rows.first().map_or((0, 0), |row| (row.number, 0));
        }
        self.cursor = self.ring.nth(place.min(last)).unwrap_or(0);
    }

    fn step(&mut self, by: isize) {
        let last = self.ring.counts().1.saturating_sub(1);
        let from = if self.follows { last } else { self.cursor_place() };
        let to = from.saturating_add_signed(by);
        if by > 0 && to > last {
            self.follow();
        } else if !(self.follows && by > 0) {
            self.go_to_place(to);
        }
    }

    fn follow(&mut self) {
        // A log that is read from its beginning and has ended is not followed, only shown to its end.
        self.follows = true;
    }

    fn plain(&self, entry: &crate::ui::widgets::log_ring::Entry) -> String {
        let words = ansi::strip(&entry.text);
        match entry.kind {
            EntryKind::Line if self.lines.times => format!("{} {words}", entry.at.rfc3339()),
            EntryKind::Line => words.into_owned(),
            EntryKind::Note | EntryKind::Mark => format!("# {words}"),
        }
    }

    fn save(&self) -> Effect {
        let mut content = String::with_capacity(self.ring.bytes());
        for entry in self.ring.iter() {
            if self.lines.sources > 0 && entry.kind == EntryKind::Line {
                content.push_str(&entry.source);
                content.push(' ');
            }
            content.push_str(&self.plain(entry));
            content.push('\n');
        }
        let chosen = self.chosen();
        let which = match chosen.as_slice() {
            [one] => one.name.as_str(),
            _ => "all",
        };
        let at = self.now.rfc3339().replace([':', '-'], "");
        let name = self.pod.file_name(&format!("-{which}-{at}.log"));
        Effect::Save { name, content: content.into() }
    }

    fn layout<'a>(&'a self, width: u16, found: Option<&'a Pattern>) -> Layout<'a> {
        Layout { ring: &self.ring, lines: self.lines, found, width, height: self.height, now: self.now }
    }
}

impl View for Logs {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn subject(&self) -> Option<String> {
        Some(self.pod.crumb())
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.pod.object.cluster)
    }

    fn interests(&self, _: &World<'_>) -> Vec<Interest> {
        vec![self.pod.interest()]
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let disabled = |id: &str| match id {
            "search-next" | "search-previous" if self.search.is_none() => Some("nothing is searched for"),
            "log-pattern" if !self.is_group() => {
                Some("only CloudWatch Logs sifts lines before it sends them")
            }
            "insights" if !self.is_group() => Some("only log groups are queried"),
            "log-previous-run" if self.is_group() => Some("a log group has no run before this one"),
            "log-containers" | "log-all-containers" | "log-next-container"
                if self.is_group() && self.containers.len() < 2 =>
            {
                Some("the group has no streams")
            }
            "log-containers" | "log-all-containers" | "log-next-container" if self.containers.len() < 2 => {
                Some("the pod has one container")
            }
            "left" | "right" if self.lines.wraps => Some("long lines are wrapped"),
            "copy-line" | "save" | "log-clear" if self.ring.counts().0 == 0 => Some("there are no lines"),
            _ => None,
        };
        COMMANDS.iter().map(|&id| Offer { id, disabled: disabled(id).map(str::to_owned) }).collect()
    }

    fn command(&mut self, id: &'static str, world: &World<'_>) -> Handled {
        let page = self.height.saturating_sub(2).max(1) as isize;
        match id {
            "up" => self.step(-1),
            "down" => self.step(1),
            "page-up" => self.step(-page),
            "page-down" => self.step(page),
            "half-page-up" => self.step(-(page / 2).max(1)),
            "half-page-down" => self.step((page / 2).max(1)),
            "top" => self.go_to_place(0),
            "bottom" => self.follow(),
            "left" => self.lines.left = self.lines.left.saturating_sub(8),
            "right" => self.lines.left = self.lines.left.saturating_add(8),
            "log-follow" if self.follows => self.go_to_place(usize::MAX),
            "log-follow" => self.follow(),
            "log-filter" => {
                let typed = self.ring.filter().map(|f| f.typed().to_owned()).unwrap_or_default();
                self.typing = Some((Purpose::Filter, Line::new(&typed)));
            }
            "log-pattern" => {
                let typed = self.streams.pattern().unwrap_or_default();
                self.typing = Some((Purpose::Pattern, Line::new(typed)));
            }
            "search" => self.typing = Some((Purpose::Search, Line::default())),
            "search-next" => self.go_to_match(true),
            "search-previous" => self.go_to_match(false),
            "log-containers" => self.picker = Some(Picker::new(&self.containers, &self.chosen)),
            "log-all-containers" => self.choose(vec![true; self.containers.len()]),
            "log-next-container" => self.choose_next(),
            "log-previous-run" => {
                self.reading.previous = !self.reading.previous;
                self.reopen_all();
            }
            "log-times" => self.lines.times = !self.lines.times,
            "wrap" => (self.lines.wraps, self.lines.left) = (!self.lines.wraps, 0),
            "log-pretty" => self.lines.pretty = !self.lines.pretty,
            "log-mark" => self.ring.mark(format!("marked {}", screen::clock(self.now, self.now))),
            "log-clear" => self.ring.clear(),
            "copy-line" => {
                let place =
                    if self.follows { self.ring.counts().1.saturating_sub(1) } else { self.cursor_place() };
                let entry = self.ring.nth(place).and_then(|number| self.ring.get(number));
                return Handled::Done(entry.map(|e| Effect::Copy(self.plain(e))).into_iter().collect());
            }
            "save" => return Handled::Done(vec![self.save()]),
            "insights" => {
                // It is not offered where it cannot be.
                if let Ok(view) = Insights::open(std::slice::from_ref(&self.pod.object), world.now) {
                    return Handled::Open(Box::new(view));
                }
            }
            "log-tail" => self.read_since(Since::Tail),
            "log-head" => self.read_since(Since::Head),
            "log-1m" => self.read_since(Since::Seconds(60)),
            "log-5m" => self.read_since(Since::Seconds(300)),
            "log-15m" => self.read_since(Since::Seconds(900)),
            "log-30m" => self.read_since(Since::Seconds(1800)),
            "log-1h" => self.read_since(Since::Seconds(3600)),
            _ => return Handled::Ignored,
        }
        Handled::Done(self.streams.asks())
    }

    fn key(&mut self, key: Key, _: &World<'_>) -> Handled {
        if let Some(picker) = &mut self.picker {
            match picker.key(key) {
                Picked::Nothing => {}
                Picked::Abandoned => self.picker = None,
                Picked::These(chosen) => {
                    self.picker = None;
                    self.choose(chosen);
                }
            }
            return Handled::Done(self.streams.asks());
        }
        let Some((purpose, line)) = &mut self.typing else { return Handled::Ignored };
        let purpose = *purpose;
        match line.prompt_key(key) {
            Prompted::Same => {}
            Prompted::Changed => self.typed(),
            Prompted::Accepted => self.accepted(),
            Prompted::Abandoned => {
                self.typing = None;
                self.forget(purpose);
            }
        }
        Handled::Done(self.streams.asks())
    }

    fn paste(&mut self, text: &str, _: &World<'_>) {
        if let Some((_, line)) = &mut self.typing {
            line.insert(text);
            self.typed();
        }
    }

    fn takes_text(&self) -> bool {
        self.typing.is_some() || self.picker.is_some()
    }

    fn mouse(&mut self, mouse: Mouse, _: &World<'_>) -> Handled {
        match mouse.action {
            MouseAction::WheelUp => self.step(-3),
            MouseAction::WheelDown => self.step(3),
            MouseAction::Click | MouseAction::DoubleClick | MouseAction::RightClick => {
                let row = usize::from(mouse.row.saturating_sub(1));
                if mouse.row > 0
                    && let Some(number) = self.rows.get(row).map(|row| row.number)
                {
                    self.go_to_place(self.ring.place_of(number));
                }
            }
        }
        Handled::Done(Vec::new())
    }

    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        self.ring.set_limit(self.preferences.bytes);
        let mut effects: Vec<Effect> = self.pod.asks(world).into_iter().collect();
        let goes_on = !self.reading.previous && self.reading.since != Since::Head;
        if self.is_fresh && goes_on && self.streams.has_ended_ones() {
            let ring = &self.ring;
            let last_line =
                |container: &str| ring.newest_of(container, Timestamp::NEVER).next().map(|entry| entry.at);
            for again in self.streams.reopen(&self.containers, world.now, last_line) {
                match again.restarts {
                    Some(restarts) => {
                        self.ring.note(format!("{} started again (restart {restarts})", again.container));
                    }
                    None => self.ring.note(format!("{}: connected again", again.container)),
                }
            }
        }
        effects.extend(self.streams.asks());
        effects
    }

    fn closed(&mut self) -> Vec<Effect> {
        // Who comes back to it finds the newest lines, and reading goes on behind them.
        self.ring.set_limit(self.preferences.bytes / LEFT_SHARE);
        self.is_fresh = false;
        self.pod.refetch();
        self.streams.pause();
        self.streams.asks()
    }

    fn reads(&self, id: LogId) -> bool {
        self.streams.has(id)
    }

    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<Value>, Problem>) {
        if !self.pod.fetched(object, result) {
            return;
        }
        let Ok(pod) = result else { return };
        let containers = containers_of(pod);
        self.is_fresh = true;
        let is_first = self.containers.is_empty();
        let before: Vec<(String, bool)> =
            self.containers.iter().map(|c| c.name.clone()).zip(self.chosen.iter().copied()).collect();
        self.chosen = if is_first {
            first_choice(pod, &containers)
        } else {
            let was = |name: &str| before.iter().any(|(known, chosen)| known == name && *chosen);
            containers.iter().map(|container| was(&container.name)).collect()
        };
        self.containers = containers;
        if is_first {
            self.reopen_all();
        }
    }

    fn log(&mut self, id: LogId, batch: LogBatch) {
        if !self.streams.has(id) {
            return;
        }
        if !batch.lines.is_empty() {
            self.streams.delivered();
        }
        let ring = &self.ring;
        // A stream that is opened again repeats what was written in the second of the last line.
        let is_known = |line: &crate::ui::message::LogLine| {
            self.streams.resumes(id)
                && ring
                    .newest_of(&line.container, line.at)
                    .any(|known| known.at == line.at && known.text == line.text)
        };
        let known: Vec<bool> = batch.lines.iter().map(is_known).collect();
        let lines = batch.lines.into_iter().zip(known).filter(|(_, known)| !known).map(|(line, _)| line);
        let lines: Vec<_> = lines.collect();
        self.ring.append(lines);
        for (container, result) in &batch.ended {
            self.streams.ended(id, container, result);
            self.ring.note(end_note(container, result));
            self.is_fresh = false;
            self.pod.refetch();
        }
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.now = world.now;
        let body = size.height.saturating_sub(1).saturating_sub(u16::from(self.has_prompt()));
        self.height = usize::from(body);
        let shown = self.ring.counts().1;
        if shown == 0 || self.height == 0 {
            self.rows.clear();
            return;
        }
        let found = self.search.as_ref().or(self.ring.filter());
        let layout = self.layout(size.width, found);
        let top: Top = if self.follows {
            layout.ending_at(shown - 1)
        } else {
            let top = (self.ring.place_of(self.top.0).min(shown - 1), self.top.1);
            let top = layout.showing(top, self.cursor_place());
            // No empty room below while there are lines above.
            top.min(layout.ending_at(shown - 1))
        };
        let rows = layout.rows(top);
        if self.follows {
            self.cursor = self.ring.nth(shown - 1).unwrap_or(0);
        }
        self.top = (self.ring.nth(top.0).unwrap_or(0), top.1);
        self.rows = rows;
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        self.paint(area, buffer, look);
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        self.streams.retry_at().filter(|at| *at > now)
    }

    fn selected(&self) -> Vec<ObjectRef> {
        vec![self.pod.object.clone()]
    }

    fn unwind(&mut self) -> bool {
        if self.picker.take().is_some() || self.typing.take().is_some() {
            return true;
        }
        if self.search.is_some() {
            self.forget(Purpose::Search);
            return true;
        }
        if self.ring.filter().is_some() {
            self.forget(Purpose::Filter);
            return true;
        }
        if self.streams.pattern().is_some() {
            self.sift_by("");
            return true;
        }
        false
    }

    fn count(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
#[path = "logs/tests.rs"]
mod tests;
