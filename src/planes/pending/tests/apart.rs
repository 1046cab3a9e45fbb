//! What pods that run ask of one that waits, and which namespaces a term means.

use super::*;
use crate::fleet::kind::NAMESPACES;
use crate::fleet::namespace::Namespace;
use crate::fleet::pod::Pod;
use crate::fleet::{Problem, ProblemKind};
use crate::snapshot::Freshness;

const REFUSED: &str = "0/5 nodes are available: 5 node(s) didn't satisfy existing pods anti-affinity rules. preemption: 0/5 \
    nodes are available: 5 No preemption victims found for incoming pod.";

fn namespace(name: &str, labels: Json) -> Json {
    let mut all = json!({"kubernetes.io/metadata.name": name});
    all.as_object_mut().unwrap().extend(labels.as_object().unwrap().clone());
    json!({"metadata": {"name": name, "labels": all}, "status": {"phase": "Active"}})
}

fn namespaces() -> [Json; 2] {
    [
        namespace("production", json!({"team": "web"})),
        namespace("staging", json!({"team": "web", "tier": "test"})),
    ]
}

/// A pod of `staging/cache` that must be far from the pods that the term takes.
fn cache(name: &str, on: &str, term: Json) -> Json {
    let mut all = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "api"}},
        "namespaces": ["production"]});
    all.as_object_mut().unwrap().extend(term.as_object().unwrap().clone());
    let affinity = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [all]}});
    let mut pod = running(name, on, json!({"app": "cache"}), json!({"affinity": affinity}));
    pod["metadata"]["namespace"] = json!("staging");
    pod["metadata"]["ownerReferences"] =
        json!([{"kind": "StatefulSet", "name": "cache", "controller": true}]);
    pod
}

fn kept_by(pods: Vec<Json>) -> Waiting {
    in_cluster(json!({}), pods, |cluster| cluster.with::<Namespace>(&NAMESPACES, &namespaces()))
}

fn in_cluster(waits: Json, pods: Vec<Json>, with: impl FnOnce(TestCluster) -> TestCluster) -> Waiting {
    waiting(with(cluster_among(waits, REFUSED, pods)))
}

fn others(row: &Waiting) -> u32 {
    let kept = obstacles(row).into_iter().find(|(why, _)| why == "anti-affinity of other pods");
    kept.map_or(0, |(_, nodes)| nodes)
}

#[test]
fn a_pod_that_runs_keeps_those_off_its_place_that_it_must_be_far_from() {
    let row = kept_by(vec![cache("cache-0", "a-1", json!({})), cache("cache-1", "b-1", json!({}))]);
    assert_eq!(obstacles(&row), [("anti-affinity of other pods".to_owned(), 2)]);
    assert_eq!(row.held.nodes.as_ref().unwrap().open, 3);
    let (_, words) = of(&row, Timestamp::parse(NOW));
    assert_eq!(
        words,
        "0/5 nodes fit: 5 anti-affinity of other pods; pods of staging/cache ask not to be on one node with it: a-1 1, b-1 1"
    );
    let zone = kept_by(vec![cache("cache-0", "a-1", json!({"topologyKey": "topology.kubernetes.io/zone"}))]);
    assert_eq!(others(&zone), 2, "the whole zone");
    let words = &zone.held.nodes.as_ref().unwrap().rules[0].words;
    assert_eq!(words, "pods of staging/cache ask not to be in one zone with it: a 1");
    let rack = kept_by(vec![cache("cache-0", "a-1", json!({"topologyKey": "rack"}))]);
    assert_eq!(
        (others(&rack), rack.held.nodes.as_ref().unwrap().rules.len()),
        (0, 0),
        "its node has no rack"
    );
}

#[test]
fn pods_that_mean_others_or_have_ended_or_would_only_rather_keep_nobody_away() {
    let one = |change: Json| others(&kept_by(vec![cache("cache-0", "a-1", change)]));
    assert_eq!(one(json!({})), 1);
    assert_eq!(one(json!({"labelSelector": {"matchLabels": {"app": "web"}}})), 0);
    assert_eq!(one(json!({"labelSelector": null})), 0, "no selector takes nobody");
    assert_eq!(one(json!({"labelSelector": {}})), 1, "an empty one takes all");
    let mut ended = cache("cache-0", "a-1", json!({}));
    ended["status"]["phase"] = json!("Failed");
    assert_eq!(others(&kept_by(vec![ended])), 0);
    let mut leaving = cache("cache-0", "a-1", json!({}));
    leaving["metadata"]["deletionTimestamp"] = json!(NOW);
    assert_eq!(others(&kept_by(vec![leaving])), 1, "it is there until it is gone");
    let mut rather = cache("cache-0", "a-1", json!({}));
    let term =
        rather["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
            .take();
    rather["spec"]["affinity"] = json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
        [{"weight": 1, "podAffinityTerm": term}]}});
    assert_eq!(others(&kept_by(vec![rather])), 0);
}

#[test]
fn a_term_means_the_namespaces_that_it_names_and_those_that_it_selects() {
    let one = |change: Json| others(&kept_by(vec![cache("cache-0", "a-1", change)]));
    let selects = |labels: Json| json!({"namespaces": [], "namespaceSelector": {"matchLabels": labels}});
    assert_eq!(one(json!({"namespaces": []})), 0, "its own, staging");
    assert_eq!(one(json!({"namespaces": ["data"]})), 0);
    assert_eq!(one(json!({"namespaces": [], "namespaceSelector": {}})), 1, "all");
    assert_eq!(one(selects(json!({"team": "web"}))), 1);
    assert_eq!(one(selects(json!({"tier": "test"}))), 0);
    let both = json!({"namespaces": ["production"], "namespaceSelector": {"matchLabels": {"tier": "test"}}});
    assert_eq!(one(both), 1, "named, though not selected");
}

#[test]
fn a_pod_that_waits_asks_for_namespaces_by_their_labels_too() {
    let far = |labels: Json| {
        json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}, "namespaceSelector": {"matchLabels": labels}}]}}})
    };
    let pods = || {
        let mut staging = api("api-1", "a-1");
        staging["metadata"]["namespace"] = json!("staging");
        vec![staging, api("api-2", "b-1")]
    };
    let known = |labels: Json| {
        let row =
            in_cluster(far(labels), pods(), |cluster| cluster.with::<Namespace>(&NAMESPACES, &namespaces()));
        obstacles(&row)
    };
    assert_eq!(known(json!({"team": "web"})), [("pod anti-affinity".to_owned(), 2)]);
    assert_eq!(known(json!({"tier": "test"})), [("pod anti-affinity".to_owned(), 1)]);
    assert_eq!(known(json!({"tier": "none"})), []);
}

#[test]
fn where_labels_of_namespaces_cannot_be_read_nothing_is_judged_by_them_and_that_is_said() {
    let refused = |cluster: TestCluster| {
        let problem = Problem::new(ProblemKind::Forbidden, "forbidden: list namespaces");
        cluster.with_freshness::<Namespace>(&NAMESPACES, Freshness::Forbidden { problem })
    };
    let by_label = json!({"namespaces": [], "namespaceSelector": {"matchLabels": {"team": "web"}}});
    let row = in_cluster(json!({}), vec![cache("cache-0", "a-1", by_label.clone())], refused);
    assert_eq!(others(&row), 0);
    let (_, words) = of(&row, Timestamp::parse(NOW));
    let unread = "pods of staging/cache ask not to be on one node with pods of certain namespaces, whose labels cannot be read";
    assert_eq!(words, format!("0/5 nodes fit: 5 anti-affinity of other pods; {unread}"));
    let named = in_cluster(json!({}), vec![cache("cache-0", "a-1", json!({}))], refused);
    assert_eq!(others(&named), 1, "a name needs no labels");
}

#[test]
fn what_a_workload_asks_of_itself_is_told_once() {
    let term =
        json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "api"}}});
    let apart =
        json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}});
    let other = running("api-1", "a-1", json!({"app": "api"}), apart.clone());
    let row = in_cluster(apart, vec![other], |cluster| cluster);
    let rules: Vec<&str> =
        row.held.nodes.as_ref().unwrap().rules.iter().map(|rule| rule.words.as_str()).collect();
    assert_eq!(rules, ["in another node than app=api: a-1 1"]);
    assert_eq!(obstacles(&row), [("pod anti-affinity".to_owned(), 1)]);
}

#[test]
fn pods_of_one_workload_that_others_tell_apart_are_held_each_for_itself() {
    let mut second = pod(json!({}), REFUSED);
    second["metadata"]["name"] = json!("api-1");
    second["metadata"]["labels"] = json!({"app": "api", "canary": "yes"});
    let canary = cache("cache-0", "a-1", json!({"labelSelector": {"matchLabels": {"canary": "yes"}}}));
    let picture = cluster_among(json!({}), REFUSED, vec![canary, second]).looking_at(&PENDING).picture();
    let kept = |name: &str| {
        let (_, row) = picture.table::<Waiting>(&PENDING).unwrap().find(Some("production"), name).unwrap();
        others(row)
    };
    assert_eq!((kept("api-0"), kept("api-1")), (0, 1));
}

#[test]
fn of_many_workloads_those_are_named_that_keep_it_from_most_places() {
    let pods = (0..5).flat_map(|at| {
        let on: &[&str] = if at == 4 { &["a-1", "b-1"] } else { &["c-1"] };
        on.iter().map(move |on| {
            let mut pod = cache(&format!("cache-{at}-{on}"), on, json!({}));
            pod["metadata"]["ownerReferences"][0]["name"] = json!(format!("cache-{at}"));
            pod
        })
    });
    let row = kept_by(pods.collect());
    let rules: Vec<&str> =
        row.held.nodes.as_ref().unwrap().rules.iter().map(|rule| rule.words.as_str()).collect();
    assert!(rules[0].starts_with("pods of staging/cache-4 ask"), "{rules:?}");
    assert_eq!((rules.len(), rules[3]), (4, "pods of 2 more workloads ask for the like"));
}

#[test]
fn rows_keep_what_a_running_pod_keeps_away_and_nothing_else_of_its_affinity() {
    let row = |pod: Json| {
        let picture = TestCluster::new().with::<Pod>(&PODS, &[pod]).picture();
        let (_, row) = picture.table::<Pod>(&PODS).unwrap().iter().next().unwrap();
        (row.keeps_away().len(), row.placement().is_some())
    };
    assert_eq!(row(cache("cache-0", "a-1", json!({}))), (1, false));
    assert_eq!(row(api("api-1", "a-1")), (0, false));
    for broken in [
        json!("podAntiAffinity"),
        json!({"podAntiAffinity": 7}),
        json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}),
    ] {
        assert_eq!(row(running("x", "a-1", json!({}), json!({"affinity": broken}))), (0, false));
    }
}
