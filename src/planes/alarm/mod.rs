//! Alarms by the cluster that they are about: an account's alarms are one list, and its clusters may be several.
//!
//! An alarm is a cluster's when its dimensions name the cluster or something that belongs to it, or when its own name
//! begins with the cluster's. What belongs to no cluster is shown with the first one of the account, once.

mod about;
mod owner;
pub mod verdict;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::fleet::aws::alarm::{Alarm, AlarmState};
use crate::fleet::aws::kind::{ALARMS, EKS_CLUSTERS};
use crate::fleet::kind::{INGRESSES, NODES, SERVICES};
use crate::fleet::{ObjectRef, ResourceType, Row, Verdict};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

pub use about::About;
pub use words::{condition, number};

use about::Things;
use owner::{Belongs, Names};

/// Alarms of a cluster, as a derived kind.
pub const CLUSTER_ALARMS: ResourceType = derived::cluster_wide("clusteralarms", "Alarm");

static NEEDS: [ResourceType; 1] = [ALARMS];
static ADDS: [ResourceType; 4] = [EKS_CLUSTERS, INGRESSES, NODES, SERVICES];

/// The table of them.
pub const TABLE: Derived = Derived::new::<Alarms>(CLUSTER_ALARMS, &NEEDS, &[]).adding(&ADDS).spanning();

/// The same for those who look at more than alarms: complete also where alarms may not be read, or nobody knows the
/// account. How [`ALARMS`] itself is says which.
pub const KNOWN_ALARMS: ResourceType = derived::cluster_wide("knownalarms", "Alarm");

/// The table of what is known of them.
pub const KNOWN: Derived = Derived::new::<Alarms>(KNOWN_ALARMS, &[], &NEEDS).adding(&ADDS).spanning();

/// An alarm and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterAlarm {
    /// The alarm.
    pub alarm: Arc<Alarm>,
    /// What it is about.
    pub about: About,
    /// The alarms that a composite alarm looks at and that are alarms of this account.
    pub children: Box<[Child]>,
}

/// An alarm that another one looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// Its name.
    pub name: Box<str>,
    /// Its state.
    pub state: AlarmState,
}

/// How many alarms there are, and how they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlarmTally {
    /// All of them.
    pub all: u32,
    /// Those that have gone off, other than to scale something.
    pub firing: u32,
    /// Those of which nobody knows: too little data, or an evaluation that failed.
    pub unknown: u32,
}

impl ClusterAlarm {
    /// The object that it is about, if that is one of the cluster.
    pub fn object(&self, cluster: &ClusterSnapshot) -> Option<ObjectRef> {
        let About::Object { resource, namespace, name } = &self.about else { return None };
        Some(ObjectRef {
            cluster: cluster.id.clone(),
            resource: resource.clone(),
            namespace: namespace.clone(),
            name: Arc::clone(name),
        })
    }

    fn counts(&self) -> (u32, u32) {
        match verdict::of(&self.alarm).0 {
            Verdict::Warning | Verdict::Critical => (1, 0),
            Verdict::Unknown => (0, 1),
            Verdict::Ok | Verdict::Progressing => (0, 0),
        }
    }
}

impl Row for ClusterAlarm {
    type Tally = AlarmTally;

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.alarm.name
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, tally: &mut AlarmTally) {
        let (firing, unknown) = self.counts();
        tally.all += 1;
        tally.firing += firing;
        tally.unknown += unknown;
    }
    fn take_from(&self, tally: &mut AlarmTally) {
        let (firing, unknown) = self.counts();
        tally.all = tally.all.saturating_sub(1);
        tally.firing = tally.firing.saturating_sub(firing);
        tally.unknown = tally.unknown.saturating_sub(unknown);
    }
}

/// Gives each cluster its alarms.
#[derive(Debug, Default)]
pub struct Alarms;

impl Conclusion for Alarms {
    type Row = ClusterAlarm;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<ClusterAlarm> {
        mine(cluster, &[cluster])
    }

    fn conclude_among(
        &mut self,
        cluster: &ClusterSnapshot,
        all: &[Arc<ClusterSnapshot>],
    ) -> Vec<ClusterAlarm> {
        mine(cluster, &all.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }
}

fn mine(cluster: &ClusterSnapshot, all: &[&ClusterSnapshot]) -> Vec<ClusterAlarm> {
    let Some(table) = cluster.table::<Alarm>(&ALARMS) else { return Vec::new() };
    let names: Vec<Names<'_>> = all.iter().map(|other| Names::of(other)).collect();
    let things: Vec<Things<'_>> = all.iter().map(|other| Things::of(other)).collect();
    let belongs = Belongs { clusters: all, names: &names, things: &things };
    let mut rows = Vec::new();
    for (_, alarm) in table.iter() {
        if !belongs.to(alarm, cluster, table) {
            continue;
        }
        let own = all.iter().position(|other| other.id == cluster.id);
        let thing = own.and_then(|at| things.get(at)).and_then(|things| things.about(alarm));
        let about = thing.unwrap_or_else(|| match own.and_then(|at| names.get(at)) {
            Some(names) if belongs.is_named(alarm, names, table) => About::cluster(alarm),
            _ => About::account(alarm),
        });
        let children = owner::children(alarm)
            .filter_map(|name| {
                let (_, child) = table.find(None, name)?;
                Some(Child { name: name.into(), state: child.state.clone() })
            })
            .collect();
        rows.push(ClusterAlarm { alarm: Arc::clone(alarm), about, children });
    }
    rows
}
