//! `loggroups`: what CloudWatch Logs keeps of each cluster, for how long, and whether anything still arrives.

use crate::fleet::aws::kind::LOG_GROUPS;
use crate::fleet::aws::log_group::LogGroup;
use crate::fleet::{ObjectRef, ResourceType, Verdict};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::{Handled, Offer, ViewAbout, World};
use crate::ui::views::insights::{self, Insights};

/// Log groups; Enter reads one.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogGroups;

static ABOUT: ViewAbout = ViewAbout {
    name: "loggroups",
    aliases: &["loggroup", "lg"],
    help: "CloudWatch log groups: size, retention against the blueprint, last line; Enter reads one",
};

static RESOURCES: [ResourceType; 1] = [LOG_GROUPS];

static COLUMNS: [Column<LogGroup>; 7] = [
    Column::<LogGroup>::new("name", "NAME", "Its name", |row, _| {
        Value::text(&*row.name).as_role(Role::Strong)
    })
    .fit(16, 64)
    .drop_at(0)
    .sorts_by('N'),
    Column::<LogGroup>::new("size", "SIZE", "What is stored, compressed, as it is charged", |row, _| {
        Value::Bytes(row.bytes).into()
    })
    .fit(4, 9)
    .drop_at(1)
    .sorts_by('S'),
    Column::<LogGroup>::new("retention-days", "KEPT", "Days that lines are kept", |row, _| {
        match row.retention_days {
            Some(days) => Value::Measured { number: days.into(), words: format!("{days} d").into() }.into(),
            None => Value::text("for ever").into(),
        }
    })
    .fit(4, 9)
    .drop_at(1)
    .sorts_by('R'),
    Column::<LogGroup>::new("wanted-days", "WANTED", "Days that the blueprint wants", |_, context| {
        match wanted(context) {
            Some(days) => Value::Measured { number: days.into(), words: format!("{days} d").into() }.into(),
            None => Value::Nothing.into(),
        }
    })
    .fit(4, 9)
    .drop_at(3),
    Column::<LogGroup>::new(
        "last-event",
        "LAST LINE",
        "Since the newest line; may be an hour behind",
        |row, _| {
            if row.is_last_event_unknown { Value::Unknown.into() } else { Value::Age(row.last_event).into() }
        },
    )
    .fit(4, 9)
    .drop_at(2)
    .sorts_by('L'),
    Column::<LogGroup>::new("class", "CLASS", "Its class: what storing and reading cost", |row, _| {
        Value::text(row.class.to_ascii_lowercase().replace('_', " ")).as_role(Role::Dim)
    })
    .fit(5, 18)
    .drop_at(5),
    columns::age(|row, _| Value::Age(row.created).into()),
];

fn wanted(context: &RowContext<'_>) -> Option<u32> {
    context.cluster.wanted.as_ref()?.log_retention_days
}

impl Listing for LogGroups {
    type Row = LogGroup;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<LogGroup>] {
        &COLUMNS
    }
    fn commands(&self, selected: &[ObjectRef]) -> Vec<Offer> {
        vec![Offer { id: "insights", disabled: insights::takes(selected).err() }]
    }
    fn command(&self, id: &str, selected: &[ObjectRef], world: &World<'_>) -> Handled {
        match (id, Insights::open(selected, world.now)) {
            ("insights", Ok(view)) => Handled::Open(Box::new(view)),
            _ => Handled::Ignored,
        }
    }
    fn verdict<'a>(&self, row: &'a LogGroup, context: &RowContext<'a>) -> Judged<'a> {
        let Some(wanted) = wanted(context) else { return Judged::ok() };
        let why = match row.retention_days {
            Some(days) if days == wanted => return Judged::ok(),
            Some(days) if days < wanted => format!("lines are lost after {days} days: {wanted} are wanted"),
            Some(days) => format!("lines are kept and paid for {days} days: {wanted} are wanted"),
            None => format!("lines are kept and paid for without end: {wanted} days are wanted"),
        };
        Judged::because(Verdict::Warning, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::test_cluster::TestCluster;

    fn group(retention_days: Option<u32>) -> LogGroup {
        LogGroup { name: "/aws/eks/web/cluster".into(), retention_days, ..LogGroup::default() }
    }

    fn judged(retention_days: Option<u32>, blueprint: &str) -> (Verdict, String) {
        TestCluster::new()
            .with_rows(&LOG_GROUPS, &[group(retention_days)])
            .wanting(blueprint)
            .judged(&LogGroups, "/aws/eks/web/cluster")
    }

    #[test]
    fn retention_is_judged_by_the_blueprint_in_both_directions() {
        const WANTED: &str = "environment = \"prod\"\nlog-retention-days = 30";
        assert_eq!(judged(Some(30), WANTED), (Verdict::Ok, String::new()));
        let (verdict, why) = judged(Some(7), WANTED);
        assert_eq!((verdict, why.as_str()), (Verdict::Warning, "lines are lost after 7 days: 30 are wanted"));
        assert!(judged(Some(365), WANTED).1.contains("paid for 365 days"));
        assert!(judged(None, WANTED).1.contains("without end"));
    }

    #[test]
    fn what_no_blueprint_wants_is_shown_and_not_judged() {
        assert_eq!(judged(None, "environment = \"prod\""), (Verdict::Ok, String::new()));
    }

    #[test]
    fn a_last_line_that_nobody_may_look_for_is_unknown() {
        let blind = LogGroup { is_last_event_unknown: true, ..group(None) };
        let cluster = TestCluster::new().with_rows(&LOG_GROUPS, &[blind]);
        assert_eq!(cluster.cell(&LogGroups, "/aws/eks/web/cluster", "last-event"), "Unknown");
    }
}
