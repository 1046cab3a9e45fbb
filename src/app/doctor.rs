//! `doctor`: what works, what does not, and the line that fixes it.

mod aws;

use std::fmt::Write as _;
use std::time::Duration;

use super::fleet::{Fleet, Member};
use super::opening::Opening;
use crate::fleet::kind::{DEPLOYMENTS, EVENTS, NAMESPACES, NODES, PODS};
use crate::fleet::{Epoch, Guard, Problem, ProblemKind, ResourceType, Verdict};
use crate::gateway::{Connection, kubeconfig};
use crate::snapshot::ServerInfo;

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it is.
    pub verdict: Verdict,
    /// What was looked at.
    pub what: String,
    /// What was found.
    pub found: String,
    /// What would help.
    pub hints: Vec<String>,
}

/// A part of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub title: String,
    /// What was found.
    pub lines: Vec<Line>,
}

impl Line {
    /// Something is as it should be.
    pub fn good(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, what: what.into(), found: found.into(), hints: Vec::new() }
    }

    /// Something is not.
    pub fn bad(verdict: Verdict, what: impl Into<String>, problem: &Problem) -> Self {
        Self {
            verdict,
            what: what.into(),
            found: problem.message().to_owned(),
            hints: problem.hints().to_vec(),
        }
    }
}

/// Which kubeconfig files there are, what is in them, and what is broken.
pub fn kubeconfig(opening: &Opening) -> Vec<Line> {
    let mut lines: Vec<Line> = opening
        .kubeconfig
        .iter()
        .map(|file| {
            let found = if file.exists() { "found" } else { "does not exist" };
            Line::good(file.display().to_string(), found)
        })
        .collect();
    let loaded = kubeconfig::load(&opening.kubeconfig);
    let names: Vec<&str> = loaded.contexts.iter().map(|context| context.name.as_str()).collect();
    lines.push(Line::good("contexts", if names.is_empty() { "none".to_owned() } else { names.join(", ") }));
    lines.extend(loaded.problems.iter().map(|problem| Line::bad(Verdict::Warning, "broken", problem)));
    lines
}

/// The IAM policy that allows all that is read of AWS, and nothing else, as JSON.
pub fn iam_policy() -> String {
    format!("{:#}", crate::gateway::aws::policy::policy())
}

/// Looks at every cluster and every AWS account, on a runtime of its own.
pub fn examine_all(fleet: &Fleet, patience: Duration) -> Result<Vec<Section>, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Problem::new(ProblemKind::Bug, format!("starting a runtime: {error}")))?;
    Ok(runtime.block_on(async {
        let mut sections = clusters(fleet, patience).await;
        sections.extend(aws::accounts(fleet, patience).await);
        sections
    }))
}

/// Looks at every cluster at the same time; what has not answered in time is told as such.
async fn clusters(fleet: &Fleet, patience: Duration) -> Vec<Section> {
    let looks = fleet.clusters.iter().map(|member| {
        let connection = Connection::new(
            member.id.clone(),
            Epoch::default(),
            member.target.clone(),
            member.settings.clone(),
            fleet.clock.clone(),
        );
        async move {
            let lines = tokio::time::timeout(patience, examine(&connection)).await.unwrap_or_else(|_| {
                let message = format!("nothing answered within {} s", patience.as_secs_f32());
                let problem = Problem::new(ProblemKind::Unreachable, message)
                    .with_hint("is the network or the VPN up? `--timeout 30s` waits longer");
                vec![Line::bad(Verdict::Critical, "reach", &problem)]
            });
            Section { title: title(fleet, member), lines }
        }
    });
    futures::future::join_all(looks).await
}

fn title(fleet: &Fleet, member: &Member) -> String {
    let guard =
        fleet.environment(member.id.environment()).map_or(Guard::Open, |environment| environment.guard);
    format!("{} ({}, {})", member.id, member.id.environment(), guard.as_str())
}

async fn examine(connection: &Connection) -> Vec<Line> {
    let info = match connection.greet().await {
        Ok(info) => info,
        Err(failure) => return vec![Line::bad(Verdict::Critical, "reach", &failure.problem)],
    };
    let mut lines = vec![Line::good("reach", format!("{} in {} ms", info.version, info.latency_ms))];
    match connection.who_am_i(info).await {
        Ok(info) => {
            lines.push(Line::good("log in", info.user.clone().unwrap_or_else(|| "accepted".to_owned())));
            lines.extend(connection.signed_in_by().await.map(|by| Line::good("by", by)));
            lines.extend(skew(&info));
        }
        Err(failure) => {
            lines.push(Line::bad(Verdict::Critical, "log in", &failure.problem));
            return lines;
        }
    }
    match connection.discover().await {
        Ok(catalog) => {
            lines.push(Line::good("kinds", format!("{} can be listed", catalog.kinds.len())));
            let usage = catalog.kinds.iter().any(|entry| entry.resource.group == "metrics.k8s.io");
            if !usage {
                let problem = Problem::new(ProblemKind::NotFound, "no metrics API: usage is not shown")
                    .with_hint("metrics-server provides it");
                lines.push(Line::bad(Verdict::Warning, "usage", &problem));
            }
        }
        Err(failure) => lines.push(Line::bad(Verdict::Warning, "kinds", &failure.problem)),
    }
    for resource in [NAMESPACES, NODES, PODS, DEPLOYMENTS, EVENTS] {
        lines.push(may_read(connection, &resource).await);
    }
    lines
}

/// Tokens of AWS are refused when the clocks are 15 minutes apart; a minute is worth a word.
fn skew(info: &ServerInfo) -> Option<Line> {
    (info.clock_skew.abs() > 60).then(|| {
        let side = if info.clock_skew > 0 { "behind" } else { "ahead of" };
        let message = format!("this machine is {} s {side} the server", info.clock_skew.abs());
        let problem =
            Problem::new(ProblemKind::Credentials, message).with_hint("set the clock, for example by NTP");
        Line::bad(Verdict::Warning, "clock", &problem)
    })
}

async fn may_read(connection: &Connection, resource: &ResourceType) -> Line {
    let what = format!("read {}", resource.plural);
    let mut denied = Vec::new();
    for verb in ["list", "watch"] {
        match connection.may(verb, resource, None).await {
            Ok(true) => {}
            Ok(false) => denied.push(verb),
            Err(failure) => return Line::bad(Verdict::Unknown, what, &failure.problem),
        }
    }
    if denied.is_empty() {
        return Line::good(what, if resource.namespaced { "in all namespaces" } else { "allowed" });
    }
    let scope = if resource.namespaced { " in all namespaces" } else { "" };
    let message = format!("may not {} {}{scope}", denied.join(" or "), resource.qualified());
    let problem = Problem::new(ProblemKind::Forbidden, message);
    let problem = if resource.namespaced {
        problem
            .with_hint("the namespaces that you may read are shown all the same; name them under `clusters`")
    } else {
        problem.with_hint(format!("ask for a ClusterRole with verbs get, list, watch on {}", resource.plural))
    };
    Line::bad(Verdict::Warning, what, &problem)
}

/// The worst of a report.
pub fn worst(sections: &[Section]) -> Verdict {
    sections.iter().flat_map(|section| &section.lines).map(|line| line.verdict).max().unwrap_or_default()
}

/// The report as text. `escape` makes what came from outside safe for a terminal.
pub fn text(sections: &[Section], ascii: bool, escape: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for section in sections {
        let _ = writeln!(out, "{}", escape(&section.title));
        let width = section.lines.iter().map(|line| line.what.chars().count()).max().unwrap_or(0);
        for line in &section.lines {
            let glyph = match (line.verdict, ascii) {
                (Verdict::Ok | Verdict::Progressing, false) => '●',
                (Verdict::Ok | Verdict::Progressing, true) => 'o',
                (Verdict::Unknown, false) => '○',
                (Verdict::Unknown, true) => '?',
                (Verdict::Warning, false) => '▲',
                (Verdict::Warning, true) => '!',
                (Verdict::Critical, false) => '✖',
                (Verdict::Critical, true) => 'X',
            };
            let _ = writeln!(out, "  {glyph} {:width$}  {}", escape(&line.what), escape(&line.found));
            let arrow = if ascii { "->" } else { "→" };
            for hint in &line.hints {
                let _ = writeln!(out, "    {:width$}  {arrow} {}", "", escape(hint));
            }
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_what_is_wrong_and_what_would_help() {
        let problem = Problem::new(ProblemKind::Unreachable, "refused").with_hint("start it");
        let sections = [Section {
            title: "a (dev, open)".to_owned(),
            lines: vec![Line::good("log in", "me"), Line::bad(Verdict::Critical, "reach", &problem)],
        }];
        assert_eq!(worst(&sections), Verdict::Critical);
        assert_eq!(
            text(&sections, true, str::to_owned),
            "a (dev, open)\n  o log in  me\n  X reach   refused\n            -> start it\n\n"
        );
    }
}
