//! VerticalPodAutoscalers (`autoscaling.k8s.io/v1`).

use std::sync::Arc;

use super::{ScaleTarget, ScaleTargetWire};
use crate::fleet::amounts::Amounts;
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::wire::{List, Object, Pairs, Text, wire_structs};
use crate::fleet::word::open_words;

/// A VerticalPodAutoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerticalAutoscaler {
    /// `metadata`
    pub meta: Meta,
    /// `spec.targetRef`
    pub target: ScaleTarget,
    /// `spec.updatePolicy.updateMode`; empty where it is not said, which means `Auto`, or `Recreate` in newer releases.
    pub mode: UpdateMode,
    /// `status.recommendation.containerRecommendations`
    pub recommendations: Box<[Recommendation]>,
    /// `status.conditions`: `RecommendationProvided`, `LowConfidence`, `NoPodsMatched`, `ConfigUnsupported` …
    pub conditions: Conditions,
}

open_words! {
    /// What becomes of a recommendation.
    pub enum UpdateMode {
        /// It is only written down.
        Off = "Off",
        /// New pods get it.
        Initial = "Initial",
        /// Pods are evicted to get it.
        Recreate = "Recreate",
        /// As the release thinks best.
        Auto = "Auto",
        /// Pods are resized, and evicted where that fails.
        InPlaceOrRecreate = "InPlaceOrRecreate",
        /// Pods are resized.
        InPlace = "InPlace",
    }
}

/// What a container should request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recommendation {
    /// `containerName`
    pub container: Arc<str>,
    /// `target`
    pub target: Amounts,
    /// `lowerBound`: with less it is too small.
    pub lower: Amounts,
    /// `upperBound`: with more it is wasteful.
    pub upper: Amounts,
}

wire_structs! {
    /// An autoscaler as it is read.
    pub struct VerticalAutoscalerWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        target_ref: Object<ScaleTargetWire<'a>>,
        update_policy: Object<UpdatePolicyWire<'a>>,
    }
    struct UpdatePolicyWire<'a> {
        update_mode: Text<'a>,
    }
    struct StatusWire<'a> {
        recommendation: Object<RecommendationsWire<'a>>,
        conditions: List<ConditionWire<'a>>,
    }
    struct RecommendationsWire<'a> {
        container_recommendations: List<RecommendationWire<'a>>,
    }
    struct RecommendationWire<'a> {
        container_name: Text<'a>,
        target: Pairs<'a>,
        lower_bound: Pairs<'a>,
        upper_bound: Pairs<'a>,
    }
}

row_with_meta!(VerticalAutoscaler);

impl Packed for VerticalAutoscaler {
    packed_from!(VerticalAutoscalerWire);

    fn pack(wire: VerticalAutoscalerWire<'_>, shared: &mut Interner) -> Self {
        let (spec, status) = (wire.spec.or_default(), wire.status.or_default());
        let recommendations = status.recommendation.or_default().container_recommendations;
        Self {
            meta: Meta::pack(&wire.metadata.or_default(), shared),
            target: ScaleTarget::pack(&spec.target_ref, shared),
            mode: UpdateMode::read(&spec.update_policy.or_default().update_mode, shared),
            recommendations: recommendations
                .iter()
                .map(|wire| Recommendation {
                    container: shared.get(&wire.container_name),
                    target: Amounts::pack(&wire.target, shared),
                    lower: Amounts::pack(&wire.lower_bound, shared),
                    upper: Amounts::pack(&wire.upper_bound, shared),
                })
                .collect(),
            conditions: Conditions::pack(&status.conditions, shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recommendation_is_read() {
        let pack = |json: &str| {
            VerticalAutoscaler::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
        };
        let autoscaler = pack(
            r#"{"metadata":{"name":"api"},"spec":{"targetRef":{"kind":"Deployment","name":"api"},"updatePolicy":{"updateMode":"InPlaceOrRecreate"}},
            "status":{"conditions":[{"type":"RecommendationProvided","status":"True"}],"recommendation":{"containerRecommendations":[
            {"containerName":"api","target":{"cpu":"250m","memory":"262144k"},"lowerBound":{"cpu":"100m"},"upperBound":{"cpu":"1"}}]}}}"#,
        );
        assert_eq!(
            (autoscaler.mode.clone(), &*autoscaler.target.name),
            (UpdateMode::InPlaceOrRecreate, "api")
        );
        let api = &autoscaler.recommendations[0];
        assert_eq!((api.target.get("cpu"), api.target.get("memory")), (Some(250), Some(262_144_000)));
        assert_eq!((api.lower.get("cpu"), api.upper.get("cpu")), (Some(100), Some(1000)));
        let new =
            pack(r#"{"spec":{"updatePolicy":{"updateMode":"Someday"}},"status":{"recommendation":null}}"#);
        assert_eq!((new.mode.as_str(), new.recommendations.len()), ("Someday", 0));
    }
}
