//! Resource quotas.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::quantity;
use super::row::{Packed, Row};
use super::wire::{Object, Pairs};

/// A quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// `metadata`
    pub meta: Meta,
    /// What it limits, in the order of the server.
    pub limits: Arc<[QuotaLimit]>,
}

/// One resource that a quota limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaLimit {
    /// The resource as the quota spells it, for example `requests.cpu` or `count/jobs.batch`.
    pub resource: Arc<str>,
    /// What the numbers count.
    pub unit: QuotaUnit,
    /// How much is used.
    pub used: u64,
    /// How much may be.
    pub hard: u64,
}

/// What the numbers of a quota count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuotaUnit {
    /// Thousandths of a core.
    Cpu,
    /// Bytes.
    Bytes,
    /// Objects.
    Count,
}

impl QuotaUnit {
    /// What a resource is counted in; `nvidia.com/gpu`, `pods` and `nodes` are objects.
    pub fn of(resource: &str) -> Self {
        if resource == "cpu" || resource.ends_with(".cpu") {
            Self::Cpu
        } else if resource.ends_with("memory")
            || resource.ends_with("storage")
            || resource.contains("hugepages-")
        {
            Self::Bytes
        } else {
            Self::Count
        }
    }

    /// Reads a quantity in this unit; `None` when it is none.
    pub fn read(self, text: &str) -> Option<u64> {
        match self {
            Self::Cpu => quantity::cpu_millis(text),
            Self::Bytes | Self::Count => quantity::whole(text),
        }
    }
}

/// A quota as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct QuotaWire<'a> {
    #[serde(borrow)]
    metadata: Object<MetaWire<'a>>,
    #[serde(borrow)]
    spec: Object<LimitsWire<'a>>,
    #[serde(borrow)]
    status: Object<LimitsWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LimitsWire<'a> {
    #[serde(borrow)]
    hard: Pairs<'a>,
    #[serde(borrow)]
    used: Pairs<'a>,
}

/// The quotas of each namespace, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotaTally(HashMap<Arc<str>, Limits>);

type Limits = BTreeMap<Box<str>, Arc<[QuotaLimit]>>;

impl QuotaTally {
    /// All limits of a namespace's quotas.
    pub fn namespace(&self, name: &str) -> impl Iterator<Item = &QuotaLimit> {
        self.0.get(name).into_iter().flat_map(BTreeMap::values).flat_map(|limits| limits.iter())
    }
}

impl QuotaLimit {
    /// True when nothing more may be made.
    pub fn is_used_up(&self) -> bool {
        self.used >= self.hard && self.hard > 0
    }

    /// How much of it is used, in thousandths.
    pub fn permille(&self) -> u64 {
        (self.used.saturating_mul(1000)).checked_div(self.hard).unwrap_or(0)
    }

    /// `3.1/8` or `5.2 Gi/16 Gi`.
    pub fn words(&self) -> String {
        let write = |number| match self.unit {
            QuotaUnit::Cpu => quantity::human_cpu(number),
            QuotaUnit::Bytes => quantity::human_bytes(number),
            QuotaUnit::Count => number.to_string(),
        };
        format!("{}/{}", write(self.used), write(self.hard))
    }
}

impl Row for Quota {
    type Tally = QuotaTally;
    row_with_meta!(@identity meta);
    fn add_to(&self, tally: &mut QuotaTally) {
        let namespace = self.meta.namespace.clone().unwrap_or_default();
        tally.0.entry(namespace).or_default().insert(self.meta.name.clone(), Arc::clone(&self.limits));
    }
    fn take_from(&self, tally: &mut QuotaTally) {
        let namespace = self.meta.namespace.as_deref().unwrap_or("");
        if let Some(quotas) = tally.0.get_mut(namespace) {
            quotas.remove(&self.meta.name);
            if quotas.is_empty() {
                tally.0.remove(namespace);
            }
        }
    }
}

impl Packed for Quota {
    type Wire<'a> = QuotaWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w QuotaWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: QuotaWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        // The controller fills in the status a moment after the quota was made.
        let hard = if status.hard.0.is_empty() { &spec.hard } else { &status.hard };
        let limit = |(resource, hard): &(super::wire::Text<'_>, super::wire::Text<'_>),
                     shared: &mut Interner| {
            let unit = QuotaUnit::of(resource);
            QuotaLimit {
                unit,
                used: status.used.get(resource).and_then(|used| unit.read(used)).unwrap_or(0),
                hard: unit.read(hard).unwrap_or(0),
                resource: shared.get(resource),
            }
        };
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            limits: hard.0.iter().map(|pair| limit(pair, shared)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_found_by_namespace_in_their_units() {
        let json = r#"{"metadata":{"name":"compute","namespace":"staging"},"spec":{"hard":{"requests.cpu":"8"}},
            "status":{"hard":{"requests.cpu":"8","requests.memory":"16Gi","pods":"20"},
            "used":{"requests.cpu":"3100m","requests.memory":"5583457485","pods":"20"}}}"#;
        let quota = Quota::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let mut tally = QuotaTally::default();
        quota.add_to(&mut tally);
        let words: Vec<String> = tally.namespace("staging").map(QuotaLimit::words).collect();
        assert_eq!(words, ["3.1/8", "5.2 Gi/16 Gi", "20/20"]);
        let full: Vec<&str> = tally
            .namespace("staging")
            .filter(|limit| limit.is_used_up())
            .map(|limit| &*limit.resource)
            .collect();
        assert_eq!(full, ["pods"]);
        quota.take_from(&mut tally);
        assert_eq!(tally, QuotaTally::default());
    }

    #[test]
    fn a_quota_of_nothing_is_not_used_up() {
        let json = r#"{"metadata":{"name":"x"},"status":{"hard":{"pods":null,"services":"0"},"used":null}}"#;
        let quota = Quota::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert!(quota.limits.iter().all(|limit| !limit.is_used_up() && limit.permille() == 0));
    }
}
