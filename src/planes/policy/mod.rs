//! Network policies: who may talk to whom.
//!
//! [`allowed`] is the rule of the API (`networking.k8s.io/v1`): a pod that no policy selects for a direction is open in
//! it; one that some select is closed but for what the rules of any of them allow. [`survey()`] says it in words for the
//! pods of a cluster, and what is wrong with it. Whether anybody enforces it is a question of its own.

pub(super) mod cidr;
mod survey;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

pub use survey::{Enforcer, HELPS, NEEDS, Standing, survey};
pub use words::{of_policy, side};

use crate::fleet::Row;
use crate::fleet::network_policy::{NetworkPolicy, Peer, PolicyPort, PolicyRule};
use crate::fleet::selector::LabelSelector;

/// The address of something that is no pod.
pub use core::net::IpAddr as Address;

/// Which way a connection goes, as a pod sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Somebody connects to it.
    In,
    /// It connects to somebody.
    Out,
}

/// A pod as policies see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// The labels of its namespace.
    pub namespace_labels: Vec<(Arc<str>, Arc<str>)>,
    /// Its labels.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Other<'a> {
    /// A pod.
    Pod(&'a End),
    /// Something outside.
    Address(Address),
}

/// The port of a connection: that of the pod which is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port<'a> {
    /// `TCP`, `UDP`, `SCTP`.
    pub protocol: &'a str,
    /// Its number.
    pub number: u32,
    /// The name that the container gives it; empty when it has none, or it is not known.
    pub name: &'a str,
}

/// What policies say of a connection in one direction.
#[derive(Clone, Copy, Debug)]
pub enum Allowed<'a> {
    /// No policy selects the pod for this direction.
    Open,
    /// This policy allows it.
    By(&'a NetworkPolicy),
    /// Policies select the pod, and none of them allows it.
    Closed,
}

impl Allowed<'_> {
    /// True unless it is closed.
    pub fn is_allowed(&self) -> bool {
        !matches!(self, Self::Closed)
    }
}

fn matches(selector: &LabelSelector, labels: &[(Arc<str>, Arc<str>)]) -> bool {
    selector.matches(labels.iter().map(|(key, value)| (&**key, &**value)))
}

/// What a policy allows in a direction; `None` when it does not speak of the direction.
pub fn rules(policy: &NetworkPolicy, direction: Direction) -> Option<&[PolicyRule]> {
    match direction {
        Direction::In => policy.ingress.as_deref(),
        Direction::Out => policy.egress.as_deref(),
    }
}

/// True when a policy selects a pod.
pub fn selects(policy: &NetworkPolicy, pod: &End) -> bool {
    policy.namespace() == Some(&*pod.namespace) && matches(&policy.pods, &pod.labels)
}

/// What these policies say of a connection of `pod` with `other`.
pub fn allowed<'p>(
    policies: &[&'p NetworkPolicy],
    direction: Direction,
    pod: &End,
    other: Other<'_>,
    port: Port<'_>,
) -> Allowed<'p> {
    let mut is_closed = false;
    for policy in policies {
        let Some(rules) = rules(policy, direction).filter(|_| selects(policy, pod)) else { continue };
        is_closed = true;
        let admits = |rule: &PolicyRule| {
            (rule.peers.is_empty() || rule.peers.iter().any(|peer| is_peer(peer, &pod.namespace, other)))
                && (rule.ports.is_empty() || rule.ports.iter().any(|own| is_port(own, port)))
        };
        if rules.iter().any(admits) {
            return Allowed::By(policy);
        }
    }
    if is_closed { Allowed::Closed } else { Allowed::Open }
}

/// Whether one pod may connect to another: the one must be allowed to, and the other to take it.
pub fn connects(policies: &[&NetworkPolicy], from: &End, to: &End, port: Port<'_>) -> bool {
    allowed(policies, Direction::Out, from, Other::Pod(to), port).is_allowed()
        && allowed(policies, Direction::In, to, Other::Pod(from), port).is_allowed()
}

fn is_peer(peer: &Peer, own_namespace: &str, other: Other<'_>) -> bool {
    match (peer, other) {
        (Peer::Pods { pods, namespaces }, Other::Pod(end)) => {
            let is_there = match namespaces {
                Some(namespaces) => matches(namespaces, &end.namespace_labels),
                None => *end.namespace == *own_namespace,
            };
            is_there && pods.as_ref().is_none_or(|pods| matches(pods, &end.labels))
        }
        (Peer::Addresses { cidr, except }, Other::Address(address)) => {
            cidr::contains(cidr, address) && !except.iter().any(|except| cidr::contains(except, address))
        }
        // Addresses are meant for what is outside; whether they count for pods is left to the enforcer.
        (Peer::Addresses { .. }, Other::Pod(_)) | (Peer::Pods { .. }, Other::Address(_)) => false,
    }
}

fn is_port(own: &PolicyPort, port: Port<'_>) -> bool {
    if !own.protocol.eq_ignore_ascii_case(port.protocol) {
        return false;
    }
    match own.port.parse::<u32>() {
        _ if own.port.is_empty() => true,
        Ok(first) if own.end > first => (first..=own.end).contains(&port.number),
        Ok(number) => number == port.number,
        Err(_) => *own.port == *port.name,
    }
}
