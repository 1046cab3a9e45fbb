//! What a pod waits for, in words: the cause first, then what else speaks against it.

use super::pools::{Barrier, PoolVerdict};
use super::volumes::State;
use super::{Promise, Waiting};
use crate::fleet::pod::Obstacle;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::karpenter::claim::Phase;

/// What a pod waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Somebody holds it back on purpose.
    Gate,
    /// No scheduler has looked at it.
    Scheduler,
    /// A node is being made, or freed, for it.
    Node,
    /// A claim of it does not exist, or is not bound.
    Claim,
    /// The limit of a pool.
    Limit,
    /// Its volume is in a zone where it finds no place.
    Zone,
    /// No pool makes such nodes.
    Pool,
    /// CPU, memory or another resource.
    Room,
    /// Taints, selectors, affinities and spreads that no node meets.
    Rules,
    /// Nobody has said.
    Unknown,
}

impl Cause {
    /// One word, for a table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Scheduler => "scheduler",
            Self::Node => "node coming",
            Self::Claim => "claim",
            Self::Limit => "pool limit",
            Self::Zone => "volume zone",
            Self::Pool => "no pool",
            Self::Room => "room",
            Self::Rules => "rules",
            Self::Unknown => "unknown",
        }
    }
}

/// What a pod waits for.
pub fn cause(waiting: &Waiting) -> Cause {
    let Some(scheduling) = waiting.pod.scheduling() else { return Cause::Scheduler };
    if &*scheduling.reason == "SchedulingGated" {
        return Cause::Gate;
    }
    if waiting.said.promise.as_ref().is_some_and(is_coming) || waiting.pod.nominated_node().is_some() {
        return Cause::Node;
    }
    let refusals = &waiting.refusals;
    if refusals.has(|why| matches!(why, Obstacle::NoClaim(_) | Obstacle::UnboundClaims)) {
        return Cause::Claim;
    }
    let pools = waiting.pools();
    let could = pools.iter().any(|pool| pool.barriers.is_empty());
    if !could && waiting.limited_by().next().is_some() {
        return Cause::Limit;
    }
    if refusals.has(|why| *why == Obstacle::VolumeZone) {
        return Cause::Zone;
    }
    if !pools.is_empty() && !could {
        return Cause::Pool;
    }
    let is_room = |why: &Obstacle| {
        matches!(why, Obstacle::Insufficient(_) | Obstacle::TooManyPods | Obstacle::VolumeLimit)
    };
    if refusals.has(is_room) {
        return Cause::Room;
    }
    if refusals.reasons.is_empty() { Cause::Unknown } else { Cause::Rules }
}

/// A promise counts while its claim is on its way, or its node is there.
fn is_coming(promise: &Promise) -> bool {
    &*promise.kind == "node" || promise.phase.is_some_and(|phase| phase != Phase::Leaving)
}

/// How a pod that waits is, and what it waits for.
pub fn of(waiting: &Waiting, now: Timestamp) -> (Verdict, String) {
    let (verdict, _) = waiting.pod.judge(now);
    let found = waiting.refusals.words();
    let also = |words: String| match found.as_str() {
        "" => words,
        found => format!("{words}; {found}"),
    };
    let words = match cause(waiting) {
        Cause::Gate => format!("held back by {}", waiting.pod.scheduling().map_or("", |s| &s.message)),
        Cause::Scheduler => no_scheduler(waiting, now),
        Cause::Node => promised(waiting),
        Cause::Claim => claims(waiting),
        Cause::Limit => also(limits(&waiting.pools())),
        Cause::Zone => also(zones(waiting)),
        Cause::Pool => also(no_pool(&waiting.pools())),
        Cause::Room | Cause::Rules => {
            let pools = waiting.pools();
            match pools.iter().find(|pool| pool.barriers.is_empty()) {
                Some(pool) => {
                    format!("{found}; pool {} could make a node for it{}", pool.pool, rules(waiting))
                }
                None => format!("{found}{}", rules(waiting)),
            }
        }
        Cause::Unknown => "no node fits".to_owned(),
    };
    if waiting.said.is_wanted_twice {
        let also = "Cluster Autoscaler makes a node for it too";
        return (verdict.max(Verdict::Warning), format!("{words}; {also}"));
    }
    match &waiting.said.autoscaler {
        Some(said) if waiting.held.pools.as_ref().is_none_or(Vec::is_empty) => {
            (verdict, format!("{words}; Cluster Autoscaler: {}", said.trim()))
        }
        _ => (verdict, words),
    }
}

/// The rules about other pods that the scheduler names, and how those are placed.
fn rules(waiting: &Waiting) -> String {
    let rules = waiting.held.nodes.iter().flat_map(|nodes| &nodes.rules);
    let named = rules.filter(|rule| waiting.refusals.has(|why| *why == rule.why));
    named.map(|rule| format!("; {}", rule.words)).collect()
}

fn no_scheduler(waiting: &Waiting, now: Timestamp) -> String {
    let since = human_duration(waiting.pod.created().age_at(now));
    match waiting.pod.placement().map_or("", |placement| &placement.scheduler) {
        "" | "default-scheduler" => format!("no scheduler has looked at it for {since}"),
        name => format!("scheduler {name} has not looked at it for {since}"),
    }
}

fn promised(waiting: &Waiting) -> String {
    match (&waiting.said.promise, waiting.pod.nominated_node()) {
        (Some(promise), _) if is_coming(promise) => match promise.phase {
            Some(phase) => format!("claim {} is {} for it", promise.name, phase.as_str()),
            None => format!("{} {} is for it", promise.kind, promise.name),
        },
        (_, Some(node)) => format!("pods on {node} make room for it"),
        _ => String::new(),
    }
}

fn claims(waiting: &Waiting) -> String {
    let known = &waiting.held.claims;
    let missing = waiting.refusals.reasons.iter().find_map(|refusal| match &refusal.why {
        Obstacle::NoClaim(name) => Some(&**name),
        _ => None,
    });
    let missing = missing
        .or_else(|| known.iter().find(|claim| claim.state == State::Missing).map(|claim| &*claim.name));
    if let Some(name) = missing {
        return format!("claim {name} does not exist");
    }
    let unbound = known.iter().find_map(|claim| match &claim.state {
        State::Unbound(why) => Some((&claim.name, why)),
        _ => None,
    });
    match unbound {
        Some((name, why)) if why.is_empty() => format!("claim {name} is not bound"),
        Some((name, why)) => format!("claim {name} is not bound: {}", why.trim()),
        None => "a claim of it is not bound".to_owned(),
    }
}

fn zones(waiting: &Waiting) -> String {
    let bound = waiting.held.claims.iter().find_map(|claim| match &claim.state {
        State::Bound(zones) if !zones.is_empty() => Some((&claim.name, zones)),
        _ => None,
    });
    match bound {
        Some((name, zones)) => {
            format!("its volume {name} is in {}, and no node there fits", zones.join(" or "))
        }
        None => "its volume is in another zone than the nodes that fit".to_owned(),
    }
}

/// `pools spot and on-demand at their limit of 20 CPU`, one after the other where they differ; then the others.
fn limits(pools: &[PoolVerdict]) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for pool in pools {
        let Some(first) = pool.barriers.first() else { continue };
        let words = first.words();
        match said.iter_mut().find(|(known, _)| *known == words) {
            Some((_, names)) => names.push(&pool.pool),
            None => said.push((words, vec![&pool.pool])),
        }
    }
    // What is waited for stands before what could never serve.
    let is_limit = |words: &str| {
        pools
            .iter()
            .flat_map(|pool| &pool.barriers)
            .any(|barrier| matches!(barrier, Barrier::Limit { .. }) && barrier.words() == words)
    };
    said.sort_by_key(|(words, _)| !is_limit(words));
    let parts = said.iter().map(|(words, names)| match names.as_slice() {
        [only] => format!("pool {only}: {words}"),
        names => format!("pools {}: {words}", names.join(", ")),
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn no_pool(pools: &[PoolVerdict]) -> String {
    format!("no pool makes such a node: {}", limits(pools))
}
