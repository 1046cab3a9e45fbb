//! EndpointSlices: which pods stand behind a Service, as a pure function of both.

use serde_json::{Map, Value, json};

use crate::simulator::controllers::pod;
use crate::simulator::world::field;
use crate::simulator::world::object::controller_reference;

/// The endpoints of a Service with the ports they share. `zone_of` names the zone of a node.
pub fn endpoints<'a>(
    service: &Value,
    pods: impl IntoIterator<Item = &'a Value>,
    zone_of: impl Fn(&str) -> String,
) -> (Value, Value) {
    let Some(selector) = field::at(service, "spec.selector").as_object() else {
        return (json!([]), json!([]));
    };
    let mut members: Vec<&Value> = pods
        .into_iter()
        .filter(|pod| field::contains(field::at(pod, "metadata.labels"), selector))
        .filter(|pod| !field::text(pod, "status.podIP").is_empty() && !pod::is_finished(pod))
        .collect();
    members.sort_by_key(|pod| field::name(pod).to_owned());
    let endpoints = members.iter().map(|pod| endpoint(pod, &zone_of)).collect();
    let ports = field::list(service, "spec.ports")
        .iter()
        .filter_map(|port| Some(slice_port(port, members.first()?)))
        .collect();
    (Value::Array(endpoints), Value::Array(ports))
}

fn endpoint(pod: &Value, zone_of: impl Fn(&str) -> String) -> Value {
    let node = field::text(pod, "spec.nodeName");
    let (serving, terminating) = (pod::is_ready(pod), pod::is_terminating(pod));
    let mut endpoint = json!({
        "addresses": [field::text(pod, "status.podIP")], "conditions": {"ready": serving && !terminating, "serving": serving, "terminating": terminating},
        "targetRef": {"kind": "Pod", "namespace": field::namespace(pod), "name": field::name(pod), "uid": field::uid(pod)}, "nodeName": node, "zone": zone_of(node),
    });
    let hostname = field::text(pod, "spec.hostname");
    if !hostname.is_empty() {
        field::put(&mut endpoint, "hostname", json!(hostname));
    }
    endpoint
}

/// A port of the slice: the number behind the Service's target.
fn slice_port(port: &Value, pod: &Value) -> Value {
    let target = field::at(port, "targetPort");
    let number = target.as_i64().or_else(|| {
        let ports =
            field::list(pod, "spec.containers").iter().flat_map(|container| field::list(container, "ports"));
        ports
            .into_iter()
            .find(|own| own.get("name") == Some(target))
            .map(|own| field::number(own, "containerPort"))
    });
    json!({"name": field::text(port, "name"), "protocol": field::text(port, "protocol"), "port": number.unwrap_or_else(|| field::number(port, "port"))})
}

/// The slice of a Service, without identity. `suffix` ends its name.
pub fn slice(service: &Value, suffix: &str, endpoints: Value, ports: Value) -> Value {
    let name = field::name(service);
    let mut labels = field::at(service, "metadata.labels").as_object().cloned().unwrap_or_else(Map::new);
    labels.insert(
        "endpointslice.kubernetes.io/managed-by".to_owned(),
        json!("endpointslice-controller.k8s.io"),
    );
    labels.insert("kubernetes.io/service-name".to_owned(), json!(name));
    if field::text(service, "spec.clusterIP") == "None" {
        labels.insert("service.kubernetes.io/headless".to_owned(), json!(""));
    }
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": format!("{name}-{suffix}"), "generateName": format!("{name}-"), "namespace": field::namespace(service), "labels": labels, "ownerReferences": [controller_reference(service)]},
        "addressType": "IPv4", "endpoints": endpoints, "ports": ports,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminating_pod_serves_but_is_not_ready() {
        let service = json!({"metadata": {"name": "web", "namespace": "n", "uid": "s"}, "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}]}});
        let pod = json!({
            "metadata": {"name": "web-1", "namespace": "n", "labels": {"app": "web"}, "deletionTimestamp": "2026-11-21T10:00:00Z"},
            "spec": {"nodeName": "a", "containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]},
            "status": {"phase": "Running", "podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]},
        });
        let (endpoints, ports) = endpoints(&service, [&pod], |node| format!("zone-{node}"));
        assert_eq!(endpoints[0]["conditions"], json!({"ready": false, "serving": true, "terminating": true}));
        assert_eq!((endpoints[0]["zone"].as_str(), ports[0]["port"].as_i64()), (Some("zone-a"), Some(8080)));
    }
}
