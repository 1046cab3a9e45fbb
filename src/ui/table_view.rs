//! Turns a [`Listing`] into a [`View`]: a grid with a filter line, a chooser of columns, keys and the mouse.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::command::{self, sort_by_letter};
use super::export::Export;
use super::fresh::Picture;
use super::grid::{Grid, Hit};
use super::input::{Key, KeyCode, Mouse, MouseAction};
use super::line::{Line, Typed};
use super::listing::Listing;
use super::message::Effect;
use super::role::Role;
use super::text::{cut, fit, put};
use super::view::{Handled, Look, Offer, Tabular, View, ViewAbout, World};
use crate::fleet::{Interest, ObjectRef, Timestamp};

/// A listing on the screen.
pub struct TableView<L: Listing> {
    pub(super) grid: Grid<L>,
    filter: Option<FilterLine>,
    chooser: Option<Chooser>,
    size: Size,
    /// Glyphs of the last frame's kind; a frame is prepared before the look of the next is known.
    ascii: bool,
}

struct FilterLine {
    line: Line,
    /// What Esc brings back.
    before: String,
    refused: Option<String>,
}

struct Chooser {
    row: usize,
}

impl<L: Listing> TableView<L> {
    /// A view that has seen nothing yet.
    pub fn new(listing: L, glyphs: Glyphs) -> Self {
        Self {
            grid: Grid::new(listing),
            filter: None,
            chooser: None,
            size: Size::default(),
            ascii: glyphs == Glyphs::Ascii,
        }
    }

    fn filter_key(&mut self, key: Key) -> Handled {
        let Some(filter) = &mut self.filter else { return Handled::Ignored };
        match key.code {
            KeyCode::Enter => self.close_filter(),
            KeyCode::Esc => {
                let before = std::mem::take(&mut filter.before);
                let _was_accepted_before = self.grid.set_filter(&before);
                self.close_filter();
            }
            KeyCode::Up => self.grid.step(-1),
            KeyCode::Down => self.grid.step(1),
            _ if filter.line.key(key) == Typed::Changed => self.apply_filter(),
            _ => {}
        }
        Handled::Done(Vec::new())
    }

    fn close_filter(&mut self) {
        self.filter = None;
        self.grid.close_filter();
    }

    fn apply_filter(&mut self) {
        if let Some(filter) = &mut self.filter {
            filter.refused = self.grid.set_filter(filter.line.text()).err();
        }
    }

    fn chooser_key(&mut self, key: Key) -> Handled {
        let Some(chooser) = &mut self.chooser else { return Handled::Ignored };
        let columns = self.grid.columns();
        match key.code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') => self.chooser = None,
            KeyCode::Up | KeyCode::Char('k') => chooser.row = chooser.row.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => {
                chooser.row = (chooser.row + 1).min(columns.len().saturating_sub(1));
            }
            KeyCode::Char(' ') => {
                if let Some((id, _, shown)) = columns.get(chooser.row) {
                    self.grid.choose(id, !shown);
                }
            }
            _ => {}
        }
        Handled::Done(Vec::new())
    }

    fn copy(&self, what: impl Fn(&ObjectRef) -> Option<String>) -> Handled {
        let texts: Vec<String> = self.grid.selected().iter().filter_map(what).collect();
        if texts.is_empty() { Handled::Ignored } else { Handled::Done(vec![Effect::Copy(texts.join("\n"))]) }
    }

    fn paint_filter(&self, filter: &FilterLine, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let x = put(buffer, area, area.x + 1, area.y, "/", look.style.of(Role::Key));
        let x = filter.line.paint(area, x, area.y, buffer, look);
        let (said, role) = match &filter.refused {
            Some(refused) => (refused.as_str(), Role::Warning),
            None if filter.line.text().is_empty() => {
                ("text  !not  ~fuzzy  -l app=web  restarts>3  age<2h  status=Running", Role::Ghost)
            }
            None => ("", Role::Ghost),
        };
        let room = area.right().saturating_sub(x + 2);
        put(buffer, area, x + 2, area.y, &cut(said, room, look.ascii), look.style.of(role));
    }

    fn paint_chooser(&self, chooser: &Chooser, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let columns = self.grid.columns();
        let width = 44.min(area.width);
        let height = u16::try_from(columns.len() + 2).unwrap_or(u16::MAX).min(area.height);
        let panel = Rect { x: area.right() - width, y: area.y, width, height };
        for y in panel.top()..panel.bottom() {
            put(buffer, panel, panel.x, y, &" ".repeat(usize::from(width)), look.style.of(Role::Overlay));
        }
        let title =
            fit(" columns   Space shows or hides, Esc closes", width, super::text::Align::Left, look.ascii);
        put(buffer, panel, panel.x, panel.y, &title, look.style.of(Role::OverlayTitle));
        let rows = usize::from(height.saturating_sub(2));
        let top = (chooser.row + 1).saturating_sub(rows);
        for (y, (at, (id, help, shown))) in
            (panel.y + 1..).zip(columns.iter().enumerate().skip(top).take(rows))
        {
            let box_ = if *shown { "[x]" } else { "[ ]" };
            let text = cut(&format!(" {box_} {id}  {help}"), width, look.ascii).into_owned();
            put(
                buffer,
                panel,
                panel.x,
                y,
                &text,
                look.style.of(if *shown { Role::Overlay } else { Role::Dim }),
            );
            if at == chooser.row {
                buffer.set_style(Rect { x: panel.x, y, width, height: 1 }, look.style.of(Role::Selection));
            }
        }
    }
}

/// Which glyphs a view prepares its frames with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Those of the sketches.
    #[default]
    Unicode,
    /// Their ASCII stand-ins.
    Ascii,
}

const OFFERS: [&str; 20] = [
    "filter",
    "by-object",
    "mark",
    "wide",
    "columns",
    "sort-reverse",
    "sort-next",
    "sort-previous",
    "mark-range",
    "clear-marks",
    "copy-name",
    "copy-namespace",
    "up",
    "down",
    "page-up",
    "page-down",
    "half-page-up",
    "half-page-down",
    "top",
    "bottom",
];

impl<L: Listing> View for TableView<L> {
    fn about(&self) -> &'static ViewAbout {
        self.grid.listing.about()
    }

    fn name(&self) -> &str {
        self.grid.listing.name()
    }

    fn family(&self) -> &'static str {
        "table"
    }

    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        let listing = &self.grid.listing;
        let clusters = world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        let wanted = clusters.flat_map(|cluster| {
            let resources = listing.resources().iter().chain(listing.joins());
            resources.map(|resource| Interest { cluster: cluster.id.clone(), resource: resource.clone() })
        });
        wanted.collect()
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let nothing = self.grid.is_empty().then(|| "there are no rows".to_owned());
        let offer = |id: &'static str| {
            let disabled = match id {
                "mark" | "mark-range" | "copy-name" => nothing.clone(),
                "copy-namespace" => match self.grid.current() {
                    Some(object) if object.namespace.is_none() => Some("it is in no namespace".to_owned()),
                    _ => nothing.clone(),
                },
                "clear-marks" if self.grid.marked() == 0 => Some("nothing is marked".to_owned()),
                _ => None,
            };
            Offer { id, disabled }
        };
        let folds = |id: &&'static str| *id != "by-object" || self.grid.listing.folds();
        let own = OFFERS.into_iter().filter(folds).map(offer);
        let letters = self.grid.sort_letters().into_iter().filter_map(|(letter, _)| sort_by_letter(letter));
        let listed = self.grid.listing.commands(&self.grid.selected());
        listed.into_iter().chain(own).chain(letters.map(|id| Offer { id, disabled: None })).collect()
    }

    fn command(&mut self, id: &'static str, world: &World<'_>) -> Handled {
        match id {
            "filter" => {
                let before = self.grid.filter().to_owned();
                self.grid.open_filter();
                self.filter = Some(FilterLine { line: Line::new(&before), before, refused: None });
            }
            "up" => self.grid.step(-1),
            "down" => self.grid.step(1),
            "page-up" => self.grid.half_pages(-2),
            "page-down" => self.grid.half_pages(2),
            "half-page-up" => self.grid.half_pages(-1),
            "half-page-down" => self.grid.half_pages(1),
            "top" => self.grid.go_to(0),
            "bottom" => self.grid.go_to(usize::MAX),
            "mark" => self.grid.mark(),
            "mark-range" => self.grid.mark_range(),
            "clear-marks" => {
                self.grid.clear_marks();
            }
            "wide" => self.grid.toggle_wide(),
            "columns" => self.chooser = Some(Chooser { row: 0 }),
            "sort-reverse" => self.grid.reverse(),
            "by-object" => self.grid.toggle_by_object(),
            "sort-next" => self.grid.sort_by_neighbour(1),
            "sort-previous" => self.grid.sort_by_neighbour(-1),
            "copy-name" => return self.copy(|object| Some(object.name.to_string())),
            "copy-namespace" => return self.copy(|object| object.namespace.as_deref().map(str::to_owned)),
            other => {
                let letter = command::SORTS.iter().find(|(_, id)| *id == other).map(|(letter, _)| *letter);
                if !letter.is_some_and(|letter| self.grid.sort_by_letter(letter)) {
                    return self.grid.listing.command(other, &self.grid.selected(), world);
                }
            }
        }
        Handled::Done(Vec::new())
    }

    fn takes_text(&self) -> bool {
        self.filter.is_some() || self.chooser.is_some()
    }

    fn key(&mut self, key: Key, _: &World<'_>) -> Handled {
        if self.filter.is_some() { self.filter_key(key) } else { self.chooser_key(key) }
    }

    fn paste(&mut self, text: &str, _: &World<'_>) {
        if let Some(filter) = &mut self.filter {
            filter.line.insert(text);
            self.apply_filter();
        }
    }

    fn mouse(&mut self, mouse: Mouse, _: &World<'_>) -> Handled {
        match mouse.action {
            MouseAction::WheelUp => self.grid.scroll(-3),
            MouseAction::WheelDown => self.grid.scroll(3),
            MouseAction::Click | MouseAction::RightClick | MouseAction::DoubleClick => {
                match self.grid.hit(mouse.column, mouse.row) {
                    Some(Hit::Header(at)) if mouse.action != MouseAction::RightClick => {
                        self.grid.sort_by_header(at);
                    }
                    Some(Hit::Row(row)) => {
                        self.grid.go_to(row);
                        // Opening is the cockpit's: it knows the doors.
                        if mouse.action == MouseAction::DoubleClick {
                            return Handled::Ignored;
                        }
                    }
                    _ => {}
                }
            }
        }
        Handled::Done(Vec::new())
    }

    fn selected(&self) -> Vec<ObjectRef> {
        self.grid.selected()
    }

    fn unwind(&mut self) -> bool {
        if !self.grid.filter().is_empty() {
            return self.grid.set_filter("").is_ok();
        }
        self.grid.clear_marks()
    }

    fn take_glyphs(&mut self, glyphs: Glyphs) {
        self.ascii = glyphs == Glyphs::Ascii;
    }

    fn leave(&mut self) {
        self.filter = None;
        self.chooser = None;
        self.grid.leave();
    }

    fn count(&self) -> Option<String> {
        Some(self.grid.count())
    }

    fn filter(&self) -> Option<String> {
        Some(self.grid.filter().to_owned()).filter(|filter| !filter.is_empty())
    }

    fn pictures(&self) -> Vec<Picture> {
        self.grid.pictures().into_iter().map(|(_, picture)| picture).collect()
    }

    fn explain(&self, id: &str) -> Option<String> {
        let (letter, _) = command::SORTS.iter().find(|(_, known)| *known == id)?;
        let letters = self.grid.sort_letters();
        let (_, title) = letters.into_iter().find(|(known, _)| known == letter)?;
        Some(format!("sort by {title}; again: the other way round"))
    }

    fn current_text(&self, column: &str) -> Option<String> {
        self.grid.current_text(column)
    }

    fn as_table(&mut self) -> Option<&mut dyn Tabular> {
        Some(self)
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.size = size;
        self.grid.follow(world);
        let lines = u16::from(self.filter.is_some());
        let rows = Size { height: size.height.saturating_sub(lines), ..size };
        self.grid.build(rows, world, self.ascii);
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let lines = u16::from(self.filter.is_some());
        let rows = Rect { height: area.height.saturating_sub(lines), ..area };
        self.grid.paint(rows, buffer, look);
        if let Some(filter) = &self.filter {
            let line = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
            self.paint_filter(filter, line, buffer, look);
        }
        if let Some(chooser) = &self.chooser {
            self.paint_chooser(chooser, area, buffer, look);
        }
    }

    fn next_wake(&self, _: Timestamp) -> Option<Timestamp> {
        self.grid.next_wake()
    }
}

impl<L: Listing> Tabular for TableView<L> {
    fn set_filter(&mut self, text: &str) -> Result<(), String> {
        self.grid.set_filter(text)
    }

    fn filter(&self) -> &str {
        self.grid.filter()
    }

    fn sort_by(&mut self, column: &str, descending: bool) -> Result<(), Vec<String>> {
        self.grid.sort_by(column, descending)
    }

    fn arrange(&mut self, columns: &[String]) {
        self.grid.arrange(columns);
    }

    fn widen(&mut self) {
        if !self.grid.is_wide() {
            self.grid.toggle_wide();
        }
    }

    fn objects(&self, limit: usize) -> Vec<ObjectRef> {
        self.grid.objects(limit)
    }

    fn select(&mut self, object: &ObjectRef) {
        self.grid.select(object);
    }

    fn export(&self, now: Timestamp) -> Export {
        self.grid.export(now)
    }
}
