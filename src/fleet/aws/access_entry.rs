//! Access entries: which principal of AWS is who in the cluster (`DescribeAccessEntry`, `ListAssociatedAccessPolicies`).

use std::sync::Arc;

use super::aws_row;
use crate::fleet::Timestamp;

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessEntry {
    /// `principalArn`: a role or a user.
    pub principal: Box<str>,
    /// `type`: `STANDARD`, `EC2_LINUX`, `FARGATE_LINUX`, …
    pub kind: Box<str>,
    /// `kubernetesGroups`
    pub groups: Box<[Arc<str>]>,
    /// `username`: who they are to Kubernetes.
    pub username: Box<str>,
    /// Access policies of EKS, which RBAC does not know.
    pub policies: Box<[AccessPolicy]>,
    /// `createdAt`
    pub created: Timestamp,
}

/// An access policy of EKS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    /// The last part of `policyArn`: `AmazonEKSClusterAdminPolicy`.
    pub name: Box<str>,
    /// `accessScope.namespaces`; the whole cluster when empty.
    pub namespaces: Box<[Box<str>]>,
}

aws_row!(AccessEntry, principal);

impl AccessEntry {
    /// True for entries that EKS needs for nodes, and that lead no person in.
    pub fn is_for_nodes(&self) -> bool {
        !matches!(&*self.kind, "STANDARD" | "")
    }

    /// The principal as people say it: `role/PlatformAdmin`.
    pub fn called(&self) -> &str {
        called(&self.principal)
    }
}

/// A principal as people say it: what is behind the account, `role/PlatformAdmin`.
pub fn called(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

impl AccessPolicy {
    /// In words: `AmazonEKSViewPolicy in staging`.
    pub fn words(&self) -> String {
        if self.namespaces.is_empty() {
            self.name.to_string()
        } else {
            format!("{} in {}", self.name, self.namespaces.join(", "))
        }
    }
}
