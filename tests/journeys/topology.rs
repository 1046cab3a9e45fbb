//! Where things run: clusters as trees and as a map, namespaces with what belongs to them, and what differs between
//! two of them.

use crate::harness::stage::{DEV, Journey, PROD, Plan};

#[test]
fn a_node_that_is_not_ready_is_found_from_the_cluster_down_to_its_pods() {
    let mut journey = Plan::in_trouble("node-notready").view("topology").size(120, 90).open();
    journey.until_shows("NotReady");
    let screen = journey.settle();
    assert!(screen.line_with(&["myapp-prod", "5/6", "wrong"]).is_some(), "{screen:?}");
    journey.press("n");
    let screen = journey.settle();
    assert!(screen.line_with(&["▸", "✖ ip-10-1-", "NotReady"]).is_some(), "{screen:?}");
    journey.press("right");
    let screen = journey.until_shows("Terminati");
    assert!(screen.shows("▲ argocd/argocd-"), "{screen:?}");
    journey.press("right");
    journey.press("y");
    let screen = journey.until_shows("kind: Pod");
    assert!(screen.top().contains("yaml") && screen.top().contains("argocd/"), "{screen:?}");
}

#[test]
fn a_filter_leaves_what_it_finds_and_esc_brings_the_rest_back() {
    let mut journey = Journey::at("topology");
    journey.until_shows("us-east-1a");
    journey.press("/");
    journey.type_text("coredns");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.shows("kube-system/core") && !screen.shows("kube-system/aws-"), "{screen:?}");
    assert!(screen.top().contains("/coredns") || screen.top().contains("coredns"), "{screen:?}");
    journey.press("esc");
    let screen = journey.settle();
    assert!(!screen.shows("kube-system/core") && screen.top().contains("topology"), "{screen:?}");
}

#[test]
fn both_clusters_stand_side_by_side_on_a_wide_screen_and_as_a_map() {
    let mut journey = Plan::in_trouble("").view("topology").size(200, 60).open();
    let screen = journey.until("both", |screen| screen.line_with(&[DEV, PROD, "4/4", "6/6"]).is_some());
    assert!(screen.line_with(&["us-east-1a"]).is_some(), "{screen:?}");
    journey.press("m");
    let screen = journey.until_shows("a cell is a node");
    assert!(screen.line_with(&["us-east-1a", "on-demand"]).is_some() || screen.shows("system"), "{screen:?}");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.top().contains("Node ip-10-"), "a cell opens its node{screen:?}");
}

#[test]
fn a_namespaces_home_shows_what_runs_next_and_what_differs_there() {
    let mut journey = Journey::at("namespaces @myapp-dev");
    journey.filter("staging");
    journey.press("enter");
    let screen = journey.until_shows("IN NEXT");
    assert!(screen.shows("next production in myapp-prod"), "{screen:?}");
    let screen = journey.until("versions", |screen| screen.line_with(&["api", "1."]).is_some());
    assert!(
        screen.line_with(&["Pod Security", "would refuse"]).is_some() || screen.shows("BELONGS"),
        "{screen:?}"
    );
    journey.press("D");
    let screen = journey.until_shows("there production in myapp-prod");
    assert!(screen.top().contains("namespace-differences"), "{screen:?}");
    let screen =
        journey.until("what differs", |screen| screen.line_with(&["Deployment api", "image"]).is_some());
    assert!(screen.line_with(&["replicas"]).is_some(), "{screen:?}");
    journey.press("esc");
    let screen = journey.settle();
    assert!(screen.shows("IN NEXT"), "{screen:?}");
}

#[test]
fn the_fleet_counts_components_applications_certificates_and_secrets() {
    let mut journey = Plan::in_trouble("").view("fleet").size(200, 60).open();
    let screen = journey.until("counts", |screen| {
        screen.line_with(&["ADD-ONS", "APPS", "CERTS", "SECRETS"]).is_some()
            && screen.shows("nothing is wrong")
            && !screen.shows("◌")
    });
    assert!(
        screen.line_with(&[DEV, "4/4"]).is_some() && screen.line_with(&[PROD, "6/6"]).is_some(),
        "{screen:?}"
    );
    assert!(screen.line_with(&[DEV, "23/23", "11/11", "4/4", "4/4"]).is_some(), "{screen:?}");
}

#[test]
fn the_load_balancer_of_a_cluster_is_found_in_its_network_and_walked_to() {
    let mut journey = Plan::in_trouble("").view("topology @myapp-prod").size(180, 60).open();
    journey.until_shows("1 load balancer");
    journey.press("/");
    journey.type_text("edge-prod");
    journey.press("enter");
    let screen = journey.until_shows("for Ingress ingress-nginx/edge");
    assert!(screen.line_with(&["● k8s-ingressnginx-edge-prod", "application  internet-facing"]).is_some());
    assert!(screen.line_with(&["edge-prod", "to nodes", "30080 open"]).is_some(), "{screen:?}");
    journey.press("end");
    journey.press("up");
    journey.press("enter");
    let screen = journey.until_shows("TARGET GROUP");
    assert!(screen.top().contains("edge-prod"), "{screen:?}");
}

#[test]
fn a_state_of_terraform_that_is_locked_holds_up_the_plan_of_its_cluster() {
    let mut journey = Plan::in_trouble("state-locked").view("fleet").size(180, 40).open();
    let screen = journey.until_shows("locked by ana@build-7");
    assert!(screen.line_with(&["PROD", "TerraformState", "for 3h, apply"]).is_some(), "{screen:?}");
    journey.run("upgrade @myapp-prod");
    let screen = journey.until_shows("nobody holds the state of Terraform");
    assert!(screen.line_with(&["to do", "locked by ana@build-7"]).is_some(), "{screen:?}");
}
