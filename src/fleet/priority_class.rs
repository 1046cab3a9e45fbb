//! PriorityClasses (`scheduling.k8s.io/v1`): who goes first, and who may push others out.

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::wire::{Flag, Number, Object, Text, wire_structs};

/// A PriorityClass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriorityClass {
    /// `metadata`
    pub meta: Meta,
    /// `value`: larger goes first.
    pub value: i32,
    /// `globalDefault`: pods without a class get this one.
    pub is_default: bool,
    /// `preemptionPolicy`: `Never`, or `PreemptLowerPriority`, which is meant where it is not said.
    pub preemption_policy: Arc<str>,
    /// `description`
    pub description: Box<str>,
}

wire_structs! {
    /// A PriorityClass as it is read.
    pub struct PriorityClassWire<'a> {
        metadata: Object<MetaWire<'a>>,
        value: Number,
        global_default: Flag,
        preemption_policy: Text<'a>,
        description: Text<'a>,
    }
}

row_with_meta!(PriorityClass);

impl Packed for PriorityClass {
    packed_from!(PriorityClassWire);

    fn pack(wire: PriorityClassWire<'_>, shared: &mut Interner) -> Self {
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            value: wire.value.int(),
            is_default: wire.global_default.is_true(),
            preemption_policy: shared.get(wire.preemption_policy.known().unwrap_or("PreemptLowerPriority")),
            description: (*super::condition::bounded(&wire.description)).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_read() {
        let pack =
            |json: &str| PriorityClass::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let class = pack(
            r#"{"metadata":{"name":"low"},"value":-10,"globalDefault":true,"preemptionPolicy":"Never","description":"batch"}"#,
        );
        assert_eq!((class.value, class.is_default, &*class.preemption_policy), (-10, true, "Never"));
        let critical = pack(r#"{"metadata":{"name":"system-node-critical"},"value":2000001000}"#);
        assert_eq!((critical.value, &*critical.preemption_policy), (2_000_001_000, "PreemptLowerPriority"));
    }
}
