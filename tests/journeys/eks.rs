//! What EKS and IAM say, beside what runs in the clusters.

use pilothouse::simulator::aws::eks::update::Update;
use pilothouse::simulator::aws::faults::Harm;
use pilothouse::simulator::store::{DeleteOptions, Key};

use crate::harness::stage::{Journey, Plan};

fn wide(mut journey: Journey) -> Journey {
    journey.resize(240, 70);
    journey.settle();
    journey
}

#[test]
fn an_add_on_stands_beside_what_eks_says_of_it_and_could_have() {
    let mut journey = wide(Journey::at("addons"));
    let screen = journey.until_shows("active v1.20.4");
    let cni = screen.line_with(&["● ", "myapp-prod", "vpc-cni", "active v1.20.4", "pod identity", "v1.21.1"]);
    assert!(cni.is_some(), "{screen:?}");
    assert!(screen.line_with(&["cert-manager", "self-managed"]).is_some(), "{screen:?}");
    journey.go_to("vpc-cni");
    journey.press("enter");
    let screen = journey.until_shows("its trust fits");
    assert!(screen.line_with(&["EKS", "active v1.20.4-eksbuild.2"]).is_some(), "{screen:?}");
    assert!(screen.shows("ENABLE_PREFIX_DELEGATION"), "{screen:?}");
}

#[test]
fn an_add_on_that_is_degraded_is_told_in_the_words_of_eks() {
    let plan = Plan::in_trouble("").view("addons").before(|simulator| {
        let daemons = Key::namespaced("daemonsets.apps", "kube-system", "efs-csi-node");
        simulator.cluster("myapp-prod").unwrap().delete(&daemons, &DeleteOptions::default()).unwrap();
    });
    let mut journey = wide(plan.open());
    let screen = journey.until_shows("degraded v2.1.13");
    let row = screen.line_with(&["✖", "myapp-prod", "aws-efs-csi-driver", "its node is missing"]);
    assert!(row.is_some(), "{screen:?}");
    journey.go_to("aws-efs-csi-driver");
    journey.press("enter");
    let words = "K8sResourceNotFound: The add-on is unhealthy because efs-csi-node was not found.";
    let screen = journey.until_shows(words);
    assert!(screen.line_with(&["▲", "EKS", "degraded v2.1.13-eksbuild.1"]).is_some(), "{screen:?}");
}

#[test]
fn what_aws_refuses_stands_where_its_answer_would_stand() {
    let denied = Plan::in_trouble("").view("addons").before(|simulator| {
        simulator.aws().faults().harm("eks", "ListAddons", None, Harm::Denied);
        simulator.aws().faults().harm("iam", "ListRoles", None, Harm::Denied);
    });
    let mut journey = wide(denied.open());
    let screen = journey.until_shows("⊘ eks:ListAddons");
    assert!(screen.line_with(&["● ", "myapp-dev", "coredns", "2/2"]).is_some(), "{screen:?}");
    journey.run("identity");
    journey.until_shows("⊘ iam:ListRoles");
}

#[test]
fn a_role_whose_trust_names_another_service_account_is_found() {
    let broken = Plan::in_trouble("").view("identity").before(|simulator| {
        simulator.aws().edit(|account| {
            let trust = serde_json::json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole"}]});
            account.trusts.insert("myapp-dev-karpenter".into(), trust);
        });
    });
    let mut journey = wide(broken.open());
    journey.filter("karpenter");
    let screen = journey.until_shows("pod identity: role/myapp-dev-karpenter");
    assert!(screen.line_with(&["✖", "myapp-dev", "karpenter", "broken"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["myapp-prod", "karpenter", "fits"]).is_some(), "{screen:?}");
    let screen = journey.run("addons");
    assert!(
        screen.line_with(&["✖", "myapp-dev", "karpenter", "AWS refuses its role"]).is_some(),
        "{screen:?}"
    );
}

#[test]
fn the_upgrade_says_what_must_happen_first() {
    let mut journey = wide(Journey::at("upgrade"));
    let screen = journey.until_shows("Deprecated APIs removed in Kubernetes v1.38");
    assert!(screen.line_with(&["myapp-prod", "1.36 → 1.37"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["▲", "Deprecated APIs", "to do"]).is_some(), "{screen:?}");
    assert!(screen.shows("csi-provisioner/v5.3.0, 4318 times in 30 days"), "{screen:?}");
    assert!(screen.line_with(&["support of 1.36", "standard support for 253 days"]).is_some(), "{screen:?}");
    let first = "add-on aws-efs-csi-driver → v2.1.15-eksbuild.1";
    assert!(screen.line_with(&[first, "to do"]).is_some(), "{screen:?}");
    assert!(screen.line_with(&["control plane 1.36 → 1.37", "blocked"]).is_some(), "{screen:?}");
    let last = "add-on kube-proxy → v1.37.1-eksbuild.2";
    assert!(screen.line_with(&[last, "blocked", "does not fit 1.37"]).is_some(), "{screen:?}");
}

#[test]
fn the_fleet_says_how_long_a_version_is_supported_and_what_eks_is_doing() {
    let mut journey = Journey::at("fleet");
    journey.resize(200, 50);
    let screen = journey.until_shows("1.36 · 253 d");
    assert!(screen.line_with(&["● ", "myapp-dev", "1.36 · 253 d"]).is_some(), "{screen:?}");
    let running = Plan::in_trouble("").view("fleet").size(200, 50).before(|simulator| {
        let now = simulator.clock().now();
        simulator.aws().edit(|account| {
            account.updates.push(Update {
                id: "0f".into(),
                cluster: "myapp-dev".into(),
                addon: None,
                nodegroup: None,
                kind: "VersionUpdate".into(),
                parameters: vec![("Version".into(), "1.37".into())],
                created: now,
                ends: now + jiff::SignedDuration::from_mins(9),
                errors: Vec::new(),
            });
        });
    });
    running.open().until_shows("1.36 → 1.37");
}

#[test]
fn node_groups_show_their_size_and_what_eks_finds_wrong() {
    let mut journey = wide(Journey::at("nodegroups"));
    let screen = journey.until_shows("AL2023_x86_64_STANDARD");
    let row =
        screen.line_with(&["● ", "myapp-prod", "system", "active", "2/2", "1.36.3-20261007", "on demand"]);
    assert!(row.is_some(), "{screen:?}");
    // It is no object of the API server, and nobody asks that for it.
    journey.press("y");
    journey.until_shows("this is of AWS");
    journey.press("enter");
    let screen = journey.until_shows("2 wanted, between 2 and 4");
    assert!(screen.line_with(&["ready", "ip-10-0-11-", "v1.36.3"]).is_some(), "{screen:?}");
}

#[test]
fn access_entries_are_held_against_the_blueprint_and_join_who_can() {
    let mut journey = wide(Journey::at("access-entries"));
    let screen = journey.until_shows("role/PlatformAdmin");
    let admin =
        screen.line_with(&["● ", "myapp-prod", "role/PlatformAdmin", "platform-admin", "cluster-admin"]);
    assert!(admin.is_some(), "{screen:?}");
    assert!(!screen.shows("▲") && !screen.shows("✖"), "{screen:?}");
    let screen = journey.run("who-can");
    let who = screen.line_with(&["platform-admin (role/PlatformAdmin, user/pilot)", "Group"]);
    assert!(who.is_some(), "{screen:?}");
}
