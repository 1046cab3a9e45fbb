//! Target groups, with the health of their targets (`DescribeTargetGroups`, `DescribeTargetHealth`).

use std::sync::Arc;

use super::aws_row;
use super::load_balancer::Tags;
use crate::fleet::Verdict;

/// A target group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetGroup {
    /// `TargetGroupName`, once in an account and region.
    pub name: Box<str>,
    /// `TargetGroupArn`
    pub arn: Arc<str>,
    /// `Protocol` and `Port`: `HTTP 30080`.
    pub asks: Arc<str>,
    /// `TargetType`: `instance`, `ip`, `lambda`, `alb`.
    pub target_type: Arc<str>,
    /// `VpcId`
    pub vpc: Arc<str>,
    /// How health is found out: `HTTP traffic-port /healthz`.
    pub check: Box<str>,
    /// `LoadBalancerArns`
    pub load_balancers: Box<[Arc<str>]>,
    /// Its tags; empty where nobody asked for them.
    pub tags: Tags,
    /// Its targets; `None` where nobody asked for them.
    pub targets: Option<Box<[Target]>>,
}

/// Something that gets requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// `Target.Id`: an instance's id, an address, an ARN.
    pub id: Box<str>,
    /// `Target.Port`
    pub port: u16,
    /// `Target.AvailabilityZone`
    pub zone: Arc<str>,
    /// `TargetHealth.State`: `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`, …
    pub state: Arc<str>,
    /// `TargetHealth.Reason`: `Target.Timeout`.
    pub reason: Arc<str>,
    /// `TargetHealth.Description`
    pub said: Arc<str>,
}

aws_row!(TargetGroup, name, tags);

/// How many targets are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Healthy, or of a group that does not check.
    pub healthy: u32,
    /// Being registered or checked for the first time.
    pub coming: u32,
    /// On their way out.
    pub leaving: u32,
    /// All, those on their way out left aside.
    pub all: u32,
}

impl Target {
    /// True when it gets requests.
    pub fn is_healthy(&self) -> bool {
        // Where health checks are off every target gets requests.
        &*self.state == "healthy" || &*self.reason == "Target.HealthCheckDisabled"
    }

    /// True while it goes away.
    pub fn is_leaving(&self) -> bool {
        matches!(&*self.state, "draining" | "unhealthy.draining")
    }
}

impl TargetGroup {
    /// How many targets are how; `None` where nobody asked.
    pub fn health(&self) -> Option<Health> {
        let mut health = Health::default();
        for target in self.targets.as_ref()? {
            if target.is_leaving() {
                health.leaving += 1;
                continue;
            }
            health.all += 1;
            health.healthy += u32::from(target.is_healthy());
            health.coming += u32::from(&*target.state == "initial");
        }
        Some(health)
    }

    /// How it is, and what is to be said of its targets.
    pub fn judge(&self) -> (Verdict, String) {
        let (Some(health), Some(targets)) = (self.health(), &self.targets) else {
            return (Verdict::Unknown, "the health of its targets is not known".to_owned());
        };
        if health.all == 0 {
            let leaving = if health.leaving > 0 { ": all are on their way out" } else { "" };
            return (Verdict::Critical, format!("has no targets{leaving}"));
        }
        let words = format!("{} of {} healthy", health.healthy, health.all);
        let ill = targets.iter().find(|t| !t.is_healthy() && !t.is_leaving() && &*t.state != "initial");
        let ill = ill.or_else(|| targets.iter().find(|target| &*target.state == "initial"));
        let words = match ill {
            Some(target) => format!("{words}  {}", target.words()),
            None => words,
        };
        let verdict = match health {
            Health { healthy, all, .. } if healthy == all => Verdict::Ok,
            Health { healthy: 0, coming, all, .. } if coming == all => Verdict::Progressing,
            // Requests go to targets that are not healthy when none is.
            Health { healthy: 0, .. } => Verdict::Critical,
            Health { healthy, coming, all, .. } if healthy + coming == all => Verdict::Progressing,
            Health { .. } => Verdict::Warning,
        };
        (verdict, words)
    }
}

impl Target {
    /// `i-0c31 unhealthy: Target.Timeout on 30080`
    pub fn words(&self) -> String {
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        let port = if self.port == 0 { String::new() } else { format!(" on {}", self.port) };
        format!("{} {}{reason}{port}", self.id, self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(states: &[&str]) -> TargetGroup {
        let target = |state: &&str| Target {
            id: "i-1".into(),
            port: 30080,
            state: (*state).into(),
            reason: if *state == "unhealthy" { "Target.Timeout".into() } else { "".into() },
            ..Target::default()
        };
        TargetGroup { targets: Some(states.iter().map(target).collect()), ..TargetGroup::default() }
    }

    #[test]
    fn one_that_times_out_is_named_and_those_that_leave_are_not_counted() {
        let (verdict, words) = group(&["healthy", "unhealthy", "draining"]).judge();
        assert_eq!(verdict, Verdict::Warning);
        assert_eq!(words, "1 of 2 healthy  i-1 unhealthy: Target.Timeout on 30080");
        assert_eq!(group(&["unhealthy"]).judge().0, Verdict::Critical);
        assert_eq!(group(&["initial", "initial"]).judge().0, Verdict::Progressing);
        assert_eq!(
            group(&["draining"]).judge(),
            (Verdict::Critical, "has no targets: all are on their way out".into())
        );
        assert_eq!(group(&["healthy", "draining"]).judge().0, Verdict::Ok);
    }

    #[test]
    fn targets_that_nobody_asked_for_are_unknown() {
        assert_eq!(TargetGroup::default().judge().0, Verdict::Unknown);
    }
}
