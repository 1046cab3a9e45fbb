//! Images in the container registry (ECR `DescribeRepositories`, `DescribeImages`).

use std::sync::Arc;

use super::aws_row;
use crate::fleet::Timestamp;

/// An image in a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Repository and digest: what tells it from all others.
    pub id: Box<str>,
    /// `repositoryUri`: `123456789012.dkr.ecr.us-east-1.amazonaws.com/myapp/api`.
    pub repository: Arc<str>,
    /// `imageDigest`: `sha256:…`
    pub digest: Box<str>,
    /// `imageTags`
    pub tags: Box<[Box<str>]>,
    /// `imagePushedAt`
    pub pushed: Timestamp,
    /// `imageSizeInBytes`, compressed.
    pub size: u64,
    /// `imageScanStatus.status`: `COMPLETE`, `FAILED`, `IN_PROGRESS`, `SCAN_ELIGIBILITY_EXPIRED`, …; empty when it was
    /// never scanned.
    pub scan: Box<str>,
    /// `imageScanFindingsSummary.findingSeverityCounts`; `None` when there are none to tell.
    pub findings: Option<Findings>,
}

aws_row!(Image, id);

/// What a scan found, by how bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Findings {
    /// `CRITICAL`
    pub critical: u32,
    /// `HIGH`
    pub high: u32,
    /// `MEDIUM`
    pub medium: u32,
    /// `LOW`, `INFORMATIONAL`, `UNDEFINED` and all others.
    pub other: u32,
}
