//! Karpenter's disruption: nodes that are empty, hardly used or drifted go, within the budgets of their pool and only
//! where nothing is in the way.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::external_secret::seconds;
use super::karpenter::{COMPONENT, DISRUPTED, Wanted, budget_allows, cluster_of, instance_of, new_claim};
use super::placement::{Placement, requests};
use super::scheduler::volume_zones;
use crate::simulator::api::status::Status;
use crate::simulator::controllers::round::later;
use crate::simulator::controllers::schedule::Schedule;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

#[cfg(test)]
mod tests;

/// The disruption controller, asked about one pool at a time.
pub(super) struct Disruption;

const POOLS: &str = "nodepools.karpenter.sh";
const CLAIMS: &str = "nodeclaims.karpenter.sh";
/// Moving the pods of a node is worth it while they request less than this percentage of its CPU. Karpenter itself weighs
/// prices, which the simulator has none of; with this share the reference fleet keeps the nodes that it is described with.
const WORTHWHILE: i64 = 15;
const KEEP: &str = "karpenter.sh/do-not-disrupt";
/// Seconds between two looks at a pool, and on a clock that is advanced by hand: every step of it costs time.
const PERIOD: i64 = 30;
const SLOW_PERIOD: i64 = 300;

impl Controller for Disruption {
    fn resource(&self) -> &'static str {
        POOLS
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        let key = |pool: &str| (!pool.is_empty()).then(|| Key::cluster(POOLS, pool)).into_iter().collect();
        if changed.is(CLAIMS) || changed.is("nodes") {
            return key(field::label(&changed.object, "karpenter.sh/nodepool"));
        }
        let node = field::text(&changed.object, "spec.nodeName");
        if !changed.is("pods") || node.is_empty() {
            return Vec::new();
        }
        lister
            .get(&Key::cluster("nodes", node))
            .map(|node| key(field::label(&node, "karpenter.sh/nodepool")))
            .unwrap_or_default()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let pool = round.lister.get(key)?;
        let claims: Vec<(Key, Arc<Value>)> = round
            .lister
            .entries(CLAIMS, None, &Selection::all())
            .into_iter()
            .filter(|(_, claim)| field::label(claim, "karpenter.sh/nodepool") == field::name(&pool))
            .collect();
        for (key, claim) in &claims {
            note_pods(key, claim, &pool, round)?;
        }
        round.wake_after(if round.store.clock().is_running() { PERIOD } else { SLOW_PERIOD });
        let is_busy = claims.iter().any(|(_, claim)| {
            !field::condition_is_true(claim, "Ready")
                || !field::at(claim, "metadata.deletionTimestamp").is_null()
        });
        if is_busy {
            // One thing at a time: what is on its way changes what is needed.
            return Ok(());
        }
        if let Some((key, claim)) =
            claims.iter().find(|(_, claim)| field::condition_is_true(claim, "DisruptionReason"))
        {
            return end(key, claim, &claims, round);
        }
        disrupt(&pool, round)
    }
}

/// Pods of a node that are not there for the node itself.
fn moving_pods(node: &str, round: &Round<'_>) -> Vec<Arc<Value>> {
    let Ok(own) = Selection::parse("", &format!("spec.nodeName={node}")) else { return Vec::new() };
    let pods = round.lister.list("pods", None, &own).into_iter();
    pods.filter(|pod| {
        !pod::is_finished(pod) && field::controller_of(pod).is_none_or(|(kind, _, _)| kind != "DaemonSet")
    })
    .collect()
}

/// Keeps the time of the last pod that came or went, and says when the node has been quiet long enough.
fn note_pods(key: &Key, claim: &Value, pool: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    if !field::condition_is_true(claim, "Initialized") {
        return Ok(());
    }
    let pods = moving_pods(field::text(claim, "status.nodeName"), round);
    let last = field::time(claim, "status.lastPodEventTime").unwrap_or(round.now);
    let moved = pods
        .iter()
        .flat_map(|pod| {
            let came = field::time(field::condition(pod, "PodScheduled"), "lastTransitionTime");
            let goes = pod::is_terminating(pod).then_some(round.now);
            [came, goes]
        })
        .flatten()
        .max();
    if let Some(moved) = moved.filter(|moved| *moved > last) {
        round.store.edit(key, |claim| {
            field::put(claim, "status.lastPodEventTime", json!(field::stamp(moved)));
            let kept: Vec<Value> = field::list(claim, "status.conditions")
                .iter()
                .filter(|condition| field::text(condition, "type") != "Consolidatable")
                .cloned()
                .collect();
            field::put(claim, "status.conditions", Value::Array(kept));
            Ok(())
        })?;
        return Ok(());
    }
    let Some(quiet) = seconds(field::text(pool, "spec.disruption.consolidateAfter")) else { return Ok(()) };
    let due = later(last, quiet);
    if due > round.now {
        round.wake_at(due);
        return Ok(());
    }
    if field::condition_is_true(claim, "Consolidatable") {
        return Ok(());
    }
    let stamp = round.stamp();
    round.store.edit(key, |claim| {
        field::set_condition(claim, json!({"type": "Consolidatable", "status": "True", "lastTransitionTime": stamp, "reason": "Consolidatable", "message": "", "observedGeneration": 1}));
        Ok(())
    })?;
    Ok(())
}

/// How many nodes of a pool may go for a reason now.
pub(super) fn allowed(pool: &Value, reason: &str, nodes: &[Arc<Value>], now: jiff::Timestamp) -> i64 {
    let total = i64::try_from(nodes.len()).unwrap_or_default();
    let away = nodes.iter().filter(|node| {
        !field::condition_is_true(node, "Ready")
            || field::list(node, "spec.taints").iter().any(|taint| field::text(taint, "key") == DISRUPTED)
    });
    let away = i64::try_from(away.count()).unwrap_or_default();
    let mut least = i64::MAX;
    let default = [json!({"nodes": "10%"})];
    let budgets = match field::list(pool, "spec.disruption.budgets") {
        [] => &default[..],
        budgets => budgets,
    };
    for budget in budgets {
        let reasons = field::list(budget, "reasons");
        let schedule = field::text(budget, "schedule");
        let is_active = schedule.is_empty()
            || Schedule::parse(schedule)
                .zip(seconds(field::text(budget, "duration")))
                .is_some_and(|(schedule, duration)| schedule.is_open(now, duration));
        if !is_active || !(reasons.is_empty() || reasons.iter().any(|own| own == reason)) {
            continue;
        }
        let nodes = field::text(budget, "nodes");
        let count = match nodes.strip_suffix('%').map(str::parse::<i64>) {
            Some(Ok(percent)) => (total * percent + 99) / 100,
            Some(Err(_)) => 0,
            None => nodes.parse().unwrap_or_default(),
        };
        least = least.min(count);
    }
    (least - away).max(0)
}

/// Chooses a node that may go, and lets it go; or says what is in the way.
fn disrupt(pool: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let claims = round.lister.entries(CLAIMS, None, &Selection::all());
    let own = claims
        .into_iter()
        .filter(|(_, claim)| field::label(claim, "karpenter.sh/nodepool") == field::name(pool));
    let labelled = Selection::by_labels(&format!("karpenter.sh/nodepool={}", field::name(pool)))?;
    let nodes = round.lister.list("nodes", None, &labelled);
    let mut own: Vec<(Key, Arc<Value>)> = own.collect();
    own.sort_by_key(|(_, claim)| moving_pods(field::text(claim, "status.nodeName"), round).len());
    for (key, claim) in own {
        let Some(reason) = reason(&claim, pool, round) else { continue };
        let name = field::text(&claim, "status.nodeName").to_owned();
        let node = round.lister.get(&Key::cluster("nodes", &name)).ok();
        let Some(node) = node.filter(|node| field::condition_is_true(node, "Ready")) else { continue };
        if let Some(obstacle) = obstacle(&node, round) {
            round.note(&node, COMPONENT, "DisruptionBlocked", obstacle.clone());
            round.note(&claim, COMPONENT, "DisruptionBlocked", obstacle);
            continue;
        }
        if allowed(pool, reason, &nodes, round.now) == 0 {
            let message =
                format!("No allowed disruptions for disruption reason {reason} due to blocking budget");
            round.note(pool, COMPONENT, "DisruptionBlocked", message);
            continue;
        }
        return begin(&key, &claim, &node, pool, reason, round);
    }
    Ok(())
}

/// Why a claim could go; `None` when it is needed.
fn reason(claim: &Value, pool: &Value, round: &Round<'_>) -> Option<&'static str> {
    if field::condition_is_true(claim, "Drifted") {
        return Some("Drifted");
    }
    if !field::condition_is_true(claim, "Consolidatable") {
        return None;
    }
    let name = field::text(claim, "status.nodeName");
    let pods = moving_pods(name, round);
    if pods.is_empty() {
        return Some("Empty");
    }
    let policy = field::text(pool, "spec.disruption.consolidationPolicy");
    let cpu = pods.iter().map(|pod| requests(pod).0).sum::<i64>();
    let is_hardly_used = cpu * 100 < instance_of(claim).allocatable_cpu * WORTHWHILE;
    (policy != "WhenEmpty" && is_hardly_used && fit_elsewhere(name, &pods, round)).then_some("Underutilized")
}

/// Whether everything on a node would find a place on the others.
fn fit_elsewhere(name: &str, pods: &[Arc<Value>], round: &Round<'_>) -> bool {
    let nodes = round.lister.list("nodes", None, &Selection::all());
    let others =
        nodes.iter().filter(|node| field::name(node) != name && field::condition_is_true(node, "Ready"));
    let mut placement = Placement::new(others.map(AsRef::as_ref));
    let all = round.lister.list("pods", None, &Selection::all());
    let staying: Vec<&Value> = all
        .iter()
        .map(AsRef::as_ref)
        .filter(|pod| !pod::is_finished(pod) && field::text(pod, "spec.nodeName") != name)
        .collect();
    for pod in &staying {
        placement.occupy(pod);
    }
    let namespaces = round.lister.list("namespaces", None, &Selection::all());
    let mut moved: Vec<Value> = Vec::new();
    for pod in pods {
        let mut pod = Value::clone(pod);
        field::drop_at(&mut pod, "spec.nodeName");
        placement.watch_spread(&pod, staying.iter().copied().chain(&moved));
        placement.bind_to_zones(volume_zones(&pod, round));
        placement.heed_others(&pod, staying.iter().copied().chain(&moved), &namespaces);
        let Ok(node) = placement.choose(&pod) else { return false };
        field::put(&mut pod, "spec.nodeName", json!(node));
        placement.occupy(&pod);
        moved.push(pod);
    }
    true
}

/// What keeps a node from being disrupted, in Karpenter's words.
fn obstacle(node: &Value, round: &Round<'_>) -> Option<String> {
    if field::annotation(node, KEEP) == "true" {
        return Some(format!("Disruption is blocked through the \"{KEEP}\" annotation"));
    }
    let pods = moving_pods(field::name(node), round);
    let kept = pods.iter().find(|pod| is_kept(pod, round));
    if let Some(pod) = kept {
        return Some(format!(
            "Pod has \"{KEEP}\" annotation (Pod={}/{})",
            field::namespace(pod),
            field::name(pod)
        ));
    }
    let held = pods.iter().find(|pod| !budget_allows(pod, round))?;
    let budgets =
        round.lister.list("poddisruptionbudgets.policy", Some(field::namespace(held)), &Selection::all());
    let budget = budgets.iter().find(|budget| field::selects(field::at(budget, "spec.selector"), held))?;
    Some(format!(
        "Pdb prevents pod evictions (PodDisruptionBudget(s)=[{}/{}])",
        field::namespace(budget),
        field::name(budget)
    ))
}

/// `true`, or a duration since the pod's start that has not passed.
fn is_kept(pod: &Value, round: &Round<'_>) -> bool {
    let value = field::annotation(pod, KEEP);
    value == "true"
        || seconds(value)
            .zip(field::time(pod, "status.startTime"))
            .is_some_and(|(span, start)| later(start, span) > round.now)
}

/// Marks the claim, keeps pods away from its node, and starts a replacement where its pods need one.
fn begin(
    key: &Key,
    claim: &Value,
    node: &Value,
    pool: &Value,
    reason: &str,
    round: &mut Round<'_>,
) -> Result<(), Status> {
    let stamp = round.stamp();
    round.store.edit(key, |claim| {
        field::set_condition(claim, json!({"type": "DisruptionReason", "status": "True", "lastTransitionTime": stamp, "reason": reason, "message": reason, "observedGeneration": 1}));
        Ok(())
    })?;
    round.store.edit(&Key::cluster("nodes", field::name(node)), |node| {
        field::push(node, "spec.taints", json!({"key": DISRUPTED, "effect": "NoSchedule"}));
        Ok(())
    })?;
    let pods = moving_pods(field::name(node), round);
    let Some(cluster) = cluster_of(round).filter(|_| reason == "Drifted" && !pods.is_empty()) else {
        round.note(node, COMPONENT, "DisruptionTerminating", format!("Disrupting Node: {reason}/Delete"));
        return round.delete(key);
    };
    let needed = pods.iter().map(|pod| requests(pod)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let subnet = match field::label(claim, "topology.kubernetes.io/zone") {
        "us-east-1a" => 11,
        "us-east-1b" => 12,
        _ => 13,
    };
    let wanted = Wanted { subnet, instance: instance_of(claim), requests: needed, pods: pods.len() };
    let suffix = round.chance.suffix();
    let made = round.store.create(&new_claim(cluster, pool, wanted, &suffix))?;
    round.note(
        claim,
        COMPONENT,
        "DisruptionLaunching",
        format!("Launching NodeClaim: {}", field::name(&made)),
    );
    round.note(
        claim,
        COMPONENT,
        "DisruptionWaitingReadiness",
        "Waiting on readiness to continue disruption".to_owned(),
    );
    Ok(())
}

/// Lets a claim go whose replacement is ready.
fn end(key: &Key, claim: &Value, claims: &[(Key, Arc<Value>)], round: &mut Round<'_>) -> Result<(), Status> {
    let since =
        field::time(field::condition(claim, "DisruptionReason"), "lastTransitionTime").unwrap_or(round.now);
    let is_replaced = claims.iter().any(|(_, other)| {
        field::time(other, "metadata.creationTimestamp").is_some_and(|born| born >= since)
            && field::condition_is_true(other, "Ready")
    });
    if is_replaced {
        return round.delete(key);
    }
    // The replacement did not come: the attempt is given up.
    if since.checked_add(SignedDuration::from_mins(10)).is_ok_and(|end| end < round.now) {
        round.store.edit(key, |claim| {
            field::set_condition(claim, json!({"type": "DisruptionReason", "status": "False", "lastTransitionTime": field::stamp(since), "reason": "RollbackDisruption", "message": "", "observedGeneration": 1}));
            Ok(())
        })?;
    }
    Ok(())
}
