//! The cluster as EKS describes it (`DescribeCluster`).

use std::sync::Arc;

use super::{Issue, aws_row};
use crate::fleet::Timestamp;

/// A cluster as EKS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EksCluster {
    /// `name`
    pub name: Box<str>,
    /// `arn`
    pub arn: Box<str>,
    /// `status`: `ACTIVE`, `UPDATING`, …
    pub status: Box<str>,
    /// `version`: the minor of Kubernetes, `1.36`.
    pub version: Box<str>,
    /// `platformVersion`: `eks.7`.
    pub platform_version: Box<str>,
    /// `endpoint`
    pub endpoint: Box<str>,
    /// `certificateAuthority.data`: base64 of PEM. Public.
    pub authority: Box<str>,
    /// `createdAt`
    pub created: Timestamp,
    /// `resourcesVpcConfig.endpointPublicAccess`
    pub is_public: bool,
    /// `resourcesVpcConfig.endpointPrivateAccess`
    pub is_private: bool,
    /// `resourcesVpcConfig.publicAccessCidrs`: from where the public endpoint may be reached.
    pub public_from: Box<[Box<str>]>,
    /// `resourcesVpcConfig.vpcId`
    pub vpc: Arc<str>,
    /// `resourcesVpcConfig.subnetIds`
    pub subnets: Box<[Arc<str>]>,
    /// `resourcesVpcConfig.clusterSecurityGroupId`
    pub security_group: Arc<str>,
    /// `accessConfig.authenticationMode`: `API`, `API_AND_CONFIG_MAP`, `CONFIG_MAP`.
    pub authentication: Box<str>,
    /// True when secrets are encrypted with a key of the account's own (`encryptionConfig[].resources`).
    pub encrypts_secrets: bool,
    /// The control-plane logs that are switched on (`logging.clusterLogging[]` with `enabled`).
    pub logs: Box<[Box<str>]>,
    /// `identity.oidc.issuer`, without `https://`: IRSA needs an IAM provider of the same name.
    pub issuer: Box<str>,
    /// `upgradePolicy.supportType`: `STANDARD` upgrades by itself when standard support ends, `EXTENDED` pays.
    pub support: Box<str>,
    /// `health.issues[]`
    pub issues: Box<[Issue]>,
}

aws_row!(EksCluster, name);
