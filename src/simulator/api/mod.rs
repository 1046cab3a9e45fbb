//! The Kubernetes API over one cluster's [`Store`], at the HTTP boundary.
//!
//! [`Api::answer`] takes a request through what a real server does in the same order: faults (the network between),
//! authentication, routing, authorization, then the verb. Reading is in `read` and `watch`, writing in `write`, `patch`
//! and `apply`, the forms of an answer in `representation` and `table`, the rest in a file each.

pub(crate) mod admission;
pub mod body;
pub mod faults;
pub mod kinds;
pub(crate) mod quota;
pub mod requests;
pub mod status;
pub(crate) mod summary;
pub mod users;

mod access;
mod conversion;
mod discovery;
mod eviction;
mod logs;
mod metrics;
mod patch;
mod query;
mod read;
mod representation;
mod route;
mod scale;
mod table;
mod watch;
mod write;

use std::io::{self, Write as _};

use bytes::{Buf, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use self::access::Wish;
use self::body::Body;
use self::faults::Harm;
use self::query::Query;
use self::representation::Form;
use self::requests::Recorded;
use self::route::{Resource, Route};
use self::status::Status;
use self::users::User;
use self::write::Write;
use crate::simulator::store::Store;

/// Answers larger than this are compressed for those who accept it, as a real server does.
const WORTH_COMPRESSING: usize = 128 * 1024;
/// A request body larger than this is refused, as a real server does.
const LARGEST_BODY: usize = 3 * 1024 * 1024;

/// The API of one cluster.
#[derive(Clone, Debug)]
pub struct Api {
    store: Store,
}

/// A request, read and understood.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    path: String,
    query: Query,
    headers: HeaderMap,
    user: User,
    body: Bytes,
}

/// An answer before it is dressed in headers.
#[derive(Debug)]
pub(super) struct Answer {
    code: u16,
    media: &'static str,
    body: Body,
    retry_after: Option<u32>,
}

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";

impl Answer {
    fn json(code: u16, body: impl Into<Bytes>) -> Self {
        Self { code, media: JSON, body: Body::whole(body), retry_after: None }
    }

    fn value(code: u16, value: &Value) -> Self {
        Self::json(code, value.to_string())
    }

    fn plain(code: u16, text: impl Into<Bytes>) -> Self {
        Self { code, media: PLAIN, body: Body::whole(text), retry_after: None }
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        let retry_after = status.retry_after;
        let answer = if status.reason.is_empty() && status.code == 404 {
            Self::plain(404, format!("{}\n", status.message))
        } else {
            Self::value(status.code, &status.to_json())
        };
        Self { retry_after, ..answer }
    }
}

impl Api {
    /// The API over a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When connections are refused, or the request's body breaks off.
    pub async fn answer<B>(self, request: Request<B>) -> io::Result<Response<Body>>
    where
        B: http_body::Body,
        B::Data: Buf,
    {
        let (parts, body) = request.into_parts();
        let text =
            |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut recorded = Recorded {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            user_agent: text("user-agent").to_owned(),
            status: None,
        };
        let faults = self.store.faults();
        if faults.connections_refused() {
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"));
        }
        let delay = faults.answer_delay();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let harm = faults.strike(&recorded.path);
        if harm == Some(Harm::NeverAnswered) {
            self.store.requests().record(recorded);
            return std::future::pending().await;
        }
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the request broke off")),
        };
        let answer = match harm {
            Some(Harm::Answer { code, retry_after }) => Answer { retry_after, ..Answer::from(storm(code)) },
            Some(Harm::WebPage) => Answer { media: "text/html", ..Answer::plain(200, WEB_PAGE) },
            _ => {
                let query = Query::parse(&recorded.query);
                let (method, headers, path) = (parts.method, parts.headers.clone(), recorded.path.clone());
                self.serve(method, path, query, headers, body).unwrap_or_else(Answer::from)
            }
        };
        recorded.status = Some(answer.code);
        self.store.requests().record(recorded);
        let mut response = self.dress(answer, &parts.headers);
        if harm == Some(Harm::CutShort) {
            response = response.map(Body::cut);
        }
        Ok(response)
    }

    /// Whether nobody may connect at the moment.
    pub(super) fn refuses_connections(&self) -> bool {
        self.store.faults().connections_refused()
    }

    fn serve(
        &self,
        method: Method,
        path: String,
        query: Query,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Status> {
        if self.store.faults().credentials_refused() {
            return Err(users::unauthorized());
        }
        let user = self.store.users().of(&headers)?;
        if body.len() > LARGEST_BODY {
            let message = format!("Request entity too large: limit is {LARGEST_BODY}");
            return Err(Status::new(413, "RequestEntityTooLarge", message));
        }
        let media = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if media.starts_with("application/vnd.kubernetes.protobuf") && !body.is_empty() {
            return Err(unreadable_body());
        }
        let asked = Asked { method, path, query, headers, user, body };
        match route::route(&self.store, &asked.path) {
            Ok(Route::Document) => self.document(&asked),
            Ok(Route::Resource(resource)) => self.resource(&asked, &resource),
            Err(status) => Err(status),
        }
    }

    fn document(&self, asked: &Asked) -> Result<Answer, Status> {
        let path = asked.path.trim_end_matches('/');
        let path = if path.is_empty() { "/" } else { path };
        if !access::may_read_path(&self.store, &asked.user, path) {
            return Err(access::forbidden_path(&asked.user, path));
        }
        match path {
            "/version" => return Ok(Answer::value(200, &version())),
            "/healthz" | "/livez" | "/readyz" => {
                if asked.query.get("verbose").is_empty() && !asked.path.contains("verbose") {
                    return Ok(Answer::plain(200, "ok"));
                }
                return Ok(Answer::plain(
                    200,
                    format!(
                        "[+]ping ok\n[+]log ok\n[+]etcd ok\n{} check passed\n",
                        &path.trim_start_matches('/')
                    ),
                ));
            }
            _ if path.starts_with("/openapi") || path.starts_with("/metrics") => return Err(not_built(path)),
            _ => {}
        }
        let aggregated = discovery::wants_aggregated(&asked.headers) && matches!(path, "/api" | "/apis");
        let document = discovery::document(&self.store, path, aggregated).ok_or_else(|| {
            let parts: Vec<&str> = path.split('/').collect();
            match parts.as_slice() {
                ["", "api", _] => route::nothing_at(&self.store, ""),
                ["", "apis", group, _] => route::nothing_at(&self.store, group),
                _ => route::page_not_found(),
            }
        })?;
        let media = if aggregated { discovery::AGGREGATED } else { JSON };
        Ok(Answer { media, ..Answer::value(200, &document) })
    }

    fn resource(&self, asked: &Asked, resource: &Resource) -> Result<Answer, Status> {
        let watching = asked.query.says("watch") && resource.subresource.is_none();
        let verb = route::verb(&asked.method, resource, watching).ok_or_else(route::method_not_allowed)?;
        let wish = Wish {
            verb,
            group: &resource.spec.group,
            resource: &resource.spec.plural,
            subresource: resource.subresource.as_deref().unwrap_or_default(),
            namespace: match (&resource.namespace, &resource.name) {
                // A namespace is in itself, as far as authorization is concerned.
                (None, Some(name)) if resource.spec.plural == "namespaces" => name,
                (namespace, _) => namespace.as_deref().unwrap_or_default(),
            },
            name: resource.name.as_deref().unwrap_or_default(),
        };
        if access::grant(&self.store, &asked.user, &wish).is_none() {
            return Err(access::forbidden(&asked.user, &wish));
        }
        let form = Form::accepted(&asked.headers)?;
        let query = &asked.query;
        if resource.spec.group == metrics::GROUP {
            return match verb {
                "get" | "list" => {
                    Ok(Answer::value(200, &metrics::answer(&self.store, resource, form, query)?))
                }
                _ => Err(route::method_not_allowed()),
            };
        }
        if resource.subresource.is_none() && !resource.spec.verbs.iter().any(|known| known == verb) {
            return Err(route::method_not_allowed());
        }
        if matches!(verb, "create" | "update" | "patch") && conversion::is_converted(&resource.spec) {
            return Err(not_built(&format!("{verb} {}", asked.path)));
        }
        let write = Write { store: &self.store, asked, resource, form };
        match (verb, resource.subresource.as_deref()) {
            ("get", None) => Ok(Answer::json(200, read::get(&self.store, resource, form, query)?)),
            ("list", None) => Ok(Answer::json(200, read::list(&self.store, resource, form, query)?)),
            ("watch", None) => {
                let events = watch::events(&self.store, resource, form, query)?;
                Ok(Answer { code: 200, media: JSON, body: Body::streaming(events), retry_after: None })
            }
            ("create", None) if resource.spec.verbs.as_slice() == ["create"] => self.review(asked, resource),
            // Namespaced objects are made in a namespace.
            ("create", None)
                if resource.name.is_some() || (resource.spec.namespaced && resource.namespace.is_none()) =>
            {
                Err(route::method_not_allowed())
            }
            ("create", None) => write.create(),
            ("update", None | Some("status" | "finalize")) => write.update(),
            ("patch", None | Some("status")) => write.patch(),
            ("delete", None) => write.delete(),
            ("deletecollection", None) if resource.spec.namespaced && resource.namespace.is_none() => {
                Err(route::method_not_allowed())
            }
            ("deletecollection", None) => write.delete_collection(),
            ("get", Some("status")) => Ok(Answer::json(200, read::get(&self.store, resource, form, query)?)),
            ("get", Some("scale")) => scale::get(&self.store, resource),
            ("update" | "patch", Some("scale")) => scale::change(&write),
            ("get", Some("proxy")) if resource.spec.plural == "nodes" => {
                Ok(Answer::value(200, &summary::answer(&self.store, resource, &asked.path)?))
            }
            ("get", Some("log")) => logs::read(&self.store, resource, query),
            ("create", Some("eviction")) => eviction::evict(&write),
            _ => Err(not_built(&format!("{verb} {}", asked.path))),
        }
    }

    /// Reviews are asked by creating them; nothing is kept.
    fn review(&self, asked: &Asked, resource: &Resource) -> Result<Answer, Status> {
        let body = patch::parsed(&asked.body)?;
        let kind = resource.spec.kind.as_str();
        let review = access::review(&self.store, &asked.user, kind, &body);
        review
            .map(|review| Answer::value(201, &review))
            .ok_or_else(|| not_built(&format!("create {}", asked.path)))
    }

    /// The headers of every answer: type, length, date, compression.
    fn dress(&self, answer: Answer, asked: &HeaderMap) -> Response<Body> {
        let mut body = answer.body;
        let mut response = Response::new(());
        *response.status_mut() =
            StatusCode::from_u16(answer.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        set("content-type", answer.media);
        set("cache-control", "no-cache, private");
        let now = self.store.clock().now().checked_add(self.store.faults().date_skew());
        set(
            "date",
            &now.unwrap_or(self.store.clock().now()).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        );
        if let Some(seconds) = answer.retry_after {
            set("retry-after", &seconds.to_string());
        }
        if let Some(packed) = body.bytes().filter(|_| accepts_gzip(asked)).and_then(compressed) {
            set("content-encoding", "gzip");
            set("vary", "Accept-Encoding");
            body = Body::whole(packed);
        }
        response.map(|()| body)
    }
}

fn accepts_gzip(asked: &HeaderMap) -> bool {
    let accepted = asked.get_all("accept-encoding").iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| one.trim().split(';').next() == Some("gzip"))
}

fn compressed(body: &Bytes) -> Option<Vec<u8>> {
    if body.len() <= WORTH_COMPRESSING {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// The answer to a request that a real server knows and this one does not.
pub(super) fn not_built(what: &str) -> Status {
    Status::new(501, "NotImplemented", format!("the simulator does not answer {what}"))
}

/// A body in a form that is not read here. A real server knows protobuf too.
fn unreadable_body() -> Status {
    let message = "the body of the request was in an unknown format - accepted media types include: application/json, \
                   application/yaml";
    Status::new(415, "UnsupportedMediaType", message)
}

fn version() -> Value {
    json!({"major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35", "gitVersion": "v1.36.3-eks-0a1b2c3", "gitCommit": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "gitTreeState": "clean", "buildDate": "2026-10-02T18:04:11Z", "goVersion": "go1.26.8", "compiler": "gc",
        "platform": "linux/amd64"})
}

/// What a storm's status code says.
fn storm(code: u16) -> Status {
    match code {
        401 => users::unauthorized(),
        429 => Status::new(429, "TooManyRequests", "Too many requests, please try again later."),
        500 => Status::new(500, "InternalError", "Internal error occurred: etcdserver: request timed out"),
        503 => Status::new(503, "ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => Status::new(
            504,
            "Timeout",
            "the server was unable to return a response in the time allotted, but may still be processing the request",
        ),
        code => Status::new(
            code,
            "InternalError",
            "an error on the server has prevented the request from succeeding",
        ),
    }
}

const WEB_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1>\
    <form action=\"/login\" method=\"post\"><input name=\"user\"></form></body></html>\n";

#[cfg(test)]
mod tests;
