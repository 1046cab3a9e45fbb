//! The ways to reach a cluster's API: in process, or over TCP.

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

/// The API of one cluster as a `tower` service.
#[derive(Clone, Debug)]
pub struct Service {
    api: Api,
}

impl Service {
    pub(super) fn new(api: Api) -> Self {
        Self { api }
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
        Box::pin(self.api.clone().answer(request))
    }
}

/// The API of one cluster on a port of the loopback interface. Stops when it is dropped.
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Listener {
    pub(super) async fn bind(api: Api) -> io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        Ok(Self { address, accepting: tokio::spawn(accept(listener, api)) })
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

async fn accept(listener: TcpListener, api: Api) {
    // Dropping the set ends every connection, so that a stopped listener leaves nothing behind.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        if api.refuses_connections() {
            continue;
        }
        let api = api.clone();
        connections.spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| api.clone().answer(request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A connection that ends badly ends badly for its client, who is the one to tell.
            let (Ok(()) | Err(_)) = connection.await;
        });
        while connections.try_join_next().is_some() {}
    }
}
