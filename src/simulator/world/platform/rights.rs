//! What the components of the platform may do: a ClusterRole or Role for each, bound to its service account.

use serde_json::{Value, json};

use crate::simulator::world::inventory::Inventory;

const RBAC: &str = "rbac.authorization.k8s.io";
const API_VERSION: &str = "rbac.authorization.k8s.io/v1";

/// API groups, resources and verbs, each a list of words; the core group is `core`.
type Rule = (&'static str, &'static str, &'static str);

const READ: &str = "get list watch";
const WRITE: &str = "create delete get list patch update watch";
const EVENTS: Rule = ("core events.k8s.io", "events", "create patch");

/// Namespace and name of a service account, the ClusterRole bound to it, and what that allows.
#[rustfmt::skip]
const CLUSTER_ROLES: &[(&str, &str, &str, &[Rule])] = &[
    ("argocd", "argocd-application-controller", "argocd-application-controller", &[("*", "*", "*")]),
    ("argocd", "argocd-applicationset-controller", "argocd-applicationset-controller", &[("argoproj.io", "applications applicationsets appprojects", WRITE), ("core", "secrets configmaps", READ)]),
    ("argocd", "argocd-server", "argocd-server", &[("*", "*", "delete get patch"), ("core", "events", "list"), ("core", "pods pods/log", "get"), ("argoproj.io", "applications applicationsets", "get list update watch")]),
    ("cert-manager", "cert-manager", "cert-manager-controller-certificates", &[("cert-manager.io", "certificates certificates/status certificaterequests certificaterequests/status clusterissuers issuers", WRITE),
        ("acme.cert-manager.io", "orders challenges", WRITE), ("core", "secrets", WRITE), EVENTS]),
    ("cert-manager", "cert-manager-cainjector", "cert-manager-cainjector", &[("cert-manager.io", "certificates", READ), ("core", "secrets", READ),
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations mutatingwebhookconfigurations", "get list watch update patch"), EVENTS]),
    ("cert-manager", "cert-manager-webhook", "cert-manager-webhook:subjectaccessreviews", &[("authorization.k8s.io", "subjectaccessreviews", "create")]),
    ("external-dns", "external-dns", "external-dns", &[("core", "nodes services pods", READ), ("networking.k8s.io", "ingresses", READ), ("discovery.k8s.io", "endpointslices", READ)]),
    ("external-secrets", "external-secrets", "external-secrets-controller", &[("external-secrets.io", "secretstores clustersecretstores externalsecrets clusterexternalsecrets pushsecrets", "get list watch update patch"),
        ("core", "secrets", WRITE), ("core", "serviceaccounts/token", "create"), EVENTS]),
    ("external-secrets", "external-secrets-cert-controller", "external-secrets-cert-controller", &[("apiextensions.k8s.io", "customresourcedefinitions", "get list watch update patch"),
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "get list watch update patch"), ("core", "secrets", "get list watch update patch")]),
    ("ingress-nginx", "ingress-nginx", "ingress-nginx", &[("core", "configmaps endpoints nodes pods secrets namespaces services", READ), ("networking.k8s.io", "ingresses ingressclasses", READ),
        ("networking.k8s.io", "ingresses/status", "update"), ("discovery.k8s.io", "endpointslices", READ), EVENTS]),
    ("kube-system", "aws-load-balancer-controller", "aws-load-balancer-controller-role", &[("elbv2.k8s.aws", "targetgroupbindings ingressclassparams", WRITE), ("core", "services ingresses pods nodes namespaces endpoints", READ),
        ("networking.k8s.io", "ingresses ingressclasses ingresses/status", "get list watch patch update"), EVENTS]),
    ("kube-system", "aws-node", "aws-node", &[("core", "namespaces pods nodes", READ), ("networking.k8s.aws", "policyendpoints", READ), EVENTS]),
    ("kube-system", "coredns", "system:coredns", &[("core", "endpoints services pods namespaces", "list watch"), ("discovery.k8s.io", "endpointslices", "list watch")]),
    ("kube-system", "ebs-csi-controller-sa", "ebs-external-provisioner-role", &[("core", "persistentvolumes persistentvolumeclaims", WRITE), ("storage.k8s.io", "storageclasses csinodes volumeattachments", READ), EVENTS]),
    ("kube-system", "karpenter", "karpenter", &[("karpenter.sh", "nodepools nodepools/status nodeclaims nodeclaims/status", WRITE), ("karpenter.k8s.aws", "ec2nodeclasses", "get list watch update patch"),
        ("core", "pods nodes persistentvolumes persistentvolumeclaims namespaces", READ), ("core", "pods/eviction", "create"), ("core", "nodes", "patch delete update"), ("policy", "poddisruptionbudgets", READ), EVENTS]),
    ("kube-system", "metrics-server", "system:metrics-server", &[("core", "nodes/metrics", "get"), ("core", "pods nodes", READ)]),
    ("monitoring", "kps-kube-state-metrics", "kps-kube-state-metrics", &[("core", "configmaps secrets nodes pods services resourcequotas limitranges namespaces", "list watch"), ("apps", "deployments daemonsets replicasets statefulsets", "list watch"),
        ("batch", "jobs cronjobs", "list watch"), ("autoscaling", "horizontalpodautoscalers", "list watch"), ("policy", "poddisruptionbudgets", "list watch")]),
    ("monitoring", "kps-operator", "kps-operator", &[("monitoring.coreos.com", "*", "*"), ("apps", "statefulsets", "*"), ("core", "configmaps secrets services", "*"), ("core", "pods", "list delete"), ("core", "nodes namespaces", READ)]),
    ("monitoring", "prometheus-kps", "prometheus-kps", &[("core", "nodes nodes/metrics services endpoints pods", READ), ("discovery.k8s.io", "endpointslices", READ), ("networking.k8s.io", "ingresses", READ)]),
    ("logging", "fluent-bit", "fluent-bit", &[("core", "namespaces pods", READ)]),
    ("secrets-management", "sealed-secrets-controller", "secrets-unsealer", &[("bitnami.com", "sealedsecrets sealedsecrets/status", "get list watch update"), ("core", "secrets", "get list create update delete watch"), EVENTS]),
    ("secrets-management", "secrets-store-csi-driver", "secretproviderclasses-role", &[("secrets-store.csi.x-k8s.io", "secretproviderclasses", READ), ("secrets-store.csi.x-k8s.io", "secretproviderclasspodstatuses", WRITE), ("core", "pods", READ)]),
];

/// Namespace of the service account, its name, the Role that allows it to lead, and the namespace of its lease.
const LEADERS: &[(&str, &str, &str, &str)] = &[
    ("cert-manager", "cert-manager", "cert-manager:leaderelection", "kube-system"),
    ("cert-manager", "cert-manager-cainjector", "cert-manager-cainjector:leaderelection", "kube-system"),
    ("external-secrets", "external-secrets", "external-secrets-leaderelection", "external-secrets"),
    ("ingress-nginx", "ingress-nginx", "ingress-nginx", "ingress-nginx"),
    (
        "kube-system",
        "aws-load-balancer-controller",
        "aws-load-balancer-controller-leader-election-role",
        "kube-system",
    ),
    ("kube-system", "karpenter", "karpenter", "kube-system"),
];

/// Adds roles and bindings.
pub(super) fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    for (namespace, account, role, rules) in CLUSTER_ROLES {
        inventory.add(
            site.object(API_VERSION, "ClusterRole", role)
                .label("app.kubernetes.io/instance", namespace)
                .with("rules", Value::Array(rules.iter().map(rule).collect())),
        );
        inventory.add(
            site.object(API_VERSION, "ClusterRoleBinding", role)
                .label("app.kubernetes.io/instance", namespace)
                .with("roleRef", json!({"apiGroup": RBAC, "kind": "ClusterRole", "name": role}))
                .with("subjects", subjects(namespace, account)),
        );
    }
    for (namespace, account, role, home) in LEADERS {
        inventory.add(
            site.object(API_VERSION, "Role", role)
                .namespace(home)
                .label("app.kubernetes.io/instance", namespace)
                .with("rules", Value::Array(vec![rule(&("coordination.k8s.io", "leases", WRITE))])),
        );
        inventory.add(
            site.object(API_VERSION, "RoleBinding", role)
                .namespace(home)
                .label("app.kubernetes.io/instance", namespace)
                .with("roleRef", json!({"apiGroup": RBAC, "kind": "Role", "name": role}))
                .with("subjects", subjects(namespace, account)),
        );
    }
}

fn subjects(namespace: &str, account: &str) -> Value {
    json!([{"kind": "ServiceAccount", "name": account, "namespace": namespace}])
}

fn rule((groups, resources, verbs): &Rule) -> Value {
    let words = |text: &str| -> Vec<Value> {
        text.split_whitespace().map(|word| json!(if word == "core" { "" } else { word })).collect()
    };
    json!({"apiGroups": words(groups), "resources": words(resources), "verbs": words(verbs)})
}
