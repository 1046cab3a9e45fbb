//! The query language of Logs Insights, as much of it as people type: `fields`, `display`, `filter`, `stats
//! count(*)`, `sort`, `limit` (CloudWatch Logs user guide, "Logs Insights QL").

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use regex::Regex;
use serde_json::{Value, json};

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

/// What is wrong with a query, and where: the message, and the first character and the one behind the last.
fn malformed(what: &str, (start, end): (usize, usize)) -> Failure {
    let message = format!("unexpected symbol found {what} at line 1 and position {start}");
    let location = json!({"startCharOffset": start, "endCharOffset": end});
    Failure::new(400, "MalformedQueryException", message.clone())
        .with(json!({"queryCompileError": {"location": location, "message": message}}))
}

/// Reads a query.
///
/// # Errors
/// When a command is not one of those above, or not whole.
pub(super) fn read(text: &str) -> Result<Query, Failure> {
    let mut query = Query { fields: Vec::new(), filters: Vec::new(), stats: None, sort: None, limit: None };
    for (start, command) in commands(text) {
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((&command, ""));
        let rest = rest.trim();
        let range = |what: &str| (start, start + what.chars().count());
        let whole = |what: String| malformed(&what, range(&command));
        match word {
            "fields" | "display" => query.fields = names(rest).map_err(whole)?,
            "filter" => {
                for part in outside_quotes(rest, " and ") {
                    query.filters.push(filter(part.trim()).map_err(whole)?);
                }
            }
            "stats" => query.stats = Some(stats(rest).map_err(whole)?),
            "sort" => {
                let (name, order) = rest.split_once(char::is_whitespace).unwrap_or((rest, "asc"));
                let descending = match order.trim() {
                    "asc" => false,
                    "desc" => true,
                    other => return Err(whole(other.to_owned())),
                };
                query.sort = Some((name_of(name).map_err(whole)?, descending));
            }
            "limit" => {
                let limit = rest.parse().ok().filter(|limit| (1..=10_000).contains(limit));
                query.limit = Some(limit.ok_or_else(|| whole(rest.to_owned()))?);
            }
            other => return Err(malformed(other, range(other))),
        }
    }
    if query.fields.is_empty() {
        query.fields = vec!["@timestamp".to_owned(), "@message".to_owned()];
    }
    Ok(query)
}

/// The parts of a text between a sign, where that stands in no quotes and no pattern.
fn outside_quotes<'t>(text: &'t str, sign: &str) -> Vec<&'t str> {
    let (mut parts, mut begin, mut within) = (Vec::new(), 0, None);
    for (at, letter) in text.char_indices() {
        match (letter, within) {
            (mark, Some(open)) if mark == open => within = None,
            ('"' | '\'' | '/', None) => within = Some(letter),
            (_, None) if at >= begin && text.get(at..).is_some_and(|rest| rest.starts_with(sign)) => {
                parts.extend(text.get(begin..at));
                begin = at + sign.len();
            }
            _ => {}
        }
    }
    parts.extend(text.get(begin..));
    parts
}

/// The commands of a query, each with the place of its first character: what bars that stand in no pattern divide.
fn commands(text: &str) -> Vec<(usize, String)> {
    let mut place = 0;
    let mut commands = Vec::new();
    for part in outside_quotes(text, "|") {
        let blanks = part.chars().take_while(|letter| letter.is_whitespace()).count();
        let command = part.trim();
        if !command.is_empty() {
            commands.push((place + blanks, command.to_owned()));
        }
        place += part.chars().count() + 1;
    }
    commands
}

/// The name of a field.
fn name_of(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '(' | ')' | '*');
    // `count(*)` is what a column without a name of its own is called; other functions are not read here.
    let is_call = text.contains(['(', ')', '*']) && !text.eq_ignore_ascii_case("count(*)");
    if text.is_empty() || is_call || !text.chars().all(is_name) {
        return Err(text.to_owned());
    }
    Ok(text.to_owned())
}

fn names(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(name_of).collect()
}

/// A value that a field is compared with: in quotes, or a single word.
fn value_of(text: &str) -> Result<String, String> {
    let text = text.trim();
    let quoted = ['"', '\''].iter().find_map(|mark| text.strip_prefix(*mark)?.strip_suffix(*mark));
    match quoted {
        Some(inner) => Ok(inner.to_owned()),
        None if text.is_empty() || text.contains(char::is_whitespace) => Err(text.to_owned()),
        None => Ok(text.to_owned()),
    }
}

fn filter(text: &str) -> Result<Filter, String> {
    for (sign, negated) in [(" not like ", true), (" like ", false)] {
        if let Some((name, pattern)) = text.split_once(sign) {
            let pattern = pattern.trim();
            let inner = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
            let source = match inner {
                Some(inner) => inner.to_owned(),
                None => regex::escape(&value_of(pattern)?),
            };
            let pattern = Regex::new(&source).map_err(|_| pattern.to_owned())?;
            let test = if negated { Test::Unlike(pattern) } else { Test::Like(pattern) };
            return Ok(Filter { field: name_of(name)?, test });
        }
    }
    for (sign, equal) in [("!=", false), ("=", true)] {
        if let Some((name, value)) = text.split_once(sign) {
            let value = value_of(value)?;
            let test = if equal { Test::Equals(value) } else { Test::Differs(value) };
            return Ok(Filter { field: name_of(name)?, test });
        }
    }
    Err(text.to_owned())
}

fn stats(text: &str) -> Result<Stats, String> {
    let (what, by) = text.split_once(" by ").unwrap_or((text, ""));
    let (what, name) =
        what.split_once(" as ").map_or((what.trim(), what.trim()), |(what, name)| (what.trim(), name.trim()));
    if !what.replace(' ', "").eq_ignore_ascii_case("count(*)") {
        return Err(what.to_owned());
    }
    let by =
        by.split(',').map(str::trim).filter(|one| !one.is_empty()).map(grouping).collect::<Result<_, _>>()?;
    Ok(Stats { name: name_of(name)?, by })
}

fn grouping(text: &str) -> Result<By, String> {
    let Some(span) = text.strip_prefix("bin(").and_then(|rest| rest.strip_suffix(')')) else {
        return Ok(By::Field(name_of(text)?));
    };
    let digits: String = span.chars().take_while(char::is_ascii_digit).collect();
    let unit = match span.get(digits.len()..) {
        Some("s") => 1,
        Some("m") => 60,
        Some("h") => 3600,
        _ => return Err(text.to_owned()),
    };
    let count: i64 = digits.parse().map_err(|_| text.to_owned())?;
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
        Some(stats) => {
            let mut rows = counted(stats, &fitting);
            if let Some((by, descending)) = &query.sort {
                let of = |row: &[(String, String)]| {
                    row.iter()
                        .find(|(name, _)| name == by)
                        .map(|(_, value)| value.clone())
                        .unwrap_or_default()
                };
                rows.sort_by(|one, other| compared(&of(one), &of(other)));
                if *descending {
                    rows.reverse();
                }
            }
            rows.truncate(limit);
            rows
        }
        None => {
            // Newest first, unless asked otherwise.
            let (by, descending) = query.sort.clone().unwrap_or_else(|| ("@timestamp".to_owned(), true));
            fitting.sort_by(|one, other| compared(&value(one, &by), &value(other, &by)));
            if descending {
                fitting.reverse();
            }
            fitting.into_iter().take(limit).map(|own| row(query, own)).collect()
        }
    };
    Found { rows, scanned, matched }
}

/// Numbers by what they are worth, everything else by the alphabet.
fn compared(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.cmp(other),
    }
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
    fn bars_within_patterns_divide_nothing_and_each_command_has_its_place() {
        let told = commands("fields @message | filter @message like /a|b/ |limit 3");
        let told: Vec<(usize, &str)> = told.iter().map(|(at, command)| (*at, command.as_str())).collect();
        assert_eq!(told, [(0, "fields @message"), (18, "filter @message like /a|b/"), (46, "limit 3")]);
    }

    #[test]
    fn what_is_no_command_is_named_with_its_place() {
        let failure = read("fields @message | select *").unwrap_err();
        assert_eq!(failure.code, "MalformedQueryException");
        assert!(failure.message.contains("select"), "{failure:?}");
        let more = failure.more.unwrap();
        assert_eq!(
            more["queryCompileError"]["location"],
            json!({"startCharOffset": 18, "endCharOffset": 24})
        );
    }

    #[test]
    fn what_is_not_read_here_is_refused_and_not_guessed() {
        for query in [
            "stats avg(x) by y",
            "filter @message like /(/",
            "filter @message like two words",
            "filter a = 1 or b = 2",
            "fields strlen(@message)",
            "sort @timestamp sideways",
            "limit many",
            "limit 0",
            "parse @message /x/",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
        for query in [
            "",
            "filter a = 'x and y' and b != 2",
            "stats count(*) by bin(5m), @logStream | sort count(*) desc",
        ] {
            assert!(read(query).is_ok(), "{query}");
        }
    }

    #[test]
    fn numbers_are_compared_by_their_worth() {
        assert_eq!(compared("9", "10"), Ordering::Less);
        assert_eq!(compared("b9", "b10"), Ordering::Greater);
    }
}
