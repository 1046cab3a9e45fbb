//! Reading and writing fields of JSON objects by path, without ever panicking on an object of another shape.
//!
//! Paths are dotted (`status.phase`). Keys that hold dots or slashes, such as labels, have their own functions.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

static NOTHING: Value = Value::Null;

/// The value at a dotted path, or null.
pub fn at<'a>(object: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(object, |value, key| value.get(key)).unwrap_or(&NOTHING)
}

/// The string at a dotted path, or the empty string.
pub fn text<'a>(object: &'a Value, path: &str) -> &'a str {
    at(object, path).as_str().unwrap_or_default()
}

/// The whole number at a dotted path, or zero.
pub fn number(object: &Value, path: &str) -> i64 {
    at(object, path).as_i64().unwrap_or_default()
}

/// Whether the value at a dotted path is `true`.
pub fn is_true(object: &Value, path: &str) -> bool {
    at(object, path).as_bool().unwrap_or_default()
}

/// The elements of the list at a dotted path; none where there is no list.
pub fn list<'a>(object: &'a Value, path: &str) -> &'a [Value] {
    at(object, path).as_array().map_or(&[], Vec::as_slice)
}

/// The elements of the list at a dotted path, to be changed in place.
pub fn list_mut<'a>(object: &'a mut Value, path: &str) -> impl Iterator<Item = &'a mut Value> {
    let found = path.split('.').try_fold(object, |value, key| value.get_mut(key));
    found.and_then(Value::as_array_mut).into_iter().flatten()
}

/// Writes the value at a dotted path and creates the objects on the way.
pub fn put(object: &mut Value, path: &str, value: Value) {
    let mut place = object;
    for key in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(map) = place else { return };
        place = map.entry(key).or_insert(Value::Null);
    }
    *place = value;
}

/// Removes the value at a dotted path.
pub fn drop_at(object: &mut Value, path: &str) {
    let (parent, key) = path.rsplit_once('.').map_or((None, path), |(parent, key)| (Some(parent), key));
    let place = match parent {
        Some(parent) => parent.split('.').try_fold(object, |value, key| value.get_mut(key)),
        None => Some(object),
    };
    if let Some(map) = place.and_then(Value::as_object_mut) {
        map.shift_remove(key);
    }
}

/// Appends to the list at a dotted path; makes the list where there is none.
pub fn push(object: &mut Value, path: &str, value: Value) {
    if !at(object, path).is_array() {
        put(object, path, json!([]));
    }
    let found = path.split('.').try_fold(object, |place, key| place.get_mut(key));
    if let Some(items) = found.and_then(Value::as_array_mut) {
        items.push(value);
    }
}

/// Name of an object.
pub fn name(object: &Value) -> &str {
    text(object, "metadata.name")
}

/// Namespace of an object, empty for cluster-scoped ones.
pub fn namespace(object: &Value) -> &str {
    text(object, "metadata.namespace")
}

/// Unique id of an object.
pub fn uid(object: &Value) -> &str {
    text(object, "metadata.uid")
}

/// Kind of an object.
pub fn kind(object: &Value) -> &str {
    text(object, "kind")
}

/// The value of a label, or the empty string.
pub fn label<'a>(object: &'a Value, key: &str) -> &'a str {
    at(object, "metadata.labels").get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The value of an annotation, or the empty string.
pub fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    at(object, "metadata.annotations").get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Sets an annotation, whose key may hold dots.
pub fn annotate(object: &mut Value, key: &str, value: impl Into<Value>) {
    set_key(object, "metadata.annotations", key, value.into());
}

/// Sets a label, whose key may hold dots.
pub fn set_label(object: &mut Value, key: &str, value: impl Into<Value>) {
    set_key(object, "metadata.labels", key, value.into());
}

fn set_key(object: &mut Value, path: &str, key: &str, value: Value) {
    if !at(object, path).is_object() {
        put(object, path, json!({}));
    }
    let found = path.split('.').try_fold(object, |place, part| place.get_mut(part));
    if let Some(map) = found.and_then(Value::as_object_mut) {
        map.insert(key.to_owned(), value);
    }
}

/// The condition of a type, or null.
pub fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    list(object, "status.conditions")
        .iter()
        .find(|condition| text(condition, "type") == kind)
        .unwrap_or(&NOTHING)
}

/// Whether the condition of a type is `True`.
pub fn condition_is_true(object: &Value, kind: &str) -> bool {
    text(condition(object, kind), "status") == "True"
}

/// Writes a condition by its type. `lastTransitionTime` stays where the status does not change.
pub fn set_condition(object: &mut Value, mut new: Value) {
    let kind = text(&new, "type").to_owned();
    let old = condition(object, &kind);
    if !old.is_null() && text(old, "status") == text(&new, "status") {
        let since = at(old, "lastTransitionTime").clone();
        put(&mut new, "lastTransitionTime", since);
    }
    for place in list_mut(object, "status.conditions") {
        if text(place, "type") == kind {
            *place = new;
            return;
        }
    }
    push(object, "status.conditions", new);
}

/// The controlling owner of an object: kind, name and unique id.
pub fn controller_of(object: &Value) -> Option<(&str, &str, &str)> {
    list(object, "metadata.ownerReferences")
        .iter()
        .find(|owner| is_true(owner, "controller"))
        .map(|owner| (text(owner, "kind"), text(owner, "name"), text(owner, "uid")))
}

/// Whether an object carries all labels of a selector's `matchLabels`, and meets its `matchExpressions`.
/// An absent selector meets nothing, an empty one everything, as in Kubernetes.
pub fn selects(selector: &Value, object: &Value) -> bool {
    let labels = at(object, "metadata.labels");
    if !selector.is_object() {
        return false;
    }
    let equal = at(selector, "matchLabels").as_object().is_none_or(|wanted| contains(labels, wanted));
    equal && list(selector, "matchExpressions").iter().all(|expression| meets(labels, expression))
}

/// Whether a map of labels holds all wanted pairs: the selector of a Service.
pub fn contains(labels: &Value, wanted: &Map<String, Value>) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Whether labels meet one expression of a selector.
pub fn meets(labels: &Value, expression: &Value) -> bool {
    let found = labels.get(text(expression, "key"));
    let listed = || found.is_some_and(|value| list(expression, "values").contains(value));
    match text(expression, "operator") {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => found.is_some(),
        "DoesNotExist" => found.is_none(),
        _ => false,
    }
}

/// An instant as `metav1.Time` prints it: whole seconds, UTC.
pub fn stamp(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

/// An instant as `metav1.MicroTime` prints it: six decimals, UTC.
pub fn micro_stamp(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// The instant at a dotted path.
pub fn time(object: &Value, path: &str) -> Option<Timestamp> {
    text(object, path).parse().ok()
}

/// Milli-units of a CPU quantity: `250m` is 250, `2` is 2000.
pub fn millicores(quantity: &str) -> i64 {
    match quantity.strip_suffix('m') {
        Some(milli) => milli.parse().unwrap_or_default(),
        None => quantity.parse::<i64>().unwrap_or_default().saturating_mul(1000),
    }
}

/// Bytes of a memory quantity with a binary suffix.
pub fn bytes(quantity: &str) -> i64 {
    let (digits, shift) = match quantity.strip_suffix('i') {
        Some(rest) => match rest.as_bytes().last() {
            Some(b'K') => (rest.trim_end_matches('K'), 10),
            Some(b'M') => (rest.trim_end_matches('M'), 20),
            Some(b'G') => (rest.trim_end_matches('G'), 30),
            Some(b'T') => (rest.trim_end_matches('T'), 40),
            _ => (rest, 0),
        },
        None => (quantity, 0),
    };
    digits.parse::<i64>().unwrap_or_default() << shift
}

/// A CPU quantity as the API server writes it: whole CPUs where possible, milli-units otherwise.
pub fn cpu_quantity(millicores: i64) -> String {
    if millicores % 1000 == 0 { (millicores / 1000).to_string() } else { format!("{millicores}m") }
}

/// A memory quantity as the API server writes it: with the largest binary suffix that divides it.
pub fn memory_quantity(bytes: i64) -> String {
    let suffixes = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let fitting = suffixes.into_iter().find(|(_, shift)| bytes != 0 && bytes % (1 << shift) == 0);
    fitting.map_or_else(|| bytes.to_string(), |(suffix, shift)| format!("{}{suffix}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_through_something_that_is_no_object_reads_as_nothing_and_is_replaced_on_writing() {
        let mut object = json!({"status": "gone"});
        assert_eq!(text(&object, "status.phase"), "");
        put(&mut object, "status.phase", json!("Running"));
        assert_eq!(object, json!({"status": {"phase": "Running"}}));
        drop_at(&mut object, "status.phase");
        assert_eq!(object, json!({"status": {}}));
    }

    #[test]
    fn a_condition_keeps_its_transition_time_while_its_status_stays() {
        let mut object = json!({"status": {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "then"}]}});
        set_condition(
            &mut object,
            json!({"type": "Ready", "status": "True", "reason": "Fine", "lastTransitionTime": "now"}),
        );
        assert_eq!(text(condition(&object, "Ready"), "lastTransitionTime"), "then");
        assert_eq!(text(condition(&object, "Ready"), "reason"), "Fine");
        set_condition(&mut object, json!({"type": "Ready", "status": "False", "lastTransitionTime": "now"}));
        assert_eq!(text(condition(&object, "Ready"), "lastTransitionTime"), "now");
    }

    #[test]
    fn an_absent_selector_selects_nothing_and_an_empty_one_everything() {
        let pod = json!({"metadata": {"labels": {"app": "web"}}});
        assert!(!selects(&Value::Null, &pod));
        assert!(selects(&json!({}), &pod));
        assert!(selects(&json!({"matchLabels": {"app": "web"}}), &pod));
        assert!(!selects(
            &json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}),
            &pod
        ));
    }

    #[test]
    fn quantities_read_as_milli_units_and_bytes() {
        assert_eq!((millicores("250m"), millicores("4")), (250, 4000));
        assert_eq!(
            (bytes("256Mi"), bytes("2Gi"), bytes("10Ki"), bytes("7")),
            (256 << 20, 2 << 30, 10 << 10, 7)
        );
    }

    #[test]
    fn instants_print_as_the_two_kinds_of_kubernetes_time() {
        let at: Timestamp = "2026-11-21T10:42:07.123456789Z".parse().expect("a literal instant");
        assert_eq!(stamp(at), "2026-11-21T10:42:07Z");
        assert_eq!(micro_stamp(at), "2026-11-21T10:42:07.123456Z");
    }
}
