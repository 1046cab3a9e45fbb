//! Smithy RPC v2 in CBOR: `POST /service/SERVICE/operation/OPERATION`.
//!
//! Instants are tagged numbers (tag 1). In this account's only service that speaks it, CloudWatch, exactly the fields
//! whose names end in `Timestamp`, `Timestamps` or `Time` are instants.

use ciborium::value::Value as Cbor;
use serde_json::{Map, Number, Value};

use super::super::asked::Asked;
use super::super::failure::Failure;
use super::Answer;

const MEDIA: &str = "application/cbor";
const INSTANT: u64 = 1;

/// The operation and the parameters of a request.
///
/// # Errors
/// When the path or the body is not of this protocol.
pub(crate) fn read(asked: &Asked) -> Result<(String, Value), Failure> {
    let unknown = || Failure::new(404, "UnknownOperationException", asked.path.clone());
    let (_, operation) = asked.path.split_once("/operation/").ok_or_else(unknown)?;
    if asked.header("smithy-protocol") != "rpc-v2-cbor" {
        return Err(unknown());
    }
    if asked.body.is_empty() {
        return Ok((operation.to_owned(), Value::Object(Map::new())));
    }
    let body: Cbor = ciborium::from_reader(asked.body.as_ref())
        .map_err(|_| Failure::new(400, "SerializationException", "the body is not CBOR"))?;
    Ok((operation.to_owned(), plain(body)))
}

/// The answer to an operation that was done.
pub(crate) fn reply(value: &Value) -> Answer {
    Answer { status: 200, media: MEDIA, headers: vec![protocol()], body: written(value) }
}

/// The answer to an operation that failed, with the older name of the error for those who ask for it.
pub(crate) fn fail(failure: &Failure, side: &str) -> Answer {
    let Failure { status, code, message, .. } = failure;
    let body = serde_json::json!({"__type": format!("com.amazonaws.cloudwatch#{code}"), "message": message});
    let headers = vec![protocol(), ("x-amzn-query-error", format!("{code};{side}"))];
    Answer { status: *status, media: MEDIA, headers, body: written(&body) }
}

fn protocol() -> (&'static str, String) {
    ("smithy-protocol", "rpc-v2-cbor".to_owned())
}

fn written(value: &Value) -> Vec<u8> {
    let mut body = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = ciborium::into_writer(&tagged("", value), &mut body);
    body
}

fn tagged(name: &str, value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(truth) => Cbor::Bool(*truth),
        Value::Number(number) if is_instant(name) => {
            Cbor::Tag(INSTANT, Box::new(Cbor::Float(number.as_f64().unwrap_or_default())))
        }
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cbor::Integer(whole.into()),
            None => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(|item| tagged(name, item)).collect()),
        Value::Object(fields) => Cbor::Map(
            fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (Cbor::Text(name.clone()), tagged(name, value)))
                .collect(),
        ),
    }
}

fn is_instant(name: &str) -> bool {
    ["Timestamp", "Timestamps", "Time"].iter().any(|ending| name.ends_with(ending))
}

fn plain(value: Cbor) -> Value {
    match value {
        Cbor::Bool(truth) => Value::Bool(truth),
        Cbor::Integer(whole) => i64::try_from(whole).map_or(Value::Null, Value::from),
        Cbor::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cbor::Text(text) => Value::String(text),
        Cbor::Tag(_, inner) => plain(*inner),
        Cbor::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        Cbor::Map(fields) => Value::Object(
            fields
                .into_iter()
                .filter_map(|(name, value)| Some((name.into_text().ok()?, plain(value))))
                .collect(),
        ),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn instants_are_tagged_and_everything_comes_back_as_it_was() {
        let value = json!({"Timestamps": [1_763_000_000.5], "Values": [1.0, 2.5], "Count": 3, "Name": "a"});
        let bytes = written(&value);
        let read: Cbor = ciborium::from_reader(bytes.as_slice()).unwrap();
        let fields = read.as_map().unwrap();
        assert!(fields[0].1.as_array().unwrap()[0].is_tag());
        assert!(fields[1].1.as_array().unwrap()[0].is_float());
        assert_eq!(plain(read), value);
    }
}
