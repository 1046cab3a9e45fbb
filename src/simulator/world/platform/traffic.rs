//! Traffic from outside: the ingress controller behind a load balancer, external-dns, and Ingress objects.

use serde_json::{Value, json};

use super::{Front, Port, account, account_with, platform, restricted, service};
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::cluster::{ACCOUNT, REGION, platform_image};
use crate::simulator::world::field;
use crate::simulator::world::identity;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::{Object, Site};
use crate::simulator::world::workload::deployment;

/// Ingress controller and external-dns.
pub(super) fn install(inventory: &mut Inventory) {
    ingress_controller(inventory);
    external_dns(inventory);
    ingress_classes(inventory);
}

fn ingress_controller(inventory: &mut Inventory) {
    let site = inventory.site();
    let namespace = "ingress-nginx";
    let selector = [
        ("app.kubernetes.io/name", "ingress-nginx"),
        ("app.kubernetes.io/instance", "ingress-nginx"),
        ("app.kubernetes.io/component", "controller"),
    ];
    account(inventory, namespace, "ingress-nginx");
    let controller =
        restricted("controller", &platform_image("ingress-nginx-controller", "v1.13.3"), "200m", "256Mi")
            .argument("/nginx-ingress-controller")
            .argument("--election-id=ingress-nginx-leader")
            .argument("--controller-class=k8s.io/ingress-nginx")
            .argument(&format!("--publish-status-address={}", site.cluster.load_balancer()))
            .port("http", 80)
            .port("https", 443)
            .port("metrics", 10254)
            .probed("/healthz", 10254);
    let workload = deployment(namespace, "ingress-nginx-controller")
        .version("1.13.3")
        .selected_by(&selector)
        .service_account("ingress-nginx")
        .replicas(site.cluster.pick(1, 2))
        .container(controller)
        .uses("18m", "121Mi");
    let workload = platform(workload, namespace);
    inventory.run(&if site.cluster.is_prod() { workload.spread("DoNotSchedule") } else { workload });
    let application = Some("platform-ingress-nginx");
    let front = Front {
        namespace,
        name: "ingress-nginx-controller",
        selector: &selector,
        ports: &[
            Port { name: "http", port: 80, target: "http" },
            Port { name: "https", port: 443, target: "https" },
        ],
        application,
    };
    service(inventory, front, |spec| {
        field::put(spec, "type", json!("NodePort"));
        field::put(spec, "externalTrafficPolicy", json!("Cluster"));
        for (port, number) in field::list_mut(spec, "ports").zip([30080, 30443]) {
            field::put(port, "nodePort", json!(number));
        }
    });
    let front = Front {
        namespace,
        name: "ingress-nginx-controller-admission",
        selector: &selector,
        ports: &[Port { name: "https-webhook", port: 443, target: "https" }],
        application,
    };
    service(inventory, front, |_| {});
    inventory.add(
        site.object("networking.k8s.io/v1", "Ingress", "edge")
            .namespace(namespace)
            .annotation("alb.ingress.kubernetes.io/healthcheck-path", "/healthz")
            .annotation("alb.ingress.kubernetes.io/listen-ports", "[{\"HTTP\": 80}, {\"HTTPS\": 443}]")
            .annotation("alb.ingress.kubernetes.io/load-balancer-name", &format!("k8s-ingressnginx-edge-{}", site.cluster.environment))
            .annotation("alb.ingress.kubernetes.io/scheme", "internet-facing")
            .annotation("alb.ingress.kubernetes.io/ssl-redirect", "443")
            .annotation("alb.ingress.kubernetes.io/target-type", "instance")
            .annotation("argocd.argoproj.io/tracking-id", "platform-ingress-nginx:networking.k8s.io/Ingress:ingress-nginx/edge")
            .written_by("argocd-controller")
            .spec(json!({"ingressClassName": "alb", "rules": [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "ingress-nginx-controller", "port": {"number": 80}}}}]}}]}))
            .status(json!({"loadBalancer": {"ingress": [{"hostname": site.cluster.load_balancer()}]}})),
    );
    target_group_binding(inventory);
}

/// What the load balancer controller makes of the Ingress `edge`: nodes registered in a target group.
fn target_group_binding(inventory: &mut Inventory) {
    let site = inventory.site();
    let digits = u32::from_str_radix(&hex_of(&format!("{}/target-group", site.cluster.name), 7), 16)
        .unwrap_or_default();
    let name = format!("k8s-ingressn-ingressn-{:010}", u64::from(digits) + 1_000_000_000);
    let arn =
        format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/{}", hex_of(&name, 16));
    inventory.add(
        site.object("elbv2.k8s.aws/v1beta1", "TargetGroupBinding", &name)
            .namespace("ingress-nginx")
            .label("ingress.k8s.aws/stack-name", "edge")
            .label("ingress.k8s.aws/stack-namespace", "ingress-nginx")
            .with("metadata.finalizers", json!(["elbv2.k8s.aws/resources"]))
            .written_by("controller")
            .spec(json!({"ipAddressType": "ipv4", "serviceRef": {"name": "ingress-nginx-controller", "port": 80}, "targetGroupARN": arn, "targetType": "instance", "vpcID": site.cluster.vpc()}))
            .status(json!({"observedGeneration": 1})),
    );
}

fn external_dns(inventory: &mut Inventory) {
    let cluster = inventory.site().cluster;
    let namespace = "external-dns";
    account_with(
        inventory,
        namespace,
        namespace,
        &json!({identity::ROLE_ANNOTATION: identity::role(cluster.name, namespace)}),
    );
    let controller = restricted(namespace, &platform_image(namespace, "v0.20.0"), "20m", "64Mi")
        .argument("--source=ingress")
        .argument("--source=service")
        .argument("--provider=aws")
        .argument("--registry=txt")
        .argument(&format!("--txt-owner-id={}", cluster.name))
        .argument("--policy=sync")
        .argument("--domain-filter=cosner.cloud")
        .argument("--interval=1m")
        .port("http", 7979)
        .probed("/healthz", "http");
    inventory.run(&platform(
        deployment(namespace, namespace).version("0.20.0").container(controller).uses("2m", "31Mi"),
        namespace,
    ));
}

fn ingress_classes(inventory: &mut Inventory) {
    let site = inventory.site();
    let class = |name: &str, controller: &str| {
        site.object("networking.k8s.io/v1", "IngressClass", name)
            .written_by("terraform")
            .spec(json!({"controller": controller}))
    };
    inventory.add(
        class("nginx", "k8s.io/ingress-nginx")
            .annotation("ingressclass.kubernetes.io/is-default-class", "true"),
    );
    inventory.add(class("alb", "ingress.k8s.aws/alb"));
}

/// An Ingress of class `nginx` for one Service.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// Namespace of Ingress and Service.
    pub namespace: &'a str,
    /// Name of both.
    pub name: &'a str,
    /// Hostnames.
    pub hosts: &'a [&'a str],
    /// Port of the Service: its name or number.
    pub port: Result<&'a str, u16>,
    /// Secret with the certificate.
    pub secret: &'a str,
}

/// The Ingress object of a route, to be completed with labels and tracking.
pub fn ingress(site: &Site, route: Route<'_>) -> Object {
    let port = match route.port {
        Ok(name) => json!({"name": name}),
        Err(number) => json!({"number": number}),
    };
    let rules: Vec<Value> = route.hosts.iter().map(|host| json!({"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": route.name, "port": port}}}]}})).collect();
    site.object("networking.k8s.io/v1", "Ingress", route.name)
        .namespace(route.namespace)
        .annotation("cert-manager.io/cluster-issuer", "letsencrypt-prod")
        .written_by("argocd-controller")
        .spec(json!({"ingressClassName": "nginx", "tls": [{"hosts": route.hosts, "secretName": route.secret}], "rules": rules}))
        .status(json!({"loadBalancer": {"ingress": [{"hostname": site.cluster.load_balancer()}]}}))
}
