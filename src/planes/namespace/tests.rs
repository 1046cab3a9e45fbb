use serde_json::{Value as Json, json};

use super::{NAMESPACE_SUMS, NamespaceSum, SumRow};
use crate::fleet::Verdict;
use crate::fleet::argo::application::Application;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::kind::{APPLICATIONS, CERTIFICATES, NAMESPACES};
use crate::fleet::namespace::Namespace;
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
