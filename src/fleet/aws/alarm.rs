//! Alarms of CloudWatch (`DescribeAlarms`), and what became of one (`DescribeAlarmHistory`).

use super::aws_row;
use crate::fleet::Timestamp;

/// An alarm of an account and region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alarm {
    /// `AlarmName`, unique in an account and region.
    pub name: Box<str>,
    /// `AlarmArn`: tells alarms of one name in two accounts apart.
    pub arn: Box<str>,
    /// `AlarmDescription`
    pub description: Box<str>,
    /// `StateValue`
    pub state: AlarmState,
    /// `StateReason`, in CloudWatch's words.
    pub reason: Box<str>,
    /// `recentDatapoints` of `StateReasonData`: what was compared when it came to be in this state, oldest first.
    pub recent: Box<[f64]>,
    /// `StateTransitionedTimestamp`; of older answers `StateUpdatedTimestamp`.
    pub since: Timestamp,
    /// `EvaluationState`: `PARTIAL_DATA`, `EVALUATION_FAILURE`, `EVALUATION_ERROR`; empty when all is well with it.
    pub evaluation: Box<str>,
    /// `ActionsEnabled`: without, nobody is told and nothing acts.
    pub acts: bool,
    /// `AlarmActions`: the ARNs of what is told or done when it goes off.
    pub actions: Box<[Box<str>]>,
    /// `ActionsSuppressedBy` of a composite alarm: `Alarm`, `WaitPeriod`, `ExtensionPeriod`; empty when they are not.
    pub suppressed: Box<str>,
    /// What is looked at.
    pub rule: AlarmRule,
    /// `TreatMissingData`: `breaching`, `notBreaching`, `ignore`, `missing`.
    pub missing: Box<str>,
}

aws_row!(Alarm, name);

/// The state of an alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AlarmState {
    /// `OK`
    #[default]
    Ok,
    /// `ALARM`: it has gone off.
    Alarm,
    /// `INSUFFICIENT_DATA`: there is too little to compare.
    InsufficientData,
    /// A word that is not known here.
    Other(Box<str>),
}

impl AlarmState {
    /// The state of a word of the API.
    pub fn of(word: &str) -> Self {
        match word {
            "OK" => Self::Ok,
            "ALARM" => Self::Alarm,
            "INSUFFICIENT_DATA" => Self::InsufficientData,
            other => Self::Other(other.into()),
        }
    }

    /// The word of the API.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
            Self::Other(word) => word,
        }
    }
}

/// What an alarm looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmRule {
    /// One metric.
    Metric(Watched),
    /// A formula over several metrics (`Metrics`).
    Formula {
        /// The expression whose result is compared, or the label it was given.
        says: Box<str>,
        /// What is compared with what.
        condition: Condition,
        /// The dimensions of all metrics in it.
        dimensions: Box<[Dimension]>,
    },
    /// Other alarms (`AlarmRule`): `ALARM("a") AND NOT ALARM("b")`.
    Composite(Box<str>),
}

impl Default for AlarmRule {
    fn default() -> Self {
        Self::Composite(Box::default())
    }
}

impl AlarmRule {
    /// What its metrics are about.
    pub fn dimensions(&self) -> &[Dimension] {
        match self {
            Self::Metric(watched) => &watched.dimensions,
            Self::Formula { dimensions, .. } => dimensions,
            Self::Composite(_) => &[],
        }
    }

    /// What is compared with what, where that is a number.
    pub fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Metric(watched) => Some(&watched.condition),
            Self::Formula { condition, .. } => Some(condition),
            Self::Composite(_) => None,
        }
    }
}

/// A metric that an alarm looks at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watched {
    /// `Namespace`: `AWS/ApplicationELB`.
    pub namespace: Box<str>,
    /// `MetricName`
    pub metric: Box<str>,
    /// `Statistic` or `ExtendedStatistic`: `Sum`, `p99`.
    pub statistic: Box<str>,
    /// `Dimensions`
    pub dimensions: Box<[Dimension]>,
    /// What is compared with what.
    pub condition: Condition,
}

/// When an alarm goes off.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// `ComparisonOperator`: `GreaterThanThreshold`, …
    pub comparison: Box<str>,
    /// `Threshold`; `None` where a band is compared with (anomaly detection).
    pub threshold: Option<f64>,
    /// `Period`, in seconds.
    pub period: u32,
    /// `EvaluationPeriods`
    pub periods: u32,
    /// `DatapointsToAlarm`: so many of them must breach.
    pub datapoints: u32,
}

/// A dimension of a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dimension {
    /// `Name`: `ClusterName`, `LoadBalancer`, `InstanceId`.
    pub name: Box<str>,
    /// `Value`
    pub value: Box<str>,
}
