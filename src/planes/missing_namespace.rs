//! Namespaces that the blueprint wants and that are not there.

use std::collections::HashSet;

use super::reading::is_known;
use crate::fleet::kind::NAMESPACES;
use crate::fleet::namespace::Namespace;
use crate::fleet::{ResourceType, Row};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// Namespaces that the blueprint wants and that are not there, as a derived kind.
pub const MISSING_NAMESPACES: ResourceType = derived::cluster_wide("missingnamespaces", "MissingNamespace");

static HELPS: [ResourceType; 1] = [NAMESPACES];

/// The table of namespaces that are missing.
/// Where namespaces cannot be read their own table says it; this one has nothing to add.
pub const TABLE: Derived = Derived::new::<Missing>(MISSING_NAMESPACES, &[], &HELPS);

/// Concludes which namespaces are missing.
#[derive(Debug, Default)]
pub struct Missing;

impl Conclusion for Missing {
    type Row = Namespace;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Namespace> {
        let Some(wanted) = &cluster.wanted else { return Vec::new() };
        let Some(table) =
            cluster.table::<Namespace>(&NAMESPACES).filter(|_| is_known(cluster, &NAMESPACES, None))
        else {
            return Vec::new();
        };
        let there: HashSet<&str> = table.iter().map(|(_, row)| row.name()).collect();
        let missing = wanted.namespaces.iter().filter(|wanted| !there.contains(&*wanted.name));
        missing.map(|wanted| Namespace::known(&wanted.name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshot::test_cluster::TestCluster;

    fn missing(cluster: TestCluster) -> Vec<String> {
        let wanted = "environment = \"prod\"\n[namespaces.production]\n[namespaces.batch]";
        let picture = cluster.wanting(wanted).looking_at(&MISSING_NAMESPACES).picture();
        let table = picture.table::<Namespace>(&MISSING_NAMESPACES).unwrap();
        table.iter().map(|(_, row)| row.name().to_owned()).collect()
    }

    fn with(names: &[&str]) -> TestCluster {
        let objects: Vec<_> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
        TestCluster::new().with::<Namespace>(&NAMESPACES, &objects)
    }

    #[test]
    fn what_the_blueprint_names_and_the_cluster_has_not_is_missing() {
        assert_eq!(missing(with(&["production", "kube-system"])), ["batch"]);
        assert!(missing(with(&["production", "batch"])).is_empty());
    }

    #[test]
    fn what_may_only_not_be_seen_is_not_missing() {
        assert!(missing(TestCluster::new()).is_empty(), "nobody has read namespaces");
        assert!(
            missing(with(&["production"]).narrowed::<Namespace>(&NAMESPACES, &["production"])).is_empty()
        );
    }
}
