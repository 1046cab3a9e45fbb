//! Storage, autoscaling and budgets, as they are while nothing is wrong and when it is.

use pilothouse::simulator::store::Key;
use serde_json::json;

use crate::harness::stage::{Journey, PROD, Plan};

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
