//! What the picture of all rows knows around an object: its events, its pods, and how what it names is.

use std::cmp::Reverse;

use serde_json::Value;

use crate::fleet::event::Event;
use crate::fleet::kind::{
    CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, EVENTS, INGRESSES, JOBS, NAMESPACES, NODE_METRICS, NODES, PODS,
    REPLICA_SETS, RESOURCE_QUOTAS, SECRETS, SERVICES, STATEFUL_SETS,
};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::time::human_duration;
use crate::fleet::usage::NodeUsage;
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::snapshot::{ClusterSnapshot, Freshness};
use crate::ui::describe::{Cell, Line, Section, Target, related};
use crate::ui::judge;
use crate::ui::role::Role;
use crate::ui::widgets::bar::Bar;

/// Kinds that objects name often; all others are found in the catalog.
const KNOWN: &[ResourceType] = &[
    PODS,
    NODES,
    NAMESPACES,
    SERVICES,
    SECRETS,
    RESOURCE_QUOTAS,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    REPLICA_SETS,
    JOBS,
    CRON_JOBS,
    INGRESSES,
    ResourceType::namespaced("", "v1", "configmaps", "ConfigMap"),
    ResourceType::namespaced("", "v1", "serviceaccounts", "ServiceAccount"),
    ResourceType::namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    ResourceType::cluster_wide("", "v1", "persistentvolumes", "PersistentVolume"),
    ResourceType::cluster_wide("storage.k8s.io", "v1", "storageclasses", "StorageClass"),
    ResourceType::cluster_wide("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass"),
    ResourceType::cluster_wide("networking.k8s.io", "v1", "ingressclasses", "IngressClass"),
    ResourceType::cluster_wide("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole"),
    ResourceType::namespaced("rbac.authorization.k8s.io", "v1", "roles", "Role"),
];

/// The most pods and events that are shown.
const MOST: usize = 100;

/// The object that a target means; `None` for a kind that the server does not offer.
pub fn resolve(cluster: &ClusterSnapshot, target: &Target) -> Option<ObjectRef> {
    let is_meant = |resource: &&ResourceType| resource.kind == target.kind && resource.group == target.group;
    let resource = KNOWN
        .iter()
        .find(is_meant)
        .or_else(|| cluster.catalog.kinds.iter().map(|entry| &entry.resource).find(is_meant))?;
    let namespace =
        target.namespace.as_deref().filter(|namespace| resource.namespaced && !namespace.is_empty());
    if resource.namespaced && namespace.is_none() {
        return None;
    }
    Some(ObjectRef {
        cluster: cluster.id.clone(),
        resource: resource.clone(),
        namespace: namespace.map(Into::into),
        name: target.name.as_str().into(),
    })
}

/// The objects that this one names, each with how it is where that is known.
pub fn relations(cluster: &ClusterSnapshot, object: &Value, now: Timestamp) -> Section {
    let mut section = Section::new("RELATED");
    for relation in related::related(object) {
        let found = resolve(cluster, &relation.target);
        let judged = found.as_ref().and_then(|object| judge::verdict_of(cluster, object, now));
        let name = match found.as_ref().and_then(|object| object.namespace.as_deref()) {
            Some(namespace) => format!("{namespace}/{}", relation.target.name),
            None => relation.target.name.clone(),
        };
        let (verdict, why) = judged.unzip();
        let line = section.row(vec![
            Cell::dim(relation.how),
            Cell::plain(relation.target.kind.clone()),
            Cell::new(name, Role::Strong),
            Cell::plain(why.unwrap_or_default()),
        ]);
        line.verdict = verdict;
        line.object = found;
    }
    section
}

/// Which pods belong to an object.
#[derive(Clone, Debug)]
pub enum Belongs {
    /// None: pods are not shown.
    No,
    /// Those on this node.
    Node(String),
    /// Those made by this.
    Owner(String, String, String),
    /// Those with these labels.
    Labels(String, Vec<(String, String)>),
}

impl Belongs {
    /// To an object, by its kind.
    pub fn to(object: &ObjectRef, value: Option<&Value>) -> Self {
        let namespace = object.namespace.as_deref().unwrap_or_default().to_owned();
        match (object.resource.group.as_ref(), object.resource.kind.as_ref()) {
            ("", "Node") => Self::Node(object.name.to_string()),
            ("apps" | "batch", kind) if kind != "CronJob" => {
                Self::Owner(namespace, kind.to_owned(), object.name.to_string())
            }
            ("", "Service") => {
                let selector =
                    value.and_then(|value| value.pointer("/spec/selector")).and_then(Value::as_object);
                let labels: Vec<(String, String)> = selector
                    .into_iter()
                    .flatten()
                    .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
                    .collect();
                if labels.is_empty() { Self::No } else { Self::Labels(namespace, labels) }
            }
            _ => Self::No,
        }
    }

    /// True when there may be pods.
    pub fn wants_pods(&self) -> bool {
        !matches!(self, Self::No)
    }

    fn has(&self, pod: &Pod) -> bool {
        match self {
            Self::No => false,
            Self::Node(node) => pod.node() == Some(node),
            Self::Owner(namespace, kind, name) => {
                pod.namespace() == Some(namespace)
                    && [pod.workload(), pod.owner()]
                        .into_iter()
                        .flatten()
                        .any(|owner| *owner.kind == **kind && *owner.name == **name)
            }
            Self::Labels(namespace, labels) => {
                pod.namespace() == Some(namespace)
                    && labels
                        .iter()
                        .all(|(key, value)| pod.labels().any(|(known, is)| known == key && is == value))
            }
        }
    }
}

/// The pods that belong to an object, the worst first.
pub fn pods(cluster: &ClusterSnapshot, belongs: &Belongs, now: Timestamp) -> Section {
    let mut section = Section::new("PODS");
    if !belongs.wants_pods() {
        return section;
    }
    let Some(table) = cluster.table::<Pod>(&PODS) else {
        not_known(&mut section, &cluster.freshness(&PODS));
        return section;
    };
    let mut found: Vec<(Verdict, String, &Pod)> = table
        .iter()
        .filter(|(_, pod)| belongs.has(pod))
        .map(|(_, pod)| {
            let (verdict, why) = pod.judge(now);
            (verdict, why.into_owned(), pod.as_ref())
        })
        .collect();
    found.sort_by(|(a, _, pod_a), (b, _, pod_b)| {
        b.cmp(a).then_with(|| (pod_a.namespace(), pod_a.name()).cmp(&(pod_b.namespace(), pod_b.name())))
    });
    section.title = format!("PODS  {}", found.len());
    let on_node = matches!(belongs, Belongs::Node(_));
    for (verdict, why, pod) in found.iter().take(MOST) {
        let (ready, of) = pod.ready();
        let namespace = pod.namespace().unwrap_or_default();
        let name = if on_node { format!("{namespace}/{}", pod.name()) } else { pod.name().to_owned() };
        let place = if on_node { "" } else { pod.node().unwrap_or_default() };
        let restarts = match pod.restarts() {
            0 => String::new(),
            1 => "1 restart".to_owned(),
            restarts => format!("{restarts} restarts"),
        };
        let mut cells = vec![
            Cell::new(name, Role::Strong),
            Cell::plain(format!("{ready}/{of}")),
            Cell::plain(pod.status()),
            Cell::plain(restarts),
            Cell::dim(human_duration(pod.created().seconds_before(now))),
        ];
        if !on_node {
            cells.push(Cell::dim(place));
        }
        cells.push(Cell::plain(why.clone()));
        let line = section.row(cells);
        line.verdict = Some(*verdict);
        line.object = Some(ObjectRef {
            cluster: cluster.id.clone(),
            resource: PODS,
            namespace: Some(namespace.into()),
            name: pod.name().into(),
        });
    }
    more(&mut section, found.len());
    if !table.freshness().is_current() {
        not_known(&mut section, table.freshness());
    } else if found.is_empty() {
        section.push(Line::alone(vec![Cell::dim("none")]));
    }
    section
}

/// What of a node is used, and what its pods asked for.
pub fn node_use(cluster: &ClusterSnapshot, object: &ObjectRef) -> Section {
    let mut section = Section::new("IN USE");
    let row = cluster.table::<Node>(&NODES).and_then(|table| table.find(None, &object.name));
    let Some((_, node)) = row.filter(|_| object.resource == NODES) else { return section };
    let asked = cluster.table::<Pod>(&PODS).map(|table| table.tally().node(&object.name));
    let used = cluster.table::<NodeUsage>(&NODE_METRICS).and_then(|table| table.tally().node(&object.name));
    let mut add = |label: &str, bar: Bar, words: &dyn Fn(u64) -> String| {
        if bar.of > 0 {
            let used = bar.used.map(|used| format!("{} used, ", words(used))).unwrap_or_default();
            let said = format!("{used}{} requested of {}", words(bar.requested), words(bar.of));
            section.push(Line { bar: Some(bar), ..Line::field(label, Cell::plain(said)) });
        }
    };
    let of = node.allocatable;
    let requests = asked.map(|asked| asked.requests).unwrap_or_default();
    let cpu = Bar { used: used.map(|used| used.cpu), requested: requests.cpu, of: of.cpu };
    add("cpu", cpu, &human_cpu);
    let memory = Bar { used: used.map(|used| used.memory), requested: requests.memory, of: of.memory };
    add("memory", memory, &human_bytes);
    let pods = asked.map_or(0, |asked| u64::from(asked.pods));
    if of.pods > 0 {
        let bar = Bar { used: Some(pods), requested: 0, of: of.pods };
        let words = format!("{pods} of {}", of.pods);
        section.push(Line { bar: Some(bar), ..Line::field("pods", Cell::plain(words)) });
    }
    section
}

/// The events about an object: warnings first, then the newest.
pub fn events(cluster: &ClusterSnapshot, object: &ObjectRef, now: Timestamp) -> Section {
    let mut section = Section::new("EVENTS");
    let Some(table) = cluster.table::<Event>(&EVENTS) else {
        not_known(&mut section, &cluster.freshness(&EVENTS));
        return section;
    };
    let mut found: Vec<&Event> = table
        .iter()
        .map(|(_, event)| event.as_ref())
        .filter(|event| {
            let about = &event.about;
            // Events of cluster-scoped objects may carry a namespace or none.
            let same_namespace =
                object.namespace.as_deref().is_none_or(|namespace| *about.namespace == *namespace);
            *about.kind == *object.resource.kind && about.name == object.name && same_namespace
        })
        .collect();
    found.sort_by_key(|event| (!event.is_warning, Reverse(event.last_seen)));
    let warnings = found.iter().filter(|event| event.is_warning).count();
    section.title = match (warnings, found.len()) {
        (0, 0) => "EVENTS".to_owned(),
        (0, all) => format!("EVENTS  {all}"),
        (1, all) => format!("EVENTS  {all}, 1 warning"),
        (warnings, all) => format!("EVENTS  {all}, {warnings} warnings"),
    };
    for event in found.iter().take(MOST) {
        let role = if event.is_warning { Role::Warning } else { Role::Text };
        let times = if event.count > 1 { format!("{} times", event.count) } else { String::new() };
        let age = format!("{} ago", human_duration(event.last_seen.seconds_before(now)));
        let mut message = event.message.to_string();
        if !event.about.container.is_empty() {
            message = format!("{}: {message}", event.about.container);
        }
        let line = section.row(vec![
            Cell::dim(age),
            Cell::plain(times),
            Cell::new(&*event.reason, role),
            Cell::dim(event.source.split(',').next().unwrap_or_default()),
            Cell::new(message, role),
        ]);
        line.verdict = Some(if event.is_warning { Verdict::Warning } else { Verdict::Ok });
    }
    more(&mut section, found.len());
    if !table.freshness().is_current() {
        not_known(&mut section, table.freshness());
    } else if found.is_empty() {
        section.push(Line::alone(vec![Cell::dim("none that the server still keeps")]));
    }
    section
}

/// Says that a section is not the whole truth, and why.
fn not_known(section: &mut Section, freshness: &Freshness) {
    let (verdict, words) = match freshness {
        Freshness::NotWatched | Freshness::Loading { .. } => (Verdict::Progressing, "loading".to_owned()),
        Freshness::Live | Freshness::Polled { .. } => return,
        Freshness::Stale { problem, .. } => (Verdict::Unknown, format!("stale: {problem}")),
        Freshness::Forbidden { problem } => (Verdict::Unknown, format!("forbidden: {problem}")),
        Freshness::Unavailable { problem } => (Verdict::Unknown, problem.to_string()),
    };
    let words = words.replacen("forbidden: forbidden", "forbidden", 1);
    section.push(Line::alone(vec![Cell::dim(words)])).judged(verdict);
}

fn more(section: &mut Section, found: usize) {
    if let Some(more) = found.checked_sub(MOST).filter(|more| *more > 0) {
        section.push(Line::alone(vec![Cell::dim(format!("and {more} more"))]));
    }
}
