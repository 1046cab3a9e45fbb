//! Who AWS says we are (STS `GetCallerIdentity`, which needs no permission).

use super::aws_row;

/// The caller of every request to an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// `Account`: twelve digits.
    pub account: Box<str>,
    /// `Arn`: `arn:aws:sts::123456789012:assumed-role/operator/alice`.
    pub arn: Box<str>,
    /// The region that calls go to.
    pub region: Box<str>,
}

aws_row!(Caller, arn);
