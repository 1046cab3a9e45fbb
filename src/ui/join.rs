//! What columns find in the other tables of their cluster, and how they say that they could not look.

use super::listing::RowContext;
use super::role::Role;
use super::value::Value;
use crate::fleet::endpoint_slice::{EndpointSlice, Endpoints};
use crate::fleet::kind::{ENDPOINT_SLICES, NODE_METRICS, POD_METRICS, PODS, RESOURCE_QUOTAS};
use crate::fleet::pod::{Pod, PodTally, Resources};
use crate::fleet::quota::{Quota, QuotaTally};
use crate::fleet::usage::{NodeUsage, PodUsage, UsageTally};
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::reading::is_known;
use crate::snapshot::Freshness;

/// What a look into another table found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined<T> {
    /// It is there.
    Found(T),
    /// The table is complete enough to say that it is not there.
    Absent,
    /// The table could not be read: nothing can be said.
    Unknown,
}

impl<T> Joined<T> {
    /// What was found, if anything.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }

    /// Makes something else of what was found.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Joined<U> {
        match self {
            Self::Found(value) => Joined::Found(make(value)),
            Self::Absent => Joined::Absent,
            Self::Unknown => Joined::Unknown,
        }
    }

    /// As a cell: nothing where there is nothing, unknown where nobody could look.
    pub fn cell<'a>(self, show: impl FnOnce(T) -> Value<'a>) -> Value<'a> {
        match self {
            Self::Found(value) => show(value),
            Self::Absent => Value::Nothing,
            Self::Unknown => Value::Unknown,
        }
    }
}

/// The running totals of another table. Nobody watching it, and a kind that the server does not offer, is *absent*: the
/// columns are then empty. A refusal is *unknown*.
pub fn tally<'a, R: Row>(context: &RowContext<'a>, resource: &ResourceType) -> Joined<&'a R::Tally> {
    match context.cluster.table::<R>(resource) {
        None => Joined::Absent,
        Some(table) => match table.freshness() {
            Freshness::Forbidden { .. } => Joined::Unknown,
            Freshness::NotWatched | Freshness::Unavailable { .. } => Joined::Absent,
            Freshness::Loading { .. }
            | Freshness::Live
            | Freshness::Polled { .. }
            | Freshness::Stale { .. } => Joined::Found(table.tally()),
        },
    }
}

/// True when a table is complete in a namespace, so that what is not in it does not exist there.
pub fn is_complete(context: &RowContext<'_>, resource: &ResourceType, namespace: &str) -> bool {
    is_known(context.cluster, resource, Some(namespace))
}

/// All pods together.
pub fn pods<'a>(context: &RowContext<'a>) -> Joined<&'a PodTally> {
    tally::<Pod>(context, &PODS)
}

/// What a pod uses.
pub fn pod_usage(context: &RowContext<'_>, namespace: &str, name: &str) -> Joined<Resources> {
    usage(tally::<PodUsage>(context, &POD_METRICS), |tally| tally.pod(namespace, name))
}

/// What a node uses.
pub fn node_usage(context: &RowContext<'_>, name: &str) -> Joined<Resources> {
    usage(tally::<NodeUsage>(context, &NODE_METRICS), |tally| tally.node(name))
}

/// What the pods of a namespace use.
pub fn namespace_usage(context: &RowContext<'_>, namespace: &str) -> Joined<Resources> {
    usage(tally::<PodUsage>(context, &POD_METRICS), |tally| tally.namespace(namespace))
}

fn usage(tally: Joined<&UsageTally>, of: impl FnOnce(&UsageTally) -> Option<Resources>) -> Joined<Resources> {
    match tally.map(of) {
        Joined::Found(Some(used)) => Joined::Found(used),
        Joined::Found(None) | Joined::Absent => Joined::Absent,
        Joined::Unknown => Joined::Unknown,
    }
}

/// The quotas of all namespaces.
pub fn quotas<'a>(context: &RowContext<'a>) -> Joined<&'a QuotaTally> {
    tally::<Quota>(context, &RESOURCE_QUOTAS)
}

/// How many addresses of a service are ready.
pub fn endpoints(context: &RowContext<'_>, namespace: &str, service: &str) -> Joined<Endpoints> {
    match tally::<EndpointSlice>(context, &ENDPOINT_SLICES) {
        Joined::Found(tally) => match tally.get(namespace, service) {
            Some(endpoints) => Joined::Found(*endpoints),
            None if is_complete(context, &ENDPOINT_SLICES, namespace) => Joined::Found(Endpoints::default()),
            None => Joined::Absent,
        },
        Joined::Absent => Joined::Absent,
        Joined::Unknown => Joined::Unknown,
    }
}

/// The colour of words that explain a verdict. What is fine is not coloured: colour is for what wants a look.
pub fn role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Ok => Role::Text,
        Verdict::Unknown => Role::Unknown,
        Verdict::Progressing => Role::Progressing,
        Verdict::Warning => Role::Warning,
        Verdict::Critical => Role::Critical,
    }
}
