//! Keys in, effects and screens out.

use std::sync::Arc;

use super::*;
use crate::fleet::ProblemKind;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::log_group::LogGroup;
use crate::fleet::aws::log_query::QueryAnswer;
use crate::ui::input::KeyCode;
use crate::ui::test_cluster::TestCluster;
use crate::ui::views::test_bench::{Bench, object};

const GROUP: &str = "/aws/eks/web/cluster";

fn group(name: &str, class: &str) -> LogGroup {
    LogGroup {
        name: name.into(),
        bytes: 720_000_000,
        retention_days: Some(30),
        class: class.into(),
        created: Timestamp::parse("2020-01-01T00:00:00Z"),
        ..LogGroup::default()
    }
}

fn caller(region: &str) -> Caller {
    Caller { account: "123456789012".into(), arn: "arn:aws:iam::1:user/x".into(), region: region.into() }
}

fn bench_in(region: &str, groups: &[LogGroup]) -> Bench<Insights> {
    let picture =
        TestCluster::new().with_rows(&LOG_GROUPS, groups).with_rows(&CALLERS, &[caller(region)]).picture();
    let objects: Vec<ObjectRef> =
        groups.iter().map(|group| object(&picture, LOG_GROUPS, None, &group.name)).collect();
    let now = Timestamp::parse(crate::ui::test_cluster::NOW);
    Bench::new(Insights::open(&objects, now).unwrap(), vec![picture])
}

fn bench() -> Bench<Insights> {
    bench_in("us-east-1", &[group(GROUP, "STANDARD")])
}

fn press(bench: &mut Bench<Insights>, key: Key) -> Handled {
    let handled = bench.with(|view, world| view.key(key, world));
    bench.screen(100, 20);
    handled
}

fn type_text(bench: &mut Bench<Insights>, text: &str) {
    for letter in text.chars() {
        press(bench, Key::char(letter));
    }
}

fn enter(bench: &mut Bench<Insights>) -> Vec<Effect> {
    match press(bench, Key::plain(KeyCode::Enter)) {
        Handled::Done(effects) => effects,
        other => panic!("{other:?}"),
    }
}

/// Starts the usual query.
fn started(bench: &mut Bench<Insights>) -> QueryId {
    bench.screen(100, 20);
    let effects = enter(bench);
    let [Effect::StartQuery(request)] = &effects[..] else { panic!("{effects:?}") };
    request.id
}

fn news(bytes: u64) -> QueryNews {
    let progress = QueryProgress { records: 1_234, bytes, matched: 3 };
    QueryNews { is_accepted: true, progress, ..QueryNews::default() }
}

fn found() -> QueryNews {
    let row = |level: &str, message: &str| vec![level.into(), message.into(), "pointer".into()];
    let answer = QueryAnswer {
        columns: ["level", "@message", "@ptr"].map(Box::from).into(),
        rows: vec![row("error", "it broke \u{1b}[31m"), row("info", "it went on")],
        left_out: 0,
    };
    QueryNews { answer: Some(Arc::new(answer)), ..news(2_000_000) }
}

fn shows(bench: &mut Bench<Insights>, words: &str) -> bool {
    bench.screen(100, 20).join("\n").contains(words)
}

#[test]
fn what_it_would_scan_and_cost_stands_there_before_anything_runs() {
    let mut bench = bench();
    let screen = bench.screen(120, 20).join("\n");
    for words in [
        "/aws/eks/web/cluster  687 Mi stored, kept 30 d",
        "fields @timestamp, @message | sort @timestamp desc | limit 200",
        "at most about 977 Ki: 1h of the 687 Mi that are stored, if lines come evenly",
        "less than $0.0001 at $0.005 for a GB (us-east-1, prices of ",
        "nothing runs before Enter",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(bench.asks().is_empty() && bench.view.run.is_none());
}

#[test]
fn another_range_costs_more_and_nonsense_is_not_run() {
    let mut bench = bench();
    bench.screen(100, 20);
    press(&mut bench, Key::plain(KeyCode::Tab));
    press(&mut bench, Key::ctrl('u'));
    type_text(&mut bench, "7x");
    assert_eq!(enter(&mut bench), []);
    assert!(shows(&mut bench, "how far back: 30m, 1h, 7d"));
    press(&mut bench, Key::plain(KeyCode::Backspace));
    type_text(&mut bench, "d");
    assert!(shows(&mut bench, "at most about 160 Mi: 7d of"), "{:?}", bench.screen(100, 20));
    let effects = enter(&mut bench);
    let [Effect::StartQuery(request)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((request.query.seconds, request.query.groups.len()), (7 * 24 * 3600, 1));
    assert_eq!(request.query.text, form::USUAL);
}

#[test]
fn ranges_are_read_as_people_write_them() {
    for (range, seconds) in [
        ("90s", Some(90)),
        ("15m", Some(900)),
        (" 1h ", Some(3600)),
        ("7d", Some(604_800)),
        ("2w", Some(1_209_600)),
        ("0h", None),
        ("", None),
        ("h", None),
        ("-1h", None),
        ("99999999999d", None),
        ("1.5h", None),
    ] {
        assert_eq!(form::seconds_of(range), seconds, "{range}");
    }
}

#[test]
fn what_cannot_be_told_is_said_and_a_class_without_queries_is_refused() {
    let mut elsewhere = bench_in("eu-west-1", &[group(GROUP, "STANDARD")]);
    assert!(shows(&mut elsewhere, "not known: no price list is shipped for eu-west-1"));
    let mut nowhere = bench_in("", &[group(GROUP, "STANDARD")]);
    assert!(shows(&mut nowhere, "not known: the region is not known"));
    let mut delivery = bench_in("us-east-1", &[group(GROUP, "DELIVERY")]);
    delivery.screen(100, 20);
    assert_eq!(enter(&mut delivery), []);
    assert!(shows(&mut delivery, "no query reads them"));
}

#[test]
fn groups_are_read_together_only_in_one_cluster() {
    let object = |cluster: &str, resource, name: &str| ObjectRef {
        cluster: ClusterId::new(crate::fleet::EnvironmentName::new("prod"), cluster),
        resource,
        namespace: None,
        name: name.into(),
    };
    assert!(takes(&[object("a", LOG_GROUPS, "x"), object("a", LOG_GROUPS, "y")]).is_ok());
    assert!(takes(&[object("a", LOG_GROUPS, "x"), object("b", LOG_GROUPS, "y")]).is_err());
    assert!(takes(&[object("a", CALLERS, "x")]).is_err() && takes(&[]).is_err());
    let many: Vec<ObjectRef> = (0..51).map(|n| object("a", LOG_GROUPS, &n.to_string())).collect();
    assert!(takes(&many).unwrap_err().contains("at most 50"));
}

#[test]
fn progress_rows_and_the_end_are_shown_as_they_come() {
    let mut bench = bench();
    let id = started(&mut bench);
    assert!(shows(&mut bench, "starting"));
    bench.view.queried(QueryId(id.0 + 1), &found());
    assert!(!shows(&mut bench, "it broke"), "another view's");
    bench.view.queried(id, &news(1_000_000));
    let screen = bench.screen(100, 20).join("\n");
    assert!(screen.contains("running") && screen.contains("1,234 lines scanned"), "{screen}");
    bench.view.queried(id, &found());
    bench.view.queried(id, &QueryNews { end: Some(Ok(())), ..news(2_000_000) });
    let screen = bench.screen(100, 20).join("\n");
    for words in [
        "complete",
        "last 1h",
        "1.9 Mi  less than $0.0001",
        "3 matched",
        "level",
        "it broke ␛[31m",
        "it went on",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    assert!(!screen.contains("@ptr") && !screen.contains("pointer"), "{screen}");
    assert_eq!(bench.view.count().as_deref(), Some("2"));
}

#[test]
fn a_row_opens_with_all_its_fields_and_esc_comes_back_to_the_rows() {
    let mut bench = bench();
    let id = started(&mut bench);
    bench.view.queried(id, &found());
    bench.screen(100, 20);
    bench.run("down");
    bench.run("open");
    let screen = bench.screen(100, 20).join("\n");
    assert!(screen.contains("level: info") && screen.contains("@ptr: pointer"), "{screen}");
    let Handled::Done(effects) = bench.run("copy-line") else { panic!() };
    assert_eq!(effects, [Effect::Copy("info".to_owned())]);
    assert!(bench.view.unwind());
    assert!(shows(&mut bench, "it broke"));
    assert!(!bench.view.unwind(), "then it leaves");
}

#[test]
fn rows_are_filtered_copied_and_saved() {
    let mut bench = bench();
    let id = started(&mut bench);
    bench.view.queried(id, &found());
    bench.run("log-filter");
    type_text(&mut bench, "went");
    assert!(!shows(&mut bench, "it broke") && shows(&mut bench, "it went on"));
    enter(&mut bench);
    assert_eq!(bench.view.count().as_deref(), Some("1 of 2…"));
    let Handled::Done(effects) = bench.run("copy-line") else { panic!() };
    assert_eq!(effects, [Effect::Copy("info\tit went on".to_owned())]);
    let Handled::Done(effects) = bench.run("save") else { panic!() };
    let [Effect::Save { name, content }] = &effects[..] else { panic!("{effects:?}") };
    assert!(name.starts_with("aws-eks-web-cluster-2026") && name.ends_with(".csv"), "{name}");
    assert_eq!(&**content, "level,@message\r\ninfo,it went on\r\n");
    assert!(bench.view.unwind() && shows(&mut bench, "it broke"));
}

#[test]
fn a_query_is_stopped_when_it_is_left_or_replaced_and_once_only() {
    let mut bench = bench();
    let first = started(&mut bench);
    assert_eq!(bench.view.closed(), [Effect::StopQuery(first)]);
    assert_eq!(bench.view.closed(), []);
    bench.view.queried(first, &found());
    assert!(!shows(&mut bench, "it broke"), "what comes late is not wanted");
    assert!(shows(&mut bench, "what it has scanned is paid for"));

    bench.run("query-edit");
    let second = started(&mut bench);
    assert_ne!(first, second);
    bench.run("query-edit");
    bench.screen(100, 20);
    let effects = enter(&mut bench);
    assert!(
        matches!(&effects[..], [Effect::StopQuery(stopped), Effect::StartQuery(_)] if *stopped == second),
        "{effects:?}"
    );
    let Handled::Done(effects) = bench.run("query-stop") else { panic!() };
    assert!(matches!(&effects[..], [Effect::StopQuery(_)]), "{effects:?}");
    assert!(bench.view.next_wake(bench.now).is_none());
}

#[test]
fn a_query_that_has_ended_is_not_stopped() {
    let mut bench = bench();
    let id = started(&mut bench);
    bench.view.queried(id, &QueryNews { end: Some(Ok(())), ..news(5) });
    assert!(shows(&mut bench, "no line of this range fits"));
    assert_eq!(bench.view.closed(), []);
}

#[test]
fn a_failure_stands_where_the_rows_would_and_the_query_can_be_mended() {
    let mut bench = bench();
    bench.screen(100, 20);
    type_text(&mut bench, " | oops");
    let effects = enter(&mut bench);
    let [Effect::StartQuery(request)] = &effects[..] else { panic!("{effects:?}") };
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: logs:StartQuery").with_hint("ask for it");
    let end = QueryNews { end: Some(Err(problem)), ..QueryNews::default() };
    bench.view.queried(request.id, &end);
    let screen = bench.screen(100, 20).join("\n");
    for words in ["failed", "forbidden: logs:StartQuery", "→ ask for it"] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    bench.run("query-edit");
    assert!(shows(&mut bench, "limit 200 | oops"), "what was typed is there again");
    press(&mut bench, Key::plain(KeyCode::Esc));
    assert!(shows(&mut bench, "forbidden"), "Esc leaves the form only");
}

#[test]
fn dollars_have_as_many_digits_as_say_something() {
    for (dollars, words) in [
        (0.0, "$0"),
        (0.000_01, "less than $0.0001"),
        (0.000_25, "$0.0003"),
        (0.006, "$0.006"),
        (0.087_3, "$0.087"),
        (0.25, "$0.25"),
        (12.0, "$12.00"),
    ] {
        assert_eq!(form::money(dollars), words);
    }
}

#[test]
fn esc_in_front_of_the_first_query_leaves() {
    let mut bench = bench();
    bench.screen(100, 20);
    assert!(matches!(press(&mut bench, Key::plain(KeyCode::Esc)), Handled::Close));
}

#[test]
fn no_size_and_no_answer_is_too_strange() {
    let mut bench = bench_in(
        "us-east-1",
        &[group(GROUP, "STANDARD"), group("\u{202e}b", "STANDARD"), group(&"x".repeat(500), "STANDARD")],
    );
    for (width, height) in [(0, 0), (1, 1), (20, 5), (300, 3), (5, 100)] {
        bench.screen(width, height);
    }
    let id = started(&mut bench);
    bench.view.queried(id, &found());
    for (width, height) in [(0, 0), (1, 1), (20, 5), (300, 3), (5, 100)] {
        bench.screen(width, height);
        for id in COMMANDS {
            bench.run(id);
            bench.screen(width, height);
            press(&mut bench, Key::plain(KeyCode::Esc));
            bench.view.unwind();
        }
    }
}
