//! CSI drivers: what makes and mounts volumes (`storage.k8s.io/v1`).

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::wire::{Flag, List, Object, Text, Texts, wire_structs};

/// A CSI driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsiDriver {
    /// `metadata`; its name is what volumes name, for example `ebs.csi.aws.com`.
    pub meta: Meta,
    /// `spec.attachRequired`: volumes are attached to nodes first; true where it is not said.
    pub attaches: bool,
    /// `spec.volumeLifecycleModes`: `Persistent`, `Ephemeral`.
    pub modes: Box<[Arc<str>]>,
    /// `spec.fsGroupPolicy`
    pub fs_group_policy: Arc<str>,
    /// `spec.requiresRepublish`: mounted contents are renewed now and then.
    pub republishes: bool,
    /// `spec.tokenRequests` by audience: the driver acts as the pod's service account.
    pub token_audiences: Box<[Arc<str>]>,
}

wire_structs! {
    /// A CSI driver as it is read.
    pub struct CsiDriverWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
    }
    struct SpecWire<'a> {
        attach_required: Flag,
        volume_lifecycle_modes: Texts<'a>,
        fs_group_policy: Text<'a>,
        requires_republish: Flag,
        token_requests: List<TokenWire<'a>>,
    }
    struct TokenWire<'a> {
        audience: Text<'a>,
    }
}

row_with_meta!(CsiDriver);

impl Packed for CsiDriver {
    packed_from!(CsiDriverWire);

    fn pack(wire: CsiDriverWire<'_>, shared: &mut Interner) -> Self {
        let spec = wire.spec.or_default();
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            attaches: spec.attach_required.0 != Some(false),
            modes: shared.all(&spec.volume_lifecycle_modes),
            fs_group_policy: shared.get(&spec.fs_group_policy),
            republishes: spec.requires_republish.is_true(),
            token_audiences: spec.token_requests.iter().map(|token| shared.get(&token.audience)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_attaches_unless_it_says_otherwise() {
        let driver =
            |json: &str| CsiDriver::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let secrets = driver(
            r#"{"metadata":{"name":"secrets-store.csi.k8s.io"},"spec":{"attachRequired":false,"requiresRepublish":true,
            "volumeLifecycleModes":["Ephemeral"],"tokenRequests":[{"audience":"sts.amazonaws.com"}]}}"#,
        );
        assert!(!secrets.attaches && secrets.republishes);
        assert_eq!((&*secrets.modes[0], &*secrets.token_audiences[0]), ("Ephemeral", "sts.amazonaws.com"));
        assert!(driver(r#"{"metadata":{"name":"ebs.csi.aws.com"}}"#).attaches);
    }
}
