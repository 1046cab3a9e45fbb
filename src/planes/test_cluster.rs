//! What planes and those above them add to a cluster made of JSON.

use super::{DERIVED, component};
use crate::blueprint;
use crate::fleet::ResourceType;
use crate::snapshot::test_cluster::TestCluster;

impl TestCluster {
    /// Meant to contain what this text of a blueprint says.
    pub(crate) fn wanting(self, text: &str) -> Self {
        let known: Vec<&str> = component::ids().collect();
        self.meant(blueprint::read("blueprint.toml", text, &known).unwrap())
    }

    /// While somebody looks at a derived table.
    pub(crate) fn looking_at(self, resource: &ResourceType) -> Self {
        self.looking(DERIVED, resource)
    }
}
