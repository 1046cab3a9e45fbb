//! One value, drawn, aligned and printed as JSON.

use std::fmt::Write as _;

use serde_json::{Number, Value as Json, json};

use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::time::{human_duration, human_duration_changes_in};
use crate::fleet::{Timestamp, Verdict};
use crate::ui::role::Role;
use crate::ui::text::{Align, escape, thousands};
use crate::ui::value::Value;
use crate::ui::widgets::spark;

/// The glyph of a verdict.
pub fn verdict_glyph(verdict: Verdict, ascii: bool) -> &'static str {
    match (verdict, ascii) {
        (Verdict::Ok, false) => "●",
        (Verdict::Ok, true) => "o",
        (Verdict::Progressing, false) => "◌",
        (Verdict::Progressing, true) => ".",
        (Verdict::Warning, false) => "▲",
        (Verdict::Warning, true) => "!",
        (Verdict::Critical, false) => "✖",
        (Verdict::Critical, true) => "X",
        (Verdict::Unknown, false) => "○",
        (Verdict::Unknown, true) => "?",
    }
}

/// What a verdict's colour means.
pub fn verdict_role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Ok => Role::Good,
        Verdict::Progressing => Role::Progressing,
        Verdict::Warning => Role::Warning,
        Verdict::Critical => Role::Critical,
        Verdict::Unknown => Role::Unknown,
    }
}

/// Nothing to say.
pub fn nothing(ascii: bool) -> &'static str {
    if ascii { "-" } else { "–" }
}

/// Writes a value as the screen shows it, escaped.
pub fn write(value: &Value<'_>, now: Timestamp, ascii: bool, out: &mut String) {
    match value {
        Value::Nothing => out.push_str(nothing(ascii)),
        Value::Unknown => out.push_str(verdict_glyph(Verdict::Unknown, ascii)),
        Value::Text(text) => out.push_str(&escape(text)),
        Value::Count(count) if *count < 10_000 => {
            let _ = write!(out, "{count}");
        }
        Value::Count(count) => out.push_str(&thousands(*count)),
        Value::Ratio { have, want } => {
            let _ = write!(out, "{have}/{want}");
        }
        Value::Age(at) | Value::Instant(at) if at.is_never() => out.push_str(nothing(ascii)),
        Value::Age(at) => out.push_str(&human_duration(at.seconds_before(now))),
        Value::Instant(at) => {
            // 2026-11-21T10:42:07Z: the time alone says enough within a day.
            let text = at.rfc3339();
            let is_near = at.seconds_before(now).abs() < 86_400;
            let (date, time) = (text.get(..10).unwrap_or_default(), text.get(11..19).unwrap_or_default());
            let _ = if is_near { write!(out, "{time}") } else { write!(out, "{date} {time}") };
        }
        Value::Duration(seconds) => out.push_str(&human_duration(*seconds)),
        Value::Cpu(millis) => out.push_str(&human_cpu(*millis)),
        Value::Bytes(bytes) => out.push_str(&human_bytes(*bytes)),
        Value::Share { of: 0, .. } => out.push_str(nothing(ascii)),
        Value::Share { used, of } => {
            let percent = u128::from(*used) * 100 / u128::from(*of);
            let _ = write!(out, "{percent} %");
        }
        Value::Verdict(verdict) => out.push_str(verdict_glyph(*verdict, ascii)),
        Value::Flag(true) => out.push_str("yes"),
        Value::Flag(false) => out.push_str("no"),
        Value::Measured { words, .. } => out.push_str(&escape(words)),
        Value::Series(points) if points.iter().all(Option::is_none) => out.push_str(nothing(ascii)),
        Value::Series(points) => spark::draw(points, ascii, out),
    }
}

/// Numbers align right; words and absent values have no say (`None`).
pub fn align(value: &Value<'_>) -> Option<Align> {
    match value {
        Value::Nothing | Value::Unknown => None,
        Value::Text(_) | Value::Instant(_) | Value::Verdict(_) | Value::Flag(_) | Value::Series(_) => {
            Some(Align::Left)
        }
        Value::Count(_)
        | Value::Ratio { .. }
        | Value::Age(_)
        | Value::Duration(_)
        | Value::Cpu(_)
        | Value::Bytes(_)
        | Value::Share { .. }
        | Value::Measured { .. } => Some(Align::Right),
    }
}

/// The value of the JSON contract.
pub fn json(value: &Value<'_>) -> Json {
    let fraction = |number: f64| Number::from_f64(number).map_or(Json::Null, Json::Number);
    match value {
        Value::Nothing | Value::Unknown | Value::Share { of: 0, .. } => Json::Null,
        Value::Text(text) => Json::from(text.as_ref()),
        Value::Count(count) => Json::from(*count),
        Value::Ratio { have, want } => json!({"have": have, "want": want}),
        Value::Age(at) | Value::Instant(at) => at.known().map_or(Json::Null, |at| Json::from(at.rfc3339())),
        Value::Duration(seconds) => Json::from(*seconds),
        Value::Cpu(millis) => fraction(*millis as f64 / 1000.0),
        Value::Bytes(bytes) => Json::from(*bytes),
        Value::Share { used, of } => fraction(*used as f64 / *of as f64),
        Value::Verdict(verdict) => Json::from(verdict.as_str()),
        Value::Flag(flag) => Json::from(*flag),
        Value::Measured { number, .. } => fraction(*number),
        Value::Series(points) => {
            points.iter().map(|point| point.map_or(Json::Null, fraction)).collect::<Vec<_>>().into()
        }
    }
}

/// When the text of the value changes by the clock alone.
pub fn changes_at(value: &Value<'_>, now: Timestamp) -> Option<Timestamp> {
    match value {
        Value::Age(at) if !at.is_never() => {
            let wait = human_duration_changes_in(at.seconds_before(now));
            Some(Timestamp::from_seconds(now.seconds() + wait))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-21T10:42:07Z";

    fn shown(value: &Value<'_>) -> String {
        let mut out = String::new();
        write(value, Timestamp::parse(NOW), false, &mut out);
        out
    }

    #[test]
    fn a_value_is_drawn_and_printed_without_disagreeing() {
        let at = Timestamp::parse("2026-11-21T08:42:07Z");
        for (value, text, data) in [
            (Value::Nothing, "–", Json::Null),
            (Value::Unknown, "○", Json::Null),
            (Value::text("a\u{1b}b"), "a␛b", json!("a\u{1b}b")),
            (Value::Count(123_456), "123,456", json!(123_456)),
            (Value::Ratio { have: 1, want: 2 }, "1/2", json!({"have": 1, "want": 2})),
            (Value::Age(at), "120m", json!("2026-11-21T08:42:07Z")),
            (Value::Age(Timestamp::NEVER), "–", Json::Null),
            (Value::Instant(at), "08:42:07", json!("2026-11-21T08:42:07Z")),
            (Value::Duration(90), "90s", json!(90)),
            (Value::Cpu(250), "250m", json!(0.25)),
            (Value::Bytes(512 << 20), "512 Mi", json!(536_870_912)),
            (Value::Share { used: 41, of: 100 }, "41 %", json!(0.41)),
            (Value::Share { used: 41, of: 0 }, "–", Json::Null),
            (Value::Verdict(Verdict::Critical), "✖", json!("critical")),
            (Value::Flag(true), "yes", json!(true)),
            (Value::Measured { number: 0.25, words: "250 ms".into() }, "250 ms", json!(0.25)),
            (Value::Series(&[Some(1.0), None, Some(3.0)]), "▁ █", json!([1.0, null, 3.0])),
            (Value::Series(&[None]), "–", json!([null])),
        ] {
            assert_eq!(shown(&value), text, "{value:?}");
            assert_eq!(json(&value), data, "{value:?}");
        }
        assert_eq!(shown(&Value::Instant(Timestamp::parse("2026-01-02T03:04:05Z"))), "2026-01-02 03:04:05");
    }
}
