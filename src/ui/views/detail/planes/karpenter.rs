//! How a pool is, why a node is still here, and who uses a class.

use super::Part;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::kind::{AUTO_NODE_CLASSES, EC2_NODE_CLASSES, NODE_CLAIMS, NODE_POOLS};
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Timestamp, Verdict};
use crate::planes::karpenter::budget::{Reason, Window, allowed, clock, window};
use crate::planes::karpenter::verdict as pool_verdict;
use crate::planes::karpenter::{CLASSES, Class, HOLDS, Hold, POOLS, Pool, claim, class};
use crate::planes::pending::{PENDING, Waiting};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::{Cell, Line, Section, Target};
use crate::ui::join;
use crate::ui::role::Role;

static POOL_RESTS_ON: [ResourceType; 3] = [POOLS, PENDING, NODE_CLAIMS];
static CLAIM_RESTS_ON: [ResourceType; 3] = [HOLDS, POOLS, NODE_CLAIMS];
static CLASS_RESTS_ON: [ResourceType; 1] = [CLASSES];

/// Node pools.
pub(super) const POOL: Part =
    Part { concerns: |object, _| object.resource == NODE_POOLS, rests_on: &POOL_RESTS_ON, sections: pool };
/// Node claims.
pub(super) const CLAIM: Part = Part {
    concerns: |object, _| object.resource == NODE_CLAIMS,
    rests_on: &CLAIM_RESTS_ON,
    sections: of_claim,
};
/// Node classes.
pub(super) const CLASS: Part = Part {
    concerns: |object, _| object.resource == EC2_NODE_CLASSES || object.resource == AUTO_NODE_CLASSES,
    rests_on: &CLASS_RESTS_ON,
    sections: of_class,
};

/// The line that says how it is.
fn judged(section: &mut Section, (verdict, why): (Verdict, String)) {
    let words = if why.is_empty() { "as it should be".to_owned() } else { why };
    section.push(Line::alone(vec![Cell::new(words, join::role(verdict))])).judged(verdict);
}

fn pool(cluster: &ClusterSnapshot, object: &ObjectRef, now: Timestamp) -> Vec<Section> {
    let row = cluster.table::<Pool>(&POOLS).and_then(|table| table.find(None, &object.name));
    let Some((_, row)) = row else { return Vec::new() };
    let Some(pool) = row.pool() else { return Vec::new() };
    let demand = cluster
        .table::<Waiting>(&PENDING)
        .map(|table| pool_verdict::Demand::of(&object.name, table.tally()))
        .unwrap_or_default();
    let mut how = Section::new("HOW IT IS");
    judged(&mut how, pool_verdict::of(row, cluster.wanted.as_deref(), demand, now));
    let mut budgets = Section::new("MAY BE REPLACED NOW");
    match row.nodes() {
        Some(nodes) => {
            for reason in Reason::ALL {
                let words = allowed(pool, reason, nodes, now).words(nodes);
                budgets.field(reason.words(), format!("{words} of {}", nodes.all));
            }
        }
        None => {
            budgets.push(Line::alone(vec![Cell::dim("its nodes cannot be read")])).judged(Verdict::Unknown);
        }
    }
    for (at, budget) in pool.disruption.budgets.iter().enumerate() {
        let reasons = match &*budget.reasons {
            [] => String::new(),
            reasons => format!(" for {}", reasons.join(", ")),
        };
        let holds = match (window(budget, now), &budget.schedule) {
            (Window::Open { until: None }, _) => "always".to_owned(),
            (Window::Open { until: Some(until) }, _) => format!("now, until {}", clock(until)),
            (Window::Closed, Some(schedule)) => {
                let next = crate::fleet::schedule::Schedule::parse(schedule).ok().and_then(|s| s.next(now));
                let next = next.map(|at| format!(", next in {}", human_duration(now.seconds_before(at))));
                format!("not now{}", next.unwrap_or_default())
            }
            (Window::Closed, None) => "not now".to_owned(),
            (Window::Unreadable, _) => "cannot be read: nothing may be replaced".to_owned(),
        };
        budgets.field(&format!("budget {}", at + 1), format!("{}{reasons}: {holds}", budget.nodes));
    }
    let mut claims = Section::new("CLAIMS");
    let table = cluster.table::<NodeClaim>(&NODE_CLAIMS);
    let mut own: Vec<&NodeClaim> = table
        .iter()
        .flat_map(|table| table.iter())
        .map(|(_, claim)| claim.as_ref())
        .filter(|claim| claim.pool() == Some(&object.name))
        .collect();
    own.sort_by_key(|claim| (claim.meta.created, claim.meta.name.clone()));
    for claim in own {
        let (verdict, why) = claim::of(claim, "", now);
        let line = claims.row(vec![
            Cell::new(&*claim.meta.name, Role::Strong),
            Cell::plain(claim::phase(claim).as_str()),
            Cell::plain(claim.instance_type().unwrap_or_default()),
            Cell::plain(claim.zone().unwrap_or_default()),
            Cell::dim(crate::fleet::node::host(claim.node.as_deref().unwrap_or_default())),
            Cell::dim(human_duration(claim.meta.created.age_at(now))),
            Cell::plain(why),
        ]);
        line.judged(verdict).leading_to(Target::cluster_wide("karpenter.sh", "NodeClaim", &claim.meta.name));
    }
    vec![how, budgets, claims]
}

fn of_claim(cluster: &ClusterSnapshot, object: &ObjectRef, now: Timestamp) -> Vec<Section> {
    let row = cluster.table::<NodeClaim>(&NODE_CLAIMS).and_then(|table| table.find(None, &object.name));
    let Some((_, claim)) = row else { return Vec::new() };
    let pools = cluster.table::<Pool>(&POOLS).map(|table| table.tally());
    let pool = pools.zip(claim.pool()).and_then(|(pools, name)| pools.get(None, name));
    let facts = cluster.table::<Hold>(&HOLDS).and_then(|table| table.tally().get(None, &object.name));
    let reasons = facts.map(|facts| facts.reasons(claim, pool, now)).unwrap_or_default();
    let mut how = Section::new("HOW IT IS");
    judged(&mut how, claim::of(claim, &reasons.join("; "), now));
    for (label, condition) in
        [("launched", "Launched"), ("joined", "Registered"), ("initialized", "Initialized")]
    {
        if let Some(took) = claim::step(claim, condition) {
            how.field(label, format!("after {}", human_duration(took)));
        }
    }
    if let Some(expires) = claim::expires(claim).filter(|expires| *expires > now) {
        how.field("expires", format!("in {}", human_duration(now.seconds_before(expires))));
    }
    if let Some(instance) = claim::instance(claim) {
        how.field("instance", instance);
    }
    let mut stays = Section::new("WHY IT IS STILL HERE");
    for reason in &reasons {
        stays.push(Line::alone(vec![Cell::plain(reason)]));
    }
    if let Some(facts) = facts.filter(|_| reasons.is_empty()) {
        let words = facts.words(claim, pool, now);
        stays.push(Line::alone(vec![Cell::dim(if words.is_empty() {
            "nothing is known to keep it; its pods cannot be read".to_owned()
        } else {
            words
        })]));
    }
    vec![how, stays]
}

fn of_class(cluster: &ClusterSnapshot, object: &ObjectRef, now: Timestamp) -> Vec<Section> {
    let table = cluster.table::<Class>(&CLASSES);
    let row = table.iter().flat_map(|table| table.iter()).map(|(_, row)| row);
    let Some(row) = row.into_iter().find(|row| *row.name == *object.name && row.resource == object.resource)
    else {
        return Vec::new();
    };
    let mut how = Section::new("HOW IT IS");
    judged(&mut how, class::of(row, now));
    for pool in &row.pools {
        how.push(Line::field("pool", Cell::plain(&**pool))).leading_to(Target::cluster_wide(
            "karpenter.sh",
            "NodePool",
            pool,
        ));
    }
    vec![how]
}
