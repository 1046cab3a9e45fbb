//! The parts of a namespace's home, each made from the rows of that namespace alone.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::belonging::{BELONGING, CHANGED};
use crate::fleet::endpoint_slice::EndpointSlice;
use crate::fleet::event::Event;
use crate::fleet::ingress::Ingress;
use crate::fleet::kind::{
    APPLICATIONS, CERTIFICATES, CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, EVENTS,
    EXTERNAL_SECRETS, INGRESSES, JOBS, NAMESPACES, POD_METRICS, PODS, RESOURCE_QUOTAS, SERVICES,
    STATEFUL_SETS,
};
use crate::fleet::namespace::{Namespace, PodSecurityMode};
use crate::fleet::pod::{Pod, Resources};
use crate::fleet::quota::Quota;
use crate::fleet::service::Service;
use crate::fleet::time::human_duration;
use crate::fleet::usage::PodUsage;
use crate::fleet::workload::{Rollout, Work, Workload};
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::namespace::counterpart::Counterpart;
use crate::planes::reading::is_known;
use crate::snapshot::ClusterSnapshot;
use crate::ui::fresh::Picture;
use crate::ui::listing::{Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::views::ingress::Ingresses;
use crate::ui::views::pods::Pods;
use crate::ui::views::services::Services;
use crate::ui::views::workloads::Workloads;
use crate::ui::widgets::sheet::{self, Head, Part, SheetLine};
use crate::ui::{describe, join};

type Line = SheetLine<ObjectRef>;
pub(super) type TableRow = sheet::Row<ObjectRef>;

/// The column of the versions that run in the next environment.
const NEXT: &str = "IN NEXT";

const WORKLOADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("WORKLOADS", 40, 0),
    Head::number("READY", 9, 0),
    Head::words("VERSION", 16, 2),
    Head::words(NEXT, 16, 2),
    Head::words("ROLLOUT", 28, 3),
    Head::number("CPU", 6, 4),
    Head::number("MEM", 6, 4),
    Head::words("WHY", 240, 0),
];
const PODS_NOT_OK: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("PODS NOT OK", 48, 0),
    Head::number("READY", 7, 2),
    Head::words("STATUS", 24, 1),
    Head::number("RESTARTS", 8, 3),
    Head::number("AGE", 7, 4),
    Head::words("WHY", 240, 0),
];
const HOSTS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("HOSTS", 48, 0),
    Head::words("TO", 48, 1),
    Head::words("WHY", 240, 0),
];
const SERVICES_HEADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("SERVICES", 40, 0),
    Head::words("TYPE", 12, 2),
    Head::words("PORTS", 28, 1),
    Head::number("ENDPOINTS", 9, 0),
    Head::words("WHY", 240, 0),
];
const EVENTS_HEADS: &[Head] = &[
    Head::words("", 1, 0),
    Head::number("EVENTS", 8, 0),
    Head::words("ABOUT", 44, 1),
    Head::words("REASON", 24, 0),
    Head::words("", 240, 0),
];

/// The most pods, services and events that are shown; their tables have them all.
const MOST: usize = 12;
/// Kinds of which the cluster need not know.
const PLATFORM: [ResourceType; 3] = [APPLICATIONS, CERTIFICATES, EXTERNAL_SECRETS];
pub(super) const WORKLOAD_KINDS: &[ResourceType] =
    &[DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, CRON_JOBS, JOBS];

// Rows are looked at in the light of their kind for as long as the screen is made.
static POD: ResourceType = PODS;
static INGRESS: ResourceType = INGRESSES;
static SERVICE: ResourceType = SERVICES;

/// One namespace in one picture.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    pub(super) cluster: &'a ClusterSnapshot,
    pub(super) namespace: &'a str,
    pub(super) now: Timestamp,
    pub(super) width: u16,
    /// Where what runs here goes next.
    pub(super) next: Option<&'a Counterpart<'a>>,
}

/// What the pods of a workload use and asked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Use {
    pub(super) used: Resources,
    requested: Resources,
    pub(super) is_measured: bool,
}

impl Home<'_> {
    pub(super) fn lines(&self) -> Vec<Line> {
        let workloads = self.workloads();
        let pods = self.pods();
        let worst = workloads.iter().chain(&pods).map(|(verdict, _)| *verdict).max().unwrap_or_default();
        let unread = self.unread();
        let verdict = if worst == Verdict::Ok && !unread.is_empty() { Verdict::Unknown } else { worst };
        let mut lines = vec![self.header(verdict), SheetLine::blank()];
        let rows =
            |judged: Vec<(Verdict, TableRow)>| judged.into_iter().map(|(_, row)| row).collect::<Vec<_>>();
        let mut add = |part: Vec<Line>| {
            if !part.is_empty() {
                lines.extend(part);
                lines.push(SheetLine::blank());
            }
        };
        let nothing = workloads.is_empty();
        // Where nothing comes after it, there is nothing to compare with.
        let is_shown = |head: &&Head| head.title != NEXT || self.next.is_some();
        let heads: Vec<Head> = WORKLOADS.iter().filter(is_shown).copied().collect();
        add(self.part(&heads, rows(workloads)));
        if nothing {
            add(vec![self.no_workloads()]);
        }
        add(self.part(PODS_NOT_OK, rows(pods)));
        add(self.part(HOSTS, self.hosts()));
        add(self.part(SERVICES_HEADS, self.services()));
        add(self.part(BELONGING, self.belonging()));
        add(self.part(CHANGED, self.changes()));
        add(self.refused());
        add(self.part(EVENTS_HEADS, self.events()));
        add(unread);
        lines
    }

    fn part(&self, heads: &[Head], rows: Vec<TableRow>) -> Vec<Line> {
        sheet::table(heads, rows, self.width)
    }

    pub(super) fn object(&self, resource: &ResourceType, name: &str) -> ObjectRef {
        ObjectRef {
            cluster: self.cluster.id.clone(),
            resource: resource.clone(),
            namespace: Some(self.namespace.into()),
            name: name.into(),
        }
    }

    pub(super) fn context<'b>(&'b self, resource: &'b ResourceType) -> RowContext<'b> {
        RowContext { now: self.now, cluster: self.cluster, resource, folded: None }
    }

    /// The rows of a kind in this namespace.
    pub(super) fn rows<R: Row>(&self, resource: &ResourceType) -> impl Iterator<Item = &R> {
        let rows = self.cluster.table::<R>(resource).into_iter().flat_map(|table| table.iter());
        rows.map(|(_, row)| row.as_ref()).filter(|row| row.namespace() == Some(self.namespace))
    }

    fn header(&self, verdict: Verdict) -> Line {
        let mut parts = vec![(" ".to_owned(), Role::Text), glyph(verdict)];
        parts.push((format!("  {}", text::escape(self.namespace)), Role::Strong));
        let row =
            self.cluster.table::<Namespace>(&NAMESPACES).and_then(|table| table.find(None, self.namespace));
        if let Some((_, namespace)) = row {
            if namespace.is_terminating() {
                parts.push(("   terminating".to_owned(), Role::Warning));
            }
            match namespace.pod_security(PodSecurityMode::Enforce) {
                Some(level) => {
                    parts.push(("   Pod Security ".to_owned(), Role::Dim));
                    parts.push((text::escape(level).into_owned(), Role::Text));
                }
                None if namespace.is_known_by_name_only() => {
                    parts.push(("   Pod Security not known".to_owned(), Role::Unknown));
                }
                None => parts.push(("   no Pod Security".to_owned(), Role::Dim)),
            }
        }
        if let Some(next) = self.next {
            let place = match next.cluster.id == self.cluster.id {
                true => next.namespace.to_string(),
                false => format!("{} in {}", next.namespace, next.cluster.id.name()),
            };
            parts.push(("   next ".to_owned(), Role::Dim));
            parts.push((text::escape(&place).into_owned(), Role::Text));
        }
        if let Some(table) = self.cluster.table::<Quota>(&RESOURCE_QUOTAS) {
            let mut limits: Vec<_> = table.tally().namespace(self.namespace).collect();
            limits.sort_by_key(|limit| Reverse(limit.permille()));
            for limit in limits.into_iter().take(3) {
                let role = match limit.permille() {
                    0..800 => Role::Text,
                    800..1000 => Role::Warning,
                    _ => Role::Critical,
                };
                // What is asked for is what people mean by a quota.
                let resource = limit.resource.strip_prefix("requests.").unwrap_or(&limit.resource);
                parts.push((format!("   quota {} ", text::escape(resource)), Role::Dim));
                parts.push((limit.words(), role));
            }
        }
        SheetLine {
            parts,
            target: Some(ObjectRef {
                cluster: self.cluster.id.clone(),
                resource: NAMESPACES,
                namespace: None,
                name: self.namespace.into(),
            }),
        }
    }

    /// The versions that run where what runs here goes next, by kind and name; `None` where there is no such place, or
    /// nobody could look there.
    pub(super) fn next_versions(&self, resource: &ResourceType) -> Option<HashMap<&str, Option<&str>>> {
        let next = self.next?;
        if !is_known(next.cluster, resource, Some(&next.namespace)) {
            return None;
        }
        let rows = next.cluster.table::<Workload>(resource)?.iter().map(|(_, row)| row.as_ref());
        let own = rows.filter(|row| row.namespace() == Some(&*next.namespace));
        Some(own.map(|row| (row.name(), row.version.as_deref())).collect())
    }

    fn workloads(&self) -> Vec<(Verdict, TableRow)> {
        let uses = self.uses();
        let mut rows = Vec::new();
        for resource in WORKLOAD_KINDS {
            let elsewhere = self.next_versions(resource);
            for workload in self.rows::<Workload>(resource) {
                // The jobs of a cron job are its history; they are in its detail.
                if workload.meta.owner.is_some() {
                    continue;
                }
                let judged = Workloads.verdict(workload, &self.context(resource));
                let (mut cells, target) = self.workload(workload, resource, &judged, &uses);
                if self.next.is_some() {
                    let there = elsewhere.as_ref().map(|there| there.get(workload.name()));
                    cells.insert(VERSION + 1, next_version(workload.version.as_deref(), there));
                }
                rows.push((judged.verdict, (cells, target)));
            }
        }
        rows.sort_by_key(|(verdict, _)| Reverse(*verdict));
        rows
    }

    fn workload(
        &self,
        workload: &Workload,
        resource: &ResourceType,
        judged: &Judged<'_>,
        uses: &HashMap<(&str, &str), Use>,
    ) -> TableRow {
        let (rollout, words) = workload.rollout(self.now);
        let rollout_role = match rollout {
            Rollout::Done => Role::Dim,
            Rollout::Moving => Role::Progressing,
            Rollout::Paused => Role::Warning,
            Rollout::Stuck => Role::Critical,
        };
        let moved = workload.condition("Progressing").and_then(|progress| progress.updated.known());
        let rollout = match (rollout, moved) {
            (Rollout::Done, Some(at)) => {
                format!("{words} {} ago", human_duration(at.seconds_before(self.now)))
            }
            _ => words.into_owned(),
        };
        let ready = match workload.work {
            Work::CronJob(_) => dash(),
            _ => (format!("{}/{}", workload.ready, workload.wanted), join::role(judged.verdict)),
        };
        let of = uses.get(&(workload.work.kind(), workload.name())).copied().unwrap_or_default();
        let cells = vec![
            glyph(judged.verdict),
            (text::escape(workload.name()).into_owned(), Role::Strong),
            ready,
            words_or_dash(workload.version.as_deref().unwrap_or_default()),
            (text::escape(&rollout).into_owned(), rollout_role),
            share(of.is_measured, of.used.cpu, of.requested.cpu),
            share(of.is_measured, of.used.memory, of.requested.memory),
            why(judged),
        ];
        (cells, Some(self.object(resource, workload.name())))
    }

    /// What the pods of each workload use.
    pub(super) fn uses(&self) -> HashMap<(&str, &str), Use> {
        let usage = self.cluster.table::<PodUsage>(&POD_METRICS).map(|table| table.tally());
        let mut uses: HashMap<(&str, &str), Use> = HashMap::new();
        for pod in self.rows::<Pod>(&PODS) {
            let Some(owner) = pod.workload() else { continue };
            let of = uses.entry((&owner.kind, &owner.name)).or_default();
            of.requested = of.requested.plus(pod.requests());
            if let Some(used) = usage.and_then(|usage| usage.pod(self.namespace, pod.name())) {
                of.used = of.used.plus(used);
                of.is_measured = true;
            }
        }
        uses
    }

    fn no_workloads(&self) -> Line {
        let within = |resource| Picture::within(self.cluster, resource, Some(self.namespace));
        let pictures: Vec<Picture> = WORKLOAD_KINDS.iter().map(within).collect();
        let (words, role) = if pictures.iter().any(|picture| matches!(picture, Picture::Loading(_))) {
            ("loading workloads", Role::Progressing)
        } else if pictures.iter().all(|picture| matches!(picture, Picture::Forbidden(_))) {
            ("workloads may not be read", Role::Forbidden)
        } else {
            ("no workloads", Role::Dim)
        };
        SheetLine::of(vec![(format!("    {words}"), role)])
    }

    fn pods(&self) -> Vec<(Verdict, TableRow)> {
        let mut rows: Vec<(Verdict, TableRow)> = Vec::new();
        for pod in self.rows::<Pod>(&PODS) {
            let judged = Pods.verdict(pod, &self.context(&POD));
            if judged.verdict == Verdict::Ok {
                continue;
            }
            let (ready, of) = pod.ready();
            let cells = vec![
                glyph(judged.verdict),
                (text::escape(pod.name()).into_owned(), Role::Strong),
                (format!("{ready}/{of}"), Role::Text),
                (text::escape(pod.status()).into_owned(), join::role(judged.verdict)),
                (pod.restarts().to_string(), Role::Text),
                (human_duration(pod.created().seconds_before(self.now)), Role::Dim),
                why(&judged),
            ];
            rows.push((judged.verdict, (cells, Some(self.object(&PODS, pod.name())))));
        }
        rows.sort_by_key(|(verdict, _)| Reverse(*verdict));
        rows.truncate(MOST);
        rows
    }

    fn hosts(&self) -> Vec<TableRow> {
        let mut rows = Vec::new();
        for ingress in self.rows::<Ingress>(&INGRESSES) {
            let judged = Ingresses.verdict(ingress, &self.context(&INGRESS));
            for host in ingress.hosts() {
                let scheme = if ingress.has_tls(host) { "https" } else { "http" };
                let address = ingress.load_balancer.first().map(|at| format!("→ {at}")).unwrap_or_default();
                let cells = vec![
                    glyph(judged.verdict),
                    (text::escape(&format!("{scheme}://{host}")).into_owned(), Role::Strong),
                    (text::escape(&address).into_owned(), Role::Dim),
                    why(&judged),
                ];
                rows.push((cells, Some(self.object(&INGRESSES, ingress.name()))));
            }
        }
        rows
    }

    fn services(&self) -> Vec<TableRow> {
        let endpoints = self.cluster.table::<EndpointSlice>(&ENDPOINT_SLICES).map(|table| table.tally());
        let rows = self.rows::<Service>(&SERVICE).map(|service| {
            let judged = Services.verdict(service, &self.context(&SERVICE));
            let ready = endpoints.and_then(|tally| tally.get(self.namespace, service.name()));
            let cells = vec![
                glyph(judged.verdict),
                (text::escape(service.name()).into_owned(), Role::Strong),
                (text::escape(service.kind.as_str()).into_owned(), Role::Text),
                (text::escape(&service.ports_text()).into_owned(), Role::Text),
                ready.map_or_else(dash, |of| {
                    (format!("{}/{}", of.ready, of.total), join::role(judged.verdict))
                }),
                why(&judged),
            ];
            (cells, Some(self.object(&SERVICES, service.name())))
        });
        rows.take(MOST).collect()
    }

    /// Warnings of the last hour, then the last things that happened.
    fn events(&self) -> Vec<TableRow> {
        let mut events: Vec<&Event> = self.rows::<Event>(&EVENTS).collect();
        let is_recent = |event: &Event| event.last_seen.seconds_before(self.now) < 3600;
        events.sort_by_key(|event| (!(event.is_warning && is_recent(event)), Reverse(event.last_seen)));
        events
            .into_iter()
            .take(MOST)
            .map(|event| {
                let (verdict, role) = if event.is_warning {
                    (Verdict::Warning, Role::Warning)
                } else {
                    (Verdict::Ok, Role::Text)
                };
                let about = format!("{} {}", event.about.kind, event.about.name);
                let times = if event.count > 1 { format!(" ({} times)", event.count) } else { String::new() };
                let message = format!("{}{times}", event.message);
                let cells = vec![
                    glyph(verdict),
                    (human_duration(event.last_seen.seconds_before(self.now)), Role::Dim),
                    (text::escape(&about).into_owned(), Role::Text),
                    (text::escape(&event.reason).into_owned(), role),
                    (text::escape(&message).into_owned(), role),
                ];
                (cells, self.about(event))
            })
            .collect()
    }

    /// The object that an event is about, where its kind is known.
    pub(super) fn about(&self, event: &Event) -> Option<ObjectRef> {
        let target = describe::Target::namespaced("", &event.about.kind, self.namespace, &event.about.name)?;
        let groups = ["", "apps", "batch", "networking.k8s.io", "autoscaling"];
        groups.into_iter().find_map(|group| {
            let target = describe::Target { group: group.to_owned(), ..target.clone() };
            crate::ui::views::detail::around::resolve(self.cluster, &target)
        })
    }

    /// What may not or cannot be read, one line each.
    fn unread(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for resource in super::NEEDS.iter().chain(&super::HELPS).filter(|resource| **resource != POD_METRICS)
        {
            let picture = Picture::within(self.cluster, resource, Some(self.namespace));
            // Without Argo CD there are no applications: nothing is missing then.
            if PLATFORM.contains(resource) && matches!(picture, Picture::Unavailable(_)) {
                continue;
            }
            let words = match &picture {
                Picture::Forbidden(problem) | Picture::Unavailable(problem) => problem.to_string(),
                Picture::Stale(as_of, problem) => {
                    let age = human_duration(as_of.seconds_before(self.now));
                    format!("as of {age} ago: {problem}")
                }
                _ => continue,
            };
            let role = picture.role();
            lines.push(SheetLine::of(vec![
                (format!(" {}  ", picture.glyph(false)), role),
                (format!("{}  ", resource.plural), Role::Strong),
                (text::escape(&words).into_owned(), role),
            ]));
        }
        lines
    }
}

pub(super) fn glyph(verdict: Verdict) -> Part {
    let (glyph, role) = describe::glyph(verdict, false);
    (glyph.to_owned(), role)
}

/// Which of a workload's cells is its version.
const VERSION: usize = 3;

/// The version elsewhere: dim where it is the same, so that what moves stands out.
fn next_version(here: Option<&str>, there: Option<Option<&Option<&str>>>) -> Part {
    match there {
        None => ("?".to_owned(), Role::Unknown),
        Some(None) => ("not there".to_owned(), Role::Dim),
        Some(Some(version)) if *version == here => (words_or_dash(version.unwrap_or_default()).0, Role::Dim),
        Some(Some(version)) => words_or_dash(version.unwrap_or_default()),
    }
}

fn dash() -> Part {
    ("–".to_owned(), Role::Dim)
}

fn words_or_dash(words: &str) -> Part {
    if words.is_empty() { dash() } else { (text::escape(words).into_owned(), Role::Text) }
}

fn why(judged: &Judged<'_>) -> Part {
    if judged.why.is_empty() {
        dash()
    } else {
        (text::escape(&judged.why).into_owned(), join::role(judged.verdict))
    }
}

/// How much of what was asked for is used, in percent.
fn share(is_measured: bool, used: u64, requested: u64) -> Part {
    match (used * 100).checked_div(requested) {
        Some(percent) if is_measured => {
            (format!("{percent} %"), if percent > 100 { Role::Warning } else { Role::Text })
        }
        _ => dash(),
    }
}
