//! The load balancers of all clusters' accounts, by the names that records lead to, with what is behind them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::book::is_current;
use crate::fleet::Row;
use crate::fleet::aws::acm_certificate::AcmCertificate;
use crate::fleet::aws::caller::Caller;
use crate::fleet::aws::kind::{ACM_CERTIFICATES, CALLERS, LISTENERS, LOAD_BALANCERS, TARGET_GROUPS};
use crate::fleet::aws::listener::Listener;
use crate::fleet::aws::load_balancer::{LoadBalancer, is_classic, region_of};
use crate::fleet::aws::target_group::{Health, Target, TargetGroup};
use crate::planes::path::Seen;
use crate::snapshot::ClusterSnapshot;

/// Everything of Elastic Load Balancing that could be read.
#[derive(Debug, Default)]
pub(in crate::planes) struct Balancers<'a> {
    by_host: HashMap<&'a str, &'a Arc<LoadBalancer>>,
    /// Which of the clusters are of its account, by their place.
    homes: HashMap<&'a str, Vec<usize>>,
    listeners: HashMap<&'a str, Vec<&'a Listener>>,
    groups: HashMap<&'a str, &'a TargetGroup>,
    of_balancer: HashMap<&'a str, Vec<&'a TargetGroup>>,
    certificates: HashMap<&'a str, &'a AcmCertificate>,
    /// The regions of which all load balancers are known.
    regions: BTreeSet<&'a str>,
    pub(in crate::planes) knows_listeners: bool,
    pub(in crate::planes) knows_groups: bool,
    pub(in crate::planes) knows_certificates: bool,
}

fn rows<'a, R: Row>(
    cluster: &'a ClusterSnapshot,
    kind: &crate::fleet::ResourceType,
) -> impl Iterator<Item = &'a Arc<R>> + use<'a, R> {
    cluster.table::<R>(kind).into_iter().flat_map(|table| table.iter()).map(|(_, row)| row)
}

impl<'a> Balancers<'a> {
    pub(in crate::planes) fn of(clusters: &[&'a ClusterSnapshot]) -> Self {
        let mut all = Self {
            knows_listeners: clusters.iter().all(|cluster| is_current(cluster, &LISTENERS)),
            knows_groups: clusters.iter().all(|cluster| is_current(cluster, &TARGET_GROUPS)),
            knows_certificates: clusters.iter().all(|cluster| is_current(cluster, &ACM_CERTIFICATES)),
            ..Self::default()
        };
        for (at, cluster) in clusters.iter().enumerate() {
            for balancer in rows::<LoadBalancer>(cluster, &LOAD_BALANCERS) {
                all.by_host.entry(&balancer.host).or_insert(balancer);
                all.homes.entry(&balancer.arn).or_default().push(at);
            }
            if is_current(cluster, &LOAD_BALANCERS) {
                let own = rows::<Caller>(cluster, &CALLERS).map(|caller| &*caller.region);
                let told = rows::<LoadBalancer>(cluster, &LOAD_BALANCERS).filter_map(|b| region_of(&b.host));
                all.regions.extend(own.chain(told));
            }
            for balancer in rows::<LoadBalancer>(cluster, &LOAD_BALANCERS) {
                if let Some(classic) = &balancer.classic
                    && all.groups.insert(&classic.group.arn, &classic.group).is_none()
                {
                    all.of_balancer.entry(&balancer.arn).or_default().push(&classic.group);
                }
            }
            for listener in rows::<Listener>(cluster, &LISTENERS) {
                let of = all.listeners.entry(&listener.load_balancer).or_default();
                if !of.iter().any(|known| known.arn == listener.arn) {
                    of.push(listener);
                }
            }
            for group in rows::<TargetGroup>(cluster, &TARGET_GROUPS) {
                if all.groups.insert(&group.arn, group).is_none() {
                    for balancer in &group.load_balancers {
                        all.of_balancer.entry(balancer).or_default().push(group);
                    }
                }
            }
            for certificate in rows::<AcmCertificate>(cluster, &ACM_CERTIFICATES) {
                all.certificates.insert(&certificate.arn, certificate);
            }
        }
        for of in all.listeners.values_mut() {
            of.sort_by_key(|listener| (listener.port, &listener.arn));
        }
        for of in all.of_balancer.values_mut() {
            of.sort_by_key(|group| &group.name);
        }
        all
    }

    /// All of them, by name.
    pub(in crate::planes) fn iter(&self) -> Vec<&'a Arc<LoadBalancer>> {
        let mut all: Vec<&'a Arc<LoadBalancer>> = self.by_host.values().copied().collect();
        all.sort_by(|a, b| (&a.name, &a.arn).cmp(&(&b.name, &b.arn)));
        all
    }

    /// Which of the clusters are of a load balancer's account, by their place.
    pub(in crate::planes) fn homes(&self, balancer: &LoadBalancer) -> &[usize] {
        self.homes.get(&*balancer.arn).map_or(&[], Vec::as_slice)
    }

    /// The load balancer of a name that records lead to; `None` when the name is not that of one.
    pub(in crate::planes) fn find(&self, host: &str) -> Option<Seen<&'a Arc<LoadBalancer>>> {
        if let Some(found) = self.by_host.get(host) {
            return Some(Seen::Found(found));
        }
        let region = region_of(host)?;
        Some(match self.regions.contains(region) && !is_classic(host) {
            true => Seen::Absent,
            false => Seen::Unknown,
        })
    }

    pub(in crate::planes) fn listeners(&self, balancer: &LoadBalancer) -> &[&'a Listener] {
        self.listeners.get(&*balancer.arn).map_or(&[], Vec::as_slice)
    }

    pub(in crate::planes) fn group(&self, arn: &str) -> Option<&'a TargetGroup> {
        self.groups.get(arn).copied()
    }

    pub(in crate::planes) fn certificate(&self, arn: &str) -> Option<&'a AcmCertificate> {
        self.certificates.get(arn).copied()
    }

    /// The target groups of a load balancer.
    pub(in crate::planes) fn groups_of(&self, balancer: &LoadBalancer) -> &[&'a TargetGroup] {
        self.of_balancer.get(&*balancer.arn).map_or(&[], Vec::as_slice)
    }

    /// The targets of a load balancer, as far as they are known.
    pub(in crate::planes) fn targets(&self, balancer: &LoadBalancer) -> impl Iterator<Item = &'a Target> {
        self.groups_of(balancer).iter().copied().flat_map(|group| group.targets.iter().flatten())
    }

    /// How the targets of a load balancer are, all groups together; `None` where that is not known.
    pub(in crate::planes) fn health(&self, balancer: &LoadBalancer) -> Option<Health> {
        if !self.knows_groups && balancer.classic.is_none() {
            return None;
        }
        let mut sum = Health::default();
        for group in self.groups_of(balancer) {
            let health = group.health()?;
            sum.healthy += health.healthy;
            sum.coming += health.coming;
            sum.leaving += health.leaving;
            sum.all += health.all;
        }
        Some(sum)
    }

    /// The certificate that a load balancer shows to a host: the first that is for it. The flag is true when it surely
    /// shows one that is not for it.
    pub(in crate::planes) fn certificate_for(
        &self,
        balancer: &LoadBalancer,
        host: &str,
    ) -> (Option<&'a AcmCertificate>, bool) {
        let encrypted = || self.listeners(balancer).iter().filter(|listener| listener.is_encrypted());
        let arns = || encrypted().flat_map(|listener| listener.certificates.iter());
        let known = arns().filter_map(|arn| self.certificate(arn));
        if let Some(found) = known.clone().find(|certificate| certificate.covers(host)) {
            return (Some(found), false);
        }
        let are_all_known = arns().all(|arn| self.certificate(arn).is_some_and(|one| !one.has_more_names));
        let is_wrong = self.knows_certificates && encrypted().next().is_some() && are_all_known;
        (None, is_wrong)
    }
}
