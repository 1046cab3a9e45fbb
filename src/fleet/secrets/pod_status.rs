//! SecretProviderClassPodStatuses: what the Secrets Store CSI driver mounted into which pod, in which versions.

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, List, Object, Text, wire_structs};

/// A SecretProviderClassPodStatus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountStatus {
    /// `metadata`; its name is pod, namespace and class.
    pub meta: Meta,
    /// `status.podName`
    pub pod: Arc<str>,
    /// `status.secretProviderClassName`
    pub class: Arc<str>,
    /// `status.mounted`
    pub is_mounted: bool,
    /// `status.objects`
    pub objects: Box<[MountedObject]>,
}

/// A secret that is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedObject {
    /// `id`: its name or ARN.
    pub id: Arc<str>,
    /// `version`: what Secrets Manager calls `VersionId`.
    pub version: Arc<str>,
}

wire_structs! {
    /// A SecretProviderClassPodStatus as it is read.
    pub struct MountStatusWire<'a> {
        metadata: Object<MetaWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct StatusWire<'a> {
        pod_name: Text<'a>,
        secret_provider_class_name: Text<'a>,
        mounted: Flag,
        objects: List<ObjectWire<'a>>,
    }
    struct ObjectWire<'a> {
        id: Text<'a>,
        version: Text<'a>,
    }
}

row_with_meta!(MountStatus);

impl Packed for MountStatus {
    packed_from!(MountStatusWire);

    fn pack(wire: MountStatusWire<'_>, shared: &mut Interner) -> Self {
        let status = wire.status.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            pod: shared.get(&status.pod_name),
            class: shared.get(&status.secret_provider_class_name),
            is_mounted: status.mounted.is_true(),
            objects: status
                .objects
                .iter()
                .map(|object| MountedObject {
                    id: shared.get(&object.id),
                    version: shared.get(&object.version),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_says_what_is_in_it() {
        let json = r#"{"metadata":{"name":"api-1-production-app","namespace":"production"},"status":{"podName":"api-1","mounted":true,
            "secretProviderClassName":"app","objects":[{"id":"production/app","version":"4f5a"},{}],"targetPath":"/var/lib/kubelet"}}"#;
        let mount = MountStatus::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        assert_eq!((&*mount.pod, &*mount.class, mount.is_mounted), ("api-1", "app", true));
        assert_eq!((&*mount.objects[0].id, &*mount.objects[0].version), ("production/app", "4f5a"));
        assert_eq!(mount.objects.len(), 2);
    }
}
