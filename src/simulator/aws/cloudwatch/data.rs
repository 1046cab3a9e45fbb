//! `GetMetricData`: points of many metrics in one call.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::facts::Facts;
use super::metric::{self, Metric};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::field;

/// Queries of a call, at most.
const QUERIES: usize = 500;
/// Points of an answer, at most.
const POINTS: i64 = 100_800;
/// Minutes of a period that are looked at, at most: of a longer one, this many evenly over it.
const SAMPLES: i64 = 60;
/// Minutes that points are kept one by one.
const KEPT: i64 = 15 * 24 * 60;

/// What one query asks for.
#[derive(Debug)]
struct Query {
    id: String,
    label: String,
    metric: Vec<(String, String)>,
    namespace: String,
    name: String,
    period: i64,
    statistic: String,
}

/// `GetMetricData`.
pub(super) fn get(call: &Call<'_>) -> Result<Value, Failure> {
    let queries =
        field::list(call.parameters, "MetricDataQueries").iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let invalid = |message: String| Failure::new(400, "ValidationError", message);
    if queries.is_empty() || queries.len() > QUERIES {
        return Err(invalid(format!(
            "The collection MetricDataQueries must have between 1 and {QUERIES} members."
        )));
    }
    let time = |name: &str| {
        let seconds = field::at(call.parameters, name).as_f64();
        seconds.map(|seconds| Timestamp::from_second(seconds as i64).unwrap_or(Timestamp::UNIX_EPOCH))
    };
    let (Some(start), Some(end)) = (time("StartTime"), time("EndTime")) else {
        return Err(invalid("StartTime and EndTime are required.".to_owned()));
    };
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime.".to_owned()));
    }
    let facts: Vec<Facts> = call.lands().iter().map(|land| Facts::of(land, call.aws)).collect();
    let oldest = call.now().checked_sub(SignedDuration::from_mins(KEPT)).unwrap_or(start);
    let (start, end) = (start.max(oldest), end.min(call.now()));
    let ascending = call.text("ScanBy") == "TimestampAscending";
    let mut flat = Vec::new();
    for (at, query) in queries.iter().enumerate() {
        let mut points = points(&facts, query, start, end);
        if !ascending {
            points.reverse();
        }
        flat.extend(points.into_iter().map(|point| (at, point)));
    }
    let most = call.number("MaxDatapoints").unwrap_or(POINTS).clamp(1, POINTS);
    let page = call.page(flat, usize::try_from(most).unwrap_or(usize::MAX), call.text("NextToken"))?;
    let results: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(at, query)| {
            let own = || page.items.iter().filter(|(of, _)| *of == at).map(|(_, point)| point);
            let last = page.items.last().is_some_and(|(of, _)| *of == at) && page.next.is_some();
            json!({
                "Id": query.id, "Label": query.label, "Timestamps": own().map(|(at, _)| at.as_second()).collect::<Vec<_>>(),
                "Values": own().map(|(_, value)| *value).collect::<Vec<f64>>(),
                "StatusCode": if last { "PartialData" } else { "Complete" },
            })
        })
        .collect();
    Ok(json!({"MetricDataResults": results, "NextToken": page.next, "Messages": []}))
}

fn read(query: &Value) -> Result<Query, Failure> {
    let id = field::text(query, "Id").to_owned();
    if !id.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        let message = format!(
            "The value {id} for parameter MetricDataQueries.member.1.Id is not matching the expected pattern."
        );
        return Err(Failure::new(400, "ValidationError", message));
    }
    let stat = field::at(query, "MetricStat");
    if stat.is_null() {
        let expression = field::text(query, "Expression");
        return Err(Failure::not_built(&format!(
            "the expression {expression:?} of cloudwatch:GetMetricData"
        )));
    }
    let name = field::text(stat, "Metric.MetricName").to_owned();
    let label =
        Some(field::text(query, "Label")).filter(|label| !label.is_empty()).unwrap_or(&name).to_owned();
    Ok(Query {
        id,
        label,
        metric: metric::dimensions(stat, "Metric.Dimensions"),
        namespace: field::text(stat, "Metric.Namespace").to_owned(),
        name,
        period: field::number(stat, "Period").max(60),
        statistic: field::text(stat, "Stat").to_owned(),
    })
}

/// The points of a metric, oldest first, each at the beginning of its period.
fn points(facts: &[Facts], query: &Query, start: Timestamp, end: Timestamp) -> Vec<(Timestamp, f64)> {
    let found = facts.iter().find_map(|facts| Some((facts, find(facts, query)?)));
    let Some((facts, metric)) = found else { return Vec::new() };
    let first = start.as_second().div_euclid(query.period) * query.period;
    let mut points = Vec::new();
    let mut at = first;
    while at < end.as_second() {
        let step = (query.period / 60 / SAMPLES).max(1);
        let minutes = (0..query.period / 60).step_by(usize::try_from(step).unwrap_or(1));
        let values: Vec<f64> = minutes
            .map(|minute| at + minute * 60)
            .filter(|second| *second < end.as_second())
            .filter_map(|second| metric::value(facts, &metric, Timestamp::from_second(second).ok()?))
            .collect();
        if let (Some(value), Ok(at)) =
            (reduced(&values, &query.statistic, step as f64), Timestamp::from_second(at))
        {
            points.push((at, value));
        }
        at += query.period;
    }
    points
}

fn find(facts: &Facts, query: &Query) -> Option<Metric> {
    let mut wanted = query.metric.clone();
    wanted.sort();
    metric::all(facts).into_iter().find(|own| {
        let mut has = own.dimensions.clone();
        has.sort();
        own.namespace == query.namespace && own.name == query.name && has == wanted
    })
}

/// One number for many minutes. A sum counts the minutes that were not looked at as those that were.
pub(super) fn reduced(values: &[f64], statistic: &str, step: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let sum: f64 = values.iter().sum();
    let count = u32::try_from(values.len()).map_or(1.0, f64::from);
    Some(match statistic {
        "Sum" => sum * step,
        "SampleCount" => count * step,
        "Minimum" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "Maximum" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        percentile if percentile.starts_with('p') => {
            let share = percentile.get(1..).and_then(|text| text.parse::<f64>().ok()).unwrap_or(50.0) / 100.0;
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let at = (share * (count - 1.0)).round() as usize;
            sorted.get(at).copied().unwrap_or(sum / count)
        }
        _ => sum / count,
    })
}
