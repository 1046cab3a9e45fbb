//! Karpenter: what pools may launch, why nodes are still here, and why pods wait.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::stage::{Journey, PROD};

#[test]
fn a_healthy_fleet_has_pools_with_room_and_nothing_against_them() {
    let mut journey = Journey::at("karpenter");
    let screen = journey.settle();
    for (cluster, pool, limit) in [
        ("myapp-dev", "default", "8/20"),
        ("myapp-prod", "spot", "12/20"),
        ("myapp-prod", "on-demand", "4/20"),
    ] {
        assert!(screen.line_with(&["●", cluster, pool, limit]).is_some(), "{screen:?}");
    }
    for view in ["nodeclaims", "nodeclasses", "pending"] {
        journey.run(view);
        let screen = journey.settle();
        assert!(!screen.shows("✖") && !screen.shows("▲"), "{view}: {screen:?}");
    }
}

#[test]
fn a_pod_that_waits_for_the_limit_of_a_pool_leads_to_that_pool() {
    let mut journey = Journey::in_trouble("pool-limit", "pending");
    let screen = journey.until_shows("pool limit");
    assert!(screen.shows("on-demand: at its limit of 8 CPU"), "{screen:?}");
    journey.go_to("worker-");
    journey.press("enter");
    let screen = journey.until_shows("WHY IT WAITS");
    assert!(screen.top().contains("Pod production/worker-"), "{screen:?}");
    assert!(screen.line_with(&["POOLS"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["▲", "spot", "at its limit of 12 CPU"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["insufficient cpu", "ip-10-1-"]).is_some(), "{screen:?}");
    journey.run("karpenter");
    let screen = journey.until_shows("at its limit of 8 CPU");
    assert!(screen.line_with(&["✖", "on-demand", "8/8"]).is_some(), "{screen:?}");
    journey.go_to("on-demand");
    journey.press("enter");
    let screen = journey.until_shows("MAY BE REPLACED NOW");
    assert!(screen.top().contains("NodePool on-demand"), "{screen:?}");
    assert!(screen.shows("pods wait for it"), "{screen:?}");
    journey.until_shows("REQUIREMENTS");
}

#[test]
fn a_node_that_is_stuck_says_what_holds_it_by_name() {
    let mut journey = Journey::in_trouble("node-stuck", "nodeclaims");
    let screen = journey.until_shows("do-not-disrupt on pod");
    assert!(screen.line_with(&["◌", "spot-", "drifted"]).is_some(), "{screen:?}");
    assert!(screen.shows("PodDisruptionBudget"), "{screen:?}");
    journey.go_to("do-not-disrupt");
    journey.press("enter");
    let screen = journey.until_shows("WHY IT IS STILL HERE");
    assert!(screen.shows("do-not-disrupt on pod monitoring/prometheus-kps-0"), "{screen:?}");
    assert!(screen.shows("drifted, its pool changed"), "{screen:?}");
    let screen = journey.run("karpenter");
    assert!(screen.line_with(&["▲", "on-demand", "1 of 1 drifted"]).is_some(), "{screen:?}");
}

#[test]
fn a_class_leads_to_what_was_found_in_aws() {
    let mut journey = Journey::at("nodeclasses");
    journey.settle();
    journey.go_to("myapp-prod");
    journey.press("enter");
    let screen = journey.until_shows("FOUND IN AWS");
    assert!(screen.shows("subnet") && screen.shows("us-east-1b"), "{screen:?}");
    assert!(screen.shows("karpenter.sh/discovery=myapp-prod"), "{screen:?}");
}

#[test]
fn an_older_karpenter_is_said_so() {
    let mut journey = Journey::in_trouble("old-apis", "karpenter");
    let screen = journey.until_shows("served as v1beta1 only");
    assert!(screen.line_with(&["▲", "myapp-dev", "default"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["●", "myapp-prod", "spot"]).is_some(), "{screen:?}");
}

#[test]
fn two_autoscalers_that_make_nodes_for_the_same_pods_are_warned_of() {
    let mut journey = Journey::in_trouble("two-autoscalers", "pending");
    let screen = journey.until_shows("Cluster Autoscaler makes a node for it too");
    assert!(screen.line_with(&["▲", "myapp-prod", "api-"]).is_some(), "{screen:?}");
    journey.run("addons");
    journey.go_to("cluster-autoscaler");
    journey.press("enter");
    let screen = journey.until_shows("eks-apps-spare");
    assert!(screen.line_with(&["eks-apps-spare", "InProgress", "being enlarged"]).is_some(), "{screen:?}");
    assert!(screen.shows("Karpenter makes nodes here too"), "{screen:?}");
}

/// A pod without a node that wants this one alone.
fn bound_for(node: &str, (namespace, name): (&str, &str), affinity: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"restartPolicy": "Always", "nodeSelector": {"kubernetes.io/hostname": node}, "affinity": affinity,
            "containers": [{"name": "main", "image": "registry.k8s.io/pause:3.10"}]},
        "status": {"phase": "Pending"}})
}

#[test]
fn a_pod_that_running_pods_keep_away_says_whose_they_are_and_where() {
    const NODE: &str = "ip-10-1-11-40.ec2.internal";
    let mut journey = Journey::at("pending");
    let apart = |scope: Value| {
        let mut term = json!({"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchLabels": {"app": "batch"}}});
        term.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
        json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}})
    };
    let selects =
        json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "production"}}});
    let store = journey.world(PROD);
    store.create(&bound_for(NODE, ("monitoring", "probe"), apart(selects))).unwrap();
    journey.advance(Duration::from_secs(30));
    store.create(&bound_for(NODE, ("production", "batch"), json!({}))).unwrap();
    journey.advance(Duration::from_secs(30));
    journey.until_shows("1 anti-affinity of other pods");
    journey.go_to("batch");
    journey.press("enter");
    let screen =
        journey.until_shows("pods of monitoring/probe ask not to be in one zone with it: us-east-1a 1");
    assert!(screen.line_with(&["1", "anti-affinity of other pods", "ip-10-1-11-40"]).is_some(), "{screen:?}");
}
