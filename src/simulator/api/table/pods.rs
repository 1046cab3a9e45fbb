//! Pods and nodes, printed as `kubectl get` shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::read::{age, claim, condition, human, int, list, or_none, text};

/// The cells of a pod.
pub(super) fn pod(pod: &Value, now: Timestamp) -> Vec<Value> {
    let state = PodState::of(pod);
    let restarts = match (state.restarts, state.last_restart) {
        (0, _) | (_, None) => state.restarts.to_string(),
        (count, Some(at)) => format!("{count} ({} ago)", human(now.duration_since(at).as_secs())),
    };
    let ip = list(pod, "/status/podIPs").first().map(|ip| text(ip, "/ip")).unwrap_or_default();
    let gates = list(pod, "/spec/readinessGates");
    let open = gates.iter().filter(|gate| is_true(pod, text(gate, "/conditionType"))).count();
    let gates = if gates.is_empty() { "<none>".to_owned() } else { format!("{open}/{}", gates.len()) };
    vec![
        text(pod, "/metadata/name").into(),
        format!("{}/{}", state.ready, state.total).into(),
        state.reason.into(),
        restarts.into(),
        age(pod, now),
        or_none(if ip.is_empty() { text(pod, "/status/podIP") } else { ip }).into(),
        or_none(text(pod, "/spec/nodeName")).into(),
        or_none(text(pod, "/status/nominatedNodeName")).into(),
        gates.into(),
    ]
}

/// The conditions of a pod's row: a pod that has ended is marked, so that clients may hide it.
pub(super) fn row_conditions(pod: &Value) -> Option<Value> {
    let (reason, message) = match text(pod, "/status/phase") {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
}

struct PodState {
    ready: usize,
    total: usize,
    reason: String,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

/// Restarts counted over some containers, and when the latest of them ended.
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += int(status, "/restartCount");
        self.last = self.last.max(text(status, "/lastState/terminated/finishedAt").parse().ok());
    }
}

impl PodState {
    fn of(pod: &Value) -> Self {
        let phase = text(pod, "/status/phase");
        let mut reason = match text(pod, "/status/reason") {
            "" => phase.to_owned(),
            reason => reason.to_owned(),
        };
        if condition(pod, "PodScheduled").is_some_and(|it| text(it, "/reason") == "SchedulingGated") {
            "SchedulingGated".clone_into(&mut reason);
        }
        let inits = list(pod, "/spec/initContainers");
        let sidecar = |name: &str| {
            inits.iter().any(|init| text(init, "/name") == name && text(init, "/restartPolicy") == "Always")
        };
        let sidecars = inits.iter().filter(|init| text(init, "/restartPolicy") == "Always").count();
        let mut state = Self {
            ready: 0,
            total: list(pod, "/spec/containers").len() + sidecars,
            reason,
            restarts: 0,
            last_restart: None,
        };
        let (mut all, mut of_sidecars) = (Restarts::default(), Restarts::default());
        let mut initializing = false;
        for (index, status) in list(pod, "/status/initContainerStatuses").iter().enumerate() {
            all.add(status);
            let is_sidecar = sidecar(text(status, "/name"));
            if is_sidecar {
                of_sidecars.add(status);
            }
            let terminated = status.pointer("/state/terminated");
            if terminated.is_some_and(|it| int(it, "/exitCode") == 0) {
                continue;
            }
            if is_sidecar && claim(status, "/started") {
                state.ready += usize::from(claim(status, "/ready"));
                continue;
            }
            state.reason = init_reason(status, index, inits.len());
            initializing = true;
            break;
        }
        if !initializing || is_true(pod, "Initialized") {
            all = of_sidecars;
            state.read_containers(pod, &mut all);
        }
        (state.restarts, state.last_restart) = (all.count, all.last);
        if pod.pointer("/metadata/deletionTimestamp").is_some() {
            if text(pod, "/status/reason") == "NodeLost" {
                "Unknown".clone_into(&mut state.reason);
            } else if phase != "Succeeded" && phase != "Failed" {
                "Terminating".clone_into(&mut state.reason);
            }
        }
        state
    }

    fn read_containers(&mut self, pod: &Value, restarts: &mut Restarts) {
        let mut has_running = false;
        let mut error = None;
        for status in list(pod, "/status/containerStatuses").iter().rev() {
            restarts.add(status);
            let waiting = text(status, "/state/waiting/reason");
            let terminated = status.pointer("/state/terminated");
            if !waiting.is_empty() {
                waiting.clone_into(&mut self.reason);
            } else if let Some(terminated) = terminated {
                self.reason = end_reason(terminated);
                if int(terminated, "/exitCode") != 0 {
                    error = Some(self.reason.clone());
                }
            } else if claim(status, "/ready") && status.pointer("/state/running").is_some() {
                has_running = true;
                self.ready += 1;
            }
        }
        // One ended container does not end a pod; one that failed is told before one that is done.
        if self.reason == "Completed" {
            match error {
                _ if has_running && is_true(pod, "Ready") => "Running".clone_into(&mut self.reason),
                Some(error) => self.reason = error,
                None if has_running => "NotReady".clone_into(&mut self.reason),
                None => {}
            }
        }
    }
}

fn init_reason(status: &Value, index: usize, count: usize) -> String {
    let waiting = text(status, "/state/waiting/reason");
    match status.pointer("/state/terminated") {
        Some(terminated) => format!("Init:{}", end_reason(terminated)),
        None if !waiting.is_empty() && waiting != "PodInitializing" => format!("Init:{waiting}"),
        None => format!("Init:{index}/{count}"),
    }
}

fn end_reason(terminated: &Value) -> String {
    match (text(terminated, "/reason"), int(terminated, "/signal")) {
        ("", 0) => format!("ExitCode:{}", int(terminated, "/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn is_true(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|condition| text(condition, "/status") == "True")
}

/// The cells of a node.
pub(super) fn node(node: &Value, now: Timestamp) -> Vec<Value> {
    let ready = match condition(node, "Ready").map(|condition| text(condition, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = if claim(node, "/spec/unschedulable") { ",SchedulingDisabled" } else { "" };
    let labels = node.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
    let mut roles: Vec<&str> = labels
        .filter_map(|(name, value)| match name.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None if name == "kubernetes.io/role" => value.as_str(),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    let address = |kind: &str| {
        let addresses = list(node, "/status/addresses").iter();
        let address =
            addresses.filter(|address| text(address, "/type") == kind).map(|it| text(it, "/address")).next();
        or_none(address.unwrap_or_default())
    };
    let info = |field: &str| match text(node, &format!("/status/nodeInfo/{field}")) {
        "" => "<unknown>".to_owned(),
        text => text.to_owned(),
    };
    let kernel = match text(node, "/status/nodeInfo/architecture") {
        "" => info("kernelVersion"),
        architecture => format!("{} ({architecture})", info("kernelVersion")),
    };
    vec![
        text(node, "/metadata/name").into(),
        format!("{ready}{cordoned}").into(),
        or_none(&roles.join(",")).into(),
        age(node, now),
        text(node, "/status/nodeInfo/kubeletVersion").into(),
        address("InternalIP").into(),
        address("ExternalIP").into(),
        info("osImage").into(),
        kernel.into(),
        info("containerRuntimeVersion").into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(status: Value) -> (String, String, String) {
        let mut pod = json!({"metadata": {"name": "web", "creationTimestamp": "2026-11-21T10:00:00Z"},
            "spec": {"containers": [{"name": "web"}], "initContainers": [{"name": "migrate"}, {"name": "proxy", "restartPolicy": "Always"}]}});
        pod["status"] = status;
        let cells = self::pod(&pod, "2026-11-21T11:00:00Z".parse().unwrap());
        let cell = |at: usize| cells[at].as_str().unwrap().to_owned();
        (cell(1), cell(2), cell(3))
    }

    fn expect(status: Value, ready: &str, reason: &str, restarts: &str) {
        assert_eq!(status_of(status), (ready.to_owned(), reason.to_owned(), restarts.to_owned()));
    }

    #[test]
    fn a_pod_that_initializes_says_how_far_it_is() {
        expect(
            json!({"phase": "Pending", "initContainerStatuses": [{"name": "migrate", "state": {"running": {}}}]}),
            "0/2",
            "Init:0/2",
            "0",
        );
        expect(
            json!({"phase": "Pending", "initContainerStatuses": [{"name": "migrate", "restartCount": 2,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"finishedAt": "2026-11-21T10:55:00Z"}}}]}),
            "0/2",
            "Init:CrashLoopBackOff",
            "2 (5m ago)",
        );
    }

    #[test]
    fn a_started_sidecar_counts_as_a_container() {
        expect(
            json!({"phase": "Running", "initContainerStatuses": [
                {"name": "migrate", "restartCount": 1, "state": {"terminated": {"exitCode": 0}}},
                {"name": "proxy", "started": true, "ready": true, "restartCount": 3, "state": {"running": {}}}],
                "containerStatuses": [{"name": "web", "ready": true, "restartCount": 1, "state": {"running": {}}}]}),
            "2/2",
            "Running",
            "4",
        );
    }

    #[test]
    fn the_end_of_a_container_shows_its_reason_its_signal_or_its_code() {
        let ended = |terminated: Value| {
            json!({"phase": "Failed", "conditions": [{"type": "Initialized", "status": "True"}],
            "containerStatuses": [{"name": "web", "state": {"terminated": terminated}}]})
        };
        expect(ended(json!({"reason": "OOMKilled", "exitCode": 137})), "0/2", "OOMKilled", "0");
        expect(ended(json!({"signal": 9, "exitCode": 137})), "0/2", "Signal:9", "0");
        expect(ended(json!({"exitCode": 3})), "0/2", "ExitCode:3", "0");
    }

    #[test]
    fn an_ended_container_beside_a_running_one_is_not_ready() {
        let status = json!({"phase": "Running", "containerStatuses": [
            {"name": "job", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}},
            {"name": "web", "ready": true, "state": {"running": {}}}]});
        expect(status, "1/2", "NotReady", "0");
    }
}
