//! A node: its conditions, what it has and offers, its taints, and what runs on it is told by the view.

use serde_json::Value;

use super::read::{ago, conditions, entries, is_true, list, scalar, text, time, words};
use super::section::{Cell, Section};
use crate::fleet::Timestamp;
use crate::fleet::quantity::{cpu_millis, human_bytes, human_cpu, whole};
use crate::ui::role::Role;

pub(super) fn describe(node: &Value, now: Timestamp) -> Vec<Section> {
    vec![overview(node, now), conditions(node, now), resources(node), taints(node, now), system(node)]
}

fn overview(node: &Value, _: Timestamp) -> Section {
    let mut section = Section::new("NODE");
    let label = |keys: &[&str]| {
        let labels = node.pointer("/metadata/labels");
        let found = keys.iter().find_map(|key| labels?.get(*key)?.as_str());
        found.unwrap_or_default().to_owned()
    };
    if is_true(node, "/spec/unschedulable") {
        section.field_as("scheduling", "cordoned: takes no new pods", Role::Warning);
    }
    section.field("zone", label(&["topology.kubernetes.io/zone"]));
    section.field("instance type", label(&["node.kubernetes.io/instance-type"]));
    section.field("capacity type", label(&["karpenter.sh/capacity-type", "eks.amazonaws.com/capacityType"]));
    section.field("pool", label(&["karpenter.sh/nodepool", "eks.amazonaws.com/nodegroup"]));
    section.field("provider", text(node, "/spec/providerID"));
    for address in list(node, "/status/addresses") {
        let label = match text(address, "/type") {
            "InternalIP" => "internal IP",
            "ExternalIP" => "external IP",
            "InternalDNS" => "internal DNS",
            "ExternalDNS" => "external DNS",
            "Hostname" => "host name",
            other => other,
        };
        section.field(label, text(address, "/address"));
    }
    section.field(
        "images",
        match list(node, "/status/images").len() {
            0 => String::new(),
            count => count.to_string(),
        },
    );
    section
}

fn resources(node: &Value) -> Section {
    let mut section = Section::new("RESOURCES");
    let names: Vec<&str> = entries(node, "/status/capacity").map(|(name, _)| name).collect();
    if names.is_empty() {
        return section;
    }
    section.header(&["RESOURCE", "CAPACITY", "ALLOCATABLE"]);
    for name in names {
        let amount = |list: &str| {
            let text = node.pointer(list).and_then(|list| list.get(name)).map(scalar).unwrap_or_default();
            match name {
                "cpu" => cpu_millis(&text).map_or(text, human_cpu),
                "memory" | "ephemeral-storage" => whole(&text).map_or(text, human_bytes),
                _ => text,
            }
        };
        let row = [name.to_owned(), amount("/status/capacity"), amount("/status/allocatable")];
        section.row(row.into_iter().map(Cell::plain).collect());
    }
    section
}

fn taints(node: &Value, now: Timestamp) -> Section {
    let mut section = Section::new("TAINTS");
    for taint in list(node, "/spec/taints") {
        let (key, value) = (text(taint, "/key"), words(taint, "/value"));
        let what = if value.is_empty() { key.to_owned() } else { format!("{key}={value}") };
        let since = ago(time(taint, "/timeAdded"), now);
        section.row(vec![Cell::plain(what), Cell::plain(text(taint, "/effect")), Cell::dim(since)]);
    }
    section
}

fn system(node: &Value) -> Section {
    let mut section = Section::new("SYSTEM");
    for (label, path) in [
        ("kubelet", "kubeletVersion"),
        ("system", "osImage"),
        ("kernel", "kernelVersion"),
        ("runtime", "containerRuntimeVersion"),
        ("architecture", "architecture"),
    ] {
        section.field(label, text(node, &format!("/status/nodeInfo/{path}")));
    }
    section
}
