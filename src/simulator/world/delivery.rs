//! Argo CD's objects: projects, the ApplicationSet, and an Application for each environment and platform namespace.

use serde_json::{Value, json};

use crate::simulator::controllers::argo::comparison;
use crate::simulator::git;
use crate::simulator::world::applications::{Environment, environments};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::namespaces;
use crate::simulator::world::object::Site;

const API_VERSION: &str = "argoproj.io/v1alpha1";
const NAMESPACE: &str = "argocd";
const REPOSITORY: &str = "https://github.com/cosner/helm-charts.git";
const SERVER: &str = "https://kubernetes.default.svc";

/// Adds Argo CD's objects; the applications list what of theirs is in the inventory so far.
pub fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    projects(inventory);
    let set = inventory.keep(application_set(&site));
    for environment in environments(site.cluster.namespaces) {
        let application = application(
            &site,
            &source(environment),
            environment.application,
            environment.namespace,
            site.cluster.environment,
        );
        let application = application.label("app.kubernetes.io/part-of", "myapp").controlled_by(&set);
        let mut object = application.with("spec.syncPolicy", sync_policy(&site)).build();
        let status = status(inventory, &object, environment.deployed);
        field::put(&mut object, "status", status);
        inventory.keep(object);
    }
    for (namespace, _) in namespaces::PLATFORM {
        let source = json!({"path": format!("platform/{}/{namespace}", site.cluster.environment), "repoURL": REPOSITORY, "targetRevision": "main"});
        let sync = json!({"automated": {"prune": false, "selfHeal": false}, "syncOptions": ["ServerSideApply=true"]});
        let mut object = application(&site, &source, &format!("platform-{namespace}"), namespace, "platform")
            .label("app.kubernetes.io/part-of", "platform")
            .with("spec.syncPolicy", sync)
            .build();
        let status = status(inventory, &object, 19 * 24 * 60 + 44);
        field::put(&mut object, "status", status);
        inventory.keep(object);
    }
}

fn projects(inventory: &mut Inventory) {
    let site = inventory.site();
    let any = json!([{"group": "*", "kind": "*"}]);
    let project = |name: &str, spec: Value| {
        site.object(API_VERSION, "AppProject", name).namespace(NAMESPACE).written_by("terraform").spec(spec)
    };
    if site.cluster.is_prod() {
        inventory.add(project("prod", json!({
            "description": "production applications", "sourceRepos": [REPOSITORY], "destinations": [{"namespace": "production", "server": SERVER}], "namespaceResourceWhitelist": any,
            "syncWindows": [{"kind": "deny", "schedule": "0 16 * * 5", "duration": "63h", "applications": ["*"], "manualSync": true, "timeZone": "UTC"}],
        })));
    } else {
        inventory.add(project("dev", json!({
            "description": "development and staging applications", "sourceRepos": [REPOSITORY],
            "destinations": [{"namespace": "development", "server": SERVER}, {"namespace": "staging", "server": SERVER}], "namespaceResourceWhitelist": any,
        })));
    }
    inventory.add(project("platform", json!({"description": "platform components", "sourceRepos": [REPOSITORY], "destinations": [{"namespace": "*", "server": SERVER}], "clusterResourceWhitelist": any})));
}

/// Production waits for somebody who syncs it; everything else follows Git by itself.
fn sync_policy(site: &Site) -> Value {
    if site.cluster.is_prod() {
        json!({"syncOptions": ["ServerSideApply=true"]})
    } else {
        json!({"automated": {"prune": true, "selfHeal": true}, "syncOptions": ["ServerSideApply=true"]})
    }
}

fn values_file(environment: &Environment) -> &'static str {
    match environment.namespace {
        "development" => "dev.yaml",
        "staging" => "staging.yaml",
        _ => "production.yaml",
    }
}

fn branch(environment: &Environment) -> &'static str {
    if environment.namespace == "development" { "develop" } else { "main" }
}

fn source(environment: &Environment) -> Value {
    json!({
        "helm": {"releaseName": "myapp", "valueFiles": [format!("../../values/{}", values_file(environment))]}, "path": "charts/myapp", "repoURL": REPOSITORY, "targetRevision": branch(environment),
    })
}

fn application_set(site: &Site) -> Value {
    let elements: Vec<Value> = environments(site.cluster.namespaces)
        .map(|environment| {
            let short = environment.application.trim_start_matches("myapp-");
            json!({"env": short, "namespace": environment.namespace, "revision": branch(environment), "values": values_file(environment)})
        })
        .collect();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "lastTransitionTime": site.stamp(30 * 24 * 60), "reason": reason, "message": message});
    let generated = "Successfully generated parameters for all Applications";
    site.object(API_VERSION, "ApplicationSet", "myapp")
        .namespace(NAMESPACE)
        .written_by("terraform")
        .spec(json!({
            "generators": [{"list": {"elements": elements}}], "goTemplate": true, "goTemplateOptions": ["missingkey=error"], "syncPolicy": {"preserveResourcesOnDeletion": true},
            "template": {
                "metadata": {"annotations": {"argocd.argoproj.io/compare-options": "ServerSideDiff=true"}, "labels": {"app.kubernetes.io/part-of": "myapp"}, "name": "myapp-{{.env}}"},
                "spec": {
                    "destination": {"namespace": "{{.namespace}}", "server": SERVER}, "project": site.cluster.environment,
                    "source": {"helm": {"releaseName": "myapp", "valueFiles": ["../../values/{{.values}}"]}, "path": "charts/myapp", "repoURL": REPOSITORY, "targetRevision": "{{.revision}}"},
                    "syncPolicy": sync_policy(site),
                },
            },
        }))
        .status(json!({"conditions": [
            condition("ErrorOccurred", "False", "ApplicationSetUpToDate", generated), condition("ParametersGenerated", "True", "ParametersGenerated", generated),
            condition("ResourcesUpToDate", "True", "ApplicationSetUpToDate", "All applications have been generated successfully"),
        ]}))
        .build()
}

fn application(
    site: &Site,
    source: &Value,
    name: &str,
    namespace: &str,
    project: &str,
) -> crate::simulator::world::object::Object {
    site.object(API_VERSION, "Application", name)
        .namespace(NAMESPACE)
        .annotation("argocd.argoproj.io/compare-options", "ServerSideDiff=true")
        .written_by("argocd-applicationset-controller")
        .generation(214)
        .spec(json!({"destination": {"namespace": namespace, "server": SERVER}, "project": project, "source": source}))
}

/// The revision that an application at rest is synced to.
pub fn revision(objects: &[Value], application: &str) -> String {
    let own = objects
        .iter()
        .find(|object| field::kind(object) == "Application" && field::name(object) == application);
    own.map(|own| field::text(own, "status.sync.revision").to_owned()).unwrap_or_default()
}

/// A synced and healthy application, with the resources that carry its tracking id.
fn status(inventory: &Inventory, application: &Value, deployed: i64) -> Value {
    let site = inventory.site();
    let prefix = format!("{}:", field::name(application));
    let own: Vec<&Value> = inventory
        .objects()
        .filter(|object| {
            field::controller_of(object).is_none()
                && field::annotation(object, git::TRACKING).starts_with(&prefix)
        })
        .collect();
    let resources: Vec<Value> = own.iter().map(|object| comparison::resource(object, Some(object))).collect();
    let mut images: Vec<&str> = own
        .iter()
        .flat_map(|object| field::list(object, "spec.template.spec.containers"))
        .map(|container| field::text(container, "image"))
        .collect();
    images.sort_unstable();
    images.dedup();
    let source = field::at(application, "spec.source");
    let revision = hex_of(&format!("revision/{}", field::text(source, "targetRevision")), 40);
    let (started, finished) = (site.stamp(deployed + 1), site.stamp(deployed));
    let is_automated = !field::at(application, "spec.syncPolicy.automated").is_null();
    let initiator = if is_automated { json!({"automated": true}) } else { json!({"username": "admin"}) };
    json!({
        "controllerNamespace": NAMESPACE, "health": {"lastTransitionTime": finished, "status": "Healthy"},
        "history": [{"deployStartedAt": started, "deployedAt": finished, "id": 0, "initiatedBy": initiator, "revision": revision, "source": source}],
        "operationState": {
            "finishedAt": finished, "message": "successfully synced (all tasks run)", "operation": {"initiatedBy": initiator, "retry": {"limit": 5}, "sync": {"revision": revision}},
            "phase": "Succeeded", "startedAt": started, "syncResult": {"revision": revision, "source": source},
        },
        "reconciledAt": site.stamp(1), "resources": resources, "sourceType": if source.get("helm").is_some() { "Helm" } else { "Directory" }, "summary": {"images": images},
        "sync": {"comparedTo": {"destination": field::at(application, "spec.destination"), "source": source}, "revision": revision, "status": "Synced"},
    })
}
