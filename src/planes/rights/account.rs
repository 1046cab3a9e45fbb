//! Who service accounts are: how many pods use each, what those pods really carry of AWS, and which roles are bound to
//! it. A derived table that the view of service accounts joins by namespace and name.

use std::collections::HashMap;
use std::sync::Arc;

use super::aws::{self, AwsRights, Entitlement, Fit, Way};
use crate::fleet::kind::{CLUSTER_ROLE_BINDINGS, PODS, ROLE_BINDINGS, SERVICE_ACCOUNTS};
use crate::fleet::pod::{AwsIdentity, Phase, Pod};
use crate::fleet::roles::binding::RoleBinding;
use crate::fleet::service_account::ServiceAccount;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::known::Known;
use crate::planes::reading::readable;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// The uses of service accounts, as a derived kind.
pub const ACCOUNT_USES: ResourceType = derived::namespaced("accountuses", "AccountUse");

static NEEDS: [ResourceType; 1] = [SERVICE_ACCOUNTS];
static HELPS: [ResourceType; 3] = [PODS, ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS];

/// The table of the uses of service accounts.
pub const TABLE: Derived = Derived::new::<AccountUses>(ACCOUNT_USES, &NEEDS, &HELPS).adding(&aws::INPUTS);

/// How a service account is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountUse {
    /// Its name.
    pub name: Arc<str>,
    /// How many living pods use it, and what they carry; `None` when pods cannot be read.
    pub pods: Option<Carried>,
    /// The role that its annotation names (IRSA).
    pub annotated: Option<Arc<str>>,
    /// What is bound to it, as `ClusterRole/view in production`; `None` when bindings cannot be read.
    pub roles: Option<Box<[Box<str>]>>,
    /// Some pod of the cluster carries an identity, so that one without was passed over, and not the whole cluster.
    pub is_usual: bool,
    /// The roles of AWS that it is to get, as far as AWS could be read.
    pub entitled: Box<[Entitlement]>,
}

/// What the pods of a service account carry of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Pods.
    pub all: u32,
    /// Those that carry the role that the account is annotated with now.
    pub irsa: u32,
    /// Those that carry another role.
    pub stale: u32,
    /// A role that some carry and the account does not name.
    pub other: Option<Arc<str>>,
    /// Those that carry EKS Pod Identity.
    pub pod_identity: u32,
}

impl Carried {
    /// Those that carry nothing, and have the role of their node at most.
    pub fn none(&self) -> u32 {
        self.all.saturating_sub(self.irsa + self.stale + self.pod_identity)
    }
}

impl AccountUse {
    /// In two words, by what its pods carry; `None` when there are no pods to tell.
    pub fn words(&self) -> Option<&'static str> {
        let pods = self.pods.as_ref()?;
        match (pods.irsa + pods.stale, pods.pod_identity, pods.none()) {
            (0, 0, 0) => None,
            (_, 0, 0) => Some("irsa"),
            (0, _, 0) => Some("pod identity"),
            (0, 0, _) => Some("none"),
            _ => Some("mixed"),
        }
    }

    /// How it is, and why it is not ok.
    pub fn judge(&self) -> (Verdict, String) {
        if let Some(role) = self.annotated.as_deref().filter(|role| !is_role(role)) {
            return (Verdict::Warning, format!("its annotation is no role: {role}"));
        }
        let is_used = self.pods.as_ref().is_none_or(|pods| pods.all > 0);
        if let Some(why) = self.entitled.iter().find_map(|entitled| match &entitled.fit {
            Fit::Broken(why) => Some(format!("{}: {why}", entitled.way.as_str())),
            Fit::Works | Fit::Unknown(_) => None,
        }) {
            return (if is_used { Verdict::Critical } else { Verdict::Warning }, why);
        }
        let is_associated = self.entitled.iter().any(|entitled| entitled.way == Way::PodIdentity);
        let roles = self.roles.as_deref().unwrap_or_default();
        if &*self.name == "default" && !roles.is_empty() {
            return (Verdict::Warning, format!("every pod that names no account has {}", roles.join(", ")));
        }
        let Some(pods) = &self.pods else {
            return (Verdict::Unknown, "pods cannot be read: what they carry is not known".to_owned());
        };
        match &self.annotated {
            Some(_) if pods.all > 0 && !self.is_usual => (
                Verdict::Unknown,
                "no pod of this cluster carries an identity: is the webhook of IRSA at work?".to_owned(),
            ),
            Some(_) if pods.stale > 0 => {
                let other = pods.other.as_deref().unwrap_or_default();
                (
                    Verdict::Warning,
                    format!("{} still carry {other}: older than the annotation", of(pods.stale, pods.all)),
                )
            }
            // With an association of EKS Pod Identity too, SDKs take what the pod carries.
            Some(_) if pods.none() > 0 => (
                Verdict::Critical,
                format!(
                    "{} carry no role: older than the annotation, restart them",
                    of(pods.none(), pods.all)
                ),
            ),
            None if (pods.pod_identity > 0 || is_associated) && pods.none() > 0 => (
                Verdict::Warning,
                format!("{} carry no Pod Identity: older than the association", of(pods.none(), pods.all)),
            ),
            None if pods.stale > 0 => {
                let other = pods.other.as_deref().unwrap_or_default();
                (
                    Verdict::Warning,
                    format!("{} carry {other}, which it does not name any more", of(pods.stale, pods.all)),
                )
            }
            _ => (Verdict::Ok, String::new()),
        }
    }
}

fn of(some: u32, all: u32) -> String {
    if some == all { format!("all {all} pods") } else { format!("{some} of {all} pods") }
}

/// `arn:aws:iam::123456789012:role/name`, in any partition.
fn is_role(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts
            .next()
            .is_some_and(|account| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))
        && parts.next().is_some_and(|role| role.len() > 5 && role.starts_with("role/"))
}

/// Concludes the uses of service accounts.
#[derive(Debug, Default)]
pub struct AccountUses;

impl Conclusion for AccountUses {
    type Row = Known<AccountUse>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Known<AccountUse>> {
        let accounts = readable::<ServiceAccount>(cluster, &SERVICE_ACCOUNTS).unwrap_or_default();
        let mut uses: HashMap<(&str, &str), AccountUse> = HashMap::with_capacity(accounts.len());
        let pods = readable::<Pod>(cluster, &PODS);
        let bindings =
            [CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS].map(|kind| readable::<RoleBinding>(cluster, &kind));
        let rights = AwsRights::of(cluster);
        let knows_bindings = bindings.iter().all(Option::is_some);
        for account in &accounts {
            let namespace = account.namespace().unwrap_or_default();
            uses.insert(
                (namespace, account.name()),
                AccountUse {
                    name: account.name().into(),
                    pods: pods.is_some().then(Carried::default),
                    annotated: account.role_arn.clone(),
                    roles: knows_bindings.then(Box::default),
                    is_usual: false,
                    entitled: rights.entitlements(namespace, account.name(), account.role_arn.as_ref()),
                },
            );
        }
        let mut is_usual = false;
        for pod in pods.iter().flatten() {
            is_usual |= pod.identity_for_aws().is_some();
            let is_over =
                matches!(pod.phase(), Phase::Succeeded | Phase::Failed) || !pod.deleted().is_never();
            let account = match pod.service_account() {
                "" => "default",
                name => name,
            };
            let Some(used) = uses.get_mut(&(pod.namespace().unwrap_or_default(), account)) else { continue };
            let Some(carried) = used.pods.as_mut().filter(|_| !is_over) else { continue };
            carried.all += 1;
            match pod.identity_for_aws() {
                // Only the token is told where the role is in the SDK's own settings.
                Some(AwsIdentity::Irsa { role })
                    if role.is_empty() || used.annotated.as_ref() == Some(role) =>
                {
                    carried.irsa += 1;
                }
                Some(AwsIdentity::Irsa { role }) => {
                    carried.stale += 1;
                    if carried.other.as_ref().is_none_or(|other| role < other) {
                        carried.other = Some(Arc::clone(role));
                    }
                }
                Some(AwsIdentity::PodIdentity) => carried.pod_identity += 1,
                None => {}
            }
        }
        let mut bound: HashMap<(&str, &str), Vec<Box<str>>> = HashMap::new();
        for binding in bindings.iter().flatten().flatten() {
            let role = format!("{}/{}", binding.role_kind, binding.role);
            for subject in binding.subjects.iter().filter(|subject| &*subject.kind == "ServiceAccount") {
                let said = match binding.namespace() {
                    Some(namespace) if *namespace != *subject.namespace => format!("{role} in {namespace}"),
                    Some(_) => role.clone(),
                    None => format!("{role} everywhere"),
                };
                bound.entry((&subject.namespace, &subject.name)).or_default().push(said.into());
            }
        }
        for (key, mut roles) in bound {
            if let Some(known) = uses.get_mut(&key).and_then(|used| used.roles.as_mut()) {
                roles.sort();
                roles.dedup();
                *known = roles.into();
            }
        }
        let known = |((namespace, name), used): ((&str, &str), AccountUse)| {
            Known::new(Some(namespace), name, AccountUse { is_usual, ..used })
        };
        uses.into_iter().map(known).collect()
    }
}
