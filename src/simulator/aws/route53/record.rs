//! A record set, and the order and spelling in which Route 53 lists names.

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde_json::{Value, json};

/// One record set of a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name in lower case with a dot at the end, unescaped.
    pub name: String,
    /// Its type: `A`, `AAAA`, `TXT`, …
    pub kind: String,
    /// What tells apart the sets of one name and type, and how they share the answers.
    pub set: Option<Set>,
    /// What it answers.
    pub content: Content,
    /// The health check that it depends on.
    pub health_check: Option<String>,
}

/// One of several record sets of the same name and type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Set {
    /// `SetIdentifier`.
    pub id: String,
    /// Its share among the weights of all.
    pub weight: i64,
}

/// What a record answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// These values, cached so many seconds.
    Values {
        /// Seconds.
        ttl: i64,
        /// As Route 53 spells them: text in quotes.
        values: Vec<String>,
    },
    /// Whatever another name in AWS answers.
    Alias {
        /// The hosted zone of the target.
        zone: String,
        /// The target's name, with a dot at the end.
        target: String,
        /// Whether an unhealthy target is left out.
        evaluates_health: bool,
    },
}

impl Record {
    /// A record of values.
    pub fn plain(name: &str, kind: &str, ttl: i64, values: Vec<String>) -> Self {
        let content = Content::Values { ttl, values };
        Self { name: name.to_owned(), kind: kind.to_owned(), set: None, content, health_check: None }
    }

    /// A record that stands for a load balancer.
    pub fn alias(name: &str, kind: &str, target: &str) -> Self {
        let content = Content::Alias {
            zone: LOAD_BALANCERS.to_owned(),
            target: format!("{target}."),
            evaluates_health: true,
        };
        Self { name: name.to_owned(), kind: kind.to_owned(), set: None, content, health_check: None }
    }

    /// What it is listed by.
    pub(super) fn place(&self) -> (&str, &str, &str) {
        (&self.name, &self.kind, self.set.as_ref().map_or("", |set| set.id.as_str()))
    }

    pub(super) fn written(&self) -> Value {
        let mut out = json!({
            "Name": escaped(&self.name), "Type": self.kind, "SetIdentifier": self.set.as_ref().map(|set| &set.id),
            "Weight": self.set.as_ref().map(|set| set.weight),
        });
        let content = match &self.content {
            Content::Values { ttl, values } => {
                let values: Vec<Value> = values.iter().map(|value| json!({"Value": value})).collect();
                json!({"TTL": ttl, "ResourceRecords": {"ResourceRecord": values}})
            }
            Content::Alias { zone, target, evaluates_health } => json!({"AliasTarget": {
                "HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": evaluates_health,
            }}),
        };
        if let (Value::Object(out), Value::Object(content)) = (&mut out, content) {
            out.extend(content);
            out.insert("HealthCheckId".to_owned(), json!(self.health_check));
        }
        out
    }
}

/// The hosted zone of the application load balancers of us-east-1 (external-dns, `provider/aws/aws.go`).
pub const LOAD_BALANCERS: &str = "Z35SXDOTRQ7X7K";

/// The order in which Route 53 lists sets: by the labels of the name from the last to the first, by type, by identifier.
pub(super) fn order(record: &Record, (name, kind, set): (&str, &str, &str)) -> Ordering {
    let (own_name, own_kind, own_set) = record.place();
    by_labels(own_name, name).then_with(|| own_kind.cmp(kind)).then_with(|| own_set.cmp(set))
}

fn by_labels(one: &str, other: &str) -> Ordering {
    one.trim_end_matches('.').rsplit('.').cmp(other.trim_end_matches('.').rsplit('.'))
}

/// The name as it is listed: what is no letter, digit, hyphen, underscore or dot becomes `\` and three octal digits.
fn escaped(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            other => drop(write!(out, "\\{other:03o}")),
        }
        out
    })
}

/// The name that a client spelt with escapes, in lower case and with its dot.
pub(super) fn unescaped(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\')
            .then(|| after.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
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
    if name.ends_with('.') { name } else { format!("{name}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_and_an_umlaut_are_spelt_in_octal_and_read_back() {
        assert_eq!(escaped("*.cosner.cloud."), "\\052.cosner.cloud.");
        assert_eq!(escaped("ü.cosner.cloud."), "\\303\\274.cosner.cloud.");
        assert_eq!(unescaped("\\052.Cosner.cloud"), "*.cosner.cloud.");
        assert_eq!(unescaped("\\303\\274.cosner.cloud."), "ü.cosner.cloud.");
        assert_eq!(unescaped("odd\\9.cosner.cloud."), "odd\\9.cosner.cloud.");
    }
}
