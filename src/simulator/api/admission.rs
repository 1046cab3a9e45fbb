//! Admission webhooks, as far as they can stand in the way: one that must be asked and has nobody behind it refuses.

use serde_json::Value;

use super::status::Status;
use crate::simulator::store::{KindSpec, Selection, Store};
use crate::simulator::world::field;

/// Lets an operation (`CREATE`, `UPDATE`, `DELETE`) on a kind through, or refuses it in the API server's words.
///
/// # Errors
/// 500 when a webhook with `failurePolicy: Fail` has no ready endpoint.
pub(crate) fn admit(
    store: &Store,
    spec: &KindSpec,
    subresource: Option<&str>,
    operation: &str,
) -> Result<(), Status> {
    for resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
        let resource = format!("{resource}.admissionregistration.k8s.io");
        for configuration in store.list(&resource, None, &Selection::all()) {
            for webhook in field::list(&configuration.value(), "webhooks") {
                let is_asked = field::list(webhook, "rules")
                    .iter()
                    .any(|rule| concerns(rule, spec, subresource, operation));
                if is_asked && field::text(webhook, "failurePolicy") != "Ignore" {
                    reach(store, webhook)?;
                }
            }
        }
    }
    Ok(())
}

fn concerns(rule: &Value, spec: &KindSpec, subresource: Option<&str>, operation: &str) -> bool {
    let holds = |part: &str, wanted: &str| {
        field::list(rule, part).iter().filter_map(Value::as_str).any(|own| own == "*" || own == wanted)
    };
    let resource = match subresource {
        Some(part) => format!("{}/{part}", spec.plural),
        None => spec.plural.clone(),
    };
    let named = field::list(rule, "resources")
        .iter()
        .filter_map(Value::as_str)
        .any(|own| own == resource || own == "*/*" || (own == "*" && subresource.is_none()));
    named
        && holds("apiGroups", &spec.group)
        && holds("apiVersions", &spec.version)
        && holds("operations", operation)
}

fn reach(store: &Store, webhook: &Value) -> Result<(), Status> {
    let service = field::at(webhook, "clientConfig.service");
    let (namespace, name) = (field::text(service, "namespace"), field::text(service, "name"));
    if name.is_empty() {
        return Ok(());
    }
    let Ok(own) = Selection::by_labels(&format!("kubernetes.io/service-name={name}")) else { return Ok(()) };
    let slices = store.list("endpointslices.discovery.k8s.io", Some(namespace), &own);
    let is_there = slices.iter().any(|slice| {
        field::list(&slice.value(), "endpoints").iter().any(|one| field::is_true(one, "conditions.ready"))
    });
    if is_there {
        return Ok(());
    }
    let message = format!(
        "Internal error occurred: failed calling webhook \"{}\": failed to call webhook: Post \"https://{name}.{namespace}.svc:443{}?timeout={}s\": no endpoints available for service \"{name}\"",
        field::text(webhook, "name"),
        field::text(service, "path"),
        field::number(webhook, "timeoutSeconds")
    );
    Err(Status::new(500, "InternalError", message))
}
