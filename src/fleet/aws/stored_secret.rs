//! What stores of secrets know about a secret, never the secret (Secrets Manager `ListSecrets`, Systems Manager
//! `DescribeParameters`).

use super::aws_row;
use crate::fleet::Timestamp;

/// Which store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keeper {
    /// Secrets Manager.
    #[default]
    SecretsManager,
    /// Parameters of Systems Manager.
    ParameterStore,
}

impl Keeper {
    /// The word of External Secrets (`spec.provider.aws.service`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretsManager => "SecretsManager",
            Self::ParameterStore => "ParameterStore",
        }
    }
}

/// What is known about a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSecret {
    /// `ARN`
    pub arn: Box<str>,
    /// `Name`
    pub name: Box<str>,
    /// Which store it is in.
    pub keeper: Keeper,
    /// `LastChangedDate`, or `LastModifiedDate` of a parameter.
    pub changed: Timestamp,
    /// `LastAccessedDate`, a day of UTC; never for a parameter.
    pub accessed: Timestamp,
    /// `RotationEnabled`
    pub rotates: bool,
    /// `LastRotatedDate`
    pub rotated: Timestamp,
    /// `NextRotationDate`
    pub next_rotation: Timestamp,
    /// `DeletedDate`: since when it is scheduled for deletion; never while it is not.
    pub deleted: Timestamp,
}

aws_row!(StoredSecret, arn);
