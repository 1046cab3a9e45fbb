//! EndpointSlices: kept as the pods behind each Service are.

use std::sync::Arc;

use serde_json::json;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, slice};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The EndpointSlice controller.
pub(super) struct Endpoints;

impl Controller for Endpoints {
    fn resource(&self) -> &'static str {
        "services"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if !changed.is("pods") {
            return Vec::new();
        }
        let labels = field::at(&changed.object, "metadata.labels");
        let services = lister.entries("services", Some(field::namespace(&changed.object)), &Selection::all());
        let behind = services.into_iter().filter(|(_, service)| {
            field::at(service, "spec.selector")
                .as_object()
                .is_some_and(|selector| field::contains(labels, selector))
        });
        behind.map(|(key, _)| key).collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let service = round.lister.get(key)?;
        let Some(selector) = field::at(&service, "spec.selector").as_object() else { return Ok(()) };
        let selection = Selection::by_selector_object(&json!({"matchLabels": selector}));
        let pods = round.lister.list("pods", Some(field::namespace(&service)), &selection);
        let nodes = round.store.list("nodes", None, &Selection::all());
        let zone_of = |name: &str| {
            nodes
                .iter()
                .find(|node| &*node.key.name == name)
                .and_then(|node| node.label("topology.kubernetes.io/zone"))
                .unwrap_or_default()
                .to_owned()
        };
        let (endpoints, ports) = slice::endpoints(&service, pods.iter().map(Arc::as_ref), zone_of);
        let resource = "endpointslices.discovery.k8s.io";
        match round.controlled(resource, &service, &Selection::all()).first() {
            Some(own) if field::at(own, "endpoints") == &endpoints => Ok(()),
            Some(own) => {
                let stamp = round.stamp();
                round.store.edit(&round.store.key_of(own)?, |slice| {
                    field::put(slice, "endpoints", endpoints.clone());
                    field::put(slice, "ports", ports.clone());
                    field::annotate(
                        slice,
                        "endpoints.kubernetes.io/last-change-trigger-time",
                        stamp.as_str(),
                    );
                    Ok(())
                })?;
                Ok(())
            }
            None => {
                let suffix = round.chance.suffix();
                round.store.create(&slice::slice(&service, &suffix, endpoints, ports))?;
                Ok(())
            }
        }
    }
}
