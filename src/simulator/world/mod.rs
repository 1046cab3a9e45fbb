//! The reference fleet, built by code: two clusters of a small company at rest, every object as its API server keeps it.
//!
//! [`cluster`] says what the clusters are, [`inventory`] collects their objects, and each neighbour file describes one
//! part of what runs on them. [`objects`] is the whole of one cluster; [`install`] puts it into a store.

pub mod access;
pub mod api_services;
pub mod applications;
pub mod chance;
pub mod cluster;
pub mod container;
pub mod custom;
pub mod delivery;
pub mod field;
pub mod history;
pub mod identity;
pub mod inventory;
pub mod karpenter;
pub mod large;
pub mod managed;
pub mod namespaces;
pub mod network;
pub mod node;
pub mod object;
pub mod platform;
pub mod speech;
pub mod storage;
pub mod workload;

#[cfg(test)]
mod tests;

pub use self::large::large;
use jiff::Timestamp;
use serde_json::Value;

use crate::simulator::api::status::Status;
use crate::simulator::git;
use crate::simulator::store::{Line, Store};
use crate::simulator::world::cluster::Cluster;
use crate::simulator::world::inventory::Inventory;

/// Every object of a cluster at rest, in an order in which a store takes them: what others refer to comes first.
pub fn objects(cluster: &'static Cluster, now: Timestamp) -> Vec<Value> {
    let mut inventory = Inventory::new(cluster, now);
    custom::install(&mut inventory);
    namespaces::install(&mut inventory);
    access::install(&mut inventory);
    storage::classes(&mut inventory);
    karpenter::install(&mut inventory);
    let nodes: Vec<Value> = inventory.of_kind("Node").cloned().collect();
    for node in &nodes {
        inventory.keep(node::lease(&inventory.site(), node));
        inventory.keep(node::csi_node(&inventory.site(), node));
    }
    platform::install(&mut inventory);
    applications::install(&mut inventory);
    namespaces::rules(&mut inventory);
    storage::attachments(&mut inventory);
    storage::mounted_secrets(&mut inventory);
    network::install(&mut inventory);
    api_services::install(&mut inventory);
    delivery::install(&mut inventory);
    history::install(&mut inventory);
    let mut all = inventory.finish();
    all.sort_by_key(|object| match field::kind(object) {
        "CustomResourceDefinition" => 0,
        "Namespace" => 1,
        "Node" | "ClusterRole" | "StorageClass" => 2,
        "Event" => 4,
        _ => 3,
    });
    all
}

/// Lines that each container of the applications has printed before the world begins, and each of the platform.
const PAST_LINES: (i64, i64) = (150, 25);

/// Puts a cluster at rest into a store, with what its containers have printed.
///
/// # Errors
/// When the store refuses an object.
pub fn install(cluster: &'static Cluster, store: &Store) -> Result<(), Status> {
    let now = store.clock().now();
    let objects = objects(cluster, now);
    for (application, manifests) in git::manifests(&objects) {
        store.git().commit(&application, &delivery::revision(&objects, &application), manifests);
    }
    for object in objects {
        store.create(&object)?;
        if field::kind(&object) == "Pod" {
            print_past(store, &object, now);
        }
    }
    Ok(())
}

fn print_past(store: &Store, pod: &Value, now: Timestamp) {
    let until = field::list(pod, "status.containerStatuses")
        .iter()
        .find_map(|status| field::time(status, "state.terminated.finishedAt"))
        .unwrap_or(now);
    let is_platform = namespaces::PLATFORM.iter().any(|(name, _)| *name == field::namespace(pod));
    let count = if is_platform { PAST_LINES.1 } else { PAST_LINES.0 };
    for container in field::list(pod, "spec.containers") {
        let name = field::text(container, "name");
        for (at, text) in speech::past_lines(pod, name, until, count) {
            store.logs().append(
                field::namespace(pod),
                field::name(pod),
                name,
                Line { at, text: text.into() },
            );
        }
    }
}
