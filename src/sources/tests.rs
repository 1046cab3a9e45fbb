//! The supervisor against a scripted API server, with the real store as the judge of what arrives.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::testing::{THINGS, Thing};
use super::*;
use crate::fleet::kind::{NAMESPACES, NODES};
use crate::fleet::{ObjectRef, ProblemKind};
use crate::gateway::fake::{self, Fake, Reply, Seen, clock, cluster};
use crate::gateway::logs::LogSpec;
use crate::gateway::{ConnectionSettings, Target};
use crate::snapshot::delta::Change;
use crate::snapshot::{ClusterSnapshot, Delta, Freshness, Link, Store};

const TEST_SOURCES: &[Source] = &[
    watched::<Thing>(NAMESPACES),
    watched::<Thing>(NODES),
    polled::<Thing>(POLLED, Duration::from_millis(20)),
    watched::<Thing>(THINGS),
];
const POLLED: ResourceType = ResourceType::cluster_wide("metrics.test.io", "v1", "usages", "Usage");
const LIST: &str = "/apis/test.io/v1/things";

type Stream = mpsc::Sender<Result<Bytes, std::io::Error>>;
type Answers = Box<dyn FnMut(&Seen) -> Option<Reply> + Send>;

/// A small API server: things, pages, watches, and answers that a test puts in front of them.
#[derive(Default)]
struct World {
    things: Mutex<BTreeMap<(String, String), u32>>,
    revision: Mutex<u64>,
    watches: Mutex<Vec<Stream>>,
    first: Mutex<Vec<Answers>>,
    page: Mutex<Option<usize>>,
}

impl World {
    fn with(names: &[&str]) -> Arc<Self> {
        let world = Arc::new(Self::default());
        for name in names {
            world.set(name, 1);
        }
        world
    }

    /// Answers that come before the ordinary ones, until the closure has no more.
    fn answer_first(&self, answers: impl FnMut(&Seen) -> Option<Reply> + Send + 'static) {
        self.first.lock().unwrap().push(Box::new(answers));
    }

    fn set(&self, name: &str, number: u32) -> u64 {
        self.things.lock().unwrap().insert(("web".into(), name.into()), number);
        let mut revision = self.revision.lock().unwrap();
        *revision += 1;
        *revision
    }

    fn object(name: &str, number: u32, revision: u64) -> Value {
        json!({"metadata": {"namespace": "web", "name": name, "resourceVersion": revision.to_string()}, "number": number})
    }

    fn event(kind: &str, object: &Value) -> Bytes {
        format!("{}\n", json!({"type": kind, "object": object})).into()
    }

    /// Changes a thing and tells all watches.
    async fn change(&self, name: &str, number: u32) {
        let revision = self.set(name, number);
        self.tell(Self::event("MODIFIED", &Self::object(name, number, revision))).await;
    }

    async fn remove(&self, name: &str) {
        self.things.lock().unwrap().remove(&("web".into(), name.into()));
        let revision = {
            let mut revision = self.revision.lock().unwrap();
            *revision += 1;
            *revision
        };
        self.tell(Self::event("DELETED", &Self::object(name, 0, revision))).await;
    }

    async fn tell(&self, line: Bytes) {
        let watches = self.watches.lock().unwrap().clone();
        for watch in watches {
            let _ = watch.send(Ok(line.clone())).await;
        }
    }

    fn drop_watches(&self) {
        self.watches.lock().unwrap().clear();
    }

    fn reply(&self, seen: &Seen) -> Reply {
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

    fn list(&self, seen: &Seen) -> Reply {
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

struct Rig {
    fake: Fake,
    supervisor: Supervisor,
    interests: watch::Sender<Interests>,
    deltas: mpsc::Receiver<Delta>,
    store: Store,
    /// What was told of the table of things, in order.
    told: Vec<Freshness>,
    forgotten: Vec<ResourceType>,
}

fn quick() -> Pace {
    Pace {
        linger: Duration::from_millis(30),
        forget_after: Duration::from_millis(30),
        together: Duration::from_millis(5),
        watch: Duration::from_secs(60),
        watch_grace: Duration::from_secs(5),
        retry_first: Duration::from_millis(4),
        retry_most: Duration::from_millis(20),
        poll: Duration::from_millis(20),
        refused: Duration::from_millis(30),
    }
}

impl Rig {
    fn new(world: &Arc<World>) -> Self {
        Self::with(world, quick(), ConnectionSettings::default())
    }

    fn with(world: &Arc<World>, pace: Pace, settings: ConnectionSettings) -> Self {
        let world = Arc::clone(world);
        let fake = Fake::new(move |seen| std::future::ready(world.reply(&seen)));
        let (sender, deltas) = mpsc::channel(256);
        let (interests, receiver) = watch::channel(Interests::default());
        let clusters = vec![(cluster(), fake.target(), settings)];
        let runtime = tokio::runtime::Handle::current();
        let supervisor =
            Supervisor::start_with(&runtime, clusters, sender, receiver, clock(), (TEST_SOURCES, pace));
        let store = Store::new([cluster()]);
        Self { fake, supervisor, interests, deltas, store, told: Vec::new(), forgotten: Vec::new() }
    }

    fn want(&self, resources: &[ResourceType]) {
        let wanted = resources.iter().map(|r| Interest { cluster: cluster(), resource: r.clone() }).collect();
        self.interests.send_replace(Arc::new(wanted));
    }

    /// Applies deltas until the picture is as wanted.
    async fn until(
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

    async fn until_live(&mut self, expected: &[(&str, u32)]) -> Arc<ClusterSnapshot> {
        let expected: Vec<(String, u32)> = expected.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect();
        self.until("live with these rows", move |picture| {
            picture.freshness(&THINGS) == Freshness::Live && rows(picture) == expected
        })
        .await
    }

    fn lists(&self) -> usize {
        self.fake.seen().iter().filter(|s| s.path == LIST && !s.is_watch()).count()
    }

    fn watches(&self) -> Vec<Seen> {
        self.fake.seen().into_iter().filter(Seen::is_watch).collect()
    }
}

fn rows(picture: &ClusterSnapshot) -> Vec<(String, u32)> {
    rows_of(picture, &THINGS)
}

fn rows_of(picture: &ClusterSnapshot, resource: &ResourceType) -> Vec<(String, u32)> {
    let Some(table) = picture.table::<Thing>(resource) else { return Vec::new() };
    let mut rows: Vec<_> = table.iter().map(|(_, row)| (row.name.clone(), row.number)).collect();
    rows.sort();
    rows
}

fn stale(picture: &ClusterSnapshot) -> bool {
    matches!(picture.freshness(&THINGS), Freshness::Stale { .. })
}

/// Answers the first `times` requests that fit.
fn times(
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

fn lists(seen: &Seen) -> bool {
    seen.path == LIST && !seen.is_watch()
}

#[tokio::test]
async fn a_table_is_listed_once_and_then_watched() {
    let world = World::with(&["a", "b"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    let picture = rig.until_live(&[("a", 1), ("b", 1)]).await;
    assert!(matches!(&picture.link, Link::Up(info) if info.version == "v1.36.3"));
    world.change("a", 5).await;
    world.change("c", 6).await;
    world.remove("b").await;
    rig.until_live(&[("a", 5), ("c", 6)]).await;
    assert_eq!((rig.lists(), rig.watches().len()), (1, 1));
    let watch = &rig.watches()[0];
    assert_eq!(watch.param("resourceVersion"), Some("2"));
    assert_eq!(watch.headers["accept-encoding"], "identity");
    assert_eq!(watch.param("allowWatchBookmarks"), Some("true"));
    let list = rig.fake.seen().into_iter().find(lists).unwrap();
    assert_eq!(list.headers["accept-encoding"], "gzip");
    assert_eq!(list.param("limit"), Some("500"));
    rig.until(
        "told who we are",
        |p| matches!(&p.link, Link::Up(info) if info.user.as_deref() == Some("tester")),
    )
    .await;
}

#[tokio::test]
async fn pages_arrive_one_by_one_with_how_many_are_expected() {
    let world = World::with(&["a", "b", "c", "d", "e"]);
    *world.page.lock().unwrap() = Some(2);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)]).await;
    assert_eq!(rig.lists(), 3);
    assert!(
        rig.told.iter().any(|f| matches!(f, Freshness::Loading { expected: Some(5), .. })),
        "{:?}",
        rig.told
    );
    let limits: Vec<_> =
        rig.fake.seen().iter().filter(|s| lists(s)).map(|s| s.param("limit").unwrap().to_owned()).collect();
    assert_eq!(limits, ["500", "5000", "5000"], "small objects fit into large pages");
}

#[tokio::test]
async fn a_dropped_watch_goes_on_where_it_stopped_without_a_list() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    world.tell(World::event("BOOKMARK", &json!({"metadata": {"resourceVersion": "77"}}))).await;
    world.change("a", 2).await;
    rig.until_live(&[("a", 2)]).await;
    world.tell(World::event("BOOKMARK", &json!({"metadata": {"resourceVersion": "99"}}))).await;
    world.drop_watches();
    let fake = rig.fake.clone();
    let reopened = async {
        while fake.seen().iter().filter(|s| s.is_watch()).count() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reopened).await.expect("the watch is opened again");
    world.change("b", 3).await;
    rig.until_live(&[("a", 2), ("b", 3)]).await;
    assert_eq!(rig.lists(), 1);
    assert_eq!(rig.watches()[1].param("resourceVersion"), Some("99"));
    assert!(!rig.told.iter().any(|f| matches!(f, Freshness::Stale { .. })), "{:?}", rig.told);
}

#[tokio::test]
async fn a_server_that_forgot_the_place_is_listed_again_and_rows_that_are_gone_are_swept() {
    let world = World::with(&["a", "gone"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1), ("gone", 1)]).await;
    world.things.lock().unwrap().remove(&("web".into(), "gone".into()));
    world.set("new", 4);
    let error =
        json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"});
    world.tell(World::event("ERROR", &error)).await;
    rig.until_live(&[("a", 1), ("new", 4)]).await;
    assert_eq!(rig.lists(), 2);
}

#[tokio::test]
async fn a_watch_that_is_refused_with_410_lists_again() {
    let world = World::with(&["a"]);
    world.answer_first(times(1, Seen::is_watch, || fake::status(410, "Expired", "too old")));
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    assert_eq!(rig.lists(), 2);
}

#[tokio::test]
async fn a_continue_token_that_expires_begins_the_list_anew() {
    let world = World::with(&["a", "b", "c"]);
    *world.page.lock().unwrap() = Some(2);
    world.answer_first(times(
        1,
        |s| s.param("continue").is_some(),
        || fake::status(410, "Expired", "too old"),
    ));
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1), ("b", 1), ("c", 1)]).await;
    assert_eq!(rig.lists(), 4);
}

#[tokio::test]
async fn a_list_cut_in_the_middle_keeps_what_came_says_so_and_tries_again() {
    let world = World::with(&["a", "b"]);
    let cut = || {
        fake::answer(
            200,
            "application/json",
            r#"{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"namespace":"web","name":"a"},"number":1},{"me"#,
        )
    };
    world.answer_first(times(4, lists, cut));
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    let picture =
        rig.until("unavailable", |p| matches!(p.freshness(&THINGS), Freshness::Unavailable { .. })).await;
    assert_eq!(rows(&picture), [("a".to_owned(), 1)]);
    let Freshness::Unavailable { problem } = picture.freshness(&THINGS) else { unreachable!() };
    assert_eq!(problem.kind(), ProblemKind::Malformed);
    assert!(problem.message().starts_with("the list of things.test.io cannot be understood"), "{problem}");
    rig.until_live(&[("a", 1), ("b", 1)]).await;
}

#[tokio::test]
async fn throttling_waits_as_long_as_the_server_asks() {
    let world = World::with(&["a"]);
    let busy = || {
        let mut reply = fake::status(429, "TooManyRequests", "slow down");
        reply.headers_mut().insert("retry-after", "1".parse().unwrap());
        reply
    };
    world.answer_first(times(1, lists, busy));
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    let picture = rig.until("told to wait", |p| p.freshness(&THINGS).problem().is_some()).await;
    let problem = picture.freshness(&THINGS).problem().cloned().unwrap();
    assert_eq!(problem.kind(), ProblemKind::Throttled);
    let began = std::time::Instant::now();
    rig.until_live(&[("a", 1)]).await;
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
    assert_eq!(rig.lists(), 2);
}

#[tokio::test]
async fn a_storm_of_errors_ends_live_and_is_told_meanwhile() {
    let world = World::with(&["a"]);
    world.answer_first(times(3, lists, || fake::status(500, "InternalError", "etcdserver: leader changed")));
    world.answer_first(times(3, Seen::is_watch, || {
        fake::status(503, "ServiceUnavailable", "apiserver is shutting down")
    }));
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    assert_eq!(rig.lists(), 4);
    assert_eq!(rig.watches().len(), 4);
    assert!(rig.told.iter().any(|f| matches!(f, Freshness::Unavailable { .. })));
    assert!(rig.told.iter().any(|f| matches!(f, Freshness::Stale { .. })));
}

#[tokio::test]
async fn a_cluster_that_answers_html_is_down_with_the_reason_and_comes_up_when_it_is_right() {
    let world = World::with(&["a"]);
    world.answer_first(times(
        3,
        |s| s.path == "/version",
        || fake::answer(200, "text/html", "<html>Log in</html>"),
    ));
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    let picture = rig.until("down", |p| matches!(p.link, Link::Down(_))).await;
    let Link::Down(problem) = &picture.link else { unreachable!() };
    assert!(problem.message().contains("answered HTML"));
    rig.until("unavailable", |p| matches!(p.freshness(&THINGS), Freshness::Unavailable { .. })).await;
    assert_eq!(rig.lists(), 0, "nobody knocks on a closed door");
    rig.until_live(&[("a", 1)]).await;
}

#[tokio::test]
async fn a_lost_connection_makes_rows_stale_and_they_come_back_without_a_list() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    // In process a lost connection is a page that is not the API.
    let html = || fake::answer(502, "text/html", "<html>Bad gateway</html>");
    let down = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    world.answer_first(move |_| is_down.load(std::sync::atomic::Ordering::SeqCst).then(html));
    world.drop_watches();
    let picture = rig.until("stale and down", |p| stale(p) && matches!(p.link, Link::Down(_))).await;
    assert_eq!(rows(&picture), [("a".to_owned(), 1)]);
    world.set("missed", 2);
    down.store(false, std::sync::atomic::Ordering::SeqCst);
    rig.until("live again", |p| p.freshness(&THINGS) == Freshness::Live).await;
    world.change("b", 3).await;
    rig.until("the change", |p| rows(p).iter().any(|(name, _)| name == "b")).await;
    assert_eq!(rig.lists(), 1);
    assert_eq!(rig.watches().last().unwrap().param("resourceVersion"), Some("1"));
}

#[tokio::test]
async fn refused_credentials_take_the_cluster_down_once_and_rows_stay() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    let refuse = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let refuses = Arc::clone(&refuse);
    world.answer_first(move |_| {
        refuses
            .load(std::sync::atomic::Ordering::SeqCst)
            .then(|| fake::status(401, "Unauthorized", "Unauthorized"))
    });
    world.drop_watches();
    let picture = rig.until("down for its credentials", |p| {
        matches!(&p.link, Link::Down(problem) if problem.kind() == ProblemKind::Credentials) && stale(p)
    });
    let picture = picture.await;
    assert_eq!(rows(&picture), [("a".to_owned(), 1)]);
    world.set("b", 2);
    refuse.store(false, std::sync::atomic::Ordering::SeqCst);
    let picture = rig.until_live(&[("a", 1), ("b", 2)]).await;
    assert!(picture.epoch > crate::fleet::Epoch::default(), "by a new connection");
}

#[tokio::test]
async fn a_silent_watch_is_given_up_after_the_time_the_server_was_to_end_it() {
    let world = World::with(&["a"]);
    let pace = Pace { watch: Duration::from_millis(40), watch_grace: Duration::from_millis(10), ..quick() };
    let mut rig = Rig::with(&world, pace, ConnectionSettings::default());
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    // The server keeps the stream open and says nothing; the client asks again by itself.
    let fake = rig.fake.clone();
    let again = async {
        while fake.seen().iter().filter(|s| s.is_watch()).count() < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("the watch is opened again");
    assert_eq!(rig.lists(), 1);
}

#[tokio::test]
async fn a_kind_that_may_be_listed_but_not_watched_is_polled_and_says_so() {
    let world = World::with(&["a"]);
    world.answer_first(times(9999, Seen::is_watch, || fake::status(403, "Forbidden", "no")));
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until("polled", |p| matches!(p.freshness(&THINGS), Freshness::Polled { .. })).await;
    world.set("b", 2);
    world.things.lock().unwrap().remove(&("web".into(), "a".into()));
    rig.until("the next poll", |p| rows(p) == [("b".to_owned(), 2)]).await;
    assert_eq!(rig.watches().len(), 1);
}

#[tokio::test]
async fn a_polled_kind_is_never_watched() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[POLLED]);
    rig.until("polled", |p| matches!(p.freshness(&POLLED), Freshness::Polled { .. })).await;
    world.set("a", 9);
    rig.until("the next poll", |p| rows_of(p, &POLLED) == [("a".to_owned(), 9)]).await;
    assert!(rig.watches().is_empty());
}

fn forbidden(seen: &Seen) -> Reply {
    let _ = seen;
    fake::status(
        403,
        "Forbidden",
        "things.test.io is forbidden: User \"dev\" cannot list resource \"things\"",
    )
}

#[tokio::test]
async fn a_cluster_wide_list_that_is_forbidden_falls_back_to_the_namespaces_that_are_allowed() {
    let world = World::with(&["a"]);
    world.answer_first(|seen| match seen.path.as_str() {
        LIST | "/api/v1/namespaces" => Some(forbidden(seen)),
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => {
            Some(fake::json(json!({"status": {"resourceRules":
            [{"verbs": ["list", "watch"], "apiGroups": ["test.io"], "resources": ["things"]}]}})))
        }
        _ => None,
    });
    let settings = ConnectionSettings { namespaces: vec!["web".to_owned()], ..ConnectionSettings::default() };
    let mut rig = Rig::with(&world, quick(), settings);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    world.change("a", 2).await;
    rig.until_live(&[("a", 2)]).await;
    assert_eq!(rig.watches()[0].path, "/apis/test.io/v1/namespaces/web/things");
}

#[tokio::test]
async fn what_is_forbidden_everywhere_names_the_verb_and_the_resource() {
    let world = World::with(&["a"]);
    world.answer_first(|seen| {
        let review = seen.path.starts_with("/apis/authorization.k8s.io");
        let known =
            seen.path == "/version" || seen.path.starts_with("/apis/authentication") || seen.path.len() < 6;
        (!known).then(|| if review { fake::json(json!({"status": {}})) } else { forbidden(seen) })
    });
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS, NODES]);
    let picture = rig
        .until("forbidden", |p| {
            let forbidden = |r: ResourceType| matches!(p.freshness(&r), Freshness::Forbidden { .. });
            forbidden(THINGS) && forbidden(NODES)
        })
        .await;
    let said = |r: ResourceType| picture.freshness(&r).problem().unwrap().message().to_owned();
    assert_eq!(said(THINGS), "forbidden: list things.test.io in all namespaces as dev");
    assert_eq!(said(NODES), "forbidden: list nodes as dev");
    assert!(matches!(picture.link, Link::Up(_)), "forbidden is not down");
}

#[tokio::test]
async fn namespaces_that_may_not_be_listed_are_still_there_by_name() {
    let world = World::with(&[]);
    world.answer_first(|seen| match seen.path.as_str() {
        "/api/v1/namespaces" => Some(forbidden(seen)),
        "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews" => Some(fake::json(json!({"status": {}}))),
        _ => None,
    });
    let settings = ConnectionSettings { namespaces: vec!["web".to_owned()], ..ConnectionSettings::default() };
    let mut rig = Rig::with(&world, quick(), settings);
    rig.want(&[NAMESPACES]);
    let picture = rig.until("polled", |p| matches!(p.freshness(&NAMESPACES), Freshness::Polled { .. })).await;
    assert_eq!(rows_of(&picture, &NAMESPACES), [("web".to_owned(), 0)]);
}

#[tokio::test]
async fn nobody_interested_stops_the_watch_and_then_forgets_the_rows() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    rig.want(&[]);
    let picture = rig.until("not watched", |p| p.freshness(&THINGS) == Freshness::NotWatched).await;
    assert_eq!(rows(&picture), [("a".to_owned(), 1)], "rows stay for a while");
    assert!(world.watches.lock().unwrap()[0].is_closed());
    rig.until("forgotten", |p| p.any_table(&THINGS).is_none()).await;
    assert_eq!(rig.forgotten, [THINGS]);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    assert_eq!(rig.lists(), 2);
}

#[tokio::test]
async fn coming_back_soon_goes_on_with_the_watch_and_not_with_a_list() {
    let world = World::with(&["a"]);
    let pace = Pace { forget_after: Duration::from_secs(60), ..quick() };
    let mut rig = Rig::with(&world, pace, ConnectionSettings::default());
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    rig.want(&[]);
    rig.until("not watched", |p| p.freshness(&THINGS) == Freshness::NotWatched).await;
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    assert_eq!((rig.lists(), rig.watches().len()), (1, 2));
    rig.want(&[]);
    rig.want(&[THINGS]);
    world.change("a", 7).await;
    rig.until_live(&[("a", 7)]).await;
    assert_eq!(rig.watches().len(), 2, "a short absence is not noticed");
}

#[tokio::test]
async fn a_reconnect_begins_anew_and_what_the_old_connection_still_says_is_dropped() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    let before = rig.until_live(&[("a", 1)]).await.epoch;
    world.things.lock().unwrap().clear();
    world.set("b", 1);
    rig.supervisor.reconnect(&cluster());
    let picture = rig.until_live(&[("b", 1)]).await;
    assert_eq!(picture.epoch, before.next());
}

#[tokio::test]
async fn quiet_is_quiet() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    assert!(rig.supervisor.in_flight() > 0, "the wish alone is work");
    rig.until_live(&[("a", 1)]).await;
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while rig.supervisor.in_flight() > 0 {
        assert!(std::time::Instant::now() < deadline, "{} in flight", rig.supervisor.in_flight());
        tokio::task::yield_now().await;
    }
    let asked = rig.fake.seen().len();
    rig.want(&[THINGS]);
    let _ = tokio::time::timeout(Duration::from_millis(100), async {
        while let Some(delta) = rig.deltas.recv().await {
            assert!(!matches!(delta.change, Change::Table(..)), "{delta:?}");
        }
    })
    .await;
    assert_eq!(rig.fake.seen().len(), asked);
}

#[tokio::test]
async fn a_storm_of_changes_arrives_complete_and_in_bounded_batches() {
    let world = World::with(&[]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[]).await;
    let mut lines = Vec::new();
    for n in 0..2_000 {
        let revision = world.set(&format!("t{n:04}"), n);
        lines.extend(World::event("ADDED", &World::object(&format!("t{n:04}"), n, revision)));
    }
    world.tell(lines.into()).await;
    rig.until("all of them", |p| rows(p).len() == 2_000).await;
}

#[tokio::test]
async fn an_object_is_fetched_and_a_cluster_that_is_not_there_is_named() {
    let world = World::with(&[]);
    world.answer_first(|seen| {
        seen.path
            .ends_with("/things/a")
            .then(|| fake::json(json!({"metadata": {"name": "a", "managedFields": []}})))
    });
    let rig = Rig::new(&world);
    let object =
        ObjectRef { cluster: cluster(), resource: THINGS, namespace: Some("web".into()), name: "a".into() };
    let value = rig.supervisor.fetch(object.clone()).await.unwrap();
    assert_eq!(value, json!({"metadata": {"name": "a"}}));
    let elsewhere = crate::fleet::ClusterId::new(crate::fleet::EnvironmentName::new("x"), "elsewhere");
    let problem =
        rig.supervisor.fetch(ObjectRef { cluster: elsewhere.clone(), ..object.clone() }).await.unwrap_err();
    assert_eq!(problem.message(), "there is no cluster elsewhere");
    let (sender, mut receiver) = mpsc::channel(4);
    let spec = LogSpec {
        pod: ObjectRef { cluster: elsewhere, ..object },
        containers: vec!["c".to_owned()],
        follow: true,
        previous: false,
        since_seconds: None,
        tail: None,
    };
    let _log = rig.supervisor.open_log(spec, sender);
    assert!(receiver.recv().await.unwrap().ended[0].1.is_err());
}

#[tokio::test]
async fn an_unreachable_cluster_keeps_no_other_waiting() {
    let world = World::with(&["a"]);
    let server = Arc::clone(&world);
    let fake = Fake::new(move |seen| std::future::ready(server.reply(&seen)));
    let silent = Fake::new(|_| std::future::pending());
    let other = crate::fleet::ClusterId::new(crate::fleet::EnvironmentName::new("x"), "silent");
    let (sender, mut deltas) = mpsc::channel(256);
    let wanted = [cluster(), other.clone()].map(|cluster| Interest { cluster, resource: THINGS });
    let (_interests, receiver) = watch::channel(Arc::new(wanted.into_iter().collect()));
    let clusters: Vec<(_, Target, _)> = vec![
        (other.clone(), silent.target(), ConnectionSettings::default()),
        (cluster(), fake.target(), ConnectionSettings::default()),
    ];
    let runtime = tokio::runtime::Handle::current();
    let _supervisor =
        Supervisor::start_with(&runtime, clusters, sender, receiver, clock(), (TEST_SOURCES, quick()));
    let mut store = Store::new([cluster(), other.clone()]);
    let mut links: HashMap<_, Link> = HashMap::new();
    loop {
        let delta = tokio::time::timeout(Duration::from_secs(10), deltas.recv()).await.unwrap().unwrap();
        store.apply(delta);
        let snapshot = store.publish();
        links.extend(snapshot.clusters.iter().map(|c| (c.id.clone(), c.link.clone())));
        if snapshot.cluster(&cluster()).unwrap().freshness(&THINGS) == Freshness::Live {
            break;
        }
    }
    assert_eq!(links[&other], Link::Connecting);
}
