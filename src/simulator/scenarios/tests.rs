use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::simulator::Simulator;
use crate::simulator::clock::SimClock;
use crate::simulator::controllers::pod;
use crate::simulator::store::{Key, Selection, Store};
use crate::simulator::world::field;

fn unfolded(name: &str) -> (Simulator, Demo) {
    let mut simulator = Simulator::new(SimClock::fixed("2026-11-21T10:42:07Z").unwrap());
    let mut demo = Demo::quiet(&mut simulator, 1).unwrap();
    let scenario = find(name).unwrap();
    demo.apply(scenario).unwrap();
    demo.advance(scenario.unfolds);
    for cluster in demo.clusters() {
        let refused: Vec<String> =
            cluster.refused().map(|(key, status)| format!("{key}: {}", status.message)).collect();
        assert_eq!(refused, Vec::<String>::new(), "the store refuses what controllers write");
    }
    (simulator, demo)
}

fn pods(store: &Store, namespace: &str, app: &str) -> Vec<Value> {
    let selection = Selection::by_labels(&format!("app.kubernetes.io/name={app}")).unwrap();
    store.list("pods", Some(namespace), &selection).iter().map(|pod| pod.value()).collect()
}

fn first_state(pod: &Value) -> &Value {
    field::at(&field::list(pod, "status.containerStatuses")[0], "state")
}

#[test]
fn scenarios_are_sorted_named_once_and_described() {
    let names: Vec<&str> = list().map(|(name, _)| name).collect();
    assert!(names.is_sorted());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(list().all(|(_, description)| !description.is_empty()));
    assert!(find("no such trouble").is_none());
}

#[test]
fn every_file_of_the_folder_is_in_the_slice() {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/simulator/scenarios")).unwrap();
    assert_eq!(files.count() - 1, SCENARIOS.len(), "all but the tests");
}

#[test]
fn crashloop_shows_the_api_of_development_backing_off() {
    let (simulator, _demo) = unfolded("crashloop");
    let pods = pods(simulator.cluster("myapp-dev").unwrap(), "development", "api");
    assert_eq!(field::text(first_state(&pods[0]), "waiting.reason"), "CrashLoopBackOff");
    assert!(field::number(&field::list(&pods[0], "status.containerStatuses")[0], "restartCount") >= 4);
}

#[test]
fn oom_shows_a_worker_that_was_killed() {
    let (simulator, _demo) = unfolded("oom");
    for pod in pods(simulator.cluster("myapp-prod").unwrap(), "production", "worker") {
        let status = &field::list(&pod, "status.containerStatuses")[0];
        assert_eq!(field::text(status, "lastState.terminated.reason"), "OOMKilled", "{status}");
        assert_eq!(field::number(status, "lastState.terminated.exitCode"), 137);
    }
}

#[test]
fn imagepull_shows_a_rollout_past_its_deadline_that_still_serves() {
    let (simulator, _demo) = unfolded("imagepull");
    let store = simulator.cluster("myapp-dev").unwrap();
    let deployment = store.get(&Key::namespaced("deployments.apps", "staging", "web")).unwrap();
    assert_eq!(
        field::text(field::condition(&deployment, "Progressing"), "reason"),
        "ProgressDeadlineExceeded"
    );
    assert_eq!(field::number(&deployment, "status.availableReplicas"), 2);
    assert!(
        pods(store, "staging", "web")
            .iter()
            .any(|pod| field::text(first_state(pod), "waiting.reason").starts_with("ImagePull"))
    );
}

#[test]
fn pending_shows_pods_without_a_node_and_the_schedulers_words() {
    let (simulator, _demo) = unfolded("pending");
    let waiting: Vec<Value> = pods(simulator.cluster("myapp-prod").unwrap(), "production", "api")
        .into_iter()
        .filter(|pod| field::text(pod, "spec.nodeName").is_empty())
        .collect();
    assert!(!waiting.is_empty());
    let message = field::text(field::condition(&waiting[0], "PodScheduled"), "message");
    assert!(
        message.starts_with("0/6 nodes are available: ") && message.contains("4 Insufficient cpu"),
        "{message}"
    );
}

#[test]
fn node_notready_shows_a_silent_node_and_pods_that_cannot_end() {
    let (simulator, _demo) = unfolded("node-notready");
    let store = simulator.cluster("myapp-prod").unwrap();
    let node = store.get(&Key::cluster("nodes", "ip-10-1-13-60.ec2.internal")).unwrap();
    assert_eq!(field::text(field::condition(&node, "Ready"), "status"), "Unknown");
    let web = pods(store, "production", "web");
    assert_eq!(web.iter().filter(|pod| pod::is_ready(pod) && !pod::is_terminating(pod)).count(), 3);
    let on_it = Selection::parse("", "spec.nodeName=ip-10-1-13-60.ec2.internal").unwrap();
    let production: Vec<Value> =
        store.list("pods", Some("production"), &on_it).iter().map(|pod| pod.value()).collect();
    assert!(!production.is_empty() && production.iter().all(pod::is_terminating));
}

#[test]
fn stuck_termination_shows_a_pod_long_past_its_grace_and_its_successor() {
    let (simulator, _demo) = unfolded("stuck-termination");
    let workers = pods(simulator.cluster("myapp-dev").unwrap(), "staging", "worker");
    assert_eq!(workers.len(), 2);
    assert_eq!(workers.iter().filter(|pod| pod::is_terminating(pod)).count(), 1);
    assert_eq!(workers.iter().filter(|pod| pod::is_ready(pod)).count(), 1);
}

#[test]
fn hostile_text_leaves_the_controllers_unmoved() {
    let (simulator, mut demo) = unfolded("hostile-text");
    let store = simulator.cluster("myapp-dev").unwrap();
    let hostile = Selection::by_labels("hostile").unwrap();
    assert_eq!(store.list("pods", Some("development"), &hostile).len(), hostile_text::TEXTS.len());
    let events = Selection::parse("", "reason=Hostile").unwrap();
    assert_eq!(store.list("events", Some("development"), &events).len(), hostile_text::TEXTS.len());
    assert_eq!(demo.cluster("myapp-dev").unwrap().refused().count(), 0);
    assert_eq!(pods(store, "development", "api").len(), 1);
}

async fn code(simulator: &Simulator, cluster: &str, path: &str) -> Option<u16> {
    let request = http::Request::get(path).body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
    let answer = tower::ServiceExt::oneshot(simulator.service(cluster).unwrap(), request).await;
    answer.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn narrow_rights_leave_one_namespace_and_nothing_else() {
    let (simulator, _demo) = unfolded("narrow-rights");
    for (cluster, path, wanted) in [
        ("myapp-dev", "/api/v1/namespaces/staging/pods", 200),
        ("myapp-dev", "/apis/apps/v1/namespaces/staging/deployments", 200),
        ("myapp-dev", "/api/v1/namespaces/staging/secrets", 403),
        ("myapp-dev", "/api/v1/namespaces/development/pods", 403),
        ("myapp-dev", "/api/v1/pods", 403),
        ("myapp-dev", "/api/v1/nodes", 403),
        ("myapp-dev", "/api", 200),
        ("myapp-prod", "/api/v1/namespaces", 403),
    ] {
        assert_eq!(code(&simulator, cluster, path).await, Some(wanted), "{cluster} {path}");
    }
}

#[tokio::test]
async fn unreachable_lets_only_production_go_dark() {
    let (simulator, _demo) = unfolded("unreachable");
    assert_eq!(code(&simulator, "myapp-prod", "/version").await, None);
    assert_eq!(code(&simulator, "myapp-dev", "/version").await, Some(200));
}

/// Messages of the events of a reason, in all namespaces.
fn messages(store: &Store, reason: &str) -> Vec<String> {
    let selection = Selection::parse("", &format!("reason={reason}")).unwrap();
    let events = store.list("events", None, &selection);
    events.iter().map(|event| field::text(&event.value(), "message").to_owned()).collect()
}

fn application(store: &Store, name: &str) -> Value {
    store.get(&Key::namespaced("applications.argoproj.io", "argocd", name)).unwrap()
}

#[test]
fn pool_limit_shows_a_pool_with_all_that_it_may_have_and_pods_that_wait_for_it() {
    let (simulator, _demo) = unfolded("pool-limit");
    let store = simulator.cluster("myapp-prod").unwrap();
    let pool = store.get(&Key::cluster("nodepools.karpenter.sh", "on-demand")).unwrap();
    assert_eq!(field::text(&pool, "status.resources.cpu"), field::text(&pool, "spec.limits.cpu"));
    assert_eq!(field::number(&pool, "status.nodes"), 2);
    let waiting = ["api", "worker"].map(|app| {
        pods(store, "production", app)
            .iter()
            .filter(|pod| field::text(pod, "spec.nodeName").is_empty())
            .count()
    });
    assert!(waiting.iter().sum::<usize>() > 0, "{waiting:?}");
    let limit = "all available instance types exceed limits for nodepool: \"on-demand\"";
    assert!(messages(store, "FailedScheduling").iter().any(|message| message.contains(limit)));
}

#[test]
fn webhook_down_shows_a_webhook_without_endpoints_and_a_sync_that_it_refuses() {
    let (simulator, _demo) = unfolded("webhook-down");
    let store = simulator.cluster("myapp-dev").unwrap();
    let slices = Selection::by_labels("kubernetes.io/service-name=cert-manager-webhook").unwrap();
    for slice in store.list("endpointslices.discovery.k8s.io", Some("cert-manager"), &slices) {
        let slice = slice.value();
        assert!(field::list(&slice, "endpoints").iter().all(|one| !field::is_true(one, "conditions.ready")));
    }
    let failed = application(store, "myapp-staging");
    let rows = field::list(&failed, "status.operationState.syncResult.resources");
    let row = rows.iter().find(|row| field::text(row, "status") == "SyncFailed").unwrap();
    assert!(
        field::text(row, "message").ends_with("no endpoints available for service \"cert-manager-webhook\""),
        "{row}"
    );
    assert_eq!(field::text(row, "kind"), "Certificate");
}

#[tokio::test]
async fn webhook_down_refuses_whoever_writes_a_certificate() {
    let (simulator, _demo) = unfolded("webhook-down");
    let request = |cluster: &str| {
        let path = "/apis/cert-manager.io/v1/namespaces/argocd/certificates?dryRun=All";
        let body = r#"{"apiVersion":"cert-manager.io/v1","kind":"Certificate","metadata":{"name":"new"},"spec":{"secretName":"new"}}"#;
        let request = http::Request::post(path).header("Content-Type", "application/json");
        let request = request.body(http_body_util::Full::new(bytes::Bytes::from(body))).unwrap();
        tower::ServiceExt::oneshot(simulator.service(cluster).unwrap(), request)
    };
    assert_eq!(request("myapp-dev").await.unwrap().status().as_u16(), 500);
    assert_eq!(request("myapp-prod").await.unwrap().status().as_u16(), 201);
}

#[test]
fn store_denied_shows_a_store_that_is_not_ready_and_secrets_that_fail_with_it() {
    let (simulator, _demo) = unfolded("store-denied");
    let store = simulator.cluster("myapp-prod").unwrap();
    let own =
        store.get(&Key::cluster("clustersecretstores.external-secrets.io", "aws-secrets-manager")).unwrap();
    let ready = field::condition(&own, "Ready");
    assert_eq!(
        (field::text(ready, "status"), field::text(ready, "reason")),
        ("False", "InvalidProviderConfig")
    );
    let secret = Key::namespaced("externalsecrets.external-secrets.io", "production", "app-secrets");
    let secret = store.get(&secret).unwrap();
    assert_eq!(field::text(field::condition(&secret, "Ready"), "reason"), "SecretSyncedError");
    assert!(messages(store, "InvalidProviderConfig")[0].contains("an IAM role must be associated"));
}

#[test]
fn issuer_broken_shows_a_renewal_that_waits_for_its_issuer() {
    let (simulator, _demo) = unfolded("issuer-broken");
    let store = simulator.cluster("myapp-prod").unwrap();
    let own = store.get(&Key::namespaced("certificates.cert-manager.io", "production", "api-tls")).unwrap();
    assert!(field::condition_is_true(&own, "Ready"), "it has not expired yet");
    assert!(field::text(&own, "status.renewalTime") < "2026-11-20");
    assert!(
        field::text(field::condition(&own, "Issuing"), "message")
            .starts_with("Renewing certificate as renewal was scheduled at 2026-11-19")
    );
    let request = Key::namespaced("certificaterequests.cert-manager.io", "production", "api-tls-2");
    let request = store.get(&request).unwrap();
    assert_eq!(
        field::text(field::condition(&request, "Ready"), "message"),
        "Referenced issuer does not have a Ready status condition"
    );
    let platform = store.get(&Key::cluster("clusterissuers.cert-manager.io", "letsencrypt-prod")).unwrap();
    assert_eq!(field::text(field::condition(&platform, "Ready"), "reason"), "ErrVerifyACMEAccount");
}

#[test]
fn argo_drift_shows_a_change_by_hand_and_a_sync_that_failed_for_one_object() {
    let (simulator, _demo) = unfolded("argo-drift");
    let store = simulator.cluster("myapp-prod").unwrap();
    let drifted = application(store, "myapp-production");
    assert_eq!(field::text(&drifted, "status.sync.status"), "OutOfSync");
    let last = field::list(&drifted, "status.history").last().unwrap();
    assert_eq!(
        field::at(last, "revision"),
        field::at(&drifted, "status.sync.revision"),
        "it is no new commit"
    );
    let failed = application(store, "platform-monitoring");
    assert_eq!(field::text(&failed, "status.operationState.phase"), "Failed");
    let rows = field::list(&failed, "status.operationState.syncResult.resources");
    let count = |status: &str| rows.iter().filter(|row| field::text(row, "status") == status).count();
    assert!(count("Synced") > 5 && count("SyncFailed") == 1);
}

#[test]
fn node_stuck_shows_three_reasons_why_nodes_are_still_there() {
    let (simulator, _demo) = unfolded("node-stuck");
    let store = simulator.cluster("myapp-prod").unwrap();
    let claims = store.list("nodeclaims.karpenter.sh", None, &Selection::all());
    assert_eq!(claims.len(), 4);
    assert!(claims.iter().all(|claim| field::condition_is_true(&claim.value(), "Drifted")));
    let said = messages(store, "DisruptionBlocked");
    for wanted in [
        "Pod has \"karpenter.sh/do-not-disrupt\" annotation (Pod=monitoring/prometheus-kps-0)",
        "Pdb prevents pod evictions (PodDisruptionBudget(s)=[",
        "No allowed disruptions for disruption reason Drifted due to blocking budget",
    ] {
        assert!(said.iter().any(|message| message.starts_with(wanted)), "{wanted}: {said:?}");
    }
}

#[test]
fn addon_degraded_shows_a_node_without_network_plugin_and_pods_without_identity() {
    let (simulator, _demo) = unfolded("addon-degraded");
    let store = simulator.cluster("myapp-dev").unwrap();
    let plugin = Selection::by_labels("k8s-app=aws-node").unwrap();
    let hosts: BTreeSet<String> = store
        .list("pods", Some("kube-system"), &plugin)
        .iter()
        .map(|pod| field::text(&pod.value(), "spec.nodeName").to_owned())
        .collect();
    assert_eq!(hosts.len(), 3);
    assert!(!hosts.contains("ip-10-0-13-40.ec2.internal"));
    let drivers = pods(store, "kube-system", "ebs-csi-controller");
    assert_eq!(drivers.len(), 2);
    assert!(
        drivers
            .iter()
            .all(|pod| pod::is_ready(pod) && !pod.to_string().contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
    );
}

#[test]
fn old_apis_shows_kinds_in_their_beta_version_and_nothing_moves_because_of_it() {
    let (simulator, _demo) = unfolded("old-apis");
    let store = simulator.cluster("myapp-dev").unwrap();
    for (resource, version) in [
        ("externalsecrets.external-secrets.io", "external-secrets.io/v1beta1"),
        ("nodepools.karpenter.sh", "karpenter.sh/v1beta1"),
        ("nodeclaims.karpenter.sh", "karpenter.sh/v1beta1"),
    ] {
        let objects = store.list(resource, None, &Selection::all());
        assert!(!objects.is_empty(), "{resource}");
        assert!(
            objects.iter().all(|object| field::text(&object.value(), "apiVersion") == version),
            "{resource}"
        );
        assert_eq!(store.kind(resource).unwrap().version, "v1beta1");
    }
    assert_eq!(store.count("nodes"), 4);
    assert_eq!(store.count("nodeclaims.karpenter.sh"), 2);
    assert_eq!(field::text(&application(store, "myapp-staging"), "status.sync.status"), "Synced");
}

#[test]
fn two_installations_shows_a_second_controller_that_runs() {
    let (simulator, _demo) = unfolded("two-installations");
    let store = simulator.cluster("myapp-dev").unwrap();
    let controllers = Selection::by_labels("app.kubernetes.io/name=ingress-nginx").unwrap();
    let pods = store.list("pods", None, &controllers);
    let homes: BTreeSet<&str> = pods.iter().filter_map(|pod| pod.key.namespace.as_deref()).collect();
    assert_eq!(homes, BTreeSet::from(["edge-legacy", "ingress-nginx"]));
    assert!(pods.iter().all(|pod| pod::is_ready(&pod.value())));
}

#[test]
fn no_scenario_makes_a_controller_write_what_the_store_refuses() {
    for scenario in
        ["argo-drift", "issuer-broken", "node-stuck", "old-apis", "store-denied", "two-installations"]
    {
        let (_simulator, mut demo) = unfolded(scenario);
        for cluster in demo.clusters() {
            let refused: Vec<String> =
                cluster.refused().map(|(key, status)| format!("{key}: {}", status.message)).collect();
            assert_eq!(refused, Vec::<String>::new(), "{scenario}");
        }
    }
}

#[test]
fn dns_drift_survives_a_controller_that_works_and_one_that_may_not() {
    let (_simulator, demo) = unfolded("dns-drift");
    let zone = demo.aws().edit(|account| account.zones[0].clone());
    let alias = |name: &str| zone.alias(&format!("{name}.cosner.cloud."), "A").unwrap_or_default().to_owned();
    assert!(alias("shop").starts_with("k8s-shop-shop-"));
    assert_eq!(alias("api.staging"), alias("shop"), "external-dns of dev leaves what is not its own");
    assert_eq!(alias("grafana"), "", "external-dns of production may not write");
    assert_eq!(alias("api"), "", "a plain record stands over it");
    assert!(alias("api.dev").starts_with("k8s-ingressnginx-edge-dev-"));
    assert!(alias("www").starts_with("k8s-ingressnginx-edge-prod-"));
    assert!(zone.get("*.dev.cosner.cloud.", "A").is_some());
}

/// What a cluster's surroundings are asked and answer, as JSON.
async fn eks(demo: &Demo, path: &str) -> Value {
    use http_body_util::{BodyExt, Empty};
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIASIMULATOR/20261121/us-east-1/eks/aws4_request, SignedHeaders=host, Signature={}",
        "7".repeat(64)
    );
    let request = http::Request::builder()
        .uri(format!("https://eks.us-east-1.amazonaws.com{path}"))
        .header("authorization", authorization)
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let response = demo.aws().clone().answer(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let mut answer: Value = std::str::from_utf8(&body).unwrap().parse().unwrap();
    answer["code"] = status.into();
    answer
}

#[tokio::test]
async fn subnet_full_is_seen_by_eks_and_told_by_the_network_plugin() {
    let (simulator, demo) = unfolded("subnet-full");
    let prod = eks(&demo, "/clusters/myapp-prod").await;
    let issue = &field::list(&prod, "cluster.health.issues")[0];
    assert_eq!(field::text(issue, "code"), "InsufficientFreeAddresses");
    assert_eq!(field::list(&eks(&demo, "/clusters/myapp-dev").await, "cluster.health.issues").len(), 0);
    let events = simulator.cluster("myapp-prod").unwrap().list("events", None, &Selection::all());
    assert!(events.iter().any(|event| field::text(&event.value(), "reason") == "InsufficientCidrBlocks"));
}

#[tokio::test]
async fn aws_expired_and_aws_denied_refuse_as_the_services_do() {
    let (_simulator, demo) = unfolded("aws-expired");
    assert_eq!(eks(&demo, "/clusters").await["code"], 403);
    let (_simulator, demo) = unfolded("aws-denied");
    assert_eq!(eks(&demo, "/clusters").await["code"], 200);
    assert_eq!(demo.aws().requests().count("eks", "ListClusters"), 1);
}

#[test]
fn quota_full_shows_the_api_of_staging_short_of_pods_with_the_quota_s_name() {
    let (simulator, _demo) = unfolded("quota-full");
    let store = simulator.cluster("myapp-dev").unwrap();
    assert_eq!(pods(store, "staging", "api").len(), 2, "no pod beyond the quota");
    let api = store.get(&Key::namespaced("deployments.apps", "staging", "api")).unwrap();
    let failure = field::condition(&api, "ReplicaFailure");
    assert_eq!(field::text(failure, "reason"), "FailedCreate");
    let message = field::text(failure, "message");
    assert!(
        message.contains("is forbidden: exceeded quota: compute, requested: pods=1, used: pods="),
        "{message}"
    );
    let quota = store.get(&Key::namespaced("resourcequotas", "staging", "compute")).unwrap();
    assert_eq!(field::text(&quota, "status.used.pods"), field::text(&quota, "status.hard.pods"));
    let events = store.list("events", Some("staging"), &Selection::all());
    let told = events.iter().any(|event| {
        let event = event.value();
        field::text(&event, "reason") == "FailedCreate" && field::text(&event, "type") == "Warning"
    });
    assert!(told, "an event says so");
}

#[test]
fn pods_come_once_the_quota_is_raised() {
    let (simulator, mut demo) = unfolded("quota-full");
    let store = simulator.cluster("myapp-dev").unwrap();
    let quota = Key::namespaced("resourcequotas", "staging", "compute");
    store
        .edit(&quota, |quota| {
            field::put(quota, "spec.hard.pods", serde_json::json!("30"));
            Ok(())
        })
        .unwrap();
    demo.advance(SignedDuration::from_mins(3));
    assert_eq!(pods(store, "staging", "api").len(), 5);
    let api = store.get(&Key::namespaced("deployments.apps", "staging", "api")).unwrap();
    assert!(field::condition(&api, "ReplicaFailure").is_null(), "{api}");
}

#[test]
fn volume_full_fills_two_volumes_that_kubelets_tell_of() {
    let (simulator, _demo) = unfolded("volume-full");
    let store = simulator.cluster("myapp-prod").unwrap();
    let claims = store.list("persistentvolumeclaims", None, &Selection::all());
    let filled: Vec<String> = claims
        .iter()
        .filter(|claim| !field::annotation(&claim.value(), crate::simulator::api::summary::USED).is_empty())
        .map(|claim| claim.key.to_string())
        .collect();
    assert!(filled.iter().any(|claim| claim.contains("prometheus")), "{filled:?}");
    assert!(filled.iter().any(|claim| claim.contains("data-cache-0")), "{filled:?}");
}

#[test]
fn two_autoscalers_make_nodes_for_the_same_pods() {
    let (simulator, _demo) = unfolded("two-autoscalers");
    let store = simulator.cluster("myapp-prod").unwrap();
    let events = store.list("events", Some("production"), &Selection::all());
    let told = |reason: &str| -> BTreeSet<String> {
        let events = events.iter().map(|event| event.value());
        let own = events.filter(|event| field::text(event, "reason") == reason);
        own.map(|event| field::text(&event, "involvedObject.name").to_owned()).collect()
    };
    let (both, up) = (told("Nominated"), told("TriggeredScaleUp"));
    assert!(both.intersection(&up).next().is_some(), "{both:?} {up:?}");
    let config =
        store.get(&Key::namespaced("configmaps", "kube-system", "cluster-autoscaler-status")).unwrap();
    let status = field::text(&config, "data.status");
    assert!(
        status.contains("autoscalerStatus: Running") && status.contains("status: InProgress"),
        "{status}"
    );
}
