//! The store's task: applies deltas as they come and publishes at most ten pictures a second, and one more whenever a
//! table is complete.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::blueprint::{self, Blueprint};
use crate::snapshot::{Delta, Snapshot, Store};
use crate::sources::Interests;

/// Pictures are at least this far apart. The first after a quiet spell is published at once.
const INTERVAL: Duration = Duration::from_millis(100);
/// How many deltas are taken from the queue in one go.
const BATCH: usize = 64;

/// What somebody wants to see, and what the clusters are meant to contain.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// What is on screen, derived tables among it.
    pub interests: Interests,
    /// The blueprints in effect.
    pub blueprints: Arc<[Arc<Blueprint>]>,
}

impl Outlook {
    fn apply(&self, store: &mut Store) {
        for cluster in store.clusters() {
            store.want(&cluster, blueprint::of(&self.blueprints, &cluster).cloned());
        }
        store.look_at(&self.interests);
    }
}

/// Runs until every source is gone.
pub async fn publish(
    mut store: Store,
    mut deltas: mpsc::Receiver<Delta>,
    mut outlook: watch::Receiver<Outlook>,
    mut deliver: impl FnMut(Arc<Snapshot>) + Send,
) {
    outlook.borrow_and_update().apply(&mut store);
    let mut batch = Vec::with_capacity(BATCH);
    let mut version = store.publish().version;
    let mut earliest = Instant::now();
    let mut owed = false;
    let mut is_looked_at = true;
    loop {
        let open = tokio::select! {
            biased;
            () = tokio::time::sleep_until(earliest), if owed => true,
            changed = outlook.changed(), if is_looked_at => {
                is_looked_at = changed.is_ok();
                if is_looked_at {
                    outlook.borrow_and_update().apply(&mut store);
                    // Somebody has just opened something.
                    owed = true;
                    earliest = Instant::now();
                }
                true
            }
            count = deltas.recv_many(&mut batch, BATCH) => count > 0,
        };
        owed |= !batch.is_empty();
        let arrived = Instant::now();
        for delta in batch.drain(..) {
            // A list that has just become complete is what somebody is waiting for.
            if delta.settles() {
                earliest = arrived;
            }
            store.apply(delta);
        }
        let now = Instant::now();
        if owed && (now >= earliest || !open) {
            let snapshot = store.publish();
            if snapshot.version != version {
                version = snapshot.version;
                deliver(snapshot);
                earliest = now + INTERVAL;
            }
            owed = false;
        }
        if !open {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::kind::PODS;
    use crate::fleet::{ClusterId, EnvironmentName, Epoch};
    use crate::snapshot::delta::Change;
    use crate::snapshot::{Freshness, Link, RowChange};

    #[tokio::test(start_paused = true)]
    async fn a_table_that_is_complete_waits_for_no_interval() {
        let cluster = ClusterId::new(EnvironmentName::new("dev"), "myapp-dev");
        let (sender, receiver) = mpsc::channel(256);
        let (seen, mut pictures) = mpsc::channel(64);
        let (_looks, outlook) = watch::channel(Outlook::default());
        tokio::spawn(publish(Store::new([cluster.clone()]), receiver, outlook, move |snapshot| {
            seen.try_send((Instant::now(), snapshot)).unwrap();
        }));
        let start = Instant::now();
        sender.send(link(&cluster, 1)).await.unwrap();
        pictures.recv().await.unwrap();
        let changes: Vec<RowChange<crate::fleet::pod::Pod>> =
            vec![RowChange::ListBegan, RowChange::ListEnded, RowChange::Freshness(Freshness::Live)];
        sender.send(Delta::rows(&cluster, Epoch::default(), &PODS, changes)).await.unwrap();
        let (at, snapshot) = pictures.recv().await.unwrap();
        assert_eq!(at, start);
        assert_eq!(snapshot.clusters[0].freshness(&PODS), Freshness::Live);
    }

    fn link(cluster: &ClusterId, latency_ms: u32) -> Delta {
        let info = crate::snapshot::ServerInfo { latency_ms, ..Default::default() };
        Delta {
            cluster: cluster.clone(),
            epoch: Some(Epoch::default()),
            change: Change::Link(Link::Up(info)),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_change_is_seen_at_once_and_a_storm_ten_times_a_second() {
        let cluster = ClusterId::new(EnvironmentName::new("dev"), "myapp-dev");
        let (sender, receiver) = mpsc::channel(256);
        let (seen, mut pictures) = mpsc::channel(64);
        let (_looks, outlook) = watch::channel(Outlook::default());
        let task = tokio::spawn(publish(Store::new([cluster.clone()]), receiver, outlook, move |snapshot| {
            seen.try_send((Instant::now(), snapshot.version)).unwrap();
        }));
        let start = Instant::now();
        sender.send(link(&cluster, 1)).await.unwrap();
        let (first, _) = pictures.recv().await.unwrap();
        assert_eq!(first, start);
        for n in 2..200 {
            sender.send(link(&cluster, n)).await.unwrap();
            tokio::time::advance(Duration::from_millis(5)).await;
        }
        drop(sender);
        task.await.unwrap();
        let mut count = 0;
        while pictures.recv().await.is_some() {
            count += 1;
        }
        assert!((9..=11).contains(&count), "{count} pictures in a second");
    }
}
