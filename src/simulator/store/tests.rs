use super::*;

fn store() -> Store {
    let store = Store::new("myapp-dev", SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
    store
        .create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "development"}}))
        .unwrap();
    store
}

fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "development", "labels": {"app": "web"}},
        "spec": {"nodeName": "node-1", "containers": [{"name": "web", "image": "web:1"}]},
        "status": {"phase": "Running"}})
}

fn setting(parent: &str, field: &str, value: Value) -> impl FnMut(&mut Value) -> Result<(), Status> {
    move |document| {
        set(document, parent, field, value.clone());
        Ok(())
    }
}

fn key_of(name: &str) -> Key {
    Key::namespaced("pods", "development", name)
}

#[test]
fn a_created_object_gets_its_identity() {
    let made = store().create(&pod("web-1")).unwrap();
    assert_eq!(made.pointer("/metadata/creationTimestamp").unwrap(), "2026-11-21T10:42:07Z");
    assert_eq!(made.pointer("/metadata/generation").unwrap(), 1);
    assert_eq!(text(&made, "/metadata/uid").len(), 36);
    assert!(text(&made, "/metadata/resourceVersion").parse::<u64>().unwrap() > 10_000);
}

#[test]
fn what_a_world_gives_is_kept() {
    let mut old = pod("web-1");
    set(&mut old, "metadata", "creationTimestamp", "2026-10-01T00:00:00Z".into());
    let made = store().create(&old).unwrap();
    assert_eq!(text(&made, "/metadata/creationTimestamp"), "2026-10-01T00:00:00Z");
}

#[test]
fn names_are_generated_and_the_same_in_every_run() {
    let name = || {
        let mut pod = pod("");
        set(&mut pod, "metadata", "generateName", "web-".into());
        text(&store().create(&pod).unwrap(), "/metadata/name").to_owned()
    };
    assert_eq!(name(), name());
    assert_eq!(name().len(), "web-".len() + 5);
}

#[test]
fn an_object_is_made_once_and_only_in_a_namespace_that_exists() {
    let store = store();
    store.create(&pod("web-1")).unwrap();
    assert_eq!(store.create(&pod("web-1")).unwrap_err().reason, "AlreadyExists");
    let mut elsewhere = pod("web-1");
    set(&mut elsewhere, "metadata", "namespace", "nowhere".into());
    assert_eq!(store.create(&elsewhere).unwrap_err().message, "namespaces \"nowhere\" not found");
}

#[test]
fn a_change_of_spec_counts_a_generation_and_one_of_status_does_not() {
    let store = store();
    store.create(&pod("web-1")).unwrap();
    let generation = |value: &Value| value.pointer("/metadata/generation").unwrap().as_i64().unwrap();
    let status = store.patch_status(&key_of("web-1"), &json!({"phase": "Failed"})).unwrap();
    assert_eq!((generation(&status), text(&status, "/status/phase")), (1, "Failed"));
    let spec = store.edit(&key_of("web-1"), setting("spec", "priority", json!(3))).unwrap();
    assert_eq!(generation(&spec), 2);
}

#[test]
fn a_change_that_changes_nothing_is_no_change() {
    let store = store();
    store.create(&pod("web-1")).unwrap();
    let before = store.resource_version();
    store.edit(&key_of("web-1"), |_| Ok(())).unwrap();
    assert_eq!(store.resource_version(), before);
}

#[test]
fn an_edit_may_read_the_store_it_edits() {
    let store = store();
    store.create(&pod("web-1")).unwrap();
    let seen = store.edit(&key_of("web-1"), |pod| {
        set(pod, "metadata", "count", store.count("pods").into());
        Ok(())
    });
    assert_eq!(seen.unwrap().pointer("/metadata/count").unwrap(), 1);
}

#[test]
fn replacing_an_old_version_is_a_conflict() {
    let store = store();
    let first = store.create(&pod("web-1")).unwrap();
    store.patch_status(&key_of("web-1"), &json!({"phase": "Failed"})).unwrap();
    let refused = store.replace(&first).unwrap_err();
    assert_eq!((refused.code, refused.reason), (409, "Conflict"));
}

#[test]
fn a_running_pod_is_given_its_grace() {
    let store = store();
    store.create(&pod("web-1")).unwrap();
    let Deleted::Waiting(waiting) = store.delete(&key_of("web-1"), &DeleteOptions::default()).unwrap() else {
        panic!("gone at once");
    };
    assert_eq!(text(&waiting.value(), "/metadata/deletionTimestamp"), "2026-11-21T10:42:37Z");
    let now = DeleteOptions { grace_seconds: Some(0), ..DeleteOptions::default() };
    assert!(matches!(store.delete(&key_of("web-1"), &now).unwrap(), Deleted::Gone(_)));
    assert_eq!(store.count("pods"), 0);
}

#[test]
fn a_finalizer_holds_an_object_until_it_is_removed() {
    let store = store();
    let mut map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "development"}});
    set(&mut map, "metadata", "finalizers", json!(["example.com/hold"]));
    store.create(&map).unwrap();
    let key = Key::namespaced("configmaps", "development", "c");
    assert!(matches!(store.delete(&key, &DeleteOptions::default()).unwrap(), Deleted::Waiting(_)));
    assert_eq!(store.count("configmaps"), 1);
    store.edit(&key, setting("metadata", "finalizers", json!([]))).unwrap();
    assert_eq!(store.count("configmaps"), 0);
}

#[test]
fn preconditions_hold_a_deletion_back() {
    let store = store();
    store.create(&pod("web-1")).unwrap();
    let other = DeleteOptions { uid: Some("another".to_owned()), ..DeleteOptions::default() };
    let refused = store.delete(&key_of("web-1"), &other).unwrap_err();
    assert!(refused.message.contains("the UID in the precondition (another) does not match"), "{refused}");
}

#[test]
fn a_subscriber_reads_every_change_in_order() {
    let store = store();
    let mut subscription = store.subscribe();
    store.create(&pod("web-1")).unwrap();
    store.patch_status(&key_of("web-1"), &json!({"phase": "Succeeded"})).unwrap();
    store.delete(&key_of("web-1"), &DeleteOptions::default()).unwrap();
    let kinds: Vec<ChangeKind> = std::iter::from_fn(|| subscription.try_next())
        .map(|notice| match notice {
            Notice::Change(change) => change.kind,
            Notice::Missed => panic!("missed"),
        })
        .collect();
    assert_eq!(kinds, [ChangeKind::Added, ChangeKind::Modified, ChangeKind::Deleted]);
}

#[test]
fn a_subscriber_is_told_when_history_was_forgotten() {
    let store = store();
    let mut subscription = store.subscribe();
    store.create(&pod("web-1")).unwrap();
    store.compact();
    assert!(matches!(subscription.try_next(), Some(Notice::Missed)));
    assert!(subscription.try_next().is_none());
}

#[test]
fn lists_are_in_the_order_of_paths_and_obey_selectors() {
    let store = store();
    for name in ["b", "a"] {
        store.create(&pod(name)).unwrap();
    }
    store
        .create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "development-b"}}))
        .unwrap();
    let mut other = pod("a");
    set(&mut other, "metadata", "namespace", "development-b".into());
    set(&mut other, "spec", "nodeName", "node-2".into());
    store.create(&other).unwrap();
    let names = |namespace, selection: &Selection| -> Vec<String> {
        store.list("pods", namespace, selection).iter().map(|pod| pod.key.path()).collect()
    };
    assert_eq!(names(None, &Selection::all()), ["development-b/a", "development/a", "development/b"]);
    assert_eq!(names(Some("development"), &Selection::all()), ["development/a", "development/b"]);
    let selected = |labels, fields| names(None, &Selection::parse(labels, fields).unwrap()).len();
    assert_eq!(selected("app in (web, api),!x", ""), 3);
    assert_eq!(selected("app notin (web)", ""), 0);
    assert_eq!(selected("app", "spec.nodeName=node-2"), 1);
    assert_eq!(selected("app!=api", "metadata.name!=a,status.phase=Running"), 1);
    assert_eq!(Selection::parse("a in (", "").unwrap_err().code, 400);
}
