//! A small world for the grid's tests: a kind called *thing*, a listing of it, and a store to change it through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::{
    ClusterId, EnvironmentName, Epoch, Problem, ProblemKind, ResourceType, Row, Timestamp, Verdict,
};
use crate::snapshot::delta::Change;
use crate::snapshot::{Catalog, CatalogEntry, Delta, Freshness, Link, RowChange, Snapshot, Store};
use crate::ui::grid::Grid;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::theme::{Depth, Theme};
use crate::ui::value::{Cell, Value};
use crate::ui::view::{Look, Scope, ViewAbout, World};

pub(crate) const THINGS: ResourceType = ResourceType::namespaced("", "v1", "things", "Thing");

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    pub(crate) space: Option<&'static str>,
    pub(crate) name: String,
    pub(crate) number: Option<u32>,
}

impl Thing {
    pub(crate) fn new(name: u8, number: u32) -> Self {
        let space = [Some("green"), Some("blue"), None, Some("blue")][usize::from(name % 4)];
        let kind = if name.is_multiple_of(3) { "b-a-very-long-name-that-goes-past-the-key" } else { "a" };
        Self { space, name: format!("thing-{kind}-{name:02}"), number: (number != 0).then_some(number) }
    }

    pub(crate) fn colour(&self) -> String {
        if self.is_even() { "red".into() } else { "a-colour-that-is-longer-than-a-key-red".into() }
    }

    pub(crate) fn is_even(&self) -> bool {
        self.name.bytes().map(u32::from).sum::<u32>().is_multiple_of(2)
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if self.number.is_some_and(|number| number > 4) { Verdict::Warning } else { Verdict::Ok }
    }

    pub(crate) fn why(&self) -> Option<String> {
        (self.verdict() == Verdict::Warning).then(|| "too many".to_owned())
    }

    /// What a text filter sees, but for the cluster.
    pub(crate) fn texts(&self) -> Vec<String> {
        let number = self.number.map(|number| number.to_string());
        let ready = format!("{}/9", self.number.unwrap_or(0));
        let space = self.space.map(str::to_owned);
        [Some(self.name.clone()), space, number, Some(self.colour()), Some(ready), self.why()]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl Row for Thing {
    type Tally = ();
    fn namespace(&self) -> Option<&str> {
        self.space
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(self.is_even().then_some(("even", "yes")).into_iter())
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

pub(crate) struct Things {
    pub(crate) about: &'static ViewAbout,
    pub(crate) resources: [ResourceType; 1],
    pub(crate) columns: Vec<Column<Thing>>,
    pub(crate) judged: AtomicUsize,
    /// Why things with too high a number are not well.
    pub(crate) reason: &'static str,
}

impl Things {
    /// How many rows it was asked to judge so far.
    pub(crate) fn judged(&self) -> usize {
        self.judged.load(Ordering::Relaxed)
    }
}

fn space<'a>(thing: &'a Thing, _: &RowContext<'a>) -> Cell<'a> {
    Value::maybe(thing.space).into()
}
fn name<'a>(thing: &'a Thing, _: &RowContext<'a>) -> Cell<'a> {
    Value::text(thing.name.as_str()).into()
}
fn number<'a>(thing: &'a Thing, _: &RowContext<'a>) -> Cell<'a> {
    thing.number.map_or(Value::Nothing, |number| Value::Count(number.into())).into()
}
fn colour<'a>(thing: &'a Thing, _: &RowContext<'a>) -> Cell<'a> {
    Value::text(thing.colour()).into()
}
fn ready<'a>(thing: &'a Thing, _: &RowContext<'a>) -> Cell<'a> {
    Value::Ratio { have: thing.number.unwrap_or(0), want: 9 }.into()
}
fn extra<'a>(_: &'a Thing, _: &RowContext<'a>) -> Cell<'a> {
    Value::Nothing.into()
}

impl Default for Things {
    fn default() -> Self {
        Self {
            about: &ViewAbout { name: "things", aliases: &["th"], help: "things" },
            resources: [THINGS],
            columns: vec![
                Column::new("namespace", "NAMESPACE", "where", space),
                Column::new("name", "NAME", "what", name).fit(14, 40).drop_at(0).sorts_by('N'),
                Column::new("number", "NUMBER", "how many", number).sorts_by('M'),
                Column::new("colour", "COLOUR", "which", colour).fit(3, 6).drop_at(3),
                Column::new("ready", "READY", "of nine", ready).fit(6, 9).drop_at(2),
                Column::new("extra", "EXTRA", "nothing", extra).wide(),
            ],
            judged: AtomicUsize::new(0),
            reason: "too many",
        }
    }
}

impl Listing for Things {
    type Row = Thing;
    fn about(&self) -> &'static ViewAbout {
        self.about
    }
    fn resources(&self) -> &[ResourceType] {
        &self.resources
    }
    fn columns(&self) -> &[Column<Thing>] {
        &self.columns
    }
    fn verdict<'a>(&self, thing: &'a Thing, _: &RowContext<'a>) -> Judged<'a> {
        self.judged.fetch_add(1, Ordering::Relaxed);
        Judged::because(thing.verdict(), thing.why().map(|_| self.reason).unwrap_or_default())
    }
}

/// Clusters with things in them.
pub(crate) struct Fleet {
    pub(crate) clusters: Vec<ClusterId>,
    store: Store,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) scope: Scope,
    pub(crate) now: Timestamp,
}

impl Fleet {
    pub(crate) fn new(names: &[&str]) -> Self {
        let clusters: Vec<ClusterId> =
            names.iter().map(|name| ClusterId::new(EnvironmentName::new("dev"), name)).collect();
        let mut store = Store::new(clusters.clone());
        let snapshot = store.publish();
        let now = Timestamp::parse("2026-11-21T10:42:07Z");
        Self { clusters, store, snapshot, scope: Scope::default(), now }
    }

    pub(crate) fn change(&mut self, cluster: usize, changes: Vec<RowChange<Thing>>) {
        self.store.apply(Delta::rows(&self.clusters[cluster], Epoch::default(), &THINGS, changes));
    }

    pub(crate) fn upsert(&mut self, cluster: usize, thing: Thing) {
        self.change(cluster, vec![RowChange::Upserted(thing)]);
    }

    pub(crate) fn remove(&mut self, cluster: usize, thing: &Thing) {
        let (namespace, name) = (thing.space.map(Into::into), thing.name.as_str().into());
        self.change(cluster, vec![RowChange::Removed { namespace, name }]);
    }

    pub(crate) fn relist(&mut self, cluster: usize, things: Vec<Thing>) {
        let rows = things.into_iter().map(RowChange::Upserted);
        let changes = std::iter::once(RowChange::ListBegan)
            .chain(rows)
            .chain([RowChange::ListEnded, RowChange::Freshness(Freshness::Live)]);
        self.change(cluster, changes.collect());
    }

    pub(crate) fn freshness(&mut self, cluster: usize, freshness: Freshness) {
        self.change(cluster, vec![RowChange::Freshness(freshness)]);
    }

    pub(crate) fn forbid(&mut self, cluster: usize) {
        let problem = Problem::new(ProblemKind::Forbidden, "list things in all namespaces")
            .with_hint("ask for verb list on things");
        self.freshness(cluster, Freshness::Forbidden { problem });
    }

    /// Puts a cluster into another environment; before anything is in it.
    pub(crate) fn move_to(&mut self, cluster: usize, environment: &str) {
        let name = self.clusters[cluster].name().to_owned();
        self.clusters[cluster] = ClusterId::new(EnvironmentName::new(environment), &name);
        self.store = Store::new(self.clusters.clone());
    }

    /// The kinds that a cluster says it offers.
    pub(crate) fn offer(&mut self, cluster: usize, kinds: &[ResourceType]) {
        let entry = |resource: &ResourceType| CatalogEntry {
            resource: resource.clone(),
            short_names: Vec::new(),
            singular: resource.kind.to_lowercase(),
            categories: Vec::new(),
            verbs: vec!["list".into(), "watch".into()],
        };
        let catalog = Catalog { kinds: kinds.iter().map(entry).collect() };
        let cluster = self.clusters[cluster].clone();
        let change = Change::Catalog(Arc::new(catalog));
        self.store.apply(Delta { cluster, epoch: Some(Epoch::default()), change });
    }

    pub(crate) fn link(&mut self, cluster: usize, link: Link) {
        let cluster = self.clusters[cluster].clone();
        self.store.apply(Delta { cluster, epoch: Some(Epoch::default()), change: Change::Link(link) });
    }

    pub(crate) fn forget(&mut self, cluster: usize) {
        let cluster = self.clusters[cluster].clone();
        self.store.apply(Delta { cluster, epoch: Some(Epoch::default()), change: Change::Forgotten(THINGS) });
    }

    pub(crate) fn only_first(&mut self, yes: bool) {
        self.scope.clusters = if yes { vec![self.clusters[0].clone()] } else { Vec::new() };
    }

    pub(crate) fn publish(&mut self) {
        self.snapshot = self.store.publish();
    }

    pub(crate) fn world(&self) -> World<'_> {
        World { snapshot: &self.snapshot, now: self.now, environments: &[], scope: &self.scope }
    }

    /// Every row in scope.
    pub(crate) fn rows(&self) -> Vec<(String, Thing)> {
        let clusters = self.snapshot.clusters.iter().filter(|cluster| self.scope.includes(&cluster.id));
        let rows = clusters.flat_map(|cluster| {
            let table = cluster.table::<Thing>(&THINGS);
            table
                .into_iter()
                .flat_map(|table| table.iter())
                .map(|(_, thing)| (cluster.id.name().to_owned(), Thing::clone(thing)))
        });
        let wanted = self.scope.namespace.as_deref();
        rows.filter(|(_, thing)| wanted.is_none() || thing.space.is_none() || thing.space == wanted).collect()
    }
}

pub(crate) fn look(ascii: bool) -> Look<'static> {
    static THEME: std::sync::OnceLock<Theme> = std::sync::OnceLock::new();
    let theme = THEME.get_or_init(|| Theme::shipped("dark", Depth::None).unwrap());
    Look { style: theme, ascii, now: Timestamp::parse("2026-11-21T10:42:07Z") }
}

/// The characters of a screen.
pub(crate) fn text(buffer: &Buffer) -> String {
    let area = buffer.area;
    let line = |y| (area.left()..area.right()).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (area.top()..area.bottom()).map(line).collect::<Vec<_>>().join("\n")
}

/// The grid on a screen of this size.
pub(crate) fn screen(fleet: &mut Fleet, width: u16, height: u16) -> String {
    fleet.publish();
    let mut grid = Grid::new(Things::default());
    grid.follow(&fleet.world());
    grid.build(Size::new(width, height), &fleet.world(), false);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    grid.paint(buffer.area, &mut buffer, &look(false));
    text(&buffer)
}
