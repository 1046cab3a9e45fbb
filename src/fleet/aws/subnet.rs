//! Subnets (EC2 `DescribeSubnets`).

use std::sync::Arc;

use super::aws_row;
use super::tag::{Tags, tag};

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnet {
    /// `subnetId`
    pub id: Box<str>,
    /// `vpcId`
    pub vpc: Arc<str>,
    /// `state`: `available`, `pending`, `failed-insufficient-capacity`, …
    pub state: Box<str>,
    /// `availabilityZone`: `us-east-1a`.
    pub zone: Arc<str>,
    /// `availabilityZoneId`: `use1-az4`, the same place in all accounts.
    pub zone_id: Arc<str>,
    /// `cidrBlock`: `10.0.11.0/24`.
    pub cidr: Box<str>,
    /// `availableIpAddressCount`; `None` where it was not said.
    pub free: Option<u32>,
    /// `mapPublicIpOnLaunch`
    pub maps_public: bool,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(Subnet, id, tags);

impl Subnet {
    /// The tag `Name`; the id without one.
    pub fn called(&self) -> &str {
        tag(&self.tags, "Name").unwrap_or(&self.id)
    }

    /// A tag that is not empty.
    pub fn tag(&self, key: &str) -> Option<&str> {
        tag(&self.tags, key)
    }

    /// True with a tag, whatever its value.
    pub fn has_tag(&self, key: &str) -> bool {
        self.tags.iter().any(|(known, _)| **known == *key)
    }

    /// The addresses that can be used: AWS keeps five of each subnet (VPC user guide, *Subnet sizing*). `None` for what is
    /// no block of IPv4.
    pub fn usable(&self) -> Option<u32> {
        let length: u32 = self.cidr.split_once('/')?.1.parse().ok()?;
        let all = 1_u64.checked_shl(32_u32.checked_sub(length)?)?;
        u32::try_from(all.checked_sub(5)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_keeps_five_addresses_of_each_subnet() {
        let usable = |cidr: &str| Subnet { cidr: cidr.into(), ..Subnet::default() }.usable();
        assert_eq!((usable("10.0.11.0/24"), usable("10.0.0.0/28")), (Some(251), Some(11)));
        for strange in ["", "10.0.0.0", "10.0.0.0/x", "2600:1f18::/64", "10.0.0.0/32"] {
            assert_eq!(usable(strange), None, "{strange}");
        }
    }
}
