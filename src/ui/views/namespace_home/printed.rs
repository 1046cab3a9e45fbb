//! A namespace's home as data, for `get namespace-home NAME`: what the screen shows, without its limits.

use super::parts::{Home, WORKLOAD_KINDS};
use super::{NEEDS, NamespaceHome};
use crate::fleet::endpoint_slice::EndpointSlice;
use crate::fleet::event::Event;
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::{ENDPOINT_SLICES, EVENTS, INGRESSES, NAMESPACES, PODS, RESOURCE_QUOTAS, SERVICES};
use crate::fleet::namespace::{Namespace, PodSecurityMode};
use crate::fleet::pod::Pod;
use crate::fleet::quota::Quota;
use crate::fleet::service::Service;
use crate::fleet::workload::{Work, Workload};
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::namespace::counterpart;
use crate::snapshot::Link;
use crate::ui::export::{Export, ExportUnknown, Line};
use crate::ui::fresh::Picture;
use crate::ui::join;
use crate::ui::listing::Listing;
use crate::ui::value::Value;
use crate::ui::view::World;
use crate::ui::views::ingress::Ingresses;
use crate::ui::views::namespaces::Namespaces;
use crate::ui::views::pods::Pods;
use crate::ui::views::services::Services;
use crate::ui::views::workloads::Workloads;
use crate::ui::widgets::sheet::SheetLine;

const HEADS: &[(&str, &str)] = &[
    ("part", "PART"),
    ("kind", "KIND"),
    ("name", "NAME"),
    ("ready", "READY"),
    ("version", "VERSION"),
    ("next", "IN NEXT"),
    ("state", "STATE"),
    ("cpu", "CPU"),
    ("memory", "MEMORY"),
    ("restarts", "RESTARTS"),
    ("age", "AGE"),
];

/// What a row says besides its object and its verdict.
struct Said<'a> {
    part: &'static str,
    ready: Value<'a>,
    version: Value<'a>,
    /// The version where what runs here goes next.
    next: Value<'a>,
    state: Value<'a>,
    cpu: Value<'a>,
    memory: Value<'a>,
    restarts: Value<'a>,
    /// When it was made; an event: when it was last seen.
    since: Timestamp,
}

impl<'a> Said<'a> {
    fn of(part: &'static str, since: Timestamp) -> Self {
        let nothing = || Value::Nothing;
        Self {
            part,
            ready: nothing(),
            version: nothing(),
            next: nothing(),
            state: nothing(),
            cpu: nothing(),
            memory: nothing(),
            restarts: nothing(),
            since,
        }
    }

    fn line(self, object: ObjectRef, verdict: Verdict, why: String) -> Line<'a> {
        let values = vec![
            Value::text(self.part),
            Value::text(object.resource.kind.to_string()),
            Value::text(object.name.to_string()),
            self.ready,
            self.version,
            self.next,
            self.state,
            self.cpu,
            self.memory,
            self.restarts,
            if self.since.is_never() { Value::Nothing } else { Value::Age(self.since) },
        ];
        Line { object, verdict, why, values }
    }
}

impl NamespaceHome {
    /// The namespace itself, then its workloads, pods, hosts, services, what belongs to it, what was changed, what stricter
    /// Pod Security would refuse, and events; without the namespace when its
    /// cluster has none of this name.
    pub(super) fn printed(&self, world: &World<'_>) -> Option<Export> {
        let cluster = world.snapshot.cluster(&self.namespace.cluster)?;
        let next = counterpart::next(world.snapshot, cluster, &self.namespace.name);
        let home =
            Home { cluster, namespace: &self.namespace.name, now: world.now, width: 0, next: next.as_ref() };
        let mut lines = Vec::new();
        let found =
            cluster.table::<Namespace>(&NAMESPACES).and_then(|table| table.find(None, &self.namespace.name));
        if let Some((_, namespace)) = found {
            let judged = Namespaces.verdict(namespace, &home.context(&NAMESPACES_TYPE));
            let mut said = Said::of("namespace", namespace.meta.created);
            said.state = Value::text(home.print_head(namespace));
            let used = join::namespace_usage(&home.context(&NAMESPACES_TYPE), namespace.name());
            said.cpu = used.cell(|used| Value::Cpu(used.cpu));
            said.memory = used.cell(|used| Value::Bytes(used.memory));
            lines.push(said.line(self.namespace.clone(), judged.verdict, judged.why.into_owned()));
        }
        home.print_workloads(&mut lines);
        home.print_pods(&mut lines);
        home.print_ways_in(&mut lines);
        home.print_belonging(&mut lines);
        home.print_changes(&mut lines);
        home.print_refused(&mut lines);
        home.print_events(&mut lines);
        let mut export = Export::of(HEADS, lines, world.now);
        let told = |what: String, why| {
            let cluster = cluster.id.name().to_owned();
            ExportUnknown { cluster, what, why }
        };
        export.unknown = match &cluster.link {
            Link::Down(problem) => {
                vec![told("namespace".to_owned(), format!("unavailable: {}", problem.message()))]
            }
            Link::Connecting | Link::Up(_) => {
                let picture = |table| Picture::within(cluster, table, Some(&self.namespace.name));
                NEEDS
                    .iter()
                    .filter_map(|table| Some(told(table.qualified(), picture(table).unknown()?)))
                    .collect()
            }
        };
        Some(export)
    }
}

// Rows are looked at in the light of their kind for as long as they are printed.
static NAMESPACES_TYPE: ResourceType = NAMESPACES;
static PODS_TYPE: ResourceType = PODS;
static INGRESSES_TYPE: ResourceType = INGRESSES;
static SERVICES_TYPE: ResourceType = SERVICES;

impl<'a> Home<'a> {
    /// Pod Security, quotas and where what runs here goes next.
    fn print_head(&self, namespace: &Namespace) -> String {
        let mut parts = Vec::new();
        match namespace.pod_security(PodSecurityMode::Enforce) {
            Some(level) => parts.push(format!("Pod Security {level}")),
            None if namespace.is_known_by_name_only() => {}
            None => parts.push("no Pod Security".to_owned()),
        }
        if let Some(table) = self.cluster.table::<Quota>(&RESOURCE_QUOTAS) {
            let limits = table.tally().namespace(self.namespace);
            let mut limits: Vec<String> =
                limits.map(|limit| format!("quota {} {}", limit.resource, limit.words())).collect();
            limits.sort();
            parts.extend(limits);
        }
        if let Some(next) = self.next {
            parts.push(format!("next {} in {}", next.namespace, next.cluster.id.name()));
        }
        parts.join(", ")
    }

    fn print_belonging(&self, lines: &mut Vec<Line<'static>>) {
        for (verdict, (cells, object)) in self.judged_belonging() {
            let cell = |at: usize| cells.get(at).map(|(words, _)| words.clone()).unwrap_or_default();
            let Some(object) = object else { continue };
            let mut said = Said::of("belonging", Timestamp::NEVER);
            said.state = Value::text(cell(3));
            // Where there is nothing to say, the screen says so by a dash.
            let why = if verdict == Verdict::Ok { String::new() } else { cell(4) };
            lines.push(said.line(object, verdict, why));
        }
    }

    fn print_changes(&self, lines: &mut Vec<Line<'static>>) {
        for (at, _, words, object) in self.all_changes() {
            let mut said = Said::of("changes", at);
            said.state = Value::text(words);
            lines.push(said.line(object, Verdict::Ok, String::new()));
        }
    }

    fn print_refused(&self, lines: &mut Vec<Line<'static>>) {
        for SheetLine { parts, target } in self.refused() {
            let words = parts.last().map(|(words, _)| words.trim().to_owned()).unwrap_or_default();
            let object = target
                .unwrap_or_else(|| ObjectRef { namespace: None, ..self.object(&NAMESPACES, self.namespace) });
            let mut said = Said::of("pod-security", Timestamp::NEVER);
            said.state = Value::text(words);
            lines.push(said.line(object, Verdict::Ok, String::new()));
        }
    }

    fn print_workloads(&self, lines: &mut Vec<Line<'static>>) {
        let uses = self.uses();
        for resource in WORKLOAD_KINDS {
            let next = self.next_versions(resource);
            // The jobs of a cron job are its history.
            for workload in self.rows::<Workload>(resource).filter(|row| row.meta.owner.is_none()) {
                let judged = Workloads.verdict(workload, &self.context(resource));
                let mut said = Said::of("workloads", workload.meta.created);
                if !matches!(workload.work, Work::CronJob(_)) {
                    said.ready = Value::Ratio { have: workload.ready, want: workload.wanted };
                }
                said.version = Value::text(workload.version.as_deref().unwrap_or_default().to_owned());
                let version = |version: &str| Value::text(version.to_owned());
                said.next = match next.as_ref().map(|next| next.get(workload.name())) {
                    // Nobody could look there.
                    None if self.next.is_some() => Value::Unknown,
                    None | Some(None | Some(None)) => Value::Nothing,
                    Some(Some(Some(there))) => version(there),
                };
                if let Some(of) = uses.get(&(workload.work.kind(), workload.name()))
                    && of.is_measured
                {
                    (said.cpu, said.memory) = (Value::Cpu(of.used.cpu), Value::Bytes(of.used.memory));
                }
                said.state = Value::text(workload.rollout(self.now).1.into_owned());
                let object = self.object(resource, workload.name());
                lines.push(said.line(object, judged.verdict, judged.why.into_owned()));
            }
        }
    }

    fn print_pods(&self, lines: &mut Vec<Line<'static>>) {
        for pod in self.rows::<Pod>(&PODS) {
            let judged = Pods.verdict(pod, &self.context(&PODS_TYPE));
            let (have, want) = pod.ready();
            let mut said = Said::of("pods", pod.created());
            said.ready = Value::Ratio { have: have.into(), want: want.into() };
            said.state = Value::text(pod.status().to_owned());
            said.restarts = Value::Count(pod.restarts().into());
            lines.push(said.line(self.object(&PODS, pod.name()), judged.verdict, judged.why.into_owned()));
        }
    }

    fn print_ways_in(&self, lines: &mut Vec<Line<'static>>) {
        for ingress in self.rows::<Ingress>(&INGRESSES) {
            let judged = Ingresses.verdict(ingress, &self.context(&INGRESSES_TYPE));
            let address = |host: &str| {
                let scheme = if ingress.has_tls(host) { "https" } else { "http" };
                format!("{scheme}://{host}")
            };
            let mut said = Said::of("hosts", ingress.meta.created);
            said.state = Value::text(ingress.hosts().into_iter().map(address).collect::<Vec<_>>().join(" "));
            let object = self.object(&INGRESSES, ingress.name());
            lines.push(said.line(object, judged.verdict, judged.why.into_owned()));
        }
        let endpoints = self.cluster.table::<EndpointSlice>(&ENDPOINT_SLICES).map(|table| table.tally());
        for service in self.rows::<Service>(&SERVICES) {
            let judged = Services.verdict(service, &self.context(&SERVICES_TYPE));
            let mut said = Said::of("services", service.meta.created);
            let ready = endpoints.and_then(|tally| tally.get(self.namespace, service.name()));
            said.ready = ready.map_or(Value::Nothing, |of| Value::Ratio { have: of.ready, want: of.total });
            said.state = Value::text(format!("{} {}", service.kind.as_str(), service.ports_text()));
            let object = self.object(&SERVICES, service.name());
            lines.push(said.line(object, judged.verdict, judged.why.into_owned()));
        }
    }

    fn print_events(&self, lines: &mut Vec<Line<'static>>) {
        let mut events: Vec<&Event> = self.rows::<Event>(&EVENTS).collect();
        events.sort_by_key(|event| std::cmp::Reverse(event.last_seen));
        for event in events {
            let verdict = if event.is_warning { Verdict::Warning } else { Verdict::Ok };
            let mut said = Said::of("events", event.last_seen);
            said.state = Value::text(format!("{} {} {}", event.reason, event.about.kind, event.about.name));
            let object = self.object(&EVENTS, event.name());
            lines.push(said.line(object, verdict, event.message.to_string()));
        }
    }
}
