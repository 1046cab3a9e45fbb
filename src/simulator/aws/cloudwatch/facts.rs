//! What is true of a cluster, with the instants since when: the source of every metric.

use jiff::Timestamp;
use serde_json::Value;

use super::surge::Surge;
use crate::simulator::aws::Aws;
use crate::simulator::aws::elb::balancer::{self, Balancer};
use crate::simulator::aws::elb::target::{self, Target};
use crate::simulator::aws::land::Land;
use crate::simulator::aws::machine::{self, Machine};
use crate::simulator::controllers::pod;
use crate::simulator::world::field;

/// A cluster at the present, read once for all metrics of an answer.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) land: Land,
    pub(super) machines: Vec<Machine>,
    pub(super) balancers: Vec<Balancer>,
    pub(super) targets: Vec<Target>,
    /// Since when no target has been there at all; `None` while there is one.
    pub(super) without_targets: Option<Timestamp>,
    /// Pods that run, by node.
    pub(super) running: Vec<(String, Timestamp)>,
    /// Containers that have been started anew: when last, how often in all.
    pub(super) restarts: Vec<(Timestamp, i64)>,
    /// Since when each pod without a node has waited.
    pub(super) pending: Vec<Timestamp>,
    pub(super) surges: Vec<Surge>,
}

impl Facts {
    pub(super) fn of(land: &Land, aws: &Aws) -> Self {
        let pods = land.all("pods");
        let targets = target::targets(land);
        let mut running = Vec::new();
        let mut restarts = Vec::new();
        let mut pending = Vec::new();
        for pod in &pods {
            let node = field::text(pod, "spec.nodeName");
            let born = field::time(pod, "metadata.creationTimestamp").unwrap_or(land.founded);
            if node.is_empty() {
                pending.push(born);
            } else if !pod::is_finished(pod) {
                running.push((node.to_owned(), born));
            }
            restarts.extend(field::list(pod, "status.containerStatuses").iter().filter_map(restart));
        }
        let cluster = land.cluster.name;
        let surges = aws.account().surges.iter().filter(|surge| surge.cluster == cluster).cloned().collect();
        let controllers = pods.iter().filter(|pod| {
            field::namespace(pod) == "ingress-nginx"
                && field::label(pod, "app.kubernetes.io/component") == "controller"
        });
        let without_targets = targets
            .is_empty()
            .then(|| controllers.filter_map(|pod| field::time(pod, "metadata.creationTimestamp")).min())
            .map(|since| since.unwrap_or(land.founded));
        Self {
            land: land.clone(),
            machines: machine::machines(land),
            balancers: balancer::balancers(std::slice::from_ref(land)),
            targets,
            without_targets,
            running,
            restarts,
            pending,
            surges,
        }
    }

    /// Targets that were not healthy at an instant, and those that were.
    pub(super) fn health(&self, at: Timestamp) -> (usize, usize) {
        if self.without_targets.is_some_and(|since| since <= at) {
            return (0, 0);
        }
        let ill = self.targets.iter().filter(|target| target.since.is_some_and(|since| since <= at)).count();
        // Before they went away there was one for each.
        let all = self.targets.len().max(usize::from(self.without_targets.is_some()));
        (ill, all.saturating_sub(ill))
    }

    /// What a surge has made of a metric at an instant.
    pub(super) fn surge(&self, metric: &str, at: Timestamp) -> Option<f64> {
        let own = self.surges.iter().filter(|surge| surge.metric == metric && surge.since <= at);
        own.map(|surge| surge.value).next_back()
    }
}

fn restart(status: &Value) -> Option<(Timestamp, i64)> {
    let at = field::time(status, "lastState.terminated.finishedAt")?;
    Some((at, field::number(status, "restartCount")))
}
