//! What changes objects: patches, replacements, deletions, scaling, evictions.

use super::*;

#[tokio::test]
async fn each_kind_of_patch_does_what_it_should() {
    let world = World::new();
    let maps = "/api/v1/namespaces/staging/configmaps";
    let map = json!({"metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}});
    let (code, made) = world.ask("POST", maps, &[("user-agent", "kubectl/v1.36")], &map).await;
    assert_eq!((code, made["metadata"]["managedFields"][0]["manager"].as_str()), (201, Some("kubectl")));
    let at = format!("{maps}/c");
    let (_, merged) = world.patch("merge-patch+json", &at, json!({"data": {"a": null, "c": "3"}})).await;
    assert_eq!(merged["data"], json!({"b": "2", "c": "3"}));
    let (_, patched) = world
        .patch("json-patch+json", &at, json!([{"op": "replace", "path": "/data/b", "value": "9"}]))
        .await;
    assert_eq!(patched["data"]["b"], "9");
    let (code, _) =
        world.patch("json-patch+json", &at, json!([{"op": "test", "path": "/data/b", "value": "0"}])).await;
    assert_eq!(code, 422);
    let (code, tried) = world
        .patch("strategic-merge-patch+json", &format!("{at}?dryRun=All"), json!({"data": {"z": "1"}}))
        .await;
    assert_eq!((code, tried["data"]["z"].as_str()), (200, Some("1")));
    assert!(world.get(&at).await["data"].get("z").is_none());
    let (code, _) = world.patch("foo", &at, json!({})).await;
    assert_eq!(code, 415);
}

#[tokio::test]
async fn server_side_apply_makes_changes_and_guards_owners() {
    let world = World::new();
    let at = "/apis/apps/v1/namespaces/staging/deployments/web";
    let web = |replicas: i64| json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": replicas}});
    let (code, _) = world.patch("apply-patch+yaml", &format!("{at}?fieldManager=helm"), web(3)).await;
    assert_eq!(code, 201);
    let (code, refused) = world.patch("apply-patch+yaml", &format!("{at}?fieldManager=hand"), web(5)).await;
    assert_eq!((code, refused["details"]["causes"][0]["field"].as_str()), (409, Some(".spec.replicas")));
    let (code, forced) =
        world.patch("apply-patch+yaml", &format!("{at}?fieldManager=hand&force=true"), web(5)).await;
    assert_eq!(
        (code, forced["spec"]["replicas"].as_i64(), forced["metadata"]["generation"].as_i64()),
        (200, Some(5), Some(2))
    );
    let (code, _) = world.patch("apply-patch+yaml", at, web(5)).await;
    assert_eq!(code, 422);
}

#[tokio::test]
async fn replacing_an_old_version_is_refused() {
    let world = World::with_pods(1);
    let at = format!("{PODS}/web-0");
    let old = world.get(&at).await;
    world.patch("merge-patch+json", &at, json!({"metadata": {"labels": {"x": "y"}}})).await;
    let (code, refused) = world.ask("PUT", &at, &[], &old).await;
    assert_eq!((code, refused["reason"].as_str()), (409, Some("Conflict")));
}

#[tokio::test]
async fn the_status_is_changed_only_through_its_subresource() {
    let world = World::with_pods(1);
    let at = format!("{PODS}/web-0");
    let body = json!({"status": {"phase": "Failed"}, "metadata": {"labels": {"x": "y"}}});
    let (_, after) = world.patch("merge-patch+json", &at, body.clone()).await;
    assert_eq!(
        (after["status"]["phase"].as_str(), after["metadata"]["labels"]["x"].as_str()),
        (Some("Running"), Some("y"))
    );
    let (_, after) = world.patch("merge-patch+json", &format!("{at}/status"), body).await;
    assert_eq!(after["status"]["phase"], "Failed");
}

#[tokio::test]
async fn deleting_tells_what_became_of_it() {
    let world = World::with_pods(2);
    let (code, pod) = world.ask("DELETE", &format!("{PODS}/web-0"), &[], &Value::Null).await;
    assert_eq!((code, pod["metadata"]["deletionGracePeriodSeconds"].as_i64()), (200, Some(30)));
    let (code, gone) =
        world.ask("DELETE", &format!("{PODS}/web-1?gracePeriodSeconds=0"), &[], &Value::Null).await;
    assert_eq!((code, gone["kind"].as_str(), world.store.count("pods")), (200, Some("Pod"), 1));
    let (code, missing) = world.ask("DELETE", &format!("{PODS}/web-1"), &[], &Value::Null).await;
    assert_eq!((code, missing["message"].as_str()), (404, Some("pods \"web-1\" not found")));
    let dry =
        json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"], "gracePeriodSeconds": 0});
    assert_eq!(world.ask("DELETE", &format!("{PODS}/web-0"), &[], &dry).await.0, 200);
    assert_eq!(world.store.count("pods"), 1);
    let (code, _) = world
        .ask("DELETE", &format!("{PODS}?labelSelector=app%3Dweb&gracePeriodSeconds=0"), &[], &Value::Null)
        .await;
    assert_eq!((code, world.store.count("pods")), (200, 0));
}

#[tokio::test]
async fn a_deployment_is_scaled_without_knowing_what_it_is() {
    let world = World::new();
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "staging"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}}, "status": {"replicas": 3}});
    world.store.create(&web).unwrap();
    let at = "/apis/apps/v1/namespaces/staging/deployments/web/scale";
    assert_eq!(world.get(at).await["status"], json!({"replicas": 3, "selector": "app=web"}));
    let (code, scale) = world.patch("merge-patch+json", at, json!({"spec": {"replicas": 5}})).await;
    assert_eq!((code, scale["spec"]["replicas"].as_i64()), (200, Some(5)));
    assert_eq!(world.get("/apis/apps/v1/namespaces/staging/deployments/web").await["spec"]["replicas"], 5);
    assert_eq!(world.patch("merge-patch+json", at, json!({"spec": {"replicas": -1}})).await.0, 422);
}

#[tokio::test]
async fn an_eviction_asks_the_disruption_budget() {
    let world = World::with_pods(2);
    let budget = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "staging"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "maxUnavailable": 1},
        "status": {"observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1}});
    world.store.create(&budget).unwrap();
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web-0"}});
    assert_eq!(world.ask("POST", &format!("{PODS}/web-0/eviction"), &[], &eviction).await.0, 201);
    let key = Key::namespaced("poddisruptionbudgets.policy", "staging", "web");
    world.store.patch_status(&key, &json!({"currentHealthy": 1})).unwrap();
    let (code, refused) = world.ask("POST", &format!("{PODS}/web-1/eviction"), &[], &json!({})).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (429, Some("Cannot evict pod as it would violate the pod's disruption budget."))
    );
    assert_eq!(
        refused["details"]["causes"][0]["message"],
        "The disruption budget web needs 1 healthy pods and has 1 currently"
    );
}
