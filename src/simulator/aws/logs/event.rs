//! The lines of a group: what the containers really print, and what control plane and machines say to themselves.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::group::{Group, What};
use crate::simulator::aws::land::Land;
use crate::simulator::world::chance::{Chance, hex_of};
use crate::simulator::world::cluster::ACCOUNT;
use crate::simulator::world::{field, namespaces};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) stream: String,
    pub(super) message: String,
}

/// Minutes of what nobody keeps that are made up again whenever somebody asks.
const PAST: i64 = 6 * 60;
/// Seconds between two such lines of a stream.
const PAUSE: i64 = 20;

/// The lines of a group by stream, each oldest first.
pub(super) fn by_stream(group: &Group, now: Timestamp) -> BTreeMap<String, Vec<Event>> {
    let mut streams: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    let events = match group.what {
        What::Application => printed(&group.land, |namespace| !is_platform(namespace)),
        What::DataPlane => printed(&group.land, is_platform),
        What::ControlPlane => control_plane(&group.land, now),
        What::Host => host(&group.land, now),
    };
    for event in events {
        streams.entry(event.stream.clone()).or_default().push(event);
    }
    streams
}

/// All lines of a group, oldest first.
pub(super) fn all(group: &Group, now: Timestamp) -> Vec<Event> {
    let mut events: Vec<Event> = by_stream(group, now).into_values().flatten().collect();
    events.sort_by(|one, other| (one.at, &one.stream).cmp(&(other.at, &other.stream)));
    events
}

fn is_platform(namespace: &str) -> bool {
    namespaces::PLATFORM.iter().any(|(name, _)| *name == namespace)
}

/// What containers have printed, as Fluent Bit sends it: from the nodes on which it runs.
fn printed(land: &Land, wanted: impl Fn(&str) -> bool) -> Vec<Event> {
    let pods = land.all("pods");
    let collects: Vec<&str> = pods
        .iter()
        .filter(|pod| field::namespace(pod) == "logging" && field::condition_is_true(pod, "Ready"))
        .map(|pod| field::text(pod, "spec.nodeName"))
        .collect();
    let mut events = Vec::new();
    for pod in pods.iter().filter(|pod| wanted(field::namespace(pod))) {
        let (namespace, name, node) =
            (field::namespace(pod), field::name(pod), field::text(pod, "spec.nodeName"));
        if !collects.contains(&node) {
            continue;
        }
        for container in field::list(pod, "spec.containers") {
            let container = field::text(container, "name");
            let id = hex_of(&format!("{}/{container}", field::uid(pod)), 64);
            let stream =
                format!("{node}-application.var.log.containers.{name}_{namespace}_{container}-{id}.log");
            let lines = land.store.logs().after(namespace, name, container, None).map(|(lines, _)| lines);
            events.extend(lines.unwrap_or_default().into_iter().map(|line| Event {
                at: line.at,
                stream: stream.clone(),
                message: json!({
                    "time": line.at.to_string(), "stream": "stdout", "log": &*line.text,
                    "kubernetes": {"pod_name": name, "namespace_name": namespace, "container_name": container, "host": node},
                })
                .to_string(),
            }));
        }
    }
    events
}

/// The instants at which a stream has made-up lines.
fn beats(now: Timestamp, stream: &str) -> impl Iterator<Item = Timestamp> {
    let shift = i64::try_from(Chance::of(stream).below(PAUSE.unsigned_abs())).unwrap_or_default();
    let last = now.as_second();
    let first = now.checked_sub(SignedDuration::from_mins(PAST)).map_or(last, |at| at.as_second());
    let first = first.div_euclid(PAUSE) * PAUSE + shift;
    let count = usize::try_from((last - first) / PAUSE + 1).unwrap_or_default();
    (0..)
        .map(move |beat: i64| first + beat * PAUSE)
        .take(count)
        .filter(move |at| *at <= last)
        .filter_map(|at| Timestamp::from_second(at).ok())
}

/// What a process says at an instant.
type Speech = fn(Timestamp, &mut Chance) -> String;

fn control_plane(land: &Land, now: Timestamp) -> Vec<Event> {
    let cluster = land.cluster.name;
    let lines: [(&str, Speech); 3] =
        [("kube-apiserver-audit", audit), ("kube-apiserver", api_server), ("authenticator", authenticator)];
    let mut events = Vec::new();
    for (process, line) in lines {
        let stream = format!("{process}-{}", hex_of(&format!("{cluster}/{process}"), 32));
        events.extend(beats(now, &stream).map(|at| {
            let mut chance = Chance::of(&format!("{stream}/{at}"));
            Event { at, stream: stream.clone(), message: line(at, &mut chance) }
        }));
    }
    events
}

/// Who asks the API servers, with what they ask for.
const ASKING: [(&str, &str, &str); 5] = [
    (
        "system:serviceaccount:argocd:argocd-application-controller",
        "watch",
        "/apis/apps/v1/deployments?watch=true",
    ),
    ("system:serviceaccount:external-dns:external-dns", "list", "/apis/networking.k8s.io/v1/ingresses"),
    (
        "system:serviceaccount:kube-system:karpenter",
        "patch",
        "/apis/karpenter.sh/v1/nodepools/default/status",
    ),
    (
        "system:node:ip-10-1-11-40.ec2.internal",
        "update",
        "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
    ),
    (
        "arn:aws:sts::123456789012:assumed-role/PlatformDeveloper/desk",
        "get",
        "/api/v1/namespaces/production/pods",
    ),
];

fn audit(at: Timestamp, chance: &mut Chance) -> String {
    let (user, verb, uri) = chance.pick(&ASKING).copied().unwrap_or_default();
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": chance.uuid(), "stage": "ResponseComplete",
        "requestURI": uri, "verb": verb, "user": {"username": user}, "sourceIPs": [format!("10.1.11.{}", chance.between(4, 250))],
        "responseStatus": {"code": 200}, "requestReceivedTimestamp": field::micro_stamp(at),
    })
    .to_string()
}

fn api_server(at: Timestamp, chance: &mut Chance) -> String {
    let (user, verb, uri) = chance.pick(&ASKING).copied().unwrap_or_default();
    format!(
        "I{} {:>7} httplog.go:134] \"HTTP\" verb=\"{}\" URI=\"{uri}\" latency=\"{}ms\" userAgent=\"{}\" resp=200",
        at.strftime("%m%d %H:%M:%S.000000"),
        chance.between(9, 12),
        verb.to_uppercase(),
        chance.between(1, 90),
        user.rsplit(':').next().unwrap_or_default()
    )
}

fn authenticator(at: Timestamp, chance: &mut Chance) -> String {
    let role = chance
        .pick(&["PlatformDeveloper", "PlatformViewer", "MonitoringReader"])
        .copied()
        .unwrap_or_default();
    format!(
        "time=\"{}\" level=info msg=\"access granted\" arn=\"arn:aws:iam::{ACCOUNT}:role/{role}\" client=\"127.0.0.1:{}\" method=POST \
         path=/authenticate",
        field::stamp(at),
        chance.between(30_000, 60_000)
    )
}

fn host(land: &Land, now: Timestamp) -> Vec<Event> {
    let nodes = land.all("nodes");
    let heard = |node: &&Value| field::condition_is_true(node, "Ready");
    let mut events = Vec::new();
    for node in nodes.iter().filter(heard) {
        let name = field::name(node);
        let stream = format!("{name}-host.messages");
        events.extend(beats(now, &stream).map(|at| {
            let said = Chance::of(&format!("{stream}/{at}"))
                .pick(&[
                    "kubelet: \"Updated node status\"",
                    "containerd: \"image garbage collected\"",
                    "chronyd: Selected source 169.254.169.123",
                ])
                .copied()
                .unwrap_or_default();
            Event {
                at,
                stream: stream.clone(),
                message: format!("{} {name} {said}", at.strftime("%b %e %H:%M:%S")),
            }
        }));
    }
    events
}
