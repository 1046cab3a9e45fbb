//! cert-manager, its issuers, and the objects around one certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Front, Port, account, leader, named, platform, restricted, service};
use crate::simulator::world::chance::{Chance, hex_of};
use crate::simulator::world::cluster::{REGION, platform_image};
use crate::simulator::world::field;
use crate::simulator::world::inventory::Inventory;
use crate::simulator::world::object::{Object, Site};
use crate::simulator::world::workload::deployment;

const NAMESPACE: &str = "cert-manager";
const VERSION: &str = "v1.19.2";
/// Days a certificate is old at rest, of the ninety it lives.
const CERTIFICATE_AGE: i64 = 20 * 24 * 60;

/// Everything in the namespace, and the cluster's issuers.
pub(super) fn install(inventory: &mut Inventory) {
    let cluster = inventory.site().cluster;
    for (name, container, port) in [
        (NAMESPACE, "cert-manager-controller", 9402),
        ("cert-manager-webhook", "cert-manager-webhook", 10250),
        ("cert-manager-cainjector", "cert-manager-cainjector", 9402),
    ] {
        account(inventory, NAMESPACE, name);
        let process = restricted(container, &platform_image(container, VERSION), "25m", "96Mi")
            .port("http-metrics", port);
        let workload = platform(
            deployment(NAMESPACE, name)
                .version(VERSION)
                .label("app.kubernetes.io/part-of", NAMESPACE)
                .replicas(cluster.pick(1, 2))
                .container(process)
                .uses("3m", "44Mi"),
            NAMESPACE,
        );
        inventory.run(&if cluster.is_prod() { workload.spread("DoNotSchedule") } else { workload });
    }
    let application = Some("platform-cert-manager");
    for (name, port) in [
        (NAMESPACE, Port { name: "tcp-prometheus-servicemonitor", port: 9402, target: "http-metrics" }),
        ("cert-manager-webhook", Port { name: "https", port: 443, target: "10250" }),
    ] {
        service(
            inventory,
            Front { namespace: NAMESPACE, name, selector: &named(name), ports: &[port], application },
            |_| {},
        );
    }
    leader(inventory, "kube-system", "cert-manager-controller", "cert-manager");
    issuers(inventory);
}

fn issuers(inventory: &mut Inventory) {
    let site = inventory.site();
    let ready = |reason: &str, message: &str| json!([{"type": "Ready", "status": "True", "lastTransitionTime": site.stamp(30 * 24 * 60), "reason": reason, "message": message, "observedGeneration": 1}]);
    for (name, host) in [("letsencrypt-prod", "acme-v02"), ("letsencrypt-staging", "acme-staging-v02")] {
        let server = format!("https://{host}.api.letsencrypt.org");
        inventory.add(
            site.object("cert-manager.io/v1", "ClusterIssuer", name)
                .written_by("argocd-controller")
                .spec(json!({"acme": {
                    "email": "platform@cosner.cloud", "privateKeySecretRef": {"name": name}, "server": format!("{server}/directory"),
                    "solvers": [{"dns01": {"route53": {"region": REGION}}, "selector": {"dnsZones": ["cosner.cloud"]}}],
                }}))
                .status(json!({
                    "acme": {"lastPrivateKeyHash": hex_of(name, 43), "lastRegisteredEmail": "platform@cosner.cloud", "uri": format!("{server}/acme/acct/1234567")},
                    "conditions": ready("ACMEAccountRegistered", "The ACME account was registered with the ACME server"),
                })),
        );
    }
    inventory.add(
        site.object("cert-manager.io/v1", "ClusterIssuer", "selfsigned")
            .written_by("argocd-controller")
            .spec(json!({"selfSigned": {}}))
            .status(json!({"conditions": ready("IsReady", "")})),
    );
}

/// A Certificate that was issued some weeks ago, to be completed with labels and tracking.
pub fn certificate(site: &Site, namespace: &str, name: &str, hosts: &[&str]) -> Object {
    let issued = CERTIFICATE_AGE;
    site.object("cert-manager.io/v1", "Certificate", name)
        .namespace(namespace)
        .written_by("argocd-controller")
        .spec(json!({
            "dnsNames": hosts, "duration": "2160h0m0s", "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt-prod"}, "renewBefore": "720h0m0s", "secretName": name,
        }))
        .status(json!({
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": site.stamp(issued), "reason": "Ready", "message": "Certificate is up to date and has not expired", "observedGeneration": 1}],
            "notBefore": site.stamp(issued), "notAfter": site.stamp(issued - 90 * 24 * 60), "renewalTime": site.stamp(issued - 60 * 24 * 60), "revision": 1,
        }))
}

/// The Secret, the CertificateRequest and the Order that belong to an issued Certificate.
pub fn tls_secret(site: &Site, certificate: &Value) -> [Value; 3] {
    let (namespace, name) = (field::namespace(certificate), field::name(certificate));
    let hosts: Vec<&str> =
        field::list(certificate, "spec.dnsNames").iter().filter_map(Value::as_str).collect();
    let issuer = field::at(certificate, "spec.issuerRef").clone();
    let chain = STANDARD.encode(pem("CERTIFICATE", &format!("{}/{namespace}/{name}", site.cluster.name), 12));
    let secret = site
        .object("v1", "Secret", name)
        .namespace(namespace)
        .minutes_old(CERTIFICATE_AGE)
        .written_by("cert-manager-certificates-issuing")
        .label("controller.cert-manager.io/fao", "true")
        .annotation("cert-manager.io/alt-names", &hosts.join(","))
        .annotation("cert-manager.io/certificate-name", name)
        .annotation("cert-manager.io/common-name", hosts.first().copied().unwrap_or_default())
        .annotation("cert-manager.io/issuer-group", "cert-manager.io")
        .annotation("cert-manager.io/issuer-kind", "ClusterIssuer")
        .annotation("cert-manager.io/issuer-name", field::text(&issuer, "name"))
        .with("type", json!("kubernetes.io/tls"))
        .with("data", json!({}))
        .build();
    let mut secret = secret;
    if let Some(data) = secret.get_mut("data").and_then(Value::as_object_mut) {
        data.insert("tls.crt".to_owned(), json!(chain));
        data.insert(
            "tls.key".to_owned(),
            json!(STANDARD.encode(pem("EC PRIVATE KEY", &format!("{namespace}/{name}/key"), 3))),
        );
    }
    let request = site
        .object("cert-manager.io/v1", "CertificateRequest", &format!("{name}-1"))
        .namespace(namespace)
        .minutes_old(CERTIFICATE_AGE)
        .written_by("cert-manager-certificates-request-manager")
        .annotation("cert-manager.io/certificate-name", name)
        .annotation("cert-manager.io/certificate-revision", "1")
        .annotation("cert-manager.io/private-key-secret-name", &format!("{name}-{}", Chance::of(name).suffix()))
        .controlled_by(certificate)
        .spec(json!({
            "duration": "2160h0m0s", "issuerRef": issuer, "request": STANDARD.encode(pem("CERTIFICATE REQUEST", name, 6)), "usages": ["digital signature", "key encipherment"],
            "username": "system:serviceaccount:cert-manager:cert-manager",
        }))
        .status(json!({"certificate": chain, "conditions": [
            {"type": "Approved", "status": "True", "lastTransitionTime": site.stamp(CERTIFICATE_AGE), "reason": "cert-manager.io", "message": "Certificate request has been approved by cert-manager.io"},
            {"type": "Ready", "status": "True", "lastTransitionTime": site.stamp(CERTIFICATE_AGE), "reason": "Issued", "message": "Certificate fetched from issuer successfully"},
        ]}))
        .build();
    let order = order(site, &request, &hosts);
    [secret, request, order]
}

/// The Order of a CertificateRequest that was fulfilled.
fn order(site: &Site, request: &Value, hosts: &[&str]) -> Value {
    let name = order_name(request);
    site.object("acme.cert-manager.io/v1", "Order", &name)
        .namespace(field::namespace(request))
        .minutes_old(CERTIFICATE_AGE)
        .written_by("cert-manager-certificaterequests-issuer-acme")
        .annotations(field::at(request, "metadata.annotations"))
        .controlled_by(request)
        .spec(json!({"dnsNames": hosts, "issuerRef": field::at(request, "spec.issuerRef"), "request": field::at(request, "spec.request")}))
        .status(order_status(&name, hosts, "valid", Some(field::text(request, "status.certificate"))))
        .build()
}

/// The name of a CertificateRequest's Order: its own with a checksum behind.
pub fn order_name(request: &Value) -> String {
    let digits =
        u32::from_str_radix(&hex_of(&format!("{}/order", field::text(request, "spec.request")), 8), 16);
    format!("{}-{}", field::name(request), digits.unwrap_or_default())
}

/// What the ACME server answered to an Order for some hosts.
pub fn order_status(name: &str, hosts: &[&str], state: &str, certificate: Option<&str>) -> Value {
    let id = |what: &str| u32::from_str_radix(&hex_of(&format!("{name}/{what}"), 8), 16).unwrap_or_default();
    let authorizations: Vec<Value> = hosts
        .iter()
        .map(|host| {
            let url = format!("https://acme-v02.api.letsencrypt.org/acme/authz/1234567/{}", id(host));
            let challenge = json!({"token": hex_of(&format!("{name}/{host}/token"), 43), "type": "dns-01", "url": format!("{}/{}", url.replace("authz", "chall"), hex_of(host, 6))});
            json!({"challenges": [challenge], "identifier": host, "initialState": "pending", "url": url, "wildcard": false})
        })
        .collect();
    let mut status = json!({
        "authorizations": authorizations, "finalizeURL": format!("https://acme-v02.api.letsencrypt.org/acme/finalize/1234567/{}", id("order")),
        "state": state, "url": format!("https://acme-v02.api.letsencrypt.org/acme/order/1234567/{}", id("order")),
    });
    if let Some(certificate) = certificate {
        field::put(&mut status, "certificate", json!(certificate));
    }
    status
}

/// A block that looks like PEM and holds nothing: no key of anybody is ever in the simulator.
pub fn pem(label: &str, of: &str, lines: usize) -> String {
    let mut chance = Chance::of(of);
    let body: String = (0..lines).map(|_| format!("{}\n", STANDARD.encode(chance.hex(48)))).collect();
    format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
}
