//! Metrics of CloudWatch (`GetMetricData`): a fixed panel for each cluster, and the last hour of each.

use super::aws_row;
use crate::fleet::Timestamp;

/// Seconds between two points of a series, and how many points there are: one hour.
pub const PERIOD: u32 = 60;
/// Points of a series.
pub const POINTS: usize = 60;

/// What a thousand metrics cost that `GetMetricData` is asked for, in US dollars (CloudWatch pricing, "metrics requested
/// using GetMetricData API", as of 2026; not in the free tier).
const DOLLARS_PER_THOUSAND: f64 = 0.01;

/// What it costs, in US dollars, to ask for so many metrics.
pub fn dollars(metrics: u64) -> f64 {
    metrics as f64 / 1000.0 * DOLLARS_PER_THOUSAND
}

/// In what a metric is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of a hundred.
    Percent,
    /// Things.
    Count,
    /// Things in each minute.
    PerMinute,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bytes in each minute.
    BytesPerMinute,
}

/// Which part of the platform a metric is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The API server and what stands behind it.
    ControlPlane,
    /// Nodes and pods.
    Nodes,
    /// A load balancer.
    Balancer,
    /// A group of targets behind a load balancer.
    Targets,
    /// A NAT gateway.
    Nat,
}

impl Part {
    /// The word on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ControlPlane => "control plane",
            Self::Nodes => "nodes",
            Self::Balancer => "load balancer",
            Self::Targets => "targets",
            Self::Nat => "gateway",
        }
    }
}

/// When the newest value of a metric wants a look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Never by itself.
    None,
    /// Above this it wants a look.
    Above(f64),
    /// At zero something is broken.
    Zero,
}

/// A metric of the panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// Its name here: `node-cpu`.
    pub id: &'static str,
    /// What it is called on the screen.
    pub title: &'static str,
    /// What it is about.
    pub part: Part,
    /// Its namespace in CloudWatch.
    pub namespace: &'static str,
    /// Its name in CloudWatch.
    pub metric: &'static str,
    /// `Average`, `Sum`, `Maximum`, `Minimum`, `p99`.
    pub statistic: &'static str,
    /// In what it is counted.
    pub unit: Unit,
    /// True where CloudWatch leaves out what is zero: a count of things that did not happen.
    pub missing_is_zero: bool,
    /// When it wants a look.
    pub limit: Limit,
}

const fn gauge(
    id: &'static str,
    title: &'static str,
    part: Part,
    (namespace, metric, statistic): (&'static str, &'static str, &'static str),
    unit: Unit,
) -> Gauge {
    Gauge { id, title, part, namespace, metric, statistic, unit, missing_is_zero: false, limit: Limit::None }
}

impl Gauge {
    const fn limited(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    const fn or_zero(mut self) -> Self {
        self.missing_is_zero = true;
        self
    }
}

/// Of the control plane, by `ClusterName` (EKS user guide, "Control plane metrics"; free, one minute, 1.28 and later).
const EKS: &str = "AWS/EKS";
/// Of nodes and pods, by `ClusterName` (CloudWatch user guide, "Container Insights metrics"; charged).
const INSIGHTS: &str = "ContainerInsights";
const ALB: &str = "AWS/ApplicationELB";
const NLB: &str = "AWS/NetworkELB";
const NAT: &str = "AWS/NATGateway";

/// What is asked of a cluster by its name.
pub static CLUSTER_GAUGES: &[Gauge] = &[
    gauge(
        "apiserver-requests",
        "requests",
        Part::ControlPlane,
        (EKS, "apiserver_request_total", "Sum"),
        Unit::PerMinute,
    ),
    gauge(
        "apiserver-429",
        "refused as too many (429)",
        Part::ControlPlane,
        (EKS, "apiserver_request_total_429", "Sum"),
        Unit::PerMinute,
    )
    .limited(Limit::Above(0.0)),
    gauge(
        "apiserver-5xx",
        "failed (5xx)",
        Part::ControlPlane,
        (EKS, "apiserver_request_total_5XX", "Sum"),
        Unit::PerMinute,
    )
    .limited(Limit::Above(0.0)),
    gauge(
        "apiserver-get-p99",
        "GET, 99 of 100 within",
        Part::ControlPlane,
        (EKS, "apiserver_request_duration_seconds_GET_P99", "Average"),
        Unit::Seconds,
    )
    .limited(Limit::Above(1.0)),
    gauge(
        "apiserver-list-p99",
        "LIST, 99 of 100 within",
        Part::ControlPlane,
        (EKS, "apiserver_request_duration_seconds_LIST_P99", "Average"),
        Unit::Seconds,
    )
    // The service-level objective of Kubernetes for lists of a whole cluster.
    .limited(Limit::Above(30.0)),
    gauge(
        "storage-size",
        "etcd database",
        Part::ControlPlane,
        (EKS, "apiserver_storage_size_bytes", "Maximum"),
        Unit::Bytes,
    )
    // EKS allows 8 GiB; beyond that the cluster only reads (EKS best practices, control plane).
    .limited(Limit::Above(6.0 * 1024.0 * 1024.0 * 1024.0)),
    gauge(
        "pods-unschedulable",
        "pods that fit nowhere",
        Part::ControlPlane,
        (EKS, "scheduler_pending_pods_UNSCHEDULABLE", "Maximum"),
        Unit::Count,
    ),
    gauge(
        "node-cpu",
        "CPU in use",
        Part::Nodes,
        (INSIGHTS, "node_cpu_utilization", "Average"),
        Unit::Percent,
    )
    .limited(Limit::Above(90.0)),
    gauge(
        "node-memory",
        "memory in use",
        Part::Nodes,
        (INSIGHTS, "node_memory_utilization", "Average"),
        Unit::Percent,
    )
    .limited(Limit::Above(90.0)),
    gauge(
        "node-disk",
        "disk in use",
        Part::Nodes,
        (INSIGHTS, "node_filesystem_utilization", "Average"),
        Unit::Percent,
    )
    .limited(Limit::Above(85.0)),
    gauge("nodes", "nodes", Part::Nodes, (INSIGHTS, "cluster_node_count", "Average"), Unit::Count),
    gauge(
        "nodes-failed",
        "nodes that failed",
        Part::Nodes,
        (INSIGHTS, "cluster_failed_node_count", "Maximum"),
        Unit::Count,
    )
    .limited(Limit::Above(0.0)),
    gauge(
        "container-restarts",
        "container restarts",
        Part::Nodes,
        (INSIGHTS, "pod_number_of_container_restarts", "Maximum"),
        Unit::Count,
    ),
];

/// What is asked of an application load balancer (`LoadBalancer`).
pub static APPLICATION_BALANCER_GAUGES: &[Gauge] = &[
    gauge("requests", "requests", Part::Balancer, (ALB, "RequestCount", "Sum"), Unit::PerMinute).or_zero(),
    gauge(
        "balancer-5xx",
        "5xx of its own",
        Part::Balancer,
        (ALB, "HTTPCode_ELB_5XX_Count", "Sum"),
        Unit::PerMinute,
    )
    .or_zero()
    .limited(Limit::Above(0.0)),
    gauge(
        "target-5xx",
        "5xx of its targets",
        Part::Balancer,
        (ALB, "HTTPCode_Target_5XX_Count", "Sum"),
        Unit::PerMinute,
    )
    .or_zero()
    .limited(Limit::Above(0.0)),
    gauge(
        "response-time",
        "response time",
        Part::Balancer,
        (ALB, "TargetResponseTime", "Average"),
        Unit::Seconds,
    ),
];

/// What is asked of a network load balancer (`LoadBalancer`).
pub static NETWORK_BALANCER_GAUGES: &[Gauge] =
    &[gauge("flows", "active flows", Part::Balancer, (NLB, "ActiveFlowCount", "Average"), Unit::Count)];

/// What is asked of the targets of an application load balancer (`LoadBalancer`, `TargetGroup`).
pub static APPLICATION_TARGET_GAUGES: &[Gauge] = &[
    gauge("healthy", "healthy", Part::Targets, (ALB, "HealthyHostCount", "Minimum"), Unit::Count)
        .limited(Limit::Zero),
    gauge("unhealthy", "unhealthy", Part::Targets, (ALB, "UnHealthyHostCount", "Maximum"), Unit::Count)
        .limited(Limit::Above(0.0)),
];

/// What is asked of the targets of a network load balancer (`LoadBalancer`, `TargetGroup`).
pub static NETWORK_TARGET_GAUGES: &[Gauge] = &[
    gauge("healthy", "healthy", Part::Targets, (NLB, "HealthyHostCount", "Minimum"), Unit::Count)
        .limited(Limit::Zero),
    gauge("unhealthy", "unhealthy", Part::Targets, (NLB, "UnHealthyHostCount", "Maximum"), Unit::Count)
        .limited(Limit::Above(0.0)),
];

/// What is asked of a NAT gateway (`NatGatewayId`).
pub static NAT_GAUGES: &[Gauge] = &[
    gauge("nat-out", "sent", Part::Nat, (NAT, "BytesOutToDestination", "Sum"), Unit::BytesPerMinute),
    gauge("nat-in", "received", Part::Nat, (NAT, "BytesInFromDestination", "Sum"), Unit::BytesPerMinute),
    gauge(
        "nat-connections",
        "connections",
        Part::Nat,
        (NAT, "ActiveConnectionCount", "Maximum"),
        Unit::Count,
    ),
    gauge(
        "nat-ports",
        "refused for lack of ports",
        Part::Nat,
        (NAT, "ErrorPortAllocation", "Sum"),
        Unit::PerMinute,
    )
    .limited(Limit::Above(0.0)),
];

/// A metric of something, with its last hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The gauge's id, and what it is of: `requests/k8s-edge`.
    pub name: Box<str>,
    /// What is measured.
    pub gauge: &'static Gauge,
    /// The name of the load balancer, target group or gateway; empty for the cluster itself.
    pub of: Box<str>,
    /// The beginning of the first point.
    pub start: Timestamp,
    /// One for each [`PERIOD`], oldest first. `None`: nothing was measured, or nothing arrived yet.
    pub points: Box<[Option<f64>]>,
}

aws_row!(Series, name);

impl Series {
    /// The newest value, and the end of its minute.
    pub fn newest(&self) -> Option<(Timestamp, f64)> {
        let at = self.points.iter().rposition(Option::is_some)?;
        let value = self.points.get(at).copied().flatten()?;
        let after = i64::try_from(at + 1).unwrap_or_default() * i64::from(PERIOD);
        Some((Timestamp::from_seconds(self.start.seconds() + after), value))
    }

    /// The least and the most of the hour.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        self.points.iter().flatten().fold(None, |bounds, value| match bounds {
            None => Some((*value, *value)),
            Some((least, most)) => Some((value.min(least), value.max(most))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[Option<f64>]) -> Series {
        Series {
            name: "x".into(),
            gauge: &CLUSTER_GAUGES[0],
            of: "".into(),
            start: Timestamp::from_seconds(1_000),
            points: points.into(),
        }
    }

    #[test]
    fn the_newest_value_is_the_last_that_was_measured_with_its_own_age() {
        let series = series(&[Some(3.0), Some(7.0), None]);
        assert_eq!(series.newest(), Some((Timestamp::from_seconds(1_120), 7.0)));
        assert_eq!(series.bounds(), Some((3.0, 7.0)));
    }

    #[test]
    fn what_was_never_measured_has_no_value_and_no_bounds() {
        let series = series(&[None, None]);
        assert_eq!((series.newest(), series.bounds()), (None, None));
    }

    #[test]
    fn no_two_gauges_of_a_thing_share_a_name() {
        let of_balancers = APPLICATION_BALANCER_GAUGES.iter().chain(APPLICATION_TARGET_GAUGES);
        let all = CLUSTER_GAUGES.iter().chain(of_balancers).chain(NAT_GAUGES);
        let mut ids: Vec<&str> = all.map(|gauge| gauge.id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
