//! Pod Identity associations: which service account gets which role (`DescribePodIdentityAssociation`).

use std::sync::Arc;

use super::aws_row;
use crate::fleet::Timestamp;

/// One association; a service account has at most one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodIdentity {
    /// `associationId`
    pub id: Box<str>,
    /// `namespace`
    pub namespace: Arc<str>,
    /// `serviceAccount`
    pub account: Arc<str>,
    /// `roleArn`
    pub role: Arc<str>,
    /// `targetRoleArn`: a role of another account that is assumed after it; empty without.
    pub target_role: Box<str>,
    /// `ownerArn`: the add-on that made it; empty when somebody else did.
    pub owner: Box<str>,
    /// `createdAt`: pods that are older carry nothing of it.
    pub created: Timestamp,
}

aws_row!(PodIdentity, id);
