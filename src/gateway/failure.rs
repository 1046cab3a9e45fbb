//! What went wrong with a request: [`Failure`] is what a source needs to decide what to do next, its
//! [`Problem`] is what a person needs. This is the one place where HTTP, TLS and Kubernetes errors become words.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::body::Form;
use super::protobuf;
use crate::fleet::{Problem, ProblemKind, ResourceType, Timestamp};

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What to do about it, as far as a source is concerned.
    pub cause: Cause,
    /// What to tell.
    pub problem: Problem,
}

/// What a failed request means for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// 401 after the credentials were renewed, or credentials that cannot be had at all.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    Missing,
    /// 405, or 400 to a watch: the server does not offer this verb for this kind.
    NotOffered,
    /// 406: the server cannot answer in the form that was asked for.
    NotAcceptable,
    /// 410: the resource version or the page is too old.
    Gone,
    /// 429 or 503 with a wish: try again after this long.
    Busy(Duration),
    /// Another 5xx.
    Server,
    /// No answer: refused, timed out, cut off, not trusted, or not the API.
    Lost,
    /// An answer that cannot be understood.
    Malformed,
    /// This program refused to send it, or sent nonsense.
    Refused,
}

/// What a request was meant to do; names the missing right when it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The RBAC verb: `get`, `list`, `watch`, `create`.
    pub verb: &'static str,
    /// The kind, when there is one; `/version` has none.
    pub resource: Option<ResourceType>,
    /// For example `log`.
    pub subresource: Option<&'static str>,
    /// The namespace; `None` for all of them, or for a cluster-scoped kind.
    pub namespace: Option<String>,
}

impl Intent {
    /// Something that is not about a kind: `/version`, discovery, a review.
    pub const fn plain() -> Self {
        Self { verb: "get", resource: None, subresource: None, namespace: None }
    }

    /// A verb on a kind.
    pub fn on(verb: &'static str, resource: &ResourceType, namespace: Option<&str>) -> Self {
        let namespace = namespace.filter(|_| resource.namespaced).map(str::to_owned);
        Self { verb, resource: Some(resource.clone()), subresource: None, namespace }
    }

    /// `list pods in all namespaces`, `get pods/log in namespace web`, `list nodes`.
    pub fn words(&self) -> Option<String> {
        let resource = self.resource.as_ref()?;
        let place = match &self.namespace {
            Some(namespace) => format!(" in namespace {namespace}"),
            None if resource.namespaced => " in all namespaces".to_owned(),
            None => String::new(),
        };
        Some(format!("{} {}{place}", self.verb, self.rule_resource(&resource.qualified())))
    }

    fn rule_resource(&self, name: &str) -> String {
        self.subresource.map_or_else(|| name.to_owned(), |sub| format!("{name}/{sub}"))
    }

    /// The rule that would allow it, as somebody writes it into a Role.
    fn rule(&self) -> Option<String> {
        let resource = self.resource.as_ref()?;
        let verbs = if self.verb == "list" || self.verb == "watch" {
            r#"["get", "list", "watch"]"#.to_owned()
        } else {
            format!("[\"{}\"]", self.verb)
        };
        let role = if self.namespace.is_some() { "Role" } else { "ClusterRole" };
        Some(format!(
            "ask for a {role} with the rule apiGroups: [\"{}\"], resources: [\"{}\"], verbs: {verbs}",
            resource.group,
            self.rule_resource(&resource.plural),
        ))
    }
}

/// Whom a request went to; named in every message about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// `host:port`.
    pub address: String,
    /// The kubeconfig context, for commands that a hint spells out.
    pub context: Option<String>,
    /// What renews the credentials, for example `aws sso login --profile prod`.
    pub login: Option<String>,
}

impl Failure {
    pub(super) fn new(cause: Cause, kind: ProblemKind, message: impl Into<String>) -> Self {
        Self { cause, problem: Problem::new(kind, message) }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.problem = self.problem.with_hint(hint);
        self
    }

    /// How long the server wants to be left alone, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.cause {
            Cause::Busy(after) => Some(after),
            _ => None,
        }
    }

    /// The server did not answer in time.
    pub(super) fn timed_out(peer: &Peer, after: Duration) -> Self {
        let message = format!("{} did not answer within {} s", peer.address, after.as_secs().max(1));
        Self::new(Cause::Lost, ProblemKind::Unreachable, message)
    }

    /// The answer stopped in the middle.
    pub(super) fn cut(peer: &Peer, error: &(dyn Error + 'static)) -> Self {
        let message = format!("the answer of {} was cut off: {}", peer.address, root_cause(error));
        Self::new(Cause::Lost, ProblemKind::Unreachable, message)
    }

    /// The answer is complete, but it is not what a Kubernetes API says.
    pub fn malformed(what: &str, error: &serde_json::Error) -> Self {
        // Only the position: serde's text may quote what it read, and that may be anything.
        let message = format!(
            "{what} cannot be understood at line {}, column {}{}",
            error.line(),
            error.column(),
            if error.is_eof() { ": it ends in the middle" } else { "" }
        );
        Self::new(Cause::Malformed, ProblemKind::Malformed, message)
    }

    /// The same of an answer in protobuf.
    pub fn malformed_protobuf(what: &str, error: &protobuf::Error) -> Self {
        Self::new(Cause::Malformed, ProblemKind::Malformed, format!("{what} cannot be understood: {error}"))
    }
}

/// A `metav1.Status`, the form of every refusal of the API server and of a watch's ERROR event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatusAnswer {
    kind: String,
    message: String,
    reason: String,
    code: u16,
    details: Option<StatusDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusDetails {
    retry_after_seconds: Option<u64>,
}

/// An answer that is not a success.
pub(super) fn refused(
    peer: &Peer,
    intent: &Intent,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Failure {
    if let Some(failure) = not_kubernetes(peer, headers, body)
        && status != StatusCode::UNAUTHORIZED
    {
        return failure;
    }
    let (answer, body): (StatusAnswer, &[u8]) = match Form::of(headers) {
        Form::Json => (serde_json::from_slice(body).unwrap_or_default(), body),
        // Nobody could read its bytes where its words are missing.
        Form::Protobuf => (protobuf::status(body).unwrap_or_default(), b""),
    };
    let after = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok())
        .map(Duration::from_secs);
    said(peer, intent, status.as_u16(), &answer, after, body)
}

/// What a watch says in an ERROR event.
pub fn error_event(peer: &Peer, intent: &Intent, answer: &StatusAnswer) -> Failure {
    let code = if answer.code == 0 { 500 } else { answer.code };
    said(peer, intent, code, answer, None, b"")
}

fn said(
    peer: &Peer,
    intent: &Intent,
    code: u16,
    answer: &StatusAnswer,
    after: Option<Duration>,
    body: &[u8],
) -> Failure {
    let words = intent.words();
    let doing = words.as_deref().unwrap_or("talk to the API server");
    let text =
        if answer.kind == "Status" || answer.code != 0 { one_line(&answer.message) } else { String::new() };
    let after = after
        .or_else(|| answer.details.as_ref().and_then(|d| d.retry_after_seconds).map(Duration::from_secs));
    match code {
        401 => unauthorized(peer),
        403 => forbidden(peer, intent, doing, &text),
        404 if matches!(intent.verb, "list" | "watch") && intent.resource.is_some() => {
            let kind = intent.resource.as_ref().map(ResourceType::qualified).unwrap_or_default();
            Failure::new(Cause::Missing, ProblemKind::NotFound, format!("the API server offers no {kind}"))
        }
        404 => Failure::new(
            Cause::Missing,
            ProblemKind::NotFound,
            or(text, format!("cannot {doing}: not found")),
        ),
        405 => Failure::new(
            Cause::NotOffered,
            ProblemKind::User,
            format!("the API server does not offer to {doing}"),
        ),
        406 => Failure::new(
            Cause::NotAcceptable,
            ProblemKind::Malformed,
            or(text, "cannot answer so".to_owned()),
        ),
        409 => {
            Failure::new(Cause::Refused, ProblemKind::Conflict, or(text, format!("cannot {doing}: conflict")))
        }
        410 => {
            Failure::new(Cause::Gone, ProblemKind::Malformed, or(text, "what was read is too old".to_owned()))
        }
        400 if body.starts_with(b"Client sent an HTTP request to an HTTPS server") => {
            Failure::new(Cause::Lost, ProblemKind::Unreachable, format!("{} speaks TLS", peer.address))
                .hint("write https:// instead of http:// into the kubeconfig's server")
        }
        429 | 503 if code == 429 || after.is_some() => {
            let wait = after.unwrap_or(Duration::from_secs(1));
            let what = if code == 429 { "asks for fewer requests" } else { "is not ready" };
            let message = format!("the API server {what}; again in {} s", wait.as_secs());
            Failure::new(Cause::Busy(wait), ProblemKind::Throttled, message)
        }
        500..=599 => {
            let detail = or(
                text,
                StatusCode::from_u16(code)
                    .ok()
                    .and_then(|s| s.canonical_reason())
                    .unwrap_or("")
                    .to_lowercase(),
            );
            let message = format!("the API server cannot {doing}: {code} {detail}");
            Failure::new(Cause::Server, ProblemKind::Unreachable, message.trim_end().to_owned())
        }
        _ if answer.reason == "Expired" => Failure::new(Cause::Gone, ProblemKind::Malformed, text),
        _ => {
            let message =
                format!("cannot {doing}: {code} {}", or(text, one_line(&String::from_utf8_lossy(body))));
            Failure::new(Cause::NotOffered, ProblemKind::User, message.trim_end().to_owned())
        }
    }
}

fn or(text: String, otherwise: String) -> String {
    if text.is_empty() { otherwise } else { text }
}

fn unauthorized(peer: &Peer) -> Failure {
    let message = format!("{} does not accept the credentials (401)", peer.address);
    let failure = Failure::new(Cause::Unauthorized, ProblemKind::Credentials, message);
    let failure = match &peer.login {
        Some(login) => failure.hint(login.clone()),
        None => failure,
    };
    match &peer.context {
        Some(context) => failure.hint(format!("kubectl --context {context} auth whoami")),
        None => failure,
    }
}

fn forbidden(peer: &Peer, intent: &Intent, doing: &str, text: &str) -> Failure {
    let who = text.split_once("User \"").and_then(|(_, rest)| rest.split_once('"')).map(|(user, _)| user);
    let message = match (intent.resource.is_some(), who) {
        (true, Some(who)) => format!("forbidden: {doing} as {who}"),
        (true, None) => format!("forbidden: {doing}"),
        (false, _) if !text.is_empty() => text.to_owned(),
        (false, _) => format!("forbidden: {doing}"),
    };
    let mut failure = Failure::new(Cause::Forbidden, ProblemKind::Forbidden, message);
    if let Some(rule) = intent.rule() {
        failure = failure.hint(rule);
    }
    if let (Some(context), Some(resource)) = (&peer.context, &intent.resource) {
        let place = match &intent.namespace {
            Some(namespace) => format!(" -n {namespace}"),
            None if resource.namespaced => " -A".to_owned(),
            None => String::new(),
        };
        let name = resource.qualified();
        failure =
            failure.hint(format!("kubectl --context {context} auth can-i {} {name}{place}", intent.verb));
    }
    failure
}

/// An answer that no Kubernetes API gives: a login page, a proxy's error page.
pub(super) fn not_kubernetes(peer: &Peer, headers: &HeaderMap, body: &[u8]) -> Option<Failure> {
    let html_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("text/html"));
    let html_body = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
    (html_type || html_body).then(|| {
        let message = format!("{} answered HTML, not the Kubernetes API", peer.address);
        Failure::new(Cause::Lost, ProblemKind::Unreachable, message)
            .hint("is a proxy or a login page in front? open the address in a browser")
    })
}

/// No answer: what the transport says, from the outermost error down to its root.
pub(super) fn transport(peer: &Peer, error: &(dyn Error + 'static)) -> Failure {
    let lost = |message: String| Failure::new(Cause::Lost, ProblemKind::Unreachable, message);
    let address = &peer.address;
    for error in chain(error) {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return untrusted(peer, tls);
        }
        let text = error.to_string();
        if text.contains("dns error") || text.contains("failed to lookup address") {
            let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
            return lost(format!("no address is known for {host}"))
                .hint("is a VPN or a DNS resolver missing?");
        }
        if text.contains("connection closed before message completed") {
            return lost(format!("{address} closed the connection without an answer"));
        }
        if text.contains("record overflow") || text.contains("invalid HTTP version") {
            return lost(format!("{address} does not speak HTTP"));
        }
    }
    let io = chain(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind);
    match io {
        Some(io::ErrorKind::ConnectionRefused) => {
            lost(format!("{address} refuses connections")).hint("is the API server up, and the port right?")
        }
        Some(io::ErrorKind::TimedOut) => lost(format!("{address} cannot be reached: connecting timed out"))
            .hint("is a VPN needed, or is this network not allowed to reach the endpoint?"),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            lost(format!("there is no route to {address}"))
        }
        Some(
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe,
        ) => lost(format!("{address} closed the connection")),
        Some(io::ErrorKind::UnexpectedEof) => {
            lost(format!("{address} closed the connection without an answer"))
        }
        _ => lost(format!("{address} cannot be reached: {}", root_cause(error))),
    }
}

fn untrusted(peer: &Peer, error: &rustls::Error) -> Failure {
    use rustls::CertificateError as C;
    let address = &peer.address;
    let certificate = |message: String| Failure::new(Cause::Lost, ProblemKind::Certificate, message);
    let instant = |time: &rustls::pki_types::UnixTime| {
        Timestamp::from_seconds(i64::try_from(time.as_secs()).unwrap_or(0)).rfc3339()
    };
    match error {
        rustls::Error::InvalidCertificate(invalid) => match invalid {
            C::ExpiredContext { not_after, .. } => {
                certificate(format!("the certificate of {address} expired at {}", instant(not_after)))
            }
            C::Expired => certificate(format!("the certificate of {address} expired")),
            C::NotValidYetContext { not_before, time } => certificate(format!(
                "the certificate of {address} is valid from {}, and here it is {}",
                instant(not_before),
                instant(time)
            ))
            .hint("is the clock of this machine right?"),
            C::NotValidYet => certificate(format!("the certificate of {address} is not valid yet"))
                .hint("is the clock of this machine right?"),
            // A cluster that was made anew has a CA of the same name with another key: then the signature is what is wrong.
            C::UnknownIssuer | C::BadSignature => {
                certificate(format!("the certificate of {address} is not signed by a CA that is trusted here"))
                    .hint("is certificate-authority-data of this cluster there and current? `aws eks update-kubeconfig` writes it anew")
            }
            C::NotValidForNameContext { expected, presented } => {
                let names = presented.iter().take(6).map(|name| bare_name(name)).collect::<Vec<_>>().join(", ");
                certificate(format!(
                    "the certificate of {address} is for {names}, not for {}",
                    expected.to_str()
                ))
                .hint("set tls-server-name of this cluster in the kubeconfig to one of those names")
            }
            C::NotValidForName => certificate(format!("the certificate of {address} is for another name"))
                .hint("set tls-server-name of this cluster in the kubeconfig"),
            other => certificate(format!("the certificate of {address} is not accepted: {other}")),
        },
        rustls::Error::InvalidMessage(_) => Failure::new(
            Cause::Lost,
            ProblemKind::Unreachable,
            format!("{address} does not speak TLS"),
        )
        .hint("is it a plain HTTP port? then the kubeconfig's server must begin with http://"),
        rustls::Error::AlertReceived(alert) => {
            let failure = certificate(format!("{address} ended the TLS handshake: {alert:?}"));
            match alert {
                rustls::AlertDescription::CertificateExpired
                | rustls::AlertDescription::BadCertificate
                | rustls::AlertDescription::CertificateUnknown
                | rustls::AlertDescription::UnknownCA
                | rustls::AlertDescription::CertificateRequired => {
                    failure.hint("it does not accept the client certificate: is it expired, or of another CA?")
                }
                _ => failure,
            }
        }
        other => certificate(format!("no TLS with {address}: {other}")),
    }
}

/// `api.example.com` of `DnsName("api.example.com")`, which is how names of certificates arrive.
fn bare_name(name: &str) -> String {
    one_line(name.split('"').nth(1).unwrap_or(name))
}

/// The errors from the outside in. `io::Error` hides the error it wraps from `source`, so that one is opened too.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *error;
        let inner = error.downcast_ref::<io::Error>().and_then(|io| io.get_ref());
        inner.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
    .take(16)
}

/// The innermost text. Outer errors of the HTTP stack say "client error (Connect)" and repeat what is inside.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(|error| one_line(&error.to_string())).unwrap_or_default()
}

/// A text from outside as part of a message: one line, no control characters, at most 300 characters.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if !(c == ' ' && line.ends_with(' ')) {
            line.push(c);
        }
        if line.chars().count() >= 300 {
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests;
