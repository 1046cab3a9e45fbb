//! Queries over the embedded AWS.

use super::*;
use crate::fleet::Timestamp;
use crate::gateway::aws::{AccountSettings, Border};
use crate::simulator::Simulator;
use crate::simulator::aws::faults::Harm;
use crate::simulator::clock::SimClock;
use crate::simulator::demo::Demo;

const NOW: &str = "2026-11-21T10:42:07Z";

struct World {
    simulator: Simulator,
    account: Account,
}

impl World {
    fn new() -> Self {
        let mut simulator = Simulator::new(SimClock::fixed(NOW).unwrap());
        Demo::quiet(&mut simulator, 1).unwrap();
        let clock: crate::fleet::time::Clock = Arc::new(|| Timestamp::parse(NOW));
        let account =
            Account::new(AccountSettings::default(), Border::service(simulator.aws_service()), clock);
        Self { simulator, account }
    }

    fn asked(&self, operation: &str) -> usize {
        self.simulator.aws().requests().count("logs", operation)
    }

    /// Starts a query; what becomes of it arrives in the channel.
    fn ask(&self, text: &str) -> (mpsc::Receiver<QueryNews>, tokio::task::JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(4);
        let task = tokio::spawn(run(self.account.clone(), query(text), sender));
        (receiver, task)
    }

    /// All that becomes of a query; every answer lets a second pass in AWS.
    async fn told(&self, text: &str) -> Vec<QueryNews> {
        let (mut news, task) = self.ask(text);
        let mut told = Vec::new();
        while let Some(one) = news.recv().await {
            told.push(one);
            self.simulator.clock().advance(Duration::from_secs(1));
        }
        task.await.unwrap();
        told
    }
}

fn query(text: &str) -> LogQuery {
    LogQuery { groups: vec!["/aws/eks/myapp-prod/cluster".into()], text: text.to_owned(), seconds: 3600 }
}

fn problem(told: &[QueryNews]) -> Problem {
    told.last().unwrap().end.clone().unwrap().unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_query_tells_how_far_it_has_come_and_ends_with_its_rows() {
    let world = World::new();
    let told = world.told("fields @timestamp, verb | filter verb = \"list\" | limit 4").await;
    assert!(told[0].is_accepted && told[0].end.is_none() && told[0].answer.is_none());
    let scanned: Vec<u64> = told.iter().map(|news| news.progress.bytes).collect();
    assert!(scanned.is_sorted() && scanned.first() < scanned.last(), "{scanned:?}");
    let answer = told.iter().rev().find_map(|news| news.answer.clone()).unwrap();
    let columns: Vec<&str> = answer.columns.iter().map(|name| &**name).collect();
    assert_eq!((columns, answer.rows.len()), (vec!["@timestamp", "verb", "@ptr"], 4));
    assert!(answer.rows.iter().all(|row| &*row[1] == "list"), "{answer:?}");
    assert_eq!(told.last().unwrap().end, Some(Ok(())));
    assert_eq!((world.asked("StartQuery"), world.asked("StopQuery")), (1, 0));
    let calls = world.account.calls().all();
    let (.., count) = calls.iter().find(|(_, name, _)| name == "StartQuery").unwrap();
    assert_eq!(count.scanned, *scanned.last().unwrap(), "what it has scanned is in the account's bill");
}

#[tokio::test(start_paused = true)]
async fn a_query_that_nobody_waits_for_is_stopped() {
    let world = World::new();
    let (mut news, task) = world.ask("fields @message");
    assert!(news.recv().await.unwrap().is_accepted);
    drop(news);
    task.await.unwrap();
    assert_eq!((world.asked("StartQuery"), world.asked("StopQuery")), (1, 1));
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_from_the_beginning_is_not_started() {
    let world = World::new();
    let (news, task) = world.ask("fields @message");
    drop(news);
    task.await.unwrap();
    assert_eq!(world.asked("StartQuery"), 0);
}

#[tokio::test]
async fn a_query_that_is_not_understood_says_where() {
    let world = World::new();
    let told = world.told("fields @message | nonsense 3").await;
    assert_eq!(told.len(), 1);
    let problem = problem(&told);
    let message = problem.message();
    assert!(message.starts_with("the query is not understood: "), "{message}");
    assert!(message.ends_with("(characters 19 to 26)"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_denial_names_the_action_and_a_query_that_may_not_be_read_is_stopped() {
    let world = World::new();
    let faults = world.simulator.aws().faults();
    faults.harm("logs", "GetQueryResults", None, Harm::Denied);
    let told = world.told("fields @message").await;
    assert_eq!(problem(&told).message(), "forbidden: logs:GetQueryResults");
    assert_eq!(world.asked("StopQuery"), 1);
    faults.harm("logs", "StartQuery", None, Harm::Denied);
    let told = world.told("fields @message").await;
    assert_eq!(problem(&told).message(), "forbidden: logs:StartQuery");
    assert!(!told[0].is_accepted);
}

#[tokio::test(start_paused = true)]
async fn a_start_without_an_answer_is_not_repeated_because_each_would_be_paid() {
    let world = World::new();
    world.simulator.aws().faults().harm("logs", "StartQuery", None, Harm::Throttled);
    let told = world.told("fields @message").await;
    assert!(problem(&told).message().contains("fewer calls"), "{told:?}");
    assert_eq!(world.asked("StartQuery"), 1);
}

#[tokio::test(start_paused = true)]
async fn too_many_queries_at_once_are_told_as_such() {
    let world = World::new();
    let mut open = Vec::new();
    for _ in 0..30 {
        let (mut news, task) = world.ask("fields @message");
        assert!(news.recv().await.unwrap().is_accepted);
        open.push((news, task));
    }
    let told = world.told("fields @message").await;
    assert!(problem(&told).message().contains("as may at once"), "{told:?}");
    for (news, task) in open {
        drop(news);
        task.await.unwrap();
    }
    assert_eq!(world.asked("StopQuery"), 30);
}

#[tokio::test(start_paused = true)]
async fn the_time_that_is_asked_for_is_that_of_the_account() {
    let world = World::new();
    let told = world.told("stats count(*) as lines by bin(1h)").await;
    let answer = told.iter().rev().find_map(|news| news.answer.clone()).unwrap();
    let hours: Vec<i64> = answer
        .rows
        .iter()
        .map(|row| Timestamp::parse(&format!("{}Z", row[0].replace(' ', "T"))).seconds())
        .collect();
    let now = Timestamp::parse(NOW).seconds();
    assert_eq!(hours.len(), 2, "{answer:?}");
    assert!(hours.iter().all(|hour| (now - 2 * 3600..=now).contains(hour)), "{hours:?}");
}

#[test]
fn an_end_that_is_no_answer_says_why() {
    for status in ["Failed", "Cancelled", "Timeout"] {
        assert!(ended(status).unwrap().is_err(), "{status}");
    }
    assert!(ended("Complete").unwrap().is_ok());
    for status in ["Scheduled", "Running", "Unknown", ""] {
        assert!(ended(status).is_none(), "{status}");
    }
}

#[test]
fn rows_have_common_columns_whatever_fields_each_brings() {
    let field = |field: &str, value: &str| Field { field: field.into(), value: value.into() };
    let told = answer(vec![vec![field("a", "1")], vec![field("b", "2"), field("a", "3")], Vec::new()]);
    assert_eq!(told.columns, ["a", "b"].map(Box::from));
    let rows: Vec<Vec<&str>> = told.rows.iter().map(|row| row.iter().map(|cell| &**cell).collect()).collect();
    assert_eq!(rows, [vec!["1", ""], vec!["3", "2"], vec!["", ""]]);
}

#[test]
fn what_has_no_room_is_left_out_and_counted_and_a_long_value_is_cut_between_characters() {
    let long = "ä".repeat(LONGEST_VALUE);
    let row = || vec![Field { field: "m".into(), value: long.as_str().into() }];
    let told = answer((0..600).map(|_| row()).collect());
    assert_eq!(told.rows.len(), MOST_BYTES / LONGEST_VALUE);
    assert_eq!(told.left_out, 600 - told.rows.len() as u64);
    assert_eq!(told.rows[0][0].len(), LONGEST_VALUE);
}
