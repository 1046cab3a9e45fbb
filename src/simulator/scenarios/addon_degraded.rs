//! The network plugin leaves a node out, and the storage driver has lost its identity.

use jiff::SignedDuration;
use serde_json::json;

use super::Scenario;
use crate::simulator::api::status::Status;
use crate::simulator::demo::Demo;
use crate::simulator::store::{DeleteOptions, Key, Selection};
use crate::simulator::world::field;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "addon-degraded",
    description: "aws-node is missing on a node of dev, and the EBS driver has no identity in AWS",
    unfolds: SignedDuration::from_mins(6),
    namespace: None,
    apply,
};

/// The label that keeps the network plugin away, which nobody meant for this node.
const LABEL: &str = "eks.amazonaws.com/compute-type";

fn apply(demo: &mut Demo) -> Result<(), Status> {
    let Some(cluster) = demo.cluster("myapp-dev") else { return Ok(()) };
    let store = cluster.store().clone();
    store.edit(&Key::cluster("nodes", "ip-10-0-13-40.ec2.internal"), |node| {
        field::set_label(node, LABEL, "hybrid");
        Ok(())
    })?;
    store.edit(&Key::namespaced("daemonsets.apps", "kube-system", "aws-node"), |set| {
        field::put(
            set,
            "spec.template.spec.affinity",
            json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": LABEL, "operator": "NotIn", "values": ["fargate", "hybrid"]}]}]}}}),
        );
        Ok(())
    })?;
    cluster.conducts().lose_identity("kube-system", "ebs-csi-controller-sa");
    let controllers = Selection::by_labels("app.kubernetes.io/name=ebs-csi-controller")?;
    for pod in store.list("pods", Some("kube-system"), &controllers) {
        store.delete(&pod.key, &DeleteOptions::default())?;
    }
    Ok(())
}
