//! `k8s.io.api.batch.v1` and `k8s.io.api.apps.v1`: what makes pods in great numbers.

use super::core::POD_TEMPLATE;
use super::meta::{LABEL_SELECTOR, OBJECT_META};
use super::{Field, Message, list};

pub(super) static REPLICA_SETS: Message = list!("ReplicaSetList", REPLICA_SET);
pub(super) static JOBS: Message = list!("JobList", JOB);

static REPLICA_SET: Message = Message {
    name: "ReplicaSet",
    fields: &[
        Field::one(1, "metadata", &OBJECT_META),
        Field::one(2, "spec", &REPLICA_SET_SPEC),
        Field::one(3, "status", &REPLICA_SET_STATUS),
    ],
};

static REPLICA_SET_SPEC: Message = Message {
    name: "ReplicaSetSpec",
    fields: &[
        Field::int(1, "replicas").kept(),
        Field::one(2, "selector", &LABEL_SELECTOR),
        Field::one(3, "template", &POD_TEMPLATE),
    ],
};

static REPLICA_SET_STATUS: Message = Message {
    name: "ReplicaSetStatus",
    fields: &[
        Field::int(1, "replicas").kept(),
        Field::int(3, "observedGeneration"),
        Field::int(4, "readyReplicas"),
        Field::int(5, "availableReplicas"),
        Field::many(6, "conditions", &REPLICA_SET_CONDITION),
    ],
};

static REPLICA_SET_CONDITION: Message = Message {
    name: "ReplicaSetCondition",
    fields: &[
        Field::text(1, "type").kept(),
        Field::text(2, "status").kept(),
        Field::time(3, "lastTransitionTime"),
        Field::text(4, "reason"),
        Field::text(5, "message"),
    ],
};

static JOB: Message = Message {
    name: "Job",
    fields: &[
        Field::one(1, "metadata", &OBJECT_META),
        Field::one(2, "spec", &JOB_SPEC),
        Field::one(3, "status", &JOB_STATUS),
    ],
};

static JOB_SPEC: Message = Message {
    name: "JobSpec",
    fields: &[
        Field::int(1, "parallelism").kept(),
        Field::int(2, "completions").kept(),
        Field::one(4, "selector", &LABEL_SELECTOR),
        Field::one(6, "template", &POD_TEMPLATE),
        Field::int(7, "backoffLimit").kept(),
        Field::bool(10, "suspend").kept(),
    ],
};

static JOB_STATUS: Message = Message {
    name: "JobStatus",
    fields: &[
        Field::many(1, "conditions", &JOB_CONDITION),
        Field::time(2, "startTime"),
        Field::time(3, "completionTime"),
        Field::int(4, "active"),
        Field::int(5, "succeeded"),
        Field::int(6, "failed"),
    ],
};

static JOB_CONDITION: Message = Message {
    name: "JobCondition",
    fields: &[
        Field::text(1, "type").kept(),
        Field::text(2, "status").kept(),
        Field::time(4, "lastTransitionTime"),
        Field::text(5, "reason"),
        Field::text(6, "message"),
    ],
};
