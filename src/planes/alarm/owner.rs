//! Which cluster an alarm belongs to, among those that see it.

use super::about::Things;
use crate::fleet::Row as _;
use crate::fleet::aws::alarm::{Alarm, AlarmRule};
use crate::fleet::aws::eks_cluster::EksCluster;
use crate::fleet::aws::kind::{ALARMS, EKS_CLUSTERS};
use crate::snapshot::{ClusterSnapshot, Table};

/// What a cluster is called, here and in EKS.
#[derive(Debug)]
pub(super) struct Names<'a>(Vec<&'a str>);

impl<'a> Names<'a> {
    pub(super) fn of(cluster: &'a ClusterSnapshot) -> Self {
        let told = cluster.table::<EksCluster>(&EKS_CLUSTERS);
        let told = told.into_iter().flat_map(|table| table.iter()).map(|(_, row)| row.name());
        // `aws eks update-kubeconfig` names a context by the cluster's ARN.
        let context = cluster.id.name();
        let short = context.rsplit('/').next().unwrap_or(context);
        let mut names: Vec<&str> = told.chain([short]).filter(|name| !name.is_empty()).collect();
        names.dedup();
        Self(names)
    }

    /// The length of the longest of its names that a text is or begins with, as a whole word; 0 without one.
    fn in_front_of(&self, text: &str) -> usize {
        let fits = |name: &&&str| {
            text.strip_prefix(**name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| !c.is_alphanumeric()))
        };
        self.0.iter().filter(fits).map(|name| name.len()).max().unwrap_or(0)
    }

    /// How surely an alarm is about this cluster: 0 when nothing says so.
    fn claim(&self, alarm: &Alarm, things: &Things<'_>) -> usize {
        const CERTAIN: usize = 1 << 20;
        const BELONGING: usize = 1 << 19;
        let dimensions = alarm.rule.dimensions();
        if dimensions.iter().any(|of| &*of.name == "ClusterName" && self.0.contains(&&*of.value)) {
            return CERTAIN;
        }
        if things.about(alarm).is_some() {
            return BELONGING;
        }
        // A queue, a database, a bucket that is called after the cluster, or the alarm itself. The longest name wins:
        // `web-prod` before `web`.
        let values = dimensions.iter().map(|of| self.in_front_of(&of.value));
        values.chain([self.in_front_of(&alarm.name)]).max().unwrap_or(0)
    }
}

/// Who there is to belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belongs<'a> {
    pub(super) clusters: &'a [&'a ClusterSnapshot],
    pub(super) names: &'a [Names<'a>],
    pub(super) things: &'a [Things<'a>],
}

impl Belongs<'_> {
    /// True when an alarm is to be shown with this cluster and with no other.
    pub(super) fn to(&self, alarm: &Alarm, cluster: &ClusterSnapshot, table: &Table<Alarm>) -> bool {
        // Others of the same account have the same alarm. Names alone prove nothing across accounts.
        let sees = |other: &ClusterSnapshot| {
            other.id == cluster.id
                || other
                    .table::<Alarm>(&ALARMS)
                    .and_then(|table| table.find(None, &alarm.name))
                    .is_some_and(|(_, same)| same.arn == alarm.arn)
        };
        let mut best: Option<(usize, &ClusterSnapshot)> = None;
        for ((other, names), things) in self.clusters.iter().zip(self.names).zip(self.things) {
            if !sees(other) {
                continue;
            }
            let claim = claim(alarm, names, things, table, 0);
            // Of equals the first: that is where what belongs to nobody is shown.
            if best.is_none_or(|(most, _)| claim > most) {
                best = Some((claim, other));
            }
        }
        best.is_some_and(|(_, owner)| owner.id == cluster.id)
    }

    /// True when something says that an alarm is about the cluster of these names.
    pub(super) fn is_named(&self, alarm: &Alarm, names: &Names<'_>, table: &Table<Alarm>) -> bool {
        claim(alarm, names, &Things::default(), table, 0) > 0
    }
}

/// Composite alarms look at each other at most so deep (CloudWatch does not allow circles; a picture of two moments may
/// hold one).
const DEPTH: usize = 4;

/// An alarm over alarms is about what they are about.
fn claim(alarm: &Alarm, names: &Names<'_>, things: &Things<'_>, table: &Table<Alarm>, depth: usize) -> usize {
    let own = names.claim(alarm, things);
    if own > 0 || depth >= DEPTH {
        return own;
    }
    let known = children(alarm).filter_map(|name| table.find(None, name));
    known.map(|(_, child)| claim(child, names, things, table, depth + 1)).max().unwrap_or(0)
}

/// The alarms that a rule names: `ALARM("a") AND NOT OK("b")`. A name may be an ARN.
pub(super) fn children(alarm: &Alarm) -> impl Iterator<Item = &str> {
    let rule: &str = match &alarm.rule {
        AlarmRule::Composite(rule) => rule,
        AlarmRule::Metric(_) | AlarmRule::Formula { .. } => "",
    };
    let words = ["ALARM(", "OK(", "INSUFFICIENT_DATA("];
    let mut rest = rule;
    std::iter::from_fn(move || {
        let (at, word) =
            words.iter().filter_map(|word| Some((rest.find(word)?, *word))).min_by_key(|found| found.0)?;
        let inner = rest.get(at + word.len()..)?;
        let (name, behind) = match inner.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => inner.split_once(')')?,
        };
        rest = behind;
        Some(name.trim().rsplit(":alarm:").next().unwrap_or_default())
    })
}
