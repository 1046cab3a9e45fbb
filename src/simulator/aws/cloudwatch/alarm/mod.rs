//! Alarms: what each is about, and the state that its metric gives it.

pub mod composite;
pub(super) mod history;

mod state;

use std::rc::Rc;

use serde_json::{Value, json};

use self::state::State;
use super::facts::Facts;
use crate::simulator::aws::account::Account;
use crate::simulator::aws::call::Call;
use crate::simulator::aws::elb::balancer;
use crate::simulator::aws::failure::Failure;
use crate::simulator::aws::land::Land;

/// An alarm over one metric, which rises when the metric is above a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// The cluster that it belongs to.
    pub cluster: String,
    /// Its metric's namespace.
    pub namespace: &'static str,
    /// Its metric.
    pub metric: &'static str,
    /// Its metric's dimensions.
    pub dimensions: Vec<(String, String)>,
    /// `Average`, `Maximum` or `Sum` of each minute.
    pub statistic: &'static str,
    /// Minutes that must all be above the threshold.
    pub periods: usize,
    /// The threshold.
    pub threshold: f64,
    /// Not the metric is compared, but how many per cent it is of this other one of the same namespace and dimensions.
    pub share_of: Option<&'static str>,
}

impl Alarm {
    /// How a share is calculated, as `GetMetricData` would be asked for it.
    fn expression(&self) -> Option<Value> {
        let other = self.share_of?;
        let dimensions = self.written_dimensions();
        let metric = |id: &str, name: &str| {
            json!({
                "Id": id, "ReturnData": false,
                "MetricStat": {
                    "Metric": {"Namespace": self.namespace, "MetricName": name, "Dimensions": dimensions},
                    "Period": 60, "Stat": self.statistic,
                },
            })
        };
        Some(json!([
            {"Id": "e1", "Expression": "100 * m1 / m2", "Label": format!("{} in % of {other}", self.metric), "ReturnData": true},
            metric("m1", self.metric), metric("m2", other),
        ]))
    }

    fn written_dimensions(&self) -> Vec<Value> {
        self.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect()
    }
}

/// The alarms of the fleet.
pub(crate) fn found(account: &mut Account, lands: &[Land]) {
    for land in lands {
        let cluster = land.cluster.name;
        let of_cluster = || vec![("ClusterName".to_owned(), cluster.to_owned())];
        let edge: Vec<(String, String)> = balancer::balancers(std::slice::from_ref(land))
            .iter()
            .map(|own| ("LoadBalancer".to_owned(), own.dimension().to_owned()))
            .collect();
        let alarm = |name: &str, namespace, metric, dimensions, statistic, periods, threshold| Alarm {
            name: format!("{cluster}-{name}"),
            cluster: cluster.to_owned(),
            namespace,
            metric,
            dimensions,
            statistic,
            periods,
            threshold,
            share_of: None,
        };
        account.alarms.extend([
            alarm("alb-5xx", super::metric::BALANCER, "HTTPCode_ELB_5XX_Count", edge, "Sum", 5, 10.0),
            alarm(
                "apiserver-429",
                super::metric::EKS,
                "apiserver_request_total_429",
                of_cluster(),
                "Sum",
                5,
                50.0,
            ),
            alarm(
                "node-cpu-high",
                super::metric::INSIGHTS,
                "node_cpu_utilization",
                of_cluster(),
                "Average",
                5,
                80.0,
            ),
            alarm(
                "pod-restarts",
                super::metric::INSIGHTS,
                "pod_number_of_container_restarts",
                of_cluster(),
                "Maximum",
                3,
                5.0,
            ),
        ]);
    }
}

/// `DescribeAlarms`. Without types, only metric alarms, as AWS has it.
pub(super) fn describe(call: &Call<'_>) -> Result<Value, Failure> {
    let (names, prefix, wanted) =
        (call.texts("AlarmNames"), call.text("AlarmNamePrefix"), call.text("StateValue"));
    let types = call.texts("AlarmTypes");
    let shows_metric_alarms = types.is_empty() || types.contains(&"MetricAlarm");
    let shows_composites = types.contains(&"CompositeAlarm");
    let is_named =
        |name: &String| (names.is_empty() || names.contains(&name.as_str())) && name.starts_with(prefix);
    let mut shown: Vec<(bool, &'static str, Value)> = Vec::new();
    for followed in composite::followed(call, |own| shows_composites && is_named(&own.name)) {
        shown.extend(composite::written(&followed).map(|(value, told)| (true, value, told)));
    }
    for (alarm, facts) in evaluated(call, |own| shows_metric_alarms && is_named(&own.name)) {
        let state = state::now(&alarm, &facts, call.now());
        shown.push((false, state.value, written(&alarm, &state, &facts.land)));
    }
    shown.retain(|(_, value, _)| wanted.is_empty() || *value == wanted);
    let limit =
        call.number("MaxRecords").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100).min(100);
    let page = call.page(shown, limit, call.text("NextToken"))?;
    let (composites, metrics): (Vec<_>, Vec<_>) =
        page.items.into_iter().partition(|(composite, ..)| *composite);
    let told = |shown: Vec<(bool, &str, Value)>| shown.into_iter().map(|(.., told)| told).collect::<Vec<_>>();
    Ok(json!({"MetricAlarms": told(metrics), "CompositeAlarms": told(composites), "NextToken": page.next}))
}

/// The alarms that are wanted, each with the facts of its cluster, in the order of the names.
fn evaluated(call: &Call<'_>, wanted: impl Fn(&Alarm) -> bool) -> Vec<(Alarm, Rc<Facts>)> {
    let lands = call.lands();
    let mut alarms: Vec<Alarm> =
        call.aws.account().alarms.iter().filter(|own| wanted(own)).cloned().collect();
    alarms.sort_by(|one, other| one.name.cmp(&other.name));
    let facts: Vec<Rc<Facts>> = if alarms.is_empty() {
        Vec::new()
    } else {
        lands.iter().map(|land| Facts::of(land, call.aws).into()).collect()
    };
    let of = |cluster: &str| facts.iter().find(|facts| facts.land.cluster.name == cluster).cloned();
    alarms
        .into_iter()
        .filter_map(|alarm| Some((of(&alarm.cluster)?, alarm)))
        .map(|(facts, alarm)| (alarm, facts))
        .collect()
}

fn written(alarm: &Alarm, state: &State, land: &Land) -> Value {
    let topic = land.arn("sns", "platform-alerts");
    let mut told = json!({
        "AlarmName": alarm.name, "AlarmArn": land.arn("cloudwatch", &format!("alarm:{}", alarm.name)),
        "AlarmDescription": "managed by terraform", "AlarmConfigurationUpdatedTimestamp": land.installed().as_second(),
        "ActionsEnabled": true, "OKActions": [topic], "AlarmActions": [topic], "InsufficientDataActions": [],
        "StateValue": state.value, "StateReason": state.reason, "StateReasonData": state.data(alarm),
        "StateUpdatedTimestamp": state.since.as_second(), "StateTransitionedTimestamp": state.since.as_second(),
        "EvaluationPeriods": alarm.periods, "DatapointsToAlarm": alarm.periods,
        "Threshold": alarm.threshold, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
    });
    let looks_at = match alarm.expression() {
        Some(queries) => json!({"Metrics": queries}),
        None => json!({
            "MetricName": alarm.metric, "Namespace": alarm.namespace, "Statistic": alarm.statistic,
            "Dimensions": alarm.written_dimensions(), "Period": 60,
        }),
    };
    if let (Some(told), Value::Object(looks_at)) = (told.as_object_mut(), looks_at) {
        told.extend(looks_at);
    }
    told
}
