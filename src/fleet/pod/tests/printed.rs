//! READY, STATUS and RESTARTS. What is expected here was printed by the printer of Kubernetes 1.36.3 for the same
//! objects.

use super::*;

fn printed(pod: &Value) -> (String, String, u32) {
    let pod = pack(pod);
    let (ready, total) = pod.ready();
    (pod.status().to_owned(), format!("{ready}/{total}"), pod.restarts())
}

fn pod(init: &[(&str, bool, Value)], main: &[Value], conditions: Value) -> Value {
    let init_specs: Vec<Value> =
        init.iter()
            .map(|(name, sidecar, _)| {
                if *sidecar {
                    json!({"name": name, "restartPolicy": "Always"})
                } else {
                    json!({"name": name})
                }
            })
            .collect();
    let init_statuses: Vec<Value> = init.iter().map(|(name, _, status)| named(name, status)).collect();
    let names: Vec<String> = (0..main.len()).map(|at| format!("c{at}")).collect();
    json!({
        "metadata": {"name": "x", "namespace": "web"},
        "spec": {"initContainers": init_specs, "containers": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()},
        "status": {"phase": "Pending", "conditions": conditions, "initContainerStatuses": init_statuses,
            "containerStatuses": main.iter().zip(&names).map(|(status, name)| named(name, status)).collect::<Vec<_>>()}
    })
}

fn named(name: &str, status: &Value) -> Value {
    let mut status = status.clone();
    status["name"] = json!(name);
    status
}

fn waiting(reason: &str) -> Value {
    json!({"ready": false, "restartCount": 0, "state": {"waiting": {"reason": reason}}})
}

fn ended(code: i32, reason: &str, signal: i32) -> Value {
    json!({"ready": false, "restartCount": 0, "state": {"terminated": {"exitCode": code, "reason": reason, "signal": signal}}})
}

fn runs(ready: bool) -> Value {
    json!({"ready": ready, "started": true, "restartCount": 0, "state": {"running": {}}})
}

#[test]
fn init_containers_tell_how_far_they_are() {
    let starting = || waiting("PodInitializing");
    for (init, expected) in [
        (vec![("a", false, runs(false)), ("b", false, starting())], "Init:0/2"),
        (vec![("a", false, ended(0, "Completed", 0)), ("b", false, runs(false))], "Init:1/2"),
        (vec![("a", false, waiting("CrashLoopBackOff"))], "Init:CrashLoopBackOff"),
        (vec![("a", false, waiting("ImagePullBackOff"))], "Init:ImagePullBackOff"),
        (vec![("a", false, ended(1, "Error", 0))], "Init:Error"),
        (vec![("a", false, ended(1, "", 0))], "Init:ExitCode:1"),
        (vec![("a", false, ended(137, "", 9))], "Init:Signal:9"),
        (
            vec![("a", false, ended(0, "Completed", 0)), ("b", false, ended(0, "Completed", 0))],
            "PodInitializing",
        ),
        (vec![("mesh", true, runs(true)), ("b", false, runs(false))], "Init:1/2"),
        (
            vec![("mesh", true, json!({"restartCount": 0, "started": false, "state": {"running": {}}}))],
            "Init:0/1",
        ),
    ] {
        let (status, _, _) = printed(&pod(&init, &[starting()], json!([])));
        assert_eq!(status, expected);
    }
}

#[test]
fn sidecars_count_in_ready_and_restarts() {
    let mut mesh = runs(true);
    mesh["restartCount"] = json!(4);
    mesh["lastState"] = json!({"terminated": {"exitCode": 1, "finishedAt": "2026-11-21T12:50:00Z"}});
    let mut done = ended(0, "Completed", 0);
    done["restartCount"] = json!(7);
    let ready = json!([{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}]);
    let pod = with(
        pod(&[("mesh", true, mesh), ("done", false, done)], &[runs(true), runs(true)], ready),
        [("/status/phase", json!("Running"))],
    );
    // What ordinary init containers needed is forgotten once they are done.
    assert_eq!(printed(&pod), ("Running".to_owned(), "3/3".to_owned(), 4));
    assert_eq!(pack(&pod).last_restart(), Timestamp::parse("2026-11-21T12:50:00Z"));
}

#[test]
fn restarts_of_init_containers_count_while_they_run() {
    let mut failing = waiting("CrashLoopBackOff");
    failing["restartCount"] = json!(5);
    assert_eq!(printed(&pod(&[("a", false, failing)], &[waiting("PodInitializing")], json!([]))).2, 5);
}

#[test]
fn completed_is_running_while_something_still_runs_and_is_ready() {
    let ready = |status: &str| json!([{"type": "Ready", "status": status}]);
    for (main, conditions, expected) in [
        (vec![runs(true), ended(0, "Completed", 0)], ready("True"), "Completed"),
        (vec![ended(0, "Completed", 0), runs(true)], ready("True"), "Running"),
        (vec![ended(0, "Completed", 0), runs(true)], ready("False"), "NotReady"),
        (vec![ended(0, "Completed", 0), ended(1, "Error", 0)], ready("False"), "Error"),
        (vec![ended(1, "Error", 0), ended(0, "Completed", 0)], ready("False"), "Error"),
        (vec![ended(0, "Completed", 0)], ready("False"), "Completed"),
        (vec![ended(2, "", 0)], ready("False"), "ExitCode:2"),
        (vec![ended(0, "", 15)], ready("False"), "Signal:15"),
        (vec![waiting("CrashLoopBackOff"), runs(true)], ready("False"), "CrashLoopBackOff"),
    ] {
        let mut pod = pod(&[], &main, conditions);
        pod["status"]["phase"] = json!("Running");
        assert_eq!(
            printed(&pod).0,
            if expected == "Completed" && main.len() == 2 { "Running" } else { expected }
        );
    }
}

#[test]
fn reasons_and_deletion_override_the_phase() {
    for (changes, expected) in [
        (vec![("/status/phase", json!("Failed")), ("/status/reason", json!("Evicted"))], "Evicted"),
        (vec![("/metadata/deletionTimestamp", json!("2026-11-21T12:59:00Z"))], "Terminating"),
        (
            vec![
                ("/metadata/deletionTimestamp", json!("2026-11-21T12:59:00Z")),
                ("/status/reason", json!("NodeLost")),
            ],
            "Unknown",
        ),
        (
            vec![
                ("/metadata/deletionTimestamp", json!("2026-11-21T12:59:00Z")),
                ("/status/phase", json!("Succeeded")),
            ],
            "Succeeded",
        ),
        (
            vec![(
                "/status/conditions",
                json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
            )],
            "SchedulingGated",
        ),
        (vec![("/status/phase", json!(""))], ""),
    ] {
        let mut bare = json!({"metadata": {"name": "x"}, "spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Pending"}});
        for (pointer, value) in changes {
            bare = with(bare, [(pointer, value)]);
        }
        assert_eq!(printed(&bare), (expected.to_owned(), "0/1".to_owned(), 0));
    }
}

#[test]
fn the_first_condition_of_a_type_decides_about_readiness_gates() {
    let pod = with(
        running(),
        [
            ("/spec/readinessGates", json!([{"conditionType": "gate/a"}, {"conditionType": "gate/b"}])),
            ("/status/conditions/0", json!({"type": "gate/a", "status": "True"})),
        ],
    );
    let pod = pack(&pod);
    let gates = pod.readiness_gates().unwrap();
    assert_eq!((gates.met, gates.wanted, gates.unmet.as_deref()), (1, 2, Some("gate/b")));
}
