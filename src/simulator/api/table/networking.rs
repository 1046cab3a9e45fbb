//! Services and what routes to them, printed as `kubectl get` shows them.

use jiff::Timestamp;
use serde_json::Value;

use super::read::{age, int, labels, list, or_none, selector, text};

pub(super) fn service(it: &Value, now: Timestamp) -> Vec<Value> {
    let kind = text(it, "/spec/type");
    let ip = match text(it, "/spec/clusterIP") {
        _ if kind == "ExternalName" => "<none>",
        "" => "<none>",
        ip => ip,
    };
    let ports = list(it, "/spec/ports").iter().map(|port| {
        let node = match int(port, "/nodePort") {
            0 => String::new(),
            node => format!(":{node}"),
        };
        format!("{}{node}/{}", int(port, "/port"), text(port, "/protocol"))
    });
    vec![
        text(it, "/metadata/name").into(),
        kind.into(),
        ip.into(),
        external(it).into(),
        or_none(&ports.collect::<Vec<_>>().join(",")).into(),
        age(it, now),
        labels(it.pointer("/spec/selector")).into(),
    ]
}

fn external(it: &Value) -> String {
    let ips: Vec<&str> = list(it, "/spec/externalIPs").iter().filter_map(Value::as_str).collect();
    match text(it, "/spec/type") {
        "ClusterIP" | "NodePort" => or_none(&ips.join(",")),
        "ExternalName" => text(it, "/spec/externalName").to_owned(),
        "LoadBalancer" => {
            let balancer = balancers(it);
            match (ips.is_empty(), balancer.is_empty()) {
                (true, true) => "<pending>".to_owned(),
                (true, false) => balancer,
                (false, true) => ips.join(","),
                (false, false) => format!("{balancer},{}", ips.join(",")),
            }
        }
        _ => "<unknown>".to_owned(),
    }
}

/// Addresses of load balancers, sorted, each once.
fn balancers(it: &Value) -> String {
    let entries = list(it, "/status/loadBalancer/ingress").iter();
    let mut addresses: Vec<&str> = entries
        .map(|entry| match text(entry, "/ip") {
            "" => text(entry, "/hostname"),
            ip => ip,
        })
        .filter(|address| !address.is_empty())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses.join(",")
}

pub(super) fn ingress(it: &Value, now: Timestamp) -> Vec<Value> {
    let hosts: Vec<&str> = list(it, "/spec/rules")
        .iter()
        .map(|rule| text(rule, "/host"))
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = match hosts.len() {
        0 => "*".to_owned(),
        1..=3 => hosts.join(","),
        many => format!("{} + {} more...", hosts.get(..3).unwrap_or_default().join(","), many - 3),
    };
    let ports = if list(it, "/spec/tls").is_empty() { "80" } else { "80, 443" };
    vec![
        text(it, "/metadata/name").into(),
        or_none(text(it, "/spec/ingressClassName")).into(),
        hosts.into(),
        balancers(it).into(),
        ports.into(),
        age(it, now),
    ]
}

pub(super) fn ingress_class(it: &Value, now: Timestamp) -> Vec<Value> {
    let name = text(it, "/metadata/name");
    let is_default = it
        .pointer("/metadata/annotations/ingressclass.kubernetes.io~1is-default-class")
        .and_then(Value::as_str);
    let name = if is_default == Some("true") { format!("{name} (default)") } else { name.to_owned() };
    let parameters = match it.pointer("/spec/parameters").filter(|it| !it.is_null()) {
        None => "<none>".to_owned(),
        Some(parameters) => {
            let group = text(parameters, "/apiGroup");
            let dot = if group.is_empty() { "" } else { "." };
            format!("{}{dot}{group}/{}", text(parameters, "/kind"), text(parameters, "/name"))
        }
    };
    vec![name.into(), text(it, "/spec/controller").into(), parameters.into(), age(it, now)]
}

/// How many endpoints or ports a cell lists before it only counts.
const SHOWN: usize = 3;

fn some(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let shown = or_none(&all.join(","));
    if more > 0 { format!("{shown} + {more} more...") } else { shown }
}

pub(super) fn endpoints(it: &Value, now: Timestamp) -> Vec<Value> {
    let mut all = Vec::new();
    for subset in list(it, "/subsets") {
        let ports = list(subset, "/ports");
        if ports.is_empty() {
            all.extend(list(subset, "/addresses").iter().map(|address| text(address, "/ip").to_owned()));
        }
        for port in ports {
            let addresses = list(subset, "/addresses").iter();
            all.extend(addresses.map(|address| format!("{}:{}", text(address, "/ip"), int(port, "/port"))));
        }
    }
    vec![text(it, "/metadata/name").into(), some(all).into(), age(it, now)]
}

pub(super) fn endpoint_slice(it: &Value, now: Timestamp) -> Vec<Value> {
    let ports = list(it, "/ports").iter().map(|port| match int(port, "/port") {
        0 => "*".to_owned(),
        number => number.to_string(),
    });
    let ports: Vec<String> = ports.collect();
    let ports = if ports.is_empty() { "<unset>".to_owned() } else { some(ports) };
    let addresses: Vec<String> = list(it, "/endpoints")
        .iter()
        .flat_map(|endpoint| list(endpoint, "/addresses"))
        .filter_map(|address| address.as_str().map(str::to_owned))
        .collect();
    let addresses = if addresses.is_empty() { "<unset>".to_owned() } else { some(addresses) };
    vec![
        text(it, "/metadata/name").into(),
        text(it, "/addressType").into(),
        ports.into(),
        addresses.into(),
        age(it, now),
    ]
}

pub(super) fn network_policy(it: &Value, now: Timestamp) -> Vec<Value> {
    vec![text(it, "/metadata/name").into(), selector(it.pointer("/spec/podSelector")).into(), age(it, now)]
}

pub(super) fn ip_address(it: &Value, now: Timestamp) -> Vec<Value> {
    let parent = it.pointer("/spec/parentRef").cloned().unwrap_or_default();
    let parts = ["/group", "/resource", "/namespace", "/name"].map(|path| text(&parent, path));
    let parent = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    vec![text(it, "/metadata/name").into(), parent.into(), age(it, now)]
}

pub(super) fn service_cidr(it: &Value, now: Timestamp) -> Vec<Value> {
    let ranges: Vec<&str> = list(it, "/spec/cidrs").iter().filter_map(Value::as_str).collect();
    vec![text(it, "/metadata/name").into(), ranges.join(",").into(), age(it, now)]
}

/// `Local`, or the service behind an aggregated API.
pub(super) fn api_service(it: &Value, now: Timestamp) -> Vec<Value> {
    let service = match it.pointer("/spec/service").filter(|it| !it.is_null()) {
        None => "Local".to_owned(),
        Some(service) => format!("{}/{}", text(service, "/namespace"), text(service, "/name")),
    };
    let available = super::read::condition(it, "Available");
    let available = available.map_or("Unknown".to_owned(), |condition| match text(condition, "/status") {
        "True" => "True".to_owned(),
        status => format!("{status} ({})", text(condition, "/reason")),
    });
    vec![text(it, "/metadata/name").into(), service.into(), available.into(), age(it, now)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-21T11:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_load_balancer_without_address_is_pending() {
        let it = json!({"metadata": {"name": "a"}, "spec": {"type": "LoadBalancer", "clusterIP": "172.20.0.9",
            "ports": [{"port": 443, "nodePort": 30443, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}});
        assert_eq!(service(&it, now())[3..5], [json!("<pending>"), json!("443:30443/TCP,53/UDP")]);
    }

    #[test]
    fn many_endpoints_are_counted() {
        let it = json!({"metadata": {"name": "a"}, "addressType": "IPv4", "ports": [{"port": 80}],
            "endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"]}, {"addresses": ["10.0.0.3"]}, {"addresses": ["10.0.0.4"]}]});
        assert_eq!(
            endpoint_slice(&it, now())[2..4],
            [json!("80"), json!("10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...")]
        );
    }

    #[test]
    fn an_ingress_without_hosts_takes_all() {
        assert_eq!(
            ingress(&json!({"metadata": {"name": "edge"}, "spec": {}}), now())[1..5],
            [json!("<none>"), json!("*"), json!(""), json!("80")]
        );
    }
}
