//! How objects are, by the verdict of the listing that shows them: one opinion, whichever screen tells it.

use crate::fleet::pod::Pod;
use crate::fleet::{ObjectRef, Row, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::listing::{Listing, RowContext};
use crate::ui::views::ingress::Ingresses;
use crate::ui::views::nodes::Nodes;
use crate::ui::views::pods::Pods;
use crate::ui::views::services::Services;
use crate::ui::views::workloads::{ReplicaSets, Workloads};

/// An object that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which.
    pub object: ObjectRef,
    /// How it is.
    pub verdict: Verdict,
    /// Why, in words.
    pub why: String,
}

/// How one object is, when a table that is watched has its row.
pub fn verdict_of(
    cluster: &ClusterSnapshot,
    object: &ObjectRef,
    now: Timestamp,
) -> Option<(Verdict, String)> {
    one(&Pods, cluster, object, now)
        .or_else(|| one(&Workloads, cluster, object, now))
        .or_else(|| one(&Nodes, cluster, object, now))
        .or_else(|| one(&Services, cluster, object, now))
        .or_else(|| one(&Ingresses, cluster, object, now))
        .or_else(|| one(&ReplicaSets, cluster, object, now))
}

fn one<L: Listing>(
    listing: &L,
    cluster: &ClusterSnapshot,
    object: &ObjectRef,
    now: Timestamp,
) -> Option<(Verdict, String)> {
    let resource = listing.resources().iter().find(|resource| **resource == object.resource)?;
    let table = cluster.table::<L::Row>(resource)?;
    let (_, row) = table.find(object.namespace.as_deref(), &object.name)?;
    let judged = listing.verdict(row.as_ref(), &RowContext { now, cluster, resource });
    Some((judged.verdict, judged.why.into_owned()))
}

/// What is wrong among nodes, workloads and pods, worst first; in one namespace when it is given. A pod is left out
/// when its workload says it already.
pub fn troubles(cluster: &ClusterSnapshot, namespace: Option<&str>, now: Timestamp) -> Vec<Trouble> {
    let mut found = Vec::new();
    if namespace.is_none() {
        collect(&Nodes, cluster, None, now, &mut found, |_| true);
    }
    collect(&Workloads, cluster, namespace, now, &mut found, |_| true);
    let told: Vec<(String, String, String)> = found
        .iter()
        .map(|trouble| {
            let object = &trouble.object;
            let namespace = object.namespace.as_deref().unwrap_or_default();
            (namespace.to_owned(), object.resource.kind.to_string(), object.name.to_string())
        })
        .collect();
    collect(&Pods, cluster, namespace, now, &mut found, |pod: &Pod| {
        let Some(workload) = pod.workload() else { return true };
        let namespace = pod.namespace().unwrap_or_default();
        !told
            .iter()
            .any(|(ns, kind, name)| ns == namespace && **kind == *workload.kind && **name == *workload.name)
    });
    found.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.object.cmp(&b.object)));
    found
}

fn collect<L: Listing>(
    listing: &L,
    cluster: &ClusterSnapshot,
    namespace: Option<&str>,
    now: Timestamp,
    found: &mut Vec<Trouble>,
    wanted: impl Fn(&L::Row) -> bool,
) {
    for resource in listing.resources() {
        let Some(table) = cluster.table::<L::Row>(resource) else { continue };
        for (_, row) in table.iter() {
            if namespace.is_some_and(|namespace| row.namespace() != Some(namespace)) {
                continue;
            }
            let judged = listing.verdict(row.as_ref(), &RowContext { now, cluster, resource });
            if judged.verdict < Verdict::Warning || !wanted(row.as_ref()) {
                continue;
            }
            found.push(Trouble {
                object: ObjectRef {
                    cluster: cluster.id.clone(),
                    resource: resource.clone(),
                    namespace: row.namespace().map(Into::into),
                    name: row.name().into(),
                },
                verdict: judged.verdict,
                why: judged.why.into_owned(),
            });
        }
    }
}
