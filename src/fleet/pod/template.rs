//! What the pods of one owner have in common, kept once.
//!
//! Labels, owner, containers, images, resources and the service account are the same for every pod of a ReplicaSet, a
//! StatefulSet or a DaemonSet. They are hash-consed: equal templates are one allocation, however many pods use them.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::Qos;
use super::aws::{self, AwsIdentity};
use super::extended::{self, Extended};
use super::placement::{self, PodTerm};
use super::wire::{AnnotationsWire, ContainerWire, QuantitiesWire, ResourcesWire, SpecWire};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Labels, MetaWire, Owner};
use crate::fleet::quantity;
use crate::fleet::wire::Object;

/// What the pods of one owner have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Template {
    pub(super) namespace: Arc<str>,
    pub(super) owner: Option<Owner>,
    /// The owner's owner where the names prove it, else the owner.
    pub(super) workload: Option<Owner>,
    /// Without those of [`OWN_LABELS`] that repeat a part of the pod's name.
    pub(super) labels: Labels,
    pub(super) containers: Box<[Container]>,
    pub(super) service_account: Arc<str>,
    pub(super) requests: Resources,
    pub(super) limits: Resources,
    pub(super) qos: Qos,
    /// What most pods have not.
    pub(super) unusual: Option<Box<UnusualTemplate>>,
}

/// What few templates say.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct UnusualTemplate {
    pub(super) priority_class: Option<Arc<str>>,
    pub(super) do_not_disrupt: Option<Arc<str>>,
    pub(super) identity: Option<AwsIdentity>,
    pub(super) extended: Extended,
    /// The pods that it must be far from.
    pub(super) keeps_away: Box<[PodTerm]>,
}

/// CPU and memory that are asked for, or allowed. Zero where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu: u64,
    /// Bytes.
    pub memory: u64,
}

/// A container of a pod's spec.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Container {
    /// Its name.
    pub name: Arc<str>,
    /// The image as the spec spells it.
    pub image: Arc<str>,
    /// What it is there for.
    pub role: ContainerRole,
}

/// What a container is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerRole {
    /// Runs to its end before the others start.
    Init,
    /// An init container that keeps running beside the others (`restartPolicy: Always`).
    Sidecar,
    /// One of `spec.containers`.
    Main,
    /// Added to the running pod for debugging.
    Ephemeral,
}

/// A label of which each pod of an owner has another value, with the part of the pod's name that it repeats.
type OwnLabel = (&'static str, fn(&str) -> Option<&str>);

/// Labels that would keep the pods of a StatefulSet or an indexed Job from sharing a template. A pod whose name does
/// repeat the value keeps one bit instead.
pub(super) const OWN_LABELS: [OwnLabel; 3] = [
    ("statefulset.kubernetes.io/pod-name", |name| Some(name)),
    ("apps.kubernetes.io/pod-index", |name| name.rsplit('-').next()),
    ("batch.kubernetes.io/job-completion-index", |name| name.rsplit('-').nth(1)),
];

/// The templates in use.
#[derive(Debug, Default)]
pub(super) struct Templates {
    known: HashTable<Arc<Template>>,
    hasher: DefaultHashBuilder,
    sweep_at: usize,
}

impl Templates {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The shared copy of a template.
    pub(super) fn share(&mut self, template: Template) -> Arc<Template> {
        let hash = self.hasher.hash_one(&template);
        if let Some(known) = self.known.find(hash, |known| **known == template) {
            return Arc::clone(known);
        }
        if self.known.len() >= self.sweep_at.max(1024) {
            self.known.retain(|template| Arc::strong_count(template) > 1);
            self.sweep_at = self.known.len() * 2;
        }
        let shared = Arc::new(template);
        let hasher = &self.hasher;
        self.known.insert_unique(hash, Arc::clone(&shared), |template| hasher.hash_one(&**template));
        shared
    }
}

/// Makes the template of a pod, and says which of [`OWN_LABELS`] the pod has.
pub(super) fn template(
    meta: &MetaWire<'_, AnnotationsWire<'_>>,
    spec: &SpecWire<'_>,
    qos: Qos,
    interner: &mut Interner,
) -> (Template, u8) {
    let mut own = 0;
    let mut labels = Vec::with_capacity(meta.labels.0.len());
    for (key, value) in &meta.labels.0 {
        let repeats = |(own, part): &OwnLabel| **key == **own && part(&meta.name) == Some(value);
        match OWN_LABELS.iter().position(repeats) {
            Some(at) => own |= 1 << at,
            None => labels.push((interner.get(key), interner.get(value))),
        }
    }
    let owner =
        meta.owner().map(|owner| Owner { kind: interner.get(&owner.kind), name: interner.get(&owner.name) });

    let init = spec.init_containers.iter().map(|container| {
        (container, if container.is_sidecar() { ContainerRole::Sidecar } else { ContainerRole::Init })
    });
    let main = spec.containers.iter().map(|container| (container, ContainerRole::Main));
    let ephemeral = spec.ephemeral_containers.iter().map(|container| (container, ContainerRole::Ephemeral));
    let containers = init
        .chain(main)
        .chain(ephemeral)
        .map(|(container, role)| Container {
            name: interner.get(&container.name),
            image: interner.get(&container.image),
            role,
        })
        .collect();

    let unusual = UnusualTemplate {
        priority_class: interner.known(&spec.priority_class_name),
        do_not_disrupt: meta.annotations.get().and_then(|a| interner.known(&a.do_not_disrupt)),
        identity: aws::identity(spec, interner),
        extended: extended::requests(spec, interner),
        keeps_away: placement::keeps_away(spec, interner),
    };
    let template = Template {
        namespace: interner.get(&meta.namespace),
        workload: deployment(meta, interner).or_else(|| owner.clone()),
        owner,
        labels: labels.into(),
        containers,
        service_account: interner.get(&spec.service_account_name),
        requests: effective(spec, Part::Requests, Overhead::Always),
        limits: effective(spec, Part::Limits, Overhead::WhereLimited),
        qos,
        unusual: (unusual != UnusualTemplate::default()).then(|| Box::new(unusual)),
    };
    (template, own)
}

/// The Deployment behind a ReplicaSet. Its name is the ReplicaSet's without the template hash, which the pod carries as
/// a label; without that proof the ReplicaSet may belong to anything.
fn deployment<A>(meta: &MetaWire<'_, A>, interner: &mut Interner) -> Option<Owner> {
    let owner = meta.owner().filter(|owner| &*owner.kind == "ReplicaSet")?;
    let name = owner.name.strip_suffix(meta.labels.get("pod-template-hash")?)?.strip_suffix('-')?;
    Some(Owner { kind: interner.get("Deployment"), name: interner.get(name) })
}

/// When a pod's overhead counts (`PodRequests` and `PodLimits` differ in it).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overhead {
    Always,
    WhereLimited,
}

/// What the scheduler reckons with: the larger of all main containers and sidecars together and each init container
/// with the sidecars before it; a pod-level value instead where there is one; the runtime's overhead on top
/// (`k8s.io/component-helpers/resource`).
fn effective(spec: &SpecWire<'_>, part: Part, overhead: Overhead) -> Resources {
    let of = |resources: &Object<ResourcesWire<'_>>| resources.0.as_ref().map(|r| quantities(r, part));
    let container = |container: &ContainerWire<'_>| of(&container.resources).unwrap_or_default();

    let mut sum = spec.containers.iter().map(container).fold(Resources::default(), Resources::plus);
    let mut sidecars = Resources::default();
    let mut starting = Resources::default();
    for init in spec.init_containers.iter() {
        let wanted = container(init);
        if init.is_sidecar() {
            sum = sum.plus(wanted);
            sidecars = sidecars.plus(wanted);
            starting = starting.max(sidecars);
        } else {
            starting = starting.max(wanted.plus(sidecars));
        }
    }
    sum = sum.max(starting);
    if let Some(pod) = of(&spec.resources) {
        sum = Resources {
            cpu: if pod.cpu > 0 { pod.cpu } else { sum.cpu },
            memory: if pod.memory > 0 { pod.memory } else { sum.memory },
        };
    }
    let extra = spec.overhead.0.as_ref().map(Resources::read).unwrap_or_default();
    let counts = |value: u64| overhead == Overhead::Always || value > 0;
    Resources {
        cpu: if counts(sum.cpu) { sum.cpu.saturating_add(extra.cpu) } else { 0 },
        memory: if counts(sum.memory) { sum.memory.saturating_add(extra.memory) } else { 0 },
    }
}

/// Requests or limits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Requests,
    Limits,
}

fn quantities(resources: &ResourcesWire<'_>, part: Part) -> Resources {
    let quantities = match part {
        Part::Requests => &resources.requests,
        Part::Limits => &resources.limits,
    };
    quantities.0.as_ref().map(Resources::read).unwrap_or_default()
}

impl Resources {
    fn read(wire: &QuantitiesWire<'_>) -> Self {
        Self {
            cpu: quantity::cpu_millis(&wire.cpu).unwrap_or(0),
            memory: quantity::whole(&wire.memory).unwrap_or(0),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_add(other.cpu), memory: self.memory.saturating_add(other.memory) }
    }

    /// What is left of `self` without `other`.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { cpu: self.cpu.saturating_sub(other.cpu), memory: self.memory.saturating_sub(other.memory) }
    }

    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { cpu: self.cpu.max(other.cpu), memory: self.memory.max(other.memory) }
    }
}
