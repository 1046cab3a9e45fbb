use serde_json::{Value as Json, json};

use super::*;
use crate::fleet::event::Event;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::DISRUPTION_BUDGETS;
use crate::fleet::pod::Pod;
use crate::fleet::scaling::disruption_budget::DisruptionBudget;
use crate::fleet::{Problem, ProblemKind, Timestamp, Verdict};
use crate::snapshot::Freshness;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn condition(kind: &str, status: &str, reason: &str, since: &str) -> Json {
    json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": since})
}

fn pool(name: &str, spec: Json, used: Json) -> Json {
    let mut spec = spec;
    spec["template"] = json!({"spec": {"nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
        "requirements": [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]}]}});
    json!({"metadata": {"name": name, "creationTimestamp": "2026-11-01T10:00:00Z"}, "spec": spec,
        "status": {"resources": used, "conditions": [condition("Ready", "True", "Ready", "2026-11-01T10:00:00Z")]}})
}

fn class(conditions: Json) -> Json {
    json!({"metadata": {"name": "default", "creationTimestamp": "2026-11-01T10:00:00Z"}, "status": {"conditions": conditions,
        "amis": [{"id": "ami-1"}], "subnets": [{"id": "s-1", "zone": "us-east-1a"}]}})
}

fn ready_class() -> Json {
    class(json!([condition("SubnetsReady", "True", "", NOW), condition("Ready", "True", "Ready", NOW)]))
}

fn claim(name: &str, node: &str, conditions: Json) -> Json {
    json!({"metadata": {"name": name, "labels": {"karpenter.sh/nodepool": "spot"}, "creationTimestamp": "2026-11-21T12:00:00Z"},
        "spec": {"expireAfter": "720h"},
        "status": {"nodeName": node, "providerID": "aws:///us-east-1a/i-0c31", "conditions": conditions, "lastPodEventTime": "2026-11-21T12:10:00Z"}})
}

fn life(to: usize) -> Json {
    let steps = [
        ("Launched", "2026-11-21T12:00:04Z"),
        ("Registered", "2026-11-21T12:00:31Z"),
        ("Initialized", "2026-11-21T12:00:47Z"),
    ];
    let conditions = steps.iter().enumerate().map(|(at, (kind, since))| {
        if at < to {
            condition(kind, "True", kind, since)
        } else {
            json!({"type": kind, "status": "Unknown", "reason": "NodeNotFound", "message": "Node not registered with cluster",
                "lastTransitionTime": "2026-11-21T12:00:00Z"})
        }
    });
    conditions.collect::<Vec<_>>().into()
}

fn node(name: &str, ready: &str) -> Json {
    json!({"metadata": {"name": name, "labels": {"karpenter.sh/nodepool": "spot", "karpenter.sh/initialized": "true"}},
        "status": {"conditions": [{"type": "Ready", "status": ready}]}})
}

fn pod(name: &str, node: &str, annotations: Json) -> Json {
    json!({"metadata": {"name": name, "namespace": "production", "labels": {"app": "api"}, "annotations": annotations,
            "ownerReferences": [{"kind": "StatefulSet", "name": "api", "controller": true}]},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]},
        "status": {"phase": "Running", "startTime": "2026-11-21T12:30:00Z", "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn world(pools: &[Json], classes: &[Json], claims: &[Json], nodes: &[Json]) -> TestCluster {
    TestCluster::new()
        .with::<NodePool>(&NODE_POOLS, pools)
        .with::<NodeClass>(&EC2_NODE_CLASSES, classes)
        .with::<NodeClaim>(&NODE_CLAIMS, claims)
        .with::<Node>(&NODES, nodes)
}

fn judged(cluster: &TestCluster, name: &str, waiting: u32) -> (Verdict, String) {
    let picture = cluster.picture();
    let (_, row) = picture.table::<Pool>(&POOLS).unwrap().find(None, name).unwrap();
    let demand = verdict::Demand { waiting, wanted_twice: 0 };
    verdict::of(row, picture.wanted.as_deref(), demand, Timestamp::parse(NOW))
}

#[test]
fn a_pool_with_room_and_a_good_class_is_as_it_should_be() {
    let pool = pool("spot", json!({"limits": {"cpu": "20"}}), json!({"cpu": "8"}));
    let cluster =
        world(&[pool], &[ready_class()], &[claim("spot-1", "n-1", life(3))], &[node("n-1", "True")]);
    let cluster = cluster.looking_at(&POOLS);
    assert_eq!(judged(&cluster, "spot", 0), (Verdict::Ok, String::new()));
    let picture = cluster.picture();
    let facts = picture.table::<Pool>(&POOLS).unwrap().tally().get(None, "spot").unwrap();
    assert_eq!(facts.nodes, Some(budget::Nodes { all: 1, busy: 0 }));
}

#[test]
fn a_pool_at_its_limit_names_the_limit_and_who_waits_for_it() {
    let spec = json!({"limits": {"cpu": "8"}, "disruption": {"consolidationPolicy": "WhenEmptyOrUnderutilized",
        "budgets": [{"nodes": "0", "schedule": "0 8 * * *", "duration": "12h"}]}});
    let mut conditions = life(3);
    conditions.as_array_mut().unwrap().push(condition("Consolidatable", "True", "Consolidatable", NOW));
    let claims = [claim("spot-1", "n-1", conditions)];
    let cluster =
        world(&[pool("spot", spec, json!({"cpu": "8"}))], &[ready_class()], &claims, &[node("n-1", "True")])
            .looking_at(&POOLS);
    let (verdict, why) = judged(&cluster, "spot", 3);
    assert_eq!(verdict, Verdict::Critical);
    assert_eq!(
        why,
        "at its limit of 8 CPU, 3 pods wait for it; and 1 could be consolidated, but allowed are 0 until 20:00 UTC by budget 1"
    );
    assert_eq!(judged(&cluster, "spot", 0).0, Verdict::Warning, "nobody waits");
}

#[test]
fn a_class_that_is_not_ready_or_not_there_is_the_cause() {
    let spot = pool("spot", json!({}), json!({}));
    let broken = class(json!([
        {"type": "SubnetsReady", "status": "False", "reason": "SubnetsNotFound", "message": "SubnetSelector did not match any Subnets"},
        condition("Ready", "False", "UnhealthyDependents", NOW)
    ]));
    let cluster = world(std::slice::from_ref(&spot), &[broken], &[], &[]).looking_at(&POOLS);
    let words = "its class default is not Ready: SubnetsNotFound: SubnetSelector did not match any Subnets";
    assert_eq!(judged(&cluster, "spot", 0), (Verdict::Critical, words.to_owned()));
    let cluster = world(&[spot], &[], &[], &[]).looking_at(&POOLS);
    assert_eq!(
        judged(&cluster, "spot", 0),
        (Verdict::Critical, "its class default does not exist".to_owned())
    );
}

#[test]
fn classes_that_cannot_be_read_are_nobody_s_fault() {
    let refused =
        Freshness::Forbidden { problem: Problem::new(ProblemKind::Forbidden, "list ec2nodeclasses") };
    let cluster = TestCluster::new()
        .with::<NodePool>(&NODE_POOLS, &[pool("spot", json!({}), json!({}))])
        .with_freshness::<NodeClass>(&EC2_NODE_CLASSES, refused)
        .looking_at(&POOLS);
    assert_eq!(judged(&cluster, "spot", 0).0, Verdict::Ok);
    let picture = cluster.picture();
    let (_, row) = picture.table::<Pool>(&POOLS).unwrap().find(None, "spot").unwrap();
    assert_eq!((row.claims.clone(), row.nodes()), (None, None), "claims and nodes were not read either");
}

#[test]
fn a_pool_is_only_missing_where_pools_could_be_read_or_there_are_none_at_all() {
    let wanted = "environment = \"prod\"\n[node-pools.gpu]";
    let pools = |freshness| {
        let cluster = TestCluster::new().with_freshness::<NodePool>(&NODE_POOLS, freshness);
        let picture = cluster.wanting(wanted).looking_at(&POOLS).picture();
        picture.table::<Pool>(&POOLS).unwrap().len()
    };
    let problem = |kind| Problem::new(kind, "list nodepools");
    assert_eq!(pools(Freshness::Forbidden { problem: problem(ProblemKind::Forbidden) }), 0);
    assert_eq!(pools(Freshness::Loading { since: Timestamp::NEVER, expected: None }), 0);
    assert_eq!(pools(Freshness::Unavailable { problem: problem(ProblemKind::NotFound) }), 1);
    assert_eq!(pools(Freshness::Live), 1);
}

#[test]
fn what_the_blueprint_wants_of_a_pool_is_held_against_it() {
    let wanted = "environment = \"prod\"\n[node-pools.spot]\ncpu-limit-at-most = \"20\"\ncapacity-types = [\"on-demand\"]\n[node-pools.gpu]";
    let spec = json!({"limits": {"cpu": "40"}});
    let cluster = world(&[pool("spot", spec, json!({"cpu": "8"}))], &[ready_class()], &[], &[])
        .wanting(wanted)
        .looking_at(&POOLS);
    let words = "its limit is 40 CPU, at most 20 is wanted; may buy spot, which is not wanted";
    assert_eq!(judged(&cluster, "spot", 0), (Verdict::Warning, words.to_owned()));
    assert_eq!(judged(&cluster, "gpu", 0), (Verdict::Critical, "wanted, but not in this cluster".to_owned()));
}

#[test]
fn leftovers_of_v1beta1_and_words_that_are_not_known_are_said() {
    let policy =
        |policy: &str| pool("spot", json!({"disruption": {"consolidationPolicy": policy}}), json!({}));
    for (word, verdict) in
        [("WhenUnderutilized", Verdict::Warning), ("WhenBored", Verdict::Unknown), ("Balanced", Verdict::Ok)]
    {
        let cluster = world(&[policy(word)], &[ready_class()], &[], &[]).looking_at(&POOLS);
        let (judged, why) = judged(&cluster, "spot", 0);
        assert_eq!(judged, verdict, "{word}: {why}");
        assert!(why.contains(word) || verdict == Verdict::Ok, "{why}");
    }
}

#[test]
fn a_pool_without_a_status_is_not_known_to_be_fine() {
    let cluster = world(&[json!({"metadata": {"name": "spot"}})], &[], &[], &[]).looking_at(&POOLS);
    // Its age is not known either, so that nothing is held against it yet.
    assert_eq!(judged(&cluster, "spot", 0).0, Verdict::Progressing);
    let old = json!({"metadata": {"name": "spot", "creationTimestamp": "2026-11-01T10:00:00Z"}});
    let cluster = world(&[old], &[], &[], &[]).looking_at(&POOLS);
    assert_eq!(
        judged(&cluster, "spot", 0),
        (Verdict::Unknown, "Karpenter has said nothing about it".to_owned())
    );
}

#[test]
fn a_class_says_what_is_wrong_and_which_pools_it_stops() {
    let of = |classes: &[Json]| {
        let cluster = world(&[pool("spot", json!({}), json!({}))], classes, &[], &[]).looking_at(&CLASSES);
        let picture = cluster.picture();
        let (_, row) = picture.table::<Class>(&CLASSES).unwrap().find(None, "default").unwrap();
        class::of(row, Timestamp::parse(NOW))
    };
    assert_eq!(of(&[ready_class()]), (Verdict::Ok, String::new()));
    let mut old = ready_class();
    old["status"]["amis"] = json!([{"id": "ami-1", "deprecated": true}, {"id": "ami-2"}]);
    assert_eq!(of(&[old]), (Verdict::Warning, "image ami-1 is deprecated by its owner".to_owned()));
    let gone = "there is no such EC2NodeClass; pool spot launches nothing";
    assert_eq!(of(&[]), (Verdict::Critical, gone.to_owned()));
    let broken = class(json!([
        condition("AMIsReady", "False", "AMINotFound", NOW),
        condition("Ready", "False", "", NOW)
    ]));
    assert_eq!(
        of(&[broken]),
        (Verdict::Critical, "AMINotFound: False; pool spot launches nothing".to_owned())
    );
}

#[test]
fn a_claim_tells_how_far_it_has_come_and_what_holds_it_up() {
    let told = |conditions: Json, now: &str| {
        let json = claim("spot-1", "", conditions).to_string();
        let claim = <NodeClaim as crate::fleet::Packed>::pack(
            serde_json::from_str(&json).unwrap(),
            &mut crate::fleet::intern::Interner::default(),
        );
        let steps = ["Launched", "Registered", "Initialized"].map(|step| claim::step(&claim, step));
        let (verdict, why) = claim::of(&claim, "", Timestamp::parse(now));
        (claim::phase(&claim), steps, verdict, why)
    };
    let (phase, steps, verdict, why) = told(life(3), NOW);
    assert_eq!((phase, steps), (claim::Phase::Ready, [Some(4), Some(27), Some(16)]));
    assert_eq!((verdict, why.as_str()), (Verdict::Ok, ""));
    let (phase, steps, verdict, why) = told(life(1), "2026-11-21T12:06:04Z");
    assert_eq!((phase, steps), (claim::Phase::Registering, [Some(4), None, None]));
    let words = "i-0c31: instance has not joined for 6m: NodeNotFound: Node not registered with cluster";
    assert_eq!((verdict, why.as_str()), (Verdict::Warning, words));
    assert_eq!(told(life(1), "2026-11-21T12:02:00Z").2, Verdict::Progressing);
    assert_eq!(told(life(0), "2026-11-21T12:03:00Z").2, Verdict::Warning);
    assert_eq!(told(json!(null), "2026-11-21T12:01:00Z").0, claim::Phase::Launching);
    assert_eq!(told(life(3), "2026-12-22T12:00:00Z").3, "expired 24h ago and is still here");
}

fn held(cluster: TestCluster) -> String {
    let picture = cluster.looking_at(&HOLDS).picture();
    let (_, claim) = picture.table::<NodeClaim>(&NODE_CLAIMS).unwrap().find(None, "spot-1").unwrap();
    let facts = picture.table::<Hold>(&HOLDS).unwrap().tally().get(None, "spot-1").unwrap();
    facts.words(claim, None, Timestamp::parse(NOW))
}

#[test]
fn a_node_stays_for_its_pods_by_name() {
    let cluster = || world(&[], &[], &[claim("spot-1", "n-1", life(3))], &[node("n-1", "True")]);
    let protect = json!({"karpenter.sh/do-not-disrupt": "true"});
    let pods = [pod("api-0", "n-1", protect), pod("api-1", "n-1", json!({})), pod("api-2", "n-2", json!({}))];
    let told = held(cluster().with::<Pod>(&PODS, &pods));
    assert_eq!(told, "do-not-disrupt on pod production/api-0");
    let for_a_while = |duration: &str| {
        let pods = [pod("api-0", "n-1", json!({"karpenter.sh/do-not-disrupt": duration}))];
        held(cluster().with::<Pod>(&PODS, &pods))
    };
    assert_eq!(for_a_while("45m"), "do-not-disrupt on pod production/api-0 for 15m");
    assert_eq!(for_a_while("10m"), "used by 1 pod", "that time is over");
    assert_eq!(for_a_while("soon"), "used by 1 pod", "no duration, as Karpenter sees it");
    assert_eq!(held(cluster().with::<Pod>(&PODS, &[])), "nothing: it is empty");
    assert_eq!(held(cluster()), "", "pods were not read");
    let some =
        |pods: &[Json]| held(cluster().with::<Pod>(&PODS, pods).narrowed::<Pod>(&PODS, &["production"]));
    assert_eq!(some(&[]), "", "an empty part is no empty node");
    let protected = pod("api-0", "n-1", json!({"karpenter.sh/do-not-disrupt": "true"}));
    assert_eq!(some(&[protected]), "do-not-disrupt on pod production/api-0");
}

#[test]
fn a_node_stays_for_a_disruption_budget_by_name() {
    let budget = |allowed: u32, policy: &str| {
        json!({"metadata": {"name": "api", "namespace": "production"}, "spec": {"selector": {"matchLabels": {"app": "api"}},
                "unhealthyPodEvictionPolicy": policy},
            "status": {"disruptionsAllowed": allowed, "expectedPods": 2, "currentHealthy": 2, "desiredHealthy": 2}})
    };
    let told = |allowed, policy: &str, ready: &str| {
        let mut one = pod("api-0", "n-1", json!({}));
        one["status"]["conditions"][0]["status"] = json!(ready);
        let cluster = world(&[], &[], &[claim("spot-1", "n-1", life(3))], &[node("n-1", "True")]);
        held(
            cluster
                .with::<Pod>(&PODS, &[one])
                .with::<DisruptionBudget>(&DISRUPTION_BUDGETS, &[budget(allowed, policy)]),
        )
    };
    let words = "PodDisruptionBudget production/api lets none go (1 pod here)";
    assert_eq!(told(0, "IfHealthyBudget", "True"), words);
    assert_eq!(told(1, "IfHealthyBudget", "True"), "used by 1 pod");
    assert_eq!(told(0, "AlwaysAllow", "False"), "used by 1 pod");
}

#[test]
fn a_node_stays_for_its_pool_and_for_what_karpenter_said() {
    let told = |spec: Json| {
        let cluster = world(
            &[pool("spot", spec, json!({}))],
            &[ready_class()],
            &[claim("spot-1", "n-1", life(3))],
            &[node("n-1", "True")],
        )
        .with::<Pod>(&PODS, &[pod("api-0", "n-1", json!({}))]);
        let pools = cluster.looking_at(&POOLS).picture();
        let pool = pools.table::<Pool>(&POOLS).unwrap().tally().get(None, "spot").unwrap().clone();
        let event = json!({"metadata": {"name": "e", "namespace": "default"}, "reason": "Unconsolidatable", "type": "Normal",
            "message": "Can't replace with a cheaper node", "involvedObject": {"kind": "NodeClaim", "name": "spot-1"},
            "source": {"component": "karpenter"}, "lastTimestamp": "2026-11-21T12:55:00Z"});
        let cluster = world(&[], &[], &[claim("spot-1", "n-1", life(3))], &[node("n-1", "True")])
            .with::<Pod>(&PODS, &[pod("api-0", "n-1", json!({}))])
            .with::<Event>(&EVENTS, &[event]);
        let picture = cluster.looking_at(&HOLDS).picture();
        let (_, claim) = picture.table::<NodeClaim>(&NODE_CLAIMS).unwrap().find(None, "spot-1").unwrap();
        let facts = picture.table::<Hold>(&HOLDS).unwrap().tally().get(None, "spot-1").unwrap();
        facts.words(claim, Some(&pool), Timestamp::parse(NOW))
    };
    let said = "Karpenter, 5m ago: Can't replace with a cheaper node";
    assert_eq!(told(json!({"disruption": {"consolidateAfter": "1m"}})), said);
    let never = told(json!({"disruption": {"consolidateAfter": "Never"}}));
    assert_eq!(never, format!("pool spot never consolidates; {said}"));
    let empty = told(json!({"disruption": {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "1m"}}));
    assert_eq!(empty, format!("pool spot only replaces empty nodes, 1 pod is on it; {said}"));
    let quiet = told(json!({"disruption": {"consolidateAfter": "2h"}}));
    assert_eq!(quiet, format!("a pod came or went 50m ago, consolidated after 120m; {said}"));
    let budget = told(json!({"disruption": {"consolidateAfter": "1m", "budgets": [{"nodes": "0"}]}}));
    assert_eq!(budget, format!("budget 1 of pool spot lets none go; {said}"));
}
