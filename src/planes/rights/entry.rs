//! Who comes into a cluster as whom: the access entries of EKS, with what the roles of Kubernetes give to their groups,
//! and the groups of the blueprint that no entry leads to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aws::read;
use crate::fleet::aws::access_entry::{AccessEntry, AccessPolicy};
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::kind::{ACCESS_ENTRIES, EKS_CLUSTERS};
use crate::fleet::kind::{CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS};
use crate::fleet::roles::binding::RoleBinding;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::opinion::Opinion;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// Those who come in, as a derived kind.
pub const ENTRANTS: ResourceType = derived::cluster_wide("entrants", "Entrant");

static NEEDS: [ResourceType; 1] = [ACCESS_ENTRIES];
static ADDS: [ResourceType; 3] = [CLUSTER_ROLE_BINDINGS, EKS_CLUSTERS, ROLE_BINDINGS];

/// The table of those who come in.
pub const TABLE: Derived = Derived::new::<Entrants>(ENTRANTS, &NEEDS, &[]).adding(&ADDS);

/// The access policies that give every right (EKS user guide, "Review access policy permissions").
const ALL_RIGHTS: [&str; 2] = ["AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy"];

/// An access entry and what it leads to; or a group that the blueprint names and that no entry leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entrant {
    /// The entry; for a group without one only its group is set.
    pub entry: AccessEntry,
    /// What it is called: the principal's ARN, or the group without an entry.
    pub name: Box<str>,
    /// True where the entry is missing.
    pub is_missing: bool,
    /// What bindings give to its groups, as `ClusterRole/view in staging`; `None` when bindings cannot be read.
    pub roles: Option<Box<[Box<str>]>>,
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok.
    pub why: Box<str>,
}

impl Row for Entrant {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// Concludes who comes in.
#[derive(Debug, Default)]
pub struct Entrants;

impl Conclusion for Entrants {
    type Row = Entrant;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Entrant> {
        let Ok(entries) = read::<AccessEntry>(cluster, &ACCESS_ENTRIES) else { return Vec::new() };
        let bound = bound(cluster);
        let wanted: Vec<&str> =
            cluster.wanted.iter().flat_map(|wanted| &wanted.groups).map(|group| &*group.name).collect();
        let mut rows: Vec<Entrant> =
            entries.iter().map(|(_, entry)| entrant(entry, bound.as_ref(), &wanted)).collect();
        let has =
            |group: &str| entries.iter().any(|(_, entry)| entry.groups.iter().any(|own| **own == *group));
        let mode = read::<EksCluster>(cluster, &EKS_CLUSTERS)
            .ok()
            .and_then(|table| table.iter().next())
            .map(|(_, eks)| eks.authentication.to_string());
        for group in wanted.iter().filter(|group| !has(group)) {
            let (verdict, why) = match mode.as_deref() {
                Some("API") => (Verdict::Warning, "nobody comes in as this group of the blueprint"),
                _ => (Verdict::Unknown, "no entry leads to it; the ConfigMap aws-auth may"),
            };
            rows.push(Entrant {
                entry: AccessEntry { groups: [Arc::from(*group)].into(), ..AccessEntry::default() },
                name: (*group).into(),
                is_missing: true,
                roles: bound.as_ref().map(|bound| roles_of([*group].into_iter(), bound)),
                verdict,
                why: why.into(),
            });
        }
        rows
    }
}

type Bound = BTreeMap<Arc<str>, Vec<Box<str>>>;

/// What is bound to each group; `None` where not all bindings can be read.
fn bound(cluster: &ClusterSnapshot) -> Option<Bound> {
    let mut bound = Bound::new();
    for resource in [CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS] {
        let table = read::<RoleBinding>(cluster, &resource).ok()?;
        if !table.extent().covers(None) {
            return None;
        }
        for (_, binding) in table.iter() {
            let role = format!("{}/{}", binding.role_kind, binding.role);
            let said = match binding.namespace() {
                Some(namespace) => format!("{role} in {namespace}"),
                None => role,
            };
            for subject in binding.subjects.iter().filter(|subject| &*subject.kind == "Group") {
                bound.entry(Arc::clone(&subject.name)).or_default().push(said.as_str().into());
            }
        }
    }
    Some(bound)
}

fn roles_of<'a>(groups: impl Iterator<Item = &'a str>, bound: &Bound) -> Box<[Box<str>]> {
    let mut roles: Vec<Box<str>> = groups.filter_map(|group| bound.get(group)).flatten().cloned().collect();
    roles.sort();
    roles.dedup();
    roles.into()
}

fn entrant(entry: &AccessEntry, bound: Option<&Bound>, wanted: &[&str]) -> Entrant {
    let mut opinion = Opinion::default();
    if !entry.is_for_nodes() {
        judge(entry, bound, wanted, &mut opinion);
    }
    let (verdict, why): (Verdict, String) = opinion.into();
    Entrant {
        entry: entry.clone(),
        name: entry.principal.clone(),
        is_missing: false,
        roles: bound.map(|bound| roles_of(entry.groups.iter().map(AsRef::as_ref), bound)),
        verdict,
        why: why.into(),
    }
}

fn judge(entry: &AccessEntry, bound: Option<&Bound>, wanted: &[&str], opinion: &mut Opinion) {
    if entry.groups.is_empty() && entry.policies.is_empty() {
        // Its user name may be bound; that is no group, and nobody's habit.
        opinion.say(Verdict::Ok, "in no group and without a policy");
    }
    for group in &entry.groups {
        let gives_nothing = bound.is_some_and(|bound| !bound.contains_key(group));
        if gives_nothing && entry.policies.is_empty() {
            opinion.say(Verdict::Warning, format!("nothing is bound to group {group}"));
        }
        if !wanted.is_empty() && !group.starts_with("system:") && !wanted.contains(&&**group) {
            opinion.say(Verdict::Warning, format!("group {group} is not in the blueprint"));
        }
    }
    let is_all = |policy: &&AccessPolicy| ALL_RIGHTS.contains(&&*policy.name) && policy.namespaces.is_empty();
    if let Some(policy) = entry.policies.iter().find(is_all).filter(|_| !wanted.is_empty()) {
        let words = format!("{} gives every right, beside the groups of the blueprint", policy.name);
        opinion.say(Verdict::Warning, words);
    }
}

/// Who comes in as a group, as people say it: `role/PlatformAdmin`.
pub fn members<'a>(cluster: &'a ClusterSnapshot, group: &str) -> Vec<&'a str> {
    let entries = read::<AccessEntry>(cluster, &ACCESS_ENTRIES).ok();
    let entries = entries.into_iter().flat_map(|table| table.iter()).map(|(_, entry)| entry);
    let mut members: Vec<&str> = entries
        .filter(|entry| !entry.is_for_nodes() && entry.groups.iter().any(|own| **own == *group))
        .map(|entry| entry.called())
        .collect();
    members.sort_unstable();
    members
}

/// Those whose rights come from access policies of EKS, which no role of Kubernetes tells.
pub fn by_policy(cluster: &ClusterSnapshot) -> Vec<(&AccessEntry, &AccessPolicy)> {
    let entries = read::<AccessEntry>(cluster, &ACCESS_ENTRIES).ok();
    let entries = entries.into_iter().flat_map(|table| table.iter()).map(|(_, entry)| &**entry);
    entries.flat_map(|entry| entry.policies.iter().map(move |policy| (entry, policy))).collect()
}
