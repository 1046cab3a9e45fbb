//! Amounts of resources by name: limits, requests, capacity (`corev1.ResourceList`).

use std::sync::Arc;

use super::intern::Interner;
use super::quota::QuotaUnit;
use super::wire::Pairs;

/// How much of each resource. CPU is in thousandths of a core, memory and storage in bytes, everything else is counted
/// ([`QuotaUnit::of`] says which).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts(Box<[(Arc<str>, u64)]>);

impl Amounts {
    /// Keeps what was read; what is no quantity is left out.
    pub fn pack(wire: &Pairs<'_>, interner: &mut Interner) -> Self {
        let read = |resource: &str, text: &str| QuotaUnit::of(resource).read(text);
        let amounts = wire.0.iter().filter_map(|(resource, text)| {
            read(resource, text).map(|amount| (interner.get(resource), amount))
        });
        Self(amounts.collect())
    }

    /// How much of one resource; `None` where nothing is said.
    pub fn get(&self, resource: &str) -> Option<u64> {
        self.0.iter().find(|(known, _)| &**known == resource).map(|(_, amount)| *amount)
    }

    /// All of them, in the order of the server, which sorts them by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(resource, amount)| (&**resource, *amount))
    }

    /// True when nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_resource_has_its_own_unit() {
        let json =
            r#"{"cpu":"1850m","memory":"3Gi","nodes":7,"ephemeral-storage":"1Ki","bad":"x","none":null}"#;
        let amounts = Amounts::pack(&serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!(amounts.get("cpu"), Some(1850));
        assert_eq!(amounts.get("memory"), Some(3 << 30));
        assert_eq!(amounts.get("ephemeral-storage"), Some(1024));
        assert_eq!((amounts.get("nodes"), amounts.get("bad"), amounts.get("none")), (Some(7), None, None));
        assert_eq!(amounts.iter().count(), 4);
    }
}
