//! Target groups and the health of their targets, which is the health of the ingress controller's pods.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::balancer::{self, Balancer};
use super::paged;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, ZONES};
use crate::simulator::aws::machine::{self, Machine};
use crate::simulator::controllers::pod;
use crate::simulator::world::field;

/// Seconds between two health checks of a target; two decide.
const INTERVAL: i64 = 15;

/// A node that is asked on the Service's port.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) machine: Machine,
    pub(crate) health: Health,
    /// Since when it is not healthy; `None` when it is.
    pub(crate) since: Option<Timestamp>,
}

/// What the load balancer thinks of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answers.
    Healthy,
    /// It has only just been registered.
    Registering,
    /// Its pod answers with another code than 200.
    FailsChecks,
    /// Its machine does not answer.
    TimesOut,
    /// Its pod is going away.
    Draining,
}

impl Health {
    fn written(self) -> Value {
        match self {
            Self::Healthy => json!({"State": "healthy"}),
            Self::Registering => json!({
                "State": "initial", "Reason": "Elb.RegistrationInProgress", "Description": "Target registration is in progress",
            }),
            Self::FailsChecks => json!({
                "State": "unhealthy", "Reason": "Target.FailedHealthChecks", "Description": "Health checks failed",
            }),
            Self::TimesOut => json!({
                "State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out",
            }),
            Self::Draining => json!({
                "State": "draining", "Reason": "Target.DeregistrationInProgress",
                "Description": "Target deregistration is in progress",
            }),
        }
    }
}

/// The targets of a cluster's front door: each node that a pod of the ingress controller is bound to.
pub(crate) fn targets(land: &Land) -> Vec<Target> {
    let now = land.store.clock().now();
    let pods: Vec<Value> = land
        .all("pods")
        .into_iter()
        .filter(|pod| {
            field::namespace(pod) == "ingress-nginx"
                && field::label(pod, "app.kubernetes.io/component") == "controller"
                && !pod::is_finished(pod)
        })
        .collect();
    machine::machines(land)
        .into_iter()
        .filter_map(|machine| {
            let own = pods.iter().filter(|pod| field::text(pod, "spec.nodeName") == machine.node);
            let own: Vec<&Value> = own.filter(|_| !machine.node.is_empty()).collect();
            if own.is_empty() {
                return None;
            }
            let (health, since) = health(&machine, &own, now);
            Some(Target { machine, health, since })
        })
        .collect()
}

fn health(machine: &Machine, pods: &[&Value], now: Timestamp) -> (Health, Option<Timestamp>) {
    if let Some(since) = machine.silent_since {
        return (Health::TimesOut, Some(since));
    }
    // The best pod of a node answers for it.
    if pods.iter().any(|pod| pod::is_ready(pod) && !pod::is_terminating(pod)) {
        return (Health::Healthy, None);
    }
    let Some(pod) = pods.iter().find(|pod| !pod::is_terminating(pod)) else {
        return (Health::Draining, Some(now));
    };
    let bound = field::time(pod, "metadata.creationTimestamp").unwrap_or(now);
    if now.duration_since(bound) < SignedDuration::from_secs(2 * INTERVAL) {
        return (Health::Registering, Some(bound));
    }
    let since = field::time(field::condition(pod, "Ready"), "lastTransitionTime").unwrap_or(bound);
    (Health::FailsChecks, Some(since))
}

/// `DescribeTargetGroups`.
pub(super) fn describe_groups(call: &Call<'_>, balancers: &[Balancer]) -> Result<Value, Failure> {
    let (arns, names) = (call.texts("TargetGroupArns"), call.texts("Names"));
    let balancer = call.text("LoadBalancerArn");
    if !balancer.is_empty() {
        balancer::find(balancers, balancer)?;
    }
    for arn in &arns {
        find(balancers, arn)?;
    }
    let shown = balancers.iter().filter(|own| {
        (arns.is_empty() || arns.contains(&own.group_arn.as_str()))
            && (names.is_empty() || names.contains(&own.group_name.as_str()))
            && (balancer.is_empty() || own.arn == balancer)
    });
    let groups = shown.map(|own| {
        json!({
            "TargetGroupArn": own.group_arn, "TargetGroupName": own.group_name, "Protocol": "HTTP", "Port": own.port,
            "VpcId": own.land.cluster.vpc(), "HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port",
            "HealthCheckEnabled": true, "HealthCheckIntervalSeconds": INTERVAL, "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2, "HealthCheckPath": own.health_path,
            "Matcher": {"HttpCode": "200"}, "LoadBalancerArns": {"member": [own.arn]}, "TargetType": "instance",
            "ProtocolVersion": "HTTP1", "IpAddressType": "ipv4",
        })
    });
    paged(call, "TargetGroups", groups.collect())
}

fn find<'a>(balancers: &'a [Balancer], arn: &str) -> Result<&'a Balancer, Failure> {
    balancers.iter().find(|own| own.group_arn == arn).ok_or_else(|| balancer::missing(arn))
}

/// `DescribeTargetHealth`. A target that was asked for and is none is unused, as AWS says.
pub(super) fn describe_health(call: &Call<'_>, balancers: &[Balancer]) -> Result<Value, Failure> {
    let own = find(balancers, call.text("TargetGroupArn"))?;
    let asked: Vec<&str> =
        field::list(call.parameters, "Targets").iter().map(|one| field::text(one, "Id")).collect();
    let targets = targets(&own.land);
    let mut described: Vec<Value> = targets
        .iter()
        .filter(|target| asked.is_empty() || asked.contains(&target.machine.id.as_str()))
        .map(|target| {
            let zone = ZONES.get(target.machine.zone).map(|(zone, _)| *zone);
            json!({
                "Target": {"Id": target.machine.id, "Port": own.port, "AvailabilityZone": zone},
                "HealthCheckPort": own.port.to_string(), "TargetHealth": target.health.written(),
            })
        })
        .collect();
    for id in asked.iter().filter(|id| !targets.iter().any(|target| target.machine.id == **id)) {
        described.push(json!({
            "Target": {"Id": id, "Port": own.port},
            "TargetHealth": {"State": "unused", "Reason": "Target.NotRegistered", "Description": "Target is not registered to the target group"},
        }));
    }
    Ok(json!({"TargetHealthDescriptions": {"member": described}}))
}
