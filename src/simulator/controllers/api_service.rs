//! APIServices that another server answers: available while somebody ready stands behind their Service.

use serde_json::json;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The aggregator's availability controller.
pub(super) struct ApiService;

const SLICES: &str = "endpointslices.discovery.k8s.io";

impl Controller for ApiService {
    fn resource(&self) -> &'static str {
        "apiservices.apiregistration.k8s.io"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if !changed.is(SLICES) {
            return Vec::new();
        }
        let service = field::label(&changed.object, "kubernetes.io/service-name");
        let all = lister.entries(self.resource(), None, &Selection::all()).into_iter();
        all.filter(|(_, own)| {
            field::text(own, "spec.service.name") == service
                && field::text(own, "spec.service.namespace") == field::namespace(&changed.object)
        })
        .map(|(key, _)| key)
        .collect()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let service = round.lister.get(key)?;
        let (namespace, name) =
            (field::text(&service, "spec.service.namespace"), field::text(&service, "spec.service.name"));
        if name.is_empty() {
            return Ok(());
        }
        let missing = round.lister.get(&Key::namespaced("services", namespace, name)).is_err();
        let (status, reason, message) = if missing {
            ("False", "ServiceNotFound", format!("service/{name} in \"{namespace}\" is not present"))
        } else if has_endpoints(namespace, name, round) {
            ("True", "Passed", "all checks passed".to_owned())
        } else {
            let message = format!(
                "endpoints for service/{name} in \"{namespace}\" have no addresses with port name \"https\""
            );
            ("False", "MissingEndpoints", message)
        };
        let stamp = round.stamp();
        round.store.edit(key, |service| {
            field::set_condition(service, json!({"type": "Available", "status": status, "lastTransitionTime": stamp, "reason": reason, "message": message}));
            Ok(())
        })?;
        Ok(())
    }
}

/// Whether somebody ready stands behind a Service.
pub(super) fn has_endpoints(namespace: &str, service: &str, round: &Round<'_>) -> bool {
    let Ok(own) = Selection::by_labels(&format!("kubernetes.io/service-name={service}")) else {
        return false;
    };
    let slices = round.lister.list(SLICES, Some(namespace), &own);
    slices
        .iter()
        .flat_map(|slice| field::list(slice, "endpoints"))
        .any(|endpoint| field::is_true(endpoint, "conditions.ready"))
}
