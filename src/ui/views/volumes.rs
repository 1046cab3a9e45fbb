//! `volumes`, `storageclasses` and `snapshots`: what there is, by which rules it is made, and what was copied of it.

use crate::fleet::csi_driver::CsiDriver;
use crate::fleet::kind::{CSI_DRIVERS, STORAGE_CLASSES, VOLUME_SNAPSHOTS, VOLUMES};
use crate::fleet::storage::class::StorageClass;
use crate::fleet::storage::snapshot::VolumeSnapshot;
use crate::fleet::storage::volume::{Volume, VolumePhase};
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Verdict};
use crate::ui::columns;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;

/// Deleting a volume, and taking a snapshot, may take this long.
const PATIENCE: i64 = 10 * 60;

/// Volumes and whom they serve.
#[derive(Clone, Copy, Debug, Default)]
pub struct Volumes;

static ABOUT_VOLUMES: ViewAbout = ViewAbout {
    name: "volumes",
    aliases: &["pv"],
    help: "PersistentVolumes: whom they serve, zone, what becomes of them, and those that nobody has",
};

static OF_VOLUMES: [ResourceType; 1] = [VOLUMES];

static VOLUME_COLUMNS: [Column<Volume>; 13] = [
    columns::name(),
    Column::<Volume>::new("status", "STATUS", "Phase as kubectl prints it", |volume, _| {
        Value::text(volume.phase.as_str()).into()
    })
    .fit(5, 12)
    .drop_at(1)
    .sorts_by('S'),
    Column::<Volume>::new("size", "SIZE", "Capacity", |volume, _| Value::Bytes(volume.capacity).into())
        .fit(5, 8)
        .drop_at(1)
        .sorts_by('C'),
    Column::<Volume>::new("claim", "CLAIM", "Whom it serves", |volume, _| {
        let claim = volume.claim.as_ref().map(|claim| format!("{}/{}", claim.namespace, claim.name));
        Value::text(claim.unwrap_or_default()).into()
    })
    .fit(6, 56)
    .drop_at(1)
    .sorts_by('M'),
    Column::<Volume>::new("class", "CLASS", "StorageClass", |volume, _| Value::text(&*volume.class).into())
        .fit(4, 20)
        .drop_at(4)
        .sorts_by('L'),
    Column::<Volume>::new("zone", "ZONE", "Where it can be used", |volume, _| {
        Value::text(volume.zones.join(",")).into()
    })
    .fit(4, 24)
    .drop_at(3)
    .sorts_by('Z'),
    Column::<Volume>::new("reclaim", "RECLAIM", "What becomes of it after its claim", |volume, _| {
        Value::text(&*volume.reclaim_policy).as_role(Role::Dim)
    })
    .fit(6, 8)
    .drop_at(5),
    Column::<Volume>::new("encrypted", "ENCRYPTED", "Encrypted at rest, as its driver says", |volume, _| {
        volume.is_encrypted().map_or(Value::Unknown, Value::Flag).into()
    })
    .fit(3, 9)
    .drop_at(6),
    Column::<Volume>::new("driver", "DRIVER", "What mounts it", |volume, _| {
        Value::text(&*volume.driver).as_role(Role::Dim)
    })
    .fit(6, 28)
    .wide(),
    Column::<Volume>::new("handle", "HANDLE", "What the driver calls it", |volume, _| {
        Value::text(&*volume.handle).as_role(Role::Dim)
    })
    .fit(8, 44)
    .drop_at(7),
    Column::<Volume>::new("access", "ACCESS", "Access modes", |volume, _| {
        Value::text(volume.access_modes.join(",")).as_role(Role::Dim)
    })
    .fit(6, 32)
    .wide(),
    columns::labels(),
    columns::age(|volume, _| Value::Age(volume.meta.created).into()),
];

impl Listing for Volumes {
    type Row = Volume;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT_VOLUMES
    }
    fn resources(&self) -> &[ResourceType] {
        &OF_VOLUMES
    }
    fn columns(&self) -> &[Column<Volume>] {
        &VOLUME_COLUMNS
    }
    fn verdict<'a>(&self, volume: &'a Volume, context: &RowContext<'a>) -> Judged<'a> {
        if let Some(at) = volume.meta.deleted.known() {
            let since = at.age_at(context.now);
            let verdict = if since > PATIENCE { Verdict::Warning } else { Verdict::Progressing };
            return Judged::because(verdict, format!("being deleted for {}", human_duration(since)));
        }
        let whose = || match &volume.claim {
            Some(claim) => format!("claim {}/{}", claim.namespace, claim.name),
            None => "its claim".to_owned(),
        };
        match &volume.phase {
            VolumePhase::Bound | VolumePhase::Available => Judged::ok(),
            VolumePhase::Pending => Judged::because(Verdict::Progressing, "being made"),
            VolumePhase::Failed => {
                let words = [&*volume.reason, &*volume.message].join(" ");
                Judged::because(Verdict::Critical, format!("could not be reclaimed: {}", words.trim()))
            }
            // Keeping what was on it is what somebody asked for; that it costs money is for the bill to say.
            VolumePhase::Released if &*volume.reclaim_policy == "Retain" => {
                Judged::because(Verdict::Ok, format!("kept after {} was deleted", whose()))
            }
            VolumePhase::Released => match volume.since.known().map(|since| since.age_at(context.now)) {
                Some(since) if since > PATIENCE => {
                    let words =
                        format!("{} is gone for {}, and it was not deleted", whose(), human_duration(since));
                    Judged::because(Verdict::Warning, words)
                }
                _ => Judged::because(Verdict::Progressing, "its claim is gone; it is being deleted"),
            },
            VolumePhase::Other(word) if word.is_empty() => {
                Judged::because(Verdict::Progressing, "nobody has looked at it yet")
            }
            VolumePhase::Other(word) => {
                Judged::because(Verdict::Unknown, format!("phase {word} is not known"))
            }
        }
    }
}

/// StorageClasses: how volumes are made.
#[derive(Clone, Copy, Debug, Default)]
pub struct StorageClasses;

static ABOUT_CLASSES: ViewAbout = ViewAbout {
    name: "storageclasses",
    aliases: &["sc", "storageclass"],
    help: "StorageClasses: the default one against the blueprint, driver, encryption, binding, what is reclaimed",
};

static OF_CLASSES: [ResourceType; 1] = [STORAGE_CLASSES];
static CLASS_JOINS: [ResourceType; 1] = [CSI_DRIVERS];

static CLASS_COLUMNS: [Column<StorageClass>; 10] = [
    columns::name(),
    Column::<StorageClass>::new(
        "default",
        "DEFAULT",
        "Claims that name no class get this one",
        |class, _| {
            if class.is_default { Value::Flag(true).into() } else { Value::Nothing.into() }
        },
    )
    .fit(3, 7)
    .drop_at(0)
    .sorts_by('D'),
    Column::<StorageClass>::new(
        "provisioner",
        "PROVISIONER",
        "The driver that makes its volumes",
        |class, _| Value::text(&*class.provisioner).into(),
    )
    .fit(8, 32)
    .drop_at(1)
    .sorts_by('P'),
    Column::<StorageClass>::new("type", "TYPE", "Type of disk", |class, _| {
        Value::maybe(class.parameter("type")).into()
    })
    .fit(3, 10)
    .drop_at(3),
    Column::<StorageClass>::new("encrypted", "ENCRYPTED", "Whether it asks for encryption", |class, _| {
        match class.parameter("encrypted").map(str::parse) {
            Some(Ok(is_encrypted)) => Value::Flag(is_encrypted).into(),
            Some(Err(_)) => Value::Unknown.into(),
            None => Value::Nothing.into(),
        }
    })
    .fit(3, 9)
    .drop_at(3)
    .sorts_by('E'),
    Column::<StorageClass>::new("binding", "BINDING", "When the zone is chosen", |class, _| {
        Value::text(&*class.binding_mode).as_role(Role::Dim)
    })
    .fit(9, 20)
    .drop_at(4),
    Column::<StorageClass>::new(
        "reclaim",
        "RECLAIM",
        "What becomes of a volume after its claim",
        |class, _| Value::text(&*class.reclaim_policy).as_role(Role::Dim),
    )
    .fit(6, 8)
    .drop_at(5),
    Column::<StorageClass>::new("expandable", "GROWS", "Whether its volumes can grow", |class, _| {
        Value::Flag(class.is_expandable).into()
    })
    .fit(3, 5)
    .drop_at(6),
    columns::labels(),
    columns::age(|class, _| Value::Age(class.meta.created).into()),
];

/// The CSI driver that stands behind a provisioner: Kubernetes hands over what its own plugins did (`CSIMigration`).
fn driver(provisioner: &str) -> &str {
    match provisioner {
        "kubernetes.io/aws-ebs" => "ebs.csi.aws.com",
        other => other,
    }
}

impl Listing for StorageClasses {
    type Row = StorageClass;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT_CLASSES
    }
    fn resources(&self) -> &[ResourceType] {
        &OF_CLASSES
    }
    fn joins(&self) -> &[ResourceType] {
        &CLASS_JOINS
    }
    fn columns(&self) -> &[Column<StorageClass>] {
        &CLASS_COLUMNS
    }
    fn verdict<'a>(&self, class: &'a StorageClass, context: &RowContext<'a>) -> Judged<'a> {
        let wanted =
            context.cluster.wanted.as_ref().and_then(|wanted| wanted.default_storage_class.as_deref());
        let is_wanted = wanted == Some(&*class.meta.name);
        match wanted {
            Some(_) if is_wanted && !class.is_default => {
                return Judged::because(Verdict::Warning, "should be the default, and is not");
            }
            Some(wanted) if class.is_default && !is_wanted => {
                return Judged::because(
                    Verdict::Warning,
                    format!("is the default; the blueprint wants {wanted}"),
                );
            }
            _ => {}
        }
        // A handful of classes and of drivers: walking is all the index they need.
        let driver = driver(&class.provisioner);
        let drivers = context.cluster.table::<CsiDriver>(&CSI_DRIVERS);
        let is_gone = drivers.is_some_and(|drivers| drivers.find(None, driver).is_none());
        if is_gone && join::is_complete(context, &CSI_DRIVERS, "") {
            let words = format!("nothing here makes its volumes: there is no CSI driver {driver}");
            return Judged::because(Verdict::Warning, words);
        }
        Judged::ok()
    }
}

/// Snapshots of volumes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshots;

static ABOUT_SNAPSHOTS: ViewAbout = ViewAbout {
    name: "snapshots",
    aliases: &["volumesnapshots", "vs"],
    help: "VolumeSnapshots: of which claim, when taken, and why they are not ready",
};

static OF_SNAPSHOTS: [ResourceType; 1] = [VOLUME_SNAPSHOTS];

static SNAPSHOT_COLUMNS: [Column<VolumeSnapshot>; 8] = [
    columns::namespace(),
    columns::name(),
    Column::<VolumeSnapshot>::new("ready", "READY", "A volume can be made from it", |snapshot, _| {
        snapshot.is_ready.map_or(Value::Nothing, Value::Flag).into()
    })
    .fit(3, 5)
    .drop_at(1)
    .sorts_by('R'),
    Column::<VolumeSnapshot>::new("claim", "OF", "The claim that was copied", |snapshot, _| {
        Value::maybe(snapshot.claim.as_deref()).into()
    })
    .fit(4, 40)
    .drop_at(1)
    .sorts_by('C'),
    Column::<VolumeSnapshot>::new(
        "size",
        "SIZE",
        "How large a volume made from it is at least",
        |snapshot, _| {
            if snapshot.restore_size == 0 {
                Value::Nothing.into()
            } else {
                Value::Bytes(snapshot.restore_size).into()
            }
        },
    )
    .fit(5, 8)
    .drop_at(3),
    Column::<VolumeSnapshot>::new("taken", "TAKEN", "Since it was taken", |snapshot, _| {
        snapshot.taken.known().map_or(Value::Nothing, Value::Age).into()
    })
    .fit(4, 7)
    .drop_at(2)
    .sorts_by('T'),
    columns::labels(),
    columns::age(|snapshot, _| Value::Age(snapshot.meta.created).into()),
];

impl Listing for Snapshots {
    type Row = VolumeSnapshot;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT_SNAPSHOTS
    }
    fn resources(&self) -> &[ResourceType] {
        &OF_SNAPSHOTS
    }
    fn columns(&self) -> &[Column<VolumeSnapshot>] {
        &SNAPSHOT_COLUMNS
    }
    fn verdict<'a>(&self, snapshot: &'a VolumeSnapshot, context: &RowContext<'a>) -> Judged<'a> {
        if snapshot.is_ready == Some(true) {
            return Judged::ok();
        }
        if let Some(error) = &snapshot.error {
            return Judged::because(Verdict::Warning, format!("could not be taken: {}", error.message));
        }
        let since = snapshot.meta.created.age_at(context.now);
        let verdict = if since > PATIENCE { Verdict::Warning } else { Verdict::Progressing };
        Judged::because(verdict, format!("being taken for {}", human_duration(since)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::ui::test_cluster::TestCluster;

    fn volume(name: &str, phase: &str, policy: &str) -> Json {
        json!({"metadata": {"name": name}, "spec": {"persistentVolumeReclaimPolicy": policy,
            "claimRef": {"namespace": "production", "name": "data"}},
            "status": {"phase": phase, "message": "volume is in use", "lastPhaseTransitionTime": "2026-11-21T12:00:00Z"}})
    }

    #[test]
    fn a_volume_without_its_claim_says_what_becomes_of_it() {
        let volumes = [
            volume("kept", "Released", "Retain"),
            volume("stuck", "Released", "Delete"),
            volume("failed", "Failed", "Delete"),
            volume("odd", "Dreaming", "Delete"),
        ];
        let cluster = TestCluster::new().with::<Volume>(&VOLUMES, &volumes);
        let judged = |name| cluster.judged(&Volumes, name);
        assert_eq!(judged("kept"), (Verdict::Ok, "kept after claim production/data was deleted".to_owned()));
        let words = "claim production/data is gone for 60m, and it was not deleted";
        assert_eq!(judged("stuck"), (Verdict::Warning, words.to_owned()));
        assert_eq!(
            judged("failed"),
            (Verdict::Critical, "could not be reclaimed: volume is in use".to_owned())
        );
        assert_eq!(judged("odd"), (Verdict::Unknown, "phase Dreaming is not known".to_owned()));
    }

    #[test]
    fn the_default_class_is_compared_with_the_blueprint_and_nothing_is_said_without_one() {
        let class = |name: &str, default: &str| {
            json!({"metadata": {"name": name, "annotations": {"storageclass.kubernetes.io/is-default-class": default}},
                "provisioner": "kubernetes.io/aws-ebs"})
        };
        let classes = || {
            let drivers = [json!({"metadata": {"name": "ebs.csi.aws.com"}})];
            TestCluster::new()
                .with::<StorageClass>(&STORAGE_CLASSES, &[class("gp2", "true"), class("gp3", "false")])
                .with::<CsiDriver>(&CSI_DRIVERS, &drivers)
        };
        assert_eq!(classes().judged(&StorageClasses, "gp2"), (Verdict::Ok, String::new()));
        let cluster = classes().wanting("environment = \"prod\"\ndefault-storage-class = \"gp3\"");
        let judged = |name| cluster.judged(&StorageClasses, name).1;
        assert_eq!(judged("gp2"), "is the default; the blueprint wants gp3");
        assert_eq!(judged("gp3"), "should be the default, and is not");
    }

    #[test]
    fn a_class_whose_driver_is_not_there_says_so_only_when_drivers_can_be_read() {
        let class = json!({"metadata": {"name": "efs"}, "provisioner": "efs.csi.aws.com"});
        let cluster =
            || TestCluster::new().with::<StorageClass>(&STORAGE_CLASSES, std::slice::from_ref(&class));
        assert_eq!(cluster().judged(&StorageClasses, "efs").0, Verdict::Ok);
        let without = cluster().with::<CsiDriver>(&CSI_DRIVERS, &[]);
        let words = "nothing here makes its volumes: there is no CSI driver efs.csi.aws.com";
        assert_eq!(without.judged(&StorageClasses, "efs"), (Verdict::Warning, words.to_owned()));
    }

    #[test]
    fn a_snapshot_that_fails_says_why() {
        let snapshot = |name: &str, status: Json| {
            json!({"metadata": {"name": name, "namespace": "production", "creationTimestamp": "2026-11-21T12:00:00Z"},
                "spec": {"source": {"persistentVolumeClaimName": "data"}}, "status": status})
        };
        let failed = json!({"readyToUse": false, "error": {"message": "quota exceeded"}});
        let snapshots =
            [snapshot("a", json!({"readyToUse": true})), snapshot("b", failed), snapshot("c", Json::Null)];
        let cluster = TestCluster::new().with::<VolumeSnapshot>(&VOLUME_SNAPSHOTS, &snapshots);
        let judged = |name| cluster.judged(&Snapshots, name);
        assert_eq!(judged("a"), (Verdict::Ok, String::new()));
        assert_eq!(judged("b"), (Verdict::Warning, "could not be taken: quota exceeded".to_owned()));
        assert_eq!(judged("c"), (Verdict::Warning, "being taken for 60m".to_owned()));
    }
}
