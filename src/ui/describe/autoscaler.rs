//! What scales pods and what keeps enough of them: horizontal and vertical autoscalers, disruption budgets.

use serde_json::Value;

use super::read::{ago, conditions, list, selector, text, time, words};
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

/// A VerticalPodAutoscaler: what each container should request.
pub(super) fn vertical(autoscaler: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("AUTOSCALER");
    let (kind, name) = (text(autoscaler, "/spec/targetRef/kind"), text(autoscaler, "/spec/targetRef/name"));
    section.field("scales", format!("{kind} {name}").trim().to_owned());
    section.field("mode", text(autoscaler, "/spec/updatePolicy/updateMode"));
    let mut advice = Section::new("ADVICE");
    for container in list(autoscaler, "/status/recommendation/containerRecommendations") {
        let of = |bound: &str| {
            [words(container, &format!("/{bound}/cpu")), words(container, &format!("/{bound}/memory"))]
                .join(" ")
        };
        advice.row(vec![
            Cell::plain(text(container, "/containerName")),
            Cell::plain(of("target").trim().to_owned()),
            Cell::dim(format!("between {} and {}", of("lowerBound").trim(), of("upperBound").trim())),
        ]);
    }
    vec![section, advice, conditions(autoscaler, now)]
}

/// A PodDisruptionBudget: how many pods may be evicted, and by which rule.
pub(super) fn budget(budget: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("BUDGET");
    section.field("takes", selector(budget, "/spec/selector"));
    section.field("at least available", words(budget, "/spec/minAvailable"));
    section.field("at most down", words(budget, "/spec/maxUnavailable"));
    section.field("unhealthy pods", text(budget, "/spec/unhealthyPodEvictionPolicy"));
    let (healthy, pods) = (words(budget, "/status/currentHealthy"), words(budget, "/status/expectedPods"));
    if !pods.is_empty() {
        let wanted = words(budget, "/status/desiredHealthy");
        section.field("healthy", format!("{healthy} of {pods}, {wanted} must be"));
    }
    section.field("may be evicted now", words(budget, "/status/disruptionsAllowed"));
    vec![section, conditions(budget, now)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(sections: &[Section]) -> String {
        let lines = sections.iter().flat_map(|section| &section.lines);
        let cells = lines.flat_map(|line| line.cells.iter().map(|cell| cell.text.as_str()));
        cells.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_budget_and_advice_are_told_and_odd_ones_do_no_harm() {
        let object = json!({"spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "api"}}},
            "status": {"currentHealthy": 3, "desiredHealthy": 3, "expectedPods": 3, "disruptionsAllowed": 0}});
        let said = told(&budget(&object, Timestamp::NEVER));
        assert!(said.contains("at most down 0") && said.contains("3 of 3, 3 must be"), "{said}");
        let object = json!({"spec": {"targetRef": {"kind": "Deployment", "name": "api"}}, "status": {"recommendation":
            {"containerRecommendations": [{"containerName": "api", "target": {"cpu": "250m", "memory": "1Gi"}}, 7]}}});
        assert!(told(&vertical(&object, Timestamp::NEVER)).contains("api 250m 1Gi"));
        assert!(told(&budget(&json!(7), Timestamp::NEVER)).is_empty());
    }
}
