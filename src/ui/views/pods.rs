//! `pods`

use crate::fleet::kind::{POD_METRICS, PODS};
use crate::fleet::node::host;
use crate::fleet::pod::{ContainerRole, Phase, Pod, Qos};
use crate::fleet::{ResourceType, Row, Verdict, image};
use crate::ui::columns;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Pods with kubectl's STATUS, usage, and why they are not well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pods;

static ABOUT: ViewAbout = ViewAbout {
    name: "pods",
    aliases: &["po", "pod"],
    help: "Pods: status, readiness, restarts with when and why, usage, owner, node",
};

static RESOURCES: [ResourceType; 1] = [PODS];
static JOINS: [ResourceType; 1] = [POD_METRICS];

/// A restart stays coloured for so long.
const RECENT_RESTART: i64 = 10 * 60;

static COLUMNS: [Column<Pod>; 24] = [
    columns::namespace(),
    columns::name(),
    Column::<Pod>::new("ready", "READY", "Ready containers of all, sidecars included", ready)
        .fit(5, 7)
        .drop_at(1),
    Column::<Pod>::new("status", "STATUS", "Status exactly as kubectl prints it", status)
        .fit(7, 26)
        .drop_at(0)
        .sorts_by('S'),
    Column::<Pod>::new("restarts", "RESTARTS", "How often its containers were started again", restarts)
        .fit(4, 8)
        .drop_at(3)
        .sorts_by('R'),
    Column::<Pod>::new("last-restart", "LAST", "When a container's run last ended", |pod, _| {
        age_if(pod.restarts() > 0, pod)
    })
    .fit(4, 7)
    .drop_at(6),
    Column::<Pod>::new("cpu", "CPU", "CPU in use, by the metrics API", |pod, context| {
        usage(pod, context).cell(|used| Value::Cpu(used.cpu)).into()
    })
    .fit(5, 7)
    .drop_at(5)
    .sorts_by('C'),
    Column::<Pod>::new(
        "memory",
        "MEMORY",
        "Memory in use (working set), by the metrics API",
        |pod, context| usage(pod, context).cell(|used| Value::Bytes(used.memory)).into(),
    )
    .fit(6, 8)
    .drop_at(5)
    .sorts_by('M'),
    Column::<Pod>::new("cpu-of-request", "CPU/R", "CPU in use of what it requests", |pod, context| {
        share(pod, context, |pod| pod.requests().cpu, |used| used.cpu)
    })
    .fit(5, 7)
    .wide(),
    Column::<Pod>::new("memory-of-request", "MEM/R", "Memory in use of what it requests", |pod, context| {
        share(pod, context, |pod| pod.requests().memory, |used| used.memory)
    })
    .fit(5, 7)
    .wide(),
    Column::<Pod>::new(
        "memory-of-limit",
        "MEM/L",
        "Memory in use of what it may use: at 100 % it is killed",
        |pod, context| {
            let mut cell = share(pod, context, |pod| pod.limits().memory, |used| used.memory);
            if let Value::Share { used, of } = cell.value
                && used.saturating_mul(10) >= of.saturating_mul(9)
            {
                cell.role = Role::Warning;
            }
            cell
        },
    )
    .fit(5, 7)
    .drop_at(8),
    Column::<Pod>::new("ip", "IP", "Address of the pod", |pod, _| {
        Value::text(pod.ip().map(|ip| ip.to_string()).unwrap_or_default()).into()
    })
    .fit(9, 39)
    .drop_at(9)
    .wide()
    .sorts_by('I'),
    Column::<Pod>::new("node", "NODE", "Node that it runs on", |pod, _| Value::maybe(pod.node()).into())
        .shortened(host)
        .fit(8, 28)
        .drop_at(7)
        .sorts_by('O'),
    Column::<Pod>::new(
        "nominated-node",
        "NOMINATED",
        "Node that it will have when what it preempts is gone",
        |pod, _| Value::maybe(pod.nominated_node()).into(),
    )
    .fit(8, 28)
    .drop_at(9)
    .wide(),
    Column::<Pod>::new("readiness-gates", "GATES", "Readiness gates that are met, of all", |pod, _| {
        pod.readiness_gates()
            .map_or(Value::Nothing, |gates| Value::Ratio {
                have: gates.met.into(),
                want: gates.wanted.into(),
            })
            .into()
    })
    .fit(5, 7)
    .drop_at(9)
    .wide(),
    Column::<Pod>::new(
        "owner",
        "OWNER",
        "What made it: the Deployment where that is certain, else the direct owner",
        |pod, _| {
            pod.workload()
                .map_or(Value::Nothing, |owner| Value::text(format!("{}/{}", owner.kind, owner.name)))
                .into()
        },
    )
    .fit(8, 40)
    .drop_at(8)
    .wide()
    .sorts_by('W'),
    Column::<Pod>::new("version", "VERSION", "Version label, else the image's tag", |pod, _| version(pod))
        .fit(5, 16)
        .drop_at(8),
    Column::<Pod>::new("images", "IMAGES", "Images of its containers", |pod, _| {
        let images = pod.containers().filter(|(c, _)| c.role == ContainerRole::Main).map(|(c, _)| &*c.image);
        Value::text(images.collect::<Vec<_>>().join(",")).into()
    })
    .fit(8, 60)
    .drop_at(9)
    .wide(),
    Column::<Pod>::new("containers", "CONTAINERS", "Names of its containers", |pod, _| {
        Value::text(pod.containers().map(|(c, _)| &*c.name).collect::<Vec<_>>().join(",")).into()
    })
    .fit(8, 40)
    .drop_at(9)
    .wide(),
    Column::<Pod>::new("qos", "QOS", "Quality of service: who is evicted first", |pod, _| {
        Value::text(match pod.qos() {
            Qos::Unknown => "",
            Qos::BestEffort => "BestEffort",
            Qos::Burstable => "Burstable",
            Qos::Guaranteed => "Guaranteed",
        })
        .into()
    })
    .fit(9, 10)
    .drop_at(9)
    .wide(),
    Column::<Pod>::new("service-account", "ACCOUNT", "Service account", |pod, _| {
        Value::text(pod.service_account()).into()
    })
    .fit(7, 32)
    .drop_at(9)
    .wide(),
    Column::<Pod>::new("priority-class", "PRIORITY", "Priority class", |pod, _| {
        Value::text(pod.priority_class()).into()
    })
    .fit(8, 24)
    .drop_at(9)
    .wide(),
    columns::labels(),
    columns::age(|pod, _| Value::Age(pod.created()).into()),
];

impl Listing for Pods {
    type Row = Pod;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Pod>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, pod: &'a Pod, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = pod.judge(context.now);
        Judged { verdict, why }
    }
}

fn ready<'a>(pod: &'a Pod, _: &RowContext<'a>) -> Cell<'a> {
    let (have, want) = pod.ready();
    let role = match pod.phase() {
        Phase::Succeeded => Role::Dim,
        Phase::Running if have < want => Role::Warning,
        _ => Role::Text,
    };
    Value::Ratio { have: have.into(), want: want.into() }.as_role(role)
}

fn status<'a>(pod: &'a Pod, context: &RowContext<'a>) -> Cell<'a> {
    let role = match pod.judge(context.now).0 {
        Verdict::Ok if pod.phase() == Phase::Succeeded => Role::Dim,
        verdict => join::role(verdict),
    };
    Value::text(pod.status()).as_role(role)
}

fn restarts<'a>(pod: &'a Pod, context: &RowContext<'a>) -> Cell<'a> {
    let role = match pod.restarts() {
        0 => Role::Dim,
        _ if is_recent(pod, context) => Role::Warning,
        _ => Role::Text,
    };
    Value::Count(pod.restarts().into()).as_role(role)
}

fn is_recent(pod: &Pod, context: &RowContext<'_>) -> bool {
    pod.last_restart().known().is_some_and(|at| at.seconds_before(context.now) < RECENT_RESTART)
}

fn age_if<'a>(restarted: bool, pod: &Pod) -> Cell<'a> {
    match pod.last_restart().known().filter(|_| restarted) {
        Some(at) => Value::Age(at).into(),
        None => Value::Nothing.into(),
    }
}

fn usage(pod: &Pod, context: &RowContext<'_>) -> join::Joined<crate::fleet::pod::Resources> {
    join::pod_usage(context, pod.namespace().unwrap_or(""), pod.name())
}

fn share<'a>(
    pod: &Pod,
    context: &RowContext<'a>,
    of: fn(&Pod) -> u64,
    used: fn(crate::fleet::pod::Resources) -> u64,
) -> Cell<'a> {
    match of(pod) {
        0 => Value::Nothing.into(),
        of => usage(pod, context).cell(|resources| Value::Share { used: used(resources), of }).into(),
    }
}

fn version(pod: &Pod) -> Cell<'_> {
    let label = pod.label("app.kubernetes.io/version");
    let first = || pod.containers().find(|(c, _)| c.role == ContainerRole::Main).map(|(c, _)| &*c.image);
    Value::maybe(label.or_else(|| image::version(first()?))).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::usage::PodUsage;
    use crate::fleet::{Problem, ProblemKind};
    use crate::snapshot::Freshness;
    use crate::ui::test_cluster::TestCluster;

    fn pod() -> serde_json::Value {
        json!({"metadata": {"name": "api-0", "namespace": "web", "creationTimestamp": "2026-11-21T10:00:00Z"},
            "spec": {"nodeName": "n", "containers": [{"name": "api", "image": "r.io/api:1.8.1",
                "resources": {"requests": {"cpu": "200m"}, "limits": {"memory": "100Mi"}}}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
                "containerStatuses": [{"name": "api", "ready": true, "restartCount": 0, "state": {"running": {}}}]}})
    }

    #[test]
    fn usage_is_joined_by_name() {
        let usage = json!({"metadata": {"name": "api-0", "namespace": "web"}, "containers": [{"usage": {"cpu": "50m", "memory": "95Mi"}}]});
        let cluster =
            TestCluster::new().with::<Pod>(&PODS, &[pod()]).with::<PodUsage>(&POD_METRICS, &[usage]);
        assert_eq!(cluster.cell(&Pods, "api-0", "cpu"), "Cpu(50)");
        assert_eq!(cluster.cell(&Pods, "api-0", "cpu-of-request"), "Share { used: 50, of: 200 }");
        assert_eq!(cluster.cell(&Pods, "api-0", "memory-of-request"), "Nothing");
        assert_eq!(
            cluster.cell(&Pods, "api-0", "memory-of-limit"),
            "Share { used: 99614720, of: 104857600 }"
        );
        assert_eq!(cluster.cell(&Pods, "api-0", "version"), "1.8.1");
    }

    #[test]
    fn usage_that_nobody_measures_is_nothing_and_usage_that_is_forbidden_is_unknown() {
        let cluster = TestCluster::new().with::<Pod>(&PODS, &[pod()]);
        assert_eq!(cluster.cell(&Pods, "api-0", "cpu"), "Nothing");
        let problem = Problem::new(ProblemKind::Forbidden, "list pods.metrics.k8s.io in all namespaces");
        let cluster = cluster.with_freshness::<PodUsage>(&POD_METRICS, Freshness::Forbidden { problem });
        assert_eq!(cluster.cell(&Pods, "api-0", "cpu"), "Unknown");
        assert_eq!(cluster.judged(&Pods, "api-0"), (Verdict::Ok, String::new()));
    }
}
