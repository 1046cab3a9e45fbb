//! Reading documents the way the API server's printers do.

use jiff::Timestamp;
use serde_json::Value;

/// The text at a JSON pointer; empty when there is none.
pub(in crate::simulator::api) fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a JSON pointer; 0 when there is none.
pub(in crate::simulator::api) fn int(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or_default()
}

/// The array at a JSON pointer; empty when there is none.
pub(in crate::simulator::api) fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The text, or `<none>` for an empty one.
pub(super) fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text.to_owned() }
}

/// The cell of a number that may be missing.
pub(super) fn cell(value: &Value, path: &str) -> Value {
    value.pointer(path).cloned().unwrap_or(Value::from(0))
}

/// Time since an RFC 3339 instant, as a cell; `<unknown>` when there is none.
pub(super) fn since(instant: &str, now: Timestamp) -> String {
    match instant.parse::<Timestamp>() {
        Ok(at) => human(now.duration_since(at).as_secs()),
        Err(_) => "<unknown>".to_owned(),
    }
}

/// The age of an object.
pub(super) fn age(value: &Value, now: Timestamp) -> Value {
    since(text(value, "/metadata/creationTimestamp"), now).into()
}

/// A duration as `k8s.io/apimachinery/pkg/util/duration.HumanDuration` writes it: two units at most, fewer as it grows.
pub(super) fn human(seconds: i64) -> String {
    let pair = |large: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{large}{unit}"),
        small => format!("{large}{unit}{small}{small_unit}"),
    };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        i64::MIN..=-2 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 24 * 8 => pair(hours / 24, 'd', hours % 24, 'h'),
        _ if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
        _ if hours < 24 * 365 * 8 => pair(hours / 24 / 365, 'y', hours / 24 % 365, 'd'),
        _ => format!("{}y", hours / 24 / 365),
    }
}

/// A label selector object as text, as `metav1.FormatLabelSelector` writes it.
pub(in crate::simulator::api) fn selector(selector: Option<&Value>) -> String {
    let Some(selector) = selector.filter(|it| !it.is_null()) else { return "<none>".to_owned() };
    let mut parts = Vec::new();
    for (name, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        parts.push((name.as_str(), format!("{name}={}", value.as_str().unwrap_or_default())));
    }
    for rule in list(selector, "/matchExpressions") {
        let name = text(rule, "/key");
        let mut values: Vec<&str> = list(rule, "/values").iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        parts.push((
            name,
            match text(rule, "/operator") {
                "In" => format!("{name} in ({values})"),
                "NotIn" => format!("{name} notin ({values})"),
                "DoesNotExist" => format!("!{name}"),
                _ => name.to_owned(),
            },
        ));
    }
    parts.sort();
    or_none(&parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>().join(","))
}

/// A map of labels as text, sorted by name.
pub(super) fn labels(map: Option<&Value>) -> String {
    let map = map.and_then(Value::as_object).into_iter().flatten();
    let mut parts: Vec<String> =
        map.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    parts.sort();
    or_none(&parts.join(","))
}

/// Names and images of containers, each joined by commas.
pub(super) fn containers(template: Option<&Value>) -> (Value, Value) {
    let containers = template.map(|template| list(template, "/spec/containers")).unwrap_or_default();
    let join = |path| containers.iter().map(|it| text(it, path)).collect::<Vec<_>>().join(",");
    (join("/name").into(), join("/image").into())
}

/// `True`, `False` or `<unset>` for a boolean that may be missing.
pub(super) fn claim(value: &Value, path: &str) -> bool {
    value.pointer(path).and_then(Value::as_bool).unwrap_or_default()
}

/// The condition of a type.
pub(in crate::simulator::api) fn condition<'a>(value: &'a Value, kind: &str) -> Option<&'a Value> {
    list(value, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn durations_lose_precision_as_they_grow() {
        let cases = [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (12_000, "3h20m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (176_400, "2d1h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (400_000_000, "12y"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(human(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn a_selector_is_written_in_the_order_of_its_names() {
        let object = json!({"matchLabels": {"b": "2"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["y", "x"]}]});
        assert_eq!(selector(Some(&object)), "a in (x,y),b=2");
        assert_eq!(selector(Some(&json!({}))), "<none>");
    }
}
