use serde_json::json;

use super::super::tests::{ask_form, between, resting, shared, unfolded};
use super::target::{self, Health};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

#[tokio::test]
async fn the_edge_of_each_cluster_is_followed_down_to_its_targets() {
    let aws = shared();
    let all = ask_form(aws, "elasticloadbalancing", "Action=DescribeLoadBalancers").await;
    assert_eq!(
        between(&all, "<LoadBalancerName>", "<"),
        ["k8s-ingressnginx-edge-dev", "k8s-ingressnginx-edge-prod"]
    );
    let arn = between(&all, "<LoadBalancerArn>", "<")[1];
    let listeners =
        ask_form(aws, "elasticloadbalancing", &format!("Action=DescribeListeners&LoadBalancerArn={arn}"))
            .await;
    assert_eq!(between(&listeners, "<Port>", "<"), ["80", "443", "443"], "with that of the redirect");
    let https = between(&listeners, "<ListenerArn>", "<")[1];
    let rules =
        ask_form(aws, "elasticloadbalancing", &format!("Action=DescribeRules&ListenerArn={https}")).await;
    let group = between(&rules, "<TargetGroupArn>", "<")[0];
    let health =
        ask_form(aws, "elasticloadbalancing", &format!("Action=DescribeTargetHealth&TargetGroupArn={group}"))
            .await;
    assert_eq!(between(&health, "<State>", "<"), ["healthy", "healthy"]);
    assert_eq!(between(&health, "<Port>", "<"), ["30080", "30080"]);
}

#[tokio::test]
async fn pages_of_one_hold_all_and_what_is_missing_is_named() {
    let aws = shared();
    let first = ask_form(aws, "elasticloadbalancing", "Action=DescribeLoadBalancers&PageSize=1").await;
    let marker = between(&first, "<NextMarker>", "<")[0].to_owned();
    let second = ask_form(
        aws,
        "elasticloadbalancing",
        &format!("Action=DescribeLoadBalancers&PageSize=1&Marker={marker}"),
    )
    .await;
    assert_eq!(between(&second, "<LoadBalancerName>", "<"), ["k8s-ingressnginx-edge-prod"]);
    assert!(!second.contains("<NextMarker>"));
    let gone =
        "Action=DescribeTargetHealth&TargetGroupArn=arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b";
    assert!(ask_form(aws, "elasticloadbalancing", gone).await.contains("<Code>TargetGroupNotFound</Code>"));
}

#[tokio::test]
async fn the_tags_lead_back_to_cluster_and_ingress() {
    let aws = shared();
    let all = ask_form(aws, "elasticloadbalancing", "Action=DescribeLoadBalancers").await;
    let arn = between(&all, "<LoadBalancerArn>", "<")[0];
    let tags =
        ask_form(aws, "elasticloadbalancing", &format!("Action=DescribeTags&ResourceArns.member.1={arn}"))
            .await;
    assert_eq!(between(&tags, "<Value>", "<"), ["myapp-dev", "ingress-nginx/edge", "LoadBalancer"]);
}

#[test]
fn a_pod_that_is_not_ready_fails_its_targets_checks() {
    let (_simulator, aws) = resting();
    let land = aws.lands().into_iter().find(|land| land.cluster.name == "myapp-dev").unwrap();
    let selection = Selection::by_labels("app.kubernetes.io/component=controller").unwrap();
    for pod in land.store.list("pods", Some("ingress-nginx"), &selection) {
        land.store
            .edit(&pod.key, |pod| {
                field::set_condition(
                    pod,
                    json!({"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-21T10:40:00Z"}),
                );
                Ok(())
            })
            .unwrap();
    }
    let targets = target::targets(&land);
    assert_eq!(targets.iter().map(|target| target.health).collect::<Vec<_>>(), [Health::FailsChecks]);
    assert_eq!(targets[0].since.unwrap().to_string(), "2026-11-21T10:40:00Z");
}

#[test]
fn a_silent_node_times_out_although_its_pod_says_that_it_is_ready() {
    let (_simulator, aws) = resting();
    let land = aws.lands().into_iter().find(|land| land.cluster.is_prod()).unwrap();
    let silent = target::targets(&land)[0].machine.node.clone();
    land.store
        .edit(&Key::cluster("nodes", &silent), |node| {
            let since = "2026-11-21T10:40:00Z";
            field::set_condition(
                node,
                json!({"type": "Ready", "status": "Unknown", "lastTransitionTime": since}),
            );
            Ok(())
        })
        .unwrap();
    let health: Vec<Health> = target::targets(&land).iter().map(|target| target.health).collect();
    assert_eq!(health, [Health::TimesOut, Health::Healthy]);
}

#[test]
fn all_targets_of_production_fail_when_its_controllers_are_not_ready() {
    let (_simulator, aws) = unfolded("alb-unhealthy");
    let land = aws.lands().into_iter().find(|land| land.cluster.is_prod()).unwrap();
    let health: Vec<Health> = target::targets(&land).iter().map(|target| target.health).collect();
    assert_eq!(health, [Health::FailsChecks, Health::FailsChecks]);
}
