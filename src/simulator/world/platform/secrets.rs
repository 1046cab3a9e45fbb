//! Secrets from outside: external-secrets, the secrets store CSI driver, sealed secrets.

use serde_json::json;

use super::{Front, Port, account, leader, named, platform, restricted, service};
use crate::simulator::world::cluster::{REGION, platform_image};
use crate::simulator::world::container::container;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::workload::{daemon_set, deployment};

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
}
