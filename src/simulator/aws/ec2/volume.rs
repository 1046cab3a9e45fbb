//! Volumes: what the EBS driver made for claims.

use serde_json::{Value, json};

use super::{Kind, tag_set};
use crate::simulator::aws::land::Land;
use crate::simulator::aws::machine;
use crate::simulator::world::field;

pub(super) const KIND: Kind = Kind {
    ids: "VolumeId",
    id: "volumeId",
    set: "volumeSet",
    missing: "InvalidVolume.NotFound",
    filters: &[
        ("attachment.instance-id", "attachmentSet.item.instanceId"),
        ("availability-zone", "availabilityZone"),
        ("status", "status"),
        ("volume-id", "volumeId"),
        ("volume-type", "volumeType"),
    ],
};

/// The volumes of a cluster's persistent volumes, attached where the cluster says so.
pub(super) fn volumes(land: &Land) -> Vec<Value> {
    let attachments = land.all("volumeattachments.storage.k8s.io");
    let machines = machine::machines(land);
    let owned = format!("kubernetes.io/cluster/{}", land.cluster.name);
    land.all("persistentvolumes")
        .iter()
        .filter(|volume| field::text(volume, "spec.csi.driver") == "ebs.csi.aws.com")
        .map(|volume| {
            let id = field::text(volume, "spec.csi.volumeHandle");
            let zone = field::list(volume, "spec.nodeAffinity.required.nodeSelectorTerms")
                .first()
                .and_then(|term| field::list(term, "matchExpressions").first())
                .and_then(|expression| field::list(expression, "values").first().cloned());
            let attached: Vec<Value> = attachments
                .iter()
                .filter(|one| field::text(one, "spec.source.persistentVolumeName") == field::name(volume))
                .filter_map(|one| {
                    let node = field::text(one, "spec.nodeName");
                    let machine = machines.iter().find(|machine| machine.node == node)?;
                    Some(json!({
                        "volumeId": id, "instanceId": machine.id, "device": "/dev/xvdaa", "status": "attached",
                        "attachTime": field::text(one, "metadata.creationTimestamp"), "deleteOnTermination": false,
                    }))
                })
                .collect();
            let size = field::bytes(field::text(volume, "spec.capacity.storage")) >> 30;
            let is_gp3 = field::text(volume, "spec.storageClassName") != "gp2";
            json!({
                "volumeId": id, "size": size, "snapshotId": "", "availabilityZone": zone,
                "status": if attached.is_empty() { "available" } else { "in-use" },
                "createTime": field::text(volume, "metadata.creationTimestamp"), "attachmentSet": {"item": attached},
                "volumeType": if is_gp3 { "gp3" } else { "gp2" }, "iops": 3000, "throughput": 125, "encrypted": true,
                "multiAttachEnabled": false, "tagSet": tag_set([
                    ("Name", format!("{}-dynamic-{}", land.cluster.name, field::name(volume)).as_str()),
                    ("kubernetes.io/created-for/pvc/namespace", field::text(volume, "spec.claimRef.namespace")),
                    ("kubernetes.io/created-for/pvc/name", field::text(volume, "spec.claimRef.name")),
                    ("kubernetes.io/created-for/pv/name", field::name(volume)),
                    ("ebs.csi.aws.com/cluster", "true"),
                    (owned.as_str(), "owned"),
                ]),
            })
        })
        .collect()
}
