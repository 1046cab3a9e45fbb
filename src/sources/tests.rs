//! The supervisor against a scripted API server, with the real store as the judge of what arrives.

mod kinds;
mod kubelet;
mod protobuf;
mod rig;

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::testing::{THINGS, Thing};
use super::*;
use crate::fleet::kind::{NAMESPACES, NODES, PODS};
use crate::fleet::{ObjectRef, ProblemKind};
use crate::gateway::fake::{self, Fake, Reply, Seen, clock, cluster};
use crate::gateway::logs::LogSpec;
use crate::gateway::{ConnectionSettings, Target};
use crate::snapshot::delta::Change;
use crate::snapshot::{ClusterSnapshot, Extent, Freshness, Link, Store};
use rig::{Rig, World, lists, quick, rows, rows_of, stale, times};

const TEST_SOURCES: &[Source] = &[
    watched::<Thing>(NAMESPACES),
    watched::<Thing>(NODES),
    watched::<Pod>(PODS),
    measured::<Thing>(POLLED),
    watched::<Thing>(THINGS),
    volumes(),
];
const POLLED: ResourceType = ResourceType::cluster_wide("metrics.test.io", "v1", "usages", "Usage");
const LIST: &str = "/apis/test.io/v1/things";

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
    assert_eq!(limits, ["500", "500", "500"], "what remains is known, and it is little");
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
async fn a_server_that_falls_silent_is_noticed_by_one_table_and_told_by_all() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS, POLLED]);
    rig.until_live(&[("a", 1)]).await;
    // The watch stays open and says nothing; only what is polled notices.
    let html = || fake::answer(502, "text/html", "<html>Bad gateway</html>");
    let down = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    world.answer_first(move |_| is_down.load(std::sync::atomic::Ordering::SeqCst).then(html));
    rig.until("stale", stale).await;
    down.store(false, std::sync::atomic::Ordering::SeqCst);
    rig.until_live(&[("a", 1)]).await;
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
    let picture = rig.until_live(&[("a", 2)]).await;
    assert_eq!(rig.watches()[0].path, "/apis/test.io/v1/namespaces/web/things");
    let Extent::Namespaces { names, refused } = picture.extent(&THINGS) else {
        panic!("a part of the things is told as all of them");
    };
    assert_eq!(**names, ["web".into()]);
    assert_eq!(refused.message(), "forbidden: list things.test.io in all namespaces as dev");
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
    assert!(!picture.extent(&NAMESPACES).covers(None), "there may be others");
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
        pattern: None,
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
    let _supervisor = Supervisor::start_with(
        &runtime,
        (clusters, Default::default()),
        sender,
        receiver,
        clock(),
        (TEST_SOURCES, quick()),
    );
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

#[tokio::test]
async fn a_kind_that_vanishes_takes_its_rows_along_and_one_that_comes_back_is_read_again() {
    let world = World::with(&["a"]);
    let mut rig = Rig::new(&world);
    rig.want(&[THINGS]);
    rig.until_live(&[("a", 1)]).await;
    let gone = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_gone = Arc::clone(&gone);
    world.answer_first(move |seen| {
        (is_gone.load(std::sync::atomic::Ordering::SeqCst) && seen.path == LIST)
            .then(|| fake::status(404, "NotFound", "the server could not find the requested resource"))
    });
    world.drop_watches();
    let picture =
        rig.until("unavailable", |p| matches!(p.freshness(&THINGS), Freshness::Unavailable { .. })).await;
    assert!(rows(&picture).is_empty());
    gone.store(false, std::sync::atomic::Ordering::SeqCst);
    rig.until_live(&[("a", 1)]).await;
}

#[tokio::test]
async fn opening_a_view_looks_for_new_kinds() {
    let world = World::with(&["a"]);
    let pace = Pace { catalog: Duration::ZERO, ..quick() };
    let mut rig = Rig::with(&world, pace, ConnectionSettings::default());
    rig.until("an empty catalog", |p| matches!(&p.link, Link::Up(info) if info.user.is_some())).await;
    world.answer_first(|seen| {
        (seen.path == "/apis").then(|| {
            fake::json(json!({"items": [{"metadata": {"name": "test.io"}, "versions": [{"version": "v1",
            "resources": [{"resource": "things", "responseKind": {"kind": "Thing"}, "verbs": ["list"]}]}]}]}))
        })
    });
    // The first discovery may still be under way; then it sees them, else opening the view does.
    rig.until("some catalog", |p| p.epoch == crate::fleet::Epoch::default()).await;
    while rig.supervisor.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    rig.want(&[THINGS]);
    rig.until("the new kind", |p| p.catalog.find("things").is_some()).await;
}
