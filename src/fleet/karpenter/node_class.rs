//! Node classes: how Karpenter (`EC2NodeClass`) and EKS Auto Mode (`NodeClass`) launch instances. One row for both.

use std::sync::Arc;

use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{self, Labels, Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{Flag, List, Object, Pairs, Text, wire_structs};

/// A node class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeClass {
    /// `metadata`
    pub meta: Meta,
    /// `spec.amiFamily`: `AL2023`, `Bottlerocket` …; `None` where the alias of an image term says it.
    pub ami_family: Option<Arc<str>>,
    /// `spec.role`: the IAM role of its nodes.
    pub role: Option<Arc<str>>,
    /// `status.instanceProfile`, else `spec.instanceProfile`.
    pub instance_profile: Option<Arc<str>>,
    /// `spec.subnetSelectorTerms`
    pub subnet_terms: Box<[SelectorTerm]>,
    /// `spec.securityGroupSelectorTerms`
    pub security_group_terms: Box<[SelectorTerm]>,
    /// `spec.amiSelectorTerms`
    pub ami_terms: Box<[SelectorTerm]>,
    /// `status.subnets`: what the terms found.
    pub subnets: Box<[Subnet]>,
    /// `status.securityGroups`: what the terms found.
    pub security_groups: Box<[SecurityGroup]>,
    /// `status.amis`: what the terms found, the newest first.
    pub amis: Box<[Ami]>,
    /// `status.conditions`: `Ready`, `SubnetsReady`, `SecurityGroupsReady`, `AMIsReady`, `InstanceProfileReady`,
    /// `ValidationSucceeded` …
    pub conditions: Conditions,
    /// The hash of its spec that claims are compared with.
    pub hash: Option<Arc<str>>,
}

/// What a resource of AWS must have to be used; all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectorTerm {
    /// `id`, `name`, `alias`, `owner` or `ssmParameter` with its value.
    pub fields: Labels,
    /// `tags`; the value `*` takes every value.
    pub tags: Labels,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnet {
    /// `id`
    pub id: Arc<str>,
    /// `zone`, for example `us-east-1a`.
    pub zone: Arc<str>,
}

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    /// `id`
    pub id: Arc<str>,
    /// `name`
    pub name: Arc<str>,
}

/// A machine image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ami {
    /// `id`
    pub id: Arc<str>,
    /// `name`
    pub name: Arc<str>,
    /// Its owner no longer wants it to be used.
    pub is_deprecated: bool,
}

wire_structs! {
    /// A node class as it is read.
    pub struct NodeClassWire<'a> {
        metadata: Object<MetaWire<'a, Annotations<'a>>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct Annotations<'a> {
        #[serde(rename = "karpenter.k8s.aws/ec2nodeclass-hash")]
        hash: Text<'a>,
        #[serde(rename = "eks.amazonaws.com/nodeclass-hash")]
        auto_mode_hash: Text<'a>,
    }
    struct SpecWire<'a> {
        ami_family: Text<'a>,
        role: Text<'a>,
        instance_profile: Text<'a>,
        subnet_selector_terms: List<TermWire<'a>>,
        security_group_selector_terms: List<TermWire<'a>>,
        ami_selector_terms: List<TermWire<'a>>,
    }
    struct TermWire<'a> {
        id: Text<'a>,
        name: Text<'a>,
        alias: Text<'a>,
        owner: Text<'a>,
        ssm_parameter: Text<'a>,
        tags: Pairs<'a>,
    }
    struct StatusWire<'a> {
        instance_profile: Text<'a>,
        subnets: List<FoundWire<'a>>,
        security_groups: List<FoundWire<'a>>,
        amis: List<FoundWire<'a>>,
        conditions: List<ConditionWire<'a>>,
    }
    struct FoundWire<'a> {
        id: Text<'a>,
        name: Text<'a>,
        zone: Text<'a>,
        deprecated: Flag,
    }
}

row_with_meta!(NodeClass);

impl Packed for NodeClass {
    packed_from!(NodeClassWire);

    fn pack(wire: NodeClassWire<'_>, shared: &mut Interner) -> Self {
        let (mut meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let annotations = std::mem::take(&mut meta.annotations).or_default();
        Self {
            meta: Meta::pack(&meta, shared),
            ami_family: shared.known(&spec.ami_family),
            role: shared.known(&spec.role),
            instance_profile: shared
                .known(&status.instance_profile)
                .or_else(|| shared.known(&spec.instance_profile)),
            subnet_terms: terms(&spec.subnet_selector_terms, shared),
            security_group_terms: terms(&spec.security_group_selector_terms, shared),
            ami_terms: terms(&spec.ami_selector_terms, shared),
            subnets: status
                .subnets
                .iter()
                .map(|found| Subnet { id: shared.get(&found.id), zone: shared.get(&found.zone) })
                .collect(),
            security_groups: status
                .security_groups
                .iter()
                .map(|found| SecurityGroup { id: shared.get(&found.id), name: shared.get(&found.name) })
                .collect(),
            amis: status
                .amis
                .iter()
                .map(|found| Ami {
                    id: shared.get(&found.id),
                    name: shared.get(&found.name),
                    is_deprecated: found.deprecated.is_true(),
                })
                .collect(),
            conditions: Conditions::pack(&status.conditions, shared),
            hash: shared.known(&annotations.hash).or_else(|| shared.known(&annotations.auto_mode_hash)),
        }
    }
}

fn terms(wire: &List<TermWire<'_>>, interner: &mut Interner) -> Box<[SelectorTerm]> {
    let pack = |term: &TermWire<'_>| SelectorTerm {
        fields: [
            ("id", &term.id),
            ("name", &term.name),
            ("alias", &term.alias),
            ("owner", &term.owner),
            ("ssmParameter", &term.ssm_parameter),
        ]
        .into_iter()
        .filter_map(|(field, value)| Some((interner.get(field), interner.known(value)?)))
        .collect(),
        tags: meta::pairs(&term.tags, interner),
    };
    wire.iter().map(pack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(json: &str) -> NodeClass {
        NodeClass::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn a_recorded_class_is_read() {
        let class = class(
            r#"{"kind":"EC2NodeClass","metadata":{"name":"default","annotations":{"karpenter.k8s.aws/ec2nodeclass-hash":"9"}},
            "spec":{"amiFamily":"AL2023","amiSelectorTerms":[{"alias":"al2023@latest"},{"id":"ami-03c3"}],"role":"myapp-prod-node",
            "securityGroupSelectorTerms":[{"tags":{"karpenter.sh/discovery":"myapp-prod"}}],"kubelet":{"maxPods":110},
            "subnetSelectorTerms":[{"tags":{"karpenter.sh/discovery":"myapp-prod","tier":"*"}}]},
            "status":{"amis":[{"id":"ami-03c3","name":"amazon-eks-node-al2023","deprecated":true,"requirements":[{}]}],
            "instanceProfile":"myapp-prod_6d9f","securityGroups":[{"id":"sg-3aa3","name":"myapp-prod-node"}],
            "subnets":[{"id":"subnet-7073","zone":"us-east-1a","zoneID":"use1-az6"}],
            "conditions":[{"type":"Ready","status":"False","reason":"AMINotFound","message":"no AMI"}]}}"#,
        );
        assert_eq!(
            (class.role.as_deref(), class.ami_family.as_deref()),
            (Some("myapp-prod-node"), Some("AL2023"))
        );
        assert_eq!(class.ami_terms[0].fields[..], [("alias".into(), "al2023@latest".into())]);
        assert_eq!(class.subnet_terms[0].tags.len(), 2);
        assert_eq!((&*class.subnets[0].id, &*class.subnets[0].zone), ("subnet-7073", "us-east-1a"));
        assert_eq!(&*class.security_groups[0].name, "myapp-prod-node");
        assert!(class.amis[0].is_deprecated);
        assert_eq!(class.instance_profile.as_deref(), Some("myapp-prod_6d9f"));
        assert_eq!(&*class.conditions.get("Ready").unwrap().reason, "AMINotFound");
        assert_eq!(class.hash.as_deref(), Some("9"));
    }

    #[test]
    fn the_class_of_auto_mode_is_the_same_row() {
        let class = class(
            r#"{"kind":"NodeClass","metadata":{"name":"default","annotations":{"eks.amazonaws.com/nodeclass-hash":"4"}},
            "spec":{"role":"AutoNode","networkPolicy":"DefaultAllow"},"status":{"subnets":[{"id":"subnet-1","zone":"b"}]}}"#,
        );
        assert_eq!((class.role.as_deref(), class.hash.as_deref()), (Some("AutoNode"), Some("4")));
        assert!(class.amis.is_empty() && class.subnets.len() == 1);
    }
}
