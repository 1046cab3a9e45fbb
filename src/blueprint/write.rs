//! A blueprint as the text of its file.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Blueprint, WantedIdentity};
use crate::fleet::aws::terraform_state::StateLock;
use crate::fleet::quantity::human_cpu;
use crate::settings::document::quoted;

impl Blueprint {
    /// The text of a file that says this blueprint; reading it gives it back.
    pub fn to_toml(&self) -> String {
        let mut page = Page(String::new());
        page.text("environment", Some(&self.environment));
        page.texts("clusters", &self.clusters);
        page.text("default-storage-class", self.default_storage_class.as_ref());
        page.text("nat-gateways", self.nat_gateways.map(|nat| Arc::from(nat.as_str())).as_ref());
        page.bare("cost-a-month", self.cost_a_month);
        page.bare("log-retention-days", self.log_retention_days);
        if let Some(place) = &self.terraform {
            page.line(format_args!("\n[terraform]"));
            page.text("state", Some(&place.address().into()));
            let lock = match &place.lock {
                StateLock::Unknown => None,
                StateLock::Table(table) => Some(format!("dynamodb://{table}")),
                StateLock::Object => Some("s3".to_owned()),
            };
            page.text("lock", lock.map(Arc::from).as_ref());
        }
        for component in &self.components {
            page.section("components", &component.id);
            page.bare("replicas", component.replicas);
            page.text("version", component.version.as_ref().map(|range| range.to_string().into()).as_ref());
            page.text("namespace", component.namespace.as_ref());
            let identity = component.identity.map(|identity| match identity {
                WantedIdentity::PodIdentity => "pod-identity",
                WantedIdentity::Irsa => "irsa",
                WantedIdentity::None => "none",
            });
            page.text("identity", identity.map(Arc::from).as_ref());
            page.text("managed-by", component.managed_by.map(|by| Arc::from(by.as_str())).as_ref());
        }
        for namespace in &self.namespaces {
            page.section("namespaces", &namespace.name);
            let level = namespace.pod_security.map(|level| Arc::from(level.as_str()));
            page.text("pod-security", level.as_ref());
            page.bare("quota", namespace.quota.then_some(true));
            page.bare("default-deny", namespace.default_deny.then_some(true));
            let next = namespace.next.as_ref().map(|next| format!("{}/{}", next.environment, next.namespace));
            page.text("next", next.map(Arc::from).as_ref());
        }
        for pool in &self.node_pools {
            page.section("node-pools", &pool.name);
            let limit = pool.cpu_limit_at_most.map(|millis| {
                if millis.is_multiple_of(1000) { (millis / 1000).to_string() } else { human_cpu(millis) }
            });
            page.text("cpu-limit-at-most", limit.map(Arc::from).as_ref());
            if !pool.capacity_types.is_empty() {
                page.texts("capacity-types", &pool.capacity_types);
            }
        }
        for application in &self.applications {
            page.section("applications", &application.name);
            page.bare("automated", application.automated);
            page.text("revision", application.revision.as_ref());
        }
        for group in &self.groups {
            page.section("groups", &group.name);
            page.text("cluster-role", group.cluster_role.as_ref());
        }
        page.0
    }
}

struct Page(String);

impl Page {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _infallible = writeln!(self.0, "{line}");
    }

    fn section(&mut self, family: &str, name: &str) {
        let is_bare =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let name = if is_bare { name.to_owned() } else { quoted(name) };
        self.line(format_args!("\n[{family}.{name}]"));
    }

    fn text(&mut self, key: &str, value: Option<&Arc<str>>) {
        if let Some(value) = value {
            self.line(format_args!("{key} = {}", quoted(value)));
        }
    }

    fn texts(&mut self, key: &str, values: &[Arc<str>]) {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        self.line(format_args!("{key} = [{}]", values.join(", ")));
    }

    fn bare(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.line(format_args!("{key} = {value}"));
        }
    }
}
