//! Hosted zones: who keeps them, and whether the world finds them.

use std::sync::Arc;

use super::book::{Book, Page, values};
use super::steward::Steward;
use crate::fleet::aws::kind::{RECORDS, ZONES};
use crate::fleet::aws::zone::HostedZone;
use crate::fleet::kind::DEPLOYMENTS;
use crate::fleet::{ClusterId, ResourceType, Row, Verdict};
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// Zones with who keeps them, as a derived kind.
pub const DNS_ZONES: ResourceType = derived::cluster_wide("dnszones", "HostedZone");

static NEEDS: [ResourceType; 1] = [ZONES];
static HELPS: [ResourceType; 2] = [RECORDS, DEPLOYMENTS];

/// The table of zones.
pub const TABLE: Derived = Derived::new::<Zones>(DNS_ZONES, &NEEDS, &HELPS).spanning();

/// A zone with who keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsZone {
    /// The zone.
    pub zone: Arc<HostedZone>,
    /// The servers that answer for it, sorted.
    pub name_servers: Box<[Box<str>]>,
    /// The clusters whose external-dns keeps records in it.
    pub kept_by: Box<[Box<str>]>,
    /// Owners that texts in it name, sorted, each once.
    pub owners: Box<[Arc<str>]>,
    /// False when its records were not looked into.
    pub is_read: bool,
    /// How it is.
    pub verdict: Verdict,
    /// Why it is not ok.
    pub why: Box<str>,
    /// The cluster that shows it where that is looked at too.
    pub shown_by: Option<ClusterId>,
}

impl Row for DnsZone {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.zone.id
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// Concludes how zones are.
#[derive(Debug, Default)]
pub struct Zones;

impl Conclusion for Zones {
    type Row = DnsZone;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<DnsZone> {
        concluded(cluster, &[cluster])
    }

    fn conclude_among(&mut self, cluster: &ClusterSnapshot, all: &[Arc<ClusterSnapshot>]) -> Vec<DnsZone> {
        let all: Vec<&ClusterSnapshot> = all.iter().map(AsRef::as_ref).collect();
        concluded(cluster, &all)
    }
}

fn concluded(cluster: &ClusterSnapshot, all: &[&ClusterSnapshot]) -> Vec<DnsZone> {
    let Some(at) = all.iter().position(|other| other.id == cluster.id) else { return Vec::new() };
    let book = Book::of(all);
    let stewards: Vec<Steward<'_>> =
        all.iter().enumerate().map(|(at, cluster)| Steward::of(cluster, at)).collect();
    let own = book.pages.iter().filter(|page| page.homes.contains(&at));
    own.map(|page| {
        let keeps = |steward: &&Steward<'_>| {
            steward.keepers.iter().any(|keeper| {
                let arguments = keeper.arguments;
                arguments.keeps(&page.zone.domain, &page.zone.id, page.zone.is_private)
                    // A filter for a part of the zone.
                    || arguments.domains.iter().any(|domain| page.zone.covers(domain))
                        && arguments.keeps(arguments.domains.first().map_or("", AsRef::as_ref), &page.zone.id, page.zone.is_private)
            })
        };
        let kept_by = stewards.iter().filter(keeps).map(|steward| steward.cluster.id.name().into()).collect();
        let (verdict, why) = judged(&book, page);
        let first = page.homes.first().filter(|first| **first != at);
        DnsZone {
            zone: Arc::clone(page.zone),
            name_servers: page.name_servers().into_iter().map(Into::into).collect(),
            kept_by,
            owners: owners(page),
            is_read: page.is_read,
            verdict,
            why: why.into(),
            shown_by: first.and_then(|first| all.get(*first)).map(|cluster| cluster.id.clone()),
        }
    })
    .collect()
}

fn owners(page: &Page<'_>) -> Box<[Arc<str>]> {
    let texts = page.records.iter().filter(|record| &*record.kind == "TXT");
    let claims = texts.flat_map(|record| values(record)).filter_map(super::registry::Claim::parse);
    let mut owners: Vec<Arc<str>> = claims.map(|claim| claim.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    owners.into()
}

fn judged(book: &Book<'_>, page: &Page<'_>) -> (Verdict, String) {
    let zone = page.zone;
    let twin = book.pages.iter().find(|other| {
        other.zone.id != zone.id
            && other.zone.domain == zone.domain
            && !other.zone.is_private
            && !zone.is_private
    });
    if let Some(twin) = twin {
        let words =
            format!("{} is a zone of the same domain: the world asks one of them alone", twin.zone.id);
        return (Verdict::Warning, words);
    }
    if !zone.is_private
        && let Some(parent) = book.parent(zone)
    {
        let servers = page.name_servers();
        let mut said: Vec<&str> =
            parent.of_kind(&zone.domain, "NS").flat_map(|record| values(record)).collect();
        said.sort_unstable();
        match said.is_empty() {
            true if parent.is_read => {
                let words = format!("{} does not delegate to it: nobody finds it", parent.zone.domain);
                return (Verdict::Critical, words);
            }
            false if !servers.is_empty() && said != servers => {
                let words = format!(
                    "delegation broken: {} names {}, and it is served by {}",
                    parent.zone.domain,
                    said.join(", "),
                    servers.join(", ")
                );
                return (Verdict::Critical, words);
            }
            _ => {}
        }
    }
    match page.is_read {
        true => (Verdict::Ok, String::new()),
        false => (Verdict::Unknown, "its records were not read".to_owned()),
    }
}
