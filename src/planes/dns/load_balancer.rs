//! Load balancers: what they were made for, what is behind them, and which names lead to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::balancers::Balancers;
use super::steward::Steward;
use crate::fleet::aws::kind::{ACM_CERTIFICATES, CALLERS, LISTENERS, LOAD_BALANCERS, RECORDS, TARGET_GROUPS};
use crate::fleet::aws::load_balancer::{LoadBalancer, stack_of};
use crate::fleet::aws::record::RecordSet;
use crate::fleet::kind::{INGRESSES, SERVICES};
use crate::fleet::time::human_duration;
use crate::fleet::{ClusterId, ObjectRef, ResourceType, Row, Timestamp, Verdict};
use crate::planes::path::Seen;
use crate::snapshot::{ClusterSnapshot, Conclusion, Derived, derived};

/// Load balancers with what is behind them, as a derived kind.
pub const BALANCERS: ResourceType = derived::cluster_wide("balancers", "LoadBalancer");

static NEEDS: [ResourceType; 1] = [LOAD_BALANCERS];
static HELPS: [ResourceType; 7] =
    [LISTENERS, TARGET_GROUPS, ACM_CERTIFICATES, RECORDS, INGRESSES, SERVICES, CALLERS];

/// The table of load balancers.
pub const TABLE: Derived = Derived::new::<All>(BALANCERS, &NEEDS, &HELPS).spanning();

/// A certificate that lasts no longer than this should have been renewed.
const EXPIRY_WARNING: i64 = 14 * 24 * 3600;

/// A load balancer with what is behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Balancer {
    /// The load balancer.
    pub balancer: Arc<LoadBalancer>,
    /// Its listeners: `HTTPS 443`.
    pub listeners: Option<Box<[Box<str>]>>,
    /// Healthy targets, of all; `None` where that is not known.
    pub targets: Option<(u32, u32)>,
    /// The names of records that lead to it, each once; `None` where records cannot be read.
    pub names: Option<Box<[Arc<str>]>>,
    /// The object that it was made for, where that is in one of the clusters.
    pub source: Option<ObjectRef>,
    /// When the first of its certificates ends; *never* where it has none, or nobody says.
    pub expires: Timestamp,
    verdict: Verdict,
    why: Box<str>,
    /// The cluster that shows it where that is looked at too.
    pub shown_by: Option<ClusterId>,
}

impl Balancer {
    /// How it is at this moment, and why it is not ok.
    pub fn judge(&self, now: Timestamp) -> (Verdict, String) {
        let left = now.seconds_before(self.expires);
        if !self.expires.is_never() && left < EXPIRY_WARNING {
            let (verdict, words) = match left > 0 {
                true => (Verdict::Warning, format!("its certificate expires in {}", human_duration(left))),
                false => {
                    (Verdict::Critical, format!("its certificate expired {} ago", human_duration(-left)))
                }
            };
            if verdict > self.verdict {
                return (verdict, words);
            }
        }
        (self.verdict, self.why.to_string())
    }
}

impl Row for Balancer {
    type Tally = ();

    fn namespace(&self) -> Option<&str> {
        None
    }
    fn name(&self) -> &str {
        &self.balancer.name
    }
    fn labels(&self) -> Box<dyn Iterator<Item = (&str, &str)> + '_> {
        self.balancer.labels()
    }
    fn same_as(&self, other: &Self) -> bool {
        self == other
    }
    fn add_to(&self, (): &mut ()) {}
    fn take_from(&self, (): &mut ()) {}
}

/// Concludes how load balancers are.
#[derive(Debug, Default)]
pub struct All;

impl Conclusion for All {
    type Row = Balancer;

    fn conclude(&mut self, cluster: &ClusterSnapshot) -> Vec<Balancer> {
        concluded(cluster, &[cluster])
    }

    fn conclude_among(&mut self, cluster: &ClusterSnapshot, all: &[Arc<ClusterSnapshot>]) -> Vec<Balancer> {
        let all: Vec<&ClusterSnapshot> = all.iter().map(AsRef::as_ref).collect();
        concluded(cluster, &all)
    }
}

/// The cluster of a tag: by the name that EKS knows it by, which is mostly our own.
fn tagged(all: &[&ClusterSnapshot], balancer: &LoadBalancer) -> Option<usize> {
    let name = balancer.cluster()?;
    all.iter().position(|cluster| cluster.id.name() == name)
}

fn concluded(cluster: &ClusterSnapshot, all: &[&ClusterSnapshot]) -> Vec<Balancer> {
    let Some(at) = all.iter().position(|other| other.id == cluster.id) else { return Vec::new() };
    let balancers = Balancers::of(all);
    let stewards: Vec<Steward<'_>> =
        all.iter().enumerate().map(|(at, cluster)| Steward::of(cluster, at)).collect();
    let names = names(all);
    let mut rows = Vec::new();
    for balancer in balancers.iter() {
        let of = tagged(all, balancer).filter(|of| balancers.homes(balancer).contains(of));
        let shown_by = match of {
            Some(of) if of == at => None,
            Some(_) => continue,
            None if !balancers.homes(balancer).contains(&at) => continue,
            None => balancers.homes(balancer).first().filter(|first| **first != at),
        };
        let steward = of.and_then(|of| stewards.get(of));
        rows.push(row(balancer, &balancers, steward, &names, shown_by.and_then(|at| all.get(*at))));
    }
    rows
}

/// Names by the hosts that they lead to; `None` where some records cannot be read.
fn names<'a>(all: &[&'a ClusterSnapshot]) -> Option<BTreeMap<&'a str, Vec<&'a Arc<str>>>> {
    let mut names: BTreeMap<&str, Vec<&Arc<str>>> = BTreeMap::new();
    for cluster in all {
        if !super::book::is_current(cluster, &RECORDS) {
            return None;
        }
        for (_, record) in cluster.table::<RecordSet>(&RECORDS).into_iter().flat_map(|table| table.iter()) {
            for target in record.targets() {
                names.entry(target).or_default().push(&record.name);
            }
        }
    }
    for names in names.values_mut() {
        names.sort_unstable();
        names.dedup();
    }
    Some(names)
}

/// How a load balancer and what is behind it are, and why they are not ok.
pub(in crate::planes) fn judge_with_targets(
    balancer: &LoadBalancer,
    balancers: &Balancers<'_>,
) -> (Verdict, String) {
    let (mut verdict, mut why) = balancer.judge();
    for group in balancers.groups_of(balancer) {
        let (of, words) = group.judge();
        if of >= Verdict::Warning && of > verdict {
            let what = match balancer.classic {
                Some(_) => "instances".to_owned(),
                None => format!("target group {}", group.name),
            };
            (verdict, why) = (of, format!("{what}: {words}"));
        }
    }
    (verdict, why)
}

fn row(
    balancer: &Arc<LoadBalancer>,
    balancers: &Balancers<'_>,
    steward: Option<&Steward<'_>>,
    names: &Option<BTreeMap<&str, Vec<&Arc<str>>>>,
    shown_by: Option<&&ClusterSnapshot>,
) -> Balancer {
    let health = balancers.health(balancer);
    let (mut verdict, mut why) = judge_with_targets(balancer, balancers);
    let mut worse = |other: Verdict, words: String| {
        if other > verdict {
            (verdict, why) = (other, words);
        }
    };
    let stack = stack_of(&balancer.tags);
    let mut source = None;
    if let (Some(steward), Some((kind, stack))) = (steward, stack) {
        match steward.stack(kind, stack) {
            Seen::Absent => {
                worse(Verdict::Warning, format!("was made for {kind} {stack}, which is gone"));
            }
            Seen::Found(()) => {
                source = stack.split_once('/').map(|(namespace, name)| ObjectRef {
                    cluster: steward.cluster.id.clone(),
                    resource: if kind == "Ingress" { INGRESSES } else { SERVICES },
                    namespace: Some(namespace.into()),
                    name: name.into(),
                });
            }
            Seen::Unknown => {}
        }
    }
    let listeners = balancers.listeners(balancer);
    let own = balancer.classic.iter().flat_map(|classic| classic.certificates.iter());
    let certificates = listeners
        .iter()
        .flat_map(|listener| listener.certificates.iter())
        .chain(own)
        .filter_map(|arn| balancers.certificate(arn));
    Balancer {
        balancer: Arc::clone(balancer),
        listeners: match &balancer.classic {
            Some(classic) => Some(classic.listeners.clone()),
            None => (balancers.knows_listeners && !listeners.is_empty()).then(|| {
                listeners.iter().map(|one| format!("{} {}", one.protocol, one.port).into()).collect()
            }),
        },
        targets: health.map(|health| (health.healthy, health.all)),
        names: names.as_ref().map(|names| {
            names.get(&*balancer.host).into_iter().flatten().map(|name| Arc::clone(name)).collect()
        }),
        source,
        expires: certificates.filter_map(|one| one.expires.known()).min().unwrap_or(Timestamp::NEVER),
        verdict,
        why: why.into(),
        shown_by: shown_by.map(|cluster| cluster.id.clone()),
    }
}
