//! IAM roles by who may take them (`ListRoles`), and the providers of tokens that an account believes
//! (`ListOpenIDConnectProviders`).

use std::sync::Arc;

use super::aws_row;

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// `Arn`
    pub arn: Arc<str>,
    /// `RoleName`
    pub name: Box<str>,
    /// The statements of `AssumeRolePolicyDocument` that are about pods: those that name the service of EKS Pod Identity
    /// or a provider of tokens. The rest is not kept.
    pub trust: Box<[Trust]>,
}

aws_row!(Role, arn);

/// A statement of a trust policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// `Effect` is `Allow`.
    pub allows: bool,
    /// `Principal.Service`
    pub services: Box<[Box<str>]>,
    /// `Principal.Federated`
    pub federated: Box<[Box<str>]>,
    /// `Action`
    pub actions: Box<[Box<str>]>,
    /// `Condition`
    pub conditions: Box<[Condition]>,
}

/// One condition of a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// `StringEquals`, `StringLike`, …
    pub operator: Box<str>,
    /// What is compared: `oidc.eks.us-east-1.amazonaws.com/id/ABC:sub`.
    pub key: Box<str>,
    /// With one of these.
    pub values: Box<[Box<str>]>,
}

/// A provider of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenProvider {
    /// `Arn`: `arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC`.
    pub arn: Box<str>,
}

aws_row!(TokenProvider, arn);

impl TokenProvider {
    /// Whose tokens, without `https://`.
    pub fn issuer(&self) -> &str {
        self.arn.split_once(":oidc-provider/").map_or("", |(_, issuer)| issuer)
    }
}
