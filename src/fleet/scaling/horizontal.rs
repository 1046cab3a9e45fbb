//! HorizontalPodAutoscalers (`autoscaling/v2`).

use std::sync::Arc;

use super::{ScaleTarget, ScaleTargetWire};
use crate::fleet::condition::{ConditionWire, Conditions};
use crate::fleet::intern::Interner;
use crate::fleet::meta::{Meta, MetaWire, row_with_meta};
use crate::fleet::row::{Packed, packed_from};
use crate::fleet::time::Timestamp;
use crate::fleet::wire::{List, Number, Object, Text, wire_structs};

/// A HorizontalPodAutoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HorizontalAutoscaler {
    /// `metadata`
    pub meta: Meta,
    /// `spec.scaleTargetRef`
    pub target: ScaleTarget,
    /// `spec.minReplicas`; 1 where it is not said.
    pub min: u32,
    /// `spec.maxReplicas`
    pub max: u32,
    /// `status.currentReplicas`
    pub current: u32,
    /// `status.desiredReplicas`
    pub desired: u32,
    /// `spec.metrics` with `status.currentMetrics`.
    pub metrics: Box<[Metric]>,
    /// `status.conditions`: `AbleToScale`, `ScalingActive`, `ScalingLimited`.
    pub conditions: Conditions,
    /// `status.lastScaleTime`
    pub last_scaled: Timestamp,
    /// False while the controller has not yet looked at the latest change of the spec.
    pub is_observed: bool,
}

/// What it scales by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// `type`: `Resource`, `ContainerResource`, `Pods`, `Object`, `External`.
    pub kind: Arc<str>,
    /// The resource, or the metric's name.
    pub name: Arc<str>,
    /// The container whose resource it is; empty for all others.
    pub container: Arc<str>,
    /// What it should be.
    pub target: Option<MetricValue>,
    /// What it is; `None` when it could not be read.
    pub current: Option<MetricValue>,
}

/// How much of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricValue {
    /// Percent of what the pods request, on average.
    Utilization(u32),
    /// A quantity, per pod on average.
    Average(Arc<str>),
    /// A quantity, of all.
    Total(Arc<str>),
}

wire_structs! {
    /// An autoscaler as it is read.
    pub struct HorizontalAutoscalerWire<'a> {
        metadata: Object<MetaWire<'a>>,
        spec: Object<SpecWire<'a>>,
        status: Object<StatusWire<'a>>,
    }
    struct SpecWire<'a> {
        scale_target_ref: Object<ScaleTargetWire<'a>>,
        min_replicas: Number,
        max_replicas: Number,
        metrics: List<MetricWire<'a>>,
    }
    struct StatusWire<'a> {
        current_replicas: Number,
        desired_replicas: Number,
        current_metrics: List<MetricWire<'a>>,
        conditions: List<ConditionWire<'a>>,
        last_scale_time: Text<'a>,
        observed_generation: Number,
    }
    /// One of `spec.metrics` or of `status.currentMetrics`: the same shape but for `target` and `current`.
    struct MetricWire<'a> {
        #[serde(rename = "type")]
        kind: Text<'a>,
        resource: Object<SourceWire<'a>>,
        container_resource: Object<SourceWire<'a>>,
        pods: Object<SourceWire<'a>>,
        object: Object<SourceWire<'a>>,
        external: Object<SourceWire<'a>>,
    }
    struct SourceWire<'a> {
        name: Text<'a>,
        container: Text<'a>,
        metric: Object<NameWire<'a>>,
        target: Object<ValueWire<'a>>,
        current: Object<ValueWire<'a>>,
    }
    struct NameWire<'a> {
        name: Text<'a>,
    }
    struct ValueWire<'a> {
        average_utilization: Number,
        average_value: Text<'a>,
        value: Text<'a>,
    }
}

impl MetricWire<'_> {
    fn source(&self) -> Option<&SourceWire<'_>> {
        let known = [&self.resource, &self.container_resource, &self.pods, &self.object, &self.external];
        known.into_iter().find_map(Object::get)
    }

    /// What tells one metric of an autoscaler from another.
    fn key(&self) -> (&str, &str, &str) {
        let Some(source) = self.source() else { return (&self.kind, "", "") };
        let name = source.name.known().or_else(|| source.metric.get()?.name.known());
        (&self.kind, name.unwrap_or_default(), &source.container)
    }
}

impl MetricValue {
    fn pack(wire: &ValueWire<'_>, interner: &mut Interner) -> Option<Self> {
        if wire.average_utilization.0.is_some() {
            return Some(Self::Utilization(wire.average_utilization.count()));
        }
        let average = interner.known(&wire.average_value).map(Self::Average);
        average.or_else(|| interner.known(&wire.value).map(Self::Total))
    }
}

impl std::fmt::Display for MetricValue {
    /// `70%`, or the quantity.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Utilization(percent) => write!(f, "{percent}%"),
            Self::Average(quantity) | Self::Total(quantity) => f.write_str(quantity),
        }
    }
}

row_with_meta!(HorizontalAutoscaler);

impl Packed for HorizontalAutoscaler {
    packed_from!(HorizontalAutoscalerWire);

    fn pack(wire: HorizontalAutoscalerWire<'_>, shared: &mut Interner) -> Self {
        let (meta, spec) = (wire.metadata.or_default(), wire.spec.or_default());
        let status = wire.status.or_default();
        let metric = |wanted: &MetricWire<'_>, shared: &mut Interner| {
            let (kind, name, container) = wanted.key();
            let target = wanted.source().and_then(|source| source.target.get());
            let now = status.current_metrics.iter().find(|current| current.key() == wanted.key());
            let now = now.and_then(|current| current.source()?.current.get());
            Metric {
                kind: shared.get(kind),
                name: shared.get(name),
                container: shared.get(container),
                target: target.and_then(|value| MetricValue::pack(value, shared)),
                current: now.and_then(|value| MetricValue::pack(value, shared)),
            }
        };
        Self {
            meta: Meta::pack(&meta, shared),
            target: ScaleTarget::pack(&spec.scale_target_ref, shared),
            min: spec.min_replicas.count_or(1),
            max: spec.max_replicas.count(),
            current: status.current_replicas.count(),
            desired: status.desired_replicas.count(),
            metrics: spec.metrics.iter().map(|wanted| metric(wanted, shared)).collect(),
            conditions: Conditions::pack(&status.conditions, shared),
            last_scaled: status.last_scale_time.instant(),
            // Kubernetes never fills the generation of autoscalers in; where it does not, nothing is to be waited for.
            is_observed: match (status.observed_generation.0, meta.generation.0) {
                (Some(observed), Some(generation)) => observed >= generation,
                _ => true,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn autoscaler(json: &str) -> HorizontalAutoscaler {
        HorizontalAutoscaler::pack(serde_json::from_str(json).unwrap(), &mut Interner::default())
    }

    #[test]
    fn targets_meet_what_is_measured() {
        let autoscaler = autoscaler(
            r#"{"metadata":{"name":"api","namespace":"production"},"spec":{"maxReplicas":10,"minReplicas":2,
            "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"api"},"metrics":[
            {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}},
            {"type":"ContainerResource","containerResource":{"name":"cpu","container":"api","target":{"averageValue":"500m"}}},
            {"type":"External","external":{"metric":{"name":"queue"},"target":{"value":"30"}}}]},
            "status":{"currentReplicas":10,"desiredReplicas":10,"lastScaleTime":"2026-11-21T12:00:00Z","currentMetrics":[
            {"type":"External","external":{"metric":{"name":"queue"},"current":{"value":"45"}}},
            {"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":93,"averageValue":"93m"}}}],
            "conditions":[{"type":"ScalingLimited","status":"True","reason":"TooManyReplicas"}]}}"#,
        );
        assert_eq!((autoscaler.min, autoscaler.max, autoscaler.current, autoscaler.desired), (2, 10, 10, 10));
        assert_eq!((&*autoscaler.target.kind, &*autoscaler.target.name), ("Deployment", "api"));
        let shown: Vec<String> = autoscaler
            .metrics
            .iter()
            .map(|m| {
                let show =
                    |value: &Option<MetricValue>| value.as_ref().map_or("?".to_owned(), ToString::to_string);
                format!("{} {}{}/{}", m.name, m.container, show(&m.current), show(&m.target))
            })
            .collect();
        assert_eq!(shown, ["cpu 93%/70%", "cpu api?/500m", "queue 45/30"]);
        assert_eq!(&*autoscaler.conditions.get("ScalingLimited").unwrap().reason, "TooManyReplicas");
        assert!(autoscaler.is_observed && !autoscaler.last_scaled.is_never());
    }

    #[test]
    fn a_metric_of_an_unknown_kind_is_kept_by_its_kind() {
        let autoscaler = autoscaler(r#"{"spec":{"maxReplicas":3,"metrics":[{"type":"Weather"},{}]}}"#);
        assert_eq!((&*autoscaler.metrics[0].kind, autoscaler.min), ("Weather", 1));
        assert!(autoscaler.metrics[0].target.is_none() && autoscaler.metrics.len() == 2);
    }
}
