//! NodePools: whether they can make nodes, what they have made, and which of it no longer is what they ask for.

use serde_json::{Value, json};

use crate::simulator::api::status::Status;
use crate::simulator::controllers::{Changed, Controller, Lister, Round, karpenter};
use crate::simulator::store::{Key, Selection};
use crate::simulator::world::{field, karpenter::hash};

/// Karpenter's controllers of pools.
pub(super) struct NodePool;

const CLAIMS: &str = "nodeclaims.karpenter.sh";
const CLASSES: &str = "ec2nodeclasses.karpenter.k8s.aws";
const POOL_HASH: &str = "karpenter.sh/nodepool-hash";
const CLASS_HASH: &str = "karpenter.k8s.aws/ec2nodeclass-hash";

impl Controller for NodePool {
    fn resource(&self) -> &'static str {
        "nodepools.karpenter.sh"
    }

    fn concerned(&self, changed: &Changed, lister: &Lister) -> Vec<Key> {
        if changed.is(CLASSES) {
            return lister.keys(self.resource(), None, &Selection::all());
        }
        if changed.is(CLAIMS) {
            let pool = field::label(&changed.object, "karpenter.sh/nodepool");
            return vec![Key::cluster(self.resource(), pool)];
        }
        Vec::new()
    }

    fn reconcile(&self, key: &Key, round: &mut Round<'_>) -> Result<(), Status> {
        let pool = round.lister.get(key)?;
        let class = field::text(&pool, "spec.template.spec.nodeClassRef.name");
        let class = round.lister.get(&Key::cluster(CLASSES, class)).ok();
        mark_drift(&pool, class.as_deref(), round)?;
        tell(key, &pool, class.as_deref(), round)
    }
}

/// Why a class cannot be used: its own reason. `None` when it can.
fn class_fault(class: Option<&Value>) -> Option<(String, String)> {
    let Some(class) = class else {
        return Some(("NodeClassNotFound".to_owned(), "NodeClass not found on cluster".to_owned()));
    };
    if field::condition_is_true(class, "Ready") {
        return None;
    }
    let failing = field::list(class, "status.conditions").iter().find(|condition| {
        field::text(condition, "type") != "Ready" && field::text(condition, "status") == "False"
    });
    let ready = field::condition(class, "Ready");
    let told = failing.unwrap_or(ready);
    let said = format!("{}={}", field::text(told, "type"), field::text(told, "status"));
    let reason = if failing.is_some() { field::text(told, "reason") } else { "NodeClassNotReady" };
    Some((reason.to_owned(), said))
}

/// Writes conditions, counts and the hash of the template, where they differ.
fn tell(key: &Key, pool: &Value, class: Option<&Value>, round: &mut Round<'_>) -> Result<(), Status> {
    let fault = class_fault(class);
    let was_ready = field::condition_is_true(pool, "Ready");
    let (stamp, generation) = (round.stamp(), field::number(pool, "metadata.generation"));
    let (nodes, resources) = karpenter::amount(&key.name, round);
    let hash = hash(field::at(pool, "spec.template"));
    round.store.edit(key, |pool| {
        field::annotate(pool, POOL_HASH, hash.as_str());
        field::put(pool, "status.nodes", json!(nodes));
        field::put(pool, "status.resources", resources.clone());
        for kind in ["NodeClassReady", "Ready"] {
            let condition = match &fault {
                None => json!({"type": kind, "status": "True", "lastTransitionTime": stamp, "reason": kind, "message": "", "observedGeneration": generation}),
                Some((reason, said)) if kind == "NodeClassReady" => {
                    json!({"type": kind, "status": "False", "lastTransitionTime": stamp, "reason": reason, "message": said, "observedGeneration": generation})
                }
                Some(_) => {
                    json!({"type": kind, "status": "False", "lastTransitionTime": stamp, "reason": "UnhealthyDependents", "message": "NodeClassReady=False", "observedGeneration": generation})
                }
            };
            if field::text(field::condition(pool, kind), "status") != field::text(&condition, "status") {
                field::set_condition(pool, condition);
            }
        }
        Ok(())
    })?;
    if was_ready == fault.is_none() {
        return Ok(());
    }
    let (from, to, reason) =
        if was_ready { ("True", "False", "UnhealthyDependents") } else { ("False", "True", "Ready") };
    let message =
        format!("Status condition transitioned, Type: Ready, Status: {from} -> {to}, Reason: {reason}");
    round.note(pool, karpenter::COMPONENT, "Ready", message);
    Ok(())
}

/// Claims that were made from another template, or from another state of the class, have drifted.
fn mark_drift(pool: &Value, class: Option<&Value>, round: &Round<'_>) -> Result<(), Status> {
    let own = hash(field::at(pool, "spec.template"));
    let of_class = class.map(|class| hash(field::at(class, "spec")));
    for (key, claim) in round.lister.entries(CLAIMS, None, &Selection::all()) {
        if field::label(&claim, "karpenter.sh/nodepool") != field::name(pool)
            || !field::condition_is_true(&claim, "Initialized")
        {
            continue;
        }
        let reason = if field::annotation(&claim, POOL_HASH) != own {
            Some("NodePoolDrifted")
        } else if of_class.as_deref().is_some_and(|hash| field::annotation(&claim, CLASS_HASH) != hash) {
            Some("NodeClassDrift")
        } else {
            None
        };
        let known = field::condition(&claim, "Drifted");
        // Other kinds of drift, such as that of the image, are found by others.
        if reason.is_none_or(|reason| field::text(known, "reason") == reason) {
            continue;
        }
        let stamp = round.stamp();
        round.store.edit(&key, |claim| {
            field::set_condition(claim, json!({"type": "Drifted", "status": "True", "lastTransitionTime": stamp, "reason": reason, "message": reason, "observedGeneration": 1}));
            Ok(())
        })?;
    }
    Ok(())
}
