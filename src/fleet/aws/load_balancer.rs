//! Application, network, gateway and classic load balancers (`DescribeLoadBalancers`, `DescribeTags`).

use std::sync::Arc;

use super::aws_row;
use super::target_group::TargetGroup;
use crate::fleet::{Timestamp, Verdict};

/// A load balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadBalancer {
    /// `LoadBalancerName`, once in an account and region.
    pub name: Box<str>,
    /// `LoadBalancerArn`; the host of a classic one.
    pub arn: Arc<str>,
    /// `DNSName`, in lower case.
    pub host: Arc<str>,
    /// `Type`: `application`, `network`, `gateway`; `classic` for those of the API of 2012.
    pub kind: Arc<str>,
    /// `Scheme`: `internet-facing`, `internal`.
    pub scheme: Arc<str>,
    /// `State.Code`: `active`, `provisioning`, `active_impaired`, `failed`; empty for classic ones, which say nothing.
    pub state: Arc<str>,
    /// `State.Reason`
    pub reason: Box<str>,
    /// `VpcId`
    pub vpc: Arc<str>,
    /// `AvailabilityZones[].ZoneName`, sorted.
    pub zones: Box<[Arc<str>]>,
    /// `AvailabilityZones[].SubnetId`
    pub subnets: Box<[Arc<str>]>,
    /// `SecurityGroups`
    pub security_groups: Box<[Arc<str>]>,
    /// `CanonicalHostedZoneId`
    pub hosted_zone: Arc<str>,
    /// `CreatedTime`
    pub created: Timestamp,
    /// Its tags; empty where nobody asked for them.
    pub tags: Tags,
    /// What a classic one has in itself; `None` for all others.
    pub classic: Option<Arc<Classic>>,
}

/// What a classic load balancer has in itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Classic {
    /// Protocols and ports of its listeners: `TCP 80`.
    pub listeners: Box<[Box<str>]>,
    /// ARNs of the certificates that its listeners show.
    pub certificates: Box<[Arc<str>]>,
    /// Its instances, as the target group that it has not.
    pub group: TargetGroup,
}

/// Tags of something in AWS, by key.
pub type Tags = Box<[(Arc<str>, Arc<str>)]>;

aws_row!(LoadBalancer, name, tags);

/// The value of a tag.
pub fn tag<'t>(tags: &'t [(Arc<str>, Arc<str>)], key: &str) -> Option<&'t str> {
    tags.iter().find(|(known, _)| **known == *key).map(|(_, value)| &**value)
}

/// The cluster that something was made for: the load balancer controller's tag, then that of EKS Auto Mode, then the one
/// of the controllers that came before (`elbv2.k8s.aws/cluster`: AWS Load Balancer Controller, `pkg/deploy/tracking`).
pub fn cluster_of(tags: &[(Arc<str>, Arc<str>)]) -> Option<&str> {
    let named = tag(tags, "elbv2.k8s.aws/cluster").or_else(|| tag(tags, "eks:eks-cluster-name"));
    named.or_else(|| tags.iter().find_map(|(key, _)| key.strip_prefix("kubernetes.io/cluster/")))
}

/// The Ingress or Service that something was made for, as `namespace/name`, or the name of a group of ingresses.
pub fn stack_of(tags: &[(Arc<str>, Arc<str>)]) -> Option<(&'static str, &str)> {
    let keys = [
        ("Ingress", "ingress.k8s.aws/stack"),
        ("Service", "service.k8s.aws/stack"),
        ("Ingress", "ingress.eks.amazonaws.com/stack"),
        ("Service", "service.eks.amazonaws.com/stack"),
        ("Service", "kubernetes.io/service-name"),
    ];
    keys.into_iter().find_map(|(kind, key)| Some((kind, tag(tags, key)?)))
}

impl LoadBalancer {
    /// How it is by what it says of itself, and why it is not ok.
    pub fn judge(&self) -> (Verdict, String) {
        let why = |words: &str| match self.reason.is_empty() {
            true => words.to_owned(),
            false => format!("{words}: {}", self.reason),
        };
        match &*self.state {
            "active" => (Verdict::Ok, String::new()),
            "" if self.classic.is_some() => (Verdict::Ok, String::new()),
            "provisioning" => (Verdict::Progressing, why("is being made")),
            "active_impaired" => (Verdict::Warning, why("is impaired: it routes, and cannot grow")),
            "failed" => (Verdict::Critical, why("could not be made")),
            other => (Verdict::Unknown, why(&format!("is {other}"))),
        }
    }

    /// The cluster that it was made for, by its tags.
    pub fn cluster(&self) -> Option<&str> {
        cluster_of(&self.tags)
    }
}

/// The region that a load balancer's name says it is in: `NAME-1.us-east-1.elb.amazonaws.com`, and
/// `NAME-1.elb.us-east-1.amazonaws.com` for network load balancers. `None` when the name is not one of a load balancer.
pub fn region_of(host: &str) -> Option<&str> {
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let rest = host.strip_suffix(".amazonaws.com")?;
    let mut labels = rest.rsplit('.');
    match (labels.next()?, labels.next()?) {
        ("elb", region) | (region, "elb") => labels.next().map(|_| region),
        _ => None,
    }
}

/// True for a name that Kubernetes gave a classic load balancer: `a` and the Service's uid. That one is not known does
/// not mean that it is gone: where the API of 2012 is not allowed, none of them is.
pub fn is_classic(host: &str) -> bool {
    let name = host.split('.').next().unwrap_or_default();
    let name = name.strip_prefix("internal-").unwrap_or(name);
    let (own, _) = name.rsplit_once('-').unwrap_or((name, ""));
    own.len() == 32 && own.starts_with('a') && own.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_load_balancer_says_its_region() {
        assert_eq!(region_of("edge-1.us-east-1.elb.amazonaws.com"), Some("us-east-1"));
        assert_eq!(region_of("edge-1.elb.eu-west-1.amazonaws.com"), Some("eu-west-1"));
        assert_eq!(region_of("edge-1.cn-north-1.elb.amazonaws.com.cn"), Some("cn-north-1"));
        assert_eq!(region_of("d111.cloudfront.net"), None);
        assert_eq!(region_of("s3-website-us-east-1.amazonaws.com"), None);
        assert_eq!(region_of("elb.amazonaws.com"), None);
    }

    #[test]
    fn what_it_was_made_for_is_in_its_tags() {
        let tags: Tags = [("ingress.k8s.aws/stack", "web/edge"), ("elbv2.k8s.aws/cluster", "myapp-prod")]
            .map(|(key, value)| (key.into(), value.into()))
            .into();
        assert_eq!((cluster_of(&tags), stack_of(&tags)), (Some("myapp-prod"), Some(("Ingress", "web/edge"))));
        let old: Tags = [("kubernetes.io/cluster/old".into(), "owned".into())].into();
        assert_eq!((cluster_of(&old), stack_of(&old)), (Some("old"), None));
    }

    #[test]
    fn what_kubernetes_itself_makes_is_recognised_by_its_name() {
        assert!(is_classic("a0123456789abcdef0123456789abcde-1234567890.us-east-1.elb.amazonaws.com"));
        assert!(!is_classic("k8s-edge-prod-1234567890.us-east-1.elb.amazonaws.com"));
    }

    #[test]
    fn a_state_that_nobody_knows_is_unknown() {
        let of = |state: &str| LoadBalancer { state: state.into(), ..LoadBalancer::default() }.judge().0;
        assert_eq!((of("active"), of("provisioning")), (Verdict::Ok, Verdict::Progressing));
        assert_eq!((of("failed"), of("asleep")), (Verdict::Critical, Verdict::Unknown));
    }
}
