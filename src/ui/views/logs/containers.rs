//! The containers of a pod whose logs can be read, from the pod as the API server gave it.

use serde_json::Value;

/// One container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: ContainerKind,
    /// How it is, in kubectl's words: `running`, `waiting: CrashLoopBackOff`, `terminated: OOMKilled (137)`.
    pub state: String,
    /// True while it runs.
    pub is_running: bool,
    /// Names the run, so that a restart can be told: `containerID` and the number of restarts.
    pub run: (String, u64),
}

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerKind {
    /// Runs and ends before the others start.
    Init,
    /// An init container that stays (`restartPolicy: Always`).
    Sidecar,
    /// What the pod is for.
    Main,
    /// Added to a running pod (`kubectl debug`).
    Ephemeral,
    /// One stream of a log group.
    Stream,
}

impl ContainerKind {
    /// The word of the picker; empty for the usual kind.
    pub fn word(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Sidecar => "sidecar",
            Self::Main | Self::Stream => "",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// What stands for all streams of a log group.
pub const ALL_STREAMS: &str = "all streams";

/// The containers of a pod in the order in which they start; of a log group its streams, behind all of them together.
pub fn containers_of(pod: &Value) -> Vec<Container> {
    if let Some(streams) = pod.get("logStreams").and_then(Value::as_array) {
        return streams_of(streams);
    }
    let mut containers = Vec::new();
    for (list, statuses, kind) in [
        ("initContainers", "initContainerStatuses", ContainerKind::Init),
        ("containers", "containerStatuses", ContainerKind::Main),
        ("ephemeralContainers", "ephemeralContainerStatuses", ContainerKind::Ephemeral),
    ] {
        for spec in pod.pointer(&format!("/spec/{list}")).and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = spec.get("name").and_then(Value::as_str) else { continue };
            let is_sidecar = kind == ContainerKind::Init
                && spec.get("restartPolicy").and_then(Value::as_str) == Some("Always");
            let status = pod
                .pointer(&format!("/status/{statuses}"))
                .and_then(Value::as_array)
                .and_then(|all| all.iter().find(|s| s.get("name").and_then(Value::as_str) == Some(name)));
            containers.push(Container {
                name: name.to_owned(),
                kind: if is_sidecar { ContainerKind::Sidecar } else { kind },
                state: status.map_or_else(|| "not started".to_owned(), state_of),
                is_running: status.is_some_and(|s| s.pointer("/state/running").is_some_and(Value::is_object)),
                run: run_of(status),
            });
        }
    }
    containers
}

fn streams_of(streams: &[Value]) -> Vec<Container> {
    let stream = |name: &str, kind, state: String| Container {
        name: name.to_owned(),
        kind,
        state,
        // A group is written to as long as it is there.
        is_running: true,
        run: (name.to_owned(), 0),
    };
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let one = |value: &Value| {
        let state = match text(value, "lastEvent") {
            last if last.is_empty() => "never written to".to_owned(),
            last => format!("last line {last}"),
        };
        stream(&text(value, "logStreamName"), ContainerKind::Stream, state)
    };
    let all = stream(ALL_STREAMS, ContainerKind::Main, String::new());
    std::iter::once(all).chain(streams.iter().map(one)).collect()
}

/// The containers to begin with: the one that the pod names for this, all but the init containers otherwise, and the
/// init container that keeps the pod from starting where one does.
pub fn first_choice(pod: &Value, containers: &[Container]) -> Vec<bool> {
    let named = pod
        .pointer("/metadata/annotations/kubectl.kubernetes.io~1default-container")
        .and_then(Value::as_str)
        .filter(|named| containers.iter().any(|container| container.name == *named));
    let is_started = containers.iter().any(|c| c.kind == ContainerKind::Main && !c.run.0.is_empty());
    let blocking = (!is_started)
        .then(|| containers.iter().rposition(|c| c.kind == ContainerKind::Init && !c.run.0.is_empty()))
        .flatten();
    containers
        .iter()
        .enumerate()
        .map(|(at, container)| match (blocking, named) {
            (Some(blocking), _) => at == blocking,
            (None, Some(named)) => container.name == named,
            (None, None) => matches!(container.kind, ContainerKind::Main | ContainerKind::Sidecar),
        })
        .collect()
}

fn run_of(status: Option<&Value>) -> (String, u64) {
    let id = status.and_then(|s| s.get("containerID")).and_then(Value::as_str).unwrap_or_default();
    let restarts = status.and_then(|s| s.get("restartCount")).and_then(Value::as_u64).unwrap_or(0);
    (id.to_owned(), restarts)
}

fn state_of(status: &Value) -> String {
    let text = |path: &str| status.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    if status.pointer("/state/running").is_some_and(Value::is_object) {
        return "running".to_owned();
    }
    if status.pointer("/state/terminated").is_some_and(Value::is_object) {
        let code = status.pointer("/state/terminated/exitCode").and_then(Value::as_i64).unwrap_or(0);
        let reason = text("/state/terminated/reason").unwrap_or("terminated");
        return format!("{reason} (exit {code})");
    }
    text("/state/waiting/reason").map_or_else(|| "waiting".to_owned(), |reason| format!("waiting: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn containers_are_found_with_their_state_whatever_is_missing() {
        let pod = json!({
            "spec": {
                "initContainers": [{"name": "migrate"}, {"name": "proxy", "restartPolicy": "Always"}],
                "containers": [{"name": "api"}, {"image": "nameless"}],
            },
            "status": {"containerStatuses": [{"name": "api", "containerID": "c://1", "restartCount": 2,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
        });
        let containers = containers_of(&pod);
        let told: Vec<(&str, ContainerKind, &str)> =
            containers.iter().map(|c| (c.name.as_str(), c.kind, c.state.as_str())).collect();
        assert_eq!(
            told,
            [
                ("migrate", ContainerKind::Init, "not started"),
                ("proxy", ContainerKind::Sidecar, "not started"),
                ("api", ContainerKind::Main, "waiting: CrashLoopBackOff"),
            ]
        );
        assert_eq!(first_choice(&pod, &containers), [false, true, true]);
        assert!(containers_of(&json!(null)).is_empty());
        assert!(containers_of(&json!({"spec": {"containers": "?"}})).is_empty());
    }

    #[test]
    fn a_log_group_begins_with_all_of_its_streams() {
        let group = json!({"logGroupName": "g", "logStreams": [
            {"logStreamName": "kube-apiserver-1", "lastEvent": "2026-11-21T10:00:00Z"}, {"logStreamName": "old"}, {}]});
        let streams = containers_of(&group);
        let names: Vec<&str> = streams.iter().map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, [ALL_STREAMS, "kube-apiserver-1", "old", ""]);
        assert_eq!(streams[2].state, "never written to");
        assert_eq!(first_choice(&group, &streams), [true, false, false, false]);
    }

    #[test]
    fn an_init_container_that_blocks_is_shown_first() {
        let pod = json!({
            "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "api"}},
            "spec": {"initContainers": [{"name": "migrate"}], "containers": [{"name": "api"}, {"name": "log"}]},
            "status": {"initContainerStatuses": [{"name": "migrate", "containerID": "c://1",
                "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]},
        });
        let containers = containers_of(&pod);
        assert_eq!(containers[0].state, "Error (exit 1)");
        assert_eq!(first_choice(&pod, &containers), [true, false, false]);
        let mut started = pod;
        started["status"]["containerStatuses"] = json!([{"name": "api", "containerID": "c://2"}]);
        assert_eq!(first_choice(&started, &containers_of(&started)), [false, true, false]);
    }
}
