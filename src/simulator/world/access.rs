//! Who may do what: the groups of the EKS access entries, and one developer with narrow rights.

use serde_json::{Value, json};

use crate::simulator::world::inventory::Inventory;

const RBAC: &str = "rbac.authorization.k8s.io";
const API_VERSION: &str = "rbac.authorization.k8s.io/v1";

/// Marks roles and bindings that the API server brings up to date at every start.
const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";
/// Roles whose rules are collected from others.
const AGGREGATED: [(&str, &str); 2] = [("edit", "edit"), ("view", "view")];

/// Adds roles and bindings.
pub fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    let mut role = |name: &str, rules: Value, labels: &[(&str, &str)]| {
        let mut object = site.object(API_VERSION, "ClusterRole", name).written_by("terraform");
        for (key, value) in labels {
            object = object.label(key, value);
        }
        if labels.iter().any(|(key, _)| *key == "kubernetes.io/bootstrapping") {
            object = object.annotation(AUTO_UPDATE, "true");
        }
        if let Some((_, part)) = AGGREGATED.iter().find(|(own, _)| *own == name) {
            let selector =
                json!({"matchLabels": {format!("rbac.authorization.k8s.io/aggregate-to-{part}"): "true"}});
            object = object.with("aggregationRule", json!({"clusterRoleSelectors": [selector]}));
        }
        inventory.add(object.with("rules", rules));
    };
    let bootstrap = [("kubernetes.io/bootstrapping", "rbac-defaults")];
    role(
        "cluster-admin",
        json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}]),
        &bootstrap,
    );
    role("view", json!([namespaced(&["get", "list", "watch"])]), &bootstrap);
    role(
        "edit",
        json!([namespaced(&["get", "list", "watch"]), namespaced(&["create", "delete", "deletecollection", "patch", "update"]), {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}]),
        &bootstrap,
    );
    role(
        "system:basic-user",
        json!([{"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], "verbs": ["create"]}, {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]}]),
        &bootstrap,
    );
    role(
        "system:discovery",
        json!([{"nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"], "verbs": ["get"]}]),
        &bootstrap,
    );
    role(
        "system:kube-scheduler",
        json!([
            {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["kube-scheduler"], "verbs": ["get", "list", "update", "watch"]},
            {"apiGroups": [""], "resources": ["nodes", "pods", "persistentvolumeclaims", "persistentvolumes"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["bindings", "pods/binding"], "verbs": ["create"]},
        ]),
        &bootstrap,
    );
    let terraform = [("managed-by", "terraform")];
    role("platform-read", platform_read(), &terraform);
    role(
        "monitoring-reader",
        json!([
            {"apiGroups": [""], "resources": ["nodes", "pods", "services", "endpoints", "namespaces"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["metrics.k8s.io"], "resources": ["*"], "verbs": ["get", "list", "watch"]},
            {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
        ]),
        &terraform,
    );
    let group = |name: &str| json!([{"kind": "Group", "apiGroup": RBAC, "name": name}]);
    for (name, role, subjects) in [
        ("cluster-admin", "cluster-admin", group("system:masters")),
        ("system:basic-user", "system:basic-user", group("system:authenticated")),
        ("system:discovery", "system:discovery", group("system:authenticated")),
        (
            "system:kube-scheduler",
            "system:kube-scheduler",
            json!([{"kind": "User", "apiGroup": RBAC, "name": "system:kube-scheduler"}]),
        ),
        ("platform-admin", "cluster-admin", group("platform-admin")),
        ("platform-viewer", "platform-read", group("platform-viewer")),
        ("platform-developer", "platform-read", group("platform-developer")),
        ("monitoring-reader", "monitoring-reader", group("monitoring-reader")),
    ] {
        let mut object = site.object(API_VERSION, "ClusterRoleBinding", name);
        if name == role {
            object =
                object.label("kubernetes.io/bootstrapping", "rbac-defaults").annotation(AUTO_UPDATE, "true");
        }
        inventory.add(
            object
                .written_by("terraform")
                .with("roleRef", json!({"apiGroup": RBAC, "kind": "ClusterRole", "name": role}))
                .with("subjects", subjects),
        );
    }
    for process in ["kube-controller-manager", "kube-scheduler"] {
        let name = format!("system::leader-locking-{process}");
        let own = |kind: &str| {
            site.object(API_VERSION, kind, &name)
                .namespace("kube-system")
                .label("kubernetes.io/bootstrapping", "rbac-defaults")
                .annotation(AUTO_UPDATE, "true")
                .written_by("kube-apiserver")
        };
        inventory.add(own("Role").with("rules", json!([
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["watch"]},
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [process], "verbs": ["get", "update"]},
        ])));
        inventory.add(
            own("RoleBinding").with("roleRef", json!({"apiGroup": RBAC, "kind": "Role", "name": name})).with(
                "subjects",
                json!([{"kind": "User", "apiGroup": RBAC, "name": format!("system:{process}")}]),
            ),
        );
    }
    for namespace in site.cluster.namespaces {
        let role = if *namespace == "production" { "view" } else { "edit" };
        let mut bind = |name: &str, role: &str, subjects: Value| {
            inventory.add(
                site.object(API_VERSION, "RoleBinding", name)
                    .namespace(namespace)
                    .written_by("terraform")
                    .with("roleRef", json!({"apiGroup": RBAC, "kind": "ClusterRole", "name": role}))
                    .with("subjects", subjects),
            );
        };
        bind("platform-developer", role, group("platform-developer"));
        if *namespace == "staging" {
            // One person who may see this namespace and nothing else.
            bind("developer", "view", json!([{"kind": "User", "apiGroup": RBAC, "name": "developer"}]));
        }
    }
}

fn namespaced(verbs: &[&str]) -> Value {
    json!({
        "apiGroups": ["", "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "discovery.k8s.io", "events.k8s.io", "metrics.k8s.io", "cert-manager.io", "external-secrets.io"],
        "resources": [
            "bindings", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "pods/log", "pods/status", "replicationcontrollers", "resourcequotas", "resourcequotas/status",
            "serviceaccounts", "services", "services/status", "controllerrevisions", "daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale",
            "cronjobs", "jobs", "horizontalpodautoscalers", "poddisruptionbudgets", "ingresses", "networkpolicies", "endpointslices", "certificates", "certificaterequests", "externalsecrets",
        ],
        "verbs": verbs,
    })
}

fn platform_read() -> Value {
    let read = ["get", "list", "watch"];
    json!([
        {"apiGroups": [""], "resources": [
            "nodes", "persistentvolumes", "namespaces", "events", "pods", "pods/log", "services", "configmaps", "serviceaccounts", "endpoints", "resourcequotas", "limitranges",
            "persistentvolumeclaims", "replicationcontrollers",
        ], "verbs": read},
        {"apiGroups": [
            "apps", "batch", "autoscaling", "policy", "networking.k8s.io", "storage.k8s.io", "rbac.authorization.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "scheduling.k8s.io",
            "metrics.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "admissionregistration.k8s.io", "events.k8s.io", "karpenter.sh", "karpenter.k8s.aws", "argoproj.io",
            "cert-manager.io", "acme.cert-manager.io", "external-secrets.io", "secrets-store.csi.x-k8s.io", "bitnami.com", "elbv2.k8s.aws",
        ], "resources": ["*"], "verbs": read},
        {"nonResourceURLs": ["/livez", "/readyz", "/healthz", "/version", "/metrics"], "verbs": ["get"]},
    ])
}
