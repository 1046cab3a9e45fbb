//! VolumeAttachments: which volume is, or shall be, attached to which node.

use std::sync::Arc;

use super::{ErrorWire, StorageError};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, Object, Text, wire_structs};

/// A VolumeAttachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeAttachment {
    /// `metadata`; being deleted means being detached.
    pub meta: Meta,
    /// `spec.attacher`, for example `ebs.csi.aws.com`.
    pub attacher: Arc<str>,
    /// `spec.nodeName`
    pub node: Arc<str>,
    /// `spec.source.persistentVolumeName`; `None` for a volume that is written into a pod.
    pub volume: Option<Arc<str>>,
    /// `status.attached`
    pub is_attached: bool,
    /// `status.attachError`
    pub attach_error: Option<StorageError>,
    /// `status.detachError`
    pub detach_error: Option<StorageError>,
}

wire_structs! {
    /// A VolumeAttachment as it is read.
    pub struct VolumeAttachmentWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        attacher: Text<'a>,
        node_name: Text<'a>,
        source: Object<SourceWire<'a>>,
    }
    struct SourceWire<'a> {
        persistent_volume_name: Text<'a>,
    }
    struct StatusWire<'a> {
        attached: Flag,
        attach_error: Object<ErrorWire<'a>>,
        detach_error: Object<ErrorWire<'a>>,
    }
}

row_with_meta!(VolumeAttachment);

impl Packed for VolumeAttachment {
    packed_from!(VolumeAttachmentWire);

    fn pack(wire: VolumeAttachmentWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            attacher: shared.get(&spec.attacher),
            node: shared.get(&spec.node_name),
            volume: shared.known(&spec.source.or_default().persistent_volume_name),
            is_attached: status.attached.is_true(),
            attach_error: StorageError::pack(&status.attach_error, shared),
            detach_error: StorageError::pack(&status.detach_error, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_that_fails_says_why() {
        let json = r#"{"metadata":{"name":"csi-1","deletionTimestamp":"2026-11-21T12:00:00Z"},"spec":{"attacher":"ebs.csi.aws.com","nodeName":"node-1",
            "source":{"persistentVolumeName":"pvc-1"}},"status":{"attached":true,"detachError":{"message":"rpc error: timeout","time":"2026-11-21T12:01:00Z"}}}"#;
        let attachment =
            VolumeAttachment::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!(
            (&*attachment.node, attachment.volume.as_deref(), attachment.is_attached),
            ("node-1", Some("pvc-1"), true)
        );
        let error = attachment.detach_error.unwrap();
        assert_eq!(
            (&*error.message, error.at.rfc3339().as_str()),
            ("rpc error: timeout", "2026-11-21T12:01:00Z")
        );
        assert!(attachment.attach_error.is_none() && !attachment.meta.deleted.is_never());
    }
}
