//! Why the scheduler found no node for a pod: its message as facts (`FitError.Error` of kube-scheduler, 1.24 to 1.36).

use std::fmt;

/// What the scheduler's message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// How many nodes there are; `None` when the message does not count them.
    pub nodes: Option<u32>,
    /// What keeps the pod from them, in the scheduler's order. A node that fails in several ways is counted in each.
    pub reasons: Vec<Refusal>,
}

/// One thing that keeps a pod from nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// From how many nodes; `None` for what is about the pod and so keeps it from all.
    pub nodes: Option<u32>,
    /// What.
    pub why: Obstacle,
}

/// What keeps a pod from a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Obstacle {
    /// Not enough of this resource is left on it.
    Insufficient(String),
    /// It may not run more pods.
    TooManyPods,
    /// It is cordoned.
    Cordoned,
    /// It has a taint that the pod does not tolerate: its key, where the scheduler says it (1.36 does not).
    Taint(Option<String>),
    /// Its labels are not what the pod's node selector or node affinity asks for.
    NodeAffinity,
    /// The pods that the pod wants to be near are not there.
    PodAffinity,
    /// A pod is there that the pod wants to be far from.
    PodAntiAffinity,
    /// A pod is there that wants to be far from the pod.
    OthersAntiAffinity,
    /// The pod's kind would be spread unevenly.
    Spread,
    /// A label is missing on it that the pod's kind is spread over.
    SpreadLabel,
    /// A volume of the pod is in another zone.
    VolumeZone,
    /// It has as many volumes attached as it may have.
    VolumeLimit,
    /// No volume that a claim of the pod could be bound to can be had there.
    NoVolume,
    /// A claim of the pod is not bound, and is not meant to wait for the pod.
    UnboundClaims,
    /// A claim of the pod does not exist.
    NoClaim(String),
    /// A port that the pod wants on the host is taken.
    HostPort,
    /// Something that this program has no word for, in the scheduler's.
    Other(String),
}

impl Refusals {
    /// Reads a message. What is said about preemption is left out: it only says once more that nothing helps.
    pub fn parse(message: &str) -> Self {
        let fit = ["no new claims to deallocate", "preemption:"]
            .iter()
            .fold(message, |rest, after| rest.split_once(after).map_or(rest, |(before, _)| before));
        let fit = fit.trim().trim_end_matches(['.', ',']);
        let counted = fit.split_once(" nodes are available:").and_then(|(head, reasons)| {
            let (_, nodes) = head.rsplit_once('/')?;
            Some((nodes.trim().parse().ok()?, reasons))
        });
        let Some((nodes, reasons)) = counted else {
            let why = (!fit.is_empty()).then(|| Refusal { nodes: None, why: obstacle(fit) });
            return Self { nodes: None, reasons: why.into_iter().collect() };
        };
        Self { nodes: Some(nodes), reasons: clauses(reasons).map(refusal).collect() }
    }

    /// In few words: `0/6 nodes fit: 4 insufficient cpu, 2 taint CriticalAddonsOnly`.
    pub fn words(&self) -> String {
        let reasons: Vec<String> = self.reasons.iter().map(ToString::to_string).collect();
        let reasons = reasons.join(", ");
        match self.nodes {
            Some(nodes) => format!("0/{nodes} nodes fit: {reasons}"),
            None => reasons,
        }
    }

    /// True when this keeps the pod from a node.
    pub fn has(&self, is: impl Fn(&Obstacle) -> bool) -> bool {
        self.reasons.iter().any(|refusal| is(&refusal.why))
    }
}

/// Splits at commas that are not inside braces.
fn clauses(reasons: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    reasons
        .split(move |c| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            c == ',' && depth <= 0
        })
        .map(str::trim)
        // `…, that the pod didn't tolerate` belongs to the clause before it.
        .filter(|clause| !clause.is_empty() && *clause != "that the pod didn't tolerate")
}

fn refusal(clause: &str) -> Refusal {
    let counted = clause.split_once(' ').and_then(|(count, rest)| Some((count.parse().ok()?, rest)));
    match counted {
        Some((nodes, rest)) => Refusal { nodes: Some(nodes), why: obstacle(rest) },
        None => Refusal { nodes: None, why: obstacle(clause) },
    }
}

fn obstacle(text: &str) -> Obstacle {
    const KNOWN: [(&str, Obstacle); 17] = [
        ("didn't match Pod's node affinity", Obstacle::NodeAffinity),
        ("didn't match node selector", Obstacle::NodeAffinity),
        ("didn't match pod topology spread constraints (missing required label)", Obstacle::SpreadLabel),
        ("didn't match pod topology spread", Obstacle::Spread),
        ("didn't match pod anti-affinity", Obstacle::PodAntiAffinity),
        ("didn't satisfy existing pods anti-affinity", Obstacle::OthersAntiAffinity),
        ("didn't match pod affinity", Obstacle::PodAffinity),
        ("had volume node affinity conflict", Obstacle::VolumeZone),
        ("didn't match PersistentVolume's node affinity", Obstacle::VolumeZone),
        ("had no available volume zone", Obstacle::VolumeZone),
        ("exceed max volume count", Obstacle::VolumeLimit),
        ("didn't find available persistent volumes to bind", Obstacle::NoVolume),
        ("did not have enough free storage", Obstacle::NoVolume),
        ("pod has unbound immediate PersistentVolumeClaims", Obstacle::UnboundClaims),
        ("were unschedulable", Obstacle::Cordoned),
        ("didn't have free ports", Obstacle::HostPort),
        ("Too many pods", Obstacle::TooManyPods),
    ];
    let reason = text.strip_prefix("node(s) ").unwrap_or(text).trim();
    if let Some(resource) = reason.strip_prefix("Insufficient ") {
        return Obstacle::Insufficient(resource.trim().to_owned());
    }
    if let Some(claim) = reason.strip_prefix("persistentvolumeclaim ") {
        if let Some(name) = claim.split('"').nth(1).filter(|_| claim.ends_with("not found")) {
            return Obstacle::NoClaim(name.to_owned());
        }
        return Obstacle::Other(reason.to_owned());
    }
    if reason.starts_with("had untolerated taint") || reason.starts_with("had taint") {
        let key = reason.split_once('{').map(|(_, taint)| taint.split([':', '=', '}']).next().unwrap_or(""));
        return Obstacle::Taint(key.map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned));
    }
    let known = KNOWN.iter().find(|(start, _)| reason.starts_with(start));
    known.map_or_else(|| Obstacle::Other(reason.to_owned()), |(_, obstacle)| obstacle.clone())
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nodes {
            Some(nodes) => write!(f, "{nodes} {}", self.why),
            None => self.why.fmt(f),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insufficient(resource) => write!(f, "insufficient {resource}"),
            Self::TooManyPods => f.write_str("pod limit reached"),
            Self::Cordoned => f.write_str("cordoned"),
            Self::Taint(Some(key)) => write!(f, "taint {key}"),
            Self::Taint(None) => f.write_str("untolerated taint"),
            Self::NodeAffinity => f.write_str("node affinity or selector"),
            Self::PodAffinity => f.write_str("pod affinity"),
            Self::PodAntiAffinity => f.write_str("pod anti-affinity"),
            Self::OthersAntiAffinity => f.write_str("anti-affinity of other pods"),
            Self::Spread => f.write_str("topology spread"),
            Self::SpreadLabel => f.write_str("no label to spread over"),
            Self::VolumeZone => f.write_str("volume in another zone"),
            Self::VolumeLimit => f.write_str("volume limit reached"),
            Self::NoVolume => f.write_str("no volume to be had there"),
            Self::UnboundClaims => f.write_str("claim not bound"),
            Self::NoClaim(name) => write!(f, "claim {name} does not exist"),
            Self::HostPort => f.write_str("host port taken"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(message: &str) -> Vec<(Option<u32>, Obstacle)> {
        Refusals::parse(message).reasons.into_iter().map(|refusal| (refusal.nodes, refusal.why)).collect()
    }

    fn words(message: &str) -> String {
        Refusals::parse(message).words()
    }

    #[test]
    fn scheduling_messages_become_short() {
        assert_eq!(
            words(
                "0/6 nodes are available: 4 Insufficient cpu, 2 node(s) had untolerated taint \
                 {CriticalAddonsOnly: true}. preemption: 0/6 nodes are available: 6 Preemption is not helpful."
            ),
            "0/6 nodes fit: 4 insufficient cpu, 2 taint CriticalAddonsOnly"
        );
        assert_eq!(
            words(
                "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had \
                 untolerated taint {node.kubernetes.io/unreachable: }, 1 node(s) were unschedulable."
            ),
            "0/3 nodes fit: 1 node affinity or selector, 1 taint node.kubernetes.io/unreachable, 1 cordoned"
        );
        assert_eq!(
            words("0/3 nodes are available: persistentvolumeclaim \"data\" not found."),
            "0/3 nodes fit: claim data does not exist"
        );
        assert_eq!(
            words(
                "0/6 nodes are available: 4 Insufficient cpu, 2 node(s) had untolerated taint(s). no new claims to \
                 deallocate, preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling."
            ),
            "0/6 nodes fit: 4 insufficient cpu, 2 untolerated taint"
        );
        assert_eq!(words("no nodes available to schedule pods"), "no nodes available to schedule pods");
        assert_eq!(words(""), "");
    }

    #[test]
    fn recorded_messages_are_read() {
        let told = read(
            "0/6 nodes are available: 1 node(s) had untolerated taint {CriticalAddonsOnly: true}, 2 node(s) didn't \
             match Pod's node affinity/selector, 3 Insufficient cpu, 3 Insufficient nvidia.com/gpu. preemption: 0/6 \
             nodes are available: 3 No preemption victims found for incoming pod, 3 Preemption is not helpful.",
        );
        assert_eq!(
            told,
            [
                (Some(1), Obstacle::Taint(Some("CriticalAddonsOnly".to_owned()))),
                (Some(2), Obstacle::NodeAffinity),
                (Some(3), Obstacle::Insufficient("cpu".to_owned())),
                (Some(3), Obstacle::Insufficient("nvidia.com/gpu".to_owned())),
            ]
        );
        let older =
            "0/3 nodes are available: 3 node(s) had taint {dedicated: a, b}, that the pod didn't tolerate.";
        assert_eq!(read(older), [(Some(3), Obstacle::Taint(Some("dedicated".to_owned())))]);
        let unbound = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found";
        assert_eq!(read(unbound), [(None, Obstacle::UnboundClaims)]);
        let claim =
            "0/3 nodes are available: persistentvolumeclaim \"data-0\" not found. preemption: 0/3 nodes.";
        assert_eq!(read(claim), [(None, Obstacle::NoClaim("data-0".to_owned()))]);
        let zone = "0/3 nodes are available: 1 Too many pods, 2 node(s) had volume node affinity conflict.";
        assert_eq!(read(zone), [(Some(1), Obstacle::TooManyPods), (Some(2), Obstacle::VolumeZone)]);
    }

    #[test]
    fn what_counts_no_nodes_is_kept_in_its_words() {
        let told = Refusals::parse("no nodes available to schedule pods");
        assert_eq!((told.nodes, told.words().as_str()), (None, "no nodes available to schedule pods"));
        assert_eq!(Refusals::parse(" "), Refusals::default());
        assert_eq!(Refusals::parse("many nodes are available: 3 x").nodes, None);
    }

    fn clause() -> impl Strategy<Value = (String, Obstacle)> {
        prop_oneof![
            Just(("node(s) were unschedulable".to_owned(), Obstacle::Cordoned)),
            Just(("node(s) had untolerated taint(s)".to_owned(), Obstacle::Taint(None))),
            Just(("Too many pods".to_owned(), Obstacle::TooManyPods)),
            Just(("node(s) didn't match pod affinity rules".to_owned(), Obstacle::PodAffinity)),
            Just(("node(s) didn't match pod anti-affinity rules".to_owned(), Obstacle::PodAntiAffinity)),
            Just(("node(s) exceed max volume count".to_owned(), Obstacle::VolumeLimit)),
            "[a-z]([a-z./-]{0,18}[a-z])?"
                .prop_map(|r| (format!("Insufficient {r}"), Obstacle::Insufficient(r))),
            ("[a-z]([a-z./-]{0,12}[a-z])?", "[a-z0-9, {]{0,5}").prop_map(|(key, value)| (
                format!("node(s) had untolerated taint {{{key}: {}}}", value.replace('{', "")),
                Obstacle::Taint(Some(key))
            )),
        ]
    }

    proptest! {
        #[test]
        fn every_message_that_the_scheduler_makes_is_read_back(
            nodes in 0..2000_u32,
            parts in proptest::collection::vec((1..500_u32, clause()), 1..6),
            preempts in any::<bool>(),
        ) {
            let said: Vec<String> = parts.iter().map(|(count, (text, _))| format!("{count} {text}")).collect();
            let mut message = format!("0/{nodes} nodes are available: {}.", said.join(", "));
            if preempts {
                message.push_str(" preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.");
            }
            let expected: Vec<_> = parts.into_iter().map(|(count, (_, why))| (Some(count), why)).collect();
            let read = Refusals::parse(&message);
            prop_assert_eq!(read.nodes, Some(nodes));
            let reasons: Vec<_> = read.reasons.into_iter().map(|r| (r.nodes, r.why)).collect();
            prop_assert_eq!(reasons, expected, "{}", message);
        }

        #[test]
        fn no_message_is_too_strange(message in "\\PC{0,200}") {
            let _ = Refusals::parse(&message).words();
            let _ = Refusals::parse(&format!("0/3 nodes are available: {message}")).words();
        }
    }
}
