//! What EKS has looked at: what does not pass, with its objects and with those who use what will go.

use super::{Ground, Phase, State, Step};
use crate::fleet::aws::eks_version::minor;
use crate::fleet::aws::insight::{DeprecatedUse, Insight};
use crate::fleet::aws::kind::INSIGHTS;
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::rights::aws::read;

/// The most objects of one insight that are named.
const MOST: usize = 12;

pub(super) fn steps(ground: &Ground<'_>) -> Vec<Step> {
    let insights = match read::<Insight>(ground.cluster, &INSIGHTS) {
        Ok(insights) => insights,
        Err(why) => return vec![Step::unknown(Phase::Insights, "insights of EKS", &why)],
    };
    let mut all: Vec<&Insight> =
        insights.iter().map(|(_, insight)| &**insight).filter(|insight| is_about_upgrades(insight)).collect();
    if all.is_empty() {
        let why = "EKS has looked at nothing yet";
        return vec![Step::unknown(Phase::Insights, "insights of EKS", why)];
    }
    let oldest = all.iter().map(|insight| insight.refreshed).filter(|at| !at.is_never()).min();
    let age = oldest.map(|at| format!(", as of {} ago", human_duration(at.age_at(ground.now))));
    let age = age.unwrap_or_default();
    let passing = all.iter().filter(|insight| insight.passes()).count();
    let count = all.len();
    all.retain(|insight| !insight.passes());
    if all.is_empty() {
        return vec![Step::done(Phase::Insights, "insights of EKS", format!("all {passing} pass{age}"))];
    }
    // Errors first: they are about the very next minor.
    let rank = |status: &str| match status {
        "ERROR" => 0,
        "WARNING" => 1,
        _ => 2,
    };
    all.sort_by(|a, b| (rank(&a.status), &a.name).cmp(&(rank(&b.status), &b.name)));
    let mut steps: Vec<Step> = all.iter().map(|insight| step(insight, ground)).collect();
    if passing > 0 {
        let others = format!("{passing} of {count} insights pass{age}");
        steps.push(Step::done(Phase::Insights, "the other insights of EKS", others));
    }
    steps
}

fn is_about_upgrades(insight: &Insight) -> bool {
    matches!(&*insight.category, "UPGRADE_READINESS" | "")
}

fn step(insight: &Insight, ground: &Ground<'_>) -> Step {
    let words = match &*insight.reason {
        "" => insight.status.to_lowercase(),
        reason => reason.to_owned(),
    };
    let step = match &*insight.status {
        "ERROR" | "WARNING" => Step::new(Phase::Insights, &*insight.name, State::ToDo, words),
        _ => Step::unknown(Phase::Insights, &*insight.name, &words),
    };
    let is_next = minor(&insight.version).is_some_and(|at| Some(at) <= minor(&ground.next));
    let blocks = &*insight.status == "ERROR" || (&*insight.status == "WARNING" && is_next);
    let verdict = if step.state == State::ToDo { Verdict::Warning } else { Verdict::Unknown };
    Step { blocks, ..step.with(details(insight, ground.now)).judged(verdict) }
}

fn details(insight: &Insight, now: Timestamp) -> Vec<String> {
    let mut lines: Vec<String> = insight.deprecated.iter().flat_map(|used| uses(used, now)).collect();
    for resource in insight.resources.iter().take(MOST) {
        lines.push(match &*resource.reason {
            "" => resource.name.to_string(),
            reason => format!("{}: {reason}", resource.name),
        });
    }
    if insight.resources.len() > MOST {
        lines.push(format!("and {} more", insight.resources.len() - MOST));
    }
    if !insight.recommendation.is_empty() {
        lines.push(insight.recommendation.to_string());
    }
    lines
}

fn uses(used: &DeprecatedUse, now: Timestamp) -> Vec<String> {
    let instead = match &*used.replaced_with {
        "" => String::new(),
        new => format!(", use {new}"),
    };
    let mut lines = vec![format!("{} is gone in {}{instead}", used.usage, used.gone_in)];
    for client in &used.clients {
        let last = human_duration(client.last.age_at(now));
        lines
            .push(format!("used by {}, {} times in 30 days, last {last} ago", client.agent, client.requests));
    }
    lines
}
