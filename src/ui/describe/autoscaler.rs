//! A horizontal pod autoscaler: what it scales, between what, by which metrics.

use serde_json::Value;

use super::read::{ago, conditions, list, text, time, words};
use super::section::{Cell, Section};
use crate::fleet::Timestamp;

pub(super) fn describe(autoscaler: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("AUTOSCALER");
    let (kind, name) =
        (text(autoscaler, "/spec/scaleTargetRef/kind"), text(autoscaler, "/spec/scaleTargetRef/name"));
    section.field("scales", format!("{kind} {name}").trim().to_owned());
    let (least, most) = (words(autoscaler, "/spec/minReplicas"), words(autoscaler, "/spec/maxReplicas"));
    section.field("between", format!("{} and {most}", if least.is_empty() { "1" } else { &least }));
    let (now_at, wanted) =
        (words(autoscaler, "/status/currentReplicas"), words(autoscaler, "/status/desiredReplicas"));
    section.field("replicas", format!("{now_at}, wants {wanted}"));
    section.field("last scaled", ago(time(autoscaler, "/status/lastScaleTime"), now));
    let mut metrics = Section::new("METRICS");
    let current = list(autoscaler, "/status/currentMetrics");
    for (at, metric) in list(autoscaler, "/spec/metrics").iter().enumerate() {
        let (name, target) = measured(metric, "target");
        let is = current.get(at).map(|metric| measured(metric, "current").1).unwrap_or_default();
        let is = if is.is_empty() { "unknown".to_owned() } else { is };
        metrics.row(vec![Cell::plain(name), Cell::plain(is), Cell::dim(format!("of {target}"))]);
    }
    vec![section, metrics, conditions(autoscaler, now)]
}

/// The name of a metric and its value, either wanted or measured.
fn measured(metric: &Value, which: &str) -> (String, String) {
    let kind = text(metric, "/type");
    let key = kind.chars().next().map_or_else(String::new, |first| {
        first.to_lowercase().collect::<String>() + kind.get(first.len_utf8()..).unwrap_or_default()
    });
    let Some(source) = metric.get(&key) else { return (kind.to_owned(), String::new()) };
    let name = match text(source, "/name") {
        "" => text(source, "/metric/name"),
        name => name,
    };
    let share = words(source, &format!("/{which}/averageUtilization"));
    let value = if share.is_empty() {
        ["averageValue", "value"].map(|of| words(source, &format!("/{which}/{of}"))).concat()
    } else {
        format!("{share} %")
    };
    (format!("{name} ({})", kind.to_lowercase()), value)
}
