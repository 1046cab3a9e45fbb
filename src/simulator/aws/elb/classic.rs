//! Classic load balancers, in the words of the API of 2012. The fleet has none of its own.

use serde_json::{Value, json};

use super::PAGE;
use crate::simulator::aws::asked::Asked;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, ZONES};
use crate::simulator::aws::machine;
use crate::simulator::aws::protocol::Protocol;
use crate::simulator::aws::route53::record::LOAD_BALANCERS;
use crate::simulator::world::cluster::REGION;
use crate::simulator::world::field;

/// The version of the API, by which requests are told apart.
pub(crate) const VERSION: &str = "2012-06-01";

/// How it answers.
pub(crate) const PROTOCOL: Protocol =
    Protocol::Query("http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/");

/// True for a request of that version.
pub(crate) fn is_asked(asked: &Asked) -> bool {
    asked.form().iter().any(|(name, value)| name == "Version" && value == VERSION)
}

/// A classic load balancer that Kubernetes made for a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicBalancer {
    /// Its name: `a` and the Service's uid.
    pub name: String,
    /// The cluster, as EKS knows it.
    pub cluster: String,
    /// Namespace and name of the Service.
    pub service: String,
    /// The port of the nodes that it asks.
    pub port: u16,
    /// How many of its instances do not answer.
    pub silent: usize,
}

impl ClassicBalancer {
    fn instances(&self, land: &Land) -> Vec<String> {
        machine::machines(land).into_iter().map(|machine| machine.id).collect()
    }

    fn written(&self, land: &Land) -> Value {
        let port = self.port.to_string();
        let zones: Vec<&str> = ZONES.iter().map(|(zone, _)| *zone).collect();
        let subnets: Vec<String> = (0..ZONES.len()).map(|at| land.subnet(1, at)).collect();
        let instances: Vec<Value> = self.instances(land).iter().map(|id| json!({"InstanceId": id})).collect();
        json!({
            "LoadBalancerName": self.name, "DNSName": format!("{}-{}.{REGION}.elb.amazonaws.com", self.name, land.digits(&self.name, 10)),
            "CanonicalHostedZoneNameID": LOAD_BALANCERS, "CreatedTime": field::stamp(land.installed()),
            "ListenerDescriptions": {"member": [{"Listener": {
                "Protocol": "TCP", "LoadBalancerPort": "80", "InstanceProtocol": "TCP", "InstancePort": port,
            }, "PolicyNames": ""}]},
            "AvailabilityZones": {"member": zones}, "Subnets": {"member": subnets}, "VPCId": land.cluster.vpc(),
            "Instances": {"member": instances}, "Scheme": "internet-facing",
            "HealthCheck": {"Target": format!("TCP:{port}"), "Interval": "10", "Timeout": "5", "UnhealthyThreshold": "6", "HealthyThreshold": "2"},
            "SecurityGroups": {"member": [land.cluster.resource("sg", "alb")]},
        })
    }

    fn tags(&self) -> Value {
        let tags = [
            (format!("kubernetes.io/cluster/{}", self.cluster), "owned".to_owned()),
            ("kubernetes.io/service-name".to_owned(), self.service.clone()),
        ];
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        json!({"LoadBalancerName": self.name, "Tags": {"member": tags}})
    }

    fn health(&self, land: &Land) -> Value {
        let states: Vec<Value> = self
            .instances(land)
            .iter()
            .enumerate()
            .map(|(at, id)| match at < self.silent {
                true => json!({
                    "InstanceId": id, "State": "OutOfService", "ReasonCode": "Instance",
                    "Description": "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.",
                }),
                false => json!({"InstanceId": id, "State": "InService", "ReasonCode": "N/A", "Description": "N/A"}),
            })
            .collect();
        json!({"InstanceStates": {"member": states}})
    }
}

pub(super) fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    let lands = call.lands();
    let account = call.aws.account();
    let all: Vec<(&ClassicBalancer, &Land)> = account
        .classic_balancers
        .iter()
        .filter_map(|own| Some((own, lands.iter().find(|land| land.cluster.name == own.cluster)?)))
        .collect();
    let named = |name: &str| {
        all.iter().find(|(own, _)| own.name == name).ok_or_else(|| {
            Failure::new(
                400,
                "LoadBalancerNotFound",
                format!("There is no ACTIVE Load Balancer named '{name}'"),
            )
        })
    };
    match call.operation {
        "DescribeLoadBalancers" => {
            let written = all.iter().map(|(own, land)| own.written(land)).collect();
            let page = call.page(written, PAGE, call.text("Marker"))?;
            Ok(json!({"LoadBalancerDescriptions": {"member": page.items}, "NextMarker": page.next}))
        }
        "DescribeTags" => {
            let names = call.texts("LoadBalancerNames");
            let tags: Result<Vec<Value>, Failure> =
                names.into_iter().map(|name| Ok(named(name)?.0.tags())).collect();
            Ok(json!({"TagDescriptions": {"member": tags?}}))
        }
        "DescribeInstanceHealth" => {
            let (own, land) = named(call.text("LoadBalancerName"))?;
            Ok(own.health(land))
        }
        other => Err(Failure::not_built(&format!("elasticloadbalancing:{other} of {VERSION}"))),
    }
}
