//! The admission webhooks of the platform: who is asked before an object is written, and what happens when nobody answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::simulator::world::chance::hex_of;
use crate::simulator::world::inventory::Inventory;

/// A webhook: its name, its Service as namespace and name, the path there, what happens without an answer, the API group,
/// versions and resources it is about, and on which operations.
struct Webhook {
    name: &'static str,
    service: (&'static str, &'static str),
    path: &'static str,
    failure: &'static str,
    group: &'static str,
    versions: &'static [&'static str],
    resources: &'static [&'static str],
    operations: &'static [&'static str],
    seconds: u8,
}

const WRITES: &[&str] = &["CREATE", "UPDATE"];
const ALL_WRITES: &[&str] = &["CREATE", "UPDATE", "DELETE"];
const CERT_MANAGER: (&str, &str) = ("cert-manager", "cert-manager-webhook");
const EXTERNAL_SECRETS: (&str, &str) = ("external-secrets", "external-secrets-webhook");
const LOAD_BALANCERS: (&str, &str) = ("kube-system", "aws-load-balancer-webhook-service");
const INGRESS: (&str, &str) = ("ingress-nginx", "ingress-nginx-controller-admission");

/// Kind of configuration, its name, the namespace whose Argo CD application it belongs to, and its webhooks.
type Configuration = (&'static str, &'static str, &'static str, &'static [Webhook]);

#[rustfmt::skip]
const CONFIGURATIONS: &[Configuration] = &[
    ("ValidatingWebhookConfiguration", "cert-manager-webhook", "cert-manager", &[Webhook {
        name: "webhook.cert-manager.io", service: CERT_MANAGER, path: "/validate", failure: "Fail", group: "cert-manager.io", versions: &["v1"], resources: &["*/*"], operations: WRITES, seconds: 30 }]),
    ("MutatingWebhookConfiguration", "cert-manager-webhook", "cert-manager", &[Webhook {
        name: "webhook.cert-manager.io", service: CERT_MANAGER, path: "/mutate", failure: "Fail", group: "cert-manager.io", versions: &["v1"], resources: &["certificaterequests"], operations: &["CREATE"], seconds: 30 }]),
    ("ValidatingWebhookConfiguration", "externalsecret-validate", "external-secrets", &[Webhook {
        name: "validate.externalsecret.external-secrets.io", service: EXTERNAL_SECRETS, path: "/validate-external-secrets-io-v1-externalsecret", failure: "Fail", group: "external-secrets.io", versions: &["v1"], resources: &["externalsecrets"], operations: ALL_WRITES, seconds: 5 }]),
    ("ValidatingWebhookConfiguration", "secretstore-validate", "external-secrets", &[
        Webhook { name: "validate.secretstore.external-secrets.io", service: EXTERNAL_SECRETS, path: "/validate-external-secrets-io-v1-secretstore", failure: "Fail", group: "external-secrets.io", versions: &["v1"], resources: &["secretstores"], operations: ALL_WRITES, seconds: 5 },
        Webhook { name: "validate.clustersecretstore.external-secrets.io", service: EXTERNAL_SECRETS, path: "/validate-external-secrets-io-v1-clustersecretstore", failure: "Fail", group: "external-secrets.io", versions: &["v1"], resources: &["clustersecretstores"], operations: ALL_WRITES, seconds: 5 }]),
    ("ValidatingWebhookConfiguration", "ingress-nginx-admission", "ingress-nginx", &[Webhook {
        name: "validate.nginx.ingress.kubernetes.io", service: INGRESS, path: "/networking/v1/ingresses", failure: "Fail", group: "networking.k8s.io", versions: &["v1"], resources: &["ingresses"], operations: WRITES, seconds: 10 }]),
    ("MutatingWebhookConfiguration", "aws-load-balancer-webhook", "kube-system", &[
        Webhook { name: "mservice.elbv2.k8s.aws", service: LOAD_BALANCERS, path: "/mutate-v1-service", failure: "Fail", group: "", versions: &["v1"], resources: &["services"], operations: &["CREATE"], seconds: 10 },
        Webhook { name: "mtargetgroupbinding.elbv2.k8s.aws", service: LOAD_BALANCERS, path: "/mutate-elbv2-k8s-aws-v1beta1-targetgroupbinding", failure: "Fail", group: "elbv2.k8s.aws", versions: &["v1beta1"], resources: &["targetgroupbindings"], operations: WRITES, seconds: 10 }]),
    ("ValidatingWebhookConfiguration", "aws-load-balancer-webhook", "kube-system", &[
        Webhook { name: "vtargetgroupbinding.elbv2.k8s.aws", service: LOAD_BALANCERS, path: "/validate-elbv2-k8s-aws-v1beta1-targetgroupbinding", failure: "Fail", group: "elbv2.k8s.aws", versions: &["v1beta1"], resources: &["targetgroupbindings"], operations: WRITES, seconds: 10 },
        Webhook { name: "vingress.elbv2.k8s.aws", service: LOAD_BALANCERS, path: "/validate-networking-v1-ingress", failure: "Fail", group: "networking.k8s.io", versions: &["v1"], resources: &["ingresses"], operations: WRITES, seconds: 10 }]),
];

/// Adds the configurations.
pub(super) fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    let bundle = STANDARD.encode(hex_of(&format!("{}/webhooks", site.cluster.name), 192));
    for (kind, name, namespace, webhooks) in CONFIGURATIONS {
        let webhooks: Vec<Value> = webhooks.iter().map(|webhook| describe(kind, webhook, &bundle)).collect();
        inventory.add(
            site.object("admissionregistration.k8s.io/v1", kind, name)
                .label("app.kubernetes.io/instance", namespace)
                .annotation(
                    "argocd.argoproj.io/tracking-id",
                    &format!("platform-{namespace}:admissionregistration.k8s.io/{kind}:{namespace}/{name}"),
                )
                .written_by("argocd-controller")
                .generation(2)
                .with("webhooks", Value::Array(webhooks)),
        );
    }
    // The control plane's own webhook, outside the cluster: it writes identities into pods.
    inventory.add(
        site.object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "pod-identity-webhook")
            .written_by("eks")
            .generation(1)
            .with("webhooks", json!([{
                "name": "iam-for-pods.amazonaws.com", "clientConfig": {"url": "https://127.0.0.1:23443/mutate", "caBundle": bundle}, "rules": [rule("", &["v1"], &["pods"], &["CREATE"])],
                "failurePolicy": "Ignore", "matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {"matchExpressions": [{"key": "eks.amazonaws.com/skip-pod-identity-webhook", "operator": "DoesNotExist"}]},
                "sideEffects": "None", "timeoutSeconds": 10, "admissionReviewVersions": ["v1beta1"], "reinvocationPolicy": "IfNeeded",
            }])),
    );
}

fn describe(kind: &str, webhook: &Webhook, bundle: &str) -> Value {
    let (namespace, name) = webhook.service;
    let mut described = json!({
        "name": webhook.name, "clientConfig": {"service": {"namespace": namespace, "name": name, "path": webhook.path, "port": 443}, "caBundle": bundle},
        "rules": [rule(webhook.group, webhook.versions, webhook.resources, webhook.operations)], "failurePolicy": webhook.failure, "matchPolicy": "Equivalent",
        "namespaceSelector": {}, "objectSelector": {}, "sideEffects": "None", "timeoutSeconds": webhook.seconds, "admissionReviewVersions": ["v1"],
    });
    if kind == "MutatingWebhookConfiguration"
        && let Some(map) = described.as_object_mut()
    {
        map.insert("reinvocationPolicy".to_owned(), json!("Never"));
    }
    described
}

fn rule(group: &str, versions: &[&str], resources: &[&str], operations: &[&str]) -> Value {
    json!({"operations": operations, "apiGroups": [group], "apiVersions": versions, "resources": resources, "scope": "*"})
}
