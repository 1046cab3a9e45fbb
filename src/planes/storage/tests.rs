use serde_json::{Value as Json, json};

use super::{Found, STORED_CLAIMS, StoredClaim, verdict};
use crate::fleet::kind::{
    NODES, PODS, STORAGE_CLASSES, VOLUME_ATTACHMENTS, VOLUME_CLAIMS, VOLUME_SNAPSHOTS, VOLUME_USAGES, VOLUMES,
};
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::storage::attachment::VolumeAttachment;
use crate::fleet::storage::claim::VolumeClaim;
use crate::fleet::storage::class::StorageClass;
use crate::fleet::storage::snapshot::VolumeSnapshot;
use crate::fleet::storage::usage::VolumeUsage;
use crate::fleet::storage::volume::Volume;
use crate::fleet::{Problem, ProblemKind, Timestamp, Verdict};
use crate::snapshot::Freshness;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn claim(name: &str, phase: &str, class: Json, volume: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "production", "creationTimestamp": "2026-11-21T12:00:00Z"},
        "spec": {"storageClassName": class, "volumeName": volume, "resources": {"requests": {"storage": "10Gi"}}},
        "status": {"phase": phase, "capacity": {"storage": "10Gi"}}})
}

fn volume(name: &str, zone: &str) -> Json {
    json!({"metadata": {"name": name}, "spec": {"capacity": {"storage": "10Gi"},
        "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]}}}, "status": {"phase": "Bound"}})
}

fn node(name: &str, zone: &str, ready: &str) -> Json {
    json!({"metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone}},
        "status": {"conditions": [{"type": "Ready", "status": ready}]}})
}

fn gp3() -> Json {
    json!({"metadata": {"name": "gp3", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "true"}, "volumeBindingMode": "WaitForFirstConsumer"})
}

/// A pod without a node that uses a claim.
fn waiting(name: &str, claim: &str, message: &str) -> Json {
    json!({"metadata": {"name": name, "namespace": "production"},
        "spec": {"containers": [{"name": "c", "image": "c:1"}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]},
        "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}})
}

fn cluster(claims: &[Json]) -> TestCluster {
    TestCluster::new()
        .with::<VolumeClaim>(&VOLUME_CLAIMS, claims)
        .with::<StorageClass>(&STORAGE_CLASSES, &[gp3()])
        .with::<Volume>(&VOLUMES, &[volume("pv-a", "us-east-1a"), volume("pv-c", "us-east-1c")])
        .with::<Node>(&NODES, &[node("n-a", "us-east-1a", "True"), node("n-c", "us-east-1c", "False")])
        .with::<VolumeAttachment>(&VOLUME_ATTACHMENTS, &[])
        .with::<VolumeSnapshot>(&VOLUME_SNAPSHOTS, &[])
}

fn row(cluster: TestCluster, name: &str) -> StoredClaim {
    let picture = cluster.looking_at(&STORED_CLAIMS).picture();
    let table = picture.table::<StoredClaim>(&STORED_CLAIMS).unwrap();
    let (_, row) = table.find(Some("production"), name).unwrap();
    StoredClaim::clone(row)
}

fn said(cluster: TestCluster, name: &str) -> (Verdict, String) {
    verdict::of(&row(cluster, name), Timestamp::parse(NOW))
}

#[test]
fn a_bound_claim_in_a_zone_with_nodes_is_well_and_encrypted_by_its_class() {
    let row = row(cluster(&[claim("data", "Bound", json!("gp3"), "pv-a")]), "data");
    assert_eq!(verdict::of(&row, Timestamp::parse(NOW)), (Verdict::Ok, String::new()));
    assert_eq!((row.reach, row.is_encrypted()), (Some(1), Some(true)));
}

#[test]
fn a_volume_in_a_zone_without_nodes_names_the_zone_and_the_pod_that_waits() {
    let bound = || cluster(&[claim("data", "Bound", json!("gp3"), "pv-c")]);
    let words = "its volume is in us-east-1c, where no node takes pods";
    assert_eq!(said(bound(), "data"), (Verdict::Warning, words.to_owned()));
    let pods = [waiting("db-0", "data", "0/2 nodes are available")];
    let (verdict, why) = said(bound().with::<Pod>(&PODS, &pods), "data");
    assert_eq!((verdict, why), (Verdict::Critical, format!("{words}; pod db-0 waits")));
}

#[test]
fn the_schedulers_zone_conflict_is_told_of_the_claim() {
    let pods =
        [waiting("db-0", "data", "0/2 nodes are available: 1 node(s) had volume node affinity conflict")];
    let cluster = cluster(&[claim("data", "Bound", json!("gp3"), "pv-a")]).with::<Pod>(&PODS, &pods);
    let words = "pod db-0 fits no node in us-east-1a, where its volume is";
    assert_eq!(said(cluster, "data"), (Verdict::Critical, words.to_owned()));
}

#[test]
fn a_claim_without_a_class_gets_the_default_one_and_misses_it_where_there_is_none() {
    let claims = [claim("data", "Pending", Json::Null, ""), claim("old", "Pending", json!("gp9"), "")];
    assert_eq!(said(cluster(&claims), "data"), (Verdict::Ok, "no pod uses it yet".to_owned()));
    assert_eq!(
        said(cluster(&claims), "old"),
        (Verdict::Critical, "StorageClass gp9 does not exist".to_owned())
    );
    let without = cluster(&claims).with::<StorageClass>(&STORAGE_CLASSES, &[]);
    let words = "names no StorageClass, and none is the default";
    assert_eq!(said(without, "data"), (Verdict::Critical, words.to_owned()));
}

#[test]
fn classes_and_volumes_that_cannot_be_read_are_not_missing() {
    let claims = [claim("data", "Bound", json!("gp9"), "pv-9")];
    let unread = TestCluster::new().with::<VolumeClaim>(&VOLUME_CLAIMS, &claims);
    assert_eq!(said(unread, "data"), (Verdict::Ok, String::new()));
    let (verdict, why) = said(cluster(&claims), "data");
    assert_eq!((verdict, why), (Verdict::Critical, "its volume pv-9 does not exist".to_owned()));
}

#[test]
fn a_claim_that_waits_for_a_volume_says_from_whom_and_for_how_long() {
    let mut pending = claim("data", "Pending", json!("gp3"), "");
    pending["metadata"]["annotations"] = json!({"volume.kubernetes.io/selected-node": "n-a"});
    let words = "no volume from ebs.csi.aws.com for 60m";
    assert_eq!(said(cluster(&[pending]), "data"), (Verdict::Warning, words.to_owned()));
}

#[test]
fn attaching_that_fails_and_nodes_that_are_gone_are_told() {
    let attachment = |node: &str, error: Json| {
        json!({"metadata": {"name": format!("csi-{node}"), "creationTimestamp": "2026-11-21T12:59:00Z"},
            "spec": {"attacher": "ebs.csi.aws.com", "nodeName": node, "source": {"persistentVolumeName": "pv-a"}},
            "status": {"attached": error.is_null(), "attachError": error}})
    };
    let with = |attachments: &[Json]| {
        let bound = claim("data", "Bound", json!("gp3"), "pv-a");
        said(cluster(&[bound]).with::<VolumeAttachment>(&VOLUME_ATTACHMENTS, attachments), "data")
    };
    assert_eq!(with(&[attachment("n-a", Json::Null)]), (Verdict::Ok, String::new()));
    let words = "cannot be attached to n-a: volume vol-1 is attached elsewhere";
    let failed = attachment("n-a", json!({"message": "volume vol-1 is attached elsewhere"}));
    assert_eq!(with(&[failed]), (Verdict::Critical, words.to_owned()));
    let words = "attached to n-x, which is gone";
    assert_eq!(with(&[attachment("n-x", Json::Null)]), (Verdict::Warning, words.to_owned()));
}

#[test]
fn snapshots_are_counted_and_an_unknown_phase_is_not_well() {
    let snapshot = json!({"metadata": {"name": "s", "namespace": "production"},
        "spec": {"source": {"persistentVolumeClaimName": "data"}}, "status": {"creationTime": "2026-11-21T11:00:00Z"}});
    let cluster = cluster(&[claim("data", "Dreaming", json!("gp3"), "pv-a")])
        .with::<VolumeSnapshot>(&VOLUME_SNAPSHOTS, &[snapshot]);
    let row = row(cluster, "data");
    assert_eq!((row.snapshots, row.last_snapshot.rfc3339().as_str()), (1, "2026-11-21T11:00:00Z"));
    let words = "phase Dreaming is not known";
    assert_eq!(verdict::of(&row, Timestamp::parse(NOW)), (Verdict::Unknown, words.to_owned()));
}

#[test]
fn a_table_that_may_not_be_read_leaves_claims_as_they_are() {
    let problem = crate::fleet::Problem::new(crate::fleet::ProblemKind::Forbidden, "forbidden: list nodes");
    let cluster = cluster(&[claim("data", "Bound", json!("gp3"), "pv-c")])
        .with_freshness::<Node>(&NODES, Freshness::Forbidden { problem });
    assert_eq!(row(cluster, "data").reach, None);
}

/// A bound claim of which a kubelet says this.
fn filled(used: u64, inodes_used: u64) -> TestCluster {
    let usage = VolumeUsage {
        namespace: "production".into(),
        claim: "data".into(),
        used: used << 30,
        capacity: 100 << 30,
        inodes_used,
        inodes: 1000,
        ..VolumeUsage::default()
    };
    cluster(&[claim("data", "Bound", json!("gp3"), "pv-a")]).with_rows(&VOLUME_USAGES, [usage])
}

#[test]
fn a_volume_that_is_nearly_full_is_told_with_its_share() {
    let told = |used, inodes| verdict::of(&row(filled(used, inodes), "data"), Timestamp::parse(NOW));
    assert_eq!(told(84, 10), (Verdict::Ok, String::new()));
    assert_eq!(told(85, 10), (Verdict::Warning, "nearly full: 85 % of 100 Gi used".to_owned()));
    assert_eq!(told(95, 10), (Verdict::Critical, "nearly full: 95 % of 100 Gi used".to_owned()));
    let inodes = "nearly out of inodes: 90 % of 1000 used";
    assert_eq!(told(20, 900), (Verdict::Warning, inodes.to_owned()));
    assert_eq!(told(97, 900), (Verdict::Critical, format!("nearly full: 97 % of 100 Gi used; {inodes}")));
}

#[test]
fn what_is_worse_than_a_full_volume_stands_before_it() {
    let usage = VolumeUsage {
        namespace: "production".into(),
        claim: "data".into(),
        used: 90,
        capacity: 100,
        ..VolumeUsage::default()
    };
    let there = |volume: &str| {
        cluster(&[claim("data", "Bound", json!("gp3"), volume)]).with_rows(&VOLUME_USAGES, [usage.clone()])
    };
    let (verdict, words) = verdict::of(&row(there("pv-gone"), "data"), Timestamp::parse(NOW));
    assert_eq!((verdict, words.as_str()), (Verdict::Critical, "its volume pv-gone does not exist"));
    let (verdict, words) = verdict::of(&row(there("pv-c"), "data"), Timestamp::parse(NOW));
    assert_eq!(
        (verdict, words.as_str()),
        (Verdict::Warning, "nearly full: 90 % of 100 B used"),
        "and before what is as bad"
    );
}

#[test]
fn how_full_it_is_is_unknown_where_kubelets_may_not_be_asked_and_nothing_where_they_are_silent() {
    let usage = |cluster: TestCluster| row(cluster, "data").usage;
    let bound = || cluster(&[claim("data", "Bound", json!("gp3"), "pv-a")]);
    assert_eq!(usage(bound()), Found::NotNamed, "nobody asked yet");
    assert_eq!(usage(bound().with_rows::<VolumeUsage>(&VOLUME_USAGES, [])), Found::Missing);
    let problem = || Problem::new(ProblemKind::Forbidden, "forbidden: get nodes/proxy as dev");
    for freshness in
        [Freshness::Forbidden { problem: problem() }, Freshness::Unavailable { problem: problem() }]
    {
        let refused = bound().with_freshness::<VolumeUsage>(&VOLUME_USAGES, freshness);
        let row = row(refused, "data");
        assert_eq!(row.usage, Found::Unknown);
        assert_eq!(verdict::of(&row, Timestamp::parse(NOW)).0, Verdict::Ok, "not knowing is no fault of it");
    }
}
