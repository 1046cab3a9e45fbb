//! A fleet that does not exist: the Kubernetes API of several clusters and the AWS account around them, in process.
//!
//! Everything a client may ask is answered at the HTTP boundary, so that whatever talks to it cannot tell it from a
//! real API server and shares no code with it: a misunderstanding of the protocol cannot hide on both sides.
//! [`clock`] is the one source of time, [`store`] keeps the objects of one cluster, [`api`] speaks HTTP over it, [`aws`] for
//! everything beside the clusters.
//! [`world`] is the reference fleet, [`controllers`] move it, [`demo`] lets it live and [`scenarios`] trouble it.

pub mod api;
pub mod aws;
pub mod clock;
pub mod controllers;
pub mod demo;
pub mod git;
pub mod scenarios;
mod service;
pub mod store;
pub mod world;

use std::collections::BTreeMap;

use self::api::Api;
use self::aws::Aws;
use self::clock::SimClock;
pub use self::service::{Listener, Service};
use self::store::Store;

/// Several clusters and their account on one clock.
#[derive(Clone, Debug)]
pub struct Simulator {
    clock: SimClock,
    aws: Aws,
    clusters: BTreeMap<String, Store>,
}

impl Simulator {
    /// No clusters yet.
    pub fn new(clock: SimClock) -> Self {
        Self { aws: Aws::new(clock.clone()), clock, clusters: BTreeMap::new() }
    }

    /// The clock of all clusters.
    pub fn clock(&self) -> &SimClock {
        &self.clock
    }

    /// Adds an empty cluster, or returns the one of that name.
    pub fn add_cluster(&mut self, name: &str) -> Store {
        if let Some(known) = self.clusters.get(name) {
            return known.clone();
        }
        let store = Store::new(name, self.clock.clone());
        self.aws.join(&store);
        self.clusters.insert(name.to_owned(), store.clone());
        store
    }

    /// The storage of a cluster.
    pub fn cluster(&self, name: &str) -> Option<&Store> {
        self.clusters.get(name)
    }

    /// The names of the clusters.
    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        self.clusters.keys().map(String::as_str)
    }

    /// The API of a cluster as an in-process service, which a client takes in place of a connection.
    pub fn service(&self, cluster: &str) -> Option<Service> {
        Some(Service::new(Api::new(self.cluster(cluster)?.clone())))
    }

    /// The AWS account of the fleet.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// All services of the account as one in-process service, which takes requests for any of their hosts.
    pub fn aws_service(&self) -> Service {
        Service::new(self.aws.clone())
    }

    /// All services of the account over TCP on the loopback interface, until the listener is dropped: what
    /// `AWS_ENDPOINT_URL` may point to.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn listen_aws(&self) -> std::io::Result<Listener> {
        Listener::bind(self.aws.clone()).await
    }

    /// The URL by which the objects of the fleet name the API server of a cluster of the reference fleet.
    pub fn server(&self, cluster: &str) -> Option<String> {
        world::cluster::CLUSTERS.iter().find(|known| known.name == cluster).map(|known| known.endpoint())
    }

    /// The API of a cluster over TCP on the loopback interface, until the listener is dropped.
    ///
    /// # Errors
    /// When there is no such cluster or no port is free.
    pub async fn listen(&self, cluster: &str) -> std::io::Result<Listener> {
        let unknown = || std::io::Error::new(std::io::ErrorKind::NotFound, format!("no cluster {cluster:?}"));
        Listener::bind(Api::new(self.cluster(cluster).ok_or_else(unknown)?.clone())).await
    }
}
