//! The machines of a cluster's network: what is behind its nodes, what should be a node and is none, and the bastion.

use std::sync::Arc;

use super::Network;
use crate::fleet::aws::instance::Instance;
use crate::fleet::aws::kind::{EKS_CLUSTERS, INSTANCES, MACHINE_IMAGES, NODE_RELEASES, SECURITY_GROUPS};
use crate::fleet::aws::security_group::SecurityGroup;
use crate::fleet::kind::NODES;
use crate::fleet::node::Node;
use crate::fleet::time::human_duration;
use crate::fleet::{ResourceType, Row, Timestamp, Uid, Verdict};
use crate::planes::machine_image::Vintage;
use crate::planes::opinion::Opinion;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// Machines of a cluster's network, as a derived kind. Its rows have the ids of their instances.
pub const MACHINES: ResourceType = derived::cluster_wide("machines", "Machine");

static NEEDS: [ResourceType; 1] = [INSTANCES];
static HELPS: [ResourceType; 3] = [EKS_CLUSTERS, NODES, SECURITY_GROUPS];
static ADDS: [ResourceType; 2] = [MACHINE_IMAGES, NODE_RELEASES];

/// The table of machines.
pub const TABLE: Derived = Derived::new::<Machines>(MACHINES, &NEEDS, &HELPS).adding(&ADDS);

/// A machine has this long to join as a node; Karpenter gives up after as long.
const JOINS_WITHIN: i64 = 15 * 60;
/// Where SSH listens.
const SSH: i32 = 22;

/// What a machine is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// It is this node, which is ready, not ready, or silent.
    Node {
        /// The node's name.
        name: Arc<str>,
        /// Whether its kubelet says that it is ready.
        is_ready: Option<bool>,
    },
    /// By its tags it was launched to be a node, and there is no such node.
    Lost,
    /// It was launched to be a node, and nodes could not be read.
    Unjoined,
    /// People reach the private network through it.
    Bastion {
        /// True when the whole world may try to log in; `None` while its security groups are not known.
        is_open: Option<bool>,
    },
    /// Something else in the same network.
    #[default]
    Other,
}

/// A machine of a cluster's network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The instance.
    pub instance: Arc<Instance>,
    /// What it is for.
    pub purpose: Purpose,
    /// How old its image is; `None` while that is not known.
    pub vintage: Option<Vintage>,
}

impl Row for Machine {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.instance.id
    }
    fn uid(&self) -> Uid {
        Uid::parse(&self.instance.id)
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        self.instance.labels()
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// Concludes the machines of a cluster's network.
#[derive(Debug, Default)]
pub struct Machines;

impl Conclusion for Machines {
    type Row = Machine;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Machine> {
        let network = Network::of(cluster);
        let machine = |instance: &Arc<Instance>| Machine {
            purpose: purpose(&network, cluster, instance),
            vintage: Vintage::of_image(cluster, &instance.image),
            instance: Arc::clone(instance),
        };
        network.machines().into_iter().map(machine).collect()
    }
}

/// What a machine is for.
pub(super) fn purpose(network: &Network<'_>, cluster: &ClusterSnapshot, instance: &Instance) -> Purpose {
    if let Some(node) = network.node(instance) {
        return Purpose::Node { name: node.name().into(), is_ready: node.is_ready() };
    }
    let tags = ["karpenter.sh/nodeclaim", "karpenter.sh/nodepool", "eks:nodegroup-name"];
    if tags.iter().any(|key| instance.tag(key).is_some()) {
        return if cluster.freshness(&NODES).is_current() { Purpose::Lost } else { Purpose::Unjoined };
    }
    if is_bastion(instance) {
        return Purpose::Bastion { is_open: is_open(cluster, instance) };
    }
    Purpose::Other
}

/// Terraform modules and people call it so, in its name or a tag.
pub(super) fn is_bastion(instance: &Instance) -> bool {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("bastion") || text.contains("jumphost") || text.contains("jump-host")
    };
    says(instance.called()) || instance.tag("Role").is_some_and(says)
}

fn is_open(cluster: &ClusterSnapshot, instance: &Instance) -> Option<bool> {
    let table = cluster.table::<SecurityGroup>(&SECURITY_GROUPS)?;
    let mut groups = instance.groups.iter().filter_map(|id| table.find(None, id)).peekable();
    groups.peek()?;
    Some(groups.any(|(_, group)| group.lets_everybody_in(SSH)))
}

/// What AWS says of an instance: its state, its checks, and what is going to happen to it.
pub fn judged(instance: &Instance, now: Timestamp) -> (Verdict, String) {
    let mut opinion = Opinion::default();
    match &*instance.state {
        "running" | "" => {}
        "pending" => opinion.say(Verdict::Progressing, "starts"),
        state => {
            let why =
                if instance.reason.is_empty() { String::new() } else { format!(": {}", instance.reason) };
            opinion.say(Verdict::Warning, format!("is {state}{why}"));
        }
    }
    if let Some(checks) = &instance.checks {
        let since = match checks.since.known() {
            Some(since) => format!(" for {}", human_duration(since.seconds_before(now).max(0))),
            None => String::new(),
        };
        for (what, status) in
            [("host", &checks.system), ("instance", &checks.instance), ("volumes", &checks.volumes)]
        {
            match &**status {
                "impaired" => opinion.say(Verdict::Critical, format!("its {what} check fails{since}")),
                "initializing" => opinion.say(Verdict::Progressing, format!("its {what} check begins")),
                "insufficient-data" => {
                    opinion.say(Verdict::Unknown, format!("its {what} check has no data"));
                }
                _ => {}
            }
        }
        for event in checks.events.iter().filter(|event| event.is_ahead()) {
            let when = match event.not_before.known() {
                Some(at) if at > now => format!(" in {}", human_duration(now.seconds_before(at))),
                _ => String::new(),
            };
            opinion.say(Verdict::Warning, format!("AWS plans {}{when}", event.code));
        }
    }
    opinion.into()
}

/// How the machine behind a node is; nothing where that is not known.
pub fn of_node(network: &Network<'_>, node: &Node, now: Timestamp) -> (Verdict, String) {
    match network.instance(node) {
        Some(instance) => {
            let (verdict, why) = judged(instance, now);
            let why = if why.is_empty() { why } else { format!("{} {why}", instance.id) };
            // A node without a running machine is no node.
            let is_off = !instance.is_running() && !instance.state.is_empty();
            (if is_off { Verdict::Critical } else { verdict }, why)
        }
        None => match super::instance_id(&node.provider_id) {
            Some(id) if network.knows_machines() && node.meta.deleted.is_never() => {
                (Verdict::Critical, format!("its instance {id} does not exist any more"))
            }
            _ => (Verdict::Ok, String::new()),
        },
    }
}

impl Machine {
    /// How it is, and why.
    pub fn judged(&self, now: Timestamp) -> (Verdict, String) {
        let (verdict, why) = judged(&self.instance, now);
        let mut opinion = Opinion::default();
        opinion.say(verdict, why);
        if let Some(vintage) = &self.vintage
            && self.instance.is_running()
        {
            let (verdict, why) = vintage.judge(now);
            opinion.say(verdict, why);
        }
        match &self.purpose {
            Purpose::Node { name, .. } if !self.instance.is_running() => {
                opinion.say(Verdict::Critical, format!("{name} is still a node"));
            }
            Purpose::Node { name, is_ready: Some(false) | None } => {
                opinion.say(Verdict::Warning, format!("its node {name} is not ready"));
            }
            Purpose::Lost if self.instance.is_running() => {
                let age = self.instance.launched.age_at(now);
                let verdict = if age > JOINS_WITHIN { Verdict::Warning } else { Verdict::Progressing };
                opinion.say(verdict, format!("runs for {} and is no node", human_duration(age)));
            }
            Purpose::Bastion { is_open: Some(true) } => {
                opinion.say(Verdict::Warning, "SSH is open to the whole world");
            }
            Purpose::Node { .. }
            | Purpose::Lost
            | Purpose::Unjoined
            | Purpose::Bastion { .. }
            | Purpose::Other => {}
        }
        opinion.into()
    }
}
