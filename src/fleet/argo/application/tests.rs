//! Applications as Argo CD leaves them.

use serde_json::{Value, json};

use super::*;

fn pack(application: &Value) -> Application {
    let json = application.to_string();
    Application::pack(serde_json::from_str(&json).unwrap(), &mut Interner::default())
}

fn recorded() -> Value {
    json!({
        "metadata": {"name": "myapp-production", "namespace": "argocd",
            "annotations": {"argocd.argoproj.io/refresh": "hard"},
            "ownerReferences": [{"kind": "ApplicationSet", "name": "myapp", "controller": true}]},
        "spec": {"project": "prod", "destination": {"namespace": "production", "server": "https://kubernetes.default.svc"},
            "source": {"repoURL": "https://me:token@git.example.org/charts.git", "path": "charts/myapp", "targetRevision": "main",
                "helm": {"valueFiles": ["../../values/production.yaml"], "parameters": [{"name": "password", "value": "geheim"}]}},
            "syncPolicy": {"automated": {"prune": true}, "syncOptions": ["ServerSideApply=true"]}},
        "operation": {"sync": {}},
        "status": {
            "sync": {"status": "OutOfSync", "revision": "5f6f6e8"},
            "health": {"status": "Degraded", "message": "too bad", "lastTransitionTime": "2026-11-21T07:36:19Z"},
            "reconciledAt": "2026-11-21T15:20:18Z",
            "resources": [
                {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "production", "name": "api", "status": "OutOfSync",
                    "health": {"status": "Degraded", "message": "crash loop"}, "syncWave": -2, "requiresPruning": true},
                {"kind": "ServiceAccount", "namespace": "production", "name": "api", "status": "Synced"},
                {"group": "batch", "kind": "Job", "name": "migrate", "hook": true}],
            "operationState": {"phase": "Running", "message": "waiting for completion of hook", "startedAt": "2026-11-21T15:00:00Z",
                "finishedAt": "2026-11-21T15:01:00Z", "retryCount": 2,
                "operation": {"initiatedBy": {"username": "ada"}, "retry": {"limit": -1},
                    "sync": {"dryRun": true, "resources": [{"kind": "Service", "name": "api"}]}},
                "syncResult": {"revision": "5f6f6e8", "resources": [{"group": "batch", "kind": "Job", "namespace": "production",
                    "name": "migrate", "message": "failed", "hookType": "PreSync", "hookPhase": "Failed", "syncPhase": "PreSync",
                    "images": ["api:1"]}]}},
            "conditions": [{"type": "SyncError", "message": "Failed last sync attempt", "lastTransitionTime": "2026-11-21T15:02:00Z"}],
            "history": [{"id": 0, "revision": "old", "deployedAt": "2026-11-20T05:36:19Z", "initiatedBy": {"automated": true}},
                {"id": 1, "revision": "new", "deployStartedAt": "2026-11-21T05:35:19Z", "deployedAt": "2026-11-21T05:36:19Z"}],
            "summary": {"images": ["api:1.8.1", "web:1.8.1"], "externalURLs": ["https://api.cosner.cloud"]}}
    })
}

#[test]
fn a_recorded_application_is_read() {
    let app = pack(&recorded());
    assert_eq!((&*app.project, &*app.destination.namespace), ("prod", "production"));
    assert_eq!(&*app.sources[0].repo, "https://git.example.org/charts.git");
    assert_eq!(
        (&*app.sources[0].value_files[0], &*app.sources[0].target_revision),
        ("../../values/production.yaml", "main")
    );
    assert_eq!(app.automated, Some(Automated { prunes: true, heals: false }));
    assert_eq!((app.sync.clone(), &*app.revisions[0]), (SyncStatus::OutOfSync, "5f6f6e8"));
    assert_eq!((app.health.status.clone(), &*app.health.message), (HealthStatus::Degraded, "too bad"));
    assert_eq!(app.application_set(), Some("myapp"));
    assert_eq!(
        (app.refresh.as_deref(), app.is_skipped, app.is_operation_requested),
        (Some("hard"), false, true)
    );
    assert_eq!((app.images.len(), &*app.external_urls[0]), (2, "https://api.cosner.cloud"));
    assert_eq!(&*app.conditions[0].kind, "SyncError");
    assert!(!format!("{app:?}").contains("geheim") && !format!("{app:?}").contains("token"));
}

#[test]
fn its_resources_say_what_they_know_and_no_more() {
    let app = pack(&recorded());
    let [deployment, account, hook] = &*app.resources else { panic!("{:?}", app.resources) };
    assert_eq!((deployment.health.clone(), deployment.wave), (Some(HealthStatus::Degraded), -2));
    assert_eq!(deployment.health_message.as_deref(), Some("crash loop"));
    assert!(deployment.requires_pruning && !deployment.is_hook);
    assert_eq!((account.health.clone(), account.sync.clone()), (None, SyncStatus::Synced));
    assert!(hook.is_hook && hook.sync == SyncStatus::default());
}

#[test]
fn an_operation_that_waits_for_its_next_attempt_has_an_end() {
    let operation = *pack(&recorded()).operation.unwrap();
    assert_eq!(operation.phase, OperationPhase::Running);
    assert!(!operation.finished.is_never() && operation.is_dry_run && operation.is_partial);
    assert_eq!((operation.retries, operation.retry_limit), (2, Some(-1)));
    assert_eq!((&*operation.initiator.user, operation.initiator.is_automated), ("ada", false));
    let result = &operation.results[0];
    assert_eq!((&*result.hook, result.hook_phase.clone()), ("PreSync", OperationPhase::Failed));
    assert_eq!(&*result.images[0], "api:1");
}

#[test]
fn the_newest_ten_deployments_are_kept_the_newest_first() {
    let mut json = recorded();
    assert_eq!(pack(&json).deployed_revisions()[..], ["new".into()]);
    json["status"]["history"] =
        (0..30).map(|id| json!({"id": id, "revisions": [format!("a{id}"), "b"]})).collect();
    let app = pack(&json);
    assert_eq!((app.history.len(), app.history[0].id, app.history[9].id), (10, 29, 20));
    assert_eq!(app.deployed_revisions()[..], ["a29".into(), "b".into()]);
}

#[test]
fn several_sources_hide_the_single_one_and_automation_can_be_off() {
    let mut json = recorded();
    json["spec"]["sources"] =
        json!([{"chart": "redis", "repoURL": "https://charts"}, {"ref": "values", "repoURL": "https://git"}]);
    json["spec"]["syncPolicy"]["automated"] = json!({"enabled": false, "prune": true});
    json["status"]["sync"] = json!({"status": "Synced", "revisions": ["1.0", "abc"]});
    let app = pack(&json);
    let sources: Vec<(&str, &str)> = app.sources.iter().map(|s| (&*s.chart, &*s.reference)).collect();
    assert_eq!(sources, [("redis", ""), ("", "values")]);
    assert_eq!((app.automated, app.revisions.len()), (None, 2));
    json["spec"]["syncPolicy"]["automated"] = json!({});
    assert_eq!(pack(&json).automated, Some(Automated::default()));
}

#[test]
fn a_new_application_says_nothing_yet() {
    let app =
        pack(&json!({"metadata": {"name": "new"}, "status": {"sync": null, "health": {"status": "Shiny"}}}));
    assert_eq!(app.sync, SyncStatus::default());
    assert_eq!(app.health.status.as_str(), "Shiny");
    assert!(app.operation.is_none() && app.history.is_empty() && app.reconciled.is_never());
}

#[test]
fn three_hundred_applications_of_a_hundred_resources_take_less_than_eight_megabytes() {
    let mut json = recorded();
    json["status"]["resources"] = (0..100)
        .map(|at| json!({"group": "apps", "kind": "Deployment", "namespace": "production", "name": format!("component-{at}"),
            "status": "Synced", "version": "v1"}))
        .collect();
    let app = pack(&json);
    // The names are the only texts that are not shared: each with its counts, its place in the interner, and malloc's 8.
    let names: usize = app.resources.iter().map(|resource| resource.name.len() + 16 + 34 + 8).sum();
    let bytes = size_of::<Application>() + size_of_val(&*app.resources) + names;
    assert!(300 * bytes < 8_000_000, "{bytes} bytes each");
}
