//! Workloads: Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs and CronJobs as one kind of row.

mod rollout;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::container_status::shortened;
use super::intern::Interner;
use super::meta::{self, Labels, Meta, row_with_meta};
use super::pod::Resources;
use super::pod_security::{self, Breaches};
use super::quantity;
use super::row::{Packed, Row};
use super::time::Timestamp;
use super::wire::Text;
pub use rollout::Rollout;
pub use wire::WorkloadWire;
use wire::{ConditionWire, ContainerWire, PodSpecWire, SelectorWire, SpecWire, StatusWire};

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// `metadata`
    pub meta: Meta,
    /// Its kind, with what only that kind has.
    pub work: Work,
    /// How many pods there should be; for a Job, how many should succeed.
    pub wanted: u32,
    /// How many pods are ready; for a Job, how many succeeded.
    pub ready: u32,
    /// How many pods are made from the present template.
    pub updated: u32,
    /// How many pods have been ready for long enough.
    pub available: u32,
    /// How many pods there are, old ones included.
    pub current: u32,
    /// False while the controller has not yet looked at the latest change of the spec.
    pub is_observed: bool,
    /// A Deployment's rollout is paused; a Job or CronJob is suspended.
    pub is_paused: bool,
    /// `RollingUpdate`, `Recreate`, `OnDelete`; a CronJob's concurrency policy; empty where there is none.
    pub strategy: Arc<str>,
    /// `spec.selector.matchLabels`
    pub selector: Labels,
    /// `spec.selector.matchExpressions` as kubectl writes them; empty for nearly all.
    pub selector_expressions: Box<str>,
    /// The images of its containers, in their order, each once.
    pub images: Box<[Arc<str>]>,
    /// The images of its init containers and sidecars, in their order, each once.
    pub init_images: Box<[Arc<str>]>,
    /// What the VPC CNI's agent is told (`--enable-network-policy`): whether it makes network policies true; `None` for
    /// all that is not told.
    pub enforces_policies: Option<bool>,
    /// The labels of its pods (`spec.template.metadata.labels`).
    pub pod_labels: Labels,
    /// The service account of its pods; empty for the namespace's default one.
    pub service_account: Arc<str>,
    /// The Secrets that its pods mount, read into their environment or pull images with, by name, each once.
    pub secrets: Box<[Arc<str>]>,
    /// What its containers request together: CPU in thousandths of a core, memory in bytes; 0 where nothing is said.
    pub requests: Resources,
    /// What its containers may use at most, together.
    pub limits: Resources,
    /// Which checks of Pod Security its pods do not pass.
    pub breaches: Breaches,
    /// The version label of its pods, or its own; else the tag of the first image.
    pub version: Option<Arc<str>>,
    /// The conditions that say something about its progress.
    pub conditions: Box<[Condition]>,
    /// `deployment.kubernetes.io/revision`; 0 where there is none.
    pub revision: u32,
}

/// The kind of a workload, with what only that kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// `apps/v1` Deployment
    Deployment {
        /// `spec.progressDeadlineSeconds`
        progress_deadline: u32,
    },
    /// `apps/v1` StatefulSet
    StatefulSet {
        /// Pods below this ordinal keep the old template.
        partition: u32,
    },
    /// `apps/v1` DaemonSet
    DaemonSet {
        /// Pods on nodes where they should not be.
        misscheduled: u32,
    },
    /// `apps/v1` ReplicaSet
    ReplicaSet,
    /// `batch/v1` Job
    Job(Job),
    /// `batch/v1` CronJob
    CronJob(Box<CronJob>),
}

/// What only a Job has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Running pods.
    pub active: u32,
    /// Pods that failed.
    pub failed: u32,
    /// How many may fail.
    pub backoff_limit: u32,
    /// `spec.parallelism`
    pub parallelism: u32,
    /// `spec.completions` was given; without it one success ends the Job.
    pub has_completions: bool,
    /// When it began.
    pub started: Timestamp,
    /// When it completed; *never* for one that failed.
    pub completed: Timestamp,
}

/// What only a CronJob has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CronJob {
    /// `spec.schedule`
    pub schedule: Box<str>,
    /// `spec.timeZone`; empty for that of the controller manager, which is UTC on EKS.
    pub time_zone: Box<str>,
    /// Running jobs.
    pub active: u32,
    /// When it last made a Job.
    pub last_scheduled: Timestamp,
    /// When a Job of it last succeeded.
    pub last_successful: Timestamp,
}

/// A condition of a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// `type`, for example `Progressing`.
    pub kind: Arc<str>,
    /// Whether `status` is `True`.
    pub is_true: bool,
    /// `reason`
    pub reason: Arc<str>,
    /// `message`
    pub message: Arc<str>,
    /// `lastTransitionTime`
    pub since: Timestamp,
    /// `lastUpdateTime`, which a Deployment's `Progressing` moves with every step; *never* for other kinds.
    pub updated: Timestamp,
}

impl Work {
    /// The kind as in manifests.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Deployment { .. } => "Deployment",
            Self::StatefulSet { .. } => "StatefulSet",
            Self::DaemonSet { .. } => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::Job(_) => "Job",
            Self::CronJob(_) => "CronJob",
        }
    }
}

impl Workload {
    /// A condition by its type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| &*condition.kind == kind)
    }

    /// What only a Job has.
    pub fn job(&self) -> Option<&Job> {
        match &self.work {
            Work::Job(job) => Some(job),
            _ => None,
        }
    }

    /// What only a CronJob has.
    pub fn cron_job(&self) -> Option<&CronJob> {
        match &self.work {
            Work::CronJob(cron_job) => Some(cron_job),
            _ => None,
        }
    }

    /// The selector as `kubectl -l` takes it; empty where there is none.
    pub fn selector_text(&self) -> String {
        let labels = self.selector.iter().map(|(key, value)| format!("{key}={value}"));
        let expressions =
            (!self.selector_expressions.is_empty()).then(|| self.selector_expressions.to_string());
        labels.chain(expressions).collect::<Vec<_>>().join(",")
    }
}

/// Running totals over all workloads of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkloadTally {
    /// All.
    pub workloads: u32,
    /// Those with as many ready pods as they want, and Jobs that completed or still run.
    pub ok: u32,
}

impl Workload {
    /// Whether nothing is missing, without regard to for how long.
    pub fn is_complete(&self) -> bool {
        match &self.work {
            Work::Job(_) => self.condition("Failed").is_none_or(|failed| !failed.is_true),
            Work::CronJob(_) => true,
            Work::Deployment { .. }
            | Work::StatefulSet { .. }
            | Work::DaemonSet { .. }
            | Work::ReplicaSet => self.ready >= self.wanted,
        }
    }
}

impl Row for Workload {
    type Tally = WorkloadTally;
    row_with_meta!(@identity meta);
    fn add_to(&self, tally: &mut WorkloadTally) {
        tally.workloads += 1;
        tally.ok += u32::from(self.is_complete());
    }
    fn take_from(&self, tally: &mut WorkloadTally) {
        tally.workloads = tally.workloads.saturating_sub(1);
        tally.ok = tally.ok.saturating_sub(u32::from(self.is_complete()));
    }
}

impl Packed for Workload {
    type Wire<'a> = WorkloadWire<'a>;
    type Shared = Interner;

    fn revision<'w>(wire: &'w WorkloadWire<'_>) -> &'w str {
        wire.metadata.0.as_ref().map_or("", |meta| &meta.resource_version)
    }

    fn pack(wire: WorkloadWire<'_>, shared: &mut Interner) -> Self {
        let WorkloadWire { kind, metadata, spec, status } = wire;
        let (meta, spec, status) = (metadata.or_default(), spec.or_default(), status.or_default());
        let work = work(&kind, &spec, &status);
        let counts = Counts::read(&work, &spec, &status);
        let job_template = spec.job_template.0.as_ref().and_then(|job| job.spec.0.as_ref());
        let template = job_template.map_or(&spec.template, |job| &job.template).0.as_ref();
        let pod_spec = template.and_then(|template| template.spec.get());
        let pod_meta = template.and_then(|template| template.metadata.get());
        let images = images(pod_spec.map_or(&[], |spec| &spec.containers), shared);
        let kept = Meta::pack(&meta, shared);
        let version = pod_meta
            .and_then(|meta| meta.labels.get(VERSION_LABEL))
            .or_else(|| kept.label(VERSION_LABEL))
            .or_else(|| images.first().and_then(|image| super::image::version(image)))
            .filter(|version| !version.is_empty());
        let no_selector = SelectorWire::default();
        let selector = spec.selector.0.as_ref().unwrap_or(&no_selector);
        let strategy = match &work {
            Work::CronJob(_) => &*spec.concurrency_policy,
            _ => spec.strategy.0.as_ref().or(spec.update_strategy.0.as_ref()).map_or("", |s| &*s.kind),
        };
        Self {
            wanted: counts.wanted,
            ready: counts.ready,
            updated: counts.updated,
            available: counts.available,
            current: counts.current,
            is_observed: match (status.observed_generation.0, meta.generation.0) {
                (Some(observed), Some(generation)) => observed >= generation,
                // Jobs and CronJobs never say; a new object of the others has not been looked at yet.
                (None, Some(_)) => matches!(work, Work::Job(_) | Work::CronJob(_)),
                (_, None) => true,
            },
            is_paused: spec.paused.is_true() || spec.suspend.is_true(),
            strategy: shared.get(strategy),
            selector: meta::pairs(&selector.match_labels, shared),
            selector_expressions: expressions(selector).into(),
            version: version.map(|version| shared.get(version)),
            images,
            enforces_policies: pod_spec.and_then(|spec| enforces_policies(&spec.containers)),
            init_images: self::images(pod_spec.map_or(&[], |spec| &spec.init_containers), shared),
            pod_labels: pod_meta.map(|meta| meta::pairs(&meta.labels, shared)).unwrap_or_default(),
            service_account: pod_spec
                .map_or_else(Arc::default, |spec| shared.get(&spec.service_account_name)),
            secrets: pod_spec.map(|spec| secrets(spec, shared)).unwrap_or_default(),
            requests: pod_spec.map(|spec| amounts(spec, |of| &of.requests)).unwrap_or_default(),
            limits: pod_spec.map(|spec| amounts(spec, |of| &of.limits)).unwrap_or_default(),
            breaches: pod_spec.map(breaches).unwrap_or_default(),
            conditions: status.conditions.iter().map(|wire| condition(wire, shared)).collect(),
            revision: meta.annotations.0.as_ref().map_or(0, |annotations| annotations.revision.count()),
            meta: kept,
            work,
        }
    }
}

const VERSION_LABEL: &str = "app.kubernetes.io/version";

/// The kind by name, or by shape: the items of a list do not say what they are.
fn work(kind: &str, spec: &SpecWire<'_>, status: &StatusWire<'_>) -> Work {
    let kind = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "CronJob" => kind,
        _ if !spec.schedule.is_empty() || spec.job_template.0.is_some() => "CronJob",
        _ if spec.backoff_limit.0.is_some()
            || spec.completions.0.is_some()
            || spec.parallelism.0.is_some() =>
        {
            "Job"
        }
        _ if !spec.pod_management_policy.is_empty() => "StatefulSet",
        _ if status.desired_number_scheduled.0.is_some() || spec.update_strategy.0.is_some() => "DaemonSet",
        _ if spec.strategy.0.is_some() || spec.progress_deadline_seconds.0.is_some() => "Deployment",
        _ => "ReplicaSet",
    };
    match kind {
        "Deployment" => Work::Deployment { progress_deadline: spec.progress_deadline_seconds.count_or(600) },
        "StatefulSet" => {
            let rolling =
                spec.update_strategy.0.as_ref().and_then(|strategy| strategy.rolling_update.0.as_ref());
            Work::StatefulSet { partition: rolling.map_or(0, |rolling| rolling.partition.count()) }
        }
        "DaemonSet" => Work::DaemonSet { misscheduled: status.number_misscheduled.count() },
        "Job" => Work::Job(Job {
            active: status.active.0,
            failed: status.failed.count(),
            backoff_limit: spec.backoff_limit.count_or(6),
            parallelism: spec.parallelism.count_or(1),
            has_completions: spec.completions.0.is_some(),
            started: status.start_time.instant(),
            completed: status.completion_time.instant(),
        }),
        "CronJob" => Work::CronJob(Box::new(CronJob {
            schedule: (*spec.schedule).into(),
            time_zone: (*spec.time_zone).into(),
            active: status.active.0,
            last_scheduled: status.last_schedule_time.instant(),
            last_successful: status.last_successful_time.instant(),
        })),
        _ => Work::ReplicaSet,
    }
}

struct Counts {
    wanted: u32,
    ready: u32,
    updated: u32,
    available: u32,
    current: u32,
}

impl Counts {
    fn read(work: &Work, spec: &SpecWire<'_>, status: &StatusWire<'_>) -> Self {
        match work {
            Work::Deployment { .. } | Work::StatefulSet { .. } | Work::ReplicaSet => Self {
                wanted: spec.replicas.count_or(1),
                ready: status.ready_replicas.count(),
                updated: match work {
                    Work::ReplicaSet => status.replicas.count(),
                    _ => status.updated_replicas.count(),
                },
                available: status.available_replicas.count(),
                current: status.replicas.count(),
            },
            Work::DaemonSet { .. } => Self {
                wanted: status.desired_number_scheduled.count(),
                ready: status.number_ready.count(),
                updated: status.updated_number_scheduled.count(),
                available: status.number_available.count(),
                current: status.current_number_scheduled.count(),
            },
            Work::Job(job) => Self {
                wanted: spec.completions.count_or(1),
                ready: status.succeeded.count(),
                updated: job.active,
                available: status.succeeded.count(),
                current: job.active,
            },
            Work::CronJob(cron) => {
                Self { wanted: 0, ready: 0, updated: 0, available: 0, current: cron.active }
            }
        }
    }
}

fn images(containers: &[ContainerWire<'_>], interner: &mut Interner) -> Box<[Arc<str>]> {
    let mut images: Vec<Arc<str>> = Vec::new();
    for container in containers {
        if !container.image.is_empty() && !images.iter().any(|known| **known == *container.image) {
            images.push(interner.get(&container.image));
        }
    }
    images.into()
}

/// What the containers of a pod say together of CPU and memory.
fn amounts(
    spec: &wire::PodSpecWire<'_>,
    of: for<'w, 'a> fn(&'w wire::ResourcesWire<'a>) -> &'w super::wire::Pairs<'a>,
) -> Resources {
    let said = spec.containers.iter().filter_map(|container| container.resources.get()).map(of);
    said.fold(Resources::default(), |sum, said| {
        sum.plus(Resources {
            cpu: said.get("cpu").and_then(quantity::cpu_millis).unwrap_or(0),
            memory: said.get("memory").and_then(quantity::whole).unwrap_or(0),
        })
    })
}

fn breaches(spec: &wire::PodSpecWire<'_>) -> Breaches {
    let (has_host_path, has_odd_volume) = spec.odd_volumes();
    let shares_host = spec.shares_host();
    let security = &spec.security_context;
    let looked_at = pod_security::Spec { shares_host, has_host_path, has_odd_volume, security };
    let containers = spec.containers.iter().chain(spec.init_containers.iter());
    Breaches::find(&looked_at, containers.map(|container| (&container.security, &container.ports)))
}

fn secrets(spec: &PodSpecWire<'_>, interner: &mut Interner) -> Box<[Arc<str>]> {
    let names: std::collections::BTreeSet<&str> = spec.secrets().collect();
    names.into_iter().map(|name| interner.get(name)).collect()
}

fn condition(wire: &ConditionWire<'_>, interner: &mut Interner) -> Condition {
    Condition {
        kind: interner.get(&wire.kind),
        is_true: &*wire.status == "True",
        reason: interner.get(&wire.reason),
        message: interner.get(shortened(&wire.message)),
        since: wire.last_transition_time.instant(),
        updated: wire.last_update_time.instant(),
    }
}

/// Expressions as kubectl writes them: `tier in (a,b)`, `!canary`.
fn expressions(selector: &SelectorWire<'_>) -> String {
    let write = |values: &[Text<'_>]| values.iter().map(|value| &**value).collect::<Vec<_>>().join(",");
    let expressions = selector.match_expressions.iter().map(|e| match &*e.operator {
        "In" => format!("{} in ({})", &*e.key, write(&e.values.0)),
        "NotIn" => format!("{} notin ({})", &*e.key, write(&e.values.0)),
        "Exists" => e.key.to_string(),
        "DoesNotExist" => format!("!{}", &*e.key),
        other => format!("{} {other} ({})", &*e.key, write(&e.values.0)),
    });
    expressions.collect::<Vec<_>>().join(",")
}

/// The last of several counts, as in Go's flags.
fn enforces_policies(containers: &[ContainerWire<'_>]) -> Option<bool> {
    let arguments = containers.iter().flat_map(|container| &container.args.0);
    let told = arguments.filter_map(|argument| argument.strip_prefix("--enable-network-policy"));
    told.filter_map(|told| match told {
        "" | "=true" => Some(true),
        "=false" => Some(false),
        _ => None,
    })
    .next_back()
}
