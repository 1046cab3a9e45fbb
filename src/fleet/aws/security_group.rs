//! Security groups (EC2 `DescribeSecurityGroups`).

use std::sync::Arc;

use super::aws_row;
use super::tag::Tags;

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    /// `groupId`
    pub id: Box<str>,
    /// `groupName`
    pub name: Box<str>,
    /// `groupDescription`
    pub description: Box<str>,
    /// `vpcId`
    pub vpc: Arc<str>,
    /// `ipPermissions[]`: what may come in.
    pub ingress: Box<[Permission]>,
    /// `ipPermissionsEgress[]`: what may go out.
    pub egress: Box<[Permission]>,
    /// `tagSet`
    pub tags: Tags,
}

aws_row!(SecurityGroup, id, tags);

/// Traffic that is let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    /// `ipProtocol`: `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    pub protocol: Box<str>,
    /// `fromPort` and `toPort`; `None` for all.
    pub ports: Option<(i32, i32)>,
    /// `ipRanges[].cidrIp` and `ipv6Ranges[].cidrIpv6`
    pub networks: Box<[Box<str>]>,
    /// `groups[].groupId`: what has one of these groups.
    pub groups: Box<[Arc<str>]>,
    /// `prefixListIds[].prefixListId`
    pub prefixes: Box<[Box<str>]>,
}

impl Permission {
    /// True when a port of TCP is let through, for whoever is meant.
    pub fn takes_tcp(&self, port: i32) -> bool {
        match &*self.protocol {
            "-1" => true,
            "tcp" | "6" => self.ports.is_none_or(|(from, to)| (from..=to).contains(&port)),
            _ => false,
        }
    }

    /// True when the whole world is meant.
    pub fn is_for_everybody(&self) -> bool {
        self.networks.iter().any(|network| matches!(&**network, "0.0.0.0/0" | "::/0"))
    }
}

impl SecurityGroup {
    /// True when something that has one of these groups may reach a port of TCP.
    pub fn lets_groups_in(&self, port: i32, groups: &[&str]) -> bool {
        self.ingress
            .iter()
            .any(|rule| rule.takes_tcp(port) && rule.groups.iter().any(|group| groups.contains(&&**group)))
    }

    /// True when the whole world may reach a port of TCP.
    pub fn lets_everybody_in(&self, port: i32) -> bool {
        self.ingress.iter().any(|rule| rule.takes_tcp(port) && rule.is_for_everybody())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, ports: Option<(i32, i32)>, network: &str) -> Permission {
        Permission {
            protocol: protocol.into(),
            ports,
            networks: [network.into()].into(),
            groups: ["sg-node".into()].into(),
            ..Permission::default()
        }
    }

    #[test]
    fn a_port_is_open_by_its_range_its_protocol_and_whom_it_is_for() {
        let group = |rule| SecurityGroup { ingress: [rule].into(), ..SecurityGroup::default() };
        assert!(group(rule("tcp", Some((0, 65535)), "0.0.0.0/0")).lets_everybody_in(22));
        assert!(group(rule("-1", None, "::/0")).lets_everybody_in(22));
        assert!(!group(rule("udp", Some((22, 22)), "0.0.0.0/0")).lets_everybody_in(22));
        assert!(!group(rule("tcp", Some((23, 80)), "0.0.0.0/0")).lets_everybody_in(22));
        assert!(!group(rule("tcp", Some((22, 22)), "10.0.0.0/8")).lets_everybody_in(22));
        assert!(group(rule("tcp", Some((22, 22)), "")).lets_groups_in(22, &["sg-other", "sg-node"]));
        assert!(!group(rule("tcp", Some((22, 22)), "")).lets_groups_in(22, &["sg-other"]));
    }
}
