//! The hosted zones of all clusters' accounts with their records, each once: clusters that share an account have the same.

use std::collections::HashMap;
use std::sync::Arc;

use crate::fleet::aws::kind::{RECORDS, ZONES};
use crate::fleet::aws::record::RecordSet;
use crate::fleet::aws::zone::HostedZone;
use crate::snapshot::{ClusterSnapshot, Freshness};

/// Records that Route 53 makes in every zone: NS and SOA. A zone without others is not looked into.
const OWN_RECORDS: u32 = 2;
/// Labels of a name that a wildcard may stand above.
const MOST_LABELS: usize = 32;

/// A zone with its records.
#[derive(Debug)]
pub(in crate::planes) struct Page<'a> {
    pub(in crate::planes) zone: &'a Arc<HostedZone>,
    /// Which of the clusters are of its account, by their place.
    pub(in crate::planes) homes: Vec<usize>,
    /// False when what is not in it may exist all the same.
    pub(in crate::planes) is_read: bool,
    pub(in crate::planes) records: Vec<&'a Arc<RecordSet>>,
    by_name: HashMap<&'a str, Vec<&'a Arc<RecordSet>>>,
}

/// All zones.
#[derive(Debug)]
pub(in crate::planes) struct Book<'a> {
    pub(in crate::planes) pages: Vec<Page<'a>>,
    /// True when every account's zones could be listed.
    pub(in crate::planes) is_whole: bool,
}

/// What a zone has for a name.
#[derive(Clone, Debug)]
pub(in crate::planes) enum Entry<'b, 'a> {
    /// These records.
    Own(Vec<&'b Arc<RecordSet>>),
    /// Those of the wildcard that answers for it.
    Wildcard(Vec<&'b Arc<RecordSet>>),
    /// The name belongs to another zone, by these NS records.
    Delegated(&'a RecordSet),
    /// Nothing.
    Nothing,
}

pub(super) fn is_current(cluster: &ClusterSnapshot, kind: &crate::fleet::ResourceType) -> bool {
    matches!(cluster.freshness(kind), Freshness::Live | Freshness::Polled { .. } | Freshness::Stale { .. })
}

impl<'a> Book<'a> {
    pub(in crate::planes) fn of(clusters: &[&'a ClusterSnapshot]) -> Self {
        let mut pages: Vec<Page<'a>> = Vec::new();
        let mut by_id: HashMap<&'a str, usize> = HashMap::new();
        for (at, cluster) in clusters.iter().enumerate() {
            let zones = cluster.table::<HostedZone>(&ZONES);
            let mut own: Vec<&'a Arc<HostedZone>> =
                zones.iter().flat_map(|table| table.iter()).map(|(_, zone)| zone).collect();
            own.sort_by(|a, b| (&a.domain, a.is_private, &a.id).cmp(&(&b.domain, b.is_private, &b.id)));
            let mut fresh: Vec<usize> = Vec::new();
            for zone in own {
                match by_id.get(&*zone.id) {
                    Some(known) => pages[..].get_mut(*known).into_iter().for_each(|page| page.homes.push(at)),
                    None => {
                        by_id.insert(&zone.id, pages.len());
                        fresh.push(pages.len());
                        let is_bare = zone.records <= OWN_RECORDS && is_current(cluster, &RECORDS);
                        pages.push(Page {
                            zone,
                            homes: vec![at],
                            is_read: is_bare,
                            records: Vec::new(),
                            by_name: HashMap::new(),
                        });
                    }
                }
            }
            let records = cluster.table::<RecordSet>(&RECORDS);
            for (_, record) in records.iter().flat_map(|table| table.iter()) {
                let page = by_id.get(&*record.zone).filter(|at| fresh.contains(at));
                let Some(page) = page.and_then(|at| pages.get_mut(*at)) else { continue };
                page.is_read |= &*record.kind == "SOA";
                page.records.push(record);
                page.by_name.entry(&record.name).or_default().push(record);
            }
        }
        for page in &mut pages {
            page.records.sort_by(|a, b| (&a.name, &a.kind, &a.key).cmp(&(&b.name, &b.kind, &b.key)));
            for records in page.by_name.values_mut() {
                records.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
            }
        }
        let is_whole = clusters.iter().all(|cluster| is_current(cluster, &ZONES));
        Self { pages, is_whole }
    }

    /// The zone that answers for a name: the one with the longest domain.
    pub(in crate::planes) fn zone_for(&self, name: &str, is_private: bool) -> Option<&Page<'a>> {
        let covering =
            self.pages.iter().filter(|page| page.zone.is_private == is_private && page.zone.covers(name));
        // Of two zones of one domain the one that has something for the name.
        covering.max_by_key(|page| (page.zone.domain.len(), page.by_name.contains_key(name)))
    }

    /// The zone above a zone.
    pub(in crate::planes) fn parent(&self, zone: &HostedZone) -> Option<&Page<'a>> {
        let (_, above) = zone.domain.split_once('.')?;
        self.zone_for(above, zone.is_private)
    }
}

impl<'a> Page<'a> {
    /// The records of a name.
    pub(in crate::planes) fn named(&self, name: &str) -> &[&'a Arc<RecordSet>] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The records of a name and a type.
    pub(in crate::planes) fn of_kind(
        &self,
        name: &str,
        kind: &str,
    ) -> impl Iterator<Item = &'a Arc<RecordSet>> {
        self.named(name).iter().copied().filter(move |record| &*record.kind == kind)
    }

    /// What answers to a name, as DNS finds it: its own records, those of the nearest wildcard above it, or another zone.
    pub(in crate::planes) fn look_up(&self, name: &str) -> Entry<'_, 'a> {
        let mut above = Some(name);
        for _ in 0..MOST_LABELS {
            let Some(at) = above.filter(|at| **at != *self.zone.domain && self.zone.covers(at)) else {
                break;
            };
            if let Some(delegated) = self.of_kind(at, "NS").next() {
                return Entry::Delegated(delegated);
            }
            above = at.split_once('.').map(|(_, rest)| rest);
        }
        let own: Vec<&Arc<RecordSet>> = self.named(name).to_vec();
        if own.iter().any(|record| record.is_address()) {
            return Entry::Own(own);
        }
        let mut rest = name;
        for _ in 0..MOST_LABELS {
            let Some((_, above)) = rest.split_once('.').filter(|_| *rest != *self.zone.domain) else { break };
            let wildcard = format!("*.{above}");
            let found: Vec<&Arc<RecordSet>> = self.named(&wildcard).to_vec();
            if found.iter().any(|record| record.is_address()) {
                return Entry::Wildcard(found);
            }
            // A name that exists stops wildcards further up.
            if !self.named(above).is_empty() && *above != *self.zone.domain {
                break;
            }
            rest = above;
        }
        Entry::Nothing
    }

    /// The servers that answer for the zone: those of its delegation set, else what its own NS records say.
    pub(in crate::planes) fn name_servers(&self) -> Vec<&str> {
        let mut servers: Vec<&str> = match self.zone.name_servers.is_empty() {
            false => self.zone.name_servers.iter().map(AsRef::as_ref).collect(),
            true => self.of_kind(&self.zone.domain, "NS").flat_map(|record| values(record)).collect(),
        };
        servers.sort_unstable();
        servers
    }
}

/// The values of a record that has some.
pub(super) fn values(record: &RecordSet) -> impl Iterator<Item = &str> {
    let values = match &record.answer {
        crate::fleet::aws::record::Answer::Values { values, .. } => &**values,
        crate::fleet::aws::record::Answer::Alias { .. } => &[],
    };
    values.iter().map(AsRef::as_ref)
}
