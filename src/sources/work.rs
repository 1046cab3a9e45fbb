//! Work that is under way, counted before it begins, so that whoever waits for quiet does not look in between.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A counter that all tasks of a supervisor share.
#[derive(Clone, Debug, Default)]
pub(super) struct Work(Arc<AtomicUsize>);

/// One piece of work; over when dropped.
#[derive(Debug)]
pub(super) struct Busy(Work);

impl Work {
    pub(super) fn begin(&self) -> Busy {
        self.0.fetch_add(1, Ordering::SeqCst);
        Busy(self.clone())
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}
