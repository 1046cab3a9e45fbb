//! `k8s.io.api.core.v1`: pods and events; and `k8s.io.api.discovery.v1`, which is as small as it is.

use super::meta::{LABEL_SELECTOR, OBJECT_META, REQUIREMENT};
use super::{Field, Message, list};

pub(super) static PODS: Message = list!("PodList", POD);
pub(super) static EVENTS: Message = list!("EventList", EVENT);
pub(super) static ENDPOINT_SLICES: Message = list!("EndpointSliceList", ENDPOINT_SLICE);

static POD: Message = Message {
    name: "Pod",
    fields: &[
        Field::one(1, "metadata", &OBJECT_META),
        Field::one(2, "spec", &POD_SPEC),
        Field::one(3, "status", &POD_STATUS),
    ],
};

pub(super) static POD_TEMPLATE: Message = Message {
    name: "PodTemplateSpec",
    fields: &[Field::one(1, "metadata", &OBJECT_META), Field::one(2, "spec", &POD_SPEC)],
};

static POD_SPEC: Message = Message {
    name: "PodSpec",
    fields: &[
        Field::many(1, "volumes", &VOLUME),
        Field::many(2, "containers", &CONTAINER),
        Field::pairs(7, "nodeSelector"),
        Field::text(8, "serviceAccountName"),
        Field::text(10, "nodeName"),
        Field::bool(11, "hostNetwork"),
        Field::bool(12, "hostPID"),
        Field::bool(13, "hostIPC"),
        Field::one(14, "securityContext", &POD_SECURITY_CONTEXT),
        Field::many(15, "imagePullSecrets", &LOCAL_OBJECT_REFERENCE),
        Field::one(18, "affinity", &AFFINITY),
        Field::text(19, "schedulerName"),
        Field::many(20, "initContainers", &CONTAINER),
        Field::many(22, "tolerations", &TOLERATION),
        Field::text(24, "priorityClassName"),
        Field::int(25, "priority").kept(),
        Field::many(28, "readinessGates", &READINESS_GATE),
        Field::quantities(32, "overhead"),
        Field::many(33, "topologySpreadConstraints", &TOPOLOGY_SPREAD),
        Field::many(34, "ephemeralContainers", &EPHEMERAL_CONTAINER),
        Field::many(38, "schedulingGates", &SCHEDULING_GATE),
        Field::one(40, "resources", &RESOURCES),
    ],
};

static CONTAINER: Message = Message {
    name: "Container",
    fields: &[
        Field::text(1, "name").kept(),
        Field::text(2, "image"),
        Field::texts(4, "args"),
        Field::many(6, "ports", &CONTAINER_PORT),
        Field::many(7, "env", &VARIABLE),
        Field::one(8, "resources", &RESOURCES),
        Field::one(15, "securityContext", &SECURITY_CONTEXT),
        Field::many(19, "envFrom", &ENV_FROM),
        Field::text(24, "restartPolicy").kept(),
    ],
};

/// `EphemeralContainerCommon` has the fields of a container.
static EPHEMERAL_CONTAINER: Message =
    Message { name: "EphemeralContainer", fields: &[Field::inline(1, &CONTAINER)] };

static CONTAINER_PORT: Message = Message { name: "ContainerPort", fields: &[Field::int(2, "hostPort")] };

/// Its value is there for the role of AWS, the one that is read.
static VARIABLE: Message = Message {
    name: "EnvVar",
    fields: &[
        Field::text(1, "name").kept(),
        Field::text(2, "value"),
        Field::one(3, "valueFrom", &VARIABLE_SOURCE),
    ],
};

static VARIABLE_SOURCE: Message =
    Message { name: "EnvVarSource", fields: &[Field::one(4, "secretKeyRef", &SECRET_REFERENCE)] };

static ENV_FROM: Message =
    Message { name: "EnvFromSource", fields: &[Field::one(3, "secretRef", &SECRET_REFERENCE)] };

/// `SecretKeySelector`, `SecretEnvSource` and `SecretProjection`, of which the name is read.
static SECRET_REFERENCE: Message =
    Message { name: "SecretReference", fields: &[Field::inline(1, &LOCAL_OBJECT_REFERENCE)] };

static LOCAL_OBJECT_REFERENCE: Message =
    Message { name: "LocalObjectReference", fields: &[Field::text(1, "name")] };

static RESOURCES: Message = Message {
    name: "ResourceRequirements",
    fields: &[Field::quantities(1, "limits"), Field::quantities(2, "requests")],
};

static SECURITY_CONTEXT: Message = Message {
    name: "SecurityContext",
    fields: &[
        Field::one(1, "capabilities", &CAPABILITIES),
        Field::bool(2, "privileged").kept(),
        Field::int(4, "runAsUser").kept(),
        Field::bool(5, "runAsNonRoot").kept(),
        Field::bool(7, "allowPrivilegeEscalation").kept(),
        Field::text(9, "procMount").kept(),
        Field::one(11, "seccompProfile", &SECCOMP_PROFILE),
    ],
};

static POD_SECURITY_CONTEXT: Message = Message {
    name: "PodSecurityContext",
    fields: &[
        Field::int(2, "runAsUser").kept(),
        Field::bool(3, "runAsNonRoot").kept(),
        Field::one(10, "seccompProfile", &SECCOMP_PROFILE),
    ],
};

static CAPABILITIES: Message =
    Message { name: "Capabilities", fields: &[Field::texts(1, "add"), Field::texts(2, "drop")] };

static SECCOMP_PROFILE: Message =
    Message { name: "SeccompProfile", fields: &[Field::text(1, "type").kept()] };

static VOLUME: Message =
    Message { name: "Volume", fields: &[Field::text(1, "name").kept(), Field::inline(2, &VOLUME_SOURCE)] };

/// A volume of which it is enough to know that it is there.
static ANY_SOURCE: Message = Message { name: "VolumeSource", fields: &[] };

static VOLUME_SOURCE: Message = Message {
    name: "VolumeSource",
    fields: &[
        Field::one(1, "hostPath", &ANY_SOURCE),
        Field::one(3, "gcePersistentDisk", &ANY_SOURCE),
        Field::one(4, "awsElasticBlockStore", &ANY_SOURCE),
        Field::one(5, "gitRepo", &ANY_SOURCE),
        Field::one(6, "secret", &SECRET_VOLUME),
        Field::one(7, "nfs", &ANY_SOURCE),
        Field::one(8, "iscsi", &ANY_SOURCE),
        Field::one(9, "glusterfs", &ANY_SOURCE),
        Field::one(10, "persistentVolumeClaim", &CLAIM_VOLUME),
        Field::one(11, "rbd", &ANY_SOURCE),
        Field::one(12, "flexVolume", &ANY_SOURCE),
        Field::one(13, "cinder", &ANY_SOURCE),
        Field::one(14, "cephfs", &ANY_SOURCE),
        Field::one(15, "flocker", &ANY_SOURCE),
        Field::one(17, "fc", &ANY_SOURCE),
        Field::one(18, "azureFile", &ANY_SOURCE),
        Field::one(20, "vsphereVolume", &ANY_SOURCE),
        Field::one(21, "quobyte", &ANY_SOURCE),
        Field::one(22, "azureDisk", &ANY_SOURCE),
        Field::one(24, "portworxVolume", &ANY_SOURCE),
        Field::one(25, "scaleIO", &ANY_SOURCE),
        Field::one(26, "projected", &PROJECTED_VOLUME),
        Field::one(27, "storageos", &ANY_SOURCE),
        Field::one(29, "ephemeral", &ANY_SOURCE),
    ],
};

static SECRET_VOLUME: Message =
    Message { name: "SecretVolumeSource", fields: &[Field::text(1, "secretName")] };

static CLAIM_VOLUME: Message =
    Message { name: "PersistentVolumeClaimVolumeSource", fields: &[Field::text(1, "claimName").kept()] };

static PROJECTED_VOLUME: Message =
    Message { name: "ProjectedVolumeSource", fields: &[Field::many(1, "sources", &PROJECTION)] };

static PROJECTION: Message = Message {
    name: "VolumeProjection",
    fields: &[
        Field::one(1, "secret", &SECRET_REFERENCE),
        Field::one(4, "serviceAccountToken", &TOKEN_PROJECTION),
    ],
};

static TOKEN_PROJECTION: Message =
    Message { name: "ServiceAccountTokenProjection", fields: &[Field::text(1, "audience")] };

static AFFINITY: Message = Message {
    name: "Affinity",
    fields: &[
        Field::one(1, "nodeAffinity", &NODE_AFFINITY),
        Field::one(2, "podAffinity", &POD_AFFINITY),
        Field::one(3, "podAntiAffinity", &POD_AFFINITY),
    ],
};

static NODE_AFFINITY: Message = Message {
    name: "NodeAffinity",
    fields: &[Field::one(1, "requiredDuringSchedulingIgnoredDuringExecution", &NODE_SELECTOR)],
};

static NODE_SELECTOR: Message =
    Message { name: "NodeSelector", fields: &[Field::many(1, "nodeSelectorTerms", &NODE_SELECTOR_TERM)] };

static NODE_SELECTOR_TERM: Message = Message {
    name: "NodeSelectorTerm",
    fields: &[Field::many(1, "matchExpressions", &REQUIREMENT), Field::many(2, "matchFields", &REQUIREMENT)],
};

/// `PodAffinity` and `PodAntiAffinity`
static POD_AFFINITY: Message = Message {
    name: "PodAffinity",
    fields: &[
        Field::many(1, "requiredDuringSchedulingIgnoredDuringExecution", &POD_AFFINITY_TERM),
        Field::many(2, "preferredDuringSchedulingIgnoredDuringExecution", &WEIGHTED_TERM),
    ],
};

static POD_AFFINITY_TERM: Message = Message {
    name: "PodAffinityTerm",
    fields: &[
        Field::one(1, "labelSelector", &LABEL_SELECTOR),
        Field::texts(2, "namespaces"),
        Field::text(3, "topologyKey").kept(),
        Field::one(4, "namespaceSelector", &LABEL_SELECTOR),
    ],
};

static WEIGHTED_TERM: Message = Message {
    name: "WeightedPodAffinityTerm",
    fields: &[Field::one(2, "podAffinityTerm", &POD_AFFINITY_TERM)],
};

static TOLERATION: Message = Message {
    name: "Toleration",
    fields: &[
        Field::text(1, "key"),
        Field::text(2, "operator"),
        Field::text(3, "value"),
        Field::text(4, "effect"),
    ],
};

static TOPOLOGY_SPREAD: Message = Message {
    name: "TopologySpreadConstraint",
    fields: &[
        Field::int(1, "maxSkew").kept(),
        Field::text(2, "topologyKey").kept(),
        Field::text(3, "whenUnsatisfiable").kept(),
        Field::one(4, "labelSelector", &LABEL_SELECTOR),
        Field::int(5, "minDomains").kept(),
        Field::text(6, "nodeAffinityPolicy").kept(),
        Field::text(7, "nodeTaintsPolicy").kept(),
        Field::texts(8, "matchLabelKeys"),
    ],
};

static READINESS_GATE: Message =
    Message { name: "PodReadinessGate", fields: &[Field::text(1, "conditionType").kept()] };

static SCHEDULING_GATE: Message =
    Message { name: "PodSchedulingGate", fields: &[Field::text(1, "name").kept()] };

static POD_STATUS: Message = Message {
    name: "PodStatus",
    fields: &[
        Field::text(1, "phase"),
        Field::many(2, "conditions", &POD_CONDITION),
        Field::text(3, "message"),
        Field::text(4, "reason"),
        Field::text(6, "podIP"),
        Field::time(7, "startTime"),
        Field::many(8, "containerStatuses", &CONTAINER_STATUS),
        Field::text(9, "qosClass"),
        Field::many(10, "initContainerStatuses", &CONTAINER_STATUS),
        Field::text(11, "nominatedNodeName"),
        Field::many(12, "podIPs", &POD_IP),
        Field::many(13, "ephemeralContainerStatuses", &CONTAINER_STATUS),
    ],
};

static POD_IP: Message = Message { name: "PodIP", fields: &[Field::text(1, "ip").kept()] };

static POD_CONDITION: Message = Message {
    name: "PodCondition",
    fields: &[
        Field::text(1, "type").kept(),
        Field::text(2, "status").kept(),
        Field::time(4, "lastTransitionTime"),
        Field::text(5, "reason"),
        Field::text(6, "message"),
    ],
};

static CONTAINER_STATUS: Message = Message {
    name: "ContainerStatus",
    fields: &[
        Field::text(1, "name").kept(),
        Field::one(2, "state", &CONTAINER_STATE),
        Field::one(3, "lastState", &CONTAINER_STATE),
        Field::bool(4, "ready").kept(),
        Field::int(5, "restartCount").kept(),
        Field::bool(9, "started").kept(),
    ],
};

static CONTAINER_STATE: Message = Message {
    name: "ContainerState",
    fields: &[
        Field::one(1, "waiting", &WAITING),
        Field::one(2, "running", &RUNNING),
        Field::one(3, "terminated", &TERMINATED),
    ],
};

static WAITING: Message =
    Message { name: "ContainerStateWaiting", fields: &[Field::text(1, "reason"), Field::text(2, "message")] };

static RUNNING: Message = Message { name: "ContainerStateRunning", fields: &[Field::time(1, "startedAt")] };

static TERMINATED: Message = Message {
    name: "ContainerStateTerminated",
    fields: &[
        Field::int(1, "exitCode").kept(),
        Field::int(2, "signal"),
        Field::text(3, "reason"),
        Field::text(4, "message"),
        Field::time(6, "finishedAt"),
    ],
};

static EVENT: Message = Message {
    name: "Event",
    fields: &[
        Field::one(1, "metadata", &OBJECT_META),
        Field::one(2, "involvedObject", &OBJECT_REFERENCE),
        Field::text(3, "reason"),
        Field::text(4, "message"),
        Field::one(5, "source", &EVENT_SOURCE),
        Field::time(6, "firstTimestamp"),
        Field::time(7, "lastTimestamp"),
        Field::int(8, "count"),
        Field::text(9, "type"),
        Field::micro_time(10, "eventTime"),
        Field::one(11, "series", &EVENT_SERIES),
        Field::text(14, "reportingComponent").kept(),
    ],
};

static OBJECT_REFERENCE: Message = Message {
    name: "ObjectReference",
    fields: &[
        Field::text(1, "kind"),
        Field::text(2, "namespace"),
        Field::text(3, "name"),
        Field::text(7, "fieldPath"),
    ],
};

static EVENT_SOURCE: Message =
    Message { name: "EventSource", fields: &[Field::text(1, "component"), Field::text(2, "host")] };

static EVENT_SERIES: Message = Message {
    name: "EventSeries",
    fields: &[Field::int(1, "count"), Field::micro_time(2, "lastObservedTime")],
};

static ENDPOINT_SLICE: Message = Message {
    name: "EndpointSlice",
    fields: &[
        Field::one(1, "metadata", &OBJECT_META),
        Field::many(2, "endpoints", &ENDPOINT),
        Field::many(3, "ports", &ENDPOINT_PORT),
    ],
};

static ENDPOINT: Message =
    Message { name: "Endpoint", fields: &[Field::one(2, "conditions", &ENDPOINT_CONDITIONS)] };

static ENDPOINT_CONDITIONS: Message = Message {
    name: "EndpointConditions",
    fields: &[Field::bool(1, "ready").kept(), Field::bool(3, "terminating").kept()],
};

static ENDPOINT_PORT: Message =
    Message { name: "EndpointPort", fields: &[Field::text(1, "name").kept(), Field::int(3, "port").kept()] };
