//! An alarm at a glance: why it is in its state, what it compares, whom it tells, and what became of it.

use std::sync::Arc;

use serde_json::Value;

use crate::fleet::aws::alarm::{AlarmRule, Condition};
use crate::fleet::aws::kind::ALARMS;
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, Problem, ResourceType, Row as _, Timestamp, Verdict};
use crate::planes::alarm::{CLUSTER_ALARMS, ClusterAlarm, condition, verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::message::Effect;
use crate::ui::page::{self, FACTS, Line, Page, PageView, fact};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::view::{ViewAbout, World};
use crate::ui::widgets::sheet::{self, Head, SheetLine};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "alarm-history",
    aliases: &[],
    help: "an alarm at a glance: why, what it compares, whom it tells, and its history",
};

static NEEDS: [ResourceType; 1] = [CLUSTER_ALARMS];

const CHANGES: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("HISTORY", 8, 0),
    Head::words("WHEN", 20, 2),
    Head::words("WHAT", 60, 0),
    Head::words("WHY", 240, 1),
];

/// An alarm at a glance.
#[derive(Debug)]
pub struct AlarmPage {
    object: ObjectRef,
    history: Option<Result<Vec<Change>, Problem>>,
    /// Since when the alarm was in its state when its history was asked for.
    asked_for: Option<Timestamp>,
}

/// A change of an alarm.
#[derive(Debug)]
struct Change {
    at: Timestamp,
    what: String,
    why: String,
    is_raised: bool,
}

impl AlarmPage {
    /// The page of an alarm.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone(), history: None, asked_for: None })
    }

    /// The alarm as CloudWatch knows it: what its history is asked by.
    fn source(&self) -> ObjectRef {
        ObjectRef { resource: ALARMS, ..self.object.clone() }
    }

    fn row<'a>(&self, world: &World<'a>) -> Option<(&'a ClusterSnapshot, &'a ClusterAlarm)> {
        let cluster = world.snapshot.cluster(&self.object.cluster)?;
        let table = cluster.table::<ClusterAlarm>(&CLUSTER_ALARMS)?;
        let (_, row) = table.find(None, &self.object.name)?;
        Some((cluster, row))
    }

    fn facts(
        &self,
        cluster: &ClusterSnapshot,
        row: &ClusterAlarm,
        now: Timestamp,
    ) -> Vec<sheet::Row<ObjectRef>> {
        let alarm = &row.alarm;
        let mut facts = Vec::new();
        let mut say = |what: &str, words: &str, target| facts.push(fact(None, what, words, target));
        say("about", &row.about.words(), row.object(cluster));
        let since = human_duration(alarm.since.age_at(now));
        say("state", &format!("{} for {since}", alarm.state.as_str()), None);
        if !alarm.evaluation.is_empty() {
            say("evaluation", &alarm.evaluation, None);
        }
        match &alarm.rule {
            AlarmRule::Metric(watched) => {
                let words = format!("{} of {} {}", watched.statistic, watched.namespace, watched.metric);
                say("compares", &words, None);
            }
            AlarmRule::Formula { says, .. } => say("compares", says, None),
            AlarmRule::Composite(rule) => say("rule", rule, None),
        }
        for of in alarm.rule.dimensions() {
            say("", &format!("{} {}", of.name, of.value), None);
        }
        if let Some(of) = alarm.rule.condition() {
            say("goes off", &goes_off(of), None);
        }
        if !alarm.recent.is_empty() {
            let points: Vec<String> =
                alarm.recent.iter().map(|value| crate::planes::alarm::number(*value)).collect();
            say("compared", &points.join("  "), None);
        }
        if let Some(words) = missing(&alarm.missing) {
            say("no data", words, None);
        }
        if !alarm.description.is_empty() {
            say("description", &alarm.description, None);
        }
        for action in &alarm.actions {
            say("tells", action, None);
        }
        if let Some(silence) = verdict::silence(alarm) {
            facts.push(fact(Some(Verdict::Warning), "tells", &silence, None));
        }
        for child in &row.children {
            let target = ObjectRef { name: (*child.name).into(), ..self.object.clone() };
            // A child that is another cluster's has no page here.
            let is_own = cluster
                .table::<ClusterAlarm>(&CLUSTER_ALARMS)
                .is_some_and(|table| table.find(None, &child.name).is_some());
            let words = format!("{} {}", child.name, child.state.as_str());
            facts.push(fact(None, "looks at", &words, is_own.then_some(target)));
        }
        facts
    }

    fn changes(&self, now: Timestamp, width: u16) -> Vec<Line> {
        let said = |words: &str, role| vec![SheetLine::of(vec![(format!("   {}", escape(words)), role)])];
        match &self.history {
            None => said("reading its history…", Role::Dim),
            Some(Err(problem)) => {
                let mut lines = said(&format!("its history cannot be read: {problem}"), Role::Unknown);
                lines.extend(problem.hints().iter().flat_map(|hint| said(hint, Role::Dim)));
                lines
            }
            Some(Ok(changes)) if changes.is_empty() => said("nothing has become of it so far", Role::Dim),
            Some(Ok(changes)) => {
                let rows = changes
                    .iter()
                    .map(|change| {
                        let role = if change.is_raised { Role::Critical } else { Role::Text };
                        let cells = vec![
                            (String::new(), Role::Text),
                            (human_duration(change.at.age_at(now)), Role::Dim),
                            (change.at.rfc3339(), Role::Dim),
                            (escape(&change.what).into_owned(), role),
                            (escape(&change.why).into_owned(), Role::Dim),
                        ];
                        (cells, None)
                    })
                    .collect();
                sheet::table(CHANGES, rows, width)
            }
        }
    }
}

impl Page for AlarmPage {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.object)
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        let Some((_, row)) = self.row(world) else { return Vec::new() };
        // What becomes of it changes with its state.
        if self.asked_for == Some(row.alarm.since) {
            return Vec::new();
        }
        self.asked_for = Some(row.alarm.since);
        vec![Effect::Fetch(self.source())]
    }
    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<Value>, Problem>) -> bool {
        if *object != self.source() {
            return false;
        }
        self.history = Some(result.as_ref().map(|value| changes_of(value)).map_err(Clone::clone));
        true
    }
    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some((cluster, row)) = self.row(world) else {
            let cluster = world.snapshot.cluster(&self.object.cluster);
            let is_settled = cluster.is_some_and(|of| of.freshness(&CLUSTER_ALARMS).is_settled());
            let words = if is_settled { "   it is not there any more" } else { "   loading…" };
            return vec![SheetLine::of(vec![(words.to_owned(), Role::Dim)])];
        };
        let (verdict, why) = verdict::of_row(row);
        let mut lines = page::head(verdict, row.name(), &row.about.words(), &why, width);
        for line in crate::ui::text::wrap(&escape(&row.alarm.reason), width.saturating_sub(4)) {
            lines.push(SheetLine::of(vec![(format!("   {line}"), Role::Dim)]));
        }
        lines.push(SheetLine::blank());
        lines.extend(sheet::table(FACTS, self.facts(cluster, row, world.now), width).into_iter().skip(1));
        lines.push(SheetLine::blank());
        lines.extend(self.changes(world.now, width));
        lines
    }
}

fn goes_off(of: &Condition) -> String {
    let each = human_duration(of.period.into());
    match (of.datapoints, of.periods) {
        (_, 0) => condition(of),
        (1, 1) => format!("{} in a period of {each}", condition(of)),
        (points, periods) if points == periods => {
            format!("{} in {periods} periods of {each} in a row", condition(of))
        }
        (points, periods) => format!("{} in {points} of {periods} periods of {each}", condition(of)),
    }
}

/// What is made of a period without data (CloudWatch user guide, "Configuring how alarms treat missing data").
fn missing(word: &str) -> Option<&str> {
    match word {
        "" => None,
        "breaching" => Some("counts as bad"),
        "notBreaching" => Some("counts as good"),
        "ignore" => Some("leaves its state as it is"),
        "missing" => Some("makes it unknown"),
        other => Some(other),
    }
}

/// The changes of a history, newest first.
fn changes_of(value: &Value) -> Vec<Change> {
    let items = value.get("history").and_then(Value::as_array);
    let text =
        |item: &Value, name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    items
        .into_iter()
        .flatten()
        .map(|item| Change {
            at: Timestamp::parse(&text(item, "at")),
            what: text(item, "summary"),
            why: text(item, "reason"),
            is_raised: text(item, "to") == "ALARM",
        })
        .collect()
}
