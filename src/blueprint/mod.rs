//! What an environment is meant to contain.
//!
//! A blueprint is plain data, read from `blueprints/*.toml`. Views show it beside reality, and verdicts compare with it.
//! What is not in it is shown, never judged: a blueprint that names only three components says nothing of a fourth.

mod read;
pub mod version;
mod write;

use std::sync::Arc;

pub use read::read;
pub use version::{Version, VersionRange};

use crate::fleet::ClusterId;
use crate::fleet::aws::terraform_state::StatePlace;

/// The blueprint of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blueprint {
    /// The file it was read from, as the user would name it.
    pub file: Arc<str>,
    /// The environment it is for.
    pub environment: Arc<str>,
    /// Patterns of cluster names that it is for; all clusters of the environment when empty.
    pub clusters: Vec<Arc<str>>,
    /// The components that must be there, in the order of the file.
    pub components: Vec<WantedComponent>,
    /// The namespaces that must be there.
    pub namespaces: Vec<WantedNamespace>,
    /// The node pools of Karpenter that must be there.
    pub node_pools: Vec<WantedNodePool>,
    /// The applications of Argo CD that must be there.
    pub applications: Vec<WantedApplication>,
    /// The groups of people and what they are bound to.
    pub groups: Vec<WantedGroup>,
    /// The StorageClass that claims get which name none.
    pub default_storage_class: Option<Arc<str>>,
    /// How many NAT gateways the network must have; any number will do when `None`.
    pub nat_gateways: Option<WantedNat>,
    /// What a cluster is estimated to cost in a month, in US dollars.
    pub cost_a_month: Option<u32>,
    /// How many days CloudWatch is to keep the lines of the cluster's log groups.
    pub log_retention_days: Option<u32>,
    /// Where Terraform keeps the state of what it made of the cluster.
    pub terraform: Option<StatePlace>,
}

/// How many NAT gateways a network must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedNat {
    /// One for all zones: cheaper, and all zones fail with its own.
    One,
    /// One in each zone that has private subnets.
    EachZone,
}

impl WantedNat {
    /// The word of the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::EachZone => "each-zone",
        }
    }
}

/// A component that must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedComponent {
    /// Its id in the catalogue of components, for example `coredns`.
    pub id: Arc<str>,
    /// At least so many replicas; `None` where any number will do, and for those that run on every node.
    pub replicas: Option<u32>,
    /// The versions that will do; any when `None`.
    pub version: Option<VersionRange>,
    /// The namespace it must be in; any when `None`.
    pub namespace: Option<Arc<str>>,
    /// How it gets its AWS credentials.
    pub identity: Option<WantedIdentity>,
    /// Who installs and updates it; shown, and asked for by repairs.
    pub managed_by: Option<ManagedBy>,
}

/// How a component gets its AWS credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedIdentity {
    /// An EKS Pod Identity association.
    PodIdentity,
    /// A role named by its service account.
    Irsa,
    /// It needs none.
    None,
}

/// Who installs and updates a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagedBy {
    /// It is an EKS add-on.
    Eks,
    /// An application of Argo CD.
    Argo,
    /// A Helm release.
    Helm,
}

impl ManagedBy {
    /// The word of the file and the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eks => "eks",
            Self::Argo => "argo",
            Self::Helm => "helm",
        }
    }
}

/// A namespace that must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedNamespace {
    /// Its name.
    pub name: Arc<str>,
    /// `pod-security.kubernetes.io/enforce`
    pub pod_security: Option<PodSecurity>,
    /// True when a ResourceQuota must be there.
    pub quota: bool,
    /// True when every pod must be closed to traffic that no policy allows.
    pub default_deny: bool,
    /// The namespace that runs the same in the next environment, as `cluster-environment/namespace`, for example
    /// `prod/production`.
    pub next: Option<NextNamespace>,
}

/// The same namespace in the next environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextNamespace {
    /// The environment.
    pub environment: Arc<str>,
    /// The namespace there.
    pub namespace: Arc<str>,
}

/// Levels of the Pod Security Standards, from lax to strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodSecurity {
    /// Anything goes.
    Privileged,
    /// Known ways out of a container are closed.
    Baseline,
    /// What hardened pods do without.
    Restricted,
}

impl PodSecurity {
    /// Every level, from lax to strict.
    pub const ALL: [Self; 3] = [Self::Privileged, Self::Baseline, Self::Restricted];

    /// The label's value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }

    /// The level of a label's value; `None` for one that is not known.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// A node pool that must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedNodePool {
    /// Its name.
    pub name: Arc<str>,
    /// The most CPU that its limit may be raised to, in millicores.
    pub cpu_limit_at_most: Option<u64>,
    /// `karpenter.sh/capacity-type` values that it may use; any when empty.
    pub capacity_types: Vec<Arc<str>>,
}

/// An application that must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedApplication {
    /// Its name.
    pub name: Arc<str>,
    /// True when it syncs by itself, false when somebody must; either when `None`.
    pub automated: Option<bool>,
    /// The branch or tag that it follows.
    pub revision: Option<Arc<str>>,
}

/// A group of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedGroup {
    /// The group's name, as bindings name it.
    pub name: Arc<str>,
    /// The ClusterRole that it is bound to.
    pub cluster_role: Option<Arc<str>>,
}

impl Blueprint {
    /// What is wanted of a component, by its id.
    pub fn component(&self, id: &str) -> Option<&WantedComponent> {
        self.components.iter().find(|component| &*component.id == id)
    }

    /// What is wanted of a namespace.
    pub fn namespace(&self, name: &str) -> Option<&WantedNamespace> {
        self.namespaces.iter().find(|namespace| &*namespace.name == name)
    }

    /// What is wanted of a node pool.
    pub fn node_pool(&self, name: &str) -> Option<&WantedNodePool> {
        self.node_pools.iter().find(|pool| &*pool.name == name)
    }

    /// What is wanted of an application.
    pub fn application(&self, name: &str) -> Option<&WantedApplication> {
        self.applications.iter().find(|application| &*application.name == name)
    }

    /// True when it is for this cluster.
    pub fn is_for(&self, cluster: &ClusterId) -> bool {
        *self.environment == *cluster.environment().as_str()
            && (self.clusters.is_empty()
                || self
                    .clusters
                    .iter()
                    .any(|pattern| crate::settings::clusters::matches(pattern, cluster.name())))
    }
}

/// The first blueprint for a cluster, one that names it before one for its whole environment.
pub fn of<'b>(blueprints: &'b [Arc<Blueprint>], cluster: &ClusterId) -> Option<&'b Arc<Blueprint>> {
    let fitting = || blueprints.iter().filter(|blueprint| blueprint.is_for(cluster));
    fitting().find(|blueprint| !blueprint.clusters.is_empty()).or_else(|| fitting().next())
}

/// The blueprints of the reference fleet, by file name: what the embedded world is meant to contain, and an example.
pub const REFERENCE: [(&str, &str); 2] = [
    ("blueprints/dev.toml", include_str!("../../config/blueprints/dev.toml")),
    ("blueprints/prod.toml", include_str!("../../config/blueprints/prod.toml")),
];
