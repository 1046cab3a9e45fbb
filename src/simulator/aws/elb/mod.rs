//! Elastic Load Balancing v2: the load balancer in front of each Ingress of class `alb`, down to its targets.

pub(crate) mod balancer;
pub mod classic;
pub(crate) mod listener;
pub(crate) mod target;

use serde_json::{Value, json};

use self::balancer::Balancer;
use super::call::Call;
use super::failure::Failure;
use super::protocol::Protocol;
use super::service::Service;

pub(crate) const SERVICE: Service = Service {
    name: "elasticloadbalancing",
    signing: "elasticloadbalancing",
    permission: "elasticloadbalancing",
    protocol: Protocol::Query("http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"),
    routes: &[],
    answer,
};

/// Things of a page when nobody asks for fewer, and the most that may be asked for.
const PAGE: usize = 400;

fn answer(call: &Call<'_>) -> Result<Value, Failure> {
    if call.text("Version") == classic::VERSION {
        return classic::answer(call);
    }
    let balancers = balancer::balancers(&call.lands());
    match call.operation {
        "DescribeLoadBalancers" => balancer::describe(call, &balancers),
        "DescribeListeners" => listener::describe(call, &balancers),
        "DescribeListenerCertificates" => listener::certificates(call, &balancers),
        "DescribeRules" => listener::rules(call, &balancers),
        "DescribeTargetGroups" => target::describe_groups(call, &balancers),
        "DescribeTargetHealth" => target::describe_health(call, &balancers),
        "DescribeTags" => tags(call, &balancers),
        other => Err(Failure::not_built(&format!("elasticloadbalancing:{other}"))),
    }
}

/// A page of things under their name in the answer.
fn paged(call: &Call<'_>, name: &str, things: Vec<Value>) -> Result<Value, Failure> {
    let limit = call.number("PageSize").and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE);
    let page = call.page(things, limit.min(PAGE), call.text("Marker"))?;
    Ok(json!({name: {"member": page.items}, "NextMarker": page.next}))
}

fn tags(call: &Call<'_>, balancers: &[Balancer]) -> Result<Value, Failure> {
    let mut described = Vec::new();
    for arn in call.texts("ResourceArns") {
        let owner = balancers
            .iter()
            .find(|own| {
                own.arn == arn || own.group_arn == arn || own.listener_arns().iter().any(|own| own == arn)
            })
            .ok_or_else(|| balancer::missing(arn))?;
        let resource = if owner.arn == arn {
            "LoadBalancer".to_owned()
        } else if owner.group_arn == arn {
            format!("{}/{}-{}:80", owner.namespace, owner.ingress, owner.service)
        } else {
            "443".to_owned()
        };
        let tags = [
            ("elbv2.k8s.aws/cluster", owner.land.cluster.name.to_owned()),
            ("ingress.k8s.aws/stack", format!("{}/{}", owner.namespace, owner.ingress)),
            ("ingress.k8s.aws/resource", resource),
        ];
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        described.push(json!({"ResourceArn": arn, "Tags": {"member": tags}}));
    }
    Ok(json!({"TagDescriptions": {"member": described}}))
}

#[cfg(test)]
mod tests;
