use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::simulator::Simulator;
use crate::simulator::clock::SimClock;
use crate::simulator::controllers::pod;
use crate::simulator::store::{Key, Selection, Store};
use crate::simulator::world::field;

fn unfolded(name: &str) -> (Simulator, Demo) {
    let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
    let mut demo = Demo::quiet(&mut simulator, 1).unwrap();
    let scenario = find(name).unwrap();
    demo.apply(scenario).unwrap();
    demo.advance(scenario.unfolds);
    (simulator, demo)
}

fn pods(store: &Store, namespace: &str, app: &str) -> Vec<Value> {
    let selection = Selection::by_labels(&format!("app.kubernetes.io/name={app}")).unwrap();
    store.list("pods", Some(namespace), &selection).iter().map(|pod| pod.value()).collect()
}

fn first_state(pod: &Value) -> &Value {
    field::at(&field::list(pod, "status.containerStatuses")[0], "state")
}

#[test]
fn scenarios_are_sorted_named_once_and_described() {
    let names: Vec<&str> = list().map(|(name, _)| name).collect();
    assert!(names.is_sorted());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(list().all(|(_, description)| !description.is_empty()));
    assert!(find("no such trouble").is_none());
}

#[test]
fn every_file_of_the_folder_is_in_the_slice() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/simulator/scenarios")).unwrap();
    assert_eq!(files.count() - 1, SCENARIOS.len(), "all but the tests");
}

#[test]
fn crashloop_shows_the_api_of_development_backing_off() {
    let (simulator, _demo) = unfolded("crashloop");
    let pods = pods(simulator.cluster("myapp-dev").unwrap(), "development", "api");
    assert_eq!(field::text(first_state(&pods[0]), "waiting.reason"), "CrashLoopBackOff");
    assert!(field::number(&field::list(&pods[0], "status.containerStatuses")[0], "restartCount") >= 4);
}

#[test]
fn oom_shows_a_worker_that_was_killed() {
    let (simulator, _demo) = unfolded("oom");
    for pod in pods(simulator.cluster("myapp-prod").unwrap(), "production", "worker") {
        let status = &field::list(&pod, "status.containerStatuses")[0];
        assert_eq!(field::text(status, "lastState.terminated.reason"), "OOMKilled", "{status}");
        assert_eq!(field::number(status, "lastState.terminated.exitCode"), 137);
    }
}

#[test]
fn imagepull_shows_a_rollout_past_its_deadline_that_still_serves() {
    let (simulator, _demo) = unfolded("imagepull");
    let store = simulator.cluster("myapp-dev").unwrap();
    let deployment = store.get(&Key::namespaced("deployments.apps", "staging", "web")).unwrap();
    assert_eq!(
        field::text(field::condition(&deployment, "Progressing"), "reason"),
        "ProgressDeadlineExceeded"
    );
    assert_eq!(field::number(&deployment, "status.availableReplicas"), 2);
    assert!(
        pods(store, "staging", "web")
            .iter()
            .any(|pod| field::text(first_state(pod), "waiting.reason").starts_with("ImagePull"))
    );
}

#[test]
fn pending_shows_pods_without_a_node_and_the_schedulers_words() {
    let (simulator, _demo) = unfolded("pending");
    let waiting: Vec<Value> = pods(simulator.cluster("myapp-prod").unwrap(), "production", "api")
        .into_iter()
        .filter(|pod| field::text(pod, "spec.nodeName").is_empty())
        .collect();
    assert!(!waiting.is_empty());
    let message = field::text(field::condition(&waiting[0], "PodScheduled"), "message");
    assert!(
        message.starts_with("0/6 nodes are available: ") && message.contains("4 Insufficient cpu"),
        "{message}"
    );
}

#[test]
fn node_notready_shows_a_silent_node_and_pods_that_cannot_end() {
    let (simulator, _demo) = unfolded("node-notready");
    let store = simulator.cluster("myapp-prod").unwrap();
    let node = store.get(&Key::cluster("nodes", "ip-10-1-13-60.ec2.internal")).unwrap();
    assert_eq!(field::text(field::condition(&node, "Ready"), "status"), "Unknown");
    let web = pods(store, "production", "web");
    assert_eq!(web.iter().filter(|pod| pod::is_ready(pod) && !pod::is_terminating(pod)).count(), 3);
    let on_it = Selection::parse("", "spec.nodeName=ip-10-1-13-60.ec2.internal").unwrap();
    let production: Vec<Value> =
        store.list("pods", Some("production"), &on_it).iter().map(|pod| pod.value()).collect();
    assert!(!production.is_empty() && production.iter().all(pod::is_terminating));
}

#[test]
fn stuck_termination_shows_a_pod_long_past_its_grace_and_its_successor() {
    let (simulator, _demo) = unfolded("stuck-termination");
    let workers = pods(simulator.cluster("myapp-dev").unwrap(), "staging", "worker");
    assert_eq!(workers.len(), 2);
    assert_eq!(workers.iter().filter(|pod| pod::is_terminating(pod)).count(), 1);
    assert_eq!(workers.iter().filter(|pod| pod::is_ready(pod)).count(), 1);
}

#[test]
fn hostile_text_leaves_the_controllers_unmoved() {
    let (simulator, mut demo) = unfolded("hostile-text");
    let store = simulator.cluster("myapp-dev").unwrap();
    let hostile = Selection::by_labels("hostile").unwrap();
    assert_eq!(store.list("pods", Some("development"), &hostile).len(), hostile_text::TEXTS.len());
    let events = Selection::parse("", "reason=Hostile").unwrap();
    assert_eq!(store.list("events", Some("development"), &events).len(), hostile_text::TEXTS.len());
    assert_eq!(demo.cluster("myapp-dev").unwrap().refused().count(), 0);
    assert_eq!(pods(store, "development", "api").len(), 1);
}

async fn code(simulator: &Simulator, cluster: &str, path: &str) -> Option<u16> {
    let request = http::Request::get(path).body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    let answer = tower::ServiceExt::oneshot(simulator.service(cluster).unwrap(), request).await;
    answer.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn narrow_rights_leave_one_namespace_and_nothing_else() {
    let (simulator, _demo) = unfolded("narrow-rights");
    for (cluster, path, wanted) in [
        ("myapp-dev", "/api/v1/namespaces/staging/pods", 200),
        ("myapp-dev", "/apis/apps/v1/namespaces/staging/deployments", 200),
        ("myapp-dev", "/api/v1/namespaces/staging/secrets", 403),
        ("myapp-dev", "/api/v1/namespaces/development/pods", 403),
        ("myapp-dev", "/api/v1/pods", 403),
        ("myapp-dev", "/api/v1/nodes", 403),
        ("myapp-dev", "/api", 200),
        ("myapp-prod", "/api/v1/namespaces", 403),
    ] {
        assert_eq!(code(&simulator, cluster, path).await, Some(wanted), "{cluster} {path}");
    }
}

#[tokio::test]
async fn unreachable_lets_only_production_go_dark() {
    let (simulator, _demo) = unfolded("unreachable");
    assert_eq!(code(&simulator, "myapp-prod", "/version").await, None);
    assert_eq!(code(&simulator, "myapp-dev", "/version").await, Some(200));
}
