//! Endpoint slices: which addresses of a service are ready.

use std::sync::Arc;

use serde::Deserialize;

use super::by_name::ByName;
use super::identity::Uid;
use super::intern::Interner;
use super::meta::{self, Labels, MetaWire};
use super::row::{Packed, Row};
use super::wire::{Flag, List, Number, Object, Text};

/// A slice of the endpoints of a service, packed: large services have hundreds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSlice {
    uid: Uid,
    name: Box<str>,
    namespace: Arc<str>,
    labels: Labels,
    /// The service that it belongs to; empty when it does not say.
    pub service: Arc<str>,
    /// How many of its addresses are ready.
    pub ready: u32,
    /// How many addresses it has, those that are terminating left out.
    pub total: u32,
    /// The ports of its addresses; empty when the service has none.
    pub ports: Box<[SlicePort]>,
}

/// A port that all addresses of a slice have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlicePort {
    /// `name`: that of the service's port; empty for a single one.
    pub name: Arc<str>,
    /// `port`: that of the pods; 0 where all are meant.
    pub port: u32,
}

/// How many addresses of a service are ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Ready ones.
    pub ready: u32,
    /// All.
    pub total: u32,
    slices: u32,
}

/// The endpoints of each service.
pub type EndpointTally = ByName<Endpoints>;

/// An endpoint slice as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndpointSliceWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a>>,
    endpoints: List<EndpointWire>,
    #[serde(borrow)]
    ports: List<PortWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PortWire<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    port: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EndpointWire {
    conditions: Object<ConditionsWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ConditionsWire {
    ready: Flag,
    terminating: Flag,
}

impl EndpointWire {
    /// An absent condition means ready (`discovery.k8s.io/v1` `EndpointConditions`).
    fn is_ready(&self) -> bool {
        self.conditions.0.as_ref().is_none_or(|conditions| conditions.ready.0 != Some(false))
    }

    fn is_terminating(&self) -> bool {
        self.conditions.0.as_ref().is_some_and(|conditions| conditions.terminating.is_true())
    }
}

const SERVICE_LABEL: &str = "kubernetes.io/service-name";

impl Row for EndpointSlice {
    type Tally = EndpointTally;

    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace)
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn uid(&self) -> Uid {
        self.uid
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(self.labels.iter().map(|(key, value)| (&**key, &**value)))
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, tally: &mut EndpointTally) {
        tally.change(&self.namespace, &self.service, |endpoints| {
            endpoints.ready = endpoints.ready.saturating_add(self.ready);
            endpoints.total = endpoints.total.saturating_add(self.total);
            endpoints.slices += 1;
            true
        });
    }
    fn take_from(&self, tally: &mut EndpointTally) {
        tally.change(&self.namespace, &self.service, |endpoints| {
            endpoints.ready = endpoints.ready.saturating_sub(self.ready);
            endpoints.total = endpoints.total.saturating_sub(self.total);
            endpoints.slices = endpoints.slices.saturating_sub(1);
            endpoints.slices > 0
        });
    }
}

impl Packed for EndpointSlice {
    type Wire<'a> = EndpointSliceWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w EndpointSliceWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: EndpointSliceWire<'_>, shared: &mut Interner) -> Self {
        let meta = wire.metadata.or_default();
        let living = || wire.endpoints.iter().filter(|endpoint| !endpoint.is_terminating());
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            uid: Uid::parse(&meta.uid),
            name: (*meta.name).into(),
            namespace: shared.get(&meta.namespace),
            labels: meta::pairs(&meta.labels, shared),
            service: shared.get(meta.labels.get(SERVICE_LABEL).unwrap_or("")),
            ready: count(living().filter(|endpoint| endpoint.is_ready()).count()),
            total: count(living().count()),
            ports: wire
                .ports
                .iter()
                .map(|port| SlicePort { name: shared.get(&port.name), port: port.port.count() })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slices_of_a_service_are_counted_together() {
        let slice = |name: &str, endpoints: &str| {
            let json = format!(
                r#"{{"metadata":{{"name":"{name}","namespace":"web","labels":{{"{SERVICE_LABEL}":"api"}}}},"endpoints":{endpoints}}}"#
            );
            EndpointSlice::pack(serde_json::from_str(&json).unwrap(), &mut Interner::default())
        };
        let first = slice("api-1", r#"[{"conditions":{"ready":true}},{"conditions":{"ready":false}},{}]"#);
        let second =
            slice("api-2", r#"[{"conditions":{"ready":false,"terminating":true}},{"conditions":null}]"#);
        let empty = slice("api-3", "null");
        let mut tally = EndpointTally::default();
        for slice in [&first, &second, &empty] {
            slice.add_to(&mut tally);
        }
        assert_eq!(tally.get("web", "api").map(|e| (e.ready, e.total)), Some((3, 4)));
        for slice in [&first, &second, &empty] {
            slice.take_from(&mut tally);
        }
        assert_eq!(tally, EndpointTally::default());
    }
}
