//! `monitoring` and `logging`: Prometheus, Alertmanager, Grafana and their exporters; Fluent Bit.

use serde_json::json;

use super::secrets::{provider_class, provider_volume};
use super::{Front, Port, account, config_map, named, platform, restricted, service};
use crate::simulator::world::cluster::{REGION, platform_image};
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::storage::{self, Claim};
use crate::simulator::world::workload::{Workload, daemon_set, deployment, stateful_set};

const MONITORING: &str = "monitoring";

/// Both namespaces.
pub(super) fn install(inventory: &mut Inventory) {
    for name in [
        "prometheus-kps",
        "alertmanager-kps",
        "kps-operator",
        "kps-grafana",
        "kps-kube-state-metrics",
        "node-exporter",
    ] {
        account(inventory, MONITORING, name);
    }
    stores(inventory);
    exporters(inventory);
    for (name, target, port) in [
        ("prometheus-kps", "http-web", 9090),
        ("alertmanager-kps", "http-web", 9093),
        ("kps-grafana", "grafana", 80),
        ("kps-kube-state-metrics", "http", 8080),
    ] {
        service(
            inventory,
            Front {
                namespace: MONITORING,
                name,
                selector: &named(name),
                ports: &[Port { name: "http", port, target }],
                application: Some("platform-monitoring"),
            },
            |_| {},
        );
    }
    logging(inventory);
}

fn of_stack(workload: Workload) -> Workload {
    platform(workload.label("app.kubernetes.io/part-of", "kps"), MONITORING)
}

fn stores(inventory: &mut Inventory) {
    let site = inventory.site();
    let replicas = site.cluster.pick(1, 2);
    let prometheus = restricted("prometheus", &platform_image("prometheus", "v3.7.2"), "500m", "2Gi")
        .argument("--storage.tsdb.retention.time=15d")
        .port("http-web", 9090)
        .mount("prometheus-kps-db", "/prometheus")
        .probed("/-/ready", "http-web");
    let prometheus = of_stack(
        stateful_set(MONITORING, "prometheus-kps")
            .version("3.7.2")
            .replicas(replicas)
            .container(prometheus)
            .claim("prometheus-kps-db", "200Gi")
            .uses("160m", "1240Mi"),
    );
    inventory.run(&if site.cluster.is_prod() { prometheus.spread("ScheduleAnyway") } else { prometheus });
    let alertmanager = restricted("alertmanager", &platform_image("alertmanager", "v0.28.1"), "20m", "64Mi")
        .port("http-web", 9093)
        .probed("/-/ready", "http-web");
    let alertmanager = of_stack(
        stateful_set(MONITORING, "alertmanager-kps")
            .version("0.28.1")
            .replicas(replicas)
            .container(alertmanager)
            .uses("2m", "31Mi"),
    );
    inventory.run(&if site.cluster.is_prod() { alertmanager.spread("DoNotSchedule") } else { alertmanager });
    provider_class(inventory, MONITORING, "grafana");
    let grafana = restricted("grafana", &platform_image("grafana", "12.2.1"), "100m", "256Mi")
        .port("grafana", 3000)
        .mount("storage", "/var/lib/grafana")
        .mount("secrets", "/mnt/secrets")
        .probed("/api/health", "grafana");
    let grafana = deployment(MONITORING, "kps-grafana")
        .version("12.2.1")
        .container(grafana)
        .pod(
            "volumes",
            json!([
                {"name": "storage", "persistentVolumeClaim": {"claimName": "kps-grafana"}},
                provider_volume("grafana"),
            ]),
        )
        .uses("9m", "148Mi");
    inventory.run(&of_stack(grafana));
    let zone = inventory
        .of_kind("Pod")
        .find(|pod| field::name(pod).starts_with("kps-grafana-"))
        .map(|pod| field::label(pod, "topology.kubernetes.io/zone").to_owned())
        .unwrap_or_default();
    for object in storage::bound(
        &site,
        Claim {
            namespace: MONITORING,
            name: "kps-grafana",
            storage: "20Gi",
            zone: &zone,
            labels: &serde_json::Value::Null,
        },
    ) {
        inventory.keep(object);
    }
}

fn exporters(inventory: &mut Inventory) {
    let operator = restricted(
        "kube-prometheus-stack",
        &platform_image("prometheus-operator", "v0.86.1"),
        "50m",
        "128Mi",
    )
    .port("https", 10250);
    inventory.run(&of_stack(
        deployment(MONITORING, "kps-operator").version("0.86.1").container(operator).uses("3m", "42Mi"),
    ));
    let state =
        restricted("kube-state-metrics", &platform_image("kube-state-metrics", "v2.17.0"), "20m", "96Mi")
            .port("http", 8080)
            .probed("/livez", "http");
    inventory.run(&of_stack(
        deployment(MONITORING, "kps-kube-state-metrics")
            .version("2.17.0")
            .container(state)
            .uses("4m", "52Mi"),
    ));
    let node = restricted("node-exporter", &platform_image("node-exporter", "v1.9.1"), "20m", "32Mi")
        .port("http-metrics", 9100);
    inventory.run(&platform(
        daemon_set(MONITORING, "node-exporter")
            .version("1.9.1")
            .everywhere()
            .host_network()
            .container(node)
            .uses("3m", "16Mi"),
        MONITORING,
    ));
}

fn logging(inventory: &mut Inventory) {
    let cluster = inventory.site().cluster;
    account(inventory, "logging", "fluent-bit");
    let output = format!(
        "[OUTPUT]\n    Name cloudwatch_logs\n    Match *\n    region {REGION}\n    log_group_name /aws/containerinsights/{}/application\n    log_stream_prefix ${{HOST_NAME}}-\n    auto_create_group false\n",
        cluster.name
    );
    let mut data = serde_json::Map::new();
    data.insert("fluent-bit.conf".to_owned(), json!(output));
    config_map(inventory, "logging", "fluent-bit", &json!({}), &serde_json::Value::Object(data));
    let agent = restricted("fluent-bit", &platform_image("aws-for-fluent-bit", "3.0.0"), "50m", "64Mi")
        .port("http", 2020);
    inventory.run(&platform(
        daemon_set("logging", "fluent-bit").version("4.1.1").everywhere().container(agent).uses("6m", "34Mi"),
        "logging",
    ));
}
