//! VolumeSnapshots: copies of volumes (`snapshot.storage.k8s.io/v1`).

use std::sync::Arc;

use super::{ErrorWire, StorageError};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::quantity;
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{Flag, Object, Text, wire_structs};

/// A VolumeSnapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSnapshot {
    /// `metadata`
    pub meta: Meta,
    /// `spec.source.persistentVolumeClaimName`; `None` for a snapshot that was there before.
    pub claim: Option<Arc<str>>,
    /// `spec.volumeSnapshotClassName`; `None` for the default class.
    pub class: Option<Arc<str>>,
    /// `status.readyToUse`; `None` until the driver says something.
    pub is_ready: Option<bool>,
    /// `status.creationTime`: when it was taken.
    pub taken: Timestamp,
    /// `status.restoreSize` in bytes; 0 where it is not said.
    pub restore_size: u64,
    /// `status.boundVolumeSnapshotContentName`
    pub content: Option<Arc<str>>,
    /// `status.error`
    pub error: Option<StorageError>,
}

wire_structs! {
    /// A VolumeSnapshot as it is read.
    pub struct VolumeSnapshotWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        source: Object<SourceWire<'a>>,
        volume_snapshot_class_name: Text<'a>,
    }
    struct SourceWire<'a> {
        persistent_volume_claim_name: Text<'a>,
    }
    struct StatusWire<'a> {
        ready_to_use: Flag,
        creation_time: Text<'a>,
        restore_size: Text<'a>,
        bound_volume_snapshot_content_name: Text<'a>,
        error: Object<ErrorWire<'a>>,
    }
}

row_with_meta!(VolumeSnapshot);

impl Packed for VolumeSnapshot {
    packed_from!(VolumeSnapshotWire);

    fn pack(wire: VolumeSnapshotWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            claim: shared.known(&spec.source.or_default().persistent_volume_claim_name),
            class: shared.known(&spec.volume_snapshot_class_name),
            is_ready: status.ready_to_use.0,
            taken: status.creation_time.instant(),
            restore_size: quantity::whole(&status.restore_size).unwrap_or(0),
            content: shared.known(&status.bound_volume_snapshot_content_name),
            error: StorageError::pack(&status.error, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_before_and_after_it_is_taken() {
        let snapshot =
            |json: &str| VolumeSnapshot::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let done = snapshot(
            r#"{"metadata":{"name":"nightly"},"spec":{"source":{"persistentVolumeClaimName":"data-cache-0"},"volumeSnapshotClassName":"ebs"},
            "status":{"readyToUse":true,"creationTime":"2026-11-21T02:00:00Z","restoreSize":"10Gi","boundVolumeSnapshotContentName":"snapcontent-1"}}"#,
        );
        assert_eq!(
            (done.claim.as_deref(), done.is_ready, done.restore_size),
            (Some("data-cache-0"), Some(true), 10 << 30)
        );
        assert_eq!(done.taken.rfc3339(), "2026-11-21T02:00:00Z");
        let failed = snapshot(r#"{"status":{"error":{"message":"no rights"}}}"#);
        assert_eq!((failed.is_ready, &*failed.error.unwrap().message), (None, "no rights"));
    }
}
