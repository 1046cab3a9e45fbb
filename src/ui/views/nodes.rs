//! `nodes`

use crate::fleet::kind::{NODE_METRICS, NODES, PODS};
use crate::fleet::node::{Condition, Node, host, minor_version};
use crate::fleet::pod::{Resources, Use};
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::snapshot::Link;
use crate::ui::columns;
use crate::ui::join::{self, Joined};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;
use crate::ui::widgets::bar::Bar;

/// Nodes with what is requested and used of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nodes;

static ABOUT: ViewAbout = ViewAbout {
    name: "nodes",
    aliases: &["no", "node"],
    help: "Nodes: conditions, pool, capacity type, zone, what is requested and used, version skew",
};

static RESOURCES: [ResourceType; 1] = [NODES];
static JOINS: [ResourceType; 2] = [PODS, NODE_METRICS];

/// A node may need this long until its network plugin runs.
const START_PATIENCE: i64 = 3 * 60;
/// From here on, in percent of what pods may have, usage is coloured.
const HIGH: u64 = 90;
/// A drain may take this long.
const DRAIN_PATIENCE: i64 = 15 * 60;
/// The oldest kubelet that an API server supports is this many minors behind (Kubernetes version skew policy).
const SUPPORTED_SKEW: u32 = 3;

static COLUMNS: [Column<Node>; 26] = [
    columns::name().shortened(host),
    Column::<Node>::new("status", "STATUS", "Status exactly as kubectl prints it", status)
        .fit(5, 27)
        .drop_at(0)
        .sorts_by('S'),
    Column::<Node>::new("roles", "ROLES", "Roles by label", |node, _| {
        Value::text(node.roles().join(",")).into()
    })
    .fit(5, 20)
    .drop_at(9)
    .wide(),
    Column::<Node>::new("pool", "POOL", "Karpenter node pool or EKS node group", |node, _| {
        Value::maybe(node.pool()).into()
    })
    .fit(4, 20)
    .drop_at(3)
    .sorts_by('L'),
    columns::capacity_type(|node: &Node, _| Value::maybe(node.capacity_type()).into()),
    columns::zone(|node, _| Value::maybe(node.zone()).into()),
    columns::instance_type(|node, _| Value::maybe(node.instance_type()).into()),
    Column::<Node>::new("version", "VERSION", "Version of the kubelet", version)
        .fit(5, 22)
        .drop_at(7)
        .sorts_by('K'),
    Column::<Node>::new("pods", "PODS", "Pods that have not ended, of as many as fit", |node, context| {
        held(node, context)
            .cell(|held| match node.allocatable.pods {
                0 => Value::Count(held.pods.into()),
                want => Value::Ratio { have: held.pods, want: u32::try_from(want).unwrap_or(u32::MAX) },
            })
            .into()
    })
    .fit(5, 8)
    .drop_at(4)
    .sorts_by('P'),
    Column::<Node>::new(
        "cpu-requested",
        "CPU/R",
        "CPU that pods request, of what they may have",
        |node, context| requested(node, context, |requests| requests.cpu, node.allocatable.cpu),
    )
    .fit(5, 7)
    .drop_at(5),
    Column::<Node>::new(
        "memory-requested",
        "MEM/R",
        "Memory that pods request, of what they may have",
        |node, context| requested(node, context, |requests| requests.memory, node.allocatable.memory),
    )
    .fit(5, 7)
    .drop_at(5),
    Column::<Node>::new("cpu-used", "CPU", "CPU in use, of what pods may have", |node, context| {
        used(node, context, |used| used.cpu, node.allocatable.cpu)
    })
    .fit(5, 14)
    .drop_at(3)
    .sorts_by('C'),
    Column::<Node>::new("memory-used", "MEM", "Memory in use, of what pods may have", |node, context| {
        used(node, context, |used| used.memory, node.allocatable.memory)
    })
    .fit(5, 14)
    .drop_at(3)
    .sorts_by('M'),
    Column::<Node>::new("cpu", "CORES", "CPU that pods may have", |node, _| {
        Value::Cpu(node.allocatable.cpu).into()
    })
    .fit(5, 7)
    .drop_at(8)
    .wide(),
    Column::<Node>::new("memory", "MEMORY", "Memory that pods may have", |node, _| {
        Value::Bytes(node.allocatable.memory).into()
    })
    .fit(6, 8)
    .drop_at(8)
    .wide(),
    Column::<Node>::new("taints", "TAINTS", "Taints: what keeps pods away", |node, _| {
        let taints = node.taints.iter().map(|taint| match &*taint.value {
            "" => format!("{}:{}", taint.key, taint.effect),
            value => format!("{}={value}:{}", taint.key, taint.effect),
        });
        Value::text(taints.collect::<Vec<_>>().join(",")).into()
    })
    .fit(6, 48)
    .drop_at(8)
    .wide(),
    Column::<Node>::new("internal-ip", "INTERNAL-IP", "Address inside the VPC", |node, _| {
        Value::text(&*node.internal_ip).into()
    })
    .fit(9, 39)
    .drop_at(9)
    .wide()
    .sorts_by('I'),
    Column::<Node>::new("external-ip", "EXTERNAL-IP", "Address outside", |node, _| {
        Value::text(&*node.external_ip).into()
    })
    .fit(9, 39)
    .drop_at(9)
    .wide(),
    Column::<Node>::new("os", "OS", "Operating system image", |node, _| Value::text(&*node.os_image).into())
        .fit(8, 36)
        .drop_at(9)
        .wide(),
    Column::<Node>::new("kernel", "KERNEL", "Kernel", |node, _| Value::text(&*node.kernel).into())
        .fit(8, 36)
        .drop_at(9)
        .wide(),
    Column::<Node>::new("runtime", "RUNTIME", "Container runtime", |node, _| {
        Value::text(&*node.runtime).into()
    })
    .fit(8, 24)
    .drop_at(9)
    .wide(),
    Column::<Node>::new("architecture", "ARCH", "Processor architecture", |node, _| {
        Value::text(&*node.architecture).into()
    })
    .fit(5, 8)
    .drop_at(9)
    .wide(),
    Column::<Node>::new("provider-id", "PROVIDER-ID", "What the cloud calls it", |node, _| {
        Value::text(&*node.provider_id).into()
    })
    .fit(12, 48)
    .drop_at(9)
    .wide(),
    Column::<Node>::new("owner", "OWNER", "What made it, for example a NodeClaim", |node, _| {
        let owner = node.meta.owner.as_ref();
        owner.map_or(Value::Nothing, |owner| Value::text(format!("{}/{}", owner.kind, owner.name))).into()
    })
    .fit(8, 40)
    .drop_at(9)
    .wide(),
    columns::labels(),
    columns::age(|node, _| Value::Age(node.meta.created).into()),
];

impl Listing for Nodes {
    type Row = Node;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Node>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, node: &'a Node, context: &RowContext<'a>) -> Judged<'a> {
        let reasons = reasons(node, context);
        let Some(verdict) = reasons.iter().map(|(verdict, _)| *verdict).max() else { return Judged::ok() };
        let mut words: Vec<&(Verdict, String)> = reasons.iter().collect();
        // Stable: what is equally bad stays in the order in which it was found.
        words.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
        Judged::because(verdict, words.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>().join("; "))
    }
}

/// All that can be said against a node.
fn reasons(node: &Node, context: &RowContext<'_>) -> Vec<(Verdict, String)> {
    let now = context.now;
    let age = node.meta.created.age_at(now);
    let mut reasons = Vec::new();
    match node.condition("Ready") {
        None if age <= START_PATIENCE => reasons.push((Verdict::Progressing, "registering".to_owned())),
        None => reasons.push((Verdict::Critical, "its kubelet has never reported".to_owned())),
        Some(Condition { is_true: Some(true), .. }) => {}
        Some(ready) => {
            let words = format!("NotReady{}: {}", lasting(ready, context), readiness_words(ready));
            let is_starting = ready.is_true == Some(false) && age <= START_PATIENCE;
            reasons.push((if is_starting { Verdict::Progressing } else { Verdict::Critical }, words));
        }
    }
    for condition in node.conditions.iter().filter(|condition| speaks_against(condition)) {
        let words = match &*condition.kind {
            "MemoryPressure" => "memory pressure",
            "DiskPressure" => "disk pressure",
            "PIDPressure" => "too many processes",
            "NetworkUnavailable" => "network is not configured",
            other => other,
        };
        reasons.push((Verdict::Warning, format!("{words}{}", lasting(condition, context))));
    }
    if !node.meta.deleted.is_never() {
        let since = node.meta.deleted.age_at(now);
        reasons.push(if since > DRAIN_PATIENCE {
            (Verdict::Warning, format!("has been draining for {}", human_duration(since)))
        } else {
            (Verdict::Progressing, "draining, then it goes".to_owned())
        });
    } else if node.taints.iter().any(|taint| &*taint.key == "karpenter.sh/disrupted") {
        reasons.push((Verdict::Progressing, "Karpenter is replacing it".to_owned()));
    } else if node.is_cordoned {
        reasons.push((Verdict::Warning, "cordoned".to_owned()));
    }
    reasons.extend(skew(node, context));
    reasons
}

fn lasting(condition: &Condition, context: &RowContext<'_>) -> String {
    match condition.since.known() {
        Some(since) => format!(" for {}", human_duration(since.age_at(context.now))),
        None => String::new(),
    }
}

/// The kubelet's words for not being ready, or the node controller's about a silent kubelet.
fn readiness_words(ready: &Condition) -> String {
    let message = ready.message.trim().trim_end_matches('.');
    if message.contains("Kubelet stopped posting") {
        return "kubelet stopped posting status".to_owned();
    }
    if message.contains("cni plugin not initialized") {
        return "its network plugin is not initialised".to_owned();
    }
    match (message.lines().next().unwrap_or(""), &*ready.reason) {
        ("", "") => "no reason given".to_owned(),
        ("", reason) => reason.to_owned(),
        (line, _) => line.to_owned(),
    }
}

/// Whether a condition other than `Ready` is a problem. Those whose name says that something is ready (the EKS node
/// monitoring agent's) are bad when false, the rest (the kubelet's pressures, the node problem detector's) when true.
fn speaks_against(condition: &Condition) -> bool {
    match &*condition.kind {
        "Ready" => false,
        kind if kind.ends_with("Ready") => condition.is_true == Some(false),
        "MemoryPressure"
        | "DiskPressure"
        | "PIDPressure"
        | "NetworkUnavailable"
        | "KernelDeadlock"
        | "ReadonlyFilesystem"
        | "CorruptDockerOverlay2" => condition.is_true == Some(true),
        kind if kind.starts_with("Frequent") => condition.is_true == Some(true),
        _ => false,
    }
}

/// How far the kubelet is from the API server, when that is worth a word.
fn skew(node: &Node, context: &RowContext<'_>) -> Option<(Verdict, String)> {
    let Link::Up(server) = &context.cluster.link else { return None };
    let (server, kubelet) = (minor_version(&server.version)?, node.minor()?);
    if kubelet > server {
        return Some((Verdict::Critical, "kubelet is newer than the API server".to_owned()));
    }
    match server - kubelet {
        0 | 1 => None,
        behind if behind > SUPPORTED_SKEW => Some((
            Verdict::Critical,
            format!("kubelet {behind} minors behind, {SUPPORTED_SKEW} are supported"),
        )),
        behind => Some((Verdict::Warning, format!("kubelet {behind} minors behind"))),
    }
}

fn status<'a>(node: &'a Node, _: &RowContext<'a>) -> Cell<'a> {
    let role = match (node.is_ready(), node.is_cordoned) {
        (Some(true), false) => Role::Text,
        (Some(true), true) => Role::Warning,
        _ => Role::Critical,
    };
    Value::text(node.status()).as_role(role)
}

fn version<'a>(node: &'a Node, context: &RowContext<'a>) -> Cell<'a> {
    let role = skew(node, context).map_or(Role::Text, |(verdict, _)| join::role(verdict));
    Value::text(&*node.kubelet_version).as_role(role)
}

fn held(node: &Node, context: &RowContext<'_>) -> Joined<Use> {
    join::pods(context).map(|tally| tally.node(node.name()))
}

fn requested<'a>(node: &Node, context: &RowContext<'a>, part: fn(Resources) -> u64, of: u64) -> Cell<'a> {
    held(node, context).cell(|held| share(part(held.requests), of)).into()
}

fn used<'a>(node: &Node, context: &RowContext<'a>, part: fn(Resources) -> u64, of: u64) -> Cell<'a> {
    let used = join::node_usage(context, node.name()).map(part);
    let requested = held(node, context).map(|held| part(held.requests)).found();
    let is_high = used.found().is_some_and(|used| used.saturating_mul(100) >= of.saturating_mul(HIGH));
    let bar = (of > 0 && (used.found().is_some() || requested.is_some())).then(|| Bar {
        used: used.found(),
        requested: requested.unwrap_or(0),
        of,
    });
    let role = if is_high && of > 0 { Role::Warning } else { Role::Text };
    Cell { bar, ..used.cell(|used| share(used, of)).as_role(role) }
}

fn share<'a>(used: u64, of: u64) -> Value<'a> {
    if of == 0 { Value::Nothing } else { Value::Share { used, of } }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fleet::pod::Pod;
    use crate::ui::test_cluster::TestCluster;

    fn node(ready: Json, more: Json) -> Json {
        let mut node = json!({"metadata": {"name": "n", "creationTimestamp": "2026-11-20T10:00:00Z"}, "spec": {},
            "status": {"conditions": [ready], "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "58"},
                "nodeInfo": {"kubeletVersion": "v1.36.3-eks-0a1b2c3"}}});
        for (pointer, value) in more.as_object().unwrap() {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            node.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        node
    }

    fn ready() -> Json {
        json!({"type": "Ready", "status": "True"})
    }

    fn judged(node: Json) -> (Verdict, String) {
        TestCluster::new().with::<Node>(&NODES, &[node]).judged(&Nodes, "n")
    }

    #[test]
    fn a_node_that_is_ready_has_nothing_to_say() {
        assert_eq!(judged(node(ready(), json!({}))), (Verdict::Ok, String::new()));
    }

    #[test]
    fn a_silent_kubelet_is_named_with_its_time() {
        let silent = json!({"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.", "lastTransitionTime": "2026-11-21T12:51:00Z"});
        assert_eq!(
            judged(node(silent, json!({}))),
            (Verdict::Critical, "NotReady for 9m: kubelet stopped posting status".to_owned())
        );
    }

    #[test]
    fn a_new_node_may_start_first() {
        let starting = json!({"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-21T12:59:00Z",
            "message": "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"});
        let words = "NotReady for 60s: its network plugin is not initialised".to_owned();
        let new = json!({"/metadata/creationTimestamp": "2026-11-21T12:59:00Z"});
        assert_eq!(judged(node(starting.clone(), new)), (Verdict::Progressing, words.clone()));
        assert_eq!(judged(node(starting, json!({}))), (Verdict::Critical, words));
    }

    #[test]
    fn the_worst_reason_comes_first() {
        let pressure =
            json!({"type": "MemoryPressure", "status": "True", "lastTransitionTime": "2026-11-21T12:50:00Z"});
        let agent = json!({"type": "NetworkingReady", "status": "False"});
        let node = node(
            ready(),
            json!({"/status/conditions": [ready(), pressure, agent], "/spec/unschedulable": true,
            "/status/nodeInfo": {"kubeletVersion": "v1.32.1"}}),
        );
        assert_eq!(judged(node), (
            Verdict::Critical,
            "kubelet 4 minors behind, 3 are supported; memory pressure for 10m; NetworkingReady; cordoned".to_owned()
        ));
    }

    #[test]
    fn version_skew_counts_from_two_minors() {
        let with =
            |version: &str| judged(node(ready(), json!({"/status/nodeInfo": {"kubeletVersion": version}})));
        assert_eq!(with("v1.35.9").0, Verdict::Ok);
        assert_eq!(with("v1.34.9"), (Verdict::Warning, "kubelet 2 minors behind".to_owned()));
        assert_eq!(with("v1.37.0"), (Verdict::Critical, "kubelet is newer than the API server".to_owned()));
        assert_eq!(with(""), (Verdict::Ok, String::new()));
    }

    #[test]
    fn a_node_that_is_being_replaced_is_on_its_way() {
        let disrupted = json!({"/spec/taints": [{"key": "karpenter.sh/disrupted", "effect": "NoSchedule"}], "/spec/unschedulable": true});
        assert_eq!(
            judged(node(ready(), disrupted)),
            (Verdict::Progressing, "Karpenter is replacing it".to_owned())
        );
        let stuck = json!({"/metadata/deletionTimestamp": "2026-11-21T12:00:00Z"});
        assert_eq!(judged(node(ready(), stuck)), (Verdict::Warning, "has been draining for 60m".to_owned()));
    }

    #[test]
    fn what_pods_request_is_joined_from_their_totals() {
        let pod = json!({"metadata": {"name": "a", "namespace": "web"}, "status": {"phase": "Running"},
            "spec": {"nodeName": "n", "containers": [{"name": "a", "resources": {"requests": {"cpu": "1", "memory": "2Gi"}}}]}});
        let mut ended = pod.clone();
        ended["metadata"]["name"] = json!("b");
        ended["status"]["phase"] = json!("Succeeded");
        let cluster = TestCluster::new()
            .with::<Node>(&NODES, &[node(ready(), json!({}))])
            .with::<Pod>(&PODS, &[pod, ended]);
        assert_eq!(cluster.cell(&Nodes, "n", "cpu-requested"), "Share { used: 1000, of: 4000 }");
        assert_eq!(cluster.cell(&Nodes, "n", "pods"), "Ratio { have: 1, want: 58 }");
        let alone = TestCluster::new().with::<Node>(&NODES, &[node(ready(), json!({}))]);
        assert_eq!(alone.cell(&Nodes, "n", "pods"), "Nothing");
    }
}
