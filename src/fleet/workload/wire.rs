//! The fields of workloads that are read (`apps/v1`, `batch/v1`). One shape for the six kinds: what a kind does not have
//! is absent.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::fleet::meta::{MetaWire, NoAnnotations};
use crate::fleet::pod_security::{PortWire, SecurityWire};
use crate::fleet::wire::{Flag, List, Number, Object, Pairs, Text, Texts};

/// A workload as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WorkloadWire<'a> {
    #[serde(borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) metadata: Object<MetaWire<'a, Annotations>>,
    #[serde(borrow)]
    pub(super) spec: Object<SpecWire<'a>>,
    #[serde(borrow)]
    pub(super) status: Object<StatusWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Annotations {
    #[serde(rename = "deployment.kubernetes.io/revision")]
    pub(super) revision: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SpecWire<'a> {
    pub(super) replicas: Number,
    pub(super) paused: Flag,
    pub(super) suspend: Flag,
    #[serde(borrow)]
    pub(super) strategy: Object<StrategyWire<'a>>,
    #[serde(borrow)]
    pub(super) update_strategy: Object<StrategyWire<'a>>,
    #[serde(borrow)]
    pub(super) pod_management_policy: Text<'a>,
    #[serde(borrow)]
    pub(super) selector: Object<SelectorWire<'a>>,
    #[serde(borrow)]
    pub(super) template: Object<TemplateWire<'a>>,
    pub(super) progress_deadline_seconds: Number,
    pub(super) completions: Number,
    pub(super) parallelism: Number,
    pub(super) backoff_limit: Number,
    #[serde(borrow)]
    pub(super) schedule: Text<'a>,
    #[serde(borrow)]
    pub(super) time_zone: Text<'a>,
    #[serde(borrow)]
    pub(super) concurrency_policy: Text<'a>,
    #[serde(borrow)]
    pub(super) job_template: Object<JobTemplateWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StrategyWire<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) rolling_update: Object<RollingUpdateWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RollingUpdateWire {
    pub(super) partition: Number,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SelectorWire<'a> {
    #[serde(borrow)]
    pub(super) match_labels: Pairs<'a>,
    #[serde(borrow)]
    pub(super) match_expressions: List<ExpressionWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExpressionWire<'a> {
    #[serde(borrow)]
    pub(super) key: Text<'a>,
    #[serde(borrow)]
    pub(super) operator: Text<'a>,
    #[serde(borrow)]
    pub(super) values: Texts<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JobTemplateWire<'a> {
    #[serde(borrow)]
    pub(super) spec: Object<JobSpecWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JobSpecWire<'a> {
    #[serde(borrow)]
    pub(super) template: Object<TemplateWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplateWire<'a> {
    #[serde(borrow)]
    pub(super) metadata: Object<TemplateMetaWire<'a>>,
    #[serde(borrow)]
    pub(super) spec: Object<PodSpecWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplateMetaWire<'a> {
    #[serde(borrow)]
    pub(super) labels: Pairs<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PodSpecWire<'a> {
    host_network: Flag,
    #[serde(rename = "hostPID")]
    host_pid: Flag,
    #[serde(rename = "hostIPC")]
    host_ipc: Flag,
    #[serde(borrow)]
    pub(super) security_context: Object<SecurityWire<'a>>,
    #[serde(borrow)]
    pub(super) containers: List<ContainerWire<'a>>,
    #[serde(borrow)]
    pub(super) init_containers: List<ContainerWire<'a>>,
    #[serde(borrow)]
    pub(super) service_account_name: Text<'a>,
    #[serde(borrow)]
    volumes: List<VolumeWire<'a>>,
    #[serde(borrow)]
    image_pull_secrets: List<NamedWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ContainerWire<'a> {
    #[serde(borrow, rename = "securityContext")]
    pub(super) security: Object<SecurityWire<'a>>,
    pub(super) ports: List<PortWire>,
    #[serde(borrow)]
    pub(super) resources: Object<ResourcesWire<'a>>,
    #[serde(borrow)]
    pub(super) image: Text<'a>,
    #[serde(borrow)]
    pub(super) args: Texts<'a>,
    #[serde(borrow)]
    env: List<VariableWire<'a>>,
    #[serde(borrow)]
    env_from: List<EnvFromWire<'a>>,
}

/// Of a variable only the Secret that it names is read, never a value.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct VariableWire<'a> {
    #[serde(borrow)]
    value_from: Object<ValueFromWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ValueFromWire<'a> {
    #[serde(borrow)]
    secret_key_ref: Object<NamedWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EnvFromWire<'a> {
    #[serde(borrow)]
    secret_ref: Object<NamedWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NamedWire<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VolumeWire<'a> {
    #[serde(rename = "hostPath")]
    host_path: Object<NoAnnotations>,
    /// Of a kind that restricted pods may not have, in-tree drivers of old all of them.
    #[serde(
        rename = "nfs",
        alias = "iscsi",
        alias = "fc",
        alias = "awsElasticBlockStore",
        alias = "gcePersistentDisk",
        alias = "azureDisk",
        alias = "azureFile",
        alias = "cephfs",
        alias = "rbd",
        alias = "glusterfs",
        alias = "cinder",
        alias = "flexVolume",
        alias = "flocker",
        alias = "gitRepo",
        alias = "portworxVolume",
        alias = "quobyte",
        alias = "scaleIO",
        alias = "storageos",
        alias = "vsphereVolume"
    )]
    in_tree: Object<NoAnnotations>,
    #[serde(borrow)]
    secret: Object<SecretVolumeWire<'a>>,
    #[serde(borrow)]
    projected: Object<ProjectedWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SecretVolumeWire<'a> {
    #[serde(borrow)]
    secret_name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProjectedWire<'a> {
    #[serde(borrow)]
    sources: List<ProjectedSourceWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProjectedSourceWire<'a> {
    #[serde(borrow)]
    secret: Object<NamedWire<'a>>,
}

impl PodSpecWire<'_> {
    /// `hostNetwork`, `hostPID` or `hostIPC`.
    pub(super) fn shares_host(&self) -> bool {
        self.host_network.is_true() || self.host_pid.is_true() || self.host_ipc.is_true()
    }

    /// Whether it has a volume of the host's files, and one of another kind that restricted pods may not have.
    pub(super) fn odd_volumes(&self) -> (bool, bool) {
        let host = self.volumes.iter().any(|volume| volume.host_path.get().is_some());
        (host, self.volumes.iter().any(|volume| volume.in_tree.get().is_some()))
    }

    /// The Secrets that it names, in no order, some more than once.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let mounted = self.volumes.iter().flat_map(|volume| {
            let whole = volume.secret.get().map(|secret| &*secret.secret_name);
            let sources = volume.projected.get().into_iter().flat_map(|projected| projected.sources.iter());
            let parts = sources.filter_map(|source| source.secret.get()).map(|secret| &*secret.name);
            whole.into_iter().chain(parts)
        });
        let containers = self.containers.iter().chain(self.init_containers.iter());
        let read = containers.flat_map(|container| {
            let all = container.env_from.iter().filter_map(|from| from.secret_ref.get());
            let values = container.env.iter().filter_map(|variable| variable.value_from.get());
            all.chain(values.filter_map(|from| from.secret_key_ref.get())).map(|secret| &*secret.name)
        });
        let pulled = self.image_pull_secrets.iter().map(|secret| &*secret.name);
        mounted.chain(read).chain(pulled).filter(|name| !name.is_empty())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResourcesWire<'a> {
    #[serde(borrow)]
    pub(super) requests: Pairs<'a>,
    #[serde(borrow)]
    pub(super) limits: Pairs<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StatusWire<'a> {
    pub(super) observed_generation: Number,
    pub(super) replicas: Number,
    pub(super) ready_replicas: Number,
    pub(super) updated_replicas: Number,
    pub(super) available_replicas: Number,
    pub(super) desired_number_scheduled: Number,
    pub(super) current_number_scheduled: Number,
    pub(super) number_ready: Number,
    pub(super) updated_number_scheduled: Number,
    pub(super) number_available: Number,
    pub(super) number_misscheduled: Number,
    pub(super) active: Active,
    pub(super) succeeded: Number,
    pub(super) failed: Number,
    #[serde(borrow)]
    pub(super) start_time: Text<'a>,
    #[serde(borrow)]
    pub(super) completion_time: Text<'a>,
    #[serde(borrow)]
    pub(super) last_schedule_time: Text<'a>,
    #[serde(borrow)]
    pub(super) last_successful_time: Text<'a>,
    #[serde(borrow)]
    pub(super) conditions: List<ConditionWire<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConditionWire<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
    #[serde(borrow)]
    pub(super) message: Text<'a>,
    #[serde(borrow)]
    pub(super) last_transition_time: Text<'a>,
    #[serde(borrow)]
    pub(super) last_update_time: Text<'a>,
}

/// `status.active`: the number of running pods of a Job, the list of running jobs of a CronJob.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Active(pub(super) u32);

impl<'de> Deserialize<'de> for Active {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ActiveVisitor)
    }
}

struct ActiveVisitor;

impl<'de> Visitor<'de> for ActiveVisitor {
    type Value = Active;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list")
    }
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Active, S::Error> {
        let mut count = 0;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Active(count))
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Active, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Active(0))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Active, E> {
        Ok(Active(Number(Some(number)).count()))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Active, E> {
        Ok(Active(u32::try_from(number).unwrap_or(u32::MAX)))
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Active, E> {
        Ok(Active(0))
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Active, E> {
        Ok(Active(0))
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<Active, E> {
        Ok(Active(0))
    }
    fn visit_unit<E: Error>(self) -> Result<Active, E> {
        Ok(Active(0))
    }
}
