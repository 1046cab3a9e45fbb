//! EndpointSlices of every Service at rest.

use serde_json::{Value, json};

use crate::simulator::controllers::slice;
use crate::simulator::world::chance::Chance;
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::managed::managed_fields;

/// Adds the slices, once services and pods are there.
pub fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    let zones: Vec<(String, String)> = inventory
        .of_kind("Node")
        .map(|node| {
            (field::name(node).to_owned(), field::label(node, "topology.kubernetes.io/zone").to_owned())
        })
        .collect();
    let zone_of = |node: &str| {
        zones.iter().find(|(name, _)| name == node).map(|(_, zone)| zone.clone()).unwrap_or_default()
    };
    let services: Vec<Value> = inventory
        .of_kind("Service")
        .filter(|service| field::at(service, "spec.selector").is_object())
        .cloned()
        .collect();
    let pods: Vec<Value> = inventory.of_kind("Pod").cloned().collect();
    for service in &services {
        let namespace = field::namespace(service);
        let own = pods.iter().filter(|pod| field::namespace(pod) == namespace);
        let (endpoints, ports) = slice::endpoints(service, own, zone_of);
        let id = format!("{}/{namespace}/{}", site.cluster.name, field::name(service));
        let mut object = slice::slice(service, &Chance::of(&id).suffix(), endpoints, ports);
        let born = site.minutes_ago(crate::simulator::world::object::PLATFORM_AGE - 1);
        let uid = site.cluster.uid("EndpointSlice", namespace, field::name(&object));
        field::put(&mut object, "metadata.uid", json!(uid));
        field::put(&mut object, "metadata.creationTimestamp", json!(field::stamp(born)));
        field::put(&mut object, "metadata.generation", json!(4));
        let fields = managed_fields(&object, "kube-controller-manager", born);
        field::put(&mut object, "metadata.managedFields", fields);
        inventory.keep(object);
    }
}
