//! Roles and who has them, and service accounts: what may be done, in rows that can be read aloud.

use serde_json::Value;

use super::read::{is_true, joined, list, text};
use super::related::Target;
use super::section::{Cell, Line, Section};
use crate::fleet::Timestamp;
use crate::ui::role::Role;

const GROUP: &str = "rbac.authorization.k8s.io";

pub(super) fn role(role: &Value, _: Timestamp) -> Vec<Section> {
    let mut section = Section::new("MAY");
    if !list(role, "/rules").is_empty() {
        section.header(&["DO", "WITH", "OF", "ONLY"]);
    }
    for rule in list(role, "/rules") {
        let urls = joined(rule, "/nonResourceURLs");
        let with = if urls.is_empty() { joined(rule, "/resources") } else { urls };
        let groups: Vec<&str> = list(rule, "/apiGroups")
            .iter()
            .filter_map(Value::as_str)
            .map(|group| if group.is_empty() { "core" } else { group })
            .collect();
        section.row(vec![
            Cell::new(joined(rule, "/verbs"), Role::Strong),
            Cell::plain(with),
            Cell::dim(groups.join(", ")),
            Cell::plain(joined(rule, "/resourceNames")),
        ]);
    }
    let mut aggregated = Section::new("AGGREGATED FROM");
    for selector in list(role, "/aggregationRule/clusterRoleSelectors") {
        aggregated.field("ClusterRoles", super::read::selector(selector, ""));
    }
    vec![section, aggregated]
}

pub(super) fn binding(binding: &Value, _: Timestamp) -> Vec<Section> {
    let namespace = text(binding, "/metadata/namespace");
    let (kind, name) = (text(binding, "/roleRef/kind"), text(binding, "/roleRef/name"));
    let mut section = Section::new("BINDING");
    let target = match kind {
        "Role" => Target::namespaced(GROUP, kind, namespace, name),
        _ => Target::cluster_wide(GROUP, kind, name),
    };
    section.push(Line::field("role", Cell::plain(format!("{kind} {name}")))).leading_to(target);
    section.field("counts", if namespace.is_empty() { "everywhere" } else { "in its namespace" });
    let mut subjects = Section::new("WHO");
    for subject in list(binding, "/subjects") {
        let (kind, name) = (text(subject, "/kind"), text(subject, "/name"));
        let home = text(subject, "/namespace");
        let said = if home.is_empty() { name.to_owned() } else { format!("{home}/{name}") };
        let target = match kind {
            "ServiceAccount" => Target::namespaced("", kind, home, name),
            _ => None,
        };
        subjects.push(Line::field(kind, Cell::plain(said))).leading_to(target);
    }
    if subjects.lines.is_empty() {
        subjects.field_as("nobody", "it binds nobody", Role::Warning);
    }
    vec![section, subjects]
}

pub(super) fn account(account: &Value, _: Timestamp) -> Vec<Section> {
    let namespace = text(account, "/metadata/namespace");
    let mut section = Section::new("SERVICE ACCOUNT");
    section.field("AWS role", text(account, "/metadata/annotations/eks.amazonaws.com~1role-arn"));
    let never = account.pointer("/automountServiceAccountToken").is_some()
        && !is_true(account, "/automountServiceAccountToken");
    section.field("token", if never { "not mounted" } else { "mounted unless the pod says no" });
    for secret in list(account, "/imagePullSecrets") {
        let name = text(secret, "/name");
        section
            .push(Line::field("pulls with", Cell::plain(name)))
            .leading_to(Target::namespaced("", "Secret", namespace, name));
    }
    vec![section]
}
