//! Secrets from outside: external-secrets, the secrets store CSI driver, sealed secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Front, Port, account, leader, named, pem, platform, restricted, service};
use crate::simulator::world::chance::{Chance, hex_of};
use crate::simulator::world::cluster::{REGION, platform_image};
use crate::simulator::world::container::container;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::workload::{daemon_set, deployment, tracking_id};

/// Both namespaces and the store they read from.
pub(super) fn install(inventory: &mut Inventory) {
    external_secrets(inventory);
    secrets_management(inventory);
}

fn external_secrets(inventory: &mut Inventory) {
    let site = inventory.site();
    let namespace = "external-secrets";
    for name in [namespace, "external-secrets-webhook", "external-secrets-cert-controller"] {
        account(inventory, namespace, name);
        let process =
            restricted(name, &platform_image(namespace, "v2.0.1"), "20m", "96Mi").port("metrics", 8080);
        let workload = platform(
            deployment(namespace, name)
                .version("v2.0.1")
                .replicas(site.cluster.pick(1, 2))
                .container(process)
                .uses("2m", "37Mi"),
            namespace,
        );
        inventory.run(&if site.cluster.is_prod() { workload.spread("DoNotSchedule") } else { workload });
    }
    let name = "external-secrets-webhook";
    service(
        inventory,
        Front {
            namespace,
            name,
            selector: &named(name),
            ports: &[Port { name: "webhook", port: 443, target: "10250" }],
            application: Some("platform-external-secrets"),
        },
        |_| {},
    );
    leader(inventory, namespace, "external-secrets-controller", "external-secrets-");
    inventory.add(
        site.object("external-secrets.io/v1", "ClusterSecretStore", "aws-secrets-manager")
            .written_by("argocd-controller")
            .spec(json!({"provider": {"aws": {"auth": {"jwt": {"serviceAccountRef": {"name": namespace, "namespace": namespace}}}, "region": REGION, "service": "SecretsManager"}}}))
            .status(json!({"capabilities": "ReadWrite", "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": site.stamp(30 * 24 * 60), "reason": "Valid", "message": "store validated"}]})),
    );
}

fn secrets_management(inventory: &mut Inventory) {
    let namespace = "secrets-management";
    for (name, version, containers) in [
        (
            "secrets-store-csi-driver",
            "1.5.3",
            &["node-driver-registrar", "secrets-store", "liveness-probe"][..],
        ),
        ("csi-secrets-store-provider-aws", "2.1.0", &["provider-aws-installer"][..]),
    ] {
        account(inventory, namespace, name);
        let mut workload = daemon_set(namespace, name).version(version).everywhere().uses("1m", "14Mi");
        for process in containers {
            let plain = container(process, &platform_image(process, &format!("v{version}")))
                .requests("15m", "48Mi")
                .memory_limit("48Mi");
            workload = workload.container(if *process == "secrets-store" {
                plain.privileged()
            } else {
                plain.restricted()
            });
        }
        inventory.run(&platform(workload, namespace));
    }
    let name = "sealed-secrets-controller";
    account(inventory, namespace, name);
    let process = restricted("controller", &platform_image(name, "0.32.2"), "25m", "64Mi")
        .port("http", 8080)
        .probed("/healthz", "http");
    inventory.run(&platform(
        deployment(namespace, name).version("0.32.2").container(process).uses("1m", "22Mi"),
        namespace,
    ));
    service(
        inventory,
        Front {
            namespace,
            name,
            selector: &named(name),
            ports: &[Port { name: "http", port: 8080, target: "http" }],
            application: Some("platform-secrets-management"),
        },
        |_| {},
    );
    sealed(inventory);
}

/// A Secret that lies sealed in Git, with the key that opens it.
fn sealed(inventory: &mut Inventory) {
    let site = inventory.site();
    let cluster = site.cluster.name;
    let (namespace, name) = ("monitoring", "alertmanager-receivers");
    let born = 26 * 24 * 60;
    let sealed = site
        .object("bitnami.com/v1alpha1", "SealedSecret", name)
        .namespace(namespace)
        .annotation(
            "argocd.argoproj.io/tracking-id",
            &tracking_id("platform-monitoring", "bitnami.com", "SealedSecret", namespace, name),
        )
        .minutes_old(born)
        .written_by("argocd-controller")
        .spec(json!({
            "encryptedData": {"slack-webhook-url": format!("Ag{}", STANDARD.encode(hex_of(&format!("{cluster}/{name}"), 480)))},
            "template": {"metadata": {"name": name, "namespace": namespace}, "type": "Opaque"},
        }))
        .status(json!({"conditions": [{"type": "Synced", "status": "True", "lastTransitionTime": site.stamp(born), "lastUpdateTime": site.stamp(born)}], "observedGeneration": 1}));
    let sealed = inventory.keep(sealed.build());
    let value = STANDARD.encode(hex_of(&format!("{cluster}/{name}/value"), 40));
    inventory.add(
        site.object("v1", "Secret", name)
            .namespace(namespace)
            .minutes_old(born)
            .written_by("controller")
            .controlled_by(&sealed)
            .with("type", json!("Opaque"))
            .with("data", json!({"slack-webhook-url": value})),
    );
    let mut data = serde_json::Map::new();
    for (part, label) in [("tls.crt", "CERTIFICATE"), ("tls.key", "RSA PRIVATE KEY")] {
        data.insert(
            part.to_owned(),
            json!(STANDARD.encode(pem(label, &format!("{cluster}/sealing/{part}"), 20))),
        );
    }
    inventory.add(
        site.object("v1", "Secret", &format!("sealed-secrets-key{}", Chance::of(cluster).suffix()))
            .namespace("secrets-management")
            .label("sealedsecrets.bitnami.com/sealed-secrets-key", "active")
            .minutes_old(born)
            .written_by("controller")
            .with("type", json!("kubernetes.io/tls"))
            .with("data", serde_json::Value::Object(data)),
    );
}

/// What Grafana mounts from Secrets Manager through the secrets store driver.
pub(super) fn provider_class(inventory: &mut Inventory, namespace: &str, name: &str) {
    let site = inventory.site();
    let objects = format!(
        "- objectName: {}/grafana\n  objectType: secretsmanager\n  objectAlias: grafana\n",
        site.cluster.environment
    );
    inventory.add(
        site.object("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", name)
            .namespace(namespace)
            .annotation(
                "argocd.argoproj.io/tracking-id",
                &tracking_id(&format!("platform-{namespace}"), "secrets-store.csi.x-k8s.io", "SecretProviderClass", namespace, name),
            )
            .written_by("argocd-controller")
            .spec(json!({"provider": "aws", "parameters": {"objects": objects, "region": REGION, "usePodIdentity": "true"}})),
    );
}

/// The volume by which a pod mounts a SecretProviderClass.
pub(super) fn provider_volume(class: &str) -> serde_json::Value {
    json!({"name": "secrets", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": true, "volumeAttributes": {"secretProviderClass": class}}})
}
