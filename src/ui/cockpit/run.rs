//! What commands and lines of the palette do.

use std::sync::Arc;

use super::Ui;
use super::help::Help;
use super::palette_line::{Opening, Said, understand};
use crate::fleet::kind::{NAMESPACES, NODES, SECRETS};
use crate::fleet::{ClusterId, ObjectRef, Problem, ProblemKind, Timestamp};
use crate::snapshot::Link;
use crate::ui::command::{self, FAVOURITES};
use crate::ui::message::{Effect, Notice};
use crate::ui::theme::Theme;
use crate::ui::toml_text::nearest;
use crate::ui::view::{Handled, Offer, View, World};
use crate::ui::views::{OpenContext, open_kind, question};

/// The view that is named together with the namespace it is about: `namespace-home staging @myapp-dev`.
const HOME: &str = "namespace-home";

/// Lines that the palette remembers.
const LINES: usize = 20;

/// The cockpit's own commands, in the order of the help.
const OWN: [&str; 15] = [
    "palette",
    "aliases",
    "help",
    "back",
    "history-back",
    "history-forward",
    "history-last",
    "scope-next",
    "scope-previous",
    "clusters",
    "namespaces",
    "refresh",
    "themes",
    "suspend",
    "quit",
];

/// Commands that lead from the selected object into another view.
const LEADING: [&str; 8] = ["open", "describe", "yaml", "logs", "previous-logs", "path", "owner", "node"];

/// What to say after a copy.
pub(super) fn copied(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => format!("copied {text}"),
        lines => format!("copied {lines} lines"),
    }
}

impl Ui {
    /// Everything that can be done now, each enabled or not, the selected object's commands first.
    pub(super) fn offers(&self) -> Vec<Offer> {
        let view = self.history.view();
        let own = view.commands(&self.place.world(self.now));
        let selected = view.selected();
        let mut offers: Vec<Offer> = Vec::new();
        for id in LEADING {
            if let Some(offer) = own.iter().find(|offer| offer.id == id) {
                offers.push(offer.clone());
                continue;
            }
            let disabled = match selected.first() {
                None => Some("nothing is selected".to_owned()),
                Some(object) => self.leads(id, object).err(),
            };
            offers.push(Offer { id, disabled });
        }
        offers.extend(own.into_iter().filter(|offer| !LEADING.contains(&offer.id)));
        for id in ["copy-name", "copy-namespace", "namespace-of-row"] {
            if !offers.iter().any(|offer| offer.id == id) {
                let disabled = match (id, selected.first()) {
                    (_, None) => Some("nothing is selected".to_owned()),
                    ("copy-name", _) => None,
                    (_, Some(object)) => {
                        object.namespace.is_none().then(|| "it is in no namespace".to_owned())
                    }
                };
                offers.push(Offer { id, disabled });
            }
        }
        for (at, id) in FAVOURITES.into_iter().enumerate() {
            let is_there = at == 0 || self.place.favourites.len() >= at;
            offers
                .push(Offer { id, disabled: (!is_there).then(|| "no namespace has this number yet".into()) });
        }
        let is_alone = self.place.clusters.len() < 2;
        offers.extend(OWN.into_iter().map(|id| {
            let disabled = match id {
                "scope-next" | "scope-previous" | "clusters" if is_alone => {
                    Some("there is one cluster".into())
                }
                _ => None,
            };
            Offer { id, disabled }
        }));
        offers
    }

    /// Whether the command leads anywhere from this object, or why not.
    fn leads(&self, id: &str, object: &ObjectRef) -> Result<(), String> {
        match id {
            "owner" => self.owner().map(|_| ()),
            "node" => self.node().map(|_| ()),
            _ => {
                let mut why = Err("there is nothing to open".to_owned());
                for door in self.doors.iter().filter(|door| door.command == id) {
                    match (door.takes)(object) {
                        Ok(()) => return Ok(()),
                        Err(reason) => why = Err(reason.to_owned()),
                    }
                }
                // What has nothing of its own to open is described.
                if id == "open" { self.leads("describe", object) } else { why }
            }
        }
    }

    pub(super) fn run_command(&mut self, id: &'static str) -> Vec<Effect> {
        let is_offered = |offer: &Offer| offer.id == id;
        let view_offer =
            self.history.view().commands(&self.place.world(self.now)).into_iter().find(is_offered);
        if let Some(offer) = view_offer {
            if let Some(why) = offer.disabled {
                self.tell(why);
                return Vec::new();
            }
            let handled = self.with_view(|view, world| view.command(id, world));
            let (effects, was_handled) = self.handled(handled);
            if was_handled {
                return effects;
            }
        }
        if LEADING.contains(&id) {
            return self.lead(id);
        }
        if let Some(at) = FAVOURITES.iter().position(|favourite| *favourite == id) {
            self.go_to_favourite(at);
            return Vec::new();
        }
        match id {
            "palette" => self.open_palette(""),
            "aliases" => self.open_aliases(),
            "help" => {
                let (sections, offers) = (self.sections(), self.offers());
                let help = Help::new(&self.keymap, &sections, &offers, self.history.view());
                self.overlay = Some(Box::new(help));
            }
            "back" => return self.unwind(),
            "history-back" => self.or_tell(|ui| ui.history.back(), "this is the first view"),
            "history-forward" => self.or_tell(|ui| ui.history.forward(), "this is the last view"),
            "history-last" => self.or_tell(|ui| ui.history.last(), "there is no other view yet"),
            "scope-next" => self.place.step_scope(1),
            "scope-previous" => self.place.step_scope(-1),
            "clusters" => self.choose_clusters(),
            "namespaces" => self.choose_namespace(),
            "themes" => self.choose_theme(),
            "namespace-of-row" => match self.history.view().selected().first() {
                Some(ObjectRef { namespace: Some(namespace), .. }) => {
                    let namespace = Arc::clone(namespace);
                    self.place.set_namespace(Some(&namespace));
                }
                _ => self.tell("the selected object is in no namespace"),
            },
            "copy-name" => return self.copy(|object| Some(object.name.to_string())),
            "copy-namespace" => return self.copy(|object| object.namespace.as_deref().map(str::to_owned)),
            "refresh" => return self.reconnect(),
            "suspend" => return vec![Effect::Suspend],
            "quit" => return vec![Effect::Quit],
            other => {
                let title = command::find(other).map_or(other, |command| command.title);
                self.tell(format!("{title} does nothing here"));
            }
        }
        Vec::new()
    }

    /// Runs a line of the palette.
    pub(super) fn run_line(&mut self, line: &str, now: Timestamp) -> Vec<Effect> {
        let said = self.said(line);
        let line = line.trim().trim_start_matches(':').trim().to_owned();
        if !line.is_empty() && now != Timestamp::NEVER {
            self.lines.retain(|known| *known != line);
            self.lines.push(line);
            if self.lines.len() > LINES {
                self.lines.remove(0);
            }
        }
        let result = match said {
            Said::Nothing => Ok(()),
            Said::Quit => return vec![Effect::Quit],
            Said::Command(id) => return self.run_command(id),
            Said::Clusters(None) => {
                self.choose_clusters();
                Ok(())
            }
            Said::Clusters(Some(words)) => self.show_clusters(&words),
            Said::Namespace(None) => {
                self.choose_namespace();
                Ok(())
            }
            Said::Namespace(Some(name)) => {
                let all = matches!(name.as_str(), "all" | "*");
                self.place.set_namespace((!all).then_some(name.as_str()));
                Ok(())
            }
            Said::Theme(None) => {
                self.choose_theme();
                Ok(())
            }
            Said::Theme(Some(name)) => {
                self.set_theme(&name);
                Ok(())
            }
            Said::Open(opening) => self.open(opening),
        };
        if let Err(why) = result {
            self.notices.tell(Notice::Problem(Problem::new(ProblemKind::User, why)), now);
        }
        Vec::new()
    }

    /// Opens the view to start with. A name that is none may be a kind, which only a connected cluster knows: the home
    /// is shown until then.
    pub(super) fn open_first(&mut self, line: &str) {
        let opened = match self.said(line) {
            Said::Open(opening) => self.open(opening),
            _ => Err(String::new()),
        };
        if opened.is_err() {
            let home = self.views.iter().find(|entry| entry.about().name == "fleet").or(self.views.first());
            let home = home.map(|entry| entry.about().name.to_owned()).unwrap_or_default();
            // Without any view the frame stays empty; there is nothing else to show.
            let _is_there = self.open(Opening { word: home, ..Opening::default() });
            self.awaited = Some(line.to_owned()).filter(|line| !line.trim().is_empty());
        }
        self.history.forget_past();
    }

    /// Opens the view to start with as soon as a cluster offers it, or says that none does.
    pub(super) fn open_awaited(&mut self) {
        let Some(Said::Open(opening)) = self.awaited.as_deref().map(|line| self.said(line)) else { return };
        let clusters = || self.place.snapshot.clusters.iter().filter(|c| self.place.scope.includes(&c.id));
        let is_told = clusters().all(|c| !c.catalog.kinds.is_empty() || matches!(c.link, Link::Down(_)));
        let is_there = clusters().any(|c| c.catalog.find(&opening.word).is_some());
        if !is_told && !is_there {
            return;
        }
        self.awaited = None;
        self.is_dirty = true;
        if let Err(why) = self.open(opening) {
            let why = match &self.awaited_place {
                Some(place) => format!("{place}: {why}"),
                None => why,
            };
            self.missing = Some(why.clone());
            self.notices.tell(Notice::Problem(Problem::new(ProblemKind::User, why)), self.now);
        }
    }

    /// What a line means. `:namespaces` is the view of that name; the command has a key.
    fn said(&self, line: &str) -> Said {
        match understand(line) {
            Said::Command(id) if self.views.iter().any(|entry| entry.about().name == id) => {
                Said::Open(Opening { word: id.to_owned(), ..Opening::default() })
            }
            said => said,
        }
    }

    fn open(&mut self, opening: Opening) -> Result<(), String> {
        // Everything is understood before anything changes.
        let clusters: Vec<ClusterId> =
            opening.clusters.iter().map(|word| self.place.cluster_named(word)).collect::<Result<_, _>>()?;
        let is_home = opening.word == HOME;
        let question = question(&opening.word).filter(|_| !opening.words.is_empty());
        let view = match question {
            _ if is_home => self.home(&opening, &clusters)?,
            Some(question) => (question.open)(&opening.words)?,
            None => self.view_named(&opening.word)?,
        };
        if !clusters.is_empty() {
            self.place.scope.clusters = clusters;
        }
        // The home is about its namespace, whatever the tables are narrowed to.
        if let Some(namespace) = opening.namespace.as_ref().filter(|_| !is_home && question.is_none()) {
            self.place.set_namespace(namespace.as_deref());
        }
        let is_here =
            view.name() == self.history.view().name() && view.subject() == self.history.view().subject();
        let is_here = is_here && view.about() == self.history.view().about();
        if !is_here {
            self.history.open(view);
        }
        let name = self.history.view().name().to_owned();
        let preferences = &self.preferences;
        if preferences.wide && !is_here {
            self.history.view_mut().widen();
        }
        if let Some(table) = self.history.view_mut().as_table() {
            if let Some(columns) = preferences.columns.get(&name).filter(|_| !is_here) {
                table.arrange(columns);
            }
            match &opening.filter {
                Some(filter) => table.set_filter(filter)?,
                // Asked for by name, a view shows everything again.
                None if is_here => table.set_filter("")?,
                None => {}
            }
        }
        Ok(())
    }

    pub(super) fn open_context<'a>(&'a self, world: &'a World<'a>) -> OpenContext<'a> {
        OpenContext { world, glyphs: self.glyphs, preferences: &self.preferences }
    }

    /// The home of the namespace that a line names, in the one cluster that it means.
    fn home(&self, opening: &Opening, clusters: &[ClusterId]) -> Result<Box<dyn View>, String> {
        let Some(Some(namespace)) = &opening.namespace else {
            return Err(format!("{HOME} wants a namespace: {HOME} NAME"));
        };
        let shown: Vec<&ClusterId> = self.place.shown().collect();
        let cluster = match (clusters, shown.as_slice()) {
            ([one], _) => one,
            ([], [one]) => *one,
            (several, _) => {
                let names = if several.is_empty() { shown } else { several.iter().collect() };
                let names: Vec<&str> = names.into_iter().map(ClusterId::name).collect();
                return Err(format!("{HOME} is about one cluster: which of {}?", names.join(", ")));
            }
        };
        let object = ObjectRef {
            cluster: cluster.clone(),
            resource: NAMESPACES,
            namespace: None,
            name: namespace.as_str().into(),
        };
        let door = self.doors.iter().find(|door| door.command == "open" && (door.takes)(&object).is_ok());
        let world = self.place.world(self.now);
        let door = door.ok_or_else(|| format!("there is no view or kind {HOME}"))?;
        Ok((door.open)(&object, &self.open_context(&world)))
    }

    /// A new view by its name, an alias, or any name of a kind.
    fn view_named(&self, word: &str) -> Result<Box<dyn View>, String> {
        let world = self.place.world(self.now);
        let context = self.open_context(&world);
        let is_named = |name: &str| {
            let by = |entry: &&crate::ui::views::ViewEntry| {
                let about = entry.about();
                about.name.eq_ignore_ascii_case(name)
                    || about.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
            };
            self.views.iter().find(by)
        };
        if let Some(entry) = is_named(word) {
            return Ok((entry.open)(&context));
        }
        let clusters = self.place.snapshot.clusters.iter().filter(|c| self.place.scope.includes(&c.id));
        if let Some(kind) = clusters.clone().find_map(|cluster| cluster.catalog.find(word)) {
            // Kinds of the built-in groups that have a view of their own open in it, whatever they were called.
            let group = &kind.resource.group;
            let is_built_in = !group.contains('.') || group.ends_with(".k8s.io");
            // The view `secrets` tells where Secrets come from; the Secrets themselves have only their table.
            let is_built_in = is_built_in && kind.resource != SECRETS;
            return Ok(match is_named(&kind.resource.plural).filter(|_| is_built_in) {
                Some(entry) => (entry.open)(&context),
                None => open_kind(kind, &context),
            });
        }
        let mut known: Vec<&str> = self.views.iter().map(|entry| entry.about().name).collect();
        known.extend(clusters.flat_map(|c| &c.catalog.kinds).map(|kind| kind.resource.plural.as_ref()));
        Err(match nearest(word, known) {
            Some(near) => format!("there is no view or kind {word}; did you mean {near}?"),
            None => format!("there is no view or kind {word}"),
        })
    }

    fn lead(&mut self, id: &'static str) -> Vec<Effect> {
        let target = match id {
            "owner" => self.owner().map(|object| ("describe", object)),
            "node" => self.node().map(|object| ("describe", object)),
            _ => {
                let object = self.history.view().selected().into_iter().next();
                object.map(|object| (id, object)).ok_or_else(|| "nothing is selected".to_owned())
            }
        };
        let (id, object) = match target {
            Ok(target) => target,
            Err(why) => {
                self.tell(why);
                return Vec::new();
            }
        };
        let mut why = "there is nothing to open";
        // What has nothing of its own to open is described.
        let general = if id == "open" { "describe" } else { id };
        for wanted in [id, general] {
            for door in self.doors.iter().filter(|door| door.command == wanted) {
                match (door.takes)(&object) {
                    Ok(()) => {
                        let world = self.place.world(self.now);
                        let view = (door.open)(&object, &self.open_context(&world));
                        self.history.open(view);
                        return Vec::new();
                    }
                    Err(reason) => why = reason,
                }
            }
        }
        self.tell(why);
        Vec::new()
    }

    /// The node of the row under the cursor, by its column of that name.
    fn node(&self) -> Result<ObjectRef, String> {
        let view = self.history.view();
        let object = view.selected().into_iter().next().ok_or("nothing is selected")?;
        let name = view.current_text("node").ok_or("it is on no node")?;
        Ok(ObjectRef { resource: NODES, namespace: None, name: name.into(), ..object })
    }

    /// The owner of the row under the cursor, by its column of that name: `Kind/name`.
    fn owner(&self) -> Result<ObjectRef, String> {
        let view = self.history.view();
        let object = view.selected().into_iter().next().ok_or("nothing is selected")?;
        let text = view.current_text("owner").ok_or("nothing owns it")?;
        let (kind, name) = text.split_once(['/', ' ']).ok_or("nothing owns it")?;
        let cluster = self.place.snapshot.cluster(&object.cluster);
        let found = cluster.and_then(|cluster| cluster.catalog.find(kind));
        let resource =
            found.map(|entry| entry.resource.clone()).ok_or_else(|| format!("{kind} is not known"))?;
        let namespace = object.namespace.clone().filter(|_| resource.namespaced);
        Ok(ObjectRef { resource, namespace, name: name.trim().into(), cluster: object.cluster })
    }

    /// Esc: undoes the innermost thing, then goes back; it never ends the program.
    fn unwind(&mut self) -> Vec<Effect> {
        if self.history.view_mut().unwind() {
            return Vec::new();
        }
        self.go_back()
    }

    pub(super) fn go_back(&mut self) -> Vec<Effect> {
        if !self.history.back() {
            let quit = self.keymap.keys_of(&["cockpit"], "quit").first().map(|chord| chord.label());
            let or = quit.map(|key| format!(" or {key}")).unwrap_or_default();
            self.tell(format!("this is the first view; :q{or} ends"));
        }
        Vec::new()
    }

    fn or_tell(&mut self, act: impl FnOnce(&mut Self) -> bool, otherwise: &str) {
        if !act(self) {
            self.tell(otherwise);
        }
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.notices.tell(Notice::Info(what.into()), self.now);
    }

    fn copy(&mut self, what: impl Fn(&ObjectRef) -> Option<String>) -> Vec<Effect> {
        let texts: Vec<String> = self.history.view().selected().iter().filter_map(what).collect();
        if texts.is_empty() {
            self.tell("there is nothing to copy");
            return Vec::new();
        }
        self.handled(Handled::Done(vec![Effect::Copy(texts.join("\n"))])).0
    }

    fn reconnect(&mut self) -> Vec<Effect> {
        let clusters = self.place.snapshot.clusters.iter().filter(|c| self.place.scope.includes(&c.id));
        let down: Vec<ClusterId> =
            clusters.filter(|c| matches!(c.link, Link::Down(_))).map(|c| c.id.clone()).collect();
        match down.as_slice() {
            [] => self.tell("every connection is up; what is shown follows the clusters by itself"),
            [one] => self.tell(format!("trying {one} again")),
            several => self.tell(format!("trying {} clusters again", several.len())),
        }
        down.into_iter().map(Effect::Reconnect).collect()
    }

    fn go_to_favourite(&mut self, at: usize) {
        let favourite = at.checked_sub(1).and_then(|at| self.place.favourites.get(at).cloned());
        match favourite {
            Some(namespace) => self.place.set_namespace(Some(&namespace)),
            None if at == 0 => self.place.set_namespace(None),
            None => self.tell(format!("no namespace has the number {at} yet; those shown get one")),
        }
    }

    fn show_clusters(&mut self, words: &[String]) -> Result<(), String> {
        let clusters: Vec<ClusterId> =
            words.iter().map(|word| self.place.cluster_named(word)).collect::<Result<_, _>>()?;
        self.place.scope.clusters = clusters;
        Ok(())
    }

    pub(super) fn set_theme(&mut self, name: &str) {
        let own = |wanted: &str| {
            self.own_themes.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.clone())
        };
        match Theme::load(name, self.depth, &own) {
            Ok(theme) => self.theme = theme,
            Err(complaints) => {
                let said: Vec<String> = complaints.iter().map(ToString::to_string).collect();
                let problem = Problem::new(ProblemKind::User, said.join("; "));
                self.notices.tell(Notice::Problem(problem), self.now);
            }
        }
    }
}
