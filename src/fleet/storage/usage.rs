//! How full volumes are, by the kubelets that have them mounted: the Summary API (`GET /stats/summary` of a kubelet,
//! `k8s.io/kubelet/pkg/apis/stats/v1alpha1`). A kubelet measures them about once a minute.

use std::sync::Arc;

use crate::fleet::row::Row;
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Number, Object, Text, wire_structs};

/// What is used of the volume of a claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeUsage {
    /// The namespace of the claim (`pvcRef.namespace`).
    pub namespace: Arc<str>,
    /// The claim (`pvcRef.name`).
    pub claim: Arc<str>,
    /// The node whose kubelet says so.
    pub node: Arc<str>,
    /// `usedBytes`
    pub used: u64,
    /// `capacityBytes`; 0 when the driver of the volume does not tell.
    pub capacity: u64,
    /// `inodesUsed`
    pub inodes_used: u64,
    /// `inodes`; 0 where the file system has no fixed number.
    pub inodes: u64,
    /// `time`: when it was measured.
    pub at: Timestamp,
}

impl VolumeUsage {
    /// How full it is, in parts of a hundred; `None` when the driver does not tell.
    pub fn percent(&self) -> Option<u64> {
        percent(self.used, self.capacity)
    }

    /// How many of its inodes are in use, in parts of a hundred; `None` where there is no fixed number.
    pub fn inodes_percent(&self) -> Option<u64> {
        percent(self.inodes_used, self.inodes)
    }

    /// The volumes of claims in the summary of a node.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn in_summary(summary: &[u8], node: &str) -> Result<Vec<Self>, serde_json::Error> {
        let summary: SummaryWire<'_> = serde_json::from_slice(summary)?;
        let node = Arc::from(node);
        let volumes = summary.pods.iter().flat_map(|pod| pod.volume.iter());
        Ok(volumes.filter_map(|volume| Self::read(volume, &node)).collect())
    }

    fn read(volume: &VolumeWire<'_>, node: &Arc<str>) -> Option<Self> {
        let claim = volume.pvc_ref.get()?;
        let count = |number: Number| number.0.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
        Some(Self {
            namespace: claim.namespace.known()?.into(),
            claim: claim.name.known()?.into(),
            node: Arc::clone(node),
            used: count(volume.used_bytes),
            capacity: count(volume.capacity_bytes),
            inodes_used: count(volume.inodes_used),
            inodes: count(volume.inodes),
            at: volume.time.instant(),
        })
    }
}

/// Rounded down: what is not full yet is not called full.
fn percent(used: u64, of: u64) -> Option<u64> {
    let percent = (u128::from(used) * 100).checked_div(of.into())?;
    Some(u64::try_from(percent).unwrap_or(u64::MAX))
}

wire_structs! {
    struct SummaryWire<'a> {
        pods: List<PodWire<'a>>,
    }
    struct PodWire<'a> {
        volume: List<VolumeWire<'a>>,
    }
    struct VolumeWire<'a> {
        time: Text<'a>,
        used_bytes: Number,
        capacity_bytes: Number,
        inodes_used: Number,
        inodes: Number,
        pvc_ref: Object<ClaimWire<'a>>,
    }
    struct ClaimWire<'a> {
        name: Text<'a>,
        namespace: Text<'a>,
    }
}

impl Row for VolumeUsage {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace)
    }
    fn name(&self) -> &str {
        &self.claim
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_volumes_of_claims_are_kept() {
        let summary = br#"{"node":{"nodeName":"n-1","cpu":{"usageNanoCores":1}},"pods":[
            {"podRef":{"name":"cache-0","namespace":"web"},"containers":[{"name":"c"}],"volume":[
                {"time":"2026-11-21T12:59:30Z","availableBytes":1,"capacityBytes":200,"usedBytes":129,"inodesFree":5,"inodes":10,
                    "inodesUsed":5,"name":"data","pvcRef":{"name":"data-cache-0","namespace":"web"}},
                {"time":"2026-11-21T12:59:30Z","usedBytes":12288,"name":"kube-api-access"}]},
            {"podRef":{"name":"other"}},{"volume":null},{"volume":[{"pvcRef":{}},{"pvcRef":{"name":"x","namespace":"y"},"usedBytes":-1}]}]}"#;
        let found = VolumeUsage::in_summary(summary, "n-1").unwrap();
        assert_eq!(found.len(), 2);
        let data = &found[0];
        assert_eq!((&*data.namespace, &*data.claim, &*data.node), ("web", "data-cache-0", "n-1"));
        assert_eq!((data.percent(), data.inodes_percent()), (Some(64), Some(50)), "rounded down");
        assert_eq!(data.at, Timestamp::parse("2026-11-21T12:59:30Z"));
        assert_eq!((found[1].percent(), found[1].inodes_percent()), (None, None), "nothing was told");
    }

    #[test]
    fn what_is_no_summary_has_no_volumes_and_what_is_no_json_is_refused() {
        for summary in ["{}", r#"{"pods":null}"#, r#"{"pods":[7,{"volume":"x"}]}"#] {
            assert_eq!(VolumeUsage::in_summary(summary.as_bytes(), "n").unwrap(), [], "{summary}");
        }
        assert!(VolumeUsage::in_summary(b"404 page not found", "n").is_err());
        let huge = br#"{"pods":[{"volume":[{"usedBytes":9223372036854775807,"capacityBytes":1,"pvcRef":{"name":"a","namespace":"b"}}]}]}"#;
        assert!(VolumeUsage::in_summary(huge, "n").unwrap()[0].percent() > Some(1_000_000));
    }
}
