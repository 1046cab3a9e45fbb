//! A page: a screen of small tables about one object, made from rows and made again when they change. Whoever writes one
//! says of what it is made and what it says; cursor, mouse, freshness and patience are here.

use std::fmt;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::{ClusterId, Interest, ObjectRef, Problem, ResourceType, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::export::Export;
use crate::ui::fresh::Picture;
use crate::ui::input::{Mouse, MouseAction};
use crate::ui::message::Effect;
use crate::ui::role::Role;
use crate::ui::text::{self, escape};
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, Sheet, SheetLine};
use crate::ui::{describe, join};

/// A line of a page; choosing it opens an object.
pub type Line = SheetLine<ObjectRef>;

/// The commands of a page besides those that move.
pub const COMMANDS: &[&str] = &["open"];

/// How long a page may stand still, in seconds: while rows change, and at all.
const PATIENCE: i64 = 1;
const AGES: i64 = 10;

/// What a page is made of and what it says.
pub trait Page: fmt::Debug + Send + 'static {
    /// Name and help.
    fn about(&self) -> &'static ViewAbout;
    /// The object it is about.
    fn object(&self) -> &ObjectRef;
    /// The tables without which it is not complete.
    fn needs(&self) -> &[ResourceType];
    /// Tables that let it say more.
    fn helps(&self) -> &[ResourceType] {
        &[]
    }
    /// The clusters it looks at: that of its object, unless it compares.
    fn clusters(&self, world: &World<'_>) -> Vec<ClusterId> {
        let _ = world;
        vec![self.object().cluster.clone()]
    }
    /// The namespace that its tables are looked at in; all of them when `None`.
    fn namespace(&self) -> Option<&str> {
        self.object().namespace.as_deref()
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
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line>;
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
pub struct PageView<P> {
    page: P,
    sheet: Sheet<ObjectRef>,
    made: Option<Made>,
    pictures: Vec<Picture>,
    /// Rows have changed since it was made.
    is_behind: bool,
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
        Self { page, sheet: Sheet::default(), made: None, pictures: Vec::new(), is_behind: false }
    }

    fn make(&mut self, width: u16, world: &World<'_>) {
        let clusters: Vec<_> =
            self.page.clusters(world).iter().filter_map(|id| world.snapshot.cluster(id)).collect();
        if clusters.is_empty() {
            return;
        }
        let pictures: Vec<Picture> = clusters
            .iter()
            .flat_map(|cluster| self.page.needs().iter().map(move |table| (cluster, table)))
            .map(|(cluster, table)| Picture::within(cluster, table, self.page.namespace()))
            .collect();
        let words = |pictures: &[Picture]| pictures.iter().map(Picture::word).collect::<Vec<_>>();
        let tables = self.page.needs().iter().chain(self.page.helps());
        let settled: Vec<bool> = clusters
            .iter()
            .flat_map(|cluster| tables.clone().map(|table| cluster.freshness(table).is_settled()))
            .collect();
        // A table that has just become complete is shown at once, also one that only helps.
        let has_settled = words(&pictures) != words(&self.pictures)
            || self.made.as_ref().is_some_and(|made| made.settled != settled);
        self.pictures = pictures;
        let version =
            |cluster: &ClusterSnapshot, table| cluster.any_table(table).map(|table| table.version());
        let mut of: Vec<Option<u64>> =
            clusters.iter().flat_map(|cluster| tables.clone().map(|table| version(cluster, table))).collect();
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
        self.sheet.set(self.page.lines(world, width));
        self.made = Some(Made { width, at: world.now, of, settled });
        self.is_behind = false;
    }
}

impl<P: Page> View for PageView<P> {
    fn about(&self) -> &'static ViewAbout {
        self.page.about()
    }

    fn subject(&self) -> Option<String> {
        Some(self.page.object().name.to_string())
    }

    fn cluster(&self) -> Option<&ClusterId> {
        Some(&self.page.object().cluster)
    }

    fn pictures(&self) -> Vec<Picture> {
        self.pictures.clone()
    }

    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        let tables = || self.page.needs().iter().chain(self.page.helps());
        let interest = |cluster: &ClusterId, resource: &ResourceType| Interest {
            cluster: cluster.clone(),
            resource: resource.clone(),
        };
        let clusters = self.page.clusters(world);
        let own = clusters.iter().flat_map(|cluster| tables().map(move |table| interest(cluster, table)));
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
            "open" => match self.sheet.current() {
                Some(object) => Handled::Open(super::views::open_object(object)),
                None => Handled::Done(Vec::new()),
            },
            id if self.sheet.command(id) => Handled::Done(Vec::new()),
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
        match mouse.action {
            MouseAction::WheelUp => self.sheet.step(-1),
            MouseAction::WheelDown => self.sheet.step(1),
            MouseAction::Click | MouseAction::RightClick => {
                self.sheet.click(mouse.row);
            }
            MouseAction::DoubleClick if self.sheet.click(mouse.row) => return self.command("open", world),
            MouseAction::DoubleClick => {}
        }
        Handled::Done(Vec::new())
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
        vec![self.sheet.current().unwrap_or(self.page.object()).clone()]
    }

    fn leave(&mut self) {
        self.made = None;
    }

    fn export(&self, world: &World<'_>) -> Option<Export> {
        self.page.export(world)
    }
}
