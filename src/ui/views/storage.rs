//! `storage`: claims with the volume that serves each, and what keeps a pod from using it.

use std::sync::Arc;

use crate::fleet::kind::{VOLUME_CLAIMS, VOLUME_USAGES};
use crate::fleet::quantity::human_bytes;
use crate::fleet::storage::usage::VolumeUsage;
use crate::fleet::{ResourceType, Row as _, Verdict};
use crate::planes::storage::{Found, STORED_CLAIMS, StoredClaim, verdict};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Claims with their volumes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Storage;

static ABOUT: ViewAbout = ViewAbout {
    name: "storage",
    aliases: &["pvc", "claims"],
    help: "Claims: volume, how full, class, zone, where attached, encrypted, snapshots, and what keeps pods from them",
};

static RESOURCES: [ResourceType; 1] = [STORED_CLAIMS];
static JOINS: [ResourceType; 1] = [VOLUME_USAGES];

static COLUMNS: [Column<StoredClaim>; 18] = [
    columns::namespace(),
    columns::name(),
    Column::<StoredClaim>::new("status", "STATUS", "Phase as kubectl prints it", |row, _| {
        Value::text(row.claim.phase.as_str()).into()
    })
    .fit(5, 12)
    .drop_at(2)
    .sorts_by('S'),
    Column::<StoredClaim>::new(
        "size",
        "SIZE",
        "What it has; what it asks for until it has anything",
        |row, _| match (row.claim.capacity, row.claim.requested) {
            (0, 0) => Value::Nothing.into(),
            (0, requested) => Value::Bytes(requested).as_role(Role::Dim),
            (capacity, _) => Value::Bytes(capacity).into(),
        },
    )
    .fit(5, 8)
    .drop_at(1)
    .sorts_by('C'),
    Column::<StoredClaim>::new(
        "used",
        "USED",
        "What is used of it, by the kubelet that has it mounted",
        |row, _| share(row, VolumeUsage::percent, |usage| Some(usage.used)),
    )
    .fit(5, 12)
    .drop_at(2)
    .sorts_by('U'),
    Column::<StoredClaim>::new("inodes", "INODES", "How many of its inodes are in use", |row, _| {
        share(row, VolumeUsage::inodes_percent, |_| None)
    })
    .fit(5, 6)
    .drop_at(8)
    .wide(),
    Column::<StoredClaim>::new("class", "CLASS", "StorageClass; the default one where none is named", class)
        .fit(4, 20)
        .drop_at(3)
        .sorts_by('L'),
    Column::<StoredClaim>::new("zone", "ZONE", "Where its volume can be used", |row, _| match row.zones() {
        [] if row.volume.known().is_some() => Value::text("any").as_role(Role::Dim),
        [] => Value::Nothing.into(),
        zones => Value::text(zones.join(",")).into(),
    })
    .fit(4, 24)
    .drop_at(3)
    .sorts_by('Z'),
    Column::<StoredClaim>::new("node", "ATTACHED TO", "The node that its volume is attached to", |row, _| {
        let attached = row.attachments.iter().filter(|at| at.is_attached);
        let hosts: Vec<&str> = attached.map(|at| crate::fleet::node::host(&at.node)).collect();
        Value::text(hosts.join(",")).as_role(Role::Dim)
    })
    .fit(6, 28)
    .drop_at(6)
    .sorts_by('D'),
    Column::<StoredClaim>::new(
        "encrypted",
        "ENCRYPTED",
        "Encrypted at rest, by its volume or else its class",
        encrypted,
    )
    .fit(3, 9)
    .drop_at(5)
    .sorts_by('E'),
    Column::<StoredClaim>::new("snapshots", "SNAPSHOTS", "How many snapshots there are of it", |row, _| {
        match row.snapshots {
            0 => Value::Nothing.into(),
            some => Value::Count(some.into()).into(),
        }
    })
    .fit(4, 9)
    .drop_at(7),
    Column::<StoredClaim>::new(
        "last-snapshot",
        "LAST SNAPSHOT",
        "Since its newest snapshot was taken",
        |row, _| row.last_snapshot.known().map_or(Value::Nothing, Value::Age).into(),
    )
    .fit(4, 13)
    .drop_at(8)
    .wide(),
    Column::<StoredClaim>::new("access", "ACCESS", "Access modes", |row, _| {
        Value::text(row.claim.access_modes.join(",")).as_role(Role::Dim)
    })
    .fit(6, 32)
    .drop_at(8)
    .wide(),
    Column::<StoredClaim>::new("requested", "ASKED FOR", "What it asks for", |row, _| {
        Value::Bytes(row.claim.requested).into()
    })
    .fit(5, 9)
    .drop_at(8)
    .wide(),
    Column::<StoredClaim>::new("volume", "VOLUME", "The volume that serves it", |row, _| {
        Value::maybe(row.claim.volume.as_deref()).as_role(Role::Dim)
    })
    .fit(8, 44)
    .wide(),
    Column::<StoredClaim>::new("handle", "HANDLE", "What the driver calls its volume", |row, _| {
        Value::maybe(row.volume.known().map(|volume| &*volume.handle)).as_role(Role::Dim)
    })
    .fit(8, 44)
    .wide(),
    columns::labels(),
    columns::age(|row, _| Value::Age(row.claim.meta.created).into()),
];

/// `12 Gi 64 %`; sorts by how full it is, and is a fraction in JSON like other shares.
fn share<'a>(
    row: &'a StoredClaim,
    percent: fn(&VolumeUsage) -> Option<u64>,
    bytes: fn(&VolumeUsage) -> Option<u64>,
) -> Cell<'a> {
    let usage = match &row.usage {
        Found::Is(usage) => usage,
        Found::Unknown => return Value::Unknown.into(),
        Found::NotNamed | Found::Missing => return Value::Nothing.into(),
    };
    let Some(percent) = percent(usage) else { return Value::Nothing.into() };
    let words = match bytes(usage) {
        Some(bytes) => format!("{} {percent} %", human_bytes(bytes)),
        None => format!("{percent} %"),
    };
    let role = match verdict::of_percent(percent) {
        Verdict::Critical => Role::Critical,
        Verdict::Warning => Role::Warning,
        _ => Role::Text,
    };
    Value::Measured { number: percent as f64 / 100.0, words: words.into() }.as_role(role)
}

fn class<'a>(row: &'a StoredClaim, _: &RowContext<'a>) -> Cell<'a> {
    match (row.claim.class.as_deref(), row.class.known()) {
        (Some(name), _) => Value::text(name).into(),
        (None, Some(default)) => Value::text(&*default.meta.name).as_role(Role::Dim),
        (None, None) => Value::Nothing.into(),
    }
}

fn encrypted<'a>(row: &'a StoredClaim, _: &RowContext<'a>) -> Cell<'a> {
    match row.is_encrypted() {
        Some(is_encrypted) => Value::Flag(is_encrypted).into(),
        None if row.claim.volume.is_none() => Value::Nothing.into(),
        None => Value::Unknown.into(),
    }
}

impl Listing for Storage {
    type Row = StoredClaim;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn misses(&self, _: &ResourceType) -> Option<&'static str> {
        Some("how full volumes are")
    }
    fn stands_for(&self, row: &StoredClaim) -> Option<(ResourceType, Arc<str>)> {
        Some((VOLUME_CLAIMS, row.name().into()))
    }
    fn columns(&self) -> &[Column<StoredClaim>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a StoredClaim, context: &RowContext<'a>) -> Judged<'a> {
        let (verdict, why) = verdict::of(row, context.now);
        Judged { verdict, why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::kind::{STORAGE_CLASSES, VOLUME_CLAIMS, VOLUMES};
    use crate::fleet::storage::claim::VolumeClaim;
    use crate::fleet::storage::class::StorageClass;
    use crate::fleet::storage::volume::Volume;
    use crate::fleet::{Problem, ProblemKind};
    use crate::snapshot::Freshness;
    use crate::ui::test_cluster::TestCluster;

    #[test]
    fn how_full_a_volume_is_sorts_as_a_share_and_is_unknown_where_it_may_not_be_asked() {
        let claim =
            json!({"metadata": {"name": "data", "namespace": "production"}, "status": {"phase": "Bound"}});
        let usage = VolumeUsage {
            namespace: "production".into(),
            claim: "data".into(),
            used: 12 << 30,
            capacity: 20 << 30,
            ..VolumeUsage::default()
        };
        let cluster = || TestCluster::new().with::<VolumeClaim>(&VOLUME_CLAIMS, std::slice::from_ref(&claim));
        let told = cluster().with_rows(&VOLUME_USAGES, [usage]).looking_at(&STORED_CLAIMS);
        assert_eq!(told.cell(&Storage, "data", "used"), r#"Measured { number: 0.6, words: "12 Gi 60 %" }"#);
        assert_eq!(told.cell(&Storage, "data", "inodes"), "Nothing", "its file system has no fixed number");
        let problem = Problem::new(ProblemKind::Forbidden, "forbidden: get nodes/proxy");
        let refused = cluster()
            .with_freshness::<VolumeUsage>(&VOLUME_USAGES, Freshness::Forbidden { problem })
            .looking_at(&STORED_CLAIMS);
        assert_eq!(refused.cell(&Storage, "data", "used"), "Unknown");
    }

    #[test]
    fn a_claim_stands_beside_its_volume_and_the_class_it_got() {
        let claim = json!({"metadata": {"name": "data", "namespace": "production"},
            "spec": {"volumeName": "pv-1", "resources": {"requests": {"storage": "20Gi"}}},
            "status": {"phase": "Bound", "capacity": {"storage": "10Gi"}}});
        let volume = json!({"metadata": {"name": "pv-1"}, "spec": {"csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"}}});
        let class = json!({"metadata": {"name": "gp2", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "ebs.csi.aws.com"});
        let cluster = TestCluster::new()
            .with::<VolumeClaim>(&VOLUME_CLAIMS, &[claim])
            .with::<Volume>(&VOLUMES, &[volume])
            .with::<StorageClass>(&STORAGE_CLASSES, &[class])
            .looking_at(&STORED_CLAIMS);
        let cell = |column| cluster.cell(&Storage, "data", column);
        assert_eq!((cell("class").as_str(), cell("zone").as_str()), ("gp2", "any"));
        assert_eq!((cell("handle").as_str(), cell("encrypted").as_str()), ("fs-1", "Unknown"));
        assert_eq!(cell("size"), format!("Bytes({})", 10_u64 << 30));
        let words = "asks for more than it has, and its class cannot grow";
        assert_eq!(cluster.judged(&Storage, "data"), (Verdict::Warning, words.to_owned()));
    }
}
