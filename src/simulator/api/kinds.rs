//! The kinds that every cluster serves, and those that a CustomResourceDefinition adds.

use serde_json::Value;

use crate::simulator::store::kind::ALL_VERBS;
use crate::simulator::store::{KindSpec, PrinterColumn};

/// Group and version, kind, plural, short names, categories, scope (and whether generations are counted), verbs
/// (empty: all), subresources. As the discovery of Kubernetes 1.36 lists them.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const BUILT_IN: &[Row] = &[
    ("v1", "Binding", "bindings", "", "", "Namespaced", "create", ""),
    ("v1", "ComponentStatus", "componentstatuses", "cs", "", "Cluster", "get list", ""),
    ("v1", "ConfigMap", "configmaps", "cm", "", "Namespaced", "", ""),
    ("v1", "Endpoints", "endpoints", "ep", "", "Namespaced", "", ""),
    ("v1", "Event", "events", "ev", "", "Namespaced", "", ""),
    ("v1", "LimitRange", "limitranges", "limits", "", "Namespaced", "", ""),
    ("v1", "Namespace", "namespaces", "ns", "", "Cluster", "create delete get list patch update watch", "finalize status"),
    ("v1", "Node", "nodes", "no", "", "Cluster", "", "proxy status"),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "", "Namespaced", "", "status"),
    ("v1", "PersistentVolume", "persistentvolumes", "pv", "", "Cluster", "", "status"),
    ("v1", "Pod", "pods", "po", "all", "Namespaced generations", "", "attach binding ephemeralcontainers eviction exec log portforward proxy resize status"),
    ("v1", "PodTemplate", "podtemplates", "", "", "Namespaced generations", "", ""),
    ("v1", "ReplicationController", "replicationcontrollers", "rc", "all", "Namespaced generations", "", "scale status"),
    ("v1", "ResourceQuota", "resourcequotas", "quota", "", "Namespaced", "", "status"),
    ("v1", "Secret", "secrets", "", "", "Namespaced", "", ""),
    ("v1", "ServiceAccount", "serviceaccounts", "sa", "", "Namespaced", "", "token"),
    ("v1", "Service", "services", "svc", "all", "Namespaced", "", "proxy status"),
    ("apiregistration.k8s.io/v1", "APIService", "apiservices", "", "api-extensions", "Cluster", "", "status"),
    ("apps/v1", "ControllerRevision", "controllerrevisions", "", "", "Namespaced", "", ""),
    ("apps/v1", "DaemonSet", "daemonsets", "ds", "all", "Namespaced generations", "", "status"),
    ("apps/v1", "Deployment", "deployments", "deploy", "all", "Namespaced generations", "", "scale status"),
    ("apps/v1", "ReplicaSet", "replicasets", "rs", "all", "Namespaced generations", "", "scale status"),
    ("apps/v1", "StatefulSet", "statefulsets", "sts", "all", "Namespaced generations", "", "scale status"),
    ("events.k8s.io/v1", "Event", "events", "ev", "", "Namespaced", "", ""),
    ("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", "", "", "Cluster", "create", ""),
    ("authentication.k8s.io/v1", "TokenReview", "tokenreviews", "", "", "Cluster", "create", ""),
    ("authorization.k8s.io/v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", "", "", "Namespaced", "create", ""),
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "", "", "Cluster", "create", ""),
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "", "", "Cluster", "create", ""),
    ("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews", "", "", "Cluster", "create", ""),
    ("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "all", "Namespaced", "", "status"),
    ("autoscaling/v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "all", "Namespaced", "", "status"),
    ("batch/v1", "CronJob", "cronjobs", "cj", "all", "Namespaced generations", "", "status"),
    ("batch/v1", "Job", "jobs", "", "all", "Namespaced generations", "", "status"),
    ("certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests", "csr", "", "Cluster", "", "approval status"),
    ("networking.k8s.io/v1", "IngressClass", "ingressclasses", "", "", "Cluster generations", "", ""),
    ("networking.k8s.io/v1", "Ingress", "ingresses", "ing", "", "Namespaced generations", "", "status"),
    ("networking.k8s.io/v1", "IPAddress", "ipaddresses", "ip", "", "Cluster", "", ""),
    ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "netpol", "", "Namespaced generations", "", ""),
    ("networking.k8s.io/v1", "ServiceCIDR", "servicecidrs", "", "", "Cluster", "", "status"),
    ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", "", "Namespaced generations", "", "status"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "", "", "Cluster", "", ""),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "", "", "Cluster", "", ""),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "", "", "Namespaced", "", ""),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", "", "", "Namespaced", "", ""),
    ("storage.k8s.io/v1", "CSIDriver", "csidrivers", "", "", "Cluster", "", ""),
    ("storage.k8s.io/v1", "CSINode", "csinodes", "", "", "Cluster", "", ""),
    ("storage.k8s.io/v1", "CSIStorageCapacity", "csistoragecapacities", "", "", "Namespaced", "", ""),
    ("storage.k8s.io/v1", "StorageClass", "storageclasses", "sc", "", "Cluster", "", ""),
    ("storage.k8s.io/v1", "VolumeAttachment", "volumeattachments", "", "", "Cluster", "", "status"),
    ("storage.k8s.io/v1", "VolumeAttributesClass", "volumeattributesclasses", "vac", "", "Cluster", "", ""),
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", "", "api-extensions", "Cluster generations", "", ""),
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", "", "api-extensions", "Cluster generations", "", ""),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "", "api-extensions", "Cluster generations", "", ""),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", "", "api-extensions", "Cluster generations", "", "status"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", "", "api-extensions", "Cluster generations", "", ""),
    ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "", "api-extensions", "Cluster generations", "", ""),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", "crd crds", "api-extensions", "Cluster generations", "", "status"),
    ("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "pc", "", "Cluster generations", "", ""),
    ("coordination.k8s.io/v1", "Lease", "leases", "", "", "Namespaced", "", ""),
    ("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", "", "", "Cluster", "", ""),
    ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", "", "", "Namespaced generations", "", ""),
    ("resource.k8s.io/v1", "DeviceClass", "deviceclasses", "", "", "Cluster generations", "", ""),
    ("resource.k8s.io/v1", "ResourceClaim", "resourceclaims", "", "", "Namespaced", "", "status"),
    ("resource.k8s.io/v1", "ResourceClaimTemplate", "resourceclaimtemplates", "", "", "Namespaced", "", ""),
    ("resource.k8s.io/v1", "ResourceSlice", "resourceslices", "", "", "Cluster", "", ""),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "flowschemas", "", "", "Cluster generations", "", "status"),
    ("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", "", "", "Cluster generations", "", "status"),    ("metrics.k8s.io/v1beta1", "NodeMetrics", "nodes", "", "", "Cluster", "get list", ""),
    ("metrics.k8s.io/v1beta1", "PodMetrics", "pods", "", "", "Namespaced", "get list", ""),
];

/// The verbs of custom kinds, in the order in which a real server lists them.
const CUSTOM_VERBS: [&str; 8] =
    ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/// Every built-in kind, in the order of discovery.
pub fn built_in() -> Vec<KindSpec> {
    BUILT_IN.iter().map(kind).collect()
}

fn kind(&(api_version, kind, plural, short, categories, scope, verbs, subresources): &Row) -> KindSpec {
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let mut spec = KindSpec::new(api_version, kind, plural);
    spec.short_names = words(short);
    spec.categories = words(categories);
    spec.namespaced = scope.starts_with("Namespaced");
    spec.counts_generations = scope.ends_with("generations");
    spec.verbs = if verbs.is_empty() { ALL_VERBS.map(str::to_owned).to_vec() } else { words(verbs) };
    spec.subresources = words(subresources);
    if spec.group == "metrics.k8s.io" {
        // metrics-server names no singular.
        spec.singular.clear();
    }
    spec
}

/// The kinds that a document defines, one for each served version; `None` when it is no CustomResourceDefinition.
pub fn of_definition(document: &Value) -> Option<Vec<KindSpec>> {
    if document.get("kind")?.as_str()? != "CustomResourceDefinition" {
        return None;
    }
    let spec = document.get("spec")?;
    let text = |path: &str| spec.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let words = |path: &str| -> Vec<String> {
        let words = spec.pointer(path).and_then(Value::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let versions = spec.get("versions").and_then(Value::as_array)?;
    let served = versions.iter().filter(|version| version.get("served") == Some(&Value::Bool(true)));
    let kinds = served.map(|version| {
        let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
        let api_version = format!("{}/{name}", text("/group"));
        let mut kind = KindSpec::new(&api_version, text("/names/kind"), text("/names/plural"));
        if let Some(singular) = spec.pointer("/names/singular").and_then(Value::as_str) {
            kind.singular = singular.to_owned();
        }
        kind.short_names = words("/names/shortNames");
        kind.categories = words("/names/categories");
        kind.namespaced = text("/scope") == "Namespaced";
        kind.custom = true;
        kind.verbs = CUSTOM_VERBS.map(str::to_owned).to_vec();
        let subresources = version.get("subresources").and_then(Value::as_object);
        kind.subresources = subresources.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        kind.scale = version.pointer("/subresources/scale").cloned();
        let columns = version.get("additionalPrinterColumns").and_then(Value::as_array);
        kind.columns = columns.into_iter().flatten().map(column).collect();
        kind
    });
    Some(kinds.collect())
}

fn column(column: &Value) -> PrinterColumn {
    let text = |name: &str| column.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    PrinterColumn {
        name: text("name"),
        kind: text("type"),
        format: text("format"),
        description: text("description"),
        priority: column.get("priority").and_then(Value::as_i64).unwrap_or_default(),
        json_path: text("jsonPath"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_plainest_kinds_are_known_by_their_names() {
        let all = built_in();
        let pods = all.iter().find(|kind| kind.resource() == "pods").unwrap();
        assert!(
            pods.namespaced && pods.counts_generations && pods.subresources.iter().any(|it| it == "eviction")
        );
        let deployments = all.iter().find(|kind| kind.resource() == "deployments.apps").unwrap();
        assert_eq!(
            (deployments.api_version().as_str(), deployments.short_names.as_slice()),
            ("apps/v1", &["deploy".to_owned()][..])
        );
    }

    #[test]
    fn a_definition_brings_its_served_versions() {
        let definition = json!({"kind": "CustomResourceDefinition", "spec": {"group": "karpenter.sh", "scope": "Cluster",
            "names": {"kind": "NodePool", "plural": "nodepools", "singular": "nodepool", "categories": ["karpenter"]},
            "versions": [{"name": "v1", "served": true, "subresources": {"status": {}}, "additionalPrinterColumns":
                [{"name": "Weight", "type": "integer", "jsonPath": ".spec.weight", "priority": 1}]},
                {"name": "v1beta1", "served": false}]}});
        let kinds = of_definition(&definition).unwrap();
        assert_eq!(kinds.len(), 1);
        assert_eq!((kinds[0].resource(), kinds[0].namespaced), ("nodepools.karpenter.sh".to_owned(), false));
        assert_eq!(kinds[0].columns[0].priority, 1);
        assert_eq!(of_definition(&json!({"kind": "Pod"})), None);
    }
}
