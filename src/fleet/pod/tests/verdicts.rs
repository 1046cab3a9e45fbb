//! Why a pod is not as it should be, in words.

use super::*;

fn judged(pod: &Value) -> (Verdict, String) {
    let pod = pack(pod);
    let (verdict, why) = pod.judge(now());
    (verdict, why.into_owned())
}

fn critical(why: &str) -> (Verdict, String) {
    (Verdict::Critical, why.to_owned())
}

fn warning(why: &str) -> (Verdict, String) {
    (Verdict::Warning, why.to_owned())
}

fn progressing(why: &str) -> (Verdict, String) {
    (Verdict::Progressing, why.to_owned())
}

#[test]
fn a_crash_loop_tells_how_long_how_often_and_how_it_ended() {
    let message =
        "back-off 5m0s restarting failed container=api pod=api-58bc9599dd-j9zqr_production(6f97e097)";
    let state = json!({"waiting": {"reason": "CrashLoopBackOff", "message": message}});
    let last = |reason: &str, code: i32, message: &str| json!({"terminated": {"reason": reason, "exitCode": code, "message": message, "finishedAt": "2026-11-21T12:56:00Z"}});
    assert_eq!(
        judged(&container(state.clone(), 12, last("OOMKilled", 137, ""))),
        critical("api: back-off 5m after 12 restarts, last exit 137 OOMKilled")
    );
    assert_eq!(
        judged(&container(state, 1, last("Error", 1, "\npanic: no database\ngoroutine 1"))),
        critical("api: back-off 5m after 1 restart, last exit 1: panic: no database")
    );
}

#[test]
fn an_image_that_cannot_be_pulled_names_the_cause() {
    let state = |reason: &str, message: &str| {
        container(json!({"waiting": {"reason": reason, "message": message}}), 0, json!({}))
    };
    assert_eq!(
        judged(&state(
            "ImagePullBackOff",
            "Back-off pulling image \"x\": ErrImagePull: rpc error: code = NotFound desc = … not found"
        )),
        critical("api: ImagePullBackOff, tag 1.8.1 not found")
    );
    assert_eq!(
        judged(&state("InvalidImageName", "")),
        critical(
            "api: InvalidImageName, 123456789012.dkr.ecr.us-east-1.amazonaws.com/myapp/api:1.8.1 is no image name"
        )
    );
    assert_eq!(
        judged(&state("CreateContainerConfigError", "secret \"app-secrets\" not found")),
        critical("api: CreateContainerConfigError, secret \"app-secrets\" not found")
    );
}

#[test]
fn a_failing_init_container_is_called_one() {
    let state = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting"}});
    let pod = with(
        container(json!({"waiting": {"reason": "PodInitializing"}}), 0, json!({})),
        [
            ("/spec/initContainers", json!([{"name": "migrate", "image": "m"}])),
            ("/status/phase", json!("Pending")),
            ("/status/conditions/1/status", json!("False")),
            (
                "/status/initContainerStatuses",
                json!([{"name": "migrate", "restartCount": 2, "state": state}]),
            ),
        ],
    );
    assert_eq!(judged(&pod), critical("init migrate: back-off 10s after 2 restarts"));
}

#[test]
fn a_pod_without_a_node_says_why_and_gets_worse_with_time() {
    let waiting = |since: &str| {
        with(
            pending(),
            [(
                "/status/conditions",
                json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": since,
                "message": "0/6 nodes are available: 4 Insufficient cpu, 2 node(s) had untolerated taint {CriticalAddonsOnly: true}. preemption: none."}]),
            )],
        )
    };
    let words = "0/6 nodes fit: 4 insufficient cpu, 2 taint CriticalAddonsOnly";
    assert_eq!(judged(&waiting("2026-11-21T12:59:30Z")), progressing(words));
    assert_eq!(judged(&waiting("2026-11-21T12:55:00Z")), warning(words));
    assert_eq!(judged(&waiting("2026-11-21T12:40:00Z")), critical(words));
    assert_eq!(pack(&waiting("2026-11-21T12:59:30Z")).standing(), Standing::Failing);
    assert_eq!(judged(&pending()), warning("no scheduler has looked at it for 5m"));
    let gated = with(
        pending(),
        [
            ("/spec/schedulingGates", json!([{"name": "quota.example.com/wait"}])),
            (
                "/status/conditions",
                json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
            ),
        ],
    );
    assert_eq!(judged(&gated), progressing("held back by quota.example.com/wait"));
}

#[test]
fn a_pod_that_does_not_become_ready_says_for_how_long() {
    assert_eq!(judged(&container(json!({"running": {}}), 0, json!({}))), warning("api: not ready for 6m"));
    let soon = with(
        container(json!({"running": {}}), 0, json!({})),
        [("/status/conditions/2/lastTransitionTime", json!("2026-11-21T12:59:30Z"))],
    );
    assert_eq!(judged(&soon), progressing("not ready yet"));
    let gated = with(
        running(),
        [
            ("/spec/readinessGates", json!([{"conditionType": "target-health.elbv2.k8s.aws/api"}])),
            (
                "/status/conditions/2",
                json!({"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-21T12:50:00Z"}),
            ),
        ],
    );
    assert_eq!(judged(&gated), warning("waits for readiness gate target-health.elbv2.k8s.aws/api"));
}

#[test]
fn starting_is_fine_until_it_takes_too_long() {
    let creating = |started: &str| {
        with(
            container(json!({"waiting": {"reason": "ContainerCreating"}}), 0, json!({})),
            [("/status/phase", json!("Pending")), ("/status/startTime", json!(started))],
        )
    };
    assert_eq!(judged(&creating("2026-11-21T12:58:00Z")), progressing("starting"));
    assert_eq!(judged(&creating("2026-11-21T12:48:00Z")), warning("ContainerCreating for 12m"));
}

#[test]
fn a_recent_bad_end_is_remembered_for_a_while() {
    let restarted = |at: &str, code: i32| {
        let status = json!({"name": "api", "ready": true, "restartCount": 3, "state": {"running": {}},
            "lastState": {"terminated": {"exitCode": code, "reason": "OOMKilled", "finishedAt": at}}});
        with(running(), [(CONTAINER, status)])
    };
    assert_eq!(
        judged(&restarted("2026-11-21T12:55:00Z", 137)),
        warning("api: restarted 5m ago, exit 137 OOMKilled")
    );
    assert_eq!(judged(&restarted("2026-11-21T12:40:00Z", 137)), (Verdict::Ok, String::new()));
    assert_eq!(judged(&restarted("2026-11-21T12:55:00Z", 0)), (Verdict::Ok, String::new()));
}

#[test]
fn termination_is_fine_within_its_grace_period() {
    let deleted = |at: &str| {
        with(
            running(),
            [("/metadata/deletionTimestamp", json!(at)), ("/metadata/deletionGracePeriodSeconds", json!(30))],
        )
    };
    assert_eq!(judged(&deleted("2026-11-21T13:00:20Z")), progressing("terminating"));
    assert_eq!(judged(&deleted("2026-11-21T12:59:50Z")), progressing("terminating"));
    assert_eq!(
        judged(&deleted("2026-11-21T12:50:00Z")),
        warning("still terminating 10m after its grace period of 30s")
    );
    let held = |finalizers| with(deleted("2026-11-21T12:50:00Z"), [("/metadata/finalizers", finalizers)]);
    assert_eq!(
        judged(&held(json!(["example.com/backup"]))),
        warning("still terminating after 10m: finalizer example.com/backup was not taken away")
    );
    assert_eq!(
        judged(&held(json!(["example.com/backup", null, "b", "c"]))),
        warning("still terminating after 10m: finalizer example.com/backup and 2 more were not taken away")
    );
    let alive = with(running(), [("/metadata/finalizers", json!(["example.com/backup"]))]);
    assert_eq!(judged(&alive), (Verdict::Ok, String::new()));
    let lost = with(deleted("2026-11-21T12:50:00Z"), [("/status/reason", json!("NodeLost"))]);
    assert_eq!(judged(&lost), critical("node ip-10-1-11-40.ec2.internal stopped answering"));
}

#[test]
fn what_ended_badly_tells_why_and_what_ended_well_is_fine() {
    let evicted = with(
        running(),
        [(
            "/status",
            json!({"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory. More."}),
        )],
    );
    assert_eq!(judged(&evicted), warning("Evicted: The node was low on resource: memory. More."));
    let failed = with(
        container(json!({"terminated": {"exitCode": 3, "reason": "Error"}}), 0, json!({})),
        [("/status/phase", json!("Failed")), ("/metadata/ownerReferences", json!([]))],
    );
    assert_eq!(judged(&failed), critical("api: ended with exit 3"));
    let done = with(
        container(json!({"terminated": {"exitCode": 0, "reason": "Completed"}}), 0, json!({})),
        [("/status/phase", json!("Succeeded"))],
    );
    assert_eq!(judged(&done), (Verdict::Ok, String::new()));
    assert!(pack(&done).unusual.is_none(), "a pod that did its work takes no extra room");
}
