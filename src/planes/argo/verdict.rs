//! How an application is, and why, in few words.

use super::facts::{ApplicationFacts, ProjectOf, Unwell};
use super::window::{self, Permission};
use crate::blueprint::WantedApplication;
use crate::fleet::argo::application::{
    Application, HealthStatus, OperationPhase, OperationState, ResourceStatus, SyncStatus,
};
use crate::fleet::time::human_duration;
use crate::fleet::{Timestamp, Verdict};

/// The controller compares each application every two minutes with up to one more by chance, unless told otherwise
/// (`timeout.reconciliation`); a status that is older than this has been forgotten.
const FORGOTTEN: i64 = 20 * 60;
/// A new application may need this long to get its first status.
const FIRST_STATUS: i64 = 5 * 60;
/// What is being deleted for longer than this is held up.
const DELETION: i64 = 15 * 60;
/// A sync that runs for longer than this waits for something.
const LONG_SYNC: i64 = 10 * 60;

type Judgement = (Verdict, String);

/// How an application is.
pub fn of(
    application: &Application,
    facts: Option<&ApplicationFacts>,
    wanted: Option<&WantedApplication>,
    now: Timestamp,
) -> Judgement {
    if let Some(deleted) = application.meta.deleted.known() {
        let age = deleted.seconds_before(now);
        let verdict = if age > DELETION { Verdict::Warning } else { Verdict::Progressing };
        return (verdict, format!("being deleted for {}", human_duration(age)));
    }
    let permission = window::permission(facts.map_or(&[], |facts| &facts.windows), now);
    let mut found = vec![
        errors(application),
        operation(application, now),
        unhealthy(application, facts, now),
        differs(application, &permission, now),
        standing_still(application, facts, now),
        not_as_wanted(application, wanted),
        unknown_words(application),
        warnings(application, &permission),
    ];
    // The first of the worst: they stand in the order in which they are causes of each other.
    found.reverse();
    found.into_iter().flatten().max_by_key(|(verdict, _)| *verdict).unwrap_or_default()
}

/// What keeps Argo CD from comparing or deleting at all.
fn errors(application: &Application) -> Option<Judgement> {
    let error = application
        .conditions
        .iter()
        .find(|condition| condition.kind.ends_with("Error") && &*condition.kind != "SyncError")?;
    let what = match &*error.kind {
        "ComparisonError" => "cannot be compared",
        "InvalidSpecError" => "its spec is wrong",
        "DeletionError" => "cannot be deleted",
        kind => kind,
    };
    Some((Verdict::Critical, format!("{what}: {}", error.message)))
}

fn operation(application: &Application, now: Timestamp) -> Option<Judgement> {
    let Some(operation) = application.operation.as_deref() else {
        let is_due = application.is_operation_requested;
        return is_due.then(|| (Verdict::Progressing, "a sync is asked for".to_owned()));
    };
    let age = |at: Timestamp| human_duration(at.age_at(now));
    match &operation.phase {
        OperationPhase::Running if operation.message.contains("blocked by sync window") => {
            Some((Verdict::Warning, "its sync is blocked by a sync window".to_owned()))
        }
        OperationPhase::Running if !operation.finished.is_never() => {
            let attempt = match operation.retry_limit {
                Some(limit) if limit >= 0 => format!("attempt {} of {}", operation.retries + 1, limit + 1),
                _ => format!("attempt {}", operation.retries + 1),
            };
            Some((Verdict::Warning, format!("sync waits for {attempt}: {}", failure(operation))))
        }
        OperationPhase::Running => {
            let long = operation.started.age_at(now) > LONG_SYNC;
            let verdict = if long { Verdict::Warning } else { Verdict::Progressing };
            Some((verdict, join(&format!("syncs for {}", age(operation.started)), &operation.message)))
        }
        OperationPhase::Terminating => Some((Verdict::Progressing, "its sync is being stopped".to_owned())),
        OperationPhase::Failed | OperationPhase::Error if !operation.is_dry_run => {
            // What failed may have been put right by somebody since.
            let is_over = application.sync == SyncStatus::Synced;
            let verdict = if is_over { Verdict::Warning } else { Verdict::Critical };
            Some((
                verdict,
                format!("last sync failed {} ago: {}", age(operation.finished), failure(operation)),
            ))
        }
        _ => None,
    }
}

/// The object that failed and why; else what the operation says.
fn failure(operation: &OperationState) -> String {
    let failed = operation.results.iter().find(|result| {
        &*result.status == "SyncFailed"
            || matches!(result.hook_phase, OperationPhase::Failed | OperationPhase::Error)
    });
    match failed {
        Some(result) => {
            format!("{}: {}", object(&result.kind, &result.namespace, &result.name), result.message)
        }
        None => operation.message.to_string(),
    }
}

fn unhealthy(
    application: &Application,
    facts: Option<&ApplicationFacts>,
    now: Timestamp,
) -> Option<Judgement> {
    let said = &application.health.status;
    let live = facts.map_or(&[][..], |facts| &facts.unwell);
    // The live objects know better, and name the cause.
    let judged = live.iter().filter_map(|unwell| judge(unwell, now));
    let worst = judged.reduce(|worst, next| if next.0 > worst.0 { next } else { worst });
    let written = || application.resources.iter().find(|resource| resource.health.as_ref() == Some(said));
    let words = |fallback: &str| match (written(), &*application.health.message) {
        (Some(resource), message) => {
            let message = resource.health_message.as_deref().unwrap_or(message);
            join(&format!("{} is {}", name_of(resource), said.as_str().to_lowercase()), message)
        }
        (None, message) => join(fallback, message),
    };
    let told = match said {
        HealthStatus::Degraded => Some((Verdict::Critical, words("degraded"))),
        HealthStatus::Missing => Some((Verdict::Critical, words("something of it is missing"))),
        HealthStatus::Unknown => Some((Verdict::Unknown, words("its health is not known to Argo CD"))),
        HealthStatus::Progressing => Some((Verdict::Progressing, words("on its way"))),
        HealthStatus::Healthy | HealthStatus::Suspended | HealthStatus::Other(_) => None,
    };
    match (worst, told) {
        (Some((verdict, why)), Some((said, _))) => Some((verdict.max(said), why)),
        (worst, told) => worst.or(told),
    }
}

/// How a workload is that is not as it should be; `None` when that is no trouble.
pub fn judge(unwell: &Unwell, now: Timestamp) -> Option<Judgement> {
    let name = object(&unwell.resource.kind, &unwell.namespace, &unwell.name);
    let Some(workload) = &unwell.workload else {
        return Some((Verdict::Critical, format!("{name} is not there")));
    };
    let (verdict, why) = workload.judge(&[], now);
    (verdict != Verdict::Ok).then(|| (verdict, format!("{name}: {why}")))
}

fn differs(application: &Application, permission: &Permission, now: Timestamp) -> Option<Judgement> {
    if application.sync == SyncStatus::Unknown {
        return Some((Verdict::Unknown, "it could not be compared with Git".to_owned()));
    }
    if application.sync != SyncStatus::OutOfSync {
        return None;
    }
    let different: Vec<&ResourceStatus> =
        application.resources.iter().filter(|resource| resource.sync == SyncStatus::OutOfSync).collect();
    let objects = match different.as_slice() {
        [] => String::new(),
        [one] if one.requires_pruning => format!("{} is no longer in Git", name_of(one)),
        [one] => name_of(one),
        all if all.iter().all(|one| one.requires_pruning) => {
            format!("{} objects are no longer in Git", all.len())
        }
        [first, rest @ ..] => format!("{} and {} more", name_of(first), rest.len()),
    };
    let deployed = application.deployed_revisions();
    let is_new = deployed != &*application.revisions;
    let closed = || match permission.until {
        Some(until) => format!("a sync window holds it up for {}", human_duration(now.seconds_before(until))),
        None => "a sync window holds it up".to_owned(),
    };
    Some(match application.automated {
        _ if deployed.is_empty() && application.automated.is_none() => {
            (Verdict::Warning, join("never synced: waits for a manual sync", &objects))
        }
        None if is_new => {
            let since = application.history.first().map(|last| last.deployed.age_at(now));
            let since =
                since.map(|age| format!(", deployed {} ago", human_duration(age))).unwrap_or_default();
            let step = format!("{} → {}", short_all(deployed), short_all(&application.revisions));
            (Verdict::Warning, join(&format!("waits for a manual sync: {step}{since}"), &objects))
        }
        None => (Verdict::Warning, join("drifted from Git, sync is manual", &objects)),
        Some(_) if !permission.automatic => (Verdict::Warning, join(&closed(), &objects)),
        Some(_) if is_new => (Verdict::Progressing, join("a new revision is about to be synced", &objects)),
        Some(automated) if different.iter().all(|one| one.requires_pruning) && !automated.prunes => {
            (Verdict::Warning, join("pruning is off", &objects))
        }
        Some(automated) if !automated.heals => {
            (Verdict::Warning, join("drifted from Git, self-heal is off", &objects))
        }
        Some(_) => (Verdict::Progressing, join("drifted from Git, about to be healed", &objects)),
    })
}

fn standing_still(
    application: &Application,
    facts: Option<&ApplicationFacts>,
    now: Timestamp,
) -> Option<Judgement> {
    if facts.is_some_and(|facts| facts.project == ProjectOf::Missing) {
        return Some((Verdict::Critical, format!("its project {} does not exist", project(application))));
    }
    if application.is_skipped {
        return Some((Verdict::Warning, "reconciling is switched off: its status stands still".to_owned()));
    }
    if has_no_status(application) {
        let age = application.meta.created.age_at(now);
        if age <= FIRST_STATUS {
            return Some((Verdict::Progressing, "waits for its first comparison".to_owned()));
        }
        let namespace = application.meta.namespace.as_deref().unwrap_or_default();
        let age = human_duration(age);
        return Some((
            Verdict::Warning,
            format!("no status after {age}: does a controller look at namespace {namespace}?"),
        ));
    }
    let silent = application.reconciled.age_at(now);
    (silent > FORGOTTEN).then(|| {
        (Verdict::Warning, format!("the controller has not reconciled it for {}", human_duration(silent)))
    })
}

fn not_as_wanted(application: &Application, wanted: Option<&WantedApplication>) -> Option<Judgement> {
    let wanted = wanted?;
    if let Some(automated) = wanted.automated
        && automated != application.automated.is_some()
    {
        let words =
            if automated { "syncs by hand, wanted automated" } else { "syncs by itself, wanted manual" };
        return Some((Verdict::Warning, words.to_owned()));
    }
    let revision = wanted.revision.as_deref()?;
    let other = application.sources.iter().filter(|source| source.chart.is_empty()).find_map(|source| {
        let follows = if source.target_revision.is_empty() { "HEAD" } else { &*source.target_revision };
        (follows != revision).then_some(follows)
    })?;
    Some((Verdict::Warning, format!("follows {other}, wanted {revision}")))
}

fn unknown_words(application: &Application) -> Option<Judgement> {
    if has_no_status(application) {
        return None;
    }
    let words = match (&application.sync, &application.health.status) {
        (SyncStatus::Other(word), _) if !word.is_empty() => format!("sync status {word} is not known here"),
        (_, HealthStatus::Other(word)) if !word.is_empty() => format!("health {word} is not known here"),
        (SyncStatus::Other(_), _) => "its sync status is not said".to_owned(),
        _ => return None,
    };
    Some((Verdict::Unknown, words))
}

fn warnings(application: &Application, permission: &Permission) -> Option<Judgement> {
    let condition = application.conditions.iter().find(|condition| !condition.kind.ends_with("Error"));
    if let Some(warning) = condition {
        let verdict = if warning.kind.ends_with("Warning") { Verdict::Warning } else { Verdict::Unknown };
        return Some((verdict, format!("{}: {}", warning.kind.trim_end_matches("Warning"), warning.message)));
    }
    if let Some(error) = application.conditions.iter().find(|condition| &*condition.kind == "SyncError") {
        return Some((Verdict::Warning, error.message.to_string()));
    }
    let why = permission.unreadable.as_ref()?;
    Some((Verdict::Unknown, format!("a sync window cannot be read: {why}")))
}

/// True when no controller has looked at it.
pub fn has_no_status(application: &Application) -> bool {
    application.sync == SyncStatus::default()
        && application.health.status == HealthStatus::default()
        && application.reconciled.is_never()
        && application.operation.is_none()
}

/// The project, which is `default` where it is not said.
pub fn project(application: &Application) -> &str {
    if application.project.is_empty() { "default" } else { &application.project }
}

/// A revision as people read it: the beginning of a commit, versions and branches whole.
pub fn short(revision: &str) -> &str {
    let is_commit = revision.len() >= 40 && revision.chars().all(|c| c.is_ascii_hexdigit());
    if is_commit { revision.get(..7).unwrap_or(revision) } else { revision }
}

/// Several of them.
pub fn short_all(revisions: &[std::sync::Arc<str>]) -> String {
    match revisions {
        [] => "nothing".to_owned(),
        all => all.iter().map(|revision| short(revision)).collect::<Vec<_>>().join(" "),
    }
}

fn name_of(resource: &ResourceStatus) -> String {
    object(&resource.kind, &resource.namespace, &resource.name)
}

fn object(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

fn join(first: &str, second: &str) -> String {
    if second.is_empty() { first.to_owned() } else { format!("{first}: {second}") }
}
