//! What a request meets before it reaches a cluster: the record, the load balancer, its listener, rule and certificate,
//! and the target group with the health of its targets.

use std::sync::Arc;

use super::shelf::Seen;
use super::{Hop, Stage, Unread};
use crate::fleet::aws::kind::{ACM_CERTIFICATES, LISTENERS, LOAD_BALANCERS, RECORDS, TARGET_GROUPS, ZONES};
use crate::fleet::aws::listener::{Action, Listener, Rule};
use crate::fleet::aws::load_balancer::LoadBalancer;
use crate::fleet::aws::record::{Answer, RecordSet};
use crate::fleet::aws::target_group::TargetGroup;
use crate::fleet::time::human_duration;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::dns::balancers::Balancers;
use crate::planes::dns::book::{Book, Entry, Page};
use crate::planes::dns::load_balancer::BALANCERS;
use crate::planes::dns::{DNS_RECORDS, Ownership};
use crate::snapshot::ClusterSnapshot;

/// The kinds of AWS that a path looks at.
pub(super) static KINDS: [ResourceType; 6] =
    [ZONES, RECORDS, LOAD_BALANCERS, LISTENERS, TARGET_GROUPS, ACM_CERTIFICATES];

/// A name that stands for another one is followed so often.
const ALIASES: u8 = 8;
/// What is said of what only AWS knows.
pub(super) const NOT_READ: &str = "cannot be read in AWS";

/// Everything in front of the clusters.
pub(super) struct Outside<'a> {
    clusters: Vec<&'a ClusterSnapshot>,
    book: Book<'a>,
    pub(super) balancers: Balancers<'a>,
    ownership: Ownership,
}

/// Where the records of a name lead.
#[derive(Default)]
pub(super) struct Approach {
    /// The records, one after the other; their cluster is to be filled in.
    pub(super) hops: Vec<Hop>,
    /// The names and addresses outside of the zones that they lead to in the end, in small letters.
    pub(super) leads_to: Vec<String>,
    /// True when a record was found.
    pub(super) is_found: bool,
    /// The cluster whose account has the zone.
    pub(super) home: Option<usize>,
}

impl<'a> Outside<'a> {
    pub(super) fn of(clusters: &[&'a ClusterSnapshot]) -> Self {
        Self {
            clusters: clusters.to_vec(),
            book: Book::of(clusters),
            balancers: Balancers::of(clusters),
            ownership: Ownership::of(clusters),
        }
    }

    fn id(&self, at: usize) -> Option<ClusterId> {
        self.clusters.get(at).map(|cluster| cluster.id.clone())
    }

    /// The page of the zone that answers to a name: the public one, unless only a private one has it.
    fn page(&self, name: &str) -> Option<&Page<'a>> {
        let public = self.book.zone_for(name, false);
        let private = self.book.zone_for(name, true);
        match (public, private) {
            (Some(public), Some(private)) if matches!(public.look_up(name), Entry::Nothing) => {
                Some(if matches!(private.look_up(name), Entry::Nothing) { public } else { private })
            }
            (Some(public), _) => Some(public),
            (None, private) => private,
        }
    }

    /// Follows the records of a name to where they leave Route 53. `anywhere` is the cluster of hops that are nowhere.
    pub(super) fn approach(&self, hostname: &str, anywhere: &ClusterId) -> Approach {
        let mut approach = Approach::default();
        let mut names: Vec<String> = vec![hostname.to_owned()];
        let mut at = 0;
        while let Some(name) = names.get(at).cloned() {
            at += 1;
            let is_first = at == 1;
            let hop = |verdict, statement: String| {
                record_hop(anywhere, &name, if is_first { 0 } else { 1 }, verdict, statement)
            };
            let Some(page) = self.page(&name) else {
                match is_first {
                    true => {
                        let words = match self.book.is_whole {
                            true => "is in none of the hosted zones: who answers to it is not known",
                            false => NOT_READ,
                        };
                        approach.hops.push(hop(Verdict::Unknown, words.to_owned()));
                    }
                    false => approach.leads_to.push(name),
                }
                continue;
            };
            if is_first {
                approach.home = page.homes.first().copied();
            }
            let domain = &page.zone.domain;
            let (records, by) = match page.look_up(&name) {
                _ if !page.is_read => {
                    approach.hops.push(hop(Verdict::Unknown, format!("{domain}  its records {NOT_READ}")));
                    continue;
                }
                Entry::Own(records) => (records, None),
                Entry::Wildcard(records) => {
                    let wildcard = records.first().map(|record| Arc::clone(&record.name));
                    (records, wildcard)
                }
                Entry::Delegated(to) => {
                    let words = format!("{domain}  {} is delegated to {}", to.name, to.answer_words());
                    approach.hops.push(hop(Verdict::Unknown, words));
                    continue;
                }
                Entry::Nothing => {
                    approach.hops.push(hop(Verdict::Critical, format!("zone {domain} has no record for it")));
                    continue;
                }
            };
            approach.is_found = true;
            // The two families of addresses lead to the same; one of them says it.
            let kind =
                ["CNAME", "A", "AAAA"].into_iter().find(|kind| records.iter().any(|r| &*r.kind == *kind));
            for record in records.into_iter().filter(|record| Some(&*record.kind) == kind) {
                let (hop, next) = self.record(page, record, by.as_deref(), !is_first, anywhere);
                approach.hops.push(hop);
                for next in next {
                    let is_known = names.contains(&next) || approach.leads_to.contains(&next);
                    match self.page(&next).is_some() {
                        _ if is_known => {}
                        true if names.len() < usize::from(ALIASES) => names.push(next),
                        true => {}
                        false => approach.leads_to.push(next),
                    }
                }
            }
        }
        approach
    }

    /// A record, and the names or addresses that it leads to.
    fn record(
        &self,
        page: &Page<'a>,
        record: &RecordSet,
        wildcard: Option<&str>,
        is_next: bool,
        anywhere: &ClusterId,
    ) -> (Hop, Vec<String>) {
        let (how, next) = match &record.answer {
            Answer::Alias { target, .. } => {
                let called = match self.balancers.find(target) {
                    Some(Seen::Found(balancer)) => balancer.name.to_string(),
                    _ => target.to_string(),
                };
                (format!("{} alias → {called}", record.kind), vec![target.to_string()])
            }
            Answer::Values { values, .. } => {
                let next = values.iter().map(|value| value.to_string()).collect();
                (format!("{} → {}", record.kind, values.join(", ")), next)
            }
        };
        let mut words =
            format!("{}{}  {how}", page.zone.domain, if page.zone.is_private { " (private)" } else { "" });
        if let Some(wildcard) = wildcard {
            words.push_str(&format!("  by {wildcard}"));
        }
        if let Some(routing) = &record.routing {
            words.push_str(&format!("  {} {}", routing.set, routing.words));
        }
        let owner = self.ownership.owner(page, record);
        if let Some(owner) = &owner {
            words.push_str(&format!("  owner {owner} (external-dns)"));
        }
        let shown_in = owner.and_then(|owner| self.ownership.signs(&owner));
        let shown_in = shown_in.or(page.homes.first().copied()).and_then(|at| self.id(at));
        let mut hop = record_hop(anywhere, &record.name, u16::from(is_next), Verdict::Ok, words);
        hop.leads = shown_in.map(|cluster| ObjectRef {
            cluster,
            resource: DNS_RECORDS,
            namespace: None,
            name: record.name().into(),
        });
        (hop, next)
    }

    /// The load balancer behind a name that records or ingresses lead to, and everything up to its targets. The ARNs of
    /// target groups that were told are added to `told`.
    pub(super) fn load_balancer(
        &self,
        host: &str,
        hostname: &str,
        cluster: &ClusterId,
        now: Timestamp,
        told: &mut Vec<Arc<str>>,
    ) -> Vec<Hop> {
        let alone = |verdict, words: &str| {
            vec![hop(cluster, Stage::LoadBalancer, 0, host, verdict, words.to_owned())]
        };
        let balancer = match self.balancers.find(host) {
            Some(Seen::Found(balancer)) => balancer,
            Some(Seen::Absent) => return alone(Verdict::Critical, "there is no such load balancer"),
            Some(Seen::Unknown) => return alone(Verdict::Unknown, NOT_READ),
            None => return alone(Verdict::Unknown, "is no load balancer of these accounts: not looked at"),
        };
        let home = self.balancers.homes(balancer).first().and_then(|at| self.id(*at));
        let owner = balancer.cluster().and_then(|name| {
            self.clusters.iter().find(|cluster| cluster.id.name() == name).map(|cluster| cluster.id.clone())
        });
        let leads = owner.or(home).map(|cluster| ObjectRef {
            cluster,
            resource: BALANCERS,
            namespace: None,
            name: balancer.name.as_ref().into(),
        });
        let mut hops = vec![self.balancer_hop(balancer, cluster)];
        let listeners = self.balancers.listeners(balancer);
        let chosen = listeners
            .iter()
            .find(|listener| listener.is_encrypted() && listener.port == 443)
            .or_else(|| listeners.iter().find(|listener| listener.is_encrypted()))
            .or_else(|| listeners.first());
        match chosen {
            Some(listener) => self.through(balancer, listener, hostname, cluster, now, &mut hops, told),
            None if self.balancers.knows_listeners => {
                let words = "the load balancer has no listener".to_owned();
                hops.push(hop(cluster, Stage::Listener, 0, &balancer.name, Verdict::Critical, words));
            }
            None => {
                hops.push(hop(
                    cluster,
                    Stage::Listener,
                    0,
                    &balancer.name,
                    Verdict::Unknown,
                    NOT_READ.to_owned(),
                ));
                for group in self.balancers.groups_of(balancer) {
                    self.group(group, cluster, &mut hops, told);
                }
            }
        }
        for hop in &mut hops {
            hop.leads.clone_from(&leads);
        }
        hops
    }

    fn balancer_hop(&self, balancer: &LoadBalancer, cluster: &ClusterId) -> Hop {
        let (verdict, why) = balancer.judge();
        let zones = match balancer.zones.len() {
            1 => "1 zone".to_owned(),
            count => format!("{count} zones"),
        };
        let said = format!("{}, {zones}, {} {}", balancer.state, balancer.scheme, balancer.kind);
        let words = if why.is_empty() { said } else { format!("{why}  ({said})") };
        hop(cluster, Stage::LoadBalancer, 0, &balancer.name, verdict, words)
    }

    #[expect(clippy::too_many_arguments, reason = "everything that a request carries on its way")]
    fn through(
        &self,
        balancer: &LoadBalancer,
        listener: &Listener,
        hostname: &str,
        cluster: &ClusterId,
        now: Timestamp,
        hops: &mut Vec<Hop>,
        told: &mut Vec<Arc<str>>,
    ) {
        let name = format!("{} {}", listener.protocol, listener.port);
        let (rule, perhaps) = rule_for(listener, hostname);
        let said = match listener.certificates.len() {
            _ if !listener.is_encrypted() => "not encrypted".to_owned(),
            0 => "no certificate".to_owned(),
            1 => format!("1 certificate, {}", listener.ssl_policy),
            count => format!("{count} certificates, {}", listener.ssl_policy),
        };
        hops.push(hop(cluster, Stage::Listener, 0, &name, Verdict::Ok, said));
        if listener.is_encrypted() {
            hops.push(self.certificate(balancer, hostname, cluster, now));
        }
        let Some(rule) = rule else {
            let words = "no rule surely takes this name".to_owned();
            hops.push(hop(cluster, Stage::Rule, 0, &name, Verdict::Unknown, words));
            return;
        };
        let called =
            rule.priority.map_or_else(|| "default rule".to_owned(), |priority| format!("rule {priority}"));
        let called = format!("{} {called}", listener.port);
        let unless = match perhaps {
            0 => String::new(),
            count => format!("  (unless one of {count} rules before it takes it by more than its name)"),
        };
        let (verdict, words) = match &rule.action {
            Action::Forward(groups) if groups.is_empty() => {
                (Verdict::Critical, "forwards to nothing".to_owned())
            }
            Action::Forward(groups) => {
                let names: Vec<String> = groups.iter().map(|(arn, _)| self.called(arn)).collect();
                (Verdict::Ok, format!("{} → {}", takes(rule), names.join(", ")))
            }
            Action::Redirect(to) => (Verdict::Ok, format!("{} redirects: {to}", takes(rule))),
            Action::Fixed(status) if status.starts_with('2') => {
                (Verdict::Ok, format!("answers {status} itself"))
            }
            Action::Fixed(status) if rule.priority.is_none() => (
                Verdict::Critical,
                format!("no rule takes this name: the load balancer answers {status} itself"),
            ),
            Action::Fixed(status) => {
                (Verdict::Critical, format!("{}: the load balancer answers {status} itself", takes(rule)))
            }
            Action::Other(kind) => (Verdict::Unknown, format!("does {kind}, which is not known here")),
        };
        hops.push(hop(cluster, Stage::Rule, 0, &called, verdict, format!("{words}{unless}")));
        if let Action::Forward(groups) = &rule.action {
            for (arn, _) in groups {
                match self.balancers.group(arn) {
                    Some(group) => self.group(group, cluster, hops, told),
                    None => {
                        let verdict =
                            if self.balancers.knows_groups { Verdict::Critical } else { Verdict::Unknown };
                        let words = if self.balancers.knows_groups { "does not exist" } else { NOT_READ };
                        hops.push(hop(
                            cluster,
                            Stage::TargetGroup,
                            0,
                            &self.called(arn),
                            verdict,
                            words.to_owned(),
                        ));
                    }
                }
            }
        }
    }

    fn certificate(
        &self,
        balancer: &LoadBalancer,
        hostname: &str,
        cluster: &ClusterId,
        now: Timestamp,
    ) -> Hop {
        let (found, is_wrong) = self.balancers.certificate_for(balancer, hostname);
        let Some(certificate) = found else {
            let (verdict, words) = match is_wrong {
                true => (Verdict::Critical, "no certificate of the load balancer is for this name"),
                false => (Verdict::Unknown, NOT_READ),
            };
            return hop(cluster, Stage::Certificate, 1, hostname, verdict, words.to_owned());
        };
        let (verdict, why) = certificate.judge(now);
        let left = now.seconds_before(certificate.expires);
        let lasts = match certificate.expires.is_never() {
            true => String::new(),
            false => format!("  lasts {}", human_duration(left.max(0))),
        };
        let said = format!("for {}{lasts}", certificate.names.join(", "));
        let words = if why.is_empty() { said } else { format!("{why}  ({said})") };
        hop(cluster, Stage::Certificate, 1, &certificate.domain, verdict, words)
    }

    /// A target group, once.
    pub(super) fn group(
        &self,
        group: &TargetGroup,
        cluster: &ClusterId,
        hops: &mut Vec<Hop>,
        told: &mut Vec<Arc<str>>,
    ) {
        if told.contains(&group.arn) {
            return;
        }
        told.push(Arc::clone(&group.arn));
        let (verdict, words) = group.judge();
        hops.push(hop(cluster, Stage::TargetGroup, 0, &group.name, verdict, words));
    }

    fn called(&self, arn: &str) -> String {
        match self.balancers.group(arn) {
            Some(group) => group.name.to_string(),
            None => arn.split('/').nth(1).unwrap_or(arn).to_owned(),
        }
    }

    /// The load balancers of these names and the clusters that they were made for.
    pub(super) fn cluster_behind(&self, hosts: &[String]) -> Option<usize> {
        hosts.iter().find_map(|host| {
            let Some(Seen::Found(balancer)) = self.balancers.find(host) else { return None };
            let name = balancer.cluster()?;
            self.clusters.iter().position(|cluster| cluster.id.name() == name)
        })
    }
}

/// What of AWS could not be read for a cluster; kinds that fail alike are one line.
pub(super) fn unread(cluster: &ClusterSnapshot) -> Vec<Unread> {
    let mut all: Vec<Unread> = Vec::new();
    for kind in &KINDS {
        let Some(why) = super::shelf::unread_apart(cluster, kind) else { continue };
        match all.iter_mut().find(|known| known.why == why) {
            Some(known) => known.what = format!("{}, {}", known.what, kind.plural),
            None => all.push(Unread { cluster: cluster.id.clone(), what: kind.plural.to_string(), why }),
        }
    }
    all
}

fn takes(rule: &Rule) -> String {
    let words = [("host", &rule.hosts), ("path", &rule.paths)];
    let said: Vec<String> = words
        .into_iter()
        .filter(|(_, patterns)| !patterns.is_empty())
        .map(|(what, patterns)| format!("{what} {}", patterns.join(" or ")))
        .collect();
    if said.is_empty() { "everything".to_owned() } else { said.join("  ") }
}

/// The rule for a name: the one that takes its front page, else the first that takes any path of it.
fn rule_for<'l>(listener: &'l Listener, hostname: &str) -> (Option<&'l Rule>, usize) {
    let (found, perhaps) = listener.rule_for(hostname, "/");
    let is_refusal =
        found.is_none_or(|rule| rule.priority.is_none() && matches!(rule.action, Action::Fixed(_)));
    if is_refusal {
        let some_path = |rule: &&Rule| {
            rule.priority.is_some()
                && rule.others.is_empty()
                && !rule.paths.is_empty()
                && (Rule { paths: Box::default(), ..Rule::clone(rule) }).takes(hostname, "/") == Some(true)
        };
        if let Some(rule) = listener.rules.iter().find(some_path) {
            return (Some(rule), perhaps);
        }
    }
    (found, perhaps)
}

fn hop(
    cluster: &ClusterId,
    stage: Stage,
    depth: u16,
    name: &str,
    verdict: Verdict,
    statement: String,
) -> Hop {
    Hop {
        stage,
        depth,
        cluster: cluster.clone(),
        namespace: None,
        name: name.into(),
        verdict,
        statement,
        leads: None,
    }
}

fn record_hop(cluster: &ClusterId, name: &str, depth: u16, verdict: Verdict, statement: String) -> Hop {
    hop(cluster, Stage::Record, depth, name, verdict, statement)
}
