//! Versions of Kubernetes that EKS runs, and until when (`DescribeClusterVersions`). The calendar is never ours: AWS has
//! moved its dates before.

use super::aws_row;
use crate::fleet::Timestamp;

/// A minor of Kubernetes at EKS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EksVersion {
    /// `clusterVersion`: `1.36`.
    pub minor: Box<str>,
    /// `versionStatus`: `STANDARD_SUPPORT`, `EXTENDED_SUPPORT`, `UNSUPPORTED`.
    pub status: Box<str>,
    /// `releaseDate`
    pub released: Timestamp,
    /// `endOfStandardSupportDate`
    pub standard_until: Timestamp,
    /// `endOfExtendedSupportDate`
    pub extended_until: Timestamp,
    /// `defaultVersion`: what a new cluster gets.
    pub is_default: bool,
    /// `kubernetesPatchVersion`: `1.36.3`.
    pub patch: Box<str>,
}

aws_row!(EksVersion, minor);

/// The numbers of a minor: (1, 36) of `1.36`, of `v1.36.3-eks-0a1b2c3` too.
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The minor after this one.
pub fn next_minor(version: &str) -> Option<String> {
    minor(version).map(|(major, minor)| format!("{major}.{}", minor + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_is_read_from_what_eks_and_the_server_say() {
        assert_eq!(minor("1.36"), Some((1, 36)));
        assert_eq!(minor("v1.36.3-eks-0a1b2c3"), Some((1, 36)));
        assert_eq!(minor("next"), None);
        assert_eq!(next_minor("1.9").as_deref(), Some("1.10"));
    }
}
