//! Nodes: groups that EKS manages must have the control plane's minor before it gets the next one (EKS user guide,
//! "Update existing cluster to new Kubernetes version"), and no kubelet may be more than three minors behind (Kubernetes
//! version skew policy).

use super::{Ground, Phase, State, Step};
use crate::fleet::Row;
use crate::fleet::Verdict;
use crate::fleet::aws::eks_version::minor;
use crate::fleet::aws::kind::NODE_GROUPS;
use crate::fleet::aws::node_group::NodeGroup;
use crate::fleet::kind::NODES;
use crate::fleet::node::{Node, host};
use crate::planes::rights::aws::read;

/// How many minors a kubelet may be behind.
const SKEW: u32 = 3;
/// The most nodes that are named.
const MOST: usize = 8;

pub(super) fn before(ground: &Ground<'_>) -> Vec<Step> {
    let mut steps = groups(ground);
    steps.extend(kubelets(ground));
    steps
}

fn groups(ground: &Ground<'_>) -> Vec<Step> {
    let what = format!("node groups have {}", ground.from);
    let groups = match read::<NodeGroup>(ground.cluster, &NODE_GROUPS) {
        Ok(groups) => groups,
        Err(why) => return vec![Step::unknown(Phase::NodesBefore, what, &why)],
    };
    let mut groups: Vec<&NodeGroup> = groups.iter().map(|(_, group)| &**group).collect();
    groups.sort_by_key(|group| &group.name);
    let mut steps = Vec::new();
    for group in &groups {
        if let Some(issue) = group.issues.first() {
            let what = format!("repair node group {}", group.name);
            let step = Step::new(Phase::NodesBefore, what, State::ToDo, issue.words());
            steps.push(step.judged(Verdict::Warning).blocking());
        }
        let is_behind = minor(&group.version).is_some_and(|own| Some(own) < minor(&ground.from));
        if is_behind {
            let what = format!("update node group {} to {}", group.name, ground.from);
            let why =
                format!("it has {}: EKS wants groups at the control plane's minor first", group.version);
            steps.push(Step::new(Phase::NodesBefore, what, State::ToDo, why).blocking());
        }
    }
    if steps.is_empty() {
        let why = match groups.len() {
            0 => "EKS manages none".to_owned(),
            1 => "1 group".to_owned(),
            many => format!("{many} groups"),
        };
        steps.push(Step::done(Phase::NodesBefore, what, why));
    }
    steps
}

fn kubelets(ground: &Ground<'_>) -> Option<Step> {
    let what = "kubelets within the skew".to_owned();
    let nodes = match read::<Node>(ground.cluster, &NODES) {
        Ok(nodes) => nodes,
        Err(why) => return Some(Step::unknown(Phase::NodesBefore, what, &why)),
    };
    let (_, control) = minor(&ground.from)?;
    let (_, next) = minor(&ground.next)?;
    let mut behind: Vec<(u32, &str)> = nodes
        .iter()
        .filter_map(|(_, node)| Some((node.minor()?, node.name())))
        .filter(|(own, _)| *own < control)
        .collect();
    behind.sort_unstable();
    let count = nodes.len();
    let Some((oldest, _)) = behind.first().copied() else {
        return Some(Step::done(Phase::NodesBefore, what, format!("all {count} nodes have {}", ground.from)));
    };
    let too_old = behind.iter().filter(|(own, _)| *own + SKEW < next).count();
    let named = behind.iter().take(MOST).map(|(own, node)| format!("{} has 1.{own}", host(node)));
    let mut details: Vec<String> = named.collect();
    if behind.len() > MOST {
        details.push(format!("and {} more", behind.len() - MOST));
    }
    Some(if too_old > 0 {
        let why = format!(
            "{too_old} of {count} nodes, the oldest 1.{oldest}, would be more than {SKEW} minors behind"
        );
        Step::new(Phase::NodesBefore, "replace old nodes", State::ToDo, why)
            .with(details)
            .judged(Verdict::Warning)
            .blocking()
    } else {
        let why = format!("{} of {count} nodes are behind, which is allowed", behind.len());
        Step::done(Phase::NodesBefore, what, why).with(details)
    })
}

/// The last step: nodes follow the control plane.
pub(super) fn after(ground: &Ground<'_>) -> Step {
    let what = format!("nodes → {}", ground.next);
    let groups = read::<NodeGroup>(ground.cluster, &NODE_GROUPS);
    let mut details: Vec<String> = groups
        .iter()
        .flat_map(|table| table.iter())
        .map(|(_, group)| match &*group.image_type {
            "CUSTOM" => format!("node group {}: a new image in its launch template", group.name),
            _ => format!("node group {} ({} nodes)", group.name, group.desired),
        })
        .collect();
    details.sort();
    let nodes = read::<Node>(ground.cluster, &NODES);
    let pools = nodes
        .iter()
        .flat_map(|table| table.iter())
        .filter(|(_, node)| node.meta.label("karpenter.sh/nodepool").is_some())
        .count();
    if pools > 0 {
        details.push(format!(
            "{pools} nodes of Karpenter: replaced by drift when its image follows the version"
        ));
    }
    Step::new(Phase::NodesAfter, what, State::Blocked, "behind the control plane").with(details)
}
