//! What Karpenter says about a pod that it can make no node for, as facts: the event `FailedScheduling` of the source
//! `karpenter` (`addToNewNodeClaim` of its scheduler, 0.30 to 1.14).

/// Why one pool cannot serve a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSaid {
    /// The pool; `None` for what is said about all of them.
    pub pool: Option<Box<str>>,
    /// Why.
    pub why: SaidWhy,
}

/// Why a pool cannot serve a pod, in Karpenter's opinion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaidWhy {
    /// Every instance type that would do is larger than what its limits leave.
    Limit,
    /// It may have no more nodes.
    NodeLimit,
    /// A taint of it that the pod does not tolerate.
    Taint(String),
    /// A requirement of the pod that contradicts one of the pool.
    Requirement(String),
    /// The pod asks for a label that the pool does not know.
    UnknownLabel(String),
    /// No instance type is large enough, or is offered where it must be.
    NoInstanceType(String),
    /// The pod's spread or affinity to other pods leaves no place.
    Topology(String),
    /// Something else, in its words.
    Other(String),
}

impl SaidWhy {
    /// In few words.
    pub fn words(&self) -> String {
        match self {
            Self::Limit => "at its limit".to_owned(),
            Self::NodeLimit => "at its limit of nodes".to_owned(),
            Self::Taint(taint) => format!("taint {taint}"),
            Self::UnknownLabel(label) => format!("does not know label {label}"),
            Self::Requirement(words)
            | Self::NoInstanceType(words)
            | Self::Topology(words)
            | Self::Other(words) => words.clone(),
        }
    }
}

/// Reads the event's message.
pub fn parse(message: &str) -> Vec<PoolSaid> {
    let told = message.trim();
    let told =
        told.strip_prefix("Failed to schedule pod").unwrap_or(told).trim_start_matches([',', ':', ' ']);
    parts(told).into_iter().map(part).collect()
}

/// The claim or node that a pod was promised: the event `Nominated`, `Pod should schedule on: nodeclaim/spot-x7k2q`,
/// where a node that has joined is named after it: `nodeclaim/spot-x7k2q, node/ip-10-1-11-40`.
pub fn nominated(message: &str) -> Option<(&str, &str)> {
    let told = message.strip_prefix("Pod should schedule on:")?;
    let first = told.split(',').next()?.trim();
    first.split_once('/').filter(|(kind, name)| matches!(*kind, "nodeclaim" | "node") && !name.is_empty())
}

/// Splits at semicolons outside of brackets and quotes.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut is_quoted, mut start) = (0_i32, false, 0);
    for (at, c) in text.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            '{' | '[' | '(' if !is_quoted => depth += 1,
            '}' | ']' | ')' if !is_quoted => depth -= 1,
            ';' if !is_quoted && depth <= 0 => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn part(text: &str) -> PoolSaid {
    PoolSaid { pool: pool_of(text).map(Into::into), why: why(text) }
}

/// The pool that a part is about: `nodepool "spot"`, `nodepool: "spot"`, `(NodePool=spot)`, `NodePool="spot"`.
fn pool_of(text: &str) -> Option<&str> {
    let after = |marker: &str| {
        let at = text.find(marker)? + marker.len();
        let rest = text.get(at..)?;
        let rest = rest.strip_prefix(':').map_or(rest, str::trim_start);
        if let Some(quoted) = rest.strip_prefix('"') {
            return quoted.split('"').next();
        }
        marker.ends_with('=').then(|| rest.split([',', ')', ' ', ';']).next()).flatten()
    };
    ["NodePool=", "nodepool ", "nodepool"].into_iter().find_map(after).filter(|name| !name.is_empty())
}

fn why(text: &str) -> SaidWhy {
    if text.contains("exceed limits for nodepool") {
        return SaidWhy::Limit;
    }
    if text.contains("node limits have been exhausted") {
        return SaidWhy::NodeLimit;
    }
    let reason = text.strip_prefix("incompatible with nodepool").map_or(text, beyond_overhead);
    let reason = without_fields(reason).trim();
    if let Some(rest) = reason.strip_prefix("did not tolerate") {
        let in_fields = field(text, "taint=").or_else(|| rest.split_once("taint=").map(|(_, taint)| taint));
        let taint = in_fields.unwrap_or(rest).trim().trim_start_matches("taint").trim();
        return SaidWhy::Taint(taint.split([' ', ')', ';']).next().unwrap_or(taint).to_owned());
    }
    if reason.starts_with("no instance type") {
        let explained = reason.rsplit_once('(').and_then(|(_, last)| last.strip_suffix(')'));
        let words = explained.filter(|words| words.starts_with("no instance type"));
        let words = words.or_else(|| reason.split(" and requirements").next()).unwrap_or(reason);
        return SaidWhy::NoInstanceType(words.split(", requirements=").next().unwrap_or(words).to_owned());
    }
    if let Some(requirement) = reason.strip_prefix("incompatible requirements,") {
        let requirement = requirement.trim();
        if let Some(label) = requirement.strip_prefix("label ")
            && requirement.contains("does not have known values")
        {
            return SaidWhy::UnknownLabel(label.split('"').nth(1).unwrap_or(label).to_owned());
        }
        // `key k, k In [a] not in k In [b]`
        let words = requirement.strip_prefix("key ").and_then(|rest| rest.split_once(", ")).map(|(_, w)| w);
        return SaidWhy::Requirement(words.unwrap_or(requirement).to_owned());
    }
    if reason.starts_with("unsatisfiable topology constraint") {
        return SaidWhy::Topology(reason.split(" (counts").next().unwrap_or(reason).to_owned());
    }
    SaidWhy::Other(reason.to_owned())
}

/// What follows the name of the pool and the overhead of DaemonSets.
fn beyond_overhead(rest: &str) -> &str {
    let rest = match rest.split_once("daemonset overhead=") {
        Some((_, rest)) => rest.split_once('}').map_or(rest, |(_, rest)| rest),
        None => rest.split_once(',').map_or(rest, |(_, rest)| rest),
    };
    rest.trim_start_matches([',', ' '])
}

/// Without the structured fields that newer releases put behind an error: ` (NodePool=spot, taint=a:NoSchedule)`, or
/// ` NodePool="spot"`.
fn without_fields(text: &str) -> &str {
    let marks = [" (NodePool=", " (taint=", ", NodePool=", " NodePool="];
    marks.iter().filter_map(|mark| text.find(mark)).min().map_or(text, |at| text.get(..at).unwrap_or(text))
}

/// The value of a structured field.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(name)?;
    rest.split([',', ')', ' ']).next().map(|value| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(message: &str) -> Vec<(String, SaidWhy)> {
        let read = parse(message).into_iter();
        read.map(|said| (said.pool.unwrap_or_default().into(), said.why)).collect()
    }

    #[test]
    fn each_pool_is_read_with_its_reason_in_the_words_of_several_releases() {
        let read = told(
            "Failed to schedule pod, incompatible with nodepool \"system\", daemonset overhead={\"cpu\":\"821m\",\"pods\":\"10\"}, \
             incompatible requirements, label \"nvidia.com/device-plugin.config\" does not have known values; incompatible with \
             nodepool \"runner-arm\", daemonset overhead={\"cpu\":\"1\"}, did not tolerate workload-type=ci-runner:NoSchedule; all \
             available instance types exceed limits for nodepool: \"graviton\"; incompatible with nodepool \"gpu\", daemonset \
             overhead={}, incompatible requirements, key node.kubernetes.io/instance-type, node.kubernetes.io/instance-type In \
             [g6e.4xlarge] not in node.kubernetes.io/instance-type In [g6.2xlarge g6.xlarge]",
        );
        let expected = [
            ("system", SaidWhy::UnknownLabel("nvidia.com/device-plugin.config".to_owned())),
            ("runner-arm", SaidWhy::Taint("workload-type=ci-runner:NoSchedule".to_owned())),
            ("graviton", SaidWhy::Limit),
            (
                "gpu",
                SaidWhy::Requirement(
                    "node.kubernetes.io/instance-type In [g6e.4xlarge] not in node.kubernetes.io/instance-type In [g6.2xlarge g6.xlarge]"
                        .to_owned(),
                ),
            ),
        ];
        assert_eq!(read, expected.map(|(pool, why)| (pool.to_owned(), why)));
        for message in [
            "all available instance types exceed limits for nodepool (NodePool=spot)",
            "Failed to schedule pod, all available instance types exceed limits for nodepool NodePool=\"spot\"",
            "Failed to schedule pod, all available instance types exceed limits for nodepool \"spot\"",
        ] {
            assert_eq!(told(message), [("spot".to_owned(), SaidWhy::Limit)], "{message}");
        }
        let fields = "incompatible with nodepool, daemonset overhead={\"cpu\":\"1\"}, did not tolerate taint (NodePool=a, taint=x=y:NoSchedule)";
        assert_eq!(told(fields), [("a".to_owned(), SaidWhy::Taint("x=y:NoSchedule".to_owned()))]);
        let size = "incompatible with nodepool \"a\", daemonset overhead={\"cpu\":\"1\"}, no instance type satisfied resources {\"cpu\":\"900\"} \
            and requirements karpenter.sh/nodepool In [a], x In [b] (no instance type has enough resources)";
        let why = SaidWhy::NoInstanceType("no instance type has enough resources".to_owned());
        assert_eq!(told(size), [("a".to_owned(), why)]);
    }

    #[test]
    fn a_pool_whose_name_is_strange_and_words_without_a_pool_are_kept() {
        let none =
            told("Failed to schedule pod, nodepool requirements filtered out all available instance types");
        assert_eq!(none.len(), 1);
        assert!(
            matches!(&none[0].1, SaidWhy::Other(words) if words.starts_with("nodepool requirements")),
            "{none:?}"
        );
        assert!(parse("").is_empty() && parse("Failed to schedule pod").is_empty());
    }

    #[test]
    fn what_a_pod_was_promised_is_read() {
        let promised =
            nominated("Pod should schedule on: nodeclaim/spot-x7k2q, node/ip-10-1-11-40.ec2.internal");
        assert_eq!(promised, Some(("nodeclaim", "spot-x7k2q")));
        assert_eq!(nominated("Pod should schedule on: node/a"), Some(("node", "a")));
        assert_eq!(nominated("Pod should schedule on: "), None);
        assert_eq!(nominated("anything"), None);
    }

    proptest! {
        #[test]
        fn no_message_is_too_strange(message in "\\PC{0,200}", rest in "[;,(){}\\[\\]\"=a-zN ]{0,80}") {
            let _ = parse(&message);
            let _ = parse(&format!("incompatible with nodepool{rest}"));
            let _ = parse(&format!("Failed to schedule pod, {rest}; NodePool={rest}"));
            let _ = nominated(&format!("Pod should schedule on:{rest}"));
        }

        #[test]
        fn every_pool_at_its_limit_is_found(pools in proptest::collection::vec("[a-z][a-z0-9-]{0,15}", 1..6)) {
            let said: Vec<String> =
                pools.iter().map(|pool| format!("all available instance types exceed limits for nodepool: \"{pool}\"")).collect();
            let read = parse(&format!("Failed to schedule pod, {}", said.join("; ")));
            let names: Vec<&str> = read.iter().filter_map(|said| said.pool.as_deref()).collect();
            prop_assert_eq!(names, pools);
            prop_assert!(read.iter().all(|said| said.why == SaidWhy::Limit));
        }
    }
}
