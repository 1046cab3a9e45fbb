//! `vpa`: how large VerticalPodAutoscalers think that containers should be.

use crate::fleet::condition::Status;
use crate::fleet::kind::VERTICAL_AUTOSCALERS;
use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::scaling::vertical::{Recommendation, UpdateMode, VerticalAutoscaler};
use crate::fleet::{ResourceType, Verdict};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// VerticalPodAutoscalers.
#[derive(Clone, Copy, Debug, Default)]
pub struct VerticalAutoscalers;

static ABOUT: ViewAbout = ViewAbout {
    name: "vpa",
    aliases: &["verticalpodautoscalers"],
    help: "VerticalPodAutoscalers: what containers should request, and whether they get it",
};

static RESOURCES: [ResourceType; 1] = [VERTICAL_AUTOSCALERS];

/// The recommender needs some history first.
const START_PATIENCE: i64 = 30 * 60;

static COLUMNS: [Column<VerticalAutoscaler>; 8] = [
    columns::namespace(),
    columns::name(),
    Column::<VerticalAutoscaler>::new("target", "SCALES", "What it is about", |row, _| {
        Value::text(format!("{}/{}", row.target.kind, row.target.name)).into()
    })
    .fit(8, 44)
    .drop_at(2)
    .sorts_by('T'),
    Column::<VerticalAutoscaler>::new(
        "mode",
        "MODE",
        "What becomes of its advice: Off is only written down",
        |row, _| {
            let role = if row.mode == UpdateMode::Off { Role::Dim } else { Role::Text };
            Value::text(row.mode.as_str()).as_role(role)
        },
    )
    .fit(3, 20)
    .drop_at(1)
    .sorts_by('M'),
    Column::<VerticalAutoscaler>::new(
        "advice",
        "ADVICE",
        "What each container should request: CPU and memory",
        |row, _| advice(row, |of| &of.target),
    )
    .fit(8, 64)
    .drop_at(0),
    Column::<VerticalAutoscaler>::new(
        "at-least",
        "AT LEAST",
        "With less a container is too small",
        |row, _| advice(row, |of| &of.lower),
    )
    .fit(8, 64)
    .wide(),
    columns::labels(),
    columns::age(|row, _| Value::Age(row.meta.created).into()),
];

/// `api 250m 512 Mi  sidecar 10m 64 Mi`
fn advice<'a>(
    row: &'a VerticalAutoscaler,
    of: fn(&Recommendation) -> &crate::fleet::amounts::Amounts,
) -> Cell<'a> {
    let words = row.recommendations.iter().map(|recommendation| {
        let amounts = of(recommendation);
        let cpu = amounts.get("cpu").map(human_cpu);
        let memory = amounts.get("memory").map(human_bytes);
        let parts = [Some(recommendation.container.to_string()), cpu, memory];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    });
    Value::text(words.collect::<Vec<_>>().join("  ")).into()
}

impl Listing for VerticalAutoscalers {
    type Row = VerticalAutoscaler;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<VerticalAutoscaler>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a VerticalAutoscaler, context: &RowContext<'a>) -> Judged<'a> {
        for (kind, words) in [("ConfigUnsupported", "not supported"), ("NoPodsMatched", "takes no pod")] {
            if let Some(condition) = row.conditions.get(kind).filter(|condition| condition.is_true()) {
                let said = if condition.message.is_empty() { &condition.reason } else { &condition.message };
                return Judged::because(
                    Verdict::Warning,
                    format!("{words}: {said}").trim_end_matches(": ").to_owned(),
                );
            }
        }
        let age = row.meta.created.age_at(context.now);
        match row.conditions.get("RecommendationProvided") {
            Some(provided) if provided.is_true() => {}
            Some(provided) if provided.status == Status::Unknown => {
                return Judged::because(Verdict::Unknown, "nobody knows whether it has advice");
            }
            _ if age <= START_PATIENCE => {
                return Judged::because(Verdict::Progressing, "has not seen enough yet");
            }
            Some(provided) => {
                return Judged::because(Verdict::Warning, format!("gives no advice: {}", provided.message));
            }
            None => return Judged::because(Verdict::Unknown, "its recommender says nothing of it"),
        }
        if let UpdateMode::Other(mode) = &row.mode
            && !mode.is_empty()
        {
            return Judged::because(Verdict::Unknown, format!("mode {mode} is not known"));
        }
        if row.conditions.is_true("LowConfidence") {
            return Judged::because(Verdict::Ok, "it has not seen much yet");
        }
        Judged::ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::ui::test_cluster::TestCluster;

    fn cluster(mode: &str, conditions: Json) -> TestCluster {
        let autoscaler = json!({"metadata": {"name": "api", "namespace": "production", "creationTimestamp": "2026-11-20T10:00:00Z"},
            "spec": {"targetRef": {"kind": "Deployment", "name": "api"}, "updatePolicy": {"updateMode": mode}},
            "status": {"conditions": conditions, "recommendation": {"containerRecommendations": [
                {"containerName": "api", "target": {"cpu": "250m", "memory": "536870912"}}]}}});
        TestCluster::new().with::<VerticalAutoscaler>(&VERTICAL_AUTOSCALERS, &[autoscaler])
    }

    #[test]
    fn advice_is_shown_for_each_container() {
        let cluster = cluster("Off", json!([{"type": "RecommendationProvided", "status": "True"}]));
        assert_eq!(cluster.cell(&VerticalAutoscalers, "api", "advice"), "api 250m 512 Mi");
        assert_eq!(cluster.judged(&VerticalAutoscalers, "api"), (Verdict::Ok, String::new()));
    }

    #[test]
    fn what_keeps_it_from_advising_is_told_and_silence_is_unknown() {
        let judged =
            |mode: &str, conditions: Json| cluster(mode, conditions).judged(&VerticalAutoscalers, "api");
        let none = json!([{"type": "NoPodsMatched", "status": "True", "reason": "NoPodsMatched", "message": "no live pods"}]);
        assert_eq!(judged("Off", none), (Verdict::Warning, "takes no pod: no live pods".to_owned()));
        assert_eq!(judged("Off", Json::Null).0, Verdict::Unknown);
        let given = json!([{"type": "RecommendationProvided", "status": "True"}]);
        assert_eq!(judged("Dream", given), (Verdict::Unknown, "mode Dream is not known".to_owned()));
    }
}
