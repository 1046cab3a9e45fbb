//! A pod: where it runs, and each container with its state, its last end, its probes and what it may use.

use serde_json::Value;

use super::read::{
    age, ago, conditions, entries, is_true, joined, list, number, pairs, scalar, text, time, words,
};
use super::related::Target;
use super::section::{Cell, Line, Section};
use crate::fleet::{Timestamp, Verdict};
use crate::ui::role::Role;

pub(super) fn describe(pod: &Value, now: Timestamp) -> Vec<Section> {
    let mut sections = vec![overview(pod, now)];
    sections.push(containers(pod, now));
    sections.push(conditions(pod, now));
    sections.push(volumes(pod));
    sections.push(scheduling(pod));
    sections
}

fn overview(pod: &Value, now: Timestamp) -> Section {
    let mut section = Section::new("POD");
    let phase = text(pod, "/status/phase");
    let reason = text(pod, "/status/reason");
    section
        .field("phase", [phase, reason].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", "));
    section.field_as("message", text(pod, "/status/message"), Role::Warning);
    let node = text(pod, "/spec/nodeName");
    if !node.is_empty() {
        section
            .push(Line::field("node", Cell::plain(node)))
            .leading_to(Target::cluster_wide("", "Node", node));
    }
    section.field("started", ago(time(pod, "/status/startTime"), now));
    let deleted = time(pod, "/metadata/deletionTimestamp");
    section.field_as("deleted", ago(deleted, now), Role::Warning);
    if !deleted.is_never() {
        section.field_as("held by", joined(pod, "/metadata/finalizers"), Role::Warning);
    }
    let addresses: Vec<String> = list(pod, "/status/podIPs").iter().map(|ip| words(ip, "/ip")).collect();
    section.field(
        "address",
        if addresses.is_empty() { words(pod, "/status/podIP") } else { addresses.join(", ") },
    );
    section.field("QoS", text(pod, "/status/qosClass"));
    section.field("priority", text(pod, "/spec/priorityClassName"));
    let account = text(pod, "/spec/serviceAccountName");
    if !account.is_empty() {
        let namespace = text(pod, "/metadata/namespace");
        section.push(Line::field("service account", Cell::plain(account))).leading_to(Target::namespaced(
            "",
            "ServiceAccount",
            namespace,
            account,
        ));
    }
    if is_true(pod, "/spec/hostNetwork") {
        section.field_as("host network", "yes", Role::Warning);
    }
    section
}

/// The containers of a pod or of a pod template, with their state where there is one.
pub(super) fn containers(pod: &Value, now: Timestamp) -> Section {
    let mut section = Section::new("CONTAINERS");
    for (specs, statuses, kind) in [
        ("/spec/initContainers", "/status/initContainerStatuses", "init"),
        ("/spec/containers", "/status/containerStatuses", ""),
        ("/spec/ephemeralContainers", "/status/ephemeralContainerStatuses", "ephemeral"),
    ] {
        for spec in list(pod, specs) {
            let name = text(spec, "/name");
            let status = list(pod, statuses).iter().find(|status| text(status, "/name") == name);
            let kind =
                if kind == "init" && text(spec, "/restartPolicy") == "Always" { "sidecar" } else { kind };
            container(&mut section, spec, status, kind, now);
        }
    }
    section
}

fn container(section: &mut Section, spec: &Value, status: Option<&Value>, kind: &str, now: Timestamp) {
    let mut title = vec![Cell::new(text(spec, "/name"), Role::Strong)];
    if !kind.is_empty() {
        title.push(Cell::dim(kind));
    }
    let judged = status.map(|status| state(status, kind == "init", now));
    if let Some((verdict, words)) = &judged {
        title.push(Cell::new(words.clone(), super::section::glyph(*verdict, true).1));
    }
    let restarts = status.and_then(|status| number(status, "/restartCount")).unwrap_or(0);
    if restarts > 0 {
        title.push(Cell::plain(format!("{restarts} restart{}", if restarts == 1 { "" } else { "s" })));
    }
    section.push(Line { verdict: judged.map(|(verdict, _)| verdict), cells: title, ..Line::default() });
    let mut field = |label: &str, value: String, role: Role| {
        if !value.is_empty() {
            section.push(Line::field(label, Cell::new(value, role)).at_depth(1));
        }
    };
    field("image", text(spec, "/image").to_owned(), Role::Text);
    if let Some(status) = status {
        field("waiting", text(status, "/state/waiting/message").to_owned(), Role::Warning);
        field("ended", text(status, "/state/terminated/message").to_owned(), Role::Warning);
        field("last end", ending(status, "/lastState/terminated", now), Role::Warning);
        field("last words", text(status, "/lastState/terminated/message").trim().to_owned(), Role::Warning);
    }
    field("command", joined_command(spec), Role::Text);
    field("requests", pairs(spec, "/resources/requests").replace('=', " "), Role::Text);
    field("limits", pairs(spec, "/resources/limits").replace('=', " "), Role::Text);
    let ports: Vec<String> = list(spec, "/ports").iter().map(port).collect();
    field("ports", ports.join(", "), Role::Text);
    for (label, path) in
        [("liveness", "/livenessProbe"), ("readiness", "/readinessProbe"), ("startup", "/startupProbe")]
    {
        field(label, spec.pointer(path).map(probe).unwrap_or_default(), Role::Text);
    }
    field("environment", environment(spec), Role::Text);
    let mounts: Vec<String> = list(spec, "/volumeMounts")
        .iter()
        .map(|mount| {
            let read_only = if is_true(mount, "/readOnly") { " (read only)" } else { "" };
            format!("{} ← {}{read_only}", text(mount, "/mountPath"), text(mount, "/name"))
        })
        .collect();
    field("mounts", mounts.join(", "), Role::Text);
}

/// How a container is, with the words for it.
fn state(status: &Value, is_init: bool, now: Timestamp) -> (Verdict, String) {
    if status.pointer("/state/running").is_some_and(Value::is_object) {
        let since = age(time(status, "/state/running/startedAt"), now);
        let is_ready = is_init || is_true(status, "/ready");
        return if is_ready {
            (Verdict::Ok, format!("running for {since}"))
        } else {
            (Verdict::Warning, format!("running for {since}, not ready"))
        };
    }
    if status.pointer("/state/terminated").is_some_and(Value::is_object) {
        let is_good = number(status, "/state/terminated/exitCode") == Some(0);
        let verdict = if is_good { Verdict::Ok } else { Verdict::Critical };
        return (verdict, ending(status, "/state/terminated", now));
    }
    match text(status, "/state/waiting/reason") {
        "" | "ContainerCreating" | "PodInitializing" => (
            Verdict::Progressing,
            format!("waiting {}", text(status, "/state/waiting/reason")).trim().to_owned(),
        ),
        reason => (Verdict::Critical, reason.to_owned()),
    }
}

fn ending(status: &Value, path: &str, now: Timestamp) -> String {
    let Some(end) = status.pointer(path).filter(|end| end.is_object()) else { return String::new() };
    let reason = text(end, "/reason");
    let code = number(end, "/exitCode").unwrap_or(0);
    let signal = number(end, "/signal").filter(|signal| *signal != 0);
    let how = match (reason, signal) {
        ("", Some(signal)) => format!("signal {signal}"),
        ("", None) => format!("exit code {code}"),
        (reason, Some(signal)) => format!("{reason}, signal {signal}"),
        (reason, None) => format!("{reason}, exit code {code}"),
    };
    let (started, finished) = (time(end, "/startedAt"), time(end, "/finishedAt"));
    let ran = match (started.known(), finished.known()) {
        (Some(started), Some(finished)) => format!(" after {}", age(started, finished)),
        _ => String::new(),
    };
    match ago(finished, now).as_str() {
        "" => format!("{how}{ran}"),
        ago => format!("{how}{ran}, {ago}"),
    }
}

fn joined_command(spec: &Value) -> String {
    let parts = list(spec, "/command").iter().chain(list(spec, "/args"));
    parts.map(scalar).collect::<Vec<_>>().join(" ")
}

fn port(port: &Value) -> String {
    let name = text(port, "/name");
    let protocol = match text(port, "/protocol") {
        "" | "TCP" => String::new(),
        other => format!("/{other}"),
    };
    let host = number(port, "/hostPort").map(|host| format!(" on the host's {host}")).unwrap_or_default();
    let number = format!("{}{protocol}{host}", words(port, "/containerPort"));
    if name.is_empty() { number } else { format!("{name} {number}") }
}

fn probe(probe: &Value) -> String {
    let what = if let Some(get) = probe.pointer("/httpGet") {
        let scheme = match text(get, "/scheme") {
            "" => "http".to_owned(),
            scheme => scheme.to_ascii_lowercase(),
        };
        format!("{scheme} {}:{}{}", text(get, "/host"), words(get, "/port"), text(get, "/path"))
    } else if probe.pointer("/exec").is_some() {
        list(probe, "/exec/command").iter().map(scalar).collect::<Vec<_>>().join(" ")
    } else if probe.pointer("/tcpSocket").is_some() {
        format!("tcp :{}", words(probe, "/tcpSocket/port"))
    } else if probe.pointer("/grpc").is_some() {
        format!("grpc :{} {}", words(probe, "/grpc/port"), text(probe, "/grpc/service")).trim().to_owned()
    } else {
        return String::new();
    };
    // The defaults of the API, which the API server fills in; shown so that they need not be known.
    let every = number(probe, "/periodSeconds").unwrap_or(10);
    let timeout = number(probe, "/timeoutSeconds").unwrap_or(1);
    let failures = number(probe, "/failureThreshold").unwrap_or(3);
    let delay = number(probe, "/initialDelaySeconds").filter(|delay| *delay > 0);
    let delay = delay.map(|delay| format!(", first after {delay}s")).unwrap_or_default();
    format!("{what}  every {every}s, timeout {timeout}s, {failures} failures{delay}")
}

/// Where the environment comes from. Names only: a value may be a secret.
fn environment(spec: &Value) -> String {
    let mut parts = Vec::new();
    for from in list(spec, "/envFrom") {
        for (path, what) in [("/configMapRef", "config map"), ("/secretRef", "secret")] {
            let name = from.pointer(path).map(|r| text(r, "/name")).unwrap_or_default();
            if !name.is_empty() {
                parts.push(format!("all of {what} {name}"));
            }
        }
    }
    for variable in list(spec, "/env") {
        let name = text(variable, "/name");
        let source = entries(variable, "/valueFrom").next().map(|(kind, source)| match kind {
            "configMapKeyRef" => format!(" ← config map {}", text(source, "/name")),
            "secretKeyRef" => format!(" ← secret {}", text(source, "/name")),
            "fieldRef" => format!(" ← {}", text(source, "/fieldPath")),
            "resourceFieldRef" => format!(" ← {}", text(source, "/resource")),
            other => format!(" ← {other}"),
        });
        parts.push(format!("{name}{}", source.unwrap_or_default()));
    }
    parts.join(", ")
}

pub(super) fn volumes(pod: &Value) -> Section {
    let mut section = Section::new("VOLUMES").folded();
    let namespace = text(pod, "/metadata/namespace");
    for volume in list(pod, "/spec/volumes") {
        let name = text(volume, "/name");
        let source = volume.as_object().into_iter().flatten().find(|(key, _)| *key != "name");
        let Some((kind, source)) = source else { continue };
        let (words, target) = match kind.as_str() {
            "configMap" => named(source, "/name", "config map", "ConfigMap", namespace),
            "secret" => named(source, "/secretName", "secret", "Secret", namespace),
            "persistentVolumeClaim" => {
                named(source, "/claimName", "claim", "PersistentVolumeClaim", namespace)
            }
            "hostPath" => (format!("host path {}", text(source, "/path")), None),
            "emptyDir" => {
                let medium = text(source, "/medium");
                (format!("empty folder {medium} {}", words(source, "/sizeLimit")).trim().to_owned(), None)
            }
            "projected" => {
                let sources =
                    list(source, "/sources").iter().filter_map(Value::as_object).flat_map(|s| s.keys());
                (format!("projected: {}", sources.cloned().collect::<Vec<_>>().join(", ")), None)
            }
            "csi" => (format!("csi {}", text(source, "/driver")), None),
            other => (other.to_owned(), None),
        };
        section.push(Line::field(name, Cell::plain(words))).leading_to(target);
    }
    section
}

fn named(source: &Value, path: &str, what: &str, kind: &str, namespace: &str) -> (String, Option<Target>) {
    let name = text(source, path);
    (format!("{what} {name}"), Target::namespaced("", kind, namespace, name))
}

pub(super) fn scheduling(pod: &Value) -> Section {
    let mut section = Section::new("SCHEDULING").folded();
    section.field("scheduler", text(pod, "/spec/schedulerName").replace("default-scheduler", ""));
    section.field("node selector", pairs(pod, "/spec/nodeSelector"));
    for gate in list(pod, "/spec/schedulingGates") {
        section.field_as("gate", text(gate, "/name"), Role::Warning);
    }
    for constraint in list(pod, "/spec/topologySpreadConstraints") {
        let skew = words(constraint, "/maxSkew");
        let otherwise = text(constraint, "/whenUnsatisfiable");
        section.field(
            "spread",
            format!("over {}, skew {skew}, else {otherwise}", text(constraint, "/topologyKey")),
        );
    }
    for (kind, _) in entries(pod, "/spec/affinity") {
        section.field("affinity", kind);
    }
    for toleration in list(pod, "/spec/tolerations") {
        let (key, value) = (text(toleration, "/key"), text(toleration, "/value"));
        let mut words = match (key, text(toleration, "/operator"), value) {
            ("", ..) => "everything".to_owned(),
            (key, "Exists", _) | (key, _, "") => key.to_owned(),
            (key, _, value) => format!("{key}={value}"),
        };
        let effect = text(toleration, "/effect");
        if !effect.is_empty() {
            words = format!("{words}:{effect}");
        }
        if let Some(seconds) = number(toleration, "/tolerationSeconds") {
            words = format!("{words} for {seconds}s");
        }
        section.field("tolerates", words);
    }
    section
}
