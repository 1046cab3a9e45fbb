//! Whose a single record is, for those that follow one name.

use std::sync::Arc;

use super::book::Page;
use super::registry::{Affix, Registry};
use crate::fleet::aws::record::RecordSet;
use crate::fleet::kind::DEPLOYMENTS;
use crate::fleet::workload::Workload;
use crate::snapshot::ClusterSnapshot;

/// How external-dns signs in these clusters.
#[derive(Debug, Default)]
pub(in crate::planes) struct Ownership {
    affixes: Vec<Affix>,
    owners: Vec<(Arc<str>, usize)>,
}

impl Ownership {
    pub(in crate::planes) fn of(clusters: &[&ClusterSnapshot]) -> Self {
        let mut all = Self { affixes: vec![Affix::default()], owners: Vec::new() };
        for (at, cluster) in clusters.iter().enumerate() {
            let table = cluster.table::<Workload>(&DEPLOYMENTS);
            let workloads = table.into_iter().flat_map(|table| table.iter());
            for arguments in workloads.filter_map(|(_, workload)| workload.external_dns.as_deref()) {
                let affix = Affix::of(arguments);
                if !all.affixes.contains(&affix) {
                    all.affixes.push(affix);
                }
                all.owners.push((Arc::clone(&arguments.owner), at));
            }
        }
        all
    }

    /// The owner that a record's text names.
    pub(in crate::planes) fn owner(&self, page: &Page<'_>, record: &RecordSet) -> Option<Arc<str>> {
        let registry = Registry::of(page);
        let claims = registry.claims(record, &self.affixes);
        claims.first().map(|(_, claim)| Arc::clone(&claim.owner))
    }

    /// The place of the one cluster that signs with this owner.
    pub(in crate::planes) fn signs(&self, owner: &str) -> Option<usize> {
        let mut signing = self.owners.iter().filter(|(known, _)| **known == *owner);
        match (signing.next(), signing.next()) {
            (Some((_, at)), None) => Some(*at),
            _ => None,
        }
    }
}
