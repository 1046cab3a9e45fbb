//! NetworkPolicies (`networking.k8s.io/v1`): which connections pods may make and take. Whether anybody enforces them is
//! another question.

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::selector::{LabelSelector, SelectorWire};
use super::wire::{List, Number, Object, Text, Texts, wire_structs};

/// A NetworkPolicy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// `metadata`
    pub meta: Meta,
    /// `spec.podSelector`: which pods of its namespace; an empty one takes all.
    pub pods: LabelSelector,
    /// What they may take; `None` where the policy says nothing of incoming connections, and nothing allowed where it
    /// is empty.
    pub ingress: Option<Box<[PolicyRule]>>,
    /// What they may make; `None` where the policy says nothing of outgoing connections, and nothing allowed where it is
    /// empty.
    pub egress: Option<Box<[PolicyRule]>>,
}

/// Connections that are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRule {
    /// `from` or `to`: with whom; empty for everybody.
    pub peers: Box<[Peer]>,
    /// `ports`; empty for all.
    pub ports: Box<[PolicyPort]>,
}

/// With whom connections are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// With pods.
    Pods {
        /// `podSelector`: which; `None` for all.
        pods: Option<LabelSelector>,
        /// `namespaceSelector`: in which namespaces; `None` for the policy's own.
        namespaces: Option<LabelSelector>,
    },
    /// With addresses.
    Addresses {
        /// `ipBlock.cidr`
        cidr: Arc<str>,
        /// `ipBlock.except`: but not with these.
        except: Box<[Arc<str>]>,
    },
}

/// A port that is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyPort {
    /// `protocol`; TCP where it is not said.
    pub protocol: Arc<str>,
    /// `port`: a number or the name of a container port; empty for all.
    pub port: Arc<str>,
    /// `endPort`: the last of a range; 0 for a single port.
    pub end: u32,
}

wire_structs! {
    /// A NetworkPolicy as it is read.
    pub struct NetworkPolicyWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
    }
    struct SpecWire<'a> {
        pod_selector: Object<SelectorWire<'a>>,
        policy_types: Texts<'a>,
        ingress: List<RuleWire<'a>>,
        egress: List<RuleWire<'a>>,
    }
    struct RuleWire<'a> {
        from: List<PeerWire<'a>>,
        to: List<PeerWire<'a>>,
        ports: List<PortWire<'a>>,
    }
    struct PeerWire<'a> {
        pod_selector: Object<SelectorWire<'a>>,
        namespace_selector: Object<SelectorWire<'a>>,
        ip_block: Object<BlockWire<'a>>,
    }
    struct BlockWire<'a> {
        cidr: Text<'a>,
        except: Texts<'a>,
    }
    struct PortWire<'a> {
        protocol: Text<'a>,
        port: Text<'a>,
        end_port: Number,
    }
}

row_with_meta!(NetworkPolicy);

impl Packed for NetworkPolicy {
    packed_from!(NetworkPolicyWire);

    fn pack(wire: NetworkPolicyWire<'_>, shared: &mut Interner) -> Self {
        let spec = wire.spec.or_default();
        let says = |direction: &str| spec.policy_types.0.iter().any(|kind| &**kind == direction);
        // Without types a policy is about incoming connections, and about outgoing ones where it has rules for them.
        let is_silent = spec.policy_types.0.is_empty();
        let mut rules = |wire: &List<RuleWire<'_>>| -> Box<[PolicyRule]> {
            wire.iter().map(|rule| PolicyRule::pack(rule, shared)).collect()
        };
        let ingress = (is_silent || says("Ingress")).then(|| rules(&spec.ingress));
        let egress = (says("Egress") || (is_silent && !spec.egress.is_empty())).then(|| rules(&spec.egress));
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            pods: LabelSelector::pack_some(&spec.pod_selector, shared).unwrap_or_default(),
            ingress,
            egress,
        }
    }
}

impl PolicyRule {
    fn pack(wire: &RuleWire<'_>, interner: &mut Interner) -> Self {
        Self {
            peers: wire.from.iter().chain(wire.to.iter()).map(|peer| Peer::pack(peer, interner)).collect(),
            ports: wire
                .ports
                .iter()
                .map(|port| PolicyPort {
                    protocol: interner.get(port.protocol.known().unwrap_or("TCP")),
                    port: interner.get(&port.port),
                    end: port.end_port.count(),
                })
                .collect(),
        }
    }
}

impl Peer {
    fn pack(wire: &PeerWire<'_>, interner: &mut Interner) -> Self {
        match wire.ip_block.get() {
            Some(block) => {
                Self::Addresses { cidr: interner.get(&block.cidr), except: interner.all(&block.except) }
            }
            None => Self::Pods {
                pods: LabelSelector::pack_some(&wire.pod_selector, interner),
                namespaces: LabelSelector::pack_some(&wire.namespace_selector, interner),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(json: &str) -> NetworkPolicy {
        NetworkPolicy::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn rules_are_read_with_whom_they_are_about() {
        let policy = policy(
            r#"{"metadata":{"name":"api","namespace":"production"},"spec":{"podSelector":{"matchLabels":{"app":"api"}},"policyTypes":["Ingress","Egress"],
            "ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress-nginx"}},"podSelector":{}},
            {"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],"ports":[{"port":8080},{"protocol":"UDP","port":"dns","endPort":60}]},{}],
            "egress":[]}}"#,
        );
        assert!(policy.pods.matches([("app", "api")]) && !policy.pods.matches([("app", "web")]));
        let [rule, everybody] = &*policy.ingress.unwrap() else { panic!() };
        let [Peer::Pods { pods, namespaces }, Peer::Addresses { cidr, except }] = &*rule.peers else {
            panic!("{rule:?}")
        };
        assert!(pods.as_ref().unwrap().is_empty() && !namespaces.as_ref().unwrap().is_empty());
        assert_eq!((&**cidr, except.len()), ("10.0.0.0/8", 1));
        let ports: Vec<(&str, &str, u32)> =
            rule.ports.iter().map(|p| (&*p.protocol, &*p.port, p.end)).collect();
        assert_eq!(ports, [("TCP", "8080", 0), ("UDP", "dns", 60)]);
        assert!(everybody.peers.is_empty() && everybody.ports.is_empty());
        assert_eq!(policy.egress.as_deref(), Some(&[][..]));
    }

    #[test]
    fn what_a_policy_does_not_speak_of_it_does_not_deny() {
        let deny = policy(r#"{"spec":{"podSelector":{},"policyTypes":["Ingress"]}}"#);
        assert_eq!((deny.ingress.as_deref(), deny.egress.as_deref()), (Some(&[][..]), None));
        let silent = policy(r#"{"spec":{"podSelector":{}}}"#);
        assert_eq!((silent.ingress.as_deref(), silent.egress.as_deref()), (Some(&[][..]), None));
        let by_rules = policy(r#"{"spec":{"egress":[{"to":[{"podSelector":{}}]}]}}"#);
        assert_eq!(
            (by_rules.ingress.map(|rules| rules.len()), by_rules.egress.map(|rules| rules.len())),
            (Some(0), Some(1))
        );
    }
}
