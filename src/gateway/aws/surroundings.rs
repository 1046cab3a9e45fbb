//! What stands around a cluster and is measured by CloudWatch: its load balancers with their targets, and the NAT
//! gateways of its network. Only what metrics are asked by; the rest of them is other tables' matter.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::account::Account;
use super::cloudwatch::Wanted;
use super::eks;
use super::operations::{EC2_NAT_GATEWAYS, ELB_TAGS, ELB_TARGET_GROUPS};
use super::query::{Form, Items, Paged, pages, query};
use crate::fleet::aws::metric::{
    APPLICATION_BALANCER_GAUGES, APPLICATION_TARGET_GAUGES, Gauge, NAT_GAUGES, NETWORK_BALANCER_GAUGES,
    NETWORK_TARGET_GAUGES,
};
use crate::gateway::failure::Failure;

/// ARNs of one `DescribeTags`, at most.
const TAGGED: usize = 20;
/// The tag by which the load balancer controller knows what it made (its documentation, "Resource tags").
const OWNER: &str = "elbv2.k8s.aws/cluster";
/// The tag of what the cloud provider made, before the cluster's name.
const OLDER_OWNER: &str = "kubernetes.io/cluster/";

/// The metrics of what stands around a cluster: what is in its network and not marked as another cluster's.
pub async fn wanted(account: &Account, eks_name: &str) -> Result<Vec<Wanted>, Failure> {
    let network = eks::cluster(account, eks_name).await?.vpc;
    let mut groups = target_groups(account).await?;
    groups.retain(|group| *group.vpc_id == *network);
    let balancers: BTreeSet<String> = groups.iter().flat_map(|group| group.balancers()).collect();
    let foreign = owned_by_others(account, &balancers, eks_name).await?;
    let mut wanted = Vec::new();
    for balancer in balancers.iter().filter(|arn| !foreign.contains(*arn)) {
        let Some((dimension, name)) = dimension_of(balancer, "loadbalancer/") else { continue };
        let Some((of_balancer, of_targets)) = gauges(dimension) else { continue };
        let add = |gauge, of: &str, dimensions| Wanted { gauge, of: of.to_owned(), dimensions };
        let own = || vec![("LoadBalancer", dimension.to_owned())];
        wanted.extend(of_balancer.iter().map(|gauge| add(gauge, name, own())));
        for group in groups.iter().filter(|group| group.balancers().any(|arn| arn == *balancer)) {
            let Some((_, name)) = dimension_of(&group.target_group_arn, "targetgroup/") else { continue };
            let targets = group.target_group_arn.rsplit(':').next().unwrap_or_default();
            let both = || [own(), vec![("TargetGroup", targets.to_owned())]].concat();
            wanted.extend(of_targets.iter().map(|gauge| add(gauge, name, both())));
        }
    }
    for gateway in nat_gateways(account, &network).await? {
        let own = |gauge| Wanted {
            gauge,
            of: gateway.clone(),
            dimensions: vec![("NatGatewayId", gateway.clone())],
        };
        wanted.extend(NAT_GAUGES.iter().map(own));
    }
    Ok(wanted)
}

/// What is measured of a load balancer and of its targets, by its type: `app/NAME/ID`, `net/NAME/ID`.
fn gauges(dimension: &str) -> Option<(&'static [Gauge], &'static [Gauge])> {
    match dimension.split('/').next() {
        Some("app") => Some((APPLICATION_BALANCER_GAUGES, APPLICATION_TARGET_GAUGES)),
        Some("net") => Some((NETWORK_BALANCER_GAUGES, NETWORK_TARGET_GAUGES)),
        _ => None,
    }
}

/// The part of an ARN behind its kind, and the name in it: `app/web/0a1b` and `web`, `web/0a1b` and `web`.
fn dimension_of<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (_, dimension) = arn.split_once(kind)?;
    let mut parts = dimension.rsplit('/');
    let name = parts.nth(1)?;
    Some((dimension, name))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Groups {
    describe_target_groups_result: GroupPage,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct GroupPage {
    target_groups: Items<Group>,
    next_marker: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Group {
    target_group_arn: String,
    vpc_id: String,
    load_balancer_arns: Items<String>,
}

impl Group {
    fn balancers(&self) -> impl Iterator<Item = String> {
        self.load_balancer_arns.iter().cloned()
    }
}

impl Paged for Groups {
    fn next(&self) -> Option<&str> {
        self.describe_target_groups_result.next_marker.as_deref()
    }
}

async fn target_groups(account: &Account) -> Result<Vec<Group>, Failure> {
    let found: Vec<Groups> = pages(account, &ELB_TARGET_GROUPS, &Form::new(), "Marker").await?;
    Ok(found
        .into_iter()
        .flat_map(|page| page.describe_target_groups_result.target_groups.into_vec())
        .collect())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Tags {
    describe_tags_result: TagPage,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TagPage {
    tag_descriptions: Items<Tagged>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Tagged {
    resource_arn: String,
    tags: Items<Tag>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

async fn owned_by_others(
    account: &Account,
    balancers: &BTreeSet<String>,
    cluster: &str,
) -> Result<BTreeSet<String>, Failure> {
    let all: Vec<&String> = balancers.iter().collect();
    let mut foreign = BTreeSet::new();
    for part in all.chunks(TAGGED) {
        let numbered = part.iter().enumerate();
        let form: Form =
            numbered.map(|(at, arn)| (format!("ResourceArns.member.{}", at + 1), (*arn).clone())).collect();
        let answer: Tags = query(account, &ELB_TAGS, &form).await?;
        let described = answer.describe_tags_result.tag_descriptions.into_vec();
        foreign.extend(
            described.into_iter().filter(|own| is_of_another(own, cluster)).map(|own| own.resource_arn),
        );
    }
    Ok(foreign)
}

fn is_of_another(balancer: &Tagged, cluster: &str) -> bool {
    let owners: Vec<&str> = balancer
        .tags
        .iter()
        .filter_map(|tag| match tag.key.strip_prefix(OLDER_OWNER) {
            Some(name) => Some(name),
            None => (tag.key == OWNER).then_some(tag.value.as_str()),
        })
        .collect();
    !owners.is_empty() && !owners.contains(&cluster)
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Gateways {
    nat_gateway_set: Items<Gateway>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Gateway {
    nat_gateway_id: String,
    state: String,
}

impl Paged for Gateways {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

/// The gateways of a network that are there or on their way.
async fn nat_gateways(account: &Account, network: &str) -> Result<Vec<String>, Failure> {
    let form: Form = vec![
        ("Filter.1.Name".to_owned(), "vpc-id".to_owned()),
        ("Filter.1.Value.1".to_owned(), network.to_owned()),
    ];
    let found: Vec<Gateways> = pages(account, &EC2_NAT_GATEWAYS, &form, "NextToken").await?;
    let all = found.into_iter().flat_map(|page| page.nat_gateway_set.into_vec());
    Ok(all
        .filter(|gateway| matches!(gateway.state.as_str(), "available" | "pending"))
        .map(|gateway| gateway.nat_gateway_id)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_metrics_are_asked_by_is_the_end_of_an_arn() {
        let arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web-edge/0a1b";
        assert_eq!(dimension_of(arn, "loadbalancer/"), Some(("app/web-edge/0a1b", "web-edge")));
        let group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/k8s-web/9f";
        assert_eq!(dimension_of(group, "targetgroup/"), Some(("k8s-web/9f", "k8s-web")));
        assert_eq!(dimension_of("arn:aws:s3:::bucket", "loadbalancer/"), None);
        assert!(gauges("gwy/x/1").is_none() && gauges("net/x/1").is_some());
    }

    #[test]
    fn a_load_balancer_without_an_owner_is_the_network_s_and_one_of_another_cluster_is_not_ours() {
        let tagged = |tags: &[(&str, &str)]| {
            let tags: String = tags
                .iter()
                .map(|(k, v)| format!("<member><Key>{k}</Key><Value>{v}</Value></member>"))
                .collect();
            let xml = format!("<x><ResourceArn>a</ResourceArn><Tags>{tags}</Tags></x>");
            quick_xml::de::from_str::<Tagged>(&xml).unwrap()
        };
        assert!(!is_of_another(&tagged(&[("Team", "web")]), "web"));
        assert!(!is_of_another(&tagged(&[(OWNER, "web")]), "web"));
        assert!(is_of_another(&tagged(&[(OWNER, "api")]), "web"));
        assert!(is_of_another(&tagged(&[("kubernetes.io/cluster/api", "owned")]), "web"));
        let shared = [("kubernetes.io/cluster/api", "shared"), ("kubernetes.io/cluster/web", "shared")];
        assert!(!is_of_another(&tagged(&shared), "web"));
    }
}
