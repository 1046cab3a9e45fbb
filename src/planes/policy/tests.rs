//! Policies made of JSON, and properties that hold for all of them.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::intern::Interner;
use crate::fleet::kind::{DAEMON_SETS, NAMESPACES, NETWORK_POLICIES, PODS};
use crate::fleet::namespace::Namespace;
use crate::fleet::pod::Pod;
use crate::fleet::workload::Workload;
use crate::fleet::{Packed, Verdict};
use crate::snapshot::test_cluster::TestCluster;

fn policy(namespace: &str, name: &str, spec: &Json) -> NetworkPolicy {
    let text = json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec}).to_string();
    NetworkPolicy::pack(serde_json::from_str(&text).unwrap(), &mut Interner::default())
}

fn end(namespace: &str, app: &str) -> End {
    End {
        namespace: namespace.into(),
        namespace_labels: vec![("kubernetes.io/metadata.name".into(), namespace.into())],
        labels: vec![("app".into(), app.into())],
    }
}

const HTTP: Port<'_> = Port { protocol: "TCP", number: 8080, name: "http" };

fn says(
    policies: &[NetworkPolicy],
    direction: Direction,
    pod: &End,
    other: Other<'_>,
    port: Port<'_>,
) -> bool {
    let all: Vec<&NetworkPolicy> = policies.iter().collect();
    allowed(&all, direction, pod, other, port).is_allowed()
}

#[test]
fn a_pod_is_open_until_a_policy_selects_it_and_then_closed_but_for_its_rules() {
    let (api, web, other) = (end("web", "api"), end("web", "web"), end("other", "web"));
    let into_api =
        |policies: &[NetworkPolicy], from: &End| says(policies, Direction::In, &api, Other::Pod(from), HTTP);
    assert!(into_api(&[], &other));
    let deny = policy("web", "deny", &json!({"podSelector": {}, "policyTypes": ["Ingress"]}));
    assert!(!into_api(std::slice::from_ref(&deny), &web));
    assert!(
        says(std::slice::from_ref(&deny), Direction::Out, &api, Other::Pod(&web), HTTP),
        "it says nothing of going out"
    );
    let same = policy(
        "web",
        "same",
        &json!({"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 8080}]}]}),
    );
    let both = [deny, same];
    assert!(into_api(&both, &web));
    assert!(!into_api(&both, &other), "a pod selector alone means the policy's own namespace");
    assert!(!says(&both, Direction::In, &api, Other::Pod(&web), Port { number: 9090, ..HTTP }));
    assert!(!says(&both, Direction::In, &api, Other::Pod(&web), Port { protocol: "UDP", ..HTTP }));
}

#[test]
fn ports_by_name_and_by_range_and_blocks_with_exceptions_count() {
    let api = end("web", "api");
    let out = policy(
        "web",
        "out",
        &json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [
        {"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": 8000, "endPort": 8100}]},
        {"to": [{"ipBlock": {"cidr": "2001:db8::/32"}}], "ports": [{"port": "http"}]},
        {"to": [{"ipBlock": {"cidr": "nonsense/99"}}]}]}),
    );
    let goes = |address: &str, port| {
        says(std::slice::from_ref(&out), Direction::Out, &api, Other::Address(address.parse().unwrap()), port)
    };
    assert!(goes("10.2.3.4", HTTP));
    assert!(!goes("10.1.3.4", HTTP) && !goes("11.2.3.4", HTTP));
    assert!(
        goes("10.2.3.4", Port { number: 8100, ..HTTP }) && !goes("10.2.3.4", Port { number: 8101, ..HTTP })
    );
    assert!(goes("2001:db8::1", HTTP) && !goes("2001:db8::1", Port { name: "grpc", ..HTTP }));
    assert!(!goes("2001:db9::1", HTTP));
}

#[test]
fn what_may_come_in_and_go_out_is_said_in_words() {
    let api = end("web", "api");
    let said = |spec: Json, direction| {
        let own = policy("web", "p", &spec);
        side(&[&own], direction, &api).1
    };
    assert_eq!(side(&[], Direction::In, &api), (false, "open".to_owned()));
    assert_eq!(said(json!({"podSelector": {}, "policyTypes": ["Ingress"]}), Direction::In), "nothing");
    assert_eq!(said(json!({"podSelector": {}, "ingress": [{}]}), Direction::In), "everything");
    let rules = json!({"podSelector": {}, "ingress": [
        {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}], "ports": [{"port": 8080}]},
        {"from": [{"podSelector": {}}]},
        {"ports": [{"port": 53, "protocol": "UDP"}]}]});
    assert_eq!(said(rules, Direction::In), "ingress-nginx :8080, this namespace, everybody :53/UDP");
}

fn pod(namespace: &str, name: &str, app: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": namespace, "labels": {"app": app}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}, "status": {"phase": "Running"}})
}

fn agent(argument: &str) -> Json {
    json!({"kind": "DaemonSet", "metadata": {"name": "aws-node", "namespace": "kube-system"}, "spec": {"template": {"spec": {"containers": [
        {"name": "aws-node", "image": "eks/amazon-k8s-cni:v1.20"}, {"name": "agent", "image": "eks/aws-network-policy-agent:v1.2", "args": [argument]}]}}}})
}

fn surveyed(policies: &[Json], argument: &str, wanted: &str) -> Vec<(String, Verdict, String)> {
    let cluster = TestCluster::new()
        .with::<NetworkPolicy>(&NETWORK_POLICIES, policies)
        .with::<Pod>(&PODS, &[pod("web", "api-1", "api")])
        .with::<Namespace>(&NAMESPACES, &[json!({"metadata": {"name": "web"}})])
        .with::<Workload>(&DAEMON_SETS, &[agent(argument)])
        .wanting(&format!("environment = \"prod\"\n{wanted}"));
    survey(&cluster.picture()).into_iter().map(|s| (s.name, s.verdict, s.why)).collect()
}

const ON: &str = "--enable-network-policy=true";

#[test]
fn egress_that_forgets_dns_is_said_and_is_worse_where_somebody_enforces_it() {
    let closed = json!({"metadata": {"name": "deny", "namespace": "web"}, "spec": {"podSelector": {}, "policyTypes": ["Egress"]}});
    let why = "may not reach DNS: names do not resolve".to_owned();
    let on = surveyed(std::slice::from_ref(&closed), ON, "");
    assert_eq!(on, [("api-1".to_owned(), Verdict::Critical, why.clone())]);
    let off = surveyed(&[closed], "--enable-network-policy=false", "");
    assert_eq!(off, [("api-1".to_owned(), Verdict::Warning, why)]);
    let udp = json!({"metadata": {"name": "dns", "namespace": "web"}, "spec": {"podSelector": {}, "policyTypes": ["Egress"],
        "egress": [{"to": [{"namespaceSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}]}});
    assert_eq!(surveyed(&[udp], ON, "")[0].2, "may not reach DNS over TCP: long answers are lost");
}

#[test]
fn a_policy_that_selects_nothing_is_a_line_of_its_own() {
    let lost = json!({"metadata": {"name": "lost", "namespace": "web"}, "spec": {"podSelector": {"matchLabels": {"app": "apy"}}}});
    let said = surveyed(&[lost], ON, "");
    let lost = said.iter().find(|(name, _, _)| name == "policy lost").unwrap();
    assert_eq!((lost.1, lost.2.as_str()), (Verdict::Warning, "selects no pod: none has app=apy"));
}

#[test]
fn default_deny_is_missed_where_the_blueprint_wants_it_and_nowhere_else() {
    let wanted = "[namespaces.web]\ndefault-deny = true\n";
    assert_eq!(surveyed(&[], ON, wanted)[0].1, Verdict::Warning);
    assert_eq!(surveyed(&[], ON, "")[0].1, Verdict::Ok);
    let deny = json!({"metadata": {"name": "deny", "namespace": "web"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}});
    assert_eq!(surveyed(&[deny], ON, wanted)[0].1, Verdict::Ok);
}

#[test]
fn who_enforces_is_read_from_what_the_agent_is_told() {
    let enforcer = |argument: &str| {
        let cluster = TestCluster::new().with::<Workload>(&DAEMON_SETS, &[agent(argument)]);
        Enforcer::of(&cluster.picture())
    };
    assert_eq!(enforcer(ON), Enforcer::By("vpc-cni"));
    assert_eq!(enforcer("--enable-network-policy=false"), Enforcer::Off);
    assert_eq!(enforcer("--metrics"), Enforcer::Unsaid);
    assert_eq!(Enforcer::of(&TestCluster::new().picture()), Enforcer::Unknown);
}

fn specs() -> impl Strategy<Value = Json> {
    let app = prop::sample::select(vec!["a", "b"]);
    let selector = prop_oneof![Just(json!({})), app.prop_map(|app| json!({"matchLabels": {"app": app}}))];
    let peer = selector.clone().prop_map(|pods| json!({"podSelector": pods}));
    let anywhere = Just(json!({"namespaceSelector": {}}));
    let port = prop::sample::select(vec![
        json!({"port": 8080}),
        json!({"port": 9090}),
        json!({"port": 8000, "endPort": 8100}),
    ]);
    let rule = (prop::collection::vec(prop_oneof![peer, anywhere], 0..3), prop::collection::vec(port, 0..2))
        .prop_map(|(peers, ports)| json!({"from": peers, "ports": ports}));
    let out = rule.clone().prop_map(|rule| json!({"to": rule["from"], "ports": rule["ports"]}));
    let types =
        prop::sample::select(vec![json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"])]);
    (selector, types, prop::collection::vec(rule, 0..3), prop::collection::vec(out, 0..3)).prop_map(
        |(pods, types, ingress, egress)| json!({"podSelector": pods, "policyTypes": types, "ingress": ingress, "egress": egress}),
    )
}

fn policies() -> impl Strategy<Value = Vec<NetworkPolicy>> {
    let one = (specs(), prop::sample::select(vec!["x", "y"]))
        .prop_map(|(spec, namespace)| policy(namespace, "p", &spec));
    prop::collection::vec(one, 0..5)
}

fn ends() -> impl Strategy<Value = End> {
    let names = (prop::sample::select(vec!["x", "y"]), prop::sample::select(vec!["a", "b"]));
    names.prop_map(|(namespace, app)| end(namespace, app))
}

proptest! {
    #[test]
    fn another_policy_opens_what_is_closed_and_never_closes_what_a_rule_allows(
        mut all in policies(), more in policies(), pod in ends(), other in ends(), way in any::<bool>()
    ) {
        let direction = if way { Direction::In } else { Direction::Out };
        let before: Vec<&NetworkPolicy> = all.iter().collect();
        let was_ruled = matches!(allowed(&before, direction, &pod, Other::Pod(&other), HTTP), Allowed::By(_));
        all.extend(more);
        if was_ruled {
            prop_assert!(says(&all, direction, &pod, Other::Pod(&other), HTTP));
        }
    }

    #[test]
    fn the_order_of_policies_changes_nothing(all in policies(), pod in ends(), other in ends()) {
        let there = says(&all, Direction::In, &pod, Other::Pod(&other), HTTP);
        let back: Vec<NetworkPolicy> = all.into_iter().rev().collect();
        prop_assert_eq!(there, says(&back, Direction::In, &pod, Other::Pod(&other), HTTP));
    }

    #[test]
    fn policies_of_another_namespace_say_nothing_of_a_pod(all in policies(), pod in ends(), other in ends()) {
        let own: Vec<NetworkPolicy> = all.iter().filter(|p| p.meta.namespace.as_deref() == Some(&*pod.namespace)).cloned().collect();
        for direction in [Direction::In, Direction::Out] {
            prop_assert_eq!(
                says(&all, direction, &pod, Other::Pod(&other), HTTP),
                says(&own, direction, &pod, Other::Pod(&other), HTTP)
            );
        }
    }

    #[test]
    fn the_words_say_open_exactly_where_no_policy_selects_the_pod(all in policies(), pod in ends()) {
        let borrowed: Vec<&NetworkPolicy> = all.iter().collect();
        for direction in [Direction::In, Direction::Out] {
            let is_selected = all.iter().any(|p| selects(p, &pod) && rules(p, direction).is_some());
            let (is_closed, words) = side(&borrowed, direction, &pod);
            prop_assert_eq!((is_closed, words == "open"), (is_selected, !is_selected));
        }
    }

    #[test]
    fn a_connection_needs_both_ends(all in policies(), from in ends(), to in ends()) {
        let borrowed: Vec<&NetworkPolicy> = all.iter().collect();
        let both = says(&all, Direction::Out, &from, Other::Pod(&to), HTTP) && says(&all, Direction::In, &to, Other::Pod(&from), HTTP);
        prop_assert_eq!(connects(&borrowed, &from, &to, HTTP), both);
    }
}
