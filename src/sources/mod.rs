//! Listening: what somebody looks at is listed once and then watched, for each cluster by itself.
//!
//! [`Supervisor`] has one task per cluster, and that has one task per kind of interest. What they learn goes into one
//! bounded channel as [`Delta`](crate::snapshot::Delta)s; a full channel makes them wait, and with them the API server.
//! Nothing is polled that can be watched, nothing is read that nobody looks at, and where nothing changes nothing runs
//! but the renewal of a watch each minute.
//!
//! To give a kind a packed row, write the row in `fleet` and add its line to [`SOURCES`]; every other kind is read as
//! the API server prints it.

pub mod aws;
mod cluster;
mod decode;
mod kinds;
mod kubelet;
mod link;
mod pace;
mod packed;
mod printed;
mod rights;
mod supervisor;
mod table;
mod work;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::fleet::api_service::ApiService;
use crate::fleet::argo::application::Application;
use crate::fleet::argo::application_set::ApplicationSet;
use crate::fleet::argo::project::AppProject;
use crate::fleet::certificates::certificate::Certificate;
use crate::fleet::certificates::challenge::Challenge;
use crate::fleet::certificates::issuer::Issuer;
use crate::fleet::certificates::order::Order;
use crate::fleet::certificates::request::CertificateRequest;
use crate::fleet::config_map::ConfigMap;
use crate::fleet::csi_driver::CsiDriver;
use crate::fleet::custom_resource::CustomResource;
use crate::fleet::endpoint_slice::EndpointSlice;
use crate::fleet::event::Event;
use crate::fleet::ingress::Ingress;
use crate::fleet::ingress_class::IngressClass;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::lease::Lease;
use crate::fleet::limit_range::LimitRange;
use crate::fleet::namespace::Namespace;
use crate::fleet::network_policy::NetworkPolicy;
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::priority_class::PriorityClass;
use crate::fleet::quota::Quota;
use crate::fleet::roles::binding::RoleBinding;
use crate::fleet::roles::role::Role;
use crate::fleet::scaling::disruption_budget::DisruptionBudget;
use crate::fleet::scaling::horizontal::HorizontalAutoscaler;
use crate::fleet::scaling::vertical::VerticalAutoscaler;
use crate::fleet::secrets::external_secret::ExternalSecret;
use crate::fleet::secrets::pod_status::MountStatus;
use crate::fleet::secrets::provider_class::SecretProviderClass;
use crate::fleet::secrets::push_secret::PushSecret;
use crate::fleet::secrets::sealed_secret::SealedSecret;
use crate::fleet::secrets::secret_meta::SecretMeta;
use crate::fleet::secrets::secret_store::SecretStore;
use crate::fleet::service::Service;
use crate::fleet::service_account::ServiceAccount;
use crate::fleet::storage::attachment::VolumeAttachment;
use crate::fleet::storage::claim::VolumeClaim;
use crate::fleet::storage::class::StorageClass;
use crate::fleet::storage::snapshot::VolumeSnapshot;
use crate::fleet::storage::volume::Volume;
use crate::fleet::target_group_binding::TargetGroupBinding;
use crate::fleet::usage::{NodeUsage, PodUsage};
use crate::fleet::webhook::WebhookConfiguration;
use crate::fleet::workload::Workload;
use crate::fleet::{Interest, Packed, ResourceType, kind};
use packed::PackedDecoder;
use printed::PrintedDecoder;
use table::Feed;

pub use pace::Pace;
pub use supervisor::{OpenLog, Supervisor};
pub use table::Upkeep;

/// What is on screen. Replaced as a whole; equal contents in a new `Arc` are acted upon again, at no cost.
pub type Interests = Arc<BTreeSet<Interest>>;

/// How a kind is read.
#[derive(Debug)]
pub struct Source {
    /// The kind.
    pub resource: ResourceType,
    /// How it is kept current.
    pub upkeep: Upkeep,
    begin: Begin,
}

/// Begins the life of a table.
type Begin = fn(Feed) -> BoxFuture<'static, ()>;

/// A kind with packed rows that is watched.
const fn watched<R: Packed>(resource: ResourceType) -> Source {
    Source { resource, upkeep: Upkeep::Watched, begin: table::start::<PackedDecoder<R>> }
}

/// A kind of the metrics API with packed rows.
const fn measured<R: Packed>(resource: ResourceType) -> Source {
    Source { resource, upkeep: Upkeep::Measured, begin: table::start::<PackedDecoder<R>> }
}

/// How full volumes are, which kubelets tell.
const fn volumes() -> Source {
    Source { resource: kind::VOLUME_USAGES, upkeep: Upkeep::Measured, begin: kubelet::start }
}

/// Every kind that is not read as the API server prints it, sorted by its constant.
pub const SOURCES: &[Source] = &[
    watched::<ApiService>(kind::API_SERVICES),
    watched::<Application>(kind::APPLICATIONS),
    watched::<ApplicationSet>(kind::APPLICATION_SETS),
    watched::<AppProject>(kind::APP_PROJECTS),
    watched::<NodeClass>(kind::AUTO_NODE_CLASSES),
    watched::<Certificate>(kind::CERTIFICATES),
    watched::<CertificateRequest>(kind::CERTIFICATE_REQUESTS),
    watched::<Challenge>(kind::CHALLENGES),
    watched::<Issuer>(kind::CLUSTER_ISSUERS),
    watched::<Role>(kind::CLUSTER_ROLES),
    watched::<RoleBinding>(kind::CLUSTER_ROLE_BINDINGS),
    watched::<SecretStore>(kind::CLUSTER_SECRET_STORES),
    watched::<ConfigMap>(kind::CONFIG_MAPS),
    watched::<Workload>(kind::CRON_JOBS),
    watched::<CsiDriver>(kind::CSI_DRIVERS),
    watched::<CustomResource>(kind::CUSTOM_RESOURCES),
    watched::<Workload>(kind::DAEMON_SETS),
    watched::<Workload>(kind::DEPLOYMENTS),
    watched::<DisruptionBudget>(kind::DISRUPTION_BUDGETS),
    watched::<NodeClass>(kind::EC2_NODE_CLASSES),
    watched::<EndpointSlice>(kind::ENDPOINT_SLICES),
    watched::<Event>(kind::EVENTS),
    watched::<ExternalSecret>(kind::EXTERNAL_SECRETS),
    watched::<HorizontalAutoscaler>(kind::HORIZONTAL_AUTOSCALERS),
    watched::<Ingress>(kind::INGRESSES),
    watched::<IngressClass>(kind::INGRESS_CLASSES),
    watched::<Issuer>(kind::ISSUERS),
    watched::<Workload>(kind::JOBS),
    watched::<Lease>(kind::LEASES),
    watched::<LimitRange>(kind::LIMIT_RANGES),
    watched::<WebhookConfiguration>(kind::MUTATING_WEBHOOKS),
    watched::<Namespace>(kind::NAMESPACES),
    watched::<NetworkPolicy>(kind::NETWORK_POLICIES),
    watched::<Node>(kind::NODES),
    watched::<NodeClaim>(kind::NODE_CLAIMS),
    measured::<NodeUsage>(kind::NODE_METRICS),
    watched::<NodePool>(kind::NODE_POOLS),
    watched::<Order>(kind::ORDERS),
    watched::<Pod>(kind::PODS),
    measured::<PodUsage>(kind::POD_METRICS),
    watched::<PriorityClass>(kind::PRIORITY_CLASSES),
    watched::<PushSecret>(kind::PUSH_SECRETS),
    watched::<Workload>(kind::REPLICA_SETS),
    watched::<Quota>(kind::RESOURCE_QUOTAS),
    watched::<Role>(kind::ROLES),
    watched::<RoleBinding>(kind::ROLE_BINDINGS),
    watched::<SealedSecret>(kind::SEALED_SECRETS),
    watched::<SecretMeta>(kind::SECRETS),
    watched::<MountStatus>(kind::SECRET_MOUNTS),
    watched::<SecretProviderClass>(kind::SECRET_PROVIDER_CLASSES),
    watched::<SecretStore>(kind::SECRET_STORES),
    watched::<Service>(kind::SERVICES),
    watched::<ServiceAccount>(kind::SERVICE_ACCOUNTS),
    watched::<Workload>(kind::STATEFUL_SETS),
    watched::<StorageClass>(kind::STORAGE_CLASSES),
    watched::<TargetGroupBinding>(kind::TARGET_GROUP_BINDINGS),
    watched::<WebhookConfiguration>(kind::VALIDATING_WEBHOOKS),
    watched::<VerticalAutoscaler>(kind::VERTICAL_AUTOSCALERS),
    watched::<Volume>(kind::VOLUMES),
    watched::<VolumeAttachment>(kind::VOLUME_ATTACHMENTS),
    watched::<VolumeClaim>(kind::VOLUME_CLAIMS),
    watched::<VolumeSnapshot>(kind::VOLUME_SNAPSHOTS),
    volumes(),
];

/// All other kinds, Secrets among them: their metadata and what the server prints, never their data.
const ANY_KIND: Begin = table::start::<PrintedDecoder>;
