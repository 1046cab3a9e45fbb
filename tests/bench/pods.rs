//! Pods to measure with: those of the embedded world's large cluster.

use std::error::Error;

use pilothouse::fleet::kind::PODS;
use pilothouse::fleet::pod::Pod;
use pilothouse::fleet::{ClusterId, EnvironmentName, Epoch, Packed};
use pilothouse::simulator::clock::SimClock;
use pilothouse::simulator::store::{Selection, Store as World};
use pilothouse::simulator::world::large::large;
use pilothouse::snapshot::delta::Change;
use pilothouse::snapshot::{Delta, Freshness, Link, RowChange, ServerInfo, Store};

/// When all of this happens.
pub(crate) const NOW: &str = "2026-11-21T10:42:07Z";
/// Pods to a node.
const DENSITY: usize = 20;
/// Pods of one world; more come from worlds of other seeds, one after the other, so that their text is never there
/// all at once.
const WORLD: usize = 20_000;

/// The pods as a list shows them, as text.
pub(crate) fn texts(pods: usize, nodes: usize, seed: u64) -> Result<Vec<String>, Box<dyn Error>> {
    let world = World::new("large", SimClock::fixed(NOW)?);
    large(&world, pods, nodes, seed).map_err(|status| format!("{status:?}"))?;
    let objects = world.list("pods", None, &Selection::all());
    Ok(objects.iter().map(|pod| String::from_utf8(pod.body().to_vec())).collect::<Result<_, _>>()?)
}

/// What packs pods, and remembers what they share.
#[derive(Debug, Default)]
pub(crate) struct Packer(<Pod as Packed>::Shared);

impl Packer {
    /// The row of a pod.
    pub(crate) fn pack(&mut self, text: &str) -> Result<Pod, serde_json::Error> {
        Ok(Pod::pack(serde_json::from_str(text)?, &mut self.0))
    }
}

/// A cluster with many pods, some of which can change.
pub(crate) struct Large {
    pub(crate) store: Store,
    pub(crate) cluster: ClusterId,
    /// A pod that the table has, as text.
    pub(crate) first: String,
    packer: Packer,
    /// Every so many pods one: evenly spread over the table.
    changing: Vec<String>,
    turn: usize,
}

impl Large {
    /// A cluster with so many pods, live and published.
    pub(crate) fn new(pods: usize) -> Result<Self, Box<dyn Error>> {
        let cluster = ClusterId::new(EnvironmentName::new("prod"), "large");
        let mut large = Self {
            store: Store::new([cluster.clone()]),
            cluster,
            first: String::new(),
            packer: Packer::default(),
            changing: Vec::new(),
            turn: 0,
        };
        let info = ServerInfo { version: "v1.36.3".to_owned(), ..ServerInfo::default() };
        large.apply(Change::Link(Link::Up(info)));
        large.rows(vec![RowChange::ListBegan]);
        let every = (pods / 2_000).max(1);
        for (seed, first) in (1u64..).zip((0..pods).step_by(WORLD)) {
            let texts = texts(WORLD.min(pods - first), pods / DENSITY, seed)?;
            for batch in texts.chunks(500) {
                let rows = batch.iter().map(|text| large.packer.pack(text).map(RowChange::Upserted));
                let rows = rows.collect::<Result<_, _>>()?;
                large.rows(rows);
            }
            large.changing.extend(texts.into_iter().step_by(every));
        }
        large.first = large.changing.first().cloned().unwrap_or_default();
        large.rows(vec![RowChange::ListEnded, RowChange::Freshness(Freshness::Live)]);
        large.store.publish();
        Ok(large)
    }

    fn apply(&mut self, change: Change) {
        self.store.apply(Delta { cluster: self.cluster.clone(), epoch: Some(Epoch::default()), change });
    }

    fn rows(&mut self, changes: Vec<RowChange<Pod>>) {
        self.store.apply(self.delta(changes));
    }

    fn delta(&self, changes: Vec<RowChange<Pod>>) -> Delta {
        Delta::rows(&self.cluster, Epoch::default(), &PODS, changes)
    }

    /// The next pods that change, all over the table: each was started again once more.
    pub(crate) fn changes(&mut self, count: usize) -> Result<Delta, Box<dyn Error>> {
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            self.turn += 1;
            // A stride that has no factor in common with the number of pods meets all of them.
            let at = self.turn * 1_009 % self.changing.len().max(1);
            let text = self.changing.get(at).map(String::as_str).unwrap_or_default();
            rows.push(RowChange::Upserted(self.packer.pack(&restarted(text, self.turn))?));
        }
        Ok(self.delta(rows))
    }
}

/// The same pod with another number of restarts in its first container that has one.
fn restarted(text: &str, restarts: usize) -> String {
    const FIELD: &str = "\"restartCount\":";
    let Some((before, rest)) = text.split_once(FIELD) else { return text.to_owned() };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}{FIELD}{restarts}{after}")
}
