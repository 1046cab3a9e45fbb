//! What a service answers when it does not do what it was asked.

use serde_json::Value;

/// An error of a service, before its protocol gives it a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The HTTP status code.
    pub(crate) status: u16,
    /// The error's code, like `ResourceNotFoundException`.
    pub(crate) code: String,
    /// What it says to people.
    pub(crate) message: String,
    /// Further fields that the error has, where the protocol is JSON.
    pub(crate) more: Option<Box<Value>>,
}

impl Failure {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), more: None }
    }

    /// The same with further fields.
    pub(crate) fn with(self, more: Value) -> Self {
        Self { more: Some(Box::new(more)), ..self }
    }

    /// The answer to an operation that AWS knows and this account's simulator does not.
    pub(crate) fn not_built(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("the simulator does not answer {what}"))
    }
}

/// Reasons why any service refuses any operation; each protocol has own words for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No signature.
    Unsigned,
    /// An access key nobody has.
    UnknownKey,
    /// Temporary credentials past their end.
    Expired,
    /// The caller lacks the permission.
    Denied,
    /// Too many requests.
    Throttled,
    /// A signature made by a clock that is minutes off.
    Skewed,
    /// A signature by another secret.
    WrongSignature,
    /// The service has a fault of its own.
    Internal,
    /// The service is away for the moment.
    Unavailable,
}
