//! What has to happen before a cluster gets the next minor of Kubernetes, in the order in which it has to.
//!
//! [`plan()`] is a plain function over the tables of one cluster. What could not be read makes its step *unknown*, never
//! done; nothing here is guessed from a calendar of ours.

mod addons;
mod insights;
mod nodes;
mod own;
pub mod support;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use support::{Support, support};

use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::eks_version::{EksVersion, minor, next_minor};
use crate::fleet::aws::kind::{
    ADDON_VERSIONS, ADDONS, EKS_CLUSTERS, EKS_VERSIONS, INSIGHTS, NODE_GROUPS, TERRAFORM_STATES, UPDATES,
};
use crate::fleet::aws::terraform_state::{StateLock, TerraformState};
use crate::fleet::aws::update::Update;
use crate::fleet::kind::NODES;
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Timestamp, Verdict};
use crate::planes::component::COMPONENTS;
use crate::planes::rights::aws::read;
use crate::planes::terraform;
use crate::snapshot::{ClusterSnapshot, Link};

/// The tables without which there is no plan.
pub static NEEDS: [ResourceType; 3] = [EKS_CLUSTERS, EKS_VERSIONS, INSIGHTS];
/// The tables that its steps look at.
pub static HELPS: [ResourceType; 7] =
    [ADDON_VERSIONS, ADDONS, COMPONENTS, NODE_GROUPS, NODES, TERRAFORM_STATES, UPDATES];

/// The plan of one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The minor it has; empty while nobody knows.
    pub from: String,
    /// The minor it could get next; `None` where EKS offers no newer one.
    pub to: Option<String>,
    /// What has to happen, in order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its part of the plan, which orders it.
    pub phase: Phase,
    /// What is to be done or looked at.
    pub what: String,
    /// How far it is.
    pub state: State,
    /// Whether something is wrong already, upgrade or not.
    pub verdict: Verdict,
    /// Why.
    pub why: String,
    /// What it is about, one line each.
    pub details: Vec<String>,
    /// Nothing behind it may begin before it is done.
    pub blocks: bool,
}

/// The parts of a plan, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Until when the version is supported.
    Support,
    /// The cluster is well, and nothing else is being done to it.
    Health,
    /// What EKS has looked at.
    Insights,
    /// Managed add-ons that must be newer first.
    AddonsBefore,
    /// Nodes that must be newer first.
    NodesBefore,
    /// What is not managed by EKS.
    OwnComponents,
    /// The control plane.
    ControlPlane,
    /// Managed add-ons, behind the control plane.
    AddonsAfter,
    /// Nodes, last.
    NodesAfter,
}

impl Phase {
    /// As the screen and the JSON say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::Health => "health",
            Self::Insights => "insights",
            Self::AddonsBefore | Self::AddonsAfter => "add-ons",
            Self::NodesBefore | Self::NodesAfter => "nodes",
            Self::OwnComponents => "components",
            Self::ControlPlane => "control plane",
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing to do.
    Done,
    /// It is being done.
    Running,
    /// To be done.
    ToDo,
    /// To be looked at by a person: nothing that was read can tell.
    Check,
    /// To be done when what is before it is.
    Blocked,
    /// It could not be read.
    Unknown,
}

impl State {
    /// As the screen and the JSON say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Running => "running",
            Self::ToDo => "to do",
            Self::Check => "check",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }
}

impl Step {
    fn new(phase: Phase, what: impl Into<String>, state: State, why: impl Into<String>) -> Self {
        Self {
            phase,
            what: what.into(),
            state,
            verdict: Verdict::Ok,
            why: why.into(),
            details: Vec::new(),
            blocks: false,
        }
    }

    fn done(phase: Phase, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(phase, what, State::Done, why)
    }

    /// Not read: why, where that is known.
    fn unknown(phase: Phase, what: impl Into<String>, why: &str) -> Self {
        let why = if why.is_empty() { "not read yet" } else { why };
        Self { verdict: Verdict::Unknown, ..Self::new(phase, what, State::Unknown, why) }
    }

    fn blocking(self) -> Self {
        Self { blocks: true, ..self }
    }

    fn judged(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    fn with(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }
}

/// What the steps are made from.
struct Ground<'a> {
    cluster: &'a ClusterSnapshot,
    eks: Result<&'a EksCluster, Arc<str>>,
    /// The minor it has.
    from: String,
    /// The minor after it, whether EKS offers it or not.
    next: String,
    /// False when EKS is known not to have that minor.
    is_offered: bool,
    now: Timestamp,
}

/// The one row that EKS has of a cluster.
pub fn described(cluster: &ClusterSnapshot) -> Result<&EksCluster, Arc<str>> {
    let table = read::<EksCluster>(cluster, &EKS_CLUSTERS)?;
    table.iter().next().map(|(_, eks)| &**eks).ok_or_else(Arc::default)
}

/// The minor of a cluster: as EKS says, else as its API server does.
pub fn minor_of(cluster: &ClusterSnapshot) -> Option<String> {
    let said = match (described(cluster), &cluster.link) {
        (Ok(eks), _) if !eks.version.is_empty() => eks.version.to_string(),
        (_, Link::Up(info)) => info.version.clone(),
        _ => return None,
    };
    minor(&said).map(|(major, minor)| format!("{major}.{minor}"))
}

/// What has to happen before a cluster gets its next minor.
pub fn plan(cluster: &ClusterSnapshot, now: Timestamp) -> Plan {
    let Some((from, next)) = minor_of(cluster).and_then(|from| Some((from.clone(), next_minor(&from)?)))
    else {
        return Plan::default();
    };
    let versions = read::<EksVersion>(cluster, &EKS_VERSIONS);
    let offers = versions.as_ref().map(|table| table.iter().any(|(_, version)| *version.minor == *next));
    let is_offered = *offers.as_ref().unwrap_or(&true);
    let ground = Ground { cluster, eks: described(cluster), from, next, is_offered, now };
    let mut steps = vec![support::step(&ground)];
    steps.extend(health(&ground));
    steps.extend(insights::steps(&ground));
    let (before, after) = addons::steps(&ground);
    steps.extend(before);
    steps.extend(nodes::before(&ground));
    steps.extend(own::steps(&ground));
    let is_blocked = steps.iter().filter(|step| step.blocks).count();
    let to = is_offered.then(|| ground.next.clone());
    steps.push(control_plane(&ground, offers.map_err(|why| why.to_string()), is_blocked));
    if to.is_some() {
        steps.extend(after);
        steps.push(nodes::after(&ground));
    }
    Plan { from: ground.from, to, steps }
}

/// The cluster is well, and nothing is being done to it.
fn health(ground: &Ground<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    match &ground.eks {
        Err(why) => steps.push(Step::unknown(Phase::Health, "EKS finds the cluster well", why)),
        Ok(eks) if eks.issues.is_empty() => {
            steps.push(Step::done(Phase::Health, "EKS finds the cluster well", String::new()));
        }
        Ok(eks) => {
            for issue in &eks.issues {
                let step = Step::new(Phase::Health, "repair the cluster", State::ToDo, issue.words());
                let resources = issue.resources.iter().map(ToString::to_string).collect();
                steps.push(step.with(resources).judged(Verdict::Warning).blocking());
            }
        }
    }
    let updates = read::<Update>(ground.cluster, &UPDATES);
    for (_, update) in updates.iter().flat_map(|table| table.iter()).filter(|(_, update)| update.is_running())
    {
        let age = human_duration(update.created.age_at(ground.now));
        let to = update.param("Version").map(|version| format!(" to {version}")).unwrap_or_default();
        let words = format!("since {age}; EKS does one update of a cluster at a time");
        let what = format!("{}{to}", update.kind);
        let step = Step::new(Phase::Health, what, State::Running, words);
        steps.push(step.judged(Verdict::Progressing).blocking());
    }
    steps.extend(terraform_state(ground));
    steps
}

/// Nobody else changes what Terraform made, and what this changes can be undone. Nothing where no state is named.
fn terraform_state(ground: &Ground<'_>) -> Option<Step> {
    let wanted = ground.cluster.wanted.as_ref()?.terraform.as_ref()?;
    let what = "nobody holds the state of Terraform";
    let table = match read::<TerraformState>(ground.cluster, &TERRAFORM_STATES) {
        Ok(table) => table,
        Err(why) => return Some(Step::unknown(Phase::Health, what, &why)),
    };
    let (_, state) = table.find(None, &wanted.address())?;
    let address = vec![wanted.address()];
    Some(match terraform::judge(state, ground.now) {
        (Verdict::Ok, _) if wanted.lock == StateLock::Unknown => {
            let why = format!("{}; nobody said how it is locked", terraform::words(state, ground.now));
            Step::done(Phase::Health, "the state of Terraform is kept well", why)
        }
        (Verdict::Ok, _) => Step::done(Phase::Health, what, terraform::words(state, ground.now)),
        (Verdict::Progressing, why) => {
            Step::new(Phase::Health, what, State::Running, why).judged(Verdict::Progressing).with(address)
        }
        (verdict, why) => {
            let what = if state.lock.is_some() { what } else { "keep the state of Terraform well" };
            Step::new(Phase::Health, what, State::ToDo, why).judged(verdict).with(address)
        }
    })
}

fn control_plane(ground: &Ground<'_>, offers: Result<bool, String>, blocked: usize) -> Step {
    let what = format!("control plane {} → {}", ground.from, ground.next);
    match offers {
        Err(why) => Step::unknown(Phase::ControlPlane, what, &why),
        Ok(false) => Step::done(
            Phase::ControlPlane,
            format!("control plane {}", ground.from),
            format!("EKS has no {} yet", ground.next),
        ),
        Ok(true) if blocked > 0 => {
            let steps = if blocked == 1 { "1 step".to_owned() } else { format!("{blocked} steps") };
            Step::new(Phase::ControlPlane, what, State::Blocked, format!("{steps} before it"))
        }
        Ok(true) => {
            Step::new(Phase::ControlPlane, what, State::ToDo, "one minor at a time; back within 7 days only")
        }
    }
}
