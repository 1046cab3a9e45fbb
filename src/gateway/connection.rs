//! One way into one cluster. Cheap to clone; made without touching the network, a file or a plugin: all of that happens
//! in the first request, in the task of the cluster that asks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::aws::{Account, AccountSettings, eks};
use super::body::{self, Answer, Body, Form, Lines};
use super::credentials::{Credentials, Ticket};
use super::failure::{self, Cause, Failure, Intent, Peer};
use super::guard;
use super::kubeconfig::Context;
use super::transport::{self, MakeClient, Way};
use crate::fleet::time::Clock;
use crate::fleet::{ClusterId, Epoch, ProblemKind, Timestamp};

/// `pilothouse/x.y.z`, so that an API server's audit log and priority levels can tell us apart.
const USER_AGENT: &str = concat!("pilothouse/", env!("CARGO_PKG_VERSION"));
/// Refusals are small; whatever stands in front of an API server may answer with a book.
const REFUSAL: usize = 64 * 1024;
/// Signed tokens are good for 15 minutes, so a clock this far off deserves a word when credentials are refused.
const NOTABLE_SKEW: i64 = 60;

/// Where a connection leads.
#[derive(Clone)]
pub enum Target {
    /// A context of a kubeconfig.
    Context(Arc<Context>),
    /// A context whose plugin would sign a token of EKS: it is signed here, over the border of this account.
    Signed(Arc<Context>, Account),
    /// What EKS calls so, in this account and region: EKS says where it is.
    Eks(Account, Arc<str>),
    /// A service in this process.
    Service(EmbeddedService),
}

/// An API server in this process, at the HTTP boundary.
#[derive(Clone)]
pub struct EmbeddedService {
    make: MakeClient,
    server: Option<Arc<str>>,
}

impl Target {
    /// An API server in this process.
    pub fn service<S, B>(service: S) -> Self
    where
        S: tower::Service<http::Request<kube::client::Body>, Response = http::Response<B>>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
        S::Error: Into<tower::BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<tower::BoxError>,
    {
        Self::Service(EmbeddedService { make: transport::embedded(service), server: None })
    }

    /// Known by this URL to whoever names it, for what is in this process has none of its own.
    #[must_use]
    pub fn known_as(self, server: &str) -> Self {
        match self {
            Self::Service(embedded) => {
                Self::Service(EmbeddedService { server: Some(server.into()), ..embedded })
            }
            other => other,
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Context(context) | Self::Signed(context, _) => context.fmt(f),
            Self::Eks(account, name) => f.debug_tuple("Eks").field(account).field(name).finish(),
            Self::Service(_) => f.write_str("Service"),
        }
    }
}

/// How patient a connection is, and what the surroundings demand of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the first byte of an answer may take, and how long an answer may pause.
    pub answer_timeout: Duration,
    /// Namespaces to read when reading all of them is forbidden, besides the one of the context.
    pub namespaces: Vec<String>,
    /// `HTTPS_PROXY`; a cluster's own `proxy-url` wins.
    pub https_proxy: Option<String>,
    /// `NO_PROXY`.
    pub no_proxy: Option<String>,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(30),
            namespaces: Vec::new(),
            https_proxy: None,
            no_proxy: None,
        }
    }
}

/// A request to an API server.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    path: String,
    query: String,
    accept: HeaderValue,
    gzip: bool,
    content: Bytes,
    intent: Intent,
    patience: Option<Duration>,
}

impl Request {
    /// Reads `path`, which is a URL path without a query.
    pub fn get(path: impl Into<String>, intent: Intent) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: String::new(),
            accept: HeaderValue::from_static("application/json"),
            gzip: false,
            content: Bytes::new(),
            intent,
            patience: None,
        }
    }

    /// Sends `content` to `path`. The guard lets only reviews of one's own rights through.
    pub fn post(path: impl Into<String>, content: &serde_json::Value, intent: Intent) -> Self {
        Self { method: Method::POST, content: content.to_string().into(), ..Self::get(path, intent) }
    }

    /// Adds `name=value`; the value is escaped.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let separator = if self.query.is_empty() { '?' } else { '&' };
        self.query.push(separator);
        self.query.push_str(name);
        self.query.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.query.push(char::from(byte));
            } else {
                self.query.push_str(&format!("%{byte:02X}"));
            }
        }
        self
    }

    /// Whether the answer is a watch, as far as the query says.
    pub fn is_watch(&self) -> bool {
        self.query.trim_start_matches('?').split('&').any(|part| part == "watch=1")
    }

    /// Asks for another form than plain JSON.
    #[must_use]
    pub fn accept(mut self, form: &'static str) -> Self {
        self.accept = HeaderValue::from_static(form);
        self
    }

    /// Lets the server gzip its answer: for lists, not for watches, whose events would wait for each other.
    #[must_use]
    pub fn gzipped(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Waits no longer than this for the answer, where the connection would wait longer.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }
}

/// One way into one cluster.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

struct Inner {
    cluster: ClusterId,
    epoch: Epoch,
    target: Target,
    settings: ConnectionSettings,
    clock: Clock,
    opened: Mutex<Option<Arc<Opened>>>,
    /// Seconds the server's clock is ahead of ours.
    skew: AtomicI64,
}

/// What the first request finds out.
struct Opened {
    way: Option<Way>,
    nobody: Credentials,
    /// The client, and the generation of the certificate in it.
    client: Mutex<Option<(u64, kube::Client)>>,
    embedded: Peer,
}

impl Opened {
    fn peer(&self) -> &Peer {
        self.way.as_ref().map_or(&self.embedded, |way| &way.peer)
    }

    fn credentials(&self) -> &Credentials {
        self.way.as_ref().map_or(&self.nobody, |way| &way.credentials)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("cluster", &self.0.cluster)
            .field("epoch", &self.0.epoch)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// A connection that was never used. Nothing is read, run or sent before the first request.
    pub fn new(
        cluster: ClusterId,
        epoch: Epoch,
        target: Target,
        settings: ConnectionSettings,
        clock: Clock,
    ) -> Self {
        let opened = Mutex::new(None);
        Self(Arc::new(Inner { cluster, epoch, target, settings, clock, opened, skew: AtomicI64::new(0) }))
    }

    /// The connection that replaces this one: the kubeconfig is read again, credentials are obtained anew.
    #[must_use]
    pub fn replaced(&self) -> Self {
        let Inner { cluster, epoch, target, settings, clock, .. } = &*self.0;
        Self::new(cluster.clone(), epoch.next(), target.clone(), settings.clone(), Arc::clone(clock))
    }

    /// The cluster it leads to.
    pub fn cluster(&self) -> &ClusterId {
        &self.0.cluster
    }

    /// Which of the cluster's connections it is.
    pub fn epoch(&self) -> Epoch {
        self.0.epoch
    }

    /// True when the API server is in this process.
    pub fn is_embedded(&self) -> bool {
        matches!(self.0.target, Target::Service(_))
    }

    /// How it was told to behave.
    pub fn settings(&self) -> &ConnectionSettings {
        &self.0.settings
    }

    /// Seconds the server's clock is ahead of ours, by the last answer.
    pub fn clock_skew(&self) -> i64 {
        self.0.skew.load(Ordering::Relaxed)
    }

    /// The namespace that the kubeconfig prefers.
    pub async fn preferred_namespace(&self) -> Option<String> {
        let opened = self.opened().await.ok()?;
        opened.way.as_ref().and_then(Way::namespace).map(str::to_owned)
    }

    /// The URLs that mean its API server, as the kubeconfig has them now.
    pub async fn servers(&self) -> Vec<Arc<str>> {
        match &self.0.target {
            Target::Service(EmbeddedService { server, .. }) => server.iter().cloned().collect(),
            // EKS is not asked for it: nothing waits for AWS here.
            Target::Eks(..) => Vec::new(),
            Target::Context(first) | Target::Signed(first, _) => match self.opened().await {
                Ok(opened) => opened.way.as_ref().map_or_else(Vec::new, Way::servers),
                // The first request will say what is wrong; where the cluster is has not changed by it.
                Err(_) => first.servers(),
            },
        }
    }

    /// Whom failures name.
    pub async fn peer(&self) -> Peer {
        match self.opened().await {
            Ok(opened) => opened.peer().clone(),
            Err(_) => Peer::default(),
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn read(&self, request: Request) -> Result<Answer, Failure> {
        let opened = self.opened().await?;
        let peer = opened.peer();
        let response = self.send(&opened, &request).await?;
        let gzipped = is_gzipped(response.headers());
        let (parts, content) = response.into_parts();
        let bytes = body::collect(content, peer, self.0.settings.answer_timeout).await?;
        match failure::not_kubernetes(peer, &parts.headers, if gzipped { b"" } else { &bytes }) {
            Some(failure) => Err(failure),
            None => Ok(Answer { bytes, gzipped, form: Form::of(&parts.headers) }),
        }
    }

    /// Sends a request and reads its answer as JSON.
    pub async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T, Failure> {
        let what = request.path.clone();
        let answer = self.read(request).await?;
        let mut buffer = Vec::new();
        let plain = answer.plain(&mut buffer).map_err(|error| inflated_badly(&what, &error))?;
        serde_json::from_slice(plain)
            .map_err(|error| Failure::malformed(&format!("the answer to {what}"), &error))
    }

    /// Sends a request whose answer goes on, and hands out its lines.
    pub async fn lines(&self, request: Request, longest: usize) -> Result<Lines, Failure> {
        let opened = self.opened().await?;
        let response = self.send(&opened, &request).await?;
        if let Some(failure) = failure::not_kubernetes(opened.peer(), response.headers(), b"") {
            return Err(failure);
        }
        let gzipped = is_gzipped(response.headers());
        Ok(Lines::new(response.into_body(), gzipped, longest, opened.peer().clone()))
    }

    /// The context as the files have it now, when this connection replaces another.
    async fn reloaded(&self, context: &Arc<Context>) -> Result<Arc<Context>, Failure> {
        let context = Arc::clone(context);
        let first = self.0.epoch == Epoch::default();
        blocking(move || if first { context } else { context.reloaded() }).await
    }

    /// How the credentials were obtained, where there was a choice: a token signed here, or a plugin and why.
    pub async fn signed_in_by(&self) -> Option<String> {
        self.opened().await.ok()?.credentials().by().await
    }

    async fn opened(&self) -> Result<Arc<Opened>, Failure> {
        let mut slot = self.0.opened.lock().await;
        if let Some(opened) = &*slot {
            return Ok(Arc::clone(opened));
        }
        let clock = Arc::clone(&self.0.clock);
        let way = match &self.0.target {
            Target::Service(_) => None,
            Target::Context(context) => {
                let fresh = self.reloaded(context).await?;
                Some(Way::along(fresh, None, Arc::clone(&clock))?)
            }
            Target::Signed(context, account) => {
                let fresh = self.reloaded(context).await?;
                let account = signing(&fresh, account);
                Some(Way::along(fresh, account, Arc::clone(&clock))?)
            }
            Target::Eks(account, name) => {
                let cluster = Box::pin(eks::cluster(account, name)).await?;
                if cluster.endpoint.is_empty() {
                    let message = format!("EKS says no endpoint of {name} yet: it is {}", cluster.status);
                    return Err(Failure::new(Cause::Lost, ProblemKind::Unreachable, message));
                }
                let context = Context::described(name, &cluster.endpoint, &cluster.authority);
                let account = Some((account.clone(), name.as_ref().to_owned()));
                Some(Way::along(Arc::new(context), account, Arc::clone(&clock))?)
            }
        };
        let embedded = Peer { address: self.0.cluster.name().to_owned(), ..Peer::default() };
        let opened =
            Arc::new(Opened { way, nobody: Credentials::none(clock), client: Mutex::new(None), embedded });
        *slot = Some(Arc::clone(&opened));
        Ok(opened)
    }

    async fn client(&self, opened: &Arc<Opened>, ticket: &Ticket) -> Result<kube::Client, Failure> {
        let mut slot = opened.client.lock().await;
        // A token goes with each request; only a certificate is part of the client.
        let wanted = if ticket.identity.is_some() { ticket.generation } else { 0 };
        if let Some((generation, client)) = &*slot
            && *generation >= wanted
        {
            return Ok(client.clone());
        }
        let client = match &self.0.target {
            Target::Service(EmbeddedService { make, .. }) => make(),
            Target::Context(_) | Target::Signed(..) | Target::Eks(..) => {
                let (opened, ticket, settings) =
                    (Arc::clone(opened), ticket.clone(), self.0.settings.clone());
                blocking(move || match &opened.way {
                    Some(way) => way.client(&ticket, &settings),
                    None => Err(Failure::new(Cause::Refused, ProblemKind::Bug, "a context without a way")),
                })
                .await??
            }
        };
        *slot = Some((wanted, client.clone()));
        Ok(client)
    }

    /// The one place where requests leave this process.
    async fn send(&self, opened: &Arc<Opened>, request: &Request) -> Result<http::Response<Body>, Failure> {
        guard::check(&request.method, &request.path)
            .map_err(|problem| Failure { cause: Cause::Refused, problem })?;
        let mut ticket = opened.credentials().ticket().await?;
        let mut renewed = false;
        loop {
            let response = self.send_once(opened, request, &ticket).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(response);
            }
            if status == http::StatusCode::UNAUTHORIZED
                && !std::mem::replace(&mut renewed, true)
                && let Some(fresh) = opened.credentials().renewed(&ticket).await
            {
                ticket = fresh?;
                continue;
            }
            let (parts, content) = response.into_parts();
            let limited = http_body_util::Limited::new(content, REFUSAL).boxed_unsync();
            let text = body::collect(limited, opened.peer(), self.0.settings.answer_timeout).await;
            let text = text.unwrap_or_default();
            let mut buffer = Vec::new();
            let form = Form::of(&parts.headers);
            let answer = Answer { bytes: text, gzipped: is_gzipped(&parts.headers), form };
            let plain = answer.plain(&mut buffer).unwrap_or_default();
            let failure = failure::refused(opened.peer(), &request.intent, status, &parts.headers, plain);
            return Err(self.with_skew(failure));
        }
    }

    async fn send_once(
        &self,
        opened: &Arc<Opened>,
        request: &Request,
        ticket: &Ticket,
    ) -> Result<http::Response<Body>, Failure> {
        let client = self.client(opened, ticket).await?;
        let gzip = request.gzip && opened.way.as_ref().is_none_or(|way| way.gzip);
        let mut outgoing = http::Request::builder()
            .method(&request.method)
            .uri(format!("{}{}", request.path, request.query))
            .header(header::ACCEPT, &request.accept)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT_ENCODING, if gzip { "gzip" } else { "identity" });
        if let Some(value) = &ticket.header {
            outgoing = outgoing.header(header::AUTHORIZATION, value);
        }
        if !request.content.is_empty() {
            outgoing = outgoing.header(header::CONTENT_TYPE, "application/json");
        }
        let outgoing = outgoing.body(kube::client::Body::from(request.content.clone())).map_err(|_| {
            Failure::new(Cause::Refused, ProblemKind::Bug, format!("{} is no URL path", request.path))
        })?;
        let most = self.0.settings.answer_timeout;
        let patience = request.patience.map_or(most, |patience| patience.min(most));
        match tokio::time::timeout(patience, client.send(outgoing)).await {
            Err(_) => Err(Failure::timed_out(opened.peer(), patience)),
            Ok(Err(error)) => Err(failure::transport(opened.peer(), &error)),
            Ok(Ok(response)) => {
                self.note_date(response.headers());
                Ok(response.map(|body| body.map_err(Into::into).boxed_unsync()))
            }
        }
    }

    fn note_date(&self, headers: &http::HeaderMap) {
        let date = headers.get(header::DATE).and_then(|value| value.to_str().ok());
        if let Some(theirs) = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()) {
            let ours = (self.0.clock)().seconds();
            let skew = theirs.timestamp().as_second() - ours;
            // `Date` has whole seconds, so one of them says nothing.
            self.0.skew.store(if skew.abs() <= 1 { 0 } else { skew }, Ordering::Relaxed);
        }
    }

    fn with_skew(&self, failure: Failure) -> Failure {
        let skew = self.clock_skew();
        if failure.cause != Cause::Unauthorized || skew.abs() < NOTABLE_SKEW {
            return failure;
        }
        let span = crate::fleet::time::human_duration(skew.abs());
        let side = if skew > 0 { "ahead of" } else { "behind" };
        let hint = format!(
            "the server's clock is {span} {side} this machine's, and signed tokens last 15m: set the clock"
        );
        Failure { problem: failure.problem.with_hint(hint), ..failure }
    }

    /// What the clock says.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)()
    }
}

/// The account that signs for a context, and what EKS calls its cluster; nothing when its plugin has to be asked. The
/// files may say something else now than when the account was made.
fn signing(context: &Context, account: &Account) -> Option<(Account, String)> {
    let signs = context.signs()?;
    let name = signs.name.clone()?;
    Some((account.with(AccountSettings::from(signs)), name))
}

fn is_gzipped(headers: &http::HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"))
}

/// An answer that cannot be inflated.
pub(crate) fn inflated_badly(what: &str, error: &std::io::Error) -> Failure {
    let message = format!("the gzipped answer to {what} is broken: {}", failure::root_cause(error));
    Failure::new(Cause::Malformed, ProblemKind::Malformed, message)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::new(Cause::Refused, ProblemKind::Bug, "preparing a connection was cut short"))
}

#[cfg(test)]
mod tests;
