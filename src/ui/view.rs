//! A view: one screen that knows what it wants to see, reacts and draws.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::fresh::Picture;
use super::input::{Key, Mouse};
use super::message::{Effect, LogBatch, LogId, QueryId};
use crate::fleet::aws::log_query::QueryNews;
use crate::fleet::{ClusterId, Environment, Interest, ObjectRef, Problem, Timestamp};
use crate::snapshot::Snapshot;

/// Name and help of a view.
#[derive(Debug, PartialEq, Eq)]
pub struct ViewAbout {
    /// What `:name`, `get NAME` and the configuration call it: `kebab-case`.
    pub name: &'static str,
    /// Other names, for example `po`.
    pub aliases: &'static [&'static str],
    /// One line for the palette and the help.
    pub help: &'static str,
}

/// All that a view may look at.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// All clusters at one moment.
    pub snapshot: &'a Snapshot,
    /// The present moment.
    pub now: Timestamp,
    /// The environments that the clusters belong to.
    pub environments: &'a [Environment],
    /// What part of it the user looks at.
    pub scope: &'a Scope,
}

/// What part of the fleet the user looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// These clusters; all when empty.
    pub clusters: Vec<ClusterId>,
    /// This namespace; all when `None`.
    pub namespace: Option<Arc<str>>,
}

impl Scope {
    /// True when the cluster is looked at.
    pub fn includes(&self, cluster: &ClusterId) -> bool {
        self.clusters.is_empty() || self.clusters.contains(cluster)
    }
}

/// One screen.
///
/// `prepare` may cache and clamp; `render` may not change anything. What is not handled goes on to the cockpit.
pub trait View: Send {
    /// Its name and help.
    fn about(&self) -> &'static ViewAbout;
    /// What it is called on screen, and what the palette opens it by; another name than [`View::about`]'s where one view
    /// shows many kinds.
    fn name(&self) -> &str {
        self.about().name
    }
    /// The breadcrumb after the view's name: the object it shows.
    fn subject(&self) -> Option<String> {
        None
    }
    /// The cluster of the one object it is about. The top line then names that cluster, its environment and its guard,
    /// whatever else is in scope.
    fn cluster(&self) -> Option<&ClusterId> {
        None
    }
    /// What it wants to see now.
    fn interests(&self, world: &World<'_>) -> Vec<Interest>;
    /// The commands that work here, each enabled or not.
    fn commands(&self, world: &World<'_>) -> Vec<Offer>;
    /// Runs a command that it offered.
    fn command(&mut self, id: &'static str, world: &World<'_>) -> Handled;
    /// A key that no binding took: typing in a filter, a letter in a search.
    fn key(&mut self, key: Key, world: &World<'_>) -> Handled {
        let _ = (key, world);
        Handled::Ignored
    }
    /// The mouse, in cells from the view's own top left corner.
    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        let _ = (mouse, world);
        Handled::Ignored
    }
    /// The answer to a fetch that it asked for.
    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<serde_json::Value>, Problem>) {
        let _ = (object, result);
    }
    /// What it asks for on its own, not in answer to an input: the object it was opened for, a log to reopen. Taken
    /// after every message, before the next frame.
    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        let _ = world;
        Vec::new()
    }
    /// It is gone for good: what has to be closed behind it.
    fn closed(&mut self) -> Vec<Effect> {
        Vec::new()
    }
    /// True when it opened this log and still wants its lines.
    fn reads(&self, id: LogId) -> bool {
        let _ = id;
        false
    }
    /// Lines of a log that it opened.
    fn log(&mut self, id: LogId, batch: LogBatch) {
        let _ = (id, batch);
    }
    /// What became of a query of logs; not only of its own.
    fn queried(&mut self, id: QueryId, news: &QueryNews) {
        let _ = (id, news);
    }
    /// Called before each frame with the room there is: follow the data, clamp the selection, build visible rows.
    fn prepare(&mut self, size: Size, world: &World<'_>);
    /// Draws. Called with what `prepare` left.
    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>);
    /// When it wants to be drawn again although nothing arrives: an age that ticks on. A moment that is past asks for
    /// the next frame at once, for work that does not fit into one.
    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let _ = now;
        None
    }
    /// The section of the keymap that it shares with its likes, asked after the section of its own name: `table` for
    /// rows, `text` for what is read.
    fn family(&self) -> &'static str {
        "text"
    }
    /// True while it reads every key as text: a search is being typed. Bindings are not consulted then, but for
    /// `ctrl-c`.
    fn takes_text(&self) -> bool {
        false
    }
    /// Text was pasted while it reads text.
    fn paste(&mut self, text: &str, world: &World<'_>) {
        let _ = (text, world);
    }
    /// The objects that a command means: the marked ones, else the one under the cursor.
    fn selected(&self) -> Vec<ObjectRef> {
        Vec::new()
    }
    /// Undoes the innermost thing that Esc should undo before it leaves: a search, a filter, marks. False when there
    /// is nothing left.
    fn unwind(&mut self) -> bool {
        false
    }
    /// The user wants other glyphs from now on.
    fn take_glyphs(&mut self, glyphs: super::table_view::Glyphs) {
        let _ = glyphs;
    }
    /// Another view covers it: let go of what only a visible view needs, pictures of clusters above all.
    fn leave(&mut self) {}
    /// How many it shows, behind its name in the top line: `120 of 100,000`.
    fn count(&self) -> Option<String> {
        None
    }
    /// The filter that hides some of them, as it was typed.
    fn filter(&self) -> Option<String> {
        None
    }
    /// How fresh what it shows is, one picture for each table of each cluster; the top line says the gravest.
    fn pictures(&self) -> Vec<Picture> {
        Vec::new()
    }
    /// What a command does here, where that says more than the command's own help.
    fn explain(&self, id: &str) -> Option<String> {
        let _ = id;
        None
    }
    /// What the row under the cursor says in a column, for example the name of its node.
    fn current_text(&self, column: &str) -> Option<String> {
        let _ = column;
        None
    }
    /// All it says, for printing, when it is no table and says it in rows. Called after `prepare`.
    fn export(&self, world: &World<'_>) -> Option<super::export::Export> {
        let _ = world;
        None
    }
    /// Switches wide mode on, where there is one: what a person wants to see from the start.
    fn widen(&mut self) {
        if let Some(table) = self.as_table() {
            table.widen();
        }
    }
    /// Its rows, when it is a table.
    fn as_table(&mut self) -> Option<&mut dyn Tabular> {
        None
    }
}

/// What the palette and the command line may do with a view that is a table.
pub trait Tabular {
    /// Shows only what matches; the syntax is that of the filter line. A filter that makes no sense is refused with
    /// the reason, and the old one stays.
    fn set_filter(&mut self, text: &str) -> Result<(), String>;
    /// The filter as it was typed; empty without one.
    fn filter(&self) -> &str;
    /// Sorts by a column's id. An unknown one is refused with the ids there are.
    fn sort_by(&mut self, column: &str, descending: bool) -> Result<(), Vec<String>>;
    /// Shows these columns from left to right and no others; all that there is room for when empty.
    fn arrange(&mut self, columns: &[String]);
    /// Switches wide mode on.
    fn widen(&mut self);
    /// The first rows in the order shown, at most so many.
    fn objects(&self, limit: usize) -> Vec<ObjectRef>;
    /// Puts the cursor on an object, as soon as it is there.
    fn select(&mut self, object: &ObjectRef);
    /// All rows that pass the filter, for printing. Called after `prepare`.
    fn export(&self, now: Timestamp) -> super::export::Export;
}

/// A command that a view offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The command's id, as in `config/keymap.toml`.
    pub id: &'static str,
    /// Why it does not work right now; `None` when it does.
    pub disabled: Option<String>,
}

/// What became of an input.
#[derive(Debug)]
pub enum Handled {
    /// Not mine.
    Ignored,
    /// Done; these effects follow.
    Done(Vec<Effect>),
    /// Open another view on top; Esc comes back.
    Open(Box<dyn View>),
    /// Run a line of the palette, for what only the cockpit may change: `namespaces @myapp-prod`.
    Line(String),
    /// Leave this view.
    Close,
}

impl std::fmt::Debug for dyn View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "View({})", self.name())
    }
}

/// How to draw: the theme's styles, the glyphs, and what the terminal can do.
#[derive(Debug)]
pub struct Look<'a> {
    /// The styles by role.
    pub style: &'a dyn Styles,
    /// Glyphs as in `screens.md`, or their ASCII stand-ins.
    pub ascii: bool,
    /// The present moment, for ages.
    pub now: Timestamp,
}

/// Gives roles their style.
pub trait Styles: std::fmt::Debug + Send + Sync {
    /// How a role looks.
    fn of(&self, role: super::role::Role) -> ratatui::style::Style;
}
