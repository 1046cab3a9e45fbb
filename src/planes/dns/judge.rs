//! What a record is for, and whether it is as it should be.

use std::sync::Arc;

use super::balancers::Balancers;
use super::book::{Book, Entry, Page, values};
use super::registry::{Affix, Claim, Registry, probable_subject};
use super::steward::{Keeper, Steward, Wish, affixes};
use super::{Class, DnsRecord};
use crate::fleet::aws::health_check::HealthCheck;
use crate::fleet::aws::kind::HEALTH_CHECKS;
use crate::fleet::aws::record::{Answer, RecordSet};
use crate::fleet::{ObjectRef, Timestamp, Verdict};
use crate::planes::dns::book::is_current;
use crate::planes::path::Seen;
use crate::snapshot::ClusterSnapshot;

/// An answer that lives for a day or longer is cached by resolvers all over the world until then.
const LONG: u32 = 24 * 3600;

/// All that records are joined with.
pub(super) struct Court<'a> {
    pub(super) book: Book<'a>,
    pub(super) stewards: Vec<Steward<'a>>,
    pub(super) balancers: Balancers<'a>,
    checks: Vec<&'a Arc<HealthCheck>>,
    knows_checks: bool,
    affixes: Vec<Affix>,
}

/// What was found out about a record.
#[derive(Default)]
struct Finding {
    class: Option<Class>,
    verdict: Verdict,
    why: String,
    source: Option<ObjectRef>,
    /// The cluster that it belongs to alone.
    of: Option<usize>,
}

impl Finding {
    fn of(class: Class, verdict: Verdict, why: impl Into<String>) -> Self {
        Self { class: Some(class), verdict, why: why.into(), ..Self::default() }
    }

    /// Says something else where that is worse.
    fn worse(&mut self, class: Class, verdict: Verdict, why: impl Into<String>) {
        if verdict > self.verdict {
            (self.class, self.verdict, self.why) = (Some(class), verdict, why.into());
        }
    }
}

impl<'a> Court<'a> {
    pub(super) fn of(clusters: &[&'a ClusterSnapshot]) -> Self {
        let stewards: Vec<Steward<'a>> =
            clusters.iter().enumerate().map(|(at, cluster)| Steward::of(cluster, at)).collect();
        let checks = clusters.iter().filter_map(|cluster| cluster.table::<HealthCheck>(&HEALTH_CHECKS));
        Self {
            book: Book::of(clusters),
            balancers: Balancers::of(clusters),
            checks: checks.flat_map(|table| table.iter()).map(|(_, check)| check).collect(),
            knows_checks: clusters.iter().all(|cluster| is_current(cluster, &HEALTH_CHECKS)),
            affixes: affixes(&stewards),
            stewards,
        }
    }

    fn object(&self, at: usize, wish: &Wish<'_>) -> Option<ObjectRef> {
        Some(ObjectRef {
            cluster: self.stewards.get(at)?.cluster.id.clone(),
            resource: wish.resource.clone(),
            namespace: Some(wish.namespace.into()),
            name: wish.name.into(),
        })
    }

    fn name_of(&self, at: usize) -> &str {
        self.stewards.get(at).map_or("", |steward| steward.cluster.id.name())
    }

    /// Who wants a name of a zone, and keeps it there.
    fn wanted_by<'s>(
        &'s self,
        page: &'s Page<'a>,
        host: &'s str,
    ) -> impl Iterator<Item = (usize, Keeper<'a>, &'s Wish<'a>)> {
        self.stewards.iter().flat_map(move |steward| {
            let keeper = steward.keeper(host, &page.zone.id, page.zone.is_private);
            keeper
                .into_iter()
                .flat_map(move |keeper| steward.wishes(host).map(move |wish| (steward.at, keeper, wish)))
        })
    }

    /// Every record of a zone with what it is for, as the cluster at this place shows it.
    pub(super) fn page(&self, page: &Page<'a>, at: usize, into: &mut Vec<DnsRecord>) {
        let registry = Registry::of(page);
        let mut used: Vec<&str> = Vec::new();
        for record in page.records.iter().copied() {
            if registry.is_text(record) {
                continue;
            }
            let claims = registry.claims(record, &self.affixes);
            used.extend(claims.iter().map(|(text, _)| &*text.key));
            let finding = self.judge(page, record, &claims);
            let owner = claims.first().map(|(_, claim)| Arc::clone(&claim.owner)).unwrap_or_default();
            into.extend(self.row(page, at, record, owner, finding));
        }
        used.sort_unstable();
        for (text, claim) in registry.all() {
            if used.binary_search(&&*text.key).is_err() {
                let finding = self.orphan_text(page, text, claim);
                into.extend(self.row(page, at, text, Arc::clone(&claim.owner), finding));
            }
        }
    }

    /// A record's row in a cluster's table; none where it belongs to another cluster.
    fn row(
        &self,
        page: &Page<'a>,
        at: usize,
        record: &Arc<RecordSet>,
        owner: Arc<str>,
        finding: Finding,
    ) -> Option<DnsRecord> {
        let shown_by = match finding.of {
            Some(own) if own == at => None,
            Some(_) => return None,
            None if !page.homes.contains(&at) => return None,
            None => page.homes.first().filter(|first| **first != at),
        };
        let shown_by = shown_by.and_then(|first| self.stewards.get(*first)).map(|s| s.cluster.id.clone());
        let (load_balancer, targets, expires) = self.behind(record);
        Some(DnsRecord {
            key: record.key.as_ref().into(),
            name: Arc::clone(&record.name),
            kind: Arc::clone(&record.kind),
            domain: Arc::clone(&page.zone.domain),
            zone: Arc::clone(&page.zone.id),
            is_private: page.zone.is_private,
            record: Some(Arc::clone(record)),
            owner,
            source: finding.source,
            load_balancer,
            targets,
            expires,
            class: finding.class.unwrap_or(Class::Unknown),
            verdict: finding.verdict,
            why: finding.why.into(),
            wanted_since: Timestamp::NEVER,
            shown_by,
        })
    }

    /// The load balancer that a record leads to, its targets, and the end of its certificate.
    fn behind(&self, record: &RecordSet) -> (Option<Arc<str>>, Option<(u32, u32)>, Timestamp) {
        for target in record.targets() {
            if let Some(Seen::Found(balancer)) = self.balancers.find(target) {
                let health = self.balancers.health(balancer).map(|health| (health.healthy, health.all));
                let certificate = self.balancers.certificate_for(balancer, &record.name).0;
                let expires = certificate.map_or(Timestamp::NEVER, |certificate| certificate.expires);
                return (Some(balancer.name.as_ref().into()), health, expires);
            }
        }
        (None, None, Timestamp::NEVER)
    }

    fn judge(&self, page: &Page<'a>, record: &RecordSet, claims: &[(&Arc<RecordSet>, &Claim)]) -> Finding {
        let is_apex = *record.name == *page.zone.domain;
        match &*record.kind {
            "SOA" => return Finding::of(Class::Zone, Verdict::Ok, ""),
            "NS" if is_apex => return Finding::of(Class::Zone, Verdict::Ok, ""),
            "NS" => return self.delegation(record),
            _ => {}
        }
        let mut finding = match claims.first() {
            None => self.unowned(page, record),
            Some((_, claim)) => {
                let other = claims.iter().find(|(_, other)| other.owner != claim.owner);
                let mut finding = self.owned(page, record, claim);
                if let Some((_, other)) = other {
                    let words = format!("two texts name two owners: {} and {}", claim.owner, other.owner);
                    finding.worse(Class::TwoOwners, Verdict::Warning, words);
                }
                finding
            }
        };
        self.behind_it(record, !claims.is_empty(), &mut finding);
        finding
    }

    /// What is wrong where a record leads, whoever keeps it.
    fn behind_it(&self, record: &RecordSet, is_owned: bool, finding: &mut Finding) {
        for target in record.targets() {
            match self.balancers.find(target) {
                Some(Seen::Absent) => {
                    let verdict = if is_owned { Verdict::Critical } else { Verdict::Warning };
                    let rest = if is_owned { "" } else { " of these accounts" };
                    let words = format!("leads to {target}, and there is no such load balancer{rest}");
                    finding.worse(Class::Dangling, verdict, words);
                }
                Some(Seen::Unknown) if finding.verdict == Verdict::Ok && is_owned => {
                    finding.verdict = Verdict::Unknown;
                    finding.why = format!("whether {target} exists is not known");
                }
                Some(Seen::Found(balancer)) if is_owned => {
                    let class = finding.class.unwrap_or(Class::Managed);
                    let has_groups = !self.balancers.groups_of(balancer).is_empty();
                    match self.balancers.health(balancer) {
                        Some(health) if has_groups && health.healthy == 0 && health.coming == 0 => {
                            let words = format!("no target of {} is healthy", balancer.name);
                            finding.worse(class, Verdict::Warning, words);
                        }
                        _ => {}
                    }
                    if self.balancers.certificate_for(balancer, &record.name).1 {
                        let words = format!("{} has no certificate for it", balancer.name);
                        finding.worse(class, Verdict::Warning, words);
                    }
                }
                Some(_) | None => {}
            }
        }
        if let Some(id) = &record.health_check {
            let class = finding.class.unwrap_or(Class::Managed);
            match self.checks.iter().find(|check| *check.id == **id) {
                Some(check) => {
                    let (verdict, words) = check.judge();
                    if verdict == Verdict::Critical {
                        finding.worse(class, Verdict::Warning, format!("its health check fails: {words}"));
                    }
                }
                None if self.knows_checks => {
                    finding.worse(class, Verdict::Warning, format!("its health check {id} does not exist"));
                }
                None => {}
            }
        }
    }

    fn delegation(&self, record: &RecordSet) -> Finding {
        let mut said: Vec<&str> = values(record).collect();
        said.sort_unstable();
        let children = || {
            self.book.pages.iter().filter(|page| !page.zone.is_private && *page.zone.domain == *record.name)
        };
        if children().next().is_none() {
            return Finding::of(Class::Delegation, Verdict::Ok, "");
        }
        if children().any(|child| child.name_servers() == said) {
            return Finding::of(Class::Delegation, Verdict::Ok, "");
        }
        let child: Vec<&str> = children().flat_map(|child| child.name_servers()).collect();
        if child.is_empty() {
            return Finding::of(
                Class::Delegation,
                Verdict::Unknown,
                "which servers its zone has is not known",
            );
        }
        let words = format!(
            "delegation broken: it names {}, and zone {} is served by {}",
            said.join(", "),
            record.name,
            child.join(", ")
        );
        Finding::of(Class::Delegation, Verdict::Critical, words)
    }

    /// A record without a text.
    fn unowned(&self, page: &Page<'a>, record: &RecordSet) -> Finding {
        if !record.is_address() {
            return Finding::of(Class::ByHand, Verdict::Ok, "");
        }
        let mut wanted = self.wanted_by(page, &record.name);
        let Some((at, keeper, wish)) = wanted.next() else {
            return Finding::of(Class::ByHand, Verdict::Ok, "");
        };
        let source = self.object(at, wish);
        if &*keeper.arguments.registry != "txt" || keeper.arguments.is_encrypted {
            // There is nothing to read that says whose it is: it is taken for that of whoever wants it.
            let mut finding = self.compared(record, at, wish);
            finding.of = Some(at);
            return finding;
        }
        let cluster = self.name_of(at);
        let words = format!(
            "{} of {cluster} wants it, and it has no owner: external-dns leaves it alone",
            wish.words()
        );
        let is_right = leads_to(record, wish);
        // external-dns does not touch what it does not own; as long as it leads to the right place nobody suffers.
        let verdict = if is_right { Verdict::Ok } else { Verdict::Warning };
        Finding { source, ..Finding::of(Class::ByHand, verdict, words).drifting(!is_right) }
    }

    fn owned(&self, page: &Page<'a>, record: &RecordSet, claim: &Claim) -> Finding {
        let owner = &claim.owner;
        let signing: Vec<(&Steward<'a>, Keeper<'a>)> =
            self.stewards.iter().filter_map(|steward| Some((steward, steward.signs(owner)?))).collect();
        match signing.as_slice() {
            [] => self.foreign(page, record, claim),
            [(steward, keeper)] => self.managed(record, claim, steward, *keeper),
            several => {
                // Whoever has the object that the text names is the one who wrote it.
                let has = |steward: &Steward<'_>| {
                    let source = steward.source(&claim.kind, &claim.namespace, &claim.name);
                    matches!(source, Some((_, Seen::Found(()))))
                        && steward.wishes(&record.name).next().is_some()
                };
                let keeps = |(steward, _): &&(&Steward<'_>, Keeper<'_>)| {
                    steward.keeper(&record.name, &page.zone.id, page.zone.is_private).is_some()
                };
                let sharing: Vec<&str> =
                    several.iter().filter(keeps).map(|(steward, _)| steward.cluster.id.name()).collect();
                let found = several.iter().find(|(steward, _)| has(steward));
                let mut finding = match found {
                    Some((steward, keeper)) => self.managed(record, claim, steward, *keeper),
                    None if several.iter().any(|(steward, _)| !steward.knows_all()) => Finding::of(
                        Class::Unknown,
                        Verdict::Unknown,
                        format!("owner {owner} is of several clusters, and not all of them can be read"),
                    ),
                    None => {
                        self.orphaned(claim, &several.iter().map(|(_, keeper)| *keeper).collect::<Vec<_>>())
                    }
                };
                if sharing.len() > 1 {
                    let words = format!(
                        "{} sign with the same owner {owner}: each may delete what the other one made",
                        sharing.join(" and ")
                    );
                    finding.worse(Class::TwoOwners, Verdict::Warning, words);
                }
                finding
            }
        }
    }

    fn foreign(&self, page: &Page<'a>, record: &RecordSet, claim: &Claim) -> Finding {
        let owner = if claim.owner.is_empty() { "nobody" } else { &*claim.owner };
        let blind: Vec<&str> =
            self.stewards.iter().filter(|s| !s.is_known).map(|s| s.cluster.id.name()).collect();
        if !blind.is_empty() {
            let words = format!(
                "owner {owner} may be the external-dns of {}, which cannot be read",
                blind.join(" or ")
            );
            return Finding::of(Class::Unknown, Verdict::Unknown, words);
        }
        if let Some((at, _, wish)) = self.wanted_by(page, &record.name).next() {
            let words = format!(
                "belongs to owner {owner}, and {} of {} wants it: external-dns leaves it alone",
                wish.words(),
                self.name_of(at)
            );
            let source = self.object(at, wish);
            return Finding { source, of: Some(at), ..Finding::of(Class::Foreign, Verdict::Warning, words) };
        }
        Finding::of(
            Class::Foreign,
            Verdict::Ok,
            format!("owner {owner} is no external-dns of these clusters"),
        )
    }

    fn managed(
        &self,
        record: &RecordSet,
        claim: &Claim,
        steward: &Steward<'a>,
        keeper: Keeper<'a>,
    ) -> Finding {
        let of = Some(steward.at);
        let wishes: Vec<&Wish<'_>> = steward.wishes(&record.name).collect();
        let named = wishes.iter().find(|wish| {
            *wish.kind == *claim.kind && *wish.namespace == *claim.namespace && *wish.name == *claim.name
        });
        // Several may want one name, and the text names one of them.
        if let Some(wish) = named.or(wishes.first()) {
            return Finding { of, ..self.compared(record, steward.at, wish) };
        }
        let unknown = |words: String| Finding { of, ..Finding::of(Class::Unknown, Verdict::Unknown, words) };
        let cluster = steward.cluster.id.name();
        match steward.source(&claim.kind, &claim.namespace, &claim.name) {
            _ if claim.kind.is_empty() => unknown("its text does not say what it is for".to_owned()),
            None => unknown(format!("it is for {}, a kind that is not read", claim.words())),
            Some((_, Seen::Unknown)) => unknown(format!("{} of {cluster} cannot be read", claim.words())),
            Some((_, Seen::Absent | Seen::Found(()))) if !steward.knows_all() => {
                unknown(format!("whether something of {cluster} wants it cannot be read"))
            }
            Some((resource, seen)) => {
                let mut finding = self.orphaned(claim, &[keeper]);
                if seen == Seen::Found(()) {
                    finding.source = Some(ObjectRef {
                        cluster: steward.cluster.id.clone(),
                        resource,
                        namespace: Some(claim.namespace.as_ref().into()),
                        name: claim.name.as_ref().into(),
                    });
                    finding.why = format!("{} does not want it any more", claim.words());
                }
                Finding { of, ..finding }
            }
        }
    }

    fn orphaned(&self, claim: &Claim, keepers: &[Keeper<'_>]) -> Finding {
        let policies: Vec<&str> = keepers.iter().map(|keeper| &*keeper.arguments.policy).collect();
        let rest = match policies.iter().find(|policy| **policy != "sync") {
            Some(policy) => format!("; policy {policy} never deletes"),
            None if keepers.iter().all(|keeper| keeper.workload.ready == 0) => {
                "; external-dns is not ready".to_owned()
            }
            None => String::new(),
        };
        Finding::of(Class::Orphaned, Verdict::Warning, format!("{} is gone{rest}", claim.words()))
    }

    /// A record beside what wants it.
    fn compared(&self, record: &RecordSet, at: usize, wish: &Wish<'_>) -> Finding {
        let source = self.object(at, wish);
        if wish.targets.is_empty() {
            let words = format!("{} has no address", wish.words());
            return Finding { source, ..Finding::of(Class::Managed, Verdict::Unknown, words) };
        }
        if !leads_to(record, wish) {
            let words = format!(
                "leads to {}, and {} is at {}",
                record.answer_words(),
                wish.words(),
                wish.targets.join(", ")
            );
            return Finding { source, ..Finding::of(Class::WrongTarget, Verdict::Critical, words) };
        }
        let odd = match &record.answer {
            Answer::Values { ttl, .. } => match wish.ttl {
                Some(wanted) if wanted != *ttl => {
                    Some(format!("lives for {ttl} s, and {} wants {wanted} s", wish.words()))
                }
                None if *ttl >= LONG => Some(format!("lives for {ttl} s: a change is seen a day later")),
                None if *ttl == 0 => Some("lives for 0 s: everybody asks again each time".to_owned()),
                _ => None,
            },
            Answer::Alias { .. } => None,
        };
        match odd {
            Some(words) => Finding { source, ..Finding::of(Class::OddTtl, Verdict::Warning, words) },
            None => Finding { source, ..Finding::of(Class::Managed, Verdict::Ok, "") },
        }
    }

    fn orphan_text(&self, page: &Page<'a>, text: &RecordSet, claim: &Claim) -> Finding {
        let signing: Vec<&Steward<'a>> =
            self.stewards.iter().filter(|steward| steward.signs(&claim.owner).is_some()).collect();
        let about = probable_subject(&text.name);
        match signing.as_slice() {
            [] if self.stewards.iter().all(|steward| steward.is_known) => Finding::of(
                Class::Foreign,
                Verdict::Ok,
                format!("a text of owner {}, which is no external-dns of these clusters", claim.owner),
            ),
            [] => Finding::of(
                Class::Unknown,
                Verdict::Unknown,
                format!("owner {} cannot be looked for", claim.owner),
            ),
            several => {
                let of = match several {
                    [one] => Some(one.at),
                    _ => None,
                };
                // What is missing is told once, where it is missing.
                let is_told = self.wanted_by(page, &about).next().is_some();
                let verdict = if is_told { Verdict::Ok } else { Verdict::Warning };
                let words = format!("says whose {about} is, which has no such record");
                Finding { of, ..Finding::of(Class::OrphanText, verdict, words) }
            }
        }
    }

    /// What a cluster wants and does not have.
    pub(super) fn missing(&self, at: usize, into: &mut Vec<DnsRecord>) {
        let Some(steward) = self.stewards.get(at) else { return };
        let mut hosts: Vec<&str> = steward.hosts().collect();
        hosts.sort_unstable();
        for host in hosts {
            for is_private in [false, true] {
                let Some(page) = self.book.zone_for(host, is_private).filter(|page| page.is_read) else {
                    continue;
                };
                let Some(keeper) = steward.keeper(host, &page.zone.id, is_private) else { continue };
                let Some(wish) = steward.wishes(host).find(|wish| !wish.targets.is_empty()) else { continue };
                if let Some(row) = self.missing_row(page, steward, keeper, host, wish) {
                    into.push(row);
                }
            }
        }
    }

    fn missing_row(
        &self,
        page: &Page<'a>,
        steward: &Steward<'a>,
        keeper: Keeper<'a>,
        host: &str,
        wish: &Wish<'_>,
    ) -> Option<DnsRecord> {
        // What is kept by filters that are not known here may be left out on purpose.
        if keeper.arguments.is_filtered {
            return None;
        }
        let workload = format!("external-dns of {}", steward.cluster.id.name());
        let reason = match keeper {
            _ if keeper.workload.ready == 0 => format!(": {workload} is not ready"),
            _ => String::new(),
        };
        let what = wish.words();
        let (class, verdict, why, found) = match page.look_up(host) {
            Entry::Own(_) => return None,
            Entry::Delegated(to) => {
                let words = format!("{what} wants it, and {} is delegated elsewhere", to.name);
                (Class::Missing, Verdict::Warning, words, None)
            }
            Entry::Nothing => (Class::Missing, Verdict::Critical, format!("{what} wants it{reason}"), None),
            Entry::Wildcard(found) => {
                let first = found.iter().find(|record| record.is_address())?;
                let is_right = leads_to(first, wish);
                let verdict = if is_right { Verdict::Warning } else { Verdict::Critical };
                let rest = if is_right { "" } else { ", which is not where it shall lead" };
                let words = format!(
                    "{what} wants it, and {} answers in its place with {}{rest}{reason}",
                    first.name,
                    first.answer_words()
                );
                (Class::Shadowed, verdict, words, Some(Arc::clone(first)))
            }
        };
        let (load_balancer, targets, expires) =
            found.map_or((None, None, Timestamp::NEVER), |record| self.behind(&record));
        Some(DnsRecord {
            key: format!("{host} missing in {}", page.zone.id).into(),
            name: host.into(),
            kind: Arc::default(),
            domain: Arc::clone(&page.zone.domain),
            zone: Arc::clone(&page.zone.id),
            is_private: page.zone.is_private,
            record: None,
            owner: Arc::clone(&keeper.arguments.owner),
            source: self.object(steward.at, wish),
            load_balancer,
            targets,
            expires,
            class,
            verdict,
            why: why.into(),
            wanted_since: wish.created,
            shown_by: None,
        })
    }
}

impl Finding {
    /// What is made by hand where something else is wanted is drift.
    fn drifting(self, is_drift: bool) -> Self {
        match is_drift {
            true => Self { class: Some(Class::Foreign), ..self },
            false => self,
        }
    }
}

/// True when a record leads where something wants it to lead.
fn leads_to(record: &RecordSet, wish: &Wish<'_>) -> bool {
    let is_wanted = |to: &str| wish.targets.iter().any(|target| target.trim_end_matches('.') == to);
    match &record.answer {
        Answer::Alias { target, .. } => is_wanted(target),
        Answer::Values { values, .. } => values.iter().any(|value| is_wanted(value)),
    }
}
