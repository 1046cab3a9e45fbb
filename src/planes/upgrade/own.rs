//! Components that EKS does not manage: whether they know the next minor is written in their own notes.

use super::{Ground, Phase, State, Step};
use crate::blueprint::Version;
use crate::fleet::aws::eks_version::minor;
use crate::planes::component::{COMPONENTS, Component, Managed};
use crate::planes::rights::aws::read;

/// The oldest Karpenter for each minor of Kubernetes (its documentation, "Compatibility"; endoflife.date/karpenter,
/// 2026-05). For what is newer nothing is claimed.
const KARPENTER: &[((u32, u32), &str)] = &[
    ((1, 29), "0.34"),
    ((1, 30), "0.37"),
    ((1, 31), "1.0.5"),
    ((1, 32), "1.2"),
    ((1, 33), "1.5"),
    ((1, 34), "1.6"),
    ((1, 35), "1.9"),
];

/// Components that speak with the API server in ways that change: they are worth a look before each minor. What only
/// runs in the cluster is not.
const CLOSE: &[&str] = &[
    "argo-cd",
    "aws-load-balancer-controller",
    "calico",
    "cert-manager",
    "cilium",
    "external-dns",
    "external-secrets",
    "ingress-nginx",
    "istio",
    "karpenter",
    "linkerd",
    "vertical-pod-autoscaler",
];

pub(super) fn steps(ground: &Ground<'_>) -> Vec<Step> {
    let what = "components that EKS does not manage";
    let components = match read::<Component>(ground.cluster, &COMPONENTS) {
        Ok(components) => components,
        Err(why) => return vec![Step::unknown(Phase::OwnComponents, what, &why)],
    };
    let mut own: Vec<&Component> = components
        .iter()
        .map(|(_, component)| &**component)
        .filter(|component| !component.is_missing() && !matches!(component.managed, Managed::Yes(_)))
        .collect();
    own.sort_by_key(|component| &component.name);
    let mut steps: Vec<Step> = own.iter().filter_map(|component| judged(component, ground)).collect();
    let open: Vec<String> = own
        .iter()
        .filter(|component| CLOSE.contains(&component.known.id) && judged(component, ground).is_none())
        .map(|component| format!("{} {}", component.name, component.version().unwrap_or("untagged")))
        .collect();
    if !open.is_empty() {
        let what = match open.len() {
            1 => "compare 1 component with its notes".to_owned(),
            many => format!("compare {many} components with their notes"),
        };
        let why = format!("not managed by EKS: nothing here says whether they know {}", ground.next);
        steps.push(Step::new(Phase::OwnComponents, what, State::Check, why).with(open));
    }
    if steps.is_empty() {
        steps.push(Step::done(Phase::OwnComponents, what, "none that depends on the version"));
    }
    steps
}

/// What can be said of one for sure.
fn judged(component: &Component, ground: &Ground<'_>) -> Option<Step> {
    let tag = component.version()?;
    match component.known.id {
        "karpenter" => {
            let next = minor(&ground.next)?;
            let (_, least) = KARPENTER.iter().find(|(own, _)| *own == next)?;
            let has = Version::parse(tag)?;
            let wanted = Version::parse(least)?;
            Some(if has < wanted {
                let what = format!("update Karpenter to {least} or newer");
                let why = format!("{tag} does not know {}", ground.next);
                Step::new(Phase::OwnComponents, what, State::ToDo, why).blocking()
            } else {
                Step::done(Phase::OwnComponents, "Karpenter", format!("{tag} knows {}", ground.next))
            })
        }
        // Its minor is that of the cluster (its README, "Releases").
        "cluster-autoscaler" => {
            let (_, own) = minor(tag)?;
            let (_, next) = minor(&ground.next)?;
            (own < next).then(|| {
                let what = format!("update Cluster Autoscaler to {}", ground.next);
                let why = format!("{tag}: its minor is that of the cluster, behind the control plane");
                Step::new(Phase::OwnComponents, what, State::Check, why)
            })
        }
        _ => None,
    }
}
