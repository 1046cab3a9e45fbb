//! The parts of an application's page.

use super::{ApplicationPage, MOST};
use crate::fleet::argo::application::{
    Application, HealthStatus, OperationPhase, ResourceStatus, SyncStatus,
};
use crate::fleet::kind::{APP_PROJECTS, APPLICATION_SETS, PODS};
use crate::fleet::pod::Pod;
use crate::fleet::time::human_duration;
use crate::fleet::{ObjectRef, ResourceType, Row, Timestamp, Verdict, image};
use crate::planes::argo::destination::{self, Goes};
use crate::planes::argo::{ApplicationFacts, ProjectOf, verdict, window};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::{self, Target};
use crate::ui::difference::Compared;
use crate::ui::page::fact;
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::view::World;
use crate::ui::views::argo::{health_role, initiator};
use crate::ui::views::detail::around;
use crate::ui::widgets::sheet::{self, Head, Part};
use crate::ui::{join, judge};

pub(super) const OBJECTS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("OBJECTS", 64, 0),
    Head::words("SYNC", 10, 0),
    Head::words("HEALTH", 11, 1),
    Head::number("WAVE", 4, 3),
    Head::words("WHY", 240, 0),
];
pub(super) const DIFFERENT: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("DIFFERS FROM GIT", 44, 0),
    Head::words("FIELD", 64, 0),
    Head::words("APPLIED", 32, 1),
    Head::words("LIVE", 240, 0),
];
pub(super) const RESULTS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("LAST SYNC", 44, 0),
    Head::words("PHASE", 8, 2),
    Head::words("RESULT", 12, 0),
    Head::words("MESSAGE", 240, 0),
];
pub(super) const WINDOWS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("SYNC WINDOWS", 16, 0),
    Head::words("SCHEDULE", 32, 0),
    Head::words("NOW", 24, 0),
    Head::words("BY HAND", 8, 2),
    Head::words("THEN", 240, 0),
];
pub(super) const HISTORY: &[Head] = &[
    Head::words("", 1, 0),
    Head::number("HISTORY", 8, 0),
    Head::words("REVISION", 40, 0),
    Head::words("DEPLOYED", 12, 0),
    Head::words("BY", 240, 0),
];

type SheetRow = sheet::Row<ObjectRef>;

/// The live object of a resource.
pub(super) fn object_of(home: &ClusterSnapshot, resource: &ResourceStatus) -> Option<ObjectRef> {
    let target = Target {
        group: resource.group.to_string(),
        kind: resource.kind.to_string(),
        namespace: Some(resource.namespace.to_string()).filter(|namespace| !namespace.is_empty()),
        name: resource.name.to_string(),
    };
    around::resolve(home, &target)
}

fn name_of(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

fn cell(text: impl AsRef<str>, role: Role) -> Part {
    (escape(text.as_ref()).into_owned(), role)
}

fn glyph(verdict: Verdict) -> Part {
    let (glyph, role) = describe::glyph(verdict, false);
    (glyph.to_owned(), role)
}

pub(super) struct Sheet<'a> {
    pub(super) page: &'a ApplicationPage,
    pub(super) cluster: &'a ClusterSnapshot,
    pub(super) home: Option<&'a ClusterSnapshot>,
    pub(super) application: &'a Application,
    pub(super) facts: Option<&'a ApplicationFacts>,
    pub(super) world: &'a World<'a>,
}

impl Sheet<'_> {
    fn ago(&self, at: Timestamp) -> String {
        format!("{} ago", human_duration(at.age_at(self.world.now)))
    }

    fn beside(&self, resource: ResourceType, name: &str) -> ObjectRef {
        ObjectRef {
            cluster: self.cluster.id.clone(),
            resource,
            namespace: self.application.meta.namespace.clone(),
            name: name.into(),
        }
    }

    pub(super) fn said(&self) -> Vec<SheetRow> {
        let app = self.application;
        let mut rows = Vec::new();
        let goes = match (&self.home, destination::goes(&app.destination, self.cluster)) {
            (Some(home), Goes::Own) => {
                format!("{}, this cluster, namespace {}", home.id.name(), app.destination.namespace)
            }
            (Some(home), _) => format!("{}, namespace {}", home.id.name(), app.destination.namespace),
            (None, _) => format!(
                "{}: {}, so its objects are not known here",
                destination::words(&app.destination, self.cluster),
                destination::why_elsewhere(&app.destination)
            ),
        };
        rows.push(fact(None, "goes to", &goes, None));
        let (here, wanted) =
            (verdict::short_all(app.deployed_revisions()), verdict::short_all(&app.revisions));
        let revision = if here == wanted { here } else { format!("{here} is deployed, {wanted} is wanted") };
        rows.push(fact(None, "revision", &format!("{}, {revision}", app.sync), None));
        rows.push(fact(None, "syncs", &self.automation(), None));
        if let Some(operation) = app.operation.as_deref() {
            let how = match operation.phase {
                OperationPhase::Succeeded | OperationPhase::Running | OperationPhase::Terminating => None,
                _ => Some(Verdict::Warning),
            };
            let at = operation.finished.known().unwrap_or(operation.started);
            let kind = match (operation.is_dry_run, operation.is_partial) {
                (true, _) => " (dry run)",
                (_, true) => " (of some objects)",
                _ => "",
            };
            let retries = match operation.retry_limit {
                Some(limit) if operation.retries > 0 => format!(", {} of {limit} retries", operation.retries),
                _ => String::new(),
            };
            let words = format!(
                "{}{kind} {} by {}, to {}{retries}: {}",
                operation.phase,
                self.ago(at),
                initiator(&operation.initiator),
                verdict::short_all(&operation.revisions),
                operation.message
            );
            rows.push(fact(how, "last operation", &words, None));
        }
        if !app.reconciled.is_never() {
            let refresh = app
                .refresh
                .as_ref()
                .map(|kind| format!(", a {kind} refresh is asked for"))
                .unwrap_or_default();
            rows.push(fact(None, "compared", &format!("{}{refresh}", self.ago(app.reconciled)), None));
        }
        let project = verdict::project(app);
        let missing = self.facts.is_some_and(|facts| facts.project == ProjectOf::Missing);
        rows.push(fact(
            missing.then_some(Verdict::Critical),
            "project",
            &if missing { format!("{project} does not exist") } else { project.to_owned() },
            Some(self.beside(APP_PROJECTS, project)).filter(|_| !missing),
        ));
        if let Some(set) = app.application_set() {
            let words = format!("ApplicationSet {set}, which undoes changes of its spec");
            rows.push(fact(None, "made by", &words, Some(self.beside(APPLICATION_SETS, set))));
        }
        if !app.external_urls.is_empty() {
            rows.push(fact(None, "reached at", &app.external_urls.join(" "), None));
        }
        for name in &app.images {
            let version = image::version(name).unwrap_or("untagged");
            let name = image::without_registry(name);
            let name = name.split(['@', ':']).next().unwrap_or(name);
            rows.push(fact(None, "runs", &format!("{name} {version}"), None));
        }
        for condition in &app.conditions {
            let bad = if condition.kind.ends_with("Error") { Verdict::Critical } else { Verdict::Warning };
            let words =
                format!("{} since {}: {}", condition.kind, self.ago(condition.since), condition.message);
            rows.push(fact(Some(bad), "condition", &words, None));
        }
        rows
    }

    fn automation(&self) -> String {
        let app = self.application;
        let mut words = match app.automated {
            None => "by hand".to_owned(),
            Some(automated) => {
                let heals = if automated.heals { "heals drift" } else { "leaves drift" };
                let prunes = if automated.prunes { "prunes" } else { "does not prune" };
                format!("by itself, {heals}, {prunes}")
            }
        };
        if !app.sync_options.is_empty() {
            words.push_str(&format!("; {}", app.sync_options.join(" ")));
        }
        words
    }

    /// Its objects in the order in which they are applied, those that are not well first, each with its pods that are
    /// not.
    pub(super) fn objects(&self) -> Vec<SheetRow> {
        let mut resources: Vec<(Verdict, String, &ResourceStatus)> = self
            .application
            .resources
            .iter()
            .map(|resource| {
                let (verdict, why) = self.judged(resource);
                (verdict, why, resource)
            })
            .collect();
        resources.sort_by(|(one, _, a), (other, _, b)| {
            other.cmp(one).then_with(|| (a.wave, &a.kind, &a.name).cmp(&(b.wave, &b.kind, &b.name)))
        });
        let mut rows = Vec::new();
        for (verdict, why, resource) in resources {
            let health = resource.health.clone();
            let assessed = self.assessed(resource);
            let word = assessed.or(health);
            let (health, role) = match &word {
                Some(health) => (health.as_str(), health_role(health)),
                None => ("–", Role::Dim),
            };
            let sync_role = if resource.sync == SyncStatus::OutOfSync { Role::Warning } else { Role::Dim };
            let sync = match (resource.is_hook, resource.sync.as_str()) {
                (true, _) => "hook",
                (false, "") => "–",
                (false, word) => word,
            };
            let wave = if resource.wave == 0 { String::new() } else { resource.wave.to_string() };
            let name = name_of(&resource.kind, &resource.namespace, &resource.name);
            let why_role = join::role(verdict);
            rows.push((
                vec![
                    glyph(verdict),
                    cell(name, Role::Strong),
                    cell(sync, sync_role),
                    cell(health, role),
                    cell(wave, Role::Dim),
                    cell(if why.is_empty() { "–" } else { &why }, why_role),
                ],
                self.home.and_then(|home| object_of(home, resource)),
            ));
            if verdict > Verdict::Progressing {
                rows.extend(self.pods(resource));
            }
        }
        rows
    }

    /// The health of a workload as Argo CD would assess it.
    fn assessed(&self, resource: &ResourceStatus) -> Option<HealthStatus> {
        let unwell = self.facts?.unwell.iter().find(|unwell| {
            *unwell.resource.kind == *resource.kind
                && unwell.namespace == resource.namespace
                && unwell.name == resource.name
        })?;
        Some(unwell.health.clone())
    }

    fn judged(&self, resource: &ResourceStatus) -> (Verdict, String) {
        let mut words = Vec::new();
        let mut verdict = Verdict::Ok;
        let live =
            self.home.and_then(|home| judge::verdict_of(home, &object_of(home, resource)?, self.world.now));
        if let Some((live, why)) = live.filter(|(live, _)| *live != Verdict::Ok) {
            verdict = verdict.max(live);
            words.push(why);
        }
        if self.assessed(resource) == Some(HealthStatus::Missing) {
            verdict = Verdict::Critical;
            words.push("it is not there".to_owned());
        }
        if resource.requires_pruning {
            verdict = verdict.max(Verdict::Warning);
            words.push("no longer in Git".to_owned());
        } else if resource.sync == SyncStatus::OutOfSync {
            verdict = verdict.max(Verdict::Warning);
            words.push("differs from Git".to_owned());
        }
        if let Some(message) = resource.health_message.as_deref().filter(|_| words.is_empty()) {
            words.push(message.to_owned());
        }
        (verdict, words.join("; "))
    }

    /// The pods of a workload that are not well.
    fn pods(&self, resource: &ResourceStatus) -> Vec<SheetRow> {
        let Some(home) = self.home else { return Vec::new() };
        let pods = home.table::<Pod>(&PODS).into_iter().flat_map(|table| table.iter());
        let own = pods.filter(|(_, pod)| {
            pod.namespace() == Some(&resource.namespace)
                && pod
                    .workload()
                    .is_some_and(|owner| owner.kind == resource.kind && owner.name == resource.name)
        });
        let unwell = own.filter_map(|(_, pod)| {
            let object = ObjectRef {
                cluster: home.id.clone(),
                resource: PODS,
                namespace: Some(resource.namespace.clone()),
                name: pod.name().into(),
            };
            // Not by `judge`: that looks a pod up, and this has it.
            let (verdict, why) = pod.judge(self.world.now);
            (verdict > Verdict::Progressing).then(|| {
                let name = format!("  └ {}", pod.name());
                let cells = vec![
                    glyph(verdict),
                    cell(name, Role::Text),
                    cell("", Role::Dim),
                    cell(pod.status(), Role::Dim),
                    cell("", Role::Dim),
                    cell(&*why, join::role(verdict)),
                ];
                (cells, Some(object))
            })
        });
        unwell.take(MOST).collect()
    }

    pub(super) fn differences(&self) -> Vec<SheetRow> {
        let mut rows = Vec::new();
        for (object, found) in &self.page.looked_into {
            let name =
                name_of(&object.resource.kind, object.namespace.as_deref().unwrap_or_default(), &object.name);
            let mut say = |field: &str, applied: &str, live: &str, role: Role| {
                let cells = vec![
                    cell("", Role::Text),
                    cell(&name, Role::Strong),
                    cell(field, role),
                    cell(applied, Role::Dim),
                    cell(live, role),
                ];
                rows.push((cells, Some(object.clone())));
            };
            match found {
                None => say("looking…", "", "", Role::Dim),
                Some(Err(problem)) => say("cannot be read", "", &problem.to_string(), Role::Unknown),
                Some(Ok(Compared::NothingToCompare)) => {
                    say(
                        "cannot be told here",
                        "",
                        "what was applied is not written down (applied by the server)",
                        Role::Dim,
                    );
                }
                Some(Ok(Compared::With(fields))) if fields.is_empty() => {
                    say("nothing", "", "it is as it was applied: Git has moved on", Role::Dim);
                }
                Some(Ok(Compared::With(fields))) => {
                    for field in fields {
                        say(&field.path, &field.applied, &field.live, Role::Warning);
                    }
                }
            }
        }
        rows
    }

    /// What became of each object, failures first.
    pub(super) fn results(&self) -> Vec<SheetRow> {
        let Some(operation) = self.application.operation.as_deref() else { return Vec::new() };
        let mut results: Vec<_> = operation
            .results
            .iter()
            .map(|result| {
                let failed = &*result.status == "SyncFailed"
                    || matches!(result.hook_phase, OperationPhase::Failed | OperationPhase::Error);
                let verdict = match (failed, &*result.status, &result.hook_phase) {
                    (true, _, _) => Verdict::Critical,
                    (_, "PruneSkipped", _) => Verdict::Warning,
                    (_, _, OperationPhase::Running) => Verdict::Progressing,
                    _ => Verdict::Ok,
                };
                (verdict, result)
            })
            .collect();
        results.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
        results
            .into_iter()
            .map(|(verdict, result)| {
                let word =
                    if result.status.is_empty() { result.hook_phase.as_str() } else { &*result.status };
                let phase = if result.hook.is_empty() { &result.sync_phase } else { &result.hook };
                let role = join::role(verdict);
                let cells = vec![
                    glyph(verdict),
                    cell(name_of(&result.kind, &result.namespace, &result.name), Role::Text),
                    cell(phase, Role::Dim),
                    cell(word, role),
                    cell(&result.message, role),
                ];
                let target = Target {
                    group: result.group.to_string(),
                    kind: result.kind.to_string(),
                    namespace: Some(result.namespace.to_string()).filter(|namespace| !namespace.is_empty()),
                    name: result.name.to_string(),
                };
                (cells, self.home.and_then(|home| around::resolve(home, &target)))
            })
            .collect()
    }

    pub(super) fn windows(&self) -> Vec<SheetRow> {
        let now = self.world.now;
        let windows = self.facts.map_or(&[][..], |facts| &facts.windows);
        let rows = windows.iter().map(|one| {
            let (state, then, role) = match window::opening(one, now) {
                Ok(opening) => {
                    let in_ = |at: Timestamp| human_duration(now.seconds_before(at));
                    let then = match (opening.closes, opening.opens) {
                        (Some(closes), _) => format!("closes in {}, {}", in_(closes), closes.rfc3339()),
                        (None, Some(opens)) => format!("opens in {}, {}", in_(opens), opens.rfc3339()),
                        (None, None) => "never opens".to_owned(),
                    };
                    let is_denied = opening.is_open && one.kind.as_str() == "deny";
                    let role = if is_denied { Role::Warning } else { Role::Text };
                    (if opening.is_open { "open" } else { "not open" }, then, role)
                }
                Err(why) => ("cannot be read", why, Role::Unknown),
            };
            let zone = if one.time_zone.is_empty() { "UTC" } else { &*one.time_zone };
            let cells = vec![
                cell("", Role::Text),
                cell(one.kind.as_str(), role),
                cell(format!("{} {zone}", one.schedule), Role::Text),
                cell(state, role),
                cell(if one.allows_manual { "allowed" } else { "not" }, Role::Dim),
                cell(then, Role::Dim),
            ];
            (cells, None)
        });
        rows.collect()
    }

    pub(super) fn history(&self) -> Vec<SheetRow> {
        let rows = self.application.history.iter().map(|deployment| {
            let cells = vec![
                cell("", Role::Text),
                cell(deployment.id.to_string(), Role::Dim),
                cell(verdict::short_all(&deployment.revisions), Role::Text),
                cell(self.ago(deployment.deployed), Role::Text),
                cell(initiator(&deployment.initiator), Role::Dim),
            ];
            (cells, None)
        });
        rows.collect()
    }
}
