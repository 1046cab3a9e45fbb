//! Which pool of Karpenter could make a node for a pod, and what excludes each
//! (`Requirements.Compatible` and the limits of its scheduler).

use std::sync::Arc;

use crate::fleet::condition::Status;
use crate::fleet::karpenter::node_class::{NodeClass, Subnet};
use crate::fleet::karpenter::node_pool::NodePool;
use crate::fleet::karpenter::requirement;
use crate::fleet::pod::Toleration;
use crate::fleet::quantity::{human_bytes, human_cpu};
use crate::fleet::selector::{Expression, Operator};
use crate::planes::karpenter::verdict::{self, Limit, with_unit};

use super::nodes::Asks;

/// A pool held against a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolVerdict {
    /// The pool.
    pub pool: Arc<str>,
    /// What keeps it from making a node for the pod; none when it could.
    pub barriers: Vec<Barrier>,
}

/// What keeps a pool from making a node for a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// It is being deleted.
    Leaving,
    /// It launches nothing: Karpenter's words.
    NotReady(String),
    /// It has a fixed number of nodes.
    Static,
    /// A taint that the pod does not tolerate.
    Taint(String),
    /// The pod and the pool ask for different values of a label: which label, what the pod wants, what the pool has.
    Requirement {
        /// The node label.
        label: Arc<str>,
        /// What the pod asks for, in words.
        wants: String,
        /// What the pool makes, in words; empty where it does not know the label.
        has: String,
    },
    /// Its subnets are in none of the zones that the pod can be in.
    Zone {
        /// Where the pod can be.
        wants: String,
        /// Where the subnets are.
        has: String,
    },
    /// The largest instance that it may launch is too small.
    Size {
        /// What the pod asks for.
        wants: String,
        /// The largest there is.
        largest: String,
    },
    /// None of the instances that it may launch has a device that the pod asks for.
    Device {
        /// The resource, for example `nvidia.com/gpu`.
        resource: Arc<str>,
        /// What it launches, in words.
        has: String,
    },
    /// A limit leaves no room: `at its limit of 20 CPU`.
    Limit {
        /// The resource.
        resource: Arc<str>,
        /// In words.
        words: String,
    },
    /// What Karpenter itself said.
    Said(String),
}

impl Barrier {
    /// In few words, after the pool's name: `spot at its limit of 20 CPU`.
    pub fn words(&self) -> String {
        match self {
            Self::Leaving => "is being deleted".to_owned(),
            Self::NotReady(why) => format!("is not Ready: {why}"),
            Self::Static => "has a fixed number of nodes".to_owned(),
            Self::Taint(taint) => format!("taint {taint}"),
            Self::Requirement { label, has, .. } if has.is_empty() => format!("knows no {}", short(label)),
            Self::Requirement { label, wants, has } => {
                format!("{} {has}, the pod wants {wants}", short(label))
            }
            Self::Zone { wants, has } => format!("subnets in {has}, the pod can be in {wants}"),
            Self::Size { wants, largest } => format!("largest instance has {largest}, the pod wants {wants}"),
            Self::Device { resource, has } => format!("{has} have no {resource}"),
            Self::Limit { words, .. } | Self::Said(words) => words.clone(),
        }
    }

    /// One word for a table.
    pub fn word(&self) -> &str {
        match self {
            Self::Leaving => "leaving",
            Self::NotReady(_) => "not Ready",
            Self::Static => "static",
            Self::Taint(_) => "taint",
            Self::Requirement { label, .. } => short(label),
            Self::Zone { .. } => "zone",
            Self::Size { .. } => "too small",
            Self::Device { .. } => "no device",
            Self::Limit { .. } => "limit",
            Self::Said(_) => "refused",
        }
    }
}

/// The last part of a label, which is what people call it.
fn short(label: &str) -> &str {
    label.rsplit('/').next().unwrap_or(label)
}

/// What excludes a pool. `class` is its class where it can be read.
pub(super) fn barriers(asks: Asks<'_>, pool: &NodePool, class: Option<&NodeClass>) -> Vec<Barrier> {
    let mut barriers = Vec::new();
    if !pool.meta.deleted.is_never() {
        barriers.push(Barrier::Leaving);
    }
    if pool.replicas.is_some() {
        barriers.push(Barrier::Static);
    }
    if let Some(ready) = pool.conditions.get("Ready").filter(|ready| ready.status == Status::False) {
        let line = ready.message.lines().next().unwrap_or("").trim();
        let why = if line.is_empty() { ready.reason.to_string() } else { line.to_owned() };
        barriers.push(Barrier::NotReady(why));
    }
    barriers.extend(taint(pool, &asks.placement.tolerations));
    let subnets = class.map_or(&[][..], |class| &class.subnets);
    barriers.extend(requirements(asks, pool, subnets));
    barriers.extend(zone(asks, pool, class));
    barriers.extend(size(asks, pool));
    barriers.extend(device(asks, pool));
    // A pool that would not serve the pod anyway is not the one whose limit is waited for.
    if barriers.is_empty() {
        barriers.extend(limit(asks, pool));
    }
    barriers
}

fn taint(pool: &NodePool, tolerations: &[Toleration]) -> Option<Barrier> {
    let taint = pool.template.taints.iter().find(|taint| {
        matches!(&*taint.effect, "NoSchedule" | "NoExecute")
            && !tolerations.iter().any(|own| own.tolerates(&taint.key, &taint.value, &taint.effect))
    })?;
    Some(Barrier::Taint(match &*taint.value {
        "" => taint.key.to_string(),
        value => format!("{}={value}", taint.key),
    }))
}

/// The first requirement of the pod that the pool cannot meet. Of several terms of a node affinity one is enough.
fn requirements(asks: Asks<'_>, pool: &NodePool, subnets: &[Subnet]) -> Option<Barrier> {
    let selected = asks.placement.node_selector.iter().map(|(key, value)| Expression {
        key: Arc::clone(key),
        operator: Operator::In,
        values: [Arc::clone(value)].into(),
    });
    let selected: Vec<Expression> = selected.collect();
    if let Some(barrier) = selected.iter().find_map(|wanted| unmet(wanted, pool, subnets)) {
        return Some(barrier);
    }
    let terms = &asks.placement.node_terms;
    let mut first = None;
    for term in terms {
        // A name of a node that is there is met by no new one.
        let pinned = term.fields.first().map(|field| Barrier::Requirement {
            label: Arc::clone(&field.key),
            wants: words(field),
            has: "new nodes".to_owned(),
        });
        match term.labels.iter().find_map(|wanted| unmet(wanted, pool, subnets)).or(pinned) {
            None => return None,
            Some(barrier) => first = first.or(Some(barrier)),
        }
    }
    first
}

/// What a pool says about a label that a pod asks for, when the two cannot both be met.
fn unmet(wanted: &Expression, pool: &NodePool, subnets: &[Subnet]) -> Option<Barrier> {
    let key = normal(&wanted.key);
    let mut own: Vec<Expression> = pool
        .template
        .requirements
        .iter()
        .filter(|requirement| normal(&requirement.expression.key) == key)
        .map(|requirement| requirement.expression.clone())
        .collect();
    let is = |value: &str| Expression {
        key: key.into(),
        operator: Operator::In,
        values: [Arc::from(value)].into(),
    };
    if let Some((_, value)) = pool.template.labels.iter().find(|(label, _)| normal(label) == key) {
        own.push(is(value));
    }
    if key == "karpenter.sh/nodepool" {
        own.push(is(&pool.meta.name));
    }
    let barrier = |has: String| Barrier::Requirement { label: key.into(), wants: words(wanted), has };
    // A new node is where the class has subnets.
    if key == ZONE && !subnets.is_empty() && !subnets.iter().any(|subnet| wanted.admits(Some(&subnet.zone))) {
        return Some(Barrier::Zone { wants: words(wanted), has: zones_of(subnets) });
    }
    if own.is_empty() {
        let may_be_absent = matches!(wanted.operator, Operator::NotIn | Operator::DoesNotExist);
        return (!may_be_absent && !is_well_known(key)).then(|| barrier(String::new()));
    }
    own.push(Expression { key: key.into(), ..wanted.clone() });
    (!can_all_be_met(&own)).then(|| {
        own.pop();
        barrier(own.iter().map(words).collect::<Vec<_>>().join(" and "))
    })
}

/// Whether some value, or the lack of one, meets all expressions.
fn can_all_be_met(all: &[Expression]) -> bool {
    if let Some(listed) = all.iter().find(|expression| expression.operator == Operator::In) {
        return listed.values.iter().any(|value| all.iter().all(|other| other.admits(Some(value))));
    }
    if all.iter().all(|expression| expression.admits(None)) {
        return true;
    }
    if all.iter().any(|expression| expression.operator == Operator::DoesNotExist) {
        return false;
    }
    // What is left are bounds, and values that must not be: there is always another one between the bounds.
    let bound =
        |expression: &Expression| expression.values.first().and_then(|value| value.parse::<i64>().ok());
    let (mut least, mut most) = (i64::MIN, i64::MAX);
    for expression in all {
        match (&expression.operator, bound(expression)) {
            (Operator::Gt, Some(bound)) => least = least.max(bound.saturating_add(1)),
            (Operator::Gte, Some(bound)) => least = least.max(bound),
            (Operator::Lt, Some(bound)) => most = most.min(bound.saturating_sub(1)),
            (Operator::Lte, Some(bound)) => most = most.min(bound),
            _ => {}
        }
    }
    least <= most
}

/// `spot or on-demand`, `not arm64`, `more than 4`.
fn words(expression: &Expression) -> String {
    let values = || expression.values.iter().map(|value| &**value).collect::<Vec<_>>();
    let first = || values().first().copied().unwrap_or_default().to_owned();
    match &expression.operator {
        Operator::In => values().join(" or "),
        Operator::NotIn => format!("not {}", values().join(" or ")),
        Operator::Exists => "any".to_owned(),
        Operator::DoesNotExist => "none".to_owned(),
        Operator::Gt => format!("more than {}", first()),
        Operator::Gte => format!("at least {}", first()),
        Operator::Lt => format!("less than {}", first()),
        Operator::Lte => format!("at most {}", first()),
        Operator::Other(operator) => format!("{operator} {}", values().join(",")),
    }
}

/// The present name of a label that has had others (`NormalizedLabels` of Karpenter).
fn normal(label: &str) -> &str {
    match label {
        "failure-domain.beta.kubernetes.io/zone" | "topology.ebs.csi.aws.com/zone" => ZONE,
        "failure-domain.beta.kubernetes.io/region" => "topology.kubernetes.io/region",
        "beta.kubernetes.io/arch" => "kubernetes.io/arch",
        "beta.kubernetes.io/os" => "kubernetes.io/os",
        "beta.kubernetes.io/instance-type" => "node.kubernetes.io/instance-type",
        other => other,
    }
}

const ZONE: &str = "topology.kubernetes.io/zone";

/// Labels that Karpenter finds values for by itself where a pool says nothing of them.
fn is_well_known(label: &str) -> bool {
    matches!(
        label,
        "topology.kubernetes.io/zone"
            | "topology.kubernetes.io/region"
            | "topology.k8s.aws/zone-id"
            | "node.kubernetes.io/instance-type"
            | "node.kubernetes.io/windows-build"
            | "kubernetes.io/arch"
            | "kubernetes.io/os"
            | "karpenter.sh/capacity-type"
    ) || label.starts_with("karpenter.k8s.aws/")
        || label.starts_with("eks.amazonaws.com/instance-")
}

/// Where the volumes are against where the class has subnets and what the pool asks for.
fn zone(asks: Asks<'_>, pool: &NodePool, class: Option<&NodeClass>) -> Option<Barrier> {
    if asks.zones.is_empty() {
        return None;
    }
    let wants = || asks.zones.iter().map(|zone| &**zone).collect::<Vec<_>>().join(" or ");
    let required = requirement(&pool.template.requirements, ZONE);
    if let Some(required) = required
        && !asks.zones.iter().any(|zone| required.expression.admits(Some(zone)))
    {
        return Some(Barrier::Zone { wants: wants(), has: words(&required.expression) });
    }
    let subnets = &class?.subnets;
    let is_there = |zone: &Arc<str>| subnets.iter().any(|subnet| subnet.zone == *zone);
    (!subnets.is_empty() && !asks.zones.iter().any(is_there))
        .then(|| Barrier::Zone { wants: wants(), has: zones_of(subnets) })
}

fn zones_of(subnets: &[Subnet]) -> String {
    let mut zones: Vec<&str> = subnets.iter().map(|subnet| &*subnet.zone).collect();
    zones.sort_unstable();
    zones.dedup();
    zones.join(", ")
}

/// The sizes that a pool may launch by a requirement on a number: the smallest and the largest, where they are bounded.
fn sizes(pool: &NodePool, label: &str) -> (Option<u64>, Option<u64>) {
    let Some(required) = requirement(&pool.template.requirements, label) else { return (None, None) };
    let expression = &required.expression;
    let numbers: Vec<u64> = expression.values.iter().filter_map(|value| value.parse().ok()).collect();
    let (least, most) = (numbers.iter().min().copied(), numbers.iter().max().copied());
    match expression.operator {
        Operator::In => (least, most),
        Operator::Gt => (least.map(|bound| bound.saturating_add(1)), None),
        Operator::Gte => (least, None),
        Operator::Lt => (None, most.map(|bound| bound.saturating_sub(1))),
        Operator::Lte => (None, most),
        _ => (None, None),
    }
}

const INSTANCE_CPU: &str = "karpenter.k8s.aws/instance-cpu";
const INSTANCE_MEMORY: &str = "karpenter.k8s.aws/instance-memory";

fn size(asks: Asks<'_>, pool: &NodePool) -> Option<Barrier> {
    if let (_, Some(most)) = sizes(pool, INSTANCE_CPU)
        && asks.requests.cpu > most.saturating_mul(1000)
    {
        let (wants, largest) = (with_unit("cpu", asks.requests.cpu), format!("{most} CPU"));
        return Some(Barrier::Size { wants, largest });
    }
    // The label is in mebibytes.
    let (_, Some(most)) = sizes(pool, INSTANCE_MEMORY) else { return None };
    let most = most.saturating_mul(1 << 20);
    (asks.requests.memory > most)
        .then(|| Barrier::Size { wants: human_bytes(asks.requests.memory), largest: human_bytes(most) })
}

/// Requirements that name what is launched: types, families, or the letters that families begin with.
const LAUNCHED: [&str; 5] = [
    "node.kubernetes.io/instance-type",
    "karpenter.k8s.aws/instance-family",
    "karpenter.k8s.aws/instance-category",
    "eks.amazonaws.com/instance-family",
    "eks.amazonaws.com/instance-category",
];

fn device(asks: Asks<'_>, pool: &NodePool) -> Option<Barrier> {
    asks.extended.iter().find_map(|(resource, _)| {
        LAUNCHED.iter().find_map(|label| {
            let required = &requirement(&pool.template.requirements, label)?.expression;
            let lacks = required.operator == Operator::In
                && required.values.iter().all(|launched| has_device(launched, resource) == Some(false));
            lacks.then(|| Barrier::Device { resource: Arc::clone(resource), has: words(required) })
        })
    })
}

/// Whether EC2 instances of a type, a family or a category have a device; `None` for devices that are not known here. By
/// the letters that families begin with ("Amazon EC2 instance type naming conventions").
fn has_device(launched: &str, resource: &str) -> Option<bool> {
    let letters = launched.split(|c: char| c.is_ascii_digit() || c == '.').next().unwrap_or_default();
    let is_amd = launched.starts_with("g4ad");
    Some(match resource {
        "nvidia.com/gpu" => matches!(letters, "g" | "gr" | "p") && !is_amd,
        "amd.com/gpu" => is_amd || launched == "g",
        "aws.amazon.com/neuron" | "aws.amazon.com/neuroncore" | "aws.amazon.com/neurondevice" => {
            matches!(letters, "inf" | "trn")
        }
        "habana.ai/gaudi" => letters == "dl",
        _ => return None,
    })
}

/// The limit that leaves no room for the smallest instance that would do.
fn limit(asks: Asks<'_>, pool: &NodePool) -> Option<Barrier> {
    let least = |resource: &str| match resource {
        "cpu" => sizes(pool, INSTANCE_CPU).0.unwrap_or(0).saturating_mul(1000).max(asks.requests.cpu),
        "memory" => {
            sizes(pool, INSTANCE_MEMORY).0.unwrap_or(0).saturating_mul(1 << 20).max(asks.requests.memory)
        }
        "nodes" => 1,
        _ => 0,
    };
    let short = |limit: &Limit<'_>| limit.is_reached() || limit.limit - limit.used < least(limit.resource);
    let found = verdict::limits(pool).find(short)?;
    let words = if found.is_reached() {
        format!("at its limit of {}", with_unit(found.resource, found.limit))
    } else {
        let needs = match found.resource {
            "cpu" => human_cpu(least("cpu")),
            "memory" => human_bytes(least("memory")),
            _ => String::new(),
        };
        format!("{} taken, a node for it needs {needs}", found.words())
    };
    Some(Barrier::Limit { resource: found.resource.into(), words })
}
