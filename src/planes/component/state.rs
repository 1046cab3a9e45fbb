//! What is known of one component in one cluster.

use std::sync::Arc;

use super::catalogue::{Known, Part};
use super::managed::Managed;
use crate::fleet::{ResourceType, Row, Timestamp};
use crate::planes::rights::aws::Entitlement;

/// A component in a cluster, or one that should be there and is not.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its id, and which installation it is where there are several: `ingress-nginx`, `ingress-nginx (internal)`.
    pub name: Box<str>,
    /// Where it runs; `None` when it is missing.
    pub namespace: Option<Arc<str>>,
    /// What it is.
    pub known: &'static Known,
    /// Its workloads, in the order of the catalogue.
    pub parts: Box<[PartState]>,
    /// How many installations of it this cluster has.
    pub installations: u32,
    /// All workloads of the cluster could be read, so that what was not found is not there.
    pub is_certain: bool,
    /// The webhooks that its services answer.
    pub webhooks: Box<[HookState]>,
    /// The aggregated API that it serves, where API services can be read.
    pub api: Option<ApiState>,
    /// Who of its replicas leads, where leases can be read and it has one.
    pub lease: Option<LeaseState>,
    /// Its custom resources; `None` while nobody knows what the API server offers.
    pub definitions: Option<DefinitionsState>,
    /// Who it is to AWS; `None` for components that need no AWS.
    pub identity: Option<IdentityState>,
    /// What EKS says of it.
    pub managed: Managed,
    /// The newest version that EKS has of it for this version of Kubernetes; `None` where it has none, or that is not
    /// known.
    pub newest: Option<Box<str>>,
}

/// A webhook that a component answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookState {
    /// The webhook's name.
    pub name: Arc<str>,
    /// The service that answers, in the component's namespace.
    pub service: Arc<str>,
    /// What it is asked about is refused while nobody answers (`failurePolicy: Fail`).
    pub refuses: bool,
    /// Ready addresses of the service; `None` when endpoints cannot be read.
    pub ready: Option<u32>,
    /// The service is not there.
    pub is_lost: bool,
}

/// An aggregated API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiState {
    /// The APIService's name.
    pub name: Arc<str>,
    /// Its `Available` condition; `None` when it has none yet, or the APIService is not there.
    pub is_available: Option<bool>,
    /// The condition's reason, for example `MissingEndpoints`.
    pub reason: Arc<str>,
}

/// Who leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseState {
    /// The lease's name.
    pub name: Box<str>,
    /// Who holds it.
    pub holder: Arc<str>,
    /// When they last said so.
    pub renewed: Timestamp,
    /// For how long that counts, in seconds.
    pub duration_seconds: u32,
}

/// The definitions of a component's custom resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinitionsState {
    /// How many there are.
    pub count: u32,
    /// Groups of which there is none.
    pub absent: Box<[&'static str]>,
    /// A group and the versions it is served in, where none is one that the component still speaks.
    pub outdated: Option<(&'static str, Box<str>)>,
}

/// Who a component is to AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityState {
    /// Its service account.
    pub account: Arc<str>,
    /// The role that the service account is annotated with (IRSA); `None` without one, or when accounts cannot be read.
    pub annotated: Option<Arc<str>>,
    /// How many of its pods carry a role by IRSA.
    pub irsa: u32,
    /// How many of its pods carry EKS Pod Identity.
    pub pod_identity: u32,
    /// How many of its pods carry neither.
    pub none: u32,
    /// Some pod of the cluster carries one, so that a pod without was passed over, and not the whole cluster.
    pub is_usual: bool,
    /// A Pod Identity association is there for its service account; `None` where associations could not be read.
    pub is_associated: Option<bool>,
    /// The roles that its service account is to get, as far as AWS could be read.
    pub entitled: Box<[Entitlement]>,
}

impl IdentityState {
    /// In two words, by what its pods carry; `None` when there are no pods to tell.
    pub fn words(&self) -> Option<&'static str> {
        match (self.irsa, self.pod_identity, self.none) {
            (0, 0, 0) => None,
            (_, 0, 0) => Some("irsa"),
            (0, _, 0) => Some("pod identity"),
            (0, 0, _) => Some("none"),
            _ => Some("mixed"),
        }
    }
}

/// One workload of a component.
#[derive(Clone, Debug)]
pub struct PartState {
    /// What it is.
    pub part: &'static Part,
    /// The workload's kind.
    pub resource: ResourceType,
    /// The workload's name.
    pub workload: Box<str>,
    /// The image that makes it what it is, as its workload names it.
    pub image: Arc<str>,
    /// How many pods there should be.
    pub wanted: u32,
    /// How many are ready.
    pub ready: u32,
    /// How many are made from the present template.
    pub updated: u32,
    /// The controller has seen the latest change.
    pub is_observed: bool,
    /// What its pods say; `None` when pods cannot be read.
    pub pods: Option<PodsState>,
    /// How a Deployment that is past its deadline says so.
    pub stuck: Option<Arc<str>>,
}

/// What the pods of a workload say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodsState {
    /// The zones of its ready pods, sorted; of nodes that can be read.
    pub zones: Box<[Arc<str>]>,
    /// Nodes that should have a ready pod of it and have none, sorted; only for those that run on every node.
    pub uncovered: Box<[Box<str>]>,
    /// The most telling reason for which a pod is not ready: `CrashLoopBackOff`, `ImagePullBackOff`, `Pending`.
    pub trouble: Option<Arc<str>>,
    /// The restart that was last.
    pub last_restart: Option<Restart>,
}

/// How a container ended and was started again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// The pod.
    pub pod: Box<str>,
    /// How it ended, in words: `OOMKilled`, `exit 137`.
    pub how: Box<str>,
    /// When.
    pub at: Timestamp,
    /// How often the pod's containers were restarted in all.
    pub count: u32,
}

impl Component {
    /// One that nobody runs, and of which nothing is known.
    pub(super) fn absent(known: &'static Known, name: impl Into<Box<str>>) -> Self {
        Self {
            name: name.into(),
            namespace: None,
            known,
            parts: Box::default(),
            installations: 0,
            is_certain: true,
            webhooks: Box::default(),
            api: None,
            lease: None,
            definitions: None,
            identity: None,
            managed: Managed::Unread,
            newest: None,
        }
    }

    /// True when nobody runs it.
    pub fn is_missing(&self) -> bool {
        self.parts.is_empty()
    }

    /// True when its definitions are in the cluster, whoever runs it.
    pub fn is_defined(&self) -> bool {
        self.definitions.as_ref().is_some_and(|definitions| definitions.count > 0)
    }

    /// True when every part is scaled to nothing: somebody has switched it off.
    pub fn is_switched_off(&self) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|part| part.wanted == 0)
    }

    /// The parts without which it does not work and which nobody runs.
    pub fn missing_parts(&self) -> impl Iterator<Item = &'static Part> {
        let is_there = |part: &Part| self.parts.iter().any(|state| std::ptr::eq(state.part, part));
        let is_broken = !self.is_missing();
        self.known.parts.iter().filter(move |part| is_broken && !part.is_optional && !is_there(part))
    }

    /// Ready pods of all wanted ones, over its parts.
    pub fn ready(&self) -> (u32, u32) {
        self.parts.iter().fold((0, 0), |(ready, wanted), part| (ready + part.ready, wanted + part.wanted))
    }

    /// The image of its first part, which names its version.
    pub fn image(&self) -> Option<&Arc<str>> {
        self.parts.first().map(|part| &part.image)
    }

    /// Its version by that image's tag, else the beginning of its digest.
    pub fn version(&self) -> Option<&str> {
        self.image().and_then(|image| crate::fleet::image::version(image))
    }

    /// The part with the fewest replicas of those that are replicated, which is what a minimum is about.
    pub fn fewest_replicas(&self) -> Option<&PartState> {
        let replicated = self.parts.iter().filter(|part| part.part.runs == super::Runs::Replicated);
        replicated.filter(|part| !part.part.is_optional).min_by_key(|part| part.wanted)
    }
}

impl Row for Component {
    type Tally = ComponentTally;

    fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn same_as(&self, other: &Self) -> bool {
        std::ptr::eq(self.known, other.known)
            && self.installations == other.installations
            && self.is_certain == other.is_certain
            && self.parts == other.parts
            && self.webhooks == other.webhooks
            && self.api == other.api
            && self.lease == other.lease
            && self.definitions == other.definitions
            && self.identity == other.identity
            && self.managed == other.managed
            && self.newest == other.newest
    }
    fn add_to(&self, tally: &mut ComponentTally) {
        tally.components += 1;
    }
    fn take_from(&self, tally: &mut ComponentTally) {
        tally.components -= 1;
    }
}

/// How many components there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComponentTally {
    /// All, the missing ones too.
    pub components: u32,
}

impl PartialEq for PartState {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.part, other.part)
            && self.resource == other.resource
            && self.workload == other.workload
            && self.image == other.image
            && (self.wanted, self.ready, self.updated, self.is_observed)
                == (other.wanted, other.ready, other.updated, other.is_observed)
            && self.pods == other.pods
            && self.stuck == other.stuck
    }
}
