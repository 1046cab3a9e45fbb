//! What may come in and go out, in words.

use super::{Direction, End, rules, selects};
use crate::fleet::network_policy::{NetworkPolicy, Peer, PolicyPort, PolicyRule};
use crate::fleet::selector::{LabelSelector, Operator};

/// What a pod may take or make, and whether it is closed to the rest.
pub fn side(policies: &[&NetworkPolicy], direction: Direction, pod: &End) -> (bool, String) {
    let own: Vec<&[PolicyRule]> = policies
        .iter()
        .filter(|policy| selects(policy, pod))
        .filter_map(|policy| rules(policy, direction))
        .collect();
    if own.is_empty() {
        return (false, "open".to_owned());
    }
    let mut said: Vec<String> = Vec::new();
    for rule in own.iter().copied().flatten() {
        if rule.peers.is_empty() && rule.ports.is_empty() {
            return (true, "everything".to_owned());
        }
        let ports = ports(&rule.ports);
        let everybody =
            || vec![if direction == Direction::In { "everybody" } else { "everywhere" }.to_owned()];
        let peers = if rule.peers.is_empty() { everybody() } else { rule.peers.iter().map(peer).collect() };
        for peer in peers {
            let words = format!("{peer}{ports}");
            if !said.contains(&words) {
                said.push(words);
            }
        }
    }
    (true, if said.is_empty() { "nothing".to_owned() } else { said.join(", ") })
}

fn ports(ports: &[PolicyPort]) -> String {
    let mut said: Vec<String> = Vec::new();
    for port in ports {
        let number = match (&*port.port, port.end) {
            ("", _) => format!("any {}", port.protocol),
            (first, 0) => first.to_owned(),
            (first, end) => format!("{first}-{end}"),
        };
        // TCP goes without saying, unless the same port is meant for both.
        let words = if &*port.protocol == "TCP" { number } else { format!("{number}/{}", port.protocol) };
        if !said.contains(&words) {
            said.push(words);
        }
    }
    if said.is_empty() { String::new() } else { format!(" :{}", said.join(",")) }
}

fn peer(peer: &Peer) -> String {
    match peer {
        Peer::Addresses { cidr, except } if except.is_empty() => cidr.to_string(),
        Peer::Addresses { cidr, except } => format!("{cidr} without {}", except.join(" ")),
        Peer::Pods { pods, namespaces } => {
            let pods = pods.as_ref().filter(|pods| !pods.is_empty()).map(selector);
            match (namespaces, pods) {
                (None, None) => "this namespace".to_owned(),
                (None, Some(pods)) => format!("{pods} here"),
                (Some(namespaces), pods) => {
                    let place = place(namespaces);
                    match pods {
                        Some(pods) => format!("{pods} in {place}"),
                        None => place,
                    }
                }
            }
        }
    }
}

fn place(namespaces: &LabelSelector) -> String {
    let by_name = match (&*namespaces.labels, namespaces.expressions.is_empty()) {
        ([(key, name)], true) if &**key == "kubernetes.io/metadata.name" => Some(name.to_string()),
        _ => None,
    };
    match by_name {
        Some(name) => name,
        None if namespaces.is_empty() => "every namespace".to_owned(),
        None => format!("namespaces {}", selector(namespaces)),
    }
}

/// A selector as kubectl writes it.
pub(super) fn selector(selector: &LabelSelector) -> String {
    let labels = selector.labels.iter().map(|(key, value)| format!("{key}={value}"));
    let expressions = selector.expressions.iter().map(|expression| {
        let values = expression.values.join(",");
        match &expression.operator {
            Operator::Exists => expression.key.to_string(),
            Operator::DoesNotExist => format!("!{}", expression.key),
            Operator::In => format!("{} in ({values})", expression.key),
            Operator::NotIn => format!("{} notin ({values})", expression.key),
            other => format!("{} {other:?} {values}", expression.key),
        }
    });
    labels.chain(expressions).collect::<Vec<_>>().join(",")
}
