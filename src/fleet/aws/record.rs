//! Records of hosted zones (`ListResourceRecordSets`).

use std::sync::Arc;

use super::aws_row;

/// A record set: what a name answers for one type, or one of several such answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSet {
    /// `api.cosner.cloud A`, with the set's identifier and the zone's id where others are called the same.
    pub key: Box<str>,
    /// Its name in lower case, without the dot at the end and without escapes: `*.cosner.cloud`.
    pub name: Arc<str>,
    /// `Type`: `A`, `AAAA`, `CNAME`, `TXT`, …
    pub kind: Arc<str>,
    /// The id of its zone.
    pub zone: Arc<str>,
    /// How it shares its answers with others of its name and type; `None` when it is alone.
    pub routing: Option<Box<Routing>>,
    /// What it answers.
    pub answer: Answer,
    /// `HealthCheckId`
    pub health_check: Option<Arc<str>>,
}

/// How record sets of one name and type share the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routing {
    /// `SetIdentifier`
    pub set: Box<str>,
    /// The policy in words: `weight 10`, `failover primary`, `region eu-west-1`, `country DE`, `multivalue`.
    pub words: Box<str>,
    /// `Weight`: zero gets no question while another has more.
    pub weight: Option<u32>,
}

/// What a record set answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// These values.
    Values {
        /// `TTL`, in seconds.
        ttl: u32,
        /// As Route 53 spells them: text in quotes. Names are in lower case and without their dot.
        values: Box<[Box<str>]>,
    },
    /// Whatever another name in AWS answers.
    Alias {
        /// `DNSName`: in lower case, without the dot at the end and without `dualstack.`.
        target: Arc<str>,
        /// `HostedZoneId` of the target.
        zone: Arc<str>,
        /// `EvaluateTargetHealth`
        evaluates_health: bool,
    },
}

impl Default for Answer {
    fn default() -> Self {
        Self::Values { ttl: 0, values: Box::default() }
    }
}

aws_row!(RecordSet, key);

impl RecordSet {
    /// The names that it leads to: an alias's target, or that of a CNAME.
    pub fn targets(&self) -> Vec<&str> {
        match &self.answer {
            Answer::Alias { target, .. } => vec![target],
            Answer::Values { values, .. } if &*self.kind == "CNAME" => {
                values.iter().map(AsRef::as_ref).collect()
            }
            Answer::Values { .. } => Vec::new(),
        }
    }

    /// True for a type that people look names up by.
    pub fn is_address(&self) -> bool {
        matches!(&*self.kind, "A" | "AAAA" | "CNAME")
    }

    /// What it answers, in words.
    pub fn answer_words(&self) -> String {
        match &self.answer {
            Answer::Alias { target, .. } => target.to_string(),
            Answer::Values { values, .. } => values.join(", "),
        }
    }
}

/// A name as Route 53 spells it, as everybody else does: lower case, no dot at the end, and instead of `\052` what it
/// stands for (Route 53 Developer Guide, DNS domain name format: `\` and three octal digits for a byte).
pub fn unescaped(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\').then(|| after.get(..3)).flatten();
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    let name = String::from_utf8_lossy(&bytes).to_lowercase();
    name.trim_end_matches('.').to_owned()
}

/// The name of an alias's target: load balancers answer to it with and without `dualstack.` in front.
pub fn plain_target(name: &str) -> String {
    let name = unescaped(name);
    name.strip_prefix("dualstack.").map(str::to_owned).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_read_and_what_only_looks_like_one_stays() {
        assert_eq!(unescaped("\\052.Cosner.cloud."), "*.cosner.cloud");
        assert_eq!(unescaped("\\303\\274ber.cosner.cloud."), "über.cosner.cloud");
        assert_eq!(unescaped("a\\9b.cosner.cloud"), "a\\9b.cosner.cloud");
        assert_eq!(unescaped("a\\777.cosner.cloud"), "a\\777.cosner.cloud", "no byte");
        assert_eq!(unescaped("\\377.x."), "\u{fffd}.x");
    }

    #[test]
    fn the_two_names_of_a_load_balancer_are_one() {
        assert_eq!(
            plain_target("dualstack.K8s-edge-1.us-east-1.elb.amazonaws.com."),
            "k8s-edge-1.us-east-1.elb.amazonaws.com"
        );
    }
}
