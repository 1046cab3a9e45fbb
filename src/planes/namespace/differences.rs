//! What differs between a namespace and the same one elsewhere: images, replicas, resources, and the keys of
//! ConfigMaps. What they hold is never compared, because it is never read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::fleet::config_map::ConfigMap;
use crate::fleet::image;
use crate::fleet::kind::{CONFIG_MAPS, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS};
use crate::fleet::pod::Resources;
use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::workload::{Work, Workload};
use crate::fleet::{ResourceType, Row};
use crate::planes::reading::is_known;
use crate::snapshot::ClusterSnapshot;

/// What is compared: workloads that are not made by others, and ConfigMaps.
pub static COMPARED: [ResourceType; 5] = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS, CONFIG_MAPS];

/// Every namespace has it, from Kubernetes itself.
const ROOT_CERTIFICATES: &str = "kube-root-ca.crt";

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The kind of the object.
    pub resource: ResourceType,
    /// Its name, the same on both sides.
    pub name: Box<str>,
    /// What of it.
    pub what: String,
    /// How it is here; empty where it is not there at all.
    pub here: String,
    /// How it is on the other side; empty where it is not there at all.
    pub there: String,
}

/// What differs, in the order of kinds and names.
pub fn differences(here: (&ClusterSnapshot, &str), there: (&ClusterSnapshot, &str)) -> Vec<Difference> {
    let mut found = Vec::new();
    for resource in COMPARED.iter().filter(|resource| **resource != CONFIG_MAPS) {
        both::<Workload>(resource, here, there, &mut found, |found, one, two| {
            workload(found, resource, one, two);
        });
    }
    both::<ConfigMap>(&CONFIG_MAPS, here, there, &mut found, |found, one, two| {
        let keys = |of: &ConfigMap| of.keys.iter().cloned().collect::<BTreeSet<Arc<str>>>();
        let (one_keys, two_keys) = (keys(one), keys(two));
        let told = |only: BTreeSet<&Arc<str>>| {
            only.into_iter().map(|key| key.to_string()).collect::<Vec<_>>().join(", ")
        };
        let (here, there) =
            (told(one_keys.difference(&two_keys).collect()), told(two_keys.difference(&one_keys).collect()));
        if !here.is_empty() || !there.is_empty() {
            found.push(difference(&CONFIG_MAPS, one.name(), "keys only on one side", here, there));
        }
    });
    found
}

fn difference(
    resource: &ResourceType,
    name: &str,
    what: impl Into<String>,
    here: String,
    there: String,
) -> Difference {
    Difference { resource: resource.clone(), name: name.into(), what: what.into(), here, there }
}

/// Pairs the objects of both sides by name; those without a partner are differences themselves.
fn both<R: Row>(
    resource: &ResourceType,
    here: (&ClusterSnapshot, &str),
    there: (&ClusterSnapshot, &str),
    found: &mut Vec<Difference>,
    mut compare: impl FnMut(&mut Vec<Difference>, &R, &R),
) {
    let (Some(one), Some(two)) = (rows::<R>(resource, here), rows::<R>(resource, there)) else { return };
    let names: BTreeSet<&str> = one.keys().chain(two.keys()).copied().collect();
    for name in names.into_iter().filter(|name| *name != ROOT_CERTIFICATES) {
        match (one.get(name), two.get(name)) {
            (Some(one), Some(two)) => compare(found, one, two),
            (Some(_), None) => {
                found.push(difference(resource, name, "only here", "yes".to_owned(), String::new()))
            }
            (None, _) => {
                found.push(difference(resource, name, "only there", String::new(), "yes".to_owned()))
            }
        }
    }
}

/// The rows of a namespace by name; `None` where they could not be read: then nothing is known to differ.
fn rows<'a, R: Row>(
    resource: &ResourceType,
    (cluster, namespace): (&'a ClusterSnapshot, &str),
) -> Option<BTreeMap<&'a str, &'a R>> {
    let table = cluster.table::<R>(resource)?;
    if !is_known(cluster, resource, Some(namespace)) {
        return None;
    }
    let rows = table.iter().map(|(_, row)| row.as_ref());
    Some(rows.filter(|row| row.namespace() == Some(namespace)).map(|row| (row.name(), row)).collect())
}

fn workload(found: &mut Vec<Difference>, resource: &ResourceType, one: &Workload, two: &Workload) {
    let mut tell = |what: &str, here: String, there: String| {
        if here != there {
            found.push(difference(resource, one.name(), what, here, there));
        }
    };
    let (here, there) = images(one, two);
    tell("image", here, there);
    // How many a DaemonSet has is how many nodes there are.
    if !matches!(one.work, Work::DaemonSet { .. } | Work::CronJob(_)) {
        tell("replicas", one.wanted.to_string(), two.wanted.to_string());
    }
    if let (Work::CronJob(one), Work::CronJob(two)) = (&one.work, &two.work) {
        tell("schedule", one.schedule.to_string(), two.schedule.to_string());
    }
    tell("requests", amounts(one.requests), amounts(two.requests));
    tell("limits", amounts(one.limits), amounts(two.limits));
}

/// The images that differ; by their versions alone where they are of one repository.
fn images(one: &Workload, two: &Workload) -> (String, String) {
    let repository = |of: &str| {
        let of = of.split('@').next().unwrap_or_default();
        let end = of.rfind(':').filter(|colon| !of.get(*colon..).unwrap_or_default().contains('/'));
        of.get(..end.unwrap_or(of.len())).unwrap_or_default().to_owned()
    };
    let same = one.images.len() == two.images.len()
        && one.images.iter().zip(&two.images).all(|(one, two)| repository(one) == repository(two));
    let told = |of: &Workload, other: &Workload| {
        let differing = of.images.iter().filter(|image| !other.images.contains(image));
        let words = differing.map(|name| match same {
            true => image::version(name).unwrap_or("untagged").to_owned(),
            false => name.to_string(),
        });
        words.collect::<Vec<_>>().join(", ")
    };
    (told(one, two), told(two, one))
}

/// `250m, 512 Mi`; a dash where nothing is said.
fn amounts(of: Resources) -> String {
    let cpu = (of.cpu > 0).then(|| human_cpu(of.cpu));
    let memory = (of.memory > 0).then(|| human_bytes(of.memory));
    let words: Vec<String> = [cpu, memory].into_iter().flatten().collect();
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}
