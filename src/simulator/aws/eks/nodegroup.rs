//! Managed node groups: `system`, whose machines carry its label.

use serde_json::{Value, json};

use super::cluster::VERSION;
use super::{land, missing, paged, tags};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::ec2::launch_template;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, epoch};
use crate::simulator::aws::machine;
use crate::simulator::world::cluster::ACCOUNT;

/// The one group of each cluster.
pub(crate) const SYSTEM: &str = "system";
/// Machines that it may have: at least, at most.
pub(crate) const BOUNDS: (i64, i64) = (2, 4);

/// `ListNodegroups`.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    land(call)?;
    paged(call, "nodegroups", vec![json!(SYSTEM)])
}

/// `DescribeNodegroup`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let name = call.text("nodegroupName");
    if name != SYSTEM {
        return Err(missing(&format!("No node group found for name: {name}.")));
    }
    Ok(json!({"nodegroup": written(&land)}))
}

/// How many machines the group is to have: as many as it has.
pub(crate) fn size(land: &Land) -> i64 {
    let own = machine::machines(land).iter().filter(|machine| machine.group == SYSTEM).count();
    i64::try_from(own).unwrap_or_default().clamp(BOUNDS.0, BOUNDS.1)
}

fn written(land: &Land) -> Value {
    let cluster = land.cluster;
    let id = land.digits("nodegroup", 32);
    // EKS looks at what the group's machines do, and says so of those that its own control plane has not heard of.
    let silent: Vec<String> = machine::machines(land)
        .into_iter()
        .filter(|machine| machine.group == SYSTEM && machine.silent_since.is_some())
        .map(|machine| machine.id)
        .collect();
    let issues: Vec<Value> = (!silent.is_empty())
        .then(|| {
            json!({
                "code": "NodeCreationFailure", "message": "Unhealthy nodes in the kubernetes cluster", "resourceIds": silent,
            })
        })
        .into_iter()
        .collect();
    json!({
        "nodegroupName": SYSTEM, "nodegroupArn": land.arn("eks", &format!("nodegroup/{}/{SYSTEM}/{id}", cluster.name)),
        "clusterName": cluster.name, "version": VERSION, "releaseVersion": "1.36.3-20261007", "createdAt": epoch(land.installed()),
        "modifiedAt": epoch(land.before(60)), "status": if issues.is_empty() { "ACTIVE" } else { "DEGRADED" },
        "capacityType": "ON_DEMAND", "scalingConfig": {"minSize": BOUNDS.0, "maxSize": BOUNDS.1, "desiredSize": size(land)},
        "instanceTypes": ["t3.medium"], "subnets": [land.subnet(11, 0), land.subnet(11, 1), land.subnet(11, 2)],
        "amiType": "AL2023_x86_64_STANDARD", "nodeRole": format!("arn:aws:iam::{ACCOUNT}:role/{}-node", cluster.name),
        "labels": {"role": "system"}, "taints": [{"key": "CriticalAddonsOnly", "value": "true", "effect": "NO_SCHEDULE"}],
        "resources": {"autoScalingGroups": [{"name": launch_template::scaling_group(land)}]}, "health": {"issues": issues},
        "updateConfig": {"maxUnavailable": 1, "updateStrategy": "DEFAULT"}, "nodeRepairConfig": {"enabled": false},
        "launchTemplate": {"name": format!("eks-{}-system", cluster.name), "version": "1", "id": launch_template::id(land)},
        "tags": tags(land),
    })
}
