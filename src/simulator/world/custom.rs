//! The CustomResourceDefinitions of the platform, with the columns their authors print.

use serde_json::{Value, json};

use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::Site;

/// One kind: group, version, plural, kind, scope, short names, category, whether it has a status subresource, columns.
struct Definition {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    scope: &'static str,
    short: &'static [&'static str],
    categories: &'static [&'static str],
    status: bool,
    columns: &'static [Column],
}

/// A printed column: name, type, path, priority.
type Column = (&'static str, &'static str, &'static str, u8);

const AGE: Column = ("Age", "date", ".metadata.creationTimestamp", 0);
const READY: Column = ("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status", 0);
const READY_WIDE: Column = ("Ready", "string", ".status.conditions[?(@.type == \"Ready\")].status", 0);
const READY_MESSAGE: Column = ("Status", "string", ".status.conditions[?(@.type == \"Ready\")].message", 1);
const READY_REASON: Column = ("Status", "string", ".status.conditions[?(@.type==\"Ready\")].reason", 0);
const STORE_COLUMNS: &[Column] = &[
    ("AGE", "date", ".metadata.creationTimestamp", 0),
    READY_REASON,
    ("Capabilities", "string", ".status.capabilities", 0),
    READY,
];
const PUSHED: &[Column] = &[("AGE", "date", ".metadata.creationTimestamp", 0), READY_REASON];
const CERT_MANAGER: &[&str] = &["cert-manager"];
const ACME: &[&str] = &["cert-manager", "cert-manager-acme"];
const EXTERNAL_SECRETS: &[&str] = &["external-secrets"];
const KARPENTER: &[&str] = &["karpenter"];

#[rustfmt::skip]
const DEFINITIONS: &[Definition] = &[
    Definition { group: "argoproj.io", version: "v1alpha1", plural: "applications", kind: "Application", scope: "Namespaced", short: &["app", "apps"], categories: &[], status: false,
        columns: &[("Sync Status", "string", ".status.sync.status", 0), ("Health Status", "string", ".status.health.status", 0), ("Revision", "string", ".status.sync.revision", 10), ("Project", "string", ".spec.project", 10)] },
    Definition { group: "argoproj.io", version: "v1alpha1", plural: "applicationsets", kind: "ApplicationSet", scope: "Namespaced", short: &["appset", "appsets"], categories: &[], status: true, columns: &[] },
    Definition { group: "argoproj.io", version: "v1alpha1", plural: "appprojects", kind: "AppProject", scope: "Namespaced", short: &["appproj", "appprojs"], categories: &[], status: false, columns: &[] },
    Definition { group: "cert-manager.io", version: "v1", plural: "certificaterequests", kind: "CertificateRequest", scope: "Namespaced", short: &["cr", "crs"], categories: CERT_MANAGER, status: true,
        columns: &[("Approved", "string", ".status.conditions[?(@.type == \"Approved\")].status", 0), ("Denied", "string", ".status.conditions[?(@.type == \"Denied\")].status", 0), READY_WIDE,
            ("Issuer", "string", ".spec.issuerRef.name", 0), ("Requester", "string", ".spec.username", 0), READY_MESSAGE, AGE] },
    Definition { group: "cert-manager.io", version: "v1", plural: "certificates", kind: "Certificate", scope: "Namespaced", short: &["cert", "certs"], categories: CERT_MANAGER, status: true,
        columns: &[READY_WIDE, ("Secret", "string", ".spec.secretName", 0), ("Issuer", "string", ".spec.issuerRef.name", 1), READY_MESSAGE, AGE] },
    Definition { group: "cert-manager.io", version: "v1", plural: "clusterissuers", kind: "ClusterIssuer", scope: "Cluster", short: &["ciss"], categories: CERT_MANAGER, status: true, columns: &[READY_WIDE, READY_MESSAGE, AGE] },
    Definition { group: "cert-manager.io", version: "v1", plural: "issuers", kind: "Issuer", scope: "Namespaced", short: &["iss"], categories: CERT_MANAGER, status: true, columns: &[READY_WIDE, READY_MESSAGE, AGE] },
    Definition { group: "acme.cert-manager.io", version: "v1", plural: "challenges", kind: "Challenge", scope: "Namespaced", short: &[], categories: ACME, status: true,
        columns: &[("State", "string", ".status.state", 0), ("Domain", "string", ".spec.dnsName", 0), ("Reason", "string", ".status.reason", 1), AGE] },
    Definition { group: "acme.cert-manager.io", version: "v1", plural: "orders", kind: "Order", scope: "Namespaced", short: &[], categories: ACME, status: true,
        columns: &[("State", "string", ".status.state", 0), ("Issuer", "string", ".spec.issuerRef.name", 1), ("Reason", "string", ".status.reason", 1), AGE] },
    Definition { group: "external-secrets.io", version: "v1", plural: "clusterexternalsecrets", kind: "ClusterExternalSecret", scope: "Cluster", short: &["ces"], categories: EXTERNAL_SECRETS, status: true,
        columns: &[("Store", "string", ".spec.externalSecretSpec.secretStoreRef.name", 0), ("Refresh Interval", "string", ".spec.refreshTime", 0), READY] },
    Definition { group: "external-secrets.io", version: "v1alpha1", plural: "clusterpushsecrets", kind: "ClusterPushSecret", scope: "Cluster", short: &[], categories: EXTERNAL_SECRETS, status: true, columns: PUSHED },
    Definition { group: "external-secrets.io", version: "v1alpha1", plural: "pushsecrets", kind: "PushSecret", scope: "Namespaced", short: &["ps"], categories: EXTERNAL_SECRETS, status: true, columns: PUSHED },
    Definition { group: "external-secrets.io", version: "v1", plural: "clustersecretstores", kind: "ClusterSecretStore", scope: "Cluster", short: &["css"], categories: EXTERNAL_SECRETS, status: true, columns: STORE_COLUMNS },
    Definition { group: "external-secrets.io", version: "v1", plural: "externalsecrets", kind: "ExternalSecret", scope: "Namespaced", short: &["es"], categories: EXTERNAL_SECRETS, status: true,
        columns: &[("StoreType", "string", ".spec.secretStoreRef.kind", 0), ("Store", "string", ".spec.secretStoreRef.name", 0), ("Refresh Interval", "string", ".spec.refreshInterval", 0), READY_REASON, READY] },
    Definition { group: "external-secrets.io", version: "v1", plural: "secretstores", kind: "SecretStore", scope: "Namespaced", short: &["ss"], categories: EXTERNAL_SECRETS, status: true, columns: STORE_COLUMNS },
    Definition { group: "karpenter.k8s.aws", version: "v1", plural: "ec2nodeclasses", kind: "EC2NodeClass", scope: "Cluster", short: &["ec2nc", "ec2ncs"], categories: KARPENTER, status: true,
        columns: &[READY, AGE, ("Role", "string", ".spec.role", 1)] },
    Definition { group: "karpenter.sh", version: "v1", plural: "nodeclaims", kind: "NodeClaim", scope: "Cluster", short: &[], categories: KARPENTER, status: true,
        columns: &[("Type", "string", ".metadata.labels.node\\.kubernetes\\.io/instance-type", 0), ("Capacity", "string", ".metadata.labels.karpenter\\.sh/capacity-type", 0),
            ("Zone", "string", ".metadata.labels.topology\\.kubernetes\\.io/zone", 0), ("Node", "string", ".status.nodeName", 0), READY, AGE, ("ImageID", "string", ".status.imageID", 1),
            ("ID", "string", ".status.providerID", 1), ("NodePool", "string", ".metadata.labels.karpenter\\.sh/nodepool", 1), ("NodeClass", "string", ".spec.nodeClassRef.name", 1),
            ("Drifted", "string", ".status.conditions[?(@.type==\"Drifted\")].status", 1)] },
    Definition { group: "karpenter.sh", version: "v1alpha1", plural: "nodeoverlays", kind: "NodeOverlay", scope: "Cluster", short: &["overlays"], categories: KARPENTER, status: true,
        columns: &[READY, AGE, ("Weight", "integer", ".spec.weight", 1)] },
    Definition { group: "karpenter.sh", version: "v1", plural: "nodepools", kind: "NodePool", scope: "Cluster", short: &[], categories: KARPENTER, status: true,
        columns: &[("NodeClass", "string", ".spec.template.spec.nodeClassRef.name", 0), ("Nodes", "string", ".status.nodes", 0), READY, AGE, ("Weight", "integer", ".spec.weight", 1),
            ("CPU", "string", ".status.resources.cpu", 1), ("Memory", "string", ".status.resources.memory", 1)] },
    Definition { group: "bitnami.com", version: "v1alpha1", plural: "sealedsecrets", kind: "SealedSecret", scope: "Namespaced", short: &[], categories: &[], status: true,
        columns: &[("Status", "string", ".status.conditions[0].message", 0), ("Synced", "string", ".status.conditions[0].status", 0), AGE] },
    Definition { group: "secrets-store.csi.x-k8s.io", version: "v1", plural: "secretproviderclasses", kind: "SecretProviderClass", scope: "Namespaced", short: &[], categories: &[], status: false, columns: &[] },
    Definition { group: "secrets-store.csi.x-k8s.io", version: "v1", plural: "secretproviderclasspodstatuses", kind: "SecretProviderClassPodStatus", scope: "Namespaced", short: &[], categories: &[], status: false, columns: &[] },
    Definition { group: "elbv2.k8s.aws", version: "v1beta1", plural: "targetgroupbindings", kind: "TargetGroupBinding", scope: "Namespaced", short: &[], categories: &[], status: true,
        columns: &[("SERVICE-NAME", "string", ".spec.serviceRef.name", 0), ("SERVICE-PORT", "string", ".spec.serviceRef.port", 0), ("TARGET-TYPE", "string", ".spec.targetType", 0), ("AGE", "date", ".metadata.creationTimestamp", 0)] },
];

/// Adds the definitions. They come first: a store learns its kinds from them.
pub fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    for definition in DEFINITIONS {
        inventory.keep(object(&site, definition));
    }
}

fn object(site: &Site, definition: &Definition) -> Value {
    let singular = definition.kind.to_lowercase();
    let mut names = json!({"kind": definition.kind, "listKind": format!("{}List", definition.kind), "plural": definition.plural, "singular": singular});
    if let Some(map) = names.as_object_mut() {
        for (key, words) in [("shortNames", definition.short), ("categories", definition.categories)] {
            if !words.is_empty() {
                map.insert(key.to_owned(), json!(words));
            }
        }
    }
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let mut version = json!({
        "name": definition.version, "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": open, "status": open}}},
    });
    if let Some(map) = version.as_object_mut() {
        if definition.status {
            map.insert("subresources".to_owned(), json!({"status": {}}));
        }
        if !definition.columns.is_empty() {
            map.insert(
                "additionalPrinterColumns".to_owned(),
                Value::Array(definition.columns.iter().map(column).collect()),
            );
        }
    }
    let since = site.stamp(crate::simulator::world::object::PLATFORM_AGE);
    site.object("apiextensions.k8s.io/v1", "CustomResourceDefinition", &format!("{}.{}", definition.plural, definition.group))
        .written_by("helm")
        .spec(json!({"group": definition.group, "names": names, "scope": definition.scope, "versions": [version], "conversion": {"strategy": "None"}}))
        .status(json!({
            "conditions": [
                {"type": "NamesAccepted", "status": "True", "lastTransitionTime": since, "reason": "NoConflicts", "message": "no conflicts found"},
                {"type": "Established", "status": "True", "lastTransitionTime": since, "reason": "InitialNamesAccepted", "message": "the initial names have been accepted"},
            ],
            "acceptedNames": names, "storedVersions": [definition.version],
        }))
        .build()
}

fn column((name, kind, path, priority): &Column) -> Value {
    let mut column = json!({"name": name, "type": kind, "jsonPath": path});
    if *priority > 0
        && let Some(map) = column.as_object_mut()
    {
        map.insert("priority".to_owned(), json!(priority));
    }
    column
}
