//! Load balancers, made of the Ingresses that the load balancer controller serves.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::paged;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, ZONES};
use crate::simulator::aws::route53::record::LOAD_BALANCERS;
use crate::simulator::world::chance::hex_of;
use crate::simulator::world::field;

/// An application load balancer with its two listeners and its target group.
#[derive(Clone, Debug)]
pub(crate) struct Balancer {
    pub(crate) land: Land,
    /// Namespace and name of the Ingress.
    pub(crate) namespace: String,
    pub(crate) ingress: String,
    /// The Service behind it, and the port of its nodes that is asked.
    pub(crate) service: String,
    pub(crate) port: i64,
    pub(crate) name: String,
    pub(crate) host: String,
    pub(crate) arn: String,
    pub(crate) group_name: String,
    pub(crate) group_arn: String,
    pub(crate) health_path: String,
    pub(crate) created: Timestamp,
}

impl Balancer {
    /// The part of its ARN that metrics name it by: `app/NAME/ID`.
    pub(crate) fn dimension(&self) -> &str {
        self.arn.split_once("loadbalancer/").map_or("", |(_, rest)| rest)
    }

    /// The part of its target group's ARN that metrics name it by: `targetgroup/NAME/ID`.
    pub(crate) fn group_dimension(&self) -> &str {
        self.group_arn.rsplit_once(':').map_or("", |(_, rest)| rest)
    }

    /// Its listeners for HTTP and HTTPS.
    pub(crate) fn listener_arns(&self) -> [String; 2] {
        [80, 443].map(|port| {
            let id = hex_of(&format!("{}/{port}", self.arn), 16);
            format!("{}/{id}", self.arn.replacen(":loadbalancer/", ":listener/", 1))
        })
    }

    fn written(&self) -> Value {
        let zones: Vec<Value> = ZONES
            .iter()
            .enumerate()
            .map(|(at, (zone, _))| json!({"ZoneName": zone, "SubnetId": self.land.subnet(1, at), "LoadBalancerAddresses": ""}))
            .collect();
        json!({
            "LoadBalancerArn": self.arn, "DNSName": self.host, "CanonicalHostedZoneId": LOAD_BALANCERS,
            "CreatedTime": field::stamp(self.created), "LoadBalancerName": self.name, "Scheme": "internet-facing",
            "VpcId": self.land.cluster.vpc(), "State": {"Code": "active"}, "Type": "application",
            "AvailabilityZones": {"member": zones}, "SecurityGroups": {"member": [self.land.cluster.resource("sg", "alb")]},
            "IpAddressType": "ipv4",
        })
    }
}

/// The load balancers of all clusters: one for each Ingress of class `alb` that has an address and a target group.
pub(crate) fn balancers(lands: &[Land]) -> Vec<Balancer> {
    lands.iter().flat_map(of_land).collect()
}

fn of_land(land: &Land) -> Vec<Balancer> {
    let bindings = land.all("targetgroupbindings.elbv2.k8s.aws");
    let made = |ingress: &Value| {
        let (namespace, name) = (field::namespace(ingress), field::name(ingress));
        let status = field::list(ingress, "status.loadBalancer.ingress").first()?;
        let host = field::text(status, "hostname").to_owned();
        let binding = bindings.iter().find(|binding| {
            field::namespace(binding) == namespace
                && field::label(binding, "ingress.k8s.aws/stack-name") == name
        })?;
        let service = field::text(binding, "spec.serviceRef.name").to_owned();
        let wanted = field::number(binding, "spec.serviceRef.port");
        let object = land.get("services", namespace, &service);
        let port = object
            .iter()
            .flat_map(|service| field::list(service, "spec.ports"))
            .find(|port| field::number(port, "port") == wanted)
            .map_or(0, |port| field::number(port, "nodePort"));
        let named = field::annotation(ingress, "alb.ingress.kubernetes.io/load-balancer-name");
        let given = format!("k8s-{}-{}-{}", namespace.replace('-', ""), name, land.digits(name, 10));
        let balancer = if named.is_empty() { given } else { named.to_owned() };
        let id = land.digits(&format!("load-balancer/{balancer}"), 16);
        let group_arn = field::text(binding, "spec.targetGroupARN").to_owned();
        Some(Balancer {
            land: land.clone(),
            namespace: namespace.to_owned(),
            ingress: name.to_owned(),
            service,
            port,
            arn: land.arn("elasticloadbalancing", &format!("loadbalancer/app/{balancer}/{id}")),
            name: balancer,
            host,
            group_name: group_arn.split('/').nth(1).unwrap_or_default().to_owned(),
            group_arn,
            health_path: field::annotation(ingress, "alb.ingress.kubernetes.io/healthcheck-path").to_owned(),
            created: field::time(ingress, "metadata.creationTimestamp").unwrap_or(land.founded),
        })
    };
    land.all("ingresses.networking.k8s.io")
        .iter()
        .filter(|ingress| field::text(ingress, "spec.ingressClassName") == "alb")
        .filter_map(made)
        .collect()
}

/// `DescribeLoadBalancers`.
pub(super) fn describe(call: &Call<'_>, balancers: &[Balancer]) -> Result<Value, Failure> {
    let (arns, names) = (call.texts("LoadBalancerArns"), call.texts("Names"));
    for wanted in &arns {
        find(balancers, wanted)?;
    }
    for wanted in &names {
        if !balancers.iter().any(|own| own.name == *wanted) {
            return Err(Failure::new(
                400,
                "LoadBalancerNotFound",
                format!("Load balancers '[{wanted}]' not found"),
            ));
        }
    }
    let shown = balancers.iter().filter(|own| {
        (arns.is_empty() && names.is_empty())
            || arns.contains(&own.arn.as_str())
            || names.contains(&own.name.as_str())
    });
    paged(call, "LoadBalancers", shown.map(Balancer::written).collect())
}

/// The load balancer of an ARN.
pub(super) fn find<'a>(balancers: &'a [Balancer], arn: &str) -> Result<&'a Balancer, Failure> {
    balancers.iter().find(|own| own.arn == arn).ok_or_else(|| missing(arn))
}

/// What is said about an ARN that leads nowhere.
pub(super) fn missing(arn: &str) -> Failure {
    let (code, what) = match arn.split(':').nth(5).and_then(|rest| rest.split('/').next()) {
        Some("loadbalancer") => ("LoadBalancerNotFound", "Load balancers"),
        Some("listener") => ("ListenerNotFound", "One or more listeners"),
        _ => ("TargetGroupNotFound", "One or more target groups"),
    };
    Failure::new(400, code, format!("{what} '[{arn}]' not found"))
}
