//! Clusters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{land, paged, tags};
use crate::simulator::aws::account::Account;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::ec2::subnet;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::{Land, ZONES, epoch};
use crate::simulator::world::cluster::{ACCOUNT, REGION};

/// Addresses that EKS wants to find free in each subnet it was given (EKS user guide, "Subnet requirements").
const NEEDED: i64 = 6;

/// The version of the control planes.
pub(crate) const VERSION: &str = "1.36";

/// `ListClusters`: the fleet's, and those nothing is known of.
pub(super) fn list(call: &Call<'_>) -> Result<Value, Failure> {
    let mut names: Vec<String> = call.lands().iter().map(|land| land.cluster.name.to_owned()).collect();
    if !names.is_empty() {
        names.extend(call.aws.account().strangers.iter().cloned());
    }
    names.sort();
    paged(call, "clusters", names.into_iter().map(Value::String).collect())
}

/// `DescribeCluster`.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let name = call.text("name");
    if call.aws.account().strangers.iter().any(|own| own == name) && !call.lands().is_empty() {
        return Ok(json!({"cluster": {
            "name": name, "arn": format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}"), "status": "CREATING", "version": VERSION,
        }}));
    }
    let account = call.aws.account().clone();
    Ok(json!({"cluster": written(&land(call)?, &account)}))
}

/// The address of a cluster's OIDC provider.
pub(crate) fn issuer(land: &Land) -> String {
    let id = land.cluster.endpoint();
    let id = id.trim_start_matches("https://").split('.').next().unwrap_or_default().to_owned();
    format!("https://oidc.eks.{REGION}.amazonaws.com/id/{id}")
}

fn written(land: &Land, account: &Account) -> Value {
    let cluster = land.cluster;
    let name = cluster.name;
    let key =
        land.arn("kms", &format!("key/{}-0000-4000-8000-{}", land.digits("kms", 8), land.digits("kms", 12)));
    let certificate = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD.encode(land.digits("certificate-authority", 600))
    );
    json!({
        "name": name, "arn": land.arn("eks", &format!("cluster/{name}")), "createdAt": epoch(land.installed()), "version": VERSION,
        "endpoint": cluster.endpoint(), "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{name}-cluster"),
        "resourcesVpcConfig": {
            "subnetIds": [land.subnet(11, 0), land.subnet(11, 1), land.subnet(11, 2)], "securityGroupIds": [],
            "clusterSecurityGroupId": cluster.resource("sg", "cluster"), "vpcId": cluster.vpc(), "endpointPublicAccess": true,
            "endpointPrivateAccess": true, "publicAccessCidrs": ["198.51.100.0/24"],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4", "elasticLoadBalancing": {"enabled": false}},
        "logging": {"clusterLogging": [
            {"types": ["api", "audit", "authenticator"], "enabled": true}, {"types": ["controllerManager", "scheduler"], "enabled": false},
        ]},
        "identity": {"oidc": {"issuer": issuer(land)}}, "status": "ACTIVE",
        "certificateAuthority": {"data": STANDARD.encode(certificate)}, "platformVersion": "eks.7", "tags": tags(land),
        "encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": key}}], "health": {"issues": issues(land, account)},
        "accessConfig": {"bootstrapClusterCreatorAdminPermissions": false, "authenticationMode": "API"},
        "upgradePolicy": {"supportType": "EXTENDED"}, "zonalShiftConfig": {"enabled": false},
        "computeConfig": {"enabled": false}, "storageConfig": {"blockStorage": {"enabled": false}}, "deletionProtection": true,
        "controlPlaneScalingConfig": {"tier": "standard"},
    })
}

/// What EKS finds wrong with a cluster's surroundings.
fn issues(land: &Land, account: &Account) -> Vec<Value> {
    let full: Vec<String> = (0..ZONES.len())
        .map(|zone| (zone, land.subnet(11, zone)))
        .filter(|(zone, id)| subnet::free(land, account, "private", *zone, id) < NEEDED)
        .map(|(_, id)| id)
        .collect();
    let message = "One or more of the subnets associated with your cluster does not have enough available IP addresses for Amazon EKS \
                   to perform cluster management operations.";
    let issue = json!({"code": "InsufficientFreeAddresses", "message": message, "resourceIds": full});
    if full.is_empty() { Vec::new() } else { vec![issue] }
}
