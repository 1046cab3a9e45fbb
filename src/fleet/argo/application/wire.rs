//! The fields of an Application that are read.

use super::super::{DestinationWire, SourceWire};
use crate::fleet::meta::MetaWire;
use crate::fleet::wire::{Flag, List, Number, Object, Text, Texts, wire_structs};

wire_structs! {
    /// An Application as it is read.
    pub struct ApplicationWire<'a> {
        pub(super) metadata: Object<MetaWire<'a, AnnotationsWire<'a>>>,
        pub(super) spec: Object<SpecWire<'a>>,
        pub(super) status: Object<StatusWire<'a>>,
        pub(super) operation: Object<RequestedWire>,
    }
    pub(super) struct AnnotationsWire<'a> {
        #[serde(rename = "argocd.argoproj.io/refresh")]
        pub(super) refresh: Text<'a>,
        #[serde(rename = "argocd.argoproj.io/skip-reconcile")]
        pub(super) skip_reconcile: Text<'a>,
    }
    pub(super) struct RequestedWire {}
    /// The spec, which an ApplicationSet's template has too.
    pub(in super::super) struct SpecWire<'a> {
        pub(in super::super) project: Text<'a>,
        pub(in super::super) destination: Object<DestinationWire<'a>>,
        pub(in super::super) source: Object<SourceWire<'a>>,
        pub(in super::super) sources: List<SourceWire<'a>>,
        pub(super) sync_policy: Object<SyncPolicyWire<'a>>,
    }
    pub(in super::super) struct SyncPolicyWire<'a> {
        pub(super) automated: Object<AutomatedWire>,
        pub(super) sync_options: Texts<'a>,
    }
    pub(in super::super) struct AutomatedWire {
        pub(super) enabled: Flag,
        pub(super) prune: Flag,
        pub(super) self_heal: Flag,
    }
    pub(super) struct StatusWire<'a> {
        pub(super) sync: Object<SyncWire<'a>>,
        pub(super) health: Object<HealthWire<'a>>,
        pub(super) resources: List<ResourceWire<'a>>,
        pub(super) operation_state: Object<OperationStateWire<'a>>,
        pub(super) conditions: List<ConditionWire<'a>>,
        pub(super) history: List<HistoryWire<'a>>,
        pub(super) summary: Object<SummaryWire<'a>>,
        pub(super) reconciled_at: Text<'a>,
    }
    pub(super) struct SyncWire<'a> {
        pub(super) status: Text<'a>,
        pub(super) revision: Text<'a>,
        pub(super) revisions: Texts<'a>,
    }
    pub(in super::super) struct HealthWire<'a> {
        pub(super) status: Text<'a>,
        pub(super) message: Text<'a>,
        pub(super) last_transition_time: Text<'a>,
    }
    /// One of `status.resources`, which an ApplicationSet has too.
    pub(in super::super) struct ResourceWire<'a> {
        pub(super) group: Text<'a>,
        pub(super) kind: Text<'a>,
        pub(super) namespace: Text<'a>,
        pub(super) name: Text<'a>,
        pub(super) status: Text<'a>,
        pub(super) health: Object<HealthWire<'a>>,
        pub(super) sync_wave: Number,
        pub(super) requires_pruning: Flag,
        pub(super) hook: Flag,
    }
    pub(super) struct OperationStateWire<'a> {
        pub(super) phase: Text<'a>,
        pub(super) message: Text<'a>,
        pub(super) started_at: Text<'a>,
        pub(super) finished_at: Text<'a>,
        pub(super) retry_count: Number,
        pub(super) operation: Object<OperationWire<'a>>,
        pub(super) sync_result: Object<SyncResultWire<'a>>,
    }
    pub(super) struct OperationWire<'a> {
        pub(super) initiated_by: Object<InitiatorWire<'a>>,
        pub(super) retry: Object<RetryWire>,
        pub(super) sync: Object<OperationSyncWire>,
    }
    pub(super) struct RetryWire {
        pub(super) limit: Number,
    }
    pub(super) struct OperationSyncWire {
        pub(super) dry_run: Flag,
        pub(super) resources: List<RequestedWire>,
    }
    pub(super) struct InitiatorWire<'a> {
        pub(super) username: Text<'a>,
        pub(super) automated: Flag,
    }
    pub(super) struct SyncResultWire<'a> {
        pub(super) revision: Text<'a>,
        pub(super) revisions: Texts<'a>,
        pub(super) resources: List<ResultWire<'a>>,
    }
    pub(super) struct ResultWire<'a> {
        pub(super) group: Text<'a>,
        pub(super) kind: Text<'a>,
        pub(super) namespace: Text<'a>,
        pub(super) name: Text<'a>,
        pub(super) status: Text<'a>,
        pub(super) message: Text<'a>,
        pub(super) sync_phase: Text<'a>,
        pub(super) hook_type: Text<'a>,
        pub(super) hook_phase: Text<'a>,
        pub(super) images: Texts<'a>,
    }
    pub(super) struct ConditionWire<'a> {
        #[serde(rename = "type")]
        pub(super) kind: Text<'a>,
        pub(super) message: Text<'a>,
        pub(super) last_transition_time: Text<'a>,
    }
    pub(super) struct HistoryWire<'a> {
        pub(super) id: Number,
        pub(super) revision: Text<'a>,
        pub(super) revisions: Texts<'a>,
        pub(super) deploy_started_at: Text<'a>,
        pub(super) deployed_at: Text<'a>,
        pub(super) initiated_by: Object<InitiatorWire<'a>>,
    }
    pub(super) struct SummaryWire<'a> {
        pub(super) images: Texts<'a>,
        #[serde(rename = "externalURLs")]
        pub(super) external_urls: Texts<'a>,
    }
}
