//! A first blueprint of what a cluster has: somewhere to begin, to be read and changed by whoever knows what is meant.

use std::sync::Arc;

use super::component::{COMPONENTS, Component};
use crate::blueprint::{
    Blueprint, PodSecurity, VersionRange, WantedApplication, WantedComponent, WantedGroup, WantedIdentity,
    WantedNamespace, WantedNodePool,
};
use crate::fleet::argo::application::Application;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::{
    APPLICATIONS, CLUSTER_ROLE_BINDINGS, NAMESPACES, NETWORK_POLICIES, NODE_POOLS, RESOURCE_QUOTAS,
    STORAGE_CLASSES,
};
use crate::fleet::namespace::{Namespace, PodSecurityMode};
use crate::fleet::network_policy::NetworkPolicy;
use crate::fleet::quota::Quota;
use crate::fleet::roles::binding::RoleBinding;
use crate::fleet::storage::class::StorageClass;
use crate::fleet::{ResourceType, Row};
use crate::snapshot::{ClusterSnapshot, Table};

/// What has to be read for a draft.
pub static TABLES: [ResourceType; 8] = [
    COMPONENTS,
    NAMESPACES,
    NODE_POOLS,
    APPLICATIONS,
    CLUSTER_ROLE_BINDINGS,
    STORAGE_CLASSES,
    RESOURCE_QUOTAS,
    NETWORK_POLICIES,
];

/// Namespaces that every cluster has.
const GIVEN: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// A blueprint that this cluster fits. What could not be read is not in it.
pub fn draft(cluster: &ClusterSnapshot) -> Blueprint {
    let mut blueprint = Blueprint {
        environment: cluster.id.environment().as_str().into(),
        clusters: vec![cluster.id.name().into()],
        default_storage_class: sorted::<StorageClass>(cluster, &STORAGE_CLASSES)
            .into_iter()
            .find(|class| class.is_default)
            .map(|class| Arc::from(class.name())),
        ..Blueprint::default()
    };
    for component in sorted::<Component>(cluster, &COMPONENTS) {
        if !component.is_missing() && blueprint.component(component.known.id).is_none() {
            blueprint.components.push(wanted(component));
        }
    }
    let quotas = sorted::<Quota>(cluster, &RESOURCE_QUOTAS);
    let policies = sorted::<NetworkPolicy>(cluster, &NETWORK_POLICIES);
    for namespace in sorted::<Namespace>(cluster, &NAMESPACES) {
        let name = namespace.name();
        if GIVEN.contains(&name) {
            continue;
        }
        let level = namespace.pod_security(PodSecurityMode::Enforce).and_then(PodSecurity::parse);
        blueprint.namespaces.push(WantedNamespace {
            name: name.into(),
            pod_security: level,
            quota: quotas.iter().any(|quota| quota.namespace() == Some(name)),
            default_deny: policies.iter().any(|policy| {
                policy.namespace() == Some(name)
                    && policy.pods.is_empty()
                    && policy.ingress.as_ref().is_some_and(|rules| rules.is_empty())
            }),
            next: None,
        });
    }
    for pool in sorted::<NodePool>(cluster, &NODE_POOLS) {
        let types = pool.template.requirements.iter().map(|requirement| &requirement.expression);
        let types = types.filter(|expression| &*expression.key == "karpenter.sh/capacity-type");
        blueprint.node_pools.push(WantedNodePool {
            name: pool.name().into(),
            cpu_limit_at_most: pool.limits.get("cpu"),
            capacity_types: types.flat_map(|expression| expression.values.iter().cloned()).collect(),
        });
    }
    for application in sorted::<Application>(cluster, &APPLICATIONS) {
        blueprint.applications.push(WantedApplication {
            name: application.name().into(),
            automated: Some(application.automated.is_some()),
            revision: application.sources.first().map(|source| Arc::clone(&source.target_revision)),
        });
    }
    for binding in sorted::<RoleBinding>(cluster, &CLUSTER_ROLE_BINDINGS) {
        let groups = binding.subjects.iter().filter(|subject| &*subject.kind == "Group");
        // The groups of Kubernetes itself are nobody's to want.
        for group in groups.filter(|group| !group.name.starts_with("system:")) {
            blueprint.groups.push(WantedGroup {
                name: Arc::clone(&group.name),
                cluster_role: Some(Arc::clone(&binding.role)),
            });
        }
    }
    blueprint.groups.sort_by(|one, other| one.name.cmp(&other.name));
    blueprint.groups.dedup_by(|one, other| one.name == other.name);
    blueprint
}

fn wanted(component: &Component) -> WantedComponent {
    let version = component.version().and_then(|tag| {
        // The minor version: patches come and go without anybody wanting them.
        let mut numbers = tag.trim_start_matches('v').split('.');
        let minor = format!("{}.{}", numbers.next()?, numbers.next()?.split(['-', '+']).next()?);
        VersionRange::parse(&minor)
    });
    WantedComponent {
        id: component.known.id.into(),
        replicas: component.fewest_replicas().map(|part| part.wanted),
        version,
        namespace: component.namespace.clone(),
        identity: component.identity.as_ref().and_then(|identity| match identity.words()? {
            "irsa" => Some(WantedIdentity::Irsa),
            "pod identity" => Some(WantedIdentity::PodIdentity),
            _ => None,
        }),
        managed_by: None,
    }
}

/// All rows of a table by namespace and name; none when it could not be read.
fn sorted<'a, R: Row>(cluster: &'a ClusterSnapshot, resource: &ResourceType) -> Vec<&'a R> {
    let table: Option<&Table<R>> = cluster.table(resource);
    let mut rows: Vec<&R> =
        table.iter().flat_map(|table| table.iter()).map(|(_, row)| row.as_ref()).collect();
    rows.sort_by_key(|row| (row.name().to_owned(), row.namespace().map(str::to_owned)));
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::blueprint;
    use crate::snapshot::test_cluster::TestCluster;

    #[test]
    fn what_is_drafted_reads_back_and_fits_the_cluster() {
        let cluster = TestCluster::new()
            .with::<Namespace>(
                &NAMESPACES,
                &[
                    json!({"metadata": {"name": "kube-system"}}),
                    json!({"metadata": {"name": "web", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}),
                ],
            )
            .with::<NetworkPolicy>(
                &NETWORK_POLICIES,
                &[json!({"metadata": {"name": "deny", "namespace": "web"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}})],
            )
            .with::<StorageClass>(
                &STORAGE_CLASSES,
                &[json!({"metadata": {"name": "gp3", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}})],
            )
            .with::<RoleBinding>(
                &CLUSTER_ROLE_BINDINGS,
                &[
                    json!({"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "Group", "name": "platform-viewer"}]}),
                    json!({"metadata": {"name": "s"}, "roleRef": {"kind": "ClusterRole", "name": "x"}, "subjects": [{"kind": "Group", "name": "system:masters"}]}),
                ],
            );
        let drafted = draft(&cluster.picture());
        assert_eq!((&*drafted.environment, drafted.default_storage_class.as_deref()), ("prod", Some("gp3")));
        let namespaces: Vec<_> =
            drafted.namespaces.iter().map(|n| (&*n.name, n.pod_security, n.default_deny)).collect();
        assert_eq!(namespaces, [("web", Some(PodSecurity::Restricted), true)]);
        let groups: Vec<_> = drafted.groups.iter().map(|group| &*group.name).collect();
        assert_eq!(groups, ["platform-viewer"]);
        let read = blueprint::read("", &drafted.to_toml(), &[]).unwrap();
        assert_eq!(read, drafted);
        assert!(read.is_for(&cluster.picture().id));
    }
}
