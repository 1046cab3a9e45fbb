//! PersistentVolumes: storage that there is.

use std::sync::Arc;

use super::{CapacityWire, bytes};
use crate::fleet::condition::bounded;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{self, Labels, Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::selector::{Expression, ExpressionWire, Operator};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Object, Pairs, Text, Texts, wire_structs};
use crate::fleet::word::open_words;

/// A PersistentVolume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// `metadata`
    pub meta: Meta,
    /// `status.phase`
    pub phase: VolumePhase,
    /// `status.reason`; empty for most.
    pub reason: Arc<str>,
    /// `status.message`, of at most 1 KiB.
    pub message: Arc<str>,
    /// `status.lastPhaseTransitionTime`
    pub since: Timestamp,
    /// `spec.capacity.storage` in bytes.
    pub capacity: u64,
    /// `spec.accessModes`
    pub access_modes: Box<[Arc<str>]>,
    /// `spec.persistentVolumeReclaimPolicy`: `Delete`, `Retain`: what becomes of it after its claim.
    pub reclaim_policy: Arc<str>,
    /// `spec.storageClassName`; empty for none.
    pub class: Arc<str>,
    /// `spec.claimRef`: whom it serves.
    pub claim: Option<ClaimRef>,
    /// `spec.csi.driver`; empty for volumes of other kinds.
    pub driver: Arc<str>,
    /// `spec.csi.volumeHandle`: for EBS the volume's id, for EFS those of the file system and its access point.
    pub handle: Box<str>,
    /// `spec.csi.volumeAttributes`, without the driver's own bookkeeping.
    pub attributes: Labels,
    /// The zones that `spec.nodeAffinity` allows; empty when every node may mount it.
    pub zones: Box<[Arc<str>]>,
}

/// A claim that a volume serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimRef {
    /// `namespace`
    pub namespace: Arc<str>,
    /// `name`
    pub name: Arc<str>,
}

open_words! {
    /// How a volume stands.
    pub enum VolumePhase {
        /// Being made.
        Pending = "Pending",
        /// Nobody has it.
        Available = "Available",
        /// A claim has it.
        Bound = "Bound",
        /// Its claim is gone; it is not yet, or is kept.
        Released = "Released",
        /// It could not be reclaimed.
        Failed = "Failed",
    }
}

wire_structs! {
    /// A volume as it is read.
    pub struct VolumeWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        capacity: Object<CapacityWire<'a>>,
        access_modes: Texts<'a>,
        persistent_volume_reclaim_policy: Text<'a>,
        storage_class_name: Text<'a>,
        claim_ref: Object<ClaimRefWire<'a>>,
        csi: Object<CsiWire<'a>>,
        node_affinity: Object<AffinityWire<'a>>,
    }
    struct ClaimRefWire<'a> {
        namespace: Text<'a>,
        name: Text<'a>,
    }
    struct CsiWire<'a> {
        driver: Text<'a>,
        volume_handle: Text<'a>,
        volume_attributes: Pairs<'a>,
    }
    struct AffinityWire<'a> {
        required: Object<RequiredWire<'a>>,
    }
    struct RequiredWire<'a> {
        node_selector_terms: List<TermWire<'a>>,
    }
    struct TermWire<'a> {
        match_expressions: List<ExpressionWire<'a>>,
    }
    struct StatusWire<'a> {
        phase: Text<'a>,
        reason: Text<'a>,
        message: Text<'a>,
        last_phase_transition_time: Text<'a>,
    }
}

impl Volume {
    /// Whether its disk is encrypted, where the driver says so.
    pub fn is_encrypted(&self) -> Option<bool> {
        let attribute = self.attributes.iter().find(|(key, _)| &**key == "encrypted")?;
        attribute.1.parse().ok()
    }
}

row_with_meta!(Volume);

impl Packed for Volume {
    packed_from!(VolumeWire);

    fn pack(wire: VolumeWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        let mut csi = spec.csi.or_default();
        csi.volume_attributes.0.retain(|(key, _)| !key.starts_with("storage.kubernetes.io/"));
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            phase: VolumePhase::read(&status.phase, shared),
            reason: shared.get(&status.reason),
            message: shared.get(&bounded(&status.message)),
            since: status.last_phase_transition_time.instant(),
            capacity: bytes(&spec.capacity),
            access_modes: shared.all(&spec.access_modes),
            reclaim_policy: shared.get(&spec.persistent_volume_reclaim_policy),
            class: shared.get(&spec.storage_class_name),
            claim: spec.claim_ref.get().map(|claim| ClaimRef {
                namespace: shared.get(&claim.namespace),
                name: shared.get(&claim.name),
            }),
            driver: shared.get(&csi.driver),
            handle: (*csi.volume_handle).into(),
            attributes: meta::pairs(&csi.volume_attributes, shared),
            zones: zones(spec.node_affinity.or_default().required.or_default(), shared),
        }
    }
}

/// The zones of all terms, sorted and each once. Drivers write them with a label of their own or with the common one.
fn zones(required: RequiredWire<'_>, interner: &mut Interner) -> Box<[Arc<str>]> {
    let mut zones: Vec<Arc<str>> = Vec::new();
    for wire in required.node_selector_terms.iter().flat_map(|term| term.match_expressions.iter()) {
        let expression = Expression::pack(wire, interner);
        let is_zone = expression.key.starts_with("topology.") && expression.key.ends_with("/zone");
        if is_zone && expression.operator == Operator::In {
            zones.extend(expression.values);
        }
    }
    zones.sort_unstable();
    zones.dedup();
    zones.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(json: &str) -> Volume {
        Volume::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_volume_of_the_ebs_driver_is_read() {
        let volume = volume(
            r#"{"metadata":{"name":"pvc-1"},"spec":{"accessModes":["ReadWriteOnce"],"capacity":{"storage":"10Gi"},
            "claimRef":{"apiVersion":"v1","kind":"PersistentVolumeClaim","name":"data-cache-0","namespace":"production"},
            "csi":{"driver":"ebs.csi.aws.com","fsType":"ext4","volumeAttributes":{"storage.kubernetes.io/csiProvisionerIdentity":"17-ebs","encrypted":"true"},
            "volumeHandle":"vol-0c31"},"nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
            {"key":"topology.kubernetes.io/zone","operator":"In","values":["us-east-1a"]}]},{"matchExpressions":[
            {"key":"topology.ebs.csi.aws.com/zone","operator":"In","values":["us-east-1a"]},{"key":"kubernetes.io/os","operator":"In","values":["linux"]}]}]}},
            "persistentVolumeReclaimPolicy":"Delete","storageClassName":"gp3"},"status":{"phase":"Released","lastPhaseTransitionTime":"2026-11-21T12:00:00Z"}}"#,
        );
        assert_eq!((volume.phase.clone(), volume.capacity), (VolumePhase::Released, 10 << 30));
        assert_eq!((&*volume.driver, &*volume.handle), ("ebs.csi.aws.com", "vol-0c31"));
        assert_eq!(
            volume.claim.as_ref().map(|claim| (&*claim.namespace, &*claim.name)),
            Some(("production", "data-cache-0"))
        );
        assert_eq!(volume.zones[..], ["us-east-1a".into()]);
        assert_eq!((volume.is_encrypted(), volume.attributes.len()), (Some(true), 1));
        assert_eq!((&*volume.reclaim_policy, volume.since.is_never()), ("Delete", false));
    }

    #[test]
    fn a_volume_that_any_node_may_mount_has_no_zones() {
        let volume = volume(r#"{"spec":{"csi":{"driver":"efs.csi.aws.com"},"nodeAffinity":null}}"#);
        assert!(volume.zones.is_empty() && volume.claim.is_none() && volume.is_encrypted().is_none());
    }
}
