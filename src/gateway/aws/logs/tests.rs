//! Groups and their lines over the embedded AWS.

use super::*;
use crate::fleet::aws::kind::LOG_GROUPS;
use crate::fleet::{ClusterId, EnvironmentName, ObjectRef, Problem};
use crate::gateway::aws::{AccountSettings, Border};
use crate::simulator::Simulator;
use crate::simulator::aws::faults::Harm;
use crate::simulator::clock::SimClock;
use crate::simulator::demo::Demo;

const NOW: &str = "2026-11-21T10:42:07Z";
const APPLICATION: &str = "/aws/containerinsights/myapp-prod/application";

fn fleet() -> (Simulator, Account) {
    let mut simulator = Simulator::new(SimClock::fixed(NOW).unwrap());
    Demo::quiet(&mut simulator, 1).unwrap();
    let clock: crate::fleet::time::Clock = Arc::new(|| Timestamp::parse(NOW));
    let account = Account::new(AccountSettings::default(), Border::service(simulator.aws_service()), clock);
    (simulator, account)
}

fn spec(group: &str) -> LogSpec {
    let cluster = ClusterId::new(EnvironmentName::new("prod"), "myapp-prod");
    LogSpec {
        pod: ObjectRef { cluster, resource: LOG_GROUPS, namespace: None, name: group.into() },
        containers: vec![ALL_STREAMS.to_owned()],
        follow: false,
        previous: false,
        since_seconds: None,
        tail: None,
        pattern: None,
    }
}

/// All lines until the end, and how it ended.
async fn told(account: &Account, spec: LogSpec) -> (Vec<LogLine>, Result<(), Problem>) {
    let (sender, mut events) = mpsc::channel(4);
    let task = tokio::spawn(read(account.clone(), spec, sender));
    let (mut lines, mut end) = (Vec::new(), Ok(()));
    while let Some(event) = events.recv().await {
        lines.extend(event.lines);
        for (_, how) in event.ended {
            end = how;
        }
    }
    task.await.unwrap();
    (lines, end)
}

#[test]
fn a_group_is_a_cluster_s_when_a_part_of_its_name_begins_with_the_cluster_s() {
    for (group, is_own) in [
        ("/aws/eks/web/cluster", true),
        ("/aws/containerinsights/web/application", true),
        ("/aws/vpc/web-flow-logs", true),
        ("web", true),
        ("/aws/eks/web2/cluster", false),
        ("/aws/lambda/my-web", false),
        ("/aws/eks/we/cluster", false),
    ] {
        assert_eq!(is_named_after(group, "web"), is_own, "{group}");
    }
}

#[tokio::test]
async fn the_groups_of_one_cluster_are_told_with_size_retention_and_newest_line() {
    let (_simulator, account) = fleet();
    let groups = groups(&account, "myapp-prod").await.unwrap();
    assert_eq!(groups.len(), 4);
    assert!(groups.iter().all(|group| group.name.contains("/myapp-prod/")), "{groups:?}");
    let own = groups.iter().find(|group| &*group.name == APPLICATION).unwrap();
    assert_eq!((own.bytes, own.retention_days), (41_700_000_000, Some(30)));
    assert!(own.last_event.age_at(Timestamp::parse(NOW)) < 3600 && !own.is_last_event_unknown, "{own:?}");
}

#[tokio::test]
async fn groups_are_told_without_their_newest_line_where_streams_may_not_be_listed() {
    let (simulator, account) = fleet();
    simulator.aws().faults().harm("logs", "DescribeLogStreams", None, Harm::Denied);
    let groups = groups(&account, "myapp-prod").await.unwrap();
    assert_eq!(groups.len(), 4);
    assert!(groups.iter().all(|group| group.is_last_event_unknown && group.last_event.is_never()));
}

#[tokio::test]
async fn the_newest_lines_come_last_and_are_no_more_than_were_asked_for() {
    let (_simulator, account) = fleet();
    let (lines, end) = told(&account, LogSpec { tail: Some(40), ..spec(APPLICATION) }).await;
    assert_eq!((lines.len(), end), (40, Ok(())));
    assert!(lines.is_sorted_by_key(|line| line.at));
    let (all, _) = told(&account, spec(APPLICATION)).await;
    assert_eq!(lines.last(), all.last());
    let stream: &str = &lines[39].container;
    let one = LogSpec { containers: vec![stream.to_owned()], ..spec(APPLICATION) };
    let (own, _) = told(&account, one).await;
    assert!(!own.is_empty() && own.len() < all.len() && own.iter().all(|line| &*line.container == stream));
}

#[tokio::test]
async fn a_group_that_is_gone_or_forbidden_says_so() {
    let (simulator, account) = fleet();
    let (lines, end) = told(&account, spec("/gone")).await;
    assert!(lines.is_empty() && end.is_err());
    simulator.aws().faults().harm("logs", "FilterLogEvents", None, Harm::Denied);
    let (_, end) = told(&account, spec(APPLICATION)).await;
    assert_eq!(end.unwrap_err().message(), "forbidden: logs:FilterLogEvents");
}

#[tokio::test]
async fn a_message_of_many_lines_is_many_lines_and_a_long_one_is_cut_between_characters() {
    let message = format!("a\nb\n{}\n", "ä".repeat(LONGEST_LINE));
    let event = Event { message, timestamp: 1_700_000_000_123, ..Event::default() };
    let lines: Vec<LogLine> = event.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((&*lines[0].text, lines[2].text.len()), ("a", LONGEST_LINE));
    assert_eq!(lines[1].at.seconds(), 1_700_000_000);
}

#[test]
fn what_comes_again_is_told_once_and_forgotten_when_it_is_too_old_to_come() {
    let event = |id: &str, timestamp| Event { event_id: id.to_owned(), timestamp, ..Event::default() };
    let mut seen = Seen::default();
    assert!(seen.is_new(&event("a", 1_000)) && !seen.is_new(&event("a", 1_000)));
    assert!(seen.is_new(&event("b", 1_000 + LATE + 1)));
    seen.forget();
    assert_eq!(seen.told.len(), 1);
}

#[tokio::test]
async fn a_filter_pattern_is_sifted_by_in_aws_and_one_that_is_not_taken_says_so() {
    let (_simulator, account) = fleet();
    let sifted = |pattern: &str| LogSpec { pattern: Some(pattern.into()), ..spec(APPLICATION) };
    let (all, _) = told(&account, spec(APPLICATION)).await;
    let (web, end) = told(&account, sifted("{ $.kubernetes.container_name = \"web\" }")).await;
    assert_eq!(end, Ok(()));
    assert!(!web.is_empty() && web.len() < all.len());
    assert!(web.iter().all(|line| line.text.contains("\"container_name\":\"web\"")));
    let (lines, end) = told(&account, sifted("GET /healthz")).await;
    let problem = end.unwrap_err();
    assert_eq!((lines.len(), problem.kind()), (0, ProblemKind::User));
    assert_eq!(
        problem.message(),
        "CloudWatch Logs does not take this: Invalid character(s) in term '/healthz'"
    );
}
