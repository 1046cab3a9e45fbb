//! Elastic Load Balancing v2, by the Query protocol: load balancers, listeners with rules, target groups with health.

use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::account::Account;
use super::elb_classic;
use super::operations::{
    ELB_LISTENER_CERTIFICATES, ELB_LISTENERS, ELB_LOAD_BALANCERS, ELB_RULES, ELB_TAGS, ELB_TARGET_GROUPS,
    ELB_TARGET_HEALTH, Operation,
};
use super::query::{Form, Items, Paged, pages, query};
use crate::fleet::Timestamp;
use crate::fleet::aws::listener::{Action, Listener, Rule};
use crate::fleet::aws::load_balancer::{LoadBalancer, Tags, cluster_of};
use crate::fleet::aws::target_group::{Target, TargetGroup};
use crate::fleet::intern::Interner;
use crate::gateway::failure::{Cause, Failure};

/// How many details are asked for at a time.
const AT_A_TIME: usize = 4;
/// The most resources whose tags one call tells (`DescribeTags`).
const TAGGED: usize = 20;
/// Of more load balancers or target groups than this, details are read of those alone that were made for a cluster.
const FEW: usize = 60;

/// The element that every answer of Query has around its own: `<DescribeXResult>`.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Answer<T> {
    #[serde(
        rename = "DescribeLoadBalancersResult",
        alias = "DescribeListenerCertificatesResult",
        alias = "DescribeListenersResult",
        alias = "DescribeRulesResult",
        alias = "DescribeTargetGroupsResult",
        alias = "DescribeTargetHealthResult",
        alias = "DescribeTagsResult"
    )]
    result: T,
}

impl<T: Marked> Paged for Answer<T> {
    fn next(&self) -> Option<&str> {
        self.result.marker().filter(|marker| !marker.is_empty())
    }
}

trait Marked {
    fn marker(&self) -> Option<&str>;
}

macro_rules! marked {
    ($($answer:ident),*) => {
        $(impl Marked for $answer {
            fn marker(&self) -> Option<&str> {
                self.next_marker.as_deref()
            }
        })*
    };
}
marked!(LoadBalancersSaid, ListenersSaid, CertificatesSaid, RulesSaid, GroupsSaid);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct LoadBalancersSaid {
    load_balancers: Items<LoadBalancerSaid>,
    next_marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct LoadBalancerSaid {
    load_balancer_arn: String,
    #[serde(rename = "DNSName")]
    dns_name: String,
    canonical_hosted_zone_id: String,
    created_time: String,
    load_balancer_name: String,
    scheme: String,
    vpc_id: String,
    state: StateSaid,
    r#type: String,
    availability_zones: Items<ZoneSaid>,
    security_groups: Items<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct StateSaid {
    code: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ZoneSaid {
    zone_name: String,
    subnet_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListenersSaid {
    listeners: Items<ListenerSaid>,
    next_marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListenerSaid {
    listener_arn: String,
    load_balancer_arn: String,
    port: Option<u16>,
    protocol: String,
    certificates: Items<CertificateSaid>,
    ssl_policy: String,
    default_actions: Items<ActionSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct CertificatesSaid {
    certificates: Items<CertificateSaid>,
    next_marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct CertificateSaid {
    certificate_arn: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RulesSaid {
    rules: Items<RuleSaid>,
    next_marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RuleSaid {
    priority: String,
    conditions: Items<ConditionSaid>,
    actions: Items<ActionSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ConditionSaid {
    field: String,
    values: Items<String>,
    host_header_config: Option<ValuesSaid>,
    path_pattern_config: Option<ValuesSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ValuesSaid {
    values: Items<String>,
    regex_values: Items<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ActionSaid {
    r#type: String,
    order: Option<u32>,
    target_group_arn: String,
    forward_config: Option<ForwardSaid>,
    redirect_config: Option<RedirectSaid>,
    fixed_response_config: Option<FixedSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ForwardSaid {
    target_groups: Items<GroupTupleSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct GroupTupleSaid {
    target_group_arn: String,
    weight: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct RedirectSaid {
    protocol: String,
    port: String,
    host: String,
    path: String,
    status_code: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct FixedSaid {
    status_code: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct GroupsSaid {
    target_groups: Items<GroupSaid>,
    next_marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct GroupSaid {
    target_group_arn: String,
    target_group_name: String,
    protocol: String,
    port: Option<u16>,
    vpc_id: String,
    health_check_protocol: String,
    health_check_port: String,
    health_check_path: String,
    load_balancer_arns: Items<String>,
    target_type: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HealthSaid {
    target_health_descriptions: Items<TargetSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TargetSaid {
    target: TargetIdSaid,
    target_health: TargetHealthSaid,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TargetIdSaid {
    id: String,
    port: Option<u16>,
    availability_zone: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TargetHealthSaid {
    state: String,
    reason: String,
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
    resource_arn: String,
    tags: Items<TagSaid>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TagSaid {
    key: String,
    value: String,
}

async fn all<T: DeserializeOwned + Marked>(
    account: &Account,
    operation: &Operation,
    form: Form,
) -> Result<Vec<T>, Failure> {
    let answers: Vec<Answer<T>> = pages(account, operation, &form, "Marker").await?;
    Ok(answers.into_iter().map(|answer| answer.result).collect())
}

fn named(name: &str, value: &str) -> Form {
    vec![(name.to_owned(), value.to_owned())]
}

/// The tags of these, by ARN. What may not be read has none: they only help.
async fn tags(
    account: &Account,
    arns: &[String],
    shared: &mut Interner,
) -> Result<HashMap<String, Tags>, Failure> {
    let ask = |some: &[String]| {
        let form: Form =
            (1..).zip(some).map(|(at, arn)| (format!("ResourceArns.member.{at}"), arn.clone())).collect();
        async move { query::<Answer<TagsSaid>>(account, &ELB_TAGS, &form).await }
    };
    let calls = futures::stream::iter(arns.chunks(TAGGED).map(ask)).buffered(AT_A_TIME);
    let answers: Vec<Answer<TagsSaid>> = match calls.try_collect().await {
        Ok(answers) => answers,
        Err(failure) if matches!(failure.cause, Cause::Forbidden | Cause::Missing) => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let said = answers.into_iter().flat_map(|answer| answer.result.tag_descriptions.into_vec());
    Ok(said
        .map(|of| {
            let mut tags: Vec<(Arc<str>, Arc<str>)> =
                of.tags.iter().map(|tag| (shared.get(&tag.key), shared.get(&tag.value))).collect();
            tags.sort_unstable();
            (of.resource_arn, tags.into())
        })
        .collect())
}

/// The account's load balancers, classic ones too, with their tags.
pub async fn load_balancers(account: &Account) -> Result<Vec<LoadBalancer>, Failure> {
    let (mut all, classic) =
        futures::try_join!(with_listeners(account), elb_classic::load_balancers(account))?;
    for mut one in classic {
        // Both APIs have names of their own.
        if all.iter().any(|other| other.name == one.name) {
            one.name = format!("{} (classic)", one.name).into();
        }
        all.push(one);
    }
    Ok(all)
}

/// Those that have listeners and target groups of their own.
async fn with_listeners(account: &Account) -> Result<Vec<LoadBalancer>, Failure> {
    let said = all::<LoadBalancersSaid>(account, &ELB_LOAD_BALANCERS, Form::new()).await?;
    let said: Vec<LoadBalancerSaid> =
        said.into_iter().flat_map(|page| page.load_balancers.into_vec()).collect();
    let mut shared = Interner::default();
    let arns: Vec<String> = said.iter().map(|one| one.load_balancer_arn.clone()).collect();
    let mut tags = tags(account, &arns, &mut shared).await?;
    Ok(said
        .into_iter()
        .map(|one| {
            let tags = tags.remove(&one.load_balancer_arn).unwrap_or_default();
            load_balancer_row(&one, tags, &mut shared)
        })
        .collect())
}

fn load_balancer_row(said: &LoadBalancerSaid, tags: Tags, shared: &mut Interner) -> LoadBalancer {
    let zones = || said.availability_zones.iter();
    let mut names: Vec<Arc<str>> = zones().map(|zone| shared.get(&zone.zone_name)).collect();
    names.sort_unstable();
    LoadBalancer {
        name: said.load_balancer_name.as_str().into(),
        arn: said.load_balancer_arn.as_str().into(),
        host: said.dns_name.to_lowercase().trim_end_matches('.').into(),
        kind: shared.get(&said.r#type),
        scheme: shared.get(&said.scheme),
        state: shared.get(&said.state.code),
        reason: said.state.reason.as_str().into(),
        vpc: shared.get(&said.vpc_id),
        zones: names.into(),
        subnets: zones().map(|zone| shared.get(&zone.subnet_id)).collect(),
        security_groups: said.security_groups.iter().map(|group| shared.get(group)).collect(),
        hosted_zone: shared.get(&said.canonical_hosted_zone_id),
        created: Timestamp::parse(&said.created_time),
        tags,
        classic: None,
    }
}

/// The listeners of the account's load balancers, with their rules.
pub async fn listeners(account: &Account) -> Result<Vec<Listener>, Failure> {
    let mut balancers = with_listeners(account).await?;
    if balancers.len() > FEW {
        balancers.retain(|balancer| balancer.cluster().is_some());
    }
    let read = |balancer: LoadBalancer| async move {
        let form = named("LoadBalancerArn", &balancer.arn);
        let said = match all::<ListenersSaid>(account, &ELB_LISTENERS, form).await {
            Ok(said) => said,
            // Deleted since it was listed.
            Err(failure) if failure.cause == Cause::Missing => Vec::new(),
            Err(failure) => return Err(failure),
        };
        let said: Vec<ListenerSaid> = said.into_iter().flat_map(|page| page.listeners.into_vec()).collect();
        let mut rows = Vec::with_capacity(said.len());
        for listener in said {
            rows.push(listener_row(account, listener).await?);
        }
        Ok::<_, Failure>(rows)
    };
    let rows: Vec<Vec<Listener>> =
        futures::stream::iter(balancers.into_iter().map(read)).buffered(AT_A_TIME).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

async fn listener_row(account: &Account, said: ListenerSaid) -> Result<Listener, Failure> {
    // Only the listeners of application load balancers have rules besides the default one.
    let has_rules = matches!(said.protocol.as_str(), "HTTP" | "HTTPS");
    let mut rules: Vec<Rule> = Vec::new();
    if has_rules {
        match all::<RulesSaid>(account, &ELB_RULES, named("ListenerArn", &said.listener_arn)).await {
            Ok(pages) => rules.extend(pages.iter().flat_map(|page| page.rules.iter()).map(rule_row)),
            Err(failure) if failure.cause == Cause::Missing => {}
            Err(failure) => return Err(failure),
        }
    }
    if !rules.iter().any(|rule| rule.priority.is_none()) {
        rules.push(Rule { action: action(said.default_actions.iter()), ..Rule::default() });
    }
    rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
    let mut certificates: Vec<Arc<str>> =
        said.certificates.iter().map(|one| one.certificate_arn.as_str().into()).collect();
    if !certificates.is_empty() {
        // A listener names its default certificate alone.
        let form = named("ListenerArn", &said.listener_arn);
        match all::<CertificatesSaid>(account, &ELB_LISTENER_CERTIFICATES, form).await {
            Ok(pages) => {
                for one in pages.iter().flat_map(|page| page.certificates.iter()) {
                    if !certificates.iter().any(|known| **known == *one.certificate_arn) {
                        certificates.push(one.certificate_arn.as_str().into());
                    }
                }
            }
            Err(failure) if matches!(failure.cause, Cause::Missing | Cause::Forbidden) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(Listener {
        arn: said.listener_arn.into(),
        load_balancer: said.load_balancer_arn.into(),
        port: said.port.unwrap_or_default(),
        protocol: said.protocol.into(),
        certificates: certificates.into(),
        ssl_policy: said.ssl_policy.into(),
        rules: rules.into(),
    })
}

fn rule_row(said: &RuleSaid) -> Rule {
    let mut hosts: Vec<Arc<str>> = Vec::new();
    let mut paths: Vec<Arc<str>> = Vec::new();
    let mut others: Vec<Arc<str>> = Vec::new();
    for condition in said.conditions.iter() {
        let config = match condition.field.as_str() {
            "host-header" => Some((&mut hosts, &condition.host_header_config)),
            "path-pattern" => Some((&mut paths, &condition.path_pattern_config)),
            _ => None,
        };
        let values = config.map(|(into, config)| {
            let newer = config.iter().flat_map(|config| config.values.iter());
            let values: Vec<Arc<str>> =
                newer.chain(condition.values.iter()).map(|v| v.as_str().into()).collect();
            let is_regex = config.as_ref().is_some_and(|config| config.regex_values.iter().next().is_some());
            (into, values, is_regex)
        });
        match values {
            Some((into, values, false)) => {
                for value in values {
                    if !into.contains(&value) {
                        into.push(value);
                    }
                }
            }
            Some(_) | None => others.push(condition.field.as_str().into()),
        }
    }
    Rule {
        priority: said.priority.parse().ok(),
        hosts: hosts.into(),
        paths: paths.into(),
        others: others.into(),
        action: action(said.actions.iter()),
    }
}

/// What is done in the end: the last of several actions.
fn action<'a>(actions: impl Iterator<Item = &'a ActionSaid>) -> Action {
    let Some(last) = actions.max_by_key(|action| action.order.unwrap_or(0)) else { return Action::default() };
    match last.r#type.as_str() {
        "forward" => {
            let groups = last.forward_config.iter().flat_map(|config| config.target_groups.iter());
            let mut groups: Vec<(Arc<str>, u32)> = groups
                .map(|group| (group.target_group_arn.as_str().into(), group.weight.unwrap_or(1)))
                .collect();
            if groups.is_empty() && !last.target_group_arn.is_empty() {
                groups.push((last.target_group_arn.as_str().into(), 1));
            }
            Action::Forward(groups.into())
        }
        "redirect" => {
            let to = last.redirect_config.as_ref();
            let words = to.map(|to| {
                let scheme = to.protocol.to_lowercase();
                format!("{} {scheme}://{}:{}{}", to.status_code, to.host, to.port, to.path)
            });
            Action::Redirect(words.unwrap_or_default().into())
        }
        "fixed-response" => {
            let status = last.fixed_response_config.as_ref().map(|fixed| fixed.status_code.as_str());
            Action::Fixed(status.unwrap_or_default().into())
        }
        other => Action::Other(other.into()),
    }
}

/// The account's target groups, with the health of their targets.
pub async fn target_groups(account: &Account) -> Result<Vec<TargetGroup>, Failure> {
    let said = all::<GroupsSaid>(account, &ELB_TARGET_GROUPS, Form::new()).await?;
    let said: Vec<GroupSaid> = said.into_iter().flat_map(|page| page.target_groups.into_vec()).collect();
    let mut shared = Interner::default();
    let arns: Vec<String> = said.iter().map(|one| one.target_group_arn.clone()).collect();
    let mut tags = tags(account, &arns, &mut shared).await?;
    let is_few = said.len() <= FEW;
    let rows: Vec<TargetGroup> = said
        .into_iter()
        .map(|one| {
            let tags = tags.remove(&one.target_group_arn).unwrap_or_default();
            group_row(&one, tags, &mut shared)
        })
        .collect();
    let read = |mut group: TargetGroup| async move {
        if is_few || cluster_of(&group.tags).is_some() {
            group.targets = targets(account, &group.arn).await?;
        }
        Ok::<_, Failure>(group)
    };
    futures::stream::iter(rows.into_iter().map(read)).buffered(AT_A_TIME).try_collect().await
}

fn group_row(said: &GroupSaid, tags: Tags, shared: &mut Interner) -> TargetGroup {
    let words =
        |parts: [&str; 3]| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let port = said.port.map(|port| port.to_string()).unwrap_or_default();
    TargetGroup {
        name: said.target_group_name.as_str().into(),
        arn: said.target_group_arn.as_str().into(),
        asks: shared.get(&words([&said.protocol, &port, ""])),
        target_type: shared.get(&said.target_type),
        vpc: shared.get(&said.vpc_id),
        check: words([&said.health_check_protocol, &said.health_check_port, &said.health_check_path]).into(),
        load_balancers: said.load_balancer_arns.iter().map(|arn| arn.as_str().into()).collect(),
        tags,
        targets: None,
    }
}

async fn targets(account: &Account, group: &str) -> Result<Option<Box<[Target]>>, Failure> {
    let form = named("TargetGroupArn", group);
    let answer = match query::<Answer<HealthSaid>>(account, &ELB_TARGET_HEALTH, &form).await {
        Ok(answer) => answer,
        // Deleted since it was listed, or what may not be read.
        Err(failure) if matches!(failure.cause, Cause::Missing | Cause::Forbidden) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let row = |said: &TargetSaid| Target {
        id: said.target.id.as_str().into(),
        port: said.target.port.unwrap_or_default(),
        zone: said.target.availability_zone.as_str().into(),
        state: said.target_health.state.as_str().into(),
        reason: said.target_health.reason.as_str().into(),
        said: said.target_health.description.as_str().into(),
    };
    Ok(Some(answer.result.target_health_descriptions.iter().map(row).collect()))
}
