//! Until when a cluster's version is supported, and what it costs after that.

use super::{Ground, Phase, State, Step, described, minor_of};
use crate::fleet::aws::eks_version::EksVersion;
use crate::fleet::aws::kind::EKS_VERSIONS;
use crate::fleet::{Timestamp, Verdict};
use crate::planes::rights::aws::read;
use crate::snapshot::ClusterSnapshot;

const DAY: i64 = 24 * 60 * 60;
/// How many days before the end it is time to say so: an upgrade of several clusters takes weeks.
const SOON: i64 = 60;
/// What extended support costs more, in dollars a month: $0.60 instead of $0.10 for each hour of a cluster, 730 hours
/// (Amazon EKS pricing, 2024-04; the same in all commercial regions).
const EXTRA_A_MONTH: u32 = 365;

/// How long a version is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// In standard support for so many days.
    Standard(i64),
    /// In extended support, which costs more, for so many days.
    Extended(i64),
    /// In none since so many days: EKS upgrades it by itself.
    Ended(i64),
}

impl Support {
    /// Days left; none when it has ended.
    pub fn days(self) -> i64 {
        match self {
            Self::Standard(days) | Self::Extended(days) => days,
            Self::Ended(days) => -days,
        }
    }

    /// How that is.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Standard(days) if days > SOON => Verdict::Ok,
            Self::Standard(_) => Verdict::Warning,
            Self::Extended(days) if days > SOON => Verdict::Warning,
            Self::Extended(_) | Self::Ended(_) => Verdict::Critical,
        }
    }
}

/// How long the version of a cluster is supported; `None` while nobody knows.
pub fn support(cluster: &ClusterSnapshot, now: Timestamp) -> Option<Support> {
    let minor = minor_of(cluster)?;
    let table = read::<EksVersion>(cluster, &EKS_VERSIONS).ok()?;
    let (_, version) = table.find(None, &minor)?;
    of(version, now)
}

fn of(version: &EksVersion, now: Timestamp) -> Option<Support> {
    let standard = version.standard_until.known()?;
    let left = |until: Timestamp| (until.seconds() - now.seconds()).div_euclid(DAY);
    if now < standard {
        return Some(Support::Standard(left(standard)));
    }
    Some(match version.extended_until.known() {
        Some(extended) if now < extended => Support::Extended(left(extended)),
        ended => Support::Ended((now.seconds() - ended.unwrap_or(standard).seconds()) / DAY),
    })
}

pub(super) fn step(ground: &Ground<'_>) -> Step {
    let what = format!("support of {}", ground.from);
    let versions = match read::<EksVersion>(ground.cluster, &EKS_VERSIONS) {
        Ok(versions) => versions,
        Err(why) => return Step::unknown(Phase::Support, what, &why),
    };
    let Some((_, version)) = versions.find(None, &ground.from) else {
        return Step::unknown(Phase::Support, what, "EKS does not say until when");
    };
    let Some(support) = of(version, ground.now) else {
        return Step::unknown(Phase::Support, what, "EKS does not say until when");
    };
    let upgrades_itself = described(ground.cluster).is_ok_and(|eks| &*eks.support == "STANDARD");
    let day = |at: Timestamp| at.rfc3339().get(..10).unwrap_or_default().to_owned();
    let then = if upgrades_itself {
        "then EKS upgrades it by itself".to_owned()
    } else {
        format!("then extended support, about ${EXTRA_A_MONTH} a month more")
    };
    let (state, why) = match support {
        Support::Standard(days) => {
            let why =
                format!("standard support for {days} days, until {}; {then}", day(version.standard_until));
            (if days > SOON { State::Done } else { State::ToDo }, why)
        }
        Support::Extended(days) => {
            let until = day(version.extended_until);
            let why = format!(
                "extended support, about ${EXTRA_A_MONTH} a month more, for {days} days until {until}; then EKS upgrades it \
                 by itself"
            );
            (State::ToDo, why)
        }
        Support::Ended(days) => {
            (State::ToDo, format!("unsupported since {days} days: EKS upgrades it by itself, at any time"))
        }
    };
    Step::new(Phase::Support, what, state, why).judged(support.verdict())
}
