//! What people and machines do in the living fleet, one unit each.

use jiff::SignedDuration;
use serde_json::json;

use super::{Activity, Demo};
use crate::simulator::api::status::Status;
use crate::simulator::controllers::Controllers;
use crate::simulator::controllers::pod::{self, Ending};
use crate::simulator::store::{Key, Line, Selection};
use crate::simulator::world::cluster::{CLUSTERS, DEV};
use crate::simulator::world::{field, speech};

/// Everything that happens, in the order of the names.
pub(super) const ACTIVITIES: &[&dyn Activity] =
    &[&Print, &Remark, &ReplaceNode, &RestartDevelopmentPod, &RollStaging];

/// Who prints at the moment: cluster, namespace, pod, container. Renewed every few seconds.
#[derive(Debug, Default)]
pub(super) struct Roster {
    speakers: Vec<Speaker>,
    renewed: Option<jiff::Timestamp>,
}

#[derive(Debug, Clone)]
struct Speaker {
    cluster: usize,
    namespace: String,
    pod: String,
    container: String,
}

/// Seconds after which the roster is renewed.
const ROSTER_AGE: i64 = 15;

/// Namespaces whose containers print while somebody may look. The platform's print as much as they printed before.
const TALKATIVE: [&str; 3] = ["development", "staging", "production"];

/// Containers print lines.
struct Print;

impl Activity for Print {
    fn pause(&self) -> (i64, i64) {
        (250, 900)
    }

    fn happen(&self, demo: &mut Demo) -> Result<(), Status> {
        let Some(now) = demo.now() else { return Ok(()) };
        if demo
            .roster
            .renewed
            .is_none_or(|at| now.duration_since(at) >= SignedDuration::from_secs(ROSTER_AGE))
        {
            demo.roster = Roster { speakers: speakers(&demo.clusters), renewed: Some(now) };
        }
        for _ in 0..demo.chance.between(2, 6) {
            let Some(speaker) = demo.chance.pick(&demo.roster.speakers).cloned() else { break };
            let text = speech::line(&speaker.container, now, &mut demo.chance);
            let Some(cluster) = demo.clusters.get(speaker.cluster) else { continue };
            cluster.store().logs().append(
                &speaker.namespace,
                &speaker.pod,
                &speaker.container,
                Line { at: now, text: text.into() },
            );
        }
        Ok(())
    }
}

fn speakers(clusters: &[Controllers]) -> Vec<Speaker> {
    let mut out = Vec::new();
    for (index, cluster) in clusters.iter().enumerate() {
        for namespace in TALKATIVE {
            for object in cluster.store().list("pods", Some(namespace), &Selection::all()) {
                let pod = object.value();
                for status in field::list(&pod, "status.containerStatuses")
                    .iter()
                    .filter(|status| field::at(status, "state").get("running").is_some())
                {
                    out.push(Speaker {
                        cluster: index,
                        namespace: namespace.to_owned(),
                        pod: field::name(&pod).to_owned(),
                        container: field::text(status, "name").to_owned(),
                    });
                }
            }
        }
    }
    out
}

/// Somebody restarts a staging deployment.
struct RollStaging;

impl Activity for RollStaging {
    fn pause(&self) -> (i64, i64) {
        (150_000, 330_000)
    }

    fn happen(&self, demo: &mut Demo) -> Result<(), Status> {
        let app = demo.chance.pick(&["web", "api", "worker"]).copied().unwrap_or("web");
        let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
        let key = Key::namespaced("deployments.apps", "staging", app);
        let present = cluster.store().get(&key)?;
        // Nobody restarts what is being rolled already, or is stuck.
        if field::text(field::condition(&present, "Progressing"), "reason") != "NewReplicaSetAvailable" {
            return Ok(());
        }
        let stamp = field::stamp(cluster.store().clock().now());
        cluster.store().edit(&key, |deployment| {
            let mut template = field::at(deployment, "spec.template").clone();
            field::annotate(&mut template, "kubectl.kubernetes.io/restartedAt", stamp.as_str());
            field::put(deployment, "spec.template", template);
            Ok(())
        })?;
        Ok(())
    }
}

/// A container of development ends with an error and is restarted.
struct RestartDevelopmentPod;

impl Activity for RestartDevelopmentPod {
    fn pause(&self) -> (i64, i64) {
        (240_000, 700_000)
    }

    fn happen(&self, demo: &mut Demo) -> Result<(), Status> {
        let app = demo.chance.pick(&["web", "api", "worker"]).copied().unwrap_or("api");
        let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
        let now = cluster.store().clock().now();
        let selection = Selection::by_labels(&format!("app.kubernetes.io/name={app}"))?;
        let running = cluster
            .store()
            .list("pods", Some("development"), &selection)
            .into_iter()
            .find(|pod| pod::is_ready(&pod.value()));
        let Some(object) = running else { return Ok(()) };
        let last = format!(
            "{{\"level\":\"error\",\"msg\":\"unhandled rejection\",\"error\":\"connect ECONNREFUSED 10.0.21.14:5432\",\"app\":\"{app}\"}}"
        );
        cluster.store().logs().append(
            "development",
            &object.key.name,
            app,
            Line { at: now, text: last.into() },
        );
        cluster.store().edit(&object.key, |pod| {
            pod::ended(pod, app, Ending { code: 1, reason: "Error", at: now });
            Ok(())
        })?;
        Ok(())
    }
}

/// A newer image is released for the oldest node of a pool: it has drifted, and Karpenter replaces it.
struct ReplaceNode;

impl Activity for ReplaceNode {
    fn pause(&self) -> (i64, i64) {
        (600_000, 1_300_000)
    }

    fn happen(&self, demo: &mut Demo) -> Result<(), Status> {
        let cluster = demo.chance.pick(&CLUSTERS).copied().unwrap_or(&DEV);
        let Some(controllers) = demo.cluster(cluster.name) else { return Ok(()) };
        let pool = cluster.pools.first().copied().unwrap_or_default();
        let labelled = Selection::by_labels(&format!("karpenter.sh/nodepool={pool}"))?;
        let claims = controllers.store().list("nodeclaims.karpenter.sh", None, &labelled);
        let oldest = claims
            .iter()
            .min_by_key(|claim| field::text(&claim.value(), "metadata.creationTimestamp").to_owned());
        let Some(oldest) = oldest else { return Ok(()) };
        let stamp = field::stamp(controllers.store().clock().now());
        controllers.store().edit(&oldest.key, |claim| {
            field::set_condition(claim, json!({"type": "Drifted", "status": "True", "lastTransitionTime": stamp, "reason": "AMIDrift", "message": "AMIDrift", "observedGeneration": 1}));
            Ok(())
        })?;
        Ok(())
    }
}

/// A controller says that all is well.
struct Remark;

impl Activity for Remark {
    fn pause(&self) -> (i64, i64) {
        (15_000, 50_000)
    }

    fn happen(&self, demo: &mut Demo) -> Result<(), Status> {
        let (resource, component, reason, message) = demo
            .chance
            .pick(&[
                ("ingresses.networking.k8s.io", "nginx-ingress-controller", "Sync", "Scheduled for sync"),
                (
                    "nodeclaims.karpenter.sh",
                    "karpenter",
                    "Unconsolidatable",
                    "Can't replace with a cheaper node",
                ),
            ])
            .copied()
            .unwrap_or_default();
        let cluster = usize::try_from(demo.chance.below(2)).unwrap_or_default();
        let Some(controllers) = demo.clusters.get_mut(cluster) else { return Ok(()) };
        let objects = controllers.store().list(resource, None, &Selection::all());
        let Some(object) = demo.chance.pick(&objects) else { return Ok(()) };
        let about = object.value();
        controllers.as_component(|round| round.note(&about, component, reason, message.to_owned()));
        Ok(())
    }
}
