//! Ingress classes: which controller serves an ingress (`networking.k8s.io/v1`).

use std::sync::Arc;

use super::intern::Interner;
use super::meta::{Meta, MetaWire, row_with_meta};
use super::row::{Packed, packed_from};
use super::wire::{Flag, Object, Text, wire_structs};

/// An ingress class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngressClass {
    /// `metadata`
    pub meta: Meta,
    /// `spec.controller`, for example `ingress.k8s.aws/alb` or `k8s.io/ingress-nginx`.
    pub controller: Arc<str>,
    /// The annotation `ingressclass.kubernetes.io/is-default-class`: ingresses without a class get this one.
    pub is_default: bool,
    /// `spec.parameters.name`
    pub parameters: Option<Arc<str>>,
}

wire_structs! {
    /// An ingress class as it is read.
    pub struct IngressClassWire<'a> {
        metadata: Object<MetaWire<'a, Annotations>>,
        spec: Object<SpecWire<'a>>,
    }
    struct Annotations {
        #[serde(rename = "ingressclass.kubernetes.io/is-default-class")]
        is_default: Flag,
    }
    struct SpecWire<'a> {
        controller: Text<'a>,
        parameters: Object<ParametersWire<'a>>,
    }
    struct ParametersWire<'a> {
        name: Text<'a>,
    }
}

row_with_meta!(IngressClass);

impl Packed for IngressClass {
    packed_from!(IngressClassWire);

    fn pack(wire: IngressClassWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        Self {
            meta: Meta::pack(&meta, shared),
            controller: shared.get(&spec.controller),
            is_default: meta.annotations.get().is_some_and(|annotations| annotations.is_default.is_true()),
            parameters: spec.parameters.get().and_then(|parameters| shared.known(&parameters.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_class_says_so_in_an_annotation() {
        let class =
            |json: &str| IngressClass::pack(serde_json::from_str(json).unwrap(), &mut Interner::default());
        let alb = class(
            r#"{"metadata":{"name":"alb","annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}},
            "spec":{"controller":"ingress.k8s.aws/alb","parameters":{"kind":"IngressClassParams","name":"alb"}}}"#,
        );
        assert_eq!((&*alb.controller, alb.parameters.as_deref()), ("ingress.k8s.aws/alb", Some("alb")));
        assert!(alb.is_default);
        assert!(!class(r#"{"metadata":{"name":"nginx"}}"#).is_default);
    }
}
