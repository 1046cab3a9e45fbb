//! What a platform consists of: found, judged against the blueprint, and followed while it changes.

use crate::harness::stage::{Journey, PROD};

#[test]
fn every_component_of_a_healthy_fleet_is_well_and_wanted() {
    let mut journey = Journey::at("addons");
    journey.resize(200, 60);
    let screen = journey.settle();
    assert!(!screen.shows("✖") && !screen.shows("▲") && !screen.shows("○"), "{screen:?}");
    for (component, version) in [("karpenter", "1.8.1"), ("coredns", "v1.12.4"), ("argo-cd", "v3.1.9")] {
        assert!(screen.line_with(&["myapp-dev", component, version]).is_some(), "{component}: {screen:?}");
        assert!(screen.line_with(&["myapp-prod", component, version]).is_some(), "{component}: {screen:?}");
    }
    assert!(screen.line_with(&["myapp-prod", "external-dns", "irsa"]).is_some(), "{screen:?}");
}

#[test]
fn a_webhook_that_nobody_answers_is_told_with_what_it_stops() {
    let mut journey = Journey::in_trouble("webhook-down", "addons");
    journey.resize(160, 50);
    journey.settle();
    journey.press("V");
    journey.go_to("cert-manager");
    let screen = journey.screen();
    assert!(screen.line_with(&["✖", "cert-manager", "webhook: 0 of 1 ready"]).is_some(), "{screen:?}");
    journey.press("enter");
    let screen = journey.until_shows("has no ready endpoint: refused");
    assert!(screen.line_with(&["cert-manager-webhook", "0/1"]).is_some(), "{screen:?}");
    // From the component to the workload that is broken.
    journey.go_to("cert-manager-webhook");
    journey.press("enter");
    journey.until_shows("CrashLoopBackOff");
}

#[test]
fn a_daemon_that_leaves_a_node_out_and_a_lost_identity_are_named() {
    let mut journey = Journey::in_trouble("addon-degraded", "addons");
    journey.resize(200, 60);
    let screen = journey.settle();
    assert!(screen.line_with(&["▲", "vpc-cni", "not on ip-10-0-13-40"]).is_some(), "{screen:?}");
    let lost = screen.line_with(&["✖", "myapp-dev", "aws-ebs-csi-driver", "has lost its AWS identity"]);
    assert!(lost.is_some(), "{screen:?}");
}

#[test]
fn two_installations_of_one_controller_are_two_rows() {
    let mut journey = Journey::in_trouble("two-installations", "addons");
    journey.resize(200, 60);
    let screen = journey.settle();
    assert!(
        screen.line_with(&["▲", "ingress-nginx (legacy)", "edge-legacy", "v1.11.5"]).is_some(),
        "{screen:?}"
    );
    assert!(
        screen.line_with(&["▲", "ingress-nginx (ingress-nginx)", "installed 2 times"]).is_some(),
        "{screen:?}"
    );
    journey.press("m");
    let screen = journey.until_shows("COMPONENT  ");
    assert!(screen.line_with(&["ingress-nginx (legacy)", "v1.11.5", "–"]).is_some(), "{screen:?}");
}

#[test]
fn custom_resources_that_are_served_in_old_versions_only_are_told() {
    let mut journey = Journey::in_trouble("old-apis", "addons");
    journey.resize(200, 60);
    let screen = journey.settle();
    let old = "external-secrets.io is served as v1alpha1, v1beta1 only";
    assert!(screen.line_with(&["▲", "external-secrets", old]).is_some(), "{screen:?}");
}

#[test]
fn a_component_that_is_scaled_away_is_missed_at_once() {
    let mut journey = Journey::at("addons");
    journey.resize(200, 60);
    journey.settle();
    journey
        .world(PROD)
        .edit(
            &pilothouse::simulator::store::Key::namespaced("deployments.apps", "kube-system", "coredns"),
            |coredns| {
                coredns["spec"]["replicas"] = 0.into();
                Ok(())
            },
        )
        .unwrap();
    let screen = journey.until_shows("scaled to zero");
    assert!(screen.line_with(&["✖", "myapp-prod", "coredns"]).is_some(), "{screen:?}");
}
