//! Karpenter's objects: what a pool may launch and when it replaces, what a claim asked for and got, what a class found.

use serde_json::Value;

use super::read::{conditions, entries, joined, list, number, pairs, scalar, text, time, words};
use super::related::Target;
use super::section::{Cell, Line, Section};
use crate::fleet::quantity::{human_bytes, human_cpu, whole};
use crate::fleet::quota::QuotaUnit;
use crate::fleet::{Timestamp, Verdict};
use crate::ui::role::Role;
use crate::ui::widgets::bar::Bar;

/// A node pool.
pub(super) fn node_pool(pool: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("POOL");
    section.field("weight", words(pool, "/spec/weight"));
    section.field("replicas", words(pool, "/spec/replicas"));
    let policy = text(pool, "/spec/disruption/consolidationPolicy");
    let after = text(pool, "/spec/disruption/consolidateAfter");
    section.field(
        "consolidates",
        if after.is_empty() { policy.to_owned() } else { format!("{policy} after {after}") },
    );
    class_of(&mut section, pool, "/spec/template/spec/nodeClassRef");
    section.field("nodes expire", text(pool, "/spec/template/spec/expireAfter"));
    section.field_as(
        "nodes expire",
        match text(pool, "/spec/disruption/expireAfter") {
            "" => String::new(),
            after => format!("{after}, where v1beta1 said it: v1 does not read it"),
        },
        Role::Warning,
    );
    section.field("grace", text(pool, "/spec/template/spec/terminationGracePeriod"));
    section.field("labels", pairs(pool, "/spec/template/metadata/labels"));
    let mut sections = vec![section, limits(pool), requirements(pool, "/spec/template/spec/requirements")];
    sections.push(taints(pool, "/spec/template/spec"));
    sections.push(conditions(pool, now));
    sections
}

/// A node claim.
pub(super) fn node_claim(claim: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("CLAIM");
    let label = |key: &str| {
        let labels = claim.pointer("/metadata/labels");
        labels.and_then(|labels| labels.get(key)).and_then(Value::as_str).unwrap_or_default()
    };
    for (title, key) in [
        ("pool", "karpenter.sh/nodepool"),
        ("instance type", "node.kubernetes.io/instance-type"),
        ("zone", "topology.kubernetes.io/zone"),
        ("capacity type", "karpenter.sh/capacity-type"),
    ] {
        section.field(title, label(key));
    }
    let node = text(claim, "/status/nodeName");
    if !node.is_empty() {
        section
            .push(Line::field("node", Cell::plain(node)))
            .leading_to(Target::cluster_wide("", "Node", node));
    }
    section.field("provider", text(claim, "/status/providerID"));
    section.field("image", text(claim, "/status/imageID"));
    class_of(&mut section, claim, "/spec/nodeClassRef");
    section.field("expires after", text(claim, "/spec/expireAfter"));
    section.field("grace", text(claim, "/spec/terminationGracePeriod"));
    let last = time(claim, "/status/lastPodEventTime");
    section.field("last pod event", super::read::ago(last, now));
    if !time(claim, "/metadata/deletionTimestamp").is_never() {
        section.field_as("held by", joined(claim, "/metadata/finalizers"), Role::Warning);
    }
    let mut resources = Section::new("RESOURCES");
    let names: Vec<&str> = entries(claim, "/status/capacity").map(|(name, _)| name).collect();
    if !names.is_empty() {
        resources.header(&["RESOURCE", "CAPACITY", "ALLOCATABLE", "ASKED FOR"]);
    }
    for name in names {
        let of = |path: &str| {
            let value = claim.pointer(path).and_then(|list| list.get(name)).map(scalar).unwrap_or_default();
            amount(name, &value)
        };
        let row = [
            name.to_owned(),
            of("/status/capacity"),
            of("/status/allocatable"),
            of("/spec/resources/requests"),
        ];
        resources.row(row.into_iter().map(Cell::plain).collect());
    }
    let requirements = Section { is_folded: true, ..requirements(claim, "/spec/requirements") };
    vec![section, resources, conditions(claim, now), taints(claim, "/spec"), requirements]
}

/// A node class, of Karpenter on EC2 or of EKS Auto Mode.
pub(super) fn node_class(class: &Value, now: Timestamp) -> Vec<Section> {
    let mut section = Section::new("CLASS");
    section.field("family", text(class, "/spec/amiFamily"));
    section.field("role", text(class, "/spec/role"));
    section.field("profile", text(class, "/status/instanceProfile"));
    let hops = number(class, "/spec/metadataOptions/httpPutResponseHopLimit");
    section.field("metadata hops", hops.map(|hops| hops.to_string()).unwrap_or_default());
    section.field("metadata tokens", text(class, "/spec/metadataOptions/httpTokens"));
    section.field("pods at most", words(class, "/spec/kubelet/maxPods"));
    section.field("tags", pairs(class, "/spec/tags"));
    for device in list(class, "/spec/blockDeviceMappings") {
        let (kind, size) = (text(device, "/ebs/volumeType"), text(device, "/ebs/volumeSize"));
        let encrypted = match device.pointer("/ebs/encrypted").and_then(Value::as_bool) {
            Some(true) => ", encrypted",
            Some(false) => ", not encrypted",
            None => "",
        };
        section.field("disk", format!("{} {kind} {size}{encrypted}", text(device, "/deviceName")));
    }
    let mut found = Section::new("FOUND IN AWS");
    for (title, terms, status) in [
        ("subnet", "/spec/subnetSelectorTerms", "/status/subnets"),
        ("security group", "/spec/securityGroupSelectorTerms", "/status/securityGroups"),
        ("image", "/spec/amiSelectorTerms", "/status/amis"),
    ] {
        let asked: Vec<String> = list(class, terms).iter().map(term).filter(|t| !t.is_empty()).collect();
        if !asked.is_empty() {
            found.field(&format!("{title}s by"), asked.join(" or "));
            if list(class, status).is_empty() {
                found.push(Line::field(title, Cell::new("none", Role::Critical))).judged(Verdict::Critical);
            }
        }
        for one in list(class, status) {
            let beside = [text(one, "/zone"), text(one, "/name")].join(" ");
            let mut line =
                Line::field(title, Cell::plain(format!("{}  {}", text(one, "/id"), beside.trim())));
            if super::read::is_true(one, "/deprecated") {
                line = Line::field(
                    title,
                    Cell::new(format!("{}  {}, deprecated", text(one, "/id"), beside.trim()), Role::Warning),
                );
                line.verdict = Some(Verdict::Warning);
            }
            found.push(line);
        }
    }
    vec![section, conditions(class, now), found]
}

/// `karpenter.sh/discovery=myapp-prod` of a selector term.
fn term(term: &Value) -> String {
    let fields = entries(term, "").filter(|(field, _)| *field != "tags");
    let tags = entries(term, "/tags");
    let said: Vec<String> =
        fields.chain(tags).map(|(key, value)| format!("{key}={}", scalar(value))).collect();
    said.join(" and ")
}

fn class_of(section: &mut Section, object: &Value, path: &str) {
    let Some(class) = object.pointer(path) else { return };
    let (kind, name) = (text(class, "/kind"), text(class, "/name"));
    if name.is_empty() {
        return;
    }
    let older = text(class, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
    let group = if text(class, "/group").is_empty() { older } else { text(class, "/group") };
    section
        .push(Line::field("class", Cell::plain(format!("{kind} {name}"))))
        .leading_to(Target::cluster_wide(group, kind, name));
}

fn amount(resource: &str, text: &str) -> String {
    match QuotaUnit::of(resource) {
        QuotaUnit::Cpu => crate::fleet::quantity::cpu_millis(text).map_or_else(|| text.to_owned(), human_cpu),
        QuotaUnit::Bytes => whole(text).map_or_else(|| text.to_owned(), human_bytes),
        QuotaUnit::Count => text.to_owned(),
    }
}

fn limits(pool: &Value) -> Section {
    let mut section = Section::new("LIMITS");
    for (resource, limit) in entries(pool, "/spec/limits") {
        let used = pool.pointer("/status/resources").and_then(|used| used.get(resource)).map(scalar);
        let used = used.unwrap_or_else(|| "0".to_owned());
        let words = format!("{} of {}", amount(resource, &used), amount(resource, &scalar(limit)));
        let unit = QuotaUnit::of(resource);
        let bar = unit.read(&used).zip(unit.read(&scalar(limit))).filter(|(_, of)| *of > 0);
        let bar = bar.map(|(used, of)| Bar { used: Some(used), requested: 0, of });
        section.push(Line { bar, ..Line::field(resource, Cell::plain(words)) });
    }
    section
}

fn requirements(object: &Value, path: &str) -> Section {
    let mut section = Section::new("REQUIREMENTS");
    for requirement in list(object, path) {
        let least = number(requirement, "/minValues").map(|least| format!(", at least {least} of them"));
        section.row(vec![
            Cell::plain(text(requirement, "/key")),
            Cell::dim(text(requirement, "/operator")),
            Cell::plain(format!("{}{}", joined(requirement, "/values"), least.unwrap_or_default())),
        ]);
    }
    section
}

fn taints(object: &Value, path: &str) -> Section {
    let mut section = Section::new("TAINTS");
    for (list_of, when) in [("taints", ""), ("startupTaints", "until somebody takes it away")] {
        for taint in list(object, &format!("{path}/{list_of}")) {
            let (key, value) = (text(taint, "/key"), text(taint, "/value"));
            let what = if value.is_empty() { key.to_owned() } else { format!("{key}={value}") };
            section.row(vec![Cell::plain(what), Cell::plain(text(taint, "/effect")), Cell::dim(when)]);
        }
    }
    section
}
