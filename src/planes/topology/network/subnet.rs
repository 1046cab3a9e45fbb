//! Subnets: what each is for, and whether it has room.

use std::sync::Arc;

use super::{Network, PREFIX};
use crate::fleet::aws::kind::{ADDONS, EKS_CLUSTERS, INSTANCES, ROUTE_TABLES, SUBNETS};
use crate::fleet::aws::route_table::RouteTable;
use crate::fleet::aws::subnet::Subnet;
use crate::fleet::kind::{EC2_NODE_CLASSES, NODE_CLAIMS, NODES};
use crate::fleet::{ResourceType, Row, Uid, Verdict};
use crate::planes::opinion::Opinion;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// The subnets of a cluster's network, as a derived kind. Its rows have the ids of their subnets.
pub const CLUSTER_SUBNETS: ResourceType = derived::cluster_wide("clustersubnets", "ClusterSubnet");

static NEEDS: [ResourceType; 1] = [SUBNETS];
static HELPS: [ResourceType; 7] =
    [ADDONS, EC2_NODE_CLASSES, EKS_CLUSTERS, INSTANCES, NODE_CLAIMS, NODES, ROUTE_TABLES];

/// The table of subnets.
pub const TABLE: Derived = Derived::new::<Subnets>(CLUSTER_SUBNETS, &NEEDS, &HELPS);

/// A subnet by which internet-facing load balancers are found (AWS Load Balancer Controller, *Subnet auto discovery*).
const FOR_PUBLIC_BALANCERS: &str = "kubernetes.io/role/elb";
/// The same for internal ones.
const FOR_INTERNAL_BALANCERS: &str = "kubernetes.io/role/internal-elb";
/// What Karpenter's node classes usually select by.
const FOR_KARPENTER: &str = "karpenter.sh/discovery";

/// What a subnet is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubnetRole {
    /// Its machines may have public addresses: everything else goes through an internet gateway.
    Public,
    /// Its machines reach the world through NAT, or another network.
    Private,
    /// No way out, and called after a database.
    Database,
    /// No way out.
    Isolated,
    /// Its route table is not known.
    #[default]
    Unknown,
}

impl SubnetRole {
    /// One word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Database => "database",
            Self::Isolated => "isolated",
            Self::Unknown => "?",
        }
    }
}

/// A subnet of a cluster's network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterSubnet {
    /// The subnet.
    pub subnet: Arc<Subnet>,
    /// What it is for.
    pub role: SubnetRole,
    /// Where everything that is not local goes; empty without a way out, and while nobody knows.
    pub way_out: Arc<str>,
    /// True when that is gone (`blackhole`).
    pub is_blackhole: bool,
    /// True when nodes are launched in it.
    pub takes_nodes: bool,
    /// True when EKS was told it for the control plane's interfaces.
    pub is_of_control_plane: bool,
    /// True when the network plugin takes a /28 at a time from it.
    pub gives_prefixes: bool,
    /// The machines that run in it.
    pub machines: u32,
    /// Tags that the other subnets of its role have and it lacks.
    pub missing_tags: Vec<&'static str>,
    /// Node claims that wait for its addresses, by name.
    pub waiting: Vec<Arc<str>>,
}

impl Row for ClusterSubnet {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.subnet.id
    }
    fn uid(&self) -> Uid {
        Uid::parse(&self.subnet.id)
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        self.subnet.labels()
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// Concludes the subnets of a cluster.
#[derive(Debug, Default)]
pub struct Subnets;

impl Conclusion for Subnets {
    type Row = ClusterSubnet;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<ClusterSubnet> {
        Network::of(cluster).subnets()
    }
}

impl ClusterSubnet {
    /// By its route table: its own, else the main one of its network.
    pub(super) fn of(subnet: &Arc<Subnet>, tables: &[&Arc<RouteTable>]) -> Self {
        let own = tables.iter().find(|table| table.subnets.iter().any(|id| **id == *subnet.id));
        let table = own.or_else(|| tables.iter().find(|table| table.is_main));
        let way_out = table.and_then(|table| table.way_out());
        let role = match (table, way_out) {
            (None, _) => by_tags(subnet),
            (Some(_), Some(way)) if way.target.starts_with("igw-") => SubnetRole::Public,
            (Some(_), Some(_)) => SubnetRole::Private,
            (Some(_), None) if is_for_data(subnet) => SubnetRole::Database,
            (Some(_), None) => SubnetRole::Isolated,
        };
        Self {
            subnet: Arc::clone(subnet),
            role,
            way_out: way_out.map(|way| Arc::clone(&way.target)).unwrap_or_default(),
            is_blackhole: way_out.is_some_and(|way| &*way.state == "blackhole"),
            ..Self::default()
        }
    }

    /// True when it has not even a /28 left.
    pub fn is_short(&self) -> bool {
        self.subnet.free.is_some_and(|free| free < PREFIX)
    }

    /// How it is, and why.
    pub fn judged(&self) -> (Verdict, String) {
        let mut opinion = Opinion::default();
        if !matches!(&*self.subnet.state, "available" | "") {
            opinion.say(Verdict::Warning, format!("is {}", self.subnet.state));
        }
        if self.is_blackhole {
            opinion.say(Verdict::Critical, format!("its way out, {}, is gone", self.way_out));
        }
        if let Some(free) = self.subnet.free.filter(|_| self.is_short()) {
            let left = match free {
                0 => "no address is left".to_owned(),
                1 => "1 address is left".to_owned(),
                some => format!("{some} addresses are left"),
            };
            let why = match (self.gives_prefixes, self.takes_nodes) {
                (true, _) => ": nodes take a /28 (16) at a time",
                (false, true) => ": nodes and pods take theirs from it",
                (false, false) if self.role == SubnetRole::Public => ": load balancers want 8 to grow",
                (false, false) => "",
            };
            match self.waiting.split_first() {
                None => opinion.say(Verdict::Warning, format!("{left}{why}")),
                Some((claim, [])) => {
                    opinion.say(Verdict::Critical, format!("{left}, and claim {claim} waits for one"));
                }
                Some((claim, others)) => {
                    let more = others.len();
                    let words = format!("{left}, and {claim} and {more} more claims wait for one");
                    opinion.say(Verdict::Critical, words);
                }
            }
        }
        if !self.missing_tags.is_empty() {
            let tags = self.missing_tags.join(", ");
            let role = self.role.as_str();
            opinion.say(Verdict::Warning, format!("lacks the tag {tags} of the other {role} subnets"));
        }
        opinion.into()
    }

    /// What it is, in a line: role, block, room.
    pub fn words(&self) -> String {
        let room = match (self.subnet.free, self.subnet.usable()) {
            (Some(free), Some(usable)) => format!("  {free} of {usable} free"),
            (Some(free), None) => format!("  {free} free"),
            (None, _) => String::new(),
        };
        format!("{}  {}{room}", self.role.as_str(), self.subnet.cidr)
    }
}

fn by_tags(subnet: &Subnet) -> SubnetRole {
    if subnet.has_tag(FOR_PUBLIC_BALANCERS) {
        SubnetRole::Public
    } else if subnet.has_tag(FOR_INTERNAL_BALANCERS) || subnet.has_tag(FOR_KARPENTER) {
        SubnetRole::Private
    } else {
        SubnetRole::Unknown
    }
}

fn is_for_data(subnet: &Subnet) -> bool {
    let name = subnet.called().to_ascii_lowercase();
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric());
    words().any(|word| matches!(word, "database" | "databases" | "db" | "data" | "rds"))
}

/// Which tags each lacks that others of its role have. Where none has one, nobody wants it.
pub(super) fn compare_tags(subnets: &mut [ClusterSubnet]) {
    const WANTED: [(SubnetRole, &str); 3] = [
        (SubnetRole::Public, FOR_PUBLIC_BALANCERS),
        (SubnetRole::Private, FOR_INTERNAL_BALANCERS),
        (SubnetRole::Private, FOR_KARPENTER),
    ];
    for (role, tag) in WANTED {
        let is_wanted = subnets.iter().any(|own| own.role == role && own.subnet.has_tag(tag));
        for own in subnets.iter_mut().filter(|own| is_wanted && own.role == role) {
            if !own.subnet.has_tag(tag) {
                own.missing_tags.push(tag);
            }
        }
    }
}
