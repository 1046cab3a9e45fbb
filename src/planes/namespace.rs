//! What belongs to each namespace besides its workloads: the applications of Argo CD that deploy into it, its
//! certificates and its sources of Secrets, and how many of them are as they should be.
//!
//! They are judged as their own views judge them, from the same facts, so that no two screens disagree. The table keeps
//! what the judgement rests on; whoever shows it judges at that moment.

pub mod counterpart;
pub mod differences;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::blueprint::Blueprint;
use crate::fleet::argo::application::{Application, SyncStatus};
use crate::fleet::aws::kind::STORED_SECRETS;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::kind::{
    APP_PROJECTS, APPLICATIONS, CERTIFICATE_REQUESTS, CERTIFICATES, CHALLENGES, CLUSTER_ISSUERS,
    CLUSTER_SECRET_STORES, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, EXTERNAL_SECRETS, INGRESSES, ISSUERS,
    NAMESPACES, ORDERS, PUSH_SECRETS, SEALED_SECRETS, SECRET_MOUNTS, SECRET_PROVIDER_CLASSES, SECRET_STORES,
    SECRETS, STATEFUL_SETS,
};
use crate::fleet::meta::Meta;
use crate::fleet::namespace::Namespace;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::argo::destination::{self, Goes};
use crate::planes::argo::{self, ApplicationFacts};
use crate::planes::certificate::{self, CertificateFacts};
use crate::planes::known::{self, Known};
use crate::planes::reading::rows;
use crate::planes::secret::{self, Origin, SecretSource};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// What belongs to a namespace, as a derived kind.
pub const NAMESPACE_SUMS: ResourceType = derived::cluster_wide("namespacesums", "NamespaceSum");

static NEEDS: [ResourceType; 1] = [NAMESPACES];
static HELPS: [ResourceType; 21] = [
    APPLICATIONS,
    APP_PROJECTS,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    CRON_JOBS,
    CERTIFICATES,
    CERTIFICATE_REQUESTS,
    ORDERS,
    CHALLENGES,
    ISSUERS,
    CLUSTER_ISSUERS,
    INGRESSES,
    SECRETS,
    EXTERNAL_SECRETS,
    PUSH_SECRETS,
    SEALED_SECRETS,
    SECRET_PROVIDER_CLASSES,
    SECRET_MOUNTS,
    SECRET_STORES,
    CLUSTER_SECRET_STORES,
];

/// The kinds of which at least one has to be read for sources of Secrets to be known.
const SOURCES: [ResourceType; 4] = [EXTERNAL_SECRETS, PUSH_SECRETS, SEALED_SECRETS, SECRET_PROVIDER_CLASSES];

/// What AWS knows of the secrets behind them. Nobody waits for it.
static ADDS: [ResourceType; 1] = [STORED_SECRETS];

/// The table of what belongs to namespaces.
pub const TABLE: Derived = Derived::new::<NamespaceSums>(NAMESPACE_SUMS, &NEEDS, &HELPS).adding(&ADDS);

/// What belongs to a namespace, with what other tables know of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Belongings {
    /// Applications that deploy into it; `None` where they cannot be read or there is no Argo CD.
    pub applications: Option<Vec<(Arc<Application>, Arc<ApplicationFacts>)>>,
    /// Its certificates; `None` where they cannot be read or there is no cert-manager.
    pub certificates: Option<Vec<(Arc<Certificate>, Arc<CertificateFacts>)>>,
    /// Its sources of Secrets; `None` where none can be read or nothing makes Secrets from elsewhere.
    pub secrets: Option<Vec<SecretSource>>,
}

/// One thing that belongs to a namespace.
#[derive(Clone, Copy, Debug)]
pub enum Belonging<'a> {
    /// An application that deploys into it.
    Application(&'a Application),
    /// A certificate.
    Certificate(&'a Certificate),
    /// A source of Secrets.
    Secret(&'a SecretSource),
}

impl Belonging<'_> {
    /// The object behind it.
    pub fn object(&self, cluster: &ClusterId) -> ObjectRef {
        let (resource, meta): (ResourceType, &Meta) = match self {
            Self::Application(row) => (APPLICATIONS, &row.meta),
            Self::Certificate(row) => (CERTIFICATES, &row.meta),
            Self::Secret(row) => (row.resource.clone(), &row.meta),
        };
        let namespace = meta.namespace.as_deref().map(Into::into);
        ObjectRef { cluster: cluster.clone(), resource, namespace, name: meta.name.as_ref().into() }
    }
}

/// How one thing that belongs to a namespace is, and why.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// Which.
    pub of: Belonging<'a>,
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok.
    pub why: String,
}

impl Judged<'_> {
    /// As it should be, or on its way: the words of the JSON contract count both as ok.
    fn is_well(&self) -> bool {
        matches!(self.verdict, Verdict::Ok | Verdict::Progressing)
    }
}

impl Belongings {
    /// How each is at this moment: applications, certificates, then sources of Secrets.
    pub fn judged<'a>(
        &'a self,
        wanted: Option<&'a Blueprint>,
        now: Timestamp,
    ) -> impl Iterator<Item = Judged<'a>> {
        let applications = self.applications.iter().flatten().map(move |(row, facts)| {
            let wanted = wanted.and_then(|wanted| wanted.application(row.name()));
            (Belonging::Application(row), argo::verdict::of(row, Some(facts), wanted, now))
        });
        let certificates = self.certificates.iter().flatten().map(move |(row, facts)| {
            (Belonging::Certificate(row), certificate::verdict::of(row, Some(facts), now))
        });
        let secrets = self.secrets.iter().flatten();
        let secrets = secrets.map(move |row| (Belonging::Secret(row), secret::verdict::of(row, now)));
        let all = applications.chain(certificates).chain(secrets);
        all.map(|(of, (verdict, why))| Judged { of, verdict, why })
    }

    /// All of it counted, as it is at this moment in its cluster.
    pub fn sum(&self, cluster: &ClusterSnapshot, now: Timestamp) -> NamespaceSum {
        let mut sum = NamespaceSum {
            applications: self.applications.as_ref().map(|_| Count::default()),
            certificates: self.certificates.as_ref().map(|_| Count::default()),
            secrets: self.secrets.as_ref().map(|_| Count::default()),
            out_of_sync: 0,
        };
        for judged in self.judged(cluster.wanted.as_deref(), now) {
            let count = match judged.of {
                Belonging::Application(row) => {
                    sum.out_of_sync += u32::from(row.sync == SyncStatus::OutOfSync);
                    &mut sum.applications
                }
                Belonging::Certificate(_) => &mut sum.certificates,
                Belonging::Secret(_) => &mut sum.secrets,
            };
            count.get_or_insert_default().add(judged, &cluster.id);
        }
        sum
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ill {
    /// Which.
    pub object: ObjectRef,
    /// How it is.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
}

/// How many there are of a kind, and what is wrong among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All.
    pub all: u32,
    /// Those that are neither as they should be nor on their way.
    pub ill: Vec<Ill>,
}

impl Count {
    fn add(&mut self, judged: Judged<'_>, cluster: &ClusterId) {
        self.all += 1;
        if !judged.is_well() {
            let object = judged.of.object(cluster);
            self.ill.push(Ill { object, verdict: judged.verdict, why: judged.why });
        }
    }

    /// Those that are as they should be, or on their way.
    pub fn well(&self) -> u32 {
        self.all.saturating_sub(u32::try_from(self.ill.len()).unwrap_or(u32::MAX))
    }

    /// Both together.
    fn plus(&mut self, other: Self) {
        self.all += other.all;
        self.ill.extend(other.ill);
    }
}

/// What belongs to a namespace, or to several, counted at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceSum {
    /// Applications that deploy into it; `None` where they cannot be read or there is no Argo CD.
    pub applications: Option<Count>,
    /// Those of them that are not as Git wants them.
    pub out_of_sync: u32,
    /// Its certificates; `None` where they cannot be read or there is no cert-manager.
    pub certificates: Option<Count>,
    /// Its sources of Secrets; `None` where none can be read or nothing makes Secrets from elsewhere.
    pub secrets: Option<Count>,
}

impl NamespaceSum {
    /// All that is wrong, the worst first.
    pub fn ill(&self) -> Vec<&Ill> {
        let counts = [&self.applications, &self.certificates, &self.secrets];
        let mut ill: Vec<&Ill> = counts.into_iter().flatten().flat_map(|count| &count.ill).collect();
        ill.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.object.name.cmp(&b.object.name)));
        ill
    }

    /// Adds what belongs to another one.
    pub fn plus(&mut self, other: Self) {
        let add = |one: &mut Option<Count>, two: Option<Count>| {
            if let Some(two) = two {
                one.get_or_insert_default().plus(two);
            }
        };
        add(&mut self.applications, other.applications);
        add(&mut self.certificates, other.certificates);
        add(&mut self.secrets, other.secrets);
        self.out_of_sync += other.out_of_sync;
    }
}

/// What belongs to a namespace; `None` where nobody asked for the table, or it is still coming.
pub fn of<'a>(cluster: &'a ClusterSnapshot, namespace: &str) -> Option<&'a Belongings> {
    known::look(cluster, &NAMESPACE_SUMS, None, namespace)
}

/// Concludes what belongs to namespaces, also to those that do not exist.
#[derive(Debug, Default)]
pub struct NamespaceSums;

impl Conclusion for NamespaceSums {
    type Row = Known<Belongings>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Self::Row> {
        let is_read = |kind: &ResourceType| cluster.freshness(kind).is_read();
        let empty = Belongings {
            applications: is_read(&APPLICATIONS).then(Vec::new),
            certificates: is_read(&CERTIFICATES).then(Vec::new),
            secrets: SOURCES.iter().any(is_read).then(Vec::new),
        };
        let mut all = All { empty, by_namespace: BTreeMap::new() };
        if is_read(&NAMESPACES) {
            for namespace in rows::<Namespace>(cluster, &NAMESPACES) {
                all.of(namespace.name());
            }
        }
        let facts = argo::facts::Facts.conclude(cluster);
        for (row, facts) in rows::<Application>(cluster, &APPLICATIONS).zip(facts) {
            if destination::goes(&row.destination, cluster) == Goes::Own
                && let Some(applications) = &mut all.of(&row.destination.namespace).applications
            {
                applications.push((Arc::clone(row), facts.shared()));
            }
        }
        let facts = certificate::facts::Facts.conclude(cluster);
        for (row, facts) in rows::<Certificate>(cluster, &CERTIFICATES).zip(facts) {
            if let Some(certificates) = &mut all.of(row.namespace().unwrap_or_default()).certificates {
                certificates.push((Arc::clone(row), facts.shared()));
            }
        }
        for source in secret::conclude::Sources.conclude(cluster) {
            // That a kind may not be read is nothing that belongs to a namespace.
            if !matches!(source.origin, Origin::Unreadable(_))
                && let Some(secrets) = &mut all.of(source.namespace().unwrap_or_default()).secrets
            {
                secrets.push(source);
            }
        }
        let known =
            |(namespace, belongings): (Arc<str>, Belongings)| Known::new(None, &namespace, belongings);
        all.by_namespace.into_iter().map(known).collect()
    }
}

/// What belongs to all namespaces, while it is gathered.
struct All {
    /// What is known of a namespace that nothing belongs to.
    empty: Belongings,
    by_namespace: BTreeMap<Arc<str>, Belongings>,
}

impl All {
    fn of(&mut self, namespace: &str) -> &mut Belongings {
        self.by_namespace.entry(namespace.into()).or_insert_with(|| self.empty.clone())
    }
}
