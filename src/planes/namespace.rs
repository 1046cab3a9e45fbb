//! What belongs to each namespace besides its workloads, counted: the applications of Argo CD that deploy into it, its
//! certificates and its external secrets, with what is wrong with them.
//!
//! Only what rows say at any time is judged here: whether a certificate expires soon is for its own view.

pub mod counterpart;
pub mod differences;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::fleet::argo::application::{Application, HealthStatus, SyncStatus};
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::condition::{Conditions, Status};
use crate::fleet::kind::{APPLICATIONS, CERTIFICATES, EXTERNAL_SECRETS, NAMESPACES};
use crate::fleet::secrets::external_secret::ExternalSecret;
use crate::fleet::{ResourceType, Row, Uid, Verdict};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, Freshness, derived};

/// What belongs to a namespace, as a derived kind.
pub const NAMESPACE_SUMS: ResourceType = derived::cluster_wide("namespacesums", "NamespaceSum");

static NEEDS: [ResourceType; 1] = [NAMESPACES];
static HELPS: [ResourceType; 3] = [APPLICATIONS, CERTIFICATES, EXTERNAL_SECRETS];

/// The table of what belongs to namespaces.
pub const TABLE: Derived = Derived::new::<NamespaceSums>(NAMESPACE_SUMS, &NEEDS, &HELPS);

/// What Argo CD calls the cluster that it runs in.
const HERE: [&str; 2] = ["https://kubernetes.default.svc", "in-cluster"];

/// True when an application deploys into the cluster that it is in.
pub fn deploys_here(row: &Application) -> bool {
    let destination = &row.destination;
    HERE.contains(&&*destination.server) || HERE.contains(&&*destination.name)
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ill {
    /// Its kind.
    pub resource: ResourceType,
    /// Where it is.
    pub namespace: Option<Arc<str>>,
    /// Its name.
    pub name: Box<str>,
    /// How it is.
    pub verdict: Verdict,
    /// Why.
    pub why: Arc<str>,
}

/// How many there are of a kind, and how many of them are as they should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All.
    pub all: u32,
    /// Those that are as they should be.
    pub well: u32,
    /// The others, as far as something is wrong with them.
    pub ill: Vec<Ill>,
}

impl Count {
    fn add(&mut self, row: &impl Row, resource: &ResourceType, judged: Judged<'_>) {
        self.all += 1;
        let (is_well, verdict, why) = judged;
        self.well += u32::from(is_well);
        if !matches!(verdict, Verdict::Ok | Verdict::Progressing) {
            self.ill.push(Ill {
                resource: resource.clone(),
                namespace: row.namespace().map(Arc::from),
                name: row.name().into(),
                verdict,
                why: Arc::from(why),
            });
        }
    }

    /// Both together.
    pub fn plus(&mut self, other: &Self) {
        self.all += other.all;
        self.well += other.well;
        self.ill.extend(other.ill.iter().cloned());
    }
}

/// Whether it is as it should be, how it is, and why.
pub type Judged<'a> = (bool, Verdict, &'a str);

/// What belongs to a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceSum {
    /// The namespace; it need not exist.
    pub namespace: Arc<str>,
    /// Applications that deploy into it; `None` where they cannot be read or there is no Argo CD.
    pub applications: Option<Count>,
    /// Those of them that are not as Git wants them.
    pub out_of_sync: u32,
    /// Its certificates; `None` where they cannot be read or there is no cert-manager.
    pub certificates: Option<Count>,
    /// Its external secrets; `None` where they cannot be read or there is no External Secrets Operator.
    pub secrets: Option<Count>,
}

impl NamespaceSum {
    /// All that is wrong, the worst first.
    pub fn ill(&self) -> Vec<&Ill> {
        let counts = [&self.applications, &self.certificates, &self.secrets];
        let mut ill: Vec<&Ill> = counts.into_iter().flatten().flat_map(|count| &count.ill).collect();
        ill.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.name.cmp(&b.name)));
        ill
    }

    /// Adds what belongs to another one.
    pub fn plus(&mut self, other: &Self) {
        let add = |one: &mut Option<Count>, two: &Option<Count>| {
            if let Some(two) = two {
                one.get_or_insert_default().plus(two);
            }
        };
        add(&mut self.applications, &other.applications);
        add(&mut self.certificates, &other.certificates);
        add(&mut self.secrets, &other.secrets);
        self.out_of_sync += other.out_of_sync;
    }
}

/// What belongs to namespaces, by their names.
#[derive(Clone, Debug, Default)]
pub struct SumTally(HashMap<Arc<str>, Arc<NamespaceSum>>);

impl SumTally {
    /// What belongs to a namespace.
    pub fn get(&self, namespace: &str) -> Option<&NamespaceSum> {
        self.0.get(namespace).map(AsRef::as_ref)
    }
}

/// A row: shared, as the totals have it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumRow(pub Arc<NamespaceSum>);

impl Row for SumRow {
    type Tally = SumTally;

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.0.namespace
    }
    fn uid(&self) -> Uid {
        Uid::default()
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(std::iter::empty())
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, tally: &mut SumTally) {
        tally.0.insert(Arc::clone(&self.0.namespace), Arc::clone(&self.0));
    }
    fn take_from(&self, tally: &mut SumTally) {
        // A row that was replaced goes after the new one came: then the new one stays.
        if tally.0.get(&self.0.namespace).is_some_and(|known| Arc::ptr_eq(known, &self.0)) {
            tally.0.remove(&self.0.namespace);
        }
    }
}

/// Concludes what belongs to namespaces.
#[derive(Debug, Default)]
pub struct NamespaceSums;

impl Conclusion for NamespaceSums {
    type Row = SumRow;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<SumRow> {
        let mut sums: BTreeMap<Arc<str>, NamespaceSum> = BTreeMap::new();
        let names = readable::<crate::fleet::namespace::Namespace>(cluster, &NAMESPACES);
        for namespace in names.into_iter().flatten() {
            sums.entry(Arc::from(namespace.name())).or_default();
        }
        let applications = readable::<Application>(cluster, &APPLICATIONS);
        let certificates = readable::<Certificate>(cluster, &CERTIFICATES);
        let secrets = readable::<ExternalSecret>(cluster, &EXTERNAL_SECRETS);
        for sum in sums.values_mut() {
            sum.applications = applications.as_ref().map(|_| Count::default());
            sum.certificates = certificates.as_ref().map(|_| Count::default());
            sum.secrets = secrets.as_ref().map(|_| Count::default());
        }
        for row in applications.into_iter().flatten() {
            if !deploys_here(row) {
                continue;
            }
            let sum = sums.entry(Arc::clone(&row.destination.namespace)).or_default();
            sum.out_of_sync += u32::from(row.sync == SyncStatus::OutOfSync);
            sum.applications.get_or_insert_default().add(row, &APPLICATIONS, application(row));
        }
        for row in certificates.into_iter().flatten() {
            let sum = sums.entry(Arc::from(row.namespace().unwrap_or_default())).or_default();
            let judged = ready(&row.conditions);
            sum.certificates.get_or_insert_default().add(row, &CERTIFICATES, judged);
        }
        for row in secrets.into_iter().flatten() {
            let sum = sums.entry(Arc::from(row.namespace().unwrap_or_default())).or_default();
            sum.secrets.get_or_insert_default().add(row, &EXTERNAL_SECRETS, ready(&row.conditions));
        }
        sums.into_iter().map(|(namespace, sum)| SumRow(Arc::new(NamespaceSum { namespace, ..sum }))).collect()
    }
}

fn readable<'a, R: Row>(
    cluster: &'a ClusterSnapshot,
    resource: &ResourceType,
) -> Option<impl Iterator<Item = &'a R> + use<'a, R>> {
    let table = cluster.table::<R>(resource)?;
    let is_read =
        matches!(table.freshness(), Freshness::Live | Freshness::Polled { .. } | Freshness::Stale { .. });
    is_read.then(|| table.iter().map(|(_, row)| row.as_ref()))
}

/// What Argo CD says of an application. One that is out of sync is counted, not judged: that somebody has to sync it by
/// hand may be what was wanted.
pub fn application(row: &Application) -> Judged<'_> {
    let failing = row.conditions.iter().find(|condition| condition.kind.ends_with("Error"));
    if let Some(condition) = failing {
        return (false, Verdict::Warning, &condition.message);
    }
    let is_synced = row.sync == SyncStatus::Synced;
    match &row.health.status {
        HealthStatus::Healthy | HealthStatus::Suspended => (is_synced, Verdict::Ok, ""),
        HealthStatus::Progressing => (false, Verdict::Progressing, ""),
        HealthStatus::Degraded if !row.health.message.is_empty() => {
            (false, Verdict::Warning, &row.health.message)
        }
        HealthStatus::Degraded => (false, Verdict::Warning, "degraded"),
        HealthStatus::Missing => (false, Verdict::Warning, "what it consists of is missing"),
        HealthStatus::Other(word) if word.is_empty() => (false, Verdict::Progressing, ""),
        HealthStatus::Unknown | HealthStatus::Other(_) => {
            (false, Verdict::Unknown, "its health is not known")
        }
    }
}

/// What a controller says with the condition `Ready`.
pub fn ready(conditions: &Conditions) -> Judged<'_> {
    let Some(ready) = conditions.get("Ready") else { return (false, Verdict::Progressing, "") };
    let said = if ready.message.is_empty() { &*ready.reason } else { &*ready.message };
    match ready.status {
        Status::True => (true, Verdict::Ok, ""),
        Status::False => (false, Verdict::Warning, said),
        Status::Unknown | Status::Other(_) => (false, Verdict::Unknown, said),
    }
}
