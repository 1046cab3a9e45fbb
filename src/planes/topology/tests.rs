use serde_json::{Value as Json, json};

use super::{Branch, Level, tree};
use crate::fleet::kind::{NODE_METRICS, NODES, PODS};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::usage::NodeUsage;
use crate::fleet::{Timestamp, Verdict};
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn node(name: &str, zone: &str, pool: &str, ready: &str) -> Json {
    json!({"metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone,
            "topology.kubernetes.io/region": "us-east-1", "karpenter.sh/nodepool": pool}},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "58"},
            "conditions": [{"type": "Ready", "status": ready}]}})
}

fn pod(name: &str, namespace: &str, node: Json, phase: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": namespace},
        "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]},
        "status": {"phase": phase}})
}

fn grown(cluster: &TestCluster, namespace: Option<&str>) -> Branch {
    let of_node = |node: &Node| match node.is_ready() {
        Some(true) => (Verdict::Ok, String::new()),
        _ => (Verdict::Critical, "NotReady".to_owned()),
    };
    let of_pod = |pod: &Pod| match pod.status() {
        "Pending" => (Verdict::Warning, "waits".to_owned()),
        _ => (Verdict::Ok, String::new()),
    };
    tree(&cluster.picture(), namespace, Timestamp::parse(NOW), of_node, of_pod)
}

fn names(branch: &Branch) -> Vec<&str> {
    branch.children.iter().map(|child| &*child.name).collect()
}

fn cluster() -> TestCluster {
    let nodes = [
        node("n-1", "us-east-1a", "spot", "True"),
        node("n-2", "us-east-1a", "spot", "Unknown"),
        node("n-3", "us-east-1b", "on-demand", "True"),
    ];
    let pods = [
        pod("api-1", "production", json!("n-1"), "Running"),
        pod("api-2", "production", json!("n-3"), "Running"),
        pod("api-3", "production", Json::Null, "Pending"),
        pod("done", "production", Json::Null, "Succeeded"),
        pod("web-1", "staging", json!("n-1"), "Running"),
    ];
    TestCluster::new().with::<Node>(&NODES, &nodes).with::<Pod>(&PODS, &pods)
}

#[test]
fn nodes_stand_in_their_pool_zone_and_region_and_what_is_wrong_bubbles_up() {
    let root = grown(&cluster(), None);
    assert_eq!(names(&root), ["us-east-1", "without a node"]);
    let region = &root.children[0];
    assert_eq!(names(region), ["us-east-1a", "us-east-1b"]);
    let spot = &region.children[0].children[0];
    assert_eq!((names(spot), spot.level), (vec!["n-2", "n-1"], Level::Pool));
    assert_eq!((spot.ready, spot.nodes, spot.problems, spot.verdict()), (1, 2, 1, Verdict::Critical));
    assert_eq!(&*root.worst.as_ref().unwrap().words, "n-2: NotReady");
    assert_eq!((root.nodes, root.problems), (3, 2), "a node and a pod that waits");
    assert_eq!(region.children[1].worst, None);
}

#[test]
fn loads_are_added_up_and_measured_only_where_somebody_measures() {
    let root = grown(&cluster(), None);
    assert_eq!((root.load.requested.cpu, root.load.of.cpu, root.load.used), (3000, 12_000, None));
    assert_eq!(root.load.pods, 4, "with the pod that waits, without the one that ended");
    let usage = json!({"metadata": {"name": "n-1"}, "usage": {"cpu": "500m", "memory": "1Gi"}});
    let root = grown(&cluster().with::<NodeUsage>(&NODE_METRICS, &[usage]), None);
    assert_eq!(root.load.used.unwrap().cpu, 500);
}

#[test]
fn one_namespace_alone_keeps_the_nodes_and_hides_the_other_pods() {
    let root = grown(&cluster(), Some("staging"));
    assert_eq!((root.nodes, names(&root)), (3, vec!["us-east-1"]));
    let spot = root.at(&[0, 0, 0]).unwrap();
    assert_eq!(spot.children.iter().map(|node| node.pods.len()).sum::<usize>(), 1);
}

#[test]
fn a_node_without_labels_has_a_place_too() {
    let bare = json!({"metadata": {"name": "fargate-1"}});
    let root = grown(&TestCluster::new().with::<Node>(&NODES, &[bare]), None);
    assert_eq!(root.at(&[0, 0, 0, 0]).map(|node| &*node.name), Some("fargate-1"));
    assert_eq!(root.at(&[0, 7]).map(|node| &*node.name), None);
}
