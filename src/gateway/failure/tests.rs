use super::*;
use crate::fleet::kind::{DEPLOYMENTS, NODES, PODS};

fn peer() -> Peer {
    Peer {
        address: "api:443".to_owned(),
        context: Some("prod".to_owned()),
        login: Some("aws sso login --profile prod".to_owned()),
    }
}

fn refusal(code: u16, intent: &Intent, headers: &[(&'static str, &str)], body: &str) -> Failure {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    refused(&peer(), intent, StatusCode::from_u16(code).unwrap(), &map, body.as_bytes())
}

fn status(code: u16, reason: &str, message: &str) -> String {
    serde_json::json!({"kind": "Status", "code": code, "reason": reason, "message": message}).to_string()
}

#[test]
fn a_403_names_the_missing_verb_resource_and_namespace() {
    let message = "pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let failure = refusal(403, &Intent::on("list", &PODS, None), &[], &status(403, "Forbidden", message));
    assert_eq!(failure.cause, Cause::Forbidden);
    assert_eq!(failure.problem.message(), "forbidden: list pods in all namespaces as dev");
    assert_eq!(
        failure.problem.hints(),
        [
            "ask for a ClusterRole with the rule apiGroups: [\"\"], resources: [\"pods\"], verbs: [\"get\", \"list\", \"watch\"]",
            "kubectl --context prod auth can-i list pods -A",
        ]
    );
    let narrow = refusal(403, &Intent::on("watch", &DEPLOYMENTS, Some("web")), &[], "");
    assert_eq!(narrow.problem.message(), "forbidden: watch deployments.apps in namespace web");
    assert!(narrow.problem.hints()[1].ends_with("can-i watch deployments.apps -n web"));
    let wide = refusal(403, &Intent::on("list", &NODES, Some("ignored")), &[], "");
    assert_eq!(wide.problem.message(), "forbidden: list nodes");
}

#[test]
fn a_refusal_in_protobuf_says_the_same_and_its_bytes_are_never_shown() {
    let refused_with = |code, body: &[u8]| {
        let media = http::HeaderValue::from_static("application/vnd.kubernetes.protobuf");
        let headers = [(header::CONTENT_TYPE, media)].into_iter().collect();
        let intent = Intent::on("list", &PODS, None);
        refused(&peer(), &intent, StatusCode::from_u16(code).unwrap(), &headers, body)
    };
    let said = |code, reason: &str, message: &str| {
        let json = serde_json::json!({"code": code, "reason": reason, "message": message,
            "details": {"retryAfterSeconds": 4}});
        refused_with(code, &protobuf::test_encoder::answer("v1", "Status", &json, &[]))
    };
    let message = "pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" at the cluster scope";
    let forbidden = said(403, "Forbidden", message);
    assert_eq!(forbidden.problem.message(), "forbidden: list pods in all namespaces as dev");
    assert_eq!(said(410, "Expired", "the token is too old").cause, Cause::Gone);
    assert_eq!(said(429, "TooManyRequests", "slower").retry_after(), Some(Duration::from_secs(4)));
    let unknown = refused_with(418, b"k8s\0\x0a\x01");
    assert_eq!(unknown.problem.message(), "cannot list pods in all namespaces: 418");
}

#[test]
fn a_401_names_the_next_command() {
    let failure = refusal(401, &Intent::plain(), &[], "");
    assert_eq!(failure.problem.message(), "api:443 does not accept the credentials (401)");
    assert_eq!(failure.problem.hints()[0], "aws sso login --profile prod");
}

#[test]
fn throttling_carries_how_long_to_wait() {
    let failure = refusal(429, &Intent::plain(), &[("retry-after", "7")], "Too many requests");
    assert_eq!(failure.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(failure.problem.kind(), ProblemKind::Throttled);
    let in_body = r#"{"kind":"Status","code":503,"details":{"retryAfterSeconds":3}}"#;
    assert_eq!(refusal(503, &Intent::plain(), &[], in_body).retry_after(), Some(Duration::from_secs(3)));
    assert_eq!(refusal(503, &Intent::plain(), &[], "").cause, Cause::Server);
}

#[test]
fn other_refusals_keep_the_servers_words_on_one_line() {
    let gone = refusal(410, &Intent::plain(), &[], &status(410, "Expired", "too old resource version"));
    assert_eq!(gone.cause, Cause::Gone);
    let failure =
        refusal(500, &Intent::on("list", &PODS, None), &[], &status(500, "", "etcd\n\u{1b}[31mred"));
    assert_eq!(
        failure.problem.message(),
        "the API server cannot list pods in all namespaces: 500 etcd [31mred"
    );
    assert_eq!(refusal(404, &Intent::on("list", &PODS, None), &[], "").cause, Cause::Missing);
    assert_eq!(refusal(405, &Intent::on("watch", &PODS, None), &[], "").cause, Cause::NotOffered);
    assert_eq!(refusal(406, &Intent::plain(), &[], "").cause, Cause::NotAcceptable);
}

#[test]
fn certificates_are_named_with_their_dates_and_names() {
    use rustls::CertificateError as C;
    use rustls::pki_types::{ServerName, UnixTime};
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let told = |error: C| {
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(error));
        let failure = transport(&peer(), &wrapped);
        assert_eq!(failure.problem.kind(), ProblemKind::Certificate);
        failure.problem.message().to_owned()
    };
    assert_eq!(
        told(C::ExpiredContext { time: at(2_000_000_000), not_after: at(1_700_000_000) }),
        "the certificate of api:443 expired at 2023-11-14T22:13:20Z"
    );
    assert_eq!(
        told(C::NotValidYetContext { time: at(1_700_000_000), not_before: at(1_700_000_060) }),
        "the certificate of api:443 is valid from 2023-11-14T22:14:20Z, and here it is 2023-11-14T22:13:20Z"
    );
    assert!(told(C::UnknownIssuer).contains("not signed by a CA that is trusted here"));
    assert_eq!(told(C::UnknownIssuer), told(C::BadSignature));
    let name = C::NotValidForNameContext {
        expected: ServerName::try_from("api.example.com").unwrap().to_owned(),
        presented: vec!["DnsName(\"kubernetes\")".to_owned(), "10.0.0.1".to_owned()],
    };
    assert_eq!(told(name), "the certificate of api:443 is for kubernetes, 10.0.0.1, not for api.example.com");
}

#[test]
fn a_transport_error_is_told_once_by_its_root() {
    #[derive(Debug, thiserror::Error)]
    #[error("client error (Connect): {0}")]
    struct Outer(#[source] io::Error);
    let refused = Outer(io::Error::from(io::ErrorKind::ConnectionRefused));
    assert_eq!(transport(&peer(), &refused).problem.message(), "api:443 refuses connections");
    let odd = Outer(io::Error::other("the cable is cut"));
    assert_eq!(transport(&peer(), &odd).problem.message(), "api:443 cannot be reached: the cable is cut");
}

#[test]
fn a_text_from_outside_is_one_short_line() {
    assert_eq!(one_line(" a\n\n b\t\u{7}c "), "a b c");
    assert_eq!(one_line(&"x".repeat(1000)).chars().count(), 301);
}
