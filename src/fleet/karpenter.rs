//! Karpenter's objects: what may be launched ([`node_pool`]), what was launched ([`node_claim`]) and how
//! ([`node_class`]). Fields as of `karpenter.sh/v1` and `karpenter.k8s.aws/v1` (Karpenter 1.14), with the shapes of
//! `v1beta1` where they differ.

pub mod node_claim;
pub mod node_class;
pub mod node_pool;

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::selector::Expression;
use crate::fleet::wire::{List, Number, Object, Text, Texts, wire_structs};

/// What a node must have: one of `requirements`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// The node label and what it must be.
    pub expression: Expression,
    /// `minValues`: how many different values must stay possible; 0 where it is not said.
    pub min_values: u32,
}

/// `nodeClassRef`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeClassRef {
    /// API group: `karpenter.k8s.aws`, or `eks.amazonaws.com` for EKS Auto Mode.
    pub group: Arc<str>,
    /// `EC2NodeClass` or `NodeClass`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

wire_structs! {
    /// A requirement as it is read.
    pub(super) struct RequirementWire<'a> {
        key: Text<'a>,
        operator: Text<'a>,
        values: Texts<'a>,
        min_values: Number,
    }
    /// A reference to a node class as it is read; `apiVersion` is what `v1beta1` had for `group`.
    pub(super) struct NodeClassRefWire<'a> {
        group: Text<'a>,
        api_version: Text<'a>,
        kind: Text<'a>,
        name: Text<'a>,
    }
}

impl Requirement {
    fn pack_all(wire: &List<RequirementWire<'_>>, interner: &mut Interner) -> Box<[Self]> {
        let pack = |wire: &RequirementWire<'_>| Self {
            expression: Expression::read(&wire.key, &wire.operator, &wire.values, interner),
            min_values: wire.min_values.count(),
        };
        wire.iter().map(pack).collect()
    }
}

impl NodeClassRef {
    fn pack(wire: &Object<NodeClassRefWire<'_>>, interner: &mut Interner) -> Self {
        let Some(wire) = wire.get() else { return Self::default() };
        let group = wire.group.known().or_else(|| Some(wire.api_version.split_once('/')?.0));
        Self {
            group: interner.get(group.unwrap_or_default()),
            kind: interner.get(&wire.kind),
            name: interner.get(&wire.name),
        }
    }
}

/// Finds the requirement for a node label.
pub fn requirement<'r>(requirements: &'r [Requirement], key: &str) -> Option<&'r Requirement> {
    requirements.iter().find(|requirement| &*requirement.expression.key == key)
}
