//! `workloads`, and the six kinds of them alone: `deployments`, `statefulsets`, `daemonsets`, `replicasets`, `jobs`,
//! `cronjobs`. They share rows, columns and verdicts.

use crate::fleet::kind::{CRON_JOBS, DAEMON_SETS, DEPLOYMENTS, JOBS, PODS, REPLICA_SETS, STATEFUL_SETS};
use crate::fleet::workload::{Rollout, Work, Workload};
use crate::fleet::{ResourceType, Verdict, image};
use crate::ui::columns;
use crate::ui::join;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::{Cell, Value};
use crate::ui::view::ViewAbout;

const KIND: Column<Workload> = Column::<Workload>::new("kind", "KIND", "Kind", |workload, _| {
    Value::text(workload.work.kind()).as_role(Role::Dim)
})
.fit(3, 11)
.drop_at(3)
.sorts_by('K');
const READY: Column<Workload> =
    Column::<Workload>::new("ready", "READY", "Ready pods of as many as are wanted", ready)
        .fit(5, 9)
        .drop_at(0)
        .sorts_by('R');
const UPDATED: Column<Workload> =
    Column::<Workload>::new("updated", "UPDATED", "Pods made from the present template", |workload, _| {
        Value::Count(workload.updated.into()).into()
    })
    .fit(3, 7)
    .drop_at(6)
    .sorts_by('U');
const AVAILABLE: Column<Workload> = Column::<Workload>::new(
    "available",
    "AVAILABLE",
    "Pods that have been ready for long enough",
    |workload, _| Value::Count(workload.available.into()).into(),
)
.fit(3, 9)
.drop_at(7);
const CURRENT: Column<Workload> =
    Column::<Workload>::new("current", "CURRENT", "Pods that there are", |workload, _| {
        Value::Count(workload.current.into()).into()
    })
    .fit(3, 7)
    .drop_at(6);
const VERSION: Column<Workload> = Column::<Workload>::new(
    "version",
    "VERSION",
    "Version label, else the tag of the first image",
    |workload, _| Value::maybe(workload.version.as_deref()).into(),
)
.fit(5, 16)
.drop_at(3)
.sorts_by('E');
const ROLLOUT: Column<Workload> =
    Column::<Workload>::new("rollout", "ROLLOUT", "How far its rollout is", rollout)
        .fit(4, 24)
        .drop_at(2)
        .sorts_by('S');
const MOVED: Column<Workload> =
    Column::<Workload>::new("moved", "MOVED", "When its rollout last made a step", |workload, _| {
        let moved = workload.condition("Progressing").and_then(|progressing| progressing.updated.known());
        moved.map_or(Value::Nothing, Value::Age).into()
    })
    .fit(4, 7)
    .drop_at(7);
const STRATEGY: Column<Workload> =
    Column::<Workload>::new("strategy", "STRATEGY", "How pods are replaced", |workload, _| {
        Value::text(&*workload.strategy).into()
    })
    .fit(6, 14)
    .drop_at(9)
    .wide();
const REVISION: Column<Workload> = Column::<Workload>::new("revision", "REV", "Revision", |workload, _| {
    match workload.revision {
        0 => Value::Nothing,
        revision => Value::Count(revision.into()),
    }
    .into()
})
.fit(3, 5)
.drop_at(8);
const IMAGE: Column<Workload> =
    Column::<Workload>::new("image", "IMAGE", "First image, without its registry", |workload, _| {
        let Some(first) = workload.images.first() else { return Value::Nothing.into() };
        let name = image::without_registry(first);
        match workload.images.len() {
            1 => Value::text(name),
            images => Value::text(format!("{name} +{}", images - 1)),
        }
        .into()
    })
    .fit(8, 40)
    .drop_at(8);
const IMAGES: Column<Workload> = Column::<Workload>::new("images", "IMAGES", "All images", |workload, _| {
    Value::text(workload.images.join(",")).into()
})
.fit(8, 80)
.drop_at(9)
.wide();
const SELECTOR: Column<Workload> =
    Column::<Workload>::new("selector", "SELECTOR", "Labels of its pods", |workload, _| {
        Value::text(workload.selector_text()).into()
    })
    .fit(8, 60)
    .drop_at(9)
    .wide();
const OWNER: Column<Workload> = Column::<Workload>::new("owner", "OWNER", "What made it", |workload, _| {
    let owner = workload.meta.owner.as_ref();
    owner.map_or(Value::Nothing, |owner| Value::text(format!("{}/{}", owner.kind, owner.name))).into()
})
.fit(8, 40)
.drop_at(6)
.sorts_by('O');
const AGE: Column<Workload> = columns::age(|workload, _| Value::Age(workload.meta.created).into());

const COMPLETIONS: Column<Workload> =
    Column::<Workload>::new("completions", "DONE", "Pods that succeeded, of as many as should", ready)
        .fit(4, 9)
        .drop_at(0)
        .sorts_by('R');
const JOB_STATUS: Column<Workload> =
    Column::<Workload>::new("status", "STATUS", "Complete, running, failed, suspended", rollout)
        .fit(7, 20)
        .drop_at(0)
        .sorts_by('S');
const FAILED: Column<Workload> =
    Column::<Workload>::new("failed", "FAILED", "Pods that failed", |workload, _| {
        match workload.job().map_or(0, |job| job.failed) {
            0 => Value::Count(0).as_role(Role::Dim),
            failed => Value::Count(failed.into()).as_role(Role::Warning),
        }
    })
    .fit(3, 6)
    .drop_at(4)
    .sorts_by('F');
const DURATION: Column<Workload> =
    Column::<Workload>::new("duration", "TOOK", "How long it took, or has taken so far", duration)
        .fit(4, 7)
        .drop_at(4)
        .sorts_by('D');

const SCHEDULE: Column<Workload> = Column::<Workload>::new(
    "schedule",
    "SCHEDULE",
    "When it runs: minute hour day month weekday",
    |workload, _| Value::maybe(workload.cron_job().map(|cron| &*cron.schedule)).into(),
)
.fit(9, 24)
.drop_at(1);
const TIME_ZONE: Column<Workload> = Column::<Workload>::new(
    "time-zone",
    "ZONE",
    "Time zone of its schedule; UTC when it names none",
    |workload, _| Value::maybe(workload.cron_job().map(|cron| &*cron.time_zone)).into(),
)
.fit(3, 20)
.drop_at(8)
.wide();
const SUSPENDED: Column<Workload> =
    Column::<Workload>::new("suspended", "SUSPENDED", "Whether it makes no jobs for now", |workload, _| {
        Value::Flag(workload.is_paused).as_role(if workload.is_paused { Role::Warning } else { Role::Dim })
    })
    .fit(3, 9)
    .drop_at(3)
    .sorts_by('S');
const ACTIVE: Column<Workload> =
    Column::<Workload>::new("active", "ACTIVE", "Jobs of it that run", |workload, _| {
        Value::Count(workload.current.into()).into()
    })
    .fit(3, 6)
    .drop_at(4)
    .sorts_by('R');
const LAST_RUN: Column<Workload> =
    Column::<Workload>::new("last-run", "LAST RUN", "When it last made a job", |workload, _| {
        let last = workload.cron_job().and_then(|cron| cron.last_scheduled.known());
        last.map_or(Value::Nothing, Value::Age).into()
    })
    .fit(4, 8)
    .drop_at(2)
    .sorts_by('L');
const LAST_SUCCESS: Column<Workload> =
    Column::<Workload>::new("last-success", "SUCCESS", "When a job of it last succeeded", |workload, _| {
        let last = workload.cron_job().and_then(|cron| cron.last_successful.known());
        last.map_or(Value::Nothing, Value::Age).into()
    })
    .fit(4, 8)
    .drop_at(5);
const NEXT_RUN: Column<Workload> =
    Column::<Workload>::new("next-run", "NEXT RUN", "When it makes its next job", |workload, context| {
        match (workload.next_run(context.now), workload.cron_job()) {
            (Some(next), _) => Value::Instant(next),
            // Its time zone is one that nobody knows.
            (None, Some(cron)) if !workload.is_paused && cron.zone().is_none() => Value::Unknown,
            (None, _) => Value::Nothing,
        }
        .into()
    })
    .fit(5, 10)
    .drop_at(4)
    .sorts_by('X');

static ALL: [Column<Workload>; 17] = [
    columns::namespace(),
    KIND,
    columns::name(),
    READY,
    ROLLOUT,
    VERSION,
    UPDATED,
    AVAILABLE,
    MOVED,
    REVISION,
    STRATEGY,
    IMAGE,
    IMAGES,
    SELECTOR,
    columns::labels(),
    OWNER.wide(),
    AGE,
];
static DEPLOYMENT: [Column<Workload>; 15] = [
    columns::namespace(),
    columns::name(),
    READY,
    ROLLOUT,
    VERSION,
    UPDATED,
    AVAILABLE,
    MOVED,
    REVISION,
    STRATEGY,
    IMAGE,
    IMAGES,
    SELECTOR,
    columns::labels(),
    AGE,
];
static STATEFUL_SET: [Column<Workload>; 13] = [
    columns::namespace(),
    columns::name(),
    READY,
    ROLLOUT,
    VERSION,
    UPDATED,
    AVAILABLE,
    STRATEGY,
    IMAGE,
    IMAGES,
    SELECTOR,
    columns::labels(),
    AGE,
];
static DAEMON_SET: [Column<Workload>; 14] = [
    columns::namespace(),
    columns::name(),
    READY,
    ROLLOUT,
    VERSION,
    CURRENT,
    UPDATED,
    AVAILABLE,
    STRATEGY,
    IMAGE,
    IMAGES,
    SELECTOR,
    columns::labels(),
    AGE,
];
static REPLICA_SET: [Column<Workload>; 13] = [
    columns::namespace(),
    columns::name(),
    READY,
    ROLLOUT,
    VERSION,
    CURRENT,
    REVISION,
    OWNER,
    IMAGE,
    IMAGES,
    SELECTOR,
    columns::labels(),
    AGE,
];
static JOB: [Column<Workload>; 12] = [
    columns::namespace(),
    columns::name(),
    COMPLETIONS,
    JOB_STATUS,
    FAILED,
    DURATION,
    OWNER,
    VERSION,
    IMAGE,
    IMAGES,
    columns::labels(),
    AGE,
];
static CRON_JOB: [Column<Workload>; 15] = [
    columns::namespace(),
    columns::name(),
    SCHEDULE,
    TIME_ZONE,
    SUSPENDED,
    ACTIVE,
    LAST_RUN,
    LAST_SUCCESS,
    NEXT_RUN,
    VERSION,
    STRATEGY,
    IMAGE,
    IMAGES,
    columns::labels(),
    AGE,
];

static JOINS: [ResourceType; 1] = [PODS];

/// A listing of some kinds of workloads.
macro_rules! listing {
    ($(#[$doc:meta])* $listing:ident, $about:expr, [$($resource:expr),+ $(,)?], $columns:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $listing;

        impl Listing for $listing {
            type Row = Workload;

            fn about(&self) -> &'static ViewAbout {
                static ABOUT: ViewAbout = $about;
                &ABOUT
            }
            fn resources(&self) -> &[ResourceType] {
                static RESOURCES: &[ResourceType] = &[$($resource),+];
                RESOURCES
            }
            fn joins(&self) -> &[ResourceType] {
                &JOINS
            }
            fn columns(&self) -> &[Column<Workload>] {
                &$columns
            }
            fn verdict<'a>(&self, workload: &'a Workload, context: &RowContext<'a>) -> Judged<'a> {
                verdict(workload, context)
            }
        }
    };
}

listing!(
    /// What runs for as long as it is wanted, and what runs to its end, in one table. ReplicaSets and the Jobs of
    /// CronJobs have their own.
    Workloads,
    ViewAbout {
        name: "workloads",
        aliases: &["wl", "workload"],
        help: "Deployments, StatefulSets, DaemonSets, Jobs and CronJobs: readiness, version, rollout and what holds it up",
    },
    [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, JOBS, CRON_JOBS],
    ALL
);
listing!(
    /// Deployments.
    Deployments,
    ViewAbout {
        name: "deployments",
        aliases: &["deploy", "deployment", "dp"],
        help: "Deployments: readiness, version, rollout and what holds it up",
    },
    [DEPLOYMENTS],
    DEPLOYMENT
);
listing!(
    /// StatefulSets.
    StatefulSets,
    ViewAbout {
        name: "statefulsets",
        aliases: &["sts", "statefulset"],
        help: "StatefulSets: readiness, version, rollout and what holds it up",
    },
    [STATEFUL_SETS],
    STATEFUL_SET
);
listing!(
    /// DaemonSets.
    DaemonSets,
    ViewAbout {
        name: "daemonsets",
        aliases: &["ds", "daemonset"],
        help: "DaemonSets: readiness, version, rollout and what holds it up",
    },
    [DAEMON_SETS],
    DAEMON_SET
);
listing!(
    /// ReplicaSets.
    ReplicaSets,
    ViewAbout {
        name: "replicasets",
        aliases: &["rs", "replicaset"],
        help: "ReplicaSets: readiness, revision and owner",
    },
    [REPLICA_SETS],
    REPLICA_SET
);
listing!(
    /// Jobs.
    Jobs,
    ViewAbout { name: "jobs", aliases: &["job"], help: "Jobs: completions, failures, how long they took, and why they failed" },
    [JOBS],
    JOB
);
listing!(
    /// CronJobs.
    CronJobs,
    ViewAbout {
        name: "cronjobs",
        aliases: &["cj", "cronjob"],
        help: "CronJobs: schedule, last and next run, and whether one was missed",
    },
    [CRON_JOBS],
    CRON_JOB
);

fn verdict<'a>(workload: &Workload, context: &RowContext<'a>) -> Judged<'a> {
    let (namespace, kind, name) = workload.key();
    let trouble =
        join::pods(context).found().map(|tally| tally.trouble(namespace, kind, name)).unwrap_or_default();
    let (verdict, why) = workload.judge(&trouble, context.now);
    Judged::because(verdict, why)
}

fn ready<'a>(workload: &'a Workload, context: &RowContext<'a>) -> Cell<'a> {
    if matches!(workload.work, Work::CronJob(_)) {
        return Value::Nothing.into();
    }
    let role = match verdict(workload, context).verdict {
        Verdict::Ok if workload.wanted == 0 => Role::Dim,
        verdict => join::role(verdict),
    };
    Value::Ratio { have: workload.ready, want: workload.wanted }.as_role(role)
}

fn rollout<'a>(workload: &'a Workload, context: &RowContext<'a>) -> Cell<'a> {
    let (rollout, words) = workload.rollout(context.now);
    Value::text(words).as_role(match rollout {
        Rollout::Done => Role::Dim,
        Rollout::Moving => Role::Progressing,
        Rollout::Paused => Role::Warning,
        Rollout::Stuck => Role::Critical,
    })
}

fn duration<'a>(workload: &'a Workload, context: &RowContext<'a>) -> Cell<'a> {
    let Some(job) = workload.job().filter(|job| !job.started.is_never()) else {
        return Value::Nothing.into();
    };
    let failed = workload.condition("Failed").filter(|failed| failed.is_true).map(|failed| failed.since);
    let end = job.completed.known().or(failed).unwrap_or(context.now);
    Value::Duration(job.started.age_at(end)).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fleet::pod::Pod;
    use crate::ui::test_cluster::TestCluster;

    #[test]
    fn what_keeps_its_pods_from_serving_is_the_reason() {
        let deployment = json!({"metadata": {"name": "api", "namespace": "staging", "generation": 1, "creationTimestamp": "2026-11-20T10:00:00Z"},
            "spec": {"replicas": 2, "strategy": {"type": "RollingUpdate"}},
            "status": {"observedGeneration": 1, "replicas": 2, "readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1,
                "conditions": [{"type": "Available", "status": "False", "lastTransitionTime": "2026-11-21T12:54:00Z"},
                    {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "lastUpdateTime": "2026-11-21T12:54:00Z"}]}});
        let pod = json!({"metadata": {"name": "api-6c4-x", "namespace": "staging", "labels": {"pod-template-hash": "6c4"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": "api-6c4", "controller": true}]},
            "spec": {"nodeName": "n", "containers": [{"name": "api", "image": "myapp/api:1.8.3"}]},
            "status": {"phase": "Pending", "containerStatuses": [{"name": "api", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}]}});
        let cluster = TestCluster::new().with::<Workload>(&DEPLOYMENTS, &[deployment]);
        assert_eq!(
            cluster.judged(&Deployments, "api"),
            (Verdict::Warning, "rollout stuck for 6m of 10m: 1 of 2 ready".to_owned())
        );
        let cluster = cluster.with::<Pod>(&PODS, &[pod]);
        let why = "rollout stuck for 6m of 10m: api: ImagePullBackOff, tag 1.8.3 not found";
        assert_eq!(cluster.judged(&Workloads, "api"), (Verdict::Warning, why.to_owned()));
        assert_eq!(cluster.cell(&Workloads, "api", "rollout"), "stuck for 6m of 10m");
        assert_eq!(cluster.cell(&Workloads, "api", "kind"), "Deployment");
    }

    #[test]
    fn a_cron_job_has_a_next_run_but_no_readiness() {
        let report = |name: &str, zone: Option<&str>| {
            json!({"metadata": {"name": name, "namespace": "web", "creationTimestamp": "2026-11-21T12:30:00Z"},
            "spec": {"schedule": "30 8 * * *", "timeZone": zone, "jobTemplate": {}}, "status": {"lastScheduleTime": "2026-11-21T13:00:00Z"}})
        };
        let cluster = TestCluster::new().with::<Workload>(
            &CRON_JOBS,
            &[
                report("utc", None),
                report("berlin", Some("Europe/Berlin")),
                report("lost", Some("Europe/Atlantis")),
            ],
        );
        assert_eq!(cluster.cell(&CronJobs, "utc", "next-run"), "2026-11-22T08:30:00Z");
        assert_eq!(cluster.cell(&CronJobs, "berlin", "next-run"), "2026-11-22T07:30:00Z");
        assert_eq!(cluster.cell(&CronJobs, "lost", "next-run"), "Unknown");
        assert_eq!(cluster.cell(&Workloads, "utc", "ready"), "Nothing");
    }

    #[test]
    fn a_job_tells_how_long_it_took() {
        let job = json!({"kind": "Job", "metadata": {"name": "report-1", "namespace": "web"}, "spec": {"completions": 1},
            "status": {"succeeded": 1, "startTime": "2026-11-21T12:00:00Z", "completionTime": "2026-11-21T12:00:06Z",
                "conditions": [{"type": "Complete", "status": "True"}]}});
        let cluster = TestCluster::new().with::<Workload>(&JOBS, &[job]);
        assert_eq!(cluster.cell(&Jobs, "report-1", "duration"), "Duration(6)");
        assert_eq!(cluster.cell(&Jobs, "report-1", "completions"), "Ratio { have: 1, want: 1 }");
    }
}
