//! What a cluster's row says of its platform: components, applications, certificates and secrets, counted, and what is
//! wrong with them and with its node pools.

use crate::fleet::argo::application::Application;
use crate::fleet::aws::kind::{ALARMS, TERRAFORM_STATES, UPDATES};
use crate::fleet::aws::terraform_state::TerraformState;
use crate::fleet::aws::update::Update;
use crate::fleet::kind::{APPLICATIONS, NODE_POOLS};
use crate::fleet::{ObjectRef, ProblemKind, ResourceType, Row, Timestamp, Verdict};
use crate::planes::alarm::{self, CLUSTER_ALARMS, ClusterAlarm, KNOWN_ALARMS};
use crate::planes::argo::{self, MISSING_APPLICATIONS};
use crate::planes::component::{COMPONENTS, Component, PartState, verdict};
use crate::planes::cost::{COSTS, Cost, Part, dollars};
use crate::planes::karpenter::{POOLS, Pool, verdict as pool};
use crate::planes::known::Known;
use crate::planes::namespace::{Belongings, Count, Ill, NAMESPACE_SUMS, NamespaceSum};
use crate::planes::pending::{PENDING, Waiting};
use crate::planes::rights::aws::read;
use crate::planes::terraform;
use crate::planes::upgrade::{self, Support};
use crate::snapshot::{ClusterSnapshot, Freshness, Link};
use crate::ui::judge::Trouble;
use crate::ui::role::Role;
use crate::ui::widgets::sheet;

/// Counts of a cluster, as they are shown.
pub(super) struct Sums {
    pub(super) components: sheet::Part,
    pub(super) applications: sheet::Part,
    pub(super) certificates: sheet::Part,
    pub(super) secrets: sheet::Part,
}

/// The version with the days that EKS still supports it, or with what it is becoming.
pub(super) fn version(cluster: &ClusterSnapshot, now: Timestamp) -> sheet::Part {
    let own = match (&cluster.link, upgrade::minor_of(cluster)) {
        // Without EKS the patch is all there is to say.
        (Link::Up(info), _) if upgrade::described(cluster).is_err() => {
            super::short_version(&info.version).to_owned()
        }
        (_, Some(minor)) => minor,
        (_, None) => return super::nothing(),
    };
    let running = running(cluster);
    if let Some(update) = running {
        let words = match update.param("Version") {
            Some(to) => format!("{own} → {to}"),
            None => format!("{own} · {}", update.kind),
        };
        return (words, Role::Progressing);
    }
    match upgrade::support(cluster, now) {
        Some(support) => {
            let words = match support {
                Support::Standard(days) => format!("{own} · {days} d"),
                Support::Extended(days) => format!("{own} · {days} d $"),
                Support::Ended(_) => format!("{own} · ended"),
            };
            let role = match support.verdict() {
                Verdict::Ok => Role::Text,
                verdict => crate::ui::join::role(verdict),
            };
            (words, role)
        }
        None => (own, Role::Text),
    }
}

/// What EKS is doing to the cluster.
pub(super) fn running(cluster: &ClusterSnapshot) -> Option<&Update> {
    let updates = read::<Update>(cluster, &UPDATES).ok()?;
    updates.iter().map(|(_, update)| &**update).find(|update| update.is_running())
}

/// How many components are well of those that run or are wanted.
pub(super) fn components(cluster: &ClusterSnapshot, now: Timestamp) -> Option<(u32, u32)> {
    let table = cluster.table::<Component>(&COMPONENTS)?;
    let mut counts = (0, 0);
    for (_, component) in table.iter() {
        let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.component(component.known.id));
        if component.is_missing() && wanted.is_none() {
            continue;
        }
        counts.1 += 1;
        counts.0 +=
            u32::from(matches!(verdict::of(component, wanted, now).0, Verdict::Ok | Verdict::Progressing));
    }
    Some(counts)
}

/// What belongs to all namespaces together, as it is at this moment.
pub(super) fn sum(cluster: &ClusterSnapshot, now: Timestamp) -> Option<NamespaceSum> {
    let table = cluster.table::<Known<Belongings>>(&NAMESPACE_SUMS)?;
    let mut sum = NamespaceSum::default();
    for (_, row) in table.iter() {
        sum.plus(row.value().sum(cluster, now));
    }
    Some(sum)
}

/// How many alarms have gone off; nothing where nobody told the way into the account.
pub(super) fn alarms(cluster: &ClusterSnapshot) -> sheet::Part {
    let firing = cluster.table::<ClusterAlarm>(&KNOWN_ALARMS).map(|table| table.tally().firing);
    match cluster.freshness(&ALARMS) {
        Freshness::Unavailable { problem } if problem.kind() == ProblemKind::Unset => super::nothing(),
        _ => super::counted(cluster, &ALARMS, |_| firing.map(|firing| (firing.to_string(), firing > 0))),
    }
}

impl Sums {
    pub(super) fn of(cluster: &ClusterSnapshot, sum: Option<&NamespaceSum>, now: Timestamp) -> Self {
        let is_coming = |table: &ResourceType| !cluster.freshness(table).is_settled();
        let waits = || super::not_yet(cluster);
        let components = match components(cluster, now) {
            _ if is_coming(&COMPONENTS) => waits(),
            Some(counts) => ratio(cluster, counts),
            None => waits(),
        };
        let sum = sum.filter(|_| !is_coming(&NAMESPACE_SUMS));
        let of = |count: fn(&NamespaceSum) -> &Option<Count>| match sum.map(count) {
            Some(Some(count)) => shown(cluster, count),
            Some(None) if matches!(cluster.link, Link::Up(_)) => super::nothing(),
            Some(None) | None => waits(),
        };
        let applications = match sum {
            Some(NamespaceSum { applications: Some(count), out_of_sync, .. }) if count.all > 0 => {
                let out = if *out_of_sync > 0 { format!(", {out_of_sync} out") } else { String::new() };
                let role = if count.ill.is_empty() { Role::Text } else { Role::Warning };
                (format!("{}/{}{out}", count.well(), count.all), role)
            }
            _ => of(|sum| &sum.applications),
        };
        Self {
            components,
            applications,
            certificates: of(|sum| &sum.certificates),
            secrets: of(|sum| &sum.secrets),
        }
    }
}

fn shown(cluster: &ClusterSnapshot, count: &Count) -> sheet::Part {
    match count {
        Count { all: 0, .. } => super::nothing(),
        count => ratio(cluster, (count.well(), count.all)),
    }
}

fn ratio(cluster: &ClusterSnapshot, (well, all): (u32, u32)) -> sheet::Part {
    let words = format!("{well}/{all}");
    match cluster.freshness(&COMPONENTS) {
        Freshness::Stale { .. } => (format!("~{words}"), Role::Stale),
        _ if well < all => (words, Role::Warning),
        _ => (words, Role::Text),
    }
}

/// Adds what is wrong with the platform to what is wrong already; the worst first.
pub(super) fn add_troubles(
    found: &mut Vec<Trouble>,
    cluster: &ClusterSnapshot,
    sum: Option<&NamespaceSum>,
    now: Timestamp,
) {
    let mut more = components_in_trouble(cluster, found, now);
    more.extend(pools_in_trouble(cluster, now));
    more.extend(applications_missing(cluster));
    more.extend(alarms_in_trouble(cluster));
    more.extend(states_in_trouble(cluster, now));
    more.extend(cost_in_trouble(cluster, now));
    let told = |ill: &Ill| Trouble { object: ill.object.clone(), verdict: ill.verdict, why: ill.why.clone() };
    more.extend(sum.iter().flat_map(|sum| sum.ill()).map(told));
    found.extend(more.into_iter().filter(|trouble| trouble.verdict >= Verdict::Warning));
    found.sort_by_key(|trouble| std::cmp::Reverse(trouble.verdict));
}

/// The rows of a derived table. While what it rests on is still coming, something may only seem to be missing.
fn settled<'a, R: Row>(
    cluster: &'a ClusterSnapshot,
    resource: &ResourceType,
) -> impl Iterator<Item = &'a R> + use<'a, R> {
    let table = cluster.table::<R>(resource).filter(|table| table.freshness().is_settled());
    table.into_iter().flat_map(|table| table.iter()).map(|(_, row)| row.as_ref())
}

fn trouble(
    cluster: &ClusterSnapshot,
    resource: ResourceType,
    (namespace, name): (Option<&str>, &str),
    (verdict, why): (Verdict, String),
) -> Trouble {
    let namespace = namespace.map(Into::into);
    let object = ObjectRef { cluster: cluster.id.clone(), resource, namespace, name: name.into() };
    Trouble { object, verdict, why }
}

/// A component is told where none of its workloads was: one cause is one line.
fn components_in_trouble(cluster: &ClusterSnapshot, told: &[Trouble], now: Timestamp) -> Vec<Trouble> {
    let mut more = Vec::new();
    for component in settled::<Component>(cluster, &COMPONENTS) {
        let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.component(component.known.id));
        let is_told = |part: &PartState| {
            told.iter().any(|trouble| {
                *trouble.object.name == *part.workload && trouble.object.namespace == component.namespace
            })
        };
        if !component.parts.iter().any(is_told) {
            let place = (component.namespace.as_deref(), component.name());
            more.push(trouble(cluster, COMPONENTS, place, verdict::of(component, wanted, now)));
        }
    }
    more
}

/// Pools belong to no namespace. They are judged as their own view judges them.
fn pools_in_trouble(cluster: &ClusterSnapshot, now: Timestamp) -> impl Iterator<Item = Trouble> {
    let waiting = cluster.table::<Waiting>(&PENDING).map(|table| table.tally());
    settled::<Pool>(cluster, &POOLS).map(move |row| {
        let demand = waiting.map(|tally| pool::Demand::of(row.name(), tally)).unwrap_or_default();
        let judged = pool::of(row, cluster.wanted.as_deref(), demand, now);
        trouble(cluster, NODE_POOLS, (None, row.name()), judged)
    })
}

/// Applications that the blueprint wants and nobody made belong to no namespace either.
fn applications_missing(cluster: &ClusterSnapshot) -> impl Iterator<Item = Trouble> {
    settled::<Application>(cluster, &MISSING_APPLICATIONS).map(|row| {
        let judged = (Verdict::Critical, argo::MISSING_WORDS.to_owned());
        trouble(cluster, APPLICATIONS, (row.namespace(), row.name()), judged)
    })
}

/// What everything together costs, where somebody asked.
fn total(cluster: &ClusterSnapshot) -> Option<&Cost> {
    settled::<Cost>(cluster, &COSTS).find(|cost| cost.part == Part::Total)
}

/// A month of everything, in whole dollars.
pub(super) fn printed_cost(cluster: &ClusterSnapshot, now: Timestamp) -> Option<u64> {
    Some((total(cluster)?.cents(now)? + 50) / 100)
}

/// A month of everything; as a warning where that is more than the blueprint has room for.
pub(super) fn cost(cluster: &ClusterSnapshot, now: Timestamp) -> sheet::Part {
    match total(cluster).map(|cost| (cost, cost.cents(now))) {
        Some((cost, Some(cents))) => {
            let is_over = cost.judged(now).0 >= Verdict::Warning;
            (dollars(cents), if is_over { Role::Warning } else { Role::Dim })
        }
        Some((_, None)) => super::nothing(),
        None => super::not_yet(cluster),
    }
}

/// More than the blueprint estimates.
fn cost_in_trouble(cluster: &ClusterSnapshot, now: Timestamp) -> impl Iterator<Item = Trouble> {
    total(cluster).into_iter().map(move |cost| trouble(cluster, COSTS, (None, cost.name()), cost.judged(now)))
}

/// A state of Terraform that is locked for too long, or could be lost.
fn states_in_trouble(cluster: &ClusterSnapshot, now: Timestamp) -> impl Iterator<Item = Trouble> {
    settled::<TerraformState>(cluster, &TERRAFORM_STATES)
        .map(move |row| trouble(cluster, TERRAFORM_STATES, (None, row.name()), terraform::judge(row, now)))
}

/// Alarms that have gone off, whatever the connection to the cluster is like.
fn alarms_in_trouble(cluster: &ClusterSnapshot) -> impl Iterator<Item = Trouble> {
    let alarms = cluster.table::<ClusterAlarm>(&KNOWN_ALARMS);
    alarms
        .into_iter()
        .flat_map(|table| table.iter())
        .map(|(_, row)| trouble(cluster, CLUSTER_ALARMS, (None, row.name()), alarm::verdict::of_row(row)))
}
