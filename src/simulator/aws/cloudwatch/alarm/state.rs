//! The state of an alarm at an instant, and the changes that led to it.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Alarm;
use crate::simulator::aws::cloudwatch::facts::Facts;
use crate::simulator::aws::cloudwatch::metric::{self, Metric};
use crate::simulator::world::field;

/// Minutes that are looked back for a change: half a day.
const LOOK_BACK: usize = 12 * 60;

/// A state with its reason.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// `OK` or `ALARM`.
    pub(super) value: &'static str,
    pub(super) reason: String,
    /// Since when it is so.
    pub(super) since: Timestamp,
    /// The newest points when it came to be so, oldest first.
    pub(super) points: Vec<(Timestamp, f64)>,
}

impl State {
    /// What the reason is made of, for programs.
    pub(super) fn data(&self, alarm: &Alarm) -> String {
        let recent: Vec<f64> = self.points.iter().map(|(_, value)| *value).collect();
        let start = self.points.first().map(|(at, _)| field::stamp(*at));
        json!({
            "version": "1.0", "queryDate": field::stamp(self.since), "startDate": start, "statistic": alarm.statistic, "period": 60,
            "recentDatapoints": recent, "threshold": alarm.threshold,
        })
        .to_string()
    }
}

/// The states of the last half day, oldest first; the first is that in which it began.
pub(super) fn states(alarm: &Alarm, facts: &Facts, now: Timestamp) -> Vec<State> {
    let metric =
        Metric { namespace: alarm.namespace, name: alarm.metric, dimensions: alarm.dimensions.clone() };
    let other = alarm.share_of.map(|name| Metric { name, ..metric.clone() });
    // What is missing breaches nothing; a share of nothing is none.
    let value_at = |at: Timestamp| {
        let value = metric::value(facts, &metric, at).unwrap_or_default();
        match &other {
            None => value,
            Some(other) => match metric::value(facts, other, at) {
                Some(all) if all > 0.0 => 100.0 * value / all,
                _ => 0.0,
            },
        }
    };
    let whole = now.as_second().div_euclid(60) * 60;
    let minutes = i64::try_from(LOOK_BACK + alarm.periods).unwrap_or_default();
    let points: Vec<(Timestamp, f64)> = (1..=minutes)
        .rev()
        .filter_map(|minute| Timestamp::from_second(whole - minute * 60).ok())
        .map(|at| (at, value_at(at)))
        .collect();
    let mut states: Vec<State> = Vec::new();
    for window in points.windows(alarm.periods.max(1)) {
        let breaching = window.iter().filter(|(_, value)| *value > alarm.threshold).count();
        let value = if breaching == window.len() { "ALARM" } else { "OK" };
        let is_new = states.last().is_none_or(|last| last.value != value);
        // An alarm falls with its first point below the threshold, and rises when all are above.
        let Some((last, _)) = window.last().filter(|_| is_new) else { continue };
        let since = match states.is_empty() {
            true => facts.land.installed(),
            false => last.checked_add(SignedDuration::from_mins(1)).unwrap_or(*last),
        };
        states.push(State { value, reason: reason(alarm, window, value), since, points: window.to_vec() });
    }
    states
}

/// The state at present.
pub(super) fn now(alarm: &Alarm, facts: &Facts, now: Timestamp) -> State {
    let installed = facts.land.installed();
    let none = State {
        value: "OK",
        reason: "Unchecked: Initial alarm creation".to_owned(),
        since: installed,
        points: Vec::new(),
    };
    states(alarm, facts, now).pop().unwrap_or(none)
}

fn reason(alarm: &Alarm, window: &[(Timestamp, f64)], value: &str) -> String {
    let written =
        |(at, value): &(Timestamp, f64)| format!("{value:.2} ({})", at.strftime("%d/%m/%y %H:%M:%S"));
    let all = alarm.periods;
    if value == "ALARM" {
        let points: Vec<String> = window.iter().rev().map(written).collect();
        return format!(
            "Threshold Crossed: {all} out of the last {all} datapoints [{}] were greater than the threshold ({:.1}) (minimum \
             {all} datapoints for OK -> ALARM transition).",
            points.join(", "),
            alarm.threshold
        );
    }
    let point =
        window.iter().rev().find(|(_, value)| *value <= alarm.threshold).map(written).unwrap_or_default();
    format!(
        "Threshold Crossed: 1 out of the last {all} datapoints [{point}] was not greater than the threshold ({:.1}) (minimum 1 \
         datapoint for ALARM -> OK transition).",
        alarm.threshold
    )
}
