//! Storage classes, drivers, and claims that are bound to volumes.

use serde_json::{Value, json};

use crate::simulator::controllers::secret_mount;
use crate::simulator::world::chance::{hex_of, uuid_of};
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::Site;

/// Classes and drivers of a cluster.
pub fn classes(inventory: &mut Inventory) {
    let site = inventory.site();
    let class = |name: &str, provisioner: &str, parameters: Value, binding: &str| {
        site.object("storage.k8s.io/v1", "StorageClass", name)
            .with("provisioner", json!(provisioner))
            .with("parameters", parameters)
            .with("reclaimPolicy", json!("Delete"))
            .with("volumeBindingMode", json!(binding))
            .written_by("terraform")
    };
    inventory.add(
        class(
            "gp3",
            "ebs.csi.aws.com",
            json!({"csi.storage.k8s.io/fstype": "ext4", "encrypted": "true", "type": "gp3"}),
            "WaitForFirstConsumer",
        )
        .with("allowVolumeExpansion", json!(true))
        .annotation("storageclass.kubernetes.io/is-default-class", "true"),
    );
    inventory.add(class(
        "gp2",
        "kubernetes.io/aws-ebs",
        json!({"fsType": "ext4", "type": "gp2"}),
        "WaitForFirstConsumer",
    ));
    let mut drivers =
        vec![("ebs.csi.aws.com", true, "Persistent"), ("secrets-store.csi.k8s.io", false, "Ephemeral")];
    if site.cluster.is_prod() {
        inventory.add(class(
            "efs",
            "efs.csi.aws.com",
            json!({"directoryPerms": "700", "provisioningMode": "efs-ap"}),
            "Immediate",
        ));
        drivers.push(("efs.csi.aws.com", false, "Persistent"));
    }
    for (name, attach, mode) in drivers {
        inventory.add(site.object("storage.k8s.io/v1", "CSIDriver", name).written_by("terraform").spec(json!({
            "attachRequired": attach, "podInfoOnMount": mode == "Ephemeral", "volumeLifecycleModes": [mode], "storageCapacity": false,
            "fsGroupPolicy": "ReadWriteOnceWithFSType", "requiresRepublish": false, "seLinuxMount": false,
        })));
    }
}

/// A claim of a StatefulSet's member with its volume, both bound.
pub fn bound_claim(site: &Site, set: &Value, template: &Value, pod: &str, zone: &str) -> Vec<Value> {
    let name = format!("{}-{pod}", field::name(template));
    let labels = field::at(set, "spec.selector.matchLabels").clone();
    bound(
        site,
        Claim {
            namespace: field::namespace(set),
            name: &name,
            storage: field::text(template, "spec.resources.requests.storage"),
            zone,
            labels: &labels,
        },
    )
}

/// A claim to be bound.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its size.
    pub storage: &'a str,
    /// Zone of the volume.
    pub zone: &'a str,
    /// Labels of the claim.
    pub labels: &'a Value,
}

/// A claim and the volume it is bound to.
pub fn bound(site: &Site, claim: Claim<'_>) -> Vec<Value> {
    let id = format!("{}/{}/{}", site.cluster.name, claim.namespace, claim.name);
    let volume = format!("pvc-{}", uuid_of(&id));
    let since = site.stamp(crate::simulator::world::object::PLATFORM_AGE - 1);
    let capacity = json!({"storage": claim.storage});
    let mut object = site
        .object("v1", "PersistentVolumeClaim", claim.name)
        .namespace(claim.namespace)
        .annotation("pv.kubernetes.io/bind-completed", "yes")
        .annotation("pv.kubernetes.io/bound-by-controller", "yes")
        .annotation("volume.kubernetes.io/storage-provisioner", "ebs.csi.aws.com")
        .written_by("kube-controller-manager")
        .with("metadata.finalizers", json!(["kubernetes.io/pvc-protection"]))
        .spec(json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": capacity}, "volumeName": volume, "storageClassName": "gp3", "volumeMode": "Filesystem"}))
        .status(json!({"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": capacity}));
    if claim.labels.is_object() {
        object = object.labels(claim.labels);
    }
    let object = object.build();
    let volume = site
        .object("v1", "PersistentVolume", &volume)
        .annotation("pv.kubernetes.io/provisioned-by", "ebs.csi.aws.com")
        .written_by("csi-provisioner")
        .with("metadata.finalizers", json!(["kubernetes.io/pv-protection", "external-attacher/ebs-csi-aws-com"]))
        .spec(json!({
            "capacity": capacity, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "gp3", "volumeMode": "Filesystem",
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": claim.namespace, "name": claim.name, "uid": field::uid(&object), "apiVersion": "v1", "resourceVersion": "8211"},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": format!("vol-{}", hex_of(&id, 17)), "fsType": "ext4", "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": "1763000000000-8081-ebs.csi.aws.com"}},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": [claim.zone]}]}]}},
        }))
        .status(json!({"phase": "Bound", "lastPhaseTransitionTime": since}))
        .build();
    vec![object, volume]
}

/// Says for each pod that mounts a SecretProviderClass what it has mounted.
pub fn mounted_secrets(inventory: &mut Inventory) {
    let site = inventory.site();
    let pods: Vec<Value> = inventory.of_kind("Pod").cloned().collect();
    for pod in &pods {
        let Some(class) = secret_mount::class_of(pod) else { continue };
        let mut status = secret_mount::mounted(pod, class);
        let (namespace, name) = (field::namespace(&status).to_owned(), field::name(&status).to_owned());
        let uid = site.cluster.uid("SecretProviderClassPodStatus", &namespace, &name);
        field::put(&mut status, "metadata.uid", json!(uid));
        let born = field::at(pod, "metadata.creationTimestamp").clone();
        field::put(&mut status, "metadata.creationTimestamp", born);
        inventory.keep(status);
    }
}

/// Attaches the volumes of all pods to the nodes they run on.
pub fn attachments(inventory: &mut Inventory) {
    let site = inventory.site();
    let volumes: Vec<Value> = inventory.of_kind("PersistentVolume").cloned().collect();
    let pods: Vec<Value> = inventory.of_kind("Pod").cloned().collect();
    for volume in &volumes {
        let claim = field::at(volume, "spec.claimRef");
        let user = pods.iter().find(|pod| {
            field::namespace(pod) == field::text(claim, "namespace")
                && field::list(pod, "spec.volumes").iter().any(|own| {
                    field::text(own, "persistentVolumeClaim.claimName") == field::text(claim, "name")
                })
        });
        let Some(pod) = user else { continue };
        let node = field::text(pod, "spec.nodeName");
        let name = format!("csi-{}", hex_of(&format!("{}/{node}", field::name(volume)), 64));
        inventory.attach(node, field::text(volume, "spec.csi.volumeHandle"));
        inventory.add(
            site.object("storage.k8s.io/v1", "VolumeAttachment", &name)
                .written_by("kube-controller-manager")
                .born(field::time(pod, "metadata.creationTimestamp").unwrap_or(site.now))
                .with("metadata.finalizers", json!(["external-attacher/ebs-csi-aws-com"]))
                .with("spec", json!({"attacher": "ebs.csi.aws.com", "nodeName": node, "source": {"persistentVolumeName": field::name(volume)}}))
                .status(json!({"attached": true, "attachmentMetadata": {"devicePath": "/dev/xvdba"}})),
        );
    }
}
