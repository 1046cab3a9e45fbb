//! Every hostname of the clusters, with who answers to it.

use std::sync::Arc;

use super::ground::Ground;
use super::shelf::Shelf;
use crate::fleet::ingress::{Backend, Ingress};
use crate::fleet::kind::{INGRESSES, SERVICES};
use crate::fleet::{ObjectRef, Row, Timestamp, Verdict};
use crate::snapshot::ClusterSnapshot;

/// A hostname, and who answers to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name as it is spelt; empty for every name.
    pub hostname: Arc<str>,
    /// The Ingress or Service.
    pub object: ObjectRef,
    /// The services behind it.
    services: Box<[Arc<str>]>,
    /// How the Ingress is.
    pub verdict: Verdict,
    /// Why it is not ok; empty when there is nothing to say.
    pub why: String,
}

impl Named {
    /// True when this Ingress has the name, or this Service answers behind it.
    pub fn is_of(&self, object: &ObjectRef) -> bool {
        self.object == *object
            || (object.resource == SERVICES
                && self.object.cluster == object.cluster
                && self.object.namespace == object.namespace
                && self.services.iter().any(|service| **service == *object.name))
    }
}

/// Every hostname of these clusters, by name.
pub fn hostnames(clusters: &[&ClusterSnapshot], now: Timestamp) -> Vec<Named> {
    let mut names = Vec::new();
    for cluster in clusters {
        let ground = Ground::of(cluster);
        let object = |resource, row: &dyn Fn() -> (Option<Arc<str>>, Arc<str>)| {
            let (namespace, name) = row();
            ObjectRef { cluster: cluster.id.clone(), resource, namespace, name: name.as_ref().into() }
        };
        for ingress in Shelf::<Ingress>::of(cluster, &INGRESSES).iter() {
            let (verdict, why) = ground.front(ingress).judge(ingress, now);
            let object = object(INGRESSES, &|| (ingress.meta.namespace.clone(), ingress.name().into()));
            for host in ingress.hosts() {
                let hostname = if host == "*" { "" } else { host };
                let rules = ingress.rules.iter().filter(|rule| *rule.host == *hostname);
                let backends = rules.filter_map(|rule| rule.backend.as_ref()).chain(&ingress.default_backend);
                let services = backends.filter_map(|backend| match backend {
                    Backend::Service { name, .. } => Some(Arc::clone(name)),
                    Backend::Resource { .. } => None,
                });
                names.push(Named {
                    hostname: hostname.into(),
                    object: object.clone(),
                    services: services.collect(),
                    verdict,
                    why: why.clone(),
                });
            }
        }
        for service in ground.services.iter() {
            for hostname in service.hostnames() {
                names.push(Named {
                    hostname: Arc::clone(hostname),
                    object: object(SERVICES, &|| (service.meta.namespace.clone(), service.name().into())),
                    services: Box::default(),
                    verdict: if service.is_pending() { Verdict::Warning } else { Verdict::Ok },
                    why: if service.is_pending() {
                        "waits for its load balancer".into()
                    } else {
                        String::new()
                    },
                });
            }
        }
    }
    names.sort_by(|a, b| (&a.hostname, &a.object).cmp(&(&b.hostname, &b.object)));
    names
}
