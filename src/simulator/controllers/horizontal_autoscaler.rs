//! HorizontalPodAutoscalers: a replica count from what the pods say they use. Steady use means no movement.

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::placement::requests;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The autoscaler.
pub(super) struct HorizontalAutoscaler;

/// Seconds between two looks at the metrics.
const PERIOD: i64 = 60;
const COMPONENT: &str = "horizontal-pod-autoscaler";

impl Controller for HorizontalAutoscaler {
    fn resource(&self) -> &'static str {
        "horizontalpodautoscalers.autoscaling"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if changed.is("apiservices.apiregistration.k8s.io") {
            lister.keys(self.resource(), None, &Selection::all())
        } else {
            Vec::new()
        }
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let autoscaler = round.lister.get(key)?;
        round.wake_after(PERIOD);
        if field::text(&autoscaler, "spec.scaleTargetRef.kind") != "Deployment" {
            return Ok(());
        }
        if !has_metrics(round) {
            return say_blind(key, &autoscaler, round);
        }
        let target = Key::namespaced(
            "deployments.apps",
            field::namespace(&autoscaler),
            field::text(&autoscaler, "spec.scaleTargetRef.name"),
        );
        let deployment = round.lister.get(&target)?;
        let selection = Selection::by_selector_object(field::at(&deployment, "spec.selector"));
        let pods: Vec<_> = round
            .lister
            .list("pods", Some(field::namespace(&autoscaler)), &selection)
            .into_iter()
            .filter(|pod| pod::is_ready(pod))
            .collect();
        let count = i64::try_from(pods.len()).unwrap_or_default();
        let used: i64 =
            pods.iter().map(|pod| field::millicores(field::annotation(pod, "kwok.x-k8s.io/usage-cpu"))).sum();
        let requested: i64 = pods.iter().map(|pod| requests(pod).0).sum();
        let replicas = field::number(&deployment, "spec.replicas");
        if count == 0 || requested == 0 {
            return Ok(());
        }
        let percent = used * 100 / requested;
        let wanted_percent = field::list(&autoscaler, "spec.metrics")
            .iter()
            .map(|metric| field::number(metric, "resource.target.averageUtilization"))
            .find(|percent| *percent > 0)
            .unwrap_or(80);
        // Within a tenth of the target nothing moves, as in Kubernetes.
        let is_near = (percent - wanted_percent).abs() * 10 <= wanted_percent;
        let desired =
            if is_near { replicas } else { (count * percent + wanted_percent - 1) / wanted_percent };
        let desired = desired.clamp(
            field::at(&autoscaler, "spec.minReplicas").as_i64().unwrap_or(1),
            field::at(&autoscaler, "spec.maxReplicas").as_i64().unwrap_or(desired),
        );
        let mut status = field::at(&autoscaler, "status").clone();
        field::put(&mut status, "currentReplicas", json!(replicas));
        field::put(&mut status, "desiredReplicas", json!(desired));
        field::put(
            &mut status,
            "currentMetrics",
            json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent, "averageValue": format!("{}m", used / count)}}}]),
        );
        mark_active(&mut status, desired, &autoscaler, &round.stamp());
        if desired != replicas {
            field::put(&mut status, "lastScaleTime", json!(round.stamp()));
            round.store.edit(&target, |deployment| {
                field::put(deployment, "spec.replicas", json!(desired));
                Ok(())
            })?;
            let why = if desired > replicas {
                "cpu resource utilization (percentage of request) above target"
            } else {
                "All metrics below target"
            };
            round.note(
                &autoscaler,
                COMPONENT,
                "SuccessfulRescale",
                format!("New size: {desired}; reason: {why}"),
            );
        }
        round.put_status(key, &status)
    }
}

/// Whether the metrics API answers: somebody ready stands behind it.
fn has_metrics(round: &Round<'_>) -> bool {
    let service = Key::cluster("apiservices.apiregistration.k8s.io", "v1beta1.metrics.k8s.io");
    round.lister.get(&service).is_ok_and(|service| field::condition_is_true(&service, "Available"))
}

/// Says that no replica count can be computed; the present one stays.
fn say_blind(key: &Key, autoscaler: &Value, round: &mut Round<'_>) -> Result<(), Status> {
    let why = "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server is currently unable to handle the request (get pods.metrics.k8s.io)";
    let message = format!("the HPA was unable to compute the replica count: {why}");
    let stamp = round.stamp();
    round.store.edit(key, |autoscaler| {
        field::set_condition(autoscaler, json!({"type": "ScalingActive", "status": "False", "lastTransitionTime": stamp, "reason": "FailedGetResourceMetric", "message": message}));
        field::put(autoscaler, "status.currentMetrics", json!([{"type": ""}]));
        Ok(())
    })?;
    round.warn(autoscaler, COMPONENT, "FailedGetResourceMetric", why.to_owned());
    let message = format!(
        "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: {why}"
    );
    round.warn(autoscaler, COMPONENT, "FailedComputeMetricsReplicas", message);
    Ok(())
}

/// Says that a count was computed, and whether its bounds cut it.
fn mark_active(status: &mut Value, desired: i64, autoscaler: &Value, stamp: &str) {
    let mut object = json!({"status": status});
    let is_blind = !field::condition_is_true(&object, "ScalingActive");
    let most = field::at(autoscaler, "spec.maxReplicas").as_i64().unwrap_or(i64::MAX);
    let is_capped = desired >= most;
    let is_told = field::condition_is_true(&object, "ScalingLimited") == is_capped;
    if is_blind {
        field::set_condition(
            &mut object,
            json!({"type": "ScalingActive", "status": "True", "lastTransitionTime": stamp, "reason": "ValidMetricFound", "message": "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)"}),
        );
    }
    if !is_told {
        let (state, reason, message) = if is_capped {
            ("True", "TooManyReplicas", "the desired replica count is more than the maximum replica count")
        } else {
            ("False", "DesiredWithinRange", "the desired count is within the acceptable range")
        };
        field::set_condition(
            &mut object,
            json!({"type": "ScalingLimited", "status": state, "lastTransitionTime": stamp, "reason": reason, "message": message}),
        );
    }
    *status = field::at(&object, "status").clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::controllers::tests::{deployment, fleet, messages, pass};
    use crate::simulator::world::cluster::PROD;

    #[test]
    fn without_a_metrics_server_the_api_is_unavailable_and_autoscalers_are_blind_until_it_is_back() {
        let mut fleet = fleet(&PROD);
        let scale = |fleet: &crate::simulator::controllers::Controllers, replicas: i64| {
            fleet
                .store()
                .edit(&deployment("kube-system", "metrics-server"), |deployment| {
                    field::put(deployment, "spec.replicas", json!(replicas));
                    Ok(())
                })
                .unwrap()
        };
        scale(&fleet, 0);
        pass(&mut fleet, 60);
        let service = Key::cluster("apiservices.apiregistration.k8s.io", "v1beta1.metrics.k8s.io");
        let available = fleet.store().get(&service).unwrap();
        assert_eq!(field::text(field::condition(&available, "Available"), "reason"), "MissingEndpoints");
        let active = |fleet: &crate::simulator::controllers::Controllers| {
            let key = Key::namespaced("horizontalpodautoscalers.autoscaling", "production", "web");
            let own = fleet.store().get(&key).unwrap();
            field::text(field::condition(&own, "ScalingActive"), "reason").to_owned()
        };
        assert_eq!(active(&fleet), "FailedGetResourceMetric");
        assert!(!messages(&fleet, "production", "FailedGetResourceMetric").is_empty());
        scale(&fleet, 2);
        pass(&mut fleet, 120);
        assert!(field::condition_is_true(&fleet.store().get(&service).unwrap(), "Available"));
        assert_eq!(active(&fleet), "ValidMetricFound");
    }
}
