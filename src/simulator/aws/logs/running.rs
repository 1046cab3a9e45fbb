//! Queries of Logs Insights while they run: a few seconds each, by the fleet's clock.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{group, insights, invalid};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::chance::uuid_of;

/// How long a query takes.
const TAKES: SignedDuration = SignedDuration::from_secs(3);
/// Queries that may run at once in an account (CloudWatch Logs quotas).
const AT_ONCE: usize = 30;
/// Rows of an answer when nobody asks for fewer.
const ROWS: usize = 1000;

/// A query that somebody has started.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// Its id.
    pub id: String,
    /// When it was started.
    pub started: Timestamp,
    /// Whether it was stopped before its end.
    pub stopped: bool,
    /// Its rows: fields and values.
    pub rows: Vec<Vec<(String, String)>>,
    /// Lines that were looked at, and their bytes.
    pub scanned: (usize, usize),
    /// Lines that fit.
    pub matched: usize,
}

/// `StartQuery`.
pub(super) fn start(call: &Call<'_>) -> Result<Value, Failure> {
    let mut names = call.texts("logGroupNames");
    names.extend(call.texts("logGroupIdentifiers"));
    names.extend(call.texts("logGroupName"));
    if names.is_empty() {
        return Err(invalid("Exactly one of logGroupName, logGroupNames or logGroupIdentifiers is required"));
    }
    let groups = names.into_iter().map(|name| group::find(call, name)).collect::<Result<Vec<_>, _>>()?;
    let query = insights::read(call.text("queryString"))?;
    let seconds = |name: &str| {
        let given = call.number(name).ok_or_else(|| invalid(&format!("{name} is required")))?;
        // Seconds, or milliseconds as some clients send them.
        Ok(if given > 100_000_000_000 { given / 1000 } else { given })
    };
    let (start, end) = (seconds("startTime")?, seconds("endTime")?);
    let most = super::limit(call, ROWS, 10_000);
    let is_running = |own: &&Running| !own.stopped && call.now().duration_since(own.started) < TAKES;
    if call.aws.account().queries.iter().filter(is_running).count() >= AT_ONCE {
        let message = "LimitExceededException: Account maximum query concurrency limit of [30] reached.";
        return Err(Failure::new(400, "LimitExceededException", message));
    }
    let found = insights::run(&query, &groups, call.now(), (start, end), most);
    let mut account = call.aws.account();
    let id = uuid_of(&format!("query/{}/{}", call.now(), account.queries.len()));
    account.queries.push(Running {
        id: id.clone(),
        started: call.now(),
        stopped: false,
        rows: found.rows,
        scanned: found.scanned,
        matched: found.matched,
    });
    Ok(json!({"queryId": id}))
}

fn unknown() -> Failure {
    Failure::new(400, "ResourceNotFoundException", "Query does not exist")
}

/// `GetQueryResults`: what has been found so far.
pub(super) fn results(call: &Call<'_>) -> Result<Value, Failure> {
    let account = call.aws.account();
    let query = account.queries.iter().find(|own| own.id == call.text("queryId")).ok_or_else(unknown)?;
    let passed = call.now().duration_since(query.started);
    let done = passed >= TAKES;
    let status = match (query.stopped, done) {
        (true, _) => "Cancelled",
        (false, true) => "Complete",
        (false, false) => "Running",
    };
    let share = if done { 1.0 } else { passed.as_secs_f64() / TAKES.as_secs_f64() };
    let part = |of: usize| (u32::try_from(of).map_or(0.0, f64::from) * share).floor();
    let rows: Vec<Value> = query
        .rows
        .iter()
        .filter(|_| done)
        .map(|row| row.iter().map(|(field, value)| json!({"field": field, "value": value})).collect())
        .collect();
    Ok(json!({
        "queryLanguage": "CWLI", "results": rows, "status": status,
        "statistics": {
            "recordsMatched": part(query.matched), "recordsScanned": part(query.scanned.0), "bytesScanned": part(query.scanned.1),
            "estimatedRecordsSkipped": 0.0, "estimatedBytesSkipped": 0.0, "logGroupsScanned": 1.0,
        },
    }))
}

/// `StopQuery`.
pub(super) fn stop(call: &Call<'_>) -> Result<Value, Failure> {
    let now = call.now();
    let mut account = call.aws.account();
    let query = account.queries.iter_mut().find(|own| own.id == call.text("queryId")).ok_or_else(unknown)?;
    if query.stopped || now.duration_since(query.started) >= TAKES {
        return Err(invalid("Query can't be stopped because it has ended."));
    }
    query.stopped = true;
    Ok(json!({"success": true}))
}
