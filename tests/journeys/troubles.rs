//! From a symptom to its reason in words, one journey for each trouble.

use crate::harness::stage::{DEV, Journey, PROD, Plan};

#[test]
fn a_healthy_fleet_says_that_nothing_is_wrong() {
    let screen = Journey::at("fleet").screen();
    assert!(screen.shows("nothing is wrong"), "{screen:?}");
    assert!(screen.line_with(&["PROD", "myapp-prod", "locked", "6/6"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["dev", "myapp-dev", "open", "4/4"]).is_some(), "{screen:?}");
    assert!(screen.top().contains("live"), "{screen:?}");
}

#[test]
fn a_crashing_application_is_told_with_its_exit_and_its_logs_say_why() {
    let mut journey = Journey::in_trouble("crashloop", "fleet");
    let screen = journey.screen();
    let line = screen.line_with(&["✖", "Deployment development/api", "last exit 1"]);
    assert!(line.is_some(), "{screen:?}");
    journey.go_to("dev  Deployment development/api");
    journey.press("enter");
    let screen = journey.until_shows("CrashLoopBackOff");
    assert!(screen.shows("PODS  1"), "{screen:?}");
    journey.run("pods development");
    journey.go_to("CrashLoopBackOff");
    journey.press("p");
    journey.until_shows("column \"currency\" of relation \"orders\" already exists");
}

#[test]
fn an_image_that_does_not_exist_is_named() {
    let mut journey = Journey::in_trouble("imagepull", "fleet");
    let screen = journey.screen();
    assert!(
        screen.line_with(&["✖", "Deployment staging/web", "tag 1.8.3 not found"]).is_some(),
        "{screen:?}"
    );
    let screen = journey.run("deployments staging");
    assert!(screen.line_with(&["✖", "web", "stuck"]).is_some(), "{screen:?}");
    let screen = journey.run("pods staging");
    assert!(screen.line_with(&["✖", "ImagePullBackOff"]).is_some(), "{screen:?}");
    journey.go_to("ImagePull");
    journey.press("enter");
    journey.until_shows("web:1.8.3");
}

#[test]
fn a_process_killed_for_its_memory_is_told_so_with_its_limit() {
    let mut journey = Journey::in_trouble("oom", "fleet");
    let screen = journey.screen();
    assert!(screen.line_with(&["Deployment production/worker", "OOMKilled"]).is_some(), "{screen:?}");
    journey.run("pods production");
    journey.go_to("worker-");
    journey.press("enter");
    let screen = journey.until_shows("OOMKilled");
    assert!(screen.line_with(&["limits", "memory"]).is_some(), "{screen:?}");
}

#[test]
fn pods_without_a_node_are_wrong_and_the_scheduler_says_why() {
    let mut journey = Journey::in_trouble("pending", "fleet");
    let screen = journey.screen();
    assert!(!screen.shows("nothing is wrong"), "{screen:?}");
    let line = screen.line_with(&["PROD", "Deployment production/api", "25 pods", "insufficient cpu"]);
    assert!(line.is_some(), "{screen:?}");
    let screen = journey.run("pods production -f status=Pending");
    assert!(screen.top().contains("25 of "), "{screen:?}");
    journey.press("enter");
    let screen = journey.until_shows("Insufficient cpu");
    assert!(screen.top().contains("Pod production/api-"), "{screen:?}");
    journey.until_shows("all available instance types exceed");
}

#[test]
fn a_silent_node_is_the_worst_and_its_pods_are_with_it() {
    let mut journey = Journey::in_trouble("node-notready", "fleet");
    let screen = journey.screen();
    let row = screen.line_with(&["✖", "PROD", "5/6"]);
    assert!(row.is_some(), "{screen:?}");
    assert!(screen.line_with(&["✖", "Node ip-10-1-13-60", "NotReady"]).is_some(), "{screen:?}");
    journey.go_to("PROD  Node ip-10-1-13-60");
    journey.press("enter");
    let screen = journey.until_shows("stopped posting");
    assert!(screen.top().contains("Node ip-10-1-13-60"), "{screen:?}");
    assert!(screen.shows("PODS"), "{screen:?}");
}

#[test]
fn a_pod_that_does_not_end_names_the_finalizer_that_holds_it() {
    let mut journey = Journey::in_trouble("stuck-termination", "fleet");
    let screen = journey.screen();
    assert!(screen.line_with(&["Pod staging/worker-", "still terminating"]).is_some(), "{screen:?}");
    journey.go_to("dev  Pod staging/worker-");
    journey.press("enter");
    journey.until_shows("tracing.cosner.cloud/flush");
}

#[test]
fn a_developer_has_the_namespace_and_elsewhere_reads_the_missing_right() {
    let mut journey = Plan::in_trouble("narrow-rights").open();
    let screen = journey.until("the namespace's home", |screen| {
        screen.shows("staging") && screen.shows("WORKLOADS") && screen.shows("worker")
    });
    assert!(screen.line_with(&["api", "2/2"]).is_some(), "{screen:?}");
    let screen = journey.run("pods");
    assert!(screen.line_with(&[DEV, "worker-", "Running"]).is_some(), "{screen:?}");
    let screen = journey.run("nodes");
    assert!(screen.shows("list nodes") && screen.shows("developer"), "{screen:?}");
    assert!(screen.top().contains("forbidden"), "{screen:?}");
    let screen = journey.run("certificates");
    assert!(screen.shows("⊘") || screen.shows("web-tls"), "{screen:?}");
}

#[test]
fn forbidden_says_the_verb_and_the_resource_once() {
    let mut journey = Journey::in_trouble("narrow-rights", "nodes");
    let screen = journey.screen();
    let said = screen.lines_with("list nodes");
    assert!(!said.is_empty(), "{screen:?}");
    assert!(said.iter().all(|line| line.matches("forbidden").count() < 2), "{screen:?}");
}

#[test]
fn an_unreachable_cluster_is_named_and_the_other_is_usable() {
    let mut journey = Journey::in_trouble("unreachable", "fleet");
    let screen = journey.screen();
    assert!(screen.line_with(&["✖", "PROD", "down", "refuses connections"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["●", "dev", "4/4"]).is_some(), "{screen:?}");
    assert!(screen.shows("what could not be read is not judged"), "{screen:?}");
    let screen = journey.run("pods");
    assert!(screen.line_with(&["myapp-prod", "refuses connections"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["myapp-dev", "Running"]).is_some(), "{screen:?}");
    assert!(screen.top().contains("partly unavailable"), "{screen:?}");
    let screen = journey.press("ctrl-r");
    assert!(
        screen.bottom().contains("trying prod/myapp-prod again") || screen.bottom().contains("myapp-prod"),
        "{screen:?}"
    );
    journey.world(PROD).faults().clear();
    journey.press("ctrl-r");
    journey.until("reached production", |screen| screen.line_with(&["myapp-prod", "Running"]).is_some());
}
