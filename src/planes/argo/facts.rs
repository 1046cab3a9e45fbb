//! What other tables know of each application: its project, the windows that take it, and how its live workloads are.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{destination, health, window};
use crate::fleet::argo::application::{Application, HealthStatus, ResourceStatus};
use crate::fleet::argo::project::{AppProject, SyncWindow};
use crate::fleet::kind::{APP_PROJECTS, APPLICATIONS, DAEMON_SETS, DEPLOYMENTS, STATEFUL_SETS};
use crate::fleet::workload::Workload;
use crate::fleet::{ResourceType, Row};
use crate::planes::known::{self, Known};
use crate::planes::reading::{is_known, rows};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// What is known of applications, as a derived kind.
pub const APPLICATION_FACTS: ResourceType = derived::namespaced("applicationfacts", "ApplicationFacts");
/// Applications that the blueprint wants and that are not there, as a derived kind.
pub const MISSING_APPLICATIONS: ResourceType =
    derived::namespaced("missingapplications", "MissingApplication");

static NEEDS: [ResourceType; 1] = [APPLICATIONS];
static HELPS: [ResourceType; 4] = [APP_PROJECTS, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS];

/// The table of what is known of applications.
pub const TABLE: Derived = Derived::new::<Facts>(APPLICATION_FACTS, &NEEDS, &HELPS);
/// The table of applications that are missing.
/// Where applications cannot be read their own table says it; this one has nothing to add.
pub const MISSING: Derived = Derived::new::<Missing>(MISSING_APPLICATIONS, &[], &NEEDS);

/// What is said of an application that is missing.
pub const MISSING_WORDS: &str = "wanted, but not in this cluster";

/// Kinds whose live objects are assessed.
pub const ASSESSED: [ResourceType; 3] = [DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS];

/// What other tables know of an application.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApplicationFacts {
    /// Its project.
    pub project: ProjectOf,
    /// The sync windows of its project that take it.
    pub windows: Box<[SyncWindow]>,
    /// The worst health among its live workloads; `None` where none of them could be looked at.
    pub assessed: Option<HealthStatus>,
    /// Its workloads that are not there or not healthy, the worst first.
    pub unwell: Box<[Unwell]>,
}

/// The project of an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProjectOf {
    /// Projects could not be read.
    #[default]
    Unknown,
    /// It does not exist.
    Missing,
    /// It exists.
    Found,
}

/// A workload of an application that is not as it should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Unwell {
    /// Its kind.
    pub resource: ResourceType,
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its health.
    pub health: HealthStatus,
    /// The workload itself; `None` where it is not there.
    pub workload: Option<Arc<Workload>>,
}

/// What is known of an application.
pub fn of<'a>(cluster: &'a ClusterSnapshot, application: &Application) -> Option<&'a ApplicationFacts> {
    known::look(cluster, &APPLICATION_FACTS, application.namespace(), application.name())
}

/// Concludes what is known of applications.
#[derive(Debug, Default)]
pub struct Facts;

impl Conclusion for Facts {
    type Row = Known<ApplicationFacts>;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Self::Row> {
        let applications = rows::<Application>(cluster, &APPLICATIONS);
        let projects = Projects::of(cluster);
        let live = Live::of(cluster);
        let known = |application: &Arc<Application>| {
            let project = projects.of_application(application);
            let windows = match project {
                Some(Some(project)) => project.sync_windows.iter(),
                _ => [].iter(),
            };
            let (assessed, unwell) = live.assess(application);
            let facts = ApplicationFacts {
                project: match project {
                    None => ProjectOf::Unknown,
                    Some(None) => ProjectOf::Missing,
                    Some(Some(_)) => ProjectOf::Found,
                },
                windows: windows.filter(|window| window::takes(window, application)).cloned().collect(),
                assessed,
                unwell,
            };
            Known::of(application.as_ref(), facts)
        };
        applications.map(known).collect()
    }
}

/// Concludes which applications are missing.
#[derive(Debug, Default)]
pub struct Missing;

impl Conclusion for Missing {
    type Row = Application;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Application> {
        let Some(wanted) = &cluster.wanted else { return Vec::new() };
        if !is_known(cluster, &APPLICATIONS, None) {
            return Vec::new();
        }
        let there: HashSet<&str> =
            rows::<Application>(cluster, &APPLICATIONS).map(|row| row.name()).collect();
        wanted
            .applications
            .iter()
            .filter(|wanted| !there.contains(&*wanted.name))
            .map(|wanted| {
                let mut missing = Application::default();
                missing.meta.name = wanted.name.as_ref().into();
                missing
            })
            .collect()
    }
}

struct Projects<'a> {
    by_name: HashMap<&'a str, Vec<&'a AppProject>>,
    is_whole: bool,
}

impl<'a> Projects<'a> {
    fn of(cluster: &'a ClusterSnapshot) -> Self {
        let mut by_name: HashMap<&str, Vec<&AppProject>> = HashMap::new();
        for project in rows::<AppProject>(cluster, &APP_PROJECTS) {
            by_name.entry(project.name()).or_default().push(project);
        }
        for projects in by_name.values_mut() {
            projects.sort_by_key(|project| project.namespace());
        }
        Self { by_name, is_whole: is_known(cluster, &APP_PROJECTS, None) }
    }

    /// The project of an application, `None` when nobody can tell. Projects live where Argo CD lives: beside the
    /// application, or where a project lets applications live in other namespaces.
    fn of_application(&self, application: &Application) -> Option<Option<&'a AppProject>> {
        let name = if application.project.is_empty() { "default" } else { &application.project };
        let own = application.namespace().unwrap_or_default();
        let all = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let beside = all.iter().find(|project| project.namespace() == Some(own));
        let elsewhere = || {
            all.iter()
                .find(|project| project.source_namespaces.iter().any(|pattern| window::fits(pattern, own)))
        };
        match beside.or_else(elsewhere) {
            Some(project) => Some(Some(project)),
            None => self.is_whole.then_some(None),
        }
    }
}

type Place<'a> = (&'a str, &'a str, &'a str);

struct Live<'a> {
    cluster: &'a ClusterSnapshot,
    workloads: HashMap<Place<'a>, (&'static ResourceType, &'a Arc<Workload>)>,
    whole: [bool; 3],
}

static KINDS: [ResourceType; 3] = ASSESSED;

impl<'a> Live<'a> {
    fn of(cluster: &'a ClusterSnapshot) -> Self {
        let mut workloads = HashMap::new();
        for resource in &KINDS {
            for workload in rows::<Workload>(cluster, resource) {
                let place = (&*resource.kind, workload.namespace().unwrap_or_default(), workload.name());
                workloads.insert(place, (resource, workload));
            }
        }
        Self {
            cluster,
            workloads,
            whole: [0, 1, 2].map(|at| KINDS.get(at).is_some_and(|kind| is_known(cluster, kind, None))),
        }
    }

    fn assess(&self, application: &Application) -> (Option<HealthStatus>, Box<[Unwell]>) {
        if destination::goes(&application.destination, self.cluster) != destination::Goes::Own {
            return (None, Box::default());
        }
        let mut worst: Option<HealthStatus> = None;
        let mut unwell = Vec::new();
        for resource in application.resources.iter().filter(|resource| !resource.is_hook) {
            let Some(at) = KINDS.iter().position(|kind| is_kind(kind, resource)) else { continue };
            let place = (&*resource.kind, &*resource.namespace, &*resource.name);
            let (health, found) = match self.workloads.get(&place) {
                Some((_, workload)) => (health::of_workload(workload), Some(Arc::clone(workload))),
                None if self.whole.get(at) == Some(&true) => (HealthStatus::Missing, None),
                None => continue,
            };
            if worst.as_ref().is_none_or(|worst| health::gravity(worst) < health::gravity(&health)) {
                worst = Some(health.clone());
            }
            let is_short = found.as_ref().is_some_and(|workload| !workload.is_complete());
            if health::gravity(&health) > 1 || is_short {
                let Some(kind) = KINDS.get(at) else { continue };
                unwell.push(Unwell {
                    resource: kind.clone(),
                    namespace: Arc::clone(&resource.namespace),
                    name: Arc::clone(&resource.name),
                    health,
                    workload: found,
                });
            }
        }
        unwell.sort_by(|a, b| {
            health::gravity(&b.health)
                .cmp(&health::gravity(&a.health))
                .then_with(|| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)))
        });
        (worst, unwell.into())
    }
}

fn is_kind(kind: &ResourceType, resource: &ResourceStatus) -> bool {
    *kind.group == *resource.group && *kind.kind == *resource.kind
}
