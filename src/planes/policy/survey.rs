//! What network policies mean for the pods of a cluster, workload by workload, and what is wrong with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::words::selector;
use super::{Allowed, Direction, End, Other, Port, allowed, rules, selects, side};
use crate::fleet::ingress::{Backend, Ingress};
use crate::fleet::kind::{
    DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, NAMESPACES, NETWORK_POLICIES,
    PODS, SERVICES,
};
use crate::fleet::meta::Labels;
use crate::fleet::namespace::Namespace;
use crate::fleet::network_policy::NetworkPolicy;
use crate::fleet::pod::{Phase, Pod};
use crate::fleet::workload::Workload;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Verdict};
use crate::planes::component::recognise;
use crate::planes::path::{Ground, Shelf, port_of};
use crate::snapshot::ClusterSnapshot;

/// The kinds that a survey rests on.
pub static NEEDS: [ResourceType; 3] = [NETWORK_POLICIES, PODS, NAMESPACES];
/// The kinds that let it say more: who enforces, and which pods must be reached from outside.
pub static HELPS: [ResourceType; 6] =
    [DAEMON_SETS, DEPLOYMENTS, INGRESSES, INGRESS_CLASSES, SERVICES, ENDPOINT_SLICES];

/// The label that every namespace has, with its name.
const NAME_OF_NAMESPACE: &str = "kubernetes.io/metadata.name";

/// Who makes policies true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcer {
    /// This component does.
    By(&'static str),
    /// The agent of the VPC CNI runs, and is switched off: policies are decoration.
    Off,
    /// The agent of the VPC CNI runs, and whether it is switched on is not said. It is off by default.
    Unsaid,
    /// No network that is known runs, or it cannot be read.
    Unknown,
}

impl Enforcer {
    /// Who makes policies true in a cluster.
    pub fn of(cluster: &ClusterSnapshot) -> Self {
        let table = cluster.table::<Workload>(&DAEMON_SETS);
        let mut found = Self::Unknown;
        for (_, workload) in table.into_iter().flat_map(|table| table.iter()) {
            let Some(known) = recognise(workload).map(|found| found.known.id) else { continue };
            match known {
                "cilium" => return Self::By("cilium"),
                "calico" => return Self::By("calico"),
                "vpc-cni" => {
                    found = match workload.enforces_policies {
                        Some(true) => Self::By("vpc-cni"),
                        Some(false) => Self::Off,
                        None if workload
                            .images
                            .iter()
                            .any(|image| image.contains("network-policy-agent")) =>
                        {
                            Self::Unsaid
                        }
                        None => Self::Off,
                    };
                }
                _ => {}
            }
        }
        found
    }

    /// How it is where there are policies, and in words.
    pub fn judge(&self) -> (Verdict, String) {
        match self {
            Self::By(component) => (Verdict::Ok, format!("policies are enforced by {component}")),
            Self::Off => (
                Verdict::Warning,
                "policies are decoration: the VPC CNI does not enforce them, nor does anything else"
                    .to_owned(),
            ),
            Self::Unsaid => (
                Verdict::Unknown,
                "whether policies are enforced is not known: the VPC CNI's agent is off unless switched on"
                    .to_owned(),
            ),
            Self::Unknown => (
                Verdict::Unknown,
                "whether policies are enforced is not known: no known network runs".to_owned(),
            ),
        }
    }
}

/// What policies mean for the pods of a workload, for those of a namespace without policies, or a policy for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In this cluster.
    pub cluster: ClusterId,
    /// Their namespace.
    pub namespace: Arc<str>,
    /// What it is about: the workload, the namespace, or the policy.
    pub object: ObjectRef,
    /// What people call it.
    pub name: String,
    /// How many pods.
    pub pods: u32,
    /// What may come in.
    pub incoming: String,
    /// What may go out.
    pub outgoing: String,
    /// The policies that select them.
    pub policies: Vec<Arc<str>>,
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok; empty when there is nothing to say.
    pub why: String,
}

struct Group<'a> {
    pod: &'a Pod,
    end: End,
    pods: u32,
}

/// What policies mean for every workload of a cluster, by namespace and name.
pub fn survey(cluster: &ClusterSnapshot) -> Vec<Standing> {
    let policies = Shelf::<NetworkPolicy>::of(cluster, &NETWORK_POLICIES);
    let mut all: Vec<&NetworkPolicy> = policies.iter().collect();
    all.sort_by_key(|policy| (policy.namespace(), policy.name()));
    let mut by_namespace: BTreeMap<&str, Vec<&NetworkPolicy>> = BTreeMap::new();
    for policy in &all {
        by_namespace.entry(policy.namespace().unwrap_or_default()).or_default().push(policy);
    }
    let groups = groups(cluster);
    let dns = dns(&groups);
    let needed = needed_by_controllers(cluster);
    let enforcer = Enforcer::of(cluster);
    let mut found = Vec::new();
    for (namespace, groups) in &groups {
        let own = by_namespace.get(namespace).map_or(&[][..], Vec::as_slice);
        let wants_closed = cluster
            .wanted
            .as_ref()
            .and_then(|wanted| wanted.namespace(namespace))
            .is_some_and(|wanted| wanted.default_deny);
        if own.is_empty() && policies.knows(namespace) {
            found.push(bare(cluster, namespace, groups, wants_closed));
            continue;
        }
        for group in groups {
            let mut standing = standing(cluster, namespace, group, own);
            let faults = Faults { own, dns: &dns, needed: &needed, wants_closed, enforcer: &enforcer };
            (standing.verdict, standing.why) = if policies.knows(namespace) {
                faults.of(&group.end, namespace)
            } else {
                (Verdict::Unknown, "policies cannot be read".to_owned())
            };
            found.push(standing);
        }
    }
    let knows_pods = Shelf::<Pod>::covers(cluster, &PODS);
    for policy in all {
        let namespace = policy.namespace().unwrap_or_default();
        let pods = groups.get(namespace).map_or(&[][..], Vec::as_slice);
        let is_idle = !policy.pods.is_empty() && !pods.iter().any(|group| selects(policy, &group.end));
        if is_idle && knows_pods(namespace) {
            found.push(idle(cluster, policy));
        }
    }
    found.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    found
}

fn object(
    cluster: &ClusterSnapshot,
    resource: ResourceType,
    namespace: Option<&str>,
    name: &str,
) -> ObjectRef {
    ObjectRef {
        cluster: cluster.id.clone(),
        resource,
        namespace: namespace.map(Into::into),
        name: name.into(),
    }
}

/// The living pods of every namespace, those of one workload together.
fn groups(cluster: &ClusterSnapshot) -> BTreeMap<&str, Vec<Group<'_>>> {
    let namespaces = Shelf::<Namespace>::of(cluster, &NAMESPACES);
    let mut found: BTreeMap<&str, BTreeMap<(&str, &str), Group<'_>>> = BTreeMap::new();
    let table = cluster.table::<Pod>(&PODS);
    for (_, pod) in table.into_iter().flat_map(|table| table.iter()) {
        if matches!(pod.phase(), Phase::Succeeded | Phase::Failed) {
            continue;
        }
        let namespace = pod.namespace().unwrap_or_default();
        let key = pod.workload().map_or(("", pod.name()), |owner| (&*owner.kind, &*owner.name));
        let group = found.entry(namespace).or_default().entry(key).or_insert_with(|| Group {
            pod,
            end: End {
                namespace: namespace.into(),
                namespace_labels: labels_of(&namespaces, namespace),
                labels: pod.labels().map(|(key, value)| (key.into(), value.into())).collect(),
            },
            pods: 0,
        });
        group.pods += 1;
    }
    found.into_iter().map(|(namespace, groups)| (namespace, groups.into_values().collect())).collect()
}

fn labels_of(namespaces: &Shelf<'_, Namespace>, name: &str) -> Vec<(Arc<str>, Arc<str>)> {
    let known = namespaces.get("", name).found().map(|namespace| namespace.meta.labels.to_vec());
    let mut labels = known.unwrap_or_default();
    if !labels.iter().any(|(key, _)| &**key == NAME_OF_NAMESPACE) {
        labels.push((NAME_OF_NAMESPACE.into(), name.into()));
    }
    labels
}

/// The pods that answer for names: CoreDNS, under the label that kube-dns had.
fn dns(groups: &BTreeMap<&str, Vec<Group<'_>>>) -> End {
    let is_dns = |group: &&Group<'_>| group.pod.label("k8s-app") == Some("kube-dns");
    let found = groups.get("kube-system").into_iter().flatten().find(is_dns);
    found.map(|group| group.end.clone()).unwrap_or_else(|| End {
        namespace: "kube-system".into(),
        namespace_labels: vec![(NAME_OF_NAMESPACE.into(), "kube-system".into())],
        labels: vec![("k8s-app".into(), "kube-dns".into())],
    })
}

/// A connection that must be possible for requests from outside to arrive.
struct Needed {
    namespace: Arc<str>,
    selector: Labels,
    controller: &'static str,
    from: End,
    port: u32,
    name: Arc<str>,
}

fn needed_by_controllers(cluster: &ClusterSnapshot) -> Vec<Needed> {
    let ground = Ground::of(cluster);
    let namespaces = Shelf::<Namespace>::of(cluster, &NAMESPACES);
    let mut found = Vec::new();
    for ingress in Shelf::<Ingress>::of(cluster, &INGRESSES).iter() {
        let Some(controller) = ground.class(ingress).1 else { continue };
        // A load balancer outside connects from addresses of the network, which no rule for pods names.
        if controller.id == "aws-load-balancer-controller" {
            continue;
        }
        let home = controller.workload.namespace().unwrap_or_default();
        let from = End {
            namespace: home.into(),
            namespace_labels: labels_of(&namespaces, home),
            labels: controller.workload.pod_labels.to_vec(),
        };
        let namespace = ingress.namespace().unwrap_or_default();
        for backend in ingress.backends() {
            let Backend::Service { name, port } = backend else { continue };
            let Some(service) = ground.services.get(namespace, name).found() else { continue };
            let Some(port) = port_of(service, port) else { continue };
            let mut ports = ground.slices_of(namespace, name).iter().flat_map(|slice| &slice.ports);
            let Some(real) = ports.find(|real| real.name == port.name && real.port > 0) else { continue };
            found.push(Needed {
                namespace: namespace.into(),
                selector: service.selector.clone(),
                controller: controller.id,
                from: from.clone(),
                port: real.port,
                name: Arc::clone(&port.target),
            });
        }
    }
    found
}

fn standing(
    cluster: &ClusterSnapshot,
    namespace: &str,
    group: &Group<'_>,
    own: &[&NetworkPolicy],
) -> Standing {
    let pod = group.pod;
    let (resource, name) = match pod.workload() {
        Some(owner) => (workload_kind(&owner.kind), owner.name.to_string()),
        None => (None, pod.name().to_owned()),
    };
    let about = match resource {
        Some(resource) => object(cluster, resource, Some(namespace), &name),
        None => object(cluster, PODS, Some(namespace), pod.name()),
    };
    let policies = own.iter().filter(|policy| selects(policy, &group.end)).map(|policy| policy.name().into());
    Standing {
        cluster: cluster.id.clone(),
        namespace: namespace.into(),
        object: about,
        name,
        pods: group.pods,
        incoming: side(own, Direction::In, &group.end).1,
        outgoing: side(own, Direction::Out, &group.end).1,
        policies: policies.collect(),
        verdict: Verdict::Ok,
        why: String::new(),
    }
}

fn workload_kind(kind: &str) -> Option<ResourceType> {
    use crate::fleet::kind::{JOBS, REPLICA_SETS, STATEFUL_SETS};
    let kinds = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, REPLICA_SETS, JOBS];
    kinds.into_iter().find(|resource| resource.kind == kind)
}

/// A namespace without policies is one line.
fn bare(cluster: &ClusterSnapshot, namespace: &str, groups: &[Group<'_>], wants_closed: bool) -> Standing {
    let (verdict, why) = match wants_closed {
        true => (Verdict::Warning, "the blueprint wants default deny, and there is no policy".to_owned()),
        false => (Verdict::Ok, String::new()),
    };
    Standing {
        cluster: cluster.id.clone(),
        namespace: namespace.into(),
        object: object(cluster, NAMESPACES, None, namespace),
        name: "every pod".to_owned(),
        pods: groups.iter().map(|group| group.pods).sum(),
        incoming: "open".to_owned(),
        outgoing: "open".to_owned(),
        policies: Vec::new(),
        verdict,
        why,
    }
}

fn idle(cluster: &ClusterSnapshot, policy: &NetworkPolicy) -> Standing {
    let namespace = policy.namespace().unwrap_or_default();
    Standing {
        cluster: cluster.id.clone(),
        namespace: namespace.into(),
        object: object(cluster, NETWORK_POLICIES, Some(namespace), policy.name()),
        name: format!("policy {}", policy.name()),
        pods: 0,
        incoming: String::new(),
        outgoing: String::new(),
        policies: vec![policy.name().into()],
        verdict: Verdict::Warning,
        why: format!("selects no pod: none has {}", selector(&policy.pods)),
    }
}

struct Faults<'f> {
    own: &'f [&'f NetworkPolicy],
    dns: &'f End,
    needed: &'f [Needed],
    wants_closed: bool,
    enforcer: &'f Enforcer,
}

impl Faults<'_> {
    fn of(&self, end: &End, namespace: &str) -> (Verdict, String) {
        // What nobody enforces cuts nothing off; it will when somebody does.
        let cut = match self.enforcer {
            Enforcer::By(_) => Verdict::Critical,
            Enforcer::Off | Enforcer::Unsaid | Enforcer::Unknown => Verdict::Warning,
        };
        let selected = |needed: &&Needed| {
            *needed.namespace == *namespace
                && !needed.selector.is_empty()
                && needed.selector.iter().all(|label| end.labels.contains(label))
        };
        for needed in self.needed.iter().filter(selected) {
            let port = Port { protocol: "TCP", number: needed.port, name: &needed.name };
            let from = Other::Pod(&needed.from);
            if matches!(allowed(self.own, Direction::In, end, from, port), Allowed::Closed) {
                return (cut, format!("{} may not reach it on {}", needed.controller, needed.port));
            }
        }
        let to_dns = |protocol, name| {
            let port = Port { protocol, number: 53, name };
            allowed(self.own, Direction::Out, end, Other::Pod(self.dns), port).is_allowed()
        };
        match (to_dns("UDP", "dns"), to_dns("TCP", "dns-tcp")) {
            (false, false) => return (cut, "may not reach DNS: names do not resolve".to_owned()),
            (false, true) => return (cut, "may not reach DNS over UDP".to_owned()),
            (true, false) => {
                return (Verdict::Warning, "may not reach DNS over TCP: long answers are lost".to_owned());
            }
            (true, true) => {}
        }
        let speaks = |direction| {
            self.own.iter().any(|policy| selects(policy, end) && rules(policy, direction).is_some())
        };
        if self.wants_closed && !speaks(Direction::In) {
            return (Verdict::Warning, "the blueprint wants default deny: open to everybody".to_owned());
        }
        (Verdict::Ok, String::new())
    }
}
