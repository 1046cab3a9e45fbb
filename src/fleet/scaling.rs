//! What changes how many pods there are and how large they are ([`horizontal`], [`vertical`]), and what keeps enough of
//! them alive meanwhile ([`disruption_budget`]).

pub mod disruption_budget;
pub mod horizontal;
pub mod vertical;

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::wire::{Object, Text, wire_structs};

/// What an autoscaler scales: an object of its own namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScaleTarget {
    /// Kind, for example `Deployment`.
    pub kind: Arc<str>,
    /// Name.
    pub name: Arc<str>,
}

wire_structs! {
    /// A target as it is read.
    pub(super) struct ScaleTargetWire<'a> {
        kind: Text<'a>,
        name: Text<'a>,
    }
}

impl ScaleTarget {
    fn pack(wire: &Object<ScaleTargetWire<'_>>, interner: &mut Interner) -> Self {
        let Some(wire) = wire.get() else { return Self::default() };
        Self { kind: interner.get(&wire.kind), name: interner.get(&wire.name) }
    }
}
