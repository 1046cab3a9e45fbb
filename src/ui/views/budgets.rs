//! `budgets`: which PodDisruptionBudget keeps nodes from being drained, and why.

use crate::fleet::condition::Status;
use crate::fleet::kind::DISRUPTION_BUDGETS;
use crate::fleet::scaling::disruption_budget::DisruptionBudget;
use crate::fleet::{ResourceType, Verdict};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// PodDisruptionBudgets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budgets;

static ABOUT: ViewAbout = ViewAbout {
    name: "budgets",
    aliases: &["pdb"],
    help: "PodDisruptionBudgets: how many pods may be evicted now, and which budget blocks every drain",
};

static RESOURCES: [ResourceType; 1] = [DISRUPTION_BUDGETS];

static COLUMNS: [Column<DisruptionBudget>; 9] = [
    columns::namespace(),
    columns::name(),
    Column::<DisruptionBudget>::new(
        "allowed",
        "ALLOWED",
        "How many pods may be evicted right now",
        |row, _| {
            let role = if row.allowed == 0 && row.expected > 0 { Role::Warning } else { Role::Text };
            Value::Count(row.allowed.into()).as_role(role)
        },
    )
    .fit(3, 7)
    .drop_at(0)
    .sorts_by('E'),
    Column::<DisruptionBudget>::new("healthy", "HEALTHY", "Healthy pods, of how many it takes", |row, _| {
        Value::Ratio { have: row.healthy, want: row.expected }.into()
    })
    .fit(5, 9)
    .drop_at(1)
    .sorts_by('H'),
    Column::<DisruptionBudget>::new("min-available", "AT LEAST", "So many must stay available", |row, _| {
        Value::maybe(row.min_available.as_deref()).into()
    })
    .fit(4, 8)
    .drop_at(2),
    Column::<DisruptionBudget>::new(
        "max-unavailable",
        "AT MOST DOWN",
        "So many may be unavailable",
        |row, _| Value::maybe(row.max_unavailable.as_deref()).into(),
    )
    .fit(4, 12)
    .drop_at(2),
    Column::<DisruptionBudget>::new(
        "unhealthy",
        "UNHEALTHY PODS",
        "Whether pods that are not ready may be evicted",
        |row, _| {
            let policy = match &*row.unhealthy_policy {
                "" => "IfHealthyBudget",
                policy => policy,
            };
            Value::text(policy).as_role(Role::Dim)
        },
    )
    .fit(11, 15)
    .drop_at(5)
    .wide(),
    columns::labels(),
    columns::age(|row, _| Value::Age(row.meta.created).into()),
];

impl Listing for Budgets {
    type Row = DisruptionBudget;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<DisruptionBudget>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a DisruptionBudget, _: &RowContext<'a>) -> Judged<'a> {
        let condition = row.conditions.get("DisruptionAllowed");
        if let Some(failed) = condition.filter(|condition| &*condition.reason == "SyncFailed") {
            let words = format!("cannot be computed, so nothing may be evicted: {}", failed.message);
            return Judged::because(Verdict::Warning, words);
        }
        if !row.is_observed {
            return Judged::because(Verdict::Progressing, "its controller has not seen the last change yet");
        }
        if let Some(odd) =
            condition.filter(|condition| matches!(condition.status, Status::Unknown | Status::Other(_)))
        {
            return Judged::because(
                Verdict::Unknown,
                format!("{} {}", odd.reason, odd.message).trim().to_owned(),
            );
        }
        if row.expected == 0 {
            return Judged::because(Verdict::Ok, "takes no pod");
        }
        if row.allowed > 0 {
            return Judged::ok();
        }
        // Nothing may be evicted even while every pod is healthy: such a budget blocks drains for good.
        if row.desired_healthy >= row.expected {
            let rule = match (row.max_unavailable.as_deref(), row.min_available.as_deref()) {
                (Some(most), _) => format!("at most {most} may be down"),
                (None, Some(least)) => format!("at least {least} of {} must be available", row.expected),
                (None, None) => format!("all {} must be available", row.expected),
            };
            return Judged::because(Verdict::Warning, format!("blocks every drain: {rule}"));
        }
        let down = row.expected.saturating_sub(row.healthy);
        let stuck = match &*row.unhealthy_policy {
            "AlwaysAllow" => "",
            _ if row.healthy < row.desired_healthy => ", which may not be evicted either",
            _ => "",
        };
        let words = format!("blocks drains now: {down} of {} pods not healthy{stuck}", row.expected);
        Judged::because(Verdict::Warning, words)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::ui::test_cluster::TestCluster;

    fn judged(spec: Json, healthy: u32, desired: u32, expected: u32) -> (Verdict, String) {
        let allowed = healthy.saturating_sub(desired);
        let budget = json!({"metadata": {"name": "api", "namespace": "production", "generation": 1}, "spec": spec,
            "status": {"currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
                "disruptionsAllowed": allowed, "observedGeneration": 1}});
        TestCluster::new().with::<DisruptionBudget>(&DISRUPTION_BUDGETS, &[budget]).judged(&Budgets, "api")
    }

    #[test]
    fn a_budget_that_never_lets_a_pod_go_says_by_which_rule() {
        let words = "blocks every drain: at most 0 may be down";
        assert_eq!(judged(json!({"maxUnavailable": 0}), 3, 3, 3), (Verdict::Warning, words.to_owned()));
        let words = "blocks every drain: at least 1 of 1 must be available";
        assert_eq!(judged(json!({"minAvailable": 1}), 1, 1, 1), (Verdict::Warning, words.to_owned()));
        assert_eq!(judged(json!({"minAvailable": 1}), 3, 1, 3), (Verdict::Ok, String::new()));
        assert_eq!(judged(json!({"minAvailable": 1}), 0, 0, 0), (Verdict::Ok, "takes no pod".to_owned()));
    }

    #[test]
    fn pods_that_are_not_healthy_are_named_as_what_blocks() {
        let words = "blocks drains now: 1 of 3 pods not healthy";
        assert_eq!(judged(json!({"minAvailable": 2}), 2, 2, 3), (Verdict::Warning, words.to_owned()));
        let words = "blocks drains now: 2 of 3 pods not healthy, which may not be evicted either";
        assert_eq!(judged(json!({"minAvailable": 2}), 1, 2, 3), (Verdict::Warning, words.to_owned()));
        let always = json!({"minAvailable": 2, "unhealthyPodEvictionPolicy": "AlwaysAllow"});
        assert_eq!(judged(always, 1, 2, 3).1, "blocks drains now: 2 of 3 pods not healthy");
    }
}
