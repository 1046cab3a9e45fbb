//! CloudWatch Logs Insights: a query is started, asked for what it has found until it ends, and stopped when nobody
//! waits for it any more, because what it scans is paid for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::account::Account;
use super::json;
use super::operations::{LOGS_QUERY_RESULTS, LOGS_START_QUERY, LOGS_STOP_QUERY};
use crate::fleet::aws::log_query::{LogQuery, QueryAnswer, QueryNews, QueryProgress};
use crate::fleet::{Problem, ProblemKind};
use crate::gateway::failure::{Cause, Failure};

/// How long to wait before a query is asked for the first time what it has found, and how long at most later on.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// A value that is longer is cut; a line of CloudWatch Logs has at most 1 MiB.
const LONGEST_VALUE: usize = 64 * 1024;
/// What all values of an answer may take together; what is beyond is left out, and counted.
const MOST_BYTES: usize = 32 * 1024 * 1024;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Started {
    query_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Results {
    status: String,
    results: Vec<Vec<Field>>,
    statistics: Statistics,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Field {
    field: Box<str>,
    value: Box<str>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Statistics {
    records_scanned: f64,
    bytes_scanned: f64,
    records_matched: f64,
}

/// Runs a query, and tells what becomes of it until it has ended. When the receiver is gone before that, the query is
/// stopped; so this has to be left to run to its end, and not to be dropped.
pub async fn run(account: Account, query: LogQuery, news: mpsc::Sender<QueryNews>) {
    let mut last = QueryNews::default();
    let result = watched(&account, &query, &news, &mut last).await;
    account.calls().scanned(last.progress.bytes);
    let end = result.map_err(|failure| failure.problem);
    // Nobody listens any more: there is nobody to tell either.
    let _ = news.send(QueryNews { answer: None, end: Some(end), ..last }).await;
}

async fn watched(
    account: &Account,
    query: &LogQuery,
    news: &mpsc::Sender<QueryNews>,
    last: &mut QueryNews,
) -> Result<(), Failure> {
    // Nothing is paid in an account that is not the cluster's.
    account.check().await?;
    if news.is_closed() {
        return Ok(());
    }
    let id = start(account, query).await?;
    last.is_accepted = true;
    // Whoever has left by now is found out below.
    let _ = news.send(last.clone()).await;
    let mut wait = FIRST_WAIT;
    loop {
        let polled = async {
            tokio::time::sleep(wait).await;
            json::call::<Results>(account, &LOGS_QUERY_RESULTS, &json!({"queryId": id})).await
        };
        let polled = tokio::select! {
            biased;
            () = news.closed() => None,
            polled = polled => Some(polled),
        };
        wait = (wait * 3 / 2).min(LONGEST_WAIT);
        let results = match polled {
            Some(Ok(results)) => results,
            // It runs on while AWS wants to be asked less often.
            Some(Err(Failure { cause: Cause::Busy(_), .. })) => continue,
            Some(Err(failure)) => {
                stop(account, &id).await;
                return Err(failure);
            }
            None => {
                stop(account, &id).await;
                return Ok(());
            }
        };
        last.progress = progress(&results.statistics);
        let end = ended(&results.status);
        let answer =
            (!results.results.is_empty() || end.is_some()).then(|| Arc::new(answer(results.results)));
        if news.send(QueryNews { answer, ..last.clone() }).await.is_err() && end.is_none() {
            stop(account, &id).await;
            return Ok(());
        }
        if let Some(end) = end {
            return end;
        }
    }
}

async fn start(account: &Account, query: &LogQuery) -> Result<String, Failure> {
    let now = account.now().seconds();
    let input = json!({
        "logGroupNames": query.groups,
        "startTime": (now - i64::from(query.seconds)).max(0),
        "endTime": now,
        "queryString": query.text,
    });
    let started: Started = json::call(account, &LOGS_START_QUERY, &input).await?;
    if started.query_id.is_empty() {
        return Err(super::call::unreadable(&LOGS_START_QUERY, b""));
    }
    Ok(started.query_id)
}

/// Ends a query. One that has just ended by itself is refused, and that is as good.
async fn stop(account: &Account, id: &str) {
    let _: Result<Value, Failure> = json::call(account, &LOGS_STOP_QUERY, &json!({"queryId": id})).await;
}

/// How a query has ended; `None` while it waits or runs (`QueryStatus`).
fn ended(status: &str) -> Option<Result<(), Failure>> {
    let why = match status {
        "Complete" => return Some(Ok(())),
        "Failed" => "the query failed; AWS does not say why",
        "Cancelled" => "the query was stopped by somebody else",
        "Timeout" => "the query took longer than AWS lets one run (60 minutes): a shorter range takes less",
        _ => return None,
    };
    Some(Err(Failure { cause: Cause::Server, problem: Problem::new(ProblemKind::User, why) }))
}

fn progress(statistics: &Statistics) -> QueryProgress {
    // Counts that AWS writes as floats; a cast stays in range.
    QueryProgress {
        records: statistics.records_scanned as u64,
        bytes: statistics.bytes_scanned as u64,
        matched: statistics.records_matched as u64,
    }
}

/// Rows as AWS tells them, each with fields of its own, under common columns.
fn answer(results: Vec<Vec<Field>>) -> QueryAnswer {
    let mut answer = QueryAnswer::default();
    let mut places: HashMap<Box<str>, usize> = HashMap::new();
    let mut room = MOST_BYTES;
    for fields in results {
        let bytes: usize = fields.iter().map(|own| own.value.len().min(LONGEST_VALUE)).sum();
        if bytes > room || answer.left_out > 0 {
            answer.left_out += 1;
            continue;
        }
        room -= bytes;
        let mut row: Vec<Box<str>> = vec![Box::default(); answer.columns.len()];
        for Field { field, value } in fields {
            let at = *places.entry(field.clone()).or_insert(answer.columns.len());
            if at == answer.columns.len() {
                answer.columns.push(field);
                row.push(Box::default());
            }
            if let Some(cell) = row.get_mut(at) {
                *cell = cut(value);
            }
        }
        answer.rows.push(row);
    }
    let width = answer.columns.len();
    for row in &mut answer.rows {
        row.resize(width, Box::default());
    }
    answer
}

fn cut(value: Box<str>) -> Box<str> {
    match value.get(..value.floor_char_boundary(LONGEST_VALUE)) {
        Some(head) if head.len() < value.len() => head.into(),
        _ => value,
    }
}

#[cfg(test)]
#[path = "insights/tests.rs"]
mod tests;
