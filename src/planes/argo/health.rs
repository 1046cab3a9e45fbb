//! Health of live objects, as Argo CD assesses it (`gitops-engine/pkg/health`): since 3.0 an application's status does
//! not say it for each resource.

use crate::fleet::argo::application::HealthStatus;
use crate::fleet::condition::Conditions;
use crate::fleet::workload::{Work, Workload};

/// Health of a workload. The order of the questions is Argo CD's.
pub fn of_workload(workload: &Workload) -> HealthStatus {
    if !workload.meta.deleted.is_never() {
        return HealthStatus::Progressing;
    }
    let is = |condition: &str| workload.condition(condition).is_some_and(|condition| condition.is_true);
    let reason = |condition: &str| workload.condition(condition).map_or("", |condition| &*condition.reason);
    let is_behind = !workload.is_observed;
    match &workload.work {
        Work::Deployment { .. } => {
            if workload.is_paused {
                HealthStatus::Suspended
            } else if !is_behind && reason("Progressing") == "ProgressDeadlineExceeded" {
                HealthStatus::Degraded
            } else {
                let rolls = workload.updated < workload.wanted
                    || workload.current > workload.updated
                    || workload.available < workload.updated;
                healthy_unless(is_behind || rolls)
            }
        }
        Work::ReplicaSet => {
            if !is_behind && is("ReplicaFailure") {
                HealthStatus::Degraded
            } else {
                healthy_unless(is_behind || workload.available < workload.wanted)
            }
        }
        Work::StatefulSet { partition } => {
            if is_behind || workload.ready < workload.wanted {
                HealthStatus::Progressing
            } else if &*workload.strategy == "OnDelete" {
                HealthStatus::Healthy
            } else {
                healthy_unless(workload.updated < workload.wanted.saturating_sub(*partition))
            }
        }
        Work::DaemonSet { .. } => {
            if !is_behind && &*workload.strategy == "OnDelete" {
                HealthStatus::Healthy
            } else {
                let rolls = workload.updated < workload.wanted || workload.available < workload.wanted;
                healthy_unless(is_behind || rolls)
            }
        }
        Work::Job(_) => {
            if is("Failed") {
                HealthStatus::Degraded
            } else if workload.is_paused {
                HealthStatus::Suspended
            } else {
                healthy_unless(!is("Complete"))
            }
        }
        // Argo CD does not assess them, unless they are suspended.
        Work::CronJob(_) => {
            if workload.is_paused {
                HealthStatus::Suspended
            } else {
                HealthStatus::Healthy
            }
        }
    }
}

/// Health of a custom object that says how it is in one condition.
pub fn of_condition(conditions: &Conditions, kind: &str) -> HealthStatus {
    use crate::fleet::condition::Status;
    match conditions.get(kind).map(|condition| &condition.status) {
        Some(Status::True) => HealthStatus::Healthy,
        Some(Status::False) => HealthStatus::Degraded,
        Some(Status::Unknown | Status::Other(_)) | None => HealthStatus::Progressing,
    }
}

fn healthy_unless(progresses: bool) -> HealthStatus {
    if progresses { HealthStatus::Progressing } else { HealthStatus::Healthy }
}

/// How bad a health is, from best to worst; a word that is not known is the worst.
pub fn gravity(health: &HealthStatus) -> u8 {
    match health {
        HealthStatus::Healthy => 0,
        HealthStatus::Suspended => 1,
        HealthStatus::Progressing => 2,
        HealthStatus::Missing => 3,
        HealthStatus::Degraded => 4,
        HealthStatus::Unknown | HealthStatus::Other(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fleet::Packed;
    use crate::fleet::intern::Interner;

    fn health(json: Value) -> HealthStatus {
        let text = json.to_string();
        of_workload(&Workload::pack(serde_json::from_str(&text).unwrap(), &mut Interner::default()))
    }

    fn deployment(updated: u32, available: u32, reason: &str) -> Value {
        json!({"kind": "Deployment", "metadata": {"name": "api", "generation": 2}, "spec": {"replicas": 2},
            "status": {"observedGeneration": 2, "replicas": updated, "updatedReplicas": updated, "availableReplicas": available,
                "conditions": [{"type": "Progressing", "status": "True", "reason": reason}]}})
    }

    #[test]
    fn a_deployment_is_what_its_rollout_is() {
        assert_eq!(health(deployment(2, 2, "NewReplicaSetAvailable")), HealthStatus::Healthy);
        assert_eq!(health(deployment(1, 1, "ReplicaSetUpdated")), HealthStatus::Progressing);
        assert_eq!(health(deployment(2, 1, "ReplicaSetUpdated")), HealthStatus::Progressing);
        assert_eq!(health(deployment(2, 1, "ProgressDeadlineExceeded")), HealthStatus::Degraded);
        let mut paused = deployment(1, 1, "x");
        paused["spec"]["paused"] = json!(true);
        assert_eq!(health(paused), HealthStatus::Suspended);
        let mut behind = deployment(2, 2, "x");
        behind["metadata"]["generation"] = json!(3);
        assert_eq!(health(behind.clone()), HealthStatus::Progressing);
        behind["metadata"]["generation"] = json!(2);
        behind["metadata"]["deletionTimestamp"] = json!("2026-11-21T12:00:00Z");
        assert_eq!(health(behind), HealthStatus::Progressing);
    }

    #[test]
    fn sets_and_jobs_have_rules_of_their_own() {
        let stateful = |ready: u32, updated: u32| {
            json!({"kind": "StatefulSet", "metadata": {"name": "db", "generation": 1},
                "spec": {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
                "status": {"observedGeneration": 1, "readyReplicas": ready, "updatedReplicas": updated}})
        };
        assert_eq!(health(stateful(3, 2)), HealthStatus::Healthy);
        assert_eq!(health(stateful(3, 1)), HealthStatus::Progressing);
        assert_eq!(health(stateful(2, 3)), HealthStatus::Progressing);
        let daemon = |available: u32| {
            json!({"kind": "DaemonSet", "metadata": {"name": "d", "generation": 1},
                "status": {"observedGeneration": 1, "desiredNumberScheduled": 4, "updatedNumberScheduled": 4, "numberAvailable": available}})
        };
        assert_eq!(health(daemon(4)), HealthStatus::Healthy);
        assert_eq!(health(daemon(3)), HealthStatus::Progressing);
        let job = |condition: &str| json!({"kind": "Job", "metadata": {"name": "j"}, "status": {"conditions": [{"type": condition, "status": "True"}]}});
        assert_eq!(health(job("Failed")), HealthStatus::Degraded);
        assert_eq!(health(job("Complete")), HealthStatus::Healthy);
        assert_eq!(health(job("Surprise")), HealthStatus::Progressing);
    }
}
