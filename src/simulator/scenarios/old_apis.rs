//! A cluster whose operators nobody upgraded: they serve the beta versions of their kinds alone.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::Controllers;
use crate::simulator::demo::Demo;
use crate::simulator::store::{DeleteOptions, Key, Selection};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;
use crate::simulator::world::karpenter::hash;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "old-apis",
    description: "dev serves external-secrets and Karpenter in v1beta1 only",
    unfolds: SignedDuration::from_mins(1),
    namespace: None,
    apply,
};

const BETA: &str = "v1beta1";
const HASH: &str = "karpenter.sh/nodepool-hash";
const OLD: [&str; 7] = [
    "clusterexternalsecrets.external-secrets.io",
    "clustersecretstores.external-secrets.io",
    "externalsecrets.external-secrets.io",
    "secretstores.external-secrets.io",
    "ec2nodeclasses.karpenter.k8s.aws",
    "nodepools.karpenter.sh",
    "nodeclaims.karpenter.sh",
];

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    cluster.work();
    for resource in OLD {
        turn_back(cluster, resource)?;
    }
    for application in ["myapp-dev", "myapp-staging"] {
        cluster.push(application, &hex_of("beta charts", 40), |manifests| {
            for manifest in manifests.iter_mut().filter(|own| field::kind(own) == "ExternalSecret") {
                field::put(manifest, "apiVersion", json!("external-secrets.io/v1beta1"));
            }
        })?;
    }
    Ok(())
}

/// Serves a resource in its beta version, with its objects as they were written then.
fn turn_back(cluster: &Controllers, resource: &str) -> Result<(), Status> {
    let store = cluster.store();
    let objects: Vec<(Key, Value)> = store
        .list(resource, None, &Selection::all())
        .iter()
        .map(|object| (object.key.clone(), object.value()))
        .collect();
    for (key, _) in &objects {
        store.edit(key, |object| {
            field::drop_at(object, "metadata.finalizers");
            Ok(())
        })?;
        store.delete(key, &DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() })?;
    }
    store.edit(&Key::cluster("customresourcedefinitions.apiextensions.k8s.io", resource), |definition| {
        for version in field::list_mut(definition, "spec.versions") {
            field::put(version, "name", json!(BETA));
        }
        field::put(definition, "status.storedVersions", json!([BETA]));
        Ok(())
    })?;
    for (_, mut object) in objects {
        write_as_beta(&mut object);
        if field::kind(&object) == "NodeClaim" {
            // Made from the template as it is written now: not drifted.
            let pool = Key::cluster("nodepools.karpenter.sh", field::label(&object, "karpenter.sh/nodepool"));
            let pool = store.get(&pool)?;
            field::annotate(&mut object, HASH, field::annotation(&pool, HASH));
        }
        store.create(&object)?;
    }
    Ok(())
}

/// The differences between the versions that matter to whoever reads them (Karpenter's v1 migration guide).
fn write_as_beta(object: &mut Value) {
    let group = field::text(object, "apiVersion")
        .split_once('/')
        .map_or(String::new(), |(group, _)| group.to_owned());
    field::put(object, "apiVersion", json!(format!("{group}/{BETA}")));
    let reference =
        json!({"apiVersion": format!("karpenter.k8s.aws/{BETA}"), "kind": "EC2NodeClass", "name": "default"});
    match field::kind(object) {
        "NodePool" => {
            field::put(object, "spec.disruption.consolidationPolicy", json!("WhenUnderutilized"));
            field::drop_at(object, "spec.disruption.consolidateAfter");
            field::put(object, "spec.disruption.expireAfter", json!("720h"));
            field::drop_at(object, "spec.template.spec.expireAfter");
            field::put(object, "spec.template.spec.nodeClassRef", reference);
            let hash = hash(field::at(object, "spec.template"));
            field::annotate(object, HASH, hash);
        }
        "NodeClaim" => {
            field::put(object, "spec.nodeClassRef", reference);
            field::drop_at(object, "spec.expireAfter");
        }
        _ => {}
    }
}
