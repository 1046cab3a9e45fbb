//! A query of Logs Insights over log groups of one cluster: what it would scan and cost, how far it has come, and what
//! it has found.
//!
//! Nothing runs before somebody has seen what it costs and pressed Enter; a query that is left before its end is
//! stopped, because it would go on to cost.

mod form;
mod paint;
mod rows;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use self::form::{Filled, Form, Question};
use self::rows::Rows;
use crate::fleet::aws::kind::{CALLERS, LOG_GROUPS};
use crate::fleet::aws::log_query::{LogQuery, QueryNews, QueryProgress};
use crate::fleet::{ClusterId, Interest, ObjectRef, Problem, Timestamp};
use crate::planes::cost::prices::PriceList;
use crate::planes::log_query::MOST_GROUPS;
use crate::ui::input::{Key, Mouse, MouseAction};
use crate::ui::line::{Line, Prompted};
use crate::ui::message::{Effect, QueryId, QueryRequest};
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::pager::{self, Pager};
use crate::ui::widgets::pattern::Pattern;

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "insights",
    aliases: &[],
    help: "a query of log groups with Logs Insights: what it would cost, its progress, its rows",
};

/// The commands of this view.
pub const COMMANDS: &[&str] = &[
    "open",
    "query-edit",
    "query-stop",
    "log-filter",
    "copy-line",
    "copy-all",
    "save",
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

/// The commands of a row whose fields are read, besides those of every text.
const OF_FIELDS: &[&str] = &["copy-line", "copy-all"];

/// A query of log groups.
#[derive(Debug)]
pub struct Insights {
    cluster: ClusterId,
    groups: Vec<Arc<str>>,
    form: Option<Form>,
    /// What was asked last, or would be.
    question: Question,
    run: Option<Run>,
    rows: Rows,
    typing: Option<Line>,
    complaint: Option<String>,
    /// All fields of one row.
    fields: Option<Pager>,
    /// The numbers of this view's queries begin here, so that two views do not mix them up.
    base: u64,
    asked: u64,
    now: Timestamp,
}

/// A query that was started.
#[derive(Debug)]
struct Run {
    id: QueryId,
    started: Timestamp,
    ended: Option<Timestamp>,
    state: State,
    progress: QueryProgress,
    /// What scanning costs, as it was said before.
    prices: Option<&'static PriceList>,
}

#[derive(Debug, PartialEq)]
enum State {
    /// AWS has not taken it yet.
    Starting,
    Running,
    Complete,
    /// It was stopped here.
    Stopped,
    Failed(Problem),
}

impl State {
    fn is_live(&self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

/// Whether one query can read these objects together, or why not.
pub fn takes(objects: &[ObjectRef]) -> Result<(), String> {
    let Some(first) = objects.first() else { return Err("nothing is selected".to_owned()) };
    if objects.iter().any(|object| object.resource != LOG_GROUPS) {
        return Err("only log groups are queried".to_owned());
    }
    if objects.iter().any(|object| object.cluster != first.cluster) {
        return Err("a query reads the groups of one cluster".to_owned());
    }
    if objects.len() > MOST_GROUPS {
        return Err(format!("a query reads at most {MOST_GROUPS} groups"));
    }
    Ok(())
}

impl Insights {
    /// A query over these groups, not asked yet; what cannot be read together says why.
    pub fn open(objects: &[ObjectRef], now: Timestamp) -> Result<Self, String> {
        takes(objects)?;
        let Some(first) = objects.first() else { return Err("nothing is selected".to_owned()) };
        let groups: Vec<Arc<str>> = objects.iter().map(|object| Arc::clone(&object.name)).collect();
        let mut hasher = DefaultHasher::new();
        (&first.cluster, &groups, now).hash(&mut hasher);
        let question = Question::default();
        Ok(Self {
            cluster: first.cluster.clone(),
            groups,
            form: Some(Form::new(&question)),
            question,
            run: None,
            rows: Rows::default(),
            typing: None,
            complaint: None,
            fields: None,
            base: hasher.finish(),
            asked: 0,
            now,
        })
    }

    fn is_live(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.state.is_live())
    }

    fn stop(&mut self) -> Vec<Effect> {
        let now = self.now;
        let Some(run) = self.run.as_mut().filter(|run| run.state.is_live()) else { return Vec::new() };
        run.state = State::Stopped;
        run.ended = Some(now);
        vec![Effect::StopQuery(run.id)]
    }

    fn start(&mut self, question: Question, seconds: u32, now: Timestamp) -> Vec<Effect> {
        let mut effects = self.stop();
        self.asked += 1;
        let id = QueryId(self.base.wrapping_add(self.asked));
        let query = LogQuery { groups: self.groups.clone(), text: question.text.clone(), seconds };
        self.question = question;
        let prices = self.form.take().and_then(|form| form.prices());
        self.rows = Rows::default();
        let progress = QueryProgress::default();
        self.run = Some(Run { id, started: now, ended: None, state: State::Starting, progress, prices });
        effects.push(Effect::StartQuery(QueryRequest { id, cluster: self.cluster.clone(), query }));
        effects
    }

    fn typed(&mut self) {
        let Some(line) = &self.typing else { return };
        match Pattern::parse(line.text()) {
            Ok(filter) => {
                self.complaint = None;
                self.rows.set_filter(filter);
            }
            Err(complaint) => self.complaint = Some(complaint),
        }
    }

    fn save(&self) -> Effect {
        let name = match self.groups.as_slice() {
            [one] => one.trim_matches('/').replace('/', "-"),
            several => format!("{}-log-groups", several.len()),
        };
        let at = self.now.rfc3339().replace([':', '-'], "");
        Effect::Save { name: format!("{name}-{at}.csv"), content: self.rows.csv().into() }
    }

    fn fields_command(&mut self, id: &'static str) -> Handled {
        let Some(pager) = &mut self.fields else { return Handled::Ignored };
        let document = pager.document();
        let effects = match id {
            "open" => {
                pager.command("fold");
                Vec::new()
            }
            "copy-line" => pager.value().map(|value| Effect::Copy(value.to_owned())).into_iter().collect(),
            "copy-all" => {
                let lines: Vec<&str> = (0..document.len()).map(|line| document.line(line)).collect();
                vec![Effect::Copy(lines.join("\n"))]
            }
            id if pager.command(id) => Vec::new(),
            _ => return Handled::Ignored,
        };
        Handled::Done(effects)
    }
}

impl View for Insights {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn subject(&self) -> Option<String> {
        match self.groups.as_slice() {
            [one] => Some(one.to_string()),
            several => Some(format!("{} log groups", several.len())),
        }
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.cluster)
    }

    fn interests(&self, _: &World<'_>) -> Vec<Interest> {
        // What a query would cost is only asked in front of it.
        if self.form.is_none() {
            return Vec::new();
        }
        let interest = |resource| Interest { cluster: self.cluster.clone(), resource };
        [LOG_GROUPS, CALLERS].map(interest).into()
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        if self.form.is_some() {
            return Vec::new();
        }
        if let Some(pager) = &self.fields {
            let all = ["open"].iter().chain(OF_FIELDS).chain(pager::COMMANDS);
            return all.map(|&id| Offer { id, disabled: pager.disabled(id) }).collect();
        }
        let nothing = (self.rows.counts().1 == 0).then_some("there are no rows");
        let disabled = |id: &str| match id {
            "query-stop" if !self.is_live() => Some("the query does not run"),
            "open" | "copy-line" | "copy-all" | "save" => nothing,
            _ => None,
        };
        COMMANDS.iter().map(|&id| Offer { id, disabled: disabled(id).map(str::to_owned) }).collect()
    }

    fn command(&mut self, id: &'static str, _: &World<'_>) -> Handled {
        if self.fields.is_some() {
            return self.fields_command(id);
        }
        match id {
            "open" => {
                self.fields = self.rows.fields().map(|document| {
                    let mut pager = Pager::wrapping(true);
                    pager.set_document(document);
                    pager
                });
            }
            "query-edit" => self.form = Some(Form::new(&self.question)),
            "query-stop" => return Handled::Done(self.stop()),
            "log-filter" => {
                let typed = self.rows.filter().map(|filter| filter.typed().to_owned());
                self.typing = Some(Line::new(&typed.unwrap_or_default()));
            }
            "copy-line" => return Handled::Done(self.rows.line().map(Effect::Copy).into_iter().collect()),
            "copy-all" => return Handled::Done(vec![Effect::Copy(self.rows.lines())]),
            "save" => return Handled::Done(vec![self.save()]),
            "up" => self.rows.step(-1),
            "down" => self.rows.step(1),
            "left" => self.rows.shift(-1),
            "right" => self.rows.shift(1),
            "page-up" => self.rows.half_pages(-2),
            "page-down" => self.rows.half_pages(2),
            "half-page-up" => self.rows.half_pages(-1),
            "half-page-down" => self.rows.half_pages(1),
            "top" => self.rows.step(isize::MIN),
            "bottom" => self.rows.step(isize::MAX),
            _ => return Handled::Ignored,
        }
        Handled::Done(Vec::new())
    }

    fn takes_text(&self) -> bool {
        self.form.is_some()
            || self.typing.is_some()
            || self.fields.as_ref().is_some_and(|pager| pager.takes_text())
    }

    fn key(&mut self, key: Key, world: &World<'_>) -> Handled {
        if let Some(form) = &mut self.form {
            match form.key(key) {
                Filled::Open => {}
                Filled::Abandoned if self.run.is_none() => return Handled::Close,
                Filled::Abandoned => self.form = None,
                Filled::Run(question, seconds) => {
                    return Handled::Done(self.start(question, seconds, world.now));
                }
            }
            return Handled::Done(Vec::new());
        }
        if let Some(pager) = self.fields.as_mut().filter(|pager| pager.takes_text()) {
            pager.key(key);
            return Handled::Done(Vec::new());
        }
        let Some(line) = &mut self.typing else { return Handled::Ignored };
        match line.prompt_key(key) {
            Prompted::Same => {}
            Prompted::Changed => self.typed(),
            Prompted::Accepted => self.typing = None,
            Prompted::Abandoned => {
                (self.typing, self.complaint) = (None, None);
                self.rows.set_filter(None);
            }
        }
        Handled::Done(Vec::new())
    }

    fn paste(&mut self, text: &str, _: &World<'_>) {
        if let Some(form) = &mut self.form {
            form.paste(text);
        } else if let Some(pager) = &mut self.fields {
            pager.paste(text);
        } else if let Some(line) = &mut self.typing {
            line.insert(text);
            self.typed();
        }
    }

    fn mouse(&mut self, mouse: Mouse, _: &World<'_>) -> Handled {
        if let Some(pager) = &mut self.fields {
            pager.mouse(mouse);
            return Handled::Done(Vec::new());
        }
        match mouse.action {
            MouseAction::WheelUp => self.rows.step(-3),
            MouseAction::WheelDown => self.rows.step(3),
            MouseAction::Click | MouseAction::RightClick | MouseAction::DoubleClick => {
                let line = usize::from(mouse.row).checked_sub(paint::ABOVE);
                let is_row = self.form.is_none() && line.is_some_and(|line| self.rows.click(line));
                if is_row && mouse.action == MouseAction::DoubleClick {
                    return Handled::Ignored;
                }
            }
        }
        Handled::Done(Vec::new())
    }

    fn closed(&mut self) -> Vec<Effect> {
        self.stop()
    }

    fn queried(&mut self, id: QueryId, news: &QueryNews) {
        let now = self.now;
        let Some(run) = self.run.as_mut().filter(|run| run.id == id && run.state.is_live()) else { return };
        run.progress = news.progress;
        if news.is_accepted {
            run.state = State::Running;
        }
        if let Some(end) = &news.end {
            run.state = match end {
                Ok(()) => State::Complete,
                Err(problem) => State::Failed(problem.clone()),
            };
            run.ended = Some(now);
        }
        if let Some(answer) = &news.answer {
            self.rows.set(Arc::clone(answer));
        }
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.now = world.now;
        if let Some(form) = &mut self.form {
            let cluster = world.snapshot.cluster(&self.cluster).map(AsRef::as_ref);
            form.prepare(&self.groups, cluster, world.now);
        }
        if let Some(pager) = &mut self.fields {
            pager.prepare(Size { height: size.height.saturating_sub(1), ..size });
        }
        let prompt = usize::from(self.has_prompt());
        self.rows.prepare(usize::from(size.height).saturating_sub(paint::ABOVE - 1 + prompt));
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        self.paint(area, buffer, look);
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        // It says how long it runs.
        self.is_live().then(|| Timestamp::from_seconds(now.seconds() + 1))
    }

    fn selected(&self) -> Vec<ObjectRef> {
        // The form reads every key as text: none leads into the groups.
        if self.form.is_some() {
            return Vec::new();
        }
        let object = |name: &Arc<str>| ObjectRef {
            cluster: self.cluster.clone(),
            resource: LOG_GROUPS,
            namespace: None,
            name: Arc::clone(name),
        };
        self.groups.iter().map(object).collect()
    }

    fn unwind(&mut self) -> bool {
        if let Some(pager) = &mut self.fields {
            if !pager.unwind() {
                self.fields = None;
            }
            return true;
        }
        if self.rows.filter().is_some() {
            self.rows.set_filter(None);
            return true;
        }
        false
    }

    fn count(&self) -> Option<String> {
        let run = self.run.as_ref().filter(|_| self.form.is_none())?;
        let (all, shown) = self.rows.counts();
        let more = if run.state.is_live() { "…" } else { "" };
        Some(if all == shown { format!("{all}{more}") } else { format!("{shown} of {all}{more}") })
    }

    fn filter(&self) -> Option<String> {
        self.rows.filter().map(|filter| filter.typed().to_owned())
    }
}

#[cfg(test)]
#[path = "insights/tests.rs"]
mod tests;
