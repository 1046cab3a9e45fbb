//! Applications: what Argo CD deploys from Git, how it compares and what was done last.

pub(super) mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Destination, Source, revisions};
use crate::fleet::condition::bounded;
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::word::open_words;
pub use wire::ApplicationWire;
use wire::{HealthWire, HistoryWire, InitiatorWire, OperationStateWire, ResourceWire, ResultWire};

/// How many deployments of the past are kept; Argo CD keeps as many by default.
const HISTORY: usize = 10;

/// An Application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// `metadata`; its owner is the ApplicationSet that made it, if any.
    pub meta: Meta,
    /// `spec.project`
    pub project: Arc<str>,
    /// `spec.destination`
    pub destination: Destination,
    /// `spec.sources`, or the one `spec.source`.
    pub sources: Box<[Source]>,
    /// `spec.syncPolicy.automated`; `None` where somebody must sync by hand, and where `enabled` is false.
    pub automated: Option<Automated>,
    /// `spec.syncPolicy.syncOptions`, for example `CreateNamespace=true`.
    pub sync_options: Box<[Arc<str>]>,
    /// `status.sync.status`: whether the cluster is as Git wants it.
    pub sync: SyncStatus,
    /// `status.sync.revision` or `revisions`: the commits that the cluster was compared with.
    pub revisions: Box<[Arc<str>]>,
    /// `status.health`: the worst of its resources.
    pub health: Health,
    /// `status.resources`: what it consists of.
    pub resources: Box<[ResourceStatus]>,
    /// `status.operationState`: the operation that runs, or the last one.
    pub operation: Option<Box<OperationState>>,
    /// `operation` is there: one is requested, or runs.
    pub is_operation_requested: bool,
    /// `status.conditions`: what is wrong; a condition that is there holds.
    pub conditions: Box<[ApplicationCondition]>,
    /// `status.history`, the newest first, at most ten.
    pub history: Box<[Deployment]>,
    /// `status.summary.images`: what runs.
    pub images: Box<[Arc<str>]>,
    /// `status.summary.externalURLs`: where people reach it.
    pub external_urls: Box<[Arc<str>]>,
    /// `status.reconciledAt`: when the controller last compared.
    pub reconciled: Timestamp,
    /// The annotation `argocd.argoproj.io/refresh` (`normal`, `hard`): a refresh is asked for and not done yet.
    pub refresh: Option<Arc<str>>,
    /// The annotation `argocd.argoproj.io/skip-reconcile` is `true`: the status stands still.
    pub is_skipped: bool,
}

/// How it syncs by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automated {
    /// `prune`: deletes what Git no longer has.
    pub prunes: bool,
    /// `selfHeal`: undoes what others change.
    pub heals: bool,
}

open_words! {
    /// Whether the cluster is as Git wants it.
    pub enum SyncStatus {
        /// It is.
        Synced = "Synced",
        /// It is not.
        OutOfSync = "OutOfSync",
        /// It could not be compared.
        Unknown = "Unknown",
    }
}

open_words! {
    /// How an application or a resource is, in Argo CD's judgement; from best to worst.
    pub enum HealthStatus {
        /// As it should be.
        Healthy = "Healthy",
        /// Stopped on purpose.
        Suspended = "Suspended",
        /// On its way.
        Progressing = "Progressing",
        /// Not in the cluster.
        Missing = "Missing",
        /// Broken.
        Degraded = "Degraded",
        /// It could not be judged.
        Unknown = "Unknown",
    }
}

/// `status.health`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// `status`
    pub status: HealthStatus,
    /// `message`; empty for most.
    pub message: Arc<str>,
    /// `lastTransitionTime`
    pub since: Timestamp,
}

/// One of the objects that an application consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceStatus {
    /// API group; empty for the core group.
    pub group: Arc<str>,
    /// Kind.
    pub kind: Arc<str>,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// `status`: whether it is as Git wants it; empty for hooks.
    pub sync: SyncStatus,
    /// `health.status`; `None` where Argo CD does not write it down, which since 3.0 is the rule.
    pub health: Option<HealthStatus>,
    /// `health.message`; `None` for most.
    pub health_message: Option<Arc<str>>,
    /// `syncWave`: smaller waves are applied first.
    pub wave: i32,
    /// `requiresPruning`: Git no longer has it.
    pub requires_pruning: bool,
    /// `hook`: it runs in a phase of a sync.
    pub is_hook: bool,
}

open_words! {
    /// `status.operationState.phase`
    pub enum OperationPhase {
        /// It runs; with an end it waits for the next attempt.
        Running = "Running",
        /// It is being stopped.
        Terminating = "Terminating",
        /// It ended well.
        Succeeded = "Succeeded",
        /// Something could not be applied, or did not become healthy.
        Failed = "Failed",
        /// It could not run.
        Error = "Error",
    }
}

/// `status.operationState`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationState {
    /// `phase`
    pub phase: OperationPhase,
    /// `message`, of at most 1 KiB.
    pub message: Arc<str>,
    /// `startedAt`
    pub started: Timestamp,
    /// `finishedAt`; beside `Running` it means that the operation waits for its next attempt.
    pub finished: Timestamp,
    /// `retryCount`: attempts after the first.
    pub retries: u32,
    /// `operation.retry.limit`: how many attempts may follow; negative for any number.
    pub retry_limit: Option<i32>,
    /// `operation.initiatedBy`
    pub initiator: Initiator,
    /// `operation.sync.dryRun`: nothing was changed.
    pub is_dry_run: bool,
    /// `operation.sync.resources` names some: it is no full sync and leaves no history.
    pub is_partial: bool,
    /// `syncResult.revision` or `revisions`
    pub revisions: Box<[Arc<str>]>,
    /// `syncResult.resources`: what became of each object.
    pub results: Box<[ResourceResult]>,
}

/// Who began an operation. It is what they claim: nothing proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Initiator {
    /// `username`; empty for Argo CD itself.
    pub user: Arc<str>,
    /// `automated`: Argo CD itself did.
    pub is_automated: bool,
}

/// What became of an object in a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceResult {
    /// API group; empty for the core group.
    pub group: Arc<str>,
    /// Kind.
    pub kind: Arc<str>,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
    /// `status`: `Synced`, `SyncFailed`, `Pruned`, `PruneSkipped`; empty for hooks.
    pub status: Arc<str>,
    /// `message`, of at most 1 KiB.
    pub message: Arc<str>,
    /// `syncPhase`: `PreSync`, `Sync`, `PostSync`, `SyncFail`.
    pub sync_phase: Arc<str>,
    /// `hookType`; empty where it is no hook.
    pub hook: Arc<str>,
    /// `hookPhase`: how the hook, or the wait for the object's health, stands.
    pub hook_phase: OperationPhase,
    /// `images`: what it runs after the sync; a dry run says it too.
    pub images: Box<[Arc<str>]>,
}

/// One of `status.conditions`; it has no status, since one that is there holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationCondition {
    /// `type`: errors end in `Error`, warnings in `Warning`.
    pub kind: Arc<str>,
    /// `message`, of at most 1 KiB.
    pub message: Arc<str>,
    /// `lastTransitionTime`
    pub since: Timestamp,
}

/// One of `status.history`: a full sync that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `id`: what a rollback names.
    pub id: i64,
    /// `revision` or `revisions`
    pub revisions: Box<[Arc<str>]>,
    /// `deployStartedAt`
    pub started: Timestamp,
    /// `deployedAt`
    pub deployed: Timestamp,
    /// `initiatedBy`
    pub initiator: Initiator,
}

impl Application {
    /// The ApplicationSet that made it, and would undo changes of its spec.
    pub fn application_set(&self) -> Option<&str> {
        let owner = self.meta.owner.as_ref().filter(|owner| &*owner.kind == "ApplicationSet")?;
        Some(&owner.name)
    }

    /// The commits that were deployed last; empty when nothing was.
    pub fn deployed_revisions(&self) -> &[Arc<str>] {
        self.history.first().map_or(&[], |last| &last.revisions)
    }
}

row_with_meta!(Application);

impl Packed for Application {
    packed_from!(ApplicationWire);

    fn pack(wire: ApplicationWire<'_>, shared: &mut Interner) -> Self {
        let (mut meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let annotations = std::mem::take(&mut meta.annotations).or_default();
        let policy = spec.sync_policy.or_default();
        let automated = policy.automated.0.filter(|automated| automated.enabled.0 != Some(false));
        let (sync, summary) = (status.sync.or_default(), status.summary.or_default());
        let newest = status.history.iter().rev().take(HISTORY);
        Self {
            meta: Meta::pack(&meta, shared),
            project: shared.get(&spec.project),
            destination: Destination::pack(&spec.destination.or_default(), shared),
            sources: Source::pack_all(&spec.source, &spec.sources, shared),
            automated: automated.map(|automated| Automated {
                prunes: automated.prune.is_true(),
                heals: automated.self_heal.is_true(),
            }),
            sync_options: shared.all(&policy.sync_options),
            sync: SyncStatus::read(&sync.status, shared),
            revisions: revisions(&sync.revision, &sync.revisions, shared),
            health: Health::pack(&status.health.or_default(), shared),
            resources: status.resources.iter().map(|wire| ResourceStatus::pack(wire, shared)).collect(),
            operation: status.operation_state.0.map(|wire| Box::new(OperationState::pack(wire, shared))),
            is_operation_requested: wire.operation.get().is_some(),
            conditions: status
                .conditions
                .iter()
                .map(|condition| ApplicationCondition {
                    kind: shared.get(&condition.kind),
                    message: shared.get(&bounded(&condition.message)),
                    since: condition.last_transition_time.instant(),
                })
                .collect(),
            history: newest.map(|wire| Deployment::pack(wire, shared)).collect(),
            images: shared.all(&summary.images),
            external_urls: shared.all(&summary.external_urls),
            reconciled: status.reconciled_at.instant(),
            refresh: shared.known(&annotations.refresh),
            is_skipped: &*annotations.skip_reconcile == "true",
        }
    }
}

impl Health {
    fn pack(wire: &HealthWire<'_>, interner: &mut Interner) -> Self {
        Self {
            status: HealthStatus::read(&wire.status, interner),
            message: interner.get(&bounded(&wire.message)),
            since: wire.last_transition_time.instant(),
        }
    }
}

impl ResourceStatus {
    /// Keeps what was read.
    pub(super) fn pack(wire: &ResourceWire<'_>, interner: &mut Interner) -> Self {
        let health = wire.health.get();
        let said = health.filter(|health| health.status.known().is_some());
        let message = health.and_then(|health| health.message.known());
        Self {
            group: interner.get(&wire.group),
            kind: interner.get(&wire.kind),
            namespace: interner.get(&wire.namespace),
            name: interner.get(&wire.name),
            sync: SyncStatus::read(&wire.status, interner),
            health: said.map(|health| HealthStatus::read(&health.status, interner)),
            health_message: message.map(|message| interner.get(&bounded(message))),
            wave: wire.sync_wave.int(),
            requires_pruning: wire.requires_pruning.is_true(),
            is_hook: wire.hook.is_true(),
        }
    }
}

impl Initiator {
    fn pack(wire: &InitiatorWire<'_>, interner: &mut Interner) -> Self {
        Self { user: interner.get(&wire.username), is_automated: wire.automated.is_true() }
    }
}

impl OperationState {
    fn pack(wire: OperationStateWire<'_>, interner: &mut Interner) -> Self {
        let (operation, result) = (wire.operation.or_default(), wire.sync_result.or_default());
        let sync = operation.sync.or_default();
        Self {
            phase: OperationPhase::read(&wire.phase, interner),
            message: interner.get(&bounded(&wire.message)),
            started: wire.started_at.instant(),
            finished: wire.finished_at.instant(),
            retries: wire.retry_count.count(),
            retry_limit: operation.retry.get().and_then(|retry| i32::try_from(retry.limit.0?).ok()),
            initiator: Initiator::pack(&operation.initiated_by.or_default(), interner),
            is_dry_run: sync.dry_run.is_true(),
            is_partial: !sync.resources.is_empty(),
            revisions: revisions(&result.revision, &result.revisions, interner),
            results: result.resources.iter().map(|wire| ResourceResult::pack(wire, interner)).collect(),
        }
    }
}

impl ResourceResult {
    fn pack(wire: &ResultWire<'_>, interner: &mut Interner) -> Self {
        Self {
            group: interner.get(&wire.group),
            kind: interner.get(&wire.kind),
            namespace: interner.get(&wire.namespace),
            name: interner.get(&wire.name),
            status: interner.get(&wire.status),
            message: interner.get(&bounded(&wire.message)),
            sync_phase: interner.get(&wire.sync_phase),
            hook: interner.get(&wire.hook_type),
            hook_phase: OperationPhase::read(&wire.hook_phase, interner),
            images: interner.all(&wire.images),
        }
    }
}

impl Deployment {
    fn pack(wire: &HistoryWire<'_>, interner: &mut Interner) -> Self {
        Self {
            id: wire.id.0.unwrap_or(0),
            revisions: revisions(&wire.revision, &wire.revisions, interner),
            started: wire.deploy_started_at.instant(),
            deployed: wire.deployed_at.instant(),
            initiator: wire.initiated_by.get().map(|by| Initiator::pack(by, interner)).unwrap_or_default(),
        }
    }
}
