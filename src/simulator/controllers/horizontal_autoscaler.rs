//! HorizontalPodAutoscalers: a replica count from what the pods say they use. Steady use means no movement.

use serde_json::json;

use crate::simulator::api::status::Status;
use crate::simulator::controllers::placement::requests;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The autoscaler.
pub(super) struct HorizontalAutoscaler;

/// Seconds between two looks at the metrics.
const PERIOD: i64 = 60;

impl Controller for HorizontalAutoscaler {
    fn resource(&self) -> &'static str {
        "horizontalpodautoscalers.autoscaling"
    }

    fn concerned(&self, _: &Changed, _: &Lister) -> Vec<Key> {
        Vec::new()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let autoscaler = round.lister.get(key)?;
        round.wake_after(PERIOD);
        if field::text(&autoscaler, "spec.scaleTargetRef.kind") != "Deployment" {
            return Ok(());
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
                "horizontal-pod-autoscaler",
                "SuccessfulRescale",
                format!("New size: {desired}; reason: {why}"),
            );
        }
        round.put_status(key, &status)
    }
}
