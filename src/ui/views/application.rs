//! An application at a glance: what it is made of and how that is, what differs from Git, what the last sync did, when it
//! may sync, and what was deployed before.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::fleet::argo::application::{Application, OperationPhase, ResourceStatus, SyncStatus};
use crate::fleet::kind::{
    APP_PROJECTS, APPLICATION_SETS, APPLICATIONS, DAEMON_SETS, DEPLOYMENTS, INGRESSES, PODS, SERVICES,
    STATEFUL_SETS,
};
use crate::fleet::pod::Pod;
use crate::fleet::time::human_duration;
use crate::fleet::{ClusterId, ObjectRef, Problem, ResourceType, Row, Verdict, image};
use crate::planes::argo::destination::{self, Goes};
use crate::planes::argo::{self, APPLICATION_FACTS, ApplicationFacts, ProjectOf, verdict, window};
use crate::snapshot::ClusterSnapshot;
use crate::ui::describe::{self, Target};
use crate::ui::difference::{self, Compared};
use crate::ui::message::Effect;
use crate::ui::page::{self, FACTS, Line, Page, PageView, fact};
use crate::ui::role::Role;
use crate::ui::text::escape;
use crate::ui::view::{ViewAbout, World};
use crate::ui::views::argo::{health_role, initiator, sources};
use crate::ui::views::detail::around;
use crate::ui::widgets::sheet::{self, Head, Part, SheetLine};
use crate::ui::{join, judge};

/// Name and help.
pub const ABOUT: ViewAbout = ViewAbout {
    name: "application-home",
    aliases: &[],
    help: "an application at a glance: its objects, what differs, the last sync, windows and history",
};

static NEEDS: [ResourceType; 1] = [APPLICATIONS];
static HELPS: [ResourceType; 8] =
    [APPLICATION_FACTS, APP_PROJECTS, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, SERVICES, INGRESSES, PODS];

/// How many objects that differ are looked into, and how many pods of a workload are shown.
const MOST: usize = 8;

const OBJECTS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("OBJECTS", 64, 0),
    Head::words("SYNC", 10, 0),
    Head::words("HEALTH", 11, 1),
    Head::number("WAVE", 4, 3),
    Head::words("WHY", 240, 0),
];
const DIFFERENT: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("DIFFERS FROM GIT", 44, 0),
    Head::words("FIELD", 64, 0),
    Head::words("APPLIED", 32, 1),
    Head::words("LIVE", 240, 0),
];
const RESULTS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("LAST SYNC", 44, 0),
    Head::words("PHASE", 8, 2),
    Head::words("RESULT", 12, 0),
    Head::words("MESSAGE", 240, 0),
];
const WINDOWS: &[Head] = &[
    Head::words("", 1, 0),
    Head::words("SYNC WINDOWS", 16, 0),
    Head::words("SCHEDULE", 32, 0),
    Head::words("NOW", 24, 0),
    Head::words("BY HAND", 8, 2),
    Head::words("THEN", 240, 0),
];
const HISTORY: &[Head] = &[
    Head::words("", 1, 0),
    Head::number("HISTORY", 8, 0),
    Head::words("REVISION", 40, 0),
    Head::words("DEPLOYED", 12, 0),
    Head::words("BY", 240, 0),
];

type SheetRow = sheet::Row<ObjectRef>;

/// An application at a glance.
#[derive(Debug)]
pub struct ApplicationPage {
    object: ObjectRef,
    /// What differs in the objects that were looked into; `None` while an answer is awaited.
    looked_into: BTreeMap<ObjectRef, Option<Result<Compared, Problem>>>,
    /// The revisions that these are of.
    of: Vec<Arc<str>>,
}

impl ApplicationPage {
    /// The page of an application.
    pub fn open(object: &ObjectRef) -> PageView<Self> {
        PageView::new(Self { object: object.clone(), looked_into: BTreeMap::new(), of: Vec::new() })
    }
}

fn row<'a>(cluster: &'a ClusterSnapshot, object: &ObjectRef) -> Option<&'a Arc<Application>> {
    let table = cluster.table::<Application>(&APPLICATIONS)?;
    table.find(object.namespace.as_deref(), &object.name).map(|(_, row)| row)
}

/// The cluster that an application's objects are in, as far as it is looked at.
fn home(application: &Application, own: &ClusterId, world: &World<'_>) -> Option<ClusterId> {
    let known: Vec<ClusterId> = world.snapshot.clusters.iter().map(|cluster| cluster.id.clone()).collect();
    match destination::goes(&application.destination, &known) {
        Goes::Own => Some(own.clone()),
        Goes::To(id) => Some(id),
        Goes::Elsewhere(_) | Goes::Nowhere => None,
    }
}

impl Page for ApplicationPage {
    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> &ObjectRef {
        &self.object
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn clusters(&self, world: &World<'_>) -> Vec<ClusterId> {
        let own = &self.object.cluster;
        let application = world.snapshot.cluster(own).and_then(|cluster| row(cluster, &self.object));
        let home = application.and_then(|application| home(application, own, world));
        let mut all = vec![own.clone()];
        all.extend(home.filter(|home| home != own));
        all
    }

    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        let own = &self.object.cluster;
        let Some(cluster) = world.snapshot.cluster(own) else { return Vec::new() };
        let Some(application) = row(cluster, &self.object) else { return Vec::new() };
        let Some(home) = home(application, own, world).and_then(|id| world.snapshot.cluster(&id)) else {
            return Vec::new();
        };
        if *self.of != *application.revisions {
            self.of = application.revisions.to_vec();
            self.looked_into.clear();
        }
        let different = application.resources.iter().filter(|one| one.sync == SyncStatus::OutOfSync);
        let objects: Vec<ObjectRef> = different
            .filter(|one| !one.requires_pruning)
            .filter_map(|one| object_of(home, one))
            .take(MOST)
            .collect();
        self.looked_into.retain(|object, _| objects.contains(object));
        let mut effects = Vec::new();
        for object in objects {
            if !self.looked_into.contains_key(&object) {
                self.looked_into.insert(object.clone(), None);
                effects.push(Effect::Fetch(object));
            }
        }
        effects
    }

    fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<Value>, Problem>) -> bool {
        let Some(place) = self.looked_into.get_mut(object) else { return false };
        *place = Some(match result {
            Ok(value) => Ok(difference::from_applied(value)),
            Err(problem) => Err(problem.clone()),
        });
        true
    }

    fn lines(&self, world: &World<'_>, width: u16) -> Vec<Line> {
        let Some(cluster) = world.snapshot.cluster(&self.object.cluster) else { return Vec::new() };
        let Some(application) = row(cluster, &self.object) else {
            let is_settled = cluster.freshness(&APPLICATIONS).is_settled();
            let words = if is_settled { "   it is not there any more" } else { "   loading…" };
            return vec![SheetLine::of(vec![(words.to_owned(), Role::Dim)])];
        };
        let home = home(application, &cluster.id, world);
        let sheet = Sheet {
            page: self,
            cluster,
            home: home.as_ref().and_then(|id| world.snapshot.cluster(id)).map(AsRef::as_ref),
            application,
            facts: argo::of(cluster, application),
            world,
        };
        let wanted = cluster.wanted.as_ref().and_then(|wanted| wanted.application(application.name()));
        let (verdict, why) = verdict::of(application, sheet.facts, wanted, world.now);
        let about = format!("project {}, {}", verdict::project(application), sources(application));
        let mut lines = page::head(verdict, application.name(), &about, &why, width);
        let facts = sheet::table(FACTS, sheet.said(), width);
        // What failed is read before what there is; what went well after it.
        let results = sheet::table(RESULTS, sheet.results(), width);
        let has_failed = application.operation.as_deref().is_some_and(|operation| {
            matches!(
                operation.phase,
                OperationPhase::Failed | OperationPhase::Error | OperationPhase::Running
            )
        });
        let (failures, results) = if has_failed { (results, Vec::new()) } else { (Vec::new(), results) };
        for part in [
            facts.into_iter().skip(1).collect(),
            sheet::table(DIFFERENT, sheet.differences(), width),
            sheet::table(WINDOWS, sheet.windows(), width),
            failures,
            sheet::table(OBJECTS, sheet.objects(), width),
            results,
            sheet::table(HISTORY, sheet.history(), width),
        ] {
            let part: Vec<Line> = part;
            if !part.is_empty() {
                lines.push(SheetLine::blank());
                lines.extend(part);
            }
        }
        lines
    }
}

/// The live object of a resource.
fn object_of(home: &ClusterSnapshot, resource: &ResourceStatus) -> Option<ObjectRef> {
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

struct Sheet<'a> {
    page: &'a ApplicationPage,
    cluster: &'a ClusterSnapshot,
    home: Option<&'a ClusterSnapshot>,
    application: &'a Application,
    facts: Option<&'a ApplicationFacts>,
    world: &'a World<'a>,
}

impl Sheet<'_> {
    fn ago(&self, at: crate::fleet::Timestamp) -> String {
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

    fn said(&self) -> Vec<SheetRow> {
        let app = self.application;
        let mut rows = Vec::new();
        let goes = match (&self.home, destination::goes(&app.destination, &[])) {
            (Some(home), Goes::Own) => {
                format!("{}, this cluster, namespace {}", home.id.name(), app.destination.namespace)
            }
            (Some(home), _) => format!("{}, namespace {}", home.id.name(), app.destination.namespace),
            (None, _) => format!(
                "{}: no cluster that is looked at; its objects are not known here",
                destination::words(&app.destination)
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
    fn objects(&self) -> Vec<SheetRow> {
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
    fn assessed(&self, resource: &ResourceStatus) -> Option<crate::fleet::argo::application::HealthStatus> {
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
        if self.assessed(resource) == Some(crate::fleet::argo::application::HealthStatus::Missing) {
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

    fn differences(&self) -> Vec<SheetRow> {
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
    fn results(&self) -> Vec<SheetRow> {
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

    fn windows(&self) -> Vec<SheetRow> {
        let now = self.world.now;
        let windows = self.facts.map_or(&[][..], |facts| &facts.windows);
        let rows = windows.iter().map(|one| {
            let (state, then, role) = match window::opening(one, now) {
                Ok(opening) => {
                    let in_ = |at: crate::fleet::Timestamp| human_duration(now.seconds_before(at));
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

    fn history(&self) -> Vec<SheetRow> {
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
