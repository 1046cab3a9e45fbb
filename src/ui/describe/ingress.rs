//! An ingress: which host and path goes to which service.

use serde_json::Value;

use super::read::{joined, list, text, words};
use super::related::Target;
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;
use crate::ui::role::Role;

pub(super) fn describe(ingress: &Value, _: Timestamp) -> Vec<Section> {
    let namespace = text(ingress, "/metadata/namespace");
    let mut section = Section::new("INGRESS");
    let class = text(ingress, "/spec/ingressClassName");
    if class.is_empty() {
        let old = text(ingress, "/metadata/annotations/kubernetes.io~1ingress.class");
        section.field("class", if old.is_empty() { "the cluster's default" } else { old });
    } else {
        let target = Target::cluster_wide("networking.k8s.io", "IngressClass", class);
        section.push(Line::field("class", Cell::plain(class))).leading_to(target);
    }
    let reached: Vec<String> = list(ingress, "/status/loadBalancer/ingress")
        .iter()
        .map(|at| format!("{}{}", text(at, "/hostname"), text(at, "/ip")))
        .collect();
    if reached.is_empty() {
        section.field_as("address", "none yet: no controller has taken it", Role::Warning);
    }
    section.field("address", reached.join(", "));
    let mut rules = Section::new("RULES");
    rules.header(&["HOST", "PATH", "BACKEND"]);
    for rule in list(ingress, "/spec/rules") {
        let host = match text(rule, "/host") {
            "" => "*",
            host => host,
        };
        for path in list(rule, "/http/paths") {
            backend(&mut rules, host, text(path, "/path"), path.pointer("/backend"), namespace);
        }
    }
    if let Some(default) = ingress.pointer("/spec/defaultBackend") {
        backend(&mut rules, "*", "", Some(default), namespace);
    }
    if rules.lines.len() == 1 {
        rules.lines.clear();
    }
    let mut tls = Section::new("TLS");
    for entry in list(ingress, "/spec/tls") {
        let secret = text(entry, "/secretName");
        let words = format!("{} ← secret {secret}", joined(entry, "/hosts"));
        tls.push(Line::alone(vec![Cell::plain(words)]))
            .leading_to(Target::namespaced("", "Secret", namespace, secret));
    }
    vec![section, rules, tls]
}

fn backend(rules: &mut Section, host: &str, path: &str, backend: Option<&Value>, namespace: &str) {
    let Some(backend) = backend else { return };
    let service = text(backend, "/service/name");
    let (to, target) = if service.is_empty() {
        (format!("{} {}", text(backend, "/resource/kind"), text(backend, "/resource/name")), None)
    } else {
        let port =
            format!("{}{}", words(backend, "/service/port/number"), text(backend, "/service/port/name"));
        (format!("{service}:{port}"), Target::namespaced("", "Service", namespace, service))
    };
    rules.row(vec![Cell::new(host, Role::Strong), Cell::plain(path), Cell::plain(to)]).leading_to(target);
}
