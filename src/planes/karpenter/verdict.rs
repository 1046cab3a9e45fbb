//! How a pool is, and why.

use super::budget::{Allowed, Nodes, Reason, allowed};
use super::class::ClassState;
use super::pool::{Claims, Pool, Waiting};
use crate::blueprint::Blueprint;
use crate::fleet::condition::Status;
use crate::fleet::karpenter::node_pool::{ConsolidationPolicy, NodePool};
use crate::fleet::karpenter::requirement;
use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::quota::QuotaUnit;
use crate::fleet::selector::Operator;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::opinion::Opinion;
use crate::planes::pending::WaitingTally;

/// A new pool is judged by its controller within seconds.
const PATIENCE: i64 = 2 * 60;
/// Claims that wait longer are worth a word: see [`super::claim`].
const LAUNCH_PATIENCE: i64 = 2 * 60;
const JOIN_PATIENCE: i64 = 5 * 60;

/// A limit of a pool and how much of it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit<'p> {
    /// The resource: `cpu`, `memory`, `nodes` …
    pub resource: &'p str,
    /// How much its nodes have now, in the unit of the resource.
    pub used: u64,
    /// How much they may have.
    pub limit: u64,
}

impl Limit<'_> {
    /// True when nothing more is launched because of it.
    pub fn is_reached(&self) -> bool {
        self.used >= self.limit
    }

    /// `12 of 20 CPU`
    pub fn words(&self) -> String {
        format!("{} of {}", amount(self.resource, self.used), with_unit(self.resource, self.limit))
    }
}

/// An amount of a resource: `1.5`, `64 Gi`, `7`.
pub fn amount(resource: &str, amount: u64) -> String {
    match QuotaUnit::of(resource) {
        QuotaUnit::Cpu => human_cpu(amount),
        QuotaUnit::Bytes => human_bytes(amount),
        QuotaUnit::Count => amount.to_string(),
    }
}

/// The same with what it is of: `20 CPU`, `64 Gi memory`, `5 nodes`.
pub fn with_unit(resource: &str, of: u64) -> String {
    let what = if resource == "cpu" { "CPU" } else { resource };
    format!("{} {what}", amount(resource, of))
}

/// The limits of a pool, in the order of the server.
pub fn limits(pool: &NodePool) -> impl Iterator<Item = Limit<'_>> {
    pool.limits.iter().map(|(resource, limit)| {
        let nodes = || pool.nodes.map(u64::from).filter(|_| resource == "nodes");
        let used = pool.resources.get(resource).or_else(nodes).unwrap_or(0);
        Limit { resource, used, limit }
    })
}

/// What a pool may buy: the values of `karpenter.sh/capacity-type`; none where it does not say.
pub fn capacity_types(pool: &NodePool) -> Vec<&str> {
    let required = requirement(&pool.template.requirements, "karpenter.sh/capacity-type");
    let Some(required) = required.filter(|required| required.expression.operator == Operator::In) else {
        return Vec::new();
    };
    required.expression.values.iter().map(|value| &**value).collect()
}

/// What pods want of a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// How many pods wait for its limit.
    pub waiting: u32,
    /// How many pods of the cluster Cluster Autoscaler makes a node for as well.
    pub wanted_twice: u32,
}

impl Demand {
    /// What the pods that wait want of this pool.
    pub fn of(pool: &str, tally: &WaitingTally) -> Self {
        Self { waiting: tally.limited_by(pool), wanted_twice: tally.wanted_twice }
    }
}

/// How a pool is, and why, in words.
pub fn of(row: &Pool, wanted: Option<&Blueprint>, demand: Demand, now: Timestamp) -> (Verdict, String) {
    let Demand { waiting, wanted_twice } = demand;
    let mut opinion = Opinion::default();
    let Some(pool) = row.pool() else {
        opinion.say(Verdict::Critical, "wanted, but not in this cluster");
        return opinion.into();
    };
    if let Some(since) = pool.meta.deleted.known() {
        let since = human_duration(since.age_at(now));
        opinion.say(Verdict::Progressing, format!("being deleted for {since}"));
    }
    readiness(&mut opinion, pool, &row.class, now);
    if let Some(claims) = &row.claims {
        joining(&mut opinion, claims, now);
    }
    limited(&mut opinion, row, pool, waiting, now);
    if wanted_twice > 0 {
        let words = format!("Cluster Autoscaler makes nodes for the same pods, {wanted_twice} now");
        opinion.say(Verdict::Warning, words);
    }
    leftovers(&mut opinion, pool, row.is_beta);
    drift(&mut opinion, row, pool, now);
    let wanted = wanted.and_then(|wanted| wanted.node_pool(&row.name));
    if let Some(most) = wanted.and_then(|wanted| wanted.cpu_limit_at_most) {
        match pool.limits.get("cpu") {
            Some(limit) if limit > most => {
                let (is, most) = (with_unit("cpu", limit), human_cpu(most));
                opinion.say(Verdict::Warning, format!("its limit is {is}, at most {most} is wanted"));
            }
            None => opinion.say(
                Verdict::Warning,
                format!("without a limit of CPU, at most {} is wanted", human_cpu(most)),
            ),
            Some(_) => {}
        }
    }
    if let Some(allowed) = wanted.map(|wanted| &wanted.capacity_types).filter(|types| !types.is_empty()) {
        let buys = capacity_types(pool);
        let extra: Vec<&str> =
            buys.iter().copied().filter(|buys| !allowed.iter().any(|allowed| &**allowed == *buys)).collect();
        if buys.is_empty() {
            opinion.say(Verdict::Warning, "may buy any capacity type; the blueprint names some");
        } else if !extra.is_empty() {
            opinion.say(Verdict::Warning, format!("may buy {}, which is not wanted", extra.join(" and ")));
        }
    }
    opinion.into()
}

fn readiness(opinion: &mut Opinion, pool: &NodePool, class: &ClassState, now: Timestamp) {
    let named = &pool.template.node_class.name;
    let of_class = match class {
        ClassState::Missing => Some(format!("its class {named} does not exist")),
        ClassState::Leaving => Some(format!("its class {named} is being deleted")),
        ClassState::NotReady(why) => Some(format!("its class {named} is not Ready: {why}")),
        ClassState::Ready | ClassState::Unread | ClassState::Unjudged => None,
    };
    if let Some(words) = of_class {
        opinion.say(Verdict::Critical, words);
        return;
    }
    let said = |kind: &str| {
        let condition = pool.conditions.get(kind)?;
        let line = condition.message.lines().next().unwrap_or("").trim();
        Some(match (line, &*condition.reason) {
            ("", "") => condition.kind.to_string(),
            ("", reason) => reason.to_owned(),
            (line, _) => line.to_owned(),
        })
    };
    match pool.conditions.get("Ready").map(|ready| (&ready.status, ready.since)) {
        Some((Status::True, _)) => {}
        Some((Status::False, _)) => {
            let cause = ["ValidationSucceeded", "NodeClassReady"]
                .into_iter()
                .find(|kind| pool.conditions.get(kind).is_some_and(|c| c.status == Status::False));
            let words = said(cause.unwrap_or("Ready")).unwrap_or_default();
            opinion.say(Verdict::Critical, format!("not Ready: {words}"));
        }
        Some((_, since)) if since.age_at(now) < PATIENCE => {
            opinion.say(Verdict::Progressing, "Karpenter is looking at it");
        }
        Some(_) => {
            let words = said("Ready").unwrap_or_default();
            opinion.say(Verdict::Unknown, format!("Karpenter does not know whether it is Ready: {words}"));
        }
        None if pool.meta.created.age_at(now) < PATIENCE => {
            opinion.say(Verdict::Progressing, "Karpenter has not looked at it yet");
        }
        None => opinion.say(Verdict::Unknown, "Karpenter has said nothing about it"),
    }
    if let Some(health) = pool.conditions.get("NodeRegistrationHealthy")
        && health.status == Status::False
    {
        let words = said("NodeRegistrationHealthy").unwrap_or_default();
        opinion.say(Verdict::Critical, format!("its new nodes do not join: {words}"));
    }
}

fn joining(opinion: &mut Opinion, claims: &Claims, now: Timestamp) {
    for (waiting, patience, what) in [
        (&claims.launching, LAUNCH_PATIENCE, "no instance"),
        (&claims.registering, JOIN_PATIENCE, "has not joined"),
        (&claims.initializing, JOIN_PATIENCE, "joined, not initialized"),
    ] {
        if waiting.claims > 0 {
            let verdict =
                if waiting.since.age_at(now) > patience { Verdict::Warning } else { Verdict::Progressing };
            opinion.say(verdict, joining_words(waiting, what, now));
        }
    }
}

fn joining_words(waiting: &Waiting, what: &str, now: Timestamp) -> String {
    let claims = if waiting.claims == 1 { "claim" } else { "claims" };
    let since = human_duration(waiting.since.age_at(now));
    let why = if waiting.why.is_empty() { String::new() } else { format!(": {}", waiting.why) };
    format!("{} {claims}: {what} for {since}{why}", waiting.claims)
}

fn limited(opinion: &mut Opinion, row: &Pool, pool: &NodePool, waiting: u32, now: Timestamp) {
    let reached = limits(pool).find(Limit::is_reached);
    if reached.is_none() && waiting == 0 {
        return;
    }
    let mut words = match (&reached, limits(pool).next()) {
        (Some(limit), _) => format!("at its limit of {}", with_unit(limit.resource, limit.limit)),
        (None, Some(limit)) => format!("what is left of its limit is too little ({})", limit.words()),
        (None, None) => return,
    };
    if waiting > 0 {
        let pods = if waiting == 1 { "pod waits" } else { "pods wait" };
        words = format!("{words}, {waiting} {pods} for it");
    }
    // Many small nodes that may not be merged into few large ones, and a limit that lets none be added.
    if let Some((nodes, allowed)) = frozen(row, pool, now) {
        words = format!("{words}; and {} could be consolidated, but {}", nodes, allowed);
    }
    opinion.say(if waiting > 0 { Verdict::Critical } else { Verdict::Warning }, words);
}

/// How many claims could be consolidated if a budget did not forbid it, and that budget.
fn frozen(row: &Pool, pool: &NodePool, now: Timestamp) -> Option<(u32, String)> {
    let claims = row.claims.as_ref().map(|claims| claims.consolidatable).filter(|claims| *claims > 0)?;
    let nodes = row.nodes().filter(|nodes| nodes.all > 0)?;
    let allowed = allowed(pool, Reason::Underutilized, nodes, now);
    (allowed.cap == 0).then(|| (claims, format!("allowed are {}", allowed.words(nodes))))
}

/// What an older Karpenter understood and this one does not.
fn leftovers(opinion: &mut Opinion, pool: &NodePool, is_beta: bool) {
    if is_beta {
        opinion.say(Verdict::Warning, "served as v1beta1 only: Karpenter is older than 1.0");
    }
    match &pool.disruption.policy {
        ConsolidationPolicy::WhenUnderutilized if !is_beta => {
            let words =
                "consolidationPolicy WhenUnderutilized is of v1beta1; it is WhenEmptyOrUnderutilized now";
            opinion.say(Verdict::Warning, words);
        }
        ConsolidationPolicy::Other(word) if !word.is_empty() => {
            opinion.say(Verdict::Unknown, format!("consolidationPolicy {word} is not known here"));
        }
        _ => {}
    }
    if pool.template.has_kubelet && !is_beta {
        opinion.say(Verdict::Warning, "settings of the kubelet are of v1beta1; they are in the class now");
    }
}

fn drift(opinion: &mut Opinion, row: &Pool, pool: &NodePool, now: Timestamp) {
    let Some(claims) = row.claims.as_ref().filter(|claims| claims.drifted > 0) else { return };
    let of = claims.all;
    let may = row.nodes().map(|nodes| (nodes, allowed(pool, Reason::Drifted, nodes, now)));
    let words = match may {
        Some((nodes, allowed)) if allowed.count == 0 => {
            format!("{} of {of} drifted, allowed are {}", claims.drifted, allowed.words(nodes))
        }
        _ => format!("{} of {of} drifted, being replaced", claims.drifted),
    };
    // Forbidden for ever is nobody's rollout.
    let is_stuck = may.is_some_and(|(nodes, allowed)| is_stuck(&allowed, nodes));
    opinion.say(if is_stuck { Verdict::Warning } else { Verdict::Progressing }, words);
}

fn is_stuck(allowed: &Allowed, nodes: Nodes) -> bool {
    nodes.all > 0 && allowed.cap == 0 && allowed.by.is_some() && allowed.until.is_none()
}
