//! A cluster as its AWS surroundings see it: what is made of it is read from its store whenever somebody asks.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::simulator::controllers::conduct::Conducts;
use crate::simulator::store::{Key, Selection, Store};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::cluster::{ACCOUNT, Cluster, REGION};
use crate::simulator::world::field;
use crate::simulator::world::object::PLATFORM_AGE;

/// A cluster of the fleet and the account's part of it.
#[derive(Clone, Debug)]
pub(crate) struct Land {
    pub(crate) cluster: &'static Cluster,
    pub(crate) store: Store,
    pub(crate) conducts: Conducts,
    /// The world's first instant, from which ages count back.
    pub(crate) founded: Timestamp,
}

/// What a subnet is for, with the third octet of its first network.
pub(crate) const SUBNETS: [(&str, u8); 3] = [("public", 1), ("private", 11), ("db", 21)];
/// The zones of the region, with their account-independent ids.
pub(crate) const ZONES: [(&str, &str); 3] =
    [("us-east-1a", "use1-az6"), ("us-east-1b", "use1-az1"), ("us-east-1c", "use1-az2")];

impl Land {
    /// The objects of a resource, parsed.
    pub(crate) fn all(&self, resource: &str) -> Vec<Value> {
        self.store.list(resource, None, &Selection::all()).iter().map(|object| object.value()).collect()
    }

    /// One object, parsed.
    pub(crate) fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        self.store.get(&Key::namespaced(resource, namespace, name)).ok()
    }

    /// The day the platform was installed.
    pub(crate) fn installed(&self) -> Timestamp {
        self.before(PLATFORM_AGE)
    }

    /// Some minutes before the world's first instant.
    pub(crate) fn before(&self, minutes: i64) -> Timestamp {
        self.founded.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(self.founded)
    }

    /// The subnet of a role in a zone, by the zone's place in [`ZONES`]. The private ones are named as the EC2NodeClass
    /// of the cluster names them.
    pub(crate) fn subnet(&self, first: u8, zone: usize) -> String {
        self.cluster.resource("subnet", &(usize::from(first) + zone).to_string())
    }

    /// The ARN of something in the account's region.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}")
    }

    /// Digits that belong to a name within this cluster.
    pub(crate) fn digits(&self, what: &str, count: usize) -> String {
        hex_of(&format!("{}/{what}", self.cluster.name), count)
    }

    /// Whether a workload has all the pods that it wants ready: `None` when there is no such workload.
    pub(crate) fn is_whole(&self, resource: &str, namespace: &str, name: &str) -> Option<bool> {
        let object = self.get(resource, namespace, name)?;
        let (wanted, ready) = if resource == "daemonsets.apps" {
            ("status.desiredNumberScheduled", "status.numberReady")
        } else {
            ("spec.replicas", "status.readyReplicas")
        };
        Some(field::number(&object, ready) >= field::number(&object, wanted))
    }
}

/// `10.0.11.0/24` of the third octet 11.
pub(crate) fn cidr(cluster: &Cluster, third: usize) -> String {
    format!("10.{}.{third}.0/24", cluster.octet)
}

/// An instant as seconds of the epoch, as JSON protocols write it.
pub(crate) fn epoch(at: Timestamp) -> Value {
    Value::from(at.as_second())
}
