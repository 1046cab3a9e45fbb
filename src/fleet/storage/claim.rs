//! PersistentVolumeClaims: storage that pods ask for.

use std::sync::Arc;

use super::{CapacityWire, bytes};
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{List, Object, Text, Texts, wire_structs};
use crate::fleet::word::open_words;

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeClaim {
    /// `metadata`
    pub meta: Meta,
    /// `status.phase`
    pub phase: ClaimPhase,
    /// `spec.volumeName`: the volume that serves it; `None` until there is one.
    pub volume: Option<Arc<str>>,
    /// `spec.storageClassName`; `None` for the default class, an empty one for no class.
    pub class: Option<Arc<str>>,
    /// `spec.accessModes`
    pub access_modes: Box<[Arc<str>]>,
    /// `spec.volumeMode`: `Filesystem` or `Block`.
    pub mode: Arc<str>,
    /// `spec.resources.requests.storage` in bytes.
    pub requested: u64,
    /// `status.capacity.storage` in bytes; 0 until it is bound.
    pub capacity: u64,
    /// The annotation `volume.kubernetes.io/selected-node`: where the first pod that uses it goes.
    pub selected_node: Option<Arc<str>>,
    /// `status.conditions`: `Resizing`, `FileSystemResizePending` …
    pub conditions: Conditions,
}

open_words! {
    /// How a claim stands.
    pub enum ClaimPhase {
        /// No volume serves it yet.
        Pending = "Pending",
        /// A volume serves it.
        Bound = "Bound",
        /// Its volume is gone, with what was on it.
        Lost = "Lost",
    }
}

wire_structs! {
    /// A claim as it is read.
    pub struct VolumeClaimWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "volume.kubernetes.io/selected-node")]
        selected_node: Text<'a>,
    }
    struct SpecWire<'a> {
        volume_name: Text<'a>,
        storage_class_name: Option<Text<'a>>,
        access_modes: Texts<'a>,
        volume_mode: Text<'a>,
        resources: Object<ResourcesWire<'a>>,
    }
    struct ResourcesWire<'a> {
        requests: Object<CapacityWire<'a>>,
    }
    struct StatusWire<'a> {
        phase: Text<'a>,
        capacity: Object<CapacityWire<'a>>,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(VolumeClaim);

impl Packed for VolumeClaim {
    packed_from!(VolumeClaimWire);

    fn pack(wire: VolumeClaimWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            phase: ClaimPhase::read(&status.phase, shared),
            volume: shared.known(&spec.volume_name),
            class: spec.storage_class_name.map(|class| shared.get(&class)),
            access_modes: shared.all(&spec.access_modes),
            mode: shared.get(&spec.volume_mode),
            requested: bytes(&spec.resources.or_default().requests),
            capacity: bytes(&status.capacity),
            selected_node: meta.annotations.get().and_then(|a| shared.known(&a.selected_node)),
            conditions: Conditions::pack(&status.conditions, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(json: &str) -> VolumeClaim {
        VolumeClaim::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_bound_claim_is_read() {
        let claim = claim(
            r#"{"metadata":{"name":"data-cache-0","namespace":"production","annotations":{"volume.kubernetes.io/selected-node":"node-1"}},
            "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"20Gi"}},"storageClassName":"gp3","volumeMode":"Filesystem",
            "volumeName":"pvc-1"},"status":{"phase":"Bound","capacity":{"storage":"10Gi"},"conditions":[{"type":"FileSystemResizePending","status":"True"}]}}"#,
        );
        assert_eq!(
            (claim.phase.clone(), claim.volume.as_deref(), claim.class.as_deref()),
            (ClaimPhase::Bound, Some("pvc-1"), Some("gp3"))
        );
        assert_eq!((claim.requested, claim.capacity), (20 << 30, 10 << 30));
        assert_eq!(
            (&*claim.access_modes[0], claim.selected_node.as_deref()),
            ("ReadWriteOnce", Some("node-1"))
        );
        assert!(claim.conditions.is_true("FileSystemResizePending"));
    }

    #[test]
    fn no_class_and_the_default_class_are_not_the_same() {
        assert_eq!(claim(r#"{"spec":{"storageClassName":""}}"#).class.as_deref(), Some(""));
        assert_eq!(claim(r#"{"spec":{}}"#).class, None);
        assert_eq!(
            claim(r#"{"spec":{"storageClassName":null},"status":{"phase":"Dreaming"}}"#).phase.as_str(),
            "Dreaming"
        );
    }
}
