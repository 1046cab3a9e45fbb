//! What somebody wants to see: one table of one cluster. Sources start by interest and stop without it.

use super::identity::ClusterId;
use super::kind::ResourceType;

/// One table of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interest {
    /// The cluster to read from.
    pub cluster: ClusterId,
    /// The kind to list and watch.
    pub resource: ResourceType,
}
