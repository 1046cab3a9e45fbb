//! Virtual networks (EC2 `DescribeVpcs`).

use super::aws_row;
use super::tag::{Tags, tag};

/// A virtual network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vpc {
    /// `vpcId`
    pub id: Box<str>,
    /// `state`: `available`, `pending`.
    pub state: Box<str>,
    /// `cidrBlockAssociationSet[].cidrBlock` of those that are associated: the first one, then those that were added.
    pub cidrs: Box<[Box<str>]>,
    /// `isDefault`
    pub is_default: bool,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(Vpc, id, tags);

impl Vpc {
    /// The tag `Name`; the id without one.
    pub fn called(&self) -> &str {
        tag(&self.tags, "Name").unwrap_or(&self.id)
    }
}
