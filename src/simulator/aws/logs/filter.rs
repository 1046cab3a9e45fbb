//! `FilterLogEvents`: the lines of a group that fit a pattern.

use serde_json::{Value, json};

use super::{event, group, limit, paged, pattern};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::chance::Chance;

/// The lines between two instants that fit, oldest first.
pub(super) fn events(call: &Call<'_>) -> Result<Value, Failure> {
    let group = group::of_request(call)?;
    let pattern = pattern::read(call.text("filterPattern"))?;
    let (names, prefix) = (call.texts("logStreamNames"), call.text("logStreamNamePrefix"));
    let (start, end) = (call.number("startTime"), call.number("endTime"));
    let found = event::all(&group, call.now())
        .into_iter()
        .filter(|event| {
            let at = event.at.as_millisecond();
            start.is_none_or(|start| at >= start) && end.is_none_or(|end| at <= end)
        })
        .filter(|event| names.is_empty() || names.contains(&event.stream.as_str()))
        .filter(|event| event.stream.starts_with(prefix) && pattern.meets(&event.message))
        .map(|event| {
            let at = event.at.as_millisecond();
            let number = Chance::of(&format!("{}/{at}/{}", event.stream, event.message)).number();
            json!({
                "logStreamName": event.stream, "timestamp": at, "message": event.message, "ingestionTime": at + 1800,
                "eventId": format!("{at:020}{number:020}"),
            })
        })
        .collect();
    let mut answer = paged(call, "events", found, limit(call, 10_000, 10_000))?;
    answer.insert("searchedLogStreams".to_owned(), json!([]));
    Ok(Value::Object(answer))
}
