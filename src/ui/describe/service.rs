//! A service: how it is reached, and whom it selects.

use serde_json::Value;

use super::read::{conditions, joined, list, number, pairs, text, words};
use super::section::{Cell, Section};
use crate::fleet::Timestamp;
use crate::ui::role::Role;

pub(super) fn describe(service: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("SERVICE");
    let kind = text(service, "/spec/type");
    section.field("type", kind);
    section.field(
        "cluster IP",
        match joined(service, "/spec/clusterIPs") {
            none if none.is_empty() => words(service, "/spec/clusterIP"),
            all => all,
        },
    );
    section.field("external name", text(service, "/spec/externalName"));
    section.field("external IPs", joined(service, "/spec/externalIPs"));
    let reached: Vec<String> = list(service, "/status/loadBalancer/ingress")
        .iter()
        .map(|at| format!("{}{}", text(at, "/hostname"), text(at, "/ip")))
        .collect();
    if kind == "LoadBalancer" && reached.is_empty() {
        section.field_as("load balancer", "none yet", Role::Warning);
    }
    section.field("load balancer", reached.join(", "));
    section.field("traffic", text(service, "/spec/externalTrafficPolicy"));
    section.field("affinity", text(service, "/spec/sessionAffinity").replace("None", ""));
    section.field("selector", pairs(service, "/spec/selector"));
    let mut ports = Section::new("PORTS");
    if !list(service, "/spec/ports").is_empty() {
        ports.header(&["NAME", "PORT", "TARGET", "NODE PORT", "PROTOCOL"]);
    }
    for port in list(service, "/spec/ports") {
        let node_port = number(port, "/nodePort").filter(|port| *port > 0).map(|port| port.to_string());
        ports.row(vec![
            Cell::plain(text(port, "/name")),
            Cell::plain(words(port, "/port")),
            Cell::plain(words(port, "/targetPort")),
            Cell::plain(node_port.unwrap_or_default()),
            Cell::plain(text(port, "/protocol")),
        ]);
    }
    vec![section, ports, conditions(service, now)]
}
