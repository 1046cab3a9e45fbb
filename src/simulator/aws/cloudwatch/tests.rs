use ciborium::cbor;
use ciborium::value::Value as Cbor;

use super::super::Aws;
use super::super::faults::Harm;
use super::super::tests::{ask_bytes, resting, shared, unfolded};
use super::surge::Surge;

fn get<'a>(value: &'a Cbor, name: &str) -> &'a Cbor {
    let fields = value.as_map().unwrap();
    fields.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value).unwrap_or(&Cbor::Null)
}

fn text<'a>(value: &'a Cbor, name: &str) -> &'a str {
    get(value, name).as_text().unwrap_or_default()
}

async fn ask(aws: &Aws, operation: &str, body: Cbor) -> (u16, Cbor) {
    let mut bytes = Vec::new();
    ciborium::into_writer(&body, &mut bytes).unwrap();
    let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
    let headers = [("smithy-protocol", "rpc-v2-cbor"), ("content-type", "application/cbor")];
    let (status, body) = ask_bytes(aws, "monitoring", &path, &headers, bytes).await;
    (status, ciborium::from_reader(body.as_ref()).unwrap())
}

async fn alarms(aws: &Aws) -> Vec<(String, String)> {
    let (status, answer) = ask(aws, "DescribeAlarms", cbor!({}).unwrap()).await;
    assert_eq!(status, 200);
    let alarms = get(&answer, "MetricAlarms").as_array().unwrap();
    alarms.iter().map(|own| (text(own, "AlarmName").to_owned(), text(own, "StateValue").to_owned())).collect()
}

#[tokio::test]
async fn four_alarms_of_each_cluster_are_ok_at_rest() {
    let aws = shared();
    let alarms = alarms(aws).await;
    assert_eq!(alarms.len(), 8);
    assert!(alarms.iter().all(|(_, state)| state == "OK"), "{alarms:?}");
    let (_, page) =
        ask(aws, "DescribeAlarms", cbor!({"MaxRecords" => 3, "AlarmNamePrefix" => "myapp-prod"}).unwrap())
            .await;
    assert_eq!(get(&page, "MetricAlarms").as_array().unwrap().len(), 3);
    let token = text(&page, "NextToken").to_owned();
    let (_, page) = ask(
        aws,
        "DescribeAlarms",
        cbor!({"MaxRecords" => 3, "AlarmNamePrefix" => "myapp-prod", "NextToken" => token}).unwrap(),
    )
    .await;
    assert_eq!(get(&page, "MetricAlarms").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_rises_above_a_threshold_for_five_minutes_raises_its_alarm_and_is_remembered() {
    let (simulator, aws) = resting();
    let since = simulator.clock().now();
    let surge = Surge {
        cluster: "myapp-prod".to_owned(),
        metric: "node_cpu_utilization".to_owned(),
        since,
        value: 93.0,
    };
    aws.edit(|account| account.surges.push(surge));
    simulator.clock().advance(std::time::Duration::from_secs(4 * 60));
    assert!(alarms(&aws).await.iter().all(|(_, state)| state == "OK"));
    simulator.clock().advance(std::time::Duration::from_secs(3 * 60));
    let firing: Vec<String> =
        alarms(&aws).await.into_iter().filter(|(_, state)| state == "ALARM").map(|(name, _)| name).collect();
    assert_eq!(firing, ["myapp-prod-node-cpu-high"]);
    let (_, history) = ask(
        &aws,
        "DescribeAlarmHistory",
        cbor!({"AlarmName" => "myapp-prod-node-cpu-high", "HistoryItemType" => "StateUpdate"}).unwrap(),
    )
    .await;
    let items = get(&history, "AlarmHistoryItems").as_array().unwrap();
    assert_eq!(
        items.iter().map(|item| text(item, "HistorySummary")).collect::<Vec<_>>(),
        ["Alarm updated from OK to ALARM"]
    );
    assert!(get(&items[0], "Timestamp").is_tag());
}

#[tokio::test]
async fn many_metrics_come_in_one_call_and_unknown_ones_are_empty() {
    let (simulator, aws) = resting();
    let now = simulator.clock().now().as_second();
    let query = |id: &str, name: &str| {
        cbor!({"Id" => id, "MetricStat" => {
            "Metric" => {"Namespace" => "ContainerInsights", "MetricName" => name, "Dimensions" => [{"Name" => "ClusterName", "Value" => "myapp-dev"}]},
            "Period" => 60, "Stat" => "Average",
        }})
        .unwrap()
    };
    let body = cbor!({
        "MetricDataQueries" => [query("cpu", "node_cpu_utilization"), query("none", "nothing"), query("nodes", "cluster_node_count")],
        "StartTime" => Cbor::Tag(1, Box::new((now - 3600).into())), "EndTime" => Cbor::Tag(1, Box::new(now.into())),
    })
    .unwrap();
    let (status, answer) = ask(&aws, "GetMetricData", body).await;
    assert_eq!(status, 200);
    let results = get(&answer, "MetricDataResults").as_array().unwrap();
    let values = |at: usize| get(&results[at], "Values").as_array().unwrap().clone();
    assert_eq!(values(0).len(), 61);
    assert!(values(0).iter().all(|value| (5.0..60.0).contains(&value.as_float().unwrap())));
    assert_eq!(values(1).len(), 0);
    assert!(values(2).iter().all(|value| value.as_float() == Some(4.0)));
    let first = get(&results[0], "Timestamps").as_array().unwrap()[0].as_tag().unwrap().1.as_float().unwrap();
    assert!(first > (now - 120) as f64, "newest first");
}

#[tokio::test]
async fn few_points_at_a_time_add_up_to_all() {
    let (simulator, aws) = resting();
    let now = simulator.clock().now().as_second() / 60 * 60;
    let (mut points, mut token) = (0, String::new());
    loop {
        let mut body = vec![
            (Cbor::from("MaxDatapoints"), Cbor::from(7)),
            (Cbor::from("StartTime"), Cbor::Tag(1, Box::new((now - 1200).into()))),
            (Cbor::from("EndTime"), Cbor::Tag(1, Box::new(now.into()))),
            (
                Cbor::from("MetricDataQueries"),
                cbor!([{"Id" => "a", "MetricStat" => {"Metric" => {"Namespace" => "AWS/EKS", "MetricName" => "apiserver_request_total",
                    "Dimensions" => [{"Name" => "ClusterName", "Value" => "myapp-prod"}]}, "Period" => 60, "Stat" => "Sum"}}])
                .unwrap(),
            ),
        ];
        if !token.is_empty() {
            body.push((Cbor::from("NextToken"), Cbor::from(token.clone())));
        }
        let (_, answer) = ask(&aws, "GetMetricData", Cbor::Map(body)).await;
        let result = &get(&answer, "MetricDataResults").as_array().unwrap()[0];
        points += get(result, "Values").as_array().unwrap().len();
        token = text(&answer, "NextToken").to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(points, 20);
}

#[tokio::test]
async fn metrics_are_listed_by_namespace_and_a_denial_comes_in_both_namings() {
    let (_simulator, aws) = resting();
    let (_, answer) = ask(&aws, "ListMetrics", cbor!({"Namespace" => "AWS/ApplicationELB"}).unwrap()).await;
    let metrics = get(&answer, "Metrics").as_array().unwrap();
    assert_eq!(metrics.len(), 2 * 9);
    aws.faults().harm("monitoring", "", 1, Harm::Denied);
    let (status, answer) = ask(&aws, "ListMetrics", cbor!({}).unwrap()).await;
    assert_eq!((status, text(&answer, "__type")), (403, "com.amazonaws.cloudwatch#AccessDenied"));
    assert!(text(&answer, "message").contains("cloudwatch:ListMetrics"));
}

#[tokio::test]
async fn targets_that_fail_make_the_load_balancers_alarm_fire_and_busy_nodes_theirs() {
    let firing = async |scenario: &str| {
        let (_simulator, aws) = unfolded(scenario);
        let raised = alarms(&aws).await.into_iter().filter(|(_, state)| state == "ALARM");
        raised.map(|(name, _)| name).collect::<Vec<String>>()
    };
    assert_eq!(firing("alb-unhealthy").await, ["myapp-prod-alb-5xx"]);
    assert_eq!(firing("alarm-firing").await, ["myapp-prod-node-cpu-high"]);
}

#[tokio::test]
async fn who_asks_in_json_is_answered_in_json() {
    let aws = shared();
    let target = "GraniteServiceVersion20100801.DescribeAlarms";
    let (status, answer) =
        super::super::tests::ask_target(aws, "monitoring", target, &serde_json::json!({"MaxRecords": 2}))
            .await;
    assert_eq!((status, answer["MetricAlarms"].as_array().unwrap().len()), (200, 2));
}

#[tokio::test]
async fn alarms_over_alarms_and_on_expressions_follow_what_they_look_at() {
    let (_simulator, aws) = unfolded("alarm-composite");
    let (_, plain) = ask(&aws, "DescribeAlarms", cbor!({}).unwrap()).await;
    assert!(get(&plain, "CompositeAlarms").as_array().unwrap().is_empty(), "they have to be asked for");
    let types = cbor!({"AlarmTypes" => ["MetricAlarm", "CompositeAlarm"], "AlarmNamePrefix" => "myapp-prod"});
    let (_, both) = ask(&aws, "DescribeAlarms", types.unwrap()).await;
    let [composite] = &get(&both, "CompositeAlarms").as_array().unwrap()[..] else { panic!("{both:?}") };
    assert_eq!(
        (text(composite, "AlarmName"), text(composite, "StateValue")),
        ("myapp-prod-degraded", "ALARM")
    );
    assert!(text(composite, "AlarmRule").contains("ALARM(\"myapp-prod-alb-5xx-share\")"));
    assert!(text(composite, "StateReason").contains("transitioned to ALARM at "), "{composite:?}");
    let metrics = get(&both, "MetricAlarms").as_array().unwrap();
    let share = metrics.iter().find(|own| text(own, "AlarmName") == "myapp-prod-alb-5xx-share").unwrap();
    assert_eq!(text(share, "StateValue"), "ALARM");
    assert!(get(share, "MetricName").is_null() && get(share, "Period").is_null(), "its metrics say that");
    let queries = get(share, "Metrics").as_array().unwrap();
    assert_eq!(queries.len(), 3);
    assert_eq!(text(&queries[0], "Expression"), "100 * m1 / m2");

    let history = cbor!({"AlarmName" => "myapp-prod-degraded", "AlarmTypes" => ["CompositeAlarm"]});
    let (_, history) = ask(&aws, "DescribeAlarmHistory", history.unwrap()).await;
    let items = get(&history, "AlarmHistoryItems").as_array().unwrap();
    assert!(items.iter().all(|item| text(item, "AlarmType") == "CompositeAlarm"), "{items:?}");
    let raised = |item: &&Cbor| text(item, "HistorySummary") == "Alarm updated from OK to ALARM";
    assert_eq!(items.iter().filter(raised).count(), 1);
}
