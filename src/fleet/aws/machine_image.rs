//! Machine images, AMIs (EC2 `DescribeImages`), and the releases that AWS recommends for nodes (public parameters of
//! Systems Manager; EKS user guide, "Retrieve recommended Amazon Linux AMI IDs").

use super::aws_row;
use crate::fleet::Timestamp;

/// A machine image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineImage {
    /// `imageId`
    pub id: Box<str>,
    /// `name`: `amazon-eks-node-al2023-x86_64-standard-1.36-v20261007`.
    pub name: Box<str>,
    /// `imageState`: `available`, `deregistered`, `disabled`, …
    pub state: Box<str>,
    /// `creationDate`
    pub created: Timestamp,
    /// `deprecationTime`: from then on nobody should use it; *never* where no end is set.
    pub deprecated: Timestamp,
}

aws_row!(MachineImage, id);

/// The release of an image for nodes that AWS recommends now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeRelease {
    /// What it is for: [`Line::key`].
    pub line: Box<str>,
    /// The value of the parameter: `1.36.3-20261007`.
    pub release: Box<str>,
}

aws_row!(NodeRelease, line);

/// A line of images for nodes: those of one Kubernetes, one architecture and one variant follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The minor of Kubernetes: `1.36`.
    pub minor: String,
    /// `x86_64`, `arm64`
    pub architecture: String,
    /// `standard`, `nvidia`, `neuron`
    pub variant: String,
}

/// The name before what tells images of Amazon Linux 2023 for nodes apart.
const PREFIX: &str = "amazon-eks-node-al2023-";

impl Line {
    /// `1.36/x86_64/standard`
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.minor, self.architecture, self.variant)
    }

    /// Of a node group, by its `amiType` and the minor of its nodes. `None` for what is not of Amazon Linux 2023.
    pub fn of_group(image_type: &str, version: &str) -> Option<Self> {
        let (architecture, variant) = image_type.strip_prefix("AL2023_")?.rsplit_once('_')?;
        let architecture = match architecture {
            "ARM_64" => "arm64",
            other => other,
        };
        (!version.is_empty()).then(|| Self {
            minor: version.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.to_ascii_lowercase(),
        })
    }
}

impl MachineImage {
    /// What an image for nodes is by its name, and the day of its release.
    pub fn release(&self) -> Option<(Line, Timestamp)> {
        let (rest, day) = self.name.strip_prefix(PREFIX)?.rsplit_once("-v")?;
        let (kind, minor) = rest.rsplit_once('-')?;
        let (architecture, variant) = kind.split_once('-')?;
        let line = Line { minor: minor.into(), architecture: architecture.into(), variant: variant.into() };
        day_of(day).map(|day| (line, day))
    }
}

/// The day of a release: of `1.36.3-20261007`, or of `20261007` alone.
pub fn day_of(release: &str) -> Option<Timestamp> {
    let day = release.rsplit('-').next()?;
    if day.len() != 8 || !day.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = day.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    Timestamp::parse(&format!("{year}-{month}-{day}T00:00:00Z")).known()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str) -> MachineImage {
        MachineImage { name: name.into(), ..MachineImage::default() }
    }

    #[test]
    fn the_name_of_an_image_says_its_line_and_its_day() {
        let (line, day) = image("amazon-eks-node-al2023-x86_64-standard-1.36-v20261007").release().unwrap();
        assert_eq!((&*line.key(), day), ("1.36/x86_64/standard", Timestamp::parse("2026-10-07T00:00:00Z")));
        assert_eq!(Line::of_group("AL2023_x86_64_STANDARD", "1.36"), Some(line));
        let arm = Line::of_group("AL2023_ARM_64_NVIDIA", "1.35").unwrap();
        assert_eq!(arm.key(), "1.35/arm64/nvidia");
    }

    #[test]
    fn what_is_no_image_of_amazon_linux_2023_for_nodes_has_no_release() {
        for name in ["", "bottlerocket-aws-k8s-1.36-x86_64-v1.50.0-abcdef", "amazon-eks-node-al2023-x86_64"] {
            assert_eq!(image(name).release(), None, "{name}");
        }
        assert_eq!(image("amazon-eks-node-al2023-x86_64-standard-1.36-v2026x007").release(), None);
        assert_eq!(Line::of_group("BOTTLEROCKET_x86_64", "1.36"), None);
        assert_eq!(Line::of_group("CUSTOM", "1.36"), None);
        for text in ["", "ami-0123456789abcdef0", "1.36.3-20261307", "1.36.3-é026107"] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }
}
