//! `cost`

use std::sync::Arc;

use crate::fleet::kind::NAMESPACES;
use crate::fleet::{ResourceType, Row as _};
use crate::planes::cost::{COSTS, Cost, Part};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// What clusters cost in a month.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs;

static ABOUT: ViewAbout = ViewAbout {
    name: "cost",
    aliases: &["costs"],
    help: "What a month costs by a dated price list: nodes, pools, namespaces by requests, network, volumes; an estimate",
};

static RESOURCES: [ResourceType; 1] = [COSTS];

static COLUMNS: [Column<Cost>; 5] = [
    Column::<Cost>::new(
        "part",
        "PART",
        "What it is for; pools and namespaces divide the nodes' price",
        |row, _| {
            let role = if row.part.counts() { Role::Text } else { Role::Dim };
            Value::text(row.part.as_str()).as_role(role)
        },
    )
    .fit(5, 14)
    .drop_at(1)
    .sorts_by('P'),
    Column::<Cost>::new("name", "WHAT", "What exactly", |row, _| {
        Value::text(row.name()).as_role(Role::Strong)
    })
    .fit(12, 44)
    .drop_at(0)
    .sorts_by('N'),
    Column::<Cost>::new("count", "COUNT", "How many there are; of a namespace, pods", |row, _| {
        if row.part == Part::Total { Value::Nothing.into() } else { Value::Count(row.count.into()).into() }
    })
    .fit(5, 7)
    .drop_at(2)
    .sorts_by('C'),
    Column::<Cost>::new("dollars", "$/MONTH", "A month of it, in US dollars", |row, context| {
        let Some(cents) = row.cents(context.now) else { return Value::Unknown.into() };
        let role = if row.part == Part::Total { Role::Strong } else { Role::Text };
        Value::Count((cents + 50) / 100).as_role(role)
    })
    .fit(7, 9)
    .drop_at(0)
    .sorts_by('D'),
    Column::<Cost>::new("share", "OF ALL", "Its part of the total, in percent", |row, context| {
        let total = context.cluster.table::<Cost>(&COSTS).and_then(|table| table.find(None, "total"));
        let total = total.and_then(|(_, total)| total.cents(context.now)).filter(|total| *total > 0);
        match (row.part, row.cents(context.now).zip(total)) {
            (Part::Total, _) | (_, None) => Value::Nothing.into(),
            (_, Some((cents, total))) => {
                Value::text(format!("{}%", (cents * 100 + total / 2) / total)).as_role(Role::Dim)
            }
        }
    })
    .fit(6, 6)
    .drop_at(3),
];

impl Listing for Costs {
    type Row = Cost;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<Cost>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a Cost, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = row.judged(context.now);
        Judged::because(verdict, why)
    }
    fn stands_for(&self, row: &Cost) -> Option<(ResourceType, Arc<str>)> {
        let is_real = row.part == Part::Namespace && !row.what.starts_with('(');
        is_real.then(|| (NAMESPACES, Arc::from(&*row.what)))
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("dollars", true))
    }
}
