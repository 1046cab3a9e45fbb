//! Components are concluded from the workloads of a cluster, their pods and its blueprint.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::catalogue::{CATALOGUE, Known, Part, Runs};
use super::managed::{EksSays, Managed};
use super::recognise::{Found, recognise};
use super::state::{Component, IdentityState, PartState, PodsState, Restart};
use super::surroundings::Surroundings;
use crate::fleet::kind::{DAEMON_SETS, DEPLOYMENTS, NODES, PODS, STATEFUL_SETS};
use crate::fleet::node::Node;
use crate::fleet::pod::{AwsIdentity, Conditions, Phase, Pod};
use crate::fleet::workload::{Work, Workload};
use crate::fleet::{ResourceType, Row};
use crate::planes::reading::{readable, rows};
use crate::planes::rights::aws::AwsRights;
use crate::snapshot::{ClusterSnapshot, Conclusion};

/// Concludes the components of a cluster.
#[derive(Debug, Default)]
pub struct Components;

/// A workload that is a part of something.
struct Piece<'a> {
    found: Found,
    resource: ResourceType,
    workload: &'a Workload,
    pods: PodsOf<'a>,
}

#[derive(Default)]
struct PodsOf<'a> {
    zones: BTreeSet<&'a str>,
    on: BTreeSet<&'a str>,
    trouble: Option<&'a str>,
    last_restart: Option<&'a Pod>,
    identity: IdentityState,
}

impl Conclusion for Components {
    type Row = Component;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Component> {
        let mut pieces = pieces(cluster);
        let pods = readable::<Pod>(cluster, &PODS);
        let nodes = readable::<Node>(cluster, &NODES);
        if let Some(pods) = &pods {
            let zones: HashMap<&str, &str> =
                nodes.iter().flatten().filter_map(|node| Some((node.name(), node.zone()?))).collect();
            add_pods(&mut pieces, pods, &zones);
        }
        let surroundings = Surroundings::of(cluster);
        let (eks, rights) = (EksSays::of(cluster), AwsRights::of(cluster));
        let mut rows = eks.others();
        let mut installed: BTreeMap<&str, Vec<Piece<'_>>> = BTreeMap::new();
        for piece in pieces {
            installed.entry(piece.found.known.id).or_default().push(piece);
        }
        for (_, pieces) in installed {
            let groups = installations(pieces);
            let count = u32::try_from(groups.len()).unwrap_or(u32::MAX);
            for (label, group) in groups {
                let group = Group { label, installations: count, pieces: group };
                rows.extend(group.component(
                    (&surroundings, &eks, &rights),
                    pods.as_deref(),
                    nodes.as_deref(),
                ));
            }
        }
        // While workloads are on their way, nothing is missing yet; where some may not be read, nobody knows.
        let coming = super::NEEDS.iter().any(|need| !cluster.freshness(need).is_settled());
        if coming {
            return rows;
        }
        let is_certain = super::NEEDS.iter().all(|need| {
            readable::<Workload>(cluster, need).is_some()
                && cluster.any_table(need).is_some_and(|table| table.extent().covers(None))
        });
        for known in CATALOGUE {
            let is_there = rows.iter().any(|row| std::ptr::eq(row.known, known));
            let is_wanted =
                cluster.wanted.as_ref().is_some_and(|wanted| wanted.component(known.id).is_some());
            if !is_there {
                let missing = missing(known, &surroundings, &eks, is_certain);
                let is_managed = matches!(missing.managed, Managed::Yes(_));
                if is_wanted || is_managed || missing.is_defined() {
                    rows.push(missing);
                }
            }
        }
        rows
    }
}

fn missing(
    known: &'static Known,
    surroundings: &Surroundings<'_>,
    eks: &EksSays<'_>,
    is_certain: bool,
) -> Component {
    Component {
        is_certain,
        api: surroundings.api(known),
        definitions: surroundings.definitions(known),
        managed: eks.of_component(known),
        newest: eks.newest(known),
        ..Component::absent(known, known.id)
    }
}

fn pieces(cluster: &ClusterSnapshot) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for resource in [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS] {
        for workload in rows::<Workload>(cluster, &resource) {
            if let Some(found) = recognise(workload) {
                let resource = resource.clone();
                pieces.push(Piece { found, resource, workload, pods: PodsOf::default() });
            }
        }
    }
    // Tables keep no order; a component must not change its face when a slot is used again.
    pieces.sort_by(|a, b| {
        let key =
            |piece: &Piece<'_>| (piece.workload.meta.namespace.clone(), piece.workload.meta.name.clone());
        key(a).cmp(&key(b))
    });
    pieces
}

fn add_pods<'a>(pieces: &mut [Piece<'a>], pods: &[&'a Pod], zones: &HashMap<&'a str, &'a str>) {
    let place = |piece: &Piece<'a>| {
        let workload: &'a Workload = piece.workload;
        (workload.namespace().unwrap_or_default(), workload.work.kind(), workload.name())
    };
    let places: HashMap<(&str, &str, &str), usize> =
        pieces.iter().enumerate().map(|(at, piece)| (place(piece), at)).collect();
    for &pod in pods {
        let Some(owner) = pod.workload() else { continue };
        let key = (pod.namespace().unwrap_or_default(), &*owner.kind, &*owner.name);
        let Some(piece) = places.get(&key).and_then(|at| pieces.get_mut(*at)) else { continue };
        piece.pods.add(pod, zones);
    }
}

impl<'a> PodsOf<'a> {
    fn add(&mut self, pod: &'a Pod, zones: &HashMap<&'a str, &'a str>) {
        if !pod.last_restart().is_never()
            && self.last_restart.is_none_or(|last| last.last_restart() < pod.last_restart())
        {
            self.last_restart = Some(pod);
        }
        if !pod.deleted().is_never() {
            return;
        }
        match pod.identity_for_aws() {
            Some(AwsIdentity::Irsa { .. }) => self.identity.irsa += 1,
            Some(AwsIdentity::PodIdentity) => self.identity.pod_identity += 1,
            None => self.identity.none += 1,
        }
        if pod.conditions().has(Conditions::READY) {
            self.on.extend(pod.node());
            self.zones.extend(pod.node().and_then(|node| zones.get(node).copied()));
        } else if pod.phase() != Phase::Succeeded {
            // The first by name is as good as any, and stays the same while nothing changes.
            let trouble = match pod.status() {
                "Running" => "not ready",
                status => status,
            };
            self.trouble = self.trouble.max(Some(trouble));
        }
    }

    fn state(&self, runs: Runs, workload: &Workload, nodes: Option<&[&Node]>) -> PodsState {
        let is_short = workload.ready < workload.wanted;
        let uncovered = match (runs, nodes) {
            (Runs::OnNodes, Some(nodes)) => {
                let mut names: Vec<Box<str>> = nodes
                    .iter()
                    .filter(|node| !self.on.contains(node.name()) && runs_daemons(node))
                    .map(|node| node.name().into())
                    .collect();
                names.sort();
                names.into()
            }
            _ => Box::default(),
        };
        PodsState {
            zones: self.zones.iter().map(|zone| Arc::from(*zone)).collect(),
            uncovered,
            trouble: if is_short { self.trouble.map(Arc::from) } else { None },
            last_restart: self.last_restart.map(|pod| Restart {
                pod: pod.name().into(),
                how: pod.last_run().map(|(_, run)| run.words()).unwrap_or_default().into(),
                at: pod.last_restart(),
                count: pod.restarts(),
            }),
        }
    }
}

/// False for nodes whose platform brings its own network and agents: Fargate, EKS Auto Mode, hybrid nodes (by their
/// provider id; the label alone is also what a mistake looks like).
fn runs_daemons(node: &Node) -> bool {
    let compute = node.meta.label("eks.amazonaws.com/compute-type");
    !matches!(compute, Some("fargate" | "auto")) && !node.provider_id.starts_with("eks-hybrid:")
}

/// Sorts the pieces of one component into its installations, each with the label that tells it from the others; one
/// without a label when it is the only one. Pieces belong together when they share a namespace, and there the instance
/// label (`app.kubernetes.io/instance`) or else the longer common beginning of their names.
fn installations(pieces: Vec<Piece<'_>>) -> Vec<(Option<String>, Vec<Piece<'_>>)> {
    let mut by_namespace: BTreeMap<Option<Arc<str>>, Vec<Piece<'_>>> = BTreeMap::new();
    for piece in pieces {
        by_namespace.entry(piece.workload.meta.namespace.clone()).or_default().push(piece);
    }
    let mut groups: Vec<Vec<Piece<'_>>> = by_namespace.into_values().flat_map(within_namespace).collect();
    if groups.len() == 1 {
        return groups.pop().map(|group| (None, group)).into_iter().collect();
    }
    let label = |group: &Vec<Piece<'_>>| {
        let leader = group.first()?.workload;
        let instance = leader.meta.label("app.kubernetes.io/instance");
        Some(instance.unwrap_or_else(|| leader.name()).to_owned())
    };
    let mut labelled: Vec<_> = groups.into_iter().map(|group| (label(&group), group)).collect();
    // Two releases of one name in two namespaces: the namespace tells them apart.
    let labels: Vec<Option<String>> = labelled.iter().map(|(label, _)| label.clone()).collect();
    for (label, group) in &mut labelled {
        if labels.iter().filter(|other| *other == label).count() > 1
            && let Some(namespace) = group.first().and_then(|piece| piece.workload.namespace())
        {
            *label = Some(format!("{}/{namespace}", label.as_deref().unwrap_or_default()));
        }
    }
    labelled
}

fn within_namespace(pieces: Vec<Piece<'_>>) -> Vec<Vec<Piece<'_>>> {
    let count = |part: &Part| pieces.iter().filter(|piece| std::ptr::eq(piece.found.part, part)).count();
    let most = pieces.iter().map(|piece| piece.found.part).max_by_key(|part| count(part));
    let Some(leading) = most.filter(|part| count(part) > 1) else { return vec![pieces] };
    let (leaders, others): (Vec<_>, Vec<_>) =
        pieces.into_iter().partition(|piece| std::ptr::eq(piece.found.part, leading));
    let mut groups: Vec<Vec<Piece<'_>>> = leaders.into_iter().map(|piece| vec![piece]).collect();
    for piece in others {
        let instance = piece.workload.meta.label("app.kubernetes.io/instance");
        let kinship = |group: &Vec<Piece<'_>>| {
            group.first().map(|leader| {
                let same = instance.is_some()
                    && leader.workload.meta.label("app.kubernetes.io/instance") == instance;
                (same, common(leader.workload.name(), piece.workload.name()))
            })
        };
        if let Some(group) = groups.iter_mut().max_by_key(|group| kinship(group)) {
            group.push(piece);
        }
    }
    groups
}

/// How many letters two names share from the beginning.
fn common(one: &str, two: &str) -> usize {
    one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count()
}

/// One installation of a component.
struct Group<'a> {
    label: Option<String>,
    installations: u32,
    pieces: Vec<Piece<'a>>,
}

impl Group<'_> {
    fn component(
        mut self,
        (surroundings, eks, rights): (&Surroundings<'_>, &EksSays<'_>, &AwsRights<'_>),
        pods: Option<&[&Pod]>,
        nodes: Option<&[&Node]>,
    ) -> Option<Component> {
        let is_usual = pods.iter().copied().flatten().any(|pod| pod.identity_for_aws().is_some());
        let known = self.pieces.first()?.found.known;
        let place = |part: &Part| known.parts.iter().position(|other| std::ptr::eq(other, part));
        self.pieces.sort_by_key(|piece| place(piece.found.part));
        let namespace = self.pieces.first()?.workload.meta.namespace.clone();
        let workloads: Vec<&Workload> = self.pieces.iter().map(|piece| piece.workload).collect();
        let identity = self.pieces.first().and_then(|piece| {
            let own = namespace.as_deref().unwrap_or_default();
            let account = &piece.workload.service_account;
            let annotated = surroundings.role(piece.workload);
            let entitled = rights.entitlements(own, account, annotated.as_ref());
            (known.uses_aws || !entitled.is_empty()).then(|| IdentityState {
                account: Arc::clone(account),
                annotated,
                is_usual,
                is_associated: rights.association(own, account).map(|association| association.is_some()),
                entitled,
                ..piece.pods.identity.clone()
            })
        });
        Some(Component {
            name: match self.label {
                Some(label) => format!("{} ({label})", known.id).into(),
                None => known.id.into(),
            },
            webhooks: surroundings.webhooks(namespace.as_deref().unwrap_or_default(), &workloads),
            api: surroundings.api(known),
            lease: surroundings.lease(known, namespace.as_deref()),
            definitions: surroundings.definitions(known),
            identity,
            managed: eks.of_component(known),
            newest: eks.newest(known),
            namespace,
            known,
            parts: self.pieces.iter().map(|piece| piece.state(pods.is_some(), nodes)).collect(),
            installations: self.installations,
            is_certain: true,
        })
    }
}

impl Piece<'_> {
    fn state(&self, has_pods: bool, nodes: Option<&[&Node]>) -> PartState {
        let workload = self.workload;
        let part = self.found.part;
        let is_own = |image: &&Arc<str>| super::recognise::runs_image(part, image);
        let image = workload.images.iter().find(is_own).or_else(|| workload.images.first());
        let stuck = match workload.work {
            Work::Deployment { .. } => workload
                .condition("Progressing")
                .filter(|progressing| !progressing.is_true)
                .map(|progressing| Arc::clone(&progressing.reason)),
            _ => None,
        };
        PartState {
            part,
            resource: self.resource.clone(),
            workload: workload.meta.name.clone(),
            image: image.cloned().unwrap_or_default(),
            wanted: workload.wanted,
            ready: workload.ready,
            updated: workload.updated,
            is_observed: workload.is_observed,
            pods: has_pods.then(|| self.pods.state(part.runs, workload, nodes)),
            stuck,
        }
    }
}
