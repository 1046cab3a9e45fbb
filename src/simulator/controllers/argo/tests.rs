use serde_json::{Value, json};

use crate::simulator::controllers::Controllers;
use crate::simulator::controllers::tests::{deployment, fleet, messages, pass, set_image};
use crate::simulator::store::{DeleteOptions, Key};
use crate::simulator::world::cluster::{DEV, PROD};
use crate::simulator::world::field;

fn key(name: &str) -> Key {
    Key::namespaced("applications.argoproj.io", "argocd", name)
}

fn application(fleet: &Controllers, name: &str) -> Value {
    fleet.store().get(&key(name)).unwrap()
}

fn sync(fleet: &Controllers, name: &str, order: &Value) {
    fleet
        .store()
        .edit(&key(name), |application| {
            field::put(application, "operation", order.clone());
            field::drop_at(application, "status.operationState");
            Ok(())
        })
        .unwrap();
}

fn image(fleet: &Controllers, namespace: &str, name: &str) -> String {
    let object = fleet.store().get(&deployment(namespace, name)).unwrap();
    field::text(&field::list(&object, "spec.template.spec.containers")[0], "image").to_owned()
}

fn by_hand() -> Value {
    json!({"initiatedBy": {"username": "maya"}, "sync": {}})
}

#[test]
fn a_change_by_hand_is_out_of_sync_in_production_until_somebody_syncs() {
    let mut fleet = fleet(&PROD);
    let committed = image(&fleet, "production", "web");
    set_image(&fleet, &deployment("production", "web"), "r/web:hotfix");
    pass(&mut fleet, 120);
    let drifted = application(&fleet, "myapp-production");
    assert_eq!(field::text(&drifted, "status.sync.status"), "OutOfSync");
    assert_eq!(field::text(&drifted, "status.health.status"), "Healthy");
    let rows = field::list(&drifted, "status.resources");
    let differing: Vec<&str> = rows
        .iter()
        .filter(|row| field::text(row, "status") == "OutOfSync")
        .map(|row| field::text(row, "name"))
        .collect();
    assert_eq!(differing, ["web"]);
    sync(&fleet, "myapp-production", &by_hand());
    pass(&mut fleet, 120);
    let synced = application(&fleet, "myapp-production");
    assert_eq!(field::text(&synced, "status.sync.status"), "Synced");
    assert_eq!(field::text(&synced, "status.operationState.phase"), "Succeeded");
    assert!(field::at(&synced, "operation").is_null());
    assert_eq!(field::list(&synced, "status.history").len(), 2);
    assert_eq!(field::number(&field::list(&synced, "status.history")[1], "id"), 1);
    assert_eq!(image(&fleet, "production", "web"), committed);
}

#[test]
fn an_application_that_heals_itself_undoes_a_change_within_seconds_and_its_history_stays() {
    let mut fleet = fleet(&DEV);
    let committed = image(&fleet, "staging", "web");
    set_image(&fleet, &deployment("staging", "web"), "r/web:hotfix");
    pass(&mut fleet, 30);
    assert_eq!(image(&fleet, "staging", "web"), committed);
    let healed = application(&fleet, "myapp-staging");
    assert_eq!(field::list(&healed, "status.history").len(), 1, "a partial sync is no deployment");
    assert_eq!(
        field::list(&healed, "status.operationState.operation.sync.resources").len(),
        1,
        "only what differed"
    );
}

#[test]
fn a_new_commit_is_deployed_by_itself_and_becomes_history() {
    let mut fleet = fleet(&DEV);
    fleet.store().git().change("myapp-staging", "c0ffee", |manifests| {
        for manifest in
            manifests.iter_mut().filter(|own| field::kind(own) == "Deployment" && field::name(own) == "web")
        {
            for container in field::list_mut(manifest, "spec.template.spec.containers") {
                field::put(container, "image", json!("r/web:2.0.0"));
            }
        }
    });
    pass(&mut fleet, 900);
    assert_eq!(image(&fleet, "staging", "web"), "r/web:2.0.0");
    let deployed = application(&fleet, "myapp-staging");
    let history = field::list(&deployed, "status.history");
    assert_eq!(field::text(history.last().unwrap(), "revision"), "c0ffee");
    assert_eq!(field::text(&deployed, "status.sync.revision"), "c0ffee");
    assert!(field::at(&deployed, "status.summary.images").to_string().contains("r/web:2.0.0"));
    let results = field::list(&deployed, "status.operationState.syncResult.resources");
    assert!(
        results.iter().any(|row| field::text(row, "message") == "deployment.apps/web serverside-applied")
    );
}

#[test]
fn what_is_taken_out_of_git_is_pruned_where_that_is_on_and_only_named_where_it_is_off() {
    for (cluster, name, namespace, kept) in
        [(&DEV, "myapp-staging", "staging", false), (&PROD, "myapp-production", "production", true)]
    {
        let mut fleet = fleet(cluster);
        fleet.store().git().change(name, "less", |manifests| {
            manifests.retain(|own| !(field::kind(own) == "Service" && field::name(own) == "worker"));
        });
        pass(&mut fleet, 900);
        let service = fleet.store().get(&Key::namespaced("services", namespace, "worker"));
        assert_eq!(service.is_ok(), kept, "{name}");
        let rows = application(&fleet, name);
        let rows = field::list(&rows, "status.resources");
        assert_eq!(rows.iter().any(|row| field::is_true(row, "requiresPruning")), kept);
    }
}

#[test]
fn an_object_that_cannot_be_applied_fails_the_sync_with_its_own_words() {
    let mut fleet = fleet(&PROD);
    fleet.store().git().change("myapp-production", "bad", |manifests| {
        manifests.push(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "web", "namespace": "production"}}));
    });
    sync(&fleet, "myapp-production", &by_hand());
    pass(&mut fleet, 60);
    let failed = application(&fleet, "myapp-production");
    assert_eq!(field::text(&failed, "status.operationState.phase"), "Failed");
    let rows = field::list(&failed, "status.operationState.syncResult.resources");
    let row = rows.iter().find(|row| field::text(row, "status") == "SyncFailed").unwrap();
    assert_eq!(
        field::text(row, "message"),
        "The Kubernetes API could not find monitoring.coreos.com/v1/ServiceMonitor for requested resource production/web. Make sure the \"ServiceMonitor\" CRD is installed on the destination cluster."
    );
    assert!(rows.iter().any(|row| field::text(row, "status") == "Synced"), "the others were applied");
    assert_eq!(field::list(&failed, "status.history").len(), 1);
}

#[test]
fn a_sync_that_fails_by_itself_is_tried_again_and_then_says_that_it_gave_up() {
    let mut fleet = fleet(&DEV);
    fleet.store().git().change("myapp-staging", "bad", |manifests| {
        manifests.push(json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": {"name": "web", "namespace": "staging"}}));
    });
    pass(&mut fleet, 60);
    let trying = application(&fleet, "myapp-staging");
    assert_eq!(field::text(&trying, "status.operationState.phase"), "Running");
    assert!(!field::at(&trying, "status.operationState.finishedAt").is_null());
    pass(&mut fleet, 600);
    let failed = application(&fleet, "myapp-staging");
    assert_eq!(field::text(&failed, "status.operationState.phase"), "Failed");
    assert_eq!(field::number(&failed, "status.operationState.retryCount"), 5);
    let condition = &field::list(&failed, "status.conditions")[0];
    assert!(
        field::text(condition, "message").starts_with("Failed last sync attempt to bad: one or more objects")
    );
    assert!(!messages(&fleet, "argocd", "OperationCompleted").is_empty());
}

#[test]
fn a_closed_window_without_leave_for_people_keeps_a_sync_waiting() {
    let mut fleet = fleet(&PROD);
    let project = Key::namespaced("appprojects.argoproj.io", "argocd", "prod");
    let allow = |fleet: &Controllers, manual: bool| {
        fleet
            .store()
            .edit(&project, |project| {
                for window in field::list_mut(project, "spec.syncWindows") {
                    field::put(window, "manualSync", json!(manual));
                }
                Ok(())
            })
            .unwrap()
    };
    allow(&fleet, false);
    sync(&fleet, "myapp-production", &by_hand());
    pass(&mut fleet, 300);
    let blocked = application(&fleet, "myapp-production");
    assert_eq!(field::text(&blocked, "status.operationState.phase"), "Running");
    assert_eq!(
        field::text(&blocked, "status.operationState.message"),
        "Sync operation blocked by sync window"
    );
    allow(&fleet, true);
    pass(&mut fleet, 120);
    assert_eq!(
        field::text(&application(&fleet, "myapp-production"), "status.operationState.phase"),
        "Succeeded"
    );
}

#[test]
fn a_dry_run_tells_what_it_would_do_and_changes_nothing() {
    let mut fleet = fleet(&PROD);
    set_image(&fleet, &deployment("production", "web"), "r/web:hotfix");
    sync(&fleet, "myapp-production", &json!({"initiatedBy": {"username": "maya"}, "sync": {"dryRun": true}}));
    pass(&mut fleet, 60);
    let tried = application(&fleet, "myapp-production");
    assert_eq!(field::text(&tried, "status.operationState.phase"), "Succeeded");
    let rows = field::list(&tried, "status.operationState.syncResult.resources");
    assert!(rows.iter().any(|row| field::at(row, "images").to_string().contains("myapp/web:1.8.1")));
    assert_eq!(image(&fleet, "production", "web"), "r/web:hotfix");
    assert_eq!(field::list(&tried, "status.history").len(), 1);
}

#[test]
fn a_refresh_that_was_asked_for_is_done_and_the_request_is_gone() {
    let mut fleet = fleet(&PROD);
    fleet
        .store()
        .edit(&key("myapp-production"), |application| {
            field::annotate(application, "argocd.argoproj.io/refresh", "hard");
            Ok(())
        })
        .unwrap();
    fleet.work();
    let refreshed = application(&fleet, "myapp-production");
    assert_eq!(field::annotation(&refreshed, "argocd.argoproj.io/refresh"), "");
    assert_eq!(field::text(&refreshed, "status.reconciledAt"), "2026-11-21T10:42:07Z");
}

#[test]
fn an_application_that_is_deleted_or_changed_comes_back_as_its_set_says() {
    let mut fleet = fleet(&DEV);
    fleet.store().delete(&key("myapp-staging"), &DeleteOptions::default()).unwrap();
    fleet
        .store()
        .edit(&key("myapp-dev"), |application| {
            field::put(application, "spec.source.targetRevision", json!("feature"));
            Ok(())
        })
        .unwrap();
    pass(&mut fleet, 60);
    assert_eq!(field::text(&application(&fleet, "myapp-staging"), "status.sync.status"), "Synced");
    assert_eq!(field::text(&application(&fleet, "myapp-dev"), "spec.source.targetRevision"), "develop");
}

#[test]
fn an_application_without_a_source_says_what_it_could_not_load() {
    let mut fleet = fleet(&PROD);
    fleet
        .store()
        .create(&json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "lost", "namespace": "argocd"}, "spec": {"source": {"path": "nowhere"}, "project": "platform"}}))
        .unwrap();
    pass(&mut fleet, 5);
    let lost = application(&fleet, "lost");
    assert_eq!(field::text(&lost, "status.sync.status"), "Unknown");
    assert_eq!(field::text(&field::list(&lost, "status.conditions")[0], "type"), "ComparisonError");
}
