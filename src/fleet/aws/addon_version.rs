//! What EKS offers as managed add-ons (`DescribeAddonVersions`): every version with the versions of Kubernetes it fits.

use std::sync::Arc;

use super::aws_row;

/// An add-on that EKS can manage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferedAddon {
    /// `addonName`: `vpc-cni`.
    pub name: Box<str>,
    /// `owner`: `aws`, `community`.
    pub owner: Box<str>,
    /// `addonVersions[]`, newest first.
    pub versions: Box<[OfferedVersion]>,
}

/// A version of an add-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferedVersion {
    /// `addonVersion`: `v1.19.2-eksbuild.1`.
    pub version: Box<str>,
    /// `compatibilities[].clusterVersion`: the minors of Kubernetes it fits.
    pub fits: Box<[Arc<str>]>,
    /// The minors for which it is what EKS installs when nobody names a version (`compatibilities[].defaultVersion`).
    pub default_for: Box<[Arc<str>]>,
}

aws_row!(OfferedAddon, name);

impl OfferedAddon {
    /// The newest version that fits a minor of Kubernetes.
    pub fn newest(&self, minor: &str) -> Option<&OfferedVersion> {
        self.versions.iter().find(|version| version.is_for(minor))
    }

    /// The newest version that fits both of two minors: what is installed before an upgrade from one to the other.
    pub fn newest_for_both(&self, one: &str, other: &str) -> Option<&OfferedVersion> {
        self.versions.iter().find(|version| version.is_for(one) && version.is_for(other))
    }

    /// Whether a version fits a minor; `None` for a version that EKS does not offer any more.
    pub fn fits(&self, version: &str, minor: &str) -> Option<bool> {
        self.versions.iter().find(|offered| *offered.version == *version).map(|offered| offered.is_for(minor))
    }
}

impl OfferedVersion {
    fn is_for(&self, minor: &str) -> bool {
        self.fits.iter().any(|own| **own == *minor)
    }
}

/// The numbers of an add-on's version, for the order: 1, 12, 4, 1 of `v1.12.4-eksbuild.1`.
pub fn numbers(version: &str) -> Vec<u64> {
    version
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.parse().unwrap_or(u64::MAX))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers_and_then_by_their_build() {
        let ordered =
            ["v1.9.2-eksbuild.4", "v1.12.4-eksbuild.1", "v1.12.4-eksbuild.10", "v1.13.0-eksbuild.1"];
        assert!(ordered.windows(2).all(|pair| numbers(pair[0]) < numbers(pair[1])));
        assert!(numbers("latest").is_empty());
    }
}
