//! Health checks of Route 53 (`ListHealthChecks`, `GetHealthCheckStatus`).

use super::aws_row;
use crate::fleet::Verdict;

/// A health check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthCheck {
    /// `Id`
    pub id: Box<str>,
    /// `Type`: `HTTPS`, `TCP`, `CALCULATED`, `CLOUDWATCH_METRIC`, …
    pub kind: Box<str>,
    /// What is asked: `https://www.cosner.cloud:443/healthz`; what it is made of for those that ask nobody.
    pub asks: Box<str>,
    /// `Inverted`: it is healthy when what it asks is not.
    pub is_inverted: bool,
    /// `Disabled`: it counts as healthy.
    pub is_disabled: bool,
    /// What the checkers saw; `None` where nobody asked, or AWS does not tell.
    pub seen: Option<Seen>,
}

/// What checkers around the world saw last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many succeeded.
    pub succeeded: u32,
    /// How many there are.
    pub all: u32,
    /// What the first of those said that did not.
    pub failure: Box<str>,
}

/// Above this share of checkers that succeed an endpoint counts as healthy, in percent (Route 53 Developer Guide, how
/// Route 53 determines whether a health check is healthy).
const ENOUGH: u32 = 18;

aws_row!(HealthCheck, id);

impl HealthCheck {
    /// How it is, and why it is not ok.
    pub fn judge(&self) -> (Verdict, String) {
        if self.is_disabled {
            return (Verdict::Ok, "is switched off, and counts as healthy".to_owned());
        }
        let Some(seen) = self.seen.as_ref().filter(|seen| seen.all > 0) else {
            return (Verdict::Unknown, "its state is not known".to_owned());
        };
        let is_up = seen.succeeded.saturating_mul(100) > seen.all.saturating_mul(ENOUGH);
        match is_up != self.is_inverted {
            true => (Verdict::Ok, format!("{} of {} checkers succeed", seen.succeeded, seen.all)),
            false if self.is_inverted => {
                (Verdict::Critical, "what it asks is up, and it is inverted".to_owned())
            }
            false => {
                let words = format!("{} of {} checkers succeed", seen.succeeded, seen.all);
                match seen.failure.is_empty() {
                    true => (Verdict::Critical, words),
                    false => (Verdict::Critical, format!("{words}: {}", seen.failure)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(succeeded: u32, is_inverted: bool) -> Verdict {
        let seen = Seen { succeeded, all: 16, failure: "Failure: timeout".into() };
        HealthCheck { seen: Some(seen), is_inverted, ..HealthCheck::default() }.judge().0
    }

    #[test]
    fn a_few_checkers_that_succeed_are_enough_and_nobody_asked_is_unknown() {
        assert_eq!((check(3, false), check(2, false)), (Verdict::Ok, Verdict::Critical));
        assert_eq!((check(16, true), check(0, true)), (Verdict::Critical, Verdict::Ok));
        assert_eq!(HealthCheck::default().judge().0, Verdict::Unknown);
        let off = HealthCheck { is_disabled: true, ..HealthCheck::default() };
        assert_eq!(off.judge().0, Verdict::Ok);
    }
}
