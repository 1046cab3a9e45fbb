//! The Summary API of kubelets behind `nodes/proxy`: what pods have mounted and how full it is, played from the annotation
//! of claims, else from their names.

use serde_json::{Value, json};

use super::route::{Resource, page_not_found};
use super::status::Status;
use super::table::read::{list, text};
use crate::simulator::store::{Key, Object, Selection, Store, seconds};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

/// What is used of the volume of a claim, as a quantity.
pub(crate) const USED: &str = "kwok.x-k8s.io/usage-storage";

/// Answers a GET of anything behind a node's proxy: kubelets of this world know their summary alone.
pub(super) fn answer(store: &Store, resource: &Resource, path: &str) -> Result<Value, Status> {
    let key = resource.key()?;
    let Ok(node) = store.object(&key) else { return Err(super::read::missing(resource)) };
    if !path.trim_end_matches('/').ends_with("/proxy/stats/summary") {
        return Err(page_not_found());
    }
    let node = node.value();
    if !field::condition_is_true(&node, "Ready") {
        let addresses = list(&node, "/status/addresses").iter();
        let internal = addresses.filter(|address| text(address, "/type") == "InternalIP");
        let ip = internal.map(|address| text(address, "/address")).next().unwrap_or_default();
        let message = format!("error trying to reach service: dial tcp {ip}:10250: i/o timeout");
        return Err(Status::new(503, "ServiceUnavailable", message));
    }
    let at = seconds(store.clock().now());
    let pods = store.list("pods", None, &Selection::all());
    let own = pods.iter().filter(|pod| {
        pod.field("spec.nodeName") == Some(&*key.name) && pod.field("status.phase") == Some("Running")
    });
    let pods: Vec<Value> = own.map(|pod| measured(store, pod, &at)).collect();
    Ok(
        json!({"node": {"nodeName": &*key.name, "startTime": field::at(&node, "metadata.creationTimestamp")}, "pods": pods}),
    )
}

fn measured(store: &Store, pod: &Object, at: &str) -> Value {
    let pod = pod.value();
    let namespace = field::namespace(&pod);
    let volumes = list(&pod, "/spec/volumes").iter().map(|volume| {
        let name = text(volume, "/name");
        match text(volume, "/persistentVolumeClaim/claimName") {
            // What lies on the node's own disk is counted against that.
            "" => json!({"time": at, "name": name, "usedBytes": 12288, "capacityBytes": 85_886_742_528_u64,
                "availableBytes": 61_203_845_120_u64, "inodes": 41_942_512, "inodesFree": 41_200_000, "inodesUsed": 9}),
            claim => of_claim(store, name, (namespace, claim), at),
        }
    });
    let volumes: Vec<Value> = volumes.collect();
    json!({"podRef": {"name": field::name(&pod), "namespace": namespace, "uid": field::uid(&pod)},
        "startTime": field::at(&pod, "status.startTime"), "volume": volumes})
}

fn of_claim(store: &Store, volume: &str, (namespace, name): (&str, &str), at: &str) -> Value {
    let mut told = json!({"time": at, "name": volume, "pvcRef": {"name": name, "namespace": namespace}});
    let Ok(claim) = store.get(&Key::namespaced("persistentvolumeclaims", namespace, name)) else {
        return told;
    };
    let size = field::bytes(field::text(&claim, "status.capacity.storage"));
    // The file system takes its part.
    let capacity = size - size / 40;
    let used = match field::annotation(&claim, USED) {
        "" => {
            let chance = i64::from_str_radix(&hex_of(&format!("{namespace}/{name}"), 4), 16).unwrap_or(0);
            capacity / 100 * (18 + chance % 44)
        }
        used => field::bytes(used).min(capacity),
    };
    let inodes = capacity / 16_384;
    let inodes_used = inodes.checked_mul(used / 8).and_then(|all| all.checked_div(capacity)).unwrap_or(0);
    for (key, number) in [
        ("capacityBytes", capacity),
        ("usedBytes", used),
        ("availableBytes", capacity - used),
        ("inodes", inodes),
        ("inodesUsed", inodes_used),
        ("inodesFree", inodes - inodes_used),
    ] {
        field::put(&mut told, key, json!(number));
    }
    told
}
