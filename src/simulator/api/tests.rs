mod writing;

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tower::ServiceExt;

use super::*;
use crate::simulator::Simulator;
use crate::simulator::clock::SimClock;
use crate::simulator::store::{Key, Line};

struct World {
    simulator: Simulator,
    store: Store,
}

impl World {
    fn new() -> Self {
        let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
        let store = simulator.add_cluster("myapp-dev");
        store
            .create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "staging"}}))
            .unwrap();
        Self { simulator, store }
    }

    fn with_pods(count: usize) -> Self {
        let world = Self::new();
        (0..count).for_each(|number| world.pod(&format!("web-{number}")));
        world
    }

    fn pod(&self, name: &str) {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "staging", "labels": {"app": "web"},
            "creationTimestamp": "2026-11-21T10:40:00Z"},
            "spec": {"nodeName": "n", "containers": [{"name": "web", "image": "web:1"}]},
            "status": {"phase": "Running", "podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [{"name": "web", "ready": true, "restartCount": 0, "state": {"running": {}}}]}});
        self.store.create(&pod).unwrap();
    }

    async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        self.simulator.service("myapp-dev").unwrap().oneshot(request).await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let response = self.raw(method, path, headers, body).await;
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (code, serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))))
    }

    async fn get(&self, path: &str) -> Value {
        self.ask("GET", path, &[], &Value::Null).await.1
    }

    async fn patch(&self, kind: &str, path: &str, body: Value) -> (u16, Value) {
        self.ask("PATCH", path, &[("content-type", &format!("application/{kind}"))], &body).await
    }

    fn key(&self, name: &str) -> Key {
        Key::namespaced("pods", "staging", name)
    }
}

/// Reads the events of a watch one by one.
struct Events {
    body: Body,
    rest: Vec<u8>,
}

impl Events {
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            self.rest.extend(self.body.frame().await?.unwrap().into_data().unwrap());
        }
    }

    async fn told(&mut self) -> (String, String) {
        let event = self.next().await.expect("the watch goes on");
        let name = event.pointer("/object/metadata/name").and_then(Value::as_str).unwrap_or_default();
        (event["type"].as_str().unwrap().to_owned(), name.to_owned())
    }
}

impl World {
    async fn watch(&self, path: &str) -> Events {
        Events { body: self.raw("GET", path, &[], "").await.into_body(), rest: Vec::new() }
    }
}

fn told(kind: &str, name: &str) -> (String, String) {
    (kind.to_owned(), name.to_owned())
}

const PODS: &str = "/api/v1/namespaces/staging/pods";

#[tokio::test]
async fn a_list_comes_in_pieces_of_one_moment() {
    let world = World::with_pods(5);
    let first = world.get("/api/v1/pods?limit=2").await;
    assert_eq!(
        (first["kind"].as_str(), first["metadata"]["remainingItemCount"].as_i64()),
        (Some("PodList"), Some(3))
    );
    assert!(first["items"][0].get("kind").is_none());
    world
        .store
        .delete(
            &world.key("web-3"),
            &crate::simulator::store::DeleteOptions { grace_seconds: Some(0), ..Default::default() },
        )
        .unwrap();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let rest = world.get(&format!("/api/v1/pods?limit=9&continue={token}")).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 3);
    assert_eq!(rest["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert!(rest["metadata"].get("continue").is_none());
    let selected = world.get("/api/v1/pods?limit=2&labelSelector=app").await;
    assert!(
        selected["metadata"].get("continue").is_some()
            && selected["metadata"].get("remainingItemCount").is_none()
    );
}

#[tokio::test]
async fn a_piece_after_compaction_has_expired_but_may_go_on_without_consistency() {
    let world = World::with_pods(5);
    let first = world.get("/api/v1/pods?limit=2").await;
    world.pod("web-9");
    world.store.compact();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let expired = world.get(&format!("/api/v1/pods?limit=9&continue={token}")).await;
    assert_eq!((expired["code"].as_i64(), expired["reason"].as_str()), (Some(410), Some("Expired")));
    let token = expired["metadata"]["continue"].as_str().unwrap();
    assert_eq!(
        world.get(&format!("/api/v1/pods?continue={token}")).await["items"].as_array().unwrap().len(),
        4
    );
}

#[tokio::test]
async fn a_watch_tells_the_state_then_every_change() {
    let world = World::with_pods(1);
    let mut events = world.watch("/api/v1/pods?watch=1").await;
    assert_eq!(events.told().await, told("ADDED", "web-0"));
    world.pod("web-1");
    assert_eq!(events.told().await, told("ADDED", "web-1"));
    world.store.patch_status(&world.key("web-1"), &json!({"phase": "Failed"})).unwrap();
    assert_eq!(events.told().await, told("MODIFIED", "web-1"));
    world.store.delete(&world.key("web-1"), &Default::default()).unwrap();
    assert_eq!(events.told().await, told("DELETED", "web-1"));
}

#[tokio::test]
async fn an_object_that_leaves_a_selection_is_deleted_for_its_watchers() {
    let world = World::with_pods(1);
    let from = world.store.resource_version();
    let mut events = world
        .watch(&format!("/api/v1/pods?watch=1&resourceVersion={from}&fieldSelector=status.phase%3DRunning"))
        .await;
    world.store.patch_status(&world.key("web-0"), &json!({"phase": "Failed"})).unwrap();
    let event = events.next().await.unwrap();
    assert_eq!(
        (event["type"].as_str(), event["object"]["status"]["phase"].as_str()),
        (Some("DELETED"), Some("Running"))
    );
    assert_eq!(event["object"]["metadata"]["resourceVersion"], world.store.resource_version().to_string());
    world.store.patch_status(&world.key("web-0"), &json!({"phase": "Running"})).unwrap();
    assert_eq!(events.told().await, told("ADDED", "web-0"));
}

#[tokio::test]
async fn a_watch_from_a_forgotten_version_is_told_so_and_ends() {
    let world = World::with_pods(1);
    let from = world.store.resource_version();
    world.pod("web-1");
    world.store.compact();
    let mut events = world.watch(&format!("/api/v1/pods?watch=1&resourceVersion={from}")).await;
    let event = events.next().await.unwrap();
    assert_eq!((event["type"].as_str(), event["object"]["code"].as_i64()), (Some("ERROR"), Some(410)));
    assert!(event["object"]["message"].as_str().unwrap().starts_with("too old resource version: "));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_streaming_list_marks_its_end() {
    let world = World::with_pods(1);
    let mut events =
        world.watch("/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true").await;
    assert_eq!(events.told().await, told("ADDED", "web-0"));
    let mark = events.next().await.unwrap();
    assert_eq!(mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    assert_eq!(mark["object"]["spec"], json!({"containers": null}));
    let (code, refused) =
        world.ask("GET", "/api/v1/pods?watch=1&sendInitialEvents=true", &[], &Value::Null).await;
    assert_eq!((code, refused["reason"].as_str()), (422, Some("Invalid")));
}

#[tokio::test]
async fn a_watch_ends_when_connections_are_dropped() {
    let world = World::with_pods(1);
    let mut events = world.watch("/api/v1/pods?watch=1").await;
    events.told().await;
    world.store.faults().drop_watches();
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_table_has_the_columns_and_cells_of_kubectl() {
    let world = World::with_pods(1);
    let accept = ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
    let (_, table) = world.ask("GET", "/api/v1/pods", &[accept], &Value::Null).await;
    let names: Vec<&str> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[..6], ["Name", "Ready", "Status", "Restarts", "Age", "IP"]);
    assert_eq!(
        table["rows"][0]["cells"],
        json!(["web-0", "1/1", "Running", "0", "2m7s", "10.0.0.1", "n", "<none>", "<none>"])
    );
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    let (_, bare) = world.ask("GET", "/api/v1/pods?includeObject=None", &[accept], &Value::Null).await;
    assert!(bare["rows"][0]["object"].is_null());
}

#[tokio::test]
async fn a_definition_serves_its_kind_at_once() {
    let world = World::new();
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "shortNames": ["wd"]},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]}]}});
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(world.ask("POST", path, &[], &definition).await.0, 201);
    let widgets = "/apis/example.com/v1/namespaces/staging/widgets";
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}, "spec": {"size": 3}});
    assert_eq!(world.ask("POST", widgets, &[], &widget).await.0, 201);
    let (_, table) = world
        .ask("GET", widgets, &[("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")], &Value::Null)
        .await;
    assert_eq!(table["rows"][0]["cells"], json!(["a", 3]));
    assert_eq!(world.get(widgets).await["items"][0]["kind"], "Widget");
    assert_eq!(world.get("/apis/example.com/v1").await["resources"][0]["shortNames"], json!(["wd"]));
    let (code, _) = world.patch("strategic-merge-patch+json", &format!("{widgets}/a"), json!({})).await;
    assert_eq!(code, 415);
}

#[tokio::test]
async fn discovery_is_served_in_both_forms() {
    let world = World::new();
    assert_eq!(world.get("/apis/apps").await["preferredVersion"]["groupVersion"], "apps/v1");
    let (_, all) = world.ask("GET", "/apis", &[("accept", discovery::AGGREGATED)], &Value::Null).await;
    assert_eq!(all["kind"], "APIGroupDiscoveryList");
    let apps =
        all["items"].as_array().unwrap().iter().find(|group| group["metadata"]["name"] == "apps").unwrap();
    assert_eq!(apps["versions"][0]["resources"][2]["resource"], "deployments");
    assert_eq!(world.get("/version").await["minor"], "36");
    assert_eq!(world.get("/livez").await, "ok");
    assert_eq!(world.get("/nowhere").await, "404 page not found\n");
}

#[tokio::test]
async fn logs_are_read_and_followed() {
    let world = World::with_pods(1);
    let print = |second: i64, text: &str| {
        let at = jiff::Timestamp::from_second(1_795_257_720 + second).unwrap();
        world.store.logs().append("staging", "web-0", "web", Line { at, text: text.into() });
    };
    print(0, "one");
    print(1, "two");
    let at = format!("{PODS}/web-0/log");
    assert_eq!(world.get(&at).await, "one\ntwo\n");
    assert_eq!(
        world.get(&format!("{at}?tailLines=1&timestamps=true")).await,
        "2026-11-21T10:42:01.000000000Z two\n"
    );
    assert_eq!(world.get(&format!("{at}?limitBytes=5")).await, "one\nt");
    assert_eq!(world.get(&format!("{at}?sinceSeconds=6")).await, "two\n");
    let mut body = world.raw("GET", &format!("{at}?follow=true&tailLines=1"), &[], "").await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "two\n");
    print(2, "three");
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "three\n");
    world.store.logs().restart("staging", "web-0", "web");
    assert!(body.frame().await.is_none());
    let (code, refused) = world.ask("GET", &format!("{at}?previous=true"), &[], &Value::Null).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (400, Some("previous terminated container \"web\" in pod \"web-0\" not found"))
    );
    let refused = world.get(&format!("{at}?container=nope")).await;
    assert_eq!(refused["message"], "container nope is not valid for pod web-0");
}

#[tokio::test]
async fn roles_are_enforced_for_who_asks() {
    let world = World::with_pods(1);
    world.store.users().admit("secret", User::new("developer", &[]));
    let token = [("authorization", "Bearer secret")];
    let (code, refused) = world.ask("GET", "/api/v1/pods", &token, &Value::Null).await;
    assert_eq!(code, 403);
    assert_eq!(
        refused["message"],
        "pods is forbidden: User \"developer\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
    );
    let review = json!({"kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {"verb": "list", "resource": "pods"}}});
    let (code, answer) =
        world.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &token, &review).await;
    assert_eq!((code, answer["status"]["allowed"].as_bool()), (201, Some(false)));
    let (code, _) =
        world.ask("GET", "/api/v1/pods", &[("authorization", "Bearer wrong")], &Value::Null).await;
    assert_eq!(code, 401);
    assert_eq!(world.ask("GET", "/apis/apps/v1", &token, &Value::Null).await.0, 200);
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_accept_it() {
    let world = World::with_pods(500);
    let response = world.raw("GET", "/api/v1/pods", &[("accept-encoding", "gzip")], "").await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let packed = response.into_body().collect().await.unwrap().to_bytes();
    let list: Value = serde_json::from_reader(flate2::read::GzDecoder::new(packed.as_ref())).unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 500);
    let small = world.raw("GET", "/api/v1/pods?limit=2", &[("accept-encoding", "gzip")], "").await;
    assert!(!small.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn faults_strike_and_pass() {
    let world = World::with_pods(3);
    let faults = world.store.faults();
    faults.harm("/api/v1/pods", 1, Harm::Answer { code: 429, retry_after: Some(2) });
    let stormy = world.raw("GET", "/api/v1/pods", &[], "").await;
    assert_eq!((stormy.status().as_u16(), stormy.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    faults.harm("/api", 1, Harm::WebPage);
    assert!(world.get("/api/v1/pods").await.as_str().unwrap().starts_with("<!DOCTYPE html>"));
    faults.harm("/api", 1, Harm::CutShort);
    let cut = world.raw("GET", "/api/v1/pods", &[], "").await;
    assert!(cut.into_body().collect().await.is_err());
    faults.harm("/api", 1, Harm::NeverAnswered);
    let silent = tokio::time::timeout(Duration::from_millis(5), world.get("/api/v1/pods")).await;
    assert!(silent.is_err());
    faults.refuse_credentials();
    assert_eq!(world.ask("GET", "/api/v1/pods", &[], &Value::Null).await.0, 401);
    faults.clear();
    faults.skew(jiff::SignedDuration::from_hours(1));
    let skewed = world.raw("GET", "/api/v1/pods", &[], "").await;
    assert_eq!(skewed.headers()["date"], "Sat, 21 Nov 2026 11:42:07 GMT");
    faults.refuse_connections();
    let refused =
        world.simulator.service("myapp-dev").unwrap().oneshot(Request::new(Full::new(Bytes::new()))).await;
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn requests_are_remembered_and_can_be_counted() {
    let world = World::new();
    world.ask("GET", "/api/v1/pods?limit=5", &[("user-agent", "pilothouse/0.1")], &Value::Null).await;
    world.get("/nope").await;
    let requests = world.store.requests();
    assert_eq!(requests.all()[0].query, "limit=5");
    assert_eq!(
        requests.count(|request| request.status == Some(200) && request.user_agent == "pilothouse/0.1"),
        1
    );
    assert_eq!(requests.count(|request| request.status == Some(404)), 1);
}

#[tokio::test]
async fn usage_comes_from_the_annotations_of_pods() {
    let world = World::with_pods(1);
    world
        .store
        .edit(&world.key("web-0"), |pod| {
            crate::simulator::store::set(
                pod,
                "metadata",
                "annotations",
                json!({"kwok.x-k8s.io/usage-cpu": "31m", "kwok.x-k8s.io/usage-memory": "28Mi"}),
            );
            Ok(())
        })
        .unwrap();
    world.store.create(&json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})).unwrap();
    let pods = world.get("/apis/metrics.k8s.io/v1beta1/pods").await;
    assert_eq!(pods["items"][0]["containers"][0]["usage"], json!({"cpu": "31000000n", "memory": "28672Ki"}));
    let node = world.get("/apis/metrics.k8s.io/v1beta1/nodes/n").await;
    assert_eq!(
        (node["kind"].as_str(), node["usage"]["cpu"].as_str()),
        (Some("NodeMetrics"), Some("91000000n"))
    );
}

#[tokio::test]
async fn events_are_served_by_both_of_their_groups() {
    let world = World::new();
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "staging"}, "message": "hello",
        "involvedObject": {"kind": "Pod", "name": "web-0"}, "type": "Normal"});
    world.store.create(&event).unwrap();
    let new = world.get("/apis/events.k8s.io/v1/events?fieldSelector=regarding.name%3Dweb-0").await;
    assert_eq!(
        (new["items"][0]["note"].as_str(), new["items"][0]["regarding"]["name"].as_str()),
        (Some("hello"), Some("web-0"))
    );
}

#[tokio::test]
async fn an_autoscaler_is_served_in_its_old_version_too() {
    let world = World::new();
    let autoscaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "staging"},
        "spec": {"maxReplicas": 6, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 70}}}]}});
    world.store.create(&autoscaler).unwrap();
    let at = "/apis/autoscaling/v1/namespaces/staging/horizontalpodautoscalers/web";
    let old = world.get(at).await;
    assert_eq!(old["spec"], json!({"maxReplicas": 6, "targetCPUUtilizationPercentage": 70}));
    assert_eq!(world.patch("merge-patch+json", at, json!({})).await.0, 501);
}

#[tokio::test]
async fn wrong_requests_are_refused_in_the_words_of_a_real_server() {
    let world = World::with_pods(1);
    let said = async |method: &str, path: &str, body: &Value| {
        let (code, status) = world.ask(method, path, &[], body).await;
        (code, status["message"].as_str().unwrap_or_default().to_owned())
    };
    let nothing = Value::Null;
    assert_eq!(
        said("GET", "/api/v1/pods?fieldSelector=foo%3Dbar", &nothing).await,
        (400, "field label not supported: foo".to_owned())
    );
    assert_eq!(
        said("GET", "/api/v1/pods?fieldSelector=abc", &nothing).await,
        (400, "invalid selector: 'abc'; can't understand 'abc'".to_owned())
    );
    assert_eq!(
        said("GET", "/api/v1/foos", &nothing).await.1,
        "the server could not find the requested resource"
    );
    assert_eq!(said("POST", "/api/v1/pods", &json!({})).await.0, 405);
    assert_eq!(said("DELETE", "/api/v1/pods", &nothing).await.0, 405);
    assert_eq!(said("GET", "/api/v1/pods?resourceVersion=99999999", &nothing).await.0, 504);
    assert_eq!(said("GET", &format!("{PODS}/web-0/exec"), &nothing).await.0, 501);
    let (code, message) = said("POST", PODS, &json!({})).await;
    assert_eq!(
        (code, message.as_str()),
        (422, "Pod \"\" is invalid: metadata.name: Required value: name or generateName is required")
    );
    let elsewhere = json!({"metadata": {"name": "a", "namespace": "production"}});
    assert_eq!(
        said("POST", PODS, &elsewhere).await.1,
        "the namespace of the provided object does not match the namespace sent on the request"
    );
}

#[tokio::test]
async fn a_listener_speaks_over_tcp_and_refuses_when_told() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let world = World::new();
    let listener = world.simulator.listen("myapp-dev").await.unwrap();
    let ask = async || {
        let mut stream = tokio::net::TcpStream::connect(listener.address()).await?;
        stream.write_all(b"GET /version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    assert!(ask().await.unwrap().starts_with("HTTP/1.1 200 OK"));
    world.store.faults().refuse_connections();
    assert!(ask().await.is_err() || ask().await.unwrap().is_empty());
}
