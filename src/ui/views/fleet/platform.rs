//! What a cluster's row says of its platform: components, applications, certificates and secrets, counted, and what is
//! wrong with them.

use crate::fleet::{ObjectRef, ProblemKind, ResourceType, Row, Timestamp, Verdict};
use crate::planes::alarm::{self, CLUSTER_ALARMS, ClusterAlarm};
use crate::planes::component::{COMPONENTS, Component, PartState, verdict};
use crate::planes::namespace::{Count, Ill, NAMESPACE_SUMS, NamespaceSum, SumRow};
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

/// How many alarms have gone off; nothing where nobody told the way into the account.
pub(super) fn alarms(cluster: &ClusterSnapshot) -> Part {
    let firing = cluster.table::<ClusterAlarm>(&CLUSTER_ALARMS).map(|table| table.tally().firing);
    match cluster.freshness(&CLUSTER_ALARMS) {
        // A cluster that does not answer keeps what AWS says of it.
        Freshness::NotWatched if matches!(cluster.link, Link::Down(_)) => super::nothing(),
        Freshness::Unavailable { problem } if problem.kind() == ProblemKind::User => super::nothing(),
        _ => super::counted(cluster, &CLUSTER_ALARMS, |_| {
            firing.map(|firing| (firing.to_string(), firing > 0))
        }),
    }
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
    let alarms = cluster.table::<ClusterAlarm>(&CLUSTER_ALARMS);
    for (_, row) in alarms.into_iter().flat_map(|table| table.iter()) {
        let (verdict, why) = alarm::verdict::of(&row.alarm);
        if verdict >= Verdict::Warning {
            let object = ObjectRef {
                cluster: cluster.id.clone(),
                resource: CLUSTER_ALARMS,
                namespace: None,
                name: row.name().into(),
            };
            more.push(Trouble { object, verdict, why });
        }
    }
    found.extend(more);
    found.sort_by_key(|trouble| std::cmp::Reverse(trouble.verdict));
    found
}
