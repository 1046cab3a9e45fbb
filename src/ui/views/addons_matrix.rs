//! `addons-matrix`: components against clusters, to see at once where they differ.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use crate::fleet::{ClusterId, Interest, ObjectRef, Timestamp, Verdict};
use crate::planes::component::{COMPONENTS, Component, Managed, verdict};
use crate::ui::describe;
use crate::ui::fresh::Picture;
use crate::ui::input::{Mouse, MouseAction};
use crate::ui::role::Role;
use crate::ui::text::{Align, cut, escape, fit, put};
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};

/// Name and help.
pub static ABOUT: ViewAbout = ViewAbout {
    name: "addons-matrix",
    aliases: &["matrix"],
    help: "Components against clusters: versions and readiness side by side",
};

const COMMANDS: [&str; 11] = [
    "open",
    "up",
    "down",
    "left",
    "right",
    "page-up",
    "page-down",
    "half-page-up",
    "half-page-down",
    "top",
    "bottom",
];
/// What the first column takes at most, and what a cluster's takes at least.
const NAME: u16 = 36;
const CLUSTER: u16 = 22;

/// Components against clusters.
#[derive(Debug, Default)]
pub struct AddonsMatrix {
    clusters: Vec<ClusterId>,
    rows: Vec<MatrixRow>,
    pictures: Vec<Picture>,
    row: usize,
    column: usize,
    top: usize,
    height: usize,
    made: Option<(Timestamp, Vec<Option<u64>>)>,
}

#[derive(Debug)]
struct MatrixRow {
    name: String,
    cells: Vec<Option<MatrixCell>>,
    /// The versions are not the same everywhere.
    differs: bool,
}

#[derive(Clone, Debug)]
struct MatrixCell {
    object: ObjectRef,
    verdict: Verdict,
    text: String,
}

impl AddonsMatrix {
    fn make(&mut self, world: &World<'_>) {
        let clusters: Vec<_> =
            world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id)).collect();
        self.pictures = clusters.iter().map(|cluster| Picture::of(cluster, &COMPONENTS)).collect();
        let of: Vec<Option<u64>> = clusters
            .iter()
            .map(|cluster| cluster.any_table(&COMPONENTS).map(|table| table.version()))
            .collect();
        let stands =
            |(at, made): &(Timestamp, Vec<Option<u64>>)| *made == of && at.seconds_before(world.now) < 10;
        if self.made.as_ref().is_some_and(stands) {
            return;
        }
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut found: BTreeMap<(&str, usize), (MatrixCell, Option<&str>)> = BTreeMap::new();
        for (at, cluster) in clusters.iter().enumerate() {
            let Some(table) = cluster.table::<Component>(&COMPONENTS) else { continue };
            for (_, component) in table.iter() {
                let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.component(component.known.id));
                let (verdict, _) = verdict::of(component, wanted, world.now);
                let (ready, all) = component.ready();
                let text = match component.is_missing() {
                    true => match &component.managed {
                        // EKS says what it has installed, whoever runs it.
                        Managed::Yes(addon) => addon.version.to_string(),
                        _ => "missing".to_owned(),
                    },
                    false => format!("{}  {ready}/{all}", component.version().unwrap_or("untagged")),
                };
                let object = ObjectRef {
                    cluster: cluster.id.clone(),
                    resource: COMPONENTS,
                    namespace: component.namespace.clone(),
                    name: component.name.as_ref().into(),
                };
                names.insert(&component.name);
                found.insert(
                    (&component.name, at),
                    (MatrixCell { object, verdict, text }, component.version()),
                );
            }
        }
        self.rows = names
            .into_iter()
            .map(|name| {
                let versions: BTreeSet<Option<&str>> = (0..clusters.len())
                    .filter_map(|at| found.get(&(name, at)))
                    .map(|(_, version)| *version)
                    .collect();
                MatrixRow {
                    name: escape(name).into_owned(),
                    cells: (0..clusters.len())
                        .map(|at| found.get(&(name, at)).map(|(cell, _)| cell.clone()))
                        .collect(),
                    differs: versions.len() > 1,
                }
            })
            .collect();
        self.clusters = clusters.iter().map(|cluster| cluster.id.clone()).collect();
        self.made = Some((world.now, of));
    }

    fn current(&self) -> Option<&MatrixCell> {
        self.rows.get(self.row)?.cells.get(self.column)?.as_ref()
    }

    fn step(&mut self, by: isize) {
        self.row = self.row.saturating_add_signed(by).min(self.rows.len().saturating_sub(1));
    }

    /// How wide the first column and each cluster's are, and how many clusters fit.
    fn widths(&self, width: u16) -> (u16, u16, usize) {
        let longest = self.rows.iter().map(|row| crate::ui::text::width(&row.name)).max().unwrap_or(9);
        let name = longest.clamp(9, NAME).min(width / 2);
        let room = width.saturating_sub(name + 5);
        let fitting = usize::from((room / CLUSTER).max(1)).min(self.clusters.len().max(1));
        (name, room / u16::try_from(fitting).unwrap_or(1).max(1), fitting)
    }
}

impl View for AddonsMatrix {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        let clusters = world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        clusters.map(|cluster| Interest { cluster: cluster.id.clone(), resource: COMPONENTS }).collect()
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let nothing = self.current().is_none().then(|| "there is no such component here".to_owned());
        let disabled = |id: &str| if id == "open" { nothing.clone() } else { None };
        COMMANDS.iter().map(|&id| Offer { id, disabled: disabled(id) }).collect()
    }

    fn command(&mut self, id: &'static str, _: &World<'_>) -> Handled {
        let page = isize::try_from(self.height.max(2)).unwrap_or(isize::MAX);
        match id {
            "open" => {
                return match self.current() {
                    Some(cell) => {
                        Handled::Open(Box::new(super::component::ComponentPage::open(&cell.object)))
                    }
                    None => Handled::Done(Vec::new()),
                };
            }
            "up" => self.step(-1),
            "down" => self.step(1),
            "left" => self.column = self.column.saturating_sub(1),
            "right" => self.column = (self.column + 1).min(self.clusters.len().saturating_sub(1)),
            "page-up" => self.step(-page),
            "page-down" => self.step(page),
            "half-page-up" => self.step(-page / 2),
            "half-page-down" => self.step(page / 2),
            "top" => self.row = 0,
            "bottom" => self.row = self.rows.len().saturating_sub(1),
            _ => return Handled::Ignored,
        }
        Handled::Done(Vec::new())
    }

    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        match mouse.action {
            MouseAction::WheelUp => self.step(-1),
            MouseAction::WheelDown => self.step(1),
            MouseAction::Click | MouseAction::RightClick | MouseAction::DoubleClick => {
                let row = (self.top + usize::from(mouse.row)).checked_sub(1);
                if let Some(row) = row.filter(|row| *row < self.rows.len()) {
                    self.row = row;
                    if mouse.action == MouseAction::DoubleClick {
                        return self.command("open", world);
                    }
                }
            }
        }
        Handled::Done(Vec::new())
    }

    fn selected(&self) -> Vec<ObjectRef> {
        self.current().map(|cell| cell.object.clone()).into_iter().collect()
    }

    fn pictures(&self) -> Vec<Picture> {
        self.pictures.clone()
    }

    fn count(&self) -> Option<String> {
        Some(self.rows.len().to_string())
    }

    fn leave(&mut self) {
        self.made = None;
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.make(world);
        self.step(0);
        self.column = self.column.min(self.clusters.len().saturating_sub(1));
        self.height = usize::from(size.height.saturating_sub(1));
        let lowest = (self.row + 1).saturating_sub(self.height);
        self.top = self.top.clamp(lowest, self.row.max(lowest));
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let (name, each, fitting) = self.widths(area.width);
        // The cluster under the cursor is always among those that fit.
        let first = (self.column + 1).saturating_sub(fitting);
        let header = look.style.of(Role::Header);
        put(buffer, area, area.x + 3, area.y, &fit("COMPONENT", name, Align::Left, look.ascii), header);
        let place =
            |at: usize| area.x + 5 + name + u16::try_from(at).unwrap_or(u16::MAX).saturating_mul(each);
        for (at, cluster) in self.clusters.iter().skip(first).take(fitting).enumerate() {
            let title = cut(cluster.name(), each.saturating_sub(2), look.ascii);
            put(buffer, area, place(at), area.y, &title, header);
        }
        for (y, (at, row)) in (area.y + 1..area.bottom()).zip(self.rows.iter().enumerate().skip(self.top)) {
            let is_current = at == self.row;
            if is_current {
                let line = Rect { y, height: 1, ..area };
                buffer.set_style(line, look.style.of(Role::Selection));
                let cursor = if look.ascii { ">" } else { "▸" };
                put(buffer, area, area.x, y, cursor, look.style.of(Role::Selection));
            }
            let paint = |role: Role| {
                let style = look.style.of(role);
                if is_current { look.style.of(Role::Selection).patch(style) } else { style }
            };
            let worst = row.cells.iter().flatten().map(|cell| cell.verdict).max().unwrap_or_default();
            let (glyph, role) = describe::glyph(worst, look.ascii);
            put(buffer, area, area.x + 1, y, glyph, paint(role));
            put(
                buffer,
                area,
                area.x + 3,
                y,
                &fit(&row.name, name, Align::Left, look.ascii),
                paint(Role::Text),
            );
            for (shown, cell) in row.cells.iter().enumerate().skip(first).take(fitting) {
                let x = place(shown - first);
                let Some(cell) = cell else {
                    put(buffer, area, x, y, if look.ascii { "-" } else { "–" }, paint(Role::Dim));
                    continue;
                };
                let (glyph, role) = describe::glyph(cell.verdict, look.ascii);
                let x = put(buffer, area, x, y, glyph, paint(role));
                let text = cut(&cell.text, each.saturating_sub(4), look.ascii).into_owned();
                let role = if row.differs { Role::Text } else { Role::Dim };
                put(buffer, area, x + 1, y, &text, paint(role));
                if is_current && shown == self.column {
                    let mark = if look.ascii { "<" } else { "◂" };
                    put(buffer, area, x + 2 + crate::ui::text::width(&text), y, mark, paint(Role::Key));
                }
            }
        }
        if self.rows.is_empty() {
            let gravest = self.pictures.iter().max_by_key(|picture| picture.problem().is_some());
            let said = gravest.map_or_else(
                || "no cluster to look at".to_owned(),
                |picture| match picture.problem() {
                    Some(problem) => format!("components {}: {}", picture.word(), problem.message()),
                    None if matches!(picture, Picture::Loading(_)) => "loading components…".to_owned(),
                    None => "no components".to_owned(),
                },
            );
            let (glyph, role) =
                gravest.map_or(("", Role::Dim), |picture| (picture.glyph(look.ascii), picture.role()));
            put(buffer, area, area.x + 1, area.y + 1, glyph, look.style.of(role));
            let room = area.width.saturating_sub(4);
            let said = cut(&escape(&said), room, look.ascii).into_owned();
            put(buffer, area, area.x + 3, area.y + 1, &said, look.style.of(role));
        }
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let (at, _) = self.made.as_ref()?;
        Some(Timestamp::from_seconds((at.seconds() + 10).max(now.seconds() + 1)))
    }
}
