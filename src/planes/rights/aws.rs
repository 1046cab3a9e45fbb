//! Which role of AWS a service account gets, by a Pod Identity association or by the annotation of IRSA, and whether AWS
//! would give it: the role is there, its trust fits, the account believes the cluster's tokens.
//!
//! Facts: EKS user guide, "EKS Pod Identity" and "IAM roles for service accounts"; IAM reference, "Condition operators".

use std::collections::HashMap;
use std::sync::Arc;

use super::trust::{Allowed, Asked};
use crate::fleet::aws::access_entry::called;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::kind::{EKS_CLUSTERS, OIDC_PROVIDERS, POD_IDENTITIES, ROLES};
use crate::fleet::aws::pod_identity::PodIdentity;
use crate::fleet::aws::role::{Role, TokenProvider};
use crate::fleet::{ResourceType, Row, Timestamp};
use crate::snapshot::{ClusterSnapshot, Freshness, Table};

/// The tables of AWS that it looks at.
pub static INPUTS: [ResourceType; 4] = [EKS_CLUSTERS, OIDC_PROVIDERS, POD_IDENTITIES, ROLES];

/// How a service account gets a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By an association of EKS Pod Identity.
    PodIdentity,
    /// By its annotation and a token of the cluster (IRSA).
    Irsa,
}

impl Way {
    /// As the screen says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PodIdentity => "pod identity",
            Self::Irsa => "irsa",
        }
    }
}

/// Whether AWS would give the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It would.
    Works,
    /// It would not, and why.
    Broken(Arc<str>),
    /// Nobody knows, and why; no words while the answer is on its way.
    Unknown(Arc<str>),
}

impl Fit {
    /// In one word for a column.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Works => "fits",
            Self::Broken(_) => "broken",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// A role that a service account is to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// How.
    pub way: Way,
    /// The role's ARN.
    pub role: Arc<str>,
    /// Whether AWS would give it.
    pub fit: Fit,
    /// Since when: pods that are older carry nothing of it; *never* where nobody says.
    pub since: Timestamp,
}

/// What AWS says of the identities of a cluster, as far as it could be read.
#[derive(Debug)]
pub struct AwsRights<'a> {
    cluster: Option<&'a EksCluster>,
    associations: Result<HashMap<(&'a str, &'a str), &'a PodIdentity>, Arc<str>>,
    roles: Result<&'a Table<Role>, Arc<str>>,
    issuers: Result<Vec<&'a str>, Arc<str>>,
}

/// A table that was read, or why it was not; no words while it is on its way.
pub fn read<'a, R: Row>(
    cluster: &'a ClusterSnapshot,
    resource: &ResourceType,
) -> Result<&'a Table<R>, Arc<str>> {
    let words = match cluster.freshness(resource) {
        Freshness::Live | Freshness::Polled { .. } | Freshness::Stale { .. } => String::new(),
        Freshness::Forbidden { problem } | Freshness::Unavailable { problem } => problem.message().to_owned(),
        Freshness::Loading { .. } | Freshness::NotWatched => return Err(Arc::default()),
    };
    match cluster.table::<R>(resource) {
        Some(table) if words.is_empty() => Ok(table),
        _ => Err(words.into()),
    }
}

impl<'a> AwsRights<'a> {
    /// Of a cluster.
    pub fn of(cluster: &'a ClusterSnapshot) -> Self {
        let rows = |table: &'a Table<PodIdentity>| {
            table.iter().map(|(_, row)| ((&*row.namespace, &*row.account), &**row)).collect()
        };
        let issuers =
            |table: &'a Table<TokenProvider>| table.iter().map(|(_, provider)| provider.issuer()).collect();
        Self {
            cluster: read::<EksCluster>(cluster, &EKS_CLUSTERS)
                .ok()
                .and_then(|table| table.iter().next())
                .map(|(_, row)| &**row),
            associations: read(cluster, &POD_IDENTITIES).map(rows),
            roles: read(cluster, &ROLES),
            issuers: read(cluster, &OIDC_PROVIDERS).map(issuers),
        }
    }

    /// The association of a service account; `None` where associations could not be read.
    pub fn association(&self, namespace: &str, account: &str) -> Option<Option<&'a PodIdentity>> {
        let all = self.associations.as_ref().ok()?;
        Some(all.get(&(namespace, account)).copied())
    }

    /// The roles that a service account is to get.
    pub fn entitlements(
        &self,
        namespace: &str,
        account: &str,
        annotated: Option<&Arc<str>>,
    ) -> Box<[Entitlement]> {
        let association = self.association(namespace, account).flatten().map(|association| Entitlement {
            way: Way::PodIdentity,
            role: Arc::clone(&association.role),
            fit: self.by_association(&association.role, namespace, account),
            since: association.created,
        });
        let irsa = annotated.map(|role| Entitlement {
            way: Way::Irsa,
            role: Arc::clone(role),
            fit: self.by_token(role, namespace, account),
            since: Timestamp::NEVER,
        });
        association.into_iter().chain(irsa).collect()
    }

    /// The role, or what stands in its place.
    fn role(&self, arn: &str) -> Result<&'a Role, Fit> {
        let roles = self.roles.as_ref().map_err(|why| Fit::Unknown(Arc::clone(why)))?;
        if let Some((_, role)) = roles.find(None, arn) {
            return Ok(role);
        }
        let own = self.cluster.map(|cluster| account_of(&cluster.arn));
        match own {
            Some(own) if own == account_of(arn) => {
                Err(Fit::Broken(format!("{} does not exist", called(arn)).into()))
            }
            _ => Err(Fit::Unknown("a role of another account, which is not read".into())),
        }
    }

    fn asked<'s>(&'s self, namespace: &'s str, account: &'s str) -> Asked<'s> {
        Asked { namespace, account, cluster: self.cluster }
    }

    fn by_association(&self, arn: &str, namespace: &str, account: &str) -> Fit {
        let role = match self.role(arn) {
            Ok(role) => role,
            Err(fit) => return fit,
        };
        let asked = self.asked(namespace, account);
        for action in ["sts:AssumeRole", "sts:TagSession"] {
            match asked.by_service(role, action) {
                Allowed::Yes => {}
                Allowed::No(None) if asked.names_service(role) => {
                    let words = format!("the trust of {} lacks {action}", called(arn));
                    return Fit::Broken(words.into());
                }
                Allowed::No(None) => {
                    let words = format!("{} does not trust EKS Pod Identity", called(arn));
                    return Fit::Broken(words.into());
                }
                Allowed::No(Some(why)) => {
                    return Fit::Broken(format!("the trust of {} wants {why}", called(arn)).into());
                }
                Allowed::Unknown(why) => return Fit::Unknown(why.into()),
            }
        }
        Fit::Works
    }

    fn by_token(&self, arn: &str, namespace: &str, account: &str) -> Fit {
        let role = match self.role(arn) {
            Ok(role) => role,
            Err(fit) => return fit,
        };
        let Some(issuer) = self.cluster.map(|cluster| &*cluster.issuer) else {
            return Fit::Unknown("the cluster's issuer of tokens is not known".into());
        };
        match self.asked(namespace, account).by_token(role, issuer) {
            Allowed::Yes => {}
            Allowed::No(None) => {
                let words = format!("{} does not trust the tokens of this cluster", called(arn));
                return Fit::Broken(words.into());
            }
            Allowed::No(Some(why)) => {
                return Fit::Broken(format!("the trust of {} wants {why}", called(arn)).into());
            }
            Allowed::Unknown(why) => return Fit::Unknown(why.into()),
        }
        match &self.issuers {
            Ok(issuers) if issuers.iter().any(|own| own.eq_ignore_ascii_case(issuer)) => Fit::Works,
            Ok(_) => Fit::Broken("the account has no OIDC provider for this cluster".into()),
            Err(why) => Fit::Unknown(Arc::clone(why)),
        }
    }
}

/// The account of an ARN.
fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}
