//! The one queue that feeds the screen.
//!
//! Keys, answers and notices are queued in order and bounded. Snapshots are not queued: the newest replaces the one
//! before it, and a full queue never keeps the screen from seeing it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Instant;

use arc_swap::ArcSwapOption;

use crate::snapshot::Snapshot;

/// How many messages may wait. A sender beyond that waits in turn.
const CAPACITY: usize = 1024;

/// What arrives.
#[derive(Debug)]
pub enum Arrival<T> {
    /// A queued message.
    Message(T),
    /// A newer picture.
    Snapshot(Arc<Snapshot>),
    /// Nothing until the deadline.
    Nothing,
    /// Every sender is gone.
    Closed,
}

/// The receiving end.
#[derive(Debug)]
pub struct Inbox<T> {
    queue: Receiver<Option<T>>,
    newest: Arc<ArcSwapOption<Snapshot>>,
}

/// The sending end.
#[derive(Debug)]
pub struct Post<T> {
    queue: SyncSender<Option<T>>,
    newest: Arc<ArcSwapOption<Snapshot>>,
}

impl<T> Clone for Post<T> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), newest: Arc::clone(&self.newest) }
    }
}

/// Makes an inbox and its sending end.
pub fn inbox<T>() -> (Post<T>, Inbox<T>) {
    let (sender, receiver) = sync_channel(CAPACITY);
    let newest = Arc::new(ArcSwapOption::empty());
    (Post { queue: sender, newest: Arc::clone(&newest) }, Inbox { queue: receiver, newest })
}

impl<T> Post<T> {
    /// Queues a message; waits while the queue is full. `false` when nobody reads any more.
    pub fn send(&self, message: T) -> bool {
        self.queue.send(Some(message)).is_ok()
    }

    /// The queue itself, for senders that know of nothing else; they wrap messages in `Some`.
    pub fn queue(&self) -> SyncSender<Option<T>> {
        self.queue.clone()
    }

    /// Queues a message unless the queue is full. `false` when it was not queued.
    pub fn offer(&self, message: T) -> bool {
        self.queue.try_send(Some(message)).is_ok()
    }

    /// Replaces the newest picture and wakes the reader.
    pub fn snapshot(&self, snapshot: Arc<Snapshot>) {
        let reader_knows = self.newest.swap(Some(snapshot)).is_some();
        if !reader_knows {
            // A full queue needs no wake-up: its reader is awake, and looks here after every message.
            drop(self.queue.try_send(None));
        }
    }
}

impl<T> Inbox<T> {
    /// The next arrival, waiting for it until `deadline` (for ever when `None`). Messages come before pictures, so that
    /// a key never waits behind data.
    pub fn next(&self, deadline: Option<Instant>) -> Arrival<T> {
        loop {
            match self.queue.try_recv() {
                Ok(Some(message)) => return Arrival::Message(message),
                Ok(None) => {}
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return self.newest().unwrap_or(Arrival::Closed),
            }
        }
        if let Some(snapshot) = self.newest() {
            return snapshot;
        }
        let received = match deadline {
            None => self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => self.queue.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        match received {
            Ok(Some(message)) => Arrival::Message(message),
            Ok(None) => self.newest().unwrap_or(Arrival::Nothing),
            Err(RecvTimeoutError::Timeout) => self.newest().unwrap_or(Arrival::Nothing),
            Err(RecvTimeoutError::Disconnected) => self.newest().unwrap_or(Arrival::Closed),
        }
    }

    fn newest(&self) -> Option<Arrival<T>> {
        self.newest.swap(None).map(Arrival::Snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(version: u64) -> Arc<Snapshot> {
        Arc::new(Snapshot { version, clusters: Vec::new() })
    }

    #[test]
    fn the_newest_picture_replaces_the_one_before_it() {
        let (post, inbox) = inbox::<u8>();
        post.snapshot(picture(1));
        post.snapshot(picture(2));
        assert!(matches!(inbox.next(Some(Instant::now())), Arrival::Snapshot(s) if s.version == 2));
        assert!(matches!(inbox.next(Some(Instant::now())), Arrival::Nothing));
    }

    #[test]
    fn keys_come_before_pictures() {
        let (post, inbox) = inbox();
        post.snapshot(picture(1));
        assert!(post.send(7));
        assert!(matches!(inbox.next(None), Arrival::Message(7)));
        assert!(matches!(inbox.next(None), Arrival::Snapshot(_)));
    }

    #[test]
    fn a_full_queue_hides_no_picture() {
        let (post, inbox) = inbox();
        while post.offer(0) {}
        post.snapshot(picture(1));
        let mut messages = 0;
        loop {
            match inbox.next(Some(Instant::now())) {
                Arrival::Message(_) => messages += 1,
                Arrival::Snapshot(snapshot) => break assert_eq!(snapshot.version, 1),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(messages, CAPACITY);
    }

    #[test]
    fn an_inbox_without_senders_is_closed() {
        let (post, inbox) = inbox::<u8>();
        drop(post);
        assert!(matches!(inbox.next(None), Arrival::Closed));
    }
}
