//! `Status`, the error object of the Kubernetes API, with the words and codes a real API server uses.

use std::fmt;

use serde_json::{Value, json};

/// A refusal or a failure, as `kind: Status`.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// The machine-readable reason, like `NotFound`; empty where a real server gives none.
    pub reason: &'static str,
    /// What a person reads.
    pub message: String,
    /// The `details` object; `Null` where there is none.
    pub details: Box<Value>,
    /// The `metadata` object.
    pub metadata: Box<Value>,
    /// Seconds for the `Retry-After` header.
    pub retry_after: Option<u32>,
}

impl Status {
    /// A failure without details.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: Box::new(Value::Null),
            metadata: Box::new(json!({})),
            retry_after: None,
        }
    }

    /// The object is not there. `resource` is like `pods` or `deployments.apps`.
    pub fn not_found(resource: &str, name: &str) -> Self {
        Self::about(404, "NotFound", resource, name, format!("{resource} \"{name}\" not found"))
    }

    /// An object of that name is there already.
    pub fn already_exists(resource: &str, name: &str) -> Self {
        Self::about(409, "AlreadyExists", resource, name, format!("{resource} \"{name}\" already exists"))
    }

    /// Somebody else changed the object in between.
    pub fn conflict(resource: &str, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} \"{name}\": {why}");
        Self::about(409, "Conflict", resource, name, message)
    }

    /// The request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// The object breaks a rule; `causes` are triples of field, reason and message.
    pub fn invalid(kind: &str, group: &str, name: &str, causes: &[(&str, &str, String)]) -> Self {
        let what = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let texts: Vec<String> =
            causes.iter().map(|(field, _, message)| format!("{field}: {message}")).collect();
        let text = match texts.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let mut status = Self::new(422, "Invalid", format!("{what} \"{name}\" is invalid: {text}"));
        let causes: Vec<Value> = causes
            .iter()
            .map(|(field, reason, message)| json!({"reason": reason, "message": message, "field": field}))
            .collect();
        *status.details = details(&[("name", name), ("group", group), ("kind", kind)]);
        if let Some(object) = status.details.as_object_mut() {
            object.insert("causes".to_owned(), Value::Array(causes));
        }
        status
    }

    /// The wanted part of history is no longer kept.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// A failure about one object of `resource`.
    pub fn about(code: u16, reason: &'static str, resource: &str, name: &str, message: String) -> Self {
        let (kind, group) = resource.split_once('.').unwrap_or((resource, ""));
        let mut status = Self::new(code, reason, message);
        *status.details = details(&[("name", name), ("group", group), ("kind", kind)]);
        status
    }

    /// The same failure, with a `Retry-After` of so many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The object as it goes over the wire.
    pub fn to_json(&self) -> Value {
        let mut object = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
            "message": self.message,
        });
        if let Some(object) = object.as_object_mut() {
            if !self.reason.is_empty() {
                object.insert("reason".to_owned(), self.reason.into());
            }
            if !self.details.is_null() {
                object.insert("details".to_owned(), (*self.details).clone());
            }
            object.insert("code".to_owned(), self.code.into());
        }
        object
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.message, self.code, self.reason)
    }
}

impl std::error::Error for Status {}

/// A details object of the parts that are not empty, as `omitempty` has it.
fn details(parts: &[(&str, &str)]) -> Value {
    parts
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_object_is_told_as_a_real_server_tells_it() {
        let expected = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "deployments.apps \"nope\" not found", "reason": "NotFound",
            "details": {"name": "nope", "group": "apps", "kind": "deployments"}, "code": 404});
        assert_eq!(Status::not_found("deployments.apps", "nope").to_json(), expected);
        assert!(Status::not_found("pods", "nope").to_json().pointer("/details/group").is_none());
    }

    #[test]
    fn several_causes_of_an_invalid_object_are_listed_in_brackets() {
        let causes = [("a", "FieldValueRequired", "Required value".to_owned()), ("b", "X", "no".to_owned())];
        let status = Status::invalid("Pod", "", "p", &causes);
        assert_eq!(status.message, "Pod \"p\" is invalid: [a: Required value, b: no]");
        assert_eq!(status.to_json().pointer("/details/causes/0/field"), Some(&json!("a")));
    }
}
