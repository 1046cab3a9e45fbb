//! The one object that a view is about: read when the view opens, read again when its row changes, and kept when it
//! cannot be read any more.

use std::any::Any;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use crate::fleet::event::Event;
use crate::fleet::ingress::Ingress;
use crate::fleet::karpenter::node_claim::NodeClaim;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::SECRETS;
use crate::fleet::namespace::Namespace;
use crate::fleet::node::Node;
use crate::fleet::pod::Pod;
use crate::fleet::printed::Printed;
use crate::fleet::quota::Quota;
use crate::fleet::service::Service;
use crate::fleet::time::human_duration;
use crate::fleet::workload::Workload;
use crate::fleet::{Interest, ObjectRef, Problem, ProblemKind, Row, Timestamp};
use crate::snapshot::ClusterSnapshot;
use crate::ui::fresh::Picture;
use crate::ui::message::Effect;
use crate::ui::role::Role;
use crate::ui::text;
use crate::ui::view::{Look, World};

/// Seconds between two readings of an object whose row is of a type that is not known here.
const AGAIN_AFTER: i64 = 5;

/// An object that is being looked at.
#[derive(Debug)]
pub struct Subject {
    /// Which object.
    pub object: ObjectRef,
    value: Option<Arc<Value>>,
    problem: Option<Problem>,
    /// When the value was read; *never* until the next look at the clock.
    read_at: Timestamp,
    asked_at: Timestamp,
    is_wanted: bool,
    is_asked: bool,
    row: Standing,
    picture: Option<Picture>,
}

/// How the picture of all rows knows the object.
#[derive(Clone, Debug, Default)]
enum Standing {
    /// It does not: nothing watches its kind, or not yet.
    #[default]
    Unknown,
    /// As this row.
    Row(Arc<dyn Any + Send + Sync>),
    /// In a table of this version whose rows are not known here.
    Somewhere(u64),
    /// As one that is not there (any more).
    Gone,
}

impl Standing {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Row(a), Self::Row(b)) => Arc::ptr_eq(a, b),
            (Self::Somewhere(a), Self::Somewhere(b)) => a == b,
            (Self::Unknown, Self::Unknown) | (Self::Gone, Self::Gone) => true,
            _ => false,
        }
    }
}

/// Looks for the row in a table of each known type.
const PROBES: &[fn(&ClusterSnapshot, &ObjectRef) -> Option<Standing>] = &[
    probe::<Pod>,
    probe::<Node>,
    probe::<Workload>,
    probe::<Service>,
    probe::<Ingress>,
    probe::<Namespace>,
    probe::<Event>,
    probe::<Quota>,
    probe::<NodePool>,
    probe::<NodeClaim>,
    probe::<NodeClass>,
    probe::<Printed>,
];

fn probe<R: Row>(cluster: &ClusterSnapshot, object: &ObjectRef) -> Option<Standing> {
    let table = cluster.table::<R>(&object.resource)?;
    Some(match table.find(object.namespace.as_deref(), &object.name) {
        Some((_, row)) => Standing::Row(Arc::clone(row) as Arc<dyn Any + Send + Sync>),
        None if table.freshness().is_current() => Standing::Gone,
        None => Standing::Unknown,
    })
}

impl Subject {
    /// An object that was not read yet.
    pub fn new(object: ObjectRef) -> Self {
        Self {
            object,
            value: None,
            problem: None,
            read_at: Timestamp::NEVER,
            asked_at: Timestamp::NEVER,
            is_wanted: true,
            is_asked: false,
            row: Standing::Unknown,
            picture: None,
        }
    }

    /// The object as it was last read.
    pub fn value(&self) -> Option<&Arc<Value>> {
        self.value.as_ref()
    }

    /// Why it could not be read just now.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// True when the object is not there any more.
    pub fn is_gone(&self) -> bool {
        matches!(self.row, Standing::Gone)
            || self.problem.as_ref().is_some_and(|problem| problem.kind() == ProblemKind::NotFound)
    }

    /// When it was last read.
    pub fn read_at(&self) -> Timestamp {
        self.read_at
    }

    /// The breadcrumb: `production/api-0`, or the name alone.
    pub fn crumb(&self) -> String {
        match &self.object.namespace {
            Some(namespace) => format!("{namespace}/{}", self.object.name),
            None => self.object.name.to_string(),
        }
    }

    /// A file name for what is saved of it.
    pub fn file_name(&self, suffix: &str) -> String {
        let namespace = self.object.namespace.as_deref().map(|n| format!("{n}-")).unwrap_or_default();
        let kind = self.object.resource.kind.to_ascii_lowercase();
        let name = format!("{}-{namespace}{kind}-{}{suffix}", self.object.cluster.name(), self.object.name);
        name.replace(|c: char| c.is_control() || matches!(c, '/' | '\\' | ':'), "_")
    }

    /// What stands over the object when it is not what it is now: gone, or not readable any more.
    pub fn banner(&self, now: Timestamp) -> Option<(String, Role)> {
        self.value.as_ref()?;
        let read = self.read_at.known().map_or(0, |read| read.seconds_before(now));
        let ago = human_duration(read);
        if self.is_gone() {
            return Some((
                format!("{} is gone; this is how it was {ago} ago", self.object.resource.kind),
                Role::Stale,
            ));
        }
        let problem = self.problem.as_ref()?;
        Some((format!("as it was {ago} ago: {problem}"), Role::Stale))
    }

    /// What stands instead of the object while there is none: its glyph, the words, and what would help.
    pub fn picture(&self) -> (Role, String, Vec<String>) {
        let Some(problem) = &self.problem else {
            return (Role::Progressing, format!("reading {}", self.object), Vec::new());
        };
        let (role, words) = match problem.kind() {
            ProblemKind::Forbidden => (Role::Forbidden, problem.to_string()),
            ProblemKind::NotFound => (Role::Unknown, format!("{} does not exist (any more)", self.object)),
            _ => (Role::Critical, problem.to_string()),
        };
        (role, words, problem.hints().to_vec())
    }

    /// Draws [`Subject::picture`] at the top of an area.
    pub fn render_picture(&self, area: Rect, buffer: &mut Buffer, look: &Look<'_>) {
        let (role, words, hints) = self.picture();
        let glyph = match (role, look.ascii) {
            (Role::Forbidden, false) => "⊘",
            (Role::Forbidden, true) => "#",
            (Role::Progressing, false) => "◌",
            (Role::Progressing, true) => ".",
            (Role::Unknown, false) => "○",
            (Role::Unknown, true) => "?",
            (_, false) => "✖",
            (_, true) => "X",
        };
        let room = area.width.saturating_sub(4);
        let said = text::wrap(&text::escape(&words), room).into_iter().map(|line| (line, role));
        let hints = hints.iter().flat_map(|hint| text::wrap(&text::escape(hint), room));
        let mut y = area.top();
        text::put(buffer, area, area.left() + 1, y, glyph, look.style.of(role));
        for (line, role) in said.chain(hints.map(|hint| (hint, Role::Dim))) {
            text::put(buffer, area, area.left().saturating_add(3), y, &line, look.style.of(role));
            y = y.saturating_add(1);
        }
    }

    /// Looks at how fresh the table of its kind is.
    pub fn look(&mut self, world: &World<'_>) {
        let cluster = world.snapshot.cluster(&self.object.cluster);
        self.picture = cluster
            .map(|cluster| Picture::within(cluster, &self.object.resource, self.object.namespace.as_deref()));
    }

    /// How fresh it was when it was last looked at.
    pub fn pictures(&self) -> Vec<Picture> {
        self.picture.iter().cloned().collect()
    }

    /// The table whose row tells of changes.
    pub fn interest(&self) -> Interest {
        Interest { cluster: self.object.cluster.clone(), resource: self.object.resource.clone() }
    }

    /// Asks for the object again.
    pub fn refetch(&mut self) {
        self.is_wanted = true;
    }

    /// Looks at the row, and asks for the object when there is a reason to. One request at a time.
    pub fn asks(&mut self, world: &World<'_>) -> Option<Effect> {
        if self.read_at.is_never() && self.value.is_some() {
            self.read_at = world.now;
        }
        if let Some(cluster) = world.snapshot.cluster(&self.object.cluster) {
            let row = PROBES.iter().find_map(|probe| probe(cluster, &self.object)).unwrap_or_else(|| {
                cluster
                    .any_table(&self.object.resource)
                    .map_or(Standing::Unknown, |table| Standing::Somewhere(table.version()))
            });
            let is_due = match (&self.row, &row) {
                // The first row seen is what was read when the view opened, or nearly.
                (Standing::Unknown, Standing::Row(_) | Standing::Somewhere(_)) => self.problem.is_some(),
                (Standing::Somewhere(_), Standing::Somewhere(_)) => {
                    self.asked_at.seconds_before(world.now) >= AGAIN_AFTER
                }
                (_, Standing::Gone | Standing::Unknown) => false,
                _ => true,
            };
            // A version that came too soon stays news until it is time to ask again.
            let is_put_off =
                !is_due && matches!((&self.row, &row), (Standing::Somewhere(_), Standing::Somewhere(_)));
            if !self.row.is(&row) && !is_put_off {
                self.is_wanted |= is_due;
                self.row = row;
            }
        }
        if !self.is_wanted || self.is_asked {
            return None;
        }
        (self.is_wanted, self.is_asked, self.asked_at) = (false, true, world.now);
        Some(Effect::Fetch(self.object.clone()))
    }

    /// Takes an answer. False when it is for another object.
    pub fn fetched(&mut self, object: &ObjectRef, result: &Result<Arc<Value>, Problem>) -> bool {
        if *object != self.object {
            return false;
        }
        self.is_asked = false;
        match result {
            Ok(value) => {
                self.value = Some(without_secrets(&self.object, value));
                self.problem = None;
                self.read_at = Timestamp::NEVER;
            }
            Err(problem) => self.problem = Some(problem.clone()),
        }
        true
    }
}

/// What is read of a Secret is its metadata only, yet `kubectl apply` puts the whole object into an annotation. Should
/// any of it get this far, it ends here.
fn without_secrets(object: &ObjectRef, value: &Arc<Value>) -> Arc<Value> {
    const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    if object.resource != SECRETS {
        return Arc::clone(value);
    }
    let mut value = value.as_ref().clone();
    for part in ["data", "stringData"] {
        if let Some(values) = value.get_mut(part).and_then(Value::as_object_mut) {
            values.values_mut().for_each(|value| *value = Value::Null);
        }
    }
    if let Some(annotations) = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(APPLIED);
    }
    Arc::new(value)
}
