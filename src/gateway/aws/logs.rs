//! CloudWatch Logs: groups, their streams, and their lines.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::account::Account;
use super::operations::{LOGS_FILTER, LOGS_GROUPS, LOGS_STREAMS};
use super::{MOST_PAGES, endless, json};
use crate::fleet::aws::log_group::LogGroup;
use crate::fleet::{ProblemKind, Timestamp};
use crate::gateway::failure::{Cause, Failure};
use crate::gateway::logs::{LogEvent, LogLine, LogSpec};

/// The stream that stands for all of a group, in [`LogSpec::containers`].
pub const ALL_STREAMS: &str = "all streams";

/// How many groups are asked for their newest stream at a time.
const AT_A_TIME: usize = 4;
/// Streams that are named, the newest first; `DescribeLogStreams` gives no more on a page.
const STREAMS: usize = 50;
/// A line that is longer is cut.
const LONGEST_LINE: usize = 64 * 1024;
/// Lines to a batch at most.
const BATCH: usize = 1000;
/// How often a group is asked for new lines while somebody follows it.
const FOLLOW: Duration = Duration::from_secs(5);
/// Lines may arrive this much later than they say they were written, in milliseconds.
const LATE: i64 = 60_000;
/// How far back a group is read that is followed from now on, in seconds.
const RECENT: i64 = 300;
/// How far back the newest lines are looked for, in seconds, one after the other until there are enough: what is read
/// in vain is the smaller.
const BACK: [i64; 6] = [60, 300, 900, 3600, 6 * 3600, 24 * 3600];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Groups {
    log_groups: Vec<Group>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    log_group_name: String,
    stored_bytes: i64,
    retention_in_days: Option<u32>,
    log_group_class: String,
    creation_time: i64,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Streams {
    log_streams: Vec<Stream>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Stream {
    log_stream_name: String,
    last_event_timestamp: Option<i64>,
}

/// The groups that carry a cluster's name, each with the moment it was last written to.
pub async fn groups(account: &Account, cluster: &str) -> Result<Vec<LogGroup>, Failure> {
    let input = json!({"logGroupNamePattern": cluster, "limit": 50});
    let pages: Vec<Groups> = json::pages(account, &LOGS_GROUPS, &input, "nextToken").await?;
    let own = pages
        .into_iter()
        .flat_map(|page| page.log_groups)
        .filter(|group| is_named_after(&group.log_group_name, cluster));
    let complete = |group: Group| async move {
        let (last_event, is_last_event_unknown) = match streams(account, &group.log_group_name, 1).await {
            Ok(streams) => (streams.first().map_or(Timestamp::NEVER, moment), false),
            // It has just been deleted: the next list will not have it.
            Err(failure) if failure.cause == Cause::Missing => (Timestamp::NEVER, false),
            Err(failure) if failure.cause == Cause::Forbidden => (Timestamp::NEVER, true),
            Err(failure) => return Err(failure),
        };
        Ok(LogGroup {
            name: group.log_group_name.into(),
            bytes: u64::try_from(group.stored_bytes).unwrap_or(0),
            retention_days: group.retention_in_days,
            class: group.log_group_class.into(),
            created: Timestamp::from_seconds(group.creation_time / 1000),
            last_event,
            is_last_event_unknown,
        })
    };
    futures::stream::iter(own.map(complete)).buffered(AT_A_TIME).try_collect().await
}

/// True when a part of the name is the cluster's, or begins with it: `/aws/eks/web/cluster`, `/aws/vpc/web-flow-logs`.
fn is_named_after(group: &str, cluster: &str) -> bool {
    group.split('/').any(|part| {
        part.strip_prefix(cluster).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
    })
}

fn moment(stream: &Stream) -> Timestamp {
    Timestamp::from_seconds(stream.last_event_timestamp.unwrap_or_default() / 1000)
}

async fn streams(account: &Account, group: &str, most: usize) -> Result<Vec<Stream>, Failure> {
    let input = json!({
        "logGroupName": group, "orderBy": "LastEventTime", "descending": true, "limit": most,
    });
    let answer: Streams = json::call(account, &LOGS_STREAMS, &input).await?;
    Ok(answer.log_streams)
}

/// A group with its newest streams: `{"logGroupName", "logStreams": [{"logStreamName", "lastEvent"}]}`.
pub async fn group(account: &Account, name: &str) -> Result<Value, Failure> {
    let streams: Vec<Value> = streams(account, name, STREAMS)
        .await?
        .iter()
        .map(|stream| json!({"logStreamName": stream.log_stream_name, "lastEvent": moment(stream).rfc3339()}))
        .collect();
    Ok(json!({"logGroupName": name, "logStreams": streams}))
}

/// Reads the lines of a group until they end or the receiver is gone.
pub async fn read(account: Account, spec: LogSpec, events: mpsc::Sender<LogEvent>) {
    let mut reader = Reader { account: &account, spec: &spec, events: &events, seen: Seen::default() };
    let result = tokio::select! {
        biased;
        () = events.closed() => return,
        result = reader.read() => result.map_err(|failure| failure.problem),
    };
    let ended = spec.containers.iter().map(|name| (Arc::from(name.as_str()), result.clone())).collect();
    // Nobody listens any more: there is nobody to tell either.
    let _ = events.send(LogEvent { lines: Vec::new(), ended }).await;
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Found {
    events: Vec<Event>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    event_id: String,
    log_stream_name: Arc<str>,
    timestamp: i64,
    message: String,
}

impl Event {
    /// Its lines; a message may be several.
    fn lines(&self) -> impl Iterator<Item = LogLine> {
        let cut = |line: &str| {
            let mut end = line.len().min(LONGEST_LINE);
            while !line.is_char_boundary(end) {
                end -= 1;
            }
            Box::from(line.get(..end).unwrap_or_default())
        };
        self.message.trim_end_matches(['\n', '\r']).split('\n').map(move |line| LogLine {
            container: Arc::clone(&self.log_stream_name),
            at: Timestamp::from_seconds(self.timestamp / 1000),
            text: cut(line),
        })
    }
}

/// Which lines were told already, of those that may come again.
#[derive(Default)]
struct Seen {
    newest: i64,
    told: HashMap<u64, i64>,
}

impl Seen {
    /// True for a line that was not told before.
    fn is_new(&mut self, event: &Event) -> bool {
        let mut hasher = DefaultHasher::new();
        (&event.event_id, &event.log_stream_name).hash(&mut hasher);
        self.newest = self.newest.max(event.timestamp);
        self.told.insert(hasher.finish(), event.timestamp).is_none()
    }

    /// Forgets what is too old to come again.
    fn forget(&mut self) {
        let oldest = self.newest - LATE;
        self.told.retain(|_, at| *at >= oldest);
    }
}

struct Reader<'a> {
    account: &'a Account,
    spec: &'a LogSpec,
    events: &'a mpsc::Sender<LogEvent>,
    seen: Seen,
}

impl Reader<'_> {
    async fn read(&mut self) -> Result<(), Failure> {
        if self.spec.previous {
            return Err(Failure::new(
                Cause::Refused,
                ProblemKind::User,
                "a log group has no run before this one".to_owned(),
            ));
        }
        let now = self.account.now().seconds();
        match (self.spec.tail, self.spec.since_seconds) {
            (Some(tail), _) => self.newest(now, usize::try_from(tail).unwrap_or(usize::MAX)).await?,
            (None, Some(seconds)) => self.since((now - i64::from(seconds)) * 1000).await?,
            (None, None) if self.spec.follow => self.since((now - RECENT) * 1000).await?,
            (None, None) => self.since(0).await?,
        }
        while self.spec.follow && !self.events.is_closed() {
            tokio::time::sleep(FOLLOW).await;
            // By the clock of whoever wrote the lines, where there are any: ours may be another.
            let from = if self.seen.newest > 0 { self.seen.newest - LATE } else { (now - RECENT) * 1000 };
            self.since(from).await?;
        }
        Ok(())
    }

    /// The newest lines, so many. Nothing tells where they begin: more and more of the past is looked through.
    async fn newest(&mut self, now: i64, most: usize) -> Result<(), Failure> {
        let mut kept: VecDeque<LogLine> = VecDeque::new();
        let mut end: Option<i64> = None;
        for back in BACK {
            let start = (now - back) * 1000;
            let room = most.saturating_sub(kept.len());
            let mut older: VecDeque<LogLine> = VecDeque::new();
            let mut token = None;
            for page in 0.. {
                let found = self.page(start, end, token.as_deref(), page).await?;
                for event in found.events.iter().filter(|event| self.seen.is_new(event)) {
                    older.extend(event.lines());
                }
                older.drain(..older.len().saturating_sub(room));
                self.seen.forget();
                let Some(next) = found.next_token else { break };
                token = Some(next);
            }
            older.append(&mut kept);
            kept = older;
            if kept.len() >= most {
                break;
            }
            end = Some(start - 1);
        }
        self.send(kept.into()).await;
        Ok(())
    }

    /// All lines from an instant on, in milliseconds, that were not told before.
    async fn since(&mut self, start: i64) -> Result<(), Failure> {
        let mut token = None;
        for page in 0.. {
            let found = self.page(start, None, token.as_deref(), page).await?;
            let fresh = found.events.iter().filter(|event| self.seen.is_new(event));
            let lines: Vec<LogLine> = fresh.flat_map(Event::lines).collect();
            self.send(lines).await;
            self.seen.forget();
            let Some(next) = found.next_token else { break };
            token = Some(next);
        }
        Ok(())
    }

    /// One page; its token leads somewhere else than the one before.
    async fn page(
        &self,
        start: i64,
        end: Option<i64>,
        token: Option<&str>,
        number: usize,
    ) -> Result<Found, Failure> {
        let mut input = json!({"logGroupName": &*self.spec.pod.name, "startTime": start.max(0)});
        let fields = input.as_object_mut();
        if let Some(fields) = fields {
            let streams = &self.spec.containers;
            if !streams.iter().any(|name| name == ALL_STREAMS) {
                fields.insert("logStreamNames".to_owned(), json!(streams));
            }
            let pattern = self.spec.pattern.as_deref();
            fields.extend(pattern.map(|pattern| ("filterPattern".to_owned(), json!(pattern))));
            fields.extend(end.map(|end| ("endTime".to_owned(), json!(end))));
            fields.extend(token.map(|token| ("nextToken".to_owned(), json!(token))));
        }
        let mut found: Found = json::call(self.account, &LOGS_FILTER, &input).await?;
        found.next_token = found.next_token.filter(|next| !next.is_empty());
        let is_circle = found.next_token.is_some() && found.next_token.as_deref() == token;
        if is_circle || number >= MOST_PAGES {
            return Err(endless(&LOGS_FILTER));
        }
        Ok(found)
    }

    async fn send(&self, mut lines: Vec<LogLine>) {
        while !lines.is_empty() {
            let rest = lines.split_off(lines.len().min(BATCH));
            let batch = LogEvent { lines: std::mem::replace(&mut lines, rest), ended: Vec::new() };
            // Nobody listens any more: the reader ends where it looks for that.
            let _ = self.events.send(batch).await;
        }
    }
}

#[cfg(test)]
#[path = "logs/tests.rs"]
mod tests;
