//! The forms in which the services of AWS read requests and write answers.
//!
//! A service works on plain JSON values under the names of its own wire format; a [`Protocol`] reads a request into one
//! and writes one as an answer. In XML an array is an element that is repeated; `null` is an element left out.

pub(crate) mod cbor;
pub(crate) mod query;
pub(crate) mod refusal;
pub(crate) mod xml;

use serde_json::{Map, Value, json};

use self::refusal::Words;
use super::asked::Asked;
use super::failure::Failure;

/// How a service talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Paths and JSON.
    RestJson,
    /// Paths and XML of a namespace.
    RestXml(&'static str),
    /// Paths and XML as S3 has them.
    S3,
    /// A form in, XML of a namespace out.
    Query(&'static str),
    /// The same in EC2's dialect.
    Ec2(&'static str),
    /// JSON, the operation in a header. The version is `1.0` or `1.1`.
    Json(&'static str),
    /// Smithy RPC v2 in CBOR.
    Cbor,
}

/// An answer before it is dressed in the headers that all have.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Protocol {
    /// The operation and the parameters of a request, where the protocol itself tells them. Paths are the service's
    /// business.
    ///
    /// # Errors
    /// When the request is none of this protocol.
    pub(crate) fn read(self, asked: &Asked) -> Result<(String, Value), Failure> {
        match self {
            Self::RestJson | Self::RestXml(_) | Self::S3 => {
                Err(Failure::new(404, "UnknownOperationException", asked.path.clone()))
            }
            Self::Query(_) | Self::Ec2(_) => {
                let mut pairs = asked.form();
                pairs.extend(asked.query.iter().cloned());
                query::read(&pairs)
            }
            Self::Json(_) => {
                let target = asked.header("x-amz-target");
                let operation = target.rsplit_once('.').map_or(target, |(_, operation)| operation);
                if operation.is_empty() {
                    return Err(Failure::new(400, "UnknownOperationException", "no X-Amz-Target"));
                }
                Ok((operation.to_owned(), json_body(asked)?))
            }
            Self::Cbor => cbor::read(asked),
        }
    }

    /// The answer to an operation that was done.
    pub(crate) fn reply(self, operation: &str, value: &Value, id: &str) -> Answer {
        let answer = |media, body| Answer { status: 200, media, headers: Vec::new(), body };
        match self {
            Self::RestJson => answer("application/json", value.to_string().into_bytes()),
            Self::Json(version) => answer(json_media(version), value.to_string().into_bytes()),
            Self::Cbor => cbor::reply(value),
            Self::RestXml(namespace) => {
                answer("text/xml", xml::document(&format!("{operation}Response"), Some(namespace), value))
            }
            // The object itself: here, always a lock.
            Self::S3 if operation == "GetObject" => {
                answer("application/json", value.to_string().into_bytes())
            }
            Self::S3 => {
                let root = value.as_object().and_then(|fields| fields.iter().next());
                let body = root.map(|(root, value)| {
                    xml::document(root, Some("http://s3.amazonaws.com/doc/2006-03-01/"), value)
                });
                answer("application/xml", body.unwrap_or_default())
            }
            Self::Query(namespace) => {
                let mut fields = serde_json::Map::new();
                fields.insert(format!("{operation}Result"), value.clone());
                fields.insert("ResponseMetadata".to_owned(), json!({"RequestId": id}));
                let root = format!("{operation}Response");
                answer("text/xml", xml::document(&root, Some(namespace), &Value::Object(fields)))
            }
            Self::Ec2(namespace) => {
                let mut fields = serde_json::Map::new();
                fields.insert("requestId".to_owned(), json!(id));
                fields.extend(value.as_object().cloned().unwrap_or_default());
                let root = format!("{operation}Response");
                answer(
                    "text/xml;charset=UTF-8",
                    xml::document(&root, Some(namespace), &Value::Object(fields)),
                )
            }
        }
    }

    /// The answer to an operation that failed.
    pub(crate) fn fail(self, failure: &Failure, id: &str) -> Answer {
        let Failure { status, code, message, more } = failure;
        let answer = |media, headers, body| Answer { status: *status, media, headers, body };
        let side = if *status >= 500 { "Receiver" } else { "Sender" };
        match self {
            Self::RestJson => {
                let headers = vec![("x-amzn-errortype", code.clone())];
                answer("application/json", headers, json!({"message": message}).to_string().into_bytes())
            }
            Self::Json(version) => {
                let headers = vec![("x-amzn-errortype", code.clone())];
                let mut body =
                    Map::from_iter([("__type".into(), json!(code)), ("message".into(), json!(message))]);
                body.extend(more.as_deref().and_then(Value::as_object).cloned().unwrap_or_default());
                answer(json_media(version), headers, Value::Object(body).to_string().into_bytes())
            }
            Self::Cbor => cbor::fail(failure, side),
            Self::RestXml(namespace) | Self::Query(namespace) => {
                let error =
                    json!({"Error": {"Type": side, "Code": code, "Message": message}, "RequestId": id});
                answer("text/xml", Vec::new(), xml::document("ErrorResponse", Some(namespace), &error))
            }
            Self::S3 => {
                let error = json!({"Code": code, "Message": message, "RequestId": id});
                answer("application/xml", Vec::new(), xml::document("Error", None, &error))
            }
            Self::Ec2(_) => {
                let error = json!({"Errors": {"Error": {"Code": code, "Message": message}}, "RequestID": id});
                answer("text/xml;charset=UTF-8", Vec::new(), xml::document("Response", None, &error))
            }
        }
    }

    /// In whose words this protocol refuses.
    pub(crate) fn words(self) -> Words {
        match self {
            Self::RestJson => Words::RestJson,
            Self::Json(_) => Words::Json,
            Self::Ec2(_) => Words::Ec2,
            Self::S3 => Words::S3,
            Self::Cbor | Self::Query(_) | Self::RestXml(_) => Words::Query,
        }
    }
}

fn json_media(version: &str) -> &'static str {
    if version == "1.0" { "application/x-amz-json-1.0" } else { "application/x-amz-json-1.1" }
}

/// A body that is JSON, or empty.
pub(crate) fn json_body(asked: &Asked) -> Result<Value, Failure> {
    if asked.body.is_empty() {
        return Ok(json!({}));
    }
    let unreadable = || Failure::new(400, "SerializationException", "the body is not JSON");
    let text = std::str::from_utf8(&asked.body).map_err(|_| unreadable())?;
    text.parse().map_err(|_| unreadable())
}
