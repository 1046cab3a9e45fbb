//! How the cursor walks through the trees, and how they fold and unfold.

use super::Topology;
use super::lines::{self, Place};
use crate::planes::topology::Level;

impl Topology {
    pub(super) fn step(&mut self, by: isize) {
        let is_map = self.is_map;
        if let Some(pane) = self.panes.iter_mut().find(|pane| pane.has_cursor) {
            let last = pane.len(is_map).saturating_sub(1);
            pane.at = match is_map {
                true => pane.cells.row_step(pane.at, by),
                false => pane.at.saturating_add_signed(by).min(last),
            };
        }
        self.keep_cursor();
    }

    /// One step to the side: into a branch, out of it, to the tree beside it; in a map to the next cell.
    pub(super) fn sideways(&mut self, is_right: bool) {
        let Some(at) = self.panes.iter().position(|pane| pane.has_cursor) else { return };
        let Some(place) = self.here().cloned() else { return };
        if self.is_map {
            let is_moved = self.panes.get_mut(at).is_some_and(|pane| pane.cells.step(&mut pane.at, is_right));
            if !is_moved {
                self.enter_pane(at, is_right);
            }
            return self.keep_cursor();
        }
        let is_open = self.is_open(&place);
        match (is_right, is_open) {
            (true, Some(false)) | (false, Some(true)) => self.toggle(&place),
            (true, Some(true)) => self.step(1),
            (true, None) => self.enter_pane(at, true),
            (false, _) => match place.parent() {
                Some(parent) => self.cursor = lines::key(&parent, &self.trees),
                None => self.enter_pane(at, false),
            },
        }
        let height = self.height();
        self.lay_out(height);
    }

    fn enter_pane(&mut self, from: usize, is_right: bool) {
        let to = if is_right { from + 1 } else { from.saturating_sub(1) };
        if to == from || to >= self.panes.len() {
            return;
        }
        for (index, pane) in self.panes.iter_mut().enumerate() {
            pane.has_cursor = index == to;
        }
        self.keep_cursor();
    }

    /// Whether a branch is open; `None` for what cannot be opened.
    fn is_open(&self, place: &Place) -> Option<bool> {
        let pane = self.current()?;
        let line = pane.lines.iter().find(|line| line.place == *place)?;
        line.is_open
    }

    pub(super) fn toggle(&mut self, place: &Place) {
        let Some(key) = lines::key(place, &self.trees) else { return };
        if !self.toggled.remove(&key) {
            self.toggled.insert(key);
        }
    }

    /// Opens, or folds, everything of one kind by hand.
    pub(super) fn set_all(&mut self, opens: bool) {
        self.toggled.clear();
        for (at, tree) in self.trees.iter().enumerate() {
            lines::each_branch(at, &tree.root, &mut |place, branch| {
                let wanted = if opens {
                    !matches!(branch.level, Level::Node | Level::Waiting)
                } else {
                    branch.level == Level::Cluster
                };
                if lines::opens_at_first(branch) != wanted
                    && let Some(key) = lines::key(place, &self.trees)
                {
                    self.toggled.insert(key);
                }
            });
        }
    }

    /// Goes to the next node or part of the network that is not well, or has a pod that is not; opens what is in the way.
    pub(super) fn seek(&mut self, forward: bool) -> bool {
        let mut ill: Vec<Place> = Vec::new();
        for (at, tree) in self.trees.iter().enumerate() {
            lines::each_branch(at, &tree.root, &mut |place, branch| {
                let is_leaf = matches!(branch.level, Level::Node | Level::Waiting | Level::Thing(_));
                if branch.problems > 0 && is_leaf {
                    ill.push(place.clone());
                }
            });
        }
        let here = self.here().map(|place| Place { pod: None, ..place.clone() });
        let next = match (&here, forward) {
            (Some(here), true) => ill.iter().find(|place| *place > here).or(ill.first()),
            (Some(here), false) => ill.iter().rev().find(|place| *place < here).or(ill.last()),
            (None, _) => ill.first(),
        };
        let Some(next) = next.cloned() else { return false };
        let mut above = next.parent();
        while let Some(place) = above {
            let is_closed =
                self.trees.get(place.tree).and_then(|tree| tree.root.at(&place.steps)).is_some_and(
                    |branch| {
                        let key = lines::key(&place, &self.trees);
                        let is_toggled = key.is_some_and(|key| self.toggled.contains(&key));
                        lines::opens_at_first(branch) == is_toggled
                    },
                );
            if is_closed {
                self.toggle(&place);
            }
            above = place.parent();
        }
        self.cursor = lines::key(&next, &self.trees);
        let height = self.height();
        self.lay_out(height);
        true
    }
}
