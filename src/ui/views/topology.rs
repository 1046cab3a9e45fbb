//! `topology`: clusters as trees of region, zones, pools, nodes and pods, with bars, folded as one likes, side by side
//! where there is room; or as a map of cells, in which thousands of nodes are seen at once.
//!
//! A tree is grown again when rows have changed, at most once a second; what is drawn of it is made for the lines on
//! the screen alone.

mod lines;
mod map;
mod paint;
mod printed;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::HashSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use self::lines::{Key, Line, Place};
use crate::fleet::aws::kind::{
    ADDONS, CALLERS, EKS_CLUSTERS, ENDPOINTS, GATEWAYS, INSTANCES, LAUNCH_TEMPLATES, LOAD_BALANCERS,
    MACHINE_IMAGES, NODE_GROUPS, NODE_RELEASES, ROUTE_TABLES, SECURITY_GROUPS, SUBNETS, TARGET_GROUPS, VPCS,
};
use crate::fleet::kind::{EC2_NODE_CLASSES, NODE_CLAIMS, NODE_METRICS, NODES, PODS};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::{Interest, ObjectRef, ResourceType, Row, Timestamp};
use crate::planes::dns::load_balancer::BALANCERS;
use crate::planes::topology::network::parts::Thing;
use crate::planes::topology::{self, Branch, Level};
use crate::snapshot::ClusterSnapshot;
use crate::ui::export::Export;
use crate::ui::fresh::Picture;
use crate::ui::input::{Key as Pressed, Mouse, MouseAction};
use crate::ui::line::{self, Prompted};
use crate::ui::listing::{Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::{Handled, Look, Offer, View, ViewAbout, World};
use crate::ui::views::nodes::Nodes;
use crate::ui::views::pods::Pods;
use crate::ui::widgets::sheet::Part;

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "topology",
    aliases: &["topo", "map"],
    help: "clusters as trees: region, zones, subnets, pools, nodes with bars, pods, the network; or a map of all nodes",
};

/// The commands of this view.
pub const COMMANDS: &[&str] = &[
    "open",
    "filter",
    "topology-map",
    "search-next",
    "search-previous",
    "fold",
    "fold-all",
    "unfold-all",
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

/// What it is made of.
static TABLES: [ResourceType; 2] = [NODES, PODS];
/// What lets it say more.
static HELPS: [ResourceType; 1] = [NODE_METRICS];
/// What AWS has around the clusters, and what tells which of it is theirs. Nothing waits for it.
static ADDS: [ResourceType; 18] = [
    ADDONS,
    CALLERS,
    EC2_NODE_CLASSES,
    EKS_CLUSTERS,
    ENDPOINTS,
    GATEWAYS,
    INSTANCES,
    LAUNCH_TEMPLATES,
    LOAD_BALANCERS,
    MACHINE_IMAGES,
    NODE_CLAIMS,
    NODE_GROUPS,
    NODE_RELEASES,
    ROUTE_TABLES,
    SECURITY_GROUPS,
    SUBNETS,
    TARGET_GROUPS,
    VPCS,
];
/// How long a tree may stand still, in seconds: while rows change, and at all.
const PATIENCE: i64 = 1;
const AGES: i64 = 30;
/// From here on two trees stand side by side, in cells for each.
const SIDE: u16 = 90;
/// Pools with more nodes than this are folded at first.
const FEW_NODES: u32 = 40;

// Rows are looked at in the light of their kind for as long as a tree grows.
static NODE: ResourceType = NODES;
static POD: ResourceType = PODS;

/// Clusters as trees.
#[derive(Debug, Default)]
pub struct Topology {
    trees: Vec<Grown>,
    panes: Vec<Pane>,
    /// Branches that are not as they would be at first: opened or folded by hand.
    toggled: HashSet<Key>,
    cursor: Option<Key>,
    filter: String,
    typing: Option<line::Line>,
    is_map: bool,
    pictures: Vec<Picture>,
    size: Size,
}

/// The tree of one cluster, and what it was grown from.
#[derive(Debug)]
struct Grown {
    cluster: Arc<ClusterSnapshot>,
    root: Branch,
    versions: Vec<Option<u64>>,
    namespace: Option<Arc<str>>,
    complete: Vec<bool>,
    at: Timestamp,
    is_behind: bool,
}

/// A part of the screen with one tree, or with several below each other.
#[derive(Debug, Default)]
struct Pane {
    trees: Vec<usize>,
    lines: Vec<Line>,
    cells: map::Map,
    at: usize,
    top: usize,
    has_cursor: bool,
    x: u16,
    width: u16,
    drawn: Vec<Vec<Part>>,
    header: Vec<Part>,
    said: Vec<Part>,
}

fn grow(cluster: &ClusterSnapshot, world: &World<'_>) -> Branch {
    let context = |resource| RowContext { now: world.now, cluster, resource, folded: None };
    let (of_nodes, of_pods) = (context(&NODE), context(&POD));
    topology::tree(
        cluster,
        world.scope.namespace.as_deref(),
        world.now,
        |node: &Node| {
            let judged = Nodes.verdict(node, &of_nodes);
            (judged.verdict, judged.why.into_owned())
        },
        |pod: &Pod| {
            let judged = Pods.verdict(pod, &of_pods);
            (judged.verdict, judged.why.into_owned())
        },
    )
}

impl Topology {
    /// Grows the trees again whose rows have changed, at once when a table has just become complete.
    fn follow(&mut self, world: &World<'_>) -> bool {
        let clusters: Vec<&Arc<ClusterSnapshot>> =
            world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id)).collect();
        let is_same_fleet = self.trees.len() == clusters.len()
            && self.trees.iter().zip(&clusters).all(|(tree, cluster)| tree.cluster.id == cluster.id);
        if !is_same_fleet {
            self.trees.clear();
        }
        let mut has_grown = !is_same_fleet;
        for (at, cluster) in clusters.into_iter().enumerate() {
            let tables = || TABLES.iter().chain(&HELPS).chain(&ADDS);
            let versions: Vec<_> =
                tables().map(|table| cluster.any_table(table).map(|table| table.version())).collect();
            let own = TABLES.iter().map(|table| cluster.freshness(table).is_current());
            let added = ADDS.iter().map(|table| cluster.freshness(table).is_settled());
            let complete: Vec<_> = own.chain(added).collect();
            if let Some(known) = self.trees.get_mut(at) {
                known.is_behind = known.versions != versions;
                let age = known.at.seconds_before(world.now);
                let is_alike = known.complete == complete && known.namespace == world.scope.namespace;
                let patience = if known.is_behind { PATIENCE } else { AGES };
                if is_alike && (0..patience).contains(&age) {
                    continue;
                }
            }
            let grown = Grown {
                cluster: Arc::clone(cluster),
                root: grow(cluster, world),
                versions,
                namespace: world.scope.namespace.clone(),
                complete,
                at: world.now,
                is_behind: false,
            };
            has_grown = true;
            match self.trees.get_mut(at) {
                Some(known) => *known = grown,
                None => self.trees.push(grown),
            }
        }
        has_grown
    }

    /// As many parts of the screen as there is room for.
    fn divide(&mut self, width: u16) {
        let count = usize::from((width / SIDE).max(1)).min(self.trees.len().max(1));
        self.panes.resize_with(count, Pane::default);
        let each = width / u16::try_from(count).unwrap_or(1).max(1);
        for (at, pane) in self.panes.iter_mut().enumerate() {
            pane.trees = (0..self.trees.len()).filter(|tree| tree % count == at).collect();
            pane.x = u16::try_from(at).unwrap_or(0) * each;
            // One cell between two trees.
            pane.width = if at + 1 == count { width - pane.x } else { each.saturating_sub(2) };
        }
    }

    /// Which lines there are, and where the cursor is among them.
    fn lay_out(&mut self, height: usize) {
        let filter = self.filter.to_lowercase();
        for pane in &mut self.panes {
            pane.lines = lines::of(&pane.trees, &self.trees, &self.toggled, &filter);
            if self.is_map {
                pane.cells = map::lay_out(&pane.trees, &self.trees, &filter, pane.width, height);
            }
        }
        self.find_cursor();
        for pane in &mut self.panes {
            let (count, row) = match self.is_map {
                true => (pane.cells.height(), pane.cells.row_of(pane.at)),
                false => (pane.lines.len(), pane.at),
            };
            pane.top = pane.top.min(count.saturating_sub(height));
            if row < pane.top {
                pane.top = row;
            } else if row >= pane.top + height {
                pane.top = (row + 1).saturating_sub(height);
            }
        }
    }

    /// Puts the cursor on what it stood on; where that is gone, on what took its place.
    fn find_cursor(&mut self) {
        let wanted = self.cursor.as_ref().and_then(|key| lines::place(key, &self.trees));
        let found = wanted.and_then(|wanted| {
            self.panes.iter().enumerate().find_map(|(pane, of)| {
                let at = (0..of.len(self.is_map)).find(|at| self.place(of, *at) == Some(&wanted))?;
                Some((pane, at))
            })
        });
        let had = self.panes.iter().position(|pane| pane.has_cursor).unwrap_or(0);
        let (pane, at) = found.unwrap_or_else(|| {
            let at =
                self.panes.get(had).map_or(0, |pane| pane.at.min(pane.len(self.is_map).saturating_sub(1)));
            (had, at)
        });
        for (index, of) in self.panes.iter_mut().enumerate() {
            of.has_cursor = index == pane;
            of.at = if index == pane { at } else { of.at.min(of.len(self.is_map).saturating_sub(1)) };
        }
        self.keep_cursor();
    }

    fn keep_cursor(&mut self) {
        let current = self.here().and_then(|place| lines::key(place, &self.trees));
        if current.is_some() {
            self.cursor = current;
        }
    }

    fn current(&self) -> Option<&Pane> {
        self.panes.iter().find(|pane| pane.has_cursor)
    }

    /// The place in the trees of a line, or of a cell.
    fn place<'p>(&self, pane: &'p Pane, at: usize) -> Option<&'p Place> {
        if self.is_map { pane.cells.place(at) } else { pane.lines.get(at).map(|line| &line.place) }
    }

    fn here(&self) -> Option<&Place> {
        let pane = self.current()?;
        self.place(pane, pane.at)
    }

    fn object(&self, place: &Place) -> Option<ObjectRef> {
        let tree = self.trees.get(place.tree)?;
        let object = |resource: ResourceType, namespace: Option<&str>, name: &str| ObjectRef {
            cluster: tree.cluster.id.clone(),
            resource,
            namespace: namespace.map(Into::into),
            name: name.into(),
        };
        if let Some(slot) = place.pod {
            let pod = tree.cluster.table::<Pod>(&PODS)?.get(slot)?;
            return Some(object(PODS, pod.namespace(), pod.name()));
        }
        let branch = tree.root.at(&place.steps)?;
        match branch.level {
            Level::Node => Some(object(NODES, None, &branch.name)),
            Level::Thing(Thing::LoadBalancer) => Some(object(BALANCERS, None, &branch.name)),
            _ => None,
        }
    }

    /// The rows of the screen that lines have: the header is one, what is being typed or said another.
    fn height(&self) -> usize {
        let taken = 1 + u16::from(self.typing.is_some() || self.is_map);
        usize::from(self.size.height.saturating_sub(taken))
    }

    fn draw(&mut self, now: Timestamp) {
        let height = self.height();
        let place = self.here().cloned();
        for at in 0..self.panes.len() {
            let Some(pane) = self.panes.get(at) else { continue };
            let (header, drawn, said) = if self.is_map {
                let here = place.as_ref().filter(|_| pane.has_cursor);
                let said = here.map(|place| paint::said(place, &self.trees)).unwrap_or_default();
                (pane.cells.legend(), Vec::new(), said)
            } else {
                let layout = paint::Layout::of(pane, &self.trees, height);
                let visible = pane.lines.iter().skip(pane.top).take(height);
                let drawn = visible.map(|line| layout.line(line, &self.trees, now)).collect();
                (layout.header(), drawn, Vec::new())
            };
            if let Some(pane) = self.panes.get_mut(at) {
                (pane.header, pane.drawn, pane.said) = (header, drawn, said);
            }
        }
    }
}

impl Pane {
    fn len(&self, is_map: bool) -> usize {
        if is_map { self.cells.len() } else { self.lines.len() }
    }
}

impl View for Topology {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }

    fn interests(&self, world: &World<'_>) -> Vec<Interest> {
        let clusters = world.snapshot.clusters.iter().filter(|cluster| world.scope.includes(&cluster.id));
        clusters
            .flat_map(|cluster| {
                let interest = |resource: &ResourceType| Interest {
                    cluster: cluster.id.clone(),
                    resource: resource.clone(),
                };
                TABLES.iter().chain(&HELPS).chain(&ADDS).map(interest).collect::<Vec<_>>()
            })
            .collect()
    }

    fn pictures(&self) -> Vec<Picture> {
        self.pictures.clone()
    }

    fn commands(&self, _: &World<'_>) -> Vec<Offer> {
        let is_well = self.trees.iter().all(|tree| tree.root.problems == 0);
        let disabled = |id: &str| match id {
            "search-next" | "search-previous" if is_well => Some("nothing is wrong".to_owned()),
            "fold" | "fold-all" | "unfold-all" if self.is_map => Some("a map does not fold".to_owned()),
            _ => None,
        };
        COMMANDS.iter().map(|&id| Offer { id, disabled: disabled(id) }).collect()
    }

    fn command(&mut self, id: &'static str, _: &World<'_>) -> Handled {
        let height = self.height();
        let page = isize::try_from(height).unwrap_or(1).saturating_sub(1).max(1);
        match id {
            "up" => self.step(-1),
            "down" => self.step(1),
            "page-up" => self.step(-page),
            "page-down" => self.step(page),
            "half-page-up" => self.step(-(page / 2).max(1)),
            "half-page-down" => self.step((page / 2).max(1)),
            "top" => self.step(isize::MIN / 2),
            "bottom" => self.step(isize::MAX / 2),
            "left" => self.sideways(false),
            "right" => self.sideways(true),
            "open" | "fold" => {
                let Some(place) = self.here().cloned() else { return Handled::Done(Vec::new()) };
                if id == "open"
                    && let Some(object) = self.object(&place)
                {
                    return Handled::Open(super::open_object(&object));
                }
                self.toggle(&place);
            }
            "fold-all" => self.set_all(false),
            "unfold-all" => self.set_all(true),
            "search-next" | "search-previous" => {
                self.seek(id == "search-next");
            }
            "topology-map" => self.is_map = !self.is_map,
            "filter" => self.typing = Some(line::Line::new(&self.filter)),
            _ => return Handled::Ignored,
        }
        Handled::Done(Vec::new())
    }

    fn key(&mut self, key: Pressed, _: &World<'_>) -> Handled {
        let Some(typing) = &mut self.typing else { return Handled::Ignored };
        match typing.prompt_key(key) {
            Prompted::Changed => typing.text().clone_into(&mut self.filter),
            Prompted::Same => {}
            Prompted::Accepted => self.typing = None,
            Prompted::Abandoned => {
                self.typing = None;
                self.filter.clear();
            }
        }
        Handled::Done(Vec::new())
    }

    fn paste(&mut self, pasted: &str, _: &World<'_>) {
        if let Some(typing) = &mut self.typing {
            typing.insert(pasted);
            typing.text().clone_into(&mut self.filter);
        }
    }

    fn takes_text(&self) -> bool {
        self.typing.is_some()
    }

    fn mouse(&mut self, mouse: Mouse, world: &World<'_>) -> Handled {
        match mouse.action {
            MouseAction::WheelUp => self.step(-3),
            MouseAction::WheelDown => self.step(3),
            MouseAction::Click | MouseAction::RightClick | MouseAction::DoubleClick => {
                let Some(pane) = self.panes.iter().rposition(|pane| pane.x <= mouse.column) else {
                    return Handled::Done(Vec::new());
                };
                let is_map = self.is_map;
                let hit = self.panes.get(pane).and_then(|pane| {
                    let row = pane.top + usize::from(mouse.row.checked_sub(1)?);
                    match is_map {
                        true => pane.cells.hit(row, mouse.column - pane.x),
                        false => (row < pane.lines.len()).then_some(row),
                    }
                });
                let Some(at) = hit else { return Handled::Done(Vec::new()) };
                for (index, of) in self.panes.iter_mut().enumerate() {
                    of.has_cursor = index == pane;
                    if of.has_cursor {
                        of.at = at;
                    }
                }
                self.keep_cursor();
                if mouse.action == MouseAction::DoubleClick {
                    return self.command("open", world);
                }
            }
        }
        Handled::Done(Vec::new())
    }

    fn prepare(&mut self, size: Size, world: &World<'_>) {
        self.size = size;
        self.follow(world);
        self.pictures = self
            .trees
            .iter()
            .flat_map(|tree| {
                let cluster = world.snapshot.cluster(&tree.cluster.id).unwrap_or(&tree.cluster);
                Picture::each(cluster, &TABLES)
            })
            .collect();
        self.divide(size.width);
        let height = self.height();
        self.lay_out(height);
        self.draw(world.now);
    }

    fn render(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        for pane in &self.panes {
            let of = Rect::new(area.x + pane.x, area.y, pane.width.min(area.width), area.height);
            paint::put(&pane.header, of, 0, false, buffer, look);
            if self.is_map {
                pane.cells.render(pane.top, pane.at, pane.has_cursor, of, buffer, look);
                paint::put(&pane.said, of, area.height.saturating_sub(1), false, buffer, look);
                continue;
            }
            for (row, parts) in pane.drawn.iter().enumerate() {
                let is_chosen = pane.has_cursor && pane.top + row == pane.at;
                let row = u16::try_from(row + 1).unwrap_or(u16::MAX);
                paint::put(parts, of, row, is_chosen, buffer, look);
            }
        }
        if let Some(typing) = &self.typing {
            let y = area.bottom().saturating_sub(1);
            let row = Rect::new(area.x, y, area.width, 1);
            text::put(buffer, row, row.x, y, &" ".repeat(usize::from(row.width)), look.style.of(Role::Text));
            let x = text::put(buffer, row, row.x, y, " /", look.style.of(Role::Key));
            typing.paint(row, x, y, buffer, look);
        }
    }

    fn next_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let wait = |tree: &Grown| if tree.is_behind { PATIENCE } else { AGES };
        let due = self.trees.iter().map(|tree| tree.at.seconds() + wait(tree)).min()?;
        Some(Timestamp::from_seconds(due.max(now.seconds() + 1)))
    }

    fn selected(&self) -> Vec<ObjectRef> {
        self.here().and_then(|place| self.object(place)).into_iter().collect()
    }

    fn current_text(&self, column: &str) -> Option<String> {
        let place = self.here()?;
        let tree = self.trees.get(place.tree)?;
        let pod = tree.cluster.table::<Pod>(&PODS)?.get(place.pod?)?;
        match column {
            "node" => pod.node().map(str::to_owned),
            "owner" => pod.owner().map(|owner| format!("{}/{}", owner.kind, owner.name)),
            _ => None,
        }
    }

    fn unwind(&mut self) -> bool {
        let has_filter = !self.filter.is_empty();
        self.filter.clear();
        has_filter
    }

    fn filter(&self) -> Option<String> {
        (!self.filter.is_empty()).then(|| self.filter.clone())
    }

    fn count(&self) -> Option<String> {
        let nodes: u32 = self.trees.iter().map(|tree| tree.root.nodes).sum();
        Some(format!("{} nodes", text::thousands(nodes.into())))
    }

    fn explain(&self, id: &str) -> Option<String> {
        let words = match id {
            "search-next" => "go to the next node that is not well, or has a pod that is not",
            "search-previous" => "the same backwards",
            "left" => "fold, then out of the branch, then to the tree on the left",
            "right" => "unfold, then into the branch, then to the tree on the right",
            _ => return None,
        };
        Some(words.to_owned())
    }

    fn leave(&mut self) {
        self.trees.clear();
        self.panes.clear();
    }

    fn export(&self, world: &World<'_>) -> Option<Export> {
        Some(self.printed(world))
    }
}
