//! An object in words: what it is, what is wrong with it, what happened to it, and what belongs to it.
//!
//! The object itself is fetched; its pods, its events and the verdicts of what it names come from the picture of all
//! rows. Every line that names another object leads there.

pub mod around;
pub mod planes;
pub mod subject;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use serde_json::Value;

use self::around::Belongs;
use self::subject::Subject;
use crate::fleet::kind::{EVENTS, NODE_METRICS, NODES, PODS};
use crate::fleet::time::human_duration;
use crate::fleet::{ClusterId, Interest, ObjectRef, Problem, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::{self, Cell, Layout, Line, Section};
use crate::ui::fresh::Picture;
use crate::ui::input::{Key, Mouse, MouseAction};
use crate::ui::message::Effect;
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::pager::{self, Pager};
use crate::ui::{join, judge};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "detail",
    aliases: &[],
    help: "an object in words, with its events and what belongs to it",
};

/// The commands of this view besides those of every text.
pub const COMMANDS: &[&str] = &["open", "owner", "node", "copy-line", "refresh"];

/// How long the ages of a summary may stand still, in seconds.
const AGES: i64 = 10;

/// One object in words.
#[derive(Debug)]
pub struct Detail {
    subject: Subject,
    belongs: Belongs,
    pager: Pager,
    made: Option<Made>,
    has_banner: bool,
    has_folded: bool,
    /// Rows changed since the document was made.
    is_behind: bool,
}

/// What the document was made of.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    width: u16,
    at: Timestamp,
    versions: Vec<Option<u64>>,
    /// Which of the tables were there whole, or known not to be had.
    settled: Vec<bool>,
}

impl Detail {
    /// An object's summary.
    pub fn open(object: &ObjectRef) -> Self {
        Self {
            subject: Subject::new(object.clone()),
            belongs: Belongs::to(object, None),
            pager: Pager::wrapping(true),
            made: None,
            has_banner: false,
            has_folded: false,
            is_behind: false,
        }
    }

    fn header(&self, object: &Value, cluster: &ClusterSnapshot, now: Timestamp) -> Section {
        let (verdict, why) = judge::verdict_of(cluster, &self.subject.object, now).unzip();
        let mut section = Section::default();
        let created =
            object.pointer("/metadata/creationTimestamp").and_then(Value::as_str).unwrap_or_default();
        let mut cells = vec![
            Cell::dim(self.subject.object.resource.kind.to_string()),
            Cell::new(self.subject.crumb(), Role::Strong),
            Cell::dim(format!("in {}", self.subject.object.cluster.name())),
        ];
        if let Some(created) = Timestamp::parse(created).known() {
            cells.push(Cell::dim(format!("{} old", human_duration(created.seconds_before(now)))));
        }
        section.push(Line { cells, verdict, ..Line::default() });
        if let (Some(verdict), Some(why)) = (verdict, why.filter(|why| !why.is_empty())) {
            let role = join::role(verdict);
            section.push(Line::alone(vec![Cell::plain(""), Cell::new(why, role)]));
        }
        section
    }

    fn sections(&self, object: &Value, cluster: &ClusterSnapshot, now: Timestamp) -> Vec<Section> {
        let about = &self.subject.object;
        let mut sections = vec![self.header(object, cluster, now)];
        for part in planes::of(about, Some(object)) {
            sections.extend((part.sections)(cluster, about, now));
        }
        let events = around::events(cluster, about, now);
        let has_warnings = events.lines.iter().any(|line| line.verdict == Some(Verdict::Warning));
        // What went wrong is read before what it is made of.
        let (early, late) = if has_warnings { (Some(events), None) } else { (None, Some(events)) };
        sections.extend(early);
        let kind = &about.resource;
        let (mut of_kind, mut folded): (Vec<Section>, Vec<Section>) =
            describe::describe(&kind.group, &kind.kind, object, now).into_iter().partition(|s| !s.is_folded);
        let pods = around::pods(cluster, &self.belongs, now);
        let after_first = usize::from(!of_kind.is_empty());
        for section in [pods, around::node_use(cluster, about)] {
            if !section.lines.is_empty() {
                of_kind.insert(after_first, section);
            }
        }
        sections.append(&mut of_kind);
        sections.push(around::relations(cluster, object, now));
        sections.extend(late);
        sections.append(&mut folded);
        sections.extend(describe::metadata(object, now));
        sections.retain(|section| !section.lines.is_empty());
        sections
    }

    fn make(&mut self, width: u16, world: &World<'_>) {
        let Some(object) = self.subject.value().cloned() else { return };
        let Some(cluster) = world.snapshot.cluster(&self.subject.object.cluster) else { return };
        let version = |resource| cluster.any_table(resource).map(|table| table.version());
        let is_settled = |resource| cluster.freshness(resource).is_settled();
        let parts = planes::of(&self.subject.object, Some(&object));
        let tables = [&self.subject.object.resource, &EVENTS, &PODS];
        let tables = tables.into_iter().chain(parts.flat_map(|part| part.rests_on));
        let (versions, settled) = tables.map(|table| (version(table), is_settled(table))).unzip();
        let made = Made { width, at: world.now, versions, settled };
        let is_same = self.made.as_ref().is_some_and(|before| {
            // Rows may change ten times a second; a text that is being read may not. What it waits for comes at once.
            let is_fresh = before.at == made.at && before.settled == made.settled;
            let is_same = before.versions == made.versions && before.at.seconds_before(made.at) < AGES;
            before.width == made.width && (is_fresh || is_same)
        });
        self.is_behind = is_same && self.made.as_ref().is_some_and(|before| before.versions != made.versions);
        if is_same {
            return;
        }
        let sections = self.sections(&object, cluster, world.now);
        if !std::mem::replace(&mut self.has_folded, true) {
            let folded = sections.iter().filter(|section| section.is_folded);
            self.pager.fold_at_first(folded.map(|section| describe::section_key(&section.title)));
        }
        let resolve = |target: &describe::Target| around::resolve(cluster, target);
        // The pager keeps two cells for the folds.
        let layout = Layout { width: width.saturating_sub(2), resolve: &resolve };
        self.pager.set_document(describe::document(&sections, layout));
        self.made = Some(made);
    }

    /// The first object with this relation.
    fn relation(&self, how: &str, world: &World<'_>) -> Option<ObjectRef> {
        let cluster = world.snapshot.cluster(&self.subject.object.cluster)?;
        let relations = describe::related::related(self.subject.value()?);
        let relation = relations.into_iter().find(|relation| relation.how == how)?;
        around::resolve(cluster, &relation.target)
    }

    fn open_link(&mut self) -> Handled {
        match self.pager.link().filter(|link| **link != self.subject.object) {
            Some(link) => Handled::Open(super::open_object(link)),
            None => {
                self.pager.command("fold");
                Handled::Done(Vec::new())
            }
        }
    }
}

impl View for Detail {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn subject(&self) -> Option<String> {
        Some(format!("{} {}", self.subject.object.resource.kind, self.subject.crumb()))
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.subject.object.cluster)
    }

    fn pictures(&self) -> Vec<Picture> {
        self.subject.pictures()
    }

    fn interests(&self, _: &World<'_>) -> Vec<Interest> {
        let cluster = &self.subject.object.cluster;
        let table = |resource| Interest { cluster: cluster.clone(), resource };
        let mut interests = vec![self.subject.interest(), table(EVENTS)];
        if self.belongs.wants_pods() {
            interests.push(table(PODS));
        }
        if self.subject.object.resource == NODES {
            interests.push(table(NODE_METRICS));
        }
        let parts = planes::of(&self.subject.object, self.subject.value().map(AsRef::as_ref));
        interests.extend(parts.flat_map(|part| part.rests_on).cloned().map(table));
        interests
    }

    fn commands(&self, world: &World<'_>) -> Vec<Offer> {
        let is_empty = self.pager.document().is_empty();
        let disabled = |id: &str| match id {
            "refresh" => None,
            _ if is_empty => Some("nothing was read yet".to_owned()),
            "owner" => self.relation("owned by", world).is_none().then(|| "nothing owns it".to_owned()),
            "node" => self.relation("runs on", world).is_none().then(|| "it runs on no node".to_owned()),
            id => self.pager.disabled(id),
        };
        let all = COMMANDS.iter().chain(pager::COMMANDS);
        all.map(|&id| Offer { id, disabled: disabled(id) }).collect()
    }

    fn command(&mut self, id: &'static str, world: &World<'_>) -> Handled {
        match id {
            "open" => return self.open_link(),
            "owner" | "node" => {
                let how = if id == "owner" { "owned by" } else { "runs on" };
                return match self.relation(how, world) {
                    Some(object) => Handled::Open(super::open_object(&object)),
                    None => Handled::Done(Vec::new()),
                };
            }
            "copy-line" => {
                let value = self.pager.value().map(str::to_owned);
                return Handled::Done(value.map(Effect::Copy).into_iter().collect());
            }
            "refresh" => {
                self.subject.refetch();
                return Handled::Ignored;
            }
            id if self.pager.command(id) => {}
            _ => return Handled::Ignored,
        }
        Handled::Done(Vec::new())
    }

    fn key(&mut self, key: Key, _: &World<'_>) -> Handled {
        if !self.pager.takes_text() {
            return Handled::Ignored;
        }
        self.pager.key(key);
        Handled::Done(Vec::new())
    }

    fn paste(&mut self, text: &str, _: &World<'_>) {
        self.pager.paste(text);
    }

    fn takes_text(&self) -> bool {
        self.pager.takes_text()
    }

    fn mouse(&mut self, mouse: Mouse, _: &World<'_>) -> Handled {
        let row = mouse.row.saturating_sub(u16::from(self.has_banner));
        if !self.pager.mouse(Mouse { row, ..mouse }) {
            return Handled::Ignored;
        }
        if mouse.action == MouseAction::DoubleClick { self.open_link() } else { Handled::Done(Vec::new()) }
    }

    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        self.subject.asks(world).into_iter().collect()
    }

    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<Value>, Problem>) {
        if self.subject.fetched(object, result) {
            self.belongs = Belongs::to(&self.subject.object, self.subject.value().map(AsRef::as_ref));
            self.made = None;
        }
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.make(size.width, world);
        self.subject.look(world);
        self.has_banner = self.subject.banner(world.now).is_some();
        let height = size.height.saturating_sub(u16::from(self.has_banner));
        self.pager.prepare(Size::new(size.width, height));
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        if area.is_empty() {
            return;
        }
        if self.pager.document().is_empty() {
            self.subject.render_picture(area, buffer, look);
            return;
        }
        let mut body = area;
        if let Some((words, role)) = self.subject.banner(look.now).filter(|_| self.has_banner) {
            let words =
                text::cut(&text::escape(&words), area.width.saturating_sub(3), look.ascii).into_owned();
            let x = text::put(buffer, area, area.left() + 1, area.top(), "~ ", look.style.of(role));
            text::put(buffer, area, x, area.top(), &words, look.style.of(role));
            body = Rect { y: area.y + 1, height: area.height - 1, ..area };
        }
        self.pager.render(body, buffer, look);
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        // Ages are told; and a change that came within the second of the last drawing is still to be drawn.
        let made = self.made.as_ref()?;
        let wait = if self.is_behind { 1 } else { AGES };
        Some(Timestamp::from_seconds((made.at.seconds() + wait).max(now.seconds() + 1)))
    }

    fn selected(&self) -> Vec<ObjectRef> {
        let row = self.pager.line().and_then(|line| self.pager.document().stand_in(line));
        vec![row.unwrap_or(&self.subject.object).clone()]
    }

    fn unwind(&mut self) -> bool {
        self.pager.unwind()
    }
}

#[cfg(test)]
#[path = "detail/tests.rs"]
mod tests;
