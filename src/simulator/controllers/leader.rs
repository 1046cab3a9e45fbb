//! Leader election: the pod that holds a component's lease renews it, and another one takes it when that pod is gone.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, pod};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::field;

/// The components that elect a leader among their replicas.
pub(super) struct Leader;

/// Seconds between two renewals, while time passes by itself.
const RENEWAL: i64 = 10;
/// Seconds between two renewals on a clock that is advanced by hand: every step of it costs time.
const SLOW_RENEWAL: i64 = 300;
/// Where the kubelets' leases are, which they renew themselves.
const OF_NODES: &str = "kube-node-lease";

impl Controller for Leader {
    fn resource(&self) -> &'static str {
        "leases.coordination.k8s.io"
    }

    fn concerned(&self, _: &Changed, _: &Lister) -> Vec<Key> {
        Vec::new()
    }

    fn renews(&self) -> bool {
        true
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        if key.namespace.as_deref() == Some(OF_NODES) {
            return Ok(());
        }
        let lease = round.lister.get(key)?;
        round.wake_after(if round.store.clock().is_running() { RENEWAL } else { SLOW_RENEWAL });
        let holder = field::text(&lease, "spec.holderIdentity");
        let pod = holder.split_once('_').map_or(holder, |(pod, _)| pod).to_owned();
        let now = field::micro_stamp(round.now);
        if field::text(&lease, "spec.renewTime") == now {
            return Ok(());
        }
        match successor(key, &pod, round) {
            Some(Succession::Stays) => {
                round.store.edit(key, |lease| {
                    field::put(lease, "spec.renewTime", json!(now));
                    Ok(())
                })?;
            }
            Some(Succession::Passes(next)) => {
                let identity = format!("{next}_{}", round.chance.uuid());
                round.store.edit(key, |lease| {
                    let transitions = field::number(lease, "spec.leaseTransitions") + 1;
                    field::put(lease, "spec.holderIdentity", json!(identity));
                    field::put(lease, "spec.leaseTransitions", json!(transitions));
                    field::put(lease, "spec.acquireTime", json!(now));
                    field::put(lease, "spec.renewTime", json!(now));
                    Ok(())
                })?;
                let message = format!("{identity} became leader");
                round.note(&lease, &next, "LeaderElection", message);
            }
            // Nobody is there to lead: the lease grows old, as it does in a real cluster.
            None => {}
        }
        Ok(())
    }
}

enum Succession {
    Stays,
    Passes(String),
}

/// Who leads next, given the pod that led until now.
fn successor(key: &Key, holder: &str, round: &Round<'_>) -> Option<Succession> {
    // The control plane's own processes are no pods.
    if holder.starts_with("ip-") || holder.starts_with("apiserver-") {
        return Some(Succession::Stays);
    }
    let serving = |pod: &Value| pod::is_ready(pod) && !pod::is_terminating(pod);
    let homes = [key.namespace.as_deref().unwrap_or_default(), "cert-manager"];
    let pods: Vec<Arc<Value>> = homes
        .iter()
        .flat_map(|namespace| round.lister.list("pods", Some(namespace), &Selection::all()))
        .collect();
    if pods.iter().any(|pod| field::name(pod) == holder && serving(pod)) {
        return Some(Succession::Stays);
    }
    // A pod's name ends with the hash of its template and five letters of its own.
    let stem = holder.rsplitn(3, '-').nth(2)?;
    let next =
        pods.iter().find(|pod| serving(pod) && field::name(pod).rsplitn(3, '-').nth(2) == Some(stem))?;
    Some(Succession::Passes(field::name(next).to_owned()))
}
