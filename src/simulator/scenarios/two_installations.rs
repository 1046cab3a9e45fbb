//! A second ingress controller was installed beside the first, and never taken away.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::world::cluster::{DEV, platform_image};
use crate::simulator::world::container::container;
use crate::simulator::world::object::{Site, pairs};
use crate::simulator::world::workload::deployment;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "two-installations",
    description: "dev has a second ingress-nginx under another release name and namespace",
    unfolds: SignedDuration::from_mins(3),
    namespace: None,
    apply,
};

const NAMESPACE: &str = "edge-legacy";
const NAME: &str = "legacy-ingress-nginx-controller";
const SELECTOR: [(&str, &str); 3] = [
    ("app.kubernetes.io/name", "ingress-nginx"),
    ("app.kubernetes.io/instance", "legacy"),
    ("app.kubernetes.io/component", "controller"),
];

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    let store = cluster.store();
    let site = Site { cluster: &DEV, now: store.clock().now() };
    let controller = container("controller", &platform_image("ingress-nginx-controller", "v1.11.5"))
        .argument("/nginx-ingress-controller")
        .argument("--election-id=legacy-ingress-nginx-leader")
        .argument("--controller-class=k8s.io/ingress-nginx-legacy")
        .argument("--ingress-class=nginx-legacy")
        .port("http", 80)
        .port("https", 443)
        .probed("/healthz", 10254)
        .requests("100m", "128Mi");
    let workload = deployment(NAMESPACE, NAME)
        .version("1.11.5")
        .selected_by(&SELECTOR)
        .service_account("legacy-ingress-nginx")
        .container(controller)
        .uses("4m", "88Mi");
    let objects = [
        site.object("v1", "Namespace", NAMESPACE)
            .label("kubernetes.io/metadata.name", NAMESPACE)
            .with("spec", json!({"finalizers": ["kubernetes"]}))
            .status(json!({"phase": "Active"}))
            .build(),
        site.object("v1", "ServiceAccount", "legacy-ingress-nginx").namespace(NAMESPACE).labels(&pairs(&SELECTOR)).build(),
        site.object("networking.k8s.io/v1", "IngressClass", "nginx-legacy")
            .labels(&pairs(&SELECTOR))
            .spec(json!({"controller": "k8s.io/ingress-nginx-legacy"}))
            .build(),
        site.object("v1", "Service", NAME)
            .namespace(NAMESPACE)
            .labels(&pairs(&SELECTOR))
            .spec(json!({
                "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}], "selector": pairs(&SELECTOR), "clusterIP": "172.20.113.7", "clusterIPs": ["172.20.113.7"],
                "type": "ClusterIP", "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
            }))
            .status(json!({"loadBalancer": {}}))
            .build(),
        workload.build(&site),
    ];
    for object in objects {
        store.create(&object)?;
    }
    Ok(())
}
