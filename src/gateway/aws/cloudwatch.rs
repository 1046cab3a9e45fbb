//! CloudWatch: alarms with their history, and metrics.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{
    AlarmType, CompositeAlarm, Dimension as SdkDimension, Metric, MetricAlarm, MetricDataQuery, MetricStat,
    ScanBy, StatusCode,
};
use aws_smithy_types::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::account::Account;
use super::operations::{CLOUDWATCH_ALARM_HISTORY, CLOUDWATCH_ALARMS, CLOUDWATCH_METRIC_DATA};
use super::{MOST_PAGES, endless, instant};
use crate::fleet::Timestamp;
use crate::fleet::aws::alarm::{Alarm, AlarmRule, AlarmState, Condition, Dimension, Watched};
use crate::fleet::aws::metric::{Gauge, PERIOD, POINTS, Series};
use crate::gateway::failure::Failure;

/// Alarms of a page, and changes of one alarm that are read: what `DescribeAlarms` and `DescribeAlarmHistory` give at
/// most.
const PAGE: i32 = 100;
/// Metrics of one call (`GetMetricData`: at most 500).
const METRICS: usize = 500;
/// The newest points may still be on their way: what is missing there is not known to be zero.
const LATE: usize = 2;

async fn client(account: &Account) -> Client {
    Client::new(&*account.config().await)
}

/// All alarms of the account and region.
pub async fn alarms(account: &Account) -> Result<Vec<Alarm>, Failure> {
    let client = client(account).await;
    let (mut rows, mut token) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        // Without types only metric alarms are told.
        let call = client
            .describe_alarms()
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .max_records(PAGE)
            .set_next_token(token.clone());
        let answer = call.send().await.map_err(|error| account.failed(&CLOUDWATCH_ALARMS, &error))?;
        rows.extend(answer.metric_alarms().iter().map(of_metric));
        rows.extend(answer.composite_alarms().iter().map(of_composite));
        let next = answer.next_token.filter(|next| !next.is_empty());
        if next.is_none() {
            return Ok(rows);
        }
        // A token that leads to itself leads nowhere.
        if next == token {
            break;
        }
        token = next;
    }
    Err(endless(&CLOUDWATCH_ALARMS))
}

fn of_metric(alarm: &MetricAlarm) -> Alarm {
    let condition = Condition {
        comparison: text(alarm.comparison_operator().map(|operator| operator.as_str())),
        threshold: alarm.threshold(),
        period: whole(alarm.period()),
        periods: whole(alarm.evaluation_periods()),
        datapoints: whole(alarm.datapoints_to_alarm().or(alarm.evaluation_periods())),
    };
    let rule = match alarm.metric_name() {
        Some(metric) => AlarmRule::Metric(Watched {
            namespace: text(alarm.namespace()),
            metric: metric.into(),
            statistic: text(alarm.statistic().map(|of| of.as_str()).or(alarm.extended_statistic())),
            dimensions: alarm.dimensions().iter().map(dimension).collect(),
            condition,
        }),
        None => formula(alarm.metrics(), condition),
    };
    Alarm {
        name: text(alarm.alarm_name()),
        arn: text(alarm.alarm_arn()),
        description: text(alarm.alarm_description()),
        state: state(alarm.state_value().map(|state| state.as_str())),
        reason: text(alarm.state_reason()),
        recent: recent(alarm.state_reason_data()),
        since: instant(alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp())),
        evaluation: text(alarm.evaluation_state().map(|state| state.as_str())),
        acts: alarm.actions_enabled() != Some(false),
        actions: alarm.alarm_actions().iter().map(|arn| arn.as_str().into()).collect(),
        suppressed: Box::default(),
        rule,
        missing: text(alarm.treat_missing_data()),
    }
}

/// An alarm on an expression, or on one metric in the newer form.
fn formula(queries: &[MetricDataQuery], condition: Condition) -> AlarmRule {
    let metrics = || queries.iter().filter_map(|query| query.metric_stat()?.metric());
    if let [query] = queries
        && let (Some(stat), Some(metric)) = (query.metric_stat(), metrics().next())
    {
        return AlarmRule::Metric(Watched {
            namespace: text(metric.namespace()),
            metric: text(metric.metric_name()),
            statistic: text(stat.stat()),
            dimensions: metric.dimensions().iter().map(dimension).collect(),
            condition: Condition { period: whole(stat.period()), ..condition },
        });
    }
    let compared = queries.iter().find(|query| query.return_data() != Some(false));
    let says = compared.and_then(|query| query.label().or(query.expression()));
    let period = queries.iter().find_map(|query| query.period().or(query.metric_stat()?.period()));
    AlarmRule::Formula {
        says: text(says),
        condition: Condition { period: whole(period), ..condition },
        dimensions: metrics().flat_map(Metric::dimensions).map(dimension).collect(),
    }
}

fn of_composite(alarm: &CompositeAlarm) -> Alarm {
    Alarm {
        name: text(alarm.alarm_name()),
        arn: text(alarm.alarm_arn()),
        description: text(alarm.alarm_description()),
        state: state(alarm.state_value().map(|state| state.as_str())),
        reason: text(alarm.state_reason()),
        recent: Box::default(),
        since: instant(alarm.state_transitioned_timestamp().or(alarm.state_updated_timestamp())),
        evaluation: Box::default(),
        acts: alarm.actions_enabled() != Some(false),
        actions: alarm.alarm_actions().iter().map(|arn| arn.as_str().into()).collect(),
        suppressed: text(alarm.actions_suppressed_by().map(|by| by.as_str())),
        rule: AlarmRule::Composite(text(alarm.alarm_rule())),
        missing: Box::default(),
    }
}

/// The newest changes of an alarm, newest first: `{"history": [{"at", "kind", "summary", "to", "reason"}]}`.
pub async fn history(account: &Account, name: &str) -> Result<Value, Failure> {
    let call = client(account)
        .await
        .describe_alarm_history()
        .alarm_name(name)
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .scan_by(ScanBy::TimestampDescending)
        .max_records(PAGE);
    let answer = call.send().await.map_err(|error| account.failed(&CLOUDWATCH_ALARM_HISTORY, &error))?;
    let items: Vec<Value> = answer
        .alarm_history_items()
        .iter()
        .map(|item| {
            let data: Changed =
                item.history_data().and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
            json!({
                "at": instant(item.timestamp()).rfc3339(),
                "kind": item.history_item_type().map(|kind| kind.as_str()),
                "summary": item.history_summary(),
                "to": data.new_state.state_value,
                "reason": data.new_state.state_reason,
            })
        })
        .collect();
    Ok(json!({"history": items}))
}

/// `HistoryData` of a `StateUpdate`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Changed {
    new_state: NewState,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NewState {
    state_value: String,
    state_reason: String,
}

/// A metric that is to be read.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What is measured.
    pub gauge: &'static Gauge,
    /// Of what, as it is called on the screen; empty for the cluster itself.
    pub of: String,
    /// Name and value of each dimension.
    pub dimensions: Vec<(&'static str, String)>,
}

/// The last hour of each of these metrics, in as few calls as can be.
pub async fn series(account: &Account, wanted: &[Wanted]) -> Result<Vec<Series>, Failure> {
    let period = i64::from(PERIOD);
    let end = account.now().seconds().div_euclid(period) * period;
    let start = end - period * i64::try_from(POINTS).unwrap_or_default();
    let client = client(account).await;
    let mut rows = Vec::with_capacity(wanted.len());
    for part in wanted.chunks(METRICS) {
        let mut hour = vec![Hour::default(); part.len()];
        read(account, &client, part, (start, end), &mut hour).await?;
        rows.extend(part.iter().zip(hour).map(|(wanted, hour)| hour.packed(wanted, start)));
    }
    Ok(rows)
}

/// What was read of a metric.
#[derive(Clone, Debug, Default)]
struct Hour {
    /// Instants in seconds, and values.
    points: Vec<(i64, f64)>,
    /// It was not all read: what is missing says nothing.
    is_partial: bool,
}

impl Hour {
    fn packed(self, wanted: &Wanted, start: i64) -> Series {
        let mut points: Vec<Option<f64>> = vec![None; POINTS];
        for (at, value) in self.points {
            let minute = usize::try_from((at - start).div_euclid(i64::from(PERIOD)));
            if let Some(point) = minute.ok().and_then(|minute| points.get_mut(minute))
                && value.is_finite()
            {
                *point = Some(value);
            }
        }
        if wanted.gauge.missing_is_zero && !self.is_partial {
            for point in points.iter_mut().take(POINTS - LATE) {
                point.get_or_insert(0.0);
            }
        }
        let name = match wanted.of.as_str() {
            "" => wanted.gauge.id.to_owned(),
            of => format!("{}/{of}", wanted.gauge.id),
        };
        Series {
            name: name.into(),
            gauge: wanted.gauge,
            of: wanted.of.as_str().into(),
            start: Timestamp::from_seconds(start),
            points: points.into(),
        }
    }
}

async fn read(
    account: &Account,
    client: &Client,
    part: &[Wanted],
    (start, end): (i64, i64),
    hours: &mut [Hour],
) -> Result<(), Failure> {
    let queries: Vec<MetricDataQuery> = part.iter().enumerate().map(|(at, one)| query(at, one)).collect();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let call = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.clone()))
            .start_time(DateTime::from_secs(start))
            .end_time(DateTime::from_secs(end))
            .scan_by(ScanBy::TimestampAscending)
            .set_next_token(token.clone());
        account.calls().asked_for_metrics(queries.len());
        let answer = call.send().await.map_err(|error| account.failed(&CLOUDWATCH_METRIC_DATA, &error))?;
        for result in answer.metric_data_results() {
            let at = result.id().and_then(|id| id.strip_prefix('m')?.parse::<usize>().ok());
            let Some(hour) = at.and_then(|at| hours.get_mut(at)) else { continue };
            let points = result.timestamps().iter().zip(result.values());
            hour.points.extend(points.map(|(at, value)| (at.secs(), *value)));
            // The rest of a partial answer is on the next page.
            hour.is_partial = !matches!(result.status_code(), Some(StatusCode::Complete) | None);
        }
        let next = answer.next_token.filter(|next| !next.is_empty());
        if next.is_none() {
            return Ok(());
        }
        // A token that leads to itself leads nowhere.
        if next == token {
            break;
        }
        token = next;
    }
    Err(endless(&CLOUDWATCH_METRIC_DATA))
}

fn query(at: usize, wanted: &Wanted) -> MetricDataQuery {
    let dimensions = wanted
        .dimensions
        .iter()
        .map(|(name, value)| SdkDimension::builder().name(*name).value(value).build())
        .collect();
    let metric = Metric::builder()
        .namespace(wanted.gauge.namespace)
        .metric_name(wanted.gauge.metric)
        .set_dimensions(Some(dimensions))
        .build();
    let stat = MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(PERIOD).unwrap_or(60))
        .stat(wanted.gauge.statistic)
        .build();
    // An id begins with a small letter.
    MetricDataQuery::builder().id(format!("m{at}")).metric_stat(stat).return_data(true).build()
}

fn dimension(of: &SdkDimension) -> Dimension {
    Dimension { name: text(of.name()), value: text(of.value()) }
}

fn state(word: Option<&str>) -> AlarmState {
    AlarmState::of(word.unwrap_or_default())
}

/// `recentDatapoints` of `StateReasonData`. A point without a value is left out.
fn recent(data: Option<&str>) -> Box<[f64]> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Data {
        recent_datapoints: Vec<Option<f64>>,
    }
    let data: Data = data.and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
    data.recent_datapoints.into_iter().flatten().collect()
}

fn text(said: Option<&str>) -> Box<str> {
    said.unwrap_or_default().into()
}

fn whole(number: Option<i32>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::aws::metric::{APPLICATION_BALANCER_GAUGES, CLUSTER_GAUGES};

    fn wanted(gauge: &'static Gauge) -> Wanted {
        Wanted { gauge, of: String::new(), dimensions: Vec::new() }
    }

    fn named(gauges: &'static [Gauge], id: &str) -> &'static Gauge {
        gauges.iter().find(|gauge| gauge.id == id).unwrap()
    }

    #[test]
    fn what_is_missing_is_zero_only_where_cloudwatch_leaves_zeroes_out() {
        let hour = |is_partial| Hour { points: vec![(60, 5.0)], is_partial };
        let errors = wanted(named(APPLICATION_BALANCER_GAUGES, "balancer-5xx"));
        let counted = hour(false).packed(&errors, 0);
        assert_eq!(counted.points.get(..3), Some(&[Some(0.0), Some(5.0), Some(0.0)][..]));
        assert_eq!(counted.points.last(), Some(&None), "it may still be on its way");
        let partial = hour(true).packed(&errors, 0);
        assert_eq!(partial.points.get(..3), Some(&[None, Some(5.0), None][..]));
        let latency = wanted(named(APPLICATION_BALANCER_GAUGES, "response-time"));
        assert_eq!(hour(false).packed(&latency, 0).points.first(), Some(&None));
    }

    #[test]
    fn points_outside_the_hour_and_values_that_are_no_numbers_are_dropped() {
        let points = vec![(-60, 1.0), (0, f64::NAN), (120, 2.0), (60 * 60 + 1, 3.0)];
        let series = Hour { points, is_partial: false }.packed(&wanted(&CLUSTER_GAUGES[0]), 0);
        assert_eq!(series.points.iter().flatten().count(), 1);
        assert_eq!(series.points.get(2), Some(&Some(2.0)));
    }

    #[test]
    fn what_was_compared_is_read_whatever_else_is_in_the_reason() {
        assert_eq!(*recent(Some(r#"{"recentDatapoints": [1.5, null, 3], "x": {}}"#)), [1.5, 3.0]);
        assert!(recent(Some("no JSON")).is_empty() && recent(None).is_empty());
    }

    #[test]
    fn an_expression_is_about_the_dimensions_of_all_its_metrics() {
        let of = |id: &str, cluster: &str| {
            let dimension = SdkDimension::builder().name("ClusterName").value(cluster).build();
            let metric = Metric::builder().namespace("N").metric_name(id).dimensions(dimension).build();
            let stat = MetricStat::builder().metric(metric).period(300).stat("Sum").build();
            MetricDataQuery::builder().id(id).metric_stat(stat).return_data(false).build()
        };
        let share = MetricDataQuery::builder().id("e").expression("a / b").return_data(true).build();
        let queries = [of("a", "web"), of("b", "web"), share];
        let AlarmRule::Formula { says, condition, dimensions } = formula(&queries, Condition::default())
        else {
            panic!()
        };
        assert_eq!((&*says, condition.period, dimensions.len()), ("a / b", 300, 2));
        let one = [of("a", "web")];
        let AlarmRule::Metric(watched) = formula(&one, Condition::default()) else { panic!() };
        assert_eq!((&*watched.metric, &*watched.statistic), ("a", "Sum"));
    }
}
