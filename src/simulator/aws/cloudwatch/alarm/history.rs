//! What became of alarms: their making, and every change of state of the last half day.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{composite, evaluated, state};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::field;

/// `DescribeAlarmHistory`, newest first unless asked otherwise.
pub(in super::super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let (name, wanted) = (call.text("AlarmName"), call.text("HistoryItemType"));
    let mut items: Vec<(Timestamp, Value)> = Vec::new();
    let is_wanted = |own: &str| name.is_empty() || own == name;
    let metric_alarms = evaluated(call, |own| is_wanted(&own.name)).into_iter().map(|(alarm, facts)| {
        let states = state::states(&alarm, &facts, call.now());
        ("MetricAlarm", alarm.name, facts.land.clone(), states)
    });
    let types = call.texts("AlarmTypes");
    let composites = composite::followed(call, |own| is_wanted(&own.name))
        .into_iter()
        .map(|own| ("CompositeAlarm", own.alarm.name, own.land, own.states));
    // Without types, only metric alarms.
    let all = metric_alarms.chain(composites).filter(|(kind, ..)| match types.as_slice() {
        [] => *kind == "MetricAlarm",
        types => types.contains(kind),
    });
    for (alarm_type, name, land, states) in all {
        let mut add = |at: Timestamp, kind: &str, summary: String, data: Value| {
            items.push((at, json!({
                "AlarmName": name, "AlarmType": alarm_type, "Timestamp": at.as_second(), "HistoryItemType": kind,
                "HistorySummary": summary, "HistoryData": data.to_string(),
            })));
        };
        let made = land.installed();
        let data = json!({"version": "1.0", "type": "Create"});
        add(made, "ConfigurationUpdate", format!("Alarm \"{name}\" created"), data);
        for (old, new) in states.iter().zip(states.iter().skip(1)) {
            let side = |state: &state::State| json!({"stateValue": state.value, "stateReason": state.reason});
            let data = json!({"version": "1.0", "oldState": side(old), "newState": side(new)});
            let summary = format!("Alarm updated from {} to {}", old.value, new.value);
            add(new.since, "StateUpdate", summary, data);
            let action = land.arn("sns", "platform-alerts");
            let data = json!({"actionState": "Succeeded", "notificationResource": action});
            add(new.since, "Action", format!("Successfully executed action {action}"), data);
        }
    }
    let seconds = |name: &str| field::at(call.parameters, name).as_f64();
    let (start, end) = (seconds("StartDate"), seconds("EndDate"));
    items.retain(|(at, item)| {
        let at = at.as_second() as f64;
        (wanted.is_empty() || field::text(item, "HistoryItemType") == wanted)
            && start.is_none_or(|start| at >= start)
            && end.is_none_or(|end| at <= end)
    });
    items.sort_by_key(|(at, _)| *at);
    if call.text("ScanBy") != "TimestampAscending" {
        items.reverse();
    }
    let limit =
        call.number("MaxRecords").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100).min(100);
    let page = call.page(items, limit, call.text("NextToken"))?;
    let shown: Vec<Value> = page.items.into_iter().map(|(_, item)| item).collect();
    Ok(json!({"AlarmHistoryItems": shown, "NextToken": page.next}))
}
