//! `pending`

use std::sync::Arc;

use crate::fleet::Row as _;
use crate::fleet::kind::PODS;
use crate::fleet::{ResourceType, Timestamp, Verdict};
use crate::planes::pending::verdict::{cause, of};
use crate::planes::pending::{PENDING, Waiting};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Pods that wait for a node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pending;

static ABOUT: ViewAbout = ViewAbout {
    name: "pending",
    aliases: &["waiting"],
    help: "Pods without a node: what they wait for, which nodes and pools exclude them, and why",
};

static RESOURCES: [ResourceType; 1] = [PENDING];
static COLUMNS: [Column<Waiting>; 13] = [
    columns::namespace(),
    columns::name(),
    Column::<Waiting>::new("for", "WAITS FOR", "What it waits for, in a word", |row, _| {
        Value::text(cause(row).as_str()).into()
    })
    .fit(4, 11)
    .drop_at(1)
    .sorts_by('F'),
    Column::<Waiting>::new("since", "SINCE", "How long it has been waiting", |row, _| {
        Value::Age(since(row)).into()
    })
    .fit(4, 7)
    .drop_at(2)
    .sorts_by('S'),
    Column::<Waiting>::new("cpu", "CPU", "CPU that it requests", |row, _| {
        amount(row.pod.requests().cpu, Value::Cpu).into()
    })
    .fit(4, 7)
    .drop_at(4)
    .sorts_by('C'),
    Column::<Waiting>::new("memory", "MEM", "Memory that it requests", |row, _| {
        amount(row.pod.requests().memory, Value::Bytes).into()
    })
    .fit(4, 8)
    .drop_at(4)
    .sorts_by('M'),
    Column::<Waiting>::new("pools", "POOLS", "Each pool of Karpenter with what excludes it", |row, _| {
        let Some(_) = row.held.pools else { return Value::Nothing.into() };
        let pools = row.pools().into_iter().map(|pool| match pool.barriers.first() {
            Some(barrier) => format!("{}: {}", pool.pool, barrier.word()),
            None => format!("{}: could", pool.pool),
        });
        Value::text(pools.collect::<Vec<_>>().join(", ")).into()
    })
    .fit(6, 40)
    .wide(),
    Column::<Waiting>::new(
        "nodes",
        "NODES",
        "Nodes that nothing speaks against that is known here, of all",
        |row, _| match &row.held.nodes {
            Some(nodes) => Value::Ratio { have: nodes.open, want: nodes.nodes }.into(),
            None => Value::Unknown.into(),
        },
    )
    .fit(4, 9)
    .wide(),
    Column::<Waiting>::new("workload", "WORKLOAD", "What made it", |row, _| {
        let owner = row.pod.workload();
        owner.map_or(Value::Nothing, |owner| Value::text(format!("{}/{}", owner.kind, owner.name))).into()
    })
    .fit(8, 40)
    .wide(),
    Column::<Waiting>::new("priority", "PRIORITY", "Priority class", |row, _| {
        Value::text(row.pod.priority_class()).into()
    })
    .fit(8, 24)
    .wide(),
    Column::<Waiting>::new("claims", "VOLUMES", "Claims of its volumes", |row, _| {
        let claims = row.pod.placement().map_or(&[][..], |placement| &placement.claims);
        Value::text(claims.join(",")).into()
    })
    .fit(8, 40)
    .wide(),
    columns::labels(),
    columns::age::<Waiting>(|row, _| Value::Age(row.pod.created()).into()).wide(),
];

fn since(row: &Waiting) -> Timestamp {
    let said = row.pod.scheduling().and_then(|scheduling| scheduling.since.known());
    said.unwrap_or(row.pod.created())
}

fn amount<'a>(amount: u64, value: fn(u64) -> Value<'a>) -> Value<'a> {
    if amount == 0 { Value::Nothing } else { value(amount) }
}

impl Listing for Pending {
    type Row = Waiting;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Waiting>] {
        &COLUMNS
    }
    fn stands_for(&self, row: &Waiting) -> Option<(ResourceType, Arc<str>)> {
        Some((PODS, row.name().into()))
    }
    fn verdict<'a>(&self, row: &'a Waiting, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why): (Verdict, String) = of(row, context.now);
        Judged { verdict, why: why.into() }
    }
}
