//! What a cluster costs in a month, by a dated price list: an estimate of what is there now, not a bill.
//!
//! Nodes are known to Kubernetes alone; the network and the volumes are added when AWS tells. What has no price says so,
//! and is not counted. Pools and namespaces divide the nodes' price and are not added to the sum again.

mod conclude;
pub mod prices;
#[cfg(test)]
mod tests;

pub use conclude::Costs;

use crate::fleet::aws::kind::{EBS_VOLUMES, EKS_CLUSTERS, ENDPOINTS, GATEWAYS, INSTANCES};
use crate::fleet::kind::{INGRESSES, NODES, PODS, SERVICES};
use crate::fleet::{ResourceType, Row, Timestamp, Uid, Verdict};
use crate::snapshot::{Derived, derived};

/// What a cluster costs, as a derived kind.
pub const COSTS: ResourceType = derived::cluster_wide("costs", "Cost");

static NEEDS: [ResourceType; 1] = [NODES];
// A sum without the half that is still on its way is a wrong sum: this one waits for AWS, or for its refusal.
static HELPS: [ResourceType; 8] =
    [EBS_VOLUMES, EKS_CLUSTERS, ENDPOINTS, GATEWAYS, INGRESSES, INSTANCES, PODS, SERVICES];

/// The table of costs.
pub const TABLE: Derived = Derived::new::<Costs>(COSTS, &NEEDS, &HELPS);

/// What a cost is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Everything together.
    #[default]
    Total,
    /// The control plane.
    ControlPlane,
    /// Nodes of one instance type, paid in one way.
    Nodes,
    /// Machines in the network that are no nodes.
    Machines,
    /// Volumes of one type.
    Volumes,
    /// Ways out, ways in, addresses.
    Network,
    /// The part of the nodes that a pool or node group has; counted with the nodes already.
    Pool,
    /// The part of the nodes that a namespace requests; counted with the nodes already.
    Namespace,
}

impl Part {
    /// One word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::ControlPlane => "control plane",
            Self::Nodes => "nodes",
            Self::Machines => "machines",
            Self::Volumes => "volumes",
            Self::Network => "network",
            Self::Pool => "pool",
            Self::Namespace => "namespace",
        }
    }

    /// True for what the total is the sum of.
    pub fn counts(self) -> bool {
        !matches!(self, Self::Total | Self::Pool | Self::Namespace)
    }
}

/// Something that costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// What it is for.
    pub part: Part,
    /// What exactly, for example `m6i.large spot`.
    pub what: Box<str>,
    /// Part and name: unlike any other row's.
    pub key: Box<str>,
    /// How many there are.
    pub count: u32,
    /// A month of it, in US cents; `None` where it has no price.
    pub monthly: Option<u64>,
    /// From when on a month costs so much more: extended support.
    pub later: Option<(Timestamp, u64)>,
    /// How many things of it, or of the total, have no price.
    pub without_price: u32,
    /// What the blueprint estimates for the total, in US cents a month.
    pub estimate: Option<u64>,
    /// What else is to be known.
    pub note: Box<str>,
}

impl Row for Cost {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.key
    }
    fn uid(&self) -> Uid {
        Uid::parse(&self.key)
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// More than so many percent above the estimate is worth a word.
const OVER: u64 = 20;

impl Cost {
    /// A month of it as it is now, in US cents.
    pub fn cents(&self, now: Timestamp) -> Option<u64> {
        let more = self.later.filter(|(from, _)| *from <= now).map_or(0, |(_, cents)| cents);
        self.monthly.map(|cents| cents + more)
    }

    /// How it is, and why.
    pub fn judged(&self, now: Timestamp) -> (Verdict, String) {
        let mut words: Vec<String> = Vec::new();
        let mut verdict = Verdict::Ok;
        let cents = self.cents(now);
        if let Some((estimate, cents)) = self.estimate.zip(cents) {
            let percent = cents.saturating_mul(100).checked_div(estimate).unwrap_or(100);
            if percent > 100 + OVER {
                verdict = Verdict::Warning;
                words.push(format!("{}% above the {} of the blueprint", percent - 100, dollars(estimate)));
            } else {
                words.push(format!("the blueprint estimates {}", dollars(estimate)));
            }
        }
        match self.later {
            Some((from, more)) if self.part == Part::ControlPlane && from <= now => {
                verdict = Verdict::Warning;
                words.push(format!("in extended support: {} of it", dollars(more)));
            }
            _ => {}
        }
        match (self.part, self.without_price) {
            (_, 0) => {}
            (Part::Total, some) => words.push(format!("{some} without a price are not counted")),
            _ => {
                verdict = verdict.max(Verdict::Unknown);
                words.push("no price is known".to_owned());
            }
        }
        if !self.note.is_empty() {
            words.push(self.note.to_string());
        }
        (verdict, words.join("; "))
    }
}

/// Cents as whole dollars: `$1,234`.
pub fn dollars(cents: u64) -> String {
    let whole = ((cents + 50) / 100).to_string();
    let mut text = String::from("$");
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
