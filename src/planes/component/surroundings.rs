//! What belongs to a component besides its workloads: webhooks, aggregated APIs, leases, definitions, roles.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::catalogue::Known;
use super::state::{ApiState, DefinitionsState, HookState, LeaseState};
use crate::fleet::api_service::ApiService;
use crate::fleet::endpoint_slice::{EndpointSlice, EndpointTally};
use crate::fleet::kind::{
    API_SERVICES, ENDPOINT_SLICES, LEASES, MUTATING_WEBHOOKS, SERVICE_ACCOUNTS, SERVICES, VALIDATING_WEBHOOKS,
};
use crate::fleet::lease::Lease;
use crate::fleet::service::Service;
use crate::fleet::service_account::ServiceAccount;
use crate::fleet::webhook::{FailurePolicy, WebhookConfiguration};
use crate::fleet::workload::Workload;
use crate::planes::reading::readable;
use crate::snapshot::{Catalog, ClusterSnapshot};

/// The tables around the workloads. Each is `None` when it cannot be read: then nothing is said of it.
pub(super) struct Surroundings<'a> {
    services: Option<HashMap<(&'a str, &'a str), &'a Service>>,
    endpoints: Option<&'a EndpointTally>,
    hooks: Vec<&'a WebhookConfiguration>,
    apis: Option<Vec<&'a ApiService>>,
    leases: Vec<&'a Lease>,
    catalog: &'a Catalog,
    accounts: Vec<&'a ServiceAccount>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let named = |service: &'a Service| {
            ((service.meta.namespace.as_deref().unwrap_or_default(), &*service.meta.name), service)
        };
        let services = readable::<Service>(cluster, &SERVICES);
        let slices = readable::<EndpointSlice>(cluster, &ENDPOINT_SLICES);
        let hooks = [VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS];
        Self {
            services: services.map(|services| services.into_iter().map(named).collect()),
            endpoints: slices
                .and_then(|_| cluster.table::<EndpointSlice>(&ENDPOINT_SLICES))
                .map(|table| table.tally()),
            hooks: hooks
                .iter()
                .flat_map(|kind| readable::<WebhookConfiguration>(cluster, kind).unwrap_or_default())
                .collect(),
            apis: readable(cluster, &API_SERVICES),
            leases: readable(cluster, &LEASES).unwrap_or_default(),
            catalog: &cluster.catalog,
            accounts: readable(cluster, &SERVICE_ACCOUNTS).unwrap_or_default(),
        }
    }

    /// The webhooks that these workloads of a namespace answer: those whose service selects their pods. A service that is
    /// gone selects nothing; it is theirs when its name begins with the name of one of them.
    pub(super) fn webhooks(&self, namespace: &str, workloads: &[&Workload]) -> Box<[HookState]> {
        let is_theirs = |name: &str| {
            let service = self.services.as_ref().and_then(|services| services.get(&(namespace, name)));
            match service {
                Some(service) => {
                    !service.selector.is_empty()
                        && workloads.iter().any(|workload| {
                            service.selector.iter().all(|label| workload.pod_labels.contains(label))
                        })
                }
                None => workloads.iter().any(|workload| name.starts_with(&*workload.meta.name)),
            }
        };
        let mut found: Vec<HookState> = Vec::new();
        for hook in self.hooks.iter().flat_map(|configuration| &configuration.webhooks) {
            let Some(service) = hook.service() else { continue };
            if *service.namespace != *namespace || !is_theirs(&service.name) {
                continue;
            }
            let endpoints = self.endpoints.map(|tally| tally.get(namespace, &service.name));
            found.push(HookState {
                name: Arc::clone(&hook.name),
                service: Arc::clone(&service.name),
                refuses: hook.failure_policy != FailurePolicy::Ignore,
                ready: endpoints.map(|endpoints| endpoints.map_or(0, |endpoints| endpoints.ready)),
                is_lost: self
                    .services
                    .as_ref()
                    .is_some_and(|services| !services.contains_key(&(namespace, &*service.name))),
            });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found.into()
    }

    pub(super) fn api(&self, known: &Known) -> Option<ApiState> {
        let (name, apis) = (known.api_service?, self.apis.as_ref()?);
        let available =
            apis.iter().find(|api| *api.meta.name == *name).and_then(|api| api.conditions.get("Available"));
        Some(ApiState {
            name: name.into(),
            is_available: available
                .map(|available| available.status == crate::fleet::condition::Status::True),
            reason: available.map(|available| Arc::clone(&available.reason)).unwrap_or_default(),
        })
    }

    /// Its lease: in its own namespace, or in `kube-system`, where some keep theirs.
    pub(super) fn lease(&self, known: &Known, namespace: Option<&str>) -> Option<LeaseState> {
        let mut fitting: Vec<&Lease> = self
            .leases
            .iter()
            .filter(|lease| known.leases.iter().any(|name| lease.meta.name.starts_with(name)))
            .filter(|lease| {
                let own = lease.meta.namespace.as_deref();
                own == namespace || own == Some("kube-system")
            })
            .copied()
            .collect();
        // A lease that was left behind by an older release is not renewed any more.
        fitting.sort_by_key(|lease| (lease.meta.namespace.as_deref() == namespace, lease.renewed));
        fitting.pop().map(|lease| LeaseState {
            name: lease.meta.name.clone(),
            holder: Arc::clone(&lease.holder),
            renewed: lease.renewed,
            duration_seconds: lease.duration_seconds,
        })
    }

    /// What is offered of its groups, each kind in the version that the API server prefers: the newest that it serves. The
    /// definitions themselves are far too large to be read for this.
    pub(super) fn definitions(&self, known: &Known) -> Option<DefinitionsState> {
        if self.catalog.kinds.is_empty() {
            return None;
        }
        let of = |group: &'static str| {
            self.catalog.kinds.iter().map(|kind| &kind.resource).filter(move |kind| *kind.group == *group)
        };
        let count = known.groups.iter().map(|(group, _)| of(group).count()).sum::<usize>();
        let outdated = known.groups.iter().find_map(|(group, oldest)| {
            let served: BTreeSet<&str> = of(group).map(|kind| &*kind.version).collect();
            let is_old = !oldest.is_empty() && !served.is_empty() && !served.contains(oldest);
            is_old.then(|| (*group, served.into_iter().collect::<Vec<_>>().join(", ").into()))
        });
        Some(DefinitionsState {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            absent: known
                .groups
                .iter()
                .map(|(group, _)| *group)
                .filter(|group| of(group).next().is_none())
                .collect(),
            outdated,
        })
    }

    /// The role that a workload's service account is annotated with.
    pub(super) fn role(&self, workload: &Workload) -> Option<Arc<str>> {
        let account = self.accounts.iter().find(|account| {
            *account.meta.name == *workload.service_account
                && account.meta.namespace == workload.meta.namespace
        })?;
        account.role_arn.clone()
    }
}
