use serde_json::{Value as Json, json};

use super::*;
use crate::blueprint::{VersionRange, WantedComponent};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::workload::Workload;
use crate::fleet::{Timestamp, Verdict};
use crate::snapshot::Conclusion;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn deployment(namespace: &str, name: &str, labels: Json, image: &str, ready: u32, wanted: u32) -> Json {
    json!({"kind": "Deployment", "metadata": {"name": name, "namespace": namespace, "generation": 1, "labels": labels},
        "spec": {"replicas": wanted, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": image}]}}},
        "status": {"observedGeneration": 1, "replicas": wanted, "readyReplicas": ready, "updatedReplicas": wanted, "availableReplicas": ready}})
}

fn daemon_set(name: &str, labels: Json, image: &str, ready: u32, wanted: u32) -> Json {
    json!({"kind": "DaemonSet", "metadata": {"name": name, "namespace": "kube-system", "generation": 1, "labels": labels},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}}},
        "status": {"observedGeneration": 1, "desiredNumberScheduled": wanted, "numberReady": ready, "updatedNumberScheduled": wanted}})
}

fn node(name: &str) -> Json {
    json!({"metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": format!("us-east-1{}", &name[name.len() - 1..])}}})
}

fn pod(owner: &str, name: &str, on: &str, is_ready: bool) -> Json {
    json!({"metadata": {"name": name, "namespace": "kube-system", "ownerReferences": [{"kind": "DaemonSet", "name": owner, "controller": true}]},
        "spec": {"nodeName": on, "containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if is_ready { "True" } else { "False" }}],
            "containerStatuses": [{"name": "c", "ready": is_ready, "restartCount": 0, "state": {"running": {}}}]}})
}

fn components(cluster: &TestCluster) -> Vec<Component> {
    Components.conclude(&cluster.picture())
}

fn judged(component: &Component, wanted: Option<&WantedComponent>) -> (Verdict, String) {
    verdict::of(component, wanted, Timestamp::parse(NOW))
}

#[test]
fn a_component_is_found_by_its_image_whatever_it_is_called_and_by_its_labels_whatever_it_runs() {
    let mirrored = deployment(
        "edge",
        "front-door",
        json!({}),
        "registry.local:5000/mirror/ingress-nginx/controller:v1.13.3@sha256:00",
        1,
        1,
    );
    let labelled = deployment(
        "dns",
        "records",
        json!({"app.kubernetes.io/name": "external-dns"}),
        "mirror/xdns@sha256:0123456789abcdef",
        1,
        1,
    );
    let stranger =
        deployment("web", "api", json!({"app.kubernetes.io/name": "api"}), "myapp/controller:1.0", 1, 1);
    let found =
        components(&TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[mirrored, labelled, stranger]));
    let told: Vec<_> = found.iter().map(|c| (&*c.name, c.namespace.as_deref(), c.version())).collect();
    assert_eq!(
        told,
        [
            ("external-dns", Some("dns"), Some("0123456789ab")),
            ("ingress-nginx", Some("edge"), Some("v1.13.3")),
        ]
    );
    let wanted = WantedComponent { version: VersionRange::parse("0.20"), ..WantedComponent::default() };
    let (verdict, why) = judged(&found[0], Some(&wanted));
    assert_eq!((verdict, why.as_str()), (Verdict::Unknown, "0123456789ab is no version; 0.20 is wanted"));
}

#[test]
fn two_releases_are_two_components_and_both_say_so() {
    let labels = |instance| json!({"app.kubernetes.io/name": "ingress-nginx", "app.kubernetes.io/component": "controller", "app.kubernetes.io/instance": instance});
    let image = "registry.k8s.io/ingress-nginx/controller:v1.13.3";
    let cluster = TestCluster::new().with::<Workload>(
        &DEPLOYMENTS,
        &[
            deployment("ingress-nginx", "public", labels("public"), image, 1, 1),
            deployment("internal", "inner", labels("inner"), image, 1, 1),
        ],
    );
    let found = components(&cluster);
    let names: Vec<&str> = found.iter().map(|c| &*c.name).collect();
    assert_eq!(names, ["ingress-nginx (public)", "ingress-nginx (inner)"]);
    assert_eq!(judged(&found[0], None), (Verdict::Warning, "installed 2 times in this cluster".to_owned()));
}

#[test]
fn releases_in_one_namespace_keep_their_own_parts() {
    let part = |release: &str, part: &str| {
        let name = format!("{release}-cert-manager-{part}");
        let image = format!("quay.io/jetstack/cert-manager-{part}:v1.19.2");
        deployment("certs", &name, json!({"app.kubernetes.io/instance": release}), &image, 1, 1)
    };
    let all: Vec<Json> = ["one", "two"]
        .iter()
        .flat_map(|release| ["controller", "webhook", "cainjector"].map(|name| part(release, name)))
        .collect();
    let found = components(&TestCluster::new().with::<Workload>(&DEPLOYMENTS, &all));
    assert_eq!(found.len(), 2);
    for component in &found {
        assert_eq!(component.parts.len(), 3, "{component:?}");
        assert_eq!(component.missing_parts().count(), 0);
    }
}

#[test]
fn half_of_it_is_broken_and_none_of_it_is_missing_only_where_it_is_wanted() {
    let controller = deployment(
        "cert-manager",
        "cert-manager",
        json!({}),
        "quay.io/jetstack/cert-manager-controller:v1.19.2",
        1,
        1,
    );
    let mut cluster = TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[controller]);
    let found = components(&cluster);
    assert_eq!(
        judged(&found[0], None),
        (Verdict::Critical, "its webhook is missing; its cainjector is missing".to_owned())
    );
    cluster = cluster.wanting("environment = \"dev\"\n[components.coredns]\n[components.cert-manager]");
    let found = components(&cluster);
    assert_eq!(found.len(), 1, "the other workloads are not read yet");
    cluster = cluster.with::<Workload>(&DAEMON_SETS, &[]).with::<Workload>(&STATEFUL_SETS, &[]);
    let found = components(&cluster);
    let coredns = found.iter().find(|c| &*c.name == "coredns").unwrap();
    let wanted = WantedComponent::default();
    assert_eq!(
        judged(coredns, Some(&wanted)),
        (Verdict::Critical, "wanted, but not in this cluster".to_owned())
    );
    assert_eq!((coredns.namespace.as_deref(), found.len()), (None, 2));
}

#[test]
fn what_was_not_found_where_not_all_may_be_read_is_unknown() {
    let cluster = TestCluster::new()
        .with::<Workload>(&DEPLOYMENTS, &[])
        .with::<Workload>(&DAEMON_SETS, &[])
        .with::<Workload>(&STATEFUL_SETS, &[])
        .narrowed::<Workload>(&DEPLOYMENTS, &["web"])
        .wanting("environment = \"dev\"\n[components.coredns]");
    let found = components(&cluster);
    let wanted = WantedComponent::default();
    assert_eq!(
        judged(&found[0], Some(&wanted)),
        (Verdict::Unknown, "not found among the workloads that may be read".to_owned())
    );
}

#[test]
fn what_is_scaled_to_zero_is_off_and_only_wrong_where_it_is_wanted() {
    let off = deployment(
        "x",
        "metrics-server",
        json!({}),
        "registry.k8s.io/metrics-server/metrics-server:v0.8.0",
        0,
        0,
    );
    let found = components(&TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[off]));
    assert_eq!(judged(&found[0], None), (Verdict::Ok, "scaled to zero".to_owned()));
    let wanted = WantedComponent::default();
    assert_eq!(judged(&found[0], Some(&wanted)), (Verdict::Critical, "scaled to zero".to_owned()));
}

#[test]
fn a_daemon_that_is_not_on_a_node_names_the_node() {
    let labels = json!({"k8s-app": "aws-node"});
    let cluster = TestCluster::new()
        .with::<Workload>(
            &DAEMON_SETS,
            &[daemon_set("aws-node", labels, "eks/amazon-k8s-cni:v1.20.4-eksbuild.2", 2, 3)],
        )
        .with::<Node>(&NODES, &[node("ip-a"), node("ip-b"), node("ip-c")]);
    let found = components(&cluster);
    assert_eq!(judged(&found[0], None), (Verdict::Warning, "2 of 3 ready".to_owned()), "pods cannot be read");
    let cluster = cluster.with::<Pod>(
        &PODS,
        &[
            pod("aws-node", "p1", "ip-a", true),
            pod("aws-node", "p2", "ip-b", true),
            pod("aws-node", "p3", "ip-c", false),
        ],
    );
    let found = components(&cluster);
    assert_eq!(judged(&found[0], None), (Verdict::Warning, "not on ip-c: not ready".to_owned()));
    let pods = found[0].parts[0].pods.as_ref().unwrap();
    assert_eq!(pods.zones.iter().map(|z| &**z).collect::<Vec<_>>(), ["us-east-1a", "us-east-1b"]);
}

#[test]
fn a_daemon_that_is_content_without_a_node_leaves_it_broken_all_the_same() {
    let labels = json!({"k8s-app": "aws-node"});
    let mut hybrid = node("ip-h");
    hybrid["spec"] = json!({"providerID": "eks-hybrid:///us-east-1/mi-1"});
    let cluster = TestCluster::new()
        .with::<Workload>(
            &DAEMON_SETS,
            &[daemon_set("aws-node", labels, "eks/amazon-k8s-cni:v1.20.4-eksbuild.2", 1, 1)],
        )
        .with::<Node>(&NODES, &[node("ip-a"), node("ip-b"), hybrid])
        .with::<Pod>(&PODS, &[pod("aws-node", "p1", "ip-a", true)]);
    let found = components(&cluster);
    assert_eq!(
        judged(&found[0], None),
        (Verdict::Warning, "not on ip-b: its own rules keep it away".to_owned())
    );
}

#[test]
fn fewer_than_wanted_another_version_and_another_place_are_told_together() {
    let dns = deployment(
        "kube-system",
        "external-dns",
        json!({}),
        "registry.k8s.io/external-dns/external-dns:v0.19.0",
        2,
        2,
    );
    let found = components(&TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[dns]));
    assert_eq!(
        judged(&found[0], None),
        (Verdict::Warning, "2 replicas elect no leader: all of them write".to_owned())
    );
    let wanted = WantedComponent {
        replicas: Some(3),
        version: VersionRange::parse(">=0.20"),
        namespace: Some("external-dns".into()),
        ..WantedComponent::default()
    };
    let (_, why) = judged(&found[0], Some(&wanted));
    assert_eq!(
        why,
        "2 replicas elect no leader: all of them write; 2 of at least 3 replicas wanted; v0.19.0, and >=0.20 is wanted; in kube-system, and external-dns is wanted"
    );
}

#[test]
fn an_image_without_a_version_is_told_and_never_called_the_wrong_one() {
    let wanted = WantedComponent { version: VersionRange::parse(">=0.20"), ..WantedComponent::default() };
    let of = |image: &str| {
        let dns = deployment("external-dns", "external-dns", json!({}), image, 1, 1);
        let found = components(&TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[dns]));
        (found[0].version().map(str::to_owned), judged(&found[0], Some(&wanted)), judged(&found[0], None).0)
    };
    let (version, (verdict, why), alone) = of("registry.k8s.io:5000/external-dns/external-dns");
    assert_eq!((version, verdict, alone), (None, Verdict::Unknown, Verdict::Ok));
    assert_eq!(why, "its image has no tag; >=0.20 is wanted");
    let (version, (verdict, why), alone) =
        of("registry.k8s.io/external-dns/external-dns@sha256:0123456789abcdef");
    assert_eq!((verdict, alone), (Verdict::Unknown, Verdict::Ok), "{version:?}");
    assert!(why.ends_with("is no version; >=0.20 is wanted"), "{why}");
    assert_eq!(of("registry.k8s.io/external-dns/external-dns:latest").1.0, Verdict::Unknown);
}

#[test]
fn ids_are_sorted_and_every_component_has_a_part() {
    assert!(ids().is_sorted());
    assert!(CATALOGUE.iter().all(|known| !known.parts.is_empty() && !known.purpose.is_empty()));
}
