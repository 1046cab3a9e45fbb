//! Writes protobuf as an API server does, for tests: by hand, and from the JSON of a list.

use serde_json::Value;

use super::schema::{self, Arity, Field, Message, Shape};

/// A field that holds a number.
pub(super) fn number(into: &mut Vec<u8>, field: u32, value: i64) {
    varint(into, u64::from(field) << 3);
    varint(into, value.cast_unsigned());
}

/// A field that holds bytes.
pub(super) fn bytes(into: &mut Vec<u8>, field: u32, value: &[u8]) {
    varint(into, u64::from(field) << 3 | 2);
    varint(into, value.len() as u64);
    into.extend_from_slice(value);
}

fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// `k8s\0` and a `runtime.Unknown`, with the two empty texts that are always there.
pub(super) fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let (mut meta, mut unknown) = (Vec::new(), b"k8s\0".to_vec());
    bytes(&mut meta, 1, api_version.as_bytes());
    bytes(&mut meta, 2, kind.as_bytes());
    bytes(&mut unknown, 1, &meta);
    bytes(&mut unknown, 2, raw);
    bytes(&mut unknown, 3, b"");
    bytes(&mut unknown, 4, b"");
    unknown
}

/// An answer, from its JSON. Panics when the JSON has a field that the schema has not, but for those in `unread`.
pub(crate) fn answer(api_version: &str, kind: &str, json: &Value, unread: &[&str]) -> Vec<u8> {
    let message = schema::answer(api_version, kind).unwrap_or_else(|| panic!("{api_version} {kind}"));
    envelope(api_version, kind, &encoded(message, json, unread))
}

fn encoded(message: &Message, json: &Value, unread: &[&str]) -> Vec<u8> {
    for key in json.as_object().map(|map| map.keys()).into_iter().flatten() {
        let is_known = |field: &Field| match field.shape {
            Shape::Inline(inner) => inner.fields.iter().any(|field| field.name == key),
            _ => field.name == key,
        };
        let known = message.fields.iter().any(is_known) || message.fields.is_empty();
        assert!(known || unread.contains(&&**key), "{}.{key} is not in the schema", message.name);
    }
    fields(message, json, unread)
}

fn fields(message: &Message, json: &Value, unread: &[&str]) -> Vec<u8> {
    let mut into = Vec::new();
    for field in message.fields {
        let value = &json[field.name];
        match (field.arity, value) {
            (Arity::One, _) => {
                one(&mut into, field, if field.name.is_empty() { json } else { value }, unread)
            }
            (Arity::Many, Value::Array(values)) => {
                values.iter().for_each(|value| one(&mut into, field, value, unread));
            }
            (Arity::Map, Value::Object(map)) => {
                for (key, value) in map {
                    let mut entry = Vec::new();
                    bytes(&mut entry, 1, key.as_bytes());
                    let text = Field { number: 2, arity: Arity::One, omits_zero: false, name: "", ..*field };
                    one(&mut entry, &text, value, unread);
                    bytes(&mut into, field.number, &entry);
                }
            }
            (_, Value::Null) => {}
            _ => panic!("{}.{}: {value}", message.name, field.name),
        }
    }
    into
}

/// One value. What JSON leaves out when it is zero is written here all the same, as Go does for what is no pointer.
fn one(into: &mut Vec<u8>, field: &Field, value: &Value, unread: &[&str]) {
    let mut inner = Vec::new();
    match field.shape {
        Shape::Text => match value.as_str() {
            Some(text) => bytes(into, field.number, text.as_bytes()),
            None if field.omits_zero => bytes(into, field.number, b""),
            None => {}
        },
        Shape::Bool | Shape::Int => match value.as_i64().or(value.as_bool().map(i64::from)) {
            Some(value) => number(into, field.number, value),
            None if field.omits_zero => number(into, field.number, 0),
            None => {}
        },
        Shape::Quantity => {
            bytes(&mut inner, 1, value.as_str().unwrap_or_default().as_bytes());
            bytes(into, field.number, &inner);
        }
        Shape::Time | Shape::MicroTime => {
            if let Some(instant) = value.as_str().map(|text| text.parse::<jiff::Timestamp>().unwrap()) {
                number(&mut inner, 1, instant.as_second());
                number(&mut inner, 2, i64::from(instant.subsec_nanosecond()));
            }
            bytes(into, field.number, &inner);
        }
        Shape::Message(_) if value.is_null() => {}
        Shape::Message(message) => {
            let inner = encoded(message, value, unread);
            bytes(into, field.number, &inner);
        }
        Shape::Inline(message) => {
            let inner = fields(message, value, unread);
            bytes(into, field.number, &inner);
        }
    }
}
