//! Sources of Secrets: external, sealed and mounted.

use serde_json::{Value, json};

use super::*;
use crate::fleet::aws::kind::STORED_SECRETS;
use crate::fleet::aws::stored_secret::{Keeper, StoredSecret};
use crate::fleet::kind::{
    CLUSTER_SECRET_STORES, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, EXTERNAL_SECRETS, PUSH_SECRETS,
    SEALED_SECRETS, SECRET_MOUNTS, SECRET_PROVIDER_CLASSES, SECRET_STORES, SECRETS, STATEFUL_SETS,
};
use crate::fleet::secrets::external_secret::ExternalSecret;
use crate::fleet::secrets::pod_status::MountStatus;
use crate::fleet::secrets::provider_class::SecretProviderClass;
use crate::fleet::secrets::push_secret::PushSecret;
use crate::fleet::secrets::sealed_secret::SealedSecret;
use crate::fleet::secrets::secret_meta::SecretMeta;
use crate::fleet::secrets::secret_store::SecretStore;
use crate::fleet::workload::Workload;
use crate::fleet::{Problem, ProblemKind, Row, Timestamp, Verdict};
use crate::snapshot::Freshness;
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn external(ready: &str, refreshed: &str) -> Value {
    json!({"metadata": {"name": "app", "namespace": "web", "creationTimestamp": "2026-11-01T10:00:00Z"},
        "spec": {"refreshInterval": "1h", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws"},
            "data": [{"secretKey": "k", "remoteRef": {"key": "prod/app"}}]},
        "status": {"refreshTime": refreshed, "conditions": [{"type": "Ready", "status": ready, "reason": "R", "message": "could not get secret"}]}})
}

fn good() -> Value {
    external("True", "2026-11-21T12:30:00Z")
}

fn store(status: &str) -> Value {
    json!({"metadata": {"name": "aws"}, "spec": {"provider": {"aws": {"service": "SecretsManager"}}},
        "status": {"conditions": [{"type": "Ready", "status": status, "reason": "R", "message": "AccessDenied"}]}})
}

fn secret(name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "web"}})
}

fn deployment() -> Value {
    json!({"kind": "Deployment", "metadata": {"name": "api", "namespace": "web"},
        "spec": {"template": {"spec": {"containers": [{"envFrom": [{"secretRef": {"name": "app"}}]}]}}}})
}

fn cluster(external: &[Value], stores: &[Value], secrets: &[Value]) -> TestCluster {
    TestCluster::new()
        .with::<ExternalSecret>(&EXTERNAL_SECRETS, external)
        .with::<SecretStore>(&CLUSTER_SECRET_STORES, stores)
        .with::<SecretStore>(&SECRET_STORES, &[])
        .with::<SecretMeta>(&SECRETS, secrets)
        .with::<Workload>(&DEPLOYMENTS, &[deployment()])
        .with::<Workload>(&STATEFUL_SETS, &[])
        .with::<Workload>(&DAEMON_SETS, &[])
        .with::<Workload>(&CRON_JOBS, &[])
}

fn rows(cluster: TestCluster) -> Vec<(SecretSource, Verdict, String)> {
    let picture = cluster.looking_at(&SECRET_SOURCES).picture();
    let rows = picture.table::<SecretSource>(&SECRET_SOURCES).unwrap().iter();
    rows.map(|(_, row)| {
        let (verdict, why) = verdict::of(row, Timestamp::parse(NOW));
        (SecretSource::clone(row), verdict, why)
    })
    .collect()
}

fn judged(external: Value, stores: &[Value], secrets: &[Value]) -> (Verdict, String) {
    let (_, verdict, why) = rows(cluster(&[external], stores, secrets)).remove(0);
    (verdict, why)
}

#[test]
fn an_external_secret_knows_its_store_its_secret_and_who_uses_it() {
    let (row, verdict, why) = rows(cluster(&[good()], &[store("True")], &[secret("app")])).remove(0);
    assert_eq!((verdict, why.as_str(), &*row.provider), (Verdict::Ok, "", "aws"));
    assert_eq!(row.consumers, Consumers::Known(["Deployment api".into()].into()));
    assert_eq!(&*row.remote[0], "prod/app");
}

#[test]
fn a_store_that_is_denied_is_the_cause_and_a_secret_that_is_still_there_softens_it() {
    let failed = external("False", "2026-11-21T11:00:00Z");
    let there = judged(failed.clone(), &[store("False")], &[secret("app")]);
    let expected = "ClusterSecretStore aws: AccessDenied; last refreshed 120m ago";
    assert_eq!(there, (Verdict::Warning, expected.to_owned()));
    let gone = judged(failed.clone(), &[store("True")], &[]);
    assert_eq!(gone, (Verdict::Critical, "could not get secret".to_owned()));
    let nowhere = judged(failed, &[], &[secret("app")]);
    assert_eq!(nowhere, (Verdict::Critical, "ClusterSecretStore aws does not exist".to_owned()));
}

#[test]
fn a_refresh_that_is_overdue_is_said_unless_it_was_to_happen_once() {
    let old = external("True", "2026-11-21T09:00:00Z");
    assert_eq!(
        judged(old.clone(), &[store("True")], &[secret("app")]),
        (Verdict::Warning, "not refreshed for 4h, due every 60m".to_owned())
    );
    let mut once = old;
    once["spec"]["refreshPolicy"] = json!("CreatedOnce");
    assert_eq!(judged(once, &[store("True")], &[secret("app")]), (Verdict::Ok, String::new()));
}

#[test]
fn a_secret_that_somebody_deleted_is_missing_unless_somebody_else_makes_it() {
    assert_eq!(
        judged(good(), &[store("True")], &[]),
        (Verdict::Critical, "its secret app is not there".to_owned())
    );
    let mut merged = good();
    merged["spec"]["target"] = json!({"creationPolicy": "Merge"});
    assert_eq!(judged(merged, &[store("True")], &[]), (Verdict::Ok, String::new()));
}

#[test]
fn conditions_that_are_not_there_or_not_known_are_never_fine() {
    let odd = external("Perhaps", "2026-11-21T12:30:00Z");
    assert_eq!(judged(odd, &[store("True")], &[secret("app")]).0, Verdict::Unknown);
    let mut silent = good();
    silent["status"] = Value::Null;
    let (verdict, why) = judged(silent, &[store("True")], &[secret("app")]);
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::Warning, "no status after 20d: does the external-secrets operator run?")
    );
}

#[test]
fn sealed_and_mounted_ones_stand_beside_and_share_no_name() {
    let sealed = json!({"metadata": {"name": "app", "namespace": "web", "generation": 1}, "spec": {"encryptedData": {"key": "geheim"}},
        "status": {"observedGeneration": 1, "conditions": [{"type": "Synced", "status": "False", "message": "no key could decrypt secret"}]}});
    let class = json!({"metadata": {"name": "db", "namespace": "web"}, "spec": {"provider": "aws", "secretObjects": [{"secretName": "db"}]}});
    let mount = |pod: &str, mounted: bool| json!({"metadata": {"name": pod, "namespace": "web"}, "status": {"podName": pod, "secretProviderClassName": "db", "mounted": mounted}});
    let cluster = cluster(&[good()], &[store("True")], &[secret("app")])
        .with::<SealedSecret>(&SEALED_SECRETS, &[sealed])
        .with::<SecretProviderClass>(&SECRET_PROVIDER_CLASSES, &[class])
        .with::<MountStatus>(&SECRET_MOUNTS, &[mount("api-1", true), mount("api-2", false)]);
    let rows = rows(cluster);
    let find = |name: &str| rows.iter().find(|(row, _, _)| row.name() == name).unwrap();
    assert_eq!(find("app (ExternalSecret)").1, Verdict::Ok);
    let (_, verdict, why) = find("app (SealedSecret)");
    assert_eq!(
        (*verdict, why.as_str()),
        (Verdict::Critical, "cannot be unsealed: no key could decrypt secret")
    );
    let (row, verdict, why) = find("db");
    assert_eq!((*verdict, why.as_str()), (Verdict::Warning, "pod api-2 waits for its mount"));
    assert_eq!(row.consumers, Consumers::Known(["Pod api-1".into(), "Pod api-2".into()].into()));
    assert!(!format!("{rows:?}").contains("geheim"));
}

#[test]
fn a_kind_that_may_not_be_read_has_a_row_that_says_so() {
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: list externalsecrets");
    let cluster = TestCluster::new()
        .with_freshness::<ExternalSecret>(&EXTERNAL_SECRETS, Freshness::Forbidden { problem });
    let (row, verdict, why) = rows(cluster).remove(0);
    assert_eq!((row.name(), verdict), ("all externalsecrets", Verdict::Unknown));
    assert!(why.contains("forbidden"), "{why}");
}

#[test]
fn who_uses_a_secret_is_unknown_where_workloads_cannot_be_read() {
    let cluster = TestCluster::new().with::<ExternalSecret>(&EXTERNAL_SECRETS, &[good()]);
    let (row, _, _) = rows(cluster).remove(0);
    assert_eq!(row.consumers, Consumers::Unknown);
}

#[test]
fn a_pushed_secret_tells_where_it_goes_and_what_keeps_it_from_there() {
    let push = |ready: Value, refreshed: &str| {
        json!({"metadata": {"name": "out", "namespace": "web", "creationTimestamp": "2026-11-01T10:00:00Z"},
            "spec": {"refreshInterval": "1h", "secretStoreRefs": [{"kind": "ClusterSecretStore", "name": "aws"}],
                "selector": {"secret": {"name": "app"}}, "data": [{"match": {"remoteRef": {"remoteKey": "prod/out"}}}]},
            "status": {"refreshTime": refreshed, "conditions": ready}})
    };
    let ready = |status: &str| json!([{"type": "Ready", "status": status, "reason": "Errored", "message": "set secret failed"}]);
    let judged = |push: Value, stores: &[Value], secrets: &[Value]| {
        let cluster = cluster(&[], stores, secrets).with::<PushSecret>(&PUSH_SECRETS, &[push]);
        let (row, verdict, why) = rows(cluster).remove(0);
        assert_eq!((&*row.remote[0], &*row.targets[0].name), ("prod/out", "app"));
        assert_eq!(row.consumers, Consumers::Known(["Deployment api".into()].into()));
        (verdict, why)
    };
    let now = "2026-11-21T12:30:00Z";
    let (up, app) = ([store("True")], [secret("app")]);
    assert_eq!(judged(push(ready("True"), now), &up, &app), (Verdict::Ok, String::new()));
    let told = |verdict, words: &str| (verdict, words.to_owned());
    assert_eq!(judged(push(ready("False"), now), &up, &app), told(Verdict::Warning, "set secret failed"));
    let denied = told(Verdict::Warning, "ClusterSecretStore aws: AccessDenied");
    assert_eq!(judged(push(ready("False"), now), &[store("False")], &app), denied);
    assert_eq!(
        judged(push(ready("True"), now), &[], &app),
        told(Verdict::Critical, "ClusterSecretStore aws does not exist")
    );
    assert_eq!(
        judged(push(ready("True"), now), &up, &[]),
        told(Verdict::Critical, "its secret app is not there")
    );
    assert_eq!(
        judged(push(ready("True"), "2026-11-21T09:00:00Z"), &up, &app),
        told(Verdict::Warning, "not pushed for 4h, due every 60m")
    );
    assert_eq!(judged(push(ready("Perhaps"), now), &up, &app).0, Verdict::Unknown);
    assert_eq!(judged(push(json!(null), now), &up, &app).0, Verdict::Warning, "nobody has looked at it");
}

fn stored(name: &str) -> StoredSecret {
    StoredSecret {
        arn: format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-a1b2c3").into(),
        name: name.into(),
        changed: Timestamp::parse("2026-11-01T10:00:00Z"),
        ..StoredSecret::default()
    }
}

fn with_stored(external: Value, store: Value, stored: &[StoredSecret]) -> (SecretSource, Verdict, String) {
    let cluster = cluster(&[external], &[store], &[secret("app")]).polled(&STORED_SECRETS, stored);
    rows(cluster).remove(0)
}

#[test]
fn a_secret_that_its_store_does_not_have_or_is_about_to_lose_is_told() {
    let (row, verdict, why) = with_stored(good(), store("True"), &[stored("prod/app")]);
    assert_eq!((verdict, why.as_str()), (Verdict::Ok, ""));
    assert!(matches!(&row.stored, Stored::Known(keys) if keys[0].found.is_some()));
    let (_, verdict, why) = with_stored(good(), store("True"), &[stored("prod/other")]);
    assert_eq!((verdict, why.as_str()), (Verdict::Warning, "prod/app is not in the store"));
    let leaving = StoredSecret { deleted: Timestamp::parse("2026-11-19T13:00:00Z"), ..stored("prod/app") };
    let failed = external("False", "2026-11-21T11:00:00Z");
    let (_, verdict, why) = with_stored(failed, store("True"), &[leaving]);
    assert_eq!(verdict, Verdict::Warning);
    assert!(why.starts_with("prod/app is scheduled for deletion since 2d: could not get secret"), "{why}");
    let late = StoredSecret {
        rotates: true,
        next_rotation: Timestamp::parse("2026-11-18T13:00:00Z"),
        ..stored("prod/app")
    };
    let (_, _, why) = with_stored(good(), store("True"), &[late]);
    assert_eq!(why, "prod/app should have been rotated 3d ago");
}

#[test]
fn a_store_in_another_account_region_or_cloud_is_not_the_one_that_was_asked() {
    let aws = |fields: Value| {
        json!({"metadata": {"name": "aws"}, "spec": {"provider": fields},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    };
    for elsewhere in [
        json!({"aws": {"service": "SecretsManager", "region": "eu-west-1"}}),
        json!({"aws": {"service": "SecretsManager", "role": "arn:aws:iam::210987654321:role/reader"}}),
        json!({"aws": {"service": "SomethingNew"}}),
        json!({"vault": {"server": "https://vault"}}),
    ] {
        let (row, verdict, _) = with_stored(good(), aws(elsewhere.clone()), &[stored("prod/other")]);
        assert_eq!((row.stored, verdict), (Stored::Unknown, Verdict::Ok), "{elsewhere}");
    }
    let parameters = aws(json!({"aws": {"service": "ParameterStore"}}));
    let parameter = StoredSecret { keeper: Keeper::ParameterStore, ..stored("/prod/app") };
    let (row, verdict, why) = with_stored(good(), parameters, &[parameter]);
    assert_eq!((verdict, why.as_str()), (Verdict::Ok, ""), "named without its slash: {row:?}");
}

#[test]
fn nothing_waits_for_aws_and_what_it_did_not_say_is_unknown() {
    let problem = Problem::new(ProblemKind::Forbidden, "forbidden: secretsmanager:ListSecrets");
    let refused = Freshness::Forbidden { problem };
    let cluster = cluster(&[good()], &[store("True")], &[secret("app")])
        .with_freshness::<StoredSecret>(&STORED_SECRETS, refused);
    let (row, verdict, why) = rows(cluster).remove(0);
    assert_eq!((row.stored, verdict, why.as_str()), (Stored::Unknown, Verdict::Ok, ""));
}
