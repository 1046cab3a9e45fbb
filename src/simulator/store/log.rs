//! The log of changes, and reading it at one's own pace.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Object, Store};

/// One change of one object.
#[derive(Clone, Debug)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The new version; for a deletion the last one, under the resource version of the deletion.
    pub object: Arc<Object>,
    /// The version before; `None` for a new object.
    pub previous: Option<Arc<Object>>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has another version.
    Modified,
    /// It is gone.
    Deleted,
}

/// What a reader of the log is told.
#[derive(Clone, Debug)]
pub enum Notice {
    /// One change, in order.
    Change(Arc<Change>),
    /// Changes were forgotten before they were read: list again.
    Missed,
}

/// A place in the log. Reads every change after it, in order, at its own pace.
#[derive(Debug)]
pub struct Subscription {
    store: Store,
    cursor: u64,
    changed: watch::Receiver<u64>,
}

impl Subscription {
    pub(super) fn new(store: Store, cursor: u64) -> Self {
        let changed = store.0.changed.subscribe();
        Self { store, cursor, changed }
    }

    /// The next change, if there is one already.
    pub fn try_next(&mut self) -> Option<Notice> {
        let inner = self.store.inner();
        let forgotten = inner.forgotten.values().copied().max().unwrap_or_default().max(inner.compacted);
        if self.cursor < forgotten {
            self.cursor = inner.version;
            return Some(Notice::Missed);
        }
        let at = inner.log.partition_point(|change| change.object.resource_version <= self.cursor);
        let change = Arc::clone(inner.log.get(at)?);
        self.cursor = change.object.resource_version;
        Some(Notice::Change(change))
    }

    /// Waits for the next change.
    pub async fn next(&mut self) -> Notice {
        loop {
            self.changed.mark_unchanged();
            if let Some(notice) = self.try_next() {
                return notice;
            }
            // The sender lives as long as the store, which this holds.
            if self.changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
