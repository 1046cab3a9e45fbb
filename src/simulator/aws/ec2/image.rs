//! Machine images that the nodes run.

use serde_json::{Value, json};

use super::Kind;
use crate::simulator::aws::land::Land;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

pub(super) const KIND: Kind = Kind {
    ids: "ImageId",
    id: "imageId",
    set: "imagesSet",
    missing: "InvalidAMIID.NotFound",
    filters: &[
        ("architecture", "architecture"),
        ("image-id", "imageId"),
        ("name", "name"),
        ("owner-alias", "imageOwnerAlias"),
        ("owner-id", "imageOwnerId"),
        ("state", "imageState"),
    ],
};

/// The release that all nodes have, and the newest that there is.
pub(crate) const RELEASE: &str = "20261007";
/// Minutes between the making of an image and the day the platform was installed.
const LEAD: i64 = 9 * 24 * 60;
/// Minutes from the making of an image to its deprecation: two years.
const LIFE: i64 = 2 * 365 * 24 * 60;

/// The image of the node group, which the account of EKS publishes for all clusters.
pub(super) fn of_group() -> String {
    format!("ami-{}", hex_of("eks-ami", 17))
}

/// The images of a cluster's nodes: that of its class of machine, and, with the first cluster, that of the node groups.
pub(super) fn images(land: &Land) -> Vec<Value> {
    let image = |id: String, release: &str| {
        let made =
            land.installed().checked_sub(jiff::SignedDuration::from_mins(LEAD)).unwrap_or(land.founded);
        let ends = made.checked_add(jiff::SignedDuration::from_mins(LIFE)).unwrap_or(made);
        let name = format!("amazon-eks-node-al2023-x86_64-standard-1.36-v{release}");
        json!({
            "imageId": id, "imageLocation": format!("amazon/{name}"), "imageState": "available", "imageOwnerId": "602401143452",
            "creationDate": field::stamp(made).replace('Z', ".000Z"), "isPublic": true, "architecture": "x86_64",
            "imageType": "machine", "imageOwnerAlias": "amazon", "name": name,
            "description": "EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: 1.36.3, containerd: 2.1.*)",
            "rootDeviceType": "ebs", "rootDeviceName": "/dev/xvda", "virtualizationType": "hvm", "enaSupport": true,
            "platformDetails": "Linux/UNIX", "deprecationTime": field::stamp(ends).replace('Z', ".000Z"),
        })
    };
    let mut all = vec![image(land.cluster.resource("ami", "al2023"), RELEASE)];
    if !land.cluster.is_prod() {
        all.push(image(of_group(), RELEASE));
    }
    all
}
