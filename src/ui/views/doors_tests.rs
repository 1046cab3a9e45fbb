//! Through the doors and back: keys in, effects and screens out.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use serde_json::{Value, json};

use super::test_bench::lines;
use crate::fleet::kind::{NAMESPACES, PODS};
use crate::fleet::namespace::Namespace;
use crate::fleet::pod::Pod;
use crate::fleet::{Environment, Timestamp};
use crate::snapshot::Snapshot;
use crate::ui::cockpit::{ReadOnly, Setup, Ui};
use crate::ui::keymap::{Chord, Keymap};
use crate::ui::message::{Effect, LogBatch, LogLine, Msg};
use crate::ui::table_view::Glyphs;
use crate::ui::test_cluster::{NOW, TestCluster};
use crate::ui::theme::{Depth, Theme};
use crate::ui::view::Scope;

struct User {
    ui: Ui,
    now: Timestamp,
}

fn pod() -> Value {
    json!({"kind": "Pod",
        "metadata": {"name": "api-0", "namespace": "production", "creationTimestamp": "2026-11-21T10:00:00Z"},
        "spec": {"nodeName": "n-1", "containers": [{"name": "api", "image": "api:1"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "api", "ready": true, "containerID": "c://1",
                "state": {"running": {"startedAt": "2026-11-21T10:00:00Z"}}}]}})
}

impl User {
    fn at(view: &str) -> Self {
        let picture = TestCluster::new()
            .with::<Pod>(&PODS, &[pod()])
            .with::<Namespace>(
                &NAMESPACES,
                &[json!({"metadata": {"name": "production"}, "status": {"phase": "Active"}})],
            )
            .picture();
        let ui = Ui::new(Setup {
            preferences: Default::default(),
            theme: Theme::shipped("dark", Depth::None).unwrap(),
            depth: Depth::None,
            themes: Vec::new(),
            keymap: Keymap::shipped(),
            environments: vec![Environment::guessed("prod")],
            clusters: vec![picture.id.clone()],
            scope: Scope::default(),
            read_only: ReadOnly::No,
            glyphs: Glyphs::Unicode,
            view: view.to_owned(),
            view_place: None,
            favourites: Vec::new(),
        });
        let mut user = Self { ui, now: Timestamp::parse(NOW) };
        user.tell(Msg::Snapshot(Arc::new(Snapshot { version: 1, clusters: vec![picture] })));
        user
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        let effects = self.ui.update(msg, self.now);
        self.screen();
        effects
    }

    fn press(&mut self, keys: &str) -> Vec<Effect> {
        keys.split_whitespace()
            .flat_map(|key| Chord::parse(key).unwrap().keys().to_vec())
            .flat_map(|key| self.tell(Msg::Key(key)))
            .collect()
    }

    fn screen(&mut self) -> String {
        let size = Size::new(100, 24);
        self.ui.prepare(size, self.now);
        let mut buffer = Buffer::empty(Rect::new(0, 0, size.width, size.height));
        self.ui.render(&mut buffer);
        lines(&buffer).join("\n")
    }
}

#[test]
fn logs_open_from_a_pod_close_behind_the_reader_and_go_on_when_he_comes_back() {
    let mut user = User::at("pods");
    let [Effect::Fetch(object)] = &user.press("l")[..] else { panic!() };
    let answer =
        |user: &mut User| user.tell(Msg::Fetched { object: object.clone(), result: Ok(Arc::new(pod())) });
    let [Effect::OpenLog(request)] = &answer(&mut user)[..] else { panic!() };
    let line = LogLine { container: "api".into(), at: user.now, text: "GET / 200".into() };
    user.tell(Msg::Log { id: request.id, batch: LogBatch { lines: vec![line.clone()], ended: Vec::new() } });
    let screen = user.screen();
    assert!(screen.contains("GET / 200") && screen.contains("following"), "{screen}");
    assert_eq!(user.press("esc"), [Effect::CloseLog(request.id)]);
    assert!(user.screen().contains("NAME"));

    assert_eq!(user.press("]"), [Effect::Fetch(object.clone())], "forward again");
    let [Effect::OpenLog(again)] = &answer(&mut user)[..] else { panic!() };
    assert_eq!(again.since_seconds, Some(1));
    user.tell(Msg::Log { id: again.id, batch: LogBatch { lines: vec![line], ended: Vec::new() } });
    assert_eq!(user.screen().matches("GET / 200").count(), 1, "nothing is told twice");
}

#[test]
fn keys_of_a_log_are_its_own() {
    let mut user = User::at("pods");
    let [Effect::Fetch(object)] = &user.press("l")[..] else { panic!() };
    user.tell(Msg::Fetched { object: object.clone(), result: Ok(Arc::new(pod())) });
    assert!(user.press("t s w m").is_empty());
    let screen = user.screen();
    assert!(screen.contains("marked 13:00:00"), "{screen}");
    let effects = user.press("3");
    assert!(matches!(&effects[..], [Effect::CloseLog(_), Effect::OpenLog(_)]), "{effects:?}");
    assert!(user.screen().contains("last 5 min"));
    user.press("/");
    user.press("q u i t");
    assert!(user.screen().contains("filter quit"), "typing is typing");
}

#[test]
fn a_pod_opens_in_words_and_as_yaml() {
    let mut user = User::at("pods");
    let [Effect::Fetch(object)] = &user.press("enter")[..] else { panic!() };
    user.tell(Msg::Fetched { object: object.clone(), result: Ok(Arc::new(pod())) });
    let screen = user.screen();
    assert!(screen.contains("● Pod  production/api-0") && screen.contains("CONTAINERS"), "{screen}");
    assert_eq!(user.press("y"), [Effect::Fetch(object.clone())]);
    user.tell(Msg::Fetched { object: object.clone(), result: Ok(Arc::new(pod())) });
    assert!(user.screen().contains("containerID: c://1"), "{}", user.screen());
    user.press("g z");
    user.press("esc");
    assert!(user.screen().contains("CONTAINERS"));
}

#[test]
fn the_fleet_leads_to_a_cluster_its_namespaces_and_their_homes() {
    let mut user = User::at("fleet");
    let screen = user.screen();
    assert!(screen.contains("PROD") && screen.contains("1/1"), "{screen}");
    user.press("enter");
    assert_eq!(user.ui.scope().clusters.len(), 1);
    let screen = user.screen();
    assert!(screen.contains("production"), "{screen}");
    user.press("enter");
    let screen = user.screen();
    assert!(screen.contains("no Pod Security"), "{screen}");
}
