//! Which branches and pods of the trees are lines, and what they are called from one tree to the next.

use std::collections::HashSet;
use std::sync::Arc;

use super::{FEW_NODES, Grown};
use crate::fleet::Row;
use crate::fleet::kind::PODS;
use crate::fleet::pod::Pod;
use crate::planes::topology::{Branch, Level};
use crate::snapshot::Slot;

/// The names from the root on: it means the same when the tree has grown again.
pub(super) type Key = Vec<Arc<str>>;

/// Where something is in the trees as they are now. In the order of the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Which tree.
    pub(super) tree: usize,
    /// Which child at each fork.
    pub(super) steps: Vec<u32>,
    /// The pod, of a node or of those that have none.
    pub(super) pod: Option<Slot>,
}

impl Place {
    /// What it is in; `None` for a root.
    pub(super) fn parent(&self) -> Option<Self> {
        let mut parent = self.clone();
        if parent.pod.take().is_none() {
            parent.steps.pop()?;
        }
        Some(parent)
    }
}

/// A line of the screen.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) place: Place,
    pub(super) depth: u16,
    /// Whether it is open; `None` for what cannot be opened.
    pub(super) is_open: Option<bool>,
}

/// What a place is called.
pub(super) fn key(place: &Place, trees: &[Grown]) -> Option<Key> {
    let tree = trees.get(place.tree)?;
    let mut branch = &tree.root;
    let mut key = vec![Arc::clone(&branch.name)];
    for step in &place.steps {
        branch = branch.children.get(*step as usize)?;
        key.push(Arc::clone(&branch.name));
    }
    if let Some(slot) = place.pod {
        let pod = tree.cluster.table::<Pod>(&PODS)?.get(slot)?;
        key.push(format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name()).into());
    }
    Some(key)
}

/// Where something is that was called so; `None` when it is gone.
pub(super) fn place(key: &[Arc<str>], trees: &[Grown]) -> Option<Place> {
    let (root, below) = key.split_first()?;
    let at = trees.iter().position(|tree| tree.root.name == *root)?;
    let tree = trees.get(at)?;
    let mut place = Place { tree: at, ..Place::default() };
    let mut branch = &tree.root;
    for name in below {
        match branch.children.iter().position(|child| child.name == *name) {
            Some(step) => {
                branch = branch.children.get(step)?;
                place.steps.push(u32::try_from(step).ok()?);
            }
            None => {
                let table = tree.cluster.table::<Pod>(&PODS)?;
                let (namespace, name) = name.split_once('/')?;
                let is_it = |pod: &Pod| pod.name() == name && pod.namespace() == Some(namespace);
                let found = |slot: &&Slot| table.get(**slot).is_some_and(|pod| is_it(pod));
                place.pod = Some(*branch.pods.iter().find(found)?);
            }
        }
    }
    Some(place)
}

/// Whether a branch is open while nobody has folded or unfolded it.
pub(super) fn opens_at_first(branch: &Branch) -> bool {
    match branch.level {
        Level::Cluster | Level::Region | Level::Zone => true,
        Level::Pool => branch.nodes <= FEW_NODES,
        Level::Network => branch.problems > 0,
        Level::Node | Level::Waiting | Level::Thing(_) => false,
    }
}

/// Every branch with its place, from above.
pub(super) fn each_branch(tree: usize, root: &Branch, tell: &mut impl FnMut(&Place, &Branch)) {
    fn walk(place: &mut Place, branch: &Branch, tell: &mut impl FnMut(&Place, &Branch)) {
        tell(place, branch);
        for (at, child) in branch.children.iter().enumerate() {
            place.steps.push(u32::try_from(at).unwrap_or(u32::MAX));
            walk(place, child, tell);
            place.steps.pop();
        }
    }
    walk(&mut Place { tree, ..Place::default() }, root, tell);
}

/// The lines of these trees. With a filter (in small letters) only what it finds, unfolded as far as that needs.
pub(super) fn of(which: &[usize], trees: &[Grown], toggled: &HashSet<Key>, filter: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for &at in which {
        let Some(tree) = trees.get(at) else { continue };
        let mut walk = Walk { tree, toggled, filter, lines: &mut lines, key: Vec::new() };
        let mut place = Place { tree: at, ..Place::default() };
        walk.branch(&tree.root, &mut place, 0, filter.is_empty());
    }
    lines
}

struct Walk<'a> {
    tree: &'a Grown,
    toggled: &'a HashSet<Key>,
    filter: &'a str,
    lines: &'a mut Vec<Line>,
    key: Key,
}

impl Walk<'_> {
    /// Adds a branch and what is shown of it; false when the filter finds nothing there.
    fn branch(&mut self, branch: &Branch, place: &mut Place, depth: u16, is_found: bool) -> bool {
        // The root is found by what it holds: a cluster's own name would find everything.
        let is_found = is_found || (depth > 0 && branch.name.to_lowercase().contains(self.filter));
        self.key.push(Arc::clone(&branch.name));
        let is_toggled = self.toggled.contains(&self.key);
        let is_open = if is_found { opens_at_first(branch) != is_toggled } else { true };
        let has_more = !branch.children.is_empty() || !branch.pods.is_empty();
        let own = self.lines.len();
        self.lines.push(Line { place: place.clone(), depth, is_open: has_more.then_some(is_open) });
        let mut finds = is_found;
        if is_open {
            for (at, child) in branch.children.iter().enumerate() {
                place.steps.push(u32::try_from(at).unwrap_or(u32::MAX));
                finds |= self.branch(child, place, depth + 1, is_found);
                place.steps.pop();
            }
            finds |= self.pods(branch, place, depth + 1, is_found);
        }
        self.key.pop();
        if !finds {
            self.lines.truncate(own);
        }
        finds
    }

    fn pods(&mut self, branch: &Branch, place: &Place, depth: u16, is_found: bool) -> bool {
        let Some(table) = self.tree.cluster.table::<Pod>(&PODS) else { return false };
        let mut pods: Vec<(Slot, &Pod)> = branch
            .pods
            .iter()
            .filter_map(|slot| Some((*slot, table.get(*slot)?.as_ref())))
            .filter(|(_, pod)| {
                let is_in = |text: Option<&str>| text.is_some_and(|text| text.contains(self.filter));
                is_found || is_in(Some(pod.name())) || is_in(pod.namespace())
            })
            .collect();
        pods.sort_by_key(|(_, pod)| (pod.namespace(), pod.name()));
        self.lines.extend(pods.iter().map(|(slot, _)| Line {
            place: Place { pod: Some(*slot), ..place.clone() },
            depth,
            is_open: None,
        }));
        !pods.is_empty()
    }
}
