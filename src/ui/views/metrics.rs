//! `metrics`: how the control plane, the nodes, the load balancers and the NAT gateways did in the last hour.

use std::borrow::Cow;

use crate::fleet::aws::kind::{METRICS, TRAFFIC_METRICS};
use crate::fleet::aws::metric::{Limit, Part, Series, Unit};
use crate::fleet::kind::{NODE_METRICS, NODES};
use crate::fleet::node::Node;
use crate::fleet::quantity::human_bytes;
use crate::fleet::time::human_duration;
use crate::fleet::usage::NodeUsage;
use crate::fleet::{ResourceType, Verdict};
use crate::planes::alarm::number;
use crate::ui::join::{self, Joined};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// The panel of each cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct Metrics;

static ABOUT: ViewAbout = ViewAbout {
    name: "metrics",
    aliases: &["metric", "cloudwatch"],
    help: "CloudWatch metrics of the last hour beside metrics-server's: asked for while shown, about a cent an hour a cluster",
};

static RESOURCES: [ResourceType; 2] = [METRICS, TRAFFIC_METRICS];
static JOINS: [ResourceType; 2] = [NODES, NODE_METRICS];

/// Seconds without a new value after which the newest says nothing of now.
const OLD: i64 = 15 * 60;

static COLUMNS: [Column<Series>; 10] = [
    Column::<Series>::new("part", "PART", "What it is about", |row, _| {
        Value::text(row.gauge.part.as_str()).as_role(Role::Dim)
    })
    .fit(5, 13)
    .drop_at(2)
    .sorts_by('P'),
    Column::<Series>::new("of", "OF", "Which load balancer, group of targets or gateway", |row, _| {
        Value::text(&*row.of).into()
    })
    .fit(2, 34)
    .drop_at(1)
    .sorts_by('O'),
    Column::<Series>::new("name", "METRIC", "What is measured", |row, _| {
        Value::text(row.gauge.title).as_role(Role::Strong)
    })
    .fit(12, 26)
    .drop_at(0)
    .sorts_by('N'),
    Column::<Series>::new("now", "NOW", "The newest value", |row, _| match row.newest() {
        Some((_, value)) => measured(row, value).into(),
        None => Value::Unknown.into(),
    })
    .fit(4, 12)
    .drop_at(0)
    .sorts_by('V'),
    Column::<Series>::new(
        "metrics-server",
        "METRICS-SERVER",
        "What metrics-server says of the same, now",
        beside,
    )
    .fit(4, 14)
    .drop_at(6),
    Column::<Series>::new("hour", "LAST HOUR", "How it went, minute by minute", |row, _| {
        Value::Series(&row.points).into()
    })
    .fit(30, 30)
    .drop_at(3),
    Column::<Series>::new("least", "LEAST", "The least of the hour", |row, _| match row.bounds() {
        Some((least, _)) => measured(row, least).as_role(Role::Dim),
        None => Value::Nothing.into(),
    })
    .fit(4, 12)
    .drop_at(5),
    Column::<Series>::new("most", "MOST", "The most of the hour", |row, _| match row.bounds() {
        Some((_, most)) => measured(row, most).into(),
        None => Value::Nothing.into(),
    })
    .fit(4, 12)
    .drop_at(4),
    Column::<Series>::new("age", "AGE", "Since the newest value", |row, _| {
        row.newest().map_or(Value::Nothing, |(at, _)| Value::Age(at)).into()
    })
    .fit(4, 7)
    .drop_at(5),
    Column::<Series>::new(
        "metric",
        "IN CLOUDWATCH",
        "What CloudWatch calls it, and how it is summed up",
        |row, _| {
            let gauge = row.gauge;
            Value::text(format!("{} {} {}", gauge.namespace, gauge.metric, gauge.statistic))
                .as_role(Role::Dim)
        },
    )
    .fit(10, 70)
    .drop_at(7)
    .wide(),
];

/// A number in the unit of its gauge.
fn measured(row: &Series, value: f64) -> Value<'static> {
    let words: Cow<'static, str> = match row.gauge.unit {
        Unit::Percent => format!("{} %", number(value)).into(),
        Unit::Count => number(value).into(),
        Unit::PerMinute => format!("{}/min", number(value)).into(),
        Unit::Seconds if value.abs() < 1.0 => format!("{} ms", number((value * 1000.0).round())).into(),
        Unit::Seconds => format!("{} s", number(value)).into(),
        // Never below zero; what is too large to be true is the largest there is.
        Unit::Bytes => human_bytes(value as u64).into(),
        Unit::BytesPerMinute => format!("{}/min", human_bytes(value as u64)).into(),
    };
    Value::Measured { number: value, words }
}

/// What the nodes use of what they have, as metrics-server says it.
fn beside<'a>(row: &'a Series, context: &RowContext<'a>) -> Cell<'a> {
    if !matches!(row.gauge.id, "node-cpu" | "node-memory") {
        return Value::Nothing.into();
    }
    let used = join::tally::<NodeUsage>(context, &NODE_METRICS);
    let nodes = join::tally::<Node>(context, &NODES);
    let (Joined::Found(used), Joined::Found(nodes)) = (used, nodes) else {
        let is_refused = matches!(used, Joined::Unknown) || matches!(nodes, Joined::Unknown);
        return if is_refused { Value::Unknown.into() } else { Value::Nothing.into() };
    };
    let total = used.total();
    match row.gauge.id {
        "node-cpu" => Value::Share { used: total.cpu, of: nodes.cpu }.into(),
        _ => Value::Share { used: total.memory, of: nodes.memory }.into(),
    }
}

impl Listing for Metrics {
    type Row = Series;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Series>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a Series, context: &RowContext<'a>) -> Judged<'a> {
        let Some((at, value)) = row.newest() else {
            let why = match row.gauge.part {
                Part::Nodes => "nothing was measured: is Container Insights set up?",
                Part::ControlPlane | Part::Balancer | Part::Targets | Part::Nat => "nothing was measured",
            };
            return Judged::because(Verdict::Unknown, why);
        };
        let age = at.age_at(context.now);
        if age > OLD {
            let why = format!("nothing was measured for {}", human_duration(age));
            return Judged::because(Verdict::Unknown, why);
        }
        match row.gauge.limit {
            Limit::Above(limit) if value > limit && limit == 0.0 => {
                Judged::because(Verdict::Warning, "should be none")
            }
            Limit::Above(limit) if value > limit => {
                let Value::Measured { words, .. } = measured(row, limit) else { return Judged::ok() };
                Judged::because(Verdict::Warning, format!("more than {words}"))
            }
            Limit::Zero if value <= 0.0 => Judged::because(Verdict::Critical, "none is left"),
            Limit::None | Limit::Above(_) | Limit::Zero => Judged::ok(),
        }
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("part", false))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::Timestamp;
    use crate::fleet::aws::metric::{
        APPLICATION_TARGET_GAUGES, CLUSTER_GAUGES, Gauge, NAT_GAUGES, PERIOD, dollars,
    };
    use crate::ui::test_cluster::{NOW, TestCluster};

    fn gauge(id: &str) -> &'static Gauge {
        let all = CLUSTER_GAUGES.iter().chain(APPLICATION_TARGET_GAUGES).chain(NAT_GAUGES);
        all.into_iter().find(|gauge| gauge.id == id).unwrap()
    }

    /// Of which the last point ends so many minutes ago.
    fn series(id: &str, points: &[Option<f64>], ended: i64) -> Series {
        let before = (i64::try_from(points.len()).unwrap() + ended) * i64::from(PERIOD);
        Series {
            name: id.into(),
            gauge: gauge(id),
            of: "".into(),
            start: Timestamp::from_seconds(Timestamp::parse(NOW).seconds() - before),
            points: points.into(),
        }
    }

    fn cluster(rows: &[Series]) -> TestCluster {
        TestCluster::new().with_rows(&METRICS, rows)
    }

    #[test]
    fn what_was_not_measured_is_unknown_and_never_zero() {
        let cluster = cluster(&[series("node-cpu", &[None, None], 0)]);
        assert_eq!(cluster.cell(&Metrics, "node-cpu", "now"), "Unknown");
        let (verdict, why) = cluster.judged(&Metrics, "node-cpu");
        assert_eq!(verdict, Verdict::Unknown);
        assert!(why.contains("Container Insights"), "{why}");
    }

    #[test]
    fn a_value_that_has_grown_old_says_nothing_of_now() {
        let (verdict, why) = cluster(&[series("nat-out", &[Some(1.0)], 20)]).judged(&Metrics, "nat-out");
        assert_eq!((verdict, why.as_str()), (Verdict::Unknown, "nothing was measured for 20m"));
    }

    #[test]
    fn limits_are_told_in_the_unit_of_what_is_measured() {
        for (id, value, verdict, why) in [
            ("node-cpu", 91.5, Verdict::Warning, "more than 90 %"),
            ("node-cpu", 42.0, Verdict::Ok, ""),
            ("apiserver-429", 3.0, Verdict::Warning, "should be none"),
            ("apiserver-get-p99", 1.2, Verdict::Warning, "more than 1 s"),
            ("storage-size", 7e9, Verdict::Warning, "more than 6 Gi"),
            ("healthy", 0.0, Verdict::Critical, "none is left"),
            ("healthy", 2.0, Verdict::Ok, ""),
            ("nodes", 3.0, Verdict::Ok, ""),
        ] {
            let judged = cluster(&[series(id, &[Some(value)], 1)]).judged(&Metrics, id);
            assert_eq!(judged, (verdict, why.to_owned()), "{id} {value}");
        }
    }

    #[test]
    fn metrics_server_s_word_stands_beside_that_of_cloudwatch() {
        let node =
            json!({"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}});
        let usage = json!({"metadata": {"name": "n"}, "usage": {"cpu": "1", "memory": "4Gi"}});
        let cluster = cluster(&[series("node-cpu", &[Some(24.0)], 1), series("nodes", &[Some(1.0)], 1)])
            .with::<Node>(&NODES, &[node])
            .with::<NodeUsage>(&NODE_METRICS, &[usage]);
        let beside = |name: &str| cluster.cell(&Metrics, name, "metrics-server");
        assert_eq!(beside("node-cpu"), "Share { used: 1000, of: 4000 }");
        assert_eq!(beside("nodes"), "Nothing");
    }

    #[test]
    fn the_help_says_what_an_hour_costs() {
        let around = 6 + NAT_GAUGES.len();
        let metrics = CLUSTER_GAUGES.len() * 60 + around * 30;
        let cents = dollars(u64::try_from(metrics).unwrap()) * 100.0;
        assert!((0.5..1.5).contains(&cents), "{cents}");
    }
}
