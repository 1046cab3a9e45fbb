//! The ways to reach a cluster's API or the account's services: in process, or over TCP.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::api::Api;
use super::api::body::Body;
use super::aws::Aws;

/// Who answers.
#[derive(Clone, Debug)]
pub(super) enum Answerer {
    Cluster(Api),
    Account(Aws),
}

impl From<Api> for Answerer {
    fn from(api: Api) -> Self {
        Self::Cluster(api)
    }
}

impl From<Aws> for Answerer {
    fn from(aws: Aws) -> Self {
        Self::Account(aws)
    }
}

impl Answerer {
    async fn answer<B>(self, request: Request<B>) -> io::Result<Response<Body>>
    where
        B: http_body::Body,
        B::Data: Buf,
    {
        match self {
            Self::Cluster(api) => api.answer(request).await,
            Self::Account(aws) => aws.answer(request).await,
        }
    }

    fn refuses_connections(&self) -> bool {
        match self {
            Self::Cluster(api) => api.refuses_connections(),
            Self::Account(aws) => aws.refuses_connections(),
        }
    }
}

/// The API of one cluster, or the services of the account, as a `tower` service.
#[derive(Clone, Debug)]
pub struct Service {
    answerer: Answerer,
}

impl Service {
    pub(super) fn new(answerer: impl Into<Answerer>) -> Self {
        Self { answerer: answerer.into() }
    }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: http_body::Body + Send + 'static,
    B::Data: Buf + Send,
    B::Error: Send,
{
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Response<Body>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.answerer.clone().answer(request))
    }
}

/// The API of one cluster, or the services of the account, on a port of the loopback interface. Stops when it is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Listener {
    pub(super) async fn bind(answerer: impl Into<Answerer>) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, answerer.into())) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as the `server` of a kubeconfig.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, answerer: Answerer) {
    // Dropping the set ends every connection, so that a stopped listener leaves nothing behind.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        if answerer.refuses_connections() {
            continue;
        }
        let answerer = answerer.clone();
        connections.spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| answerer.clone().answer(request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A connection that ends badly ends badly for its client, who is the one to tell.
            let (Ok(()) | Err(_)) = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
}
