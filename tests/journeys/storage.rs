//! Storage, autoscaling and budgets, as they are while nothing is wrong and when it is.

use std::collections::BTreeSet;

use pilothouse::simulator::Simulator;
use pilothouse::simulator::api::users::User;
use pilothouse::simulator::store::{Key, Selection};
use serde_json::json;

use crate::harness::stage::{DEV, Journey, PROD, Plan};

#[test]
fn claims_open_as_what_they_are_and_show_their_volume() {
    let mut journey = Journey::at("storage production");
    let screen = journey.until_shows("data-cache-0");
    assert!(screen.line_with(&["data-cache-0", "Bound", "gp3", "us-east-1"]).is_some(), "{screen:?}");
    journey.go_to("data-cache-0");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.top().contains("PersistentVolumeClaim production/data-cache-0"), "{screen:?}");
    journey.run("storage production");
    journey.go_to("data-cache-0");
    journey.press("y");
    let screen = journey.until_shows("PersistentVolumeClaim");
    assert!(screen.shows("data-cache-0"), "{screen:?}");
}

#[test]
fn a_claim_that_is_made_without_a_class_that_exists_says_so_at_once() {
    let mut journey = Plan::in_trouble("").view("storage production").size(200, 60).open();
    journey.until_shows("data-cache-0");
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "scratch", "namespace": "production"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "gp9", "resources": {"requests": {"storage": "1Gi"}}},
        "status": {"phase": "Pending"}});
    journey.world(PROD).create(&claim).unwrap();
    let screen = journey.until_shows("StorageClass gp9 does not exist");
    assert!(screen.line_with(&["✖", "scratch", "Pending"]).is_some(), "{screen:?}");
}

#[test]
fn nothing_of_the_healthy_fleet_is_called_ill() {
    let mut journey = Journey::at("storage");
    for (view, shown) in [
        ("storage", "data-cache-0"),
        ("volumes", "Bound"),
        ("storageclasses", "gp3"),
        ("autoscaling", "Deployment/api"),
        ("budgets", "coredns"),
    ] {
        journey.run(view);
        let screen = journey.until_shows(shown);
        assert!(!screen.shows("▲") && !screen.shows("✖"), "{view}{screen:?}");
    }
}

#[test]
fn a_budget_that_is_changed_to_allow_nothing_says_that_it_blocks_every_drain() {
    let mut journey = Journey::at("budgets production");
    journey.until_shows("cache");
    let store = journey.world(PROD);
    let key = Key::namespaced("poddisruptionbudgets.policy", "production", "api");
    store
        .edit(&key, |budget| {
            budget["spec"] = json!({"maxUnavailable": 0, "selector": budget["spec"]["selector"]});
            budget["status"]["disruptionsAllowed"] = json!(0);
            budget["status"]["desiredHealthy"] = budget["status"]["expectedPods"].clone();
            budget["status"]["observedGeneration"] = json!(999);
            Ok(())
        })
        .unwrap();
    let screen = journey.until_shows("blocks every drain");
    assert!(screen.line_with(&["▲", "api", "at most 0 may be down"]).is_some(), "{screen:?}");
}

#[test]
fn a_volume_that_is_all_but_full_is_named_with_its_share() {
    let mut journey = Journey::in_trouble("volume-full", "storage");
    let screen = journey.until_shows("97 %");
    assert!(
        screen.line_with(&["✖", "monitoring", "prometheus", "nearly full: 97 % of"]).is_some(),
        "{screen:?}"
    );
    assert!(screen.line_with(&["▲", "production", "data-cache-0", "88 %"]).is_some(), "{screen:?}");
    journey.run("storage production");
    journey.go_to("data-cache-0");
    journey.press("enter");
    let screen = journey.until_shows("88 %");
    assert!(screen.shows("HOW FULL IT IS"), "{screen:?}");
    assert!(screen.line_with(&["used", "88 %"]).is_some() && screen.shows("inodes"), "{screen:?}");
}

#[test]
fn kubelets_are_asked_only_while_claims_are_on_screen_and_only_those_with_volumes() {
    let mut journey = Journey::at("pods");
    let asked = |journey: &Journey| {
        let requests = journey.world(PROD).requests().all();
        let mut paths: Vec<String> = requests.into_iter().map(|request| request.path).collect();
        paths.retain(|path| path.contains("/proxy/"));
        paths
    };
    assert!(asked(&journey).is_empty());
    journey.run("storage");
    journey.until_shows(" %");
    let paths = asked(&journey);
    assert!(
        !paths.is_empty() && paths.iter().all(|path| path.ends_with("/proxy/stats/summary")),
        "{paths:?}"
    );
    let attached = journey.world(PROD).list("volumeattachments.storage.k8s.io", None, &Selection::all());
    let nodes: BTreeSet<_> = attached.iter().map(|at| at.value()["spec"]["nodeName"].to_string()).collect();
    assert_eq!(paths.len(), nodes.len(), "{paths:?}");
}

#[test]
fn whoever_may_not_ask_kubelets_is_told_once_which_right_is_missing() {
    let reader = |simulator: &Simulator| {
        for cluster in [DEV, PROD] {
            let store = simulator.cluster(cluster).unwrap();
            let rules = json!([{"apiGroups": ["*"], "resources": ["persistentvolumeclaims", "persistentvolumes", "storageclasses",
                "volumeattachments", "volumesnapshots", "pods", "nodes"], "verbs": ["get", "list", "watch"]}]);
            store.create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": rules})).unwrap();
            store.create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "reader"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "reader"}]})).unwrap();
            store.users().without_token(User::new("reader", &[]));
        }
    };
    let mut journey = Plan::in_trouble("").view("storage").before(reader).size(200, 50).open();
    journey.settle();
    let screen = journey.until_shows("how full volumes are unknown: forbidden: get nodes/proxy as reader");
    assert!(screen.line_with(&["●", "data-cache-0", "Bound", "○"]).is_some(), "{screen:?}");
}
