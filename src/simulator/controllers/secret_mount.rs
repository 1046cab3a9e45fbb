//! The secrets store driver: says for each pod that mounts a SecretProviderClass which versions it has.

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::Key;
use crate::simulator::world::chance::uuid_of;
use crate::simulator::world::field;

/// The secrets store driver on all nodes.
pub(super) struct SecretMount;

const DRIVER: &str = "secrets-store.csi.k8s.io";
const STATUSES: &str = "secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io";

impl Controller for SecretMount {
    fn resource(&self) -> &'static str {
        "pods"
    }

    fn concerned(&self, _: &Changed, _: &Lister) -> Vec<Key> {
        Vec::new()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let namespace = key.namespace.as_deref().unwrap_or_default();
        let Ok(pod) = round.lister.get(key) else {
            let prefix = format!("{}-{namespace}-", key.name);
            for own in
                round.lister.keys(STATUSES, Some(namespace), &crate::simulator::store::Selection::all())
            {
                if own.name.starts_with(&prefix) {
                    round.delete(&own)?;
                }
            }
            return Ok(());
        };
        let Some(class) = class_of(&pod).filter(|_| field::text(&pod, "status.phase") == "Running") else {
            return Ok(());
        };
        if pod::is_terminating(&pod) {
            return Ok(());
        }
        let status = mounted(&pod, class);
        match round.store.create(&status) {
            Err(status) if status.reason != "AlreadyExists" => Err(status),
            _ => Ok(()),
        }
    }
}

/// The SecretProviderClass that a pod mounts.
pub fn class_of(pod: &Value) -> Option<&str> {
    let volumes = field::list(pod, "spec.volumes").iter();
    volumes
        .filter(|volume| field::text(volume, "csi.driver") == DRIVER)
        .map(|volume| field::text(volume, "csi.volumeAttributes.secretProviderClass"))
        .find(|class| !class.is_empty())
}

/// What the driver writes about a pod once the mount is there.
pub fn mounted(pod: &Value, class: &str) -> Value {
    let (namespace, name) = (field::namespace(pod), field::name(pod));
    let path = format!("/var/lib/kubelet/pods/{}/volumes/kubernetes.io~csi/secrets/mount", field::uid(pod));
    json!({
        "apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClassPodStatus",
        "metadata": {
            "name": format!("{name}-{namespace}-{class}"), "namespace": namespace, "labels": {"internal.secrets-store.csi.k8s.io/node-name": field::text(pod, "spec.nodeName")},
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": name, "uid": field::uid(pod)}],
        },
        "status": {
            "mounted": true, "objects": [{"id": class, "version": uuid_of(&format!("{namespace}/{class}/version"))}], "podName": name,
            "secretProviderClassName": class, "targetPath": path,
        },
    })
}
