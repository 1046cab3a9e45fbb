//! The metrics of a cluster's surroundings, and what each was at any minute.
//!
//! Nothing is recorded: what the cluster shows (nodes, targets, restarts, waiting pods) is read from it with the instants
//! since when it is so, and what goes up and down with people's lives is drawn from the minute itself. So the past is the
//! same whoever asks, and whenever.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::facts::Facts;
use crate::simulator::world::chance::Chance;
use crate::simulator::world::field;

/// A metric with its dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metric {
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    pub(super) dimensions: Vec<(String, String)>,
}

impl Metric {
    pub(super) fn written(&self) -> Value {
        let dimensions: Vec<Value> =
            self.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        json!({"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions})
    }

    fn dimension(&self, name: &str) -> Option<&str> {
        self.dimensions.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The dimensions that a request names.
pub(super) fn dimensions(parameters: &Value, path: &str) -> Vec<(String, String)> {
    field::list(parameters, path)
        .iter()
        .map(|one| (field::text(one, "Name").to_owned(), field::text(one, "Value").to_owned()))
        .collect()
}

pub(super) const INSIGHTS: &str = "ContainerInsights";
pub(super) const EKS: &str = "AWS/EKS";
pub(super) const BALANCER: &str = "AWS/ApplicationELB";
const NAT: &str = "AWS/NATGateway";
const QUEUE: &str = "AWS/SQS";

const OF_CLUSTER: [&str; 8] = [
    "cluster_failed_node_count",
    "cluster_node_count",
    "namespace_number_of_running_pods",
    "node_cpu_utilization",
    "node_filesystem_utilization",
    "node_memory_utilization",
    "node_number_of_running_pods",
    "pod_number_of_container_restarts",
];
const OF_NODE: [&str; 4] = [
    "node_cpu_utilization",
    "node_filesystem_utilization",
    "node_memory_utilization",
    "node_number_of_running_pods",
];
const OF_CONTROL_PLANE: [&str; 11] = [
    "apiserver_current_inflight_requests_MUTATING",
    "apiserver_current_inflight_requests_READONLY",
    "apiserver_request_duration_seconds_GET_P99",
    "apiserver_request_duration_seconds_LIST_P99",
    "apiserver_request_total",
    "apiserver_request_total_429",
    "apiserver_request_total_4XX",
    "apiserver_request_total_5XX",
    "apiserver_storage_size_bytes",
    "scheduler_pending_pods",
    "scheduler_pending_pods_UNSCHEDULABLE",
];
const OF_BALANCER: [&str; 7] = [
    "HTTPCode_ELB_503_Count",
    "HTTPCode_ELB_5XX_Count",
    "HTTPCode_Target_5XX_Count",
    "RejectedConnectionCount",
    "RequestCount",
    "TargetConnectionErrorCount",
    "TargetResponseTime",
];
const OF_GROUP: [&str; 2] = ["HealthyHostCount", "UnHealthyHostCount"];
const OF_NAT: [&str; 4] =
    ["ActiveConnectionCount", "BytesInFromDestination", "BytesOutToDestination", "ErrorPortAllocation"];
const OF_QUEUE: [&str; 2] = ["ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"];

/// Every metric that there is of a cluster.
pub(super) fn all(facts: &Facts) -> Vec<Metric> {
    let cluster = facts.land.cluster;
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let mut metrics = Vec::new();
    let mut add = |namespace: &'static str, names: &[&'static str], dimensions: Vec<(String, String)>| {
        metrics.extend(names.iter().map(|name| Metric { namespace, name, dimensions: dimensions.clone() }));
    };
    add(INSIGHTS, &OF_CLUSTER, own(&[("ClusterName", cluster.name)]));
    for machine in facts.machines.iter().filter(|machine| !machine.node.is_empty()) {
        let dimensions =
            own(&[("ClusterName", cluster.name), ("InstanceId", &machine.id), ("NodeName", &machine.node)]);
        add(INSIGHTS, &OF_NODE, dimensions);
    }
    add(EKS, &OF_CONTROL_PLANE, own(&[("ClusterName", cluster.name)]));
    for balancer in &facts.balancers {
        add(BALANCER, &OF_BALANCER, own(&[("LoadBalancer", balancer.dimension())]));
        let both = [("LoadBalancer", balancer.dimension()), ("TargetGroup", balancer.group_dimension())];
        add(BALANCER, &OF_GROUP, own(&both));
    }
    add(NAT, &OF_NAT, own(&[("NatGatewayId", &cluster.resource("nat", "nat"))]));
    if cluster.is_prod() {
        add(QUEUE, &OF_QUEUE, own(&[("QueueName", cluster.name)]));
    }
    metrics
}

/// Minutes after a restart in which it shows.
const RESTART_SHOWS: i64 = 10;

/// What a metric was in the minute that begins at an instant; `None` where it has no point.
pub(super) fn value(facts: &Facts, metric: &Metric, at: Timestamp) -> Option<f64> {
    let end = at.checked_add(SignedDuration::from_mins(1)).unwrap_or(at);
    let mut chance = Chance::of(&format!("{}/{:?}/{}", metric.name, metric.dimensions, at.as_second() / 60));
    let mut between = |low: f64, high: f64| {
        let share = chance.below(1_000_000) as f64 / 1_000_000.0;
        low + share * (high - low)
    };
    if let Some(high) = facts.surge(metric.name, at) {
        return Some(high * between(0.98, 1.02));
    }
    let node = metric.dimension("NodeName");
    let machines = || facts.machines.iter().filter(|own| !own.node.is_empty() && own.launched <= at);
    if node.is_some_and(|node| {
        !machines().any(|own| own.node == node && own.silent_since.is_none_or(|since| since > at))
    }) {
        return None;
    }
    let (ill, well) = facts.health(end);
    let is_down = well == 0;
    // Twice as many come by day as by night.
    let hour = (at.as_second() / 3600).rem_euclid(24) as f64;
    let day = 1.0 + 0.5 * ((hour - 14.0) / 24.0 * std::f64::consts::TAU).cos();
    let visitors = |noise: f64| (480.0 * day * noise).round();
    Some(match metric.name {
        "cluster_node_count" => count(machines().count()),
        "cluster_failed_node_count" => {
            count(machines().filter(|own| own.silent_since.is_some_and(|since| since <= at)).count())
        }
        "node_cpu_utilization" => between(22.0, 30.0) * day,
        "node_memory_utilization" => between(44.0, 50.0),
        "node_filesystem_utilization" => between(21.0, 21.6),
        "node_number_of_running_pods" | "namespace_number_of_running_pods" => {
            let own = |(on, born): &&(String, Timestamp)| *born <= at && node.is_none_or(|node| on == node);
            count(facts.running.iter().filter(own).count())
        }
        "pod_number_of_container_restarts" => {
            let shows = |since: Timestamp| {
                since <= end && end.duration_since(since) < SignedDuration::from_mins(RESTART_SHOWS)
            };
            let most =
                facts.restarts.iter().filter(|(since, _)| shows(*since)).map(|(_, times)| *times).max();
            most.unwrap_or_default() as f64
        }
        "scheduler_pending_pods" | "scheduler_pending_pods_UNSCHEDULABLE" => {
            count(facts.pending.iter().filter(|since| **since <= at).count())
        }
        "apiserver_request_total" => between(2900.0, 3400.0).round(),
        "apiserver_request_total_4XX" => between(10.0, 42.0).round(),
        "apiserver_request_duration_seconds_GET_P99" => between(0.018, 0.03),
        "apiserver_request_duration_seconds_LIST_P99" => between(0.11, 0.24),
        "apiserver_current_inflight_requests_READONLY" => between(2.0, 9.0).round(),
        "apiserver_current_inflight_requests_MUTATING" => between(0.0, 3.0).round(),
        "apiserver_storage_size_bytes" => between(41.0e6, 42.0e6).round(),
        "RequestCount" => visitors(between(0.85, 1.15)),
        "HTTPCode_ELB_503_Count" | "HTTPCode_ELB_5XX_Count" if is_down => visitors(between(0.85, 1.15)),
        "TargetConnectionErrorCount" if ill > 0 => visitors(between(0.1, 0.2)),
        "TargetResponseTime" if is_down => return None,
        "TargetResponseTime" => between(0.035, 0.06),
        "HealthyHostCount" => count(well),
        "UnHealthyHostCount" => count(ill),
        "BytesOutToDestination" => (between(1.1e7, 1.9e7) * day).round(),
        "BytesInFromDestination" => (between(4.0e7, 6.5e7) * day).round(),
        "ActiveConnectionCount" => between(90.0, 160.0).round(),
        _ => 0.0,
    })
}

fn count(of: usize) -> f64 {
    u32::try_from(of).unwrap_or(u32::MAX).into()
}
