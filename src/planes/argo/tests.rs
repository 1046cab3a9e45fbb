//! Applications as Argo CD leaves them, whole and broken, among the objects around them.

use serde_json::{Value, json};

use super::facts::MISSING_APPLICATIONS;
use super::*;
use crate::fleet::argo::application::{Application, HealthStatus};
use crate::fleet::argo::project::AppProject;
use crate::fleet::kind::{APP_PROJECTS, APPLICATIONS, DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS};
use crate::fleet::workload::Workload;
use crate::fleet::{Row, Timestamp, Verdict};
use crate::snapshot::test_cluster::{NOW, TestCluster};

fn application() -> Value {
    json!({
        "metadata": {"name": "web", "namespace": "argocd", "creationTimestamp": "2026-11-01T10:00:00Z"},
        "spec": {"project": "prod", "destination": {"namespace": "production", "server": "https://kubernetes.default.svc"},
            "source": {"repoURL": "https://git/x.git", "path": "web", "targetRevision": "main"},
            "syncPolicy": {"automated": {"selfHeal": true, "prune": true}}},
        "status": {
            "sync": {"status": "Synced", "revision": "a1"}, "health": {"status": "Healthy"}, "reconciledAt": "2026-11-21T12:58:00Z",
            "resources": [{"group": "apps", "kind": "Deployment", "namespace": "production", "name": "web", "status": "Synced"}],
            "history": [{"id": 1, "revision": "a1", "deployedAt": "2026-11-21T09:00:00Z"}],
            "operationState": {"phase": "Succeeded", "finishedAt": "2026-11-21T09:00:00Z", "operation": {}}}
    })
}

fn deployment(ready: u32) -> Value {
    json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "production", "generation": 1, "creationTimestamp": "2026-11-20T10:00:00Z"},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": ready, "availableReplicas": ready,
            "conditions": [{"type": "Available", "status": if ready == 2 { "True" } else { "False" }, "lastTransitionTime": "2026-11-21T12:30:00Z"},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}})
}

fn project(windows: Value) -> Value {
    json!({"metadata": {"name": "prod", "namespace": "argocd"}, "spec": {"syncWindows": windows, "sourceNamespaces": ["team-*"]}})
}

/// The cluster with one application, and what is concluded of it.
fn cluster(application: &Value, deployments: &[Value], projects: &[Value]) -> TestCluster {
    TestCluster::new()
        .with::<Application>(&APPLICATIONS, std::slice::from_ref(application))
        .with::<AppProject>(&APP_PROJECTS, projects)
        .with::<Workload>(&DEPLOYMENTS, deployments)
        .with::<Workload>(&STATEFUL_SETS, &[])
        .with::<Workload>(&DAEMON_SETS, &[])
        .looking_at(&APPLICATION_FACTS)
}

fn judged_in(cluster: &TestCluster) -> (Verdict, String) {
    let picture = cluster.picture();
    let (_, row) = picture.table::<Application>(&APPLICATIONS).unwrap().iter().next().unwrap();
    let wanted = picture.wanted.as_ref().and_then(|wanted| wanted.application(row.name()));
    verdict::of(row, of(&picture, row), wanted, Timestamp::parse(NOW))
}

fn judged(application: &Value) -> (Verdict, String) {
    judged_in(&cluster(application, &[deployment(2)], &[project(json!([]))]))
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut application = application();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        application.pointer_mut(parent).unwrap()[key] = value.clone();
    }
    application
}

const OUT_OF_SYNC: &str = "OutOfSync";

fn drifted(changes: &[(&str, Value)]) -> Value {
    let mut all =
        vec![("/status/sync/status", json!(OUT_OF_SYNC)), ("/status/resources/0/status", json!(OUT_OF_SYNC))];
    all.extend(changes.iter().cloned());
    with(&all)
}

#[test]
fn what_is_as_it_should_be_says_nothing() {
    assert_eq!(judged(&application()), (Verdict::Ok, String::new()));
}

#[test]
fn a_live_workload_that_is_broken_is_named_although_argo_says_healthy() {
    let cluster = cluster(&application(), &[deployment(0)], &[project(json!([]))]);
    let (verdict, why) = judged_in(&cluster);
    assert!(verdict >= Verdict::Warning && why.starts_with("Deployment production/web: "), "{why}");
    let picture = cluster.picture();
    let (_, row) = picture.table::<Application>(&APPLICATIONS).unwrap().iter().next().unwrap();
    assert_eq!(of(&picture, row).unwrap().assessed, Some(HealthStatus::Progressing));
}

#[test]
fn a_workload_that_is_not_there_is_missing() {
    let (verdict, why) = judged_in(&cluster(&application(), &[], &[project(json!([]))]));
    assert_eq!((verdict, why.as_str()), (Verdict::Critical, "Deployment production/web is not there"));
    // Nobody may look: nothing is missing.
    let blind = TestCluster::new()
        .with::<Application>(&APPLICATIONS, &[application()])
        .with::<AppProject>(&APP_PROJECTS, &[project(json!([]))])
        .looking_at(&APPLICATION_FACTS);
    assert_eq!(judged_in(&blind), (Verdict::Ok, String::new()));
}

#[test]
fn an_application_of_another_cluster_is_not_held_against_the_objects_of_this_one() {
    let other = with(&[("/spec/destination/server", json!("https://abc.eks.amazonaws.com"))]);
    assert_eq!(judged_in(&cluster(&other, &[], &[project(json!([]))])), (Verdict::Ok, String::new()));
}

#[test]
fn a_failed_sync_names_the_object_and_the_message() {
    let failed = drifted(&[(
        "/status/operationState",
        json!({"phase": "Failed", "message": "one or more objects failed", "finishedAt": "2026-11-21T12:50:00Z", "operation": {},
            "syncResult": {"revision": "a2", "resources": [{"kind": "ConfigMap", "namespace": "production", "name": "fine", "status": "Synced"},
                {"kind": "ServiceMonitor", "namespace": "monitoring", "name": "web", "status": "SyncFailed", "message": "no such kind"}]}}),
    )]);
    let expected = "last sync failed 10m ago: ServiceMonitor monitoring/web: no such kind";
    assert_eq!(judged(&failed), (Verdict::Critical, expected.to_owned()));
    let mut tried = failed;
    tried["status"]["operationState"]["operation"] = json!({"sync": {"dryRun": true}});
    assert!(!judged(&tried).1.contains("failed"), "a dry run changes nothing");
}

#[test]
fn a_sync_that_waits_for_its_next_attempt_is_not_taken_for_one_that_runs() {
    let state = |finished: Value| {
        with(&[(
            "/status/operationState",
            json!({"phase": "Running", "message": "m", "startedAt": "2026-11-21T12:58:00Z", "finishedAt": finished,
            "retryCount": 1, "operation": {"retry": {"limit": 5}}}),
        )])
    };
    assert_eq!(
        judged(&state(json!("2026-11-21T12:59:00Z"))),
        (Verdict::Warning, "sync waits for attempt 2 of 6: m".to_owned())
    );
    assert_eq!(judged(&state(Value::Null)), (Verdict::Progressing, "syncs for 2m: m".to_owned()));
}

#[test]
fn drift_and_a_new_revision_are_told_apart_by_who_must_act() {
    assert_eq!(
        judged(&drifted(&[])),
        (Verdict::Progressing, "drifted from Git, about to be healed: Deployment production/web".to_owned())
    );
    let manual = [("/spec/syncPolicy", json!({}))];
    assert_eq!(
        judged(&drifted(&manual)),
        (Verdict::Warning, "drifted from Git, sync is manual: Deployment production/web".to_owned())
    );
    let new = [manual[0].clone(), ("/status/sync/revision", json!("b2"))];
    assert_eq!(
        judged(&drifted(&new)),
        (
            Verdict::Warning,
            "waits for a manual sync: a1 → b2, deployed 4h ago: Deployment production/web".to_owned()
        )
    );
    let unhealed = [("/spec/syncPolicy/automated/selfHeal", json!(false))];
    assert_eq!(
        judged(&drifted(&unhealed)).1,
        "drifted from Git, self-heal is off: Deployment production/web"
    );
    let unpruned = [
        ("/spec/syncPolicy/automated/prune", json!(false)),
        ("/status/resources/0/requiresPruning", json!(true)),
    ];
    assert_eq!(
        judged(&drifted(&unpruned)).1,
        "pruning is off: Deployment production/web is no longer in Git"
    );
}

#[test]
fn a_sync_window_that_holds_an_automated_sync_up_says_for_how_long() {
    let windows = json!([{"kind": "deny", "schedule": "0 16 * * 5", "duration": "63h", "applications": ["*"]},
        {"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["others"]}]);
    let new = drifted(&[("/status/sync/revision", json!("b2"))]);
    let cluster = cluster(&new, &[deployment(2)], &[project(windows)]);
    let expected = "a sync window holds it up for 42h: Deployment production/web";
    assert_eq!(judged_in(&cluster), (Verdict::Warning, expected.to_owned()));
}

#[test]
fn what_argo_cannot_do_comes_first() {
    let broken = drifted(&[(
        "/status/conditions",
        json!([{"type": "OrphanedResourceWarning", "message": "3 orphans"},
        {"type": "ComparisonError", "message": "app path does not exist"}]),
    )]);
    assert_eq!(
        judged(&broken),
        (Verdict::Critical, "cannot be compared: app path does not exist".to_owned())
    );
    let orphaned =
        with(&[("/status/conditions", json!([{"type": "OrphanedResourceWarning", "message": "3 orphans"}]))]);
    assert_eq!(judged(&orphaned), (Verdict::Warning, "OrphanedResource: 3 orphans".to_owned()));
    let nowhere = cluster(&application(), &[deployment(2)], &[]);
    assert_eq!(judged_in(&nowhere), (Verdict::Critical, "its project prod does not exist".to_owned()));
}

#[test]
fn an_application_without_a_status_asks_whether_anybody_looks_at_it() {
    let silent = with(&[("/status", json!(null)), ("/metadata/namespace", json!("team-a"))]);
    assert_eq!(
        judged(&silent),
        (Verdict::Warning, "no status after 20d: does a controller look at namespace team-a?".to_owned())
    );
    let new =
        with(&[("/status", json!(null)), ("/metadata/creationTimestamp", json!("2026-11-21T12:59:00Z"))]);
    assert_eq!(judged(&new).0, Verdict::Progressing);
}

#[test]
fn a_status_that_stands_still_is_said() {
    let old = with(&[("/status/reconciledAt", json!("2026-11-21T12:00:00Z"))]);
    assert_eq!(judged(&old), (Verdict::Warning, "the controller has not reconciled it for 60m".to_owned()));
    let skipped = with(&[("/metadata/annotations", json!({"argocd.argoproj.io/skip-reconcile": "true"}))]);
    assert_eq!(judged(&skipped).1, "reconciling is switched off: its status stands still");
}

#[test]
fn words_that_are_not_known_are_never_fine() {
    let sync = with(&[("/status/sync/status", json!("Quantum"))]);
    assert_eq!(judged(&sync), (Verdict::Unknown, "sync status Quantum is not known here".to_owned()));
    let health = with(&[("/status/health/status", json!("Shiny"))]);
    assert_eq!(judged(&health), (Verdict::Unknown, "health Shiny is not known here".to_owned()));
    assert_eq!(judged(&with(&[("/status/sync/status", json!("Unknown"))])).0, Verdict::Unknown);
}

#[test]
fn a_project_is_found_beside_argo_for_applications_in_any_namespace() {
    let elsewhere = with(&[("/metadata/namespace", json!("team-a"))]);
    assert_eq!(judged(&elsewhere), (Verdict::Ok, String::new()));
    let foreign = with(&[("/metadata/namespace", json!("stranger"))]);
    assert_eq!(judged(&foreign).1, "its project prod does not exist");
    // A second installation has a project of the same name: that beside the application counts.
    let mut second =
        project(json!([{"kind": "deny", "schedule": "* * * * *", "duration": "1h", "applications": ["*"]}]));
    second["metadata"]["namespace"] = json!("argocd-2");
    let cluster = cluster(&application(), &[deployment(2)], &[second, project(json!([]))]);
    let picture = cluster.picture();
    let (_, row) = picture.table::<Application>(&APPLICATIONS).unwrap().iter().next().unwrap();
    assert!(of(&picture, row).unwrap().windows.is_empty());
}

#[test]
fn the_blueprint_is_held_against_automation_and_revision_and_what_is_missing() {
    let wanting = |text: &str| {
        judged_in(
            &cluster(&application(), &[deployment(2)], &[project(json!([]))])
                .wanting(&format!("environment = \"prod\"\n{text}")),
        )
    };
    assert_eq!(wanting("[applications.web]\nautomated = false").1, "syncs by itself, wanted manual");
    assert_eq!(wanting("[applications.web]\nrevision = \"release\"").1, "follows main, wanted release");
    assert_eq!(
        wanting("[applications.web]\nautomated = true\nrevision = \"main\""),
        (Verdict::Ok, String::new())
    );
    let missing = TestCluster::new()
        .with::<Application>(&APPLICATIONS, &[application()])
        .wanting("environment = \"prod\"\n[applications.web]\n[applications.gone]")
        .looking_at(&MISSING_APPLICATIONS)
        .picture();
    let names: Vec<&str> = missing
        .table::<Application>(&MISSING_APPLICATIONS)
        .unwrap()
        .iter()
        .map(|(_, row)| row.name())
        .collect();
    assert_eq!(names, ["gone"]);
}
