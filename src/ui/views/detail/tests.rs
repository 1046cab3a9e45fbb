use serde_json::json;

use super::*;
use crate::fleet::ProblemKind;
use crate::fleet::event::Event;
use crate::fleet::kind::{NODES, SECRETS, SERVICES};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::ui::input::KeyCode;
use crate::ui::test_cluster::TestCluster;
use crate::ui::views::test_bench::{Bench, lines, object};

fn pod(name: &str, reason: &str) -> Value {
    json!({"kind": "Pod",
        "metadata": {"name": name, "namespace": "production", "uid": name, "labels": {"app": "api"},
            "creationTimestamp": "2026-11-21T12:00:00Z",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api-6c4", "controller": true}]},
        "spec": {"nodeName": "n-1", "containers": [{"name": "api", "image": "api:1"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "api", "state": {"waiting": {"reason": reason}}}]}})
}

fn event(name: &str, kind: &str, about: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "production"}, "type": kind, "reason": "BackOff",
        "message": "back-off\nrestarting", "count": 12, "lastTimestamp": "2026-11-21T12:58:00Z",
        "source": {"component": "kubelet"},
        "involvedObject": {"kind": "Pod", "namespace": "production", "name": about}})
}

fn cluster(reason: &str) -> TestCluster {
    TestCluster::new()
        .with::<Pod>(&PODS, &[pod("api-0", reason), pod("api-1", "ContainerCreating")])
        .with::<Node>(
            &NODES,
            &[json!({"metadata": {"name": "n-1"}, "status": {"allocatable": {"cpu": "2", "pods": "10"}}})],
        )
        .with::<Event>(&EVENTS, &[event("a", "Warning", "api-0"), event("b", "Warning", "other")])
}

fn opened(reason: &str) -> Bench<Detail> {
    let picture = cluster(reason).picture();
    let about = object(&picture, PODS, Some("production"), "api-0");
    let mut bench = Bench::new(Detail::open(&about), vec![picture]);
    assert_eq!(bench.asks(), [Effect::Fetch(about.clone())]);
    bench.view.fetched(&about, &Ok(Arc::new(pod("api-0", reason))));
    bench.asks();
    bench
}

#[test]
fn it_begins_with_the_verdict_and_what_happened() {
    let mut bench = opened("CrashLoopBackOff");
    let shown = bench.screen(110, 40);
    assert_eq!(shown[0], "  ✖ Pod  production/api-0  in myapp-prod  60m old");
    assert_eq!(shown[1].trim(), "api: back-off");
    assert_eq!(shown[3], "  EVENTS  1, 1 warning");
    assert!(shown[4].contains("12 times  BackOff  kubelet  back-off␊restarting"), "{shown:?}");
    let all = shown.join("\n");
    assert!(all.contains("owned by  ReplicaSet  production/api-6c4"), "{all}");
    assert!(!all.contains("other"), "the events of others are not told");
}

#[test]
fn lines_lead_to_what_they_name() {
    let mut bench = opened("CrashLoopBackOff");
    bench.screen(110, 40);
    let Handled::Open(node) = bench.run("node") else { panic!() };
    assert_eq!(node.subject().unwrap(), "Node n-1");
    let Handled::Open(owner) = bench.run("owner") else { panic!() };
    assert_eq!(owner.subject().unwrap(), "ReplicaSet production/api-6c4");
    bench.run("search");
    for c in "runs on".chars() {
        bench.with(|view, world| view.key(Key::char(c), world));
    }
    bench.with(|view, world| view.key(Key::plain(KeyCode::Enter), world));
    assert_eq!(bench.view.selected()[0].name.as_ref(), "n-1", "commands mean the row under the cursor");
    let Handled::Open(node) = bench.run("open") else { panic!() };
    assert_eq!(node.subject().unwrap(), "Node n-1");
    assert!(bench.view.unwind());
}

#[test]
fn a_changed_row_is_read_again_and_a_deleted_one_is_said_to_be_gone() {
    let mut bench = opened("CrashLoopBackOff");
    bench.screen(80, 24);
    assert_eq!(bench.asks(), []);
    let about = bench.view.subject.object.clone();
    bench.snapshot.clusters = vec![cluster("ImagePullBackOff").picture()];
    assert_eq!(bench.asks(), [Effect::Fetch(about.clone())]);
    assert_eq!(bench.asks(), [], "one request at a time");
    bench.view.fetched(&about, &Err(Problem::new(ProblemKind::Unreachable, "connection refused")));
    let shown = bench.screen(80, 24);
    assert!(shown[0].starts_with(" ~ as it was") && shown[0].ends_with("connection refused"), "{shown:?}");
    assert!(shown[1].contains("production/api-0"), "the last good one stays");
    bench.snapshot.clusters = vec![TestCluster::new().with::<Pod>(&PODS, &[]).picture()];
    bench.asks();
    assert!(bench.screen(80, 24)[0].contains("Pod is gone"));
}

#[test]
fn a_node_and_a_service_show_their_pods_worst_first() {
    let picture = cluster("CrashLoopBackOff").picture();
    let about = object(&picture, NODES, None, "n-1");
    let mut bench = Bench::new(Detail::open(&about), vec![Arc::clone(&picture)]);
    bench.view.fetched(&about, &Ok(Arc::new(json!({"kind": "Node", "metadata": {"name": "n-1"}}))));
    let shown = bench.screen(110, 30).join("\n");
    assert!(shown.contains("PODS  2"), "{shown}");
    assert!(shown.contains("pods              ████················  2 of 10"), "{shown}");
    assert!(shown.find("production/api-0").unwrap() < shown.find("production/api-1").unwrap(), "{shown}");

    let about = object(&picture, SERVICES, Some("production"), "api");
    let mut bench = Bench::new(Detail::open(&about), vec![picture]);
    let service = json!({"kind": "Service", "metadata": {"namespace": "production"}, "spec": {"selector": {"app": "api"}}});
    bench.view.fetched(&about, &Ok(Arc::new(service)));
    let interests = bench.with(|view, world| view.interests(world));
    assert!(interests.iter().any(|interest| interest.resource == PODS));
    assert!(bench.screen(110, 30).join("\n").contains("PODS  2"));
}

#[test]
fn a_secret_keeps_its_values_to_itself() {
    let picture = TestCluster::new().picture();
    let about = object(&picture, SECRETS, Some("production"), "app-secrets");
    let mut bench = Bench::new(Detail::open(&about), vec![picture]);
    let secret = json!({"kind": "Secret", "type": "Opaque", "data": {"password": "aHVudGVyMg=="},
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "aHVudGVyMg=="}}});
    bench.view.fetched(&about, &Ok(Arc::new(secret)));
    bench.run("unfold-all");
    let shown = bench.screen(110, 40).join("\n");
    assert!(shown.contains("password") && !shown.contains("aHVu"), "{shown}");
    let kept = bench.view.subject.value().unwrap().to_string();
    assert!(!kept.contains("aHVu"));
}

#[test]
fn what_may_not_be_read_says_why() {
    let mut bench = opened("CrashLoopBackOff");
    let about = bench.view.subject.object.clone();
    bench.view = Detail::open(&about);
    let problem =
        Problem::new(ProblemKind::Forbidden, "forbidden: get pods in production").with_hint("ask for a role");
    bench.view.fetched(&about, &Err(problem));
    let shown = bench.screen(60, 5);
    assert_eq!(shown[..2], [" ⊘ forbidden: get pods in production", "   ask for a role"]);
}

#[test]
fn every_command_works_on_every_size() {
    let mut bench = opened("CrashLoopBackOff");
    let offers = bench.with(|view, world| view.commands(world));
    for offer in offers {
        bench.run(offer.id);
        for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24), (200, 60)] {
            bench.screen(width, height);
        }
        bench.view.unwind();
    }
    assert!(lines(&bench.buffer(80, 5, true)).iter().all(|line| line.is_ascii()));
}
