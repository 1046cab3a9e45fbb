//! A scriptable API server for tests: a function from a request to an answer, mounted in process.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tokio::sync::mpsc;

use super::body::Body;
use super::connection::{Connection, ConnectionSettings, Target};
use crate::fleet::{ClusterId, EnvironmentName, Epoch, Timestamp};

/// A request as the script sees it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: http::Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: http::HeaderMap,
}

impl Seen {
    pub(crate) fn is_watch(&self) -> bool {
        self.query.contains("watch=1")
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

pub(crate) type Reply = http::Response<Body>;
type Script = dyn Fn(Seen) -> BoxFuture<'static, Reply> + Send + Sync;

/// The server: what it was asked, and what it answers.
#[derive(Clone)]
pub(crate) struct Fake {
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    /// A server that answers with what `script` says.
    pub(crate) fn new<F>(script: impl Fn(Seen) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        Self { script: Arc::new(move |seen| Box::pin(script(seen))), seen: Arc::default() }
    }

    /// Everything it was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn target(&self) -> Target {
        let fake = self.clone();
        Target::service(tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let seen = Seen {
                method: request.method().clone(),
                path: request.uri().path().to_owned(),
                query: request.uri().query().unwrap_or_default().to_owned(),
                headers: request.headers().clone(),
            };
            fake.seen.lock().unwrap().push(seen.clone());
            let reply = (fake.script)(seen);
            async move { Ok::<_, Infallible>(reply.await) }
        }))
    }

    pub(crate) fn connection(&self) -> Connection {
        self.connection_with(ConnectionSettings::default())
    }

    pub(crate) fn connection_with(&self, settings: ConnectionSettings) -> Connection {
        Connection::new(cluster(), Epoch::default(), self.target(), settings, clock())
    }
}

pub(crate) fn cluster() -> ClusterId {
    ClusterId::new(EnvironmentName::new("test"), "fake")
}

pub(crate) fn clock() -> crate::fleet::time::Clock {
    Arc::new(|| Timestamp::parse("2026-11-21T10:00:00Z"))
}

pub(crate) fn answer(status: u16, content_type: &str, content: impl Into<Bytes>) -> Reply {
    http::Response::builder()
        .status(status)
        .header("content-type", content_type)
        .body(Full::new(content.into()).map_err(|never| match never {}).boxed_unsync())
        .unwrap()
}

pub(crate) fn json(value: serde_json::Value) -> Reply {
    answer(200, "application/json", value.to_string())
}

/// A `metav1.Status`, as an API server refuses.
pub(crate) fn status(code: u16, reason: &str, message: &str) -> Reply {
    let status = serde_json::json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    answer(code, "application/json", status.to_string())
}

/// An answer that goes on: what is sent into the sender is sent to the client; an error cuts the answer off.
pub(crate) fn stream() -> (mpsc::Sender<Result<Bytes, std::io::Error>>, Reply) {
    let (sender, receiver) = mpsc::channel(64);
    let frames = futures::stream::unfold(receiver, |mut receiver| async move {
        let next: Result<Bytes, std::io::Error> = receiver.recv().await?;
        Some((next.map(http_body::Frame::data).map_err(tower::BoxError::from), receiver))
    });
    let reply = http::Response::builder()
        .status(200)
        .header("content-type", "application/json")
        .body(StreamBody::new(frames).boxed_unsync())
        .unwrap();
    (sender, reply)
}
