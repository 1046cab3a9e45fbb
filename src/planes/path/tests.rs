//! Hostnames followed through clusters made of JSON.

use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::endpoint_slice::EndpointSlice;
use crate::fleet::ingress::Ingress;
use crate::fleet::ingress_class::IngressClass;
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::secrets::secret_meta::SecretMeta;
use crate::fleet::service::Service;
use crate::fleet::workload::Workload;
use crate::fleet::{Problem, ProblemKind, Timestamp};
use crate::planes::known;
use crate::snapshot::Freshness;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn now() -> Timestamp {
    Timestamp::parse(NOW)
}

fn ingress(name: &str, class: &str, rules: Json) -> Json {
    json!({"metadata": {"name": name, "namespace": "web", "creationTimestamp": "2026-11-21T10:00:00Z"},
        "spec": {"ingressClassName": class, "rules": rules},
        "status": {"loadBalancer": {"ingress": [{"hostname": "edge.elb.amazonaws.com"}]}}})
}

fn rule(host: &str, service: &str, port: Json) -> Json {
    json!({"host": host, "http": {"paths": [{"path": "/", "backend": {"service": {"name": service, "port": port}}}]}})
}

fn service(namespace: &str, name: &str, spec: Json) -> Json {
    json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec})
}

fn slice(namespace: &str, service: &str, ready: &[bool]) -> Json {
    let endpoints: Vec<Json> = ready.iter().map(|ready| json!({"conditions": {"ready": ready}})).collect();
    json!({"metadata": {"name": format!("{service}-1"), "namespace": namespace, "labels": {"kubernetes.io/service-name": service}},
        "ports": [{"name": "http", "port": 8080}], "endpoints": endpoints})
}

fn pod(namespace: &str, name: &str, app: &str, node: &str, ready: bool) -> Json {
    json!({"metadata": {"name": name, "namespace": namespace, "labels": {"app": app}, "creationTimestamp": "2026-11-21T10:00:00Z"},
        "spec": {"nodeName": node, "containers": [{"name": "app", "image": "app:1"}]},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }, "lastTransitionTime": "2026-11-21T12:00:00Z"}],
            "containerStatuses": [{"name": "app", "ready": ready, "state": {"running": {"startedAt": "2026-11-21T10:00:00Z"}}}]}})
}

fn node(name: &str, ready: &str) -> Json {
    json!({"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready, "message": "kubelet stopped", "lastTransitionTime": "2026-11-21T12:51:00Z"}]}})
}

fn api_port() -> Json {
    json!({"selector": {"app": "api"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]})
}

/// `api.cosner.cloud` of class nginx, served by ingress-nginx behind an ALB.
fn whole() -> TestCluster {
    let controller = json!({"kind": "Deployment", "metadata": {"name": "ingress-nginx-controller", "namespace": "edge"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "nginx"}}, "template": {"metadata": {"labels": {"app": "nginx"}},
            "spec": {"containers": [{"name": "controller", "image": "registry.k8s.io/ingress-nginx/controller:v1.13.3"}]}}},
        "status": {"readyReplicas": 1, "replicas": 1}});
    let mut front = ingress(
        "edge",
        "alb",
        json!([{"http": {"paths": [{"path": "/", "backend": {"service": {"name": "nginx", "port": {"number": 80}}}}]}}]),
    );
    front["metadata"]["namespace"] = json!("edge");
    let api = ingress("api", "nginx", json!([rule("api.cosner.cloud", "api", json!({"name": "http"}))]));
    TestCluster::new()
        .with::<IngressClass>(
            &INGRESS_CLASSES,
            &[
                json!({"metadata": {"name": "nginx"}, "spec": {"controller": "k8s.io/ingress-nginx"}}),
                json!({"metadata": {"name": "alb"}, "spec": {"controller": "mesh.example.com/alb"}}),
            ],
        )
        .with::<Workload>(&DEPLOYMENTS, &[controller])
        .with::<Workload>(&DAEMON_SETS, &[])
        .with::<Ingress>(&INGRESSES, &[front, api])
        .with::<Service>(
            &SERVICES,
            &[
                service("edge", "nginx", json!({"type": "NodePort", "selector": {"app": "nginx"}, "ports": [{"name": "http", "port": 80, "nodePort": 30080, "targetPort": "http"}]})),
                service("web", "api", api_port()),
            ],
        )
        .with::<EndpointSlice>(
            &ENDPOINT_SLICES,
            &[slice("edge", "nginx", &[true]), slice("web", "api", &[true, true])],
        )
        .with::<Pod>(
            &PODS,
            &[
                pod("edge", "nginx-1", "nginx", "n1", true),
                pod("web", "api-1", "api", "n1", true),
                pod("web", "api-2", "api", "n2", true),
            ],
        )
        .with::<Node>(&NODES, &[node("n1", "True"), node("n2", "True")])
}

fn follow_in(cluster: TestCluster, name: &str) -> Path {
    let picture = cluster.picture();
    follow(&[&picture], name, now())
}

fn broken(path: &Path) -> (&'static str, &str, &str) {
    let hop = &path.hops[path.broken().expect("something is broken")];
    (hop.stage.kind(), &hop.name, &hop.statement)
}

fn stages(path: &Path) -> Vec<(&'static str, &str)> {
    path.hops.iter().map(|hop| (hop.stage.kind(), &*hop.name)).collect()
}

#[test]
fn a_name_is_followed_through_the_load_balancer_and_the_controller_to_its_pods_and_nodes() {
    let path = follow_in(whole(), "https://API.cosner.cloud:443/v2?x=1");
    assert_eq!(path.hostname, "api.cosner.cloud");
    assert_eq!(
        stages(&path),
        [
            ("RecordSet", "api.cosner.cloud"),
            ("LoadBalancer", "edge.elb.amazonaws.com"),
            ("Ingress", "edge"),
            ("Service", "nginx"),
            ("EndpointSlice", "nginx-1"),
            ("Pod", "nginx-1"),
            ("Node", "n1"),
            ("Ingress", "api"),
            ("Service", "api"),
            ("EndpointSlice", "api-1"),
            ("Pod", "api-1"),
            ("Node", "n1"),
            ("Pod", "api-2"),
            ("Node", "n2"),
        ]
    );
    assert_eq!(path.broken(), None, "{:#?}", path.hops);
    // What AWS has is not read, and never shown as fine or broken.
    assert!(path.hops.iter().take(2).all(|hop| hop.verdict == Verdict::Unknown));
}

#[test]
fn a_service_that_is_not_there_is_where_it_breaks() {
    let api = ingress("api", "nginx", json!([rule("api.cosner.cloud", "gone", json!({"number": 80}))]));
    let path = follow_in(whole().with::<Ingress>(&INGRESSES, &[api]), "api.cosner.cloud");
    assert_eq!(broken(&path), ("Service", "gone", "does not exist"));
}

#[test]
fn a_port_that_the_service_lacks_is_named_with_those_it_has() {
    let api = ingress("api", "nginx", json!([rule("api.cosner.cloud", "api", json!({"number": 8080}))]));
    let path = follow_in(whole().with::<Ingress>(&INGRESSES, &[api]), "api.cosner.cloud");
    assert_eq!(broken(&path), ("Service", "api", "has no port 8080; it has http/80"));
}

#[test]
fn a_node_that_is_lost_is_under_its_pod_and_those_in_trouble_come_first() {
    let cluster = whole()
        .with::<Pod>(
            &PODS,
            &[pod("web", "api-1", "api", "n1", true), pod("web", "api-2", "api", "n2", false)],
        )
        .with::<Node>(&NODES, &[node("n1", "True"), node("n2", "Unknown")])
        .with::<EndpointSlice>(
            &ENDPOINT_SLICES,
            &[slice("edge", "nginx", &[true]), slice("web", "api", &[true, false])],
        );
    let path = follow_in(cluster, "api.cosner.cloud");
    assert_eq!(broken(&path), ("Node", "n2", "NotReady for 9m: kubelet stopped"));
    let pods: Vec<&str> =
        path.hops.iter().filter(|hop| hop.stage == Stage::Pod).map(|hop| &*hop.name).collect();
    assert_eq!(pods, ["api-2", "api-1"]);
}

#[test]
fn a_selector_that_matches_nothing_is_said_with_its_labels() {
    let lost =
        service("web", "api", json!({"selector": {"app": "apy"}, "ports": [{"name": "http", "port": 80}]}));
    let cluster = whole().with::<Service>(&SERVICES, &[lost]).with::<EndpointSlice>(&ENDPOINT_SLICES, &[]);
    let path = follow_in(cluster, "api.cosner.cloud");
    assert_eq!(broken(&path), ("EndpointSlice", "api", "none: no pod has app=apy"));
}

#[test]
fn an_exact_name_comes_before_a_wildcard_and_a_wildcard_covers_one_label() {
    let wild = ingress("wild", "nginx", json!([rule("*.cosner.cloud", "api", json!({"name": "http"}))]));
    let api = ingress("api", "nginx", json!([rule("api.cosner.cloud", "api", json!({"name": "http"}))]));
    let cluster = || whole().with::<Ingress>(&INGRESSES, &[wild.clone(), api.clone()]);
    let ingresses = |name: &str| -> Vec<String> {
        let path = follow_in(cluster(), name);
        let hops = path.hops.iter().filter(|hop| hop.stage == Stage::Ingress);
        hops.map(|hop| hop.name.to_string()).collect()
    };
    assert_eq!(ingresses("api.cosner.cloud"), ["api"]);
    assert_eq!(ingresses("other.cosner.cloud"), ["wild"]);
    assert_eq!(ingresses("a.b.cosner.cloud"), Vec::<String>::new());
    assert!(follow_in(whole(), "nowhere.example.com").leads_nowhere(), "the front alone leads nowhere");
}

#[test]
fn a_class_that_nobody_serves_breaks_the_ingress() {
    let api = ingress("api", "mesh", json!([rule("api.cosner.cloud", "api", json!({"name": "http"}))]));
    let path = follow_in(whole().with::<Ingress>(&INGRESSES, &[api]), "api.cosner.cloud");
    let (kind, _, words) = broken(&path);
    assert_eq!(kind, "Ingress");
    assert!(words.starts_with("nobody serves it: class mesh does not exist"), "{words}");
    let gone = whole().with::<Workload>(&DEPLOYMENTS, &[]);
    let path = follow_in(gone, "api.cosner.cloud");
    let (_, _, words) = broken(&path);
    assert!(words.starts_with("nobody serves class nginx: ingress-nginx does not run here"), "{words}");
}

#[test]
fn certificates_that_are_missing_or_expired_break_the_ingress_and_unread_secrets_do_not() {
    let mut api = ingress("api", "nginx", json!([rule("api.cosner.cloud", "api", json!({"name": "http"}))]));
    api["spec"]["tls"] = json!([{"hosts": ["api.cosner.cloud"], "secretName": "api-tls"}]);
    let cluster = || whole().with::<Ingress>(&INGRESSES, &[api.clone()]);
    assert_eq!(follow_in(cluster(), "api.cosner.cloud").broken(), None, "nobody could look");
    let path = follow_in(cluster().with::<SecretMeta>(&SECRETS, &[]), "api.cosner.cloud");
    assert!(broken(&path).2.starts_with("its TLS secret api-tls does not exist"), "{path:?}");
    let certificate = json!({"metadata": {"name": "api", "namespace": "web"}, "spec": {"secretName": "api-tls"}, "status": {"notAfter": "2026-11-20T13:00:00Z"}});
    let path = follow_in(cluster().with::<Certificate>(&CERTIFICATES, &[certificate]), "api.cosner.cloud");
    assert!(broken(&path).2.starts_with("its certificate in api-tls expired 24h ago"), "{path:?}");
}

#[test]
fn an_external_name_is_followed_inside_and_unknown_outside_and_a_circle_ends() {
    let alias = |target: &str| {
        service(
            "web",
            "api",
            json!({"type": "ExternalName", "externalName": target, "ports": [{"port": 80}]}),
        )
    };
    let with = |target: &str| {
        let real = service(
            "other",
            "real",
            json!({"selector": {"app": "real"}, "ports": [{"name": "http", "port": 80}]}),
        );
        let cluster = whole()
            .with::<Service>(&SERVICES, &[alias(target), real])
            .with::<EndpointSlice>(&ENDPOINT_SLICES, &[slice("other", "real", &[true])]);
        follow_in(cluster, "api.cosner.cloud")
    };
    let inside = with("real.other.svc.cluster.local");
    assert!(stages(&inside).contains(&("EndpointSlice", "real-1")), "{inside:?}");
    let outside = with("db.example.com");
    let last = outside.hops.last().unwrap();
    assert_eq!((last.verdict, outside.broken()), (Verdict::Unknown, None));
    let circle = with("api.web.svc");
    assert!(broken(&circle).2.contains("stand for each other"), "{circle:?}");
}

#[test]
fn what_may_not_be_read_is_unknown_and_never_broken() {
    let refused = Problem::new(ProblemKind::Forbidden, "forbidden: list services");
    let forbidden = Freshness::Forbidden { problem: refused };
    let cluster = TestCluster::new()
        .with::<Ingress>(
            &INGRESSES,
            &[ingress("api", "nginx", json!([rule("api.cosner.cloud", "api", json!({"number": 80}))]))],
        )
        .with_freshness::<Service>(&SERVICES, forbidden);
    let path = follow_in(cluster, "api.cosner.cloud");
    assert_eq!(path.broken(), None, "{path:#?}");
    assert!(path.unknown.iter().any(|unread| unread.what == "services" && unread.why.contains("forbidden")));
    let last = path.hops.last().unwrap();
    assert_eq!((last.stage, last.verdict), (Stage::Service, Verdict::Unknown));
}

#[test]
fn a_balanced_service_answers_to_the_names_that_external_dns_makes_for_it() {
    let balanced = json!({"metadata": {"name": "api", "namespace": "web", "annotations": {"external-dns.alpha.kubernetes.io/hostname": "tcp.cosner.cloud, b.cosner.cloud"}},
        "spec": {"type": "LoadBalancer", "selector": {"app": "api"}, "ports": [{"name": "http", "port": 80}]},
        "status": {"loadBalancer": {"ingress": [{"hostname": "nlb.elb.amazonaws.com"}]}}});
    let path = follow_in(whole().with::<Service>(&SERVICES, &[balanced]), "b.cosner.cloud.");
    assert_eq!(
        stages(&path).into_iter().take(4).collect::<Vec<_>>(),
        [
            ("RecordSet", "b.cosner.cloud"),
            ("LoadBalancer", "nlb.elb.amazonaws.com"),
            ("Service", "api"),
            ("EndpointSlice", "api-1")
        ]
    );
    assert_eq!(path.broken(), None);
}

#[test]
fn two_ingresses_for_the_same_host_and_path_are_said() {
    let one = ingress("api", "nginx", json!([rule("api.cosner.cloud", "api", json!({"name": "http"}))]));
    let two = ingress("old", "nginx", json!([rule("api.cosner.cloud", "api", json!({"name": "http"}))]));
    let cluster = whole().with::<Ingress>(&INGRESSES, &[one, two]).looking_at(&INGRESS_FRONTS);
    let picture = cluster.picture();
    let front = known::look::<Front>(&picture, &INGRESS_FRONTS, Some("web"), "api").unwrap();
    let ingress = picture.table::<Ingress>(&INGRESSES).unwrap().find(Some("web"), "api").unwrap().1;
    assert_eq!(
        front.judge(ingress, now()),
        (Verdict::Warning, "api.cosner.cloud/ is also in web/old".to_owned())
    );
}
