//! An answer: a screen of lines about something that was asked of all clusters that are looked at, made from rows and
//! made again when they change. Whoever writes one says of what it is made and what it says; cursor, mouse, freshness
//! and patience are here. What is about one object is a [`super::page`].

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::{Interest, ObjectRef, ProblemKind, ResourceType, Timestamp};
use crate::snapshot::{ClusterSnapshot, Freshness};
use crate::ui::export::Export;
use crate::ui::fresh::Picture;
use crate::ui::input::{Mouse, MouseAction};
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::widgets::sheet::{self, Sheet, SheetLine};

/// What choosing a line leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Lead {
    /// Into an object.
    Object(ObjectRef),
    /// To another question, as a line of the palette; the object is what other commands mean by it.
    Line(String, ObjectRef),
}

/// A line of an answer.
pub type Line = SheetLine<Lead>;

/// What an answer is made of and what it says.
pub trait Answer: fmt::Debug + Send + 'static {
    /// Name and help.
    fn about(&self) -> &'static ViewAbout;
    /// What was asked; nothing for the question itself.
    fn subject(&self) -> Option<String>;
    /// The tables without which it is not complete.
    fn needs(&self) -> &[ResourceType];
    /// Tables that let it say more, where the cluster has them.
    fn helps(&self) -> &[ResourceType] {
        &[]
    }
    /// What it says, on this many cells, and the line that the cursor begins at.
    fn lines(&self, world: &World<'_>, width: u16) -> (Vec<Line>, Option<usize>);
    /// Its rows, for printing.
    fn export(&self, world: &World<'_>) -> Option<Export>;
}

/// How long an answer may stand still, in seconds: while rows change, and at all.
const PATIENCE: i64 = 1;
const AGES: i64 = 10;

/// An answer on the screen.
#[derive(Debug)]
pub struct AnswerView<A> {
    answer: A,
    sheet: Sheet<Lead>,
    made: Option<Made>,
    pictures: Vec<Picture>,
    /// Rows have changed since it was made.
    is_behind: bool,
    /// The user has moved the cursor: it stays where it was put.
    has_moved: bool,
}

/// When and of what an answer was made.
#[derive(Debug)]
struct Made {
    width: u16,
    at: Timestamp,
    of: Vec<Option<u64>>,
    settled: Vec<bool>,
}

/// The clusters that are looked at.
pub fn clusters<'a>(world: &World<'a>) -> impl Iterator<Item = &'a ClusterSnapshot> {
    let scope = world.scope;
    world.snapshot.clusters.iter().filter(|cluster| scope.includes(&cluster.id)).map(AsRef::as_ref)
}

impl<A: Answer> AnswerView<A> {
    /// An answer that has seen nothing yet.
    pub fn new(answer: A) -> Self {
        Self {
            answer,
            sheet: Sheet::default(),
            made: None,
            pictures: Vec::new(),
            is_behind: false,
            has_moved: false,
        }
    }

    /// The tables it looks at in a cluster; what the cluster does not have is not asked for again.
    fn tables<'s>(&'s self, cluster: &'s ClusterSnapshot) -> impl Iterator<Item = &'s ResourceType> {
        let is_there = |table: &&ResourceType| {
            !matches!(cluster.freshness(table),
                Freshness::Unavailable { problem } if problem.kind() == ProblemKind::NotFound)
        };
        self.answer.needs().iter().chain(self.answer.helps().iter().filter(is_there))
    }

    fn make(&mut self, width: u16, world: &World<'_>) {
        let needs = self.answer.needs();
        let pictures: Vec<Picture> = clusters(world)
            .flat_map(|cluster| needs.iter().map(move |table| Picture::of(cluster, table)))
            .collect();
        let words = |pictures: &[Picture]| pictures.iter().map(Picture::word).collect::<Vec<_>>();
        let settled: Vec<bool> = clusters(world)
            .flat_map(|cluster| {
                let tables = self.answer.needs().iter().chain(self.answer.helps());
                tables.map(|table| cluster.freshness(table).is_settled())
            })
            .collect();
        // A table that has just become complete is shown at once, also one that only helps.
        let has_settled = words(&pictures) != words(&self.pictures)
            || self.made.as_ref().is_some_and(|made| made.settled != settled);
        self.pictures = pictures;
        let of: Vec<Option<u64>> = clusters(world)
            .flat_map(|cluster| {
                let tables = self.answer.needs().iter().chain(self.answer.helps());
                tables.map(|table| cluster.any_table(table).map(|table| table.version()))
            })
            .collect();
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
        let (lines, start) = self.answer.lines(world, width);
        self.sheet.set(lines);
        // Until somebody moves it, the cursor is where the answer begins, whichever cluster answered first.
        if !self.has_moved {
            match start {
                Some(start) => self.sheet.go_to(start),
                None => {
                    self.sheet.command("top");
                }
            }
        }
        self.made = Some(Made { width, at: world.now, of, settled });
        self.is_behind = false;
    }
}

impl<A: Answer> View for AnswerView<A> {
    fn about(&self) -> &'static ViewAbout {
        self.answer.about()
    }

    fn subject(&self) -> Option<String> {
        self.answer.subject()
    }

    fn pictures(&self) -> Vec<Picture> {
        self.pictures.clone()
    }

    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        clusters(world)
            .flat_map(|cluster| {
                self.tables(cluster)
                    .map(move |resource| Interest { cluster: cluster.id.clone(), resource: resource.clone() })
            })
            .collect()
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let nothing = self.sheet.current().is_none().then(|| "there is nothing to open".to_owned());
        let disabled = |id: &str| if id == "open" { nothing.clone() } else { None };
        let all = ["open"].into_iter().chain(sheet::COMMANDS.iter().copied());
        all.map(|id| Offer { id, disabled: disabled(id) }).collect()
    }

    fn command(&mut self, id: &'static str, _: &World<'_>) -> Handled {
        match id {
            "open" => match self.sheet.current() {
                Some(Lead::Object(object)) => Handled::Open(super::views::open_object(object)),
                Some(Lead::Line(line, _)) => Handled::Line(line.clone()),
                None => Handled::Done(Vec::new()),
            },
            id if self.sheet.command(id) => {
                self.has_moved = true;
                Handled::Done(Vec::new())
            }
            _ => Handled::Ignored,
        }
    }

    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        self.has_moved = true;
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
        match self.sheet.current() {
            Some(Lead::Object(object) | Lead::Line(_, object)) => vec![object.clone()],
            None => Vec::new(),
        }
    }

    fn leave(&mut self) {
        self.made = None;
    }

    fn export(&self, world: &World<'_>) -> Option<Export> {
        self.answer.export(world)
    }
}
