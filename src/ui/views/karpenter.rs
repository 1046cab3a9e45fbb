//! `karpenter`

use std::sync::Arc;

use crate::fleet::aws::kind::QUEUES;
use crate::fleet::aws::queue::Queue;
use crate::fleet::delay::Delay;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::NODE_POOLS;
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row};
use crate::planes::karpenter::budget::{Reason, allowed};
use crate::planes::karpenter::verdict::{self, Demand, Limit, capacity_types};
use crate::planes::karpenter::{ClassState, POOLS, Pool};
use crate::planes::pending::{PENDING, Waiting};
use crate::snapshot::Freshness;
use crate::ui::columns;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;
use crate::ui::widgets::bar::Bar;

/// Node pools with what became of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Karpenter;

static ABOUT: ViewAbout = ViewAbout {
    name: "karpenter",
    aliases: &["np", "nodepools", "nodepool"],
    help: "Karpenter's node pools: limits and use, claims by phase, what may be replaced now and why not, drift",
};

static RESOURCES: [ResourceType; 1] = [POOLS];
static JOINS: [ResourceType; 2] = [PENDING, QUEUES];

static COLUMNS: [Column<Pool>; 17] = [
    columns::name().fit(8, 40),
    Column::<Pool>::new("weight", "WEIGHT", "Pools with more weight are tried first", |row, _| {
        of(row, |pool| match pool.weight {
            0 => Value::Nothing,
            weight => Value::Count(weight.into()),
        })
    })
    .fit(3, 6)
    .drop_at(7)
    .sorts_by('W'),
    Column::<Pool>::new(
        "nodes",
        "NODES",
        "Its initialized nodes that are ready and stay, of all",
        |row, _| match (row.pool(), row.nodes()) {
            (None, _) => Value::Nothing.into(),
            (Some(_), None) => Value::Unknown.into(),
            (Some(_), Some(nodes)) => {
                let role = if nodes.busy > 0 { Role::Progressing } else { Role::Text };
                Value::Ratio { have: nodes.all - nodes.busy.min(nodes.all), want: nodes.all }.as_role(role)
            }
        },
    )
    .fit(5, 9)
    .drop_at(2)
    .sorts_by('O'),
    Column::<Pool>::new("cpu", "CPU", "CPU of its nodes, of what the limit allows", |row, _| {
        limit(row, "cpu")
    })
    .fit(5, 14)
    .drop_at(1)
    .sorts_by('C'),
    Column::<Pool>::new(
        "cpu-limit",
        "LIMIT",
        "The limit of CPU; how much its nodes have where there is none",
        |row, _| of(row, |pool| limit_words(pool, "cpu")),
    )
    .fit(5, 12)
    .drop_at(3),
    Column::<Pool>::new("memory", "MEM", "Memory of its nodes, of what the limit allows", |row, _| {
        limit(row, "memory")
    })
    .fit(5, 14)
    .drop_at(6)
    .sorts_by('M'),
    Column::<Pool>::new(
        "capacity-types",
        "CAPACITY",
        "What it may buy: on-demand, spot, reserved",
        |row, _| of(row, |pool| Value::text(capacity_types(pool).join(","))),
    )
    .fit(4, 18)
    .drop_at(5),
    Column::<Pool>::new("class", "CLASS", "The class that it launches with", |row, _| {
        let role = match row.class {
            ClassState::Ready | ClassState::Unread => Role::Text,
            ClassState::Unjudged => Role::Unknown,
            ClassState::Leaving | ClassState::Missing | ClassState::NotReady(_) => Role::Critical,
        };
        match row.pool() {
            Some(pool) => Value::text(&*pool.template.node_class.name).as_role(role),
            None => Value::Nothing.into(),
        }
    })
    .fit(5, 18)
    .drop_at(6),
    Column::<Pool>::new("claims", "CLAIMS", "Claims that come or go, by phase", |row, _| claims(row))
        .fit(5, 30)
        .drop_at(4),
    Column::<Pool>::new(
        "drifted",
        "DRIFT",
        "Claims that are not what pool and class ask for any more",
        |row, _| match &row.claims {
            None if row.pool().is_some() => Value::Unknown.into(),
            None => Value::Nothing.into(),
            Some(claims) if claims.drifted == 0 => Value::Count(0).into(),
            Some(claims) => Value::Count(claims.drifted.into()).as_role(Role::Progressing),
        },
    )
    .fit(4, 5)
    .drop_at(4)
    .sorts_by('D'),
    Column::<Pool>::new(
        "allowed",
        "MAY GO",
        "How many nodes may be replaced now by Karpenter's own choice, and which budget says so",
        may_go,
    )
    .fit(6, 40)
    .drop_at(3),
    Column::<Pool>::new(
        "consolidation",
        "CONSOLIDATES",
        "Which nodes are replaced, and after how long",
        |row, _| of(row, |pool| Value::text(consolidation(pool))),
    )
    .fit(8, 30)
    .drop_at(7),
    Column::<Pool>::new("waiting", "WAIT", "Pods that wait for its limit", |row, context| {
        let pods = join::tally::<Waiting>(context, &PENDING).map(|tally| tally.limited_by(row.name()));
        let role = if pods.found().is_some_and(|pods| pods > 0) { Role::Critical } else { Role::Text };
        pods.cell(|pods| Value::Count(pods.into())).as_role(role)
    })
    .fit(4, 5)
    .drop_at(4)
    .sorts_by('T'),
    Column::<Pool>::new("expires", "EXPIRES", "The age at which a node is replaced", |row, _| {
        of(row, |pool| delay(pool.template.expire_after.as_ref()))
    })
    .fit(5, 8)
    .wide(),
    Column::<Pool>::new(
        "grace",
        "GRACE",
        "After so long a drain goes on past disruption budgets",
        |row, _| of(row, |pool| delay(pool.template.termination_grace_period.as_ref())),
    )
    .fit(5, 8)
    .wide(),
    Column::<Pool>::new(
        "queue",
        "QUEUE",
        "Interruption messages in the cluster's queue that Karpenter has not taken yet",
        |_, context| {
            if let Freshness::Forbidden { .. } = context.cluster.freshness(&QUEUES) {
                return Value::Unknown.into();
            }
            let queues = context.cluster.table::<Queue>(&QUEUES);
            match queues.and_then(|queues| queues.iter().find_map(|(_, queue)| queue.waiting)) {
                Some(0) => Value::Count(0).as_role(Role::Dim),
                Some(waiting) => Value::Count(waiting).as_role(Role::Warning),
                None => Value::Nothing.into(),
            }
        },
    )
    .fit(5, 6)
    .drop_at(8),
    columns::age(|row, _| of(row, |pool| Value::Age(pool.meta.created))).drop_at(7),
];

fn of<'a>(row: &'a Pool, value: impl FnOnce(&'a NodePool) -> Value<'a>) -> Cell<'a> {
    row.pool().map_or(Value::Nothing, value).into()
}

fn found<'a>(pool: &'a NodePool, resource: &str) -> Option<Limit<'a>> {
    verdict::limits(pool).find(|limit| limit.resource == resource)
}

fn limit<'a>(row: &'a Pool, resource: &str) -> Cell<'a> {
    let Some(limit) = row.pool().and_then(|pool| found(pool, resource)) else {
        return Value::Nothing.into();
    };
    let role = if limit.is_reached() { Role::Warning } else { Role::Text };
    let bar = (limit.limit > 0).then_some(Bar { used: Some(limit.used), requested: 0, of: limit.limit });
    Cell { bar, ..Value::Share { used: limit.used, of: limit.limit }.as_role(role) }
}

fn limit_words<'a>(pool: &'a NodePool, resource: &str) -> Value<'a> {
    let has = || verdict::amount(resource, pool.resources.get(resource).unwrap_or(0));
    match found(pool, resource) {
        Some(limit) => Value::text(format!("{}/{}", has(), verdict::amount(resource, limit.limit))),
        None => Value::text(format!("{}/∞", has())),
    }
}

fn claims(row: &Pool) -> Cell<'_> {
    let Some(claims) = &row.claims else {
        return if row.pool().is_some() { Value::Unknown.into() } else { Value::Nothing.into() };
    };
    let parts = [
        (claims.launching.claims, "launching"),
        (claims.registering.claims, "registering"),
        (claims.initializing.claims, "initializing"),
        (claims.leaving, "leaving"),
    ];
    let words: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    Value::text(words.join(", ")).into()
}

fn may_go<'a>(row: &'a Pool, context: &RowContext<'a>) -> Cell<'a> {
    let (Some(pool), Some(nodes)) = (row.pool(), row.nodes()) else {
        return if row.pool().is_some() { Value::Unknown.into() } else { Value::Nothing.into() };
    };
    let each = Reason::ALL.map(|reason| (reason, allowed(pool, reason, nodes, context.now).words(nodes)));
    let (_, first) = &each[0];
    let words = if each.iter().all(|(_, words)| words == first) {
        first.clone()
    } else {
        let each = each.iter().map(|(reason, words)| format!("{} {words}", reason.words()));
        each.collect::<Vec<_>>().join(", ")
    };
    Value::text(words).into()
}

fn consolidation(pool: &NodePool) -> String {
    let policy = match pool.disruption.policy.as_str() {
        "WhenEmpty" => "empty",
        "WhenEmptyOrUnderutilized" => "underused",
        other => other,
    };
    match &pool.disruption.consolidate_after {
        Some(Delay::Never) => "never".to_owned(),
        Some(after) if after.seconds() == Some(0) => format!("{policy} at once"),
        Some(after) => format!("{policy} after {}", delay_words(after)),
        None => policy.to_owned(),
    }
}

fn delay_words(delay: &Delay) -> String {
    match delay {
        Delay::Never => "never".to_owned(),
        Delay::Seconds(seconds) => human_duration(i64::try_from(*seconds).unwrap_or(i64::MAX)),
        Delay::Other(text) => text.to_string(),
    }
}

fn delay<'a>(delay: Option<&Delay>) -> Value<'a> {
    delay.map_or(Value::Nothing, |delay| Value::text(delay_words(delay)))
}

impl Listing for Karpenter {
    type Row = Pool;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Pool>] {
        &COLUMNS
    }
    fn stands_for(&self, row: &Pool) -> Option<(ResourceType, Arc<str>)> {
        Some((NODE_POOLS, row.name().into()))
    }
    fn verdict<'a>(&self, row: &'a Pool, context: &RowContext<'a>) -> Judged<'a> {
        let demand = join::tally::<Waiting>(context, &PENDING).map(|tally| Demand::of(row.name(), tally));
        let wanted = context.cluster.wanted.as_deref();
        let (verdict, why) = verdict::of(row, wanted, demand.found().unwrap_or_default(), context.now);
        Judged { verdict, why: why.into() }
    }
}
