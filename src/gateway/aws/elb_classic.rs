//! Elastic Load Balancing of before 2015: classic load balancers, which Kubernetes itself makes for a Service where no
//! controller does. They have neither target groups nor rules.

use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::account::Account;
use super::operations::{CLASSIC_HEALTH, CLASSIC_LOAD_BALANCERS, CLASSIC_TAGS};
use super::query::{Form, Items, Paged, pages, query};
use crate::fleet::Timestamp;
use crate::fleet::aws::load_balancer::{Classic, LoadBalancer, Tags, cluster_of};
use crate::fleet::aws::target_group::{Target, TargetGroup};
use crate::gateway::failure::{Cause, Failure};

/// How many are asked for their health at a time.
const AT_A_TIME: usize = 4;
/// The most whose tags one call tells (`DescribeTags`, 2012-06-01).
const TAGGED: usize = 20;
/// Of more than this, the health is read of those alone that were made for a cluster.
const FEW: usize = 60;

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Answer<T> {
    #[serde(
        rename = "DescribeLoadBalancersResult",
        alias = "DescribeInstanceHealthResult",
        alias = "DescribeTagsResult"
    )]
    result: T,
}

impl Paged for Answer<BalancersSaid> {
    fn next(&self) -> Option<&str> {
        self.result.next_marker.as_deref()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct BalancersSaid {
    load_balancer_descriptions: Items<BalancerSaid>,
    next_marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct BalancerSaid {
    load_balancer_name: String,
    #[serde(rename = "DNSName")]
    dns_name: String,
    #[serde(rename = "CanonicalHostedZoneNameID")]
    hosted_zone: String,
    listener_descriptions: Items<ListenerDescriptionSaid>,
    availability_zones: Items<String>,
    subnets: Items<String>,
    #[serde(rename = "VPCId")]
    vpc: String,
    health_check: HealthCheckSaid,
    security_groups: Items<String>,
    created_time: String,
    scheme: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListenerDescriptionSaid {
    listener: ListenerSaid,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListenerSaid {
    protocol: String,
    load_balancer_port: String,
    instance_protocol: String,
    instance_port: String,
    #[serde(rename = "SSLCertificateId")]
    certificate: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HealthCheckSaid {
    target: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HealthSaid {
    instance_states: Items<InstanceSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct InstanceSaid {
    instance_id: String,
    state: String,
    reason_code: String,
    description: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TagsSaid {
    tag_descriptions: Items<TagsOfSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TagsOfSaid {
    load_balancer_name: String,
    tags: Items<TagSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TagSaid {
    key: String,
    value: String,
}

/// The account's classic load balancers, with the health of what is behind them.
pub(super) async fn load_balancers(account: &Account) -> Result<Vec<LoadBalancer>, Failure> {
    let said: Vec<Answer<BalancersSaid>> =
        pages(account, &CLASSIC_LOAD_BALANCERS, &Form::new(), "Marker").await?;
    let said = said.into_iter().flat_map(|page| page.result.load_balancer_descriptions.into_vec());
    let said: Vec<BalancerSaid> = said.collect();
    let mut tags = tags(account, &said).await?;
    let is_few = said.len() <= FEW;
    let read = said.into_iter().map(|one| {
        let tags = tags.remove(&one.load_balancer_name).unwrap_or_default();
        async move {
            let is_asked = is_few || cluster_of(&tags).is_some();
            let health = if is_asked { health(account, &one).await? } else { None };
            Ok::<_, Failure>(row(&one, tags, health))
        }
    });
    let read: Vec<_> = read.collect();
    futures::stream::iter(read).buffered(AT_A_TIME).try_collect().await
}

/// The tags of these, by name. What may not be read has none: they only help.
async fn tags(account: &Account, all: &[BalancerSaid]) -> Result<HashMap<String, Tags>, Failure> {
    let mut found = HashMap::new();
    for some in all.chunks(TAGGED) {
        let form: Form = (1..)
            .zip(some)
            .map(|(at, one)| (format!("LoadBalancerNames.member.{at}"), one.load_balancer_name.clone()))
            .collect();
        let answer: Answer<TagsSaid> = match query(account, &CLASSIC_TAGS, &form).await {
            Ok(answer) => answer,
            Err(failure) if matches!(failure.cause, Cause::Forbidden | Cause::Missing) => continue,
            Err(failure) => return Err(failure),
        };
        found.extend(answer.result.tag_descriptions.into_vec().into_iter().map(|of| {
            let mut tags: Vec<(Arc<str>, Arc<str>)> =
                of.tags.iter().map(|tag| (tag.key.as_str().into(), tag.value.as_str().into())).collect();
            tags.sort_unstable();
            (of.load_balancer_name, tags.into())
        }));
    }
    Ok(found)
}

async fn health(account: &Account, of: &BalancerSaid) -> Result<Option<Vec<InstanceSaid>>, Failure> {
    let form = Form::from([("LoadBalancerName".to_owned(), of.load_balancer_name.clone())]);
    match query::<Answer<HealthSaid>>(account, &CLASSIC_HEALTH, &form).await {
        Ok(answer) => Ok(Some(answer.result.instance_states.into_vec())),
        // Deleted since it was listed, or what may not be read.
        Err(failure) if matches!(failure.cause, Cause::Missing | Cause::Forbidden) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn row(said: &BalancerSaid, tags: Tags, health: Option<Vec<InstanceSaid>>) -> LoadBalancer {
    let host: Arc<str> = said.dns_name.to_lowercase().trim_end_matches('.').into();
    let mut zones: Vec<Arc<str>> = said.availability_zones.iter().map(|zone| zone.as_str().into()).collect();
    zones.sort_unstable();
    let listeners = || said.listener_descriptions.iter().map(|one| &one.listener);
    let first = listeners().next();
    // Instances are asked on a port for each listener; the first one's stands for all.
    let port = first.and_then(|listener| listener.instance_port.parse().ok()).unwrap_or_default();
    let group = TargetGroup {
        name: said.load_balancer_name.as_str().into(),
        arn: Arc::clone(&host),
        asks: first
            .map(|one| format!("{} {}", one.instance_protocol, one.instance_port))
            .unwrap_or_default()
            .into(),
        target_type: "instance".into(),
        vpc: said.vpc.as_str().into(),
        check: said.health_check.target.as_str().into(),
        load_balancers: [Arc::clone(&host)].into(),
        tags: Tags::default(),
        targets: health.map(|states| states.into_iter().map(|state| target(state, port)).collect()),
    };
    LoadBalancer {
        name: said.load_balancer_name.as_str().into(),
        // Its answers name no ARN; its host is as unique.
        arn: Arc::clone(&host),
        host,
        kind: "classic".into(),
        scheme: said.scheme.as_str().into(),
        state: "".into(),
        reason: "".into(),
        vpc: said.vpc.as_str().into(),
        zones: zones.into(),
        subnets: said.subnets.iter().map(|subnet| subnet.as_str().into()).collect(),
        security_groups: said.security_groups.iter().map(|group| group.as_str().into()).collect(),
        hosted_zone: said.hosted_zone.as_str().into(),
        created: Timestamp::parse(&said.created_time),
        tags,
        classic: Some(Arc::new(Classic {
            listeners: listeners()
                .map(|one| format!("{} {}", one.protocol, one.load_balancer_port).into())
                .collect(),
            certificates: listeners()
                .filter(|one| !one.certificate.is_empty())
                .map(|one| one.certificate.as_str().into())
                .collect(),
            group,
        })),
    }
}

/// The state of an instance in the words that target groups have.
fn target(said: InstanceSaid, port: u16) -> Target {
    let told = |text: String| if text == "N/A" { String::new() } else { text };
    let is_coming = said.description.contains("registration is still in progress");
    let state = match &*said.state {
        "InService" => "healthy".to_owned(),
        "OutOfService" if is_coming => "initial".to_owned(),
        "OutOfService" => "unhealthy".to_owned(),
        other => other.to_ascii_lowercase(),
    };
    Target {
        id: said.instance_id.into(),
        port,
        zone: "".into(),
        state: state.into(),
        reason: told(said.reason_code).into(),
        said: told(said.description).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Verdict;

    #[test]
    fn a_recorded_answer_is_read_with_its_listeners_and_what_is_behind_it() {
        let xml = r#"<DescribeLoadBalancersResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/">
<DescribeLoadBalancersResult><LoadBalancerDescriptions><member><SecurityGroups><member>sg-1</member></SecurityGroups>
<LoadBalancerName>a0123456789abcdef0123456789abcde</LoadBalancerName><CreatedTime>2026-10-01T08:00:00.000Z</CreatedTime>
<HealthCheck><Interval>10</Interval><Target>TCP:31080</Target></HealthCheck><VPCId>vpc-1</VPCId>
<ListenerDescriptions><member><PolicyNames/><Listener><Protocol>TCP</Protocol><LoadBalancerPort>80</LoadBalancerPort>
<InstanceProtocol>TCP</InstanceProtocol><InstancePort>31080</InstancePort></Listener></member></ListenerDescriptions>
<Instances><member><InstanceId>i-1</InstanceId></member></Instances><AvailabilityZones><member>us-east-1b</member>
<member>us-east-1a</member></AvailabilityZones><Scheme>internet-facing</Scheme><Subnets><member>subnet-1</member></Subnets>
<DNSName>a0123456789abcdef0123456789abcde-1.us-east-1.elb.amazonaws.com</DNSName>
<CanonicalHostedZoneNameID>Z35</CanonicalHostedZoneNameID></member></LoadBalancerDescriptions></DescribeLoadBalancersResult>
<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></DescribeLoadBalancersResponse>"#;
        let answer: Answer<BalancersSaid> = quick_xml::de::from_str(xml).unwrap();
        let said = answer.result.load_balancer_descriptions.into_vec();
        let state = |id: &str, state: &str, description: &str| InstanceSaid {
            instance_id: id.into(),
            state: state.into(),
            reason_code: "Instance".into(),
            description: description.into(),
        };
        let states = vec![state("i-1", "InService", "N/A"), state("i-2", "OutOfService", "fails")];
        let own = row(&said[0], Tags::default(), Some(states));
        assert_eq!((&*own.kind, &*own.vpc, own.zones[0].as_ref()), ("classic", "vpc-1", "us-east-1a"));
        let classic = own.classic.as_ref().unwrap();
        assert_eq!((&*classic.listeners[0], &*classic.group.check), ("TCP 80", "TCP:31080"));
        let (verdict, why) = classic.group.judge();
        assert_eq!(verdict, Verdict::Warning);
        assert_eq!(why, "1 of 2 healthy  i-2 unhealthy: Instance on 31080");
        assert_eq!(own.judge().0, Verdict::Ok, "it has no state of its own");
        let unread = row(&said[0], Tags::default(), None);
        assert_eq!(unread.classic.unwrap().group.judge().0, Verdict::Unknown);
    }

    #[test]
    fn what_has_only_just_been_registered_is_on_its_way() {
        let said = InstanceSaid {
            state: "OutOfService".into(),
            reason_code: "ELB".into(),
            description: "Instance registration is still in progress.".into(),
            ..InstanceSaid::default()
        };
        assert_eq!(&*target(said, 80).state, "initial");
        let strange = InstanceSaid { state: "Dreaming".into(), ..InstanceSaid::default() };
        assert_eq!(&*target(strange, 80).state, "dreaming");
    }
}
