//! What an alarm is about: a node, an Ingress, the cluster, or something of the account.

use std::collections::HashMap;
use std::sync::Arc;

use crate::fleet::aws::alarm::{Alarm, AlarmRule, Dimension};
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::{INGRESSES, NODES, SERVICES};
use crate::fleet::node::Node;
use crate::fleet::service::Service;
use crate::fleet::{ResourceType, Row};
use crate::snapshot::ClusterSnapshot;

/// What an alarm is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// An object of the cluster.
    Object {
        /// Its kind.
        resource: ResourceType,
        /// Its namespace.
        namespace: Option<Arc<str>>,
        /// Its name.
        name: Arc<str>,
    },
    /// The cluster, or something of AWS that belongs to it, in words.
    Cluster(Box<str>),
    /// Something of the account that belongs to no cluster, in words.
    Account(Box<str>),
}

impl About {
    pub(super) fn cluster(alarm: &Alarm) -> Self {
        Self::Cluster(named(alarm))
    }

    pub(super) fn account(alarm: &Alarm) -> Self {
        Self::Account(named(alarm))
    }

    /// In words: `Ingress production/web`, `queue jobs`, `the cluster`.
    pub fn words(&self) -> String {
        match self {
            Self::Object { resource, namespace: Some(namespace), name } => {
                format!("{} {namespace}/{name}", resource.kind)
            }
            Self::Object { resource, namespace: None, name } => format!("{} {name}", resource.kind),
            Self::Cluster(words) if words.is_empty() => "the cluster".to_owned(),
            Self::Account(words) if words.is_empty() => "the account".to_owned(),
            Self::Cluster(words) | Self::Account(words) => words.to_string(),
        }
    }
}

/// Dimensions by which services of AWS name what is measured, the narrowest first, with their words (CloudWatch user
/// guide, "AWS services that publish CloudWatch metrics"). Those of Container Insights name objects of the cluster.
const KINDS: &[(&str, &str)] = &[
    ("ContainerName", "container"),
    ("PodName", "pods"),
    ("Service", "service"),
    ("Namespace", "namespace"),
    ("NodeName", "node"),
    ("InstanceId", "instance"),
    ("TargetGroup", "target group"),
    ("LoadBalancer", "load balancer"),
    ("NatGatewayId", "NAT gateway"),
    ("QueueName", "queue"),
    ("TopicName", "topic"),
    ("DBInstanceIdentifier", "database"),
    ("DBClusterIdentifier", "database"),
    ("CacheClusterId", "cache"),
    ("FunctionName", "function"),
    ("TableName", "table"),
    ("BucketName", "bucket"),
    ("AutoScalingGroupName", "Auto Scaling group"),
    ("VolumeId", "volume"),
    ("HealthCheckId", "health check"),
    ("HostedZoneId", "hosted zone"),
    ("LogGroupName", "log group"),
    ("FileSystemId", "file system"),
];

/// The narrowest thing that the dimensions name, in words; empty when they name none.
fn named(alarm: &Alarm) -> Box<str> {
    if let AlarmRule::Composite(_) = alarm.rule {
        return "other alarms".into();
    }
    let dimensions = alarm.rule.dimensions();
    let known = KINDS.iter().find_map(|(kind, word)| {
        let of = dimensions.iter().find(|of| &*of.name == *kind)?;
        // `app/NAME/ID`, `targetgroup/NAME/ID`
        let name = match of.value.split('/').collect::<Vec<_>>().as_slice() {
            [_, name, _] if word.contains("target") || word.contains("balancer") => *name,
            _ => &*of.value,
        };
        Some(format!("{word} {name}"))
    });
    let other = || {
        let of = dimensions.iter().find(|of| &*of.name != "ClusterName")?;
        Some(format!("{} {}", of.name, of.value))
    };
    known.or_else(other).unwrap_or_default().into()
}

/// What a cluster has that alarms may be about.
#[derive(Debug, Default)]
pub(super) struct Things<'a> {
    /// Nodes by name, and by the id of their instance.
    nodes: HashMap<&'a str, &'a str>,
    /// Ingresses and Services by the first part of their load balancer's host name: its name, and an id behind.
    fronts: HashMap<&'a str, (&'static ResourceType, &'a str, &'a str)>,
}

static INGRESS: ResourceType = INGRESSES;
static SERVICE: ResourceType = SERVICES;

impl<'a> Things<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let mut things = Self::default();
        for (_, node) in cluster.table::<Node>(&NODES).into_iter().flat_map(|table| table.iter()) {
            things.nodes.insert(node.name(), node.name());
            // `aws:///us-east-1a/i-0abc`
            if let Some(instance) = node.provider_id.rsplit('/').next().filter(|id| id.starts_with("i-")) {
                things.nodes.insert(instance, node.name());
            }
        }
        for (_, own) in cluster.table::<Service>(&SERVICES).into_iter().flat_map(|table| table.iter()) {
            for host in &own.load_balancer {
                things
                    .fronts
                    .insert(front(host), (&SERVICE, own.namespace().unwrap_or_default(), own.name()));
            }
        }
        for (_, own) in cluster.table::<Ingress>(&INGRESSES).into_iter().flat_map(|table| table.iter()) {
            for host in &own.load_balancer {
                // Ingresses of one group share a load balancer: the first by name stands for all.
                let of = (own.namespace().unwrap_or_default(), own.name());
                let entry = things.fronts.entry(front(host)).or_insert((&INGRESS, of.0, of.1));
                if *entry.0 != INGRESS || (of.0, of.1) < (entry.1, entry.2) {
                    *entry = (&INGRESS, of.0, of.1);
                }
            }
        }
        things
    }

    /// The object of this cluster that an alarm is about.
    pub(super) fn about(&self, alarm: &Alarm) -> Option<About> {
        alarm.rule.dimensions().iter().find_map(|of| self.object(of))
    }

    fn object(&self, of: &Dimension) -> Option<About> {
        match &*of.name {
            "InstanceId" | "NodeName" => self.nodes.get(&*of.value).map(|node| About::Object {
                resource: NODES,
                namespace: None,
                name: (*node).into(),
            }),
            "LoadBalancer" => {
                // `app/NAME/ID`; a classic one has another dimension.
                let name = of.value.split('/').nth(1)?;
                let (resource, namespace, name) = self.fronts.get(name)?;
                Some(About::Object {
                    resource: (*resource).clone(),
                    namespace: Some((*namespace).into()),
                    name: (*name).into(),
                })
            }
            _ => None,
        }
    }
}

/// The name of a load balancer by its host: `web-edge` of `web-edge-123456.us-east-1.elb.amazonaws.com`, also behind
/// `internal-` and `dualstack.`.
fn front(host: &str) -> &str {
    let host = host.strip_prefix("dualstack.").unwrap_or(host);
    let first = host.split('.').next().unwrap_or_default();
    let named = first.rsplit_once('-').map_or(first, |(name, _)| name);
    named.strip_prefix("internal-").unwrap_or(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_balancer_is_known_by_its_host() {
        for (host, name) in [
            ("web-edge-1234567890.us-east-1.elb.amazonaws.com", "web-edge"),
            ("internal-web-edge-1234567890.us-east-1.elb.amazonaws.com", "web-edge"),
            ("dualstack.web-1.us-east-1.elb.amazonaws.com", "web"),
            (
                "k8s-prod-web-0a1b2c3d4e-1f2e3d4c5b6a7980.elb.us-east-1.amazonaws.com",
                "k8s-prod-web-0a1b2c3d4e",
            ),
            ("localhost", "localhost"),
            ("", ""),
        ] {
            assert_eq!(front(host), name, "{host}");
        }
    }
}
