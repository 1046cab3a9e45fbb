//! Add-ons as EKS manages them (`DescribeAddon`).

use super::update::Update;
use super::{Issue, aws_row};
use crate::fleet::Timestamp;

/// An add-on that EKS manages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addon {
    /// `addonName`: `vpc-cni`.
    pub name: Box<str>,
    /// `addonVersion`: `v1.19.2-eksbuild.1`.
    pub version: Box<str>,
    /// `status`: `ACTIVE`, `DEGRADED`, `UPDATING`, `CREATE_FAILED`, `UPDATE_FAILED`, …
    pub status: Box<str>,
    /// `health.issues[]`
    pub issues: Box<[Issue]>,
    /// `serviceAccountRoleArn`: the role by IRSA, empty without one.
    pub role: Box<str>,
    /// `podIdentityAssociations[]`: the ARNs of the associations that the add-on owns.
    pub associations: Box<[Box<str>]>,
    /// `configurationValues`: what was set, as JSON or YAML; empty without.
    pub configuration: Box<str>,
    /// `namespaceConfig.namespace`: where it is installed; empty where EKS does not say.
    pub namespace: Box<str>,
    /// What is being done to it, and what failed last; read only while its status says that there is something.
    pub updates: Box<[Update]>,
    /// `modifiedAt`
    pub modified: Timestamp,
}

aws_row!(Addon, name);
