//! What pods and nodes use right now, by the metrics API (`metrics.k8s.io`).
//!
//! Other views join with the totals, which are maps by name: a column finds the usage of its row at once.

use std::sync::Arc;

use serde::Deserialize;

use super::by_name::ByName;
use super::intern::Interner;
use super::meta::MetaWire;
use super::pod::Resources;
use super::quantity;
use super::row::{Packed, Row};
use super::wire::{List, Object, Text};

/// What a pod uses, all its containers together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodUsage {
    namespace: Arc<str>,
    name: Arc<str>,
    /// CPU and memory (working set).
    pub used: Resources,
}

/// What a node uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUsage {
    name: Arc<str>,
    /// CPU and memory (working set).
    pub used: Resources,
}

/// A `PodMetrics` or `NodeMetrics` as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UsageWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a>>,
    #[serde(borrow)]
    containers: List<ContainerWire<'a>>,
    #[serde(borrow)]
    usage: Object<QuantitiesWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerWire<'a> {
    #[serde(borrow)]
    usage: Object<QuantitiesWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct QuantitiesWire<'a> {
    #[serde(borrow)]
    cpu: Text<'a>,
    #[serde(borrow)]
    memory: Text<'a>,
}

impl QuantitiesWire<'_> {
    fn resources(&self) -> Resources {
        Resources {
            cpu: quantity::cpu_millis(&self.cpu).unwrap_or(0),
            memory: quantity::whole(&self.memory).unwrap_or(0),
        }
    }
}

/// The usage of everything by name, and all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageTally {
    by_name: ByName<Resources>,
    total: Resources,
}

impl UsageTally {
    /// What a pod uses.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<Resources> {
        self.by_name.get(namespace, name).copied()
    }

    /// What a node uses.
    pub fn node(&self, name: &str) -> Option<Resources> {
        self.by_name.get("", name).copied()
    }

    /// What the pods of a namespace use together; walks them.
    pub fn namespace(&self, namespace: &str) -> Option<Resources> {
        self.by_name.in_namespace(namespace).map(|(_, used)| *used).reduce(Resources::plus)
    }

    /// What all use together.
    pub fn total(&self) -> Resources {
        self.total
    }

    fn add(&mut self, namespace: &Arc<str>, name: &Arc<str>, used: Resources) {
        self.total = self.total.plus(used);
        self.by_name.change(namespace, name, |known| {
            *known = used;
            true
        });
    }

    fn take(&mut self, namespace: &Arc<str>, name: &Arc<str>, used: Resources) {
        self.total = self.total.minus(used);
        self.by_name.change(namespace, name, |_| false);
    }
}

impl Row for PodUsage {
    type Tally = UsageTally;

    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace)
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, tally: &mut UsageTally) {
        tally.add(&self.namespace, &self.name, self.used);
    }
    fn take_from(&self, tally: &mut UsageTally) {
        tally.take(&self.namespace, &self.name, self.used);
    }
}

impl Row for NodeUsage {
    type Tally = UsageTally;

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, tally: &mut UsageTally) {
        tally.add(&"".into(), &self.name, self.used);
    }
    fn take_from(&self, tally: &mut UsageTally) {
        tally.take(&"".into(), &self.name, self.used);
    }
}

impl Packed for PodUsage {
    type Wire<'a> = UsageWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w UsageWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: UsageWire<'_>, shared: &mut Interner) -> Self {
        let meta = wire.metadata.or_default();
        let usages = wire.containers.iter().filter_map(|container| container.usage.0.as_ref());
        Self {
            namespace: shared.get(&meta.namespace),
            name: (*meta.name).into(),
            used: usages.map(QuantitiesWire::resources).fold(Resources::default(), Resources::plus),
        }
    }
}

impl Packed for NodeUsage {
    type Wire<'a> = UsageWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w UsageWire<'_>) -> &'w str {
        PodUsage::revision(wire)
    }

    fn pack(wire: UsageWire<'_>, _: &mut Interner) -> Self {
        Self {
            name: (*wire.metadata.or_default().name).into(),
            used: wire.usage.0.as_ref().map(QuantitiesWire::resources).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_summed_up_and_found_by_name() {
        let json = r#"{"metadata":{"name":"a","namespace":"argocd"},"timestamp":"2026-11-21T12:45:04Z","window":"15s",
            "containers":[{"name":"x","usage":{"cpu":"30999872n","memory":"262Mi"}},{"name":"y","usage":null},
            {"name":"z","usage":{"cpu":"1m","memory":"1Ki"}}]}"#;
        let row = PodUsage::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let used = Resources { cpu: 32, memory: (262 << 20) + 1024 };
        let mut tally = UsageTally::default();
        row.add_to(&mut tally);
        assert_eq!(tally.pod("argocd", "a"), Some(used));
        assert_eq!(tally.pod("argocd", "b"), None);
        assert_eq!(tally.namespace("argocd"), Some(used));
        assert_eq!(tally.total(), used);
        row.take_from(&mut tally);
        assert_eq!(tally, UsageTally::default());
    }

    #[test]
    fn a_node_is_found_by_its_name_alone() {
        let json = r#"{"metadata":{"name":"n"},"usage":{"cpu":"1500m","memory":"2Gi"}}"#;
        let row = NodeUsage::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let mut tally = UsageTally::default();
        row.add_to(&mut tally);
        assert_eq!(tally.node("n"), Some(Resources { cpu: 1500, memory: 2 << 30 }));
    }
}
