//! What the tests stand on: a scripted API server, and the supervisor with the real store behind it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::{LIST, TEST_SOURCES};
use crate::fleet::{Interest, ResourceType};
use crate::gateway::ConnectionSettings;
use crate::gateway::fake::{self, Fake, Reply, Seen, clock, cluster};
use crate::snapshot::delta::Change;
use crate::snapshot::{ClusterSnapshot, Delta, Freshness, Store};
use crate::sources::testing::{THINGS, Thing};
use crate::sources::{Interests, Pace, Supervisor};

pub(super) type Stream = mpsc::Sender<Result<Bytes, std::io::Error>>;
pub(super) type Answers = Box<dyn FnMut(&Seen) -> Option<Reply> + Send>;

/// A small API server: things, pages, watches, and answers that a test puts in front of them.
#[derive(Default)]
pub(super) struct World {
    pub(super) things: Mutex<BTreeMap<(String, String), u32>>,
    pub(super) revision: Mutex<u64>,
    pub(super) watches: Mutex<Vec<Stream>>,
    pub(super) first: Mutex<Vec<Answers>>,
    pub(super) page: Mutex<Option<usize>>,
}

impl World {
    pub(super) fn with(names: &[&str]) -> Arc<Self> {
        let world = Arc::new(Self::default());
        for name in names {
            world.set(name, 1);
        }
        world
    }

    /// Answers that come before the ordinary ones, until the closure has no more.
    pub(super) fn answer_first(&self, answers: impl FnMut(&Seen) -> Option<Reply> + Send + 'static) {
        self.first.lock().unwrap().push(Box::new(answers));
    }

    pub(super) fn set(&self, name: &str, number: u32) -> u64 {
        self.things.lock().unwrap().insert(("web".into(), name.into()), number);
        let mut revision = self.revision.lock().unwrap();
        *revision += 1;
        *revision
    }

    pub(super) fn object(name: &str, number: u32, revision: u64) -> Value {
        json!({"metadata": {"namespace": "web", "name": name, "resourceVersion": revision.to_string()}, "number": number})
    }

    pub(super) fn event(kind: &str, object: &Value) -> Bytes {
        format!("{}\n", json!({"type": kind, "object": object})).into()
    }

    /// Changes a thing and tells all watches.
    pub(super) async fn change(&self, name: &str, number: u32) {
        let revision = self.set(name, number);
        self.tell(Self::event("MODIFIED", &Self::object(name, number, revision))).await;
    }

    pub(super) async fn remove(&self, name: &str) {
        self.things.lock().unwrap().remove(&("web".into(), name.into()));
        let revision = {
            let mut revision = self.revision.lock().unwrap();
            *revision += 1;
            *revision
        };
        self.tell(Self::event("DELETED", &Self::object(name, 0, revision))).await;
    }

    pub(super) async fn tell(&self, line: Bytes) {
        let watches = self.watches.lock().unwrap().clone();
        for watch in watches {
            let _ = watch.send(Ok(line.clone())).await;
        }
    }

    pub(super) fn drop_watches(&self) {
        self.watches.lock().unwrap().clear();
    }

    pub(super) fn reply(&self, seen: &Seen) -> Reply {
        for answers in self.first.lock().unwrap().iter_mut() {
            if let Some(reply) = answers(seen) {
                return reply;
            }
        }
        match seen.path.as_str() {
            "/version" => fake::json(json!({"gitVersion": "v1.36.3"})),
            "/apis/authentication.k8s.io/v1/selfsubjectreviews" => {
                fake::json(json!({"status": {"userInfo": {"username": "tester"}}}))
            }
            "/api" | "/apis" => fake::json(json!({"items": []})),
            path if path.ends_with("/things") || path.ends_with("/usages") => {
                if seen.is_watch() {
                    let (sender, reply) = fake::stream();
                    self.watches.lock().unwrap().push(sender);
                    return reply;
                }
                self.list(seen)
            }
            _ => fake::status(404, "NotFound", "the server could not find the requested resource"),
        }
    }

    pub(super) fn list(&self, seen: &Seen) -> Reply {
        let things = self.things.lock().unwrap();
        let from: usize = seen.param("continue").map_or(0, |token| token.parse().unwrap());
        let asked = seen.param("limit").map_or(usize::MAX, |limit| limit.parse().unwrap());
        let limit = self.page.lock().unwrap().unwrap_or(asked);
        let items: Vec<Value> = things
            .iter()
            .skip(from)
            .take(limit)
            .map(|((_, name), number)| Self::object(name, *number, 1))
            .collect();
        let left = things.len() - from - items.len();
        let mut metadata = json!({"resourceVersion": self.revision.lock().unwrap().to_string()});
        if left > 0 {
            metadata["continue"] = json!((from + items.len()).to_string());
            metadata["remainingItemCount"] = json!(left);
        }
        fake::json(json!({"kind": "ThingList", "metadata": metadata, "items": items}))
    }
}

pub(super) struct Rig {
    pub(super) fake: Fake,
    pub(super) supervisor: Supervisor,
    pub(super) interests: watch::Sender<Interests>,
    pub(super) deltas: mpsc::Receiver<Delta>,
    pub(super) store: Store,
    /// What was told of the table of things, in order.
    pub(super) told: Vec<Freshness>,
    pub(super) forgotten: Vec<ResourceType>,
}

pub(super) fn quick() -> Pace {
    Pace {
        usage: Duration::from_millis(20),
        volumes: Duration::from_millis(20),
        linger: Duration::from_millis(30),
        forget_after: Duration::from_millis(30),
        together: Duration::from_millis(5),
        watch: Duration::from_secs(60),
        watch_grace: Duration::from_secs(5),
        probe: Duration::from_millis(200),
        retry_first: Duration::from_millis(4),
        retry_most: Duration::from_millis(20),
        poll: Duration::from_millis(20),
        refused: Duration::from_millis(30),
        kinds: Duration::from_secs(600),
        kinds_settle: Duration::from_millis(5),
        catalog: Duration::from_secs(60),
    }
}

impl Rig {
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self::with(world, quick(), ConnectionSettings::default())
    }

    pub(super) fn with(world: &Arc<World>, pace: Pace, settings: ConnectionSettings) -> Self {
        let world = Arc::clone(world);
        let fake = Fake::new(move |seen| std::future::ready(world.reply(&seen)));
        let (sender, deltas) = mpsc::channel(256);
        let (interests, receiver) = watch::channel(Interests::default());
        let clusters = vec![(cluster(), fake.target(), settings)];
        let runtime = tokio::runtime::Handle::current();
        let supervisor = Supervisor::start_with(
            &runtime,
            (clusters, Default::default()),
            sender,
            receiver,
            clock(),
            (TEST_SOURCES, pace),
        );
        let store = Store::new([cluster()]);
        Self { fake, supervisor, interests, deltas, store, told: Vec::new(), forgotten: Vec::new() }
    }

    pub(super) fn want(&self, resources: &[ResourceType]) {
        let wanted = resources.iter().map(|r| Interest { cluster: cluster(), resource: r.clone() }).collect();
        self.interests.send_replace(Arc::new(wanted));
    }

    /// Applies deltas until the picture is as wanted.
    pub(super) async fn until(
        &mut self,
        reason: &str,
        wanted: impl Fn(&ClusterSnapshot) -> bool,
    ) -> Arc<ClusterSnapshot> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let picture = Arc::clone(self.store.publish().cluster(&cluster()).unwrap());
            if wanted(&picture) {
                return picture;
            }
            match tokio::time::timeout_at(deadline, self.deltas.recv()).await {
                Ok(Some(delta)) => {
                    if let Change::Forgotten(resource) = &delta.change {
                        self.forgotten.push(resource.clone());
                    }
                    self.store.apply(delta);
                    let picture = Arc::clone(self.store.publish().cluster(&cluster()).unwrap());
                    let freshness = picture.freshness(&THINGS);
                    if self.told.last() != Some(&freshness) {
                        self.told.push(freshness);
                    }
                }
                _ => panic!(
                    "never {reason}: {:?}, {:?}, told {:?}, asked {:?}",
                    picture.link,
                    rows(&picture),
                    self.told,
                    self.fake.seen().iter().map(|s| format!("{}?{}", s.path, s.query)).collect::<Vec<_>>()
                ),
            }
        }
    }

    pub(super) async fn until_live(&mut self, expected: &[(&str, u32)]) -> Arc<ClusterSnapshot> {
        let expected: Vec<(String, u32)> = expected.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
        self.until("live with these rows", move |picture| {
            picture.freshness(&THINGS) == Freshness::Live && rows(picture) == expected
        })
        .await
    }

    pub(super) fn lists(&self) -> usize {
        self.fake.seen().iter().filter(|s| s.path == LIST && !s.is_watch()).count()
    }

    pub(super) fn watches(&self) -> Vec<Seen> {
        self.fake.seen().into_iter().filter(Seen::is_watch).collect()
    }
}

pub(super) fn rows(picture: &ClusterSnapshot) -> Vec<(String, u32)> {
    rows_of(picture, &THINGS)
}

pub(super) fn rows_of(picture: &ClusterSnapshot, resource: &ResourceType) -> Vec<(String, u32)> {
    let Some(table) = picture.table::<Thing>(resource) else { return Vec::new() };
    let mut rows: Vec<_> = table.iter().map(|(_, row)| (row.name.clone(), row.number)).collect();
    rows.sort();
    rows
}

pub(super) fn stale(picture: &ClusterSnapshot) -> bool {
    matches!(picture.freshness(&THINGS), Freshness::Stale { .. })
}

/// Answers the first `times` requests that fit.
pub(super) fn times(
    mut times: usize,
    fits: impl Fn(&Seen) -> bool + Send + 'static,
    reply: impl Fn() -> Reply + Send + 'static,
) -> impl FnMut(&Seen) -> Option<Reply> + Send {
    move |seen| {
        let now = times > 0 && fits(seen);
        times -= usize::from(now);
        now.then(&reply)
    }
}

pub(super) fn lists(seen: &Seen) -> bool {
    seen.path == LIST && !seen.is_watch()
}
