//! An application at a glance: what it is made of and how that is, what differs from Git, what the last sync did, when it
//! may sync, and what was deployed before.

mod parts;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use self::parts::{DIFFERENT, HISTORY, OBJECTS, RESULTS, Sheet, WINDOWS, object_of};
use crate::fleet::argo::application::{Application, OperationPhase, SyncStatus};
use crate::fleet::kind::{
    APP_PROJECTS, APPLICATIONS, DAEMON_SETS, DEPLOYMENTS, INGRESSES, PODS, SERVICES, STATEFUL_SETS,
};
use crate::fleet::{ClusterId, ObjectRef, Problem, ResourceType, Row};
use crate::planes::argo::destination::{self, Goes};
use crate::planes::argo::{self, APPLICATION_FACTS, verdict};
use crate::snapshot::ClusterSnapshot;
use crate::ui::difference::{self, Compared};
use crate::ui::message::Effect;
use crate::ui::page::{self, FACTS, Line, Page, PageView};
use crate::ui::view::{ViewAbout, World};
use crate::ui::views::argo::sources;
use crate::ui::widgets::sheet::{self, SheetLine};

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

/// The cluster that an application's objects are in, as far as it is looked at; `cluster` is its own.
fn home(application: &Application, cluster: &ClusterSnapshot) -> Option<ClusterId> {
    match destination::goes(&application.destination, cluster) {
        Goes::Own => Some(cluster.id.clone()),
        Goes::To(id) => Some(id),
        Goes::Elsewhere(_) | Goes::Nowhere => None,
    }
}

impl Page for ApplicationPage {
    type Target = ObjectRef;

    fn about(&self) -> &'static ViewAbout {
        &ABOUT
    }
    fn object(&self) -> Option<&ObjectRef> {
        Some(&self.object)
    }
    fn needs(&self) -> &[ResourceType] {
        &NEEDS
    }
    fn helps(&self) -> &[ResourceType] {
        &HELPS
    }
    fn clusters(&self, world: &World<'_>) -> Vec<ClusterId> {
        let own = &self.object.cluster;
        let home = world.snapshot.cluster(own).and_then(|cluster| home(row(cluster, &self.object)?, cluster));
        let mut all = vec![own.clone()];
        all.extend(home.filter(|home| home != own));
        all
    }

    fn asks(&mut self, world: &World<'_>) -> Vec<Effect> {
        let own = &self.object.cluster;
        let Some(cluster) = world.snapshot.cluster(own) else { return Vec::new() };
        let Some(application) = row(cluster, &self.object) else { return Vec::new() };
        let Some(home) = home(application, cluster).and_then(|id| world.snapshot.cluster(&id)) else {
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
            return page::absent(cluster, &APPLICATIONS);
        };
        let home = home(application, cluster);
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
