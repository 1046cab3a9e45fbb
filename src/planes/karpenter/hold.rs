//! Why a node is still here: what keeps Karpenter from replacing it.

use std::collections::HashMap;
use std::sync::Arc;

use super::budget::{Allowed, Nodes, Reason, allowed, clock};
use super::pool::PoolFacts;
use crate::fleet::delay::Delay;
use crate::fleet::event::Event;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_pool::{ConsolidationPolicy, NodePool};
use crate::fleet::kind::{DISRUPTION_BUDGETS, EVENTS, NODE_CLAIMS, NODES, PODS};
use crate::fleet::node::Node;
use crate::fleet::pod::{Conditions, Phase, Pod};
use crate::fleet::scaling::disruption_budget::DisruptionBudget;
use crate::fleet::schedule::go_seconds;
use crate::fleet::selector::LabelSelector;
use crate::fleet::time::human_duration;
use crate::fleet::{Row, Timestamp};
use crate::planes::known::Known;
use crate::planes::reading::{readable, rows};
use crate::snapshot::{ClusterSnapshot, Conclusion};

/// Karpenter says again what still holds; what it said longer ago is over.
const SAID_HOLDS: i64 = 20 * 60;
/// So many pods are named; the rest is counted.
const NAMED: usize = 3;

/// What keeps the node of a claim, under the name of the claim.
pub type Hold = Known<Facts>;

/// What is known of the node of a claim and of what runs on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The annotation `karpenter.sh/do-not-disrupt` is on the node.
    pub is_node_protected: bool,
    /// Pods that Karpenter would have to move: all but those of DaemonSets and those that have ended. `None` when pods
    /// cannot be read, or only some of them.
    pub pods: Option<u32>,
    /// Pods that must be left alone: how many.
    pub protected: u32,
    /// The first of them by name.
    pub protected_by: Box<[Protected]>,
    /// Disruption budgets that let none of their pods go, with how many of them are on the node; the first by name.
    pub budgets: Box<[Blocking]>,
    /// What Karpenter itself said last about this node.
    pub said: Option<Said>,
}

/// A pod with the annotation `karpenter.sh/do-not-disrupt`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Protected {
    /// `namespace/name`
    pub pod: Box<str>,
    /// Until when, where the annotation is a duration.
    pub until: Option<Timestamp>,
}

/// A PodDisruptionBudget that allows no eviction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocking {
    /// `namespace/name`
    pub budget: Box<str>,
    /// How many of its pods are on the node.
    pub pods: u32,
}

/// An event of Karpenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// `DisruptionBlocked` or `Unconsolidatable`.
    pub reason: Arc<str>,
    /// The sentence.
    pub message: Arc<str>,
    /// When it was last said.
    pub at: Timestamp,
}

/// Concludes what keeps the nodes of a cluster.
#[derive(Debug, Default)]
pub struct Holds;

impl Conclusion for Holds {
    type Row = Hold;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Hold> {
        let Some(claims) = cluster.table::<NodeClaim>(&NODE_CLAIMS) else { return Vec::new() };
        let nodes: HashMap<&str, &Node> =
            readable::<Node>(cluster, &NODES).iter().flatten().map(|node| (node.name(), *node)).collect();
        let mut by_node: HashMap<&str, Facts> = HashMap::new();
        for (_, claim) in claims.iter() {
            if let Some(node) = claim.node.as_deref() {
                by_node.insert(node, Facts::default());
            }
        }
        if let Some(pods) = readable::<Pod>(cluster, &PODS) {
            // Where only the pods of some namespaces may be read, what protects a node is found, but it is not counted.
            let is_whole = cluster.extent(&PODS).covers(None);
            for facts in by_node.values_mut() {
                facts.pods = is_whole.then_some(0);
            }
            let budgets = blocking(cluster);
            for pod in pods {
                if let Some(facts) = pod.node().and_then(|node| by_node.get_mut(node)) {
                    facts.add(pod, &budgets);
                }
            }
        }
        let said = words_of_karpenter(cluster);
        claims
            .iter()
            .map(|(_, claim)| {
                let node = claim.node.as_deref();
                let mut facts = node.and_then(|node| by_node.remove(node)).unwrap_or_default();
                let is_protected = |annotation: &Option<Arc<str>>| annotation.as_deref() == Some("true");
                facts.is_node_protected = is_protected(&claim.do_not_disrupt)
                    || node
                        .and_then(|node| nodes.get(node))
                        .is_some_and(|node| is_protected(&node.do_not_disrupt));
                let about_claim = said.get(&("NodeClaim", claim.name()));
                let about_node = node.and_then(|node| said.get(&("Node", node)));
                let last =
                    [about_claim, about_node].into_iter().flatten().max_by_key(|event| event.last_seen);
                facts.said = last.map(|event| Said {
                    reason: Arc::clone(&event.reason),
                    message: Arc::clone(&event.message),
                    at: event.last_seen,
                });
                facts.protected_by.sort();
                Known::of(claim.as_ref(), facts)
            })
            .collect()
    }
}

/// The budgets that allow no eviction, by namespace.
fn blocking(cluster: &ClusterSnapshot) -> HashMap<&str, Vec<&DisruptionBudget>> {
    let mut blocking: HashMap<&str, Vec<&DisruptionBudget>> = HashMap::new();
    for budget in readable::<DisruptionBudget>(cluster, &DISRUPTION_BUDGETS).into_iter().flatten() {
        if budget.allowed == 0 && budget.expected > 0 {
            blocking.entry(budget.namespace().unwrap_or_default()).or_default().push(budget);
        }
    }
    for budgets in blocking.values_mut() {
        budgets.sort_by_key(|budget| budget.name());
    }
    blocking
}

/// Whether a budget keeps a pod from being evicted. Pods that are not ready may go where the budget says so.
fn blocks(budget: &DisruptionBudget, pod: &Pod) -> bool {
    let may_go = &*budget.unhealthy_policy == "AlwaysAllow" && !pod.conditions().has(Conditions::READY);
    // Most selectors are plain labels, and a pod finds one label without listing them all.
    let selects = |selector: &LabelSelector| {
        selector.labels.iter().all(|(key, wanted)| pod.label(key) == Some(&**wanted))
            && (selector.expressions.is_empty() || selector.matches(pod.labels()))
    };
    !may_go && budget.selector.as_ref().is_some_and(selects)
}

/// The last event about each node and claim that says why it stays.
fn words_of_karpenter(cluster: &ClusterSnapshot) -> HashMap<(&str, &str), &Event> {
    let mut said: HashMap<(&str, &str), &Event> = HashMap::new();
    for event in rows::<Event>(cluster, &EVENTS) {
        if !matches!(&*event.reason, "DisruptionBlocked" | "Unconsolidatable")
            || !matches!(&*event.about.kind, "Node" | "NodeClaim")
        {
            continue;
        }
        let known = said.entry((&event.about.kind, &event.about.name)).or_insert(event);
        if known.last_seen < event.last_seen {
            *known = event;
        }
    }
    said
}

impl Facts {
    fn add(&mut self, pod: &Pod, budgets: &HashMap<&str, Vec<&DisruptionBudget>>) {
        let has_ended = matches!(pod.phase(), Phase::Succeeded | Phase::Failed);
        let is_of_node = pod.owner().is_some_and(|owner| matches!(&*owner.kind, "DaemonSet" | "Node"));
        if has_ended || is_of_node || !pod.deleted().is_never() {
            return;
        }
        self.pods = self.pods.map(|pods| pods + 1);
        let namespace = pod.namespace().unwrap_or_default();
        for budget in budgets.get(namespace).into_iter().flatten().filter(|budget| blocks(budget, pod)) {
            self.blocked_by(format!("{namespace}/{}", budget.name()));
        }
        let until = match pod.do_not_disrupt() {
            Some("true") => None,
            Some(duration) => match go_seconds(duration) {
                Some(seconds) => Some(Timestamp::from_seconds(pod.started().seconds() + seconds)),
                None => return,
            },
            None => return,
        };
        self.protected += 1;
        let name = format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name());
        let protected = Protected { pod: name.into(), until };
        let mut named = std::mem::take(&mut self.protected_by).into_vec();
        named.push(protected);
        named.sort();
        named.truncate(NAMED);
        self.protected_by = named.into();
    }

    fn blocked_by(&mut self, budget: String) {
        if let Some(known) = self.budgets.iter_mut().find(|known| *known.budget == *budget) {
            known.pods += 1;
            return;
        }
        let mut budgets = std::mem::take(&mut self.budgets).into_vec();
        budgets.push(Blocking { budget: budget.into(), pods: 1 });
        budgets.sort_by(|a, b| a.budget.cmp(&b.budget));
        self.budgets = budgets.into();
    }

    /// What keeps the node for now, the surest first; none when nothing is known to.
    pub fn reasons(&self, claim: &NodeClaim, pool: Option<&PoolFacts>, now: Timestamp) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.is_node_protected {
            reasons.push("do-not-disrupt on the node".to_owned());
        }
        // With a grace period drift goes past pods and their budgets.
        let is_forced = claim.termination_grace_period.is_some()
            && (claim.conditions.is_true("Drifted") || !claim.meta.deleted.is_never());
        if !is_forced {
            reasons.extend(self.protection(now).filter(|_| claim.meta.deleted.is_never()));
            reasons.extend(self.blocked());
        }
        if !claim.meta.deleted.is_never() {
            return reasons;
        }
        if let Some(pool) = pool {
            reasons.extend(self.by_pool(claim, pool, now));
        }
        if let Some(said) = self.said.as_ref().filter(|said| is_news(said, &reasons, now)) {
            let since = human_duration(said.at.age_at(now));
            reasons.push(format!("Karpenter, {since} ago: {}", said.message.trim()));
        }
        reasons
    }

    /// The same in one line; what the node is used for when nothing keeps it.
    pub fn words(&self, claim: &NodeClaim, pool: Option<&PoolFacts>, now: Timestamp) -> String {
        let reasons = self.reasons(claim, pool, now);
        if !reasons.is_empty() {
            return reasons.join("; ");
        }
        match self.pods {
            None => String::new(),
            Some(0) => "nothing: it is empty".to_owned(),
            Some(1) => "used by 1 pod".to_owned(),
            Some(pods) => format!("used by {pods} pods"),
        }
    }

    fn protection(&self, now: Timestamp) -> Option<String> {
        let mut holding =
            self.protected_by.iter().filter(|pod| pod.until.is_none_or(|until| until > now)).peekable();
        let first = holding.peek()?;
        let until = match first.until {
            Some(until) => format!(" for {}", human_duration(now.seconds_before(until))),
            None => String::new(),
        };
        let first = format!("do-not-disrupt on pod {}{until}", first.pod);
        let named = holding.count();
        let more = (self.protected as usize).saturating_sub(self.protected_by.len()) + named - 1;
        Some(if more == 0 { first } else { format!("{first} and {more} more") })
    }

    fn blocked(&self) -> Option<String> {
        let (first, rest) = self.budgets.split_first()?;
        let pods = if first.pods == 1 { "1 pod".to_owned() } else { format!("{} pods", first.pods) };
        let more = match rest.len() {
            0 => String::new(),
            more => format!(", and {more} more budgets"),
        };
        Some(format!("PodDisruptionBudget {} lets none go ({pods} here){more}", first.budget))
    }

    fn by_pool(&self, claim: &NodeClaim, facts: &PoolFacts, now: Timestamp) -> Option<String> {
        let pool = facts.pool.as_deref()?;
        if claim.conditions.is_true("Drifted") {
            return budget(pool, Reason::Drifted, facts.nodes, now);
        }
        let pods = self.pods?;
        let reason = if pods == 0 { Reason::Empty } else { Reason::Underutilized };
        let after = pool.disruption.consolidate_after.as_ref();
        if after == Some(&Delay::Never) {
            return Some(format!("pool {} never consolidates", pool.meta.name));
        }
        if pods > 0 && pool.disruption.policy == ConsolidationPolicy::WhenEmpty {
            let of = if pods == 1 { "1 pod is".to_owned() } else { format!("{pods} pods are") };
            return Some(format!("pool {} only replaces empty nodes, {of} on it", pool.meta.name));
        }
        if !claim.conditions.is_true("Consolidatable")
            && let Some(after) = after.and_then(Delay::seconds).and_then(|after| i64::try_from(after).ok())
            && let Some(event) = claim.last_pod_event.known()
            && event.age_at(now) < after
        {
            let (ago, after) = (human_duration(event.age_at(now)), human_duration(after));
            return Some(format!("a pod came or went {ago} ago, consolidated after {after}"));
        }
        budget(pool, reason, facts.nodes, now)
    }
}

/// `budget 2 of pool spot lets none go until 07:00 UTC`, when a budget forbids it now.
fn budget(pool: &NodePool, reason: Reason, nodes: Option<Nodes>, now: Timestamp) -> Option<String> {
    let nodes = nodes.filter(|nodes| nodes.all > 0)?;
    let allowed: Allowed = allowed(pool, reason, nodes, now);
    let (by, name) = (allowed.by.filter(|_| allowed.count == 0)?, &pool.meta.name);
    Some(match (allowed.is_unreadable, allowed.cap, allowed.until) {
        (true, ..) => format!("budget {by} of pool {name} cannot be read, so that none may go"),
        (false, 0, Some(until)) => format!("budget {by} of pool {name} lets none go until {}", clock(until)),
        (false, 0, None) => format!("budget {by} of pool {name} lets none go"),
        (false, cap, _) => {
            format!("budget {by} of pool {name} is used up: {} of {cap} go already", nodes.busy)
        }
    })
}

/// False for what was found already, and for what was said too long ago.
fn is_news(said: &Said, reasons: &[String], now: Timestamp) -> bool {
    let message = said.message.to_ascii_lowercase();
    let is_found = |start: &str| reasons.iter().any(|reason| reason.starts_with(start));
    let is_known = message.contains("do-not-disrupt") && is_found("do-not-disrupt")
        || message.starts_with("pdb ") && is_found("PodDisruptionBudget");
    !is_known && said.at.age_at(now) <= SAID_HOLDS
}
