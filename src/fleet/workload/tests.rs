//! Workloads as API servers send them, whole and broken.

use serde_json::{Value, json};

use super::*;
use crate::fleet::Verdict;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T13:00:00Z")
}

fn pack(workload: &Value) -> Workload {
    let json = workload.to_string();
    Workload::pack(serde_json::from_str(&json).unwrap(), &mut Interner::default())
}

/// Puts values at JSON pointers.
fn with<const N: usize>(mut workload: Value, changes: [(&str, Value); N]) -> Value {
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match workload.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            other => other[key] = value,
        }
    }
    workload
}

/// A Deployment at rest, as an item of a list: without its kind.
fn deployment() -> Value {
    json!({
        "metadata": {"name": "api", "namespace": "production", "uid": "0a", "generation": 3, "resourceVersion": "9",
            "creationTimestamp": "2026-11-20T10:00:00Z", "annotations": {"deployment.kubernetes.io/revision": "7", "other": "x"}},
        "spec": {"replicas": 3, "progressDeadlineSeconds": 600, "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
            "selector": {"matchLabels": {"app": "api"}, "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "canary", "operator": "DoesNotExist"}]},
            "template": {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [
                {"name": "api", "image": "123.dkr.ecr.us-east-1.amazonaws.com/myapp/api:1.8.1"},
                {"name": "two", "image": "123.dkr.ecr.us-east-1.amazonaws.com/myapp/api:1.8.1"}, {"name": "log", "image": "fluent:3"}]}}},
        "status": {"observedGeneration": 3, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "availableReplicas": 3,
            "conditions": [
                {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "lastTransitionTime": "2026-11-20T10:01:00Z"},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable",
                    "lastTransitionTime": "2026-11-20T10:00:00Z", "lastUpdateTime": "2026-11-21T09:00:00Z"}]}
    })
}

/// The same in the middle of a rollout of which one new pod does not become ready.
fn rolling(last_step: &str) -> Value {
    with(
        deployment(),
        [
            ("/status/updatedReplicas", json!(1)),
            ("/status/replicas", json!(4)),
            (
                "/status/conditions/1",
                json!({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": last_step}),
            ),
        ],
    )
}

#[test]
fn what_its_pods_are_made_of_is_known_before_there_are_any() {
    let plain = pack(&deployment());
    assert_eq!(plain.pod_labels[..], [("app".into(), "api".into())]);
    assert!(plain.service_account.is_empty() && plain.init_images.is_empty());
    let init = json!([{"name": "a", "image": "init:1"}, {"name": "b", "image": "init:1"}, {"name": "proxy", "image": "proxy:2"}]);
    let full = pack(&with(
        deployment(),
        [
            ("/spec/template/spec/serviceAccountName", json!("api")),
            ("/spec/template/spec/initContainers", init),
        ],
    ));
    assert_eq!(&*full.service_account, "api");
    assert_eq!(full.init_images[..], ["init:1".into(), "proxy:2".into()]);
    assert_eq!(full.images, plain.images);
}

const PULL: (&str, u32) = ("api: ImagePullBackOff, tag 1.8.3 not found", 1);

#[test]
fn a_deployment_at_rest_is_read() {
    let api = pack(&deployment());
    assert_eq!(api.work, Work::Deployment { progress_deadline: 600 });
    assert_eq!((api.wanted, api.ready, api.updated, api.available, api.revision), (3, 3, 3, 3, 7));
    assert_eq!(api.selector_text(), "app=api,tier in (a,b),!canary");
    assert_eq!(api.images.len(), 2);
    assert_eq!(api.version.as_deref(), Some("1.8.1"));
    assert_eq!(api.rollout(now()), (Rollout::Done, "done".into()));
    assert_eq!(api.judge(&[], now()), (Verdict::Ok, String::new()));
}

#[test]
fn the_kind_is_known_by_shape_where_it_is_not_named() {
    let kind = |json: Value| pack(&json).work.kind();
    assert_eq!(kind(deployment()), "Deployment");
    assert_eq!(
        kind(
            json!({"spec": {"serviceName": "", "podManagementPolicy": "OrderedReady", "updateStrategy": {"type": "RollingUpdate"}}})
        ),
        "StatefulSet"
    );
    assert_eq!(
        kind(
            json!({"spec": {"updateStrategy": {"type": "RollingUpdate"}}, "status": {"desiredNumberScheduled": 2}})
        ),
        "DaemonSet"
    );
    assert_eq!(kind(json!({"spec": {"replicas": 1, "selector": {}}})), "ReplicaSet");
    assert_eq!(kind(json!({"spec": {"parallelism": 1, "completions": 1, "backoffLimit": 6}})), "Job");
    assert_eq!(kind(json!({"spec": {"schedule": "@daily", "jobTemplate": {}}})), "CronJob");
    assert_eq!(kind(json!({"kind": "StatefulSet"})), "StatefulSet");
    assert_eq!(kind(json!({})), "ReplicaSet");
}

#[test]
fn a_rollout_says_how_far_it_is() {
    let words = |json: Value| pack(&json).rollout(now()).1.into_owned();
    let step = "2026-11-21T12:59:30Z";
    assert_eq!(words(rolling(step)), "1 of 3 updated");
    assert_eq!(words(with(rolling(step), [("/status/updatedReplicas", json!(3))])), "1 old to go");
    let last = with(
        rolling(step),
        [
            ("/status/updatedReplicas", json!(3)),
            ("/status/replicas", json!(3)),
            ("/status/availableReplicas", json!(2)),
        ],
    );
    assert_eq!(words(last), "2 of 3 available");
    assert_eq!(words(with(deployment(), [("/metadata/generation", json!(4))])), "change not seen yet");
    assert_eq!(words(rolling("2026-11-21T12:54:00Z")), "stuck for 6m of 10m");
    assert_eq!(words(with(deployment(), [("/spec/paused", json!(true))])), "paused");
    assert_eq!(words(with(rolling(step), [("/spec/paused", json!(true))])), "paused, 1 of 3 updated");
    let nothing = json!({"replicas": 0, "observedGeneration": 3, "conditions": null});
    assert_eq!(
        words(with(deployment(), [("/spec/replicas", json!(0)), ("/status", nothing)])),
        "scaled to 0"
    );
}

#[test]
fn a_stuck_rollout_says_why() {
    let judged = |json: Value, trouble: &[(&str, u32)]| pack(&json).judge(trouble, now());
    assert_eq!(
        judged(rolling("2026-11-21T12:54:00Z"), &[PULL]),
        (
            Verdict::Warning,
            "rollout stuck for 6m of 10m: api: ImagePullBackOff, tag 1.8.3 not found".to_owned()
        )
    );
    let exceeded = with(
        rolling(""),
        [(
            "/status/conditions/1",
            json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "lastTransitionTime": "2026-11-21T12:58:00Z"}),
        )],
    );
    assert_eq!(
        judged(with(exceeded, [("/status/readyReplicas", json!(2))]), &[]),
        (Verdict::Critical, "rollout stuck for 12m: 2 of 3 ready".to_owned())
    );
    let quota = with(
        rolling("2026-11-21T12:59:00Z"),
        [(
            "/status/conditions/0",
            json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
            "message": "pods \"api-58bc9599dd-x\" is forbidden: exceeded quota: compute, requested: cpu=1, used: cpu=8, limited: cpu=8"}),
        )],
    );
    assert_eq!(
        judged(quota, &[]),
        (
            Verdict::Warning,
            "cannot make pods: exceeded quota: compute, requested: cpu=1, used: cpu=8, limited: cpu=8"
                .to_owned()
        )
    );
}

#[test]
fn missing_pods_are_on_their_way_at_first_and_missed_later() {
    let missing = |ready: u32, since: &str| {
        with(
            deployment(),
            [
                ("/status/readyReplicas", json!(ready)),
                ("/status/availableReplicas", json!(ready)),
                (
                    "/status/conditions/0",
                    json!({"type": "Available", "status": "False", "lastTransitionTime": since}),
                ),
            ],
        )
    };
    let judged = |json: Value, trouble: &[(&str, u32)]| pack(&json).judge(trouble, now());
    assert_eq!(
        judged(missing(1, "2026-11-21T12:59:30Z"), &[]),
        (Verdict::Progressing, "1 of 3 ready".to_owned())
    );
    assert_eq!(
        judged(missing(1, "2026-11-21T12:50:00Z"), &[]),
        (Verdict::Warning, "1 of 3 ready".to_owned())
    );
    assert_eq!(
        judged(missing(0, "2026-11-21T12:50:00Z"), &[]),
        (Verdict::Critical, "none of 3 ready for 10m".to_owned())
    );
    assert_eq!(
        judged(missing(0, "2026-11-21T12:59:50Z"), &[("not ready", 2), ("api: back-off 5m", 3)]),
        (Verdict::Critical, "3 pods: api: back-off 5m".to_owned())
    );
    let new = with(missing(0, ""), [("/metadata/creationTimestamp", json!("2026-11-21T12:59:00Z"))]);
    assert_eq!(judged(new, &[]).0, Verdict::Progressing);
}

#[test]
fn stateful_sets_and_daemon_sets_roll_their_own_way() {
    let set = json!({"metadata": {"name": "cache", "creationTimestamp": "2026-11-20T10:00:00Z", "generation": 1},
        "spec": {"replicas": 3, "podManagementPolicy": "OrderedReady", "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
        "status": {"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "updatedReplicas": 1}});
    assert_eq!(pack(&set).rollout(now()), (Rollout::Done, "done".into()));
    let all = with(set, [("/spec/updateStrategy/rollingUpdate/partition", json!(0))]);
    assert_eq!(pack(&all).rollout(now()), (Rollout::Moving, "1 of 3 updated".into()));

    let agent = json!({"metadata": {"name": "agent", "creationTimestamp": "2026-11-20T10:00:00Z", "generation": 2},
        "spec": {"updateStrategy": {"type": "RollingUpdate"}},
        "status": {"observedGeneration": 2, "desiredNumberScheduled": 6, "currentNumberScheduled": 6, "numberReady": 5,
            "updatedNumberScheduled": 6, "numberAvailable": 5, "numberMisscheduled": 0}});
    assert_eq!(pack(&agent).rollout(now()), (Rollout::Moving, "5 of 6 available".into()));
    assert_eq!((pack(&agent).ready, pack(&agent).wanted), (5, 6));
    let astray = with(
        agent,
        [
            ("/status/numberReady", json!(6)),
            ("/status/numberAvailable", json!(6)),
            ("/status/numberMisscheduled", json!(2)),
        ],
    );
    assert_eq!(
        pack(&astray).judge(&[], now()),
        (Verdict::Warning, "runs on 2 nodes where it should not".to_owned())
    );
}

fn job(status: Value) -> Value {
    json!({"kind": "Job", "metadata": {"name": "report-1", "namespace": "production", "creationTimestamp": "2026-11-21T12:00:00Z",
        "generation": 1, "ownerReferences": [{"kind": "CronJob", "name": "report", "controller": true}]},
        "spec": {"parallelism": 1, "completions": 1, "backoffLimit": 2}, "status": status})
}

#[test]
fn jobs_complete_fail_and_wait() {
    let done = pack(&job(
        json!({"succeeded": 1, "startTime": "2026-11-21T12:00:00Z", "completionTime": "2026-11-21T12:00:06Z",
        "conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}]}),
    ));
    assert_eq!((done.ready, done.wanted), (1, 1));
    assert_eq!(done.rollout(now()).1, "complete");
    assert_eq!(done.judge(&[], now()), (Verdict::Ok, String::new()));

    let failed = json!({"failed": 3, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]});
    let words = "failed: 3 pods failed, the limit is 2".to_owned();
    assert_eq!(pack(&job(failed.clone())).judge(&[], now()), (Verdict::Warning, words.clone()));
    assert!(!pack(&job(failed.clone())).is_complete());
    let alone = with(job(failed), [("/metadata/ownerReferences", json!(null))]);
    assert_eq!(pack(&alone).judge(&[], now()), (Verdict::Critical, words));

    let retrying = pack(&job(json!({"active": 1, "failed": 1})));
    assert_eq!(retrying.judge(&[], now()), (Verdict::Warning, "1 of 3 attempts failed".to_owned()));
    assert_eq!(retrying.rollout(now()).1, "running, 1 failed");
    let suspended = with(
        job(json!({"conditions": [{"type": "Suspended", "status": "True"}]})),
        [("/spec/suspend", json!(true))],
    );
    assert_eq!(pack(&suspended).judge(&[], now()), (Verdict::Ok, "suspended".to_owned()));
}

fn cron_job(schedule: &str, last: &str) -> Value {
    json!({"metadata": {"name": "report", "namespace": "production", "creationTimestamp": "2026-11-20T10:00:00Z", "generation": 1},
        "spec": {"schedule": schedule, "suspend": false, "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": {"template": {
            "metadata": {"labels": {"app.kubernetes.io/version": "1.8.1"}}, "spec": {"containers": [{"image": "worker:9"}]}}}}},
        "status": {"lastScheduleTime": last, "active": []}})
}

#[test]
fn cron_jobs_say_when_they_run_and_when_they_did_not() {
    let report = pack(&cron_job("0 * * * *", "2026-11-21T12:00:00Z"));
    assert_eq!((report.version.as_deref(), &*report.strategy), (Some("1.8.1"), "Forbid"));
    assert_eq!(report.next_run(now()), Some(Timestamp::parse("2026-11-21T14:00:00Z")));
    assert_eq!(report.judge(&[], now()).0, Verdict::Ok, "the controller has a moment for the run of 13:00");
    let late = pack(&cron_job("0 * * * *", "2026-11-21T10:00:00Z"));
    assert_eq!(late.judge(&[], now()), (Verdict::Warning, "missed its run 120m ago".to_owned()));
    let suspended =
        pack(&with(cron_job("0 * * * *", "2026-11-21T10:00:00Z"), [("/spec/suspend", json!(true))]));
    assert_eq!(suspended.judge(&[], now()), (Verdict::Ok, "suspended".to_owned()));
    assert_eq!(suspended.next_run(now()), None);
    let running = pack(&with(
        cron_job("0 * * * *", "2026-11-21T10:00:00Z"),
        [("/status/active", json!([{"name": "report-1"}]))],
    ));
    assert_eq!((running.current, running.judge(&[], now()).0), (1, Verdict::Ok));
    let elsewhere = pack(&with(
        cron_job("0 * * * *", "2026-11-21T10:00:00Z"),
        [("/spec/timeZone", json!("Europe/Berlin"))],
    ));
    let (verdict, why) = elsewhere.judge(&[], now());
    assert_eq!(
        (verdict, why.as_str()),
        (Verdict::Warning, "missed its run 120m ago"),
        "the hours of both are the same"
    );
    let lost = pack(&with(
        cron_job("0 * * * *", "2026-11-21T10:00:00Z"),
        [("/spec/timeZone", json!("Europe/Atlantis"))],
    ));
    assert_eq!(
        (lost.next_run(now()), lost.judge(&[], now())),
        (None, (Verdict::Unknown, "there is no time zone Europe/Atlantis".to_owned()))
    );
    let odd = pack(&cron_job("often", ""));
    assert_eq!(
        odd.judge(&[], now()),
        (Verdict::Critical, "schedule \"often\": 5 fields are expected, there are 1".to_owned())
    );
}

#[test]
fn what_is_missing_or_null_is_no_reason_to_fail() {
    for json in [
        json!({}),
        json!({"metadata": null, "spec": null, "status": null}),
        json!({"spec": {"template": null, "selector": null, "strategy": null}, "status": {"conditions": null}}),
        json!({"spec": {"template": {"spec": {"containers": [null, {"image": null}]}}}, "status": {"active": {"x": 1}}}),
        json!({"spec": {"replicas": "three", "schedule": 5}, "status": {"readyReplicas": -1, "active": "x"}}),
    ] {
        let workload = pack(&json);
        let mut tally = WorkloadTally::default();
        workload.add_to(&mut tally);
        let _ = (
            workload.judge(&[], now()),
            workload.rollout(now()),
            workload.next_run(now()),
            workload.selector_text(),
        );
        workload.take_from(&mut tally);
        assert_eq!(tally, WorkloadTally::default());
    }
}

#[test]
fn what_containers_ask_for_together_and_what_pod_security_would_say_is_kept() {
    let deployment = |spec: &str| {
        let json = format!(
            r#"{{"kind":"Deployment","metadata":{{"name":"a"}},"spec":{{"template":{{"spec":{spec}}}}}}}"#
        );
        Workload::pack(serde_json::from_str(&json).unwrap(), &mut Interner::default())
    };
    let plain = deployment(
        r#"{"containers":[{"resources":{"requests":{"cpu":"250m","memory":"1Gi"},"limits":{"memory":"2Gi"}}},
            {"resources":{"requests":{"cpu":"50m"}}}],"volumes":[{"name":"x","hostPath":{"path":"/"}}],"hostPID":true}"#,
    );
    assert_eq!((plain.requests.cpu, plain.requests.memory, plain.limits.memory), (300, 1 << 30, 2 << 30));
    assert_eq!(plain.breaches.of_level("baseline"), ["host namespaces", "hostPath"]);
    assert_eq!(plain.breaches.of_level("restricted").len(), 7);
    assert!(plain.breaches.of_level("privileged").is_empty() && plain.breaches.of_level("odd").is_empty());
    let hardened = deployment(
        r#"{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"securityContext":
            {"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"],"add":["NET_BIND_SERVICE"]}}}],
            "volumes":[{"name":"t","emptyDir":{}},{"name":"c","configMap":{"name":"c"}}]}"#,
    );
    assert_eq!(hardened.breaches.of_level("restricted"), Vec::<&str>::new());
    let privileged = deployment(
        r#"{"containers":[{"securityContext":{"privileged":true,"capabilities":{"add":["SYS_ADMIN"]}},"ports":[{"hostPort":80}]}]}"#,
    );
    assert_eq!(privileged.breaches.of_level("baseline"), ["privileged", "added capabilities", "hostPort"]);
    let odd = deployment(
        r#"{"securityContext":7,"volumes":"none","containers":[{"securityContext":[],"ports":null}]}"#,
    );
    assert!(odd.breaches.of_level("baseline").is_empty(), "what is not a spec breaks nothing that it says");
}

#[test]
fn the_secrets_that_its_pods_name_are_kept_by_name_and_no_value_with_them() {
    let json = json!({"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": {"spec": {
        "imagePullSecrets": [{"name": "registry"}],
        "volumes": [{"secret": {"secretName": "tls"}}, {"projected": {"sources": [{"secret": {"name": "part"}}, {"configMap": {"name": "c"}}]}}, {}],
        "initContainers": [{"envFrom": [{"secretRef": {"name": "migration"}}, {"configMapRef": {"name": "c"}}]}],
        "containers": [{"env": [{"name": "A", "value": "geheim"}, {"name": "B", "valueFrom": {"secretKeyRef": {"name": "app", "key": "k"}}},
            {"name": "C", "valueFrom": {"secretKeyRef": {"name": "app", "key": "l"}}}, {"valueFrom": 7}]}]}}}});
    let text = json.to_string();
    let workload = Workload::pack(serde_json::from_str(&text).unwrap(), &mut Interner::default());
    let names: Vec<&str> = workload.secrets.iter().map(|name| &**name).collect();
    assert_eq!(names, ["app", "migration", "part", "registry", "tls"]);
    assert!(!format!("{workload:?}").contains("geheim"));
}
