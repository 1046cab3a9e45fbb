//! Names: every record of the zones of all accounts, joined to what it is for and to what is behind it.
//!
//! A record is joined by the text that external-dns writes beside it (`registry`) to the Ingress or Service of whichever
//! cluster it is for (`steward`), and by its target to load balancers, targets and certificates (`balancers`). What
//! is wanted and has no record is a row too. A record that belongs to one cluster is a row of that cluster; all others
//! are rows of every cluster of the account, and a view leaves out those that another cluster in sight shows.

pub(super) mod balancers;
pub(super) mod book;
mod conclude;
mod judge;
pub mod load_balancer;
mod ownership;
mod registry;
mod steward;
#[cfg(test)]
mod tests;
pub mod zone;

use std::sync::Arc;

pub(in crate::planes) use ownership::Ownership;

use crate::fleet::aws::kind::{
    ACM_CERTIFICATES, CALLERS, HEALTH_CHECKS, LISTENERS, LOAD_BALANCERS, RECORDS, TARGET_GROUPS, ZONES,
};
use crate::fleet::aws::record::RecordSet;
use crate::fleet::kind::{DEPLOYMENTS, INGRESSES, SERVICES};
use crate::fleet::time::human_duration;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::snapshot::{Derived, derived};

/// Records with what they are for, as a derived kind.
pub const DNS_RECORDS: ResourceType = derived::cluster_wide("dnsrecords", "RecordSet");

static NEEDS: [ResourceType; 2] = [ZONES, RECORDS];
static HELPS: [ResourceType; 9] = [
    INGRESSES,
    SERVICES,
    DEPLOYMENTS,
    LOAD_BALANCERS,
    LISTENERS,
    TARGET_GROUPS,
    ACM_CERTIFICATES,
    HEALTH_CHECKS,
    CALLERS,
];

/// The table of records.
pub const TABLE: Derived = Derived::new::<conclude::Records>(DNS_RECORDS, &NEEDS, &HELPS).spanning();

/// external-dns looks once a minute; a name may be missing so long after it was first wanted.
const PATIENCE: i64 = 3 * 60;
/// A certificate that lasts no longer than this should have been renewed.
const EXPIRY_WARNING: i64 = 14 * 24 * 3600;

/// How a record stands to what wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Kept by an external-dns of these clusters, for something that wants it.
    Managed,
    /// Made by hand or by another tool: not judged.
    ByHand,
    /// Made by Route 53 itself: the NS and SOA of a zone.
    Zone,
    /// Hands a part of its domain to other servers.
    Delegation,
    /// Belongs to an external-dns that is none of these clusters'.
    Foreign,
    /// Wanted, and not there.
    Missing,
    /// Wanted, and answered by a wildcard in its place.
    Shadowed,
    /// Kept for something that is gone.
    Orphaned,
    /// The text of a record that is gone.
    OrphanText,
    /// Leads to a load balancer that does not exist.
    Dangling,
    /// Leads to another place than what wants it has.
    WrongTarget,
    /// Claimed by two.
    TwoOwners,
    /// Lives for an odd time.
    OddTtl,
    /// What it belongs to could not be read.
    Unknown,
}

impl Class {
    /// The word of the screen and of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::ByHand => "by hand",
            Self::Zone => "zone",
            Self::Delegation => "delegation",
            Self::Foreign => "foreign owner",
            Self::Missing => "missing",
            Self::Shadowed => "shadowed",
            Self::Orphaned => "orphaned",
            Self::OrphanText => "orphan text",
            Self::Dangling => "dangling",
            Self::WrongTarget => "wrong target",
            Self::TwoOwners => "two owners",
            Self::OddTtl => "odd ttl",
            Self::Unknown => "unknown",
        }
    }

    /// True for what somebody should mend in DNS.
    pub fn is_drift(self) -> bool {
        !matches!(
            self,
            Self::Managed | Self::ByHand | Self::Zone | Self::Delegation | Self::Foreign | Self::Unknown
        )
    }
}

/// A record with what it is for, or one that is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct DnsRecord {
    /// `api.cosner.cloud A`
    pub key: Arc<str>,
    /// The name.
    pub name: Arc<str>,
    /// `A`, `CNAME`, …; empty for one that is missing.
    pub kind: Arc<str>,
    /// The domain of its zone.
    pub domain: Arc<str>,
    /// The id of its zone.
    pub zone: Arc<str>,
    /// Its zone answers in VPCs only.
    pub is_private: bool,
    /// The record; `None` for one that is missing.
    pub record: Option<Arc<RecordSet>>,
    /// The owner that its text names; empty without one.
    pub owner: Arc<str>,
    /// What it is for: an object of a cluster.
    pub source: Option<ObjectRef>,
    /// The load balancer that it leads to.
    pub load_balancer: Option<Arc<str>>,
    /// Healthy targets behind that load balancer, of all; `None` where that is not known.
    pub targets: Option<(u32, u32)>,
    /// When the certificate of its load balancer ends; *never* where there is none, or nobody says.
    pub expires: Timestamp,
    /// How it stands.
    pub class: Class,
    verdict: Verdict,
    why: Arc<str>,
    /// Since when it has been wanted; *never* for one that is there.
    wanted_since: Timestamp,
    /// The cluster that shows it where that is looked at too.
    pub shown_by: Option<ClusterId>,
}

impl DnsRecord {
    /// How it is at this moment, and why it is not ok.
    pub fn judge(&self, now: Timestamp) -> (Verdict, String) {
        let age = self.wanted_since.age_at(now);
        if matches!(self.class, Class::Missing | Class::Shadowed)
            && !self.wanted_since.is_never()
            && age < PATIENCE
        {
            return (Verdict::Progressing, "has just been asked for".to_owned());
        }
        let left = now.seconds_before(self.expires);
        let end = match self.expires.is_never() {
            true => None,
            false if left <= 0 => {
                let words =
                    format!("the certificate of its load balancer expired {} ago", human_duration(-left));
                Some((Verdict::Critical, words))
            }
            false if left < EXPIRY_WARNING => {
                let words =
                    format!("the certificate of its load balancer expires in {}", human_duration(left));
                Some((Verdict::Warning, words))
            }
            false => None,
        };
        match end {
            Some(end) if end.0 > self.verdict => end,
            _ => (self.verdict, self.why.to_string()),
        }
    }

    /// True when it counts as drift.
    pub fn is_drift(&self) -> bool {
        let is_of_names = self.class.is_drift() || matches!(self.class, Class::Delegation | Class::Foreign);
        is_of_names && self.verdict >= Verdict::Warning
    }
}

/// How many records of a cluster's table are how; those that another cluster shows are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DnsTally {
    /// All.
    pub records: u32,
    /// Those that somebody should mend.
    pub drift: u32,
    /// Those that could not be judged.
    pub unknown: u32,
}

impl DnsTally {
    fn change(&mut self, row: &DnsRecord, step: fn(u32, u32) -> u32) {
        if row.shown_by.is_some() {
            return;
        }
        self.records = step(self.records, 1);
        self.drift = step(self.drift, u32::from(row.is_drift()));
        self.unknown = step(self.unknown, u32::from(row.class == Class::Unknown));
    }
}

impl Row for DnsRecord {
    type Tally = DnsTally;

    fn namespace(&self) -> Option<&str> {
        None
    }
    #[expect(clippy::misnamed_getters, reason = "several records have one name")]
    fn name(&self) -> &str {
        &self.key
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, tally: &mut DnsTally) {
        tally.change(self, u32::saturating_add);
    }
    fn take_from(&self, tally: &mut DnsTally) {
        tally.change(self, u32::saturating_sub);
    }
}
