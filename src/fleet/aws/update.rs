//! What EKS does to a cluster, an add-on or a node group, or has done (`DescribeUpdate`).

use super::{Issue, aws_row};
use crate::fleet::Timestamp;

/// One update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// `id`
    pub id: Box<str>,
    /// `type`: `VersionUpdate`, `AddonUpdate`, …
    pub kind: Box<str>,
    /// `status`: `InProgress`, `Failed`, `Cancelled`, `Successful`.
    pub status: Box<str>,
    /// `params[]`: what it changes, as `Version`, `1.36`.
    pub params: Box<[(Box<str>, Box<str>)]>,
    /// `errors[]`
    pub errors: Box<[Issue]>,
    /// `createdAt`
    pub created: Timestamp,
}

aws_row!(Update, id);

impl Update {
    /// True while EKS is at it.
    pub fn is_running(&self) -> bool {
        &*self.status == "InProgress"
    }

    /// What it changes something to.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(own, _)| **own == *name).map(|(_, value)| &**value)
    }

    /// Why it failed, in the words of EKS; empty when it did not.
    pub fn failure(&self) -> String {
        let words: Vec<String> = self.errors.iter().map(Issue::words).collect();
        words.join("; ")
    }
}
