//! Node classes: what Karpenter found in AWS for them, who uses them, and how they are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::fleet::condition::{Condition, Status};
use crate::fleet::karpenter::NodeClassRef;
use crate::fleet::karpenter::node_class::NodeClass;
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::kind::{AUTO_NODE_CLASSES, EC2_NODE_CLASSES, NODE_POOLS};
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Timestamp, Uid, Verdict};
use crate::planes::reading::{readable, rows};
use crate::snapshot::{ClusterSnapshot, Conclusion};

static KINDS: [ResourceType; 2] = [EC2_NODE_CLASSES, AUTO_NODE_CLASSES];

/// A new class is judged by its controller within seconds.
const PATIENCE: i64 = 2 * 60;

/// How the class is that a pool names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClassState {
    /// Its kind cannot be read, or is not known here.
    #[default]
    Unread,
    /// There is none of that name.
    Missing,
    /// It is being deleted.
    Leaving,
    /// Instances can be launched with it.
    Ready,
    /// They cannot, and this is why.
    NotReady(Arc<str>),
    /// Its controller has said nothing yet.
    Unjudged,
}

/// A class with the pools that name it, or one that pools name and that is not there.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its name.
    pub name: Box<str>,
    /// Its kind.
    pub resource: ResourceType,
    /// What it says; `None` when it is not there.
    pub class: Option<Arc<NodeClass>>,
    /// The pools that launch with it, sorted.
    pub pools: Box<[Arc<str>]>,
    /// The kind can be read, so that a class that was not found is not there.
    pub is_known: bool,
}

/// Concludes the classes of a cluster.
#[derive(Debug, Default)]
pub struct Classes;

impl Conclusion for Classes {
    type Row = Class;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Class> {
        let mut users: BTreeMap<(&str, &str), Vec<Arc<str>>> = BTreeMap::new();
        for pool in readable::<NodePool>(cluster, &NODE_POOLS).iter().flatten() {
            let class = &pool.template.node_class;
            if !class.name.is_empty() {
                users.entry((&class.kind, &class.name)).or_default().push(pool.name().into());
            }
        }
        let mut classes = Vec::new();
        for resource in &KINDS {
            let is_known = readable::<NodeClass>(cluster, resource).is_some();
            for class in rows::<NodeClass>(cluster, resource) {
                let mut pools = users.remove(&(&*resource.kind, class.name())).unwrap_or_default();
                pools.sort();
                classes.push(Class {
                    name: class.name().into(),
                    resource: resource.clone(),
                    class: Some(Arc::clone(class)),
                    pools: pools.into(),
                    is_known,
                });
            }
            let missing: Vec<(&str, &str)> =
                users.keys().filter(|(kind, _)| *kind == &*resource.kind).copied().collect();
            for key in missing {
                let mut pools = users.remove(&key).unwrap_or_default();
                pools.sort();
                classes.push(Class {
                    name: key.1.into(),
                    resource: resource.clone(),
                    class: None,
                    pools: pools.into(),
                    is_known,
                });
            }
        }
        classes
    }
}

impl Row for Class {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn uid(&self) -> Uid {
        self.class.as_ref().map_or_else(Uid::default, |class| class.uid())
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        Box::new(self.class.iter().flat_map(|class| class.meta.labels()))
    }
    fn same_as(&self, other: &Self) -> bool {
        self.resource == other.resource
            && self.class == other.class
            && self.pools == other.pools
            && self.is_known == other.is_known
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// How every class of a cluster is, for the pools that name them.
#[derive(Debug, Default)]
pub(super) struct States<'a> {
    classes: HashMap<(&'a str, &'a str), &'a NodeClass>,
    known: Vec<&'static ResourceType>,
}

pub(super) fn states(cluster: &ClusterSnapshot) -> States<'_> {
    let mut states = States::default();
    for resource in &KINDS {
        if let Some(classes) = readable::<NodeClass>(cluster, resource) {
            states.classes.extend(classes.into_iter().map(|class| ((&*resource.kind, class.name()), class)));
            states.known.push(resource);
        }
    }
    states
}

impl States<'_> {
    pub(super) fn of(&self, named: &NodeClassRef) -> ClassState {
        let Some(class) = self.classes.get(&(&*named.kind, &*named.name)) else {
            let is_known = self.known.iter().any(|resource| *resource.kind == *named.kind);
            return if is_known && !named.name.is_empty() { ClassState::Missing } else { ClassState::Unread };
        };
        if !class.meta.deleted.is_never() {
            return ClassState::Leaving;
        }
        match class.conditions.get("Ready") {
            None => ClassState::Unjudged,
            Some(ready) if ready.is_true() => ClassState::Ready,
            Some(ready) => ClassState::NotReady(broken(class).unwrap_or_else(|| words(ready)).into()),
        }
    }
}

/// The condition beside `Ready` that does not hold, in words: the cause, where `Ready` is only the sum.
fn broken(class: &NodeClass) -> Option<String> {
    let parts = || class.conditions.iter().filter(|condition| &*condition.kind != "Ready");
    let found = parts()
        .find(|condition| condition.status == Status::False)
        .or_else(|| parts().find(|condition| !condition.is_true()))?;
    Some(words(found))
}

/// `SubnetsNotFound: SubnetSelector did not match any Subnets`
fn words(condition: &Condition) -> String {
    let reason = match &*condition.reason {
        "" => &condition.kind,
        _ if *condition.reason == *condition.kind => &condition.kind,
        _ => &condition.reason,
    };
    match condition.message.lines().next().unwrap_or("").trim() {
        "" => format!("{reason}: {}", condition.status),
        message if message.contains(&**reason) => message.to_owned(),
        message => format!("{reason}: {message}"),
    }
}

/// How a class is, and why.
pub fn of(row: &Class, now: Timestamp) -> (Verdict, String) {
    let users = match &*row.pools {
        [] => String::new(),
        [only] => format!("; pool {only} launches nothing"),
        [first, rest @ ..] => format!("; pool {first} and {} more launch nothing", rest.len()),
    };
    let Some(class) = &row.class else {
        return if row.is_known {
            (Verdict::Critical, format!("there is no such {}{users}", row.resource.kind))
        } else {
            (Verdict::Unknown, format!("{} cannot be read", row.resource.plural))
        };
    };
    if !class.meta.deleted.is_never() {
        let waits = human_duration(class.meta.deleted.age_at(now));
        let verdict = if row.pools.is_empty() { Verdict::Progressing } else { Verdict::Critical };
        return (verdict, format!("being deleted for {waits}{users}"));
    }
    match class.conditions.get("Ready") {
        None if class.meta.created.age_at(now) < PATIENCE => {
            return (Verdict::Progressing, "Karpenter has not looked at it yet".to_owned());
        }
        None => return (Verdict::Unknown, "Karpenter has said nothing about it".to_owned()),
        Some(ready) if ready.is_true() => {}
        Some(ready) => {
            let why = broken(class).unwrap_or_else(|| words(ready));
            let verdict = match (&ready.status, row.pools.is_empty()) {
                (Status::False, false) => Verdict::Critical,
                (Status::False, true) => Verdict::Warning,
                _ if ready.since.age_at(now) < PATIENCE => Verdict::Progressing,
                _ => Verdict::Unknown,
            };
            let users = if verdict == Verdict::Critical { users.as_str() } else { "" };
            return (verdict, format!("{why}{users}"));
        }
    }
    let old: Vec<&str> = class.amis.iter().filter(|ami| ami.is_deprecated).map(|ami| &*ami.id).collect();
    match old.as_slice() {
        [] => (Verdict::Ok, String::new()),
        [only] => (Verdict::Warning, format!("image {only} is deprecated by its owner")),
        [first, rest @ ..] => (
            Verdict::Warning,
            format!("images {first} and {} more are deprecated by their owner", rest.len()),
        ),
    }
}
