//! LimitRanges: what containers, pods and claims of a namespace get and may ask for.

use std::sync::Arc;

use super::amounts::Amounts;
use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::wire::{List, Object, Pairs, Text, wire_structs};

/// A LimitRange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitRange {
    /// `metadata`
    pub meta: Meta,
    /// `spec.limits`
    pub limits: Box<[Limit]>,
}

/// What one type of object gets and may ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// `type`: `Container`, `Pod`, `PersistentVolumeClaim`.
    pub kind: Arc<str>,
    /// `default`: the limits of those that name none.
    pub default_limits: Amounts,
    /// `defaultRequest`: the requests of those that name none.
    pub default_requests: Amounts,
    /// `min`
    pub min: Amounts,
    /// `max`
    pub max: Amounts,
}

wire_structs! {
    /// A LimitRange as it is read.
    pub struct LimitRangeWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
    }
    struct SpecWire<'a> {
        limits: List<LimitWire<'a>>,
    }
    struct LimitWire<'a> {
        #[serde(rename = "type")]
        kind: Text<'a>,
        default: Pairs<'a>,
        default_request: Pairs<'a>,
        min: Pairs<'a>,
        max: Pairs<'a>,
    }
}

row_with_meta!(LimitRange);

impl Packed for LimitRange {
    packed_from!(LimitRangeWire);

    fn pack(wire: LimitRangeWire<'_>, shared: &mut Interner) -> Self {
        let limit = |wire: &LimitWire<'_>| Limit {
            kind: shared.get(&wire.kind),
            default_limits: Amounts::pack(&wire.default, shared),
            default_requests: Amounts::pack(&wire.default_request, shared),
            min: Amounts::pack(&wire.min, shared),
            max: Amounts::pack(&wire.max, shared),
        };
        Self {
            limits: wire.spec.or_default().limits.iter().map(limit).collect(),
            meta: Meta::pack(&wire.metadata.or_default(), shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_bounds_are_read() {
        let json = r#"{"metadata":{"name":"defaults","namespace":"team-a"},"spec":{"limits":[{"type":"Container","default":{"cpu":"500m","memory":"512Mi"},
            "defaultRequest":{"cpu":"100m"},"max":{"cpu":"4"},"min":{"memory":"16Mi"}},{"type":"PersistentVolumeClaim","max":{"storage":"50Gi"}}]}}"#;
        let range = LimitRange::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let [container, claim] = &*range.limits else { panic!("{range:?}") };
        assert_eq!((&*container.kind, container.default_limits.get("cpu")), ("Container", Some(500)));
        assert_eq!(
            (container.default_requests.get("cpu"), container.max.get("cpu")),
            (Some(100), Some(4000))
        );
        assert_eq!((container.min.get("memory"), claim.max.get("storage")), (Some(16 << 20), Some(50 << 30)));
    }
}
