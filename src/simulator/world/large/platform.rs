//! What a large platform keeps in its cluster beside pods: node claims, applications, certificates, external secrets.

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::argo::comparison;
use crate::simulator::controllers::external_secret::synced_version;
use crate::simulator::store::{Selection, Store};
use crate::simulator::world::chance::{Chance, hex_of};
use crate::simulator::world::cluster::{INSTANCES, M5_XLARGE, Machine, PROD, REGION};
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::Site;
use crate::simulator::world::platform::{certificate, tls_secret};
use crate::simulator::world::{custom, field, karpenter};

/// How many objects of each kind there are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Argo CD applications; the Deployments of the cluster are shared out among them.
    pub applications: usize,
    /// Certificates, each with its Secret, request and order.
    pub certificates: usize,
    /// External secrets.
    pub external_secrets: usize,
}

impl Platform {
    /// The size at which the figures of the planes are promised.
    pub const PROMISED: Self = Self { applications: 300, certificates: 1000, external_secrets: 1000 };
}

const ARGO: &str = "argoproj.io/v1alpha1";
const REPOSITORY: &str = "https://github.com/cosner/helm-charts.git";
/// Rows of each application's history.
const HISTORY: usize = 10;

/// Adds the definitions of custom kinds, a claim for every node, and so many objects of the platform, to a store that
/// [`large`](super::large) has filled.
///
/// # Errors
/// When the store refuses an object.
pub fn platform(store: &Store, counts: Platform, seed: u64) -> Result<(), Status> {
    let site = Site { cluster: &PROD, now: store.clock().now() };
    let mut chance = Chance::new(seed);
    let mut inventory = Inventory::new(&PROD, site.now);
    custom::install(&mut inventory);
    for definition in inventory.of_kind("CustomResourceDefinition") {
        store.create(definition)?;
    }
    store.create(&namespace(&site, "argocd"))?;
    claims(store, &site)?;
    let namespaces: Vec<String> = store
        .list("namespaces", None, &Selection::all())
        .iter()
        .map(|namespace| namespace.key.name.to_string())
        .filter(|name| name != "argocd")
        .collect();
    applications(store, &site, counts.applications, &mut chance)?;
    let home = |index: usize| {
        namespaces.get(index % namespaces.len().max(1)).map(String::as_str).unwrap_or_default()
    };
    for index in 0..counts.certificates {
        let (name, host) = (format!("site-{index:04}-tls"), format!("site-{index:04}.cosner.cloud"));
        let own = certificate(&site, home(index), &name, &[&host]).build();
        for object in tls_secret(&site, &own) {
            store.install(object)?;
        }
        store.install(own)?;
    }
    for index in 0..counts.external_secrets {
        store.install(external_secret(&site, home(index), index))?;
    }
    Ok(())
}

fn namespace(site: &Site, name: &str) -> Value {
    let object = site.object("v1", "Namespace", name).label("kubernetes.io/metadata.name", name);
    object.with("spec", json!({"finalizers": ["kubernetes"]})).status(json!({"phase": "Active"})).build()
}

/// The pools, their class, and the claim behind each node.
fn claims(store: &Store, site: &Site) -> Result<(), Status> {
    let mut inventory = Inventory::new(&PROD, site.now);
    karpenter::install(&mut inventory);
    for kind in ["EC2NodeClass", "NodePool"] {
        for object in inventory.of_kind(kind) {
            store.create(object)?;
        }
    }
    let class = inventory.of_kind("EC2NodeClass").next().cloned().unwrap_or_default();
    let pools: Vec<Value> = inventory.of_kind("NodePool").cloned().collect();
    for (index, node) in store.list("nodes", None, &Selection::all()).iter().enumerate() {
        let Some(pool) =
            pools.iter().find(|pool| node.label("karpenter.sh/nodepool") == Some(field::name(pool)))
        else {
            continue;
        };
        let capacity =
            if node.label("karpenter.sh/capacity-type") == Some("on-demand") { "on-demand" } else { "spot" };
        let wanted = node.label("node.kubernetes.io/instance-type").unwrap_or_default();
        let instance = INSTANCES.into_iter().find(|own| own.name == wanted).unwrap_or(M5_XLARGE);
        let subnet = match node.label("topology.kubernetes.io/zone") {
            Some("us-east-1a") => 11,
            Some("us-east-1b") => 12,
            _ => 13,
        };
        let machine = Machine {
            subnet,
            host: 0,
            instance,
            pool: None,
            capacity,
            days: 1 + i64::try_from(index % 28).unwrap_or_default(),
        };
        let minutes = machine.days * 24 * 60 + 38;
        let mut claim = karpenter::node_claim(site, (pool, &class), &machine, &node.key.name, minutes);
        // Five random digits are not enough for a thousand claims.
        let name = format!("{}-{index:05x}", field::name(pool));
        field::put(&mut claim, "metadata.name", json!(name));
        store.install(claim)?;
    }
    Ok(())
}

fn applications(store: &Store, site: &Site, count: usize, chance: &mut Chance) -> Result<(), Status> {
    let deployments = store.list("deployments.apps", None, &Selection::all());
    let share = deployments.len().div_ceil(count.max(1)).max(1);
    for index in 0..count {
        let own: Vec<Value> =
            deployments.iter().skip(index * share).take(share).map(|object| object.value()).collect();
        store.install(application(site, index, &own, chance))?;
    }
    Ok(())
}

/// An application that was deployed many times; a few of them differ from Git or fare badly, as among so many.
fn application(site: &Site, index: usize, own: &[Value], chance: &mut Chance) -> Value {
    let name = format!("team-{:03}", index);
    let namespace = own.first().map(|object| field::namespace(object).to_owned()).unwrap_or_default();
    let source = json!({"helm": {"valueFiles": [format!("../../values/{name}.yaml")]}, "path": format!("charts/{name}"), "repoURL": REPOSITORY, "targetRevision": "main"});
    let destination = json!({"namespace": namespace, "server": "https://kubernetes.default.svc"});
    let revision = hex_of(&format!("{name}/revision"), 40);
    let fate = chance.below(100);
    let (sync, health) = match fate {
        0..5 => ("OutOfSync", "Healthy"),
        5..8 => ("Synced", "Progressing"),
        8..10 => ("Synced", "Degraded"),
        _ => ("Synced", "Healthy"),
    };
    let mut resources = Vec::new();
    for object in own {
        resources.push(comparison::resource(object, Some(object)));
        for (group, kind) in [
            ("", "Service"),
            ("", "ServiceAccount"),
            ("", "ConfigMap"),
            ("policy", "PodDisruptionBudget"),
            ("networking.k8s.io", "Ingress"),
            ("cert-manager.io", "Certificate"),
            ("external-secrets.io", "ExternalSecret"),
        ] {
            let mut row = json!({"kind": kind, "name": field::name(object), "namespace": namespace, "status": "Synced", "version": "v1"});
            if !group.is_empty() {
                field::put(&mut row, "group", json!(group));
            }
            resources.push(row);
        }
    }
    let images: Vec<&Value> = own
        .iter()
        .flat_map(|object| field::list(object, "spec.template.spec.containers"))
        .map(|container| field::at(container, "image"))
        .collect();
    let history: Vec<Value> = (0..HISTORY)
        .map(|id| {
            let minutes = i64::try_from((HISTORY - id) * 1440).unwrap_or_default() + chance.between(0, 900);
            json!({"deployStartedAt": site.stamp(minutes + 1), "deployedAt": site.stamp(minutes), "id": id, "initiatedBy": {"automated": true}, "revision": if id + 1 == HISTORY { revision.clone() } else { hex_of(&format!("{name}/{id}"), 40) }, "source": source})
        })
        .collect();
    let finished = history.last().map_or(Value::Null, |last| field::at(last, "deployedAt").clone());
    site.object(ARGO, "Application", &name)
        .namespace("argocd")
        .label("team", &name)
        .written_by("argocd-application-controller")
        .generation(chance.between(100, 9000))
        .spec(json!({"destination": destination, "project": "default", "source": source, "syncPolicy": {"automated": {"prune": true, "selfHeal": true}, "syncOptions": ["ServerSideApply=true"]}}))
        .status(json!({
            "controllerNamespace": "argocd", "health": {"status": health, "lastTransitionTime": finished}, "history": history,
            "operationState": {
                "finishedAt": finished, "message": "successfully synced (all tasks run)", "operation": {"initiatedBy": {"automated": true}, "retry": {"limit": 5}, "sync": {"revision": revision}},
                "phase": "Succeeded", "startedAt": finished, "syncResult": {"revision": revision, "source": source},
            },
            "reconciledAt": site.stamp(1), "resources": resources, "sourceType": "Helm", "summary": {"images": images},
            "sync": {"comparedTo": {"destination": destination, "source": source}, "revision": revision, "status": sync},
        }))
        .build()
}

fn external_secret(site: &Site, namespace: &str, index: usize) -> Value {
    let name = format!("credentials-{index:04}");
    let keys: Vec<Value> = ["database-url", "app-key", "token"]
        .iter()
        .map(|key| json!({"secretKey": key, "remoteRef": {"conversionStrategy": "Default", "decodingStrategy": "None", "key": format!("production/{name}"), "metadataPolicy": "None", "property": key}}))
        .collect();
    let fails = index.is_multiple_of(97);
    let (status, reason, message) = if fails {
        ("False", "SecretSyncedError", "could not get secret data from provider")
    } else {
        ("True", "SecretSynced", "secret synced")
    };
    let mut object = site
        .object("external-secrets.io/v1", "ExternalSecret", &name)
        .namespace(namespace)
        .label("app.kubernetes.io/managed-by", "Helm")
        .annotation("cosner.cloud/region", REGION)
        .spec(json!({
            "data": keys, "refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-secrets-manager"},
            "target": {"creationPolicy": "Owner", "deletionPolicy": "Retain", "name": name},
        }))
        .status(json!({
            "binding": {"name": name}, "refreshTime": site.stamp(i64::try_from(index % 60).unwrap_or_default()),
            "conditions": [{"type": "Ready", "status": status, "lastTransitionTime": site.stamp(9 * 24 * 60), "reason": reason, "message": message}],
        }))
        .build();
    let synced = synced_version(&object);
    field::put(&mut object, "status.syncedResourceVersion", json!(synced));
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::clock::SimClock;
    use crate::simulator::world::large::large;

    #[test]
    fn a_large_platform_has_a_claim_for_every_node_and_what_was_asked_for() {
        let store = Store::new("large", SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        large(&store, 240, 20, 1).unwrap();
        platform(&store, Platform { applications: 6, certificates: 10, external_secrets: 98 }, 1).unwrap();
        for (resource, count) in [
            ("nodeclaims.karpenter.sh", 20),
            ("nodepools.karpenter.sh", 2),
            ("applications.argoproj.io", 6),
            ("certificates.cert-manager.io", 10),
            ("certificaterequests.cert-manager.io", 10),
            ("externalsecrets.external-secrets.io", 98),
        ] {
            assert_eq!(store.count(resource), count, "{resource}");
        }
        let nodes: Vec<String> = store
            .list("nodes", None, &Selection::all())
            .iter()
            .map(|node| node.key.name.to_string())
            .collect();
        for claim in store.list("nodeclaims.karpenter.sh", None, &Selection::all()) {
            assert!(nodes.contains(&field::text(&claim.value(), "status.nodeName").to_owned()));
        }
        let applications = store.list("applications.argoproj.io", None, &Selection::all());
        let bytes = applications.iter().map(|own| own.body().len()).sum::<usize>() / applications.len();
        assert!((5_000..40_000).contains(&bytes), "{bytes} bytes an application");
        let failing = store.list("externalsecrets.external-secrets.io", None, &Selection::all());
        let failing = failing.iter().filter(|own| !field::condition_is_true(&own.value(), "Ready")).count();
        assert_eq!(failing, 2);
    }
}
