mod apart;

use std::slice::from_ref;

use serde_json::{Value as Json, json};

use super::verdict::{Cause, cause, of};
use super::*;
use crate::fleet::event::Event;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::node::Node;
use crate::fleet::storage::claim::VolumeClaim;
use crate::fleet::storage::class::StorageClass;
use crate::fleet::storage::volume::Volume;
use crate::fleet::{Timestamp, Verdict};
use crate::snapshot::test_cluster::{NOW, TestCluster};

const FULL: &str = "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 x.";

fn pod(spec: Json, message: &str) -> Json {
    let mut all = json!({"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "2", "memory": "1Gi"}}}]});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    json!({"metadata": {"name": "api-0", "namespace": "production", "creationTimestamp": "2026-11-21T12:55:00Z",
            "ownerReferences": [{"kind": "StatefulSet", "name": "api", "controller": true}]},
        "spec": all,
        "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": message, "lastTransitionTime": "2026-11-21T12:55:00Z"}]}})
}

fn node(name: &str, zone: &str, cpu: &str, taints: Json) -> Json {
    json!({"metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone, "kubernetes.io/arch": "amd64"}},
        "spec": {"taints": taints}, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}}})
}

fn nodes() -> [Json; 3] {
    [
        node("n-1", "us-east-1a", "1", json!([])),
        node("n-2", "us-east-1b", "1500m", json!([])),
        node("n-3", "us-east-1a", "8", json!([{"key": "CriticalAddonsOnly", "effect": "NoSchedule"}])),
    ]
}

fn pool(name: &str, capacity: &str, limit: &str, used: &str) -> Json {
    json!({"metadata": {"name": name}, "spec": {"limits": {"cpu": limit}, "template": {"spec": {
            "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
            "requirements": [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": [capacity]},
                {"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]},
                {"key": "karpenter.k8s.aws/instance-cpu", "operator": "In", "values": ["2", "4"]}]}}},
        "status": {"resources": {"cpu": used}, "conditions": [{"type": "Ready", "status": "True"}]}})
}

fn event(reason: &str, message: &str, at: &str) -> Json {
    json!({"metadata": {"name": reason, "namespace": "production"}, "reason": reason, "message": message, "type": "Warning",
        "involvedObject": {"kind": "Pod", "namespace": "production", "name": "api-0"}, "source": {"component": "karpenter"},
        "lastTimestamp": at})
}

fn world(pod: Json, pools: &[Json], events: &[Json]) -> TestCluster {
    let class = json!({"metadata": {"name": "default"}, "status": {"subnets": [{"id": "s-1", "zone": "us-east-1a"}]}});
    TestCluster::new()
        .with::<crate::fleet::pod::Pod>(&PODS, &[pod])
        .with::<Node>(&NODES, &nodes())
        .with::<NodePool>(&NODE_POOLS, pools)
        .with::<NodeClass>(&EC2_NODE_CLASSES, &[class])
        .with::<Event>(&EVENTS, events)
}

fn waiting(cluster: TestCluster) -> Waiting {
    let picture = cluster.looking_at(&PENDING).picture();
    let (_, row) = picture.table::<Waiting>(&PENDING).unwrap().find(Some("production"), "api-0").unwrap();
    (**row).clone()
}

fn told(cluster: TestCluster) -> (Cause, String) {
    let waiting = waiting(cluster);
    (cause(&waiting), of(&waiting, Timestamp::parse(NOW)).1)
}

const FOUND: &str = "0/3 nodes fit: 1 untolerated taint, 2 insufficient cpu";

#[test]
fn every_node_is_named_with_what_the_pod_fails_at() {
    let row = waiting(world(pod(json!({}), FULL), &[], &[]));
    let nodes = row.held.nodes.clone().unwrap();
    let told: Vec<(String, u32, Vec<&str>)> = nodes
        .obstacles
        .iter()
        .map(|failing| {
            (failing.why.to_string(), failing.nodes, failing.named.iter().map(|name| &**name).collect())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("insufficient cpu".to_owned(), 2, vec!["n-1", "n-2"]),
            ("taint CriticalAddonsOnly".to_owned(), 1, vec!["n-3"])
        ]
    );
    assert_eq!((nodes.open, nodes.roomiest.unwrap().node.as_ref()), (0, "n-2"));
    assert_eq!(row.held.pools, None, "Karpenter is not here");
}

#[test]
fn selectors_tolerations_and_affinity_are_the_scheduler_s() {
    let open = |spec: Json| waiting(world(pod(spec, FULL), &[], &[])).held.nodes.clone().unwrap().open;
    assert_eq!(open(json!({"tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}]})), 1);
    assert_eq!(
        open(
            json!({"tolerations": [{"operator": "Exists"}], "nodeSelector": {"topology.kubernetes.io/zone": "us-east-1b"}})
        ),
        0
    );
    let affinity = |operator: &str| {
        json!({"tolerations": [{"operator": "Exists"}], "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/arch", "operator": operator, "values": ["amd64"]}]}]}}}})
    };
    assert_eq!((open(affinity("In")), open(affinity("NotIn"))), (1, 0));
}

#[test]
fn a_limit_that_is_reached_is_the_cause_with_its_number() {
    let pools = [pool("spot", "spot", "8", "8"), pool("on-demand", "on-demand", "20", "19")];
    let (cause, words) = told(world(pod(json!({}), FULL), &pools, &[]));
    assert_eq!(cause, Cause::Limit);
    let on_demand = "pool on-demand: 19 of 20 CPU taken, a node for it needs 2";
    assert_eq!(words, format!("{on_demand}; pool spot: at its limit of 8 CPU; {FOUND}"));
    let row = waiting(world(pod(json!({}), FULL), &pools, &[]));
    let mut tally = WaitingTally::default();
    row.add_to(&mut tally);
    assert_eq!((tally.pods, tally.limited_by("spot"), tally.limited_by("gpu")), (1, 1, 0));
    row.take_from(&mut tally);
    assert_eq!(tally, WaitingTally::default());
}

#[test]
fn a_pool_that_could_serve_but_for_its_limit_stands_before_one_that_never_could() {
    let wants = json!({"nodeSelector": {"karpenter.sh/capacity-type": "spot"}});
    let pools = [pool("on-demand", "on-demand", "20", "4"), pool("spot", "spot", "8", "8")];
    let (cause, words) = told(world(pod(wants, FULL), &pools, &[]));
    assert_eq!(cause, Cause::Limit);
    let rest = "pool on-demand: capacity-type on-demand, the pod wants spot";
    assert_eq!(words, format!("pool spot: at its limit of 8 CPU; {rest}; {FOUND}"));
}

#[test]
fn what_excludes_each_pool_is_told() {
    let excluded = |spec: Json, change: fn(&mut Json)| {
        let mut pool = pool("spot", "spot", "20", "4");
        change(&mut pool);
        let row = waiting(world(pod(spec, FULL), &[pool], &[]));
        row.pools()[0].barriers.iter().map(Barrier::words).collect::<Vec<_>>().join("; ")
    };
    let same = |_: &mut Json| {};
    assert_eq!(excluded(json!({}), same), "");
    let select = |key: &str, value: &str| json!({"nodeSelector": {key: value}});
    assert_eq!(excluded(select("kubernetes.io/arch", "arm64"), same), "arch amd64, the pod wants arm64");
    assert_eq!(excluded(select("beta.kubernetes.io/arch", "arm64"), same), "arch amd64, the pod wants arm64");
    assert_eq!(excluded(select("team", "web"), same), "knows no team");
    assert_eq!(excluded(select("karpenter.sh/nodepool", "gpu"), same), "nodepool spot, the pod wants gpu");
    assert_eq!(excluded(select("node.kubernetes.io/instance-type", "m5.large"), same), "");
    assert_eq!(excluded(select("topology.kubernetes.io/zone", "us-east-1a"), same), "");
    let elsewhere = excluded(select("topology.kubernetes.io/zone", "us-east-1f"), same);
    assert_eq!(elsewhere, "subnets in us-east-1a, the pod can be in us-east-1f");
    let big = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "8"}}}]});
    assert_eq!(excluded(big, same), "largest instance has 4 CPU, the pod wants 8 CPU");
    let taint = |pool: &mut Json| {
        pool["spec"]["template"]["spec"]["taints"] =
            json!([{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]);
    };
    assert_eq!(excluded(json!({}), taint), "taint dedicated=gpu");
    assert_eq!(excluded(json!({"tolerations": [{"key": "dedicated", "operator": "Exists"}]}), taint), "");
    let unready = |pool: &mut Json| {
        pool["status"]["conditions"] = json!([{"type": "Ready", "status": "False", "reason": "NodeClassNotReady", "message": "no subnets"}]);
    };
    assert_eq!(excluded(json!({}), unready), "is not Ready: no subnets");
    assert_eq!(
        excluded(json!({}), |pool| pool["spec"]["replicas"] = json!(3)),
        "has a fixed number of nodes"
    );
    let labels = |pool: &mut Json| pool["spec"]["template"]["metadata"] = json!({"labels": {"team": "web"}});
    assert_eq!(excluded(select("team", "web"), labels), "");
    assert_eq!(excluded(select("team", "ops"), labels), "team web, the pod wants ops");
    let terms = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["arm64"]}]},
        {"matchExpressions": [{"key": "karpenter.sh/capacity-type", "operator": "NotIn", "values": ["on-demand"]}]}]}}}});
    assert_eq!(excluded(terms, same), "", "one of the terms is enough");
    let more = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "karpenter.k8s.aws/instance-cpu", "operator": "Gt", "values": ["4"]}]}]}}}});
    assert_eq!(excluded(more, same), "instance-cpu 2 or 4, the pod wants more than 4");
}

#[test]
fn what_karpenter_said_counts_where_rows_know_nothing_against_a_pool() {
    let said = "Failed to schedule pod, incompatible with nodepool \"spot\", daemonset overhead={\"cpu\":\"1\"}, unsatisfiable \
        topology constraint for topology spread, key=zone (counts = a: 1)";
    let events = [event("FailedScheduling", said, "2026-11-21T12:56:00Z")];
    let (cause, words) = told(world(pod(json!({}), FULL), &[pool("spot", "spot", "20", "4")], &events));
    assert_eq!(cause, Cause::Pool);
    let why = "unsatisfiable topology constraint for topology spread, key=zone";
    assert_eq!(words, format!("no pool makes such a node: pool spot: {why}; {FOUND}"));
    let limit = "Failed to schedule pod, all available instance types exceed limits for nodepool: \"spot\"";
    let events = [event("FailedScheduling", limit, "2026-11-21T12:56:00Z")];
    let (cause, words) = told(world(pod(json!({}), FULL), &[pool("spot", "spot", "20", "4")], &events));
    assert_eq!((cause, words), (Cause::Limit, format!("pool spot: at its limit; {FOUND}")));
}

#[test]
fn a_promise_counts_until_it_is_refused_or_its_claim_is_gone() {
    let promise = event("Nominated", "Pod should schedule on: nodeclaim/spot-1", "2026-11-21T12:57:00Z");
    let claim = json!({"metadata": {"name": "spot-1"}, "status": {"conditions": [{"type": "Launched", "status": "True"}]}});
    let pools = [pool("spot", "spot", "20", "4")];
    let with = |events: &[Json], claims: &[Json]| {
        told(world(pod(json!({}), FULL), &pools, events).with::<NodeClaim>(&NODE_CLAIMS, claims))
    };
    let coming = (Cause::Node, "claim spot-1 is registering for it".to_owned());
    assert_eq!(with(from_ref(&promise), from_ref(&claim)), coming);
    assert_eq!(with(from_ref(&promise), &[]).0, Cause::Room, "its claim is gone");
    let refusal = event("FailedScheduling", "Failed to schedule pod, x", "2026-11-21T12:58:00Z");
    assert_eq!(with(&[promise, refusal], &[claim]).0, Cause::Room, "refused since");
}

#[test]
fn a_volume_binds_the_pod_to_its_zone() {
    let message = "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 node(s) didn't match PersistentVolume's node affinity.";
    let spec = json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-0"}}]});
    let claim = json!({"metadata": {"name": "data-0", "namespace": "production"}, "spec": {"volumeName": "pv-1"}, "status": {"phase": "Bound"}});
    let volume = json!({"metadata": {"name": "pv-1"}, "spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
        {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-east-1c"]}]}]}}}});
    let cluster = world(pod(spec, message), &[pool("spot", "spot", "20", "4")], &[])
        .with::<VolumeClaim>(&VOLUME_CLAIMS, &[claim])
        .with::<Volume>(&VOLUMES, &[volume]);
    let row = waiting(cluster);
    assert_eq!(cause(&row), Cause::Zone);
    let (_, words) = of(&row, Timestamp::parse(NOW));
    assert!(
        words.starts_with("its volume data-0 is in us-east-1c, and no node there fits; 0/3 nodes fit"),
        "{words}"
    );
    assert_eq!(row.pools()[0].barriers[0].words(), "subnets in us-east-1a, the pod can be in us-east-1c");
}

#[test]
fn a_claim_that_is_not_bound_says_why() {
    let message =
        "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/3 x.";
    let spec = json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-0"}}]});
    let with = |claims: &[Json], classes: &[Json]| {
        told(
            world(pod(spec.clone(), message), &[], &[])
                .with::<VolumeClaim>(&VOLUME_CLAIMS, claims)
                .with::<StorageClass>(&STORAGE_CLASSES, classes),
        )
    };
    let claim = |class: Json| json!({"metadata": {"name": "data-0", "namespace": "production"}, "spec": {"storageClassName": class}, "status": {"phase": "Pending"}});
    assert_eq!(with(&[], &[]), (Cause::Claim, "claim data-0 does not exist".to_owned()));
    let fast = with(&[claim(json!("fast"))], &[json!({"metadata": {"name": "gp3"}})]);
    assert_eq!(fast.1, "claim data-0 is not bound: there is no StorageClass fast");
    let none = with(&[claim(json!(null))], &[]);
    assert_eq!(none.1, "claim data-0 is not bound: it names no StorageClass, and none is the default");
}

#[test]
fn gates_other_schedulers_and_the_other_autoscaler_are_named() {
    let mut gated = pod(json!({"schedulingGates": [{"name": "kueue.x-k8s.io/admission"}]}), "");
    gated["status"]["conditions"][0]["reason"] = json!("SchedulingGated");
    let held = told(world(gated, &[], &[]));
    assert_eq!(held, (Cause::Gate, "held back by kueue.x-k8s.io/admission".to_owned()));
    let mut ignored = pod(json!({"schedulerName": "volcano"}), "");
    ignored["status"]["conditions"] = json!([]);
    let words = "scheduler volcano has not looked at it for 5m".to_owned();
    assert_eq!(told(world(ignored, &[], &[])), (Cause::Scheduler, words));
    let scale = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 2 max node group size reached", NOW);
    let (cause, words) = told(world(pod(json!({}), FULL), &[], &[scale]));
    assert_eq!(cause, Cause::Room);
    assert!(
        words.ends_with("; Cluster Autoscaler: pod didn't trigger scale-up: 2 max node group size reached"),
        "{words}"
    );
}

#[test]
fn two_autoscalers_that_want_the_same_pod_are_said() {
    let events = [
        event("Nominated", "Pod should schedule on: nodeclaim/spot-1", NOW),
        event("TriggeredScaleUp", "pod triggered scale-up: [{eks-apps-1 1->2 (max: 6)}]", NOW),
    ];
    let claim = json!({"metadata": {"name": "spot-1"}});
    let cluster = world(pod(json!({}), FULL), &[pool("spot", "spot", "20", "4")], &events);
    let row = waiting(cluster.with::<NodeClaim>(&NODE_CLAIMS, &[claim]));
    let (verdict, words) = of(&row, Timestamp::parse("2026-11-21T12:55:30Z"));
    let told = "claim spot-1 is launching for it; Cluster Autoscaler makes a node for it too";
    assert_eq!((verdict, words.as_str()), (Verdict::Warning, told));
    let mut tally = WaitingTally::default();
    row.add_to(&mut tally);
    assert_eq!(tally.wanted_twice, 1);
}

#[test]
fn time_makes_it_worse_and_pods_that_have_a_node_or_go_do_not_wait() {
    let row = waiting(world(pod(json!({}), FULL), &[], &[]));
    let at = |now: &str| of(&row, Timestamp::parse(now)).0;
    assert_eq!(at("2026-11-21T12:56:00Z"), Verdict::Progressing);
    assert_eq!(at("2026-11-21T12:59:00Z"), Verdict::Warning);
    assert_eq!(at("2026-11-21T13:06:00Z"), Verdict::Critical);
    for change in [json!({"nodeName": "n-1"}), json!({})] {
        let mut pod = pod(change.clone(), FULL);
        if change == json!({}) {
            pod["metadata"]["deletionTimestamp"] = json!(NOW);
        }
        let picture = world(pod, &[], &[]).looking_at(&PENDING).picture();
        assert!(picture.table::<Waiting>(&PENDING).unwrap().is_empty());
    }
}

#[test]
fn where_only_some_pods_may_be_read_no_node_is_called_roomy() {
    let cluster = world(pod(json!({}), FULL), &[pool("spot", "spot", "8", "8")], &[]);
    let row = waiting(cluster.narrowed::<crate::fleet::pod::Pod>(&PODS, &["production"]));
    assert_eq!(row.held.nodes, None);
    assert_eq!(cause(&row), Cause::Limit, "pools are told all the same");
}

/// Pods that have a node, with their labels.
fn running(name: &str, on: &str, labels: Json, spec: Json) -> Json {
    let mut all = json!({"nodeName": on, "containers": [{"name": "c", "image": "i"}]});
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    json!({"metadata": {"name": name, "namespace": "production", "labels": labels}, "spec": all, "status": {"phase": "Running"}})
}

/// Two zones with two nodes and one with one, all roomy; `api-0` waits among these pods.
fn among(waits: Json, message: &str, others: Vec<Json>) -> Waiting {
    waiting(cluster_among(waits, message, others))
}

fn cluster_among(waits: Json, message: &str, others: Vec<Json>) -> TestCluster {
    let host = |name: &str, zone: &str| {
        let mut node = node(name, zone, "8", json!([]));
        node["metadata"]["labels"]["kubernetes.io/hostname"] = json!(name);
        node
    };
    let nodes = [("a-1", "a"), ("a-2", "a"), ("b-1", "b"), ("b-2", "b"), ("c-1", "c")];
    let nodes: Vec<Json> = nodes.iter().map(|(name, zone)| host(name, zone)).collect();
    let mut waits = pod(waits, message);
    waits["metadata"]["labels"] = json!({"app": "api", "pod-template-hash": "new"});
    let pods: Vec<Json> = others.into_iter().chain([waits]).collect();
    TestCluster::new()
        .with::<crate::fleet::pod::Pod>(&PODS, &pods)
        .with::<Node>(&NODES, &nodes)
        .with::<Event>(&EVENTS, &[])
}

fn obstacles(row: &Waiting) -> Vec<(String, u32)> {
    let nodes = row.held.nodes.as_ref().unwrap();
    nodes.obstacles.iter().map(|failing| (failing.why.to_string(), failing.nodes)).collect()
}

fn api(name: &str, on: &str) -> Json {
    running(name, on, json!({"app": "api", "pod-template-hash": "old"}), json!({}))
}

fn spread(change: Json) -> Json {
    let mut constraint = json!({"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "api"}}});
    constraint.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({"topologySpreadConstraints": [constraint]})
}

#[test]
fn a_spread_that_would_become_uneven_refuses_the_zones_that_have_most() {
    let message = "0/5 nodes are available: 1 Insufficient cpu, 4 node(s) didn't match pod topology spread constraints. \
        preemption: 0/5 nodes are available: 1 No preemption victims found for incoming pod, 4 Preemption is not helpful for scheduling.";
    let others = || {
        vec![
            api("api-1", "a-1"),
            api("api-2", "b-1"),
            api("api-3", "b-2"),
            running("web", "c-1", json!({"app": "web"}), json!({})),
        ]
    };
    let row = among(spread(json!({})), message, others());
    assert_eq!(obstacles(&row), [("topology spread".to_owned(), 4)]);
    assert_eq!(row.held.nodes.as_ref().unwrap().open, 1);
    let (_, words) = of(&row, Timestamp::parse(NOW));
    assert_eq!(
        words,
        "0/5 nodes fit: 1 insufficient cpu, 4 topology spread; spread over zone within 1: b 2, a 1, c 0",
        "the scheduler has the first word"
    );
    let refused = |change: Json, others: Vec<Json>| obstacles(&among(spread(change), message, others));
    assert_eq!(refused(json!({"maxSkew": 2}), others()), [("topology spread".to_owned(), 2)]);
    assert_eq!(refused(json!({"whenUnsatisfiable": "ScheduleAnyway"}), others()), []);
    assert_eq!(
        refused(json!({"matchLabelKeys": ["pod-template-hash"]}), others()),
        [],
        "old pods do not count"
    );
    assert_eq!(refused(json!({"labelSelector": null}), others()), [], "nothing is counted");
    assert_eq!(
        refused(json!({"topologyKey": "rack"}), others()),
        [("no label to spread over".to_owned(), 5)]
    );
    let mut leaving = others();
    for pod in &mut leaving {
        pod["metadata"]["deletionTimestamp"] = json!(NOW);
    }
    assert_eq!(refused(json!({}), leaving), [], "pods that go do not count");
    let few = refused(json!({"minDomains": 4}), vec![api("1", "a-1"), api("2", "b-1"), api("3", "c-1")]);
    assert_eq!(few, [("topology spread".to_owned(), 5)], "three zones of the four that are asked for");
}

#[test]
fn nodes_that_a_pod_does_not_select_are_no_place_to_spread_over() {
    let mut spec = spread(json!({}));
    spec["nodeSelector"] = json!({"topology.kubernetes.io/zone": "a"});
    let row = among(spec.clone(), FULL, vec![api("api-1", "a-1"), api("api-2", "a-2")]);
    assert_eq!(obstacles(&row), [("node affinity or selector".to_owned(), 3)], "a alone is even");
    spec["topologySpreadConstraints"][0]["nodeAffinityPolicy"] = json!("Ignore");
    let row = among(spec, FULL, vec![api("api-1", "a-1"), api("api-2", "a-2")]);
    assert_eq!(obstacles(&row)[1], ("topology spread".to_owned(), 2));
}

#[test]
fn pods_that_it_must_be_far_from_keep_their_nodes() {
    let message = "0/5 nodes are available: 5 node(s) didn't match pod anti-affinity rules. preemption: 0/5 nodes are \
        available: 5 No preemption victims found for incoming pod.";
    let far = |namespaces: Json| {
        let mut term = json!({"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "api"}}});
        term.as_object_mut().unwrap().extend(namespaces.as_object().unwrap().clone());
        json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}})
    };
    let elsewhere = |name: &str, on: &str| {
        let mut pod = api(name, on);
        pod["metadata"]["namespace"] = json!("staging");
        pod
    };
    let others = || vec![api("api-1", "a-1"), api("api-2", "b-1"), elsewhere("api-3", "c-1")];
    let row = among(far(json!({})), message, others());
    assert_eq!(obstacles(&row), [("pod anti-affinity".to_owned(), 2)]);
    let (_, words) = of(&row, Timestamp::parse(NOW));
    assert_eq!(words, "0/5 nodes fit: 5 pod anti-affinity; in another node than app=api: a-1 1, b-1 1");
    let staging = among(far(json!({"namespaces": ["staging"]})), message, others());
    assert_eq!(obstacles(&staging), [("pod anti-affinity".to_owned(), 1)]);
    let everywhere = among(far(json!({"namespaceSelector": {}})), message, others());
    assert_eq!(obstacles(&everywhere), [("pod anti-affinity".to_owned(), 3)]);
    let labelled = far(json!({"namespaceSelector": {"matchLabels": {"team": "web"}}}));
    assert_eq!(obstacles(&among(labelled, message, others())), [], "labels of namespaces are not known here");
    let preferred = json!({"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 1, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {}}}]}}});
    assert_eq!(obstacles(&among(preferred, message, others())), []);
    let mut ended = api("api-1", "a-1");
    ended["status"]["phase"] = json!("Succeeded");
    assert_eq!(obstacles(&among(far(json!({})), message, vec![ended])), []);
}

#[test]
fn pods_that_it_must_be_near_leave_only_their_zone_but_the_first_of_a_group_may_begin_anywhere() {
    let message = "0/5 nodes are available: 5 node(s) didn't match pod affinity rules. preemption: 0/5 nodes are available: \
        5 Preemption is not helpful for scheduling.";
    let near = |app: &str| {
        json!({"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {"matchLabels": {"app": app}}}]}}})
    };
    let cache = running("cache-0", "b-1", json!({"app": "cache"}), json!({}));
    let row = among(near("cache"), message, vec![cache]);
    assert_eq!(obstacles(&row), [("pod affinity".to_owned(), 3)]);
    let alone = among(near("cache"), message, vec![]);
    assert_eq!(obstacles(&alone), [("pod affinity".to_owned(), 5)]);
    let (_, words) = of(&alone, Timestamp::parse(NOW));
    assert_eq!(words, "0/5 nodes fit: 5 pod affinity; in the same zone as app=cache: there are none");
    assert_eq!(obstacles(&among(near("api"), message, vec![])), [], "it is the first of them");
}

#[test]
fn devices_are_room_like_cpu_and_a_pool_without_them_is_excluded() {
    let message = "0/2 nodes are available: 2 Insufficient nvidia.com/gpu. preemption: 0/2 nodes are available: 2 No \
        preemption victims found for incoming pod.";
    let gpus = |name: &str, amount: &str| {
        let mut node = node(name, "us-east-1a", "8", json!([]));
        node["status"]["allocatable"]["nvidia.com/gpu"] = json!(amount);
        node
    };
    let asks = |amount: &str| json!({"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1", "nvidia.com/gpu": amount}}}]});
    let held = running("train", "gpu-1", json!({}), asks("3"));
    let pools = |requirement: Json| {
        let mut pool = pool("gpu", "spot", "20", "4");
        pool["spec"]["template"]["spec"]["requirements"] = json!([requirement]);
        pool
    };
    let row = |amount: &str, requirement: Json| {
        waiting(
            TestCluster::new()
                .with::<crate::fleet::pod::Pod>(&PODS, &[pod(asks(amount), message), held.clone()])
                .with::<Node>(&NODES, &[gpus("gpu-1", "4"), gpus("plain", "0")])
                .with::<NodePool>(&NODE_POOLS, &[pools(requirement)])
                .with::<Event>(&EVENTS, &[]),
        )
    };
    let family = |values: Json| json!({"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": values});
    let two = row("2", family(json!(["m5", "c6i"])));
    assert_eq!(obstacles(&two), [("insufficient nvidia.com/gpu".to_owned(), 2)]);
    assert_eq!(two.pools()[0].barriers[0].words(), "m5 or c6i have no nvidia.com/gpu");
    assert_eq!(cause(&two), Cause::Pool);
    let one = row("1", family(json!(["m5", "g5"])));
    assert_eq!(
        (obstacles(&one), one.held.nodes.as_ref().unwrap().open),
        (vec![("insufficient nvidia.com/gpu".to_owned(), 1)], 1)
    );
    assert!(one.pools()[0].barriers.is_empty(), "g5 has some");
    let category =
        json!({"key": "karpenter.k8s.aws/instance-category", "operator": "In", "values": ["c", "m", "r"]});
    assert_eq!(row("1", category).pools()[0].barriers[0].words(), "c or m or r have no nvidia.com/gpu");
    assert!(row("1", family(json!(["g4ad"]))).pools()[0].barriers.len() == 1, "those are of another maker");
}
