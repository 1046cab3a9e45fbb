use ratatui::style::{Color, Modifier, Style};
use serde_json::json;

use super::*;
use crate::fleet::kind::PODS;
use crate::fleet::{ClusterId, EnvironmentName, ProblemKind};
use crate::snapshot::Snapshot;
use crate::ui::input::KeyCode;
use crate::ui::message::{LogLine, LogRequest};
use crate::ui::role::Role;
use crate::ui::view::{Scope, Styles};

#[derive(Debug)]
struct Colours;

impl Styles for Colours {
    fn of(&self, role: Role) -> Style {
        match role {
            Role::Critical => Style::new().fg(Color::Red),
            Role::Selection => Style::new().add_modifier(Modifier::REVERSED),
            Role::Match => Style::new().add_modifier(Modifier::UNDERLINED),
            _ => Style::new(),
        }
    }
}

#[derive(Debug)]
struct NoColour;

impl Styles for NoColour {
    fn of(&self, _: Role) -> Style {
        Style::new()
    }
}

const NOW: i64 = 1_795_258_800; // 2026-11-21T11:00:00Z

struct Desk {
    view: Logs,
    snapshot: Snapshot,
    scope: Scope,
    now: Timestamp,
}

fn pod_object() -> ObjectRef {
    ObjectRef {
        cluster: ClusterId::new(EnvironmentName::new("prod"), "myapp-prod"),
        resource: PODS,
        namespace: Some("production".into()),
        name: "api-0".into(),
    }
}

fn pod(id: &str, restarts: u64, running: bool) -> Value {
    let state =
        if running { json!({"running": {}}) } else { json!({"waiting": {"reason": "CrashLoopBackOff"}}) };
    json!({
        "metadata": {"name": "api-0"},
        "spec": {"containers": [{"name": "api"}]},
        "status": {"containerStatuses": [
            {"name": "api", "containerID": id, "restartCount": restarts, "state": state}]},
    })
}

impl Desk {
    fn new(bytes: usize) -> Self {
        let now = Timestamp::from_seconds(NOW);
        let view = Logs::open(
            &pod_object(),
            false,
            LogPreferences { tail: 100, bytes, ..LogPreferences::default() },
            now,
        );
        Self { view, snapshot: Snapshot::default(), scope: Scope::default(), now }
    }

    fn world(&self) -> World<'_> {
        World { snapshot: &self.snapshot, now: self.now, environments: &[], scope: &self.scope }
    }

    fn asks(&mut self) -> Vec<Effect> {
        let (snapshot, scope) = (self.snapshot.clone(), self.scope.clone());
        self.view.asks(&World { snapshot: &snapshot, now: self.now, environments: &[], scope: &scope })
    }

    fn run(&mut self, id: &'static str) -> Vec<Effect> {
        let (snapshot, scope) = (self.snapshot.clone(), self.scope.clone());
        let world = World { snapshot: &snapshot, now: self.now, environments: &[], scope: &scope };
        match self.view.command(id, &world) {
            Handled::Done(effects) => effects,
            other => panic!("{id}: {other:?}"),
        }
    }

    fn keys(&mut self, text: &str) {
        let (snapshot, scope) = (self.snapshot.clone(), self.scope.clone());
        let world = World { snapshot: &snapshot, now: self.now, environments: &[], scope: &scope };
        for c in text.chars() {
            let key = if c == '\n' { Key::plain(KeyCode::Enter) } else { Key::char(c) };
            self.view.key(key, &world);
        }
    }

    fn answer(&mut self, pod: Value) {
        self.view.fetched(&pod_object(), &Ok(Arc::new(pod)));
    }

    /// Opens the log as far as the stream; returns its request.
    fn opened(&mut self, pod: Value) -> LogRequest {
        assert_eq!(self.asks(), [Effect::Fetch(pod_object())]);
        self.answer(pod);
        self.request()
    }

    fn request(&mut self) -> LogRequest {
        let effects = self.asks();
        let request = effects.into_iter().find_map(|effect| match effect {
            Effect::OpenLog(request) => Some(request),
            _ => None,
        });
        request.expect("a log is opened")
    }

    fn lines(&mut self, id: LogId, texts: &[&str]) {
        let lines = texts.iter().map(|text| line("api", NOW, text)).collect();
        self.view.log(id, LogBatch { lines, ended: Vec::new() });
    }

    fn buffer(&mut self, width: u16, height: u16, style: &dyn Styles) -> Buffer {
        let (snapshot, scope) = (self.snapshot.clone(), self.scope.clone());
        let world = World { snapshot: &snapshot, now: self.now, environments: &[], scope: &scope };
        self.view.prepare(Size::new(width, height), &world);
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        self.view.render(area, &mut buffer, &Look { style, ascii: false, now: self.now });
        buffer
    }

    fn screen(&mut self, width: u16, height: u16) -> Vec<String> {
        let buffer = self.buffer(width, height, &Colours);
        (0..height)
            .map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
            .collect()
    }
}

fn line(container: &str, at: i64, text: &str) -> LogLine {
    LogLine { container: container.into(), at: Timestamp::from_seconds(at), text: text.into() }
}

#[test]
fn it_opens_the_containers_of_the_pod_and_follows() {
    let mut desk = Desk::new(1 << 20);
    assert!(desk.screen(60, 6)[1].contains("reading the pod"));
    let request = desk.opened(pod("c://1", 0, true));
    assert_eq!(request.containers, ["api"]);
    assert!(request.follow && !request.previous);
    assert_eq!(request.tail, Some(100));
    assert_eq!(desk.screen(60, 6)[1].trim(), "no lines yet");
    desk.lines(request.id, &["one", "two", "three", "four", "five", "six"]);
    let shown = desk.screen(60, 6);
    assert!(shown[0].starts_with(" api  following  last 100 lines  6 lines"), "{shown:?}");
    assert_eq!(shown[1..], ["two", "three", "four", "five", "six"]);
    assert_eq!(desk.view.closed(), [Effect::CloseLog(request.id)]);
}

#[test]
fn it_stands_still_when_the_reader_is_away_from_the_end() {
    let mut desk = Desk::new(1 << 20);
    let id = desk.opened(pod("c://1", 0, true)).id;
    desk.lines(id, &["one", "two", "three", "four", "five", "six"]);
    desk.screen(60, 5);
    desk.run("up");
    let paused = desk.screen(60, 5);
    assert!(paused[0].contains("paused"));
    assert_eq!(paused[1..], ["three", "four", "five", "six"]);
    desk.lines(id, &["seven", "eight"]);
    assert_eq!(desk.screen(60, 5)[1..], paused[1..]);
    desk.run("log-follow");
    assert_eq!(desk.screen(60, 5)[4], "eight");
    desk.run("top");
    assert_eq!(desk.screen(60, 5)[1], "one");
}

#[test]
fn what_the_ring_drops_is_told_where_it_is_missing() {
    let mut desk = Desk::new(4_000);
    let id = desk.opened(pod("c://1", 0, true)).id;
    let many: Vec<String> = (0..1000).map(|n| format!("line {n}")).collect();
    desk.lines(id, &many.iter().map(String::as_str).collect::<Vec<_>>());
    let shown = desk.screen(80, 6);
    assert_eq!(shown[5], "line 999");
    assert!(shown[0].contains("dropped"), "{shown:?}");
    desk.run("top");
    let shown = desk.screen(80, 6);
    assert!(shown[1].starts_with("· 9") && shown[1].contains("older lines"), "{shown:?}");
    assert!(shown[2].starts_with("line 9"));
}

#[test]
fn the_filter_narrows_what_is_there_and_what_comes() {
    let mut desk = Desk::new(1 << 20);
    let id = desk.opened(pod("c://1", 0, true)).id;
    desk.lines(id, &["GET / 200", "GET /x 503", "POST / 200"]);
    desk.run("log-filter");
    desk.keys("/ 5\\d\\d/");
    assert_eq!(desk.screen(60, 6)[1..3], ["GET /x 503", ""]);
    desk.keys("\n");
    desk.lines(id, &["GET /y 200", "GET /z 500"]);
    let shown = desk.screen(60, 6);
    assert_eq!(shown[1..3], ["GET /x 503", "GET /z 500"]);
    assert!(shown[0].contains("2 of 5 lines"));
    assert_eq!(shown[5], " filter / 5\\d\\d/");
    assert!(desk.view.unwind());
    assert_eq!(desk.screen(60, 6)[5], "GET /z 500");
    assert!(!desk.view.unwind());
}

#[test]
fn a_search_goes_back_from_the_newest_line() {
    let mut desk = Desk::new(1 << 20);
    let id = desk.opened(pod("c://1", 0, true)).id;
    let many: Vec<String> =
        (0..50).map(|n| format!("{} {n}", if n % 20 == 7 { "needle" } else { "hay" })).collect();
    desk.lines(id, &many.iter().map(String::as_str).collect::<Vec<_>>());
    desk.screen(60, 6);
    desk.run("search");
    desk.keys("needle\n");
    let shown = desk.screen(60, 6);
    assert!(shown.contains(&"needle 47".to_owned()), "{shown:?}");
    desk.run("search-previous");
    assert!(desk.screen(60, 6).contains(&"needle 27".to_owned()));
    desk.run("search-next");
    assert!(desk.screen(60, 6).contains(&"needle 47".to_owned()));
}

#[test]
fn no_escape_reaches_the_screen_and_colours_do() {
    let mut desk = Desk::new(1 << 20);
    let id = desk.opened(pod("c://1", 0, true)).id;
    desk.lines(id, &["\u{1b}[31mred\u{1b}[0m \u{1b}]0;owned\u{7}plain\u{202e}\u{9b}2J\n"]);
    let buffer = desk.buffer(60, 4, &Colours);
    assert!(buffer.content().iter().all(|cell| !cell.symbol().chars().any(char::is_control)));
    assert_eq!(buffer[(0, 1)].fg, Color::Red);
    assert_eq!(buffer[(4, 1)].symbol(), "p");
    assert_eq!(buffer[(4, 1)].fg, Color::Reset);
    let plain = desk.buffer(60, 4, &NoColour);
    assert_eq!(plain[(0, 1)].fg, Color::Reset, "without colours a program's colours are gone too");
}

#[test]
fn a_restarted_container_is_followed_again_and_a_note_says_so() {
    let mut desk = Desk::new(1 << 20);
    let first = desk.opened(pod("c://1", 0, true));
    desk.lines(first.id, &["dying"]);
    desk.view.log(first.id, LogBatch { lines: Vec::new(), ended: vec![("api".into(), Ok(()))] });
    assert_eq!(desk.asks(), [Effect::Fetch(pod_object())], "whether it runs again is looked up");
    assert!(desk.screen(60, 6)[0].contains("ended"));
    desk.answer(pod("c://1", 0, false));
    assert_eq!(desk.asks(), [], "it does not run yet");
    desk.answer(pod("c://2", 1, true));
    let second = desk.request();
    assert_ne!(second.id, first.id);
    assert_eq!((second.since_seconds, second.tail), (None, None), "the new run is read from its beginning");
    desk.lines(second.id, &["born"]);
    desk.lines(first.id, &["from the dead"]);
    let shown = desk.screen(60, 6);
    assert_eq!(
        shown[1..],
        ["dying", "· api: the log ends here", "· api started again (restart 1)", "born", ""]
    );
}

#[test]
fn a_broken_stream_goes_on_from_its_last_line_without_repeating_it() {
    let mut desk = Desk::new(1 << 20);
    let first = desk.opened(pod("c://1", 0, true));
    desk.lines(first.id, &["one", "two"]);
    let broken = Problem::new(ProblemKind::Unreachable, "the connection was reset");
    desk.view.log(first.id, LogBatch { lines: Vec::new(), ended: vec![("api".into(), Err(broken.clone()))] });
    desk.asks();
    desk.now = Timestamp::from_seconds(NOW + 10);
    desk.answer(pod("c://1", 0, true));
    let second = desk.request();
    assert_eq!(second.since_seconds, Some(11));
    desk.lines(second.id, &["one", "two", "three"]);
    let shown = desk.screen(60, 7);
    assert_eq!(
        shown[1..],
        ["one", "two", "· api: the connection was reset", "· api: connected again", "three", ""]
    );
    // The next failure waits: no storm of attempts.
    desk.view.log(second.id, LogBatch { lines: Vec::new(), ended: vec![("api".into(), Err(broken))] });
    desk.asks();
    desk.answer(pod("c://1", 0, true));
    assert_eq!(desk.asks(), []);
    assert!(desk.view.next_wake(desk.now).is_some());
    desk.now = Timestamp::from_seconds(NOW + 12);
    desk.request();
}

#[test]
fn ranges_and_runs_are_read_anew() {
    let mut desk = Desk::new(1 << 20);
    let first = desk.opened(pod("c://1", 3, true));
    desk.lines(first.id, &["old"]);
    let effects = desk.run("log-5m");
    assert_eq!(effects[0], Effect::CloseLog(first.id));
    let Effect::OpenLog(request) = &effects[1] else { panic!("{effects:?}") };
    assert_eq!((request.since_seconds, request.tail), (Some(300), None));
    assert!(!desk.screen(60, 5).contains(&"old".to_owned()));
    let effects = desk.run("log-previous-run");
    let Effect::OpenLog(request) = &effects[1] else { panic!("{effects:?}") };
    assert!(request.previous && !request.follow);
    assert!(desk.screen(60, 5)[0].contains("previous run"));
}

#[test]
fn containers_are_chosen_one_some_or_all() {
    let mut desk = Desk::new(1 << 20);
    let two = json!({
        "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "api"}},
        "spec": {"containers": [{"name": "api"}, {"name": "proxy"}]},
    });
    assert_eq!(desk.opened(two).containers, ["api"]);
    desk.run("log-containers");
    assert!(desk.view.takes_text());
    let shown = desk.screen(70, 8);
    assert!(shown[2].contains("[x] api") && shown[3].contains("[ ] proxy"), "{shown:?}");
    let (snapshot, scope) = (desk.snapshot.clone(), desk.scope.clone());
    let world = World { snapshot: &snapshot, now: desk.now, environments: &[], scope: &scope };
    desk.view.key(Key::char('j'), &world);
    desk.view.key(Key::char(' '), &world);
    let Handled::Done(effects) = desk.view.key(Key::plain(KeyCode::Enter), &world) else { panic!() };
    let Effect::OpenLog(request) = &effects[1] else { panic!("{effects:?}") };
    assert_eq!(request.containers, ["api", "proxy"]);
    let id = request.id;
    desk.view.log(
        id,
        LogBatch {
            lines: vec![line("proxy", NOW + 1, "late"), line("api", NOW, "early")],
            ended: Vec::new(),
        },
    );
    assert_eq!(desk.screen(70, 8)[1..3], ["api   early", "proxy late"]);
    desk.run("log-times");
    assert_eq!(desk.screen(70, 8)[1], "11:00:00 api   early");
}

#[test]
fn json_lines_can_be_read_as_a_tree_and_long_lines_wrap() {
    let mut desk = Desk::new(1 << 20);
    let id = desk.opened(pod("c://1", 0, true)).id;
    desk.lines(id, &[r#"{"level":"error","http":{"code":503}}"#, "not { json", "0123456789ABCDE"]);
    desk.run("log-pretty");
    let shown = desk.screen(10, 9);
    assert_eq!(
        shown[1..],
        ["level: err", "or", "http:", "  code: 50", "3", "not { json", "0123456789", "ABCDE"]
    );
    desk.run("log-pretty");
    desk.run("wrap");
    desk.run("right");
    assert_eq!(desk.screen(10, 5)[3], "89ABCDE");
}

#[test]
fn a_long_note_is_read_to_its_end_also_where_lines_are_cut() {
    let mut desk = Desk::new(1 << 20);
    let id = desk.opened(pod("c://1", 0, true)).id;
    desk.run("wrap");
    desk.lines(id, &["a line that is longer than the screen"]);
    let broken = Problem::new(ProblemKind::Unreachable, "the server refuses connections at port 6443");
    desk.view.log(id, LogBatch { lines: Vec::new(), ended: vec![("api".into(), Err(broken))] });
    let shown = desk.screen(24, 8);
    assert_eq!(shown[1], "a line that is longer th");
    let note: String = shown[2..].iter().map(|row| row.trim_start_matches(['·', ' '])).collect();
    assert!(note.replace(' ', "").ends_with("connectionsatport6443"), "{shown:?}");
    // The end of the log is the end of the screen, however many rows the note takes.
    let shown = desk.screen(24, 3);
    assert!(shown[2].contains("6443"), "{shown:?}");
}

#[test]
fn saving_and_copying_give_plain_words() {
    let mut desk = Desk::new(1 << 20);
    let id = desk.opened(pod("c://1", 0, true)).id;
    desk.lines(id, &["\u{1b}[31mred\u{1b}[0m", "last"]);
    desk.run("log-mark");
    let Effect::Save { name, content } = desk.run("save").remove(0) else { panic!() };
    assert_eq!(name, "myapp-prod-production-pod-api-0-api-20261121T110000Z.log");
    assert_eq!(&*content, "red\nlast\n# marked 11:00:00\n");
    desk.screen(60, 6);
    desk.run("up");
    assert_eq!(desk.run("copy-line"), [Effect::Copy("last".to_owned())]);
}

#[test]
fn a_pod_that_cannot_be_read_says_why() {
    let mut desk = Desk::new(1 << 20);
    let problem =
        Problem::new(ProblemKind::Forbidden, "forbidden: get pods/log in production").with_hint("ask for it");
    desk.view.fetched(&pod_object(), &Err(problem));
    let shown = desk.screen(60, 6);
    assert!(shown[1].contains("forbidden: get pods/log"), "{shown:?}");
    assert!(shown[2].contains("ask for it"));
}

#[test]
fn every_command_works_on_every_size_also_without_lines() {
    for lines in [0, 3, 400] {
        let mut desk = Desk::new(20_000);
        let id = desk.opened(pod("c://1", 0, true)).id;
        let text: Vec<String> =
            (0..lines).map(|n| format!("line {n} ä 漢字 {}", "x".repeat(n % 90))).collect();
        desk.lines(id, &text.iter().map(String::as_str).collect::<Vec<_>>());
        for command in COMMANDS {
            desk.run(command);
            for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24), (200, 60)] {
                desk.buffer(width, height, &Colours);
            }
            desk.keys("x\n");
        }
        let world = desk.world();
        assert_eq!(desk.view.commands(&world).len(), COMMANDS.len());
    }
}

/// The log of a group, opened as far as its streams are known.
fn group_desk() -> Desk {
    let object = ObjectRef {
        resource: LOG_GROUPS,
        namespace: None,
        name: "/aws/eks/web/cluster".into(),
        ..pod_object()
    };
    let now = Timestamp::from_seconds(NOW);
    let view = Logs::open(&object, false, LogPreferences { tail: 100, ..LogPreferences::default() }, now);
    let mut desk = Desk { view, snapshot: Snapshot::default(), scope: Scope::default(), now };
    assert_eq!(desk.asks(), [Effect::Fetch(object.clone())]);
    let group = json!({"logGroupName": "g", "logStreams": [{"logStreamName": "audit"}]});
    desk.view.fetched(&object, &Ok(Arc::new(group)));
    desk
}

#[test]
fn a_group_is_read_again_by_a_filter_pattern_once_that_is_whole() {
    let mut desk = group_desk();
    let first = desk.request();
    assert_eq!(first.pattern, None);
    desk.run("log-pattern");
    desk.keys("ERROR");
    assert!(desk.asks().is_empty(), "what is still typed asks for nothing");
    desk.keys("\n");
    let effects: Vec<Effect> = desk.asks();
    assert!(effects.is_empty(), "the key has asked already");
    assert!(desk.screen(90, 6)[0].contains("only ERROR"));
    assert_eq!(desk.view.streams.pattern(), Some("ERROR"));
    assert!(!desk.view.reads(first.id), "the unsifted log is closed");
    assert!(desk.view.unwind(), "Esc takes it away");
    assert_eq!(desk.request().pattern, None);
}

#[test]
fn a_pattern_that_is_refused_is_told_and_not_tried_again() {
    let mut desk = group_desk();
    desk.request();
    desk.run("log-pattern");
    desk.keys("a/b");
    let (snapshot, scope) = (desk.snapshot.clone(), desk.scope.clone());
    let world = World { snapshot: &snapshot, now: desk.now, environments: &[], scope: &scope };
    let Handled::Done(effects) = desk.view.key(Key::plain(KeyCode::Enter), &world) else { panic!() };
    let [Effect::CloseLog(_), Effect::OpenLog(request)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(request.pattern.as_deref(), Some("a/b"));
    let problem = Problem::new(ProblemKind::User, "CloudWatch Logs does not take this");
    let ended = vec![(request.containers[0].as_str().into(), Err(problem))];
    desk.view.log(request.id, LogBatch { lines: Vec::new(), ended });
    assert!(desk.screen(90, 6).join("\n").contains("does not take this"));
    let object = desk.view.pod.object.clone();
    desk.asks();
    let group = json!({"logGroupName": "g", "logStreams": [{"logStreamName": "audit"}]});
    desk.view.fetched(&object, &Ok(Arc::new(group)));
    let opens = desk.asks().into_iter().filter(|effect| matches!(effect, Effect::OpenLog(_))).count();
    assert_eq!(opens, 0);
}

#[test]
fn only_a_group_is_sifted_and_queried_by_aws() {
    let desk = Desk::new(1 << 20);
    let world = desk.world();
    let disabled = |view: &Logs| {
        let offers = view.commands(&world);
        let of = |id: &str| offers.iter().find(|offer| offer.id == id).unwrap().disabled.is_some();
        (of("log-pattern"), of("insights"))
    };
    assert_eq!(disabled(&desk.view), (true, true));
    let group = group_desk();
    assert_eq!(disabled(&group.view), (false, false));
}
