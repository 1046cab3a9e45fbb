//! Namespaces with their pod security level, and the rules around the applications: quotas, defaults, network policies.

use serde_json::{Value, json};

use crate::simulator::controllers::resource_quota;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;

/// Namespaces of the platform with the level they enforce; the rest have none of it.
pub const PLATFORM: [(&str, &str); 9] = [
    ("argocd", "baseline"),
    ("cert-manager", "restricted"),
    ("external-dns", "restricted"),
    ("external-secrets", "restricted"),
    ("ingress-nginx", "baseline"),
    ("logging", "privileged"),
    ("monitoring", "privileged"),
    ("secrets-management", "privileged"),
    ("kube-system", ""),
];

/// Adds the namespaces, each with what the control plane puts into every one.
pub fn install(inventory: &mut Inventory) {
    let site = inventory.site();
    let applications = site.cluster.namespaces.iter().map(|name| (*name, application_level(name), "myapp"));
    let own = [("default", "", ""), ("kube-node-lease", "", ""), ("kube-public", "", "")];
    for (name, level, team) in
        PLATFORM.into_iter().map(|(name, level)| (name, level, "platform")).chain(applications).chain(own)
    {
        let mut object = site
            .object("v1", "Namespace", name)
            .label("kubernetes.io/metadata.name", name)
            .written_by("terraform")
            .with("spec", json!({"finalizers": ["kubernetes"]}))
            .status(json!({"phase": "Active"}));
        if !level.is_empty() {
            for (mode, value) in
                [("audit", level), ("enforce", level), ("enforce-version", "latest"), ("warn", level)]
            {
                object = object.label(&format!("pod-security.kubernetes.io/{mode}"), value);
            }
            object = object.label("team", team);
        }
        inventory.add(object);
        inventory.add(
            site.object("v1", "ServiceAccount", "default")
                .namespace(name)
                .written_by("kube-controller-manager"),
        );
        let mut bundle = serde_json::Map::new();
        bundle.insert(
            "ca.crt".to_owned(),
            json!(format!(
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                hex_of(site.cluster.name, 64)
            )),
        );
        inventory.add(
            site.object("v1", "ConfigMap", "kube-root-ca.crt")
                .namespace(name)
                .annotation("kubernetes.io/description", "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.")
                .written_by("kube-controller-manager")
                .with("data", Value::Object(bundle)),
        );
    }
    inventory.add(site.object("v1", "Service", "kubernetes").namespace("default").label("component", "apiserver").label("provider", "kubernetes").written_by("kube-apiserver").spec(json!({
        "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": 443}], "clusterIP": "172.20.0.1", "clusterIPs": ["172.20.0.1"], "type": "ClusterIP",
        "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
    })).status(json!({"loadBalancer": {}})));
    for name in ["kube-controller-manager", "kube-scheduler"] {
        let renewed = site.now.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap_or(site.now);
        inventory.add(site.object("coordination.k8s.io/v1", "Lease", name).namespace("kube-system").written_by("kube-controller-manager").spec(json!({
            "holderIdentity": format!("ip-10-0-42-7.ec2.internal_{}", site.cluster.uid("Lease", "kube-system", name)), "leaseDurationSeconds": 15,
            "acquireTime": field::micro_stamp(site.minutes_ago(20 * 24 * 60)), "renewTime": field::micro_stamp(renewed), "leaseTransitions": 2,
        })));
    }
    let identity = format!("apiserver-{}", hex_of(&format!("{}/apiserver", site.cluster.name), 26));
    let renewed = site.now.checked_sub(jiff::SignedDuration::from_secs(3)).unwrap_or(site.now);
    inventory.add(
        site.object("coordination.k8s.io/v1", "Lease", &identity)
            .namespace("kube-system")
            .label("apiserver.kubernetes.io/identity", "kube-apiserver")
            .label("kubernetes.io/hostname", "ip-10-0-42-7.ec2.internal")
            .annotation("apiserver.kubernetes.io/identity-endpoint", "10.0.42.7:443")
            .written_by("kube-apiserver")
            .spec(json!({"holderIdentity": format!("{identity}_{}", site.cluster.uid("Lease", "kube-system", &identity)), "leaseDurationSeconds": 3600, "renewTime": field::micro_stamp(renewed)})),
    );
    for (name, value, description) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
        ),
        (
            "system-node-critical",
            2_000_001_000,
            "Used for system critical pods that must not be moved from their current node.",
        ),
    ] {
        inventory.add(
            site.object("scheduling.k8s.io/v1", "PriorityClass", name)
                .written_by("kube-apiserver")
                .generation(1)
                .with("value", json!(value))
                .with("description", json!(description))
                .with("preemptionPolicy", json!("PreemptLowerPriority")),
        );
    }
}

fn application_level(namespace: &str) -> &'static str {
    match namespace {
        "development" => "privileged",
        "staging" => "baseline",
        _ => "restricted",
    }
}

/// Adds quotas, default limits and network policies of the application namespaces, once their pods are there.
pub fn rules(inventory: &mut Inventory) {
    for namespace in inventory.site().cluster.namespaces {
        quota(inventory, namespace);
        network_policies(inventory, namespace);
    }
}

fn quota(inventory: &mut Inventory, namespace: &str) {
    let site = inventory.site();
    let is_large = namespace == "production";
    let (cpu, memory, limits, pods) =
        if is_large { ("12", "24Gi", "32Gi", "60") } else { ("4", "8Gi", "12Gi", "30") };
    let hard = json!({"limits.memory": limits, "persistentvolumeclaims": "10", "pods": pods, "requests.cpu": cpu, "requests.memory": memory});
    let used = usage(inventory, namespace, &hard);
    let mut object =
        site.object("v1", "ResourceQuota", "compute").namespace(namespace).written_by("terraform").build();
    if let Some(map) = object.as_object_mut() {
        map.insert("spec".to_owned(), json!({"hard": hard}));
        map.insert("status".to_owned(), json!({"hard": hard, "used": used}));
    }
    inventory.keep(object);
    inventory.add(site.object("v1", "LimitRange", "defaults").namespace(namespace).written_by("terraform").spec(json!({
        "limits": [{"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"}, "defaultRequest": {"cpu": "50m", "memory": "64Mi"}}],
    })));
}

/// What the pods and claims of a namespace use of a quota.
fn usage(inventory: &Inventory, namespace: &str, hard: &Value) -> Value {
    let pods: Vec<&Value> =
        inventory.of_kind("Pod").filter(|pod| field::namespace(pod) == namespace).collect();
    resource_quota::used(hard, &pods, |resource| {
        let kind = if resource == "persistentvolumeclaims" { "PersistentVolumeClaim" } else { "" };
        inventory.of_kind(kind).filter(|object| field::namespace(object) == namespace).count()
    })
}

fn network_policies(inventory: &mut Inventory, namespace: &str) {
    let site = inventory.site();
    let mut add = |name: &str, spec: Value| {
        inventory.add(
            site.object("networking.k8s.io/v1", "NetworkPolicy", name)
                .namespace(namespace)
                .written_by("terraform")
                .spec(spec),
        )
    };
    let from_controller = json!({"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}], "ports": [{"protocol": "TCP", "port": 8080}]});
    let same = json!({"podSelector": {}});
    match namespace {
        "development" => {
            add("default-deny", json!({"podSelector": {}, "policyTypes": ["Ingress"]}));
            add(
                "allow-same-namespace",
                json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [same]}, from_controller]}),
            );
        }
        "staging" => add(
            "allow-all",
            json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}),
        ),
        _ => {
            let dns = json!({
                "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}],
                "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
            });
            add("deny-all", json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}));
            add(
                "allow-ingress-controller",
                json!({"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "myapp"}}, "policyTypes": ["Ingress"], "ingress": [from_controller, {"from": [same]}]}),
            );
            add(
                "allow-egress-dns-https",
                json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [dns, {"ports": [{"protocol": "TCP", "port": 443}]}, {"to": [same]}]}),
            );
        }
    }
}
