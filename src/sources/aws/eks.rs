//! What EKS says of a cluster.

use super::{Reading, Site};
use crate::fleet::aws::access_entry::AccessEntry;
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::addon_version::OfferedAddon;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::eks_version::EksVersion;
use crate::fleet::aws::insight::Insight;
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::aws::pod_identity::PodIdentity;
use crate::fleet::aws::update::Update;
use crate::gateway::Failure;
use crate::gateway::aws::{eks, eks_access, eks_nodes, eks_updates, eks_versions, sts};

/// Who we are.
pub(super) struct Callers;

impl Reading for Callers {
    type Row = Caller;

    async fn read(site: Site) -> Result<Vec<Caller>, Failure> {
        Ok(vec![sts::caller(&site.account).await?])
    }
}

/// The cluster itself.
pub(super) struct Clusters;

impl Reading for Clusters {
    type Row = EksCluster;

    async fn read(site: Site) -> Result<Vec<EksCluster>, Failure> {
        Ok(vec![eks::cluster(&site.account, &site.eks).await?])
    }
}

/// Its managed add-ons.
pub(super) struct Addons;

impl Reading for Addons {
    type Row = Addon;

    async fn read(site: Site) -> Result<Vec<Addon>, Failure> {
        eks::addons(&site.account, &site.eks).await
    }
}

/// What EKS offers as add-ons.
pub(super) struct OfferedAddons;

impl Reading for OfferedAddons {
    type Row = OfferedAddon;

    async fn read(site: Site) -> Result<Vec<OfferedAddon>, Failure> {
        eks_versions::offered_addons(&site.account).await
    }
}

/// Versions of Kubernetes.
pub(super) struct Versions;

impl Reading for Versions {
    type Row = EksVersion;

    async fn read(site: Site) -> Result<Vec<EksVersion>, Failure> {
        eks_versions::versions(&site.account).await
    }
}

/// What EKS has looked at.
pub(super) struct Insights;

impl Reading for Insights {
    type Row = Insight;

    async fn read(site: Site) -> Result<Vec<Insight>, Failure> {
        eks_versions::insights(&site.account, &site.eks).await
    }
}

/// Node groups.
pub(super) struct NodeGroups;

impl Reading for NodeGroups {
    type Row = NodeGroup;

    async fn read(site: Site) -> Result<Vec<NodeGroup>, Failure> {
        eks_nodes::node_groups(&site.account, &site.eks).await
    }
}

/// What is being done to the cluster.
pub(super) struct Updates;

impl Reading for Updates {
    type Row = Update;

    async fn read(site: Site) -> Result<Vec<Update>, Failure> {
        eks_updates::of_cluster(&site.account, &site.eks).await
    }
}

/// Service accounts that are somebody in AWS.
pub(super) struct PodIdentities;

impl Reading for PodIdentities {
    type Row = PodIdentity;

    async fn read(site: Site) -> Result<Vec<PodIdentity>, Failure> {
        eks_access::pod_identities(&site.account, &site.eks).await
    }
}

/// Who may enter.
pub(super) struct AccessEntries;

impl Reading for AccessEntries {
    type Row = AccessEntry;

    async fn read(site: Site) -> Result<Vec<AccessEntry>, Failure> {
        eks_access::access_entries(&site.account, &site.eks).await
    }
}

#[cfg(test)]
mod tests;
