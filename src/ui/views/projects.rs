//! `projects`

use crate::fleet::argo::project::{AppProject, WindowKind};
use crate::fleet::kind::APP_PROJECTS;
use crate::fleet::{ResourceType, Verdict};
use crate::planes::argo::window;
use crate::ui::columns;
use crate::ui::listing::{Column, Judged, Listing, RowContext};
use crate::ui::role::Role;
use crate::ui::value::Value;
use crate::ui::view::ViewAbout;
use crate::ui::views::argo;

/// Projects of Argo CD: where applications may come from and go to, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Projects;

static ABOUT: ViewAbout = ViewAbout {
    name: "projects",
    aliases: &["appprojects", "appproject", "appproj", "project"],
    help: "Argo CD's projects: sources, destinations, and the sync windows that are open now or next",
};

static RESOURCES: [ResourceType; 1] = [APP_PROJECTS];

static COLUMNS: [Column<AppProject>; 10] = [
    columns::namespace(),
    columns::name(),
    Column::<AppProject>::new(
        "window",
        "WINDOW",
        "What its windows say now; each takes the applications it names",
        |row, context| argo::window_words(&row.sync_windows, context.now),
    )
    .fit(6, 32)
    .drop_at(1)
    .sorts_by('W'),
    Column::<AppProject>::new("windows", "WINDOWS", "Its sync windows", |row, _| {
        let words = row.sync_windows.iter().map(|window| {
            let duration = window.duration.as_ref().and_then(crate::fleet::delay::Delay::seconds);
            let duration = duration.and_then(|seconds| i64::try_from(seconds).ok());
            let duration = duration.map_or("?".to_owned(), crate::fleet::time::human_duration);
            format!("{} {} for {duration}", window.kind, window.schedule)
        });
        Value::text(words.collect::<Vec<_>>().join("; ")).as_role(Role::Dim)
    })
    .fit(8, 48)
    .drop_at(5),
    Column::<AppProject>::new("destinations", "TO", "Where its applications may go", |row, context| {
        let words = |to| crate::planes::argo::destination::words(to, context.cluster);
        let words = row.destinations.iter().map(words);
        Value::text(words.collect::<Vec<_>>().join(" ")).into()
    })
    .fit(6, 40)
    .drop_at(2)
    .sorts_by('T'),
    Column::<AppProject>::new("sources", "FROM", "Where its applications may come from", |row, _| {
        Value::text(row.source_repos.join(" ")).as_role(Role::Dim)
    })
    .fit(6, 60)
    .drop_at(4),
    Column::<AppProject>::new(
        "orphans",
        "ORPHANS",
        "Whether objects that no application knows are looked for",
        |row, _| match row.orphaned_resources {
            None => Value::text("ignored").as_role(Role::Dim),
            Some(orphaned) if orphaned.warns => Value::text("warned of").into(),
            Some(_) => Value::text("watched").into(),
        },
    )
    .fit(6, 9)
    .drop_at(6),
    Column::<AppProject>::new("roles", "ROLES", "How many roles it has", |row, _| {
        Value::Count(u64::from(row.roles)).into()
    })
    .fit(3, 5)
    .drop_at(7),
    Column::<AppProject>::new("description", "DESCRIPTION", "What it is for, in its own words", |row, _| {
        Value::text(&*row.description).as_role(Role::Dim)
    })
    .fit(8, 48)
    .drop_at(8),
    columns::age(|row, _| Value::Age(row.meta.created).into()),
];

impl Listing for Projects {
    type Row = AppProject;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn resources(&self) -> &[ResourceType] {
        &RESOURCES
    }
    fn columns(&self) -> &[Column<AppProject>] {
        &COLUMNS
    }
    fn verdict<'a>(&self, row: &'a AppProject, context: &RowContext<'a>) -> Judged<'a> {
        if !row.meta.deleted.is_never() {
            return Judged::because(Verdict::Progressing, "being deleted");
        }
        let broken = row.sync_windows.iter().find_map(|window| window::opening(window, context.now).err());
        if let Some(why) = broken {
            return Judged::because(Verdict::Warning, format!("a sync window cannot be read: {why}"));
        }
        let unknown = row.sync_windows.iter().find(|window| matches!(window.kind, WindowKind::Other(_)));
        match unknown {
            Some(window) => Judged::because(
                Verdict::Unknown,
                format!("windows of kind {:?} are not known here", window.kind.as_str()),
            ),
            None => Judged::ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::ui::test_cluster::TestCluster;

    fn cluster(window: &Json) -> TestCluster {
        let project = json!({"metadata": {"name": "prod", "namespace": "argocd"}, "spec": {"syncWindows": [window],
            "destinations": [{"namespace": "production", "server": "https://kubernetes.default.svc"}], "orphanedResources": {}}});
        TestCluster::new().with::<AppProject>(&APP_PROJECTS, &[project])
    }

    #[test]
    fn a_project_says_what_its_windows_say_now() {
        let weekend = json!({"kind": "deny", "schedule": "0 16 * * 5", "duration": "63h"});
        let cluster = cluster(&weekend);
        let cell = |column| cluster.cell(&Projects, "prod", column);
        assert_eq!(cell("window"), "denied for 42h");
        assert_eq!(cell("windows"), "deny 0 16 * * 5 for 2d15h");
        assert_eq!((cell("destinations").as_str(), cell("orphans").as_str()), ("production", "warned of"));
        assert_eq!(cluster.judged(&Projects, "prod"), (Verdict::Ok, String::new()));
    }

    #[test]
    fn a_window_that_cannot_be_read_is_never_taken_for_open() {
        let judged = |window: Json| cluster(&window).judged(&Projects, "prod");
        let broken = judged(json!({"kind": "deny", "schedule": "always", "duration": "1h"}));
        assert_eq!(broken.0, Verdict::Warning);
        assert!(broken.1.contains("always"), "{}", broken.1);
        let odd = judged(json!({"kind": "maybe", "schedule": "0 1 * * *", "duration": "1h"}));
        assert_eq!(odd, (Verdict::Unknown, "windows of kind \"maybe\" are not known here".to_owned()));
    }
}
