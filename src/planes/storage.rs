//! Storage: every claim with the volume that serves it, its class, where it is attached, how full it is, who waits for it,
//! and whether a pod can go where it is.
//!
//! A disk of EBS lives in one zone. A claim is therefore judged together with the nodes of that zone: a volume that no
//! node can reach is as good as lost for the pod that wants it.

mod conclude;
#[cfg(test)]
mod tests;
pub mod verdict;

use std::sync::Arc;

pub use conclude::Claims;

use crate::fleet::kind::{
    NODES, PODS, STORAGE_CLASSES, VOLUME_ATTACHMENTS, VOLUME_CLAIMS, VOLUME_SNAPSHOTS, VOLUME_USAGES, VOLUMES,
};
use crate::fleet::meta::row_with_meta;
use crate::fleet::storage::attachment::VolumeAttachment;
use crate::fleet::storage::claim::VolumeClaim;
use crate::fleet::storage::class::StorageClass;
use crate::fleet::storage::usage::VolumeUsage;
use crate::fleet::storage::volume::Volume;
use crate::fleet::{ResourceType, Row, Timestamp};
use crate::snapshot::{Derived, derived};

/// Claims with what belongs to them, as a derived kind. Its rows have the names of their claims.
pub const STORED_CLAIMS: ResourceType = derived::namespaced("storedclaims", "StoredClaim");

static NEEDS: [ResourceType; 1] = [VOLUME_CLAIMS];
static HELPS: [ResourceType; 6] =
    [VOLUMES, STORAGE_CLASSES, VOLUME_ATTACHMENTS, VOLUME_SNAPSHOTS, PODS, NODES];
/// Nobody waits for kubelets.
static ADDS: [ResourceType; 1] = [VOLUME_USAGES];

/// The table of claims.
pub const TABLE: Derived = Derived::new::<Claims>(STORED_CLAIMS, &NEEDS, &HELPS).adding(&ADDS);

/// What was found of something that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<T> {
    /// Nothing is named.
    NotNamed,
    /// It is there.
    Is(T),
    /// It is not there, although everything could be read.
    Missing,
    /// It could not be read.
    Unknown,
}

impl<T> Found<T> {
    /// What is there.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Is(found) => Some(found),
            Self::NotNamed | Self::Missing | Self::Unknown => None,
        }
    }
}

/// A claim with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredClaim {
    /// The claim.
    pub claim: Arc<VolumeClaim>,
    /// The volume that serves it.
    pub volume: Found<Arc<Volume>>,
    /// The class it asks for, the default one where it names none.
    pub class: Found<Arc<StorageClass>>,
    /// Where its volume is, or shall be, attached.
    pub attachments: Box<[Arc<VolumeAttachment>]>,
    /// The nodes among those that do not exist any more.
    pub gone_nodes: Box<[Arc<str>]>,
    /// The first by name of the pods that have no node yet and use it.
    pub waiting: Option<Waiting>,
    /// How many nodes that take pods are where its volume is; `None` when it is everywhere, or nobody knows.
    pub reach: Option<u32>,
    /// How full it is, by a kubelet; not *named* until kubelets were asked, *missing* where none of them says so.
    pub usage: Found<Arc<VolumeUsage>>,
    /// Its snapshots.
    pub snapshots: u32,
    /// When the newest of them was taken; *never* without one.
    pub last_snapshot: Timestamp,
}

/// A pod that waits for a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub pod: Box<str>,
    /// The scheduler's words; empty where it has said none.
    pub message: Arc<str>,
}

impl StoredClaim {
    /// Whether what is written is encrypted at rest, by the volume or else by its class; `None` when neither says so.
    pub fn is_encrypted(&self) -> Option<bool> {
        let volume = self.volume.known().and_then(|volume| volume.is_encrypted());
        let class = || self.class.known()?.parameter("encrypted")?.parse().ok();
        volume.or_else(class)
    }

    /// The zones that its volume can be used in; none when it is everywhere, or nobody knows.
    pub fn zones(&self) -> &[Arc<str>] {
        self.volume.known().map_or(&[], |volume| &volume.zones)
    }
}

impl Row for StoredClaim {
    type Tally = ();
    row_with_meta!(@identity claim.meta);
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}
