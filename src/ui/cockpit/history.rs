//! The views that were open, as a browser keeps its pages.

use crate::ui::message::{Effect, LogBatch, LogId};
use crate::ui::view::View;

/// Views that can be gone back to. Each holds no more than its order and its cursor once it has left.
const KEPT: usize = 24;

/// The view on screen, those before it and those after it.
pub(super) struct History {
    past: Vec<Box<dyn View>>,
    current: Box<dyn View>,
    future: Vec<Box<dyn View>>,
    /// What the views that were left want closed.
    closing: Vec<Effect>,
}

impl History {
    pub(super) fn new(first: Box<dyn View>) -> Self {
        Self { past: Vec::new(), current: first, future: Vec::new(), closing: Vec::new() }
    }

    /// What the views that were left since the last time want closed.
    pub(super) fn closed(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.closing)
    }

    fn leave(&mut self) {
        self.current.leave();
        self.closing.extend(self.current.closed());
    }

    pub(super) fn view(&self) -> &dyn View {
        self.current.as_ref()
    }

    pub(super) fn view_mut(&mut self) -> &mut dyn View {
        self.current.as_mut()
    }

    pub(super) fn open(&mut self, view: Box<dyn View>) {
        self.leave();
        self.future.clear();
        self.past.push(std::mem::replace(&mut self.current, view));
        if self.past.len() > KEPT {
            self.past.remove(0);
        }
    }

    /// To the view before; false when this is the first.
    pub(super) fn back(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.leave();
        self.future.push(std::mem::replace(&mut self.current, before));
        true
    }

    /// To the view after; false when this is the last.
    pub(super) fn forward(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.leave();
        self.past.push(std::mem::replace(&mut self.current, after));
        true
    }

    /// To and fro between this view and the one before.
    pub(super) fn last(&mut self) -> bool {
        if self.future.is_empty() { self.back() } else { self.forward() }
    }

    /// Makes the current view the first.
    pub(super) fn forget_past(&mut self) {
        self.past.clear();
    }

    /// Answers may come after their view was covered.
    pub(super) fn each(&mut self, mut tell: impl FnMut(&mut dyn View)) {
        tell(self.current.as_mut());
        self.past.iter_mut().chain(&mut self.future).for_each(|view| tell(view.as_mut()));
    }

    /// Gives lines to the view that opened the log, else to the one on screen; true when that is where they went.
    pub(super) fn log(&mut self, id: LogId, batch: LogBatch) -> bool {
        let mut covered = self.past.iter_mut().chain(&mut self.future);
        match covered.find(|view| view.reads(id)).filter(|_| !self.current.reads(id)) {
            Some(view) => {
                view.log(id, batch);
                false
            }
            None => {
                self.current.log(id, batch);
                true
            }
        }
    }

    pub(super) fn has_past(&self) -> bool {
        !self.past.is_empty()
    }
}
