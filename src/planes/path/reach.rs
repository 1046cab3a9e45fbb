//! How each service is reached from outside, as a table that views join by namespace and name: the hosts of the ingresses
//! that lead to it, and the target groups of load balancers that it fills.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::shelf::Shelf;
use crate::fleet::condition::Status;
use crate::fleet::ingress::{Backend, Ingress};
use crate::fleet::kind::{INGRESSES, TARGET_GROUP_BINDINGS};
use crate::fleet::target_group_binding::TargetGroupBinding;
use crate::fleet::{ResourceType, Row};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// How services are reached, as a derived kind.
pub const SERVICE_REACHES: ResourceType = derived::namespaced("servicereaches", "ServiceReach");

static HELPS: [ResourceType; 2] = [INGRESSES, TARGET_GROUP_BINDINGS];

/// The table of how services are reached. A cluster may have neither of what it looks at, and each may be refused.
pub const REACHES: Derived = Derived::new::<Reaches>(SERVICE_REACHES, &[], &HELPS);

/// How a service is reached from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceReach {
    /// The service's name.
    pub name: Arc<str>,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Hosts of ingresses that lead to it, sorted; `*` for any host.
    pub hosts: Box<[Arc<str>]>,
    /// The target groups that it fills.
    pub groups: Box<[Binding]>,
}

/// A target group that a service fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The TargetGroupBinding's name.
    pub name: Arc<str>,
    /// The name of the target group; empty while the controller has not found it.
    pub group: Arc<str>,
    /// `instance` or `ip`.
    pub target_type: Arc<str>,
    /// What its controller complains of; empty when of nothing.
    pub trouble: Arc<str>,
}

impl Row for ServiceReach {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        Some(&self.namespace)
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// How a service is reached, as far as that is known.
pub fn of<'a>(cluster: &'a ClusterSnapshot, namespace: &str, service: &str) -> Option<&'a ServiceReach> {
    let table = cluster.table::<ServiceReach>(&SERVICE_REACHES)?;
    table.find(Some(namespace), service).map(|(_, reach)| reach.as_ref())
}

/// Concludes how services are reached.
#[derive(Debug, Default)]
pub struct Reaches;

impl Conclusion for Reaches {
    type Row = ServiceReach;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<ServiceReach> {
        let mut reaches: BTreeMap<(Arc<str>, Arc<str>), ServiceReach> = BTreeMap::new();
        let mut reach = |namespace: &str, name: &str, change: &dyn Fn(&mut ServiceReach)| {
            let (namespace, name): (Arc<str>, Arc<str>) = (namespace.into(), name.into());
            let known = reaches.entry((Arc::clone(&namespace), Arc::clone(&name)));
            change(known.or_insert_with(|| ServiceReach { namespace, name, ..ServiceReach::default() }));
        };
        for ingress in Shelf::<Ingress>::of(cluster, &INGRESSES).iter() {
            let rules = ingress.rules.iter().map(|rule| (&*rule.host, rule.backend.as_ref()));
            for (host, backend) in rules.chain([("", ingress.default_backend.as_ref())]) {
                let Some(Backend::Service { name, .. }) = backend else { continue };
                let host: Arc<str> = if host.is_empty() { "*".into() } else { host.into() };
                reach(ingress.namespace().unwrap_or_default(), name, &|reach| {
                    let mut hosts = reach.hosts.to_vec();
                    if let Err(at) = hosts.binary_search(&host) {
                        hosts.insert(at, Arc::clone(&host));
                        reach.hosts = hosts.into();
                    }
                });
            }
        }
        for row in Shelf::<TargetGroupBinding>::of(cluster, &TARGET_GROUP_BINDINGS).iter() {
            let binding = Binding {
                name: row.name().into(),
                group: group_of(&row.target_group_arn).into(),
                target_type: Arc::clone(&row.target_type),
                trouble: trouble(row),
            };
            reach(row.namespace().unwrap_or_default(), &row.service, &|reach| {
                let mut groups = reach.groups.to_vec();
                groups.push(binding.clone());
                groups.sort_by(|a, b| a.name.cmp(&b.name));
                reach.groups = groups.into();
            });
        }
        reaches.into_values().collect()
    }
}

/// `k8s-edge` of `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/k8s-edge/c35b`.
fn group_of(arn: &str) -> &str {
    arn.split_once("targetgroup/").map_or("", |(_, rest)| rest.split('/').next().unwrap_or(rest))
}

/// The controller writes conditions only when something is wrong.
fn trouble(binding: &TargetGroupBinding) -> Arc<str> {
    let wrong = binding.conditions.iter().find(|condition| condition.status != Status::True);
    wrong.map_or_else(Arc::default, |wrong| {
        if wrong.message.is_empty() { Arc::clone(&wrong.reason) } else { Arc::clone(&wrong.message) }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::test_cluster::TestCluster;

    fn ingress(name: &str, host: &str, service: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "web"}, "spec": {"rules": [{"host": host, "http": {"paths": [
            {"path": "/", "backend": {"service": {"name": service, "port": {"number": 80}}}}]}}],
            "defaultBackend": {"service": {"name": "fallback", "port": {"number": 80}}}}})
    }

    fn binding(name: &str, conditions: Value) -> Value {
        json!({"metadata": {"name": name, "namespace": "web"}, "status": {"conditions": conditions},
            "spec": {"serviceRef": {"name": "api", "port": 80}, "targetType": "ip",
                "targetGroupARN": format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/c35b")}})
    }

    #[test]
    fn hosts_and_target_groups_are_found_by_service_and_namespace() {
        let trouble = json!([{"type": "Ready", "status": "False", "reason": "FailedCleanup", "message": "no such group"}]);
        let picture = TestCluster::new()
            .with::<Ingress>(
                &INGRESSES,
                &[
                    ingress("b", "www.cosner.cloud", "api"),
                    ingress("a", "api.cosner.cloud", "api"),
                    ingress("c", "www.cosner.cloud", "api"),
                ],
            )
            .with::<TargetGroupBinding>(
                &TARGET_GROUP_BINDINGS,
                &[binding("k8s-b", json!([])), binding("k8s-a", trouble)],
            )
            .looking_at(&SERVICE_REACHES)
            .picture();
        let api = of(&picture, "web", "api").unwrap();
        assert_eq!(*api.hosts, [Arc::from("api.cosner.cloud"), "www.cosner.cloud".into()], "each once");
        let groups: Vec<_> = api.groups.iter().map(|b| (&*b.group, &*b.target_type, &*b.trouble)).collect();
        assert_eq!(groups, [("k8s-a", "ip", "no such group"), ("k8s-b", "ip", "")]);
        assert_eq!(*of(&picture, "web", "fallback").unwrap().hosts, [Arc::from("*")]);
        assert!(of(&picture, "other", "api").is_none() && of(&picture, "web", "cache").is_none());
        assert_eq!((group_of("arn:aws:x"), group_of("")), ("", ""));
    }
}
