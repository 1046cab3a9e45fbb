//! Watches: the log of changes as a stream of events, for one selection and in one form.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{Stream, unfold};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::query::Query;
use super::read::{selection, version};
use super::representation::{Form, Writer};
use super::route::Resource;
use super::status::Status;
use crate::simulator::store::{Change, ChangeKind, Object, PageOf, Selection, Store};

/// How long a watch lasts that names no time; a real server chooses between 30 and 60 minutes.
const USUAL_DURATION: Duration = Duration::from_secs(45 * 60);
/// How often a bookmark is sent.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// Objects written to the stream at once while the state is replayed.
const REPLAYED_AT_ONCE: usize = 256;

/// The stream of a watch request.
pub(super) fn events(
    store: &Store,
    resource: &Resource,
    form: Form,
    query: &Query,
) -> Result<impl Stream<Item = Bytes> + Send + 'static, Status> {
    let mut selection = selection(resource, query)?;
    if let Some(name) = &resource.name {
        selection.fields.extend(Selection::parse("", &format!("metadata.name={name}"))?.fields);
    }
    let initial = query.says("sendInitialEvents");
    if initial && query.get("resourceVersionMatch") != "NotOlderThan" {
        let message =
            "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan".to_owned();
        let cause = ("resourceVersionMatch", "FieldValueForbidden", message);
        return Err(Status::invalid("ListOptions", "meta.k8s.io", "", &[cause]));
    }
    let lasts = query.number("timeoutSeconds")?.filter(|seconds| *seconds > 0);
    let from = version(query).map_err(unreadable_version)?.filter(|version| *version > 0);
    let mut watching = Watching {
        writer: Writer::new(form, &resource.spec, query, store.clock().now())?,
        changed: store.changed(),
        dropped: store.faults().dropped(),
        deadline: Instant::now() + lasts.map_or(USUAL_DURATION, Duration::from_secs),
        bookmark_at: Instant::now() + BOOKMARK_EVERY,
        bookmarks: query.says("allowWatchBookmarks"),
        resource: resource.stored(),
        namespace: resource.namespace.clone(),
        selection,
        store: store.clone(),
        cursor: from.unwrap_or_default(),
        replay: VecDeque::new(),
        end_of_replay: false,
        over: false,
    };
    if initial || from.is_none() {
        watching.replay_state();
        watching.end_of_replay = initial && watching.bookmarks;
    }
    Ok(unfold(watching, |mut watching| async move { watching.next().await.map(|bytes| (bytes, watching)) }))
}

/// A real server takes an unreadable version of a watch for a failure of its own.
fn unreadable_version(status: Status) -> Status {
    Status::new(500, "", status.message.trim_start_matches("invalid resource version: "))
}

struct Watching {
    store: Store,
    resource: String,
    namespace: Option<String>,
    selection: Selection,
    writer: Writer,
    /// The version up to which everything was told.
    cursor: u64,
    /// The state at the beginning, as far as it is not yet told.
    replay: VecDeque<Arc<Object>>,
    /// Whether the end of the replay is to be marked.
    end_of_replay: bool,
    bookmarks: bool,
    changed: watch::Receiver<u64>,
    dropped: watch::Receiver<u64>,
    deadline: Instant,
    bookmark_at: Instant,
    over: bool,
}

impl Watching {
    fn replay_state(&mut self) {
        let namespace = self.namespace.as_deref();
        let all = PageOf {
            resource: &self.resource,
            namespace,
            selection: &self.selection,
            at: None,
            after: None,
            limit: usize::MAX,
        };
        if let Ok(page) = self.store.page(all) {
            self.cursor = page.resource_version;
            self.replay = page.objects.into();
        }
    }

    /// The next bytes of the stream; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.over || self.dropped.has_changed().unwrap_or(true) {
                return None;
            }
            let mut out = Vec::new();
            self.changed.mark_unchanged();
            self.write_pending(&mut out);
            if !out.is_empty() {
                return Some(out.into());
            }
            tokio::select! {
                changed = self.changed.changed() => if changed.is_err() { return None },
                dropped = self.dropped.changed() => { let (Ok(()) | Err(_)) = dropped; return None },
                () = sleep_until(self.deadline) => self.over = true,
                () = sleep_until(self.bookmark_at) => {}
            }
            // A last bookmark lets the client go on from here without a list.
            if self.bookmarks && (self.over || Instant::now() >= self.bookmark_at) {
                self.bookmark_at = Instant::now() + BOOKMARK_EVERY;
                self.write_pending(&mut out);
                self.writer.bookmark(self.cursor, false, &mut out);
                return Some(out.into());
            }
        }
    }

    fn write_pending(&mut self, out: &mut Vec<u8>) {
        self.writer.at(self.store.clock().now());
        for _ in 0..REPLAYED_AT_ONCE {
            let Some(object) = self.replay.pop_front() else { break };
            self.writer.event("ADDED", &object, out);
        }
        if !self.replay.is_empty() {
            return;
        }
        if std::mem::take(&mut self.end_of_replay) {
            self.writer.bookmark(self.cursor, true, out);
        }
        match self.store.changes_after(&self.resource, self.cursor) {
            Ok((changes, version)) => {
                self.cursor = version;
                for change in changes {
                    self.write_change(&change, out);
                }
            }
            Err(too_old) => {
                let status = Status::expired(format!(
                    "too old resource version: {} ({})",
                    self.cursor, too_old.current
                ));
                out.extend(format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", status.to_json()).bytes());
                self.over = true;
            }
        }
    }

    /// Tells a change as it looks through the selection: what enters it is added, what leaves it is deleted.
    fn write_change(&mut self, change: &Change, out: &mut Vec<u8>) {
        let object = &change.object;
        if self.namespace.is_some() && object.key.namespace.as_deref() != self.namespace.as_deref() {
            return;
        }
        let was_in = change.previous.as_ref().is_some_and(|previous| self.selection.matches(previous));
        let is_in = change.kind != ChangeKind::Deleted && self.selection.matches(object);
        match (was_in, is_in) {
            (false, true) => self.writer.event("ADDED", object, out),
            (true, true) => self.writer.event("MODIFIED", object, out),
            (true, false) if change.kind == ChangeKind::Deleted => self.writer.event("DELETED", object, out),
            (true, false) => {
                // A client that selects knows only the version before; the event still moves it forward.
                if let Some(previous) = &change.previous {
                    self.writer.event("DELETED", &previous.at_version(object.resource_version), out);
                }
            }
            (false, false) => {}
        }
    }
}
