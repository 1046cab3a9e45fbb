//! Listeners and their rules: HTTP is sent to HTTPS, HTTPS to the target group.

use serde_json::{Value, json};

use super::balancer::{self, Balancer};
use super::paged;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::world::chance::{hex_of, uuid_of};
use crate::simulator::world::cluster::{ACCOUNT, REGION};

/// The certificate of the front doors, which Certificate Manager renews.
pub(crate) fn certificate_arn() -> String {
    format!("arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{}", uuid_of("certificate/cosner.cloud"))
}

fn forward(own: &Balancer) -> Value {
    let group = json!({"TargetGroupArn": own.group_arn, "Weight": 1});
    let config = json!({
        "TargetGroups": {"member": [group]}, "TargetGroupStickinessConfig": {"Enabled": false},
    });
    json!({"Type": "forward", "TargetGroupArn": own.group_arn, "Order": 1, "ForwardConfig": config})
}

fn redirect() -> Value {
    json!({"Type": "redirect", "Order": 1, "RedirectConfig": {
        "Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}", "StatusCode": "HTTP_301",
    }})
}

fn written(own: &Balancer) -> [Value; 2] {
    let [http, https] = own.listener_arns();
    [
        json!({
            "ListenerArn": http, "LoadBalancerArn": own.arn, "Port": 80, "Protocol": "HTTP",
            "DefaultActions": {"member": [redirect()]},
        }),
        json!({
            "ListenerArn": https, "LoadBalancerArn": own.arn, "Port": 443, "Protocol": "HTTPS",
            "Certificates": {"member": [{"CertificateArn": certificate_arn()}]},
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "DefaultActions": {"member": [{"Type": "fixed-response", "Order": 1, "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}]},
            "MutualAuthentication": {"Mode": "off"},
        }),
    ]
}

/// `DescribeListeners`.
pub(super) fn describe(call: &Call<'_>, balancers: &[Balancer]) -> Result<Value, Failure> {
    let wanted = call.texts("ListenerArns");
    let listeners = match call.text("LoadBalancerArn") {
        "" => {
            for arn in &wanted {
                of_listener(balancers, arn)?;
            }
            let all = balancers.iter().flat_map(written);
            let is_wanted = |one: &Value| {
                wanted.iter().any(|arn| one.get("ListenerArn").and_then(Value::as_str) == Some(*arn))
            };
            all.filter(|one| is_wanted(one)).collect()
        }
        arn => written(balancer::find(balancers, arn)?).to_vec(),
    };
    paged(call, "Listeners", listeners)
}

fn of_listener<'a>(balancers: &'a [Balancer], arn: &str) -> Result<(&'a Balancer, usize), Failure> {
    balancers
        .iter()
        .find_map(|own| Some((own, own.listener_arns().iter().position(|listener| listener == arn)?)))
        .ok_or_else(|| balancer::missing(arn))
}

/// `DescribeListenerCertificates`.
pub(super) fn certificates(call: &Call<'_>, balancers: &[Balancer]) -> Result<Value, Failure> {
    let (_, at) = of_listener(balancers, call.text("ListenerArn"))?;
    let own = (at == 1).then(|| json!({"CertificateArn": certificate_arn(), "IsDefault": true}));
    paged(call, "Certificates", own.into_iter().collect())
}

/// `DescribeRules`: one rule for all paths on HTTPS, and the default of each listener.
pub(super) fn rules(call: &Call<'_>, balancers: &[Balancer]) -> Result<Value, Failure> {
    let listener = call.text("ListenerArn");
    let (own, at) = of_listener(balancers, listener)?;
    let arn = |rule: &str| {
        let id = hex_of(&format!("{listener}/{rule}"), 16);
        format!("{}/{id}", listener.replacen(":listener/", ":listener-rule/", 1))
    };
    let mut rules = Vec::new();
    if at == 1 {
        let everything = json!({"Field": "path-pattern", "Values": {"member": ["/*"]}, "PathPatternConfig": {"Values": {"member": ["/*"]}}});
        rules.push(json!({
            "RuleArn": arn("1"), "Priority": "1", "Conditions": {"member": [everything]}, "Actions": {"member": [forward(own)]},
            "IsDefault": false,
        }));
    }
    let fallback = written(own).get(at).and_then(|listener| listener.get("DefaultActions")).cloned();
    rules.push(json!({
        "RuleArn": arn("default"), "Priority": "default", "Conditions": "", "Actions": fallback, "IsDefault": true,
    }));
    paged(call, "Rules", rules)
}
