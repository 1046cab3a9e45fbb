//! Alarms, metrics and log groups of the embedded account.

use pilothouse::simulator::aws::faults::Harm;

use crate::harness::stage::{Journey, PROD, Plan};

/// How often the account was asked for an operation.
fn asked(journey: &Journey, service: &str, operation: &str) -> usize {
    journey.simulator.aws().requests().count(service, operation)
}

#[test]
fn an_alarm_that_fires_is_counted_in_the_fleet_and_opens_with_its_history() {
    let mut journey = Plan::in_trouble("alarm-firing").size(200, 40).open();
    let screen = journey.until_shows("Alarm myapp-prod-node-cpu-high");
    let why = "node_cpu_utilization is 9";
    assert!(
        screen.line_with(&["Alarm myapp-prod-node-cpu-high", why, "above 80 for 5m"]).is_some(),
        "{screen:?}"
    );
    assert!(screen.line_with(&[PROD, "locked"]).is_some_and(|row| row.contains(" 1 ")), "{screen:?}");
    // The row of the cluster names it too, with a colon behind.
    journey.go_to("myapp-prod-node-cpu-high  ");
    journey.press("enter");
    let screen = journey.until_shows("Alarm updated from OK to ALARM");
    for words in
        ["the cluster", "ALARM for", "> 80 in 5 periods of 60s in a row", "counts as good", "created"]
    {
        assert!(screen.shows(words), "{words}{screen:?}");
    }
    assert!(screen.top().contains("PROD"), "{screen:?}");
}

#[test]
fn each_alarm_of_an_account_is_shown_once_and_asked_for_once() {
    let mut journey = Plan::in_trouble("").view("alarms").size(160, 40).open();
    journey.until_shows("myapp-prod-pod-restarts");
    let screen = journey.settle();
    let shown = screen.text();
    for name in ["alb-5xx", "apiserver-429", "node-cpu-high", "pod-restarts"] {
        for cluster in ["myapp-dev", "myapp-prod"] {
            let name = format!("{cluster}-{name}");
            assert_eq!(shown.matches(&name).count(), 1, "{name}{screen:?}");
        }
    }
    assert!(screen.line_with(&["myapp-prod-alb-5xx", "Ingress"]).is_some(), "{screen:?}");
    assert_eq!(asked(&journey, "monitoring", "DescribeAlarms"), 1);
    journey.run("alarms @myapp-prod");
    let screen = journey.screen();
    assert!(!screen.shows("myapp-dev-alb-5xx") && screen.shows("myapp-prod-alb-5xx"), "{screen:?}");
}

#[test]
fn alarms_that_may_not_be_read_name_the_permission_and_hide_nothing_else() {
    let mut journey = Plan::in_trouble("")
        .before(|simulator| simulator.aws().faults().harm("monitoring", "", None, Harm::Denied))
        .view("alarms")
        .open();
    let screen = journey.until_shows("cloudwatch:DescribeAlarms");
    assert!(screen.shows("forbidden"), "{screen:?}");
    let screen = journey.run("fleet");
    assert!(screen.shows("nothing is wrong"), "{screen:?}");
}

#[test]
fn metrics_show_the_last_hour_of_each_part_in_one_call_a_table() {
    let mut journey = Plan::in_trouble("").view("metrics @myapp-prod").size(200, 50).open();
    journey.until_shows("refused for lack of ports");
    let screen = journey.settle();
    for words in [
        &["control plane", "requests", "/min"][..],
        &["control plane", "etcd database", "Mi"],
        &["nodes", "CPU in use", "%"],
        &["load balancer", "k8s-ingressnginx-edge-prod", "response time", "ms"],
        &["targets", "unhealthy", "0"],
        &["gateway", "nat-", "sent", "/min"],
    ] {
        assert!(screen.line_with(words).is_some(), "{words:?}{screen:?}");
    }
    let cpu = screen.line_with(&["nodes", "CPU in use"]).unwrap();
    assert!(cpu.chars().any(|c| "▁▂▃▄▅▆▇█".contains(c)), "{cpu}");
    // One for the cluster, one for what stands around it.
    assert_eq!(asked(&journey, "monitoring", "GetMetricData"), 2);
}

#[test]
fn a_log_group_is_read_like_the_log_of_a_pod_with_its_streams_for_containers() {
    let mut journey = Plan::in_trouble("").view("loggroups @myapp-prod").size(160, 40).open();
    journey.until_shows("/aws/eks/myapp-prod/cluster");
    let screen = journey.settle();
    assert!(screen.line_with(&["/aws/eks/myapp-prod/cluster", "30 d"]).is_some(), "{screen:?}");
    assert!(!screen.shows("myapp-dev"), "{screen:?}");
    journey.go_to("/aws/eks/myapp-prod/cluster");
    journey.press("enter");
    let screen = journey.until("lines", |screen| screen.shows("following") && screen.shows("kube-apiserver"));
    assert!(screen.top().contains("/aws/eks/myapp-prod/cluster"), "{screen:?}");
    journey.press("o");
    let screen = journey.screen();
    assert!(screen.shows("all streams") && screen.shows("authenticator"), "{screen:?}");
    journey.press("esc");
    journey.press("p");
    let screen = journey.screen();
    assert!(screen.shows("a log group has no run before this one"), "{screen:?}");
}

#[test]
fn an_alarm_over_alarms_says_which_have_gone_off_and_leads_to_them() {
    let mut journey = Plan::in_trouble("alarm-composite").view("alarms @myapp-prod").size(200, 40).open();
    journey.until_shows("myapp-prod-degraded");
    let screen = journey.settle();
    let why = "myapp-prod-alb-5xx, myapp-prod-alb-5xx-share have gone";
    assert!(screen.line_with(&["ALARM", "myapp-prod-degraded", why]).is_some(), "{screen:?}");
    let share = ["ALARM", "myapp-prod-alb-5xx-share", "Ingress", "Count in % of Req", "> 5"];
    assert!(screen.line_with(&share).is_some(), "{screen:?}");
    journey.go_to("myapp-prod-degraded");
    journey.press("enter");
    let screen = journey.until_shows("Alarm updated from OK to ALARM");
    for words in ["rule", "AND NOT ALARM(", "transitioned to ALARM at"] {
        assert!(screen.shows(words), "{words}{screen:?}");
    }
    journey.go_to("myapp-prod-alb-5xx-share ALARM");
    journey.press("enter");
    let screen = journey.until_shows("HTTPCode_ELB_5XX_Count in % of RequestCount is ");
    assert!(screen.top().contains("myapp-prod-alb-5xx-share"), "{screen:?}");
}
