//! What EKS says of a cluster.

use super::{Reading, Site};
use crate::fleet::aws::addon::Addon;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::gateway::Failure;
use crate::gateway::aws::{eks, sts};

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
