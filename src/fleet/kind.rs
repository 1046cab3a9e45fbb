//! Resource types: what the API server calls *group, version, resource*, with the kind's name and scope.
//!
//! The kinds this crate knows by heart are constants here; every other kind is learnt from discovery and is a value of
//! the same type. Two resource types are equal when group and plural are: the served version may change under us. A kind
//! that has packed rows can be read as the API server prints it too; that is a table of its own, and so it is told apart
//! ([`ResourceType::printed`]).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A resource type. `group` is empty for the core group.
#[derive(Clone, Debug)]
pub struct ResourceType {
    /// API group, for example `apps`; empty for the core group.
    pub group: Cow<'static, str>,
    /// Served version, for example `v1`.
    pub version: Cow<'static, str>,
    /// Plural resource name as in URLs, for example `deployments`.
    pub plural: Cow<'static, str>,
    /// Kind as in manifests, for example `Deployment`.
    pub kind: Cow<'static, str>,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// Whether its table is the one that the API server prints, whatever else is known of the kind.
    pub is_printed: bool,
}

impl ResourceType {
    /// A namespaced kind known by heart.
    pub const fn namespaced(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
    ) -> Self {
        Self::known(group, version, plural, kind, true)
    }

    /// A cluster-scoped kind known by heart.
    pub const fn cluster_wide(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
    ) -> Self {
        Self::known(group, version, plural, kind, false)
    }

    const fn known(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
        namespaced: bool,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            plural: Cow::Borrowed(plural),
            kind: Cow::Borrowed(kind),
            namespaced,
            is_printed: false,
        }
    }

    /// The same kind as the API server prints it.
    #[must_use]
    pub fn printed(&self) -> Self {
        Self { is_printed: true, ..self.clone() }
    }

    /// The kind itself, as its objects are named.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self { is_printed: false, ..self.clone() }
    }

    /// True for the same kind, printed or not.
    pub fn is_same_kind(&self, other: &Self) -> bool {
        self.plural == other.plural && self.group == other.group
    }

    /// `v1` or `apps/v1`, as in `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// URL path of the collection: `/api/v1/pods`, `/apis/apps/v1/namespaces/web/deployments`. The namespace is
    /// ignored for cluster-scoped kinds.
    pub fn collection_path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// URL path of one object.
    pub fn object_path(&self, namespace: Option<&str>, name: &str) -> String {
        format!("{}/{name}", self.collection_path(namespace))
    }

    /// `deployments.apps`, or `pods` for the core group: the unambiguous name kubectl uses.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.qualified())
    }
}

impl PartialEq for ResourceType {
    fn eq(&self, other: &Self) -> bool {
        self.is_same_kind(other) && self.is_printed == other.is_printed
    }
}

impl Eq for ResourceType {}

impl PartialOrd for ResourceType {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceType {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.group, &self.plural, self.is_printed).cmp(&(&other.group, &other.plural, other.is_printed))
    }
}

impl Hash for ResourceType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.group.hash(state);
        self.plural.hash(state);
        self.is_printed.hash(state);
    }
}

/// `pods`
pub const PODS: ResourceType = ResourceType::namespaced("", "v1", "pods", "Pod");
/// `nodes`
pub const NODES: ResourceType = ResourceType::cluster_wide("", "v1", "nodes", "Node");
/// `namespaces`
pub const NAMESPACES: ResourceType = ResourceType::cluster_wide("", "v1", "namespaces", "Namespace");
/// `services`
pub const SERVICES: ResourceType = ResourceType::namespaced("", "v1", "services", "Service");
/// `resourcequotas`
pub const RESOURCE_QUOTAS: ResourceType =
    ResourceType::namespaced("", "v1", "resourcequotas", "ResourceQuota");
/// `secrets`: only ever read as metadata.
pub const SECRETS: ResourceType = ResourceType::namespaced("", "v1", "secrets", "Secret");
/// `events` of the newer group; the API server serves core events there too, with the same objects.
pub const EVENTS: ResourceType = ResourceType::namespaced("", "v1", "events", "Event");
/// `deployments.apps`
pub const DEPLOYMENTS: ResourceType = ResourceType::namespaced("apps", "v1", "deployments", "Deployment");
/// `statefulsets.apps`
pub const STATEFUL_SETS: ResourceType = ResourceType::namespaced("apps", "v1", "statefulsets", "StatefulSet");
/// `daemonsets.apps`
pub const DAEMON_SETS: ResourceType = ResourceType::namespaced("apps", "v1", "daemonsets", "DaemonSet");
/// `replicasets.apps`
pub const REPLICA_SETS: ResourceType = ResourceType::namespaced("apps", "v1", "replicasets", "ReplicaSet");
/// `jobs.batch`
pub const JOBS: ResourceType = ResourceType::namespaced("batch", "v1", "jobs", "Job");
/// `cronjobs.batch`
pub const CRON_JOBS: ResourceType = ResourceType::namespaced("batch", "v1", "cronjobs", "CronJob");
/// `ingresses.networking.k8s.io`
pub const INGRESSES: ResourceType =
    ResourceType::namespaced("networking.k8s.io", "v1", "ingresses", "Ingress");
/// `endpointslices.discovery.k8s.io`
pub const ENDPOINT_SLICES: ResourceType =
    ResourceType::namespaced("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
/// `pods.metrics.k8s.io`: usage by the metrics API; may not be watched.
pub const POD_METRICS: ResourceType =
    ResourceType::namespaced("metrics.k8s.io", "v1beta1", "pods", "PodMetrics");
/// `nodes.metrics.k8s.io`: usage by the metrics API; may not be watched.
pub const NODE_METRICS: ResourceType =
    ResourceType::cluster_wide("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics");
/// How full volumes are: told by kubelets behind `nodes/proxy`, offered by no API server as a kind.
pub const VOLUME_USAGES: ResourceType =
    ResourceType::namespaced("kubelet", "v1alpha1", "volumeusages", "VolumeUsage");
/// `nodepools.karpenter.sh`
pub const NODE_POOLS: ResourceType =
    ResourceType::cluster_wide("karpenter.sh", "v1", "nodepools", "NodePool");
/// `nodeclaims.karpenter.sh`
pub const NODE_CLAIMS: ResourceType =
    ResourceType::cluster_wide("karpenter.sh", "v1", "nodeclaims", "NodeClaim");
/// `ec2nodeclasses.karpenter.k8s.aws`
pub const EC2_NODE_CLASSES: ResourceType =
    ResourceType::cluster_wide("karpenter.k8s.aws", "v1", "ec2nodeclasses", "EC2NodeClass");
/// `nodeclasses.eks.amazonaws.com`: those of EKS Auto Mode.
pub const AUTO_NODE_CLASSES: ResourceType =
    ResourceType::cluster_wide("eks.amazonaws.com", "v1", "nodeclasses", "NodeClass");
/// `applications.argoproj.io`
pub const APPLICATIONS: ResourceType =
    ResourceType::namespaced("argoproj.io", "v1alpha1", "applications", "Application");
/// `applicationsets.argoproj.io`
pub const APPLICATION_SETS: ResourceType =
    ResourceType::namespaced("argoproj.io", "v1alpha1", "applicationsets", "ApplicationSet");
/// `appprojects.argoproj.io`
pub const APP_PROJECTS: ResourceType =
    ResourceType::namespaced("argoproj.io", "v1alpha1", "appprojects", "AppProject");
/// `serviceaccounts`
pub const SERVICE_ACCOUNTS: ResourceType =
    ResourceType::namespaced("", "v1", "serviceaccounts", "ServiceAccount");
/// `configmaps`: of their data only the keys are kept.
pub const CONFIG_MAPS: ResourceType = ResourceType::namespaced("", "v1", "configmaps", "ConfigMap");
/// `mutatingwebhookconfigurations.admissionregistration.k8s.io`
pub const MUTATING_WEBHOOKS: ResourceType = ResourceType::cluster_wide(
    "admissionregistration.k8s.io",
    "v1",
    "mutatingwebhookconfigurations",
    "MutatingWebhookConfiguration",
);
/// `validatingwebhookconfigurations.admissionregistration.k8s.io`
pub const VALIDATING_WEBHOOKS: ResourceType = ResourceType::cluster_wide(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
);
/// `apiservices.apiregistration.k8s.io`
pub const API_SERVICES: ResourceType =
    ResourceType::cluster_wide("apiregistration.k8s.io", "v1", "apiservices", "APIService");
/// `customresourcedefinitions.apiextensions.k8s.io`
pub const CUSTOM_RESOURCES: ResourceType = ResourceType::cluster_wide(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
);
/// `leases.coordination.k8s.io`
pub const LEASES: ResourceType = ResourceType::namespaced("coordination.k8s.io", "v1", "leases", "Lease");
/// `csidrivers.storage.k8s.io`
pub const CSI_DRIVERS: ResourceType =
    ResourceType::cluster_wide("storage.k8s.io", "v1", "csidrivers", "CSIDriver");
/// `ingressclasses.networking.k8s.io`
pub const INGRESS_CLASSES: ResourceType =
    ResourceType::cluster_wide("networking.k8s.io", "v1", "ingressclasses", "IngressClass");
/// `targetgroupbindings.elbv2.k8s.aws`
pub const TARGET_GROUP_BINDINGS: ResourceType =
    ResourceType::namespaced("elbv2.k8s.aws", "v1beta1", "targetgroupbindings", "TargetGroupBinding");
/// `certificates.cert-manager.io`
pub const CERTIFICATES: ResourceType =
    ResourceType::namespaced("cert-manager.io", "v1", "certificates", "Certificate");
/// `certificaterequests.cert-manager.io`
pub const CERTIFICATE_REQUESTS: ResourceType =
    ResourceType::namespaced("cert-manager.io", "v1", "certificaterequests", "CertificateRequest");
/// `issuers.cert-manager.io`
pub const ISSUERS: ResourceType = ResourceType::namespaced("cert-manager.io", "v1", "issuers", "Issuer");
/// `clusterissuers.cert-manager.io`
pub const CLUSTER_ISSUERS: ResourceType =
    ResourceType::cluster_wide("cert-manager.io", "v1", "clusterissuers", "ClusterIssuer");
/// `orders.acme.cert-manager.io`
pub const ORDERS: ResourceType = ResourceType::namespaced("acme.cert-manager.io", "v1", "orders", "Order");
/// `challenges.acme.cert-manager.io`
pub const CHALLENGES: ResourceType =
    ResourceType::namespaced("acme.cert-manager.io", "v1", "challenges", "Challenge");
/// `externalsecrets.external-secrets.io`
pub const EXTERNAL_SECRETS: ResourceType =
    ResourceType::namespaced("external-secrets.io", "v1", "externalsecrets", "ExternalSecret");
/// `pushsecrets.external-secrets.io`
pub const PUSH_SECRETS: ResourceType =
    ResourceType::namespaced("external-secrets.io", "v1alpha1", "pushsecrets", "PushSecret");
/// `secretstores.external-secrets.io`
pub const SECRET_STORES: ResourceType =
    ResourceType::namespaced("external-secrets.io", "v1", "secretstores", "SecretStore");
/// `clustersecretstores.external-secrets.io`
pub const CLUSTER_SECRET_STORES: ResourceType =
    ResourceType::cluster_wide("external-secrets.io", "v1", "clustersecretstores", "ClusterSecretStore");
/// `secretproviderclasses.secrets-store.csi.x-k8s.io`
pub const SECRET_PROVIDER_CLASSES: ResourceType = ResourceType::namespaced(
    "secrets-store.csi.x-k8s.io",
    "v1",
    "secretproviderclasses",
    "SecretProviderClass",
);
/// `secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io`
pub const SECRET_MOUNTS: ResourceType = ResourceType::namespaced(
    "secrets-store.csi.x-k8s.io",
    "v1",
    "secretproviderclasspodstatuses",
    "SecretProviderClassPodStatus",
);
/// `sealedsecrets.bitnami.com`
pub const SEALED_SECRETS: ResourceType =
    ResourceType::namespaced("bitnami.com", "v1alpha1", "sealedsecrets", "SealedSecret");
/// `persistentvolumeclaims`
pub const VOLUME_CLAIMS: ResourceType =
    ResourceType::namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
/// `persistentvolumes`
pub const VOLUMES: ResourceType =
    ResourceType::cluster_wide("", "v1", "persistentvolumes", "PersistentVolume");
/// `storageclasses.storage.k8s.io`
pub const STORAGE_CLASSES: ResourceType =
    ResourceType::cluster_wide("storage.k8s.io", "v1", "storageclasses", "StorageClass");
/// `volumeattachments.storage.k8s.io`
pub const VOLUME_ATTACHMENTS: ResourceType =
    ResourceType::cluster_wide("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment");
/// `volumesnapshots.snapshot.storage.k8s.io`
pub const VOLUME_SNAPSHOTS: ResourceType =
    ResourceType::namespaced("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot");
/// `horizontalpodautoscalers.autoscaling`
pub const HORIZONTAL_AUTOSCALERS: ResourceType =
    ResourceType::namespaced("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler");
/// `verticalpodautoscalers.autoscaling.k8s.io`
pub const VERTICAL_AUTOSCALERS: ResourceType =
    ResourceType::namespaced("autoscaling.k8s.io", "v1", "verticalpodautoscalers", "VerticalPodAutoscaler");
/// `poddisruptionbudgets.policy`
pub const DISRUPTION_BUDGETS: ResourceType =
    ResourceType::namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget");
/// `networkpolicies.networking.k8s.io`
pub const NETWORK_POLICIES: ResourceType =
    ResourceType::namespaced("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
/// `limitranges`
pub const LIMIT_RANGES: ResourceType = ResourceType::namespaced("", "v1", "limitranges", "LimitRange");
/// `priorityclasses.scheduling.k8s.io`
pub const PRIORITY_CLASSES: ResourceType =
    ResourceType::cluster_wide("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass");
/// `roles.rbac.authorization.k8s.io`
pub const ROLES: ResourceType = ResourceType::namespaced("rbac.authorization.k8s.io", "v1", "roles", "Role");
/// `clusterroles.rbac.authorization.k8s.io`
pub const CLUSTER_ROLES: ResourceType =
    ResourceType::cluster_wide("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");
/// `rolebindings.rbac.authorization.k8s.io`
pub const ROLE_BINDINGS: ResourceType =
    ResourceType::namespaced("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
/// `clusterrolebindings.rbac.authorization.k8s.io`
pub const CLUSTER_ROLE_BINDINGS: ResourceType = ResourceType::cluster_wide(
    "rbac.authorization.k8s.io",
    "v1",
    "clusterrolebindings",
    "ClusterRoleBinding",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_the_api_conventions() {
        assert_eq!(PODS.collection_path(None), "/api/v1/pods");
        assert_eq!(PODS.object_path(Some("web"), "a"), "/api/v1/namespaces/web/pods/a");
        assert_eq!(NODES.object_path(Some("ignored"), "n"), "/api/v1/nodes/n");
        assert_eq!(DEPLOYMENTS.collection_path(Some("web")), "/apis/apps/v1/namespaces/web/deployments");
        assert_eq!(DEPLOYMENTS.qualified(), "deployments.apps");
    }

    #[test]
    fn the_served_version_is_not_part_of_the_identity() {
        let newer = ResourceType { version: "v2".into(), ..DEPLOYMENTS };
        assert_eq!(newer, DEPLOYMENTS);
    }

    #[test]
    fn what_the_server_prints_of_a_kind_is_another_table_of_the_same_kind() {
        let printed = NODE_POOLS.printed();
        assert!(printed != NODE_POOLS && printed.is_same_kind(&NODE_POOLS) && printed.plain() == NODE_POOLS);
        assert_ne!(printed.cmp(&NODE_POOLS), Ordering::Equal);
        assert_eq!(printed.collection_path(None), NODE_POOLS.collection_path(None));
    }
}
