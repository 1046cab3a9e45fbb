//! What stands around a cluster and is measured by CloudWatch: its load balancers with their targets, and the NAT
//! gateways of its network. Only what metrics are asked by; the rest of them is other tables' matter.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::account::Account;
use super::cloudwatch::Wanted;
use super::operations::{EC2_INSTANCES, EC2_NAT_GATEWAYS, ELB_TAGS, ELB_TARGET_GROUPS};
use super::query::{Form, Items, Paged, pages, query};
use super::{ec2, eks};
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
    let (network, groups) = futures::join!(network(account, eks_name), target_groups(account));
    let (network, mut groups) = (network?, groups?);
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

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Machines {
    reservation_set: Items<Reservation>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reservation {
    instances_set: Items<Machine>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Machine {
    vpc_id: String,
}

impl Paged for Machines {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

/// The network of a cluster. What is seen comes before what is said of it: where its nodes run, else where its subnets
/// are, else what EKS names.
async fn network(account: &Account, eks_name: &str) -> Result<String, Failure> {
    // Node groups, Karpenter and self-managed groups all set this on what they start ("Tag your subnets and instances").
    let form: Form = vec![
        ("Filter.1.Name".to_owned(), "tag-key".to_owned()),
        ("Filter.1.Value.1".to_owned(), format!("{OLDER_OWNER}{eks_name}")),
        ("Filter.2.Name".to_owned(), "instance-state-name".to_owned()),
        ("Filter.2.Value.1".to_owned(), "running".to_owned()),
    ];
    let (cluster, machines) = futures::join!(
        eks::cluster(account, eks_name),
        pages::<Machines>(account, &EC2_INSTANCES, &form, "NextToken")
    );
    let cluster = cluster?;
    // Whoever may not see machines or subnets is told what EKS says.
    let of_machines = machines.unwrap_or_default().into_iter().flat_map(|page| {
        page.reservation_set.into_vec().into_iter().flat_map(|own| own.instances_set.into_vec())
    });
    let of_nodes = of_machines.map(|machine| machine.vpc_id).filter(|vpc| !vpc.is_empty()).min();
    if let Some(network) = of_nodes {
        return Ok(network);
    }
    let subnets = ec2::subnets(account).await.unwrap_or_default();
    let own = subnets.iter().filter(|subnet| cluster.subnets.iter().any(|id| **id == *subnet.id));
    Ok(own.map(|subnet| &*subnet.vpc).min().unwrap_or(&*cluster.vpc).to_owned())
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
    use std::convert::Infallible;
    use std::sync::Arc;

    use bytes::Bytes;
    use http_body_util::{BodyExt as _, Full};

    use super::*;
    use crate::fleet::Timestamp;
    use crate::gateway::aws::{AccountSettings, Border};

    /// A cluster of which EKS says one network, and whose machines and subnets are as told.
    fn account(machines: &'static str, subnets: &'static str) -> Account {
        let answer = tower::service_fn(move |request: http::Request<Full<Bytes>>| async move {
            let (parts, body) = request.into_parts();
            let form = body.collect().await.unwrap().to_bytes();
            let form = String::from_utf8_lossy(&form).into_owned();
            let (status, text) = match parts.uri.path() {
                "/clusters/web" => (
                    200,
                    r#"{"cluster": {"name": "web", "resourcesVpcConfig": {"vpcId": "vpc-said",
                    "subnetIds": ["subnet-1"]}}}"#,
                ),
                _ if form.contains("Action=DescribeInstances") => {
                    assert!(form.contains("kubernetes.io%2Fcluster%2Fweb"), "only the cluster's own: {form}");
                    (200, machines)
                }
                _ if form.contains("Action=DescribeSubnets") => (200, subnets),
                path => (501, path),
            };
            let status = if text.contains("UnauthorizedOperation") { 403 } else { status };
            let answer =
                http::Response::builder().status(status).body(Full::new(Bytes::from(text.to_owned())));
            Ok::<_, Infallible>(answer.unwrap())
        });
        let clock: crate::fleet::time::Clock = Arc::new(|| Timestamp::parse("2026-11-21T10:42:07Z"));
        Account::new(AccountSettings::default(), Border::service(answer), clock)
    }

    const RUNNING: &str = "<x><reservationSet><item><instancesSet><item><vpcId>vpc-seen</vpcId></item></instancesSet></item>\
        </reservationSet></x>";
    const NONE: &str = "<x><reservationSet/></x>";
    const SUBNETS: &str = "<x><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-of-subnets</vpcId></item>\
        <item><subnetId>subnet-2</subnetId><vpcId>vpc-another</vpcId></item></subnetSet></x>";
    const REFUSED: &str = "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors>\
        </Response>";

    #[tokio::test]
    async fn the_network_is_where_the_nodes_run_then_where_the_subnets_are_then_what_eks_says() {
        for (machines, subnets, wanted) in [
            (RUNNING, SUBNETS, "vpc-seen"),
            (NONE, SUBNETS, "vpc-of-subnets"),
            (REFUSED, SUBNETS, "vpc-of-subnets"),
            (REFUSED, REFUSED, "vpc-said"),
        ] {
            assert_eq!(network(&account(machines, subnets), "web").await.unwrap(), wanted);
        }
    }

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
