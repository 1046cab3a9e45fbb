//! APIServices: which server answers for each group and version. All but the metrics are the API server's own.

use std::collections::BTreeSet;

use serde_json::json;

use crate::simulator::api::kinds::built_in;
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;

/// Adds an APIService for each group and version that the API server serves by itself.
pub fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    let own = built_in().into_iter().filter(|kind| kind.group != "metrics.k8s.io");
    let own: BTreeSet<(String, String)> = own.map(|kind| (kind.group, kind.version)).collect();
    let custom: BTreeSet<(String, String)> = inventory
        .of_kind("CustomResourceDefinition")
        .flat_map(|definition| {
            let group = field::text(definition, "spec.group").to_owned();
            let versions = field::list(definition, "spec.versions").iter();
            versions.map(move |version| (group.clone(), field::text(version, "name").to_owned()))
        })
        .collect();
    for (groups, managed, priority) in [(own, "onstart", 17_800), (custom, "true", 1000)] {
        for (group, version) in groups {
            let (minimum, order) = if group.is_empty() {
                (18_000, 1)
            } else {
                (priority, if managed == "true" { 100 } else { 15 })
            };
            let mut spec =
                json!({"version": version, "groupPriorityMinimum": minimum, "versionPriority": order});
            if !group.is_empty() {
                field::put(&mut spec, "group", json!(group));
            }
            inventory.add(
                site.object("apiregistration.k8s.io/v1", "APIService", &format!("{version}.{group}"))
                    .label("kube-aggregator.kubernetes.io/automanaged", managed)
                    .written_by("kube-apiserver")
                    .spec(spec)
                    .status(json!({"conditions": [{
                        "type": "Available", "status": "True", "lastTransitionTime": site.stamp(30 * 24 * 60), "reason": "Local", "message": "Local APIServices are always available",
                    }]})),
            );
        }
    }
}
