//! The query language of Logs Insights, as much of it as people type: `fields`, `display`, `filter`, `stats
//! count(*)`, `sort`, `limit` (CloudWatch Logs user guide, "Logs Insights QL").

use std::collections::BTreeMap;

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

use super::event::{self, Event};
use super::group::Group;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

/// A query, read.
#[derive(Debug)]
pub(super) struct Query {
    fields: Vec<String>,
    filters: Vec<Filter>,
    stats: Option<Stats>,
    sort: Option<(String, bool)>,
    limit: Option<usize>,
}

#[derive(Debug)]
struct Filter {
    field: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Like(Regex),
    Unlike(Regex),
    Equals(String),
    Differs(String),
}

#[derive(Debug)]
struct Stats {
    name: String,
    by: Vec<By>,
}

#[derive(Debug)]
enum By {
    Field(String),
    /// Seconds, and how they were written.
    Bin(i64, String),
}

/// What a query has found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) rows: Vec<Vec<(String, String)>>,
    pub(super) scanned: (usize, usize),
    pub(super) matched: usize,
}

fn malformed(what: &str) -> Failure {
    Failure::new(400, "MalformedQueryException", format!("unexpected symbol found {what}"))
}

/// Reads a query.
///
/// # Errors
/// When a command is not one of those above, or not whole.
pub(super) fn read(text: &str) -> Result<Query, Failure> {
    let mut query = Query { fields: Vec::new(), filters: Vec::new(), stats: None, sort: None, limit: None };
    for command in commands(text) {
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((&command, ""));
        let rest = rest.trim();
        match word {
            "fields" | "display" => {
                query.fields = rest.split(',').map(|name| name.trim().to_owned()).collect()
            }
            "filter" => {
                for part in rest.split(" and ") {
                    query.filters.push(filter(part.trim())?);
                }
            }
            "stats" => query.stats = Some(stats(rest)?),
            "sort" => {
                let (name, order) = rest.split_once(char::is_whitespace).unwrap_or((rest, "asc"));
                query.sort = Some((name.to_owned(), order.trim() == "desc"));
            }
            "limit" => query.limit = Some(rest.parse().map_err(|_| malformed(rest))?),
            other => return Err(malformed(other)),
        }
    }
    if query.fields.is_empty() {
        query.fields = vec!["@timestamp".to_owned(), "@message".to_owned()];
    }
    Ok(query)
}

/// The commands of a query: what bars that stand in no pattern divide.
fn commands(text: &str) -> Vec<String> {
    let (mut commands, mut command, mut within) = (Vec::new(), String::new(), None);
    for letter in text.chars() {
        match (letter, within) {
            ('|', None) => commands.push(std::mem::take(&mut command)),
            (mark, Some(open)) if mark == open => {
                within = None;
                command.push(letter);
            }
            ('"' | '\'' | '/', None) => {
                within = Some(letter);
                command.push(letter);
            }
            _ => command.push(letter),
        }
    }
    commands.push(command);
    commands
        .into_iter()
        .map(|command| command.trim().to_owned())
        .filter(|command| !command.is_empty())
        .collect()
}

fn filter(text: &str) -> Result<Filter, Failure> {
    for (sign, negated) in [(" not like ", true), (" like ", false)] {
        if let Some((name, pattern)) = text.split_once(sign) {
            let pattern = pattern.trim();
            let inner = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
            let source =
                inner.map_or_else(|| regex::escape(pattern.trim_matches(['"', '\''])), str::to_owned);
            let pattern = Regex::new(&source).map_err(|_| malformed(pattern))?;
            let test = if negated { Test::Unlike(pattern) } else { Test::Like(pattern) };
            return Ok(Filter { field: name.trim().to_owned(), test });
        }
    }
    for (sign, equal) in [("!=", false), ("=", true)] {
        if let Some((name, value)) = text.split_once(sign) {
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            let test = if equal { Test::Equals(value) } else { Test::Differs(value) };
            return Ok(Filter { field: name.trim().to_owned(), test });
        }
    }
    Err(malformed(text))
}

fn stats(text: &str) -> Result<Stats, Failure> {
    let (what, by) = text.split_once(" by ").unwrap_or((text, ""));
    let (what, name) =
        what.split_once(" as ").map_or((what.trim(), what.trim()), |(what, name)| (what.trim(), name.trim()));
    if !what.replace(' ', "").eq_ignore_ascii_case("count(*)") {
        return Err(malformed(what));
    }
    let by =
        by.split(',').map(str::trim).filter(|one| !one.is_empty()).map(grouping).collect::<Result<_, _>>()?;
    Ok(Stats { name: name.to_owned(), by })
}

fn grouping(text: &str) -> Result<By, Failure> {
    let Some(span) = text.strip_prefix("bin(").and_then(|rest| rest.strip_suffix(')')) else {
        return Ok(By::Field(text.to_owned()));
    };
    let digits: String = span.chars().take_while(char::is_ascii_digit).collect();
    let unit = match span.get(digits.len()..) {
        Some("s") => 1,
        Some("m") => 60,
        Some("h") => 3600,
        _ => return Err(malformed(text)),
    };
    let count: i64 = digits.parse().map_err(|_| malformed(text))?;
    Ok(By::Bin((count * unit).max(1), text.to_owned()))
}

/// Runs a query over groups, between two instants in seconds.
pub(super) fn run(
    query: &Query,
    groups: &[Group],
    now: Timestamp,
    between: (i64, i64),
    most: usize,
) -> Found {
    let (start, end) = between;
    let events: Vec<(String, Event)> = groups
        .iter()
        .flat_map(|group| event::all(group, now).into_iter().map(|event| (group.name.clone(), event)))
        .filter(|(_, event)| (start..=end).contains(&event.at.as_second()))
        .collect();
    let scanned = (events.len(), events.iter().map(|(_, event)| event.message.len()).sum());
    let mut fitting: Vec<&(String, Event)> =
        events.iter().filter(|own| query.filters.iter().all(|filter| filter.meets(own))).collect();
    let matched = fitting.len();
    let limit = query.limit.unwrap_or(most).min(10_000);
    let rows = match &query.stats {
        Some(stats) => counted(stats, &fitting).into_iter().take(limit).collect(),
        None => {
            // Newest first, unless asked otherwise.
            let (by, descending) = query.sort.clone().unwrap_or_else(|| ("@timestamp".to_owned(), true));
            fitting.sort_by_key(|own| value(own, &by));
            if descending {
                fitting.reverse();
            }
            fitting.into_iter().take(limit).map(|own| row(query, own)).collect()
        }
    };
    Found { rows, scanned, matched }
}

fn row(query: &Query, own: &(String, Event)) -> Vec<(String, String)> {
    let mut row: Vec<(String, String)> = query
        .fields
        .iter()
        .map(|name| (name.clone(), value(own, name)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    row.push(("@ptr".to_owned(), hex_of(&format!("{}/{}", own.1.stream, own.1.at), 40)));
    row
}

fn counted(stats: &Stats, events: &[&(String, Event)]) -> Vec<Vec<(String, String)>> {
    let mut counts: BTreeMap<Vec<(String, String)>, usize> = BTreeMap::new();
    for own in events {
        let key = stats.by.iter().map(|by| match by {
            By::Field(name) => (name.clone(), value(own, name)),
            By::Bin(seconds, name) => {
                let from = own.1.at.as_second().div_euclid(*seconds) * seconds;
                (name.clone(), instant(Timestamp::from_second(from).unwrap_or(own.1.at)))
            }
        });
        *counts.entry(key.collect()).or_default() += 1;
    }
    let finished = |(mut row, count): (Vec<(String, String)>, usize)| {
        row.push((stats.name.clone(), count.to_string()));
        row
    };
    counts.into_iter().map(finished).collect()
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// A field of a line: one of the service's own, or one of its JSON.
fn value((group, event): &(String, Event), name: &str) -> String {
    match name {
        "@timestamp" | "@ingestionTime" => instant(event.at),
        "@message" => event.message.clone(),
        "@logStream" => event.stream.clone(),
        "@log" => group.clone(),
        path => match event.message.parse::<Value>().as_ref().map(|line| field::at(line, path).clone()) {
            Ok(Value::String(text)) => text,
            Ok(Value::Null) | Err(_) => String::new(),
            Ok(other) => other.to_string(),
        },
    }
}

impl Filter {
    fn meets(&self, own: &(String, Event)) -> bool {
        let has = value(own, &self.field);
        match &self.test {
            Test::Like(pattern) => pattern.is_match(&has),
            Test::Unlike(pattern) => !pattern.is_match(&has),
            Test::Equals(wanted) => has == *wanted,
            Test::Differs(wanted) => has != *wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_within_patterns_divide_nothing() {
        assert_eq!(
            commands("fields @message | filter @message like /a|b/ | limit 3"),
            ["fields @message", "filter @message like /a|b/", "limit 3"]
        );
    }

    #[test]
    fn what_is_no_command_is_named() {
        assert!(read("select * from logs").unwrap_err().message.contains("select"));
        assert!(read("stats avg(x) by y").is_err());
        assert!(read("filter @message like /(/").is_err());
        assert!(read("limit many").is_err());
    }
}
