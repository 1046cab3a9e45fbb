//! What the palette and the choosers list.

use std::collections::BTreeSet;

use super::Ui;
use super::chooser::{Choice, Chooser};
use super::overlay::Ask;
use super::palette::{Item, Palette, Sort};
use super::palette_line::WORDS;
use super::place::Place;
use crate::fleet::Row;
use crate::fleet::kind::NAMESPACES;
use crate::fleet::namespace::Namespace;
use crate::snapshot::Link;
use crate::ui::command::{COMMANDS, Group};
use crate::ui::theme::{THEMES, Theme};

/// Objects of the table that the palette finds.
const OBJECTS: usize = 20_000;
/// Every namespace known in scope, sorted.
pub(super) fn namespaces(place: &Place) -> Vec<String> {
    let clusters = place.snapshot.clusters.iter().filter(|cluster| place.scope.includes(&cluster.id));
    let tables = clusters.filter_map(|cluster| cluster.table::<Namespace>(&NAMESPACES));
    let mut names: BTreeSet<String> =
        tables.flat_map(|table| table.iter()).map(|(_, namespace)| namespace.name().to_owned()).collect();
    names.extend(place.favourites.iter().map(|name| name.to_string()));
    names.extend(place.scope.namespace.iter().map(|name| name.to_string()));
    names.into_iter().collect()
}

impl Ui {
    pub(super) fn choose_theme(&mut self) {
        let own = self.own_themes.iter().map(|(name, _)| name.as_str());
        let names: BTreeSet<&str> = own.chain(THEMES.iter().map(|(name, _)| *name)).collect();
        let current = names.iter().position(|name| *name == self.theme.name).unwrap_or(0);
        let choices = names.iter().map(|name| {
            let help = Theme::shipped(name, self.depth).map(|theme| theme.help).unwrap_or_default();
            let ask = Ask::Theme((*name).to_owned());
            Choice { label: (*name).to_owned(), detail: help, ask, cluster: None }
        });
        let chooser = Chooser::new("theme", choices.collect());
        let before = Ask::CloseWithTheme(self.theme.name.clone());
        self.overlay = Some(Box::new(chooser.previewing(current, before)));
    }

    pub(super) fn choose_clusters(&mut self) {
        let all = Choice {
            label: "all".to_owned(),
            detail: format!("{} clusters", self.place.clusters.len()),
            ask: Ask::Clusters(Vec::new()),
            cluster: None,
        };
        let each = self.place.clusters.iter().map(|cluster| {
            let environment = self.place.environment(cluster);
            let link = match self.place.snapshot.cluster(cluster).map(|cluster| &cluster.link) {
                Some(Link::Up(info)) => format!("{}  {} ms", info.version, info.latency_ms),
                Some(Link::Down(problem)) => problem.message().to_owned(),
                _ => "connecting".to_owned(),
            };
            let name = environment.name.as_str();
            let detail = format!("{name}  {}  {link}", environment.guard.as_str());
            let ask = Ask::Clusters(vec![cluster.clone()]);
            Choice { label: cluster.name().to_owned(), detail, ask, cluster: Some((cluster.clone(), false)) }
        });
        let choices = std::iter::once(all).chain(each).collect();
        self.overlay = Some(Box::new(Chooser::new("clusters", choices)));
    }

    pub(super) fn choose_namespace(&mut self) {
        self.overlay = Some(Box::new(Chooser::namespaces(&namespaces(&self.place))));
    }

    pub(super) fn open_palette(&mut self, typed: &str) {
        let mut items: Vec<Item> = Vec::new();
        for entry in self.views {
            let label = entry.about().name.to_owned();
            let aliases = entry.about().aliases.iter().map(|alias| (*alias).to_owned()).collect();
            let ask = Ask::Line(label.clone());
            items.push(Item { sort: Sort::View, label, aliases, detail: entry.about().help.to_owned(), ask });
        }
        self.add_kinds(&mut items);
        for cluster in &self.place.clusters {
            let environment = self.place.environment(cluster);
            items.push(Item {
                sort: Sort::Cluster,
                label: cluster.name().to_owned(),
                aliases: Vec::new(),
                detail: format!("show only {} ({})", cluster.name(), environment.name),
                ask: Ask::Clusters(vec![cluster.clone()]),
            });
        }
        let namespaces = namespaces(&self.place);
        for name in &namespaces {
            items.push(Item {
                sort: Sort::Namespace,
                label: name.clone(),
                aliases: Vec::new(),
                detail: "show only this namespace".to_owned(),
                ask: Ask::Namespace(Some(name.clone())),
            });
        }
        for (word, help) in WORDS {
            let ask = Ask::Line(word.to_owned());
            items.push(Item {
                sort: Sort::Command,
                label: word.to_owned(),
                aliases: Vec::new(),
                detail: help.to_owned(),
                ask,
            });
        }
        let offers = self.offers();
        for command in COMMANDS.iter().filter(|command| command.group != Group::Move) {
            let is_offered = offers.iter().any(|o| o.id == command.id && o.disabled.is_none());
            if is_offered
                && !command.id.starts_with("favourite-")
                && !matches!(command.id, "palette" | "help")
            {
                items.push(Item {
                    sort: Sort::Command,
                    label: command.id.to_owned(),
                    aliases: vec![command.title.to_owned()],
                    detail: command.help.to_owned(),
                    ask: Ask::Command(command.id),
                });
            }
        }
        let objects = self.history.view_mut().as_table().map(|table| table.objects(OBJECTS));
        let several = self.place.shown().count() > 1;
        for object in objects.unwrap_or_default() {
            let namespace = object.namespace.as_deref().unwrap_or_default();
            let cluster = if several { object.cluster.name() } else { "" };
            items.push(Item {
                sort: Sort::Object,
                label: object.name.to_string(),
                aliases: Vec::new(),
                detail: format!("{namespace}  {cluster}"),
                ask: Ask::Select(object.clone()),
            });
        }
        let places = self.places(&namespaces);
        self.overlay = Some(Box::new(Palette::new(items, places, &self.lines, typed)));
    }

    pub(super) fn open_aliases(&mut self) {
        let views = self.views.iter().map(|entry| Choice {
            label: entry.about().name.to_owned(),
            detail: format!("{}  {}", entry.about().aliases.join(" "), entry.about().help),
            ask: Ask::Line(entry.about().name.to_owned()),
            cluster: None,
        });
        let mut choices: Vec<Choice> = views.collect();
        let mut kinds = Vec::new();
        self.add_kinds(&mut kinds);
        choices.extend(kinds.into_iter().map(|item| Choice {
            label: item.label,
            detail: format!("{}  {}", item.aliases.join(" "), item.detail),
            ask: item.ask,
            cluster: None,
        }));
        self.overlay = Some(Box::new(Chooser::new("every view and kind", choices)));
    }

    /// Every kind that a cluster in scope offers and no view shows, each once.
    fn add_kinds(&self, items: &mut Vec<Item>) {
        let clusters = self.place.snapshot.clusters.iter().filter(|c| self.place.scope.includes(&c.id));
        let mut seen = BTreeSet::new();
        for kind in clusters.flat_map(|cluster| &cluster.catalog.kinds) {
            let label = kind.resource.qualified();
            let has_view = self.views.iter().any(|entry| {
                let about = entry.about();
                about.name == label || about.aliases.contains(&label.as_str())
            });
            if has_view || !seen.insert(label.clone()) {
                continue;
            }
            let mut aliases = kind.short_names.clone();
            aliases.extend([kind.resource.plural.to_string(), kind.singular.clone()]);
            let detail = format!("{} {}", kind.resource.kind, kind.resource.api_version());
            let ask = Ask::Line(label.clone());
            items.push(Item { sort: Sort::Kind, label, aliases, detail, ask });
        }
    }

    /// What may follow a view's name: namespaces, and clusters with an `@`.
    fn places(&self, namespaces: &[String]) -> Vec<String> {
        let clusters = self.place.clusters.iter().map(|cluster| format!("@{}", cluster.name()));
        namespaces.iter().cloned().chain(["all".to_owned()]).chain(clusters).collect()
    }
}
