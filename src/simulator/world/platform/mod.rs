//! The platform both clusters run on, namespace by namespace. Replica counts are written `pick(dev, prod)`.

mod admission;
mod certificates;
mod delivery;
mod kube_system;
mod observation;
mod rights;
mod secrets;
mod traffic;

use serde_json::{Value, json};

use crate::simulator::world::chance::Chance;
use crate::simulator::world::container::{Container, container};
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::pairs;
use crate::simulator::world::workload::{Workload, tracking_id};

pub use self::certificates::{certificate, order_name, order_status, pem, tls_secret};
pub use self::traffic::{Route, ingress};

/// Everything in the platform namespaces.
pub fn install(inventory: &mut Inventory) {
    admission::install(inventory);
    rights::install(inventory);
    kube_system::install(inventory);
    traffic::install(inventory);
    certificates::install(inventory);
    secrets::install(inventory);
    observation::install(inventory);
    delivery::install(inventory);
}

/// A container of the platform: small, restricted, limited in memory.
fn restricted(name: &str, image: &str, cpu: &str, memory: &str) -> Container {
    container(name, image).requests(cpu, memory).memory_limit(memory).restricted()
}

/// A container that works for the node: no limit, privileged.
fn privileged(name: &str, image: &str, cpu: &str, memory: &str) -> Container {
    container(name, image).requests(cpu, memory).privileged()
}

/// A port of a Service.
#[derive(Clone, Copy, Debug)]
pub struct Port<'a> {
    /// Its name.
    pub name: &'a str,
    /// The port clients use.
    pub port: u16,
    /// Name or number of the pods' port.
    pub target: &'a str,
}

/// A Service before it is written down.
#[derive(Clone, Copy, Debug)]
pub struct Front<'a> {
    /// Namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// Labels of the pods behind it; also its own labels.
    pub selector: &'a [(&'a str, &'a str)],
    /// Its ports.
    pub ports: &'a [Port<'a>],
    /// The Argo CD application it belongs to; none for add-ons of EKS.
    pub application: Option<&'a str>,
}

/// Adds a Service of type ClusterIP, changed by `adjust` before it is written.
pub fn service(inventory: &mut Inventory, front: Front<'_>, adjust: impl FnOnce(&mut Value)) {
    let site = inventory.site();
    let mut chance = Chance::of(&format!("{}/{}/{}", site.cluster.name, front.namespace, front.name));
    let address = format!("172.20.{}.{}", chance.between(1, 254), chance.between(1, 254));
    let ports: Vec<Value> = front
        .ports
        .iter()
        .map(|port| {
            let target =
                port.target.parse::<u16>().map_or_else(|_| json!(port.target), |number| json!(number));
            json!({"name": port.name, "protocol": "TCP", "port": port.port, "targetPort": target})
        })
        .collect();
    let mut spec = json!({
        "ports": ports, "selector": pairs(front.selector), "clusterIP": address, "clusterIPs": [address], "type": "ClusterIP", "sessionAffinity": "None",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
    });
    adjust(&mut spec);
    let mut object = site
        .object("v1", "Service", front.name)
        .namespace(front.namespace)
        .labels(&pairs(front.selector))
        .spec(spec)
        .status(json!({"loadBalancer": {}}));
    if let Some(application) = front.application {
        object = object.annotation(
            "argocd.argoproj.io/tracking-id",
            &tracking_id(application, "", "Service", front.namespace, front.name),
        );
    }
    inventory.add(object);
}

/// Adds a ServiceAccount.
fn account(inventory: &mut Inventory, namespace: &str, name: &str) {
    account_with(inventory, namespace, name, &json!({}));
}

fn account_with(inventory: &mut Inventory, namespace: &str, name: &str, annotations: &Value) {
    let object = inventory
        .site()
        .object("v1", "ServiceAccount", name)
        .namespace(namespace)
        .label("app.kubernetes.io/name", name)
        .annotations(annotations);
    inventory.add(object);
}

/// A workload of the platform, owned by Argo CD's application for its namespace. Each namespace was upgraded at a time
/// of its own, some weeks ago.
fn platform(workload: Workload, namespace: &str) -> Workload {
    let days = Chance::of(namespace).between(11, 27);
    workload.of_application(&format!("platform-{namespace}")).pods_age(days * 24 * 60 + 41)
}

/// Name and instance labels, which select most platform pods.
fn named(name: &str) -> [(&str, &str); 2] {
    [("app.kubernetes.io/name", name), ("app.kubernetes.io/instance", name)]
}

/// Adds a ConfigMap.
fn config_map(inventory: &mut Inventory, namespace: &str, name: &str, labels: &Value, data: &Value) {
    let object = inventory.site().object("v1", "ConfigMap", name).namespace(namespace).labels(labels);
    let object = if data.as_object().is_some_and(|map| !map.is_empty()) {
        object.with("data", data.clone())
    } else {
        object
    };
    inventory.add(object);
}

/// Adds a lease that one pod of a workload holds: the leader among its replicas.
fn leader(inventory: &mut Inventory, namespace: &str, lease: &str, workload: &str) {
    let site = inventory.site();
    let holder = inventory
        .of_kind("Pod")
        .find(|pod| field::namespace(pod) == namespace && field::name(pod).starts_with(workload))
        .map(|pod| field::name(pod).to_owned());
    let Some(holder) = holder else { return };
    let renewed = site.now.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(site.now);
    inventory.add(site.object("coordination.k8s.io/v1", "Lease", lease).namespace(namespace).written_by("leader-election").spec(json!({
        "holderIdentity": format!("{holder}_{}", site.cluster.uid("Lease", namespace, lease)), "leaseDurationSeconds": 15,
        "acquireTime": field::micro_stamp(site.minutes_ago(19 * 24 * 60)), "renewTime": field::micro_stamp(renewed), "leaseTransitions": 3,
    })));
}
