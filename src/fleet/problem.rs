//! The one error a person sees: what went wrong, and what to do about it.

use std::fmt;
use std::sync::Arc;

/// What sort of problem it is; decides the picture that is drawn and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The request made no sense: a wrong name, flag or setting.
    User,
    /// Nobody has said where to look: no account is named for a cluster, or AWS is switched off. Nothing is wrong.
    Unset,
    /// The API answered 403.
    Forbidden,
    /// Nothing answered, or what answered was not the API.
    Unreachable,
    /// TLS: a certificate that expired, is not yet valid, or is not trusted.
    Certificate,
    /// 401, an exec plugin that failed, an expired login.
    Credentials,
    /// 429, or 503 with a Retry-After.
    Throttled,
    /// 409: the object changed since it was read.
    Conflict,
    /// 404: the object or the kind does not exist.
    NotFound,
    /// The server answered something that cannot be understood.
    Malformed,
    /// Something in this program is wrong.
    Bug,
}

/// A problem, said once: `message` is a lowercase fragment that fits after "failed to …" or a colon and never repeats
/// its cause; `hints` name the next command, the RBAC verb or the setting that would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(Arc<Said>);

#[derive(Debug, PartialEq, Eq)]
struct Said {
    kind: ProblemKind,
    message: String,
    hints: Vec<String>,
}

impl Problem {
    /// Says what is wrong.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Said { kind, message: message.into(), hints: Vec::new() }))
    }

    /// Adds what would help.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        let mut hints = self.0.hints.clone();
        hints.push(hint.into());
        Self(Arc::new(Said { kind: self.0.kind, message: self.0.message.clone(), hints }))
    }

    /// Puts what was attempted in front: `listing pods: <message>`.
    #[must_use]
    pub fn while_doing(self, what: &str) -> Self {
        Self(Arc::new(Said {
            kind: self.0.kind,
            message: format!("{what}: {}", self.0.message),
            hints: self.0.hints.clone(),
        }))
    }

    /// The sort of problem.
    pub fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    /// What is wrong, as a lowercase fragment.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What would help, most likely first.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Problem {}
