//! What works in each AWS account: who we are, for how long, and which table may be read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;

use super::{Line, Section};
use crate::app::fleet::Fleet;
use crate::fleet::time::human_duration;
use crate::fleet::{ClusterId, Problem, ProblemKind, Timestamp, Verdict};
use crate::gateway::Failure;
use crate::gateway::aws::operations::{LOGS_QUERY_RESULTS, LOGS_START_QUERY, LOGS_STOP_QUERY};
use crate::gateway::aws::{Account, sts};
use crate::sources::aws::{AWS_SOURCES, AwsSource, Scope, Site, StateCell};

/// How many tables are read at a time: EKS allows few calls a second.
const AT_A_TIME: usize = 4;

/// An account and the clusters that are at home there, by what EKS calls them.
struct Neighbours {
    account: Account,
    clusters: Vec<(ClusterId, Option<Arc<str>>, StateCell)>,
}

/// Looks at every account at the same time.
pub(super) async fn accounts(fleet: &Fleet, patience: Duration) -> Vec<Section> {
    fleet.place_states(&fleet.blueprints);
    let mut accounts: Vec<Neighbours> = Vec::new();
    for member in &fleet.clusters {
        let Some(home) = &member.home else { continue };
        let cluster = (member.id.clone(), home.eks.clone(), Arc::clone(&home.state));
        match accounts.iter_mut().find(|known| known.account == home.account) {
            Some(known) => known.clusters.push(cluster),
            None => accounts.push(Neighbours { account: home.account.clone(), clusters: vec![cluster] }),
        }
    }
    let looks = accounts.into_iter().map(|account| async move { account.section(patience).await });
    futures::future::join_all(looks).await
}

impl Neighbours {
    async fn section(&self, patience: Duration) -> Section {
        let lines = self.lines(patience).await;
        let names: Vec<&str> = self.clusters.iter().map(|(cluster, ..)| cluster.name()).collect();
        // The name of the profile is only known when the files were read.
        Section { title: format!("AWS of {} ({})", names.join(", "), self.account.name()), lines }
    }

    async fn lines(&self, patience: Duration) -> Vec<Line> {
        let account = &self.account;
        let caller = within(patience, async {
            account.check().await?;
            Box::pin(sts::caller(account)).await
        });
        let caller = match caller.await {
            Ok(caller) => caller,
            // Switched off is what somebody wanted.
            Err(problem) if problem.kind() == ProblemKind::Unset => {
                return vec![Line::good("read", problem.message())];
            }
            Err(problem) => return vec![Line::bad(Verdict::Warning, "sign in", &problem)],
        };
        let mut lines = vec![
            Line::good("caller", caller.arn),
            Line::good("account", caller.account),
            Line::good("region", caller.region),
        ];
        lines.push(match within(patience, account.good_until()).await {
            Ok(Timestamp::NEVER) => Line::good("credentials", "do not expire"),
            Ok(until) => {
                let left = account.now().seconds_before(until).max(0);
                Line::good("credentials", format!("good for {}", human_duration(left)))
            }
            Err(problem) => Line::bad(Verdict::Warning, "credentials", &problem),
        });
        let looks = AWS_SOURCES.iter().map(|source| self.table(source, patience));
        lines.extend(futures::stream::iter(looks).buffered(AT_A_TIME).collect::<Vec<_>>().await);
        lines.push(calls(account));
        lines
    }

    /// Whether a table can be read, wherever it is read from. A denial names the action that is missing.
    async fn table(&self, source: &AwsSource, patience: Duration) -> Line {
        let what = format!("read {}", source.resource.plural);
        let places: Vec<(Arc<str>, StateCell)> = match source.scope {
            Scope::Account => vec![(Arc::from(""), StateCell::default())],
            Scope::Cluster => {
                let known = |(_, eks, state): &(_, Option<Arc<str>>, StateCell)| {
                    Some((eks.clone()?, Arc::clone(state)))
                };
                self.clusters.iter().filter_map(known).collect()
            }
        };
        if places.is_empty() {
            let problem = Problem::new(ProblemKind::User, "EKS knows none of these clusters").with_hint(
                "say what EKS calls them: eks = \"REGION/NAME\" under [clusters.NAME] in the settings",
            );
            return Line::bad(Verdict::Unknown, what, &problem);
        }
        let mut rows = 0;
        for (eks, state) in places {
            let name = Arc::clone(&eks);
            let site = Site { account: self.account.clone(), eks, state };
            match within(patience, source.look(site)).await {
                Ok(found) => rows += found,
                Err(problem) => {
                    let problem = if name.is_empty() { problem } else { problem.while_doing(&name) };
                    let verdict = match problem.kind() {
                        ProblemKind::Forbidden | ProblemKind::Credentials => Verdict::Warning,
                        _ => Verdict::Unknown,
                    };
                    return Line::bad(verdict, what, &problem);
                }
            }
        }
        let mut actions: Vec<String> = source.operations.iter().map(|operation| operation.action()).collect();
        let mut told = BTreeSet::new();
        actions.retain(|action| told.insert(action.clone()));
        Line::good(what, format!("{} ({rows} found)", actions.join(", ")))
    }
}

/// What looking has cost.
fn calls(account: &Account) -> Line {
    let (mut all, mut throttled, mut dollars) = (0, 0, 0.0);
    for (_, _, count) in account.calls().all() {
        all += count.all;
        throttled += count.throttled;
        dollars += count.dollars();
    }
    let slowed = if throttled > 0 { format!(", {throttled} asked to slow down") } else { String::new() };
    let cost = if dollars > 0.0 { format!("about ${dollars:.4}") } else { "free of charge".to_owned() };
    // What they need is not known without one, and each one is paid.
    let queries = [LOGS_START_QUERY, LOGS_QUERY_RESULTS, LOGS_STOP_QUERY].map(|operation| operation.action());
    let untried =
        format!("queries of logs cost by what they scan and were not tried ({})", queries.join(", "));
    Line::good("calls", format!("{all} made just now{slowed}, {cost}; {untried}"))
}

async fn within<T>(patience: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Problem> {
    match tokio::time::timeout(patience, work).await {
        Ok(answer) => answer.map_err(|failure| failure.problem),
        Err(_) => {
            let message = format!("AWS did not answer within {} s", patience.as_secs_f32());
            Err(Problem::new(ProblemKind::Unreachable, message)
                .with_hint("is the network or the VPN up? `--timeout 30s` waits longer"))
        }
    }
}
