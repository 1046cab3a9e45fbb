use std::sync::LazyLock;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

use super::credentials::ACCESS_KEY;
use super::*;
use crate::simulator::Simulator;
use crate::simulator::demo::Demo;
use crate::simulator::scenarios;

/// The reference fleet at rest.
pub(super) fn resting() -> (Simulator, Aws) {
    let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
    Demo::quiet(&mut simulator, 1).unwrap();
    let aws = simulator.aws().clone();
    (simulator, aws)
}

/// The reference fleet at rest, for tests that only ask: founding it takes longer than they do.
pub(super) fn shared() -> &'static Aws {
    static FLEET: LazyLock<Aws> = LazyLock::new(|| resting().1);
    &FLEET
}

/// The fleet after a scenario has unfolded.
pub(super) fn unfolded(name: &str) -> (Simulator, Aws) {
    let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
    let mut demo = Demo::quiet(&mut simulator, 1).unwrap();
    let scenario = scenarios::find(name).unwrap();
    demo.apply(scenario).unwrap();
    demo.advance(scenario.unfolds);
    let aws = simulator.aws().clone();
    (simulator, aws)
}

/// What stands between two marks, wherever they stand.
pub(super) fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).filter_map(|rest| rest.split(close).next()).collect()
}

fn signed(service: &str, key: &str) -> http::request::Builder {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={}",
        "5".repeat(64)
    );
    Request::builder().header("authorization", authorization)
}

async fn send(aws: &Aws, request: http::request::Builder, body: impl Into<Bytes>) -> (u16, Bytes) {
    let response = aws.clone().answer(request.body(Full::new(body.into())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.unwrap().to_bytes())
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Asks a service that has paths.
pub(super) async fn ask(aws: &Aws, service: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let uri = format!("https://{service}.us-east-1.amazonaws.com{path}");
    let (status, body) =
        send(aws, signed(service, ACCESS_KEY).method(method).uri(uri), body.to_owned()).await;
    (status, text(&body))
}

/// Asks a host by its whole name.
pub(super) async fn ask_host(aws: &Aws, host: &str, scope: &str, method: &str, path: &str) -> (u16, String) {
    let uri = format!("https://{host}{path}");
    let (status, body) = send(aws, signed(scope, ACCESS_KEY).method(method).uri(uri), "").await;
    (status, text(&body))
}

/// Asks a service by a body of bytes under own headers.
pub(super) async fn ask_bytes(
    aws: &Aws,
    service: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> (u16, Bytes) {
    let uri = format!("https://{service}.us-east-1.amazonaws.com{path}");
    let request = signed(service, ACCESS_KEY).method("POST").uri(uri);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    send(aws, request, body).await
}

/// Asks a service whose operations stand in a header.
pub(super) async fn ask_target(aws: &Aws, service: &str, target: &str, body: &Value) -> (u16, Value) {
    let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
    let (status, body) = ask_bytes(aws, service, "/", &headers, body.to_string()).await;
    (status, text(&body).parse().unwrap())
}

/// Asks a service by a path whose answer is JSON.
pub(super) async fn ask_json(aws: &Aws, service: &str, path: &str) -> Value {
    ask(aws, service, "GET", path, "").await.1.parse().unwrap()
}

/// Asks a service by a form.
pub(super) async fn ask_form(aws: &Aws, service: &str, form: &str) -> String {
    ask_form_by(aws, service, form, ACCESS_KEY).await
}

/// Asks a service by a form, signed with an access key and with a session's token.
pub(super) async fn ask_form_by(aws: &Aws, service: &str, form: &str, key: &str) -> String {
    let uri = format!("https://{service}.us-east-1.amazonaws.com/");
    let request = signed(service, key).method("POST").uri(uri).header("x-amz-security-token", "token");
    text(&send(aws, request, form.to_owned()).await.1)
}

/// Asks a service by a form that nobody has signed.
pub(super) async fn ask_form_unsigned(aws: &Aws, service: &str, form: &str) -> String {
    let uri = format!("https://{service}.us-east-1.amazonaws.com/");
    text(&send(aws, Request::builder().method("POST").uri(uri), form.to_owned()).await.1)
}

#[tokio::test]
async fn nobody_and_a_stranger_are_refused_before_anything_is_looked_at() {
    let (_simulator, aws) = resting();
    let unsigned = Request::builder().uri("https://eks.us-east-1.amazonaws.com/clusters");
    let (status, body) = send(&aws, unsigned, "").await;
    assert_eq!((status, text(&body)), (403, json!({"message": "Missing Authentication Token"}).to_string()));
    let stranger = signed("eks", "AKIASTRANGER").uri("https://eks.us-east-1.amazonaws.com/clusters");
    assert_eq!(send(&aws, stranger, "").await.0, 403);
}

#[tokio::test]
async fn what_is_not_built_says_so_by_name() {
    let (_simulator, aws) = resting();
    let (status, body) = ask(&aws, "eks", "GET", "/eks-anywhere-subscriptions", "").await;
    assert_eq!(status, 501);
    assert!(body.contains("GET /eks-anywhere-subscriptions"), "{body}");
    let body = ask_form(&aws, "ec2", "Action=RunInstances").await;
    assert!(body.contains("ec2:RunInstances"), "{body}");
}

#[tokio::test]
async fn a_region_that_is_not_enabled_knows_nobody() {
    let (_simulator, aws) = resting();
    let asked = || {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20261121/af-south-1/eks/aws4_request, SignedHeaders=host, Signature={}",
            "5".repeat(64)
        );
        Request::builder()
            .uri("https://eks.af-south-1.amazonaws.com/clusters")
            .header("authorization", authorization)
    };
    let response = aws.clone().answer(asked().body(Full::new(Bytes::new())).unwrap()).await.unwrap();
    assert_eq!(response.headers()["x-amzn-errortype"], "UnrecognizedClientException");
    aws.edit(|account| account.enabled_regions.insert("af-south-1".to_owned()));
    assert_eq!(send(&aws, asked(), "").await.0, 200);
}

#[tokio::test]
async fn another_region_is_empty_and_the_log_counts_what_was_asked() {
    let (_simulator, aws) = resting();
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20261121/eu-west-1/eks/aws4_request, SignedHeaders=host, Signature={}",
        "5".repeat(64)
    );
    let request = Request::builder()
        .uri("https://eks.eu-west-1.amazonaws.com/clusters")
        .header("authorization", authorization);
    let (_, body) = send(&aws, request, "").await;
    assert_eq!(text(&body).parse::<Value>().unwrap()["clusters"], json!([]));
    assert_eq!(aws.requests().count("eks", "ListClusters"), 1);
    assert_eq!(aws.requests().all()[0].region, "eu-west-1");
    assert_eq!(aws.requests().all()[0].status, Some(200));
}

#[tokio::test]
async fn a_proxys_page_a_cut_answer_and_a_refused_connection() {
    let (_simulator, aws) = resting();
    aws.faults().harm("eks", "", 1, Harm::WebPage);
    let (status, body) = ask(&aws, "eks", "GET", "/clusters", "").await;
    assert!(status == 200 && body.starts_with("<!DOCTYPE html>"));
    aws.faults().harm("eks", "ListClusters", 1, Harm::CutShort);
    let request = signed("eks", ACCESS_KEY).uri("https://eks.us-east-1.amazonaws.com/clusters");
    let response = aws.clone().answer(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap();
    assert!(response.into_body().collect().await.is_err());
    aws.faults().harm("", "", 1, Harm::Refused);
    let request = signed("eks", ACCESS_KEY).uri("https://eks.us-east-1.amazonaws.com/clusters");
    let refused = aws.clone().answer(request.body(Full::new(Bytes::new())).unwrap()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_slow_answer_comes_when_the_fleets_clock_says_so() {
    let (simulator, aws) = resting();
    aws.faults().harm("eks", "", 1, Harm::Slow(std::time::Duration::from_secs(20)));
    let asking = ask(&aws, "eks", "GET", "/clusters", "");
    tokio::pin!(asking);
    assert!(futures::poll!(&mut asking).is_pending());
    simulator.clock().advance(std::time::Duration::from_secs(20));
    assert_eq!(asking.await.0, 200);
}

#[tokio::test]
async fn over_tcp_a_request_written_by_hand_is_answered() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
    simulator.add_cluster("myapp-dev");
    let listener = simulator.listen_aws().await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(listener.address()).await.unwrap();
    let request = format!(
        "GET /clusters HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={ACCESS_KEY}/20261121/us-east-1/eks/aws4_request, SignedHeaders=host, Signature={}\r\n\r\n",
        listener.address(),
        "c".repeat(64)
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with("{\"clusters\":[\"myapp-dev\"]}"), "{answer}");
    assert!(answer.contains("date: Sat, 21 Nov 2026 10:42:07 GMT"), "{answer}");
}

#[tokio::test]
async fn three_hundred_clusters_five_hundred_zones_and_ten_thousand_records_are_paged_without_a_stall() {
    use super::route53::record::Record;
    use super::route53::zone::Zone;
    let (_simulator, aws) = resting();
    aws.edit(|account| {
        account.strangers = (0..300).map(|index| format!("team-{index:03}")).collect();
        account
            .zones
            .extend((0..500).map(|index| Zone::new(&format!("z{index:03}.example."), "", Vec::new())));
        let zone = &mut account.zones[0];
        for index in 0..10_000 {
            zone.put(Record::plain(
                &format!("h{index:05}.cosner.cloud."),
                "A",
                60,
                vec!["192.0.2.1".to_owned()],
            ));
        }
    });
    let (mut zones, mut marker) = (0, String::new());
    loop {
        let (_, body) =
            ask(&aws, "route53", "GET", &format!("/2013-04-01/hostedzone?maxitems=90{marker}"), "").await;
        zones += between(&body, "<HostedZone>", "<").len();
        match between(&body, "<NextMarker>", "<").first() {
            Some(next) => marker = format!("&marker={next}"),
            None => break,
        }
    }
    assert_eq!(zones, 502);
    let id = aws.edit(|account| account.zones[0].id.clone());
    let (mut records, mut next) = (0, String::new());
    loop {
        let path = format!("/2013-04-01/hostedzone/{id}/rrset?{next}");
        let (_, body) = ask(&aws, "route53", "GET", &path, "").await;
        records += between(&body, "<ResourceRecordSet>", "<").len();
        let Some(name) = between(&body, "<NextRecordName>", "<").first().copied() else { break };
        next = format!("name={name}&type={}", between(&body, "<NextRecordType>", "<")[0]);
    }
    assert_eq!(records, aws.edit(|account| account.zones[0].records.len()));
    assert_eq!(aws.requests().count("route53", "ListResourceRecordSets"), records.div_ceil(300));
    let page = ask_json(&aws, "eks", "/clusters?maxResults=100").await;
    assert_eq!(page["clusters"].as_array().unwrap().len(), 100);
}
