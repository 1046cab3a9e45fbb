//! `argocd`: the controllers that deliver everything else, with their configuration.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{
    Front, Port, account, certificate, config_map, ingress, named, platform, restricted, service, tls_secret,
};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::cluster::platform_image;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::pairs;
use crate::simulator::world::platform::Route;
use crate::simulator::world::workload::{deployment, stateful_set, tracking_id};

const NAMESPACE: &str = "argocd";
const VERSION: &str = "v3.1.9";

/// Everything in the namespace, and the hostnames of the platform's own pages.
pub(super) fn install(inventory: &mut Inventory) {
    let cluster = inventory.site().cluster;
    let application = Some("platform-argocd");
    for (name, port_name, replicas, port) in [
        ("argocd-server", "server", cluster.pick(1, 2), 8080),
        ("argocd-repo-server", "repo", cluster.pick(1, 2), 8081),
        ("argocd-applicationset-controller", "applicationset", 1, 7000),
        ("argocd-redis", "redis", 1, 6379),
    ] {
        account(inventory, NAMESPACE, name);
        let (container, image) = if name == "argocd-redis" {
            ("redis", platform_image("redis", "7.4.5"))
        } else {
            (name, platform_image("argocd", VERSION))
        };
        let process = restricted(container, &image, "50m", "128Mi").port(port_name, port);
        let workload = platform(
            deployment(NAMESPACE, name)
                .version(VERSION)
                .label("app.kubernetes.io/part-of", NAMESPACE)
                .replicas(replicas)
                .container(process)
                .uses("8m", "72Mi"),
            NAMESPACE,
        );
        inventory.run(&if replicas > 1 { workload.spread("DoNotSchedule") } else { workload });
        let target = port.to_string();
        let front = match name {
            "argocd-server" => Port { name: "http", port: 80, target: &target },
            _ => Port { name: "tcp", port, target: &target },
        };
        service(
            inventory,
            Front { namespace: NAMESPACE, name, selector: &named(name), ports: &[front], application },
            |_| {},
        );
    }
    let name = "argocd-application-controller";
    account(inventory, NAMESPACE, name);
    let process = restricted(name, &platform_image("argocd", VERSION), "250m", "512Mi").port("metrics", 8082);
    inventory.run(&platform(
        stateful_set(NAMESPACE, name)
            .version(VERSION)
            .label("app.kubernetes.io/part-of", NAMESPACE)
            .container(process)
            .uses("31m", "262Mi"),
        NAMESPACE,
    ));
    configuration(inventory);
    if cluster.is_prod() {
        page(inventory, "monitoring", "kps-grafana", "grafana.cosner.cloud");
        page(inventory, NAMESPACE, "argocd-server", "argocd.cosner.cloud");
    }
}

fn configuration(inventory: &mut Inventory) {
    let site = inventory.site();
    let mut settings = serde_json::Map::new();
    settings.insert("application.resourceTrackingMethod".to_owned(), json!("annotation"));
    settings.insert("timeout.reconciliation".to_owned(), json!("60s"));
    settings.insert("resource.exclusions".to_owned(), json!("- apiGroups: ['']\n  kinds: [Endpoints, Event]\n- apiGroups: [discovery.k8s.io]\n  kinds: [EndpointSlice]\n- apiGroups: [coordination.k8s.io]\n  kinds: [Lease]\n"));
    let mut rights = serde_json::Map::new();
    rights.insert("policy.default".to_owned(), json!("role:readonly"));
    for (name, data) in [
        ("argocd-cm", Value::Object(settings)),
        ("argocd-rbac-cm", Value::Object(rights)),
        ("argocd-cmd-params-cm", json!({})),
        ("argocd-gpg-keys-cm", json!({})),
        ("argocd-ssh-known-hosts-cm", json!({})),
        ("argocd-tls-certs-cm", json!({})),
    ] {
        config_map(
            inventory,
            NAMESPACE,
            name,
            &pairs(&[("app.kubernetes.io/name", name), ("app.kubernetes.io/part-of", NAMESPACE)]),
            &data,
        );
    }
    let mut data = serde_json::Map::new();
    data.insert(
        "server.secretkey".to_owned(),
        json!(STANDARD.encode(hex_of(&format!("{}/argocd", site.cluster.name), 64))),
    );
    inventory.add(
        site.object("v1", "Secret", "argocd-secret")
            .namespace(NAMESPACE)
            .labels(&pairs(&[
                ("app.kubernetes.io/name", "argocd-secret"),
                ("app.kubernetes.io/part-of", NAMESPACE),
            ]))
            .with("type", json!("Opaque"))
            .with("data", Value::Object(data)),
    );
}

/// A page of the platform with a hostname and a certificate.
fn page(inventory: &mut Inventory, namespace: &str, name: &str, host: &str) {
    let site = inventory.site();
    let secret = format!("{name}-tls");
    let application = format!("platform-{namespace}");
    let tracked =
        |group: &str, kind: &str, name: &str| tracking_id(&application, group, kind, namespace, name);
    inventory.add(
        ingress(&site, Route { namespace, name, hosts: &[host], port: Err(80), secret: &secret })
            .annotation("argocd.argoproj.io/tracking-id", &tracked("networking.k8s.io", "Ingress", name)),
    );
    let certificate = certificate(&site, namespace, &secret, &[host])
        .annotation("argocd.argoproj.io/tracking-id", &tracked("cert-manager.io", "Certificate", &secret))
        .build();
    for object in tls_secret(&site, &certificate) {
        inventory.keep(object);
    }
    inventory.keep(certificate);
}
