//! Storage: what pods claim ([`claim`]), the volumes that serve it ([`volume`]) by the rules of a class ([`class`]), where
//! they are attached ([`attachment`]), how full they are ([`usage`]) and what was copied of them ([`snapshot`]).

pub mod attachment;
pub mod claim;
pub mod class;
pub mod snapshot;
pub mod usage;
pub mod volume;

use std::sync::Arc;

use crate::fleet::condition::bounded;
use crate::fleet::intern::Interner;
use crate::fleet::quantity;
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{Object, Text, wire_structs};

/// What went wrong with a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageError {
    /// `message`, of at most 1 KiB.
    pub message: Arc<str>,
    /// `time`
    pub at: Timestamp,
}

wire_structs! {
    /// An error as it is read.
    pub(super) struct ErrorWire<'a> {
        message: Text<'a>,
        time: Text<'a>,
    }
    /// Quantities as far as they are about storage.
    pub(super) struct CapacityWire<'a> {
        storage: Text<'a>,
    }
}

impl StorageError {
    fn pack(wire: &Object<ErrorWire<'_>>, interner: &mut Interner) -> Option<Self> {
        let wire = wire.get()?;
        Some(Self { message: interner.get(&bounded(&wire.message)), at: wire.time.instant() })
    }
}

/// Bytes of storage; 0 where nothing is said.
fn bytes(wire: &Object<CapacityWire<'_>>) -> u64 {
    wire.get().and_then(|capacity| quantity::whole(&capacity.storage)).unwrap_or(0)
}
