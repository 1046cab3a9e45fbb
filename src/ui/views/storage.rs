//! `storage`: claims with the volume that serves each, and what keeps a pod from using it.

use std::sync::Arc;

use crate::fleet::kind::VOLUME_CLAIMS;
use crate::fleet::{ResourceType, Row as _};
use crate::planes::storage::{STORED_CLAIMS, StoredClaim, verdict};
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
    help: "Claims: volume, class, zone, where attached, encrypted, snapshots, and what keeps pods from them",
};

static RESOURCES: [ResourceType; 1] = [STORED_CLAIMS];

static COLUMNS: [Column<StoredClaim>; 16] = [
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
    use crate::fleet::Verdict;
    use crate::fleet::kind::{STORAGE_CLASSES, VOLUME_CLAIMS, VOLUMES};
    use crate::fleet::storage::claim::VolumeClaim;
    use crate::fleet::storage::class::StorageClass;
    use crate::fleet::storage::volume::Volume;
    use crate::ui::test_cluster::TestCluster;

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
