//! `kube-system`: the managed add-ons of EKS, Karpenter and the load balancer controller.

use serde_json::json;

use super::{Front, Port, account, config_map, leader, named, platform, privileged, restricted, service};
use crate::simulator::world::cluster::{REGION, addon_image, platform_image};
use crate::simulator::world::container::container;
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::pairs;
use crate::simulator::world::workload::{daemon_set, deployment};

const NAMESPACE: &str = "kube-system";
const CNI: &str = "v1.20.4-eksbuild.2";
const COREDNS: &str = "v1.12.4-eksbuild.1";
const KUBE_PROXY: &str = "v1.36.3-eksbuild.2";
const POD_IDENTITY: &str = "v1.3.9-eksbuild.3";
const EBS_CSI: &str = "v1.52.1-eksbuild.1";
const EFS_CSI: &str = "v2.1.13-eksbuild.1";
const METRICS_SERVER: &str = "v0.8.0-eksbuild.2";
const COREFILE: &str = ".:53 {\n    errors\n    health {\n        lameduck 5s\n    }\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n        pods insecure\n        fallthrough in-addr.arpa ip6.arpa\n    }\n    prometheus :9153\n    forward . /etc/resolv.conf\n    cache 30\n    loop\n    reload\n    loadbalance\n}\n";

/// Everything in the namespace.
pub(super) fn install(inventory: &mut Inventory) {
    for name in [
        "coredns",
        "aws-node",
        "kube-proxy",
        "eks-pod-identity-agent",
        "ebs-csi-controller-sa",
        "ebs-csi-node-sa",
        "metrics-server",
        "karpenter",
        "aws-load-balancer-controller",
    ] {
        account(inventory, NAMESPACE, name);
    }
    node_agents(inventory);
    dns(inventory);
    storage_drivers(inventory);
    metrics(inventory);
    karpenter(inventory);
    load_balancers(inventory);
}

fn node_agents(inventory: &mut Inventory) {
    let cluster = inventory.site().cluster;
    let network = privileged("aws-node", &addon_image("amazon-k8s-cni", CNI), "25m", "64Mi")
        .env("ENABLE_PREFIX_DELEGATION", "true")
        .env("WARM_PREFIX_TARGET", "1")
        .env("AWS_VPC_K8S_CNI_LOGLEVEL", "DEBUG")
        .env("CLUSTER_NAME", cluster.name)
        .env("VPC_ID", &cluster.vpc());
    let policies = privileged(
        "aws-eks-nodeagent",
        &addon_image("aws-network-policy-agent", "v1.2.7-eksbuild.1"),
        "25m",
        "32Mi",
    )
    .argument("--enable-ipv6=false")
    .argument("--enable-network-policy=true");
    inventory.run(
        &daemon_set(NAMESPACE, "aws-node")
            .version(CNI)
            .selected_by(&[("k8s-app", "aws-node")])
            .everywhere()
            .host_network()
            .container(network)
            .container(policies)
            .uses("4m", "38Mi")
            .managed_addon(),
    );
    inventory.run(
        &daemon_set(NAMESPACE, "kube-proxy")
            .version(KUBE_PROXY)
            .selected_by(&[("k8s-app", "kube-proxy")])
            .everywhere()
            .host_network()
            .container(privileged("kube-proxy", &addon_image("kube-proxy", KUBE_PROXY), "100m", "64Mi"))
            .uses("2m", "21Mi")
            .managed_addon(),
    );
    inventory.run(
        &daemon_set(NAMESPACE, "eks-pod-identity-agent")
            .version(POD_IDENTITY)
            .everywhere()
            .host_network()
            .container(
                privileged(
                    "eks-pod-identity-agent",
                    &addon_image("eks-pod-identity-agent", POD_IDENTITY),
                    "10m",
                    "24Mi",
                )
                .port("proxy", 80),
            )
            .uses("1m", "12Mi")
            .managed_addon(),
    );
}

fn dns(inventory: &mut Inventory) {
    let server = restricted("coredns", &addon_image("coredns", COREDNS), "100m", "70Mi")
        .argument("-conf")
        .argument("/etc/coredns/Corefile")
        .protocol_port("dns", 53, "UDP")
        .port("dns-tcp", 53)
        .port("metrics", 9153)
        .probed("/health", 8080);
    inventory.run(
        &deployment(NAMESPACE, "coredns")
            .version(COREDNS)
            .selected_by(&[("eks.amazonaws.com/component", "coredns"), ("k8s-app", "kube-dns")])
            .replicas(2)
            .on_system_nodes()
            .spread("DoNotSchedule")
            .container(server)
            .uses("6m", "28Mi")
            .managed_addon(),
    );
    let front = Front {
        namespace: NAMESPACE,
        name: "kube-dns",
        selector: &[("k8s-app", "kube-dns")],
        ports: &[
            Port { name: "dns", port: 53, target: "53" },
            Port { name: "dns-tcp", port: 53, target: "53" },
            Port { name: "metrics", port: 9153, target: "9153" },
        ],
        application: None,
    };
    service(inventory, front, |spec| {
        field::put(spec, "clusterIP", json!("172.20.0.10"));
        field::put(spec, "clusterIPs", json!(["172.20.0.10"]));
        if let Some(port) = field::list_mut(spec, "ports").next() {
            field::put(port, "protocol", json!("UDP"));
        }
    });
    config_map(
        inventory,
        NAMESPACE,
        "coredns",
        &pairs(&[("k8s-app", "kube-dns"), ("eks.amazonaws.com/component", "coredns")]),
        &json!({"Corefile": COREFILE}),
    );
}

fn storage_drivers(inventory: &mut Inventory) {
    let is_prod = inventory.site().cluster.is_prod();
    let mut controller = deployment(NAMESPACE, "ebs-csi-controller")
        .version("1.52.1")
        .service_account("ebs-csi-controller-sa")
        .replicas(2)
        .on_system_nodes()
        .spread("DoNotSchedule")
        .uses("2m", "16Mi")
        .managed_addon();
    for name in
        ["ebs-plugin", "csi-provisioner", "csi-attacher", "csi-snapshotter", "csi-resizer", "liveness-probe"]
    {
        controller = controller.container(restricted(name, &addon_image(name, EBS_CSI), "10m", "40Mi"));
    }
    inventory.run(&controller);
    let mut node = daemon_set(NAMESPACE, "ebs-csi-node")
        .version("1.52.1")
        .service_account("ebs-csi-node-sa")
        .everywhere()
        .uses("1m", "12Mi")
        .managed_addon();
    for name in ["ebs-plugin", "node-driver-registrar", "liveness-probe"] {
        node = node.container(node_plugin(name, "ebs-plugin", EBS_CSI));
    }
    inventory.run(&node);
    leader(inventory, NAMESPACE, "ebs-csi-aws-com", "ebs-csi-controller");
    if !is_prod {
        return;
    }
    account(inventory, NAMESPACE, "efs-csi-controller-sa");
    account(inventory, NAMESPACE, "efs-csi-node-sa");
    let mut controller = deployment(NAMESPACE, "efs-csi-controller")
        .version("2.1.13")
        .service_account("efs-csi-controller-sa")
        .replicas(2)
        .on_system_nodes()
        .spread("DoNotSchedule")
        .uses("2m", "18Mi")
        .managed_addon();
    for name in ["efs-plugin", "csi-provisioner", "liveness-probe"] {
        controller = controller.container(restricted(name, &addon_image(name, EFS_CSI), "10m", "40Mi"));
    }
    inventory.run(&controller);
    let mut node = daemon_set(NAMESPACE, "efs-csi-node")
        .version("2.1.13")
        .service_account("efs-csi-node-sa")
        .everywhere()
        .host_network()
        .uses("1m", "14Mi")
        .managed_addon();
    for name in ["efs-plugin", "csi-driver-registrar", "liveness-probe"] {
        node = node.container(node_plugin(name, "efs-plugin", EFS_CSI));
    }
    inventory.run(&node);
}

/// A container of a CSI node pod: only the driver itself needs privileges.
fn node_plugin(name: &str, driver: &str, version: &str) -> crate::simulator::world::container::Container {
    let plain = container(name, &addon_image(name, version)).requests("10m", "40Mi").memory_limit("40Mi");
    if name == driver { plain.privileged() } else { plain.restricted() }
}

fn metrics(inventory: &mut Inventory) {
    let site = inventory.site();
    let server =
        restricted("metrics-server", &addon_image("metrics-server", METRICS_SERVER), "100m", "200Mi")
            .argument("--secure-port=10251")
            .argument("--kubelet-preferred-address-types=InternalIP")
            .argument("--metric-resolution=15s")
            .port("https", 10251);
    let workload = deployment(NAMESPACE, "metrics-server")
        .version(METRICS_SERVER)
        .replicas(site.cluster.pick(1, 2))
        .on_system_nodes()
        .container(server)
        .uses("5m", "41Mi")
        .managed_addon();
    inventory.run(&if site.cluster.is_prod() { workload.spread("DoNotSchedule") } else { workload });
    let front = Front {
        namespace: NAMESPACE,
        name: "metrics-server",
        selector: &named("metrics-server"),
        ports: &[Port { name: "https", port: 443, target: "https" }],
        application: None,
    };
    service(inventory, front, |_| {});
    inventory.add(
        site.object("apiregistration.k8s.io/v1", "APIService", "v1beta1.metrics.k8s.io")
            .label("app.kubernetes.io/name", "metrics-server")
            .written_by("eks-addon")
            .spec(json!({
                "service": {"namespace": NAMESPACE, "name": "metrics-server", "port": 443}, "group": "metrics.k8s.io", "version": "v1beta1",
                "insecureSkipTLSVerify": true, "groupPriorityMinimum": 100, "versionPriority": 100,
            }))
            .status(json!({"conditions": [{"type": "Available", "status": "True", "lastTransitionTime": site.stamp(19 * 24 * 60), "reason": "Passed", "message": "all checks passed"}]})),
    );
}

fn karpenter(inventory: &mut Inventory) {
    let cluster = inventory.site().cluster;
    let controller = restricted("controller", &platform_image("karpenter", "1.8.1"), "200m", "512Mi")
        .env("CLUSTER_NAME", cluster.name)
        .env("CLUSTER_ENDPOINT", &cluster.endpoint())
        .env("INTERRUPTION_QUEUE", cluster.pick("", cluster.name))
        .env("FEATURE_GATES", "SpotToSpotConsolidation=false")
        .port("http-metrics", 8080)
        .port("http", 8081)
        .probed("/healthz", "http");
    let workload = platform(
        deployment(NAMESPACE, "karpenter")
            .version("1.8.1")
            .replicas(cluster.pick(1, 2))
            .on_system_nodes()
            .container(controller)
            .uses("24m", "142Mi"),
        NAMESPACE,
    );
    inventory.run(&if cluster.is_prod() { workload.spread("DoNotSchedule") } else { workload });
    let front = Front {
        namespace: NAMESPACE,
        name: "karpenter",
        selector: &named("karpenter"),
        ports: &[Port { name: "http-metrics", port: 8080, target: "http-metrics" }],
        application: Some("platform-kube-system"),
    };
    service(inventory, front, |_| {});
    leader(inventory, NAMESPACE, "karpenter-leader-election", "karpenter");
}

fn load_balancers(inventory: &mut Inventory) {
    let cluster = inventory.site().cluster;
    let name = "aws-load-balancer-controller";
    let controller = restricted(name, &platform_image(name, "v2.14.1"), "100m", "128Mi")
        .argument(&format!("--cluster-name={}", cluster.name))
        .argument("--ingress-class=alb")
        .argument(&format!("--aws-region={REGION}"))
        .argument(&format!("--aws-vpc-id={}", cluster.vpc()))
        .port("webhook-server", 9443)
        .port("metrics-server", 8080)
        .probed("/healthz", 61779);
    inventory.run(&platform(
        deployment(NAMESPACE, name)
            .version("2.14.1")
            .replicas(2)
            .on_system_nodes()
            .spread("DoNotSchedule")
            .container(controller)
            .uses("5m", "48Mi"),
        NAMESPACE,
    ));
    let front = Front {
        namespace: NAMESPACE,
        name: "aws-load-balancer-webhook-service",
        selector: &named(name),
        ports: &[Port { name: "webhook-server", port: 443, target: "webhook-server" }],
        application: Some("platform-kube-system"),
    };
    service(inventory, front, |_| {});
    leader(inventory, NAMESPACE, "aws-load-balancer-controller-leader", name);
}
