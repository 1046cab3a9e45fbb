//! `k8s.io.apimachinery.pkg.apis.meta.v1`

use super::{Field, Message};

pub(super) static LIST_META: Message = Message {
    name: "ListMeta",
    fields: &[
        Field::text(2, "resourceVersion"),
        Field::text(3, "continue"),
        Field::int(4, "remainingItemCount").kept(),
    ],
};

/// Without `managedFields` (17), which are nearly half of the bytes.
pub(super) static OBJECT_META: Message = Message {
    name: "ObjectMeta",
    fields: &[
        Field::text(1, "name"),
        Field::text(3, "namespace"),
        Field::text(5, "uid"),
        Field::text(6, "resourceVersion"),
        Field::int(7, "generation"),
        Field::time(8, "creationTimestamp"),
        Field::time(9, "deletionTimestamp"),
        Field::int(10, "deletionGracePeriodSeconds").kept(),
        Field::pairs(11, "labels"),
        Field::pairs(12, "annotations"),
        Field::many(13, "ownerReferences", &OWNER_REFERENCE),
        Field::texts(14, "finalizers"),
    ],
};

static OWNER_REFERENCE: Message = Message {
    name: "OwnerReference",
    fields: &[
        Field::text(1, "kind").kept(),
        Field::text(3, "name").kept(),
        Field::bool(6, "controller").kept(),
    ],
};

pub(super) static LABEL_SELECTOR: Message = Message {
    name: "LabelSelector",
    fields: &[Field::pairs(1, "matchLabels"), Field::many(2, "matchExpressions", &REQUIREMENT)],
};

/// `LabelSelectorRequirement`, and `core/v1` `NodeSelectorRequirement`, which has the same fields.
pub(super) static REQUIREMENT: Message = Message {
    name: "LabelSelectorRequirement",
    fields: &[Field::text(1, "key").kept(), Field::text(2, "operator").kept(), Field::texts(3, "values")],
};

pub(super) static STATUS: Message = Message {
    name: "Status",
    fields: &[
        Field::text(3, "message"),
        Field::text(4, "reason"),
        Field::one(5, "details", &STATUS_DETAILS),
        Field::int(6, "code"),
    ],
};

static STATUS_DETAILS: Message =
    Message { name: "StatusDetails", fields: &[Field::int(5, "retryAfterSeconds")] };
