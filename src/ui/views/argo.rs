//! `argo`

use crate::fleet::argo::application::{
    Application, HealthStatus, Initiator, OperationPhase, OperationState, SyncStatus,
};
use crate::fleet::kind::APPLICATIONS;
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Timestamp, Verdict};
use crate::planes::argo::facts::MISSING_APPLICATIONS;
use crate::planes::argo::{self, APPLICATION_FACTS, destination, health, verdict, window};
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Applications of Argo CD: how they compare with Git, how they are, and what was done last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applications;

static ABOUT: ViewAbout = ViewAbout {
    name: "argo",
    aliases: &["apps", "applications", "application", "app"],
    help: "Argo CD's applications: sync, health, revisions, the last operation, windows, and what is wrong",
};

static RESOURCES: [ResourceType; 2] = [APPLICATIONS, MISSING_APPLICATIONS];
static JOINS: [ResourceType; 1] = [APPLICATION_FACTS];

static COLUMNS: [Column<Application>; 19] = [
    Column::<Application>::new("namespace", "NAMESPACE", "Where the Application itself lives", |row, _| {
        Value::maybe(row.namespace()).as_role(Role::Dim)
    })
    .fit(4, 24)
    .drop_at(8)
    .sorts_by('P'),
    columns::name(),
    Column::<Application>::new("project", "PROJECT", "Its project", |row, context| {
        if is_missing(context) { Value::Nothing.into() } else { Value::text(verdict::project(row)).into() }
    })
    .fit(4, 14)
    .drop_at(5)
    .sorts_by('J'),
    Column::<Application>::new("sync", "SYNC", "Whether the cluster is as Git wants it", |row, _| {
        let role = match row.sync {
            SyncStatus::Synced => Role::Text,
            SyncStatus::OutOfSync => Role::Warning,
            SyncStatus::Unknown | SyncStatus::Other(_) => Role::Unknown,
        };
        Value::text(row.sync.as_str()).as_role(role)
    })
    .fit(6, 10)
    .drop_at(1)
    .sorts_by('S'),
    Column::<Application>::new(
        "health",
        "HEALTH",
        "The worst of what Argo CD says and its live workloads are",
        |row, context| match health_of(row, context) {
            HealthStatus::Other(word) if word.is_empty() => Value::Nothing.into(),
            health => Value::text(health.as_str().to_owned()).as_role(health_role(&health)),
        },
    )
    .fit(6, 11)
    .drop_at(1)
    .sorts_by('H'),
    Column::<Application>::new(
        "revision",
        "REVISION",
        "The commit that was deployed last, and the one that is wanted where it is another",
        |row, _| {
            let (here, wanted) = (row.deployed_revisions(), &*row.revisions);
            if wanted.is_empty() && here.is_empty() {
                return Value::Nothing.into();
            }
            if here == wanted || wanted.is_empty() {
                return Value::text(verdict::short_all(here)).into();
            }
            let words = format!("{} → {}", verdict::short_all(here), verdict::short_all(wanted));
            Value::text(words).as_role(Role::Warning)
        },
    )
    .fit(8, 26)
    .drop_at(2)
    .sorts_by('R'),
    Column::<Application>::new(
        "destination",
        "TO",
        "The cluster, if it is another one, and the namespace",
        |row, context| {
            if is_missing(context) {
                Value::Nothing.into()
            } else {
                Value::text(destination::words(&row.destination, context.cluster)).into()
            }
        },
    )
    .fit(6, 20)
    .drop_at(4)
    .sorts_by('T'),
    Column::<Application>::new("auto", "AUTO", "How it syncs by itself", |row, context| {
        match row.automated {
            _ if is_missing(context) => Value::Nothing.into(),
            None => Value::text("manual").as_role(Role::Dim),
            Some(automated) => {
                let parts =
                    [Some("auto"), automated.heals.then_some("heal"), automated.prunes.then_some("prune")];
                Value::text(parts.into_iter().flatten().collect::<Vec<_>>().join("+")).into()
            }
        }
    })
    .fit(4, 15)
    .drop_at(6)
    .sorts_by('U'),
    Column::<Application>::new(
        "operation",
        "LAST SYNC",
        "The operation that runs, or the last one, and by whom",
        |row, context| match row.operation.as_deref() {
            Some(operation) => operation_cell(operation, context.now),
            None => Value::Nothing.into(),
        },
    )
    .fit(8, 22)
    .drop_at(3)
    .sorts_by('O'),
    Column::<Application>::new(
        "window",
        "WINDOW",
        "The sync window that is open now, or the next one",
        window_cell,
    )
    .fit(6, 26)
    .drop_at(5)
    .sorts_by('W'),
    Column::<Application>::new("images", "IMAGES", "What it runs", |row, _| {
        let short = row.images.iter().map(|name| name.rsplit('/').next().unwrap_or(name));
        Value::text(short.collect::<Vec<_>>().join(" ")).as_role(Role::Dim)
    })
    .fit(8, 36)
    .drop_at(7),
    Column::<Application>::new("objects", "OBJECTS", "How many objects it consists of", |row, _| {
        if row.resources.is_empty() {
            Value::Nothing.into()
        } else {
            Value::Count(row.resources.len() as u64).into()
        }
    })
    .fit(4, 7)
    .wide(),
    Column::<Application>::new("conditions", "CONDITIONS", "What Argo CD complains of", |row, _| {
        let kinds: Vec<&str> = row.conditions.iter().map(|condition| &*condition.kind).collect();
        Value::text(kinds.join(",")).as_role(Role::Warning)
    })
    .fit(8, 40)
    .wide(),
    Column::<Application>::new("set", "MADE BY", "The ApplicationSet that made it", |row, _| {
        Value::maybe(row.application_set()).as_role(Role::Dim)
    })
    .fit(6, 24)
    .wide(),
    Column::<Application>::new("source", "SOURCE", "Where its manifests come from", |row, _| {
        Value::text(sources(row)).as_role(Role::Dim)
    })
    .fit(8, 60)
    .wide(),
    Column::<Application>::new("urls", "URLS", "Where people reach it", |row, _| {
        Value::text(row.external_urls.join(" ")).as_role(Role::Dim)
    })
    .fit(6, 50)
    .wide(),
    Column::<Application>::new("reconciled", "COMPARED", "When the controller last compared it", |row, _| {
        if row.reconciled.is_never() { Value::Nothing.into() } else { Value::Age(row.reconciled).into() }
    })
    .fit(4, 8)
    .wide(),
    columns::labels(),
    columns::age(|row: &Application, _| {
        if row.meta.created.is_never() { Value::Nothing.into() } else { Value::Age(row.meta.created).into() }
    })
    .wide(),
];

fn is_missing(context: &RowContext<'_>) -> bool {
    *context.resource == MISSING_APPLICATIONS
}

/// The worse of what Argo CD wrote down and what its live workloads are: since 3.0 it writes little.
pub(crate) fn health_of(row: &Application, context: &RowContext<'_>) -> HealthStatus {
    let assessed = argo::of(context.cluster, row).and_then(|facts| facts.assessed.clone());
    match assessed {
        Some(assessed) if health::gravity(&assessed) > health::gravity(&row.health.status) => assessed,
        _ => row.health.status.clone(),
    }
}

/// What the colour of a health means.
pub(crate) fn health_role(health: &HealthStatus) -> Role {
    match health {
        HealthStatus::Healthy => Role::Text,
        HealthStatus::Suspended => Role::Dim,
        HealthStatus::Progressing => Role::Progressing,
        HealthStatus::Missing | HealthStatus::Degraded => Role::Critical,
        HealthStatus::Unknown | HealthStatus::Other(_) => Role::Unknown,
    }
}

/// Where manifests come from, in words.
pub(crate) fn sources(row: &Application) -> String {
    let of = |source: &crate::fleet::argo::Source| {
        let repo = source.repo.trim_end_matches(".git").rsplit('/').next().unwrap_or_default();
        let what = if source.chart.is_empty() { &source.path } else { &source.chart };
        let at = if source.target_revision.is_empty() { "HEAD" } else { &*source.target_revision };
        if what.is_empty() { format!("{repo}@{at}") } else { format!("{repo}/{what}@{at}") }
    };
    row.sources.iter().map(of).collect::<Vec<_>>().join(" + ")
}

/// Argo CD itself.
const OWN: &str = "Argo CD";

/// Who began an operation, as they claim.
pub(crate) fn initiator(by: &Initiator) -> &str {
    match (by.is_automated, &*by.user) {
        (true, _) | (_, "") => OWN,
        (_, user) => user,
    }
}

fn operation_cell(operation: &OperationState, now: Timestamp) -> Cell<'static> {
    let (word, role) = match operation.phase {
        OperationPhase::Running if !operation.finished.is_never() => ("retrying", Role::Warning),
        OperationPhase::Running => ("running", Role::Progressing),
        OperationPhase::Terminating => ("stopping", Role::Progressing),
        OperationPhase::Succeeded => ("ok", Role::Text),
        OperationPhase::Failed => ("failed", Role::Critical),
        OperationPhase::Error => ("error", Role::Critical),
        OperationPhase::Other(_) => ("unknown phase", Role::Unknown),
    };
    let at = operation.finished.known().unwrap_or(operation.started);
    let dry = if operation.is_dry_run { " (dry run)" } else { "" };
    let by = initiator(&operation.initiator);
    // That Argo CD did it itself is the rule.
    let by = if by == OWN { String::new() } else { format!(" by {by}") };
    Value::text(format!("{word}{dry} {} ago{by}", human_duration(at.age_at(now)))).as_role(role)
}

fn window_cell<'a>(row: &'a Application, context: &RowContext<'a>) -> Cell<'a> {
    let Some(facts) = argo::of(context.cluster, row) else { return Value::Nothing.into() };
    window_words(&facts.windows, context.now)
}

/// Whether windows let an application sync, in words.
pub(crate) fn window_words(
    windows: &[crate::fleet::argo::project::SyncWindow],
    now: Timestamp,
) -> Cell<'static> {
    let permission = window::permission(windows, now);
    if permission.unreadable.is_some() {
        return Value::Unknown.into();
    }
    if permission.words.is_empty() {
        return Value::Nothing.into();
    }
    let left = permission.until.map(|until| human_duration(now.seconds_before(until)));
    let by_hand = if !permission.automatic && permission.manual { ", manual ok" } else { "" };
    let words = match (permission.words.as_str(), left) {
        ("open", Some(left)) => format!("denied in {left}"),
        ("closed", Some(left)) => format!("opens in {left}{by_hand}"),
        (words, Some(left)) => format!("{words} for {left}{by_hand}"),
        (words, None) => format!("{words}{by_hand}"),
    };
    Value::text(words).as_role(if permission.automatic { Role::Dim } else { Role::Warning })
}

impl Listing for Applications {
    type Row = Application;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn only_adds(&self, resource: &ResourceType) -> bool {
        *resource == MISSING_APPLICATIONS
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Application>] {
        &COLUMNS
    }
    fn default_sort(&self) -> Option<(&'static str, bool)> {
        Some(("name", false))
    }
    fn verdict<'a>(&self, row: &'a Application, context: &RowContext<'a>) -> Judged<'a> {
        if is_missing(context) {
            return Judged::because(Verdict::Critical, argo::MISSING_WORDS);
        }
        let wanted = context.cluster.wanted.as_ref().and_then(|wanted| wanted.application(row.name()));
        let (verdict, why) = verdict::of(row, argo::of(context.cluster, row), wanted, context.now);
        Judged::because(verdict, why)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::argo::project::AppProject;
    use crate::fleet::kind::{APP_PROJECTS, DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS};
    use crate::fleet::workload::Workload;
    use crate::ui::test_cluster::TestCluster;

    #[test]
    fn an_application_is_told_in_few_words() {
        let old = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
        let new = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";
        let application = json!({
            "metadata": {"name": "web", "namespace": "argocd", "ownerReferences": [{"kind": "ApplicationSet", "name": "all", "controller": true}]},
            "spec": {"destination": {"name": "edge", "namespace": "production"},
                "sources": [{"repoURL": "https://git/charts.git", "path": "web"}, {"chart": "redis", "repoURL": "https://charts/x", "targetRevision": "7.1"}],
                "syncPolicy": {"automated": {"prune": true}}},
            "status": {"sync": {"status": "OutOfSync", "revision": new}, "health": {"status": "Healthy"}, "reconciledAt": "2026-11-21T12:59:00Z",
                "history": [{"id": 1, "revision": old}], "summary": {"images": ["123.dkr.ecr.aws/team/web:1.2", "redis@sha256:abc"]},
                "operationState": {"phase": "Succeeded", "finishedAt": "2026-11-21T11:00:00Z", "operation": {"initiatedBy": {"username": "ada"}}}}});
        let project = json!({"metadata": {"name": "default", "namespace": "argocd"}, "spec": {"syncWindows": [
            {"kind": "deny", "schedule": "0 16 * * 5", "duration": "63h", "manualSync": true, "clusters": ["edge"]}]}});
        let cluster = TestCluster::new()
            .with::<Application>(&APPLICATIONS, &[application])
            .with::<AppProject>(&APP_PROJECTS, &[project])
            .with::<Workload>(&DEPLOYMENTS, &[])
            .with::<Workload>(&STATEFUL_SETS, &[])
            .with::<Workload>(&DAEMON_SETS, &[])
            .looking_at(&APPLICATION_FACTS);
        let cell = |column| cluster.cell(&Applications, "web", column);
        assert_eq!(cell("revision"), "a1a1a1a → b2b2b2b");
        assert_eq!(cell("destination"), "edge/production");
        assert_eq!((cell("auto").as_str(), cell("project").as_str()), ("auto+prune", "default"));
        assert_eq!(cell("operation"), "ok 120m ago by ada");
        assert_eq!(cell("window"), "denied for 42h, manual ok");
        assert_eq!(cell("images"), "web:1.2 redis@sha256:abc");
        assert_eq!(cell("source"), "charts/web@HEAD + x/redis@7.1");
        assert_eq!(cell("set"), "all");
        assert_eq!(cluster.judged(&Applications, "web").1, "a sync window holds it up for 42h");
    }
}
