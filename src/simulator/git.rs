//! What is committed: the manifests that the source of each Argo CD application renders to, revision by revision.
//!
//! Argo CD's repository server stands outside the Kubernetes API, and so does this: nobody can read it there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::simulator::world::field;

/// The repository of one cluster's applications. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Git(Arc<Mutex<BTreeMap<String, Vec<Commit>>>>);

/// One revision of an application's source.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The hash of the commit.
    pub revision: String,
    /// What the source renders to, in the order of application.
    pub manifests: Arc<Vec<Value>>,
}

/// The annotation by which Argo CD knows its own.
pub const TRACKING: &str = "argocd.argoproj.io/tracking-id";

/// Annotations that controllers write beside what is in Git.
const WRITTEN_BY_CONTROLLERS: [&str; 2] =
    ["deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation"];

impl Git {
    /// Adds a revision to an application's source: from now on it is the newest.
    pub fn commit(&self, application: &str, revision: &str, manifests: Vec<Value>) {
        let commit = Commit { revision: revision.to_owned(), manifests: Arc::new(manifests) };
        self.applications().entry(application.to_owned()).or_default().push(commit);
    }

    /// Adds a revision that changes what the newest one renders to.
    pub fn change(&self, application: &str, revision: &str, change: impl FnOnce(&mut Vec<Value>)) {
        let newest = self.head(application);
        let mut manifests = newest.map(|commit| commit.manifests.to_vec()).unwrap_or_default();
        change(&mut manifests);
        self.commit(application, revision, manifests);
    }

    /// The newest revision of an application's source.
    pub fn head(&self, application: &str) -> Option<Commit> {
        self.applications().get(application)?.last().cloned()
    }

    /// The revision of a hash; the newest where there is none of that name, as for a branch.
    pub fn at(&self, application: &str, revision: &str) -> Option<Commit> {
        let applications = self.applications();
        let commits = applications.get(application)?;
        commits.iter().find(|commit| commit.revision == revision).or_else(|| commits.last()).cloned()
    }

    fn applications(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Commit>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The application that deployed an object.
pub fn application_of(object: &Value) -> Option<&str> {
    field::annotation(object, TRACKING).split_once(':').map(|(application, _)| application)
}

/// The manifests of each application, given what is deployed: the objects without what the cluster adds to them.
pub fn manifests(objects: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let scaled: Vec<(&str, &str)> = objects
        .iter()
        .filter(|object| field::kind(object) == "HorizontalPodAutoscaler")
        .map(|object| (field::namespace(object), field::text(object, "spec.scaleTargetRef.name")))
        .collect();
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for object in objects.iter().filter(|object| field::controller_of(object).is_none()) {
        let Some(application) = application_of(object) else { continue };
        let mut manifest = manifest(object);
        if field::kind(object) == "Deployment"
            && scaled.contains(&(field::namespace(object), field::name(object)))
        {
            field::drop_at(&mut manifest, "spec.replicas");
        }
        all.entry(application.to_owned()).or_default().push(manifest);
    }
    all
}

/// An object as its author wrote it.
fn manifest(object: &Value) -> Value {
    let mut manifest = object.clone();
    field::drop_at(&mut manifest, "status");
    let mut metadata = json!({"name": field::name(object)});
    for part in ["namespace", "labels", "annotations"] {
        if let Some(value) = field::at(object, "metadata").get(part) {
            field::put(&mut metadata, part, value.clone());
        }
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.retain(|name, _| !WRITTEN_BY_CONTROLLERS.contains(&name.as_str()));
    }
    field::put(&mut manifest, "metadata", metadata);
    if field::kind(object) == "Service" {
        for given in ["clusterIP", "clusterIPs"] {
            if field::text(object, "spec.clusterIP") != "None" {
                field::drop_at(&mut manifest, &format!("spec.{given}"));
            }
        }
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_an_object_without_what_the_cluster_added() {
        let tracked = |kind: &str, spec: Value| json!({"kind": kind, "metadata": {"name": "web", "namespace": "n", "uid": "u", "annotations": {TRACKING: "app:apps/Deployment:n/web", "deployment.kubernetes.io/revision": "3"}}, "spec": spec, "status": {"replicas": 2}});
        let objects = [
            tracked("Deployment", json!({"replicas": 2, "paused": false})),
            tracked("HorizontalPodAutoscaler", json!({"scaleTargetRef": {"name": "web"}})),
        ];
        let all = manifests(&objects);
        assert_eq!(
            all["app"][0],
            json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "n", "annotations": {TRACKING: "app:apps/Deployment:n/web"}}, "spec": {"paused": false}})
        );
    }

    #[test]
    fn a_revision_is_found_by_its_hash_and_a_branch_is_its_newest() {
        let git = Git::default();
        git.commit("app", "one", vec![json!({"a": 1})]);
        git.change("app", "two", |manifests| manifests.push(json!({"b": 2})));
        assert_eq!(git.at("app", "one").unwrap().manifests.len(), 1);
        assert_eq!(git.at("app", "main").unwrap().revision, "two");
        assert!(git.head("other").is_none());
    }
}
