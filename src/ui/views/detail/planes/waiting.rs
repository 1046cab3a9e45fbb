//! Why a pod waits for a node, with all that is known.

use super::Part;
use crate::fleet::kind::PODS;
use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::pending::nodes::Against;
use crate::planes::pending::pools::{Barrier, PoolVerdict};
use crate::planes::pending::volumes::State;
use crate::planes::pending::{PENDING, Waiting, verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::{Cell, Line, Section, Target};
use crate::ui::join;
use crate::ui::role::Role;

static RESTS_ON: [ResourceType; 1] = [PENDING];

/// Pods without a node.
pub(super) const PART: Part = Part {
    concerns: |object, value| {
        // A pod that has a node costs no look at nodes and pools.
        let has_node = value.and_then(|value| value.pointer("/spec/nodeName")).is_some();
        object.resource == PODS && value.is_some() && !has_node
    },
    rests_on: &RESTS_ON,
    sections,
};

fn sections(cluster: &ClusterSnapshot, object: &ObjectRef, now: Timestamp) -> Vec<Section> {
    let row = cluster
        .table::<Waiting>(&PENDING)
        .and_then(|table| table.find(object.namespace.as_deref(), &object.name));
    let Some((_, waiting)) = row else { return Vec::new() };
    let mut sections = vec![overview(waiting, now)];
    sections.extend(waiting.held.nodes.as_ref().map(nodes));
    let pools = waiting.pools();
    if !pools.is_empty() {
        sections.push(pools_section(&pools));
    }
    sections
}

fn overview(waiting: &Waiting, now: Timestamp) -> Section {
    let mut section = Section::new("WHY IT WAITS");
    let (verdict, words) = verdict::of(waiting, now);
    section.push(Line::alone(vec![Cell::new(words, join::role(verdict))])).judged(verdict);
    let since = waiting.pod.scheduling().and_then(|scheduling| scheduling.since.known());
    if let Some(since) = since {
        section.field("since", format!("{} ago", human_duration(since.age_at(now))));
    }
    let requests = waiting.pod.requests();
    let mut asks = format!("{} CPU, {}", human_cpu(requests.cpu), human_bytes(requests.memory));
    for (resource, amount) in waiting.pod.extended_requests() {
        let is_bytes = resource.starts_with("hugepages-") || &**resource == "ephemeral-storage";
        let amount = if is_bytes { human_bytes(*amount) } else { amount.to_string() };
        asks.push_str(&format!(", {amount} {resource}"));
    }
    section.field("asks for", asks);
    for refusal in &waiting.refusals.reasons {
        section.field("scheduler", refusal.to_string());
    }
    for said in &waiting.said.refused {
        let pool = said.pool.as_deref().map(|pool| format!("{pool}: ")).unwrap_or_default();
        let when = human_duration(waiting.said.refused_at.age_at(now));
        section.field("Karpenter", format!("{pool}{}  {when} ago", said.why.words()));
    }
    if let Some(promise) = &waiting.said.promise {
        let phase = promise.phase.map(|phase| format!(" ({})", phase.as_str())).unwrap_or_default();
        let line = Line::field("promised", Cell::plain(format!("{} {}{phase}", promise.kind, promise.name)));
        let target = match &*promise.kind {
            "node" => Target::cluster_wide("", "Node", &promise.name),
            _ => Target::cluster_wide("karpenter.sh", "NodeClaim", &promise.name),
        };
        section.push(line).leading_to(target);
    }
    if let Some(said) = &waiting.said.autoscaler {
        section.field("autoscaler", said.trim());
    }
    let namespace = waiting.pod.namespace().unwrap_or_default();
    for claim in &waiting.held.claims {
        let (words, role) = match &claim.state {
            State::Unread => ("claims cannot be read".to_owned(), Role::Unknown),
            State::Missing => ("does not exist".to_owned(), Role::Critical),
            State::Unbound(why) if why.is_empty() => ("not bound".to_owned(), Role::Text),
            State::Unbound(why) => (format!("not bound: {}", why.trim()), Role::Warning),
            State::Bound(zones) if zones.is_empty() => ("bound".to_owned(), Role::Text),
            State::Bound(zones) => (format!("bound, in {}", zones.join(" or ")), Role::Text),
        };
        let target = Target::namespaced("", "PersistentVolumeClaim", namespace, &claim.name);
        section
            .push(Line::field("volume", Cell::new(format!("{}  {words}", claim.name), role)))
            .leading_to(target);
    }
    if let Some(placement) = waiting.pod.placement() {
        let priority = placement.priority.map(|priority| priority.to_string()).unwrap_or_default();
        section.field("priority", format!("{} {priority}", waiting.pod.priority_class()).trim());
    }
    section
}

fn nodes(against: &Against) -> Section {
    let mut section = Section::new(&format!("NODES  {}", against.nodes));
    for failing in &against.obstacles {
        let named: Vec<&str> = failing.named.iter().map(|name| crate::fleet::node::host(name)).collect();
        let more = (failing.nodes as usize).saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        section.row(vec![
            Cell::plain(failing.nodes.to_string()),
            Cell::plain(failing.why.to_string()),
            Cell::dim(format!("{}{more}", named.join(", "))),
        ]);
    }
    if against.open > 0 {
        section.row(vec![
            Cell::plain(against.open.to_string()),
            Cell::plain("nothing that is known here"),
            Cell::dim("ports and volumes may speak against them"),
        ]);
    }
    for rule in &against.rules {
        section.field("rule", rule.words.as_str());
    }
    if let Some(room) = &against.roomiest {
        let host = crate::fleet::node::host(&room.node);
        let left = format!("{} CPU, {} left on {host}", human_cpu(room.cpu), human_bytes(room.memory));
        section
            .push(Line::field("most room", Cell::plain(left)))
            .leading_to(Target::cluster_wide("", "Node", &room.node));
    }
    section
}

fn pools_section(pools: &[PoolVerdict]) -> Section {
    let mut section = Section::new("POOLS");
    for pool in pools {
        let words: Vec<String> = pool.barriers.iter().map(Barrier::words).collect();
        let is_limit = pool.barriers.iter().any(|barrier| matches!(barrier, Barrier::Limit { .. }));
        let (verdict, words, role) = match words.as_slice() {
            [] => (Verdict::Ok, "could make a node for it".to_owned(), Role::Text),
            words if is_limit => (Verdict::Warning, words.join("; "), Role::Warning),
            words => (Verdict::Unknown, words.join("; "), Role::Dim),
        };
        let line = section.row(vec![Cell::new(&*pool.pool, Role::Strong), Cell::new(words, role)]);
        line.judged(verdict).leading_to(Target::cluster_wide("karpenter.sh", "NodePool", &pool.pool));
    }
    section
}
