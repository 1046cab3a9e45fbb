use serde_json::{Value as Json, json};

use super::counterpart::{compared, next};
use super::differences::differences;
use super::{NAMESPACE_SUMS, NamespaceSum, SumRow};
use crate::fleet::Verdict;
use crate::fleet::argo::application::Application;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::config_map::ConfigMap;
use crate::fleet::kind::{APPLICATIONS, CERTIFICATES, CONFIG_MAPS, DEPLOYMENTS, NAMESPACES};
use crate::fleet::namespace::Namespace;
use crate::fleet::workload::Workload;
use crate::fleet::{ClusterId, EnvironmentName};
use crate::snapshot::Snapshot;
use crate::snapshot::test_cluster::TestCluster;

fn application(name: &str, destination: Json, sync: &str, health: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "argocd"}, "spec": {"destination": destination},
        "status": {"sync": {"status": sync}, "health": {"status": health}}})
}

fn certificate(name: &str, status: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "staging"}, "status": {"conditions": [
        {"type": "Ready", "status": status, "reason": "DoesNotExist", "message": "the order failed"}]}})
}

fn cluster() -> TestCluster {
    TestCluster::new().with::<Namespace>(
        &NAMESPACES,
        &[
            json!({"metadata": {"name": "staging"}, "status": {"phase": "Active"}}),
            json!({"metadata": {"name": "production"}, "status": {"phase": "Active"}}),
        ],
    )
}

fn sum(cluster: TestCluster, namespace: &str) -> NamespaceSum {
    let picture = cluster.looking_at(&NAMESPACE_SUMS).picture();
    picture.table::<SumRow>(&NAMESPACE_SUMS).unwrap().tally().get(namespace).unwrap().clone()
}

#[test]
fn applications_count_where_they_deploy_to_and_only_in_this_cluster() {
    let here = json!({"server": "https://kubernetes.default.svc", "namespace": "staging"});
    let there = json!({"server": "https://example.eks.amazonaws.com", "namespace": "staging"});
    let applications = [
        application("web", here.clone(), "Synced", "Healthy"),
        application("api", here.clone(), "OutOfSync", "Healthy"),
        application("worker", here, "Synced", "Degraded"),
        application("far", there, "Synced", "Degraded"),
    ];
    let sum = sum(cluster().with::<Application>(&APPLICATIONS, &applications), "staging");
    let count = sum.applications.as_ref().unwrap();
    assert_eq!((count.all, count.well, sum.out_of_sync), (3, 1, 1));
    let ill: Vec<&str> = sum.ill().into_iter().map(|ill| &*ill.name).collect();
    assert_eq!(ill, ["worker"], "out of sync is counted, not judged");
}

#[test]
fn what_cannot_be_read_is_not_none_of_it() {
    let certificates =
        [certificate("web", "True"), certificate("api", "False"), certificate("odd", "Perhaps")];
    let cluster = || cluster().with::<Certificate>(&CERTIFICATES, &certificates);
    let staging = sum(cluster(), "staging");
    assert_eq!((staging.applications.clone(), staging.secrets.clone()), (None, None));
    let told: Vec<(&str, Verdict)> = staging.ill().into_iter().map(|ill| (&*ill.name, ill.verdict)).collect();
    assert_eq!(told, [("api", Verdict::Warning), ("odd", Verdict::Unknown)]);
    assert_eq!(sum(cluster(), "production").certificates.map(|count| count.all), Some(0));
}

#[test]
fn an_application_without_a_status_is_on_its_way() {
    let bare = json!({"metadata": {"name": "new", "namespace": "argocd"},
        "spec": {"destination": {"name": "in-cluster", "namespace": "staging"}}});
    let sum = sum(cluster().with::<Application>(&APPLICATIONS, &[bare]), "staging");
    assert_eq!(
        (sum.applications.as_ref().map(|count| (count.all, count.well)), sum.ill()),
        (Some((1, 0)), vec![])
    );
}

fn deployment(namespace: &str, name: &str, image: &str, replicas: u32, cpu: &str) -> Json {
    json!({"kind": "Deployment", "metadata": {"name": name, "namespace": namespace}, "spec": {"replicas": replicas,
        "template": {"spec": {"containers": [{"image": image, "resources": {"requests": {"cpu": cpu}}}]}}}})
}

fn config(namespace: &str, keys: &[&str]) -> Json {
    let data: serde_json::Map<String, Json> =
        keys.iter().map(|key| ((*key).to_owned(), json!("x"))).collect();
    json!({"metadata": {"name": "app", "namespace": namespace}, "data": data})
}

#[test]
fn images_replicas_resources_and_keys_differ_and_what_is_equal_is_not_told() {
    let cluster = TestCluster::new()
        .with::<Workload>(
            &DEPLOYMENTS,
            &[
                deployment("staging", "web", "ecr/web:1.8.2", 1, "100m"),
                deployment("production", "web", "ecr/web:1.8.1", 3, "250m"),
                deployment("staging", "same", "ecr/same:1", 1, "1"),
                deployment("production", "same", "ecr/same:1", 1, "1"),
                deployment("staging", "moved", "old/moved:1", 1, "1"),
                deployment("production", "moved", "new/moved:1", 1, "1"),
                deployment("staging", "new", "ecr/new:1", 1, "1"),
            ],
        )
        .with::<ConfigMap>(&CONFIG_MAPS, &[config("staging", &["A", "B"]), config("production", &["B", "C"])])
        .picture();
    let found = differences((&cluster, "staging"), (&cluster, "production"));
    let told: Vec<String> =
        found.iter().map(|of| format!("{} {}: {} | {}", of.name, of.what, of.here, of.there)).collect();
    assert_eq!(
        told,
        [
            "moved image: old/moved:1 | new/moved:1",
            "new only here: yes | ",
            "web image: 1.8.2 | 1.8.1",
            "web replicas: 1 | 3",
            "web requests: 100m | 250m",
            "app keys only on one side: A | C",
        ]
    );
}

#[test]
fn what_could_not_be_read_on_one_side_is_not_called_different() {
    let here =
        TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[deployment("staging", "web", "web:1", 1, "1")]);
    let there = TestCluster::new().picture();
    assert!(differences((&here.picture(), "staging"), (&there, "production")).is_empty());
}

#[test]
fn the_next_namespace_is_the_blueprints_else_the_one_of_the_same_name_and_the_last_looks_back() {
    let dev = "environment = \"dev\"\n[namespaces.development]\nnext = \"dev/staging\"\n[namespaces.staging]\nnext = \"prod/production\"";
    let prod = "environment = \"prod\"\n[namespaces.production]";
    let named = |environment: &str, wanted: &str, namespace: &str| {
        let rows = [json!({"metadata": {"name": namespace}}), json!({"metadata": {"name": "monitoring"}})];
        let mut cluster =
            (*TestCluster::new().with::<Namespace>(&NAMESPACES, &rows).wanting(wanted).picture()).clone();
        cluster.id = ClusterId::new(EnvironmentName::new(environment), &format!("myapp-{environment}"));
        std::sync::Arc::new(cluster)
    };
    let clusters = vec![named("dev", dev, "staging"), named("prod", prod, "production")];
    let snapshot = Snapshot { version: 1, clusters };
    let (dev, prod) = (&snapshot.clusters[0], &snapshot.clusters[1]);
    let told = |found: Option<super::counterpart::Counterpart<'_>>| {
        found.map(|of| format!("{}/{}", of.cluster.id.name(), of.namespace))
    };
    assert_eq!(told(next(&snapshot, dev, "development")).as_deref(), Some("myapp-dev/staging"));
    assert_eq!(told(next(&snapshot, dev, "staging")).as_deref(), Some("myapp-prod/production"));
    assert_eq!(told(next(&snapshot, dev, "monitoring")).as_deref(), Some("myapp-prod/monitoring"));
    assert_eq!(told(next(&snapshot, prod, "production")), None, "the last");
    assert_eq!(told(compared(&snapshot, prod, "production")).as_deref(), Some("myapp-dev/staging"));
}
