//! `alarms`: what CloudWatch watches, what has gone off, and what each alarm is about.

use crate::fleet::aws::alarm::{AlarmRule, AlarmState};
use crate::fleet::{ResourceType, Row as _, Verdict};
use crate::planes::alarm::{About, CLUSTER_ALARMS, ClusterAlarm, condition, number, verdict};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

pub mod page;

/// Alarms by the cluster that they are about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alarms;

static ABOUT: ViewAbout = ViewAbout {
    name: "alarms",
    aliases: &["alarm"],
    help: "CloudWatch alarms: state, since when, what each is about, and whether anybody is told",
};

static RESOURCES: [ResourceType; 1] = [CLUSTER_ALARMS];

static COLUMNS: [Column<ClusterAlarm>; 8] = [
    Column::<ClusterAlarm>::new("state", "STATE", "What CloudWatch says of it", |row, _| {
        let role = match row.alarm.state {
            AlarmState::Ok => Role::Text,
            AlarmState::Alarm if verdict::scales(&row.alarm) => Role::Text,
            AlarmState::Alarm => Role::Critical,
            AlarmState::InsufficientData | AlarmState::Other(_) => Role::Unknown,
        };
        let words = match &row.alarm.state {
            // Long enough to push out what matters.
            AlarmState::InsufficientData => "no data",
            other => other.as_str(),
        };
        Value::text(words).as_role(role)
    })
    .fit(2, 8)
    .drop_at(0)
    .sorts_by('S'),
    Column::<ClusterAlarm>::new("name", "NAME", "Its name", |row, _| {
        Value::text(row.name()).as_role(Role::Strong)
    })
    .fit(12, 48)
    .drop_at(0)
    .sorts_by('N'),
    Column::<ClusterAlarm>::new("about", "ABOUT", "What it is about", |row, _| {
        let role = if matches!(row.about, About::Account(_)) { Role::Dim } else { Role::Text };
        Value::text(row.about.words()).as_role(role)
    })
    .fit(8, 40)
    .drop_at(2)
    .sorts_by('B'),
    Column::<ClusterAlarm>::new("metric", "METRIC", "What is measured", |row, _| match &row.alarm.rule {
        AlarmRule::Metric(watched) => Value::text(&*watched.metric).into(),
        AlarmRule::Formula { says, .. } => Value::text(&**says).into(),
        AlarmRule::Composite(rule) => Value::text(&**rule).as_role(Role::Dim),
    })
    .fit(6, 40)
    .drop_at(5)
    .sorts_by('M'),
    Column::<ClusterAlarm>::new("condition", "WHEN", "When it goes off", |row, _| {
        row.alarm.rule.condition().map_or(Value::Nothing, |of| Value::text(condition(of))).into()
    })
    .fit(4, 18)
    .drop_at(4),
    Column::<ClusterAlarm>::new(
        "compared",
        "WAS",
        "What was compared last when its state changed",
        |row, _| match row.alarm.recent.last() {
            Some(last) => Value::Measured { number: *last, words: number(*last).into() }.into(),
            None => Value::Nothing.into(),
        },
    )
    .fit(3, 10)
    .drop_at(6),
    Column::<ClusterAlarm>::new("since", "SINCE", "How long it has been in this state", |row, _| {
        Value::Age(row.alarm.since).into()
    })
    .fit(4, 7)
    .drop_at(1)
    .sorts_by('A'),
    Column::<ClusterAlarm>::new("tells", "TELLS", "What is told or done when it goes off", |row, _| {
        if !row.alarm.acts {
            return Value::text("disabled").as_role(Role::Warning);
        }
        match row.alarm.actions.as_ref() {
            [] => Value::text("nobody").as_role(Role::Dim),
            [one] => Value::text(last_of(one)).into(),
            [one, rest @ ..] => Value::text(format!("{} and {} more", last_of(one), rest.len())).into(),
        }
    })
    .fit(6, 26)
    .drop_at(3),
];

/// The name at the end of an ARN.
fn last_of(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or(arn)
}

impl Listing for Alarms {
    type Row = ClusterAlarm;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<ClusterAlarm>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a ClusterAlarm, _: &RowContext<'a>) -> Judged<'a> {
        match verdict::of_row(row) {
            (Verdict::Ok, why) if why.is_empty() => Judged::ok(),
            (verdict, why) => Judged::because(verdict, why),
        }
    }
    // The alphabet has it right: ALARM, INSUFFICIENT_DATA, OK.
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("state", false))
    }
}

#[cfg(test)]
mod tests;
