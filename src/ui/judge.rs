//! How objects are, by the verdict of the listing that shows them: one opinion, whichever screen tells it.

use std::collections::{BTreeMap, HashMap};

use crate::fleet::kind::{NODES, PODS};
use crate::fleet::pod::Pod;
use crate::fleet::{ObjectRef, Row, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::listing::{Judged, Listing, RowContext};
use crate::ui::views::alarms::Alarms;
use crate::ui::views::argo::Applications;
use crate::ui::views::certificates::Certificates;
use crate::ui::views::ingress::Ingresses;
use crate::ui::views::issuers::Issuers;
use crate::ui::views::nodes::Nodes;
use crate::ui::views::pods::Pods;
use crate::ui::views::services::Services;
use crate::ui::views::stores::Stores;
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
        .or_else(|| one(&Applications, cluster, object, now))
        .or_else(|| one(&Certificates, cluster, object, now))
        .or_else(|| one(&Issuers, cluster, object, now))
        .or_else(|| one(&Stores, cluster, object, now))
        .or_else(|| one(&Alarms, cluster, object, now))
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
    let judged = listing.verdict(row.as_ref(), &RowContext { now, cluster, resource, folded: None });
    Some((judged.verdict, judged.why.into_owned()))
}

/// What is wrong among nodes, workloads and pods, worst first; in one namespace when it is given. Pods are told with
/// their workload, or with their node where that is what is broken: one cause is one line.
pub fn troubles(cluster: &ClusterSnapshot, namespace: Option<&str>, now: Timestamp) -> Vec<Trouble> {
    let mut found = Vec::new();
    if namespace.is_none() {
        collect(&Nodes, cluster, None, now, &mut found, |_, _| true);
    }
    collect(&Workloads, cluster, namespace, now, &mut found, |_, _| true);
    let told: HashMap<Place, usize> =
        found.iter().enumerate().map(|(at, trouble)| (place_of(&trouble.object), at)).collect();
    let mut stranded: BTreeMap<usize, usize> = BTreeMap::new();
    let mut groups: BTreeMap<Place, Group> = BTreeMap::new();
    let mut alone = Vec::new();
    collect(&Pods, cluster, namespace, now, &mut alone, |pod: &Pod, judged| {
        let own = pod.namespace().unwrap_or_default().to_owned();
        let workload = pod.workload().map(|owner| (own, owner.kind.to_string(), owner.name.to_string()));
        let node = pod.node().map(|name| (String::new(), NODES.kind.to_string(), name.to_owned()));
        let broken = node.and_then(|node| told.get(&node)).copied();
        if let Some(at) = workload.as_ref().and_then(|place| told.get(place))
            && let Some(trouble) = found.get_mut(*at)
        {
            // A workload that has not noticed how bad it is gets its pod's words.
            if judged.verdict > trouble.verdict {
                trouble.verdict = judged.verdict;
                trouble.why = judged.why.to_string();
            }
            return false;
        }
        if let Some(at) = broken.filter(|at| found.get(*at).is_some_and(|t| t.verdict == Verdict::Critical)) {
            *stranded.entry(at).or_default() += 1;
            return false;
        }
        let Some(place) = workload else { return true };
        let group = groups.entry(place).or_default();
        group.pods += 1;
        if group.pods == 1 || judged.verdict > group.verdict {
            (group.verdict, group.why) = (judged.verdict, judged.why.to_string());
            group.pod = pod.name().to_owned();
        }
        false
    });
    for (at, pods) in stranded {
        if let Some(trouble) = found.get_mut(at) {
            let what = if pods == 1 { "1 pod on it is".to_owned() } else { format!("{pods} pods on it are") };
            trouble.why = format!("{}; {what} not well", trouble.why);
        }
    }
    found.extend(alone);
    found.extend(groups.into_iter().map(|(place, group)| group.told(cluster, place)));
    found.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.object.cmp(&b.object)));
    found
}

/// Namespace, kind and name.
type Place = (String, String, String);

fn place_of(object: &ObjectRef) -> Place {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    (namespace.to_owned(), object.resource.kind.to_string(), object.name.to_string())
}

/// Pods of one workload that are not well although the workload itself says nothing.
#[derive(Default)]
struct Group {
    pods: usize,
    verdict: Verdict,
    why: String,
    /// The worst of them.
    pod: String,
}

impl Group {
    /// A single pod speaks for itself; several are told as their workload, where a table has its kind.
    fn told(self, cluster: &ClusterSnapshot, (namespace, kind, name): Place) -> Trouble {
        let resource = Workloads.resources().iter().find(|resource| *resource.kind == *kind);
        let (resource, name, why) = match resource {
            Some(resource) if self.pods > 1 => (resource, name, format!("{} pods: {}", self.pods, self.why)),
            None if self.pods > 1 => {
                (&PODS, self.pod, format!("{}; {} more of {kind} {name}", self.why, self.pods - 1))
            }
            _ => (&PODS, self.pod, self.why),
        };
        Trouble {
            object: ObjectRef {
                cluster: cluster.id.clone(),
                resource: resource.clone(),
                namespace: Some(namespace.into()),
                name: name.into(),
            },
            verdict: self.verdict,
            why,
        }
    }
}

fn collect<L: Listing>(
    listing: &L,
    cluster: &ClusterSnapshot,
    namespace: Option<&str>,
    now: Timestamp,
    found: &mut Vec<Trouble>,
    mut wanted: impl FnMut(&L::Row, &Judged<'_>) -> bool,
) {
    for resource in listing.resources() {
        let Some(table) = cluster.table::<L::Row>(resource) else { continue };
        for (_, row) in table.iter() {
            if namespace.is_some_and(|namespace| row.namespace() != Some(namespace)) {
                continue;
            }
            let judged = listing.verdict(row.as_ref(), &RowContext { now, cluster, resource, folded: None });
            if judged.verdict < Verdict::Warning || !wanted(row.as_ref(), &judged) {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::kind::DEPLOYMENTS;
    use crate::fleet::node::Node;
    use crate::fleet::workload::Workload;
    use crate::ui::test_cluster::{NOW, TestCluster};

    fn pod(workload: &str, at: u8, node: &str, reason: &str) -> Json {
        let owner = json!([{"kind": "ReplicaSet", "name": format!("{workload}-5548c8b86c"), "controller": true, "uid": workload}]);
        json!({"metadata": {"name": format!("{workload}-5548c8b86c-m28z{at}"), "namespace": "production",
                "ownerReferences": owner, "labels": {"pod-template-hash": "5548c8b86c"},
                "creationTimestamp": "2026-11-21T10:00:00Z"},
            "spec": {"nodeName": node, "containers": [{"name": "api", "image": "api:1"}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
                "containerStatuses": [{"name": "api", "ready": false, "state": {"waiting": {"reason": reason}}}]}})
    }

    fn node(name: &str, ready: &str) -> Json {
        json!({"metadata": {"name": name, "creationTimestamp": "2026-11-20T10:00:00Z"},
            "status": {"conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": "2026-11-21T12:51:00Z"}]}})
    }

    fn told(cluster: &TestCluster) -> Vec<String> {
        let troubles = troubles(&cluster.picture(), None, Timestamp::parse(NOW));
        troubles.iter().map(|trouble| format!("{}: {}", trouble.object, trouble.why)).collect()
    }

    #[test]
    fn several_pods_of_a_workload_are_one_line_and_a_single_one_speaks_for_itself() {
        let why = "ImagePullBackOff";
        let pods = [pod("api", 1, "n-1", why), pod("api", 2, "n-1", why), pod("web", 1, "n-1", why)];
        let cluster = TestCluster::new()
            .with::<Node>(&NODES, &[node("n-1", "True")])
            .with::<Workload>(&DEPLOYMENTS, &[])
            .with::<Pod>(&PODS, &pods);
        let told = told(&cluster);
        assert_eq!(told.len(), 2, "{told:?}");
        let starts = |start: &str| told.iter().any(|line| line.starts_with(start) && line.contains(why));
        assert!(starts("Deployment production/api: 2 pods: "), "{told:?}");
        assert!(starts("Pod production/web-5548c8b86c-m28z1: "), "{told:?}");
    }

    #[test]
    fn pods_of_a_broken_node_are_told_with_it() {
        let pods =
            [pod("api", 1, "n-1", "Error"), pod("web", 1, "n-1", "Error"), pod("web", 2, "n-2", "Error")];
        let cluster = TestCluster::new()
            .with::<Node>(&NODES, &[node("n-1", "Unknown"), node("n-2", "True")])
            .with::<Pod>(&PODS, &pods);
        let told = told(&cluster);
        assert!(told[0].starts_with("Node n-1: NotReady for 9m"), "{told:?}");
        assert!(told[0].ends_with("; 2 pods on it are not well"), "{told:?}");
        assert!(told[1].starts_with("Pod production/web-5548c8b86c-m28z2"), "{told:?}");
        assert_eq!(told.len(), 2, "{told:?}");
    }
}
