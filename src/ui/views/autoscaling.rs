//! `autoscaling`: what changes how many pods there are, by which metrics, and why it cannot.

use crate::fleet::condition::Status;
use crate::fleet::event::Event;
use crate::fleet::kind::{EVENTS, HORIZONTAL_AUTOSCALERS};
use crate::fleet::scaling::horizontal::{HorizontalAutoscaler, Metric, MetricValue};
use crate::fleet::{ResourceType, Row, Verdict};
use crate::ui::columns;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// HorizontalPodAutoscalers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Autoscaling;

static ABOUT: ViewAbout = ViewAbout {
    name: "autoscaling",
    aliases: &["hpa"],
    help: "HorizontalPodAutoscalers: metrics, replicas between least and most, and why they cannot compute",
};

static RESOURCES: [ResourceType; 1] = [HORIZONTAL_AUTOSCALERS];
static JOINS: [ResourceType; 1] = [EVENTS];

/// A new autoscaler has no metrics for this long.
const START_PATIENCE: i64 = 3 * 60;
/// So many changes of size within the time that events are kept (an hour by default) are too many.
const FLAPPING: u32 = 8;

static COLUMNS: [Column<HorizontalAutoscaler>; 10] = [
    columns::namespace(),
    columns::name(),
    Column::<HorizontalAutoscaler>::new("target", "SCALES", "What it scales", |row, _| {
        Value::text(format!("{}/{}", row.target.kind, row.target.name)).into()
    })
    .fit(8, 44)
    .drop_at(3)
    .sorts_by('T'),
    Column::<HorizontalAutoscaler>::new(
        "metrics",
        "METRICS",
        "Each metric as it is, of what it should be",
        metrics,
    )
    .fit(8, 44)
    .drop_at(1),
    Column::<HorizontalAutoscaler>::new(
        "replicas",
        "REPLICAS",
        "How many there are, of how many it wants",
        |row, _| Value::Ratio { have: row.current, want: row.desired }.into(),
    )
    .fit(5, 8)
    .drop_at(0)
    .sorts_by('R'),
    Column::<HorizontalAutoscaler>::new("least", "LEAST", "Never fewer", |row, _| {
        Value::Count(row.min.into()).into()
    })
    .fit(3, 5)
    .drop_at(2),
    Column::<HorizontalAutoscaler>::new("most", "MOST", "Never more", |row, _| {
        Value::Count(row.max.into()).into()
    })
    .fit(3, 5)
    .drop_at(2)
    .sorts_by('M'),
    Column::<HorizontalAutoscaler>::new(
        "last-scaled",
        "SCALED",
        "Since it last changed the size",
        |row, _| row.last_scaled.known().map_or(Value::Nothing, Value::Age).into(),
    )
    .fit(4, 7)
    .drop_at(4)
    .sorts_by('S'),
    columns::labels(),
    columns::age(|row, _| Value::Age(row.meta.created).into()),
];

fn metrics<'a>(row: &'a HorizontalAutoscaler, _: &RowContext<'a>) -> Cell<'a> {
    let words: Vec<String> = row.metrics.iter().map(words_of).collect();
    let is_unknown = row.metrics.iter().any(|metric| metric.current.is_none());
    Value::text(words.join("  ")).as_role(if is_unknown { Role::Unknown } else { Role::Text })
}

/// `cpu 91%/70%`
fn words_of(metric: &Metric) -> String {
    let value =
        |value: &Option<MetricValue>| value.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
    format!("{} {}/{}", metric.name, value(&metric.current), value(&metric.target))
}

impl Listing for Autoscaling {
    type Row = HorizontalAutoscaler;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<HorizontalAutoscaler>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a HorizontalAutoscaler, context: &RowContext<'a>) -> Judged<'a> {
        let age = row.meta.created.age_at(context.now);
        if row.conditions.is_empty() {
            return if age <= START_PATIENCE {
                Judged::because(Verdict::Progressing, "its controller has not looked at it yet")
            } else {
                Judged::because(Verdict::Unknown, "its controller says nothing of it")
            };
        }
        if let Some(able) = row.conditions.get("AbleToScale")
            && able.status == Status::False
            // Waiting for a stable recommendation is what it should do.
            && &*able.reason != "BackoffBoth"
        {
            return Judged::because(Verdict::Critical, format!("cannot scale: {}", able.message));
        }
        if let Some(active) = row.conditions.get("ScalingActive") {
            match (&active.status, &*active.reason) {
                (Status::True, _) => {}
                (Status::False, "ScalingDisabled") => {
                    return Judged::because(Verdict::Ok, "off: its target is scaled to 0");
                }
                (Status::False, _) if age <= START_PATIENCE => {
                    return Judged::because(Verdict::Progressing, "has no metrics yet");
                }
                (Status::False, _) => {
                    return Judged::because(Verdict::Warning, format!("cannot compute: {}", active.message));
                }
                (Status::Unknown | Status::Other(_), _) => {
                    return Judged::because(Verdict::Unknown, format!("may not work: {}", active.message));
                }
            }
        }
        if let Some(metric) = row.metrics.iter().find(|metric| metric.current.is_none())
            && age > START_PATIENCE
        {
            return Judged::because(Verdict::Warning, format!("cannot read {}", metric.name));
        }
        let limited = row.conditions.get("ScalingLimited");
        let wants_more =
            limited.is_some_and(|limited| limited.is_true() && &*limited.reason == "TooManyReplicas");
        if wants_more && row.min < row.max {
            let metrics: Vec<String> = row.metrics.iter().map(words_of).collect();
            let words = format!("at its most of {}: {}", row.max, metrics.join(", "));
            return Judged::because(Verdict::Warning, words);
        }
        let rescales = join::tally::<Event>(context, &EVENTS).found();
        let times =
            rescales.map_or(0, |events| events.rescales(row.namespace().unwrap_or_default(), row.name()));
        if times >= FLAPPING {
            let words = format!("flaps: changed the size {times} times within the last hour");
            return Judged::because(Verdict::Warning, words);
        }
        if !row.is_observed {
            return Judged::because(Verdict::Progressing, "its controller has not seen the last change yet");
        }
        if row.min == row.max {
            return Judged::because(Verdict::Ok, "least and most are the same: it never scales");
        }
        Judged::ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::ui::test_cluster::TestCluster;

    fn autoscaler(name: &str, current: Json, conditions: &[(&str, &str, &str, &str)]) -> Json {
        let conditions: Vec<Json> = conditions
            .iter()
            .map(|(kind, status, reason, message)| json!({"type": kind, "status": status, "reason": reason, "message": message}))
            .collect();
        json!({"metadata": {"name": name, "namespace": "production", "creationTimestamp": "2026-11-21T10:00:00Z"},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}, "minReplicas": 2, "maxReplicas": 6,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]},
            "status": {"currentReplicas": 6, "desiredReplicas": 6, "currentMetrics": current, "conditions": conditions}})
    }

    fn cpu(percent: u32) -> Json {
        json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent}}}])
    }

    fn judged(autoscaler: Json) -> (Verdict, String) {
        let cluster = TestCluster::new().with::<HorizontalAutoscaler>(&HORIZONTAL_AUTOSCALERS, &[autoscaler]);
        cluster.judged(&Autoscaling, "api")
    }

    const ABLE: (&str, &str, &str, &str) =
        ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches");
    const ACTIVE: (&str, &str, &str, &str) = ("ScalingActive", "True", "ValidMetricFound", "");

    #[test]
    fn at_its_most_it_says_by_which_metric_and_at_its_least_nothing() {
        let many = ("ScalingLimited", "True", "TooManyReplicas", "");
        let (verdict, why) = judged(autoscaler("api", cpu(91), &[ABLE, ACTIVE, many]));
        assert_eq!((verdict, why.as_str()), (Verdict::Warning, "at its most of 6: cpu 91%/70%"));
        let few = ("ScalingLimited", "True", "TooFewReplicas", "");
        assert_eq!(judged(autoscaler("api", cpu(9), &[ABLE, ACTIVE, few])), (Verdict::Ok, String::new()));
    }

    #[test]
    fn what_keeps_it_from_computing_is_told_in_the_controllers_words() {
        let none =
            ("ScalingActive", "False", "FailedGetResourceMetric", "missing request for cpu in container api");
        let (verdict, why) = judged(autoscaler("api", Json::Null, &[ABLE, none]));
        assert_eq!(why, "cannot compute: missing request for cpu in container api");
        assert_eq!(verdict, Verdict::Warning);
        let gone = ("AbleToScale", "False", "FailedGetScale", "deployments.apps \"api\" not found");
        let (verdict, why) = judged(autoscaler("api", Json::Null, &[gone]));
        assert_eq!(
            (verdict, why.as_str()),
            (Verdict::Critical, "cannot scale: deployments.apps \"api\" not found")
        );
        let off = ("ScalingActive", "False", "ScalingDisabled", "");
        assert_eq!(judged(autoscaler("api", Json::Null, &[ABLE, off])).0, Verdict::Ok);
        let odd = ("ScalingActive", "Perhaps", "", "who knows");
        assert_eq!(judged(autoscaler("api", Json::Null, &[ABLE, odd])).0, Verdict::Unknown);
        assert_eq!(judged(autoscaler("api", Json::Null, &[])).0, Verdict::Unknown);
    }

    #[test]
    fn changing_the_size_again_and_again_is_flapping() {
        let event = |count: u32| {
            json!({"metadata": {"name": "api.1", "namespace": "production", "uid": "5"}, "type": "Normal",
                "reason": "SuccessfulRescale", "message": "New size: 3", "count": count,
                "involvedObject": {"kind": "HorizontalPodAutoscaler", "namespace": "production", "name": "api"}})
        };
        let told = |count| {
            let healthy = autoscaler("api", cpu(50), &[ABLE, ACTIVE]);
            let cluster =
                TestCluster::new().with::<HorizontalAutoscaler>(&HORIZONTAL_AUTOSCALERS, &[healthy]);
            cluster.with::<Event>(&EVENTS, &[event(count)]).judged(&Autoscaling, "api")
        };
        assert_eq!(told(3), (Verdict::Ok, String::new()));
        let words = "flaps: changed the size 9 times within the last hour";
        assert_eq!(told(9), (Verdict::Warning, words.to_owned()));
    }

    #[test]
    fn a_metric_is_shown_as_it_is_of_what_it_should_be() {
        let cluster = TestCluster::new().with::<HorizontalAutoscaler>(
            &HORIZONTAL_AUTOSCALERS,
            &[autoscaler("api", Json::Null, &[ABLE, ACTIVE])],
        );
        assert_eq!(cluster.cell(&Autoscaling, "api", "metrics"), "cpu ?/70%");
        assert_eq!(cluster.judged(&Autoscaling, "api"), (Verdict::Warning, "cannot read cpu".to_owned()));
    }
}
