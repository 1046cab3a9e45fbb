//! The table of records of a cluster.

use std::sync::Arc;

use super::judge::Court;
use super::{DnsRecord, HELPS, NEEDS};
use crate::fleet::external_dns::Arguments;
use crate::fleet::kind::DEPLOYMENTS;
use crate::fleet::workload::Workload;
use crate::fleet::{Epoch, Row};
use crate::snapshot::{ClusterSnapshot, Conclusion};

/// Concludes how records are. Deployments change all the time and external-dns hardly ever: what was concluded is kept
/// until something has changed that matters.
#[derive(Debug, Default)]
pub(super) struct Records {
    last: Option<(Seen, Vec<DnsRecord>)>,
}

/// What the rows were concluded from.
#[derive(Debug, PartialEq)]
struct Seen {
    versions: Vec<(Epoch, Option<u64>)>,
    keepers: Vec<(String, Arguments, bool, bool)>,
    knows_workloads: Vec<bool>,
}

impl Seen {
    fn of(all: &[&ClusterSnapshot]) -> Self {
        let kinds = || NEEDS.iter().chain(&HELPS).filter(|kind| **kind != DEPLOYMENTS);
        let versions = all.iter().flat_map(|cluster| {
            kinds().map(|kind| (cluster.epoch, cluster.any_table(kind).map(|table| table.version())))
        });
        let keepers = all.iter().flat_map(|cluster| {
            let table = cluster.table::<Workload>(&DEPLOYMENTS);
            table.into_iter().flat_map(|table| table.iter()).filter_map(move |(_, workload)| {
                let arguments = Arguments::clone(workload.external_dns.as_deref()?);
                let name = format!("{}/{}", cluster.id.name(), workload.name());
                Some((name, arguments, workload.ready > 0, workload.wanted > 0))
            })
        });
        Self {
            versions: versions.collect(),
            keepers: keepers.collect(),
            knows_workloads: all.iter().map(|cluster| cluster.freshness(&DEPLOYMENTS).is_settled()).collect(),
        }
    }
}

impl Conclusion for Records {
    type Row = DnsRecord;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<DnsRecord> {
        self.concluded(cluster, &[cluster])
    }

    fn conclude_among(&mut self, cluster: &ClusterSnapshot, all: &[Arc<ClusterSnapshot>]) -> Vec<DnsRecord> {
        let all: Vec<&ClusterSnapshot> = all.iter().map(AsRef::as_ref).collect();
        self.concluded(cluster, &all)
    }
}

impl Records {
    fn concluded(&mut self, cluster: &ClusterSnapshot, all: &[&ClusterSnapshot]) -> Vec<DnsRecord> {
        let seen = Seen::of(all);
        if let Some((before, rows)) = &self.last
            && *before == seen
        {
            return rows.clone();
        }
        let Some(at) = all.iter().position(|other| other.id == cluster.id) else { return Vec::new() };
        let court = Court::of(all);
        let mut rows = Vec::new();
        for page in &court.book.pages {
            court.page(page, at, &mut rows);
        }
        court.missing(at, &mut rows);
        self.last = Some((seen, rows.clone()));
        rows
    }
}
