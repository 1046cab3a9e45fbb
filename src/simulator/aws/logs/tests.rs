use serde_json::{Value, json};

use super::super::tests::{ask_target, resting, shared};
use crate::simulator::world::field;

#[tokio::test]
async fn four_groups_of_each_cluster_keep_thirty_days() {
    let aws = shared();
    let (status, answer) =
        ask_target(aws, "logs", "Logs_20140328.DescribeLogGroups", &json!({"limit": 5})).await;
    assert_eq!((status, field::list(&answer, "logGroups").len()), (200, 5));
    let token = field::text(&answer, "nextToken");
    let (_, rest) =
        ask_target(aws, "logs", "Logs_20140328.DescribeLogGroups", &json!({"limit": 5, "nextToken": token}))
            .await;
    assert_eq!(field::list(&rest, "logGroups").len(), 3);
    let groups = field::list(&answer, "logGroups");
    assert!(groups.iter().all(|group| field::number(group, "retentionInDays") == 30));
}

#[tokio::test]
async fn what_containers_print_is_found_by_pattern_and_time() {
    let (simulator, aws) = resting();
    let now = simulator.clock().now().as_millisecond();
    let ask = async |pattern: &str, start: i64| {
        let body = json!({
            "logGroupName": "/aws/containerinsights/myapp-prod/application", "filterPattern": pattern, "startTime": start, "limit": 9000,
        });
        let (_, answer) = ask_target(&aws, "logs", "Logs_20140328.FilterLogEvents", &body).await;
        field::list(&answer, "events").to_vec()
    };
    let all = ask("", 0).await;
    let web = ask("{ $.kubernetes.container_name = \"web\" }", 0).await;
    let recent = ask("", now - 60_000).await;
    assert!(!web.is_empty() && web.len() < all.len());
    assert!(!recent.is_empty() && recent.len() < all.len());
    assert!(all.is_sorted_by_key(|event| field::number(event, "timestamp")));
}

#[tokio::test]
async fn a_query_runs_a_while_and_then_has_its_rows() {
    let (simulator, aws) = resting();
    let now = simulator.clock().now().as_second();
    let query = json!({
        "logGroupNames": ["/aws/eks/myapp-prod/cluster"], "startTime": now - 3600, "endTime": now,
        "queryString": "fields @timestamp, user.username | filter @logStream like /audit/ and verb = \"list\" | sort @timestamp desc | limit 4",
    });
    let (_, started) = ask_target(&aws, "logs", "Logs_20140328.StartQuery", &query).await;
    let id = json!({"queryId": field::text(&started, "queryId")});
    let (_, running) = ask_target(&aws, "logs", "Logs_20140328.GetQueryResults", &id).await;
    assert_eq!((field::text(&running, "status"), field::list(&running, "results").len()), ("Running", 0));
    simulator.clock().advance(std::time::Duration::from_secs(3));
    let (_, done) = ask_target(&aws, "logs", "Logs_20140328.GetQueryResults", &id).await;
    assert_eq!((field::text(&done, "status"), field::list(&done, "results").len()), ("Complete", 4));
    let row = field::list(&done, "results")[0].as_array().unwrap().clone();
    assert_eq!(row[1]["value"], json!("system:serviceaccount:external-dns:external-dns"));
    assert!(field::at(&done, "statistics.recordsScanned").as_f64().unwrap() > 100.0);
}

#[tokio::test]
async fn counting_by_stream_adds_up_and_a_query_can_be_stopped() {
    let (simulator, aws) = resting();
    let now = simulator.clock().now().as_second();
    let query = json!({
        "logGroupName": "/aws/eks/myapp-dev/cluster", "startTime": now - 600, "endTime": now,
        "queryString": "stats count(*) as lines by @logStream",
    });
    let (_, started) = ask_target(&aws, "logs", "Logs_20140328.StartQuery", &query).await;
    let id = json!({"queryId": field::text(&started, "queryId")});
    simulator.clock().advance(std::time::Duration::from_secs(3));
    let (_, done) = ask_target(&aws, "logs", "Logs_20140328.GetQueryResults", &id).await;
    let rows = field::list(&done, "results");
    assert_eq!(rows.len(), 3);
    let lines: f64 = rows.iter().map(|row| row[1]["value"].as_str().unwrap().parse::<f64>().unwrap()).sum();
    assert_eq!(field::at(&done, "statistics.recordsMatched").as_f64(), Some(lines));
    let (_, started) = ask_target(&aws, "logs", "Logs_20140328.StartQuery", &query).await;
    let id = json!({"queryId": field::text(&started, "queryId")});
    assert_eq!(ask_target(&aws, "logs", "Logs_20140328.StopQuery", &id).await.1, json!({"success": true}));
    let (_, stopped) = ask_target(&aws, "logs", "Logs_20140328.GetQueryResults", &id).await;
    assert_eq!(field::text(&stopped, "status"), "Cancelled");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_its_words() {
    let aws = shared();
    let ask = async |operation: &str, body: Value| {
        let (status, answer) = ask_target(aws, "logs", &format!("Logs_20140328.{operation}"), &body).await;
        (status, field::text(&answer, "__type").to_owned())
    };
    assert_eq!(
        ask("FilterLogEvents", json!({"logGroupName": "/gone"})).await,
        (400, "ResourceNotFoundException".to_owned())
    );
    let query = json!({"logGroupName": "/aws/eks/myapp-dev/cluster", "startTime": 0, "endTime": 1, "queryString": "drop table"});
    assert_eq!(ask("StartQuery", query).await, (400, "MalformedQueryException".to_owned()));
    assert_eq!(ask("GetQueryResults", json!({"queryId": "x"})).await.1, "ResourceNotFoundException");
}

#[tokio::test]
async fn streams_are_listed_by_their_newest_line() {
    let aws = shared();
    let body =
        json!({"logGroupName": "/aws/eks/myapp-dev/cluster", "orderBy": "LastEventTime", "descending": true});
    let (_, answer) = ask_target(aws, "logs", "Logs_20140328.DescribeLogStreams", &body).await;
    let streams = field::list(&answer, "logStreams");
    assert_eq!(streams.len(), 3);
    assert!(streams.is_sorted_by_key(|stream| -field::number(stream, "lastEventTimestamp")));
}
