//! Alarms over alarms: a rule of other alarms' states (CloudWatch API, `PutCompositeAlarm`, `AlarmRule`).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::evaluated;
use super::state::{self, State};
use crate::simulator::aws::call::Call;
use crate::simulator::aws::land::Land;
use crate::simulator::world::field;

/// An alarm over alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// Its name.
    pub name: String,
    /// The cluster that it belongs to.
    pub cluster: String,
    /// Its rule: `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA("c"))`.
    pub rule: String,
}

/// A composite alarm with what became of it, oldest first.
pub(super) struct Followed {
    pub(super) alarm: Composite,
    pub(super) land: Land,
    pub(super) states: Vec<State>,
}

/// The composite alarms that are wanted, in the order of the names.
pub(super) fn followed(call: &Call<'_>, wanted: impl Fn(&Composite) -> bool) -> Vec<Followed> {
    let mut composites: Vec<Composite> =
        call.aws.account().composites.iter().filter(|own| wanted(own)).cloned().collect();
    composites.sort_by(|one, other| one.name.cmp(&other.name));
    composites
        .into_iter()
        .filter_map(|alarm| {
            let children: Vec<(String, Vec<State>)> = evaluated(call, |own| alarm.rule.contains(&own.name))
                .into_iter()
                .map(|(own, facts)| (own.name.clone(), state::states(&own, &facts, call.now())))
                .collect();
            let land = call.lands().into_iter().find(|land| land.cluster.name == alarm.cluster)?;
            let states = states(&alarm, &children, &land);
            Some(Followed { alarm, land, states })
        })
        .collect()
}

/// The states of the last half day: its rule is looked at whenever one of its alarms changes.
fn states(alarm: &Composite, children: &[(String, Vec<State>)], land: &Land) -> Vec<State> {
    let changes = |states: &'_ Vec<State>| states.iter().map(|state| state.since).collect::<Vec<_>>();
    let instants: BTreeSet<Timestamp> = children.iter().flat_map(|(_, states)| changes(states)).collect();
    let mut states: Vec<State> = Vec::new();
    for at in instants {
        let value_of = |name: &str| {
            let (_, states) = children.iter().find(|(own, _)| own == name)?;
            states.iter().rev().find(|state| state.since <= at).map(|state| state.value)
        };
        let value = if is_met(&alarm.rule, &value_of) { "ALARM" } else { "OK" };
        if states.last().is_some_and(|last| last.value == value) {
            continue;
        }
        let cause = children.iter().find_map(|(name, states)| {
            let state = states.iter().find(|state| state.since == at)?;
            Some((land.arn("cloudwatch", &format!("alarm:{name}")), state.value))
        });
        let reason = cause.map(|(arn, value)| {
            format!("{arn} transitioned to {value} at {}", at.strftime("%A %d %B, %Y %H:%M:%S UTC"))
        });
        states.push(State { value, reason: reason.unwrap_or_default(), since: at, points: Vec::new() });
    }
    states
}

/// As `DescribeAlarms` tells it.
pub(super) fn written(followed: &Followed) -> Option<(&'static str, Value)> {
    let Followed { alarm, land, states } = followed;
    let state = states.last()?;
    let topic = land.arn("sns", "platform-alerts");
    let told = json!({
        "AlarmName": alarm.name, "AlarmArn": land.arn("cloudwatch", &format!("alarm:{}", alarm.name)), "AlarmRule": alarm.rule,
        "AlarmDescription": "managed by terraform", "AlarmConfigurationUpdatedTimestamp": land.installed().as_second(),
        "ActionsEnabled": true, "OKActions": [topic], "AlarmActions": [topic], "InsufficientDataActions": [],
        "StateValue": state.value, "StateReason": state.reason,
        "StateReasonData": json!({"triggeringAlarms": [], "timestamp": field::stamp(state.since)}).to_string(),
        "StateUpdatedTimestamp": state.since.as_second(), "StateTransitionedTimestamp": state.since.as_second(),
    });
    Some((state.value, told))
}

/// Whether a rule is met, by the states of the alarms that it names. What cannot be read is not met.
fn is_met(rule: &str, value_of: &dyn Fn(&str) -> Option<&'static str>) -> bool {
    let mut reader = Reader { rest: rule, value_of };
    let is_met = reader.any();
    is_met == Some(true) && reader.rest.trim().is_empty()
}

struct Reader<'r> {
    rest: &'r str,
    value_of: &'r dyn Fn(&str) -> Option<&'static str>,
}

impl Reader<'_> {
    fn takes(&mut self, word: &str) -> bool {
        match self.rest.trim_start().strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Option<bool> {
        let mut is_met = self.all()?;
        while self.takes("OR ") {
            is_met |= self.all()?;
        }
        Some(is_met)
    }

    fn all(&mut self) -> Option<bool> {
        let mut is_met = self.one()?;
        while self.takes("AND ") {
            is_met &= self.one()?;
        }
        Some(is_met)
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("NOT ") {
            return self.one().map(|is_met| !is_met);
        }
        if self.takes("(") {
            let is_met = self.any()?;
            return self.takes(")").then_some(is_met);
        }
        for wanted in ["ALARM", "OK", "INSUFFICIENT_DATA"] {
            if self.takes(&format!("{wanted}(")) {
                let (name, rest) = self.rest.split_once(')')?;
                self.rest = rest;
                let name = name.trim().trim_matches('"');
                let name = name.rsplit(":alarm:").next().unwrap_or(name);
                return Some((self.value_of)(name) == Some(wanted));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(rule: &str) -> bool {
        is_met(rule, &|name| match name {
            "up" => Some("ALARM"),
            "down" => Some("OK"),
            _ => None,
        })
    }

    #[test]
    fn a_rule_binds_as_cloudwatch_says() {
        assert!(met("ALARM(up)") && met("ALARM(\"arn:aws:cloudwatch:us-east-1:1:alarm:up\")"));
        assert!(!met("ALARM(down)") && met("OK(down)"));
        assert!(met("ALARM(up) AND NOT ALARM(down)"));
        assert!(met("ALARM(up) OR ALARM(down) AND ALARM(down)"));
        assert!(!met("(ALARM(up) OR ALARM(down)) AND ALARM(down)"));
        assert!(!met("ALARM(gone)") && met("NOT ALARM(gone)"));
        assert!(!met("") && !met("ALARM(up") && !met("ALARM(up) and nonsense"));
    }
}
