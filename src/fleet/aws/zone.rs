//! Hosted zones of Route 53 (`ListHostedZones`, `GetHostedZone`).

use std::sync::Arc;

use super::aws_row;

/// A hosted zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostedZone {
    /// Its id without `/hostedzone/`: two zones may have the same name.
    pub id: Arc<str>,
    /// Its domain in lower case, without the dot at the end and without escapes.
    pub domain: Arc<str>,
    /// `Config.Comment`
    pub comment: Box<str>,
    /// `Config.PrivateZone`: it answers in its VPCs only.
    pub is_private: bool,
    /// `ResourceRecordSetCount`
    pub records: u32,
    /// `LinkedService.ServicePrincipal`: the AWS service that made it and keeps it; empty for most.
    pub kept_by: Box<str>,
    /// `DelegationSet.NameServers`, sorted, in lower case; empty for a private zone, and where nobody asked for them.
    pub name_servers: Box<[Box<str>]>,
    /// `VPCs[].VPCId` of a private zone; empty where nobody asked for them.
    pub networks: Box<[Arc<str>]>,
}

aws_row!(HostedZone, id);

impl HostedZone {
    /// True when a name in lower case, without a dot at its end, is of this zone by its letters.
    pub fn covers(&self, name: &str) -> bool {
        is_within(name, &self.domain)
    }
}

/// True when a name is this domain or below it; both in lower case and without a dot at the end.
pub fn is_within(name: &str, domain: &str) -> bool {
    match name.strip_suffix(domain) {
        Some(rest) => rest.is_empty() || rest.ends_with('.'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_covers_itself_and_what_is_below_and_no_neighbour() {
        let zone = HostedZone { domain: "cosner.cloud".into(), ..HostedZone::default() };
        assert!(zone.covers("cosner.cloud") && zone.covers("a.b.cosner.cloud"));
        assert!(!zone.covers("notcosner.cloud") && !zone.covers("cloud"));
    }
}
