//! Alarms as a table and as a page.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::page::AlarmPage;
use super::*;
use crate::fleet::aws::alarm::{Alarm, AlarmRule, Condition, Watched};
use crate::fleet::aws::kind::ALARMS;
use crate::fleet::{Problem, ProblemKind, Timestamp};
use crate::ui::message::Effect;
use crate::ui::test_cluster::TestCluster;
use crate::ui::view::{Handled, View as _};
use crate::ui::views::test_bench::{Bench, object};

fn firing() -> Alarm {
    Alarm {
        name: "myapp-prod-alb-5xx".into(),
        state: AlarmState::Alarm,
        reason: "Threshold Crossed: 5 out of the last 5 datapoints\u{1b}[2J were greater".into(),
        recent: [12.0, 512.0].into(),
        since: Timestamp::parse("2026-11-21T12:49:00Z"),
        acts: true,
        actions: ["arn:aws:sns:us-east-1:123456789012:platform-alerts".into()].into(),
        rule: AlarmRule::Metric(Watched {
            namespace: "AWS/ApplicationELB".into(),
            metric: "HTTPCode_ELB_5XX_Count".into(),
            statistic: "Sum".into(),
            dimensions: Box::default(),
            condition: Condition {
                comparison: "GreaterThanThreshold".into(),
                threshold: Some(10.0),
                period: 60,
                periods: 5,
                datapoints: 5,
            },
        }),
        missing: "notBreaching".into(),
        ..Alarm::default()
    }
}

fn cluster(alarms: &[Alarm]) -> TestCluster {
    TestCluster::new().with_rows(&ALARMS, alarms).looking_at(&CLUSTER_ALARMS)
}

#[test]
fn a_row_says_what_was_compared_with_what_and_whom_it_tells() {
    let cluster = cluster(&[firing()]);
    let cell = |column: &str| cluster.cell(&Alarms, "myapp-prod-alb-5xx", column);
    assert_eq!(cell("state"), "ALARM");
    assert_eq!(cell("about"), "the cluster");
    assert_eq!(cell("condition"), "> 10");
    assert_eq!(cell("tells"), "platform-alerts");
    let why = "HTTPCode_ELB_5XX_Count is 512, above 10 for 5m".to_owned();
    assert_eq!(cluster.judged(&Alarms, "myapp-prod-alb-5xx"), (Verdict::Critical, why));
}

fn history() -> Json {
    json!({"history": [
        {"at": "2026-11-21T12:49:00Z", "kind": "StateUpdate", "summary": "Alarm updated from OK to ALARM", "to": "ALARM",
            "reason": "Threshold Crossed"},
        {"at": "2026-11-01T00:00:00Z", "kind": "ConfigurationUpdate", "summary": "Alarm \"x\" created", "to": "", "reason": ""},
    ]})
}

#[test]
fn its_page_asks_for_its_history_once_and_again_when_its_state_changes() {
    let picture = cluster(&[firing()]).picture();
    let alarm = object(&picture, CLUSTER_ALARMS, None, "myapp-prod-alb-5xx");
    let mut bench = Bench::new(AlarmPage::open(&alarm), vec![picture]);
    let source = crate::fleet::ObjectRef { resource: ALARMS, ..alarm };
    assert_eq!(bench.asks(), [Effect::Fetch(source.clone())]);
    assert_eq!(bench.asks(), []);
    let shown = bench.screen(120, 24).join("\n");
    assert!(shown.contains("reading its history"), "{shown}");
    bench.view.fetched(&source, &Ok(Arc::new(history())));
    let shown = bench.screen(120, 24).join("\n");
    for words in [
        "HTTPCode_ELB_5XX_Count is 512, above 10 for 5m",
        "datapoints␛[2J were greater",
        "ALARM for 11m",
        "> 10 in 5 periods of 60s in a row",
        "counts as good",
        "Alarm updated from OK to ALARM",
        "created",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let calmed = Alarm { state: AlarmState::Ok, since: Timestamp::parse("2026-11-21T12:59:00Z"), ..firing() };
    bench.snapshot.clusters = vec![cluster(&[calmed]).picture()];
    assert_eq!(bench.asks(), [Effect::Fetch(source)]);
}

#[test]
fn a_history_that_may_not_be_read_says_which_right_is_missing() {
    let picture = cluster(&[firing()]).picture();
    let alarm = object(&picture, CLUSTER_ALARMS, None, "myapp-prod-alb-5xx");
    let mut bench = Bench::new(AlarmPage::open(&alarm), vec![picture]);
    let source = crate::fleet::ObjectRef { resource: ALARMS, ..alarm };
    let denied = Problem::new(ProblemKind::Forbidden, "forbidden: cloudwatch:DescribeAlarmHistory");
    bench.view.fetched(&source, &Err(denied));
    let shown = bench.screen(120, 24).join("\n");
    assert!(shown.contains("forbidden: cloudwatch:DescribeAlarmHistory"), "{shown}");
    bench.view.fetched(&source, &Ok(Arc::new(json!({"history": "?"}))));
    let shown = bench.screen(120, 24).join("\n");
    assert!(shown.contains("nothing has become of it"), "{shown}");
}

#[test]
fn a_composite_alarm_leads_to_those_that_it_looks_at() {
    let over = Alarm {
        name: "myapp-prod-page".into(),
        rule: AlarmRule::Composite("ALARM(\"myapp-prod-alb-5xx\")".into()),
        ..firing()
    };
    let picture = cluster(&[firing(), over]).picture();
    let alarm = object(&picture, CLUSTER_ALARMS, None, "myapp-prod-page");
    let mut bench = Bench::new(AlarmPage::open(&alarm), vec![picture]);
    let shown = bench.screen(120, 24).join("\n");
    assert!(shown.contains("looks at") && shown.contains("myapp-prod-alb-5xx ALARM"), "{shown}");
    let Handled::Open(view) = bench.run("open") else { panic!() };
    assert_eq!((view.name(), view.subject().as_deref()), ("alarm-history", Some("myapp-prod-alb-5xx")));
}

#[test]
fn an_alarm_that_is_gone_says_so() {
    let picture = cluster(&[]).picture();
    let alarm = object(&picture, CLUSTER_ALARMS, None, "x");
    let mut bench = Bench::new(AlarmPage::open(&alarm), vec![picture]);
    assert!(bench.screen(80, 10).join("\n").contains("it is not there any more"));
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        bench.screen(width, height);
    }
}
