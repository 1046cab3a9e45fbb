//! StorageClasses: how volumes are made.

use std::sync::Arc;

use crate::fleet::intern::Interner;
use crate::fleet::meta::{self, Labels, Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, Object, Pairs, Text, wire_structs};

/// A StorageClass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageClass {
    /// `metadata`
    pub meta: Meta,
    /// The annotation `storageclass.kubernetes.io/is-default-class`: claims without a class get this one.
    pub is_default: bool,
    /// `provisioner`, for example `ebs.csi.aws.com`.
    pub provisioner: Arc<str>,
    /// `parameters`, for example `type: gp3`, `encrypted: "true"`.
    pub parameters: Labels,
    /// `reclaimPolicy`; `Delete` where it is not said.
    pub reclaim_policy: Arc<str>,
    /// `volumeBindingMode`: `WaitForFirstConsumer`, or `Immediate`, which is meant where it is not said and puts a volume
    /// into a zone before anybody knows where the pod goes.
    pub binding_mode: Arc<str>,
    /// `allowVolumeExpansion`
    pub is_expandable: bool,
}

wire_structs! {
    /// A StorageClass as it is read.
    pub struct StorageClassWire<'a> {
        metadata: Object<MetaWire<'a, Annotations>>,
        provisioner: Text<'a>,
        parameters: Pairs<'a>,
        reclaim_policy: Text<'a>,
        volume_binding_mode: Text<'a>,
        allow_volume_expansion: Flag,
    }
    struct Annotations {
        #[serde(rename = "storageclass.kubernetes.io/is-default-class")]
        is_default: Flag,
        #[serde(rename = "storageclass.beta.kubernetes.io/is-default-class")]
        is_default_beta: Flag,
    }
}

impl StorageClass {
    /// A parameter by its name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}

row_with_meta!(StorageClass);

impl Packed for StorageClass {
    packed_from!(StorageClassWire);

    fn pack(wire: StorageClassWire<'_>, shared: &mut Interner) -> Self {
        let meta = wire.metadata.or_default();
        let is_default = |a: &Annotations| a.is_default.is_true() || a.is_default_beta.is_true();
        Self {
            meta: Meta::pack(&meta, shared),
            is_default: meta.annotations.get().is_some_and(is_default),
            provisioner: shared.get(&wire.provisioner),
            parameters: meta::pairs(&wire.parameters, shared),
            reclaim_policy: shared.get(wire.reclaim_policy.known().unwrap_or("Delete")),
            binding_mode: shared.get(wire.volume_binding_mode.known().unwrap_or("Immediate")),
            is_expandable: wire.allow_volume_expansion.is_true(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_read_with_what_it_does_not_say() {
        let class =
            |json: &str| StorageClass::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let gp3 = class(
            r#"{"metadata":{"name":"gp3","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"ebs.csi.aws.com",
            "parameters":{"type":"gp3","encrypted":"true"},"reclaimPolicy":"Retain","volumeBindingMode":"WaitForFirstConsumer","allowVolumeExpansion":true}"#,
        );
        assert_eq!(
            (gp3.parameter("encrypted"), gp3.parameter("type"), gp3.parameter("x")),
            (Some("true"), Some("gp3"), None)
        );
        assert_eq!((&*gp3.reclaim_policy, &*gp3.binding_mode), ("Retain", "WaitForFirstConsumer"));
        assert!(gp3.is_default && gp3.is_expandable);
        let plain = class(r#"{"metadata":{"name":"old"},"provisioner":"kubernetes.io/aws-ebs"}"#);
        assert_eq!(
            (&*plain.reclaim_policy, &*plain.binding_mode, plain.is_default),
            ("Delete", "Immediate", false)
        );
    }
}
