//! How bad it is that an alarm is in its state, and why, in words.

use super::{Child, ClusterAlarm, words};
use crate::fleet::Verdict;
use crate::fleet::aws::alarm::{Alarm, AlarmRule, AlarmState};

/// How an alarm is.
///
/// CloudWatch knows no severity. An alarm that tells somebody is critical when it goes off, unless it is called a
/// warning; one that nobody hears of is a warning; one that scales something is at work.
pub fn of(alarm: &Alarm) -> (Verdict, String) {
    judged(alarm, &[])
}

/// The same, with the alarms that have gone off where it looks at alarms.
pub fn of_row(row: &ClusterAlarm) -> (Verdict, String) {
    judged(&row.alarm, &row.children)
}

fn judged(alarm: &Alarm, children: &[Child]) -> (Verdict, String) {
    match &alarm.state {
        AlarmState::Alarm if scales(alarm) => (Verdict::Ok, String::new()),
        AlarmState::Alarm => {
            let why = raised(alarm, children);
            match silence(alarm) {
                Some(silence) => (Verdict::Warning, format!("{why}; {silence}")),
                None if is_called_a_warning(alarm) => (Verdict::Warning, why),
                None => (Verdict::Critical, why),
            }
        }
        AlarmState::InsufficientData => {
            let why = match &*alarm.evaluation {
                "EVALUATION_FAILURE" | "EVALUATION_ERROR" => "CloudWatch could not evaluate it".to_owned(),
                _ => "too little data to tell".to_owned(),
            };
            (Verdict::Unknown, with_silence(why, alarm))
        }
        AlarmState::Ok => match &*alarm.evaluation {
            "EVALUATION_FAILURE" | "EVALUATION_ERROR" => {
                let why = "CloudWatch could not evaluate it: OK is how it was before".to_owned();
                (Verdict::Unknown, with_silence(why, alarm))
            }
            _ => (Verdict::Ok, with_silence(String::new(), alarm)),
        },
        AlarmState::Other(word) => (Verdict::Unknown, format!("the state {word} is not known here")),
    }
}

/// True when all that it does is to scale something: such alarms go off all day.
pub fn scales(alarm: &Alarm) -> bool {
    let is_scaling = |arn: &str| arn.contains(":autoscaling:") || arn.contains(":application-autoscaling:");
    !alarm.actions.is_empty() && alarm.actions.iter().all(|arn| is_scaling(arn))
}

/// Why nobody hears of it.
pub fn silence(alarm: &Alarm) -> Option<String> {
    if !alarm.acts {
        return Some("its actions are disabled: nobody is told".to_owned());
    }
    if !alarm.suppressed.is_empty() {
        return Some("its actions are suppressed: nobody is told".to_owned());
    }
    alarm.actions.is_empty().then(|| "it has no action: nobody is told".to_owned())
}

/// What was disabled is said whatever the state; an alarm that has no action was made so.
fn with_silence(why: String, alarm: &Alarm) -> String {
    match silence(alarm).filter(|_| !alarm.acts) {
        Some(silence) if why.is_empty() => silence,
        Some(silence) => format!("{why}; {silence}"),
        None => why,
    }
}

fn is_called_a_warning(alarm: &Alarm) -> bool {
    let name = alarm.name.to_ascii_lowercase();
    name.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "warn" | "warning"))
}

/// What has happened, shorter than CloudWatch says it.
fn raised(alarm: &Alarm, children: &[Child]) -> String {
    let what = match &alarm.rule {
        AlarmRule::Metric(watched) => &watched.metric,
        AlarmRule::Formula { says, .. } => says,
        AlarmRule::Composite(_) => {
            let raised: Vec<&str> = children
                .iter()
                .filter(|child| child.state == AlarmState::Alarm)
                .map(|child| &*child.name)
                .collect();
            return match raised.as_slice() {
                [] => "alarms that it looks at have gone off".to_owned(),
                [one] => format!("{one} has gone off"),
                several => format!("{} have gone off", several.join(", ")),
            };
        }
    };
    match (alarm.rule.condition(), alarm.recent.last()) {
        (Some(condition), Some(value)) if condition.threshold.is_some() => {
            format!("{what} is {}, {}", words::number(*value), words::beyond(condition))
        }
        (Some(condition), None) if condition.threshold.is_some() => {
            format!("{what} is {}", words::beyond(condition))
        }
        _ => alarm.reason.to_string(),
    }
}
