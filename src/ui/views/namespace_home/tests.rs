use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::event::Event;
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::CERTIFICATES;
use crate::fleet::namespace::Namespace;
use crate::fleet::pod::Pod;
use crate::fleet::quota::Quota;
use crate::fleet::workload::Workload;
use crate::fleet::{Problem, ProblemKind};
use crate::snapshot::Freshness;
use crate::ui::page::PageView;
use crate::ui::test_cluster::TestCluster;
use crate::ui::view::Handled;
use crate::ui::views::test_bench::{Bench, lines, object};
use crate::ui::widgets::sheet;

fn deployment(name: &str, ready: u32) -> Json {
    json!({"metadata": {"name": name, "namespace": "staging", "labels": {"app.kubernetes.io/version": "1.8.2"},
            "creationTimestamp": "2026-11-18T10:00:00Z"},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": "api:1.8.2"}]}}},
        "status": {"replicas": 2, "updatedReplicas": 2, "readyReplicas": ready, "availableReplicas": ready}})
}

fn pod() -> Json {
    json!({"metadata": {"name": "api-0", "namespace": "staging", "creationTimestamp": "2026-11-21T12:00:00Z"},
        "spec": {"nodeName": "n-1", "containers": [{"name": "api", "image": "api:1"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "api",
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}}]}})
}

fn bench(cluster: &TestCluster) -> Bench<PageView<NamespaceHome>> {
    let picture = cluster.picture();
    let namespace = object(&picture, NAMESPACES, None, "staging");
    Bench::new(NamespaceHome::open(&namespace), vec![picture])
}

fn typical() -> TestCluster {
    let other =
        json!({"metadata": {"name": "elsewhere", "namespace": "production"}, "spec": {"replicas": 9}});
    TestCluster::new()
        .with::<Namespace>(
            &NAMESPACES,
            &[json!({"metadata": {"name": "staging",
                "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}})],
        )
        .with::<Quota>(
            &RESOURCE_QUOTAS,
            &[json!({"metadata": {"name": "q", "namespace": "staging"},
                "status": {"hard": {"requests.cpu": "8"}, "used": {"requests.cpu": "3100m"}}})],
        )
        .with::<Workload>(&DEPLOYMENTS, &[deployment("web", 2), deployment("api", 1), other])
        .with::<Pod>(&PODS, &[pod()])
        .with::<Ingress>(
            &INGRESSES,
            &[json!({"metadata": {"name": "api", "namespace": "staging"}, "spec": {"rules": [{"host":
                "staging.cosner.cloud"}], "tls": [{"hosts": ["staging.cosner.cloud"]}]},
                "status": {"loadBalancer": {"ingress": [{"hostname": "alb.amazonaws.com"}]}}})],
        )
        .with::<Event>(
            &EVENTS,
            &[
                json!({"metadata": {"name": "a", "namespace": "staging"}, "type": "Normal", "reason": "Pulled",
                    "message": "ok", "lastTimestamp": "2026-11-21T12:59:00Z",
                    "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "staging"}}),
                json!({"metadata": {"name": "b", "namespace": "staging"}, "type": "Warning", "reason": "Failed",
                    "message": "tag\u{1b} 1.8.3 is not there", "count": 7, "lastTimestamp": "2026-11-21T12:50:00Z",
                    "involvedObject": {"kind": "Pod", "name": "api-0", "namespace": "staging"}}),
            ],
        )
}

#[test]
fn it_tells_what_runs_what_is_wrong_and_how_it_is_reached() {
    let mut bench = bench(&typical());
    let shown = bench.screen(120, 30).join("\n");
    for part in [
        "staging   Pod Security baseline   quota cpu 3.1/8",
        "WORKLOADS",
        "api          1/2  1.8.2",
        "PODS NOT OK",
        "ImagePullBackOff",
        "https://staging.cosner.cloud  → alb.amazonaws.com",
        "Pod api-0",
        "tag␛ 1.8.3 is not there (7 times)",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains("elsewhere"));
    let (warning, normal) = (shown.find("1.8.3 is not").unwrap(), shown.find("Pod web-1").unwrap());
    assert!(warning < normal, "warnings come first");
    let (api, web) = (shown.find("api  ").unwrap(), shown.find("web  ").unwrap());
    assert!(api < web, "what is not well comes first");
}

#[test]
fn every_line_that_can_be_chosen_opens_its_object() {
    let mut bench = bench(&typical());
    bench.screen(120, 30);
    let mut opened = Vec::new();
    for _ in 0..7 {
        if let Handled::Open(view) = bench.run("open") {
            opened.push(view.subject().unwrap());
        }
        bench.run("down");
        bench.screen(120, 30);
    }
    assert_eq!(
        opened,
        [
            "Namespace staging",
            "Deployment staging/api",
            "Deployment staging/web",
            "Pod staging/api-0",
            "Ingress staging/api",
            "Pod staging/api-0",
            "Pod staging/web-1",
        ]
    );
}

#[test]
fn who_may_read_little_sees_that_and_what_is_missing() {
    let forbidden = Freshness::Forbidden {
        problem: Problem::new(ProblemKind::Forbidden, "forbidden: list ingresses in staging"),
    };
    let cluster = TestCluster::new()
        .with::<Workload>(&DEPLOYMENTS, &[deployment("web", 2)])
        .with_freshness::<Ingress>(&INGRESSES, forbidden);
    let mut bench = bench(&cluster);
    let shown = bench.screen(100, 20).join("\n");
    assert!(shown.contains("web") && shown.contains("2/2"), "{shown}");
    assert!(shown.contains(" ⊘  ingresses  forbidden: list ingresses in staging"), "{shown}");
    assert!(shown.starts_with("▸○"), "it is not called fine: {shown}");
}

#[test]
fn it_fits_every_terminal_also_without_anything() {
    for cluster in [TestCluster::new(), typical()] {
        let mut bench = bench(&cluster);
        for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24), (200, 60)] {
            bench.screen(width, height);
            for id in sheet::COMMANDS {
                bench.run(id);
            }
        }
        assert!(lines(&bench.buffer(80, 24, true)).iter().all(|line| line.is_ascii() || line.contains('␛')));
    }
    assert!(bench(&TestCluster::new()).screen(80, 24).join("\n").contains("loading workloads"));
}

#[test]
fn a_table_that_has_just_become_complete_is_shown_at_once() {
    let mut bench = bench(&TestCluster::new().with::<Pod>(&PODS, &[pod()]));
    assert!(bench.screen(100, 20).iter().any(|line| line.contains("loading workloads")));
    // Within the same second.
    bench.snapshot.clusters = vec![typical().picture()];
    let shown = bench.screen(100, 20);
    assert!(shown.iter().any(|line| line.contains("web") && line.contains("2/2")), "{shown:?}");
}

#[test]
fn what_runs_in_the_next_environment_stands_beside_it_and_what_stricter_pod_security_would_refuse_below() {
    let next = json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "production"},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": "web:1.8.1"}]}}}});
    let certificate = json!({"metadata": {"name": "web-tls", "namespace": "staging"},
        "spec": {"dnsNames": ["staging.cosner.cloud"]}, "status": {"notAfter": "2027-01-20T13:00:00Z",
            "conditions": [{"type": "Ready", "status": "True"}]}});
    let labels = json!({"pod-security.kubernetes.io/enforce": "baseline"});
    let namespace = json!({"metadata": {"name": "staging", "labels": labels}, "status": {"phase": "Active"}});
    let cluster = typical()
        .with::<Namespace>(&NAMESPACES, &[namespace])
        .with::<Workload>(&DEPLOYMENTS, &[deployment("web", 2), deployment("api", 1), next])
        .with::<Certificate>(&CERTIFICATES, &[certificate])
        .wanting("environment = \"prod\"\n[namespaces.staging]\nnext = \"prod/production\"")
        .looking_at(&NAMESPACE_SUMS);
    let mut bench = bench(&cluster);
    let shown = bench.screen(120, 40).join("\n");
    assert!(shown.contains("next production"), "{shown}");
    assert!(shown.contains("1.8.2    1.8.1") && shown.contains("1.8.2    not there"), "{shown}");
    assert!(shown.contains("web-tls") && shown.contains("valid for 60d  staging.cosner.cloud"), "{shown}");
    assert!(shown.contains("Pod Security restricted would refuse 2 of 2 workloads"), "{shown}");
    assert!(shown.contains("allowPrivilegeEscalation, runAsNonRoot"), "{shown}");
    assert!(matches!(bench.run("differences"), Handled::Open(_)));
}
