//! What AWS has around the clusters: the network in `topology`, its subnets and machines as tables, what all of it
//! costs, and what stores of secrets know.

use crate::harness::stage::{DEV, Journey, PROD, Plan};

#[test]
fn a_full_subnet_is_seen_from_the_cluster_down_and_in_its_table() {
    let mut journey = Plan::in_trouble("subnet-full").view("topology").size(160, 60).open();
    journey.until("short", |screen| {
        screen.line_with(&["▲", "myapp-prod-private-b", "3 of 251 free", "3 addresses are left"]).is_some()
    });
    let screen = journey.settle();
    assert!(screen.line_with(&["▲", PROD, "6/6", "myapp-prod-private-b"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["▲", "us-east-1b"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["●", DEV, "4/4"]).is_some(), "the other cluster is well{screen:?}");
    journey.run("subnets");
    let screen =
        journey.until("a table", |screen| screen.line_with(&["▲", "private", "us-east-1b", "3"]).is_some());
    assert!(screen.line_with(&["●", "database", "us-east-1a"]).is_some(), "{screen:?}");
}

#[test]
fn the_network_of_a_healthy_fleet_stands_beside_it_and_nothing_of_it_is_wrong() {
    let mut journey = Plan::in_trouble("").view("topology @myapp-prod").size(160, 60).open();
    let screen = journey.until("everything", |screen| {
        screen.line_with(&["network", "10.1.0.0/16", "1 NAT gateway"]).is_some()
            && screen.line_with(&["myapp-prod-public-a", "public"]).is_some()
            && !screen.shows("loading")
    });
    assert!(!screen.shows("▲") && !screen.shows("✖"), "{screen:?}");
    journey.go_to("network");
    journey.press("right");
    let screen = journey.until_shows("NAT gateway");
    for part in [
        ["123456789012", "us-east-1"],
        ["myapp-prod-nat", "one for 3 zones"],
        ["nodes to control plane", "443 open"],
        ["control plane to nodes", "10250 open"],
        ["myapp-prod-bastion", "SSH from some networks"],
        ["myapp-prod-s3", "gateway endpoint"],
    ] {
        assert!(screen.line_with(&part).is_some(), "{part:?}{screen:?}");
    }
}

#[test]
fn machines_lead_to_the_nodes_that_they_are() {
    let mut journey = Journey::in_trouble("node-notready", "instances @myapp-prod");
    let screen = journey.until("its checks", |screen| screen.line_with(&["✖", "i-", "impaired"]).is_some());
    assert!(screen.shows("bastion") && screen.shows("spot"), "{screen:?}");
    journey.go_to("impaired");
    journey.press("enter");
    let screen = journey.settle();
    assert!(screen.top().contains("Node ip-10-1-"), "{screen:?}");
}

#[test]
fn what_a_month_costs_says_the_day_of_its_prices() {
    let mut journey = Plan::in_trouble("").view("cost @myapp-prod").size(160, 60).open();
    journey.until("everything", |screen| {
        screen.line_with(&["total", "prices of 2026-"]).is_some() && screen.shows("NAT gateways")
    });
    let screen = journey.settle();
    for part in ["control plane", "nodes m6i.", "volumes gp", "namespace production", "pool "] {
        assert!(screen.shows(part), "{part}{screen:?}");
    }
    assert!(!screen.shows("not read"), "{screen:?}");
}

#[test]
fn secrets_say_what_their_store_knows_of_them() {
    let mut journey = Plan::in_trouble("").view("secrets @myapp-prod").size(200, 50).open();
    let screen = journey.until("the store's word", |screen| {
        screen.line_with(&["app-secrets", "changed"]).is_some()
            || screen.line_with(&["app-secrets", "rotated"]).is_some()
    });
    assert!(!screen.shows("not in the store"), "{screen:?}");
}
