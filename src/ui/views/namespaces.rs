//! `namespaces`

use crate::blueprint::PodSecurity;
use crate::fleet::kind::{NAMESPACES, POD_METRICS, PODS, RESOURCE_QUOTAS};
use crate::fleet::namespace::{Namespace, PodSecurityMode};
use crate::fleet::pod::PodCounts;
use crate::fleet::quota::QuotaLimit;
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Verdict};
use crate::planes::known::Known;
use crate::planes::missing_namespace::MISSING_NAMESPACES;
use crate::planes::namespace::{Belongings, Count, Ill, NAMESPACE_SUMS, NamespaceSum};
use crate::ui::columns;
use crate::ui::join::{self, Joined};
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

/// Namespaces with their Pod Security level, quota, pods and usage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Namespaces;

static ABOUT: ViewAbout = ViewAbout {
    name: "namespaces",
    aliases: &["ns", "namespace"],
    help: "Namespaces: Pod Security level, quota, pods and usage; Enter opens the namespace's home",
};

static RESOURCES: [ResourceType; 2] = [NAMESPACES, MISSING_NAMESPACES];
static JOINS: [ResourceType; 4] = [PODS, RESOURCE_QUOTAS, POD_METRICS, NAMESPACE_SUMS];

/// Deleting a namespace may take this long.
const DELETION_PATIENCE: i64 = 2 * 60;

static COLUMNS: [Column<Namespace>; 14] = [
    columns::name(),
    Column::<Namespace>::new("status", "STATUS", "Active or Terminating", |namespace, _| {
        let role = if namespace.is_terminating() { Role::Progressing } else { Role::Text };
        Value::text(&*namespace.phase).as_role(role)
    })
    .fit(6, 11)
    .drop_at(3)
    .sorts_by('S'),
    Column::<Namespace>::new(
        "pod-security",
        "POD SECURITY",
        "Pod Security level that is enforced",
        |namespace, _| Value::maybe(namespace.pod_security(PodSecurityMode::Enforce)).into(),
    )
    .fit(8, 12)
    .drop_at(2)
    .sorts_by('L'),
    Column::<Namespace>::new(
        "pod-security-audit",
        "AUDIT",
        "Pod Security level that is audited",
        |namespace, _| Value::maybe(namespace.pod_security(PodSecurityMode::Audit)).into(),
    )
    .fit(8, 12)
    .drop_at(9)
    .wide(),
    Column::<Namespace>::new(
        "pod-security-warn",
        "WARN",
        "Pod Security level that is warned about",
        |namespace, _| Value::maybe(namespace.pod_security(PodSecurityMode::Warn)).into(),
    )
    .fit(8, 12)
    .drop_at(9)
    .wide(),
    Column::<Namespace>::new(
        "pods",
        "PODS",
        "Pods that serve or did their work, of all",
        |namespace, context| {
            if is_missing(context) {
                return Value::Nothing.into();
            }
            pods(namespace, context).cell(|counts| Value::Ratio { have: counts.ok, want: counts.pods }).into()
        },
    )
    .fit(5, 11)
    .drop_at(1)
    .sorts_by('P'),
    Column::<Namespace>::new(
        "applications",
        "APPS",
        "Applications of Argo CD that deploy into it: well or on their way, of all",
        |namespace, context| count(namespace, context, |sum| &sum.applications),
    )
    .fit(4, 7)
    .drop_at(4)
    .sorts_by('B'),
    Column::<Namespace>::new(
        "certificates",
        "CERTS",
        "Certificates that are well or on their way, of all",
        |namespace, context| count(namespace, context, |sum| &sum.certificates),
    )
    .fit(4, 7)
    .drop_at(4)
    .sorts_by('T'),
    Column::<Namespace>::new(
        "secrets",
        "SECRETS",
        "Sources of Secrets that are well or on their way, of all",
        |namespace, context| count(namespace, context, |sum| &sum.secrets),
    )
    .fit(4, 7)
    .drop_at(4)
    .sorts_by('E'),
    Column::<Namespace>::new("cpu", "CPU", "CPU in use, by the metrics API", |namespace, context| {
        if is_missing(context) {
            return Value::Nothing.into();
        }
        join::namespace_usage(context, namespace.name()).cell(|used| Value::Cpu(used.cpu)).into()
    })
    .fit(5, 7)
    .drop_at(5)
    .sorts_by('C'),
    Column::<Namespace>::new(
        "memory",
        "MEMORY",
        "Memory in use, by the metrics API",
        |namespace, context| {
            if is_missing(context) {
                return Value::Nothing.into();
            }
            join::namespace_usage(context, namespace.name()).cell(|used| Value::Bytes(used.memory)).into()
        },
    )
    .fit(6, 8)
    .drop_at(5)
    .sorts_by('M'),
    Column::<Namespace>::new("quota", "QUOTA", "What its quotas limit: used/allowed", quota)
        .fit(5, 48)
        .drop_at(6),
    columns::labels(),
    columns::age(|namespace, _| Value::Age(namespace.meta.created).into()),
];

impl Listing for Namespaces {
    type Row = Namespace;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn only_adds(&self, resource: &ResourceType) -> bool {
        *resource == MISSING_NAMESPACES
    }
    fn joins(&self) -> &[ResourceType] {
        &JOINS
    }
    fn columns(&self) -> &[Column<Namespace>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, namespace: &'a Namespace, context: &RowContext<'a>) -> Judged<'a> {
        if is_missing(context) {
            return Judged::because(Verdict::Critical, "wanted, but not in this cluster");
        }
        if namespace.is_terminating() {
            let since = namespace.meta.deleted.age_at(context.now);
            if namespace.meta.deleted.is_never() || since <= DELETION_PATIENCE {
                return Judged::because(Verdict::Progressing, "being deleted");
            }
            let held = namespace.held_by().unwrap_or("something holds it");
            return Judged::because(
                Verdict::Warning,
                format!("terminating for {}: {held}", human_duration(since)),
            );
        }
        let mut words = Vec::new();
        if let Some(counts) = pods(namespace, context).found().filter(|counts| counts.failing > 0) {
            words.push(format!("{} of {} pods failing", counts.failing, counts.pods));
        }
        let full = limits(namespace, context).into_iter().filter(|limit| limit.is_used_up());
        words.extend(full.map(|limit| format!("quota {} used up ({})", limit.resource, limit.words())));
        let mut verdict = if words.is_empty() { Verdict::Ok } else { Verdict::Warning };
        let belonging = belonging(namespace, context).found().unwrap_or_default();
        if let [worst, rest @ ..] = &*belonging.ill() {
            verdict = verdict.max(worst.verdict);
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let Ill { object, why, .. } = worst;
            words.push(format!("{} {}{more}: {why}", object.resource.kind, object.name));
        }
        if let Some(why) = as_wanted(namespace, context) {
            verdict = verdict.max(Verdict::Warning);
            words.push(why);
        }
        if words.is_empty() {
            return Judged::ok();
        }
        Judged::because(verdict, words.join("; "))
    }
}

fn is_missing(context: &RowContext<'_>) -> bool {
    *context.resource == MISSING_NAMESPACES
}

/// What the blueprint asks of it that it is not.
fn as_wanted(namespace: &Namespace, context: &RowContext<'_>) -> Option<String> {
    let wanted = context.cluster.wanted.as_ref()?.namespace(namespace.name())?;
    if let Some(level) = wanted.pod_security
        && !namespace.is_known_by_name_only()
    {
        let is = namespace.pod_security(PodSecurityMode::Enforce);
        if is.and_then(PodSecurity::parse).is_none_or(|is| is < level) {
            let is = is.unwrap_or("none");
            return Some(format!("Pod Security {is}, the blueprint wants {}", level.as_str()));
        }
    }
    let has_quota = join::quotas(context).map(|tally| tally.namespace(namespace.name()).next().is_some());
    let is_missing = wanted.quota && matches!(has_quota, Joined::Found(false));
    (is_missing && join::is_complete(context, &RESOURCE_QUOTAS, namespace.name()))
        .then(|| "no quota, the blueprint wants one".to_owned())
}

/// What belongs to it, counted.
fn belonging(namespace: &Namespace, context: &RowContext<'_>) -> Joined<NamespaceSum> {
    let all = join::tally::<Known<Belongings>>(context, &NAMESPACE_SUMS);
    match all.map(|all| all.get(None, namespace.name())) {
        Joined::Found(Some(belongings)) => Joined::Found(belongings.sum(context.cluster, context.now)),
        Joined::Found(None) | Joined::Absent => Joined::Absent,
        Joined::Unknown => Joined::Unknown,
    }
}

fn count<'a>(
    namespace: &Namespace,
    context: &RowContext<'a>,
    of: fn(&NamespaceSum) -> &Option<Count>,
) -> Cell<'a> {
    let show = |sum: NamespaceSum| match of(&sum) {
        Some(Count { all: 0, .. }) | None => Value::Nothing,
        Some(count) => Value::Ratio { have: count.well(), want: count.all },
    };
    belonging(namespace, context).cell(show).into()
}

fn pods(namespace: &Namespace, context: &RowContext<'_>) -> Joined<PodCounts> {
    join::pods(context).map(|tally| tally.namespace(namespace.name()))
}

fn limits<'a>(namespace: &Namespace, context: &RowContext<'a>) -> Vec<&'a QuotaLimit> {
    join::quotas(context).found().map(|tally| tally.namespace(namespace.name()).collect()).unwrap_or_default()
}

/// `cpu 3.1/8  memory 5.2 Gi/16 Gi`, the fullest first.
fn quota<'a>(namespace: &'a Namespace, context: &RowContext<'a>) -> Cell<'a> {
    if join::quotas(context) == Joined::Unknown {
        return Value::Unknown.into();
    }
    let mut limits = limits(namespace, context);
    limits.sort_by_key(|limit| std::cmp::Reverse(limit.permille()));
    let role = match limits.first().map(|limit| limit.permille()) {
        Some(1000..) => Role::Warning,
        _ => Role::Text,
    };
    let words = limits.iter().map(|limit| {
        let resource = limit.resource.strip_prefix("requests.").unwrap_or(&limit.resource);
        format!("{resource} {}", limit.words())
    });
    Value::text(words.collect::<Vec<_>>().join("  ")).as_role(role)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::certificates::certificate::Certificate;
    use crate::fleet::kind::CERTIFICATES;
    use crate::fleet::pod::Pod;
    use crate::fleet::quota::Quota;
    use crate::ui::test_cluster::TestCluster;

    fn namespaces() -> TestCluster {
        let labels = json!({"pod-security.kubernetes.io/enforce": "baseline"});
        TestCluster::new().with::<Namespace>(&NAMESPACES, &[
            json!({"metadata": {"name": "staging", "labels": labels}, "status": {"phase": "Active"}}),
            json!({"metadata": {"name": "old", "deletionTimestamp": "2026-11-21T12:00:00Z"}, "status": {"phase": "Terminating",
                "conditions": [{"type": "NamespaceFinalizersRemaining", "status": "True", "message": "Some content has finalizers remaining: x in 1 instances"}]}}),
        ])
    }

    #[test]
    fn failing_pods_and_full_quotas_are_named() {
        let pod = json!({"metadata": {"name": "a", "namespace": "staging"}, "status": {"phase": "Failed"}});
        let quota = json!({"metadata": {"name": "compute", "namespace": "staging"},
            "status": {"hard": {"pods": "1", "requests.cpu": "8"}, "used": {"pods": "1", "requests.cpu": "2"}}});
        let cluster = namespaces();
        assert_eq!(cluster.judged(&Namespaces, "staging"), (Verdict::Ok, String::new()));
        assert_eq!(cluster.cell(&Namespaces, "staging", "pod-security"), "baseline");
        let cluster = cluster.with::<Pod>(&PODS, &[pod]).with::<Quota>(&RESOURCE_QUOTAS, &[quota]);
        assert_eq!(
            cluster.judged(&Namespaces, "staging"),
            (Verdict::Warning, "1 of 1 pods failing; quota pods used up (1/1)".to_owned())
        );
        assert_eq!(cluster.cell(&Namespaces, "staging", "quota"), "pods 1/1  cpu 2/8");
        assert_eq!(cluster.cell(&Namespaces, "staging", "pods"), "Ratio { have: 0, want: 1 }");
    }

    #[test]
    fn what_the_blueprint_wants_of_a_namespace_is_compared_and_what_it_does_not_name_is_not() {
        let wants =
            |level: &str| format!("environment = \"prod\"\n[namespaces.staging]\npod-security = \"{level}\"");
        let judged = |level: &str| namespaces().wanting(&wants(level)).judged(&Namespaces, "staging");
        assert_eq!(judged("baseline"), (Verdict::Ok, String::new()));
        let words = "Pod Security baseline, the blueprint wants restricted";
        assert_eq!(judged("restricted"), (Verdict::Warning, words.to_owned()));
        let quota = "environment = \"prod\"\n[namespaces.staging]\nquota = true";
        let without = namespaces().with::<Quota>(&RESOURCE_QUOTAS, &[]).wanting(quota);
        assert_eq!(without.judged(&Namespaces, "staging").1, "no quota, the blueprint wants one");
        assert_eq!(
            namespaces().wanting(quota).judged(&Namespaces, "staging").0,
            Verdict::Ok,
            "nobody has read quotas"
        );
    }

    #[test]
    fn a_namespace_that_the_blueprint_names_and_nobody_made_is_a_row_of_its_own() {
        let wanted = "environment = \"prod\"\n[namespaces.staging]\n[namespaces.batch]\nquota = true";
        let cluster = namespaces().wanting(wanted).looking_at(&MISSING_NAMESPACES);
        let told = (Verdict::Critical, "wanted, but not in this cluster".to_owned());
        assert_eq!(cluster.judged(&Namespaces, "batch"), told);
        assert_eq!(cluster.cell(&Namespaces, "batch", "pods"), "Nothing");
        assert_eq!(cluster.judged(&Namespaces, "staging").0, Verdict::Ok);
    }

    #[test]
    fn what_belongs_to_a_namespace_is_counted_and_the_worst_of_it_named() {
        let certificate = |name: &str, ready: &str| {
            json!({"metadata": {"name": name, "namespace": "staging", "creationTimestamp": "2026-11-21T12:00:00Z"},
            "status": {"conditions": [{"type": "Ready", "status": ready, "message": "the order failed"}]}})
        };
        let certificates =
            [certificate("web", "True"), certificate("api", "False"), certificate("old", "False")];
        let cluster =
            namespaces().with::<Certificate>(&CERTIFICATES, &certificates).looking_at(&NAMESPACE_SUMS);
        assert_eq!(cluster.cell(&Namespaces, "staging", "certificates"), "Ratio { have: 1, want: 3 }");
        let words = "Certificate api and 1 more: not issued for 60m: the order failed";
        assert_eq!(cluster.judged(&Namespaces, "staging"), (Verdict::Critical, words.to_owned()));
    }

    #[test]
    fn a_namespace_that_does_not_go_says_what_holds_it() {
        let why = "terminating for 60m: Some content has finalizers remaining: x in 1 instances";
        assert_eq!(namespaces().judged(&Namespaces, "old"), (Verdict::Warning, why.to_owned()));
    }
}
