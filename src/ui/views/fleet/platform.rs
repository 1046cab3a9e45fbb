//! What a cluster's row says of its platform: components, applications, certificates and secrets, counted, and what is
//! wrong with them.

use crate::fleet::aws::kind::UPDATES;
use crate::fleet::aws::update::Update;
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::component::{COMPONENTS, Component, PartState, verdict};
use crate::planes::namespace::{Count, Ill, NAMESPACE_SUMS, NamespaceSum, SumRow};
use crate::planes::rights::aws::read;
use crate::planes::upgrade::{self, Support};
use crate::snapshot::{ClusterSnapshot, Freshness, Link};
use crate::ui::judge::Trouble;
use crate::ui::role::Role;
use crate::ui::widgets::sheet::Part;

/// Counts of a cluster, as they are shown.
pub(super) struct Sums {
    pub(super) components: Part,
    pub(super) applications: Part,
    pub(super) certificates: Part,
    pub(super) secrets: Part,
}

/// The version with the days that EKS still supports it, or with what it is becoming.
pub(super) fn version(cluster: &ClusterSnapshot, now: Timestamp) -> Part {
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

/// What belongs to all namespaces together.
pub(super) fn sum(cluster: &ClusterSnapshot) -> Option<NamespaceSum> {
    let table = cluster.table::<SumRow>(&NAMESPACE_SUMS)?;
    let mut sum = NamespaceSum::default();
    for (_, row) in table.iter() {
        sum.plus(&row.0);
    }
    Some(sum)
}

impl Sums {
    pub(super) fn of(cluster: &ClusterSnapshot, now: Timestamp) -> Self {
        let is_coming = |table: &ResourceType| !cluster.freshness(table).is_settled();
        let waits = || super::not_yet(cluster);
        let components = match components(cluster, now) {
            _ if is_coming(&COMPONENTS) => waits(),
            Some(counts) => ratio(cluster, counts),
            None => waits(),
        };
        let sum = sum(cluster).filter(|_| !is_coming(&NAMESPACE_SUMS));
        let of = |count: fn(&NamespaceSum) -> &Option<Count>| match sum.as_ref().map(count) {
            Some(Some(count)) => shown(cluster, count),
            Some(None) if matches!(cluster.link, Link::Up(_)) => super::nothing(),
            Some(None) | None => waits(),
        };
        let applications = match &sum {
            Some(NamespaceSum { applications: Some(count), out_of_sync, .. }) if count.all > 0 => {
                let out = if *out_of_sync > 0 { format!(", {out_of_sync} out") } else { String::new() };
                let role = if count.ill.is_empty() { Role::Text } else { Role::Warning };
                (format!("{}/{}{out}", count.well, count.all), role)
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

fn shown(cluster: &ClusterSnapshot, count: &Count) -> Part {
    match count {
        Count { all: 0, .. } => super::nothing(),
        Count { all, ill, .. } => {
            let well = all.saturating_sub(u32::try_from(ill.len()).unwrap_or(u32::MAX));
            ratio(cluster, (well, *all))
        }
    }
}

fn ratio(cluster: &ClusterSnapshot, (well, all): (u32, u32)) -> Part {
    let words = format!("{well}/{all}");
    match cluster.freshness(&COMPONENTS) {
        Freshness::Stale { .. } => (format!("~{words}"), Role::Stale),
        _ if well < all => (words, Role::Warning),
        _ => (words, Role::Text),
    }
}

/// What is wrong with the platform, added to what is wrong already; the worst first. A component is told where none of
/// its workloads was: one cause is one line.
pub(super) fn troubles(cluster: &ClusterSnapshot, mut found: Vec<Trouble>, now: Timestamp) -> Vec<Trouble> {
    let mut more: Vec<Trouble> = Vec::new();
    // While what it rests on is still coming, a component may only seem to be missing.
    let components = cluster.table::<Component>(&COMPONENTS).filter(|table| table.freshness().is_settled());
    for (_, component) in components.into_iter().flat_map(|table| table.iter()) {
        let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.component(component.known.id));
        let (verdict, why) = verdict::of(component, wanted, now);
        let is_told = |part: &PartState| {
            found.iter().any(|trouble| {
                *trouble.object.name == *part.workload && trouble.object.namespace == component.namespace
            })
        };
        if verdict < Verdict::Warning || component.parts.iter().any(is_told) {
            continue;
        }
        let object = ObjectRef {
            cluster: cluster.id.clone(),
            resource: COMPONENTS,
            namespace: component.namespace.clone(),
            name: component.name().into(),
        };
        more.push(Trouble { object, verdict, why });
    }
    if let Some(sum) = sum(cluster) {
        let of = |ill: &Ill| Trouble {
            object: ObjectRef {
                cluster: cluster.id.clone(),
                resource: ill.resource.clone(),
                namespace: ill.namespace.clone(),
                name: (*ill.name).into(),
            },
            verdict: ill.verdict,
            why: ill.why.to_string(),
        };
        more.extend(sum.ill().into_iter().filter(|ill| ill.verdict >= Verdict::Warning).map(of));
    }
    found.extend(more);
    found.sort_by_key(|trouble| std::cmp::Reverse(trouble.verdict));
    found
}
