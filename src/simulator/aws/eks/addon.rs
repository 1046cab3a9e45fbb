//! Managed add-ons: as healthy as their workloads.

use serde_json::{Value, json};

use super::{land, missing, paged, tags};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, epoch};
use crate::simulator::world::identity::{self, Identity};

/// An add-on of the fleet.
#[derive(Debug)]
pub(super) struct Addon {
    pub(super) name: &'static str,
    /// The version that is installed.
    pub(super) version: &'static str,
    /// Its workloads in `kube-system`: resource and name.
    pub(super) workloads: &'static [(&'static str, &'static str)],
    /// The service account that gets an identity in AWS; empty when it needs none.
    pub(super) account: &'static str,
    /// What Terraform has set.
    configuration: &'static str,
    /// Only production has it.
    only_prod: bool,
}

const DEPLOYMENT: &str = "deployments.apps";
const DAEMON_SET: &str = "daemonsets.apps";

const fn addon(
    name: &'static str,
    version: &'static str,
    workloads: &'static [(&'static str, &'static str)],
    account: &'static str,
) -> Addon {
    Addon { name, version, workloads, account, configuration: "", only_prod: false }
}

/// The add-ons of the fleet, in the order in which EKS lists them.
pub(super) const ADDONS: [Addon; 7] = [
    addon(
        "aws-ebs-csi-driver",
        "v1.52.1-eksbuild.1",
        &[(DEPLOYMENT, "ebs-csi-controller"), (DAEMON_SET, "ebs-csi-node")],
        "ebs-csi-controller-sa",
    ),
    Addon {
        only_prod: true,
        ..addon(
            "aws-efs-csi-driver",
            "v2.1.13-eksbuild.1",
            &[(DEPLOYMENT, "efs-csi-controller"), (DAEMON_SET, "efs-csi-node")],
            "efs-csi-controller-sa",
        )
    },
    addon("coredns", "v1.12.4-eksbuild.1", &[(DEPLOYMENT, "coredns")], ""),
    addon("eks-pod-identity-agent", "v1.3.9-eksbuild.3", &[(DAEMON_SET, "eks-pod-identity-agent")], ""),
    addon("kube-proxy", "v1.36.3-eksbuild.2", &[(DAEMON_SET, "kube-proxy")], ""),
    addon("metrics-server", "v0.8.0-eksbuild.2", &[(DEPLOYMENT, "metrics-server")], ""),
    Addon {
        configuration: "{\"env\":{\"ENABLE_PREFIX_DELEGATION\":\"true\",\"WARM_PREFIX_TARGET\":\"1\"}}",
        ..addon("vpc-cni", "v1.20.4-eksbuild.2", &[(DAEMON_SET, "aws-node")], "aws-node")
    },
];

/// The add-ons of a cluster.
pub(super) fn of_land(land: &Land) -> impl Iterator<Item = &'static Addon> {
    let is_prod = land.cluster.is_prod();
    ADDONS.iter().filter(move |addon| is_prod || !addon.only_prod)
}

/// `ListAddons`.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    paged(call, "addons", of_land(&land).map(|addon| json!(addon.name)).collect())
}

/// `DescribeAddon`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let land = land(call)?;
    let name = call.text("addonName");
    let addon = of_land(&land)
        .find(|addon| addon.name == name)
        .ok_or_else(|| missing(&format!("No addon: {name} found in cluster: {}", land.cluster.name)))?;
    let issues = issues(&land, addon);
    let associations: Vec<String> = (!addon.account.is_empty())
        .then(|| super::pod_identity::arn(&land, "kube-system", addon.account))
        .into_iter()
        .filter(|_| identity::of("kube-system", addon.account) == Some(Identity::Association))
        .filter(|_| !land.conducts.lacks_identity("kube-system", addon.account))
        .collect();
    let id = land.digits(&format!("addon/{name}"), 32);
    let mut written = json!({
        "addonName": name, "clusterName": land.cluster.name, "status": if issues.is_empty() { "ACTIVE" } else { "DEGRADED" },
        "addonVersion": addon.version, "health": {"issues": issues},
        "addonArn": land.arn("eks", &format!("addon/{}/{name}/{id}", land.cluster.name)), "createdAt": epoch(land.installed()),
        "modifiedAt": epoch(land.before(19 * 24 * 60)), "tags": tags(&land), "podIdentityAssociations": associations,
        "publisher": "eks", "owner": "aws", "namespaceConfig": {"namespace": "kube-system"},
    });
    if let Some(fields) = written.as_object_mut().filter(|_| !addon.configuration.is_empty()) {
        fields.insert("configurationValues".to_owned(), json!(addon.configuration));
    }
    Ok(json!({"addon": written}))
}

/// What EKS finds wrong with an add-on: no permissions, workloads without their pods, or away.
fn issues(land: &Land, addon: &Addon) -> Vec<Value> {
    let wrong = |(resource, name): &(&str, &str)| match land.is_whole(resource, "kube-system", name) {
        Some(true) => None,
        Some(false) => Some(json!({
            "code": "InsufficientNumberOfReplicas",
            "message": "The add-on is unhealthy because it doesn't have the desired number of replicas.", "resourceIds": [],
        })),
        None => Some(json!({
            "code": "K8sResourceNotFound", "message": format!("The add-on is unhealthy because {name} was not found."),
            "resourceIds": [],
        })),
    };
    let denied = land.conducts.lacks_identity("kube-system", addon.account).then(|| {
        json!({
            "code": "AddonPermissionFailure",
            "message": "The add-on is unhealthy because its service account has no permissions in AWS.", "resourceIds": [],
        })
    });
    denied.into_iter().chain(addon.workloads.iter().filter_map(wrong).take(1)).collect()
}
