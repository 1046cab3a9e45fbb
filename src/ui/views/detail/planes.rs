//! What the planes know of an object, beside what it says itself: why a pod waits, why a node stays, how a pool is,
//! how full a volume is.
//!
//! To add a part: its file here, and a line in [`PARTS`].

mod karpenter;
mod volume;
mod waiting;

use serde_json::Value;

use crate::fleet::{ObjectRef, ResourceType, Timestamp};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::Section;

/// What one plane says of objects of a kind.
pub struct Part {
    /// Whether it has something to say of this object; the object itself once it was read.
    pub concerns: fn(&ObjectRef, Option<&Value>) -> bool,
    /// The tables that it rests on, derived ones too. They are read while the object is on screen.
    pub rests_on: &'static [ResourceType],
    /// What it says.
    pub sections: fn(&ClusterSnapshot, &ObjectRef, Timestamp) -> Vec<Section>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("rests_on", &self.rests_on).finish_non_exhaustive()
    }
}

/// Every part.
pub const PARTS: &[Part] =
    &[waiting::PART, karpenter::POOL, karpenter::CLAIM, karpenter::CLASS, volume::PART];

/// The parts that concern an object.
pub fn of<'v>(object: &ObjectRef, value: Option<&'v Value>) -> impl Iterator<Item = &'static Part> + use<'v> {
    let object = object.clone();
    PARTS.iter().filter(move |part| (part.concerns)(&object, value))
}
