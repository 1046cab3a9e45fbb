//! Pods, packed: the example of a row that there are a hundred thousand of.
//!
//! What the pods of one owner share is in a template (`pod/template.rs`), once. What kubectl would print is worked out
//! while packing (`pod/status.rs`), and only what is out of the ordinary (containers that do not plainly run, messages,
//! gates) takes room of its own. Why a pod is not as it should be is told by `pod/verdict.rs`.

mod aws;
mod extended;
mod placement;
mod refusal;
mod status;
mod tally;
mod template;
mod verdict;
mod wire;
mod words;

#[cfg(test)]
mod tests;

use core::net::IpAddr;
use std::sync::Arc;

use super::container_status::{ContainerStatus, ContainerStatusWire, Termination, shortened};
use super::identity::Uid;
use super::intern::Interner;
use super::meta::Owner;
use super::row::{Packed, Row};
use super::time::Timestamp;
pub use aws::AwsIdentity;
pub use extended::Extended;
pub use placement::{NodeTerm, Placement, PodTerm, Spread, Toleration};
pub use refusal::{Obstacle, Refusal, Refusals};
pub use tally::{PodCounts, PodTally, Use};
pub use template::{Container, ContainerRole, Resources};
use template::{OWN_LABELS, Template, Templates};
pub use verdict::Standing;
pub use wire::PodWire;
use wire::{ConditionWire, SpecWire, StatusWire};

/// A pod.
#[derive(Debug)]
pub struct Pod {
    uid: Uid,
    name: Box<str>,
    template: Arc<Template>,
    status: Arc<str>,
    node: Option<Arc<str>>,
    unusual: Option<Box<Unusual>>,
    ip: Option<IpAddr>,
    created: Timestamp,
    started: Timestamp,
    deleted: Timestamp,
    last_restart: Timestamp,
    ready_changed: Timestamp,
    restarts: u32,
    ready: u16,
    total: u16,
    phase: Phase,
    conditions: Conditions,
    own_labels: u8,
}

/// What most pods have not.
#[derive(Debug, Default, PartialEq, Eq)]
struct Unusual {
    containers: Box<[ContainerStatus]>,
    unbound: Option<Box<Unbound>>,
    reason: Option<Arc<str>>,
    message: Option<Arc<str>>,
    nominated_node: Option<Arc<str>>,
    readiness_gates: Option<Box<ReadinessGates>>,
    leaving: Option<Box<Leaving>>,
}

/// What only a pod without a node has.
#[derive(Debug, Default, PartialEq, Eq)]
struct Unbound {
    scheduling: Option<Scheduling>,
    placement: Option<Placement>,
}

/// Why a pod has no node yet (the `PodScheduled` condition).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduling {
    /// `Unschedulable`, `SchedulingGated`, `SchedulerError`.
    pub reason: Arc<str>,
    /// The scheduler's words; for a gated pod the names of its gates.
    pub message: Arc<str>,
    /// Since when.
    pub since: Timestamp,
}

/// `spec.readinessGates`: conditions that others than the kubelet must make true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadinessGates {
    /// How many are true.
    pub met: u16,
    /// How many there are.
    pub wanted: u16,
    /// The first that is not true.
    pub unmet: Option<Arc<str>>,
}

/// `status.phase`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Accepted, not all containers started.
    Pending,
    /// Bound to a node, all containers started.
    Running,
    /// All containers ended well, for good.
    Succeeded,
    /// All containers ended, one at least badly.
    Failed,
    /// Not said, or the node does not answer.
    #[default]
    Unknown,
}

/// `status.qosClass`: who is evicted first when the node runs short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Qos {
    /// Not said.
    #[default]
    Unknown,
    /// Neither requests nor limits.
    BestEffort,
    /// Some requests or limits.
    Burstable,
    /// Limits equal to requests, for all containers.
    Guaranteed,
}

impl Qos {
    fn read(class: &str) -> Self {
        match class {
            "BestEffort" => Self::BestEffort,
            "Burstable" => Self::Burstable,
            "Guaranteed" => Self::Guaranteed,
            _ => Self::Unknown,
        }
    }
}

/// The conditions that are true, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Conditions(u8);

impl Conditions {
    /// `PodScheduled`: it has a node.
    pub const SCHEDULED: Self = Self(1);
    /// `PodReadyToStartContainers`: its sandbox and network are there.
    pub const SANDBOXED: Self = Self(2);
    /// `Initialized`: its init containers are done.
    pub const INITIALIZED: Self = Self(4);
    /// `ContainersReady`
    pub const CONTAINERS_READY: Self = Self(8);
    /// `Ready`: it serves; readiness gates included.
    pub const READY: Self = Self(16);
    /// `DisruptionTarget`: about to be evicted, preempted or collected.
    pub const DISRUPTION_TARGET: Self = Self(32);

    const NAMES: [(&'static str, Self); 6] = [
        ("PodScheduled", Self::SCHEDULED),
        ("PodReadyToStartContainers", Self::SANDBOXED),
        ("Initialized", Self::INITIALIZED),
        ("ContainersReady", Self::CONTAINERS_READY),
        ("Ready", Self::READY),
        ("DisruptionTarget", Self::DISRUPTION_TARGET),
    ];

    fn read(conditions: &[ConditionWire<'_>]) -> Self {
        let is_true = |condition: &&ConditionWire<'_>| &*condition.status == "True";
        conditions.iter().filter(is_true).fold(Self::default(), |bits, condition| {
            let bit =
                Self::NAMES.iter().find(|(name, _)| **name == *condition.kind).map_or(0, |(_, bit)| bit.0);
            Self(bits.0 | bit)
        })
    }

    /// True when all of `other` are true.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Pod {
    /// STATUS exactly as `kubectl get pods` prints it.
    pub fn status(&self) -> &str {
        &self.status
    }

    /// READY exactly as `kubectl get pods` prints it: ready containers of all, sidecars included.
    pub fn ready(&self) -> (u16, u16) {
        (self.ready, self.total)
    }

    /// RESTARTS exactly as `kubectl get pods` prints it.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// When the last run of a container ended, as `kubectl get pods` prints it beside RESTARTS.
    pub fn last_restart(&self) -> Timestamp {
        self.last_restart
    }

    /// The container whose run ended last, and how it ended.
    pub fn last_run(&self) -> Option<(&ContainerStatus, &Termination)> {
        self.unusual_containers()
            .iter()
            .filter_map(|container| Some((container, container.last_run.as_deref()?)))
            .max_by_key(|(_, ended)| ended.at)
    }

    /// `spec.nodeName`
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// `status.nominatedNodeName`: where it will go when what it preempts is gone.
    pub fn nominated_node(&self) -> Option<&str> {
        self.unusual.as_ref()?.nominated_node.as_deref()
    }

    /// The first of `status.podIPs`.
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// `status.phase`
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// `status.qosClass`
    pub fn qos(&self) -> Qos {
        self.template.qos
    }

    /// The conditions that are true.
    pub fn conditions(&self) -> Conditions {
        self.conditions
    }

    /// When `Ready` last changed.
    pub fn ready_changed(&self) -> Timestamp {
        self.ready_changed
    }

    /// Why it has no node yet.
    pub fn scheduling(&self) -> Option<&Scheduling> {
        self.unusual.as_ref()?.unbound.as_ref()?.scheduling.as_ref()
    }

    /// What it asks of a node; only for pods that wait for one.
    pub fn placement(&self) -> Option<&Placement> {
        self.unusual.as_ref()?.unbound.as_ref()?.placement.as_ref()
    }

    /// The pods that it must be far from (`podAntiAffinity` that is required); also of pods that have a node, beside which
    /// the scheduler lets no such pod come.
    pub fn keeps_away(&self) -> &[PodTerm] {
        self.template.unusual.as_ref().map_or(&[], |unusual| &unusual.keeps_away)
    }

    /// Its readiness gates, when it has any.
    pub fn readiness_gates(&self) -> Option<&ReadinessGates> {
        self.unusual.as_ref()?.readiness_gates.as_deref()
    }

    /// `status.reason`, for example `Evicted` or `NodeLost`.
    pub fn reason(&self) -> Option<&str> {
        self.unusual.as_ref()?.reason.as_deref()
    }

    /// `status.message`
    pub fn message(&self) -> Option<&str> {
        self.unusual.as_ref()?.message.as_deref()
    }

    /// `metadata.creationTimestamp`
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// `status.startTime`: when the kubelet took it on.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// When its grace period is over (`metadata.deletionTimestamp`); *never* unless it is being deleted.
    pub fn deleted(&self) -> Timestamp {
        self.deleted
    }

    /// `metadata.deletionGracePeriodSeconds`
    pub fn grace_seconds(&self) -> u32 {
        self.leaving().map_or(0, |leaving| leaving.grace_seconds)
    }

    /// `metadata.finalizers` of a pod that is being deleted: it stays until whoever set them takes them away.
    pub fn finalizers(&self) -> &[Arc<str>] {
        self.leaving().map_or(&[], |leaving| &leaving.finalizers)
    }

    fn leaving(&self) -> Option<&Leaving> {
        self.unusual.as_ref()?.leaving.as_deref()
    }

    /// The owner that manages it.
    pub fn owner(&self) -> Option<&Owner> {
        self.template.owner.as_ref()
    }

    /// What people call its owner: the Deployment where the pod's template hash proves that there is one, else the
    /// owner itself.
    pub fn workload(&self) -> Option<&Owner> {
        self.template.workload.as_ref()
    }

    /// `spec.serviceAccountName`
    pub fn service_account(&self) -> &str {
        &self.template.service_account
    }

    /// `spec.priorityClassName`; empty when it has none.
    pub fn priority_class(&self) -> &str {
        self.template
            .unusual
            .as_ref()
            .and_then(|unusual| unusual.priority_class.as_deref())
            .unwrap_or_default()
    }

    /// The annotation `karpenter.sh/do-not-disrupt`: `true`, or for how long after its start, as Go writes durations.
    pub fn do_not_disrupt(&self) -> Option<&str> {
        self.template.unusual.as_ref()?.do_not_disrupt.as_deref()
    }

    /// Who it is to AWS; `None` for a pod that has the role of its node at most.
    pub fn identity_for_aws(&self) -> Option<&AwsIdentity> {
        self.template.unusual.as_ref()?.identity.as_ref()
    }

    /// What the scheduler reserves for it.
    pub fn requests(&self) -> Resources {
        self.template.requests
    }

    /// What the scheduler reserves for it besides CPU and memory: devices, huge pages, storage of the node.
    pub fn extended_requests(&self) -> &[(Arc<str>, u64)] {
        self.template.unusual.as_ref().map_or(&[], |unusual| &unusual.extended)
    }

    /// What it may use at most; zero where it is not limited.
    pub fn limits(&self) -> Resources {
        self.template.limits
    }

    /// Its containers: init containers and sidecars, then the main ones, then those added for debugging. With what they
    /// are doing; `None` means the plain case: it runs and is ready, its init work is
    /// done, the pod succeeded, or the kubelet has said nothing of the pod yet.
    pub fn containers(&self) -> impl Iterator<Item = (&Container, Option<&ContainerStatus>)> {
        self.template.containers.iter().map(|container| {
            let status = self.unusual_containers().iter().find(|status| status.name == container.name);
            (container, status)
        })
    }

    /// Those containers that do not plainly run, or did not always.
    fn unusual_containers(&self) -> &[ContainerStatus] {
        self.unusual.as_ref().map_or(&[], |unusual| &unusual.containers)
    }
}

impl Row for Pod {
    type Tally = PodTally;

    fn namespace(&self) -> Option<&str> {
        Some(&self.template.namespace)
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn uid(&self) -> Uid {
        self.uid
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        let own = OWN_LABELS.iter().enumerate().filter_map(|(at, (key, part))| {
            (self.own_labels & (1 << at) != 0).then(|| Some((*key, part(&self.name)?))).flatten()
        });
        Box::new(self.template.labels.iter().map(|(key, value)| (&**key, &**value)).chain(own))
    }
    fn label(&self, key: &str) -> Option<&str> {
        let shared = self.template.labels.iter().find(|(known, _)| **known == *key);
        shared.map(|(_, value)| &**value).or_else(|| {
            let at = OWN_LABELS.iter().position(|(own, _)| *own == key)?;
            let (_, part) = OWN_LABELS.get(at).filter(|_| self.own_labels & (1 << at) != 0)?;
            part(&self.name)
        })
    }
    fn same_as(&self, other: &Self) -> bool {
        self.name == other.name
            && (Arc::ptr_eq(&self.template, &other.template) || self.template == other.template)
            && self.status == other.status
            && self.node == other.node
            && self.unusual == other.unusual
            && self.ip == other.ip
            && (self.created, self.started, self.deleted, self.last_restart, self.ready_changed)
                == (other.created, other.started, other.deleted, other.last_restart, other.ready_changed)
            && (self.restarts, self.ready, self.total) == (other.restarts, other.ready, other.total)
            && (self.phase, self.conditions, self.own_labels)
                == (other.phase, other.conditions, other.own_labels)
    }
    fn add_to(&self, tally: &mut PodTally) {
        tally.add(self);
    }
    fn take_from(&self, tally: &mut PodTally) {
        tally.take(self);
    }
}

/// What the pods of one table share.
#[derive(Debug, Default)]
pub struct PodShared {
    interner: Interner,
    templates: Templates,
}

impl Packed for Pod {
    type Wire<'a> = PodWire<'a>;
    type Shared = PodShared;

    fn revision<'w>(wire: &'w PodWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: PodWire<'_>, shared: &mut PodShared) -> Self {
        let PodWire { metadata, spec, status } = wire;
        let (meta, spec, status) = (metadata.or_default(), spec.or_default(), status.or_default());
        let deleted = meta.deletion_timestamp.instant();
        let printed = status::print(&spec, &status, !meta.deletion_timestamp.is_empty());
        let interner = &mut shared.interner;
        let (template, own_labels) = template::template(&meta, &spec, Qos::read(&status.qos_class), interner);
        let ip = status.pod_ips.first().map_or(&status.pod_ip, |first| &first.ip);
        let leaving = Leaving {
            grace_seconds: meta.deletion_grace_period_seconds.count(),
            finalizers: match deleted.is_never() {
                true => Box::default(),
                false => {
                    let known = meta.finalizers.0.iter().filter_map(|finalizer| finalizer.known());
                    known.map(|finalizer| interner.get(finalizer)).collect()
                }
            },
        };
        let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Self {
            uid: Uid::parse(&meta.uid),
            name: (*meta.name).into(),
            template: shared.templates.share(template),
            status: interner.get(&printed.status),
            node: spec.node_name.known().map(|node| interner.get(node)),
            unusual: unusual(&spec, &status, (&meta.name, leaving), interner).map(Box::new),
            ip: ip.parse().ok(),
            created: meta.creation_timestamp.instant(),
            started: status.start_time.instant(),
            deleted,
            last_restart: printed.last_restart,
            ready_changed: status
                .condition("Ready")
                .map(|c| c.last_transition_time.instant())
                .unwrap_or_default(),
            restarts: u32::try_from(printed.restarts).unwrap_or(u32::MAX),
            ready: narrow(printed.ready),
            total: narrow(printed.total),
            phase: match &*status.phase {
                "Pending" => Phase::Pending,
                "Running" => Phase::Running,
                "Succeeded" => Phase::Succeeded,
                "Failed" => Phase::Failed,
                _ => Phase::Unknown,
            },
            conditions: Conditions::read(&status.conditions),
            own_labels,
        }
    }
}

/// What only a pod that is being deleted has.
#[derive(Debug, Default, PartialEq, Eq)]
struct Leaving {
    grace_seconds: u32,
    finalizers: Box<[Arc<str>]>,
}

fn unusual(
    spec: &SpecWire<'_>,
    status: &StatusWire<'_>,
    (name, leaving): (&str, Leaving),
    interner: &mut Interner,
) -> Option<Unusual> {
    let ended_well = |c: &ContainerStatusWire<'_>| {
        c.terminated().is_some_and(|ended| ended.exit_code.int() == 0) && c.restart_count.count() == 0
    };
    let is_sidecar = |name: &str| spec.init_containers.iter().any(|c| &*c.name == name && c.is_sidecar());
    // An init container that ended well has nothing to say, unless it needed more than one attempt.
    let init_is_plain = |c: &ContainerStatusWire<'_>| {
        if is_sidecar(&c.name) {
            return c.is_plain();
        }
        ended_well(c)
    };
    let init = status.init_container_statuses.iter().filter(|c| !init_is_plain(c));
    // Of a pod that did its work, a container that ended well is the rule.
    let has_succeeded = &*status.phase == "Succeeded";
    let is_plain = |c: &ContainerStatusWire<'_>| c.is_plain() || (has_succeeded && ended_well(c));
    let others = status.container_statuses.iter().chain(status.ephemeral_container_statuses.iter());
    let containers: Box<[ContainerStatus]> = init
        .chain(others.filter(|c| !is_plain(c)))
        .map(|container| ContainerStatus::pack(container, interner))
        .collect();

    let scheduling = status.condition("PodScheduled").filter(|c| &*c.status == "False").map(|condition| {
        let gates: Vec<&str> = spec.scheduling_gates.iter().map(|gate| &*gate.name).collect();
        let message =
            if gates.is_empty() { shortened(&condition.message).to_owned() } else { gates.join(", ") };
        Scheduling {
            reason: interner.get(&condition.reason),
            message: interner.get(&message),
            since: condition.last_transition_time.instant(),
        }
    });
    let readiness_gates = (!spec.readiness_gates.is_empty()).then(|| {
        let unmet = |gate: &&wire::ReadinessGateWire<'_>| !status.is_true(&gate.condition_type);
        let open = spec.readiness_gates.iter().filter(unmet).count();
        let narrow = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Box::new(ReadinessGates {
            met: narrow(spec.readiness_gates.len() - open),
            wanted: narrow(spec.readiness_gates.len()),
            unmet: spec.readiness_gates.iter().find(unmet).map(|gate| interner.get(&gate.condition_type)),
        })
    });
    // A pod that ended before it had a node asks for nothing any more.
    let is_waiting = spec.node_name.is_empty() && &*status.phase == "Pending";
    let unbound =
        Unbound { scheduling, placement: is_waiting.then(|| Placement::pack(spec, name, interner)) };
    let unusual = Unusual {
        containers,
        unbound: (unbound != Unbound::default()).then(|| Box::new(unbound)),
        reason: status.reason.known().map(|reason| interner.get(reason)),
        message: status.message.known().map(|message| interner.get(shortened(message))),
        nominated_node: status.nominated_node_name.known().map(|node| interner.get(node)),
        readiness_gates,
        leaving: (leaving != Leaving::default()).then(|| Box::new(leaving)),
    };
    (unusual != Unusual::default()).then_some(unusual)
}
