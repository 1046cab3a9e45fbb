//! The cockpit: the frame around the views, and what every key means in it.
//!
//! [`Ui`] is told things ([`Msg`]) and asks for things ([`Effect`]). It draws only when [`Ui::needs_frame`] says so:
//! after an input, when a table on screen has another version, or when a time it asked for with [`Ui::next_wake`] has
//! come. The clock in the top line is the moment of the picture; it does not tick on its own, so that a quiet fleet
//! wakes nobody.

mod blank;
mod chooser;
mod help;
mod history;
mod home;
mod lines;
mod lists;
mod notices;
mod overlay;
mod palette;
mod palette_line;
mod place;
mod restyle;
mod run;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use self::blank::Blank;
pub use self::help::documented;
use self::history::History;
use self::lines::{Hint, TopLine, paint_hints, paint_rule};
use self::notices::Notices;
use self::overlay::{Ask, Overlay, panel};
use self::place::Place;
use super::command::{self, Group};
use super::export::Export;
use super::input::{Key, KeyCode, Mouse, MouseAction};
use super::keymap::{Binding, Found, Keymap, key_label};
use super::message::{Effect, Msg, Notice};
use super::preferences::Preferences;
use super::role::Role;
use super::table_view::Glyphs;
use super::text::{put, width};
use super::theme::{Depth, Theme};
use super::view::{Handled, Look, Offer, Scope, View};
use super::views::{DOORS, Door, VIEWS, ViewEntry};
use crate::fleet::kind::NAMESPACES;
use crate::fleet::{ClusterId, Environment, Interest, Timestamp};
use crate::snapshot::{Link, Snapshot};

/// What a cockpit starts with.
#[derive(Debug)]
pub struct Setup {
    /// The colours.
    pub theme: Theme,
    /// How many of them the terminal shows.
    pub depth: Depth,
    /// The user's own themes: name and text.
    pub themes: Vec<(String, String)>,
    /// The keys.
    pub keymap: Keymap,
    /// The environments that clusters belong to.
    pub environments: Vec<Environment>,
    /// The clusters in the order in which they are shown.
    pub clusters: Vec<ClusterId>,
    /// What is shown at first.
    pub scope: Scope,
    /// Whether writes were switched off for the whole session.
    pub read_only: ReadOnly,
    /// Which glyphs the terminal has.
    pub glyphs: Glyphs,
    /// The first view: a line of the palette, for example `pods staging`.
    pub view: String,
    /// Where that was set: file, line and column; nowhere when it is a flag or the default.
    pub view_place: Option<String>,
    /// Namespaces on the number keys, from 1 on.
    pub favourites: Vec<String>,
    /// What the user prefers.
    pub preferences: Preferences,
}

/// Whether anything may be changed until the cockpit is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadOnly {
    /// The environments' guards decide.
    #[default]
    No,
    /// Nothing may.
    Yes,
}

/// The cockpit.
pub struct Ui {
    views: &'static [ViewEntry],
    doors: &'static [Door],
    place: Place,
    read_only: ReadOnly,
    glyphs: Glyphs,
    theme: Theme,
    depth: Depth,
    own_themes: Vec<(String, String)>,
    keymap: Keymap,
    history: History,
    pending: Vec<Key>,
    overlay: Option<Box<dyn Overlay>>,
    notices: Notices,
    /// Lines of the palette that were run, the latest last.
    lines: Vec<String>,
    /// The first view's name, when it may be a kind of a cluster that has not said yet what it offers.
    awaited: Option<String>,
    /// Where it was set.
    awaited_place: Option<String>,
    size: Size,
    now: Timestamp,
    is_dirty: bool,
    /// What the tables on screen were when they were last drawn.
    drawn: u64,
    preferences: Preferences,
    /// Nobody has pressed a key yet: whoever may read one namespace alone is taken to its home.
    may_go_home: bool,
    /// Why the view to start with is not there.
    missing: Option<String>,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ui")
            .field("view", &self.history.view().name())
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Where the parts of the frame are.
struct Areas {
    top: Option<Rect>,
    rule: Option<Rect>,
    view: Rect,
    bottom_rule: Option<Rect>,
    bottom: Option<Rect>,
}

impl Areas {
    /// Small screens lose the rules first, then the bottom line, then the top line.
    fn of(size: Size) -> Self {
        let Size { width, height } = size;
        let line = |y| Some(Rect { x: 0, y, width, height: 1 });
        let (rules, bottom, top) = (height >= 8, height >= 5, height >= 3);
        let above = u16::from(top) + u16::from(rules);
        let below = u16::from(bottom) + u16::from(rules);
        Self {
            top: if top { line(0) } else { None },
            rule: if rules { line(1) } else { None },
            view: Rect { x: 0, y: above, width, height: height.saturating_sub(above + below) },
            bottom_rule: if rules { line(height - 2) } else { None },
            bottom: if bottom { line(height - 1) } else { None },
        }
    }
}

impl Ui {
    /// A cockpit that has seen nothing yet.
    pub fn new(setup: Setup) -> Self {
        Self::with(setup, VIEWS, DOORS)
    }

    /// A cockpit with these views and doors instead of all.
    pub fn with(setup: Setup, views: &'static [ViewEntry], doors: &'static [Door]) -> Self {
        let place = Place {
            snapshot: Arc::new(Snapshot::of_unknown(&setup.clusters)),
            environments: setup.environments,
            clusters: setup.clusters,
            scope: setup.scope,
            favourites: setup.favourites.iter().map(|name| name.as_str().into()).collect(),
        };
        let mut ui = Self {
            views,
            doors,
            place,
            read_only: setup.read_only,
            glyphs: setup.glyphs,
            theme: setup.theme,
            depth: setup.depth,
            own_themes: setup.themes,
            keymap: setup.keymap,
            history: History::new(Box::new(Blank)),
            pending: Vec::new(),
            overlay: None,
            notices: Notices::default(),
            lines: Vec::new(),
            awaited: None,
            awaited_place: setup.view_place,
            size: Size::default(),
            now: Timestamp::NEVER,
            is_dirty: true,
            drawn: 0,
            preferences: setup.preferences,
            may_go_home: true,
            missing: None,
        };
        ui.open_first(&setup.view);
        ui
    }

    /// Why the view to start with is not there: it is no view, and no cluster offers such a kind. `None` when it is, or
    /// while that is not known.
    pub fn missing_view(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Tells it something; it answers with what it wants done.
    pub fn update(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        let mut effects = self.told(msg, now);
        effects.extend(self.history.closed());
        let asked = self.with_view(|view, world| view.asks(world));
        effects.extend(asked);
        effects
    }

    fn told(&mut self, msg: Msg, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        match msg {
            Msg::Snapshot(snapshot) => {
                self.place.snapshot = snapshot;
                self.open_awaited();
                self.go_home();
                if let Some(overlay) = &mut self.overlay {
                    overlay.meet(&lists::namespaces(&self.place));
                }
                self.is_dirty |= self.fingerprint() != self.drawn;
                return Vec::new();
            }
            Msg::Log { id, batch } => {
                // A batch belongs to one view; the others ignore it.
                let on_screen = self.history.log(id, batch);
                self.is_dirty |= on_screen;
                return Vec::new();
            }
            _ => self.is_dirty = true,
        }
        match msg {
            Msg::Key(key) => {
                self.may_go_home = false;
                self.key(key)
            }
            Msg::Mouse(mouse) => {
                self.may_go_home = false;
                self.mouse(mouse)
            }
            Msg::Paste(text) => {
                self.paste(&text);
                Vec::new()
            }
            Msg::Resize(width, height) => {
                self.size = Size::new(width, height);
                Vec::new()
            }
            Msg::Fetched { object, result } => {
                self.history.each(|view| view.fetched(&object, &result));
                Vec::new()
            }
            Msg::Query { id, news } => {
                self.history.each(|view| view.queried(id, &news));
                Vec::new()
            }
            Msg::Notice(notice) => {
                self.notices.tell(notice, now);
                Vec::new()
            }
            Msg::Wake => {
                self.notices.expire(now);
                Vec::new()
            }
            Msg::Snapshot(_) | Msg::Log { .. } => Vec::new(),
        }
    }

    /// The tables it wants to see now.
    pub fn interests(&self) -> BTreeSet<Interest> {
        let mut interests: BTreeSet<Interest> =
            self.history.view().interests(&self.place.world(self.now)).into_iter().collect();
        if self.overlay.as_ref().is_some_and(|overlay| overlay.wants_namespaces()) {
            let clusters = self.place.shown().cloned();
            interests.extend(clusters.map(|cluster| Interest { cluster, resource: NAMESPACES }));
        }
        interests
    }

    /// True when the next frame would look different.
    pub fn needs_frame(&self) -> bool {
        self.is_dirty
    }

    /// When it wants [`Msg::Wake`], if nothing else happens.
    pub fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let view = self.history.view().next_wake(now);
        [view, self.notices.until()].into_iter().flatten().min()
    }

    /// Makes everything ready for [`Ui::render`].
    pub fn prepare(&mut self, size: Size, now: Timestamp) {
        self.size = size;
        self.now = now;
        self.notices.expire(now);
        self.is_dirty = false;
        self.drawn = self.fingerprint();
        let view = Areas::of(size).view;
        let world = self.place.world(now);
        self.history.view_mut().prepare(Size::new(view.width, view.height), &world);
    }

    /// Draws what [`Ui::prepare`] made ready.
    pub fn render(&self, buffer: &mut Buffer) {
        let look = self.look();
        let area = buffer.area;
        buffer.set_style(area, look.style.of(Role::Text));
        let areas = Areas::of(Size::new(area.width, area.height));
        let view = self.history.view();
        if let Some(line) = areas.top {
            let is_read_only = self.read_only == ReadOnly::Yes;
            TopLine::new(&self.place, view, is_read_only, self.now, look.ascii).paint(line, buffer, &look);
        }
        for rule in [areas.rule, areas.bottom_rule].into_iter().flatten() {
            paint_rule(rule, self.place.shows_production(view), buffer, &look);
        }
        view.render(areas.view, buffer, &look);
        if let Some(line) = areas.bottom {
            self.paint_bottom(line, buffer, &look);
        }
        if !self.pending.is_empty() {
            self.paint_continuations(area, buffer, &look);
        }
        if let Some(overlay) = &self.overlay {
            overlay.render(area, buffer, &look);
        }
    }

    /// The view on screen.
    pub fn view(&self) -> &dyn View {
        self.history.view()
    }

    /// What the view on screen says, as data; `None` when it does not speak in rows.
    pub fn export(&mut self, now: Timestamp) -> Option<Export> {
        if let Some(table) = self.history.view_mut().as_table() {
            return Some(table.export(now));
        }
        self.history.view().export(&self.place.world(now))
    }

    /// The view on screen, for printing it.
    pub fn view_mut(&mut self) -> &mut dyn View {
        self.history.view_mut()
    }

    /// What part of the fleet is looked at.
    pub fn scope(&self) -> &Scope {
        &self.place.scope
    }

    fn look(&self) -> Look<'_> {
        Look { style: &self.theme, ascii: self.glyphs == Glyphs::Ascii, now: self.now }
    }

    /// The versions of all tables on screen, and how the connections are.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let view = self.history.view();
        for interest in view.interests(&self.place.world(self.now)) {
            let cluster = self.place.snapshot.cluster(&interest.cluster);
            let table = cluster.and_then(|cluster| cluster.any_table(&interest.resource));
            table.map(|table| table.version()).hash(&mut hasher);
        }
        // A table shows a connection only when it is down; other views may show how quickly it answers.
        let is_table = view.family() == "table";
        for cluster in self.place.snapshot.clusters.iter().filter(|c| self.place.scope.includes(&c.id)) {
            match &cluster.link {
                Link::Connecting => 0u8.hash(&mut hasher),
                Link::Up(info) => (1u8, (!is_table).then(|| format!("{info:?}"))).hash(&mut hasher),
                Link::Down(problem) => (2u8, problem.message()).hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    fn sections(&self) -> [&'static str; 3] {
        let view = self.history.view();
        [view.about().name, view.family(), "cockpit"]
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        // Whatever is open: the key that ends the program ends it.
        let ends = Found::Bound(&Binding::Command("quit"));
        if key.ctrl && self.keymap.look_up(&["cockpit"], &[key]) == ends {
            return vec![Effect::Quit];
        }
        self.notices.clear();
        if let Some(overlay) = &mut self.overlay {
            let ask = overlay.key(key);
            return self.answer(ask);
        }
        if self.history.view().takes_text() {
            let handled = self.with_view(|view, world| view.key(key, world));
            return self.handled(handled).0;
        }
        if !self.pending.is_empty() {
            match key.code {
                KeyCode::Esc => {
                    self.pending.clear();
                    return Vec::new();
                }
                KeyCode::Backspace => {
                    self.pending.pop();
                    return Vec::new();
                }
                _ => {}
            }
        }
        self.pending.push(key);
        let found = match self.keymap.look_up(&self.sections(), &self.pending) {
            Found::Prefix => return Vec::new(),
            Found::Bound(binding) => Some(binding.clone()),
            Found::Nothing => None,
        };
        let was_alone = self.pending.len() == 1;
        self.pending.clear();
        match found {
            Some(Binding::Command(id)) => self.run_command(id),
            Some(Binding::Line(line)) => self.run_line(&line, self.now),
            None if was_alone => {
                let handled = self.with_view(|view, world| view.key(key, world));
                self.handled(handled).0
            }
            None => Vec::new(),
        }
    }

    fn mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        let screen = Rect::new(0, 0, self.size.width, self.size.height);
        if let Some(overlay) = &mut self.overlay {
            let ask = overlay.mouse(mouse, screen);
            return self.answer(ask);
        }
        let area = Areas::of(self.size).view;
        let is_inside = (area.left()..area.right()).contains(&mouse.column)
            && (area.top()..area.bottom()).contains(&mouse.row);
        if !is_inside {
            return Vec::new();
        }
        let inner = Mouse { column: mouse.column - area.x, row: mouse.row - area.y, ..mouse };
        let handled = self.with_view(|view, world| view.mouse(inner, world));
        let (effects, was_handled) = self.handled(handled);
        if !was_handled && mouse.action == MouseAction::DoubleClick {
            return self.run_command("open");
        }
        effects
    }

    fn paste(&mut self, text: &str) {
        if let Some(overlay) = &mut self.overlay {
            overlay.paste(text);
        } else if self.history.view().takes_text() {
            let world = self.place.world(self.now);
            self.history.view_mut().paste(text, &world);
        }
    }

    fn with_view<T>(&mut self, act: impl FnOnce(&mut dyn View, &super::view::World<'_>) -> T) -> T {
        let world = self.place.world(self.now);
        act(self.history.view_mut(), &world)
    }

    /// What follows from what a view did, and whether it did anything.
    fn handled(&mut self, handled: Handled) -> (Vec<Effect>, bool) {
        match handled {
            Handled::Ignored => (Vec::new(), false),
            Handled::Done(effects) => {
                for effect in &effects {
                    if let Effect::Copy(text) = effect {
                        self.notices.tell(Notice::Info(run::copied(text)), self.now);
                    }
                }
                (effects, true)
            }
            Handled::Open(view) => {
                self.history.open(view);
                (Vec::new(), true)
            }
            Handled::Line(line) => (self.run_line(&line, Timestamp::NEVER), true),
            Handled::Close => (self.go_back(), true),
        }
    }

    fn hints(&self) -> (Vec<Hint>, Vec<Hint>) {
        let sections = self.sections();
        let hint = |id: &str| {
            let chord = self.keymap.keys_of(&sections, id).first().map(|chord| chord.label())?;
            Some(Hint { key: chord, title: command::find(id)?.title.to_owned() })
        };
        let offers = self.offers();
        let name = self.history.view().name();
        let reads = name == "yaml";
        let leads_here = |id: &str| match name {
            "detail" => id == "describe",
            "yaml" => matches!(id, "yaml" | "open"),
            name => id == name,
        };
        let is_shown = |offer: &&Offer| {
            let group = command::find(offer.id).map(|command| command.group);
            offer.disabled.is_none()
                && matches!(group, Some(Group::Object | Group::Table | Group::Text))
                && !offer.id.starts_with("sort-")
                && !leads_here(offer.id)
        };
        let mut shown: Vec<&Offer> = offers.iter().filter(is_shown).collect();
        if reads {
            // Whoever reads a text wants to find something in it, then leave for elsewhere.
            let is_of_text = |id| command::find(id).is_some_and(|command| command.group == Group::Text);
            shown.sort_by_key(|offer| (!is_of_text(offer.id), offer.id != "search"));
        }
        let own = shown.into_iter().filter_map(|offer| hint(offer.id)).collect();
        let back = self.history.has_past().then(|| self.keymap.escape(&sections)).flatten();
        let back = back.map(|key| Hint { key, title: "back".to_owned() });
        (own, ["palette", "help"].into_iter().filter_map(hint).chain(back).collect())
    }

    fn paint_bottom(&self, line: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        match self.notices.shown() {
            Some((text, role)) => notices::paint(&text, role, line, buffer, look),
            None => {
                let (own, always) = self.hints();
                paint_hints(&own, &always, line, buffer, look);
            }
        }
    }

    /// What may follow the keys pressed so far.
    fn paint_continuations(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let sections = self.sections();
        let next = self.keymap.continuations(&sections, &self.pending);
        let keys: Vec<String> = self.pending.iter().map(key_label).collect();
        let label = self.keymap.label(&sections, &self.pending).unwrap_or_default();
        let widest = next.iter().map(|c| width(&key_label(&c.key)) + width(&c.title) + 4).max().unwrap_or(1);
        let columns = (area.width / widest.max(1)).clamp(1, 4);
        let rows = u16::try_from(next.len()).unwrap_or(1).div_ceil(columns);
        let height = (rows + 1).min(area.height);
        let place = Rect { y: area.bottom() - height, height, ..area };
        let body = panel(place, &format!("{} {label}", keys.join(" ")), "Esc", buffer, look);
        for (at, continuation) in (0u16..).zip(&next) {
            let (x, y) = (body.x + 1 + at / rows.max(1) * widest, body.y + at % rows.max(1));
            let key = key_label(&continuation.key);
            let x = put(buffer, body, x, y, &key, look.style.of(Role::Key)) + 1;
            put(buffer, body, x, y, &continuation.title, look.style.of(Role::KeyHelp));
        }
    }

    fn answer(&mut self, ask: Ask) -> Vec<Effect> {
        match ask {
            Ask::Nothing => return Vec::new(),
            Ask::Theme(name) => {
                self.set_theme(&name);
                return Vec::new();
            }
            _ => self.overlay = None,
        }
        match ask {
            Ask::Line(line) => return self.run_line(&line, self.now),
            Ask::Command(id) => return self.run_command(id),
            Ask::Clusters(clusters) => self.place.scope.clusters = clusters,
            Ask::Namespace(namespace) => self.place.set_namespace(namespace.as_deref()),
            Ask::Select(object) => {
                if let Some(table) = self.history.view_mut().as_table() {
                    table.select(&object);
                }
            }
            Ask::CloseWithTheme(name) => self.set_theme(&name),
            Ask::Close | Ask::Nothing | Ask::Theme(_) => {}
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
