//! Queries of Logs Insights, and lines that CloudWatch Logs sifts, over the embedded account.

use std::time::Duration;

use pilothouse::simulator::aws::faults::Harm;

use crate::harness::screen::Screen;
use crate::harness::stage::{Journey, Plan};

const GROUP: &str = "/aws/eks/myapp-prod/cluster";

/// How often the account was asked for an operation of CloudWatch Logs.
fn asked(journey: &Journey, operation: &str) -> usize {
    journey.simulator.aws().requests().count("logs", operation)
}

/// In front of a query of the control plane's group.
fn in_front(plan: Plan) -> Journey {
    let mut journey = plan.view("loggroups @myapp-prod").size(140, 30).open();
    journey.until_shows(GROUP);
    journey.settle();
    journey.go_to(GROUP);
    journey.press("i");
    journey.until_shows("at $0.005 for a GB");
    journey
}

/// Takes in what arrives until AWS was asked so often.
fn until_asked(journey: &mut Journey, operation: &'static str, times: usize) {
    let simulator = journey.simulator.clone();
    journey.until_stage(operation, move |_| simulator.aws().requests().count("logs", operation) >= times);
}

/// Replaces the query and runs it.
fn ask(journey: &mut Journey, query: &str) -> Screen {
    journey.press("ctrl-u");
    journey.type_text(query);
    journey.press("enter")
}

/// Lets the query end.
fn complete(journey: &mut Journey) -> Screen {
    journey.until_shows("running");
    journey.advance(Duration::from_secs(4));
    journey.until_shows("complete")
}

#[test]
fn a_query_says_what_it_costs_and_nothing_is_started_by_looking() {
    let mut journey = in_front(Plan::in_trouble(""));
    let screen = journey.screen();
    for words in ["stored, kept 30 d", "limit 200", "of the 17 Gi", "at $0.005 for a GB", "prices of 2026-"] {
        assert!(screen.shows(words), "{words}{screen:?}");
    }
    assert!(screen.top().contains("PROD") && screen.top().contains("insights"), "{screen:?}");
    let screen = journey.press("esc");
    assert!(screen.top().contains("loggroups"), "{screen:?}");
    assert_eq!(asked(&journey, "StartQuery"), 0);
}

#[test]
fn a_query_runs_shows_its_rows_and_each_opens_with_all_fields() {
    let mut journey = in_front(Plan::in_trouble(""));
    let query = "fields @timestamp, user.username, verb | filter @logStream like /audit/ and verb = \"list\" | limit 7";
    ask(&mut journey, query);
    assert!(journey.until_shows("running").shows("leaving stops it"));
    journey.advance(Duration::from_secs(1));
    let screen =
        journey.until("progress", |screen| screen.shows("scanned") && !screen.shows(" 0 lines scanned"));
    assert!(screen.shows("running"), "{screen:?}");
    journey.advance(Duration::from_secs(3));
    let screen = journey.until_shows("complete");
    assert!(screen.line_with(&["@timestamp", "user.username", "verb"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["external-dns:external-dns", "list"]).is_some(), "{screen:?}");
    assert!(!screen.shows("@ptr"), "{screen:?}");
    assert!(screen.top().contains(" 7 "), "{screen:?}");
    journey.press("enter");
    let screen = journey.screen();
    assert!(screen.shows("verb: list") && screen.shows("@ptr: "), "{screen:?}");
    let screen = journey.press("esc");
    assert!(screen.line_with(&["@timestamp", "verb"]).is_some(), "{screen:?}");
    journey.press("ctrl-s");
    let saved: Vec<_> = std::fs::read_dir(&journey.saved).unwrap().map(|file| file.unwrap().path()).collect();
    let text = std::fs::read_to_string(&saved[0]).unwrap();
    assert_eq!((text.lines().count(), text.lines().next().unwrap()), (8, "@timestamp,user.username,verb"));
    journey.press("esc");
    assert_eq!((asked(&journey, "StartQuery"), asked(&journey, "StopQuery")), (1, 0));
}

#[test]
fn a_query_that_is_left_is_stopped_and_so_is_one_when_the_program_ends() {
    let mut journey = in_front(Plan::in_trouble(""));
    journey.press("enter");
    journey.until_shows("running");
    journey.press("esc");
    until_asked(&mut journey, "StopQuery", 1);
    let screen = journey.press("]");
    assert!(screen.shows("stopped"), "{screen:?}");
    journey.press("i");
    journey.press("enter");
    journey.until_shows("running");
    let simulator = journey.simulator.clone();
    drop(journey);
    assert_eq!(simulator.aws().requests().count("logs", "StopQuery"), 2);
}

#[test]
fn a_query_that_is_not_understood_or_not_allowed_says_so_in_the_place_of_its_rows() {
    let mut journey = in_front(Plan::in_trouble(""));
    ask(&mut journey, "fields @message | bogus 1");
    let screen = journey.until_shows("the query is not understood");
    assert!(screen.shows("bogus") && screen.shows("(characters 19 to 23)"), "{screen:?}");
    journey.press("i");
    let screen = journey.screen();
    assert!(screen.shows("bogus 1"), "it can be mended{screen:?}");
    journey.simulator.aws().faults().harm("logs", "StartQuery", None, Harm::Denied);
    journey.press("enter");
    let screen = journey.until_shows("forbidden: logs:StartQuery");
    assert!(screen.shows("doctor --iam-policy"), "{screen:?}");
}

#[test]
fn marked_groups_are_queried_together_and_counted() {
    let mut journey = Plan::in_trouble("").view("loggroups @myapp-prod").size(140, 30).open();
    journey.until_shows(GROUP);
    journey.settle();
    journey.press("g");
    journey.press("space");
    journey.press("j");
    journey.press("space");
    journey.press("i");
    let screen = journey.until_shows("at $0.005 for a GB");
    assert!(screen.top().contains("2 log groups"), "{screen:?}");
    ask(&mut journey, "stats count(*) as lines by @log | sort lines desc");
    let screen = complete(&mut journey);
    assert!(screen.line_with(&["@log", "lines"]).is_some(), "{screen:?}");
    assert!(screen.shows("/myapp-prod/application"), "{screen:?}");
    assert_eq!(asked(&journey, "StartQuery"), 1);
}

#[test]
fn a_followed_group_is_sifted_by_cloudwatch_itself() {
    let mut journey = Plan::in_trouble("").view("loggroups @myapp-prod").size(160, 30).open();
    journey.until_shows(GROUP);
    journey.settle();
    journey.go_to(GROUP);
    journey.press("enter");
    journey.until("lines", |screen| screen.shows("following") && screen.shows("kube-apiserver"));
    journey.press("w");
    journey.press("F");
    journey.type_text("{ $.verb = \"list\" }");
    journey.press("enter");
    let screen = journey.until("sifted lines", |screen| screen.shows("\"verb\":\"list\""));
    assert!(screen.shows("only { $.verb = \"list\" }"), "{screen:?}");
    assert!(!screen.shows("httplog.go") && !screen.shows("\"verb\":\"watch\""), "{screen:?}");
    journey.press("F");
    journey.press("ctrl-u");
    journey.type_text("GET /x");
    journey.press("enter");
    journey.until_shows("Invalid character(s) in term '/x'");
    journey.press("esc");
    journey.until("all lines again", |screen| screen.shows("httplog.go"));
}
