//! What stands between a load balancer and pods besides ingresses and services: network policies, slices of endpoints,
//! bindings of target groups.

use serde_json::Value;

use super::read::{conditions, list, selector, text, words};
use super::related::Target;
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;
use crate::fleet::intern::Interner;
use crate::fleet::network_policy::NetworkPolicy;
use crate::fleet::row::Packed;
use crate::planes::policy::{Direction, of_policy};
use crate::ui::role::Role;

pub(super) fn network_policy(policy: &Value, _: Timestamp) -> Vec<Section> {
    let mut section = Section::new("NETWORK POLICY");
    let pods = selector(policy, "/spec/podSelector");
    section.field("pods", if pods.is_empty() { "every pod of the namespace".to_owned() } else { pods });
    let text = policy.to_string();
    if let Ok(wire) = serde_json::from_str(&text) {
        let row = NetworkPolicy::pack(wire, &mut Interner::default());
        for (label, direction) in [("may come in", Direction::In), ("may go out", Direction::Out)] {
            let said = of_policy(&row, direction);
            section.field(label, said.unwrap_or_else(|| "it says nothing of this direction".to_owned()));
        }
    }
    vec![section]
}

pub(super) fn endpoint_slice(slice: &Value, _: Timestamp) -> Vec<Section> {
    let namespace = text(slice, "/metadata/namespace");
    let mut section = Section::new("SLICE");
    let service = text(slice, "/metadata/labels/kubernetes.io~1service-name");
    section
        .push(Line::field("service", Cell::plain(service)))
        .leading_to(Target::namespaced("", "Service", namespace, service));
    let ports: Vec<String> = list(slice, "/ports")
        .iter()
        .map(|port| format!("{} {}/{}", text(port, "/name"), words(port, "/port"), text(port, "/protocol")))
        .collect();
    section.field("ports", ports.join(", ").trim().to_owned());
    let mut endpoints = Section::new("ENDPOINTS");
    if !list(slice, "/endpoints").is_empty() {
        endpoints.header(&["ADDRESS", "READY", "POD", "NODE", "ZONE"]);
    }
    for endpoint in list(slice, "/endpoints") {
        let address = list(endpoint, "/addresses").first().and_then(Value::as_str).unwrap_or_default();
        // What is not said counts as ready.
        let is_ready = endpoint.pointer("/conditions/ready").and_then(Value::as_bool).unwrap_or(true);
        let is_ending = endpoint.pointer("/conditions/terminating").and_then(Value::as_bool) == Some(true);
        let (said, role) = match (is_ready, is_ending) {
            (_, true) => ("terminating", Role::Progressing),
            (true, _) => ("ready", Role::Text),
            (false, _) => ("not ready", Role::Critical),
        };
        let (kind, name) = (text(endpoint, "/targetRef/kind"), text(endpoint, "/targetRef/name"));
        endpoints
            .row(vec![
                Cell::new(address, Role::Strong),
                Cell::new(said, role),
                Cell::plain(name),
                Cell::dim(text(endpoint, "/nodeName")),
                Cell::dim(text(endpoint, "/zone")),
            ])
            .leading_to(Target::namespaced("", kind, namespace, name));
    }
    vec![section, endpoints]
}

pub(super) fn target_group_binding(binding: &Value, now: Timestamp) -> Vec<Section> {
    let namespace = text(binding, "/metadata/namespace");
    let mut section = Section::new("TARGET GROUP BINDING");
    let service = text(binding, "/spec/serviceRef/name");
    let port = words(binding, "/spec/serviceRef/port");
    section
        .push(Line::field("service", Cell::plain(format!("{service}:{port}"))))
        .leading_to(Target::namespaced("", "Service", namespace, service));
    section.field("target group", text(binding, "/spec/targetGroupARN"));
    section.field("targets", text(binding, "/spec/targetType"));
    vec![section, conditions(binding, now)]
}
