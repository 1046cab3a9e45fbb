//! TargetGroupBindings: which service fills a target group of a load balancer (`elbv2.k8s.aws/v1beta1`, AWS Load Balancer
//! Controller 3.x).

use std::sync::Arc;

use super::condition::{ConditionWire, Conditions};
use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::wire::{Flag, List, Number, Object, Text, wire_structs};

/// A TargetGroupBinding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupBinding {
    /// `metadata`; labels name the stack of the ingress or service that it was made for.
    pub meta: Meta,
    /// `spec.serviceRef.name`, a service of the same namespace.
    pub service: Arc<str>,
    /// `spec.serviceRef.port`: a number or a name.
    pub port: Arc<str>,
    /// `spec.targetGroupARN`; empty while only a name is given.
    pub target_group_arn: Box<str>,
    /// `spec.targetType`: `instance` or `ip`.
    pub target_type: Arc<str>,
    /// `spec.multiClusterTargetGroup`: other clusters fill the target group too.
    pub is_multi_cluster: bool,
    /// False while the controller has not yet looked at the latest change of the spec.
    pub is_observed: bool,
    /// `status.conditions`; only written when something is wrong.
    pub conditions: Conditions,
}

wire_structs! {
    /// A TargetGroupBinding as it is read.
    pub struct TargetGroupBindingWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        service_ref: Object<ServiceRefWire<'a>>,
        #[serde(rename = "targetGroupARN")]
        target_group_arn: Text<'a>,
        target_type: Text<'a>,
        multi_cluster_target_group: Flag,
    }
    struct ServiceRefWire<'a> {
        name: Text<'a>,
        port: Text<'a>,
    }
    struct StatusWire<'a> {
        observed_generation: Number,
        conditions: List<ConditionWire<'a>>,
    }
}

row_with_meta!(TargetGroupBinding);

impl Packed for TargetGroupBinding {
    packed_from!(TargetGroupBindingWire);

    fn pack(wire: TargetGroupBindingWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let (status, service) = (wire.status.or_default(), spec.service_ref.or_default());
        Self {
            meta: Meta::pack(&meta, shared),
            service: shared.get(&service.name),
            port: shared.get(&service.port),
            target_group_arn: (*spec.target_group_arn).into(),
            target_type: shared.get(&spec.target_type),
            is_multi_cluster: spec.multi_cluster_target_group.is_true(),
            is_observed: status.observed_generation.0.unwrap_or(0) >= meta.generation.0.unwrap_or(0),
            conditions: Conditions::pack(&status.conditions, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_binding_is_read() {
        let json = r#"{"metadata":{"name":"k8s-ingressn","namespace":"ingress-nginx","generation":1,"labels":{"ingress.k8s.aws/stack-name":"edge"}},
            "spec":{"ipAddressType":"ipv4","serviceRef":{"name":"ingress-nginx-controller","port":80},"targetType":"instance",
            "targetGroupARN":"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/k8s-ingressn/c35b"},"status":{"observedGeneration":1}}"#;
        let pack = |json: &str| {
            TargetGroupBinding::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
        };
        let binding = pack(json);
        assert_eq!(
            (&*binding.service, &*binding.port, &*binding.target_type),
            ("ingress-nginx-controller", "80", "instance")
        );
        assert!(
            binding.target_group_arn.ends_with("/c35b")
                && binding.is_observed
                && binding.conditions.is_empty()
        );
        assert!(!pack(r#"{"metadata":{"generation":2},"status":{"observedGeneration":1}}"#).is_observed);
    }
}
