//! A page: a screen of small tables about one object, or about something that was asked of all clusters that are looked
//! at. It is made from rows and made again when they change. Whoever writes one says of what it is made and what it says;
//! cursor, mouse, freshness and patience are here.

use std::fmt;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::{ClusterId, Interest, ObjectRef, Problem, ResourceType, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::export::Export;
use crate::ui::fresh::Picture;
use crate::ui::input::Mouse;
use crate::ui::message::Effect;
use crate::ui::role::Role;
use crate::ui::text::{self, escape};
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, Sheet, SheetLine};
use crate::ui::{describe, join};

/// A line of a page about one object; choosing it opens an object.
pub type Line = SheetLine<ObjectRef>;

/// The commands of a page besides those that move.
pub const COMMANDS: &[&str] = &["open"];

/// How long a page may stand still, in seconds: while rows change, and at all.
const PATIENCE: i64 = 1;
const AGES: i64 = 10;

/// What choosing a line leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Lead {
    /// Into an object.
    Object(ObjectRef),
    /// To another question, as a line of the palette; the object is what other commands mean by it.
    Line(String, ObjectRef),
}

impl Lead {
    /// The object that other commands mean by it.
    fn into_object(self) -> ObjectRef {
        match self {
            Self::Object(object) | Self::Line(_, object) => object,
        }
    }
}

impl From<ObjectRef> for Lead {
    fn from(object: ObjectRef) -> Self {
        Self::Object(object)
    }
}

/// The clusters that are looked at.
pub fn clusters<'a>(world: &World<'a>) -> impl Iterator<Item = &'a ClusterSnapshot> {
    let scope = world.scope;
    world.snapshot.clusters.iter().filter(|cluster| scope.includes(&cluster.id)).map(AsRef::as_ref)
}

/// What a page is made of and what it says.
pub trait Page: fmt::Debug + Send + 'static {
    /// What choosing one of its lines leads to.
    type Target: Into<Lead> + Clone + PartialEq + fmt::Debug + Send;

    /// Name and help.
    fn about(&self) -> &'static ViewAbout;
    /// The object it is about; `None` when it answers something that was asked of all clusters that are looked at.
    fn object(&self) -> Option<&ObjectRef> {
        None
    }
    /// What it is called behind the name of its view: its object, or what was asked.
    fn subject(&self) -> Option<String> {
        self.object().map(|object| object.name.to_string())
    }
    /// The tables without which it is not complete.
    fn needs(&self) -> &[ResourceType];
    /// Tables that let it say more.
    fn helps(&self) -> &[ResourceType] {
        &[]
    }
    /// The clusters it looks at: that of its object, unless it compares; all that are looked at, where it has none.
    fn clusters(&self, world: &World<'_>) -> Vec<ClusterId> {
        match self.object() {
            Some(object) => vec![object.cluster.clone()],
            None => clusters(world).map(|cluster| cluster.id.clone()).collect(),
        }
    }
    /// The namespace that its tables are looked at in; all of them when `None`.
    fn namespace(&self) -> Option<&str> {
        self.object()?.namespace.as_deref()
    }
    /// Single tables that it looks at in other clusters.
    fn beside(&self, world: &World<'_>) -> Vec<Interest> {
        let _ = world;
        Vec::new()
    }
    /// The commands that it has besides those of every page.
    fn commands(&self) -> &'static [&'static str] {
        &[]
    }
    /// Runs one of its own commands.
    fn command(&self, id: &str, world: &World<'_>) -> Handled {
        let _ = (id, world);
        Handled::Ignored
    }
    /// What it says, on this many cells.
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<SheetLine<Self::Target>>;
    /// The same, with the line that the cursor begins at; the first one that can be chosen when it is `None`.
    fn lines_and_start(
        &self,
        world: &World<'_>,
        width: u16,
    ) -> (Vec<SheetLine<Self::Target>>, Option<usize>) {
        (self.lines(world, width), None)
    }
    /// What it asks for on its own: an object that it has to look into.
    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        let _ = world;
        Vec::new()
    }
    /// The answer to a fetch; true when it was asked for, and the page says something else now.
    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<serde_json::Value>, Problem>) -> bool {
        let _ = (object, result);
        false
    }
    /// Its rows, for printing.
    fn export(&self, world: &World<'_>) -> Option<Export> {
        let _ = world;
        None
    }
}

/// The heads of a table of facts: a glyph, what it is, and the words.
pub const FACTS: &[Head] = &[Head::words("", 1, 0), Head::words("", 14, 0), Head::words("", 240, 0)];

/// A row of [`FACTS`]; without a verdict it is only told.
pub fn fact(
    verdict: Option<Verdict>,
    what: &str,
    words: &str,
    target: Option<ObjectRef>,
) -> sheet::Row<ObjectRef> {
    let (glyph, role) = match verdict {
        Some(verdict) => (describe::glyph(verdict, false).0.to_owned(), join::role(verdict)),
        None => (String::new(), Role::Text),
    };
    let cells = vec![(glyph, role), (what.to_owned(), Role::Dim), (escape(words).into_owned(), role)];
    (cells, target)
}

/// What a page says while its object has no row in the table of its kind.
pub fn absent(cluster: &ClusterSnapshot, kind: &ResourceType) -> Vec<Line> {
    let is_settled = cluster.freshness(kind).is_settled();
    let words = if is_settled { "   it is not there any more" } else { "   loading…" };
    vec![SheetLine::of(vec![(words.to_owned(), Role::Dim)])]
}

/// The first lines of a page: how its object is, what it is, and why, as long as that may be.
pub fn head(verdict: Verdict, name: &str, what: &str, why: &str, width: u16) -> Vec<Line> {
    let (glyph, role) = describe::glyph(verdict, false);
    let mut lines = vec![SheetLine::of(vec![
        (format!(" {glyph} "), role),
        (escape(name).into_owned(), Role::Header),
        (format!("   {}", escape(what)), Role::Dim),
    ])];
    for line in text::wrap(&escape(why), width.saturating_sub(4)) {
        lines.push(SheetLine::of(vec![(format!("   {line}"), join::role(verdict))]));
    }
    lines
}

/// A page on the screen.
#[derive(Debug)]
pub struct PageView<P: Page> {
    page: P,
    sheet: Sheet<P::Target>,
    made: Option<Made>,
    pictures: Vec<Picture>,
    /// Rows have changed since it was made.
    is_behind: bool,
    /// The user has moved the cursor: it stays where it was put.
    has_moved: bool,
}

/// When and of what a page was made.
#[derive(Debug)]
struct Made {
    width: u16,
    at: Timestamp,
    of: Vec<Option<u64>>,
    settled: Vec<bool>,
}

impl<P: Page> PageView<P> {
    /// A page that has seen nothing yet.
    pub fn new(page: P) -> Self {
        Self {
            page,
            sheet: Sheet::default(),
            made: None,
            pictures: Vec::new(),
            is_behind: false,
            has_moved: false,
        }
    }

    /// All tables that it looks at in each of its clusters.
    fn tables(&self) -> impl Iterator<Item = &ResourceType> + Clone {
        self.page.needs().iter().chain(self.page.helps())
    }

    fn make(&mut self, width: u16, world: &World<'_>) {
        let clusters: Vec<&ClusterSnapshot> = self
            .page
            .clusters(world)
            .iter()
            .filter_map(|id| world.snapshot.cluster(id))
            .map(AsRef::as_ref)
            .collect();
        let pictures: Vec<Picture> = clusters
            .iter()
            .flat_map(|cluster| self.page.needs().iter().map(move |table| (cluster, table)))
            .map(|(cluster, table)| Picture::within(cluster, table, self.page.namespace()))
            .collect();
        let words = |pictures: &[Picture]| pictures.iter().map(Picture::word).collect::<Vec<_>>();
        let settled: Vec<bool> = clusters
            .iter()
            .flat_map(|cluster| self.tables().map(|table| cluster.freshness(table).is_settled()))
            .collect();
        // A table that has just become complete is shown at once, also one that only helps.
        let has_settled = words(&pictures) != words(&self.pictures)
            || self.made.as_ref().is_some_and(|made| made.settled != settled);
        self.pictures = pictures;
        let version =
            |cluster: &ClusterSnapshot, table| cluster.any_table(table).map(|table| table.version());
        let mut of: Vec<Option<u64>> =
            clusters.iter().flat_map(|cluster| self.tables().map(|table| version(cluster, table))).collect();
        let beside = self.page.beside(world);
        of.extend(beside.iter().map(|at| version(world.snapshot.cluster(&at.cluster)?, &at.resource)));
        let is_same = self.made.as_ref().is_some_and(|made| {
            let age = made.at.seconds_before(world.now);
            self.is_behind = made.of != of;
            !has_settled
                && made.width == width
                && ((made.of == of && age < AGES) || (0..PATIENCE).contains(&age))
        });
        if is_same {
            return;
        }
        let (lines, start) = self.page.lines_and_start(world, width);
        self.sheet.set(lines);
        // Until somebody moves it, the cursor is where the page begins, whichever table arrived first.
        match start {
            _ if self.has_moved => {}
            Some(start) => self.sheet.go_to(start),
            None => {
                self.sheet.command("top");
            }
        }
        self.made = Some(Made { width, at: world.now, of, settled });
        self.is_behind = false;
    }

    fn lead(&self) -> Option<Lead> {
        self.sheet.current().cloned().map(Into::into)
    }
}

impl<P: Page> View for PageView<P> {
    fn about(&self) -> &'static ViewAbout {
        self.page.about()
    }

    fn subject(&self) -> Option<String> {
        self.page.subject()
    }

    fn cluster(&self) -> Option<&ClusterId> {
        self.page.object().map(|object| &object.cluster)
    }

    fn pictures(&self) -> Vec<Picture> {
        self.pictures.clone()
    }

    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        let interest = |cluster: &ClusterId, resource: &ResourceType| Interest {
            cluster: cluster.clone(),
            resource: resource.clone(),
        };
        let clusters = self.page.clusters(world);
        let own =
            clusters.iter().flat_map(|cluster| self.tables().map(move |table| interest(cluster, table)));
        own.chain(self.page.beside(world)).collect()
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let nothing = self.sheet.current().is_none().then(|| "there is nothing to open".to_owned());
        let disabled = |id: &str| if id == "open" { nothing.clone() } else { None };
        let all = COMMANDS.iter().chain(self.page.commands()).chain(sheet::COMMANDS);
        all.map(|&id| Offer { id, disabled: disabled(id) }).collect()
    }

    fn command(&mut self, id: &'static str, world: &World<'_>) -> Handled {
        match id {
            id if self.page.commands().contains(&id) => self.page.command(id, world),
            "open" => match self.lead() {
                Some(Lead::Object(object)) => Handled::Open(super::views::open_object(&object)),
                Some(Lead::Line(line, _)) => Handled::Line(line),
                None => Handled::Done(Vec::new()),
            },
            id if self.sheet.command(id) => {
                self.has_moved = true;
                Handled::Done(Vec::new())
            }
            _ => Handled::Ignored,
        }
    }

    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        self.page.asks(world)
    }

    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<serde_json::Value>, Problem>) {
        if self.page.fetched(object, result) {
            self.made = None;
        }
    }

    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        self.has_moved = true;
        if self.sheet.mouse(mouse) { self.command("open", world) } else { Handled::Done(Vec::new()) }
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.make(size.width, world);
        self.sheet.prepare(size.height);
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        self.sheet.render(area, buffer, look);
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let at = self.made.as_ref()?.at;
        let wait = if self.is_behind { PATIENCE } else { AGES };
        Some(Timestamp::from_seconds((at.seconds() + wait).max(now.seconds() + 1)))
    }

    fn selected(&self) -> Vec<ObjectRef> {
        let chosen = self.lead().map(Lead::into_object);
        chosen.or_else(|| self.page.object().cloned()).into_iter().collect()
    }

    fn leave(&mut self) {
        self.made = None;
    }

    fn export(&self, world: &World<'_>) -> Option<Export> {
        self.page.export(world)
    }
}

#[cfg(test)]
mod tests;
